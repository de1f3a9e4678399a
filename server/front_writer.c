/*
 * front_writer.c - the queue and the one thread that owns the svc.
 *
 * A commit costs a sync of the disk, so one commit should serve many. While the writer commits,
 * others queue up, and that alone makes groups under load. What it misses is the herd: clients
 * answered together send their next requests together, a little apart; a writer that runs off
 * with the first of them splits the herd in two and pays two syncs. So after a group of several
 * the writer waits for as many again, but never longer than a commit takes (then waiting costs more
 * than it saves) nor than HTTP_GROUP_WAIT_MS. A client alone is never made to wait.
 *
 * Measured over TLS with a commit of 2 ms on two cores: 8 clients 2,700 requests/s, without the
 * wait 1,730; 2 clients 790, without 435; one client 0.06 ms a request beside its commit.
 */
#include "front_parts.h"

#include <time.h>

#include "http_limits.h"
#include "process.h"

#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

#define TICK_MAX_MS 3600000

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct timespec time_of(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

bool writer_take(struct front *front, struct front_request *request)
{
    struct writer *writer = &front->writer;
    pthread_mutex_lock(&writer->lock);
    bool taken = !writer->stopping;
    if (taken) {
        /* Before it is queued, or the answer could come before the suspension. */
        MHD_suspend_connection(request->http);
        request->next = NULL;
        if (writer->last != NULL) {
            writer->last->next = request;
        } else {
            writer->first = request;
        }
        writer->last = request;
        pthread_cond_signal(&writer->filled);
    }
    pthread_mutex_unlock(&writer->lock);
    return taken;
}

/* Waits until something is queued, until the time, or until the front stops. NULL: nothing came.
   A time that is past doesn't wait. */
static struct front_request *next_request(struct writer *writer, int64_t until_ns)
{
    struct timespec until = time_of(until_ns);
    pthread_mutex_lock(&writer->lock);
    while (writer->first == NULL && !writer->stopping && until_ns > 0) {
        if (pthread_cond_timedwait(&writer->filled, &writer->lock, &until) != 0) {
            break;
        }
    }
    struct front_request *request = writer->first;
    if (request != NULL) {
        writer->first = request->next;
        if (writer->first == NULL) {
            writer->last = NULL;
        }
    }
    pthread_mutex_unlock(&writer->lock);
    return request;
}

static bool is_stopping(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    bool stopping = writer->stopping;
    pthread_mutex_unlock(&writer->lock);
    return stopping;
}

/* svc_done: keeps the answer and wakes the connection, whose thread owns the request again. */
static void keep_answer(void *ctx, const struct svc_reply *reply)
{
    struct front_request *request = ctx;
    request->status = reply->status;
    request->reply_type = reply->content_type;
    request->retry_after_s = reply->retry_after_s;
    buf_init(&request->reply, &request->front->host->mem, reply->body.size);
    buf_add_span(&request->reply, buf_span(&reply->body));
    request->answered = true;
    MHD_resume_connection(request->http);
}

static void submit(struct front *front, struct front_request *request)
{
    struct svc_request asked = {
        .method = request->method,
        .path = request->path,
        .content_type = span_of(request->content_type),
        .body = buf_span(&request->body),
        .peer = span_of(request->peer),
    };
    atomic_fetch_add(&front->requests, 1);
    svc_submit(front->svc, &asked, keep_answer, request);
}

static void commit(struct front *front)
{
    int64_t start_ns = now_ns();
    /* On failure the svc answered every request of the group with that error. */
    if (svc_commit(front->svc) != OK) {
        atomic_fetch_add(&front->failed_groups, 1);
    }
    atomic_fetch_add(&front->groups, 1);
    front->writer.commit_ns = now_ns() - start_ns;
}

static void run_group(struct front *front, struct front_request *first)
{
    struct writer *writer = &front->writer;
    int64_t most_ns = HTTP_GROUP_WAIT_MS * NS_PER_MS;
    int64_t until_ns = now_ns() + (writer->commit_ns < most_ns ? writer->commit_ns : most_ns);
    size_t count = 0;
    struct front_request *request = first;
    while (request != NULL) {
        submit(front, request);
        count++;
        if (count == HTTP_GROUP_MAX) {
            break;
        }
        request = next_request(writer, count < writer->usual_group ? until_ns : 0);
    }
    writer->usual_group = count;
    commit(front);
}

/* Whatever the svc asks for: not at once again, and no number that overflows as nanoseconds. */
static int64_t tick_wait_ms(int64_t asked_ms)
{
    if (asked_ms < 1) {
        return 1;
    }
    return asked_ms > TICK_MAX_MS ? TICK_MAX_MS : asked_ms;
}

static void *writer_run(void *ctx)
{
    struct front *front = ctx;
    struct writer *writer = &front->writer;
    int64_t tick_ns = now_ns();
    int64_t rest_ns = now_ns() + HTTP_REST_MS * NS_PER_MS;
    for (;;) {
        if (now_ns() >= tick_ns) {
            tick_ns = now_ns() + tick_wait_ms(svc_tick(front->svc)) * NS_PER_MS;
        }
        struct front_request *request = next_request(writer, tick_ns);
        if (request != NULL) {
            run_group(front, request);
            rest_ns = now_ns() + HTTP_REST_MS * NS_PER_MS;
        } else if (now_ns() >= rest_ns) {
            svc_rest(front->svc);
            process_give_memory_back();
            rest_ns = INT64_MAX;
        } else if (is_stopping(writer)) {
            return NULL;
        }
    }
}

enum err writer_start(struct front *front)
{
    struct writer *writer = &front->writer;
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return ERR_NOMEM;
    }
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&writer->lock, NULL);
    (void)pthread_cond_init(&writer->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&writer->thread, NULL, writer_run, front) != 0) {
        pthread_cond_destroy(&writer->filled);
        pthread_mutex_destroy(&writer->lock);
        return ERR_NOMEM;
    }
    return OK;
}

void writer_stop(struct front *front)
{
    struct writer *writer = &front->writer;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->filled);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
}
