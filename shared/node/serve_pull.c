/*
 * serve_pull.c - what a caller gets: the rows of its feeds after its cursor, up to its maximum.
 *
 * Cost: one seek for each granted feed to see that nothing is new; a range of rows for each that
 * moved. Nothing is written and nothing is kept for each caller.
 */
#include <stdlib.h>
#include <string.h>

#include "node_offer.h"
#include "serve_internal.h"

#define STABLES_MAX 8192 /* points of one reply; fit WIRE_LINE_MAX beside the rest of the line */
#define ROWS_A_FEED 2000 /* looked at in one request */
/* With the caller's maximum the most that is surely packed into WIRE_PACKED_MAX: ops pack to half.
 */
#define REPLY_ROWS_MAX (7u * 1024 * 1024)
#define ROWS_IN_ALL    32768 /* of all feeds: beyond, the later half waits for the next request */

struct granted_feed {
    int64_t id, scope, compartment;
    int64_t n; /* last row there is */
    uint64_t hash;
    struct feed_position position; /* names; n, hash: last row up to the new cursor */
    int64_t start;                 /* the caller has read up to here */
    bool known;                    /* the caller named it */
    bool offered;                  /* as a snapshot: its rows wait until that was taken */
};

struct pull {
    struct serve *serve;
    struct granted_feed *feeds;
    size_t feed_count;
    struct row_writer writer;
};

struct feed_row {
    int64_t n;
    int64_t ref;
    enum feed_what what;
    int64_t compartment;
};

static enum err list_feeds(struct pull *pull)
{
    struct serve *serve = pull->serve;
    size_t capacity = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(serve->node->db, FEED_LIST);
    while (!e && stmt_row(s)) {
        struct span scope = stmt_span(s, 5);
        struct span compartment = stmt_span(s, 6);
        if (!scope_granted(serve, scope, compartment)) {
            continue;
        }
        if (pull->feed_count == capacity) {
            size_t wanted = capacity ? capacity * 2 : 32;
            struct granted_feed *feeds = arena_array(serve->arena, wanted, sizeof *feeds);
            if (!feeds) {
                e = ERR_NOMEM;
                break;
            }
            if (pull->feed_count) {
                memcpy(feeds, pull->feeds, pull->feed_count * sizeof *feeds);
            }
            pull->feeds = feeds;
            capacity = wanted;
        }
        struct granted_feed *feed = &pull->feeds[pull->feed_count++];
        *feed = (struct granted_feed){.id = stmt_i64(s, 0),
                                      .scope = stmt_i64(s, 1),
                                      .compartment = stmt_i64(s, 2),
                                      .n = stmt_i64(s, 3),
                                      .hash = stmt_u64(s, 4)};
        e = arena_copy(serve->arena, scope, &feed->position.scope);
        if (!e) {
            e = arena_copy(serve->arena, compartment, &feed->position.compartment);
        }
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

/* The last row of a feed up to `n`: its number and rolling hash; number 0 when there is none. */
static enum err row_at(struct pull *pull, const struct granted_feed *feed, int64_t n,
                       int64_t *ret_n, uint64_t *ret_hash)
{
    if (feed->n <= n) {
        *ret_n = feed->n;
        *ret_hash = feed->hash;
        return OK;
    }
    struct stmt *s = db_stmt(pull->serve->node->db, FEED_ROW_AT);
    stmt_bind_i64(s, 1, feed->id);
    stmt_bind_i64(s, 2, n);
    int64_t at = 0;
    uint64_t hash = 0;
    if (stmt_row(s)) {
        at = stmt_i64(s, 0);
        hash = stmt_u64(s, 1);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret_n = at;
        *ret_hash = hash;
    }
    return e;
}

/* The combined state of all granted feeds at `n`; leaves each feed's position there. */
static enum err state_at(struct pull *pull, int64_t n, uint8_t ret[16])
{
    size_t count = 0;
    struct feed_position *list =
        arena_array(pull->serve->arena, pull->feed_count + 1, sizeof *list);
    if (!list) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < pull->feed_count; i++) {
        struct granted_feed *feed = &pull->feeds[i];
        enum err e = row_at(pull, feed, n, &feed->position.n, &feed->position.hash);
        if (e) {
            return e;
        }
        if (feed->position.n > 0) {
            list[count++] = feed->position;
        }
    }
    sync_state(pull->serve->caller_origin_name, list, count, ret);
    return OK;
}

static enum err start_from_cursor(struct pull *pull, bool *ret_agreed)
{
    const struct sync_request *request = &pull->serve->request;
    uint8_t state[16];
    enum err e = state_at(pull, request->cursor, state);
    *ret_agreed = !e && memcmp(state, request->state, sizeof state) == 0;
    for (size_t i = 0; !e && i < pull->feed_count; i++) {
        pull->feeds[i].start = request->cursor;
        pull->feeds[i].known = pull->feeds[i].position.n > 0;
    }
    return e;
}

static struct granted_feed *feed_named(struct pull *pull, const struct feed_position *name)
{
    for (size_t i = 0; i < pull->feed_count; i++) {
        if (span_equal(pull->feeds[i].position.scope, name->scope) &&
            span_equal(pull->feeds[i].position.compartment, name->compartment)) {
            return &pull->feeds[i];
        }
    }
    return NULL;
}

static const struct feed_sum *sum_of(const struct feed_sum *sums, size_t count, struct span scope,
                                     struct span compartment)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(sums[i].scope, scope) && span_equal(sums[i].compartment, compartment)) {
            return &sums[i];
        }
    }
    return NULL;
}

/* Feeds that the caller would read from the beginning, though it holds what they come to: it is put
   at their end. */
static enum err skip_equal(struct pull *pull)
{
    struct serve *serve = pull->serve;
    const struct sync_request *request = &serve->request;
    struct feed_sum *sums = NULL;
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < pull->feed_count; i++) {
        any = any || (pull->feeds[i].start == 0 && pull->feeds[i].n > 0);
    }
    if (request->sum_count == 0 || !any) {
        return OK;
    }
    enum err e = node_feed_sums(serve->node, serve->arena, &sums, &count);
    for (size_t i = 0; !e && i < pull->feed_count; i++) {
        struct granted_feed *feed = &pull->feeds[i];
        const struct feed_sum *here =
            sum_of(sums, count, feed->position.scope, feed->position.compartment);
        const struct feed_sum *there = sum_of(request->sums, request->sum_count,
                                              feed->position.scope, feed->position.compartment);
        if (feed->start == 0 && here && there && here->count == there->count &&
            here->sum == there->sum) {
            feed->start = feed->n;
            feed->position.n = feed->n;
            feed->position.hash = feed->hash;
        }
    }
    return e;
}

/* Each feed the caller names is believed as far as its rolling hash proves it. */
static enum err start_from_feeds(struct pull *pull)
{
    struct serve *serve = pull->serve;
    const struct sync_request *request = &serve->request;
    serve->reply.drops =
        arena_array(serve->arena, request->feed_count + 1, sizeof *serve->reply.drops);
    if (!serve->reply.drops) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < request->feed_count; i++) {
        const struct feed_position *named = &request->feeds[i];
        struct granted_feed *feed = feed_named(pull, named);
        int64_t n = 0;
        uint64_t hash = 0;
        if (!feed) {
            serve->reply.drops[serve->reply.drop_count++] = *named;
            continue;
        }
        enum err e = row_at(pull, feed, named->n, &n, &hash);
        if (e) {
            return e;
        }
        if (n == named->n && hash == named->hash && n > 0) {
            feed->start = n;
            feed->known = true;
            feed->position.n = n;
            feed->position.hash = hash;
        }
    }
    return skip_equal(pull);
}

/* ---- rows */

static int compare_rows(const void *a, const void *b)
{
    const struct feed_row *x = a;
    const struct feed_row *y = b;
    return (x->n > y->n) - (x->n < y->n);
}

struct gathered {
    struct feed_row *rows;
    size_t count, capacity;
    int64_t bound; /* every row up to here was looked at */
    bool all;      /* nothing lies beyond the bound */
};

/* Keeps the earlier half of what was gathered, and all of its last event. */
static void drop_later(struct gathered *got)
{
    qsort(got->rows, got->count, sizeof *got->rows, compare_rows);
    size_t kept = got->count / 2;
    got->bound = got->rows[kept - 1].n;
    while (kept < got->count && got->rows[kept].n == got->bound) {
        kept++;
    }
    got->count = kept;
    got->all = false;
}

static enum err gather_feed(struct pull *pull, const struct granted_feed *feed,
                            struct gathered *got)
{
    struct serve *serve = pull->serve;
    size_t seen = 0;
    int64_t last = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(serve->node->db, FEED_ROWS);
    stmt_bind_i64(s, 1, feed->id);
    stmt_bind_i64(s, 2, feed->start);
    stmt_bind_i64(s, 3, ROWS_A_FEED);
    while (!e && stmt_row(s) && stmt_i64(s, 0) <= got->bound) {
        if (got->count >= ROWS_IN_ALL) {
            drop_later(got);
            if (stmt_i64(s, 0) > got->bound) {
                break;
            }
        }
        if (got->count == got->capacity) {
            size_t wanted = got->capacity ? got->capacity * 2 : 256;
            struct feed_row *rows = arena_array(serve->arena, wanted, sizeof *rows);
            if (!rows) {
                e = ERR_NOMEM;
                break;
            }
            if (got->count) {
                memcpy(rows, got->rows, got->count * sizeof *rows);
            }
            got->rows = rows;
            got->capacity = wanted;
        }
        last = stmt_i64(s, 0);
        got->rows[got->count++] = (struct feed_row){
            last, stmt_i64(s, 2), (enum feed_what)stmt_i64(s, 1), feed->compartment};
        seen++;
    }
    enum err end = stmt_end(s);
    if (seen == ROWS_A_FEED && last < got->bound) {
        got->bound = last;
        got->all = false;
    }
    return e ? e : end;
}

static enum err write_row(struct pull *pull, const struct feed_row *row)
{
    switch (row->what) {
    case FEED_OP:
        return row_write_op(&pull->writer, row->ref);
    case FEED_ENTER:
        return row_write_enter(&pull->writer, row->ref, row->compartment);
    case FEED_DEAD:
        return row_write_dead(&pull->writer, row->ref, row->compartment);
    case FEED_LOW:
        return row_write_low(&pull->writer, row->ref);
    }
    return ERR_DB_CORRUPT;
}

/*
 * A row that doesn't fit any more waits for the next reply. One that fits into none (megabytes of
 * what is dead in one tree, which only malice makes) is left out: were it an error, nobody whose
 * feed it stands in would ever read on.
 */
static enum err write_bounded(struct pull *pull, const struct feed_row *row, bool *ret_wait)
{
    struct buf *rows = &pull->serve->rows;
    size_t before = rows->size;
    enum err e = write_row(pull, row);
    *ret_wait = false;
    if (e == ERR_TOO_LARGE || (!e && rows->size > REPLY_ROWS_MAX)) {
        rows->failed = OK;
        buf_truncate(rows, before);
        *ret_wait = before > 0;
        return OK;
    }
    return e;
}

/* Rows in the node's order until the caller's maximum; returns where the caller then stands. */
static enum err write_rows(struct pull *pull, struct gathered *got, int64_t *ret_cursor)
{
    struct serve *serve = pull->serve;
    int64_t done = 0;
    enum err e = OK;
    if (got->count > 0) {
        qsort(got->rows, got->count, sizeof *got->rows, compare_rows);
    }
    for (size_t i = 0; !e && i < got->count && got->rows[i].n <= got->bound; i++) {
        bool again = i > 0 && got->rows[i].n == got->rows[i - 1].n; /* same event, other feed */
        if (!again && serve->rows.size >= (size_t)serve->request.max_size) {
            serve->reply.more = true;
            *ret_cursor = done;
            return OK;
        }
        bool wait = false;
        if (!again) {
            e = write_bounded(pull, &got->rows[i], &wait);
        }
        if (wait) {
            serve->reply.more = true;
            *ret_cursor = done;
            return OK;
        }
        done = got->rows[i].n;
    }
    if (!e) {
        serve->reply.more = !got->all;
        *ret_cursor = got->bound;
    }
    return e;
}

/* Feeds whose last row read moved, or that the caller doesn't know; true when all stand at n. */
static enum err tell_positions(struct pull *pull, int64_t cursor, bool *ret_even)
{
    struct serve *serve = pull->serve;
    struct sync_reply *reply = &serve->reply;
    bool even = true;
    reply->feeds = arena_array(serve->arena, pull->feed_count + 1, sizeof *reply->feeds);
    if (!reply->feeds) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < pull->feed_count; i++) {
        struct granted_feed *feed = &pull->feeds[i];
        if (feed->offered) { /* it stands where it stood */
            even = false;
            continue;
        }
        int64_t n = feed->position.n;
        uint64_t hash = feed->position.hash;
        if (feed->start > cursor) { /* further already than the rows of a feed new to it */
            even = even && feed->start == cursor;
            if (!feed->known) { /* ... and put there by this reply */
                reply->feeds[reply->feed_count++] = feed->position;
            }
            continue;
        }
        enum err e = row_at(pull, feed, cursor, &n, &hash);
        if (e) {
            return e;
        }
        bool moved = n != feed->position.n || hash != feed->position.hash;
        feed->position.n = n;
        feed->position.hash = hash;
        if (n > 0 && (moved || !feed->known)) {
            reply->feeds[reply->feed_count++] = feed->position;
        }
    }
    *ret_even = even;
    return OK;
}

static enum err rows_after_cursor(struct pull *pull)
{
    struct serve *serve = pull->serve;
    struct gathered got = {.all = true};
    int64_t cursor = 0;
    bool even = false;
    enum err e = feed_flush(serve->node);
    if (!e) {
        e = self_i64(serve->node, "n", 0, &got.bound);
    }
    for (size_t i = 0; !e && i < pull->feed_count; i++) {
        if (pull->feeds[i].n > pull->feeds[i].start && !pull->feeds[i].offered) {
            e = gather_feed(pull, &pull->feeds[i], &got);
        }
    }
    if (!e) {
        e = write_rows(pull, &got, &cursor);
    }
    if (!e) {
        e = tell_positions(pull, cursor, &even);
    }
    if (!e && even) {
        uint8_t state[16];
        e = state_at(pull, cursor, state);
        serve->reply.has_cursor =
            !serve->request.has_cursor || cursor != serve->request.cursor || serve->rows.size > 0;
        serve->reply.cursor = cursor;
        memcpy(serve->reply.state, state, sizeof state);
    }
    return e;
}

/* ---- snapshots instead of rows */

static enum err offer_snapshots(struct pull *pull)
{
    struct serve *serve = pull->serve;
    struct sync_reply *reply = &serve->reply;
    enum err e = OK;
    if (!serve->request.takes_snapshots) {
        return OK;
    }
    reply->offers = arena_array(serve->arena, pull->feed_count + 1, sizeof *reply->offers);
    if (!reply->offers) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; !e && i < pull->feed_count && reply->offer_count < WIRE_SNAPS_MAX; i++) {
        struct granted_feed *feed = &pull->feeds[i];
        struct snapshot_offer offer = {0};
        e = snapshot_offer_of(serve, feed->id, feed->start, &offer, &feed->offered);
        if (!e && feed->offered) {
            offer.feed.scope = feed->position.scope;
            offer.feed.compartment = feed->position.compartment;
            reply->offers[reply->offer_count++] = offer;
        }
    }
    return e;
}

/* ---- roots that the caller isn't sure of, or misses */

/* What doesn't fit is named again in the caller's next request. */
static bool has_room(struct serve *serve)
{
    bool room = serve->rows.size < (size_t)serve->request.max_size;
    serve->reply.more = serve->reply.more || !room;
    return room;
}

static enum err answer_roots(struct pull *pull)
{
    struct serve *serve = pull->serve;
    enum err e = OK;
    for (size_t i = 0; !e && i < serve->request.root_count && has_room(serve); i++) {
        serve->roots_told = i + 1;
        struct entity_row entity;
        struct members members;
        bool granted = false;
        e = entity_find(serve->node, serve->request.roots[i], &entity);
        if (!e) {
            e = members_of(serve->node, entity.root, &members);
        }
        if (e || entity.id == 0 || entity.root != entity.id || members.count == 0) {
            continue; /* Not known here, or no root: the caller keeps naming it. */
        }
        e = root_granted(serve, entity.root, &granted);
        if (!e) {
            e = granted ? row_write_agree(&pull->writer, entity.name)
                        : row_write_leave(&pull->writer, entity.root);
        }
    }
    return e;
}

/*
 * What the caller brought of a root may be from before that left its scopes, and its feeds may
 * never tell it so: it was put at their end because it held as much as they did, or has read a
 * snapshot.
 */
static enum err answer_brought(struct pull *pull)
{
    struct serve *serve = pull->serve;
    enum err e = OK;
    for (size_t i = 0; !e && i < serve->brought_count; i++) {
        struct entity_row entity;
        struct members members;
        bool granted = false;
        e = entity_get(serve->node, serve->brought[i], &entity);
        if (!e) {
            e = members_of(serve->node, entity.root, &members);
        }
        if (e || members.count == 0) {
            continue;
        }
        e = root_granted(serve, entity.root, &granted);
        if (!e && !granted) {
            e = row_write_leave(&pull->writer, entity.root);
        }
    }
    return e;
}

/* May the caller read this compartment where the root is now? */
static enum err covered(struct pull *pull, int64_t root, int64_t compartment, bool *ret)
{
    struct serve *serve = pull->serve;
    const char *name = NULL;
    struct members members;
    bool found = false;
    enum err e = symbol_text(serve->node, compartment, &name);
    if (!e) {
        e = members_of(serve->node, root, &members);
    }
    for (size_t i = 0; !e && !found && i < members.count; i++) {
        const char *scope = NULL;
        e = symbol_text(serve->node, members.scopes[i], &scope);
        found = !e && scope_granted(serve, span_of(scope), span_of(name));
    }
    if (!e) {
        *ret = found;
    }
    return e;
}

static enum err answer_wanted(struct pull *pull)
{
    struct serve *serve = pull->serve;
    enum err e = OK;
    for (size_t i = 0; !e && i < serve->request.want_count && has_room(serve); i++) {
        serve->wants_told = i + 1;
        struct entity_row entity;
        e = entity_find(serve->node, serve->request.want[i], &entity);
        if (e || entity.id == 0 || entity.root != entity.id) {
            continue;
        }
        int64_t compartments[64];
        size_t count = 0;
        struct stmt *s = db_stmt(serve->node->db, TREE_COMPARTMENTS);
        stmt_bind_i64(s, 1, entity.id);
        while (count < 64 && stmt_row(s)) {
            compartments[count++] = stmt_i64(s, 0);
        }
        e = stmt_end(s);
        for (size_t k = 0; !e && k < count; k++) {
            bool readable = false;
            e = covered(pull, entity.id, compartments[k], &readable);
            if (!e && readable) {
                e = row_write_enter(&pull->writer, entity.id, compartments[k]);
            }
        }
    }
    return e;
}

static enum err answer_rests(struct pull *pull)
{
    struct serve *serve = pull->serve;
    enum err e = OK;
    for (size_t i = 0; !e && i < serve->request.rest_count && has_room(serve); i++) {
        serve->rests_told = i + 1;
        const struct tree_rest *rest = &serve->request.rest[i];
        struct entity_row entity;
        int64_t compartment = 0;
        bool readable = false;
        e = entity_find(serve->node, rest->root, &entity);
        if (!e) {
            e = symbol_find(serve->node, rest->compartment, &compartment);
        }
        if (e || entity.id == 0 || entity.root != entity.id) {
            continue;
        }
        if (compartment != 0) { /* else nothing of it is known here, and so there is no more */
            e = covered(pull, entity.id, compartment, &readable);
        }
        if (!e) {
            e = !readable ? row_write_leave(&pull->writer, entity.id)
                : rest->next == 0
                    ? row_write_enter(&pull->writer, entity.id, compartment)
                    : row_write_rest(&pull->writer, entity.id, compartment, rest->next);
        }
    }
    return e;
}

/* ---- what a device may forget */

/* Is every op with such a uid in the region's backup? */
static enum err uid_safe(struct serve *serve, uint64_t uid8, bool *ret)
{
    struct id least = {{0}};
    struct id most;
    memset(most.bytes, 0xff, ID_SIZE);
    for (size_t i = 0; i < 8; i++) {
        least.bytes[i] = most.bytes[i] = (uint8_t)(uid8 >> (56 - 8 * i));
    }
    struct stmt *s = db_stmt(serve->node->db, OP_SAFE);
    stmt_bind_blob(s, 1, least.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, most.bytes, ID_SIZE);
    *ret = stmt_row(s);
    return stmt_end(s);
}

static enum err answer_safe(struct pull *pull)
{
    struct serve *serve = pull->serve;
    enum err e = OK;
    for (size_t i = 0; !e && i < serve->request.safe_count; i++) {
        const struct safe_root *asked = &serve->request.safe[i];
        bool safe = asked->uid_count > 0;
        for (size_t k = 0; !e && safe && k < asked->uid_count; k++) {
            e = uid_safe(serve, asked->uids[k], &safe);
        }
        if (!e && safe) {
            e = row_write_safe(&pull->writer, asked->root);
        }
    }
    return e;
}

/* Told in the order of the backups, so that a list that is cut says how far it goes. */
static enum err tell_stables(struct serve *serve)
{
    int64_t backup = 0, last = 0;
    size_t count = 0;
    struct sync_reply *reply = &serve->reply;
    if (!serve->request.has_stables || serve->caller->role != ROLE_HUB) {
        return OK; /* Whose logs there are, and how long, is a hub's matter. */
    }
    enum err e = self_i64(serve->node, "backup", 0, &backup);
    if (e || backup <= serve->request.stables) {
        return e;
    }
    reply->stable_points = arena_array(serve->arena, STABLES_MAX, sizeof *reply->stable_points);
    if (!reply->stable_points) {
        return ERR_NOMEM;
    }
    struct stmt *s = db_stmt(serve->node->db, STABLES_SINCE);
    stmt_bind_i64(s, 1, serve->request.stables);
    stmt_bind_i64(s, 2, STABLES_MAX);
    for (; count < STABLES_MAX && stmt_row(s); count++) {
        struct origin_point *point = &reply->stable_points[reply->stable_point_count];
        point->seq = stmt_i64(s, 1);
        last = stmt_i64(s, 3);
        if (stmt_blob(s, 0, point->origin.bytes, ID_SIZE) &&
            stmt_blob(s, 2, point->link.bytes, LINK_SIZE)) {
            reply->stable_point_count++;
        }
    }
    bool cut = count == STABLES_MAX && last - 1 > serve->request.stables;
    reply->has_stables = true;
    reply->stables = cut ? last - 1 : backup;
    return stmt_end(s);
}

enum err serve_pull(struct serve *serve, struct diag *diag)
{
    struct pull pull = {.serve = serve, .writer = {.serve = serve}};
    bool agreed = true;
    (void)diag;
    if (serve->request.has_offer) {
        enum err offered = serve_offered(serve);
        offered = offered ? offered : answer_brought(&pull);
        return offered ? offered : tell_stables(serve);
    }
    enum err e = list_feeds(&pull);
    if (!e) {
        e = serve->request.has_cursor ? start_from_cursor(&pull, &agreed) : start_from_feeds(&pull);
    }
    if (!e && !agreed) {
        serve->reply.need_feeds = true;
        e = answer_brought(&pull);
        return e ? e : tell_stables(serve);
    }
    if (!e) {
        e = offer_snapshots(&pull);
    }
    if (!e) {
        e = rows_after_cursor(&pull);
    }
    if (!e && serve->reply.more) {
        serve->reply.offer_count = 0; /* first what comes in rows, then once more with the offers */
    }
    if (!e) {
        e = answer_roots(&pull);
    }
    if (!e) {
        e = answer_brought(&pull);
    }
    if (!e) {
        e = answer_wanted(&pull);
    }
    if (!e) {
        e = answer_rests(&pull);
    }
    if (!e) {
        e = answer_safe(&pull);
    }
    return e ? e : tell_stables(serve);
}

enum err serve_proven(struct serve *serve, struct feed_position **ret, size_t *ret_count)
{
    struct pull pull = {.serve = serve};
    size_t count = 0;
    struct feed_position *list = NULL;
    enum err e = list_feeds(&pull);
    if (!e) {
        e = start_from_feeds(&pull);
    }
    serve->reply.drops = NULL;
    serve->reply.drop_count = 0;
    if (!e) {
        list = arena_array(serve->arena, pull.feed_count + 1, sizeof *list);
        e = list ? OK : ERR_NOMEM;
    }
    for (size_t i = 0; !e && i < pull.feed_count; i++) {
        if (pull.feeds[i].known) {
            list[count++] = pull.feeds[i].position;
        }
    }
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}
