#include "server_restore.h"

#include <stdio.h>
#include <string.h>

#include "blob.h"
#include "db.h"
#include "node.h"
#include "server_home.h"
#include "server_office.h"

#define RESTORE_DB  "restore.db"
#define SUFFIX_SIZE 16

/* SQLite's own files, the anchor (node_anchor.c), and the database last: where it is, what belongs
   to it is too, and where it is gone, no log of it is left to be taken for another's. */
static const char *const companions[] = {"-wal", "-shm", "-journal", ".anchor", ""};

struct restoring {
    const struct host *host;
    char now[CONFIG_PATH_SIZE], next[CONFIG_PATH_SIZE], aside[CONFIG_PATH_SIZE];
};

static void join(const char *path, const char *suffix, char ret[CONFIG_PATH_SIZE + SUFFIX_SIZE])
{
    (void)snprintf(ret, CONFIG_PATH_SIZE + SUFFIX_SIZE, "%s%s", path, suffix);
}

static enum err name_files(struct restoring *r, const char *home, struct diag *diag)
{
    char name[64];
    (void)snprintf(name, sizeof name, "douar-replaced-%lld.db",
                   (long long)r->host->now_ms(r->host->ctx));
    enum err e = home_path(home, HOME_DB, r->now);
    if (!e) {
        e = home_path(home, RESTORE_DB, r->next);
    }
    if (!e) {
        e = home_path(home, name, r->aside);
    }
    return e ? diag_set(diag, e, home, "1023", NULL) : OK;
}

static enum err remove_next(const struct restoring *r)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof companions / sizeof companions[0]; i++) {
        char path[CONFIG_PATH_SIZE + SUFFIX_SIZE];
        join(r->next, companions[i], path);
        e = r->host->files->remove(r->host->ctx, path);
    }
    return e;
}

/* The backup itself stays as it is: it may be needed once more. */
static enum err copy_backup(const struct restoring *r, const char *file, bool known,
                            struct diag *diag)
{
    struct db *db = NULL;
    struct db_options options = {.path = file, .read_only = true};
    if (!r->host->files->exists(r->host->ctx, file)) {
        return diag_set(diag, ERR_FILE, file, "not found", NULL);
    }
    enum err e = db_open(r->host, &options, &db, diag);
    if (!e) {
        e = db_backup(db, r->next, NULL, NULL, diag);
    }
    db_close(db);
    if (e == ERR_DB_CORRUPT && r->host->db_key.size > 0 && !known) {
        /* Under another key no page opens: whose it is can't be told from what is left of it. */
        return diag_set(diag, e, file, "sealed with another key, or damaged", NULL);
    }
    return e;
}

/* A database that can't be read any more is the very reason to restore: whose it was isn't asked.
 */
static enum err look_at_now(const struct restoring *r, struct node_identity *ret, bool *ret_known,
                            struct diag *diag)
{
    *ret_known = false;
    if (!r->host->files->exists(r->host->ctx, r->now)) {
        return OK;
    }
    enum err e = node_look(r->host, r->now, ret, diag);
    if (e == ERR_DB_CORRUPT || e == ERR_DB) {
        *diag = (struct diag){0};
        return OK;
    }
    *ret_known = e == OK;
    return e;
}

static enum err move_all(const struct restoring *r, const char *from, const char *to,
                         struct diag *diag)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof companions / sizeof companions[0]; i++) {
        char source[CONFIG_PATH_SIZE + SUFFIX_SIZE];
        char target[CONFIG_PATH_SIZE + SUFFIX_SIZE];
        join(from, companions[i], source);
        join(to, companions[i], target);
        if (r->host->files->exists(r->host->ctx, source)) {
            e = r->host->files->rename(r->host->ctx, source, target);
        }
    }
    return e ? diag_set(diag, e, to, err_name(e), NULL) : OK;
}

/* Files that were attached and aren't in the home (another machine, a lost disk) are taken from
   beside the backup. What isn't there either is asked for again when somebody reads it: no reason
   to be without the records. */
static enum err restore_files(const struct restoring *r, const char *file, struct diag *diag)
{
    struct node *node = NULL;
    int64_t missing = 0;
    enum err e = node_open(r->host, r->now, &node, diag);
    if (!e) {
        e = blob_restore(node, file, &missing, diag);
    }
    node_close(node);
    return e;
}

enum err home_restore_finish(const struct host *host, const char *home, struct diag *diag)
{
    struct restoring r = {.host = host};
    enum err e = name_files(&r, home, diag);
    if (e || host->files->exists(host->ctx, r.now) || !host->files->exists(host->ctx, r.next)) {
        return e;
    }
    return move_all(&r, r.next, r.now, diag);
}

enum err home_restore(const struct host *host, const char *home, const char *file, bool known_keys,
                      char ret_aside[CONFIG_PATH_SIZE], struct diag *diag)
{
    struct restoring r = {.host = host};
    struct node_identity current;
    bool known = false;
    enum err e = name_files(&r, home, diag);
    if (!e) {
        e = look_at_now(&r, &current, &known, diag);
    }
    if (!e) {
        e = remove_next(&r);
    }
    if (!e) {
        e = copy_backup(&r, file, known_keys, diag);
    }
    if (!e) {
        e = node_restore(host, r.next, known ? &current : NULL, diag);
    }
    if (e) {
        enum err ignored = remove_next(&r); /* The next try begins with it. */
        (void)ignored;
        return diag_keep(diag, e);
    }
    bool replaces = host->files->exists(host->ctx, r.now);
    e = move_all(&r, r.now, r.aside, diag);
    if (!e) {
        e = move_all(&r, r.next, r.now, diag);
    }
    if (!e) {
        e = restore_files(&r, file, diag);
    }
    if (!e) {
        e = office_restore(host, home, file, diag);
    }
    if (!e) {
        span_text(span_of(replaces ? r.aside : ""), ret_aside, CONFIG_PATH_SIZE);
    }
    return e;
}
