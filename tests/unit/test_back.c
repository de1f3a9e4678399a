/*
 * test_back.c - ways back: devices put back from a copy, hubs and regions put back.
 */
#define _XOPEN_SOURCE 700

#include "test_back.h"
#include "test_stick.h"

/* ---- a device put back from an older copy */

static void a_device_put_back_from_its_copy_gives_no_case_number_again(void **state)
{
    struct town *town = *state;
    struct arena arena;
    struct record one;
    struct record two;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "zero");
    town_sync_all(town);
    node_close(town->a);
    town_copy_database(town, "a", "copy");
    town->a = town_open_again(town, "a");
    struct id before = town_household(town, town->a, town->amina, TOWN_COMMUNE, "one");
    (void)sync_with_hub(town, town->a);
    node_close(town->a);
    town_copy_database(town, "copy", "a");
    town->a = town_open_again(town, "a");
    assert_true(noticed(town, town->a, NOTICE_BEGAN_ANEW, town->a));
    struct id after = town_household(town, town->a, town->amina, TOWN_COMMUNE, "two");
    town_sync_all(town);
    assert_int_equal(record_read(town->a, NULL, before, &arena, &one, NULL), OK);
    assert_int_equal(record_read(town->a, NULL, after, &arena, &two, NULL), OK);
    assert_string_not_equal(one.case_number, two.case_number);
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->a);
    arena_release(&arena);
}

/* What moved out of sight while the device was away is asked about under its old numbers, too: the
   next hub has never told it of the move. */
static void a_device_put_back_asks_after_roots_of_its_old_origin(void **state)
{
    struct town *town = *state;
    struct id moved = {{0}};
    for (int i = 0; i < 8; i++) {
        moved = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "mine");
    }
    town_sync_all(town);
    backup_to(town, town->region, "stable");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
    node_close(town->b);
    town_copy_database(town, "b", "copy");
    town->b = town_open_again(town, "b");
    town_edit(town, town->b, town->brahim, moved, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    node_close(town->b);
    town_copy_database(town, "copy", "b");
    town->b = town_open_again(town, "b");
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_BESIDE));
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    for (int i = 0; i < 3; i++) {
        (void)nodes_sync(&town->nodes, town->b, next);
        (void)nodes_sync(&town->nodes, next, town->region);
    }
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
    assert_false(town_shows(town, town->b, moved, "head_name_ar", "\"mine\""));
}

/* ---- servers put back */

/* As `douard restore` does: the copy begins another life, then takes the place of the database. */
static struct node *restore(struct town *town, struct node *node, const char *name,
                            const char *backup)
{
    static const char *const suffixes[] = {"", ".anchor"};
    struct node_identity me;
    struct diag diag = {0};
    char path[256];
    char command[700];
    assert_int_equal(node_identity(node, &me), OK);
    node_close(node);
    (void)snprintf(path, sizeof path, "%s/%s.db", town->nodes.folder, backup);
    assert_int_equal(node_restore(&town->nodes.host, path, &me, &diag), OK);
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        (void)snprintf(command, sizeof command, "mv '%s%s' '%s/%s.db%s'", path, suffixes[i],
                       town->nodes.folder, name, suffixes[i]);
        assert_int_equal(system(command), 0);
    }
    return town_open_again(town, name);
}

/* The server leaves out of a stick what its reader wrote and had when it asked. One that was put
   back since has it no more: what it has read of the stick isn't all that there is. */
static void a_stick_for_who_was_put_back_since_leaves_no_hole(void **state)
{
    struct town *town = *state;
    town_sync_all(town);
    node_close(town->a);
    town_copy_database(town, "a", "copy");
    town->a = town_open_again(town, "a");
    struct id mine = town_household(town, town->a, town->amina, TOWN_COMMUNE, "mine");
    (void)sync_with_hub(town, town->a);
    (void)export_to(town, town->a, NULL, "ask");
    (void)import(town, town->hub, "ask");
    backup_to(town, town->hub, "backup");
    town->hub = restore(town, town->hub, "hub", "backup");
    struct id other = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "other");
    (void)sync_with_hub(town, town->b);
    (void)export_to(town, town->hub, town->a, "answer");
    node_close(town->a);
    town_copy_database(town, "copy", "a");
    town->a = town_open_again(town, "a");
    (void)import(town, town->a, "answer");
    assert_true(town_shows(town, town->a, other, "head_name_ar", "\"other\""));
    for (int i = 0; i < 2; i++) {
        (void)sync_with_hub(town, town->a);
    }
    assert_true(town_shows(town, town->a, mine, "head_name_ar", "\"mine\""));
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->a);
}

static bool is_held(struct node *node, struct id entity)
{
    struct entity_row row;
    assert_int_equal(entity_find(node, entity, &row), OK);
    return row.root != 0;
}

static bool is_flagged(struct town *town, struct node *node, struct id entity, const char *why)
{
    struct arena arena;
    struct flag_row *flags = NULL;
    size_t count = 0;
    bool found = false;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_flags(node, &arena, &flags, &count), OK);
    for (size_t i = 0; i < count; i++) {
        found = found || (id_equal(flags[i].entity, entity) && strcmp(flags[i].why, why) == 0);
    }
    arena_release(&arena);
    return found;
}

/* Brahim's device saves what Amina's reads, and the hub loses before the region had it. */
static struct id lost_with_the_hub(struct town *town)
{
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "before");
    town_sync_all(town);
    backup_to(town, town->hub, "backup");
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "lost");
    (void)sync_with_hub(town, town->b);
    (void)sync_with_hub(town, town->a);
    assert_true(is_held(town->a, entity));
    town->hub = restore(town, town->hub, "hub", "backup");
    assert_false(is_held(town->hub, entity));
    assert_true(noticed(town, town->hub, NOTICE_RESTORED, town->hub));
    return entity;
}

static void what_a_restored_hub_lost_of_a_lost_device_a_neighbour_hands_over(void **state)
{
    struct town *town = *state;
    struct id entity = lost_with_the_hub(town);
    (void)sync_with_hub(town, town->a);
    assert_true(is_held(town->hub, entity));
    assert_true(noticed(town, town->a, NOTICE_SERVER, town->hub));
    assert_true(noticed(town, town->hub, NOTICE_ADOPTED, town->a));
    assert_true(is_flagged(town, town->hub, entity, "unverified"));
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"lost\""));
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->hub);
    town_assert_clean(town, town->region);
    /* Its author was only away: what it signed settles the doubt. */
    (void)sync_with_hub(town, town->b);
    assert_false(is_flagged(town, town->hub, entity, "unverified"));
    town_sync_all(town);
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->hub);
    assert_int_equal(left_to_send(town->b), 0);
}

static void what_is_adopted_becomes_stable(void **state)
{
    struct town *town = *state;
    struct id entity = lost_with_the_hub(town);
    struct arena arena;
    struct record record;
    struct diag diag = {0};
    (void)sync_with_hub(town, town->a);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    backup_to(town, town->region, "stable");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_read(town->hub, NULL, entity, &arena, &record, &diag), OK);
    assert_int_equal(record.custody, CUSTODY_REGION);
    arena_release(&arena);
}

static void what_was_superseded_stays_so_after_a_restore(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "one");
    town_sync_all(town);
    backup_to(town, town->hub, "backup");
    /* Two edits of Brahim's: the hub and the region lose both with his device, Amina's keeps what
       the second says and that the first was superseded. */
    town_edit(town, town->b, town->brahim, entity, "head_name_ar", "\"two\"");
    town_edit(town, town->b, town->brahim, entity, "head_name_ar", "\"three\"");
    (void)sync_with_hub(town, town->b);
    (void)sync_with_hub(town, town->a);
    town_edit(town, town->a, town->amina, entity, "head_name_ar", "\"four\"");
    town->hub = restore(town, town->hub, "hub", "backup");
    town_sync_all(town);
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"four\""));
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
}

/* ---- what only a server told that was put back */

static void assert_shared_by(struct town *town, struct node *device, struct node *next)
{
    for (int i = 0; i < 2; i++) {
        (void)sync_at(town, device, next);
        (void)nodes_sync(&town->nodes, next, town->region);
    }
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_assert_same(town, device, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, next, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, town->region, TOWN_COMMUNE, "base");
}

/* ---- receipts */

/* Its clock ran ahead, and the hub's receipt caps that. The next hub receives the op after the time
   that it claims, and has nothing to correct. */
static void a_receipt_that_a_hub_lost_goes_to_the_next_one(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "before");
    struct node *next = hub_known_to(town, town->a);
    backup_to(town, town->hub, "backup");
    town->nodes.now_ms += 3600000;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "ahead");
    town->nodes.now_ms -= 3600000;
    (void)sync_at(town, town->a, town->hub);
    town->hub = restore(town, town->hub, "hub", "backup");
    town->nodes.now_ms += 2 * 3600000;
    assert_shared_by(town, town->a, next);
}

/* The earlier receipt of an op that the next hub had before it. */
static void a_receipt_of_an_old_op_that_a_hub_lost_goes_to_the_next_one(void **state)
{
    struct town *town = *state;
    town->nodes.now_ms += 3600000;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "ahead");
    town->nodes.now_ms += 3600000;
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    nodes_enrol(&town->nodes, next, town->a, WORKER_IN(TOWN_PROVINCE, ",\"health\""));
    for (int i = 0; i < 2; i++) {
        (void)sync_at(town, town->a, next);
        (void)nodes_sync(&town->nodes, next, town->region);
    }
    assert_true(is_held(town->region, entity));
    backup_to(town, town->hub, "backup");
    town->nodes.now_ms -= 2 * 3600000; /* that hub's clock is slow */
    (void)sync_at(town, town->a, town->hub);
    town->hub = restore(town, town->hub, "hub", "backup");
    town->nodes.now_ms += 2 * 3600000;
    assert_shared_by(town, town->a, next);
}

static void what_a_hub_lost_of_a_lost_device_a_neighbour_takes_to_the_next_one(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "one");
    struct node *next = hub_known_to(town, town->a);
    (void)sync_with_hub(town, town->b);
    backup_to(town, town->hub, "backup");
    town_edit(town, town->b, town->brahim, entity, "head_name_ar", "\"two\"");
    town_edit(town, town->b, town->brahim, entity, "head_name_ar", "\"three\"");
    (void)sync_with_hub(town, town->b);
    (void)sync_at(town, town->a, town->hub);
    town->hub = restore(town, town->hub, "hub", "backup");
    assert_shared_by(town, town->a, next);
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"three\""));
    assert_true(noticed(town, next, NOTICE_ADOPTED, town->a));
    town_assert_clean(town, next);
}

/* Nothing was lost: the device was faster than its hub. */
static void what_a_neighbour_brings_ahead_is_doubted_until_the_region_tells_it(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "before");
    struct node *next = hub_known_to(town, town->a);
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "on its way");
    (void)sync_with_hub(town, town->b);
    (void)sync_at(town, town->a, town->hub);
    (void)sync_at(town, town->a, next);
    assert_true(is_flagged(town, next, entity, "unverified"));
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, next, town->region);
    assert_false(is_flagged(town, next, entity, "unverified"));
    assert_shared_by(town, town->a, next);
}

/* Work of a person who was withdrawn waits in quarantine: her device doesn't tell the next hub that
   something was superseded by it. */
static void what_nobody_believes_supersedes_nothing_at_the_next_hub(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    char amina[ID_TEXT_SIZE];
    struct node *next = hub_known_to(town, town->a);
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "one");
    (void)sync_at(town, town->b, town->hub);
    (void)sync_at(town, town->a, town->hub);
    town->nodes.now_ms += 60000;
    id_write(town->amina, amina);
    assert_int_equal(org_revoke(town->region, "_person", amina, &diag), OK);
    town->nodes.now_ms += 60000;
    town_edit(town, town->a, town->amina, entity, "head_name_ar", "\"two\"");
    for (int i = 0; i < 2; i++) {
        (void)nodes_sync(&town->nodes, town->hub, town->region);
        (void)nodes_sync(&town->nodes, next, town->region);
        (void)sync_at(town, town->a, town->hub);
        (void)sync_at(town, town->a, next);
    }
    assert_true(town_shows(town, town->a, entity, "head_name_ar", "\"two\""));
    assert_true(town_shows(town, next, entity, "head_name_ar", "\"one\""));
    assert_true(town_shows(town, town->hub, entity, "head_name_ar", "\"one\""));
    town_assert_same(town, next, town->region, TOWN_COMMUNE, "base");
}

static void a_device_between_two_hubs_says_little_of_what_both_know(void **state)
{
    struct town *town = *state;
    struct node *next = hub_known_to(town, town->a);
    struct sync_result result;
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "of b");
    for (int i = 0; i < 200; i++) {
        town_edit(town, town->b, town->brahim, entity, "head_name_ar", i % 2 ? "\"x\"" : "\"y\"");
    }
    (void)sync_with_hub(town, town->b);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, next, town->region);
    (void)sync_at(town, town->a, town->hub);
    result = sync_at(town, town->a, next);
    assert_true(result.bytes_sent < 2000);
    assert_false(noticed(town, next, NOTICE_ADOPTED, town->a));
    assert_int_equal(sync_at(town, town->a, next).requests, 1);
    /* What the other one told, it may not have told the rest: that is offered, once. */
    assert_true(sync_at(town, town->a, town->hub).requests <= 2);
    assert_int_equal(sync_at(town, town->a, town->hub).requests, 1);
    assert_int_equal(sync_at(town, town->a, next).requests, 1);
}

static void a_caller_reads_nothing_anew_that_it_holds(void **state)
{
    struct town *town = *state;
    for (int i = 0; i < 20; i++) {
        (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "one");
    }
    town_sync_all(town);
    backup_to(town, town->hub, "backup");
    (void)town_household(town, town->b, town->brahim, TOWN_COMMUNE, "two");
    town_sync_all(town);
    town->hub = restore(town, town->hub, "hub", "backup");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    struct sync_result result = sync_with_hub(town, town->b);
    assert_int_equal(result.rows_received, 0);
    assert_true(result.bytes_sent + result.bytes_received < 4000);
    assert_int_equal(sync_with_hub(town, town->b).requests, 1);
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
}

static void a_database_put_back_under_a_hub_is_noticed_and_begins_another_epoch(void **state)
{
    struct town *town = *state;
    struct node_identity before;
    struct node_identity after;
    struct id entity;
    assert_int_equal(node_identity(town->hub, &before), OK);
    town_sync_all(town);
    node_close(town->hub);
    town_copy_database(town, "hub", "copy");
    town->hub = town_open_again(town, "hub");
    assert_false(node_was_put_back(town->hub));
    entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "lost");
    (void)sync_with_hub(town, town->b);
    (void)sync_with_hub(town, town->a);
    assert_int_equal(serve_flush(town->hub), OK); /* once a minute, and at the end */
    node_close(town->hub);
    town_copy_database(town, "copy", "hub");
    town->hub = town_open_again(town, "hub");
    assert_true(node_was_put_back(town->hub));
    assert_true(noticed(town, town->hub, NOTICE_NOTICED, town->hub));
    assert_int_equal(node_identity(town->hub, &after), OK);
    assert_true(before.epoch != after.epoch);
    (void)sync_with_hub(town, town->a);
    assert_true(is_held(town->hub, entity));
    town_sync_all(town);
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
}

static void a_restored_region_gets_from_its_hubs_what_came_from_others(void **state)
{
    struct town *town = *state;
    struct node *far = town_more(town, "far", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    struct node *c = town_more(town, "c", ROLE_WORKER, far, WORKER_IN(TOWN_COMMUNE, ""));
    (void)nodes_sync(&town->nodes, far, town->region);
    town_sync_all(town);
    backup_to(town, town->region, "backup");
    struct id entity = town_household(town, c, town->brahim, TOWN_COMMUNE, "from afar");
    (void)nodes_sync(&town->nodes, c, far);
    (void)nodes_sync(&town->nodes, far, town->region);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_true(is_held(town->hub, entity));
    town->region = restore(town, town->region, "region", "backup");
    assert_false(is_held(town->region, entity));
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"from afar\""));
    assert_true(is_flagged(town, town->region, entity, "unverified"));
    (void)nodes_sync(&town->nodes, far, town->region);
    assert_false(is_flagged(town, town->region, entity, "unverified"));
    town_assert_same(town, far, town->region, TOWN_COMMUNE, "base");
    /* Backups count on from an older number: hubs learn of them all the same. */
    backup_to(town, town->region, "next");
    (void)nodes_sync(&town->nodes, far, town->region);
    (void)nodes_sync(&town->nodes, c, far);
    struct node_status status;
    assert_int_equal(node_status(c, &status), OK);
    assert_int_equal(status.ops_province + status.ops_here, 0);
    town_assert_clean(town, town->region);
}

static void a_region_restored_from_before_what_was_stable_gets_it_again(void **state)
{
    struct town *town = *state;
    struct node *c = town_more(town, "c", ROLE_WORKER, town->region, WORKER_IN(TOWN_COMMUNE, ""));
    (void)town_household(town, c, town->brahim, TOWN_COMMUNE, "one");
    (void)nodes_sync(&town->nodes, c, town->region);
    backup_to(town, town->region, "old");
    struct id entity = town_household(town, c, town->brahim, TOWN_COMMUNE, "two");
    (void)nodes_sync(&town->nodes, c, town->region);
    backup_to(town, town->region, "new");
    (void)nodes_sync(&town->nodes, c, town->region);
    (void)town_household(town, c, town->brahim, TOWN_COMMUNE, "three");
    town->region = restore(town, town->region, "region", "old");
    (void)nodes_sync(&town->nodes, c, town->region);
    assert_true(is_held(town->region, entity));
    assert_int_equal(left_to_send(c), 0);
    town_assert_same(town, c, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->region);
}

/* The numbers of backups begin again where the restored one was: those of an answer that the region
   wrote before stand for others. */
static void a_stick_from_before_a_restore_moves_no_backup_number(void **state)
{
    struct town *town = *state;
    static const char *const later[] = {"second", "third", "fourth"};
    town_sync_all(town);
    backup_to(town, town->region, "first");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)export_to(town, town->hub, NULL, "ask");
    (void)import(town, town->region, "ask");
    for (size_t i = 0; i < COUNT_OF(later); i++) {
        (void)town_household(town, town->b, town->brahim, TOWN_COMMUNE, later[i]);
        (void)sync_with_hub(town, town->b);
        (void)nodes_sync(&town->nodes, town->hub, town->region);
        backup_to(town, town->region, later[i]);
    }
    (void)export_to(town, town->region, town->hub, "answer");
    town->region = restore(town, town->region, "region", "first");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)import(town, town->hub, "answer");
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "since");
    town_sync_all(town);
    backup_to(town, town->region, "again");
    town_sync_all(town);
    (void)sync_with_hub(town, town->a);
    struct node_status status;
    assert_int_equal(node_status(town->a, &status), OK);
    assert_int_equal(status.ops_here + status.ops_province, 0);
    assert_true(status.ops_region > 0);
}

/* A device put back pushes what it made before the record moved, to a hub that was never told of
   the move: the region says where the record is to who brings old words of it. */
static void who_brings_old_words_of_a_root_hears_where_it_is(void **state)
{
    struct town *town = *state;
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_COMMUNE));
    (void)town_household(town, town->b, town->brahim, TOWN_COMMUNE, "stays");
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, next, town->region);
    backup_to(town, town->region, "backup");
    (void)town_household(town, town->b, town->brahim, TOWN_COMMUNE, "stays, too");
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, next, town->region); /* further than the backup */
    struct id moved = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "moves");
    node_close(town->b);
    town_copy_database(town, "b", "copy");
    town->b = town_open_again(town, "b");
    town_edit(town, town->b, town->brahim, moved, "place", "\"" TOWN_BESIDE "\"");
    (void)sync_with_hub(town, town->b);
    town->region = restore(town, town->region, "region", "backup");
    (void)town_household(town, town->region, town->amina, TOWN_BESIDE, "goes before");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, next, town->region); /* holds all of the commune already */
    assert_false(is_held(next, moved));
    node_close(town->b);
    town_copy_database(town, "copy", "b");
    town->b = town_open_again(town, "b");
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    for (int i = 0; i < 3; i++) {
        (void)nodes_sync(&town->nodes, town->b, next);
        (void)nodes_sync(&town->nodes, next, town->region);
    }
    assert_true(is_held(next, moved));
    town_assert_same(town, next, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
}

static void a_backup_of_another_node_is_not_restored(void **state)
{
    struct town *town = *state;
    struct node_identity me;
    struct diag diag = {0};
    char path[256];
    assert_int_equal(node_identity(town->hub, &me), OK);
    backup_to(town, town->region, "backup");
    (void)snprintf(path, sizeof path, "%s/backup.db", town->nodes.folder);
    assert_int_equal(node_restore(&town->nodes.host, path, &me, &diag), ERR_NOT_ALLOWED);
}

/* ---- a hub lost for good */

static void a_device_moves_to_the_hub_that_takes_the_place_of_a_lost_one(void **state)
{
    struct town *town = *state;
    struct node_identity before;
    struct node_identity after;
    struct arena arena;
    struct known_server *servers = NULL;
    struct diag diag = {0};
    char lost[ID_TEXT_SIZE];
    size_t count = 0;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "before");
    town_sync_all(town);
    /* The hub goes with what it hadn't told the region, and Brahim's device with it. */
    struct id own = town_household(town, town->a, town->amina, TOWN_COMMUNE, "own");
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "lost");
    (void)sync_with_hub(town, town->b);
    (void)sync_with_hub(town, town->a);
    assert_false(is_held(town->region, own));
    assert_int_equal(node_identity(town->hub, &before), OK);
    id_write(before.id, lost);
    assert_int_equal(org_revoke(town->region, "_node", lost, &diag), OK);
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    (void)nodes_sync(&town->nodes, next, town->region);
    assert_int_equal(node_identity(town->a, &before), OK);
    nodes_enrol(&town->nodes, next, town->a, WORKER_IN(TOWN_PROVINCE, ",\"health\""));
    (void)nodes_sync(&town->nodes, town->a, next);
    (void)nodes_sync(&town->nodes, next, town->region);
    (void)nodes_sync(&town->nodes, town->a, next);
    assert_true(is_held(town->region, own));
    assert_true(town_shows(town, town->region, entity, "head_name_ar", "\"lost\""));
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, next, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, next);
    assert_int_equal(left_to_send(town->a), 0);
    assert_int_equal(node_identity(town->a, &after), OK);
    assert_string_equal(before.short_code, after.short_code);
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(sync_servers(town->a, &arena, &servers, &count), OK);
    assert_int_equal(count, 2);
    assert_false(servers[0].chosen);
    assert_true(servers[1].chosen);
    arena_release(&arena);
}

static void a_guest_of_another_hub_keeps_what_it_may_see(void **state)
{
    struct town *town = *state;
    const struct org *org = NULL;
    struct node_identity me;
    struct node_identity hub;
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, next, town->region);
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_PROVINCE, ",\"health\""));
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "on the way");
    (void)nodes_sync(&town->nodes, town->b, next);
    assert_true(is_held(next, entity));
    assert_int_equal(node_identity(town->b, &me), OK);
    assert_int_equal(node_identity(town->hub, &hub), OK);
    assert_int_equal(node_org(next, &org), OK);
    const struct org_node *known = org_node(org, me.id);
    assert_non_null(known);
    assert_true(id_equal(known->by, hub.id));
    assert_string_equal(known->scopes[0], TOWN_COMMUNE);
    (void)nodes_sync(&town->nodes, next, town->region);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_assert_same(town, town->hub, town->region, TOWN_COMMUNE, "base");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_device_put_back_from_its_copy_gives_no_case_number_again),
        CASE(a_device_put_back_asks_after_roots_of_its_old_origin),
        CASE(a_stick_for_who_was_put_back_since_leaves_no_hole),
        CASE(what_a_restored_hub_lost_of_a_lost_device_a_neighbour_hands_over),
        CASE(what_is_adopted_becomes_stable),
        CASE(what_was_superseded_stays_so_after_a_restore),
        CASE(a_receipt_that_a_hub_lost_goes_to_the_next_one),
        CASE(a_receipt_of_an_old_op_that_a_hub_lost_goes_to_the_next_one),
        CASE(what_a_hub_lost_of_a_lost_device_a_neighbour_takes_to_the_next_one),
        CASE(what_a_neighbour_brings_ahead_is_doubted_until_the_region_tells_it),
        CASE(what_nobody_believes_supersedes_nothing_at_the_next_hub),
        CASE(a_device_between_two_hubs_says_little_of_what_both_know),
        CASE(a_caller_reads_nothing_anew_that_it_holds),
        CASE(a_database_put_back_under_a_hub_is_noticed_and_begins_another_epoch),
        CASE(a_restored_region_gets_from_its_hubs_what_came_from_others),
        CASE(a_region_restored_from_before_what_was_stable_gets_it_again),
        CASE(a_stick_from_before_a_restore_moves_no_backup_number),
        CASE(who_brings_old_words_of_a_root_hears_where_it_is),
        CASE(a_backup_of_another_node_is_not_restored),
        CASE(a_device_moves_to_the_hub_that_takes_the_place_of_a_lost_one),
        CASE(a_guest_of_another_hub_keeps_what_it_may_see),
    };
    return cmocka_run_group_tests_name("back", tests, NULL, NULL);
}
