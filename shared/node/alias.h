/*
 * alias.h - duplicates: two records that are one, and the way back.
 *
 * schema/protocol.md, "Alias". The duplicate is no longer shown; its values are values of the other
 * record, where they differ a dispute to settle; what belonged to it belongs to the other. Taken
 * back, it is as it was.
 */
#ifndef ALIAS_H
#define ALIAS_H

#include "node.h"
#include "org.h"

struct alias {
    struct id person;    /* verb review on both */
    struct id entity;    /* the record that stays; unused when taken back */
    struct id duplicate; /* itself (record_resolve_own()) */
    const char *reason;
    bool undo;
};

/* ERR_MISSING_ARGUMENT without a reason, ERR_USAGE (one record already, no duplicate, or of another
   type), ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_NOT_ALLOWED, ERR_DELETED, ERR_ERASED. */
MUST_CHECK enum err node_alias(struct node *node, const struct alias *alias, struct diag *diag);

/* Records that share a value which should be unique (national id, card number): one row for each,
   those of one value beside each other; at most `limit`. */
struct alias_double {
    const char *property;
    struct id entity;
};
MUST_CHECK enum err alias_doubles(struct node *node, size_t limit, struct arena *arena,
                                  struct alias_double **ret, size_t *ret_count);

#endif
