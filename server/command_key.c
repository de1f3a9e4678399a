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
        e = server_key_unlock(app->key, app->home, buf_span(&passphrase), app->source, NULL,
                              app->diag);
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
    size_t slot = 0;
    if (vault_exists(app->host, app->home)) { /* an unlocked office isn't enough to change it */
        enum err e = server_key_unlock(app->key, app->home, now, app->source, &slot, app->diag);
        if (e) {
            return e;
        }
    }
    return server_key_change(app->key, app->home, slot, file, next, made, app->diag);
}

/* As change(), for a person more. */
static enum err add_person(struct app *app, struct span now, struct span next,
                           char made[PASSPHRASE_SIZE])
{
    enum err e = server_key_unlock(app->key, app->home, now, app->source, NULL, app->diag);
    return e ? e
             : server_key_add(app->key, app->home, app->words[0],
                              args_value(app->args, "new-key-file"), next, made, app->diag);
}

/* `work` with what the options say opens it now, and from now on. Sentences: of one that was given,
   of one that was made. */
static enum err with_secrets(struct app *app, const char *const sentences[2],
                             enum err (*work)(struct app *app, struct span now, struct span next,
                                              char made[PASSPHRASE_SIZE]))
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
        e = work(app, buf_span(&now), buf_span(&next), made);
    }
    wipe(&now);
    wipe(&next);
    if (!e) {
        const struct member members[] = {
            {.name = "passphrase", .text = made},
            {.name = "name", .text = app->word_count > 0 ? app->words[0] : ""}};
        app_answer(app, sentences[made[0] != '\0'], members, app->word_count > 0 ? 2 : 1);
    }
    sign_wipe(made, sizeof made);
    return e;
}

enum err command_passwd(struct app *app)
{
    static const char *const sentences[] = {"admin.passphrase_changed", "admin.passphrase_made"};
    return with_secrets(app, sentences, change);
}

enum err command_passwd_add(struct app *app)
{
    static const char *const sentences[] = {"admin.passphrase_added",
                                            "admin.passphrase_added_made"};
    return with_secrets(app, sentences, add_person);
}

static enum err unlock_by_option(struct app *app)
{
    struct buf now;
    buf_init(&now, &app->host->mem, LINE_SIZE);
    enum err e = read_option(app, "passphrase-file", &now);
    if (!e) {
        e = server_key_unlock(app->key, app->home, buf_span(&now), app->source, NULL, app->diag);
    }
    wipe(&now);
    return e;
}

enum err command_passwd_remove(struct app *app)
{
    enum err e = unlock_by_option(app);
    if (!e) {
        e = vault_drop(app->host, app->home, app->key->key, app->words[0], app->diag);
    }
    if (!e) {
        const struct member members[] = {{.name = "name", .text = app->words[0]}};
        app_answer(app, "admin.passphrase_removed", members, 1);
    }
    return e;
}

enum err command_passwd_list(struct app *app)
{
    static const char *const columns[] = {"name", "passphrase", "key_file"};
    struct vault_person people[VAULT_SLOTS_MAX];
    struct listing listing;
    size_t count = 0;
    enum err e = app->key->key == NULL
                     ? OK
                     : vault_people(app->host, app->home, app->key->key, people, &count, app->diag);
    if (e) {
        return e;
    }
    listing_begin(&listing, app, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++) {
        listing_text(&listing, people[i].name);
        listing_flag(&listing, people[i].passphrase);
        listing_flag(&listing, people[i].file);
    }
    return listing_end(&listing);
}

enum err command_recovery_key(struct app *app, const char *path, struct secret_key *ret)
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
        e = command_recovery_key(app, path, &recovery);
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
