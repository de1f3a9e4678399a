/*
 * notice.h - what a node noticed and a person should know: copies at work, databases put back.
 *
 * A notice stands until somebody settles it; the same thing noticed again counts up, and opens
 * it again. It changes nothing in the data: that is mended already when a notice is written.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include "node.h"

/* Of a node that calls: it began another origin, since it was put back from a copy or is one; it
   writes in two origins, since two copies are at work; it handed over what others lost. */
#define NOTICE_PUT_BACK "put_back"
#define NOTICE_TWICE    "twice"
#define NOTICE_ADOPTED  "adopted"
/* Of a device: a code opened it after it had locked; of who gave that code. */
#define NOTICE_REOPENED "reopened"
#define NOTICE_GAVE     "gave_code"
/* Of a server above: it began another epoch. */
#define NOTICE_SERVER "server_anew"
/* Of itself: it writes in a new origin; it began another epoch, because its database was put back,
   or because an operator restored it. */
#define NOTICE_BEGAN_ANEW "began_anew"
#define NOTICE_NOTICED    "epoch_noticed"
#define NOTICE_RESTORED   "epoch_restored"

struct notice {
    int64_t id;
    const char *what; /* one of the above, in the arena */
    struct id node;
    int64_t first_ms, last_ms;
    int64_t count;
};

/* The newest first, at most 1,000. */
MUST_CHECK enum err notice_list(struct node *node, struct arena *arena, struct notice **ret,
                                size_t *ret_count);
MUST_CHECK enum err notice_count(struct node *node, int64_t *ret);
/* ERR_NOT_FOUND when there is none that stands under this number. */
MUST_CHECK enum err notice_settle(struct node *node, int64_t id, struct diag *diag);

#endif
