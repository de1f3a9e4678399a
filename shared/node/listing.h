/*
 * listing.h - records of a type as the rows of a list that forms choose from (a table of expr.h).
 *
 * An item is a record that the person may see: "name" (its id), "label" (its title), "__root" (the
 * id of the record that its tree begins with: of a person the household, of a household itself),
 * then its properties as a form holds them. Rows are in the order of record_list(), numbered as
 * there.
 * What a form filters by is indexed when it first does (table list_row) and kept up as records
 * change: texts by a hash, numbers by their value. The index is over all that is here, so what it
 * finds is more than a person may see or than fits; never less. Who asks looks at each row again.
 * Where nothing is indexed (no room on the disk, a property that the person may not read compared
 * with nothing) every row is given: slow, and the same.
 */
#ifndef LISTING_H
#define LISTING_H

#include "expr.h"
#include "record.h"

#define LISTING_KEYS_MAX 64   /* what is indexed at once; the oldest goes */
#define LISTING_FEW      2000 /* rows that are looked at rather than indexed further */

/* How many records there are of the type, counted up to `most`. */
MUST_CHECK enum err listing_size(struct node *node, const char *type, size_t most, size_t *ret);

/* As find() of struct expr_host. ERR_UNKNOWN_TYPE. */
MUST_CHECK enum err listing_find(struct node *node, const struct id *viewer, const char *type,
                                 const struct expr_equal *equals, size_t count, int64_t after,
                                 int64_t *rows, size_t room, size_t *ret_count, struct diag *diag);

/* Each child of the row's item, in order. Not called at all: no such row for this viewer. */
typedef enum err (*listing_child)(void *ctx, const char *name, struct span text);
MUST_CHECK enum err listing_row(struct node *node, const struct id *viewer, const char *type,
                                int64_t row, listing_child each, void *ctx, struct diag *diag);

/* The children of a record's item, for who has read it. */
struct listing_source {
    struct id entity, root;
    struct span title, document;
};
/* `only`: those of this name; NULL: all. */
MUST_CHECK enum err listing_children(const struct type *type, const struct listing_source *source,
                                     const char *only, const struct mem *mem, listing_child each,
                                     void *ctx);

#endif
