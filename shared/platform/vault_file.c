/*
 * vault_file.c - the keys that lie beside a copy of a database: written, opened, taken back.
 */
#include <string.h>

#include "vault_internal.h"

static enum err load(const struct host *host, const char *path, struct vault *ret,
                     struct diag *diag)
{
    struct buf text;
    bool whole = false; /* There is no other copy: what can be read is tried. */
    buf_init(&text, &host->mem, VAULT_TEXT_MAX);
    enum err e = host->files->read(host->ctx, path, &text);
    if (!e) {
        e = vault_parse(buf_span(&text), ret, &whole);
    }
    buf_release(&text);
    if (e == ERR_NOT_FOUND) {
        return diag_set(diag, ERR_FILE, path, "not found", NULL);
    }
    return e == ERR_FORMAT ? diag_set(diag, e, path, "1", NULL)
                           : (e ? diag_set(diag, ERR_FILE, path, err_name(e), NULL) : OK);
}

enum err vault_file_write(const struct host *host, const char *folder, const char *path,
                          struct diag *diag)
{
    struct vault vault;
    struct buf text;
    enum err e = vault_read(host, folder, &vault, diag);
    if (e) {
        return e;
    }
    buf_init(&text, &host->mem, VAULT_TEXT_MAX);
    e = vault_write(&vault, &text);
    if (!e) {
        e = host->files->write_atomic(host->ctx, path, buf_span(&text));
    }
    buf_release(&text);
    return e ? diag_set(diag, e, path, err_name(e), NULL) : OK;
}

enum err vault_file_look(const struct host *host, const char *path, struct vault_state *ret,
                         struct diag *diag)
{
    struct vault vault;
    enum err e = load(host, path, &vault, diag);
    if (!e) {
        vault_say(&vault, ret);
    }
    return e;
}

enum err vault_file_open(const struct host *host, const char *path,
                         const struct vault_secret *secret, struct seal_key *ret, struct diag *diag)
{
    struct vault vault;
    enum err e = load(host, path, &vault, diag);
    return e ? e : vault_open_any(&vault, secret, ret, NULL, diag);
}

enum err vault_file_recover(const struct host *host, const char *path,
                            const struct secret_key *recovery, struct seal_key *ret,
                            struct diag *diag)
{
    struct vault vault;
    enum err e = load(host, path, &vault, diag);
    if (!e && !vault.recovery.there) {
        e = diag_set(diag, ERR_NOT_FOUND, "recovery", path, NULL);
    }
    if (!e && !seal_key_open(vault.recovery.sealed, recovery, ret)) {
        e = diag_set(diag, ERR_SECRET, NULL);
    }
    return e;
}

enum err vault_file_take(const struct host *host, const char *path, const char *folder,
                         struct diag *diag)
{
    struct vault vault;
    enum err e = load(host, path, &vault, diag);
    return e ? e : vault_store(host, folder, &vault, diag);
}
