/*
 * Pushes mutated batches at a real hub: `push --pushes 1000000 --seed S`. A push in four is
 * changed once more from the one before, so that changes gather; every --keep pushes what was taken
 * stays, and all nodes sync. The seed and the number of a push that fails are printed, and the same
 * seed gives the same run.
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "push_world.h"

#define EPISODE   8 /* pushes that build on each other before all is undone */
#define TEXT_MAX  (1u << 20)
#define NS_PER_MS 1000000

struct run {
    uint64_t seed;
    int64_t pushes, keep_every;
    /* What came of them. */
    int64_t taken, in_part, refused, quarantined, late_ops, new_ops, slowest_ns, total_ns;
};

static volatile int64_t running; /* for the word of a crash */
static uint64_t running_seed;

static void say_which(int signal_number)
{
    char text[96];
    int size =
        snprintf(text, sizeof text, "push: failed at push %" PRId64 " of --seed %" PRIu64 "\n",
                 running, running_seed);
    if (size > 0) {
        (void)!write(STDERR_FILENO, text, (size_t)size);
    }
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

static void count(struct run *run, const struct push_outcome *outcome)
{
    run->refused += outcome->status != 200;
    run->quarantined += outcome->refused > 0 && outcome->new_ops == 0;
    run->in_part += outcome->refused > 0 && outcome->new_ops > 0;
    run->taken += outcome->refused == 0 && outcome->new_ops > 0;
    run->late_ops += outcome->late;
    run->new_ops += outcome->new_ops;
    run->total_ns += outcome->taken_ns;
    run->slowest_ns = outcome->taken_ns > run->slowest_ns ? outcome->taken_ns : run->slowest_ns;
}

/* Pushes number `first` to `first` + EPISODE - 1. */
static void play_episode(struct run *run, struct push_world *world, int64_t first, struct buf *text)
{
    struct push_outcome outcome;
    struct buf next;
    buf_clear(text);
    buf_add_span(text, push_world_honest(world));
    buf_init(&next, push_world_facts(world)->mem, TEXT_MAX);
    push_world_begin(world);
    for (int64_t i = first; i < first + EPISODE && i < run->pushes; i++) {
        running = i;
        buf_clear(&next);
        struct span from = i % 4 == 3 ? buf_span(text) : push_world_honest(world);
        batch_mutate(push_world_facts(world), run->seed << 32 ^ (uint64_t)i, from, &next);
        push_try(world, buf_span(&next), &outcome);
        count(run, &outcome);
        buf_clear(text);
        buf_add_span(text, buf_span(&next));
    }
    bool keep = first % run->keep_every < EPISODE;
    push_world_end(world, keep);
    if (keep) {
        push_world_settle(world);
    }
    buf_release(&next);
}

static void tell(const struct run *run)
{
    printf("push: %" PRId64 " pushes, seed %" PRIu64 ": %" PRId64 " taken, %" PRId64
           " in part, %" PRId64 " to quarantine, %" PRId64 " refused; %" PRId64 " ops new, %" PRId64
           " of them flagged; %.2f ms a push, the slowest %.1f ms\n",
           run->pushes, run->seed, run->taken, run->in_part, run->quarantined, run->refused,
           run->new_ops, run->late_ops, (double)run->total_ns / NS_PER_MS / (double)run->pushes,
           (double)run->slowest_ns / NS_PER_MS);
}

/* For a corpus: what the mutations begin with. */
static int write_honest(const struct push_world *world, const char *path)
{
    struct span text = push_world_honest(world);
    FILE *file = fopen(path, "wbe");
    bool written = file != NULL && fwrite(text.data, 1, text.size, file) == text.size;
    written = file != NULL && fclose(file) == 0 && written;
    return written ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct run run = {.seed = (uint64_t)time(NULL), .pushes = 2000, .keep_every = 1000};
    const char *honest = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        int64_t value = strtoll(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--write") == 0) {
            honest = argv[i + 1];
        } else if (strcmp(argv[i], "--pushes") == 0) {
            run.pushes = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            run.seed = (uint64_t)value;
        } else if (strcmp(argv[i], "--keep") == 0 && value >= EPISODE) {
            run.keep_every = value;
        } else {
            return 2;
        }
    }
    running_seed = run.seed;
    (void)signal(SIGABRT, say_which);
    (void)signal(SIGSEGV, say_which);
    db_init();
    struct push_world *world = push_world_open();
    if (honest) {
        int failed = write_honest(world, honest);
        push_world_close(world);
        return failed;
    }
    struct buf text;
    buf_init(&text, push_world_facts(world)->mem, TEXT_MAX);
    for (int64_t first = 0; first < run.pushes; first += EPISODE) {
        play_episode(&run, world, first, &text);
    }
    push_world_settle(world);
    buf_release(&text);
    push_world_close(world);
    tell(&run);
    /* A run that takes nothing, or refuses nothing, has tried nothing. */
    return run.taken > 0 && run.refused > 0 && run.quarantined > 0 ? 0 : 1;
}
