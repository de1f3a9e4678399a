/*
 * access.h - who may call a route: pure, and no unless something says yes.
 *
 * Each route of routes.c names its permission; 0 is none and never passes (routes.c doesn't even
 * compile with it). What a record-level grant allows is the node's business (node/org.h); here it
 * is decided whether a request reaches the node at all.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include "org.h"

enum permission {
    PERMISSION_MISSING, /* denied to all */
    PERMISSION_PUBLIC,  /* anybody; the answer holds nothing of the organisation's */
    PERMISSION_INVITED, /* who holds an enrolment code, unless it was tried too often */
    PERMISSION_NODE,    /* an enrolled node that isn't revoked; its signature is checked after */
    PERMISSION_KNOWN    /* a node that was enrolled, revoked or not: the handler tells them apart */
};

/* What is known of a caller before the route runs. */
struct access_facts {
    bool serving;                /* this server is enrolled itself */
    bool has_envelope;           /* the body begins as wire/envelope.h says */
    const struct org_node *node; /* whom the envelope names; NULL: unknown here */
    int64_t wait_s;              /* rate limit: seconds until the next try; 0: now */
};

/* OK, ERR_NOT_ENROLLED, ERR_TOO_MANY_TRIES (seconds), ERR_UNAUTHENTICATED (why), ERR_REVOKED. */
MUST_CHECK enum err access_decide(enum permission permission, const struct access_facts *facts,
                                  struct diag *diag);

#endif
