/*
 * test_town.h - a region, a hub of one province and two devices that have synced once.
 *
 *     cmocka_unit_test_setup_teardown(case, town_setup, town_teardown)
 *
 * Amina's device `a` reads the whole province, base and health; Brahim's device `b` reads one
 * commune, base only. A test may open up to TOWN_MORE further nodes with town_more().
 */
#ifndef TEST_TOWN_H
#define TEST_TOWN_H

#include "audit.h"
#include "code.h"
#include "test_nodes.h"

#define TOWN_PROVINCE "05.081"
#define TOWN_COMMUNE  "05.081.03.09" /* a and b */
#define TOWN_BESIDE   "05.081.03.11" /* a only */
#define TOWN_THIRD    "05.081.03.13" /* a only */
#define TOWN_AWAY     "05.301.03.01" /* another province */
#define TOWN_MORE     4

#define WORKER_IN(scope, extra)                                                                    \
    "{\"role\":\"worker\",\"scopes\":[\"" scope "\"],\"compartments\":[\"base\"" extra "]}"
#define HUB_OF(scope)                                                                              \
    "{\"role\":\"hub\",\"scopes\":[\"" scope "\"],\"compartments\":[\"base\",\"health\",\"aid\","  \
    "\"protection\"]}"

struct town {
    struct test_nodes nodes;
    struct node *region, *hub, *a, *b;
    struct node *more[TOWN_MORE];
    size_t more_count;
    struct id amina, brahim;
    int64_t stick_room; /* of attachments in a bundle (test_stick.h); 0: as much as there is */
};

/* A further node, enrolled at `server` and synced with it once; closed with the town. */
static inline struct node *town_more(struct town *town, const char *name, enum role role,
                                     struct node *server, const char *definition)
{
    assert_true(town->more_count < TOWN_MORE);
    struct node *node = nodes_open(&town->nodes, name, role, true);
    town->more[town->more_count++] = node;
    nodes_enrol(&town->nodes, server, node, definition);
    (void)nodes_sync(&town->nodes, node, server);
    return node;
}

/* The region states what a worker's device reads, base only; `scopes`: JSON texts, by commas. */
static inline void town_grant(struct town *town, struct node *node, const char *scopes)
{
    struct node_identity me;
    char definition[512];
    char id[ID_TEXT_SIZE];
    char key[64];
    assert_int_equal(node_identity(node, &me), OK);
    id_write(me.id, id);
    base64_write(me.key.bytes, PUBLIC_KEY_SIZE, key);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"name\":\"b\",\"role\":\"worker\",\"key\":\"%s\","
                   "\"short\":\"%s\",\"scopes\":[%s],\"compartments\":[\"base\"]}",
                   id, key, me.short_code, scopes);
    nodes_publish(town->region, "_node", id, definition);
}

static inline int town_setup(void **state)
{
    static struct town town;
    town = (struct town){.more_count = 0};
    nodes_init(&town.nodes);
    town.region = nodes_region(&town.nodes);
    town.amina = nodes_person(&town.nodes, town.region, "Amina", "worker", TOWN_PROVINCE);
    town.brahim = nodes_person(&town.nodes, town.region, "Brahim", "worker", "05");
    town.hub = nodes_open(&town.nodes, "hub", ROLE_HUB, true);
    nodes_enrol(&town.nodes, town.region, town.hub, HUB_OF(TOWN_PROVINCE));
    (void)nodes_sync(&town.nodes, town.hub, town.region);
    town.a = nodes_open(&town.nodes, "a", ROLE_WORKER, true);
    town.b = nodes_open(&town.nodes, "b", ROLE_WORKER, true);
    nodes_enrol(&town.nodes, town.hub, town.a, WORKER_IN(TOWN_PROVINCE, ",\"health\""));
    nodes_enrol(&town.nodes, town.hub, town.b, WORKER_IN(TOWN_COMMUNE, ""));
    (void)nodes_sync(&town.nodes, town.a, town.hub);
    (void)nodes_sync(&town.nodes, town.b, town.hub);
    *state = &town;
    return 0;
}

static inline int town_teardown(void **state)
{
    struct town *town = *state;
    for (size_t i = 0; i < town->more_count; i++) {
        node_close(town->more[i]);
    }
    node_close(town->a);
    node_close(town->b);
    node_close(town->hub);
    node_close(town->region);
    nodes_release(&town->nodes);
    return 0;
}

static inline void town_sync_all(struct town *town)
{
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
}

/* ---- files under a node */

/* Copies database and anchor of a closed node, or puts the copy back. */
static inline void town_copy_files(const struct town *town, const char *from, const char *to)
{
    static const char *const suffixes[] = {"", ".anchor"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char command[700];
        (void)snprintf(command, sizeof command, "cp '%s/%s.db%s' '%s/%s.db%s'", town->nodes.folder,
                       from, suffixes[i], town->nodes.folder, to, suffixes[i]);
        assert_int_equal(system(command), 0);
    }
}

/* The database alone: the anchor beside it stays, as when a backup is put back by hand. */
static inline void town_copy_database(const struct town *town, const char *from, const char *to)
{
    char command[700];
    (void)snprintf(command, sizeof command, "cp '%s/%s.db' '%s/%s.db'", town->nodes.folder, from,
                   town->nodes.folder, to);
    assert_int_equal(system(command), 0);
}

static inline struct node *town_open_again(struct town *town, const char *name)
{
    return nodes_open(&town->nodes, name, ROLE_WORKER, false);
}

/* ---- saving and reading */

static inline struct id town_household(struct town *town, struct node *node, struct id person,
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

/* Aicha, by Amina on her device. */
static inline struct id town_person(struct town *town, struct id household)
{
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    struct change changes[] = {{"name_ar", span_of("\"Aicha\"")}, {"sex", span_of("\"f\"")}};
    struct save save = {.person = town->amina,
                        .type = "person",
                        .is_new = true,
                        .has_parent = true,
                        .parent = household,
                        .changes = changes,
                        .change_count = COUNT_OF(changes)};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    enum err e = node_save(town->a, &save, &arena, &saved, &diag);
    if (e) {
        fail_msg("person: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    arena_release(&arena);
    return saved.entity;
}

/* A record with a counter, "visits". */
static inline struct id town_centre(struct town *town)
{
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    struct change changes[] = {{"name_ar", span_of("\"one\"")}, {"kind", span_of("\"dar_talib\"")}};
    struct save save = {.person = town->amina,
                        .type = "centre",
                        .is_new = true,
                        .place = span_of(TOWN_COMMUNE),
                        .changes = changes,
                        .change_count = COUNT_OF(changes)};
    enum err e = node_save(town->a, &save, &arena, &saved, &diag);
    if (e) {
        fail_msg("centre: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    arena_release(&arena);
    return saved.entity;
}

static inline void town_edit(struct town *town, struct node *node, struct id person,
                             struct id entity, const char *property, const char *json)
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

static inline bool town_shows(struct town *town, struct node *node, struct id entity,
                              const char *property, const char *json)
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

/* ---- comparing */

static inline void town_assert_clean(struct town *town, struct node *node)
{
    struct audit_report report = {0};
    buf_init(&report.findings, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(node_audit(node, false, NULL, NULL, &report), OK);
    if (report.finding_count) {
        fail_msg("audit: %s", buf_text(&report.findings));
    }
    buf_release(&report.findings);
}

struct town_digest {
    int64_t count; /* -1: nothing there */
    uint64_t sum;
};

static inline struct town_digest town_digest(struct town *town, struct node *node,
                                             const char *scope, const char *compartment)
{
    struct arena arena;
    struct digest_row *rows = NULL;
    struct town_digest digest = {.count = -1};
    size_t count = 0;
    arena_init(&arena, &town->nodes.host.mem, 64u << 20);
    assert_int_equal(node_digest(node, &arena, &rows, &count), OK);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].scope, scope) == 0 && strcmp(rows[i].compartment, compartment) == 0) {
            digest = (struct town_digest){rows[i].count, rows[i].sum};
        }
    }
    arena_release(&arena);
    return digest;
}

static inline void town_assert_same(struct town *town, struct node *x, struct node *y,
                                    const char *scope, const char *compartment)
{
    struct town_digest one = town_digest(town, x, scope, compartment);
    struct town_digest two = town_digest(town, y, scope, compartment);
    assert_int_equal(one.count, two.count);
    assert_true(one.count > 0);
    assert_true(one.sum == two.sum);
}

#endif
