#include <math.h>
#include <string.h>

#include "digest.h"
#include "expr_inner.h"

static enum err call_count(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    struct expr_value nodes;
    const struct expr *path = call->args[0];
    const char *list;
    size_t count = 0;
    bool answered = false;
    enum err e = OK;
    if (path->kind == NODE_PATH && path->from == EXPR_FROM_INSTANCE) {
        e = instance_name(run, path, focus, &list);
        e = e != OK ? e : table_count(run, path, list, &count, &answered);
    }
    if (e == OK && !answered) {
        e = evaluate_nodes(run, path, focus, &nodes);
        count = e == OK ? nodes.node_count : 0;
    }
    if (e == OK) {
        value_set_number(ret, (double)count);
    }
    return e;
}

static enum err call_count_non_empty(struct evaluation *run, const struct expr *call,
                                     const struct focus *focus, struct expr_value *ret)
{
    struct expr_value nodes;
    enum err e = evaluate_nodes(run, call->args[0], focus, &nodes);
    size_t count = 0;
    for (size_t i = 0; e == OK && i < nodes.node_count; i++) {
        struct span text;
        e = node_text(run->arena, nodes.nodes[i], &text);
        count += e == OK && text.size != 0 ? 1 : 0;
    }
    if (e == OK) {
        value_set_number(ret, (double)count);
    }
    return e;
}

static size_t place_among_siblings(const struct tree_node *node)
{
    size_t position = 1;
    for (const struct tree_node *at = node->prev; at != NULL; at = at->prev) {
        position += at->name == node->name && !at->attribute ? 1 : 0;
    }
    return position;
}

/* With a node: its number among those of its name. Without: in a predicate the number of what is
   looked at; elsewhere that of the context. */
static enum err call_position(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    if (call->arg_count == 0) {
        value_set_number(ret, (double)(focus->position != 0 ? focus->position
                                                            : place_among_siblings(focus->node)));
        return OK;
    }
    struct expr_value nodes;
    enum err e = evaluate_nodes(run, call->args[0], focus, &nodes);
    if (e == OK) {
        value_set_number(ret, nodes.node_count == 0 ? NAN
                                                    : (double)place_among_siblings(nodes.nodes[0]));
    }
    return e;
}

static enum err call_last(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    (void)run, (void)call;
    value_set_number(ret, (double)(focus->size != 0 ? focus->size : 1));
    return OK;
}

static enum err call_name(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    struct tree_node *node = focus->node;
    if (call->arg_count == 1) {
        struct expr_value nodes;
        enum err e = evaluate_nodes(run, call->args[0], focus, &nodes);
        if (e != OK) {
            return e;
        }
        node = nodes.node_count == 0 ? NULL : nodes.nodes[0];
    }
    value_set_text(ret, span_of(node == NULL || node->name == NULL ? "" : node->name));
    return OK;
}

/* The parser makes paths of these; alone they are the beginning of one. */
static enum err call_as_path(struct evaluation *run, const struct expr *call,
                             const struct focus *focus, struct expr_value *ret)
{
    (void)focus, (void)ret;
    return diag_set(run->diag, ERR_INTERNAL, call->function->name, NULL);
}

/* ---- indexed-repeat(node, repeat, index, ...) */

static bool lies_in(const struct tree_node *node, const struct tree_node *other)
{
    while (node != NULL && node != other) {
        node = node->parent;
    }
    return node == other;
}

static size_t keep_inside(struct tree_node **nodes, size_t count, const struct tree_node *place)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (lies_in(nodes[i], place)) {
            nodes[kept++] = nodes[i];
        }
    }
    return kept;
}

/* Asked from outside of any occurrence, so that an absolute path means all of them. A relative one
   is asked from where it stands. */
static enum err all_nodes(struct evaluation *run, const struct expr *path,
                          const struct focus *focus, struct expr_value *ret)
{
    struct evaluation outside = *run;
    struct focus at = *focus;
    if (path->kind == NODE_PATH && path->from == EXPR_FROM_ROOT) {
        while (outside.origin->parent != NULL) {
            outside.origin = outside.origin->parent;
        }
    }
    enum err e = evaluate_nodes(&outside, path, &at, ret);
    run->steps = outside.steps;
    return e;
}

/* An index below 1 reads as 1: an index that isn't answered yet must not break the form (JavaRosa).
 */
static enum err index_of(struct evaluation *run, const struct expr *index,
                         const struct focus *focus, size_t *ret)
{
    double number;
    enum err e = evaluate_number(run, index, focus, &number);
    if (e == OK) {
        *ret = isnan(number) || number < 1 ? 1 : number > 1e9 ? (size_t)1e9 : (size_t)number;
    }
    return e;
}

static enum err call_indexed_repeat(struct evaluation *run, const struct expr *call,
                                    const struct focus *focus, struct expr_value *ret)
{
    if (call->arg_count % 2 == 0) {
        return diag_set(run->diag, ERR_FORMAT,
                        "indexed-repeat() takes a node, then pairs of a repeat and an index", "",
                        NULL);
    }
    struct tree_node *place = NULL;
    for (size_t i = 1; i + 1 < call->arg_count; i += 2) {
        struct expr_value repeats;
        size_t index = 1;
        enum err e = all_nodes(run, call->args[i], focus, &repeats);
        e = e != OK ? e : index_of(run, call->args[i + 1], focus, &index);
        if (e != OK) {
            return e;
        }
        size_t count = place == NULL ? repeats.node_count
                                     : keep_inside(repeats.nodes, repeats.node_count, place);
        if (index > count) {
            *ret = (struct expr_value){.type = EXPR_NODES};
            return OK;
        }
        place = repeats.nodes[index - 1];
    }
    enum err e = all_nodes(run, call->args[0], focus, ret);
    if (e == OK) {
        ret->node_count = keep_inside(ret->nodes, ret->node_count, place);
    }
    return e;
}

/* ---- randomize(): Park and Miller's numbers, so that a seed gives the same order in every ODK
   client (ODK XForms, randomize). */

#define PARK_MILLER_MODULUS    2147483647
#define PARK_MILLER_MULTIPLIER 16807
#define SEED_MAX               9223372036854775807.0 /* JavaRosa keeps it in 64 bits */

/* Fisher and Yates from the inside out, as the specification names it. */
void expr_shuffle(double seed, size_t count, size_t *ret)
{
    double whole = isnan(seed) ? 0 : trunc(fmax(-SEED_MAX, fmin(SEED_MAX, seed)));
    int64_t state = (int64_t)fmod(whole, PARK_MILLER_MODULUS);
    state = state <= 0 ? state + PARK_MILLER_MODULUS - 1 : state;
    for (size_t i = 0; i < count; i++) {
        state = state * PARK_MILLER_MULTIPLIER % PARK_MILLER_MODULUS;
        double part = (double)(state - 1) / (PARK_MILLER_MODULUS - 1);
        size_t other = (size_t)(part * (double)(i + 1));
        ret[i] = ret[other];
        ret[other] = i;
    }
}

double expr_seed(const struct expr_value *value, const struct expr_host *host, struct arena *arena)
{
    struct span text;
    double number;
    uint8_t digest[DIGEST_MAX];
    size_t size;
    bool is_text = value->type == EXPR_STRING;
    if (value->type == EXPR_NODES && value->node_count != 0) {
        is_text = value->nodes[0]->kind == TREE_TEXT || value->nodes[0]->kind == TREE_SELECT;
    }
    if (!is_text || expr_to_text(value, host, arena, &text) != OK || text.size == 0 ||
        number_read(text, &number) || !digest_bytes(span_of("SHA-256"), text, digest, &size)) {
        return expr_to_number(value, host);
    }
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; i++) {
        bits = bits << 8 | digest[i];
    }
    return (double)(int64_t)bits;
}

static enum err seed_of(struct evaluation *run, const struct expr *call, const struct focus *focus,
                        double *ret)
{
    if (call->arg_count == 2) {
        struct expr_value value;
        enum err e = evaluate(run, call->args[1], focus, &value);
        if (e == OK) {
            *ret = expr_seed(&value, run->host, run->arena);
        }
        return e;
    }
    uint32_t bits;
    run->host->random(run->host->ctx, &bits, sizeof(bits));
    *ret = (double)bits;
    return OK;
}

static enum err call_randomize(struct evaluation *run, const struct expr *call,
                               const struct focus *focus, struct expr_value *ret)
{
    struct expr_value in;
    double seed = 0;
    enum err e = evaluate_nodes(run, call->args[0], focus, &in);
    e = e != OK ? e : seed_of(run, call, focus, &seed);
    if (e != OK) {
        return e;
    }
    struct tree_node **out = arena_array(run->arena, in.node_count, sizeof(struct tree_node *));
    size_t *order = arena_array(run->arena, in.node_count, sizeof(size_t));
    if (out == NULL || order == NULL) {
        return ERR_NOMEM;
    }
    expr_shuffle(seed, in.node_count, order);
    for (size_t i = 0; i < in.node_count; i++) {
        out[i] = in.nodes[order[i]];
    }
    *ret = (struct expr_value){.type = EXPR_NODES, .nodes = out, .node_count = in.node_count};
    return OK;
}

const struct expr_function functions_of_nodes[] = {
    {"count", 1, 1, call_count, false, NULL},
    {"count-non-empty", 1, 1, call_count_non_empty, false, NULL},
    {"current", 0, 0, call_as_path, false, NULL},
    {"indexed-repeat", 3, 11, call_indexed_repeat, false, NULL},
    {"instance", 1, 1, call_as_path, false, NULL},
    {"last", 0, 0, call_last, false, NULL},
    {"local-name", 0, 1, call_name, false, NULL},
    {"name", 0, 1, call_name, false, NULL},
    {"position", 0, 1, call_position, false, NULL},
    {"randomize", 1, 2, call_randomize, false, NULL},
    {NULL, 0, 0, NULL, false, NULL},
};
