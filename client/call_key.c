/*
 * call_key.c - what opens the database: unlocked, locked, changed, recovered.
 *
 * The key lies in the device's memory while it is open, and between one process and the next where
 * host->keep holds it. Each call that uses it puts off the time at which it goes.
 */
#include <string.h>

#include "call_put.h"
#include "cipher.h"
#include "db.h"

#define KEEP_NAME_SIZE  64
#define KEPT_SIZE       (SEAL_KEY_SIZE + 4) /* the key, then minutes, little-endian */
#define REQUEST_SECONDS 86400
#define MINUTE_SECONDS  60

/* ---- in the device */

void key_forget(struct open_key *open)
{
    secret_free(open->key);
    open->key = NULL;
    open->host.db_key = (struct span){0};
}

static enum err hold(struct call *call, const struct seal_key *key)
{
    key_forget(call->open);
    call->open->key = secret_new(sizeof *call->open->key);
    if (!call->open->key) {
        return diag_set(call->diag, ERR_NOMEM, NULL);
    }
    *call->open->key = *key;
    call->open->host.db_key = span_from(call->open->key->bytes, SEAL_KEY_SIZE);
    return OK;
}

/* ---- in the session */

static void keep_name(const char *what, struct id vault, char ret[KEEP_NAME_SIZE])
{
    span_text(span_of(what), ret, KEEP_NAME_SIZE);
    id_write(vault, ret + strlen(ret));
}

static bool keep(struct call *call, struct id vault, int64_t minutes)
{
    char name[KEEP_NAME_SIZE];
    uint8_t kept[KEPT_SIZE];
    const struct host *host = call->host;
    keep_name("douar-", vault, name);
    memcpy(kept, call->open->key->bytes, SEAL_KEY_SIZE);
    for (size_t i = 0; i < KEPT_SIZE - SEAL_KEY_SIZE; i++) {
        kept[SEAL_KEY_SIZE + i] = (uint8_t)(minutes >> (8 * i));
    }
    bool done = host->keep && host->keep->put(host->ctx, name, span_from(kept, sizeof kept),
                                              minutes * MINUTE_SECONDS) == OK;
    sign_wipe(kept, sizeof kept);
    return done;
}

static bool take_kept(struct call *call, struct id vault)
{
    char name[KEEP_NAME_SIZE];
    struct seal_key key;
    struct buf kept;
    const struct host *host = call->host;
    int64_t minutes = 0;
    keep_name("douar-", vault, name);
    buf_init(&kept, &host->mem, 4096);
    bool there =
        host->keep && host->keep->get(host->ctx, name, &kept) == OK && kept.size == KEPT_SIZE;
    if (there) {
        memcpy(key.bytes, kept.data, SEAL_KEY_SIZE);
        for (size_t i = 0; i < KEPT_SIZE - SEAL_KEY_SIZE; i++) {
            minutes |= (int64_t)kept.data[SEAL_KEY_SIZE + i] << (8 * i);
        }
        there = hold(call, &key) == OK;
        (void)(there && keep(call, vault, minutes)); /* another while from now */
        sign_wipe(&key, sizeof key);
    }
    if (kept.data) {
        sign_wipe(kept.data, kept.size);
    }
    buf_release(&kept);
    return there;
}

static void drop_kept(const struct call *call, struct id vault)
{
    char name[KEEP_NAME_SIZE];
    if (call->host->keep) {
        keep_name("douar-", vault, name);
        call->host->keep->drop(call->host->ctx, name);
    }
}

/* ---- secrets that a caller names */

static enum err read_secret(struct call *call, const char *passphrase_arg, const char *file,
                            bool make_file, struct vault_secret *ret)
{
    const char *passphrase = call_arg_text(call, passphrase_arg);
    *ret = (struct vault_secret){.passphrase = span_of(passphrase), .has_file = file != NULL};
    return file ? vault_secret_file(call->host, file, make_file, ret->file, call->diag) : OK;
}

/* Nothing given: a passphrase is made, and the answer tells it this once. */
static void make_passphrase(struct call *call, struct vault_secret *secret,
                            char made[PASSPHRASE_SIZE])
{
    uint8_t random[PASSPHRASE_RANDOM];
    if (secret->passphrase.size > 0 || secret->has_file) {
        return;
    }
    call->host->random(call->host->ctx, random, sizeof random);
    passphrase_make(random, made);
    sign_wipe(random, sizeof random);
    secret->passphrase = span_of(made);
}

/* Holds the key and says what a person must know of it. */
static enum err opened(struct call *call, const struct seal_key *key, const char *made)
{
    struct vault_state state;
    enum err e = vault_look(call->host, call->home, &state, call->diag);
    if (!e) {
        e = hold(call, key);
    }
    if (e) {
        return e;
    }
    int64_t minutes = call_arg_int(call, "minutes", CALL_MINUTES);
    put_text(call, "passphrase", made);
    if (!state.file_alone && keep(call, state.id, minutes)) {
        put_int(call, "minutes", minutes);
    }
    return OK;
}

enum err key_make(struct call *call, const char *passphrase_arg, const char *file_arg)
{
    char made[PASSPHRASE_SIZE] = "";
    struct vault_secret secret;
    struct seal_key key;
    const char *file = call_arg_text(call, file_arg);
    enum err e = read_secret(call, passphrase_arg, file, true, &secret);
    if (e) {
        return e;
    }
    make_passphrase(call, &secret, made);
    if (vault_exists(call->host, call->home)) { /* of an init that was cut short: no data yet */
        e = vault_remake(call->host, call->home, &secret, file, &key, call->diag);
    } else {
        e = vault_make(call->host, call->home, &secret, file, &key, call->diag);
    }
    if (!e) {
        e = opened(call, &key, made);
    }
    sign_wipe(&key, sizeof key);
    sign_wipe(&secret, sizeof secret);
    sign_wipe(made, sizeof made);
    return e;
}

enum err key_load(struct call *call)
{
    struct vault_state state;
    struct vault_secret secret = {.has_file = true};
    struct seal_key key;
    if (call->open->key || !vault_exists(call->host, call->home)) {
        return OK;
    }
    enum err e = vault_look(call->host, call->home, &state, call->diag);
    if (e || (!state.file_alone && take_kept(call, state.id))) {
        return e;
    }
    if (!state.file_alone) {
        return diag_set(call->diag, ERR_LOCKED, NULL);
    }
    e = vault_secret_file(call->host, state.file_name, false, secret.file, call->diag);
    if (!e) {
        e = vault_open(call->host, call->home, &secret, &key, NULL, call->diag);
    }
    if (!e) {
        e = hold(call, &key);
        sign_wipe(&key, sizeof key);
    }
    sign_wipe(&secret, sizeof secret);
    return e;
}

enum err key_note_recovery(struct call *call)
{
    const struct org *org = NULL;
    enum err e = call->open->key ? node_org(call->node, &org) : OK;
    if (e || !org || !org->has_recovery) {
        return e;
    }
    return vault_set_recovery(call->host, call->home, call->open->key, &org->recovery, call->diag);
}

/* ---- the calls */

/* Is there a home, and what its vault says. A home without one isn't sealed. */
static enum err look(struct call *call, bool *ret_sealed, struct vault_state *ret)
{
    const char *path = NULL;
    enum err e = call_path(call, CALL_DATABASE, &path);
    if (!e && !call->host->files->exists(call->host->ctx, path)) {
        e = diag_set(call->diag, ERR_NO_HOME, call->home, NULL);
    }
    *ret_sealed = !e && vault_exists(call->host, call->home);
    return *ret_sealed ? vault_look(call->host, call->home, ret, call->diag) : e;
}

/* With what the caller gave, or the file that was named when the slot was made. */
static enum err open_vault(struct call *call, const struct vault_state *state, struct seal_key *ret,
                           size_t *ret_slot)
{
    struct vault_secret secret;
    const char *file = call_arg_text(call, "key_file");
    bool meant = file != NULL;
    file = file || !state->file ? file : state->file_name;
    enum err e = read_secret(call, "passphrase", file, false, &secret);
    if (e && !meant && state->passphrase_alone) { /* somebody else's file, which isn't here */
        secret.has_file = false;
        *call->diag = (struct diag){0};
        e = OK;
    }
    if (!e) {
        e = vault_open(call->host, call->home, &secret, ret, ret_slot, call->diag);
    }
    sign_wipe(&secret, sizeof secret);
    return e;
}

enum err call_unlock(struct call *call)
{
    struct vault_state state;
    struct seal_key key;
    bool sealed = false;
    enum err e = look(call, &sealed, &state);
    if (e || !sealed) {
        return e;
    }
    e = open_vault(call, &state, &key, NULL);
    if (!e) {
        call_close_node(call);
        e = opened(call, &key, NULL);
        sign_wipe(&key, sizeof key);
    }
    return e;
}

enum err call_lock(struct call *call)
{
    struct vault_state state;
    bool sealed = false;
    enum err e = look(call, &sealed, &state);
    if (!e && sealed) {
        drop_kept(call, state.id);
    }
    call_close_node(call);
    return e;
}

/* A home from before there were keys: it gets one, and its database is sealed. */
static enum err seal_home(struct call *call)
{
    const char *path = NULL;
    call_close_node(call);
    enum err e = call_path(call, CALL_DATABASE, &path);
    if (!e) {
        e = key_make(call, "new_passphrase", "new_key_file");
    }
    return e ? e : node_encrypt(&call->open->host, path, call->diag);
}

/* The key stays; what opens it is new. */
static enum err change(struct call *call, const struct seal_key *key, size_t slot)
{
    char made[PASSPHRASE_SIZE] = "";
    struct vault_secret secret;
    const char *file = call_arg_text(call, "new_key_file");
    enum err e = read_secret(call, "new_passphrase", file, true, &secret);
    if (!e) {
        make_passphrase(call, &secret, made);
        e = vault_change(call->host, call->home, key, slot, &secret, file, call->diag);
    }
    if (!e) {
        e = opened(call, key, made);
    }
    sign_wipe(&secret, sizeof secret);
    sign_wipe(made, sizeof made);
    return e;
}

enum err call_passphrase(struct call *call)
{
    struct vault_state state;
    struct seal_key key;
    bool sealed = false;
    size_t slot = 0;
    enum err e = look(call, &sealed, &state);
    if (e) {
        return e;
    }
    if (!sealed) {
        return seal_home(call);
    }
    e = open_vault(call, &state, &key, &slot); /* an unlocked tablet isn't enough to change it */
    if (!e) {
        call_close_node(call);
        e = change(call, &key, slot);
        sign_wipe(&key, sizeof key);
    }
    return e;
}

/* ---- several people */

/* The key, by what the caller gave: an unlocked tablet isn't enough here either. */
static enum err prove(struct call *call, struct seal_key *ret)
{
    struct vault_state state;
    bool sealed = false;
    enum err e = look(call, &sealed, &state);
    if (!e && !sealed) {
        e = diag_set(call->diag, ERR_NOT_FOUND, VAULT_FILE, call->home, NULL);
    }
    return e ? e : open_vault(call, &state, ret, NULL);
}

enum err call_passphrase_add(struct call *call)
{
    char made[PASSPHRASE_SIZE] = "";
    struct vault_secret secret = {.has_file = false};
    struct seal_key key;
    const char *file = call_arg_text(call, "new_key_file");
    enum err e = prove(call, &key);
    if (e) {
        return e;
    }
    e = read_secret(call, "new_passphrase", file, true, &secret);
    if (!e) {
        make_passphrase(call, &secret, made);
        e = vault_add(call->host, call->home, &key, call_arg_text(call, "name"), &secret, file,
                      call->diag);
    }
    if (!e) {
        put_text(call, "passphrase", made);
    }
    sign_wipe(&key, sizeof key);
    sign_wipe(&secret, sizeof secret);
    sign_wipe(made, sizeof made);
    return e;
}

enum err call_passphrase_remove(struct call *call)
{
    struct seal_key key;
    enum err e = prove(call, &key);
    if (!e) {
        e = vault_drop(call->host, call->home, &key, call_arg_text(call, "name"), call->diag);
        sign_wipe(&key, sizeof key);
    }
    return e;
}

enum err call_passphrases(struct call *call)
{
    struct vault_person people[VAULT_SLOTS_MAX];
    size_t count = 0;
    const struct seal_key *key = call->open->key;
    enum err e = key ? vault_people(call->host, call->home, key, people, &count, call->diag) : OK;
    if (e) {
        return e;
    }
    json_name(call->out, "passphrases");
    json_open(call->out, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(call->out, '{');
        put_text(call, "name", people[i].name);
        put_true(call, "passphrase", people[i].passphrase);
        put_true(call, "key_file", people[i].file);
        json_close(call->out, '}');
    }
    json_close(call->out, ']');
    return OK;
}

/* ---- a lost passphrase */

static enum err make_request(struct call *call, const struct vault_state *state)
{
    char name[KEEP_NAME_SIZE], request[VAULT_REQUEST_MAX];
    uint8_t seed[SECRET_SEED_SIZE];
    const struct host *host = call->host;
    keep_name("douar-recover-", state->id, name);
    host->random(host->ctx, seed, sizeof seed);
    enum err e = vault_request(host, call->home, seed, request, call->diag);
    if (!e && (!host->keep ||
               host->keep->put(host->ctx, name, span_from(seed, sizeof seed), REQUEST_SECONDS))) {
        e = diag_set(call->diag, ERR_FILE, name, "keep", NULL);
    }
    sign_wipe(seed, sizeof seed);
    if (!e) {
        put_text(call, "request", request);
    }
    return e;
}

static enum err take_answer(struct call *call, const struct vault_state *state, const char *answer,
                            struct seal_key *ret)
{
    char name[KEEP_NAME_SIZE];
    struct buf seed;
    const struct host *host = call->host;
    keep_name("douar-recover-", state->id, name);
    buf_init(&seed, &host->mem, 4096);
    enum err e = host->keep ? host->keep->get(host->ctx, name, &seed) : ERR_NOT_FOUND;
    if (e || seed.size != SECRET_SEED_SIZE) {
        e = diag_set(call->diag, ERR_NOT_FOUND, "request", call->home, NULL);
    } else {
        e = vault_accept(host, call->home, seed.data, span_of(answer), ret, call->diag);
        sign_wipe(seed.data, seed.size);
    }
    buf_release(&seed);
    return e;
}

/* A key that opens nothing must not get a slot in place of the right one. */
static enum err try_key(struct call *call, const struct seal_key *key)
{
    call_close_node(call);
    enum err e = hold(call, key);
    if (!e) {
        e = call_open_node(call);
    }
    call_close_node(call);
    return e == ERR_DB_CORRUPT ? diag_set(call->diag, ERR_SECRET, NULL) : e;
}

enum err call_recover(struct call *call)
{
    struct vault_state state;
    struct seal_key key;
    char name[KEEP_NAME_SIZE];
    bool sealed = false;
    const char *answer = call_arg_text(call, "answer");
    enum err e = look(call, &sealed, &state);
    if (!e && !sealed) {
        e = diag_set(call->diag, ERR_NOT_FOUND, "recovery", call->home, NULL);
    }
    if (e || !answer) {
        return e ? e : make_request(call, &state);
    }
    e = take_answer(call, &state, answer, &key);
    if (!e) {
        e = try_key(call, &key);
    }
    if (!e) {
        e = change(call, &key, 0);
    }
    sign_wipe(&key, sizeof key);
    if (!e) {
        keep_name("douar-recover-", state.id, name);
        call->host->keep->drop(call->host->ctx, name);
    }
    return e;
}
