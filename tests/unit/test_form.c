/* form: published forms are read against their types; answers are checked as a whole. */
#include "test.h"

#include <string.h>

#include "form.h"
#include "test_mem.h"
#include "test_schema.h"

#define ARENA_MAX (4 * 1024 * 1024)

static const char type_text[] =
    "{\"type\":\"person\",\"version\":1,\"properties\":["
    "{\"id\":\"name\",\"type\":\"text\",\"required\":true},"
    "{\"id\":\"phone\",\"type\":\"text\"},"
    "{\"id\":\"age\",\"type\":\"integer\",\"min\":\"0\",\"max\":\"120\"},"
    "{\"id\":\"score\",\"type\":\"integer\",\"policy\":\"derived\"},"
    "{\"id\":\"status_reason\",\"type\":\"text\",\"group\":\"status\"},"
    "{\"id\":\"status\",\"type\":\"text\",\"group\":\"status\"},"
    "{\"id\":\"status_date\",\"type\":\"date\",\"group\":\"status\"}]}";

static const char form_text[] =
    "{\"form\":\"visit\",\"version\":2,\"type\":\"person\",\"labels\":{\"fr\":\"Visite\"},"
    "\"questions\":["
    "{\"name\":\"name\",\"save_to\":\"name\"},"
    "{\"name\":\"call\",\"save_to\":\"phone\",\"required\":true,\"labels\":{\"fr\":\"Appel\"},"
    "\"hint\":{\"fr\":\"Mobile\"}},"
    "{\"name\":\"age\",\"save_to\":\"age\"},"
    "{\"name\":\"why\",\"save_to\":\"status_reason\"},"
    "{\"name\":\"status\",\"save_to\":\"status\"}]}";

struct bench {
    struct test_mem memory;
    const struct mem *mem;
    struct arena arena;
    struct type type;
    struct form form;
};

static enum err read_form(struct bench *bench, struct span text, struct diag *diag)
{
    struct json *json = NULL;
    assert_int_equal(json_parse(text, &json, NULL), OK);
    enum err e = form_read(json, &bench->type, &bench->arena, &bench->form, diag);
    json_free(json);
    return e;
}

static void bench_init(struct bench *bench)
{
    struct json *json = NULL;
    bench->mem = test_mem_init(&bench->memory, 0);
    arena_init(&bench->arena, bench->mem, ARENA_MAX);
    assert_int_equal(json_parse(span_of(type_text), &json, NULL), OK);
    assert_int_equal(type_read(json, &bench->arena, &bench->type, NULL), OK);
    json_free(json);
    assert_int_equal(read_form(bench, span_of(form_text), NULL), OK);
}

static void bench_release(struct bench *bench)
{
    arena_release(&bench->arena);
    assert_int_equal(bench->memory.live_count, 0);
}

static void a_form_is_read_whole(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    assert_string_equal(bench.form.id, "visit");
    assert_int_equal(bench.form.version, 2);
    assert_string_equal(bench.form.type, "person");
    assert_int_equal(bench.form.question_count, 5);
    const struct question *call = form_question(&bench.form, "call");
    assert_ptr_equal(call, form_question(&bench.form, "phone"));
    assert_true(call->required);
    assert_string_equal(call->labels.text[LANGUAGE_FR], "Appel");
    assert_string_equal(call->hint.text[LANGUAGE_FR], "Mobile");
    assert_null(form_question(&bench.form, "score"));
    bench_release(&bench);
}

static void changed_forms_are_refused_by_place(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *from;
        const char *to;
        const char *where;
        const char *what;
    } rows[] = {
        {"no id", "\"form\":\"visit\",", "", "form", "must be a text"},
        {"another type", "\"type\":\"person\"", "\"type\":\"centre\"", "type", "the type given"},
        {"an unknown property", "\"save_to\":\"phone\"", "\"save_to\":\"phnoe\"",
         "questions[1].save_to", "did you mean phone"},
        {"a calculated property", "\"save_to\":\"phone\"", "\"save_to\":\"score\"",
         "questions[1].save_to", "calculated"},
        {"a name twice", "\"name\":\"call\"", "\"name\":\"name\"", "questions[1].name",
         "there already"},
        {"a property twice", "\"save_to\":\"phone\"", "\"save_to\":\"name\"",
         "questions[1].save_to", "saves to name already"},
        {"required as a text", "\"required\":true", "\"required\":\"yes\"", "questions[1].required",
         "without quotes"},
        {"labels a list", "{\"fr\":\"Appel\"}", "[]", "questions[1].labels", "by language"},
        {"a question of no object", "{\"name\":\"age\",\"save_to\":\"age\"}", "\"age\"",
         "questions[2]", "an object"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[sizeof(form_text) + 100];
        struct bench bench;
        struct diag diag = {0};
        const char *at = strstr(form_text, rows[i].from);
        assert_non_null(at);
        int size = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - form_text), form_text,
                            rows[i].to, at + strlen(rows[i].from));
        bench_init(&bench);
        enum err e = read_form(&bench, span_from(text, (size_t)size), &diag);
        if (e != ERR_BAD_FORM || strcmp(diag.args[0], rows[i].where) != 0 ||
            !strstr(diag.args[1], rows[i].what)) {
            fail_msg("%s: %s %s: %s", rows[i].name, err_name(e), diag.args[0], diag.args[1]);
        }
        bench_release(&bench);
    }
}

static void read_published(const struct json *json, const char *name, void *ctx)
{
    (void)ctx;
    struct test_mem memory;
    struct arena arena;
    struct form form;
    struct type type;
    struct diag diag = {0};
    char type_file[64];
    arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
    if (form_read(json, NULL, &arena, &form, &diag)) {
        fail_msg("%s: %s: %s", name, diag.args[0], diag.args[1]);
    }
    (void)snprintf(type_file, sizeof(type_file), "%s.json", form.type);
    struct json *type_json = test_schema_read(SCHEMA_DIR "/types", type_file);
    assert_int_equal(type_read(type_json, &arena, &type, NULL), OK);
    if (form_read(json, &type, &arena, &form, &diag)) {
        fail_msg("%s: %s: %s", name, diag.args[0], diag.args[1]);
    }
    json_free(type_json);
    arena_release(&arena);
}

static void the_forms_of_the_region_fit_their_types(void **state)
{
    (void)state;
    assert_true(test_schema_each(SCHEMA_DIR "/forms", read_published, NULL) >= 5);
}

struct given {
    const char *property;
    const char *json;
};

struct check_row {
    const char *name;
    struct given given[6];
    bool is_new;
    enum err err;
    const char *last_arg;
};

static const struct check_row checks[] = {
    {"a new record", {{"name", "\"a\""}, {"phone", "\"1\""}}, true, OK, NULL},
    {"the question requires it", {{"name", "\"a\""}}, true, ERR_REQUIRED, "phone"},
    {"the property requires it", {{"phone", "\"1\""}}, true, ERR_REQUIRED, "name"},
    {"an edit of another answer", {{"age", "5"}}, false, OK, NULL},
    {"an edit of nothing", {{0}}, false, OK, NULL},
    {"a required answer cleared", {{"phone", "null"}}, false, ERR_REQUIRED, "phone"},
    {"an optional answer cleared", {{"age", "null"}}, false, OK, NULL},
    {"a value out of range", {{"age", "121"}}, false, ERR_OUT_OF_RANGE, "120"},
    {"a reason alone", {{"status_reason", "\"a\""}}, false, ERR_GROUP_INCOMPLETE, "status"},
    {"a reason without a date",
     {{"status_reason", "\"a\""}, {"status", "\"b\""}},
     false,
     ERR_GROUP_INCOMPLETE,
     "status_date"},
    {"a whole group",
     {{"status_reason", "\"a\""}, {"status", "\"b\""}, {"status_date", "\"2026\""}},
     false,
     OK,
     NULL},
    {"a member cleared",
     {{"status_reason", "\"a\""}, {"status", "null"}, {"status_date", "\"2026\""}},
     false,
     ERR_GROUP_INCOMPLETE,
     "status"},
    {"a status without a reason", {{"status", "\"b\""}}, false, OK, NULL},
};

static void answers_are_checked_as_a_whole(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        const struct check_row *row = &checks[i];
        struct answer answers[6] = {{0}};
        size_t count = 0;
        struct diag diag = {0};
        while (count < 6 && row->given[count].property) {
            answers[count].property = type_property(&bench.type, row->given[count].property);
            answers[count].json = span_of(row->given[count].json);
            count++;
        }
        enum err e =
            form_check(bench.mem, &bench.form, &bench.type, answers, count, row->is_new, &diag);
        if (e != row->err ||
            (row->last_arg && strcmp(diag.args[diag.arg_count - 1], row->last_arg) != 0)) {
            fail_msg("%s: %s %s", row->name, err_name(e), diag.args[0]);
        }
    }
    bench_release(&bench);
}

/* A form that stands goes on without a question whose property the type has retired. */
static void what_the_type_retired_is_asked_by_no_form(void **state)
{
    (void)state;
    struct bench bench;
    struct diag diag = {0};
    struct json *json = NULL;
    struct form ignored;
    bench_init(&bench);
    struct answer name = {.property = type_property(&bench.type, "name"), .json = span_of("\"a\"")};
    assert_int_equal(form_check(bench.mem, &bench.form, &bench.type, &name, 1, true, &diag),
                     ERR_REQUIRED);
    bench.type.properties[1].retired = true; /* phone, which the form requires */
    assert_int_equal(form_check(bench.mem, &bench.form, &bench.type, &name, 1, true, NULL), OK);
    assert_int_equal(json_parse(span_of(form_text), &json, NULL), OK);
    assert_int_equal(form_read(json, &bench.type, &bench.arena, &ignored, &diag), ERR_BAD_FORM);
    assert_string_equal(diag.args[0], "questions[1].save_to");
    assert_non_null(strstr(diag.args[1], "question call asks for phone"));
    json_free(json);
    /* In a group the first that is asked for calls for the others. */
    struct answer group[] = {
        {.property = type_property(&bench.type, "status"), .json = span_of("\"b\"")},
        {.property = type_property(&bench.type, "status_date"), .json = span_of("\"2026\"")}};
    assert_int_equal(form_check(bench.mem, &bench.form, &bench.type, group, 1, false, NULL), OK);
    bench.type.properties[4].retired = true; /* status_reason */
    assert_int_equal(form_check(bench.mem, &bench.form, &bench.type, group, 1, false, NULL),
                     ERR_GROUP_INCOMPLETE);
    assert_int_equal(form_check(bench.mem, &bench.form, &bench.type, group, 2, false, NULL), OK);
    bench_release(&bench);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    struct json *json = NULL;
    assert_int_equal(json_parse(span_of(form_text), &json, NULL), OK);
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        struct arena arena;
        struct form form;
        arena_init(&arena, test_mem_init(&memory, nth), ARENA_MAX);
        enum err e = form_read(json, NULL, &arena, &form, NULL);
        arena_release(&arena);
        assert_int_equal(e, memory.failed ? ERR_NOMEM : OK);
        if (!memory.failed) {
            break;
        }
    }
    json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_read_whole),
        cmocka_unit_test(changed_forms_are_refused_by_place),
        cmocka_unit_test(the_forms_of_the_region_fit_their_types),
        cmocka_unit_test(answers_are_checked_as_a_whole),
        cmocka_unit_test(what_the_type_retired_is_asked_by_no_form),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
