#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define READ_STEP 65536

enum err files_error(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return ERR_DB_FULL;
    case ENOMEM:
        return ERR_NOMEM;
    default:
        return ERR_FILE;
    }
}

/* Appends to `ret` until the end of the file; one byte more than allowed is asked for, so that a
   file that grew after its size was looked at is refused as well. */
static enum err read_all(int fd, struct buf *ret)
{
    for (;;) {
        size_t left = ret->max_size > ret->size ? ret->max_size - ret->size : 0;
        size_t step = left < READ_STEP ? left : READ_STEP;
        uint8_t extra;
        uint8_t *room = step == 0 ? &extra : buf_room(ret, step);
        if (room == NULL) {
            return buf_error(ret);
        }
        ssize_t got = read(fd, room, step == 0 ? 1 : step);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return files_error(errno);
        }
        if (got == 0) {
            return OK;
        }
        if (step == 0) {
            return ERR_TOO_LARGE;
        }
        buf_grew(ret, (size_t)got);
    }
}

static enum err files_read(void *ctx, const char *path, struct buf *ret)
{
    (void)ctx;
    /* O_NONBLOCK: opening a named pipe must fail below, not wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return files_error(errno);
    }
    struct stat about;
    enum err e = ERR_FILE;
    size_t size_before = ret->size;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
        e = read_all(fd, ret);
    }
    close(fd);
    if (e) {
        buf_truncate(ret, size_before);
    }
    return e;
}

enum err files_folder_of(const char *path, char ret[HOST_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path);
    if (size >= HOST_PATH_MAX) {
        return ERR_FILE;
    }
    if (slash == NULL) {
        memcpy(ret, ".", 2);
    } else if (size == 0) {
        memcpy(ret, "/", 2);
    } else {
        memcpy(ret, path, size);
        ret[size] = '\0';
    }
    return OK;
}

enum err files_sync_folder_of(const char *path)
{
    char folder[HOST_PATH_MAX];
    enum err e = files_folder_of(path, folder);
    if (e) {
        return e;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return files_error(errno);
    }
    /* Some file systems (FUSE, network shares) can't sync a folder: there it isn't ours to mend. */
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP) {
        e = files_error(errno);
    }
    close(fd);
    return e;
}

enum err files_write_bytes(int fd, struct span bytes)
{
    size_t done = 0;
    while (done < bytes.size) {
        ssize_t put = write(fd, bytes.data + done, bytes.size - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return files_error(errno);
        }
        done += (size_t)put;
    }
    return OK;
}

static enum err write_all(int fd, struct span bytes)
{
    enum err e = files_write_bytes(fd, bytes);
    return e || fsync(fd) == 0 ? e : files_error(errno);
}

enum err files_temporary_name(const char *path, char *ret, size_t size)
{
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        return ERR_FILE;
    }
    int length = snprintf(ret, size, "%s.tmp-%08x", path, (unsigned)number);
    return length > 0 && (size_t)length < size ? OK : ERR_FILE;
}

enum err files_put_in_place(int fd, const char *temporary, const char *path, enum err e)
{
    if (close(fd) != 0 && !e) {
        e = files_error(errno);
    }
    if (!e && rename(temporary, path) != 0) {
        e = files_error(errno);
    }
    if (e) {
        unlink(temporary);
        return e;
    }
    return files_sync_folder_of(path);
}

static enum err files_write_atomic(void *ctx, const char *path, struct span bytes)
{
    struct host_draft draft;
    enum err e = files_draft_begin(ctx, path, &draft);
    if (e) {
        return e;
    }
    e = files_draft_add(ctx, &draft, bytes);
    enum err ended = files_draft_end(ctx, &draft, e == OK);
    return e ? e : ended;
}

static enum err files_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return rename(from, to) == 0 ? files_sync_folder_of(to) : files_error(errno);
}

static enum err files_append(void *ctx, const char *path, struct span bytes)
{
    (void)ctx;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return files_error(errno);
    }
    enum err e = write_all(fd, bytes);
    if (close(fd) != 0 && !e) {
        e = files_error(errno);
    }
    return e;
}

/* One folder whose parent is there. */
static enum err make_one_folder(const char *path)
{
    if (mkdir(path, 0700) == 0) {
        return files_sync_folder_of(path);
    }
    struct stat about;
    int why = errno;
    /* Being there already may show as EEXIST, EROFS or EACCES, by file system. */
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        return OK;
    }
    return files_error(why);
}

static enum err files_make_folder(void *ctx, const char *path)
{
    (void)ctx;
    char part[HOST_PATH_MAX];
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/') {
        size--;
    }
    if (size == 0 || size >= sizeof part) {
        return ERR_FILE;
    }
    for (size_t i = 1; i <= size; i++) {
        if (i < size && path[i] != '/') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        enum err e = make_one_folder(part);
        if (e) {
            return e;
        }
    }
    return OK;
}

static enum err files_remove(void *ctx, const char *path)
{
    (void)ctx;
    if (unlink(path) != 0) {
        return errno == ENOENT || errno == ENOTDIR ? OK : files_error(errno);
    }
    return files_sync_folder_of(path);
}

/* The folder of a new file first, and its entry synced: synced bytes in a file that a power cut
   takes out of its folder are lost all the same. */
static enum err open_to_write(const char *path, int *ret)
{
    char folder[HOST_PATH_MAX];
    int flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
    int fd = open(path, flags);
    enum err e = OK;
    if (fd < 0 && errno == ENOENT) {
        e = files_folder_of(path, folder);
        if (!e) {
            e = files_make_folder(NULL, folder);
        }
        fd = e ? -1 : open(path, flags | O_CREAT, 0600);
        if (fd >= 0) {
            e = files_sync_folder_of(path);
        }
    }
    if (fd < 0) {
        return e ? e : files_error(errno);
    }
    if (e) {
        close(fd);
        return e;
    }
    *ret = fd;
    return OK;
}

static enum err files_write_at(void *ctx, const char *path, uint64_t offset, struct span bytes)
{
    (void)ctx;
    int fd = -1;
    enum err e = open_to_write(path, &fd);
    if (e) {
        return e;
    }
    if (lseek(fd, (off_t)offset, SEEK_SET) < 0) {
        e = files_error(errno);
    }
    if (!e) {
        e = write_all(fd, bytes);
    }
    if (close(fd) != 0 && !e) {
        e = files_error(errno);
    }
    return e;
}

static enum err read_some(int fd, uint64_t offset, size_t size, struct buf *ret)
{
    while (size > 0) {
        uint8_t *room = buf_room(ret, size);
        if (room == NULL) {
            return buf_error(ret);
        }
        ssize_t got = pread(fd, room, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return files_error(errno);
        }
        if (got == 0) {
            return OK;
        }
        buf_grew(ret, (size_t)got);
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return OK;
}

static enum err files_read_at(void *ctx, const char *path, uint64_t offset, size_t size,
                              struct buf *ret)
{
    (void)ctx;
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) {
        return files_error(errno);
    }
    bool regular = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    enum err e = regular ? read_some(fd, offset, size, ret) : ERR_FILE;
    close(fd);
    return e;
}

/* Under another name first: a file of that name has all its blocks, whatever a power cut did. */
static enum err files_allocate(void *ctx, const char *path, uint64_t size)
{
    (void)ctx;
    char temporary[HOST_PATH_MAX];
    enum err e = files_temporary_name(path, temporary, sizeof temporary);
    if (e) {
        return e;
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return files_error(errno);
    }
    int why = posix_fallocate(fd, 0, (off_t)size); /* returns it, and leaves errno alone */
    if (why != 0) {
        e = files_error(why);
    } else if (fsync(fd) != 0) {
        e = files_error(errno);
    }
    return files_put_in_place(fd, temporary, path, e);
}

static enum err files_free_bytes(void *ctx, const char *path, uint64_t *ret)
{
    (void)ctx;
    char folder[HOST_PATH_MAX];
    struct statvfs about;
    enum err e = files_folder_of(path, folder);
    if (!e && statvfs(folder, &about) != 0) {
        e = files_error(errno);
    }
    if (!e) {
        *ret = (uint64_t)about.f_bavail * about.f_frsize;
    }
    return e;
}

static bool files_exists(void *ctx, const char *path)
{
    (void)ctx;
    return access(path, F_OK) == 0;
}

const struct host_files *files_posix(void)
{
    static const struct host_files files = {
        .read = files_read,
        .write_atomic = files_write_atomic,
        .make_folder = files_make_folder,
        .remove = files_remove,
        .exists = files_exists,
        .rename = files_rename,
        .append = files_append,
        .write_at = files_write_at,
        .read_at = files_read_at,
        .allocate = files_allocate,
        .free_bytes = files_free_bytes,
        .draft_begin = files_draft_begin,
        .draft_add = files_draft_add,
        .draft_end = files_draft_end,
    };
    return &files;
}
