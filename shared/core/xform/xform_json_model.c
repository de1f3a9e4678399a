/*
 * xform_json_model.c - the model of a form.json: nodes with their binds, actions, entities, lists.
 */
#include <string.h>

#include "xform_json_reader.h"

/* ---- nodes */

static enum err read_data(struct form_reader *r, const struct json *item, struct xform_node *node)
{
    const char *name = NULL;
    enum err e = json_member(r, item, "data", XFORM_NAME_MAX, &name);
    if (e != OK || name == NULL) {
        return e;
    }
    node->data = xform_data_from_name(name);
    return strcmp(xform_data_name(node->data), name) == 0
               ? OK
               : json_refuse(r, "data", "\"%.40s\" is no type of answers", name);
}

static enum err read_node(struct form_reader *r, const struct json *item, struct xform_node *node)
{
    enum err e = json_member(r, item, "name", XFORM_NAME_MAX, &node->name);
    e = e != OK ? e : json_need(r, "name", node->name);
    if (e == OK && !json_is_xml_name(node->name, false)) {
        e = json_refuse(r, "name", "\"%.40s\" can't be a name: letters, digits, _ - .", node->name);
    }
    e = e != OK ? e : json_flag(r, item, "attribute", &node->attribute);
    e = e != OK ? e : json_flag(r, item, "repeat", &node->repeat);
    e = e != OK ? e : json_number(r, item, "occurrences", XFORM_NODES_MAX + 1, &node->occurrences);
    e = e != OK ? e : json_flag(r, item, "bind", &node->has_bind);
    e = e != OK ? e : read_data(r, item, node);
#define READ(member)                                                                               \
    e = e != OK ? e : json_member(r, item, #member, XFORM_EXPRESSION_MAX, &node->member);
    NODE_FILLED(READ)
    NODE_MEMBERS(READ)
#undef READ
#define READ(member) e = e != OK ? e : json_text_of(r, item, #member, &node->member);
    NODE_TEXTS(READ)
#undef READ
    struct xform_pair *extras = NULL;
    e = e != OK ? e : json_pairs(r, item, "extras", &extras);
    node->extras = extras;
    return e;
}

/* Its place in the tree: below the last node that is one step less deep. */
static enum err place_node(struct form_reader *r, struct xform_node *node, size_t depth,
                           struct xform_node **way, size_t *way_depth)
{
    struct xform_node *parent = depth == 0 ? NULL : way[depth - 1];
    if ((depth == 0) != (node->index == 0) || depth > *way_depth) {
        return json_refuse(r, "depth",
                           "is %zu, where at most %zu fits: one root, and each node "
                           "one step below its parent",
                           depth, *way_depth);
    }
    if (depth == 0 && (node->attribute || node->repeat)) {
        return json_refuse(r, "", "the root is neither an attribute nor a repeat");
    }
    if (parent != NULL && parent->attribute) {
        return json_refuse(r, "depth", "an attribute has nothing below it");
    }
    if (node->attribute && (node->repeat || (parent->last != NULL && !parent->last->attribute))) {
        return json_refuse(r, "attribute", "attributes stand before elements, and don't repeat");
    }
    node->parent = parent;
    if (parent != NULL && parent->last == NULL) {
        parent->first = node;
    } else if (parent != NULL) {
        parent->last->next = node;
    }
    if (parent != NULL) {
        parent->last = node;
    }
    way[depth] = node;
    *way_depth = depth + 1;
    return OK;
}

static enum err read_nodes(struct form_reader *r, const struct json *whole)
{
    struct xform_node *way[XFORM_DEPTH_MAX + 2];
    const struct json *list = NULL;
    size_t way_depth = 0, depth;
    enum err e = json_list(r, whole, "nodes", &list);
    size_t count = e != OK || list == NULL ? 0 : json_count(list);
    if (e == OK && (count == 0 || count > XFORM_NODES_MAX)) {
        e = json_refuse(r, "nodes", "must have 1 to %d nodes", XFORM_NODES_MAX);
    }
    r->nodes = e != OK ? NULL : arena_array(r->arena, count, sizeof(struct xform_node *));
    e = e == OK && r->nodes == NULL ? json_no_memory(r) : e;
    r->list = "nodes";
    r->index = 0;
    for (const struct json *at = e != OK ? NULL : json_first(list); e == OK && at != NULL;
         at = json_next(at), r->index++) {
        struct xform_node *node = arena_alloc(r->arena, sizeof(*node));
        if (node == NULL) {
            return json_no_memory(r);
        }
        *node = (struct xform_node){.index = r->index, .initial = ""};
        depth = 0;
        e = read_node(r, at, node);
        e = e != OK ? e : json_number(r, at, "depth", XFORM_DEPTH_MAX + 2, &depth);
        e = e != OK ? e : place_node(r, node, depth, way, &way_depth);
        r->nodes[r->index] = node;
    }
    r->list = NULL;
    if (e == OK) {
        r->form->root = r->nodes[0];
        r->form->name = r->nodes[0]->name;
        r->form->node_count = count;
    }
    return e;
}

/* ---- what occurrences begin with */

static enum err read_initials(struct form_reader *r, const struct json *whole)
{
    struct xform_pair *pairs = NULL;
    struct xform_initial **last = &r->form->initials;
    enum err e = json_pairs(r, whole, "initials", &pairs);
    for (; e == OK && pairs != NULL && pairs->name != NULL; pairs++) {
        struct xform_initial *made = arena_alloc(r->arena, sizeof(*made));
        if (made == NULL) {
            return json_no_memory(r);
        }
        *made = (struct xform_initial){.path = pairs->name, .text = pairs->value};
        *last = made;
        last = &made->next;
    }
    return e;
}

/* ---- actions and entities */

static enum err read_kind(struct form_reader *r, const struct json *item,
                          enum xform_action_kind *ret)
{
    static const char *const kinds[] = ACTION_KINDS;
    const char *name = json_get_text(item, "kind", "");
    for (size_t i = 0; i <= ACTION_KIND_LAST; i++) {
        if (strcmp(kinds[i], name) == 0) {
            *ret = (enum xform_action_kind)i;
            return OK;
        }
    }
    return json_refuse(r, "kind", "\"%.40s\" is no kind of action", name);
}

static enum err read_action(struct form_reader *r, const struct json *item,
                            struct xform_action *made)
{
    size_t events = 0;
    enum err e = read_kind(r, item, &made->kind);
    e = e != OK ? e : json_number(r, item, "events", EVENTS_ALL + 1, &events);
    made->events = (unsigned)events;
    e = e != OK ? e : json_node(r, item, "trigger", &made->trigger);
    e = e != OK ? e : json_node(r, item, "target", &made->target);
    if (e == OK && made->target == NULL) {
        e = json_refuse(r, "target", "is missing");
    }
    if (e == OK && made->trigger == NULL && (made->events & XFORM_VALUE_CHANGED) != 0) {
        e = json_refuse(r, "trigger", "is missing: whose change calls it");
    }
#define READ(member)                                                                               \
    e = e != OK ? e : json_member(r, item, #member, XFORM_EXPRESSION_MAX, &made->member);
    ACTION_MEMBERS(READ)
#undef READ
    return e;
}

static enum err read_actions(struct form_reader *r, const struct json *whole)
{
    const struct json *list = NULL;
    struct xform_action **last = &r->form->actions;
    enum err e = json_list(r, whole, "actions", &list);
    r->list = "actions";
    r->index = 0;
    for (const struct json *at = list == NULL ? NULL : json_first(list); e == OK && at != NULL;
         at = json_next(at), r->index++) {
        struct xform_action *made = arena_alloc(r->arena, sizeof(*made));
        if (made == NULL) {
            return json_no_memory(r);
        }
        *made = (struct xform_action){.kind = XFORM_SET_VALUE};
        e = read_action(r, at, made);
        *last = made;
        last = &made->next;
    }
    r->list = NULL;
    return e;
}

static enum err read_entities(struct form_reader *r, const struct json *whole)
{
    const struct json *list = NULL;
    struct xform_entity **last = &r->form->entities;
    enum err e = json_list(r, whole, "entities", &list);
    r->list = "entities";
    r->index = 0;
    for (const struct json *at = list == NULL ? NULL : json_first(list); e == OK && at != NULL;
         at = json_next(at), r->index++) {
        struct xform_entity *made = arena_alloc(r->arena, sizeof(*made));
        if (made == NULL) {
            return json_no_memory(r);
        }
        *made = (struct xform_entity){.dataset = NULL};
        e = json_member(r, at, "dataset", XFORM_NAME_MAX, &made->dataset);
        e = e != OK ? e : json_need(r, "dataset", made->dataset);
        e = e != OK ? e : json_node(r, at, "node", &made->node);
        e = e == OK && made->node == NULL ? json_refuse(r, "node", "is missing") : e;
        *last = made;
        last = &made->next;
    }
    r->list = NULL;
    return e;
}

enum err json_read_model(struct form_reader *r, const struct json *whole)
{
    enum err e = read_nodes(r, whole);
    e = e != OK ? e : read_initials(r, whole);
    e = e != OK ? e : read_actions(r, whole);
    return e != OK ? e : read_entities(r, whole);
}

/* ---- lists */

static enum err tree_row(struct form_reader *r, const struct json *row, struct tree_node *node,
                         size_t *ret_depth)
{
    int64_t depth = -1;
    const struct json *name = json_at(row, 1), *text = json_at(row, 2);
    bool shaped = json_is(row, JSON_ARRAY) && json_int(json_first(row), &depth) && depth >= 0 &&
                  depth <= XFORM_DEPTH_MAX + 1 && json_is(name, JSON_TEXT) &&
                  (text == NULL || json_is(text, JSON_TEXT));
    if (!shaped) {
        return json_refuse(r, "tree", "rows must be [depth, name, text]");
    }
    const char *letters = json_text(name);
    node->attribute = letters[0] == '@';
    letters += node->attribute ? 1 : 0;
    if (!json_is_xml_name(letters, false)) {
        return json_refuse(r, "tree", "\"%.40s\" can't be a name", letters);
    }
    node->name = tree_name(r->form->names, span_of(letters));
    enum err e = text == NULL ? OK : arena_copy(r->arena, json_span(text), &node->text);
    *ret_depth = (size_t)depth;
    return node->name == NULL || e != OK ? json_no_memory(r) : OK;
}

static enum err read_tree(struct form_reader *r, const struct json *list,
                          struct xform_instance *instance)
{
    struct tree_node *way[XFORM_DEPTH_MAX + 3];
    size_t way_depth = 1;
    instance->document = way[0] = arena_alloc(r->arena, sizeof(struct tree_node));
    if (way[0] == NULL) {
        return json_no_memory(r);
    }
    *way[0] = (struct tree_node){.name = NULL};
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        struct tree_node *node = arena_alloc(r->arena, sizeof(*node));
        size_t depth = 0;
        if (node == NULL) {
            return json_no_memory(r);
        }
        *node = (struct tree_node){.name = NULL};
        enum err e = tree_row(r, at, node, &depth);
        if (e != OK) {
            return e;
        }
        struct tree_node *parent = depth < way_depth ? way[depth] : NULL;
        bool second_root = depth == 0 && way[0]->first != NULL;
        bool late =
            node->attribute && (depth == 0 || (parent && parent->last && !parent->last->attribute));
        if (parent == NULL || parent->attribute || second_root || late) {
            return json_refuse(r, "tree",
                               "one root, each node one step below its parent, "
                               "attributes first: \"%.40s\" is out of place",
                               node->name);
        }
        tree_append(parent, node);
        way[depth + 1] = node;
        way_depth = depth + 2;
    }
    return OK;
}

static enum err read_instance(struct form_reader *r, const struct json *item,
                              struct xform_instance *made)
{
    const struct json *tree = NULL;
    enum err e = json_member(r, item, "id", XFORM_EXPRESSION_MAX, &made->id);
    e = e != OK ? e : json_need(r, "id", made->id);
    e = e != OK ? e : json_member(r, item, "source", XFORM_EXPRESSION_MAX, &made->source);
    e = e != OK ? e : json_list(r, item, "tree", &tree);
    return e != OK || tree == NULL ? e : read_tree(r, tree, made);
}

enum err json_read_instances(struct form_reader *r, const struct json *whole)
{
    const struct json *list = NULL;
    struct xform_instance **last = &r->form->instances;
    enum err e = json_list(r, whole, "instances", &list);
    r->list = "instances";
    r->index = 0;
    for (const struct json *at = list == NULL ? NULL : json_first(list); e == OK && at != NULL;
         at = json_next(at), r->index++) {
        struct xform_instance *made = arena_alloc(r->arena, sizeof(*made));
        if (made == NULL) {
            return json_no_memory(r);
        }
        *made = (struct xform_instance){.id = NULL};
        e = read_instance(r, at, made);
        *last = made;
        last = &made->next;
    }
    r->list = NULL;
    return e;
}
