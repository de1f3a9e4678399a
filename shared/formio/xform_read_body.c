#include <string.h>

#include "xform_read.h"

static enum err read_controls(struct reader *reader, const xmlNode *element,
                              struct xform_control *parent, struct xform_node *context,
                              size_t depth);

static bool control_kind(const xmlNode *element, enum xform_control_kind *ret)
{
    static const struct {
        const char *name;
        enum xform_control_kind kind;
    } kinds[] = {{"input", XFORM_INPUT},
                 {"select1", XFORM_SELECT_ONE},
                 {"select", XFORM_SELECT_MULTIPLE},
                 {"rank", XFORM_SELECT_RANK},
                 {"range", XFORM_RANGE},
                 {"upload", XFORM_UPLOAD},
                 {"trigger", XFORM_TRIGGER},
                 {"group", XFORM_GROUP},
                 {"repeat", XFORM_REPEAT_CONTROL},
                 {"secret", XFORM_INPUT}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (xml_is(element, kinds[i].name)) {
            *ret = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* ---- choices */

/* The value of a choice; what stands around it for the eye alone isn't part of it (as in JavaRosa).
 */
static const char *value_of(struct reader *reader, const xmlNode *element)
{
    const char *text = element == NULL ? NULL : xml_text(element, reader->arena);
    return text == NULL ? NULL : arena_span_text(reader->arena, read_trimmed(span_of(text)));
}

static enum err read_item(struct reader *reader, const xmlNode *element, struct xform_item ***last)
{
    const xmlNode *value = xml_child(element, "value");
    struct xform_item *made = arena_alloc(reader->arena, sizeof(*made));
    if (made == NULL) {
        return ERR_NOMEM;
    }
    *made = (struct xform_item){.value = value_of(reader, value)};
    if (made->value == NULL) {
        return read_fault(reader, element, "item", "a choice has no value");
    }
    **last = made;
    *last = &made->next;
    return read_label(reader, xml_child(element, "label"), &made->label);
}

/* "randomize(path, seed)": the path and the seed; false for another expression. */
static bool split_randomize(struct span text, struct span *ret_path, struct span *ret_seed)
{
    while (text.size != 0 && text.data[0] == ' ') {
        text = span_cut(text, 1, text.size);
    }
    if (!span_starts_with(text, "randomize(")) {
        return false;
    }
    text = span_cut(text, strlen("randomize("), text.size);
    int depth = 0;
    size_t comma = 0, end = 0;
    uint8_t quote = 0;
    for (size_t i = 0; i < text.size && end == 0; i++) {
        uint8_t byte = text.data[i];
        if (quote != 0) {
            quote = byte == quote ? 0 : quote;
        } else if (byte == '\'' || byte == '"') {
            quote = byte;
        } else if (byte == '(' || byte == '[') {
            depth++;
        } else if ((byte == ')' || byte == ']') && depth > 0) {
            depth--;
        } else if (byte == ',' && depth == 0 && comma == 0) {
            comma = i;
        } else if (byte == ')') {
            end = i;
        }
    }
    *ret_path = span_cut(text, 0, comma != 0 ? comma : end);
    *ret_seed = comma != 0 ? span_cut(text, comma + 1, end - comma - 1) : span_of("");
    return end != 0;
}

static enum err read_itemset(struct reader *reader, const xmlNode *element,
                             struct xform_control *control)
{
    const xmlNode *value = xml_child(element, "value"), *label = xml_child(element, "label");
    struct xform_itemset *set = arena_alloc(reader->arena, sizeof(*set));
    const char *nodes = READ_TEXT(reader, element, "nodeset");
    if (set == NULL) {
        return ERR_NOMEM;
    }
    if (nodes == NULL || value == NULL || !xml_has(value, "ref")) {
        return read_fault(reader, element, "itemset", "it needs a nodeset and a value with a ref");
    }
    struct span path, seed;
    set->randomized = split_randomize(span_of(nodes), &path, &seed);
    set->nodes = set->randomized ? arena_span_text(reader->arena, path) : nodes;
    set->seed = set->randomized && seed.size != 0 ? arena_span_text(reader->arena, seed) : NULL;
    set->value = READ_TEXT(reader, value, "ref");
    set->label = label == NULL ? NULL : READ_TEXT(reader, label, "ref");
    control->itemset = set;
    return set->nodes == NULL || set->value == NULL ? ERR_NOMEM : OK;
}

/* ---- one control */

static bool is_child_known(const xmlNode *element)
{
    return xml_is(element, "label") || xml_is(element, "hint") || xml_is(element, "item") ||
           xml_is(element, "itemset") || xml_is(element, "value");
}

static enum err read_inside(struct reader *reader, const xmlNode *element,
                            struct xform_control *control, struct xform_node *context, size_t depth)
{
    struct xform_item *first = NULL, **last = &first;
    enum err e = OK;
    for (const xmlNode *at = xml_first(element); e == OK && at != NULL; at = xml_next(at)) {
        bool is_action;
        if (xml_is(at, "item")) {
            e = read_item(reader, at, &last);
        } else if (xml_is(at, "itemset")) {
            e = read_itemset(reader, at, control);
        } else if (!is_child_known(at)) {
            e = read_action(reader, at, control->node, context, &is_action);
        }
    }
    control->items = first;
    e = e != OK ? e : read_search(reader, element, control);
    bool holds_controls = control->kind == XFORM_GROUP || control->kind == XFORM_REPEAT_CONTROL;
    return e != OK || !holds_controls ? e
                                      : read_controls(reader, element, control, context, depth + 1);
}

static const char *const control_attributes[] = {"ref",   "nodeset",     "bind",  "appearance",
                                                 "count", "mediatype",   "start", "end",
                                                 "step",  "noAddRemove", NULL};

static enum err read_attributes(struct reader *reader, const xmlNode *element,
                                struct xform_control *control)
{
    const char *no_change = READ_TEXT(reader, element, "noAddRemove");
    control->appearance = READ_TEXT(reader, element, "appearance");
    control->appearance = control->appearance == NULL ? "" : control->appearance;
    control->count = READ_TEXT(reader, element, "count");
    control->no_add_remove = no_change != NULL && strncmp(no_change, "true", 4) == 0;
    control->mediatype = READ_TEXT(reader, element, "mediatype");
    control->start = READ_TEXT(reader, element, "start");
    control->end = READ_TEXT(reader, element, "end");
    control->step = READ_TEXT(reader, element, "step");
    enum err e = read_label(reader, xml_child(element, "label"), &control->label);
    e = e != OK ? e : read_label(reader, xml_child(element, "hint"), &control->hint);
    return e != OK ? e : read_extras(reader, element, control_attributes, &control->extras);
}

/* It lies in a row of a list that no repeat of the body shows: which row is meant, nobody says. */
static bool lies_in_a_row(struct reader *reader, struct xform_node *node)
{
    struct buf path;
    bool found = false;
    buf_init(&path, reader->arena->mem, XFORM_EXPRESSION_MAX);
    for (node = xform_repeat_of(node); !found && node != NULL;
         node = xform_repeat_of(node->parent)) {
        buf_truncate(&path, 0);
        xform_path(node, &path);
        found = !read_is_repeat(reader, buf_span(&path));
    }
    buf_release(&path);
    return found;
}

static enum err find_node(struct reader *reader, const xmlNode *element,
                          struct xform_control *control, struct xform_node *context)
{
    const char *ref = read_reference(reader, element);
    control->node = ref == NULL ? NULL : read_path(reader, ref, context);
    if (control->node == NULL && (ref != NULL || control->kind != XFORM_GROUP)) {
        return read_fault(reader, element, ref == NULL ? (const char *)element->name : ref,
                          "a question names no element of the primary instance");
    }
    if (control->node != NULL && lies_in_a_row(reader, control->node)) {
        return read_fault(reader, element, ref,
                          "it stands several times in the instance and is no repeat");
    }
    return OK;
}

static enum err read_control(struct reader *reader, const xmlNode *element,
                             enum xform_control_kind kind, struct xform_control *parent,
                             struct xform_node *context, size_t depth)
{
    struct xform_control *control = arena_alloc(reader->arena, sizeof(*control));
    if (control == NULL || depth > XFORM_DEPTH_MAX) {
        return control == NULL ? ERR_NOMEM
                               : read_fault(reader, element, "group", "it lies too deep in others");
    }
    control->kind = kind;
    control->parent = parent;
    if (parent->last != NULL) {
        parent->last->next = control;
    } else {
        parent->first = control;
    }
    parent->last = control;
    enum err e = find_node(reader, element, control, context);
    e = e != OK ? e : read_attributes(reader, element, control);
    return e != OK ? e
                   : read_inside(reader, element, control,
                                 control->node == NULL ? context : control->node, depth);
}

static enum err read_controls(struct reader *reader, const xmlNode *element,
                              struct xform_control *parent, struct xform_node *context,
                              size_t depth)
{
    enum err e = OK;
    for (const xmlNode *at = xml_first(element); e == OK && at != NULL; at = xml_next(at)) {
        enum xform_control_kind kind;
        if (control_kind(at, &kind)) {
            e = read_control(reader, at, kind, parent, context, depth);
        } else if (parent->kind == XFORM_GROUP && !is_child_known(at) && !xml_is(at, "setvalue") &&
                   !xml_is(at, "setgeopoint") && !xml_is(at, "recordaudio")) {
            read_warning(reader, at, "this element of the body isn't known",
                         (const char *)at->name);
        }
    }
    return e;
}

enum err read_body(struct reader *reader)
{
    struct xform_control *body = arena_alloc(reader->arena, sizeof(*body));
    if (body == NULL) {
        return ERR_NOMEM;
    }
    *body = (struct xform_control){.kind = XFORM_GROUP, .appearance = ""};
    reader->form->body = body;
    return read_controls(reader, reader->body, body, NULL, 0);
}
