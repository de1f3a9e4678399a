/*
 * sync_offer.h - the calling end's part in a reconcile (the sync*.c files only).
 */
#ifndef SYNC_OFFER_H
#define SYNC_OFFER_H

#include "node_offer.h"

#define OFFER_DONE (-1)
#define OFFER_SUMS (-2) /* all was offered; the sums are to be told with the feeds */

/* What a request of a reconcile says. */
enum offer_stage { OFFER_NONE, OFFER_EMPTY, OFFER_PIECE, OFFER_HANDS };

#define OFFER_QUIET 256

/* A piece of what is held, while the callee is offered it. */
struct offer {
    struct arena arena;
    struct offered *ops; /* by (origin, seq); those without envelope last */
    size_t op_count;
    struct offer_run *runs;
    size_t *run_first; /* of each run: index into ops */
    size_t run_count;
    int64_t upto;  /* the piece reaches up to this row of op; 0: there is none */
    size_t *hands; /* indexes into ops: what is wanted */
    size_t hand_count, hand_done, hand_sent;
    struct told_register {
        int64_t entity, reg;
    } * told; /* whose superseded uids were handed over with this request */
    size_t told_count, told_capacity;
    /* Of which there was nothing to hand over, by a hash of both; looked for anew where another
       took the place. A long history is read once a piece so, not once a request. */
    struct told_register quiet[OFFER_QUIET];
    enum offer_stage stage; /* of the request in flight */
};

#endif
