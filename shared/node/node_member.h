/*
 * node_member.h - how an op changes where an entity belongs (part of the node's inside).
 */
#ifndef NODE_MEMBER_H
#define NODE_MEMBER_H

#include "node_internal.h"

/* What an op touches besides ordinary registers. */
struct op_effect {
    bool org;          /* a definition of the organisation */
    bool writes_scope; /* `_scope` */
    bool writes_root;  /* `_root` */
    bool writes_alias; /* `_alias` */
};

/* `type` empty and type_op INT64_MAX: named by somebody, its own ops not seen yet. */
MUST_CHECK enum err entity_add(struct node *node, struct id name, struct span type, int64_t type_op,
                               struct entity_row *ret);

/* Recomputes table member of a root from its live `_scope` values. */
MUST_CHECK enum err member_refresh(struct node *node, int64_t root);

/* After the registers of `op` are in: root and membership of its entity (updates *entity). */
MUST_CHECK enum err member_settle(struct node *node, struct entity_row *entity, const struct op *op,
                                  const struct op_effect *effect);

/* Tells the feeds of the scopes before and after; ENTER to those that are new to the tree.
   `event` NULL: only membership changed. */
MUST_CHECK enum err member_tell_feeds(struct node *node, const struct entity_row *entity,
                                      const struct members *before, int64_t root_before,
                                      const struct feed_event *event, int64_t compartment);

#endif
