/*
 * forget_internal.h - forgetting as the log and the sync see it (part of the node's inside).
 */
#ifndef FORGET_INTERNAL_H
#define FORGET_INTERNAL_H

#include "forget.h"
#include "node_internal.h"
#include "sync_message.h"

/* A root that the server was asked about, as it was then. */
struct asked_root {
    struct id name;
    int64_t row, ops, last_op;
};

/* How far a sync has got with it (sync_forget.c). */
struct forgetting {
    bool on;          /* the request names roots to forget */
    bool done;        /* all were asked about */
    int64_t after;    /* rows up to here were looked at */
    int64_t older_ms; /* by which limit */
    struct arena arena;
    struct asked_root asked[WIRE_SAFE_ROOTS];
    struct safe_root safe[WIRE_SAFE_ROOTS];
    size_t asked_count;
    bool wants_looked_at; /* forget_want_again() was called */
};

/*
 * The next roots after `*after` that could go, at most `capacity`, with the uids of all their ops;
 * `*after` moves on, to INT64_MAX at the end.
 */
MUST_CHECK enum err forget_gather(struct node *node, int64_t older_ms, int64_t *after,
                                  struct arena *arena, struct asked_root *ret_asked,
                                  struct safe_root *ret_roots, size_t capacity, size_t *ret_count);
/* The server holds all of it safe: it goes, unless something of it came or went since. */
MUST_CHECK enum err forget_evict(struct node *node, const struct asked_root *asked, bool *ret_gone);

MUST_CHECK enum err root_forgotten(struct node *node, int64_t root, bool *ret);
/* Not forgotten any more; `*ret_was` whether it had been. */
MUST_CHECK enum err forget_recall(struct node *node, int64_t root, bool *ret_was);
/* Roots that left, were forgotten and are back in sight are wanted whole from every server. */
MUST_CHECK enum err forget_want_again(struct node *node);

#endif
