/*
 * audit_chain.c - chains of origins, signatures of batches, rolling hashes of feeds, membership.
 */
#include <string.h>

#include "audit_internal.h"
#include "node_feed.h"
#include "node_log.h"
#include "node_member.h"

#define AUDIT_MANY 1000

/* ---- batches: prev -> ops -> link, under the author's signature */

struct audited_batch {
    int64_t origin;
    struct batch batch;
    bool has_owner, has_link;
};

static enum err read_batch(struct audit *audit, int64_t row, struct audited_batch *ret)
{
    struct audited_batch a = {0};
    struct stmt *s = db_stmt(audit->node->db, AUDIT_BATCH);
    stmt_bind_i64(s, 1, row);
    if (stmt_row(s)) {
        a.origin = stmt_i64(s, 0);
        a.batch.from = stmt_i64(s, 1);
        a.batch.count = stmt_i64(s, 2);
        a.has_link = stmt_blob(s, 3, a.batch.prev.bytes, LINK_SIZE) &&
                     stmt_blob(s, 4, a.batch.link.bytes, LINK_SIZE) &&
                     stmt_blob(s, 5, a.batch.signature.bytes, SIGNATURE_SIZE) &&
                     stmt_blob(s, 6, a.batch.origin.bytes, ID_SIZE);
        a.has_owner = stmt_blob(s, 7, a.batch.node.bytes, ID_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = a;
    }
    return e;
}

/* The op in a slot, under its first envelope or a later one; 0 when it isn't in the log. */
static enum err op_in_slot(struct audit *audit, int64_t origin, int64_t seq, int64_t *ret)
{
    static const enum node_stmt places[] = {OP_IN_SLOT, ENVELOPE_IN_SLOT};
    int64_t row = 0;
    enum err e = OK;
    for (size_t i = 0; !e && row == 0 && i < 2; i++) {
        struct stmt *s = db_stmt(audit->node->db, places[i]);
        stmt_bind_i64(s, 1, origin);
        stmt_bind_i64(s, 2, seq);
        row = stmt_row(s) ? stmt_i64(s, 0) : 0;
        e = stmt_end(s);
    }
    if (!e) {
        *ret = row;
    }
    return e;
}

static enum err check_batch(struct audit *audit, int64_t row)
{
    struct audited_batch a;
    const struct org *org = NULL;
    bool whole = true;
    enum err e = read_batch(audit, row, &a);
    struct link link = a.batch.prev;
    for (int64_t i = 0; !e && whole && i < a.batch.count; i++) {
        int64_t op = 0;
        struct logged logged;
        arena_reset(&audit->scratch);
        e = op_in_slot(audit, a.origin, a.batch.from + i, &op);
        whole = op != 0;
        if (!e && whole) {
            e = log_read(audit->node, op, &audit->scratch, &logged);
            link = e ? link : link_next(link, &logged.op.hash);
        }
    }
    audit->report->batches++;
    if (e || !whole) { /* Holds an op that went to quarantine: its chain can't be recomputed. */
        return e;
    }
    if (!a.has_link || !link_equal(link, a.batch.link)) {
        audit_found(audit, "the chain of a batch is broken: batch", row, 0);
        return OK;
    }
    e = node_org(audit->node, &org);
    const struct org_node *author = e || !a.has_owner ? NULL : org_node(org, a.batch.node);
    if (!e && author && !batch_verify(&a.batch, &author->key)) {
        audit_found(audit, "the signature of a batch is wrong: batch", row, 0);
    }
    return e;
}

/* ---- the own chain of a device, which has no batches of its own */

static enum err check_own_chain(struct audit *audit)
{
    struct node *node = audit->node;
    struct link link = link_first(node->own_origin_name);
    int64_t seq = 0;
    int64_t last = 0;
    int64_t rows[AUDIT_MANY];
    size_t count = 0;
    enum err e = OK;
    do {
        count = 0;
        struct stmt *s = db_stmt(node->db, AUDIT_ORIGIN_OPS);
        stmt_bind_i64(s, 1, node->own_origin);
        stmt_bind_i64(s, 2, last);
        while (count < AUDIT_MANY && stmt_row(s)) {
            last = stmt_i64(s, 1);
            rows[count++] = stmt_i64(s, 0);
            seq++;
            if (last != seq) {
                audit_found(audit, "the own chain has a gap at", seq, last);
                seq = last;
            }
        }
        e = stmt_end(s);
        for (size_t i = 0; !e && i < count; i++) {
            struct logged logged;
            arena_reset(&audit->scratch);
            e = log_read(node, rows[i], &audit->scratch, &logged);
            link = e ? link : link_next(link, &logged.op.hash);
        }
    } while (!e && count == AUDIT_MANY);
    if (e || seq == 0) {
        return e;
    }
    struct link stored;
    bool found = false;
    e = log_link_at(node, node->own_origin, seq, &found, &stored);
    if (!e && (!found || !link_equal(stored, link))) {
        audit_found(audit, "the own chain doesn't end where the origin says", seq, 0);
    }
    return e;
}

enum err audit_chains(struct audit *audit)
{
    int64_t rows[AUDIT_MANY];
    int64_t after = 0;
    size_t count = 0;
    enum err e = check_own_chain(audit);
    do {
        if (!e) {
            e = audit_rows(audit, AUDIT_BATCHES, after, rows, AUDIT_MANY, &count);
        }
        for (size_t i = 0; !e && i < count; i++) {
            e = check_batch(audit, rows[i]);
            after = rows[i];
        }
    } while (!e && count == AUDIT_MANY);
    return e;
}

/* ---- feeds */

static enum err mark_of(struct audit *audit, enum feed_what what, int64_t ref, uint64_t *ret)
{
    bool op = what == FEED_OP || what == FEED_LOW;
    struct id name = {{0}};
    struct stmt *s = db_stmt(audit->node->db, op ? OP_FOR_ROW : ENTITY_BY_ID);
    stmt_bind_i64(s, 1, ref);
    if (stmt_row(s)) {
        (void)stmt_blob(s, op ? 6 : 0, name.bytes, ID_SIZE);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = id_prefix8(name);
    }
    return e;
}

struct audited_row {
    int64_t n, ref;
    enum feed_what what;
    uint64_t hash;
};

static enum err check_feed(struct audit *audit, int64_t feed)
{
    struct audited_row rows[256];
    uint64_t hash = 0;
    int64_t after = 0;
    size_t count = 0;
    enum err e = OK;
    do {
        count = 0;
        struct stmt *s = db_stmt(audit->node->db, AUDIT_FEED_ROWS);
        stmt_bind_i64(s, 1, feed);
        stmt_bind_i64(s, 2, after);
        while (count < 256 && stmt_row(s)) {
            rows[count++] = (struct audited_row){stmt_i64(s, 0), stmt_i64(s, 2),
                                                 (enum feed_what)stmt_i64(s, 1), stmt_u64(s, 3)};
        }
        e = stmt_end(s);
        for (size_t i = 0; !e && i < count; i++) {
            struct feed_event event = {.what = rows[i].what, .ref = rows[i].ref};
            e = mark_of(audit, rows[i].what, rows[i].ref, &event.mark);
            hash = feed_roll(hash, rows[i].n, &event);
            if (!e && hash != rows[i].hash) {
                audit_found(audit, "the rolling hash of a feed is wrong: feed, n", feed, rows[i].n);
                return OK;
            }
            after = rows[i].n;
            audit->report->feed_rows++;
        }
    } while (!e && count == 256);
    return e;
}

enum err audit_feeds(struct audit *audit)
{
    int64_t feeds[AUDIT_MANY];
    int64_t after = 0;
    size_t count = 0;
    enum err e = OK;
    do {
        e = audit_rows(audit, AUDIT_FEEDS, after, feeds, AUDIT_MANY, &count);
        for (size_t i = 0; !e && i < count; i++) {
            e = check_feed(audit, feeds[i]);
            after = feeds[i];
        }
    } while (!e && count == AUDIT_MANY);
    return e;
}

/* ---- membership: what `_scope` says now */

static enum err check_member(struct audit *audit, int64_t root)
{
    struct members stored;
    struct members again;
    enum err e = members_of(audit->node, root, &stored);
    if (!e) {
        e = member_refresh(audit->node, root);
    }
    if (!e) {
        e = members_of(audit->node, root, &again);
    }
    if (!e && (stored.count != again.count ||
               memcmp(stored.scopes, again.scopes, stored.count * sizeof stored.scopes[0]) != 0)) {
        audit_found(audit, "a root isn't where its register says (mended): entity", root, 0);
    }
    return e;
}

enum err audit_members(struct audit *audit)
{
    int64_t roots[AUDIT_MANY];
    int64_t after = 0;
    size_t count = 0;
    enum err e = OK;
    do {
        e = audit_rows(audit, AUDIT_ROOTS, after, roots, AUDIT_MANY, &count);
        for (size_t i = 0; !e && i < count; i++) {
            arena_reset(&audit->scratch);
            e = check_member(audit, roots[i]);
            after = roots[i];
        }
    } while (!e && count == AUDIT_MANY);
    return e;
}
