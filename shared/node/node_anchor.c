/*
 * node_anchor.c - the anchor: a small file beside the database that tells a restored database.
 *
 * It names the current origin and how many ops it has, and is rewritten after each commit of
 * own ops. A database that says less than its anchor, or another origin, was put back from a
 * copy: writing on would use numbers again that others may hold under other ops. Then a new
 * origin begins and every own op not proven stable is issued again under it, uids unchanged.
 * A lagging anchor is fine (it is written after the commit and may be lost with power).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node_internal.h"
#include "notice.h"
#include "num.h"

#define CASE_SKIP 1000 /* more than a device is ever behind; five digits leave room for many */

static void anchor_path(const struct node *node, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s.anchor", node->path);
}

void node_write_anchor(struct node *node)
{
    char path[sizeof node->path + 8];
    char origin[ID_TEXT_SIZE];
    char text[128];
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, node->own_origin);
    int64_t seq = stmt_row(s) ? stmt_i64(s, 3) : 0;
    if (stmt_end(s)) {
        return;
    }
    anchor_path(node, path, sizeof path);
    id_write(node->own_origin_name, origin);
    int size = snprintf(text, sizeof text, "douar-anchor 1 %s %" PRId64 "\n", origin, seq);
    enum err ignored =
        node->host->files->write_atomic(node->host->ctx, path, span_from(text, (size_t)size));
    (void)ignored; /* It may lag: the next one catches up. */
}

/* Reads "douar-anchor 1 <origin> <seq>". */
static bool anchor_read(struct span text, struct id *ret_origin, int64_t *ret_seq)
{
    struct span rest = text;
    struct span part;
    int64_t seq = 0;
    if (!span_split(&rest, ' ', &part) || !span_is(part, "douar-anchor") ||
        !span_split(&rest, ' ', &part) || !span_is(part, "1") || !span_split(&rest, ' ', &part) ||
        !id_read(part, ret_origin) || !span_split(&rest, '\n', &part)) {
        return false;
    }
    if (!num_read_i64(part, &seq) || seq < 0) {
        return false;
    }
    *ret_seq = seq;
    return true;
}

static enum err is_restored(struct node *node, bool *ret)
{
    char path[sizeof node->path + 8];
    struct buf buf;
    struct id origin;
    int64_t anchored = 0;
    int64_t seq = 0;
    buf_init(&buf, &node->host->mem, 256);
    anchor_path(node, path, sizeof path);
    enum err e = node->host->files->read(node->host->ctx, path, &buf);
    bool have = !e && anchor_read(buf_span(&buf), &origin, &anchored);
    buf_release(&buf);
    if (e && e != ERR_NOT_FOUND && e != ERR_FILE && e != ERR_TOO_LARGE) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, node->own_origin);
    if (stmt_row(s)) {
        seq = stmt_i64(s, 3);
    }
    e = stmt_end(s);
    if (!e) {
        /* No anchor beside a database that has written: it was copied here without it. */
        *ret = have ? !id_equal(origin, node->own_origin_name) || anchored > seq : seq > 0;
    }
    return e;
}

/* Numbers given since the copy was made stand on papers already, and a twin goes on giving the same
   ones: this writer takes up somewhere else. */
static enum err skip_case_numbers(struct node *node)
{
    int64_t counter = 0;
    uint32_t random = 0;
    enum err e = self_i64(node, CASE_COUNTER, 0, &counter);
    if (e || counter == 0) {
        return e;
    }
    node->host->random(node->host->ctx, &random, sizeof random);
    return self_set_i64(node, CASE_COUNTER, counter + CASE_SKIP + random % (4 * CASE_SKIP));
}

enum err log_reorigin(struct node *node)
{
    int64_t old = node->own_origin;
    int64_t stable = 0;
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, old);
    if (stmt_row(s)) {
        stable = stmt_i64(s, 5);
    }
    enum err e = stmt_end(s);
    if (!e) {
        e = node_new_origin(node);
    }
    struct arena arena;
    arena_init(&arena, &node->host->mem, 64u * 1024 * 1024);
    struct link link = link_first(node->own_origin_name);
    int64_t seq = 0;
    int64_t from = stable;
    while (!e) {
        int64_t row = 0;
        s = db_stmt(node->db, OWN_AFTER);
        stmt_bind_i64(s, 1, old);
        stmt_bind_i64(s, 2, from);
        if (stmt_row(s)) {
            row = stmt_i64(s, 0);
            from = stmt_i64(s, 1);
        }
        e = stmt_end(s);
        if (e || row == 0) {
            break;
        }
        struct logged logged;
        arena_reset(&arena);
        e = log_read(node, row, &arena, &logged);
        if (!e) {
            link = link_next(link, &logged.op.hash);
            s = db_stmt(node->db, OP_SET_ENVELOPE);
            stmt_bind_i64(s, 1, row);
            stmt_bind_i64(s, 2, node->own_origin);
            stmt_bind_i64(s, 3, ++seq);
            stmt_bind_blob(s, 4, link.bytes, LINK_SIZE);
            e = stmt_run(s);
        }
    }
    if (!e) {
        s = db_stmt(node->db, ORIGIN_ADVANCE);
        stmt_bind_i64(s, 1, node->own_origin);
        stmt_bind_i64(s, 2, seq);
        stmt_bind_blob(s, 3, link.bytes, LINK_SIZE);
        e = stmt_run(s);
    }
    if (!e) {
        e = self_set_i64(node, "reissued_seq", seq); /* may be known elsewhere: no undo */
    }
    if (!e) {
        e = stmt_run(db_stmt(node->db, SERVERS_START_OVER));
    }
    if (!e) {
        e = skip_case_numbers(node);
    }
    if (!e) {
        e = notice_add(node, NOTICE_BEGAN_ANEW, node->identity.id);
    }
    arena_release(&arena);
    node->wrote_own = true;
    return e;
}

enum err node_check_anchor(struct node *node)
{
    bool restored = false;
    enum err e = is_restored(node, &restored);
    if (e || !restored) {
        return e;
    }
    e = node_begin(node);
    if (!e) {
        e = node_end(node, log_reorigin(node));
    }
    return e;
}
