/*
 * node_write.c - own ops: their stamp, their place in the own chain, the batches that sign them.
 */
#include <string.h>

#include "node_clock.h"
#include "node_internal.h"
#include "node_offer.h"

/* Morocco has kept UTC+1 since 2018 (decree 2-18-855), save for Ramadan; an organisation elsewhere
   sets `zone_minutes`. Only for display: times are Unix ms. */
#define NODE_ZONE_MINUTES 60
#define NODE_OWN_BODY_MAX OP_BODY_MAX
/* An own batch of a hub or region: a long write (types, places) is cut into several. */
#define NODE_BATCH_OPS  256
#define NODE_BATCH_SIZE (WIRE_BATCH_MAX / 4)

enum err log_stamp(struct node *node, struct stamp *ret)
{
    struct stamp last = {0};
    int64_t floor_ms = 0;
    enum err e = clock_look(node); /* the wall clock may have been set since the last */
    if (!e) {
        e = self_i64(node, "stamp_ms", 0, &last.time_ms);
    }
    if (!e) {
        e = self_i64(node, "stamp_counter", 0, &last.counter);
    }
    if (!e) {
        e = self_i64(node, "hub_time_ms", 0, &floor_ms);
    }
    if (e) {
        return e;
    }
    struct stamp next = stamp_next(last, node_now_ms(node), floor_ms);
    e = self_set_i64(node, "stamp_ms", next.time_ms);
    if (!e) {
        e = self_set_i64(node, "stamp_counter", next.counter);
    }
    if (!e) {
        *ret = next;
    }
    return e;
}

struct own_head {
    int64_t seq;
    struct link link;
};

static enum err own_head(struct node *node, struct own_head *ret)
{
    struct own_head head = {0};
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, node->own_origin);
    bool found = false;
    if (stmt_row(s)) {
        head.seq = stmt_i64(s, 3);
        found = stmt_blob(s, 4, head.link.bytes, LINK_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e && !found) {
        e = ERR_DB_CORRUPT;
    }
    if (!e) {
        *ret = head;
    }
    return e;
}

static enum err advance_own(struct node *node, const struct own_head *head)
{
    struct stmt *s = db_stmt(node->db, ORIGIN_ADVANCE);
    stmt_bind_i64(s, 1, node->own_origin);
    stmt_bind_i64(s, 2, head->seq);
    stmt_bind_blob(s, 3, head->link.bytes, LINK_SIZE);
    return stmt_run(s);
}

static enum err fill_own(struct node *node, struct op *op)
{
    int64_t zone = 0;
    struct node_clock clock;
    enum err e = self_i64(node, "zone_minutes", NODE_ZONE_MINUTES, &zone);
    if (!e) {
        e = node_clock(node, &clock);
    }
    if (e) {
        return e;
    }
    node->host->random(node->host->ctx, &op->salt, sizeof op->salt);
    op->zone_minutes = zone;
    op->has_offset = clock.has_offset;
    op->offset_ms = clock.offset_ms;
    return OK;
}

static enum err apply_own(struct node *node, struct op *op, bool sign_for_org, int64_t *ret_op)
{
    struct own_head head;
    enum applied applied;
    enum err e = own_head(node, &head);
    if (e) {
        return e;
    }
    head.seq++;
    head.link = link_next(head.link, &op->hash);
    struct arriving in = {.op = op,
                          .way = WAY_OWN,
                          .receipt_ms = STAMP_NO_RECEIPT,
                          .envelope = {true, node->own_origin, head.seq, true, head.link},
                          .from = node->identity.id};
    if (sign_for_org) {
        in.has_org_signature = true;
        org_sign(&op->hash, node->has_org_key ? &node->org_key : &node->key, &in.org_signature);
    }
    e = log_apply(node, &in, &applied, ret_op);
    if (!e && applied != APPLIED_NEW) {
        e = ERR_INTERNAL; /* 8 bytes of salt: an own op can't be held already */
    }
    if (!e) {
        e = advance_own(node, &head);
    }
    if (!e) {
        node->wrote_own = true;
    }
    return e;
}

/* An op kept aside leaves the slot that it came in for one of the own chain. */
static enum err change_slot(struct node *node, int64_t row, const struct own_head *head)
{
    struct stmt *s = db_stmt(node->db, ENVELOPE_KEEP);
    stmt_bind_i64(s, 1, row);
    enum err e = stmt_run(s);
    if (!e) {
        s = db_stmt(node->db, OP_SET_ENVELOPE);
        stmt_bind_i64(s, 1, row);
        stmt_bind_i64(s, 2, node->own_origin);
        stmt_bind_i64(s, 3, head->seq);
        stmt_bind_blob(s, 4, head->link.bytes, LINK_SIZE);
        e = stmt_run(s);
    }
    return e;
}

enum err log_vouch(struct node *node, struct arriving *in, enum applied *ret, int64_t *ret_op)
{
    struct own_head head;
    struct held_op held;
    enum err e = log_find(node, in->op->uid, &held);
    if (e) {
        return e;
    }
    if (held.row != 0 && (held.entity != 0 || !in->op->known_format)) {
        *ret = APPLIED_KNOWN;
        *ret_op = held.row;
        return OK;
    }
    e = own_head(node, &head);
    if (e) {
        return e;
    }
    head.seq++;
    head.link = link_next(head.link, &in->op->hash);
    in->way = WAY_BELOW; /* not written here */
    in->envelope = (struct envelope_of_op){true, node->own_origin, head.seq, true, head.link};
    if (held.row != 0) {
        e = change_slot(node, held.row, &head);
    }
    if (!e) { /* first: applying may write own ops behind it (of values erased meanwhile) */
        e = advance_own(node, &head);
    }
    if (!e) {
        e = log_apply(node, in, ret, ret_op);
    }
    if (!e) {
        node->wrote_own = true;
    }
    return e;
}

enum err log_write(struct node *node, struct op *op, bool sign_for_org, int64_t *ret_op)
{
    struct arena arena;
    struct buf body;
    struct op read;
    arena_init(&arena, &node->host->mem, 8u * 1024 * 1024);
    buf_init(&body, &node->host->mem, NODE_OWN_BODY_MAX);
    enum err e = fill_own(node, op);
    if (!e) {
        e = op_write(op, &body);
    }
    if (!e) {
        e = op_read(buf_span(&body), &arena, &read, NULL);
    }
    if (!e) {
        e = apply_own(node, &read, sign_for_org, ret_op);
    }
    if (!e) {
        op->uid = read.uid;
        op->hash = read.hash;
    }
    buf_release(&body);
    arena_release(&arena);
    return e;
}

enum err log_adopt(struct node *node, int64_t row)
{
    struct arena arena;
    struct own_head head;
    struct logged logged;
    arena_init(&arena, &node->host->mem, 8u * 1024 * 1024);
    enum err e = log_read(node, row, &arena, &logged);
    if (!e && logged.origin == 0) {
        e = own_head(node, &head);
        if (!e) {
            head.seq++;
            head.link = link_next(head.link, &logged.op.hash);
            struct stmt *s = db_stmt(node->db, OP_SET_ENVELOPE);
            stmt_bind_i64(s, 1, row);
            stmt_bind_i64(s, 2, node->own_origin);
            stmt_bind_i64(s, 3, head.seq);
            stmt_bind_blob(s, 4, head.link.bytes, LINK_SIZE);
            e = stmt_run(s);
        }
        if (!e) {
            e = advance_own(node, &head);
        }
        node->wrote_own = true;
    }
    arena_release(&arena);
    return e;
}

enum err log_link_at(struct node *node, int64_t origin, int64_t seq, bool *ret_found,
                     struct link *ret)
{
    struct link link = {{0}};
    bool found = false;
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, origin);
    if (stmt_row(s)) {
        struct id name = {{0}};
        (void)stmt_blob(s, 0, name.bytes, ID_SIZE);
        if (stmt_i64(s, 3) == seq) {
            found = stmt_blob(s, 4, link.bytes, LINK_SIZE);
        } else if (seq == 0) {
            link = link_first(name);
            found = true;
        } else if (stmt_i64(s, 5) == seq) {
            found = stmt_blob(s, 6, link.bytes, LINK_SIZE);
        }
    }
    enum err e = stmt_end(s);
    enum node_stmt slots[] = {OP_IN_SLOT, ENVELOPE_IN_SLOT};
    for (size_t i = 0; !e && !found && i < 2; i++) {
        s = db_stmt(node->db, slots[i]);
        stmt_bind_i64(s, 1, origin);
        stmt_bind_i64(s, 2, seq);
        found = stmt_row(s) && stmt_blob(s, 2, link.bytes, LINK_SIZE);
        e = stmt_end(s);
    }
    if (!e) {
        *ret_found = found;
        *ret = link;
    }
    return e;
}

enum err log_add_batch(struct node *node, int64_t origin, const struct batch *batch, enum way way,
                       const struct receipt *receipt)
{
    struct stmt *s = db_stmt(node->db, BATCH_ADD);
    stmt_bind_i64(s, 1, origin);
    stmt_bind_i64(s, 2, batch->from);
    stmt_bind_i64(s, 3, batch->count);
    stmt_bind_blob(s, 4, batch->prev.bytes, LINK_SIZE);
    stmt_bind_blob(s, 5, batch->link.bytes, LINK_SIZE);
    stmt_bind_blob(s, 6, batch->signature.bytes, SIGNATURE_SIZE);
    stmt_bind_i64(s, 7, way);
    if (receipt) {
        stmt_bind_blob(s, 8, receipt->hub.bytes, ID_SIZE);
        stmt_bind_i64(s, 9, receipt->time_ms);
        stmt_bind_blob(s, 10, receipt->signature.bytes, SIGNATURE_SIZE);
    } else {
        stmt_bind_null(s, 8);
        stmt_bind_null(s, 9);
        stmt_bind_null(s, 10);
    }
    return stmt_run(s);
}

/* How many ops after `last` make the next batch: cut so that a relay may send it, and not within a
   save while that fits. */
static enum err next_count(struct node *node, int64_t last, int64_t *ret)
{
    int64_t count = 0;
    int64_t tx = 0;
    size_t size = 0;
    struct stmt *s = db_stmt(node->db, OWN_RANGE);
    stmt_bind_i64(s, 1, node->own_origin);
    stmt_bind_i64(s, 2, last);
    while (stmt_row(s)) {
        bool same_save = count > 0 && stmt_i64(s, 1) != 0 && stmt_i64(s, 1) == tx;
        size += stmt_span(s, 2).size;
        bool full = count >= NODE_BATCH_OPS || size > NODE_BATCH_SIZE;
        bool over = count >= WIRE_BATCH_OPS || size > WIRE_BATCH_MAX;
        if (count > 0 && ((full && !same_save) || over)) {
            break;
        }
        tx = stmt_i64(s, 1);
        count++;
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = count;
    }
    return e;
}

enum err log_close_batch(struct node *node)
{
    struct own_head head;
    int64_t last = 0;
    bool found = false;
    struct batch batch = {.origin = node->own_origin_name};
    enum err e = own_head(node, &head);
    if (!e) {
        struct stmt *s = db_stmt(node->db, BATCH_LAST_OWN);
        stmt_bind_i64(s, 1, node->own_origin);
        if (stmt_row(s)) {
            last = stmt_i64(s, 0);
        }
        e = stmt_end(s);
    }
    while (!e && last < head.seq) {
        e = next_count(node, last, &batch.count);
        batch.from = last + 1;
        last += batch.count;
        found = false;
        if (!e && batch.count > 0) {
            e = log_link_at(node, node->own_origin, batch.from - 1, &found, &batch.prev);
        }
        if (!e && found) {
            e = log_link_at(node, node->own_origin, last, &found, &batch.link);
        }
        if (!e && !found) {
            e = ERR_DB_CORRUPT;
        }
        if (!e) {
            batch_sign(&batch, &node->key);
            e = log_add_batch(node, node->own_origin, &batch, WAY_OWN, NULL);
        }
    }
    return e;
}
