/*
 * server_backup.h - copies of a hub's data, by schedule while it serves, or by command.
 *
 * Copies are written in turn, "douar-1.db" to "douar-N.db", each complete or not at all
 * (node_backup()). At the region a copy is what makes work `stable`, so that devices may forget.
 */
#ifndef SERVER_BACKUP_H
#define SERVER_BACKUP_H

#include "background.h"
#include "node.h"
#include "server_config.h"

/* To `path`, or to the next of the folder when NULL; `ret_path` is where, `*ret_missing` as
   blob_backup() counts. */
MUST_CHECK enum err backup_once(const struct host *host, const char *home,
                                const struct server_config *config, const char *path,
                                char ret_path[CONFIG_PATH_SIZE], int64_t *ret_missing,
                                struct diag *diag);

struct backup_state {
    int64_t done_ms; /* the last that went well; 0: never */
    int64_t slot;
};
MUST_CHECK enum err backup_state(struct node *node, struct arena *arena, struct backup_state *ret);

/* Copies that were made and that are still there: those of the folder, and the last that were made
   by hand under another path. */
struct backup_copy {
    const char *path;
    int64_t at_ms;
};
MUST_CHECK enum err backup_copies(struct node *node, const struct host *host, const char *home,
                                  const struct server_config *config, struct arena *arena,
                                  struct backup_copy **ret, size_t *ret_count);

typedef void (*backup_log)(void *ctx, const char *where, const struct diag *diag);

struct backup {
    const struct host *host;
    const char *home;
    struct server_config config;
    backup_log log;
    void *log_ctx;
    struct background *background;
};

/* As uplink_start(): `backup` is the caller's; not started when `backup_minutes` is 0. */
MUST_CHECK enum err backup_start(struct backup *backup, const struct host *host, const char *home,
                                 const struct server_config *config, backup_log log, void *log_ctx);
bool backup_stop(struct backup *backup, int64_t wait_ms);

#endif
