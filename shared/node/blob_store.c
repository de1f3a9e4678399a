/*
 * blob_store.c - the only reader and writer of attachments' files (sealed_file.h), and the
 * rows that say how much of each counts.
 *
 * First the bytes are synced, then the row says so. There is no rename: a file is worth what its
 * row says, and what stands beyond that is written over.
 */
#include <stdio.h>
#include <string.h>

#include "blob_internal.h"
#include "code.h"
#include "sealed_file.h"

#define PATH_MAX_SIZE BLOB_PATH_MAX
#define NAME_SIZE     (2 * HASH_SIZE + 2 * ID_SIZE + 32)

/* ---- where */

/*
 * "<hash>-<size>.<giver>", in hexadecimal: some file systems don't tell letters from capitals. So a
 * blob is called in sealed_file.h's terms; a file on the disk is called so when nothing is sealed.
 */
static struct span own_name(const struct blob_name *name, struct id giver, char ret[NAME_SIZE])
{
    char hash[2 * HASH_SIZE + 1];
    char who[2 * ID_SIZE + 1];
    hex_write(name->hash.bytes, HASH_SIZE, hash);
    hex_write(giver.bytes, ID_SIZE, who);
    (void)snprintf(ret, NAME_SIZE, "%s-%lld.%s", hash, (long long)name->size, who);
    return span_of(ret);
}

/* "<database>.blobs/ab/<name>" */
static void path_of(const struct node *node, const struct blob_name *name, struct id giver,
                    char ret[PATH_MAX_SIZE])
{
    char plain[NAME_SIZE], hidden[SEALED_NAME_SIZE];
    struct span own = own_name(name, giver, plain);
    const char *shown = sealed_name(node->host, own, hidden) ? hidden : plain;
    (void)snprintf(ret, PATH_MAX_SIZE, "%s.blobs/%.2s/%s", node->path, shown, shown);
}

static enum err read_bytes(struct node *node, const struct blob_name *name, struct id giver,
                           int64_t offset, size_t size, struct buf *ret)
{
    char path[PATH_MAX_SIZE], own[NAME_SIZE];
    path_of(node, name, giver, path);
    return sealed_read_at(node->host, own_name(name, giver, own), path, (uint64_t)offset, size,
                          ret);
}

static enum err add_gone(struct node *node, const struct blob_name *name, struct id giver)
{
    char path[PATH_MAX_SIZE];
    path_of(node, name, giver, path);
    struct stmt *s = db_stmt(node->db, BLOB_GONE_ADD);
    stmt_bind_text(s, 1, span_of(path));
    return stmt_run(s);
}

static enum err sweep_own(struct node *node)
{
    const struct host *host = node->host;
    bool found = false;
    struct stmt *s = db_stmt(node->db, BLOB_GONE_SOME);
    bool any = stmt_row(s);
    enum err e = stmt_end(s);
    if (e || !any) {
        return e;
    }
    /* In a transaction, so that nobody begins one of these files anew meanwhile. */
    e = node_begin(node);
    if (e) {
        return e;
    }
    do {
        char path[PATH_MAX_SIZE];
        s = db_stmt(node->db, BLOB_GONE_SOME);
        found = stmt_row(s);
        span_text(found ? stmt_span(s, 0) : (struct span){0}, path, sizeof path);
        e = stmt_end(s);
        if (!e && found) {
            e = host->files->remove(host->ctx, path);
        }
        if (!e && found) {
            s = db_stmt(node->db, BLOB_GONE_NOT);
            stmt_bind_text(s, 1, span_of(path));
            e = stmt_run(s);
        }
    } while (!e && found);
    return node_end(node, e);
}

enum err blob_sweep(struct node *node)
{
    enum err e = sweep_own(node);
    return e ? e : blob_copies_sweep(node);
}

/* ---- rows */

enum err blob_find(struct node *node, const struct blob_name *name, struct blob_row *ret)
{
    struct blob_row blob = {.name = *name};
    struct stmt *s = db_stmt(node->db, BLOB_FIND);
    stmt_bind_blob(s, 1, name->hash.bytes, HASH_SIZE);
    stmt_bind_i64(s, 2, name->size);
    if (stmt_row(s)) {
        blob.id = stmt_i64(s, 0);
        blob.kind = stmt_i64(s, 1) == BLOB_THUMB ? BLOB_THUMB : BLOB_FILE;
        blob.whole = stmt_blob(s, 2, blob.giver.bytes, ID_SIZE);
        blob.server = stmt_i64(s, 3);
        blob.epoch = stmt_u64(s, 4);
        blob.stable = stmt_i64(s, 5) != 0;
        blob.wanted = stmt_i64(s, 6) != 0;
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = blob;
    }
    return e;
}

static enum err run_on(struct node *node, enum node_stmt which, int64_t id)
{
    struct stmt *s = db_stmt(node->db, which);
    stmt_bind_i64(s, 1, id);
    return stmt_run(s);
}

static enum err drop_part(struct node *node, const struct blob_row *blob, struct id giver)
{
    struct stmt *s = db_stmt(node->db, BLOB_PART_DROP);
    stmt_bind_i64(s, 1, blob->id);
    stmt_bind_blob(s, 2, giver.bytes, ID_SIZE);
    return stmt_run(s);
}

/* All beginnings; `keep`: whose file stays. */
static enum err drop_parts(struct node *node, const struct blob_row *blob, const struct id *keep)
{
    bool found = true;
    enum err e = OK;
    while (!e && found) {
        struct id giver = {{0}};
        struct stmt *s = db_stmt(node->db, BLOB_PART_ANY);
        stmt_bind_i64(s, 1, blob->id);
        found = stmt_row(s);
        if (found) {
            (void)stmt_blob(s, 0, giver.bytes, ID_SIZE);
        }
        e = stmt_end(s);
        if (!e && found) {
            e = drop_part(node, blob, giver);
        }
        if (!e && found && !(keep && id_equal(giver, *keep))) {
            e = add_gone(node, &blob->name, giver);
        }
    }
    return e;
}

static enum err set_whole(struct node *node, struct blob_row *blob, struct id giver)
{
    struct stmt *s = db_stmt(node->db, BLOB_WHOLE);
    stmt_bind_i64(s, 1, blob->id);
    stmt_bind_blob(s, 2, giver.bytes, ID_SIZE);
    enum err e = stmt_run(s);
    if (!e) {
        e = drop_parts(node, blob, &giver);
    }
    if (!e) {
        blob->whole = true;
        blob->giver = giver;
    }
    return e;
}

static enum err set_lost(struct node *node, struct blob_row *blob)
{
    enum err e = run_on(node, BLOB_LOST, blob->id);
    if (!e) {
        e = add_gone(node, &blob->name, blob->giver);
    }
    blob->whole = blob->whole && e != OK;
    return e;
}

enum err blob_drop(struct node *node, struct blob_row *blob)
{
    enum err e = run_on(node, BLOB_DROP, blob->id);
    if (!e) {
        e = add_gone(node, &blob->name, blob->giver);
    }
    return e;
}

enum err blob_delete(struct node *node, int64_t id)
{
    struct blob_row blob;
    struct blob_name name = {.size = 0};
    struct stmt *s = db_stmt(node->db, BLOB_BY_ID);
    stmt_bind_i64(s, 1, id);
    bool found = stmt_row(s) && stmt_blob(s, 0, name.hash.bytes, HASH_SIZE);
    if (found) {
        name.size = stmt_i64(s, 1);
    }
    enum err e = stmt_end(s);
    if (e || !found) {
        return e;
    }
    e = blob_find(node, &name, &blob);
    if (!e) {
        e = drop_parts(node, &blob, NULL);
    }
    if (!e && blob.whole) {
        e = add_gone(node, &name, blob.giver);
    }
    if (!e) {
        s = db_stmt(node->db, BUNDLE_FILE_GONE);
        stmt_bind_blob(s, 1, name.hash.bytes, HASH_SIZE);
        stmt_bind_i64(s, 2, name.size);
        e = stmt_run(s);
    }
    if (!e) {
        e = blob_copy_goes(node, &name);
    }
    return e ? e : run_on(node, BLOB_DELETE, id);
}

/* ---- bytes */

/* A file that counts again may have been on its way out. */
static enum err not_gone(struct node *node, const char *path)
{
    struct stmt *s = db_stmt(node->db, BLOB_GONE_NOT);
    stmt_bind_text(s, 1, span_of(path));
    return stmt_run(s);
}

static enum err write_bytes(struct node *node, const struct blob_row *blob, struct id giver,
                            int64_t offset, struct span bytes)
{
    char path[PATH_MAX_SIZE], own[NAME_SIZE];
    struct span name = own_name(&blob->name, giver, own);
    path_of(node, &blob->name, giver, path);
    enum err e = offset == 0 ? not_gone(node, path) : OK;
    return e ? e : sealed_write_at(node->host, name, path, (uint64_t)offset, bytes);
}

/* Does the file hold what the name says? A missing or short one doesn't. */
static enum err is_right(struct node *node, const struct blob_name *name, struct id giver,
                         bool *ret)
{
    struct hash_state state;
    struct hash hash;
    struct buf piece;
    int64_t done = 0;
    enum err e = OK;
    buf_init(&piece, &node->host->mem, WIRE_BLOB_CHUNK);
    hash_begin_bytes(&state);
    do {
        int64_t left = name->size - done;
        buf_clear(&piece);
        e = read_bytes(node, name, giver, done,
                       (size_t)(left < (int64_t)WIRE_BLOB_CHUNK ? left : WIRE_BLOB_CHUNK), &piece);
        hash_add(&state, piece.data, piece.size);
        done += (int64_t)piece.size;
    } while (!e && piece.size > 0 && done < name->size);
    buf_release(&piece);
    hash_end(&state, &hash);
    if (e && e != ERR_NOT_FOUND && e != ERR_FILE_DAMAGED) {
        return e;
    }
    *ret = !e && done == name->size && memcmp(hash.bytes, name->hash.bytes, HASH_SIZE) == 0;
    return OK;
}

enum err blob_verify(struct node *node, struct blob_row *blob, bool *ret)
{
    bool right = false;
    enum err e = blob->whole ? is_right(node, &blob->name, blob->giver, &right) : OK;
    if (!e && blob->whole && !right) {
        e = set_lost(node, blob);
    }
    if (!e) {
        *ret = right;
    }
    return e;
}

enum err blob_adopt(struct node *node, struct blob_row *blob)
{
    char path[PATH_MAX_SIZE];
    const struct host *host = node->host;
    bool right = false;
    path_of(node, &blob->name, node->identity.id, path);
    if (blob->whole || !host->files->exists(host->ctx, path)) {
        return OK;
    }
    enum err e = is_right(node, &blob->name, node->identity.id, &right);
    if (!e && right) {
        e = not_gone(node, path);
    }
    return e || !right ? e : set_whole(node, blob, node->identity.id);
}

enum err blob_given(struct node *node, const struct blob_row *blob, struct id giver, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, BLOB_PART_GET);
    stmt_bind_i64(s, 1, blob->id);
    stmt_bind_blob(s, 2, giver.bytes, ID_SIZE);
    int64_t have = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (!e) {
        *ret = blob->whole ? blob->name.size : have;
    }
    return e;
}

/* All bytes are there: right or not. */
static enum err conclude(struct node *node, struct blob_row *blob, struct id giver, bool *ret_wrong)
{
    bool right = false;
    enum err e = is_right(node, &blob->name, giver, &right);
    if (!e && right) {
        return set_whole(node, blob, giver);
    }
    if (!e) {
        e = drop_part(node, blob, giver);
    }
    if (!e) {
        e = add_gone(node, &blob->name, giver);
    }
    *ret_wrong = e == OK;
    return e;
}

enum err blob_take(struct node *node, struct blob_row *blob, struct id giver, int64_t offset,
                   struct span bytes, int64_t *ret_have, bool *ret_wrong)
{
    int64_t have = 0;
    *ret_wrong = false;
    enum err e = blob_given(node, blob, giver, &have);
    if (e || blob->whole || offset != have || (int64_t)bytes.size > blob->name.size - have) {
        *ret_have = have;
        return e;
    }
    e = write_bytes(node, blob, giver, offset, bytes);
    if (offset > 0 && (e == ERR_FILE_DAMAGED || e == ERR_NOT_FOUND)) {
        *ret_have = 0; /* power was cut while a piece was sealed anew: it is begun anew */
        return drop_part(node, blob, giver);
    }
    have += (int64_t)bytes.size;
    if (!e && have == blob->name.size) {
        e = conclude(node, blob, giver, ret_wrong);
        have = *ret_wrong ? 0 : have;
    } else if (!e) {
        struct stmt *s = db_stmt(node->db, BLOB_PART_SET);
        stmt_bind_i64(s, 1, blob->id);
        stmt_bind_blob(s, 2, giver.bytes, ID_SIZE);
        stmt_bind_i64(s, 3, have);
        e = stmt_run(s);
    }
    if (!e) {
        *ret_have = have;
    }
    return e;
}

enum err blob_piece(struct node *node, struct blob_row *blob, int64_t offset, int64_t size,
                    struct buf *ret)
{
    size_t before = ret->size;
    if (!blob->whole) {
        return OK;
    }
    enum err e = read_bytes(node, &blob->name, blob->giver, offset, (size_t)size, ret);
    bool gone = e == ERR_NOT_FOUND || e == ERR_FILE_DAMAGED ||
                (!e && ret->size == before && offset < blob->name.size);
    if (gone) {
        buf_truncate(ret, before);
    }
    return gone ? set_lost(node, blob) : e;
}

bool blob_has_file(struct node *node, const struct blob_row *blob)
{
    char path[PATH_MAX_SIZE];
    path_of(node, &blob->name, blob->giver, path);
    return node->host->files->exists(node->host->ctx, path);
}

enum err blob_refill(struct node *node, const struct blob_row *blob, struct span from_name,
                     const char *from, bool *ret)
{
    const struct host *host = node->host;
    char path[PATH_MAX_SIZE], own[NAME_SIZE];
    struct span name = own_name(&blob->name, blob->giver, own);
    struct buf piece;
    enum err e = OK;
    path_of(node, &blob->name, blob->giver, path);
    buf_init(&piece, &host->mem, WIRE_BLOB_CHUNK);
    for (int64_t at = 0; !e && at < blob->name.size; at += WIRE_BLOB_CHUNK) {
        buf_clear(&piece);
        e = sealed_read_at(host, from_name, from, (uint64_t)at, WIRE_BLOB_CHUNK, &piece);
        if (!e) {
            e = sealed_write_at(host, name, path, (uint64_t)at, buf_span(&piece));
        }
    }
    buf_release(&piece);
    if (e == ERR_NOT_FOUND || e == ERR_FILE_DAMAGED) {
        *ret = false;
        return OK;
    }
    return e ? e : is_right(node, &blob->name, blob->giver, ret);
}

enum err blob_recover(struct node *node, const struct blob_name *name, const char *from, bool *ret)
{
    struct blob_row blob;
    char path[PATH_MAX_SIZE], own[BLOB_COPY_NAME];
    const struct host *host = node->host;
    *ret = false;
    path_of(node, name, node->identity.id, path);
    enum err e = blob_find(node, name, &blob);
    if (e || blob.id == 0 || blob.whole || !host->files->exists(host->ctx, from)) {
        *ret = blob.whole;
        return e;
    }
    blob.giver = node->identity.id;
    e = not_gone(node, path);
    if (!e) {
        e = blob_refill(node, &blob, blob_copy_name(name, own), from, ret);
    }
    if (e || *ret) {
        return e ? e : set_whole(node, &blob, blob.giver);
    }
    e = add_gone(node, name, blob.giver);
    return e ? e : host->files->remove(host->ctx, from);
}

enum err blob_keep(struct node *node, struct span bytes, enum blob_kind kind, struct blob_name *ret)
{
    struct blob_row blob;
    struct blob_name name = {.size = (int64_t)bytes.size};
    bool right = false;
    hash_bytes(bytes, &name.hash);
    struct stmt *s = db_stmt(node->db, BLOB_ADD);
    stmt_bind_blob(s, 1, name.hash.bytes, HASH_SIZE);
    stmt_bind_i64(s, 2, name.size);
    stmt_bind_i64(s, 3, kind);
    stmt_bind_i64(s, 4, 0);
    enum err e = stmt_run(s);
    if (!e) {
        e = blob_find(node, &name, &blob);
    }
    if (!e) {
        e = blob_verify(node, &blob, &right); /* the same file as before needs no second copy */
    }
    if (!e && !right) {
        e = write_bytes(node, &blob, node->identity.id, 0, bytes);
    }
    if (!e && !right) {
        e = set_whole(node, &blob, node->identity.id);
    }
    if (!e) {
        *ret = name;
    }
    return e;
}

void blob_unkeep(struct node *node, const struct blob_name *name)
{
    struct blob_row blob;
    char path[PATH_MAX_SIZE];
    int64_t have = 0;
    if (name->size == 0 || blob_find(node, name, &blob) ||
        blob_given(node, &blob, node->identity.id, &have) || blob.whole || have > 0) {
        return;
    }
    path_of(node, name, node->identity.id, path);
    /* What can't be removed now is written over by the next attempt. */
    enum err ignored = node->host->files->remove(node->host->ctx, path);
    (void)ignored;
}

/* ---- files that were not sealed yet */

static enum err seal_one(struct node *node, struct node *as_sealed, const struct blob_row *blob)
{
    char from[PATH_MAX_SIZE];
    bool right = false;
    path_of(node, &blob->name, blob->giver, from);
    char own[NAME_SIZE];
    enum err e = OK;
    for (int64_t at = 0; !e && at < blob->name.size; at += WIRE_BLOB_CHUNK) {
        struct buf piece;
        char to[PATH_MAX_SIZE];
        buf_init(&piece, &node->host->mem, WIRE_BLOB_CHUNK);
        path_of(as_sealed, &blob->name, blob->giver, to);
        e = read_bytes(node, &blob->name, blob->giver, at, WIRE_BLOB_CHUNK, &piece);
        if (!e) {
            e = sealed_write_at(as_sealed->host, own_name(&blob->name, blob->giver, own), to,
                                (uint64_t)at, buf_span(&piece));
        }
        buf_release(&piece);
    }
    if (e == ERR_NOT_FOUND) { /* a later reader finds it gone, as it was before */
        return OK;
    }
    if (!e) {
        e = is_right(as_sealed, &blob->name, blob->giver, &right);
    }
    return e || !right ? e : add_gone(node, &blob->name, blob->giver);
}

enum err blob_seal_all(struct node *node, const struct host *sealed)
{
    struct node as_sealed = {.host = sealed};
    bool more = true;
    int64_t after = 0;
    memcpy(as_sealed.path, node->path, sizeof node->path);
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    while (!e && more) {
        struct blob_name name = {.size = 0};
        struct blob_row blob = {.whole = false};
        struct stmt *s = db_stmt(node->db, BLOB_HELD);
        stmt_bind_i64(s, 1, after);
        stmt_bind_i64(s, 2, 1);
        more = stmt_row(s);
        if (more) {
            after = stmt_i64(s, 0);
            (void)stmt_blob(s, 1, name.hash.bytes, HASH_SIZE);
            name.size = stmt_i64(s, 2);
        }
        e = stmt_end(s);
        if (!e && more) {
            e = blob_find(node, &name, &blob);
        }
        if (!e && more && blob.whole) {
            e = seal_one(node, &as_sealed, &blob);
        }
    }
    return node_end(node, e);
}
