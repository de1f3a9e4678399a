/*
 * sim_lease.c - devices without contact lock; contact opens them, or a code that is read out.
 */
#include "lease.h"

#include "reopen.h"
#include "sim_revoke.h"

#define SLACK_MS (6 * HOUR_MS) /* what of the counting power cuts may lose, several times */

static bool read_lease(struct sim_node *node, struct lease *ret)
{
    return node->node && !sim_disk_is_dead(node->host.disk) && lease_read(node->node, ret) == OK;
}

/* The wall clock was right since the last contact, so that only contact is asked about. */
static bool knows_the_time(const struct sim_node *node)
{
    return node->host.clock.kind == CLOCK_RIGHT && node->host.clock.since_ms <= node->contact_ms;
}

/* Too long without contact: neither restarts nor power cuts keep it open. */
static void check_lock(struct sim_node *node, const struct lease *lease)
{
    struct sim_world *world = node->world;
    int64_t away_ms = world->now_ms - node->contact_ms;
    bool by_code = world->now_ms <= node->code_until_ms + SLACK_MS; /* from when it was given */
    if (lease->days > 0 && lease->lock == LEASE_OPEN && knows_the_time(node) && !by_code &&
        node->contact_ms > 0 && away_ms > lease->days * DAY_MS + SLACK_MS) {
        world_fail(world, "%s is open after %lld days without contact", node->name,
                   (long long)(away_ms / DAY_MS));
    }
}

/* By telephone: the device reads out what the supervisor's machine asks for, and back. */
static void open_by_code(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_node *giver = &world->nodes[node->server];
    struct reopen_challenge challenge;
    struct reopened opened;
    struct lease lease;
    char code[REOPEN_TEXT_SIZE];
    struct id device;
    struct diag diag = {0};
    int64_t days = rng_between(&world->revoke_rng, 1, REOPEN_DAYS_MAX);
    sim_disk_cut_after(node->host.disk, 0);
    enum err e = reopen_challenge(node->node, &challenge, &diag);
    if (e == ERR_REOPEN_SPENT || (!e && challenge.days_left < days)) {
        return;
    }
    struct node *desk = e || !giver->svc || power_settle(giver) ? NULL : desk_open(giver);
    if (!desk) {
        return;
    }
    e = reopen_answer(desk, span_of(challenge.text), days, code, &device, &diag);
    node_close(desk);
    if (!e) {
        e = reopen_open(node->node, span_of(code), &opened, &diag);
    }
    if (e) {
        world_fail(world, "%s can't be opened by a code of %s: %s %s", node->name, giver->name,
                   err_name(e), diag.args[0]);
        return;
    }
    node->code_until_ms = world->now_ms + days * DAY_MS;
    if (read_lease(node, &lease) && lease.lock != LEASE_OPEN) {
        world_fail(world, "%s is locked after a code", node->name);
    }
    world->counters.reopened++;
    node->was_locked = false;
    world_say(world, "%s is opened for %lld days by a code", node->name, (long long)days);
}

void action_lease(struct sim_world *world)
{
    size_t devices = world->node_count - SIM_SERVERS;
    struct sim_node *node = &world->nodes[SIM_SERVERS + rng_below(&world->revoke_rng, devices)];
    struct lease lease;
    if (node->revoked || node->call.sync || !read_lease(node, &lease)) {
        return;
    }
    check_lock(node, &lease);
    if (lease.lock == LEASE_EXPIRED) {
        world->counters.lease_over += !node->was_locked;
        node->was_locked = true;
        world_say(world, "%s is locked", node->name);
        if (rng_chance(&world->revoke_rng, 300)) {
            open_by_code(node);
        }
    }
}

void lease_contact(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct lease lease;
    if (!read_lease(node, &lease)) {
        return;
    }
    if (lease.lock != LEASE_OPEN) {
        world_fail(world, "%s has synced and is locked", node->name);
    }
    world->counters.reopened += node->was_locked;
    node->was_locked = false;
    node->code_until_ms = 0;
}
