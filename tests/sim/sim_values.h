/*
 * sim_values.h - answers as a person might give them: canonical values that their type accepts.
 */
#ifndef SIM_VALUES_H
#define SIM_VALUES_H

#include "save.h"
#include "sim_rng.h"

#define VALUES_MAX 24

/* What a person fills in at once. */
struct sim_answers {
    struct change changes[VALUES_MAX];
    size_t count;
};

/* JSON text in `arena`; of a place property one of `places`. */
struct span value_random(struct sim_rng *rng, const struct property *property,
                         const char *const *places, size_t place_count, struct arena *arena);

/* Adds the property, and with one of a group the whole group. Nothing when it is there already or
   can't be asked (derived, files, references). */
void answers_add(struct sim_answers *answers, struct sim_rng *rng, const struct type *type,
                 const struct property *property, const char *const *places, size_t place_count,
                 struct arena *arena);
/* Every required one, of the compartments that `health` allows. */
void answers_required(struct sim_answers *answers, struct sim_rng *rng, const struct type *type,
                      const char *const *places, size_t place_count, struct arena *arena);

#endif
