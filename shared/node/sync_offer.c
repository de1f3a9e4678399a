/*
 * sync_offer.c - the calling end of a reconcile: what is held is offered in pieces, and what is
 * wanted of it handed over.
 *
 * schema/protocol.md, "Reconcile". A piece is done when all that was wanted of it is taken; only
 * then the server's row moves on, so that an interrupted reconcile goes on with the same piece.
 */
#include <stdlib.h>
#include <string.h>

#include "node_named.h"
#include "sync_internal.h"

#define OFFER_OPS   4096 /* rows of one piece */
#define OFFER_ARENA (32u * 1024 * 1024)

struct offered {
    int64_t row;
    struct id uid;
    int64_t origin, seq; /* 0: without an envelope */
};

/* Neighbours in an origin next to each other; without an envelope last. */
static int by_slot(const void *a, const void *b)
{
    const struct offered *x = a;
    const struct offered *y = b;
    if (x->origin != y->origin) {
        return x->origin == 0   ? 1
               : y->origin == 0 ? -1
                                : (x->origin > y->origin) - (x->origin < y->origin);
    }
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* ---- a piece */

/* The next rows of the log. The own ones, too: they were pushed, but a server may have lost when it
   first received them, and their author knows. */
static enum err read_piece(struct sync *sync)
{
    struct offer *offer = &sync->offer;
    offer->ops = arena_array(&offer->arena, OFFER_OPS, sizeof *offer->ops);
    enum err e = offer->ops ? OK : ERR_NOMEM;
    struct stmt *s = db_stmt(sync->node->db, OFFER_NEXT);
    stmt_bind_i64(s, 1, sync->server.offer);
    stmt_bind_i64(s, 2, OFFER_OPS);
    while (!e && offer->op_count < OFFER_OPS && stmt_row(s)) {
        struct offered *op = &offer->ops[offer->op_count++];
        *op = (struct offered){
            .row = stmt_i64(s, 0), .origin = stmt_i64(s, 2), .seq = stmt_i64(s, 3)};
        (void)stmt_blob(s, 1, op->uid.bytes, ID_SIZE);
        offer->upto = op->row;
    }
    enum err end = stmt_end(s);
    if (offer->op_count > 0) {
        qsort(offer->ops, offer->op_count, sizeof *offer->ops, by_slot);
    }
    return e ? e : end;
}

static bool goes_on(const struct offer *offer, const struct offer_run *run, size_t i)
{
    const struct offered *op = &offer->ops[i];
    return op->origin != 0 && op->origin == offer->ops[i - 1].origin &&
           op->seq == run->from + run->count && run->count < (int64_t)WIRE_RUN_OPS;
}

static enum err name_origin(struct sync *sync, int64_t origin, struct id *ret)
{
    struct stmt *s = db_stmt(sync->node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, origin);
    bool found = stmt_row(s) && stmt_blob(s, 0, ret->bytes, ID_SIZE);
    enum err e = stmt_end(s);
    return e || found ? e : ERR_DB_CORRUPT;
}

static enum err make_runs(struct sync *sync)
{
    struct offer *offer = &sync->offer;
    struct arena arena;
    struct mark mark;
    struct mark_sums *sums = arena_array(&offer->arena, 1, sizeof *sums);
    offer->runs = arena_array(&offer->arena, offer->op_count, sizeof *offer->runs);
    offer->run_first = arena_array(&offer->arena, offer->op_count, sizeof *offer->run_first);
    if (!sums || !offer->runs || !offer->run_first) {
        return ERR_NOMEM;
    }
    *sums = (struct mark_sums){.kept = {{0, 0, 0}}};
    arena_init(&arena, &sync->node->host->mem, OFFER_ARENA);
    enum err e = OK;
    for (size_t i = 0; !e && i < offer->op_count; i++) {
        const struct offered *op = &offer->ops[i];
        struct offer_run *run = offer->run_count ? &offer->runs[offer->run_count - 1] : NULL;
        if (run && goes_on(offer, run, i)) {
            run->count++;
        } else {
            if (run) {
                run->mark = mark_end(&mark);
            }
            run = &offer->runs[offer->run_count];
            *run = (struct offer_run){
                .loose = op->origin == 0, .from = op->seq, .count = 1, .uid8 = id_prefix8(op->uid)};
            offer->run_first[offer->run_count++] = i;
            e = run->loose ? OK : name_origin(sync, op->origin, &run->origin);
            mark_begin(&mark, sync->node, sums, &arena);
        }
        if (!e) {
            e = mark_add(&mark, op->row);
        }
    }
    if (!e) {
        offer->runs[offer->run_count - 1].mark = mark_end(&mark);
    }
    arena_release(&arena);
    return e;
}

static void forget_piece(struct sync *sync)
{
    struct offer *offer = &sync->offer;
    arena_reset(&offer->arena);
    *offer = (struct offer){.arena = offer->arena};
}

static enum err next_piece(struct sync *sync)
{
    forget_piece(sync);
    enum err e = read_piece(sync);
    if (!e && sync->offer.op_count > 0) {
        e = make_runs(sync);
    }
    return e;
}

/* ---- handing over */

static enum err was_told(struct offer *offer, int64_t entity, int64_t reg, bool *ret)
{
    for (size_t i = offer->told_count; i > 0; i--) {
        if (offer->told[i - 1].entity == entity && offer->told[i - 1].reg == reg) {
            *ret = true;
            return OK;
        }
    }
    if (offer->told_count == offer->told_capacity) {
        size_t wanted = offer->told_capacity ? offer->told_capacity * 2 : 64;
        struct told_register *told = arena_array(&offer->arena, wanted, sizeof *told);
        if (!told) {
            return ERR_NOMEM;
        }
        if (offer->told_count) {
            memcpy(told, offer->told, offer->told_count * sizeof *told);
        }
        offer->told = told;
        offer->told_capacity = wanted;
    }
    offer->told[offer->told_count++] = (struct told_register){entity, reg};
    *ret = false;
    return OK;
}

static struct told_register *quiet_place(struct offer *offer, int64_t entity, int64_t reg)
{
    return &offer->quiet[((uint64_t)entity * 31 + (uint64_t)reg) % OFFER_QUIET];
}

static void put_dead(struct dead_register *dead, struct buf *rows, int64_t *lines)
{
    struct sync_row row = {.kind = ROW_DEAD, .dead = dead, .dead_count = 1};
    if (dead->pred_count > 0) {
        sync_row_write(&row, rows);
        dead->pred_count = 0;
        ++*lines;
    }
}

/* What the ops of an entity that are held here, with their bodies, name in a register. */
static enum err read_named(struct node *node, int64_t entity, struct span reg, struct named *named)
{
    struct arena one;
    struct stmt *s = db_stmt(node->db, ENTITY_OPS);
    enum err e = OK;
    arena_init(&one, &node->host->mem, OFFER_ARENA);
    stmt_bind_i64(s, 1, entity);
    while (!e && stmt_row(s)) {
        struct logged op;
        arena_reset(&one);
        e = log_read(node, stmt_i64(s, 0), &one, &op);
        for (size_t i = 0; !e && !op.gone && !op.let_go && i < op.op.register_count; i++) {
            if (span_equal(op.op.registers[i].name, reg)) {
                e = named_add(named, &op.op.registers[i]);
            }
        }
    }
    enum err end = stmt_end(s);
    named_sort(named);
    arena_release(&one);
    return e ? e : end;
}

/*
 * What is dead in a register, as far as no op held here says so: that one is offered itself, and
 * whether it counts is for the server to judge. A person whose work is refused there would
 * otherwise have her say in what other people's values became.
 */
static enum err put_unnamed(struct sync *sync, const struct logged *op, struct span reg,
                            int64_t symbol, const struct named *named, struct buf *rows,
                            int64_t *lines)
{
    uint64_t preds[OP_PREDS_MAX];
    struct dead_register dead = {.entity = op->op.entity, .reg = reg, .preds = preds};
    struct stmt *s = db_stmt(sync->node->db, DEAD_IN_REGISTER);
    stmt_bind_i64(s, 1, op->entity);
    stmt_bind_i64(s, 2, symbol);
    while (stmt_row(s)) {
        uint64_t uid8 = stmt_u64(s, 0);
        if (named_has(named, uid8)) {
            continue;
        }
        preds[dead.pred_count++] = uid8;
        if (dead.pred_count == OP_PREDS_MAX) {
            put_dead(&dead, rows, lines);
        }
    }
    enum err e = stmt_end(s);
    put_dead(&dead, rows, lines);
    return e ? e : buf_error(rows);
}

static enum err hand_dead(struct sync *sync, const struct logged *op, struct span reg,
                          struct arena *arena, struct buf *rows, int64_t *lines)
{
    struct named named;
    int64_t symbol = 0;
    int64_t before = *lines;
    bool told = true;
    enum err e = symbol_find(sync->node, reg, &symbol);
    if (!e && symbol != 0) {
        e = was_told(&sync->offer, op->entity, symbol, &told);
    }
    struct told_register *quiet = quiet_place(&sync->offer, op->entity, symbol);
    if (e || told || (quiet->entity == op->entity && quiet->reg == symbol)) {
        return e;
    }
    named_begin(&named, arena);
    e = read_named(sync->node, op->entity, reg, &named);
    if (!e) {
        e = put_unnamed(sync, op, reg, symbol, &named, rows, lines);
    }
    if (!e && *lines == before) {
        *quiet = (struct told_register){op->entity, symbol};
    }
    return e;
}

static enum err hand_op(struct sync *sync, int64_t row, struct arena *arena, struct buf *rows,
                        int64_t *lines)
{
    struct logged op;
    arena_reset(arena);
    enum err e = log_read(sync->node, row, arena, &op);
    if (e) {
        return e;
    }
    struct sync_row out = {.kind = ROW_OP,
                           .origin_index = -1,
                           .receipt_ms = op.receipt_ms == STAMP_NO_RECEIPT ? 0 : op.receipt_ms,
                           .body = op.op.body,
                           .has_signature = op.has_org_signature,
                           .signature = op.org_signature};
    if (!op.gone) {
        sync_row_write(&out, rows);
        ++*lines;
    }
    for (size_t i = 0; !e && op.entity != 0 && i < op.op.register_count; i++) {
        e = hand_dead(sync, &op, op.op.registers[i].name, arena, rows, lines);
    }
    return e ? e : buf_error(rows);
}

static enum err put_hands(struct sync *sync, struct sync_request *request, struct buf *rows)
{
    struct offer *offer = &sync->offer;
    struct arena arena;
    enum err e = OK;
    size_t i = offer->hand_done;
    arena_init(&arena, &sync->node->host->mem, OFFER_ARENA);
    offer->told_count = 0; /* the request before may not have arrived */
    while (!e && i < offer->hand_count && rows->size < (size_t)sync->push_size &&
           request->hand_count < (int64_t)WIRE_HAND_MAX / 2) {
        e = hand_op(sync, offer->ops[offer->hands[i++]].row, &arena, rows, &request->hand_count);
    }
    offer->hand_sent = i;
    arena_release(&arena);
    return e;
}

/* ---- asking and taking */

/* After reading, so that what both know has one mark. */
enum err offer_begin(struct sync *sync, bool *ret_offers)
{
    struct node *node = sync->node;
    int64_t row = 0;
    if (sync->server.offer != OFFER_DONE) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, SERVER_ELSEWHERE);
    stmt_bind_i64(s, 1, sync->server.id);
    row = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (e || row == 0) {
        return e;
    }
    sync->server.offer = row - 1;
    sync->offers_rest = true;
    e = node_begin(node);
    if (!e) {
        s = db_stmt(node->db, SERVER_ELSEWHERE_OVER);
        stmt_bind_i64(s, 1, sync->server.id);
        e = stmt_run(s);
        e = node_end(node, e ? e : server_save(node, &sync->server));
    }
    *ret_offers = !e;
    return e;
}

static enum err is_pushing(struct sync *sync, bool *ret)
{
    int64_t ops = 0;
    int64_t batches = 0;
    enum err e = sync_left(sync, &ops, &batches);
    *ret = sync->ask_first || (!sync->stuck && (ops > 0 || batches > 0));
    return e;
}

static enum err put_sums(struct sync *sync, struct sync_request *request)
{
    sync->sums = sync->server.offer == OFFER_SUMS;
    return sync->sums
               ? node_feed_sums(sync->node, &sync->arena, &request->sums, &request->sum_count)
               : OK;
}

enum err offer_ask(struct sync *sync, struct sync_request *request, struct buf *rows)
{
    struct offer *offer = &sync->offer;
    bool pushing = false;
    enum err e = OK;
    offer->stage = OFFER_NONE;
    sync->sums = false;
    if (sync->server.offer >= 0) {
        e = is_pushing(sync, &pushing);
    }
    if (!e && sync->server.offer >= 0 && !pushing && offer->upto == 0) {
        e = next_piece(sync);
        if (!e && offer->op_count == 0) { /* all of it, or nothing was held at all */
            bool sums = sync->server.offer > 0 && !sync->offers_rest;
            sync->server.offer = sums ? OFFER_SUMS : OFFER_DONE;
        }
    }
    if (e || sync->server.offer < 0) {
        return e ? e : put_sums(sync, request);
    }
    request->has_offer = true;
    request->has_origin = true;
    request->origin = sync->node->own_origin_name;
    if (pushing) {
        offer->stage = OFFER_EMPTY;
    } else if (offer->hand_done < offer->hand_count) {
        offer->stage = OFFER_HANDS;
        e = put_hands(sync, request, rows);
    } else {
        offer->stage = OFFER_PIECE;
        request->runs = offer->runs;
        request->run_count = offer->run_count;
    }
    return e;
}

static enum err list_hands(struct offer *offer, const struct sync_reply *reply)
{
    offer->hands = arena_array(&offer->arena, offer->op_count, sizeof *offer->hands);
    if (!offer->hands) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < reply->wanted_count; i++) {
        size_t wanted = (size_t)reply->wanted[i];
        if (wanted >= offer->run_count || (i > 0 && reply->wanted[i] <= reply->wanted[i - 1])) {
            return ERR_PEER;
        }
        for (int64_t k = 0; k < offer->runs[wanted].count; k++) {
            offer->hands[offer->hand_count++] = offer->run_first[wanted] + (size_t)k;
        }
    }
    return OK;
}

enum err offer_take(struct sync *sync, const struct sync_reply *reply, bool *ret_moved)
{
    struct offer *offer = &sync->offer;
    enum err e = OK;
    if (sync->sums && sync->server.offer == OFFER_SUMS) {
        sync->server.offer = OFFER_DONE;
    }
    if (offer->stage == OFFER_PIECE) {
        e = list_hands(offer, reply);
    } else if (offer->stage == OFFER_HANDS) {
        offer->hand_done = offer->hand_sent;
    }
    *ret_moved = offer->stage >= OFFER_PIECE;
    if (!e && *ret_moved && offer->hand_done == offer->hand_count) {
        bool last = offer->op_count < OFFER_OPS;
        sync->server.offer = sync->offers_rest && last ? OFFER_DONE : offer->upto;
        forget_piece(sync);
    }
    return e;
}
