/*
 * call_alias.c - duplicates: two records that are one, and the way back.
 */
#include "alias.h"

#include "call_put.h"
#include "record.h"

static enum err read_pair(struct call *call, struct alias *ret)
{
    const char *stays = call_arg_text(call, "id");
    enum err e = record_resolve_own(call->node, call_arg_text(call, "duplicate"), &ret->duplicate,
                                    call->diag);
    if (!e && ret->undo && stays) {
        return diag_set(call->diag, ERR_UNKNOWN_OPTION, "id", "duplicate", NULL);
    }
    if (!e && !ret->undo && !stays) {
        return diag_set(call->diag, ERR_MISSING_ARGUMENT, "id", NULL);
    }
    return e || ret->undo ? e : record_resolve_id(call->node, stays, &ret->entity, call->diag);
}

enum err call_alias(struct call *call)
{
    struct alias alias = {.person = call->person,
                          .reason = call_arg_text(call, "reason"),
                          .undo = call_arg_bool(call, "undo", false)};
    enum err e = read_pair(call, &alias);
    if (!e) {
        e = node_alias(call->node, &alias, call->diag);
    }
    if (!e) {
        put_id(call, "id", alias.undo ? alias.duplicate : alias.entity);
        put_id(call, "duplicate", alias.duplicate);
    }
    return e;
}
