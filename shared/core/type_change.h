/*
 * type_change.h - what a version of a type changes, for people and for what was entered.
 */
#ifndef TYPE_CHANGE_H
#define TYPE_CHANGE_H

#include "type.h"

/* X(kind, name): texts are "admin.change_NAME". */
#define TYPE_CHANGES(X)                                                                            \
    X(CHANGE_ADDED, "added")                                                                       \
    X(CHANGE_RETIRED, "retired")                                                                   \
    X(CHANGE_ASKED_AGAIN, "asked_again")                                                           \
    X(CHANGE_POLICY, "policy")                                                                     \
    X(CHANGE_COMPARTMENT, "compartment")                                                           \
    X(CHANGE_CHOICE_ADDED, "choice_added")                                                         \
    X(CHANGE_CHOICE_RETIRED, "choice_retired")                                                     \
    X(CHANGE_CHOICE_AGAIN, "choice_again")                                                         \
    X(CHANGE_RULES, "rules") /* limits, pattern, required, unique: of what is entered from now */  \
    X(CHANGE_SEARCH, "search")                                                                     \
    X(CHANGE_SENSITIVITY, "sensitivity")                                                           \
    X(CHANGE_WORDS, "words")

enum type_change_kind {
#define TYPE_CHANGE_KIND(kind, name) kind,
    TYPE_CHANGES(TYPE_CHANGE_KIND)
#undef TYPE_CHANGE_KIND
        CHANGE_COUNT
};

struct type_change {
    enum type_change_kind kind;
    const struct property *property; /* of the newer version */
    const char *before, *after;      /* policy, compartment, choice; NULL: none */
};

const char *type_change_name(enum type_change_kind kind);

/* In the newer one's order; of two versions of which type_may_follow() says yes. Borrows from both
   and lives in the arena. ERR_NOMEM. */
MUST_CHECK enum err type_changes(const struct type *before, const struct type *next,
                                 struct arena *arena, struct type_change **ret, size_t *ret_count);

#endif
