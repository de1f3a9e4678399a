/*
 * sim_ledger.h - a file of the runs that have ended, so that a day of runs that is stopped goes on
 * where it was: the seeds that stand there are not run again, what they counted is.
 *
 * It belongs to one build, steps and devices: those of another are another proof, and are refused.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "sim_run.h"

struct sim_ledger {
    FILE *file; /* NULL: none is kept */
    struct sim_ending *endings;
    size_t count; /* of those that stood there when it was opened */
};

/* Opens the file, or begins it. False, and a line on standard error: it can't be read, or is of
   another build or other options. A last ending that was cut short is dropped: its seed runs again.
 */
bool ledger_open(struct sim_ledger *ledger, const char *path, const struct sim_options *options);
void ledger_close(struct sim_ledger *ledger);
/* What stands there of a seed; NULL: nothing. */
const struct sim_ending *ledger_find(const struct sim_ledger *ledger, uint64_t seed);
/* Writes it down at once; ends the process when the disk doesn't take it. */
void ledger_add(struct sim_ledger *ledger, const struct sim_ending *ending);

#endif
