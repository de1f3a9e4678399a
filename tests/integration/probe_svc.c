#include "probe_svc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

void probe_svc_init(struct svc *svc, const struct host *host)
{
    *svc = (struct svc){.host = host};
    pthread_mutex_init(&svc->lock, NULL);
    pthread_cond_init(&svc->changed, NULL);
}

void probe_svc_release(struct svc *svc)
{
    assert(svc->held_count == 0);
    pthread_cond_destroy(&svc->changed);
    pthread_mutex_destroy(&svc->lock);
}

void probe_svc_wait_gate(struct svc *svc, size_t seen)
{
    pthread_mutex_lock(&svc->lock);
    while (svc->gate_seen < seen) {
        pthread_cond_wait(&svc->changed, &svc->lock);
    }
    pthread_mutex_unlock(&svc->lock);
}

static void set_gate(struct svc *svc, bool open)
{
    pthread_mutex_lock(&svc->lock);
    svc->gate_open = open;
    if (!open) {
        svc->gate_seen = 0;
    }
    pthread_cond_broadcast(&svc->changed);
    pthread_mutex_unlock(&svc->lock);
}

void probe_svc_open_gate(struct svc *svc)
{
    set_gate(svc, true);
}

void probe_svc_close_gate(struct svc *svc)
{
    set_gate(svc, false);
}

static void add_large(struct buf *buf, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        buf_add_byte(buf, (uint8_t)('a' + i % 26));
    }
}

void svc_submit(struct svc *svc, const struct svc_request *request, svc_done done, void *ctx)
{
    assert(svc->held_count < PROBE_HELD_MAX);
    struct probe_held *held = &svc->held[svc->held_count++];
    *held = (struct probe_held){.done = done, .ctx = ctx, .status = 200};
    held->type = "application/octet-stream";
    buf_init(&held->body, &svc->host->mem, PROBE_HUGE_SIZE);
    if (strcmp(request->path, "/v1/large") == 0) {
        add_large(&held->body, PROBE_LARGE_SIZE);
    } else if (strcmp(request->path, "/v1/huge") == 0) {
        add_large(&held->body, PROBE_HUGE_SIZE);
    } else if (strcmp(request->path, "/v1/busy") == 0) {
        held->status = 503;
        held->retry_after_s = 7;
    } else if (strcmp(request->path, "/page") == 0) {
        held->type = "text/html; charset=utf-8";
        buf_add_text(&held->body, "<!doctype html>");
    } else {
        buf_add_span(&held->body, request->body);
    }
    pthread_mutex_lock(&svc->lock);
    span_text(request->peer, svc->last_peer, sizeof svc->last_peer);
    if (strcmp(request->path, "/v1/gate") == 0) {
        svc->gate_asked = true;
        svc->gate_seen++;
        pthread_cond_broadcast(&svc->changed);
    }
    pthread_mutex_unlock(&svc->lock);
}

enum err svc_commit(struct svc *svc)
{
    pthread_mutex_lock(&svc->lock);
    while (svc->gate_asked && !svc->gate_open) {
        pthread_cond_wait(&svc->changed, &svc->lock);
    }
    svc->gate_asked = false;
    bool fails = svc->fails;
    svc->fails = false;
    pthread_mutex_unlock(&svc->lock);
    for (size_t i = 0; i < svc->held_count; i++) {
        struct probe_held *held = &svc->held[i];
        struct svc_reply reply = {
            .status = fails ? 503 : held->status,
            .content_type = held->type,
            .retry_after_s = held->retry_after_s,
            .body = held->body,
        };
        held->done(held->ctx, &reply);
        buf_release(&held->body);
    }
    svc->held_count = 0;
    return fails ? ERR_DB : OK;
}

size_t svc_pending(const struct svc *svc)
{
    return svc->held_count;
}

enum err svc_admit(const char *method, const char *path, uint64_t body_size, struct diag *diag)
{
    static const struct {
        const char *path;
        const char *method;
        uint64_t body_max;
    } routes[] = {
        {"/v1/echo", "POST", PROBE_BODY_MAX}, {"/v1/gate", "POST", PROBE_BODY_MAX},
        {"/v1/busy", "POST", PROBE_BODY_MAX}, {"/v1/large", "POST", PROBE_BODY_MAX},
        {"/v1/huge", "POST", PROBE_BODY_MAX}, {"/page", "GET", 0},
    };
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(path, routes[i].path) != 0) {
            continue;
        }
        if (strcmp(method, routes[i].method) != 0) {
            return diag_set(diag, ERR_METHOD, method, NULL);
        }
        if (body_size > routes[i].body_max) {
            return diag_set(diag, ERR_TOO_LARGE, "request", "65536", NULL);
        }
        return OK;
    }
    return diag_set(diag, ERR_ROUTE, path, NULL);
}

void svc_rest(struct svc *svc)
{
    (void)svc;
}

int64_t svc_tick(struct svc *svc)
{
    (void)svc;
    return 1000;
}

void svc_error_body(const struct diag *diag, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "error");
    json_put_text(&writer, err_name(diag->code));
    json_name(&writer, "args");
    json_open(&writer, '[');
    for (size_t i = 0; i < diag->arg_count; i++) {
        json_put_text(&writer, diag->args[i]);
    }
    json_close(&writer, ']');
    json_close(&writer, '}');
}

void probe_start(struct probe *probe, const struct front_deadlines *deadlines)
{
    memset(probe, 0, sizeof *probe);
    host_real_init(&probe->real, &probe->host);
    probe_svc_init(&probe->svc, &probe->host);
    struct diag diag = {.code = OK};
    enum err e = host_real_connect(&probe->real, &probe->host);
    if (!e) {
        e = cert_make(&probe->host, NULL, 0, &probe->certs, &diag);
    }
    struct front_options options = {
        .address = "127.0.0.1",
        .cert_pem = buf_text(&probe->certs.server_pem),
        .key_pem = buf_text(&probe->certs.server_key_pem),
        .per_ip_max = 1000,
        .replies_max = PROBE_REPLIES_MAX,
    };
    if (deadlines != NULL) {
        options.deadlines = *deadlines;
    }
    if (!e) {
        e = front_start(&probe->host, &probe->svc, &options, &probe->front, &diag);
    }
    if (e) {
        fprintf(stderr, "probe: %s %s %s\n", err_name(e), diag.args[0], diag.args[1]);
        abort();
    }
    probe->port = front_port(probe->front);
}

void probe_stop(struct probe *probe)
{
    front_stop(probe->front);
    probe_svc_release(&probe->svc);
    cert_set_release(&probe->certs);
    host_real_release(&probe->real);
}
