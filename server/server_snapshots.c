#include "server_snapshots.h"

#include "server_home.h"

#define FIRST_LOOK_MS 20000  /* after the uplink's first round */
#define LOOK_MS       600000 /* how often feeds are looked at */
#define HOUR_MS       3600000

static enum err build_all(struct node *node, const struct snapshot_options *options,
                          const struct background *background, int64_t *ret_made)
{
    struct snapshot_builder *builder = NULL;
    bool more = true;
    enum err e = snapshot_builder_new(node, options, &builder);
    while (!e && more && !(background && background_stopping(background))) {
        e = snapshot_builder_step(builder, &more);
    }
    if (builder) {
        *ret_made = snapshot_builder_made(builder);
    }
    snapshot_builder_free(builder);
    return e;
}

enum err snapshots_once(const struct host *host, const char *home,
                        const struct server_config *config, bool always,
                        const struct background *background, int64_t *ret_made, struct diag *diag)
{
    struct node *node = NULL;
    struct snapshot_options options = {.least_rows = config->snapshot_rows,
                                       .age_ms = config->snapshot_hours * HOUR_MS,
                                       .always = always};
    enum err e = home_node_open(host, home, &node, diag);
    if (e) {
        return e;
    }
    e = node_space_for(node, 0, diag); /* what late readers would like can wait */
    if (!e) {
        e = build_all(node, &options, background, ret_made);
    }
    node_close(node);
    return e ? diag_keep(diag, e) : OK;
}

static int64_t look(void *ctx, const struct background *self)
{
    const struct snapshots *snapshots = ctx;
    struct diag diag = {0};
    int64_t made = 0;
    if (snapshots_once(snapshots->host, snapshots->home, &snapshots->config, false, self, &made,
                       &diag) &&
        snapshots->log != NULL) {
        snapshots->log(snapshots->log_ctx, "snapshots", &diag);
    }
    return LOOK_MS;
}

enum err snapshots_start(struct snapshots *snapshots, const struct host *host, const char *home,
                         const struct server_config *config, snapshots_log log, void *log_ctx)
{
    *snapshots = (struct snapshots){
        .host = host, .home = home, .config = *config, .log = log, .log_ctx = log_ctx};
    if (config->snapshot_hours == 0) {
        return OK;
    }
    return background_start(&host->mem, look, snapshots, FIRST_LOOK_MS, &snapshots->background);
}

bool snapshots_stop(struct snapshots *snapshots, int64_t wait_ms)
{
    return background_stop(snapshots->background, wait_ms);
}
