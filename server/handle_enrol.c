/*
 * handle_enrol.c - POST /v1/enrol: a code becomes a node.
 *
 * A code can be tried a few times only: the node burns it after five wrong secrets, and here an
 * address, and a code, must wait after too many failures, so that a table of codes can't be
 * filled with tries nor an office's hub be kept busy. Offices behind one address enrol many
 * devices in a morning: only failures count.
 */
#include "routes.h"

#include "code.h"
#include "enrol_message.h"
#include "serve.h"

#define PEER_FAILURES_MAX 20 /* in THROTTLE_WINDOW_MS */
#define CODE_FAILURES_MAX 10

static int64_t now_ms(const struct svc *svc)
{
    return svc->host->mono_ms(svc->host->ctx);
}

/* The code id as it was sent; empty when the body isn't a request. */
static struct span code_of(const struct json *json)
{
    const struct json *code = json ? json_get(json, "code") : NULL;
    struct span text = json_span(code);
    return text.size == BASE64_SIZE(ENROL_CODE_ID_SIZE) ? text : (struct span){0};
}

int64_t enrol_wait_s(const struct svc *svc, const struct svc_request *request)
{
    struct json *json = NULL;
    int64_t now = now_ms(svc);
    int64_t wait_s = throttle_wait_s(&svc->throttle, "peer", throttle_network(request->peer),
                                     PEER_FAILURES_MAX, now);
    /* A body that isn't JSON has no code; the handler says what is wrong with it. */
    if (wait_s == 0 && json_parse(request->body, &json, NULL) == OK) {
        struct span code = code_of(json);
        wait_s = code.size == 0
                     ? 0
                     : throttle_wait_s(&svc->throttle, "code", code, CODE_FAILURES_MAX, now);
    }
    json_free(json);
    return wait_s;
}

static void count_failure(struct svc *svc, const struct svc_request *request)
{
    struct json *json = NULL;
    int64_t now = now_ms(svc);
    throttle_failed(&svc->throttle, "peer", throttle_network(request->peer), now);
    if (json_parse(request->body, &json, NULL) == OK) {
        struct span code = code_of(json);
        if (code.size > 0) {
            throttle_failed(&svc->throttle, "code", code, now);
        }
    }
    json_free(json);
}

enum err handle_enrol(struct route_call *call)
{
    struct svc *svc = call->svc;
    struct enrol_request request;
    struct enrol_answer answer;
    enum err e = enrol_request_read(call->request->body, call->arena, &request, call->diag);
    /* No savepoint around this: the node counts a wrong try in one of its own, which must stand. */
    if (!e) {
        e = serve_enrol(svc->node, &request, call->arena, &answer, call->diag);
    }
    if (e) {
        count_failure(svc, call->request);
        return diag_keep(call->diag, e);
    }
    answer.ca_pem = buf_text(&svc->ca_pem);
    e = enrol_answer_write(&answer, call->reply);
    return e ? diag_keep(call->diag, e) : OK;
}
