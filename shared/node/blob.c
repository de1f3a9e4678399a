/*
 * blob.c - what faces ask of attachments: one's bytes and state, sums, space back.
 */
#include "blob_internal.h"

enum err blob_read(struct node *node, const struct blob_name *name, struct buf *ret)
{
    struct blob_row blob = {.id = 0};
    size_t before = ret->size;
    bool right = false;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = blob_find(node, name, &blob);
    if (!e) {
        e = blob_verify(node, &blob, &right); /* also notes one that is damaged */
    }
    for (int64_t at = 0; !e && blob.whole && at < name->size; at += WIRE_BLOB_CHUNK) {
        int64_t left = name->size - at;
        e = blob_piece(node, &blob, at, left < (int64_t)WIRE_BLOB_CHUNK ? left : WIRE_BLOB_CHUNK,
                       ret);
    }
    e = node_end(node, e);
    if (e || !blob.whole) {
        buf_truncate(ret, before);
    }
    return e ? e : blob.whole ? OK : ERR_NOT_FOUND;
}

enum err blob_state(struct node *node, const struct blob_name *name, struct blob_state *ret)
{
    struct blob_row blob;
    enum err e = blob_find(node, name, &blob);
    if (!e) {
        *ret = (struct blob_state){.known = blob.id != 0,
                                   .here = blob.whole,
                                   .above = blob.server != 0,
                                   .stable = blob.stable,
                                   .wanted = blob.wanted};
    }
    return e;
}

enum err blob_want(struct node *node, const struct blob_name *name)
{
    struct blob_row blob;
    enum err e = blob_find(node, name, &blob);
    if (e || blob.id == 0 || blob.whole || blob.wanted) {
        return e;
    }
    e = node_begin(node);
    if (!e) {
        struct stmt *s = db_stmt(node->db, BLOB_WANT);
        stmt_bind_i64(s, 1, blob.id);
        e = node_end(node, stmt_run(s));
    }
    return e;
}

static enum err read_sum(struct node *node, enum node_stmt which, struct blob_sum *ret)
{
    struct stmt *s = db_stmt(node->db, which);
    struct blob_sum sum = {0};
    if (stmt_row(s)) {
        sum = (struct blob_sum){stmt_i64(s, 0), stmt_i64(s, 1)};
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = sum;
    }
    return e;
}

enum err blob_status(struct node *node, struct blob_status *ret)
{
    struct blob_status status = {.kept = {0}};
    enum err e = read_sum(node, BLOB_SUM_KEPT, &status.kept);
    if (!e) {
        e = read_sum(node, BLOB_SUM_SEND, &status.send);
    }
    if (!e) {
        e = read_sum(node, BLOB_SUM_SAFE, &status.safe);
    }
    if (!e) {
        e = read_sum(node, BLOB_SUM_FETCH, &status.fetch);
    }
    if (!e) {
        *ret = status;
    }
    return e;
}

static enum err first_safe(struct node *node, struct blob_row *ret)
{
    struct blob_name name = {.size = 0};
    struct stmt *s = db_stmt(node->db, BLOB_SAFE);
    if (stmt_row(s) && stmt_blob(s, 1, name.hash.bytes, HASH_SIZE)) {
        name.size = stmt_i64(s, 2);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = (struct blob_row){.id = 0};
        e = name.size > 0 ? blob_find(node, &name, ret) : OK;
    }
    return e;
}

enum err blob_drop_stable(struct node *node, struct blob_sum *ret, struct diag *diag)
{
    struct blob_sum sum = {0};
    struct blob_row blob = {.id = 0};
    if (node->identity.role >= ROLE_HUB) { /* the backup serves nobody: a server does */
        *ret = sum;
        return OK;
    }
    enum err e = node_begin(node);
    if (e) {
        return node_failed(node, e, diag);
    }
    do {
        e = first_safe(node, &blob);
        if (!e && blob.id != 0) {
            e = blob_drop(node, &blob);
            sum.count++;
            sum.bytes += blob.name.size;
        }
    } while (!e && blob.id != 0);
    e = node_end(node, e);
    if (!e) {
        e = blob_sweep(node);
    }
    if (!e) {
        *ret = sum;
    }
    return node_failed(node, e, diag);
}
