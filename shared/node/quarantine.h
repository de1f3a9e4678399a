/*
 * quarantine.h - what came and was not believed, for a person of the office to decide about.
 *
 * Kept as it came: a batch of a revoked node (serve_revoked.c), an op of a revoked person, one that
 * a hub took after the revocation and the region set back, and what no signature stands behind.
 * It is never emptied: a decision is written beside it.
 */
#ifndef QUARANTINE_H
#define QUARANTINE_H

#include "node.h"
#include "op.h"

enum quarantine_verdict { QUARANTINE_WAITS, QUARANTINE_ACCEPTED, QUARANTINE_REFUSED };

struct quarantine_row {
    int64_t id;
    const char *why; /* "revoked", "person_revoked", "after_revocation", "batch_signature", .. */
    struct id node;  /* who handed it over, or wrote it */
    int64_t at_ms;
    enum quarantine_verdict verdict;
    int64_t settled_ms;
    struct id person;   /* who decided */
    const char *reason; /* NULL before */
    struct span bytes;  /* a batch with its head line, or the body of one op */
    struct op *ops;     /* none when they can't be read */
    size_t op_count;
    int64_t before; /* ops that say themselves that they are from before the revocation */
};

/* In the order they came; `after` is the last id of the page before. With `all` the decided too. */
MUST_CHECK enum err quarantine_list(struct node *node, bool all, int64_t after, size_t limit,
                                    struct arena *arena, struct quarantine_row **ret,
                                    size_t *ret_count);
/* ERR_NOT_FOUND ("quarantine", id). */
MUST_CHECK enum err quarantine_read(struct node *node, int64_t id, struct arena *arena,
                                    struct quarantine_row *ret, struct diag *diag);

struct quarantine_decision {
    int64_t id;
    enum quarantine_verdict verdict; /* accepted or refused */
    struct id person;
    const char *reason;
};
/*
 * One transaction. Accepted: the ops are applied as if they had come now, flagged "quarantine", and
 * travel on as this node's; `*ret_ops` how many of them weren't known. ERR_MISSING_ARGUMENT
 * (reason), ERR_NOT_FOUND, ERR_EXISTS (decided already), ERR_SIGNATURE (nobody's signature stands
 * behind the batch), ERR_NOT_ALLOWED (definitions of the organisation without its signature).
 */
MUST_CHECK enum err quarantine_settle(struct node *node, const struct quarantine_decision *decision,
                                      int64_t *ret_ops, struct diag *diag);

#endif
