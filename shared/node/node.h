/*
 * node.h - a node: an append-only log of ops, the registers that follow from it, feeds by scope.
 *
 * Device, hub and region are the same struct with another role. This header opens one and says
 * who it is; the verbs are in save.h (write), record.h (read), review.h (disputes), org.h
 * (the organisation's configuration), sync.h (the calling end of a sync), serve.h (the answering
 * end), audit.h (check and rebuild). Every verb is one transaction; nothing is half done.
 *
 * A node is used by one thread. Several processes may open one database: SQLite serialises
 * them, and caches are read again when another process wrote.
 */
#ifndef NODE_H
#define NODE_H

#include "arena.h"
#include "err.h"
#include "host.h"
#include "id.h"
#include "reserve.h"
#include "sign.h"
#include "type.h"

struct node;

enum role { ROLE_WORKER, ROLE_SUPERVISOR, ROLE_HUB, ROLE_REGION };

const char *role_name(enum role role);
bool role_from_name(const char *name, enum role *ret);

struct node_identity {
    struct id id; /* of this node, made at its creation */
    struct public_key key;
    enum role role;
    bool enrolled;             /* false: a device that only has a key */
    struct public_key org_key; /* zero before enrolment */
    char short_code[16];       /* "A07"; "" before enrolment */
    bool has_person;
    struct id person; /* who works here unless said otherwise */
    uint64_t epoch;   /* of this node as a server */
};

/*
 * Makes the database under `path` (which must not exist) with a new key and origin. `org_seed`
 * (32 bytes) only for a region: the organisation's key is then kept here.
 */
MUST_CHECK enum err node_create(const struct host *host, const char *path, enum role role,
                                const uint8_t *org_seed, struct diag *diag);

/* ERR_NO_HOME when absent, ERR_DB_NEWER, ERR_DB_CORRUPT. Keeps `host` by reference. */
MUST_CHECK enum err node_open(const struct host *host, const char *path, struct node **ret,
                              struct diag *diag);
void node_close(struct node *node);

/* It noticed on opening that its database was put back from a copy, and began anew: a server in
   another epoch, asking everybody for what it has lost. notice.h lists it, too. */
bool node_was_put_back(const struct node *node);

/*
 * Seals the database at `path`, which was an ordinary one, and its attachments under host->db_key.
 * Nobody has it open; after a power cut it is done once more.
 */
MUST_CHECK enum err node_encrypt(const struct host *host, const char *path, struct diag *diag);

/* Whose database lies at `path`, without beginning anything in it. ERR_IN_USE when somebody else
   has it open; otherwise as node_open(). */
MUST_CHECK enum err node_look(const struct host *host, const char *path, struct node_identity *ret,
                              struct diag *diag);

/*
 * Makes a backup that lies at `path` (a copy of its own, not in use) the beginning of another life
 * of this node: another epoch and origin. `current` is the node's database as it is now, or NULL
 * when that can't be read. ERR_DB_CORRUPT when the backup isn't sound, ERR_NOT_ALLOWED (what, of
 * whom) when it is another node's.
 */
MUST_CHECK enum err node_restore(const struct host *host, const char *path,
                                 const struct node_identity *current, struct diag *diag);

/* For who waits long for the next call: memory that makes calls fast alone is given back. Outside
   of transactions. */
void node_rest(struct node *node);

/* From here on titles of records name choices by their labels in this language; before, as values
   stand. */
void node_speak(struct node *node, enum language language);

MUST_CHECK enum err node_identity(struct node *node, struct node_identity *ret);

/* What an enrolment settled: see wire/enrol_message.h. One transaction. */
struct node_enrolment {
    struct id hub;
    const char *url;
    const char *pins; /* "base64;base64" */
    const char *ca_pem;
    uint64_t hub_epoch;
    struct public_key org_key;
    const char *short_code;
    bool has_person;
    struct id person;
    struct span definition; /* the _node definition, JSON */
    int64_t hub_time_ms;
    bool by_file; /* it travelled: its time says nothing of this clock */
};
/* Once more by a server of the same organisation, the node moves there and keeps all that it holds;
   else ERR_ALREADY_ENROLLED. */
MUST_CHECK enum err node_enrol(struct node *node, const struct node_enrolment *enrolment,
                               struct diag *diag);

/* Signs with the node's own key (an enrolment request before there is anything else). */
MUST_CHECK enum err node_secret(struct node *node, struct secret_key *ret);

/* The clock as the organisation should see it: the device's, corrected by the last hub offset. */
int64_t node_now_ms(struct node *node);
struct node_clock {
    bool has_offset;
    int64_t offset_ms;   /* device minus hub, at the last contact */
    int64_t hub_time_ms; /* latest hub time ever seen; 0: none */
    bool insane;         /* before the build, or before the latest hub time */
};
MUST_CHECK enum err node_clock(struct node *node, struct node_clock *ret);
/* Notes the clocks, so that setting one shows (node_clock.h); at the beginning of whatever a person
   does. Writes at most once an hour. */
MUST_CHECK enum err node_look_at_clock(struct node *node);

/* Small values that belong to the layer above (server's short-code counter, last backup). */
MUST_CHECK enum err node_setting_set(struct node *node, const char *key, struct span value);
MUST_CHECK enum err node_setting(struct node *node, const char *key, struct arena *arena,
                                 struct span *ret); /* empty when absent */

/* The disk that its database lies on, and what is kept in reserve there: reserve.h. */
struct space node_space(const struct node *node);
MUST_CHECK enum err node_space_for(const struct node *node, uint64_t size, struct diag *diag);

/* A transaction over several verbs (a server's group commit); verbs inside nest. */
MUST_CHECK enum err node_begin(struct node *node);
MUST_CHECK enum err node_end(struct node *node, enum err e);

/* Copies the database while it is used. At a region, on success, makes what it held at the start
   `stable`. */
MUST_CHECK enum err node_backup(struct node *node, const char *path, struct diag *diag);

#endif
