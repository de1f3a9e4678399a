/*
 * node_internal.h - the node's inside, shared by the files of this folder and nobody else.
 */
#ifndef NODE_INTERNAL_H
#define NODE_INTERNAL_H

#include "node_entity.h"
#include "node_feed.h"
#include "node_log.h"
#include "node_state.h"

/* ---- node_project.c */
/* Makes the shown record of one entity anew (document, title, disputes, search, uniques). */
MUST_CHECK enum err project_entity(struct node *node, int64_t entity);

/* ---- node_org.c */
/* Is the signature of an org op good? By the organisation's key, or by a hub for what it may vouch.
 */
MUST_CHECK enum err org_op_trusted(struct node *node, const struct op *op,
                                   const struct signature *signature, bool *ret);
/* ---- node_form.c */
/* What is shown of one register of an org entity: the latest live op that is signed. */
MUST_CHECK enum err org_latest(struct node *node, int64_t entity, const char *reg_name,
                               struct arena *arena, struct logged *ret, bool *ret_found);
void org_entity_id(const char *kind, const char *name, struct id *ret);

/* ---- node_org_read.c */
/* A definition changed in this transaction: it is read anew here, and by whoever else has the
   database open. */
MUST_CHECK enum err org_changed(struct node *node);

#endif
