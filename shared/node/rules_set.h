/*
 * rules_set.h - the records that one form wrote about another: what its rules are asked of (part of
 * the node's inside).
 */
#ifndef RULES_SET_H
#define RULES_SET_H

#include "mapping_rules.h"
#include "node_rules.h"

/* ---- rules_forms.c */
/* Kept until three others were asked for since; `*ret` NULL: it can't be played here. */
MUST_CHECK enum err rules_of_form(struct node *node, const struct form *form,
                                  struct form_rules **ret);

/* ---- rules_set.c */
/* Who may read what: a person who looks, and in any case what this node is given to hold. */
struct rules_sight {
    struct node *node;
    const struct org_node *me; /* NULL: it holds everything */
    int64_t root;
    shown_may may; /* NULL: whatever the node holds */
    const void *ctx;
};

struct rules_set {
    struct held_set held;
    struct held_record *records;
    struct shown *shown; /* of each */
};

/*
 * The record and, when the form's rules read more than that, those below it of which something
 * stands that the form wrote: of a repeat each, in the order of their ids; of answers beside an
 * entity the newest. `ret->held.count` is 0 when they are too many, or when one type stands for two
 * repeats, so that nobody can say in which of them a record stands.
 */
MUST_CHECK enum err rules_gather(const struct rules_sight *sight, const struct form_rules *rules,
                                 struct span form, const struct shown *about, struct arena *arena,
                                 struct rules_set *ret);

/* The op whose value a property shows; NULL: nothing was ever written. */
const struct shown_op *rules_author(const struct shown *shown, const struct property *property);

#endif
