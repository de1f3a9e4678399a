/*
 * pack.h - text to packed bytes and back: zstd with the protocol's dictionaries.
 */
#ifndef PACK_H
#define PACK_H

#include "wire_limits.h"
#include "zip.h"

#define PACK_DICTIONARY 1 /* the newest this version writes */

/* One thread at a time. About 1.2 MiB, and 3 MiB more once it has packed a text of megabytes. */
struct pack;

MUST_CHECK enum err pack_new(const struct mem *mem, struct pack **ret);
void pack_free(struct pack *pack);

/* Appends the packed text; `*ret_dictionary` is what the envelope or reply must name.
   ERR_TOO_LARGE beyond WIRE_PLAIN_MAX; nothing is appended on failure. */
MUST_CHECK enum err pack_write(struct pack *pack, struct span plain, struct buf *ret,
                               uint8_t *ret_dictionary);
/* ERR_UNKNOWN_FORMAT for a dictionary it doesn't have; ERR_TOO_LARGE beyond WIRE_PLAIN_MAX. */
MUST_CHECK enum err pack_read(struct pack *pack, uint8_t dictionary, struct span packed,
                              struct buf *ret, struct diag *diag);

#endif
