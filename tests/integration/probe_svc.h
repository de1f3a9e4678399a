/*
 * probe_svc.h - a tiny svc behind the seam of server/svc.h, to drive the front alone.
 *
 *   POST /v1/echo    answers with the body, at most PROBE_BODY_MAX
 *   POST /v1/gate    like echo, but the commit waits until probe_svc_open_gate()
 *   POST /v1/busy    503 with Retry-After 7
 *   POST /v1/large   answers with PROBE_LARGE_SIZE bytes
 *   POST /v1/huge    answers with PROBE_HUGE_SIZE bytes, which no system's buffers take
 *   GET  /page       text/html
 */
#ifndef PROBE_SVC_H
#define PROBE_SVC_H

#include <pthread.h>

#include "cert.h"
#include "front.h"
#include "host_real.h"
#include "svc.h"

#define PROBE_BODY_MAX    65536
#define PROBE_LARGE_SIZE  300000
#define PROBE_HUGE_SIZE   (16u << 20)
#define PROBE_REPLIES_MAX (3 * PROBE_HUGE_SIZE) /* of its front */
#define PROBE_HELD_MAX    64

struct probe_held {
    svc_done done;
    void *ctx;
    int status;
    const char *type;
    int64_t retry_after_s;
    struct buf body;
};

struct svc {
    const struct host *host;
    struct probe_held held[PROBE_HELD_MAX];
    size_t held_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool gate_asked; /* a request for the gate is in the group */
    bool gate_open;
    size_t gate_seen; /* requests for the gate so far */
    bool fails;       /* the next commit fails */
    char last_peer[64];
};

void probe_svc_init(struct svc *svc, const struct host *host);
void probe_svc_release(struct svc *svc);
void probe_svc_wait_gate(struct svc *svc, size_t seen); /* until so many requests stand there */
void probe_svc_open_gate(struct svc *svc);
void probe_svc_close_gate(struct svc *svc);

/* A front over that svc on a port of 127.0.0.1, with certificates made for it. */
struct probe {
    struct host_real real;
    struct host host;
    struct cert_set certs;
    struct svc svc;
    struct front *front;
    uint16_t port;
};

/* NULL: the deadlines of http_limits.h. Aborts when it can't start. */
void probe_start(struct probe *probe, const struct front_deadlines *deadlines);
void probe_stop(struct probe *probe);

#endif
