#include "xform.h"

#include <string.h>

static const char *const data_names[XFORM_DATA_COUNT] = {
    [XFORM_STRING] = "string",     [XFORM_INT] = "int",           [XFORM_DECIMAL] = "decimal",
    [XFORM_BOOLEAN] = "boolean",   [XFORM_DATE] = "date",         [XFORM_TIME] = "time",
    [XFORM_DATETIME] = "dateTime", [XFORM_GEOPOINT] = "geopoint", [XFORM_GEOTRACE] = "geotrace",
    [XFORM_GEOSHAPE] = "geoshape", [XFORM_BINARY] = "binary",     [XFORM_BARCODE] = "barcode",
    [XFORM_SELECT] = "select",     [XFORM_RANK] = "odk:rank"};

static const char *const control_names[XFORM_CONTROL_COUNT] = {[XFORM_INPUT] = "input",
                                                               [XFORM_SELECT_ONE] = "select_one",
                                                               [XFORM_SELECT_MULTIPLE] =
                                                                   "select_multiple",
                                                               [XFORM_SELECT_RANK] = "rank",
                                                               [XFORM_RANGE] = "range",
                                                               [XFORM_UPLOAD] = "upload",
                                                               [XFORM_TRIGGER] = "trigger",
                                                               [XFORM_GROUP] = "group",
                                                               [XFORM_REPEAT_CONTROL] = "repeat"};

const char *xform_data_name(enum xform_data data)
{
    return data_names[data];
}

/* Of XML Schema, as JavaRosa reads them too. */
static const struct {
    const char *name;
    enum xform_data data;
} other_names[] = {{"integer", XFORM_INT},
                   {"long", XFORM_INT},
                   {"double", XFORM_DECIMAL},
                   {"float", XFORM_DECIMAL}};

/* "xsd:int" is int: prefixes are how a file writes a name. */
static const char *without_prefix(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon == NULL ? name : colon + 1;
}

enum xform_data xform_data_from_name(const char *name)
{
    const char *bare = without_prefix(name);
    for (size_t i = 0; i < XFORM_DATA_COUNT; i++) {
        if (strcmp(bare, without_prefix(data_names[i])) == 0) {
            return (enum xform_data)i;
        }
    }
    for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++) {
        if (strcmp(bare, other_names[i].name) == 0) {
            return other_names[i].data;
        }
    }
    return XFORM_STRING;
}

const char *xform_control_name(enum xform_control_kind kind)
{
    return control_names[kind];
}

static struct xform_node *child_named(struct xform_node *parent, struct span name)
{
    bool attribute = span_starts_with(name, "@");
    if (attribute) {
        name = span_cut(name, 1, name.size);
    }
    for (size_t i = name.size; i > 0; i--) { /* a prefix says nothing */
        if (name.data[i - 1] == ':') {
            name = span_cut(name, i, name.size);
            break;
        }
    }
    struct xform_node *child = parent->first;
    while (child != NULL && (child->attribute != attribute || !span_is(name, child->name))) {
        child = child->next;
    }
    return child;
}

struct xform_node *xform_find(const struct xform *form, struct span path)
{
    struct span name;
    if (!span_split(&path, '/', &name) || name.size != 0 || !span_split(&path, '/', &name) ||
        form->root == NULL || !span_is(name, form->root->name)) {
        return NULL;
    }
    struct xform_node *node = form->root;
    while (node != NULL && span_split(&path, '/', &name)) {
        node = child_named(node, name);
    }
    return node;
}

void xform_path(const struct xform_node *node, struct buf *ret)
{
    const struct xform_node *way[XFORM_DEPTH_MAX + 1];
    size_t depth = 0;
    for (; node != NULL && depth < sizeof(way) / sizeof(way[0]); node = node->parent) {
        way[depth++] = node;
    }
    while (depth > 0) {
        depth--;
        buf_add_text(ret, way[depth]->attribute ? "/@" : "/");
        buf_add_text(ret, way[depth]->name);
    }
}

struct xform_node *xform_repeat_of(const struct xform_node *node)
{
    while (node != NULL && !node->repeat) {
        node = node->parent;
    }
    return (struct xform_node *)(uintptr_t)node; /* as strchr() does */
}

const struct xform_node *xform_next_node(const struct xform_node *node)
{
    if (node->first != NULL) {
        return node->first;
    }
    while (node != NULL && node->next == NULL) {
        node = node->parent;
    }
    return node == NULL ? NULL : node->next;
}

const struct xform_control *xform_next_control(const struct xform_control *control)
{
    if (control->first != NULL) {
        return control->first;
    }
    while (control != NULL && control->next == NULL) {
        control = control->parent;
    }
    return control == NULL ? NULL : control->next;
}
