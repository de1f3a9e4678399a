/*
 * For proof: every relevance and calculation from scratch, and the list of screens, compared with
 * what the incremental computing left. What asks for time or chance is left out.
 */
#include "play_computed.h"
#include "play_screen.h"

static enum err differs(const struct play_node *node, struct play *play, const char *what,
                        struct diag *diag)
{
    struct buf path;
    buf_init(&path, play->host.mem, XFORM_EXPRESSION_MAX);
    node_path(node, &path);
    enum err e = buf_error(&path);
    e = e != OK ? e : diag_set(diag, ERR_CHECK_FAILED, buf_text(&path), what, NULL);
    buf_release(&path);
    return e;
}

static enum err audit_rule(struct play *play, const struct rule *rule, struct play_node *node,
                           struct diag *diag)
{
    struct expr_value value;
    struct computed computed;
    if (rule->kind == RULE_RELEVANT) {
        bool relevant;
        enum err e = ask_relevant(play, rule, node, &relevant, diag);
        return e != OK || (relevant == node->relevant && node->tree.hidden == !relevant)
                   ? e
                   : differs(node, play, "relevant", diag);
    }
    enum err e = evaluate_at(play, rule->expr, node, &value, diag);
    if (e != OK) {
        return e;
    }
    e = computed_for_node(play, node, &value, &computed);
    bool same = e == OK && span_equal(computed.text, node->tree.text) &&
                (uint8_t)computed.kind == node->tree.kind;
    return e != OK || same ? e : differs(node, play, "calculate", diag);
}

static enum err audit_screens(struct play *play, struct diag *diag)
{
    struct screens kept, anew;
    if (play->root == NULL) {
        return OK; /* nothing was begun */
    }
    enum err e = list_screens(play, &kept);
    e = e != OK ? e : list_screens_anew(play, &anew);
    bool same = e == OK && anew.count == kept.count;
    for (size_t i = 0; same && i < kept.count; i++) {
        same = anew.at[i].kind == kept.at[i].kind && anew.at[i].control == kept.at[i].control &&
               anew.at[i].node == kept.at[i].node;
    }
    return e != OK || same ? e : differs(play->root, play, "screens", diag);
}

enum err play_audit(struct play *play, struct diag *diag)
{
    enum err e = audit_screens(play, diag);
    for (struct play_node *at = play->root; e == OK && at != NULL;
         at = node_following(at, play->root)) {
        size_t relevant = at->def->rules[RULE_RELEVANT], value = at->def->rules[RULE_CALCULATE];
        if (relevant != NO_RULE && !play->rules[relevant].is_volatile) {
            e = audit_rule(play, &play->rules[relevant], at, diag);
        }
        /* A calculated answer that a person has overwritten since stands until something changes.
         */
        if (e == OK && value != NO_RULE && !play->rules[value].is_volatile && !at->touched) {
            e = audit_rule(play, &play->rules[value], at, diag);
        }
        arena_reset(&play->scratch);
    }
    return e;
}
