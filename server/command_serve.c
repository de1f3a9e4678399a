/*
 * command_serve.c - `serve`: the front, the uplink, backups, snapshots and collection until SIGINT
 * or SIGTERM, or until the office is locked.
 */
#include "commands.h"

#include "front.h"
#include "process.h"
#include "server_backup.h"
#include "server_collect.h"
#include "server_home.h"
#include "server_key.h"
#include "server_snapshots.h"
#include "server_uplink.h"

#define LOOK_MS      1000 /* how soon `lock` and `unlock` are noticed */
#define STOP_WAIT_MS 5000 /* for an exchange or a copy under way; the process ends all the same */

struct serving {
    struct app *app;
    struct svc *svc;
    struct front *front;
    struct uplink uplink;
    struct backup backup;
    struct snapshots snapshots;
    struct collector collector;
};

/* One line: when, where, what. Called by several threads; one write a line keeps lines whole. */
static void log_line(void *ctx, const char *where, const struct diag *diag)
{
    const struct app *app = ctx;
    char when[WHEN_SIZE];
    struct buf line;
    when_write(app->host->now_ms(app->host->ctx), app->face->zone_minutes, when);
    buf_init(&line, &app->host->mem, 4096);
    buf_add_format(&line, "%s %s: ", when, where);
    message_diag(&app->face->catalogue, &app->face->fallback, diag, &line);
    buf_add_byte(&line, '\n');
    if (buf_error(&line) == OK) {
        app->face->write(app->face->ctx, FACE_ERR, buf_span(&line));
    }
    buf_release(&line);
}

static enum err open_front(struct serving *serving)
{
    struct app *app = serving->app;
    struct home_tls tls;
    enum err e = home_tls_load(app->host, app->home, &tls, app->diag);
    if (e) {
        return e;
    }
    struct front_options options = {
        .address = app->config.address,
        .port = (uint16_t)app->config.port,
        .cert_pem = buf_text(&tls.server_pem),
        .key_pem = buf_text(&tls.server_key),
        .threads = (unsigned)app->config.threads,
    };
    e = front_start(app->host, serving->svc, &options, &serving->front, app->diag);
    home_tls_release(&tls);
    return e;
}

static enum err start(struct serving *serving)
{
    struct app *app = serving->app;
    enum err e = svc_open(app->host, app->home, &serving->svc, app->diag);
    if (e) {
        return e;
    }
    if (svc_was_put_back(serving->svc)) {
        face_warn(app->face, "admin.put_back", NULL);
    }
    svc_log_to(serving->svc, log_line, app);
    e = open_front(serving);
    if (!e) {
        e = uplink_start(&serving->uplink, app->host, app->home, &app->config, log_line, app);
    }
    if (!e) {
        e = backup_start(&serving->backup, app->host, app->home, &app->config, log_line, app);
    }
    if (!e) {
        e = snapshots_start(&serving->snapshots, app->host, app->home, &app->config, log_line, app);
    }
    if (!e) {
        e = collector_start(&serving->collector, app->host, app->home, &app->config, log_line, app);
    }
    return e;
}

/* False when a background is still busy: what it uses must stay. */
static bool stop(struct serving *serving)
{
    front_stop(serving->front);
    bool uplink_ended = uplink_stop(&serving->uplink, STOP_WAIT_MS);
    bool backup_ended = backup_stop(&serving->backup, STOP_WAIT_MS);
    bool snapshots_ended = snapshots_stop(&serving->snapshots, STOP_WAIT_MS);
    bool collector_ended = collector_stop(&serving->collector, STOP_WAIT_MS);
    svc_close(serving->svc);
    return uplink_ended && backup_ended && snapshots_ended && collector_ended;
}

/* ---- locked and unlocked */

/* With --locked only what somebody unlocks counts, not the file of DOUARD_PASSPHRASE_FILE: `lock`
   would last for a second. ERR_LOCKED: told to stop while it waited. */
static enum err open_key(struct app *app)
{
    bool said = false;
    if (!args_flag(app->args, "locked")) {
        return server_key_open(app->key, app->home, app->source, app->diag);
    }
    for (;;) {
        enum err e = server_key_open_kept(app->key, app->home, app->source, app->diag);
        if (e != ERR_LOCKED || process_wait_stop(LOOK_MS) != 0) {
            return e;
        }
        if (!said) {
            face_warn(app->face, "admin.serve_locked", NULL);
            said = true;
        }
    }
}

/* Until it is told to stop; false: until it is locked. A key that isn't in the session (of a file,
   or where nothing can be kept) can't be taken away by `lock`. */
static bool serve_on(const struct app *app)
{
    bool watch = server_key_is_kept(app->key, app->home);
    while (process_wait_stop(LOOK_MS) == 0) {
        if (watch && !server_key_is_kept(app->key, app->home)) {
            return false;
        }
    }
    return true;
}

enum err command_serve(struct app *app)
{
    struct serving serving = {.app = app};
    bool locked = false;
    process_block_stop(); /* before there are threads: they inherit it */
    enum err e = open_key(app);
    if (e) {
        return e == ERR_LOCKED && args_flag(app->args, "locked") ? OK : e;
    }
    e = start(&serving);
    if (!e) {
        const struct member members[] = {
            {.name = "name", .text = app->config.name},
            {.name = "url", .text = app->config.url},
            {.name = "port", .number = front_port(serving.front)},
        };
        app_answer(app, "admin.serving", members, 3);
        locked = !serve_on(app);
    }
    bool ended = stop(&serving);
    if (locked && app->program != NULL) {
        process_restart(app->program, "--locked"); /* wiping piece by piece would forget some */
    }
    e = locked ? diag_set(app->diag, ERR_LOCKED, NULL) : e;
    if (!ended) {
        /* A background still reads this frame's memory; ending the process ends it too. Its
           database is safe at any moment. */
        process_leave(e ? err_exit_status(e) : 0);
    }
    return e;
}
