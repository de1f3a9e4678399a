/*
 * snapshot_message.h - asking for a piece of a snapshot, the piece, and the frames pieces make up.
 *
 * schema/protocol.md, "Snapshots".
 */
#ifndef SNAPSHOT_MESSAGE_H
#define SNAPSHOT_MESSAGE_H

#include "arena.h"
#include "hash.h"
#include "id.h"
#include "pack.h"

#define SNAPSHOT_VERSION   1
#define SNAPSHOT_HEAD_SIZE (1 + 8 + HASH_SIZE + 8)

struct snapshot_request {
    int64_t clock_ms; /* raw */
    struct id snapshot;
    int64_t frame, from;
    int64_t max_size;
};

/* One line with its LF; the reader takes it without. */
void snapshot_request_write(const struct snapshot_request *request, struct buf *ret);
MUST_CHECK enum err snapshot_request_read(struct span line, struct arena *arena,
                                          struct snapshot_request *ret, struct diag *diag);

struct snapshot_piece {
    uint64_t ratchet;
    struct hash hash;   /* of the whole frame */
    int64_t frame_size; /* 1 to WIRE_FRAME_MAX */
    struct span bytes;  /* borrowed */
};

void snapshot_piece_write(const struct snapshot_piece *piece, struct buf *ret);
/* ERR_FORMAT, ERR_UNKNOWN_FORMAT, ERR_TOO_LARGE. A piece that was cut short reads as a shorter one.
 */
MUST_CHECK enum err snapshot_piece_read(struct span body, struct snapshot_piece *ret,
                                        struct diag *diag);

/*
 * A text as a frame: in columns when that can be, else as it is; packed by `zip`, whose level and
 * dictionary are the caller's choice. Appends; nothing on failure.
 */
MUST_CHECK enum err snapshot_frame_write(struct zip *zip, struct span text, struct arena *arena,
                                         struct buf *ret);
MUST_CHECK enum err snapshot_frame_read(struct pack *pack, struct span frame, struct arena *arena,
                                        struct buf *ret_text, struct diag *diag);

#endif
