/* err: codes and their names, and the arguments a person needs. */
#include "test.h"

#include <string.h>

#include "err.h"
#include "utf8.h"

static void every_code_has_a_name_of_its_own_and_its_statuses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ERR_COUNT; i++) {
        enum err code = (enum err)i;
        assert_true(strlen(err_name(code)) > 0);
        assert_int_equal(err_from_name(err_name(code)), code);
        assert_in_range(err_exit_status(code), 0, 7);
        assert_in_range(err_http_status(code), 200, 599);
        /* Only success succeeds. */
        assert_true((err_exit_status(code) == 0) == (code == OK));
        assert_true((err_http_status(code) == 200) == (code == OK));
    }
}

static void names_are_what_keys_of_catalogues_are_made_of(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ERR_COUNT; i++) {
        const char *name = err_name((enum err)i);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
    }
}

static void an_unknown_name_or_code_is_internal(void **state)
{
    (void)state;
    assert_int_equal(err_from_name("no such name"), ERR_INTERNAL);
    assert_int_equal(err_from_name(NULL), ERR_INTERNAL);
    assert_string_equal(err_name(ERR_COUNT), "internal");
    assert_int_equal(err_http_status((enum err) - 1), 500);
}

static void a_diag_holds_its_arguments(void **state)
{
    (void)state;
    struct diag diag;
    memset(&diag, 0xAA, sizeof diag);
    assert_int_equal(diag_set(&diag, ERR_OUT_OF_RANGE, "age", "200", "0", "120", NULL),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(diag.code, ERR_OUT_OF_RANGE);
    assert_int_equal(diag.arg_count, 4);
    assert_string_equal(diag.args[0], "age");
    assert_string_equal(diag.args[3], "120");
    assert_int_equal(diag_set(&diag, ERR_GAP, NULL), ERR_GAP);
    assert_int_equal(diag.arg_count, 0);
}

static void arguments_beyond_the_fourth_are_left_out(void **state)
{
    (void)state;
    struct diag diag;
    (void)diag_set(&diag, ERR_USAGE, "1", "2", "3", "4", "5", NULL);
    assert_int_equal(diag.arg_count, DIAG_ARGS);
    assert_string_equal(diag.args[3], "4");
}

static void an_argument_of_any_bytes_becomes_a_text(void **state)
{
    (void)state;
    struct diag diag;
    (void)diag_set(&diag, ERR_NOT_FOUND, "na\xf0me", "\xe2\x80", "\xff\xfe", "ⴰ", NULL);
    assert_string_equal(diag.args[0], "na?me");
    assert_string_equal(diag.args[1], "??");
    assert_string_equal(diag.args[2], "??");
    assert_string_equal(diag.args[3], "ⴰ");
}

static void a_long_argument_is_cut_at_a_character(void **state)
{
    (void)state;
    char text[400] = "";
    struct diag diag;
    /* Three bytes each: 159 bytes hold 53 of them, or 52 after one letter. */
    text[0] = 'a';
    for (size_t i = 1; i < 300; i += 3) {
        memcpy(text + i, "ⴰ", 3);
    }
    (void)diag_set(&diag, ERR_BAD_VALUE, text, text + 1, NULL);
    assert_int_equal(strlen(diag.args[0]), 1 + 52 * 3);
    assert_true(utf8_valid(span_of(diag.args[0]), NULL));
    assert_int_equal(strlen(diag.args[1]), 159);
    assert_true(utf8_valid(span_of(diag.args[1]), NULL));
}

static void a_diag_may_be_absent_or_its_own_argument(void **state)
{
    (void)state;
    assert_int_equal(diag_set(NULL, ERR_FILE, "x", NULL), ERR_FILE);
    assert_int_equal(diag_keep(NULL, ERR_FILE), ERR_FILE);
    struct diag diag;
    (void)diag_set(&diag, ERR_FILE, "first", "second", NULL);
    (void)diag_set(&diag, ERR_CONFIG, "file", diag.args[0], diag.args[1], NULL);
    assert_string_equal(diag.args[1], "first");
    assert_string_equal(diag.args[2], "second");
}

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    struct diag diag = {0};
    assert_int_equal(diag_keep(&diag, ERR_NOMEM), ERR_NOMEM);
    assert_int_equal(diag.code, ERR_NOMEM);
    (void)diag_set(&diag, ERR_BAD_CHOICE, "sex", NULL);
    assert_int_equal(diag_keep(&diag, ERR_DB), ERR_DB);
    assert_int_equal(diag.code, ERR_BAD_CHOICE);
    assert_string_equal(diag.args[0], "sex");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_of_its_own_and_its_statuses),
        cmocka_unit_test(names_are_what_keys_of_catalogues_are_made_of),
        cmocka_unit_test(an_unknown_name_or_code_is_internal),
        cmocka_unit_test(a_diag_holds_its_arguments),
        cmocka_unit_test(arguments_beyond_the_fourth_are_left_out),
        cmocka_unit_test(an_argument_of_any_bytes_becomes_a_text),
        cmocka_unit_test(a_long_argument_is_cut_at_a_character),
        cmocka_unit_test(a_diag_may_be_absent_or_its_own_argument),
        cmocka_unit_test(the_first_failure_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
