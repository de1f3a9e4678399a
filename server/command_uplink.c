/*
 * command_uplink.c - `uplink`: a hub's enrolment with the region, and its contact with it.
 */
#include "commands.h"

#include <string.h>

#include "blob.h"
#include "node_bundle.h"
#include "record.h"
#include "serve.h"
#include "server_uplink.h"

/* Without a network: a file for the region. Its answer, imported, enrols this office. */
static enum err set_by_file(struct app *app, const char *to)
{
    char path[BUNDLE_PATH_SIZE];
    struct bundle_report report;
    struct bundle_order order = {.path = to, .ca_pem = ""};
    enum err e = node_bundle_enrol(app->node, app->words[0], app->config.name, &order, path,
                                   &report, app->diag);
    if (!e) {
        const struct member members[] = {{.name = "file", .text = path},
                                         {.name = "bytes", .number = report.bytes}};
        app_answer(app, "admin.uplink_written", members, 2);
    }
    return e;
}

enum err command_uplink_set(struct app *app)
{
    if (app->self.role != ROLE_HUB) {
        return diag_set(app->diag, ERR_NOT_ALLOWED, "uplink set", role_name(app->self.role), NULL);
    }
    if (args_value(app->args, "bundle")) {
        return set_by_file(app, args_value(app->args, "bundle"));
    }
    enum err e = carry_enrol(app->host, app->node, app->words[0], app->config.name, app->diag);
    if (!e) {
        e = node_identity(app->node, &app->self);
    }
    if (!e) {
        const struct member members[] = {{.name = "short", .text = app->self.short_code}};
        app_answer(app, "admin.uplink_set", members, 1);
    }
    return e;
}

enum err command_uplink_sync(struct app *app)
{
    struct sync_result result = {0};
    enum err e = uplink_once(app->host, app->home, NULL, NULL, &result, app->diag);
    if (e) {
        return e;
    }
    const struct member members[] = {
        {.name = "ops_pushed", .number = result.ops_pushed},
        {.name = "ops_received", .number = result.ops_received},
        {.name = "requests", .number = result.requests},
        {.name = "bytes_sent", .number = result.bytes_sent},
        {.name = "bytes_received", .number = result.bytes_received},
        {.name = "disputed", .number = result.disputed},
    };
    app_answer(app, "admin.uplink_synced", members, 6);
    return OK;
}

/* The region's address, as the machine that would call it knows it. */
static enum err read_url(struct app *app, const char **ret)
{
    struct pack *pack = NULL;
    struct sync *sync = NULL;
    struct sync_server server;
    enum err e = pack_new(&app->host->mem, &pack);
    if (!e) {
        e = sync_new(app->node, pack, NULL, NULL, &sync, app->diag);
    }
    if (!e) {
        e = sync_server(sync, &server);
    }
    if (!e) {
        *ret = arena_text(app->arena, server.url);
        e = *ret ? OK : ERR_NOMEM;
    }
    sync_free(sync);
    pack_free(pack);
    return e;
}

enum err command_uplink_status(struct app *app)
{
    struct uplink_state state;
    struct node_status status;
    const char *url = NULL;
    char synced[WHEN_SIZE], tried[WHEN_SIZE];
    struct blob_status files = {.kept = {0}};
    int64_t batches = 0, ops = 0;
    enum err e = read_url(app, &url);
    if (!e) {
        e = uplink_state(app->node, app->arena, &state);
    }
    if (!e) {
        e = node_status(app->node, &status);
    }
    if (!e) {
        e = serve_backlog(app->node, &batches, &ops);
    }
    if (!e) {
        e = blob_status(app->node, &files);
    }
    if (e) {
        return e;
    }
    when_write(status.synced_ms, app->face->zone_minutes, synced);
    when_write(state.tried_ms, app->face->zone_minutes, tried);
    const struct member members[] = {
        {.name = "url", .text = url},
        {.name = "synced", .text = synced},
        {.name = "tried", .text = tried},
        {.name = "error", .text = state.error[0] ? state.error : "-"},
        {.name = "batches", .number = batches},
        {.name = "ops", .number = ops},
        {.name = "files", .number = files.send.count},
        {.name = "file_bytes", .number = files.send.bytes},
    };
    app_answer(app, "admin.uplink_status", members, 8);
    return OK;
}
