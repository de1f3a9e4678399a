/*
 * call_bundle.c - a sync through a file: what this device would send, what was written for it.
 */
#include "call_event.h"
#include "call_put.h"
#include "node_bundle.h"

static bool tell_frames(void *ctx, const struct bundle_report *report)
{
    struct call *call = ctx;
    struct call_event event;
    event_begin(&event, call, "bundle");
    put_int(call, "bytes", report->bytes);
    if (report->bytes_total > 0) {
        put_int(call, "total", report->bytes_total);
    }
    return event_tell(&event);
}

enum err call_bundle_export(struct call *call)
{
    char *path = arena_alloc(call->arena, BUNDLE_PATH_SIZE);
    struct bundle_report report;
    struct bundle_order order = {.path = call_arg_text(call, "file"),
                                 .to = call_arg_text(call, "to"),
                                 .ca_pem = "",
                                 .files_max = call_arg_int(call, "max_data", -1),
                                 .progress = tell_frames,
                                 .ctx = call};
    order.has_files_max = order.files_max >= 0;
    enum err e =
        path ? node_bundle_export(call->node, &order, path, &report, call->diag) : ERR_NOMEM;
    if (e) {
        return e;
    }
    put_text(call, "file", path);
    e = put_device(call, "to", report.peer);
    put_int(call, "changes", report.ops);
    put_int(call, "bytes", report.bytes);
    put_int(call, "files", report.files);
    put_int(call, "file_bytes", report.file_bytes);
    put_true(call, "files_left", report.files_left);
    return e;
}

enum err call_bundle_import(struct call *call)
{
    struct bundle_report report;
    int64_t disputed = call_count_disputed(call);
    enum err e = node_space_for(call->node, 0, call->diag);
    if (!e) {
        e = node_bundle_import(call->node, call_arg_text(call, "file"), tell_frames, call, &report,
                               call->diag);
    }
    if (!e && !call_make_ready(call)) {
        e = diag_set(call->diag, ERR_CANCELLED, NULL);
    }
    if (e) {
        return e;
    }
    disputed = call_count_disputed(call) - disputed;
    if (report.enrolled) {
        e = node_identity(call->node, &call->self);
        put_text(call, "short", call->self.short_code);
    }
    if (!e && report.enrolled && call->self.has_person) {
        e = put_person(call, "person", call->self.person);
    }
    if (e) {
        return e;
    }
    put_text(call, "file", call_arg_text(call, "file"));
    e = put_device(call, "from", report.peer);
    put_int(call, "received", report.ops);
    put_int(call, "confirmed", report.acked);
    put_true(call, "old", !report.news);
    put_int(call, "bytes", report.bytes_total);
    put_int(call, "files", report.files);
    put_int(call, "file_bytes", report.file_bytes);
    put_int(call, "disputed", disputed > 0 ? disputed : 0);
    return e;
}
