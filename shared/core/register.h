/*
 * register.h - what a register shows when several ops are live in it.
 *
 * Pure and order-free: the same live ops under the same policy give the same answer on every
 * node, in whatever order they came. Policies are applied here, when reading, so changing one
 * migrates no data.
 */
#ifndef REGISTER_H
#define REGISTER_H

#include "stamp.h"
#include "type.h"

/* One live op's value of a register. */
struct register_value {
    struct span json; /* canonical value; of a group: an object with its properties */
    struct stamp_rank rank;
    int64_t author_rank; /* of the person: 0 worker, 1 supervisor (POLICY_RANK) */
    size_t op_index;     /* the caller's own handle */
};

struct register_shown {
    struct span json;      /* what a person sees; null when nothing is live */
    bool disputed;         /* several different values and the policy asks a person */
    size_t first_index;    /* into `values` after sorting: the one shown first */
    size_t distinct_count; /* different values among the live ones */
};

/*
 * Sorts `values` (shown first at 0) and applies the policy. `type` is the property's value type
 * (ignored for a group, which compares by bytes and must not have policy max, min, set, counter).
 * POLICY_SET here decides one element: present when any live value is true.
 * Results that must be built (a sum, a list) are made in `arena`.
 */
MUST_CHECK enum err register_show(enum policy policy, enum value_type type,
                                  struct register_value *values, size_t count, struct arena *arena,
                                  struct register_shown *ret);

#endif
