/*
 * sim_shrink.c - a failing run made short.
 *
 * Each trial is a process of its own: an assertion that stops it is a way to fail like others.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_run.h"

#define TRIALS_MOST 400

struct outcome {
    bool good;
    size_t step;
    char kind[160];
};

struct shrinking {
    struct sim_options options; /* the shortest that still fails */
    char kind[160];
    size_t trials;
};

/* ---- one trial */

static void run_and_tell(const struct sim_options *options, int pipe_end)
{
    struct sim_ending ending;
    struct outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    sim_run(options, &ending);
    outcome.good = ending.good;
    outcome.step = ending.step;
    (void)snprintf(outcome.kind, sizeof outcome.kind, "%s", ending.good ? "" : ending.kind);
    _exit(write(pipe_end, &outcome, sizeof outcome) == (ssize_t)sizeof outcome ? 0 : 1);
}

static struct outcome try(struct shrinking *s, const struct sim_options *options)
{
    struct outcome outcome = {.step = options->steps, .kind = "an assertion, or a crash"};
    int ends[2];
    (void)fflush(NULL);
    if (pipe(ends) != 0) {
        abort();
    }
    s->trials++;
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        (void)freopen("/dev/null", "w", stdout);
        (void)freopen("/dev/null", "w", stderr);
        run_and_tell(options, ends[1]);
    }
    (void)close(ends[1]);
    struct outcome told;
    if (child > 0 && read(ends[0], &told, sizeof told) == (ssize_t)sizeof told) {
        outcome = told;
    }
    (void)close(ends[0]);
    (void)waitpid(child, NULL, 0);
    return outcome;
}

/* What a person who stops it meanwhile can go on with. */
static void say_so_far(const struct shrinking *s)
{
    (void)fprintf(stderr, "so far, %zu trials: ", s->trials);
    sim_print_arguments(&s->options, stderr);
    (void)fputc('\n', stderr);
}

/* Keeps them when the run still fails so; what comes after the failing step is of no use. */
static bool still_fails(struct shrinking *s, const struct sim_options *options)
{
    if (s->trials >= TRIALS_MOST) {
        return false;
    }
    struct outcome outcome = try(s, options);
    bool fails = !outcome.good && strcmp(outcome.kind, s->kind) == 0;
    if (fails) {
        s->options = *options;
        s->options.steps = outcome.step < options->steps ? outcome.step : options->steps;
        say_so_far(s);
    }
    return fails;
}

/* ---- what can be left out */

static void fewer_steps(struct shrinking *s)
{
    for (size_t cut = s->options.steps / 2; cut > 0; cut /= 2) {
        struct sim_options options = s->options;
        while (options.steps > cut) {
            options.steps -= cut;
            if (!still_fails(s, &options)) {
                break;
            }
            options = s->options;
        }
    }
}

static void fewer_devices(struct shrinking *s)
{
    for (size_t devices = 1; devices < s->options.devices; devices++) {
        struct sim_options options = s->options;
        options.devices = devices;
        if (still_fails(s, &options)) {
            return;
        }
    }
}

/* Leaves out those of `count` steps from `first` on that are still in. False: nothing to leave out,
   or then it doesn't fail any more. */
static bool without(struct shrinking *s, enum skip_what what, size_t first, size_t count)
{
    struct sim_skips *skips = &s->options.skips;
    bool *left = calloc(count, sizeof *left);
    bool any = false;
    if (!left) {
        abort();
    }
    for (size_t i = 0; i < count && first + i <= s->options.steps; i++) {
        left[i] = !skips_has(skips, what, first + i);
        any = any || left[i];
        skips_set(skips, what, first + i, true);
    }
    struct sim_options options = s->options;
    bool fails = any && still_fails(s, &options);
    for (size_t i = 0; !fails && i < count; i++) {
        if (left[i]) {
            skips_set(skips, what, first + i, false);
        }
    }
    free(left);
    return fails;
}

static bool fewer(struct shrinking *s, enum skip_what what)
{
    bool any = false;
    for (size_t count = s->options.steps; count > 0; count /= 2) {
        /* The last ones first: they matter least for what the others do. */
        for (size_t last = s->options.steps; last > 0; last = last > count ? last - count : 0) {
            size_t first = last >= count ? last - count + 1 : 1;
            any = without(s, what, first, last - first + 1) || any;
        }
    }
    return any;
}

/* ---- all of it */

static void report(const struct shrinking *s)
{
    size_t acts = 0;
    size_t faults = 0;
    for (size_t step = 1; step <= s->options.steps; step++) {
        acts += !skips_has(&s->options.skips, SKIP_ACTION, step);
        faults += !skips_has(&s->options.skips, SKIP_FAULTS, step);
    }
    (void)printf("SIM SHRUNK in %zu trials to %zu acts, %zu steps with faults: ./dev sim ",
                 s->trials, acts, faults);
    sim_print_arguments(&s->options, stdout);
    (void)printf("\n");
    (void)fflush(stdout);
}

/* Its own process, too: the story may end with an assertion. */
static void tell_story(const struct sim_options *options)
{
    struct sim_options told = *options;
    struct sim_ending ending;
    told.verbose = true;
    pid_t child = fork();
    if (child == 0) {
        sim_run(&told, &ending);
        (void)fflush(stdout);
        _exit(0);
    }
    (void)waitpid(child, NULL, 0);
}

bool sim_shrink(const struct sim_options *options)
{
    struct shrinking s = {.options = *options};
    struct outcome outcome = try(&s, options);
    bool any = !outcome.good;
    if (outcome.good) {
        return false;
    }
    memcpy(s.kind, outcome.kind, sizeof s.kind);
    s.options.steps = outcome.step < options->steps ? outcome.step : options->steps;
    fewer_steps(&s);
    fewer_devices(&s);
    while (any && s.trials < TRIALS_MOST) {
        any = fewer(&s, SKIP_FAULTS);
        any = fewer(&s, SKIP_ACTION) || any;
    }
    report(&s);
    tell_story(&s.options);
    return true;
}
