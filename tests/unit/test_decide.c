/*
 * test_decide.c - duplicates and erasures, asked at a device through its door.
 */
#define _XOPEN_SOURCE 700

#include "test_office.h"

#define CALL_SIZE 1024

struct field {
    struct office office;
    struct device *worker, *supervisor;
    char first[32], second[32]; /* case numbers of two households, made by the worker */
};

static void household(struct field *field, const char *name, char ret[32])
{
    char request[CALL_SIZE];
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"new\",\"args\":{\"form\":\"register_household\",\"place\":"
                   "\"" OFFICE_COMMUNE "\",\"answers\":{\"head_name_ar\":\"%s\",\"phone\":"
                   "\"0661234567\"}}}",
                   name);
    const struct json *saved = office_call(&field->office, field->worker, request);
    (void)snprintf(ret, 32, "%s", office_text(saved, "case"));
}

static void sync_all(struct field *field)
{
    for (size_t round = 0; round < 2; round++) {
        (void)office_call(&field->office, field->worker, "{\"call\":\"sync\"}");
        (void)office_call(&field->office, field->supervisor, "{\"call\":\"sync\"}");
    }
}

static int field_setup(void **state)
{
    static struct field field;
    char code[1024];
    char request[2048];
    office_open(&field.office);
    nodes_let_redact(&field.office.nodes, field.office.region, field.office.said, "05.081");
    field.worker = office_device(&field.office, "worker");
    field.supervisor = office_bare(&field.office, "supervisor");
    (void)office_call(&field.office, field.supervisor, "{\"call\":\"init\"}");
    office_invite_as(&field.office, "supervisor", field.office.said, 3600000, code);
    (void)snprintf(request, sizeof request, "{\"call\":\"enrol\",\"args\":{\"code\":\"%s\"}}",
                   code);
    (void)office_call(&field.office, field.supervisor, request);
    household(&field, "عائشة أيت علي", field.first);
    household(&field, "عائشة ايت علي", field.second);
    sync_all(&field);
    *state = &field;
    return 0;
}

static int field_teardown(void **state)
{
    struct field *field = *state;
    office_close(&field->office);
    return 0;
}

/* A call about one record; `rest` are further arguments. */
static const struct json *call_of(struct field *field, struct device *device, const char *call,
                                  const char *id, const char *rest)
{
    char request[CALL_SIZE];
    (void)snprintf(request, sizeof request, "{\"call\":\"%s\",\"args\":{\"id\":\"%s\"%s}}", call,
                   id, rest);
    return office_call(&field->office, device, request);
}

static bool has_phone(struct field *field, struct device *device, const char *id)
{
    const struct json *properties = json_get(call_of(field, device, "show", id, ""), "properties");
    for (const struct json *p = json_first(properties); p; p = json_next(p)) {
        if (strcmp(json_get_text(p, "property", ""), "phone") == 0) {
            return strcmp(json_get_text(p, "text", ""), "0661234567") == 0;
        }
    }
    return false;
}

static const char *state_of(struct field *field, struct device *device, const char *id)
{
    const struct json *rows = json_get(call_of(field, device, "redactions", id, ""), "redactions");
    return json_count(rows) == 1 ? office_text(json_at(rows, 0), "state") : "none";
}

static int64_t waiting(struct field *field, struct device *device)
{
    (void)office_call(&field->office, device, "{\"call\":\"status\"}");
    return json_get_int(json_get(field->office.reply, "ops"), "here", -1);
}

/* ---- erasures */

static void a_worker_is_told_that_a_person_decides(void **state)
{
    struct field *field = *state;
    const char *asked = ",\"property\":\"phone\",\"reason\":\"asked for\",\"dry_run\":true";
    const struct json *reply = call_of(field, field->worker, "redact", field->first, asked);
    assert_string_equal(office_text(reply, "decides"), "person");
    assert_null(json_get(reply, "request"));
    assert_int_equal(waiting(field, field->worker), 0); /* nothing was written */
    assert_string_equal(state_of(field, field->worker, field->first), "none");
    asked = ",\"property\":\"phone\",\"reason\":\"asked for\",\"confirm\":true";
    reply = call_of(field, field->worker, "redact", field->first, asked);
    assert_string_equal(office_text(reply, "decides"), "person");
    assert_non_null(json_get(reply, "request"));
    sync_all(field);
    assert_true(has_phone(field, field->worker, field->first));
    assert_true(has_phone(field, field->supervisor, field->first));
    assert_string_equal(state_of(field, field->worker, field->first), "asked");
}

static void what_a_supervisor_asks_is_erased_everywhere(void **state)
{
    struct field *field = *state;
    const char *asked = ",\"property\":\"phone\",\"reason\":\"asked for\",\"confirm\":true";
    const struct json *reply = call_of(field, field->supervisor, "redact", field->first, asked);
    assert_string_equal(office_text(reply, "decides"), "region");
    assert_string_equal(state_of(field, field->supervisor, field->first), "asked");
    sync_all(field);
    sync_all(field);
    assert_false(has_phone(field, field->worker, field->first));
    assert_false(has_phone(field, field->supervisor, field->first));
    assert_string_equal(state_of(field, field->worker, field->first), "done");
    assert_string_equal(state_of(field, field->supervisor, field->first), "done");
    assert_true(has_phone(field, field->worker, field->second));
}

static void somebody_else_at_a_supervisors_device_only_asks(void **state)
{
    struct field *field = *state;
    char request[CALL_SIZE];
    (void)snprintf(
        request, sizeof request,
        "{\"call\":\"redact\",\"person\":\"Fatima\",\"args\":{\"id\":\"%s\",\"all\":true,"
        "\"reason\":\"asked for\",\"dry_run\":true}}",
        field->first);
    const struct json *reply = office_call(&field->office, field->supervisor, request);
    assert_string_equal(office_text(reply, "decides"), "person");
}

/* ---- duplicates */

static size_t count_records(struct field *field, struct device *device)
{
    (void)office_call(&field->office, device, "{\"call\":\"list\"}");
    return json_count(json_get(field->office.reply, "records"));
}

static void duplicates_become_one_and_part_again(void **state)
{
    struct field *field = *state;
    char rest[256];
    char own[ID_TEXT_SIZE];
    (void)snprintf(rest, sizeof rest, ",\"duplicate\":\"%s\",\"reason\":\"one family\"",
                   field->second);
    const struct json *reply = call_of(field, field->supervisor, "alias", field->first, rest);
    (void)snprintf(own, sizeof own, "%s", office_text(reply, "duplicate"));
    assert_string_not_equal(office_text(reply, "id"), own);
    sync_all(field);
    struct device *const both[] = {field->worker, field->supervisor};
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        assert_int_equal(count_records(field, both[i]), 1);
        const struct json *shown = call_of(field, both[i], "show", field->second, "");
        assert_string_equal(office_text(shown, "case"), field->first);
    }
    (void)snprintf(rest, sizeof rest,
                   "{\"call\":\"alias\",\"args\":{\"duplicate\":\"%s\",\"undo\":true,\"reason\":"
                   "\"two after all\"}}",
                   field->second);
    reply = office_call(&field->office, field->supervisor, rest);
    assert_string_equal(office_text(reply, "id"), own);
    sync_all(field);
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        assert_int_equal(count_records(field, both[i]), 2);
    }
}

static void a_record_is_no_duplicate_of_itself(void **state)
{
    struct field *field = *state;
    char request[CALL_SIZE];
    (void)snprintf(request, sizeof request,
                   "{\"call\":\"alias\",\"args\":{\"id\":\"%s\",\"duplicate\":\"%s\",\"reason\":"
                   "\"x\"}}",
                   field->first, field->first);
    assert_int_equal(office_try(&field->office, field->supervisor, request), ERR_USAGE);
    assert_int_equal(count_records(field, field->supervisor), 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, field_setup, field_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_worker_is_told_that_a_person_decides),
        CASE(what_a_supervisor_asks_is_erased_everywhere),
        CASE(somebody_else_at_a_supervisors_device_only_asks),
        CASE(duplicates_become_one_and_part_again),
        CASE(a_record_is_no_duplicate_of_itself),
    };
#undef CASE
    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
