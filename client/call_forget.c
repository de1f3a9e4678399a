/*
 * call_forget.c - letting go of records to make room, and asking one back.
 */
#include "call_put.h"
#include "carry.h"
#include "forget.h"

#define DAY_MS 86400000LL

static bool go_on(void *ctx, const struct sync_action *action)
{
    (void)ctx;
    (void)action;
    return true;
}

/* A sync that ends with letting go. */
static enum err let_go(struct call *call, int64_t days, struct sync_result *ret)
{
    struct sync_options options = {.forget = SYNC_FORGET_NOW, .forget_older_ms = days * DAY_MS};
    return carry_sync(call->host, call->node, NULL, &options, go_on, NULL, ret, call->diag);
}

enum err call_forget(struct call *call)
{
    struct forget_count counts = {0};
    struct sync_result result = {0};
    int64_t days = call_arg_int(call, "days", 0);
    enum err e = OK;
    if (call_arg_bool(call, "always", false)) {
        e = forget_set_days(call->node, days);
    }
    if (!e && !call_arg_bool(call, "dry_run", false)) {
        e = let_go(call, days, &result);
    }
    if (!e) {
        e = forget_look(call->node, days * DAY_MS, &counts);
    }
    if (!e) {
        call->waits_for_space = result.tight;
        put_int(call, "forgotten", result.forgotten);
        put_int(call, "ready", counts.ready);
        put_int(call, "waiting", counts.waiting);
        put_int(call, "total", counts.forgotten);
    }
    return e;
}

enum err call_recall(struct call *call)
{
    struct forgotten_record record;
    enum err e = forget_ask_back(call->node, call_arg_text(call, "id"), &record, call->diag);
    if (!e) {
        put_id(call, "id", record.entity);
        put_text(call, "case", record.case_number);
    }
    return e;
}
