/* fold: names that people write differently are found alike. */
#include "test.h"

#include <string.h>

#include "fold.h"
#include "test_mem.h"

static void fold(const char *text, struct buf *ret)
{
    buf_clear(ret);
    if (fold_add(ret, span_of(text)) != OK) {
        fail_msg("%s", text);
    }
}

static const char *const alike[][2] = {
    {"Fāṭima", "fatima"},
    {"FATIMA", "fatima"},
    {"Fa\u0304t\u0323ima", "fatima"}, /* the same with combining marks */
    {"Aït M'Hamed", "ait m hamed"},
    {"Aït M’Hamed", "ait m hamed"},
    {"AÏT-M'HAMED", "ait m hamed"},
    {"  Béni   Mellal ", "beni mellal"},
    {"Khénifra/Khouribga", "khenifra khouribga"},
    {"ﬁche", "fiche"},
    {"Straße", "strasse"},
    {"Saʿid", "said"},
    {"أحمد", "احمد"},
    {"إبراهيم", "ابراهيم"},
    {"آسية", "اسيه"},
    {"ٱلرحمن", "الرحمن"},
    {"فاطمة", "فاطمه"},
    {"فَاطِمَةُ", "فاطمه"},
    {"موسى", "موسي"},
    {"مؤمن", "مومن"},
    {"عائشة", "عايشه"},
    {"الزهراء", "الزهرا"},
    {"محـــمد", "محمد"},
    {"مُحَمَّد", "محمد"},
    {"ک", "ك"},
    {"گرسيف", "كرسيف"},
    {"ڭرسيف", "كرسيف"},
    {"ݣرسيف", "كرسيف"},
    {"علی", "علي"},
    {"ﻻ", "لا"}, /* the ligature */
    {"ⴰⴳⵯ", "ⴰⴳ"},
    {"ⴼⴰⵟⵉⵎⴰ", "ⴼⴰⵟⵉⵎⴰ"},
    {"دوار ١٢٣", "دوار 123"},
    {"۴۵", "45"},
    {"n° 12", "n 12"},
    {"مريم،بنت", "مريم بنت"},
    {"a\u200Fb", "ab"}, /* a direction mark parts nothing */
    {"...", ""},
    {"", ""},
    {"-a-", "a"},
};

static void names_written_differently_become_equal(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    for (size_t i = 0; i < COUNT_OF(alike); i++) {
        fold(alike[i][0], &buf);
        assert_string_equal(buf_text(&buf), alike[i][1]);
    }
    buf_release(&buf);
    assert_int_equal(memory.live_count, 0);
}

static void folding_what_is_folded_changes_nothing(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    for (size_t i = 0; i < COUNT_OF(alike); i++) {
        fold(alike[i][1], &buf);
        assert_string_equal(buf_text(&buf), alike[i][1]);
    }
    buf_release(&buf);
}

static void names_that_differ_stay_apart(void **state)
{
    (void)state;
    static const char *const apart[][2] = {
        {"سعيد", "سعد"}, {"Said", "Saad"}, {"ⴰⵣⵔⵓ", "ⴰⵣⵔⵉ"}, {"حسن", "حسين"}, {"m hamed", "mhamed"},
    };
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    struct buf a;
    struct buf b;
    buf_init(&a, mem, 4096);
    buf_init(&b, mem, 4096);
    for (size_t i = 0; i < COUNT_OF(apart); i++) {
        fold(apart[i][0], &a);
        fold(apart[i][1], &b);
        assert_string_not_equal(buf_text(&a), buf_text(&b));
    }
    buf_release(&a);
    buf_release(&b);
}

static void folding_appends_to_what_stands(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    buf_add_text(&buf, "name:");
    assert_int_equal(fold_add(&buf, span_of(" Léa ")), OK);
    assert_string_equal(buf_text(&buf), "name:lea");
    buf_release(&buf);
}

static void invalid_text_is_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    assert_int_equal(fold_add(&buf, span_of("a\xFF")), ERR_UTF8);
    assert_int_equal(buf.size, 0);
    buf_release(&buf);
}

/* U+FDFA alone becomes 18 characters in 4 words. */
static void a_character_that_grows_stays_within_the_maximum(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    fold("\uFDFA", &buf);
    assert_string_equal(buf_text(&buf), "صلي الله عليه وسلم");
    buf_release(&buf);
    buf_init(&buf, &memory.mem, 20);
    assert_int_equal(fold_add(&buf, span_of("\uFDFA")), ERR_TOO_LARGE);
    buf_release(&buf);
}

static void no_memory_is_reported(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        struct buf buf;
        buf_init(&buf, test_mem_init(&memory, nth), 4096);
        enum err err = fold_add(&buf, span_of("\uFDFA \uFDFA \uFDFA \uFDFA \uFDFA"));
        assert_int_equal(err, memory.failed ? ERR_NOMEM : OK);
        buf_release(&buf);
        assert_int_equal(memory.live_count, 0);
        if (!memory.failed) {
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_written_differently_become_equal),
        cmocka_unit_test(folding_what_is_folded_changes_nothing),
        cmocka_unit_test(names_that_differ_stay_apart),
        cmocka_unit_test(folding_appends_to_what_stands),
        cmocka_unit_test(invalid_text_is_refused),
        cmocka_unit_test(a_character_that_grows_stays_within_the_maximum),
        cmocka_unit_test(no_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
