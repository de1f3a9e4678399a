/*
 * sim_actions.c - who does what next.
 */
#include "sim_actions.h"

#include <stdlib.h>

#include "sim_network.h"
#include "sim_revoke.h"

#define DESK_ARENA_MAX (16u * 1024 * 1024)

static void act(struct sim_desk *desk)
{
    struct sim_world *world = desk->at->world;
    size_t what = rng_below(&world->rng, 100);
    if (what < 16) {
        people_save_new(desk);
    } else if (what < 34) {
        people_save_child(desk);
    } else if (what < 38) {
        people_attach(desk);
    } else if (what < 40) {
        people_alias(desk);
    } else if (what < 70) {
        people_edit(desk, false);
    } else if (what < 74) {
        people_edit(desk, true);
    } else if (what < 80) {
        people_save_same(desk);
    } else if (what < 87) {
        people_resolve(desk);
    } else if (what < 89) {
        people_delete(desk);
    } else if (what < 91) {
        people_redact(desk);
    } else if (what < 98) {
        people_undo(desk);
    } else {
        people_place(desk);
    }
}

void person_does(struct sim_node *node, void (*what)(struct sim_desk *desk))
{
    struct sim_world *world = node->world;
    struct sim_desk *desk = malloc(sizeof *desk);
    bool server = node->role >= ROLE_HUB;
    uint64_t ops = world->counters.ops;
    if (!desk) {
        abort();
    }
    if (revoke_stops(node)) {
        free(desk);
        return;
    }
    desk->at = node;
    desk->shown.count = 0;
    revoke_take_turns(node);
    network_commit(node);                    /* one writer at a time */
    if (node == &world->nodes[SIM_REGION]) { /* what it wrote by itself: redactions that came in */
        (void)check_births(node, NULL);
    }
    desk->node = server ? desk_open(node) : node->node;
    if (desk->node) {
        arena_init(&desk->arena, &world->mem, DESK_ARENA_MAX);
        world->counters.desk += server;
        world->counters.edit_during_sync += network_busy(node);
        if (rng_chance(&world->rng, 15) && world->faults) {
            sim_disk_cut_after(node->host.disk, 1 + rng_below(&world->rng, 150));
        }
        what(desk);
        bool cut = sim_disk_is_dead(node->host.disk);
        sim_disk_cut_after(node->host.disk, 0);
        if (server) {
            node_close(desk->node);
        }
        arena_release(&desk->arena);
        if (cut) {
            world->counters.crash_in_save++;
            power_cut(node);
            world->counters.half_save_kept += world->counters.ops > ops;
            world->counters.half_save_gone += world->counters.ops == ops;
        }
    }
    (void)power_settle(node);
    revoke_take_turns(node);
    node->undoing = false;
    free(desk);
}

static void sync_someone(struct sim_world *world)
{
    struct sim_node *node = &world->nodes[1 + rng_below(&world->rng, world->node_count - 1)];
    bool away = world->now_ms < node->away_until_ms;
    if (away && !rng_chance(&world->rng, 50)) {
        return; /* few try all the same */
    }
    bool roams = node->roams && rng_chance(&world->rng, 200) && !network_busy(node);
    world->counters.roam += roams;
    size_t server = roams ? SIM_SERVERS - node->server : node->server;
    if (replace_settle(node, server)) {
        network_begin(node, server);
    }
}

void action_random(struct sim_world *world)
{
    if (world->types_move && rng_chance(&world->type_rng, 8)) {
        action_type(world);
    }
    size_t what = rng_below(&world->rng, 1000);
    if (what < 700) {
        size_t devices = world->node_count - SIM_SERVERS;
        struct sim_node *node = &world->nodes[SIM_SERVERS + rng_below(&world->rng, devices)];
        if (rng_chance(&world->rng, 40)) {
            node = &world->nodes[rng_below(&world->rng, SIM_SERVERS)];
        }
        person_does(node, act);
    } else if (what < 905) {
        sync_someone(world);
    } else if (what < 930) {
        action_bundle(world);
    } else if (what < 950) {
        action_backup(world);
    } else if (what < 965) {
        action_clock(world);
    } else if (what < 975) {
        action_power(world);
    } else if (what < 982) {
        action_away(world);
    } else if (what < 988) {
        action_grant(world);
    } else if (what < 992) {
        action_copy(world);
    } else if (what < 996) {
        action_back(world);
    } else {
        action_snapshot(world);
    }
}
