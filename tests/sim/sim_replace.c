/*
 * sim_replace.c - a hub's disk is lost for good: the region revokes the hub, another is enrolled
 * for its places, and its devices get codes of that one, each when it next comes by.
 */
#include <stdio.h>
#include <string.h>

#include "sim_actions.h"
#include "sim_check.h"
#include "sim_network.h"

#define SELDOM_IN 3000 /* steps, a hub lost */

/* Who was speaking with the hub speaks with nobody; sticks for it nobody can read, and those it
   wrote nobody may believe. */
static void forget_the_lost(struct sim_node *hub)
{
    struct sim_world *world = hub->world;
    for (size_t i = 0; i < world->node_count; i++) {
        network_hang_up(&world->nodes[i]);
    }
    for (size_t i = 0; i < SIM_STICKS_MAX; i++) {
        struct sim_stick *stick = &world->sticks[i];
        if (stick->file.size > 0 && (stick->from == hub->index || stick->to == hub->index)) {
            world->counters.bundle_lost += stick->carried == 0;
            buf_release(&stick->file);
            buf_init(&stick->file, &world->mem, 0);
        }
    }
    buf_release(&hub->copy);
    hub->told_count = 0;
    hub->cursor_count = 0;
    hub->seen_row = 0;
    hub->newest_stick = 0;
    hub->away_until_ms = 0;
}

/* An empty machine, whose random numbers are others. */
static void another_machine(struct sim_node *hub)
{
    struct sim_world *world = hub->world;
    char vfs[24];
    (void)snprintf(vfs, sizeof vfs, "sim-%zu", hub->index);
    (void)snprintf(hub->name, sizeof hub->name, "hub%zub", hub->index);
    sim_host_release(&hub->host);
    sim_host_init(&hub->host, vfs, world->options.seed, 1 + SIM_NODES_MAX + hub->index,
                  &world->now_ms, hub, network_exchange);
}

/* The office sees to it that all of this is done: no fault meanwhile. */
void replace_hub(struct sim_node *hub)
{
    struct sim_world *world = hub->world;
    struct sim_node *region = &world->nodes[SIM_REGION];
    struct id lost = hub->id;
    world_say(world, "%s is lost with its disk", hub->name);
    network_commit(hub);
    network_commit(region);
    sim_disk_cut_after(hub->host.disk, 0);
    sim_disk_cut_after(region->host.disk, 0);
    (void)check_births(hub, NULL);
    check_hub_lost(hub);
    forget_the_lost(hub);
    power_down(hub);
    another_machine(hub);
    bool faults = world->faults;
    world->faults = false;
    setup_another_hub(hub, lost);
    action_backup(world);
    world->faults = faults;
    world->counters.hub_replaced++;
    world_say(world, "%s takes its place", hub->name);
}

void action_replace(struct sim_world *world)
{
    if (world->options.seed % 2 != 0 || rng_below(&world->replace_rng, SELDOM_IN) >= 2) {
        return;
    }
    struct sim_node *hub = &world->nodes[1 + rng_below(&world->replace_rng, SIM_SERVERS - 1)];
    bool first = strlen(hub->name) == strlen("hub1");
    if (first && hub->svc && !power_settle(hub) && !power_settle(&world->nodes[SIM_REGION])) {
        replace_hub(hub);
    }
}

/* ---- devices come by */

static bool is_known(struct sim_node *node, size_t server)
{
    struct id id = node->world->nodes[server].id;
    sqlite3_stmt *s = eye_ask(node, "SELECT 1 FROM server WHERE name = ?1");
    if (s) {
        (void)sqlite3_bind_blob(s, 1, id.bytes, ID_SIZE, SQLITE_STATIC);
    }
    bool found = s && sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return found;
}

bool replace_has_met(struct sim_node *node, size_t server)
{
    const struct org *org = NULL;
    return node->role >= ROLE_HUB ||
           (is_known(node, server) && node->node && node_org(node->node, &org) == OK &&
            org_node(org, node->world->nodes[server].id));
}

bool replace_settle(struct sim_node *node, size_t server)
{
    struct sim_world *world = node->world;
    struct sim_node *hub = &world->nodes[server];
    if (node->role >= ROLE_HUB || is_known(node, server)) {
        return true;
    }
    bool guest = server != node->server;
    if (network_busy(node) || !node->node || !hub->svc ||
        (guest && !is_known(node, node->server))) {
        return false;
    }
    network_commit(hub);
    sim_disk_cut_after(hub->host.disk, 0);
    sim_disk_cut_after(node->host.disk, 0);
    if (!hub->svc || !setup_enrol_again(node, server)) {
        return false;
    }
    (void)check_births(hub, NULL);
    world->counters.code_of_another += !guest;
    world->counters.code_of_a_guest += guest;
    world_say(world, "%s has a code of %s", node->name, hub->name);
    return true;
}
