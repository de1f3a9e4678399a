/*
 * sim_disk.c - what is on a simulated disk, what of it is synced, and what a power cut leaves.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_vfs_internal.h"

void *disk_must(void *block)
{
    if (!block) {
        abort();
    }
    return block;
}

/* SplitMix64. */
uint64_t disk_random(struct sim_disk *disk)
{
    disk->random += 0x9E3779B97F4A7C15u;
    uint64_t z = disk->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* ---- content */

static void content_release(struct content *content)
{
    free(content->current);
    free(content->durable);
    free(content->dirty);
    free(content->sectors);
    *content = (struct content){0};
}

static void content_reserve(struct content *content, size_t size)
{
    size_t capacity = content->capacity ? content->capacity : FIRST_SIZE;
    if (size <= content->capacity) {
        return;
    }
    while (capacity < size) {
        capacity *= 2;
    }
    size_t more = capacity - content->capacity;
    size_t sectors = content->capacity / SECTOR_SIZE;
    content->current = disk_must(realloc(content->current, capacity));
    content->durable = disk_must(realloc(content->durable, capacity));
    content->dirty = disk_must(realloc(content->dirty, capacity / SECTOR_SIZE));
    memset(content->current + content->capacity, 0, more);
    memset(content->durable + content->capacity, 0, more);
    memset(content->dirty + sectors, 0, capacity / SECTOR_SIZE - sectors);
    content->capacity = capacity;
}

static void content_touch(struct content *content, size_t first, size_t last, enum change change)
{
    for (size_t sector = first; sector <= last; sector++) {
        bool known = content->dirty[sector] != UNCHANGED;
        content->dirty[sector] = (uint8_t)change;
        if (known) {
            continue;
        }
        if (content->sector_count == content->sector_capacity) {
            size_t capacity = content->sector_capacity ? 2 * content->sector_capacity : 64;
            content->sectors = disk_must(realloc(content->sectors, capacity * sizeof(size_t)));
            content->sector_capacity = capacity;
        }
        content->sectors[content->sector_count++] = sector;
    }
}

void content_write(struct content *content, size_t offset, const void *data, size_t size)
{
    if (size == 0) {
        return;
    }
    content_reserve(content, offset + size);
    memcpy(content->current + offset, data, size);
    content_touch(content, offset / SECTOR_SIZE, (offset + size - 1) / SECTOR_SIZE, WRITTEN);
    content->size = offset + size > content->size ? offset + size : content->size;
}

void content_truncate(struct content *content, size_t size)
{
    if (size >= content->size) {
        return;
    }
    size_t first = size / SECTOR_SIZE, last = (content->size - 1) / SECTOR_SIZE;
    memset(content->current + size, 0, content->size - size);
    if (size % SECTOR_SIZE != 0) {
        content_touch(content, first, first, WRITTEN);
        first++;
    }
    if (first <= last) {
        content_touch(content, first, last, CUT_OFF);
    }
    content->least = !content->shortened || size < content->least ? size : content->least;
    content->shortened = true;
    content->size = size;
}

static void content_clean(struct content *content)
{
    for (size_t i = 0; i < content->sector_count; i++) {
        content->dirty[content->sectors[i]] = UNCHANGED;
    }
    content->sector_count = 0;
    content->shortened = false;
}

void content_sync(struct content *content)
{
    for (size_t i = 0; i < content->sector_count; i++) {
        size_t at = content->sectors[i] * SECTOR_SIZE;
        memcpy(content->durable + at, content->current + at, SECTOR_SIZE);
    }
    content->durable_size = content->size;
    content_clean(content);
}

/* One unsynced sector at a cut: its durable bytes become what survived. */
static void survive(struct sim_disk *disk, struct content *content, size_t sector, unsigned mood)
{
    size_t at = sector * SECTOR_SIZE;
    unsigned fate = mood < 2 ? mood : (unsigned)(disk_random(disk) % 3);
    size_t kept = fate == 0 ? 0 : fate == 1 ? SECTOR_SIZE : disk_random(disk) % SECTOR_SIZE;
    memcpy(content->durable + at, content->current + at, kept);
    disk->counts.lost += kept == 0;
    disk->counts.kept += kept == SECTOR_SIZE;
    disk->counts.torn += kept > 0 && kept < SECTOR_SIZE;
    if (kept > 0 && at + kept > content->durable_size && at < content->size) {
        size_t end = at + kept < content->size ? at + kept : content->size;
        content->durable_size = end > content->durable_size ? end : content->durable_size;
    }
}

/* What was cut off is gone, or as it was: a file gets shorter whole or not at all. */
static void shorten(struct sim_disk *disk, struct content *content, unsigned mood)
{
    bool gone = mood == 1 || (mood != 0 && disk_random(disk) % 2 == 0);
    if (gone && content->durable_size > content->least) {
        memset(content->durable + content->least, 0, content->durable_size - content->least);
        content->durable_size = content->least;
    }
}

static void content_cut(struct sim_disk *disk, struct content *content)
{
    unsigned mood =
        (unsigned)(disk_random(disk) % 8); /* 0: all lost, 1: all kept, else by sector */
    if (content->capacity == 0) {
        return;
    }
    size_t used = content->size > content->durable_size ? content->size : content->durable_size;
    if (content->shortened) {
        shorten(disk, content, mood);
    }
    for (size_t i = 0; i < content->sector_count; i++) {
        if (content->dirty[content->sectors[i]] == WRITTEN) {
            survive(disk, content, content->sectors[i], mood);
        }
    }
    /* Only this much can be nonzero in either. */
    used = used > content->durable_size ? used : content->durable_size;
    memset(content->durable + content->durable_size, 0, used - content->durable_size);
    memcpy(content->current, content->durable, used);
    content->size = content->durable_size;
    content_clean(content);
}

/* ---- files */

struct file *find_file(const struct sim_disk *disk, const char *name)
{
    for (struct file *file = disk->files; file; file = file->next) {
        if (file->linked && strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}

struct file *make_file(struct sim_disk *disk, const char *name)
{
    struct file *file = disk_must(calloc(1, sizeof *file));
    assert(strlen(name) < sizeof file->name);
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->linked = true;
    file->next = disk->files;
    disk->files = file;
    return file;
}

void forget_shm(struct file *file)
{
    for (size_t i = 0; i < file->shm_count; i++) {
        free(file->shm[i]);
    }
    free(file->shm);
    file->shm = NULL;
    file->shm_count = 0;
    memset(file->locks, 0, sizeof file->locks);
}

void drop_file(struct sim_disk *disk, struct file *file)
{
    struct file **at = &disk->files;
    while (*at != file) {
        at = &(*at)->next;
    }
    *at = file->next;
    content_release(&file->content);
    forget_shm(file);
    free(file);
}

void unlink_file(struct sim_disk *disk, struct file *file)
{
    file->linked = false;
    if (file->open_count == 0) {
        drop_file(disk, file);
    }
}

/* ---- failures */

static bool meets(enum sim_failure failure, enum operation operation)
{
    switch (failure) {
    case SIM_ERROR:
        return operation != READS;
    case SIM_FULL:
        return operation == TAKES_ROOM;
    case SIM_READ:
        return operation == READS;
    }
    return false;
}

static enum err fail_now(struct sim_disk *disk, enum operation operation)
{
    if (disk->fail_after == 0 && !disk->failing) {
        return OK;
    }
    if (!meets(disk->failure, operation)) {
        return OK;
    }
    if (!disk->failing && --disk->fail_after > 0) {
        return OK;
    }
    disk->failing = disk->fail_stays;
    disk->counts.failed++;
    return disk->failure == SIM_FULL ? ERR_DB_FULL : ERR_FILE;
}

enum err last_breath(struct sim_disk *disk, enum operation operation)
{
    if (disk->dead) {
        return ERR_FILE;
    }
    disk->changed = true;
    disk->counts.operations++;
    disk->counts.room += operation == TAKES_ROOM;
    if (disk->cut_after > 0 && --disk->cut_after == 0) {
        disk->dead = true;
        return ERR_FILE;
    }
    return fail_now(disk, operation);
}

enum err may_read(struct sim_disk *disk)
{
    if (disk->dead) {
        return ERR_FILE;
    }
    disk->counts.reads++;
    return fail_now(disk, READS);
}

void sim_disk_fail_after(struct sim_disk *disk, enum sim_failure failure, uint64_t nth, bool stays)
{
    disk->failure = failure;
    disk->fail_after = nth;
    disk->fail_stays = stays;
    disk->failing = false;
}

struct sim_disk *sim_disk_new(const char *name, uint64_t seed)
{
    struct sim_disk *disk = disk_must(calloc(1, sizeof *disk));
    assert(strlen(name) < sizeof disk->name);
    (void)snprintf(disk->name, sizeof disk->name, "%s", name);
    disk->random = seed;
    disk_fill_vfs(disk);
    if (sqlite3_vfs_register(&disk->vfs, 0) != SQLITE_OK) {
        abort();
    }
    return disk;
}

void sim_disk_free(struct sim_disk *disk)
{
    if (!disk) {
        return;
    }
    (void)sqlite3_vfs_unregister(&disk->vfs);
    while (disk->files) {
        assert(disk->files->open_count == 0);
        drop_file(disk, disk->files);
    }
    free(disk);
}

const char *sim_disk_vfs(const struct sim_disk *disk)
{
    return disk->name;
}

struct sim_disk_counts sim_disk_counts(const struct sim_disk *disk)
{
    return disk->counts;
}

/* ---- power */

void sim_disk_cut_after(struct sim_disk *disk, uint64_t operations)
{
    disk->cut_after = operations;
}

void sim_disk_lie(struct sim_disk *disk, bool lies)
{
    disk->lies = lies;
}

void sim_disk_seed(struct sim_disk *disk, uint64_t seed)
{
    disk->random = seed;
}

void sim_disk_kill(struct sim_disk *disk)
{
    disk->dead = true;
}

bool sim_disk_is_dead(const struct sim_disk *disk)
{
    return disk->dead;
}

void sim_disk_power_cut(struct sim_disk *disk)
{
    for (struct file *file = disk->files; file; file = file->next) {
        assert(file->open_count == 0);
        content_cut(disk, &file->content);
        forget_shm(file);
    }
    disk->counts.cuts++;
    disk->dead = false;
    disk->cut_after = 0;
    disk->changed = true;
}

/* ---- plain files */

enum err sim_disk_read(struct sim_disk *disk, const char *path, struct buf *ret)
{
    const struct file *file = find_file(disk, path);
    enum err e = may_read(disk);
    if (e) {
        return e;
    }
    if (!file) {
        return ERR_NOT_FOUND;
    }
    buf_add(ret, file->content.current, file->content.size);
    return buf_error(ret);
}

enum err sim_disk_read_at(struct sim_disk *disk, const char *path, uint64_t offset, size_t size,
                          struct buf *ret)
{
    const struct file *file = find_file(disk, path);
    enum err e = may_read(disk);
    if (e) {
        return e;
    }
    if (!file) {
        return ERR_NOT_FOUND;
    }
    size_t left = offset < file->content.size ? file->content.size - (size_t)offset : 0;
    if (left > 0) {
        buf_add(ret, file->content.current + offset, size < left ? size : left);
    }
    return buf_error(ret);
}

static void replace(struct sim_disk *disk, const char *path, struct span bytes)
{
    struct file *file = find_file(disk, path);
    file = file ? file : make_file(disk, path);
    assert(file->open_count == 0);
    content_truncate(&file->content, 0);
    content_write(&file->content, 0, bytes.data, bytes.size);
    content_sync(&file->content);
}

/* Power that fails within leaves the old file or the new one. */
enum err sim_disk_write_atomic(struct sim_disk *disk, const char *path, struct span bytes)
{
    bool was_dead = disk->dead;
    enum err e = last_breath(disk, TAKES_ROOM);
    if (!e || (!was_dead && disk->dead && disk_random(disk) % 2 == 0)) {
        replace(disk, path, bytes);
    }
    return e;
}

enum err sim_disk_remove(struct sim_disk *disk, const char *path)
{
    struct file *file = find_file(disk, path);
    enum err e = last_breath(disk, CHANGES);
    if (!e && file) {
        unlink_file(disk, file);
    }
    return e;
}

enum err sim_disk_rename(struct sim_disk *disk, const char *from, const char *to)
{
    struct file *file = find_file(disk, from);
    struct file *old = find_file(disk, to);
    enum err e = last_breath(disk, CHANGES);
    if (e || !file || strlen(to) >= sizeof file->name) {
        return e ? e : ERR_FILE;
    }
    if (old && old != file) {
        unlink_file(disk, old);
    }
    (void)snprintf(file->name, sizeof file->name, "%s", to);
    return OK;
}

/* Power that fails within may leave a part, unsynced. */
enum err sim_disk_append(struct sim_disk *disk, const char *path, struct span bytes)
{
    struct file *file = find_file(disk, path);
    enum err e = last_breath(disk, TAKES_ROOM);
    if (e) {
        return e;
    }
    file = file ? file : make_file(disk, path);
    content_write(&file->content, file->content.size, bytes.data, bytes.size);
    e = last_breath(disk, CHANGES);
    if (!e) {
        content_sync(&file->content);
    }
    return e;
}

/* Power that fails within may leave the bytes unsynced, as a disk does. */
enum err sim_disk_write_at(struct sim_disk *disk, const char *path, uint64_t offset,
                           struct span bytes)
{
    struct file *file = find_file(disk, path);
    enum err e = last_breath(disk, TAKES_ROOM);
    if (e) {
        return e;
    }
    file = file ? file : make_file(disk, path);
    content_write(&file->content, (size_t)offset, bytes.data, bytes.size);
    e = last_breath(disk, CHANGES);
    if (!e) {
        content_sync(&file->content);
    }
    return e;
}

bool sim_disk_exists(const struct sim_disk *disk, const char *path)
{
    return find_file(disk, path) != NULL;
}

void sim_disk_each(const struct sim_disk *disk, bool (*each)(void *ctx, const char *path),
                   void *ctx)
{
    bool more = true;
    for (const struct file *file = disk->files; file && more; file = file->next) {
        more = !file->linked || each(ctx, file->name);
    }
}
