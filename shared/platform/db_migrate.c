#include <stdio.h>

#include "db_internal.h"

#define SETTING_SIZE 64

/* What a file says of itself before any of its tables is touched. */
struct identity {
    int64_t application_id;
    int64_t version;
    int64_t objects; /* tables and indexes; 0: a new file */
};

static enum err identify(struct db *db, struct identity *ret)
{
    struct identity identity = {0};
    enum err e = db_ask_i64(db, "PRAGMA application_id;", &identity.application_id);
    if (!e) {
        e = db_ask_i64(db, "PRAGMA user_version;", &identity.version);
    }
    if (!e) {
        e = db_ask_i64(db, "SELECT count(*) FROM sqlite_schema;", &identity.objects);
    }
    if (!e) {
        *ret = identity;
    }
    return e;
}

static enum err set_identity(struct db *db, int64_t version)
{
    char sql[2 * SETTING_SIZE];
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA application_id=%d; PRAGMA user_version=%lld;",
                           DB_APPLICATION_ID, (long long)version);
    return db_exec(db, sql);
}

/*
 * The version is read again inside the transaction: another process may have migrated between
 * the first look and the lock.
 */
static enum err migrate_one(struct db *db, const struct embedded *migration, int64_t version)
{
    enum err e = db_begin(db);
    if (e) {
        return e;
    }
    int64_t now = 0;
    e = db_ask_i64(db, "PRAGMA user_version;", &now);
    if (!e && now < version) {
        e = db_exec(db, (const char *)migration->data);
        if (!e && db_was_undone(db)) {
            e = db_fail_text(db, ERR_DB, "a migration ended its own transaction");
        }
        if (!e) {
            e = set_identity(db, version);
        }
    }
    return db_end(db, e);
}

static enum err describe(struct db *db, enum err e, const char *what, struct diag *diag)
{
    const char *path = sqlite3_db_filename(db->handle, "main");
    if (e == ERR_NOMEM || e == ERR_BUSY) {
        return diag_set(diag, e, NULL);
    }
    return diag_set(diag, e, path == NULL ? "" : path, what, db_error_text(db), NULL);
}

enum err db_migrate(struct db *db, const struct embedded *migrations, size_t count,
                    struct diag *diag)
{
    struct identity identity;
    enum err e = identify(db, &identity);
    if (e) {
        return describe(db, e, "reading the header", diag);
    }
    bool ours = identity.application_id == DB_APPLICATION_ID;
    bool fresh = identity.application_id == 0 && identity.version == 0 && identity.objects == 0;
    if (!ours && !fresh) {
        (void)db_fail_text(db, ERR_DB_CORRUPT, "the file belongs to another program");
        return describe(db, ERR_DB_CORRUPT, "not a Douar database", diag);
    }
    if (identity.version < 0 || (uint64_t)identity.version > count) {
        char version[SETTING_SIZE];
        char known[SETTING_SIZE];
        (void)snprintf(version, sizeof version, "%lld", (long long)identity.version);
        (void)snprintf(known, sizeof known, "%zu", count);
        const char *path = sqlite3_db_filename(db->handle, "main");
        return diag_set(diag, ERR_DB_NEWER, path == NULL ? "" : path, version, known, NULL);
    }
    for (size_t i = (size_t)identity.version; i < count; i++) {
        e = migrate_one(db, &migrations[i], (int64_t)i + 1);
        if (e) {
            return describe(db, e, migrations[i].name, diag);
        }
    }
    return OK;
}
