/*
 * export_files.h - the attached files of an export, beside it.
 *
 * Each is called by its hash, as the export's cells and values name it, so that two records that
 * share a file share it here too, and a second export writes only what is new.
 */
#ifndef EXPORT_FILES_H
#define EXPORT_FILES_H

#include "export.h"

struct export_files {
    int64_t written; /* there now; some from an earlier export */
    int64_t missing; /* not at this node (yet) */
};

/* ERR_UNKNOWN_TYPE, ERR_FILE, ERR_DB_FULL. */
MUST_CHECK enum err export_files(const struct host *host, struct node *node, const char *type,
                                 const char *folder, const struct export_options *options,
                                 struct export_files *ret, struct diag *diag);

#endif
