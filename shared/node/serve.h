/*
 * serve.h - the answering end of a sync, without sockets: one request text in, one reply out.
 *
 * Called inside a group (node_begin .. node_end of the server), each in a savepoint of its own,
 * so that a failed request changes nothing and others of the group stand. After ERR_REVOKED the
 * savepoint is kept.
 */
#ifndef SERVE_H
#define SERVE_H

#include "envelope.h"
#include "node.h"
#include "pack.h"

/*
 * Authenticates the envelope (known node, signature, epoch, ratchet), unpacks, applies what was
 * pushed and writes the reply (dictionary byte and packed text) to `ret`. On failure nothing
 * changed and `diag` says why; for ERR_RATCHET and ERR_EPOCH `*ret_hint` is the ratchet or epoch
 * to try with. The one failure that changes something is ERR_REVOKED (name, number kept): what a
 * revoked node brought is in quarantine then.
 */
MUST_CHECK enum err serve_sync(struct node *node, struct pack *pack, const char *path,
                               struct span body, struct buf *ret, uint64_t *ret_hint,
                               struct diag *diag);

/* The same for a piece of a snapshot (POST /v1/snapshot); the reply is not packed.
   ERR_NOT_FOUND: no such snapshot, or none for this caller. */
MUST_CHECK enum err serve_snapshot(struct node *node, struct pack *pack, const char *path,
                                   struct span body, struct buf *ret, uint64_t *ret_hint,
                                   struct diag *diag);

/* The same for the attachments' lane: what it brings is kept, what it asks for follows the line. */
MUST_CHECK enum err serve_blob(struct node *node, struct pack *pack, const char *path,
                               struct span body, struct buf *ret, uint64_t *ret_hint,
                               struct diag *diag);

/* Invitations. `definition` is the _node definition without id, key and short. */
struct invite {
    const char *definition;
    int64_t valid_ms;
};
struct enrol_code;
MUST_CHECK enum err serve_invite(struct node *node, const struct invite *invite,
                                 struct enrol_code *ret_code,
                                 struct diag *diag); /* code_id, secret, hub, org_fingerprint */
struct enrol_request;
struct enrol_answer;
/* Uses an invitation: publishes the node. ERR_BAD_CODE, ERR_CODE_USED, ERR_CODE_EXPIRED,
   ERR_TOO_MANY_TRIES, ERR_SIGNATURE. A wrong try is counted even though the call fails: it
   commits its own savepoint. */
MUST_CHECK enum err serve_enrol(struct node *node, const struct enrol_request *request,
                                struct arena *arena, struct enrol_answer *ret, struct diag *diag);
/* The same answer once more, for the node that used the code: it travels by bundle. */
MUST_CHECK enum err serve_enrolled(struct node *node, const uint8_t *code_id, struct id caller,
                                   struct arena *arena, bool *ret_found, struct enrol_answer *ret);

/* Who has called: for `stats`. */
struct caller_row {
    struct id node;
    int64_t seen_ms; /* 0: never */
    bool has_clock_offset;
    int64_t clock_offset_ms; /* caller minus this server */
};
MUST_CHECK enum err serve_callers(struct node *node, struct arena *arena, struct caller_row **ret,
                                  size_t *ret_count);
/* Last-seen times are kept in memory so that a sync with nothing new writes nothing; this writes
   them (a server calls it once a minute). */
MUST_CHECK enum err serve_flush(struct node *node);

/* What a hub still has to hand to the region: batches and ops. */
MUST_CHECK enum err serve_backlog(struct node *node, int64_t *ret_batches, int64_t *ret_ops);

#endif
