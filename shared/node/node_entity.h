/*
 * node_entity.h - entities, the root each follows, the scopes a root belongs to (part of the
 * node's inside; include node_internal.h).
 */
#ifndef NODE_ENTITY_H
#define NODE_ENTITY_H

#include "node_state.h"

struct entity_row {
    int64_t id; /* 0: not known here */
    struct id name;
    int64_t type; /* symbol */
    int64_t root; /* entity row; 0 while unknown */
    bool missing; /* content was skipped here: not whole (only meaningful for a root) */
};
MUST_CHECK enum err entity_find(struct node *node, struct id name, struct entity_row *ret);
MUST_CHECK enum err entity_get(struct node *node, int64_t id, struct entity_row *ret);

#define MEMBER_MAX                                                                                 \
    32 /* scopes of one root that are looked at; more live values than this are rare */
struct members {
    int64_t scopes[MEMBER_MAX]; /* symbols, ascending */
    size_t count;
};
MUST_CHECK enum err members_of(struct node *node, int64_t root, struct members *ret);
/* Is the root (or an org entity) in a scope that this node itself is granted? Servers hold all. */
MUST_CHECK enum err root_in_sight(struct node *node, int64_t root, bool *ret);

/*
 * What of a root a server has still to tell (table unread; entity.missing says that there is any).
 * All of it: rows that it sent went by unread while the root was out of sight. Or the rest of one
 * compartment: it told a part of a large tree, which ended with its number `next`.
 */
struct entity_part {
    struct span compartment;
    int64_t next;
    uint64_t epoch; /* of the server: the number means nothing in another */
};
/* All of it: its compartments of which something went by before are told from their beginnings. */
MUST_CHECK enum err entity_unread(struct node *node, int64_t root, struct id server);
/* By every server known here: each told long ago what was let go, and another one may be behind. */
MUST_CHECK enum err entity_unread_anywhere(struct node *node, int64_t root);
/* A compartment was told to its end; "" for the whole tree. */
MUST_CHECK enum err entity_read(struct node *node, int64_t root, struct id server,
                                struct span compartment);
MUST_CHECK enum err entity_read_part(struct node *node, int64_t root, struct id server,
                                     const struct entity_part *part);
/* Numbers of an epoch other than this one mean nothing any more: those compartments from their
   beginnings. */
MUST_CHECK enum err entity_parts_anew(struct node *node, int64_t root, struct id server,
                                      uint64_t epoch);
/* Nothing more of any compartment will be told. */
MUST_CHECK enum err entity_parts_read(struct node *node, int64_t root, struct id server);

#endif
