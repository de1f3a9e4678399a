/*
 * sync_message.h - the first lines of a sync request and its reply, and the rows of a reply.
 *
 * schema/protocol.md, "Sync". Everything read lives in the arena or borrows from the text.
 */
#ifndef SYNC_MESSAGE_H
#define SYNC_MESSAGE_H

#include "arena.h"
#include "batch.h"
#include "envelope.h"
#include "id.h"
#include "op.h"
#include "sync_safe.h"
#include "sync_told.h"

#define SYNC_VERSION    1
#define SYNC_STATE_SIZE 16

/* One feed and how far it was read (request), or its last row up to the new cursor (reply). */
struct feed_position {
    struct span scope;
    struct span compartment;
    int64_t n;
    uint64_t hash; /* rolling hash at row n */
};

/* The part of a tree that comes after `next`, a number of the server's that told the part before.
 */
struct tree_rest {
    struct id root;
    struct span compartment;
    int64_t next;
};

/* Ops that the caller holds: `count` from number `from` on of an origin; a loose one by its uid. */
struct offer_run {
    bool loose;
    struct id origin;
    int64_t from, count;
    uint64_t uid8; /* of a loose one */
    uint64_t mark; /* of what is known of them: node_offer.h */
};

/* What the caller holds of one feed (schema/protocol.md, "Reconcile"). */
struct feed_sum {
    struct span scope;
    struct span compartment;
    int64_t count;
    uint64_t sum;
};

struct sync_request {
    int64_t clock_ms; /* raw */
    bool has_offset;
    int64_t offset_ms;
    bool has_cursor; /* false: `feeds` is meant (possibly empty), or an offer */
    int64_t cursor;
    uint8_t state[16];
    struct feed_position *feeds;
    size_t feed_count;
    int64_t max_size; /* bytes of plain reply */
    struct id *roots, *want;
    size_t root_count, want_count;
    bool has_origin;  /* "o": else the newest of the caller that the callee knows is meant */
    struct id origin; /* the caller's own, which the next two speak of */
    struct tree_rest *rest;
    size_t rest_count;
    struct erased *erased;
    size_t erased_count;
    struct reopen_told *reopens;
    size_t reopen_count;
    int64_t stable_seq; /* of the own origin, as the caller knows it; 0: nothing */
    int64_t acked_seq;  /* "at": how far the callee acknowledged the own origin, as known; 0 */
    bool has_relay;     /* "relay":[from,to,"epoch"]: batches of a hub follow, after its number
                           `from` up to `to`, numbers of its own epoch */
    int64_t relay_from, relay_to;
    uint64_t relay_epoch;
    struct request_proof *visits; /* a hub's: devices that synced with it, and the proof */
    size_t visit_count;
    bool has_stables;
    int64_t stables, losses; /* losses: the last that the callee told; 0: none */
    bool takes_snapshots;    /* "snap" */
    bool has_offer;          /* instead of cursor and feeds */
    struct offer_run *runs;  /* those of one origin stand together, loose ones last */
    size_t run_count;
    int64_t hand_count; /* rows handed over, before the batches */
    struct feed_sum *sums;
    size_t sum_count;
    struct safe_root *safe; /* "safe" */
    size_t safe_count;
};

/* One line with its LF; a reader takes it without. */
void sync_request_write(const struct sync_request *request, struct buf *ret);
/* ERR_UNKNOWN_FORMAT for another version; unknown members are ignored. */
MUST_CHECK enum err sync_request_read(struct span line, struct arena *arena,
                                      struct sync_request *ret, struct diag *diag);

/* How far an origin is known: its number and the chain's link there. */
struct origin_point {
    struct id origin;
    int64_t seq;
    struct link link;
};

/* A snapshot offered instead of a feed's rows. */
struct snapshot_offer {
    struct feed_position feed; /* where the feed stands once all of it is applied */
    struct id snapshot;
    int64_t frame_count, ops, size;
};

struct sync_reply {
    int64_t time_ms;
    bool has_ratchet;
    uint64_t ratchet;
    bool has_ack;
    struct origin_point ack;
    bool has_stable;
    struct origin_point stable; /* of the caller's origin: ack's, zeros without an ack */
    bool need_feeds;
    bool has_cursor;
    int64_t cursor;
    uint8_t state[16];
    bool more;
    bool has_got;
    int64_t got;
    bool has_stables;
    int64_t stables;
    struct origin_point *stable_points;
    size_t stable_point_count;
    struct feed_position *feeds; /* changed since the caller's cursor */
    size_t feed_count;
    struct feed_position *drops; /* n and hash unused */
    size_t drop_count;
    struct id *origins;
    size_t origin_count;
    int64_t late_count, refused_count, losses; /* losses: greater than the request's, or 0 */
    struct snapshot_offer *offers;
    size_t offer_count;
    int64_t *wanted; /* indexes into the runs offered */
    size_t wanted_count;
};

void sync_reply_write(const struct sync_reply *reply, struct buf *ret);
MUST_CHECK enum err sync_reply_read(struct span line, struct arena *arena, struct sync_reply *ret,
                                    struct diag *diag);

/* The combined state over feeds sorted by (scope, compartment); sorts `feeds` in place. */
void sync_state(struct id origin, struct feed_position *feeds, size_t count, uint8_t ret[16]);

enum sync_row_kind {
    ROW_OP,
    ROW_ENTER, /* `op_count` op rows follow */
    ROW_LEAVE, /* ditto */
    ROW_DEAD,
    ROW_LOW,
    ROW_AGREE,
    ROW_SAFE
};

struct dead_register {
    struct id entity;
    struct span reg;
    uint64_t *preds;
    size_t pred_count;
};

struct sync_row {
    enum sync_row_kind kind;
    /* ROW_OP */
    int64_t origin_index; /* -1: no envelope */
    int64_t seq;          /* 0 exactly when there is no envelope */
    int64_t receipt_ms;   /* 0: none. Also ROW_LOW */
    struct span body;     /* borrowed from the line; not read yet */
    bool has_signature;
    struct signature signature;
    /* ROW_ENTER, ROW_LEAVE, ROW_AGREE: the root; ROW_LOW: the uid */
    struct id id;
    struct span compartment;    /* ENTER */
    int64_t next;               /* ENTER: more of the tree follows after it; 0: no more */
    int64_t op_count;           /* ENTER, LEAVE */
    struct dead_register *dead; /* ENTER, LEAVE, DEAD */
    size_t dead_count;
};

/* One line with its LF. */
void sync_row_write(const struct sync_row *row, struct buf *ret);
/* `line` without LF. An op row takes nothing from the arena. ERR_UNKNOWN_FORMAT for a row of a
   later version: going on without it would lose what it says. */
MUST_CHECK enum err sync_row_read(struct span line, struct arena *arena, struct sync_row *ret,
                                  struct diag *diag);

#endif
