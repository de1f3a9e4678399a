#include "server_collect.h"

#include "num.h"
#include "server_home.h"

#define FIRST_LOOK_MS 60000 /* after the uplink's first round, which tells what is stable */
#define LOOK_MS       600000
#define HOUR_MS       3600000
#define DAY_MS        86400000
#define SETTING_DONE  "collect_done_ms"
#define SETTING_ARENA 4096

static enum err collect(struct node *node, int64_t days, bool dry,
                        const struct background *background, struct collect_count *ret,
                        struct diag *diag)
{
    struct collect_count total = {0};
    int64_t after = 0;
    enum err e = OK;
    while (!e && after != INT64_MAX && !(background && background_stopping(background))) {
        e = collect_step(node, days * DAY_MS, dry, &after, &total, diag);
    }
    if (!e) {
        *ret = total;
    }
    return e;
}

enum err collect_once(const struct host *host, const char *home, int64_t days, bool dry,
                      const struct background *background, struct collect_count *ret,
                      struct diag *diag)
{
    struct node *node = NULL;
    enum err e = home_node_open(host, home, &node, diag);
    if (e) {
        return e;
    }
    e = collect(node, days, dry, background, ret, diag);
    node_close(node);
    return e ? diag_keep(diag, e) : OK;
}

/* ---- by schedule */

/* It survives a restart: an office whose machine is switched off every evening collects, too. */
static enum err is_due(const struct collector *collector, struct node *node, bool *ret)
{
    struct arena arena;
    struct span text = {0};
    int64_t done_ms = 0;
    int64_t now_ms = collector->host->now_ms(collector->host->ctx);
    arena_init(&arena, &collector->host->mem, SETTING_ARENA);
    enum err e = node_setting(node, SETTING_DONE, &arena, &text);
    if (!e) {
        bool known = num_read_i64(text, &done_ms);
        *ret = !known || done_ms > now_ms ||
               now_ms - done_ms >= collector->config.collect_hours * HOUR_MS;
    }
    arena_release(&arena);
    return e;
}

static enum err note_done(const struct collector *collector, struct node *node)
{
    char text[NUM_TEXT_SIZE];
    num_write_i64(collector->host->now_ms(collector->host->ctx), text);
    enum err e = node_begin(node);
    return e ? e : node_end(node, node_setting_set(node, SETTING_DONE, span_of(text)));
}

static enum err collect_due(const struct collector *collector, const struct background *self,
                            struct diag *diag)
{
    struct node *node = NULL;
    struct collect_count count;
    bool due = false;
    enum err e = home_node_open(collector->host, collector->home, &node, diag);
    if (e) {
        return e;
    }
    e = is_due(collector, node, &due);
    if (!e && due) {
        e = collect(node, collector->config.collect_days, false, self, &count, diag);
    }
    if (!e && due && !background_stopping(self)) {
        e = note_done(collector, node);
    }
    node_close(node);
    return e ? diag_keep(diag, e) : OK;
}

static int64_t look(void *ctx, const struct background *self)
{
    const struct collector *collector = ctx;
    struct diag diag = {0};
    if (collect_due(collector, self, &diag) && collector->log != NULL) {
        collector->log(collector->log_ctx, "collect", &diag);
    }
    return LOOK_MS;
}

enum err collector_start(struct collector *collector, const struct host *host, const char *home,
                         const struct server_config *config, collector_log log, void *log_ctx)
{
    *collector = (struct collector){
        .host = host, .home = home, .config = *config, .log = log, .log_ctx = log_ctx};
    if (config->collect_hours == 0) {
        return OK;
    }
    return background_start(&host->mem, look, collector, FIRST_LOOK_MS, &collector->background);
}

bool collector_stop(struct collector *collector, int64_t wait_ms)
{
    return background_stop(collector->background, wait_ms);
}
