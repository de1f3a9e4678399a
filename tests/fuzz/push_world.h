/*
 * push_world.h - a hub that one stolen device pushes at, and what must hold after each push.
 *
 *     struct push_world *world = push_world_open();
 *     push_world_begin(world);
 *     push_try(world, batches, &outcome);      as often as wanted
 *     push_world_end(world, false);            false: as if nothing of it had been
 *     push_world_close(world);
 *
 * After each push, of a request signed by the device:
 * - refused, or all its batches in quarantine: the database is what it was, but for the quarantine;
 * - taken: what was there before stands unchanged, no definition among it; what is new is under an
 *   origin of the device; what lies outside its rights is flagged for a person to look at.
 * What doesn't hold is printed and aborts.
 */
#ifndef PUSH_WORLD_H
#define PUSH_WORLD_H

#include "batch_mutator.h"

struct push_outcome {
    int status;
    int64_t refused, late; /* as the reply counts them */
    int64_t new_ops;
    int64_t taken_ns;
};

struct push_world;

struct push_world *push_world_open(void);
void push_world_close(struct push_world *world);
const struct mutator_facts *push_world_facts(const struct push_world *world);
/* Batches as an honest device would write them; never pushed by this. */
struct span push_world_honest(const struct push_world *world);

void push_world_begin(struct push_world *world);
void push_try(struct push_world *world, struct span batches, struct push_outcome *ret);
void push_world_end(struct push_world *world, bool keep);
/* All nodes sync; then all of them must be sound and hold the same. */
void push_world_settle(struct push_world *world);

#endif
