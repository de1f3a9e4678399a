/*
 * play_rules.c - an instance's rules asked all at once, and what each of them reads.
 */
#include <string.h>

#include "play_graph.h"

void play_speak(struct play *play, const char *language)
{
    play->language = xform_language(play->form, language);
}

/* ---- what is wrong as all stands */

static const uint8_t *occurrence_of(const struct play_node *node)
{
    const struct tree_node *at = &node->tree;
    while (at != NULL && !at->repeat) {
        at = at->parent;
    }
    return at == NULL ? NULL : ((const struct play_node *)(const void *)at)->id;
}

enum err play_each_fault(struct play *play, play_fault_visit visit, void *ctx, struct diag *diag)
{
    enum err e = OK;
    for (struct play_node *at = play->root; e == OK && at != NULL;
         at = node_following(at, play->root)) {
        struct validity validity;
        e = check_node(play, at, &validity, diag);
        if (e == OK && (validity.required_missing || validity.constraint_broken)) {
            const struct play_fault fault = {.node = at->def->node,
                                             .occurrence = occurrence_of(at),
                                             .missing = validity.required_missing,
                                             .message = validity.message};
            e = visit(ctx, &fault);
        }
        arena_reset(&play->scratch);
    }
    return e;
}

/* ---- what a rule reads */

struct reading {
    struct play *play;
    size_t *within; /* by definition: what holds the answer and all that is read of it; NO_DEF */
    bool *done;     /* its own sources were looked at, within that */
    size_t *found;  /* of one path */
    size_t context;
    size_t as; /* of what is looked at */
    bool outside, fickle, more;
    enum err failed;
};

static void note(struct reading *r, size_t def, size_t within)
{
    size_t before = r->within[def];
    size_t now = before == NO_DEF ? within : graph_shared(r->play, before, within);
    if (now != before) {
        r->within[def] = now;
        r->done[def] = false;
        r->more = true;
    }
}

/* A list of the form never changes; one beside it is what the node at hand holds. */
static bool is_beside(const struct play *play, const struct expr_path *path)
{
    while (path->from == EXPR_FROM_PATH) {
        path = path->base;
    }
    for (const struct xform_instance *at = play->form->instances;
         at != NULL && path->instance != NULL; at = at->next) {
        if (strcmp(at->id, path->instance) == 0) {
            return at->document == NULL;
        }
    }
    return true;
}

static void read_path(void *ctx, const struct expr_path *path)
{
    struct reading *r = ctx;
    bool foreign = false;
    if (r->failed != OK) {
        return;
    }
    r->failed = graph_reach(r->play, path, r->context, r->found, &foreign);
    r->outside = r->outside || (foreign && is_beside(r->play, path));
    for (size_t i = 0; r->failed == OK && !foreign && i < r->play->def_count; i++) {
        if (r->found[i] != NO_DEF) {
            note(r, i, graph_shared(r->play, r->found[i], r->as));
        }
    }
}

static void read_expr(struct reading *r, const struct expr *expr, const char *text, size_t context)
{
    r->context = context;
    r->outside = r->outside || (text != NULL && strstr(text, "pulldata(") != NULL);
    if (expr != NULL) {
        expr_visit_paths(expr, read_path, r);
    }
}

static void read_rule(struct reading *r, size_t index, const char *text)
{
    if (index != NO_RULE) {
        read_expr(r, r->play->rules[index].expr, text, r->play->rules[index].target);
    }
}

/* Does it give another value though all that it reads stands, elsewhere or at another hour? */
static bool is_fickle(const struct expr *expr)
{
    static const char *const functions[] = {"random",   "uuid",           "now",
                                            "property", "jr:choice-name", "jr:itext"};
    bool fickle = false;
    for (size_t i = 0; i < sizeof functions / sizeof *functions && !fickle; i++) {
        fickle = expr_calls(expr, functions[i]);
    }
    return fickle;
}

static void read_made(struct reading *r, size_t index, const char *text)
{
    r->fickle = r->fickle || (index != NO_RULE && is_fickle(r->play->rules[index].expr));
    read_rule(r, index, text);
}

/* What is computed follows from what it is computed from; nothing counts that isn't relevant. */
static void read_definition(struct reading *r, const struct def *def)
{
    const struct play *play = r->play;
    r->as = r->within[def->index];
    r->done[def->index] = true;
    read_made(r, def->rules[RULE_CALCULATE], def->node->calculate);
    read_rule(r, def->rules[RULE_CHOICES],
              def->control != NULL && def->control->itemset != NULL ? def->control->itemset->nodes
                                                                    : NULL);
    for (size_t up = def->index; up != NO_DEF; up = play->defs[up].parent) {
        read_made(r, play->defs[up].rules[RULE_RELEVANT], play->defs[up].node->relevant);
        read_made(r, play->defs[up].rules[RULE_COUNT], NULL);
    }
}

static enum err read_all(struct reading *r, const struct def *def)
{
    note(r, def->index, def->index);
    r->as = def->index;
    read_expr(r, def->constraint, def->node->constraint, def->index);
    read_expr(r, def->required, def->node->required, def->index);
    while (r->more && r->failed == OK) {
        r->more = false;
        for (size_t i = 0; i < r->play->def_count; i++) {
            if (r->within[i] != NO_DEF && !r->done[i]) {
                read_definition(r, &r->play->defs[i]);
            }
        }
    }
    return r->failed;
}

enum err play_reads(struct play *play, const struct xform_node *node, struct play_reading *reading)
{
    struct arena arena; /* the play's own scratch is emptied with each path */
    struct reading r = {.play = play};
    arena_init(&arena, play->host.mem, PLAY_SCRATCH_MAX);
    r.done = arena_array(&arena, play->def_count, sizeof(*r.done));
    r.found = arena_array(&arena, play->def_count, sizeof(*r.found));
    r.within = arena_array(&arena, play->def_count, sizeof(*r.within));
    enum err e = r.done == NULL || r.found == NULL || r.within == NULL ? ERR_NOMEM : OK;
    for (size_t i = 0; e == OK && i < play->def_count; i++) {
        r.within[i] = NO_DEF;
    }
    e = e != OK ? e : read_all(&r, def_of(play, node));
    for (size_t i = 0; e == OK && i < play->def_count; i++) {
        reading->nodes[i] = r.within[i] == NO_DEF ? NULL : play->defs[r.within[i]].node;
    }
    arena_release(&arena);
    reading->outside = r.outside;
    reading->fickle = r.fickle;
    return e;
}
