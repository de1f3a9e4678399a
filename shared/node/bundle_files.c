/*
 * bundle_files.c - attachments in a bundle: what the calling end names, puts and takes, and how a
 * file is cut into frames at either end.
 *
 * Nobody answers while a file is written, so each begins behind what the other side told last: a
 * lost bundle is made good by the next, and a small stick takes part of a file.
 */
#include "blob_internal.h"
#include "bundle_parts.h"
#include "sync_internal.h"

#define LISTS      5
#define LIST_MOST  (WIRE_STICK_NAMES / LISTS)
#define LINE_COST  192  /* of a piece: its frame's head and line */
#define LEAST      2048 /* with less room than this nothing more is begun */
#define FILES_MAX  (8u * 1024 * 1024)
#define FRAME_MOST (WIRE_BLOB_LINE + WIRE_BLOB_CHUNK)

struct listed {
    struct blob_name name;
    int64_t from; /* bytes that who gets it has already */
};
struct list {
    struct listed *items;
    size_t count;
};

/* ---- what is remembered of the other side */

static struct stmt *bind_file(struct node *node, enum node_stmt which, struct id peer,
                              enum bundle_file_way way, const struct blob_name *name)
{
    struct stmt *s = db_stmt(node->db, which);
    stmt_bind_blob(s, 1, peer.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, way);
    stmt_bind_blob(s, 3, name->hash.bytes, HASH_SIZE);
    stmt_bind_i64(s, 4, name->size);
    return s;
}

enum err bundle_file_set(struct node *node, struct id peer, enum bundle_file_way way,
                         const struct blob_name *name, int64_t have)
{
    struct stmt *s = bind_file(node, BUNDLE_FILE_SET, peer, way, name);
    stmt_bind_i64(s, 5, have);
    return stmt_run(s);
}

static enum err told_of(struct node *node, struct id server, const struct blob_name *name,
                        int64_t *ret)
{
    struct stmt *s = bind_file(node, BUNDLE_FILE_HAVE, server, FILE_TOLD, name);
    int64_t have = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (!e) {
        *ret = have;
    }
    return e;
}

/* ---- frames, of either end */

static enum err out_frame(struct bundle_out *out, struct bundle_files *files, struct span bytes)
{
    const struct host *host = out->node->host;
    struct buf body;
    buf_init(&body, &host->mem, FRAME_MOST);
    files->time_ms = host->now_ms(host->ctx);
    bundle_files_write(files, &body);
    buf_add_span(&body, bytes);
    enum err e = buf_error(&body);
    if (!e) {
        out->room -= files->has_put ? (int64_t)(body.size + BUNDLE_FRAME_HEAD) : 0;
        e = bundle_out_frame(out, BUNDLE_FILES, buf_span(&body));
    }
    buf_release(&body);
    return e;
}

enum err bundle_out_names(struct bundle_out *out, struct bundle_files *files)
{
    return out_frame(out, files, (struct span){0});
}

/* A file that was damaged here would be carried and thrown away for ever: it is noted as lost. */
static enum err look_at(struct node *node, const struct blob_name *name, struct blob_row *ret,
                        bool *ret_right)
{
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = blob_find(node, name, ret);
    if (!e) {
        e = blob_verify(node, ret, ret_right);
    }
    return node_end(node, e);
}

static enum err read_piece(struct node *node, struct blob_row *blob, int64_t from, int64_t size,
                           struct buf *ret)
{
    enum err e = node_begin(node);
    return e ? e : node_end(node, blob_piece(node, blob, from, size, ret));
}

static enum err out_piece(struct bundle_out *out, struct blob_row *blob, int64_t *from)
{
    struct buf bytes;
    int64_t left = blob->name.size - *from;
    int64_t most = out->room - LINE_COST;
    most = most < (int64_t)WIRE_BLOB_CHUNK ? most : (int64_t)WIRE_BLOB_CHUNK;
    buf_init(&bytes, &out->node->host->mem, WIRE_BLOB_CHUNK);
    enum err e = read_piece(out->node, blob, *from, left < most ? left : most, &bytes);
    if (!e && bytes.size == 0) { /* lost meanwhile, and noted */
        *from = blob->name.size;
    } else if (!e) {
        struct bundle_files files = {.has_put = true,
                                     .put = {blob->name, *from, (int64_t)bytes.size}};
        e = out_frame(out, &files, buf_span(&bytes));
        *from += (int64_t)bytes.size;
        out->report->file_bytes += (int64_t)bytes.size;
        out->report->files += *from == blob->name.size;
    }
    buf_release(&bytes);
    return e;
}

enum err bundle_out_file(struct bundle_out *out, const struct blob_name *name, int64_t from)
{
    struct blob_row blob = {.id = 0};
    bool right = false;
    if (out->room < LEAST) {
        out->report->files_left = true;
        return OK;
    }
    enum err e = look_at(out->node, name, &blob, &right);
    while (!e && right && from < name->size) {
        if (out->room < LEAST) {
            out->report->files_left = true;
            return OK;
        }
        e = out_piece(out, &blob, &from);
    }
    return e;
}

/* ---- the calling end: what it names and puts */

static enum err read_list(struct stmt *s, struct arena *arena, struct list *ret)
{
    struct list list = {.items = arena_array(arena, LIST_MOST, sizeof *list.items)};
    while (list.items && list.count < LIST_MOST && stmt_row(s)) {
        struct listed item = {.from = 0};
        item.name.size = stmt_i64(s, 2);
        if (stmt_blob(s, 1, item.name.hash.bytes, HASH_SIZE)) {
            list.items[list.count++] = item;
        }
    }
    enum err e = stmt_end(s);
    e = list.items ? e : ERR_NOMEM;
    if (!e) {
        *ret = list;
    }
    return e;
}

static enum err list_sends(struct node *node, const struct server_row *server, enum blob_kind kind,
                           struct arena *arena, struct list *ret)
{
    struct stmt *s = db_stmt(node->db, BLOB_TO_SEND);
    stmt_bind_i64(s, 1, server->id);
    stmt_bind_u64(s, 2, server->epoch);
    stmt_bind_i64(s, 3, kind);
    stmt_bind_i64(s, 4, 0);
    stmt_bind_i64(s, 5, 0);
    stmt_bind_i64(s, 6, LIST_MOST);
    enum err e = read_list(s, arena, ret);
    for (size_t i = 0; !e && i < ret->count; i++) {
        e = told_of(node, server->name, &ret->items[i].name, &ret->items[i].from);
    }
    return e;
}

static enum err list_unstable(struct node *node, const struct server_row *server,
                              struct arena *arena, struct list *ret)
{
    struct stmt *s = db_stmt(node->db, BLOB_UNSTABLE_ALL);
    stmt_bind_i64(s, 1, server->id);
    stmt_bind_u64(s, 2, server->epoch);
    stmt_bind_i64(s, 3, LIST_MOST);
    return read_list(s, arena, ret);
}

static enum err list_wants(struct node *node, const struct server_row *server, enum blob_kind kind,
                           struct arena *arena, struct list *ret)
{
    struct stmt *s = db_stmt(node->db, BLOB_TO_FETCH);
    stmt_bind_i64(s, 1, kind);
    stmt_bind_i64(s, 2, 0);
    stmt_bind_i64(s, 3, 0);
    stmt_bind_i64(s, 4, LIST_MOST);
    enum err e = read_list(s, arena, ret);
    for (size_t i = 0; !e && i < ret->count; i++) {
        struct blob_row blob;
        e = blob_find(node, &ret->items[i].name, &blob);
        if (!e) {
            e = blob_given(node, &blob, server->name, &ret->items[i].from);
        }
    }
    return e;
}

/* Names of one list, in as many frames as it takes. */
static enum err name_all(struct bundle_out *out, const struct list *list, bool want)
{
    struct blob_name ask[WIRE_BLOB_NAMES];
    struct file_wanted wanted[WIRE_BLOB_NAMES];
    enum err e = OK;
    for (size_t at = 0; !e && at < list->count;) {
        size_t count = 0;
        for (; count < WIRE_BLOB_NAMES && at < list->count; count++, at++) {
            ask[count] = list->items[at].name;
            wanted[count] = (struct file_wanted){list->items[at].name, list->items[at].from};
        }
        struct bundle_files files = {.ask = ask,
                                     .ask_count = want ? 0 : count,
                                     .want = wanted,
                                     .want_count = want ? count : 0};
        e = bundle_out_names(out, &files);
    }
    return e;
}

enum err bundle_write_files(struct bundle_out *out, const struct server_row *server)
{
    struct node *node = out->node;
    struct arena arena;
    struct list lists[LISTS] = {{.count = 0}}; /* thumbnails, files; unstable; the same wanted */
    struct bundle_files none = {.ask_count = 0};
    arena_init(&arena, &node->host->mem, FILES_MAX);
    enum err e = list_sends(node, server, BLOB_THUMB, &arena, &lists[0]);
    e = e ? e : list_sends(node, server, BLOB_FILE, &arena, &lists[1]);
    e = e ? e : list_unstable(node, server, &arena, &lists[2]);
    e = e ? e : list_wants(node, server, BLOB_THUMB, &arena, &lists[3]);
    e = e ? e : list_wants(node, server, BLOB_FILE, &arena, &lists[4]);
    e = e ? e : bundle_out_names(out, &none); /* what was named in the last one is over */
    for (size_t i = 0; !e && i < LISTS; i++) {
        e = name_all(out, &lists[i], i > 2);
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; !e && k < lists[i].count; k++) {
            e = bundle_out_file(out, &lists[i].items[k].name, lists[i].items[k].from);
        }
    }
    arena_release(&arena);
    return e;
}

/* ---- the calling end: what it is told and given */

static enum err set_above(struct node *node, const struct server_row *server, int64_t blob,
                          bool above)
{
    struct stmt *s = db_stmt(node->db, BLOB_ABOVE);
    stmt_bind_i64(s, 1, blob);
    stmt_bind_i64(s, 2, above ? server->id : 0);
    stmt_bind_u64(s, 3, above ? server->epoch : 0);
    return stmt_run(s);
}

/* Less than it had: thrown away as wrong, or lost. The former may be our own file's fault. */
static enum err take_less(struct node *node, const struct server_row *server,
                          const struct file_told *told, struct blob_row *blob)
{
    int64_t before = 0;
    bool right = true;
    bool above = blob->server == server->id;
    enum err e = told_of(node, server->name, &told->name, &before);
    if (!e && (above || told->have < before)) {
        e = blob_verify(node, blob, &right);
    }
    if (!e && above && right) {
        e = set_above(node, server, blob->id, false);
    }
    return e ? e
             : bundle_file_set(node, server->name, FILE_TOLD, &told->name,
                               told->have > 0 ? told->have : 0);
}

static enum err take_told(struct node *node, const struct server_row *server,
                          const struct file_told *told)
{
    struct blob_row blob;
    enum err e = blob_find(node, &told->name, &blob);
    if (e || !blob.whole) { /* dropped, redacted or lost since it was asked */
        return e;
    }
    if (told->have < told->name.size) {
        return take_less(node, server, told, &blob);
    }
    e = set_above(node, server, blob.id, true);
    if (!e) {
        e = stmt_run(bind_file(node, BUNDLE_FILE_DROP, server->name, FILE_TOLD, &told->name));
    }
    if (!e && told->stable) {
        struct stmt *s = db_stmt(node->db, BLOB_STABLE);
        stmt_bind_i64(s, 1, blob.id);
        e = stmt_run(s);
    }
    return e;
}

static enum err take_put(struct node *node, const struct server_row *server,
                         const struct blob_piece *put, struct span bytes,
                         struct bundle_report *report)
{
    struct blob_row blob;
    int64_t have = 0;
    bool wrong = false;
    enum err e = blob_find(node, &put->name, &blob);
    if (e || blob.id == 0 || blob.whole || !blob.wanted) {
        return e;
    }
    e = blob_take(node, &blob, server->name, put->offset, bytes, &have, &wrong);
    if (!e && blob.whole) {
        report->files++;
        e = set_above(node, server, blob.id, true);
    }
    report->file_bytes += !e && have == put->offset + put->size ? put->size : 0;
    return e;
}

enum err bundle_take_files(struct node *node, const struct server_row *server, bool news,
                           struct span body, struct bundle_report *report, struct diag *diag)
{
    struct bundle_files files;
    struct arena arena;
    struct span bytes = {0};
    arena_init(&arena, &node->host->mem, FILES_MAX);
    enum err e = bundle_files_read(body, &arena, &files, &bytes, diag);
    if (!e) {
        e = node_begin(node);
        for (size_t i = 0; !e && news && i < files.told_count; i++) {
            e = take_told(node, server, &files.told[i]);
        }
        if (!e && files.has_put) {
            e = take_put(node, server, &files.put, bytes, report);
        }
        e = node_end(node, e);
    }
    arena_release(&arena);
    return e ? node_failed(node, e, diag) : OK;
}
