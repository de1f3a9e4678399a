/* pattern: what forms ask of a text, within bounded work. */
#include "test.h"

#include <string.h>

#include "pattern.h"
#include "test_mem.h"

static bool matches(const char *expression, bool whole, const char *text)
{
    struct test_mem memory;
    struct pattern *pattern = NULL;
    bool matched = false;
    const struct mem *mem = test_mem_init(&memory, 0);
    assert_int_equal(pattern_new(mem, span_of(expression), whole, &pattern, NULL), OK);
    assert_int_equal(pattern_match(pattern, span_of(text), &matched), OK);
    pattern_free(pattern);
    assert_int_equal(memory.live_count, 0);
    return matched;
}

static void a_whole_text_must_match(void **state)
{
    (void)state;
    assert_true(matches("0[567][0-9]{8}", true, "0612345678"));
    assert_false(matches("0[567][0-9]{8}", true, "0612345678 "));
    assert_false(matches("0[567][0-9]{8}", true, "+0612345678"));
    assert_false(matches("[a-z]+", true, "abc\n"));
    assert_true(matches("a|ab", true, "ab"));
}

static void a_part_may_match_unless_anchored(void **state)
{
    (void)state;
    assert_true(matches("[0-9]+", false, "abc 12 def"));
    assert_false(matches("^[0-9]+$", false, "abc 12 def"));
    assert_true(matches("^[A-Z]{1,2}[0-9]{5,6}$", false, "BE123456"));
    assert_false(matches("^a$", false, "a\n"));
}

static void letters_are_those_of_every_script(void **state)
{
    (void)state;
    assert_true(matches("\\w+", true, "فاطمة"));
    assert_true(matches("\\w+", true, "ⴼⴰⵟⵉⵎⴰ"));
    assert_true(matches("\\p{Arabic}+", true, "أحمد"));
    assert_false(matches("\\p{Arabic}+", true, "Ahmed"));
    assert_true(matches(".{3}", true, "ⴰⴱⴲ"));
}

/* As forms have it that were tried in ODK Collect. */
static void escapes_of_java_are_read(void **state)
{
    (void)state;
    assert_true(matches("[\\u0600-\\u06FF ]+", true, "\xd8\xa3\xd8\xad\xd9\x85 \xd8\xa3"));
    assert_false(matches("[\\u0600-\\u06FF ]+", true, "Ahmed"));
    assert_true(matches("\\u0041b", true, "Ab"));
    assert_true(matches("\\\\u0041", true, "\\u0041")); /* an escaped backslash, and text */
    assert_true(matches("\\p{IsArabic}+\\p{Alpha}", true, "\xd8\xa3x"));
    assert_true(matches("[\\p{InArabic}]+", true, "\xd8\xa3"));
    assert_true(matches("\\p{L}\\P{L}", true, "a1"));
    assert_true(matches("[\\p{Punct}]\\d{2}", true, "-12"));
}

static void nothing_is_a_text_and_an_expression(void **state)
{
    (void)state;
    assert_true(matches("", true, ""));
    assert_false(matches("", true, "a"));
    assert_true(matches("a*", true, ""));
    assert_false(matches("a+", true, ""));
}

static void a_wrong_expression_is_located(void **state)
{
    (void)state;
    struct test_mem memory;
    struct pattern *pattern = NULL;
    struct diag diag = {0};
    const struct mem *mem = test_mem_init(&memory, 0);
    assert_int_equal(pattern_new(mem, span_of("ab(c"), true, &pattern, &diag), ERR_FORMAT);
    assert_int_equal(diag.code, ERR_FORMAT);
    assert_true(strlen(diag.args[0]) > 0);
    assert_string_equal(diag.args[1], "4");
    static const char *const wrong[] = {"[a-", "*", "a{2,1}", "(?<n", "\\", "\xFF", "\\C"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(pattern_new(mem, span_of(wrong[i]), true, &pattern, NULL), ERR_FORMAT);
    }
    assert_null(pattern);
    assert_int_equal(memory.live_count, 0);
}

static void a_long_or_deep_expression_is_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct pattern *pattern = NULL;
    const struct mem *mem = test_mem_init(&memory, 0);
    char text[1001];
    memset(text, 'a', sizeof text);
    assert_int_equal(pattern_new(mem, span_from(text, 1001), true, &pattern, NULL), ERR_FORMAT);
    assert_int_equal(pattern_new(mem, span_from(text, 1000), true, &pattern, NULL), OK);
    pattern_free(pattern);
    memset(text, '(', 100);
    memset(text + 100, ')', 100);
    assert_int_equal(pattern_new(mem, span_from(text, 200), true, &pattern, NULL), ERR_FORMAT);
    assert_int_equal(
        pattern_new(mem, span_of("((((a{999}){999}){999}){999})"), true, &pattern, NULL),
        ERR_FORMAT);
    assert_int_equal(memory.live_count, 0);
}

static void endless_work_is_cut_off(void **state)
{
    (void)state;
    static const char *const evil[] = {"(a+)+[bc]", "(a|aa)*[bc]", "(.*)*\\1[xy]",
                                       "(?:a?){30}a{30}[bc]", "(a(?1)?b?)+z"};
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    char text[3000];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < COUNT_OF(evil); i++) {
        struct pattern *pattern = NULL;
        bool matched = true;
        assert_int_equal(pattern_new(mem, span_of(evil[i]), true, &pattern, NULL), OK);
        enum err err = pattern_match(pattern, span_from(text, sizeof text), &matched);
        assert_true(err == ERR_TOO_LARGE || (err == OK && !matched));
        /* The pattern still serves after it was cut off. */
        assert_int_equal(pattern_match(pattern, span_of("zzz"), &matched), OK);
        assert_false(matched);
        pattern_free(pattern);
    }
    struct pattern *pattern = NULL;
    bool untouched = true;
    assert_int_equal(pattern_new(mem, span_of("(a+)+[bc]"), true, &pattern, NULL), OK);
    assert_int_equal(pattern_match(pattern, span_from(text, 100), &untouched), ERR_TOO_LARGE);
    assert_true(untouched);
    pattern_free(pattern);
    assert_int_equal(memory.live_count, 0);
}

static void a_text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct pattern *pattern = NULL;
    bool matched = false;
    const struct mem *mem = test_mem_init(&memory, 0);
    assert_int_equal(pattern_new(mem, span_of(".*"), true, &pattern, NULL), OK);
    assert_int_equal(pattern_match(pattern, span_of("a\xFF"), &matched), ERR_UTF8);
    assert_int_equal(pattern_match(pattern, span_of("\xED\xA0\x80"), &matched), ERR_UTF8);
    pattern_free(pattern);
}

static void every_failing_allocation_is_no_memory_and_leaks_nothing(void **state)
{
    (void)state;
    size_t nth = 1;
    for (;; nth++) {
        struct test_mem memory;
        const struct mem *mem = test_mem_init(&memory, nth);
        struct pattern *pattern = NULL;
        struct diag diag = {0};
        bool matched = false;
        enum err err = pattern_new(mem, span_of("(a|b)*(?<x>c)+"), true, &pattern, &diag);
        if (err == OK) {
            err = pattern_match(pattern, span_of("ababcc"), &matched);
        } else {
            assert_int_equal(diag.code, ERR_NOMEM);
        }
        assert_int_equal(err, memory.failed ? ERR_NOMEM : OK);
        assert_true(matched == (err == OK));
        pattern_free(pattern);
        assert_int_equal(memory.live_count, 0);
        if (!memory.failed) {
            break;
        }
    }
    assert_true(nth > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_text_must_match),
        cmocka_unit_test(a_part_may_match_unless_anchored),
        cmocka_unit_test(letters_are_those_of_every_script),
        cmocka_unit_test(escapes_of_java_are_read),
        cmocka_unit_test(nothing_is_a_text_and_an_expression),
        cmocka_unit_test(a_wrong_expression_is_located),
        cmocka_unit_test(a_long_or_deep_expression_is_refused),
        cmocka_unit_test(endless_work_is_cut_off),
        cmocka_unit_test(a_text_that_is_not_utf8_is_refused),
        cmocka_unit_test(every_failing_allocation_is_no_memory_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
