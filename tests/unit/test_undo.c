#define _XOPEN_SOURCE 700

#include <sqlite3.h>

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

/* ---- undo */

/* What the sync does to the row of the only server, done to its database directly. */
static void server_says(struct fixture *f, size_t node, const char *assignment)
{
    sqlite3 *db = NULL;
    char sql[128];
    (void)snprintf(sql, sizeof sql, "UPDATE server SET %s", assignment);
    assert_int_equal(sqlite3_open(f->org.paths[node], &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t own_seq(struct node *node)
{
    return test_op_count(node); /* of the one origin that a fresh device has */
}

static void undo_of_a_new_record_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct id first = test_household(&f->org, f->a, "");
    const char *before = test_digest(&f->org, f->a);
    int64_t seq = own_seq(f->a);
    struct id entity = test_household(&f->org, f->a, "\"phone\":\"0661111111\"");
    struct id undone;
    struct record record = {.title = NULL};
    struct diag diag = {0};
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), OK);
    assert_true(id_equal(undone, entity));
    assert_int_equal(record_read(f->a, NULL, entity, &f->org.arena, &record, &diag), ERR_NOT_FOUND);
    assert_int_equal(test_find(f->a, NULL, "0661111111").count, 0);
    assert_int_equal(own_seq(f->a), seq);
    assert_string_equal(test_digest(&f->org, f->a), before);
    assert_int_equal(test_read(&f->org, f->a, first).custody, CUSTODY_HERE);
}

static void undo_of_an_edit_brings_back_what_stood(void **state)
{
    struct fixture *f = *state;
    struct id entity =
        test_household(&f->org, f->a, "\"phone\":\"0660000000\",\"needs\":[\"food\"],\"visits\":1");
    const char *before = test_digest(&f->org, f->a);
    struct id undone;
    struct diag diag = {0};
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\",\"needs\":[\"water\"],\"visits\":2}");
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), OK);
    test_expect(&f->org, f->a, entity, "phone", "\"0660000000\"");
    test_expect(&f->org, f->a, entity, "needs", "[\"food\"]");
    test_expect(&f->org, f->a, entity, "visits", "1");
    assert_string_equal(test_digest(&f->org, f->a), before);
}

static void undo_keeps_dead_what_others_superseded_too(void **state)
{
    struct fixture *f = *state;
    struct id entity = shared_household(f, "\"phone\":\"0660000000\"");
    struct id undone;
    struct diag diag = {0};
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    (void)edit_b(f, entity, "{\"phone\":\"0662222222\"}");
    test_carry(&f->org, f->b, f->a);
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), OK);
    expect_both(f, entity, "phone", "\"0662222222\"");
    assert_int_equal(test_read(&f->org, f->a, entity).dispute_count, 0);
}

static void undo_takes_back_a_whole_tx(void **state)
{
    struct fixture *f = *state;
    struct id household = test_household(&f->org, f->a, "");
    int64_t seq = own_seq(f->a);
    const char *before = test_digest(&f->org, f->a);
    struct id undone;
    struct diag diag = {0};
    struct saved saved =
        test_save(&f->org, f->a, test_child(f->org.fatima, "benefit", household),
                  "{\"programme\":\"asd\",\"agency\":\"ads\",\"kind\":\"cash\",\"quantity\":\"1\","
                  "\"unit\":\"month\",\"date_given\":\"2027-01-05\",\"given_by\":\"Said\","
                  "\"amount\":\"500\"}");
    assert_int_equal(saved.op_count, 2);
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), OK);
    assert_int_equal(own_seq(f->a), seq);
    assert_string_equal(test_digest(&f->org, f->a), before);
}

static void undo_of_a_deletion_shows_the_record_again(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct id undone;
    struct diag diag = {0};
    assert_int_equal(node_delete(f->a, f->org.fatima, entity, "slip", &diag), OK);
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), OK);
    assert_false(test_read(&f->org, f->a, entity).deleted);
    assert_int_equal(test_find(f->a, NULL, "محمد").count, 1);
}

static void numbers_are_used_again_after_an_undo(void **state)
{
    struct fixture *f = *state;
    struct id entity = test_household(&f->org, f->a, "");
    struct id undone;
    struct diag diag = {0};
    struct node *reopened = NULL;
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), OK);
    /* The anchor went back too: opened again, the database isn't taken for a restored one. */
    struct id origin = f->a->own_origin_name;
    node_close(f->a);
    assert_int_equal(node_open(&f->org.host, f->org.paths[1], &reopened, &diag), OK);
    f->org.nodes[1] = reopened;
    f->a = reopened;
    assert_true(id_equal(f->a->own_origin_name, origin));
    (void)edit_a(f, entity, "{\"phone\":\"0662222222\"}");
    assert_int_equal(own_seq(f->a), 3);
    struct link chained = link_first(origin);
    for (int64_t seq = 1; seq <= 3; seq++) {
        struct link link;
        bool found = false;
        struct logged logged;
        struct stmt *s = db_stmt(f->a->db, OP_IN_SLOT);
        stmt_bind_i64(s, 1, f->a->own_origin);
        stmt_bind_i64(s, 2, seq);
        int64_t row = stmt_row(s) ? stmt_i64(s, 0) : 0;
        assert_int_equal(stmt_end(s), OK);
        assert_int_equal(log_read(f->a, row, &f->org.arena, &logged), OK);
        chained = link_next(chained, &logged.op.hash);
        assert_int_equal(log_link_at(f->a, f->a->own_origin, seq, &found, &link), OK);
        assert_true(found && link_equal(link, chained));
    }
}

static void what_may_be_known_elsewhere_is_not_undone(void **state)
{
    struct fixture *f = *state;
    struct id undone;
    struct diag diag = {0};
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), ERR_NOTHING_TO_UNDO);
    struct id entity = test_household(&f->org, f->a, ""); /* numbers 1 and 2 */
    assert_int_equal(node_undo(f->a, f->org.brahim, &undone, &diag), ERR_NOTHING_TO_UNDO);
    server_says(f, 1, "unsure = 2");
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), ERR_NOTHING_TO_UNDO);
    server_says(f, 1, "unsure = 0, acked = 2");
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), ERR_NOTHING_TO_UNDO);
    server_says(f, 1, "acked = 1"); /* half of a tx */
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), ERR_NOTHING_TO_UNDO);
    server_says(f, 1, "acked = 2");
    (void)edit_a(f, entity, "{\"phone\":\"0661111111\"}");
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), OK);
    test_expect(&f->org, f->a, entity, "phone", "null");
    assert_int_equal(node_undo(f->a, f->org.fatima, &undone, &diag), ERR_NOTHING_TO_UNDO);
}

static void a_moved_household_comes_back_by_undo(void **state)
{
    struct fixture *f = *state;
    struct node *s = test_org_device(&f->org, "S01", f->org.said, TEST_PROVINCE);
    struct saved saved = test_save(&f->org, s, test_new(f->org.said, "household", TEST_COMMUNE),
                                   "{\"head_name_ar\":\"عائشة\"}");
    const char *before = test_digest(&f->org, s);
    struct id undone;
    struct diag diag = {0};
    (void)test_save(&f->org, s, test_edit(f->org.said, saved.entity),
                    "{\"place\":\"" TEST_COMMUNE2 "\"}");
    assert_int_equal(node_undo(s, f->org.said, &undone, &diag), OK);
    assert_string_equal(test_read(&f->org, s, saved.entity).scopes[0], TEST_COMMUNE);
    assert_string_equal(test_digest(&f->org, s), before);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest cases[] = {
        CASE(undo_of_a_new_record_leaves_nothing),
        CASE(undo_of_an_edit_brings_back_what_stood),
        CASE(undo_keeps_dead_what_others_superseded_too),
        CASE(undo_takes_back_a_whole_tx),
        CASE(undo_of_a_deletion_shows_the_record_again),
        CASE(numbers_are_used_again_after_an_undo),
        CASE(what_may_be_known_elsewhere_is_not_undone),
        CASE(a_moved_household_comes_back_by_undo),
    };
#undef CASE
    return cmocka_run_group_tests(cases, NULL, NULL);
}
