/*
 * sync_ask.c - building a request: where this node stands, what it is unsure of, what it pushes.
 */
#include <string.h>

#include "envelope.h"
#include "gone_line.h"
#include "node_log.h"
#include "node_redact.h"
#include "reopen.h"
#include "serve_internal.h"
#include "sync_internal.h"

#define GONE_ARENA (1024u * 1024)

static enum err put_position(struct sync *sync, struct sync_request *request)
{
    struct feed_position *feeds = NULL;
    size_t count = 0;
    enum err e = server_feeds(sync->node, &sync->server, &sync->arena, &feeds, &count);
    if (e) {
        return e;
    }
    if (sync->server.cursor >= 0 && !sync->need_feeds) {
        request->has_cursor = true;
        request->cursor = sync->server.cursor;
        sync_state(sync->node->own_origin_name, feeds, count, request->state);
    } else {
        request->feeds = feeds;
        request->feed_count = count;
        request->has_origin = true;
        request->origin = sync->node->own_origin_name;
    }
    return OK;
}

int64_t sync_clock_ms(struct sync *sync)
{
    const struct host *host = sync->node->host;
    int64_t now_ms = host->now_ms(host->ctx);
    if (sync->signed_again) { /* A clock that stands still would make the same bytes again. */
        uint16_t random = 0;
        host->random(host->ctx, &random, sizeof random);
        now_ms += 1 + random % 1000;
    }
    return now_ms;
}

/* What a request says whatever it asks. */
static enum err put_always(struct sync *sync, struct sync_request *request)
{
    struct node_clock clock;
    enum err e = node_clock(sync->node, &clock);
    request->losses = sync->server.losses;
    if (!e) {
        request->clock_ms = sync_clock_ms(sync);
        request->has_offset = clock.has_offset;
        request->offset_ms = clock.offset_ms;
    }
    return e;
}

/* Those in sight; `*ret_last`: the row of the last one, 0 without one. */
static enum err list_roots(struct sync *sync, struct stmt *s, struct id **ret, size_t *ret_count,
                           int64_t *ret_last)
{
    struct id *list = arena_array(&sync->arena, WIRE_ROOTS_MAX, sizeof *list);
    int64_t *rows = arena_array(&sync->arena, WIRE_ROOTS_MAX, sizeof *rows);
    size_t found = 0;
    size_t count = 0;
    int64_t last = 0;
    while (list && rows && found < WIRE_ROOTS_MAX && stmt_row(s)) {
        if (stmt_blob(s, 0, list[found].bytes, ID_SIZE)) {
            rows[found++] = stmt_i64(s, 1);
        }
    }
    enum err e = stmt_end(s);
    if (!e && (!list || !rows)) {
        e = ERR_NOMEM;
    }
    for (size_t i = 0; !e && i < found; i++) {
        bool seen = false;
        e = root_in_sight(sync->node, rows[i], &seen);
        if (!e && seen) {
            list[count++] = list[i];
            last = rows[i];
        }
    }
    if (!e) {
        *ret = list;
        *ret_count = count;
        *ret_last = last;
    }
    return e;
}

/* Roots held that this server (in this epoch) hasn't agreed to, and roots held in part. */
static enum err put_roots(struct sync *sync, struct sync_request *request)
{
    int64_t scope = 0;
    int64_t last = 0;
    struct stmt *s = NULL;
    if (sync->node->identity.role >= ROLE_HUB) {
        return OK;
    }
    enum err e = symbol_find(sync->node, span_of("_scope"), &scope);
    if (e || scope == 0) {
        return e;
    }
    s = db_stmt(sync->node->db, ROOTS_UNSURE);
    stmt_bind_i64(s, 1, sync->server.id);
    stmt_bind_u64(s, 2, sync->server.epoch);
    stmt_bind_i64(s, 3, scope);
    stmt_bind_i64(s, 4, sync->server.acked);
    stmt_bind_i64(s, 5, sync->node->own_origin); /* numbers of an older one were acknowledged */
    stmt_bind_i64(s, 6, sync->roots_after);
    e = list_roots(sync, s, &request->roots, &request->root_count, &sync->named_root);
    if (!e) {
        s = db_stmt(sync->node->db, ROOTS_MISSING);
        stmt_bind_blob(s, 1, sync->server.name.bytes, ID_SIZE);
        stmt_bind_u64(s, 2, sync->server.epoch);
        e = list_roots(sync, s, &request->want, &request->want_count, &last);
    }
    sync->wanted = request->want_count > 0;
    return e;
}

/* Trees of which a part came: the next one, while the root is in sight. */
static enum err put_rests(struct sync *sync, struct sync_request *request)
{
    struct tree_rest *list = arena_array(&sync->arena, WIRE_REST_MAX, sizeof *list);
    int64_t *roots = arena_array(&sync->arena, WIRE_REST_MAX, sizeof *roots);
    size_t found = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(sync->node->db, TREES_IN_PART);
    stmt_bind_blob(s, 1, sync->server.name.bytes, ID_SIZE);
    stmt_bind_u64(s, 2, sync->server.epoch);
    while (!e && list && roots && found < WIRE_REST_MAX && stmt_row(s)) {
        if (stmt_blob(s, 0, list[found].root.bytes, ID_SIZE)) {
            e = arena_copy(&sync->arena, stmt_span(s, 2), &list[found].compartment);
            list[found].next = stmt_i64(s, 3);
            roots[found++] = stmt_i64(s, 1);
        }
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e && (!list || !roots)) {
        e = ERR_NOMEM;
    }
    for (size_t i = 0; !e && i < found; i++) {
        bool seen = false;
        e = root_in_sight(sync->node, roots[i], &seen);
        if (!e && seen) {
            list[request->rest_count++] = list[i];
        }
    }
    request->rest = list;
    sync->wanted = sync->wanted || request->rest_count > 0;
    return e;
}

/* ---- a device's own ops */

static enum err own_stable(struct sync *sync, struct origin_point *ret)
{
    struct origin_point stable = {.origin = sync->node->own_origin_name};
    struct stmt *s = db_stmt(sync->node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, sync->node->own_origin);
    if (stmt_row(s)) {
        stable.seq = stmt_i64(s, 5);
        (void)stmt_blob(s, 6, stable.link.bytes, LINK_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = stable;
    }
    return e;
}

/* Ops after `from` up to the push size, never parting those of one save, unless they exceed what a
   batch may hold: parted they arrive, together never. */
static enum err gather_own(struct sync *sync, int64_t from, struct batch *batch, struct buf *lines)
{
    int64_t tx = 0;
    size_t bodies = 0;
    struct stmt *s = db_stmt(sync->node->db, OWN_RANGE);
    stmt_bind_i64(s, 1, sync->node->own_origin);
    stmt_bind_i64(s, 2, from);
    while (stmt_row(s)) {
        int64_t this_tx = stmt_i64(s, 1);
        bool same_save = batch->count > 0 && this_tx != 0 && this_tx == tx;
        bool full = lines->size >= (size_t)sync->push_size ||
                    batch->count >= (int64_t)WIRE_BATCH_OPS - OP_TX_MAX;
        if (stmt_span(s, 2).size == HASH_SIZE) { /* let go here: only its hash is left */
            break;
        }
        bodies += stmt_span(s, 2).size;
        if ((full && !same_save) || (bodies > WIRE_BATCH_MAX && batch->count > 0)) {
            break;
        }
        struct signature signature;
        bool signed_for_org = stmt_blob(s, 3, signature.bytes, SIGNATURE_SIZE);
        op_line_write(stmt_span(s, 2), signed_for_org ? &signature : NULL, lines);
        (void)stmt_blob(s, 4, batch->link.bytes, LINK_SIZE);
        batch->count++;
        tx = this_tx;
    }
    enum err e = stmt_end(s);
    return e ? e : buf_error(lines);
}

static enum err put_own(struct sync *sync, const struct origin_point *stable, struct buf *text)
{
    struct node *node = sync->node;
    struct batch batch = {.origin = node->own_origin_name};
    struct buf lines;
    bool found = true;
    bool acked_there = sync->server.acked >= stable->seq;
    int64_t from = acked_there ? sync->server.acked : stable->seq;
    from = sync->below >= 0 && sync->below < from ? sync->below : from;
    from = sync->handing ? sync->handed_to : from;
    bool follows = sync->bundled > from; /* an earlier frame of the same bundle */
    buf_init(&lines, &node->host->mem, WIRE_PLAIN_MAX);
    from = follows ? sync->bundled : from;
    batch.from = from + 1;
    enum err e = gather_own(sync, from, &batch, &lines);
    if (!e && batch.count > 0) {
        bool again = sync->below >= 0 && from == sync->below;
        if (batch.from > 1 &&
            (sync->handing || again || (!follows && !(acked_there && from > 0)))) {
            e = log_link_at(node, node->own_origin, from, &found, &batch.prev);
            batch.has_prev = true;
        }
        if (sync->server.acked == 0 || again ||
            sync->handing) { /* this server may not know whose origin it is */
            batch.has_open = true;
            batch_sign_open(node->own_origin_name, node->identity.id, &node->key, &batch.open);
        }
        if (!e && !found) {
            e = ERR_DB_CORRUPT;
        }
    }
    if (!e && batch.count > 0) {
        batch_sign(&batch, &node->key);
        batch_write_line(&batch, text);
        buf_add_span(text, buf_span(&lines));
        sync->pushed_to = batch.from + batch.count - 1;
        sync->pushed_count = batch.count;
    }
    buf_release(&lines);
    return e;
}

/* ---- what a hub relays */

struct relay_batch {
    int64_t id, origin;
    struct batch batch;
};

static enum err next_relay(struct sync *sync, int64_t after, struct relay_batch *ret,
                           bool *ret_found)
{
    struct relay_batch next = {0};
    struct batch *batch = &next.batch;
    struct stmt *s = db_stmt(sync->node->db, BATCH_AFTER);
    stmt_bind_i64(s, 1, after);
    bool found = stmt_row(s);
    if (found) {
        next.id = stmt_i64(s, 0);
        next.origin = stmt_i64(s, 1);
        batch->from = stmt_i64(s, 2);
        batch->count = stmt_i64(s, 3);
        batch->has_prev = stmt_blob(s, 4, batch->prev.bytes, LINK_SIZE) && batch->from > 1;
        (void)stmt_blob(s, 5, batch->link.bytes, LINK_SIZE);
        (void)stmt_blob(s, 6, batch->signature.bytes, SIGNATURE_SIZE);
        if (stmt_blob(s, 7, batch->receipts[0].hub.bytes, ID_SIZE)) {
            batch->receipts[0].time_ms = stmt_i64(s, 8);
            (void)stmt_blob(s, 9, batch->receipts[0].signature.bytes, SIGNATURE_SIZE);
            batch->receipt_count = 1;
        }
        (void)stmt_blob(s, 10, batch->origin.bytes, ID_SIZE);
        batch->has_node = stmt_blob(s, 11, batch->node.bytes, ID_SIZE);
        batch->has_open = stmt_blob(s, 12, batch->open.bytes, SIGNATURE_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = next;
        *ret_found = found;
    }
    return e;
}

/* In the place of an op that was collected: the region has it, unless it was put back. */
static enum err relay_gone(struct sync *sync, int64_t row, struct buf *lines)
{
    struct arena arena;
    struct logged logged;
    arena_init(&arena, &sync->node->host->mem, GONE_ARENA);
    enum err e = log_read(sync->node, row, &arena, &logged);
    if (!e) {
        gone_line_write(&logged.op, lines);
    }
    arena_release(&arena);
    return e;
}

/* The op lines of a stored batch; `*ret_whole` false when one isn't in the log (quarantined). */
static enum err relay_lines(struct sync *sync, struct relay_batch *relay, struct buf *lines,
                            bool *ret_whole)
{
    bool whole = true;
    enum err e = OK;
    for (int64_t i = 0; !e && whole && i < relay->batch.count; i++) {
        bool found = false;
        static const enum node_stmt places[] = {SLOT_BODY, ENVELOPE_BODY};
        for (size_t k = 0; !e && !found && k < 2; k++) {
            struct stmt *s = db_stmt(sync->node->db, places[k]);
            stmt_bind_i64(s, 1, relay->origin);
            stmt_bind_i64(s, 2, relay->batch.from + i);
            found = stmt_row(s);
            if (found && (stmt_i64(s, 2) & OP_FLAG_GONE)) {
                e = relay_gone(sync, stmt_i64(s, 3), lines);
            } else if (found) {
                struct signature signature;
                bool is_signed = stmt_blob(s, 1, signature.bytes, SIGNATURE_SIZE);
                op_line_write(stmt_span(s, 0), is_signed ? &signature : NULL, lines);
                if (stmt_i64(s, 2) & OP_FLAG_ASIDE) {
                    batch_set_aside(&relay->batch, i);
                }
            }
            enum err end = stmt_end(s);
            e = e ? e : end;
        }
        whole = found;
    }
    if (!e) {
        e = buf_error(lines);
    }
    *ret_whole = whole;
    return e;
}

static enum err put_relayed(struct sync *sync, struct buf *text)
{
    struct buf lines;
    int64_t last = sync->bundled > sync_from(sync) ? sync->bundled : sync_from(sync);
    size_t start = text->size;
    bool found = true;
    enum err e = OK;
    buf_init(&lines, &sync->node->host->mem, WIRE_PLAIN_MAX);
    while (!e && text->size - start < (size_t)sync->push_size) {
        struct relay_batch relay;
        bool whole = false;
        e = next_relay(sync, last, &relay, &found);
        if (e || !found) {
            break;
        }
        buf_clear(&lines);
        e = relay_lines(sync, &relay, &lines, &whole);
        if (!e && whole) {
            batch_write_line(&relay.batch, text);
            buf_add_span(text, buf_span(&lines));
            sync->pushed_count += relay.batch.count;
        }
        last = relay.id;
    }
    buf_release(&lines);
    sync->relayed_to = last;
    return e ? e : buf_error(text);
}

static enum err put_visits(struct sync *sync, struct sync_request *request)
{
    struct request_proof *list = arena_array(&sync->arena, SYNC_VISITS_MAX, sizeof *list);
    size_t count = 0;
    size_t skipped = 0;
    if (!list) {
        return ERR_NOMEM;
    }
    struct stmt *s = db_stmt(sync->node->db, VISITS_UNTOLD);
    while (count < SYNC_VISITS_MAX && stmt_row(s)) {
        struct id visitor;
        uint8_t proof[PROOF_SIZE];
        if (skipped < sync->visit_skip) {
            skipped++;
        } else if (stmt_blob(s, 0, visitor.bytes, ID_SIZE) &&
                   stmt_blob(s, 1, proof, sizeof proof)) {
            proof_read(proof, visitor, &list[count]);
            sync->visits[count++] = visitor;
        }
    }
    enum err e = stmt_end(s);
    if (!e) {
        request->visits = list;
        request->visit_count = sync->visit_count = count;
    }
    return e;
}

static enum err put_erased(struct sync *sync, struct sync_request *request)
{
    struct erased *list = NULL;
    size_t count = 0;
    enum err e = receipts_untold(sync->node, &sync->arena, &list, &count);
    if (!e && count > 0) {
        memcpy(sync->erased, list, count * sizeof *list);
    }
    sync->erased_count = e ? 0 : count;
    request->erased = sync->erased;
    request->erased_count = sync->erased_count;
    return e;
}

static enum err put_reopens(struct sync *sync, struct sync_request *request)
{
    struct reopen_told *list = NULL;
    size_t count = 0;
    enum err e = reopens_untold(sync->node, &sync->arena, &list, &count);
    if (!e && count > 0) {
        memcpy(sync->reopens, list, count * sizeof *list);
    }
    sync->reopen_count = e ? 0 : count;
    request->reopens = sync->reopens;
    request->reopen_count = sync->reopen_count;
    return e;
}

/* ---- the whole */

enum err sync_seal(struct sync *sync, const char *path, struct span text)
{
    struct buf packed;
    struct envelope envelope = {.node = sync->node->identity.id,
                                .epoch = sync->server.epoch,
                                .ratchet = sync->server.ratchet};
    buf_init(&packed, &sync->node->host->mem, WIRE_PACKED_MAX);
    buf_clear(&sync->body);
    enum err e = pack_write(sync->pack, text, &packed, &envelope.dictionary);
    if (!e) {
        envelope.packed = buf_span(&packed);
        e = envelope_write(&envelope, path, sync->server.name, &sync->node->key, &sync->body);
    }
    buf_release(&packed);
    return e;
}

/* Before ops may leave, this is durable: no undo after it, and an outcome to ask for. Of a hub, how
   far its batches may be known to the region. */
static enum err remember_sent(struct sync *sync)
{
    int64_t sent = sync->pushed_to > sync->relayed_to ? sync->pushed_to : sync->relayed_to;
    if (sent <= sync->server.unsure) {
        return OK;
    }
    sync->server.unsure = sent;
    enum err e = node_begin(sync->node);
    return e ? e : node_end(sync->node, server_save(sync->node, &sync->server));
}

static enum err put_relay(struct sync *sync, struct sync_request *request)
{
    int64_t epoch = 0;
    enum err e = self_i64(sync->node, "relay_epoch", (int64_t)sync->node->identity.epoch, &epoch);
    request->has_relay = true;
    request->relay_epoch = (uint64_t)epoch;
    request->relay_from = sync->bundled > sync->server.got ? sync->bundled : sync->server.got;
    request->has_stables = true;
    request->stables = sync->server.stables;
    sync->relayed_to = request->relay_from;
    return e;
}

/* What may be forgotten is asked; what was forgotten and is ours again is wanted. */
static enum err put_forgetting(struct sync *sync, struct sync_request *request)
{
    struct node *node = sync->node;
    if (sync->forget.on) {
        request->safe = sync->forget.safe;
        request->safe_count = sync->forget.asked_count;
    }
    if (sync->forget.wants_looked_at) {
        return OK;
    }
    sync->forget.wants_looked_at = true;
    enum err e = node_begin(node);
    return e ? e : node_end(node, forget_want_again(node));
}

/* One that memory had no room for is cut short, and its sum with others would hide it. */
static enum err first_error(const struct buf *rows, const struct buf *batches,
                            const struct buf *text)
{
    enum err e = buf_error(rows);
    e = e ? e : buf_error(batches);
    return e ? e : buf_error(text);
}

enum err sync_ask(struct sync *sync)
{
    struct node *node = sync->node;
    struct sync_request request = {.max_size = sync->reply_size, .acked_seq = sync->server.acked};
    struct origin_point stable = {0};
    struct buf batches;
    struct buf text;
    bool hub = node->identity.role >= ROLE_HUB;
    arena_reset(&sync->arena);
    buf_init(&batches, &node->host->mem, WIRE_PLAIN_MAX);
    buf_init(&text, &node->host->mem, WIRE_PLAIN_MAX);
    sync->pushed_to = sync->relayed_to = sync->pushed_count = 0;
    sync->visit_count = 0;
    sync->entered = sync->wanted = false;
    sync->named_root = 0;
    struct buf rows;
    buf_init(&rows, &node->host->mem, WIRE_PLAIN_MAX);
    enum err e = put_always(sync, &request);
    if (!e && !sync->by_bundle) {
        e = offer_ask(sync, &request, &rows);
    }
    if (!e && !request.has_offer) {
        e = put_position(sync, &request);
    }
    if (!e) {
        e = own_stable(sync, &stable);
        request.stable_seq = stable.seq;
    }
    if (!e && !hub) {
        e = put_forgetting(sync, &request);
    }
    if (!e && !request.has_offer) {
        e = put_roots(sync, &request);
    }
    if (!e) {
        e = put_erased(sync, &request);
        e = e ? e : put_reopens(sync, &request);
    }
    if (!e && !request.has_offer) {
        e = put_rests(sync, &request);
    }
    if (!e && !request.has_offer && !sync->by_bundle) {
        e = snapshots_wanted(sync, request.has_cursor, &request.takes_snapshots);
    }
    if (!e && hub) {
        e = put_relay(sync, &request);
    }
    if (!e && hub) {
        e = put_visits(sync, &request);
    }
    if (!e && !sync->ask_first && sync->offer.stage < OFFER_PIECE) {
        e = hub ? put_relayed(sync, &batches) : put_own(sync, &stable, &batches);
    }
    if (!e) {
        request.relay_to = sync->relayed_to;
        sync_request_write(&request, &text);
        buf_add_span(&text, buf_span(&rows));
        buf_add_span(&text, buf_span(&batches));
        e = first_error(&rows, &batches, &text);
    }
    if (!e) {
        e = remember_sent(sync);
    }
    if (!e) {
        e = sync_seal(sync, "/v1/sync", buf_span(&text));
    }
    buf_release(&rows);
    buf_release(&batches);
    buf_release(&text);
    return e;
}

enum err sync_left(struct sync *sync, int64_t *ret_ops, int64_t *ret_batches)
{
    bool hub = sync->node->identity.role >= ROLE_HUB;
    struct stmt *s = db_stmt(sync->node->db, hub ? BATCH_BACKLOG : OWN_LEFT);
    int64_t ops = 0;
    int64_t batches = 0;
    stmt_bind_i64(s, 1, hub ? sync_from(sync) : sync->node->own_origin);
    if (!hub) {
        stmt_bind_i64(s, 2, sync_from(sync));
    }
    if (stmt_row(s)) {
        batches = hub ? stmt_i64(s, 0) : 0;
        ops = hub ? stmt_i64(s, 1) : stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret_ops = ops;
        *ret_batches = batches;
    }
    return e;
}
