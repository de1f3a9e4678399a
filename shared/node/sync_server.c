/*
 * sync_server.c - what this node remembers of a server it syncs with.
 */
#include <string.h>

#include "sync_internal.h"

#define SERVERS_MAX 64

enum err server_load(struct node *node, const struct id *name, struct server_row *ret)
{
    struct server_row row = {0};
    struct stmt *s = db_stmt(node->db, name ? SERVER_COLUMNS : SERVER_FIRST);
    enum err e = OK;
    if (name) {
        stmt_bind_blob(s, 1, name->bytes, ID_SIZE);
    }
    if (stmt_row(s)) {
        row.id = stmt_i64(s, 0);
        span_text(stmt_span(s, 1), row.url, sizeof row.url);
        span_text(stmt_span(s, 2), row.pins, sizeof row.pins);
        struct span ca = stmt_span(s, 3);
        row.ca = node->host->mem.resize(node->host->mem.ctx, NULL, ca.size + 1);
        if (row.ca) {
            span_text(ca, row.ca, ca.size + 1);
        } else {
            e = ERR_NOMEM;
        }
        row.epoch = stmt_u64(s, 4);
        row.ratchet = stmt_u64(s, 5);
        row.acked = stmt_i64(s, 6);
        row.got = stmt_i64(s, 7);
        row.stables = stmt_i64(s, 8);
        row.unsure = stmt_i64(s, 9);
        row.cursor = stmt_i64(s, 10);
        (void)stmt_blob(s, 11, row.name.bytes, ID_SIZE);
        row.offer = stmt_i64(s, 12);
        row.losses = stmt_i64(s, 13);
    } else {
        e = ERR_NOT_ENROLLED;
    }
    enum err end = stmt_end(s);
    e = end ? end : e;
    if (e) {
        server_release(node, &row);
        return e;
    }
    *ret = row;
    return OK;
}

void server_release(struct node *node, struct server_row *server)
{
    node->host->mem.resize(node->host->mem.ctx, server->ca, 0);
    server->ca = NULL;
}

enum err server_save(struct node *node, const struct server_row *server)
{
    struct stmt *s = db_stmt(node->db, SERVER_SAVE);
    stmt_bind_i64(s, 1, server->id);
    stmt_bind_u64(s, 2, server->epoch);
    stmt_bind_u64(s, 3, server->ratchet);
    stmt_bind_i64(s, 4, server->acked);
    stmt_bind_i64(s, 5, server->got);
    stmt_bind_i64(s, 6, server->stables);
    stmt_bind_i64(s, 7, server->unsure);
    stmt_bind_i64(s, 8, server->cursor);
    stmt_bind_i64(s, 9, server->offer);
    stmt_bind_i64(s, 10, server->losses);
    return stmt_run(s);
}

enum err server_feeds(struct node *node, const struct server_row *server, struct arena *arena,
                      struct feed_position **ret, size_t *ret_count)
{
    struct feed_position *list = arena_array(arena, WIRE_FEEDS_MAX, sizeof *list);
    size_t count = 0;
    enum err e = list ? OK : ERR_NOMEM;
    struct stmt *s = db_stmt(node->db, SERVER_FEEDS);
    stmt_bind_i64(s, 1, server->id);
    while (!e && count < WIRE_FEEDS_MAX && stmt_row(s)) {
        struct feed_position *feed = &list[count];
        e = arena_copy(arena, stmt_span(s, 0), &feed->scope);
        if (!e) {
            e = arena_copy(arena, stmt_span(s, 1), &feed->compartment);
        }
        feed->n = stmt_i64(s, 2);
        feed->hash = stmt_u64(s, 3);
        count++;
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

enum err sync_servers(struct node *node, struct arena *arena, struct known_server **ret,
                      size_t *ret_count)
{
    struct known_server *list = arena_array(arena, SERVERS_MAX, sizeof *list);
    size_t count = 0;
    enum err e = list ? OK : ERR_NOMEM;
    struct stmt *s = db_stmt(node->db, SERVERS_LIST);
    while (!e && count < SERVERS_MAX && stmt_row(s)) {
        struct known_server *server = &list[count++];
        char url[WIRE_URL_MAX + 1];
        span_text(stmt_span(s, 1), url, sizeof url);
        *server = (struct known_server){.url = arena_text(arena, url),
                                        .synced_ms = stmt_i64(s, 2),
                                        .chosen = stmt_i64(s, 3) != 0};
        (void)stmt_blob(s, 0, server->id.bytes, ID_SIZE);
        e = server->url ? OK : ERR_NOMEM;
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}
