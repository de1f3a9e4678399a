/*
 * reserve.h - space kept in reserve, so that a full disk never blocks the last save.
 *
 * Beside a database lie RESERVE_PIECES files whose blocks are really taken. A save that meets a
 * full disk frees one and is tried again, until it holds or all are gone: in pieces, since whoever
 * filled the disk may take what was freed before the next save needs it. Nothing that can wait
 * frees one, and nothing that can wait is begun when little space is left (SPACE_STOP), so that
 * only others can bring it so far. They are made again when there is space.
 */
#ifndef RESERVE_H
#define RESERVE_H

#include "host.h"

#define RESERVE_PIECES     4
#define RESERVE_PIECE_SIZE (512u * 1024) /* a large save, its log and the log's index */
#define RESERVE_SAVES      2 /* pieces that only saves free, not the calls that make space */
#define SPACE_STOP         (16u * 1024 * 1024) /* less is left: photographs, rows and copies wait */
#define SPACE_WARN         (64u * 1024 * 1024) /* less is left: people are told */

struct space {
    bool known; /* false: this host has no disk to ask; then the rest is false as well */
    uint64_t free_bytes;
    int64_t pieces; /* of the reserve that are there */
    bool warn;      /* less than SPACE_WARN, or the reserve isn't whole */
    bool stop;      /* less than SPACE_STOP */
};

/* `database` is the path that the reserve lies beside. What can't be told counts as plenty. */
struct space space_read(const struct host *host, const char *database);

/* ERR_DB_FULL (path) when taking in `size` bytes would leave less than SPACE_STOP. */
MUST_CHECK enum err space_for(const struct host *host, const char *database, uint64_t size,
                              struct diag *diag);

/* Frees one piece, as long as more than `leave` are there. True: try again. */
bool reserve_free(const struct host *host, const char *database, int64_t leave);

/* Makes the pieces that are missing, as far as SPACE_STOP is left after each; true when all are
   there. What fails now is made another time. */
bool reserve_keep(const struct host *host, const char *database);

#endif
