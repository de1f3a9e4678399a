/*
 * command_key.c - `unlock`, `lock`, `passwd`: what opens this office's data; `recover`: answers the
 * request of a device whose passphrase is lost.
 */
#include <string.h>

#include "commands.h"
#include "server_home.h"
#include "server_key.h"

#define LINE_SIZE 4096

/* What the option's file says; nothing without the option. */
static enum err read_option(const struct app *app, const char *option, struct buf *ret)
{
    const char *file = args_value(app->args, option);
    return file != NULL ? server_key_line(app->host, file, ret, app->diag) : OK;
}

static void wipe(struct buf *buf)
{
    if (buf->data != NULL) {
        sign_wipe(buf->data, buf->size);
    }
    buf_release(buf);
}

enum err command_unlock(struct app *app)
{
    struct buf passphrase;
    buf_init(&passphrase, &app->host->mem, LINE_SIZE);
    enum err e = read_option(app, "passphrase-file", &passphrase);
    if (!e) {
        e = server_key_unlock(app->key, app->home, buf_span(&passphrase), app->source, app->diag);
    }
    wipe(&passphrase);
    if (!e) {
        const struct member members[] = {{.name = "home", .text = app->home}};
        app_answer(app, "admin.unlocked", members, 1);
    }
    return e;
}

enum err command_lock(struct app *app)
{
    enum err e = server_key_lock(app->key, app->home, app->diag);
    if (!e) {
        const struct member members[] = {{.name = "home", .text = app->home}};
        app_answer(app, "admin.locked", members, 1);
    }
    return e;
}

static enum err change(struct app *app, struct span now, struct span next,
                       char made[PASSPHRASE_SIZE])
{
    const char *file = args_value(app->args, "new-key-file");
    if (vault_exists(app->host, app->home)) { /* an unlocked office isn't enough to change it */
        enum err e = server_key_unlock(app->key, app->home, now, app->source, app->diag);
        if (e) {
            return e;
        }
    }
    return server_key_change(app->key, app->home, file, next, made, app->diag);
}

enum err command_passwd(struct app *app)
{
    struct buf now, next;
    char made[PASSPHRASE_SIZE] = "";
    buf_init(&now, &app->host->mem, LINE_SIZE);
    buf_init(&next, &app->host->mem, LINE_SIZE);
    enum err e = read_option(app, "passphrase-file", &now);
    if (!e) {
        e = read_option(app, "new-passphrase-file", &next);
    }
    if (!e) {
        e = change(app, buf_span(&now), buf_span(&next), made);
    }
    wipe(&now);
    wipe(&next);
    if (!e) {
        const struct member members[] = {{.name = "passphrase", .text = made}};
        app_answer(app, made[0] != '\0' ? "admin.passphrase_made" : "admin.passphrase_changed",
                   members, 1);
    }
    sign_wipe(made, sizeof made);
    return e;
}

static enum err read_recovery(struct app *app, const char *path, struct secret_key *ret)
{
    struct buf passphrase;
    buf_init(&passphrase, &app->host->mem, LINE_SIZE);
    enum err e = read_option(app, "passphrase-file", &passphrase);
    if (!e && passphrase.size == 0 && app->source->read_secret != NULL) {
        app->source->ask(app->source->ask_ctx);
        e = app->source->read_secret(&passphrase);
    }
    if (!e) {
        e = recovery_read(app->host, path, buf_span(&passphrase), ret, app->diag);
    }
    wipe(&passphrase);
    return e;
}

enum err command_recover(struct app *app)
{
    const char *path = NULL;
    struct secret_key recovery = {{0}};
    char answer[VAULT_REQUEST_MAX];
    enum err e = args_need(app->args, "key", &path, app->diag);
    if (!e) {
        e = read_recovery(app, path, &recovery);
    }
    if (!e) {
        e = vault_answer(app->host, span_of(app->words[0]), &recovery, answer, app->diag);
    }
    sign_wipe(&recovery, sizeof recovery);
    if (!e) {
        const struct member members[] = {{.name = "answer", .text = answer}};
        app_answer(app, "admin.recovered", members, 1);
    }
    return e;
}
