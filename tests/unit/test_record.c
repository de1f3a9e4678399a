#define _XOPEN_SOURCE 700

#include <sqlite3.h>

#include "test_record.h"

struct fixture {
    struct test_org org;
    struct node *a; /* Fatima's */
    struct node *s; /* Said's: the province, everything */
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    test_org_open(&f->org);
    f->a = test_org_device(&f->org, "A01", f->org.fatima, TEST_COMMUNE);
    f->s = test_org_device(&f->org, "S01", f->org.said, TEST_PROVINCE);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    test_org_release(&f->org);
    free(f);
    return 0;
}

static void sql(struct fixture *f, struct node *node, const char *text)
{
    sqlite3 *db = NULL;
    for (size_t i = 0; i < f->org.count; i++) {
        if (f->org.nodes[i] == node) {
            assert_int_equal(sqlite3_open(f->org.paths[i], &db), SQLITE_OK);
        }
    }
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A person with something in base and something in health, on Said's device. */
static struct id patient(struct fixture *f)
{
    struct saved household =
        test_save(&f->org, f->s, test_new(f->org.said, "household", TEST_COMMUNE),
                  "{\"head_name_ar\":\"عائشة\"}");
    return test_save(&f->org, f->s, test_child(f->org.said, "person", household.entity),
                     "{\"name_ar\":\"مريم\",\"sex\":\"f\",\"wg_seeing\":\"some\"}")
        .entity;
}

/* ---- titles */

struct titles {
    char text[512]; /* of the enrolments, one a line */
};

static bool keep_title(void *ctx, const struct record_row *row)
{
    struct titles *titles = ctx;
    size_t size = strlen(titles->text);
    (void)snprintf(titles->text + size, sizeof titles->text - size, "%s\n", row->title);
    return true;
}

static void assert_titles(struct fixture *f, struct id entity, struct id root, const char *said)
{
    struct record_filter filter = {.type = "enrolment"};
    struct titles titles = {""};
    struct record_child *children = NULL;
    struct record record = {.title = NULL};
    size_t count = 0;
    char line[256];
    (void)snprintf(line, sizeof line, "%s\n", said);
    assert_int_equal(record_list(f->s, NULL, &filter, keep_title, &titles, NULL), OK);
    assert_string_equal(titles.text, line);
    assert_int_equal(record_read(f->s, NULL, entity, &f->org.arena, &record, NULL), OK);
    assert_string_equal(record.title, said);
    assert_int_equal(record_children(f->s, NULL, root, 10, &f->org.arena, &children, &count, NULL),
                     OK);
    assert_int_equal(count, 1);
    assert_string_equal(children[0].title, said);
}

static void a_title_names_choices_in_the_language_that_is_spoken(void **state)
{
    struct fixture *f = *state;
    struct saved household =
        test_save(&f->org, f->s, test_new(f->org.said, "household", TEST_COMMUNE),
                  "{\"head_name_ar\":\"عائشة\"}");
    struct id entity =
        test_save(&f->org, f->s, test_child(f->org.said, "enrolment", household.entity),
                  "{\"programme\":\"tayssir\",\"agency\":\"education\",\"status\":\"active\","
                  "\"status_date\":\"2026-09-01\"}")
            .entity;
    assert_titles(f, entity, household.entity, "tayssir · active");
    node_speak(f->s, LANGUAGE_AR);
    assert_titles(f, entity, household.entity, "برنامج تيسير للتمدرس · استفادة جارية");
    node_speak(f->s, LANGUAGE_FR);
    assert_titles(f, entity, household.entity, "Tayssir (scolarisation) · Bénéficie actuellement");
    struct record record = {.title = NULL}; /* what has no choices in its title stays as it is */
    assert_int_equal(record_read(f->s, NULL, household.entity, &f->org.arena, &record, NULL), OK);
    assert_string_equal(record.title, "عائشة");
}

/* ---- what a viewer sees */

static void a_viewer_sees_only_compartments_of_her_grants(void **state)
{
    struct fixture *f = *state;
    struct id entity = patient(f);
    struct record record = {.title = NULL};
    struct diag diag = {0};
    assert_int_equal(record_read(f->s, &f->org.fatima, entity, &f->org.arena, &record, &diag), OK);
    assert_non_null(test_property(&record, "name_ar"));
    assert_null(test_property(&record, "wg_seeing"));
    assert_int_equal(record_read(f->s, &f->org.said, entity, &f->org.arena, &record, &diag), OK);
    assert_true(span_is(test_property(&record, "wg_seeing")->json, "\"some\""));
}

static void a_viewer_without_a_grant_there_sees_nothing(void **state)
{
    struct fixture *f = *state;
    struct id entity = patient(f);
    struct id stranger = test_person(&f->org, "Omar", "worker");
    struct record record = {.title = NULL};
    struct history_entry *entries = NULL;
    size_t count = 0;
    struct diag diag = {0};
    (void)test_grant(&f->org, stranger, TEST_ELSEWHERE, "[\"base\"]", "[\"read\"]");
    test_carry(&f->org, f->org.region, f->s);
    assert_int_equal(record_read(f->s, &stranger, entity, &f->org.arena, &record, &diag),
                     ERR_OUT_OF_SCOPE);
    assert_int_equal(
        record_history(f->s, &stranger, entity, &f->org.arena, &entries, &count, &diag),
        ERR_NOT_FOUND);
    assert_int_equal(test_find(f->s, &stranger, "مريم").count, 0);
}

/* ---- what belongs to a record */

static struct record_child *children(struct fixture *f, struct node *node, const struct id *viewer,
                                     struct id entity, size_t limit, size_t *ret_count)
{
    struct record_child *found = NULL;
    struct diag diag = {0};
    *ret_count = 0;
    assert_int_equal(
        record_children(node, viewer, entity, limit, &f->org.arena, &found, ret_count, &diag), OK);
    return found;
}

static void a_household_shows_its_whole_tree_and_a_member_its_own(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;
    struct id entity = test_household(&f->org, f->s, "");
    struct id member = test_save(&f->org, f->s, test_child(f->org.said, "person", entity),
                                 "{\"name_ar\":\"مريم\",\"sex\":\"f\"}")
                           .entity;
    struct id aid = test_save(&f->org, f->s, test_child(f->org.said, "person", member),
                              "{\"name_ar\":\"علي\",\"sex\":\"m\"}")
                        .entity;
    struct record_child *found = children(f, f->s, &f->org.said, entity, 10, &count);
    assert_int_equal(count, 2);
    assert_true(id_equal(found[0].entity, member) && id_equal(found[0].parent, entity));
    assert_true(id_equal(found[1].entity, aid) && id_equal(found[1].parent, member));
    assert_string_equal(found[0].title, "مريم");
    assert_string_equal(found[0].type_name, "person");
    found = children(f, f->s, &f->org.said, member, 10, &count);
    assert_int_equal(count, 1);
    assert_true(id_equal(found[0].entity, aid));
    (void)children(f, f->s, &f->org.said, aid, 10, &count);
    assert_int_equal(count, 0);
    (void)children(f, f->s, &f->org.said, entity, 1, &count);
    assert_int_equal(count, 1);
}

static void children_are_not_shown_to_who_may_not_see_the_record(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;
    struct id member = patient(f);
    struct record record = test_read(&f->org, f->s, member);
    struct id stranger = test_person(&f->org, "Omar", "worker");
    (void)test_grant(&f->org, stranger, TEST_ELSEWHERE, "[\"base\"]", "[\"read\"]");
    test_carry(&f->org, f->org.region, f->s);
    (void)children(f, f->s, &stranger, record.root, 10, &count);
    assert_int_equal(count, 0);
    (void)children(f, f->s, NULL, record.root, 10, &count);
    assert_int_equal(count, 1);
}

/* ---- two processes on one home */

static void what_is_held_outlives_another_process_writing_configuration(void **state)
{
    struct fixture *f = *state;
    struct node *other = NULL;
    const struct org *org = NULL;
    const struct org *again = NULL;
    struct diag diag = {0};
    const char *path = NULL;
    for (size_t i = 0; i < f->org.count; i++) {
        path = f->org.nodes[i] == f->org.region ? f->org.paths[i] : path;
    }
    assert_int_equal(node_open(&f->org.host, path, &other, &diag), OK);
    assert_int_equal(node_org(other, &org), OK);
    size_t before = org->person_count;
    node_org_hold(other);
    assert_int_equal(node_org(other, &org), OK);
    const char *name = org->persons[0].name;
    (void)test_person(&f->org, "Omar", "worker");
    assert_int_equal(node_org(other, &again), OK);
    assert_int_equal(again->person_count, before);
    assert_int_equal(node_begin(other), OK);
    assert_int_equal(node_org(other, &again), OK);
    assert_int_equal(again->person_count, before);
    assert_int_equal(node_end(other, OK), OK);
    assert_true(strlen(name) > 0); /* not freed: the sanitizer would say so */
    node_org_drop(other);
    assert_int_equal(node_org(other, &again), OK);
    assert_int_equal(again->person_count, before + 1);
    node_close(other);
}

struct listed {
    size_t count;
    struct id entities[16];
    char document[1024]; /* of the last */
    size_t disputes;
    int64_t number;
};

static bool list_each(void *ctx, const struct record_row *row)
{
    struct listed *listed = ctx;
    listed->entities[listed->count++] = row->entity;
    span_text(row->document, listed->document, sizeof listed->document);
    listed->disputes = row->dispute_count;
    listed->number = row->number;
    return true;
}

static struct listed list(struct node *node, const struct id *viewer,
                          const struct record_filter *filter)
{
    struct listed listed = {.count = 0};
    struct diag diag = {0};
    enum err e = record_list(node, viewer, filter, list_each, &listed, &diag);
    if (e) {
        fail_msg("%s %s", err_name(e), diag.args[0]);
    }
    return listed;
}

static void a_list_leaves_out_what_the_viewer_may_not_read(void **state)
{
    struct fixture *f = *state;
    (void)patient(f);
    const struct record_filter persons = {.type = "person"};
    assert_string_equal(list(f->s, &f->org.said, &persons).document,
                        "{\"name_ar\":\"مريم\",\"sex\":\"f\",\"wg_seeing\":\"some\"}");
    assert_string_equal(list(f->s, &f->org.fatima, &persons).document,
                        "{\"name_ar\":\"مريم\",\"sex\":\"f\"}");
}

static void a_dispute_in_a_hidden_compartment_isn_t_counted(void **state)
{
    struct fixture *f = *state;
    struct id entity = patient(f);
    struct node *other = test_org_device(&f->org, "S02", f->org.said, TEST_PROVINCE);
    const struct record_filter persons = {.type = "person"};
    test_carry(&f->org, f->s, other);
    (void)test_save(&f->org, f->s, test_edit(f->org.said, entity), "{\"wg_seeing\":\"a_lot\"}");
    (void)test_save(&f->org, other, test_edit(f->org.said, entity), "{\"wg_seeing\":\"none\"}");
    test_carry(&f->org, other, f->s);
    assert_int_equal(list(f->s, &f->org.said, &persons).disputes, 1);
    assert_int_equal(list(f->s, &f->org.fatima, &persons).disputes, 0);
}

/* ---- lists */

static void a_list_pages_by_the_last_number(void **state)
{
    struct fixture *f = *state;
    struct id made[5];
    size_t seen = 0;
    struct record_filter filter = {.type = "household", .limit = 2};
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        made[i] = test_household(&f->org, f->a, "");
    }
    for (;;) {
        struct listed page = list(f->a, NULL, &filter);
        for (size_t i = 0; i < page.count; i++) {
            assert_true(id_equal(page.entities[i], made[seen++]));
        }
        filter.after = page.number;
        if (page.count < filter.limit) {
            break;
        }
    }
    assert_int_equal(seen, COUNT_OF(made));
}

static void a_list_filters_by_the_value_of_a_property(void **state)
{
    struct fixture *f = *state;
    struct id well = test_household(&f->org, f->a, "\"water\":\"well\",\"members\":7");
    struct id none = test_household(&f->org, f->a, "\"water\":\"standpipe\"");
    struct record_filter filter = {.type = "household", .property = "water"};
    struct listed found;
    filter.value = span_of("\"well\"");
    found = list(f->a, NULL, &filter);
    assert_true(found.count == 1 && id_equal(found.entities[0], well));
    filter.property = "members";
    filter.value = span_of("7");
    found = list(f->a, NULL, &filter);
    assert_true(found.count == 1 && id_equal(found.entities[0], well));
    filter.value = span_of("null");
    found = list(f->a, NULL, &filter);
    assert_true(found.count == 1 && id_equal(found.entities[0], none));
}

static void filtering_by_a_hidden_property_finds_nothing(void **state)
{
    struct fixture *f = *state;
    (void)patient(f);
    const struct record_filter filter = {
        .type = "person", .property = "wg_seeing", .value = span_of("\"some\"")};
    assert_int_equal(list(f->s, &f->org.said, &filter).count, 1);
    assert_int_equal(list(f->s, &f->org.fatima, &filter).count, 0);
}

static void a_filter_that_names_nothing_known_is_refused(void **state)
{
    struct fixture *f = *state;
    struct listed listed = {.count = 0};
    struct diag diag = {0};
    struct record_filter filter = {.type = "household", .property = "wter"};
    assert_int_equal(record_list(f->a, NULL, &filter, list_each, &listed, &diag),
                     ERR_UNKNOWN_PROPERTY);
    assert_string_equal(diag.args[2], "water");
    filter = (struct record_filter){.type = "castle"};
    assert_int_equal(record_list(f->a, NULL, &filter, list_each, &listed, NULL), ERR_UNKNOWN_TYPE);
    filter = (struct record_filter){.property = "water"};
    assert_int_equal(record_list(f->a, NULL, &filter, list_each, &listed, NULL), ERR_USAGE);
}

static void the_inbox_lists_disputes_alone(void **state)
{
    struct fixture *f = *state;
    struct id quiet = test_household(&f->org, f->a, "");
    struct id entity = test_household(&f->org, f->a, "");
    const struct record_filter filter = {.disputed_only = true};
    test_carry(&f->org, f->a, f->s);
    assert_int_equal(list(f->s, NULL, &filter).count, 0);
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"phone\":\"0661111111\"}");
    (void)test_save(&f->org, f->s, test_edit(f->org.said, entity), "{\"phone\":\"0662222222\"}");
    test_carry(&f->org, f->a, f->s);
    struct listed inbox = list(f->s, NULL, &filter);
    assert_true(inbox.count == 1 && id_equal(inbox.entities[0], entity));
    assert_false(id_equal(inbox.entities[0], quiet));
}

static void the_deleted_are_listed_when_asked_for(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct record_filter filter = {.type = "household"};
    assert_int_equal(node_delete(f->a, f->org.fatima, entity, "", NULL), OK);
    assert_int_equal(list(f->a, NULL, &filter).count, 0);
    filter.with_deleted = true;
    assert_int_equal(list(f->a, NULL, &filter).count, 1);
}

/* ---- names of records */

static void a_record_is_named_by_number_id_or_prefix(void **state)
{
    struct fixture *f = *state;
    struct saved saved =
        test_save(&f->org, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE),
                  "{\"head_name_ar\":\"عائشة\"}");
    char id[ID_TEXT_SIZE];
    char typed[sizeof "A01-" + 32];
    struct id found;
    struct diag diag = {0};
    id_write(saved.entity, id);
    assert_int_equal(record_resolve_id(f->a, saved.case_number, &found, &diag), OK);
    assert_true(id_equal(found, saved.entity));
    (void)snprintf(typed, sizeof typed, "a01 %s", saved.case_number + 4);
    assert_int_equal(record_resolve_id(f->a, typed, &found, &diag), OK);
    assert_true(id_equal(found, saved.entity));
    for (size_t size = 22; size >= 4; size--) {
        id[size] = '\0';
        found = (struct id){{0}};
        assert_int_equal(record_resolve_id(f->a, id, &found, &diag), OK);
        assert_true(id_equal(found, saved.entity));
    }
    id[3] = '\0';
    assert_int_equal(record_resolve_id(f->a, id, &found, &diag), ERR_NOT_FOUND);
    assert_int_equal(record_resolve_id(f->a, "A01-00001-?", &found, &diag), ERR_NOT_FOUND);
}

static void a_prefix_of_two_records_is_ambiguous(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    char text[ID_TEXT_SIZE];
    struct id found;
    struct diag diag = {0};
    (void)test_household(&f->org, f->a, "");
    /* Two random ids never share 4 characters in a test: one is given the other's beginning. */
    sql(f, f->a,
        "UPDATE entity SET name = CAST(substr((SELECT e.name FROM entity e JOIN record r ON "
        "r.entity = e.id ORDER BY e.id LIMIT 1), 1, 8) || x'0102030405060708' AS BLOB) WHERE id = "
        "(SELECT max(entity) FROM record)");
    id_write(entity, text);
    text[6] = '\0';
    assert_int_equal(record_resolve_id(f->a, text, &found, &diag), ERR_AMBIGUOUS);
    assert_string_equal(diag.args[0], text);
    assert_string_equal(diag.args[1], "2");
}

/* ---- history */

static void history_tells_every_act_oldest_first(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "\"phone\":\"0660000000\"");
    struct history_entry *entries = NULL;
    size_t count = 0;
    struct diag diag = {0};
    struct node_identity identity;
    f->org.now_ms += 60000;
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"phone\":\"0661111111\"}");
    f->org.now_ms += 60000;
    assert_int_equal(node_delete(f->a, f->org.fatima, entity, "entered twice", &diag), OK);
    assert_int_equal(record_history(f->a, NULL, entity, &f->org.arena, &entries, &count, &diag),
                     OK);
    assert_int_equal(node_identity(f->a, &identity), OK);
    assert_int_equal(count, 4);
    assert_string_equal(entries[2].kind, "save");
    assert_true(span_is(entries[2].values, "{\"phone\":\"0661111111\"}"));
    assert_string_equal(entries[3].kind, "delete");
    assert_string_equal(entries[3].reason, "entered twice");
    assert_null(entries[2].reason);
    assert_int_equal(entries[3].time_ms - entries[2].time_ms, 60000);
    assert_true(id_equal(entries[2].person, f->org.fatima));
    assert_true(id_equal(entries[2].device, identity.id));
    assert_false(entries[2].superseded);
}

static void history_marks_what_was_superseded(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct history_entry *entries = NULL;
    size_t count = 0;
    struct diag diag = {0};
    f->org.now_ms += 1;
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"phone\":\"0661111111\"}");
    f->org.now_ms += 1;
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"phone\":\"0662222222\"}");
    assert_int_equal(record_history(f->a, NULL, entity, &f->org.arena, &entries, &count, &diag),
                     OK);
    assert_true(entries[count - 2].superseded);
    assert_false(entries[count - 1].superseded);
}

static void history_hides_other_compartments(void **state)
{
    struct fixture *f = *state;
    struct id entity = patient(f);
    struct history_entry *entries = NULL;
    size_t all = 0;
    size_t some = 0;
    struct diag diag = {0};
    assert_int_equal(
        record_history(f->s, &f->org.said, entity, &f->org.arena, &entries, &all, &diag), OK);
    assert_int_equal(
        record_history(f->s, &f->org.fatima, entity, &f->org.arena, &entries, &some, &diag), OK);
    assert_int_equal(all, 2);
    assert_int_equal(some, 1);
    assert_null(strstr(arena_span_text(&f->org.arena, entries[0].values), "wg_seeing"));
}

/* ---- custody and status */

static void a_record_s_way_is_here_province_region(void **state)
{
    struct fixture *f = *state;
    struct id first = test_household(&f->org, f->a, "");  /* numbers 1, 2 */
    struct id second = test_household(&f->org, f->a, ""); /* numbers 3, 4 */
    struct node_status status;
    assert_int_equal(test_read(&f->org, f->a, first).custody, CUSTODY_HERE);
    sql(f, f->a, "UPDATE server SET acked = 2, synced_ms = 77");
    assert_int_equal(test_read(&f->org, f->a, first).custody, CUSTODY_PROVINCE);
    assert_int_equal(test_read(&f->org, f->a, second).custody, CUSTODY_HERE);
    sql(f, f->a, "UPDATE server SET acked = 3");
    sql(f, f->a, "UPDATE origin SET stable_seq = 2 WHERE seq = 4 AND open_signature IS NOT NULL");
    assert_int_equal(test_read(&f->org, f->a, first).custody, CUSTODY_REGION);
    assert_int_equal(test_read(&f->org, f->a, second).custody, CUSTODY_HERE); /* only half of it */
    assert_int_equal(node_status(f->a, &status), OK);
    assert_int_equal(status.ops_region, 2);
    assert_int_equal(status.ops_province, 1);
    assert_int_equal(status.ops_here, 1);
    assert_int_equal(status.records_region, 1);
    assert_int_equal(status.records_province, 0);
    assert_int_equal(status.records_here, 1);
    assert_int_equal(status.records, 2);
    assert_int_equal(status.synced_ms, 77);
    test_carry(&f->org, f->a, f->s);
    assert_int_equal(test_read(&f->org, f->s, first).custody, CUSTODY_PROVINCE);
}

/* ---- digests */

static void digests_follow_what_decides_who_is_shown_first(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    test_carry(&f->org, f->a, f->s);
    assert_string_equal(test_digest(&f->org, f->a), test_digest(&f->org, f->s));
    /* An earlier receipt lowers the effective time: that is a difference. */
    sql(f, f->s, "UPDATE op SET receipt_ms = 1 WHERE id = (SELECT max(id) FROM op)");
    assert_string_not_equal(test_digest(&f->org, f->a), test_digest(&f->org, f->s));
    (void)entity;
}

static void digests_leave_out_scopes_not_granted(void **state)
{
    struct fixture *f = *state;
    (void)test_save(&f->org, f->s, test_new(f->org.said, "household", TEST_COMMUNE2),
                    "{\"head_name_ar\":\"عائشة\"}");
    test_carry(&f->org, f->s, f->a);
    assert_non_null(strstr(test_digest(&f->org, f->s), TEST_COMMUNE2));
    assert_string_equal(test_digest(&f->org, f->a), "");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest cases[] = {
        CASE(a_title_names_choices_in_the_language_that_is_spoken),
        CASE(a_viewer_sees_only_compartments_of_her_grants),
        CASE(a_viewer_without_a_grant_there_sees_nothing),
        CASE(a_household_shows_its_whole_tree_and_a_member_its_own),
        CASE(children_are_not_shown_to_who_may_not_see_the_record),
        CASE(what_is_held_outlives_another_process_writing_configuration),
        CASE(a_list_leaves_out_what_the_viewer_may_not_read),
        CASE(a_dispute_in_a_hidden_compartment_isn_t_counted),
        CASE(a_list_pages_by_the_last_number),
        CASE(a_list_filters_by_the_value_of_a_property),
        CASE(filtering_by_a_hidden_property_finds_nothing),
        CASE(a_filter_that_names_nothing_known_is_refused),
        CASE(the_inbox_lists_disputes_alone),
        CASE(the_deleted_are_listed_when_asked_for),
        CASE(a_record_is_named_by_number_id_or_prefix),
        CASE(a_prefix_of_two_records_is_ambiguous),
        CASE(history_tells_every_act_oldest_first),
        CASE(history_marks_what_was_superseded),
        CASE(history_hides_other_compartments),
        CASE(a_record_s_way_is_here_province_region),
        CASE(digests_follow_what_decides_who_is_shown_first),
        CASE(digests_leave_out_scopes_not_granted),
    };
#undef CASE
    return cmocka_run_group_tests(cases, NULL, NULL);
}
