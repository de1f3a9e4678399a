/*
 * enc_vfs.h - a SQLite VFS that seals every page before it reaches the VFS below it.
 *
 * It stands over host->vfs (the disk, or the simulator's), knows the key host->db_key, and is made
 * for one connection: nothing of it outlives a struct db.
 *
 * A page of 4,096 bytes in the file is 4,056 sealed ones, the nonce (24) and the tag (16): SQLite
 * leaves 40 bytes a page free for that (db_internal.h). Sealed with a page are the kind of its file
 * and its number there, so pages can't change places.
 *
 * What holds:
 * - only the database and its write-ahead log are files. A savepoint's journal is in memory
 *   (enc_memory.h), since SQLite would let a long one spill; other journals and temporary files are
 *   refused. So the database is in WAL mode from its first page on, with the journal before that
 *   in memory (db_open.c), and temp_store is MEMORY.
 * - a frame's header in the log holds SQLite's checksum of the plain pages so far. Whoever guesses
 *   a page could prove the guess by it, so it is masked (cipher_mask) by place and salts.
 * - a frame that doesn't open while the log is read as a whole (recovery after a power cut, where
 *   the last frames may be half written) is read as zeros, which SQLite's checksum then refuses:
 * the log ends before it. In every other reading it is SQLITE_IOERR_DATA.
 * - a power cut in the middle of a checkpoint may leave page 1 half written; the log still has it.
 *   SQLite looks at the first 100 bytes before it opens the log: when page 1 doesn't open, that
 *   look alone is answered with the header all our databases have. Whole pages stay authenticated.
 * - POWERSAFE_OVERWRITE is reported. Without it SQLite splits its writes within a page. It is true
 *   of what we need: bytes outside a write don't change by it.
 *
 * Not hidden: the number and size of writes, page numbers in the log, and in the -shm file the
 * checksum of the whole log so far. Not noticed: the whole file, or a page, put back as it was
 * before. The node's anchor and chain of ops are for that.
 */
#ifndef ENC_VFS_H
#define ENC_VFS_H

#include <sqlite3.h>

#include "err.h"
#include "host.h"

struct enc_vfs;

/* Keeps `host` by reference. ERR_INTERNAL for a key of another size, ERR_NOMEM. */
MUST_CHECK enum err enc_vfs_open(const struct host *host, struct enc_vfs **ret);
/* For sqlite3_open_v2(); valid until enc_vfs_close(). */
const char *enc_vfs_name(const struct enc_vfs *vfs);
void enc_vfs_close(struct enc_vfs *vfs); /* NULL is fine. Every file is closed before. */

#endif
