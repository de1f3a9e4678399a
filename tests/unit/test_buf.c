/* buf: bytes that grow up to a maximum. */
#include "test.h"

#include <string.h>

#include "buf.h"
#include "test_mem.h"

static void appends_stand_one_after_the_other(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 100);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf_span(&buf).size, 0);
    buf_add_text(&buf, "text ");
    buf_add_span(&buf, span_cut(span_of("a span"), 2, 4));
    buf_add_byte(&buf, ' ');
    buf_add(&buf, "bytes!", 5);
    buf_add_format(&buf, " %d %s", -5, "x");
    buf_add(&buf, NULL, 0);
    assert_int_equal(buf_error(&buf), OK);
    assert_string_equal(buf_text(&buf), "text span bytes -5 x");
    assert_int_equal(buf.size, 20);
    assert_true(span_is(buf_span(&buf), "text span bytes -5 x"));
    buf_release(&buf);
    assert_int_equal(memory.live_count, 0);
}

static void the_maximum_is_reached_and_not_passed(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 300);
    for (size_t i = 0; i < 300; i++) {
        buf_add_byte(&buf, 'a');
    }
    assert_int_equal(buf_error(&buf), OK);
    assert_int_equal(buf.size, 300);
    assert_int_equal(buf.data[300], 0);
    buf_add_byte(&buf, 'b');
    assert_int_equal(buf_error(&buf), ERR_TOO_LARGE);
    assert_int_equal(buf.size, 300);
    buf_release(&buf);
}

static void after_a_failure_appends_do_nothing_until_cleared(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4);
    buf_add_text(&buf, "ab");
    buf_add_text(&buf, "cde");
    buf_add_text(&buf, "f");
    buf_add_format(&buf, "%d", 1);
    assert_null(buf_room(&buf, 1));
    assert_int_equal(buf_error(&buf), ERR_TOO_LARGE);
    assert_string_equal(buf_text(&buf), "ab");
    buf_clear(&buf);
    assert_int_equal(buf_error(&buf), OK);
    assert_string_equal(buf_text(&buf), "");
    buf_add_text(&buf, "abcd");
    assert_int_equal(buf_error(&buf), OK);
    assert_string_equal(buf_text(&buf), "abcd");
    buf_release(&buf);
}

static void room_is_written_into_directly(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 1000);
    buf_add_text(&buf, "a");
    uint8_t *room = buf_room(&buf, 999);
    assert_non_null(room);
    memcpy(room, "bcd", 3);
    assert_int_equal(buf.size, 1);
    buf_grew(&buf, 3);
    assert_string_equal(buf_text(&buf), "abcd");
    assert_null(buf_room(&buf, 997));
    buf_release(&buf);
    buf_init(&buf, &memory.mem, 0);
    assert_non_null(buf_room(&buf, 0));
    buf_grew(&buf, 0);
    assert_null(buf_room(&buf, SIZE_MAX));
    buf_release(&buf);
    assert_int_equal(memory.live_count, 0);
}

static void truncating_only_shortens(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 100);
    buf_truncate(&buf, 0);
    buf_add_text(&buf, "abcdef");
    buf_truncate(&buf, 10);
    assert_string_equal(buf_text(&buf), "abcdef");
    buf_truncate(&buf, 2);
    assert_string_equal(buf_text(&buf), "ab");
    buf_add_text(&buf, "X");
    assert_string_equal(buf_text(&buf), "abX");
    buf_release(&buf);
}

static void release_leaves_a_buffer_that_can_be_used_again(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf = {0};
    buf_release(NULL);
    buf_release(&buf);
    buf_init(&buf, test_mem_init(&memory, 0), 100);
    buf_add_text(&buf, "a");
    buf_release(&buf);
    buf_release(&buf);
    buf_add_text(&buf, "b");
    assert_string_equal(buf_text(&buf), "b");
    buf_release(&buf);
    assert_int_equal(memory.live_count, 0);
}

static void long_formats_are_written_whole(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 1000);
    buf_add_format(&buf, "%s%0300d|%zu|%lld", "n", 7, (size_t)12, -9223372036854775807LL);
    assert_int_equal(buf_error(&buf), OK);
    assert_int_equal(buf.size, 301 + 1 + 2 + 1 + 20);
    assert_true(span_is(span_cut(buf_span(&buf), 300, 100), "7|12|-9223372036854775807"));
    buf_release(&buf);
}

static void every_failing_allocation_is_no_memory(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        struct buf buf;
        buf_init(&buf, test_mem_init(&memory, nth), 1u << 20);
        for (size_t i = 0; i < 5000; i++) {
            buf_add_text(&buf, "0123456789");
        }
        assert_int_equal(buf_error(&buf), memory.failed ? ERR_NOMEM : OK);
        assert_true((buf.size == 50000) == !memory.failed);
        buf_release(&buf);
        assert_int_equal(memory.live_count, 0);
        if (!memory.failed) {
            /* Doubling: few allocations, but several. */
            assert_in_range(nth, 5, 15);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_stand_one_after_the_other),
        cmocka_unit_test(the_maximum_is_reached_and_not_passed),
        cmocka_unit_test(after_a_failure_appends_do_nothing_until_cleared),
        cmocka_unit_test(room_is_written_into_directly),
        cmocka_unit_test(truncating_only_shortens),
        cmocka_unit_test(release_leaves_a_buffer_that_can_be_used_again),
        cmocka_unit_test(long_formats_are_written_whole),
        cmocka_unit_test(every_failing_allocation_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
