#include <string.h>

#include "play_computed.h"

/* The occurrence of `target` that belongs to `place`: in the nearest node that holds both. */
struct find {
    struct play_node *found;
};

static enum err keep_first(struct play *play, struct play_node *node, void *ctx)
{
    (void)play;
    struct find *find = ctx;
    if (find->found == NULL) {
        find->found = node;
    }
    return OK;
}

static struct play_node *nearest(struct play *play, const struct xform_node *target,
                                 struct play_node *place)
{
    struct find find = {NULL};
    struct play_node *base = place;
    while (target->index < base->def->index || target->index > base->def->last_below) {
        base = node_of(base->tree.parent);
    }
    enum err e = each_node(play, base, def_of(play, target), keep_first, &find);
    return e == OK ? find.found : NULL;
}

static enum err set_value(struct play *play, const struct xform_action *action,
                          struct play_node *node, struct diag *diag)
{
    struct expr_value value;
    if (action->value == NULL) {
        return change_value(play, node, span_of(action->literal == NULL ? "" : action->literal),
                            diag);
    }
    enum err e = evaluate_at(play, play_compiled(play, action->value), node, &value, diag);
    return e != OK ? e : change_computed(play, node, &value, diag);
}

/* When an instance is opened or done, an action means every occurrence that stands in it. */
struct opening {
    const struct xform_action *action;
    struct diag *diag;
};

static enum err set_value_of(struct play *play, struct play_node *node, void *ctx)
{
    const struct opening *opening = ctx;
    return set_value(play, opening->action, node, opening->diag);
}

enum err run_actions(struct play *play, unsigned event, const struct xform_node *trigger,
                     struct play_node *place, struct diag *diag)
{
    bool opens = (event & (XFORM_FIRST_LOAD | XFORM_LOAD | XFORM_REVALIDATE)) != 0;
    enum err e = OK;
    for (const struct xform_action *at = play->form->actions; e == OK && at != NULL;
         at = at->next) {
        bool called = (at->events & event) != 0 && (opens || at->trigger == trigger);
        if (!called ||
            at->kind != XFORM_SET_VALUE) { /* a place or a sound only a device can take */
            continue;
        }
        struct opening opening = {at, diag};
        struct play_node *node = opens ? NULL : nearest(play, at->target, place);
        if (opens) {
            e = each_node(play, place, def_of(play, at->target), set_value_of, &opening);
        } else if (node != NULL) {
            e = set_value(play, at, node, diag);
        }
    }
    return e;
}

/* ---- jr:preload */

static enum err expression_text(struct play *play, const char *text, struct play_node *node,
                                struct span *ret, struct diag *diag)
{
    struct expr *expr;
    struct expr_value value;
    enum err e = expr_compile(&play->scratch, play->form->names, span_of(text), &expr, diag);
    e = e != OK ? e : evaluate_at(play, expr, node, &value, diag);
    return e != OK ? e : expr_to_text(&value, &play->expr_host, &play->scratch, ret);
}

static enum err preload(struct play *play, struct play_node *node, bool at_end, struct diag *diag)
{
    const char *what = node->def->node->preload, *params = node->def->node->preload_params;
    struct span text = {0};
    enum err e = OK;
    params = params == NULL ? "" : params;
    bool is_end = strcmp(what, "timestamp") == 0 && strcmp(params, "end") == 0;
    if (is_end != at_end) {
        return OK;
    }
    if (strcmp(what, "uid") == 0) {
        e = expression_text(play, "concat('uuid:', uuid())", node, &text, diag);
    } else if (strcmp(what, "timestamp") == 0) {
        e = expression_text(play, "now()", node, &text, diag);
    } else if (strcmp(what, "date") == 0) {
        e = expression_text(play, "today()", node, &text, diag);
    } else if (strcmp(what, "property") == 0 && play->host.property != NULL) {
        e = play->host.property(play->host.ctx, span_of(params), &play->scratch, &text);
    } else {
        return OK;
    }
    /* What the device doesn't know leaves the form's own default. */
    return e != OK || text.size == 0 ? e : change_value(play, node, text, diag);
}

enum err run_preloads(struct play *play, struct play_node *top, bool at_end, struct diag *diag)
{
    enum err e = OK;
    for (struct play_node *at = top; e == OK && at != NULL; at = node_following(at, top)) {
        if (at->def->node->preload != NULL) {
            e = preload(play, at, at_end, diag);
        }
    }
    return e;
}

/* ---- beginning */

static enum err apply_initials(struct play *play, struct diag *diag)
{
    for (const struct xform_initial *at = play->form->initials; at != NULL; at = at->next) {
        struct play_node *node;
        enum err e = node_make_at(play, span_of(at->path), &node, diag);
        if (e == OK) {
            e = node == NULL || node->def->is_group
                    ? diag_set(diag, ERR_BAD_FORM, at->path,
                               "the form has no such place for a first value", NULL)
                    : node_set_text(node, span_of(at->text));
        }
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

static enum err new_instance(struct play *play)
{
    if (play->root != NULL) {
        tree_remove(&play->root->tree);
        node_free(play, play->root);
        play->root = NULL;
    }
    play->at = NULL;
    play->document = (struct play_node){.relevant = true};
    play->first_pending = play->rule_count;
    enum err e = node_new(play, &play->defs[play->form->root->index], &play->root);
    if (e == OK) {
        tree_append(&play->document.tree, &play->root->tree);
    }
    return e;
}

enum err play_begin(struct play *play, struct diag *diag)
{
    enum err e = new_instance(play);
    e = e != OK ? e : apply_initials(play, diag);
    e = e != OK ? e : run_preloads(play, play->root, false, diag);
    e = e != OK ? e : queue_all(play, play->root);
    e = e != OK ? e : compute(play, diag);
    e = e != OK ? e : run_actions(play, XFORM_FIRST_LOAD | XFORM_LOAD, NULL, play->root, diag);
    e = e != OK ? e : compute(play, diag);
    arena_reset(&play->scratch);
    return e == ERR_NOMEM ? diag_keep(diag, e) : e;
}
