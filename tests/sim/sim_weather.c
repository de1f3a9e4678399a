/*
 * sim_weather.c - what happens to machines: copies, clocks, power, weeks without network, grants.
 */
#include <stdio.h>
#include <string.h>

#include "blob.h"
#include "sim_actions.h"
#include "sim_check.h"
#include "sim_network.h"

#define COPY_MAX (64u * 1024 * 1024)

static struct sim_node *any_node(struct sim_world *world)
{
    return &world->nodes[rng_below(&world->rng, world->node_count)];
}

static struct sim_node *any_device(struct sim_world *world)
{
    return &world->nodes[SIM_SERVERS + rng_below(&world->rng, world->node_count - SIM_SERVERS)];
}

void action_backup(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    int64_t missing = 0;
    struct diag diag = {0};
    network_commit(region);
    blobs_rot(world);
    struct node *desk = desk_open(region);
    if (!desk) {
        (void)power_settle(region);
        return;
    }
    if (rng_chance(&world->rng, 100) && world->faults) {
        sim_disk_cut_after(region->host.disk, 1 + rng_below(&world->rng, 400));
    }
    struct stable_before *before = stable_begin_backup(world);
    enum err e = blob_backup(desk, "/region0/copy.db", &missing, &diag);
    bool cut = sim_disk_is_dead(region->host.disk);
    sim_disk_cut_after(region->host.disk, 0);
    node_close(desk);
    world->counters.backup += e == OK;
    world->counters.crash_in_backup += cut;
    if (e && !cut) {
        world_fail(world, "no backup: %s %s %s", err_name(e), diag.args[0], diag.args[1]);
    }
    (void)power_settle(region);
    stable_end_backup(world, before);
}

void action_clock(struct sim_world *world)
{
    /* A region's clock is looked after; a hub's less so; phones say anything. */
    struct sim_node *node = rng_chance(&world->rng, 50)
                                ? &world->nodes[1 + rng_below(&world->rng, 2)]
                                : any_device(world);
    int64_t years = rng_between(&world->rng, 1, 10) * 365 * DAY_MS;
    int64_t minutes = rng_between(&world->rng, 1, 600) * MINUTE_MS;
    int64_t off = rng_chance(&world->rng, 400) ? years : minutes;
    int64_t now = world->now_ms;
    switch (rng_below(&world->rng, 6)) {
    case 0:
        sim_host_set_clock(&node->host, CLOCK_AHEAD, now + off, 0);
        world->counters.clock_ahead++;
        break;
    case 1:
        sim_host_set_clock(&node->host, CLOCK_BEHIND, now - off, 0);
        world->counters.clock_behind++;
        break;
    case 2:
        sim_host_set_clock(&node->host, CLOCK_DRIFTS, sim_host_now_ms(&node->host),
                           rng_between(&world->rng, -3000, 3000));
        world->counters.clock_drifts++;
        break;
    case 3:
        sim_host_set_clock(&node->host, CLOCK_FROZEN, sim_host_now_ms(&node->host), 0);
        world->counters.clock_frozen++;
        break;
    default:
        sim_host_set_clock(&node->host, CLOCK_RIGHT, now, 0);
        break;
    }
    world_say(world, "%s has clock %d", node->name, (int)node->host.clock.kind);
}

void action_power(struct sim_world *world)
{
    struct sim_node *node = any_node(world);
    if (rng_chance(&world->rng, 400)) {
        world->counters.restart++;
        world_say(world, "%s restarts", node->name);
        power_down(node);
        if (!power_up(node)) {
            (void)power_settle(node);
        }
    } else {
        power_cut(node);
    }
}

static void keep_copy(struct sim_node *node)
{
    struct buf *copy = &node->copy;
    buf_release(copy);
    buf_init(copy, &node->world->mem, COPY_MAX);
    if (sim_disk_read(node->host.disk, node->path, copy)) {
        buf_release(copy);
    }
    world_say(node->world, "%s is copied", node->name);
}

/* The database alone: the anchor beside it is what tells. */
static void put_back(struct sim_node *node)
{
    struct sim_world *world = node->world;
    enum err e = sim_disk_write_atomic(node->host.disk, node->path, buf_span(&node->copy));
    if (e) {
        world_fail(world, "%s can't be put back: %s", node->name, err_name(e));
    }
    world->counters.restore++;
    world_say(world, "%s is put back from its copy", node->name);
}

void action_copy(struct sim_world *world)
{
    struct sim_node *node = any_device(world);
    bool back = node->copy.size > 0 && rng_chance(&world->rng, 500);
    power_down(node); /* closed in order, the database is one file */
    if (back) {
        put_back(node);
    } else {
        keep_copy(node);
    }
    if (power_up(node) && back) {
        check_after_restore(node);
        (void)check_births(node, NULL);
    }
    (void)power_settle(node);
}

void action_away(struct sim_world *world)
{
    bool hub = rng_chance(&world->rng, 150);
    struct sim_node *node = hub ? &world->nodes[1 + rng_below(&world->rng, 2)] : any_device(world);
    node->away_until_ms = world->now_ms + rng_between(&world->rng, 2 * DAY_MS, 21 * DAY_MS);
    world->counters.offline += !hub;
    world->counters.uplink_down += hub;
    world_say(world, "%s has no network for some time", node->name);
}

/* The region gives a device another commune of the same province for one of its own. */
void action_grant(struct sim_world *world)
{
    struct sim_node *node = any_device(world);
    if (node->revoked) {
        return;
    }
    size_t half = SIM_COMMUNES / 2;
    size_t which = rng_below(&world->rng, SIM_SCOPES);
    const char *before = node->scopes[which];
    size_t first = 0;
    while (strcmp(sim_communes[first], before) != 0) {
        first++;
    }
    const char *next = sim_communes[first / half * half + rng_below(&world->rng, half)];
    const char *other = node->scopes[1 - which];
    if (strcmp(next, before) == 0 || strcmp(next, other) == 0) {
        return;
    }
    node->scopes[which] = next;
    world->counters.grant++;
    world_say(world, "%s is granted %s for %s", node->name, next, before);
    back_grant(node);
    setup_grant(node);
}
