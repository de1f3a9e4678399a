/*
 * handle_sync.c - POST /v1/sync and /v1/snapshot: one request of the conversation, in a savepoint
 * of its own.
 */
#include "routes.h"

#include "serve.h"

typedef enum err (*conversation)(struct node *node, struct pack *pack, const char *path,
                                 struct span body, struct buf *ret, uint64_t *ret_hint,
                                 struct diag *diag);

static enum err converse(struct route_call *call, conversation serve)
{
    struct node *node = call->svc->node;
    uint64_t hint = 0;
    enum err e = node_begin(node);
    if (e) {
        return diag_keep(call->diag, e);
    }
    e = serve(node, call->svc->pack, call->request->path, call->request->body, call->reply, &hint,
              call->diag);
    enum err ended = node_end(node, e == ERR_REVOKED ? OK : e); /* what it brought is kept */
    if (e == ERR_RATCHET || e == ERR_EPOCH) {
        call->has_hint = true;
        call->hint = hint;
    }
    e = e ? e : ended;
    return e ? diag_keep(call->diag, e) : OK;
}

enum err handle_sync(struct route_call *call)
{
    return converse(call, serve_sync);
}

enum err handle_snapshot(struct route_call *call)
{
    return converse(call, serve_snapshot);
}
