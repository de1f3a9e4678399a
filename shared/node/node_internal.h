/*
 * node_internal.h - the node's inside, shared by the files of this folder and nobody else.
 *
 * Functions here run inside a transaction of the caller (node_begin .. node_end) unless they
 * say otherwise.
 */
#ifndef NODE_INTERNAL_H
#define NODE_INTERNAL_H

#include "batch.h"
#include "db.h"
#include "node.h"
#include "node_sql.h"
#include "op.h"
#include "org.h"

/* How an op came here. */
enum way { WAY_OWN, WAY_BELOW, WAY_ABOVE };

struct symbol_entry {
    int64_t id;
    char *text; /* in symbol_arena */
};

#define NODE_SEEN_MAX 1024 /* callers between two flushes; further ones are written at once */

#define NODE_DEPTH_MAX 16 /* levels of node_begin */

struct caller_seen {
    struct id node;
    int64_t seen_ms;
    int64_t offset_ms; /* caller's clock minus ours */
};

struct node {
    const struct host *host;
    struct db *db;
    char path[1024];
    struct node_identity identity;
    struct secret_key key;
    bool has_org_key;
    struct secret_key org_key;
    int64_t own_origin; /* row of the current origin */
    struct id own_origin_name;
    int depth;           /* nested node_begin */
    int64_t changes[NODE_DEPTH_MAX]; /* db_changes() when each level began */
    int64_t version;     /* db_version() when caches were filled */
    /* Names to local numbers; emptied when a transaction fails. */
    struct arena symbol_arena;
    struct symbol_entry *symbols;
    size_t symbol_count, symbol_capacity;
    const char **symbol_texts; /* by id, NULL where not met yet */
    size_t symbol_texts_capacity;
    /* The organisation's configuration; read again when org_stale. */
    struct arena org_arena;
    struct org org;
    bool org_stale;
    /* The counter of feed events: loaded on first use in a transaction, written at its end. */
    int64_t n;
    bool n_loaded, n_changed;
    struct caller_seen seen[NODE_SEEN_MAX]; /* serve_caller.c */
    size_t seen_count;
    bool wrote_own; /* own ops since the last commit: the anchor is rewritten after it */
};

/* ---- node.c */
/* Integers in table self; `otherwise` when absent. */
MUST_CHECK enum err self_i64(struct node *node, const char *key, int64_t otherwise, int64_t *ret);
MUST_CHECK enum err self_set_i64(struct node *node, const char *key, int64_t value);
MUST_CHECK enum err self_blob(struct node *node, const char *key, void *ret, size_t size,
                              bool *ret_found);
MUST_CHECK enum err self_set_blob(struct node *node, const char *key, const void *data,
                                  size_t size);
MUST_CHECK enum err self_set_text(struct node *node, const char *key, const char *text);
/* A failure of the database with the reason kept for the person. */
enum err node_failed(struct node *node, enum err e, struct diag *diag);

MUST_CHECK enum err node_new_origin(struct node *node);

/* ---- node_anchor.c: a file beside the database that tells a restored database from its newest. */
MUST_CHECK enum err node_check_anchor(struct node *node); /* own transaction when it must act */
void node_write_anchor(struct node *node); /* after a commit; may lag, so failure is no failure */
/* New origin; every own op not proven stable is issued again under it, with its uid unchanged. */
MUST_CHECK enum err log_reorigin(struct node *node);

/* ---- node_symbol.c: local numbers of names (scopes, compartments, registers, types). */
MUST_CHECK enum err symbol_id(struct node *node, struct span text, int64_t *ret); /* makes it */
MUST_CHECK enum err symbol_find(struct node *node, struct span text, int64_t *ret); /* 0: none */
MUST_CHECK enum err symbol_text(struct node *node, int64_t id, const char **ret); /* borrowed */
void symbols_forget(struct node *node);

/* ---- node_entity.c: entities, roots and membership. */
struct entity_row {
    int64_t id; /* 0: not known here */
    struct id name;
    int64_t type; /* symbol */
    int64_t root; /* entity row; 0 while unknown */
    bool missing; /* content was skipped here: not whole (only meaningful for a root) */
};
MUST_CHECK enum err entity_find(struct node *node, struct id name, struct entity_row *ret);
MUST_CHECK enum err entity_get(struct node *node, int64_t id, struct entity_row *ret);

#define MEMBER_MAX 32 /* scopes of one root that are looked at; more live values than this are rare */
struct members {
    int64_t scopes[MEMBER_MAX]; /* symbols, ascending */
    size_t count;
};
MUST_CHECK enum err members_of(struct node *node, int64_t root, struct members *ret);
/* Is the root (or an org entity) in a scope that this node itself is granted? Servers hold all. */
MUST_CHECK enum err root_in_sight(struct node *node, int64_t root, bool *ret);

/* ---- node_log.c: the log and what follows from it. */
struct envelope_of_op {
    bool present;
    int64_t origin; /* row */
    int64_t seq;
    bool has_link;
    struct link link;
};

enum applied {
    APPLIED_NEW,
    APPLIED_KNOWN,   /* held already; a lowered receipt was merged */
    APPLIED_SKIPPED, /* not ours to hold: a stub says the root is elsewhere */
    APPLIED_QUARANTINED
};

struct arriving {
    const struct op *op;
    enum way way;
    int64_t receipt_ms; /* STAMP_NO_RECEIPT: none */
    struct envelope_of_op envelope;
    bool has_org_signature;
    struct signature org_signature;
    struct id from; /* who handed it over, for quarantine */
};

MUST_CHECK enum err log_apply(struct node *node, const struct arriving *arriving,
                              enum applied *ret, int64_t *ret_op);
/* Uids learnt to be superseded without the op that says so. */
MUST_CHECK enum err log_apply_dead(struct node *node, struct id entity, struct span reg,
                                   const uint64_t *preds, size_t count);

/* The stamp of a new save (persisted); ops of one tx share it. */
MUST_CHECK enum err log_stamp(struct node *node, struct stamp *ret);
/*
 * Appends an own op: the caller fills tx, stamp, person, entity, type, form, kind, compartment,
 * registers, extra and values; salt, zone, offset and the envelope are filled here.
 */
MUST_CHECK enum err log_write(struct node *node, struct op *op, bool sign_for_org,
                              int64_t *ret_op);
/* The chain's link of an origin at a number, when it is known here. */
MUST_CHECK enum err log_link_at(struct node *node, int64_t origin, int64_t seq, bool *ret_found,
                                struct link *ret);
MUST_CHECK enum err log_add_batch(struct node *node, int64_t origin, const struct batch *batch,
                                  enum way way, const struct receipt *receipt);
/* Signs own ops not yet in a batch, as one (hubs and regions, at the end of a write). */
MUST_CHECK enum err log_close_batch(struct node *node);

/* The ops live in a register now: rows of op, ascending uid8. */
struct live_op {
    int64_t op;
    uint64_t uid8;
};
MUST_CHECK enum err log_live(struct node *node, int64_t entity, int64_t reg, struct arena *arena,
                             struct live_op **ret, size_t *ret_count);
/* Reads one op back (body copied to `arena`); effective time by its receipt. */
struct logged {
    struct op op;
    int64_t row;
    int64_t origin, seq; /* 0: no envelope */
    int64_t receipt_ms;  /* STAMP_NO_RECEIPT: none */
    int64_t effective_ms;
    int64_t flags;
    enum way way;
    bool has_org_signature;
    struct signature org_signature;
};
MUST_CHECK enum err log_read(struct node *node, int64_t row, struct arena *arena,
                             struct logged *ret);
MUST_CHECK enum err log_quarantine(struct node *node, const char *why, struct id from,
                                   struct span bytes);
MUST_CHECK enum err log_flag(struct node *node, int64_t op, const char *why);
MUST_CHECK enum err log_mark_dirty(struct node *node, int64_t entity);

/* ---- node_feed.c: feeds by (scope, compartment). Devices keep none. */
enum feed_what { FEED_OP, FEED_ENTER, FEED_DEAD, FEED_LOW };
struct feed_event {
    enum feed_what what;
    int64_t ref;   /* row of the op, root or entity */
    uint64_t mark; /* first 8 bytes of its uid or name: what the rolling hash covers */
};
/* One event in the feeds of `scopes` for one compartment. */
MUST_CHECK enum err feed_add(struct node *node, const struct members *scopes, int64_t compartment,
                             const struct feed_event *event);
/* ENTER of a root in every compartment its tree has. */
MUST_CHECK enum err feed_enter(struct node *node, const struct entity_row *root,
                               const struct members *scopes);
/* What is dead in an entity became more: told in every compartment it has. */
MUST_CHECK enum err feed_dead(struct node *node, const struct entity_row *entity,
                              const struct members *scopes);
/* Writes the counter back; node_begin and node_end call it. */
MUST_CHECK enum err feed_flush(struct node *node);

/* ---- node_project.c */
/* Makes the shown record of one entity anew (document, title, disputes, search, uniques). */
MUST_CHECK enum err project_entity(struct node *node, int64_t entity);

/* ---- node_org.c */
/* Is the signature of an org op good? By the organisation's key, or by a hub for what it may vouch. */
MUST_CHECK enum err org_op_trusted(struct node *node, const struct op *op,
                                   const struct signature *signature, bool *ret);
void org_entity_id(const char *kind, const char *name, struct id *ret);

#endif
