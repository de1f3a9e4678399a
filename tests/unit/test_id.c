/* id: the 16-byte names of things. */
#include "test.h"

#include <string.h>

#include "id.h"

static struct id counting_id(void)
{
    struct id id;
    for (uint8_t i = 0; i < ID_SIZE; i++) {
        id.bytes[i] = (uint8_t)(i + 1);
    }
    return id;
}

static void an_id_goes_both_ways_as_22_characters(void **state)
{
    (void)state;
    char text[ID_TEXT_SIZE];
    struct id read = {0};
    id_write(counting_id(), text);
    assert_string_equal(text, "AQIDBAUGBwgJCgsMDQ4PEA");
    assert_true(id_read(span_of(text), &read));
    assert_true(id_equal(read, counting_id()));
}

static void a_text_that_is_no_id_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "AQIDBAUGBwgJCgsMDQ4PE",
                                        "AQIDBAUGBwgJCgsMDQ4PEB",
                                        "AQIDBAUGBwgJCgsMDQ4PEAA",
                                        "AQIDBAUGBwgJCgsMDQ4P A",
                                        "AQIDBAUGBwgJCgsMDQ4P+A",
                                        "AQIDBAUGBwgJCgsMDQ4PEA=="};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct id untouched = counting_id();
        assert_false(id_read(span_of(wrong[i]), &untouched));
        assert_true(id_equal(untouched, counting_id()));
    }
}

static void ids_are_ordered_by_their_bytes(void **state)
{
    (void)state;
    struct id a = counting_id();
    struct id b = counting_id();
    assert_int_equal(id_compare(a, b), 0);
    b.bytes[15] = 0xFF;
    assert_int_equal(id_compare(a, b), -1);
    assert_int_equal(id_compare(b, a), 1);
    a.bytes[0] = 0x80;
    assert_int_equal(id_compare(a, b), 1);
    assert_false(id_equal(a, b));
}

static void only_zero_is_zero(void **state)
{
    (void)state;
    struct id id = {0};
    assert_true(id_is_zero(id));
    id.bytes[15] = 1;
    assert_false(id_is_zero(id));
}

static void the_first_eight_bytes_name_a_predecessor(void **state)
{
    (void)state;
    struct id id = counting_id();
    assert_true(id_prefix8(id) == UINT64_C(0x0102030405060708));
    id.bytes[0] = 0xFF;
    assert_true(id_prefix8(id) == UINT64_C(0xFF02030405060708));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_goes_both_ways_as_22_characters),
        cmocka_unit_test(a_text_that_is_no_id_is_refused),
        cmocka_unit_test(ids_are_ordered_by_their_bytes),
        cmocka_unit_test(only_zero_is_zero),
        cmocka_unit_test(the_first_eight_bytes_name_a_predecessor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
