/* json: what is let in, what is kept out and where the fault is said to be; reading; writing. */
#include "test.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "test_mem.h"

struct accept_row {
    const char *name;
    const char *text;
};

static const struct accept_row accepted[] = {
    {"null", "null"},
    {"true", "true"},
    {"false", "false"},
    {"zero", "0"},
    {"one digit", "7"},
    {"negative", "-1"},
    {"largest whole number", "9007199254740991"},
    {"smallest whole number", "-9007199254740991"},
    {"empty text", "\"\""},
    {"plain text", "\"abc\""},
    {"each short escape", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""},
    {"unicode escape", "\"\\u00e9\""},
    {"unicode escape in capitals", "\"\\u00E9\""},
    {"surrogate pair", "\"\\uD83D\\uDE00\""},
    {"last surrogate pair", "\"\\uDBFF\\uDFFF\""},
    {"escaped control", "\"\\u001f\""},
    {"delete is not a control of RFC 8259", "\"\x7f\""},
    {"escaped U+FFFF", "\"\\uFFFF\""},
    {"two bytes", "\"\xC3\xA9\""},
    {"three bytes", "\"\xE2\xB5\xA3\""},
    {"four bytes", "\"\xF0\x9F\x98\x80\""},
    {"largest character", "\"\xF4\x8F\xBF\xBF\""},
    {"line separator", "\"\xE2\x80\xA8\""},
    {"empty array", "[]"},
    {"empty array with space", "[ ]"},
    {"array of kinds", "[null,true,false,1,\"a\",[],{}]"},
    {"spaces everywhere", " \t\r\n[ 1 , 2 ] \n"},
    {"empty object", "{}"},
    {"empty object with space", "{ \n}"},
    {"empty key", "{\"\":1}"},
    {"two keys", "{\"a\":1,\"b\":2}"},
    {"keys of other case", "{\"a\":1,\"A\":2}"},
    {"key and its prefix", "{\"a\":1,\"ab\":2,\"abc\":3}"},
    {"same key at two depths", "{\"a\":{\"a\":1}}"},
    {"same key in two siblings", "[{\"a\":1},{\"a\":1}]"},
    {"keys that share length and ends", "{\"axb\":1,\"ayb\":2}"},
    {"escaped and plain keys that differ", "{\"\\u0061\":1,\"b\":2}"},
    {"value that looks like a key", "{\"a\":\"b\",\"b\":\"a\"}"},
    {"brackets in a text", "[\"]}[{,:\"]"},
    {"depth 16", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"},
    {"depth 16 of objects",
     "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
     "{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}"},
    {"escaped quote then end", "\"\\\"\""},
    {"escaped backslash then end", "\"\\\\\""},
};

struct refuse_row {
    const char *name;
    const char *text;
    const char *offset;
};

static const struct refuse_row refused[] = {
    {"nothing", "", "0"},
    {"only space", "  ", "2"},
    {"byte order mark", "\xEF\xBB\xBF{}", "0"},
    {"two values", "1 2", "2"},
    {"comma at top", "1,", "1"},
    {"closing at top", "]", "0"},
    {"word", "nul", "0"},
    {"word with capitals", "True", "0"},
    {"word with a tail", "nullx", "4"},
    {"NaN", "NaN", "0"},
    {"Infinity", "-Infinity", "0"},
    {"single quotes", "'a'", "0"},
    {"comment", "/**/1", "0"},
    {"form feed as space", "\f1", "0"},
    {"no-break space",
     "\xC2\xA0"
     "1",
     "0"},
    {"plus", "+1", "0"},
    {"minus alone", "-", "0"},
    {"two minuses", "--1", "0"},
    {"minus zero", "-0", "0"},
    {"leading zero", "01", "0"},
    {"leading zero after minus", "-01", "0"},
    {"fraction", "1.5", "1"},
    {"point without digits", "1.", "1"},
    {"point first", ".5", "0"},
    {"exponent", "1e3", "1"},
    {"exponent in capitals", "1E3", "1"},
    {"enormous exponent", "[1e999]", "2"},
    {"hexadecimal", "0x10", "1"},
    {"beyond 2^53 - 1", "9007199254740992", "0"},
    {"below -(2^53 - 1)", "-9007199254740992", "0"},
    {"beyond 64 bits", "99999999999999999999", "0"},
    {"full width digit", "\xEF\xBC\x91", "0"},
    {"open text", "\"abc", "4"},
    {"open text after a backslash", "\"\\", "2"},
    {"open text after an escaped quote", "\"\\\"", "3"},
    {"newline in a text", "\"a\nb\"", "2"},
    {"tab in a text", "\"\t\"", "1"},
    {"unit separator in a text", "\"\x1f\"", "1"},
    {"unknown escape", "\"\\x41\"", "2"},
    {"escaped single quote", "\"\\'\"", "2"},
    {"capital escape", "\"\\U0041\"", "2"},
    {"escape in octal", "\"\\012\"", "2"},
    {"short unicode escape", "\"\\u12\"", "3"},
    {"unicode escape with a wrong digit", "\"\\u00g0\"", "3"},
    {"unicode escape cut by the end", "\"\\u00", "3"},
    {"escaped NUL", "\"\\u0000\"", "3"},
    {"high surrogate alone", "\"\\uD800\"", "7"},
    {"high surrogate before a letter", "\"\\uD800a\"", "7"},
    {"high surrogate before another", "\"\\uD800\\uD800\"", "7"},
    {"high surrogate before no digits", "\"\\uD800\\uZZZZ\"", "7"},
    {"low surrogate alone", "\"\\uDC00\"", "7"},
    {"pair the wrong way round", "\"\\uDC00\\uD800\"", "7"},
    {"stray continuation", "\"\x80\"", "1"},
    {"overlong slash", "\"\xC0\xAF\"", "1"},
    {"overlong in three", "\"a\xE0\x80\xAF\"", "2"},
    {"surrogate in UTF-8", "\"\xED\xA0\x80\"", "1"},
    {"beyond U+10FFFF", "\"\xF4\x90\x80\x80\"", "1"},
    {"character cut by the quote", "\"\xE2\xB5\"", "1"},
    {"Latin-1", "\"caf\xE9\"", "4"},
    {"invalid UTF-8 in a key", "{\"\xFF\":1}", "2"},
    {"open array", "[1", "2"},
    {"open array after a comma", "[1,", "3"},
    {"array with a comma at its end", "[1,]", "3"},
    {"array with a comma at its start", "[,1]", "1"},
    {"array with two commas", "[1,,2]", "3"},
    {"array without a comma", "[1 2]", "3"},
    {"array closed as an object", "[1}", "2"},
    {"colon in an array", "[1:2]", "2"},
    {"open object", "{", "1"},
    {"object closed as an array", "{\"a\":1]", "6"},
    {"object with a comma at its end", "{\"a\":1,}", "7"},
    {"object with a comma at its start", "{,\"a\":1}", "1"},
    {"object without a colon", "{\"a\" 1}", "5"},
    {"object without a value", "{\"a\":}", "5"},
    {"object cut after a key", "{\"a\"", "4"},
    {"object cut after a colon", "{\"a\":", "5"},
    {"object with a bare key", "{a:1}", "1"},
    {"object with a number for a key", "{1:1}", "1"},
    {"object with a key alone", "{\"a\":1,\"b\"}", "10"},
    {"duplicate key", "{\"a\":1,\"a\":2}", "7"},
    {"duplicate empty key", "{\"\":1,\"\":2}", "6"},
    {"duplicate key after others", "{\"a\":1,\"b\":2,\"c\":3,\"b\":4}", "19"},
    {"duplicate key by an escape", "{\"a\":1,\"\\u0061\":2}", "7"},
    {"duplicate key by an escape before it", "{\"\\u0061\":1,\"a\":2}", "12"},
    {"duplicate key by two escapes", "{\"\\/\":1,\"\\u002f\":2}", "8"},
    {"duplicate key by a surrogate pair", "{\"\xF0\x9F\x98\x80\":1,\"\\uD83D\\uDE00\":2}", "10"},
    {"duplicate key in an inner object", "[{\"b\":{\"a\":1,\"a\":1}}]", "13"},
    {"duplicate key around an inner object", "{\"a\":{\"b\":1},\"a\":1}", "13"},
    {"depth 17", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "16"},
};

static void valid_documents_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct diag diag = {0};
        if (json_check(span_of(accepted[i].text), &diag) != OK) {
            fail_msg("%s: %s at %s", accepted[i].name, diag.args[0], diag.args[1]);
        }
    }
}

static void invalid_documents_are_refused_with_the_offset_of_the_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct diag diag = {0};
        if (json_check(span_of(refused[i].text), &diag) != ERR_JSON) {
            fail_msg("%s: accepted", refused[i].name);
        }
        assert_int_equal(diag.code, ERR_JSON);
        if (strcmp(diag.args[1], refused[i].offset) != 0) {
            fail_msg("%s: %s at %s, not %s", refused[i].name, diag.args[0], diag.args[1],
                     refused[i].offset);
        }
    }
}

/* The sanitizer sees a read past the end only when the text ends where its memory does. */
static void every_prefix_of_a_document_is_refused_without_reading_past_it(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"a\":[-12,\"\\u00e9\\uD83D\\uDE00\xC3\xA9\",null],\"\\u0062\":{\"c\":false}}";
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        uint8_t *exact = malloc(size + (size == 0));
        memcpy(exact, whole, size);
        assert_int_equal(json_check(span_from(exact, size), NULL), ERR_JSON);
        free(exact);
    }
    assert_int_equal(json_check(span_from(whole, sizeof whole - 1), NULL), OK);
}

static void a_raw_nul_is_refused(void **state)
{
    (void)state;
    assert_int_equal(json_check(span_from("\"\0\"", 3), NULL), ERR_JSON);
    assert_int_equal(json_check(span_from("1\0", 2), NULL), ERR_JSON);
    assert_int_equal(json_check(span_from("\"\\\0\"", 4), NULL), ERR_JSON);
}

/* {"key0":0,...,"key<count - 1>":0} and, unless NULL, one key more. */
static void write_object(struct buf *buf, size_t count, const char *more)
{
    buf_clear(buf);
    buf_add_text(buf, "{");
    for (size_t i = 0; i < count; i++) {
        /* Values that hold keys and brackets must not confuse the second walk. */
        buf_add_format(buf, "%s\"key%zu\" : {\"key1\":[\"}\",-1 ]}", i > 0 ? " ,\n" : "", i);
    }
    if (more != NULL) {
        buf_add_format(buf, ",\"%s\":1", more);
    }
    buf_add_text(buf, "}");
    assert_int_equal(buf_error(buf), OK);
}

static void large_objects_are_searched_for_duplicates(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 1u << 20);
    static const size_t counts[] = {30, 31, 32, 33, 34, 100, 1000, JSON_KEYS_MAX - 1};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        write_object(&buf, counts[i], NULL);
        assert_int_equal(json_check(buf_span(&buf), NULL), OK);
        write_object(&buf, counts[i], "other");
        assert_int_equal(json_check(buf_span(&buf), NULL), OK);
        write_object(&buf, counts[i], "key0");
        assert_int_equal(json_check(buf_span(&buf), NULL), ERR_JSON);
        write_object(&buf, counts[i], "key17");
        assert_int_equal(json_check(buf_span(&buf), NULL), ERR_JSON);
        write_object(&buf, counts[i], "k\\u0065y2\\u0037");
        assert_int_equal(json_check(buf_span(&buf), NULL), ERR_JSON);
    }
    struct diag diag;
    write_object(&buf, 100, "key99");
    assert_int_equal(json_check(buf_span(&buf), &diag), ERR_JSON);
    /* The later of the two is named: what stands before it is whole. */
    char offset[24];
    snprintf(offset, sizeof offset, "%zu", buf.size - strlen("\"key99\":1}"));
    assert_string_equal(diag.args[1], offset);
    buf_release(&buf);
    assert_int_equal(memory.live_count, 0);
}

static void objects_of_too_many_keys_are_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 1u << 20);
    write_object(&buf, JSON_KEYS_MAX, NULL);
    assert_int_equal(json_check(buf_span(&buf), NULL), OK);
    write_object(&buf, JSON_KEYS_MAX, "one more");
    assert_int_equal(json_check(buf_span(&buf), NULL), ERR_JSON);
    buf_release(&buf);
}

static void elements_are_split_without_their_spaces(void **state)
{
    (void)state;
    struct span items[8];
    size_t count = 0;
    struct span text = span_of(" [ 1 , \"a,]\" ,[2,[3]], {\"x\":\"}\"},null ]");
    assert_int_equal(json_check(text, NULL), OK);
    assert_int_equal(json_elements(text, items, COUNT_OF(items), &count), OK);
    assert_int_equal(count, 5);
    assert_true(span_is(items[0], "1"));
    assert_true(span_is(items[1], "\"a,]\""));
    assert_true(span_is(items[2], "[2,[3]]"));
    assert_true(span_is(items[3], "{\"x\":\"}\"}"));
    assert_true(span_is(items[4], "null"));
    assert_int_equal(json_elements(span_of("[]"), items, 0, &count), OK);
    assert_int_equal(count, 0);
}

static void elements_of_another_kind_or_too_many_are_refused(void **state)
{
    (void)state;
    struct span items[2];
    size_t count = 99;
    assert_int_equal(json_elements(span_of("{}"), items, 2, &count), ERR_FORMAT);
    assert_int_equal(json_elements(span_of("1"), items, 2, &count), ERR_FORMAT);
    assert_int_equal(json_elements(span_of("[1,2,3]"), items, 2, &count), ERR_TOO_LARGE);
    assert_int_equal(count, 99);
    assert_int_equal(json_elements(span_of("[1,2]"), items, 2, &count), OK);
    assert_int_equal(count, 2);
}

static void a_member_is_found_as_it_stands(void **state)
{
    (void)state;
    struct span text =
        span_of(" { \"a\" : {\"b\":\"}\"} , \"\\u0062\":[1, 2],\"_root\":\"x\",\"_r\":3 } ");
    struct span value = span_of("as it was");
    assert_int_equal(json_check(text, NULL), OK);
    assert_true(json_find_member(text, "a", &value));
    assert_true(span_is(value, "{\"b\":\"}\"}"));
    assert_true(json_find_member(text, "b", &value)); /* the key has an escape */
    assert_true(span_is(value, "[1, 2]"));
    assert_true(json_find_member(text, "_r", &value));
    assert_true(span_is(value, "3"));
    assert_false(json_find_member(text, "_ro", &value));
    assert_false(json_find_member(text, "_roots", &value));
    assert_false(json_find_member(text, "", &value));
    assert_false(json_find_member(span_of("{}"), "a", &value));
    assert_false(json_find_member(span_of("[\"a\"]"), "a", &value));
    assert_false(json_find_member(span_of("\"a\""), "a", &value));
    assert_true(span_is(value, "3"));
}

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    assert_int_equal(json_parse(span_of(text), &json, NULL), OK);
    return json;
}

static void a_parsed_document_is_read_by_kind(void **state)
{
    (void)state;
    struct json *root = parse("{\"t\":\"\\u00e9\",\"n\":-12,\"b\":true,\"f\":false,\"z\":null,"
                              "\"a\":[1,2],\"o\":{\"in\":3},\"big\":9007199254740991}");
    assert_true(json_is(root, JSON_OBJECT));
    assert_int_equal(json_count(root), 8);
    assert_string_equal(json_get_text(root, "t", "?"), "\xC3\xA9");
    assert_true(span_is(json_span(json_get(root, "t")), "\xC3\xA9"));
    assert_int_equal(json_get_int(root, "n", 0), -12);
    assert_true(json_get_int(root, "big", 0) == JSON_INT_MAX);
    assert_true(json_bool(json_get(root, "b")));
    assert_false(json_bool(json_get(root, "f")));
    assert_int_equal(json_kind(json_get(root, "f")), JSON_BOOL);
    assert_int_equal(json_kind(json_get(root, "z")), JSON_NULL);
    const struct json *array = json_get(root, "a");
    assert_int_equal(json_kind(array), JSON_ARRAY);
    int64_t value = 0;
    assert_true(json_int(json_at(array, 1), &value));
    assert_int_equal(value, 2);
    assert_null(json_at(array, 2));
    assert_int_equal(json_get_int(json_get(root, "o"), "in", 0), 3);
    assert_string_equal(json_key(json_next(json_first(root))), "n");
    json_free(root);
}

static void what_is_absent_or_of_another_kind_gives_the_default(void **state)
{
    (void)state;
    struct json *root = parse("{\"n\":1,\"t\":\"x\"}");
    assert_null(json_get(root, "N"));
    assert_string_equal(json_get_text(root, "n", "none"), "none");
    assert_int_equal(json_get_int(root, "t", 5), 5);
    assert_null(json_text(json_get(root, "n")));
    assert_int_equal(json_span(json_get(root, "n")).size, 0);
    assert_false(json_is(NULL, JSON_NULL));
    assert_null(json_get(NULL, "n"));
    assert_null(json_first(json_get(root, "n")));
    assert_int_equal(json_count(NULL), 0);
    int64_t untouched = 77;
    assert_false(json_int(json_get(root, "t"), &untouched));
    assert_int_equal(untouched, 77);
    json_free(root);
    json_free(NULL);
}

static void a_tree_is_written_back_compact_and_exact(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "null",
        "[]",
        "{}",
        "\"a\\\"\\\\\\n\\u0001\xC3\xA9\"",
        "[[],{},[[]],0]",
        "{\"a\":{},\"b\":[],\"c\":{\"d\":[1,{\"e\":null}]},\"f\":true}",
        "[9007199254740991,-9007199254740991,1234567890123456]",
        "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]],2]]",
    };
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        struct json *root = parse(documents[i]);
        buf_clear(&buf);
        json_add_tree(&buf, root);
        assert_int_equal(buf_error(&buf), OK);
        assert_string_equal(buf_text(&buf), documents[i]);
        json_free(root);
    }
    buf_release(&buf);
}

static void the_writer_puts_commas_and_names(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    struct json *tree = parse("[1,\"x\"]");
    struct json_writer writer;
    json_begin(&writer, &buf);
    json_open(&writer, '{');
    json_name(&writer, "text");
    json_put_text(&writer, "a\tb/\x7f");
    json_name(&writer, "none");
    json_put_text(&writer, NULL);
    json_name(&writer, "list");
    json_open(&writer, '[');
    json_put_int(&writer, -5);
    json_put_int(&writer, JSON_INT_MAX);
    json_put_int(&writer, JSON_INT_MAX + 1);
    json_put_int(&writer, INT64_MIN);
    json_put_bool(&writer, true);
    json_open(&writer, '{');
    json_close(&writer, '}');
    json_close(&writer, ']');
    json_name(&writer, "raw");
    json_put_raw(&writer, span_of("{\"k\":0}"));
    json_name(&writer, "tree");
    json_put_tree(&writer, tree);
    json_name(&writer, "z");
    json_put_null(&writer);
    json_close(&writer, '}');
    assert_int_equal(buf_error(&buf), OK);
    assert_string_equal(buf_text(&buf),
                        "{\"text\":\"a\\tb/\x7f\",\"none\":null,\"list\":[-5,9007199254740991,"
                        "\"9007199254740992\",\"-9223372036854775808\",true,{}],"
                        "\"raw\":{\"k\":0},\"tree\":[1,\"x\"],\"z\":null}");
    assert_int_equal(json_check(buf_span(&buf), NULL), OK);
    json_free(tree);
    buf_release(&buf);
}

static void a_text_with_nul_is_not_written(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf buf;
    buf_init(&buf, test_mem_init(&memory, 0), 4096);
    json_add_text(&buf, span_from("a\0b", 3));
    assert_int_equal(buf_error(&buf), ERR_UTF8);
    buf_release(&buf);
}

static void what_the_check_refuses_is_not_parsed(void **state)
{
    (void)state;
    struct diag diag = {0};
    struct json *untouched = NULL;
    assert_int_equal(json_parse(span_of("{\"a\":1,\"a\":2}"), &untouched, &diag), ERR_JSON);
    assert_string_equal(diag.args[1], "7");
    assert_null(untouched);
}

/* cJSON's hooks carry no context of their own. */
static struct test_mem hook_memory;

static void *hook_take(size_t size)
{
    return test_mem_resize(&hook_memory, NULL, size == 0 ? 1 : size);
}

static void hook_give(void *block)
{
    (void)test_mem_resize(&hook_memory, block, 0);
}

static void parsing_survives_each_failing_allocation(void **state)
{
    (void)state;
    cJSON_Hooks hooks = {.malloc_fn = hook_take, .free_fn = hook_give};
    cJSON_InitHooks(&hooks);
    struct span text = span_of("{\"a\":[1,\"x\",{\"b\":null}],\"c\":\"y\"}");
    size_t nth = 1;
    for (;; nth++) {
        (void)test_mem_init(&hook_memory, nth);
        struct json *json = NULL;
        enum err err = json_parse(text, &json, NULL);
        assert_int_equal(err, hook_memory.failed ? ERR_NOMEM : OK);
        assert_true((json == NULL) == hook_memory.failed);
        json_free(json);
        assert_int_equal(hook_memory.live_count, 0);
        if (!hook_memory.failed) {
            break;
        }
    }
    assert_true(nth > 8);
    cJSON_InitHooks(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_documents_are_accepted),
        cmocka_unit_test(invalid_documents_are_refused_with_the_offset_of_the_fault),
        cmocka_unit_test(every_prefix_of_a_document_is_refused_without_reading_past_it),
        cmocka_unit_test(a_raw_nul_is_refused),
        cmocka_unit_test(large_objects_are_searched_for_duplicates),
        cmocka_unit_test(objects_of_too_many_keys_are_refused),
        cmocka_unit_test(elements_are_split_without_their_spaces),
        cmocka_unit_test(elements_of_another_kind_or_too_many_are_refused),
        cmocka_unit_test(a_member_is_found_as_it_stands),
        cmocka_unit_test(a_parsed_document_is_read_by_kind),
        cmocka_unit_test(what_is_absent_or_of_another_kind_gives_the_default),
        cmocka_unit_test(a_tree_is_written_back_compact_and_exact),
        cmocka_unit_test(the_writer_puts_commas_and_names),
        cmocka_unit_test(a_text_with_nul_is_not_written),
        cmocka_unit_test(what_the_check_refuses_is_not_parsed),
        cmocka_unit_test(parsing_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
