/*
 * sim_revoke.c - a device is stolen or handed in late, a person leaves; the office decides later
 * about what came after.
 */
#include "sim_revoke.h"

#include <stdio.h>
#include <string.h>

#include "lease.h"
#include "quarantine.h"
#include "sim_network.h"

#define IN_STEPS     1000
#define MOST_DEVICES 2
#define MOST_PERSONS 2
#define DECIDE_ROWS  200
#define DECIDE_ARENA (64u * 1024 * 1024)
#define LEASE_DAYS   6

/* The office works with the power on. NULL: it can't now. */
static struct node *office(struct sim_node *server)
{
    if (!server->svc || power_settle(server)) {
        return NULL;
    }
    network_commit(server);
    sim_disk_cut_after(server->host.disk, 0);
    return server->svc ? desk_open(server) : NULL;
}

static struct sim_node *some_device(struct sim_world *world)
{
    size_t devices = world->node_count - SIM_SERVERS;
    return &world->nodes[SIM_SERVERS + rng_below(&world->revoke_rng, devices)];
}

/* ---- a device */

bool revoke_is_known(struct sim_node *server, const struct sim_node *node)
{
    if (!node->revoked) {
        return false;
    }
    sqlite3_stmt *s = eye_ask(server, "SELECT 1 FROM live l JOIN symbol s ON s.id = l.register JOIN"
                                      " op o ON o.id = l.op WHERE s.text = 'revoked' AND o.uid ="
                                      " ?1");
    (void)sqlite3_bind_blob(s, 1, node->revocation.bytes, ID_SIZE, SQLITE_STATIC);
    bool known = s && sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return known;
}

static void revoke_device(struct sim_world *world)
{
    struct sim_node *node = some_device(world);
    bool by_hub = rng_chance(&world->revoke_rng, 500);
    struct sim_node *server = &world->nodes[by_hub ? node->server : SIM_REGION];
    char id[ID_TEXT_SIZE];
    struct diag diag = {0};
    struct node *desk =
        node->revoked || world->counters.revoked_device >= MOST_DEVICES ? NULL : office(server);
    if (!desk) {
        return;
    }
    (void)check_births(server, NULL);
    id_write(node->id, id);
    enum err e = org_revoke(desk, "_node", id, &diag);
    node_close(desk);
    size_t before = world->births.count;
    if (e || check_births(server, NULL) != 1) {
        world_fail(world, "%s can't revoke %s: %s", server->name, node->name, err_name(e));
        return;
    }
    node->revoked = true;
    node->stolen = rng_chance(&world->revoke_rng, 600);
    node->revocation = world->births.list[before].uid;
    world->counters.revoked_device++;
    world_say(world, "%s revokes %s, which is %s", server->name, node->name,
              node->stolen ? "stolen" : "honest");
}

bool revoke_stops(struct sim_node *node)
{
    struct lease lease = {.lock = LEASE_OPEN};
    return node->revoked && !node->stolen && node->node && lease_read(node->node, &lease) == OK &&
           lease.lock == LEASE_REVOKED;
}

/* ---- a person */

static void withdraw_person(struct sim_world *world)
{
    struct sim_node *node = some_device(world);
    struct sim_node *region = &world->nodes[SIM_REGION];
    char id[ID_TEXT_SIZE];
    struct diag diag = {0};
    bool may = !node->revoked && id_is_zero(node->withdrawn) &&
               world->counters.revoked_person < MOST_PERSONS;
    struct node *desk = may ? office(region) : NULL;
    if (!desk) {
        return;
    }
    node->withdrawn = node->person;
    id_write(node->withdrawn, id);
    setup_another_person(node, desk);
    enum err e = org_revoke(desk, "_person", id, &diag);
    node_close(desk);
    (void)check_births(region, NULL);
    if (e) {
        world_fail(world, "a person can't be withdrawn: %s %s", err_name(e), diag.args[0]);
    }
    world->counters.revoked_person++;
    world_say(world, "the person of %s is withdrawn", node->name);
}

void revoke_take_turns(struct sim_node *node)
{
    struct id other = node->withdrawn;
    if (!id_is_zero(other) && (node->turned || rng_chance(&node->world->revoke_rng, 500))) {
        node->withdrawn = node->person;
        node->person = other;
        node->turned = !node->turned;
    }
}

/* ---- decisions */

bool revoke_is_why(const struct quarantine_row *row)
{
    return strcmp(row->why, "revoked") == 0 || strcmp(row->why, "person_revoked") == 0 ||
           strcmp(row->why, "after_revocation") == 0;
}

static bool is_applied(struct sim_node *server, struct id uid)
{
    sqlite3_stmt *s = eye_ask(server, "SELECT 1 FROM op WHERE uid = ?1 AND entity <> 0");
    (void)sqlite3_bind_blob(s, 1, uid.bytes, ID_SIZE, SQLITE_STATIC);
    bool applied = s && sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return applied;
}

static void decide_one(struct sim_node *server, struct node *desk, const struct quarantine_row *row)
{
    struct sim_world *world = server->world;
    struct diag diag = {0};
    int64_t ops = 0;
    size_t chance = rng_below(&world->revoke_rng, 10);
    if (chance >= 7 || !revoke_is_why(row)) {
        return;
    }
    struct quarantine_decision decision = {
        row->id, chance < 4 ? QUARANTINE_ACCEPTED : QUARANTINE_REFUSED, server->person, "~"};
    enum err e = quarantine_settle(desk, &decision, &ops, &diag);
    if (e) {
        world_fail(world, "%s can't decide about %s of quarantine: %s %s", server->name, row->why,
                   err_name(e), diag.args[0]);
    }
    for (size_t i = 0; !e && chance < 4 && i < row->op_count; i++) {
        if (!is_applied(server, row->ops[i].uid)) {
            world_fail(world, "%s has accepted an op and doesn't hold it", server->name);
        }
    }
    world->counters.accepted += chance < 4;
    server->refused += chance >= 4;
    world_say(world, "%s %s %zu ops (%s)", server->name, chance < 4 ? "accepts" : "refuses",
              row->op_count, row->why);
}

static void decide(struct sim_world *world)
{
    struct sim_node *server = &world->nodes[rng_below(&world->revoke_rng, SIM_SERVERS)];
    struct arena arena;
    struct quarantine_row *rows = NULL;
    size_t count = 0;
    struct node *desk = office(server);
    if (!desk) {
        return;
    }
    arena_init(&arena, &world->mem, DECIDE_ARENA);
    enum err e = quarantine_list(desk, false, 0, DECIDE_ROWS, &arena, &rows, &count);
    if (e) {
        world_fail(world, "%s can't list its quarantine: %s", server->name, err_name(e));
    }
    for (size_t i = 0; i < count && !world->failed; i++) {
        decide_one(server, desk, &rows[i]);
    }
    arena_release(&arena);
    node_close(desk);
    (void)check_births(server, NULL);
}

/* ---- by chance of its own */

static void set_lease(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    char text[64];
    struct diag diag = {0};
    struct node *desk = office(region);
    (void)snprintf(text, sizeof text, "{\"id\":\"lease\",\"days\":%d}", LEASE_DAYS);
    if (desk) {
        enum err e = org_publish(desk, "_setting", "lease", span_of(text), &diag);
        node_close(desk);
        (void)check_births(region, NULL);
        world->lease_days = e ? 0 : LEASE_DAYS;
    }
}

void action_revoke(struct sim_world *world)
{
    if (world->options.seed % 10 != 3 && world->options.seed % 10 != 7) {
        return;
    }
    if (world->lease_days == 0) {
        set_lease(world);
    }
    size_t what = rng_below(&world->revoke_rng, IN_STEPS);
    if (what < 2) {
        revoke_device(world);
    } else if (what < 4) {
        withdraw_person(world);
    } else if (what < 12) {
        decide(world);
    } else if (what < 60) {
        action_lease(world);
    }
}
