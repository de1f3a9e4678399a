/*
 * sim_alias.h - records that were told to be one, and what each node should make of them.
 */
#ifndef SIM_ALIAS_H
#define SIM_ALIAS_H

#include "sim_world.h"

#define SIM_TWINS_MAX 512

/* An entity that names another, or is named. */
struct sim_twin {
    struct id name, target;
    bool names;
    char scopes[128]; /* divided by commas */
};

struct sim_twins {
    struct sim_twin list[SIM_TWINS_MAX]; /* by name */
    size_t count;
};

/* As the region holds them. */
void twins_read(struct sim_world *world, struct sim_twins *ret);

enum twin_view {
    TWIN_NONE,   /* no duplicate, and nobody's */
    TWIN_HIDDEN, /* not granted, or another stands for it */
    TWIN_SAME,   /* shown, with the values that the region shows */
    TWIN_APART   /* shown, but of other records than at the region: some aren't granted */
};
/* What a reader (NULL: the region) should show of the entity. */
enum twin_view twins_view(const struct sim_twins *twins, struct id entity,
                          const struct org_node *reader);

#endif
