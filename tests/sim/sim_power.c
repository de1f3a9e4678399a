/*
 * sim_power.c - nodes that go down and come up again, in good order or not.
 */
#include "sim_check.h"
#include "sim_network.h"
#include "sim_world.h"

static void close_all(struct sim_node *node)
{
    network_hang_up(node);
    if (node->svc) {
        svc_close(node->svc);
        node->svc = NULL;
    }
    node_close(node->node);
    node->node = NULL;
    (void)sqlite3_close_v2(node->eye);
    node->eye = NULL;
}

/* One whose clock has no battery says 1970 at each boot, until somebody sets it right. */
static void begin_clock(struct sim_node *node)
{
    struct sim_world *world = node->world;
    if (node->no_battery && world->step > 0) {
        sim_host_set_clock(&node->host, CLOCK_BEHIND, 0, 0);
        world->counters.clock_back_each_boot++;
    }
}

bool power_up(struct sim_node *node)
{
    begin_clock(node);
    return power_open(node);
}

bool power_open(struct sim_node *node)
{
    struct diag diag = {0};
    enum err e = node->role >= ROLE_HUB
                     ? svc_open(&node->host.host, node->home, &node->svc, &diag)
                     : node_open(&node->host.host, node->path, &node->node, &diag);
    if (e && !sim_disk_is_dead(node->host.disk)) {
        world_fail(node->world, "%s does not open: %s %s %s", node->name, err_name(e), diag.args[0],
                   diag.args[1]);
    }
    return e == OK;
}

void power_down(struct sim_node *node)
{
    node->crashing = true; /* Who waits for an answer loses the connection. */
    close_all(node);
    node->crashing = false;
}

/* Some machines have lost their clock's battery. */
static void boot_clock(struct sim_node *node)
{
    struct sim_world *world = node->world;
    sim_host_boot(&node->host);
    if (node->role < ROLE_HUB && rng_chance(&world->rng, 150)) {
        int64_t back = rng_between(&world->rng, HOUR_MS, 9000 * DAY_MS);
        sim_host_set_clock(&node->host, CLOCK_BEHIND, world->now_ms - back, 0);
        world->counters.clock_back_at_boot++;
    }
}

static void count_crash(struct sim_node *node)
{
    struct sim_counters *counters = &node->world->counters;
    switch (node->role) {
    case ROLE_REGION:
        counters->crash_region++;
        break;
    case ROLE_HUB:
        counters->crash_hub++;
        break;
    case ROLE_WORKER:
    case ROLE_SUPERVISOR:
        counters->crash_device++;
        break;
    }
}

void power_cut(struct sim_node *node)
{
    struct sim_world *world = node->world;
    bool up = false;
    for (int tries = 0; !up && !world->failed && tries < 8; tries++) {
        sim_disk_kill(node->host.disk);
        world_say(world, "%s loses power", node->name);
        node->power_cuts++;
        count_crash(node);
        node->crashing = true;
        close_all(node);
        node->crashing = false;
        sim_disk_power_cut(node->host.disk);
        boot_clock(node);
        /* Power may fail again while the WAL is recovered; the last try has no such luck. A start
           writes nothing, so that is never seen (and not counted) unless one day it does. */
        if (tries < 7 && rng_chance(&world->rng, 100)) {
            sim_disk_cut_after(node->host.disk, 1 + rng_below(&world->rng, 6));
        }
        up = power_up(node);
        if (up) {
            sim_disk_cut_after(node->host.disk, 0);
            check_after_crash(node);
            up = !sim_disk_is_dead(node->host.disk);
        }
    }
}

bool power_settle(struct sim_node *node)
{
    if (!sim_disk_is_dead(node->host.disk)) {
        return false;
    }
    power_cut(node);
    return true;
}

struct node *desk_open(struct sim_node *node)
{
    struct node *desk = NULL;
    struct diag diag = {0};
    enum err e = node_open(&node->host.host, node->path, &desk, &diag);
    if (e && !sim_disk_is_dead(node->host.disk)) {
        world_fail(node->world, "%s: a command can't open: %s", node->name, err_name(e));
    }
    return e ? NULL : desk;
}
