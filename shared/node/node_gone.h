/*
 * node_gone.h - what is left in the log of an op whose body was let go of (part of the node's
 * inside; include node_internal.h).
 *
 * schema/protocol.md, "Collection". Its row keeps entity, compartment, slot, times, and in the
 * place of the body the second half of the ophash (the first is the uid) and the registers that it
 * wrote, as local numbers of 7 bits a byte. So what needs them finds them: marks of an offer, rows
 * of a feed, redactions. OP_FLAG_GONE tells such a row from one that holds a body.
 */
#ifndef NODE_GONE_H
#define NODE_GONE_H

#include "node_log.h"

/* Lets the body of this op go. */
MUST_CHECK enum err gone_make(struct node *node, const struct logged *logged, int64_t *ret_size);

/* What is left of it, as an op of no known format: hash, uid, entity, compartment, stamp and the
   names of its registers, without predecessors. `stub` is column body. */
MUST_CHECK enum err gone_read(struct node *node, int64_t row, struct span stub, struct arena *arena,
                              struct op *ret);

/* One that came as no more than this, and isn't held: its uid is dead in its registers. */
MUST_CHECK enum err gone_apply(struct node *node, const struct arriving *in, int64_t *ret_row);

#endif
