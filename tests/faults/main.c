/*
 * main.c - faults: every scenario, every fault, at every place, or as many as are asked for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faults.h"
#include "faulty_memory.h"

struct options {
    uint64_t trials[FAULTS]; /* of each fault and scenario */
    uint64_t seed, at;
    const char *scenario;
    bool lies;
};

static void usage(void)
{
    (void)fputs(
        "usage: faults [--cuts N] [--failures N] [--memory N] [--seed S] [--scenario NAME]\n"
        "              [--fault NAME --at K]\n"
        "  --cuts N      power cuts of each scenario (200)\n"
        "  --failures N  operations of each scenario that fail, of each kind (20)\n"
        "  --memory N    allocations of each scenario that fail, of each kind (20)\n"
        "  --fault NAME  only this: cut, error(s), full(s), read(s), memory, memories\n"
        "  --at K        only the Kth operation, with exactly this seed: what a failure names\n"
        "  --lies 1      disks that don't sync: promises must be seen to break\n"
        "  --list        names of the scenarios\n",
        stderr);
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Fewer trials than places are spread over them; more go round, each round by another seed. */
static struct trial nth_trial(const struct options *options, enum fault fault, uint64_t points,
                              uint64_t i)
{
    uint64_t count = options->trials[fault];
    struct trial trial = {.fault = fault, .seed = options->seed + i};
    trial.at = count < points ? 1 + (i * points + options->seed % points) / count % points
                              : 1 + i % points;
    return trial;
}

/* False: something was wrong. */
static bool run_fault(struct stage *stage, const struct options *options, enum fault fault,
                      struct tally *tally)
{
    struct world *world = stage->world;
    uint64_t points = stage->points[fault];
    for (uint64_t i = 0; i < options->trials[fault] && points > 0; i++) {
        struct trial trial = nth_trial(options, fault, points, i);
        if (options->at > 0) {
            trial.at = options->at;
        }
        stage_try(stage, &trial, tally);
        if (!world_is_right(world)) {
            (void)printf("FAILED: faults --scenario %s --fault %s --at %" PRIu64 " --seed %" PRIu64
                         "\n  %s\n",
                         stage->scenario->name, fault_name(fault), trial.at, trial.seed,
                         world->wrong);
            return false;
        }
    }
    return true;
}

static bool run_scenario(struct world *world, const struct scenario *scenario,
                         const struct world_image *base, const struct options *options,
                         struct tally *all)
{
    struct stage stage;
    struct tally cuts = {0}, failures = {0};
    double start = seconds();
    bool good = true;
    stage_open(&stage, world, scenario, base);
    if (!world_is_right(world)) {
        (void)printf("FAILED: faults --scenario %s, before any fault\n  %s\n", scenario->name,
                     world->wrong);
        stage_close(&stage);
        return false;
    }
    for (size_t fault = 0; fault < FAULTS; fault++) {
        good &=
            run_fault(&stage, options, (enum fault)fault, fault == FAULT_CUT ? &cuts : &failures);
    }
    (void)printf("%-14s %5" PRIu64 " operations, %6" PRIu64 " reads, %6" PRIu64 " allocations; "
                 "%6" PRIu64 " cuts (%" PRIu64 " in recovery, %" PRIu64 " torn sectors), "
                 "%5" PRIu64 " failures (%" PRIu64 " refused), %.0f s\n",
                 scenario->name, stage.points[FAULT_CUT], stage.points[FAULT_READ],
                 stage.points[FAULT_MEMORY], cuts.cuts, cuts.second, cuts.torn, failures.struck,
                 failures.refused, seconds() - start);
    (void)fflush(stdout);
    all->cuts += cuts.cuts;
    all->second += cuts.second;
    all->struck += failures.struck;
    stage_close(&stage);
    return good;
}

static bool run(const struct options *options)
{
    static struct world world;
    struct tally all = {0};
    double start = seconds();
    bool good = true, found = false;
    world_make(&world);
    struct world_image *base = world_image(&world);
    for (size_t i = 0; i < MACHINES; i++) {
        sim_disk_lie(world.machines[i].host.disk, options->lies);
    }
    for (size_t i = 0; i < scenario_count; i++) {
        if (!options->scenario || strcmp(options->scenario, scenarios[i]->name) == 0) {
            found = true;
            good &= run_scenario(&world, scenarios[i], base, options, &all);
        }
    }
    double took = seconds() - start;
    (void)printf("%" PRIu64 " power cuts (%" PRIu64 " in recovery) and %" PRIu64 " failures, seed "
                 "%" PRIu64 ", in %.0f s\n",
                 all.cuts, all.second, all.struck, options->seed, took);
    world_image_free(base);
    world_free(&world);
    if (!found) {
        (void)printf("no scenario is called so; --list names them\n");
    }
    return good && found;
}

static void set_trials(struct options *options, enum fault from, enum fault to, uint64_t count)
{
    for (size_t fault = from; fault <= (size_t)to; fault++) {
        options->trials[fault] = count;
    }
}

static bool set_fault(struct options *options, const char *name)
{
    bool found = false;
    for (size_t fault = 0; fault < FAULTS; fault++) {
        bool same = strcmp(name, fault_name((enum fault)fault)) == 0;
        found |= same;
        options->trials[fault] = same ? options->trials[fault] : 0;
    }
    return found;
}

static bool read_options(int argc, char **argv, struct options *ret)
{
    const char *fault = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--cuts") == 0) {
            set_trials(ret, FAULT_CUT, FAULT_CUT, number);
        } else if (strcmp(argv[i], "--failures") == 0) {
            set_trials(ret, FAULT_ERROR, FAULT_READS, number);
        } else if (strcmp(argv[i], "--memory") == 0) {
            set_trials(ret, FAULT_MEMORY, FAULT_MEMORY_STAYS, number);
        } else if (strcmp(argv[i], "--seed") == 0) {
            ret->seed = number;
        } else if (strcmp(argv[i], "--at") == 0) {
            ret->at = number;
        } else if (strcmp(argv[i], "--lies") == 0) {
            ret->lies = number != 0;
        } else if (strcmp(argv[i], "--scenario") == 0) {
            ret->scenario = argv[i + 1];
        } else if (strcmp(argv[i], "--fault") == 0) {
            fault = argv[i + 1];
        } else {
            return false;
        }
    }
    if (ret->at > 0) {
        set_trials(ret, FAULT_CUT, FAULT_MEMORY_STAYS, 1);
    }
    return argc % 2 == 1 && (!fault || set_fault(ret, fault)) && (ret->at == 0 || fault);
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 1};
    set_trials(&options, FAULT_CUT, FAULT_CUT, 200);
    set_trials(&options, FAULT_ERROR, FAULT_MEMORY_STAYS, 20);
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < scenario_count; i++) {
            (void)puts(scenarios[i]->name);
        }
        return 0;
    }
    if (!read_options(argc, argv, &options)) {
        usage();
        return 2;
    }
    faulty_memory_init();
    return run(&options) ? 0 : 1;
}
