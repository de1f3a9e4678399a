/*
 * sim_vfs.h - a disk in memory that can lose power: a SQLite VFS and plain files over it.
 *
 * Each disk is a namespace of its own with a VFS of its own. Every file has what was written
 * (current) and what was synced (durable). After a power cut each unsynced sector of 512 bytes
 * has, by the disk's own random numbers, its durable bytes, its current ones, or a beginning of
 * the current ones before durable bytes. A file that was made shorter is so or isn't: journals of
 * file systems do that whole, and what was cut off is no sector that was written. Creating,
 * deleting and renaming files last at once, and of several unsynced writes of one sector only the
 * last is seen: what a cut can do to names and to write order within a sector isn't tried.
 *
 *     struct sim_disk *disk;
 *     sim_disk_new("sim-1", seed, &disk);
 *     host.vfs = sim_disk_vfs(disk);
 *     sim_disk_cut_after(disk, 17);        the 17th write, sync, truncation or deletion from now on
 * fails,
 *     ...                                  and everything after it
 *     if (sim_disk_is_dead(disk)) {        close every database of it (nothing reaches the disk)
 *         sim_disk_power_cut(disk);        what is left is what survived; the disk works again
 *     }
 *
 * A disk can also fail without dying: sim_disk_fail_after(). And a test that begins at one state
 * many times keeps it as an image: sim_disk_image(), sim_disk_put_back().
 *
 * Locks and the WAL's shared memory work between several connections of one thread.
 */
#ifndef SIM_VFS_H
#define SIM_VFS_H

#include "buf.h"

struct sim_disk;
struct sim_image;

struct sim_disk_counts {
    uint64_t writes, syncs; /* since the disk was made */
    uint64_t operations;    /* all that sim_disk_cut_after() counts */
    uint64_t room;          /* of these: what SIM_FULL can fail */
    uint64_t reads;         /* what SIM_READ can fail */
    uint64_t failed;        /* by sim_disk_fail_after() */
    uint64_t cuts;          /* power cuts */
    uint64_t lost, torn;    /* sectors whose newest bytes a cut took, wholly or in part */
    uint64_t kept;          /* unsynced sectors that survived one */
};

/* Aborts without memory, as a test may. `name` is the VFS's and must be unused. */
struct sim_disk *sim_disk_new(const char *name, uint64_t seed);
void sim_disk_free(struct sim_disk *disk); /* every database on it is closed */

const char *sim_disk_vfs(const struct sim_disk *disk);
struct sim_disk_counts sim_disk_counts(const struct sim_disk *disk);

/* 0: never (forgets an earlier one). */
void sim_disk_cut_after(struct sim_disk *disk, uint64_t operations);
/* Fails everything from now on, without waiting for an operation. */
void sim_disk_kill(struct sim_disk *disk);
bool sim_disk_is_dead(const struct sim_disk *disk);
void sim_disk_power_cut(struct sim_disk *disk);

/*
 * What a disk that goes on fails at. A failed write may have written a part; a failed sync leaves
 * everything unsynced.
 */
enum sim_failure {
    SIM_ERROR, /* any write, sync, truncation, renaming or deletion */
    SIM_FULL,  /* whatever takes room; the rest works */
    SIM_READ   /* any reading */
};
/* The Nth such operation from now on (0: none), and with `stays` every later one. */
void sim_disk_fail_after(struct sim_disk *disk, enum sim_failure failure, uint64_t nth, bool stays);

/* A disk that says "synced" and hasn't: what a test of tests needs. */
void sim_disk_lie(struct sim_disk *disk, bool lies);

/* From here on its random numbers (what a cut takes) follow from this seed. */
void sim_disk_seed(struct sim_disk *disk, uint64_t seed);

/* All files as they are; nothing is open. An image belongs to the disk it was made of, any number
   of them. */
struct sim_image *sim_disk_image(const struct sim_disk *disk);
void sim_disk_put_back(struct sim_disk *disk, const struct sim_image *image);
void sim_image_free(struct sim_image *image);

/* Names of its files, in no order; false ends it. */
void sim_disk_each(const struct sim_disk *disk, bool (*each)(void *ctx, const char *path),
                   void *ctx);

/* Plain files, as struct host_files has them; paths share the databases' namespace. */
MUST_CHECK enum err sim_disk_read(struct sim_disk *disk, const char *path, struct buf *ret);
MUST_CHECK enum err sim_disk_read_at(struct sim_disk *disk, const char *path, uint64_t offset,
                                     size_t size, struct buf *ret);
MUST_CHECK enum err sim_disk_write_at(struct sim_disk *disk, const char *path, uint64_t offset,
                                      struct span bytes);
MUST_CHECK enum err sim_disk_write_atomic(struct sim_disk *disk, const char *path,
                                          struct span bytes);
MUST_CHECK enum err sim_disk_remove(struct sim_disk *disk, const char *path);
MUST_CHECK enum err sim_disk_rename(struct sim_disk *disk, const char *from, const char *to);
MUST_CHECK enum err sim_disk_append(struct sim_disk *disk, const char *path, struct span bytes);
bool sim_disk_exists(const struct sim_disk *disk, const char *path);

#endif
