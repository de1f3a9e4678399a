/*
 * serve_bundle.c - the answering end of a bundle: takes asks as serve_sync() does a request, keeps
 * where their writer stands, and writes the replies that it would get when it asked again and
 * again from there.
 *
 * What a network needs against replays has no place here: an ask proves by its signature who wrote
 * it, taking it twice changes nothing, and no answer goes to who brings the file.
 */
#include <string.h>

#include "bundle_parts.h"
#include "serve_internal.h"

#define ASK_ARENA_MAX (96u * 1024 * 1024)
#define POSITIONS_MAX (16u * 1024 * 1024)
#define SERVE_PATH    "/v1/sync"
#define REPLY_SIZE    (1024 * 1024) /* bytes of one plain reply */

/* ---- asks */

static enum err authenticate(struct serve *serve, const struct envelope *envelope, struct id sender,
                             struct diag *diag)
{
    char caller[ID_TEXT_SIZE];
    id_write(envelope->node, caller);
    enum err e = node_org_keep(serve->node, &serve->org);
    if (e) {
        return e;
    }
    serve->caller = org_node(serve->org, envelope->node);
    if (!serve->caller) {
        return diag_set(diag, ERR_UNAUTHENTICATED, caller, NULL);
    }
    if (!id_equal(envelope->node, sender) ||
        !envelope_verify(envelope, SERVE_PATH, serve->node->identity.id, &serve->caller->key)) {
        return diag_set(diag, ERR_SIGNATURE, "request", NULL);
    }
    return OK;
}

static enum err keep_request(struct serve *serve, const struct envelope *envelope, uint64_t ask,
                             struct span line)
{
    struct stmt *s = db_stmt(serve->node->db, BUNDLE_REQUEST_SET);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    stmt_bind_text(s, 2, line);
    stmt_bind_u64(s, 3, ask);
    stmt_bind_u64(s, 4, envelope->epoch);
    stmt_bind_i64(s, 5, serve->now_ms);
    return stmt_run(s);
}

/* It was here, by way of a file; nothing is known of its clock. What proves that it calls goes up
   to the region, which serves this hub then what that node is granted. */
static enum err note_caller(struct serve *serve, const struct envelope *envelope)
{
    struct request_proof proof;
    uint8_t bytes[PROOF_SIZE];
    struct stmt *s = db_stmt(serve->node->db, BUNDLE_CAME);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, serve->now_ms);
    enum err e = stmt_run(s);
    if (!e) {
        envelope_proof(envelope, &proof);
        proof_write(&proof, bytes);
        s = db_stmt(serve->node->db, BUNDLE_PROOF);
        stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
        stmt_bind_blob(s, 2, bytes, PROOF_SIZE);
        e = stmt_run(s);
    }
    return e;
}

/* Batches that don't follow what is here are left: the acknowledgement in the answer says where
   their author shall begin. */
static enum err push(struct serve *serve, struct bundle_report *report, struct diag *diag)
{
    int64_t from = serve->request.relay_from;
    struct diag why = {0};
    enum err e = node_begin(serve->node);
    if (!e) {
        e = node_end(serve->node, serve_push(serve, &why));
    }
    if (e == ERR_GAP || e == ERR_FORK) {
        report->waits = true;
        return OK;
    }
    if (e && why.code && diag) {
        *diag = why;
    }
    report->waits = !e && serve->request.has_relay && from > serve->reply.got;
    report->ops += serve->new_ops;
    report->late += serve->reply.late_count;
    report->refused += serve->reply.refused_count;
    return e;
}

/* Heard as by network (serve_revoked.c): an answer to it will say how much is here, and no more. */
static enum err keep_of_revoked(struct serve *serve, uint64_t ask, struct bundle_report *report,
                                struct diag *diag)
{
    int64_t kept = 0;
    int64_t count = 0;
    enum err e = serve_keep(serve, &kept, &count, diag);
    if (!e) {
        struct stmt *s = db_stmt(serve->node->db, BUNDLE_KEPT);
        stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
        stmt_bind_u64(s, 2, ask);
        stmt_bind_i64(s, 3, serve->now_ms);
        stmt_bind_i64(s, 4, kept);
        e = stmt_run(s);
    }
    report->aside += e ? 0 : count;
    return e;
}

static enum err take_ask(struct serve *serve, const struct envelope *envelope, uint64_t ask,
                         struct span text, struct bundle_report *report, struct diag *diag)
{
    struct span rest = text;
    struct span line;
    if (!span_split(&rest, '\n', &line)) {
        return diag_set(diag, ERR_FORMAT, "request", "line 1", NULL);
    }
    enum err e = serve_judge_clock(serve);
    if (!e) {
        e = serve_read_request(serve, text, diag);
    }
    if (!e && (serve->request.has_cursor || serve->request.has_offer)) {
        e = diag_set(diag, ERR_FORMAT, "not by feeds", "request of a bundle", NULL);
    }
    if (!e && serve->caller->revoked) {
        return keep_of_revoked(serve, ask, report, diag);
    }
    if (!e) {
        e = keep_request(serve, envelope, ask, line);
    }
    if (!e) {
        e = push(serve, report, diag);
    }
    if (!e) {
        e = serve_look_again(serve, SERVE_PATH);
    }
    return e ? e : note_caller(serve, envelope);
}

enum err serve_bundle_ask(struct node *node, struct pack *pack, struct id sender, uint64_t ask,
                          struct span body, struct bundle_report *report, struct diag *diag)
{
    struct envelope envelope;
    struct arena arena;
    struct buf text;
    struct serve serve = {.node = node, .arena = &arena, .by_bundle = true};
    arena_init(&arena, &node->host->mem, ASK_ARENA_MAX);
    buf_init(&text, &node->host->mem, WIRE_PLAIN_MAX);
    buf_init(&serve.rows, &node->host->mem, WIRE_LINE_MAX);
    enum err e = envelope_read(body, &envelope, diag);
    if (!e) {
        e = node_begin(node);
    }
    if (!e) {
        e = authenticate(&serve, &envelope, sender, diag);
        if (!e) {
            envelope_proof(&envelope, &serve.proof);
            e = pack_read(pack, envelope.dictionary, envelope.packed, &text, diag);
        }
        if (!e) {
            e = take_ask(&serve, &envelope, ask, buf_span(&text), report, diag);
        }
        e = node_end(node, e);
    }
    buf_release(&serve.rows);
    buf_release(&text);
    arena_release(&arena);
    return node_failed(node, e, diag);
}

/* ---- answers */

struct answering {
    struct bundle_out *out;
    struct node *node;
    struct pack *pack;
    struct id caller;
    struct arena arena; /* of the whole bundle */
    struct bundle_peer peer;
    struct sync_request request; /* as the caller would ask now */
    struct feed_position *feeds; /* the same, growing */
    size_t feed_capacity;
    bool more;
    bool revoked; /* it gets nothing but that */
};

/* Line 1 of its last ask, as if it asked now; without one, or of another epoch, from nothing. */
static enum err recall_request(struct answering *a)
{
    struct sync_request request = {.max_size = REPLY_SIZE};
    enum err e = bundle_peer_read(a->node, a->caller, &a->arena, &a->peer);
    if (!e && a->peer.has_request) {
        e = sync_request_read(a->peer.request, &a->arena, &request, a->out->diag);
        if (!e && a->peer.epoch != a->node->identity.epoch) {
            request.feed_count = 0;
            request.rest_count = 0;
            request.stables = 0;
        }
    }
    request.max_size = REPLY_SIZE;
    request.visit_count = 0;
    request.takes_snapshots = false; /* nobody asks for their frames */
    a->request = request;
    a->feed_capacity = WIRE_FEEDS_MAX;
    a->feeds = arena_array(&a->arena, a->feed_capacity, sizeof *a->feeds);
    if (!e && !a->feeds) {
        e = ERR_NOMEM;
    }
    if (!e && request.feed_count > 0) {
        memcpy(a->feeds, request.feeds, request.feed_count * sizeof *a->feeds);
    }
    a->request.feeds = a->feeds;
    return e;
}

static void serve_begin(struct answering *a, struct serve *serve, struct arena *arena)
{
    *serve =
        (struct serve){.node = a->node, .arena = arena, .by_bundle = true, .request = a->request};
    buf_init(&serve->rows, &a->node->host->mem, WIRE_PLAIN_MAX - WIRE_LINE_MAX);
}

enum err serve_bundle_caller(struct serve *serve, struct id caller)
{
    enum err e = node_org_keep(serve->node, &serve->org);
    if (!e) {
        serve->caller = org_node(serve->org, caller);
        e = serve->caller ? serve_look_again(serve, SERVE_PATH) : ERR_UNAUTHENTICATED;
    }
    return e ? e : serve_judge_clock(serve);
}

static enum err write_head(struct answering *a)
{
    struct serve serve;
    struct arena arena;
    struct bundle_head head = {.has_epoch = true,
                               .epoch = a->node->identity.epoch,
                               .has_re = a->peer.has_request,
                               .re = a->peer.ask,
                               .has_relay = a->request.has_relay,
                               .relay = a->request.relay_epoch};
    arena_init(&arena, &a->node->host->mem, ASK_ARENA_MAX);
    serve_begin(a, &serve, &arena);
    enum err e = node_begin(a->node);
    if (!e) {
        e = serve_bundle_caller(&serve, a->caller);
        if (!e) {
            e = serve_proven(&serve, &head.feeds, &head.feed_count);
        }
        e = node_end(a->node, e);
    }
    if (!e && serve.caller->revoked) { /* nothing is handed out; not even where it stands */
        head.feed_count = 0;
        head.has_relay = false;
        head.has_re = a->peer.has_kept;
        head.has_revoked = true;
        head.revoked = a->peer.kept;
        a->more = false;
        a->revoked = true;
    }
    if (!e) {
        head.time_ms = serve.now_ms;
        e = bundle_out_head(a->out, &head);
    }
    buf_release(&serve.rows);
    arena_release(&arena);
    return e;
}

static enum err move_feed(struct answering *a, const struct feed_position *feed)
{
    struct feed_position *at = NULL;
    for (size_t i = 0; !at && i < a->request.feed_count; i++) {
        if (span_equal(a->feeds[i].scope, feed->scope) &&
            span_equal(a->feeds[i].compartment, feed->compartment)) {
            at = &a->feeds[i];
        }
    }
    if (!at) {
        if (a->request.feed_count == a->feed_capacity) {
            return ERR_TOO_LARGE;
        }
        at = &a->feeds[a->request.feed_count];
        enum err e = arena_copy(&a->arena, feed->scope, &at->scope);
        if (!e) {
            e = arena_copy(&a->arena, feed->compartment, &at->compartment);
        }
        if (e) {
            return e;
        }
        a->request.feed_count++;
    }
    at->n = feed->n;
    at->hash = feed->hash;
    return OK;
}

static void drop_feed(struct answering *a, const struct feed_position *feed)
{
    for (size_t i = 0; i < a->request.feed_count; i++) {
        if (span_equal(a->feeds[i].scope, feed->scope) &&
            span_equal(a->feeds[i].compartment, feed->compartment)) {
            a->feeds[i] = a->feeds[--a->request.feed_count];
            return;
        }
    }
}

/* Where the caller stands once it took this reply, and what it would still ask for. */
static enum err move_on(struct answering *a, const struct serve *serve)
{
    const struct sync_reply *reply = &serve->reply;
    enum err e = OK;
    for (size_t i = 0; !e && i < reply->feed_count; i++) {
        e = move_feed(a, &reply->feeds[i]);
    }
    for (size_t i = 0; i < reply->drop_count; i++) {
        drop_feed(a, &reply->drops[i]);
    }
    a->request.roots += serve->roots_told;
    a->request.root_count -= serve->roots_told;
    a->request.want += serve->wants_told;
    a->request.want_count -= serve->wants_told;
    a->request.rest += serve->rests_told;
    a->request.rest_count -= serve->rests_told;
    a->request.has_stables = a->request.has_stables && !reply->has_stables;
    a->more = reply->more && (serve->rows.size > 0 || reply->feed_count > 0);
    return e;
}

static enum err fill_reply(struct answering *a, struct serve *serve)
{
    enum err e = serve_bundle_caller(serve, a->caller);
    if (!e) {
        e = serve_tell_origin(serve);
    }
    if (!e) { /* Told whatever the caller knew when it asked: it may have been put back since. */
        serve->reply.has_ack = serve->reply.has_ack || !id_is_zero(serve->reply.ack.origin);
        serve->caller_has = a->request.acked_seq;
    }
    if (!e && a->request.has_relay) {
        serve->reply.has_got = true;
        e = serve_relay_got(serve, &serve->reply.got);
    }
    if (!e) {
        e = serve_pull(serve, a->out->diag);
    }
    serve->reply.time_ms = serve->now_ms;
    return e;
}

static enum err write_answer(struct answering *a)
{
    struct serve serve;
    struct arena arena;
    struct buf text, body;
    uint8_t dictionary = 0;
    arena_init(&arena, &a->node->host->mem, ASK_ARENA_MAX);
    buf_init(&text, &a->node->host->mem, WIRE_PLAIN_MAX);
    buf_init(&body, &a->node->host->mem, WIRE_PACKED_MAX + 1);
    serve_begin(a, &serve, &arena);
    /* A transaction for each, so that a server is not kept waiting for a slow stick. */
    enum err e = node_begin(a->node);
    if (!e) {
        e = node_end(a->node, fill_reply(a, &serve));
    }
    if (!e) {
        sync_reply_write(&serve.reply, &text);
        buf_add_span(&text, buf_span(&serve.rows));
        buf_add_byte(&body, 0);
        e = buf_error(&text);
    }
    if (!e) {
        e = pack_write(a->pack, buf_span(&text), &body, &dictionary);
    }
    if (!e) {
        body.data[0] = dictionary;
        e = move_on(a, &serve);
    }
    if (!e) {
        e = bundle_out_frame(a->out, BUNDLE_ANSWER, buf_span(&body));
    }
    buf_release(&serve.rows);
    buf_release(&text);
    buf_release(&body);
    arena_release(&arena);
    return e;
}

enum err serve_bundle_answers(struct bundle_out *out, struct id caller)
{
    struct answering a = {.out = out, .node = out->node, .caller = caller, .more = true};
    arena_init(&a.arena, &a.node->host->mem, POSITIONS_MAX);
    enum err e = pack_new(&a.node->host->mem, &a.pack);
    if (!e) {
        e = recall_request(&a);
    }
    if (!e) {
        e = write_head(&a);
    }
    if (!e && a.peer.has_enrol) {
        e = serve_bundle_enrolled(out, caller, &a.peer);
    }
    while (!e && a.more) {
        e = write_answer(&a);
    }
    if (!e && !a.revoked) {
        e = serve_bundle_told(out, caller);
    }
    pack_free(a.pack);
    arena_release(&a.arena);
    return node_failed(a.node, e, out->diag);
}
