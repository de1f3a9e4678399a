/*
 * node_named.h - which ops others name as their predecessors, by the first 8 bytes of their uids
 * (part of the node's inside; include node_internal.h).
 */
#ifndef NODE_NAMED_H
#define NODE_NAMED_H

#include "arena.h"
#include "op.h"

struct named {
    struct arena *arena; /* the list grows there */
    uint64_t *uids;
    size_t count, capacity;
};

void named_begin(struct named *named, struct arena *arena);
MUST_CHECK enum err named_add(struct named *named, const struct op_register *reg); /* ERR_NOMEM */
/* The same for who asks in which register: named_has() of named_in(). One list holds either. */
MUST_CHECK enum err named_add_in(struct named *named, const struct op_register *reg);
uint64_t named_in(struct span reg, uint64_t uid8);
void named_sort(struct named *named); /* all are added: named_has() from now on */
bool named_has(const struct named *named, uint64_t uid8);

#endif
