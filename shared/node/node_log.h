/*
 * node_log.h - an op that is held, looked up by uid (part of the node's inside).
 */
#ifndef NODE_LOG_H
#define NODE_LOG_H

#include "node_internal.h"

struct held_op {
    int64_t row; /* 0: not held */
    struct id uid;
    int64_t time_ms;
    int64_t receipt_ms; /* STAMP_NO_RECEIPT: none */
    int64_t entity, compartment;
    bool has_envelope;
    bool lacks_org_signature;
};
MUST_CHECK enum err log_find(struct node *node, struct id uid, struct held_op *ret);

/* Merges a receipt: the earliest is kept, and a lowered effective time is told to readers. */
MUST_CHECK enum err log_lower_receipt(struct node *node, const struct held_op *held,
                                      int64_t receipt_ms);

/* Writes the registers and membership that follow from an op of the log again (audit). */
MUST_CHECK enum err log_replay(struct node *node, const struct op *op, int64_t row);

#endif
