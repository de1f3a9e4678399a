/*
 * front_watch.c - connections and their deadlines.
 *
 * libmicrohttpd only knows how long nothing moved, so a byte every minute would hold a connection
 * for ever, and it says nothing while a handshake or a header drips in. The watch looks at every
 * connection's deadline once a second and shuts down the sockets beyond it; libmicrohttpd then
 * closes them as if the client had gone. It also bounds what replies hold that nobody reads.
 */
#include "front_parts.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#define WATCH_PERIOD_MS 1000

void watch_deadline(const struct front *front, struct connection *connection, int64_t wait_ms)
{
    int64_t deadline_ms = wait_ms == INT64_MAX ? INT64_MAX : front_now_ms(front) + wait_ms;
    atomic_store(&connection->deadline_ms, deadline_ms);
}

static void open_connection(struct front *front, struct MHD_Connection *http, void **ret)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *connection = front_alloc(front, sizeof *connection);
    if (info == NULL || connection == NULL) {
        /* The first request finds no connection and is closed there. */
        front_release(front, connection);
        return;
    }
    connection->fd = info->connect_fd;
    watch_deadline(front, connection, front->deadlines.first_head_ms);
    pthread_mutex_lock(&front->watch.lock);
    connection->next = front->watch.first;
    if (connection->next != NULL) {
        connection->next->previous = connection;
    }
    front->watch.first = connection;
    pthread_mutex_unlock(&front->watch.lock);
    atomic_fetch_add(&front->connections, 1);
    *ret = connection;
}

/* libmicrohttpd calls this before it closes the descriptor, so the watch never shuts down a number
   that already belongs to somebody else. */
static void close_connection(struct front *front, struct connection *connection)
{
    pthread_mutex_lock(&front->watch.lock);
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        front->watch.first = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    pthread_mutex_unlock(&front->watch.lock);
    front_release(front, connection);
}

void watch_on_connection(void *cls, struct MHD_Connection *http, void **connection,
                         enum MHD_ConnectionNotificationCode what)
{
    struct front *front = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        open_connection(front, http, connection);
    } else if (*connection != NULL) {
        close_connection(front, *connection);
        *connection = NULL;
    }
}

/* The list is locked: no descriptor in it can be closed meanwhile. */
static void cut(struct front *front, struct connection *connection)
{
    atomic_store(&connection->deadline_ms, INT64_MAX);
    atomic_store(&connection->reply_size, 0);
    atomic_fetch_add(&front->cut, 1);
    (void)shutdown(connection->fd, SHUT_RDWR);
}

static void cut_overdue(struct front *front)
{
    int64_t now_ms = front_now_ms(front);
    struct connection *next = front->watch.first;
    while (next != NULL) {
        if (atomic_load(&next->deadline_ms) <= now_ms) {
            cut(front, next);
        }
        next = next->next;
    }
}

/* What holds most for longest: bytes times age. So somebody who asks for much and reads nothing
   goes before a phone on 2G that asked for little. */
static struct connection *costliest_reply(const struct front *front)
{
    struct connection *costliest = NULL;
    uint64_t most = 0;
    int64_t now_ms = front_now_ms(front);
    for (struct connection *next = front->watch.first; next != NULL; next = next->next) {
        int64_t age_ms = now_ms - atomic_load(&next->reply_ms) + 1;
        uint64_t cost = (uint64_t)atomic_load(&next->reply_size) * (uint64_t)age_ms;
        if (cost > most) {
            most = cost;
            costliest = next;
        }
    }
    return costliest;
}

/* The list is locked. What was cut goes on counting until libmicrohttpd has closed it. */
static void cut_slow_readers(struct front *front)
{
    size_t held = atomic_load(&front->reply_bytes);
    while (held > front->replies_max) {
        struct connection *costliest = costliest_reply(front);
        if (costliest == NULL) {
            return;
        }
        size_t size = atomic_load(&costliest->reply_size);
        held -= size < held ? size : held;
        cut(front, costliest);
    }
}

static void *watch_run(void *ctx)
{
    struct front *front = ctx;
    struct watch *watch = &front->watch;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += WATCH_PERIOD_MS / 1000;
        if (pthread_cond_timedwait(&watch->stop_asked, &watch->lock, &until) == ETIMEDOUT) {
            cut_overdue(front);
            cut_slow_readers(front);
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

enum err watch_start(struct front *front)
{
    struct watch *watch = &front->watch;
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return ERR_NOMEM;
    }
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)pthread_cond_init(&watch->stop_asked, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&watch->thread, NULL, watch_run, front) != 0) {
        pthread_cond_destroy(&watch->stop_asked);
        pthread_mutex_destroy(&watch->lock);
        return ERR_NOMEM;
    }
    return OK;
}

void watch_stop(struct front *front)
{
    struct watch *watch = &front->watch;
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    pthread_cond_signal(&watch->stop_asked);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    /* The lock stays: libmicrohttpd still reports the connections that it closes at its end. */
}
