/*
 * Walking paths. Nodes that aren't relevant are not found by name (ODK: a question that isn't asked
 * has no value), a parent or ancestor always is.
 */
#include <math.h>
#include <string.h>

#include "expr_inner.h"

#define FIRST_CAPACITY 16

enum err node_list_add(struct evaluation *run, struct node_list *list, struct tree_node *node)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
        struct tree_node **nodes = arena_array(run->arena, capacity, sizeof(struct tree_node *));
        if (nodes == NULL) {
            return ERR_NOMEM;
        }
        if (list->count != 0) {
            memcpy(nodes, list->nodes, list->count * sizeof(struct tree_node *));
        }
        list->nodes = nodes;
        list->capacity = capacity;
    }
    list->nodes[list->count++] = node;
    return OK;
}

enum err count_step(struct evaluation *run)
{
    return ++run->steps > EXPR_STEPS_MAX
               ? diag_set(run->diag, ERR_TOO_LARGE, "expression", "it reads too many values", NULL)
               : OK;
}

/* ---- order */

static void merge(struct tree_node **nodes, struct tree_node **room, size_t left, size_t count)
{
    memcpy(room, nodes, left * sizeof(struct tree_node *));
    size_t a = 0, b = left, to = 0;
    while (a < left && b < count) {
        nodes[to++] = tree_order(room[a], nodes[b]) <= 0 ? room[a++] : nodes[b++];
    }
    while (a < left) {
        nodes[to++] = room[a++];
    }
}

static bool is_sorted(struct tree_node **nodes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (tree_order(nodes[i - 1], nodes[i]) >= 0) {
            return false;
        }
    }
    return true;
}

enum err sort_nodes(struct evaluation *run, struct tree_node **nodes, size_t *count)
{
    if (*count < 2 || is_sorted(nodes, *count)) {
        return OK;
    }
    struct tree_node **room = arena_array(run->arena, *count, sizeof(struct tree_node *));
    if (room == NULL) {
        return ERR_NOMEM;
    }
    for (size_t width = 1; width < *count; width *= 2) {
        for (size_t at = 0; at + width < *count; at += width * 2) {
            size_t size = *count - at < width * 2 ? *count - at : width * 2;
            merge(nodes + at, room, width, size);
        }
    }
    size_t kept = 1;
    for (size_t i = 1; i < *count; i++) {
        if (nodes[i] != nodes[kept - 1]) {
            nodes[kept++] = nodes[i];
        }
    }
    *count = kept;
    return OK;
}

/* ---- axes */

static bool is_named(const struct tree_node *node, const struct expr_step *step)
{
    return step->name != NULL ? node->name == step->name : !step->element || node->parent != NULL;
}

static bool matches(const struct tree_node *node, const struct expr_step *step)
{
    return !node->hidden && !node->attribute && is_named(node, step);
}

static enum err add_matching(struct evaluation *run, struct tree_node *node,
                             const struct expr_step *step, struct node_list *found)
{
    enum err e = count_step(run);
    return e == OK && matches(node, step) ? node_list_add(run, found, node) : e;
}

static enum err walk_children(struct evaluation *run, struct tree_node *from,
                              const struct expr_step *step, struct node_list *found)
{
    enum err e = OK;
    bool attributes = step->axis == EXPR_ATTRIBUTE;
    for (struct tree_node *at = from->first; at != NULL && e == OK; at = at->next) {
        bool fits = at->attribute == attributes && !at->hidden && is_named(at, step);
        e = count_step(run);
        e = e == OK && fits ? node_list_add(run, found, at) : e;
    }
    return e;
}

static struct tree_node *following_in(struct tree_node *at, const struct tree_node *top, bool down)
{
    if (down && at->first != NULL && !at->attribute) {
        return at->first;
    }
    while (at != top && at->next == NULL) {
        at = at->parent;
    }
    return at == top ? NULL : at->next;
}

static enum err walk_descendants(struct evaluation *run, struct tree_node *from,
                                 const struct expr_step *step, struct node_list *found)
{
    enum err e = OK;
    for (struct tree_node *at = following_in(from, from, true); at != NULL && e == OK;
         at = following_in(at, from, !at->hidden)) {
        e = add_matching(run, at, step, found);
    }
    return e;
}

static enum err walk_up(struct evaluation *run, struct tree_node *from,
                        const struct expr_step *step, struct node_list *found)
{
    enum err e = OK;
    for (struct tree_node *at = from; at != NULL && e == OK; at = at->parent) {
        if (is_named(at, step)) {
            e = node_list_add(run, found, at);
        }
    }
    return e;
}

static enum err walk_siblings(struct evaluation *run, struct tree_node *from, bool forward,
                              const struct expr_step *step, struct node_list *found)
{
    enum err e = OK;
    struct tree_node *at = forward ? from->next : from->prev;
    for (; at != NULL && e == OK; at = forward ? at->next : at->prev) {
        e = add_matching(run, at, step, found);
    }
    return e;
}

static void turn_round(struct node_list *list)
{
    for (size_t i = 0; i < list->count / 2; i++) {
        struct tree_node *node = list->nodes[i];
        list->nodes[i] = list->nodes[list->count - 1 - i];
        list->nodes[list->count - 1 - i] = node;
    }
}

/* All before or after it in the document, but for its ancestors and what is below it; the nearest
   first, since predicates count so. */
static enum err walk_document(struct evaluation *run, struct tree_node *from, bool forward,
                              const struct expr_step *step, struct node_list *found)
{
    enum err e = OK;
    for (struct tree_node *up = from; up != NULL && e == OK; up = up->parent) {
        struct tree_node *sibling = forward ? up->next : up->prev;
        for (; sibling != NULL && e == OK; sibling = forward ? sibling->next : sibling->prev) {
            e = add_matching(run, sibling, step, found);
            e = e != OK || sibling->attribute ? e : walk_descendants(run, sibling, step, found);
        }
    }
    e = e != OK ? e : sort_nodes(run, found->nodes, &found->count);
    if (e == OK && !forward) {
        turn_round(found);
    }
    return e;
}

static enum err walk_axis(struct evaluation *run, struct tree_node *from,
                          const struct expr_step *step, struct node_list *found)
{
    enum err e = OK;
    switch (step->axis) {
    case EXPR_SELF:
        return is_named(from, step) ? node_list_add(run, found, from) : OK;
    case EXPR_PARENT:
        return from->parent != NULL && is_named(from->parent, step)
                   ? node_list_add(run, found, from->parent)
                   : OK;
    case EXPR_DESCENDANT_OR_SELF:
        e = is_named(from, step) ? node_list_add(run, found, from) : OK;
        return e != OK ? e : walk_descendants(run, from, step, found);
    case EXPR_DESCENDANT:
        return walk_descendants(run, from, step, found);
    case EXPR_ANCESTOR:
        return from->parent == NULL ? OK : walk_up(run, from->parent, step, found);
    case EXPR_ANCESTOR_OR_SELF:
        return walk_up(run, from, step, found);
    case EXPR_PRECEDING_SIBLING:
    case EXPR_FOLLOWING_SIBLING:
        return walk_siblings(run, from, step->axis == EXPR_FOLLOWING_SIBLING, step, found);
    case EXPR_PRECEDING:
    case EXPR_FOLLOWING:
        return walk_document(run, from, step->axis == EXPR_FOLLOWING, step, found);
    case EXPR_CHILD:
    case EXPR_ATTRIBUTE:
    default:
        return walk_children(run, from, step, found);
    }
}

/* ---- predicates */

/* What a predicate makes on its way, and finds in tables itself, lives no longer than until its
   answer: a walk over many nodes takes no more memory than over one. */
enum err predicate_keeps(struct evaluation *run, const struct expr *predicate,
                         struct tree_node *node, size_t position, size_t size, bool *ret)
{
    struct focus focus = {.node = node, .position = position, .size = size};
    struct expr_value value;
    struct table_part *parts = run->parts;
    size_t part_items = run->part_items;
    struct arena_mark mark = arena_mark(run->arena);
    run->parts = NULL;
    enum err e = evaluate(run, predicate, &focus, &value);
    if (e == OK) {
        *ret =
            value.type == EXPR_NUMBER ? value.number == (double)position : expr_to_boolean(&value);
    }
    arena_rewind(run->arena, mark);
    run->parts = parts;
    run->part_items = part_items;
    return e;
}

/* [3] needs no look at each. */
static bool constant_position(const struct expr *predicate, struct node_list *list)
{
    if (predicate->kind != NODE_NUMBER) {
        return false;
    }
    double wanted = predicate->number;
    if (wanted >= 1 && wanted <= (double)list->count && wanted == floor(wanted)) {
        list->nodes[0] = list->nodes[(size_t)wanted - 1];
        list->count = 1;
    } else {
        list->count = 0;
    }
    return true;
}

enum err apply_predicate(struct evaluation *run, const struct expr *predicate,
                         struct node_list *list)
{
    if (constant_position(predicate, list)) {
        return OK;
    }
    size_t kept = 0, size = list->count;
    for (size_t i = 0; i < size; i++) {
        bool stays = false;
        enum err e = count_step(run);
        e = e != OK ? e : predicate_keeps(run, predicate, list->nodes[i], i + 1, size, &stays);
        if (e != OK) {
            return e;
        }
        if (stays) {
            list->nodes[kept++] = list->nodes[i];
        }
    }
    list->count = kept;
    return OK;
}

/* Children of nodes in order are in order, since no node lies in another of such a list but after a
   step down to any depth, which is rare: those are looked at again. */
static bool is_ordered(const struct path_step *step, size_t count)
{
    return count < 2 || step->step.axis == EXPR_SELF;
}

static enum err take_step(struct evaluation *run, const struct path_step *step,
                          struct node_list *list)
{
    struct node_list all = {0};
    for (size_t i = 0; step->whole && i < step->predicate_count; i++) {
        enum err e = apply_predicate(run, step->predicates[i], list);
        if (e != OK) {
            return e;
        }
    }
    for (size_t i = 0; i < list->count && !step->whole; i++) {
        struct node_list found = {0};
        enum err e = walk_axis(run, list->nodes[i], &step->step, &found);
        for (size_t j = 0; e == OK && j < step->predicate_count; j++) {
            e = apply_predicate(run, step->predicates[j], &found);
        }
        if (e == OK && list->count == 1) {
            all = found;
            break;
        }
        for (size_t j = 0; e == OK && j < found.count; j++) {
            e = node_list_add(run, &all, found.nodes[j]);
        }
        if (e != OK) {
            return e;
        }
    }
    if (step->whole) {
        return OK;
    }
    *list = all;
    return is_ordered(step, all.count) ? OK : sort_nodes(run, list->nodes, &list->count);
}

/* ---- where a path begins */

static struct tree_node *document_of(struct tree_node *node)
{
    while (node->parent != NULL) {
        node = node->parent;
    }
    return node;
}

/*
 * An absolute path asked from inside a repeat stays in that occurrence (ODK XForms: such paths read
 * as if they were relative), unless it ends at the repeat itself or says which one it means.
 */
static struct tree_node *bound_child(struct evaluation *run, struct tree_node *at,
                                     const struct path_step *step, bool last)
{
    if (last || step->predicate_count != 0 || step->step.axis != EXPR_CHILD ||
        step->step.name == NULL) {
        return NULL;
    }
    for (struct tree_node *up = run->origin; up != NULL; up = up->parent) {
        if (up->parent == at && up->repeat && up->name == step->step.name) {
            return up;
        }
    }
    return NULL;
}

enum err instance_name(struct evaluation *run, const struct expr *path, const struct focus *focus,
                       const char **ret)
{
    struct span text;
    if (path->instance != NULL) {
        *ret = path->instance;
        return OK;
    }
    enum err e = evaluate_text(run, path->instance_name, focus, &text);
    const char *name = e == OK ? arena_span_text(run->arena, text) : NULL;
    *ret = name;
    return e == OK && name == NULL ? ERR_NOMEM : e;
}

static enum err begin_at_instance(struct evaluation *run, const struct expr *path,
                                  const struct focus *focus, struct node_list *list,
                                  size_t *ret_step)
{
    const char *name;
    bool answered = false;
    enum err e = instance_name(run, path, focus, &name);
    e = e != OK ? e : table_items(run, path, name, list, &answered);
    if (e != OK || answered) {
        for (size_t i = 1; e == OK && i < path->steps[1].predicate_count; i++) {
            e = apply_predicate(run, path->steps[1].predicates[i], list);
        }
        *ret_step = 2;
        return e;
    }
    if (run->host->instance == NULL) {
        return diag_set(run->diag, ERR_NOT_FOUND, "instance", name, NULL);
    }
    struct tree_node *document;
    e = run->host->instance(run->host->ctx, name, &document, run->diag);
    return e != OK ? e : node_list_add(run, list, document);
}

static enum err begin(struct evaluation *run, const struct expr *path, const struct focus *focus,
                      struct node_list *list, size_t *ret_step)
{
    *ret_step = 0;
    switch (path->from) {
    case EXPR_FROM_ROOT:
        return node_list_add(run, list, document_of(run->origin));
    case EXPR_FROM_INSTANCE:
        return begin_at_instance(run, path, focus, list, ret_step);
    case EXPR_FROM_PATH: {
        struct expr_value value;
        enum err e = evaluate_nodes(run, path->args[0], focus, &value);
        for (size_t i = 0; e == OK && i < value.node_count; i++) {
            e = node_list_add(run, list, value.nodes[i]);
        }
        return e;
    }
    case EXPR_FROM_CONTEXT:
    default:
        return node_list_add(run, list, path->current ? run->origin : focus->node);
    }
}

enum err evaluate_path(struct evaluation *run, const struct expr *path, const struct focus *focus,
                       struct expr_value *ret)
{
    struct node_list list = {0};
    size_t step = 0;
    enum err e = begin(run, path, focus, &list, &step);
    for (; e == OK && step < path->step_count && list.count != 0; step++) {
        bool last = step + 1 == path->step_count;
        struct tree_node *bound = path->from == EXPR_FROM_ROOT && list.count == 1
                                      ? bound_child(run, list.nodes[0], &path->steps[step], last)
                                      : NULL;
        if (bound != NULL) {
            list.nodes[0] = bound;
        } else {
            e = take_step(run, &path->steps[step], &list);
        }
    }
    if (e == OK) {
        *ret =
            (struct expr_value){.type = EXPR_NODES, .nodes = list.nodes, .node_count = list.count};
    }
    return e;
}
