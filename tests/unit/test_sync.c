/*
 * test_sync.c - both ends of a sync over real databases, without a network.
 */
#define _XOPEN_SOURCE 700

#include "test_town.h"

#define ALLOCATIONS_OF_ASKING 60 /* and some of the answer's */

static void a_saved_household_reaches_the_region_and_the_neighbour(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, "05.081.03.09", "فاطمة");
    town_sync_all(town);
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"فاطمة\""));
    assert_true(town_shows(town, town->b, entity, "head_name_ar", "\"فاطمة\""));
    town_assert_same(town, town->a, town->region, "05.081.03.09", "base");
    town_assert_same(town, town->b, town->hub, "05.081.03.09", "base");
    town_assert_same(town, town->a, town->region, "org", "base");
    town_assert_clean(town, town->a);
    town_assert_clean(town, town->hub);
    town_assert_clean(town, town->region);
}

static void apart_edits_of_two_properties_both_hold(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, "05.081.03.09", "أحمد");
    town_sync_all(town);
    town_edit(town, town->a, town->amina, entity, "head_name_fr", "\"Ahmed\"");
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0612345678\"");
    town_sync_all(town);
    town_sync_all(town);
    assert_true(town_shows(town, town->a, entity, "phone", "\"0612345678\""));
    assert_true(town_shows(town, town->b, entity, "head_name_fr", "\"Ahmed\""));
    town_assert_same(town, town->a, town->b, "05.081.03.09", "base");
    town_assert_same(town, town->region, town->b, "05.081.03.09", "base");
}

static void a_root_out_of_scope_does_not_reach_a_device(void **state)
{
    struct town *town = *state;
    struct arena arena;
    struct record record;
    struct diag diag = {0};
    struct id entity = town_household(town, town->a, town->amina, "05.081.03.11", "موسى");
    town_sync_all(town);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_read(town->b, NULL, entity, &arena, &record, &diag), ERR_NOT_FOUND);
    arena_release(&arena);
}

static void a_moved_household_leaves_and_enters(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, "05.081.03.11", "سعيد");
    town_sync_all(town);
    town_edit(town, town->a, town->amina, entity, "place", "\"05.081.03.09\"");
    town_sync_all(town);
    assert_true(town_shows(town, town->b, entity, "head_name_ar", "\"سعيد\""));
    town_edit(town, town->a, town->amina, entity, "place", "\"05.081.03.11\"");
    town_sync_all(town);
    assert_false(town_shows(town, town->b, entity, "head_name_ar", "\"سعيد\""));
    town_assert_same(town, town->a, town->region, "05.081.03.11", "base");
    town_assert_clean(town, town->b);
}

static void nothing_new_is_one_small_request_that_writes_nothing(void **state)
{
    struct town *town = *state;
    town_sync_all(town);
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
    (void)town_household(town, town->a, town->amina, "05.081.03.09", "يطو");
    town_sync_all(town);
    assert_int_equal(node_status(town->a, &status), OK);
    assert_true(status.ops_province > 0);
    (void)snprintf(path, sizeof path, "%s/backup.db", town->nodes.folder);
    assert_int_equal(node_backup(town->region, path, &diag), OK);
    town_sync_all(town);
    assert_int_equal(node_status(town->a, &status), OK);
    assert_int_equal(status.ops_here, 0);
    assert_int_equal(status.ops_province, 0);
    assert_true(status.ops_region > 0);
}

/* ---- no memory for a request */

static struct {
    struct mem real;
    size_t count, fail_at;
} memory;

static void *resize_or_fail(void *ctx, void *old, size_t size)
{
    bool fails = size > 0 && ++memory.count == memory.fail_at;
    return fails ? NULL : memory.real.resize(ctx, old, size);
}

static size_t allocations_of_beginning(struct town *town)
{
    struct sync *sync = NULL;
    struct diag diag = {0};
    memory.count = 0;
    assert_int_equal(sync_new(town->a, town->nodes.pack, NULL, NULL, &sync, &diag), OK);
    sync_free(sync);
    return memory.count;
}

/* An edit and a sync of it, which when it has begun fails at its Nth allocation. */
static void sync_without(struct town *town, struct id entity, size_t nth)
{
    char phone[24];
    struct sync_action action;
    (void)snprintf(phone, sizeof phone, "\"06610000%02zu\"", nth % 100);
    town_edit(town, town->a, town->amina, entity, "phone", phone);
    memory.fail_at = allocations_of_beginning(town) + nth;
    memory.count = 0;
    nodes_try_sync(&town->nodes, town->a, town->hub, &action);
    memory.fail_at = 0;
    if (action.kind != SYNC_DONE) {
        assert_string_equal(err_name(action.diag.code), err_name(ERR_NOMEM));
        (void)nodes_sync(&town->nodes, town->a, town->hub);
    }
    assert_true(town_shows(town, town->hub, entity, "phone", phone));
}

/* Cut short, it would be refused by the hub as nonsense. */
static void a_request_is_whole_or_not_sent_when_memory_is_short(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, "05.081.03.09", "زينب");
    town_sync_all(town);
    memory.real = town->nodes.host.mem;
    town->nodes.host.mem.resize = resize_or_fail;
    for (size_t nth = 1; nth <= ALLOCATIONS_OF_ASKING; nth++) {
        sync_without(town, entity, nth);
    }
    town->nodes.host.mem = memory.real;
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
        cmocka_unit_test_setup_teardown(a_request_is_whole_or_not_sent_when_memory_is_short,
                                        town_setup, town_teardown),
    };
    return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
