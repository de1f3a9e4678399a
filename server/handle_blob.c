/*
 * handle_blob.c - POST /v1/blob: one request of the attachments' lane, in a savepoint of its own.
 *
 * The bytes it brings are synced in their file before the group's commit counts them.
 */
#include "routes.h"

#include "serve.h"

enum err handle_blob(struct route_call *call)
{
    struct node *node = call->svc->node;
    uint64_t hint = 0;
    enum err e = node_begin(node);
    if (e) {
        return diag_keep(call->diag, e);
    }
    e = serve_blob(node, call->svc->pack, call->request->path, call->request->body, call->reply,
                   &hint, call->diag);
    enum err ended = node_end(node, e);
    if (e == ERR_RATCHET || e == ERR_EPOCH) {
        call->has_hint = true;
        call->hint = hint;
    }
    if (!e && ended) {
        e = diag_keep(call->diag, ended);
    }
    return e;
}
