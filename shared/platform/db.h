/*
 * db.h - the only door to SQLite.
 *
 * With host->db_key (32 bytes) every page is sealed before it reaches the disk (enc_vfs.h);
 * without it the file is an ordinary SQLite database. A wrong key, or none, is ERR_DB_CORRUPT.
 *
 * A database is opened with the house's settings: 40 reserved bytes a page (the place of the
 * encrypting VFS), WAL, synchronous=FULL, foreign keys off, temp_store=MEMORY, trusted_schema
 * off, DEFENSIVE, secure_delete, mmap off, busy timeout. Statements come from a caller's table
 * of SQL texts, are prepared once and kept; values are always bound, never printed into SQL.
 *
 * Use: `struct stmt *s = db_stmt(db, STMT_X); stmt_bind_i64(s, 1, id); while (stmt_row(s)) {...}
 * e = stmt_end(s);` A failed bind or step is kept and returned by stmt_end(), which also resets.
 */
#ifndef DB_H
#define DB_H

#include "buf.h"
#include "embedded.h"
#include "err.h"
#include "host.h"

struct db;
struct stmt;

struct db_options {
    const char *path;
    bool create; /* make it when absent; otherwise ERR_NO_HOME */
    bool read_only;
    int64_t busy_timeout_ms;
    int64_t cache_kib;      /* page cache; 0: 2,048 */
    const char *const *sql; /* the statement table, indexed by the caller's enum */
    size_t sql_count;
};

/* Before the first database of a process; later it does nothing. SQLite counts no memory then,
   which nobody asks it for, and takes no lock for it with each block (a twentieth of a sync's
   time). */
void db_init(void);
MUST_CHECK enum err db_open(const struct host *host, const struct db_options *options,
                            struct db **ret, struct diag *diag);
void db_close(struct db *db); /* Undoes an open transaction. NULL is fine. */

/* SQLite's words on the last failure ("" before the first), for a diag or a log line. They may
   name tables and files but never hold values. */
const char *db_error_text(const struct db *db);

/*
 * Brings the schema to the newest of `migrations` (files "0001_name.sql", in order), each in its
 * own transaction, by PRAGMA user_version; application_id names the file as ours.
 * ERR_DB_NEWER when the file comes from a later program; ERR_DB_CORRUPT when it isn't ours.
 */
MUST_CHECK enum err db_migrate(struct db *db, const struct embedded *migrations, size_t count,
                               struct diag *diag);

/* Transactions. db_begin is BEGIN IMMEDIATE. db_end commits on OK, else rolls back; returns the
   first failure. */
MUST_CHECK enum err db_begin(struct db *db);
MUST_CHECK enum err db_end(struct db *db, enum err e);
bool db_in_transaction(const struct db *db);
/* A nested unit inside a transaction, undone alone on failure. */
MUST_CHECK enum err db_save_begin(struct db *db);
MUST_CHECK enum err db_save_end(struct db *db, enum err e);
/* A consistent view over several reads. */
MUST_CHECK enum err db_read_begin(struct db *db);
void db_read_end(struct db *db);

/* Never NULL: a statement that can't be prepared fails at stmt_end(). */
struct stmt *db_stmt(struct db *db, size_t index);
void stmt_bind_i64(struct stmt *stmt, int column, int64_t value);  /* columns from 1 */
void stmt_bind_u64(struct stmt *stmt, int column, uint64_t value); /* same bits, signed in SQL */
void stmt_bind_text(struct stmt *stmt, int column, struct span text);
void stmt_bind_blob(struct stmt *stmt, int column, const void *data, size_t size);
void stmt_bind_null(struct stmt *stmt, int column);
bool stmt_row(struct stmt *stmt);                /* steps; true when there is a row */
int64_t stmt_i64(struct stmt *stmt, int column); /* columns from 0; 0 for NULL */
uint64_t stmt_u64(struct stmt *stmt, int column);
struct span stmt_span(struct stmt *stmt, int column); /* text or blob, valid until the next step */
bool stmt_blob(struct stmt *stmt, int column, void *ret,
               size_t size); /* false: NULL or other size */
bool stmt_is_null(struct stmt *stmt, int column);
MUST_CHECK enum err stmt_end(struct stmt *stmt); /* resets, unbinds, returns what went wrong */
MUST_CHECK enum err stmt_run(struct stmt *stmt); /* for statements without rows: step and end */

int64_t db_last_id(const struct db *db);
int64_t db_changed(const struct db *db); /* rows changed by the last statement */
int64_t db_changes(const struct db *db); /* rows changed since the database was opened */
/* Changes when another process wrote: caches must be read again. */
int64_t db_version(struct db *db);

/* Copies the database while it is used, a few pages at a time; progress may be NULL. */
MUST_CHECK enum err db_backup(struct db *db, const char *path,
                              void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx,
                              struct diag *diag);
/* Is it an ordinary SQLite database, which anybody can read? False when it is absent or sealed. */
MUST_CHECK enum err db_is_plain(const struct host *host, const char *path, bool *ret);
/*
 * Seals an ordinary database under host->db_key: a sealed copy takes its place when it is whole.
 * Nobody has it open. Where the file system keeps old blocks (flash), what they held stays until
 * it is written over.
 */
MUST_CHECK enum err db_encrypt(const struct host *host, const char *path, struct diag *diag);
/* PRAGMA integrity_check and reserved-bytes check; findings one a line. */
MUST_CHECK enum err db_check(struct db *db, struct buf *ret_findings);
MUST_CHECK enum err db_checkpoint(struct db *db);
/* Nobody else has it open, and its log is empty, so that closing it leaves one file: else
   ERR_IN_USE. After a first read. */
MUST_CHECK enum err db_alone(struct db *db);
/*
 * Writes the whole database anew and empties the write-ahead log: after it no page holds what was
 * deleted, which secure_delete alone doesn't promise (moved rows leave copies in the free part of
 * pages). Takes memory of the database's size, since nothing may lie in a file outside it. Not in a
 * transaction; ERR_BUSY while another connection reads or writes.
 */
MUST_CHECK enum err db_scour(struct db *db);
/* Gives pages that hold nothing any more back to the file system. Outside of transactions. */
MUST_CHECK enum err db_shrink(struct db *db);
/* Gives back the memory of pages that nobody uses now; they are read again when wanted. */
void db_rest(struct db *db);
/* Prepares every text of the table against the migrated schema (a test calls it). */
MUST_CHECK enum err db_prepare_all(struct db *db, struct diag *diag);

#endif
