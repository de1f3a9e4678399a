/*
 * server_home.h - a hub's folder: making it, and opening what is in it.
 *
 *     HOME/douard.conf             server_config.h
 *     HOME/douar.db                the node
 *     HOME/douar.keys, .keys2      what opens it (server_key.h)
 *     HOME/recovery.key            at a region, until somebody takes it away: for lost passphrases
 *     HOME/tls/ca.pem, ca.key      the hub's own authority (cert.h)
 *     HOME/tls/server.pem, .key    what it serves with
 *     HOME/tls/backup.key          for the day the server's key is lost; backups have it too
 *     HOME/tls/pins                the pins of both keys, one a line, "sha256//base64"
 *
 * The private keys in tls/ are sealed under the database's key (sealed_file.h): who has the disk
 * can't answer in this hub's name.
 */
#ifndef SERVER_HOME_H
#define SERVER_HOME_H

#include "enrol_message.h"
#include "node.h"
#include "server_config.h"

#define HOME_DB          "douar.db"
#define HOME_RECOVERY    "recovery.key"
#define HOME_TLS         "tls"
#define HOME_CA          "tls/ca.pem"
#define HOME_CA_KEY      "tls/ca.key"
#define HOME_SERVER_PEM  "tls/server.pem"
#define HOME_SERVER_KEY  "tls/server.key"
#define HOME_BACKUP_KEY  "tls/backup.key"
#define HOME_PINS        "tls/pins"
#define HOME_PIN_SIZE    64
#define HOME_PEM_MAX     (64u * 1024)
#define FINGERPRINT_SIZE 40 /* "1234 5678 ..." of 16 bytes and NUL */

/*
 * Makes the folder for a region or a hub. `config` has the name, address, port and url; an empty
 * url becomes https://ADDRESS:PORT (localhost without an address). A region gets a new
 * organisation key and publishes itself. The database comes last, so that an interrupted init can
 * be run again. ERR_EXISTS when there is a node already. `recovery` (NULL: none) is published with
 * the region: what devices seal their keys to, for a lost passphrase.
 */
MUST_CHECK enum err home_create(const struct host *host, const char *home, enum role role,
                                struct server_config *config, const struct public_key *recovery,
                                struct diag *diag);

/* ERR_NO_HOME (folder) when there is none. */
MUST_CHECK enum err home_node_open(const struct host *host, const char *home, struct node **ret,
                                   struct diag *diag);

/* What the front serves with, and the pins of an enrolment code (without "sha256//"). */
struct home_tls {
    struct buf server_pem;
    struct buf server_key;
    char pins[ENROL_PINS_MAX][HOME_PIN_SIZE];
    size_t pin_count;
};
MUST_CHECK enum err home_tls_load(const struct host *host, const char *home, struct home_tls *ret,
                                  struct diag *diag);
void home_tls_release(struct home_tls *tls); /* Wipes the key. */
/* Seals what lies there in the clear: of a home from before it had a key. */
MUST_CHECK enum err home_tls_seal(const struct host *host, const char *home, struct diag *diag);

/* The organisation key's fingerprint as people compare it: 8 groups of 4 hex digits. */
void fingerprint_write(const struct public_key *org_key, char ret[FINGERPRINT_SIZE]);

/* A file of HOME, sealed when it is a private key. Failures name it. */
MUST_CHECK enum err home_write(const struct host *host, const char *home, const char *name,
                               struct span bytes, struct diag *diag);
/* Reads a file of HOME or any other into `ret` (appended, NUL-terminated). Failures name it. */
MUST_CHECK enum err home_read(const struct host *host, const char *home, const char *name,
                              struct buf *ret, struct diag *diag);

#endif
