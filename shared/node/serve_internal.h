/*
 * serve_internal.h - one request being answered (the serve_*.c files only).
 */
#ifndef SERVE_INTERNAL_H
#define SERVE_INTERNAL_H

#include "node_internal.h"
#include "serve.h"
#include "sync_message.h"

#define SERVE_READERS_MAX 256 /* the caller, and for a hub the devices that visit it */

struct serve {
    struct node *node;
    const struct org *org;
    const struct org_node *caller;
    struct arena *arena; /* of this request */
    struct sync_request request;
    struct span rest; /* lines after the header */
    struct sync_reply reply;
    struct buf rows;
    struct id caller_origin_name; /* in which it writes; zeros: not known here */
    int64_t caller_origin;        /* its row; 0: nothing of it is here */
    int64_t caller_has;           /* it surely holds its own ops of that origin up to this number */
    /* Whose grants decide what is served. */
    const struct org_node *readers[SERVE_READERS_MAX];
    size_t reader_count;
    uint64_t ratchet_now;       /* the caller's, before this request */
    struct request_proof proof; /* that it called */
    int64_t now_ms;
    bool clock_sane; /* else no receipts are given */
    bool by_bundle;  /* its asks came in a file: repeating is no offence */
    size_t roots_told, wants_told, rests_told; /* of the request's, in this reply */
    int64_t new_ops;                           /* taken by this request */
    /* Rows of ops that came after a revocation, to be set back when all of the request is in. */
    int64_t *too_late;
    size_t too_late_count, too_late_capacity;
    /* Entities that ops of this request are about: their writer may not have heard that they left.
     */
    int64_t *brought;
    size_t brought_count, brought_capacity;
    bool wrote; /* something was taken or handed out: the ratchet moves on */
};

/* serve_revoked.c: keeps the batches of a revoked caller in quarantine; inside a transaction.
   `*ret_kept`: up to which number it needn't send again, `*ret_count` how many were kept now. */
MUST_CHECK enum err serve_keep(struct serve *serve, int64_t *ret_kept, int64_t *ret_count,
                               struct diag *diag);
/* The same, as the answer to a request: ERR_REVOKED, or why they couldn't be kept. */
MUST_CHECK enum err serve_revoked(struct serve *serve, struct diag *diag);

/* serve_sync.c: who calls, and with what text; for every route of the conversation. */
MUST_CHECK enum err serve_hear(struct serve *serve, struct pack *pack, const char *path,
                               struct span body, struct buf *ret_text, uint64_t *ret_hint,
                               struct diag *diag);
MUST_CHECK enum err serve_turn_ratchet(struct serve *serve);
MUST_CHECK enum err serve_look_again(struct serve *serve, const char *path);
/* The whole reply: its tag, its dictionary, then the text packed. */
MUST_CHECK enum err serve_seal(const struct serve *serve, struct pack *pack, struct span text,
                               struct buf *ret);

/* serve_snapshot.c: is there a snapshot worth more than the rows after `start`? Leaves the names of
   the feed to the caller. */
MUST_CHECK enum err snapshot_offer_of(struct serve *serve, int64_t feed, int64_t start,
                                      struct snapshot_offer *ret, bool *ret_offered);

/* serve_bundle.c: whose file it is, and what that node may read now. */
MUST_CHECK enum err serve_bundle_caller(struct serve *serve, struct id caller);

/* serve_push.c: applies the batches of the request. */
MUST_CHECK enum err serve_push(struct serve *serve, struct diag *diag);

/* serve_late.c: the caller brought an op of this entity, new or not. */
MUST_CHECK enum err serve_note_brought(struct serve *serve, const struct op *op);

/* How many batches of the hub that calls are here. */
MUST_CHECK enum err serve_relay_got(struct serve *serve, int64_t *ret);

/* serve_sync.c: how far the caller's origin is known. */
MUST_CHECK enum err serve_tell_origin(struct serve *serve);
MUST_CHECK enum err serve_judge_clock(struct serve *serve);
/* Line 1 of a request, the rest into serve->rest. */
MUST_CHECK enum err serve_read_request(struct serve *serve, struct span text, struct diag *diag);

/* serve_pull.c: which of the feeds that the request names are read as it says, by their hashes. */
MUST_CHECK enum err serve_proven(struct serve *serve, struct feed_position **ret,
                                 size_t *ret_count);

/* serve_pull.c: positions, rows, roots, stable; fills reply and rows. */
MUST_CHECK enum err serve_pull(struct serve *serve, struct diag *diag);

/* serve_too_late.c: an op that came after its author's revocation goes to quarantine, and is set
   back when all of the request is in; so does what is here already when the revocation comes. */
MUST_CHECK enum err serve_note_too_late(struct serve *serve, struct id author, struct span body,
                                        int64_t row);
MUST_CHECK enum err serve_hear_revocation(struct serve *serve, const struct op *op);
MUST_CHECK enum err serve_set_back(struct serve *serve);

/* serve_offer.c: takes what was handed over, before the batches; answers what was offered. */
MUST_CHECK enum err serve_handed(struct serve *serve, struct diag *diag);
MUST_CHECK enum err serve_offered(struct serve *serve);

/* serve_row.c: what is told of an op, a tree, a root that isn't granted. */
struct row_writer {
    struct serve *serve;
    int64_t *origins; /* rows of origin, in the order of the reply's list */
    size_t origin_count, origin_capacity;
    struct row_told *told; /* trees and entities already told in this reply: they are told as they
                              are now, so once is enough */
    size_t told_count, told_capacity;
};
MUST_CHECK enum err row_write_op(struct row_writer *writer, int64_t op);
MUST_CHECK enum err row_write_enter(struct row_writer *writer, int64_t root, int64_t compartment);
/* The part of the tree after its op `after`, which ended the part before. */
MUST_CHECK enum err row_write_rest(struct row_writer *writer, int64_t root, int64_t compartment,
                                   int64_t after);
MUST_CHECK enum err row_write_leave(struct row_writer *writer, int64_t root);
MUST_CHECK enum err row_write_dead(struct row_writer *writer, int64_t entity, int64_t compartment);
MUST_CHECK enum err row_write_low(struct row_writer *writer, int64_t op);
MUST_CHECK enum err row_write_safe(struct row_writer *writer, struct id root);
MUST_CHECK enum err row_write_agree(struct row_writer *writer, struct id root);
/* Is the root in a scope that the caller (or a visitor of it) is granted? Org always. */
MUST_CHECK enum err root_granted(struct serve *serve, int64_t root, bool *ret);
bool scope_granted(const struct serve *serve, struct span scope, struct span compartment);

/* serve_late.c: where an op's entity belongs, asked before the op is applied, so that moving a
   record into one's own scope doesn't make the move rightful; and what comes of it. */
MUST_CHECK enum err late_scopes_of(struct node *node, const struct op *op, struct members *ret);
MUST_CHECK enum err late_flag(struct serve *serve, const struct org_node *author,
                              const struct op *op, const struct members *before, int64_t row);

/* serve_caller.c */
MUST_CHECK enum err caller_note(struct serve *serve);
/* How table caller keeps a proof: epoch, ratchet, hash, signature. */
#define PROOF_SIZE (8 + 8 + HASH_SIZE + SIGNATURE_SIZE)
void proof_write(const struct request_proof *proof, uint8_t ret[PROOF_SIZE]);
void proof_read(const uint8_t bytes[PROOF_SIZE], struct id node, struct request_proof *ret);

#endif
