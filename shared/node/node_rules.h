/*
 * node_rules.h - which rules of their forms records break as they are held (part of the node's
 * inside; core/mapping/mapping_rules.h says what is asked).
 *
 * Writers and the projection only note whom a change may concern: the record, and what it belongs
 * to, which a form may be about. Readers have the rules asked before they read, once for each of
 * these, so the cost follows what changed. A record that no played form wrote costs nothing; one
 * that a single save wrote costs nothing where its form's rules read that record alone.
 */
#ifndef NODE_RULES_H
#define NODE_RULES_H

#include "node_shown.h"
#include "record.h"

#define RULES_KEPT 4 /* forms that are kept ready */

struct rules_cache; /* in struct node */
void rules_forget(struct node *node);

/* An entity was shown: its rules are to be asked, and those of what it belongs to. */
MUST_CHECK enum err rules_note(struct node *node, const struct shown *shown);
/* Asks those of up to `max` records, and keeps how many are broken and what is calculated
   (node_computed.h). In a transaction. */
MUST_CHECK enum err rules_ask_some(struct node *node, size_t max, size_t *ret_count);
MUST_CHECK enum err rules_to_ask(struct node *node, bool *ret);
/* Forms came: records that one of them wrote before it was known here are asked again. */
MUST_CHECK enum err rules_forms_came(struct node *node);

/*
 * What the rules of a record say to somebody who may read the compartments of which `may` says so
 * (NULL: all that this node holds).
 */
MUST_CHECK enum err rules_read(struct node *node, const struct shown *shown, shown_may may,
                               const void *ctx, struct arena *arena, struct broken_rule **ret,
                               size_t *ret_count);

#endif
