/*
 * sealed_file.h - files beside a database, sealed under its key.
 *
 * Attachments, snapshots, the anchor. Without host->db_key the file is written as it is. With it,
 * 64 KiB at a time is sealed by itself, so that a file can be read and gone on with at an offset:
 * length (4 bytes, little-endian), nonce (24), tag (16), the sealed bytes. A piece's number is
 * sealed with it, and each file has a key of its own that follows from its name, so pieces and
 * files can't change places. Not noticed: whole pieces missing at the end, and an older version of
 * a piece; what a file should hold is told by its hash in the database.
 *
 * `name` is what the file is called in our own terms (a hash, a number); it isn't in the file.
 */
#ifndef SEALED_FILE_H
#define SEALED_FILE_H

#include "host.h"

#define SEALED_PIECE     65536 /* bytes before sealing */
#define SEALED_NAME_SIZE 33

/* As files->read_at(); ERR_FILE_DAMAGED when a piece isn't what was sealed. */
MUST_CHECK enum err sealed_read_at(const struct host *host, struct span name, const char *path,
                                   uint64_t offset, size_t size, struct buf *ret);
/*
 * As files->write_at(), but what stood behind it in the same piece is gone. In the middle of a
 * piece, what stands before is sealed anew with it: ERR_FILE_DAMAGED or ERR_NOT_FOUND when that
 * isn't there, and a power cut may leave that piece unreadable.
 */
MUST_CHECK enum err sealed_write_at(const struct host *host, struct span name, const char *path,
                                    uint64_t offset, struct span bytes);

/* Whole files, as files->read() and files->write_atomic(). */
MUST_CHECK enum err sealed_read(const struct host *host, struct span name, const char *path,
                                struct buf *ret);
MUST_CHECK enum err sealed_write_atomic(const struct host *host, struct span name, const char *path,
                                        struct span bytes);

/* What to call a file on the disk: 32 hexadecimal digits that tell nothing without the key. False
   without one. */
bool sealed_name(const struct host *host, struct span name, char ret[SEALED_NAME_SIZE]);

#endif
