/*
 * command_care.c - `backup`, `snapshot`, `collect`, `check`, `digest`, `stats`: is the office's
 * data well?
 */
#include "commands.h"

#include <stdio.h>

#include "audit.h"
#include "notice.h"
#include "num.h"
#include "record.h"
#include "serve.h"
#include "server_backup.h"
#include "server_collect.h"
#include "server_snapshots.h"
#include "server_uplink.h"

#define FINDINGS_MAX (16u * 1024 * 1024)
#define DAY_MS       86400000

enum err command_backup(struct app *app)
{
    char path[CONFIG_PATH_SIZE];
    const char *wanted = app->word_count > 0 ? app->words[0] : NULL;
    int64_t missing = 0;
    enum err e = backup_once(app->host, app->home, &app->config, wanted, path, &missing, app->diag);
    if (!e) {
        const struct member members[] = {{.name = "file", .text = path},
                                         {.name = "missing", .number = missing}};
        app_answer(app, "admin.backed_up", members, 2);
    }
    if (!e && missing > 0 && !app->face->json) {
        char count[NUM_TEXT_SIZE];
        num_write_i64(missing, count);
        face_warn(app->face, "admin.backup_lacks", count, NULL);
    }
    return e;
}

enum err command_snapshot(struct app *app)
{
    int64_t made = 0;
    enum err e = snapshots_once(app->host, app->home, &app->config, true, NULL, &made, app->diag);
    if (!e) {
        const struct member members[] = {{.name = "snapshots", .number = made}};
        app_answer(app, "admin.snapshots_made", members, 1);
    }
    return e;
}

enum err command_collect(struct app *app)
{
    struct collect_count count = {0};
    int64_t days = 0;
    bool dry = args_flag(app->args, "dry-run");
    enum err e =
        args_number(app->args, "days", 0, 36500, app->config.collect_days, &days, app->diag);
    if (!e) {
        e = collect_once(app->host, app->home, days, dry, NULL, &count, app->diag);
    }
    if (!e) {
        const struct member members[] = {
            {.name = "ops", .number = count.ops},
            {.name = "freed", .number = count.freed},
            {.name = "kept", .number = count.kept},
            {.name = "waiting", .number = count.waiting},
        };
        app_answer(app, dry ? "admin.collectable" : "admin.collected", members, 4);
    }
    return e;
}

/* ---- check */

static void tell_step(void *ctx, const char *step, int64_t done, int64_t total)
{
    const struct app *app = ctx;
    char done_text[NUM_TEXT_SIZE], total_text[NUM_TEXT_SIZE];
    if (done != 0 && done != total) {
        return; /* a line where a step begins and ends, not thousands */
    }
    num_write_i64(done, done_text);
    num_write_i64(total, total_text);
    face_warn(app->face, "admin.check_step", app_word(app, "text.step_", step), done_text,
              total_text, NULL);
}

enum err command_check(struct app *app)
{
    struct audit_report report = {0};
    char findings[NUM_TEXT_SIZE];
    buf_init(&report.findings, &app->host->mem, FINDINGS_MAX);
    enum err e = node_audit(app->node, args_flag(app->args, "rebuild"),
                            app->face->json ? NULL : tell_step, app, &report);
    if (!e && report.finding_count > 0) {
        app->face->write(app->face->ctx, FACE_ERR, buf_span(&report.findings));
        num_write_i64(report.finding_count, findings);
        e = diag_set(app->diag, ERR_CHECK_FAILED, findings, NULL);
    }
    buf_release(&report.findings);
    if (!e) {
        const struct member members[] = {
            {.name = "ops", .number = report.ops},
            {.name = "batches", .number = report.batches},
            {.name = "registers", .number = report.registers},
            {.name = "feed_rows", .number = report.feed_rows},
        };
        app_answer(app, "admin.checked", members, 4);
    }
    return e;
}

/* ---- digest */

enum err command_digest(struct app *app)
{
    static const char *const columns[] = {"scope", "compartment", "count", "sum"};
    struct digest_row *rows = NULL;
    size_t count = 0;
    struct listing listing;
    enum err e = node_digest(app->node, app->arena, &rows, &count);
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, 4);
    for (size_t i = 0; i < count; i++) {
        char sum[32];
        (void)snprintf(sum, sizeof sum, "%016llx", (unsigned long long)rows[i].sum);
        listing_text(&listing, rows[i].scope);
        listing_text(&listing, rows[i].compartment);
        listing_int(&listing, rows[i].count);
        listing_text(&listing, sum);
    }
    return listing_end(&listing);
}

/* ---- stats */

static const struct caller_row *caller_of(const struct caller_row *callers, size_t count,
                                          struct id node)
{
    for (size_t i = 0; i < count; i++) {
        if (id_equal(callers[i].node, node)) {
            return &callers[i];
        }
    }
    return NULL;
}

struct callers {
    const struct org *org;
    struct caller_row *rows;
    size_t count;
};

static enum err read_callers(struct app *app, struct callers *ret)
{
    enum err e = app_org(app, &ret->org);
    return e ? e : serve_callers(app->node, app->arena, &ret->rows, &ret->count);
}

static enum err list_nodes(struct app *app)
{
    static const char *const columns[] = {"short", "name",          "role",
                                          "seen",  "clock_seconds", "silent"};
    struct callers callers;
    struct listing listing;
    enum err e = read_callers(app, &callers);
    if (e) {
        return e;
    }
    int64_t since_ms = app->host->now_ms(app->host->ctx) - app->config.stats_days * DAY_MS;
    listing_begin(&listing, app, columns, 6);
    for (size_t i = 0; i < callers.org->node_count; i++) {
        const struct org_node *node = &callers.org->nodes[i];
        const struct caller_row *row = caller_of(callers.rows, callers.count, node->id);
        /* Who was enrolled here, and who came by. */
        if (node->revoked || (row == NULL && !id_equal(node->by, app->self.id))) {
            continue;
        }
        listing_text(&listing, node->short_code);
        listing_text(&listing, node->name);
        listing_word(&listing, "text.role_", role_name(node->role));
        listing_when(&listing, row ? row->seen_ms : 0);
        listing_int(&listing, row && row->has_clock_offset ? row->clock_offset_ms / 1000 : 0);
        listing_flag(&listing, row == NULL || row->seen_ms < since_ms);
    }
    return listing_end(&listing);
}

static enum err count_silent(struct app *app, int64_t *ret_nodes, int64_t *ret_silent)
{
    struct callers callers;
    enum err e = read_callers(app, &callers);
    if (e) {
        return e;
    }
    int64_t since_ms = app->host->now_ms(app->host->ctx) - app->config.stats_days * DAY_MS;
    int64_t nodes = 0, silent = 0;
    for (size_t i = 0; i < callers.org->node_count; i++) {
        const struct org_node *node = &callers.org->nodes[i];
        const struct caller_row *row = caller_of(callers.rows, callers.count, node->id);
        /* At the region the devices of hubs show at their hubs. */
        if (node->revoked || !id_equal(node->by, app->self.id)) {
            continue;
        }
        nodes++;
        silent += row == NULL || row->seen_ms < since_ms;
    }
    *ret_nodes = nodes;
    *ret_silent = silent;
    return OK;
}

enum err command_stats(struct app *app)
{
    struct node_status status;
    struct backup_state backup;
    int64_t nodes = 0, silent = 0, batches = 0, ops = 0, notices = 0;
    char when[WHEN_SIZE];
    if (args_flag(app->args, "nodes")) {
        return list_nodes(app);
    }
    enum err e = node_status(app->node, &status);
    if (!e) {
        e = count_silent(app, &nodes, &silent);
    }
    if (!e) {
        e = backup_state(app->node, app->arena, &backup);
    }
    if (!e && app->self.role == ROLE_HUB) {
        e = serve_backlog(app->node, &batches, &ops);
    }
    if (!e) {
        e = notice_count(app->node, &notices);
    }
    if (e) {
        return e;
    }
    when_write(backup.done_ms, app->face->zone_minutes, when);
    const struct member members[] = {
        {.name = "records", .number = status.records},
        {.name = "disputed", .number = status.disputed},
        {.name = "late", .number = status.late},
        {.name = "quarantined", .number = status.quarantined},
        {.name = "nodes", .number = nodes},
        {.name = "silent", .number = silent},
        {.name = "backlog_ops", .number = ops},
        {.name = "backup", .text = when},
        {.name = "notices", .number = notices},
    };
    app_answer(app, "admin.stats", members, 9);
    return OK;
}
