/*
 * db_internal.h - what the files of db.h share; beside enc_*.h the only header that includes
 * sqlite3.h.
 */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

#include <sqlite3.h>

#include "db.h"
#include "enc_vfs.h"

#define DB_APPLICATION_ID 0x444F5541 /* "DOUA" */
#define DB_PAGE_SIZE      4096
#define DB_RESERVED_SIZE  40 /* bytes a page: nonce and tag of the encrypting VFS */
#define DB_ERROR_SIZE     256

/* Statements of the door itself, prepared and kept like the caller's. */
enum own_stmt {
    OWN_BEGIN,
    OWN_BEGIN_READ,
    OWN_LOOK,
    OWN_COMMIT,
    OWN_ROLLBACK,
    OWN_SAVE,
    OWN_SAVE_KEEP,
    OWN_SAVE_UNDO,
    OWN_DATA_VERSION,
    OWN_COUNT
};

struct stmt {
    struct db *db;
    const char *sql;
    sqlite3_stmt *handle; /* NULL until first used */
    enum err failed;      /* the first failure since db_stmt() */
    bool in_use;          /* between db_stmt() and stmt_end() */
};

struct db {
    const struct host *host;
    struct enc_vfs *enc; /* NULL without a key: the host's VFS is used as it is */
    sqlite3 *handle;
    struct stmt own[OWN_COUNT];
    struct stmt *stmts; /* the caller's table */
    size_t stmt_count;
    int save_depth;
    int read_depth;
    bool writing;    /* between db_begin() and db_end(), whatever SQLite did meanwhile */
    bool read_begun; /* the outermost db_read_begin() opened a transaction */
    bool left_open;  /* there was no memory to undo what is open */
    enum err error;  /* the last failure and its text, for diagnosis */
    char error_text[DB_ERROR_SIZE];
};

/* The house's code for one of SQLite's; keeps SQLite's message in the db. OK for success. */
enum err db_fail(struct db *db, int code);
/* The same with a text of our own. */
enum err db_fail_text(struct db *db, enum err e, const char *text);

/* Runs SQL of our own that gives no rows. Only constants and migrations come here. */
MUST_CHECK enum err db_exec(struct db *db, const char *sql);
/* The single integer, or the first text, that a constant statement answers. */
MUST_CHECK enum err db_ask_i64(struct db *db, const char *sql, int64_t *ret);
MUST_CHECK enum err db_ask_text(struct db *db, const char *sql, char *ret, size_t size);

/* SQLite refused to go on inside a transaction that it has already undone. */
bool db_was_undone(const struct db *db);
/* Undoes what is left open, before anything else runs. False: there is no memory for it yet. */
bool db_undo_left(struct db *db);

struct stmt *db_own_stmt(struct db *db, enum own_stmt index);
MUST_CHECK enum err stmt_prepare(struct stmt *stmt);

/* Opens `path` with the settings that every connection of ours has before it reads a page. */
MUST_CHECK enum err db_connect(struct db *db, const char *path, int flags, int64_t busy_timeout_ms);
/* On a database without pages: their size and reserved bytes. */
MUST_CHECK enum err db_shape_pages(struct db *db);

#endif
