/*
 * snapshot_internal.h - between the files of snapshots (part of the node's inside).
 */
#ifndef SNAPSHOT_INTERNAL_H
#define SNAPSHOT_INTERNAL_H

#include "node_internal.h"
#include "snapshot.h"
#include "snapshot_message.h"

#define SNAPSHOT_ARENA_MAX (128u * 1024 * 1024)
#define SNAPSHOT_PATH_MAX  1200

/* A stored snapshot. */
struct snapshot_row {
    int64_t id;
    struct id name;
    int64_t frames;
};
/* What a frame is sealed as: the last part of its path. */
struct span snapshot_file_name(const char *path);
void snapshot_path(const struct node *node, struct id name, int64_t frame,
                   char ret[SNAPSHOT_PATH_MAX]);
/* Files first: a row without its file heals itself, a file without its row would stay for good. */
MUST_CHECK enum err snapshot_drop(struct node *node, const struct snapshot_row *snapshot);

/* ---- snapshot_frame.c */
struct frame_range {
    int64_t scope, compartment; /* symbols */
    int64_t after, upto;        /* rows of entity; upto INT64_MAX: no end */
    size_t text_size;           /* closes the frame; SIZE_MAX: takes all of the range */
};
struct frame_made {
    int64_t upto; /* the last root it holds; `after` when there was none */
    int64_t ops;
};
/*
 * The text of one frame from what the records hold now. Inside a transaction, of writing or
 * reading. A tree that fits no frame is left out, as it is of every reply.
 */
MUST_CHECK enum err frame_text(struct node *node, const struct frame_range *range,
                               struct arena *arena, struct buf *ret, struct frame_made *ret_made);
/* Packs it and writes the file. */
MUST_CHECK enum err frame_store(struct node *node, struct zip *zip, struct id snapshot,
                                int64_t number, struct span text, struct arena *arena,
                                struct hash *ret_hash, int64_t *ret_size);

/* The root isn't of these scopes any more: frames that hold it are not served again. */
MUST_CHECK enum err snapshot_note_left(struct node *node, int64_t root,
                                       const struct members *scopes);

#endif
