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
    size_t first_index;    /* of the one shown first: always 0, for values come sorted so */
    size_t distinct_count; /* different values among the live ones, shown or not */
};

/*
 * Sorts `values` (shown first at 0) and applies the policy:
 *   review, last, derived  the latest by stamp_rank; review is disputed when values differ
 *   rank     the latest of the highest author rank; disputed when those of that rank differ
 *   max, min by value_compare(); of equal ones the latest
 *   set      one element: true when any live value is true
 *   counter  the exact sum; an integer beyond 64 bits stays at the nearest end, which is the same
 *            on every node, where an error would hide the register
 *   append   an array, oldest first
 * `null` (cleared) competes like any value under review, last, derived and rank; the others skip
 * it, and values that aren't of the type don't count in a sum. `type` is the property's value
 * type (ignored for a group, which must have policy review, last or rank). Results that must be
 * built are made in `arena`. Fails with ERR_NOMEM only.
 */
MUST_CHECK enum err register_show(enum policy policy, enum value_type type,
                                  struct register_value *values, size_t count, struct arena *arena,
                                  struct register_shown *ret);

#endif
