/*
 * test_revocation.c - devices and persons whose access was withdrawn: refused within one contact,
 * heard before that, and nothing of what they did honestly is lost.
 */
#define _XOPEN_SOURCE 700

#include "lease.h"
#include "quarantine.h"
#include "redact.h"
#include "test_forge.h"
#include "test_town.h"

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

static void revoke(struct town *town, struct node *node, const char *kind, struct id id)
{
    struct diag diag = {0};
    char name[ID_TEXT_SIZE];
    id_write(id, name);
    town->nodes.now_ms += 60000;
    assert_int_equal(org_revoke(node, kind, name, &diag), OK);
    town->nodes.now_ms += 60000;
}

static struct id node_id(struct node *node)
{
    struct node_identity identity;
    assert_int_equal(node_identity(node, &identity), OK);
    return identity.id;
}

static void refused(struct town *town, struct node *node, struct node *server)
{
    struct sync_action action;
    nodes_try_sync(&town->nodes, node, server, &action);
    assert_int_equal(action.kind, SYNC_GAVE_UP);
    assert_int_equal(action.diag.code, ERR_REVOKED);
}

static int64_t quarantined(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    return status.quarantined;
}

/* Decides about all that waits; returns how many ops that applied. */
static int64_t decide(struct town *town, struct node *node, enum quarantine_verdict verdict)
{
    struct arena arena;
    struct quarantine_row *rows = NULL;
    size_t count = 0;
    int64_t sum = 0;
    arena_init(&arena, &town->nodes.host.mem, 64u << 20);
    assert_int_equal(quarantine_list(node, false, 0, 1000, &arena, &rows, &count), OK);
    for (size_t i = 0; i < count; i++) {
        int64_t ops = 0;
        struct diag diag = {0};
        struct quarantine_decision decision = {rows[i].id, verdict, town->amina, "telephoned"};
        assert_int_equal(quarantine_settle(node, &decision, &ops, &diag), OK);
        assert_int_equal(quarantine_settle(node, &decision, &ops, &diag), ERR_EXISTS);
        sum += ops;
    }
    arena_release(&arena);
    return sum;
}

static struct lease lease_of(struct node *node)
{
    struct lease lease;
    assert_int_equal(lease_read(node, &lease), OK);
    return lease;
}

static bool has(struct town *town, struct node *node, struct id entity)
{
    struct arena arena;
    struct record record;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    bool found = record_read(node, NULL, entity, &arena, &record, NULL) == OK && !record.deleted;
    arena_release(&arena);
    return found;
}

/* Everybody but b. */
static void sync_others(struct town *town)
{
    for (int i = 0; i < 2; i++) {
        (void)nodes_sync(&town->nodes, town->hub, town->region);
        (void)nodes_sync(&town->nodes, town->a, town->hub);
    }
    town_assert_same(town, town->hub, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->hub);
    town_assert_clean(town, town->region);
}

/* ---- a device */

static void a_revoked_device_is_heard_then_refused_then_locks(void **state)
{
    struct town *town = *state;
    struct id kept = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "before");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    struct id late = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "late");
    assert_int_equal(lease_of(town->b).lock, LEASE_OPEN);
    revoke(town, town->hub, "_node", node_id(town->b));
    refused(town, town->b, town->hub);
    assert_int_equal(quarantined(town->hub), 1);
    assert_true(has(town, town->hub, kept));
    assert_false(has(town, town->hub, late));
    assert_int_equal(lease_of(town->b).lock, LEASE_REVOKED);
    assert_true(lease_of(town->b).handed_over);
    refused(town, town->b, town->hub);
    assert_int_equal(quarantined(town->hub), 1);
    sync_others(town);
}

static void a_region_s_revocation_reaches_the_hub_with_its_next_sync(void **state)
{
    struct town *town = *state;
    town_sync_all(town);
    revoke(town, town->region, "_node", node_id(town->b));
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    refused(town, town->b, town->hub);
}

static void accepted_work_of_a_revoked_device_reaches_everybody(void **state)
{
    struct town *town = *state;
    struct id shared = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "shared");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    town_sync_all(town);
    town_edit(town, town->b, town->brahim, shared, "members", "7");
    struct id late = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "late");
    revoke(town, town->hub, "_node", node_id(town->b));
    refused(town, town->b, town->hub);
    sync_others(town);
    assert_int_equal(decide(town, town->hub, QUARANTINE_ACCEPTED), 3);
    assert_int_equal(quarantined(town->hub), 0);
    sync_others(town);
    assert_true(has(town, town->region, late));
    assert_true(has(town, town->a, late));
    assert_true(town_shows(town, town->a, shared, "members", "7"));
}

static void refused_work_stays_in_quarantine(void **state)
{
    struct town *town = *state;
    struct id late = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "late");
    struct arena arena;
    struct quarantine_row *rows = NULL;
    size_t count = 0;
    revoke(town, town->hub, "_node", node_id(town->b));
    refused(town, town->b, town->hub);
    assert_int_equal(decide(town, town->hub, QUARANTINE_REFUSED), 0);
    assert_int_equal(quarantined(town->hub), 0);
    assert_false(has(town, town->hub, late));
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(quarantine_list(town->hub, true, 0, 10, &arena, &rows, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].verdict, QUARANTINE_REFUSED);
    assert_string_equal(rows[0].reason, "telephoned");
    assert_int_equal(rows[0].op_count, 2);
    assert_int_equal(rows[0].before, 2);
    arena_release(&arena);
}

static void a_month_of_work_is_handed_over_in_as_many_requests_as_it_takes(void **state)
{
    struct town *town = *state;
    static struct id entities[120];
    for (size_t i = 0; i < 120; i++) {
        entities[i] = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "late");
    }
    revoke(town, town->hub, "_node", node_id(town->b));
    refused(town, town->b, town->hub);
    assert_true(lease_of(town->b).handed_over);
    assert_true(quarantined(town->hub) > 1);
    assert_int_equal(decide(town, town->hub, QUARANTINE_ACCEPTED), 240);
    sync_others(town);
    for (size_t i = 0; i < 120; i++) {
        assert_true(has(town, town->region, entities[i]));
    }
}

static void spoil(struct batch *batch, const struct forge *forge)
{
    (void)forge;
    batch->signature.bytes[0] ^= 1;
}

static void what_nobody_signed_cannot_be_accepted(void **state)
{
    struct town *town = *state;
    struct forge forge;
    int64_t ops = 0;
    struct diag diag = {0};
    forge_open(&forge, &town->nodes, town->hub, town->b);
    revoke(town, town->hub, "_node", node_id(town->b));
    (void)forge_household(&forge, forge_random(&forge), TOWN_COMMUNE);
    forge_batch(&forge, spoil);
    assert_int_equal(forge_send(&forge), 403);
    assert_int_equal(quarantined(town->hub), 1);
    struct quarantine_decision decision = {1, QUARANTINE_ACCEPTED, town->amina, "x"};
    assert_int_equal(quarantine_settle(town->hub, &decision, &ops, &diag), ERR_SIGNATURE);
    decision.id = 99;
    assert_int_equal(quarantine_settle(town->hub, &decision, &ops, &diag), ERR_NOT_FOUND);
    decision = (struct quarantine_decision){1, QUARANTINE_REFUSED, town->amina, ""};
    assert_int_equal(quarantine_settle(town->hub, &decision, &ops, &diag), ERR_MISSING_ARGUMENT);
    assert_int_equal(quarantined(town->hub), 1);
    forge_release(&forge);
}

static void a_revoked_caller_learns_nothing_but_that(void **state)
{
    struct town *town = *state;
    struct forge forge;
    forge_open(&forge, &town->nodes, town->hub, town->b);
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "secret");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    revoke(town, town->hub, "_node", node_id(town->b));
    assert_int_equal(forge_send(&forge), 403);
    assert_true(forge_says(&forge, "revoked"));
    assert_false(forge_says(&forge, "secret"));
    assert_int_equal(quarantined(town->hub), 0);
    forge_release(&forge);
}

/* ---- a person on a shared device */

static void a_revoked_person_s_work_waits_and_that_of_others_goes_on(void **state)
{
    struct town *town = *state;
    town_sync_all(town);
    struct id theirs = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "theirs");
    struct id others = town_household(town, town->b, town->amina, TOWN_COMMUNE, "others");
    revoke(town, town->region, "_person", town->brahim);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_int_equal(lease_of(town->b).lock, LEASE_OPEN);
    sync_others(town);
    assert_true(has(town, town->region, others));
    assert_false(has(town, town->region, theirs));
    assert_false(has(town, town->hub, theirs));
    assert_int_equal(quarantined(town->hub), 2);
    assert_int_equal(quarantined(town->region), 2);
    assert_int_equal(decide(town, town->hub, QUARANTINE_ACCEPTED), 2);
    sync_others(town);
    assert_true(has(town, town->region, theirs));
    assert_true(has(town, town->a, theirs));
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
}

static void what_the_region_accepts_the_hub_takes_out_of_its_quarantine(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "another");
    town_sync_all(town);
    struct id theirs = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "theirs");
    revoke(town, town->region, "_person", town->brahim);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    sync_others(town);
    assert_false(has(town, town->hub, theirs));
    assert_int_equal(decide(town, town->region, QUARANTINE_ACCEPTED), 2);
    sync_others(town);
    assert_true(has(town, town->hub, theirs));
    assert_int_equal(decide(town, town->hub, QUARANTINE_ACCEPTED), 0);
    sync_others(town);
}

/* Amina may erase values; she erases this one. */
static void erase(struct town *town, struct id entity, const char *property)
{
    char id[ID_TEXT_SIZE];
    char who[ID_TEXT_SIZE];
    char definition[512];
    struct diag diag = {0};
    struct redact_asked asked = {.done = false};
    struct redact redact = {
        .person = town->amina, .entity = entity, .property = property, .reason = "asked for"};
    struct id grant;
    nodes_random(&town->nodes, grant.bytes, ID_SIZE);
    id_write(grant, id);
    id_write(town->amina, who);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"" TOWN_PROVINCE
                   "\",\"compartments\":[\"base\"],\"verbs\":[\"redact\"]}",
                   id, who);
    nodes_publish(town->region, "_grant", id, definition);
    assert_int_equal(node_redact(town->region, &redact, &asked, &diag), OK);
}

/* What is accepted of it is erased at once: both take a place in the region's own chain. */
static void accepted_work_about_an_erased_value_is_erased(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "here");
    town_edit(town, town->a, town->amina, entity, "phone", "\"0661000009\"");
    town_sync_all(town);
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0661000001\"");
    revoke(town, town->region, "_person", town->brahim);
    erase(town, entity, "phone");
    sync_others(town);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    sync_others(town);
    assert_int_equal(decide(town, town->region, QUARANTINE_ACCEPTED), 1);
    town_assert_clean(town, town->region);
    sync_others(town);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_false(town_shows(town, town->b, entity, "phone", "\"0661000001\""));
    town_assert_same(town, town->b, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->region);
}

/* ---- a hub that hasn't heard */

static void work_that_an_unaware_hub_took_is_set_back_everywhere(void **state)
{
    struct town *town = *state;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "house");
    town_edit(town, town->a, town->amina, house, "phone", "\"0661234567\"");
    town_sync_all(town);
    revoke(town, town->region, "_node", node_id(town->b));
    town_edit(town, town->b, town->brahim, house, "phone", "\"0600000000\"");
    town_edit(town, town->b, town->brahim, house, "phone", "\"0600000001\"");
    town_edit(town, town->b, town->brahim, house, "members", "9");
    struct id made = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "made");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_true(town_shows(town, town->a, house, "phone", "\"0600000001\""));
    sync_others(town);
    assert_true(town_shows(town, town->a, house, "phone", "\"0661234567\""));
    assert_false(town_shows(town, town->a, house, "members", "9"));
    assert_false(has(town, town->a, made));
    assert_false(has(town, town->hub, made));
    assert_true(quarantined(town->region) > 0);
    (void)decide(town, town->region, QUARANTINE_ACCEPTED);
    sync_others(town);
    assert_true(town_shows(town, town->a, house, "phone", "\"0600000001\""));
    assert_true(town_shows(town, town->a, house, "members", "9"));
    assert_true(has(town, town->a, made));
}

static void what_was_written_since_stands_when_an_op_is_set_back(void **state)
{
    struct town *town = *state;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "house");
    town_sync_all(town);
    revoke(town, town->region, "_node", node_id(town->b));
    town_edit(town, town->b, town->brahim, house, "phone", "\"0600000000\"");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town_edit(town, town->a, town->amina, house, "phone", "\"0661234567\"");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    sync_others(town);
    assert_true(town_shows(town, town->a, house, "phone", "\"0661234567\""));
    (void)decide(town, town->region, QUARANTINE_ACCEPTED);
    sync_others(town);
    assert_true(town_shows(town, town->a, house, "phone", "\"0661234567\""));
}

static void what_comes_later_than_the_setting_back_comes_first(void **state)
{
    struct town *town = *state;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "house");
    town_sync_all(town);
    revoke(town, town->region, "_node", node_id(town->b));
    town_edit(town, town->b, town->brahim, house, "phone", "\"0600000000\"");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town->nodes.now_ms += 60000;
    town_edit(town, town->a, town->amina, house, "phone", "\"0661234567\"");
    town->nodes.now_ms += 60000;
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    sync_others(town);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    sync_others(town);
    assert_true(town_shows(town, town->region, house, "phone", "\"0661234567\""));
}

static void a_person_s_work_that_an_unaware_hub_took_is_set_back(void **state)
{
    struct town *town = *state;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "house");
    town_sync_all(town);
    revoke(town, town->region, "_person", town->brahim);
    town_edit(town, town->b, town->brahim, house, "visits", "3");
    town_edit(town, town->b, town->brahim, house, "members", "3");
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    sync_others(town);
    assert_false(town_shows(town, town->a, house, "members", "3"));
    assert_false(town_shows(town, town->a, house, "visits", "3"));
    assert_int_equal(quarantined(town->region), 2);
    assert_int_equal(quarantined(town->hub), 0);
    assert_int_equal(decide(town, town->region, QUARANTINE_ACCEPTED), 2);
    sync_others(town);
    assert_true(town_shows(town, town->a, house, "members", "3"));
    assert_true(town_shows(town, town->a, house, "visits", "3"));
}

/* Its own hub revokes it, and it calls at another, which the region hears first. */
static void a_revocation_that_comes_after_the_work_sets_it_back(void **state)
{
    struct town *town = *state;
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "house");
    town_edit(town, town->a, town->amina, house, "phone", "\"0661234567\"");
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, next, town->region);
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    town_edit(town, town->b, town->brahim, house, "members", "8");
    (void)nodes_sync(&town->nodes, town->b, next);
    revoke(town, town->hub, "_node", node_id(town->b));
    town_edit(town, town->b, town->brahim, house, "phone", "\"0600000000\"");
    struct id made = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "made");
    (void)nodes_sync(&town->nodes, town->b, next);
    (void)nodes_sync(&town->nodes, next, town->region);
    assert_true(town_shows(town, town->region, house, "phone", "\"0600000000\""));
    sync_others(town);
    assert_true(town_shows(town, town->region, house, "phone", "\"0661234567\""));
    assert_true(town_shows(town, town->region, house, "members", "8"));
    assert_false(has(town, town->region, made));
    assert_false(has(town, town->a, made));
    assert_int_equal(quarantined(town->region), 3);
    assert_int_equal(decide(town, town->region, QUARANTINE_ACCEPTED), 3);
    sync_others(town);
    (void)nodes_sync(&town->nodes, next, town->region);
    assert_true(town_shows(town, town->a, house, "phone", "\"0600000000\""));
    assert_true(town_shows(town, next, house, "phone", "\"0600000000\""));
    assert_true(has(town, town->a, made));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(a_revoked_device_is_heard_then_refused_then_locks),
        TOWN_TEST(a_region_s_revocation_reaches_the_hub_with_its_next_sync),
        TOWN_TEST(accepted_work_of_a_revoked_device_reaches_everybody),
        TOWN_TEST(refused_work_stays_in_quarantine),
        TOWN_TEST(a_month_of_work_is_handed_over_in_as_many_requests_as_it_takes),
        TOWN_TEST(what_nobody_signed_cannot_be_accepted),
        TOWN_TEST(a_revoked_caller_learns_nothing_but_that),
        TOWN_TEST(a_revoked_person_s_work_waits_and_that_of_others_goes_on),
        TOWN_TEST(what_the_region_accepts_the_hub_takes_out_of_its_quarantine),
        TOWN_TEST(accepted_work_about_an_erased_value_is_erased),
        TOWN_TEST(work_that_an_unaware_hub_took_is_set_back_everywhere),
        TOWN_TEST(a_revocation_that_comes_after_the_work_sets_it_back),
        TOWN_TEST(what_was_written_since_stands_when_an_op_is_set_back),
        TOWN_TEST(what_comes_later_than_the_setting_back_comes_first),
        TOWN_TEST(a_person_s_work_that_an_unaware_hub_took_is_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
