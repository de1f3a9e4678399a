/*
 * serve_caller.c - who has called, kept in memory between writes.
 *
 * A sync with nothing new writes nothing, so last-seen times and clock offsets wait here until
 * the server flushes them (once a minute) or a caller is new.
 */
#include <string.h>

#include "redact.h"
#include "serve_internal.h"

static enum err write_seen(struct node *node, const struct caller_seen *seen)
{
    struct stmt *s = db_stmt(node->db, CALLER_SEEN);
    stmt_bind_blob(s, 1, seen->node.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, seen->seen_ms);
    stmt_bind_i64(s, 3, seen->offset_ms);
    return stmt_run(s);
}

enum err serve_flush(struct node *node)
{
    enum err scoured = node_scour(node);
    (void)scoured; /* somebody reads: the next flush tries again */
    node_anchor_feeds(node);
    if (node->seen_count == 0) {
        return OK;
    }
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    for (size_t i = 0; !e && i < node->seen_count; i++) {
        e = write_seen(node, &node->seen[i]);
    }
    e = node_end(node, e);
    if (!e) {
        node->seen_count = 0;
    }
    return e;
}

/* A caller has a row from its first ratchet on, but no time until one was written. */
static enum err was_seen(struct node *node, struct id caller, bool *ret)
{
    struct stmt *s = db_stmt(node->db, CALLER_GET);
    stmt_bind_blob(s, 1, caller.bytes, ID_SIZE);
    *ret = stmt_row(s) && !stmt_is_null(s, 4);
    return stmt_end(s);
}

/* ---- the proof that a node called: a hub hands it to the region, which serves the hub then what
   that node is granted (no hub reads another's province on its word) */

static void put_u64(uint64_t value, uint8_t *ret)
{
    for (size_t i = 0; i < 8; i++) {
        ret[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static uint64_t get_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

void proof_write(const struct request_proof *proof, uint8_t ret[PROOF_SIZE])
{
    put_u64(proof->epoch, ret);
    put_u64(proof->ratchet, ret + 8);
    memcpy(ret + 16, proof->packed_hash.bytes, HASH_SIZE);
    memcpy(ret + 16 + HASH_SIZE, proof->signature.bytes, SIGNATURE_SIZE);
}

void proof_read(const uint8_t bytes[PROOF_SIZE], struct id node, struct request_proof *ret)
{
    *ret = (struct request_proof){
        .node = node, .epoch = get_u64(bytes), .ratchet = get_u64(bytes + 8)};
    memcpy(ret->packed_hash.bytes, bytes + 16, HASH_SIZE);
    memcpy(ret->signature.bytes, bytes + 16 + HASH_SIZE, SIGNATURE_SIZE);
}

static enum err keep_proof(struct serve *serve)
{
    uint8_t proof[PROOF_SIZE];
    proof_write(&serve->proof, proof);
    struct stmt *s = db_stmt(serve->node->db, CALLER_PROOF);
    stmt_bind_blob(s, 1, serve->proof.node.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, proof, PROOF_SIZE);
    return stmt_run(s);
}

enum err caller_note(struct serve *serve)
{
    struct node *node = serve->node;
    struct id caller = serve->caller->id;
    struct caller_seen seen = {caller, serve->now_ms, serve->request.clock_ms - serve->now_ms};
    bool known = false;
    for (size_t i = 0; i < node->seen_count; i++) {
        if (id_equal(node->seen[i].node, caller)) {
            node->seen[i] = seen;
            return OK;
        }
    }
    enum err e = was_seen(node, caller, &known);
    if (e) {
        return e;
    }
    if (!known || node->seen_count == NODE_SEEN_MAX) {
        e = write_seen(node, &seen); /* a hub tells the region of a new visitor from this row */
        return e || known ? e : keep_proof(serve);
    }
    node->seen[node->seen_count++] = seen;
    return OK;
}

enum err serve_callers(struct node *node, struct arena *arena, struct caller_row **ret,
                       size_t *ret_count)
{
    struct caller_row *list = NULL;
    size_t count = 0;
    size_t capacity = 0;
    enum err e = serve_flush(node);
    struct stmt *s = db_stmt(node->db, CALLER_LIST);
    while (!e && stmt_row(s)) {
        if (count == capacity) {
            size_t wanted = capacity ? capacity * 2 : 32;
            struct caller_row *more = arena_array(arena, wanted, sizeof *more);
            if (!more) {
                e = ERR_NOMEM;
                break;
            }
            if (count) {
                memcpy(more, list, count * sizeof *more);
            }
            list = more;
            capacity = wanted;
        }
        struct caller_row *row = &list[count++];
        *row = (struct caller_row){.seen_ms = stmt_i64(s, 1),
                                   .has_clock_offset = !stmt_is_null(s, 2),
                                   .clock_offset_ms = stmt_i64(s, 2)};
        (void)stmt_blob(s, 0, row->node.bytes, ID_SIZE);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

enum err serve_backlog(struct node *node, int64_t *ret_batches, int64_t *ret_ops)
{
    int64_t got = 0;
    int64_t batches = 0;
    int64_t ops = 0;
    struct stmt *s = db_stmt(node->db, SERVER_FIRST);
    if (stmt_row(s)) {
        got = stmt_i64(s, 7);
    }
    enum err e = stmt_end(s);
    if (!e) {
        s = db_stmt(node->db, BATCH_BACKLOG);
        stmt_bind_i64(s, 1, got);
        if (stmt_row(s)) {
            batches = stmt_i64(s, 0);
            ops = stmt_i64(s, 1);
        }
        e = stmt_end(s);
    }
    if (!e) {
        *ret_batches = batches;
        *ret_ops = ops;
    }
    return e;
}
