#include "sim_host.h"

#include <stdlib.h>

static void *resize(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

int64_t sim_host_now_ms(const struct sim_host *host)
{
    const struct sim_clock *clock = &host->clock;
    int64_t passed = *host->now_ms - clock->since_ms;
    switch (clock->kind) {
    case CLOCK_FROZEN:
        return clock->shown_ms;
    case CLOCK_DRIFTS:
        return clock->shown_ms + passed + passed / 1000 * clock->drift_ppm / 1000;
    case CLOCK_RIGHT:
    case CLOCK_AHEAD:
    case CLOCK_BEHIND:
        break;
    }
    return clock->shown_ms + passed;
}

static int64_t now_ms(void *ctx)
{
    return sim_host_now_ms(ctx);
}

static int64_t mono_ms(void *ctx)
{
    const struct sim_host *host = ctx;
    return *host->now_ms - host->booted_ms;
}

static uint64_t boot(void *ctx)
{
    const struct sim_host *host = ctx;
    return host->boot;
}

static void random_bytes(void *ctx, void *ret, size_t size)
{
    struct sim_host *host = ctx;
    rng_bytes(&host->rng, ret, size);
}

static void sleep_ms(void *ctx, int64_t ms)
{
    (void)ctx; /* The world's time passes between actions, never within one. */
    (void)ms;
}

static bool fault(void *ctx, const char *site)
{
    (void)ctx;
    (void)site;
    return false;
}

static enum err read_file(void *ctx, const char *path, struct buf *ret)
{
    const struct sim_host *host = ctx;
    return sim_disk_read(host->disk, path, ret);
}

static enum err write_atomic(void *ctx, const char *path, struct span bytes)
{
    const struct sim_host *host = ctx;
    return sim_disk_write_atomic(host->disk, path, bytes);
}

static enum err make_folder(void *ctx, const char *path)
{
    (void)ctx; /* A path is a name here. */
    (void)path;
    return OK;
}

static enum err remove_file(void *ctx, const char *path)
{
    const struct sim_host *host = ctx;
    return sim_disk_remove(host->disk, path);
}

static bool file_exists(void *ctx, const char *path)
{
    const struct sim_host *host = ctx;
    return sim_disk_exists(host->disk, path);
}

static enum err rename_file(void *ctx, const char *from, const char *to)
{
    const struct sim_host *host = ctx;
    return sim_disk_rename(host->disk, from, to);
}

static enum err append(void *ctx, const char *path, struct span bytes)
{
    const struct sim_host *host = ctx;
    return sim_disk_append(host->disk, path, bytes);
}

static enum err read_at(void *ctx, const char *path, uint64_t offset, size_t size, struct buf *ret)
{
    const struct sim_host *host = ctx;
    return sim_disk_read_at(host->disk, path, offset, size, ret);
}

static enum err write_at(void *ctx, const char *path, uint64_t offset, struct span bytes)
{
    const struct sim_host *host = ctx;
    return sim_disk_write_at(host->disk, path, offset, bytes);
}

static const struct host_files files = {.read = read_file,
                                        .write_atomic = write_atomic,
                                        .make_folder = make_folder,
                                        .remove = remove_file,
                                        .exists = file_exists,
                                        .rename = rename_file,
                                        .append = append,
                                        .read_at = read_at,
                                        .write_at = write_at};

void sim_host_init(struct sim_host *host, const char *name, uint64_t seed, uint64_t stream,
                   const int64_t *true_now_ms, void *owner,
                   enum err (*exchange)(void *ctx, const struct exchange_request *request,
                                        struct exchange_reply *reply, struct diag *diag))
{
    struct sim_rng rng = rng_from(seed, stream);
    *host = (struct sim_host){.disk = sim_disk_new(name, rng_next(&rng)),
                              .rng = rng,
                              .now_ms = true_now_ms,
                              .owner = owner};
    host->host = (struct host){.ctx = host,
                               .mem = {.resize = resize},
                               .now_ms = now_ms,
                               .mono_ms = mono_ms,
                               .boot = boot,
                               .random = random_bytes,
                               .sleep_ms = sleep_ms,
                               .exchange = exchange,
                               .fault = fault,
                               .vfs = sim_disk_vfs(host->disk),
                               .files = &files};
    sim_host_boot(host);
    sim_host_set_clock(host, CLOCK_RIGHT, *true_now_ms, 0);
}

void sim_host_release(struct sim_host *host)
{
    sim_disk_free(host->disk);
    host->disk = NULL;
}

void sim_host_boot(struct sim_host *host)
{
    host->boot++;
    host->booted_ms = *host->now_ms;
}

void sim_host_set_clock(struct sim_host *host, enum clock_kind kind, int64_t shown_ms,
                        int64_t drift_ppm)
{
    host->clock = (struct sim_clock){
        .kind = kind, .since_ms = *host->now_ms, .shown_ms = shown_ms, .drift_ppm = drift_ppm};
}
