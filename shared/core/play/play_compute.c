/*
 * Computing what depends on an answer: a queue by rule, worked off in the order of the graph, so
 * that each rule is computed once for a target, after everything that it reads.
 */
#include <math.h>
#include <string.h>

#include "play_computed.h"
#include "play_graph.h"

#define EVENT_DEPTH_MAX 16 /* actions that call each other */

enum err evaluate_at(struct play *play, const struct expr *expr, struct play_node *node,
                     struct expr_value *ret, struct diag *diag)
{
    play->expr_host.now_ms = play->host.now_ms(play->host.ctx);
    play->expr_host.zone_minutes = play->host.zone_minutes(play->host.ctx);
    return expr_evaluate(expr, &play->expr_host, &node->tree, &play->scratch, ret, diag);
}

/* ---- the queue */

static bool is_queued(const struct rule *rule, const struct play_node *node)
{
    if (rule->kind != RULE_COUNT) { /* those stand at the parent, which may have several repeats */
        return node->queued[rule->kind];
    }
    for (size_t i = 0; i < rule->pending_count; i++) {
        if (rule->pending[i] == node) {
            return true;
        }
    }
    return false;
}

static enum err queue(struct play *play, struct rule *rule, struct play_node *node)
{
    if (is_queued(rule, node)) {
        return OK;
    }
    if (rule->pending_count == rule->pending_capacity) {
        const struct mem *mem = play->host.mem;
        size_t capacity = rule->pending_capacity == 0 ? 4 : rule->pending_capacity * 2;
        void *grown = mem->resize(mem->ctx, rule->pending, capacity * sizeof(struct play_node *));
        if (grown == NULL) {
            return ERR_NOMEM;
        }
        rule->pending = grown;
        rule->pending_capacity = capacity;
    }
    rule->pending[rule->pending_count++] = node;
    if (rule->kind != RULE_COUNT) {
        node->queued[rule->kind] = true;
    }
    if (rule->order < play->first_pending) {
        play->first_pending = rule->order;
    }
    return OK;
}

static enum err queue_visitor(struct play *play, struct play_node *node, void *ctx)
{
    return queue(play, ctx, node);
}

/* Where a rule is queued: at its target; a count at the parent of its repeat. */
static const struct def *place_of(struct play *play, const struct rule *rule)
{
    const struct def *target = &play->defs[rule->target];
    return rule->kind == RULE_COUNT ? &play->defs[target->parent] : target;
}

static enum err queue_one(struct play *play, struct play_node *changed, size_t source,
                          const struct dependency *dependency)
{
    struct rule *rule = &play->rules[dependency->rule];
    struct play_node *base = changed;
    if (rule->kind == RULE_CALCULATE && rule->target == source && !rule->reads_siblings) {
        return OK; /* what it set itself is no reason (W3C XForms 1.1, C.1: vertices but itself) */
    }
    if (dependency->by_words && play->words_left-- == 0) {
        play->words_left = 0;
        return OK; /* a label that shows what is made of it: it ends somewhere */
    }
    /* An occurrence that came or went gives its siblings other numbers. */
    if (changed->tree.repeat && source == changed->def->index) {
        base = node_of(changed->tree.parent);
    }
    if (graph_holds(play, dependency->anchor, base->def->index)) {
        while (base->def->index != dependency->anchor) {
            base = node_of(base->tree.parent);
        }
    }
    const struct def *place = place_of(play, rule);
    return graph_holds(play, base->def->index, place->index)
               ? each_node(play, base, place, queue_visitor, rule)
               : OK;
}

enum err queue_dependents(struct play *play, struct play_node *changed, bool subtree)
{
    size_t last = subtree ? changed->def->last_below : changed->def->index;
    for (size_t i = changed->def->index; i <= last; i++) {
        for (const struct dependency *at = play->defs[i].dependents; at != NULL; at = at->next) {
            enum err e = queue_one(play, changed, i, at);
            if (e != OK) {
                return e;
            }
        }
    }
    return OK;
}

enum err queue_all(struct play *play, struct play_node *top)
{
    for (struct play_node *at = top; at != NULL; at = node_following(at, top)) {
        for (size_t kind = 0; kind < RULE_KINDS; kind++) {
            size_t index = at->def->rules[kind];
            if (index != NO_RULE && kind != RULE_COUNT) {
                enum err e = queue(play, &play->rules[index], at);
                if (e != OK) {
                    return e;
                }
            }
        }
        for (const struct xform_node *child = at->def->node->first; child != NULL;
             child = child->next) {
            size_t index = def_of(play, child)->rules[RULE_COUNT];
            enum err e = index == NO_RULE ? OK : queue(play, &play->rules[index], at);
            if (e != OK) {
                return e;
            }
        }
    }
    return OK;
}

/* ---- the rules */

static enum err change(struct play *play, struct play_node *node, struct computed value,
                       struct diag *diag)
{
    bool reads_otherwise = node->tree.kind != (uint8_t)value.kind;
    node->tree.kind = (uint8_t)value.kind;
    if (span_equal(node->tree.text, value.text)) {
        return reads_otherwise ? queue_dependents(play, node, false) : OK;
    }
    enum err e = node_set_text(node, value.text);
    e = e != OK ? e : queue_dependents(play, node, false);
    if (e != OK || play->event_depth == EVENT_DEPTH_MAX) {
        return e;
    }
    play->event_depth++;
    e = run_actions(play, XFORM_VALUE_CHANGED, node->def->node, node, diag);
    play->event_depth--;
    return e;
}

enum err ask_relevant(struct play *play, const struct rule *rule, struct play_node *node, bool *ret,
                      struct diag *diag)
{
    struct expr_value value;
    bool hidden = node->tree.hidden;
    node->tree.hidden = false;
    enum err e = evaluate_at(play, rule->expr, node, &value, diag);
    node->tree.hidden = hidden;
    *ret = e == OK && expr_to_boolean(&value);
    return e;
}

enum err change_value(struct play *play, struct play_node *node, struct span text,
                      struct diag *diag)
{
    struct computed value = {.text = text, .kind = kind_of_data(node->def->node->data)};
    return change(play, node, value, diag);
}

enum err change_computed(struct play *play, struct play_node *node, const struct expr_value *value,
                         struct diag *diag)
{
    struct computed computed;
    enum err e = computed_for_node(play, node, value, &computed);
    return e != OK ? e : change(play, node, computed, diag);
}

static enum err compute_relevant(struct play *play, const struct rule *rule, struct play_node *node,
                                 struct diag *diag)
{
    bool relevant;
    enum err e = ask_relevant(play, rule, node, &relevant, diag);
    if (e != OK || relevant == node->relevant) {
        return e;
    }
    play->screens_stand = false;
    node->relevant = relevant;
    node->tree.hidden = !relevant;
    return queue_dependents(play, node, true);
}

static enum err compute_value(struct play *play, const struct rule *rule, struct play_node *node,
                              struct diag *diag)
{
    struct expr_value value;
    enum err e = evaluate_at(play, rule->expr, node, &value, diag);
    return e != OK ? e : change_computed(play, node, &value, diag);
}

static bool is_available(const struct choice_list *choices, struct span name)
{
    for (size_t i = 0; i < choices->count; i++) {
        if (span_equal(choices->at[i].value, name)) {
            return true;
        }
    }
    return false;
}

/* A choice that is no longer offered is no longer an answer. */
static enum err compute_choices(struct play *play, const struct rule *rule, struct play_node *node,
                                struct diag *diag)
{
    (void)rule;
    struct choice_list choices;
    if (node->tree.text.size == 0) {
        return OK;
    }
    enum err e = list_choices(play, node->def->control, node, false, &choices, diag);
    if (e != OK) {
        return e;
    }
    struct buf kept;
    buf_init(&kept, play->host.mem, XFORM_EXPRESSION_MAX * 16);
    struct span rest = node->tree.text, name;
    while (span_split(&rest, ' ', &name)) {
        if (name.size != 0 && is_available(&choices, name)) {
            buf_add_text(&kept, kept.size == 0 ? "" : " ");
            buf_add_span(&kept, name);
        }
    }
    e = buf_error(&kept);
    e = e != OK ? e : change_value(play, node, buf_span(&kept), diag);
    buf_release(&kept);
    return e;
}

static enum err wanted_count(struct play *play, const struct rule *rule, struct play_node *parent,
                             size_t *ret, struct diag *diag)
{
    /* Asked as if from an occurrence, since there may be none yet. */
    struct def *repeat = &play->defs[rule->target];
    struct play_node inside = {.def = repeat};
    inside.tree = (struct tree_node){.name = repeat->name, .parent = &parent->tree};
    struct expr_value value;
    enum err e = evaluate_at(play, rule->expr, &inside, &value, diag);
    double number = e == OK ? expr_to_number(&value, &play->expr_host) : 0;
    if (e == OK && number > PLAY_REPEATS_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, repeat->node->name, "10000", NULL);
    }
    *ret = isnan(number) || number < 0 ? 0 : (size_t)number;
    return e;
}

static enum err compute_count(struct play *play, const struct rule *rule, struct play_node *parent,
                              struct diag *diag)
{
    struct def *repeat = &play->defs[rule->target];
    size_t wanted = 0;
    enum err e = wanted_count(play, rule, parent, &wanted, diag);
    size_t have = repeat_count(parent, repeat);
    for (; e == OK && have > wanted; have--) {
        e = repeat_remove(play, repeat_at(parent, repeat, have - 1));
    }
    for (; e == OK && have < wanted; have++) {
        struct play_node *made;
        e = repeat_add(play, parent, repeat, &made, diag);
    }
    return e;
}

static enum err compute_one(struct play *play, const struct rule *rule, struct play_node *node,
                            struct diag *diag)
{
    enum err e;
    switch (rule->kind) {
    case RULE_COUNT:
        e = compute_count(play, rule, node, diag);
        break;
    case RULE_RELEVANT:
        e = compute_relevant(play, rule, node, diag);
        break;
    case RULE_CHOICES:
        e = compute_choices(play, rule, node, diag);
        break;
    case RULE_CALCULATE:
    case RULE_KINDS:
    default:
        e = compute_value(play, rule, node, diag);
        break;
    }
    return e;
}

static enum err endless(struct play *play, const struct rule *rule, struct diag *diag)
{
    return diag_set(diag, ERR_BAD_FORM, play->defs[rule->target].name,
                    "its calculation never comes to an end", NULL);
}

/* A rule that reads its own other occurrences (a running total) may queue itself again; it settles
   after as many rounds as there are occurrences, or it never does. */
static enum err compute_rule(struct play *play, struct rule *rule, struct diag *diag)
{
    size_t budget = (rule->pending_count + PLAY_REPEATS_MAX) * 4;
    for (size_t i = 0; i < rule->pending_count; i++) {
        struct play_node *node = rule->pending[i];
        if (node == NULL) { /* it was removed meanwhile */
            continue;
        }
        rule->pending[i] = NULL;
        if (rule->kind != RULE_COUNT) {
            node->queued[rule->kind] = false;
        }
        enum err e = i > budget ? endless(play, rule, diag) : compute_one(play, rule, node, diag);
        arena_reset(&play->scratch);
        if (e != OK) {
            return e;
        }
    }
    rule->pending_count = 0;
    return OK;
}

static void end_queue(struct play *play)
{
    play->first_pending = play->rule_count;
    play->words_left = PLAY_WORDS_MAX;
}

static void forget_queue(struct play *play)
{
    for (size_t i = 0; i < play->rule_count; i++) {
        struct rule *rule = &play->rules[i];
        for (size_t j = 0; j < rule->pending_count; j++) {
            if (rule->pending[j] != NULL) {
                rule->pending[j]->queued[rule->kind] = false;
            }
        }
        rule->pending_count = 0;
    }
    end_queue(play);
}

/* In order, and again from an earlier rule on where occurrences that were made give it a reason. */
enum err compute(struct play *play, struct diag *diag)
{
    size_t rounds = 0;
    while (play->first_pending < play->rule_count) {
        size_t order = play->first_pending++;
        struct rule *rule = &play->rules[play->ordered[order]];
        enum err e = compute_rule(play, rule, diag);
        rounds += play->first_pending <= order ? 1 : 0;
        if (e == OK && rounds > PLAY_ROUNDS_MAX) {
            e = endless(play, rule, diag);
        }
        if (e != OK) {
            forget_queue(play);
            return e;
        }
    }
    end_queue(play);
    return OK;
}
