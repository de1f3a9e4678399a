/*
 * test_commands.c - the command line: what it takes, what it says, how it ends.
 */
#define _XOPEN_SOURCE 700

#include "test_office.h"

#include "command.h"

#define WORDS_MAX 16
#define TEXT_MAX  (4u << 20)

struct desk {
    struct office office;
    char home[256];
    struct environment environment;
    struct span input;
    struct buf out, err;
};

static void desk_write(void *ctx, enum face_stream stream, struct span text)
{
    struct desk *desk = ctx;
    buf_add_span(stream == FACE_OUT ? &desk->out : &desk->err, text);
}

static enum err desk_read(void *ctx, struct buf *ret)
{
    struct desk *desk = ctx;
    buf_add_span(ret, desk->input);
    return buf_error(ret);
}

static int desk_setup(void **state)
{
    static struct desk desk;
    desk = (struct desk){.home = ""};
    office_open(&desk.office);
    (void)office_device(&desk.office, "desk");
    (void)snprintf(desk.home, sizeof desk.home, "%s/desk", desk.office.nodes.folder);
    desk.environment = (struct environment){.douar_home = desk.home, .douar_lang = "en"};
    buf_init(&desk.out, &desk.office.nodes.host.mem, TEXT_MAX);
    buf_init(&desk.err, &desk.office.nodes.host.mem, TEXT_MAX);
    *state = &desk;
    return 0;
}

static int desk_teardown(void **state)
{
    struct desk *desk = *state;
    buf_release(&desk->out);
    buf_release(&desk->err);
    office_close(&desk->office);
    return 0;
}

static int run_words(struct desk *desk, const char *const *words, size_t count)
{
    const struct program program = {
        .host = &desk->office.nodes.host,
        .argc = count,
        .argv = words,
        .environment = desk->environment,
        .terminal = {.ctx = desk, .write = desk_write, .read_input = desk_read},
    };
    buf_clear(&desk->out);
    buf_clear(&desk->err);
    return program_run(&program);
}

/* Words divided by spaces; "~" stands for a space within one. */
static int run(struct desk *desk, const char *line)
{
    char text[2048];
    const char *words[WORDS_MAX];
    size_t count = 0;
    (void)snprintf(text, sizeof text, "%s", line);
    bool inside = false;
    for (char *at = text; *at; at++) {
        if (*at == ' ') {
            *at = '\0';
            inside = false;
            continue;
        }
        if (!inside) {
            assert_true(count < WORDS_MAX);
            words[count++] = at;
            inside = true;
        }
        *at = *at == '~' ? ' ' : *at;
    }
    return run_words(desk, words, count);
}

static void run_well(struct desk *desk, const char *line)
{
    int status = run(desk, line);
    if (status != 0) {
        fail_msg("douar %s: %d, %s", line, status, buf_text(&desk->err));
    }
}

static void assert_says(const struct buf *said, const char *part)
{
    if (!strstr(buf_text(said), part)) {
        fail_msg("\"%s\" is not in: %s", part, buf_text(said));
    }
}

/* The case number of a household made for the test; `ret` has room for 32 bytes. */
static void make_household(struct desk *desk, char *ret)
{
    struct json *json = NULL;
    run_well(desk, "new register_household --place 05.081.03.09 --set head_name_ar=عائشة "
                   "--set phone=0661234567 --json");
    assert_int_equal(json_parse(buf_span(&desk->out), &json, NULL), OK);
    (void)snprintf(ret, 32, "%s", office_text(json, "case"));
    json_free(json);
}

/* ---- texts */

static void every_command_and_option_has_help_in_every_language(void **state)
{
    struct desk *desk = *state;
    for (size_t l = 0; l < LANGUAGE_COUNT; l++) {
        const struct catalogue *catalogue = &desk->office.catalogues.of[l];
        struct span ignored;
        char key[COMMAND_KEY_SIZE];
        for (size_t i = 0; command_at(i); i++) {
            command_help_key(command_at(i), key);
            if (!catalogue_find(catalogue, key, &ignored)) {
                fail_msg("%s lacks %s", language_name((enum language)l), key);
            }
        }
        for (size_t i = 0; option_at(i); i++) {
            option_help_key(option_at(i), key);
            if (!catalogue_find(catalogue, key, &ignored)) {
                fail_msg("%s lacks %s", language_name((enum language)l), key);
            }
        }
    }
}

static unsigned arguments_of(struct span sentence)
{
    unsigned found = 0;
    for (size_t i = 0; i + 2 < sentence.size; i++) {
        const uint8_t *at = sentence.data + i;
        if (at[0] == '{' && at[1] >= '0' && at[1] <= '9' && at[2] == '}') {
            found |= 1u << (at[1] - '0');
        }
    }
    return found;
}

static void every_text_stands_in_every_language_with_the_same_arguments(void **state)
{
    struct desk *desk = *state;
    const struct catalogue *english = &desk->office.catalogues.of[LANGUAGE_EN];
    for (size_t l = 0; l < LANGUAGE_COUNT; l++) {
        const struct catalogue *other = &desk->office.catalogues.of[l];
        assert_int_equal(other->count, english->count);
        for (size_t i = 0; i < english->count; i++) {
            char key[MESSAGE_KEY_SIZE + 1];
            struct span sentence;
            span_text(english->lines[i].key, key, sizeof key);
            if (!catalogue_find(other, key, &sentence) ||
                arguments_of(sentence) != arguments_of(english->lines[i].sentence)) {
                fail_msg("%s: %s", language_name((enum language)l), key);
            }
        }
    }
}

static void every_command_prints_its_help(void **state)
{
    struct desk *desk = *state;
    desk->environment.douar_home = "/nowhere"; /* help needs no home */
    for (size_t i = 0; command_at(i); i++) {
        char line[128];
        char usage[128];
        (void)snprintf(line, sizeof line, "%s --help", command_at(i)->name);
        (void)snprintf(usage, sizeof usage, "douar %s", command_at(i)->name);
        run_well(desk, line);
        assert_says(&desk->out, usage);
        assert_says(&desk->out, "--lang");
        (void)snprintf(line, sizeof line, "%s --help --json", command_at(i)->name);
        run_well(desk, line);
        assert_says(&desk->out, "\"help\":\"");
    }
    run_well(desk, "help --lang ar");
    assert_says(&desk->out, "الأوامر");
    run_well(desk, "help place");
    assert_says(&desk->out, "douar place list");
    assert_says(&desk->out, "douar place add");
}

/* ---- wrong lines */

static void wrong_lines_end_with_their_status_and_say_why(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *line;
        int status;
        const char *says;
    } lines[] = {
        {"snyc", 2, "Did you mean sync?"},
        {"form", 2, "form list"},
        {"list --limt 5", 2, "Did you mean --limit?"},
        {"sync --limit 5", 2, "--limit"},
        {"list --limit", 2, "--limit"},
        {"list --limit many", 3, "many"},
        {"list --limit 5000", 3, "1000"},
        {"new", 2, "FORM"},
        {"new register_household x", 3, "\"x\""},
        {"new nope --set a=b", 3, "nope"},
        {"new register_household --set head_name_ar", 3, "PROPERTY=VALUE"},
        {"new register_household --set =x", 3, "PROPERTY=VALUE"},
        {"new register_household --set a=b --set a=c", 3, "--set"},
        {"new register_household --set phnoe=1 --place 05.081.03.09", 3, "Did you mean phone?"},
        {"place add", 2, "PARENT"},
        {"show", 2, "ID"},
        {"show zzzzz", 4, "zzzzz"},
        {"show a b", 2, "\"b\""},
        {"undo", 4, ""},
        {"delete zzzzz", 2, "--reason"},
        {"delete zzzzz --reason x", 4, "zzzzz"},
        {"resolve a", 2, "PROPERTY"},
        {"list household --where phone", 3, "PROPERTY=VALUE"},
        {"list --where phone=1", 2, "type"},
        {"list nope", 3, "nope"},
        {"status --as Nobody", 3, "Nobody"},
        {"status --lang xx", 3, "ar, fr, zgh, en"},
        {"status --home /nowhere/at/all", 4, "/nowhere/at/all"},
        {"init", 3, "exists"},
        {"unlock --minutes 0", 3, "minutes"},
        {"unlock --passphrase-file /nonexistent/file", 7, "/nonexistent/file"},
        {"lock now", 2, "\"now\""},
        {"passwd", 5, "locked"},
        {"passwd add", 2, "NAME"},
        {"passwd add Said", 5, "locked"},
        {"passwd remove Said", 5, "locked"},
        {"passwd list now", 2, "\"now\""},
        {"recover", 4, ""},
        {"recover a b", 2, "\"b\""},
        {"enrol DOUAR1-AAAA", 3, ""},
        {"find", 2, "TEXT"},
        {"", 2, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        int status = run(desk, lines[i].line);
        if (status != lines[i].status) {
            fail_msg("douar %s: %d, %s", lines[i].line, status, buf_text(&desk->err));
        }
        if (lines[i].says) {
            assert_int_equal(desk->out.size, 0);
            assert_says(&desk->err, lines[i].says);
        }
    }
}

static void failures_are_json_when_json_is_asked(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *line, *error;
    } lines[] = {{"snyc --json", "unknown_command"},
                 {"list --limt 5 --json", "unknown_option"},
                 {"show zzzzz --json", "not_found"},
                 {"status --json --lang xx", "bad_choice"}};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct json *json = NULL;
        assert_int_not_equal(run(desk, lines[i].line), 0);
        assert_int_equal(json_parse(buf_span(&desk->out), &json, NULL), OK);
        assert_false(json_bool(json_get(json, "ok")));
        assert_string_equal(office_text(json, "error"), lines[i].error);
        assert_int_equal(desk->err.size, 0);
        json_free(json);
    }
}

static void a_wrong_line_is_answered_in_its_own_language(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(run(desk, "list --limt 5 --lang fr"), 2);
    assert_says(&desk->err, "Vouliez-vous dire");
    assert_int_equal(run(desk, "--lang=ar snyc"), 2);
    assert_says(&desk->err, "sync");
    assert_null(strstr(buf_text(&desk->err), "Did you"));
}

/* ---- a day at the desk */

static void a_record_is_made_shown_edited_found_and_listed(void **state)
{
    struct desk *desk = *state;
    char number[32];
    char line[256];
    make_household(desk, number);
    (void)snprintf(line, sizeof line, "edit %s --set members=٧ --set housing=stone", number);
    run_well(desk, line);
    assert_says(&desk->out, number);
    run_well(desk, line);
    assert_says(&desk->out, "nothing was written");
    (void)snprintf(line, sizeof line, "show %s --history", number);
    run_well(desk, line);
    assert_says(&desk->out, "Stone");
    assert_says(&desk->out, "Fatima");
    assert_says(&desk->out, "on this device");
    run_well(desk, "find عايشه");
    assert_says(&desk->out, number);
    run_well(desk, "find nothing~like~it");
    assert_says(&desk->out, "Nothing found");
    run_well(desk, "list household --where members=7");
    assert_says(&desk->out, number);
    run_well(desk, "list household --where members=8");
    assert_null(strstr(buf_text(&desk->out), number));
    (void)snprintf(line, sizeof line, "delete %s --reason moved~away", number);
    run_well(desk, line);
    run_well(desk, "list --deleted");
    assert_says(&desk->out, number);
}

static void a_household_shows_who_belongs_to_it_and_says_so_when_deleted(void **state)
{
    struct desk *desk = *state;
    char number[32];
    char line[256];
    make_household(desk, number);
    (void)snprintf(line, sizeof line, "show %s --json", number);
    run_well(desk, line);
    assert_null(strstr(buf_text(&desk->out), "\"children\""));
    (void)snprintf(line, sizeof line,
                   "new register_person --parent %s --set name_ar=مريم --set sex=f", number);
    run_well(desk, line);
    (void)snprintf(line, sizeof line, "show %s --lang fr", number);
    run_well(desk, line);
    assert_says(&desk->out, "Fiches rattachées");
    assert_says(&desk->out, "مريم");
    assert_says(&desk->out, "Personne");
    (void)snprintf(line, sizeof line, "show %s --json", number);
    run_well(desk, line);
    assert_says(&desk->out, "\"children\":[{");
    (void)snprintf(line, sizeof line, "delete %s --reason x", number);
    run_well(desk, line);
    assert_says(&desk->out, "was not deleted: 1");
}

static void a_screen_has_words_where_the_answer_has_codes(void **state)
{
    struct desk *desk = *state;
    char number[32];
    char line[256];
    make_household(desk, number);
    (void)snprintf(line, sizeof line, "show %s --history", number);
    run_well(desk, line);
    assert_says(&desk->out, "Place: 05.081.03.09");
    assert_null(strstr(buf_text(&desk->out), "{\""));
    assert_null(strstr(buf_text(&desk->out), "_case"));
    run_well(desk, "list --lang ar");
    assert_says(&desk->out, "الأسرة");
    assert_null(strstr(buf_text(&desk->out), "household"));
    run_well(desk, "form show register_person");
    assert_says(&desk->out, "f (Female)");
    assert_null(strstr(buf_text(&desk->out), "select_one"));
    assert_null(strstr(buf_text(&desk->out), "\""));
    run_well(desk, "list project");
    assert_says(&desk->out, "No records");
}

static void failures_hold_no_english_in_other_languages(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *line, *never;
    } lines[] = {{"show zzzzz", "record"},
                 {"enrol DOUAR1-AAAA", "mistyped"},
                 {"init", "home "},
                 {"list --quiet=3", "value"},
                 {"new register_household --set members=x --place 05.081.03.09", "expected"}};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        static const char *const languages[] = {"ar", "fr", "zgh"};
        for (size_t j = 0; j < COUNT_OF(languages); j++) {
            char line[128];
            (void)snprintf(line, sizeof line, "%s --lang %s", lines[i].line, languages[j]);
            assert_int_not_equal(run(desk, line), 0);
            assert_true(desk->err.size > 0);
            if (strstr(buf_text(&desk->err), lines[i].never)) {
                fail_msg("%s: %s", line, buf_text(&desk->err));
            }
        }
    }
}

static void an_erasure_is_warned_of_before_it_is_asked(void **state)
{
    struct desk *desk = *state;
    char number[32];
    char line[256];
    make_household(desk, number);
    (void)snprintf(line, sizeof line, "redact %s phone --reason asked~for", number);
    assert_int_equal(run(desk, line), err_exit_status(ERR_MISSING_ARGUMENT));
    assert_says(&desk->err, "only a request");
    assert_says(&desk->err, "--yes");
    run_well(desk, "redact --status");
    assert_says(&desk->out, "nobody asked");
    (void)snprintf(line, sizeof line, "redact %s phone --reason asked~for --yes", number);
    run_well(desk, line);
    assert_says(&desk->out, "A person at the region decides");
    run_well(desk, "redact status");
    assert_says(&desk->out, "asked for");
    assert_says(&desk->out, "phone");
    (void)snprintf(line, sizeof line, "redact %s phone --all --reason x --yes", number);
    assert_int_equal(run(desk, line), err_exit_status(ERR_MISSING_ARGUMENT));
}

static void duplicates_are_said_and_taken_back(void **state)
{
    struct desk *desk = *state;
    char first[32];
    char second[32];
    char line[256];
    make_household(desk, first);
    make_household(desk, second);
    (void)snprintf(line, sizeof line, "alias %s %s --reason one~family", first, second);
    run_well(desk, line);
    assert_says(&desk->out, "is the same as");
    (void)snprintf(line, sizeof line, "alias %s --reason x", second);
    assert_int_equal(run(desk, line), err_exit_status(ERR_MISSING_ARGUMENT));
    (void)snprintf(line, sizeof line, "alias %s --undo --reason two~after~all", second);
    run_well(desk, line);
    assert_says(&desk->out, "of its own again");
}

static void a_dry_run_writes_nothing(void **state)
{
    struct desk *desk = *state;
    run_well(desk, "new register_household --place 05.081.03.09 --set head_name_ar=x --dry-run");
    assert_says(&desk->out, "would be saved");
    run_well(desk, "status --json");
    assert_says(&desk->out, "\"total\":0");
}

static void answers_are_read_from_the_input(void **state)
{
    struct desk *desk = *state;
    static const char list[] =
        "[{\"head_name_ar\":\"محمد\",\"members\":\"4\"},{\"head_name_ar\":\"x\",\"phone\":\"1\"},"
        "{\"head_name_ar\":\"فاطمة\",\"languages\":[\"amazigh\",\"darija\"]},7]";
    desk->input = span_of(list);
    assert_int_equal(run(desk, "new register_household - --place 05.081.03.09"), 3);
    assert_says(&desk->err, "Number 2");
    assert_says(&desk->err, "Number 4");
    run_well(desk, "status --json");
    assert_says(&desk->out, "\"total\":2");
    desk->input = span_of("{\"head_name_ar\":\"إيدير\"}");
    run_well(desk, "new register_household --place 05.081.03.09 --json -");
    assert_says(&desk->out, "\"ok\":true");
    desk->input = span_of("{\"head_name_ar\":");
    assert_int_equal(run(desk, "new register_household - --place 05.081.03.09"), 3);
    assert_int_equal(run(desk, "new register_household - --set a=b"), 3);
}

static void work_is_synced_and_status_says_where_it_is(void **state)
{
    struct desk *desk = *state;
    char number[32];
    char line[256];
    make_household(desk, number);
    run_well(desk, "status");
    assert_says(&desk->out, "on this device only: 1");
    run_well(desk, "sync");
    assert_says(&desk->out, "Synced. Changes sent: 2");
    run_well(desk, "status");
    assert_says(&desk->out, "on this device only: 0");
    assert_says(&desk->out, "Last sync: 20");
    (void)snprintf(line, sizeof line, "status %s", number);
    run_well(desk, line);
    assert_says(&desk->out, number);
    run_well(desk, "status --records");
    assert_says(&desk->out, number);
    run_well(desk, "digest");
    assert_says(&desk->out, "05.081.03.09");
    run_well(desk, "check");
    assert_says(&desk->out, "All is well");
    assert_int_equal(run(desk, "undo"), 4);
}

static void waiting_for_the_network_is_told_and_can_be_quiet(void **state)
{
    struct desk *desk = *state;
    desk->office.network.down = true;
    assert_int_equal(run(desk, "sync"), 6);
    assert_says(&desk->err, "trying again");
    assert_int_equal(run(desk, "sync --quiet"), 6);
    assert_null(strstr(buf_text(&desk->err), "trying again"));
    assert_int_equal(run(desk, "sync --json"), 6);
    assert_says(&desk->out, "\"retries\":");
    assert_int_equal(desk->err.size, 0);
}

static void a_new_home_is_made_and_enrolled(void **state)
{
    struct desk *desk = *state;
    char home[300];
    char code[1024];
    char line[2048];
    (void)snprintf(home, sizeof home, "%s/deep/er", desk->office.nodes.folder);
    desk->environment = (struct environment){.user_home = "/nowhere", .xdg_data_home = home};
    run_well(desk, "init --lang en");
    assert_says(&desk->out, "er/douar");
    run_well(desk, "whoami --lang en");
    assert_says(&desk->out, "Not enrolled yet");
    office_invite(&desk->office, 3600000, code);
    (void)snprintf(line, sizeof line, "enrol %s --name tablette~7 --lang en", code);
    run_well(desk, line);
    assert_says(&desk->out, "Fatima");
    run_well(desk, "whoami --lang en");
    assert_says(&desk->out, "tablette 7");
    run_well(desk, "persons --lang en");
    assert_says(&desk->out, "Brahim");
    run_well(desk, "form list --lang fr");
    assert_says(&desk->out, "Enregistrer un ménage");
    run_well(desk, "form show register_person --lang ar");
    assert_says(&desk->out, "name_zgh");
    run_well(desk, "place add 05.081.03.09 --set name_ar=أيت --lang en");
    run_well(desk, "place list 05.081.03.09 --lang en");
    assert_says(&desk->out, "أيت");
    run_well(desk, "disputes --as Said --lang en");
    assert_says(&desk->out, "No disputes");
    run_well(desk, "version --lang en");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(every_command_and_option_has_help_in_every_language),
        CASE(every_text_stands_in_every_language_with_the_same_arguments),
        CASE(every_command_prints_its_help),
        CASE(wrong_lines_end_with_their_status_and_say_why),
        CASE(failures_are_json_when_json_is_asked),
        CASE(a_wrong_line_is_answered_in_its_own_language),
        CASE(a_record_is_made_shown_edited_found_and_listed),
        CASE(a_household_shows_who_belongs_to_it_and_says_so_when_deleted),
        CASE(a_screen_has_words_where_the_answer_has_codes),
        CASE(failures_hold_no_english_in_other_languages),
        CASE(an_erasure_is_warned_of_before_it_is_asked),
        CASE(duplicates_are_said_and_taken_back),
        CASE(a_dry_run_writes_nothing),
        CASE(answers_are_read_from_the_input),
        CASE(work_is_synced_and_status_says_where_it_is),
        CASE(waiting_for_the_network_is_told_and_can_be_quiet),
        CASE(a_new_home_is_made_and_enrolled),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
