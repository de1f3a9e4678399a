/*
 * play_compiled.h - a form as a play has compiled it: definitions, their rules, what depends on
 * what.
 */
#ifndef PLAY_COMPILED_H
#define PLAY_COMPILED_H

#include "play.h"

enum rule_kind { RULE_COUNT, RULE_RELEVANT, RULE_CALCULATE, RULE_CHOICES, RULE_KINDS };

/* One calculation that stands for every occurrence of its node. */
struct rule {
    enum rule_kind kind;
    size_t target;     /* index of a definition; of RULE_COUNT the repeat */
    struct expr *expr; /* of RULE_CHOICES the path to its choices */
    bool is_volatile;
    bool reads_siblings;  /* other occurrences of what it sets: computed until nothing changes */
    bool works_on_itself; /* a + 1 for a: never settles. if(a = '', b, a) does */
    size_t order;         /* its place among all rules */
    struct play_node **pending;
    size_t pending_count, pending_capacity;
};

/* "When a value of `source` changes, `rule` is computed for every target below `anchor`." */
struct dependency {
    size_t rule;
    size_t anchor; /* a definition that holds both: the nearest occurrence that they share */
    bool by_words; /* jr:choice-name(): the rule reads what labels a choice. No part of the order,
                      since ODK doesn't follow it: such a rule may be computed once more */
    struct dependency *next;
};

/* A definition of the model with what was compiled for it. */
struct def {
    const struct xform_node *node;
    const char *name;                 /* interned */
    size_t index, parent, last_below; /* of itself and all below: index..last_below */
    struct expr *required, *constraint, *readonly;
    size_t rules[RULE_KINDS]; /* index, or NO_RULE */
    struct dependency *dependents;
    const struct xform_control *control; /* the first that asks for it; NULL */
    bool is_group;
};
#define NO_RULE SIZE_MAX
#define NO_DEF  SIZE_MAX

/* Compiled expressions by their text, for those of controls, texts and actions. */
struct compiled {
    const char *text; /* the pointer of the form is the key */
    struct expr *expr;
    struct compiled *next;
};
#define COMPILED_BUCKETS 512

#endif
