/*
 * sim_bare.h - the same run without what only makes things faster or smaller: no dictionary when
 * texts are packed, and nothing that a node keeps in memory from one act to the next. The answers
 * must be the same.
 */
#ifndef SIM_BARE_H
#define SIM_BARE_H

#include "sim_run.h"

/* From here on, as world->options.bare says; the process packs for one world at a time. */
void bare_begin(const struct sim_world *world);
void bare_end(void);
/* Between two acts: each node forgets what it keeps in memory. Nothing while a sync is under way.
 */
void bare_forget(struct sim_world *world);
/* What each node holds and shows. */
void bare_state(struct sim_world *world, uint64_t ret[SIM_NODES_MAX]);
/*
 * The run as it is and bare, both without faults, which strike at numbers of bytes. False, and what
 * differs is said: one of them failed, or they don't end with the same.
 */
bool bare_is_alike(const struct sim_options *options);

#endif
