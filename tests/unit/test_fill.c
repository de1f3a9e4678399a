/*
 * test_fill.c - a form filled through the device's door: whose answers they are, what a save may
 * supersede, and what is left when memory runs out.
 */
#define _XOPEN_SOURCE 700

#include "form_text.h"
#include "mapping.h"
#include "test_office.h"
#include "test_workbook.h"
#include "xform_json.h"
#include "xlsform.h"

#define FORM_MAX (1u << 20)

static const struct test_sheet SHEETS[] = {
    {"survey", "type|name|label|save_to|relevant|calculation\n"
               "text|head|Head|head_name_ar||\n"
               "text|phone|Phone|phone|${head} != 'nobody'|\n"
               "select_one yn|aid|Aid?|||\n"
               "begin repeat|child|Child|||\n"
               "text|child_name|Name|||\n"
               "end repeat||||\n"},
    {"choices", "list_name|name|label\nyn|yes|Yes\nyn|no|No\n"},
    {"settings", "form_id|form_title|version\nvisit|Visit|1\n"},
    {"entities", "list_name|label\nhousehold|${head}\n"}};

#define SMALL(id, list, rest)                                                                      \
    {                                                                                              \
        {"survey", "type|name|label|save_to\n" rest},                                              \
            {"settings", "form_id|form_title\n" id "|x\n"},                                        \
        {                                                                                          \
            "entities", list                                                                       \
        }                                                                                          \
    }

/* Each makes or changes one record. */
static const struct test_sheet OTHERS[][3] = {
    SMALL("birth", "list_name|label\nperson|${n}\n", "text|n|N|name_ar\n"),
    SMALL("stay", "list_name|label\nresident_stay|${n}\n", "text|n|N|name_ar\n"),
    SMALL("found", "list_name|label\nplace|${n}\n", "text|n|N|name_ar\ntext|c|C|commune\n"),
    SMALL("again", "list_name|label|entity_id|update_if\nperson|${n}|${who}|true()\n",
          "text|who|Who|\ntext|n|N|name_ar\n")};

struct field {
    struct office office;
    struct device *ready, *other;
    char id[ID_TEXT_SIZE];
    char draft[ID_TEXT_SIZE];
};

/* ---- as douard publishes it */

static void publish_types(struct field *field, const struct xform *form, struct form_map *map,
                          struct arena *arena)
{
    struct diag diag = {0};
    struct buf text;
    buf_init(&text, &field->office.nodes.host.mem, FORM_MAX);
    for (size_t i = 1; i < map->record_count; i++) { /* 0: household stands */
        const struct mapping_typing typing = {.form = form, .map = map, .record = i, .version = 1};
        buf_clear(&text);
        assert_int_equal(mapping_type(&typing, arena, &text, &diag), OK);
        nodes_publish(field->office.region, "_type", map->records[i].type, buf_text(&text));
    }
    buf_release(&text);
}

static void publish_form(struct field *field, const struct test_sheet *sheets, size_t count)
{
    const struct mem *mem = &field->office.nodes.host.mem;
    struct arena arena;
    struct xform form;
    struct form_map map;
    struct xlsform_faults faults;
    struct diag diag = {0};
    struct buf bytes, text, definition;
    char name[64];
    arena_init(&arena, mem, 64u << 20);
    buf_init(&bytes, mem, FORM_MAX);
    buf_init(&text, mem, FORM_MAX);
    buf_init(&definition, mem, FORM_MAX);
    test_workbook_make(sheets, count, &bytes);
    assert_int_equal(xlsform_read(mem, buf_span(&bytes), "f", &arena, &form, &faults, &diag), OK);
    assert_int_equal(mapping_make(&form, &arena, &map, &diag), OK);
    publish_types(field, &form, &map, &arena);
    xform_write_json(&form, &text);
    assert_int_equal(mapping_definition(&form, &map, 1, buf_span(&text), &arena, &definition), OK);
    (void)snprintf(name, sizeof name, "%s/1", map.id);
    nodes_publish(field->office.region, "_form", name, buf_text(&definition));
    buf_release(&bytes);
    buf_release(&text);
    buf_release(&definition);
    arena_release(&arena);
}

static int field_setup(void **state)
{
    static struct field field;
    struct office *office = &field.office;
    office_open(office);
    publish_form(&field, SHEETS, COUNT_OF(SHEETS));
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        publish_form(&field, OTHERS[i], COUNT_OF(OTHERS[i]));
    }
    field.ready = office_device(office, "ready");
    field.other = office_device(office, "other");
    const struct json *saved = office_call(
        office, field.ready,
        "{\"call\":\"new\",\"args\":{\"form\":\"register_household\",\"place\":\"" OFFICE_COMMUNE
        "\",\"answers\":{\"head_name_ar\":\"عائشة\",\"phone\":\"0661234567\"}}}");
    (void)snprintf(field.id, sizeof field.id, "%s", office_text(saved, "id"));
    (void)office_call(office, field.ready, "{\"call\":\"sync\"}");
    (void)office_call(office, field.other, "{\"call\":\"sync\"}");
    *state = &field;
    return 0;
}

static int field_teardown(void **state)
{
    struct field *field = *state;
    office_close(&field->office);
    return 0;
}

/* ---- talking; `$ID` stands for the household, `$DRAFT` for the draft */

static const char *filled(const struct field *field, const char *request)
{
    static char text[2048];
    const char *id = strstr(request, "$ID"), *draft = strstr(request, "$DRAFT");
    const char *at = id ? id : draft;
    if (!at) {
        return request;
    }
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - request), request,
                   id ? field->id : field->draft, at + (id ? 3 : 6));
    return text;
}

static const struct json *call(struct field *field, struct device *device, const char *request)
{
    return office_call(&field->office, device, filled(field, request));
}

static void begin(struct field *field, const char *request)
{
    const struct json *begun = call(field, field->ready, request);
    (void)snprintf(field->draft, sizeof field->draft, "%s", office_text(begun, "draft"));
}

#define SAY(members) "{\"call\":\"fill_say\",\"args\":{\"request\":{" members "}}}"
#define ANSWER(path, value)                                                                        \
    SAY("\"call\":\"answer\",\"path\":\"/data/" path "\",\"value\":\"" value "\"")
#define ABOUT "{\"call\":\"fill\",\"args\":{\"form\":\"visit\",\"id\":\"$ID\"}}"
#define AGAIN "{\"call\":\"fill\",\"args\":{\"draft\":\"$DRAFT\"}}"
#define SAVE  "{\"call\":\"fill_save\"}"

static void say(struct field *field, const char *request)
{
    const struct json *reply = call(field, field->ready, request);
    if (!json_bool(json_get(json_get(reply, "answer"), "ok"))) {
        fail_msg("%s -> %s", request, buf_text(&field->office.answer));
    }
}

/* Of the household as this device shows it; NULL: nothing. */
static const struct json *property(struct field *field, struct device *device, const char *name)
{
    const struct json *shown = call(field, device, "{\"call\":\"show\",\"args\":{\"id\":\"$ID\"}}");
    const struct json *at = json_first(json_get(shown, "properties"));
    while (at != NULL && strcmp(json_get_text(at, "property", ""), name) != 0) {
        at = json_next(at);
    }
    return at;
}

static void assert_shown(struct field *field, const char *name, const char *text)
{
    assert_string_equal(office_text(property(field, field->ready, name), "text"), text);
}

/* The other device changes it; both are told. */
static void change_there(struct field *field, const char *answers)
{
    char request[512];
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"edit\",\"person\":\"Brahim\",\"args\":{\"id\":\"%s\",\"answers\":"
                   "{%s}}}",
                   field->id, answers);
    (void)office_call(&field->office, field->other, request);
    (void)call(field, field->other, "{\"call\":\"sync\"}");
    (void)call(field, field->ready, "{\"call\":\"sync\"}");
}

/* ---- cases */

static void nobody_sees_or_saves_what_another_fills(void **state)
{
    struct field *field = *state;
    struct office *office = &field->office;
    begin(field, ABOUT);
    say(field, ANSWER("head", "مليكة"));
    static const char *const requests[] = {
        "{\"call\":\"fill_say\",\"person\":\"Brahim\",\"args\":{\"request\":{\"call\":\"state\"}}}",
        "{\"call\":\"fill_save\",\"person\":\"Brahim\"}"};
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        assert_int_equal(office_try(office, field->ready, requests[i]), ERR_USAGE);
    }
    char request[256];
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"fill\",\"person\":\"Brahim\",\"args\":{\"draft\":\"%s\"}}",
                   field->draft);
    assert_int_equal(office_try(office, field->ready, request), ERR_NOT_FOUND);
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"draft_drop\",\"person\":\"Brahim\",\"args\":{\"draft\":\"%s\"}}",
                   field->draft);
    assert_int_equal(office_try(office, field->ready, request), ERR_NOT_FOUND);
    assert_int_equal(
        json_count(json_get(call(field, field->ready, "{\"call\":\"drafts\"}"), "drafts")), 1);
}

static void what_came_while_a_form_lay_open_is_kept(void **state)
{
    struct field *field = *state;
    begin(field, ABOUT);
    say(field, ANSWER("head", "مليكة"));
    change_there(field, "\"phone\":\"0671111111\"");
    (void)call(field, field->ready, SAVE);
    assert_shown(field, "phone", "0671111111");
    assert_shown(field, "head_name_ar", "مليكة");
    assert_int_equal(json_count(json_get(property(field, field->ready, "phone"), "alternatives")),
                     0);
}

static void what_both_changed_while_a_draft_lay_is_disputed(void **state)
{
    struct field *field = *state;
    begin(field, ABOUT);
    say(field, ANSWER("phone", "0672222222"));
    change_there(field, "\"phone\":\"0671111111\"");
    begin(field, AGAIN);
    (void)call(field, field->ready, SAVE);
    assert_int_equal(json_count(json_get(property(field, field->ready, "phone"), "alternatives")),
                     2);
}

/* Her own change in between was no surprise to her. */
static void ones_own_change_in_between_is_superseded(void **state)
{
    struct field *field = *state;
    begin(field, ABOUT);
    say(field, ANSWER("phone", "0672222222"));
    (void)call(
        field, field->ready,
        "{\"call\":\"edit\",\"args\":{\"id\":\"$ID\",\"answers\":{\"phone\":\"0673333333\"}}}");
    (void)call(field, field->ready, SAVE);
    assert_shown(field, "phone", "0672222222");
    assert_int_equal(json_count(json_get(property(field, field->ready, "phone"), "alternatives")),
                     0);
}

/* Cleared by relevance: only where that came of an answer. */
static void what_is_not_asked_any_more_is_cleared_by_the_answer_that_hid_it(void **state)
{
    struct field *field = *state;
    begin(field, ABOUT);
    say(field, ANSWER("head", "nobody"));
    (void)call(field, field->ready, SAVE);
    assert_null(property(field, field->ready, "phone"));
    (void)call(
        field, field->ready,
        "{\"call\":\"edit\",\"args\":{\"id\":\"$ID\",\"answers\":{\"phone\":\"0673333333\"}}}");
    begin(field, ABOUT);
    say(field, ANSWER("aid", "yes"));
    (void)call(field, field->ready, SAVE);
    assert_shown(field, "phone", "0673333333");
}

/* Forty questions answered, and then there is no place for them: that is said before the first. */
static void what_could_not_be_saved_is_refused_before_the_first_question(void **state)
{
    struct field *field = *state;
    struct office *office = &field->office;
    static const struct {
        const char *args;
        enum err error;
        const char *first;
    } rows[] = {
        {"\"form\":\"visit\"", ERR_MISSING_ARGUMENT, "place"},
        {"\"form\":\"birth\"", ERR_MISSING_ARGUMENT, "parent"},
        {"\"form\":\"birth\",\"place\":\"" OFFICE_COMMUNE "\"", ERR_MISSING_ARGUMENT, "parent"},
        {"\"form\":\"birth\",\"parent\":\"$ID\"", OK, NULL},
        {"\"form\":\"stay\",\"parent\":\"$ID\"", ERR_BAD_CHOICE, "parent"},
        {"\"form\":\"found\"", OK, NULL},
        {"\"form\":\"again\"", OK, NULL}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char request[256];
        (void)snprintf(request, sizeof request, "{\"call\":\"fill\",\"args\":{%s}}", rows[i].args);
        enum err e = office_try(office, field->ready, filled(field, request));
        assert_string_equal(err_name(e), err_name(rows[i].error));
        if (rows[i].first) {
            assert_string_equal(json_text(json_at(json_get(office->reply, "args"), 0)),
                                rows[i].first);
        }
    }
}

static void assert_property(struct field *field, const char *name, const char *value)
{
    char request[256];
    (void)snprintf(request, sizeof request, SAY("\"call\":\"eval\",\"expr\":\"property('%s')\""),
                   name);
    const struct json *reply = call(field, field->ready, request);
    assert_string_equal(json_get_text(json_get(reply, "answer"), "text", "?"), value);
}

/* What a form can ask for among lists: the persons of this household. */
static void a_form_knows_what_it_is_filled_about(void **state)
{
    struct field *field = *state;
    static const char PARENT[] =
        "{\"call\":\"fill\",\"args\":{\"form\":\"visit\",\"parent\":\"$ID\"}}";
    static const char NEW[] =
        "{\"call\":\"fill\",\"args\":{\"form\":\"visit\",\"place\":\"" OFFICE_COMMUNE "\"}}";
    const struct {
        const char *request, *root, *record, *place;
    } rows[] = {{ABOUT, field->id, field->id, ""}, {AGAIN, field->id, field->id, ""},
                {PARENT, field->id, "", ""},       {AGAIN, field->id, "", ""},
                {NEW, "", "", OFFICE_COMMUNE},     {AGAIN, "", "", OFFICE_COMMUNE}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(field, rows[i].request);
        say(field, ANSWER("head", "مليكة"));
        assert_property(field, "root", rows[i].root);
        assert_property(field, "record", rows[i].record);
        assert_property(field, "place", rows[i].place);
    }
}

static void a_form_that_is_played_is_answered_by_playing_it(void **state)
{
    struct field *field = *state;
    struct office *office = &field->office;
    static const char *const requests[] = {
        "{\"call\":\"new\",\"args\":{\"form\":\"visit\",\"place\":\"" OFFICE_COMMUNE
        "\",\"answers\":{\"head_name_ar\":\"x\"}}}",
        "{\"call\":\"edit\",\"args\":{\"form\":\"visit\",\"id\":\"$ID\",\"answers\":{\"phone\":"
        "\"0673333333\"}}}"};
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        assert_int_equal(office_try(office, field->ready, filled(field, requests[i])), ERR_USAGE);
        assert_string_equal(json_text(json_at(json_get(office->reply, "args"), 1)), "fill");
    }
}

/* ---- memory */

/* Lets the 1st, 2nd, ... allocation of a call fail until it passes. `before` makes it possible. */
static void fail_each(struct field *field, const char *before, const char *request)
{
    struct test_mem *memory = &field->office.memory;
    for (size_t nth = 1;; nth++) {
        assert_true(nth < 100000);
        if (before) {
            begin(field, before);
        }
        struct buf answer;
        buf_init(&answer, &field->office.nodes.host.mem, DEVICE_ANSWER_MAX);
        memory->fail_at = memory->total_count + nth;
        memory->failed = false;
        enum err e = device_call(field->ready, span_of(filled(field, request)), &answer, NULL);
        memory->fail_at = 0;
        buf_release(&answer);
        if (!e && before && strcmp(before, AGAIN) == 0) {
            return; /* it is saved; of its warnings less may be told */
        }
        if (e != (memory->failed ? ERR_NOMEM : OK)) {
            fail_msg("allocation %zu of %s: %s", nth, request, err_name(e));
        }
        if (!memory->failed) {
            return;
        }
    }
}

static void without_memory_nothing_is_saved_and_no_answer_is_lost(void **state)
{
    struct field *field = *state;
    fail_each(field, NULL, ABOUT);
    fail_each(field, ABOUT, ANSWER("aid", "yes"));
    begin(field, ABOUT);
    say(field, ANSWER("phone", "0672222222"));
    say(field, SAY("\"call\":\"add_repeat\",\"path\":\"/data/child\""));
    say(field, ANSWER("child[1]/child_name", "حسن"));
    fail_each(field, AGAIN, SAVE);
    assert_shown(field, "phone", "0672222222");
    const struct json *list =
        call(field, field->ready, "{\"call\":\"list\",\"args\":{\"type\":\"visit_child\"}}");
    assert_int_equal(json_count(json_get(list, "records")), 1); /* of a visit without answers */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, field_setup, field_teardown)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(nobody_sees_or_saves_what_another_fills),
        CASE(what_came_while_a_form_lay_open_is_kept),
        CASE(what_both_changed_while_a_draft_lay_is_disputed),
        CASE(ones_own_change_in_between_is_superseded),
        CASE(what_is_not_asked_any_more_is_cleared_by_the_answer_that_hid_it),
        CASE(what_could_not_be_saved_is_refused_before_the_first_question),
        CASE(a_form_knows_what_it_is_filled_about),
        CASE(a_form_that_is_played_is_answered_by_playing_it),
        CASE(without_memory_nothing_is_saved_and_no_answer_is_lost),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
