/*
 * test_twins.c - a device that was copied with everything in it: both go on, at one hub or at two.
 */
#define _XOPEN_SOURCE 700

#include "test_back.h"

/* ---- two copies of a device */

struct twins {
    struct node *one, *two; /* one is the town's `a` */
    struct id entity;       /* a centre that both know */
};

/* The folder of `a` is copied with everything in it, while one op of it waits to be sent. */
static struct twins copy_a(struct town *town)
{
    struct twins twins = {.entity = town_centre(town)};
    town_sync_all(town);
    town_edit(town, town->a, town->amina, twins.entity, "visits", "1");
    node_close(town->a);
    town_copy_files(town, "a", "twin");
    town->a = town_open_again(town, "a");
    twins.one = town->a;
    twins.two = town_open_again(town, "twin");
    town->more[town->more_count++] = twins.two;
    return twins;
}

static void sync_twins(struct town *town, const struct twins *twins)
{
    for (int i = 0; i < 3; i++) {
        (void)sync_with_hub(town, twins->two);
        town_sync_all(town);
    }
    (void)sync_with_hub(town, twins->two);
}

static void assert_at_rest(struct town *town, const struct twins *twins)
{
    struct node *const nodes[] = {twins->one, twins->two, town->hub, town->region};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        town_assert_same(town, nodes[i], town->region, TOWN_COMMUNE, "base");
        town_assert_clean(town, nodes[i]);
    }
    assert_int_equal(left_to_send(twins->one), 0);
    assert_int_equal(left_to_send(twins->two), 0);
}

static void two_copies_that_both_go_on_lose_nothing_and_count_nothing_twice(void **state)
{
    struct town *town = *state;
    struct twins twins = copy_a(town);
    struct id of_one = town_household(town, twins.one, town->amina, TOWN_COMMUNE, "by one");
    struct id of_two = town_household(town, twins.two, town->amina, TOWN_COMMUNE, "by two");
    town_edit(town, twins.one, town->amina, twins.entity, "visits", "10");
    town_edit(town, twins.two, town->amina, twins.entity, "visits", "100");
    sync_twins(town, &twins);
    assert_true(town_shows(town, town->region, twins.entity, "visits", "111"));
    assert_true(town_shows(town, twins.one, of_two, "head_name_ar", "\"by two\""));
    assert_true(town_shows(town, twins.two, of_one, "head_name_ar", "\"by one\""));
    assert_at_rest(town, &twins);
}

static void copies_that_go_on_for_weeks_do_not_fight(void **state)
{
    struct town *town = *state;
    struct twins twins = copy_a(town);
    for (int day = 0; day < 6; day++) {
        town_edit(town, twins.one, town->amina, twins.entity, "visits", "1");
        (void)town_household(town, twins.two, town->amina, TOWN_COMMUNE, "two");
        (void)sync_with_hub(town, twins.one);
        (void)sync_with_hub(town, twins.two);
        /* One more for the ratchet that the other took along, and for what is new. */
        assert_true(sync_with_hub(town, twins.one).requests <= 3);
        assert_int_equal(left_to_send(twins.one), 0);
        assert_int_equal(left_to_send(twins.two), 0);
    }
    town_edit(town, twins.two, town->amina, twins.entity, "visits", "100");
    sync_twins(town, &twins);
    assert_true(town_shows(town, town->region, twins.entity, "visits", "107"));
    assert_at_rest(town, &twins);
}

static void a_copy_that_comes_second_gets_what_the_first_wrote_in_its_numbers(void **state)
{
    struct town *town = *state;
    struct twins twins = copy_a(town);
    struct id entities[8];
    for (size_t i = 0; i < COUNT_OF(entities); i++) {
        entities[i] = town_household(town, twins.one, town->amina, TOWN_COMMUNE, "by one");
    }
    (void)sync_with_hub(town, twins.one);
    (void)town_household(town, twins.two, town->amina, TOWN_COMMUNE, "by two");
    (void)sync_with_hub(town, twins.two);
    (void)sync_with_hub(town, twins.two);
    for (size_t i = 0; i < COUNT_OF(entities); i++) {
        assert_true(town_shows(town, twins.two, entities[i], "head_name_ar", "\"by one\""));
    }
    sync_twins(town, &twins);
    assert_at_rest(town, &twins);
}

static void the_office_is_told_of_a_device_that_exists_twice(void **state)
{
    struct town *town = *state;
    struct twins twins = copy_a(town);
    struct arena arena;
    struct notice *list = NULL;
    struct diag diag = {0};
    size_t count = 0;
    int64_t open = 0;
    (void)town_household(town, twins.one, town->amina, TOWN_COMMUNE, "by one");
    (void)town_household(town, twins.two, town->amina, TOWN_COMMUNE, "by two");
    (void)sync_with_hub(town, twins.one);
    assert_false(noticed(town, town->hub, NOTICE_PUT_BACK, town->a));
    (void)sync_with_hub(town, twins.two);
    assert_true(noticed(town, town->hub, NOTICE_PUT_BACK, town->a));
    assert_false(noticed(town, town->hub, NOTICE_TWICE, town->a));
    (void)town_household(town, twins.one, town->amina, TOWN_COMMUNE, "by one again");
    (void)sync_with_hub(town, twins.one);
    assert_true(noticed(town, town->hub, NOTICE_TWICE, town->a));
    assert_true(noticed(town, twins.two, NOTICE_BEGAN_ANEW, town->a));
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(notice_list(town->hub, &arena, &list, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(notice_settle(town->hub, list[0].id, &diag), OK);
    assert_int_equal(notice_settle(town->hub, list[0].id, &diag), ERR_NOT_FOUND);
    assert_int_equal(notice_count(town->hub, &open), OK);
    assert_int_equal(open, 1);
    arena_release(&arena);
}

/* ---- copies at two hubs */

/* Nothing of the node waits for the region's backup. */
static void assert_stable(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    assert_int_equal(status.ops_here, 0);
    assert_int_equal(status.ops_province, 0);
}

/* One copy syncs at the town's hub, the other at `next`: neither hub sees two chains by itself. */
static void copies_settle_at_two_hubs(struct town *town, const struct twins *twins,
                                      struct node *next)
{
    for (int day = 0; day < 3; day++) {
        (void)sync_at(town, twins->one, town->hub);
        (void)nodes_sync(&town->nodes, town->hub, town->region);
        (void)sync_at(town, twins->two, next);
        (void)nodes_sync(&town->nodes, next, town->region);
        backup_to(town, town->region, day == 0 ? "day0" : day == 1 ? "day1" : "day2");
        (void)nodes_sync(&town->nodes, next, town->region);
        (void)nodes_sync(&town->nodes, town->hub, town->region);
    }
    (void)sync_at(town, twins->two, next);
    (void)sync_at(town, twins->one, town->hub);
    assert_stable(twins->one);
    assert_stable(twins->two);
    struct node *const nodes[] = {twins->one, twins->two, town->hub, next};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        town_assert_same(town, nodes[i], town->region, TOWN_COMMUNE, "base");
        town_assert_clean(town, nodes[i]);
    }
}

/* What a hub holds for stable of an origin is the chain that it holds. */
static void assert_own_chain_stable(struct node *hub, struct id origin)
{
    struct link stable, held;
    bool found = false;
    struct stmt *s = db_stmt(hub->db, ORIGIN_BY_NAME);
    stmt_bind_blob(s, 1, origin.bytes, ID_SIZE);
    assert_true(stmt_row(s));
    int64_t row = stmt_i64(s, 0);
    int64_t seq = stmt_i64(s, 5);
    bool any = stmt_blob(s, 6, stable.bytes, LINK_SIZE);
    assert_int_equal(stmt_end(s), OK);
    if (any) {
        assert_int_equal(log_link_at(hub, row, seq, &found, &held), OK);
        assert_true(found && link_equal(stable, held));
    }
}

/* Both know the hub `next`, and go on at the town's. */
static struct twins copy_a_between_hubs(struct town *town, struct node **ret_next)
{
    *ret_next = hub_known_to(town, town->a);
    nodes_enrol(&town->nodes, town->hub, town->a, WORKER_IN(TOWN_PROVINCE, ",\"health\""));
    return copy_a(town);
}

static void copies_at_two_hubs_both_become_stable(void **state)
{
    struct town *town = *state;
    struct node *next = NULL;
    struct twins twins = copy_a_between_hubs(town, &next);
    for (int i = 0; i < 3; i++) {
        (void)town_household(town, twins.one, town->amina, TOWN_COMMUNE, "by one");
        (void)town_household(town, twins.two, town->amina, TOWN_COMMUNE, "by two");
    }
    struct id origin = twins.one->own_origin_name;
    copies_settle_at_two_hubs(town, &twins, next);
    assert_true(id_equal(twins.one->own_origin_name, origin));
    assert_false(id_equal(twins.two->own_origin_name, origin));
    /* The first goes on in it beyond all that the other's hub ever had of it. */
    for (int i = 0; i < 6; i++) {
        (void)town_household(town, twins.one, town->amina, TOWN_COMMUNE, "by one");
    }
    copies_settle_at_two_hubs(town, &twins, next);
    assert_own_chain_stable(next, origin);
}

static void a_copy_is_told_whose_numbers_are_in_the_backup_already(void **state)
{
    struct town *town = *state;
    struct node *next = NULL;
    struct twins twins = copy_a_between_hubs(town, &next);
    for (int i = 0; i < 3; i++) {
        (void)town_household(town, twins.one, town->amina, TOWN_COMMUNE, "by one");
    }
    (void)sync_at(town, twins.one, town->hub);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    backup_to(town, town->region, "before");
    (void)nodes_sync(&town->nodes, next, town->region);
    for (int i = 0; i < 6; i++) {
        (void)town_household(town, twins.two, town->amina, TOWN_COMMUNE, "by two");
    }
    copies_settle_at_two_hubs(town, &twins, next);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(two_copies_that_both_go_on_lose_nothing_and_count_nothing_twice),
        CASE(copies_that_go_on_for_weeks_do_not_fight),
        CASE(a_copy_that_comes_second_gets_what_the_first_wrote_in_its_numbers),
        CASE(the_office_is_told_of_a_device_that_exists_twice),
        CASE(copies_at_two_hubs_both_become_stable),
        CASE(a_copy_is_told_whose_numbers_are_in_the_backup_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
