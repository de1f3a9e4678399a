/*
 * call_sync.c - a sync from start to end, told as events.
 */
#include "blob.h"
#include "call_event.h"
#include "call_put.h"
#include "carry.h"

/* The machine's actions become events on their way to be performed. */
static bool tell_action(void *ctx, const struct sync_action *action)
{
    struct call *call = ctx;
    const struct sync_result *result = &action->result;
    struct call_event event;
    event_begin(&event, call, "sync");
    put_text(call, "state", action->kind == SYNC_WAIT ? "wait" : "exchange");
    if (action->kind == SYNC_WAIT) {
        put_int(call, "wait_ms", action->wait_ms);
    }
    put_int(call, "sent", result->ops_pushed);
    put_int(call, "received", result->ops_received);
    if (action->push_left >= 0) {
        put_int(call, "left", action->push_left);
    }
    if (action->pull_known_left >= 0) {
        put_int(call, "coming", action->pull_known_left);
    }
    put_int(call, "bytes_sent", result->bytes_sent);
    put_int(call, "bytes_received", result->bytes_received);
    put_int(call, "requests", result->requests);
    put_int(call, "retries", result->retries);
    return event_tell(&event);
}

int64_t call_count_disputed(struct call *call)
{
    int64_t count = 0;
    return record_count_disputed(call->node, &count) ? 0 : count;
}

enum err call_sync_run(struct call *call)
{
    struct sync_result result = {0};
    struct sync_options options = {.budget = call_arg_int(call, "max_data", -1)};
    if (!call_make_ready(call)) { /* what a call before left undone */
        return diag_set(call->diag, ERR_CANCELLED, NULL);
    }
    int64_t disputed = call_count_disputed(call);
    options.has_budget = options.budget >= 0;
    enum err e =
        carry_sync(call->host, call->node, NULL, &options, tell_action, call, &result, call->diag);
    if (e != ERR_CANCELLED && !call_make_ready(call)) { /* what came before a failure is there */
        e = diag_set(call->diag, ERR_CANCELLED, NULL);
    }
    disputed = e == ERR_CANCELLED ? 0 : call_count_disputed(call) - disputed;
    put_int(call, "sent", result.ops_pushed);
    put_int(call, "received", result.ops_received);
    put_int(call, "rows", result.rows_received);
    put_int(call, "bytes_sent", result.bytes_sent);
    put_int(call, "bytes_received", result.bytes_received);
    put_int(call, "requests", result.requests);
    put_int(call, "retries", result.retries);
    put_int(call, "frames", result.frames_received);
    put_int(call, "forgotten", result.forgotten);
    put_int(call, "late", result.late);
    put_int(call, "refused", result.refused);
    put_int(call, "disputed", disputed > 0 ? disputed : 0);
    put_int(call, "files_sent", result.blobs_sent);
    put_int(call, "files_received", result.blobs_received);
    put_int(call, "files_wrong", result.blobs_wrong);
    put_int(call, "file_bytes", result.blob_bytes);
    put_true(call, "files_left", result.blobs_left);
    call->waits_for_space = result.tight;
    enum err swept = blob_sweep(call->node);
    enum err noted = key_note_recovery(call);
    e = e ? e : swept;
    return e ? e : noted;
}

enum err call_sync(struct call *call)
{
    call->keep_members = true; /* bytes spent are spent, and what arrived stays */
    return call_sync_run(call);
}
