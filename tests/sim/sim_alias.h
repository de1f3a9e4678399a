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
    bool names;       /* target, which is of the same type */
    bool held;        /* it has come here, so that others may lead to it */
    bool filled;      /* something of it is live */
    char scopes[128]; /* divided by commas */
};

struct sim_twins {
    struct sim_twin list[SIM_TWINS_MAX]; /* by name */
    size_t count;
};

/* As the node holds them. */
void twins_read(struct sim_node *node, struct sim_twins *ret);

/* Whether the reader is shown `member` as a part of `head`. */
bool twins_stand_for(const struct sim_twins *twins, struct id head, struct id member,
                     const struct org_node *reader);

enum twin_view {
    TWIN_NONE,   /* no duplicate, and nobody's */
    TWIN_HIDDEN, /* not granted, or another stands for it */
    TWIN_SAME,   /* shown, with the values that the region shows */
    TWIN_APART   /* shown, but of other records than at the region: some aren't granted */
};
/* What a reader (NULL: whoever holds these) should show of the entity. */
enum twin_view twins_view(const struct sim_twins *twins, struct id entity,
                          const struct org_node *reader);
/* The same of a hub, which shows all that it holds, in its own scopes or beside them. TWIN_APART
   also when some of the records lie beside them, where it may be behind. */
enum twin_view twins_view_of_hub(const struct sim_twins *region, const struct sim_twins *hub,
                                 struct id entity, const struct org_node *me);
/* In its own scopes a hub knows every pair that the region does: which one it doesn't; NULL. */
const struct sim_twin *twins_differ(const struct sim_twins *region, const struct sim_twins *hub,
                                    const struct org_node *me);

#endif
