/*
 * sim_run.h - one run from its beginning to its end; many; a failing one made short.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim_world.h"

struct sim_ending {
    uint64_t seed;
    bool good;
    size_t step;      /* at which a promise was broken; steps + 1: at rest */
    const char *kind; /* the same for failures that say the same of other nodes or numbers */
    char failure[512];
    double years; /* of devices */
    struct sim_counters counters;
    uint64_t state[SIM_NODES_MAX]; /* what each node holds and shows, when all was good */
};

void sim_run(const struct sim_options *options, struct sim_ending *ret);

/*
 * sim_shrink.c: fewer steps, fewer devices, fewer faults, fewer actions, as long as a run still
 * fails in the same way. Prints the line that repeats what is left, then its story. False: the run
 * that it was given does not fail.
 */
bool sim_shrink(const struct sim_options *options);
/* Seeds from first->seed on, as many as are asked for by number or by what they come to together.
 */
#define SIM_JOBS_MAX 64
struct sim_many {
    size_t runs;
    double years;       /* of devices */
    size_t jobs;        /* at once */
    bool few;           /* too few for all of sim_counters.h to happen */
    const char *ledger; /* a file (sim_ledger.h), or NULL */
};
/* Prints what failed as it fails, and what came of all at the end. Returns how many failed; one
   more when something that must happen never did. */
size_t sim_many(const struct sim_options *first, const struct sim_many *wanted);

/* The arguments that repeat a run. */
void sim_print_arguments(const struct sim_options *options, FILE *out);

#endif
