/*
 * cert.h - a hub's certificates, made by itself at `douard init`, and the pins of its keys.
 *
 * A hub has a private authority of its own (P-256, ECDSA with SHA-256, 20 years, may sign servers
 * only) and a server certificate below it. Devices learn the authority and two pins when they
 * enrol: of the key in use and of a backup key whose private half is kept apart, so that a hub
 * that lost its key can go on with the backup (cert_issue()) without anybody enrolling again.
 * The authority isn't sent in the handshake: who checks the chain already has it, and on 2G each
 * handshake saves its 500 bytes.
 *
 * Certificates are valid from 2020-01-01, long before any hub existed: a device whose clock is
 * years behind must still get through. They end after 20 years; what ends trust is a change of
 * pins, which travels as signed configuration.
 */
#ifndef CERT_H
#define CERT_H

#include "host.h"

#define CERT_PIN_SIZE   53           /* "sha256//", 44 characters of base64, NUL */
#define CERT_NAMES_MAX  32           /* beside localhost, 127.0.0.1 and ::1 */
#define CERT_FROM_S     1577836800LL /* 2020-01-01 */
#define CERT_LIFETIME_S (20LL * 31557600LL)

/* Everything that is kept. Texts are PEM; the keys unencrypted PKCS #8: store them mode 0600. */
struct cert_set {
    struct buf ca_pem;
    struct buf ca_key_pem;
    struct buf server_pem;
    struct buf server_key_pem;
    struct buf backup_key_pem;
    char server_pin[CERT_PIN_SIZE];
    char backup_pin[CERT_PIN_SIZE];
};

void cert_set_release(struct cert_set *set); /* Wipes the keys. */

/*
 * A new authority, server certificate and backup key. `names` are the DNS names and IP addresses
 * under which the hub is reached; localhost, 127.0.0.1 and ::1 are always added. ERR_CONFIG (what,
 * name) for a name that is neither.
 */
MUST_CHECK enum err cert_make(const struct host *host, const char *const *names, size_t name_count,
                              struct cert_set *ret, struct diag *diag);

/*
 * A server certificate for `key_pem` below an existing authority: new names, or the backup key
 * after the first was lost. Valid from `from_s` to `until_s` (Unix seconds), or as cert_make() does
 * when both are 0. Appends PEM to `ret_pem`.
 */
struct cert_request {
    const char *ca_pem;
    const char *ca_key_pem;
    const char *key_pem; /* of the server */
    const char *const *names;
    size_t name_count;
    int64_t from_s, until_s;
};
MUST_CHECK enum err cert_issue(const struct host *host, const struct cert_request *request,
                               struct buf *ret_pem, struct diag *diag);

/* The pin of a certificate or of a private key, whichever the PEM text holds first. ERR_FORMAT. */
MUST_CHECK enum err cert_pin_of_pem(const char *pem, char ret[CERT_PIN_SIZE]);

#endif
