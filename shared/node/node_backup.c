/*
 * node_backup.c - a copy of the database while it is used; at the region it makes ops `stable`.
 *
 * Stable means: in the region's backup, never merely in the region. What is claimed is what the
 * region held when the copy began, so the copy holds at least that.
 */
#include <string.h>

#include "node_internal.h"

struct claim {
    int64_t origin, seq;
    struct link link;
};

struct claims {
    struct claim *list;
    size_t count, capacity;
};

static enum err list_heads(struct node *node, struct arena *arena, struct claims *claims)
{
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, ORIGIN_HEADS);
    while (!e && stmt_row(s)) {
        if (claims->count == claims->capacity) {
            size_t wanted = claims->capacity ? claims->capacity * 2 : 64;
            struct claim *list = arena_array(arena, wanted, sizeof *list);
            if (!list) {
                e = ERR_NOMEM;
                break;
            }
            if (claims->count) {
                memcpy(list, claims->list, claims->count * sizeof *list);
            }
            claims->list = list;
            claims->capacity = wanted;
        }
        struct claim *claim = &claims->list[claims->count];
        claim->origin = stmt_i64(s, 0);
        claim->seq = stmt_i64(s, 1);
        claims->count += stmt_blob(s, 2, claim->link.bytes, LINK_SIZE) ? 1 : 0;
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

static enum err write_stable(struct node *node, const struct claims *claims)
{
    int64_t backup = 0;
    enum err e = self_i64(node, "backup", 0, &backup);
    if (!e) {
        e = self_set_i64(node, "backup", ++backup);
    }
    for (size_t i = 0; !e && i < claims->count; i++) {
        struct stmt *s = db_stmt(node->db, STABLE_SET);
        stmt_bind_i64(s, 1, claims->list[i].origin);
        stmt_bind_i64(s, 2, claims->list[i].seq);
        stmt_bind_blob(s, 3, claims->list[i].link.bytes, LINK_SIZE);
        stmt_bind_i64(s, 4, backup);
        e = stmt_run(s);
    }
    return e;
}

enum err node_backup(struct node *node, const char *path, struct diag *diag)
{
    struct arena arena;
    struct claims claims = {0};
    bool region = node->identity.role == ROLE_REGION;
    arena_init(&arena, &node->host->mem, 64u * 1024 * 1024);
    enum err e = region ? list_heads(node, &arena, &claims) : OK;
    if (!e) {
        e = db_backup(node->db, path, NULL, NULL, diag);
    }
    if (!e && claims.count > 0) {
        e = node_begin(node);
        if (!e) {
            e = node_end(node, write_stable(node, &claims));
        }
    }
    arena_release(&arena);
    /* What the copy failed on is known better where it is made. */
    return e && diag && diag->code ? e : node_failed(node, e, diag);
}
