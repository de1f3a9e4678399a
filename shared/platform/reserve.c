#include "reserve.h"

#include <stdio.h>

#define RESERVE_PATH_SIZE 1100

/* False: no such path fits. */
static bool piece_path(const char *database, int64_t piece, char ret[RESERVE_PATH_SIZE])
{
    int size = snprintf(ret, RESERVE_PATH_SIZE, "%s.reserve%d", database, (int)piece + 1);
    return size > 0 && size < RESERVE_PATH_SIZE;
}

static bool has_piece(const struct host *host, const char *database, int64_t piece)
{
    char path[RESERVE_PATH_SIZE];
    return piece_path(database, piece, path) && host->files->exists(host->ctx, path);
}

static int64_t count_pieces(const struct host *host, const char *database)
{
    int64_t count = 0;
    for (int64_t i = 0; i < RESERVE_PIECES; i++) {
        count += has_piece(host, database, i);
    }
    return count;
}

static bool free_bytes(const struct host *host, const char *database, uint64_t *ret)
{
    return host->files->free_bytes != NULL && host->files->allocate != NULL &&
           host->files->free_bytes(host->ctx, database, ret) == OK;
}

struct space space_read(const struct host *host, const char *database)
{
    struct space space = {0};
    if (!free_bytes(host, database, &space.free_bytes)) {
        return (struct space){0};
    }
    space.known = true;
    space.pieces = count_pieces(host, database);
    space.warn = space.free_bytes < SPACE_WARN || space.pieces < RESERVE_PIECES;
    space.stop = space.free_bytes < SPACE_STOP;
    return space;
}

enum err space_for(const struct host *host, const char *database, uint64_t size, struct diag *diag)
{
    uint64_t left = 0;
    if (!free_bytes(host, database, &left) || (left >= SPACE_STOP && left - SPACE_STOP >= size)) {
        return OK;
    }
    return diag_set(diag, ERR_DB_FULL, database, NULL);
}

bool reserve_free(const struct host *host, const char *database, int64_t leave)
{
    char path[RESERVE_PATH_SIZE];
    if (count_pieces(host, database) <= leave) {
        return false;
    }
    for (int64_t i = RESERVE_PIECES - 1; i >= 0; i--) {
        if (has_piece(host, database, i)) {
            return piece_path(database, i, path) && host->files->remove(host->ctx, path) == OK;
        }
    }
    return false;
}

bool reserve_keep(const struct host *host, const char *database)
{
    char path[RESERVE_PATH_SIZE];
    bool whole = true;
    uint64_t left = 0;
    for (int64_t i = 0; i < RESERVE_PIECES; i++) {
        if (has_piece(host, database, i)) {
            continue;
        }
        bool made = free_bytes(host, database, &left) && left >= SPACE_STOP + RESERVE_PIECE_SIZE &&
                    piece_path(database, i, path) &&
                    host->files->allocate(host->ctx, path, RESERVE_PIECE_SIZE) == OK;
        whole = whole && made;
    }
    return whole;
}
