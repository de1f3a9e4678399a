/*
 * front_probe.c - the HTTPS front before clients that are many, slow, broken or hostile.
 *
 * A real front with real TLS on 127.0.0.1, over the small svc of probe_svc.h.
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "http_limits.h"
#include "probe_svc.h"
#include "process.h"
#include "raw_tls.h"

#define REPLY_SIZE 400000

static char reply[REPLY_SIZE];

static void sleep_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0) {
    }
}

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static int start(void **state)
{
    static struct probe probe;
    probe_start(&probe, NULL);
    *state = &probe;
    return 0;
}

/* A front whose deadlines a test can wait for. */
static int start_impatient(void **state)
{
    static struct probe probe;
    struct front_deadlines deadlines = {.first_head_ms = 1500,
                                        .idle_ms = 3000,
                                        .head_ms = 500,
                                        .body_window_ms = 1000,
                                        .body_ms = 6000};
    probe_start(&probe, &deadlines);
    *state = &probe;
    return 0;
}

static int stop(void **state)
{
    probe_stop(*state);
    return 0;
}

static struct front_counts counts_of(const struct probe *probe)
{
    struct front_counts counts;
    front_counts(probe->front, &counts);
    return counts;
}

/* One request on a connection of its own; the status, and whether the connection then ended. */
static int ask_once(struct probe *probe, const char *request, bool *ret_closed)
{
    struct raw_tls raw;
    raw_open_tls(&raw, probe->port);
    raw_send_text(&raw, request);
    int status = raw_reply(&raw, reply, sizeof reply);
    *ret_closed = raw_is_closed(&raw, 500);
    raw_close(&raw);
    return status;
}

static void assert_still_serves(struct probe *probe)
{
    bool closed;
    assert_int_equal(
        ask_once(probe, "POST /v1/echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\n\r\nhello",
                 &closed),
        200);
    assert_non_null(strstr(reply, "\r\n\r\nhello"));
    assert_false(closed);
}

static void a_request_is_answered_and_the_connection_kept(void **state)
{
    struct probe *probe = *state;
    struct raw_tls raw;
    raw_open_tls(&raw, probe->port);
    for (int i = 0; i < 3; i++) {
        raw_send_text(&raw, "POST /v1/echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 4\r\n\r\nsalt");
        assert_int_equal(raw_reply(&raw, reply, sizeof reply), 200);
        assert_non_null(strstr(reply, "\r\n\r\nsalt"));
    }
    /* What a sync pays for each time: nothing beyond these. */
    assert_null(strstr(reply, "Date:"));
    assert_null(strstr(reply, "Content-Security-Policy"));
    assert_string_equal(probe->svc.last_peer, "127.0.0.1");
    raw_close(&raw);
}

static void a_page_carries_the_headers_that_browsers_need(void **state)
{
    bool closed;
    assert_int_equal(ask_once(*state, "GET /page HTTP/1.1\r\nHost: hub\r\n\r\n", &closed), 200);
    assert_non_null(strstr(reply, "Content-Security-Policy: default-src 'self'"));
    assert_non_null(strstr(reply, "X-Content-Type-Options: nosniff"));
    assert_non_null(strstr(reply, "Cache-Control: no-store"));
}

static void two_hundred_connections_are_served_at_once(void **state)
{
    enum { CONNECTIONS = 200, ROUNDS = 3 };
    struct probe *probe = *state;
    static struct raw_tls raws[CONNECTIONS];
    struct front_counts before = counts_of(probe);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        raw_open_tls(&raws[i], probe->port);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CONNECTIONS; i++) {
            char request[128];
            snprintf(request, sizeof request,
                     "POST /v1/echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 6\r\n\r\n%d-%04zu",
                     round, i);
            assert_true(raw_send_text(&raws[i], request));
        }
        /* Read last to first: who is answered late must not hold up the others. */
        for (size_t i = CONNECTIONS; i-- > 0;) {
            char body[40];
            snprintf(body, sizeof body, "\r\n\r\n%d-%04zu", round, i);
            assert_int_equal(raw_reply(&raws[i], reply, sizeof reply), 200);
            assert_non_null(strstr(reply, body));
        }
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        raw_close(&raws[i]);
    }
    struct front_counts after = counts_of(probe);
    assert_int_equal(after.requests - before.requests, CONNECTIONS * ROUNDS);
    /* Many share a commit. */
    assert_true(after.groups - before.groups < CONNECTIONS * ROUNDS);
}

static void a_body_in_chunks_arrives_whole_and_without_its_trailers(void **state)
{
    bool closed;
    int status = ask_once(*state,
                          "POST /v1/echo HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n"
                          "\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nContent-Length: 9\r\n\r\n",
                          &closed);
    assert_int_equal(status, 200);
    assert_non_null(strstr(reply, "\r\n\r\nabcdefg"));
    assert_still_serves(*state);
}

static void a_body_too_large_is_refused_before_it_is_sent(void **state)
{
    bool closed;
    int status = ask_once(
        *state, "POST /v1/echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 9999999\r\n\r\n", &closed);
    assert_int_equal(status, 413);
    assert_non_null(strstr(reply, "{\"error\":\"too_large\",\"args\":[\"request\",\"65536\"]}"));
    assert_true(closed);
}

static void a_chunked_body_is_refused_when_it_passes_the_limit(void **state)
{
    struct probe *probe = *state;
    static char chunk[16384];
    struct raw_tls raw;
    raw_open_tls(&raw, probe->port);
    memset(chunk, 'x', sizeof chunk);
    raw_send_text(&raw,
                  "POST /v1/echo HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        raw_send_text(&raw, "4000\r\n");
        raw_send(&raw, chunk, sizeof chunk);
        raw_send_text(&raw, "\r\n");
    }
    raw_send_text(&raw, "0\r\n\r\n");
    assert_int_equal(raw_reply(&raw, reply, sizeof reply), 413);
    assert_non_null(strstr(reply, "\"too_large\""));
    raw_close(&raw);
}

static void an_endless_chunked_body_is_cut(void **state)
{
    struct probe *probe = *state;
    static char chunk[16384];
    struct raw_tls raw;
    uint64_t cut_before = counts_of(probe).cut;
    raw_open_tls(&raw, probe->port);
    memset(chunk, 'x', sizeof chunk);
    raw_send_text(&raw,
                  "POST /v1/echo HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n");
    size_t sent = 0;
    while (sent < 10000 && raw_send_text(&raw, "4000\r\n") && raw_send(&raw, chunk, sizeof chunk) &&
           raw_send_text(&raw, "\r\n")) {
        sent++;
    }
    assert_true(sent < 10000);
    assert_int_equal(counts_of(probe).cut - cut_before, 1);
    raw_close(&raw);
    assert_still_serves(probe);
}

static void bad_requests_get_their_own_answer(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *error;
        bool closes;
    } cases[] = {
        {"POST /v1/none HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", 404, "no_such_route",
         false},
        {"GET /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n", 405, "wrong_method", false},
        {"BREW /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n", 405, "wrong_method", false},
        {"POST /v1/echo%00x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 404, "no_such_route",
         false},
        {"POST /v1/%65cho HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 404, "no_such_route",
         false},
        {"POST /v1/../v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 404,
         "no_such_route", false},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400, "bad_format", true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
         400, NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
         400, NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
         400, NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400,
         NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551618\r\n\r\n", 413,
         NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", 400, NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc", 400, NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400,
         NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: "
         "2\r\n\r\nab",
         415, "wrong_content_type", true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nHost: i\r\nContent-Length: 0\r\n\r\n", 400, NULL,
         true},
        {"POST /v1/echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400, NULL, true},
        {"POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Type: a\x01"
         "b\r\nContent-Length: 0\r\n\r\n",
         400, "bad_format", true},
        {"POST /v1/echo HTTP/2.0\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 505, NULL, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool closed;
        int status = ask_once(*state, cases[i].request, &closed);
        if (status != cases[i].status || closed != cases[i].closes ||
            (cases[i].error != NULL && strstr(reply, cases[i].error) == NULL)) {
            fail_msg("case %zu: status %d, closed %d, reply:\n%s", i, status, closed, reply);
        }
    }
    assert_still_serves(*state);
}

static void a_wrong_method_is_told_the_right_one(void **state)
{
    bool closed;
    assert_int_equal(ask_once(*state, "PUT /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n", &closed), 405);
    assert_non_null(strstr(reply, "Allow: POST\r\n"));
}

/* `count` headers whose values have `size` bytes each. */
static int ask_with_headers(struct probe *probe, size_t count, size_t size, size_t url_size)
{
    static char request[200000];
    size_t used = (size_t)snprintf(request, sizeof request, "POST /v1/echo?");
    memset(request + used, 'q', url_size);
    used += url_size;
    used += (size_t)snprintf(request + used, sizeof request - used, " HTTP/1.1\r\nHost: h\r\n");
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(request + used, sizeof request - used, "X-%zu: ", i);
        memset(request + used, 'v', size);
        used += size;
        used += (size_t)snprintf(request + used, sizeof request - used, "\r\n");
    }
    snprintf(request + used, sizeof request - used, "Content-Length: 0\r\n\r\n");
    bool closed;
    return ask_once(probe, request, &closed);
}

static void too_many_and_too_long_headers_are_refused(void **state)
{
    struct probe *probe = *state;
    assert_int_equal(ask_with_headers(probe, HTTP_HEADER_COUNT_MAX - 2, 10, 0), 200);
    assert_int_equal(ask_with_headers(probe, HTTP_HEADER_COUNT_MAX + 1, 10, 0), 431);
    assert_non_null(strstr(reply, "\"too_large\""));
    assert_int_equal(ask_with_headers(probe, 1, HTTP_HEADER_VALUE_MAX + 1, 0), 431);
    assert_non_null(strstr(reply, "\"too_large\""));
    assert_int_equal(ask_with_headers(probe, 3, 3000, 0), 431);
    assert_non_null(strstr(reply, "\"too_large\""));
    assert_int_equal(ask_with_headers(probe, 0, 0, HTTP_URL_MAX), 414);
    assert_non_null(strstr(reply, "\"too_large\""));
    /* Beyond a connection's memory it is libmicrohttpd that refuses. */
    assert_int_equal(ask_with_headers(probe, 40, 3000, 0), 431);
    assert_int_equal(ask_with_headers(probe, 3000, 10, 0), 431);
    assert_int_equal(ask_with_headers(probe, 0, 0, 100000), 414);
    assert_still_serves(probe);
}

static void plain_http_and_old_tls_are_turned_away(void **state)
{
    struct probe *probe = *state;
    struct raw_tls raw;
    raw_open(&raw, "127.0.0.1", probe->port);
    raw_send_text(&raw, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(raw_reply(&raw, reply, sizeof reply), 0);
    assert_true(raw_is_closed(&raw, 2000));
    raw_close(&raw);

    static const struct {
        const char *priorities;
        bool accepted;
    } cases[] = {
        {"NORMAL:-VERS-ALL:+VERS-TLS1.3", true},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2", true},
        {"LEGACY:-VERS-ALL:+VERS-TLS1.1", false},
        {"LEGACY:-VERS-ALL:+VERS-TLS1.0", false},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        raw_open(&raw, "127.0.0.1", probe->port);
        if (raw_handshake(&raw, cases[i].priorities) != cases[i].accepted) {
            fail_msg("%s", cases[i].priorities);
        }
        raw_close(&raw);
    }
    assert_still_serves(probe);
}

static void clients_that_vanish_while_they_wait_do_no_harm(void **state)
{
    enum { CLIENTS = 20 };
    struct probe *probe = *state;
    static struct raw_tls raws[CLIENTS];
    probe_svc_close_gate(&probe->svc);
    for (size_t i = 0; i < CLIENTS; i++) {
        raw_open_tls(&raws[i], probe->port);
        raw_send_text(&raws[i],
                      "POST /v1/gate HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    }
    probe_svc_wait_gate(&probe->svc, 1);
    for (size_t i = 0; i < CLIENTS; i++) {
        if (i % 3 != 0) {
            raw_abort(&raws[i]);
        }
    }
    sleep_ms(50);
    probe_svc_open_gate(&probe->svc);
    for (size_t i = 0; i < CLIENTS; i += 3) {
        assert_int_equal(raw_reply(&raws[i], reply, sizeof reply), 200);
        raw_close(&raws[i]);
    }
    assert_still_serves(probe);
}

static void a_failed_commit_answers_everybody(void **state)
{
    struct probe *probe = *state;
    bool closed;
    uint64_t before = counts_of(probe).failed_groups;
    pthread_mutex_lock(&probe->svc.lock);
    probe->svc.fails = true;
    pthread_mutex_unlock(&probe->svc.lock);
    assert_int_equal(
        ask_once(probe, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", &closed),
        503);
    assert_int_equal(counts_of(probe).failed_groups - before, 1);
    assert_still_serves(probe);
}

struct stopper {
    struct probe *probe;
    pthread_t thread;
};

static void *stop_front(void *ctx)
{
    struct stopper *stopper = ctx;
    front_stop(stopper->probe->front);
    return NULL;
}

static void stopping_answers_what_waits_and_takes_no_more(void **state)
{
    struct probe *probe = *state;
    struct raw_tls waiting;
    struct raw_tls late;
    struct stopper stopper = {.probe = probe};
    probe_svc_close_gate(&probe->svc);
    raw_open_tls(&waiting, probe->port);
    raw_open_tls(&late, probe->port);
    raw_send_text(&waiting, "POST /v1/gate HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nlast");
    probe_svc_wait_gate(&probe->svc, 1);
    int64_t began_ms = mono_ms();
    assert_int_equal(pthread_create(&stopper.thread, NULL, stop_front, &stopper), 0);
    sleep_ms(100);
    raw_send_text(&late, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(raw_reply(&late, reply, sizeof reply), 503);
    assert_non_null(strstr(reply, "Retry-After: 5\r\n"));
    raw_close(&late);
    probe_svc_open_gate(&probe->svc);
    assert_int_equal(raw_reply(&waiting, reply, sizeof reply), 200);
    assert_non_null(strstr(reply, "last"));
    pthread_join(stopper.thread, NULL);
    assert_true(mono_ms() - began_ms < HTTP_STOP_MS);
    raw_close(&waiting);
    probe->front = NULL;
}

static void idle_front_stops_at_once(void **state)
{
    struct probe *probe = *state;
    struct raw_tls idle;
    raw_open_tls(&idle, probe->port);
    int64_t began_ms = mono_ms();
    front_stop(probe->front);
    probe->front = NULL;
    assert_true(mono_ms() - began_ms < 1000);
    assert_true(raw_is_closed(&idle, 1000));
    raw_close(&idle);
}

static void half_handshakes_cost_no_cpu_and_are_cut(void **state)
{
    enum { CONNECTIONS = 50 };
    /* The first 20 bytes of a ClientHello record that announces 512. */
    static const uint8_t half_hello[20] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00,
                                           0x01, 0xfc, 0x03, 0x03, 1,    2,    3};
    struct probe *probe = *state;
    static struct raw_tls raws[CONNECTIONS];
    for (size_t i = 0; i < CONNECTIONS; i++) {
        raw_open(&raws[i], "127.0.0.1", probe->port);
        raw_send(&raws[i], half_hello, sizeof half_hello);
    }
    sleep_ms(200);
    int64_t cpu_before_ms = cpu_ms();
    sleep_ms(1000);
    assert_true(cpu_ms() - cpu_before_ms < 200);
    assert_still_serves(probe);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        assert_true(raw_is_closed(&raws[i], 5000));
        raw_close(&raws[i]);
    }
    assert_true(counts_of(probe).cut >= CONNECTIONS);
}

/* Sends a byte every 100 ms until the server closes; how long that took, or -1 after 8 s. */
static int64_t drip(struct raw_tls *raw, const char *text)
{
    int64_t began_ms = mono_ms();
    size_t size = strlen(text);
    for (size_t i = 0; mono_ms() - began_ms < 8000; i++) {
        if (!raw_send(raw, &text[i < size ? i : size - 1], 1) || raw_is_closed(raw, 100)) {
            return mono_ms() - began_ms;
        }
    }
    return -1;
}

static void headers_that_drip_in_are_cut(void **state)
{
    struct probe *probe = *state;
    struct raw_tls raw;
    raw_open_tls(&raw, probe->port);
    int64_t took_ms = drip(&raw, "POST /v1/echo HTTP/1.1\r\nX: yyyyyyyyyyy");
    raw_close(&raw);
    assert_in_range(took_ms, 1000, 4000);
}

static void headers_that_drip_in_after_a_request_are_cut(void **state)
{
    struct probe *probe = *state;
    struct raw_tls raw;
    raw_open_tls(&raw, probe->port);
    raw_send_text(&raw, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(raw_reply(&raw, reply, sizeof reply), 200);
    int64_t took_ms = drip(&raw, "POST /v1/echo HTTP/1.1\r\nX: yyyyyyyyyyy");
    raw_close(&raw);
    assert_in_range(took_ms, 3000, 6000);
}

static void a_body_that_drips_in_is_cut(void **state)
{
    struct probe *probe = *state;
    struct raw_tls raw;
    raw_open_tls(&raw, probe->port);
    raw_send_text(&raw, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n");
    int64_t took_ms = drip(&raw, "body");
    raw_close(&raw);
    assert_in_range(took_ms, 900, 3500);
    assert_still_serves(probe);
}

static void a_slow_but_honest_body_gets_through(void **state)
{
    struct probe *probe = *state;
    struct raw_tls raw;
    char part[64];
    memset(part, 'p', sizeof part);
    raw_open_tls(&raw, probe->port);
    raw_send_text(&raw, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 640\r\n\r\n");
    for (int i = 0; i < 10; i++) {
        assert_true(raw_send(&raw, part, sizeof part));
        sleep_ms(250);
    }
    assert_int_equal(raw_reply(&raw, reply, sizeof reply), 200);
    raw_close(&raw);
}

/* So many that the replies pass the bound; a good client is served meanwhile. */
static void replies_that_nobody_reads_are_bounded(void **state)
{
    enum { READERS = 6, BOUND = PROBE_REPLIES_MAX / PROBE_HUGE_SIZE };
    struct probe *probe = *state;
    static struct raw_tls raws[READERS];
    uint64_t before = counts_of(probe).cut;
    for (size_t i = 0; i < READERS; i++) {
        raw_open_tls(&raws[i], probe->port);
        raw_send_text(&raws[i], "POST /v1/huge HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        sleep_ms(20);
    }
    int64_t until_ms = mono_ms() + 20000;
    while (counts_of(probe).cut - before < READERS - BOUND && mono_ms() < until_ms) {
        sleep_ms(50);
    }
    assert_true(counts_of(probe).cut - before >= READERS - BOUND);
    assert_still_serves(probe);
    for (size_t i = 0; i < READERS; i++) {
        raw_close(&raws[i]);
    }
}

static void an_idle_connection_is_closed(void **state)
{
    struct probe *probe = *state;
    struct raw_tls raw;
    raw_open_tls(&raw, probe->port);
    raw_send_text(&raw, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(raw_reply(&raw, reply, sizeof reply), 200);
    assert_true(raw_is_closed(&raw, 5000));
    raw_close(&raw);
}

static void start_fails_in_plain_words(void **state)
{
    struct probe *probe = *state;
    struct front *front = NULL;
    struct diag diag = {.code = OK};
    struct front_options options = {
        .address = "127.0.0.1",
        .port = probe->port,
        .cert_pem = buf_text(&probe->certs.server_pem),
        .key_pem = buf_text(&probe->certs.server_key_pem),
    };
    assert_int_equal(front_start(&probe->host, &probe->svc, &options, &front, &diag), ERR_PORT);
    assert_string_equal(diag.args[1], "another program listens there");
    options.port = 0;
    options.address = "hub.example";
    diag = (struct diag){.code = OK};
    assert_int_equal(front_start(&probe->host, &probe->svc, &options, &front, &diag),
                     ERR_BAD_VALUE);
    assert_string_equal(diag.args[1], "hub.example");
    options.address = "127.0.0.1";
    options.key_pem = buf_text(&probe->certs.backup_key_pem);
    diag = (struct diag){.code = OK};
    assert_int_equal(front_start(&probe->host, &probe->svc, &options, &front, &diag), ERR_CONFIG);
    assert_string_equal(diag.args[0], "certificate");
    assert_null(front);
}

static void every_address_is_served_when_none_is_given(void **state)
{
    struct probe *probe = *state;
    struct front *front = NULL;
    struct svc svc;
    struct diag diag = {.code = OK};
    struct front_options options = {
        .cert_pem = buf_text(&probe->certs.server_pem),
        .key_pem = buf_text(&probe->certs.server_key_pem),
    };
    probe_svc_init(&svc, &probe->host);
    assert_int_equal(front_start(&probe->host, &svc, &options, &front, &diag), OK);
    struct raw_tls raw;
    raw_open_tls(&raw, front_port(front));
    raw_send_text(&raw, "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(raw_reply(&raw, reply, sizeof reply), 200);
    raw_close(&raw);
    front_stop(front);
    /* Not "::ffff:127.0.0.1": rate limits must see one client under one name. */
    assert_string_equal(svc.last_peer, "127.0.0.1");
    probe_svc_release(&svc);
}

int main(void)
{
    if (process_init() != OK) {
        return 1;
    }
    const struct CMUnitTest usual[] = {
        cmocka_unit_test(a_request_is_answered_and_the_connection_kept),
        cmocka_unit_test(a_page_carries_the_headers_that_browsers_need),
        cmocka_unit_test(two_hundred_connections_are_served_at_once),
        cmocka_unit_test(a_body_in_chunks_arrives_whole_and_without_its_trailers),
        cmocka_unit_test(a_body_too_large_is_refused_before_it_is_sent),
        cmocka_unit_test(a_chunked_body_is_refused_when_it_passes_the_limit),
        cmocka_unit_test(an_endless_chunked_body_is_cut),
        cmocka_unit_test(bad_requests_get_their_own_answer),
        cmocka_unit_test(a_wrong_method_is_told_the_right_one),
        cmocka_unit_test(too_many_and_too_long_headers_are_refused),
        cmocka_unit_test(plain_http_and_old_tls_are_turned_away),
        cmocka_unit_test(clients_that_vanish_while_they_wait_do_no_harm),
        cmocka_unit_test(a_failed_commit_answers_everybody),
        cmocka_unit_test(replies_that_nobody_reads_are_bounded),
        cmocka_unit_test(start_fails_in_plain_words),
        cmocka_unit_test(every_address_is_served_when_none_is_given),
    };
    const struct CMUnitTest stopping[] = {
        cmocka_unit_test_setup_teardown(stopping_answers_what_waits_and_takes_no_more, start, stop),
        cmocka_unit_test_setup_teardown(idle_front_stops_at_once, start, stop),
    };
    const struct CMUnitTest impatient[] = {
        cmocka_unit_test(half_handshakes_cost_no_cpu_and_are_cut),
        cmocka_unit_test(headers_that_drip_in_are_cut),
        cmocka_unit_test(headers_that_drip_in_after_a_request_are_cut),
        cmocka_unit_test(a_body_that_drips_in_is_cut),
        cmocka_unit_test(a_slow_but_honest_body_gets_through),
        cmocka_unit_test(an_idle_connection_is_closed),
    };
    int failed = cmocka_run_group_tests_name("front", usual, start, stop);
    failed += cmocka_run_group_tests_name("front, stopping", stopping, NULL, NULL);
    failed += cmocka_run_group_tests_name("front, deadlines", impatient, start_impatient, stop);
    return failed;
}
