/*
 * snapshot.h - a server's snapshots: what a feed's records hold, as files that late readers take.
 *
 * schema/protocol.md, "Snapshots". A builder works in pieces of one frame, through a node handle of
 * its own beside the one that serves (or in turn with it): each frame is one short read, so nothing
 * waits for it. Files lie in the folder `snapshots` beside the database; whatever is lost of them
 * is made anew when asked for.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "node.h"

#define SNAPSHOT_ROWS  1000 /* a feed with fewer rows is as quick to read */
#define SNAPSHOT_HOURS 24
#define SNAPSHOT_TAIL  10000 /* changes after a snapshot that are worth a new one within hours */
#define SNAPSHOT_KEPT  2     /* of one feed: who began with the one before goes on with it */

struct snapshot_options {
    int64_t least_rows; /* 0: SNAPSHOT_ROWS */
    int64_t
        age_ms;  /* a new one when there was a change and the last is as old; 0: SNAPSHOT_HOURS */
    bool always; /* a new one of every feed that moved, whatever its age and size */
    size_t frame_size; /* bytes of text that close a frame; 0: WIRE_FRAME_TEXT */
};

struct snapshot_builder;

/* Keeps `node` by reference. What an earlier builder left unfinished goes. */
MUST_CHECK enum err snapshot_builder_new(struct node *node, const struct snapshot_options *options,
                                         struct snapshot_builder **ret);
void snapshot_builder_free(struct snapshot_builder *builder);

/* One piece of work, in transactions of its own; `*ret_more` false when every feed is done. */
MUST_CHECK enum err snapshot_builder_step(struct snapshot_builder *builder, bool *ret_more);
int64_t snapshot_builder_made(const struct snapshot_builder *builder); /* snapshots finished */

/* Removes all snapshots and their files: what they hold must not be found any more. A transaction
   of its own, or part of the caller's. */
MUST_CHECK enum err snapshot_drop_all(struct node *node);

#endif
