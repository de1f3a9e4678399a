/*
 * server_collect.h - collection of superseded bodies, by schedule while serving, or by command.
 *
 * node/collect.h says what goes. In a thread of its own with a node handle of its own, some
 * hundreds of records a transaction, so that serving goes on meanwhile.
 */
#ifndef SERVER_COLLECT_H
#define SERVER_COLLECT_H

#include "background.h"
#include "collect.h"
#include "server_config.h"

/* `background` may be NULL: else it ends when that is to stop. */
MUST_CHECK enum err collect_once(const struct host *host, const char *home, int64_t days, bool dry,
                                 const struct background *background, struct collect_count *ret,
                                 struct diag *diag);

typedef void (*collector_log)(void *ctx, const char *where, const struct diag *diag);

struct collector {
    const struct host *host;
    const char *home;
    struct server_config config;
    collector_log log;
    void *log_ctx;
    struct background *background;
};

/* As backup_start(): `collector` is the caller's; not started when `collect_hours` is 0. */
MUST_CHECK enum err collector_start(struct collector *collector, const struct host *host,
                                    const char *home, const struct server_config *config,
                                    collector_log log, void *log_ctx);
bool collector_stop(struct collector *collector, int64_t wait_ms);

#endif
