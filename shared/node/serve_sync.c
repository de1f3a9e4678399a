/*
 * serve_sync.c - the answering end of a sync: who calls, what it pushed, what it gets.
 */
#include <string.h>

#include "blob_internal.h"
#include "node_build.h"
#include "node_redact.h"
#include "reopen.h"
#include "serve_internal.h"

#define SERVE_ARENA_MAX (96u * 1024 * 1024)

struct ratchets {
    uint64_t now, before;
};

static enum err read_ratchets(struct node *node, struct id caller, struct ratchets *ret)
{
    struct ratchets ratchets = {0};
    struct stmt *s = db_stmt(node->db, CALLER_GET);
    stmt_bind_blob(s, 1, caller.bytes, ID_SIZE);
    if (stmt_row(s)) {
        ratchets = (struct ratchets){stmt_u64(s, 0), stmt_u64(s, 1)};
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = ratchets;
    }
    return e;
}

/*
 * The very same request a second time proves nothing: whoever holds its bytes may not hold the
 * key. Signatures are remembered in memory only; what that forgets, the ratchet still bounds to
 * one answer.
 */
static bool is_replay(struct node *node, const struct envelope *envelope)
{
    struct id first;
    memcpy(first.bytes, envelope->signature.bytes, ID_SIZE);
    uint64_t mark = id_prefix8(first);
    uint64_t *place = &node->requests_seen[mark % NODE_REQUESTS_SEEN];
    bool seen = *place == mark;
    *place = mark;
    return seen;
}

/* The signature first: nobody without the key learns an epoch or a ratchet. */
static enum err authenticate(struct serve *serve, const struct envelope *envelope, const char *path,
                             uint64_t *ret_hint, struct diag *diag)
{
    struct node *node = serve->node;
    struct ratchets ratchets = {0};
    char caller[ID_TEXT_SIZE];
    id_write(envelope->node, caller);
    serve->caller = org_node(serve->org, envelope->node);
    if (!serve->caller) {
        return diag_set(diag, ERR_UNAUTHENTICATED, caller, NULL);
    }
    if (!envelope_verify(envelope, path, node->identity.id, &serve->caller->key)) {
        return diag_set(diag, ERR_SIGNATURE, "request", NULL);
    }
    if (serve->caller->revoked) { /* In a sync it is heard, and gets nothing: serve_revoked.c. */
        return strcmp(path, "/v1/sync") == 0
                   ? OK
                   : diag_set(diag, ERR_REVOKED, serve->caller->name, "0", NULL);
    }
    if (envelope->epoch != node->identity.epoch) {
        *ret_hint = node->identity.epoch;
        return diag_set(diag, ERR_EPOCH, NULL);
    }
    enum err e = read_ratchets(node, envelope->node, &ratchets);
    serve->ratchet_now = ratchets.now;
    bool stale = envelope->ratchet != ratchets.now && envelope->ratchet != ratchets.before;
    if (!e && (is_replay(node, envelope) || stale)) {
        *ret_hint = ratchets.now;
        e = diag_set(diag, ERR_RATCHET, NULL);
    }
    return e;
}

/* What stood until now stays good once, for a caller whose reply gets lost; what it used doesn't,
   unless that is the same. */
enum err serve_turn_ratchet(struct serve *serve)
{
    uint64_t next = 0;
    struct node *node = serve->node;
    node->host->random(node->host->ctx, &next, sizeof next);
    struct stmt *s = db_stmt(node->db, CALLER_ADD);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    enum err e = stmt_run(s);
    if (!e) {
        s = db_stmt(node->db, CALLER_RATCHET);
        stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
        stmt_bind_u64(s, 2, next);
        stmt_bind_u64(s, 3, serve->ratchet_now);
        e = stmt_run(s);
    }
    serve->reply.has_ratchet = true;
    serve->reply.ratchet = next;
    return e;
}

struct origin_known {
    int64_t row; /* 0: nothing of it is here */
    struct origin_point ack, stable;
    bool has_stable;
};

/* In which origin the caller writes: named, or proven by the batch just taken, or as it was last.
   A twin of the caller (a copied device) writes in another one; the state shows whose turn it is.
 */
static enum err name_origin(struct serve *serve)
{
    struct node *node = serve->node;
    struct id last = {{0}};
    struct stmt *s = db_stmt(node->db, CALLER_ORIGIN);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    bool known = stmt_row(s) && stmt_blob(s, 0, last.bytes, ID_SIZE);
    enum err e = stmt_end(s);
    if (serve->request.has_origin) {
        serve->caller_origin_name = serve->request.origin;
    } else if (id_is_zero(serve->caller_origin_name)) {
        serve->caller_origin_name = last;
    }
    if (e || id_is_zero(serve->caller_origin_name) ||
        (known && id_equal(last, serve->caller_origin_name))) {
        return e;
    }
    s = db_stmt(node->db, CALLER_ADD);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    e = stmt_run(s);
    if (!e) {
        s = db_stmt(node->db, CALLER_SET_ORIGIN);
        stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
        stmt_bind_blob(s, 2, serve->caller_origin_name.bytes, ID_SIZE);
        e = stmt_run(s);
    }
    return e;
}

static enum err find_origin(struct serve *serve, struct origin_known *ret)
{
    struct origin_known known = {0};
    struct stmt *s = db_stmt(serve->node->db, ORIGIN_NAMED_OF);
    stmt_bind_blob(s, 1, serve->caller_origin_name.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, serve->caller->id.bytes, ID_SIZE);
    if (stmt_row(s)) {
        known.row = stmt_i64(s, 0);
        (void)stmt_blob(s, 1, known.ack.origin.bytes, ID_SIZE);
        known.ack.seq = stmt_i64(s, 2);
        (void)stmt_blob(s, 3, known.ack.link.bytes, LINK_SIZE);
        known.stable = (struct origin_point){.origin = known.ack.origin, .seq = stmt_i64(s, 4)};
        known.has_stable = stmt_blob(s, 5, known.stable.link.bytes, LINK_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = known;
    }
    return e;
}

/* How far the origin of the caller is known here: told when it knows otherwise. */
static enum err tell_origin(struct serve *serve)
{
    struct origin_known known;
    const struct sync_request *request = &serve->request;
    enum err e = name_origin(serve);
    if (!e) {
        e = find_origin(serve, &known);
    }
    if (e || id_is_zero(serve->caller_origin_name)) {
        return e;
    }
    if (known.row == 0) { /* If it was acknowledged here it is gone: this server was put back. */
        known.ack = (struct origin_point){.origin = serve->caller_origin_name,
                                          .link = link_first(serve->caller_origin_name)};
    }
    serve->caller_origin = known.row;
    if (serve->caller_has < request->acked_seq) {
        serve->caller_has = request->acked_seq;
    }
    bool more_stable = known.has_stable && known.stable.seq > request->stable_seq;
    serve->reply.has_ack = known.ack.seq != request->acked_seq || more_stable;
    serve->reply.ack = known.ack;
    serve->reply.has_stable = more_stable;
    serve->reply.stable = known.stable;
    return OK;
}

/* Visits that their own signatures prove: a hub's word alone would open every province to it. */
static enum err keep_visits(struct serve *serve, const char *path)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < serve->request.visit_count; i++) {
        const struct request_proof *proof = &serve->request.visits[i];
        const struct org_node *visitor = org_node(serve->org, proof->node);
        if (!visitor || visitor->role > ROLE_SUPERVISOR ||
            !request_proof_verify(proof, path, serve->caller->id, &visitor->key)) {
            continue;
        }
        struct stmt *s = db_stmt(serve->node->db, VISIT_ADD);
        stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
        stmt_bind_blob(s, 2, proof->node.bytes, ID_SIZE);
        stmt_bind_i64(s, 3, serve->now_ms);
        e = stmt_run(s);
    }
    return e;
}

/* A hub's own devices add nothing to what it reads itself, and there may be more of them than there
   is room for. */
static bool reads_more(const struct org_node *visitor, const struct org_node *hub)
{
    bool within = true;
    for (size_t i = 0; within && i < visitor->scope_count; i++) {
        for (size_t k = 0; within && k < visitor->compartment_count; k++) {
            within = org_node_covers(hub, span_of(visitor->scopes[i]),
                                     span_of(visitor->compartments[k]));
        }
    }
    return !within;
}

static enum err add_visitors(struct serve *serve)
{
    struct stmt *s = db_stmt(serve->node->db, VISITS_OF);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    while (serve->reader_count < SERVE_READERS_MAX && stmt_row(s)) {
        struct id visitor;
        const struct org_node *known = NULL;
        if (stmt_blob(s, 0, visitor.bytes, ID_SIZE)) {
            known = org_node(serve->org, visitor);
        }
        if (known && !known->revoked && known->role <= ROLE_SUPERVISOR &&
            reads_more(known, serve->caller)) {
            serve->readers[serve->reader_count++] = known;
        }
    }
    return stmt_end(s);
}

/* Definitions may have changed by what was pushed (a hub that enrolled a device). */
enum err serve_look_again(struct serve *serve, const char *path)
{
    struct id id = serve->caller->id;
    enum err e = node_org_keep(serve->node, &serve->org);
    if (e) {
        return e;
    }
    serve->caller = org_node(serve->org, id);
    if (!serve->caller) {
        return ERR_UNAUTHENTICATED;
    }
    serve->readers[0] = serve->caller;
    serve->reader_count = 1;
    e = receipts_take(serve->node, serve->caller, serve->request.erased,
                      serve->request.erased_count);
    if (!e) {
        e = reopens_take(serve->node, serve->caller, serve->request.reopens,
                         serve->request.reopen_count);
    }
    if (e || serve->caller->role != ROLE_HUB) {
        return e;
    }
    e = keep_visits(serve, path);
    return e ? e : add_visitors(serve);
}

enum err serve_seal(const struct serve *serve, struct pack *pack, struct span text, struct buf *ret)
{
    uint8_t dictionary = 0;
    reply_tag(&serve->proof.signature, ret);
    size_t at = ret->size;
    buf_add_byte(ret, 0);
    enum err e = pack_write(pack, text, ret, &dictionary);
    if (!e) {
        ret->data[at] = dictionary;
    }
    return e;
}

static enum err tell_losses(struct serve *serve)
{
    int64_t losses = 0;
    enum err e = blob_losses(serve->node, &losses);
    serve->reply.losses = losses > serve->request.losses ? losses : 0;
    return e;
}

static enum err answer(struct serve *serve, struct pack *pack, const char *path, struct buf *ret,
                       struct diag *diag)
{
    struct buf text;
    buf_init(&text, &serve->node->host->mem, WIRE_PLAIN_MAX);
    enum err e = serve_push(serve, diag);
    if (!e) {
        e = serve_look_again(serve, path);
    }
    if (!e) {
        e = tell_origin(serve);
    }
    if (!e) {
        e = serve_pull(serve, diag);
    }
    if (!e) {
        e = tell_losses(serve);
    }
    if (!e && (serve->wrote || serve->rows.size > 0)) {
        e = serve_turn_ratchet(serve);
    }
    if (!e) {
        e = caller_note(serve);
    }
    if (!e) {
        serve->reply.time_ms = serve->now_ms;
        sync_reply_write(&serve->reply, &text);
        buf_add_span(&text, buf_span(&serve->rows));
        e = buf_error(&text);
    }
    if (!e) {
        e = serve_seal(serve, pack, buf_span(&text), ret);
    }
    buf_release(&text);
    return e;
}

static enum err read_request(struct serve *serve, struct span text, struct diag *diag)
{
    struct span line;
    serve->rest = text;
    if (!span_split(&serve->rest, '\n', &line)) {
        return diag_set(diag, ERR_FORMAT, "request", "line 1", NULL);
    }
    enum err e = sync_request_read(line, serve->arena, &serve->request, diag);
    if (!e && serve->request.visit_count > 0 && serve->caller->role != ROLE_HUB) {
        e = diag_set(diag, ERR_NOT_ALLOWED, "visits", serve->caller->name, NULL);
    }
    if (!e && serve->request.has_relay && serve->caller->role != ROLE_HUB) {
        e = diag_set(diag, ERR_NOT_ALLOWED, "relay", serve->caller->name, NULL);
    }
    return e;
}

static enum err judge_clock(struct serve *serve)
{
    int64_t last = 0;
    enum err e = self_i64(serve->node, "hub_time_ms", 0, &last);
    serve->now_ms = serve->node->host->now_ms(serve->node->host->ctx);
    serve->clock_sane = serve->now_ms >= NODE_BUILD_MS && serve->now_ms >= last - STAMP_SLACK_MS;
    return e;
}

enum err serve_hear(struct serve *serve, struct pack *pack, const char *path, struct span body,
                    struct buf *ret_text, uint64_t *ret_hint, struct diag *diag)
{
    struct envelope envelope;
    enum err e = envelope_read(body, &envelope, diag);
    if (!e) {
        e = node_org_keep(serve->node, &serve->org);
    }
    if (!e) {
        e = authenticate(serve, &envelope, path, ret_hint, diag);
    }
    if (!e) {
        envelope_proof(&envelope, &serve->proof);
        e = pack_read(pack, envelope.dictionary, envelope.packed, ret_text, diag);
    }
    return e ? e : judge_clock(serve);
}

enum err serve_sync(struct node *node, struct pack *pack, const char *path, struct span body,
                    struct buf *ret, uint64_t *ret_hint, struct diag *diag)
{
    struct arena arena;
    struct buf text;
    arena_init(&arena, &node->host->mem, SERVE_ARENA_MAX);
    buf_init(&text, &node->host->mem, WIRE_PLAIN_MAX);
    struct serve serve = {.node = node, .arena = &arena};
    buf_init(&serve.rows, &node->host->mem, WIRE_PLAIN_MAX - WIRE_LINE_MAX);
    enum err e = serve_hear(&serve, pack, path, body, &text, ret_hint, diag);
    if (!e) {
        e = read_request(&serve, buf_span(&text), diag);
    }
    if (!e) {
        e = serve.caller->revoked ? serve_revoked(&serve, diag)
                                  : answer(&serve, pack, path, ret, diag);
    }
    buf_release(&serve.rows);
    buf_release(&text);
    arena_release(&arena);
    return node_failed(node, e, diag);
}

/* ---- the same in parts: serve_bundle.c */

enum err serve_tell_origin(struct serve *serve)
{
    return tell_origin(serve);
}

enum err serve_judge_clock(struct serve *serve)
{
    return judge_clock(serve);
}

enum err serve_read_request(struct serve *serve, struct span text, struct diag *diag)
{
    return read_request(serve, text, diag);
}
