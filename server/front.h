/*
 * front.h - the HTTPS front: sockets, TLS and threads around one svc.
 *
 *     struct front_options options = {.address = "", .port = 8443, .cert_pem = ..., .key_pem =
 * ...}; e = front_start(host, svc, &options, &front, &diag); process_wait_stop();
 *     front_stop(front);
 *
 * Threads: a small pool of libmicrohttpd's (TLS, parsing, bodies), one writer that alone calls
 * svc_submit(), svc_commit() and svc_tick(), one watch that cuts connections beyond their deadline.
 * A complete request is queued and its connection suspended; the writer makes one group of what
 * waits, commits it, and each answer wakes its connection. svc_admit() and svc_error_body() are
 * called by the pool's threads: they must be pure. host->mem and host->mono_ms must be usable by
 * several threads.
 *
 *   front.c          start, stop, the listening socket
 *   front_request.c  one request: headers, admission, body, reply (libmicrohttpd's callbacks)
 *   front_writer.c   the queue and the writer
 *   front_watch.c    connections and their deadlines
 *   http_limits.h    every maximum
 */
#ifndef FRONT_H
#define FRONT_H

#include "host.h"
#include "svc.h"

struct front;

/* In ms; 0 stands for the figure in http_limits.h. Tests shorten them. */
struct front_deadlines {
    int64_t first_head_ms, idle_ms, head_ms, body_window_ms, body_ms;
};

struct front_options {
    const char *address;  /* an IP address; "" or NULL: every address, IPv4 and IPv6 */
    uint16_t port;        /* 0: the system chooses, front_port() tells */
    const char *cert_pem; /* the server's certificate and what else is sent with it */
    const char *key_pem;
    unsigned threads;         /* 0: HTTP_THREADS */
    unsigned connections_max; /* 0: HTTP_CONNECTIONS_MAX */
    unsigned per_ip_max;      /* 0: HTTP_PER_IP_MAX */
    size_t replies_max;       /* bytes; 0: HTTP_REPLIES_MAX */
    struct front_deadlines deadlines;
};

/* Since the start. */
struct front_counts {
    uint64_t connections; /* accepted */
    uint64_t requests;    /* given to the svc */
    uint64_t groups;      /* commits */
    uint64_t failed_groups;
    uint64_t refused; /* answered by the front itself */
    uint64_t cut;     /* connections closed at a deadline, or for what broke a limit */
};

/* ERR_CONFIG (what, value, why): address, port, certificate or key. ERR_NOMEM. The strings of the
   options are only borrowed for the call. */
MUST_CHECK enum err front_start(const struct host *host, struct svc *svc,
                                const struct front_options *options, struct front **ret,
                                struct diag *diag);
uint16_t front_port(const struct front *front);
void front_counts(const struct front *front, struct front_counts *ret);

/* Takes no more connections, answers what waits, gives replies HTTP_STOP_MS to go out, ends the
   threads. The svc is then the caller's alone again. NULL is fine. */
void front_stop(struct front *front);

#endif
