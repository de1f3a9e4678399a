/*
 * files_posix.h - struct host_files on a POSIX file system.
 *
 * read           ERR_NOT_FOUND when absent, ERR_TOO_LARGE beyond the buf's maximum, ERR_FILE for
 *                anything that isn't a regular file or can't be read; the buf is appended to.
 * write_atomic   the old content or the whole new one, whatever happens in between: temporary
 *                file in the same folder, sync, rename, sync of the folder. Mode 0600.
 * make_folder    with parents, mode 0700; OK when it is there already.
 * rename         replaces `to`; the folder is synced.
 * append         makes the file when absent; synced before it returns.
 * write_at       makes the file and its folders when absent; bytes, and the folder's entry
 *                of a new file, are synced before it returns.
 * read_at        fewer bytes at the end of the file; ERR_NOT_FOUND, ERR_FILE as `read`.
 * remove         OK when absent; the folder is synced: what was removed stays removed.
 *
 * ERR_DB_FULL stands for a full disk or quota. A power cut may leave "<name>.tmp-xxxxxxxx"
 * behind, which nothing reads.
 */
#ifndef FILES_POSIX_H
#define FILES_POSIX_H

#include "host.h"

const struct host_files *files_posix(void);

#endif
