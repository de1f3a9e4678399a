/*
 * lease.h - may what this device holds be shown and changed?
 *
 * Contact with a server that accepts it renews the right for as many days as the organisation says
 * (org.h, lease_days). Without contact it runs out: the device locks until contact, or until a code
 * of a supervisor opens it for some days (reopen.h). Being told that it is revoked ends it for
 * good. Nothing held is lost by a lock: own work still goes out, to quarantine when nowhere else.
 *
 * How long there was no contact is counted up, never down, by the best witness there is: the
 * monotonic clock while the machine runs, else the wall clock as the last contact corrected it. So
 * neither setting a clock back opens a device, nor setting it ahead while it runs locks one.
 */
#ifndef LEASE_H
#define LEASE_H

#include "node.h"

#define LEASE_DAYS_DEFAULT 30
#define LEASE_DAYS_MAX     3650 /* what an organisation may set; 0: never */
#define LEASE_WARN_DAYS    7    /* of a short lease, its last third */
#define LEASE_DAY_MS       86400000LL

enum lease_lock {
    LEASE_OPEN,
    LEASE_EXPIRED, /* until contact, or a code */
    LEASE_REVOKED  /* for good */
};

struct lease {
    enum lease_lock lock;
    bool handed_over;   /* revoked: nothing of its own is left here alone */
    int64_t revoked_ms; /* when it was told, by its own clock; 0 */
    int64_t kept;       /* revoked: how much of its own log is in quarantine */
    int64_t days; /* without contact until it locks; 0: never (a server, a node not enrolled) */
    int64_t contact_ms; /* the server's time at the last contact; 0: none yet */
    int64_t away_ms;    /* how long ago that is, as far as can be known */
    int64_t left_ms;    /* until it locks; 0 when it is */
    bool warn;          /* the last days */
};

MUST_CHECK enum err lease_read(struct node *node, struct lease *ret);

/* A server that accepts this node has answered, by its clock at `server_ms`: inside a transaction.
 */
MUST_CHECK enum err lease_renew(struct node *node, int64_t server_ms);
/* A server says that this node is revoked, and has kept its log up to `kept`; `handed_over`: that
   is all there was. */
MUST_CHECK enum err lease_end(struct node *node, int64_t kept, bool handed_over);

#endif
