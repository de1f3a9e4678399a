/*
 * sim_stable.c - "stable" is what the region's backup holds: nobody may hear it of more.
 *
 * Before each backup is noted how much of every origin the region has, which is the most that the
 * backup can hold; when it didn't come about, that is taken back.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "sim_check.h"

static struct sim_told *backed(struct sim_world *world, struct id origin)
{
    for (size_t i = 0; i < world->backed_count; i++) {
        if (id_equal(world->backed[i].origin, origin)) {
            return &world->backed[i];
        }
    }
    return NULL;
}

static void note_backup(struct sim_world *world)
{
    sqlite3_stmt *s = eye_ask(&world->nodes[SIM_REGION], "SELECT name, seq FROM origin");
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        struct id origin = {{0}};
        int64_t seq = sqlite3_column_int64(s, 1);
        memcpy(origin.bytes, sqlite3_column_blob(s, 0), ID_SIZE);
        struct sim_told *known = backed(world, origin);
        if (!known && world->backed_count == sizeof world->backed / sizeof world->backed[0]) {
            world_fail(world, "more origins than the simulator has room for");
            break;
        }
        if (!known) {
            known = &world->backed[world->backed_count++];
            *known = (struct sim_told){.origin = origin};
        }
        known->seq = seq > known->seq ? seq : known->seq;
    }
    (void)sqlite3_finalize(s);
}

#define COPY     "/region0/copy.db"
#define COPY_MAX ((size_t)1 << 30)

struct stable_before {
    struct hash copy;
    struct sim_told backed[SIM_BACKED_MAX];
    size_t count;
};

static struct hash hash_copy(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    struct hash hash = {{0}};
    struct buf bytes;
    buf_init(&bytes, &world->mem, COPY_MAX);
    if (sim_disk_exists(region->host.disk, COPY) &&
        sim_disk_read(region->host.disk, COPY, &bytes) == OK) {
        hash_bytes(buf_span(&bytes), &hash);
    }
    buf_release(&bytes);
    return hash;
}

struct stable_before *stable_begin_backup(struct sim_world *world)
{
    struct stable_before *before = malloc(sizeof *before);
    if (!before) {
        abort();
    }
    before->copy = hash_copy(world);
    before->count = world->backed_count;
    memcpy(before->backed, world->backed, sizeof before->backed);
    note_backup(world);
    return before;
}

void stable_end_backup(struct sim_world *world, struct stable_before *before)
{
    struct hash copy = hash_copy(world);
    if (memcmp(&copy, &before->copy, sizeof copy) == 0) {
        world->backed_count = before->count;
        memcpy(world->backed, before->backed, sizeof world->backed);
    }
    free(before);
}

void stable_check(struct sim_node *server, struct id origin, int64_t seq)
{
    const struct sim_told *known = backed(server->world, origin);
    int64_t most = known ? known->seq : 0;
    if (seq > most) {
        world_fail(server->world, "%s calls %" PRId64 " stable, the region's backup holds %" PRId64,
                   server->name, seq, most);
    }
}
