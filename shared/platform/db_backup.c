#include <assert.h>
#include <string.h>

#include "db_internal.h"

#define STEP_PAGES          256
#define BUSY_WAIT_MS        50
#define BUSY_TRIES          200 /* 10 s in all */
#define FINDINGS_MAX        100
#define TEMPORARY_PATH_SIZE 4096
#define TEMPORARY_SUFFIX    ".tmp"

/* A copy in the making: its own connection, under a name that nothing else reads. */
struct copy {
    struct db db; /* only host, enc, handle and the error are used */
    char path[TEMPORARY_PATH_SIZE];
};

/* SQLite's own files beside a database that was not closed properly. */
static const char *const companions[] = {"", "-journal", "-wal", "-shm"};

static enum err remove_copy(const struct host *host, const char *path)
{
    enum err e = OK;
    for (size_t i = 0; i < sizeof companions / sizeof companions[0] && !e; i++) {
        char name[TEMPORARY_PATH_SIZE + 16];
        (void)sqlite3_snprintf(sizeof name, name, "%s%s", path, companions[i]);
        e = host->files->remove(host->ctx, name);
    }
    return e;
}

static enum err copy_open(struct copy *copy, int flags)
{
    enum err e = db_connect(&copy->db, copy->path, SQLITE_OPEN_READWRITE | flags, 0);
    if (!e && (flags & SQLITE_OPEN_CREATE) != 0) {
        e = db_shape_pages(&copy->db);
        /* A copy that a power cut leaves half done is thrown away, so no journal file is worth
           writing; one would also hold pages outside the encrypting VFS. */
        if (!e) {
            e = db_exec(&copy->db, "PRAGMA journal_mode=MEMORY;");
        }
    }
    return e;
}

static enum err copy_close(struct copy *copy)
{
    int code = sqlite3_close(copy->db.handle);
    copy->db.handle = NULL;
    return db_fail(&copy->db, code);
}

static enum err copy_pages(struct db *db, struct copy *copy,
                           void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy->db.handle, "main", db->handle, "main");
    if (backup == NULL) {
        return db_fail(&copy->db, sqlite3_extended_errcode(copy->db.handle));
    }
    int busy_tries = 0;
    int code = SQLITE_OK;
    while (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
            busy_tries++;
            if (busy_tries > BUSY_TRIES) {
                break;
            }
            db->host->sleep_ms(db->host->ctx, BUSY_WAIT_MS);
        } else if (progress != NULL) {
            int total = sqlite3_backup_pagecount(backup);
            progress(ctx, total - sqlite3_backup_remaining(backup), total);
        }
    }
    int end = sqlite3_backup_finish(backup);
    code = end != SQLITE_OK ? end : code;
    return db_fail(&copy->db, code);
}

/*
 * SQLite's checks tell a page that couldn't be read in words alone, "unable to get the page. error
 * code=266": a disk that fails, or no memory, says nothing of what is stored. OK when it is damage.
 */
static enum err read_failure(struct db *db, const char *text)
{
    static const char mark[] = "error code=";
    const char *at = strstr(text, mark);
    int code = 0;
    for (at = at ? at + sizeof mark - 1 : ""; *at >= '0' && *at <= '9' && code < 100000; at++) {
        code = 10 * code + (*at - '0');
    }
    enum err e = db_fail(db, code);
    return e == ERR_DB_CORRUPT ? OK : e;
}

/* Opened anew, so that what is checked comes from the file and not from this process's cache. */
static enum err copy_verify(struct copy *copy)
{
    enum err e = copy_open(copy, 0);
    char verdict[DB_ERROR_SIZE] = "";
    if (!e) {
        e = db_ask_text(&copy->db, "PRAGMA quick_check(1);", verdict, sizeof verdict);
    }
    if (!e && strcmp(verdict, "ok") != 0) {
        e = read_failure(&copy->db, verdict);
        if (!e) {
            e = db_fail_text(&copy->db, ERR_DB_CORRUPT, verdict);
        }
    }
    return e;
}

static enum err look_at_copy(struct copy *copy)
{
    enum err e = copy_verify(copy);
    enum err closed = copy_close(copy);
    return e ? e : closed;
}

/* Of some pages SQLite says only that they can't be read ("Failed to read ptrmap"): another look,
   from the file, tells damage from a reading that failed. */
static enum err verify_twice(struct copy *copy)
{
    enum err e = look_at_copy(copy);
    return e == ERR_DB_CORRUPT ? look_at_copy(copy) : e;
}

static enum err make_copy(struct db *db, struct copy *copy,
                          void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx)
{
    enum err e = remove_copy(db->host, copy->path); /* of an earlier, interrupted try */
    if (e) {
        return db_fail_text(&copy->db, e, "an older unfinished copy can't be removed");
    }
    e = copy_open(copy, SQLITE_OPEN_CREATE);
    if (!e) {
        e = copy_pages(db, copy, progress, ctx);
    }
    enum err closed = copy_close(copy);
    e = e ? e : closed;
    return e ? e : verify_twice(copy);
}

static enum err name_copy(const char *path, struct copy *copy, struct diag *diag)
{
    if (strlen(path) + sizeof TEMPORARY_SUFFIX > sizeof copy->path) {
        return diag_set(diag, ERR_TOO_LARGE, path, "a path of 4,000 bytes", NULL);
    }
    (void)sqlite3_snprintf(sizeof copy->path, copy->path, "%s%s", path, TEMPORARY_SUFFIX);
    return OK;
}

enum err db_backup(struct db *db, const char *path,
                   void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx,
                   struct diag *diag)
{
    assert(!db->writing); /* The copy would hold what may yet be undone. */
    struct copy copy = {.db = {.host = db->host, .enc = db->enc}};
    enum err e = name_copy(path, &copy, diag);
    if (e) {
        return e;
    }
    /* The view is held over all steps: otherwise each write of another process would make SQLite
       start the copy again, and a busy server's backup would never end. */
    e = db_read_begin(db);
    if (e) {
        return diag_set(diag, e, path, db_error_text(db), NULL);
    }
    e = make_copy(db, &copy, progress, ctx);
    db_read_end(db);
    const struct host *host = db->host;
    if (!e) {
        e = host->files->rename(host->ctx, copy.path, path);
    }
    if (e) {
        (void)remove_copy(host, copy.path);
        (void)db_fail_text(db, e, db_error_text(&copy.db));
        return diag_set(diag, e, path, db_error_text(db), NULL);
    }
    return OK;
}

/* ---- sealing a database that was an ordinary one */

enum err db_is_plain(const struct host *host, const char *path, bool *ret)
{
    static const char head[] = "SQLite format 3"; /* with its NUL */
    struct buf first;
    buf_init(&first, &host->mem, sizeof head);
    enum err e = host->files->read_at(host->ctx, path, 0, sizeof head, &first);
    bool plain = !e && first.size == sizeof head && memcmp(first.data, head, sizeof head) == 0;
    buf_release(&first);
    if (e && e != ERR_NOT_FOUND) {
        return e;
    }
    *ret = plain;
    return OK;
}

enum err db_encrypt(const struct host *host, const char *path, struct diag *diag)
{
    struct host bare = *host;
    struct db_options options = {.path = path};
    struct copy copy = {.db = {.host = host}};
    struct db *db = NULL;
    bare.db_key = (struct span){0};
    enum err e = name_copy(path, &copy, diag);
    if (!e) {
        e = db_open(&bare, &options, &db, diag);
    }
    if (e) {
        return e;
    }
    e = enc_vfs_open(host, &copy.db.enc);
    if (!e) {
        e = make_copy(db, &copy, NULL, NULL);
    }
    if (!e) { /* nothing of it may stay in a log beside the new one */
        e = db_alone(db);
    }
    db_close(db);
    if (!e) {
        e = host->files->rename(host->ctx, copy.path, path);
    } else {
        (void)remove_copy(host, copy.path);
    }
    enc_vfs_close(copy.db.enc);
    return e ? diag_set(diag, e, path, db_error_text(&copy.db), NULL) : OK;
}

static void check_shape(struct db *db, int64_t page_size, struct buf *ret)
{
    int reserved = -1; /* asks without changing */
    int code = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    if (code != SQLITE_OK || reserved != DB_RESERVED_SIZE) {
        buf_add_format(ret, "%d reserved bytes a page, %d expected\n", reserved, DB_RESERVED_SIZE);
    }
    if (page_size != DB_PAGE_SIZE) {
        buf_add_format(ret, "pages of %lld bytes, %d expected\n", (long long)page_size,
                       DB_PAGE_SIZE);
    }
}

enum err db_check(struct db *db, struct buf *ret_findings)
{
    int64_t page_size = 0;
    enum err e = db_ask_i64(db, "PRAGMA page_size;", &page_size);
    if (e) {
        return e;
    }
    check_shape(db, page_size, ret_findings);
    sqlite3_stmt *handle = NULL;
    char sql[64];
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA integrity_check(%d);", FINDINGS_MAX);
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &handle, NULL);
    while (!e && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(handle);
        const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(handle, 0) : NULL;
        if (text != NULL && strcmp(text, "ok") != 0) {
            e = read_failure(db, text);
            buf_add_format(ret_findings, "%s\n", text);
        }
    }
    e = e ? e : db_fail(db, code == SQLITE_ROW ? SQLITE_OK : code);
    (void)sqlite3_finalize(handle);
    return e ? e : buf_error(ret_findings);
}
