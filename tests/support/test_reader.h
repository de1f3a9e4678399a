/*
 * test_reader.h - what every reader of foreign bytes must stand: texts cut short anywhere, texts
 * changed at random, and memory running out.
 *
 * Each text is read from a block of exactly its size, so that a sanitizer sees one byte too many.
 */
#ifndef TEST_READER_H
#define TEST_READER_H

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "test.h"
#include "test_mem.h"
#include "test_random.h"

#define READER_ARENA_MAX (4u * 1024 * 1024)
#define READER_MUTATIONS 50000u
#define READER_TEXT_MAX  8192u

typedef enum err (*test_reader)(struct span text, struct arena *arena, struct diag *diag);

static inline enum err test_read_exact(test_reader read, struct span text, const struct mem *mem)
{
    struct arena arena;
    struct diag diag = {0};
    arena_init(&arena, mem, READER_ARENA_MAX);
    uint8_t *block = malloc(text.size > 0 ? text.size : 1);
    assert_non_null(block);
    if (text.size > 0) {
        memcpy(block, text.data, text.size);
    }
    enum err e = read(span_from(block, text.size), &arena, &diag);
    assert_int_equal(diag.code, e); /* a failure is explained, a success isn't */
    free(block);
    arena_release(&arena);
    return e;
}

/* No proper beginning of a good text is good. */
static inline void assert_no_beginning_is_read(test_reader read, struct span text)
{
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    for (size_t size = 0; size < text.size; size++) {
        assert_int_not_equal(test_read_exact(read, span_cut(text, 0, size), mem), OK);
    }
    assert_int_equal(test_read_exact(read, text, mem), OK);
    assert_int_equal(memory.live_count, 0);
}

/* One to four changes: a bit, a byte, a piece taken out, a piece said twice. */
static inline size_t test_mutate(struct test_random *random, uint8_t *text, size_t size)
{
    for (size_t left = 1 + test_random_below(random, 4); left > 0 && size > 0; left--) {
        size_t at = test_random_below(random, size);
        size_t piece = 1 + test_random_below(random, 16);
        piece = piece < size - at ? piece : size - at;
        switch (test_random_below(random, 4)) {
        case 0:
            text[at] = (uint8_t)(text[at] ^ 1u << test_random_below(random, 8));
            break;
        case 1:
            text[at] = (uint8_t) "\"[]{},:0-9\\\t\nA\xFF"[test_random_below(random, 16)];
            break;
        case 2:
            memmove(text + at, text + at + piece, size - at - piece);
            size -= piece;
            break;
        default:
            if (size + piece <= READER_TEXT_MAX) {
                memmove(text + at + piece, text + at, size - at);
                size += piece;
            }
        }
    }
    return size;
}

static inline void assert_mutations_are_survived(test_reader read, const struct span *seeds,
                                                 size_t seed_count, const char *what)
{
    static uint8_t text[READER_TEXT_MAX];
    struct test_random random = test_random_begin(what);
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    size_t refused = 0;
    for (size_t i = 0; i < READER_MUTATIONS; i++) {
        struct span seed = seeds[i % seed_count];
        assert_true(seed.size <= sizeof text);
        memcpy(text, seed.data, seed.size);
        size_t size = test_mutate(&random, text, seed.size);
        refused += test_read_exact(read, span_from(text, size), mem) != OK;
    }
    assert_int_equal(memory.live_count, 0);
    assert_true(refused > READER_MUTATIONS / 4);
}

static inline void assert_memory_may_run_out(test_reader read, struct span text)
{
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        const struct mem *mem = test_mem_init(&memory, nth);
        enum err e = test_read_exact(read, text, mem);
        assert_int_equal(memory.live_count, 0);
        assert_int_equal(e, memory.failed ? ERR_NOMEM : OK);
        if (!memory.failed) {
            break;
        }
    }
}

/* A text that must be refused, and how. */
struct test_refusal {
    const char *text;
    enum err expected;
};

static inline void assert_refused(test_reader read, const struct test_refusal *refusals,
                                  size_t count)
{
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    for (size_t i = 0; i < count; i++) {
        enum err e = test_read_exact(read, span_of(refusals[i].text), mem);
        if (e != refusals[i].expected) {
            fail_msg("%s: %s, not %s", refusals[i].text, err_name(e),
                     err_name(refusals[i].expected));
        }
    }
    assert_int_equal(memory.live_count, 0);
}

#endif
