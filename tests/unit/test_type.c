/* type: published types are read or refused with the place named; values are checked. */
#include "test.h"

#include <string.h>

#include "test_mem.h"
#include "test_schema.h"
#include "type.h"
#include "type_change.h"

#define ARENA_MAX (4 * 1024 * 1024)

static const char good[] =
    "{\"type\":\"person\",\"version\":3,\"labels\":{\"fr\":\"Personne\",\"ar\":\"الفرد\"},"
    "\"parent\":\"household\",\"title\":[\"name\"],\"later_key\":1,\"properties\":["
    "{\"id\":\"name\",\"labels\":{\"fr\":\"Nom\"},\"type\":\"text\",\"required\":true,"
    "\"search\":true,\"sensitivity\":\"personal\"},"
    "{\"id\":\"phone\",\"type\":\"text\",\"pattern\":\"^0[5-7][0-9]{8}$\","
    "\"example\":\"0661234567\",\"unique\":true},"
    "{\"id\":\"birth\",\"type\":\"date\",\"min\":\"1900-05-17\",\"max\":\"2026\"},"
    "{\"id\":\"weight\",\"type\":\"decimal\",\"min\":\"0.5\",\"max\":\"250\",\"policy\":\"last\"},"
    "{\"id\":\"visits\",\"type\":\"integer\",\"policy\":\"counter\"},"
    "{\"id\":\"needs\",\"type\":\"select_multiple\",\"policy\":\"set\","
    "\"choices\":[{\"name\":\"food\",\"labels\":{\"en\":\"Food\"}},{\"name\":\"heating\"}]},"
    "{\"id\":\"sex\",\"type\":\"select_one\",\"choices\":[{\"name\":\"f\"},{\"name\":\"m\"}]},"
    "{\"id\":\"status_reason\",\"type\":\"text\",\"group\":\"status\"},"
    "{\"id\":\"status\",\"type\":\"select_one\",\"group\":\"status\","
    "\"choices\":[{\"name\":\"here\"},{\"name\":\"gone\"}]},"
    "{\"id\":\"head\",\"type\":\"ref\",\"ref\":\"person\"},"
    "{\"id\":\"place\",\"type\":\"text\",\"place\":true,\"policy\":\"rank\"},"
    "{\"id\":\"illness\",\"type\":\"text\",\"compartment\":\"health\",\"sensitivity\":\"high\"}]}";

struct bench {
    struct test_mem memory;
    const struct mem *mem;
    struct arena arena;
    struct type type;
};

static enum err read_type(struct bench *bench, struct span text, struct diag *diag)
{
    struct json *json = NULL;
    assert_int_equal(json_parse(text, &json, NULL), OK);
    enum err e = type_read(json, &bench->arena, &bench->type, diag);
    json_free(json);
    return e;
}

static void bench_init(struct bench *bench)
{
    bench->mem = test_mem_init(&bench->memory, 0);
    arena_init(&bench->arena, bench->mem, ARENA_MAX);
    bench->type = (struct type){0};
}

static void bench_release(struct bench *bench)
{
    arena_release(&bench->arena);
    assert_int_equal(bench->memory.live_count, 0);
}

static void bench_init_good(struct bench *bench)
{
    struct diag diag = {0};
    bench_init(bench);
    enum err e = read_type(bench, span_of(good), &diag);
    if (e) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
}

static void a_type_is_read_whole(void **state)
{
    (void)state;
    struct bench bench;
    bench_init_good(&bench);
    const struct type *type = &bench.type;
    assert_string_equal(type->id, "person");
    assert_int_equal(type->version, 3);
    assert_string_equal(type->parent, "household");
    assert_int_equal(type->title_count, 1);
    assert_string_equal(type->title[0], "name");
    assert_int_equal(type->property_count, 12);
    const struct property *name = type_property(type, "name");
    assert_true(name->required && name->search && !name->unique && !name->place);
    assert_int_equal(name->policy, POLICY_REVIEW);
    assert_int_equal(name->sensitivity, SENSITIVITY_PERSONAL);
    assert_string_equal(name->compartment, "base");
    assert_string_equal(type_property(type, "weight")->min, "\"0.5\"");
    assert_string_equal(type_property(type, "birth")->max, "\"2026\"");
    assert_int_equal(type_property(type, "needs")->choice_count, 2);
    assert_string_equal(type_property(type, "illness")->compartment, "health");
    assert_string_equal(type_property(type, "head")->ref, "person");
    assert_true(type_property(type, "place")->place);
    assert_null(type_property(type, "nothing"));
    bench_release(&bench);
}

struct change_row {
    const char *name;
    const char *from;
    const char *to;
    const char *where; /* NULL: accepted */
    const char *what;  /* a part of it */
};

static const struct change_row changes[] = {
    {"nothing changed", "Nom", "Nom", NULL, NULL},
    {"a type of the organisation", "\"person\",\"version\"", "\"_person\",\"version\"", NULL, NULL},
    {"no title", "\"title\":[\"name\"],", "", NULL, NULL},
    {"a limit as a number", "\"250\"", "250", NULL, NULL},
    {"no type", "\"type\":\"person\",", "", "type", "must be a text"},
    {"type with a capital", "\"person\",\"version\"", "\"Person\",\"version\"", "type",
     "is not a name"},
    {"version 0", "\"version\":3", "\"version\":0", "version", "from 1"},
    {"labels a text", "{\"fr\":\"Personne\",\"ar\":\"الفرد\"}", "\"Personne\"", "labels",
     "by language"},
    {"a label a number", "\"Personne\"", "5", "labels", "texts only"},
    {"title of nothing", "\"title\":[\"name\"]", "\"title\":[\"nam\"]", "title",
     "did you mean name"},
    {"a property of no object", "{\"id\":\"head\",\"type\":\"ref\",\"ref\":\"person\"}", "5",
     "properties[9]", "must be an object"},
    {"a property of Douar's", "\"id\":\"phone\"", "\"id\":\"_phone\"", "properties[1].id",
     "is not a name"},
    {"the same id twice", "\"id\":\"phone\"", "\"id\":\"name\"", "properties[1].id",
     "is there already"},
    {"an unknown type", "\"type\":\"date\"", "\"type\":\"day\"", "properties[2].type",
     "use one of text, integer"},
    {"an unknown policy", "\"policy\":\"last\"", "\"policy\":\"newest\"", "properties[3].policy",
     "\"newest\" is not a merge policy; use one of review, last, max"},
    {"an unknown sensitivity", "\"sensitivity\":\"high\"", "\"sensitivity\":\"top\"",
     "properties[11].sensitivity", "normal, personal or high"},
    {"required as a text", "\"required\":true", "\"required\":\"yes\"", "properties[0].required",
     "without quotes"},
    {"a counter of text", "\"policy\":\"rank\"", "\"policy\":\"counter\"", "properties[10].policy",
     "needs type integer"},
    {"a set of one", "\"policy\":\"counter\"", "\"policy\":\"set\"", "properties[4].policy",
     "needs type select_multiple"},
    {"the greatest text", "\"policy\":\"rank\"", "\"policy\":\"max\"", "properties[10].policy",
     "needs a number"},
    {"a pattern of a number", "\"type\":\"integer\"", "\"type\":\"integer\",\"pattern\":\"1\"",
     "properties[4].pattern", "only a text"},
    {"a broken pattern", "^0[5-7][0-9]{8}$", "^0[5-7", "properties[1].pattern",
     "no regular expression"},
    {"an example that doesn't fit", "0661234567", "066", "properties[1].example",
     "must match the pattern"},
    {"a limit of text", "\"unique\":true", "\"min\":\"a\"", "properties[1].min", "only numbers"},
    {"a limit that isn't one", "\"0.5\"", "\"half\"", "properties[3].min", "one decimal"},
    {"limits crossed", "\"0.5\"", "\"251\"", "properties[3].min", "above max"},
    {"choices of a text", "\"place\":true", "\"choices\":[]", "properties[10].choices",
     "only select_one"},
    {"no choices", ",\"choices\":[{\"name\":\"f\"},{\"name\":\"m\"}]", "", "properties[6].choices",
     "must be a list"},
    {"empty choices", "[{\"name\":\"f\"},{\"name\":\"m\"}]", "[]", "properties[6].choices",
     "not empty"},
    {"a choice twice", "{\"name\":\"m\"}", "{\"name\":\"f\"}", "properties[6].choices[1].name",
     "is there already"},
    {"a choice with a space", "{\"name\":\"m\"}", "{\"name\":\"m m\"}",
     "properties[6].choices[1].name", "is not a name"},
    {"a choice of no object", "{\"name\":\"m\"}", "\"m\"", "properties[6].choices[1]",
     "must be an object"},
    {"no ref", ",\"ref\":\"person\"", "", "properties[9].ref", "must be a text"},
    {"a ref of a text", "\"place\":true", "\"ref\":\"person\"", "properties[10].ref",
     "only type ref"},
    {"a place of a number", "\"policy\":\"counter\"", "\"place\":true", "properties[4].place",
     "only a text"},
    {"policies of a group", "\"id\":\"status\",", "\"id\":\"status\",\"policy\":\"last\",",
     "properties[8].policy", "must be review like that of status_reason"},
    {"compartments of a group", "\"id\":\"status\",", "\"id\":\"status\",\"compartment\":\"aid\",",
     "properties[8].compartment", "must be base"},
    {"append in a group", "\"id\":\"status_reason\",",
     "\"id\":\"status_reason\",\"policy\":\"append\",", "properties[7].policy",
     "not possible in a group"},
    {"a property named as a group", "\"id\":\"head\"", "\"id\":\"status\"", "properties[9].id",
     "can't both be \"status\""},
    {"a group named as a property",
     "\"id\":\"status_reason\",\"type\":\"text\",\"group\":\"status\"",
     "\"id\":\"status_reason\",\"type\":\"text\",\"group\":\"sex\"", "properties[7].group",
     "can't both be \"sex\""},
    {"a property named as an earlier group",
     "\"id\":\"status_reason\",\"type\":\"text\",\"group\":\"status\"",
     "\"id\":\"status_reason\",\"type\":\"text\",\"group\":\"head\"", "properties[9].id",
     "can't both be \"head\""},
    {"a retired property", "\"unique\":true", "\"retired\":true", NULL, NULL},
    {"retired as a text", "\"unique\":true", "\"retired\":\"yes\"", "properties[1].retired",
     "without quotes"},
    {"retired and required", "\"search\":true,", "\"retired\":true,", "properties[0].retired",
     "can't be required"},
    {"a retired place", "\"place\":true", "\"place\":true,\"retired\":true",
     "properties[10].retired", "where a record belongs"},
    {"a retired choice as a text", "{\"name\":\"m\"}", "{\"name\":\"m\",\"retired\":1}",
     "properties[6].choices[1].retired", "without quotes"},
    {"moved", "\"unique\":true", "\"moved_from\":[\"aid\",\"health\"]", NULL, NULL},
    {"moved from nowhere", "\"unique\":true", "\"moved_from\":[]", "properties[1].moved_from",
     "must be a list"},
    {"moved from no name", "\"unique\":true", "\"moved_from\":[\"A B\"]",
     "properties[1].moved_from", "names of compartments"},
    {"moved from where it is", "\"unique\":true", "\"moved_from\":[\"base\"]",
     "properties[1].moved_from", "where it is now"},
    {"a half of a group moved", "\"id\":\"status\",", "\"id\":\"status\",\"moved_from\":[\"aid\"],",
     "properties[8].moved_from", "like that of status_reason"},
    {"required where others may not see it", "\"sensitivity\":\"high\"", "\"required\":true",
     "properties[11].required", "only what is in base"},
};

static void changed_types_are_taken_or_refused_by_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const struct change_row *row = &changes[i];
        char text[sizeof(good) + 200];
        struct bench bench;
        struct diag diag = {0};
        const char *at = strstr(good, row->from);
        assert_non_null(at);
        int size = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, row->to,
                            at + strlen(row->from));
        bench_init(&bench);
        enum err e = read_type(&bench, span_from(text, (size_t)size), &diag);
        bool right = row->where ? e == ERR_BAD_TYPE && strcmp(diag.args[0], row->where) == 0 &&
                                      strstr(diag.args[1], row->what)
                                : e == OK;
        if (!right) {
            fail_msg("%s: %s %s: %s", row->name, err_name(e), diag.args[0], diag.args[1]);
        }
        bench_release(&bench);
    }
}

static void what_is_no_object_is_no_type(void **state)
{
    (void)state;
    static const char *const texts[] = {"null", "[]", "5", "\"a\"", "{}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct bench bench;
        bench_init(&bench);
        assert_int_equal(read_type(&bench, span_of(texts[i]), NULL), ERR_BAD_TYPE);
        bench_release(&bench);
    }
}

static void read_published(const struct json *json, const char *name, void *ctx)
{
    (void)ctx;
    struct bench bench;
    struct diag diag = {0};
    bench_init(&bench);
    if (type_read(json, &bench.arena, &bench.type, &diag)) {
        fail_msg("%s: %s: %s", name, diag.args[0], diag.args[1]);
    }
    assert_int_equal(strlen(bench.type.id), strlen(name) - strlen(".json"));
    bench_release(&bench);
}

static void the_types_of_the_region_are_read(void **state)
{
    (void)state;
    assert_true(test_schema_each(SCHEMA_DIR "/types", read_published, NULL) >= 5);
}

struct check_row {
    const char *property;
    const char *json;
    enum err err;
    const char *last_arg; /* NULL: not looked at */
};

static const struct check_row checks[] = {
    {"name", "null", OK, NULL},
    {"phone", "null", OK, NULL},
    {"phone", "\"0661234567\"", OK, NULL},
    {"phone", "\"06612345678\"", ERR_PATTERN, "0661234567"},
    {"phone", "\"x0661234567\"", ERR_PATTERN, "0661234567"},
    {"birth", "\"1900-05-17\"", OK, NULL},
    {"birth", "\"1900-05-16\"", ERR_OUT_OF_RANGE, "2026"},
    {"birth", "\"1900-05\"", OK, NULL},
    {"birth", "\"1900\"", OK, NULL},
    {"birth", "\"1900-04\"", ERR_OUT_OF_RANGE, "2026"},
    {"birth", "\"1899\"", ERR_OUT_OF_RANGE, "2026"},
    {"birth", "\"2026-12-31\"", OK, NULL},
    {"birth", "\"2027\"", ERR_OUT_OF_RANGE, "2026"},
    {"weight", "\"0.5\"", OK, NULL},
    {"weight", "\"0.49\"", ERR_OUT_OF_RANGE, "250"},
    {"weight", "\"250.1\"", ERR_OUT_OF_RANGE, "250"},
    {"sex", "\"f\"", OK, NULL},
    {"sex", "\"x\"", ERR_BAD_CHOICE, "f, m"},
    {"needs", "[\"food\",\"heating\"]", OK, NULL},
    {"needs", "[\"food\",\"wood\"]", ERR_BAD_CHOICE, "food, heating"},
    {"needs", "true", OK, NULL},
    {"place", "\"05.081\"", OK, NULL},
    {"place", "\"Midelt\"", ERR_BAD_VALUE, NULL},
};

static void values_are_checked_by_choices_range_and_pattern(void **state)
{
    (void)state;
    struct bench bench;
    bench_init_good(&bench);
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        const struct check_row *row = &checks[i];
        struct diag diag = {0};
        enum err e = type_check_value(bench.mem, type_property(&bench.type, row->property),
                                      span_of(row->json), &diag);
        if (e != row->err ||
            (row->last_arg && strcmp(diag.args[diag.arg_count - 1], row->last_arg) != 0)) {
            fail_msg("%s %s: %s %s", row->property, row->json, err_name(e),
                     diag.args[diag.arg_count ? diag.arg_count - 1 : 0]);
        }
        assert_true(e == OK || strcmp(diag.args[0], row->property) == 0);
    }
    bench_release(&bench);
}

static void typed_answers_are_read_and_checked(void **state)
{
    (void)state;
    static const struct {
        const char *property;
        const char *text;
        const char *json;
        enum err err;
    } rows[] = {
        {"phone", "٠٦٦١٢٣٤٥٦٧", "\"0661234567\"", OK},
        {"phone", " ", "null", OK},
        {"phone", "٠٦٦", NULL, ERR_PATTERN},
        {"phone", "\xff", NULL, ERR_BAD_VALUE},
        {"name", "غرفة ٣", "\"غرفة ٣\"", OK},
        {"weight", "٢٥٠٫٠", "\"250\"", OK},
        {"weight", "251", NULL, ERR_OUT_OF_RANGE},
        {"needs", "heating food", "[\"food\",\"heating\"]", OK},
        {"birth", "17/05/1948", "\"1948-05-17\"", OK},
    };
    struct bench bench;
    bench_init_good(&bench);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span json = span_of("untouched");
        enum err e = type_value_from_text(type_property(&bench.type, rows[i].property),
                                          span_of(rows[i].text), &bench.arena, &json, NULL);
        assert_int_equal(e, rows[i].err);
        assert_true(span_is(json, rows[i].json ? rows[i].json : "untouched"));
    }
    bench_release(&bench);
}

static void registers_are_properties_groups_and_elements(void **state)
{
    (void)state;
    struct bench bench;
    bench_init_good(&bench);
    const struct type *type = &bench.type;
    assert_string_equal(type_register(type, "status")->id, "status_reason");
    assert_string_equal(type_register(type, "needs/food")->id, "needs");
    assert_string_equal(type_register(type, "phone")->id, "phone");
    assert_null(type_register(type, "status_reason"));
    assert_null(type_register(type, "phone/food"));
    assert_null(type_register(type, "_scope"));
    assert_null(type_register(type, ""));
    assert_string_equal(property_register(type_property(type, "status_reason")), "status");
    assert_string_equal(property_register(type_property(type, "phone")), "phone");
    bench_release(&bench);
}

static void a_misspelt_property_has_a_nearest(void **state)
{
    (void)state;
    struct bench bench;
    bench_init_good(&bench);
    const struct type *type = &bench.type;
    assert_string_equal(type_nearest_property(type, "phnoe"), "phone");
    assert_string_equal(type_nearest_property(type, "wieght"), "weight");
    assert_string_equal(type_nearest_property(type, "ill"), "illness");
    assert_string_equal(type_nearest_property(type, "visit"), "visits");
    assert_string_equal(type_nearest_property(type, "telephone_number"), "");
    assert_string_equal(type_nearest_property(type, ""), "");
    assert_string_equal(
        type_nearest_property(type, "a_name_of_more_than_forty_letters_which_is_none"), "");
    bench_release(&bench);
}

static void labels_fall_back_to_what_there_is(void **state)
{
    (void)state;
    const struct labels none = {{NULL}};
    const struct labels some = {.text = {[LANGUAGE_AR] = "ar", [LANGUAGE_EN] = "en"}};
    const struct labels last = {.text = {[LANGUAGE_ZGH] = "zgh"}};
    assert_string_equal(labels_pick(&none, LANGUAGE_FR, "id"), "id");
    assert_string_equal(labels_pick(&some, LANGUAGE_EN, "id"), "en");
    assert_string_equal(labels_pick(&some, LANGUAGE_FR, "id"), "ar");
    assert_string_equal(labels_pick(&last, LANGUAGE_AR, "id"), "zgh");
}

static void names_go_both_ways(void **state)
{
    (void)state;
    enum policy policy;
    enum language language;
    for (size_t i = 0; i < POLICY_COUNT; i++) {
        assert_true(policy_from_name(policy_name((enum policy)i), &policy));
        assert_int_equal(policy, i);
    }
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        assert_true(language_from_name(language_name((enum language)i), &language));
        assert_int_equal(language, i);
    }
    assert_false(policy_from_name("newest", &policy));
    assert_false(language_from_name("de", &language));
    assert_true(policy_keeps_all(POLICY_COUNTER) && policy_keeps_all(POLICY_APPEND));
    assert_false(policy_keeps_all(POLICY_REVIEW));
}

/* What stands may stay, though the type became stricter; what is new is judged. */
static void only_what_changes_is_judged(void **state)
{
    (void)state;
    static const struct {
        const char *property, *before, *json;
        enum err e;
    } rows[] = {
        {"weight", "\"300\"", "\"300\"", OK},
        {"weight", "\"300\"", "\"301\"", ERR_OUT_OF_RANGE},
        {"weight", "", "\"300\"", ERR_OUT_OF_RANGE},
        {"phone", "\"12\"", "\"12\"", OK},
        {"phone", "\"12\"", "\"13\"", ERR_PATTERN},
        {"sex", "\"x\"", "\"x\"", OK},
        {"sex", "\"f\"", "\"x\"", ERR_BAD_CHOICE},
        {"needs", "[\"coal\"]", "[\"coal\",\"food\"]", OK},
        {"needs", "[\"coal\"]", "[\"coal\",\"wood\"]", ERR_BAD_CHOICE},
        {"needs", "null", "[\"coal\"]", ERR_BAD_CHOICE},
    };
    struct bench bench;
    bench_init_good(&bench);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum err e = type_check_change(bench.mem, type_property(&bench.type, rows[i].property),
                                       span_of(rows[i].before), span_of(rows[i].json), NULL);
        if (e != rows[i].e) {
            fail_msg("%s from %s to %s: %s", rows[i].property, rows[i].before, rows[i].json,
                     err_name(e));
        }
    }
    bench_release(&bench);
}

static void a_retired_choice_is_not_chosen_anew(void **state)
{
    (void)state;
    struct bench bench;
    struct diag diag = {0};
    bench_init_good(&bench);
    struct property *sex = (struct property *)(uintptr_t)type_property(&bench.type, "sex");
    sex->choices[0].retired = true;
    assert_int_equal(type_check_value(bench.mem, sex, span_of("\"f\""), &diag), ERR_BAD_CHOICE);
    assert_string_equal(diag.args[2], "m");
    assert_int_equal(type_check_change(bench.mem, sex, span_of("\"f\""), span_of("\"f\""), NULL),
                     OK);
    bench_release(&bench);
}

static void a_version_tells_what_it_changes(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        const char *property, *change, *before, *after; /* the only one */
    } rows[] = {
        {"{\"id\":\"head\"", "{\"id\":\"more\",\"type\":\"text\"},{\"id\":\"head\"", "more",
         "added", NULL, NULL},
        {"\"unique\":true", "\"unique\":true,\"retired\":true", "phone", "retired", NULL, NULL},
        {"\"policy\":\"rank\"", "\"policy\":\"last\"", "place", "policy", "rank", "last"},
        {"\"compartment\":\"health\"", "\"compartment\":\"aid\",\"moved_from\":[\"health\"]",
         "illness", "compartment", "health", "aid"},
        {"{\"name\":\"f\"}", "{\"name\":\"f\"},{\"name\":\"x\"}", "sex", "choice_added", NULL, "x"},
        {"{\"name\":\"f\"}", "{\"name\":\"f\",\"retired\":true}", "sex", "choice_retired", NULL,
         "f"},
        {"\"max\":\"250\"", "\"max\":\"200\"", "weight", "rules", NULL, NULL},
        {"\"sensitivity\":\"high\"", "\"sensitivity\":\"normal\"", "illness", "sensitivity", NULL,
         NULL},
        {"\"search\":true,", "", "name", "search", NULL, NULL},
        {"\"Nom\"", "\"Prénom\"", "name", "words", NULL, NULL},
        {"\"Food\"", "\"Meals\"", "needs", "words", NULL, NULL},
    };
    struct bench before;
    bench_init_good(&before);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[sizeof(good) + 100];
        struct bench next;
        struct type_change *found = NULL;
        size_t count = 0;
        const char *at = strstr(good, rows[i].from);
        assert_non_null(at);
        int size = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, rows[i].to,
                            at + strlen(rows[i].from));
        bench_init(&next);
        assert_int_equal(read_type(&next, span_from(text, (size_t)size), NULL), OK);
        assert_int_equal(type_changes(&before.type, &next.type, &next.arena, &found, &count), OK);
        assert_int_equal(count, 1);
        assert_string_equal(found[0].property->id, rows[i].property);
        assert_string_equal(type_change_name(found[0].kind), rows[i].change);
        assert_true(rows[i].before ? strcmp(found[0].before, rows[i].before) == 0
                                   : found[0].before == NULL);
        assert_true(rows[i].after ? strcmp(found[0].after, rows[i].after) == 0
                                  : found[0].after == NULL);
        bench_release(&next);
    }
    bench_release(&before);
}

static void what_one_version_may_change_of_another(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        const char *what; /* NULL: it may follow */
    } rows[] = {
        {"\"required\":true,", "", NULL},
        {"\"policy\":\"rank\"", "\"policy\":\"last\"", NULL},
        {"\"min\":\"0.5\",", "\"min\":\"1\",", NULL},
        {"\"max\":\"250\",\"policy\":\"last\"", "\"max\":\"9\",\"policy\":\"counter\"", NULL},
        {"\"type\":\"date\",", "\"type\":\"date\",\"retired\":true,", NULL},
        {"{\"name\":\"f\"}", "{\"name\":\"f\",\"retired\":true},{\"name\":\"x\"}", NULL},
        {"\"compartment\":\"health\"", "\"compartment\":\"aid\",\"moved_from\":[\"health\"]", NULL},
        {"\"type\":\"date\",", "\"type\":\"date\",\"sensitivity\":\"high\",", NULL},
        {"{\"id\":\"head\"", "{\"id\":\"more\",\"type\":\"text\"},{\"id\":\"head\"", NULL},
        {"{\"id\":\"head\"",
         "{\"id\":\"more\",\"type\":\"text\",\"group\":\"new\"},"
         "{\"id\":\"head\"",
         NULL},
        {"{\"id\":\"head\",\"type\":\"ref\",\"ref\":\"person\"},", "", "head"},
        {"\"ref\":\"person\"", "\"ref\":\"house\"", "head.ref"},
        {"\"policy\":\"set\"", "\"policy\":\"review\"", "needs.policy"},
        {"\"policy\":\"counter\"", "\"policy\":\"last\"", "visits.policy"},
        {"\"place\":true,", "", "place.place"},
        {"{\"name\":\"f\"},", "", "sex.choices.f"},
        {"\"compartment\":\"health\"", "\"compartment\":\"aid\",\"moved_from\":[\"base\"]",
         "illness.compartment (health)"},
        {"{\"id\":\"head\"",
         "{\"id\":\"more\",\"type\":\"text\",\"group\":\"status\"},{\"id\":\"head\"", "more.group"},
        {"{\"id\":\"head\"",
         "{\"id\":\"more\",\"type\":\"text\",\"moved_from\":[\"aid\"]},{\"id\":\"head\"",
         "more.moved_from"},
        {"\"id\":\"head\",\"type\":\"ref\",\"ref\":\"person\"", "\"id\":\"head\",\"type\":\"text\"",
         "head.type"},
        {"\"compartment\":\"health\"", "\"compartment\":\"aid\"", "illness.compartment (health)"},
        {"\"type\":\"text\",\"group\":\"status\"", "\"type\":\"text\"", "status_reason.group"},
        {"\"parent\":\"household\",", "", "parent"},
    };
    struct bench before;
    bench_init_good(&before);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[sizeof(good) + 100];
        struct bench next;
        struct diag diag = {0};
        const char *at = strstr(good, rows[i].from);
        assert_non_null(at);
        int size = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, rows[i].to,
                            at + strlen(rows[i].from));
        bench_init(&next);
        assert_int_equal(read_type(&next, span_from(text, (size_t)size), NULL), OK);
        assert_int_equal(type_may_follow(&before.type, &next.type, NULL), ERR_TYPE_CONFLICT);
        next.type.version++;
        enum err e = type_may_follow(&before.type, &next.type, &diag);
        assert_int_equal(e, rows[i].what ? ERR_TYPE_CONFLICT : OK);
        if (rows[i].what) {
            assert_string_equal(diag.args[1], rows[i].what);
        }
        bench_release(&next);
    }
    bench_release(&before);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    struct json *json = NULL;
    assert_int_equal(json_parse(span_of(good), &json, NULL), OK);
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        struct arena arena;
        struct type type;
        arena_init(&arena, test_mem_init(&memory, nth), ARENA_MAX);
        enum err e = type_read(json, &arena, &type, NULL);
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
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
        cmocka_unit_test(a_type_is_read_whole),
        cmocka_unit_test(changed_types_are_taken_or_refused_by_place),
        cmocka_unit_test(what_is_no_object_is_no_type),
        cmocka_unit_test(the_types_of_the_region_are_read),
        cmocka_unit_test(values_are_checked_by_choices_range_and_pattern),
        cmocka_unit_test(typed_answers_are_read_and_checked),
        cmocka_unit_test(registers_are_properties_groups_and_elements),
        cmocka_unit_test(a_misspelt_property_has_a_nearest),
        cmocka_unit_test(labels_fall_back_to_what_there_is),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(only_what_changes_is_judged),
        cmocka_unit_test(a_retired_choice_is_not_chosen_anew),
        cmocka_unit_test(a_version_tells_what_it_changes),
        cmocka_unit_test(what_one_version_may_change_of_another),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("type", tests, NULL, NULL);
}
