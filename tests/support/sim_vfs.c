#include "sim_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR_SIZE 512
#define SHM_SLOTS   8
#define NAME_SIZE   256
#define FIRST_SIZE  65536

/* The content of a file, with what of it isn't synced yet. */
struct content {
    uint8_t *current, *durable; /* both `capacity` bytes, zero beyond their sizes */
    size_t size, durable_size, capacity;
    uint8_t *dirty;  /* one byte a sector: changed since the last sync */
    size_t *sectors; /* the dirty ones */
    size_t sector_count, sector_capacity;
};

struct shm_lock {
    int shared;
    bool exclusive;
};

struct file {
    char name[NAME_SIZE];
    struct content content;
    size_t open_count;
    bool linked; /* false: deleted while open */
    /* SQLite's locks on the file itself. */
    int shared_count;
    struct handle *reserved, *pending, *exclusive;
    void **shm;
    size_t shm_count, shm_users;
    struct shm_lock locks[SHM_SLOTS];
    struct file *next;
};

struct sim_disk {
    sqlite3_vfs vfs;
    char name[32];
    struct file *files;
    uint64_t random;
    uint64_t cut_after; /* operations left; 0: none planned */
    bool dead;
    struct sim_disk_counts counts;
};

struct handle {
    sqlite3_file base;
    struct sim_disk *disk;
    struct file *file;
    int level;
    bool deletes; /* on close */
    bool has_shm;
    unsigned shared_mask, exclusive_mask;
};

static void *must(void *block)
{
    if (!block) {
        abort();
    }
    return block;
}

/* SplitMix64. */
static uint64_t next_random(struct sim_disk *disk)
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
    content->current = must(realloc(content->current, capacity));
    content->durable = must(realloc(content->durable, capacity));
    content->dirty = must(realloc(content->dirty, capacity / SECTOR_SIZE));
    memset(content->current + content->capacity, 0, more);
    memset(content->durable + content->capacity, 0, more);
    memset(content->dirty + sectors, 0, capacity / SECTOR_SIZE - sectors);
    content->capacity = capacity;
}

static void content_touch(struct content *content, size_t first, size_t last)
{
    for (size_t sector = first; sector <= last; sector++) {
        if (content->dirty[sector]) {
            continue;
        }
        content->dirty[sector] = 1;
        if (content->sector_count == content->sector_capacity) {
            size_t capacity = content->sector_capacity ? 2 * content->sector_capacity : 64;
            content->sectors = must(realloc(content->sectors, capacity * sizeof(size_t)));
            content->sector_capacity = capacity;
        }
        content->sectors[content->sector_count++] = sector;
    }
}

static void content_write(struct content *content, size_t offset, const void *data, size_t size)
{
    if (size == 0) {
        return;
    }
    content_reserve(content, offset + size);
    memcpy(content->current + offset, data, size);
    content_touch(content, offset / SECTOR_SIZE, (offset + size - 1) / SECTOR_SIZE);
    content->size = offset + size > content->size ? offset + size : content->size;
}

static void content_truncate(struct content *content, size_t size)
{
    if (size < content->size) {
        memset(content->current + size, 0, content->size - size);
        content_touch(content, size / SECTOR_SIZE, (content->size - 1) / SECTOR_SIZE);
        content->size = size;
    }
}

static void content_clean(struct content *content)
{
    for (size_t i = 0; i < content->sector_count; i++) {
        content->dirty[content->sectors[i]] = 0;
    }
    content->sector_count = 0;
}

static void content_sync(struct content *content)
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
    unsigned fate = mood < 2 ? mood : (unsigned)(next_random(disk) % 3);
    size_t kept = fate == 0 ? 0 : fate == 1 ? SECTOR_SIZE : next_random(disk) % SECTOR_SIZE;
    memcpy(content->durable + at, content->current + at, kept);
    disk->counts.lost += kept == 0;
    disk->counts.kept += kept == SECTOR_SIZE;
    disk->counts.torn += kept > 0 && kept < SECTOR_SIZE;
    if (kept > 0 && at + kept > content->durable_size && at < content->size) {
        size_t end = at + kept < content->size ? at + kept : content->size;
        content->durable_size = end > content->durable_size ? end : content->durable_size;
    }
}

static void content_cut(struct sim_disk *disk, struct content *content)
{
    unsigned mood =
        (unsigned)(next_random(disk) % 8); /* 0: all lost, 1: all kept, else by sector */
    bool shrunk = content->size < content->durable_size;
    size_t new_size = content->size;
    if (content->capacity == 0) {
        return;
    }
    for (size_t i = 0; i < content->sector_count; i++) {
        survive(disk, content, content->sectors[i], mood);
    }
    if (shrunk && mood != 0 && (mood == 1 || next_random(disk) % 2 == 0)) {
        memset(content->durable + new_size, 0, content->durable_size - new_size);
        content->durable_size = new_size;
    }
    /* Only this much can be nonzero in either. */
    size_t used = content->size > content->durable_size ? content->size : content->durable_size;
    memset(content->durable + content->durable_size, 0, used - content->durable_size);
    memcpy(content->current, content->durable, used);
    content->size = content->durable_size;
    content_clean(content);
}

/* ---- files */

static struct file *find_file(const struct sim_disk *disk, const char *name)
{
    for (struct file *file = disk->files; file; file = file->next) {
        if (file->linked && strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}

static struct file *make_file(struct sim_disk *disk, const char *name)
{
    struct file *file = must(calloc(1, sizeof *file));
    assert(strlen(name) < sizeof file->name);
    strcpy(file->name, name);
    file->linked = true;
    file->next = disk->files;
    disk->files = file;
    return file;
}

static void forget_shm(struct file *file)
{
    for (size_t i = 0; i < file->shm_count; i++) {
        free(file->shm[i]);
    }
    free(file->shm);
    file->shm = NULL;
    file->shm_count = 0;
    memset(file->locks, 0, sizeof file->locks);
}

static void drop_file(struct sim_disk *disk, struct file *file)
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

static void unlink_file(struct sim_disk *disk, struct file *file)
{
    file->linked = false;
    if (file->open_count == 0) {
        drop_file(disk, file);
    }
}

/* One operation that could be the last. True: it fails. */
static bool last_breath(struct sim_disk *disk)
{
    if (disk->dead) {
        return true;
    }
    if (disk->cut_after > 0 && --disk->cut_after == 0) {
        disk->dead = true;
    }
    return disk->dead;
}

/* ---- SQLite's file methods */

static int file_close(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;
    handle->file->open_count--;
    if (handle->deletes) {
        handle->file->linked = false;
    }
    if (handle->file->open_count == 0 && !handle->file->linked) {
        drop_file(handle->disk, handle->file);
    }
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *ret, int size, sqlite3_int64 offset)
{
    struct handle *handle = (struct handle *)base;
    const struct content *content = &handle->file->content;
    size_t at = (size_t)offset;
    size_t wanted = (size_t)size;
    if (handle->disk->dead) {
        return SQLITE_IOERR_READ;
    }
    size_t have = at >= content->size ? 0 : content->size - at;
    have = have > wanted ? wanted : have;
    if (have > 0) {
        memcpy(ret, content->current + at, have);
    }
    memset((uint8_t *)ret + have, 0, wanted - have);
    return have == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
    struct handle *handle = (struct handle *)base;
    bool was_dead = handle->disk->dead;
    bool fails = last_breath(handle->disk);
    if (!was_dead) { /* The write in flight at the cut may reach the disk in part. */
        handle->disk->counts.writes++;
        content_write(&handle->file->content, (size_t)offset, data, (size_t)size);
    }
    return fails ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = (struct handle *)base;
    if (last_breath(handle->disk)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    content_truncate(&handle->file->content, (size_t)size);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct handle *handle = (struct handle *)base;
    (void)flags;
    if (last_breath(handle->disk)) {
        return SQLITE_IOERR_FSYNC;
    }
    handle->disk->counts.syncs++;
    content_sync(&handle->file->content);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)((struct handle *)base)->file->content.size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    if (level <= handle->level) {
        return SQLITE_OK;
    }
    bool others_wait = (file->pending && file->pending != handle) ||
                       (file->exclusive && file->exclusive != handle);
    if (others_wait ||
        (level >= SQLITE_LOCK_RESERVED && file->reserved && file->reserved != handle)) {
        return SQLITE_BUSY;
    }
    if (handle->level == SQLITE_LOCK_NONE) {
        file->shared_count++;
        handle->level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_RESERVED) {
        file->reserved = handle;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
        file->pending = handle;
        if (file->shared_count > 1) {
            handle->level = SQLITE_LOCK_PENDING;
            return SQLITE_BUSY;
        }
        file->exclusive = handle;
    }
    handle->level = level;
    return SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    if (level >= handle->level) {
        return SQLITE_OK;
    }
    file->reserved = file->reserved == handle ? NULL : file->reserved;
    file->pending = file->pending == handle ? NULL : file->pending;
    file->exclusive = file->exclusive == handle ? NULL : file->exclusive;
    if (level == SQLITE_LOCK_NONE) {
        file->shared_count--;
    }
    handle->level = level;
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *ret)
{
    const struct file *file = ((struct handle *)base)->file;
    *ret = file->reserved || file->pending || file->exclusive;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int what, void *arg)
{
    (void)base;
    (void)what;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR_SIZE;
}

/* A torn sector holds only old and new bytes of itself, which is what this promises. */
static int file_traits(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- the WAL's shared memory */

static int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret)
{
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    size_t index = (size_t)region;
    *ret = NULL;
    if (handle->disk->dead) {
        return SQLITE_IOERR_SHMMAP;
    }
    if (!handle->has_shm) {
        handle->has_shm = true;
        file->shm_users++;
    }
    if (index >= file->shm_count) {
        if (!extend) {
            return SQLITE_OK;
        }
        file->shm = must(realloc(file->shm, (index + 1) * sizeof *file->shm));
        while (file->shm_count <= index) {
            file->shm[file->shm_count++] = must(calloc(1, (size_t)size));
        }
    }
    *ret = file->shm[index];
    return SQLITE_OK;
}

static bool shm_may(const struct handle *handle, unsigned mask, bool exclusive)
{
    for (int slot = 0; slot < SHM_SLOTS; slot++) {
        const struct shm_lock *lock = &handle->file->locks[slot];
        unsigned bit = 1u << slot;
        if (!(mask & bit)) {
            continue;
        }
        int others = lock->shared - ((handle->shared_mask & bit) ? 1 : 0);
        bool theirs = lock->exclusive && !(handle->exclusive_mask & bit);
        if (theirs || (exclusive && others > 0)) {
            return false;
        }
    }
    return true;
}

static void shm_unlock(struct handle *handle, unsigned mask)
{
    for (int slot = 0; slot < SHM_SLOTS; slot++) {
        struct shm_lock *lock = &handle->file->locks[slot];
        unsigned bit = 1u << slot;
        if ((mask & bit) && (handle->exclusive_mask & bit)) {
            lock->exclusive = false;
        }
        if ((mask & bit) && (handle->shared_mask & bit)) {
            lock->shared--;
        }
    }
    handle->exclusive_mask &= ~mask;
    handle->shared_mask &= ~mask;
}

static int shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    struct handle *handle = (struct handle *)base;
    unsigned mask = ((1u << count) - 1u) << offset;
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if (flags & SQLITE_SHM_UNLOCK) {
        shm_unlock(handle, mask);
        return SQLITE_OK;
    }
    if (!shm_may(handle, mask, exclusive)) {
        return SQLITE_BUSY;
    }
    for (int slot = 0; slot < SHM_SLOTS; slot++) {
        struct shm_lock *lock = &handle->file->locks[slot];
        unsigned bit = 1u << slot;
        if ((mask & bit) && exclusive) {
            lock->exclusive = true;
            handle->exclusive_mask |= bit;
        } else if ((mask & bit) && !(handle->shared_mask & bit)) {
            lock->shared++;
            handle->shared_mask |= bit;
        }
    }
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base)
{
    (void)base; /* One thread. */
}

static int shm_unmap(sqlite3_file *base, int delete)
{
    struct handle *handle = (struct handle *)base;
    if (!handle->has_shm) {
        return SQLITE_OK;
    }
    shm_unlock(handle, (1u << SHM_SLOTS) - 1u);
    handle->has_shm = false;
    handle->file->shm_users--;
    if (delete || handle->file->shm_users == 0) {
        forget_shm(handle->file);
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* ---- SQLite's file system */

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags,
                     int *ret_flags)
{
    struct sim_disk *disk = vfs->pAppData;
    struct handle *handle = (struct handle *)base;
    char name[48];
    handle->base.pMethods = NULL;
    if (disk->dead) {
        return SQLITE_CANTOPEN;
    }
    if (!path) {
        (void)sqlite3_snprintf(sizeof name, name, "temporary-%llx",
                               (unsigned long long)next_random(disk));
        path = name;
    }
    struct file *file = find_file(disk, path);
    if (!file && !(flags & SQLITE_OPEN_CREATE)) {
        return SQLITE_CANTOPEN;
    }
    file = file ? file : make_file(disk, path);
    file->open_count++;
    *handle = (struct handle){.disk = disk, .file = file};
    handle->deletes = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    handle->base.pMethods = &file_methods;
    if (ret_flags) {
        *ret_flags = flags;
    }
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    struct sim_disk *disk = vfs->pAppData;
    struct file *file = find_file(disk, path);
    (void)sync_folder;
    if (last_breath(disk)) {
        return SQLITE_IOERR_DELETE;
    }
    if (!file) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    unlink_file(disk, file);
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *path, int what, int *ret)
{
    const struct file *file = find_file(vfs->pAppData, path);
    *ret = file && (what != SQLITE_ACCESS_EXISTS || file->content.size > 0);
    return SQLITE_OK;
}

static int disk_full_path(sqlite3_vfs *vfs, const char *path, int size, char *ret)
{
    (void)vfs;
    (void)sqlite3_snprintf(size, ret, "%s", path);
    return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int size, char *ret)
{
    for (int i = 0; i < size; i++) {
        ret[i] = (char)next_random(vfs->pAppData);
    }
    return size;
}

static int disk_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs; /* Who holds the lock is this very thread. */
    return microseconds;
}

static int disk_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    (void)vfs;
    *ret = 212544000000000LL; /* Nothing of ours asks SQLite for the time. */
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int size, char *ret)
{
    (void)vfs;
    (void)size;
    (void)ret;
    return 0;
}

struct sim_disk *sim_disk_new(const char *name, uint64_t seed)
{
    struct sim_disk *disk = must(calloc(1, sizeof *disk));
    assert(strlen(name) < sizeof disk->name);
    strcpy(disk->name, name);
    disk->random = seed;
    disk->vfs = (sqlite3_vfs){.iVersion = 2,
                              .szOsFile = sizeof(struct handle),
                              .mxPathname = NAME_SIZE - 16,
                              .zName = disk->name,
                              .pAppData = disk,
                              .xOpen = disk_open,
                              .xDelete = disk_delete,
                              .xAccess = disk_access,
                              .xFullPathname = disk_full_path,
                              .xRandomness = disk_randomness,
                              .xSleep = disk_sleep,
                              .xGetLastError = disk_last_error,
                              .xCurrentTimeInt64 = disk_time};
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
}

/* ---- plain files */

enum err sim_disk_read(struct sim_disk *disk, const char *path, struct buf *ret)
{
    const struct file *file = find_file(disk, path);
    if (disk->dead) {
        return ERR_FILE;
    }
    if (!file) {
        return ERR_NOT_FOUND;
    }
    buf_add(ret, file->content.current, file->content.size);
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
    bool fails = last_breath(disk);
    if (!fails || (!was_dead && next_random(disk) % 2 == 0)) {
        replace(disk, path, bytes);
    }
    return fails ? ERR_FILE : OK;
}

enum err sim_disk_remove(struct sim_disk *disk, const char *path)
{
    struct file *file = find_file(disk, path);
    if (last_breath(disk)) {
        return ERR_FILE;
    }
    if (file) {
        unlink_file(disk, file);
    }
    return OK;
}

enum err sim_disk_rename(struct sim_disk *disk, const char *from, const char *to)
{
    struct file *file = find_file(disk, from);
    struct file *old = find_file(disk, to);
    if (last_breath(disk) || !file || strlen(to) >= sizeof file->name) {
        return ERR_FILE;
    }
    if (old && old != file) {
        unlink_file(disk, old);
    }
    strcpy(file->name, to);
    return OK;
}

enum err sim_disk_append(struct sim_disk *disk, const char *path, struct span bytes)
{
    struct file *file = find_file(disk, path);
    if (last_breath(disk)) {
        return ERR_FILE;
    }
    file = file ? file : make_file(disk, path);
    content_write(&file->content, file->content.size, bytes.data, bytes.size);
    content_sync(&file->content);
    return OK;
}

bool sim_disk_exists(const struct sim_disk *disk, const char *path)
{
    return find_file(disk, path) != NULL;
}
