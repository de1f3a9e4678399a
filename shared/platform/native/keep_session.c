#define _GNU_SOURCE /* syscall() */
#include "keep_session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "sign.h"

#define KEY_TYPE "user"
#define KEY_RIGHTS                                                                                 \
    0x3f3f0000          /* all to who possesses it and to the same user, nothing to others         \
                         */
#define KEEP_MAX    256 /* bytes of one */
#define TMPFS_ID    0x01021994
#define TMPFS_PLACE "/dev/shm"
#define PATH_SIZE   256

/* ---- the kernel's keyring */

static long find_key(const char *name)
{
    return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, KEY_TYPE, name, 0);
}

static bool keyring_put(const char *name, struct span bytes, int64_t seconds)
{
    long key = syscall(SYS_add_key, KEY_TYPE, name, bytes.data, bytes.size, KEY_SPEC_USER_KEYRING);
    if (key < 0) {
        return false;
    }
    bool set = syscall(SYS_keyctl, KEYCTL_SETPERM, key, KEY_RIGHTS) == 0 &&
               syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, (unsigned)seconds) == 0;
    if (!set) { /* it must not stay for ever */
        (void)syscall(SYS_keyctl, KEYCTL_REVOKE, key);
    }
    return set;
}

static bool keyring_get(const char *name, struct buf *ret)
{
    uint8_t bytes[KEEP_MAX];
    long key = find_key(name);
    long size = key < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, key, bytes, sizeof bytes);
    if (size < 0 || size > (long)sizeof bytes) {
        return false;
    }
    buf_add(ret, bytes, (size_t)size);
    sign_wipe(bytes, sizeof bytes);
    return true;
}

static void keyring_drop(const char *name)
{
    long key = find_key(name);
    if (key >= 0) {
        (void)syscall(SYS_keyctl, KEYCTL_REVOKE, key);
        (void)syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING);
    }
}

/* ---- tmpfs */

/* Milliseconds since the machine started, sleep included: a lid that was closed for hours counts.
 */
static int64_t since_start_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A folder that is ours alone, in memory; somebody else's under that name is not used. */
static bool keep_path(const char *name, char ret[PATH_SIZE])
{
    char folder[PATH_SIZE];
    struct statfs place;
    struct stat about;
    (void)snprintf(folder, sizeof folder, "%s/douar-%ld", TMPFS_PLACE, (long)getuid());
    if (statfs(TMPFS_PLACE, &place) != 0 || place.f_type != TMPFS_ID ||
        (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST) || lstat(folder, &about) != 0 ||
        !S_ISDIR(about.st_mode) || about.st_uid != getuid() || (about.st_mode & 077) != 0) {
        return false;
    }
    int size = snprintf(ret, PATH_SIZE, "%s/%s", folder, name);
    return size > 0 && size < PATH_SIZE && strchr(name, '/') == NULL;
}

struct kept {
    int64_t until_ms; /* 0: as long as the machine runs */
    uint8_t bytes[KEEP_MAX];
};

static bool tmpfs_put(const char *name, struct span bytes, int64_t seconds)
{
    char path[PATH_SIZE];
    struct kept kept = {.until_ms = seconds > 0 ? since_start_ms() + seconds * 1000 : 0};
    if (!keep_path(name, path) || bytes.size > sizeof kept.bytes) {
        return false;
    }
    memcpy(kept.bytes, bytes.data, bytes.size);
    size_t size = offsetof(struct kept, bytes) + bytes.size;
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool put = fd >= 0 && write(fd, &kept, size) == (ssize_t)size;
    if (fd >= 0) {
        put = close(fd) == 0 && put;
    }
    sign_wipe(&kept, sizeof kept);
    return put;
}

static void tmpfs_drop(const char *name)
{
    char path[PATH_SIZE];
    if (keep_path(name, path)) {
        (void)unlink(path);
    }
}

static bool tmpfs_get(const char *name, struct buf *ret)
{
    char path[PATH_SIZE];
    struct kept kept;
    if (!keep_path(name, path)) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, &kept, sizeof kept);
    if (fd >= 0) {
        (void)close(fd);
    }
    size_t head = offsetof(struct kept, bytes);
    bool there = size >= (ssize_t)head;
    if (there && kept.until_ms != 0 && since_start_ms() >= kept.until_ms) {
        tmpfs_drop(name);
        there = false;
    }
    if (there) {
        buf_add(ret, kept.bytes, (size_t)size - head);
    }
    sign_wipe(&kept, sizeof kept);
    return there;
}

/* ---- either */

static enum err put_tmpfs(void *ctx, const char *name, struct span bytes, int64_t seconds)
{
    (void)ctx;
    return tmpfs_put(name, bytes, seconds) ? OK : ERR_FILE;
}

static enum err get_tmpfs(void *ctx, const char *name, struct buf *ret)
{
    (void)ctx;
    return tmpfs_get(name, ret) ? buf_error(ret) : ERR_NOT_FOUND;
}

static void drop_tmpfs(void *ctx, const char *name)
{
    (void)ctx;
    tmpfs_drop(name);
}

static enum err put(void *ctx, const char *name, struct span bytes, int64_t seconds)
{
    return keyring_put(name, bytes, seconds) ? OK : put_tmpfs(ctx, name, bytes, seconds);
}

static enum err get(void *ctx, const char *name, struct buf *ret)
{
    return keyring_get(name, ret) ? buf_error(ret) : get_tmpfs(ctx, name, ret);
}

static void drop(void *ctx, const char *name)
{
    keyring_drop(name);
    drop_tmpfs(ctx, name);
}

const struct host_keep *keep_session(void)
{
    static const struct host_keep keep = {.put = put, .get = get, .drop = drop};
    return &keep;
}

const struct host_keep *keep_session_tmpfs(void)
{
    static const struct host_keep keep = {.put = put_tmpfs, .get = get_tmpfs, .drop = drop_tmpfs};
    return &keep;
}
