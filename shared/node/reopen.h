/*
 * reopen.h - a code that opens a locked device for some days where no network goes.
 *
 *     the device        A07-KRSXG5BA-Q            read out to a supervisor, by telephone
 *     the supervisor    B03-HA7KQ-2M4XZ-P3        read back
 *
 * Both keys are known on both sides, in the organisation's lane: the secret that follows from them
 * (X25519) makes a code for this device, this challenge and so many days, that nobody else can
 * make and no server is needed for. schema/protocol.md, "Leases".
 */
#ifndef REOPEN_H
#define REOPEN_H

#include "node.h"

#define REOPEN_DAYS_DEFAULT 7
#define REOPEN_DAYS_MAX     30 /* of one code */
#define REOPEN_DAYS_TOTAL   90 /* of all codes since the last contact */
#define REOPEN_TRIES        10 /* wrong ones; then only contact opens */
#define REOPEN_TEXT_SIZE    32

/* The device's side. The challenge stands until a code answered it, or contact came. */
struct reopen_challenge {
    char text[REOPEN_TEXT_SIZE];
    int64_t tries_left;
    int64_t days_left; /* that codes may still open, without contact */
};
/* ERR_NOT_ENROLLED, ERR_REOPEN_SPENT. */
MUST_CHECK enum err reopen_challenge(struct node *node, struct reopen_challenge *ret,
                                     struct diag *diag);

struct reopened {
    struct id by;
    int64_t days;
};
/*
 * Opens the device by a code. A wrong one is counted before it is refused. ERR_BAD_VALUE (no such
 * code: mistyped; not counted), ERR_UNKNOWN_NODE (whose code it would be), ERR_NOT_ALLOWED,
 * ERR_REVOKED, ERR_WRONG_REOPEN (tries left), ERR_REOPEN_SPENT.
 */
MUST_CHECK enum err reopen_open(struct node *node, struct span code, struct reopened *ret,
                                struct diag *diag);

/*
 * The supervisor's side: a supervisor's device whose places hold all of the other's, or a server
 * whose do, or that enrolled it. ERR_BAD_VALUE (mistyped), ERR_OUT_OF_RANGE (days),
 * ERR_UNKNOWN_NODE, ERR_REVOKED, ERR_NOT_ALLOWED.
 */
MUST_CHECK enum err reopen_answer(struct node *node, struct span challenge, int64_t days,
                                  char ret[REOPEN_TEXT_SIZE], struct id *ret_device,
                                  struct diag *diag);

/* ---- told to a server with the next contact, so that it stands where an office sees it */

struct reopen_told; /* sync_message.h */
struct arena;
struct org_node;
MUST_CHECK enum err reopens_untold(struct node *node, struct arena *arena, struct reopen_told **ret,
                                   size_t *ret_count);
MUST_CHECK enum err reopens_told(struct node *node, size_t count); /* the first so many */
MUST_CHECK enum err reopens_take(struct node *node, const struct org_node *caller,
                                 const struct reopen_told *list, size_t count);

#endif
