#include <errno.h>
#include <limits.h>
#include <string.h>

#include "db_internal.h"

#define CACHE_KIB_DEFAULT    2048
#define WAL_CHECKPOINT_PAGES 4000     /* 16 MB: fewer, longer checkpoints under ingest */
#define WAL_KEEP_SIZE        33554432 /* bytes a WAL file may keep after a large transaction */
#define SETTING_SIZE         96

struct limit {
    int id;
    int value;
};

/*
 * SQLite's own advice for databases that may have been tampered with (its page "Defense Against
 * The Dark Arts"), as far as our statements allow: a row may hold an op, a form or a chunk, and
 * an upsert of a whole envelope binds a few dozen values.
 */
static const struct limit limits[] = {
    {SQLITE_LIMIT_LENGTH, 8 * 1024 * 1024},
    {SQLITE_LIMIT_SQL_LENGTH, 256 * 1024},
    {SQLITE_LIMIT_COLUMN, 100},
    {SQLITE_LIMIT_EXPR_DEPTH, 50},
    {SQLITE_LIMIT_COMPOUND_SELECT, 10},
    {SQLITE_LIMIT_VDBE_OP, 25000},
    {SQLITE_LIMIT_FUNCTION_ARG, 16},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 400},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 64},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static enum err configure(struct db *db, int option, int value)
{
    return db_fail(db, sqlite3_db_config(db->handle, option, value, NULL));
}

static enum err harden(struct db *db)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        (void)sqlite3_limit(db->handle, limits[i].id, limits[i].value);
    }
    enum err e = configure(db, SQLITE_DBCONFIG_DEFENSIVE, 1);
    if (!e) {
        e = configure(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    }
    if (!e) {
        e = configure(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
    }
    /* "text" in double quotes is a column, never a string: a misspelt name must not compile. */
    if (!e) {
        e = configure(db, SQLITE_DBCONFIG_DQS_DML, 0);
    }
    if (!e) {
        e = configure(db, SQLITE_DBCONFIG_DQS_DDL, 0);
    }
    return e;
}

void db_init(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum err db_connect(struct db *db, const char *path, int flags, int64_t busy_timeout_ms)
{
    const char *vfs = db->enc != NULL ? enc_vfs_name(db->enc) : db->host->vfs;
    int code = sqlite3_open_v2(path, &db->handle,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
    if (code != SQLITE_OK) {
        return db_fail(db, code);
    }
    int timeout_ms = busy_timeout_ms > INT_MAX ? INT_MAX : (int)busy_timeout_ms;
    enum err e = db_fail(db, sqlite3_busy_timeout(db->handle, timeout_ms));
    if (!e) {
        e = harden(db);
    }
    if (!e) {
        e = db_exec(db, "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA secure_delete=ON;"
                        "PRAGMA cell_size_check=ON; PRAGMA foreign_keys=OFF;"
                        "PRAGMA synchronous=FULL;");
    }
    return e;
}

enum err db_shape_pages(struct db *db)
{
    char sql[SETTING_SIZE];
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA page_size=%d;", DB_PAGE_SIZE);
    enum err e = db_exec(db, sql);
    int reserved = DB_RESERVED_SIZE;
    if (!e) {
        e = db_fail(
            db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved));
    }
    /* The very first page is written with an ordinary rollback journal, so that a power cut
       during creation leaves an empty file and not half a header. Sealed pages may have none: who
       makes a database gives it its name when it is done (node_create()). */
    if (!e && db->enc != NULL) {
        e = db_exec(db, "PRAGMA journal_mode=MEMORY;");
    }
    /* Last, since it writes that page: what is let go of can be given back (db_shrink()). */
    return e ? e : db_exec(db, "PRAGMA auto_vacuum=INCREMENTAL;");
}

/* A file that isn't a database shows itself here, where its header is read first. */
static enum err set_journal(struct db *db)
{
    int64_t pages = 0;
    enum err e = db_ask_i64(db, "PRAGMA page_count;", &pages);
    if (!e && pages == 0) {
        e = db_shape_pages(db);
    }
    char mode[SETTING_SIZE] = "";
    if (!e) {
        e = db_ask_text(db, "PRAGMA journal_mode=WAL;", mode, sizeof mode);
    }
    if (!e && strcmp(mode, "wal") != 0 && strcmp(mode, "memory") != 0) {
        e = db_fail_text(db, ERR_DB, "the file system can't hold a write-ahead log");
    }
    return e;
}

static enum err tune(struct db *db, const struct db_options *options)
{
    char sql[SETTING_SIZE];
    int64_t cache_kib = options->cache_kib > 0 ? options->cache_kib : CACHE_KIB_DEFAULT;
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA cache_size=-%lld;", (long long)cache_kib);
    enum err e = db_exec(db, sql);
    if (!e) {
        e = db_fail(db, sqlite3_wal_autocheckpoint(db->handle, WAL_CHECKPOINT_PAGES));
    }
    char size[SETTING_SIZE];
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA journal_size_limit=%d;", WAL_KEEP_SIZE);
    if (!e) {
        e = db_ask_text(db, sql, size, sizeof size);
    }
    return e;
}

static enum err make_statements(struct db *db, const struct db_options *options)
{
    static const char *const own_sql[OWN_COUNT] = {
        [OWN_BEGIN] = "BEGIN IMMEDIATE",
        [OWN_BEGIN_READ] = "BEGIN",
        [OWN_LOOK] = "SELECT 1 FROM sqlite_schema LIMIT 1",
        [OWN_COMMIT] = "COMMIT",
        [OWN_ROLLBACK] = "ROLLBACK",
        [OWN_SAVE] = "SAVEPOINT unit",
        [OWN_SAVE_KEEP] = "RELEASE unit",
        [OWN_SAVE_UNDO] = "ROLLBACK TO unit",
        [OWN_DATA_VERSION] = "PRAGMA data_version",
    };
    for (size_t i = 0; i < OWN_COUNT; i++) {
        db->own[i] = (struct stmt){.db = db, .sql = own_sql[i]};
    }
    if (options->sql_count == 0) {
        return OK;
    }
    const struct mem *mem = &db->host->mem;
    db->stmts = mem->resize(mem->ctx, NULL, options->sql_count * sizeof *db->stmts);
    if (db->stmts == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < options->sql_count; i++) {
        db->stmts[i] = (struct stmt){.db = db, .sql = options->sql[i]};
    }
    db->stmt_count = options->sql_count;
    return OK;
}

static enum err open_with(struct db *db, const struct db_options *options)
{
    enum err e = make_statements(db, options);
    if (e) {
        return e;
    }
    int flags = options->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (options->create && !options->read_only) {
        flags |= SQLITE_OPEN_CREATE;
    }
    e = db_connect(db, options->path, flags, options->busy_timeout_ms);
    if (e) {
        return e;
    }
    if (options->read_only) {
        int64_t version = 0;
        e = db_ask_i64(db, "PRAGMA schema_version;", &version);
    } else {
        e = set_journal(db);
    }
    if (!e) {
        e = tune(db, options);
    }
    /* What ends a transaction must not need memory that isn't there any more. */
    for (size_t i = 0; i < OWN_COUNT && !e; i++) {
        e = stmt_prepare(&db->own[i]);
    }
    return e;
}

/* Nothing but "it isn't there": a file that may not be read, or a log beside it that may not be
   made, is another failure. */
static bool is_absent(const struct db *db, const char *path)
{
    if (db->handle == NULL || (sqlite3_extended_errcode(db->handle) & 0xFF) != SQLITE_CANTOPEN) {
        return false;
    }
    int why = sqlite3_system_errno(db->handle);
    bool there = db->host->files->exists(db->host->ctx, path);
    return (why == 0 || why == ENOENT) && !there;
}

static enum err explain(const struct db *db, const struct db_options *options, enum err e,
                        struct diag *diag)
{
    if (e == ERR_DB && !options->create && is_absent(db, options->path)) {
        return diag_set(diag, ERR_NO_HOME, options->path, NULL);
    }
    if (e == ERR_NOMEM || e == ERR_BUSY) {
        return diag_set(diag, e, NULL);
    }
    return e == ERR_DB ? diag_set(diag, e, db->error_text, options->path, NULL)
                       : diag_set(diag, e, options->path, db->error_text, NULL);
}

enum err db_open(const struct host *host, const struct db_options *options, struct db **ret,
                 struct diag *diag)
{
    struct db *db = host->mem.resize(host->mem.ctx, NULL, sizeof *db);
    if (db == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    *db = (struct db){.host = host};
    enum err e = host->db_key.size > 0 ? enc_vfs_open(host, &db->enc) : OK;
    if (!e) {
        e = open_with(db, options);
    }
    if (e) {
        e = explain(db, options, e, diag);
        db_close(db);
        return e;
    }
    *ret = db;
    return OK;
}

void db_close(struct db *db)
{
    if (db == NULL) {
        return;
    }
    const struct mem *mem = &db->host->mem;
    for (size_t i = 0; i < OWN_COUNT; i++) {
        (void)sqlite3_finalize(db->own[i].handle);
    }
    for (size_t i = 0; i < db->stmt_count; i++) {
        (void)sqlite3_finalize(db->stmts[i].handle);
    }
    /* _v2 never refuses; with every statement gone it closes at once. An open transaction is
       undone. */
    (void)sqlite3_close_v2(db->handle);
    enc_vfs_close(db->enc);
    if (db->stmts != NULL) {
        (void)mem->resize(mem->ctx, db->stmts, 0);
    }
    (void)mem->resize(mem->ctx, db, 0);
}
