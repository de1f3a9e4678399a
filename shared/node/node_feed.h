/*
 * node_feed.h - feeds by (scope, compartment); devices keep none (part of the node's inside;
 * include node_internal.h).
 */
#ifndef NODE_FEED_H
#define NODE_FEED_H

#include "node_entity.h"

enum feed_what { FEED_OP, FEED_ENTER, FEED_DEAD, FEED_LOW };
struct feed_event {
    enum feed_what what;
    int64_t ref;   /* row of the op, root or entity */
    uint64_t mark; /* first 8 bytes of its uid or name: what the rolling hash covers */
};
/* One event in the feeds of `scopes` for one compartment. */
MUST_CHECK enum err feed_add(struct node *node, const struct members *scopes, int64_t compartment,
                             const struct feed_event *event);
/* ENTER of a root in every compartment its tree has. */
MUST_CHECK enum err feed_enter(struct node *node, const struct entity_row *root,
                               const struct members *scopes);
/* What is dead in an entity became more: told in every compartment it has. */
MUST_CHECK enum err feed_dead(struct node *node, const struct entity_row *entity,
                              const struct members *scopes);
/* Writes the counter back; node_begin and node_end call it. */
MUST_CHECK enum err feed_flush(struct node *node);

uint64_t feed_roll(uint64_t before, int64_t n, const struct feed_event *event);

#endif
