/*
 * record_view.h - who is looking, and what of a record they may see (part of the node's inside).
 *
 * A record is seen when its root lies in a scope that this node is granted and, for a person,
 * in one where they may read base. Of it, the properties whose compartment they may read there.
 */
#ifndef RECORD_VIEW_H
#define RECORD_VIEW_H

#include "node_shown.h"
#include "record.h"

struct view {
    struct node *node;
    const struct org *org;
    bool office; /* nobody in particular: sees all that the node holds in sight */
    struct id viewer;
    int64_t root; /* the one looked at last; 0: none */
    bool in_sight;
    const char *scopes[MEMBER_MAX];
    size_t scope_count;
};

/* Brings records up to date first. `viewer` NULL: the office. */
MUST_CHECK enum err view_open(struct node *node, const struct id *viewer, struct view *ret);

/* Turns to a root: afterwards view_may() speaks of it. `ret`: may anything of it be seen? */
MUST_CHECK enum err view_turn(struct view *view, int64_t root, bool *ret);
bool view_may(const struct view *view, struct span compartment, enum verb verb);
/* May each of "aid+health" be read? */
bool view_reads(const struct view *view, const char *compartments);
/* shown_restrict() for the viewer; nothing for the office. */
MUST_CHECK enum err view_restrict(const struct view *view, struct shown *shown,
                                  struct arena *arena);

/* The rules that don't hold, of those whose answers the viewer may all read. */
MUST_CHECK enum err view_rules(const struct view *view, const struct shown *shown,
                               struct arena *arena, struct broken_rule **ret, size_t *ret_count);

/* A row of RECORD_ROW and its like. */
struct stored_row {
    int64_t entity;
    struct id name;
    int64_t type;
    int64_t root;
    struct record_row row; /* spans and texts into the statement or the arena */
    const char *elsewhere; /* as in table record */
};
/* Reads the row under the statement into `arena`. */
MUST_CHECK enum err view_stored(struct view *view, struct stmt *row, struct arena *arena,
                                struct stored_row *ret);
/* Takes out what the viewer may not read (the view has been turned to the row's root). */
MUST_CHECK enum err view_filter(struct view *view, struct stored_row *row, struct arena *arena);
/* Did that leave less in the document than the row holds, because a property moved? */
bool view_is_partial(const struct view *view, const struct stored_row *row);

#endif
