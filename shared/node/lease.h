/*
 * lease.h - may what this device holds be shown and changed? Not once it is revoked.
 *
 * Contact with a server that accepts it renews the right; being told that it is revoked ends it.
 * Nothing held is lost by a lock: own work still goes out, to quarantine when nowhere else.
 */
#ifndef LEASE_H
#define LEASE_H

#include "node.h"

enum lease_lock {
    LEASE_OPEN,
    LEASE_REVOKED /* for good */
};

struct lease {
    enum lease_lock lock;
    bool handed_over;   /* revoked: nothing of its own is left here alone */
    int64_t revoked_ms; /* when it was told, by its own clock; 0 */
    int64_t kept;       /* revoked: how much of its own log is in quarantine */
};

MUST_CHECK enum err lease_read(struct node *node, struct lease *ret);

/* A server has answered: inside a transaction. */
MUST_CHECK enum err lease_renew(struct node *node);
/* A server says that this node is revoked, and has kept its log up to `kept`; `handed_over`: that
   is all there was. */
MUST_CHECK enum err lease_end(struct node *node, int64_t kept, bool handed_over);

#endif
