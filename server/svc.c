#include "svc.h"

#include <string.h>

#include "blob.h"
#include "code.h"
#include "envelope.h"
#include "json.h"
#include "num.h"
#include "record.h"
#include "routes.h"
#include "serve.h"
#include "server_home.h"

#define REPLY_SIZE_MAX      (WIRE_PACKED_MAX + 1024)
#define REQUEST_ARENA_MAX   (64u * 1024 * 1024)
#define CA_SIZE_MAX         (64u * 1024)
#define TICK_FLUSH_MS       60000
#define TICK_PROJECT_MS     1000 /* how soon records are shown anew after a change, when idle */
#define TICK_PROJECT_LIMIT  200  /* so that a tick never keeps requests waiting for long */
#define RETRY_AFTER_S       5
#define ERROR_BODY_SIZE_MAX 8192

/* ---- opening */

static enum err read_ca(struct svc *svc, const char *home, struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    enum err e = home_path(home, HOME_CA, path);
    if (!e) {
        e = svc->host->files->read(svc->host->ctx, path, &svc->ca_pem);
    }
    return e ? diag_set(diag, e == ERR_NOT_FOUND ? ERR_NO_HOME : e, path, err_name(e), NULL) : OK;
}

static enum err open_parts(struct svc *svc, const char *home, struct diag *diag)
{
    uint8_t salt[THROTTLE_SALT_SIZE];
    enum err e = server_config_load(svc->host, home, &svc->config, diag);
    if (e) {
        return e;
    }
    e = read_ca(svc, home, diag);
    if (e) {
        return e;
    }
    e = home_node_open(svc->host, home, &svc->node, diag);
    if (e) {
        return e;
    }
    e = node_identity(svc->node, &svc->self);
    if (e) {
        return diag_keep(diag, e);
    }
    svc->host->random(svc->host->ctx, salt, sizeof salt);
    throttle_init(&svc->throttle, salt);
    svc->flushed_ms = svc->host->mono_ms(svc->host->ctx);
    e = pack_new(&svc->host->mem, &svc->pack);
    return e ? diag_keep(diag, e) : OK;
}

enum err svc_open(const struct host *host, const char *home, struct svc **ret, struct diag *diag)
{
    struct svc *svc = host->mem.resize(host->mem.ctx, NULL, sizeof *svc);
    if (svc == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    *svc = (struct svc){.host = host};
    buf_init(&svc->ca_pem, &host->mem, CA_SIZE_MAX);
    enum err e = open_parts(svc, home, diag);
    if (e) {
        svc_close(svc);
        return e;
    }
    *ret = svc;
    return OK;
}

void svc_close(struct svc *svc)
{
    if (svc == NULL) {
        return;
    }
    const struct mem *mem = &svc->host->mem;
    enum err ignored = svc_commit(svc); /* Whoever waits was answered with the failure. */
    if (svc->node != NULL) {
        ignored = serve_flush(svc->node); /* At worst the last minute's last-seen times. */
    }
    (void)ignored;
    mem->resize(mem->ctx, svc->held, 0);
    pack_free(svc->pack);
    node_close(svc->node);
    buf_release(&svc->ca_pem);
    mem->resize(mem->ctx, svc, 0);
}

bool svc_was_put_back(const struct svc *svc)
{
    return node_was_put_back(svc->node);
}

void svc_log_to(struct svc *svc, svc_log log, void *ctx)
{
    svc->log = log;
    svc->log_ctx = ctx;
}

/* ---- error replies */

/* What is wrong inside the server is for its log; a caller gets the name alone. */
static bool is_internal(enum err code)
{
    return err_http_status(code) >= 500 && code != ERR_BUSY;
}

static void write_error(const struct diag *diag, const char *hint_name, uint64_t hint,
                        struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "error");
    json_put_text(&writer, err_name(diag->code));
    json_name(&writer, "args");
    json_open(&writer, '[');
    for (size_t i = 0; i < diag->arg_count && !is_internal(diag->code); i++) {
        json_put_text(&writer, diag->args[i]);
    }
    json_close(&writer, ']');
    if (hint_name != NULL) {
        uint8_t bytes[8];
        char text[BASE64_SIZE(sizeof bytes) + 1];
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = (uint8_t)(hint >> (56 - 8 * i));
        }
        base64_write(bytes, sizeof bytes, text);
        json_name(&writer, hint_name);
        json_put_text(&writer, text);
    }
    json_close(&writer, '}');
}

void svc_error_body(const struct diag *diag, struct buf *ret)
{
    write_error(diag, NULL, 0, ret);
}

static int64_t retry_after_s(const struct diag *diag)
{
    int64_t seconds;
    if ((diag->code == ERR_TOO_MANY_TRIES || diag->code == ERR_BUSY) && diag->arg_count > 0 &&
        num_read_i64(span_of(diag->args[0]), &seconds)) {
        return seconds;
    }
    int status = err_http_status(diag->code);
    return status == 503 || status == 429 ? RETRY_AFTER_S : 0;
}

/* A full disk is said once: every line of a log takes more of it. */
static void log_failure(struct svc *svc, const char *path, const struct diag *diag)
{
    bool said = diag->code == ERR_DB_FULL && svc->full;
    svc->full = svc->full || diag->code == ERR_DB_FULL;
    if (svc->log != NULL && is_internal(diag->code) && !said) {
        svc->log(svc->log_ctx, path, diag);
    }
}

static void fail_reply(const struct route_call *call, const struct diag *diag,
                       struct svc_reply *reply)
{
    const char *hint_name = NULL;
    if (call != NULL && call->has_hint) {
        hint_name = diag->code == ERR_EPOCH ? "epoch" : "ratchet";
    }
    reply->status = err_http_status(diag->code);
    reply->content_type = "application/json";
    reply->retry_after_s = retry_after_s(diag);
    buf_clear(&reply->body);
    write_error(diag, hint_name, hint_name ? call->hint : 0, &reply->body);
}

/* ---- a request */

static enum err gather_facts(struct route_call *call, enum permission permission,
                             struct access_facts *ret)
{
    struct svc *svc = call->svc;
    struct envelope envelope;
    const struct org *org;
    struct access_facts facts = {.serving = svc->self.enrolled};
    if (permission == PERMISSION_INVITED) {
        facts.wait_s = enrol_wait_s(svc, call->request);
    }
    if (permission == PERMISSION_NODE || permission == PERMISSION_KNOWN) {
        enum err e = envelope_read(call->request->body, &envelope, call->diag);
        if (!e) {
            e = node_org(svc->node, &org);
        }
        if (e) {
            return e;
        }
        facts.has_envelope = true;
        facts.node = org_node(org, envelope.node);
    }
    *ret = facts;
    return OK;
}

static enum err open_group(struct svc *svc, struct diag *diag)
{
    if (svc->group_open) {
        return OK;
    }
    /* Devices keep what isn't taken from them; the office needs what is left to put things right.
     */
    enum err e = node_space_for(svc->node, 0, diag);
    if (!e) {
        e = node_begin(svc->node);
    }
    if (!e) {
        svc->full = false;
        /* Commands of the office run beside the server: it may have been enrolled meanwhile. */
        e = node_identity(svc->node, &svc->self);
        svc->group_open = true;
    }
    return e;
}

static enum err run_route(struct route_call *call, const struct route *route)
{
    struct access_facts facts = {0};
    enum err e = route_check_size(route, call->request->body.size, call->diag);
    if (!e) {
        e = route_check_media(route, call->request->content_type, call->diag);
    }
    if (!e && route->needs_store) {
        e = open_group(call->svc, call->diag);
    }
    if (!e) {
        e = gather_facts(call, route->permission, &facts);
    }
    if (!e) {
        e = access_decide(route->permission, &facts, call->diag);
    }
    return e ? e : route->run(call);
}

static struct held_reply *hold(struct svc *svc, svc_done done, void *ctx)
{
    if (svc->held_count == svc->held_capacity) {
        size_t capacity = svc->held_capacity == 0 ? 64 : 2 * svc->held_capacity;
        const struct mem *mem = &svc->host->mem;
        void *grown = mem->resize(mem->ctx, svc->held, capacity * sizeof *svc->held);
        if (grown == NULL) {
            return NULL;
        }
        svc->held = grown;
        svc->held_capacity = capacity;
    }
    struct held_reply *held = &svc->held[svc->held_count++];
    *held = (struct held_reply){.done = done, .ctx = ctx};
    buf_init(&held->reply.body, &svc->host->mem, REPLY_SIZE_MAX);
    return held;
}

static void answer(struct svc *svc, const struct svc_request *request, struct held_reply *held)
{
    const struct route *route = NULL;
    struct arena request_arena;
    struct diag diag = {0};
    struct route_call call = {.svc = svc, .request = request, .reply = &held->reply.body};
    arena_init(&request_arena, &svc->host->mem, REQUEST_ARENA_MAX);
    call.arena = &request_arena;
    call.diag = &diag;
    enum err e = route_find(span_of(request->method), span_of(request->path), &route, &diag);
    if (!e) {
        e = run_route(&call, route);
        held->in_group = route->needs_store && svc->group_open;
    }
    if (e) {
        diag_keep(&diag, e);
        log_failure(svc, route ? route->path : "-", &diag);
        fail_reply(&call, &diag, &held->reply);
    } else {
        held->reply.status = 200;
        held->reply.content_type = route->reply_type;
    }
    arena_release(&request_arena);
}

void svc_submit(struct svc *svc, const struct svc_request *request, svc_done done, void *ctx)
{
    struct held_reply *held = hold(svc, done, ctx);
    if (held != NULL) {
        answer(svc, request, held);
        return;
    }
    /* No room to hold an answer: nothing was done, so it can be said at once. */
    struct diag diag = {.code = ERR_NOMEM};
    struct svc_reply reply = {0};
    buf_init(&reply.body, &svc->host->mem, ERROR_BODY_SIZE_MAX);
    log_failure(svc, "-", &diag);
    fail_reply(NULL, &diag, &reply);
    done(ctx, &reply);
    buf_release(&reply.body);
}

/* ---- the commit */

static void fail_group(struct svc *svc, enum err why)
{
    struct diag diag = {.code = why == ERR_DB_FULL ? why : ERR_DB}, cause = {0};
    diag_set(&cause, why, HOME_DB, NULL);
    log_failure(svc, "commit", &cause);
    for (size_t i = 0; i < svc->held_count; i++) {
        if (svc->held[i].in_group) {
            fail_reply(NULL, &diag, &svc->held[i].reply);
        }
    }
}

enum err svc_commit(struct svc *svc)
{
    enum err e = OK;
    if (svc->group_open) {
        svc->group_open = false;
        e = node_end(svc->node, OK);
        if (e) {
            fail_group(svc, e);
        }
    }
    /* Detached first: a `done` may submit the next request of the same caller. */
    struct held_reply *held = svc->held;
    size_t count = svc->held_count;
    svc->held = NULL;
    svc->held_count = 0;
    svc->held_capacity = 0;
    for (size_t i = 0; i < count; i++) {
        held[i].done(held[i].ctx, &held[i].reply);
        buf_release(&held[i].reply.body);
    }
    svc->host->mem.resize(svc->host->mem.ctx, held, 0);
    return e;
}

size_t svc_pending(const struct svc *svc)
{
    return svc->held_count;
}

enum err svc_admit(const char *method, const char *path, uint64_t body_size, struct diag *diag)
{
    const struct route *route;
    enum err e = route_find(span_of(method), span_of(path), &route, diag);
    return e ? e : route_check_size(route, body_size, diag);
}

/* ---- by the clock */

void svc_rest(struct svc *svc)
{
    node_rest(svc->node);
}

int64_t svc_tick(struct svc *svc)
{
    struct diag diag = {0};
    bool more = false;
    int64_t now_ms = svc->host->mono_ms(svc->host->ctx);
    enum err e = node_project(svc->node, TICK_PROJECT_LIMIT, &more);
    if (!e && now_ms - svc->flushed_ms >= TICK_FLUSH_MS) {
        svc->flushed_ms = now_ms;
        e = serve_flush(svc->node);
    }
    if (!e) {
        e = blob_sweep(svc->node);
    }
    if (e) {
        diag_keep(&diag, e);
        log_failure(svc, "tick", &diag);
    }
    return more && !e ? 1 : TICK_PROJECT_MS;
}
