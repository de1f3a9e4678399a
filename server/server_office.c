#include "server_office.h"

#include <stdio.h>

#include "json.h"
#include "sealed_file.h"
#include "server_home.h"
#include "sign.h"
#include "vault.h"

#define OFFICE_MAX  (1024u * 1024)
#define SEALED_NAME "office"

/* Nothing else is taken from such a file: its names can't lead anywhere. */
static const char *const names[] = {CONFIG_FILE,     HOME_CA,         HOME_CA_KEY, HOME_SERVER_PEM,
                                    HOME_SERVER_KEY, HOME_BACKUP_KEY, HOME_PINS};
#define NAME_COUNT (sizeof names / sizeof names[0])

void office_path(const char *file, const char *suffix, char ret[OFFICE_PATH_MAX])
{
    (void)snprintf(ret, OFFICE_PATH_MAX, "%s%s", file, suffix);
}

static void wipe(struct buf *buf)
{
    if (buf->data != NULL) {
        sign_wipe(buf->data, buf->size);
    }
    buf_release(buf);
}

static enum err write_all(const struct host *host, const char *home, struct buf *ret,
                          struct diag *diag)
{
    struct json_writer json;
    enum err e = OK;
    json_begin(&json, ret);
    json_open(&json, '{');
    for (size_t i = 0; !e && i < NAME_COUNT; i++) {
        struct buf text;
        buf_init(&text, &host->mem, OFFICE_MAX);
        e = home_read(host, home, names[i], &text, diag);
        if (!e) {
            json_name(&json, names[i]);
            json_put_span(&json, buf_span(&text));
        }
        wipe(&text);
    }
    json_close(&json, '}');
    return e ? e : buf_error(ret);
}

enum err office_save(const struct host *host, const char *home, const char *file, struct diag *diag)
{
    char path[OFFICE_PATH_MAX];
    struct buf text;
    enum err e = OK;
    if (vault_exists(host, home)) {
        office_path(file, OFFICE_KEYS, path);
        e = vault_file_write(host, home, path, diag);
    }
    if (e) {
        return e;
    }
    office_path(file, OFFICE_FILES, path);
    buf_init(&text, &host->mem, OFFICE_MAX);
    e = write_all(host, home, &text, diag);
    if (!e) {
        e = sealed_write_atomic(host, span_of(SEALED_NAME), path, buf_span(&text));
        e = e ? diag_set(diag, e, path, err_name(e), NULL) : OK;
    }
    wipe(&text);
    return e;
}

static enum err take_one(const struct host *host, const char *home, const char *name,
                         struct span text, struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    if (text.size == 0 || home_path(home, name, path) || host->files->exists(host->ctx, path)) {
        return OK;
    }
    return home_write(host, home, name, text, diag);
}

static enum err take_all(const struct host *host, const char *home, struct span text,
                         struct diag *diag)
{
    char folder[CONFIG_PATH_SIZE];
    struct json *json = NULL;
    enum err e = json_parse(text, &json, diag);
    if (!e) {
        e = home_path(home, HOME_TLS, folder);
    }
    if (!e) {
        e = host->files->make_folder(host->ctx, folder);
    }
    for (size_t i = 0; !e && i < NAME_COUNT; i++) {
        e = take_one(host, home, names[i], json_span(json_get(json, names[i])), diag);
    }
    json_free(json);
    return e;
}

enum err office_restore(const struct host *host, const char *home, const char *file,
                        struct diag *diag)
{
    char path[OFFICE_PATH_MAX];
    struct buf text;
    office_path(file, OFFICE_FILES, path);
    if (!host->files->exists(host->ctx, path)) {
        return OK;
    }
    buf_init(&text, &host->mem, OFFICE_MAX);
    enum err e = sealed_read(host, span_of(SEALED_NAME), path, &text);
    if (!e) {
        e = take_all(host, home, buf_span(&text), diag);
    }
    wipe(&text);
    return e ? diag_set(diag && diag->code ? NULL : diag, e, path, err_name(e), NULL) : OK;
}
