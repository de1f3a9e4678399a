/*
 * sim_revoke_check.c - at rest: what came after a revocation is in quarantine and shown nowhere,
 * unless somebody accepted it.
 */
#include <stdlib.h>
#include <string.h>

#include "quarantine.h"
#include "sim_liar.h"
#include "sim_revoke.h"

#define ROWS_MAX    8192
#define CHECK_ARENA (512u * 1024 * 1024)

static bool holds(sqlite3_stmt *s, struct id uid)
{
    (void)sqlite3_reset(s);
    (void)sqlite3_bind_blob(s, 1, uid.bytes, ID_SIZE, SQLITE_STATIC);
    return s && sqlite3_step(s) == SQLITE_ROW;
}

static bool is_of_revoked(const struct sim_world *world, const struct sim_birth *birth)
{
    return world->nodes[birth->node].revoked;
}

/* ---- what lies in quarantine */

/* A device offers to one hub what it holds of another's enrolments, which only that hub and the
   region vouch for. Aside there, it has to be at the region all the same. */
static bool is_of_another_office(const struct sim_world *world, const struct sim_birth *birth,
                                 const struct quarantine_row *row)
{
    return world->nodes[birth->node].role == ROLE_HUB && strcmp(row->why, "org_signature") == 0;
}

static void note_row(struct sim_node *server, const struct quarantine_row *row)
{
    struct sim_world *world = server->world;
    bool too_late = strcmp(row->why, "after_revocation") == 0;
    for (size_t i = 0; i < row->op_count; i++) {
        struct sim_birth *birth = births_find(&world->births, row->ops[i].uid);
        if (!birth && liar_is_here(world)) {
            continue; /* what it made up stays there: liar_check() */
        }
        if (!birth) {
            world_fail(world, "%s has in quarantine what nobody wrote", server->name);
            return;
        }
        if (!revoke_is_why(row)) { /* it has to come again, and whole: nothing excuses its loss */
            if (!liar_is_here(world) && !is_of_another_office(world, birth, row)) {
                world_fail(world, "%s has an op of %s in quarantine: %s", server->name,
                           world->nodes[birth->node].name, row->why);
            }
            continue;
        }
        birth->kept = true;
        birth->accepted = birth->accepted || row->verdict == QUARANTINE_ACCEPTED;
        birth->set_back = birth->set_back || too_late;
    }
    if (row->op_count == 0 && !liar_is_here(world)) { /* what it altered may be no op any more */
        world_fail(world, "%s has in quarantine what can't be read", server->name);
    }
    world->counters.quarantined += row->verdict == QUARANTINE_WAITS;
    world->counters.refused_kept += row->verdict == QUARANTINE_REFUSED;
}

static void read_quarantine(struct sim_node *server)
{
    struct sim_world *world = server->world;
    struct arena arena;
    struct quarantine_row *rows = NULL;
    size_t count = 0;
    struct node *desk = desk_open(server);
    if (!desk) {
        return;
    }
    arena_init(&arena, &world->mem, CHECK_ARENA);
    enum err e = quarantine_list(desk, true, 0, ROWS_MAX, &arena, &rows, &count);
    if (e) {
        world_fail(world, "%s can't list its quarantine: %s", server->name, err_name(e));
    }
    for (size_t i = 0; i < count && !world->failed; i++) {
        note_row(server, &rows[i]);
    }
    size_t refused = 0;
    for (size_t i = 0; i < count; i++) {
        refused += rows[i].verdict == QUARANTINE_REFUSED;
    }
    arena_release(&arena);
    node_close(desk);
    if (refused != server->refused) {
        world_fail(world, "%s refused %zu times and keeps %zu", server->name, server->refused,
                   refused);
    }
}

void check_aside(struct sim_world *world)
{
    struct sim_births *births = &world->births;
    for (size_t i = 0; i < SIM_SERVERS; i++) {
        read_quarantine(&world->nodes[i]);
    }
    sqlite3_stmt *s =
        eye_ask(&world->nodes[SIM_REGION], "SELECT 1 FROM op WHERE uid = ?1 AND entity <> 0");
    for (size_t i = 0; s && i < births->count; i++) {
        struct sim_birth *birth = &births->list[i];
        bool unbelieved = birth->kept || is_of_revoked(world, birth);
        birth->aside = unbelieved && !birth->undone && !holds(s, birth->uid);
        if (birth->aside && birth->accepted) {
            world_fail(world, "an op of %s was accepted and isn't at the region",
                       world->nodes[birth->node].name);
        }
    }
    (void)sqlite3_finalize(s);
}

bool revoke_differs(struct sim_node *node)
{
    const struct sim_births *births = &node->world->births;
    for (size_t i = 0; i < births->count; i++) {
        if (births->list[i].aside && births->list[i].node == node->index) {
            return true;
        }
    }
    return node->revoked;
}

/* ---- nowhere shown, and not lost */

static void check_unseen(struct sim_node *node)
{
    const struct sim_world *world = node->world;
    sqlite3_stmt *s = eye_ask(node, "SELECT 1 FROM op WHERE uid = ?1 AND entity <> 0");
    for (size_t i = 0; s && i < world->births.count; i++) {
        const struct sim_birth *birth = &world->births.list[i];
        if (birth->aside && birth->node != node->index && holds(s, birth->uid)) {
            world_fail(node->world, "%s shows what %s wrote after its revocation", node->name,
                       world->nodes[birth->node].name);
        }
    }
    (void)sqlite3_finalize(s);
}

/* What waits for nobody's decision alone is on the device still. */
static void check_kept(struct sim_world *world)
{
    for (size_t i = 0; i < world->births.count; i++) {
        const struct sim_birth *birth = &world->births.list[i];
        struct sim_node *node = &world->nodes[birth->node];
        if (birth->aside && !birth->kept && !birth->gone) {
            world_fail(world, "an op of %s is in nobody's log and in no quarantine", node->name);
        }
    }
}

/* Set back and not accepted since: live in nothing but what says where its record belongs. */
static void check_set_back(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    sqlite3_stmt *s = eye_ask(
        region, "SELECT 1 FROM live l JOIN op o ON o.id = l.op JOIN symbol r ON r.id ="
                " l.register WHERE o.uid = ?1 AND r.text NOT IN ('_scope', '_root', '_parent',"
                " '_case') AND NOT EXISTS (SELECT 1 FROM live m JOIN op d ON d.id = m.op JOIN"
                " symbol t ON t.id = m.register WHERE m.entity = l.entity AND t.text ="
                " '_deleted')");
    for (size_t i = 0; s && i < world->births.count; i++) {
        const struct sim_birth *birth = &world->births.list[i];
        if (birth->set_back && !birth->accepted && holds(s, birth->uid)) {
            world_fail(world, "the region shows what %s wrote after its revocation",
                       world->nodes[birth->node].name);
        }
    }
    (void)sqlite3_finalize(s);
    world->counters.set_back +=
        (uint64_t)eye_number(region, "SELECT count(*) FROM op WHERE flags & 2 <> 0");
}

/*
 * Whatever the region holds of a revoked device with a receipt that isn't earlier was set back, but
 * for what others had superseded and the region let go of before it heard (there is nothing left of
 * that: flag 4), and for what an office took out of quarantine since: its person was withdrawn as
 * well, and somebody has looked at it.
 */
static void check_late(struct sim_node *node)
{
    struct sim_world *world = node->world;
    sqlite3_stmt *s =
        eye_ask(&world->nodes[SIM_REGION],
                "SELECT o.uid FROM op o JOIN origin g ON g.id = o.origin WHERE g.node = ?1 AND"
                " o.entity <> 0 AND o.flags & 6 = 0 AND o.receipt_ms >= (SELECT min(r.time_ms,"
                " coalesce(r.receipt_ms, r.time_ms)) FROM op r WHERE r.uid = ?2)");
    size_t late = 0;
    (void)sqlite3_bind_blob(s, 1, node->id.bytes, ID_SIZE, SQLITE_STATIC);
    (void)sqlite3_bind_blob(s, 2, node->revocation.bytes, ID_SIZE, SQLITE_STATIC);
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        struct id uid;
        memcpy(uid.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
        const struct sim_birth *birth = births_find(&world->births, uid);
        late += !birth || !birth->accepted;
    }
    (void)sqlite3_finalize(s);
    if (late > 0) {
        world_fail(world, "the region took %zu ops of %s after its revocation", late, node->name);
    }
}

void check_revoked(struct sim_world *world)
{
    check_kept(world);
    check_set_back(world);
    for (size_t i = 0; i < world->node_count && !world->failed; i++) {
        check_unseen(&world->nodes[i]);
        if (world->nodes[i].revoked) {
            check_late(&world->nodes[i]);
        }
    }
}
