/*
 * sim_run.h - one run from its beginning to its end, and a failing one made short.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim_world.h"

struct sim_ending {
    bool good;
    size_t step;      /* at which a promise was broken; steps + 1: at rest */
    const char *kind; /* the same for failures that say the same of other nodes or numbers */
    char failure[512];
    double years; /* of devices */
    struct sim_counters counters;
};

void sim_run(const struct sim_options *options, struct sim_ending *ret);

/*
 * sim_shrink.c: fewer steps, fewer devices, fewer faults, fewer actions, as long as a run still
 * fails in the same way. Prints the line that repeats what is left, then its story. False: the run
 * that it was given does not fail.
 */
bool sim_shrink(const struct sim_options *options);
/* The arguments that repeat a run. */
void sim_print_arguments(const struct sim_options *options, FILE *out);

#endif
