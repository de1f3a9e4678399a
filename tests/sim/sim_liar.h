/*
 * sim_liar.h - a hub in the wrong hands: in some runs hub1 changes, drops, reorders and repeats
 * what it relays to the region, and signs that with its own key.
 *
 * It can't sign for its devices. So nothing that it made up may be in any log, nobody may believe
 * stable what it kept back, and once it is thrown out and replaced nothing is missing.
 */
#ifndef SIM_LIAR_H
#define SIM_LIAR_H

#include "sim_world.h"

/* Is there one in this run? */
bool liar_is_here(const struct sim_world *world);
/* Puts something else in place of a request that the node is about to send, now and then. */
void liar_forge(struct sim_node *node, struct buf *request);
/* At rest: who was lied to has noticed, and the hub is replaced. */
void liar_throw_out(struct sim_world *world);
/* Nobody holds an op that nobody wrote. */
void liar_check(struct sim_world *world);

#endif
