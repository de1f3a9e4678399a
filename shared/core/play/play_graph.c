/*
 * What depends on what, found once at definition level.
 *
 * For every path that a rule reads: which definitions it can reach (sources), and the anchor, the
 * nearest definition whose occurrence the rule's target and the source are sure to share. When a
 * value changes, the rule is computed for the targets below the anchor's occurrence that holds it:
 * in a repeat of 500 one answer touches its own occurrence and the totals outside, not 499 others.
 */
#include <string.h>

#include "play_graph.h"

/* A set of definitions that a path reaches, and how high it went. */
struct reach {
    bool *in; /* by index of definition */
    bool document;
    bool foreign; /* of a secondary instance, which never changes */
    size_t anchor;
};

struct visit {
    struct play *play;
    struct rule *rule;
    size_t rule_index;
    size_t context;
    bool by_words;
    enum err failed;
};

bool graph_holds(const struct play *play, size_t outer, size_t inner)
{
    return outer <= inner && inner <= play->defs[outer].last_below;
}

size_t graph_shared(const struct play *play, size_t a, size_t b)
{
    while (!graph_holds(play, a, b)) {
        a = play->defs[a].parent;
    }
    return a;
}

static bool name_fits(const struct play *play, size_t def, const struct expr_step *step,
                      bool attribute)
{
    return play->defs[def].node->attribute == attribute &&
           (step->name == NULL || play->defs[def].name == step->name);
}

static void reach_down(struct play *play, const struct reach *from, const struct expr_step *step,
                       bool any_depth, struct reach *ret)
{
    bool attribute = step->axis == EXPR_ATTRIBUTE;
    for (size_t i = 0; i < play->def_count; i++) {
        size_t parent = play->defs[i].parent;
        bool below = parent == NO_DEF ? from->document : from->in[parent];
        for (size_t up = parent; any_depth && !below && up != NO_DEF; up = play->defs[up].parent) {
            below = from->in[up];
        }
        below = below || (any_depth && from->document);
        ret->in[i] = below && name_fits(play, i, step, attribute);
    }
}

static void reach_up(struct play *play, const struct reach *from, const struct expr_step *step,
                     bool all, bool self, struct reach *ret)
{
    for (size_t i = 0; i < play->def_count; i++) {
        if (!from->in[i]) {
            continue;
        }
        if (self && name_fits(play, i, step, play->defs[i].node->attribute)) {
            ret->in[i] = true;
        }
        size_t up = play->defs[i].parent;
        ret->document = ret->document || up == NO_DEF;
        for (; up != NO_DEF; up = all ? play->defs[up].parent : NO_DEF) {
            ret->in[up] = ret->in[up] || name_fits(play, up, step, false);
            ret->anchor = graph_shared(play, up, ret->anchor);
        }
    }
}

static void reach_step(struct play *play, const struct reach *from, const struct expr_step *step,
                       struct reach *ret)
{
    switch (step->axis) {
    case EXPR_SELF:
        for (size_t i = 0; i < play->def_count; i++) {
            ret->in[i] = from->in[i] && (step->name == NULL || play->defs[i].name == step->name);
        }
        ret->document = from->document;
        break;
    case EXPR_PARENT:
        reach_up(play, from, step, false, false, ret);
        break;
    case EXPR_ANCESTOR:
    case EXPR_ANCESTOR_OR_SELF:
        reach_up(play, from, step, true, step->axis == EXPR_ANCESTOR_OR_SELF, ret);
        break;
    case EXPR_CHILD:
    case EXPR_ATTRIBUTE:
        reach_down(play, from, step, false, ret);
        break;
    case EXPR_DESCENDANT:
        reach_down(play, from, step, true, ret);
        break;
    case EXPR_DESCENDANT_OR_SELF:
        reach_down(play, from, step, true, ret);
        for (size_t i = 0; i < play->def_count; i++) {
            ret->in[i] = ret->in[i] || (from->in[i] && name_fits(play, i, step, false));
        }
        ret->document = from->document;
        break;
    case EXPR_PRECEDING_SIBLING:
    case EXPR_FOLLOWING_SIBLING:
    case EXPR_PRECEDING:
    case EXPR_FOLLOWING:
    default: /* rare in forms: whatever has that name, anywhere */
        ret->anchor = 0;
        for (size_t i = 0; i < play->def_count; i++) {
            ret->in[i] = name_fits(play, i, step, false);
        }
        break;
    }
}

static enum err reach_begin(struct play *play, const struct expr_path *path, size_t context,
                            struct reach *ret);

/* The anchor of a path from the root: as far down as the definitions hold the target, too, and the
   path binds to its occurrence (see expr_path.c, bound_child). */
static size_t root_anchor(struct play *play, const struct expr_path *path, size_t context)
{
    size_t anchor = 0;
    const struct expr_step *steps = path->steps;
    for (size_t i = 1; i < path->step_count && !path->anywhere; i++) {
        if (steps[i].axis != EXPR_CHILD || steps[i].name == NULL) {
            break;
        }
        size_t next = NO_DEF;
        for (size_t j = anchor + 1; j <= play->defs[anchor].last_below; j++) {
            if (play->defs[j].parent == anchor && play->defs[j].name == steps[i].name) {
                next = j;
            }
        }
        bool bound = next != NO_DEF && graph_holds(play, next, context) && !steps[i].filtered &&
                     !(play->defs[next].node->repeat && i + 1 == path->step_count);
        if (!bound) {
            break;
        }
        anchor = next;
    }
    return anchor;
}

static enum err reach_path(struct play *play, const struct expr_path *path, size_t context,
                           struct reach *ret)
{
    enum err e = reach_begin(play, path, context, ret);
    for (size_t i = 0; e == OK && !ret->foreign && i < path->step_count; i++) {
        struct reach next = {.anchor = ret->anchor};
        next.in = arena_array(&play->scratch, play->def_count, sizeof(bool));
        if (next.in == NULL) {
            return ERR_NOMEM;
        }
        reach_step(play, ret, &path->steps[i], &next);
        *ret = next;
    }
    return e;
}

static enum err reach_begin(struct play *play, const struct expr_path *path, size_t context,
                            struct reach *ret)
{
    if (path->from == EXPR_FROM_PATH) {
        return reach_path(play, path->base, context, ret);
    }
    *ret = (struct reach){.anchor = context};
    ret->in = arena_array(&play->scratch, play->def_count, sizeof(bool));
    if (ret->in == NULL) {
        return ERR_NOMEM;
    }
    ret->foreign = path->from == EXPR_FROM_INSTANCE;
    ret->document = path->from == EXPR_FROM_ROOT;
    if (ret->document) {
        ret->anchor = root_anchor(play, path, context);
    } else if (!ret->foreign) {
        ret->in[context] = true;
        ret->anchor = path->anywhere ? 0 : context;
    }
    return OK;
}

static enum err depend(struct visit *visit, size_t source, size_t anchor)
{
    struct play *play = visit->play;
    for (struct dependency *at = play->defs[source].dependents; at != NULL; at = at->next) {
        if (at->rule == visit->rule_index) {
            at->anchor = graph_shared(play, at->anchor, anchor);
            return OK;
        }
    }
    struct dependency *made = arena_alloc(&play->arena, sizeof(*made));
    if (made == NULL) {
        return ERR_NOMEM;
    }
    *made = (struct dependency){visit->rule_index, anchor, visit->by_words,
                                play->defs[source].dependents};
    play->defs[source].dependents = made;
    return OK;
}

static bool crosses_occurrences(const struct play *play, size_t anchor, size_t target)
{
    for (size_t up = target; up != anchor; up = play->defs[up].parent) {
        if (play->defs[up].node->repeat) {
            return true;
        }
    }
    return false;
}

enum err graph_reach(struct play *play, const struct expr_path *path, size_t context, size_t *ret,
                     bool *ret_foreign)
{
    struct reach reach;
    enum err e = reach_path(play, path, context, &reach);
    *ret_foreign = e == OK && reach.foreign;
    for (size_t i = 0; e == OK && i < play->def_count; i++) {
        ret[i] = NO_DEF;
        if (!reach.foreign && reach.in[i]) {
            ret[i] = graph_shared(play, graph_shared(play, reach.anchor, i), context);
        }
    }
    arena_reset(&play->scratch);
    return e;
}

static void visit_path(void *ctx, const struct expr_path *path)
{
    struct visit *visit = ctx;
    struct play *play = visit->play;
    if (visit->failed != OK) {
        return;
    }
    struct reach reach;
    visit->failed = reach_path(play, path, visit->context, &reach);
    for (size_t i = 0; visit->failed == OK && !reach.foreign && i < play->def_count; i++) {
        if (reach.in[i]) {
            size_t anchor = graph_shared(play, graph_shared(play, reach.anchor, i), visit->context);
            /* a value of its own is of its own occurrence, whatever the path says */
            visit->failed = depend(visit, i, anchor);
            bool own = i == visit->rule->target;
            if (own && crosses_occurrences(play, anchor, visit->rule->target)) {
                visit->rule->reads_siblings = true;
            }
        }
    }
    arena_reset(&play->scratch);
}

/* Of the paths whose value goes into the result: is one the rule's own target? */
static void visit_made(void *ctx, const struct expr_path *path)
{
    struct visit *visit = ctx;
    struct reach reach;
    if (visit->failed == OK) {
        visit->failed = reach_path(visit->play, path, visit->context, &reach);
    }
    if (visit->failed == OK && !reach.foreign && reach.in[visit->rule->target]) {
        visit->rule->works_on_itself = true;
    }
    arena_reset(&visit->play->scratch);
}

/* ---- what labels a choice, for those that ask jr:choice-name() */

static void visit_words(void *ctx, const struct expr_path *path)
{
    struct visit *visit = ctx;
    struct play *play = visit->play;
    struct reach reach;
    if (visit->failed == OK) {
        visit->failed = reach_path(play, path, visit->context, &reach);
    }
    for (size_t i = 0; visit->failed == OK && !reach.foreign && i < play->def_count; i++) {
        if (!reach.in[i]) {
            continue;
        }
        size_t anchor = graph_shared(play, graph_shared(play, reach.anchor, i), visit->context);
        anchor = graph_shared(play, anchor, visit->rule->target);
        /* An item of a list is read with what is in it. */
        for (size_t j = i; visit->failed == OK && j <= play->defs[i].last_below; j++) {
            visit->failed = depend(visit, j, anchor);
        }
    }
    arena_reset(&play->scratch);
}

static void visit_labels(struct visit *visit, const struct xform_control *control)
{
    const struct play *play = visit->play;
    for (const struct xform_item *item = control->items; item != NULL; item = item->next) {
        const struct xform_text *text = item->label;
        size_t count = text == NULL ? 0 : text->language_count * XFORM_TEXT_FORM_COUNT;
        for (size_t i = 0; i < count; i++) {
            for (const struct xform_piece *at = text->wordings[i]; at != NULL; at = at->next) {
                if (at->output != NULL) {
                    expr_visit_paths(play_compiled(play, at->output), visit_words, visit);
                }
            }
        }
    }
    if (control->itemset != NULL) {
        expr_visit_paths(play_compiled(play, control->itemset->nodes), visit_words, visit);
    }
}

/* For each question that a rule names in jr:choice-name(): what its labels read. */
static enum err follow_words(struct play *play, size_t question)
{
    const struct def *def = &play->defs[question];
    for (const struct dependency *at = def->dependents; at != NULL; at = at->next) {
        struct rule *rule = &play->rules[at->rule];
        if (!at->by_words && expr_calls(rule->expr, "jr:choice-name")) {
            struct visit visit = {play, rule, at->rule, question, true, OK};
            visit_labels(&visit, def->control);
            if (visit.failed != OK) {
                return visit.failed;
            }
        }
    }
    return OK;
}

/* ---- order */

struct sort {
    struct play *play;
    unsigned char *state; /* by rule: 0 new, 1 on the way, 2 done */
    size_t count;
    size_t *way;
    size_t way_count;
    struct diag *diag;
};

static void cycle_text(struct sort *sort, size_t again, struct buf *ret)
{
    size_t from = sort->way_count;
    while (from > 0 && sort->way[from - 1] != again) {
        from--;
    }
    for (size_t i = from > 0 ? from - 1 : 0; i < sort->way_count; i++) {
        xform_path(sort->play->defs[sort->play->rules[sort->way[i]].target].node, ret);
        buf_add_text(ret, " > ");
    }
    xform_path(sort->play->defs[sort->play->rules[again].target].node, ret);
}

static enum err cycle(struct sort *sort, size_t again)
{
    struct buf text;
    buf_init(&text, sort->play->host.mem, XFORM_EXPRESSION_MAX);
    cycle_text(sort, again, &text);
    enum err e = buf_error(&text);
    e = e != OK ? e
                : diag_set(sort->diag, ERR_BAD_FORM, buf_text(&text),
                           "each of these is computed from the one before it, in a circle", NULL);
    buf_release(&text);
    return e;
}

static enum err place(struct sort *sort, size_t rule);

/* Other occurrences come before; what is inside of a group is asked as if the group were relevant,
   so that its relevance may follow from there (play_compute.c, ask_relevant); a calculation may
   hand on what stands there. ODK refuses the last two; forms made for Enketo and CHT have them. */
static bool may_read_itself(const struct rule *rule)
{
    return rule->reads_siblings || rule->kind == RULE_CHOICES || rule->kind == RULE_RELEVANT ||
           (rule->kind == RULE_CALCULATE && !rule->works_on_itself);
}

/* Does the circle that closes at `again` go through a count of occurrences? "One more while the
   last one says that there are more" (ODK's documentation, form-logic) is no fault: the count is
   asked again after each occurrence that it made, until it stays (play_compute.c, compute). */
static bool circle_counts(const struct sort *sort, size_t again)
{
    const struct rule *rules = sort->play->rules;
    bool counts = false;
    for (size_t i = sort->way_count; i > 0; i--) {
        counts = counts || rules[sort->way[i - 1]].kind == RULE_COUNT;
        if (sort->way[i - 1] == again) {
            break;
        }
    }
    return counts;
}

static enum err place_dependents(struct sort *sort, size_t rule)
{
    struct play *play = sort->play;
    const struct rule *at = &play->rules[rule];
    const struct def *def = &play->defs[at->target];
    bool subtree = at->kind == RULE_RELEVANT || at->kind == RULE_COUNT;
    size_t last = subtree ? def->last_below : def->index;
    for (size_t i = def->index; i <= last; i++) {
        for (const struct dependency *next = play->defs[i].dependents; next != NULL;
             next = next->next) {
            bool closes = sort->state[next->rule] == 1;
            if (next->by_words || (next->rule == rule && may_read_itself(at)) ||
                (closes && circle_counts(sort, next->rule))) {
                continue;
            }
            enum err e = closes ? cycle(sort, next->rule) : place(sort, next->rule);
            if (e != OK) {
                return e;
            }
        }
    }
    return OK;
}

/* Depth first: a rule stands before all that read what it sets. */
static enum err place(struct sort *sort, size_t rule)
{
    if (sort->state[rule] == 2) {
        return OK;
    }
    sort->state[rule] = 1;
    sort->way[sort->way_count++] = rule;
    enum err e = place_dependents(sort, rule);
    sort->way_count--;
    if (e == OK) {
        sort->state[rule] = 2;
        sort->count--;
        sort->play->ordered[sort->count] = rule;
        sort->play->rules[rule].order = sort->count;
    }
    return e;
}

static enum err order_rules(struct play *play, struct diag *diag)
{
    struct sort sort = {.play = play, .count = play->rule_count, .diag = diag};
    play->ordered = arena_array(&play->arena, play->rule_count + 1, sizeof(size_t));
    sort.state = arena_array(&play->scratch, play->rule_count + 1, 1);
    sort.way = arena_array(&play->scratch, play->rule_count + 1, sizeof(size_t));
    if (play->ordered == NULL || sort.state == NULL || sort.way == NULL) {
        return ERR_NOMEM;
    }
    /* From the last: what comes first in the form ends up first where nothing else decides. */
    enum err e = OK;
    for (size_t i = play->rule_count; e == OK && i > 0; i--) {
        e = place(&sort, i - 1);
    }
    play->first_pending = play->rule_count;
    play->words_left = PLAY_WORDS_MAX;
    arena_reset(&play->scratch);
    return e;
}

enum err graph_build(struct play *play, struct diag *diag)
{
    for (size_t i = 0; i < play->rule_count; i++) {
        struct visit visit = {.play = play, .rule = &play->rules[i], .rule_index = i};
        visit.context = play->rules[i].target;
        expr_visit_paths(play->rules[i].expr, visit_path, &visit);
        expr_visit_made(play->rules[i].expr, visit_made, &visit);
        if (visit.failed != OK) {
            return visit.failed;
        }
    }
    for (size_t i = 0; i < play->def_count; i++) {
        enum err e = play->defs[i].control == NULL ? OK : follow_words(play, i);
        if (e != OK) {
            return e;
        }
    }
    return order_rules(play, diag);
}
