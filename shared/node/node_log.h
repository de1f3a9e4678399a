/*
 * node_log.h - the log: ops in, read back, written; what is held under a uid (part of the node's
 * inside; include node_internal.h).
 */
#ifndef NODE_LOG_H
#define NODE_LOG_H

#include "node_state.h"

/* How an op came here. */
enum way { WAY_OWN, WAY_BELOW, WAY_ABOVE };

struct envelope_of_op {
    bool present;
    int64_t origin; /* row */
    int64_t seq;
    bool has_link;
    struct link link;
};

enum applied {
    APPLIED_NEW,
    APPLIED_KNOWN,      /* held already; a lowered receipt was merged */
    APPLIED_SKIPPED,    /* not ours to hold: a stub says the root is elsewhere */
    APPLIED_QUARANTINED /* kept aside: node_aside.h */
};

/* Column flags of op. */
#define OP_FLAG_ASIDE    1 /* it came from a revoked person and was put aside: told when relayed */
#define OP_FLAG_SET_BACK 2 /* node_set_back.h */
#define OP_FLAG_GONE     4 /* collected: node_gone.h */

struct arriving {
    const struct op *op;
    enum way way;
    int64_t receipt_ms; /* STAMP_NO_RECEIPT: none */
    struct envelope_of_op envelope;
    bool has_org_signature;
    struct signature org_signature;
    struct id from; /* who handed it over, for quarantine */
    bool barred;    /* of a revoked person: kept aside until somebody has looked at it */
    bool gone;      /* a relay let its body go: `op` is as node_gone.h says */
};

MUST_CHECK enum err log_apply(struct node *node, const struct arriving *arriving, enum applied *ret,
                              int64_t *ret_op);
/* Writes the row of a new op, and nothing that follows from it. */
MUST_CHECK enum err log_insert(struct node *node, const struct arriving *in, int64_t entity,
                               int64_t compartment, int64_t *ret_row);
/* Uids learnt to be superseded without the op that says so. */
MUST_CHECK enum err log_apply_dead(struct node *node, struct id entity, struct span reg,
                                   const uint64_t *preds, size_t count);

/* The stamp of a new save (persisted); ops of one tx share it. */
MUST_CHECK enum err log_stamp(struct node *node, struct stamp *ret);
/*
 * Appends an own op: the caller fills tx, stamp, person, entity, type, form, kind, compartment,
 * registers, extra and values; salt, zone, offset and the envelope are filled here.
 */
MUST_CHECK enum err log_write(struct node *node, struct op *op, bool sign_for_org, int64_t *ret_op);
/*
 * Takes an op of somebody else into the own chain, unchanged: what was in quarantine and a person
 * accepted. KNOWN: it is in the log already, and not aside.
 */
MUST_CHECK enum err log_vouch(struct node *node, struct arriving *arriving, enum applied *ret,
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
    int64_t entity;      /* 0: kept aside (node_aside.h), or of a format to come */
    int64_t origin, seq; /* 0: no envelope */
    int64_t receipt_ms;  /* STAMP_NO_RECEIPT: none */
    int64_t effective_ms;
    int64_t flags;
    bool let_go; /* only uid and hash of `op` are known (forget.h) */
    bool gone;   /* collected: of `op` is known what node_gone.h says */
    enum way way;
    bool has_org_signature;
    struct signature org_signature;
};
MUST_CHECK enum err log_read(struct node *node, int64_t row, struct arena *arena,
                             struct logged *ret);
MUST_CHECK enum err log_flag(struct node *node, int64_t op, const char *why);
MUST_CHECK enum err log_mark_dirty(struct node *node, int64_t entity);

/* An op that is held, looked up by uid. */
struct held_op {
    int64_t row; /* 0: not held */
    struct id uid;
    int64_t time_ms;
    int64_t receipt_ms; /* STAMP_NO_RECEIPT: none */
    int64_t entity, compartment;
    bool has_envelope;
};
MUST_CHECK enum err log_find(struct node *node, struct id uid, struct held_op *ret);

/* Merges a receipt: the earliest is kept, and a lowered effective time is told to readers. */
MUST_CHECK enum err log_lower_receipt(struct node *node, const struct held_op *held,
                                      int64_t receipt_ms);

/* Writes the registers and membership that follow from an op of the log again (audit). */
MUST_CHECK enum err log_replay(struct node *node, const struct op *op, int64_t row);

#endif
