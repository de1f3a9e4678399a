/*
 * sim_back.c - copies at work, and servers that are put back.
 *
 * Every other seed has them: a cursor may then go back, which is checked in the rest.
 */
#include <stdio.h>
#include <string.h>

#include "sim_actions.h"
#include "sim_check.h"
#include "sim_network.h"

#define COPY_MAX    (64u * 1024 * 1024)
#define CLONES_MOST 2

/* Whoever copies or restores does it with the power on: a cut that was planned for a sync under way
   would strike the copy instead. */
static void stop_in_order(struct sim_node *node)
{
    sim_disk_cut_after(node->host.disk, 0);
    power_down(node);
}

/* ---- a device's folder, copied to another machine; both go on */

static bool copy_file(struct sim_node *from, struct sim_node *to, const char *suffix)
{
    char source[80];
    char target[80];
    struct buf bytes;
    (void)snprintf(source, sizeof source, "%s%s", from->path, suffix);
    (void)snprintf(target, sizeof target, "%s%s", to->path, suffix);
    buf_init(&bytes, &from->world->mem, COPY_MAX);
    bool copied = sim_disk_read(from->host.disk, source, &bytes) == OK &&
                  sim_disk_write_atomic(to->host.disk, target, buf_span(&bytes)) == OK;
    buf_release(&bytes);
    return copied;
}

static struct sim_node *add_twin(struct sim_node *of)
{
    struct sim_world *world = of->world;
    size_t index = world->node_count++;
    struct sim_node *twin = &world->nodes[index];
    char vfs[24];
    *twin = (struct sim_node){.world = world,
                              .index = index,
                              .role = of->role,
                              .id = of->id,
                              .person = of->person,
                              .server = of->server,
                              .has_health = of->has_health,
                              .roams = of->roams,
                              .scopes = {of->scopes[0], of->scopes[1]},
                              .seen_row = of->seen_row};
    (void)snprintf(twin->name, sizeof twin->name, "dev%zu", index);
    (void)snprintf(twin->home, sizeof twin->home, "/dev%zu", index);
    (void)snprintf(twin->path, sizeof twin->path, "/dev%zu/douar.db", index);
    (void)snprintf(vfs, sizeof vfs, "sim-%zu", index);
    sim_host_init(&twin->host, vfs, world->options.seed, 1 + index, &world->now_ms, twin,
                  network_exchange);
    return twin;
}

/* Of what was never sent either copy may take something back that the other sends. */
static bool all_sent(struct sim_node *node)
{
    return eye_number(node, "SELECT (SELECT max(unsure) FROM server) >= (SELECT seq FROM origin"
                            " WHERE id = (SELECT value FROM self WHERE key = 'origin'))") != 0;
}

static void clone_someone(struct sim_world *world)
{
    struct sim_node *of =
        &world->nodes[SIM_SERVERS + rng_below(&world->rng, world->options.devices)];
    if (world->node_count >= SIM_SERVERS + world->options.devices + CLONES_MOST ||
        world->node_count >= SIM_NODES_MAX || !all_sent(of)) {
        return;
    }
    stop_in_order(of);
    struct sim_node *twin = add_twin(of);
    bool copied = copy_file(of, twin, "") && copy_file(of, twin, ".anchor");
    world->counters.clone++;
    world_say(world, "%s is a copy of %s", twin->name, of->name);
    if (!copied) {
        world_fail(world, "%s can't be copied", of->name);
        return;
    }
    if (!power_up(of)) {
        (void)power_settle(of);
    }
    (void)power_up(twin);
}

void back_grant(const struct sim_node *node)
{
    for (size_t i = SIM_SERVERS; i < node->world->node_count; i++) {
        struct sim_node *other = &node->world->nodes[i];
        if (id_equal(other->id, node->id)) {
            memcpy(other->scopes, node->scopes, sizeof other->scopes);
        }
    }
}

/* ---- a server's database, put back by its operator or by hand */

static void keep_server_copy(struct sim_node *node)
{
    stop_in_order(node); /* closed in order, the database is one file */
    buf_release(&node->copy);
    buf_init(&node->copy, &node->world->mem, COPY_MAX);
    if (sim_disk_read(node->host.disk, node->path, &node->copy)) {
        buf_release(&node->copy);
    }
    if (!power_up(node)) {
        (void)power_settle(node);
    }
}

/* As `douard restore`. */
static void restore_file(struct sim_node *node, struct span backup)
{
    struct sim_world *world = node->world;
    struct diag diag = {0};
    char next[80];
    char from[96];
    char to[96];
    (void)snprintf(next, sizeof next, "%s/restore.db", node->home);
    enum err e = sim_disk_write_atomic(node->host.disk, next, backup);
    if (!e) {
        e = node_restore(&node->host.host, next, NULL, &diag);
    }
    static const char *const suffixes[] = {"", ".anchor"};
    for (size_t i = 0; !e && i < 2; i++) {
        (void)snprintf(from, sizeof from, "%s%s", next, suffixes[i]);
        (void)snprintf(to, sizeof to, "%s%s", node->path, suffixes[i]);
        e = sim_disk_rename(node->host.disk, from, to);
    }
    if (e) {
        world_fail(world, "%s can't be restored: %s %s %s", node->name, err_name(e), diag.args[0],
                   diag.args[1]);
    }
}

static void put_back(struct sim_node *node, struct span backup)
{
    struct sim_world *world = node->world;
    bool by_hand = node->role == ROLE_HUB && rng_chance(&world->rng, 300);
    world->servers_put_back = true;
    node->put_back = true;
    stop_in_order(node);
    if (by_hand) {
        enum err e = sim_disk_write_atomic(node->host.disk, node->path, backup);
        world->counters.server_put_back++;
        if (e) {
            world_fail(world, "%s can't be put back", node->name);
        }
    } else {
        restore_file(node, backup);
        world->counters.hub_restored += node->role == ROLE_HUB;
        world->counters.region_restored += node->role == ROLE_REGION;
    }
    world_say(world, "%s is %s", node->name, by_hand ? "put back by hand" : "restored");
    node->told_count = 0;
    if (power_up(node)) {
        check_after_restore(node);
        (void)check_births(node, NULL);
    }
    (void)power_settle(node);
}

static void restore_region(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    struct buf backup;
    buf_init(&backup, &world->mem, COPY_MAX);
    if (sim_disk_exists(region->host.disk, "/region0/copy.db") &&
        sim_disk_read(region->host.disk, "/region0/copy.db", &backup) == OK) {
        put_back(region, buf_span(&backup));
        /* The office knows what it granted and does so again. */
        for (size_t i = SIM_SERVERS; i < world->node_count && !world->failed; i++) {
            setup_grant(&world->nodes[i]);
        }
    }
    buf_release(&backup);
}

void action_back(struct sim_world *world)
{
    struct sim_node *hub = &world->nodes[1 + rng_below(&world->rng, 2)];
    size_t what = rng_below(&world->rng, 100);
    if (world->options.seed % 2 != 0) {
        return;
    }
    if (what < 20) {
        clone_someone(world);
    } else if (what < 55) {
        keep_server_copy(hub);
    } else if (what < 85) {
        if (hub->copy.size > 0) {
            put_back(hub, buf_span(&hub->copy));
        }
    } else {
        restore_region(world);
    }
}
