#include "carry_parts.h"

#include <string.h>

#include "enrol.h"

#define ENROL_PATH      "/v1/enrol"
#define REPLY_SIZE_MAX  (64u * 1024)
#define ENROL_ARENA_MAX (1024u * 1024)

static enum err ask(const struct host *host, struct enrolling *enrolling, struct span request,
                    struct exchange_reply *reply, struct diag *diag)
{
    struct node_clock clock;
    enum err e = node_clock(enrolling->node, &clock);
    if (e) {
        return e;
    }
    struct post post = {
        .url = enrolling->code.url,
        .path = ENROL_PATH,
        .content_type = "application/json",
        .pins = enrolling->pins,
        .skip_dates = clock.insane,
        .body = request,
    };
    e = post_send(host, &post, reply, diag);
    if (!e && reply->status != 200) {
        e = post_refused(reply, enrolling->code.url, diag);
    }
    return e;
}

enum err carry_enrol(const struct host *host, struct node *node, const char *code, const char *name,
                     struct diag *diag)
{
    struct enrolling enrolling;
    struct exchange_reply reply = {0};
    struct arena arena;
    struct buf request;
    arena_init(&arena, &host->mem, ENROL_ARENA_MAX);
    buf_init(&request, &host->mem, WIRE_ENROL_MAX);
    buf_init(&reply.body, &host->mem, REPLY_SIZE_MAX);
    enum err e = enrol_begin(node, code, name, &arena, &enrolling, diag);
    if (!e) {
        e = enrol_request(&enrolling, &request);
    }
    if (!e) {
        e = ask(host, &enrolling, buf_span(&request), &reply, diag);
    }
    if (!e) {
        e = enrol_settle(&enrolling, buf_span(&reply.body), false, diag);
    }
    if (e) {
        diag_keep(diag, e);
    }
    buf_release(&reply.body);
    sign_wipe(request.data, request.size);
    buf_release(&request);
    arena_release(&arena);
    return e;
}
