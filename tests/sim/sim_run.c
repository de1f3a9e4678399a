#include "sim_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim_actions.h"
#include "sim_bare.h"
#include "sim_check.h"
#include "sim_liar.h"
#include "sim_network.h"
#include "sim_revoke.h"

/* Exchanges that are due until the next act. */
static void exchange_until(struct sim_world *world, int64_t until_ms)
{
    while (!world->failed) {
        if (network_step(world)) {
            watch_world(world, "after an exchange");
            /* People work while their devices sync. */
            if (rng_chance(&world->rng, 100)) {
                break;
            }
            continue;
        }
        int64_t next = network_next_ms(world);
        if (next > until_ms) {
            world->now_ms = until_ms > world->now_ms ? until_ms : world->now_ms;
            break;
        }
        world->now_ms = next > world->now_ms ? next : world->now_ms + 1;
    }
}

static void act(struct sim_world *world)
{
    if (!world->failed) {
        action_random(world);
        watch_world(world, "after an act");
    }
    if (!world->failed) {
        action_collect(world);
    }
    if (!world->failed) {
        action_replace(world);
    }
    if (!world->failed) {
        action_revoke(world);
    }
}

/* The world goes on: exchanges that are due, then someone acts, then time passes. */
static void step(struct sim_world *world)
{
    const struct sim_skips *skips = &world->options.skips;
    world_step(world);
    world->faults = !skips_has(skips, SKIP_FAULTS, world->step);
    int64_t pause = rng_chance(&world->rng, 950)
                        ? rng_between(&world->rng, MINUTE_MS, 30 * MINUTE_MS)
                        : rng_between(&world->rng, HOUR_MS, 12 * HOUR_MS);
    exchange_until(world, world->now_ms + pause);
    world_act(world);
    if (!skips_has(skips, SKIP_ACTION, world->step)) {
        act(world);
    }
}

static void count_at_end(struct sim_world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_disk_counts counts = sim_disk_counts(world->nodes[i].host.disk);
        world->counters.lost_sectors += counts.lost;
        world->counters.torn_sectors += counts.torn;
        world->counters.root_left +=
            (uint64_t)eye_number(&world->nodes[i], "SELECT count(*) FROM entity WHERE missing = 1");
        world->counters.adopted += (uint64_t)eye_number(
            &world->nodes[i], "SELECT count(*) FROM notice WHERE what = 'adopted'");
        world->counters.new_origin += (uint64_t)eye_number(
            &world->nodes[i], "SELECT count(*) - 1 FROM origin WHERE node = (SELECT value FROM self"
                              " WHERE key = 'node')");
    }
}

static void check_world(struct sim_world *world)
{
    quiet_world(world);
    if (!world->failed) {
        check_aside(world);
    }
    if (!world->failed) {
        check_ops(world);
    }
    if (!world->failed) {
        check_revoked(world);
    }
    if (!world->failed) {
        liar_check(world);
    }
    if (!world->failed) {
        check_equal(world);
    }
    if (!world->failed) {
        check_redacted(world);
    }
    if (!world->failed) {
        check_audit(world);
    }
    if (!world->failed) {
        check_blobs(world);
    }
    if (!world->failed && check_replay(world) && !world->failed) {
        check_equal(world);
    }
}

void sim_run(const struct sim_options *options, struct sim_ending *ret)
{
    struct sim_world *world = malloc(sizeof *world);
    if (!world) {
        abort();
    }
    world_init(world, options);
    bare_begin(world);
    setup_world(world);
    for (world->step = 1; world->step <= options->steps && !world->failed; world->step++) {
        step(world);
        bare_forget(world);
    }
    *ret = (struct sim_ending){.seed = options->seed,
                               .step = world->failed ? world->step - 1 : world->step,
                               .years = (double)(world->now_ms - world->begin_ms) /
                                        (365.0 * (double)DAY_MS) * (double)options->devices};
    if (!world->failed) {
        world_step(world);
        check_world(world);
    }
    watch_keep(world);
    count_at_end(world);
    if (!world->failed) {
        bare_state(world, ret->state);
    }
    ret->good = !world->failed;
    ret->kind = world->kind;
    memcpy(ret->failure, world->failure, sizeof ret->failure);
    ret->counters = world->counters;
    world_release(world);
    bare_end();
    free(world);
}

void sim_print_arguments(const struct sim_options *options, FILE *out)
{
    static const char *const names[SKIP_KINDS] = {" --skip ", " --calm "};
    (void)fprintf(out, "--seed %" PRIu64 " --steps %zu --devices %zu", options->seed,
                  options->steps, options->devices);
    for (int what = 0; what < SKIP_KINDS; what++) {
        if (skips_any(&options->skips, (enum skip_what)what, options->steps)) {
            (void)fputs(names[what], out);
            skips_print(&options->skips, (enum skip_what)what, options->steps, out);
        }
    }
}
