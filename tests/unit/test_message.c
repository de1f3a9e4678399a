/* message: catalogues, what is said when a language lacks a sentence, and which language. */
#include "test.h"

#include <string.h>

#include "message.h"
#include "test_mem.h"

static const char english_text[] = "# English\n"
                                   "\n"
                                   "error.not_found = No {0} is called {1}.\n"
                                   "error.busy = Try again in {0} s.\r\n"
                                   "plain=Done\n"
                                   "twice = {1}, {0}, {1} = {2} {x} {} {\n"
                                   "  spaced   =   a b  \n"
                                   "last = no newline";

static const char french_text[] = "error.not_found = {1} : {0} introuvable.\n"
                                  "plain = C’est fait\n"
                                  "word.record = fiche\n"
                                  "error.bad_json = JSON : {0}, octet {1}.\n"
                                  "word.a_key_in_quotes_is_expected = un nom est attendu\n";

struct fixture {
    struct test_mem memory;
    struct catalogue english;
    struct catalogue french;
    struct buf buf;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    const struct mem *mem = test_mem_init(&fixture.memory, 0);
    buf_init(&fixture.buf, mem, 1000);
    *state = &fixture;
    return catalogue_load(mem, span_of(english_text), &fixture.english, NULL) != OK ||
           catalogue_load(mem, span_of(french_text), &fixture.french, NULL) != OK;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    catalogue_release(&fixture->english);
    catalogue_release(&fixture->french);
    buf_release(&fixture->buf);
    return fixture->memory.live_count != 0;
}

static void arguments_take_their_places(void **state)
{
    struct fixture *fixture = *state;
    const char *const args[] = {"A", "B"};
    message_format(&fixture->french, &fixture->english, "error.not_found", args, 2, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "B : A introuvable.");
    buf_clear(&fixture->buf);
    message_format(&fixture->english, NULL, "twice", args, 2, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "B, A, B = {2} {x} {} {");
}

static void an_argument_is_never_read_as_a_sentence(void **state)
{
    struct fixture *fixture = *state;
    const char *const args[] = {"{1}", "%s"};
    message_format(&fixture->english, NULL, "error.not_found", args, 2, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "No {1} is called %s.");
}

static void a_missing_sentence_is_taken_from_the_fallback(void **state)
{
    struct fixture *fixture = *state;
    const char *const args[] = {"5"};
    message_format(&fixture->french, &fixture->english, "error.busy", args, 1, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "Try again in 5 s.");
}

static void a_key_that_both_lack_is_shown_with_its_arguments(void **state)
{
    struct fixture *fixture = *state;
    const char *const args[] = {"one", "two"};
    message_format(&fixture->french, &fixture->english, "no.such", args, 2, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "no.such: one, two");
    buf_clear(&fixture->buf);
    message_format(NULL, NULL, "no.such", NULL, 0, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "no.such");
}

static void a_diag_is_told_by_its_name(void **state)
{
    struct fixture *fixture = *state;
    struct diag diag;
    (void)diag_set(&diag, ERR_NOT_FOUND, "person", "BM-7", NULL);
    message_diag(&fixture->english, NULL, &diag, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "No person is called BM-7.");
    buf_clear(&fixture->buf);
    (void)diag_set(&diag, ERR_FORK, "o", "7", NULL);
    message_diag(&fixture->french, &fixture->english, &diag, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "error.fork: o, 7");
    buf_clear(&fixture->buf);
    diag = (struct diag){.code = ERR_NOT_FOUND}; /* only passed on */
    message_diag(&fixture->english, NULL, &diag, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "No ? is called ?.");
    buf_clear(&fixture->buf);
    (void)diag_set(&diag, ERR_NOT_FOUND, "person", "a\x1b[31m\nb", NULL);
    message_diag(&fixture->english, NULL, &diag, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "No person is called a [31m b.");
}

static void the_program_s_own_words_are_said_in_the_language(void **state)
{
    struct fixture *fixture = *state;
    struct diag diag;
    (void)diag_set(&diag, ERR_NOT_FOUND, "record", "record", NULL);
    message_diag(&fixture->french, &fixture->english, &diag, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "record : fiche introuvable."); /* {1} is given */
    buf_clear(&fixture->buf);
    (void)diag_set(&diag, ERR_JSON, "a key in quotes is expected", "2", NULL);
    message_diag(&fixture->french, &fixture->english, &diag, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "JSON : un nom est attendu, octet 2.");
    buf_clear(&fixture->buf);
    (void)diag_set(&diag, ERR_NOT_FOUND, "never heard of", "x", NULL);
    message_diag(&fixture->french, &fixture->english, &diag, &fixture->buf);
    assert_string_equal(buf_text(&fixture->buf), "x : never heard of introuvable.");
}

static void words_become_keys(void **state)
{
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"record", "word.record"},
        {"doesn't begin with DOUAR1-", "word.doesn_t_begin_with_douar1"},
        {"  [...], and", "word.and"},
        {"\xd8\xb3", "word."},
        {"", "word."},
        {"0123456789 123456789 123456789 123456789 123456789 12345678 x",
         "word.0123456789_123456789_123456789_123456789_123456789_12345678"},
        {"0123456789 123456789 123456789 123456789 123456789 1234567890",
         "word.0123456789_123456789_123456789_123456789_123456789_12345678"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char key[MESSAGE_KEY_SIZE + 1];
        message_word_key(cases[i].text, key);
        assert_string_equal(key, cases[i].key);
    }
}

static void lines_are_read_without_their_spaces(void **state)
{
    struct fixture *fixture = *state;
    struct span sentence;
    assert_int_equal(fixture->english.count, 6);
    assert_true(catalogue_find(&fixture->english, "spaced", &sentence));
    assert_true(span_is(sentence, "a b"));
    assert_true(catalogue_find(&fixture->english, "error.busy", &sentence));
    assert_true(span_is(sentence, "Try again in {0} s."));
    assert_true(catalogue_find(&fixture->english, "last", &sentence));
    assert_true(span_is(sentence, "no newline"));
    assert_false(catalogue_find(&fixture->english, "las", &sentence));
    assert_false(catalogue_find(&fixture->english, "zzz", &sentence));
    assert_false(catalogue_find(NULL, "last", &sentence));
}

static void a_wrong_line_is_named_by_its_number(void **state)
{
    struct fixture *fixture = *state;
    static const char *const wrong[][2] = {
        {"a = 1\nno sign\n", "2"},
        {"= sentence\n", "1"},
        {"\n\na =\n", "3"},
        {"a = 1\nb = 2\na = 3\n", "3"},
        {"# \xFF is let pass\na = \xFF", "2"},
        {"k123456789012345678901234567890123456789012345678901234567890123456789 = x", "1"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct catalogue catalogue;
        struct diag diag = {0};
        assert_int_equal(
            catalogue_load(&fixture->memory.mem, span_of(wrong[i][0]), &catalogue, &diag),
            ERR_CONFIG);
        assert_string_equal(diag.args[1], wrong[i][1]);
    }
}

static void an_empty_catalogue_is_one(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue catalogue;
    struct span sentence;
    assert_int_equal(catalogue_load(&fixture->memory.mem, span_of("# nothing\n"), &catalogue, NULL),
                     OK);
    assert_false(catalogue_find(&catalogue, "a", &sentence));
    catalogue_release(&catalogue);
    catalogue_release(NULL);
}

static void no_memory_is_reported(void **state)
{
    (void)state;
    struct test_mem memory;
    struct catalogue catalogue;
    struct diag diag = {0};
    const struct mem *mem = test_mem_init(&memory, 1);
    assert_int_equal(catalogue_load(mem, span_of("a=b"), &catalogue, &diag), ERR_NOMEM);
    assert_int_equal(diag.code, ERR_NOMEM);
    assert_int_equal(memory.live_count, 0);
}

struct language_row {
    const char *said[5]; /* option, DOUAR_LANG, LC_ALL, LC_MESSAGES, LANG */
    const char *picked;
};

static const struct language_row languages[] = {
    {{NULL, NULL, NULL, NULL, NULL}, "fr"},
    {{"ar", "fr", "en", "en", "en"}, "ar"},
    {{NULL, "zgh", "en_US.UTF-8", NULL, "fr_FR"}, "zgh"},
    {{NULL, NULL, "ar_MA.UTF-8", "fr", "fr"}, "ar"},
    {{NULL, NULL, NULL, "en_GB", "fr"}, "en"},
    {{NULL, NULL, NULL, NULL, "ar@latin"}, "ar"},
    {{NULL, NULL, "C", NULL, "en_US.UTF-8"}, "en"},
    {{NULL, NULL, "C.UTF-8", "POSIX", "C"}, "fr"},
    {{NULL, NULL, NULL, NULL, "ber_MA"}, "zgh"},
    {{NULL, NULL, NULL, NULL, "tzm-Tfng"}, "zgh"},
    {{NULL, NULL, NULL, NULL, "de_DE.UTF-8"}, "fr"},
    {{"", "", "", "", ""}, "fr"},
    {{NULL, NULL, "arn_CL", NULL, "english"}, "fr"},
};

static void the_first_that_names_a_language_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        const char *const *said = languages[i].said;
        assert_string_equal(language_pick(said[0], said[1], said[2], said[3], said[4]),
                            languages[i].picked);
    }
    assert_null(language_named("xx"));
    assert_null(language_named(NULL));
    assert_string_equal(language_named("fr_MA"), "fr");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(arguments_take_their_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_argument_is_never_read_as_a_sentence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_sentence_is_taken_from_the_fallback, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_both_lack_is_shown_with_its_arguments, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_diag_is_told_by_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_program_s_own_words_are_said_in_the_language, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lines_are_read_without_their_spaces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_line_is_named_by_its_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_catalogue_is_one, set_up, tear_down),
        cmocka_unit_test(words_become_keys),
        cmocka_unit_test(no_memory_is_reported),
        cmocka_unit_test(the_first_that_names_a_language_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
