/*
 * transport_probe.c - the client's transport before a real front, a wrong one, and none.
 */
#include "test.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "probe_svc.h"
#include "process.h"

/* A front and what a device knows of it. */
struct setting {
    struct probe probe;
    struct cert_set stranger; /* another hub's certificates */
    char url[64];
    const char *pins[2];
    struct exchange_request request;
    struct exchange_reply reply;
    struct diag diag;
};

static struct setting setting;

static void set_url(struct setting *s, const char *before, const char *path)
{
    snprintf(s->url, sizeof s->url, "%s127.0.0.1:%u%s", before, (unsigned)s->probe.port, path);
}

static int start(void **state)
{
    probe_start(&setting.probe, NULL);
    if (cert_make(&setting.probe.host, NULL, 0, &setting.stranger, NULL) != OK) {
        return -1;
    }
    *state = &setting;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    cert_set_release(&setting.stranger);
    probe_stop(&setting.probe);
    return 0;
}

/* Each case begins with what an enrolled device would ask. */
static int begin(void **state)
{
    struct setting *s = *state;
    set_url(s, "https://", "/v1/echo");
    s->pins[0] = s->probe.certs.server_pin;
    s->pins[1] = s->probe.certs.backup_pin;
    s->request = (struct exchange_request){
        .url = s->url,
        .pins = s->pins,
        .pin_count = 2,
        .ca_pem = buf_text(&s->probe.certs.ca_pem),
        .body = span_of("salam"),
        .timeout_ms = 5000,
        .max_reply_size = 1000,
    };
    s->reply = (struct exchange_reply){.status = 0};
    s->diag = (struct diag){.code = OK};
    buf_init(&s->reply.body, &s->probe.host.mem, 400000);
    return 0;
}

static int end(void **state)
{
    struct setting *s = *state;
    buf_release(&s->reply.body);
    return 0;
}

static enum err ask(struct setting *s)
{
    buf_clear(&s->reply.body);
    s->diag = (struct diag){.code = OK};
    const struct host *host = &s->probe.host;
    return host->exchange(host->ctx, &s->request, &s->reply, &s->diag);
}

static uint64_t connections(const struct setting *s)
{
    struct front_counts counts;
    front_counts(s->probe.front, &counts);
    return counts.connections;
}

static void an_exchange_brings_the_answer_back(void **state)
{
    struct setting *s = *state;
    assert_int_equal(ask(s), OK);
    assert_int_equal(s->reply.status, 200);
    assert_string_equal(buf_text(&s->reply.body), "salam");
    assert_int_equal(s->reply.retry_after_s, 0);
}

static void the_connection_is_kept_for_the_next(void **state)
{
    struct setting *s = *state;
    assert_int_equal(ask(s), OK);
    uint64_t before = connections(s);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(s), OK);
    }
    assert_int_equal(connections(s), before);
}

static void the_bytes_of_headers_and_bodies_are_counted(void **state)
{
    struct setting *s = *state;
    static uint8_t body[50000];
    char head[256];
    const char *headers[] = {"Content-Type: application/x-douar"};
    s->request.headers = headers;
    s->request.header_count = 1;
    s->request.max_reply_size = sizeof body;
    for (size_t size = 5; size <= sizeof body; size += sizeof body - 5) {
        s->request.body = span_from(body, size);
        assert_int_equal(ask(s), OK);
        int head_size = snprintf(head, sizeof head,
                                 "POST /v1/echo HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                                 "Content-Type: application/x-douar\r\n"
                                 "Content-Length: %zu\r\n\r\n",
                                 (unsigned)s->probe.port, size);
        assert_int_equal(s->reply.sent_bytes, (size_t)head_size + size);
        assert_in_range(s->reply.received_bytes, size + 40, size + 140);
    }
}

static void an_error_of_the_hub_is_an_answer(void **state)
{
    struct setting *s = *state;
    set_url(s, "https://", "/v1/busy");
    assert_int_equal(ask(s), OK);
    assert_int_equal(s->reply.status, 503);
    assert_int_equal(s->reply.retry_after_s, 7);
    set_url(s, "https://", "/v1/none");
    assert_int_equal(ask(s), OK);
    assert_int_equal(s->reply.status, 404);
    assert_int_equal(s->reply.retry_after_s, 0);
}

static void a_body_too_large_for_the_hub_learns_so(void **state)
{
    struct setting *s = *state;
    static uint8_t body[3 * 1024 * 1024];
    s->request.body = span_from(body, sizeof body);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ask(s), OK);
        assert_int_equal(s->reply.status, 413);
        assert_non_null(strstr(buf_text(&s->reply.body), "too_large"));
        /* It asked first: on 2G this body would have cost half an hour. */
        assert_true(s->reply.sent_bytes < 1000);
    }
}

static void a_reply_too_large_is_broken_off(void **state)
{
    struct setting *s = *state;
    set_url(s, "https://", "/v1/large");
    assert_int_equal(ask(s), ERR_NETWORK);
    assert_string_equal(s->diag.args[1], "the reply is larger than allowed");
    s->request.max_reply_size = PROBE_LARGE_SIZE;
    assert_int_equal(ask(s), OK);
    assert_int_equal(s->reply.body.size, PROBE_LARGE_SIZE);
}

static void a_wrong_pin_is_never_accepted(void **state)
{
    struct setting *s = *state;
    /* Also on the connection that was just found to be right. */
    assert_int_equal(ask(s), OK);
    s->pins[0] = s->stranger.server_pin;
    s->pins[1] = s->stranger.backup_pin;
    assert_int_equal(ask(s), ERR_PIN);
    assert_string_equal(s->diag.args[0], s->url);
    s->request.skip_dates = true;
    assert_int_equal(ask(s), ERR_PIN);
    s->request.ca_pem = NULL;
    assert_int_equal(ask(s), ERR_PIN);
    s->request.skip_dates = false;
    assert_int_equal(ask(s), ERR_PIN);
}

static void either_pin_is_enough(void **state)
{
    struct setting *s = *state;
    s->pins[0] = s->stranger.server_pin;
    s->pins[1] = s->probe.certs.server_pin;
    assert_int_equal(ask(s), OK);
    s->request.ca_pem = NULL;
    assert_int_equal(ask(s), OK);
}

static void no_pin_or_a_broken_one_is_no_request(void **state)
{
    struct setting *s = *state;
    s->request.pin_count = 0;
    assert_int_equal(ask(s), ERR_USAGE);
    s->request.pin_count = 1;
    s->pins[0] = "";
    assert_int_equal(ask(s), ERR_USAGE);
    s->pins[0] = "/etc/passwd";
    assert_int_equal(ask(s), ERR_USAGE);
    s->pins[0] = "sha256//a;sha256//b";
    assert_int_equal(ask(s), ERR_USAGE);
}

static void another_authority_is_refused(void **state)
{
    struct setting *s = *state;
    s->request.ca_pem = buf_text(&s->stranger.ca_pem);
    assert_int_equal(ask(s), ERR_PIN);
}

/* The hub's certificate as a device whose clock is ten years ahead, or behind, would see it. */
static void only_a_mad_clock_gets_past_the_dates(void **state)
{
    struct setting *s = *state;
    static const struct {
        int64_t from_s, until_s;
    } dates[] = {
        {1262304000, 1577836800}, /* 2010 to 2020: over */
        {3155760000, 3471292800}, /* 2070 to 2080: not begun */
    };
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        const struct host *host = &s->probe.host;
        struct cert_request asked = {
            .ca_pem = buf_text(&s->probe.certs.ca_pem),
            .ca_key_pem = buf_text(&s->probe.certs.ca_key_pem),
            .key_pem = buf_text(&s->probe.certs.server_key_pem),
            .from_s = dates[i].from_s,
            .until_s = dates[i].until_s,
        };
        struct buf pem;
        struct svc svc;
        struct front *front = NULL;
        buf_init(&pem, &host->mem, 10000);
        probe_svc_init(&svc, host);
        assert_int_equal(cert_issue(host, &asked, &pem, NULL), OK);
        struct front_options options = {
            .address = "127.0.0.1", .cert_pem = buf_text(&pem), .key_pem = asked.key_pem};
        assert_int_equal(front_start(host, &svc, &options, &front, &s->diag), OK);
        snprintf(s->url, sizeof s->url, "https://127.0.0.1:%u/v1/echo",
                 (unsigned)front_port(front));
        s->request.skip_dates = false;
        s->pins[0] = s->probe.certs.server_pin;
        assert_int_equal(ask(s), ERR_NETWORK);
        assert_non_null(strstr(s->diag.args[1], "date"));
        s->request.skip_dates = true;
        assert_int_equal(ask(s), OK);
        s->pins[0] = s->stranger.server_pin;
        assert_int_equal(ask(s), ERR_PIN);
        front_stop(front);
        probe_svc_release(&svc);
        buf_release(&pem);
    }
}

static void only_https_is_spoken(void **state)
{
    struct setting *s = *state;
    set_url(s, "http://", "/v1/echo");
    assert_int_equal(ask(s), ERR_NETWORK);
    snprintf(s->url, sizeof s->url, "file:///etc/hostname");
    assert_int_equal(ask(s), ERR_NETWORK);
    set_url(s, "https://name:word@", "/v1/echo");
    assert_int_equal(ask(s), ERR_NETWORK);
}

static void the_environment_gives_no_proxy(void **state)
{
    struct setting *s = *state;
    setenv("https_proxy", "http://127.0.0.1:9", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:9", 1);
    enum err e = ask(s);
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    assert_int_equal(e, OK);
}

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A socket that listens on a free port of 127.0.0.1 and never answers. */
static int listen_silently(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void silence_ends_an_exchange(void **state)
{
    struct setting *s = *state;
    uint16_t port;
    int fd = listen_silently(&port);
    snprintf(s->url, sizeof s->url, "https://127.0.0.1:%u/v1/echo", (unsigned)port);
    s->request.timeout_ms = 1500;
    int64_t began_ms = mono_ms();
    assert_int_equal(ask(s), ERR_NETWORK);
    assert_in_range(mono_ms() - began_ms, 1400, 4000);
    assert_string_equal(s->diag.args[1], "nothing moved for too long");
    close(fd);
    began_ms = mono_ms();
    assert_int_equal(ask(s), ERR_NETWORK);
    assert_string_equal(s->diag.args[1], "nothing answers at that address");
    assert_true(mono_ms() - began_ms < 1400);
}

/* Passes bytes between a client and the front, slowly one way: a 2G connection. */
struct slow_link {
    int listening;
    uint16_t to_port;
    pthread_t thread;
};

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)(void *)&address, sizeof address), 0);
    return fd;
}

/* One step a tenth of a second: at most 1,500 bytes up, as much as there is down. */
static bool pass_once(int client, int server)
{
    uint8_t bytes[1500];
    const struct timespec pause = {.tv_nsec = 100000000};
    ssize_t up = recv(client, bytes, sizeof bytes, MSG_DONTWAIT);
    if (up == 0 || (up > 0 && send(server, bytes, (size_t)up, MSG_NOSIGNAL) != up)) {
        return false;
    }
    ssize_t down;
    while ((down = recv(server, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        if (send(client, bytes, (size_t)down, MSG_NOSIGNAL) != down) {
            return false;
        }
    }
    nanosleep(&pause, NULL);
    return down != 0;
}

static void *run_slow_link(void *ctx)
{
    struct slow_link *slow = ctx;
    int client = accept(slow->listening, NULL, NULL);
    int server = connect_to(slow->to_port);
    while (pass_once(client, server)) {
    }
    close(client);
    close(server);
    return NULL;
}

static void a_slow_link_is_not_taken_for_a_silent_one(void **state)
{
    struct setting *s = *state;
    static uint8_t body[60000];
    uint16_t port;
    struct slow_link slow = {.to_port = s->probe.port};
    int small = 4096;
    slow.listening = listen_silently(&port);
    /* Inherited by the accepted socket: the kernel must not swallow the whole body at once. */
    setsockopt(slow.listening, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(pthread_create(&slow.thread, NULL, run_slow_link, &slow), 0);
    snprintf(s->url, sizeof s->url, "https://127.0.0.1:%u/v1/echo", (unsigned)port);
    s->request.timeout_ms = 1500;
    s->request.max_reply_size = sizeof body;
    s->request.body = span_from(body, sizeof body);
    int64_t began_ms = mono_ms();
    assert_int_equal(ask(s), OK);
    assert_int_equal(s->reply.body.size, sizeof body);
    assert_true(mono_ms() - began_ms > 2 * s->request.timeout_ms);
    /* Lets go of the link, so that it ends. */
    set_url(s, "https://", "/v1/echo");
    assert_int_equal(ask(s), OK);
    pthread_join(slow.thread, NULL);
    close(slow.listening);
}

static void a_connection_that_the_hub_closed_is_made_anew(void **state)
{
    struct setting *s = *state;
    assert_int_equal(ask(s), OK);
    struct front_options options = {
        .address = "127.0.0.1",
        .port = s->probe.port,
        .cert_pem = buf_text(&s->probe.certs.server_pem),
        .key_pem = buf_text(&s->probe.certs.server_key_pem),
    };
    front_stop(s->probe.front);
    s->probe.front = NULL;
    assert_int_equal(ask(s), ERR_NETWORK);
    assert_int_equal(
        front_start(&s->probe.host, &s->probe.svc, &options, &s->probe.front, &s->diag), OK);
    assert_int_equal(ask(s), OK);
}

int main(void)
{
    if (process_init() != OK) {
        return 1;
    }
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(an_exchange_brings_the_answer_back),
        CASE(the_connection_is_kept_for_the_next),
        CASE(the_bytes_of_headers_and_bodies_are_counted),
        CASE(an_error_of_the_hub_is_an_answer),
        CASE(a_body_too_large_for_the_hub_learns_so),
        CASE(a_reply_too_large_is_broken_off),
        CASE(a_wrong_pin_is_never_accepted),
        CASE(either_pin_is_enough),
        CASE(no_pin_or_a_broken_one_is_no_request),
        CASE(another_authority_is_refused),
        CASE(only_a_mad_clock_gets_past_the_dates),
        CASE(only_https_is_spoken),
        CASE(the_environment_gives_no_proxy),
        CASE(silence_ends_an_exchange),
        CASE(a_slow_link_is_not_taken_for_a_silent_one),
        CASE(a_connection_that_the_hub_closed_is_made_anew),
    };
#undef CASE
    return cmocka_run_group_tests_name("transport", tests, start, stop);
}
