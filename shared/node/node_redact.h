/*
 * node_redact.h - values that must not be kept: marks and what they take out of this node (part
 * of the node's inside; include node_internal.h). schema/protocol.md, "Redaction".
 *
 * Only a mark, an op of the organisation's lane, makes a node scrub. Marks and the ops they name
 * may come in any order: table `redacted` holds every uid that a known mark names, and an op is
 * looked up there before it is stored.
 */
#ifndef NODE_REDACT_H
#define NODE_REDACT_H

#include "json.h"
#include "node_log.h"

#define REDACT_TYPE        "_redact" /* type of a mark; register of a request */
#define REDACT_KIND        "redact"
#define REDACT_COMPARTMENT "redact" /* of marks, in scope org: a feed of their own */

/* What is to go, as a request or a mark says it; borrowed from its parsed values. */
struct redact_target {
    bool all;
    const struct json *registers; /* array of names; NULL when all */
};

/* From the value of `_redact` or a mark's `def`; false when it names nothing. */
bool redact_target_read(const struct json *json, struct redact_target *ret);
/* Douar's own registers never go; "needs/food" goes with "needs". */
bool redact_targets(const struct redact_target *target, struct span reg);

MUST_CHECK enum err redact_marked(struct node *node, struct id uid, bool *ret);

/* A mark that was just stored in `row`: scrubs what it names wherever it is held here. */
MUST_CHECK enum err redact_take_mark(struct node *node, const struct op *mark, int64_t row);

/* A full body of an op that is held scrubbed and that no mark names takes its place again. */
MUST_CHECK enum err redact_restore(struct node *node, const struct op *op,
                                   const struct held_op *held);

/* Copies lines of ops (a batch in quarantine, or one body) with every marked op scrubbed. */
MUST_CHECK enum err redact_clean_text(struct node *node, struct span text, struct buf *ret,
                                      bool *ret_changed);

/* At the region: a late op of an entity about which a mark stands is marked too. */
MUST_CHECK enum err redact_late(struct node *node, const struct op *op, int64_t row);

/* Cleans every page that may still hold what marks took out, then notes them as done. Own
   transactions, so only outside of one; does nothing when nothing is to be done. Stays to be done
   when it fails (ERR_BUSY: somebody is reading). */
MUST_CHECK enum err redact_finish(struct node *node);

/*
 * What the region writes for one entity: restates, clears, marks. `late_op`: only that op (its row;
 * 0: all that writes what is named). `*ret_count`: ops that lose their values.
 */
struct redact_order {
    struct id entity;
    struct id person;
    struct id request;
    struct span reason;
    struct redact_target target;
};
MUST_CHECK enum err redact_issue(struct node *node, const struct redact_order *order,
                                 int64_t late_op, size_t *ret_count);

/*
 * At the region: a request that an author's signed batch brought. Taken (redact_issue(), with
 * children) when its person and node may; flagged for review when not.
 */
MUST_CHECK enum err redact_judge(struct node *node, const struct org_node *author,
                                 const struct op *op, int64_t row);
MUST_CHECK enum err redact_take_request(struct node *node, const struct op *op, size_t *ret_count);
/* May a request of this person come from this node? */
bool redact_node_may_ask(const struct org_node *author, struct id person);

/* Receipts: what this node has yet to tell a server, and what a caller told. A device's word counts
   for itself, a hub's for others too. */
struct erased;
MUST_CHECK enum err receipts_untold(struct node *node, struct arena *arena, struct erased **ret,
                                    size_t *ret_count);
MUST_CHECK enum err receipts_left(struct node *node, bool *ret);
MUST_CHECK enum err receipts_told(struct node *node, const struct erased *list, size_t count);
/* The server lost what it knew: everything is told again. */
MUST_CHECK enum err receipts_tell_again(struct node *node);
MUST_CHECK enum err receipts_take(struct node *node, const struct org_node *caller,
                                  const struct erased *list, size_t count);

/* Does the op ask for a redaction? */
bool redact_is_request(const struct op *op);

#endif
