/*
 * blob_message.h - the line that stands before the bytes of an attachment, in a request and in its
 * reply (schema/protocol.md, "Attachments").
 */
#ifndef BLOB_MESSAGE_H
#define BLOB_MESSAGE_H

#include "arena.h"
#include "file_value.h"
#include "wire_limits.h"

/* A piece of a blob: `size` bytes at `offset`. */
struct blob_piece {
    struct blob_name name;
    int64_t offset, size;
};

struct blob_request {
    int64_t clock_ms;
    struct blob_name *ask;
    size_t ask_count;
    struct blob_name *want;
    size_t want_count;
    bool has_put, has_get;
    struct blob_piece put, get;
};

struct blob_reply {
    int64_t time_ms;
    bool has_ratchet;
    uint64_t ratchet;
    int64_t *ask; /* in the order asked; -1: not taken */
    size_t ask_count;
    int64_t *stable; /* indexes into ask */
    size_t stable_count;
    int64_t *want;
    size_t want_count;
    bool has_put, put_wrong;
    int64_t put; /* bytes held now */
    bool has_get;
    int64_t get; /* bytes that follow; -1: not granted */
};

/* One line with its LF; the bytes follow it. */
void blob_request_write(const struct blob_request *request, struct buf *ret);
void blob_reply_write(const struct blob_reply *reply, struct buf *ret);

/*
 * From the whole text: the line is read, `*ret_bytes` is what follows it, borrowed and of exactly
 * the size that the line tells. ERR_FORMAT, ERR_JSON, ERR_TOO_LARGE, ERR_UNKNOWN_FORMAT.
 */
MUST_CHECK enum err blob_request_read(struct span text, struct arena *arena,
                                      struct blob_request *ret, struct span *ret_bytes,
                                      struct diag *diag);
MUST_CHECK enum err blob_reply_read(struct span text, struct arena *arena, struct blob_reply *ret,
                                    struct span *ret_bytes, struct diag *diag);

#endif
