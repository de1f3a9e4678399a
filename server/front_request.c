/*
 * front_request.c - one request as libmicrohttpd tells it: headers, then its body in pieces, then
 * its end, where the connection sleeps until the writer has the answer.
 *
 * libmicrohttpd takes a reply before the body or after it, never between. So what can be judged
 * from the headers is refused at once when the message can't be trusted or a large body would
 * follow; a small body is read and thrown away first, because closing a socket with unread bytes
 * resets it, and the reset can overtake the refusal.
 */
#include "front_parts.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "http_limits.h"
#include "num.h"

#define REASON_SIZE 160

static const char json_type[] = "application/json";

/* Headers that mean something to us: twice the same is an attack or a fault, never a wish. */
enum header { CONTENT_LENGTH, TRANSFER_ENCODING, CONTENT_TYPE, CONTENT_ENCODING, HOST, EXPECT };
static const char *const header_names[] = {
    [CONTENT_LENGTH] = "Content-Length",
    [TRANSFER_ENCODING] = "Transfer-Encoding",
    [CONTENT_TYPE] = "Content-Type",
    [CONTENT_ENCODING] = "Content-Encoding",
    [HOST] = "Host",
    [EXPECT] = "Expect",
};
#define HEADER_COUNT (sizeof header_names / sizeof header_names[0])

/* What the headers of one request came to. */
struct head {
    struct front_request *request;
    const char *values[HEADER_COUNT]; /* NULL when absent */
    size_t count;
    size_t url_size;
    uint64_t body_size; /* 0 when chunked */
    bool at_once;       /* refuse without reading a body, and close */
};

static void refuse(struct front_request *request, enum err e, int status, const char *a,
                   const char *b)
{
    if (!request->refused) {
        request->refused = e;
        request->refused_status = status;
        diag_set(&request->diag, e, a, b, NULL);
    }
}

static void refuse_head(struct head *head, enum err e, int status, const char *a, const char *b)
{
    head->at_once = true;
    refuse(head->request, e, status, a, b);
}

static bool is_token(const char *text, size_t size)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || strchr(others, c) == NULL)) {
            return false;
        }
    }
    return size > 0;
}

/* A NUL would end the value early for us and not for a proxy; CR and LF split messages. */
static bool has_control(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return true;
        }
    }
    return false;
}

static enum MHD_Result see_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                  size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct head *head = cls;
    head->count++;
    if (value == NULL) {
        value = "";
        value_size = 0;
    }
    if (head->count > HTTP_HEADER_COUNT_MAX) {
        refuse_head(head, ERR_TOO_LARGE, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "number of headers", "64");
        return MHD_NO;
    }
    if (!is_token(key, key_size) || has_control(value, value_size)) {
        refuse_head(head, ERR_FORMAT, MHD_HTTP_BAD_REQUEST, "a character that is not allowed",
                    "headers");
        return MHD_NO;
    }
    if (value_size > HTTP_HEADER_VALUE_MAX) {
        refuse_head(head, ERR_TOO_LARGE, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "value of a header", "4096");
        return MHD_NO;
    }
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (strcasecmp(key, header_names[i]) != 0) {
            continue;
        }
        if (head->values[i] != NULL) {
            refuse_head(head, ERR_FORMAT, MHD_HTTP_BAD_REQUEST, "header given twice",
                        header_names[i]);
        }
        head->values[i] = value;
    }
    return MHD_YES;
}

static enum MHD_Result see_argument(void *cls, enum MHD_ValueKind kind, const char *key,
                                    size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    (void)key;
    (void)value;
    struct head *head = cls;
    head->url_size += key_size + value_size + 2;
    return MHD_YES;
}

/* How long the body is. A proxy and we must never disagree about that, or one of us would take the
   end of one request for the beginning of another (RFC 9112, section 6.3). */
static void judge_framing(struct head *head)
{
    const char *length = head->values[CONTENT_LENGTH];
    const char *coding = head->values[TRANSFER_ENCODING];
    if (length != NULL && coding != NULL) {
        refuse_head(head, ERR_FORMAT, MHD_HTTP_BAD_REQUEST,
                    "Content-Length together with Transfer-Encoding", "headers");
    } else if (coding != NULL && strcasecmp(coding, "chunked") != 0) {
        refuse_head(head, ERR_FORMAT, MHD_HTTP_BAD_REQUEST, "Transfer-Encoding other than chunked",
                    "headers");
    } else if (length != NULL && !num_read_u64(span_of(length), &head->body_size)) {
        refuse_head(head, ERR_FORMAT, MHD_HTTP_BAD_REQUEST, "Content-Length is not a number",
                    "headers");
    }
}

static void judge_head(struct head *head, const char *url, const char *version)
{
    struct MHD_Connection *http = head->request->http;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(http, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (info != NULL && info->header_size > HTTP_HEADERS_SIZE_MAX) {
        refuse_head(head, ERR_TOO_LARGE, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "headers",
                    "8192");
    }
    head->url_size = strlen(url);
    (void)MHD_get_connection_values_n(http, MHD_GET_ARGUMENT_KIND, see_argument, head);
    if (head->url_size > HTTP_URL_MAX) {
        refuse_head(head, ERR_TOO_LARGE, MHD_HTTP_URI_TOO_LONG, "address", "2048");
    }
    if (strcmp(version, MHD_HTTP_VERSION_1_1) != 0 && strcmp(version, MHD_HTTP_VERSION_1_0) != 0) {
        refuse_head(head, ERR_FORMAT, MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED, "HTTP version",
                    "request line");
    }
    (void)MHD_get_connection_values_n(http, MHD_HEADER_KIND, see_header, head);
    judge_framing(head);
    const char *coding = head->values[CONTENT_ENCODING];
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        refuse_head(head, ERR_MEDIA, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "Content-Encoding", NULL);
    }
}

/* Asks the routes, without and then with the size: before any memory is taken for the body. */
static void judge_route(struct head *head)
{
    struct front_request *request = head->request;
    struct diag diag = {.code = OK};
    enum err e = svc_admit(request->method, request->path, head->body_size, &diag);
    if (e) {
        request->refused = e;
        request->refused_status = err_http_status(e);
        request->diag = diag;
    } else if (atomic_load(&request->front->body_bytes) >= HTTP_BODIES_MAX ||
               atomic_load(&request->front->reply_bytes) >= 2 * request->front->replies_max) {
        refuse(request, ERR_BUSY, err_http_status(ERR_BUSY), "5", NULL);
    }
    if (request->refused) {
        bool chunked = head->values[TRANSFER_ENCODING] != NULL;
        bool asks = head->values[EXPECT] != NULL;
        head->at_once = chunked || asks || head->body_size > HTTP_DISCARD_MAX;
    }
}

static void write_peer(struct MHD_Connection *http, char ret[PEER_TEXT_SIZE])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    ret[0] = '\0';
    if (address != NULL && address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        (void)inet_ntop(AF_INET, &v4->sin_addr, ret, PEER_TEXT_SIZE);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        /* An IPv4 client of a socket for both: one client must have one text. */
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        (void)inet_ntop(mapped ? AF_INET : AF_INET6, v6->sin6_addr.s6_addr + (mapped ? 12 : 0), ret,
                        PEER_TEXT_SIZE);
    }
}

static void release_body(struct front_request *request)
{
    atomic_fetch_sub(&request->front->body_bytes, request->body.size);
    buf_release(&request->body);
}

/* Which methods the route would take (RFC 9110, section 15.5.6, wants them with a 405). */
static void add_allow(struct MHD_Response *response, const struct front_request *request)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    char allow[REASON_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (svc_admit(methods[i], request->path, 0, NULL) == OK) {
            if (used > 0) {
                memcpy(allow + used, ", ", 3);
                used += 2;
            }
            size_t size = strlen(methods[i]);
            memcpy(allow + used, methods[i], size + 1);
            used += size;
        }
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
}

static void add_headers(struct MHD_Response *response, const struct front_request *request)
{
    char seconds[NUM_TEXT_SIZE];
    const char *type = request->reply_type;
    if (type != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    }
    if (request->retry_after_s > 0) {
        num_write_i64(request->retry_after_s, seconds);
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (request->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        add_allow(response, request);
    }
    /* Only what a browser shows needs these; a device would pay for them at each sync. */
    if (type != NULL && strncmp(type, "text/", 5) == 0) {
        (void)MHD_add_response_header(response, "Content-Security-Policy",
                                      "default-src 'self'; frame-ancestors 'none'; "
                                      "base-uri 'none'; form-action 'self'");
        (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        (void)MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    }
}

/* Gives the complete reply to libmicrohttpd. Its memory stays the request's until the end. */
static enum MHD_Result send_reply(struct front_request *request)
{
    struct front *front = request->front;
    size_t size = request->reply.size;
    /* What is left of a reply that did not fit into memory must not pass for a whole one. */
    if (buf_error(&request->reply)) {
        return MHD_NO;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, request->reply.data, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return MHD_NO;
    }
    add_headers(response, request);
    request->sending = true;
    atomic_fetch_add(&front->reply_bytes, size);
    atomic_store(&request->connection->reply_ms, front_now_ms(front));
    atomic_store(&request->connection->reply_size, size);
    watch_deadline(front, request->connection,
                   front->deadlines.body_ms + (int64_t)size * 1000 / HTTP_BODY_RATE);
    enum MHD_Result sent = MHD_queue_response(request->http, (unsigned)request->status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result send_refusal(struct front_request *request)
{
    release_body(request);
    request->status = request->refused_status;
    request->reply_type = json_type;
    request->retry_after_s =
        request->refused_status == MHD_HTTP_SERVICE_UNAVAILABLE ? HTTP_BUSY_RETRY_S : 0;
    buf_init(&request->reply, &request->front->host->mem, HTTP_REFUSAL_MAX);
    svc_error_body(&request->diag, &request->reply);
    atomic_fetch_add(&request->front->refused, 1);
    return send_reply(request);
}

static struct front_request *make_request(struct front *front, struct MHD_Connection *http)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == NULL || info->socket_context == NULL) {
        return NULL;
    }
    struct front_request *request = front_alloc(front, sizeof *request);
    if (request == NULL) {
        return NULL;
    }
    request->front = front;
    request->http = http;
    request->connection = info->socket_context;
    request->window_ms = front_now_ms(front);
    write_peer(http, request->peer);
    watch_deadline(front, request->connection, front->deadlines.body_ms);
    atomic_fetch_add(&front->open_requests, 1);
    return request;
}

static enum MHD_Result begin_request(struct front_request *request, const char *url,
                                     const char *method, const char *version)
{
    struct head head = {.request = request};
    request->method = method;
    request->path = url;
    judge_head(&head, url, version);
    if (!request->refused) {
        judge_route(&head);
    }
    const char *type = head.values[CONTENT_TYPE];
    request->content_type = type == NULL ? "" : type;
    bool chunked = head.values[TRANSFER_ENCODING] != NULL;
    buf_init(&request->body, &request->front->host->mem,
             chunked ? HTTP_BODIES_MAX : (size_t)head.body_size);
    return head.at_once ? send_refusal(request) : MHD_YES;
}

static bool too_slow(struct front_request *request, size_t size)
{
    const struct front_deadlines *deadlines = &request->front->deadlines;
    int64_t now_ms = front_now_ms(request->front);
    request->window_bytes += size;
    if (now_ms - request->window_ms < deadlines->body_window_ms) {
        return false;
    }
    uint64_t least = (uint64_t)deadlines->body_window_ms * HTTP_BODY_RATE / 1000;
    bool slow = request->window_bytes < least;
    request->window_bytes = 0;
    request->window_ms = now_ms;
    return slow;
}

static void keep_body(struct front_request *request, const char *data, size_t size)
{
    struct front *front = request->front;
    struct diag diag = {.code = OK};
    /* A chunked body has no size beforehand: the route's limit is asked for what has come. */
    enum err e = svc_admit(request->method, request->path, request->body.size + size, &diag);
    if (!e && atomic_load(&front->body_bytes) + size > HTTP_BODIES_MAX) {
        e = diag_set(&diag, ERR_BUSY, "5", NULL);
    }
    if (!e) {
        buf_add(&request->body, data, size);
        e = buf_error(&request->body);
        if (e) {
            diag_set(&diag, e, NULL);
        } else {
            atomic_fetch_add(&front->body_bytes, size);
        }
    }
    if (e) {
        release_body(request);
        request->refused = e;
        request->refused_status = err_http_status(e);
        request->diag = diag;
    }
}

static enum MHD_Result take_body(struct front_request *request, const char *data, size_t size)
{
    bool cut = too_slow(request, size);
    if (!cut && !request->refused) {
        keep_body(request, data, size);
    }
    if (!cut && request->refused) {
        request->discarded_bytes += size;
        cut = request->discarded_bytes > HTTP_DISCARD_MAX;
    }
    if (cut) {
        atomic_fetch_add(&request->front->cut, 1);
        return MHD_NO;
    }
    return MHD_YES;
}

static enum MHD_Result end_request(struct front_request *request)
{
    if (!request->refused) {
        watch_deadline(request->front, request->connection, INT64_MAX);
        if (writer_take(request->front, request)) {
            return MHD_YES; /* From here on the request is the writer's. */
        }
        refuse(request, ERR_BUSY, err_http_status(ERR_BUSY), "5", NULL);
    }
    return send_refusal(request);
}

enum MHD_Result request_on_access(void *cls, struct MHD_Connection *http, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **request_ctx)
{
    struct front_request *request = *request_ctx;
    if (request == NULL) {
        request = make_request(cls, http);
        *request_ctx = request;
        return request == NULL ? MHD_NO : begin_request(request, url, method, version);
    }
    if (*data_size > 0) {
        size_t size = *data_size;
        *data_size = 0;
        return take_body(request, data, size);
    }
    if (!request->answered) {
        return end_request(request);
    }
    release_body(request);
    return send_reply(request);
}

void request_on_completed(void *cls, struct MHD_Connection *http, void **request_ctx,
                          enum MHD_RequestTerminationCode why)
{
    (void)http;
    (void)why;
    struct front *front = cls;
    struct front_request *request = *request_ctx;
    if (request == NULL) {
        return;
    }
    watch_deadline(front, request->connection, front->deadlines.idle_ms + front->deadlines.head_ms);
    atomic_store(&request->connection->reply_size, 0);
    if (request->sending) {
        atomic_fetch_sub(&front->reply_bytes, request->reply.size);
    }
    release_body(request);
    buf_release(&request->reply);
    front_release(front, request);
    *request_ctx = NULL;
    atomic_fetch_sub(&front->open_requests, 1);
}
