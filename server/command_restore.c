/*
 * command_restore.c - `restore`: a backup in the place of the data, on this machine or another.
 */
#include <string.h>

#include "commands.h"
#include "server_home.h"
#include "server_key.h"
#include "server_office.h"
#include "server_restore.h"

#define LINE_SIZE 4096

struct restoring {
    struct app *app;
    const char *file;
    char keys[OFFICE_PATH_MAX];
    bool has_keys; /* beside the copy */
    bool has_home; /* a vault in HOME */
    bool known;    /* both, and they are of one database */
};

/* A random id in each says whose they are; nothing of either needs opening. */
static enum err compare(struct restoring *r)
{
    const struct host *host = r->app->host;
    struct vault_state now, then;
    office_path(r->file, OFFICE_KEYS, r->keys);
    r->has_keys = host->files->exists(host->ctx, r->keys);
    r->has_home = vault_exists(host, r->app->home);
    if (!r->has_keys || !r->has_home) {
        return OK;
    }
    enum err e = vault_look(host, r->app->home, &now, r->app->diag);
    if (!e) {
        e = vault_file_look(host, r->keys, &then, r->app->diag);
    }
    if (!e && !id_equal(now.id, then.id)) {
        e = diag_set(r->app->diag, ERR_NOT_ALLOWED, "restore", r->file, NULL);
    }
    r->known = !e;
    return e;
}

static enum err read_file(struct app *app, const char *option, struct buf *ret)
{
    const char *path = args_value(app->args, option);
    return path != NULL ? server_key_line(app->host, path, ret, app->diag) : OK;
}

static void wipe(struct buf *buf)
{
    if (buf->data != NULL) {
        sign_wipe(buf->data, buf->size);
    }
    buf_release(buf);
}

static enum err open_with_recovery(struct restoring *r, const char *path)
{
    struct secret_key recovery = {{0}};
    enum err e = command_recovery_key(r->app, path, &recovery);
    if (!e) {
        e = server_key_recover_copy(r->app->key, r->keys, &recovery, r->app->diag);
    }
    sign_wipe(&recovery, sizeof recovery);
    return e;
}

static enum err open_with_passphrase(struct restoring *r)
{
    struct app *app = r->app;
    struct buf passphrase;
    buf_init(&passphrase, &app->host->mem, LINE_SIZE);
    enum err e = read_file(app, "passphrase-file", &passphrase);
    if (!e) {
        e = server_key_open_copy(app->key, r->keys, buf_span(&passphrase), app->source, app->diag);
    }
    wipe(&passphrase);
    return e;
}

/* The recovery key when it is given, else HOME's own, else what lies beside the copy. */
static enum err open_key(struct restoring *r)
{
    struct app *app = r->app;
    const char *recovery = args_value(app->args, "key");
    char path[CONFIG_PATH_SIZE];
    if (!r->has_keys && recovery != NULL) {
        return diag_set(app->diag, ERR_FILE, r->keys, "not found", NULL);
    }
    if (recovery != NULL) {
        return open_with_recovery(r, recovery);
    }
    if (r->has_home) {
        return server_key_open(app->key, app->home, app->source, app->diag);
    }
    if (r->has_keys && app->host->files->exists(app->host->ctx, r->file)) {
        return open_with_passphrase(r);
    }
    if (home_path(app->home, HOME_DB, path) || !app->host->files->exists(app->host->ctx, path)) {
        return diag_set(app->diag, ERR_NO_HOME, app->home, NULL);
    }
    return OK; /* a home that was never sealed */
}

/* HOME's vault from beside the copy; after the recovery key, with a passphrase that is known. */
static enum err settle_key(struct restoring *r, char made[PASSPHRASE_SIZE])
{
    struct app *app = r->app;
    struct buf next;
    enum err e = OK;
    if (!r->has_home && r->has_keys) {
        e = server_key_take_copy(app->key, app->home, r->keys, app->diag);
    }
    if (e || args_value(app->args, "key") == NULL) {
        return e;
    }
    buf_init(&next, &app->host->mem, LINE_SIZE);
    e = read_file(app, "new-passphrase-file", &next);
    if (!e) {
        e = server_key_change(app->key, app->home, 0, args_value(app->args, "new-key-file"),
                              buf_span(&next), made, app->diag);
    }
    wipe(&next);
    return e;
}

static void answer(struct app *app, const char *file, const char *aside, const char *made)
{
    const struct member members[] = {{.name = "file", .text = file},
                                     {.name = "aside", .text = aside},
                                     {.name = "passphrase", .text = made}};
    /* without what it replaced the disk was lost */
    app_answer(app, aside[0] != '\0' ? "admin.restored" : "admin.restored_empty", members, 3);
    if (!app->face->json && made[0] != '\0') {
        face_say(app->face, "admin.passphrase_made", made, NULL);
    }
}

enum err command_restore(struct app *app)
{
    struct restoring r = {.app = app, .file = app->words[0]};
    char aside[CONFIG_PATH_SIZE], made[PASSPHRASE_SIZE] = "";
    enum err e = compare(&r);
    if (!e) {
        e = open_key(&r);
    }
    if (!e) {
        e = app->host->files->make_folder(app->host->ctx, app->home);
        e = e ? diag_set(app->diag, e, app->home, err_name(e), NULL) : OK;
    }
    if (!e) {
        e = home_restore(app->host, app->home, r.file, r.known || !r.has_home, aside, app->diag);
    }
    if (!e) {
        e = settle_key(&r, made);
    }
    if (!e) {
        answer(app, r.file, aside, made);
    }
    sign_wipe(made, sizeof made);
    return e;
}
