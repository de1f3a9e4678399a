/*
 * node_aside.c - quarantine, and the guard of definitions.
 */
#include "node_aside.h"
#include "node_internal.h"
#include "node_redact.h"

/* ---- quarantine */

static enum err is_held(struct node *node, struct id from, struct span bytes, bool *ret)
{
    struct stmt *s = db_stmt(node->db, QUARANTINE_HAS);
    stmt_bind_blob(s, 1, from.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, bytes.data, bytes.size);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* Nobody may fill the disk of a server with what it can't believe. */
static enum err has_room(struct node *node, struct id from, struct span bytes, bool *ret)
{
    struct stmt *s = db_stmt(node->db, QUARANTINE_OF);
    stmt_bind_blob(s, 1, from.bytes, ID_SIZE);
    *ret = stmt_row(s) && stmt_i64(s, 0) < QUARANTINE_ROWS_MAX &&
           stmt_i64(s, 1) + (int64_t)bytes.size <= QUARANTINE_SIZE_MAX;
    return stmt_end(s);
}

/* Not even here may stand what a mark has taken out. */
static enum err put_clean(struct node *node, const char *why, struct id from, struct span bytes)
{
    struct buf cleaned;
    bool changed = false;
    buf_init(&cleaned, &node->host->mem, 2 * QUARANTINE_SIZE_MAX);
    enum err e = redact_clean_text(node, bytes, &cleaned, &changed);
    if (!e) {
        struct stmt *s = db_stmt(node->db, QUARANTINE_ADD);
        stmt_bind_text(s, 1, span_of(why));
        stmt_bind_blob(s, 2, from.bytes, ID_SIZE);
        stmt_bind_i64(s, 3, node->host->now_ms(node->host->ctx));
        stmt_bind_blob(s, 4, cleaned.data, cleaned.size);
        e = stmt_run(s);
    }
    buf_release(&cleaned);
    return e;
}

enum err log_quarantine(struct node *node, const char *why, struct id from, struct span bytes,
                        bool *ret_kept)
{
    bool held = false;
    bool room = false;
    enum err e = is_held(node, from, bytes, &held);
    if (!e && !held) {
        e = has_room(node, from, bytes, &room);
    }
    if (!e && ret_kept) {
        *ret_kept = held || room;
    }
    return e || !room ? e : put_clean(node, why, from, bytes);
}

/* ---- definitions */

enum err is_org_entity(struct node *node, const struct entity_row *entity, bool *ret)
{
    const char *type = "";
    enum err e = entity->id ? symbol_text(node, entity->type, &type) : OK;
    *ret = !e && type[0] == '_';
    return e;
}

/* What pretended to be about a definition goes; a record that was shown of it, too. */
static enum err put_aside(struct node *node, int64_t entity)
{
    static const enum node_stmt undo[] = {ENTITY_RECLAIM, ENTITY_LIVE_CLEAR, ENTITY_DEAD_CLEAR,
                                          MEMBER_CLEAR, OPS_ASIDE};
    struct stmt *s = db_stmt(node->db, QUARANTINE_OPS_OF);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_blob(s, 2, node->identity.id.bytes, ID_SIZE);
    stmt_bind_i64(s, 3, node->host->now_ms(node->host->ctx));
    enum err e = stmt_run(s);
    for (size_t i = 0; !e && i < sizeof undo / sizeof undo[0]; i++) {
        s = db_stmt(node->db, undo[i]);
        stmt_bind_i64(s, 1, entity);
        e = stmt_run(s);
    }
    return e ? e : log_mark_dirty(node, entity);
}

enum err guard_definitions(struct node *node, const struct arriving *in,
                           const struct op_effect *effect, struct entity_row *entity,
                           bool *ret_refused)
{
    bool org = false;
    *ret_refused = false;
    enum err e = is_org_entity(node, entity, &org);
    if (e || entity->id == 0 || org == effect->org) {
        return e;
    }
    if (org) {
        *ret_refused = true;
        return log_quarantine(node, "org_entity", in->from, in->op->body, NULL);
    }
    e = put_aside(node, entity->id);
    return e ? e : entity_get(node, entity->id, entity);
}
