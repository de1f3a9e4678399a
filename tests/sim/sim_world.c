#include "sim_world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_build.h"
#include "sim_network.h"

#define WORLD_ARENA_MAX (16u * 1024 * 1024)

static void *resize(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

/* The streams of one step; those of nodes (sim_host) go on from step to step. */
enum stream {
    STREAM_EXCHANGES,
    STREAM_ACT,
    STREAM_COLLECT,
    STREAM_REPLACE,
    STREAM_TYPE,
    STREAM_STICK,
    STREAM_REVOKE
};

static struct sim_rng stream_of(const struct sim_world *world, enum stream stream)
{
    return rng_from(world->options.seed, 1000000 + 16 * world->step + stream);
}

void world_step(struct sim_world *world)
{
    world->rng = stream_of(world, STREAM_EXCHANGES);
    world->collect_rng = stream_of(world, STREAM_COLLECT);
    world->replace_rng = stream_of(world, STREAM_REPLACE);
    world->type_rng = stream_of(world, STREAM_TYPE);
    world->stick_rng = stream_of(world, STREAM_STICK);
    world->revoke_rng = stream_of(world, STREAM_REVOKE);
}

void world_act(struct sim_world *world)
{
    world->rng = stream_of(world, STREAM_ACT);
}

void world_init(struct sim_world *world, const struct sim_options *options)
{
    *world = (struct sim_world){.options = *options, .mem = {.resize = resize}};
    for (size_t i = 0; i < SIM_STICKS_MAX; i++) {
        buf_init(&world->sticks[i].file, &world->mem, 0);
    }
    world->begin_ms = world->now_ms = NODE_BUILD_MS + 30 * DAY_MS;
    world_step(world);
    world->types_move = options->seed % 3 == 1;   /* in a third of the runs types move on */
    world->sticks_bring = options->seed % 3 == 2; /* in another third sticks bring files */
    arena_init(&world->arena, &world->mem, WORLD_ARENA_MAX);
    if (pack_new(&world->mem, &world->pack)) {
        abort();
    }
    /* SQLite's own numbers (salts of the WAL) are of the process: from the seed too. */
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)(options->seed & 0x7fffffff) | 1,
                               (sqlite3 *)NULL);
}

void world_release(struct sim_world *world)
{
    for (size_t i = world->node_count; i > 0; i--) {
        struct sim_node *node = &world->nodes[i - 1];
        power_down(node);
        network_forget(node);
        buf_release(&node->copy);
        sim_host_release(&node->host);
    }
    for (size_t i = 0; i < SIM_STICKS_MAX; i++) {
        buf_release(&world->sticks[i].file);
    }
    births_release(&world->births);
    pack_free(world->pack);
    arena_release(&world->arena);
}

void world_fail(struct sim_world *world, const char *format, ...)
{
    va_list arguments;
    if (world->failed) {
        return;
    }
    world->failed = true;
    world->kind = format;
    va_start(arguments, format);
    (void)vsnprintf(world->failure, sizeof world->failure, format, arguments);
    va_end(arguments);
    world_say(world, "FAILED: %s", world->failure);
}

void world_say(const struct sim_world *world, const char *format, ...)
{
    va_list arguments;
    if (!world->options.verbose) {
        return;
    }
    double days = (double)(world->now_ms - world->begin_ms) / (double)DAY_MS;
    (void)printf("%6zu %8.3f  ", world->step, days);
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
}

void world_pass(struct sim_world *world, int64_t ms)
{
    world->now_ms += ms;
}

const struct type *world_type(const struct sim_world *world, const char *name)
{
    const struct sim_type *newest = types_newest(world, name);
    return newest ? newest->type : NULL;
}

const struct type *world_type_at(const struct sim_world *world, const char *name, int64_t version)
{
    for (size_t i = 0; i < world->type_count; i++) {
        const struct type *type = world->types[i].type;
        if (strcmp(type->id, name) == 0 && type->version == version) {
            return type;
        }
    }
    return NULL;
}
