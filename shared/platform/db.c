#include "db_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static enum err err_of(int code, int system_errno)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return OK;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_FULL:
        return ERR_DB_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_DB_CORRUPT;
    case SQLITE_BUSY:
        return ERR_BUSY;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_NOMEM) {
            return ERR_NOMEM;
        }
        if (code == SQLITE_IOERR_DATA) { /* a page that isn't what was sealed */
            return ERR_DB_CORRUPT;
        }
        /* Growing the -shm file reports a full disk as an I/O error. */
        return system_errno == ENOSPC ? ERR_DB_FULL : ERR_DB;
    default:
        return ERR_DB;
    }
}

enum err db_fail_text(struct db *db, enum err e, const char *text)
{
    db->error = e;
    span_text(span_of(text), db->error_text, sizeof db->error_text);
    return e;
}

enum err db_fail(struct db *db, int code)
{
    bool closed = db->handle == NULL;
    enum err e = err_of(code, closed ? 0 : sqlite3_system_errno(db->handle));
    if (e == OK) {
        return OK;
    }
    /* The connection's own message is more telling, but only while it is about this failure. */
    bool current = !closed && sqlite3_extended_errcode(db->handle) == code;
    return db_fail_text(db, e, current ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
}

const char *db_error_text(const struct db *db)
{
    return db->error_text;
}

enum err db_exec(struct db *db, const char *sql)
{
    return db_fail(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static enum err ask(struct db *db, const char *sql, int64_t *ret_number, char *ret_text,
                    size_t text_size)
{
    sqlite3_stmt *handle = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &handle, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(handle);
    }
    enum err e = db_fail(db, code);
    if (code == SQLITE_DONE) {
        e = db_fail_text(db, ERR_DB, "no answer to a setting");
    }
    if (code == SQLITE_ROW && ret_number != NULL) {
        *ret_number = sqlite3_column_int64(handle, 0);
    }
    if (code == SQLITE_ROW && ret_text != NULL) {
        const char *text = (const char *)sqlite3_column_text(handle, 0);
        span_text(span_of(text), ret_text, text_size);
    }
    (void)sqlite3_finalize(handle);
    return e;
}

enum err db_ask_i64(struct db *db, const char *sql, int64_t *ret)
{
    return ask(db, sql, ret, NULL, 0);
}

enum err db_ask_text(struct db *db, const char *sql, char *ret, size_t size)
{
    return ask(db, sql, NULL, ret, size);
}

static enum err run_own(struct db *db, enum own_stmt index)
{
    return stmt_run(db_own_stmt(db, index));
}

bool db_in_transaction(const struct db *db)
{
    return db->writing;
}

/*
 * A full disk, a failed write or no memory may make SQLite undo the whole transaction by itself.
 * What ran afterwards would then be committed one by one, so nothing may run until db_end().
 */
bool db_was_undone(const struct db *db)
{
    return (db->writing || db->read_begun) && sqlite3_get_autocommit(db->handle) != 0;
}

bool db_undo_left(struct db *db)
{
    if (db->left_open) {
        db->left_open = false;
        (void)run_own(db, OWN_ROLLBACK);
        db->left_open = sqlite3_get_autocommit(db->handle) == 0;
    }
    return !db->left_open;
}

/* Keeps the failure that led here. Its statement is there since db_open() and needs no memory,
   unless the schema was read anew meanwhile: then the next one undoes first. */
static void undo_all(struct db *db)
{
    char why[DB_ERROR_SIZE];
    memcpy(why, db->error_text, sizeof why);
    enum err first = db->error;
    db->left_open = false;
    (void)run_own(db, OWN_ROLLBACK); /* Fails, too, when SQLite has rolled back already. */
    db->left_open = sqlite3_get_autocommit(db->handle) == 0;
    (void)db_fail_text(db, first, why);
}

/* SQLite may say that there is no memory for what it has begun all the same. */
static enum err begin(struct db *db, enum own_stmt how)
{
    enum err e = run_own(db, how);
    if (e != OK && sqlite3_get_autocommit(db->handle) == 0) {
        undo_all(db);
    }
    return e;
}

enum err db_begin(struct db *db)
{
    assert(!db->writing && db->read_depth == 0);
    enum err e = begin(db, OWN_BEGIN);
    db->writing = e == OK;
    return e;
}

enum err db_end(struct db *db, enum err e)
{
    assert(db->writing && db->save_depth == 0);
    bool undone = db_was_undone(db);
    db->writing = false;
    if (undone) {
        /* Who goes on after a failure that undid everything must not be told it was kept. */
        enum err reason = db->error != OK ? db->error : ERR_DB;
        return e != OK ? e : reason;
    }
    if (e == OK) {
        e = run_own(db, OWN_COMMIT);
    }
    if (e != OK && sqlite3_get_autocommit(db->handle) == 0) {
        undo_all(db);
    }
    return e;
}

enum err db_save_begin(struct db *db)
{
    assert(db->writing);
    enum err e = run_own(db, OWN_SAVE);
    db->save_depth += e == OK ? 1 : 0;
    return e;
}

enum err db_save_end(struct db *db, enum err e)
{
    assert(db->writing && db->save_depth > 0);
    db->save_depth--;
    if (db_was_undone(db)) {
        enum err reason = db->error != OK ? db->error : ERR_DB;
        return e != OK ? e : reason;
    }
    if (e == OK) {
        e = run_own(db, OWN_SAVE_KEEP);
    }
    if (e == OK) {
        return OK;
    }
    enum err undo = run_own(db, OWN_SAVE_UNDO);
    if (undo == OK) {
        undo = run_own(db, OWN_SAVE_KEEP); /* RELEASE ends the savepoint that stays after undo. */
    }
    /* What can't be undone by itself must not be committed with the rest. */
    if (undo != OK && sqlite3_get_autocommit(db->handle) == 0) {
        undo_all(db);
    }
    return undo == OK ? e : undo;
}

static void end_view(struct db *db)
{
    bool undone = db_was_undone(db);
    db->read_begun = false;
    if (!undone && run_own(db, OWN_COMMIT) != OK) {
        undo_all(db);
    }
}

enum err db_read_begin(struct db *db)
{
    if (db->read_depth == 0 && !db->writing) {
        enum err e = begin(db, OWN_BEGIN_READ);
        if (e) {
            return e;
        }
        db->read_begun = true;
        /* BEGIN alone takes no view: the first read does. */
        e = run_own(db, OWN_LOOK);
        if (e) {
            end_view(db);
            return e;
        }
    }
    db->read_depth++;
    return OK;
}

void db_read_end(struct db *db)
{
    assert(db->read_depth > 0);
    db->read_depth--;
    if (db->read_depth == 0 && db->read_begun) {
        end_view(db);
    }
}

int64_t db_last_id(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_changed(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_total_changes64(db->handle);
}

int64_t db_version(struct db *db)
{
    struct stmt *stmt = db_own_stmt(db, OWN_DATA_VERSION);
    int64_t version = stmt_row(stmt) ? stmt_i64(stmt, 0) : -1;
    return stmt_end(stmt) == OK ? version : -1;
}

enum err db_scour(struct db *db)
{
    assert(!db->writing && db->read_depth == 0);
    /* SQLite attaches the copy to the connection, which is otherwise never allowed. */
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 1);
    enum err e = db_exec(db, "VACUUM");
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    return e ? e : db_checkpoint(db);
}

enum err db_checkpoint(struct db *db)
{
    return db_fail(
        db, sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/*
 * Who has a database open in WAL mode holds a shared lock of its file, so alone is who can have the
 * exclusive one for a moment. (Leaving WAL mode would tell, too, but writes page 1 in place, and
 * sealed pages have no journal to write it by.)
 */
static int lock_alone(struct db *db)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code != SQLITE_OK) {
        return code;
    }
    code = file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE);
    int back = file->pMethods->xUnlock(file, SQLITE_LOCK_SHARED);
    return code != SQLITE_OK ? code : back;
}

enum err db_alone(struct db *db)
{
    (void)sqlite3_busy_timeout(db->handle, 0);
    enum err e = db_fail(db, lock_alone(db));
    if (!e) {
        e = db_checkpoint(db);
    }
    return e == ERR_BUSY ? ERR_IN_USE : e;
}

void db_rest(struct db *db)
{
    (void)sqlite3_db_release_memory(db->handle);
}

enum err db_shrink(struct db *db)
{
    enum err e = db_exec(db, "PRAGMA incremental_vacuum;");
    return e ? e : db_checkpoint(db);
}
