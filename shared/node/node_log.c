/*
 * node_log.c - the log: ops in, registers that follow.
 *
 * apply is order-free and idempotent: live(entity, register) = ops writing it minus ops named
 * as predecessor in it by any op. What is superseded stays known (table dead), so that a late
 * copy is dead on arrival.
 */
#include <string.h>

#include "blob_internal.h"
#include "forget_internal.h"
#include "hash.h"
#include "json.h"
#include "node_alias.h"
#include "node_aside.h"
#include "node_gone.h"
#include "node_internal.h"
#include "node_log.h"
#include "node_member.h"
#include "node_mixed.h"
#include "node_offer.h"
#include "node_redact.h"

#define LOG_BODY_ARENA (8u * 1024 * 1024)

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

enum err log_mark_dirty(struct node *node, int64_t entity)
{
    struct stmt *s = db_stmt(node->db, DIRTY_ADD);
    stmt_bind_i64(s, 1, entity);
    return stmt_run(s);
}

enum err log_flag(struct node *node, int64_t op, const char *why)
{
    struct stmt *s = db_stmt(node->db, FLAG_ADD);
    stmt_bind_i64(s, 1, op);
    stmt_bind_text(s, 2, span_of(why));
    stmt_bind_i64(s, 3, node->host->now_ms(node->host->ctx));
    return stmt_run(s);
}

/* ---- reading back */

enum err log_live(struct node *node, int64_t entity, int64_t reg, struct arena *arena,
                  struct live_op **ret, size_t *ret_count)
{
    size_t count = 0;
    size_t capacity = 4;
    struct live_op *list = arena_array(arena, capacity, sizeof *list);
    struct stmt *s = db_stmt(node->db, LIVE_OF);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, reg);
    while (list && stmt_row(s)) {
        if (count == capacity) {
            struct live_op *more = arena_array(arena, capacity * 2, sizeof *more);
            if (more) {
                memcpy(more, list, count * sizeof *list);
            }
            list = more;
            capacity *= 2;
        }
        if (list) {
            list[count++] = (struct live_op){stmt_i64(s, 0), stmt_u64(s, 1)};
        }
    }
    enum err e = stmt_end(s);
    if (!e && !list) {
        e = ERR_NOMEM;
    }
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

enum err log_read(struct node *node, int64_t row, struct arena *arena, struct logged *ret)
{
    struct logged logged = {.row = row, .receipt_ms = STAMP_NO_RECEIPT};
    struct span body = {0};
    struct stmt *s = db_stmt(node->db, OP_GET);
    stmt_bind_i64(s, 1, row);
    enum err e = OK;
    if (stmt_row(s)) {
        e = arena_copy(arena, stmt_span(s, 0), &body);
        logged.origin = stmt_i64(s, 1);
        logged.seq = stmt_i64(s, 2);
        if (!stmt_is_null(s, 3)) {
            logged.receipt_ms = stmt_i64(s, 3);
        }
        logged.flags = stmt_i64(s, 4);
        logged.way = (enum way)stmt_i64(s, 5);
        logged.has_org_signature = stmt_blob(s, 6, logged.org_signature.bytes, SIGNATURE_SIZE);
        logged.entity = stmt_i64(s, 7);
    } else {
        e = ERR_INTERNAL;
    }
    enum err end = stmt_end(s);
    e = end ? end : e;
    logged.gone = (logged.flags & OP_FLAG_GONE) != 0;
    logged.let_go = !logged.gone && body.size == HASH_SIZE; /* no body is as short */
    if (!e && logged.gone) {
        e = gone_read(node, row, body, arena, &logged.op);
    } else if (!e && logged.let_go) {
        memcpy(logged.op.hash.bytes, body.data, HASH_SIZE);
        memcpy(logged.op.uid.bytes, body.data, ID_SIZE);
    } else if (!e) {
        e = op_read(body, arena, &logged.op, NULL);
    }
    if (!e) {
        logged.effective_ms = stamp_effective(logged.op.stamp.time_ms, logged.receipt_ms);
        *ret = logged;
    }
    return e;
}

/* ---- registers */

static enum err kill_pred(struct node *node, int64_t entity, int64_t reg, uint64_t uid8,
                          bool *ret_new)
{
    struct stmt *s = db_stmt(node->db, LIVE_DELETE);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, reg);
    stmt_bind_u64(s, 3, uid8);
    enum err e = stmt_run(s);
    if (e) {
        return e;
    }
    s = db_stmt(node->db, DEAD_ADD);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, reg);
    stmt_bind_u64(s, 3, uid8);
    e = stmt_run(s);
    if (!e && db_changed(node->db) > 0) {
        *ret_new = true;
    }
    return e;
}

static enum err add_live(struct node *node, int64_t entity, int64_t reg, uint64_t uid8,
                         int64_t op_row)
{
    struct stmt *s = db_stmt(node->db, LIVE_ADD);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, reg);
    stmt_bind_u64(s, 3, uid8);
    stmt_bind_i64(s, 4, op_row);
    return stmt_run(s);
}

static enum err is_dead(struct node *node, int64_t entity, int64_t reg, uint64_t uid8, bool *ret)
{
    struct stmt *s = db_stmt(node->db, DEAD_HAS);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, reg);
    stmt_bind_u64(s, 3, uid8);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* Most ops are about entities in which nothing is dead yet: one look saves one for each register.
 */
static enum err has_dead(struct node *node, int64_t entity, bool *ret)
{
    struct stmt *s = db_stmt(node->db, DEAD_ANY);
    stmt_bind_i64(s, 1, entity);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* What writing an op's registers met. */
struct written {
    bool late; /* some of it was superseded before it came */
    struct mixed mixed;
};

/* `compartment` 0: nobody is told. */
static enum err write_registers(struct node *node, int64_t entity, const struct op *op,
                                int64_t op_row, int64_t compartment, struct written *ret)
{
    uint64_t uid8 = id_prefix8(op->uid);
    bool any = false;
    bool maybe_dead = false;
    enum err e = has_dead(node, entity, &maybe_dead);
    for (size_t i = 0; !e && i < op->register_count; i++) {
        const struct op_register *reg = &op->registers[i];
        int64_t symbol = 0;
        bool dead = false;
        e = symbol_id(node, reg->name, &symbol);
        if (!e && compartment && (reg->pred_count > 0 || maybe_dead)) {
            e = mixed_note(node, entity, symbol, compartment, &ret->mixed);
        }
        for (size_t k = 0; !e && k < reg->pred_count; k++) {
            e = kill_pred(node, entity, symbol, reg->preds[k], &any);
        }
        if (!e && maybe_dead) {
            e = is_dead(node, entity, symbol, uid8, &dead);
        }
        if (!e && !dead) {
            e = add_live(node, entity, symbol, uid8, op_row);
        }
        ret->late = ret->late || dead;
    }
    return e;
}

/* ---- an op that is held already */

static enum err merge_envelope(struct node *node, int64_t row, bool has_one,
                               const struct envelope_of_op *envelope)
{
    if (!envelope->present) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, OP_IN_SLOT);
    stmt_bind_i64(s, 1, envelope->origin);
    stmt_bind_i64(s, 2, envelope->seq);
    bool taken = stmt_row(s);
    bool same = taken && stmt_i64(s, 0) == row;
    bool bare = taken && stmt_is_null(s, 2);
    enum err e = stmt_end(s);
    if (e || (same && !(bare && envelope->has_link))) {
        return e;
    }
    if (same) {
        s = db_stmt(node->db, OP_SET_LINK);
        stmt_bind_i64(s, 1, row);
        stmt_bind_blob(s, 2, envelope->link.bytes, LINK_SIZE);
        return stmt_run(s);
    }
    if (taken || has_one) {
        s = db_stmt(node->db, ENVELOPE_ADD);
        stmt_bind_i64(s, 1, envelope->origin);
        stmt_bind_i64(s, 2, envelope->seq);
        stmt_bind_i64(s, 3, row);
    } else {
        s = db_stmt(node->db, OP_SET_ENVELOPE);
        stmt_bind_i64(s, 1, row);
        stmt_bind_i64(s, 2, envelope->origin);
        stmt_bind_i64(s, 3, envelope->seq);
    }
    if (envelope->has_link) {
        stmt_bind_blob(s, 4, envelope->link.bytes, LINK_SIZE);
    } else {
        stmt_bind_null(s, 4);
    }
    return stmt_run(s);
}

/* A lowered effective time is an event of its own: it may change who is shown first. */
enum err log_lower_receipt(struct node *node, const struct held_op *held, int64_t receipt_ms)
{
    if (receipt_ms >= held->receipt_ms) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, OP_SET_RECEIPT);
    stmt_bind_i64(s, 1, held->row);
    stmt_bind_i64(s, 2, receipt_ms);
    enum err e = stmt_run(s);
    if (e || held->entity == 0 ||
        stamp_effective(held->time_ms, receipt_ms) ==
            stamp_effective(held->time_ms, held->receipt_ms)) {
        return e;
    }
    struct entity_row entity;
    struct members members;
    bool org = false;
    learnt_op(node, held->row);
    e = entity_get(node, held->entity, &entity);
    if (!e) {
        e = is_org_entity(node, &entity, &org);
    }
    if (!e && org) { /* since when somebody is revoked, for one */
        e = org_changed(node);
    }
    if (!e) {
        e = members_of(node, entity.root, &members);
    }
    if (!e) {
        struct feed_event event = {FEED_LOW, held->row, id_prefix8(held->uid)};
        e = feed_add(node, &members, held->compartment, &event);
    }
    return e ? e : log_mark_dirty(node, held->entity);
}

enum err log_find(struct node *node, struct id uid, struct held_op *ret)
{
    struct held_op held = {.uid = uid, .receipt_ms = STAMP_NO_RECEIPT};
    struct stmt *s = db_stmt(node->db, OP_BY_UID);
    stmt_bind_blob(s, 1, uid.bytes, ID_SIZE);
    if (stmt_row(s)) {
        held.row = stmt_i64(s, 0);
        held.time_ms = stmt_i64(s, 1);
        if (!stmt_is_null(s, 2)) {
            held.receipt_ms = stmt_i64(s, 2);
        }
        held.entity = stmt_i64(s, 3);
        held.compartment = stmt_i64(s, 4);
        held.has_envelope = !stmt_is_null(s, 5);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = held;
    }
    return e;
}

/* ---- a new op */

static struct op_effect effect_of(const struct op *op)
{
    struct op_effect effect = {.org = op->type.size > 0 && op->type.data[0] == '_'};
    for (size_t i = 0; i < op->register_count; i++) {
        effect.writes_scope |= span_is(op->registers[i].name, "_scope");
        effect.writes_root |= span_is(op->registers[i].name, "_root");
        effect.writes_alias |= span_is(op->registers[i].name, REGISTER_ALIAS);
    }
    return effect;
}

/* Of ops that disagree on the type, the smallest uid says: order must not matter. */
static enum err settle_type(struct node *node, const struct op *op, struct entity_row *entity)
{
    int64_t type_op = (int64_t)id_prefix8(op->uid);
    struct stmt *s = db_stmt(node->db, ENTITY_TYPE_OP);
    stmt_bind_i64(s, 1, entity->id);
    bool earlier = stmt_row(s) && type_op < stmt_i64(s, 0);
    enum err e = stmt_end(s);
    if (e || !earlier) {
        return e;
    }
    e = symbol_id(node, op->type, &entity->type);
    if (!e) {
        s = db_stmt(node->db, ENTITY_SET_TYPE);
        stmt_bind_i64(s, 1, entity->id);
        stmt_bind_i64(s, 2, entity->type);
        stmt_bind_i64(s, 3, type_op);
        e = stmt_run(s);
    }
    return e;
}

static enum err slot_taken(struct node *node, const struct envelope_of_op *envelope, bool *ret)
{
    *ret = false;
    if (!envelope->present) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, OP_IN_SLOT);
    stmt_bind_i64(s, 1, envelope->origin);
    stmt_bind_i64(s, 2, envelope->seq);
    *ret = stmt_row(s);
    return stmt_end(s);
}

enum err log_insert(struct node *node, const struct arriving *in, int64_t entity,
                    int64_t compartment, int64_t *ret_row)
{
    const struct op *op = in->op;
    bool twin = false; /* a twin in a taken slot is stored without an envelope */
    enum err e = slot_taken(node, &in->envelope, &twin);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, OP_ADD);
    stmt_bind_blob(s, 1, op->uid.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, entity);
    stmt_bind_i64(s, 3, compartment);
    if (in->envelope.present && !twin) {
        stmt_bind_i64(s, 4, in->envelope.origin);
        stmt_bind_i64(s, 5, in->envelope.seq);
    } else {
        stmt_bind_null(s, 4);
        stmt_bind_null(s, 5);
    }
    if (in->envelope.present && !twin && in->envelope.has_link) {
        stmt_bind_blob(s, 6, in->envelope.link.bytes, LINK_SIZE);
    } else {
        stmt_bind_null(s, 6);
    }
    stmt_bind_i64(s, 7, op->stamp.time_ms);
    stmt_bind_i64(s, 8, op->stamp.counter);
    if (in->receipt_ms == STAMP_NO_RECEIPT) {
        stmt_bind_null(s, 9);
    } else {
        stmt_bind_i64(s, 9, in->receipt_ms);
    }
    stmt_bind_i64(s, 10, in->way);
    stmt_bind_i64(s, 11, 0);
    if (op->tx) {
        stmt_bind_u64(s, 12, op->tx);
    } else {
        stmt_bind_null(s, 12);
    }
    if (in->has_org_signature && op->type.size > 0 && op->type.data[0] == '_') {
        stmt_bind_blob(s, 13, in->org_signature.bytes, SIGNATURE_SIZE);
    } else {
        stmt_bind_null(s, 13);
    }
    stmt_bind_blob(s, 14, op->body.data, op->body.size);
    e = stmt_run(s);
    if (!e) {
        *ret_row = db_last_id(node->db);
        learnt_op(node, in->way == WAY_OWN ? 0 : *ret_row);
    }
    return e;
}

/* An op that was kept aside and is believed now, or one that was let go of and is wanted again,
   takes its place among the others. */
static enum err bring_back(struct node *node, const struct arriving *in, int64_t row,
                           int64_t entity, int64_t compartment)
{
    struct stmt *s = db_stmt(node->db, OP_BRING_BACK);
    stmt_bind_i64(s, 1, row);
    stmt_bind_i64(s, 2, entity);
    stmt_bind_i64(s, 3, compartment);
    if (in->has_org_signature) {
        stmt_bind_blob(s, 4, in->org_signature.bytes, SIGNATURE_SIZE);
    } else {
        stmt_bind_null(s, 4);
    }
    stmt_bind_blob(s, 5, in->op->body.data, in->op->body.size);
    return stmt_run(s);
}

static enum err tell_late(struct node *node, const struct entity_row *entity, int64_t compartment)
{
    struct members members;
    struct feed_event event = {FEED_DEAD, entity->id, id_prefix8(entity->name)};
    enum err e = members_of(node, entity->root, &members);
    return e ? e : feed_add(node, &members, compartment, &event);
}

/* `entity`: as it is found, its id 0 when it isn't known yet. `aside`: the row of the op when it
   was kept aside; 0: it isn't in the log. */
static enum err apply_new(struct node *node, const struct arriving *in,
                          const struct op_effect *effect, struct entity_row entity, int64_t aside,
                          int64_t *ret_row)
{
    const struct op *op = in->op;
    struct members before;
    int64_t compartment = 0;
    int64_t row = aside;
    struct written written = {.late = false};
    enum err e = entity.id == 0
                     ? entity_add(node, op->entity, op->type, (int64_t)id_prefix8(op->uid), &entity)
                     : settle_type(node, op, &entity);
    if (!e) {
        e = members_of(node, entity.root, &before);
    }
    int64_t root_before = entity.root;
    if (!e) {
        e = symbol_id(node, op->compartment, &compartment);
    }
    if (!e) {
        e = aside ? bring_back(node, in, aside, entity.id, compartment)
                  : log_insert(node, in, entity.id, compartment, &row);
    }
    if (!e) {
        e = write_registers(node, entity.id, op, row, effect->org ? 0 : compartment, &written);
    }
    if (!e && !effect->org) {
        e = blob_note_op(node, op, row);
    }
    if (!e) {
        e = member_settle(node, &entity, op, effect);
    }
    if (!e && effect->writes_alias) {
        e = alias_refresh(node, entity.id);
    }
    if (!e) {
        struct feed_event event = {FEED_OP, row, id_prefix8(op->uid)};
        e = member_tell_feeds(node, &entity, &before, root_before, &event, compartment);
    }
    if (!e && written.late) { /* Readers may know as little as we did of who superseded it. */
        e = tell_late(node, &entity, compartment);
    }
    if (!e) {
        e = mixed_tell(node, &entity, compartment, &written.mixed);
    }
    if (!e && effect->org && span_is(op->type, REDACT_TYPE)) {
        e = redact_take_mark(node, op, row);
    } else if (!e && effect->org) {
        e = org_changed(node);
    } else if (!e) {
        e = log_mark_dirty(node, entity.id);
    }
    if (!e && node->has_org_key && in->way != WAY_OWN && !effect->org) {
        e = redact_late(node, op, row);
    }
    if (!e) {
        *ret_row = row;
    }
    return e;
}

/* An op of a format to come, or one that isn't believed: kept and relayed with its entity unknown,
   so in nobody's feed. */
static enum err keep_aside(struct node *node, const struct arriving *in, int64_t *ret_row)
{
    return log_insert(node, in, 0, 0, ret_row);
}

/*
 * A device holds a stub of a root that left: content of it that still comes is skipped, and the
 * root is marked as not whole, so that it is asked for should it come back.
 */
static enum err skip_for_stub(struct node *node, const struct arriving *in,
                              const struct op_effect *effect, int64_t root, bool *ret)
{
    struct members members;
    bool seen = true;
    *ret = false;
    if (node->identity.role >= ROLE_HUB || in->way != WAY_ABOVE || effect->writes_scope ||
        root == 0) {
        return OK;
    }
    enum err e = members_of(node, root, &members);
    if (!e && members.count > 0) {
        e = root_in_sight(node, root, &seen);
    }
    if (!e && seen) { /* It moved on elsewhere: it is wanted again, whole. */
        e = forget_recall(node, root, ret);
        if (!e && *ret) {
            e = entity_unread_anywhere(node, root);
        }
    } else if (!e) {
        e = entity_unread(node, root, in->from);
        *ret = true;
    }
    return e;
}

/* Refused ops of a batch stay in their slots: the chain, and what stands around them, goes on. */
static enum err refuse(struct node *node, const struct arriving *in, int64_t aside,
                       enum applied *ret, int64_t *ret_row)
{
    int64_t row = aside;
    enum err e = OK;
    if (aside == 0 && in->way == WAY_BELOW && in->envelope.present) {
        e = keep_aside(node, in, &row);
    }
    if (!e) {
        *ret = APPLIED_QUARANTINED;
        *ret_row = row;
    }
    return e;
}

static enum err apply_unheld(struct node *node, const struct arriving *in, int64_t aside,
                             enum applied *ret, int64_t *ret_row)
{
    struct op_effect effect = effect_of(in->op);
    struct entity_row entity;
    bool skip = false;
    bool trusted = true;
    bool refused = false;
    int64_t row = 0;
    enum err e = entity_find(node, in->op->entity, &entity);
    if (e) {
        return e;
    }
    if (effect.org) {
        e = in->has_org_signature ? org_op_trusted(node, in->op, &in->org_signature, &trusted) : OK;
        trusted = trusted && in->has_org_signature && !in->op->redacted;
        if (!e && !trusted) {
            e = log_quarantine(node, "org_signature", in->from, in->op->body, NULL);
            return e ? e : refuse(node, in, aside, ret, ret_row);
        }
    } else {
        e = skip_for_stub(node, in, &effect, entity.root, &skip);
    }
    if (!e) {
        e = guard_definitions(node, in, &effect, &entity, &refused);
    }
    if (!e && refused) {
        return refuse(node, in, aside, ret, ret_row);
    }
    if (!e && !skip) {
        e = apply_new(node, in, &effect, entity, aside, &row);
    }
    if (!e) {
        *ret = skip ? APPLIED_SKIPPED : APPLIED_NEW;
        *ret_row = row;
    }
    return e;
}

/* An op of a revoked person: its slot is taken, so that the chain goes on, and nothing else. */
static enum err bar(struct node *node, const struct arriving *in, enum applied *ret,
                    int64_t *ret_op)
{
    int64_t row = 0;
    enum err e = log_quarantine(node, "person_revoked", in->from, in->op->body, NULL);
    if (!e) {
        e = keep_aside(node, in, &row);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, OP_SET_FLAGS);
        stmt_bind_i64(s, 1, row);
        stmt_bind_i64(s, 2, OP_FLAG_ASIDE);
        e = stmt_run(s);
    }
    if (!e) {
        *ret = APPLIED_QUARANTINED;
        *ret_op = row;
    }
    return e;
}

/* Held without a place, and comes again from who may give it one: a definition that is signed now,
   an op of a revoked person that somebody accepted. */
static bool finds_its_place(const struct arriving *in)
{
    struct op_effect effect = effect_of(in->op);
    return in->op->known_format && !in->barred && (in->has_org_signature || !effect.org);
}

static enum err apply_as_it_is(struct node *node, const struct arriving *in, enum applied *ret,
                               int64_t *ret_op)
{
    struct held_op held;
    int64_t row = 0;
    enum err e = log_find(node, in->op->uid, &held);
    if (!e && held.row != 0 && !in->op->redacted && !in->gone) {
        e = redact_restore(node, in->op, &held);
    }
    if (e) {
        return e;
    }
    bool aside = held.row != 0 && held.entity == 0;
    if (held.row == 0 && in->barred) {
        return bar(node, in, ret, ret_op);
    }
    if (held.row == 0 && in->op->known_format) {
        return apply_unheld(node, in, 0, ret, ret_op);
    }
    if (held.row == 0) {
        e = in->gone ? gone_apply(node, in, &row) : keep_aside(node, in, &row);
    } else {
        e = merge_envelope(node, held.row, held.has_envelope, &in->envelope);
        if (!e) {
            e = log_lower_receipt(node, &held, min_i64(in->receipt_ms, held.receipt_ms));
        }
        if (!e && aside && finds_its_place(in)) {
            return apply_unheld(node, in, held.row, ret, ret_op);
        }
        row = held.row;
    }
    if (!e) {
        *ret = held.row == 0 ? APPLIED_NEW : APPLIED_KNOWN;
        *ret_op = row;
    }
    return e;
}

/* A mark names it: its values never reach the disk. */
static enum err apply_scrubbed(struct node *node, const struct arriving *in, enum applied *ret,
                               int64_t *ret_op)
{
    struct arriving scrubbed = *in;
    struct arena arena;
    struct buf body;
    struct op op;
    arena_init(&arena, &node->host->mem, LOG_BODY_ARENA);
    buf_init(&body, &node->host->mem, 2 * OP_BODY_MAX);
    enum err e = op_redact(in->op, &body);
    if (!e) {
        e = op_read(buf_span(&body), &arena, &op, NULL);
    }
    if (!e) {
        scrubbed.op = &op;
        e = apply_as_it_is(node, &scrubbed, ret, ret_op);
    }
    buf_release(&body);
    arena_release(&arena);
    return e;
}

enum err log_apply(struct node *node, const struct arriving *in, enum applied *ret, int64_t *ret_op)
{
    bool marked = false;
    bool may = in->op->known_format && !in->op->redacted;
    enum err e = may ? redact_marked(node, in->op->uid, &marked) : OK;
    if (e) {
        return e;
    }
    return marked ? apply_scrubbed(node, in, ret, ret_op) : apply_as_it_is(node, in, ret, ret_op);
}

enum err log_apply_dead(struct node *node, struct id name, struct span reg, const uint64_t *preds,
                        size_t count)
{
    struct entity_row entity;
    struct members before;
    int64_t symbol = 0;
    bool any = false;
    bool org = false;
    enum err e = entity_find(node, name, &entity);
    if (!e && entity.id == 0) {
        e = entity_add(node, name, (struct span){0}, INT64_MAX, &entity);
    } else if (!e) {
        e = is_org_entity(node, &entity, &org);
    }
    if (org) {
        return e; /* Of a definition only signed ops say what is superseded, never a hub's word. */
    }
    if (!e) {
        e = members_of(node, entity.root, &before);
    }
    if (!e) {
        e = symbol_id(node, reg, &symbol);
    }
    for (size_t i = 0; !e && i < count; i++) {
        e = kill_pred(node, entity.id, symbol, preds[i], &any);
    }
    if (e || !any) {
        return e;
    }
    e = learnt_dead(node, entity.id);
    if (!e && span_is(reg, "_scope") && entity.root == entity.id && entity.root != 0) {
        e = member_refresh(node, entity.id);
    }
    if (!e && span_is(reg, REGISTER_ALIAS)) {
        e = alias_refresh(node, entity.id);
    }
    if (!e) {
        e = feed_dead(node, &entity, &before);
    }
    if (!e) {
        e = member_tell_feeds(node, &entity, &before, entity.root, NULL, 0);
    }
    return e ? e : log_mark_dirty(node, entity.id);
}

enum err log_replay(struct node *node, const struct op *op, int64_t row)
{
    struct entity_row entity;
    if (!op->known_format) {
        return OK;
    }
    struct op_effect effect = effect_of(op);
    struct written ignored = {.late = false};
    enum err e = entity_find(node, op->entity, &entity);
    if (!e && entity.id == 0) {
        e = ERR_DB_CORRUPT;
    }
    if (!e) {
        e = write_registers(node, entity.id, op, row, 0, &ignored);
    }
    if (!e) {
        e = member_settle(node, &entity, op, &effect);
    }
    return e || !effect.writes_alias ? e : alias_refresh(node, entity.id);
}
