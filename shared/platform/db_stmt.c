#include <assert.h>
#include <string.h>

#include "db_internal.h"

enum err stmt_prepare(struct stmt *stmt)
{
    if (stmt->handle != NULL) {
        return OK;
    }
    const char *rest = NULL;
    int code = sqlite3_prepare_v3(stmt->db->handle, stmt->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &stmt->handle, &rest);
    if (code != SQLITE_OK) {
        return db_fail(stmt->db, code);
    }
    /* A second statement in one text would silently never run. */
    if (stmt->handle == NULL || rest[strspn(rest, "; \n")] != '\0') {
        (void)sqlite3_finalize(stmt->handle);
        stmt->handle = NULL;
        return db_fail_text(stmt->db, ERR_DB, "not exactly one statement");
    }
    return OK;
}

static struct stmt *use(struct stmt *stmt)
{
    assert(!stmt->in_use); /* An earlier user left without stmt_end(). */
    stmt->in_use = true;
    stmt->failed = stmt_prepare(stmt);
    return stmt;
}

struct stmt *db_stmt(struct db *db, size_t index)
{
    assert(index < db->stmt_count);
    return use(&db->stmts[index]);
}

struct stmt *db_own_stmt(struct db *db, enum own_stmt index)
{
    return use(&db->own[index]);
}

static void note(struct stmt *stmt, int code)
{
    if (code != SQLITE_OK) {
        stmt->failed = db_fail(stmt->db, code);
    }
}

void stmt_bind_i64(struct stmt *stmt, int column, int64_t value)
{
    if (stmt->failed == OK) {
        note(stmt, sqlite3_bind_int64(stmt->handle, column, value));
    }
}

void stmt_bind_u64(struct stmt *stmt, int column, uint64_t value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    stmt_bind_i64(stmt, column, bits);
}

/*
 * Bound values are copied: what a caller binds often lives in a buffer that it goes on filling
 * before the step, and a copy of a few hundred bytes is lost beside the step itself.
 */
void stmt_bind_text(struct stmt *stmt, int column, struct span text)
{
    if (stmt->failed == OK) {
        const char *data = text.data == NULL ? "" : (const char *)text.data;
        note(stmt, sqlite3_bind_text64(stmt->handle, column, data, text.size, SQLITE_TRANSIENT,
                                       SQLITE_UTF8));
    }
}

void stmt_bind_blob(struct stmt *stmt, int column, const void *data, size_t size)
{
    if (stmt->failed == OK) {
        note(stmt, sqlite3_bind_blob64(stmt->handle, column, data == NULL ? "" : data, size,
                                       SQLITE_TRANSIENT));
    }
}

void stmt_bind_null(struct stmt *stmt, int column)
{
    if (stmt->failed == OK) {
        note(stmt, sqlite3_bind_null(stmt->handle, column));
    }
}

bool stmt_row(struct stmt *stmt)
{
    if (stmt->failed == OK && !db_undo_left(stmt->db)) {
        stmt->failed = ERR_NOMEM;
    }
    if (stmt->failed == OK && db_was_undone(stmt->db)) {
        stmt->failed = stmt->db->error != OK ? stmt->db->error : ERR_DB;
    }
    if (stmt->failed != OK) {
        return false;
    }
    int code = sqlite3_step(stmt->handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        note(stmt, code);
    }
    return code == SQLITE_ROW;
}

int64_t stmt_i64(struct stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

uint64_t stmt_u64(struct stmt *stmt, int column)
{
    int64_t bits = sqlite3_column_int64(stmt->handle, column);
    uint64_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

struct span stmt_span(struct stmt *stmt, int column)
{
    const void *data = sqlite3_column_blob(stmt->handle, column);
    int size = sqlite3_column_bytes(stmt->handle, column);
    if (data == NULL) {
        /* NULL and empty look alike here, and so does "no memory": only the last is a failure. */
        if (stmt->failed == OK && sqlite3_errcode(stmt->db->handle) == SQLITE_NOMEM) {
            note(stmt, SQLITE_NOMEM);
        }
        return (struct span){0};
    }
    return span_from(data, (size_t)size);
}

bool stmt_blob(struct stmt *stmt, int column, void *ret, size_t size)
{
    struct span span = stmt_span(stmt, column);
    if (span.size != size || span.data == NULL) {
        return false;
    }
    memcpy(ret, span.data, size);
    return true;
}

bool stmt_is_null(struct stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

enum err stmt_end(struct stmt *stmt)
{
    assert(stmt->in_use);
    enum err e = stmt->failed;
    if (stmt->handle != NULL) {
        (void)sqlite3_reset(stmt->handle); /* Repeats the failure of the step, which is known. */
        (void)sqlite3_clear_bindings(stmt->handle);
    }
    stmt->in_use = false;
    stmt->failed = OK;
    return e;
}

enum err stmt_run(struct stmt *stmt)
{
    while (stmt_row(stmt)) {
        /* A statement with RETURNING must be stepped to its end to take effect. */
    }
    return stmt_end(stmt);
}

enum err db_prepare_all(struct db *db, struct diag *diag)
{
    for (size_t i = 0; i < db->stmt_count; i++) {
        enum err e = stmt_prepare(&db->stmts[i]);
        if (e) {
            return diag_set(diag, e, db_error_text(db), db->stmts[i].sql, NULL);
        }
    }
    return OK;
}
