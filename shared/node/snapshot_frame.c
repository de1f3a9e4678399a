/*
 * snapshot_frame.c - one frame of a snapshot: the trees of a range of roots, as ENTER rows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sealed_file.h"
#include "serve_internal.h"
#include "snapshot_internal.h"

/* What surely packs into WIRE_FRAME_MAX: ops pack to half. */
#define FRAME_ROWS_MAX (7u * 1024 * 1024)
/* Of one tree; the reader asks for the rest of a larger one in its next sync. */
#define FRAME_TREE_MAX (2 * 1024 * 1024)

struct span snapshot_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return span_of(slash ? slash + 1 : path);
}

void snapshot_path(const struct node *node, struct id name, int64_t frame,
                   char ret[SNAPSHOT_PATH_MAX])
{
    char id[ID_TEXT_SIZE];
    const char *slash = strrchr(node->path, '/');
    int folder = slash ? (int)(slash - node->path) + 1 : 0;
    id_write(name, id);
    (void)snprintf(ret, SNAPSHOT_PATH_MAX, "%.*ssnapshots/%s-%" PRId64, folder, node->path, id,
                   frame);
}

static enum err make_folder(const struct node *node)
{
    char path[SNAPSHOT_PATH_MAX];
    const char *slash = strrchr(node->path, '/');
    int folder = slash ? (int)(slash - node->path) + 1 : 0;
    (void)snprintf(path, sizeof path, "%.*ssnapshots", folder, node->path);
    return node->host->files->make_folder(node->host->ctx, path);
}

struct framing {
    struct node *node;
    const struct frame_range *range;
    struct serve serve;
    struct org_node reader; /* who would be granted this scope and compartment, and no more */
    const char *scopes[1], *compartments[1];
    struct row_writer writer;
    struct frame_made made;
    bool full;
};

static enum err has_ops(const struct framing *framing, int64_t root, bool *ret)
{
    struct stmt *s = db_stmt(framing->node->db, SNAPSHOT_HAS_OPS);
    stmt_bind_i64(s, 1, root);
    stmt_bind_i64(s, 2, framing->range->compartment);
    *ret = stmt_row(s);
    return stmt_end(s);
}

static enum err add_root(struct framing *framing, int64_t root)
{
    struct buf *rows = &framing->serve.rows;
    size_t before = rows->size;
    bool any = false;
    enum err e = has_ops(framing, root, &any);
    if (!e && any) {
        e = row_write_enter(&framing->writer, root, framing->range->compartment);
    }
    if (e == ERR_TOO_LARGE || (!e && rows->size > FRAME_ROWS_MAX)) {
        rows->failed = OK;
        buf_truncate(rows, before);
        if (framing->range->text_size == SIZE_MAX) {
            return ERR_TOO_LARGE; /* all of the range was asked for */
        }
        framing->full = before > 0;
        e = OK;
    }
    if (!e && !framing->full) {
        framing->made.upto = root;
        framing->full = rows->size >= framing->range->text_size;
    }
    return e;
}

/* The next roots of the range after `after`. */
static enum err next_roots(struct framing *framing, int64_t after, int64_t *roots, size_t capacity,
                           size_t *ret_count)
{
    size_t count = 0;
    struct stmt *s = db_stmt(framing->node->db, SNAPSHOT_ROOTS);
    stmt_bind_i64(s, 1, framing->range->scope);
    stmt_bind_i64(s, 2, after);
    stmt_bind_i64(s, 3, framing->range->upto);
    while (count < capacity && stmt_row(s)) {
        roots[count++] = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    *ret_count = count;
    return e;
}

static enum err add_roots(struct framing *framing)
{
    enum { SOME_ROOTS = 512 };
    int64_t roots[SOME_ROOTS];
    size_t count = 0;
    enum err e = OK;
    do {
        int64_t after = framing->made.upto;
        e = next_roots(framing, after, roots, SOME_ROOTS, &count);
        for (size_t i = 0; !e && !framing->full && i < count; i++) {
            e = add_root(framing, roots[i]);
        }
    } while (!e && !framing->full && count > 0);
    return e;
}

static enum err begin(struct framing *framing)
{
    struct serve *serve = &framing->serve;
    enum err e = node_org(framing->node, &serve->org);
    if (!e) {
        e = symbol_text(framing->node, framing->range->scope, &framing->scopes[0]);
    }
    if (!e) {
        e = symbol_text(framing->node, framing->range->compartment, &framing->compartments[0]);
    }
    framing->reader = (struct org_node){.role = ROLE_HUB,
                                        .scopes = framing->scopes,
                                        .scope_count = 1,
                                        .compartments = framing->compartments,
                                        .compartment_count = 1};
    serve->node = framing->node;
    serve->request.max_size = FRAME_TREE_MAX;
    serve->caller = &framing->reader;
    serve->readers[0] = &framing->reader;
    serve->reader_count = 1;
    framing->writer.serve = serve;
    framing->made.upto = framing->range->after;
    return e;
}

static int64_t count_ops(struct span text)
{
    struct span line;
    int64_t count = 0;
    while (span_split(&text, '\n', &line)) {
        count += line.size > 0 && line.data[0] == '[';
    }
    return count;
}

enum err frame_text(struct node *node, const struct frame_range *range, struct arena *arena,
                    struct buf *ret, struct frame_made *ret_made)
{
    struct framing *framing = arena_alloc(arena, sizeof *framing);
    if (!framing) {
        return ERR_NOMEM;
    }
    framing->node = node;
    framing->range = range;
    framing->serve.arena = arena;
    buf_init(&framing->serve.rows, &node->host->mem, WIRE_PLAIN_MAX - WIRE_LINE_MAX);
    enum err e = begin(framing);
    if (!e) {
        e = add_roots(framing);
    }
    if (!e) {
        sync_reply_write(&framing->serve.reply, ret);
        buf_add_span(ret, buf_span(&framing->serve.rows));
        framing->made.ops = count_ops(buf_span(&framing->serve.rows));
        e = buf_error(ret);
    }
    buf_release(&framing->serve.rows);
    if (!e) {
        *ret_made = framing->made;
    }
    return e;
}

enum err frame_store(struct node *node, struct zip *zip, struct id snapshot, int64_t number,
                     struct span text, struct arena *arena, struct hash *ret_hash,
                     int64_t *ret_size)
{
    char path[SNAPSHOT_PATH_MAX];
    struct buf frame;
    buf_init(&frame, &node->host->mem, WIRE_FRAME_MAX);
    enum err e = snapshot_frame_write(zip, text, arena, &frame);
    if (!e) {
        e = make_folder(node);
    }
    if (!e) {
        snapshot_path(node, snapshot, number, path);
        e = sealed_write_atomic(node->host, snapshot_file_name(path), path, buf_span(&frame));
    }
    if (!e) {
        hash_bytes(buf_span(&frame), ret_hash);
        *ret_size = (int64_t)frame.size;
    }
    buf_release(&frame);
    return e;
}

enum err snapshot_drop(struct node *node, const struct snapshot_row *snapshot)
{
    char path[SNAPSHOT_PATH_MAX];
    const struct host_files *files = node->host->files;
    enum err e = OK;
    /* Of one that wasn't finished the number isn't known: they were written in order. */
    for (int64_t i = 0; !e; i++) {
        snapshot_path(node, snapshot->name, i, path);
        if (i >= snapshot->frames && !files->exists(node->host->ctx, path)) {
            break;
        }
        e = files->remove(node->host->ctx, path);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, FRAMES_DROP);
        stmt_bind_i64(s, 1, snapshot->id);
        e = stmt_run(s);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, SNAPSHOT_DROP);
        stmt_bind_i64(s, 1, snapshot->id);
        e = stmt_run(s);
    }
    return e;
}

enum err snapshot_note_left(struct node *node, int64_t root, const struct members *scopes)
{
    int64_t n = node->n;
    enum err e = node->n_loaded ? OK : self_i64(node, "n", 0, &n);
    for (size_t i = 0; !e && i < scopes->count; i++) {
        struct stmt *s = db_stmt(node->db, LEFT_SET);
        stmt_bind_i64(s, 1, scopes->scopes[i]);
        stmt_bind_i64(s, 2, root);
        stmt_bind_i64(s, 3, n);
        e = stmt_run(s);
    }
    return e;
}
