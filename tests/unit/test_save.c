#define _XOPEN_SOURCE 700

#include "test_record.h"

/* Two workers' devices in one commune. */
struct fixture {
    struct test_org org;
    struct node *a; /* Fatima's */
    struct node *b; /* Brahim's */
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    test_org_open(&f->org);
    f->a = test_org_device(&f->org, "A01", f->org.fatima, TEST_COMMUNE);
    f->b = test_org_device(&f->org, "B02", f->org.brahim, TEST_COMMUNE);
    test_carry(&f->org, f->org.region, f->a);
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

static struct saved edit_a(struct fixture *f, struct id entity, const char *answers)
{
    f->org.now_ms += 1000;
    return test_save(&f->org, f->a, test_edit(f->org.fatima, entity), answers);
}

static struct saved edit_b(struct fixture *f, struct id entity, const char *answers)
{
    f->org.now_ms += 1000;
    return test_save(&f->org, f->b, test_edit(f->org.brahim, entity), answers);
}

static void exchange(struct fixture *f)
{
    test_carry_both(&f->org, f->a, f->b);
}

/* Both devices show the same after exchanging. */
static void expect_both(struct fixture *f, struct id entity, const char *property, const char *json)
{
    test_expect(&f->org, f->a, entity, property, json);
    test_expect(&f->org, f->b, entity, property, json);
    assert_string_equal(test_digest(&f->org, f->a), test_digest(&f->org, f->b));
}

static struct id shared_household(struct fixture *f, const char *more)
{
    struct id entity = test_household(&f->org, f->a, more);
    exchange(f);
    return entity;
}

/* ---- new records */

static void a_new_record_has_a_number_a_title_and_a_place(void **state)
{
    struct fixture *f = *state;
    struct saved saved =
        test_save(&f->org, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE),
                  "{\"head_name_ar\":\"عائشة\",\"head_name_fr\":\"Aïcha\"}");
    struct record record = test_read(&f->org, f->a, saved.entity);
    assert_memory_equal(saved.case_number, "A01-00001-", 10);
    assert_string_equal(record.case_number, saved.case_number);
    assert_string_equal(record.title, "عائشة · Aïcha");
    assert_int_equal(record.scope_count, 1);
    assert_string_equal(record.scopes[0], TEST_COMMUNE);
    test_expect(&f->org, f->a, saved.entity, "place", "\"" TEST_COMMUNE "\"");
    assert_int_equal(record.custody, CUSTODY_HERE);
    assert_false(record.has_parent);
}

/* A form begins with the place that the command names; where the person answers another, it is
   there that the record belongs, and there that they must be allowed to write. */
static void the_answer_says_where_a_record_belongs(void **state)
{
    struct fixture *f = *state;
    struct node *s = test_org_device(&f->org, "S01", f->org.said, TEST_PROVINCE);
    struct saved saved = test_save(&f->org, s, test_new(f->org.said, "household", TEST_COMMUNE),
                                   "{\"head_name_ar\":\"عائشة\",\"place\":\"" TEST_COMMUNE2 "\"}");
    struct record record = test_read(&f->org, s, saved.entity);
    assert_int_equal(record.scope_count, 1);
    assert_string_equal(record.scopes[0], TEST_COMMUNE2);
    test_expect(&f->org, s, saved.entity, "place", "\"" TEST_COMMUNE2 "\"");
    struct diag diag = {0};
    assert_int_equal(test_try(&f->org, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE),
                              "{\"head_name_ar\":\"عائشة\",\"place\":\"" TEST_COMMUNE2 "\"}", NULL,
                              &diag),
                     ERR_OUT_OF_SCOPE);
}

static void the_place_can_come_as_an_answer(void **state)
{
    struct fixture *f = *state;
    struct saved saved = test_save(&f->org, f->a, test_new(f->org.fatima, "household", ""),
                                   "{\"head_name_ar\":\"عائشة\",\"place\":\"" TEST_COMMUNE "\"}");
    assert_string_equal(test_read(&f->org, f->a, saved.entity).scopes[0], TEST_COMMUNE);
}

static void a_root_s_scope_is_an_op_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct saved saved =
        test_save(&f->org, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE),
                  "{\"head_name_ar\":\"عائشة\"}");
    assert_int_equal(saved.op_count, 2);
    struct history_entry *entries = NULL;
    size_t count = 0;
    struct diag diag = {0};
    assert_int_equal(
        record_history(f->a, NULL, saved.entity, &f->org.arena, &entries, &count, &diag), OK);
    assert_int_equal(count, 2);
    size_t scopes = 0;
    for (size_t i = 0; i < count; i++) {
        scopes += span_is(entries[i].values, "{\"_scope\":\"" TEST_COMMUNE "\"}");
    }
    assert_int_equal(scopes, 1);
}

static void a_child_follows_its_root_and_knows_its_parent(void **state)
{
    struct fixture *f = *state;
    struct id household = test_household(&f->org, f->a, "");
    struct saved person = test_save(&f->org, f->a, test_child(f->org.fatima, "person", household),
                                    "{\"name_ar\":\"مريم\",\"sex\":\"f\"}");
    struct saved benefit =
        test_save(&f->org, f->a, test_child(f->org.fatima, "benefit", person.entity),
                  "{\"programme\":\"asd\",\"agency\":\"ads\",\"kind\":\"flour\",\"quantity\":\"2\","
                  "\"unit\":\"kg\",\"date_given\":\"2027-01-05\",\"given_by\":\"Said\"}");
    struct record record = test_read(&f->org, f->a, benefit.entity);
    assert_int_equal(person.op_count, 1);
    assert_true(id_equal(record.root, household));
    assert_true(id_equal(record.parent, person.entity));
    assert_string_equal(record.scopes[0], TEST_COMMUNE);
    assert_true(id_equal(test_read(&f->org, f->a, person.entity).parent, household));
    assert_string_not_equal(record.case_number, "");
}

static void a_save_over_compartments_is_one_tx(void **state)
{
    struct fixture *f = *state;
    struct id household = test_household(&f->org, f->a, "");
    struct saved saved =
        test_save(&f->org, f->a, test_child(f->org.fatima, "benefit", household),
                  "{\"programme\":\"asd\",\"agency\":\"ads\",\"kind\":\"cash\",\"quantity\":\"1\","
                  "\"unit\":\"month\",\"date_given\":\"2027-01-05\",\"given_by\":\"Said\","
                  "\"amount\":\"500\"}");
    assert_int_equal(saved.op_count, 2);
    struct entity_row row;
    struct live_op *live = NULL;
    size_t count = 0;
    struct logged ops[2];
    const char *const registers[] = {"kind", "amount"};
    assert_int_equal(entity_find(f->a, saved.entity, &row), OK);
    for (size_t i = 0; i < 2; i++) {
        int64_t reg = 0;
        assert_int_equal(symbol_find(f->a, span_of(registers[i]), &reg), OK);
        assert_int_equal(log_live(f->a, row.id, reg, &f->org.arena, &live, &count), OK);
        assert_int_equal(count, 1);
        assert_int_equal(log_read(f->a, live[0].op, &f->org.arena, &ops[i]), OK);
    }
    assert_true(span_is(ops[0].op.compartment, "base") && span_is(ops[1].op.compartment, "aid"));
    assert_true(ops[0].op.tx != 0 && ops[0].op.tx == ops[1].op.tx);
    assert_int_equal(ops[0].op.tx_count, 2);
    assert_int_not_equal(ops[0].op.tx_index, ops[1].op.tx_index);
    assert_int_equal(ops[0].op.stamp.counter, ops[1].op.stamp.counter);
    assert_int_equal(ops[0].op.stamp.time_ms, ops[1].op.stamp.time_ms);
}

static void a_form_names_its_version_and_maps_its_questions(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct save visit = {.person = f->org.fatima, .entity = entity, .form = "household_visit"};
    (void)test_save(&f->org, f->a, visit, "{\"last_visit\":\"2027-01-05\",\"visits\":1}");
    test_expect(&f->org, f->a, entity, "last_visit", "\"2027-01-05\"");
    test_expect(&f->org, f->a, entity, "visits", "1");
}

/* Quotes double in JSON: seven texts of 3,900 are more than one op may hold. */
static void a_large_save_is_cut_into_several_ops(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"name_ar",     "name_fr", "name_zgh",   "father_name",
                                        "mother_name", "skills",  "life_reason"};
    char text[2 * 3900 + 1] = "";
    struct buf answers;
    struct id household = test_household(&f->org, f->a, "");
    buf_init(&answers, &f->org.host.mem, 128 * 1024);
    for (size_t i = 0; i < 3900; i++) {
        memcpy(text + 2 * i, "\\\"", 2);
    }
    buf_add_text(&answers, "{\"sex\":\"f\",\"life_status\":\"present\",\"life_date\":\"2026\"");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        buf_add_format(&answers, ",\"%s\":\"%s\"", names[i], text);
    }
    buf_add_byte(&answers, '}');
    struct saved saved = test_save(&f->org, f->a, test_child(f->org.fatima, "person", household),
                                   buf_text(&answers));
    struct record record = test_read(&f->org, f->a, saved.entity);
    assert_int_equal(saved.op_count, 2);
    assert_int_equal(test_property(&record, "skills")->json.size, 7802);
    assert_int_equal(test_property(&record, "name_ar")->json.size, 7802);
    buf_release(&answers);
}

/* ---- edits */

static void save_without_change_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(
        &f->org, f->a,
        "\"needs\":[\"food\",\"water\"],\"status\":\"active\",\"phone\":\"0661234567\"");
    const char *before = test_digest(&f->org, f->a);
    int64_t ops = test_op_count(f->a);
    struct saved saved =
        edit_a(f, entity,
               "{\"head_name_ar\":\"محمد أيت علي\",\"needs\":[\"food\",\"water\"],"
               "\"status\":\"active\",\"phone\":\"0661234567\",\"visits\":0,\"landmark\":null}");
    assert_int_equal(saved.op_count, 0);
    assert_int_equal(test_op_count(f->a), ops);
    assert_string_equal(test_digest(&f->org, f->a), before);
}

static void only_what_differs_is_written(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "\"phone\":\"0661234567\"");
    (void)edit_a(f, entity, "{\"head_name_ar\":\"محمد أيت علي\",\"phone\":\"0671234567\"}");
    struct history_entry *entries = NULL;
    size_t count = 0;
    struct diag diag = {0};
    assert_int_equal(record_history(f->a, NULL, entity, &f->org.arena, &entries, &count, &diag),
                     OK);
    assert_true(span_is(entries[count - 1].values, "{\"phone\":\"0671234567\"}"));
}

static void apart_edits_of_two_fields_both_hold(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    (void)edit_b(f, entity, "{\"address\":\"قرب المسجد\"}");
    exchange(f);
    expect_both(f, entity, "phone", "\"0661111111\"");
    expect_both(f, entity, "address", "\"قرب المسجد\"");
    assert_int_equal(test_read(&f->org, f->a, entity).dispute_count, 0);
}

static void dispute_shows_one_keeps_both(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "\"phone\":\"0660000000\"");
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    (void)edit_b(f, entity, "{\"phone\":\"0662222222\"}");
    exchange(f);
    expect_both(f, entity, "phone", "\"0662222222\"");
    struct record record = test_read(&f->org, f->a, entity);
    const struct shown_property *phone = test_property(&record, "phone");
    assert_int_equal(record.dispute_count, 1);
    assert_true(phone->disputed);
    assert_int_equal(phone->alternative_count, 2);
    assert_true(phone->alternatives[0].shown);
    assert_true(span_is(phone->alternatives[0].json, "\"0662222222\""));
    assert_true(id_equal(phone->alternatives[0].person, f->org.brahim));
    assert_true(span_is(phone->alternatives[1].json, "\"0661111111\""));
}

static void the_same_value_written_apart_is_no_dispute(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    (void)edit_b(f, entity, "{\"phone\":\"0661111111\"}");
    exchange(f);
    assert_int_equal(test_read(&f->org, f->a, entity).dispute_count, 0);
    (void)edit_a(f, entity, "{\"phone\":\"0663333333\"}");
    exchange(f);
    expect_both(f, entity, "phone", "\"0663333333\"");
    assert_int_equal(test_read(&f->org, f->b, entity).dispute_count, 0);
}

static void edit_of_disputed_register_does_not_decide_it(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    (void)edit_b(f, entity, "{\"phone\":\"0662222222\"}");
    exchange(f);
    (void)edit_a(f, entity, "{\"phone\":\"0663333333\"}");
    exchange(f);
    expect_both(f, entity, "phone", "\"0663333333\"");
    struct record record = test_read(&f->org, f->b, entity);
    const struct shown_property *phone = test_property(&record, "phone");
    assert_true(phone->disputed);
    assert_int_equal(phone->alternative_count, 2);
    assert_true(span_is(phone->alternatives[1].json, "\"0661111111\""));
}

static void a_group_is_written_and_disputed_whole(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "\"status\":\"active\",\"status_date\":\"2026\"");
    (void)edit_a(f, entity, "{\"status\":\"moved\"}");
    (void)edit_b(f, entity, "{\"status_date\":\"2027\"}");
    exchange(f);
    struct record record = test_read(&f->org, f->a, entity);
    assert_int_equal(record.dispute_count, 1);
    expect_both(f, entity, "status", "\"active\"");
    expect_both(f, entity, "status_date", "\"2027\"");
    const struct shown_property *date = test_property(&record, "status_date");
    assert_true(date->disputed && test_property(&record, "status")->disputed);
    assert_true(span_is(date->alternatives[1].json, "\"2026\""));
}

/* ---- policies */

static void last_shows_the_latest_and_asks_nobody(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    (void)edit_a(f, entity, "{\"landmark\":\"العين\"}");
    (void)edit_b(f, entity, "{\"landmark\":\"المدرسة\"}");
    exchange(f);
    expect_both(f, entity, "landmark", "\"المدرسة\"");
    assert_int_equal(test_read(&f->org, f->a, entity).dispute_count, 0);
}

static void max_and_min_keep_the_extremes(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    (void)edit_a(f, entity, "{\"last_visit\":\"2027-02-01\",\"first_seen\":\"2025-05\"}");
    (void)edit_b(f, entity, "{\"last_visit\":\"2027-01-01\",\"first_seen\":\"2026-05\"}");
    exchange(f);
    expect_both(f, entity, "last_visit", "\"2027-02-01\"");
    expect_both(f, entity, "first_seen", "\"2025-05\"");
    (void)edit_b(f, entity, "{\"last_visit\":\"2027-01-15\"}"); /* a correction, knowing */
    exchange(f);
    expect_both(f, entity, "last_visit", "\"2027-01-15\"");
}

static void sets_merge_element_by_element(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "\"needs\":[\"food\",\"water\"]");
    (void)edit_a(f, entity, "{\"needs\":[\"food\",\"health\",\"water\"]}");
    (void)edit_b(f, entity, "{\"needs\":[\"food\",\"income\"]}");
    exchange(f);
    expect_both(f, entity, "needs", "[\"food\",\"health\",\"income\"]");
    (void)edit_a(f, entity, "{\"needs\":null}");
    exchange(f);
    expect_both(f, entity, "needs", "null");
}

static void counters_add_up(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "\"visits\":2");
    (void)edit_a(f, entity, "{\"visits\":1}");
    (void)edit_b(f, entity, "{\"visits\":3}");
    exchange(f);
    expect_both(f, entity, "visits", "6");
}

static void notes_are_all_kept_oldest_first(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    (void)edit_a(f, entity, "{\"vulnerability_note\":\"un\"}");
    (void)edit_b(f, entity, "{\"vulnerability_note\":\"deux\"}");
    exchange(f);
    expect_both(f, entity, "vulnerability_note", "[\"un\",\"deux\"]");
}

static void a_supervisor_stands_over_a_worker(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "\"priority\":\"low\"");
    f->org.now_ms += 1000;
    (void)test_save(&f->org, f->b, test_edit(f->org.said, entity), "{\"priority\":\"urgent\"}");
    (void)edit_a(f, entity, "{\"priority\":\"normal\"}"); /* later, and apart */
    exchange(f);
    expect_both(f, entity, "priority", "\"urgent\"");
    assert_int_equal(test_read(&f->org, f->a, entity).dispute_count, 0);
}

static void a_calculated_property_can_t_be_written(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct diag diag = {0};
    assert_int_equal(test_try(&f->org, f->a, test_edit(f->org.fatima, entity),
                              "{\"vulnerability_score\":5}", NULL, &diag),
                     ERR_READ_ONLY);
}

/* ---- decisions */

static struct id disputed_phone(struct fixture *f)
{
    struct id entity = shared_household(f, "");
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    (void)edit_b(f, entity, "{\"phone\":\"0662222222\"}");
    exchange(f);
    return entity;
}

static void a_decision_ends_a_dispute_everywhere(void **state)
{
    struct fixture *f = *state;
    struct id entity = disputed_phone(f);
    struct diag diag = {0};
    struct resolve resolve = {.person = f->org.said,
                              .entity = entity,
                              .property = "phone",
                              .take = 1,
                              .reason = "called it"};
    assert_int_equal(node_resolve(f->a, &resolve, &f->org.arena, &diag), OK);
    exchange(f);
    expect_both(f, entity, "phone", "\"0661111111\"");
    assert_int_equal(test_read(&f->org, f->b, entity).dispute_count, 0);
    assert_int_equal(node_resolve(f->a, &resolve, &f->org.arena, &diag), ERR_NOT_DISPUTED);
}

static void a_decision_leaves_what_it_has_not_seen(void **state)
{
    struct fixture *f = *state;
    struct id entity = disputed_phone(f);
    struct diag diag = {0};
    (void)edit_b(f, entity, "{\"phone\":\"0663333333\"}");
    struct resolve resolve = {.person = f->org.said,
                              .entity = entity,
                              .property = "phone",
                              .take = -1,
                              .value = span_of("\"0664444444\""),
                              .reason = "from the register"};
    f->org.now_ms += 1000;
    assert_int_equal(node_resolve(f->a, &resolve, &f->org.arena, &diag), OK);
    exchange(f);
    expect_both(f, entity, "phone", "\"0664444444\"");
    struct record record = test_read(&f->org, f->b, entity);
    const struct shown_property *phone = test_property(&record, "phone");
    assert_int_equal(phone->alternative_count, 2);
    assert_true(span_is(phone->alternatives[1].json, "\"0663333333\""));
}

static void a_group_is_decided_by_alternative_or_by_value(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "\"status\":\"active\",\"status_date\":\"2026\"");
    struct diag diag = {0};
    (void)edit_a(f, entity, "{\"status\":\"moved\"}");
    (void)edit_b(f, entity, "{\"status_date\":\"2027\"}");
    exchange(f);
    struct resolve resolve = {.person = f->org.said,
                              .entity = entity,
                              .property = "status",
                              .take = -1,
                              .value = span_of("\"moved\""),
                              .reason = "both are right"};
    assert_int_equal(node_resolve(f->a, &resolve, &f->org.arena, &diag), OK);
    exchange(f);
    expect_both(f, entity, "status", "\"moved\"");
    expect_both(f, entity, "status_date", "\"2027\"");
    assert_int_equal(test_read(&f->org, f->b, entity).dispute_count, 0);
}

static void only_a_reviewer_decides_and_gives_a_reason(void **state)
{
    struct fixture *f = *state;
    struct id entity = disputed_phone(f);
    const char *before = test_digest(&f->org, f->a);
    struct diag diag = {0};
    struct resolve resolve = {
        .person = f->org.fatima, .entity = entity, .property = "phone", .reason = "mine"};
    assert_int_equal(node_resolve(f->a, &resolve, &f->org.arena, &diag), ERR_NOT_ALLOWED);
    resolve.person = f->org.said;
    resolve.reason = "";
    assert_int_equal(node_resolve(f->a, &resolve, &f->org.arena, NULL), ERR_MISSING_ARGUMENT);
    assert_string_equal(test_digest(&f->org, f->a), before);
}

/* ---- deletions */

static void a_deleted_record_is_hidden_and_not_editable(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    struct diag diag = {0};
    assert_int_equal(node_delete(f->a, f->org.fatima, entity, "entered twice", &diag), OK);
    exchange(f);
    assert_true(test_read(&f->org, f->b, entity).deleted);
    assert_false(test_read(&f->org, f->b, entity).edited_after_delete);
    assert_int_equal(test_find(f->b, NULL, "محمد").count, 0);
    assert_int_equal(test_try(&f->org, f->b, test_edit(f->org.brahim, entity),
                              "{\"phone\":\"0661111111\"}", NULL, &diag),
                     ERR_DELETED);
    assert_int_equal(node_delete(f->a, f->org.fatima, entity, NULL, NULL), ERR_DELETED);
}

static void an_edit_made_apart_from_a_deletion_stays_visible(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "");
    struct diag diag = {0};
    struct flag_row *flags = NULL;
    size_t count = 0;
    (void)edit_b(f, entity, "{\"phone\":\"0662222222\"}"); /* before, but unknown to the deletion */
    f->org.now_ms += 1000;
    assert_int_equal(node_delete(f->a, f->org.fatima, entity, "gone", &diag), OK);
    exchange(f);
    struct record record = test_read(&f->org, f->a, entity);
    assert_true(record.deleted && record.edited_after_delete);
    expect_both(f, entity, "phone", "\"0662222222\"");
    assert_int_equal(record_flags(f->a, &f->org.arena, &flags, &count), OK);
    assert_int_equal(count, 1);
    assert_string_equal(flags[0].why, "edited_after_delete");
    assert_true(id_equal(flags[0].entity, entity) && id_equal(flags[0].person, f->org.brahim));
    assert_int_equal(record_flag_settle(f->a, flags[0].uid, flags[0].why, &diag), OK);
    assert_int_equal(record_flags(f->a, &f->org.arena, &flags, &count), OK);
    assert_int_equal(count, 0);
}

/* ---- moves */

static void a_moved_household_takes_its_tree_along(void **state)
{
    struct fixture *f = *state;
    struct node *s = test_org_device(&f->org, "S01", f->org.said, TEST_PROVINCE);
    struct id entity = test_household(&f->org, f->a, "");
    struct saved person = test_save(&f->org, f->a, test_child(f->org.fatima, "person", entity),
                                    "{\"name_ar\":\"مريم\",\"sex\":\"f\"}");
    struct record record = {.title = NULL};
    struct diag diag = {0};
    test_carry(&f->org, f->a, s);
    f->org.now_ms += 1000;
    (void)test_save(&f->org, s, test_edit(f->org.said, entity),
                    "{\"place\":\"" TEST_COMMUNE2 "\"}");
    assert_string_equal(test_read(&f->org, s, person.entity).scopes[0], TEST_COMMUNE2);
    test_carry(&f->org, s, f->a);
    assert_int_equal(record_read(f->a, NULL, entity, &f->org.arena, &record, &diag),
                     ERR_OUT_OF_SCOPE);
    assert_int_equal(record_read(f->a, NULL, person.entity, &f->org.arena, &record, &diag),
                     ERR_OUT_OF_SCOPE);
    assert_int_equal(test_find(f->a, NULL, "مريم").count, 0);
    f->org.now_ms += 1000;
    (void)test_save(&f->org, s, test_edit(f->org.said, entity), "{\"place\":\"" TEST_COMMUNE "\"}");
    test_carry(&f->org, s, f->a);
    test_carry(&f->org, s, f->a); /* what was skipped as out of sight; a hub sends it with ENTER */
    assert_int_equal(test_find(f->a, NULL, "مريم").count, 1);
    assert_string_equal(test_digest(&f->org, f->a), test_digest(&f->org, s));
}

static void a_worker_can_t_move_a_household_where_she_may_not_write(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    const char *before = test_digest(&f->org, f->a);
    struct diag diag = {0};
    assert_int_equal(test_try(&f->org, f->a, test_edit(f->org.fatima, entity),
                              "{\"place\":\"" TEST_COMMUNE2 "\"}", NULL, &diag),
                     ERR_OUT_OF_SCOPE);
    assert_string_equal(test_digest(&f->org, f->a), before);
}

/* ---- places found on the way */

static void a_new_place_can_be_lived_in(void **state)
{
    struct fixture *f = *state;
    struct saved place = {.op_count = 0};
    struct span code = {0};
    struct diag diag = {0};
    struct change name = {"name_ar", span_of("\"دوار تيزي\"")};
    char text[PLACE_CODE_MAX + 1];
    assert_int_equal(node_place_add(f->a, f->org.fatima, TEST_COMMUNE, &name, 1, &f->org.arena,
                                    &place, &code, &diag),
                     OK);
    span_text(code, text, sizeof text);
    assert_true(place_within(code, span_of(TEST_COMMUNE)));
    struct saved saved = test_save(&f->org, f->a, test_new(f->org.fatima, "household", text),
                                   "{\"head_name_ar\":\"عائشة\"}");
    assert_string_equal(test_read(&f->org, f->a, saved.entity).scopes[0], text);
    assert_string_equal(test_read(&f->org, f->a, place.entity).scopes[0], TEST_COMMUNE);
}

/* ---- doubles */

static void an_identity_entered_twice_warns(void **state)
{
    struct fixture *f = *state;
    struct id household = shared_household(f, "");
    struct saved first =
        test_save(&f->org, f->a, test_child(f->org.fatima, "person", household),
                  "{\"name_ar\":\"مريم\",\"sex\":\"f\",\"national_id\":\"IB123456\"}");
    assert_int_equal(first.warning_count, 0);
    exchange(f);
    struct saved second =
        test_save(&f->org, f->b, test_child(f->org.brahim, "person", household),
                  "{\"name_ar\":\"مريم\",\"sex\":\"f\",\"national_id\":\"IB123456\"}");
    assert_int_equal(second.warning_count, 1);
    assert_string_equal(second.warnings[0].property, "national_id");
    assert_true(id_equal(second.warnings[0].entity, first.entity));
}

static void checking_warns_and_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct id household = test_household(&f->org, f->a, "\"rsu_number\":\"12345678\"");
    const char *before = test_digest(&f->org, f->a);
    struct save save = test_new(f->org.fatima, "household", TEST_COMMUNE);
    struct saved saved = {.op_count = 0};
    struct diag diag = {0};
    save.changes = test_changes(&f->org, "{\"head_name_ar\":\"عائشة\",\"rsu_number\":\"12345678\"}",
                                &save.change_count);
    assert_int_equal(node_save_check(f->a, &save, &f->org.arena, &saved, &diag), OK);
    assert_int_equal(saved.warning_count, 1);
    assert_true(id_equal(saved.warnings[0].entity, household));
    assert_int_equal(saved.op_count, 2);
    assert_string_equal(test_digest(&f->org, f->a), before);
}

/* ---- refusals: nothing of a refused save stays */

static void refused(struct fixture *f, struct node *node, struct save save, const char *answers,
                    enum err expected)
{
    const char *before = test_digest(&f->org, node);
    int64_t ops = test_op_count(node);
    struct diag diag = {0};
    enum err e = test_try(&f->org, node, save, answers, NULL, &diag);
    if (e != expected) {
        fail_msg("%s, not %s: %s (%s %s)", err_name(e), err_name(expected), answers, diag.args[0],
                 diag.args[1]);
    }
    assert_int_equal(diag.code, expected);
    assert_string_equal(test_digest(&f->org, node), before);
    assert_int_equal(test_op_count(node), ops);
}

static void wrong_answers_are_refused(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct save edit = test_edit(f->org.fatima, entity);
    struct save visit = {.person = f->org.fatima, .entity = entity, .form = "household_visit"};
    struct save person = {.person = f->org.fatima, .entity = entity, .form = "register_person"};
    refused(f, f->a, edit, "{\"phone\":\"12\"}", ERR_PATTERN);
    refused(f, f->a, edit, "{\"members\":400}", ERR_OUT_OF_RANGE);
    refused(f, f->a, edit, "{\"water\":\"champagne\"}", ERR_BAD_CHOICE);
    refused(f, f->a, edit, "{\"members\":\"many\"}", ERR_BAD_VALUE);
    refused(f, f->a, edit, "{\"shoe_size\":40}", ERR_UNKNOWN_PROPERTY);
    refused(f, f->a, edit, "{\"head_name_ar\":null}", ERR_REQUIRED);
    refused(f, f->a, edit, "{\"status_reason\":\"gone\"}", ERR_GROUP_INCOMPLETE);
    refused(f, f->a, edit, "{\"place\":\"05.999.99.99\"}", ERR_UNKNOWN_PLACE);
    refused(f, f->a, visit, "{\"last_visit\":null,\"visits\":1}", ERR_REQUIRED);
    refused(f, f->a, person, "{\"name_ar\":\"x\"}", ERR_BAD_CHOICE);
    refused(f, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE), "{}", ERR_REQUIRED);
    refused(f, f->a, test_new(f->org.fatima, "household", ""), "{\"head_name_ar\":\"x\"}",
            ERR_MISSING_ARGUMENT);
    refused(f, f->a, test_new(f->org.fatima, "person", TEST_COMMUNE), "{}", ERR_MISSING_ARGUMENT);
    refused(f, f->a, test_new(f->org.fatima, "castle", TEST_COMMUNE), "{}", ERR_UNKNOWN_TYPE);
    refused(f, f->a, test_new(f->org.fatima, "household", "05.999"), "{\"head_name_ar\":\"x\"}",
            ERR_UNKNOWN_PLACE);
}

static void work_out_of_reach_is_refused(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct saved person = test_save(&f->org, f->a, test_child(f->org.fatima, "person", entity),
                                    "{\"name_ar\":\"مريم\",\"sex\":\"f\"}");
    struct id nobody = {{7}};
    refused(f, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE2),
            "{\"head_name_ar\":\"x\"}", ERR_OUT_OF_SCOPE);
    refused(f, f->a, test_new(f->org.said, "household", TEST_COMMUNE2), "{\"head_name_ar\":\"x\"}",
            ERR_OUT_OF_SCOPE); /* he may, the device isn't granted it */
    refused(f, f->a, test_edit(f->org.fatima, person.entity), "{\"wg_seeing\":\"some\"}",
            ERR_NOT_ALLOWED);
    refused(f, f->a, test_edit(nobody, entity), "{\"phone\":\"0661111111\"}", ERR_UNKNOWN_PERSON);
    refused(f, f->a, test_edit(f->org.fatima, nobody), "{\"phone\":\"0661111111\"}", ERR_NOT_FOUND);
}

static void the_revoked_and_the_unenrolled_write_nothing(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct diag diag = {0};
    char text[ID_TEXT_SIZE];
    id_write(f->org.fatima, text);
    assert_int_equal(org_revoke(f->org.region, "_person", text, &diag), OK);
    test_carry(&f->org, f->org.region, f->a);
    refused(f, f->a, test_edit(f->org.fatima, entity), "{\"phone\":\"0661111111\"}", ERR_REVOKED);
    struct node *bare = test_org_node(&f->org, ROLE_WORKER);
    assert_int_equal(test_try(&f->org, bare, test_new(f->org.fatima, "household", TEST_COMMUNE),
                              "{\"head_name_ar\":\"x\"}", NULL, &diag),
                     ERR_NOT_ENROLLED);
}

/* Each allocation in turn: whole failures only, nothing leaks, and then it works. */
static void a_save_without_memory_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "\"needs\":[\"food\"]");
    const char *before = test_digest(&f->org, f->a);
    struct save save = test_edit(f->org.fatima, entity);
    struct saved saved = {.op_count = 0};
    size_t failures = 0;
    save.changes = test_changes(
        &f->org, "{\"needs\":[\"water\"],\"status\":\"active\",\"phone\":\"0661111111\"}",
        &save.change_count);
    for (size_t nth = 1;; nth++) {
        struct arena arena;
        arena_init(&arena, &f->org.host.mem, 1024 * 1024);
        f->org.memory.failed = false;
        f->org.memory.fail_at = f->org.memory.total_count + nth;
        enum err e = node_save(f->a, &save, &arena, &saved, NULL);
        f->org.memory.fail_at = 0;
        arena_release(&arena);
        if (!f->org.memory.failed) {
            assert_int_equal(e, OK);
            break;
        }
        assert_int_equal(e, ERR_NOMEM);
        assert_string_equal(test_digest(&f->org, f->a), before);
        failures++;
    }
    assert_true(failures > 20);
    test_expect(&f->org, f->a, entity, "needs", "[\"water\"]");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest cases[] = {
        CASE(a_new_record_has_a_number_a_title_and_a_place),
        CASE(the_place_can_come_as_an_answer),
        CASE(the_answer_says_where_a_record_belongs),
        CASE(a_root_s_scope_is_an_op_of_its_own),
        CASE(a_child_follows_its_root_and_knows_its_parent),
        CASE(a_save_over_compartments_is_one_tx),
        CASE(a_form_names_its_version_and_maps_its_questions),
        CASE(a_large_save_is_cut_into_several_ops),
        CASE(save_without_change_writes_nothing),
        CASE(only_what_differs_is_written),
        CASE(apart_edits_of_two_fields_both_hold),
        CASE(dispute_shows_one_keeps_both),
        CASE(the_same_value_written_apart_is_no_dispute),
        CASE(edit_of_disputed_register_does_not_decide_it),
        CASE(a_group_is_written_and_disputed_whole),
        CASE(last_shows_the_latest_and_asks_nobody),
        CASE(max_and_min_keep_the_extremes),
        CASE(sets_merge_element_by_element),
        CASE(counters_add_up),
        CASE(notes_are_all_kept_oldest_first),
        CASE(a_supervisor_stands_over_a_worker),
        CASE(a_calculated_property_can_t_be_written),
        CASE(a_decision_ends_a_dispute_everywhere),
        CASE(a_decision_leaves_what_it_has_not_seen),
        CASE(a_group_is_decided_by_alternative_or_by_value),
        CASE(only_a_reviewer_decides_and_gives_a_reason),
        CASE(a_deleted_record_is_hidden_and_not_editable),
        CASE(an_edit_made_apart_from_a_deletion_stays_visible),
        CASE(a_moved_household_takes_its_tree_along),
        CASE(a_worker_can_t_move_a_household_where_she_may_not_write),
        CASE(a_new_place_can_be_lived_in),
        CASE(an_identity_entered_twice_warns),
        CASE(checking_warns_and_writes_nothing),
        CASE(wrong_answers_are_refused),
        CASE(work_out_of_reach_is_refused),
        CASE(the_revoked_and_the_unenrolled_write_nothing),
        CASE(a_save_without_memory_changes_nothing),
    };
#undef CASE
    return cmocka_run_group_tests(cases, NULL, NULL);
}
