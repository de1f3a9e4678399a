/*
 * The survey's rows as nodes and controls, in order; their rules come when all names are known.
 */
#include <string.h>

#include "xlsform_inner.h"

struct open_group {
    struct xls_item *item;
    struct xform_node *node;
    struct xform_control *inside; /* where further controls go */
};

struct survey {
    struct xls *x;
    struct open_group open[XFORM_DEPTH_MAX + 1];
    size_t depth;
};

/* ---- the trees */

static struct xform_node *link_node(struct xls *x, struct xform_node *parent, const char *name)
{
    struct xform_node *node = xls_alloc(x, sizeof(*node));
    if (node != NULL) {
        *node = (struct xform_node){.name = name, .parent = parent, .initial = ""};
    }
    return node;
}

struct xform_node *xls_add_node(struct xls *x, struct xform_node *parent, const char *name)
{
    struct xform_node *node = link_node(x, parent, name);
    if (node == NULL || parent == NULL) {
        return node;
    }
    if (parent->last != NULL) {
        parent->last->next = node;
    } else {
        parent->first = node;
    }
    parent->last = node;
    return node;
}

/* Attributes come before elements. */
struct xform_node *xls_add_attribute(struct xls *x, struct xform_node *parent, const char *name,
                                     const char *initial)
{
    struct xform_node *node = link_node(x, parent, name), *before = NULL;
    if (node == NULL || parent == NULL) {
        return node;
    }
    node->attribute = true;
    node->initial = initial;
    for (struct xform_node *at = parent->first; at != NULL && at->attribute; at = at->next) {
        before = at;
    }
    node->next = before == NULL ? parent->first : before->next;
    if (before == NULL) {
        parent->first = node;
    } else {
        before->next = node;
    }
    parent->last = node->next == NULL ? node : parent->last;
    return node;
}

void xls_bind(struct xform_node *node, const char *data)
{
    node->has_bind = true;
    node->data_name = data;
    node->data = data == NULL ? XFORM_STRING : xform_data_from_name(data);
}

static struct xform_control *add_control(struct xls *x, struct xform_control *parent,
                                         enum xform_control_kind kind, struct xform_node *node)
{
    struct xform_control *control = xls_alloc(x, sizeof(*control));
    if (control == NULL) {
        return NULL;
    }
    *control =
        (struct xform_control){.kind = kind, .node = node, .parent = parent, .appearance = ""};
    if (parent->last != NULL) {
        parent->last->next = control;
    } else {
        parent->first = control;
    }
    parent->last = control;
    return control;
}

size_t xls_bucket(struct span name)
{
    size_t hash = 5381;
    for (size_t i = 0; i < name.size; i++) {
        hash = hash * 33 + (unsigned char)xls_lower((char)name.data[i]);
    }
    return hash % XLS_BUCKETS;
}

static size_t bucket_of(const char *name)
{
    return xls_bucket(span_of(name));
}

void xls_name_node(struct xls *x, const char *name, struct xform_node *node, struct xls_item *item)
{
    struct xls_named *made = xls_alloc(x, sizeof(*made));
    if (made != NULL) {
        *made = (struct xls_named){name, node, item, x->named[bucket_of(name)]};
        x->named[bucket_of(name)] = made;
    }
}

/* ---- names */

static struct open_group *inner(struct survey *survey)
{
    return &survey->open[survey->depth];
}

static bool is_taken(struct survey *survey, const char *name)
{
    const struct xform_node *parent = inner(survey)->node;
    for (const struct xls_named *at = survey->x->named[bucket_of(name)]; at != NULL;
         at = at->next) {
        if (at->node->parent == parent && strcmp(at->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static struct xls_where cell(struct xls *x, struct xls_row *row, enum xls_key key)
{
    return (struct xls_where){.sheet = &x->survey, .row = row, .key = key};
}

/* Others' tools don't tell capitals from small letters: two such names meet in their tables. */
static void warn_of_capitals(struct survey *survey, struct xls_row *row, const char *name)
{
    struct xls *x = survey->x;
    for (const struct xls_named *at = x->named[bucket_of(name)]; at != NULL; at = at->next) {
        if (at->node->parent == inner(survey)->node && strcmp(at->name, name) != 0 &&
            xls_same(at->name, name)) {
            xls_warning(x, cell(x, row, XLS_NAME), "give it another name",
                        "\"%s\" and \"%s\" differ in capitals only", name, at->name);
            return;
        }
    }
}

/* Others keep answers by the name of their repeat, wherever it lies. */
static bool is_free_for_repeat(struct survey *survey, struct xls_row *row, const char *name)
{
    struct xls *x = survey->x;
    for (const struct xls_named *at = x->named[bucket_of(name)]; at != NULL; at = at->next) {
        if (at->node->repeat && strcmp(at->name, name) == 0) {
            xls_warning(x, cell(x, row, XLS_NAME), "give each repeat its own name",
                        "two repeats are called \"%s\", which other tools refuse", name);
            break;
        }
    }
    if (strcmp(name, x->form->name) == 0) {
        xls_error(x, cell(x, row, XLS_NAME), "give it another name",
                  "a repeat can't be called \"%s\" as the form's root is", name);
        return false;
    }
    return true;
}

/* NULL, with an error told, when there is no usable name. */
static const char *name_of(struct survey *survey, struct xls_row *row,
                           const struct xls_asked *asked)
{
    struct xls *x = survey->x;
    const char *name = xls_get(&x->survey, row, XLS_NAME);
    struct xls_where where = cell(x, row, XLS_NAME);
    bool note = asked->what == XLS_QUESTION && asked->type->special == XLS_NOTE;
    if (name == NULL && (note || (asked->what == XLS_BEGIN && !asked->repeat))) {
        name = xls_format(x, "generated_%s_name_%zu", note ? "note" : "group", row->number);
    } else if (name == NULL && asked->what == XLS_QUESTION && asked->type->special == XLS_AUDIT) {
        name = "audit";
    }
    if (name == NULL) {
        xls_error(x, where, "give it a name of its own", "the question or group has no name");
        return NULL;
    }
    if (!xls_is_name(name)) {
        xls_error(x, where, "begin with a letter or _, go on with letters, digits, - _ and .",
                  "\"%s\" can't be a name", name);
        return NULL;
    }
    if (strcmp(name, "meta") == 0) {
        xls_error(x, where, "give it another name",
                  "\"meta\" is where the form keeps what it says of a record");
        return NULL;
    }
    if (is_taken(survey, name)) {
        xls_error(x, where, "give each its own name",
                  "two questions of one group are called \"%s\"", name);
        return NULL;
    }
    if (asked->what == XLS_BEGIN && asked->repeat && !is_free_for_repeat(survey, row, name)) {
        return NULL;
    }
    warn_of_capitals(survey, row, name);
    return name;
}

/* ---- one row */

static struct xls_item *add_item(struct xls *x, struct xls_row *row, const struct xls_asked *asked)
{
    struct xls_item *item = xls_alloc(x, sizeof(*item));
    if (item == NULL) {
        return NULL;
    }
    *item = (struct xls_item){.row = row, .asked = *asked};
    if (x->last_item != NULL) {
        x->last_item->next = item;
    } else {
        x->items = item;
    }
    x->last_item = item;
    return item;
}

static const char *select_data(enum xform_control_kind control)
{
    return control == XFORM_SELECT_RANK ? "odk:rank" : "string";
}

/* A computed or triggered value that says nothing to people is asked of nobody. */
static bool is_computed_silently(struct xls *x, const struct xls_row *row)
{
    const struct xls_sheet *sheet = &x->survey;
    return (xls_get(sheet, row, XLS_CALCULATION) != NULL ||
            xls_get(sheet, row, XLS_TRIGGER) != NULL) &&
           xls_get(sheet, row, XLS_LABEL) == NULL && xls_get(sheet, row, XLS_HINT) == NULL;
}

/* The question behind "or_other": shown when "other" is chosen. */
static void add_other(struct survey *survey, const struct xls_item *item)
{
    struct xls *x = survey->x;
    const char *name = xls_format(x, "%s_other", item->node->name);
    struct xform_node *node = xls_add_node(x, inner(survey)->node, name);
    if (node == NULL) {
        return;
    }
    xls_bind(node, "string");
    node->relevant = xls_format(x, "selected(../%s, 'other')", item->node->name);
    xls_name_node(x, name, node, NULL);
    struct xform_control *control = add_control(x, inner(survey)->inside, XFORM_INPUT, node);
    if (control != NULL) {
        control->label = xls_plain_text(x, "Specify other.");
    }
}

static void take_question(struct survey *survey, struct xls_item *item, const char *name)
{
    struct xls *x = survey->x;
    const struct xls_asked *asked = &item->asked;
    bool select = asked->what == XLS_SELECT;
    enum xls_special special = select ? XLS_PLAIN : asked->type->special;
    if (special == XLS_EXTERNAL_FILE) {
        bool csv = xls_same(asked->type->name, "csv-external");
        (void)xls_add_instance(
            x, cell(x, item->row, XLS_NAME), name,
            xls_format(x, "jr://file%s/%s.%s", csv ? "-csv" : "", name, csv ? "csv" : "xml"));
        return;
    }
    if (special == XLS_AUDIT) {
        return; /* of the record as a whole: xls_add_meta() */
    }
    item->node = xls_add_node(x, inner(survey)->node, name);
    if (item->node == NULL) {
        return;
    }
    xls_bind(item->node, select ? select_data(asked->control) : asked->type->data);
    xls_name_node(x, name, item->node, item);
    /* A calculation that has a label is asked for nothing, as one without. */
    bool shown = (select || asked->type->shown) && !is_computed_silently(x, item->row);
    if (shown) {
        item->control = add_control(x, inner(survey)->inside,
                                    select ? asked->control : asked->type->control, item->node);
    }
    if (select && asked->or_other && item->control != NULL) {
        add_other(survey, item);
    }
}

static void add_count_node(struct survey *survey, struct xls_item *item, const char *name)
{
    struct xls *x = survey->x;
    struct span only;
    const char *count = xls_get(&x->survey, item->row, XLS_REPEAT_COUNT);
    if (count == NULL || !item->asked.repeat || xls_only_reference(span_of(count), &only)) {
        return;
    }
    const char *count_name = xls_format(x, "%s_count", name);
    if (is_taken(survey, count_name)) {
        xls_error(x, cell(x, item->row, XLS_NAME), "rename one of them",
                  "the repeat needs the name \"%s\" for its count, but a question has it",
                  count_name);
        return;
    }
    item->count_node = xls_add_node(x, inner(survey)->node, count_name);
    if (item->count_node != NULL) {
        xls_bind(item->count_node, "string");
        item->count_node->readonly = "true()";
        xls_name_node(x, count_name, item->count_node, NULL);
    }
}

static void take_begin(struct survey *survey, struct xls_item *item, const char *name)
{
    struct xls *x = survey->x;
    struct open_group *outer = inner(survey);
    if (survey->depth == XFORM_DEPTH_MAX - 2) {
        xls_error(x, cell(x, item->row, XLS_TYPE), "take some groups out of others",
                  "groups lie more than %d deep in each other", XFORM_DEPTH_MAX - 2);
        return;
    }
    add_count_node(survey, item, name);
    item->node = xls_add_node(x, outer->node, name);
    if (item->node == NULL) {
        return;
    }
    item->node->repeat = item->asked.repeat;
    item->node->occurrences = item->asked.repeat ? 1 : 0;
    xls_name_node(x, name, item->node, item);
    item->control = add_control(x, outer->inside, XFORM_GROUP, item->node);
    item->repeat = !item->asked.repeat || item->control == NULL
                       ? NULL
                       : add_control(x, item->control, XFORM_REPEAT_CONTROL, item->node);
    survey->depth++;
    *inner(survey) =
        (struct open_group){.item = item,
                            .node = item->node,
                            .inside = item->repeat != NULL ? item->repeat : item->control};
    if (inner(survey)->inside == NULL) {
        survey->depth--;
    }
}

static void take_end(struct survey *survey, struct xls_row *row, const struct xls_asked *asked)
{
    struct xls *x = survey->x;
    const char *word = asked->repeat ? "repeat" : "group";
    if (survey->depth == 0) {
        xls_error(x, cell(x, row, XLS_TYPE), "remove it, or add what it ends",
                  "\"end %s\" ends nothing: no %s is open here", word, word);
        return;
    }
    const struct xls_item *open = inner(survey)->item;
    if (open->asked.repeat != asked->repeat) {
        xls_error(x, cell(x, row, XLS_TYPE), "end the inner one first",
                  "\"end %s\" stands where the %s \"%s\" of row %zu is open", word,
                  open->asked.repeat ? "repeat" : "group", open->node->name, open->row->number);
    }
    survey->depth--;
}

static void take_typed(struct survey *survey, struct xls_row *row, const char *type)
{
    struct xls *x = survey->x;
    struct xls_asked asked;
    if (xls_take_setting(x, type, xls_get(&x->survey, row, XLS_NAME)) ||
        !xls_read_type(x, cell(x, row, XLS_TYPE), type, &asked)) {
        return;
    }
    if (asked.what == XLS_END) {
        take_end(survey, row, &asked);
        return;
    }
    const char *name = name_of(survey, row, &asked);
    if (name == NULL && asked.what != XLS_BEGIN) {
        return;
    }
    /* A group whose name is wrong is opened all the same, so that its end has something to end. */
    name = name != NULL ? name : xls_format(x, "generated_group_name_%zu", row->number);
    struct xls_item *item = add_item(x, row, &asked);
    if (item != NULL && asked.what == XLS_BEGIN) {
        take_begin(survey, item, name);
    } else if (item != NULL) {
        take_question(survey, item, name);
    }
}

bool xls_is_disabled(const struct xls *x, const struct xls_row *row)
{
    return xls_is_yes(xls_get(&x->survey, row, XLS_DISABLED));
}

static void take_row(struct survey *survey, struct xls_row *row)
{
    struct xls *x = survey->x;
    const char *type = xls_get(&x->survey, row, XLS_TYPE);
    if (xls_is_disabled(x, row)) {
        return;
    }
    if (type != NULL) {
        take_typed(survey, row, type);
    } else if (xls_get(&x->survey, row, XLS_NAME) != NULL) {
        xls_error(x, cell(x, row, XLS_TYPE), "write text, integer, note, ... or empty the row",
                  "the question \"%s\" has no type", xls_get(&x->survey, row, XLS_NAME));
    } else {
        xls_warning(x, cell(x, row, XLS_TYPE), "write a type, or empty the row",
                    "the row has no type and is left out");
    }
}

void xls_read_survey(struct xls *x)
{
    struct survey survey = {.x = x};
    struct xform *form = x->form;
    form->root = xls_add_node(x, NULL, form->name);
    form->body = xls_alloc(x, sizeof(*form->body));
    if (form->root == NULL || form->body == NULL) {
        return;
    }
    *form->body = (struct xform_control){.kind = XFORM_GROUP, .appearance = ""};
    survey.open[0] = (struct open_group){.node = form->root, .inside = form->body};
    if (x->survey.unreadable) {
        return;
    }
    if (x->survey.first == NULL) {
        xls_error(x, (struct xls_where){.sheet = &x->survey}, "write a question in its second row",
                  "the sheet has no questions");
    }
    for (struct xls_row *row = x->survey.first; row != NULL && x->failed == OK; row = row->next) {
        take_row(&survey, row);
    }
    for (; survey.depth > 0; survey.depth--) {
        const struct xls_item *open = inner(&survey)->item;
        xls_error(x, cell(x, open->row, XLS_TYPE), "add an \"end group\" or \"end repeat\" row",
                  "the %s \"%s\" is never ended", open->asked.repeat ? "repeat" : "group",
                  open->node->name);
    }
}
