/*
 * test_mem.h - a struct mem over malloc that counts, and that can fail the Nth allocation.
 *
 *     struct test_mem memory;
 *     const struct mem *mem = test_mem_init(&memory, 0);
 *     ...
 *     assert_int_equal(memory.live_count, 0);
 *
 * To see every failing path of a call, let the 1st, 2nd, ... allocation fail until it passes:
 *
 *     for (size_t nth = 1;; nth++) {
 *         mem = test_mem_init(&memory, nth);
 *         ...
 *         if (!memory.failed) break;
 *     }
 */
#ifndef TEST_MEM_H
#define TEST_MEM_H

#include <stdbool.h>
#include <stdlib.h>

#include "mem.h"

struct test_mem {
    struct mem mem;
    size_t live_count;  /* blocks not yet given back */
    size_t total_count; /* allocations and enlargements so far, failed ones included */
    size_t fail_at;     /* the allocation (from 1) that fails; 0 for none */
    bool failed;        /* it has come to that */
    size_t largest;     /* bytes of the largest block so far */
};

static inline void *test_mem_resize(void *ctx, void *old, size_t size)
{
    struct test_mem *memory = ctx;
    if (size == 0) {
        memory->live_count -= old != NULL;
        free(old);
        return NULL;
    }
    memory->total_count++;
    if (memory->total_count == memory->fail_at) {
        memory->failed = true;
        return NULL;
    }
    memory->largest = size > memory->largest ? size : memory->largest;
    void *block = realloc(old, size);
    memory->live_count += old == NULL && block != NULL;
    return block;
}

/* `memory` must stay where it is as long as the result is used. */
static inline const struct mem *test_mem_init(struct test_mem *memory, size_t fail_at)
{
    *memory = (struct test_mem){.fail_at = fail_at};
    memory->mem = (struct mem){.ctx = memory, .resize = test_mem_resize};
    return &memory->mem;
}

#endif
