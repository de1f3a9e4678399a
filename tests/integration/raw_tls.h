/*
 * raw_tls.h - a TLS or bare TCP client that sends exactly the bytes it is told to, as no honest
 * client would. Reads give up after RAW_WAIT_MS, so that a test ends instead of hanging.
 */
#ifndef RAW_TLS_H
#define RAW_TLS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAW_WAIT_MS 8000

struct raw_tls {
    int fd;
    gnutls_session_t session; /* NULL: bare TCP */
    gnutls_certificate_credentials_t credentials;
};

/* A connected bare socket. Asserts on failure. */
void raw_open(struct raw_tls *raw, const char *address, uint16_t port);
/* The handshake on it; false when the server refused. NULL priorities: GnuTLS's usual ones. */
bool raw_handshake(struct raw_tls *raw, const char *priorities);
void raw_open_tls(struct raw_tls *raw, uint16_t port); /* both, on 127.0.0.1, asserted */
void raw_close(struct raw_tls *raw);
void raw_abort(struct raw_tls *raw); /* Closes with a reset, as a phone out of reach does. */

bool raw_send(struct raw_tls *raw, const void *data, size_t size);
bool raw_send_text(struct raw_tls *raw, const char *text);

/*
 * One HTTP reply: the status, or 0 when the server closed without one. The whole of it (headers
 * and the body that Content-Length announces) is in `ret`, NUL-terminated.
 */
int raw_reply(struct raw_tls *raw, char *ret, size_t size);
/* True when the server closed the connection within `wait_ms`. What it sends is thrown away. */
bool raw_is_closed(struct raw_tls *raw, int wait_ms);

#endif
