#include "server_key.h"

#include <stdio.h>
#include <string.h>

#include "cipher.h"
#include "db.h"
#include "node.h"
#include "org.h"
#include "server_home.h"

#define KEEP_NAME_SIZE 64
#define LINE_MAX_SIZE  4096
#define CREDENTIAL     "douar.key"

void server_key_init(struct server_key *key, const struct host *host)
{
    *key = (struct server_key){.host = *host};
}

void server_key_close(struct server_key *key)
{
    secret_free(key->key);
    key->key = NULL;
    key->host.db_key = (struct span){0};
}

static enum err hold(struct server_key *key, const struct seal_key *bytes, struct diag *diag)
{
    server_key_close(key);
    key->key = secret_new(sizeof *key->key);
    if (key->key == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    *key->key = *bytes;
    key->host.db_key = span_from(key->key->bytes, SEAL_KEY_SIZE);
    return OK;
}

/* ---- the session */

static void keep_name(struct id vault, char ret[KEEP_NAME_SIZE])
{
    span_text(span_of("douard-"), ret, KEEP_NAME_SIZE);
    id_write(vault, ret + strlen(ret));
}

/* As long as the machine runs: an office serves through the night. */
static void keep(const struct server_key *key, struct id vault)
{
    const struct host *host = &key->host;
    char name[KEEP_NAME_SIZE];
    keep_name(vault, name);
    if (host->keep != NULL) {
        enum err ignored = host->keep->put(host->ctx, name, host->db_key, 0);
        (void)ignored; /* then each command asks */
    }
}

static bool get_kept(const struct host *host, struct id vault, struct seal_key *ret)
{
    char name[KEEP_NAME_SIZE];
    struct buf kept;
    keep_name(vault, name);
    buf_init(&kept, &host->mem, LINE_MAX_SIZE);
    bool there = host->keep != NULL && host->keep->get(host->ctx, name, &kept) == OK &&
                 kept.size == SEAL_KEY_SIZE;
    if (there) {
        memcpy(ret->bytes, kept.data, SEAL_KEY_SIZE);
    }
    if (kept.data != NULL) {
        sign_wipe(kept.data, kept.size);
    }
    buf_release(&kept);
    return there;
}

static bool take_kept(struct server_key *key, struct id vault)
{
    struct seal_key bytes;
    bool there = get_kept(&key->host, vault, &bytes) && hold(key, &bytes, NULL) == OK;
    sign_wipe(&bytes, sizeof bytes);
    return there;
}

/* ---- secrets */

enum err server_key_line(const struct host *host, const char *path, struct buf *ret,
                         struct diag *diag)
{
    enum err e = host->files->read(host->ctx, path, ret);
    for (size_t i = 0; !e && i < ret->size; i++) {
        if (ret->data[i] == '\n' || ret->data[i] == '\r') {
            buf_truncate(ret, i);
        }
    }
    return e ? diag_set(diag, ERR_FILE, path, err_name(e), NULL) : OK;
}

static enum err read_file(struct server_key *key, const struct vault_state *state,
                          const struct secret_source *source, struct vault_secret *ret,
                          struct diag *diag)
{
    const struct host *host = &key->host;
    const char *credentials = source->environment("CREDENTIALS_DIRECTORY");
    char path[VAULT_PATH_SIZE];
    ret->has_file = true;
    int size = snprintf(path, sizeof path, "%s/%s", credentials ? credentials : "", CREDENTIAL);
    bool given = credentials != NULL && size > 0 && (size_t)size < sizeof path &&
                 host->files->exists(host->ctx, path);
    return vault_secret_file(host, given ? path : state->file_name, false, ret->file, diag);
}

static enum err read_passphrase(const struct server_key *key, const struct secret_source *source,
                                struct buf *ret, struct diag *diag)
{
    const char *file = source->environment("DOUARD_PASSPHRASE_FILE");
    if (file != NULL && file[0] != '\0') {
        return server_key_line(&key->host, file, ret, diag);
    }
    if (source->read_secret == NULL) {
        return diag_set(diag, ERR_LOCKED, NULL);
    }
    source->ask(source->ask_ctx);
    return source->read_secret(ret) == OK ? OK : diag_set(diag, ERR_LOCKED, NULL);
}

/* What a vault asks for; `typed` holds what the secret borrows. */
static enum err gather(struct server_key *key, const struct vault_state *state,
                       struct span passphrase, const struct secret_source *source,
                       struct buf *typed, struct vault_secret *ret, struct diag *diag)
{
    enum err e = OK;
    *ret = (struct vault_secret){.passphrase = passphrase};
    if (state->file) {
        e = read_file(key, state, source, ret, diag);
    }
    if (e && state->passphrase_alone) { /* one of the others may open it */
        ret->has_file = false;
        *diag = (struct diag){0};
        e = OK;
    }
    if (!e && !(state->file_alone && ret->has_file) && passphrase.size == 0) {
        e = read_passphrase(key, source, typed, diag);
        ret->passphrase = buf_span(typed);
    }
    return e;
}

static enum err open_vault(struct server_key *key, const char *home,
                           const struct vault_state *state, struct span passphrase,
                           const struct secret_source *source, size_t *ret_slot, struct diag *diag)
{
    struct vault_secret secret;
    struct seal_key opened;
    struct buf typed;
    buf_init(&typed, &key->host.mem, LINE_MAX_SIZE);
    enum err e = gather(key, state, passphrase, source, &typed, &secret, diag);
    if (!e) {
        e = vault_open(&key->host, home, &secret, &opened, ret_slot, diag);
    }
    if (!e) {
        e = hold(key, &opened, diag);
        sign_wipe(&opened, sizeof opened);
    }
    if (!e && !state->file_alone) {
        keep(key, state->id);
    }
    if (typed.data != NULL) {
        sign_wipe(typed.data, typed.size);
    }
    buf_release(&typed);
    sign_wipe(&secret, sizeof secret);
    return e;
}

/* ---- the verbs */

/* A home from before it had a key, or whose sealing was cut short. */
static enum err seal_home(struct server_key *key, const char *home, struct diag *diag)
{
    char path[CONFIG_PATH_SIZE];
    enum err e = home_path(home, HOME_DB, path);
    if (e) {
        return diag_set(diag, e, home, "1023", NULL);
    }
    bool plain = false;
    e = db_is_plain(&key->host, path, &plain);
    if (e) {
        return diag_set(diag, e, path, err_name(e), NULL);
    }
    e = plain ? node_encrypt(&key->host, path, diag) : OK;
    return e ? e : home_tls_seal(&key->host, home, diag);
}

enum err server_key_open(struct server_key *key, const char *home,
                         const struct secret_source *source, struct diag *diag)
{
    struct vault_state state;
    if (key->key != NULL || !vault_exists(&key->host, home)) {
        return OK;
    }
    enum err e = vault_look(&key->host, home, &state, diag);
    if (!e && (state.file_alone || !take_kept(key, state.id))) {
        e = open_vault(key, home, &state, (struct span){0}, source, NULL, diag);
    }
    return e ? e : seal_home(key, home, diag);
}

enum err server_key_open_kept(struct server_key *key, const char *home,
                              const struct secret_source *source, struct diag *diag)
{
    struct vault_state state;
    enum err e = vault_exists(&key->host, home) ? vault_look(&key->host, home, &state, diag) : OK;
    if (!e && vault_exists(&key->host, home) && !state.file_alone && !take_kept(key, state.id)) {
        e = diag_set(diag, ERR_LOCKED, NULL);
    }
    return e ? e : server_key_open(key, home, source, diag);
}

bool server_key_is_kept(const struct server_key *key, const char *home)
{
    struct vault_state state;
    struct seal_key kept;
    bool same = key->key != NULL && !vault_look(&key->host, home, &state, NULL) &&
                !state.file_alone && get_kept(&key->host, state.id, &kept) &&
                bytes_equal(kept.bytes, key->key->bytes, SEAL_KEY_SIZE);
    sign_wipe(&kept, sizeof kept);
    return same;
}

void server_key_make_passphrase(const struct host *host, char ret[PASSPHRASE_SIZE])
{
    uint8_t random[PASSPHRASE_RANDOM];
    host->random(host->ctx, random, sizeof random);
    passphrase_make(random, ret);
    sign_wipe(random, sizeof random);
}

static enum err new_secret(const struct server_key *key, const char *key_file,
                           struct span passphrase, char made[PASSPHRASE_SIZE],
                           struct vault_secret *ret, struct diag *diag)
{
    *ret = (struct vault_secret){.passphrase = passphrase, .has_file = key_file != NULL};
    made[0] = '\0';
    if (key_file != NULL) {
        return vault_secret_file(&key->host, key_file, true, ret->file, diag);
    }
    if (passphrase.size == 0) {
        server_key_make_passphrase(&key->host, made);
        ret->passphrase = span_of(made);
    }
    return OK;
}

enum err server_key_make(struct server_key *key, const char *home, const char *key_file,
                         struct span passphrase, char ret_made[PASSPHRASE_SIZE], struct diag *diag)
{
    struct vault_secret secret;
    struct vault_state state;
    struct seal_key made;
    enum err e = new_secret(key, key_file, passphrase, ret_made, &secret, diag);
    if (!e) { /* one that is there is of an init that was cut short: there is no database yet */
        e = vault_remake(&key->host, home, &secret, key_file, &made, diag);
    }
    sign_wipe(&secret, sizeof secret);
    if (!e) {
        e = hold(key, &made, diag);
        sign_wipe(&made, sizeof made);
    }
    if (!e) {
        e = vault_look(&key->host, home, &state, diag);
    }
    if (!e && !state.file_alone) {
        keep(key, state.id);
    }
    return e;
}

enum err server_key_unlock(struct server_key *key, const char *home, struct span passphrase,
                           const struct secret_source *source, size_t *ret_slot, struct diag *diag)
{
    struct vault_state state;
    if (!vault_exists(&key->host, home)) {
        return diag_set(diag, ERR_NO_HOME, home, NULL);
    }
    enum err e = vault_look(&key->host, home, &state, diag);
    return e ? e : open_vault(key, home, &state, passphrase, source, ret_slot, diag);
}

enum err server_key_lock(struct server_key *key, const char *home, struct diag *diag)
{
    struct vault_state state;
    char name[KEEP_NAME_SIZE];
    if (!vault_exists(&key->host, home)) {
        return diag_set(diag, ERR_NO_HOME, home, NULL);
    }
    enum err e = vault_look(&key->host, home, &state, diag);
    if (!e && key->host.keep != NULL) {
        keep_name(state.id, name);
        key->host.keep->drop(key->host.ctx, name);
    }
    server_key_close(key);
    return e;
}

enum err server_key_add(struct server_key *key, const char *home, const char *name,
                        const char *new_key_file, struct span new_passphrase,
                        char ret_made[PASSPHRASE_SIZE], struct diag *diag)
{
    struct vault_secret secret;
    enum err e = new_secret(key, new_key_file, new_passphrase, ret_made, &secret, diag);
    if (!e) {
        e = vault_add(&key->host, home, key->key, name, &secret, new_key_file, diag);
    }
    sign_wipe(&secret, sizeof secret);
    return e;
}

enum err server_key_change(struct server_key *key, const char *home, size_t slot,
                           const char *new_key_file, struct span new_passphrase,
                           char ret_made[PASSPHRASE_SIZE], struct diag *diag)
{
    struct vault_secret secret;
    if (key->key == NULL) {
        enum err e = server_key_make(key, home, new_key_file, new_passphrase, ret_made, diag);
        return e ? e : seal_home(key, home, diag);
    }
    enum err e = new_secret(key, new_key_file, new_passphrase, ret_made, &secret, diag);
    if (!e) {
        e = vault_change(&key->host, home, key->key, slot, &secret, new_key_file, diag);
    }
    sign_wipe(&secret, sizeof secret);
    return e;
}

/* ---- beside a copy of the database, on any machine */

enum err server_key_open_copy(struct server_key *key, const char *keys, struct span passphrase,
                              const struct secret_source *source, struct diag *diag)
{
    struct vault_state state;
    struct vault_secret secret = {.has_file = false};
    struct seal_key opened;
    struct buf typed;
    buf_init(&typed, &key->host.mem, LINE_MAX_SIZE);
    enum err e = vault_file_look(&key->host, keys, &state, diag);
    if (!e) {
        e = gather(key, &state, passphrase, source, &typed, &secret, diag);
    }
    if (!e) {
        e = vault_file_open(&key->host, keys, &secret, &opened, diag);
    }
    if (!e) {
        e = hold(key, &opened, diag);
        sign_wipe(&opened, sizeof opened);
    }
    if (typed.data != NULL) {
        sign_wipe(typed.data, typed.size);
    }
    buf_release(&typed);
    sign_wipe(&secret, sizeof secret);
    return e;
}

enum err server_key_recover_copy(struct server_key *key, const char *keys,
                                 const struct secret_key *recovery, struct diag *diag)
{
    struct seal_key opened;
    enum err e = vault_file_recover(&key->host, keys, recovery, &opened, diag);
    if (!e) {
        e = hold(key, &opened, diag);
        sign_wipe(&opened, sizeof opened);
    }
    return e;
}

enum err server_key_take_copy(struct server_key *key, const char *home, const char *keys,
                              struct diag *diag)
{
    struct vault_state state;
    enum err e = vault_file_take(&key->host, keys, home, diag);
    if (!e) {
        e = vault_look(&key->host, home, &state, diag);
    }
    if (!e && !state.file_alone) {
        keep(key, state.id);
    }
    return e;
}

enum err server_key_note_recovery(const struct host *host, const char *home, struct node *node,
                                  struct diag *diag)
{
    const struct org *org = NULL;
    struct seal_key bytes;
    enum err e = host->db_key.size == SEAL_KEY_SIZE ? node_org(node, &org) : OK;
    if (e || org == NULL || !org->has_recovery) {
        return e ? diag_keep(diag, e) : OK;
    }
    memcpy(bytes.bytes, host->db_key.data, SEAL_KEY_SIZE);
    e = vault_set_recovery(host, home, &bytes, &org->recovery, diag);
    sign_wipe(&bytes, sizeof bytes);
    return e;
}
