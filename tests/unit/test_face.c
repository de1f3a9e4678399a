/* face: command lines, sentences of a language, tables as wide as what they show. */
#include "test.h"

#include <string.h>

#include "args.h"
#include "bidi.h"
#include "face.h"
#include "test_mem.h"

static const struct option options[] = {
    {"home", 0, "DIR", true}, {"json", 0, NULL, true},     {"output", 'o', "FILE", false},
    {"limit", 0, "N", false}, {"history", 0, NULL, false},
};

static enum err parse(const char *const *argv, size_t argc, struct args *args, struct diag *diag)
{
    return args_parse(argc, argv, options, COUNT_OF(options), args, diag);
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    const char *const argv[] = {"--home", "/srv",      "export", "-o",      "f.csv", "household",
                                "--json", "--limit=5", "--",     "--limit", "-"};
    static struct args args;
    struct diag diag = {0};
    int64_t limit = 0;
    assert_int_equal(parse(argv, COUNT_OF(argv), &args, &diag), OK);
    assert_int_equal(args.word_count, 4);
    assert_string_equal(args.words[0], "export");
    assert_string_equal(args.words[1], "household");
    assert_string_equal(args.words[2], "--limit");
    assert_string_equal(args.words[3], "-");
    assert_string_equal(args_value(&args, "home"), "/srv");
    assert_string_equal(args_value(&args, "output"), "f.csv");
    assert_true(args_flag(&args, "json"));
    assert_false(args_flag(&args, "history"));
    assert_int_equal(args_number(&args, "limit", 1, 10, 3, &limit, &diag), OK);
    assert_int_equal(limit, 5);
    assert_int_equal(args_number(&args, "limit", 1, 4, 3, &limit, &diag), ERR_OUT_OF_RANGE);
}

static void an_id_that_begins_with_a_dash_is_a_word(void **state)
{
    (void)state;
    const char *const argv[] = {"show", "-hX2mJ5bQ0eV7kTzR9sLfA", "--json",
                                "--X2mJ5bQ0eV7kTzR9sLfA"};
    const char *const cut[] = {"show", "-hX2mJ5bQ0eV7kTzR9sLf"};
    static const struct option long_one[] = {{"one-name-long-as-dog", 0, NULL, false}};
    const char *const named[] = {"--one-name-long-as-dog"};
    static struct args args;
    struct diag diag = {0};
    assert_int_equal(parse(argv, COUNT_OF(argv), &args, &diag), OK);
    assert_int_equal(args.word_count, 3);
    assert_string_equal(args.words[1], argv[1]);
    assert_string_equal(args.words[2], argv[3]);
    assert_true(args_flag(&args, "json"));
    assert_int_equal(parse(cut, COUNT_OF(cut), &args, &diag), ERR_UNKNOWN_OPTION);
    assert_int_equal(args_parse(1, named, long_one, COUNT_OF(long_one), &args, &diag), OK);
    assert_int_equal(args.word_count, 0);
    assert_true(args_flag(&args, "one-name-long-as-dog"));
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    const char *const word[] = {"export", "caf\xe9"};
    const char *const value[] = {"export", "--home", "/srv/\xff"};
    static struct args args;
    struct diag diag = {0};
    assert_int_equal(parse(word, COUNT_OF(word), &args, &diag), ERR_UTF8);
    assert_string_equal(diag.args[0], "3");
    assert_int_equal(parse(value, COUNT_OF(value), &args, &diag), ERR_UTF8);
    assert_string_equal(diag.args[0], "5");
}

static void a_mistyped_option_is_named_with_the_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *nearest;
    } cases[] = {{"--hmoe=x", "--home"}, {"--limti", "--limit"}, {"--zzz", ""}, {"-x", ""}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct args args;
        struct diag diag = {0};
        assert_int_equal(parse(&cases[i].word, 1, &args, &diag), ERR_UNKNOWN_OPTION);
        assert_string_equal(diag.args[0], cases[i].word);
        assert_string_equal(diag.args[1], cases[i].nearest);
    }
}

static void an_option_needs_its_value_and_a_flag_takes_none(void **state)
{
    (void)state;
    static struct args args;
    struct diag diag = {0};
    const char *const without[] = {"list", "--limit"}, *const with[] = {"--json=yes"};
    assert_int_equal(parse(without, 2, &args, &diag), ERR_MISSING_ARGUMENT);
    assert_int_equal(parse(with, 1, &args, &diag), ERR_USAGE);
}

static void a_command_refuses_options_of_others(void **state)
{
    (void)state;
    static struct args args;
    struct diag diag = {0};
    const char *const argv[] = {"show", "--history", "--json"};
    assert_int_equal(parse(argv, 3, &args, &diag), OK);
    assert_int_equal(args_allow(&args, "history limit", &diag), OK);
    assert_int_equal(args_allow(&args, "limit", &diag), ERR_UNKNOWN_OPTION);
    assert_string_equal(diag.args[0], "--history");
}

static void the_longest_command_wins(void **state)
{
    (void)state;
    static const char *const names[] = {"person", "person add", "list"};
    static struct args args;
    struct diag diag = {0};
    size_t index = 9, words = 9;
    const char *const argv[] = {"person", "add", "Ali"}, *const wrong[] = {"persn", "add"};
    assert_int_equal(parse(argv, 3, &args, &diag), OK);
    assert_int_equal(args_command(&args, names, 3, &index, &words, &diag), OK);
    assert_int_equal(index, 1);
    assert_int_equal(words, 2);
    assert_int_equal(parse(wrong, 2, &args, &diag), OK);
    assert_int_equal(args_command(&args, names, 3, &index, &words, &diag), ERR_UNKNOWN_COMMAND);
    assert_string_equal(diag.args[1], "person add");
}

static void keep(void *ctx, enum face_stream stream, struct span text)
{
    (void)stream;
    buf_add_span(ctx, text);
}

static void a_failure_is_said_in_the_language_or_as_json(void **state)
{
    (void)state;
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    struct face face;
    struct buf out;
    struct diag diag = {0};
    diag_set(&diag, ERR_UNKNOWN_OPTION, "--hmoe", "--home", NULL);
    buf_init(&out, mem, 65536);
    assert_int_equal(face_open(&face, mem, "fr", false, keep, &out, NULL), OK);
    assert_int_equal(face_fail(&face, &diag), err_exit_status(ERR_UNKNOWN_OPTION));
    assert_non_null(strstr(buf_text(&out), "--hmoe"));
    assert_non_null(strstr(buf_text(&out), "Vouliez-vous dire --home"));
    face_release(&face);
    buf_clear(&out);
    assert_int_equal(face_open(&face, mem, "ar", true, keep, &out, NULL), OK);
    (void)face_fail(&face, &diag);
    face_say(&face, "admin.nothing", NULL); /* silent: an answer of --json is one value */
    const char *start = "{\"error\":\"unknown_option\",\"args\":[\"--hmoe\",\"--home\"],";
    assert_memory_equal(buf_text(&out), start, strlen(start));
    assert_non_null(strchr(buf_text(&out), '\n'));
    assert_string_equal(strchr(buf_text(&out), '\n'), "\n");
    face_release(&face);
    buf_release(&out);
    assert_int_equal(memory.live_count, 0);
}

static void columns_are_as_wide_as_what_a_terminal_shows(void **state)
{
    (void)state;
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    struct face face;
    struct table table;
    struct buf out;
    buf_init(&out, mem, 65536);
    assert_int_equal(face_open(&face, mem, "en", false, keep, &out, NULL), OK);
    table_init(&table, mem, 2);
    table_text(&table, "\xe2\xb4\xb0\xe2\xb5\xa3"); /* two Tifinagh letters */
    table_text(&table, "x");
    table_text(&table, "e\xcc\x81"); /* e and a combining accent */
    table_text(&table, "a\tb\x01"
                       "c");
    table_text(&table, "abcd");
    table_int(&table, -5);
    assert_int_equal(table_put(&table, &face), OK);
    assert_string_equal(buf_text(&out), "\xe2\xb4\xb0\xe2\xb5\xa3    x\n"
                                        "e\xcc\x81     a b?c\n"
                                        "abcd  -5\n");
    table_release(&table);
    face_release(&face);
    buf_release(&out);
    assert_int_equal(memory.live_count, 0);
}

static void times_are_shown_in_the_zone(void **state)
{
    (void)state;
    static const struct {
        int64_t time_ms, zone_minutes;
        const char *text;
    } cases[] = {
        {0, 60, "-"},
        {951827696000, 0, "2000-02-29 12:34"},
        {951827696000, 60, "2000-02-29 13:34"},
        {1767225599999, 0, "2025-12-31 23:59"},
        {1767225599999, 1, "2026-01-01 00:00"},
        {60000, -60, "1970-01-01 00:00"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[WHEN_SIZE];
        when_write(cases[i].time_ms, cases[i].zone_minutes, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* ---- right and left */

static void mixed_text_is_put_into_the_order_of_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *written, *shown;
    } rows[] = {
        {"", ""},
        {"Nom: Ali 12\n> ", "Nom: Ali 12\n> "},
        /* alef beh jeem, joined: final jeem, initial beh, alone alef */
        {"\xd8\xa7\xd8\xa8\xd8\xac", "\xef\xba\x9e\xef\xba\x91\xef\xba\x8d"},
        /* Latin and digits keep their order inside of Hebrew, which has no joined forms */
        {"\xd7\x90 ab 12 \xd7\x91", "\xd7\x91 ab 12 \xd7\x90"},
        {"1) \xd7\x90\xd7\x91\n", "\xd7\x91\xd7\x90 (1\n"},
        {"ab \xd7\x90\xd7\x91\nc", "ab \xd7\x91\xd7\x90\nc"},
        /* lam and alef are one letter, and marks of direction none */
        {"\xd9\x84\xd8\xa7\xe2\x80\x8f", "\xef\xbb\xbb"},
        {"\xe2\xb4\xb0\xe2\xb4\xb1 \xe2\x80\xa6",
         "\xe2\xb4\xb0\xe2\xb4\xb1 \xe2\x80\xa6"}, /* Tifinagh */
        {"\xd7\x90\xff", "\xd7\x90\xff"},          /* no UTF-8 */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct test_mem memory;
        struct buf shown;
        buf_init(&shown, test_mem_init(&memory, 0), 1000);
        bidi_add(&shown, span_of(rows[i].written));
        assert_string_equal(buf_text(&shown), rows[i].shown);
        buf_release(&shown);
        assert_int_equal(memory.live_count, 0);
    }
}

static void who_orders_text_is_guessed_and_can_be_said(void **state)
{
    (void)state;
    static const struct {
        struct bidi_terminal terminal;
        const char *wanted;
        bool needed;
    } rows[] = {
        {{.is_shown = true, .term = "xterm"}, NULL, true},
        {{.is_shown = true, .term = "linux"}, "auto", true},
        {{.is_shown = true, .vte_version = "5799"}, NULL, true},
        {{.is_shown = true, .vte_version = "7006"}, NULL, false},
        {{.is_shown = true, .vte_version = "7006"}, "on", true},
        {{.is_shown = true, .konsole_version = "221203"}, "auto", false},
        {{.is_shown = true, .term = "mlterm-256color"}, NULL, false},
        {{.is_shown = true, .term_program = "Apple_Terminal"}, NULL, false},
        {{.is_shown = true, .setting = "off", .term = "xterm"}, NULL, false},
        {{.is_shown = true, .setting = "off", .term = "xterm"}, "on", true},
        {{.is_shown = true, .setting = "on", .vte_version = "7006"}, NULL, true},
        {{.is_shown = true, .setting = "on", .term = "xterm"}, "off", false},
        {{.is_shown = false, .setting = "on", .term = "xterm"}, "on", false}, /* a pipe */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(bidi_is_needed(&rows[i].terminal, rows[i].wanted), rows[i].needed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(an_id_that_begins_with_a_dash_is_a_word),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(a_mistyped_option_is_named_with_the_nearest),
        cmocka_unit_test(an_option_needs_its_value_and_a_flag_takes_none),
        cmocka_unit_test(a_command_refuses_options_of_others),
        cmocka_unit_test(the_longest_command_wins),
        cmocka_unit_test(a_failure_is_said_in_the_language_or_as_json),
        cmocka_unit_test(columns_are_as_wide_as_what_a_terminal_shows),
        cmocka_unit_test(times_are_shown_in_the_zone),
        cmocka_unit_test(mixed_text_is_put_into_the_order_of_a_terminal),
        cmocka_unit_test(who_orders_text_is_guessed_and_can_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
