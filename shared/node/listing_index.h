/*
 * listing_index.h - which records have which value, for lists (part of the node's inside).
 */
#ifndef LISTING_INDEX_H
#define LISTING_INDEX_H

#include "expr.h"
#include "node_shown.h"

/* A value as it stands in the index. `other`: where texts stand whose number depends on the zone;
   the same as `hash` for texts. */
struct listing_value {
    int64_t hash, other;
};
struct listing_value listing_value_of(const struct expr_equal *equal);

/* The index of what stands in `child`, made if there is none yet. Writes, in steps of its own. */
MUST_CHECK enum err listing_index_key(struct node *node, int64_t symbol, const struct type *type,
                                      const char *child, bool number, int64_t *ret_key);

/* What is shown of a record changed; `type` NULL: it isn't shown any more. Inside of who writes. */
MUST_CHECK enum err listing_index_put(struct node *node, int64_t entity, int64_t symbol,
                                      const struct type *type, const char *title,
                                      struct span document);

#endif
