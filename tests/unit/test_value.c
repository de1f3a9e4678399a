/* value: what people type becomes one canonical form; the order of values is total. */
#include "test.h"

#include <string.h>

#include "test_mem.h"
#include "test_random.h"
#include "value.h"

#define ARENA_MAX (1024 * 1024)

struct typed_row {
    enum value_type type;
    const char *text;
    const char *json; /* NULL: refused */
};

static const struct typed_row typed_rows[] = {
    {VALUE_TEXT, "  Aït  Lahcen \n", "\"Aït  Lahcen\""},
    {VALUE_TEXT, "a\tb\r\nc\rd", "\"a b\\nc\\nd\""},
    {VALUE_TEXT, "\u200F\u00A0سلام\u200E\uFEFF", "\"سلام\""},
    {VALUE_TEXT, "le \"bon\" \\", "\"le \\\"bon\\\" \\\\\""},
    {VALUE_TEXT, "٠٦٦١", "\"٠٦٦١\""},
    {VALUE_TEXT, "null", "\"null\""},
    {VALUE_TEXT, "", "null"},
    {VALUE_TEXT, " \n\t", "null"},
    {VALUE_TEXT, "a\x01", NULL},
    {VALUE_TEXT, "a\x7f", NULL},
    {VALUE_TEXT, "a\u202Eb", NULL},
    {VALUE_TEXT, "\xff", NULL},

    {VALUE_INTEGER, "12", "12"},
    {VALUE_INTEGER, " -3 ", "-3"},
    {VALUE_INTEGER, "+7", "7"},
    {VALUE_INTEGER, "007", "7"},
    {VALUE_INTEGER, "-0", "0"},
    {VALUE_INTEGER, "١٢", "12"},
    {VALUE_INTEGER, "۱۲", "12"},
    {VALUE_INTEGER, "9007199254740991", "9007199254740991"},
    {VALUE_INTEGER, "9007199254740992", "\"9007199254740992\""},
    {VALUE_INTEGER, "-9007199254740992", "\"-9007199254740992\""},
    {VALUE_INTEGER, "-9223372036854775808", "\"-9223372036854775808\""},
    {VALUE_INTEGER, "9223372036854775808", NULL},
    {VALUE_INTEGER, "1.0", NULL},
    {VALUE_INTEGER, "1 000", NULL},
    {VALUE_INTEGER, "--1", NULL},
    {VALUE_INTEGER, "+-1", NULL},
    {VALUE_INTEGER, "-", NULL},
    {VALUE_INTEGER, "0x1", NULL},
    {VALUE_INTEGER, "", "null"},

    {VALUE_DECIMAL, "12,5", "\"12.5\""},
    {VALUE_DECIMAL, "١٢٫٥", "\"12.5\""},
    {VALUE_DECIMAL, "١٢،٥", "\"12.5\""},
    {VALUE_DECIMAL, "012.50", "\"12.5\""},
    {VALUE_DECIMAL, "+0.0", "\"0\""},
    {VALUE_DECIMAL, "-0", "\"0\""},
    {VALUE_DECIMAL, "-3", "\"-3\""},
    {VALUE_DECIMAL, "1,2,3", NULL},
    {VALUE_DECIMAL, "1.234,5", NULL},
    {VALUE_DECIMAL, "1e3", NULL},
    {VALUE_DECIMAL, "1234567890123456789", NULL},

    {VALUE_BOOLEAN, "true", "true"},
    {VALUE_BOOLEAN, "Oui", "true"},
    {VALUE_BOOLEAN, "نعم", "true"},
    {VALUE_BOOLEAN, "١", "true"},
    {VALUE_BOOLEAN, "NO", "false"},
    {VALUE_BOOLEAN, "non", "false"},
    {VALUE_BOOLEAN, " لا", "false"},
    {VALUE_BOOLEAN, "0", "false"},
    {VALUE_BOOLEAN, "ou", NULL},
    {VALUE_BOOLEAN, "ouii", NULL},
    {VALUE_BOOLEAN, "2", NULL},

    {VALUE_DATE, "1948", "\"1948\""},
    {VALUE_DATE, "1948-05", "\"1948-05\""},
    {VALUE_DATE, "1948-5-7", "\"1948-05-07\""},
    {VALUE_DATE, "17/05/1948", "\"1948-05-17\""},
    {VALUE_DATE, "7/5/1948", "\"1948-05-07\""},
    {VALUE_DATE, "7.5.1948", "\"1948-05-07\""},
    {VALUE_DATE, "07-05-1948", "\"1948-05-07\""},
    {VALUE_DATE, "05/1948", "\"1948-05\""},
    {VALUE_DATE, "1948/05/17", "\"1948-05-17\""},
    {VALUE_DATE, "١٧/٠٥/١٩٤٨", "\"1948-05-17\""},
    {VALUE_DATE, "29/02/2024", "\"2024-02-29\""},
    {VALUE_DATE, "29/02/2023", NULL},
    {VALUE_DATE, "1900-02-29", NULL},
    {VALUE_DATE, "2000-02-29", "\"2000-02-29\""},
    {VALUE_DATE, "31/04/2023", NULL},
    {VALUE_DATE, "13/2023", NULL},
    {VALUE_DATE, "00/05/1948", NULL},
    {VALUE_DATE, "1948-00", NULL},
    {VALUE_DATE, "1948-", NULL},
    {VALUE_DATE, "17/05-1948", NULL},
    {VALUE_DATE, "17/05/48", NULL},
    {VALUE_DATE, "1849", NULL},
    {VALUE_DATE, "1850", "\"1850\""},
    {VALUE_DATE, "2200-12-31", "\"2200-12-31\""},
    {VALUE_DATE, "2201", NULL},
    {VALUE_DATE, "1948-05-17 ", "\"1948-05-17\""},
    {VALUE_DATE, "1948-05-17x", NULL},

    {VALUE_TIME, "09:05", "\"09:05\""},
    {VALUE_TIME, "9h05", "\"09:05\""},
    {VALUE_TIME, "23:59:59", "\"23:59:59\""},
    {VALUE_TIME, "24:00", NULL},
    {VALUE_TIME, "09:60", NULL},
    {VALUE_TIME, "09:05:60", NULL},
    {VALUE_TIME, "09:05:59.123+01:00", "\"09:05:59\""},
    {VALUE_TIME, "09:05Z", "\"09:05\""},
    {VALUE_TIME, "09:05+1", NULL},
    {VALUE_TIME, "09:5", NULL},
    {VALUE_TIME, "0905", NULL},

    {VALUE_DATETIME, "2026-11-23T14:10:00+01:00", "\"2026-11-23T14:10:00+01:00\""},
    {VALUE_DATETIME, "2026-11-23T14:10:00.123Z", "\"2026-11-23T14:10:00+00:00\""},
    {VALUE_DATETIME, "2026-11-23 14:10-00:00", "\"2026-11-23T14:10:00+00:00\""},
    {VALUE_DATETIME, "2026-11-23T14:10:00-03:30", "\"2026-11-23T14:10:00-03:30\""},
    {VALUE_DATETIME, "2026-11-23T14:10:00", NULL},
    {VALUE_DATETIME, "2026-11-23T14:10:00+1:00", NULL},
    {VALUE_DATETIME, "2026-11T14:10:00+01:00", NULL},
    {VALUE_DATETIME, "2026-11-31T14:10:00+01:00", NULL},
    {VALUE_DATETIME, "2026-11-23T14:10:00+24:00", NULL},

    {VALUE_SELECT_ONE, " solar ", "\"solar\""},
    {VALUE_SELECT_ONE, "1000_2000", "\"1000_2000\""},
    {VALUE_SELECT_ONE, "a b", NULL},
    {VALUE_SELECT_ONE, "-a", NULL},
    {VALUE_SELECT_ONE, "é", NULL},
    {VALUE_SELECT_ONE, "a123456789012345678901234567890123456789",
     "\"a123456789012345678901234567890123456789\""},
    {VALUE_SELECT_ONE, "a1234567890123456789012345678901234567890", NULL},

    {VALUE_SELECT_MULTIPLE, "food heating", "[\"food\",\"heating\"]"},
    {VALUE_SELECT_MULTIPLE, "heating, food;food", "[\"food\",\"heating\"]"},
    {VALUE_SELECT_MULTIPLE, "b،a", "[\"a\",\"b\"]"},
    {VALUE_SELECT_MULTIPLE, ",;", "null"},
    {VALUE_SELECT_MULTIPLE, "food h/t", NULL},

    {VALUE_GEOPOINT, "31.9314 -4.4248", "\"31.9314 -4.4248\""},
    {VALUE_GEOPOINT, "31.93140,-4.42480", "\"31.9314 -4.4248\""},
    {VALUE_GEOPOINT, "31.9314, -4.4248", "\"31.9314 -4.4248\""},
    {VALUE_GEOPOINT, "31,9314 -4,4248 1009 5,0", "\"31.9314 -4.4248 1009 5\""},
    {VALUE_GEOPOINT, "31,9314; -4,4248; -12", "\"31.9314 -4.4248 -12\""},
    {VALUE_GEOPOINT, "٣١٫٩ -٤٫٤", "\"31.9 -4.4\""},
    {VALUE_GEOPOINT, "90 -180", "\"90 -180\""},
    {VALUE_GEOPOINT, "90.1 0", NULL},
    {VALUE_GEOPOINT, "0 -180.5", NULL},
    {VALUE_GEOPOINT, "31,93,-4,42", NULL},
    {VALUE_GEOPOINT, "31.9", NULL},
    {VALUE_GEOPOINT, "1 2 3 -1", NULL},
    {VALUE_GEOPOINT, "1 2 3 4 5", NULL},

    {VALUE_REF, "AAECAwQFBgcICQoLDA0ODw", "\"AAECAwQFBgcICQoLDA0ODw\""},
    {VALUE_REF, "AAECAwQFBgcICQoLDA0ODx", NULL},
    {VALUE_REF, "AAEC", NULL},

    {VALUE_FILE,
     "{\"mime\":\"image/jpeg\",\"size\":12,"
     "\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
     "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"size\":12,"
     "\"mime\":\"image/jpeg\"}"},
    {VALUE_FILE,
     "{\"mime\":\"image\",\"size\":12,"
     "\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
     NULL},
    {VALUE_FILE,
     "{\"mime\":\"a/b\",\"size\":-1,"
     "\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
     NULL},
    {VALUE_FILE,
     "{\"mime\":\"a/b\",\"size\":1,\"x\":1,"
     "\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
     NULL},
    {VALUE_FILE, "photo.jpg", NULL},
    {VALUE_FILE, "[]", NULL},
    {VALUE_JSON, "{ \"b\" : [ 1 ] ,\"a\":null}", "{\"b\":[1],\"a\":null}"},
    {VALUE_JSON, "{", NULL},
};

static void what_is_typed_becomes_canonical_or_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(typed_rows); i++) {
        const struct typed_row *row = &typed_rows[i];
        struct test_mem memory;
        struct arena arena;
        struct diag diag = {0};
        struct span json = span_of("untouched");
        arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
        enum err e = value_from_text(row->type, "prop", span_of(row->text), &arena, &json, &diag);
        if (row->json ? e || !span_is(json, row->json)
                      : e != ERR_BAD_VALUE || !span_is(json, "untouched")) {
            fail_msg("%s \"%s\": %s %.*s", value_type_name(row->type), row->text, err_name(e),
                     (int)json.size, (const char *)json.data);
        }
        if (e) {
            assert_string_equal(diag.args[0], "prop");
            assert_int_equal(diag.arg_count, 3);
        }
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
    }
}

/* What value_from_text() gave is a form of the table: reading it as JSON changes no byte. */
static void canonical_forms_are_stable(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(typed_rows); i++) {
        const struct typed_row *row = &typed_rows[i];
        struct test_mem memory;
        struct arena arena;
        struct json *tree = NULL;
        struct span json;
        if (!row->json) {
            continue;
        }
        arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
        assert_int_equal(json_parse(span_of(row->json), &tree, NULL), OK);
        assert_int_equal(value_from_json(row->type, "p", tree, &arena, &json, NULL), OK);
        assert_true(span_is(json, row->json));
        json_free(tree);
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
    }
}

static const struct typed_row json_rows[] = {
    {VALUE_TEXT, "\" a \"", "\"a\""},
    {VALUE_TEXT, "\"\"", "null"},
    {VALUE_TEXT, "\"\\u0041\"", "\"A\""},
    {VALUE_TEXT, "\"a\\tb\"", NULL},
    {VALUE_TEXT, "5", NULL},
    {VALUE_TEXT, "{}", NULL},
    {VALUE_INTEGER, "\"5\"", "5"},
    {VALUE_INTEGER, "\"05\"", NULL},
    {VALUE_INTEGER, "true", NULL},
    {VALUE_DECIMAL, "5", "\"5\""},
    {VALUE_DECIMAL, "\"5.50\"", "\"5.5\""},
    {VALUE_DECIMAL, "\"5,5\"", NULL},
    {VALUE_BOOLEAN, "\"true\"", NULL},
    {VALUE_BOOLEAN, "1", NULL},
    {VALUE_DATE, "\"17/05/1948\"", NULL},
    {VALUE_DATE, "\"1948-5-17\"", NULL},
    {VALUE_DATE, "1948", NULL},
    {VALUE_TIME, "\"9:05\"", NULL},
    {VALUE_DATETIME, "\"2026-11-23T14:10:00Z\"", NULL},
    {VALUE_DATETIME, "\"2026-11-23T14:10:00-00:00\"", NULL},
    {VALUE_DATETIME, "\"2026-11-23T14:10+01:00\"", NULL},
    {VALUE_SELECT_ONE, "[\"a\"]", NULL},
    {VALUE_SELECT_MULTIPLE, "[\"b\",\"a\",\"b\"]", "[\"a\",\"b\"]"},
    {VALUE_SELECT_MULTIPLE, "[]", "null"},
    {VALUE_SELECT_MULTIPLE, "\"a\"", NULL},
    {VALUE_SELECT_MULTIPLE, "[\"a\",1]", NULL},
    {VALUE_SELECT_MULTIPLE, "[[\"a\"]]", NULL},
    {VALUE_GEOPOINT, "\"1 2\"", "\"1 2\""},
    {VALUE_GEOPOINT, "\"1,2\"", NULL},
    {VALUE_REF, "null", "null"},
};

static void of_json_only_the_forms_of_the_table_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(json_rows); i++) {
        const struct typed_row *row = &json_rows[i];
        struct test_mem memory;
        struct arena arena;
        struct json *tree = NULL;
        struct span json = {0};
        arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
        assert_int_equal(json_parse(span_of(row->text), &tree, NULL), OK);
        enum err e = value_from_json(row->type, "p", tree, &arena, &json, NULL);
        if (row->json ? e || !span_is(json, row->json) : e != ERR_BAD_VALUE) {
            fail_msg("%s %s: %s", value_type_name(row->type), row->text, err_name(e));
        }
        json_free(tree);
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
    }
}

static void text_beyond_the_maximum_is_too_large(void **state)
{
    (void)state;
    static char text[VALUE_TEXT_MAX + 2];
    struct test_mem memory;
    struct arena arena;
    struct span json;
    arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
    memset(text, '"', VALUE_TEXT_MAX + 1);
    assert_int_equal(
        value_from_text(VALUE_TEXT, "p", span_from(text, VALUE_TEXT_MAX), &arena, &json, NULL), OK);
    assert_int_equal(json.size, 2 * VALUE_TEXT_MAX + 2);
    assert_int_equal(
        value_from_text(VALUE_TEXT, "p", span_from(text, VALUE_TEXT_MAX + 1), &arena, &json, NULL),
        ERR_TOO_LARGE);
    arena_release(&arena);
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < VALUE_TYPE_COUNT; i++) {
        enum value_type type = VALUE_TYPE_COUNT;
        assert_true(value_type_from_name(value_type_name((enum value_type)i), &type));
        assert_int_equal(type, i);
    }
    enum value_type type;
    assert_false(value_type_from_name("string", &type));
}

/* Each row rises strictly; malformed values lie between null and the rest. */
static const struct {
    enum value_type type;
    const char *rising[8];
} orders[] = {
    {VALUE_INTEGER, {"null", "\"x\"", "\"-9007199254740993\"", "-10", "-9", "0", "9", "10"}},
    {VALUE_INTEGER, {"null", "[]", "9007199254740991", "\"9007199254740992\""}},
    {VALUE_DECIMAL,
     {"null", "\"1.50\"", "\"-2\"", "\"-1.5\"", "\"0\"", "\"0.05\"", "\"0.5\"", "\"12\""}},
    {VALUE_DATE,
     {"null", "\"17/05/1948\"", "\"1947-12-31\"", "\"1948\"", "\"1948-05\"", "\"1948-05-01\"",
      "\"1948-06\"", "\"1949\""}},
    {VALUE_TIME, {"null", "\"09:05\"", "\"09:05:00\"", "\"09:05:01\"", "\"10:00\""}},
    {VALUE_DATETIME,
     {"null", "\"2026-11-23\"", "\"2026-11-23T14:10:00+02:00\"", "\"2026-11-23T13:10:00+00:00\"",
      "\"2026-11-23T12:10:00-02:00\"", "\"2027-01-01T00:30:00+01:00\"",
      "\"2026-12-31T23:31:00+00:00\"", "\"2027-01-01T00:00:00+00:00\""}},
    {VALUE_TEXT, {"null", "\"a\"", "\"a!\"", "\"b\"", "\"é\""}},
    {VALUE_BOOLEAN, {"null", "false", "true"}},
};

static void values_are_ordered_by_size(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT_OF(orders); row++) {
        for (size_t i = 0; i < 8 && orders[row].rising[i]; i++) {
            for (size_t k = 0; k < 8 && orders[row].rising[k]; k++) {
                const char *a = orders[row].rising[i];
                const char *b = orders[row].rising[k];
                int order = value_compare(orders[row].type, span_of(a), span_of(b));
                if ((order > 0) - (order < 0) != (i > k) - (i < k)) {
                    fail_msg("%s and %s: %d", a, b, order);
                }
            }
        }
    }
}

static void values_read_as_people_do(void **state)
{
    (void)state;
    static const struct typed_row rows[] = {
        {VALUE_TEXT, "\"le \\\"bon\\\"\\n\"", "le \"bon\"\n"},
        {VALUE_INTEGER, "-5", "-5"},
        {VALUE_INTEGER, "\"9007199254740992\"", "9007199254740992"},
        {VALUE_DECIMAL, "\"12.5\"", "12.5"},
        {VALUE_BOOLEAN, "true", "true"},
        {VALUE_SELECT_MULTIPLE, "[\"a\",\"b\"]", "a, b"},
        {VALUE_FILE, "{\"hash\":\"x\",\"size\":12,\"mime\":\"image/jpeg\"}", "image/jpeg 12"},
        {VALUE_JSON, "{\"a\":[1]}", "{\"a\":[1]}"},
        {VALUE_INTEGER, "{\"a\":1}", "{\"a\":1}"},
        {VALUE_DATE, "null", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct test_mem memory;
        struct buf buf;
        buf_init(&buf, test_mem_init(&memory, 0), 1000);
        assert_int_equal(value_to_text(rows[i].type, span_of(rows[i].text), &buf), OK);
        assert_string_equal(buf_text(&buf), rows[i].json);
        buf_release(&buf);
    }
}

/* Bytes near to what people type: never a crash, and what is taken is stable as JSON. */
static void any_bytes_are_taken_or_refused(void **state)
{
    (void)state;
    struct test_random random = test_random_begin("typed bytes");
    static const char spice[] = "0123456789+-.,:/; ThZ\"\\{}[]\t\n\x00\xd9\xa1\xd8\x8c\xc2\xa0zé";
    struct test_mem memory;
    struct arena arena;
    size_t taken = 0;
    arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
    for (size_t i = 0; i < 200000; i++) {
        char text[24];
        size_t size = test_random_below(&random, sizeof(text));
        for (size_t k = 0; k < size; k++) {
            text[k] = spice[test_random_below(&random, sizeof(spice) - 1)];
        }
        enum value_type type = (enum value_type)test_random_below(&random, VALUE_TYPE_COUNT);
        struct span json;
        struct span again;
        struct json *tree = NULL;
        if (value_from_text(type, "p", span_from(text, size), &arena, &json, NULL) == OK) {
            taken++;
            assert_int_equal(json_parse(json, &tree, NULL), OK);
            assert_int_equal(value_from_json(type, "p", tree, &arena, &again, NULL), OK);
            assert_true(span_equal(json, again));
            json_free(tree);
        }
        arena_reset(&arena);
    }
    assert_true(taken > 1000);
    arena_release(&arena);
    assert_int_equal(memory.live_count, 0);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    static const struct typed_row rows[] = {
        {VALUE_TEXT, "a \"b\"", NULL},
        {VALUE_INTEGER, "5", NULL},
        {VALUE_SELECT_MULTIPLE, "a b", NULL},
        {VALUE_JSON, "{\"a\":[1]}", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t nth = 1;; nth++) {
            struct test_mem memory;
            struct arena arena;
            struct span json;
            arena_init(&arena, test_mem_init(&memory, nth), ARENA_MAX);
            enum err e =
                value_from_text(rows[i].type, "p", span_of(rows[i].text), &arena, &json, NULL);
            arena_release(&arena);
            assert_int_equal(memory.live_count, 0);
            assert_int_equal(e, memory.failed ? ERR_NOMEM : OK);
            if (!memory.failed) {
                break;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_becomes_canonical_or_is_refused),
        cmocka_unit_test(canonical_forms_are_stable),
        cmocka_unit_test(of_json_only_the_forms_of_the_table_are_taken),
        cmocka_unit_test(text_beyond_the_maximum_is_too_large),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(values_are_ordered_by_size),
        cmocka_unit_test(values_read_as_people_do),
        cmocka_unit_test(any_bytes_are_taken_or_refused),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
