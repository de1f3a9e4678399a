/*
 * vault_internal.h - what a vault's files hold, for vault*.c.
 */
#ifndef VAULT_INTERNAL_H
#define VAULT_INTERNAL_H

#include "cipher.h"
#include "vault.h"

#define VAULT_TEXT_MAX 16384

struct own_slot {
    bool passphrase, file;
    bool named; /* the first isn't */
    struct {
        uint8_t nonce[CIPHER_NONCE_SIZE], tag[CIPHER_TAG_SIZE], sealed[VAULT_NAME_SIZE];
    } name;
    char file_name[VAULT_FILE_NAME_MAX];
    uint8_t salt[PASSPHRASE_SALT_SIZE];
    struct passphrase_cost cost;
    uint8_t nonce[CIPHER_NONCE_SIZE], tag[CIPHER_TAG_SIZE], sealed[SEAL_KEY_SIZE];
};

struct recovery_slot {
    bool there;
    struct public_key to;
    uint8_t sealed[SEALED_KEY_SIZE];
};

struct vault {
    struct id id;
    struct own_slot slots[VAULT_SLOTS_MAX];
    size_t slot_count;
    struct recovery_slot recovery;
};

MUST_CHECK enum err vault_path(const char *folder, const char *name, char ret[VAULT_PATH_SIZE],
                               struct diag *diag);
MUST_CHECK enum err vault_read(const struct host *host, const char *folder, struct vault *ret,
                               struct diag *diag);
/* Both copies, one after the other. */
MUST_CHECK enum err vault_store(const struct host *host, const char *folder,
                                const struct vault *vault, struct diag *diag);

/* A slot for `key`, and the key of a slot: as vault_make() and vault_open(). */
MUST_CHECK enum err vault_fill_own(const struct host *host, const struct seal_key *key,
                                   const struct vault_secret *secret, const char *file_name,
                                   struct own_slot *ret, struct diag *diag);
MUST_CHECK enum err vault_open_own(const struct own_slot *slot, const struct vault_secret *secret,
                                   struct seal_key *ret, struct diag *diag);

/* What can be said without opening it; each slot in turn. */
void vault_say(const struct vault *vault, struct vault_state *ret);
MUST_CHECK enum err vault_open_any(const struct vault *vault, const struct vault_secret *secret,
                                   struct seal_key *ret, size_t *ret_slot, struct diag *diag);

/* vault_tries.c. Before a try: ERR_TOO_MANY_TRIES, or it is counted; after a right one. */
MUST_CHECK enum err tries_begin(const struct host *host, const char *folder, struct diag *diag);
void tries_end(const struct host *host, const char *folder);

/* vault_text.c: a vault as a line of JSON and a line with its sum. ERR_FORMAT. `ret_whole`: its sum
   is right. One that isn't may open all the same, and a wrong key opens nothing. */
MUST_CHECK enum err vault_write(const struct vault *vault, struct buf *ret);
MUST_CHECK enum err vault_parse(struct span text, struct vault *ret, bool *ret_whole);

#endif
