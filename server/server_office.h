/*
 * server_office.h - what of HOME isn't in the database, beside a copy of it.
 *
 *     FILE          the copy of the database
 *     FILE.keys     what opens it (vault.h), as it was when the copy was made
 *     FILE.office   douard.conf, certificates and private keys, in one file sealed under the same
 *                   key: with them another machine stands in for a lost one, under the same pins
 */
#ifndef SERVER_OFFICE_H
#define SERVER_OFFICE_H

#include "server_config.h"

#define OFFICE_KEYS     ".keys"
#define OFFICE_FILES    ".office"
#define OFFICE_PATH_MAX (CONFIG_PATH_SIZE + 16)

/* FILE and a suffix. */
void office_path(const char *file, const char *suffix, char ret[OFFICE_PATH_MAX]);

/* Both files beside the copy at `file`; nothing but the second, in the clear, in a home without a
   key. */
MUST_CHECK enum err office_save(const struct host *host, const char *home, const char *file,
                                struct diag *diag);
/* Those of FILE.office that HOME lacks; OK when there is no such file, of an older copy. `host` has
   the key. */
MUST_CHECK enum err office_restore(const struct host *host, const char *home, const char *file,
                                   struct diag *diag);

#endif
