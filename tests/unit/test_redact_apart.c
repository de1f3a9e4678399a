/*
 * test_redact_apart.c - marks of redaction that come without what the region wrote beside them, or
 * amid other changes.
 */
#define _XOPEN_SOURCE 700

#include "test_redact.h"

/* The region's ops from `after` on, as the replies of one sync bring them; the last is returned. */
static int64_t hand_over(struct town *town, struct node *to, int64_t after)
{
    struct arena arena;
    int64_t last = after;
    arena_init(&arena, &town->nodes.host.mem, 64u << 20);
    assert_int_equal(to ? node_begin(to) : OK, OK);
    struct stmt *s = db_stmt(town->region->db, AUDIT_OPS);
    stmt_bind_i64(s, 1, after);
    stmt_bind_i64(s, 2, 1000);
    while (stmt_row(s)) {
        struct logged logged;
        enum applied applied;
        int64_t ignored = 0;
        last = stmt_i64(s, 0);
        assert_int_equal(log_read(town->region, last, &arena, &logged), OK);
        struct arriving in = {.op = &logged.op,
                              .way = WAY_ABOVE,
                              .receipt_ms = logged.receipt_ms,
                              .has_org_signature = logged.has_org_signature,
                              .org_signature = logged.org_signature};
        assert_int_equal(to ? log_apply(to, &in, &applied, &ignored) : OK, OK);
    }
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(to ? node_end(to, OK) : OK, OK);
    arena_release(&arena);
    return last;
}

/* A grant that went and came back meanwhile is told in the order of those: what a mark makes anew
   in between is not what a person is shown in the end. */
static void a_mark_that_comes_amid_changing_grants_hides_nothing(void **state)
{
    struct town *town = *state;
    bool more = true;
    struct id entity = secret_household(town);
    int64_t before = hand_over(town, NULL, 0);
    town_grant(town, town->b, "\"" TOWN_BESIDE "\"");
    (void)redact(town->region, town->amina, entity, "head_name_ar");
    town->nodes.now_ms += 60000;
    town_grant(town, town->b, "\"" TOWN_COMMUNE "\"");
    (void)hand_over(town, town->b, before);
    assert_int_equal(node_project(town->b, 0, &more), OK);
    assert_false(node_holds(town->b, SECRET));
    assert_true(town_shows(town, town->b, entity, "phone", "\"0600112233\""));
    struct record_filter filter = {.type = "household"};
    size_t listed = 0;
    assert_int_equal(record_list(town->b, NULL, &filter, count_row, &listed, NULL), OK);
    assert_int_equal(listed, 1);
}

/* A mark that comes back to the region, without what the region had written beside it. */
static void mark_alone(struct town *town, struct id entity)
{
    struct arena arena;
    struct entity_row row;
    struct logged logged;
    char values[512], id[ID_TEXT_SIZE], person[ID_TEXT_SIZE], uid[ID_TEXT_SIZE];
    struct op_register reg = {.name = span_of("def")};
    struct op op = {.known_format = true,
                    .type = span_of("_redact"),
                    .type_version = 1,
                    .kind = OP_OTHER,
                    .kind_name = span_of("redact"),
                    .compartment = span_of("redact"),
                    .registers = &reg,
                    .register_count = 1,
                    .extra = span_of("{}")};
    int64_t ignored = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(entity_find(town->region, entity, &row), OK);
    struct stmt *s = db_stmt(town->region->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    assert_true(stmt_row(s));
    int64_t birth = stmt_i64(s, 0);
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(log_read(town->region, birth, &arena, &logged), OK);
    id_write(entity, id);
    id_write(town->amina, person);
    id_write(logged.op.uid, uid);
    (void)snprintf(
        values, sizeof values,
        "{\"def\":{\"id\":\"%s\",\"entity\":\"%s\",\"person\":\"%s\",\"at\":1,\"reason\":"
        "\"asked\",\"request\":\"%s\",\"all\":true,\"ops\":[\"%s\"]}}",
        id, id, person, id, uid);
    op.values = span_of(values);
    org_entity_id("_redact", id, &op.entity);
    assert_int_equal(node_begin(town->region), OK);
    assert_int_equal(log_stamp(town->region, &op.stamp), OK);
    assert_int_equal(log_write(town->region, &op, true, &ignored), OK);
    assert_int_equal(node_end(town->region, OK), OK);
    arena_release(&arena);
}

static void who_comes_later_learns_where_an_erased_person_belongs(void **state)
{
    struct town *town = *state;
    struct id house = secret_household(town);
    struct id person = town_person(town, house);
    struct entity_row row, root;
    town_sync_all(town);
    mark_alone(town, person);
    assert_true(town_shows(town, town->region, person, "name_ar", "null"));
    (void)redact(town->region, town->amina, person, NULL);
    town_sync_all(town);
    struct node *c =
        town_more(town, "c", ROLE_WORKER, town->hub, WORKER_IN(TOWN_PROVINCE, ",\"health\""));
    assert_int_equal(entity_find(c, person, &row), OK);
    assert_int_equal(entity_find(c, house, &root), OK);
    assert_int_equal(row.root, root.id);
    assert_true(root.id != 0);
    town_assert_same(town, c, town->region, TOWN_COMMUNE, "base");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mark_that_comes_amid_changing_grants_hides_nothing, setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(who_comes_later_learns_where_an_erased_person_belongs,
                                        setup, town_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
