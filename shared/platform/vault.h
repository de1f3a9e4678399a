/*
 * vault.h - the key of a database, in slots that are each opened by another secret.
 *
 * The key is random and never changes; what opens it does. It lies in two small files,
 * "<folder>/douar.keys" and ".keys2", written one after the other: one of them is whole whatever
 * power does. Each says its own sum, so that a flipped bit is not taken for a wrong passphrase; who
 * opens it mends a damaged one. Slots:
 * - up to eight of people: a passphrase, a secret file that lies elsewhere, or both together (then
 * a PIN does). The first is whose home it is; each other has a name, sealed under the key, so that
 *   who has the disk doesn't learn who shares it. Any of them opens.
 * - recovery: sealed to the organisation's recovery key, for a lost passphrase.
 *
 * Wrong passphrases are counted in "<folder>/douar.tries", over restarts: after the third one has
 * to wait a second, then twice as long each time, up to 15 minutes. Nothing is ever wiped for it.
 * It is for who holds the machine and types; who has the disk copies it, and pays Argon2id for each
 * try.
 *
 *     struct vault_secret secret = {.passphrase = ...};
 *     e = vault_make(&host, folder, &secret, NULL, &key, &diag);    a new key
 *     e = vault_open(&host, folder, &secret, &key, &slot, &diag);   ERR_SECRET when it isn't that
 *
 * A lost passphrase: the device makes a request (its recovery slot and a one-time public key), who
 * holds the recovery key answers it, the device opens the answer. The request and the answer may be
 * seen by anybody.
 */
#ifndef VAULT_H
#define VAULT_H

#include "host.h"
#include "id.h"
#include "passphrase.h"

#define VAULT_FILE          "douar.keys"
#define VAULT_SECRET_SIZE   32 /* of a secret file, which has it as base64url */
#define VAULT_PATH_SIZE     1024
#define VAULT_REQUEST_MAX   256 /* characters, with NUL */
#define VAULT_FILE_NAME_MAX 512
#define VAULT_SLOTS_MAX     8
#define VAULT_NAME_SIZE     64  /* of a slot's name, with NUL */
#define VAULT_FREE_TRIES    3   /* wrong ones before the first wait */
#define VAULT_WAIT_MAX_S    900 /* the longest */

struct vault_secret {
    struct span passphrase; /* empty: none */
    bool has_file;
    uint8_t file[VAULT_SECRET_SIZE];
};

/* What can be said of a vault without opening it. */
struct vault_state {
    struct id id;
    bool passphrase, file; /* is needed by at least one slot */
    bool file_alone;       /* a slot needs a file and nothing else: nobody has to type */
    bool passphrase_alone;
    bool recovery;
    struct public_key recovery_key;
    char file_name[VAULT_FILE_NAME_MAX]; /* where the first slot's file was when it was last set */
};

bool vault_exists(const struct host *host, const char *folder);
MUST_CHECK enum err vault_look(const struct host *host, const char *folder, struct vault_state *ret,
                               struct diag *diag);

/* ERR_EXISTS; ERR_WEAK_SECRET (least characters) for a passphrase that isn't strong enough.
   Argon2id costs what this machine does in a second at most (passphrase.h says the least and the
   most). */
MUST_CHECK enum err vault_make(const struct host *host, const char *folder,
                               const struct vault_secret *secret, const char *file_name,
                               struct seal_key *ret, struct diag *diag);
/* The same in the place of one whose database was never made. */
MUST_CHECK enum err vault_remake(const struct host *host, const char *folder,
                                 const struct vault_secret *secret, const char *file_name,
                                 struct seal_key *ret, struct diag *diag);
/*
 * ERR_SECRET when it opens no slot, ERR_LOCKED when a part of it wasn't given, ERR_TOO_MANY_TRIES
 * (seconds to wait). `ret_slot` (NULL: not asked) is which slot it opened. A try is counted before
 * it is made, so that pulling the plug saves nothing; where that can't be written it is made all
 * the same: a full disk must not lock anybody out.
 */
MUST_CHECK enum err vault_open(const struct host *host, const char *folder,
                               const struct vault_secret *secret, struct seal_key *ret,
                               size_t *ret_slot, struct diag *diag);
/* From now on `secret` opens that slot and what did before doesn't. */
MUST_CHECK enum err vault_change(const struct host *host, const char *folder,
                                 const struct seal_key *key, size_t slot,
                                 const struct vault_secret *secret, const char *file_name,
                                 struct diag *diag);

/* ---- several people */

struct vault_person {
    char name[VAULT_NAME_SIZE]; /* "" of the first */
    bool passphrase, file;
};
/* ERR_EXISTS (name), ERR_TOO_LARGE (name, most) for a long name or too many, ERR_WEAK_SECRET. */
MUST_CHECK enum err vault_add(const struct host *host, const char *folder,
                              const struct seal_key *key, const char *name,
                              const struct vault_secret *secret, const char *file_name,
                              struct diag *diag);
/* ERR_NOT_FOUND (name). The first can't go. What it opened stays open for who kept a copy of the
   file from before: only a new key takes it away. */
MUST_CHECK enum err vault_drop(const struct host *host, const char *folder,
                               const struct seal_key *key, const char *name, struct diag *diag);
MUST_CHECK enum err vault_people(const struct host *host, const char *folder,
                                 const struct seal_key *key,
                                 struct vault_person ret[VAULT_SLOTS_MAX], size_t *ret_count,
                                 struct diag *diag);

/*
 * ---- beside a copy of the database: the vault as one file, each copy its own
 *
 * Its id, which is random, is the database's own: whether a copy is of this database can be told
 * without opening either. Failures as above; wrong tries aren't counted: the file lies where it is.
 */
MUST_CHECK enum err vault_file_write(const struct host *host, const char *folder, const char *path,
                                     struct diag *diag);
MUST_CHECK enum err vault_file_look(const struct host *host, const char *path,
                                    struct vault_state *ret, struct diag *diag);
MUST_CHECK enum err vault_file_open(const struct host *host, const char *path,
                                    const struct vault_secret *secret, struct seal_key *ret,
                                    struct diag *diag);
/* With the organisation's recovery key: ERR_NOT_FOUND ("recovery") without such a slot. */
MUST_CHECK enum err vault_file_recover(const struct host *host, const char *path,
                                       const struct secret_key *recovery, struct seal_key *ret,
                                       struct diag *diag);
/* Becomes the vault of `folder`. */
MUST_CHECK enum err vault_file_take(const struct host *host, const char *path, const char *folder,
                                    struct diag *diag);

/* ---- a secret file: 43 characters of base64url and a line end, mode 0600 */

/* Made when it is absent. ERR_FORMAT for a file of another kind, ERR_FILE. */
MUST_CHECK enum err vault_secret_file(const struct host *host, const char *path, bool make,
                                      uint8_t ret[VAULT_SECRET_SIZE], struct diag *diag);

/* ---- a lost passphrase */

/* Does nothing when that is the recovery key already. */
MUST_CHECK enum err vault_set_recovery(const struct host *host, const char *folder,
                                       const struct seal_key *key,
                                       const struct public_key *recovery, struct diag *diag);
/* `seed` is the one-time key: kept until the answer comes, never on a disk. ERR_NOT_FOUND
   ("recovery") without a recovery slot. */
MUST_CHECK enum err vault_request(const struct host *host, const char *folder,
                                  const uint8_t seed[SECRET_SEED_SIZE], char ret[VAULT_REQUEST_MAX],
                                  struct diag *diag);
/* ERR_FORMAT for what isn't a request, ERR_SECRET when it was sealed to another recovery key. */
MUST_CHECK enum err vault_answer(const struct host *host, struct span request,
                                 const struct secret_key *recovery, char ret[VAULT_REQUEST_MAX],
                                 struct diag *diag);
MUST_CHECK enum err vault_accept(const struct host *host, const char *folder,
                                 const uint8_t seed[SECRET_SEED_SIZE], struct span answer,
                                 struct seal_key *ret, struct diag *diag);

/*
 * The recovery key's private half, in a file under a passphrase, meant to be kept away from any
 * machine that is on a network.
 */
MUST_CHECK enum err recovery_write(const struct host *host, const char *path,
                                   const uint8_t seed[SECRET_SEED_SIZE], struct span passphrase,
                                   struct diag *diag);
MUST_CHECK enum err recovery_read(const struct host *host, const char *path, struct span passphrase,
                                  struct secret_key *ret, struct diag *diag);

#endif
