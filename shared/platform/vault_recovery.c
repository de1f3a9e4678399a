/*
 * vault_recovery.c - a lost passphrase: the recovery slot, the request, the answer.
 */
#include <string.h>

#include "code.h"
#include "vault_internal.h"

#define REQUEST_HEAD "DOUAR-REQUEST-1-"
#define ANSWER_HEAD  "DOUAR-ANSWER-1-"

/* What the texts hold, one after the other. */
struct request {
    uint8_t sealed[SEALED_KEY_SIZE]; /* the database's key, to the recovery key */
    uint8_t to[PUBLIC_KEY_SIZE];     /* the device's one-time key */
};

static void write_code(const char *head, const void *bytes, size_t size,
                       char ret[VAULT_REQUEST_MAX])
{
    size_t at = strlen(head);
    memcpy(ret, head, at);
    base64_write(bytes, size, ret + at);
}

static enum err read_code(struct span text, const char *head, void *ret, size_t size,
                          struct diag *diag)
{
    while (text.size > 0 && text.data[text.size - 1] <= ' ') {
        text.size--;
    }
    if (!span_starts_with(text, head) ||
        !base64_read(span_cut(text, strlen(head), text.size), ret, size)) {
        return diag_set(diag, ERR_FORMAT, head, "1", NULL);
    }
    return OK;
}

enum err vault_set_recovery(const struct host *host, const char *folder, const struct seal_key *key,
                            const struct public_key *recovery, struct diag *diag)
{
    struct vault vault;
    uint8_t seed[SEAL_SEED_SIZE];
    enum err e = vault_read(host, folder, &vault, diag);
    if (e ||
        (vault.recovery.there && bytes_equal(&vault.recovery.to, recovery, sizeof *recovery))) {
        return e;
    }
    vault.recovery.there = true;
    vault.recovery.to = *recovery;
    host->random(host->ctx, seed, sizeof seed);
    bool sealed = seal_key_for(key, recovery, seed, vault.recovery.sealed);
    sign_wipe(seed, sizeof seed);
    if (!sealed) {
        return diag_set(diag, ERR_SIGNATURE, "recovery", NULL);
    }
    return vault_store(host, folder, &vault, diag);
}

enum err vault_request(const struct host *host, const char *folder,
                       const uint8_t seed[SECRET_SEED_SIZE], char ret[VAULT_REQUEST_MAX],
                       struct diag *diag)
{
    struct vault vault;
    struct request request;
    struct public_key one_time;
    struct secret_key secret;
    enum err e = vault_read(host, folder, &vault, diag);
    if (!e && !vault.recovery.there) {
        e = diag_set(diag, ERR_NOT_FOUND, "recovery", folder, NULL);
    }
    if (e) {
        return e;
    }
    sign_key_from_seed(seed, &one_time, &secret);
    sign_wipe(&secret, sizeof secret);
    memcpy(request.sealed, vault.recovery.sealed, sizeof request.sealed);
    memcpy(request.to, one_time.bytes, sizeof request.to);
    write_code(REQUEST_HEAD, &request, sizeof request, ret);
    return OK;
}

enum err vault_answer(const struct host *host, struct span request_text,
                      const struct secret_key *recovery, char ret[VAULT_REQUEST_MAX],
                      struct diag *diag)
{
    struct request request;
    struct public_key to;
    struct seal_key key;
    uint8_t seed[SEAL_SEED_SIZE], answer[SEALED_KEY_SIZE];
    enum err e = read_code(request_text, REQUEST_HEAD, &request, sizeof request, diag);
    if (e) {
        return e;
    }
    if (!seal_key_open(request.sealed, recovery, &key)) {
        return diag_set(diag, ERR_SECRET, NULL);
    }
    memcpy(to.bytes, request.to, sizeof to.bytes);
    host->random(host->ctx, seed, sizeof seed);
    bool sealed = seal_key_for(&key, &to, seed, answer);
    sign_wipe(&key, sizeof key);
    sign_wipe(seed, sizeof seed);
    if (!sealed) {
        return diag_set(diag, ERR_FORMAT, REQUEST_HEAD, "1", NULL);
    }
    write_code(ANSWER_HEAD, answer, sizeof answer, ret);
    return OK;
}

/* Somebody else's answer, or one to an earlier request, opens nothing; a key that isn't this
   database's shows when the database is opened. */
enum err vault_accept(const struct host *host, const char *folder,
                      const uint8_t seed[SECRET_SEED_SIZE], struct span answer_text,
                      struct seal_key *ret, struct diag *diag)
{
    struct public_key one_time;
    struct secret_key secret;
    uint8_t answer[SEALED_KEY_SIZE];
    struct vault vault;
    enum err e = vault_read(host, folder, &vault, diag);
    if (!e) {
        e = read_code(answer_text, ANSWER_HEAD, answer, sizeof answer, diag);
    }
    if (e) {
        return e;
    }
    sign_key_from_seed(seed, &one_time, &secret);
    bool opened = seal_key_open(answer, &secret, ret);
    sign_wipe(&secret, sizeof secret);
    return opened ? OK : diag_set(diag, ERR_SECRET, NULL);
}

/* ---- the recovery key's private half: a vault whose key is the seed */

enum err recovery_write(const struct host *host, const char *path,
                        const uint8_t seed[SECRET_SEED_SIZE], struct span passphrase,
                        struct diag *diag)
{
    struct vault vault = {.slot_count = 1};
    const struct vault_secret secret = {.passphrase = passphrase};
    struct seal_key key;
    struct buf text;
    memcpy(key.bytes, seed, SEAL_KEY_SIZE);
    host->random(host->ctx, vault.id.bytes, ID_SIZE);
    enum err e = vault_fill_own(host, &key, &secret, NULL, &vault.slots[0], diag);
    sign_wipe(&key, sizeof key);
    buf_init(&text, &host->mem, VAULT_TEXT_MAX);
    if (!e) {
        e = vault_write(&vault, &text);
    }
    if (!e) {
        e = host->files->write_atomic(host->ctx, path, buf_span(&text));
        e = e ? diag_set(diag, e, path, err_name(e), NULL) : OK;
    }
    buf_release(&text);
    return e;
}

enum err recovery_read(const struct host *host, const char *path, struct span passphrase,
                       struct secret_key *ret, struct diag *diag)
{
    struct vault vault;
    const struct vault_secret secret = {.passphrase = passphrase};
    struct public_key ignored;
    struct seal_key key;
    struct buf text;
    bool whole = false;
    buf_init(&text, &host->mem, VAULT_TEXT_MAX);
    enum err e = host->files->read(host->ctx, path, &text);
    if (!e) {
        e = vault_parse(buf_span(&text), &vault, &whole);
    }
    buf_release(&text);
    if (e) {
        return e == ERR_FORMAT ? diag_set(diag, e, path, "1", NULL)
                               : diag_set(diag, ERR_FILE, path, err_name(e), NULL);
    }
    e = vault_open_own(&vault.slots[0], &secret, &key, diag);
    if (!e) {
        sign_key_from_seed(key.bytes, &ignored, ret);
        sign_wipe(&key, sizeof key);
    }
    return e;
}
