/*
 * node_alias.h - duplicates that stand for one record (part of the node's inside; include
 * node_internal.h). schema/protocol.md, "Alias".
 *
 * An alias is a register of the duplicate that names the other; table alias follows from it. Which
 * record stands for all is worked out from the named pairs alone, so nodes that hold the same ops
 * agree, whatever came first and whether or not the pairs make a ring.
 */
#ifndef NODE_ALIAS_H
#define NODE_ALIAS_H

#include "node_log.h"

#define REGISTER_ALIAS    "_alias"
#define ALIAS_MEMBERS_MAX 64 /* of one record: beyond, further ones stand for themselves */

/* The pairs that follow from the live values of `_alias`, after an op that wrote it. */
MUST_CHECK enum err alias_refresh(struct node *node, int64_t entity);

/* The record that stands for `entity`: itself when it is no duplicate, or its other isn't held here
   in sight. */
MUST_CHECK enum err alias_head(struct node *node, int64_t entity, int64_t *ret);

/* All that `head` stands for, itself first; itself alone when it isn't a head. */
struct alias_members {
    int64_t entities[ALIAS_MEMBERS_MAX];
    size_t count;
};
MUST_CHECK enum err alias_members(struct node *node, int64_t head, struct alias_members *ret);

/* Before an entity is shown: who must be shown anew because of what it is now. `*ret_head`. */
MUST_CHECK enum err alias_before_show(struct node *node, int64_t entity, int64_t *ret_head);
/* A duplicate isn't shown: its own case number leads to its head. */
MUST_CHECK enum err alias_note_shown(struct node *node, int64_t entity, int64_t head,
                                     const char *case_number);

/* The id that stands for `entity`. */
MUST_CHECK enum err alias_head_name(struct node *node, struct id entity, struct id *ret);

#endif
