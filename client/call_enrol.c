/*
 * call_enrol.c - a code from the office makes this device one of the organisation's.
 */
#include <string.h>

#include "call_put.h"
#include "carry.h"
#include "node_bundle.h"

#define MESSAGE_MAX 4096

/* The name the office will see: given, or told apart by the device's own id. */
static enum err read_name(struct call *call, const char **ret)
{
    const char *name = call_arg_text(call, "name");
    if (name) {
        *ret = name;
        return OK;
    }
    char id[ID_TEXT_SIZE];
    char *text = arena_text(call->arena, "douar ......");
    if (!text) {
        return ERR_NOMEM;
    }
    id_write(call->self.id, id);
    memcpy(text + strlen("douar "), id, strlen("......"));
    *ret = text;
    return OK;
}

/* A first sync that fails doesn't undo an enrolment: it is told, and the next one goes on. */
static enum err first_sync(struct call *call)
{
    struct diag diag = {0};
    struct diag *call_diag = call->diag;
    struct buf message;
    json_name(call->out, "sync");
    json_open(call->out, '{');
    call->diag = &diag;
    enum err e = call_sync_run(call);
    call->diag = call_diag;
    json_close(call->out, '}');
    if (!e) {
        return OK;
    }
    diag_keep(&diag, e);
    buf_init(&message, &call->host->mem, MESSAGE_MAX);
    catalogues_say_diag(call->catalogues, call->language, &diag, &message);
    json_name(call->out, "sync_error");
    json_open(call->out, '{');
    put_text(call, "error", err_name(e));
    json_name(call->out, "args");
    json_open(call->out, '[');
    for (size_t i = 0; i < diag.arg_count; i++) {
        json_put_text(call->out, diag.args[i]);
    }
    json_close(call->out, ']');
    put_text(call, "message", buf_text(&message));
    json_close(call->out, '}');
    buf_release(&message);
    return OK;
}

static enum err put_enrolled(struct call *call)
{
    const struct org *org = NULL;
    enum err e = node_org(call->node, &org);
    if (e) {
        return e;
    }
    const struct org_node *me = org_node(org, call->self.id);
    put_text(call, "short", call->self.short_code);
    put_text(call, "role", role_name(me ? me->role : call->self.role));
    json_name(call->out, "scopes");
    json_open(call->out, '[');
    for (size_t i = 0; me && i < me->scope_count; i++) {
        json_put_text(call->out, me->scopes[i]);
    }
    json_close(call->out, ']');
    return call->self.has_person ? put_person(call, "person", call->self.person) : OK;
}

/* Without a network: a file for the office of the code. The answer to it, imported, enrols. */
static enum err enrol_by_file(struct call *call, const char *name)
{
    char *path = arena_alloc(call->arena, BUNDLE_PATH_SIZE);
    struct bundle_report report;
    struct bundle_order order = {.path = call_arg_text(call, "bundle"), .ca_pem = ""};
    char hub[ID_TEXT_SIZE];
    if (!path) {
        return ERR_NOMEM;
    }
    enum err e = node_bundle_enrol(call->node, call_arg_text(call, "code"), name, &order, path,
                                   &report, call->diag);
    if (!e) {
        id_write(report.peer, hub);
        put_text(call, "file", path);
        put_text(call, "server", hub);
        put_int(call, "bytes", report.bytes);
    }
    return e;
}

enum err call_enrol(struct call *call)
{
    const char *name = NULL;
    enum err e = read_name(call, &name);
    if (!e && call_arg_text(call, "bundle")) {
        return enrol_by_file(call, name);
    }
    if (!e) {
        e = carry_enrol(call->host, call->node, call_arg_text(call, "code"), name, call->diag);
    }
    if (!e) {
        e = node_identity(call->node, &call->self);
    }
    if (e) {
        return e;
    }
    if (call_arg_bool(call, "sync", true)) {
        e = first_sync(call);
    }
    return e ? e : put_enrolled(call);
}
