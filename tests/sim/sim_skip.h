/*
 * sim_skip.h - steps of a run that are left out: of the action, or of the faults.
 *
 * Every step draws from streams of its own (world_step()), so that leaving one out changes what
 * follows from it and nothing that is drawn later.
 */
#ifndef SIM_SKIP_H
#define SIM_SKIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum skip_what { SKIP_ACTION, SKIP_FAULTS, SKIP_KINDS };

struct sim_skips {
    bool *marks[SKIP_KINDS]; /* by step; NULL: none is left out */
    size_t steps;            /* marks has one more */
};

bool skips_has(const struct sim_skips *skips, enum skip_what what, size_t step);
void skips_set(struct sim_skips *skips, enum skip_what what, size_t step, bool skipped);
/* Is any of the steps up to there left out? */
bool skips_any(const struct sim_skips *skips, enum skip_what what, size_t steps);
/* Reads "1-13,15,20-40"; steps beyond `skips->steps` are nothing. False: it isn't that. */
bool skips_read(struct sim_skips *skips, enum skip_what what, const char *text);
/* As skips_read() reads it, of the steps up to `steps`. */
void skips_print(const struct sim_skips *skips, enum skip_what what, size_t steps, FILE *out);
void skips_release(struct sim_skips *skips);

#endif
