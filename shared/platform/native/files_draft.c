/*
 * files_draft.c - files that have no name before they are whole.
 */
#define _GNU_SOURCE /* O_TMPFILE */
#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* -1 and errno where there can be none: the name is given through /proc. */
static int open_unnamed(const char *path)
{
    char folder[HOST_PATH_MAX];
    if (files_folder_of(path, folder) || access("/proc/self/fd", X_OK) != 0) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
}

static enum err open_named(struct host_draft *draft)
{
    enum err e = files_temporary_name(draft->path, draft->part, sizeof draft->part);
    if (!e) {
        draft->handle =
            open(draft->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    return e || draft->handle >= 0 ? e : files_error(errno);
}

enum err files_draft_begin(void *ctx, const char *path, struct host_draft *ret)
{
    (void)ctx;
    struct host_draft draft = {.handle = -1};
    int size = snprintf(draft.path, sizeof draft.path, "%s", path);
    if (size <= 0 || (size_t)size >= sizeof draft.path) {
        return ERR_FILE;
    }
    draft.handle = open_unnamed(path);
    /* By file system EOPNOTSUPP, EISDIR, EINVAL: what else there may be, the other way tells. */
    enum err e = draft.handle < 0 ? open_named(&draft) : OK;
    if (!e) {
        *ret = draft;
    }
    return e;
}

enum err files_draft_add(void *ctx, const struct host_draft *draft, struct span bytes)
{
    (void)ctx;
    return files_write_bytes(draft->handle, bytes);
}

/* A name is only ever given where there is none: in the place of another file it is renamed. */
static enum err name_draft(struct host_draft *draft)
{
    char own[32]; /* the file by its handle */
    (void)snprintf(own, sizeof own, "/proc/self/fd/%d", draft->handle);
    if (linkat(AT_FDCWD, own, AT_FDCWD, draft->path, AT_SYMLINK_FOLLOW) == 0) {
        return OK;
    }
    if (errno != EEXIST) {
        return files_error(errno);
    }
    enum err e = files_temporary_name(draft->path, draft->part, sizeof draft->part);
    if (!e && linkat(AT_FDCWD, own, AT_FDCWD, draft->part, AT_SYMLINK_FOLLOW) != 0) {
        draft->part[0] = '\0';
        e = files_error(errno);
    }
    return e;
}

enum err files_draft_end(void *ctx, struct host_draft *draft, bool keep)
{
    (void)ctx;
    enum err e = !keep || fsync(draft->handle) == 0 ? OK : files_error(errno);
    if (!e && keep && draft->part[0] == '\0') {
        e = name_draft(draft);
    }
    bool renames = draft->part[0] != '\0';
    if (!e && keep && renames) {
        return files_put_in_place(draft->handle, draft->part, draft->path, OK);
    }
    close(draft->handle); /* synced, or not wanted */
    if (renames) {
        unlink(draft->part);
    }
    return e || !keep ? e : files_sync_folder_of(draft->path);
}
