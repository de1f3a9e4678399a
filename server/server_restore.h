/*
 * server_restore.h - a backup takes the place of the database.
 */
#ifndef SERVER_RESTORE_H
#define SERVER_RESTORE_H

#include "server_config.h"

/*
 * Puts `file`, a backup of this very node, in the place of HOME/douar.db, under another epoch: who
 * syncs here will hand over what is missing. The database it replaces is kept as `ret_aside` (""
 * when there was none). Nothing changes on failure: ERR_IN_USE while something has the database
 * open, ERR_DB_CORRUPT, ERR_DB, ERR_FILE when the file isn't a sound backup, ERR_NOT_ALLOWED when
 * it is another node's. `known`: its keys are this office's, so what doesn't open is damaged. What
 * HOME lacks of its other files is taken from beside the copy (server_office.h).
 */
MUST_CHECK enum err home_restore(const struct host *host, const char *home, const char *file,
                                 bool known, char ret_aside[CONFIG_PATH_SIZE], struct diag *diag);

/* A restore that a power cut ended when the old database was away and the new one not there yet: it
   is done to its end. Nothing otherwise. */
MUST_CHECK enum err home_restore_finish(const struct host *host, const char *home,
                                        struct diag *diag);

#endif
