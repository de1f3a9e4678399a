/*
 * test_collect.c - servers let go of bodies that nobody needs, of no others, and nobody notices:
 * what is shown, verified, offered and told is the same, and a late copy changes nothing.
 */
#define _XOPEN_SOURCE 700

#include "collect.h"
#include "gone_line.h"
#include "node_bundle.h"
#include "node_gone.h"
#include "node_internal.h"
#include "quarantine.h"
#include "redact.h"
#include "test_town.h"

#define DAY_MS  86400000LL
#define HORIZON (180 * DAY_MS)

static void backup_to(struct town *town, const char *name)
{
    char path[256];
    struct diag diag = {0};
    (void)snprintf(path, sizeof path, "%s/%s.db", town->nodes.folder, name);
    assert_int_equal(node_backup(town->region, path, &diag), OK);
}

/* The region makes a backup, and everybody hears of it. */
static void make_stable(struct town *town)
{
    town_sync_all(town);
    backup_to(town, "copy");
    town_sync_all(town);
}

static struct collect_count collect(struct node *node)
{
    struct collect_count count = {0};
    struct diag diag = {0};
    assert_int_equal(collect_all(node, HORIZON, false, &count, &diag), OK);
    return count;
}

/* What of an entity lies in the log: rows, rows without a body, bytes in column body. */
struct rows {
    int64_t all, gone, bytes;
};

static struct rows rows_of(struct node *node, struct id entity)
{
    struct rows rows = {0};
    struct entity_row row;
    assert_int_equal(entity_find(node, entity, &row), OK);
    int64_t list[512];
    size_t count = 0;
    struct stmt *s = db_stmt(node->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    while (count < COUNT_OF(list) && stmt_row(s)) {
        list[count++] = stmt_i64(s, 0);
    }
    assert_int_equal(stmt_end(s), OK);
    for (size_t i = 0; i < count; i++) {
        s = db_stmt(node->db, OP_GET);
        stmt_bind_i64(s, 1, list[i]);
        assert_true(stmt_row(s));
        rows.all++;
        rows.gone += (stmt_i64(s, 4) & OP_FLAG_GONE) != 0;
        rows.bytes += (int64_t)stmt_span(s, 0).size;
        assert_int_equal(stmt_end(s), OK);
    }
    return rows;
}

static void assert_rows(struct rows a, struct rows b)
{
    assert_int_equal(a.all, b.all);
    assert_int_equal(a.gone, b.gone);
    assert_int_equal(a.bytes, b.bytes);
}

/* A household whose telephone was changed `times` times, long ago, all of it stable. */
static struct id old_household(struct town *town, int times)
{
    char phone[32];
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_sync_all(town);
    for (int i = 0; i < times; i++) {
        (void)snprintf(phone, sizeof phone, "\"06%08d\"", i);
        town->nodes.now_ms += 60000;
        town_edit(town, town->a, town->amina, home, "phone", phone);
    }
    make_stable(town);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    return home;
}

static void assert_everywhere(struct town *town, struct id home, const char *phone)
{
    struct node *const nodes[] = {town->a, town->b, town->hub, town->region};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        assert_true(town_shows(town, nodes[i], home, "phone", phone));
        town_assert_same(town, nodes[i], town->region, TOWN_COMMUNE, "base");
        town_assert_clean(town, nodes[i]);
    }
}

/* ---- what goes */

static void what_is_superseded_old_and_stable_goes_and_nothing_shows_it(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 5);
    struct node *const servers[] = {town->hub, town->region};
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        struct town_digest before = town_digest(town, servers[i], TOWN_COMMUNE, "base");
        struct collect_count dry = {0};
        struct diag diag = {0};
        struct rows rows = rows_of(servers[i], home);
        assert_int_equal(collect_all(servers[i], HORIZON, true, &dry, &diag), OK);
        assert_rows(rows, rows_of(servers[i], home));
        struct collect_count count = collect(servers[i]);
        assert_int_equal(count.ops, 4); /* the newest is live */
        assert_int_equal(dry.ops, 4);
        assert_int_equal(dry.freed, count.freed);
        assert_int_equal(count.waiting, 0);
        assert_int_equal(rows_of(servers[i], home).gone, 4);
        assert_int_equal(rows.bytes - rows_of(servers[i], home).bytes, count.freed - count.kept);
        assert_true(count.kept <= 4 * 18);
        struct town_digest after = town_digest(town, servers[i], TOWN_COMMUNE, "base");
        assert_int_equal(before.count, after.count);
        assert_true(before.sum == after.sum);
        assert_int_equal(collect(servers[i]).ops, 0);
    }
    assert_everywhere(town, home, "\"0600000004\"");
}

static void registers_made_anew_are_the_same(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 5);
    (void)collect(town->hub);
    struct town_digest before = town_digest(town, town->hub, TOWN_COMMUNE, "base");
    struct audit_report report = {0};
    buf_init(&report.findings, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(node_audit(town->hub, true, NULL, NULL, &report), OK);
    assert_string_equal(buf_text(&report.findings), "");
    buf_release(&report.findings);
    struct town_digest after = town_digest(town, town->hub, TOWN_COMMUNE, "base");
    assert_int_equal(before.count, after.count);
    assert_true(before.sum == after.sum);
    assert_everywhere(town, home, "\"0600000004\"");
}

static void a_collected_op_that_is_called_live_is_found(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 3);
    struct audit_report report = {0};
    struct entity_row row;
    int64_t phone = 0;
    int64_t gone = 0;
    uint64_t uid8 = 0;
    (void)collect(town->hub);
    assert_int_equal(entity_find(town->hub, home, &row), OK);
    assert_int_equal(symbol_find(town->hub, span_of("phone"), &phone), OK);
    struct stmt *s = db_stmt(town->hub->db, COLLECT_OPS); /* those that still have a body */
    stmt_bind_i64(s, 1, row.id);
    (void)stmt_row(s);
    gone = stmt_i64(s, 0);
    assert_int_equal(stmt_end(s), OK);
    s = db_stmt(town->hub->db, DEAD_IN_REGISTER);
    stmt_bind_i64(s, 1, row.id);
    stmt_bind_i64(s, 2, phone);
    assert_true(stmt_row(s));
    uid8 = stmt_u64(s, 0);
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(node_begin(town->hub), OK);
    s = db_stmt(town->hub->db, UNDO_DEAD);
    stmt_bind_i64(s, 1, row.id);
    stmt_bind_i64(s, 2, phone);
    stmt_bind_u64(s, 3, uid8);
    assert_int_equal(stmt_run(s), OK);
    s = db_stmt(town->hub->db, LIVE_ADD);
    stmt_bind_i64(s, 1, row.id);
    stmt_bind_i64(s, 2, phone);
    stmt_bind_u64(s, 3, uid8);
    stmt_bind_i64(s, 4, gone);
    assert_int_equal(stmt_run(s), OK);
    assert_int_equal(node_end(town->hub, OK), OK);
    buf_init(&report.findings, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(node_audit(town->hub, false, NULL, NULL, &report), OK);
    assert_non_null(strstr(buf_text(&report.findings), "a collected op is live"));
    buf_release(&report.findings);
}

/* ---- what stays */

static void what_is_young_stays(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, town->a, town->amina, home, "phone", "\"0611111111\"");
    town_edit(town, town->a, town->amina, home, "phone", "\"0622222222\"");
    make_stable(town);
    town->nodes.now_ms += HORIZON - DAY_MS;
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 0);
    town->nodes.now_ms += 2 * DAY_MS;
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 1);
}

static void what_came_late_is_young_whatever_its_clock_said(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, town->a, town->amina, home, "phone", "\"0611111111\"");
    town_edit(town, town->a, town->amina, home, "phone", "\"0622222222\"");
    town->nodes.now_ms += HORIZON + DAY_MS; /* the device was away */
    make_stable(town);
    assert_int_equal(collect(town->hub).ops, 0);
}

static void what_was_superseded_lately_stays(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 1);
    town_edit(town, town->b, town->brahim, home, "phone", "\"0699999999\"");
    make_stable(town);
    assert_int_equal(collect(town->hub).ops, 0);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 1);
    assert_everywhere(town, home, "\"0699999999\"");
}

/* As who hands over may tell: the op that did it lay out of sight there, and is lost with a hub
   that was put back. */
static void overwrite_by_hearsay(struct node *node, struct id entity, const char *reg)
{
    struct entity_row row;
    int64_t symbol = 0;
    assert_int_equal(entity_find(node, entity, &row), OK);
    assert_int_equal(symbol_find(node, span_of(reg), &symbol), OK);
    struct stmt *s = db_stmt(node->db, LIVE_OF);
    stmt_bind_i64(s, 1, row.id);
    stmt_bind_i64(s, 2, symbol);
    assert_true(stmt_row(s));
    uint64_t uid8 = stmt_u64(s, 1);
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(node_begin(node), OK);
    assert_int_equal(log_apply_dead(node, entity, span_of(reg), &uid8, 1), OK);
    assert_int_equal(node_end(node, OK), OK);
}

static void what_is_dead_by_hearsay_alone_stays(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 1);
    overwrite_by_hearsay(town->hub, home, "phone");
    assert_int_equal(collect(town->hub).ops, 0);
}

static size_t count_flags(struct town *town, struct node *node, const char *why)
{
    struct flag_row *flags = NULL;
    size_t count = 0, found = 0;
    struct arena arena;
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(record_flags(node, &arena, &flags, &count), OK);
    for (size_t i = 0; i < count; i++) {
        found += strcmp(flags[i].why, why) == 0;
    }
    arena_release(&arena);
    return found;
}

static void the_region_tells_of_a_value_that_only_hearsay_took(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 1);
    overwrite_by_hearsay(town->region, home, "phone");
    assert_int_equal(collect(town->region).ops, 0);
    assert_int_equal(count_flags(town, town->region, "overwritten"), 1);
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 0);
    assert_int_equal(count_flags(town, town->hub, "overwritten"), 0); /* more may be elsewhere */
}

static void what_the_backup_lacks_stays_and_is_told(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, town->a, town->amina, home, "phone", "\"0611111111\"");
    town_edit(town, town->a, town->amina, home, "phone", "\"0622222222\"");
    town_sync_all(town);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 0);
    assert_int_equal(collect(town->hub).waiting, 1);
    assert_int_equal(collect(town->region).waiting, 1);
    assert_int_equal(rows_of(town->hub, home).gone, 0);
    backup_to(town, "copy");
    assert_int_equal(collect(town->hub).ops, 0); /* it hasn't heard yet */
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 1);
}

static void what_somebody_is_still_to_look_at_stays(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_sync_all(town);
    struct entity_row row;
    town_edit(town, town->a, town->amina, home, "phone", "\"0611111111\"");
    town_sync_all(town);
    assert_int_equal(entity_find(town->hub, home, &row), OK);
    int64_t flagged = 0;
    struct stmt *s = db_stmt(town->hub->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    while (stmt_row(s)) {
        flagged = stmt_i64(s, 0);
    }
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(node_begin(town->hub), OK);
    assert_int_equal(log_flag(town->hub, flagged, "out_of_scope"), OK);
    assert_int_equal(node_end(town->hub, OK), OK);
    town_edit(town, town->a, town->amina, home, "phone", "\"0622222222\"");
    make_stable(town);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 0);
    struct logged logged;
    struct arena arena;
    struct diag diag = {0};
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(log_read(town->hub, flagged, &arena, &logged), OK);
    assert_int_equal(record_flag_settle(town->hub, logged.op.uid, "out_of_scope", &diag), OK);
    arena_release(&arena);
    assert_int_equal(collect(town->hub).ops, 1);
}

static void counters_definitions_and_disputes_stay(void **state)
{
    struct town *town = *state;
    struct id entity = town_centre(town);
    town_sync_all(town);
    for (int i = 0; i < 4; i++) {
        town_edit(town, town->a, town->amina, entity, "visits", "1");
        town_edit(town, town->a, town->amina, entity, "visit_note", "\"seen\"");
    }
    town_edit(town, town->a, town->amina, entity, "name_ar", "\"two\"");
    town_edit(town, town->b, town->brahim, entity, "name_ar", "\"three\"");
    nodes_publish(town->region, "_place", TOWN_THIRD,
                  "{\"code\":\"" TOWN_THIRD "\",\"level\":\"commune\",\"labels\":{\"fr\":\"x\"}}");
    nodes_publish(town->region, "_place", TOWN_THIRD,
                  "{\"code\":\"" TOWN_THIRD "\",\"level\":\"commune\",\"labels\":{\"fr\":\"y\"}}");
    make_stable(town);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    assert_int_equal(collect(town->region).ops, 0);
    assert_int_equal(collect(town->hub).ops, 0);
    assert_true(town_shows(town, town->hub, entity, "visits", "4"));
}

static void a_chosen_element_that_was_taken_out_goes(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, town->a, town->amina, home, "cooking", "[\"gas\",\"wood\"]");
    town_edit(town, town->a, town->amina, home, "cooking", "[\"gas\"]");
    town_edit(town, town->a, town->amina, home, "cooking", "[\"wood\"]");
    make_stable(town);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    assert_true(collect(town->hub).ops > 0);
    (void)collect(town->region);
    assert_true(town_shows(town, town->hub, home, "cooking", "[\"wood\"]"));
    town_assert_same(town, town->a, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->hub);
}

static void a_device_does_not_collect(void **state)
{
    struct town *town = *state;
    struct collect_count count = {0};
    struct diag diag = {0};
    (void)old_household(town, 3);
    assert_int_equal(collect_all(town->a, HORIZON, false, &count, &diag), ERR_NOT_ALLOWED);
}

static void with_a_clock_gone_mad_nothing_is_old(void **state)
{
    struct town *town = *state;
    (void)old_household(town, 3);
    town->nodes.now_ms = 1000;
    assert_int_equal(collect(town->hub).ops, 0);
}

/* ---- late copies */

static void assert_nothing_changed(struct town *town, struct id home, struct rows hub,
                                   struct rows region)
{
    assert_rows(hub, rows_of(town->hub, home));
    assert_rows(region, rows_of(town->region, home));
    assert_everywhere(town, home, "\"0600000004\"");
}

static void a_copied_device_that_pushes_it_again_changes_nothing(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_sync_all(town);
    for (int i = 0; i < 5; i++) {
        char phone[32];
        (void)snprintf(phone, sizeof phone, "\"06%08d\"", i);
        town_edit(town, town->a, town->amina, home, "phone", phone);
    }
    node_close(town->a); /* nothing of it was sent */
    town_copy_files(town, "a", "twin");
    town->a = town_open_again(town, "a");
    make_stable(town);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    assert_int_equal(collect(town->hub).ops, 4);
    assert_int_equal(collect(town->region).ops, 4);
    struct rows hub = rows_of(town->hub, home);
    struct rows region = rows_of(town->region, home);
    struct node *twin = town_open_again(town, "twin");
    town->more[town->more_count++] = twin;
    for (int i = 0; i < 3; i++) {
        (void)nodes_sync(&town->nodes, twin, town->hub);
        town_sync_all(town);
    }
    assert_nothing_changed(town, home, hub, region);
    town_assert_same(town, twin, town->hub, TOWN_COMMUNE, "base");
}

static void a_stick_that_brings_it_late_changes_nothing(void **state)
{
    struct town *town = *state;
    char path[512];
    char written[BUNDLE_PATH_SIZE];
    struct bundle_report report;
    struct diag diag = {0};
    struct bundle_order order = {.path = path, .ca_pem = ""};
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    for (int i = 0; i < 5; i++) {
        char phone[32];
        (void)snprintf(phone, sizeof phone, "\"06%08d\"", i);
        town_edit(town, town->a, town->amina, home, "phone", phone);
    }
    (void)snprintf(path, sizeof path, "%s/stick", town->nodes.folder);
    assert_int_equal(node_bundle_export(town->a, &order, written, &report, &diag), OK);
    make_stable(town);
    town->nodes.now_ms += HORIZON + DAY_MS;
    town_sync_all(town);
    assert_true(collect(town->hub).ops >= 4);
    assert_true(collect(town->region).ops >= 4);
    struct rows hub = rows_of(town->hub, home);
    struct rows region = rows_of(town->region, home);
    assert_int_equal(node_bundle_import(town->hub, path, NULL, NULL, &report, &diag), OK);
    town_sync_all(town);
    assert_nothing_changed(town, home, hub, region);
}

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

static void a_reconcile_that_offers_it_changes_nothing(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 5);
    struct diag diag = {0};
    char path[256];
    assert_int_equal(collect(town->hub).ops, 4);
    assert_int_equal(collect(town->region).ops, 4);
    struct rows hub = rows_of(town->hub, home);
    struct rows region = rows_of(town->region, home);
    (void)snprintf(path, sizeof path, "%s/now.db", town->nodes.folder);
    assert_int_equal(node_backup(town->hub, path, &diag), OK);
    town->hub = restore(town, town->hub, "hub", "now"); /* another epoch: everybody offers all */
    for (int i = 0; i < 2; i++) {
        town_sync_all(town);
    }
    assert_nothing_changed(town, home, hub, region);
    backup_to(town, "now");
    town->region = restore(town, town->region, "region", "now");
    for (int i = 0; i < 2; i++) {
        town_sync_all(town);
    }
    assert_nothing_changed(town, home, hub, region);
}

/* ---- readers */

static void who_was_away_for_a_year_loses_nothing(void **state)
{
    struct town *town = *state;
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, town->a, town->amina, home, "phone", "\"0611111111\"");
    town_edit(town, town->a, town->amina, home, "members", "3");
    town_sync_all(town);
    assert_true(town_shows(town, town->b, home, "phone", "\"0611111111\""));
    /* Brahim goes away with the first number, and works on. */
    town_edit(town, town->b, town->brahim, home, "members", "4");
    town_edit(town, town->a, town->amina, home, "phone", "\"0622222222\"");
    town_edit(town, town->a, town->amina, home, "phone", "\"0633333333\"");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    backup_to(town, "copy");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town->nodes.now_ms += 365 * DAY_MS;
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_int_equal(collect(town->hub).ops, 2); /* both numbers before */
    (void)collect(town->region);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    town_sync_all(town);
    assert_true(town_shows(town, town->region, home, "members", "4"));
    assert_everywhere(town, home, "\"0633333333\"");
    /* ... and who comes new. */
    town_sync_all(town);
    struct node *c = town_more(town, "c", ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    (void)nodes_sync(&town->nodes, c, town->hub); /* it knows now what it is granted */
    town_assert_same(town, c, town->hub, TOWN_COMMUNE, "base");
}

static void the_history_says_what_is_gone(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 3);
    struct history_entry *entries = NULL;
    size_t count = 0;
    size_t gone = 0;
    struct arena arena;
    struct diag diag = {0};
    (void)collect(town->hub);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_history(town->hub, NULL, home, &arena, &entries, &count, &diag), OK);
    assert_int_equal(count, rows_of(town->hub, home).all);
    for (size_t i = 0; i < count; i++) {
        gone += entries[i].gone;
        assert_true(entries[i].time_ms > 0);
        assert_int_equal(strcmp(entries[i].kind, "gone") == 0, entries[i].gone);
    }
    assert_int_equal(gone, 2);
    arena_release(&arena);
}

/* ---- disasters */

static int64_t ops_not_stable(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    return status.ops_here + status.ops_province;
}

static void a_region_put_back_to_before_it_was_stable_goes_on_without_a_gap(void **state)
{
    struct town *town = *state;
    town_sync_all(town);
    backup_to(town, "old");
    struct id home = old_household(town, 5);
    assert_int_equal(collect(town->hub).ops, 4);
    town->region = restore(town, town->region, "region", "old");
    for (int i = 0; i < 3; i++) {
        town_sync_all(town);
    }
    assert_int_equal(rows_of(town->region, home).gone, 4);
    assert_everywhere(town, home, "\"0600000004\"");
    /* Its chain is whole there: what comes after becomes stable. */
    town_edit(town, town->a, town->amina, home, "members", "7");
    make_stable(town);
    assert_int_equal(ops_not_stable(town->a), 0);
    town_assert_clean(town, town->region);
}

static void a_device_may_not_say_that_its_own_op_is_gone(void **state)
{
    struct town *town = *state;
    struct op op;
    struct arena arena;
    struct buf line;
    struct op_register reg = {.name = span_of("phone")};
    struct op gone = {.compartment = span_of("base"), .registers = &reg, .register_count = 1};
    (void)town;
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    buf_init(&line, &town->nodes.host.mem, 1u << 16);
    gone_line_write(&gone, &line);
    struct span text = span_cut(buf_span(&line), 0, line.size - 1);
    assert_true(gone_line_is(text));
    assert_int_equal(gone_line_read(text, &arena, &op, NULL), OK);
    struct span body;
    struct signature signature;
    bool has_signature = false;
    assert_int_equal(op_line_read(text, &body, &has_signature, &signature, NULL), ERR_FORMAT);
    buf_release(&line);
    arena_release(&arena);
}

/* ---- redaction */

/* The region takes the telephone numbers out of every log. */
static size_t redact_phone(struct town *town, struct id home)
{
    char id[ID_TEXT_SIZE];
    char who[ID_TEXT_SIZE];
    char definition[512];
    struct id grant;
    struct diag diag = {0};
    struct redact_asked asked = {.done = false};
    struct redact redact = {.person = town->amina,
                            .entity = home,
                            .property = "phone",
                            .reason = "asked by the person"};
    nodes_random(&town->nodes, grant.bytes, ID_SIZE);
    id_write(grant, id);
    id_write(town->amina, who);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"05\",\"compartments\":[\"base\"],"
                   "\"verbs\":[\"redact\"]}",
                   id, who);
    nodes_publish(town->region, "_grant", id, definition);
    assert_int_equal(node_redact(town->region, &redact, &asked, &diag), OK);
    town_sync_all(town);
    return asked.op_count;
}

static void a_redaction_reaches_who_still_has_the_body(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 3);
    struct history_entry *entries = NULL;
    size_t count = 0;
    struct arena arena;
    struct diag diag = {0};
    assert_int_equal(collect(town->region).ops, 2);
    assert_int_equal(redact_phone(town, home), 3);
    (void)collect(town->hub);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_history(town->a, NULL, home, &arena, &entries, &count, &diag), OK);
    for (size_t i = 0; i < count; i++) {
        struct buf values;
        buf_init(&values, &town->nodes.host.mem, 1u << 16);
        buf_add_span(&values, entries[i].values);
        assert_null(strstr(buf_text(&values), "06000000"));
        buf_release(&values);
    }
    arena_release(&arena);
    town_assert_clean(town, town->region);
    town_assert_clean(town, town->hub);
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
}

/* Gives the region what the hub would relay of every op that it has collected. */
static size_t relay_gone(struct town *town, struct id home)
{
    int64_t rows[64];
    size_t count = 0;
    size_t gone = 0;
    struct entity_row row;
    struct arena arena;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(entity_find(town->hub, home, &row), OK);
    struct stmt *s = db_stmt(town->hub->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    while (count < COUNT_OF(rows) && stmt_row(s)) {
        rows[count++] = stmt_i64(s, 0);
    }
    assert_int_equal(stmt_end(s), OK);
    for (size_t i = 0; i < count; i++) {
        struct logged logged;
        enum applied applied = APPLIED_NEW;
        int64_t at = 0;
        assert_int_equal(log_read(town->hub, rows[i], &arena, &logged), OK);
        struct arriving in = {
            .op = &logged.op, .way = WAY_BELOW, .receipt_ms = STAMP_NO_RECEIPT, .gone = true};
        if (logged.gone) {
            assert_int_equal(node_begin(town->region), OK);
            assert_int_equal(log_apply(town->region, &in, &applied, &at), OK);
            assert_int_equal(node_end(town->region, OK), OK);
            assert_int_equal(applied, APPLIED_KNOWN);
            gone++;
        }
    }
    arena_release(&arena);
    return gone;
}

static void what_a_relay_let_go_of_takes_nothing_from_who_has_it(void **state)
{
    struct town *town = *state;
    struct id home = old_household(town, 3);
    assert_int_equal(collect(town->hub).ops, 2);
    struct rows before = rows_of(town->region, home);
    assert_int_equal(relay_gone(town, home), 2);
    assert_rows(before, rows_of(town->region, home)); /* whole bodies */
    assert_int_equal(redact_phone(town, home), 3);
    before = rows_of(town->region, home);
    assert_int_equal(relay_gone(town, home), 2);
    assert_rows(before, rows_of(town->region, home)); /* and scrubbed ones */
    town_assert_clean(town, town->region);
}

/* A hub that says of work which it was to hand over that it has let go of it. */
static void what_a_relay_never_gave_is_not_gone(void **state)
{
    struct town *town = *state;
    town_sync_all(town);
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "phone");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    int64_t row = 0;
    struct entity_row entity;
    assert_int_equal(entity_find(town->hub, home, &entity), OK);
    struct stmt *s = db_stmt(town->hub->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, entity.id);
    while (stmt_row(s)) {
        row = stmt_i64(s, 0); /* the last: not the one that says where it belongs */
    }
    assert_int_equal(stmt_end(s), OK);
    struct arena arena;
    struct logged logged;
    int64_t size = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(log_read(town->hub, row, &arena, &logged), OK);
    assert_int_equal(node_begin(town->hub), OK);
    assert_int_equal(node_end(town->hub, gone_make(town->hub, &logged, &size)), OK);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    struct held_op held;
    assert_int_equal(log_find(town->region, logged.op.uid, &held), OK);
    assert_int_equal(held.row, 0);
    struct quarantine_row *aside = NULL;
    size_t count = 0;
    assert_int_equal(quarantine_list(town->region, true, 0, 10, &arena, &aside, &count), OK);
    assert_int_equal(count, 1);
    assert_string_equal(aside[0].why, "never_here");
    /* An honest hub gets it there. */
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    nodes_enrol(&town->nodes, next, town->a, WORKER_IN(TOWN_PROVINCE, ""));
    for (int i = 0; i < 2; i++) {
        (void)nodes_sync(&town->nodes, town->a, next);
        (void)nodes_sync(&town->nodes, next, town->region);
    }
    assert_true(town_shows(town, town->region, home, "head_name_ar", "\"phone\""));
    arena_release(&arena);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
    const struct CMUnitTest tests[] = {
        CASE(what_is_superseded_old_and_stable_goes_and_nothing_shows_it),
        CASE(registers_made_anew_are_the_same),
        CASE(a_collected_op_that_is_called_live_is_found),
        CASE(what_is_young_stays),
        CASE(what_came_late_is_young_whatever_its_clock_said),
        CASE(what_was_superseded_lately_stays),
        CASE(what_is_dead_by_hearsay_alone_stays),
        CASE(the_region_tells_of_a_value_that_only_hearsay_took),
        CASE(what_the_backup_lacks_stays_and_is_told),
        CASE(what_somebody_is_still_to_look_at_stays),
        CASE(counters_definitions_and_disputes_stay),
        CASE(a_chosen_element_that_was_taken_out_goes),
        CASE(a_device_does_not_collect),
        CASE(with_a_clock_gone_mad_nothing_is_old),
        CASE(a_copied_device_that_pushes_it_again_changes_nothing),
        CASE(a_stick_that_brings_it_late_changes_nothing),
        CASE(a_reconcile_that_offers_it_changes_nothing),
        CASE(who_was_away_for_a_year_loses_nothing),
        CASE(the_history_says_what_is_gone),
        CASE(a_region_put_back_to_before_it_was_stable_goes_on_without_a_gap),
        CASE(a_device_may_not_say_that_its_own_op_is_gone),
        CASE(a_redaction_reaches_who_still_has_the_body),
        CASE(what_a_relay_let_go_of_takes_nothing_from_who_has_it),
        CASE(what_a_relay_never_gave_is_not_gone),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
