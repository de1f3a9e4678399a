/*
 * blob_backup.c - a copy of a node with its attachments; at the region it makes them stable.
 *
 * Files first, then the database: what the database's copy speaks of as whole is beside it. Marked
 * stable is what was copied before the database was, so that the copy holds the op too.
 */
#include <stdio.h>
#include <string.h>

#include "blob_internal.h"
#include "sealed_file.h"

#define PAGE     256
#define LIST_MAX (64u * 1024 * 1024)

struct copying {
    struct node *node;
    const char *path; /* of the database's copy */
    struct diag *diag;
    struct buf done; /* rows copied, as int64_t */
    int64_t missing;
    bool begun; /* the folder is remembered */
};

static void target_of(const struct copying *copying, const struct blob_name *name,
                      char ret[BLOB_PATH_MAX])
{
    blob_copy_path(copying->node, blob_copies_folder(copying->path), name, ret);
}

/* Under another name until it is whole: what stands under the right one needs no second look. */
static enum err copy_bytes(struct copying *copying, struct blob_row *blob, const char *target)
{
    const struct host *host = copying->node->host;
    char part[BLOB_PATH_MAX + 8], own[BLOB_COPY_NAME];
    struct span name = blob_copy_name(&blob->name, own);
    struct buf piece;
    int64_t done = 0;
    enum err e = OK;
    (void)snprintf(part, sizeof part, "%s" BLOB_COPY_PART, target);
    buf_init(&piece, &host->mem, WIRE_BLOB_CHUNK);
    while (!e && done < blob->name.size) {
        int64_t left = blob->name.size - done;
        buf_clear(&piece);
        e = blob_piece(copying->node, blob, done,
                       left < (int64_t)WIRE_BLOB_CHUNK ? left : (int64_t)WIRE_BLOB_CHUNK, &piece);
        if (!e && piece.size == 0) {
            break;
        }
        if (!e) {
            e = sealed_write_at(host, name, part, (uint64_t)done, buf_span(&piece));
            done += (int64_t)piece.size;
        }
    }
    buf_release(&piece);
    if (!e && done == blob->name.size) {
        e = host->files->rename(host->ctx, part, target);
    }
    return e;
}

/* Of a folder that holds nothing of ours nothing is to be remembered: it may not exist at all. */
static enum err begin_copies(struct copying *copying)
{
    enum err e = copying->begun ? OK : blob_copies_begin(copying->node, copying->path);
    copying->begun = copying->begun || !e;
    return e;
}

/* Its last op may have been redacted while it was copied. */
static enum err still_named(struct copying *copying, const struct blob_name *name)
{
    struct blob_row blob;
    struct node *node = copying->node;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = blob_find(node, name, &blob);
    if (!e && blob.id == 0) {
        e = blob_copy_goes(node, name);
    }
    return node_end(node, e);
}

/* What was copied once and is lost here comes back from beside a backup: this one, or any other. */
static enum err recover_from(struct copying *copying, const struct blob_name *name, bool *ret_right)
{
    char folder[BLOB_PATH_MAX] = "", from[BLOB_PATH_MAX];
    bool found = true;
    target_of(copying, name, from);
    enum err e = blob_recover(copying->node, name, from, ret_right);
    while (!e && !*ret_right && found) {
        e = blob_copies_next(copying->node, folder, &found);
        if (!e && found) {
            blob_copy_path(copying->node, span_of(folder), name, from);
            e = blob_recover(copying->node, name, from, ret_right);
        }
    }
    return e;
}

static enum err recover_one(struct copying *copying, const struct blob_name *name)
{
    struct blob_row blob;
    struct node *node = copying->node;
    bool right = false;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = recover_from(copying, name, &right);
    if (!e && !right && node->identity.role == ROLE_REGION) {
        e = blob_find(node, name, &blob);
        e = e || blob.id == 0 ? e : blob_lose(node, blob.id);
    }
    return node_end(node, e);
}

/* A file that turns out to be damaged here may be whole beside another backup. */
static enum err make_right(struct copying *copying, struct blob_row *blob, bool *ret_right)
{
    const struct blob_name name = blob->name;
    enum err e = blob_verify(copying->node, blob, ret_right);
    if (e || *ret_right || !blob->stable) {
        return e;
    }
    e = recover_one(copying, &name);
    if (!e) {
        e = blob_find(copying->node, &name, blob);
    }
    *ret_right = !e && blob->whole;
    return e;
}

static enum err copy_one(struct copying *copying, const struct blob_name *name)
{
    struct blob_row blob;
    char target[BLOB_PATH_MAX];
    const struct host *host = copying->node->host;
    bool right = false;
    target_of(copying, name, target);
    /* No transaction around it: a server goes on taking work while megabytes are copied. */
    enum err e = blob_copy_stays(copying->node, blob_copies_folder(copying->path), name);
    if (!e) {
        e = blob_find(copying->node, name, &blob);
    }
    if (!e && !host->files->exists(host->ctx, target)) {
        e = make_right(copying, &blob, &right);
        if (!e && right) {
            e = begin_copies(copying);
        }
        if (!e && right) {
            e = copy_bytes(copying, &blob, target);
        }
        if (!e) {
            e = still_named(copying, name);
        }
    }
    if (!e && !blob.stable && host->files->exists(host->ctx, target)) {
        buf_add(&copying->done, &blob.id, sizeof blob.id);
        e = buf_error(&copying->done);
    }
    return e == ERR_FILE || e == ERR_DB_FULL ? diag_set(copying->diag, e, target, err_name(e), NULL)
                                             : e;
}

/* Pages of names, so that no statement is open while files are copied. */
static enum err each_name(struct copying *copying, enum node_stmt which,
                          enum err (*each)(struct copying *copying, const struct blob_name *name))
{
    static const size_t page = PAGE;
    struct blob_name names[PAGE];
    int64_t after = 0;
    size_t count = page;
    enum err e = OK;
    while (!e && count == page) {
        struct stmt *s = db_stmt(copying->node->db, which);
        stmt_bind_i64(s, 1, after);
        stmt_bind_i64(s, 2, (int64_t)page);
        for (count = 0; count < page && stmt_row(s); count++) {
            after = stmt_i64(s, 0);
            (void)stmt_blob(s, 1, names[count].hash.bytes, HASH_SIZE);
            names[count].size = stmt_i64(s, 2);
        }
        e = stmt_end(s);
        for (size_t i = 0; !e && i < count; i++) {
            e = each(copying, &names[i]);
        }
    }
    return e;
}

/* It never came, or is lost: the copy speaks of it and hasn't got it. */
static enum err count_absent(struct copying *copying, const struct blob_name *name)
{
    const struct host *host = copying->node->host;
    char target[BLOB_PATH_MAX];
    target_of(copying, name, target);
    copying->missing += !host->files->exists(host->ctx, target);
    return OK;
}

static enum err mark_stable(struct copying *copying)
{
    enum err e = node_begin(copying->node);
    if (e) {
        return e;
    }
    for (size_t at = 0; !e && at < copying->done.size; at += sizeof(int64_t)) {
        int64_t id = 0;
        memcpy(&id, copying->done.data + at, sizeof id);
        struct stmt *s = db_stmt(copying->node->db, BLOB_STABLE);
        stmt_bind_i64(s, 1, id);
        e = stmt_run(s);
    }
    return node_end(copying->node, e);
}

enum err blob_backup(struct node *node, const char *path, int64_t *ret_missing, struct diag *diag)
{
    struct copying copying = {.node = node, .path = path, .diag = diag};
    buf_init(&copying.done, &node->host->mem, LIST_MAX);
    enum err e = each_name(&copying, BLOB_MISSED, recover_one);
    if (!e) {
        e = each_name(&copying, BLOB_HELD, copy_one);
    }
    if (!e) {
        e = each_name(&copying, BLOB_ABSENT, count_absent);
    }
    if (e) {
        e = diag && diag->code ? e : node_failed(node, e, diag);
    } else {
        e = node_backup(node, path, diag);
        e = e ? e : node_failed(node, begin_copies(&copying), diag);
    }
    if (!e && node->identity.role == ROLE_REGION && copying.done.size > 0) {
        e = node_failed(node, mark_stable(&copying), diag);
    }
    if (!e) {
        *ret_missing = copying.missing;
    }
    buf_release(&copying.done);
    return e;
}

/* Said to be here, it would be asked of nobody. */
static enum err note_missing(struct node *node, struct blob_row *blob)
{
    bool right = false;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = blob_verify(node, blob, &right);
    if (!e && !right && node->identity.role == ROLE_REGION) {
        e = blob_lose(node, blob->id);
    }
    return node_end(node, e);
}

static enum err restore_one(struct copying *copying, const struct blob_name *name)
{
    struct blob_row blob;
    char from[BLOB_PATH_MAX], own[BLOB_COPY_NAME];
    bool right = true;
    target_of(copying, name, from);
    enum err e = blob_find(copying->node, name, &blob);
    if (!e && blob.whole && !blob_has_file(copying->node, &blob)) {
        e = blob_refill(copying->node, &blob, blob_copy_name(name, own), from, &right);
        copying->missing += !right;
    }
    return e || right ? e : note_missing(copying->node, &blob);
}

enum err blob_restore(struct node *node, const char *path, int64_t *ret_missing, struct diag *diag)
{
    struct copying copying = {.node = node, .path = path, .diag = diag};
    enum err e = each_name(&copying, BLOB_HELD, restore_one);
    if (!e) {
        *ret_missing = copying.missing;
    }
    return node_failed(node, e, diag);
}
