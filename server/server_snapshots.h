/*
 * server_snapshots.h - snapshots of the larger feeds, by schedule while serving, or by command.
 *
 * node/snapshot.h says what they are. Made in a thread of its own with a node handle of its own, a
 * frame at a time, so that whoever calls meanwhile never waits for more than one.
 */
#ifndef SERVER_SNAPSHOTS_H
#define SERVER_SNAPSHOTS_H

#include "background.h"
#include "server_config.h"
#include "snapshot.h"

/* All that is due; with `always` of every feed that moved. `*ret_made` how many were finished.
   `background` may be NULL: else it ends when that is to stop. */
MUST_CHECK enum err snapshots_once(const struct host *host, const char *home,
                                   const struct server_config *config, bool always,
                                   const struct background *background, int64_t *ret_made,
                                   struct diag *diag);

typedef void (*snapshots_log)(void *ctx, const char *where, const struct diag *diag);

struct snapshots {
    const struct host *host;
    const char *home;
    struct server_config config;
    snapshots_log log;
    void *log_ctx;
    struct background *background;
};

/* As backup_start(): `snapshots` is the caller's; not started when `snapshot_hours` is 0. */
MUST_CHECK enum err snapshots_start(struct snapshots *snapshots, const struct host *host,
                                    const char *home, const struct server_config *config,
                                    snapshots_log log, void *log_ctx);
bool snapshots_stop(struct snapshots *snapshots, int64_t wait_ms);

#endif
