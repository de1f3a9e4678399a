/* span: small questions to borrowed bytes. */
#include "test.h"

#include <string.h>

#include "span.h"

static void a_text_without_its_nul_is_a_span(void **state)
{
    (void)state;
    assert_int_equal(span_of("abc").size, 3);
    assert_int_equal(span_of("").size, 0);
    assert_int_equal(span_of(NULL).size, 0);
    assert_true(span_is(span_of("abc"), "abc"));
    assert_false(span_is(span_of("abc"), "abcd"));
    assert_true(span_is(span_of(NULL), ""));
}

static void equality_is_of_bytes(void **state)
{
    (void)state;
    assert_true(span_equal(span_from("a\0b", 3), span_from("a\0b", 3)));
    assert_false(span_equal(span_from("a\0b", 3), span_from("a\0c", 3)));
    assert_true(span_equal((struct span){0}, span_of("")));
}

static void order_is_of_unsigned_bytes_with_prefixes_first(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "a", "ab", "abc", "b", "\x7f", "\x80", "\xff"};
    for (size_t i = 0; i < COUNT_OF(sorted); i++) {
        for (size_t j = 0; j < COUNT_OF(sorted); j++) {
            int expected = (i > j) - (i < j);
            assert_int_equal(span_compare(span_of(sorted[i]), span_of(sorted[j])), expected);
        }
    }
}

static void a_start_is_recognised(void **state)
{
    (void)state;
    assert_true(span_starts_with(span_of("abc"), "ab"));
    assert_true(span_starts_with(span_of("abc"), ""));
    assert_true(span_starts_with((struct span){0}, ""));
    assert_false(span_starts_with(span_of("a"), "ab"));
    assert_false(span_starts_with(span_of("xab"), "ab"));
}

static void a_cut_stays_within_the_span(void **state)
{
    (void)state;
    assert_true(span_is(span_cut(span_of("abcdef"), 2, 3), "cde"));
    assert_true(span_is(span_cut(span_of("abcdef"), 2, SIZE_MAX), "cdef"));
    assert_true(span_is(span_cut(span_of("abcdef"), 6, 1), ""));
    assert_true(span_is(span_cut(span_of("abcdef"), SIZE_MAX, SIZE_MAX), ""));
    assert_int_equal(span_cut((struct span){0}, 0, 4).size, 0);
}

static void splitting_gives_every_part(void **state)
{
    (void)state;
    struct span rest = span_of("a,,bc");
    struct span part;
    assert_true(span_split(&rest, ',', &part));
    assert_true(span_is(part, "a"));
    assert_true(span_split(&rest, ',', &part));
    assert_true(span_is(part, ""));
    assert_true(span_split(&rest, ',', &part));
    assert_true(span_is(part, "bc"));
    assert_false(span_split(&rest, ',', &part));
    assert_true(span_is(part, "bc"));
}

static void a_separator_at_the_end_ends_the_last_part(void **state)
{
    (void)state;
    struct span rest = span_of("line\n");
    struct span part;
    assert_true(span_split(&rest, '\n', &part));
    assert_true(span_is(part, "line"));
    assert_false(span_split(&rest, '\n', &part));
    rest = (struct span){0};
    assert_false(span_split(&rest, '\n', &part));
}

static void a_copy_is_cut_at_a_character(void **state)
{
    (void)state;
    static const char *const copies[] = {"", "a", "a", "aé", "aé", "aé", "aéⴰ", "aéⴰ"};
    for (size_t size = 1; size <= COUNT_OF(copies); size++) {
        char text[16];
        memset(text, 'x', sizeof text);
        span_text(span_of("aéⴰ"), text, size);
        assert_string_equal(text, copies[size - 1]);
        assert_int_equal(text[size], 'x');
    }
    char untouched = 'x';
    span_text(span_of("a"), &untouched, 0);
    assert_int_equal(untouched, 'x');
    span_text((struct span){0}, &untouched, 1);
    assert_int_equal(untouched, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_without_its_nul_is_a_span),
        cmocka_unit_test(equality_is_of_bytes),
        cmocka_unit_test(order_is_of_unsigned_bytes_with_prefixes_first),
        cmocka_unit_test(a_start_is_recognised),
        cmocka_unit_test(a_cut_stays_within_the_span),
        cmocka_unit_test(splitting_gives_every_part),
        cmocka_unit_test(a_separator_at_the_end_ends_the_last_part),
        cmocka_unit_test(a_copy_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
