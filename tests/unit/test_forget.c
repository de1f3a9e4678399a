/*
 * test_forget.c - a device lets go of what is safe elsewhere, of nothing else, and gets it back.
 */
#define _XOPEN_SOURCE 700

#include "forget.h"
#include "node_internal.h"
#include "sync_internal.h"
#include "test_back.h"
#include "test_town.h"

#define DAY_MS 86400000LL

/* The region makes a backup, and everybody hears of it. */
static void make_stable(struct town *town)
{
    char path[256];
    struct diag diag = {0};
    town_sync_all(town);
    (void)snprintf(path, sizeof path, "%s/copy.db", town->nodes.folder);
    assert_int_equal(node_backup(town->region, path, &diag), OK);
    town_sync_all(town);
}

static struct sync_result forget_now(struct town *town, struct node *node, int64_t older_ms)
{
    struct sync_options options = {.forget = SYNC_FORGET_NOW, .forget_older_ms = older_ms};
    struct sync_action action;
    nodes_sync_by(&town->nodes, node, town->hub, NULL, &options, &action);
    assert_int_equal(action.kind, SYNC_DONE);
    return action.result;
}

static enum err look_for(struct town *town, struct node *node, struct id entity)
{
    struct id found;
    char text[ID_TEXT_SIZE];
    struct diag diag = {0};
    (void)town;
    id_write(entity, text);
    text[10] = '\0'; /* a whole id is found even as a stub */
    return record_resolve_id(node, text, &found, &diag);
}

static int64_t bytes_of(struct node *node, struct id entity)
{
    int64_t sum = 0;
    struct arena arena;
    struct entity_row row;
    arena_init(&arena, &node->host->mem, 8u << 20);
    assert_int_equal(entity_find(node, entity, &row), OK);
    struct stmt *s = db_stmt(node->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    while (stmt_row(s)) {
        sum++;
    }
    assert_int_equal(stmt_end(s), OK);
    arena_release(&arena);
    return sum;
}

static void what_left_goes_once_it_is_in_the_backup(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "Amina");
    town_edit(town, town->b, town->brahim, home, "phone", "\"0612345678\"");
    town_sync_all(town);
    town_edit(town, town->a, town->amina, home, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    /* Nothing of it is in a backup: it is hidden and stays. */
    assert_int_equal(forget_now(town, town->b, 0).forgotten, 0);
    assert_true(bytes_of(town->b, home) > 2);
    make_stable(town);
    assert_int_equal(forget_now(town, town->b, 0).forgotten, 1);
    assert_int_equal(bytes_of(town->b, home), 1); /* where it went */
    town_assert_clean(town, town->b);
    assert_int_equal(forget_now(town, town->b, 0).forgotten, 0);
    /* It comes back whole, what Brahim wrote himself too. */
    town_edit(town, town->a, town->amina, home, "place", "\"" TOWN_COMMUNE "\"");
    town_sync_all(town);
    town_sync_all(town);
    assert_true(town_shows(town, town->b, home, "phone", "\"0612345678\""));
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->b);
}

static void what_nobody_changed_for_long_goes_and_is_told_of(void **state)
{
    struct town *town = *state;
    char text[ID_TEXT_SIZE];
    struct diag diag = {0};
    struct forgotten_record found;
    struct forget_count counts;
    struct id old = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "old");
    make_stable(town);
    town->nodes.now_ms += 400 * DAY_MS;
    struct id young = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "young");
    make_stable(town);
    assert_int_equal(forget_look(town->b, 365 * DAY_MS, &counts), OK);
    assert_int_equal(counts.ready, 1);
    assert_int_equal(forget_now(town, town->b, 365 * DAY_MS).forgotten, 1);
    assert_int_equal(look_for(town, town->b, young), OK);
    id_write(old, text);
    assert_int_equal(forget_find(town->b, text, &found, &diag), OK);
    assert_true(found.case_number[0] != '\0');
    struct id id;
    assert_int_equal(record_resolve_id(town->b, found.case_number, &id, &diag), ERR_FORGOTTEN);
    town_assert_clean(town, town->b);
    /* A person asks for it. */
    assert_int_equal(forget_ask_back(town->b, found.case_number, &found, &diag), OK);
    town_sync_all(town);
    assert_true(town_shows(town, town->b, old, "head_name_ar", "\"old\""));
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->b);
}

static void a_change_elsewhere_brings_it_back(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "old");
    make_stable(town);
    town->nodes.now_ms += 400 * DAY_MS;
    assert_int_equal(forget_now(town, town->b, 365 * DAY_MS).forgotten, 1);
    town_edit(town, town->a, town->amina, home, "phone", "\"0611111111\"");
    town_sync_all(town);
    town_sync_all(town);
    assert_true(town_shows(town, town->b, home, "phone", "\"0611111111\""));
    assert_true(town_shows(town, town->b, home, "head_name_ar", "\"old\""));
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->b);
}

/* Brahim's device has synced at another hub, and its own is the chosen one again. */
static struct node *visit_another_hub(struct town *town)
{
    town_sync_all(town);
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    (void)nodes_sync(&town->nodes, next, town->region);
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    (void)sync_at(town, town->b, next);
    nodes_enrol(&town->nodes, town->hub, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    return next;
}

/* Asked back at a hub that isn't up to date: it tells the rest when it has it, to its author too.
 */
static void what_comes_back_in_parts_is_whole_in_the_end(void **state)
{
    struct town *town = *state;
    char text[ID_TEXT_SIZE];
    struct diag diag = {0};
    struct forgotten_record found;
    struct id home = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "old");
    struct node *next = visit_another_hub(town);
    town_edit(town, town->b, town->brahim, home, "phone", "\"0612345678\"");
    make_stable(town);
    town->nodes.now_ms += 400 * DAY_MS;
    assert_int_equal(forget_now(town, town->b, 365 * DAY_MS).forgotten, 1);
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    id_write(home, text);
    assert_int_equal(forget_ask_back(town->b, text, &found, &diag), OK);
    (void)sync_at(town, town->b, next);
    assert_true(town_shows(town, town->b, home, "head_name_ar", "\"old\""));
    (void)nodes_sync(&town->nodes, next, town->region);
    (void)sync_at(town, town->b, next);
    assert_true(town_shows(town, town->b, home, "phone", "\"0612345678\""));
    town_assert_clean(town, town->b);
}

/* A sync that gets no further than its first request. */
static void begin_sync(struct town *town, struct node *device, struct node *hub)
{
    struct node_identity of;
    struct sync_options options = {0};
    struct sync *sync = NULL;
    struct sync_action action;
    struct diag diag = {0};
    struct sync_event event = {.kind = SYNC_BEGIN};
    assert_int_equal(node_identity(hub, &of), OK);
    assert_int_equal(sync_new(device, town->nodes.pack, &of.id, &options, &sync, &diag), OK);
    sync_step(sync, &event, &action);
    assert_int_equal(action.kind, SYNC_EXCHANGE);
    sync_free(sync);
}

/* Let go with its scope, and the scope is back: each hub told it long ago, so any may be asked. */
static void what_is_in_sight_again_is_asked_of_whichever_hub_comes_next(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "old");
    struct node *next = visit_another_hub(town);
    make_stable(town);
    town_grant(town, town->b, "\"" TOWN_THIRD "\"");
    town_sync_all(town);
    assert_int_equal(forget_now(town, town->b, 0).forgotten, 1);
    town_grant(town, town->b, "\"" TOWN_COMMUNE "\"");
    (void)nodes_sync(&town->nodes, next, town->region);
    (void)sync_at(town, town->b, next); /* hears that it is granted again */
    begin_sync(town, town->b, next);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)sync_at(town, town->b, town->hub);
    assert_true(town_shows(town, town->b, home, "head_name_ar", "\"old\""));
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->b);
}

static size_t parts_asked(struct node *node, const struct server_row *server)
{
    size_t count = 0;
    struct stmt *s = db_stmt(node->db, TREES_IN_PART);
    stmt_bind_blob(s, 1, server->name.bytes, ID_SIZE);
    stmt_bind_u64(s, 2, server->epoch);
    while (stmt_row(s)) {
        count++;
    }
    assert_int_equal(stmt_end(s), OK);
    return count;
}

/* Rows of its health went by while it lay out of sight; then its base comes by a snapshot, which is
   no answer to a question about it. (The simulator found what was missing then: seed 928.) */
static void what_went_by_of_a_compartment_is_asked_for_though_the_base_came(void **state)
{
    struct town *town = *state;
    struct node *b = town->b;
    struct id home = town_household(town, b, town->brahim, TOWN_COMMUNE, "Amina");
    struct entity_row root;
    struct server_row server;
    town_sync_all(town);
    assert_int_equal(server_load(b, NULL, &server), OK);
    assert_int_equal(entity_find(b, home, &root), OK);
    const struct entity_part part = {span_of("health"), 0, server.epoch};
    assert_int_equal(node_begin(b), OK);
    assert_int_equal(entity_read_part(b, root.id, server.name, &part), OK);
    assert_int_equal(entity_unread(b, root.id, server.name), OK);
    assert_int_equal(entity_unread_anywhere(b, root.id), OK); /* it is in sight again */
    assert_int_equal(entity_read(b, root.id, server.name, span_of("")), OK);
    assert_int_equal(entity_parts_anew(b, root.id, server.name, server.epoch), OK);
    assert_int_equal(node_end(b, OK), OK);
    assert_int_equal(parts_asked(b, &server), 1);
    (void)nodes_sync(&town->nodes, b, town->hub); /* b may not read it: it isn't asked for ever */
    assert_int_equal(parts_asked(b, &server), 0);
    town_assert_clean(town, b);
    server_release(b, &server);
}

static void what_is_not_sent_or_not_safe_stays(void **state)
{
    struct town *town = *state;
    struct forget_count counts;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "old");
    make_stable(town);
    town->nodes.now_ms += 400 * DAY_MS;
    /* Amina's edit of long ago reached the hub after the last backup. */
    town->nodes.now_ms -= 390 * DAY_MS;
    town_edit(town, town->a, town->amina, home, "phone", "\"0611111111\"");
    town->nodes.now_ms += 390 * DAY_MS;
    town_sync_all(town);
    assert_int_equal(forget_now(town, town->b, 365 * DAY_MS).forgotten, 0);
    assert_true(town_shows(town, town->b, home, "phone", "\"0611111111\""));
    /* Own work that isn't safe isn't even asked about. */
    assert_int_equal(forget_look(town->a, 365 * DAY_MS, &counts), OK);
    assert_int_equal(counts.ready, 0);
    assert_int_equal(counts.waiting, 1);
    make_stable(town);
    assert_int_equal(forget_now(town, town->b, 365 * DAY_MS).forgotten, 1);
    assert_int_equal(forget_now(town, town->a, 365 * DAY_MS).forgotten, 1);
    town_assert_clean(town, town->a);
}

static void what_changed_between_question_and_answer_stays(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "old");
    make_stable(town);
    town->nodes.now_ms += 400 * DAY_MS;
    struct sync_options options = {.forget = SYNC_FORGET_NOW, .forget_older_ms = 365 * DAY_MS};
    struct sync *sync = NULL;
    struct sync_action action;
    struct diag diag = {0};
    struct buf reply;
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    assert_int_equal(sync_new(town->b, town->nodes.pack, NULL, &options, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    for (int step = 0; step < 20; step++) {
        town->nodes.now_ms++;
        sync_step(sync, &event, &action);
        if (action.kind != SYNC_EXCHANGE) {
            break;
        }
        buf_clear(&reply);
        event = (struct sync_event){.kind = SYNC_REPLY};
        event.status = nodes_answer_at(&town->nodes, town->hub, action.path, action.body, &reply);
        event.body = buf_span(&reply);
        if (step == 1) {
            town_edit(town, town->b, town->brahim, home, "phone", "\"0611111111\"");
        }
    }
    assert_int_equal(action.kind, SYNC_DONE);
    assert_int_equal(action.result.forgotten, 0);
    sync_free(sync);
    buf_release(&reply);
    assert_true(town_shows(town, town->b, home, "phone", "\"0611111111\""));
}

static void by_itself_a_sync_goes_by_the_setting_twice_a_day(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "old");
    make_stable(town);
    assert_int_equal(forget_set_days(town->b, 365), OK);
    town->nodes.now_ms += 400 * DAY_MS;
    assert_int_equal(look_for(town, town->b, home), OK);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_int_equal(look_for(town, town->b, home), ERR_NOT_FOUND);
    struct sync_result quiet = nodes_sync(&town->nodes, town->b, town->hub);
    assert_int_equal(quiet.requests, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
        TOWN_TEST(what_left_goes_once_it_is_in_the_backup),
        TOWN_TEST(what_nobody_changed_for_long_goes_and_is_told_of),
        TOWN_TEST(a_change_elsewhere_brings_it_back),
        TOWN_TEST(what_comes_back_in_parts_is_whole_in_the_end),
        TOWN_TEST(what_is_in_sight_again_is_asked_of_whichever_hub_comes_next),
        TOWN_TEST(what_went_by_of_a_compartment_is_asked_for_though_the_base_came),
        TOWN_TEST(what_is_not_sent_or_not_safe_stays),
        TOWN_TEST(what_changed_between_question_and_answer_stays),
        TOWN_TEST(by_itself_a_sync_goes_by_the_setting_twice_a_day),
#undef TOWN_TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
