/*
 * serve_too_late.c - work of the revoked that was taken by who hadn't heard yet: by a hub, or by
 * the region itself, when the revocation is a hub's and its device called elsewhere first.
 */
#include <string.h>

#include "node_aside.h"
#include "node_set_back.h"
#include "serve_internal.h"

#define REGISTER_REVOKED "revoked"

enum err serve_note_too_late(struct serve *serve, struct id author, struct span body, int64_t row)
{
    if (serve->too_late_count == serve->too_late_capacity) {
        size_t capacity = serve->too_late_capacity ? 2 * serve->too_late_capacity : 64;
        int64_t *rows = arena_array(serve->arena, capacity, sizeof *rows);
        if (!rows) {
            return ERR_NOMEM;
        }
        if (serve->too_late_count > 0) {
            memcpy(rows, serve->too_late, serve->too_late_count * sizeof *rows);
        }
        serve->too_late = rows;
        serve->too_late_capacity = capacity;
    }
    serve->too_late[serve->too_late_count++] = row;
    return log_quarantine(serve->node, "after_revocation", author, body, NULL);
}

/* ---- a revocation that comes after what it should have kept out */

static bool revokes_a_node(const struct op *op)
{
    for (size_t i = 0; i < op->register_count; i++) {
        if (span_is(op->type, "_node") && span_is(op->registers[i].name, REGISTER_REVOKED)) {
            return true;
        }
    }
    return false;
}

static const struct org_node *node_of_definition(const struct org *org, struct id entity)
{
    for (size_t i = 0; i < org->node_count; i++) {
        char name[ID_TEXT_SIZE];
        struct id definition;
        id_write(org->nodes[i].id, name);
        org_entity_id("_node", name, &definition);
        if (id_equal(definition, entity)) {
            return &org->nodes[i];
        }
    }
    return NULL;
}

enum err serve_hear_revocation(struct serve *serve, const struct op *op)
{
    if (serve->node->identity.role != ROLE_REGION || !revokes_a_node(op)) {
        return OK;
    }
    const struct org_node *node = node_of_definition(serve->org, op->entity);
    if (!node || !node->revoked || node->role >= ROLE_HUB) {
        return OK;
    }
    enum err e = OK;
    struct stmt *s = db_stmt(serve->node->db, TOO_LATE_OF);
    stmt_bind_blob(s, 1, node->id.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, node->revoked_ms);
    while (!e && stmt_row(s)) {
        e = serve_note_too_late(serve, node->id, stmt_span(s, 1), stmt_i64(s, 0));
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

enum err serve_set_back(struct serve *serve)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < serve->too_late_count; i++) {
        e = log_set_back(serve->node, serve->too_late[i]);
    }
    return e;
}
