/* form_json: form.json read with every fault named, and the bytes that stay the same. */
#include "test.h"

#include <string.h>

#include "play.h"
#include "test_form_json.h"
#include "test_mem.h"

#define ARENA_MAX (64u << 20)

/* A form of everything, as written: canonical, so that reading and writing gives it back. */
static const char WHOLE[] =
    "{\"douar_form\":1,\"id\":\"visit\",\"title\":\"Visite\",\"version\":\"2026-11\",\"style\":"
    "\"pages\",\"languages\":[\"Fran\xc3\xa7"
    "ais (fr)\",\"\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a (ar)\"],\"default_language\":1,"
    "\"settings\":[[\"submission_url\",\"x\"]],"
    "\"texts\":[[[0,\"long\",\"Trop\"]],[[0,\"long\",\"Nom de \",{\"output\":\" /data/age \"}],"
    "[1,\"long\",\"\xd8\xa7\xd8\xb3\xd9\x85\"],[1,\"image\",\"a.png\"]],[[0,\"long\",\"Oui\"]]],"
    "\"itext\":[[\"age\",1],[\"name\",1]],"
    "\"nodes\":[{\"depth\":0,\"name\":\"data\"},{\"depth\":1,\"name\":\"id\",\"attribute\":true,"
    "\"initial\":\"visit\"},{\"depth\":1,\"name\":\"age\",\"bind\":true,\"data\":\"int\","
    "\"data_name\":\"int\",\"constraint\":\". < 130\",\"save_to\":\"age\","
    "\"constraint_message\":0,\"extras\":[[\"odk:length\",\"3\"]]},"
    "{\"depth\":1,\"name\":\"member\",\"repeat\":true,\"occurrences\":1},"
    "{\"depth\":2,\"name\":\"name\"}],"
    "\"initials\":[[\"/data/member[1]/name\",\"Ali\"]],"
    "\"actions\":[{\"kind\":\"set_value\",\"events\":8,\"trigger\":2,\"target\":4,"
    "\"literal\":\"\"}],\"entities\":[{\"dataset\":\"person\",\"node\":0}],"
    "\"instances\":[{\"id\":\"villages\",\"tree\":[[0,\"root\"],[1,\"item\"],[2,\"@code\",\"1\"],"
    "[2,\"name\",\"Tabant\"]]},{\"id\":\"far\",\"source\":\"jr://file-csv/far.csv\"}],"
    "\"body\":[{\"depth\":0,\"kind\":\"group\"},{\"depth\":1,\"kind\":"
    "\"input\",\"node\":2,\"label\":1},{\"depth\":1,\"kind\":\"repeat\","
    "\"node\":3,\"count\":\"2\"},{\"depth\":2,\"kind\":\"select_one\","
    "\"node\":4,\"label\":1,\"items\":[{\"value\":\"1\",\"label\":2}]},"
    "{\"depth\":2,\"kind\":\"select_one\",\"node\":4,\"appearance\":\"minimal\",\"itemset\":"
    "{\"nodes\":\"instance('villages')/root/item\",\"value\":\"name\",\"label\":\"name\","
    "\"randomized\":true}}]}";

struct desk {
    struct test_mem memory;
    struct arena arena;
    struct xform form;
    struct diag diag;
};

static enum err read_text(struct desk *desk, struct span text)
{
    memset(desk, 0, sizeof(*desk));
    arena_init(&desk->arena, test_mem_init(&desk->memory, 0), ARENA_MAX);
    return xform_read_json(text, &desk->arena, &desk->form, &desk->diag);
}

static void close_desk(struct desk *desk)
{
    arena_release(&desk->arena);
    assert_int_equal(desk->memory.live_count, 0);
}

static void what_is_read_is_written_to_the_byte(void **state)
{
    (void)state;
    struct desk desk;
    struct buf written;
    assert_int_equal(read_text(&desk, span_of(WHOLE)), OK);
    buf_init(&written, &desk.memory.mem, XFORM_JSON_MAX);
    xform_write_json(&desk.form, &written);
    assert_string_equal(buf_text(&written), WHOLE);
    assert_true(xform_is_json(buf_span(&written)));
    assert_false(xform_is_json(span_of("{\"form\":\"x\",\"douar_form\":1}")));
    buf_release(&written);
    close_desk(&desk);
}

/* ---- faults: `was` in WHOLE becomes `is`; the answer names `where` and `what` */

static const struct {
    const char *was, *is;
    enum err error;
    const char *where, *what;
} faults[] = {
    {"{\"douar_form\":1,", "[", ERR_JSON, NULL, NULL},
    {"\"douar_form\":1", "\"douar_form\":2", ERR_UNKNOWN_FORMAT, "form.json", "2"},
    {"\"douar_form\":1,", "", ERR_UNKNOWN_FORMAT, "form.json", "0"},
    {"\"id\":\"visit\",", "", ERR_BAD_FORM, "id", "is missing"},
    {"\"title\":\"Visite\"", "\"title\":7", ERR_BAD_FORM, "title", "must be a text"},
    {"\"languages\":[", "\"languages\":[7,", ERR_BAD_FORM, "languages", "short texts"},
    {"\"default_language\":1", "\"default_language\":2", ERR_BAD_FORM, "default_language",
     "below 2"},
    {"[\"submission_url\",\"x\"]", "[\"submission_url\"]", ERR_BAD_FORM, "settings",
     "names and values"},
    {"[[0,\"long\",\"Trop\"]]", "7", ERR_BAD_FORM, "texts[0]", "must be a list"},
    {"[0,\"long\",\"Trop\"]", "[2,\"long\",\"Trop\"]", ERR_BAD_FORM, "texts[0]", "a wording is"},
    {"[0,\"long\",\"Trop\"]", "[0,\"loud\",\"Trop\"]", ERR_BAD_FORM, "texts[0]", "loud"},
    {"[0,\"long\",\"Trop\"]", "[0,\"long\"]", ERR_BAD_FORM, "texts[0]", "has no text"},
    {"[0,\"long\",\"Trop\"]", "[0,\"long\",{}]", ERR_BAD_FORM, "texts[0]", "is made of"},
    {"[0,\"long\",\"Trop\"]", "[0,\"long\",\"Trop\"],[0,\"long\",\"x\"]", ERR_BAD_FORM, "texts[0]",
     "twice"},
    {"[\"name\",1]", "[\"a\",1]", ERR_BAD_FORM, "itext", "out of order"},
    {"[\"name\",1]", "[\"name\",3]", ERR_BAD_FORM, "itext", "number of the text"},
    {"{\"depth\":0,\"name\":\"data\"}", "{\"depth\":0,\"name\":\"data\",\"repeat\":true}",
     ERR_BAD_FORM, "nodes[0]", "the root"},
    {"{\"depth\":0,\"name\":\"data\"}", "{\"depth\":1,\"name\":\"data\"}", ERR_BAD_FORM,
     "nodes[0].depth", "one root"},
    {"{\"depth\":1,\"name\":\"id\"", "{\"depth\":0,\"name\":\"id\"", ERR_BAD_FORM, "nodes[1].depth",
     "one root"},
    {"{\"depth\":2,\"name\":\"name\"", "{\"depth\":4,\"name\":\"name\"", ERR_BAD_FORM,
     "nodes[4].depth", "at most 2"},
    {"{\"depth\":2,\"name\":\"name\"", "{\"depth\":99,\"name\":\"name\"", ERR_BAD_FORM,
     "nodes[4].depth", "whole number"},
    {"{\"depth\":2,\"name\":\"name\"", "{\"depth\":1,\"name\":\"name\",\"attribute\":true",
     ERR_BAD_FORM, "nodes[4].attribute", "before elements"},
    {"\"name\":\"age\"", "\"name\":\"a<e\"", ERR_BAD_FORM, "nodes[2].name", "can't be a name"},
    {"\"name\":\"age\"", "\"name\":\"1e\"", ERR_BAD_FORM, "nodes[2].name", "can't be a name"},
    {"\"data\":\"int\"", "\"data\":\"whole\"", ERR_BAD_FORM, "nodes[2].data", "no type"},
    {"\"constraint_message\":0", "\"constraint_message\":3", ERR_BAD_FORM,
     "nodes[2].constraint_message", "below 3"},
    {"\"odk:length\"", "\"odk length\"", ERR_BAD_FORM, "nodes[2].extras", "name of an attribute"},
    {"\"occurrences\":1", "\"occurrences\":1000000000", ERR_BAD_FORM, "nodes[3].occurrences",
     "below"},
    {"\"kind\":\"set_value\"", "\"kind\":\"explode\"", ERR_BAD_FORM, "actions[0].kind", "explode"},
    {"\"trigger\":2,", "", ERR_BAD_FORM, "actions[0].trigger", "is missing"},
    {"\"target\":4,", "", ERR_BAD_FORM, "actions[0].target", "is missing"},
    {"\"target\":4,", "\"target\":-1,", ERR_BAD_FORM, "actions[0].target", "whole number"},
    {"\"events\":8", "\"events\":32", ERR_BAD_FORM, "actions[0].events", "below 32"},
    {"\"dataset\":\"person\",", "", ERR_BAD_FORM, "entities[0].dataset", "is missing"},
    {"\"dataset\":\"person\",\"node\":0", "\"dataset\":\"person\",\"node\":5", ERR_BAD_FORM,
     "entities[0].node", "below 5"},
    {"[0,\"root\"]", "[1,\"root\"]", ERR_BAD_FORM, "instances[0].tree", "out of place"},
    {"[1,\"item\"]", "[0,\"item\"]", ERR_BAD_FORM, "instances[0].tree", "out of place"},
    {"[2,\"name\",\"Tabant\"]", "[3,\"name\",\"Tabant\"]", ERR_BAD_FORM, "instances[0].tree",
     "out of place"},
    {"[2,\"name\",\"Tabant\"]", "[2,\"na me\",\"Tabant\"]", ERR_BAD_FORM, "instances[0].tree",
     "can't be a name"},
    {"[2,\"name\",\"Tabant\"]", "[2]", ERR_BAD_FORM, "instances[0].tree", "rows must be"},
    {"{\"depth\":0,\"kind\":\"group\"", "{\"depth\":0,\"kind\":\"group\",\"node\":0", ERR_BAD_FORM,
     "body[0].depth", "without a node"},
    {"\"kind\":\"input\"", "\"kind\":\"question\"", ERR_BAD_FORM, "body[1].kind", "question"},
    {"\"kind\":\"input\",\"node\":2", "\"kind\":\"input\"", ERR_BAD_FORM, "body[1].node",
     "is missing"},
    {"\"kind\":\"input\",\"node\":2", "\"kind\":\"repeat\",\"node\":2", ERR_BAD_FORM,
     "body[1].node", "doesn't repeat"},
    {"\"kind\":\"repeat\",\"node\":3", "\"kind\":\"input\",\"node\":3", ERR_BAD_FORM,
     "body[3].depth", "only groups"},
    {"\"items\":[{\"value\":\"1\",", "\"items\":[{", ERR_BAD_FORM, "body[3].items.value",
     "is missing"},
    {"\"itemset\":{\"nodes\":\"instance('villages')/root/item\",", "\"itemset\":{", ERR_BAD_FORM,
     "body[4].itemset.nodes", "is missing"},
    {"\"body\":[", "\"bodies\":[", ERR_BAD_FORM, "body", "is missing"},
    {"\"nodes\":[{", "\"points\":[{", ERR_BAD_FORM, "nodes", "must have"},
};

static void each_fault_is_named_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct test_mem memory;
        struct buf text;
        struct desk desk;
        buf_init(&text, test_mem_init(&memory, 0), XFORM_JSON_MAX);
        const char *at = strstr(WHOLE, faults[i].was);
        assert_non_null(at);
        buf_add(&text, WHOLE, (size_t)(at - WHOLE));
        buf_add_text(&text, faults[i].is);
        buf_add_text(&text, at + strlen(faults[i].was));
        enum err e = read_text(&desk, buf_span(&text));
        bool named = e == faults[i].error &&
                     (faults[i].where == NULL || strcmp(desk.diag.args[0], faults[i].where) == 0) &&
                     (faults[i].what == NULL || strstr(desk.diag.args[1], faults[i].what) != NULL);
        if (!named) {
            fail_msg("%s: %s: %s: %s", faults[i].is, err_name(e), desk.diag.args[0],
                     desk.diag.args[1]);
        }
        close_desk(&desk);
        buf_release(&text);
    }
}

static void a_bomb_of_values_is_refused_before_it_is_parsed(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf text;
    struct desk desk;
    buf_init(&text, test_mem_init(&memory, 0), XFORM_JSON_MAX);
    buf_add_text(&text, "{\"douar_form\":1,\"texts\":[");
    for (size_t i = 0; i < 2 * XFORM_JSON_VALUES; i++) {
        buf_add_text(&text, "7,");
    }
    buf_add_text(&text, "7]}");
    assert_int_equal(read_text(&desk, buf_span(&text)), ERR_TOO_LARGE);
    assert_true(desk.memory.live_count <= 1); /* the arena's first block */
    close_desk(&desk);
    buf_release(&text);
}

/* Every allocation fails once: an error, nothing left behind. */
static void memory_that_runs_out_anywhere_is_an_error(void **state)
{
    (void)state;
    for (size_t max = 2000; max < 60000; max += 900) {
        struct test_mem memory;
        struct arena arena;
        struct xform form;
        struct diag diag = {0};
        arena_init(&arena, test_mem_init(&memory, 0), max);
        enum err e = xform_read_json(span_of(WHOLE), &arena, &form, &diag);
        assert_true(e == OK || (e == ERR_NOMEM && diag.code == ERR_NOMEM));
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_to_the_byte),
        cmocka_unit_test(each_fault_is_named_with_its_place),
        cmocka_unit_test(a_bomb_of_values_is_refused_before_it_is_parsed),
        cmocka_unit_test(memory_that_runs_out_anywhere_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
