/*
 * node_project.h - between the files that keep table `record` fresh (part of the node's inside).
 */
#ifndef NODE_PROJECT_H
#define NODE_PROJECT_H

#include "node_shown.h"

#define PROJECT_TEXT_MAX (8u * 1024 * 1024) /* bytes of one document, one searchable text */

/*
 * What is shown follows from the organisation too: types, who ranks above whom, which scopes a
 * device is granted. Marks dirty what a change there touches; cheap when nothing changed.
 */
MUST_CHECK enum err project_org_changes(struct node *node);
/* The same question without writing: does project_org_changes() have something to do? */
MUST_CHECK enum err project_org_changed(struct node *node, bool *ret);

/* Makes what is shown of an entity anew where only calculations changed (node_computed.h): its
   rules were just asked. Nothing for one that isn't shown. */
MUST_CHECK enum err project_again(struct node *node, int64_t entity);

/* The object of what is shown, property by property. */
MUST_CHECK enum err project_document(const struct shown *shown, struct arena *arena,
                                     struct span *ret);

/* Replaces what find and the warnings about doubles know of an entity; `shown` NULL: removes it. */
MUST_CHECK enum err project_search(struct node *node, int64_t entity, const struct shown *shown,
                                   const char *case_number, struct arena *arena);

/* Letters and digits only, folded: how values of unique properties are compared. "" for none. */
MUST_CHECK enum err project_unique_key(const struct property *property, struct span json,
                                       struct arena *arena, struct span *ret);

#endif
