#include "server_uplink.h"

#include "num.h"
#include "server_home.h"

#define FIRST_ROUND_MS 2000
#define RETRY_MS       30000 /* after a failure; doubled each time, up to the schedule's period */
#define SETTING_TRIED  "uplink_tried_ms"
#define SETTING_ERROR  "uplink_error"

static enum err note(struct node *node, const struct host *host, enum err result)
{
    char now[NUM_TEXT_SIZE];
    num_write_i64(host->now_ms(host->ctx), now);
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = node_setting_set(node, SETTING_TRIED, span_of(now));
    if (!e) {
        e = node_setting_set(node, SETTING_ERROR, span_of(result ? err_name(result) : ""));
    }
    return node_end(node, e);
}

enum err uplink_state(struct node *node, struct arena *arena, struct uplink_state *ret)
{
    struct uplink_state state = {0};
    struct span tried, error;
    enum err e = node_setting(node, SETTING_TRIED, arena, &tried);
    if (!e) {
        e = node_setting(node, SETTING_ERROR, arena, &error);
    }
    if (e) {
        return e;
    }
    if (!num_read_i64(tried, &state.tried_ms)) {
        state.tried_ms = 0;
    }
    span_text(error, state.error, sizeof state.error);
    *ret = state;
    return OK;
}

enum err uplink_once(const struct host *host, const char *home, carry_progress progress, void *ctx,
                     struct sync_result *ret, struct diag *diag)
{
    struct node *node = NULL;
    struct node_identity self;
    enum err e = home_node_open(host, home, &node, diag);
    if (e) {
        return e;
    }
    e = node_identity(node, &self);
    if (!e && !self.enrolled) {
        e = diag_set(diag, ERR_NOT_ENROLLED, NULL);
    }
    if (!e) {
        e = carry_sync(host, node, NULL, NULL, progress, ctx, ret, diag);
        /* Stopping in the middle says nothing about the region. */
        enum err noted = e == ERR_CANCELLED ? OK : note(node, host, e);
        e = e ? e : noted;
    }
    node_close(node);
    return e ? diag_keep(diag, e) : OK;
}

static bool may_go_on(void *ctx, const struct sync_action *action)
{
    (void)action;
    return !background_stopping(ctx);
}

static int64_t next_ms(const struct uplink *uplink)
{
    int64_t wait_ms = RETRY_MS;
    for (int64_t i = 1; i < uplink->failures && wait_ms < uplink->period_ms; i++) {
        wait_ms *= 2;
    }
    return uplink->failures > 0 && wait_ms < uplink->period_ms ? wait_ms : uplink->period_ms;
}

static int64_t one_round(void *ctx, const struct background *self)
{
    struct uplink *uplink = ctx;
    struct sync_result result;
    struct diag diag = {0};
    /* carry_progress takes a plain pointer; may_go_on() only looks. */
    enum err e = uplink_once(uplink->host, uplink->home, may_go_on, (void *)self, &result, &diag);
    /* A hub without an uplink yet is no failure: it works alone until `douard uplink set`. */
    if (e == OK || e == ERR_NOT_ENROLLED || e == ERR_CANCELLED) {
        uplink->failures = 0;
        return uplink->period_ms;
    }
    uplink->failures++;
    if (uplink->log != NULL) {
        uplink->log(uplink->log_ctx, "uplink", &diag);
    }
    return next_ms(uplink);
}

enum err uplink_start(struct uplink *uplink, const struct host *host, const char *home,
                      const struct server_config *config, uplink_log log, void *log_ctx)
{
    *uplink = (struct uplink){
        .host = host,
        .home = home,
        .period_ms = config->uplink_minutes * 60000,
        .log = log,
        .log_ctx = log_ctx,
    };
    if (uplink->period_ms == 0) {
        return OK;
    }
    return background_start(&host->mem, one_round, uplink, FIRST_ROUND_MS, &uplink->background);
}

bool uplink_stop(struct uplink *uplink, int64_t wait_ms)
{
    return background_stop(uplink->background, wait_ms);
}
