/* node_bundle: what a network does, a stick does too: late, twice, out of order, or not at all. */
#include "test_stick.h"

#include <sys/stat.h>

#include "lease.h"
#include "sync_internal.h"

/* ---- between a device and its hub */

static void a_save_goes_to_the_hub_and_its_acknowledgement_comes_back(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    assert_true(ops_here(town->a) > 0);
    struct bundle_report out = export_to(town, town->a, NULL, "ask");
    assert_int_equal(out.way, BUNDLE_TO_SERVER);
    assert_true(out.ops > 0 && out.bytes > 0);
    assert_true(ops_here(town->a) > 0); /* nothing is believed to have arrived */
    (void)import(town, town->hub, "ask");
    assert_true(town_shows(town, town->hub, entity, "head_name_ar", "\"Aicha\""));
    (void)export_to(town, town->hub, town->a, "answer");
    struct bundle_report back = import(town, town->a, "answer");
    assert_true(back.news && back.acked == out.ops);
    assert_int_equal(ops_here(town->a), 0);
}

static void what_others_changed_comes_to_the_device(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    round_trip(town, town->b, town->hub, "one");
    assert_true(town_shows(town, town->b, entity, "head_name_ar", "\"Aicha\""));
    town_edit(town, town->b, town->brahim, entity, "members", "5");
    town_edit(town, town->a, town->amina, entity, "members", "6");
    round_trip(town, town->a, town->hub, "two");
    round_trip(town, town->b, town->hub, "three");
    round_trip(town, town->a, town->hub, "four");
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
    /* ... and by network nothing is new after it. */
    struct sync_result result = nodes_sync(&town->nodes, town->b, town->hub);
    assert_int_equal(result.ops_received, 0);
    assert_int_equal(result.ops_pushed, 0);
}

static void the_same_bundle_again_changes_nothing(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    round_trip(town, town->a, town->hub, "x");
    struct bundle_report ask = import(town, town->hub, "x-ask");
    struct bundle_report answer = import(town, town->a, "x-answer");
    assert_false(ask.waits);
    assert_int_equal(answer.ops, 0);
    assert_int_equal(ops_here(town->a), 0);
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
}

static void a_lost_bundle_is_made_good_by_the_next(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)export_to(town, town->a, NULL, "lost");
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Rachid");
    round_trip(town, town->a, town->hub, "found");
    assert_int_equal(ops_here(town->a), 0);
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
    /* The lost one turns up after all. */
    assert_false(import(town, town->hub, "lost").waits);
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
}

/* The older answer arrives after a sync by network that knew more. */
static void a_late_answer_takes_nothing_back(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)export_to(town, town->a, NULL, "ask");
    (void)import(town, town->hub, "ask");
    (void)export_to(town, town->hub, town->a, "answer");
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Rachid");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_int_equal(ops_here(town->a), 0);
    struct bundle_report late = import(town, town->a, "answer");
    assert_false(late.news);
    assert_int_equal(ops_here(town->a), 0);
    struct sync_result result = nodes_sync(&town->nodes, town->a, town->hub);
    assert_int_equal(result.ops_pushed + result.ops_received, 0);
}

/* From now on Brahim's device reads another commune than it did. */
static void send_elsewhere(struct town *town, struct node *node, const char *scope)
{
    town_grant(town, node, scope);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
}

static bool reads_feed(struct node *node, struct node *of, const char *scope)
{
    struct server_row server;
    struct feed_position *feeds = NULL;
    struct arena arena;
    size_t count = 0;
    bool reads = false;
    arena_init(&arena, &node->host->mem, 1u << 20);
    struct id name = id_of(of);
    assert_int_equal(server_load(node, &name, &server), OK);
    assert_int_equal(server_feeds(node, &server, &arena, &feeds, &count), OK);
    for (size_t i = 0; i < count; i++) {
        reads = reads || span_is(feeds[i].scope, scope);
    }
    server_release(node, &server);
    arena_release(&arena);
    return reads;
}

/* A scope was taken away meanwhile: what an old file says of it is no beginning. */
static void a_late_answer_brings_no_feed_back(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)export_to(town, town->b, NULL, "ask");
    (void)import(town, town->hub, "ask");
    (void)export_to(town, town->hub, town->b, "answer");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_true(reads_feed(town->b, town->hub, TOWN_COMMUNE));
    send_elsewhere(town, town->b, "\"" TOWN_THIRD "\"");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_false(reads_feed(town->b, town->hub, TOWN_COMMUNE));
    struct bundle_report late = import(town, town->b, "answer");
    assert_false(late.news);
    assert_false(reads_feed(town->b, town->hub, TOWN_COMMUNE));
    send_elsewhere(town, town->b, "\"" TOWN_COMMUNE "\"");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
}

/* Bundles of two visits arrive in the wrong order: the later says what is missing. */
static void bundles_out_of_order_wait_for_what_is_missing(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    round_trip(town, town->a, town->hub, "first");
    struct id second = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Rachid");
    (void)export_to(town, town->a, NULL, "second");
    assert_int_equal(try_import(town, town->hub, "second", &report, &diag), OK);
    assert_true(town_shows(town, town->hub, second, "head_name_ar", "\"Rachid\""));
    assert_false(import(town, town->hub, "first-ask").waits);
    (void)export_to(town, town->hub, town->a, "second-answer");
    (void)import(town, town->a, "second-answer");
    (void)import(town, town->a, "first-answer");
    assert_int_equal(ops_here(town->a), 0);
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
}

/* ---- what is refused */

static void only_who_it_is_for_takes_it(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)export_to(town, town->a, NULL, "ask");
    struct node *const others[] = {town->region, town->b, town->a};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        diag = (struct diag){0};
        assert_int_equal(try_import(town, others[i], "ask", &report, &diag), ERR_ELSEWHERE);
    }
    assert_int_equal(try_import(town, town->hub, "none", &report, &diag), ERR_NOT_FOUND);
}

static void a_file_is_never_overwritten(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    (void)export_to(town, town->a, NULL, "ask");
    assert_int_equal(try_export(town, town->a, NULL, "ask", &report, &diag), ERR_EXISTS);
    (void)import(town, town->hub, "ask");
}

static void a_folder_gets_a_name_that_tells_who_to_whom_and_when(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct bundle_report report;
    char written[BUNDLE_PATH_SIZE], wanted[PATH_SIZE];
    struct bundle_order order = {.path = town->nodes.folder, .ca_pem = ""};
    town->nodes.now_ms = 1795443120000; /* 2026-11-23 14:12 UTC */
    assert_int_equal(node_bundle_export(town->a, &order, written, &report, &diag), OK);
    path_of(town, "A01-A-20261123-141200.douar", wanted);
    assert_string_equal(written, wanted);
}

static void nodes_that_do_not_speak_write_no_bundles(void **state)
{
    struct town *town = *state;
    struct bundle_report report;
    struct diag diag = {0};
    assert_int_equal(try_export(town, town->a, town->b, "x", &report, &diag), ERR_NOT_ALLOWED);
    assert_int_equal(try_export(town, town->region, town->region, "x", &report, &diag),
                     ERR_NOT_ALLOWED);
    assert_int_equal(try_export(town, town->region, NULL, "x", &report, &diag),
                     ERR_MISSING_ARGUMENT);
    char path[PATH_SIZE];
    path_of(town, "x", path);
    struct stat about;
    assert_int_equal(stat(path, &about), -1);
}

/* ---- leases and revocation */

static struct lease lease_of(struct node *node)
{
    struct lease lease;
    assert_int_equal(lease_read(node, &lease), OK);
    return lease;
}

static int64_t quarantined(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    return status.quarantined;
}

static void revoke(struct node *by, struct node *node)
{
    struct diag diag = {0};
    char id[ID_TEXT_SIZE];
    id_write(id_of(node), id);
    assert_int_equal(org_revoke(by, "_node", id, &diag), OK);
}

static void a_revoked_devices_bundle_waits_in_quarantine_and_its_answer_locks_it(void **state)
{
    struct town *town = *state;
    struct bundle_report report;
    struct diag diag = {0};
    struct id late = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)export_to(town, town->a, NULL, "ask");
    revoke(town->hub, town->a);
    report = import(town, town->hub, "ask");
    assert_int_equal(report.aside, 1);
    assert_int_equal(report.ops, 0);
    assert_int_equal(quarantined(town->hub), 1);
    assert_false(town_shows(town, town->hub, late, "head_name_ar", "\"Aicha\""));
    assert_int_equal(import(town, town->hub, "ask").aside, 1); /* again: it is there once */
    assert_int_equal(quarantined(town->hub), 1);
    report = export_to(town, town->hub, town->a, "answer");
    assert_int_equal(report.rows, 0);
    assert_int_equal(lease_of(town->a).lock, LEASE_OPEN);
    assert_int_equal(try_import(town, town->a, "answer", &report, &diag), ERR_REVOKED);
    assert_int_equal(lease_of(town->a).lock, LEASE_REVOKED);
    assert_true(lease_of(town->a).handed_over);
    /* What it writes later goes behind what is kept, and not all once more. */
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Rachid");
    (void)export_to(town, town->a, NULL, "later");
    assert_int_equal(import(town, town->hub, "later").aside, 1);
    assert_int_equal(quarantined(town->hub), 2);
    town_assert_clean(town, town->hub);
}

static void a_month_of_a_revoked_devices_work_is_kept_whole(void **state)
{
    struct town *town = *state;
    struct bundle_report report;
    struct diag diag = {0};
    for (int i = 0; i < 120; i++) {
        (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    }
    (void)export_to(town, town->a, NULL, "ask");
    revoke(town->hub, town->a);
    (void)import(town, town->hub, "ask");
    (void)export_to(town, town->hub, town->a, "answer");
    assert_int_equal(try_import(town, town->a, "answer", &report, &diag), ERR_REVOKED);
    assert_true(lease_of(town->a).handed_over);
    assert_int_equal(lease_of(town->a).kept, 240);
}

static void an_old_bundle_neither_locks_nor_reopens(void **state)
{
    struct town *town = *state;
    struct bundle_report report;
    struct diag diag = {0};
    round_trip(town, town->a, town->hub, "one");
    (void)export_to(town, town->hub, town->a, "before");
    revoke(town->hub, town->a);
    (void)export_to(town, town->hub, town->a, "revoked");
    assert_int_equal(try_import(town, town->a, "revoked", &report, &diag), ERR_REVOKED);
    (void)import(town, town->a, "before");
    assert_int_equal(lease_of(town->a).lock, LEASE_REVOKED);
}

static void an_answer_says_nothing_of_what_was_not_asked(void **state)
{
    struct town *town = *state;
    struct bundle_report report;
    struct diag diag = {0};
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    revoke(town->hub, town->a);
    (void)export_to(town, town->hub, town->a, "answer");
    assert_int_equal(try_import(town, town->a, "answer", &report, &diag), ERR_REVOKED);
    assert_int_equal(lease_of(town->a).kept, 0);
    assert_false(lease_of(town->a).handed_over);
}

static void a_revocation_reaches_a_hub_by_bundle(void **state)
{
    struct town *town = *state;
    struct sync_action action;
    round_trip(town, town->hub, town->region, "one");
    revoke(town->region, town->a);
    round_trip(town, town->hub, town->region, "two");
    nodes_try_sync(&town->nodes, town->a, town->hub, &action);
    assert_int_equal(action.diag.code, ERR_REVOKED);
    assert_int_equal(lease_of(town->a).lock, LEASE_REVOKED);
}

static void a_revoked_servers_bundles_are_refused(void **state)
{
    struct town *town = *state;
    struct bundle_report report;
    struct diag diag = {0};
    (void)export_to(town, town->a, NULL, "ask");
    (void)import(town, town->hub, "ask");
    (void)export_to(town, town->hub, town->a, "answer");
    revoke(town->region, town->hub);
    round_trip(town, town->b, town->hub, "b"); /* it hasn't heard */
    struct sync_action action;
    nodes_try_sync(&town->nodes, town->hub, town->region, &action);
    assert_int_equal(action.diag.code, ERR_REVOKED);
    assert_int_equal(try_export(town, town->region, town->hub, "down", &report, &diag), OK);
    assert_int_equal(try_import(town, town->hub, "down", &report, &diag), ERR_REVOKED);
}

static void a_bundle_is_contact_from_when_it_was_written(void **state)
{
    struct town *town = *state;
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town->nodes.now_ms += 20 * LEASE_DAY_MS;
    (void)export_to(town, town->hub, town->a, "answer");
    town->nodes.now_ms += 11 * LEASE_DAY_MS;
    assert_int_equal(lease_of(town->a).lock, LEASE_EXPIRED);
    (void)import(town, town->a, "answer");
    assert_int_equal(lease_of(town->a).lock, LEASE_OPEN);
    assert_int_equal(lease_of(town->a).away_ms / LEASE_DAY_MS, 11);
    town->nodes.now_ms += 20 * LEASE_DAY_MS;
    assert_int_equal(lease_of(town->a).lock, LEASE_EXPIRED);
    (void)import(town, town->a, "answer"); /* again: no news */
    assert_int_equal(lease_of(town->a).lock, LEASE_EXPIRED);
}

/* ---- a hub and its region */

static void a_hubs_backlog_goes_to_the_region_and_its_own_comes_back(void **state)
{
    struct town *town = *state;
    int64_t batches = 0, ops = 0;
    struct id mine = {{0}};
    for (int i = 0; i < 40; i++) {
        mine = town_household(town, i % 2 ? town->a : town->b, i % 2 ? town->amina : town->brahim,
                              TOWN_COMMUNE, "Aicha");
        (void)nodes_sync(&town->nodes, i % 2 ? town->a : town->b, town->hub);
    }
    assert_int_equal(serve_backlog(town->hub, &batches, &ops), OK);
    assert_true(batches >= 40 && ops >= 80);
    struct bundle_report out = export_to(town, town->hub, NULL, "up");
    assert_int_equal(out.ops, ops);
    assert_int_equal(serve_backlog(town->hub, &batches, &ops), OK);
    assert_true(batches >= 40);
    assert_false(import(town, town->region, "up").waits);
    assert_true(town_shows(town, town->region, mine, "head_name_ar", "\"Aicha\""));
    town_edit(town, town->region, town->amina, mine, "members", "9");
    (void)export_to(town, town->region, town->hub, "down");
    (void)import(town, town->hub, "down");
    assert_int_equal(serve_backlog(town->hub, &batches, &ops), OK);
    assert_int_equal(batches, 0);
    assert_true(town_shows(town, town->hub, mine, "members", "9"));
    /* By network nothing is left to say. */
    struct sync_result result = nodes_sync(&town->nodes, town->hub, town->region);
    assert_int_equal(result.ops_pushed + result.ops_received, 0);
}

/* The hub's clock said 1970 when the device synced, so it gave no receipt, and the region gave one.
   An hour that it gave later would be known to it alone. (The simulator found it: seed 1015.) */
static void a_stick_that_brings_again_what_a_mad_clock_took_gives_no_receipt(void **state)
{
    struct town *town = *state;
    const int64_t day_ms = 86400000;
    town_sync_all(town);
    town->nodes.now_ms +=
        1000 * day_ms; /* the device's clock runs ahead: a receipt caps its time */
    (void)town_household(town, town->b, town->brahim, TOWN_COMMUNE, "Itto");
    town->nodes.now_ms -= 1000 * day_ms;
    (void)export_to(town, town->b, town->hub, "early");
    int64_t now_ms = town->nodes.now_ms;
    town->nodes.now_ms = 1000;
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    town->nodes.now_ms = now_ms;
    (void)import(town, town->hub, "early");
    town->nodes.now_ms += day_ms;
    town_sync_all(town);
    town_sync_all(town);
    town_assert_same(town, town->hub, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
}

static void a_hubs_bundles_overlap_without_harm(void **state)
{
    struct town *town = *state;
    int64_t batches = 0, ops = 0;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)export_to(town, town->hub, NULL, "one");
    struct id second = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Rachid");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)export_to(town, town->hub, NULL, "two"); /* begins where one began */
    assert_false(import(town, town->region, "one").waits);
    assert_false(import(town, town->region, "two").waits);
    assert_false(import(town, town->region, "one").waits); /* and once more, late */
    assert_true(town_shows(town, town->region, second, "head_name_ar", "\"Rachid\""));
    (void)export_to(town, town->region, town->hub, "down");
    (void)import(town, town->hub, "down");
    assert_int_equal(serve_backlog(town->hub, &batches, &ops), OK);
    assert_int_equal(batches, 0);
}

static void what_the_region_has_in_its_backup_is_stable_by_bundle(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    struct node_status status;
    char path[PATH_SIZE];
    path_of(town, "backup.db", path);
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    round_trip(town, town->a, town->hub, "a");
    round_trip(town, town->hub, town->region, "h");
    assert_int_equal(node_backup(town->region, path, &diag), OK);
    round_trip(town, town->hub, town->region, "i");
    round_trip(town, town->a, town->hub, "b");
    assert_int_equal(node_status(town->a, &status), OK);
    assert_int_equal(status.ops_here + status.ops_province, 0);
    assert_true(status.ops_region > 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_save_goes_to_the_hub_and_its_acknowledgement_comes_back),
        CASE(what_others_changed_comes_to_the_device),
        CASE(the_same_bundle_again_changes_nothing),
        CASE(a_lost_bundle_is_made_good_by_the_next),
        CASE(a_late_answer_takes_nothing_back),
        CASE(a_late_answer_brings_no_feed_back),
        CASE(bundles_out_of_order_wait_for_what_is_missing),
        CASE(only_who_it_is_for_takes_it),
        CASE(a_file_is_never_overwritten),
        CASE(a_folder_gets_a_name_that_tells_who_to_whom_and_when),
        CASE(nodes_that_do_not_speak_write_no_bundles),
        CASE(a_revoked_devices_bundle_waits_in_quarantine_and_its_answer_locks_it),
        CASE(a_month_of_a_revoked_devices_work_is_kept_whole),
        CASE(an_old_bundle_neither_locks_nor_reopens),
        CASE(an_answer_says_nothing_of_what_was_not_asked),
        CASE(a_revocation_reaches_a_hub_by_bundle),
        CASE(a_revoked_servers_bundles_are_refused),
        CASE(a_bundle_is_contact_from_when_it_was_written),
        CASE(a_hubs_backlog_goes_to_the_region_and_its_own_comes_back),
        CASE(a_hubs_bundles_overlap_without_harm),
        CASE(a_stick_that_brings_again_what_a_mad_clock_took_gives_no_receipt),
        CASE(what_the_region_has_in_its_backup_is_stable_by_bundle),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
