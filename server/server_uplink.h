/*
 * server_uplink.h - a hub's contact with the region: by schedule while it serves, or by command.
 *
 * It opens the node anew for each round, so a round shares nothing with the writer but the
 * database; while an exchange is under way no transaction is open.
 */
#ifndef SERVER_UPLINK_H
#define SERVER_UPLINK_H

#include "background.h"
#include "carry.h"
#include "server_config.h"

/* How the last round went, kept in the node's settings. */
struct uplink_state {
    int64_t tried_ms;          /* 0: never */
    char error[DIAG_ARG_SIZE]; /* "" when it went well; else err_name() */
};

/* One whole sync now. `host` must have a network. */
MUST_CHECK enum err uplink_once(const struct host *host, const char *home, carry_progress progress,
                                void *ctx, struct sync_result *ret, struct diag *diag);

MUST_CHECK enum err uplink_state(struct node *node, struct arena *arena, struct uplink_state *ret);

/* Told of every round that failed. */
typedef void (*uplink_log)(void *ctx, const char *where, const struct diag *diag);

struct uplink {
    const struct host *host;
    const char *home;
    int64_t period_ms;
    int64_t failures; /* in a row */
    uplink_log log;
    void *log_ctx;
    struct background *background;
};

/* Starts rounds; not when `uplink_minutes` is 0. `uplink` stays the caller's; it and what it
   points to must outlive the background. */
MUST_CHECK enum err uplink_start(struct uplink *uplink, const struct host *host, const char *home,
                                 const struct server_config *config, uplink_log log, void *log_ctx);
bool uplink_stop(struct uplink *uplink, int64_t wait_ms); /* As background_stop(). */

#endif
