/*
 * serve_offer.c - the answering end of a reconcile: what of an offer is wanted, and what is handed
 * over (schema/protocol.md, "Reconcile").
 *
 * An op that is handed over comes without its author's signature. It is adopted: kept under an
 * envelope of this server's own, flagged for review, relayed. Its author may never return; should
 * it, its batch proves the op and the flag is settled.
 */
#include "node_offer.h"
#include "notice.h"
#include "serve_internal.h"

#define OFFER_ARENA (8u * 1024 * 1024)

struct matching {
    struct serve *serve;
    struct mark_sums *sums;
    struct arena arena; /* of one op */
};

static enum err find_loose(struct node *node, uint64_t uid8, int64_t *ret_row)
{
    struct id low = {{0}};
    struct id high;
    for (size_t i = 0; i < ID_SIZE; i++) {
        high.bytes[i] = 0xff;
        if (i < 8) {
            low.bytes[i] = high.bytes[i] = (uint8_t)(uid8 >> (56 - 8 * i));
        }
    }
    struct stmt *s = db_stmt(node->db, OP_BY_PREFIX);
    stmt_bind_blob(s, 1, low.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, high.bytes, ID_SIZE);
    *ret_row = stmt_row(s) ? stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

static enum err origin_row(struct node *node, struct id name, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_NAME);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    *ret = stmt_row(s) ? stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

/* Is every op of the run here, and is as much known of it? */
static enum err matches(struct matching *m, const struct offer_run *run, int64_t origin, bool *ret)
{
    struct node *node = m->serve->node;
    struct mark mark;
    bool all = run->loose || origin != 0;
    enum err e = OK;
    mark_begin(&mark, node, m->sums, &m->arena);
    for (int64_t i = 0; !e && all && i < run->count; i++) {
        int64_t row = 0;
        e = run->loose ? find_loose(node, run->uid8, &row)
                       : offer_slot(node, origin, run->from + i, &row);
        all = !e && row != 0;
        if (all) {
            e = mark_add(&mark, row);
        }
    }
    if (!e) {
        *ret = all && mark_end(&mark) == run->mark;
    }
    return e;
}

enum err serve_offered(struct serve *serve)
{
    const struct sync_request *request = &serve->request;
    struct sync_reply *reply = &serve->reply;
    struct matching m = {.serve = serve, .sums = arena_array(serve->arena, 1, sizeof *m.sums)};
    int64_t origin = 0;
    enum err e = OK;
    reply->wanted = arena_array(serve->arena, request->run_count + 1, sizeof *reply->wanted);
    if (!m.sums || !reply->wanted) {
        return ERR_NOMEM;
    }
    *m.sums = (struct mark_sums){.kept = {{0, 0, 0}}};
    arena_init(&m.arena, &serve->node->host->mem, OFFER_ARENA);
    for (size_t i = 0; !e && i < request->run_count; i++) {
        const struct offer_run *run = &request->runs[i];
        bool same = false;
        if (!run->loose && (i == 0 || !id_equal(run->origin, request->runs[i - 1].origin))) {
            e = origin_row(serve->node, run->origin, &origin);
        }
        if (!e) {
            e = matches(&m, run, origin, &same);
        }
        if (!e && !same) {
            reply->wanted[reply->wanted_count++] = (int64_t)i;
        }
    }
    arena_release(&m.arena);
    return e;
}

/* ---- handed over */

/* What a revoked person wrote comes back like the rest, but what may be from after the revocation
   doesn't get around quarantine by way of a neighbour. */
static bool is_barred(const struct serve *serve, const struct op *op, int64_t receipt_ms)
{
    const struct org_person *person = org_person(serve->org, op->person);
    return person && person->revoked && (receipt_ms <= 0 || receipt_ms >= person->revoked_ms);
}

static enum err take_op(struct serve *serve, const struct sync_row *row, struct arena *arena,
                        bool *ret_adopted, struct diag *diag)
{
    struct op op;
    enum applied applied = APPLIED_KNOWN;
    int64_t at = 0;
    enum err e = op_read(row->body, arena, &op, diag);
    if (e) {
        return e;
    }
    struct arriving in = {.op = &op,
                          .way = WAY_BELOW,
                          .receipt_ms = row->receipt_ms > 0 ? row->receipt_ms : STAMP_NO_RECEIPT,
                          .has_org_signature = row->has_signature,
                          .org_signature = row->signature,
                          .from = serve->caller->id,
                          .barred = is_barred(serve, &op, row->receipt_ms)};
    e = log_apply(serve->node, &in, &applied, &at);
    if (!e && applied == APPLIED_QUARANTINED) {
        serve->reply.refused_count++;
    }
    if (!e && applied != APPLIED_QUARANTINED) {
        e = serve_note_brought(serve, &op);
    }
    if (e || applied != APPLIED_NEW) {
        return e;
    }
    e = log_adopt(serve->node, at);
    *ret_adopted = true;
    /* What the organisation signed proves itself. */
    return e || row->has_signature ? e : log_flag(serve->node, at, "unverified");
}

static enum err take_row(struct serve *serve, const struct sync_row *row, struct arena *arena,
                         bool *ret_adopted, struct diag *diag)
{
    enum err e = OK;
    if (row->kind == ROW_OP) {
        return take_op(serve, row, arena, ret_adopted, diag);
    }
    if (row->kind != ROW_DEAD) {
        return diag_set(diag, ERR_FORMAT, "hand", "neither an op nor what is dead", NULL);
    }
    for (size_t i = 0; !e && i < row->dead_count; i++) {
        const struct dead_register *dead = &row->dead[i];
        e = log_apply_dead(serve->node, dead->entity, dead->reg, dead->preds, dead->pred_count);
    }
    return e;
}

enum err serve_handed(struct serve *serve, struct diag *diag)
{
    struct arena arena;
    bool adopted = false;
    enum err e = OK;
    learnt_begin(serve->node);
    arena_init(&arena, &serve->node->host->mem, OFFER_ARENA);
    for (int64_t i = 0; !e && i < serve->request.hand_count; i++) {
        struct span line;
        struct sync_row row;
        arena_reset(&arena);
        if (!span_split(&serve->rest, '\n', &line)) {
            e = diag_set(diag, ERR_FORMAT, "hand", "cut short", NULL);
            break;
        }
        e = sync_row_read(line, &arena, &row, diag);
        if (!e) {
            e = take_row(serve, &row, &arena, &adopted, diag);
        }
        serve->wrote = true;
    }
    arena_release(&arena);
    /* Up there an op's earliest receipt, or what is superseded, may be missing as well; batches
       don't carry what came in this way. */
    e = e ? e : learnt_end(serve->node, 0);
    if (!e && adopted) {
        e = notice_add(serve->node, NOTICE_ADOPTED, serve->caller->id);
    }
    return e;
}
