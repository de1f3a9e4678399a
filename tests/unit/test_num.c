/* num: numbers as text, one form each. */
#include "test.h"

#include <string.h>

#include "num.h"

struct whole_row {
    const char *text;
    int64_t value;
};

static const struct whole_row wholes[] = {
    {"0", 0},
    {"7", 7},
    {"-7", -7},
    {"10", 10},
    {"9223372036854775807", INT64_MAX},
    {"-9223372036854775807", -INT64_MAX},
    {"-9223372036854775808", INT64_MIN},
};

static const char *const not_wholes[] = {
    "",
    "-",
    "+1",
    "-0",
    "00",
    "01",
    "-01",
    " 1",
    "1 ",
    "1a",
    "0x1",
    "1.0",
    "1e3",
    "--1",
    "٣",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "99999999999999999999999",
};

static void whole_numbers_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wholes); i++) {
        int64_t value = 99;
        char text[NUM_TEXT_SIZE];
        assert_true(num_read_i64(span_of(wholes[i].text), &value));
        assert_true(value == wholes[i].value);
        assert_int_equal(num_write_i64(wholes[i].value, text), strlen(wholes[i].text));
        assert_string_equal(text, wholes[i].text);
    }
}

static void what_is_no_whole_number_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(not_wholes); i++) {
        int64_t untouched = 99;
        if (num_read_i64(span_of(not_wholes[i]), &untouched)) {
            fail_msg("%s", not_wholes[i]);
        }
        assert_int_equal(untouched, 99);
    }
}

static void unsigned_numbers_reach_their_maximum(void **state)
{
    (void)state;
    uint64_t value = 1;
    assert_true(num_read_u64(span_of("0"), &value));
    assert_true(value == 0);
    assert_true(num_read_u64(span_of("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_false(num_read_u64(span_of("18446744073709551616"), &value));
    assert_false(num_read_u64(span_of("-1"), &value));
    assert_false(num_read_u64(span_of(""), &value));
    assert_true(value == UINT64_MAX);
}

static const char *const decimals[][2] = {
    {"0", "0"},
    {"-0", "0"},
    {"-0.000", "0"},
    {"1", "1"},
    {"007", "7"},
    {"-12.50", "-12.5"},
    {"12.500", "12.5"},
    {"0.5", "0.5"},
    {"00.50", "0.5"},
    {"100", "100"},
    {"1.0", "1"},
    {"0.001", "0.001"},
    {"123456789012345678", "123456789012345678"},
    {"1234567890.12345678", "1234567890.12345678"},
    {"-0.123456789012345678", "-0.123456789012345678"},
    {"0.000000000123456789012345678", "0.000000000123456789012345678"},
    {"0000000000000000000000000000000000000000000000000000000000001", "1"},
    {"1.0000000000000000000000000000000000000000000000000000000000", "1"},
};

static const char *const not_decimals[] = {
    "",
    "-",
    "+1",
    ".",
    ".5",
    "5.",
    "-.5",
    "1,5",
    "1.2.3",
    "1e3",
    "1 ",
    " 1",
    "NaN",
    "inf",
    "0x1",
    "--1",
    "1-",
    "٣",
    "1234567890123456789",
    "1.000000000000000001",
    "12345678901234567.89",
    "0.00000000000000000000000000000000000000000000000000001",
};

static void a_decimal_has_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(decimals); i++) {
        char text[NUM_TEXT_SIZE];
        char again[NUM_TEXT_SIZE];
        assert_true(num_canonical_decimal(span_of(decimals[i][0]), text));
        assert_string_equal(text, decimals[i][1]);
        assert_true(num_canonical_decimal(span_of(text), again));
        assert_string_equal(again, text);
    }
}

static void what_is_no_decimal_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(not_decimals); i++) {
        char untouched[NUM_TEXT_SIZE] = "before";
        if (num_canonical_decimal(span_of(not_decimals[i]), untouched)) {
            fail_msg("%s", not_decimals[i]);
        }
        assert_string_equal(untouched, "before");
    }
}

static void decimals_are_ordered_as_numbers(void **state)
{
    (void)state;
    static const char *const sorted[] = {
        "-100",  "-99.5",
        "-99",   "-10",
        "-9.99", "-9.9",
        "-0.5",  "-0.05",
        "0",     "0.05",
        "0.5",   "0.55",
        "0.6",   "1",
        "1.5",   "9",
        "9.9",   "9.99",
        "10",    "99",
        "100",   "123456789012345678",
    };
    for (size_t i = 0; i < COUNT_OF(sorted); i++) {
        for (size_t j = 0; j < COUNT_OF(sorted); j++) {
            int expected = (i > j) - (i < j);
            if (num_compare_decimal(sorted[i], sorted[j]) != expected) {
                fail_msg("%s and %s", sorted[i], sorted[j]);
            }
        }
    }
}

static void digits_of_other_scripts_become_ascii(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"٠١٢٣٤٥٦٧٨٩", "0123456789"},
        {"۰۱۲۳۴۵۶۷۸۹", "0123456789"},
        {"-١٢٫٥", "-12.5"},
        {"12.5", "12.5"},
        {"١٢ دوار", "12 دوار"},
        {"", ""},
        {"é؟ۺ", "é؟ۺ"},
        {"1,5", "1,5"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[64];
        num_normalise(span_of(rows[i][0]), text, sizeof text);
        assert_string_equal(text, rows[i][1]);
    }
}

static void a_normalised_text_is_cut_at_a_character(void **state)
{
    (void)state;
    char text[8];
    num_normalise(span_of("١٢دوار"), text, 4);
    assert_string_equal(text, "12");
    num_normalise(span_of("١٢دوار"), text, 5);
    assert_string_equal(text, "12د");
    num_normalise(span_of("abc"), text, 1);
    assert_string_equal(text, "");
    text[0] = 'x';
    num_normalise(span_of("abc"), text, 0);
    assert_int_equal(text[0], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_go_both_ways),
        cmocka_unit_test(what_is_no_whole_number_is_refused),
        cmocka_unit_test(unsigned_numbers_reach_their_maximum),
        cmocka_unit_test(a_decimal_has_one_form),
        cmocka_unit_test(what_is_no_decimal_is_refused),
        cmocka_unit_test(decimals_are_ordered_as_numbers),
        cmocka_unit_test(digits_of_other_scripts_become_ascii),
        cmocka_unit_test(a_normalised_text_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
