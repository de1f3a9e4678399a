/*
 * vault_tries.c - how often a wrong passphrase was typed, and how long to wait for the next try.
 *
 * "<folder>/douar.tries": count, wall clock, run of the machine, its monotonic clock; absent
 * without a wrong try. Within one run of the machine the monotonic clock counts, which nobody sets;
 * over a restart the wall clock does. One that was put back starts the wait anew, not for ever.
 */
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "vault_internal.h"

#define TRIES_FILE "douar.tries"
#define TEXT_SIZE  128

struct tries {
    int64_t count, wall_ms, boot, mono_ms;
};

static struct tries read_tries(const struct host *host, const char *path)
{
    struct tries tries = {0};
    int64_t *const members[] = {&tries.count, &tries.wall_ms, &tries.boot, &tries.mono_ms};
    struct buf text;
    buf_init(&text, &host->mem, TEXT_SIZE);
    bool right = host->files->read(host->ctx, path, &text) == OK;
    struct span rest = buf_span(&text), word;
    for (size_t i = 0; right && i < sizeof members / sizeof members[0]; i++) {
        right = span_split(&rest, ' ', &word) && num_read_i64(word, members[i]);
    }
    buf_release(&text);
    return right && tries.count > 0 ? tries : (struct tries){0};
}

static enum err write_tries(const struct host *host, const char *path, const struct tries *tries)
{
    char text[TEXT_SIZE];
    int size =
        snprintf(text, sizeof text, "%lld %lld %lld %lld \n", (long long)tries->count,
                 (long long)tries->wall_ms, (long long)tries->boot, (long long)tries->mono_ms);
    return host->files->write_atomic(host->ctx, path, span_from(text, (size_t)size));
}

static struct tries now(const struct host *host, int64_t count)
{
    return (struct tries){.count = count,
                          .wall_ms = host->now_ms(host->ctx),
                          .boot = host->boot ? (int64_t)host->boot(host->ctx) : 0,
                          .mono_ms = host->mono_ms(host->ctx)};
}

static int64_t wait_ms(int64_t count)
{
    int64_t seconds = 0;
    for (int64_t i = VAULT_FREE_TRIES; i <= count && seconds < VAULT_WAIT_MAX_S; i++) {
        seconds = seconds == 0 ? 1 : seconds * 2;
    }
    return (seconds < VAULT_WAIT_MAX_S ? seconds : VAULT_WAIT_MAX_S) * 1000;
}

enum err tries_begin(const struct host *host, const char *folder, struct diag *diag)
{
    char path[VAULT_PATH_SIZE], seconds[NUM_TEXT_SIZE];
    enum err e = vault_path(folder, TRIES_FILE, path, diag);
    if (e) {
        return e;
    }
    struct tries last = read_tries(host, path), next = now(host, last.count + 1);
    bool same_run = last.boot != 0 && last.boot == next.boot;
    int64_t passed_ms = same_run ? next.mono_ms - last.mono_ms : next.wall_ms - last.wall_ms;
    int64_t left_ms = wait_ms(last.count) - passed_ms;
    if (last.count > 0 && passed_ms < 0) { /* the clock was put back: from now on, then */
        left_ms = wait_ms(last.count);
        next.count = last.count;
        enum err ignored = write_tries(host, path, &next);
        (void)ignored;
    }
    if (last.count > 0 && left_ms > 0) {
        num_write_i64((left_ms + 999) / 1000, seconds);
        return diag_set(diag, ERR_TOO_MANY_TRIES, seconds, NULL);
    }
    enum err ignored = write_tries(host, path, &next);
    (void)ignored; /* vault.h says why */
    return OK;
}

void tries_end(const struct host *host, const char *folder)
{
    char path[VAULT_PATH_SIZE];
    if (!vault_path(folder, TRIES_FILE, path, NULL) && host->files->exists(host->ctx, path)) {
        enum err ignored = host->files->remove(host->ctx, path);
        (void)ignored;
    }
}
