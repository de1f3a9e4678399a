/*
 * node_offer.c - marks of ops that are held.
 */
#include "node_offer.h"
#include "node_internal.h"

void mark_begin(struct mark *mark, struct node *node, struct mark_sums *sums, struct arena *arena)
{
    *mark = (struct mark){.node = node, .sums = sums, .arena = arena};
    hash_begin(&mark->state, "douar-offer-1");
}

/* The uids superseded in one register, added up. */
static enum err dead_sum(struct mark *mark, int64_t entity, struct span reg, uint64_t *ret)
{
    int64_t symbol = 0;
    uint64_t sum = 0;
    enum err e = symbol_find(mark->node, reg, &symbol);
    if (e || symbol == 0) {
        return e;
    }
    struct mark_sum *kept =
        &mark->sums->kept[((uint64_t)entity * 31 + (uint64_t)symbol) % MARK_SUMS];
    if (kept->entity == entity && kept->reg == symbol) {
        *ret += kept->sum;
        return OK;
    }
    struct stmt *s = db_stmt(mark->node->db, DEAD_IN_REGISTER);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, symbol);
    while (stmt_row(s)) {
        sum += stmt_u64(s, 0);
    }
    e = stmt_end(s);
    if (!e) {
        *kept = (struct mark_sum){entity, symbol, sum};
        *ret += sum;
    }
    return e;
}

enum err mark_add(struct mark *mark, int64_t row)
{
    struct logged logged;
    uint64_t dead = 0;
    arena_reset(mark->arena);
    enum err e = log_read(mark->node, row, mark->arena, &logged);
    for (size_t i = 0; !e && logged.entity != 0 && i < logged.op.register_count; i++) {
        e = dead_sum(mark, logged.entity, logged.op.registers[i].name, &dead);
    }
    if (!e) {
        hash_add(&mark->state, logged.op.uid.bytes, ID_SIZE);
        hash_add_u64(&mark->state, (uint64_t)logged.effective_ms);
        hash_add_u64(&mark->state, dead);
    }
    return e;
}

uint64_t mark_end(struct mark *mark)
{
    struct hash hash;
    uint64_t first = 0;
    hash_end(&mark->state, &hash);
    for (size_t i = 0; i < 8; i++) {
        first = first << 8 | hash.bytes[i];
    }
    return first;
}

enum err offer_slot(struct node *node, int64_t origin, int64_t seq, int64_t *ret_row)
{
    static const enum node_stmt places[] = {OP_IN_SLOT, ENVELOPE_IN_SLOT};
    int64_t row = 0;
    enum err e = OK;
    for (size_t i = 0; !e && row == 0 && i < 2; i++) {
        struct stmt *s = db_stmt(node->db, places[i]);
        stmt_bind_i64(s, 1, origin);
        stmt_bind_i64(s, 2, seq);
        row = stmt_row(s) ? stmt_i64(s, 0) : 0;
        e = stmt_end(s);
    }
    if (!e) {
        *ret_row = row;
    }
    return e;
}

/* ---- learnt from one, to be told to others */

void learnt_begin(struct node *node)
{
    node->learnt = 0;
}

void learnt_op(struct node *node, int64_t row)
{
    if (row > 0 && (node->learnt == 0 || row < node->learnt)) {
        node->learnt = row;
    }
}

enum err learnt_dead(struct node *node, int64_t entity)
{
    struct stmt *s = db_stmt(node->db, OP_FIRST_OF);
    stmt_bind_i64(s, 1, entity);
    int64_t row = stmt_row(s) && !stmt_is_null(s, 0) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    learnt_op(node, e ? 0 : row);
    return e;
}

enum err learnt_end(struct node *node, int64_t server)
{
    int64_t row = node->learnt;
    node->learnt = 0;
    if (row == 0) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, SERVERS_ELSEWHERE);
    stmt_bind_i64(s, 1, server);
    stmt_bind_i64(s, 2, row);
    return stmt_run(s);
}
