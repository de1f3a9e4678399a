/*
 * sync_snapshot.c - taking snapshots: what was offered, the next piece, a frame applied.
 *
 * How far it got is in table taking: the next frame, and the bytes that have arrived of it. So a
 * cut, a power cut or a year costs the piece that was under way.
 */
#include <string.h>

#include "snapshot_message.h"
#include "sync_internal.h"

#define AWAY_MS (3 * 86400000LL) /* from when on the tail may be long */

/* What is being taken now. */
struct taking {
    char scope[PLACE_CODE_MAX + 1], compartment[TYPE_NAME_MAX + 1];
    int64_t n;
    uint64_t hash;
    struct id snapshot;
    int64_t frames, frame, ops;
    bool has_part_hash;
    struct hash part_hash;
    int64_t part_size;
};

static enum err next_taking(struct sync *sync, struct taking *ret, bool *ret_found)
{
    struct stmt *s = db_stmt(sync->node->db, TAKING_NEXT);
    stmt_bind_i64(s, 1, sync->server.id);
    bool found = stmt_row(s);
    if (found) {
        *ret = (struct taking){.n = stmt_i64(s, 2),
                               .hash = stmt_u64(s, 3),
                               .frames = stmt_i64(s, 5),
                               .frame = stmt_i64(s, 6),
                               .ops = stmt_i64(s, 7),
                               .part_size = stmt_i64(s, 9)};
        span_text(stmt_span(s, 0), ret->scope, sizeof ret->scope);
        span_text(stmt_span(s, 1), ret->compartment, sizeof ret->compartment);
        (void)stmt_blob(s, 4, ret->snapshot.bytes, ID_SIZE);
        ret->has_part_hash = stmt_blob(s, 8, ret->part_hash.bytes, HASH_SIZE);
    }
    enum err e = stmt_end(s);
    *ret_found = found;
    return e;
}

static struct stmt *of_taking(struct sync *sync, enum node_stmt which, struct span scope,
                              struct span compartment)
{
    struct stmt *s = db_stmt(sync->node->db, which);
    stmt_bind_i64(s, 1, sync->server.id);
    stmt_bind_text(s, 2, scope);
    stmt_bind_text(s, 3, compartment);
    return s;
}

static struct stmt *of(struct sync *sync, enum node_stmt which, const struct taking *taking)
{
    return of_taking(sync, which, span_of(taking->scope), span_of(taking->compartment));
}

enum err snapshots_left(struct sync *sync, bool *ret_any, int64_t *ret_ops)
{
    struct taking taking;
    struct stmt *s = db_stmt(sync->node->db, TAKING_LEFT);
    stmt_bind_i64(s, 1, sync->server.id);
    *ret_ops = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    return e ? e : next_taking(sync, &taking, ret_any);
}

/*
 * A device takes any. A hub only while it is new, or has begun one: what left its scopes since it
 * last read would stand in the rows of the tail, and it names no roots by which to learn of it.
 */
static enum err may_take(struct sync *sync, bool *ret)
{
    struct taking taking;
    bool taking_one = false;
    bool holds_some = false;
    if (sync->node->identity.role < ROLE_HUB) {
        *ret = true;
        return OK;
    }
    enum err e = next_taking(sync, &taking, &taking_one);
    if (!e) {
        struct stmt *s = db_stmt(sync->node->db, MEMBER_ELSEWHERE);
        holds_some = stmt_row(s);
        e = stmt_end(s);
    }
    *ret = taking_one || !holds_some;
    return e;
}

/* Who was here lately and reads on from a cursor has a short tail: its requests are the shortest.
 */
enum err snapshots_wanted(struct sync *sync, bool reads_on, bool *ret)
{
    const struct host *host = sync->node->host;
    struct stmt *s = db_stmt(sync->node->db, SERVER_TOLD);
    int64_t since_ms = stmt_row(s) ? host->now_ms(host->ctx) - stmt_i64(s, 2) : 0;
    enum err e = stmt_end(s);
    if (!e && reads_on && since_ms >= 0 && since_ms < AWAY_MS) {
        *ret = false;
        return OK;
    }
    return e ? e : may_take(sync, ret);
}

/* Is it worth taking for us, who may stand there already? A snapshot of an earlier number is one of
   another history: the server was put back, and doesn't believe our position. */
static enum err is_news(struct sync *sync, const struct snapshot_offer *offer, bool *ret)
{
    struct stmt *s = of_taking(sync, SERVER_FEED_AT, offer->feed.scope, offer->feed.compartment);
    *ret = !stmt_row(s) || stmt_i64(s, 0) != offer->feed.n || stmt_u64(s, 1) != offer->feed.hash;
    return stmt_end(s);
}

/* Roots held that the snapshot won't bring are named to the server: they may have left unseen. */
static enum err begin_taking(struct sync *sync, const struct snapshot_offer *offer)
{
    struct node *node = sync->node;
    struct stmt *s = of_taking(sync, TAKING_ADD, offer->feed.scope, offer->feed.compartment);
    stmt_bind_i64(s, 4, offer->feed.n);
    stmt_bind_u64(s, 5, offer->feed.hash);
    stmt_bind_blob(s, 6, offer->snapshot.bytes, ID_SIZE);
    stmt_bind_i64(s, 7, offer->frame_count);
    stmt_bind_i64(s, 8, offer->ops);
    enum err e = stmt_run(s);
    if (!e && db_changed(node->db) > 0 && span_is(offer->feed.compartment, "base")) {
        sync->roots_after = 0;
        s = db_stmt(node->db, AGREED_TAKE_BACK);
        stmt_bind_text(s, 1, offer->feed.scope);
        e = stmt_run(s);
    }
    return e;
}

enum err snapshots_offered(struct sync *sync, const struct sync_reply *reply)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < reply->offer_count; i++) {
        bool news = false;
        e = is_news(sync, &reply->offers[i], &news);
        if (!e && news) {
            e = begin_taking(sync, &reply->offers[i]);
        }
    }
    return e;
}

enum err snapshot_forget(struct sync *sync, struct span scope, struct span compartment)
{
    return stmt_run(of_taking(sync, TAKING_DROP, scope, compartment));
}

enum err snapshot_refused(struct sync *sync)
{
    struct taking taking;
    bool found = false;
    enum err e = node_begin(sync->node);
    if (e) {
        return e;
    }
    e = next_taking(sync, &taking, &found);
    if (!e && found) {
        e = stmt_run(of(sync, TAKING_DROP, &taking));
    }
    return node_end(sync->node, e);
}

/* ---- asking */

enum err snapshot_ask(struct sync *sync)
{
    struct node *node = sync->node;
    struct taking taking = {.n = 0};
    struct buf text;
    bool found = false;
    arena_reset(&sync->arena);
    sync->pushed_to = sync->relayed_to = sync->pushed_count = 0;
    sync->visit_count = 0;
    sync->wanted = sync->entered = false;
    buf_init(&text, &node->host->mem, WIRE_LINE_MAX);
    enum err e = next_taking(sync, &taking, &found);
    if (!e && !found) {
        e = ERR_INTERNAL;
    }
    if (!e) {
        struct snapshot_request request = {.clock_ms = sync_clock_ms(sync),
                                           .snapshot = taking.snapshot,
                                           .frame = taking.frame,
                                           .from = taking.part_size,
                                           .max_size = sync->reply_size};
        snapshot_request_write(&request, &text);
        e = buf_error(&text);
    }
    if (!e) {
        e = sync_seal(sync, "/v1/snapshot", buf_span(&text));
    }
    buf_release(&text);
    return e;
}

/* ---- taking */

static enum err read_part(struct sync *sync, const struct taking *taking, struct buf *ret)
{
    struct stmt *s = of(sync, TAKING_PART, taking);
    if (stmt_row(s)) {
        buf_add_span(ret, stmt_span(s, 0));
    }
    enum err e = stmt_end(s);
    return e ? e : buf_error(ret);
}

static enum err keep_part(struct sync *sync, const struct taking *taking, const struct hash *hash,
                          struct span part)
{
    struct stmt *s = of(sync, TAKING_SET_PART, taking);
    stmt_bind_blob(s, 4, hash->bytes, HASH_SIZE);
    stmt_bind_blob(s, 5, part.data, part.size);
    return stmt_run(s);
}

static enum err apply_frame(struct sync *sync, struct span frame, struct diag *diag)
{
    struct buf text;
    buf_init(&text, &sync->node->host->mem, WIRE_PLAIN_MAX);
    arena_reset(&sync->arena);
    enum err e = snapshot_frame_read(sync->pack, frame, &sync->arena, &text, diag);
    if (!e) {
        arena_reset(&sync->arena);
        e = sync_take_frame(sync, buf_span(&text), diag);
    }
    buf_release(&text);
    return e;
}

static enum err advance(struct sync *sync, const struct taking *taking)
{
    struct stmt *s = NULL;
    sync->result.frames_received++;
    if (taking->frame + 1 < taking->frames) {
        s = of(sync, TAKING_ADVANCE, taking);
        stmt_bind_i64(s, 4, taking->frame + 1);
        return stmt_run(s);
    }
    enum err e = stmt_run(of(sync, TAKING_DROP, taking));
    if (!e) {
        s = of(sync, SERVER_FEED_SET, taking);
        stmt_bind_i64(s, 4, taking->n);
        stmt_bind_u64(s, 5, taking->hash);
        e = stmt_run(s);
    }
    sync->server.cursor = -1;
    return e;
}

static bool is_frame(struct span bytes, const struct hash *hash)
{
    struct hash found;
    hash_bytes(bytes, &found);
    return memcmp(found.bytes, hash->bytes, HASH_SIZE) == 0;
}

/* `part` holds what was there before. */
static enum err add_piece(struct sync *sync, const struct taking *taking,
                          const struct snapshot_piece *piece, struct buf *part, struct diag *diag)
{
    struct hash none = {{0}};
    bool same =
        taking->has_part_hash && memcmp(taking->part_hash.bytes, piece->hash.bytes, HASH_SIZE) == 0;
    if (part->size > 0 && !same) { /* made anew meanwhile: from its beginning */
        return keep_part(sync, taking, &none, (struct span){0});
    }
    buf_add_span(part, piece->bytes);
    if (buf_error(part) || (int64_t)part->size > piece->frame_size) {
        return diag_set(diag, ERR_PEER, sync->server.url, "more than the frame", NULL);
    }
    if ((int64_t)part->size < piece->frame_size) {
        return keep_part(sync, taking, &piece->hash, buf_span(part));
    }
    if (!is_frame(buf_span(part), &piece->hash)) {
        sync->result.frames_damaged++;
        return keep_part(sync, taking, &none, (struct span){0});
    }
    enum err e = apply_frame(sync, buf_span(part), diag);
    return e ? e : advance(sync, taking);
}

static enum err take_piece(struct sync *sync, const struct snapshot_piece *piece, struct diag *diag)
{
    struct taking taking = {.n = 0};
    struct buf part;
    bool found = false;
    buf_init(&part, &sync->node->host->mem, WIRE_FRAME_MAX);
    enum err e = next_taking(sync, &taking, &found);
    if (!e && !found) {
        e = ERR_INTERNAL;
    }
    if (!e) {
        e = read_part(sync, &taking, &part);
    }
    if (!e && piece->bytes.size == 0 && (int64_t)part.size < piece->frame_size) {
        e = diag_set(diag, ERR_PEER, sync->server.url, "empty", NULL);
    }
    if (!e) {
        e = add_piece(sync, &taking, piece, &part, diag);
    }
    buf_release(&part);
    return e;
}

enum err snapshot_take(struct sync *sync, struct span body, struct diag *diag)
{
    struct node *node = sync->node;
    struct server_row before = sync->server;
    struct snapshot_piece piece;
    enum err e = snapshot_piece_read(body, &piece, diag);
    if (!e) {
        e = node_begin(node);
    }
    if (e) {
        return diag_keep(diag, e);
    }
    sync->server.ratchet = piece.ratchet;
    e = take_piece(sync, &piece, diag);
    if (!e) {
        e = server_save(node, &sync->server);
    }
    e = node_end(node, e);
    if (e) {
        sync->server = before;
        e = diag_keep(diag, e);
    }
    return e;
}
