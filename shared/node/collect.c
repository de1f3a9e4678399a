#include "collect.h"

#include <string.h>

#include "node_gone.h"
#include "node_internal.h"
#include "node_named.h"

#define STEP_ENTITIES  256
#define COLLECT_MEMORY (256u * 1024 * 1024)

struct candidate {
    int64_t row;
    uint64_t uid8;
    int64_t size;
    bool old, stable;
    bool stays; /* live, still to be looked at, or with a file */
};

struct collecting {
    struct node *node;
    int64_t before_ms; /* what is effective and received before it is old */
    bool dry;
    struct arena arena; /* of one entity */
    struct arena one;   /* of one op */
    struct candidate *ops;
    size_t count;
    struct named named; /* by ops that are young or not stable */
    struct named sure;  /* in a register, by others */
    struct collect_count *total;
};

/* ---- the ops of one entity */

static bool is_old(const struct collecting *c, int64_t time_ms, int64_t receipt_ms)
{
    int64_t effective_ms = stamp_effective(time_ms, receipt_ms);
    bool received = receipt_ms == STAMP_NO_RECEIPT || receipt_ms < c->before_ms;
    /* A time beyond what JSON holds couldn't be told to a region that lost the op. */
    return received && effective_ms < c->before_ms && time_ms >= -JSON_INT_MAX &&
           time_ms <= JSON_INT_MAX;
}

static enum err add_candidate(struct collecting *c, size_t *capacity, const struct candidate *op)
{
    if (c->count == *capacity) {
        size_t wanted = *capacity ? 2 * *capacity : 64;
        struct candidate *more = arena_array(&c->arena, wanted, sizeof *more);
        if (!more) {
            return ERR_NOMEM;
        }
        if (c->count > 0) {
            memcpy(more, c->ops, c->count * sizeof *more);
        }
        c->ops = more;
        *capacity = wanted;
    }
    c->ops[c->count++] = *op;
    return OK;
}

static enum err list_ops(struct collecting *c, int64_t entity)
{
    size_t capacity = 0;
    enum err e = OK;
    c->ops = NULL;
    c->count = 0;
    struct stmt *s = db_stmt(c->node->db, COLLECT_OPS);
    stmt_bind_i64(s, 1, entity);
    while (!e && stmt_row(s)) {
        struct id uid = {{0}};
        int64_t receipt_ms = stmt_is_null(s, 4) ? STAMP_NO_RECEIPT : stmt_i64(s, 4);
        struct candidate op = {.row = stmt_i64(s, 0),
                               .size = stmt_i64(s, 2),
                               .old = is_old(c, stmt_i64(s, 3), receipt_ms),
                               .stable = stmt_i64(s, 5) != 0,
                               .stays = stmt_i64(s, 6) != 0};
        (void)stmt_blob(s, 1, uid.bytes, ID_SIZE);
        op.uid8 = id_prefix8(uid);
        e = add_candidate(c, &capacity, &op);
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

/* ---- what was superseded lately, or by what may be lost */

static enum err list_named(struct collecting *c)
{
    enum err e = OK;
    named_begin(&c->named, &c->arena);
    named_begin(&c->sure, &c->arena);
    for (size_t i = 0; !e && i < c->count; i++) {
        struct logged logged;
        bool lasts = c->ops[i].old && c->ops[i].stable;
        arena_reset(&c->one);
        e = log_read(c->node, c->ops[i].row, &c->one, &logged);
        for (size_t k = 0; !e && k < logged.op.register_count; k++) {
            const struct op_register *reg = &logged.op.registers[k];
            e = lasts ? named_add_in(&c->sure, reg) : named_add(&c->named, reg);
        }
    }
    named_sort(&c->named);
    named_sort(&c->sure);
    return e;
}

static enum err has_live(struct node *node, int64_t entity, struct span reg, bool *ret)
{
    int64_t symbol = 0;
    enum err e = symbol_find(node, reg, &symbol);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, LIVE_OF);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, symbol);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/*
 * In each register by an op that is held here? What is dead by hearsay alone stays: the op that did
 * it may be lost for everybody, with a hub that was put back, and then nothing else holds a value.
 * `ret_instead`: where it isn't, something else is live.
 */
static enum err look_for_others(const struct collecting *c, int64_t entity, const struct op *op,
                                uint64_t uid8, bool *ret_sure, bool *ret_instead)
{
    enum err e = OK;
    *ret_sure = true;
    *ret_instead = true;
    for (size_t k = 0; !e && k < op->register_count; k++) {
        struct span reg = op->registers[k].name;
        bool live = true;
        if (!named_has(&c->sure, named_in(reg, uid8))) {
            *ret_sure = false;
            e = has_live(c->node, entity, reg, &live);
        }
        *ret_instead = *ret_instead && live;
    }
    return e;
}

/* ---- one entity */

/* The region holds all there is, and waited for as long as the horizon: who did it is lost. */
static enum err tell_overwritten(const struct collecting *c, int64_t row)
{
    return c->dry || c->node->identity.role != ROLE_REGION ? OK
                                                           : log_flag(c->node, row, "overwritten");
}

static enum err let_go(struct collecting *c, int64_t entity, const struct candidate *op)
{
    struct logged logged;
    bool sure = false, instead = false;
    int64_t kept = 0;
    arena_reset(&c->one);
    enum err e = log_read(c->node, op->row, &c->one, &logged);
    if (e || !logged.op.known_format || logged.op.register_count == 0) {
        return e; /* of a format to come: what it writes isn't known */
    }
    e = look_for_others(c, entity, &logged.op, op->uid8, &sure, &instead);
    if (e || !sure) {
        return e || instead ? e : tell_overwritten(c, op->row);
    }
    if (!c->dry) {
        e = gone_make(c->node, &logged, &kept);
    }
    if (!e) {
        c->total->ops++;
        c->total->freed += op->size;
        c->total->kept += kept;
    }
    return e;
}

static bool any_may_go(const struct collecting *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].old && !c->ops[i].stays) {
            return true;
        }
    }
    return false;
}

static enum err collect_entity(struct collecting *c, int64_t entity)
{
    arena_reset(&c->arena);
    enum err e = list_ops(c, entity);
    if (e || !any_may_go(c)) {
        return e;
    }
    e = list_named(c);
    for (size_t i = 0; !e && i < c->count; i++) {
        const struct candidate *op = &c->ops[i];
        if (!op->old || op->stays) {
            continue;
        }
        if (!op->stable) {
            c->total->waiting++;
        } else if (!named_has(&c->named, op->uid8)) {
            e = let_go(c, entity, op);
        }
    }
    return e;
}

static enum err collect_some(struct collecting *c, int64_t *after)
{
    int64_t entities[STEP_ENTITIES];
    size_t count = 0;
    struct stmt *s = db_stmt(c->node->db, COLLECT_ENTITIES);
    stmt_bind_i64(s, 1, *after);
    stmt_bind_i64(s, 2, STEP_ENTITIES);
    while (count < STEP_ENTITIES && stmt_row(s)) {
        entities[count++] = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    for (size_t i = 0; !e && i < count; i++) {
        e = collect_entity(c, entities[i]);
    }
    *after = count == STEP_ENTITIES ? entities[count - 1] : INT64_MAX;
    return e;
}

enum err collect_step(struct node *node, int64_t horizon_ms, bool dry, int64_t *after,
                      struct collect_count *ret, struct diag *diag)
{
    struct node_clock clock;
    struct collect_count total = *ret;
    int64_t next = *after;
    if (node->identity.role < ROLE_HUB) {
        return diag_set(diag, ERR_NOT_ALLOWED, "collect", role_name(node->identity.role), NULL);
    }
    enum err e = node_clock(node, &clock);
    if (e || clock.insane) {
        *after = INT64_MAX;
        return node_failed(node, e, diag);
    }
    struct collecting c = {
        .node = node, .before_ms = node_now_ms(node) - horizon_ms, .dry = dry, .total = &total};
    arena_init(&c.arena, &node->host->mem, COLLECT_MEMORY);
    arena_init(&c.one, &node->host->mem, COLLECT_MEMORY);
    e = node_begin(node);
    if (!e) {
        e = node_end(node, collect_some(&c, &next));
    }
    arena_release(&c.arena);
    arena_release(&c.one);
    if (!e) {
        *after = next;
        *ret = total;
    }
    return node_failed(node, e, diag);
}

enum err collect_all(struct node *node, int64_t horizon_ms, bool dry, struct collect_count *ret,
                     struct diag *diag)
{
    struct collect_count total = {0};
    int64_t after = 0;
    enum err e = OK;
    while (!e && after != INT64_MAX) {
        e = collect_step(node, horizon_ms, dry, &after, &total, diag);
    }
    if (!e) {
        *ret = total;
    }
    return e;
}
