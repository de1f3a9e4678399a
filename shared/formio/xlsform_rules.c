/*
 * What the other columns say of each question: its bind, its texts, its default, what triggers it.
 */
#include <string.h>

#include "xlsform_inner.h"

static struct xls_where cell(struct xls *x, const struct xls_item *item, enum xls_key key)
{
    return (struct xls_where){.sheet = &x->survey, .row = item->row, .key = key};
}

static const char *value_of(struct xls *x, const struct xls_item *item, enum xls_key key)
{
    return xls_get(&x->survey, item->row, key);
}

/* pulldata('villages', ...) reads villages.csv, which comes beside the form. */
void xls_note_pulldata(struct xls *x, struct xls_where where, const char *expression)
{
    for (const char *at = strstr(expression, "pulldata("); at != NULL;
         at = strstr(at + 1, "pulldata(")) {
        const char *start = at + strlen("pulldata(");
        start += strspn(start, " ");
        const char *end = *start == '\'' || *start == '"' ? strchr(start + 1, *start) : NULL;
        if (end != NULL) {
            const char *id = xls_copy(x, span_from(start + 1, (size_t)(end - start) - 1));
            (void)xls_add_instance(x, where, id, xls_format(x, "jr://file-csv/%s.csv", id));
        }
    }
}

static const char *expression(struct xls *x, const struct xls_item *item, enum xls_key key)
{
    const char *text = value_of(x, item, key);
    if (text == NULL) {
        return NULL;
    }
    const char *resolved = xls_expression(x, cell(x, item, key), text, item->node, 0);
    xls_note_pulldata(x, cell(x, item, key), resolved);
    return resolved;
}

/* "yes" and "no" under all their names; anything else is an expression. */
static const char *truth(struct xls *x, const struct xls_item *item, enum xls_key key)
{
    const char *text = value_of(x, item, key);
    bool number = text != NULL && (strcmp(text, "1") == 0 || strcmp(text, "0") == 0);
    return number             ? text
           : xls_is_yes(text) ? "true()"
           : xls_is_no(text)  ? "false()"
                              : expression(x, item, key);
}

/* ---- actions */

struct xform_action *xls_add_action(struct xls *x, enum xform_action_kind kind, unsigned events,
                                    struct xform_node *trigger, struct xform_node *target)
{
    struct xform_action *made = xls_alloc(x, sizeof(*made));
    if (made != NULL) {
        *made = (struct xform_action){
            .kind = kind, .events = events, .trigger = trigger, .target = target, .literal = ""};
        *x->last_action = made;
        x->last_action = &made->next;
    }
    return made;
}

static struct xform_node *repeat_around(struct xform_node *node)
{
    return node->parent == NULL ? NULL : xform_repeat_of(node->parent);
}

static void set_value(struct xform_action *action, const char *value)
{
    if (action != NULL && value != NULL) {
        action->value = value;
        action->literal = NULL;
    }
}

static void read_default(struct xls *x, struct xls_item *item)
{
    const char *text = value_of(x, item, XLS_DEFAULT);
    struct xform_node *node = item->node;
    if (text == NULL || xform_has_elements(node)) {
        return;
    }
    if (!xls_is_dynamic(text, node->data_name)) {
        bool image = item->control != NULL && item->control->mediatype != NULL &&
                     strcmp(item->control->mediatype, "image/*") == 0;
        node->initial =
            image && strstr(text, "://") == NULL ? xls_format(x, "jr://images/%s", text) : text;
        return;
    }
    struct xform_node *repeat = repeat_around(node);
    const char *value = expression(x, item, XLS_DEFAULT);
    set_value(
        xls_add_action(x, XFORM_SET_VALUE,
                       repeat == NULL ? XFORM_FIRST_LOAD : XFORM_FIRST_LOAD | XFORM_NEW_REPEAT,
                       repeat, node),
        value);
}

/* trigger: ${a}, ${b}: whose change sets this one to its calculation. */
static void read_triggers(struct xls *x, struct xls_item *item, const char *value)
{
    struct span rest = span_of(value_of(x, item, XLS_TRIGGER)), before, name;
    struct xls_where where = cell(x, item, XLS_TRIGGER);
    bool any = false;
    while (xls_next_reference(&rest, &before, &name)) {
        struct xls_item *from = NULL;
        struct xform_node *node = xls_find(x, where, name, item->node, &from);
        any = true;
        if (node != NULL && (from == NULL || from->control == NULL)) {
            xls_error(x, where, "name a question that people answer",
                      "\"%s\" is asked of nobody, so its change can't be noticed", node->name);
        } else if (node != NULL) {
            bool point = item->asked.what == XLS_QUESTION &&
                         item->asked.type->special == XLS_BACKGROUND_GEOPOINT;
            set_value(xls_add_action(x, point ? XFORM_SET_GEOPOINT : XFORM_SET_VALUE,
                                     XFORM_VALUE_CHANGED, node, item->node),
                      point ? NULL : value);
        }
    }
    if (!any) {
        xls_error(x, where, "write a reference, as ${age}", "the trigger names no question");
    }
}

/* A place taken in the background follows from a change, and from nothing else. */
static void check_place(struct xls *x, const struct xls_item *item)
{
    if (value_of(x, item, XLS_TRIGGER) == NULL) {
        xls_error(x, cell(x, item, XLS_TRIGGER), "write the question whose answer it goes with",
                  "\"%s\" is taken when another is answered, but names none", item->node->name);
    }
    if (value_of(x, item, XLS_CALCULATION) != NULL) {
        xls_error(x, cell(x, item, XLS_CALCULATION), "empty the cell",
                  "\"%s\" is a place: it can't be computed too", item->node->name);
    }
}

static void read_calculation(struct xls *x, struct xls_item *item)
{
    struct xform_node *node = item->node;
    const char *value = expression(x, item, XLS_CALCULATION);
    bool calculate = item->asked.what == XLS_QUESTION && item->asked.type->special == XLS_CALCULATE;
    if (item->asked.what == XLS_QUESTION && item->asked.type->special == XLS_BACKGROUND_GEOPOINT) {
        check_place(x, item);
    }
    if (value_of(x, item, XLS_TRIGGER) != NULL) {
        read_triggers(x, item, value);
        return;
    }
    node->calculate = value;
    const char *initial = value_of(x, item, XLS_DEFAULT);
    if (calculate && value == NULL && (initial == NULL || !xls_is_dynamic(initial, "string"))) {
        xls_error(x, cell(x, item, XLS_CALCULATION), "write what it is computed from",
                  "the calculation \"%s\" is empty", node->name);
    }
}

/* ---- binds */

static void read_special(struct xls *x, struct xls_item *item)
{
    const struct xls_type *type = item->asked.type;
    struct xform_node *node = item->node;
    if (type->special == XLS_META) {
        const char *space = strchr(type->detail, ' ');
        node->preload = xls_copy(x, span_from(type->detail, (size_t)(space - type->detail)));
        node->preload_params = space + 1;
    } else if (type->special == XLS_NOTE) {
        node->readonly = "true()";
    } else if (type->special == XLS_START_GEOPOINT) {
        (void)xls_add_action(x, XFORM_SET_GEOPOINT, XFORM_FIRST_LOAD, NULL, node);
    } else if (type->special == XLS_BACKGROUND_AUDIO) {
        (void)xls_add_action(x, XFORM_RECORD_AUDIO, XFORM_LOAD, NULL, node);
    }
}

/* "orx:max-pixels": a name, or two with a colon between them. */
static bool is_attribute(struct xls *x, const char *name)
{
    const char *colon = strchr(name, ':');
    return colon == NULL ? xls_is_name(name)
                         : xls_is_name(colon + 1) &&
                               xls_is_name(xls_copy(x, span_from(name, (size_t)(colon - name))));
}

static void add_bind(struct xls *x, struct xform_node *node, const char *name, const char *value)
{
    if (xls_same(name, "type")) {
        xls_bind(node, value);
    } else if (xls_same(name, "jr:preload")) {
        node->preload = value;
    } else if (xls_same(name, "jr:preloadParams")) {
        node->preload_params = value;
    } else {
        xls_add_pair(x, &node->extras, name, value);
    }
    node->has_bind = true;
}

/* bind::odk:length, body::accept, instance::hxl: kept as they are. */
static void read_extras(struct xls *x, struct xls_item *item)
{
    const struct xls_sheet *sheet = &x->survey;
    for (size_t i = 0; i < sheet->column_count; i++) {
        const struct xls_column *column = &sheet->columns[i];
        const char *value = item->row->cells[i];
        if (value == NULL || column->tail == NULL) {
            continue;
        }
        struct xls_where where = {&x->survey, item->row, column->key};
        if (!is_attribute(x, column->tail) ||
            (column->key == XLS_INSTANCE && !xls_is_name(column->tail))) {
            xls_warning(x, where, "name it as in bind::odk:length or instance::hxl",
                        "\"%s\" is left out: an attribute can't be called \"%s\" here", value,
                        column->tail);
            continue;
        }
        const char *resolved = column->key == XLS_BIND || column->key == XLS_BODY
                                   ? xls_resolve(x, where, value, item->node, 0)
                                   : value;
        if (column->key != XLS_INSTANCE) {
            xls_declare(x, column->tail);
        }
        if (column->key == XLS_BIND) {
            add_bind(x, item->node, column->tail, resolved);
        } else if (column->key == XLS_BODY && item->control != NULL) {
            struct xform_control *to = item->repeat != NULL ? item->repeat : item->control;
            xls_add_pair(x, &to->extras, column->tail, resolved);
        } else if (column->key == XLS_INSTANCE) {
            (void)xls_add_attribute(x, item->node, column->tail, value);
        }
    }
}

static void read_bind(struct xls *x, struct xls_item *item)
{
    struct xform_node *node = item->node;
    node->relevant = expression(x, item, XLS_RELEVANT);
    node->constraint = expression(x, item, XLS_CONSTRAINT);
    if (node->constraint == NULL && item->asked.what == XLS_QUESTION &&
        item->asked.type->special == XLS_CHECKED) {
        node->constraint = item->asked.type->detail;
    }
    node->required = truth(x, item, XLS_REQUIRED);
    if (item->asked.what == XLS_BEGIN && node->required != NULL) {
        xls_warning(x, cell(x, item, XLS_REQUIRED), "write it in the rows of the questions inside",
                    "a group can't be required: \"%s\" is as if it weren't", node->name);
        node->required = NULL;
    }
    const char *readonly = truth(x, item, XLS_READONLY);
    node->readonly = readonly != NULL ? readonly : node->readonly;
    node->save_to = value_of(x, item, XLS_SAVE_TO);
    const char *path = xls_node_path(x, node);
    node->constraint_message = xls_read_text(x, cell(x, item, XLS_CONSTRAINT_MESSAGE), node,
                                             xls_format(x, "%s:jr:constraintMsg", path));
    node->required_message = xls_read_text(x, cell(x, item, XLS_REQUIRED_MESSAGE), node,
                                           xls_format(x, "%s:jr:requiredMsg", path));
    node->has_bind = node->has_bind || node->relevant != NULL || node->readonly != NULL ||
                     node->required != NULL || node->constraint != NULL;
    if (node->constraint_message != NULL && node->constraint == NULL) {
        xls_warning(x, cell(x, item, XLS_CONSTRAINT_MESSAGE), "write the constraint it explains",
                    "\"%s\" has a constraint_message but no constraint", node->name);
    }
}

/* ---- texts and controls */

static void read_control(struct xls *x, struct xls_item *item)
{
    struct xform_control *control = item->control;
    const char *path = xls_node_path(x, item->node);
    const char *appearance = value_of(x, item, XLS_APPEARANCE);
    struct xform_control *shown = item->repeat != NULL ? item->repeat : control;
    control->label =
        xls_read_text(x, cell(x, item, XLS_LABEL), item->node, xls_format(x, "%s:label", path));
    control->hint =
        xls_read_text(x, cell(x, item, XLS_HINT), item->node, xls_format(x, "%s:hint", path));
    shown->appearance = appearance == NULL ? ""
                                           : xls_resolve(x, cell(x, item, XLS_APPEARANCE),
                                                         appearance, item->node, 0);
    if (item->asked.what == XLS_QUESTION) {
        control->mediatype = control->kind == XFORM_UPLOAD ? item->asked.type->detail : NULL;
    }
    if (value_of(x, item, XLS_BIG_IMAGE) != NULL && value_of(x, item, XLS_IMAGE) == NULL) {
        xls_warning(x, cell(x, item, XLS_BIG_IMAGE), "write the image that it is a larger one of",
                    "\"%s\" has a big-image, but no image", item->node->name);
    }
    bool group = item->asked.what == XLS_BEGIN && !item->asked.repeat;
    bool labels = strcmp(shown->appearance, "label") == 0; /* of the choices, above a table */
    if (control->label == NULL && control->hint == NULL && !group && !labels) {
        xls_warning(x, cell(x, item, XLS_LABEL), "write what people shall see",
                    "\"%s\" has no label", item->node->name);
    }
}

static void read_count(struct xls *x, struct xls_item *item)
{
    const char *count = value_of(x, item, XLS_REPEAT_COUNT);
    struct xls_where where = cell(x, item, XLS_REPEAT_COUNT);
    if (count == NULL || item->repeat == NULL) {
        return;
    }
    if (item->count_node != NULL) {
        item->count_node->calculate = xls_expression(x, where, count, item->count_node, 0);
        xls_note_pulldata(x, where, count);
        count = xls_format(x, "${%s}", item->count_node->name);
    }
    item->repeat->count = xls_resolve(x, where, count, item->node, 0);
}

static void read_item(struct xls *x, struct xls_item *item)
{
    if (item->node == NULL) {
        return;
    }
    bool question = item->asked.what == XLS_QUESTION;
    if (question) {
        read_special(x, item);
    }
    read_bind(x, item);
    if (item->control != NULL) {
        read_control(x, item);
    }
    bool right = xls_check_parameters(x, item);
    if (right && question && item->asked.type->special == XLS_RANGE && item->control != NULL) {
        xls_read_range(x, item);
    }
    xls_add_parameters(x, item, item->node, item->control);
    if (item->asked.what == XLS_SELECT) {
        xls_read_itemset(x, item);
    }
    if (item->asked.what != XLS_BEGIN) {
        read_calculation(x, item);
    }
    read_count(x, item);
    read_default(x, item);
    read_extras(x, item);
}

void xls_read_rules(struct xls *x)
{
    for (struct xls_item *item = x->items; item != NULL && x->failed == OK; item = item->next) {
        read_item(x, item);
    }
}
