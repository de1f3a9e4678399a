/*
 * zip.h - zstd with dictionaries by id, and absolute caps against bombs.
 *
 * A frame written here names its content size and, unless the dictionary is ZIP_NO_DICT, the
 * dictionary. Reading refuses a frame without content size, with one above `max_size`, with a
 * window above 1 MiB, with an unknown dictionary, or with bytes after the frame.
 */
#ifndef ZIP_H
#define ZIP_H

#include "buf.h"

#define ZIP_NO_DICT 0u

struct zip; /* Contexts and dictionaries; costly to make, used by one thread at a time. */

/* `dictionary` (may be empty) is kept by reference and must outlive the zip, as must `mem`; one
   without an id of its own (not made by zstd's trainer) is ERR_FORMAT. `level` as zstd's. */
MUST_CHECK enum err zip_new(const struct mem *mem, struct span dictionary, int level,
                            struct zip **ret);
void zip_free(struct zip *zip);

/* Both append nothing when they fail. ERR_TOO_LARGE: the frame doesn't fit the buffer's maximum. */
MUST_CHECK enum err zip_add_packed(struct zip *zip, struct span plain, struct buf *ret);

/* ERR_FORMAT, ERR_TOO_LARGE, ERR_UNKNOWN_FORMAT ("dictionary", its id) or ERR_NOMEM. */
MUST_CHECK enum err zip_add_unpacked(struct zip *zip, struct span packed, size_t max_size,
                                     struct buf *ret, struct diag *diag);

#endif
