/*
 * sim_many.c - many runs, each a process of its own: an assertion that stops one is a failure like
 * others, and stops no other.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_ledger.h"

#define TELL_EVERY 25 /* runs */

struct many {
    const struct sim_many *wanted;
    struct sim_options options; /* of the next run */
    struct sim_running {
        pid_t process;
        uint64_t seed;
    } running[SIM_JOBS_MAX];
    size_t running_count;
    int told[2]; /* a pipe: each run that ends writes its ending, in one piece */
    struct sim_ledger ledger;
    struct sim_counters counters;
    double years;
    size_t begun, ended, failures;
};

_Static_assert(sizeof(struct sim_ending) <= PIPE_BUF, "an ending is written in one piece");

static void say_failed(struct many *many, uint64_t seed, size_t step, const char *what)
{
    struct sim_options options = many->options;
    options.seed = seed;
    printf("SIM FAILED: ./dev sim ");
    sim_print_arguments(&options, stdout);
    printf(" (step %zu: %s)\n", step, what);
    (void)fflush(stdout);
    many->failures++;
}

/* A day of runs says now and then how far it is. */
static void say_progress(const struct many *many)
{
    if (many->ended % TELL_EVERY == 0) {
        (void)fprintf(stderr, "sim: %zu runs, %.1f device-years, %zu failed\n", many->ended,
                      many->years, many->failures);
    }
}

static void count_ending(struct many *many, const struct sim_ending *ending)
{
    counters_add(&many->counters, &ending->counters);
    many->years += ending->years;
    many->ended++;
    if (!ending->good) {
        say_failed(many, ending->seed, ending->step, ending->failure);
    }
    say_progress(many);
}

/* The next seed: what the ledger has of it, or a process that runs it. */
static void begin_run(struct many *many)
{
    const struct sim_ending *before = ledger_find(&many->ledger, many->options.seed);
    if (before) {
        count_ending(many, before);
        many->options.seed++;
        many->begun++;
        return;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        abort();
    }
    if (child == 0) {
        struct sim_ending ending;
        memset(&ending, 0, sizeof ending);
        sim_run(&many->options, &ending);
        ssize_t put = write(many->told[1], &ending, sizeof ending);
        _exit(put == (ssize_t)sizeof ending ? 0 : 1);
    }
    many->running[many->running_count++] = (struct sim_running){child, many->options.seed};
    many->options.seed++;
    many->begun++;
}

/* Waits for one of them. */
static void end_run(struct many *many)
{
    struct sim_ending ending;
    int status = 0;
    pid_t process = wait(&status);
    size_t i = 0;
    while (i < many->running_count && many->running[i].process != process) {
        i++;
    }
    if (i == many->running_count) {
        abort();
    }
    uint64_t seed = many->running[i].seed;
    many->running[i] = many->running[--many->running_count];
    if (status != 0) {
        ending = (struct sim_ending){.seed = seed, .failure = "an assertion, or a crash"};
    } else if (read(many->told[0], &ending, sizeof ending) != (ssize_t)sizeof ending) {
        abort(); /* of whoever wrote first: there are as many endings as runs that ended well */
    }
    ledger_add(&many->ledger, &ending);
    count_ending(many, &ending);
}

static bool is_enough(const struct many *many)
{
    return many->begun >= many->wanted->runs && many->years >= many->wanted->years &&
           many->begun > 0;
}

size_t sim_many(const struct sim_options *first, const struct sim_many *wanted)
{
    struct many many = {.wanted = wanted, .options = *first};
    if (wanted->ledger && !ledger_open(&many.ledger, wanted->ledger, first)) {
        return 1;
    }
    if (pipe(many.told) != 0) {
        abort();
    }
    while (!is_enough(&many) || many.running_count > 0) {
        if (!is_enough(&many) && many.running_count < wanted->jobs) {
            begin_run(&many);
        } else {
            end_run(&many);
        }
    }
    (void)close(many.told[0]);
    (void)close(many.told[1]);
    ledger_close(&many.ledger);
    const char *missing = wanted->few ? NULL : counters_missing(&many.counters);
    printf("%zu runs, %.1f device-years, %zu failed:", many.ended, many.years, many.failures);
    counters_print(&many.counters, stdout);
    printf("\n");
    if (missing) {
        printf("SIM FAILED: never happened: %s\n", missing);
        many.failures++;
    }
    return many.failures;
}
