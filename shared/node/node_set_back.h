/*
 * node_set_back.h - work of the revoked that a hub took before it heard (part of the node's inside;
 * include node_internal.h).
 *
 * What a hub holds in its registers its devices hold too, and nobody can make them forget it: ops
 * are only ever added. So the region takes such an op as well, and in the same breath writes ops of
 * its own that give each register it wrote the values it superseded. All nodes come to hold the
 * same, none shows the work of a thief for longer than its next contact, and a person who finds
 * it honest gets it back.
 */
#ifndef NODE_SET_BACK_H
#define NODE_SET_BACK_H

#include "node_log.h"

/* The op in `row`, where it is live still. A record that it made is deleted. */
MUST_CHECK enum err log_set_back(struct node *node, int64_t row);
/* Undoes that, for `person`, with a reason; where somebody wrote since, that stands. */
MUST_CHECK enum err log_reinstate(struct node *node, const struct op *op, struct id person,
                                  const char *reason);

#endif
