/*
 * mutate_element.h - the insides of batch_mutator.c: numbers to draw, and one op's line changed.
 */
#ifndef MUTATE_ELEMENT_H
#define MUTATE_ELEMENT_H

#include "batch_mutator.h"
#include "test_random.h"

struct mutation {
    const struct mutator_facts *facts;
    struct test_random random;
    struct arena arena;
};

uint64_t mutation_next(struct mutation *m);
size_t mutation_below(struct mutation *m, size_t count); /* 0 to count - 1 */
struct id mutation_id(struct mutation *m);               /* known, all zeros, or random */
int64_t mutation_time(struct mutation *m);

/* In the arena. A line that isn't an op's comes back with a byte changed. */
struct span mutate_op_line(struct mutation *m, struct span line);

#endif
