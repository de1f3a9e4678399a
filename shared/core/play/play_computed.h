/*
 * play_computed.h - what an expression gave for a node, as the instance keeps it.
 *
 * As the bind's type wants it (an int has no fraction, a date no time), nothing for NaN. Where the
 * bind says no more than "string", as it does for every calculate of XLSForm, the node reads from
 * then on as what it was given: a calculated false() is false though its text isn't empty.
 */
#ifndef PLAY_COMPUTED_H
#define PLAY_COMPUTED_H

#include "play_inner.h"

struct computed {
    struct span text; /* in the play's scratch, or the value's own */
    enum tree_kind kind;
};
MUST_CHECK enum err computed_for_node(struct play *play, const struct play_node *node,
                                      const struct expr_value *value, struct computed *ret);

/* Sets it: change_value() (play_compute.c) for what an expression gave. */
MUST_CHECK enum err change_computed(struct play *play, struct play_node *node,
                                    const struct expr_value *value, struct diag *diag);

#endif
