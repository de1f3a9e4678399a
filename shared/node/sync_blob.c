/*
 * sync_blob.c - the lane of attachments: what to ask, send and fetch next, and what came of it.
 *
 * Thumbnails before files, small before large, a page of names at a time. Where a transfer stands
 * is asked of the server each time (what it has of ours) or read from our own rows (what we have
 * of its), so whatever was cut goes on where it was cut.
 */
#include <string.h>

#include "blob_internal.h"
#include "serve_internal.h"
#include "sync_internal.h"

#define LANE_LEAST   2048 /* a budget with less left sends nothing more */
#define LANE_HEAD    512  /* envelope and line around a piece */
#define NAME_COST    64   /* bytes of one name asked and answered */
#define IDLE_MOST    2    /* replies in a row that bring a blob no further */
#define STABLE_NAMES 64   /* asked for in one sync: what is stable is told with some other sync */

static int64_t left_of_budget(const struct sync *sync)
{
    return sync->options.has_budget ? sync->options.budget - sync->lane.spent : INT64_MAX;
}

static bool is_sending(const struct lane *lane)
{
    return lane->phase == LANE_SEND_THUMBS || lane->phase == LANE_SEND_FILES;
}

static bool is_fetching(const struct lane *lane)
{
    return lane->phase == LANE_FETCH_THUMBS || lane->phase == LANE_FETCH_FILES;
}

/* ---- pages */

static struct stmt *page_stmt(struct sync *sync, int64_t most)
{
    const struct lane *lane = &sync->lane;
    bool thumbs = lane->phase == LANE_SEND_THUMBS || lane->phase == LANE_FETCH_THUMBS;
    int64_t kind = thumbs ? BLOB_THUMB : BLOB_FILE;
    struct stmt *s = NULL;
    if (is_fetching(lane)) {
        s = db_stmt(sync->node->db, BLOB_TO_FETCH);
        stmt_bind_i64(s, 1, kind);
        stmt_bind_i64(s, 2, lane->after_size);
        stmt_bind_i64(s, 3, lane->after_id);
        stmt_bind_i64(s, 4, most);
        return s;
    }
    s = db_stmt(sync->node->db, is_sending(lane) ? BLOB_TO_SEND : BLOB_UNSTABLE);
    stmt_bind_i64(s, 1, sync->server.id);
    stmt_bind_u64(s, 2, sync->server.epoch);
    stmt_bind_i64(s, 3, is_sending(lane) ? kind : most < STABLE_NAMES ? most : STABLE_NAMES);
    if (is_sending(lane)) {
        stmt_bind_i64(s, 4, lane->after_size);
        stmt_bind_i64(s, 5, lane->after_id);
        stmt_bind_i64(s, 6, most);
    }
    return s;
}

static enum err load_page(struct sync *sync)
{
    struct lane *lane = &sync->lane;
    int64_t afford = (left_of_budget(sync) - LANE_HEAD) / NAME_COST;
    struct stmt *s =
        page_stmt(sync, afford < (int64_t)WIRE_BLOB_NAMES ? afford : (int64_t)WIRE_BLOB_NAMES);
    lane->count = lane->next = 0;
    lane->asked = false;
    while (lane->count < WIRE_BLOB_NAMES && stmt_row(s)) {
        struct lane_item item = {.id = stmt_i64(s, 0), .there = -1};
        item.name.size = stmt_i64(s, 2);
        if (stmt_blob(s, 1, item.name.hash.bytes, HASH_SIZE)) {
            lane->items[lane->count++] = item;
        }
        lane->after_size = item.name.size;
        lane->after_id = item.id;
    }
    lane->loaded = true;
    return stmt_end(s);
}

/* The next page of this phase, or the next phase. Of what isn't stable yet one page is enough. */
static void turn_page(struct lane *lane)
{
    lane->loaded = false;
    if (lane->count == 0 || lane->phase == LANE_STABLE) {
        lane->phase++;
        lane->after_size = lane->after_id = 0;
    }
}

/* ---- requests */

static int64_t piece_size(const struct sync *sync, int64_t left)
{
    int64_t most = left_of_budget(sync) - LANE_HEAD;
    most = most < (int64_t)WIRE_BLOB_CHUNK ? most : (int64_t)WIRE_BLOB_CHUNK;
    return left < most ? left : most;
}

static enum err seal_request(struct sync *sync, struct blob_request *request, struct span bytes)
{
    struct buf text;
    uint16_t random = 0;
    buf_init(&text, &sync->node->host->mem, WIRE_BLOB_LINE + WIRE_BLOB_CHUNK);
    request->clock_ms = sync->node->host->now_ms(sync->node->host->ctx);
    if (sync->signed_again) { /* the same bytes again would be taken for a replay */
        sync->node->host->random(sync->node->host->ctx, &random, sizeof random);
        request->clock_ms += 1 + random % 1000;
    }
    blob_request_write(request, &text);
    buf_add_span(&text, bytes);
    enum err e = buf_error(&text);
    if (!e) {
        e = sync_seal(sync, "/v1/blob", buf_span(&text));
    }
    if (!e) {
        sync->lane.spent += (int64_t)sync->body.size;
        sync->result.blob_bytes += (int64_t)sync->body.size;
    }
    buf_release(&text);
    return e;
}

static enum err ask_page(struct sync *sync)
{
    struct lane *lane = &sync->lane;
    struct blob_name *names = arena_array(&sync->arena, lane->count, sizeof *names);
    struct blob_request request = {.clock_ms = 0};
    if (!names) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < lane->count; i++) {
        names[i] = lane->items[i].name;
    }
    if (is_fetching(lane)) {
        request.want = names;
        request.want_count = lane->count;
    } else {
        request.ask = names;
        request.ask_count = lane->count;
    }
    lane->sent = LANE_ASK;
    return seal_request(sync, &request, (struct span){0});
}

static enum err ask_put(struct sync *sync, struct lane_item *item, bool *ret_any)
{
    struct blob_row blob;
    struct buf bytes;
    struct blob_request request = {.has_put = true};
    int64_t size = piece_size(sync, item->name.size - item->there);
    buf_init(&bytes, &sync->node->host->mem, WIRE_BLOB_CHUNK);
    enum err e = node_begin(sync->node);
    if (!e) {
        e = blob_find(sync->node, &item->name, &blob);
        if (!e) {
            e = blob_piece(sync->node, &blob, item->there, size, &bytes);
        }
        e = node_end(sync->node, e);
    }
    if (!e && bytes.size == 0) { /* lost here, and noted */
        item->there = -1;
    } else if (!e) {
        request.put = (struct blob_piece){item->name, item->there, (int64_t)bytes.size};
        sync->lane.sent = LANE_PUT;
        *ret_any = true;
        e = seal_request(sync, &request, buf_span(&bytes));
    }
    buf_release(&bytes);
    return e;
}

static enum err ask_get(struct sync *sync, struct lane_item *item)
{
    struct blob_row blob;
    struct blob_request request = {.has_get = true};
    enum err e = blob_find(sync->node, &item->name, &blob);
    if (!e) {
        e = blob_given(sync->node, &blob, sync->server.name, &item->here);
    }
    if (!e) {
        int64_t size = piece_size(sync, item->name.size - item->here);
        request.get = (struct blob_piece){item->name, item->here, size};
        sync->lane.sent = LANE_GET;
        e = seal_request(sync, &request, (struct span){0});
    }
    return e;
}

/* The next piece of the page; skips what is done or can't be done. */
static enum err ask_piece(struct sync *sync, bool *ret_any)
{
    struct lane *lane = &sync->lane;
    enum err e = OK;
    while (!e && !*ret_any && lane->next < lane->count) {
        struct lane_item *item = &lane->items[lane->next];
        if (is_sending(lane) && item->there >= 0 && item->there < item->name.size) {
            e = ask_put(sync, item, ret_any);
        } else if (is_fetching(lane) && item->there == item->name.size) {
            *ret_any = true;
            e = ask_get(sync, item);
        } else {
            lane->next++;
        }
    }
    return e;
}

enum err lane_ask(struct sync *sync, bool *ret_any)
{
    struct lane *lane = &sync->lane;
    enum err e = OK;
    bool any = false;
    arena_reset(&sync->arena);
    while (!e && !any && lane->phase != LANE_END) {
        if (is_fetching(lane) && node_space(sync->node).stop) {
            lane->phase++; /* what others attached waits until there is space */
            lane->loaded = false;
            lane->after_size = lane->after_id = 0;
            sync->result.tight = sync->result.blobs_left = true;
        } else if (left_of_budget(sync) < LANE_LEAST) {
            lane->phase = LANE_END;
            sync->result.blobs_left = true;
        } else if (!lane->loaded) {
            e = load_page(sync);
        } else if (lane->count > 0 && !lane->asked) {
            any = true;
            e = ask_page(sync);
        } else {
            e = ask_piece(sync, &any);
            if (!e && !any) {
                turn_page(lane);
            }
        }
    }
    if (!e) {
        *ret_any = any;
    }
    return e;
}

/* ---- replies */

static enum err set_above(struct sync *sync, const struct lane_item *item, bool above)
{
    struct stmt *s = db_stmt(sync->node->db, BLOB_ABOVE);
    stmt_bind_i64(s, 1, item->id);
    stmt_bind_i64(s, 2, above ? sync->server.id : 0);
    stmt_bind_u64(s, 3, above ? sync->server.epoch : 0);
    return stmt_run(s);
}

static enum err set_stable(struct sync *sync, const struct lane_item *item)
{
    struct stmt *s = db_stmt(sync->node->db, BLOB_STABLE);
    stmt_bind_i64(s, 1, item->id);
    return stmt_run(s);
}

/* It holds no op that names the file (it was put back since ours was sent, and the record has left
   its sight): that op is told once more. */
static enum err note_refused(struct sync *sync, const struct lane_item *item)
{
    struct stmt *s = db_stmt(sync->node->db, BLOB_OWN_OP);
    stmt_bind_i64(s, 1, item->id);
    stmt_bind_i64(s, 2, sync->node->own_origin);
    int64_t seq = stmt_row(s) ? stmt_i64(s, 0) : 0;
    if (seq > 0 && (sync->refused_own == 0 || seq < sync->refused_own)) {
        sync->refused_own = seq;
    }
    return stmt_end(s);
}

bool lane_tell_again(struct sync *sync)
{
    struct lane *lane = &sync->lane;
    if (sync->refused_own == 0 || sync->told_again || sync->node->identity.role >= ROLE_HUB) {
        return false;
    }
    sync->told_again = true;
    sync->below = sync->refused_own - 1;
    *lane = (struct lane){.spent = lane->spent};
    return true;
}

/* `ask` and `want` are answered in their order. What the server had and has no more is sent again
   with the next sync. */
static enum err take_page(struct sync *sync, const struct blob_reply *reply)
{
    struct lane *lane = &sync->lane;
    bool wanted = is_fetching(lane);
    const int64_t *numbers = wanted ? reply->want : reply->ask;
    enum err e = (wanted ? reply->want_count : reply->ask_count) == lane->count ? OK : ERR_PEER;
    for (size_t i = 0; !e && i < lane->count; i++) {
        struct lane_item *item = &lane->items[i];
        item->there = numbers[i] > item->name.size ? -1 : numbers[i];
        bool whole = item->there == item->name.size;
        if (!wanted && item->there < 0) {
            e = note_refused(sync, item);
        }
        if (!e && !wanted && (whole || lane->phase == LANE_STABLE)) {
            e = set_above(sync, item, whole);
        }
    }
    for (size_t i = 0; !e && !wanted && i < reply->stable_count; i++) {
        int64_t index = reply->stable[i];
        if (index >= 0 && (size_t)index < lane->count &&
            lane->items[index].there == lane->items[index].name.size) {
            e = set_stable(sync, &lane->items[index]);
        }
    }
    lane->asked = e == OK;
    return e;
}

/* The server says that the bytes are wrong: ours may be, and then they are fetched or lost. */
static enum err doubt_own(struct sync *sync, struct lane_item *item)
{
    struct blob_row blob;
    bool right = false;
    enum err e = blob_find(sync->node, &item->name, &blob);
    if (!e) {
        e = blob_verify(sync->node, &blob, &right);
    }
    item->there = right && item->idle < IDLE_MOST ? 0 : -1;
    sync->result.blobs_wrong++;
    return e;
}

static enum err take_put(struct sync *sync, const struct blob_reply *reply)
{
    struct lane_item *item = &sync->lane.items[sync->lane.next];
    if (!reply->has_put) {
        return ERR_PEER;
    }
    if (reply->put_wrong) {
        item->idle++;
        return doubt_own(sync, item);
    }
    item->idle = reply->put > item->there ? item->idle : item->idle + 1;
    item->there = reply->put > item->name.size || item->idle > IDLE_MOST ? -1 : reply->put;
    if (item->there < item->name.size) {
        return OK;
    }
    sync->result.blobs_sent++;
    return set_above(sync, item, true);
}

static enum err take_get(struct sync *sync, const struct blob_reply *reply, struct span bytes)
{
    struct lane_item *item = &sync->lane.items[sync->lane.next];
    struct blob_row blob;
    bool wrong = false;
    if (!reply->has_get) {
        return ERR_PEER;
    }
    if (bytes.size == 0) { /* gone meanwhile */
        item->there = -1;
        return OK;
    }
    enum err e = blob_find(sync->node, &item->name, &blob);
    if (!e) {
        e = blob_take(sync->node, &blob, sync->server.name, item->here, bytes, &item->here, &wrong);
    }
    if (!e && wrong) {
        sync->result.blobs_wrong++;
        item->idle++;
        item->there = item->idle < IDLE_MOST ? item->there : -1;
    }
    if (!e && !wrong && item->here == item->name.size) {
        item->there = -1;
        sync->result.blobs_received++;
        e = set_above(sync, item, true);
    }
    return e;
}

static enum err apply(struct sync *sync, const struct blob_reply *reply, struct span bytes)
{
    enum err e = OK;
    switch (sync->lane.sent) {
    case LANE_ASK:
        e = take_page(sync, reply);
        break;
    case LANE_PUT:
        e = take_put(sync, reply);
        break;
    case LANE_GET:
        e = take_get(sync, reply, bytes);
        break;
    }
    if (!e && reply->has_ratchet) {
        sync->server.ratchet = reply->ratchet;
        e = server_save(sync->node, &sync->server);
    }
    return e;
}

enum err lane_take(struct sync *sync, struct span body, struct diag *diag)
{
    struct buf text;
    struct blob_reply reply;
    struct span bytes;
    sync->lane.spent += (int64_t)body.size;
    sync->result.blob_bytes += (int64_t)body.size;
    if (body.size < 1) {
        return diag_set(diag, ERR_PEER, sync->server.url, "empty", NULL);
    }
    buf_init(&text, &sync->node->host->mem, WIRE_BLOB_LINE + WIRE_BLOB_CHUNK + 1);
    arena_reset(&sync->arena);
    enum err e = pack_read(sync->pack, body.data[0], span_cut(body, 1, body.size), &text, diag);
    if (!e) {
        e = blob_reply_read(buf_span(&text), &sync->arena, &reply, &bytes, diag);
    }
    if (!e) {
        e = node_begin(sync->node);
        if (!e) {
            e = node_end(sync->node, apply(sync, &reply, bytes));
        }
        e = e == ERR_PEER ? diag_set(diag, e, sync->server.url, "answer", NULL)
                          : node_failed(sync->node, e, diag);
    }
    buf_release(&text);
    return e;
}
