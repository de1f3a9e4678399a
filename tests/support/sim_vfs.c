/*
 * sim_vfs.c - SQLite's side of a simulated disk: files, locks, the WAL's shared memory.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_vfs_internal.h"

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
    if (may_read(handle->disk)) {
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
    enum err e = last_breath(handle->disk, TAKES_ROOM);
    size_t written = (size_t)size;
    if (e && !handle->disk->dead) { /* a disk that fails may have taken a part */
        written = disk_random(handle->disk) % (written + 1);
    }
    if (!was_dead) { /* The write in flight at the cut may reach the disk in part. */
        handle->disk->counts.writes++;
        content_write(&handle->file->content, (size_t)offset, data, written);
    }
    return e == ERR_DB_FULL ? SQLITE_FULL : e ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = (struct handle *)base;
    if (last_breath(handle->disk, CHANGES)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    content_truncate(&handle->file->content, (size_t)size);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct handle *handle = (struct handle *)base;
    (void)flags;
    if (last_breath(handle->disk, CHANGES)) {
        return SQLITE_IOERR_FSYNC;
    }
    handle->disk->counts.syncs++;
    if (handle->disk->lies) {
        return SQLITE_OK;
    }
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
        file->shm = disk_must(realloc(file->shm, (index + 1) * sizeof *file->shm));
        while (file->shm_count <= index) {
            file->shm[file->shm_count++] = disk_must(calloc(1, (size_t)size));
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
                               (unsigned long long)disk_random(disk));
        path = name;
    }
    struct file *file = find_file(disk, path);
    if (!file && !(flags & SQLITE_OPEN_CREATE)) {
        return SQLITE_CANTOPEN;
    }
    if (!file) {
        file = make_file(disk, path);
        disk->changed = true;
    }
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
    if (last_breath(disk, CHANGES)) {
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
        ret[i] = (char)disk_random(vfs->pAppData);
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

void disk_fill_vfs(struct sim_disk *disk)
{
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
}
