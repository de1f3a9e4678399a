/*
 * test_vfs.h - a SQLite VFS over the default one whose Nth write, sync, truncation or opening
 * fails, once or from then on.
 *
 *     struct test_vfs faults;
 *     test_vfs_init(&faults);            registered as "faulty"
 *     faults.fail_at = 3;                counted in faults.count
 *     ...
 *     test_vfs_release(&faults);
 */
#ifndef TEST_VFS_H
#define TEST_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

struct test_vfs {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    size_t count;     /* operations that could fail, so far */
    size_t fail_at;   /* from 1; 0 for none */
    bool stays;       /* every later one fails too */
    int code;         /* SQLITE_IOERR_WRITE, SQLITE_FULL */
    bool writes_only; /* a full disk still syncs, truncates and opens */
    bool failed;
};

struct test_vfs_file {
    sqlite3_file base;
    struct test_vfs *owner;
    sqlite3_file *real; /* in the bytes after this struct */
};

static inline bool test_vfs_fails(struct test_vfs *faults)
{
    faults->count++;
    bool now = faults->count == faults->fail_at ||
               (faults->stays && faults->fail_at != 0 && faults->count > faults->fail_at);
    faults->failed = faults->failed || now;
    return now;
}

static inline sqlite3_file *test_vfs_real(sqlite3_file *file)
{
    return ((struct test_vfs_file *)file)->real;
}

static inline int test_vfs_close(sqlite3_file *file)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xClose(real);
}

static inline int test_vfs_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xRead(real, data, size, offset);
}

static inline int test_vfs_write(sqlite3_file *file, const void *data, int size,
                                 sqlite3_int64 offset)
{
    struct test_vfs *faults = ((struct test_vfs_file *)file)->owner;
    if (test_vfs_fails(faults)) {
        return faults->code;
    }
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xWrite(real, data, size, offset);
}

static inline int test_vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct test_vfs *faults = ((struct test_vfs_file *)file)->owner;
    if (!faults->writes_only && test_vfs_fails(faults)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xTruncate(real, size);
}

static inline int test_vfs_sync(sqlite3_file *file, int flags)
{
    struct test_vfs *faults = ((struct test_vfs_file *)file)->owner;
    if (!faults->writes_only && test_vfs_fails(faults)) {
        return SQLITE_IOERR_FSYNC;
    }
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xSync(real, flags);
}

static inline int test_vfs_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xFileSize(real, ret);
}

static inline int test_vfs_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xLock(real, level);
}

static inline int test_vfs_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xUnlock(real, level);
}

static inline int test_vfs_check_lock(sqlite3_file *file, int *ret)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xCheckReservedLock(real, ret);
}

static inline int test_vfs_control(sqlite3_file *file, int what, void *arg)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xFileControl(real, what, arg);
}

static inline int test_vfs_sector(sqlite3_file *file)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xSectorSize(real);
}

static inline int test_vfs_traits(sqlite3_file *file)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xDeviceCharacteristics(real);
}

static inline int test_vfs_shm_map(sqlite3_file *file, int page, int size, int grow,
                                   void volatile **ret)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xShmMap(real, page, size, grow, ret);
}

static inline int test_vfs_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static inline void test_vfs_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = test_vfs_real(file);
    real->pMethods->xShmBarrier(real);
}

static inline int test_vfs_shm_unmap(sqlite3_file *file, int remove)
{
    sqlite3_file *real = test_vfs_real(file);
    return real->pMethods->xShmUnmap(real, remove);
}

static const sqlite3_io_methods test_vfs_methods = {
    .iVersion = 2,
    .xClose = test_vfs_close,
    .xRead = test_vfs_read,
    .xWrite = test_vfs_write,
    .xTruncate = test_vfs_truncate,
    .xSync = test_vfs_sync,
    .xFileSize = test_vfs_size,
    .xLock = test_vfs_lock,
    .xUnlock = test_vfs_unlock,
    .xCheckReservedLock = test_vfs_check_lock,
    .xFileControl = test_vfs_control,
    .xSectorSize = test_vfs_sector,
    .xDeviceCharacteristics = test_vfs_traits,
    .xShmMap = test_vfs_shm_map,
    .xShmLock = test_vfs_shm_lock,
    .xShmBarrier = test_vfs_shm_barrier,
    .xShmUnmap = test_vfs_shm_unmap,
};

static inline int test_vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                                int *ret_flags)
{
    struct test_vfs *faults = vfs->pAppData;
    struct test_vfs_file *made = (struct test_vfs_file *)file;
    made->base.pMethods = NULL;
    if (!faults->writes_only && test_vfs_fails(faults)) {
        return SQLITE_CANTOPEN;
    }
    made->owner = faults;
    made->real = (sqlite3_file *)(made + 1);
    int code = faults->real->xOpen(faults->real, path, made->real, flags, ret_flags);
    if (code == SQLITE_OK) {
        made->base.pMethods = &test_vfs_methods;
    }
    return code;
}

static inline void test_vfs_init(struct test_vfs *faults)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    *faults = (struct test_vfs){.vfs = *real, .real = real, .code = SQLITE_IOERR_WRITE};
    faults->vfs.zName = "faulty";
    faults->vfs.pNext = NULL;
    faults->vfs.pAppData = faults;
    faults->vfs.szOsFile = (int)sizeof(struct test_vfs_file) + real->szOsFile;
    faults->vfs.xOpen = test_vfs_open;
    (void)sqlite3_vfs_register(&faults->vfs, 0);
}

static inline void test_vfs_release(struct test_vfs *faults)
{
    (void)sqlite3_vfs_unregister(&faults->vfs);
}

#endif
