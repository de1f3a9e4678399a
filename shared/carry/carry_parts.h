/*
 * carry_parts.h - what carry's own files share; nobody else includes it.
 */
#ifndef CARRY_PARTS_H
#define CARRY_PARTS_H

#include "carry.h"

#define CARRY_PINS_MAX 4
#define CARRY_PIN_SIZE 64 /* "sha256//", 44 characters, NUL */
#define CARRY_URL_SIZE 1024

/* One POST: where, what, and the server's proof. */
struct post {
    const char *url; /* "https://host:port" */
    const char *path;
    const char *content_type;
    const char *pins; /* "base64;base64" */
    const char *ca_pem;
    bool skip_dates;
    struct span body;
};

/* Fails with ERR_NETWORK, ERR_PIN; any HTTP status is OK. The reply's body is the caller's. */
MUST_CHECK enum err post_send(const struct host *host, const struct post *post,
                              struct exchange_reply *reply, struct diag *diag);

/* The failure that a reply other than 200 tells: its JSON error, or ERR_PEER. */
enum err post_refused(const struct exchange_reply *reply, const char *url, struct diag *diag);

#endif
