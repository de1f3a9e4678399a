/*
 * call_redact.c - asking that values be erased everywhere, and what this device knows of it.
 */
#include "redact.h"

#include "call_put.h"
#include "record.h"

/* Nobody erases by a slip: without `confirm` the call only says what would come of it. */
static enum err read_order(struct call *call, struct redact *ret)
{
    struct redact order = {.person = call->person,
                           .property = call_arg_text(call, "property"),
                           .all = call_arg_bool(call, "all", false),
                           .reason = call_arg_text(call, "reason"),
                           .ask_only = true,
                           .dry_run = call_arg_bool(call, "dry_run", false)};
    if (order.all && order.property) {
        return diag_set(call->diag, ERR_UNKNOWN_OPTION, "property", "all", NULL);
    }
    if (!order.dry_run && !call_arg_bool(call, "confirm", false)) {
        return diag_set(call->diag, ERR_MISSING_ARGUMENT, "confirm", NULL);
    }
    *ret = order;
    return record_resolve_id(call->node, call_arg_text(call, "id"), &ret->entity, call->diag);
}

enum err call_redact(struct call *call)
{
    struct redact order = {.all = false};
    struct redact_asked asked = {.done = false};
    enum err e = read_order(call, &order);
    if (!e) {
        e = node_redact(call->node, &order, &asked, call->diag);
    }
    if (e) {
        return e;
    }
    put_id(call, "id", order.entity);
    if (!order.dry_run) {
        put_id(call, "request", asked.request);
    }
    put_text(call, "decides", asked.flagged ? "person" : "region");
    put_true(call, "dry_run", order.dry_run);
    return OK;
}

/* ---- what is known of those asked for */

static enum err put_redaction(struct call *call, const struct redaction_row *row)
{
    struct id none = {{0}};
    struct record record = {.title = NULL};
    bool marked = !id_equal(row->mark, none);
    /* Elsewhere, forgotten, or not this person's to see: then it is known by its id alone. */
    if (record_read(call->node, &call->person, row->entity, call->arena, &record, NULL)) {
        record = (struct record){.title = NULL};
    }
    json_open(call->out, '{');
    put_id(call, "id", row->entity);
    put_text(call, "case", record.case_number);
    put_text(call, "title", record.title);
    put_true(call, "all", row->all);
    if (!row->all) {
        put_texts(call, "registers", row->registers, row->register_count);
    }
    enum err e = put_person(call, "person", row->person);
    put_int(call, "time", row->at_ms);
    put_text(call, "reason", row->reason);
    put_text(call, "state", !marked ? "asked" : row->done_ms > 0 ? "done" : "marked");
    if (row->done_ms > 0) {
        put_int(call, "done", row->done_ms);
    }
    json_close(call->out, '}');
    return e;
}

enum err call_redactions(struct call *call)
{
    const char *text = call_arg_text(call, "id");
    struct redaction_row *rows = NULL;
    size_t count = 0;
    struct id entity;
    enum err e = text ? record_resolve_id(call->node, text, &entity, call->diag) : OK;
    if (!e) {
        e = redaction_list(call->node, text ? &entity : NULL, call->arena, &rows, &count);
    }
    if (e) {
        return e;
    }
    json_name(call->out, "redactions");
    json_open(call->out, '[');
    for (size_t i = 0; i < count && !e; i++) {
        e = put_redaction(call, &rows[i]);
    }
    json_close(call->out, ']');
    return e;
}
