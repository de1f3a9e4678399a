/*
 * save_undo.c - takes back the last save, as long as nobody can have heard of it.
 *
 * The only place where an op leaves a log. Its number and link are used again, which is safe
 * only because no request or signed batch has ever held it: the highest number that was put in
 * one is remembered by each server row before it is sent.
 */
#include <string.h>

#include "blob_internal.h"
#include "node_alias.h"
#include "node_member.h"
#include "record_custody.h"
#include "save_internal.h"

#define UNDO_MEMORY_MAX SHOWN_MEMORY_MAX

/* A save has at most OP_TX_MAX ops. */
struct undone {
    struct logged ops[OP_TX_MAX]; /* newest first */
    int64_t entity;
    size_t count;
};

/* ---- which */

static enum err last_own_batch(struct node *node, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, BATCH_LAST_OWN);
    stmt_bind_i64(s, 1, node->own_origin);
    *ret = stmt_row(s) ? stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

/* The highest own number that may be known elsewhere. */
static enum err known_elsewhere(struct node *node, int64_t *ret)
{
    struct told told;
    int64_t signed_to = 0;
    int64_t reissued = 0;
    enum err e = custody_told(node, &told);
    if (!e) {
        e = last_own_batch(node, &signed_to);
    }
    if (!e) { /* ops of an earlier incarnation may have been sent under their old numbers */
        e = self_i64(node, "reissued_seq", 0, &reissued);
    }
    if (!e) {
        int64_t known = told.handed > signed_to ? told.handed : signed_to;
        *ret = known > reissued ? known : reissued;
    }
    return e;
}

static enum err issued_before(struct node *node, int64_t op, bool *ret)
{
    struct stmt *s = db_stmt(node->db, UNDO_ENVELOPE);
    stmt_bind_i64(s, 1, op);
    *ret = stmt_row(s);
    return stmt_end(s);
}

static enum err own_seq(struct node *node, int64_t *ret_base, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, node->own_origin);
    if (stmt_row(s)) {
        *ret_base = stmt_i64(s, 2);
        *ret = stmt_i64(s, 3);
    }
    return stmt_end(s);
}

static enum err read_slot(struct node *node, int64_t seq, struct arena *arena, struct logged *ret,
                          bool *ret_found)
{
    int64_t row = 0;
    struct stmt *s = db_stmt(node->db, OP_IN_SLOT);
    stmt_bind_i64(s, 1, node->own_origin);
    stmt_bind_i64(s, 2, seq);
    row = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    *ret_found = row != 0;
    return e || row == 0 ? e : log_read(node, row, arena, ret);
}

/* May this op go? Only an own save of the person, never handed out under any number. */
static enum err may_go(struct node *node, const struct logged *logged, struct id person, bool *ret)
{
    bool issued = false;
    enum err e = issued_before(node, logged->row, &issued);
    *ret = !issued && logged->way == WAY_OWN && logged->op.known_format &&
           logged->receipt_ms == STAMP_NO_RECEIPT && id_equal(logged->op.person, person) &&
           logged->op.type.data[0] != '_';
    return e;
}

/* The newest own save, whole. Nothing found: count 0. */
static enum err find_last(struct node *node, struct id person, struct arena *arena,
                          struct undone *ret)
{
    int64_t known = 0;
    int64_t base = 0;
    int64_t seq = 0;
    bool good = true;
    ret->count = 0;
    enum err e = known_elsewhere(node, &known);
    if (!e) {
        e = own_seq(node, &base, &seq);
    }
    known = known > base ? known : base;
    for (size_t i = 0; !e && good && i < OP_TX_MAX && seq > known; i++, seq--) {
        struct logged *logged = &ret->ops[i];
        e = read_slot(node, seq, arena, logged, &good);
        if (e || !good || (i > 0 && logged->op.tx != ret->ops[0].op.tx)) {
            break;
        }
        e = may_go(node, logged, person, &good);
        ret->count += !e && good;
        if (logged->op.tx == 0) {
            break;
        }
    }
    if (!e && ret->count > 0 && ret->ops[0].op.tx != 0 &&
        (int64_t)ret->count != ret->ops[0].op.tx_count) {
        ret->count = 0; /* a part of it is known elsewhere */
    }
    return e;
}

/* ---- taking one back */

struct remaining {
    struct logged *ops; /* of the entity, without the undone one */
    size_t count;
};

static enum err read_remaining(struct node *node, int64_t entity, struct arena *arena,
                               struct remaining *ret)
{
    size_t capacity = 8;
    struct logged *ops = arena_array(arena, capacity, sizeof *ops);
    size_t count = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, entity);
    while (!e && ops && stmt_row(s)) {
        if (count == capacity) {
            struct logged *more = arena_array(arena, 2 * capacity, sizeof *more);
            if (more) {
                memcpy(more, ops, count * sizeof *more);
            }
            ops = more;
            capacity *= 2;
        }
        if (ops) {
            e = log_read(node, stmt_i64(s, 0), arena, &ops[count++]);
        }
    }
    enum err end = stmt_end(s);
    e = e ? e : end ? end : ops ? OK : ERR_NOMEM;
    if (!e) {
        *ret = (struct remaining){ops, count};
    }
    return e;
}

static bool names_pred(const struct op *op, struct span reg, uint64_t uid8)
{
    for (size_t i = 0; i < op->register_count; i++) {
        const struct op_register *one = &op->registers[i];
        for (size_t k = 0; span_equal(one->name, reg) && k < one->pred_count; k++) {
            if (one->preds[k] == uid8) {
                return true;
            }
        }
    }
    return false;
}

static bool writes(const struct op *op, struct span reg)
{
    for (size_t i = 0; i < op->register_count; i++) {
        if (span_equal(op->registers[i].name, reg)) {
            return true;
        }
    }
    return false;
}

/* What the undone op superseded lives again, unless another op supersedes it too. */
static enum err revive(struct node *node, int64_t entity, const struct remaining *rest,
                       const struct op_register *reg, uint64_t uid8)
{
    int64_t symbol = 0;
    for (size_t i = 0; i < rest->count; i++) {
        if (names_pred(&rest->ops[i].op, reg->name, uid8)) {
            return OK;
        }
    }
    enum err e = symbol_id(node, reg->name, &symbol);
    if (!e) {
        struct stmt *s = db_stmt(node->db, UNDO_DEAD);
        stmt_bind_i64(s, 1, entity);
        stmt_bind_i64(s, 2, symbol);
        stmt_bind_u64(s, 3, uid8);
        e = stmt_run(s);
    }
    for (size_t i = 0; !e && i < rest->count; i++) {
        const struct op *op = &rest->ops[i].op;
        if (id_prefix8(op->uid) == uid8 && writes(op, reg->name)) {
            struct stmt *s = db_stmt(node->db, LIVE_ADD);
            stmt_bind_i64(s, 1, entity);
            stmt_bind_i64(s, 2, symbol);
            stmt_bind_u64(s, 3, uid8);
            stmt_bind_i64(s, 4, rest->ops[i].row);
            e = stmt_run(s);
        }
    }
    return e;
}

static enum err run_for(struct node *node, enum node_stmt which, int64_t first, int64_t second)
{
    struct stmt *s = db_stmt(node->db, which);
    stmt_bind_i64(s, 1, first);
    if (second != 0) {
        stmt_bind_i64(s, 2, second);
    }
    return stmt_run(s);
}

/* Of ops that disagree on the type, the smallest uid says. */
static enum err settle_type(struct node *node, int64_t entity, const struct remaining *rest)
{
    const struct op *least = &rest->ops[0].op;
    int64_t symbol = 0;
    for (size_t i = 1; i < rest->count; i++) {
        const struct op *op = &rest->ops[i].op;
        if ((int64_t)id_prefix8(op->uid) < (int64_t)id_prefix8(least->uid)) {
            least = op;
        }
    }
    enum err e = symbol_id(node, least->type, &symbol);
    if (!e) {
        struct stmt *s = db_stmt(node->db, ENTITY_SET_TYPE);
        stmt_bind_i64(s, 1, entity);
        stmt_bind_i64(s, 2, symbol);
        stmt_bind_i64(s, 3, (int64_t)id_prefix8(least->uid));
        e = stmt_run(s);
    }
    return e;
}

static enum err forget_entity(struct node *node, int64_t entity)
{
    enum err e = run_for(node, UNDO_MEMBER, entity, 0);
    return e ? e : run_for(node, UNDO_ENTITY, entity, 0);
}

static enum err take_back(struct node *node, int64_t entity, const struct logged *logged,
                          struct arena *arena)
{
    struct remaining rest = {0};
    bool scope = false;
    bool alias = false;
    enum err e = run_for(node, UNDO_LIVE, entity, logged->row);
    if (!e) {
        e = blob_forget_op(node, logged->row);
    }
    if (!e) {
        e = run_for(node, UNDO_OP, logged->row, 0);
    }
    if (!e) {
        e = run_for(node, FLAG_FORGET, logged->row, 0);
    }
    if (!e) {
        e = read_remaining(node, entity, arena, &rest);
    }
    for (size_t i = 0; !e && i < logged->op.register_count; i++) {
        const struct op_register *reg = &logged->op.registers[i];
        scope = scope || span_is(reg->name, REGISTER_SCOPE);
        alias = alias || span_is(reg->name, REGISTER_ALIAS);
        for (size_t k = 0; !e && k < reg->pred_count; k++) {
            e = revive(node, entity, &rest, reg, reg->preds[k]);
        }
    }
    if (!e && scope) {
        e = member_refresh(node, entity);
    }
    if (!e && alias) {
        e = alias_refresh(node, entity);
    }
    if (!e && rest.count > 0) {
        e = settle_type(node, entity, &rest);
    }
    return e;
}

/* ---- the chain */

static enum err step_back(struct node *node, int64_t seq)
{
    struct link link = {{0}};
    bool found = false;
    enum err e = log_link_at(node, node->own_origin, seq, &found, &link);
    if (!e && !found) {
        e = ERR_DB_CORRUPT;
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, ORIGIN_ADVANCE);
        stmt_bind_i64(s, 1, node->own_origin);
        stmt_bind_i64(s, 2, seq);
        stmt_bind_blob(s, 3, link.bytes, LINK_SIZE);
        e = stmt_run(s);
    }
    node->wrote_own = true; /* the anchor goes back, too */
    return e;
}

static enum err settle_entity(struct node *node, int64_t entity, struct arena *arena)
{
    struct remaining rest = {0};
    enum err e = read_remaining(node, entity, arena, &rest);
    if (!e) {
        e = run_for(node, DIRTY_DONE, entity, 0);
    }
    if (!e) { /* without live registers the record goes */
        e = project_entity(node, entity);
    }
    if (!e && rest.count == 0) {
        e = forget_entity(node, entity);
    }
    return e;
}

static enum err undo_now(struct node *node, struct id person, struct arena *arena,
                         struct id *ret_entity, struct diag *diag)
{
    struct entity_row entity;
    struct undone *undone = arena_alloc(arena, sizeof *undone);
    enum err e = undone ? OK : ERR_NOMEM;
    if (!e && node->identity.role >= ROLE_HUB) {
        return diag_set(diag, ERR_NOTHING_TO_UNDO, NULL); /* readers have it with the commit */
    }
    if (!e) {
        e = find_last(node, person, arena, undone);
    }
    if (!e && undone->count == 0) {
        return diag_set(diag, ERR_NOTHING_TO_UNDO, NULL);
    }
    if (!e) {
        e = entity_find(node, undone->ops[0].op.entity, &entity);
    }
    for (size_t i = 0; !e && i < undone->count; i++) {
        e = take_back(node, entity.id, &undone->ops[i], arena);
    }
    if (!e) {
        e = step_back(node, undone->ops[undone->count - 1].seq - 1);
    }
    if (!e) {
        e = settle_entity(node, entity.id, arena);
    }
    if (!e) {
        *ret_entity = entity.name;
    }
    return e;
}

enum err node_undo(struct node *node, struct id person, struct id *ret_entity, struct diag *diag)
{
    struct arena arena;
    arena_init(&arena, &node->host->mem, UNDO_MEMORY_MAX);
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, undo_now(node, person, &arena, ret_entity, diag));
    }
    if (!e) {
        e = blob_sweep(node);
    }
    arena_release(&arena);
    return node_failed(node, e, diag);
}
