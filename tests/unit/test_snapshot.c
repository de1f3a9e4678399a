/*
 * test_snapshot.c - first syncs and long absences by snapshots: whole, cut, lost, out of date.
 */
#define _XOPEN_SOURCE 700

#include "node_internal.h"
#include "snapshot.h"
#include "test_random.h"
#include "test_town.h"

#define HOUSEHOLDS 60

/* Snapshots of all that moved, in frames that hold a few households each. */
static int64_t build(struct node *node, size_t frame_size)
{
    struct snapshot_options options = {.always = true, .frame_size = frame_size};
    struct snapshot_builder *builder = NULL;
    bool more = true;
    assert_int_equal(snapshot_builder_new(node, &options, &builder), OK);
    while (more) {
        assert_int_equal(snapshot_builder_step(builder, &more), OK);
    }
    int64_t made = snapshot_builder_made(builder);
    snapshot_builder_free(builder);
    return made;
}

static void fill(struct town *town, const char *place, struct id *ret, size_t count)
{
    char name[32];
    assert_int_equal(node_begin(town->a), OK);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "Aït %zu", i);
        ret[i] = town_household(town, town->a, town->amina, place, name);
    }
    assert_int_equal(node_end(town->a, OK), OK);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
}

/* A new device of the commune, enrolled but not synced. */
static struct node *newcomer(struct town *town, const char *scope_definition)
{
    struct node *node = nodes_open(&town->nodes, "new", ROLE_WORKER, true);
    town->more[town->more_count++] = node;
    nodes_enrol(&town->nodes, town->hub, node, scope_definition);
    return node;
}

static void assert_holds_all(struct town *town, struct node *node)
{
    town_assert_same(town, node, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, node);
}

static void a_first_sync_takes_the_frames_and_then_the_tail(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    assert_int_equal(build(town->hub, 4096), 1);
    town_edit(town, town->a, town->amina, homes[3], "phone", "\"0612345678\"");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    struct node *node = newcomer(town, WORKER_IN(TOWN_COMMUNE, ""));
    struct sync_result result = nodes_sync(&town->nodes, node, town->hub);
    assert_true(result.frames_received > 5);
    assert_true(town_shows(town, node, homes[3], "phone", "\"0612345678\""));
    assert_holds_all(town, node);
    /* Nothing is asked for twice, and a quiet sync is one request again. */
    result = nodes_sync(&town->nodes, node, town->hub);
    result = nodes_sync(&town->nodes, node, town->hub);
    assert_int_equal(result.requests, 1);
    assert_int_equal(result.frames_received + result.rows_received, 0);
}

/* ---- a network that cuts replies at random bytes */

struct cut_sync {
    int64_t cuts, asked; /* bytes of replies made by the server, all in all */
};

static struct cut_sync sync_cut(struct town *town, struct node *node, struct test_random *random,
                                int64_t cuts)
{
    struct cut_sync cut = {0};
    struct sync *sync = NULL;
    struct sync_action action = {.kind = SYNC_WAIT};
    struct sync_options options = {.tries = 1000};
    struct diag diag = {.code = ERR_NETWORK};
    struct buf reply;
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    assert_int_equal(sync_new(node, town->nodes.pack, NULL, &options, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    for (int step = 0; step < 20000 && action.kind != SYNC_DONE; step++) {
        town->nodes.now_ms++;
        sync_step(sync, &event, &action);
        if (action.kind == SYNC_GAVE_UP) {
            fail_msg("gave up: %s %s", err_name(action.diag.code), action.diag.args[0]);
        }
        event = (struct sync_event){.kind = SYNC_WAITED};
        if (action.kind == SYNC_EXCHANGE) {
            buf_clear(&reply);
            event.kind = SYNC_REPLY;
            event.status =
                nodes_answer_at(&town->nodes, town->hub, action.path, action.body, &reply);
            event.body = buf_span(&reply);
            cut.asked += (int64_t)reply.size;
            if (event.status == 200 && cut.cuts < cuts) {
                event.kind = SYNC_FAILED;
                event.diag = &diag;
                event.body.size = test_random_below(random, reply.size);
                cut.cuts++;
            }
        }
    }
    assert_int_equal(action.kind, SYNC_DONE);
    sync_free(sync);
    buf_release(&reply);
    return cut;
}

static void cuts_anywhere_cost_a_piece_each_at_most(void **state)
{
    struct town *town = *state;
    struct test_random random = test_random_begin("cuts");
    struct id homes[HOUSEHOLDS];
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    (void)build(town->hub, 8192);
    struct node *node = newcomer(town, WORKER_IN(TOWN_COMMUNE, ""));
    struct cut_sync cut = sync_cut(town, node, &random, 50);
    assert_int_equal(cut.cuts, 50);
    assert_holds_all(town, node);
}

static void a_device_switched_off_in_between_goes_on_where_it_was(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    struct sync *sync = NULL;
    struct sync_action action;
    struct diag diag = {0};
    struct buf reply;
    int64_t frames = 0;
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    (void)build(town->hub, 4096);
    struct node *node = newcomer(town, WORKER_IN(TOWN_COMMUNE, ""));
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    assert_int_equal(sync_new(node, town->nodes.pack, NULL, NULL, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    while (frames < 3) {
        town->nodes.now_ms++;
        sync_step(sync, &event, &action);
        assert_int_equal(action.kind, SYNC_EXCHANGE);
        frames = action.result.frames_received;
        assert_true(frames == 0 || action.pull_known_left > 0);
        buf_clear(&reply);
        event = (struct sync_event){.kind = SYNC_REPLY};
        event.status = nodes_answer_at(&town->nodes, town->hub, action.path, action.body, &reply);
        event.body = buf_span(&reply);
    }
    sync_free(sync);
    buf_release(&reply);
    struct sync_result all = nodes_sync(&town->nodes, node, town->hub);
    assert_true(all.frames_received > 0);
    assert_holds_all(town, node);
    /* None of the three came again. */
    struct node *other =
        town_more(town, "other", ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    assert_holds_all(town, other);
    struct sync_result nothing = nodes_sync(&town->nodes, other, town->hub);
    assert_int_equal(nothing.frames_received, 0);
}

/* ---- what is served is what is granted now */

static bool knows(struct town *town, struct node *node, struct id entity)
{
    struct arena arena;
    struct record record;
    struct diag diag = {0};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    enum err e = record_read(node, NULL, entity, &arena, &record, &diag);
    arena_release(&arena);
    return e == OK;
}

static void who_left_since_is_in_no_frame(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    (void)build(town->hub, 4096);
    town_edit(town, town->a, town->amina, homes[20], "place", "\"" TOWN_BESIDE "\"");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    struct node *node = newcomer(town, WORKER_IN(TOWN_COMMUNE, ""));
    struct sync_result result = nodes_sync(&town->nodes, node, town->hub);
    assert_true(result.frames_received > 5);
    assert_false(knows(town, node, homes[20]));
    assert_holds_all(town, node);
    /* Not only out of sight: no op with its content ever came. */
    struct stmt *s = db_stmt(node->db, ENTITY_BY_NAME);
    stmt_bind_blob(s, 1, homes[20].bytes, ID_SIZE);
    int64_t row = stmt_row(s) ? stmt_i64(s, 0) : 0;
    assert_int_equal(stmt_end(s), OK);
    s = db_stmt(node->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row);
    int64_t ops = 0;
    while (stmt_row(s)) {
        ops++;
    }
    assert_int_equal(stmt_end(s), OK);
    assert_true(ops <= 1); /* where it went */
}

static void a_compartment_that_is_not_granted_is_not_offered(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    fill(town, TOWN_BESIDE, homes, HOUSEHOLDS);
    assert_int_equal(build(town->hub, 0), 2);
    struct node *node = newcomer(town, WORKER_IN(TOWN_COMMUNE, ""));
    struct sync_result result = nodes_sync(&town->nodes, node, town->hub);
    assert_int_equal(result.frames_received, 1);
    assert_int_equal(town_digest(town, node, TOWN_BESIDE, "base").count, -1);
    assert_holds_all(town, node);
}

/* ---- away for long */

static void a_year_away_needs_no_reset_and_loses_nothing(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    char phone[32];
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    /* Brahim's device is away; it goes on working on its own. */
    town_edit(town, town->b, town->brahim, homes[1], "head_name_fr", "\"Ahmed\"");
    for (int round = 0; round < 6; round++) {
        for (size_t i = 0; i < HOUSEHOLDS; i++) {
            (void)snprintf(phone, sizeof phone, "\"06%08d\"", round * 1000 + (int)i);
            town_edit(town, town->a, town->amina, homes[i], "phone", phone);
        }
        (void)nodes_sync(&town->nodes, town->a, town->hub);
    }
    town_edit(town, town->a, town->amina, homes[7], "place", "\"" TOWN_BESIDE "\"");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_true(build(town->hub, 8192) >= 1);
    town->nodes.now_ms += 365 * 86400000LL;
    struct sync_result result = nodes_sync(&town->nodes, town->b, town->hub);
    assert_true(result.frames_received > 0);
    assert_true(town_shows(town, town->b, homes[2], "phone", "\"0600005002\""));
    assert_true(town_shows(town, town->hub, homes[1], "head_name_fr", "\"Ahmed\""));
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_false(knows(town, town->b, homes[7])); /* it left while nobody told */
    assert_holds_all(town, town->b);
}

/* ---- files */

static void spoil_files(struct town *town, const char *how)
{
    char command[400];
    (void)snprintf(command, sizeof command, "cd '%s/snapshots' && %s", town->nodes.folder, how);
    assert_int_equal(system(command), 0);
}

static void lost_and_damaged_files_are_made_anew(void **state)
{
    static const char *const ways[] = {"rm *", "for f in *; do echo x >> \"$f\"; done"};
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        char name[16];
        (void)build(town->hub, 8192);
        spoil_files(town, ways[i]);
        (void)snprintf(name, sizeof name, "late%zu", i);
        struct node *node =
            town_more(town, name, ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
        assert_holds_all(town, node);
        /* Something changes, so that the next round makes a new one. */
        town_edit(town, town->a, town->amina, homes[0], "phone",
                  i ? "\"0611111111\"" : "\"0622222222\"");
        (void)nodes_sync(&town->nodes, town->a, town->hub);
    }
}

static void a_snapshot_that_went_away_is_forgotten_for_rows(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    struct sync *sync = NULL;
    struct sync_action action;
    struct diag diag = {0};
    struct buf reply;
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    (void)build(town->hub, 4096);
    struct node *node = newcomer(town, WORKER_IN(TOWN_COMMUNE, ""));
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    assert_int_equal(sync_new(node, town->nodes.pack, NULL, NULL, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    bool dropped = false;
    for (int step = 0; step < 200; step++) {
        town->nodes.now_ms++;
        sync_step(sync, &event, &action);
        if (action.kind != SYNC_EXCHANGE) {
            break;
        }
        if (action.result.frames_received == 2 && !dropped) {
            assert_int_equal(snapshot_drop_all(town->hub), OK);
            dropped = true;
        }
        buf_clear(&reply);
        event = (struct sync_event){.kind = SYNC_REPLY};
        event.status = nodes_answer_at(&town->nodes, town->hub, action.path, action.body, &reply);
        event.body = buf_span(&reply);
    }
    assert_int_equal(action.kind, SYNC_DONE);
    assert_true(dropped);
    sync_free(sync);
    buf_release(&reply);
    assert_holds_all(town, node);
    spoil_files(town, "test -z \"$(ls)\"");
}

static void a_new_hub_takes_snapshots_and_a_hub_with_records_does_not(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_int_equal(build(town->region, 8192), 1);
    struct node *second = nodes_open(&town->nodes, "second", ROLE_HUB, true);
    town->more[town->more_count++] = second;
    nodes_enrol(&town->nodes, town->region, second, HUB_OF(TOWN_PROVINCE));
    struct sync_result result = nodes_sync(&town->nodes, second, town->region);
    assert_true(result.frames_received > 1);
    town_assert_same(town, second, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, second);
    result = nodes_sync(&town->nodes, town->hub, town->region);
    assert_int_equal(result.frames_received, 0);
}

static void small_feeds_and_young_snapshots_are_left_alone(void **state)
{
    struct town *town = *state;
    struct id homes[HOUSEHOLDS];
    struct snapshot_options options = {.least_rows = 100};
    fill(town, TOWN_COMMUNE, homes, 10);
    for (int round = 0; round < 3; round++) {
        static const int64_t expected[] = {0, 1, 0};
        struct snapshot_builder *builder = NULL;
        bool more = true;
        if (round == 1) {
            fill(town, TOWN_COMMUNE, homes, HOUSEHOLDS);
        } else if (round == 2) {
            fill(town, TOWN_COMMUNE, homes, 1);
        }
        assert_int_equal(snapshot_builder_new(town->hub, &options, &builder), OK);
        while (more) {
            assert_int_equal(snapshot_builder_step(builder, &more), OK);
        }
        assert_int_equal(snapshot_builder_made(builder), expected[round]);
        snapshot_builder_free(builder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
        TOWN_TEST(a_first_sync_takes_the_frames_and_then_the_tail),
        TOWN_TEST(cuts_anywhere_cost_a_piece_each_at_most),
        TOWN_TEST(a_device_switched_off_in_between_goes_on_where_it_was),
        TOWN_TEST(who_left_since_is_in_no_frame),
        TOWN_TEST(a_compartment_that_is_not_granted_is_not_offered),
        TOWN_TEST(a_year_away_needs_no_reset_and_loses_nothing),
        TOWN_TEST(lost_and_damaged_files_are_made_anew),
        TOWN_TEST(a_snapshot_that_went_away_is_forgotten_for_rows),
        TOWN_TEST(a_new_hub_takes_snapshots_and_a_hub_with_records_does_not),
        TOWN_TEST(small_feeds_and_young_snapshots_are_left_alone),
#undef TOWN_TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
