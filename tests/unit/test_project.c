#define _XOPEN_SOURCE 700

#include "test_record.h"

struct fixture {
    struct test_org org;
    struct node *a;
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    test_org_open(&f->org);
    f->a = test_org_device(&f->org, "A01", f->org.fatima, TEST_COMMUNE);
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

#define LABELS "\"labels\":{\"ar\":\"v\",\"fr\":\"v\",\"zgh\":\"v\",\"en\":\"v\"}"

static void publish_well(struct fixture *f, const char *version, const char *policy,
                         const char *title)
{
    char definition[1024];
    (void)snprintf(definition, sizeof definition,
                   "{\"type\":\"well\",\"version\":%s," LABELS ",\"title\":[\"%s\"],"
                   "\"properties\":[{\"id\":\"name\",\"type\":\"text\"," LABELS "},"
                   "{\"id\":\"depth\",\"type\":\"integer\",\"policy\":\"%s\"," LABELS "}]}",
                   version, title, policy);
    test_publish(&f->org, "_type", "well", definition);
}

static struct id well(struct fixture *f, struct node *node)
{
    return test_save(&f->org, node, test_new(f->org.fatima, "well", TEST_COMMUNE),
                     "{\"name\":\"Ain\",\"depth\":10}")
        .entity;
}

static void a_new_version_of_a_type_shows_old_ops_anew(void **state)
{
    struct fixture *f = *state;
    struct node *b = test_org_device(&f->org, "B02", f->org.brahim, TEST_COMMUNE);
    publish_well(f, "1", "review", "name");
    test_carry(&f->org, f->org.region, f->a);
    test_carry(&f->org, f->org.region, b);
    struct id entity = well(f, f->a);
    test_carry(&f->org, f->a, b);
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"depth\":12}");
    f->org.now_ms += 1000;
    (void)test_save(&f->org, b, test_edit(f->org.brahim, entity), "{\"depth\":11}");
    test_carry(&f->org, b, f->a);
    struct record record = test_read(&f->org, f->a, entity);
    assert_int_equal(record.dispute_count, 1);
    assert_string_equal(record.title, "Ain");
    publish_well(f, "2", "max", "depth");
    test_carry(&f->org, f->org.region, f->a);
    record = test_read(&f->org, f->a, entity);
    assert_int_equal(record.dispute_count, 0);
    assert_string_equal(record.title, "12");
    test_expect(&f->org, f->a, entity, "depth", "12");
}

static void a_record_of_an_unknown_type_shows_what_it_holds(void **state)
{
    struct fixture *f = *state;
    struct node *b = test_org_device(&f->org, "B02", f->org.brahim, TEST_COMMUNE);
    publish_well(f, "1", "review", "name");
    test_carry(&f->org, f->org.region, f->a);
    struct id entity = well(f, f->a);
    test_carry(&f->org, f->a, f->a);
    /* b hears of the record before it hears of the type. */
    struct arena arena;
    arena_init(&arena, &f->org.host.mem, 1024 * 1024);
    struct entity_row row;
    assert_int_equal(entity_find(f->a, entity, &row), OK);
    struct stmt *s = db_stmt(f->a->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    assert_int_equal(node_begin(b), OK);
    while (stmt_row(s)) {
        struct logged logged;
        enum applied applied;
        int64_t ignored = 0;
        assert_int_equal(log_read(f->a, stmt_i64(s, 0), &arena, &logged), OK);
        struct arriving in = {.op = &logged.op, .way = WAY_ABOVE, .receipt_ms = STAMP_NO_RECEIPT};
        assert_int_equal(log_apply(b, &in, &applied, &ignored), OK);
    }
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(node_end(b, OK), OK);
    arena_release(&arena);
    struct record record = test_read(&f->org, b, entity);
    assert_null(record.type);
    assert_string_equal(record.type_name, "well");
    assert_string_equal(record.title, record.case_number);
    test_expect(&f->org, b, entity, "depth", "10");
    struct diag diag = {0};
    assert_int_equal(
        test_try(&f->org, b, test_edit(f->org.brahim, entity), "{\"depth\":11}", NULL, &diag),
        ERR_UNKNOWN_TYPE);
    test_carry(&f->org, f->org.region, b);
    record = test_read(&f->org, b, entity);
    assert_non_null(record.type);
    assert_string_equal(record.title, "Ain");
}

static void a_promotion_counts_for_what_was_written_before(void **state)
{
    struct fixture *f = *state;
    struct node *b = test_org_device(&f->org, "B02", f->org.brahim, TEST_COMMUNE);
    struct id entity = test_household(&f->org, f->a, "");
    char text[ID_TEXT_SIZE];
    char definition[256];
    test_carry(&f->org, f->a, b);
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"priority\":\"urgent\"}");
    f->org.now_ms += 1000;
    (void)test_save(&f->org, b, test_edit(f->org.brahim, entity), "{\"priority\":\"low\"}");
    test_carry(&f->org, b, f->a);
    test_expect(&f->org, f->a, entity, "priority", "\"low\"");
    assert_int_equal(test_read(&f->org, f->a, entity).dispute_count, 1);
    id_write(f->org.fatima, text);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"name\":\"Fatima\",\"role\":\"supervisor\"}", text);
    test_publish(&f->org, "_person", text, definition);
    test_carry(&f->org, f->org.region, f->a);
    test_expect(&f->org, f->a, entity, "priority", "\"urgent\"");
    assert_int_equal(test_read(&f->org, f->a, entity).dispute_count, 0);
}

static void a_device_granted_more_shows_more(void **state)
{
    struct fixture *f = *state;
    struct node *s = test_org_device(&f->org, "S01", f->org.said, TEST_PROVINCE);
    struct saved saved = test_save(&f->org, s, test_new(f->org.said, "household", TEST_COMMUNE2),
                                   "{\"head_name_ar\":\"عائشة\"}");
    test_carry(&f->org, s, f->a);
    assert_int_equal(test_find(f->a, NULL, "عائشة").count, 0);
    test_publish_node(&f->org, f->a, "A01", "worker", TEST_PROVINCE);
    test_carry(&f->org, f->org.region, f->a);
    test_carry(&f->org, s, f->a); /* what was skipped for the stub */
    assert_int_equal(test_find(f->a, NULL, "عائشة").count, 1);
    assert_true(id_equal(test_find(f->a, NULL, "عائشة").first, saved.entity));
    test_publish_node(&f->org, f->a, "A01", "worker", TEST_COMMUNE);
    test_carry(&f->org, f->org.region, f->a);
    assert_int_equal(test_find(f->a, NULL, "عائشة").count, 0);
}

static void projecting_in_steps_ends_where_projecting_at_once_does(void **state)
{
    struct fixture *f = *state;
    struct node *b = test_org_device(&f->org, "B02", f->org.brahim, TEST_COMMUNE);
    bool more = true;
    size_t steps = 0;
    for (size_t i = 0; i < 10; i++) {
        (void)test_household(&f->org, f->a, "");
    }
    test_carry(&f->org, f->a, b);
    while (more) {
        assert_int_equal(node_project(b, 3, &more), OK);
        steps++;
    }
    assert_true(steps >= 4);
    assert_int_equal(test_find(b, NULL, "محمد").count, 10);
}

static void the_same_ops_in_any_order_show_the_same(void **state)
{
    struct fixture *f = *state;
    struct node *b = test_org_device(&f->org, "B02", f->org.brahim, TEST_COMMUNE);
    struct id entity = test_household(&f->org, f->a, "\"visits\":1");
    struct logged ops[16];
    size_t count = 0;
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity),
                    "{\"visits\":2,\"phone\":\"0661111111\",\"needs\":[\"food\"]}");
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity),
                    "{\"phone\":\"0662222222\",\"needs\":[\"water\"],\"status\":\"active\"}");
    struct entity_row row;
    assert_int_equal(entity_find(f->a, entity, &row), OK);
    struct stmt *s = db_stmt(f->a->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    while (stmt_row(s)) {
        assert_int_equal(log_read(f->a, stmt_i64(s, 0), &f->org.arena, &ops[count++]), OK);
    }
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(node_begin(b), OK);
    for (size_t i = count; i > 0; i--) { /* newest first, and each twice */
        struct arriving in = {
            .op = &ops[i - 1].op, .way = WAY_ABOVE, .receipt_ms = STAMP_NO_RECEIPT};
        enum applied applied;
        int64_t ignored = 0;
        assert_int_equal(log_apply(b, &in, &applied, &ignored), OK);
        assert_int_equal(applied, APPLIED_NEW);
        assert_int_equal(log_apply(b, &in, &applied, &ignored), OK);
        assert_int_equal(applied, APPLIED_KNOWN);
    }
    assert_int_equal(node_end(b, OK), OK);
    test_expect(&f->org, b, entity, "phone", "\"0662222222\"");
    test_expect(&f->org, b, entity, "visits", "3");
    test_expect(&f->org, b, entity, "needs", "[\"water\"]");
    assert_string_equal(test_digest(&f->org, f->a), test_digest(&f->org, b));
}

/* Another program may write what ours would refuse: 10 MiB of notes in one record. */
static void write_huge_note(struct fixture *f, struct id entity)
{
    static char values[61000];
    const struct op_register reg = {.name = span_of("vulnerability_note")};
    struct op_register registers[] = {reg};
    int64_t ignored = 0;
    size_t size = (size_t)snprintf(values, sizeof values, "{\"vulnerability_note\":\"");
    memset(values + size, 'x', 60000);
    memcpy(values + size + 60000, "\"}", 3);
    struct op op = {.person = f->org.fatima,
                    .entity = entity,
                    .type = span_of("household"),
                    .type_version = 1,
                    .compartment = span_of("base"),
                    .registers = registers,
                    .register_count = 1,
                    .extra = span_of("{}"),
                    .values = span_of(values)};
    assert_int_equal(log_stamp(f->a, &op.stamp), OK);
    assert_int_equal(log_write(f->a, &op, false, &ignored), OK);
}

static void a_record_too_large_to_show_stops_no_other(void **state)
{
    struct fixture *f = *state;
    struct id huge = test_household(&f->org, f->a, "");
    assert_int_equal(node_begin(f->a), OK);
    for (size_t i = 0; i < 170; i++) {
        write_huge_note(f, huge);
    }
    assert_int_equal(node_end(f->a, OK), OK);
    struct id other = test_household(&f->org, f->a, "");
    assert_true(id_equal(test_find(f->a, NULL, "محمد").first, other));
    char text[ID_TEXT_SIZE];
    id_write(huge, text);
    assert_string_equal(test_read(&f->org, f->a, huge).title, text);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest cases[] = {
        CASE(a_new_version_of_a_type_shows_old_ops_anew),
        CASE(a_record_of_an_unknown_type_shows_what_it_holds),
        CASE(a_promotion_counts_for_what_was_written_before),
        CASE(a_device_granted_more_shows_more),
        CASE(projecting_in_steps_ends_where_projecting_at_once_does),
        CASE(the_same_ops_in_any_order_show_the_same),
        CASE(a_record_too_large_to_show_stops_no_other),
    };
#undef CASE
    return cmocka_run_group_tests(cases, NULL, NULL);
}
