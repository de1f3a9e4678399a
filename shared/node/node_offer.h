/*
 * node_offer.h - what is known of ops, as a mark: the measure of a reconcile, at both ends (part of
 * the node's inside; include node_internal.h).
 *
 * schema/protocol.md, "Reconcile". Two nodes that hold the same ops of a run, with the same
 * effective times and the same uids superseded in the registers they write, have the same mark.
 */
#ifndef NODE_OFFER_H
#define NODE_OFFER_H

#include "hash.h"
#include "node_log.h"
#include "sync_message.h"

#define MARK_SUMS 256

/* Sums of superseded uids, kept while nothing is written: busy registers have many ops. */
struct mark_sums {
    struct mark_sum {
        int64_t entity, reg; /* 0: free */
        uint64_t sum;
    } kept[MARK_SUMS];
};

struct mark {
    struct node *node;
    struct mark_sums *sums;
    struct arena *arena; /* reset by each op */
    struct hash_state state;
};

void mark_begin(struct mark *mark, struct node *node, struct mark_sums *sums, struct arena *arena);
/* Adds the op of this row of the log. */
MUST_CHECK enum err mark_add(struct mark *mark, int64_t row);
uint64_t mark_end(struct mark *mark);

/* The op's row in the log under its slot, or under a further envelope; 0: none. */
MUST_CHECK enum err offer_slot(struct node *node, int64_t origin, int64_t seq, int64_t *ret_row);

/* What this node holds of each feed, for the end of a reconcile. */
MUST_CHECK enum err node_feed_sums(struct node *node, struct arena *arena, struct feed_sum **ret,
                                   size_t *ret_count);

/*
 * What one server told, the others may never hear from it: it may be put back, or lost. Between
 * begin and end it is noted which ops others told more of (new, received earlier, superseded);
 * each server but `server` (row of table server; 0: none) is offered them at the next sync.
 */
void learnt_begin(struct node *node);
void learnt_op(struct node *node, int64_t row);
MUST_CHECK enum err learnt_dead(struct node *node, int64_t entity);
MUST_CHECK enum err learnt_end(struct node *node, int64_t server);

/* Gives an op without envelope one of this server's own: its author may never return. */
MUST_CHECK enum err log_adopt(struct node *node, int64_t row);

#endif
