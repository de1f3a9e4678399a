/* stamp: the clock only goes forward, and who is shown first. */
#include "test.h"

#include <string.h>

#include "json.h"
#include "stamp.h"

static void the_clock_moves_with_the_device(void **state)
{
    (void)state;
    struct stamp next = stamp_next((struct stamp){1000, 5}, 2000, 0);
    assert_int_equal(next.time_ms, 2000);
    assert_int_equal(next.counter, 0);
}

static void two_saves_in_a_millisecond_are_counted(void **state)
{
    (void)state;
    struct stamp next = stamp_next((struct stamp){1000, 5}, 1000, 0);
    assert_int_equal(next.time_ms, 1000);
    assert_int_equal(next.counter, 6);
}

static void a_clock_set_back_does_not_go_back(void **state)
{
    (void)state;
    struct stamp next = stamp_next((struct stamp){1000, 5}, 10, 20);
    assert_int_equal(next.time_ms, 1000);
    assert_int_equal(next.counter, 6);
    next = stamp_next((struct stamp){1000, 5}, 10, 1500);
    assert_int_equal(next.time_ms, 1500);
    assert_int_equal(next.counter, 0);
}

static void a_counter_at_its_end_takes_the_next_millisecond(void **state)
{
    (void)state;
    struct stamp next = stamp_next((struct stamp){1000, JSON_INT_MAX}, 1000, 0);
    assert_int_equal(next.time_ms, 1001);
    assert_int_equal(next.counter, 0);
}

static void a_receipt_caps_a_clock_that_is_ahead(void **state)
{
    (void)state;
    assert_int_equal(stamp_effective(5000, STAMP_NO_RECEIPT), 5000);
    assert_int_equal(stamp_effective(5000, 4000), 5000);
    assert_int_equal(stamp_effective(STAMP_SLACK_MS + 4000, 4000), STAMP_SLACK_MS + 4000);
    assert_int_equal(stamp_effective(STAMP_SLACK_MS + 4001, 4000), STAMP_SLACK_MS + 4000);
    assert_int_equal(stamp_effective(INT64_MAX, 4000), STAMP_SLACK_MS + 4000);
    assert_int_equal(stamp_effective(5000, INT64_MAX - 1), 5000);
}

static void rank_is_time_then_counter_then_uid(void **state)
{
    (void)state;
    struct stamp_rank rising[] = {
        {.effective_ms = -1, .counter = 9, .uid = {{9}}},
        {.effective_ms = 1, .counter = 0, .uid = {{9}}},
        {.effective_ms = 1, .counter = 1, .uid = {{0}}},
        {.effective_ms = 1, .counter = 1, .uid = {{0, 1}}},
        {.effective_ms = 2, .counter = 0, .uid = {{0}}},
    };
    for (size_t i = 0; i < COUNT_OF(rising); i++) {
        for (size_t k = 0; k < COUNT_OF(rising); k++) {
            int order = stamp_rank_compare(&rising[i], &rising[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_moves_with_the_device),
        cmocka_unit_test(two_saves_in_a_millisecond_are_counted),
        cmocka_unit_test(a_clock_set_back_does_not_go_back),
        cmocka_unit_test(a_counter_at_its_end_takes_the_next_millisecond),
        cmocka_unit_test(a_receipt_caps_a_clock_that_is_ahead),
        cmocka_unit_test(rank_is_time_then_counter_then_uid),
    };
    return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
