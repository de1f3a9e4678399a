/*
 * front_parts.h - what the front's own files share; nobody else includes it.
 */
#ifndef FRONT_PARTS_H
#define FRONT_PARTS_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "front.h"

#define PEER_TEXT_SIZE INET6_ADDRSTRLEN

/* A TCP connection, from accept to close. Deadlines are set by the pool's threads and read by the
   watch; INT64_MAX while the svc has the request. */
struct connection {
    struct connection *next, *previous;
    int fd;
    _Atomic int64_t deadline_ms;
    _Atomic size_t reply_size; /* bytes of the reply under way; 0: none */
    _Atomic int64_t reply_ms;  /* when it began */
};

struct watch {
    pthread_mutex_t lock; /* the list; a connection in it has an open descriptor */
    pthread_cond_t stop_asked;
    struct connection *first;
    bool stopping;
    pthread_t thread;
};

/* One request. Owned by its connection's thread, but by the writer between the queue and `done`. */
struct front_request {
    struct front *front;
    struct MHD_Connection *http;
    struct connection *connection; /* outlives the request */
    struct front_request *next;    /* in the queue */

    /* Borrowed from libmicrohttpd until the request ends. */
    const char *method;
    const char *path;
    const char *content_type; /* "" when absent */

    struct buf body;
    uint64_t window_bytes; /* received in the present window */
    int64_t window_ms;     /* its start */
    uint64_t discarded_bytes;
    char peer[PEER_TEXT_SIZE];

    enum err refused;   /* not OK: the front answers by itself, ... */
    int refused_status; /* ... with this status */
    struct diag diag;

    bool answered; /* the reply below is complete */
    bool sending;  /* it is counted in the front's reply_bytes */
    int status;
    const char *reply_type;
    int64_t retry_after_s;
    struct buf reply;
};

struct writer {
    pthread_mutex_t lock; /* what follows */
    pthread_cond_t filled;
    struct front_request *first, *last;
    bool stopping;
    pthread_t thread;

    /* The writer's own. */
    size_t usual_group; /* requests in the last group */
    int64_t commit_ns;  /* how long its commit took */
};

struct front {
    const struct host *host;
    struct svc *svc;
    struct front_deadlines deadlines;
    struct MHD_Daemon *daemon;
    int listen_fd;
    uint16_t port;
    struct watch watch;
    struct writer writer;
    _Atomic size_t open_requests;
    size_t replies_max;
    _Atomic size_t body_bytes;  /* held in bodies now */
    _Atomic size_t reply_bytes; /* held in replies on their way */
    _Atomic uint64_t connections, requests, groups, failed_groups, refused, cut;
};

int64_t front_now_ms(const struct front *front);
void *front_alloc(const struct front *front, size_t size); /* Zeroed; NULL when out of memory. */
void front_release(const struct front *front, void *memory);

/* front_request.c: libmicrohttpd's callbacks; `cls` is the front. */
enum MHD_Result request_on_access(void *cls, struct MHD_Connection *http, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **request_ctx);
void request_on_completed(void *cls, struct MHD_Connection *http, void **request_ctx,
                          enum MHD_RequestTerminationCode why);

/* front_writer.c */
MUST_CHECK enum err writer_start(struct front *front);
/* Suspends the request's connection and queues it; false when the front is stopping. */
bool writer_take(struct front *front, struct front_request *request);
void writer_stop(struct front *front); /* Returns when everything queued was answered. */

/* front_watch.c */
MUST_CHECK enum err watch_start(struct front *front);
void watch_stop(struct front *front);
void watch_on_connection(void *cls, struct MHD_Connection *http, void **connection,
                         enum MHD_ConnectionNotificationCode what);
/* From now on the connection is cut after `wait_ms`; INT64_MAX: never. */
void watch_deadline(const struct front *front, struct connection *connection, int64_t wait_ms);

#endif
