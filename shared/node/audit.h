/*
 * audit.h - is what this node holds true? Chains, signatures, registers, feeds, projection.
 */
#ifndef AUDIT_H
#define AUDIT_H

#include "node.h"

typedef void (*audit_progress)(void *ctx, const char *step, int64_t done, int64_t total);

struct audit_report {
    int64_t ops, batches, registers, feed_rows;
    int64_t finding_count;
    struct buf findings; /* one a line, plain English with ids; the caller inits it */
};

/*
 * Recomputes uids, chains, batch signatures, live and member from the log, rolling hashes of
 * feeds and the projection, and compares. With `rebuild`, tables that derive from the log are
 * made anew first. Findings are outcomes: the call itself fails only when it can't look.
 */
MUST_CHECK enum err node_audit(struct node *node, bool rebuild, audit_progress progress, void *ctx,
                               struct audit_report *ret);

#endif
