/*
 * test_sync.c - both ends of a sync over real databases, without a network.
 */
#define _XOPEN_SOURCE 700

#include "audit.h"
#include "code.h"
#include "test_nodes.h"

#define WORKER_IN(scope, extra)                                                                    \
    "{\"role\":\"worker\",\"scopes\":[\"" scope "\"],\"compartments\":[\"base\"" extra "]}"

struct town {
    struct test_nodes nodes;
    struct node *region, *hub, *a, *b;
    struct id amina, brahim;
};

static int town_setup(void **state)
{
    static struct town town;
    nodes_init(&town.nodes);
    town.region = nodes_region(&town.nodes);
    town.amina = nodes_person(&town.nodes, town.region, "Amina", "worker", "05.081");
    town.brahim = nodes_person(&town.nodes, town.region, "Brahim", "worker", "05");
    town.hub = nodes_open(&town.nodes, "hub", ROLE_HUB, true);
    nodes_enrol(&town.nodes, town.region, town.hub,
                "{\"role\":\"hub\",\"scopes\":[\"05.081\"],\"compartments\":[\"base\",\"health\","
                "\"aid\",\"protection\"]}");
    (void)nodes_sync(&town.nodes, town.hub, town.region);
    town.a = nodes_open(&town.nodes, "a", ROLE_WORKER, true);
    town.b = nodes_open(&town.nodes, "b", ROLE_WORKER, true);
    nodes_enrol(&town.nodes, town.hub, town.a, WORKER_IN("05.081", ",\"health\""));
    nodes_enrol(&town.nodes, town.hub, town.b, WORKER_IN("05.081.03.09", ""));
    (void)nodes_sync(&town.nodes, town.a, town.hub);
    (void)nodes_sync(&town.nodes, town.b, town.hub);
    *state = &town;
    return 0;
}

static int town_teardown(void **state)
{
    struct town *town = *state;
    node_close(town->a);
    node_close(town->b);
    node_close(town->hub);
    node_close(town->region);
    nodes_release(&town->nodes);
    return 0;
}

static struct id save_household(struct town *town, struct node *node, struct id person,
                                const char *place, const char *name)
{
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    char text[128];
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    (void)snprintf(text, sizeof text, "\"%s\"", name);
    struct change changes[] = {{"head_name_ar", span_of(text)}};
    struct save save = {.person = person,
                        .type = "household",
                        .is_new = true,
                        .place = span_of(place),
                        .changes = changes,
                        .change_count = 1};
    enum err e = node_save(node, &save, &arena, &saved, &diag);
    if (e) {
        fail_msg("save: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    arena_release(&arena);
    return saved.entity;
}

static void edit(struct town *town, struct node *node, struct id person, struct id entity,
                 const char *property, const char *json)
{
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    struct change changes[] = {{property, span_of(json)}};
    struct save save = {.person = person, .entity = entity, .changes = changes, .change_count = 1};
    enum err e = node_save(node, &save, &arena, &saved, &diag);
    if (e) {
        fail_msg("edit: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    arena_release(&arena);
}

static bool shows(struct town *town, struct node *node, struct id entity, const char *property,
                  const char *json)
{
    struct arena arena;
    struct record record;
    struct diag diag = {0};
    bool same = false;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    enum err e = record_read(node, NULL, entity, &arena, &record, &diag);
    for (size_t i = 0; !e && i < record.property_count; i++) {
        if (strcmp(record.properties[i].property->id, property) == 0) {
            same = span_is(record.properties[i].json, json);
        }
    }
    arena_release(&arena);
    return same;
}

static void assert_clean(struct town *town, struct node *node)
{
    struct audit_report report = {0};
    buf_init(&report.findings, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(node_audit(node, false, NULL, NULL, &report), OK);
    if (report.finding_count) {
        fail_msg("audit: %s", buf_text(&report.findings));
    }
    buf_release(&report.findings);
}

static void assert_same_digest(struct town *town, struct node *x, struct node *y, const char *scope,
                               const char *compartment)
{
    struct arena arena;
    struct digest_row *rows = NULL;
    size_t count = 0;
    struct node *both[] = {x, y};
    uint64_t sums[2] = {0, 0};
    int64_t counts[2] = {-1, -1};
    arena_init(&arena, &town->nodes.host.mem, 64u << 20);
    for (size_t k = 0; k < 2; k++) {
        assert_int_equal(node_digest(both[k], &arena, &rows, &count), OK);
        for (size_t i = 0; i < count; i++) {
            if (strcmp(rows[i].scope, scope) == 0 &&
                strcmp(rows[i].compartment, compartment) == 0) {
                sums[k] = rows[i].sum;
                counts[k] = rows[i].count;
            }
        }
    }
    assert_int_equal(counts[0], counts[1]);
    assert_true(counts[0] > 0);
    assert_true(sums[0] == sums[1]);
    arena_release(&arena);
}

static void sync_all(struct town *town)
{
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
}

static void a_saved_household_reaches_the_region_and_the_neighbour(void **state)
{
    struct town *town = *state;
    struct id entity = save_household(town, town->a, town->amina, "05.081.03.09", "فاطمة");
    sync_all(town);
    assert_true(shows(town, town->region, entity, "head_name_ar", "\"فاطمة\""));
    assert_true(shows(town, town->b, entity, "head_name_ar", "\"فاطمة\""));
    assert_same_digest(town, town->a, town->region, "05.081.03.09", "base");
    assert_same_digest(town, town->b, town->hub, "05.081.03.09", "base");
    assert_same_digest(town, town->a, town->region, "org", "base");
    assert_clean(town, town->a);
    assert_clean(town, town->hub);
    assert_clean(town, town->region);
}

static void apart_edits_of_two_properties_both_hold(void **state)
{
    struct town *town = *state;
    struct id entity = save_household(town, town->a, town->amina, "05.081.03.09", "أحمد");
    sync_all(town);
    edit(town, town->a, town->amina, entity, "head_name_fr", "\"Ahmed\"");
    edit(town, town->b, town->brahim, entity, "phone", "\"0612345678\"");
    sync_all(town);
    sync_all(town);
    assert_true(shows(town, town->a, entity, "phone", "\"0612345678\""));
    assert_true(shows(town, town->b, entity, "head_name_fr", "\"Ahmed\""));
    assert_same_digest(town, town->a, town->b, "05.081.03.09", "base");
    assert_same_digest(town, town->region, town->b, "05.081.03.09", "base");
}

static void a_root_out_of_scope_does_not_reach_a_device(void **state)
{
    struct town *town = *state;
    struct arena arena;
    struct record record;
    struct diag diag = {0};
    struct id entity = save_household(town, town->a, town->amina, "05.081.03.11", "موسى");
    sync_all(town);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_read(town->b, NULL, entity, &arena, &record, &diag), ERR_NOT_FOUND);
    arena_release(&arena);
}

static void a_moved_household_leaves_and_enters(void **state)
{
    struct town *town = *state;
    struct id entity = save_household(town, town->a, town->amina, "05.081.03.11", "سعيد");
    sync_all(town);
    edit(town, town->a, town->amina, entity, "place", "\"05.081.03.09\"");
    sync_all(town);
    assert_true(shows(town, town->b, entity, "head_name_ar", "\"سعيد\""));
    edit(town, town->a, town->amina, entity, "place", "\"05.081.03.11\"");
    sync_all(town);
    assert_false(shows(town, town->b, entity, "head_name_ar", "\"سعيد\""));
    assert_same_digest(town, town->a, town->region, "05.081.03.11", "base");
    assert_clean(town, town->b);
}

static void nothing_new_is_one_small_request_that_writes_nothing(void **state)
{
    struct town *town = *state;
    sync_all(town);
    struct sync_result result = nodes_sync(&town->nodes, town->a, town->hub);
    assert_int_equal(result.requests, 1);
    assert_int_equal(result.rows_received, 0);
    print_message("nothing new: %lld + %lld bytes\n", (long long)result.bytes_sent,
                  (long long)result.bytes_received);
    assert_true(result.bytes_sent + result.bytes_received < 400);
}

static void a_backup_makes_ops_stable(void **state)
{
    struct town *town = *state;
    struct node_status status;
    struct diag diag = {0};
    char path[256];
    (void)save_household(town, town->a, town->amina, "05.081.03.09", "يطو");
    sync_all(town);
    assert_int_equal(node_status(town->a, &status), OK);
    assert_true(status.ops_province > 0);
    (void)snprintf(path, sizeof path, "%s/backup.db", town->nodes.folder);
    assert_int_equal(node_backup(town->region, path, &diag), OK);
    sync_all(town);
    assert_int_equal(node_status(town->a, &status), OK);
    assert_int_equal(status.ops_here, 0);
    assert_int_equal(status.ops_province, 0);
    assert_true(status.ops_region > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_saved_household_reaches_the_region_and_the_neighbour,
                                        town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(apart_edits_of_two_properties_both_hold, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_root_out_of_scope_does_not_reach_a_device, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_moved_household_leaves_and_enters, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(nothing_new_is_one_small_request_that_writes_nothing,
                                        town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_backup_makes_ops_stable, town_setup, town_teardown),
    };
    return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
