#include "raw_tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

void raw_open(struct raw_tls *raw, const char *address, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    assert(is_v4 || is_v6);
    *raw = (struct raw_tls){.fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0)};
    const struct sockaddr *to = is_v4 ? (void *)&v4 : (void *)&v6;
    int on = 1;
    int refused = connect(raw->fd, to, is_v4 ? sizeof v4 : sizeof v6);
    assert(refused == 0);
    (void)refused;
    setsockopt(raw->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool raw_handshake(struct raw_tls *raw, const char *priorities)
{
    gnutls_certificate_allocate_credentials(&raw->credentials);
    gnutls_init(&raw->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    if (priorities == NULL) {
        gnutls_set_default_priority(raw->session);
    } else if (gnutls_priority_set_direct(raw->session, priorities, NULL) < 0) {
        abort();
    }
    gnutls_credentials_set(raw->session, GNUTLS_CRD_CERTIFICATE, raw->credentials);
    gnutls_transport_set_int(raw->session, raw->fd);
    gnutls_handshake_set_timeout(raw->session, RAW_WAIT_MS);
    gnutls_record_set_timeout(raw->session, RAW_WAIT_MS);
    int code;
    do {
        code = gnutls_handshake(raw->session);
    } while (code < 0 && !gnutls_error_is_fatal(code));
    return code >= 0;
}

void raw_open_tls(struct raw_tls *raw, uint16_t port)
{
    raw_open(raw, "127.0.0.1", port);
    if (!raw_handshake(raw, NULL)) {
        abort();
    }
}

void raw_close(struct raw_tls *raw)
{
    if (raw->session != NULL) {
        gnutls_deinit(raw->session);
        gnutls_certificate_free_credentials(raw->credentials);
    }
    close(raw->fd);
    *raw = (struct raw_tls){.fd = -1};
}

void raw_abort(struct raw_tls *raw)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(raw->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    raw_close(raw);
}

bool raw_send(struct raw_tls *raw, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    while (size > 0) {
        ssize_t put = raw->session == NULL ? send(raw->fd, bytes, size, MSG_NOSIGNAL)
                                           : gnutls_record_send(raw->session, bytes, size);
        if (put == GNUTLS_E_AGAIN || put == GNUTLS_E_INTERRUPTED) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

bool raw_send_text(struct raw_tls *raw, const char *text)
{
    return raw_send(raw, text, strlen(text));
}

static bool is_readable(struct raw_tls *raw, int wait_ms)
{
    if (raw->session != NULL && gnutls_record_check_pending(raw->session) > 0) {
        return true;
    }
    struct pollfd waiting = {.fd = raw->fd, .events = POLLIN};
    return poll(&waiting, 1, wait_ms) > 0;
}

static ssize_t receive(struct raw_tls *raw, void *ret, size_t size)
{
    if (!is_readable(raw, RAW_WAIT_MS)) {
        return -1;
    }
    if (raw->session == NULL) {
        return recv(raw->fd, ret, size, 0);
    }
    ssize_t got;
    do {
        got = gnutls_record_recv(raw->session, ret, size);
    } while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
    return got;
}

static size_t body_size_of(const char *head)
{
    const char *line = head;
    while ((line = strchr(line, '\n')) != NULL) {
        line++;
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            return (size_t)strtoul(line + 15, NULL, 10);
        }
    }
    return 0;
}

int raw_reply(struct raw_tls *raw, char *ret, size_t size)
{
    size_t used = 0;
    size_t wanted = 0; /* 0 while the headers are not whole */
    ret[0] = '\0';
    while (wanted == 0 || used < wanted) {
        assert(used + 1 < size);
        /* Byte by byte through the headers, so as not to read into a next reply. */
        size_t step = wanted == 0 ? 1 : wanted - used;
        ssize_t got = receive(raw, ret + used, step < size - used - 1 ? step : size - used - 1);
        if (got <= 0) {
            break;
        }
        used += (size_t)got;
        ret[used] = '\0';
        if (wanted == 0 && used >= 4 && memcmp(ret + used - 4, "\r\n\r\n", 4) == 0) {
            wanted = used + body_size_of(ret);
        }
    }
    return strncmp(ret, "HTTP/1.1 ", 9) == 0 ? (int)strtol(ret + 9, NULL, 10) : 0;
}

bool raw_is_closed(struct raw_tls *raw, int wait_ms)
{
    char discarded[4096];
    for (;;) {
        struct pollfd waiting = {.fd = raw->fd, .events = POLLIN};
        if (poll(&waiting, 1, wait_ms) <= 0) {
            return false;
        }
        /* Below TLS: what matters is the end of the connection. */
        if (recv(raw->fd, discarded, sizeof discarded, 0) <= 0) {
            return true;
        }
    }
}
