/*
 * node_mixed.h - registers whose ops stand in several compartments, since their property moved
 * (part of the node's inside; include node_internal.h).
 *
 * Who reads one of the compartments doesn't get the ops of the others, which may supersede what
 * they hold: so a server tells what is dead there whenever an op meets live ones of another.
 */
#ifndef NODE_MIXED_H
#define NODE_MIXED_H

#include "node_entity.h"

#define MIXED_MAX 32 /* compartments that one op meets; no property has moved as often */

struct mixed {
    int64_t compartments[MIXED_MAX]; /* other than the op's own */
    size_t count;
};

/* Before an op of `compartment` writes the register: which other compartments live in it? */
MUST_CHECK enum err mixed_note(struct node *node, int64_t entity, int64_t reg, int64_t compartment,
                               struct mixed *mixed);
/* What is dead in the entity, in the feeds of all that were noted and of the op's own. */
MUST_CHECK enum err mixed_tell(struct node *node, const struct entity_row *entity,
                               int64_t compartment, const struct mixed *mixed);

#endif
