/*
 * sim_quiet.c - the world comes to rest: no more faults, everybody syncs until nothing moves.
 */
#include "sim_actions.h"
#include "sim_check.h"
#include "sim_liar.h"
#include "sim_network.h"

#define ROUNDS_MAX    16
#define EXCHANGES_MAX 3000 /* of one round: more is a conversation that never ends */

static const char *who_is_busy(const struct sim_world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (network_busy(&world->nodes[i])) {
            return world->nodes[i].name;
        }
    }
    return "nobody";
}

static void run_out(struct sim_world *world)
{
    size_t exchanges = 0;
    while (!world->failed) {
        if (network_step(world)) {
            watch_world(world, "after an exchange");
            exchanges++;
        } else if (network_next_ms(world) != INT64_MAX) {
            world->now_ms =
                network_next_ms(world) > world->now_ms ? network_next_ms(world) : world->now_ms + 1;
        } else {
            break;
        }
        if (exchanges > EXCHANGES_MAX) {
            world_fail(world, "a sync without faults never ends, of %s", who_is_busy(world));
        }
    }
}

static uint64_t all_that_moves(struct sim_world *world)
{
    static const char *const parts[] = {
        "SELECT count(*), max(id), sum(coalesce(receipt_ms, 0)) FROM op",
        "SELECT name, seq, link, stable_seq FROM origin ORDER BY id",
        "SELECT id, n, hash FROM feed ORDER BY id",
        "SELECT count(*), sum(uid8 & 4294967295) FROM live",
        "SELECT count(*), sum(uid8 & 4294967295) FROM dead",
        "SELECT count(*), sum(missing) FROM entity",
        "SELECT acked, got, stables FROM server ORDER BY id",
        "SELECT server, scope, compartment, n FROM server_feed",
        "SELECT count(*) FROM agreed",
        "SELECT count(giver), sum(stable), sum(server) FROM blob",
        "SELECT sum(have) FROM blob_part"};
    uint64_t sum = 0;
    for (size_t n = 0; n < world->node_count; n++) {
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            sum = sum * 31 + eye_sum(&world->nodes[n], parts[i]);
        }
    }
    return sum;
}

void quiet_world(struct sim_world *world)
{
    uint64_t before = 0;
    world->faults = false;
    world_say(world, "the faults end");
    for (size_t i = 0; i < world->node_count; i++) {
        world->nodes[i].away_until_ms = 0;
        sim_disk_cut_after(world->nodes[i].host.disk, 0);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        network_hang_up(&world->nodes[i]); /* what began under faults may still give up */
    }
    run_out(world);
    if (!world->failed) {
        liar_throw_out(world);
    }
    for (size_t round = 0; !world->failed; round++) {
        for (size_t i = SIM_SERVERS; i < world->node_count; i++) {
            if (replace_settle(&world->nodes[i], world->nodes[i].server)) {
                network_begin(&world->nodes[i], world->nodes[i].server);
            }
            run_out(world);
        }
        for (size_t i = 1; i < SIM_SERVERS; i++) {
            network_begin(&world->nodes[i], SIM_REGION);
            run_out(world);
        }
        action_backup(world);
        world_pass(world, HOUR_MS);
        uint64_t now = all_that_moves(world);
        world->counters.rounds++;
        if (now == before) {
            break;
        }
        before = now;
        if (round == ROUNDS_MAX) {
            world_fail(world, "no rest after %d rounds of syncs without faults", ROUNDS_MAX);
        }
    }
}
