/*
 * test_device.c - the door to a device: what each call refuses, and a field day through it.
 */
#define _XOPEN_SOURCE 700

#include "test_office.h"
#include "test_wrong_calls.h"

#define HOUSEHOLD                                                                                  \
    "{\"call\":\"new\",\"args\":{\"form\":\"register_household\",\"place\":\"" OFFICE_COMMUNE      \
    "\",\"answers\":{\"head_name_ar\":\"عائشة أيت علي\",\"phone\":\"0661234567\"}}}"

struct field {
    struct office office;
    struct device *bare;  /* a folder that isn't there */
    struct device *fresh; /* made, not enrolled */
    struct device *ready; /* enrolled, with one household */
    char id[ID_TEXT_SIZE];
    char number[32];
};

static int field_setup(void **state)
{
    static struct field field;
    office_open(&field.office);
    field.bare = office_bare(&field.office, "bare");
    field.fresh = office_bare(&field.office, "fresh");
    (void)office_call(&field.office, field.fresh, "{\"call\":\"init\"}");
    field.ready = office_device(&field.office, "ready");
    const struct json *saved = office_call(&field.office, field.ready, HOUSEHOLD);
    (void)snprintf(field.id, sizeof field.id, "%s", office_text(saved, "id"));
    (void)snprintf(field.number, sizeof field.number, "%s", office_text(saved, "case"));
    *state = &field;
    return 0;
}

static int field_teardown(void **state)
{
    struct field *field = *state;
    office_close(&field->office);
    return 0;
}

/* `$ID` in a request stands for the household's id. */
static const char *with_id(const struct field *field, const char *request)
{
    static char text[4096];
    const char *at = strstr(request, "$ID");
    if (!at) {
        return request;
    }
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - request), request, field->id, at + 3);
    return text;
}

/* ---- every call against wrong inputs */

static struct device *device_in(const struct field *field, enum where where)
{
    return where == BARE ? field->bare : where == FRESH ? field->fresh : field->ready;
}

/* What a device holds and has written, as text; `ret` has room for 4,096 bytes. */
static void holdings(struct field *field, char *ret)
{
    (void)office_call(&field->office, field->ready, "{\"call\":\"digest\"}");
    (void)snprintf(ret, 4096, "%s", buf_text(&field->office.answer));
    (void)office_call(&field->office, field->ready, "{\"call\":\"status\"}");
    size_t size = strlen(ret);
    struct buf ops;
    buf_init(&ops, &field->office.nodes.host.mem, 1024);
    json_add_tree(&ops, json_get(field->office.reply, "ops"));
    (void)snprintf(ret + size, 4096 - size, "%s", buf_text(&ops));
    buf_release(&ops);
}

static void wrong_inputs_are_named_and_change_nothing(void **state)
{
    struct field *field = *state;
    char before[4096];
    char after[4096];
    holdings(field, before);
    for (size_t i = 0; i < COUNT_OF(wrong_calls); i++) {
        const struct wrong_call *wrong = &wrong_calls[i];
        char request[2048];
        (void)snprintf(request, sizeof request, "{\"call\":\"%s\"%s}", wrong->call,
                       with_id(field, wrong->rest));
        enum err e = office_try(&field->office, device_in(field, wrong->where), request);
        const struct json *reply = field->office.reply;
        const struct json *args = json_get(reply, "args");
        const char *error = json_get_text(reply, "error", "none");
        if (strcmp(error, wrong->error) != 0 || strcmp(error, err_name(e)) != 0) {
            fail_msg("%s: %s wanted, answer %s", request, wrong->error,
                     buf_text(&field->office.answer));
        }
        if (wrong->arg &&
            (json_count(args) == 0 || strcmp(json_text(json_at(args, 0)), wrong->arg) != 0)) {
            fail_msg("%s: %s wanted first, answer %s", request, wrong->arg,
                     buf_text(&field->office.answer));
        }
        assert_true(strlen(json_get_text(reply, "message", "")) > 0);
    }
    holdings(field, after);
    assert_string_equal(before, after);
}

static void every_call_has_wrong_inputs(void **state)
{
    (void)state;
    for (size_t i = 0; device_call_name(i); i++) {
        size_t rows = 0;
        for (size_t k = 0; k < COUNT_OF(wrong_calls); k++) {
            rows += strcmp(wrong_calls[k].call, device_call_name(i)) == 0;
        }
        if (rows < 2) {
            fail_msg("%s has %zu rows", device_call_name(i), rows);
        }
    }
}

static void requests_that_are_none_are_refused(void **state)
{
    struct field *field = *state;
    static const struct {
        const char *text, *error;
    } requests[] = {{"", "bad_json"},
                    {"{", "bad_json"},
                    {"[]", "bad_value"},
                    {"{}", "missing_argument"},
                    {"{\"call\":\"version\",\"call\":\"init\"}", "bad_json"},
                    {"{\"call\":1}", "bad_value"},
                    {"{\"call\":\"statsu\"}", "unknown_command"}};
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        (void)office_try(&field->office, field->ready, requests[i].text);
        assert_string_equal(office_text(field->office.reply, "error"), requests[i].error);
    }
    assert_string_equal(json_text(json_at(json_get(field->office.reply, "args"), 1)), "status");
}

static void messages_come_in_the_language_asked(void **state)
{
    struct field *field = *state;
    char texts[4][256];
    static const char *const languages[] = {"ar", "fr", "zgh", "en"};
    for (size_t i = 0; i < 4; i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "{\"call\":\"persons\",\"lang\":\"%s\"}",
                       languages[i]);
        (void)office_try(&field->office, field->fresh, request);
        (void)snprintf(texts[i], sizeof texts[i], "%s",
                       office_text(field->office.reply, "message"));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(texts[i], texts[k]);
        }
    }
}

/* ---- a day in the field */

static const struct json *property_of(const struct json *record, const char *name)
{
    const struct json *properties = json_get(record, "properties");
    for (const struct json *item = json_first(properties); item; item = json_next(item)) {
        if (strcmp(json_get_text(item, "property", ""), name) == 0) {
            return item;
        }
    }
    return NULL;
}

static const struct json *show(struct field *field, const char *id, const char *lang)
{
    char request[256];
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"show\",\"lang\":\"%s\",\"args\":{\"id\":\"%s\",\"history\":true}}",
                   lang, id);
    return office_call(&field->office, field->ready, request);
}

static void a_record_is_found_by_what_a_person_types(void **state)
{
    struct field *field = *state;
    static const char *const words[] = {"عائشة", "عايشه", "ايت على", "0661234567"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        char request[256];
        (void)snprintf(request, sizeof request, "{\"call\":\"find\",\"args\":{\"text\":\"%s\"}}",
                       words[i]);
        const struct json *found =
            json_get(office_call(&field->office, field->ready, request), "records");
        if (json_count(found) != 1) {
            fail_msg("%s: %s", words[i], buf_text(&field->office.answer));
        }
        assert_string_equal(office_text(json_at(found, 0), "case"), field->number);
    }
}

static size_t history_count(struct field *field)
{
    return json_count(json_get(show(field, field->id, "en"), "history"));
}

static void typed_answers_become_values_with_labels(void **state)
{
    struct field *field = *state;
    char request[512];
    size_t before = history_count(field);
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"edit\",\"args\":{\"id\":\"%s\",\"answers\":{\"members\":\"٦\","
                   "\"housing\":\"adobe\",\"cooking\":[\"wood\",\"gas\"]}}}",
                   field->number);
    (void)office_call(&field->office, field->ready, request);
    const struct json *record = show(field, field->id, "fr");
    int64_t members = 0;
    assert_true(json_int(json_get(property_of(record, "members"), "value"), &members));
    assert_int_equal(members, 6);
    assert_string_equal(office_text(property_of(record, "housing"), "text"), "Pisé ou terre");
    assert_string_equal(office_text(property_of(record, "cooking"), "text"),
                        "Bouteille de gaz, Bois");
    assert_int_equal(json_count(json_get(record, "history")), before + 1);
}

static void an_edit_without_a_change_writes_nothing(void **state)
{
    struct field *field = *state;
    size_t before = history_count(field);
    (void)office_call(&field->office, field->ready,
                      with_id(field, "{\"call\":\"edit\",\"args\":{\"id\":\"$ID\",\"answers\":{"
                                     "\"phone\":\"0661234567\"}}}"));
    assert_int_equal(json_get_int(field->office.reply, "ops", -1), 0);
    assert_int_equal(history_count(field), before);
}

static void a_dry_run_says_what_a_save_would_and_writes_nothing(void **state)
{
    struct field *field = *state;
    char before[4096];
    char after[4096];
    holdings(field, before);
    (void)office_call(&field->office, field->ready,
                      with_id(field, "{\"call\":\"edit\",\"args\":{\"id\":\"$ID\",\"dry_run\":true,"
                                     "\"answers\":{\"phone\":\"0671234567\"}}}"));
    assert_int_equal(json_get_int(field->office.reply, "ops", -1), 1);
    assert_true(json_bool(json_get(field->office.reply, "dry_run")));
    holdings(field, after);
    assert_string_equal(before, after);
}

static void a_double_of_a_unique_number_is_warned_of(void **state)
{
    struct field *field = *state;
    const char *edit = "{\"call\":\"edit\",\"args\":{\"id\":\"$ID\",\"answers\":{"
                       "\"rsu_status\":\"registered\",\"rsu_number\":\"1234567890\","
                       "\"rsu_score\":\"9.7\"}}}";
    (void)office_call(&field->office, field->ready, with_id(field, edit));
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"new\",\"args\":{\"form\":\"register_household\",\"answers\":{"
                      "\"place\":\"05.081.03.09\",\"head_name_ar\":\"محمد\",\"rsu_status\":"
                      "\"registered\",\"rsu_number\":\"1234567890\",\"rsu_score\":\"9,7\"}}}");
    const struct json *warnings = json_get(field->office.reply, "warnings");
    assert_int_equal(json_count(warnings), 1);
    assert_string_equal(office_text(json_at(warnings, 0), "property"), "rsu_number");
    assert_string_equal(office_text(json_at(warnings, 0), "case"), field->number);
}

static void members_of_a_household_are_its_children(void **state)
{
    struct field *field = *state;
    (void)office_call(&field->office, field->ready,
                      with_id(field, "{\"call\":\"new\",\"args\":{\"form\":\"register_person\","
                                     "\"parent\":\"$ID\",\"answers\":{\"name_ar\":\"يوسف\","
                                     "\"sex\":\"m\",\"birth_date\":\"1948-05\"}}}"));
    char id[ID_TEXT_SIZE];
    (void)snprintf(id, sizeof id, "%s", office_text(field->office.reply, "id"));
    const struct json *record = show(field, id, "en");
    assert_string_equal(office_text(record, "root"), field->id);
    assert_string_equal(office_text(property_of(record, "birth_date"), "text"), "1948-05");
}

static void undo_takes_back_the_last_unsynced_save_only(void **state)
{
    struct field *field = *state;
    (void)office_call(&field->office, field->ready,
                      with_id(field, "{\"call\":\"edit\",\"args\":{\"id\":\"$ID\",\"answers\":{"
                                     "\"phone\":\"0671234567\"}}}"));
    (void)office_call(&field->office, field->ready, "{\"call\":\"undo\"}");
    assert_string_equal(office_text(property_of(show(field, field->id, "en"), "phone"), "text"),
                        "0661234567");
    (void)office_call(&field->office, field->ready, "{\"call\":\"sync\"}");
    assert_int_equal(office_try(&field->office, field->ready, "{\"call\":\"undo\"}"),
                     ERR_NOTHING_TO_UNDO);
}

static void a_deleted_record_leaves_the_list_and_keeps_its_history(void **state)
{
    struct field *field = *state;
    const char *remove = "{\"call\":\"delete\",\"args\":{\"id\":\"$ID\",\"reason\":\"parti\"}}";
    (void)office_call(&field->office, field->ready, with_id(field, remove));
    (void)office_call(&field->office, field->ready, "{\"call\":\"list\"}");
    assert_int_equal(json_count(json_get(field->office.reply, "records")), 0);
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"list\",\"args\":{\"deleted\":true}}");
    assert_int_equal(json_count(json_get(field->office.reply, "records")), 1);
    assert_int_equal(office_try(&field->office, field->ready, with_id(field, remove)), ERR_DELETED);
    const struct json *record = show(field, field->id, "en");
    assert_true(json_bool(json_get(record, "deleted")));
    const struct json *history = json_get(record, "history");
    assert_string_equal(office_text(json_at(history, json_count(history) - 1), "reason"), "parti");
}

static void a_place_found_on_the_way_can_be_used_at_once(void **state)
{
    struct field *field = *state;
    char request[512];
    char code[64];
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"place_add\",\"args\":{\"parent\":\"05.081.03.09\",\"answers\":{"
                      "\"name_ar\":\"أيت بوكماز\",\"name_fr\":\"Aït Bouguemez\"}}}");
    (void)snprintf(code, sizeof code, "%s", office_text(field->office.reply, "place"));
    assert_int_equal(strncmp(code, "05.081.03.09.", 13), 0);
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"new\",\"args\":{\"form\":\"register_household\",\"place\":\"%s\","
                   "\"answers\":{\"head_name_ar\":\"موحى\"}}}",
                   code);
    (void)office_call(&field->office, field->ready, request);
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"places\",\"args\":{\"under\":\"05.081.03.09\"}}");
    const struct json *places = json_get(field->office.reply, "places");
    assert_int_equal(json_count(places), 2);
    assert_string_equal(office_text(json_at(places, 1), "place"), code);
    assert_non_null(json_get(json_at(places, 1), "id"));
}

static void lists_come_in_pages(void **state)
{
    struct field *field = *state;
    (void)office_call(&field->office, field->ready, HOUSEHOLD);
    (void)office_call(&field->office, field->ready, HOUSEHOLD);
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"list\",\"args\":{\"type\":\"household\",\"limit\":2,\"where\":{"
                      "\"property\":\"phone\",\"value\":\"0661234567\"}}}");
    assert_int_equal(json_count(json_get(field->office.reply, "records")), 2);
    char request[128];
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"list\",\"args\":{\"limit\":2,\"after\":%lld}}",
                   (long long)json_get_int(field->office.reply, "after", 0));
    (void)office_call(&field->office, field->ready, request);
    assert_int_equal(json_count(json_get(field->office.reply, "records")), 1);
    assert_null(json_get(field->office.reply, "after"));
}

/* ---- with the office */

static int64_t status_of(struct field *field, struct device *device, const char *group,
                         const char *name)
{
    (void)office_call(&field->office, device, "{\"call\":\"status\"}");
    return json_get_int(json_get(field->office.reply, group), name, -1);
}

static void work_reaches_the_office_and_status_says_so(void **state)
{
    struct field *field = *state;
    assert_int_equal(status_of(field, field->ready, "records", "here"), 1);
    (void)office_call(&field->office, field->ready, "{\"call\":\"sync\"}");
    assert_true(json_get_int(field->office.reply, "sent", 0) > 0);
    assert_int_equal(status_of(field, field->ready, "ops", "here"), 0);
    assert_int_equal(status_of(field, field->ready, "records", "here"), 0);
    (void)office_call(&field->office, field->ready,
                      with_id(field, "{\"call\":\"status\",\"args\":{\"id\":\"$ID\"}}"));
    assert_string_not_equal(office_text(json_get(field->office.reply, "record"), "custody"),
                            "here");
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"status\",\"args\":{\"records\":true}}");
    assert_int_equal(json_count(json_get(field->office.reply, "list")), 1);
}

static void apart_edits_of_one_field_are_disputed_and_decided(void **state)
{
    struct field *field = *state;
    struct office *office = &field->office;
    struct device *other = office_device(office, "other");
    (void)office_call(office, field->ready, "{\"call\":\"sync\"}");
    (void)office_call(office, other, "{\"call\":\"sync\"}");
    (void)office_call(office, field->ready,
                      with_id(field, "{\"call\":\"edit\",\"args\":{\"id\":\"$ID\",\"answers\":{"
                                     "\"phone\":\"0671111111\"}}}"));
    (void)office_call(office, other,
                      with_id(field, "{\"call\":\"edit\",\"person\":\"Brahim\",\"args\":{\"id\":"
                                     "\"$ID\",\"answers\":{\"phone\":\"0672222222\"}}}"));
    (void)office_call(office, field->ready, "{\"call\":\"sync\"}");
    (void)office_call(office, other, "{\"call\":\"sync\"}");
    assert_int_equal(json_get_int(office->reply, "disputed", 0), 1);
    (void)office_call(office, other, "{\"call\":\"disputes\"}");
    const struct json *disputes = json_get(office->reply, "disputes");
    assert_int_equal(json_count(disputes), 1);
    const struct json *phone = property_of(json_at(disputes, 0), "phone");
    const struct json *others = json_get(phone, "alternatives");
    assert_int_equal(json_count(others), 2);
    char uid[ID_TEXT_SIZE];
    char value[32];
    char request[512];
    (void)snprintf(uid, sizeof uid, "%s", office_text(json_at(others, 1), "uid"));
    (void)snprintf(value, sizeof value, "%s", office_text(json_at(others, 1), "text"));
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"resolve\",\"person\":\"Said\",\"args\":{\"id\":\"%s\",\"property\":"
                   "\"phone\",\"take\":3,\"reason\":\"x\"}}",
                   field->id);
    assert_int_equal(office_try(office, other, request), ERR_BAD_VALUE);
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"resolve\",\"person\":\"Said\",\"args\":{\"id\":\"%s\",\"property\":"
                   "\"phone\",\"take\":\"%s\",\"reason\":\"appel\"}}",
                   field->id, uid);
    (void)office_call(office, other, request);
    (void)office_call(office, other, "{\"call\":\"sync\"}");
    (void)office_call(office, field->ready, "{\"call\":\"sync\"}");
    const struct json *record = show(field, field->id, "en");
    assert_int_equal(json_get_int(record, "disputes", -1), 0);
    assert_string_equal(office_text(property_of(record, "phone"), "text"), value);
}

static void lost_replies_are_tried_again(void **state)
{
    struct field *field = *state;
    field->office.network.lost = 2;
    (void)office_call(&field->office, field->ready, "{\"call\":\"sync\"}");
    assert_true(json_get_int(field->office.reply, "retries", 0) >= 2);
    assert_true(field->office.network.slept_ms > 0);
    assert_int_equal(status_of(field, field->ready, "ops", "here"), 0);
}

static void a_sync_without_a_network_gives_up_and_keeps_all(void **state)
{
    struct field *field = *state;
    field->office.network.down = true;
    assert_int_equal(office_try(&field->office, field->ready, "{\"call\":\"sync\"}"), ERR_NETWORK);
    assert_non_null(json_get(field->office.reply, "retries"));
    field->office.network.down = false;
    assert_true(status_of(field, field->ready, "ops", "here") > 0);
    (void)office_call(&field->office, field->ready, "{\"call\":\"sync\"}");
    assert_int_equal(status_of(field, field->ready, "ops", "here"), 0);
}

struct heard {
    size_t count;
    size_t stop_at; /* the event that is answered with "stop"; 0: none */
};

static bool hear(void *ctx, struct span event)
{
    struct heard *heard = ctx;
    struct json *json = NULL;
    assert_int_equal(json_parse(event, &json, NULL), OK);
    assert_string_equal(json_get_text(json, "event", ""), "sync");
    assert_non_null(json_get(json, "sent"));
    json_free(json);
    heard->count++;
    return heard->count != heard->stop_at;
}

static void a_sync_tells_its_progress_and_can_be_stopped(void **state)
{
    struct field *field = *state;
    struct heard heard = {.stop_at = 1};
    const struct device_listener listener = {&heard, hear};
    assert_int_equal(office_listen(&field->office, field->ready, "{\"call\":\"sync\"}", &listener),
                     ERR_CANCELLED);
    heard = (struct heard){.count = 0};
    assert_int_equal(office_listen(&field->office, field->ready, "{\"call\":\"sync\"}", &listener),
                     OK);
    assert_true(heard.count > 0);
}

struct readied {
    int64_t done, total; /* of the last event */
    size_t count;
    bool stop;
};

static bool hear_ready(void *ctx, struct span event)
{
    struct readied *heard = ctx;
    struct json *json = NULL;
    assert_int_equal(json_parse(event, &json, NULL), OK);
    bool ready = strcmp(json_get_text(json, "event", ""), "ready") == 0;
    if (ready) {
        heard->done = json_get_int(json, "done", -1);
        heard->total = json_get_int(json, "total", -1);
        heard->count++;
    }
    json_free(json);
    return !ready || !heard->stop;
}

static void what_a_sync_brought_is_made_ready_and_told(void **state)
{
    struct field *field = *state;
    struct readied heard = {.stop = true};
    const struct device_listener listener = {&heard, hear_ready};
    struct device *other = office_device(&field->office, "other");
    for (int i = 0; i < 120; i++) {
        (void)office_call(&field->office, field->ready, HOUSEHOLD);
    }
    (void)office_call(&field->office, field->ready, "{\"call\":\"sync\"}");
    assert_int_equal(office_listen(&field->office, other, "{\"call\":\"sync\"}", &listener),
                     ERR_CANCELLED);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.done, 0);
    assert_int_equal(heard.total, 121);
    heard = (struct readied){.count = 0}; /* stopped, it was not made ready in silence either */
    assert_int_equal(office_listen(&field->office, other, "{\"call\":\"sync\"}", &listener), OK);
    assert_int_equal(heard.total, 121);
    heard = (struct readied){.count = 0};
    assert_int_equal(office_listen(&field->office, other, "{\"call\":\"sync\"}", &listener), OK);
    assert_int_equal(heard.count, 0);
}

static enum err enrol_with(struct field *field, struct device *device, const char *code)
{
    char request[2048];
    (void)snprintf(request, sizeof request, "{\"call\":\"enrol\",\"args\":{\"code\":\"%s\"}}",
                   code);
    return office_try(&field->office, device, request);
}

static void enrolment_fails_with_a_clear_name(void **state)
{
    struct field *field = *state;
    char code[1024];
    office_invite(&field->office, 3600000, code);
    field->office.network.other_key = true;
    assert_int_equal(enrol_with(field, field->fresh, code), ERR_PIN);
    field->office.network.other_key = false;
    field->office.network.down = true;
    assert_int_equal(enrol_with(field, field->fresh, code), ERR_NETWORK);
    field->office.network.down = false;
    char *middle = code + strlen(code) / 2;
    char kept = *middle;
    *middle = kept == 'A' ? 'B' : 'A';
    assert_int_not_equal(enrol_with(field, field->fresh, code), OK);
    *middle = kept;
    assert_int_equal(enrol_with(field, field->fresh, code), OK);
    struct device *late = office_bare(&field->office, "late");
    (void)office_call(&field->office, late, "{\"call\":\"init\"}");
    assert_int_equal(enrol_with(field, late, code), ERR_CODE_USED);
    office_invite(&field->office, 1000, code);
    field->office.nodes.now_ms += 2000;
    assert_int_equal(enrol_with(field, late, code), ERR_CODE_EXPIRED);
}

static void an_enrolment_stands_when_its_first_sync_fails(void **state)
{
    struct field *field = *state;
    char code[1024];
    char request[2048];
    office_invite(&field->office, 3600000, code);
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"enrol\",\"args\":{\"code\":\"%s\",\"sync\":false}}", code);
    (void)office_call(&field->office, field->fresh, request);
    assert_null(json_get(field->office.reply, "sync"));
    struct device *other = office_bare(&field->office, "other");
    (void)office_call(&field->office, other, "{\"call\":\"init\"}");
    office_invite(&field->office, 3600000, code);
    field->office.network.lost = 100; /* the enrolment's reply too: the code stays its own */
    assert_int_equal(enrol_with(field, other, code), ERR_NETWORK);
    field->office.network.lost = 0;
    assert_int_equal(enrol_with(field, other, code), OK);
}

static void the_clock_is_warned_of_beyond_five_minutes(void **state)
{
    struct field *field = *state;
    (void)office_call(&field->office, field->ready, "{\"call\":\"status\"}");
    const struct json *clock = json_get(field->office.reply, "clock");
    assert_false(json_bool(json_get(clock, "warn")));
    assert_non_null(json_get(clock, "offset"));
}

static void a_check_finds_a_whole_device_whole(void **state)
{
    struct field *field = *state;
    (void)office_call(&field->office, field->ready, "{\"call\":\"check\"}");
    assert_true(json_get_int(field->office.reply, "ops", 0) > 0);
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"check\",\"args\":{\"rebuild\":true}}");
    assert_int_equal(json_count(json_get(field->office.reply, "findings")), 0);
}

static void who_may_use_a_device_is_listed(void **state)
{
    struct field *field = *state;
    (void)office_call(&field->office, field->ready, "{\"call\":\"persons\"}");
    assert_int_equal(json_count(json_get(field->office.reply, "persons")), 3);
    (void)office_call(&field->office, field->ready, "{\"call\":\"whoami\"}");
    assert_string_equal(office_text(json_get(field->office.reply, "person"), "name"), "Fatima");
}

static void forms_and_types_carry_what_a_page_needs(void **state)
{
    struct field *field = *state;
    (void)office_call(&field->office, field->ready, "{\"call\":\"forms\"}");
    assert_true(json_count(json_get(field->office.reply, "forms")) >= 9);
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"form\",\"lang\":\"ar\",\"args\":{\"form\":"
                      "\"register_household\"}}");
    const struct json *question = json_at(json_get(field->office.reply, "questions"), 0);
    assert_string_equal(office_text(question, "property"), "place");
    assert_string_equal(office_text(question, "label"), "الجماعة");
    assert_true(json_bool(json_get(question, "place")));
    (void)office_call(&field->office, field->ready,
                      "{\"call\":\"type\",\"args\":{\"type\":\"person\"}}");
    assert_string_equal(office_text(field->office.reply, "parent"), "household");
    (void)office_call(&field->office, field->ready, "{\"call\":\"types\"}");
    assert_true(json_count(json_get(field->office.reply, "types")) >= 9);
}

/* Lets the 1st, 2nd, ... allocation of a call fail until it passes. */
static void fail_each_allocation(struct field *field, const char *request, bool writes)
{
    struct test_mem *memory = &field->office.memory;
    char before[4096];
    char after[4096];
    for (size_t nth = 1;; nth++) {
        assert_true(nth < 100000);
        holdings(field, before);
        struct buf answer;
        buf_init(&answer, &field->office.nodes.host.mem, DEVICE_ANSWER_MAX);
        memory->fail_at = memory->total_count + nth;
        memory->failed = false;
        enum err e = device_call(field->ready, span_of(request), &answer, NULL);
        memory->fail_at = 0;
        buf_release(&answer);
        holdings(field, after);
        if (e) {
            assert_true(memory->failed);
            assert_int_equal(e, ERR_NOMEM);
            assert_string_equal(before, after);
        } else if (writes) {
            assert_string_not_equal(before, after);
        }
        if (!memory->failed) {
            assert_int_equal(e, OK);
            return;
        }
    }
}

static void a_call_without_memory_says_so_and_changes_nothing(void **state)
{
    struct field *field = *state;
    fail_each_allocation(field, HOUSEHOLD, true);
    fail_each_allocation(field, "{\"call\":\"list\",\"args\":{\"limit\":3}}", false);
    fail_each_allocation(field, "{\"call\":\"find\",\"args\":{\"text\":\"عائشة\"}}", false);
    fail_each_allocation(
        field, with_id(field, "{\"call\":\"show\",\"args\":{\"id\":\"$ID\",\"history\":true}}"),
        false);
    fail_each_allocation(field, "{\"call\":\"status\",\"args\":{\"records\":true}}", false);
    fail_each_allocation(field, "{\"call\":\"form\",\"args\":{\"form\":\"register_person\"}}",
                         false);
    fail_each_allocation(field, "{\"call\":\"places\"}", false);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, field_setup, field_teardown)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(wrong_inputs_are_named_and_change_nothing),
        cmocka_unit_test(every_call_has_wrong_inputs),
        CASE(requests_that_are_none_are_refused),
        CASE(messages_come_in_the_language_asked),
        CASE(a_record_is_found_by_what_a_person_types),
        CASE(typed_answers_become_values_with_labels),
        CASE(an_edit_without_a_change_writes_nothing),
        CASE(a_dry_run_says_what_a_save_would_and_writes_nothing),
        CASE(a_double_of_a_unique_number_is_warned_of),
        CASE(members_of_a_household_are_its_children),
        CASE(undo_takes_back_the_last_unsynced_save_only),
        CASE(a_deleted_record_leaves_the_list_and_keeps_its_history),
        CASE(a_place_found_on_the_way_can_be_used_at_once),
        CASE(lists_come_in_pages),
        CASE(work_reaches_the_office_and_status_says_so),
        CASE(apart_edits_of_one_field_are_disputed_and_decided),
        CASE(lost_replies_are_tried_again),
        CASE(a_sync_without_a_network_gives_up_and_keeps_all),
        CASE(a_sync_tells_its_progress_and_can_be_stopped),
        CASE(what_a_sync_brought_is_made_ready_and_told),
        CASE(enrolment_fails_with_a_clear_name),
        CASE(an_enrolment_stands_when_its_first_sync_fails),
        CASE(the_clock_is_warned_of_beyond_five_minutes),
        CASE(a_check_finds_a_whole_device_whole),
        CASE(who_may_use_a_device_is_listed),
        CASE(forms_and_types_carry_what_a_page_needs),
        CASE(a_call_without_memory_says_so_and_changes_nothing),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
