/* utf8: what is a character and what is not. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

struct bad_row {
    const char *name;
    const char *text;
    size_t bad_offset;
};

static const struct bad_row bad[] = {
    {"lone continuation", "\x80", 0},
    {"last continuation", "a\xBF", 1},
    {"overlong in two, C0", "\xC0\x80", 0},
    {"overlong in two, C1", "\xC1\xBF", 0},
    {"overlong in three", "\xE0\x9F\xBF", 0},
    {"overlong in four", "\xF0\x8F\xBF\xBF", 0},
    {"first surrogate", "\xED\xA0\x80", 0},
    {"last surrogate", "\xED\xBF\xBF", 0},
    {"beyond U+10FFFF", "\xF4\x90\x80\x80", 0},
    {"lead F5", "\xF5\x80\x80\x80", 0},
    {"lead FE", "\xFE", 0},
    {"lead FF", "\xFF", 0},
    {"five bytes", "\xF8\x88\x80\x80\x80", 0},
    {"two cut by the end", "ab\xC3", 2},
    {"three cut after one", "\xE2", 0},
    {"three cut after two", "\xE2\xB5", 0},
    {"four cut after three", "\xF0\x9F\x98", 0},
    {"two followed by a letter", "\xC3g", 0},
    {"three followed by a letter", "\xE2\xB5g", 0},
    {"four followed by a lead", "\xF0\x9F\x98\xC3\xA9", 0},
    {"after eight letters", "abcdefgh\x80", 8},
    {"within the second eight", "abcdefghabc\xC3", 11},
    {"after a good character", "\xC3\xA9\xA9", 2},
};

static void bad_sequences_are_refused_where_they_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        size_t offset = 999;
        /* An exact copy, so that reading past the end is seen. */
        size_t size = strlen(bad[i].text);
        uint8_t *exact = malloc(size);
        memcpy(exact, bad[i].text, size);
        if (utf8_valid(span_from(exact, size), &offset) || offset != bad[i].bad_offset) {
            fail_msg("%s: offset %zu", bad[i].name, offset);
        }
        assert_false(utf8_valid(span_from(exact, size), NULL));
        free(exact);
    }
}

static void every_character_and_no_surrogate_goes_both_ways(void **state)
{
    (void)state;
    for (uint32_t c = 1; c <= 0x10FFFF; c++) {
        uint8_t bytes[4];
        size_t size = utf8_put(c, bytes);
        struct span text = span_from(bytes, size);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        if (utf8_valid(text, NULL) == surrogate) {
            fail_msg("U+%04X", c);
        }
        if (!surrogate && (utf8_next(&text) != c || text.size != 0)) {
            fail_msg("U+%04X", c);
        }
    }
}

static void two_bytes_are_valid_as_the_table_says(void **state)
{
    (void)state;
    size_t valid = 0;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            uint8_t bytes[2] = {(uint8_t)a, (uint8_t)b};
            valid += utf8_valid(span_from(bytes, 2), NULL);
        }
    }
    assert_int_equal(valid, 128 * 128 + 30 * 64);
}

static void walking_ends_also_in_broken_text(void **state)
{
    (void)state;
    struct span text = span_of("a\xFFé");
    assert_int_equal(utf8_next(&text), 'a');
    assert_int_equal(utf8_next(&text), 0xFFFD);
    assert_int_equal(utf8_next(&text), 0xE9);
    assert_int_equal(utf8_next(&text), 0);
    assert_int_equal(utf8_next(&text), 0);
}

static void characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(span_of("")), 0);
    assert_int_equal(utf8_count(span_of("aéⴰ😀")), 4);
}

static void a_cut_never_parts_a_character(void **state)
{
    (void)state;
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t size = 0; size < COUNT_OF(cuts); size++) {
        assert_int_equal(utf8_cut(span_of("aéⴰ😀"), size), cuts[size]);
    }
    /* Even of nothing but continuations, so that a loop over cuts of broken text ends. */
    assert_int_equal(utf8_cut(span_of("\x80\x80\x80"), 2), 0);
}

static void disguising_characters_are_seen(void **state)
{
    (void)state;
    static const char *const disguised[] = {"a\x01",  "\x1b[31m", "\r",     "\x7f",   "\xC2\x85",
                                            "\u202A", "a\u202Eb", "\u2066", "x\u2069"};
    static const char *const honest[] = {"",       "a\nb\tc", "أحمد",   "ⴰ",     "\u200F",
                                         "\u200C", "\u2065",  "\u2029", "\u00A0"};
    for (size_t i = 0; i < COUNT_OF(disguised); i++) {
        assert_true(utf8_has_control(span_of(disguised[i])));
    }
    for (size_t i = 0; i < COUNT_OF(honest); i++) {
        assert_false(utf8_has_control(span_of(honest[i])));
    }
    assert_true(utf8_has_control(span_from("a\0b", 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_sequences_are_refused_where_they_start),
        cmocka_unit_test(every_character_and_no_surrogate_goes_both_ways),
        cmocka_unit_test(two_bytes_are_valid_as_the_table_says),
        cmocka_unit_test(walking_ends_also_in_broken_text),
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(a_cut_never_parts_a_character),
        cmocka_unit_test(disguising_characters_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
