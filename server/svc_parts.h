/*
 * svc_parts.h - what the svc shares with its routes; nobody else includes it.
 */
#ifndef SVC_PARTS_H
#define SVC_PARTS_H

#include "access.h"
#include "pack.h"
#include "server_config.h"
#include "svc.h"
#include "throttle.h"

/* An answer that waits for the commit. */
struct held_reply {
    svc_done done;
    void *ctx;
    bool in_group; /* fails with the group */
    struct svc_reply reply;
};

struct svc {
    const struct host *host;
    struct server_config config;
    struct node *node;
    struct pack *pack;
    struct node_identity self;
    struct buf ca_pem;
    struct throttle throttle;
    bool group_open;
    struct held_reply *held;
    size_t held_count, held_capacity;
    int64_t flushed_ms; /* monotonic */
    bool full;          /* the disk was, when last looked at: said once in the log */
    svc_log log;
    void *log_ctx;
};

/* One request on its way through a route. */
struct route_call {
    struct svc *svc;
    const struct svc_request *request;
    struct arena *arena; /* for the time of the request */
    struct buf *reply;   /* what a handler writes; emptied when it fails */
    bool has_hint;       /* a failure's ratchet or epoch, to try again with */
    uint64_t hint;
    struct diag *diag;
};

#endif
