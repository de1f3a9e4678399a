/*
 * serve_snapshot.c - snapshots offered in a reply, and their frames handed out piece by piece.
 *
 * A frame is served by membership now: one that holds a root which left the scope since, or whose
 * file is lost or damaged, is made anew first.
 */
#include <string.h>

#include "sealed_file.h"
#include "serve_internal.h"
#include "snapshot_internal.h"

/* What a row of a feed comes to in packed bytes, to compare a tail with a snapshot. */
#define TAIL_ROW_SIZE 60
#define TAIL_ROWS     100000 /* counted at most */

enum err snapshot_offer_of(struct serve *serve, int64_t feed, int64_t start,
                           struct snapshot_offer *ret, bool *ret_offered)
{
    struct snapshot_offer offer = {0};
    struct node *node = serve->node;
    *ret_offered = false;
    struct stmt *s = db_stmt(node->db, SNAPSHOT_NEWEST);
    stmt_bind_i64(s, 1, feed);
    bool found = stmt_row(s);
    if (found) {
        (void)stmt_blob(s, 1, offer.snapshot.bytes, ID_SIZE);
        offer.feed.n = stmt_i64(s, 2);
        offer.feed.hash = stmt_u64(s, 3);
        offer.frame_count = stmt_i64(s, 5);
        offer.ops = stmt_i64(s, 6);
        offer.size = stmt_i64(s, 7);
    }
    enum err e = stmt_end(s);
    if (e || !found || offer.feed.n <= start) {
        return e;
    }
    int64_t rows = TAIL_ROWS;
    if (start > 0) {
        s = db_stmt(node->db, SNAPSHOT_FEED_ROWS);
        stmt_bind_i64(s, 1, feed);
        stmt_bind_i64(s, 2, start);
        stmt_bind_i64(s, 3, offer.feed.n);
        stmt_bind_i64(s, 4, TAIL_ROWS);
        rows = stmt_row(s) ? stmt_i64(s, 0) : 0;
        e = stmt_end(s);
    }
    if (!e) {
        *ret_offered = start == 0 || rows > offer.size / TAIL_ROW_SIZE;
        *ret = offer;
    }
    return e;
}

/* ---- a frame */

struct found_frame {
    int64_t snapshot; /* row */
    struct id name;
    int64_t number;
    struct frame_range range;
    int64_t n;
    struct hash hash;
};

static enum err find_frame(struct serve *serve, const struct snapshot_request *request,
                           struct found_frame *ret, bool *ret_found)
{
    struct node *node = serve->node;
    struct found_frame frame = {.name = request->snapshot, .number = request->frame};
    struct stmt *s = db_stmt(node->db, SNAPSHOT_BY_NAME);
    stmt_bind_blob(s, 1, request->snapshot.bytes, ID_SIZE);
    bool found = stmt_row(s);
    if (found) {
        frame.snapshot = stmt_i64(s, 0);
        frame.range.scope = stmt_i64(s, 1);
        frame.range.compartment = stmt_i64(s, 2);
    }
    enum err e = stmt_end(s);
    if (!e && found) {
        s = db_stmt(node->db, FRAME_GET);
        stmt_bind_i64(s, 1, frame.snapshot);
        stmt_bind_i64(s, 2, frame.number);
        found = stmt_row(s);
        if (found) {
            frame.range.after = stmt_i64(s, 0);
            frame.range.upto = stmt_i64(s, 1);
            frame.n = stmt_i64(s, 2);
            found = stmt_blob(s, 3, frame.hash.bytes, HASH_SIZE);
        }
        e = stmt_end(s);
    }
    frame.range.text_size = SIZE_MAX;
    *ret = frame;
    *ret_found = found;
    return e;
}

static enum err is_granted(struct serve *serve, const struct found_frame *frame, bool *ret)
{
    const char *scope = NULL;
    const char *compartment = NULL;
    enum err e = symbol_text(serve->node, frame->range.scope, &scope);
    if (!e) {
        e = symbol_text(serve->node, frame->range.compartment, &compartment);
    }
    if (!e) {
        *ret = scope_granted(serve, span_of(scope), span_of(compartment));
    }
    return e;
}

static enum err someone_left(struct serve *serve, const struct found_frame *frame, bool *ret)
{
    struct stmt *s = db_stmt(serve->node->db, LEFT_SINCE);
    stmt_bind_i64(s, 1, frame->range.scope);
    stmt_bind_i64(s, 2, frame->range.after);
    stmt_bind_i64(s, 3, frame->range.upto);
    stmt_bind_i64(s, 4, frame->n);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* The frame as it was stored; false when the file isn't that any more. */
static bool read_file(struct serve *serve, const struct found_frame *frame, struct buf *ret)
{
    char path[SNAPSHOT_PATH_MAX];
    struct hash hash;
    struct node *node = serve->node;
    snapshot_path(node, frame->name, frame->number, path);
    buf_clear(ret);
    if (sealed_read(node->host, snapshot_file_name(path), path, ret)) {
        return false;
    }
    hash_bytes(buf_span(ret), &hash);
    return memcmp(hash.bytes, frame->hash.bytes, HASH_SIZE) == 0;
}

static enum err make_anew(struct serve *serve, struct found_frame *frame)
{
    struct node *node = serve->node;
    struct frame_made made;
    struct zip *zip = NULL;
    struct buf text;
    int64_t size = 0;
    buf_init(&text, &node->host->mem, WIRE_PLAIN_MAX);
    enum err e = feed_flush(node);
    if (!e) {
        e = self_i64(node, "n", 0, &frame->n);
    }
    if (!e) {
        e = frame_text(node, &frame->range, serve->arena, &text, &made);
    }
    if (!e) { /* a caller waits for it: quick rather than small */
        e = zip_new(&node->host->mem, (struct span){0}, 6, &zip);
    }
    if (!e) {
        e = frame_store(node, zip, frame->name, frame->number, buf_span(&text), serve->arena,
                        &frame->hash, &size);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, FRAME_SET);
        stmt_bind_i64(s, 1, frame->snapshot);
        stmt_bind_i64(s, 2, frame->number);
        stmt_bind_i64(s, 3, frame->n);
        stmt_bind_blob(s, 4, frame->hash.bytes, HASH_SIZE);
        e = stmt_run(s);
    }
    zip_free(zip);
    buf_release(&text);
    return e;
}

static enum err load_frame(struct serve *serve, struct found_frame *frame, struct buf *ret)
{
    bool left = false;
    enum err e = someone_left(serve, frame, &left);
    if (e || (!left && read_file(serve, frame, ret))) {
        return e;
    }
    e = make_anew(serve, frame);
    return e || read_file(serve, frame, ret) ? e : ERR_FILE;
}

static enum err answer_piece(struct serve *serve, const struct snapshot_request *request,
                             struct buf *ret, struct diag *diag)
{
    struct found_frame frame;
    struct buf bytes;
    char name[ID_TEXT_SIZE];
    bool found = false;
    bool granted = false;
    id_write(request->snapshot, name);
    enum err e = find_frame(serve, request, &frame, &found);
    if (!e && found) {
        e = is_granted(serve, &frame, &granted);
    }
    if (!e && !granted) {
        e = diag_set(diag, ERR_NOT_FOUND, "snapshot", name, NULL);
    }
    buf_init(&bytes, &serve->node->host->mem, WIRE_FRAME_MAX);
    if (!e) {
        e = load_frame(serve, &frame, &bytes);
        if (e == ERR_TOO_LARGE || e == ERR_FILE) { /* rows will do: the caller asks for them */
            e = diag_set(diag, ERR_NOT_FOUND, "snapshot", name, NULL);
        }
    }
    if (!e) {
        e = serve_turn_ratchet(serve);
    }
    if (!e) {
        struct snapshot_piece piece = {
            .ratchet = serve->reply.ratchet,
            .hash = frame.hash,
            .frame_size = (int64_t)bytes.size,
            .bytes = span_cut(buf_span(&bytes), (size_t)request->from, (size_t)request->max_size)};
        reply_tag(&serve->proof.signature, ret);
        snapshot_piece_write(&piece, ret);
        e = buf_error(ret);
    }
    buf_release(&bytes);
    return e;
}

enum err serve_snapshot(struct node *node, struct pack *pack, const char *path, struct span body,
                        struct buf *ret, uint64_t *ret_hint, struct diag *diag)
{
    struct arena arena;
    struct buf text;
    struct span line;
    struct snapshot_request request;
    struct serve serve = {.node = node, .arena = &arena};
    arena_init(&arena, &node->host->mem, SNAPSHOT_ARENA_MAX);
    buf_init(&text, &node->host->mem, WIRE_PLAIN_MAX);
    enum err e = serve_hear(&serve, pack, path, body, &text, ret_hint, diag);
    if (!e) {
        struct span rest = buf_span(&text);
        e = span_split(&rest, '\n', &line)
                ? snapshot_request_read(line, &arena, &request, diag)
                : diag_set(diag, ERR_FORMAT, "snapshot request", "line 1", NULL);
    }
    if (!e) {
        serve.request.clock_ms = request.clock_ms;
        e = serve_look_again(&serve, path);
    }
    if (!e) {
        e = answer_piece(&serve, &request, ret, diag);
    }
    if (!e) {
        e = caller_note(&serve);
    }
    buf_release(&text);
    arena_release(&arena);
    return node_failed(node, e, diag);
}
