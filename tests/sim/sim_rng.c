#include "sim_rng.h"

#include <string.h>

struct sim_rng rng_from(uint64_t seed, uint64_t stream)
{
    struct sim_rng rng = {seed * 0xD1342543DE82EF95u + stream * 0xA0761D6478BD642Fu + 1};
    (void)rng_next(&rng);
    return rng;
}

/* SplitMix64. */
uint64_t rng_next(struct sim_rng *rng)
{
    rng->state += 0x9E3779B97F4A7C15u;
    uint64_t z = rng->state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

size_t rng_below(struct sim_rng *rng, size_t count)
{
    return count == 0 ? 0 : (size_t)(rng_next(rng) % count);
}

int64_t rng_between(struct sim_rng *rng, int64_t least, int64_t most)
{
    return least + (int64_t)(rng_next(rng) % (uint64_t)(most - least + 1));
}

bool rng_chance(struct sim_rng *rng, unsigned per_mille)
{
    return rng_next(rng) % 1000 < per_mille;
}

void rng_bytes(struct sim_rng *rng, void *ret, size_t size)
{
    uint8_t *at = ret;
    while (size > 0) {
        uint64_t word = rng_next(rng);
        size_t some = size < sizeof word ? size : sizeof word;
        memcpy(at, &word, some);
        at += some;
        size -= some;
    }
}
