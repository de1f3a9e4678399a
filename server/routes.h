/*
 * routes.h - the whole of what this server answers to, in one table.
 *
 * To add a route: a line in ROUTES, a handler in a handle_*.c of its own, a row in the table of
 * wrong inputs of tests/unit/test_svc.c (which fails until there is one), and the text in
 * schema/protocol.md.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include "svc_parts.h"

#define ROUTE_ENROL_MAX    WIRE_ENROL_MAX
#define ROUTE_SNAPSHOT_MAX 1024                   /* a line that names a piece */
#define ROUTE_SYNC_MAX     (98 + WIRE_PACKED_MAX) /* an envelope's head and its packed text */
#define ROUTE_BLOB_MAX     (98 + WIRE_BLOB_LINE + WIRE_BLOB_CHUNK + 1024) /* and zstd's own bytes */

/*
 * X(method, path, largest body, content type of the request ("" for none), content type of the
 *   answer, permission, needs the store, handler)
 */
/* clang-format off */
#define ROUTES(X)                                                                                  \
    X("GET", "/v1/hello", 0, "", "application/json", PERMISSION_PUBLIC, false, handle_hello)       \
    X("POST", "/v1/enrol", ROUTE_ENROL_MAX, "application/json", "application/json",                \
      PERMISSION_INVITED, true, handle_enrol)                                                      \
    X("POST", "/v1/sync", ROUTE_SYNC_MAX, "application/octet-stream", "application/octet-stream",  \
      PERMISSION_KNOWN, true, handle_sync)                                                          \
    X("POST", "/v1/snapshot", ROUTE_SNAPSHOT_MAX, "application/octet-stream",                      \
      "application/octet-stream", PERMISSION_NODE, true, handle_snapshot)                         \
    X("POST", "/v1/blob", ROUTE_BLOB_MAX, "application/octet-stream", "application/octet-stream",  \
      PERMISSION_NODE, true, handle_blob)
/* clang-format on */

typedef enum err (*route_handler)(struct route_call *call);

struct route {
    const char *method;
    const char *path;
    uint64_t body_max;
    const char *content_type;
    const char *reply_type;
    enum permission permission;
    bool needs_store; /* runs inside the group; otherwise the database isn't touched */
    route_handler run;
};

extern const struct route routes[];
extern const size_t route_count;

/* ERR_ROUTE (path), or ERR_METHOD (method) when the path is there under another one. */
MUST_CHECK enum err route_find(struct span method, struct span path, const struct route **ret,
                               struct diag *diag);
/* ERR_TOO_LARGE ("body", limit), ERR_MEDIA (content type). Parameters after ';' don't matter. */
MUST_CHECK enum err route_check_size(const struct route *route, uint64_t body_size,
                                     struct diag *diag);
MUST_CHECK enum err route_check_media(const struct route *route, struct span content_type,
                                      struct diag *diag);

/* Handlers write call->reply, or fail with call->diag. */
enum err handle_hello(struct route_call *call);    /* handle_hello.c */
enum err handle_enrol(struct route_call *call);    /* handle_enrol.c */
enum err handle_sync(struct route_call *call);     /* handle_sync.c */
enum err handle_snapshot(struct route_call *call); /* handle_sync.c */
enum err handle_blob(struct route_call *call);     /* handle_blob.c */

/* Seconds until this peer and code may try to enrol again; 0: now. For access_decide(). */
int64_t enrol_wait_s(const struct svc *svc, const struct svc_request *request);

#endif
