/*
 * record_custody.h - how far ops have got: this device, the province, the region's backup.
 */
#ifndef RECORD_CUSTODY_H
#define RECORD_CUSTODY_H

#include "node_internal.h"
#include "record.h"

/* What servers said of this node's own origin. */
struct told {
    int64_t acked;     /* highest own number that a server has on disk */
    int64_t handed;    /* highest own number that may have left this node at all */
    int64_t synced_ms; /* last successful sync; 0: never */
};
MUST_CHECK enum err custody_told(struct node *node, struct told *ret);

/*
 * Of one op. Own ops of a device: here until acknowledged. What others wrote came from the
 * province or through it; a hub or the region is itself that far. The region has an op when its
 * origin is known to be stable up to it.
 */
enum custody custody_of(const struct node *node, const struct told *told, enum way way,
                        int64_t origin, int64_t seq, int64_t stable_seq);

/* Of a record: the least of this node's own ops in it; of a record without any, the least of all.
 */
MUST_CHECK enum err custody_of_entity(struct node *node, int64_t entity, enum custody *ret);

#endif
