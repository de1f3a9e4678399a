/* arena: memory of one unit of work. */
#include "test.h"

#include <stdalign.h>
#include <string.h>

#include "arena.h"
#include "test_mem.h"

static void allocations_are_zeroed_aligned_and_stay(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    uint8_t *blocks[200];
    arena_init(&arena, test_mem_init(&memory, 0), 1u << 20);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        blocks[i] = arena_alloc(&arena, i);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(blocks[i][j], 0);
        }
        memset(blocks[i], (int)i, i);
    }
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(blocks[i][j], i);
        }
    }
    assert_true(memory.total_count < 8);
    arena_release(&arena);
    assert_int_equal(memory.live_count, 0);
}

static void nothing_has_a_place_of_its_own(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    arena_init(&arena, test_mem_init(&memory, 0), 1000);
    void *first = arena_alloc(&arena, 0);
    void *second = arena_alloc(&arena, 0);
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    arena_release(&arena);
}

static void the_maximum_bounds_the_whole(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    arena_init(&arena, test_mem_init(&memory, 0), 10000);
    assert_null(arena_alloc(&arena, 10001));
    size_t handed_out = 0;
    while (arena_alloc(&arena, 100) != NULL) {
        handed_out += 100;
        assert_true(handed_out <= 10000);
    }
    assert_true(handed_out >= 8000);
    assert_true(arena.used_size <= 10000);
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 9000));
    arena_release(&arena);
    assert_int_equal(memory.live_count, 0);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    arena_init(&arena, test_mem_init(&memory, 0), SIZE_MAX);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(arena_array(&arena, SIZE_MAX / 2 + 1, 2));
    assert_null(arena_array(&arena, 3, SIZE_MAX / 2));
    assert_int_equal(memory.live_count, 0);
    assert_non_null(arena_array(&arena, 0, 0));
    assert_non_null(arena_array(&arena, 7, 3));
    arena_release(&arena);
}

static void a_reset_keeps_one_block_and_zeroes_it_again(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    arena_init(&arena, test_mem_init(&memory, 0), 1u << 20);
    for (size_t i = 0; i < 30; i++) {
        memset(arena_alloc(&arena, 1000), 0xAA, 1000);
    }
    assert_true(memory.live_count > 1);
    arena_reset(&arena);
    assert_int_equal(memory.live_count, 1);
    assert_int_equal(arena.used_size, 0);
    size_t before = memory.total_count;
    const uint8_t *again = arena_alloc(&arena, 1000);
    assert_int_equal(memory.total_count, before);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(again[i], 0);
    }
    arena_release(&arena);
    assert_int_equal(memory.live_count, 0);
}

static void release_takes_what_was_never_used(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena = {0};
    arena_release(NULL);
    arena_release(&arena);
    arena_init(&arena, test_mem_init(&memory, 0), 10);
    arena_reset(&arena);
    arena_release(&arena);
    arena_release(&arena);
    assert_int_equal(memory.total_count, 0);
}

static void copies_end_in_a_nul(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    struct span copy;
    arena_init(&arena, test_mem_init(&memory, 0), 1000);
    char original[] = "text";
    char *text = arena_text(&arena, original);
    original[0] = 'X';
    assert_string_equal(text, "text");
    assert_string_equal(arena_span_text(&arena, span_cut(span_of("abcdef"), 1, 2)), "bc");
    assert_string_equal(arena_span_text(&arena, (struct span){0}), "");
    assert_int_equal(arena_copy(&arena, span_from("a\0b", 3), &copy), OK);
    assert_true(span_equal(copy, span_from("a\0b", 3)));
    assert_int_equal(copy.data[3], 0);
    arena_release(&arena);
}

static bool use(struct arena *arena)
{
    struct span copy = {0};
    bool all = arena_alloc(arena, 5000) != NULL;
    all = arena_text(arena, "text") != NULL && all;
    all = arena_array(arena, 100, 100) != NULL && all;
    return arena_copy(arena, span_of("copy"), &copy) == OK && all;
}

static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        struct arena arena;
        arena_init(&arena, test_mem_init(&memory, nth), 100000);
        assert_true(use(&arena) == !memory.failed);
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
        if (!memory.failed) {
            assert_true(nth > 2);
            break;
        }
    }
    struct test_mem memory;
    struct arena arena;
    struct span untouched = span_of("before");
    arena_init(&arena, test_mem_init(&memory, 1), 1000);
    assert_int_equal(arena_copy(&arena, span_of("after"), &untouched), ERR_NOMEM);
    assert_true(span_is(untouched, "before"));
    arena_release(&arena);
}

static void a_rewind_forgets_what_came_after_the_mark(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    arena_init(&arena, test_mem_init(&memory, 0), 1u << 20);
    struct arena_mark empty = arena_mark(&arena);
    char *kept = arena_text(&arena, "kept");
    struct arena_mark mark = arena_mark(&arena);
    size_t blocks = memory.live_count;
    for (size_t size = 1; size < 100000; size *= 3) {
        assert_non_null(arena_alloc(&arena, size));
    }
    assert_true(memory.live_count > blocks);
    arena_rewind(&arena, mark);
    assert_int_equal(memory.live_count, blocks);
    assert_int_equal(arena.used_size, mark.used_size);
    uint8_t *again = arena_alloc(&arena, 64);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(again[i], 0);
    }
    assert_string_equal(kept, "kept");
    arena_rewind(&arena, empty);
    assert_int_equal(memory.live_count, 0);
    assert_non_null(arena_alloc(&arena, 8));
    arena_release(&arena);
    assert_int_equal(memory.live_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_aligned_and_stay),
        cmocka_unit_test(nothing_has_a_place_of_its_own),
        cmocka_unit_test(the_maximum_bounds_the_whole),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(a_reset_keeps_one_block_and_zeroes_it_again),
        cmocka_unit_test(release_takes_what_was_never_used),
        cmocka_unit_test(copies_end_in_a_nul),
        cmocka_unit_test(every_failing_allocation_is_survived),
        cmocka_unit_test(a_rewind_forgets_what_came_after_the_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
