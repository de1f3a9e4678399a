/*
 * test_random.h - numbers for generated inputs: a new seed each run, printed, and given back
 * through DOUAR_SEED to see a failure again.
 */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct test_random {
    uint64_t state;
};

static inline struct test_random test_random_begin(const char *what)
{
    const char *given = getenv("DOUAR_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("%s: DOUAR_SEED=%llu\n", what, (unsigned long long)seed);
    return (struct test_random){.state = seed};
}

/* SplitMix64. */
static inline uint64_t test_random_next(struct test_random *random)
{
    random->state += 0x9E3779B97F4A7C15u;
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* From 0 to `count` - 1. */
static inline size_t test_random_below(struct test_random *random, size_t count)
{
    return (size_t)(test_random_next(random) % count);
}

#endif
