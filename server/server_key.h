/*
 * server_key.h - what opens a hub's database, and where commands get it from.
 *
 * HOME/douar.keys says what is needed (vault.h). In this order:
 * - a secret file: $CREDENTIALS_DIRECTORY/douar.key, which systemd fills (LoadCredentialEncrypted=
 *   seals it to the machine's TPM), else the path that was given when it was made;
 * - a passphrase: what `douard unlock`, or a command before, left in the session (host->keep); else
 *   the first line of the file that DOUARD_PASSPHRASE_FILE names; else typed.
 * `serve` and the commands beside it get it the same way. While `serve` runs on what lies in the
 * session, `lock` ends that: it begins anew, without the key, and waits for `unlock`. A home
 * without douar.keys isn't sealed. With the key the private keys in HOME/tls are sealed too.
 */
#ifndef SERVER_KEY_H
#define SERVER_KEY_H

#include "vault.h"

struct node;

/* The host with the key in it: what everything that opens the database works with. */
struct server_key {
    struct host host;
    struct seal_key *key; /* NULL: locked, or not sealed */
};

/* Where secrets come from, besides files. */
struct secret_source {
    const char *(*environment)(const char *name);
    enum err (*read_secret)(struct buf *ret); /* NULL where nobody sits */
    void (*ask)(void *ctx);                   /* shows the question */
    void *ask_ctx;
};

void server_key_init(struct server_key *key, const struct host *host);
void server_key_close(struct server_key *key); /* Wipes it. */

/* OK without a key when the home isn't sealed; ERR_LOCKED, ERR_SECRET. Seals a database that was
   an ordinary one. */
MUST_CHECK enum err server_key_open(struct server_key *key, const char *home,
                                    const struct secret_source *source, struct diag *diag);
/* The same, but with what lies in the session alone: ERR_LOCKED while nobody unlocked it. A home
   that a secret file opens can't be locked while that file is there. */
MUST_CHECK enum err server_key_open_kept(struct server_key *key, const char *home,
                                         const struct secret_source *source, struct diag *diag);
/* Does what `key` was opened with still lie in the session? False after `lock`. */
bool server_key_is_kept(const struct server_key *key, const char *home);
/* For a new home: from `key_file` (made when absent), the passphrase, or one that is made. */
MUST_CHECK enum err server_key_make(struct server_key *key, const char *home, const char *key_file,
                                    struct span passphrase, char ret_made[PASSPHRASE_SIZE],
                                    struct diag *diag);
/* `passphrase` empty: from the source. `ret_slot` (NULL: not asked) as vault_open(). */
MUST_CHECK enum err server_key_unlock(struct server_key *key, const char *home,
                                      struct span passphrase, const struct secret_source *source,
                                      size_t *ret_slot, struct diag *diag);
MUST_CHECK enum err server_key_lock(struct server_key *key, const char *home, struct diag *diag);
/* What opened it before doesn't any more. Of a home that isn't sealed it makes one that is. */
MUST_CHECK enum err server_key_change(struct server_key *key, const char *home, size_t slot,
                                      const char *new_key_file, struct span new_passphrase,
                                      char ret_made[PASSPHRASE_SIZE], struct diag *diag);
/* Another person's slot, of an office that is open: vault_add(). */
MUST_CHECK enum err server_key_add(struct server_key *key, const char *home, const char *name,
                                   const char *new_key_file, struct span new_passphrase,
                                   char ret_made[PASSPHRASE_SIZE], struct diag *diag);
/*
 * With the keys beside a copy of the database (server_office.h), on a machine that knows no other:
 * by what opened the office then, or with the organisation's recovery key; then they become HOME's.
 */
MUST_CHECK enum err server_key_open_copy(struct server_key *key, const char *keys,
                                         struct span passphrase, const struct secret_source *source,
                                         struct diag *diag);
MUST_CHECK enum err server_key_recover_copy(struct server_key *key, const char *keys,
                                            const struct secret_key *recovery, struct diag *diag);
MUST_CHECK enum err server_key_take_copy(struct server_key *key, const char *home, const char *keys,
                                         struct diag *diag);

/* The organisation's recovery key gets its slot as soon as it is known here; `host` has the key. */
MUST_CHECK enum err server_key_note_recovery(const struct host *host, const char *home,
                                             struct node *node, struct diag *diag);

/* First line of a file into `ret`. */
MUST_CHECK enum err server_key_line(const struct host *host, const char *path, struct buf *ret,
                                    struct diag *diag);
void server_key_make_passphrase(const struct host *host, char ret[PASSPHRASE_SIZE]);

#endif
