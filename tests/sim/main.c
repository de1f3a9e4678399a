/*
 * sim - the deterministic simulator: the real node and server, virtual time, one seed.
 *
 *     sim --seed S [--steps N] [--devices N] [--verbose] [--keep FOLDER] [--watch ENTITY]
 *     sim --runs N [--from SEED]
 *     sim --years Y [--from SEED]
 *
 * At the end of many runs everything in sim_counters.h must have happened; --short spares that to
 * runs too few for it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_actions.h"
#include "sim_check.h"
#include "sim_network.h"

#define STEPS_USUAL   3000
#define DEVICES_USUAL 6

struct totals {
    struct sim_counters counters;
    double years;
    size_t runs;
};

/* The world goes on: exchanges that are due, then someone acts, then time passes. */
static void step(struct sim_world *world)
{
    int64_t pause = rng_chance(&world->rng, 950)
                        ? rng_between(&world->rng, MINUTE_MS, 30 * MINUTE_MS)
                        : rng_between(&world->rng, HOUR_MS, 12 * HOUR_MS);
    int64_t until = world->now_ms + pause;
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
        if (next > until) {
            world->now_ms = until > world->now_ms ? until : world->now_ms;
            break;
        }
        world->now_ms = next > world->now_ms ? next : world->now_ms + 1;
    }
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
        check_ops(world);
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

/* One run; prints its line. False when a promise was broken. */
static bool run(const struct sim_options *options, struct totals *totals, bool quiet)
{
    struct sim_world *world = malloc(sizeof *world);
    if (!world) {
        abort();
    }
    world_init(world, options);
    setup_world(world);
    world->faults = true;
    for (world->step = 1; world->step <= options->steps && !world->failed; world->step++) {
        step(world);
    }
    double years = (double)(world->now_ms - world->begin_ms) / (365.0 * (double)DAY_MS) *
                   (double)options->devices;
    if (!world->failed) {
        check_world(world);
    }
    watch_keep(world);
    count_at_end(world);
    counters_add(&totals->counters, &world->counters);
    totals->years += years;
    totals->runs++;
    bool good = !world->failed;
    if (!good) {
        printf("SIM FAILED: ./dev sim --seed %" PRIu64
               " --steps %zu --devices %zu (step %zu: %s)\n",
               options->seed, options->steps, options->devices, world->step, world->failure);
    } else if (!quiet) {
        printf("seed %" PRIu64 ": %.2f device-years", options->seed, years);
        counters_print(&world->counters, stdout);
        printf("\n");
    }
    (void)fflush(stdout);
    world_release(world);
    free(world);
    return good;
}

struct request {
    struct sim_options options;
    size_t runs;
    double years;
    bool many, small;
};

static int usage(void)
{
    (void)fputs(
        "usage: sim --seed S [--steps N] [--devices N] [--verbose] [--keep FOLDER] [--watch "
        "ENTITY]\n"
        "       sim --runs N | --years Y [--from SEED] [--steps N] [--devices N] [--short]\n",
        stderr);
    return 2;
}

static bool read_arguments(int count, char **arguments, struct request *ret)
{
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        const char *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (strcmp(name, "--verbose") == 0) {
            ret->options.verbose = true;
            continue;
        }
        if (strcmp(name, "--short") == 0) {
            ret->small = true;
            continue;
        }
        if (!value) {
            return false;
        }
        i++;
        if (strcmp(name, "--seed") == 0 || strcmp(name, "--from") == 0) {
            ret->options.seed = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--steps") == 0) {
            ret->options.steps = strtoul(value, NULL, 10);
        } else if (strcmp(name, "--devices") == 0) {
            ret->options.devices = strtoul(value, NULL, 10);
        } else if (strcmp(name, "--keep") == 0) {
            ret->options.keep = value;
        } else if (strcmp(name, "--watch") == 0) {
            ret->options.watch = value;
            ret->options.verbose = true;
        } else if (strcmp(name, "--runs") == 0) {
            ret->runs = strtoul(value, NULL, 10);
            ret->many = true;
        } else if (strcmp(name, "--years") == 0) {
            ret->years = strtod(value, NULL);
            ret->many = true;
        } else {
            return false;
        }
    }
    return ret->options.devices >= 1 && ret->options.devices <= SIM_NODES_MAX - SIM_SERVERS;
}

int main(int argument_count, char **arguments)
{
    struct request request = {
        .options = {.seed = 1, .steps = STEPS_USUAL, .devices = DEVICES_USUAL}};
    struct totals totals = {.runs = 0};
    size_t failures = 0;
    if (!read_arguments(argument_count, arguments, &request)) {
        return usage();
    }
    do {
        failures += !run(&request.options, &totals, request.many);
        request.options.seed++;
    } while (totals.runs < request.runs || totals.years < request.years);
    if (request.many) {
        const char *missing = request.small ? NULL : counters_missing(&totals.counters);
        printf("%zu runs, %.1f device-years, %zu failed:", totals.runs, totals.years, failures);
        counters_print(&totals.counters, stdout);
        printf("\n");
        if (missing) {
            printf("SIM FAILED: never happened: %s\n", missing);
            failures++;
        }
    }
    return failures == 0 ? 0 : 1;
}
