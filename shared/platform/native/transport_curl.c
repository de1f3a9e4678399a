#include "transport_curl.h"

#include <curl/curl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Names, TCP and TLS together: over 2G a handshake alone may take 20 s. Silence ends it sooner. */
#define CONNECT_TIMEOUT_MS 180000L

/* An answer may ask to wait, but not for longer than a day: the clock it was made with may lie. */
#define RETRY_AFTER_MAX_S 86400

/* Larger bodies are sent after the hub said "go on", or kept silent for that long. */
#define ASK_FIRST_SIZE    65536
#define ASK_FIRST_WAIT_MS 10000L

#define PINS_SIZE_MAX    1024
#define SOCKETS_MAX      8
#define REPLY_STATUS_MAX 599

/* What OpenSSL, behind libcurl, says of dates (X509_V_ERR_CERT_NOT_YET_VALID, _HAS_EXPIRED). */
#define VERIFY_NOT_YET_VALID 9L
#define VERIFY_EXPIRED       10L

/* AEAD with forward secrecy only; TLS 1.3 has nothing else. */
#define CIPHERS_TLS12 "ECDHE+AESGCM:ECDHE+CHACHA20"

struct transport {
    const struct mem *mem;
    CURL *curl;
    /* libcurl tries IPv4 and IPv6 side by side, so more than one may be open for a moment. */
    curl_socket_t sockets[SOCKETS_MAX];
    size_t socket_count;

    /* The exchange under way. */
    struct exchange_reply *reply;
    size_t body_limit; /* reply->body may not grow beyond */
    bool too_large;
    bool silent; /* broken off because nothing moved */
    int64_t timeout_ms;
    int64_t moved_ms;     /* when something moved last, monotonic */
    uint64_t moved_bytes; /* TCP's count at that time */
};

static int64_t mono_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t take_body(char *data, size_t item_size, size_t count, void *ctx)
{
    struct transport *transport = ctx;
    struct buf *body = &transport->reply->body;
    size_t size = item_size * count;
    if (size > transport->body_limit - body->size) {
        transport->too_large = true;
        return 0;
    }
    buf_add(body, data, size);
    return buf_error(body) ? 0 : size;
}

/* libcurl's debug hook, for its counts alone: CURLINFO_REQUEST_SIZE counts the part of a body that
   went out with the headers, CURLINFO_SIZE_UPLOAD counts it again. */
static int count_bytes(CURL *curl, curl_infotype what, char *data, size_t size, void *ctx)
{
    struct transport *transport = ctx;
    (void)curl;
    (void)data;
    if (what == CURLINFO_HEADER_OUT || what == CURLINFO_DATA_OUT) {
        transport->reply->sent_bytes += size;
    } else if (what == CURLINFO_HEADER_IN || what == CURLINFO_DATA_IN) {
        transport->reply->received_bytes += size;
    }
    return 0;
}

static int socket_opened(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    struct transport *transport = ctx;
    (void)purpose;
    if (transport->socket_count == SOCKETS_MAX) {
        return CURL_SOCKOPT_ERROR;
    }
    transport->sockets[transport->socket_count++] = fd;
    return CURL_SOCKOPT_OK;
}

static int socket_closed(void *ctx, curl_socket_t fd)
{
    struct transport *transport = ctx;
    for (size_t i = 0; i < transport->socket_count; i++) {
        if (transport->sockets[i] == fd) {
            transport->sockets[i] = transport->sockets[--transport->socket_count];
            break;
        }
    }
    return close(fd);
}

/* Everything that the peer sent or acknowledged on the connections that are open now. */
static uint64_t tcp_bytes(const struct transport *transport)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < transport->socket_count; i++) {
        struct tcp_info info;
        socklen_t size = sizeof info;
        memset(&info, 0, sizeof info);
        if (getsockopt(transport->sockets[i], IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
            bytes += info.tcpi_bytes_acked + info.tcpi_bytes_received;
        }
    }
    return bytes;
}

/* Called by libcurl about once a second, also when nothing moves; not 0 breaks the exchange off. */
static int watch_silence(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                         curl_off_t up)
{
    struct transport *transport = ctx;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    int64_t now_ms = mono_ms();
    uint64_t bytes = tcp_bytes(transport);
    if (bytes != transport->moved_bytes) {
        transport->moved_bytes = bytes;
        transport->moved_ms = now_ms;
    }
    transport->silent = now_ms - transport->moved_ms >= transport->timeout_ms;
    return transport->silent ? 1 : 0;
}

enum err transport_open(const struct mem *mem, struct transport **ret)
{
    /* Counted inside libcurl, and safe between threads since 7.84. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return ERR_NOMEM;
    }
    struct transport *transport = mem->resize(mem->ctx, NULL, sizeof *transport);
    CURL *curl = curl_easy_init();
    if (transport == NULL || curl == NULL) {
        curl_easy_cleanup(curl);
        mem->resize(mem->ctx, transport, 0);
        curl_global_cleanup();
        return ERR_NOMEM;
    }
    *transport = (struct transport){.mem = mem, .curl = curl};
    *ret = transport;
    return OK;
}

void transport_close(struct transport *transport)
{
    if (transport == NULL) {
        return;
    }
    const struct mem *mem = transport->mem;
    curl_easy_cleanup(transport->curl);
    mem->resize(mem->ctx, transport, 0);
    curl_global_cleanup();
}

/* "sha256//a;sha256//b". A ';' inside a pin would smuggle in a second one. */
static enum err join_pins(const struct exchange_request *request, char ret[PINS_SIZE_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < request->pin_count; i++) {
        const char *pin = request->pins[i];
        size_t size = strlen(pin);
        if (strncmp(pin, "sha256//", 8) != 0 || strchr(pin, ';') != NULL ||
            size + 2 > PINS_SIZE_MAX - used) {
            return ERR_USAGE;
        }
        if (used > 0) {
            ret[used++] = ';';
        }
        memcpy(ret + used, pin, size + 1);
        used += size;
    }
    return used > 0 ? OK : ERR_USAGE;
}

static void set_connection(CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    /* One connection at most: a device speaks to one hub at a time. */
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
}

/* The caller checked that at least one pin is set. */
static CURLcode set_trust(CURL *curl, const struct exchange_request *request, const char *pins)
{
    bool chain = request->ca_pem != NULL && !request->skip_dates;
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, CIPHERS_TLS12);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, chain ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    /* Both have defaults built in that would add the system's authorities to ours. */
    curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    if (chain) {
        struct curl_blob ca = {
            .data = (void *)(uintptr_t)request->ca_pem,
            .len = strlen(request->ca_pem),
            .flags = CURL_BLOB_COPY,
        };
        CURLcode code = curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca);
        if (code != CURLE_OK) {
            return code;
        }
    }
    return curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, pins);
}

static bool has_content_type(const struct exchange_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strncasecmp(request->headers[i], "Content-Type:", 13) == 0) {
            return true;
        }
    }
    return false;
}

/* NULL when out of memory; `list` is freed then. */
static struct curl_slist *add_line(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (longer == NULL) {
        curl_slist_free_all(list);
    }
    return longer;
}

/*
 * NULL when out of memory. libcurl's own Accept and form Content-Type are taken out: every byte of
 * a header is paid for on 2G. A large body asks first (RFC 9110, section 10.1.1): the round trip
 * costs less than sending a body that the hub then refuses, and only so does the refusal arrive:
 * a server that closes with a body still coming resets the connection.
 */
static struct curl_slist *make_headers(const struct exchange_request *request)
{
    bool asks = request->body.size > ASK_FIRST_SIZE;
    struct curl_slist *list = add_line(NULL, "Accept:");
    if (list != NULL) {
        list = add_line(list, asks ? "Expect: 100-continue" : "Expect:");
    }
    if (list != NULL && !has_content_type(request)) {
        list = add_line(list, "Content-Type:");
    }
    for (size_t i = 0; i < request->header_count && list != NULL; i++) {
        list = add_line(list, request->headers[i]);
    }
    return list;
}

static CURLcode set_request(struct transport *transport, const struct exchange_request *request,
                            struct curl_slist *headers)
{
    CURL *curl = transport->curl;
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    /* Not copied; the pointer must not be NULL, or libcurl would read the body from a callback. */
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                     request->body.size > 0 ? (const char *)request->body.data : "");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_EXPECT_100_TIMEOUT_MS, ASK_FIRST_WAIT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transport);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->max_reply_size);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, socket_opened);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, transport);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, socket_closed);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, transport);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, count_bytes);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, transport);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch_silence);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transport);
    return curl_easy_setopt(curl, CURLOPT_URL, request->url);
}

static int64_t retry_after_s(CURL *curl)
{
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds < 0) {
        return 0;
    }
    return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (int64_t)seconds;
}

static const char *plain_reason(const struct transport *transport, CURLcode code)
{
    if (transport->silent) {
        return "nothing moved for too long";
    }
    if (transport->too_large || code == CURLE_FILESIZE_EXCEEDED) {
        return "the reply is larger than allowed";
    }
    if (code == CURLE_COULDNT_RESOLVE_HOST) {
        return "the address isn't known here";
    }
    if (code == CURLE_COULDNT_CONNECT) {
        return "nothing answers at that address";
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        return "the certificate isn't in date; compare the date here and at the hub";
    }
    if (code == CURLE_SSL_CONNECT_ERROR) {
        return "no secure connection (not an HTTPS server, or one that is too old)";
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return "connecting took too long";
    }
    if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
        code == CURLE_SEND_ERROR) {
        return "the connection was cut";
    }
    return curl_easy_strerror(code);
}

/* libcurl judges the authority before the pin, and who has another key has another authority. */
static bool is_stranger(const struct transport *transport, CURLcode code)
{
    long verdict = 0;
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        curl_easy_getinfo(transport->curl, CURLINFO_SSL_VERIFYRESULT, &verdict);
        return verdict != VERIFY_NOT_YET_VALID && verdict != VERIFY_EXPIRED;
    }
    return code == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

static enum err judge(const struct transport *transport, CURLcode code, const char *url,
                      struct diag *diag)
{
    if (code == CURLE_OK) {
        return OK;
    }
    if (code == CURLE_OUT_OF_MEMORY || buf_error(&transport->reply->body) == ERR_NOMEM) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    if (is_stranger(transport, code)) {
        return diag_set(diag, ERR_PIN, url, NULL);
    }
    return diag_set(diag, ERR_NETWORK, url, plain_reason(transport, code), NULL);
}

static void start_watch(struct transport *transport, const struct exchange_request *request,
                        struct exchange_reply *reply)
{
    transport->reply = reply;
    reply->sent_bytes = 0;
    reply->received_bytes = 0;
    transport->body_limit = reply->body.size + request->max_reply_size;
    transport->too_large = false;
    transport->silent = false;
    transport->timeout_ms = request->timeout_ms;
    transport->moved_ms = mono_ms();
    transport->moved_bytes = 0;
}

enum err transport_exchange(struct transport *transport, const struct exchange_request *request,
                            struct exchange_reply *reply, struct diag *diag)
{
    char pins[PINS_SIZE_MAX];
    enum err e = join_pins(request, pins);
    if (e) {
        return diag_set(diag, e, "exchange", "give at least one pin as sha256//base64", NULL);
    }
    struct curl_slist *headers = make_headers(request);
    if (headers == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    CURL *curl = transport->curl;
    long status = 0;
    curl_easy_reset(curl); /* Options go, connections stay. */
    set_connection(curl);
    start_watch(transport, request, reply);
    CURLcode code = set_trust(curl, request, pins);
    if (code == CURLE_OK) {
        code = set_request(transport, request, headers);
    }
    if (code == CURLE_OK) {
        code = curl_easy_perform(curl);
    }
    e = judge(transport, code, request->url, diag);
    /* Also of a reply that broke off: what came of it may count. */
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    reply->status = status > REPLY_STATUS_MAX ? 0 : (int)status;
    if (!e) {
        reply->retry_after_s = retry_after_s(curl);
    }
    curl_slist_free_all(headers);
    return e;
}
