/*
 * sim_during.c - checks of a node between two moments.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim_check.h"

static struct sim_cursor *find_cursor(struct sim_node *node, int64_t server, const char *scope,
                                      const char *compartment)
{
    for (size_t i = 0; i < node->cursor_count; i++) {
        struct sim_cursor *cursor = &node->cursors[i];
        if (cursor->server == server && strcmp(cursor->scope, scope) == 0 &&
            strcmp(cursor->compartment, compartment) == 0) {
            return cursor;
        }
    }
    return NULL;
}

static void see_cursor(struct sim_node *node, int64_t server, const char *scope,
                       const char *compartment, int64_t n, bool put_back)
{
    struct sim_cursor *cursor = find_cursor(node, server, scope, compartment);
    if (!cursor && node->cursor_count < SIM_CURSORS_MAX) {
        cursor = &node->cursors[node->cursor_count++];
        *cursor = (struct sim_cursor){.server = server};
        (void)snprintf(cursor->scope, sizeof cursor->scope, "%s", scope);
        (void)snprintf(cursor->compartment, sizeof cursor->compartment, "%s", compartment);
    }
    if (cursor && n < cursor->n && cursor->present && !put_back) {
        world_fail(node->world, "%s has read %s/%s to %" PRId64 " after %" PRId64, node->name,
                   scope, compartment, n, cursor->n);
    }
    if (cursor) {
        cursor->n = n;
        cursor->seen = true;
    }
}

static bool was_put_back(const struct sim_world *world, const void *name)
{
    for (size_t i = 0; name && i < world->node_count; i++) {
        if (memcmp(world->nodes[i].id.bytes, name, ID_SIZE) == 0) {
            return world->nodes[i].put_back;
        }
    }
    return true; /* one that is replaced */
}

void check_cursors(struct sim_node *node)
{
    sqlite3_stmt *s = eye_ask(node, "SELECT f.server, f.scope, f.compartment, f.n, s.name FROM"
                                    " server_feed f JOIN server s ON s.id = f.server");
    if (!s) {
        return;
    }
    for (size_t i = 0; i < node->cursor_count; i++) {
        node->cursors[i].seen = false;
    }
    while (sqlite3_step(s) == SQLITE_ROW) {
        see_cursor(node, sqlite3_column_int64(s, 0), (const char *)sqlite3_column_text(s, 1),
                   (const char *)sqlite3_column_text(s, 2), sqlite3_column_int64(s, 3),
                   was_put_back(node->world, sqlite3_column_blob(s, 4)));
    }
    (void)sqlite3_finalize(s);
    for (size_t i = 0; i < node->cursor_count; i++) { /* a feed no longer granted starts anew */
        node->cursors[i].present = node->cursors[i].seen;
    }
}

uint64_t check_fingerprint(struct sim_node *node, bool with_bookkeeping)
{
    static const char *const parts[] = {
        "SELECT count(*), max(id), sum(length(body)) FROM op",
        /* Of receipts what says more than the op itself: that it is older than it claims. */
        "SELECT sum(min(time_ms, coalesce(receipt_ms, time_ms))) FROM op",
        "SELECT id, n, hash FROM feed ORDER BY id",
        "SELECT count(*), sum(uid8 & 4294967295) FROM live",
        "SELECT count(*), sum(uid8 & 4294967295) FROM dead",
        "SELECT count(*), sum(missing), sum(coalesce(root, 0)) FROM entity",
        "SELECT count(*) FROM flag",
        "SELECT name, seq, link, stable_seq, node FROM origin ORDER BY id", /* bookkeeping */
        "SELECT count(*), max(id) FROM batch", "SELECT sum(coalesce(receipt_ms, 0)) FROM op",
        "SELECT count(*) FROM quarantine", "SELECT count(*) FROM visit",
        "SELECT count(*) FROM symbol",
        "SELECT node, ratchet, ratchet_before, relay_got FROM caller ORDER BY node"};
    enum { DATA_PARTS = 7 };
    size_t count = with_bookkeeping ? sizeof parts / sizeof parts[0] : DATA_PARTS;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum = sum * 31 + eye_sum(node, parts[i]);
    }
    return sum;
}
