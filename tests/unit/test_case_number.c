/* case_number: what is printed on a card is found again, and a slip is noticed. */
#include "test.h"

#include <string.h>

#include "case_number.h"

/* Check characters computed by an implementation in another language, which gives the published
   example of MOD 37,36 (GRid A12425GABC1234002, M). */
static void numbers_are_written_in_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int64_t counter;
        const char *expected;
    } rows[] = {
        {"A07", 42, "A07-00042-6"},
        {"Z", 100000, "Z-100000-7"},
        {"7", 1, "7-00001-V"},
        {"ABCDEFGH", INT64_MAX, "ABCDEFGH-9223372036854775807-K"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[CASE_NUMBER_SIZE];
        assert_int_equal(case_number_write(rows[i].code, rows[i].counter, text), OK);
        assert_string_equal(text, rows[i].expected);
        char back[CASE_NUMBER_SIZE];
        assert_true(case_number_read(span_of(text), back));
        assert_string_equal(back, text);
    }
}

static void codes_and_counters_out_of_range_are_refused(void **state)
{
    (void)state;
    char text[CASE_NUMBER_SIZE] = "untouched";
    assert_int_equal(case_number_write("", 1, text), ERR_FORMAT);
    assert_int_equal(case_number_write("ABCDEFGHI", 1, text), ERR_FORMAT);
    assert_int_equal(case_number_write("a07", 1, text), ERR_FORMAT);
    assert_int_equal(case_number_write("A-7", 1, text), ERR_FORMAT);
    assert_int_equal(case_number_write("A07", 0, text), ERR_OUT_OF_RANGE);
    assert_int_equal(case_number_write("A07", -1, text), ERR_OUT_OF_RANGE);
    assert_string_equal(text, "untouched");
}

static void what_people_type_is_understood(void **state)
{
    (void)state;
    static const char *const typed[] = {
        "A07-00042-6", "a07-00042-6",   "A07000426",     "a0700042-6", "A07-000426",
        "A07 00042 6", " A07-00042-6 ", "A07--00042--6", "A07-42-6",   "A\u0660\u0667-00042-6",
    };
    for (size_t i = 0; i < COUNT_OF(typed); i++) {
        char text[CASE_NUMBER_SIZE];
        if (!case_number_read(span_of(typed[i]), text)) {
            fail_msg("%s", typed[i]);
        }
        assert_string_equal(text, "A07-00042-6");
    }
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const typed[] = {
        "",
        "-",
        "6",
        "A07",
        "A07-00042",
        "A07-00042-7",
        "A07-0004Z-6",
        "A07-000042-6",
        "A07-00000-6",
        "A07/00042/6",
        "\xff",
        "A07-00042-66",
        "------------------------------------------------------------------------------------",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    for (size_t i = 0; i < COUNT_OF(typed); i++) {
        char text[CASE_NUMBER_SIZE] = "untouched";
        if (case_number_read(span_of(typed[i]), text)) {
            fail_msg("%s", typed[i]);
        }
        assert_string_equal(text, "untouched");
    }
}

static void every_single_wrong_character_is_noticed(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char good[] = "A07-00042-6";
    for (size_t i = 0; i < sizeof(good) - 1; i++) {
        for (size_t k = 0; k < sizeof(alphabet) - 1; k++) {
            char wrong[sizeof(good)];
            char text[CASE_NUMBER_SIZE];
            memcpy(wrong, good, sizeof(good));
            wrong[i] = good[i] == '-' ? '-' : alphabet[k];
            if (strcmp(wrong, good) != 0 && case_number_read(span_of(wrong), text)) {
                fail_msg("%s was read as %s", wrong, text);
            }
        }
    }
}

static void nearly_all_neighbours_that_changed_places_are_noticed(void **state)
{
    (void)state;
    size_t moved_count = 0;
    size_t missed_count = 0;
    for (int64_t counter = 1; counter < 3000; counter++) {
        char good[CASE_NUMBER_SIZE];
        assert_int_equal(case_number_write("B3K", counter, good), OK);
        for (size_t i = 0; i + 1 < strlen(good); i++) {
            char wrong[CASE_NUMBER_SIZE];
            char text[CASE_NUMBER_SIZE];
            memcpy(wrong, good, sizeof(wrong));
            wrong[i] = good[i + 1];
            wrong[i + 1] = good[i];
            bool moved = good[i] != good[i + 1] && good[i] != '-' && good[i + 1] != '-';
            moved_count += moved;
            missed_count += moved && case_number_read(span_of(wrong), text);
        }
    }
    assert_true(moved_count > 5000);
    assert_true(missed_count * 50 < moved_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_in_one_form),
        cmocka_unit_test(codes_and_counters_out_of_range_are_refused),
        cmocka_unit_test(what_people_type_is_understood),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(every_single_wrong_character_is_noticed),
        cmocka_unit_test(nearly_all_neighbours_that_changed_places_are_noticed),
    };
    return cmocka_run_group_tests_name("case_number", tests, NULL, NULL);
}
