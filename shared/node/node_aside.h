/*
 * node_aside.h - what must not be applied and must not be lost (part of the node's inside;
 * include node_internal.h).
 *
 * An op that isn't believed is kept twice: in quarantine, with the reason, for a person to see;
 * and, when it came in a batch from below, in the log under entity 0, so that the chain of its
 * author stays whole here and can be relayed with the ops around it. Under entity 0 it is in no
 * register, no feed, no record.
 */
#ifndef NODE_ASIDE_H
#define NODE_ASIDE_H

#include "node_log.h"
#include "node_member.h"

/* Of one node that handed things over: beyond either, nothing more of it is kept in quarantine. */
#define QUARANTINE_ROWS_MAX 4096
#define QUARANTINE_SIZE_MAX (32 * 1024 * 1024)

/* Keeps the bytes once. `*ret_kept` (may be NULL) false: there is no more room for `from`. */
MUST_CHECK enum err log_quarantine(struct node *node, const char *why, struct id from,
                                   struct span bytes, bool *ret_kept);

/*
 * Ids of definitions follow from their names, so anybody can write ops about one. Such an op
 * never touches a definition that is known (`*ret_refused`: it is in quarantine); those that came
 * before the definition are put aside when it arrives. `entity`: the op's, as entity_find() found
 * it; read anew when that changes it.
 */
MUST_CHECK enum err guard_definitions(struct node *node, const struct arriving *in,
                                      const struct op_effect *effect, struct entity_row *entity,
                                      bool *ret_refused);
MUST_CHECK enum err is_org_entity(struct node *node, const struct entity_row *entity, bool *ret);

#endif
