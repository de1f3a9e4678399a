/*
 * record_title.h - titles of records in a person's language (part of the node's inside).
 *
 * A title is kept as the values stand, "tayssir · active": the same on every node, and what find
 * and lists look in. People read the labels of choices instead, in the language that
 * node_speak() named.
 */
#ifndef RECORD_TITLE_H
#define RECORD_TITLE_H

#include "node_internal.h"

#define TITLE_BETWEEN " · "

/* Is one of the properties in the title a choice, which has labels? */
bool title_has_choices(const struct type *type);

/* `plain`: the title as it is kept, which stands where nothing of it would read otherwise; it is
   what `*ret` is then. `document`: what is shown of the record. `type` may be NULL. */
MUST_CHECK enum err title_spoken(struct node *node, const struct type *type, struct span document,
                                 const char *plain, struct arena *arena, const char **ret);

#endif
