#include <stdio.h>
#include <string.h>

#include "play_graph.h"

/* ---- compiled expressions by the pointer of their text */

static size_t bucket_of(const char *text)
{
    return ((uintptr_t)text >> 3) % COMPILED_BUCKETS;
}

static struct compiled *find_compiled(const struct play *play, const char *text)
{
    struct compiled *at = play->compiled[bucket_of(text)];
    while (at != NULL && at->text != text) {
        at = at->next;
    }
    return at;
}

const struct expr *play_compiled(const struct play *play, const char *text)
{
    struct compiled *found = text == NULL ? NULL : find_compiled(play, text);
    return found == NULL ? NULL : found->expr;
}

enum err play_compile(struct play *play, const char *text, struct expr **ret, struct diag *diag)
{
    struct compiled *found = find_compiled(play, text);
    if (found == NULL) {
        found = arena_alloc(&play->arena, sizeof(*found));
        if (found == NULL) {
            return ERR_NOMEM;
        }
        enum err e =
            expr_compile(&play->arena, play->form->names, span_of(text), &found->expr, diag);
        if (e != OK) {
            return e;
        }
        found->text = text;
        found->next = play->compiled[bucket_of(text)];
        play->compiled[bucket_of(text)] = found;
    }
    *ret = found->expr;
    return OK;
}

/* ---- faults, by place */

static enum err located(struct play *play, const struct xform_node *node, const char *attribute,
                        const struct diag *inner, struct diag *diag)
{
    struct buf where;
    char what[DIAG_ARG_SIZE * 2 + 3];
    buf_init(&where, play->host.mem, XFORM_EXPRESSION_MAX);
    if (node != NULL) {
        xform_path(node, &where);
    }
    buf_add_format(&where, "%s%s", node == NULL ? "" : ", ", attribute);
    (void)snprintf(what, sizeof(what), "%s: %s", inner->args[0], inner->args[1]);
    enum err e = buf_error(&where);
    e = e != OK ? e : diag_set(diag, ERR_BAD_FORM, buf_text(&where), what, NULL);
    buf_release(&where);
    return e;
}

static enum err compile_at(struct play *play, const struct xform_node *node, const char *attribute,
                           const char *text, struct expr **ret, struct diag *diag)
{
    struct diag inner = {0};
    *ret = NULL;
    if (text == NULL) {
        return OK;
    }
    enum err e = play_compile(play, text, ret, &inner);
    return e == OK || e == ERR_NOMEM ? e : located(play, node, attribute, &inner, diag);
}

/* ---- definitions */

static enum err add_def(struct play *play, const struct xform_node *node, size_t parent)
{
    if (node->index >= play->form->node_count) {
        return ERR_INTERNAL;
    }
    struct def *def = &play->defs[node->index];
    *def = (struct def){.node = node, .index = node->index, .parent = parent};
    def->name = tree_name(play->form->names, span_of(node->name));
    def->is_group = xform_has_elements(node);
    for (size_t i = 0; i < RULE_KINDS; i++) {
        def->rules[i] = NO_RULE;
    }
    if (def->name == NULL) {
        return ERR_NOMEM;
    }
    size_t last = node->index;
    for (const struct xform_node *child = node->first; child != NULL; child = child->next) {
        enum err e = add_def(play, child, node->index);
        if (e != OK) {
            return e;
        }
        last = play->defs[child->index].last_below;
    }
    def->last_below = last;
    return OK;
}

struct def *def_of(struct play *play, const struct xform_node *node)
{
    return &play->defs[node->index];
}

static enum err add_rule(struct play *play, enum rule_kind kind, const struct xform_node *target,
                         struct expr *expr)
{
    if (expr == NULL) {
        return OK;
    }
    struct def *def = def_of(play, target);
    if (def->rules[kind] != NO_RULE) { /* two controls ask for one node: the first counts */
        return OK;
    }
    def->rules[kind] = play->rule_count;
    play->rules[play->rule_count++] = (struct rule){
        .kind = kind, .target = target->index, .expr = expr, .is_volatile = expr_is_volatile(expr)};
    return OK;
}

static enum err load_node(struct play *play, struct def *def, struct diag *diag)
{
    const struct xform_node *node = def->node;
    struct expr *relevant = NULL, *calculate = NULL;
    enum err e = compile_at(play, node, "relevant", node->relevant, &relevant, diag);
    e = e != OK ? e : compile_at(play, node, "calculate", node->calculate, &calculate, diag);
    e = e != OK ? e : compile_at(play, node, "required", node->required, &def->required, diag);
    e = e != OK ? e
                : compile_at(play, node, "constraint", node->constraint, &def->constraint, diag);
    e = e != OK ? e : compile_at(play, node, "readonly", node->readonly, &def->readonly, diag);
    e = e != OK ? e : add_rule(play, RULE_RELEVANT, node, relevant);
    return e != OK ? e : add_rule(play, RULE_CALCULATE, node, calculate);
}

/* ---- controls and texts */

static enum err load_text(struct play *play, const struct xform_node *node, const char *which,
                          const struct xform_text *text, struct diag *diag)
{
    size_t count = text == NULL ? 0 : text->language_count * XFORM_TEXT_FORM_COUNT;
    for (size_t i = 0; i < count; i++) {
        for (const struct xform_piece *at = text->wordings[i]; at != NULL; at = at->next) {
            struct expr *expr;
            enum err e = compile_at(play, node, which, at->output, &expr, diag);
            if (e != OK) {
                return e;
            }
        }
    }
    return OK;
}

static enum err load_itemset(struct play *play, const struct xform_control *control,
                             struct diag *diag)
{
    const struct xform_itemset *set = control->itemset;
    struct expr *nodes = NULL, *other = NULL;
    if (set == NULL) {
        return OK;
    }
    enum err e = compile_at(play, control->node, "choices", set->nodes, &nodes, diag);
    e = e != OK ? e : compile_at(play, control->node, "value of choices", set->value, &other, diag);
    e = e != OK ? e : compile_at(play, control->node, "label of choices", set->label, &other, diag);
    e = e != OK ? e : compile_at(play, control->node, "seed of choices", set->seed, &other, diag);
    return e != OK || control->node == NULL ? e
                                            : add_rule(play, RULE_CHOICES, control->node, nodes);
}

static enum err load_control(struct play *play, const struct xform_control *control,
                             struct diag *diag)
{
    struct expr *count = NULL;
    bool is_group = control->kind == XFORM_GROUP;
    if (control->node != NULL && !is_group && def_of(play, control->node)->control == NULL) {
        def_of(play, control->node)->control = control;
    }
    enum err e = load_text(play, control->node, "label", control->label, diag);
    e = e != OK ? e : load_text(play, control->node, "hint", control->hint, diag);
    e = e != OK ? e : load_text(play, control->node, "guidance", control->guidance, diag);
    e = e != OK ? e : load_itemset(play, control, diag);
    e = e != OK ? e : compile_at(play, control->node, "repeat count", control->count, &count, diag);
    e = e != OK || count == NULL ? e : add_rule(play, RULE_COUNT, control->node, count);
    for (const struct xform_item *at = control->items; e == OK && at != NULL; at = at->next) {
        e = load_text(play, control->node, "choice", at->label, diag);
    }
    for (const struct xform_control *at = control->first; e == OK && at != NULL; at = at->next) {
        e = load_control(play, at, diag);
    }
    return e;
}

static size_t count_controls(const struct xform_control *control)
{
    size_t count = 1;
    for (const struct xform_control *at = control->first; at != NULL; at = at->next) {
        count += count_controls(at);
    }
    return count;
}

static enum err load_rest(struct play *play, struct diag *diag)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < play->def_count; i++) {
        const struct xform_node *node = play->defs[i].node;
        e = load_text(play, node, "constraint message", node->constraint_message, diag);
        e = e != OK ? e : load_text(play, node, "required message", node->required_message, diag);
    }
    for (size_t i = 0; e == OK && i < play->form->itext_count; i++) {
        e = load_text(play, NULL, play->form->itext[i].id, play->form->itext[i].text, diag);
    }
    for (const struct xform_action *at = play->form->actions; e == OK && at != NULL;
         at = at->next) {
        struct expr *expr;
        e = compile_at(play, at->target, "action", at->value, &expr, diag);
    }
    return e;
}

static enum err load(struct play *play, struct diag *diag)
{
    const struct xform *form = play->form;
    size_t controls = form->body == NULL ? 0 : count_controls(form->body);
    play->def_count = form->node_count;
    play->defs = arena_array(&play->arena, form->node_count, sizeof(struct def));
    play->rules =
        arena_array(&play->arena, form->node_count * 2 + controls * 2 + 1, sizeof(struct rule));
    if (play->defs == NULL || play->rules == NULL) {
        return ERR_NOMEM;
    }
    enum err e = add_def(play, form->root, NO_DEF);
    for (size_t i = 0; e == OK && i < play->def_count; i++) {
        e = play->defs[i].node == NULL ? ERR_INTERNAL : load_node(play, &play->defs[i], diag);
    }
    e = e != OK || form->body == NULL ? e : load_control(play, form->body, diag);
    e = e != OK ? e : load_rest(play, diag);
    return e != OK ? e : graph_build(play, diag);
}

enum err play_new(const struct xform *form, const struct play_host *host, struct play **ret,
                  struct diag *diag)
{
    struct play *play = host->mem->resize(host->mem->ctx, NULL, sizeof(*play));
    if (play == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    memset(play, 0, sizeof(*play));
    play->form = form;
    play->host = *host;
    play->language = form->default_language;
    arena_init(&play->arena, host->mem, PLAY_MEMORY_MAX);
    arena_init(&play->scratch, host->mem, PLAY_SCRATCH_MAX);
    arena_init(&play->listed, host->mem, PLAY_SCRATCH_MAX);
    expr_host_init(play);
    enum err e = load(play, diag);
    if (e != OK) {
        play_free(play);
        return diag_keep(diag, e);
    }
    *ret = play;
    return OK;
}

void play_free(struct play *play)
{
    if (play == NULL) {
        return;
    }
    if (play->root != NULL) {
        node_free(play, play->root);
    }
    for (size_t i = 0; i < play->rule_count; i++) {
        (void)play->host.mem->resize(play->host.mem->ctx, play->rules[i].pending, 0);
    }
    arena_release(&play->scratch);
    arena_release(&play->listed);
    arena_release(&play->arena);
    (void)play->host.mem->resize(play->host.mem->ctx, play, 0);
}
