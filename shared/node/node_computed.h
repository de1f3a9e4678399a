/*
 * node_computed.h - what a form's calculations give of a record as it is held (part of the node's
 * inside).
 *
 * A property of the policy `derived` is written like any other by who filled the form, for whoever
 * can't calculate. Where several saves came together, node_rules.h has it calculated anew, and what
 * differs from what was written stands here and is what people see. It is no op, follows from the
 * ops, and goes as soon as the record changes, until it was calculated again.
 */
#ifndef NODE_COMPUTED_H
#define NODE_COMPUTED_H

#include "mapping_rules.h"
#include "node_shown.h"

MUST_CHECK enum err computed_read(struct node *node, int64_t entity, struct arena *arena,
                                  struct shown *shown);
MUST_CHECK enum err computed_clear(struct node *node, int64_t entity);

/*
 * What form `id` gives for the derived properties of one record: `json` of each field of the map's
 * record, its data NULL where that is what was written. Others' calculations stand. `ret_changed`:
 * the record shows something else than before.
 */
MUST_CHECK enum err computed_settle(struct node *node, const char *id, const struct map_record *of,
                                    const struct shown *shown, const struct span *json,
                                    bool *ret_changed);

#endif
