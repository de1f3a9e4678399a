#include "front.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "front_parts.h"
#include "http_limits.h"
#include "num.h"

/*
 * TLS 1.3, and 1.2 with AEAD and forward secrecy: what every client of the last ten years has.
 * X25519 first: it is the share that clients send unasked, and asking for another one (GnuTLS's own
 * order does) costs a round trip more, a second on 2G.
 */
#define PRIORITIES                                                                                 \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"   \
    "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:"        \
    "+GROUP-SECP256R1:+GROUP-SECP384R1:%SERVER_PRECEDENCE"

#define FLAGS                                                                                      \
    (MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME |     \
     MHD_USE_SUPPRESS_DATE_NO_CLOCK)

#define LISTEN_BACKLOG   512
#define DESCRIPTORS_KEPT 64u /* for the database, files and the uplink */
#define STOP_STEP_MS     5

int64_t front_now_ms(const struct front *front)
{
    return front->host->mono_ms(front->host->ctx);
}

void *front_alloc(const struct front *front, size_t size)
{
    const struct mem *mem = &front->host->mem;
    void *memory = mem->resize(mem->ctx, NULL, size);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void front_release(const struct front *front, void *memory)
{
    const struct mem *mem = &front->host->mem;
    mem->resize(mem->ctx, memory, 0);
}

struct address {
    struct sockaddr_storage socket;
    socklen_t size;
    bool both; /* IPv6 and IPv4 on one socket */
};

static bool read_address(const char *text, uint16_t port, struct address *ret)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&ret->socket;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&ret->socket;
    memset(ret, 0, sizeof *ret);
    if (text == NULL || text[0] == '\0') {
        ret->both = true;
        text = "::";
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        ret->size = sizeof *v6;
        return true;
    }
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        ret->size = sizeof *v4;
        return true;
    }
    return false;
}

/* Accepted sockets inherit TCP_NODELAY: libmicrohttpd sets it for replies only, and a handshake
   of several small writes waited 40 ms for the client's delayed acknowledgement. */
static int open_socket(const struct address *address)
{
    int on = 1;
    int only_v6 = address->both ? 0 : 1;
    int family = address->socket.ss_family;
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0) {
        return -1;
    }
    bool ready = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
                 setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                 setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
    if (ready && family == AF_INET6) {
        ready = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6) == 0;
    }
    if (ready &&
        bind(fd, (const struct sockaddr *)(const void *)&address->socket, address->size) == 0 &&
        listen(fd, LISTEN_BACKLOG) == 0) {
        return fd;
    }
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    memset(&bound, 0, sizeof bound);
    if (getsockname(fd, (struct sockaddr *)(void *)&bound, &size) != 0) {
        return 0;
    }
    if (bound.ss_family == AF_INET) {
        return ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    }
    return ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port);
}

static enum err listen_at(struct front *front, const struct front_options *options,
                          struct diag *diag)
{
    struct address address;
    char port[NUM_TEXT_SIZE];
    num_write_i64(options->port, port);
    if (!read_address(options->address, options->port, &address)) {
        return diag_set(diag, ERR_BAD_VALUE, "address", options->address, "127.0.0.1, ::", NULL);
    }
    front->listen_fd = open_socket(&address);
    /* A machine without IPv6 still serves everything it has. */
    if (front->listen_fd < 0 && address.both && errno == EAFNOSUPPORT &&
        read_address("0.0.0.0", options->port, &address)) {
        front->listen_fd = open_socket(&address);
    }
    if (front->listen_fd < 0) {
        const char *why = errno == EADDRINUSE      ? "another program listens there"
                          : errno == EACCES        ? "not allowed for this user"
                          : errno == EADDRNOTAVAIL ? "not an address of this machine"
                                                   : "the system refused";
        return diag_set(diag, ERR_PORT, port, why, NULL);
    }
    front->port = port_of(front->listen_fd);
    return OK;
}

/* libmicrohttpd tells only that it did not start; this tells why, for what a person may mend. */
static enum err check_credentials(const struct front_options *options, struct diag *diag)
{
    gnutls_certificate_credentials_t credentials;
    if (gnutls_certificate_allocate_credentials(&credentials) < 0) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    gnutls_datum_t cert = {.data = (unsigned char *)(uintptr_t)options->cert_pem,
                           .size = (unsigned)strlen(options->cert_pem)};
    gnutls_datum_t key = {.data = (unsigned char *)(uintptr_t)options->key_pem,
                          .size = (unsigned)strlen(options->key_pem)};
    int code = gnutls_certificate_set_x509_key_mem(credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    if (code < 0) {
        return diag_set(diag, ERR_CONFIG, "certificate", gnutls_strerror(code), NULL);
    }
    return OK;
}

/* What was sent is what is compared: no decoding of %2F, %00 and the like in paths. */
static size_t keep_escapes(void *cls, struct MHD_Connection *http, char *text)
{
    (void)cls;
    (void)http;
    return strlen(text);
}

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value > 0 ? value : otherwise;
}

/* As many as asked for, but never so many that the database could not open a file. */
static unsigned connection_limit(const struct front_options *options)
{
    unsigned wanted = or_default(options->connections_max, HTTP_CONNECTIONS_MAX);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        rlim_t room = limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT
                                                            : DESCRIPTORS_KEPT;
        wanted = room < wanted ? (unsigned)room : wanted;
    }
    return wanted;
}

static enum err start_daemon(struct front *front, const struct front_options *options,
                             struct diag *diag)
{
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, front->listen_fd, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)or_default(options->threads, HTTP_THREADS), NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)connection_limit(options), NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT,
         (intptr_t)or_default(options->per_ip_max, HTTP_PER_IP_MAX), NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)((front->deadlines.idle_ms + 999) / 1000), NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_CONNECTION_MEMORY, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->cert_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key_pem},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    front->daemon = MHD_start_daemon(
        FLAGS, 0, NULL, NULL, request_on_access, front, MHD_OPTION_NOTIFY_COMPLETED,
        request_on_completed, front, MHD_OPTION_NOTIFY_CONNECTION, watch_on_connection, front,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (front->daemon == NULL) {
        return diag_set(diag, ERR_INTERNAL, "HTTPS server", NULL);
    }
    return OK;
}

static int64_t or_usual(int64_t value_ms, int64_t otherwise_ms)
{
    return value_ms > 0 ? value_ms : otherwise_ms;
}

static void set_deadlines(struct front *front, const struct front_deadlines *asked)
{
    front->deadlines = (struct front_deadlines){
        .first_head_ms = or_usual(asked->first_head_ms, HTTP_FIRST_HEAD_MS),
        .idle_ms = or_usual(asked->idle_ms, HTTP_IDLE_MS),
        .head_ms = or_usual(asked->head_ms, HTTP_HEAD_MS),
        .body_window_ms = or_usual(asked->body_window_ms, HTTP_BODY_WINDOW_MS),
        .body_ms = or_usual(asked->body_ms, HTTP_BODY_MS),
    };
}

static void close_and_free(struct front *front)
{
    if (front->listen_fd >= 0) {
        close(front->listen_fd);
    }
    front_release(front, front);
}

enum err front_start(const struct host *host, struct svc *svc, const struct front_options *options,
                     struct front **ret, struct diag *diag)
{
    struct front *front = host->mem.resize(host->mem.ctx, NULL, sizeof *front);
    if (front == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    memset(front, 0, sizeof *front);
    front->host = host;
    front->svc = svc;
    front->listen_fd = -1;
    set_deadlines(front, &options->deadlines);
    front->replies_max = options->replies_max > 0 ? options->replies_max : HTTP_REPLIES_MAX;
    enum err e = check_credentials(options, diag);
    if (!e) {
        e = listen_at(front, options, diag);
    }
    if (e) {
        close_and_free(front);
        return e;
    }
    e = watch_start(front);
    if (e) {
        close_and_free(front);
        return diag_set(diag, e, NULL);
    }
    e = writer_start(front);
    if (e) {
        watch_stop(front);
        close_and_free(front);
        return diag_set(diag, e, NULL);
    }
    e = start_daemon(front, options, diag);
    if (e) {
        writer_stop(front);
        watch_stop(front);
        close_and_free(front);
        return e;
    }
    *ret = front;
    return OK;
}

uint16_t front_port(const struct front *front)
{
    return front->port;
}

void front_counts(const struct front *front, struct front_counts *ret)
{
    *ret = (struct front_counts){
        .connections = atomic_load(&front->connections),
        .requests = atomic_load(&front->requests),
        .groups = atomic_load(&front->groups),
        .failed_groups = atomic_load(&front->failed_groups),
        .refused = atomic_load(&front->refused),
        .cut = atomic_load(&front->cut),
    };
}

void front_stop(struct front *front)
{
    if (front == NULL) {
        return;
    }
    const struct host *host = front->host;
    (void)MHD_quiesce_daemon(front->daemon);
    writer_stop(front);
    int64_t until_ms = front_now_ms(front) + HTTP_STOP_MS;
    while (atomic_load(&front->open_requests) > 0 && front_now_ms(front) < until_ms) {
        host->sleep_ms(host->ctx, STOP_STEP_MS);
    }
    watch_stop(front);
    MHD_stop_daemon(front->daemon);
    close_and_free(front);
}
