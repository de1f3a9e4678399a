/*
 * sim_space.c - snapshots at servers, made whenever, left unfinished, their files lost.
 */
#include <stdio.h>

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
    if (world->faults && rng_chance(&world->rng, 150)) {
        sim_disk_cut_after(server->host.disk, 1 + rng_below(&world->rng, 200));
    }
    enum err e =
        world->faults && rng_chance(&world->rng, 60) ? snapshot_drop_all(desk) : build(world, desk);
    bool cut = sim_disk_is_dead(server->host.disk);
    sim_disk_cut_after(server->host.disk, 0);
    node_close(desk);
    world->counters.crash_in_snapshot += cut;
    if (e && !cut) {
        world_fail(world, "%s makes no snapshot: %s", server->name, err_name(e));
    }
    (void)power_settle(server);
}
