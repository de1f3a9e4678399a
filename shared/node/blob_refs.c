/*
 * blob_refs.c - which ops name which blobs.
 *
 * A value of type file is told by its shape, not by the type of its property: ops may come before
 * the type that explains them, and the order in which things arrive must not matter.
 */
#include <string.h>

#include "blob_internal.h"
#include "json.h"

/* Most ops name none: that is seen without taking them apart. */
static bool may_name(struct span values)
{
    static const char key[] = "\"hash\":";
    const size_t size = sizeof key - 1;
    for (size_t i = 0; i + size <= values.size; i++) {
        if (values.data[i] == '"' && memcmp(values.data + i, key, size) == 0) {
            return true;
        }
    }
    return false;
}

static enum err note(struct node *node, int64_t op, const struct blob_name *name,
                     enum blob_kind kind)
{
    struct blob_row blob;
    if (name->size > (kind == BLOB_THUMB ? WIRE_BLOB_THUMB : WIRE_BLOB_MAX)) {
        return OK; /* a good op, of bytes that nobody carries */
    }
    struct stmt *s = db_stmt(node->db, BLOB_ADD);
    stmt_bind_blob(s, 1, name->hash.bytes, HASH_SIZE);
    stmt_bind_i64(s, 2, name->size);
    stmt_bind_i64(s, 3, kind);
    stmt_bind_i64(s, 4, kind == BLOB_THUMB);
    enum err e = stmt_run(s);
    bool is_new = !e && db_changed(node->db) > 0;
    if (!e) {
        e = blob_find(node, name, &blob);
    }
    if (!e && is_new) {
        e = blob_adopt(node, &blob);
    }
    if (!e) {
        s = db_stmt(node->db, BLOB_REF_ADD);
        stmt_bind_i64(s, 1, op);
        stmt_bind_i64(s, 2, blob.id);
        e = stmt_run(s);
    }
    return e;
}

enum err blob_note_op(struct node *node, const struct op *op, int64_t row)
{
    struct json *values = NULL;
    size_t count = 0;
    if (op->redacted || !may_name(op->values)) {
        return OK;
    }
    enum err e = json_parse(op->values, &values, NULL);
    for (const struct json *item = e ? NULL : json_first(values);
         !e && item && count < WIRE_BLOBS_OF_OP; item = json_next(item)) {
        struct file_value file;
        if (!file_value_read(item, &file)) {
            continue;
        }
        count++;
        if (file.has_thumb) {
            e = note(node, row, &file.thumb, BLOB_THUMB);
        }
        if (!e) {
            e = note(node, row, &file.whole, BLOB_FILE);
        }
    }
    json_free(values);
    return e;
}

static enum err drop_ref(struct node *node, int64_t op, int64_t blob)
{
    struct stmt *s = db_stmt(node->db, BLOB_REF_DROP);
    stmt_bind_i64(s, 1, op);
    stmt_bind_i64(s, 2, blob);
    enum err e = stmt_run(s);
    if (e) {
        return e;
    }
    s = db_stmt(node->db, BLOB_REF_ANY);
    stmt_bind_i64(s, 1, blob);
    bool named = stmt_row(s);
    e = stmt_end(s);
    return e || named ? e : blob_delete(node, blob);
}

enum err blob_forget_op(struct node *node, int64_t row)
{
    bool found = true;
    enum err e = OK;
    while (!e && found) {
        int64_t blob = 0;
        struct stmt *s = db_stmt(node->db, BLOB_REF_OF_OP);
        stmt_bind_i64(s, 1, row);
        found = stmt_row(s);
        if (found) {
            blob = stmt_i64(s, 0);
        }
        e = stmt_end(s);
        if (!e && found) {
            e = drop_ref(node, row, blob);
        }
    }
    return e;
}
