/*
 * svc.h - the server without sockets: requests in, answers out, one commit for many.
 *
 * svc_submit() runs a request inside the open group (it begins one when none is open) and holds
 * its answer back; svc_commit() makes the group durable (synchronous=FULL) and only then hands
 * every answer to its `done`. When the commit fails, every request of the group is answered
 * ERR_DB and nothing of it happened. So nothing is acknowledged that a power cut can take back.
 *
 * One thread calls a svc. Sockets, TLS and threads live in front.c; the simulator calls these
 * two functions itself.
 */
#ifndef SVC_H
#define SVC_H

#include "buf.h"
#include "err.h"
#include "host.h"

struct svc;

/* Borrowed for the time of svc_submit(). No header but Content-Type matters: who calls, and its
   proof, stand in the body (wire/envelope.h), so that a bundle on a stick carries them too. */
struct svc_request {
    const char *method; /* "POST" */
    const char *path;   /* "/v1/sync", without query */
    struct span content_type;
    struct span body; /* as it came over the wire: a wire/envelope.h, signed and packed */
    struct span peer; /* address for rate limits, no port */
};

struct svc_reply {
    int status;               /* HTTP status */
    const char *content_type; /* constant string */
    int64_t retry_after_s;    /* 0: no Retry-After header */
    struct buf body;
};

typedef void (*svc_done)(void *ctx, const struct svc_reply *reply);

/* Opens the node under `home` (server_config.h). The svc keeps `host` by reference. */
MUST_CHECK enum err svc_open(const struct host *host, const char *home, struct svc **ret,
                             struct diag *diag);
void svc_close(struct svc *svc);
/* Its database was put back from a copy: node_was_put_back(). */
bool svc_was_put_back(const struct svc *svc);

/* Failures that are the server's own (status 500 and above) are told here, once each: the route
   or the work they happened in, and why. Called by the svc's thread. */
typedef void (*svc_log)(void *ctx, const char *where, const struct diag *diag);
void svc_log_to(struct svc *svc, svc_log log, void *ctx);

/* Never fails as a call: whatever happens becomes the reply given to `done` at the commit. */
void svc_submit(struct svc *svc, const struct svc_request *request, svc_done done, void *ctx);
MUST_CHECK enum err svc_commit(struct svc *svc);
size_t svc_pending(const struct svc *svc); /* Requests that wait for the commit. */

/* What a front needs before it reads a body: the route's answer to method, path and size.
   OK, or ERR_ROUTE, ERR_METHOD, ERR_TOO_LARGE (with diag). */
MUST_CHECK enum err svc_admit(const char *method, const char *path, uint64_t body_size,
                              struct diag *diag);

/* Work by the clock while serving (records shown anew, flush of last-seen times; the uplink and
   backups have threads of their own); called between groups, never inside one. Returns ms until it
   wants to be called again. */
int64_t svc_tick(struct svc *svc);
/* Nobody asked for a while: caches are let go of. Between groups. */
void svc_rest(struct svc *svc);

/* The body of an error reply: {"error":"name","args":[...]} */
void svc_error_body(const struct diag *diag, struct buf *ret);

#endif
