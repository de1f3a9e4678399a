/*
 * sync_take.h - one reply while it is taken; for sync_take.c and sync_heard.c alone.
 */
#ifndef SYNC_TAKE_H
#define SYNC_TAKE_H

#include "sync_internal.h"

struct take {
    struct sync *sync;
    struct sync_reply reply;
    struct span rest;
    int64_t *origins; /* rows of origin, made when first used; 0: not yet */
    struct arena *arena;
    bool again, moved;
    int64_t skipped; /* ops that weren't taken: a stub says that their root is elsewhere */
    bool parted;     /* a tree of this reply lost such ops: none is believed whole */
    bool lacks_own;  /* a bundle that counts on own ops which aren't here */
};

/* sync_heard.c: what the reply says of what its server has: ours, acknowledged and stable; our
   batches; origins in the region's backup; files that it lost. */
MUST_CHECK enum err take_heard(struct take *t);
/* The row of an origin, made when it is new here. */
MUST_CHECK enum err take_origin(struct node *node, struct id name, int64_t *ret);

#endif
