/*
 * node_state.h - struct node, and what every file of this folder needs: settings, symbols, anchor
 * (part of the node's inside; include node_internal.h).
 *
 * Functions here and in the other inner headers run inside a transaction of the caller
 * (node_begin .. node_end) unless they say otherwise.
 */
#ifndef NODE_STATE_H
#define NODE_STATE_H

#include "batch.h"
#include "db.h"
#include "node.h"
#include "node_sql.h"
#include "op.h"
#include "org.h"

#define CASE_COUNTER "case_counter" /* in table self: the last number given */

struct symbol_entry {
    int64_t id;
    char *text; /* in symbol_arena */
};

#define NODE_SEEN_MAX 1024 /* callers between two flushes; further ones are written at once */

#define NODE_DEPTH_MAX 16 /* levels of node_begin */

#define NODE_REQUESTS_SEEN 4096 /* signatures of requests that are remembered against replay */

struct caller_seen {
    struct id node;
    int64_t seen_ms;
    int64_t offset_ms; /* caller's clock minus ours */
};

#define NODE_PATH_SIZE 1024

#define NODE_ORG_ARENA  (64u * 1024 * 1024)
#define NODE_PARSED_MAX 256

struct node {
    const struct host *host;
    struct db *db;
    char path[NODE_PATH_SIZE];
    struct node_identity identity;
    struct secret_key key;
    bool has_org_key;
    struct secret_key org_key;
    int64_t own_origin; /* row of the current origin */
    struct id own_origin_name;
    bool identity_stale; /* it may have changed in the database: read again before the next use */
    int depth;           /* nested node_begin */
    int64_t changes[NODE_DEPTH_MAX]; /* db_changes() when each level began */
    int64_t version;                 /* db_version() when caches were filled */
    /* Names to local numbers; emptied when a transaction fails. */
    struct arena symbol_arena;
    struct symbol_entry *symbols;
    size_t symbol_count, symbol_capacity;
    const char **symbol_texts; /* by id, NULL where not met yet */
    size_t symbol_texts_capacity;
    /* The organisation's configuration; read again when org_stale. Another process wrote when
       org_unsure: definitions changed if the database counts others than org_changes. */
    struct arena org_arena;
    struct arena org_kept_arena; /* node_org_keep(): of what isn't the newest any more */
    bool org_kept;               /* ... is in org_arena still */
    struct org org;
    bool org_stale, org_unsure;
    int64_t org_changes;
    /* Its types and forms, by the op that defines them: reading those takes most of the time. They
       stay until the node is closed, since who keeps an older configuration borrows them. */
    struct arena parsed_arena;
    struct org_parsed *parsed; /* NODE_PARSED_MAX of room; NULL: nothing was read yet */
    size_t parsed_count;
    int org_held;     /* node_org_hold() */
    bool org_settled; /* records follow from this configuration (node_project_org.c) */
    bool speaks;      /* titles are told in `language`: record_title.h */
    enum language language;
    /* The counter of feed events: loaded on first use in a transaction, written at its end. */
    int64_t n;
    bool n_loaded, n_changed;
    struct caller_seen seen[NODE_SEEN_MAX]; /* serve_caller.c */
    size_t seen_count;
    uint64_t requests_seen[NODE_REQUESTS_SEEN]; /* serve_sync.c: by their own low bits */
    bool put_back;      /* noticed when it was opened: node_was_put_back() */
    int64_t anchored_n; /* of the feeds, as the anchor says */
    bool scrub_wanted;  /* a mark took values out: their pages are cleaned after the commit */
    int64_t learnt;     /* the first row of op of which others told more; 0: none (learnt_begin) */
    struct rules_cache *rules; /* forms ready to be asked (node_rules.h); NULL: none yet */
    bool wrote_own;            /* own ops since the last commit: the anchor is rewritten after it */
};

/* ---- node.c */
/* Integers in table self; `otherwise` when absent. */
/* 1: this server was put back from a copy at least once, so it may lack what was stable. */
#define NODE_SELF_PUT_BACK "put_back"
MUST_CHECK enum err self_i64(struct node *node, const char *key, int64_t otherwise, int64_t *ret);
MUST_CHECK enum err self_set_i64(struct node *node, const char *key, int64_t value);
MUST_CHECK enum err self_blob(struct node *node, const char *key, void *ret, size_t size,
                              bool *ret_found);
MUST_CHECK enum err self_set_blob(struct node *node, const char *key, const void *data,
                                  size_t size);
MUST_CHECK enum err self_set_text(struct node *node, const char *key, const char *text);
/* Forgets caches when another process wrote, unless they are held or a transaction is open. */
void node_notice_others(struct node *node);
/* A failure of the database with the reason kept for the person. */
enum err node_failed(struct node *node, enum err e, struct diag *diag);

MUST_CHECK enum err node_new_origin(struct node *node);

/* ---- node_anchor.c: a file beside the database that tells a restored database from its newest. */
MUST_CHECK enum err node_check_anchor(struct node *node); /* own transaction when it must act */
void node_write_anchor(struct node *node); /* after a commit; may lag, so failure is no failure */
void node_anchor_feeds(struct node *node); /* a server, now and then: when its feeds moved on */
/* Another epoch of this server (a device: only another origin), in a transaction of its own; `why`
   is a notice. */
MUST_CHECK enum err node_begin_epoch(struct node *node, const char *why);
/* New origin; every own op not proven stable is issued again under it, with its uid unchanged. */
MUST_CHECK enum err log_reorigin(struct node *node);

/* ---- node_notice.c (notice.h): `of` is the node that it is about. */
MUST_CHECK enum err notice_add(struct node *node, const char *what, struct id of);

/* ---- node_symbol.c: local numbers of names (scopes, compartments, registers, types). */
MUST_CHECK enum err symbol_id(struct node *node, struct span text, int64_t *ret);   /* makes it */
MUST_CHECK enum err symbol_find(struct node *node, struct span text, int64_t *ret); /* 0: none */
MUST_CHECK enum err symbol_text(struct node *node, int64_t id, const char **ret);   /* borrowed */
void symbols_forget(struct node *node);

#endif
