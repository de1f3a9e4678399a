/*
 * files_internal.h - what files_posix.c and files_draft.c share.
 */
#ifndef FILES_INTERNAL_H
#define FILES_INTERNAL_H

#include "files_posix.h"

enum err files_error(int number); /* an errno's */
/* The folder part of a path: "." for a bare name, "/" for a name in the root. */
MUST_CHECK enum err files_folder_of(const char *path, char ret[HOST_PATH_MAX]);
MUST_CHECK enum err files_sync_folder_of(const char *path);
MUST_CHECK enum err files_write_bytes(int fd, struct span bytes); /* not synced */
/* A name of its own for each writer: two of them at once must not rename each other's half. */
MUST_CHECK enum err files_temporary_name(const char *path, char *ret, size_t size);
/* Closes the new file and gives it its name, durably; when `e` or anything here failed, it goes. */
MUST_CHECK enum err files_put_in_place(int fd, const char *temporary, const char *path, enum err e);

/* files_draft.c, as host.h has them. */
MUST_CHECK enum err files_draft_begin(void *ctx, const char *path, struct host_draft *ret);
MUST_CHECK enum err files_draft_add(void *ctx, const struct host_draft *draft, struct span bytes);
MUST_CHECK enum err files_draft_end(void *ctx, struct host_draft *draft, bool keep);

#endif
