/*
 * sim_rng.h - the one source of chance of a run: the same seed, the same run.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_rng {
    uint64_t state;
};

struct sim_rng rng_from(uint64_t seed, uint64_t stream); /* streams of one seed are independent */
uint64_t rng_next(struct sim_rng *rng);
size_t rng_below(struct sim_rng *rng, size_t count); /* 0 .. count - 1; 0 for count 0 */
int64_t rng_between(struct sim_rng *rng, int64_t least, int64_t most);
bool rng_chance(struct sim_rng *rng, unsigned per_mille);
void rng_bytes(struct sim_rng *rng, void *ret, size_t size);

#endif
