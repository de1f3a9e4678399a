/*
 * collect.h - a server lets go of bodies that nobody can need any more.
 *
 * schema/protocol.md, "Collection", says which: superseded in every register, in the region's
 * backup, and superseded for as long as a horizon. What is shown, told to readers, offered and
 * verified is the same before and after; a collected op that comes again changes nothing
 * (node_gone.h is what stays of it). A device has forget.h instead.
 */
#ifndef COLLECT_H
#define COLLECT_H

#include "node.h"

struct collect_count {
    int64_t ops;
    int64_t freed;   /* bytes of bodies */
    int64_t kept;    /* bytes that stand in their place */
    int64_t waiting; /* ops as superseded and old, but not in the region's backup */
};

/*
 * One step over some hundreds of records, in a transaction of its own, from the one after
 * `*after` (0 at first) on; adds to `ret`. INT64_MAX when all were looked at. `dry` only counts.
 * While the clock is insane nothing is old. ERR_NOT_ALLOWED on a device.
 */
MUST_CHECK enum err collect_step(struct node *node, int64_t horizon_ms, bool dry, int64_t *after,
                                 struct collect_count *ret, struct diag *diag);

/* All of it. */
MUST_CHECK enum err collect_all(struct node *node, int64_t horizon_ms, bool dry,
                                struct collect_count *ret, struct diag *diag);

#endif
