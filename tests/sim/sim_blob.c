/*
 * sim_blob.c - attached files: what a person was told is kept, cut and resumed, whole at the
 * region.
 */
#include <stdio.h>
#include <string.h>

#include "blob.h"
#include "code.h"
#include "sim_check.h"
#include "sim_revoke.h"

#define PATH_SIZE 160

void blobs_note(struct sim_node *node, const struct blob_name *name)
{
    struct sim_world *world = node->world;
    if (world->blob_count < SIM_BLOBS_MAX) {
        world->blobs[world->blob_count++] = (struct sim_blob){*name, node->index};
    }
}

/* A beginning that an earlier sync left at either end. */
void blobs_begin(struct sim_node *node, struct sim_node *server)
{
    static const char parts[] = "SELECT count(*) FROM blob_part";
    node->world->counters.blob_begun +=
        eye_number(node, parts) > 0 || eye_number(server, parts) > 0;
}

void blobs_end(struct sim_node *node, const struct sync_result *result)
{
    struct sim_world *world = node->world;
    world->counters.blob_sent += (uint64_t)result->blobs_sent;
    world->counters.blob_received += (uint64_t)result->blobs_received;
    if (result->blobs_wrong > 0) {
        world_fail(world, "a file that %s sent or got came out wrong", node->name);
    }
}

enum held { HELD_UNKNOWN, HELD_NAMED, HELD_WHOLE };

static enum held held_at(struct sim_node *node, const struct blob_name *name)
{
    enum held held = HELD_UNKNOWN;
    sqlite3_stmt *s =
        eye_ask(node, "SELECT giver IS NOT NULL FROM blob WHERE hash = ?1 AND size = ?2");
    if (!s) {
        return held;
    }
    (void)sqlite3_bind_blob(s, 1, name->hash.bytes, HASH_SIZE, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 2, name->size);
    if (sqlite3_step(s) == SQLITE_ROW) {
        held = sqlite3_column_int(s, 0) ? HELD_WHOLE : HELD_NAMED;
    }
    (void)sqlite3_finalize(s);
    return held;
}

/* Its bytes, compared with its name. */
static bool reads_well(struct sim_world *world, struct node *desk, const struct blob_name *name)
{
    struct buf bytes;
    buf_init(&bytes, &world->mem, (size_t)name->size + 1);
    enum err e = blob_read(desk, name, &bytes);
    buf_release(&bytes);
    return e == OK;
}

static void path_in_backup(const struct sim_node *region, const struct blob_name *name,
                           char ret[PATH_SIZE])
{
    char hash[2 * HASH_SIZE + 1];
    hex_write(name->hash.bytes, HASH_SIZE, hash);
    (void)snprintf(ret, PATH_SIZE, "%s/files/%.2s/%s-%lld", region->home, hash, hash,
                   (long long)name->size);
}

/* A file that the region holds and calls stable. */
struct rotting {
    struct blob_name name;
    char path[PATH_SIZE];   /* in its folder */
    char backup[PATH_SIZE]; /* beside its backup */
};

static bool pick_stable(struct sim_node *region, struct rotting *ret)
{
    bool found = false;
    sqlite3_stmt *s =
        eye_ask(region, "SELECT hash, size, lower(hex(hash)), lower(hex(giver)) FROM blob"
                        " WHERE giver IS NOT NULL AND stable = 1 ORDER BY id * 7919 % 101 LIMIT 1");
    if (s && sqlite3_step(s) == SQLITE_ROW) {
        const char *hash = (const char *)sqlite3_column_text(s, 2);
        memcpy(ret->name.hash.bytes, sqlite3_column_blob(s, 0), HASH_SIZE);
        ret->name.size = sqlite3_column_int64(s, 1);
        (void)snprintf(ret->path, sizeof ret->path, "%s.blobs/%.2s/%s-%lld.%s", region->path, hash,
                       hash, (long long)ret->name.size, (const char *)sqlite3_column_text(s, 3));
        path_in_backup(region, &ret->name, ret->backup);
        found = true;
    }
    (void)sqlite3_finalize(s);
    return found;
}

/* Somebody wants to look at it, and so it is noticed. */
void blobs_rot(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    struct rotting rotting;
    if (world->options.seed % 4 != 3 || !world->faults || !rng_chance(&world->rng, 300) ||
        !pick_stable(region, &rotting)) {
        return;
    }
    enum err e = sim_disk_remove(region->host.disk, rotting.path);
    if (!e && rng_chance(&world->rng, 300)) {
        e = sim_disk_remove(region->host.disk, rotting.backup);
        world->counters.blob_gone_from_backup++;
    }
    bool noticed = e != OK;
    while (!noticed && !world->failed) { /* again when power fails over it */
        struct node *desk = desk_open(region);
        if (desk && reads_well(world, desk, &rotting.name)) {
            world_fail(world, "the region reads a file that its disk lost");
        }
        node_close(desk);
        noticed = !power_settle(region);
    }
    world->counters.blob_rotten += e == OK;
    world_say(world, "region0 lost a file");
}

/* What the region doesn't name was redacted or taken back: it isn't beside the backup either. */
static void check_gone_from_backup(struct sim_node *region, const struct blob_name *name)
{
    char path[PATH_SIZE];
    path_in_backup(region, name, path);
    if (sim_disk_exists(region->host.disk, path)) {
        world_fail(region->world, "a file that the region doesn't name is beside its backup");
    }
}

/* A revoked device, or one whose own work nobody believes: nobody asks it for files, nor tells it
   what was redacted. */
static bool alone_with_it(struct sim_node *node, const struct sim_blob *blob)
{
    return node->revoked || (blob->node == node->index && revoke_differs(node));
}

/*
 * An undone or lost op took its file with it; but while anybody holds a file whole, the region
 * names it and holds it whole too.
 */
void check_blobs(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    struct node *desk = desk_open(region);
    for (size_t i = 0; desk && !world->failed && i < world->blob_count; i++) {
        const struct sim_blob *blob = &world->blobs[i];
        size_t holders = 0;
        for (size_t k = 0; k < world->node_count; k++) {
            holders += held_at(&world->nodes[k], &blob->name) == HELD_WHOLE &&
                       !alone_with_it(&world->nodes[k], blob);
        }
        bool whole = held_at(region, &blob->name) == HELD_WHOLE;
        if (held_at(region, &blob->name) == HELD_UNKNOWN) {
            check_gone_from_backup(region, &blob->name);
        }
        if (holders > 0 && !whole) {
            world_fail(world, "a file of %s is held %zu times and not by the region",
                       world->nodes[blob->node].name, holders);
        } else if (whole && !reads_well(world, desk, &blob->name)) {
            world_fail(world, "a file of %s reads wrong at the region",
                       world->nodes[blob->node].name);
        }
        world->counters.blob_checked += whole;
    }
    node_close(desk);
}
