/*
 * sim - the deterministic simulator: the real node and server, virtual time, one seed.
 *
 *     sim --seed S [--steps N] [--devices N] [--verbose] [--keep FOLDER] [--watch ENTITY]
 *         [--skip STEPS] [--calm STEPS] [--shrink] [--bare]
 *     sim --alike --seed S [--runs N]
 *     sim --runs N [--from SEED] [--jobs N]
 *     sim --years Y [--from SEED] [--jobs N] [--ledger FILE]
 *
 * At the end of many runs everything in sim_counters.h must have happened; --short spares that to
 * runs too few for it. --ledger notes each run that has ended, and spares those that stand there: a
 * day of runs that is stopped goes on. --alike runs each seed as usual and --bare (sim_bare.h), and
 * compares the ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "sim_bare.h"

#define STEPS_USUAL   3000
#define DEVICES_USUAL 6

/* Prints its line. False when a promise was broken. */
static bool run_one(const struct sim_options *options)
{
    struct sim_ending ending;
    sim_run(options, &ending);
    if (ending.good) {
        printf("seed %" PRIu64 ": %.2f device-years", options->seed, ending.years);
        counters_print(&ending.counters, stdout);
        printf("\n");
    } else {
        printf("SIM FAILED: ./dev sim ");
        sim_print_arguments(options, stdout);
        printf(" (step %zu: %s)\n", ending.step, ending.failure);
    }
    return ending.good;
}

struct request {
    struct sim_options options;
    struct sim_many many;
    bool shrink, alike;
    const char *skip, *calm;
};

static int usage(void)
{
    (void)fputs(
        "usage: sim --seed S [--steps N] [--devices N] [--verbose] [--keep FOLDER] [--watch "
        "ENTITY]\n"
        "           [--skip STEPS] [--calm STEPS] [--shrink] [--bare]      steps as in 3,7-90\n"
        "       sim --alike --seed S [--runs N]   ends the same without dictionary and caches\n"
        "       sim --runs N | --years Y [--from SEED] [--steps N] [--devices N] [--jobs N] "
        "[--short]\n"
        "           [--ledger FILE]      notes what has ended, and doesn't run it again\n",
        stderr);
    return 2;
}

static bool is_many(const struct request *request)
{
    return request->many.runs > 0 || request->many.years > 0;
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
            ret->many.few = true;
            continue;
        }
        if (strcmp(name, "--bare") == 0) {
            ret->options.bare = true;
            continue;
        }
        if (strcmp(name, "--alike") == 0) {
            ret->alike = true;
            continue;
        }
        if (strcmp(name, "--shrink") == 0) {
            ret->shrink = true;
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
        } else if (strcmp(name, "--skip") == 0) {
            ret->skip = value;
        } else if (strcmp(name, "--calm") == 0) {
            ret->calm = value;
        } else if (strcmp(name, "--runs") == 0) {
            ret->many.runs = strtoul(value, NULL, 10);
        } else if (strcmp(name, "--years") == 0) {
            ret->many.years = strtod(value, NULL);
        } else if (strcmp(name, "--ledger") == 0) {
            ret->many.ledger = value;
        } else if (strcmp(name, "--jobs") == 0) {
            ret->many.jobs = strtoul(value, NULL, 10);
        } else {
            return false;
        }
    }
    struct sim_skips *skips = &ret->options.skips;
    skips->steps = ret->options.steps;
    if ((ret->skip && !skips_read(skips, SKIP_ACTION, ret->skip)) ||
        (ret->calm && !skips_read(skips, SKIP_FAULTS, ret->calm)) ||
        (ret->shrink && is_many(ret)) || ret->many.jobs < 1 || ret->many.jobs > SIM_JOBS_MAX) {
        return false;
    }
    return ret->options.devices >= 1 && ret->options.devices <= SIM_NODES_MAX - SIM_SERVERS;
}

/* One seed, or as many from it as --runs says. */
static bool alike(const struct request *request)
{
    struct sim_options options = request->options;
    size_t runs = request->many.runs > 0 ? request->many.runs : 1;
    bool all = true;
    for (size_t i = 0; i < runs; i++) {
        all = bare_is_alike(&options) && all;
        options.seed++;
    }
    return all;
}

int main(int argument_count, char **arguments)
{
    struct request request = {
        .options = {.seed = 1, .steps = STEPS_USUAL, .devices = DEVICES_USUAL},
        .many = {.jobs = 1}};
    if (!read_arguments(argument_count, arguments, &request)) {
        return usage();
    }
    db_init();
    if (request.alike) {
        return alike(&request) ? 0 : 1;
    }
    if (request.shrink) {
        bool failed = sim_shrink(&request.options);
        if (!failed) {
            printf("nothing to shrink: the run is good\n");
        }
        return failed ? 1 : 0;
    }
    if (is_many(&request)) {
        return sim_many(&request.options, &request.many) == 0 ? 0 : 1;
    }
    return run_one(&request.options) ? 0 : 1;
}
