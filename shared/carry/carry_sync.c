#include "carry_parts.h"
#include "envelope.h"

struct carrying {
    const struct host *host;
    struct sync *sync;
    carry_progress progress;
    void *ctx;
};

/* Posts what the machine asks for and tells it what came. */
static void exchange_once(struct carrying *carrying, const struct sync_action *asked,
                          struct sync_action *ret)
{
    struct sync_server server;
    struct exchange_reply reply = {0};
    struct diag diag = {0};
    enum err e = sync_server(carrying->sync, &server);
    buf_init(&reply.body, &carrying->host->mem, REPLY_BODY_MAX);
    if (!e) {
        struct post post = {
            .url = server.url,
            .path = asked->path,
            .content_type = "application/octet-stream",
            .pins = server.pins,
            .ca_pem = server.ca_pem,
            .skip_dates = server.skip_dates,
            .body = asked->body,
        };
        e = post_send(carrying->host, &post, &reply, &diag);
    } else {
        diag_keep(&diag, e);
    }
    struct sync_event event = {
        .kind = e ? SYNC_FAILED : SYNC_REPLY,
        .status = reply.status,
        .body = buf_span(&reply.body),
        .retry_after_s = reply.retry_after_s,
        .diag = &diag,
    };
    sync_step(carrying->sync, &event, ret);
    buf_release(&reply.body);
}

static enum err carry_on(struct carrying *carrying, struct sync_result *ret, struct diag *diag)
{
    struct sync_event event = {.kind = SYNC_BEGIN};
    struct sync_action action;
    sync_step(carrying->sync, &event, &action);
    for (;;) {
        *ret = action.result;
        if (action.kind == SYNC_DONE) {
            return OK;
        }
        if (action.kind == SYNC_GAVE_UP) {
            *diag = action.diag;
            return action.diag.code ? action.diag.code : ERR_INTERNAL;
        }
        if (carrying->progress && !carrying->progress(carrying->ctx, &action)) {
            return diag_set(diag, ERR_CANCELLED, NULL);
        }
        struct sync_action next;
        if (action.kind == SYNC_WAIT) {
            carrying->host->sleep_ms(carrying->host->ctx, action.wait_ms);
            event = (struct sync_event){.kind = SYNC_WAITED};
            sync_step(carrying->sync, &event, &next);
        } else {
            exchange_once(carrying, &action, &next);
        }
        action = next;
    }
}

enum err carry_sync(const struct host *host, struct node *node, const struct id *server,
                    const struct sync_options *options, carry_progress progress, void *ctx,
                    struct sync_result *ret, struct diag *diag)
{
    struct carrying carrying = {.host = host, .progress = progress, .ctx = ctx};
    struct sync_result result = {0};
    struct pack *pack = NULL;
    enum err e = pack_new(&host->mem, &pack);
    if (e) {
        diag_keep(diag, e);
        goto out;
    }
    e = sync_new(node, pack, server, options, &carrying.sync, diag);
    if (e) {
        diag_keep(diag, e);
        goto out;
    }
    e = carry_on(&carrying, &result, diag);
out:
    *ret = result;
    sync_free(carrying.sync);
    pack_free(pack);
    return e;
}
