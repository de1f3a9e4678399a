/* douard's commands: what a person types, and what is answered. */
#define _XOPEN_SOURCE 700

#include "test_region.h"

#include "json.h"
#include "server_backup.h"
#include "server_home.h"
#include "server_key.h"

static int open_region(void **state)
{
    struct test_region *region = calloc(1, sizeof *region);
    region_open(region);
    *state = region;
    return 0;
}

static int close_region(void **state)
{
    struct test_region *region = *state;
    region_release(region);
    free(region);
    return 0;
}

static void assert_fails(struct test_region *region, int status, const char *says)
{
    if (status == 0 || strstr(region_text(region), says) == NULL) {
        fail_msg("%d: %s (not: %s)", status, region_text(region), says);
    }
}

/* A key that a catalogue lacks is shown as it is. */
static void every_command_explains_itself_in_every_language(void **state)
{
    static const char *const languages[] = {"ar", "fr", "zgh", "en"};
    struct test_region region;
    (void)state;
    region_open_empty(&region);
    char texts[4][65536];
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        REGION_DO(&region, "--lang", languages[i], "help");
        assert_null(strstr(region_text(&region), "admin."));
        (void)snprintf(texts[i], sizeof texts[i], "%s", region_text(&region));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(texts[i], texts[j]);
        }
    }
    static const char *const names[] = {
#define NAME(name, key, words, least, most, options, need, run) name,
        COMMANDS(NAME)
#undef NAME
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_non_null(strstr(texts[3], names[i]));
    }
    region_release(&region);
}

static void lists_have_heads_in_every_language(void **state)
{
    struct test_region *region = *state;
    static const char *const languages[] = {"ar", "fr", "zgh", "en"};
    static const char *const lists[][2] = {{"type", "list"},   {"form", "list"},  {"place", "list"},
                                           {"person", "list"}, {"node", "list"},  {"digest", NULL},
                                           {"stats", NULL},    {"notice", "list"}};
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        for (size_t j = 0; j < COUNT_OF(lists); j++) {
            REGION_DO(region, "--lang", languages[i], lists[j][0], lists[j][1]);
            assert_null(strstr(region_text(region), "admin."));
        }
    }
}

static void an_answer_of_json_is_one_value(void **state)
{
    struct test_region *region = *state;
    static const char *const lines[][4] = {{"type", "list"},
                                           {"place", "list"},
                                           {"person", "list"},
                                           {"node", "list"},
                                           {"digest"},
                                           {"stats"},
                                           {"stats", "--nodes"},
                                           {"notice", "list"},
                                           {"notice", "settle", "9"},
                                           {"review", "list"},
                                           {"review", "list", "--flags"},
                                           {"list"},
                                           {"find", "x"},
                                           {"check"},
                                           {"show", "abcd"},
                                           {"no", "such"},
                                           {"list", "--nmae"}};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const char *words[5] = {"--json"};
        size_t count = 1;
        for (size_t j = 0; j < 4 && lines[i][j] != NULL; j++) {
            words[count++] = lines[i][j];
        }
        int status = region_run_words(region, words, count);
        struct json *json = NULL;
        struct diag diag = {0};
        if (json_parse(buf_span(&region->out), &json, &diag)) {
            fail_msg("%s: %s", lines[i][0], region_text(region));
        }
        assert_true((status != 0) == (json_get(json, "error") != NULL));
        json_free(json);
    }
}

static void a_mistake_is_named_and_nothing_is_done(void **state)
{
    struct test_region *region = *state;
    static const struct {
        const char *words[10];
        const char *says;
    } cases[] = {
        {{"init", "--region", "--name", "again"}, "already exists"},
        {{"init", "--name", "x"}, "--region"},
        {{"persn", "list"}, "person list"},
        {{"person", "list", "--scop", "x"}, "--scope"},
        {{"person", "list", "--scope", "05"}, "--scope"},
        {{"person", "list", "too", "many"}, "too"},
        {{"person", "add", "Ali", "--role", "boss"}, "boss"},
        {{"person", "add", "Ali"}, "--role"},
        {{"person", "add", "A\nli", "--role", "worker"}, "NAME"},
        {{"person", "grant", "Nobody", "--scope", "05", "--verbs", "read"}, "Nobody"},
        {{"person", "grant", "Fatima", "--scope", "77", "--verbs", "read"}, "77"},
        {{"person", "grant", "Fatima", "--scope", "05", "--verbs", "fly"}, "fly"},
        {{"person", "grant", "Fatima", "--scope", "05", "--verbs", "read", "--compartment", "gold"},
         "gold"},
        {{"node", "invite", "--role", "region", "--scope", "05"}, "region"},
        {{"node", "invite", "--role", "worker"}, "--scope"},
        {{"node", "invite", "--role", "worker", "--scope", "05", "--hours", "0"}, "--hours"},
        {{"type", "add", "/nowhere.json"}, "/nowhere.json"},
        {{"type", "add", DOUAR_SCHEMA "/geo/beni-mellal-khenifra.csv"}, "JSON"},
        {{"form", "add", DOUAR_SCHEMA "/forms/give_benefit.json"}, "benefit"},
        {{"geo", "import", DOUAR_SCHEMA "/types/person.json"}, "line 2"},
        {{"list", "nothing"}, "nothing"},
        {{"list", "household", "--where", "membres=4"}, "members"},
        {{"list", "household", "--limit", "x"}, "--limit"},
        {{"show", "zzzz"}, "zzzz"},
        {{"export", "household", "--format", "xml", "-o", "/tmp/x"}, "xml"},
        {{"export", "household", "--format", "csv"}, "--output"},
        {{"uplink", "set", "DOUAR1-AAAA"}, "uplink set"},
        {{"--lang", "es", "stats"}, "es"},
        {{"review", "settle", "abcd"}, "abcd"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t count = 0;
        while (count < 10 && cases[i].words[count] != NULL) {
            count++;
        }
        assert_fails(region, region_run_words(region, cases[i].words, count), cases[i].says);
    }
    REGION_DO(region, "--json", "person", "list");
    assert_null(strstr(region_text(region), "Ali"));
    assert_null(strstr(region_text(region), "77"));
}

static void publishing_twice_writes_nothing(void **state)
{
    struct test_region *region = *state;
    char before[512];
    REGION_DO(region, "--json", "digest");
    (void)snprintf(before, sizeof before, "%s", region_text(region));
    REGION_DO(region, "type", "add", DOUAR_SCHEMA "/types/household.json");
    REGION_DO(region, "geo", "import", DOUAR_SCHEMA "/geo/beni-mellal-khenifra.csv");
    REGION_DO(region, "--json", "digest");
    assert_string_equal(region_text(region), before);
}

static void a_changed_type_needs_a_new_version(void **state)
{
    struct test_region *region = *state;
    char path[320];
    struct buf text;
    buf_init(&text, &region->host.mem, 1u << 20);
    assert_int_equal(region->host.files->read(NULL, DOUAR_SCHEMA "/types/household.json", &text),
                     OK);
    char *label = strstr((char *)text.data, "\"Household\"");
    assert_non_null(label);
    label[1] = 'X';
    (void)snprintf(path, sizeof path, "%s/changed.json", region->folder);
    assert_int_equal(region->host.files->write_atomic(NULL, path, buf_span(&text)), OK);
    assert_fails(region, region_run(region, "type", "add", path, NULL), "household");
    REGION_DO(region, "--json", "type", "list");
    assert_null(strstr(region_text(region), "Xousehold"));
    buf_release(&text);
}

static void one_bad_file_of_several_publishes_none(void **state)
{
    struct test_region *region = *state;
    assert_fails(region,
                 region_run(region, "type", "add", DOUAR_SCHEMA "/types/centre.json",
                            DOUAR_SCHEMA "/types/nothing.json", NULL),
                 "nothing.json");
    REGION_DO(region, "--json", "type", "list");
    assert_null(strstr(region_text(region), "centre"));
}

static void a_revoked_person_is_shown_as_such(void **state)
{
    struct test_region *region = *state;
    REGION_DO(region, "person", "revoke", "Fatima");
    REGION_DO(region, "--json", "person", "list");
    assert_non_null(strstr(region_text(region), "\"revoked\":true"));
}

static const char *no_environment(const char *name)
{
    (void)name;
    return NULL;
}

static void copies_are_written_in_turn(void **state)
{
    struct test_region *region = *state;
    const struct secret_source source = {.environment = no_environment};
    struct server_key key;
    struct server_config config;
    char path[CONFIG_PATH_SIZE];
    int64_t missing = 0;
    struct diag diag = {0};
    server_config_default(&config);
    config.backup_keep = 2;
    server_key_init(&key, &region->host);
    assert_int_equal(server_key_open(&key, region->home, &source, &diag), OK);
    static const char *const names[] = {"douar-1.db", "douar-2.db", "douar-1.db"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(backup_once(&key.host, region->home, &config, NULL, path, &missing, &diag),
                         OK);
        assert_string_equal(strrchr(path, '/') + 1, names[i]);
        assert_true(region->host.files->exists(NULL, path));
    }
    server_key_close(&key);
    (void)snprintf(path, sizeof path, "%s/elsewhere.db", region->folder);
    REGION_DO(region, "backup", path);
    assert_true(region->host.files->exists(NULL, path));
}

static void a_home_that_is_not_there_is_said(void **state)
{
    struct test_region region;
    (void)state;
    region_open_empty(&region);
    assert_fails(&region, region_run(&region, "stats", NULL), region.home);
    region_release(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define REGION_TEST(name) cmocka_unit_test_setup_teardown(name, open_region, close_region)
        cmocka_unit_test(every_command_explains_itself_in_every_language),
        REGION_TEST(lists_have_heads_in_every_language),
        REGION_TEST(an_answer_of_json_is_one_value),
        REGION_TEST(a_mistake_is_named_and_nothing_is_done),
        REGION_TEST(publishing_twice_writes_nothing),
        REGION_TEST(a_changed_type_needs_a_new_version),
        REGION_TEST(one_bad_file_of_several_publishes_none),
        REGION_TEST(a_revoked_person_is_shown_as_such),
        REGION_TEST(copies_are_written_in_turn),
        cmocka_unit_test(a_home_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
