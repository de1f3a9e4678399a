/*
 * sim_space.c - snapshots at servers, made whenever, left unfinished, their files lost; bodies that
 * servers let go of, with a horizon of hours or days in the place of months.
 */
#include <stdio.h>

#include "collect.h"
#include "record.h"
#include "sim_actions.h"
#include "sim_network.h"
#include "snapshot.h"

/* As the thread beside the server does, until it is done, stopped, or the power goes. */
static enum err build(struct sim_world *world, struct node *desk)
{
    struct snapshot_options options = {.always = true,
                                       .frame_size = 512u << rng_below(&world->rng, 8)};
    struct snapshot_builder *builder = NULL;
    bool more = true;
    bool stops = rng_chance(&world->rng, 150);
    enum err e = snapshot_builder_new(desk, &options, &builder);
    while (!e && more) {
        if (stops && rng_chance(&world->rng, 200)) {
            world->counters.snapshot_unfinished++;
            break;
        }
        e = snapshot_builder_step(builder, &more);
    }
    if (builder) {
        world->counters.snapshots += (uint64_t)snapshot_builder_made(builder);
    }
    snapshot_builder_free(builder);
    return e;
}

void action_snapshot(struct sim_world *world)
{
    struct sim_node *server = &world->nodes[rng_below(&world->rng, SIM_SERVERS)];
    network_commit(server);
    struct node *desk = desk_open(server);
    if (!desk) {
        (void)power_settle(server);
        return;
    }
    if (rng_chance(&world->rng, 150) && world->faults) {
        sim_disk_cut_after(server->host.disk, 1 + rng_below(&world->rng, 200));
    }
    enum err e =
        rng_chance(&world->rng, 60) && world->faults ? snapshot_drop_all(desk) : build(world, desk);
    bool cut = sim_disk_is_dead(server->host.disk);
    sim_disk_cut_after(server->host.disk, 0);
    node_close(desk);
    world->counters.crash_in_snapshot += cut;
    if (e && !cut) {
        world_fail(world, "%s makes no snapshot: %s", server->name, err_name(e));
    }
    (void)power_settle(server);
}

/* ---- collection */

#define DIGEST_ARENA_MAX (64u * 1024 * 1024)

/* What is shown of everything, as one number. */
static enum err digest_of(struct sim_world *world, struct node *desk, uint64_t *ret)
{
    struct arena arena;
    struct digest_row *rows = NULL;
    size_t count = 0;
    arena_init(&arena, &world->mem, DIGEST_ARENA_MAX);
    enum err e = node_digest(desk, &arena, &rows, &count);
    *ret = 0;
    for (size_t i = 0; !e && i < count; i++) {
        *ret = *ret * 31 + rows[i].sum + (uint64_t)rows[i].count;
    }
    arena_release(&arena);
    return e;
}

static enum err collect(struct sim_world *world, struct sim_node *server, struct node *desk)
{
    struct collect_count count = {0};
    struct diag diag = {0};
    uint64_t before = 0;
    uint64_t after = 0;
    enum err e = digest_of(world, desk, &before);
    if (rng_chance(&world->collect_rng, 200) && world->faults) {
        sim_disk_cut_after(server->host.disk, 1 + rng_below(&world->collect_rng, 60));
    }
    if (!e) {
        e = collect_all(desk, rng_between(&world->collect_rng, HOUR_MS, 15 * DAY_MS), false, &count,
                        &diag);
    }
    if (!e) {
        e = digest_of(world, desk, &after);
    }
    if (!e && before != after) {
        world_fail(world, "%s shows something else after collecting", server->name);
    }
    world->counters.collected += (uint64_t)count.ops;
    return e;
}

void action_collect(struct sim_world *world)
{
    if (!rng_chance(&world->collect_rng, 20)) {
        return;
    }
    struct sim_node *server = &world->nodes[rng_below(&world->collect_rng, SIM_SERVERS)];
    network_commit(server);
    (void)check_births(server, NULL); /* what it wrote by itself is known before its body goes */
    struct node *desk = desk_open(server);
    if (desk) {
        enum err e = collect(world, server, desk);
        bool cut = sim_disk_is_dead(server->host.disk);
        sim_disk_cut_after(server->host.disk, 0);
        node_close(desk);
        world->counters.crash_in_collect += cut;
        if (e && !cut) {
            world_fail(world, "%s can't collect: %s", server->name, err_name(e));
        }
    }
    (void)power_settle(server);
}
