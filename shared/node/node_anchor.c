/*
 * node_anchor.c - the anchor: a small file beside the database that tells a restored database.
 *
 * It names the current origin and how many ops it has, the epoch, and how far the feeds have got,
 * and is rewritten after each commit of own ops (a server: also once a minute and at its end). A
 * database that says less than its anchor, or another origin, was put back from a copy: writing
 * on would use numbers again that others may hold under other ops. Then a new origin begins and
 * every own op not proven stable is issued again under it, uids unchanged. A server begins
 * another epoch as well, so that everybody offers it what it has lost.
 * A lagging anchor is fine (it is written after the commit and may be lost with power).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lease_keys.h"
#include "node_internal.h"
#include "notice.h"
#include "num.h"
#include "sealed_file.h"

#define ANCHOR    "anchor" /* what it is sealed as */
#define CASE_SKIP 1000     /* more than a device is ever behind; five digits leave room for many */

static void anchor_path(const struct node *node, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s.anchor", node->path);
}

struct anchor {
    struct id origin;
    int64_t seq;
    uint64_t epoch; /* of a server; else 0 */
    int64_t n;      /* of its feeds */
};

/* What an anchor would say now. */
static enum err anchor_now(struct node *node, struct anchor *ret)
{
    struct anchor now = {.origin = node->own_origin_name};
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, node->own_origin);
    now.seq = stmt_row(s) ? stmt_i64(s, 3) : 0;
    enum err e = stmt_end(s);
    if (!e && node->identity.role >= ROLE_HUB) {
        int64_t epoch = 0;
        e = self_i64(node, "epoch", 0, &epoch);
        now.epoch = (uint64_t)epoch;
        if (!e) {
            e = self_i64(node, "n", 0, &now.n);
        }
    }
    if (!e) {
        *ret = now;
    }
    return e;
}

void node_write_anchor(struct node *node)
{
    char path[sizeof node->path + 8];
    char origin[ID_TEXT_SIZE];
    char text[160];
    struct anchor now;
    if (anchor_now(node, &now)) {
        return;
    }
    anchor_path(node, path, sizeof path);
    id_write(now.origin, origin);
    int size =
        snprintf(text, sizeof text, "douar-anchor 1 %s %" PRId64 " %" PRIu64 " %" PRId64 "\n",
                 origin, now.seq, now.epoch, now.n);
    enum err ignored =
        sealed_write_atomic(node->host, span_of(ANCHOR), path, span_from(text, (size_t)size));
    (void)ignored; /* It may lag: the next one catches up. */
}

/* Reads "douar-anchor 1 <origin> <seq> <epoch> <n>". */
static bool anchor_read(struct span text, struct anchor *ret)
{
    struct span rest = text;
    struct span part;
    struct anchor anchor = {.seq = 0};
    if (!span_split(&rest, ' ', &part) || !span_is(part, "douar-anchor") ||
        !span_split(&rest, ' ', &part) || !span_is(part, "1") || !span_split(&rest, ' ', &part) ||
        !id_read(part, &anchor.origin) || !span_split(&rest, ' ', &part) ||
        !num_read_i64(part, &anchor.seq) || anchor.seq < 0 || !span_split(&rest, ' ', &part) ||
        !num_read_u64(part, &anchor.epoch) || !span_split(&rest, '\n', &part) ||
        !num_read_i64(part, &anchor.n)) {
        return false;
    }
    *ret = anchor;
    return true;
}

static enum err is_restored(struct node *node, bool *ret)
{
    char path[sizeof node->path + 8];
    struct buf buf;
    struct anchor then;
    struct anchor now;
    buf_init(&buf, &node->host->mem, 256);
    anchor_path(node, path, sizeof path);
    /* The file first: the database may only be further than it says, also beside others. */
    enum err e = sealed_read(node->host, span_of(ANCHOR), path, &buf);
    bool have = !e && anchor_read(buf_span(&buf), &then);
    buf_release(&buf);
    if (e && e != ERR_NOT_FOUND && e != ERR_FILE && e != ERR_FILE_DAMAGED && e != ERR_TOO_LARGE) {
        return e;
    }
    e = anchor_now(node, &now);
    if (e) {
        return e;
    }
    if (have) {
        *ret = !id_equal(then.origin, now.origin) || then.seq > now.seq ||
               then.epoch != now.epoch || then.n > now.n;
    } else { /* No anchor beside a database that has written: it was copied here without it. */
        *ret = now.seq > 0 || now.n > 0;
    }
    return OK;
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
    if (!e) { /* what a revoked node handed over is counted in numbers of the origin left */
        e = self_set_i64(node, KEY_KEPT, 0);
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

/* Numbers of batches start again, too: the region would take new ones for those it has. */
static enum err write_epoch(struct node *node, const char *why)
{
    int64_t epoch = 0;
    node->host->random(node->host->ctx, &epoch, sizeof epoch);
    enum err e = self_set_i64(node, "epoch", epoch);
    if (!e) {
        e = self_set_i64(node, "relay_epoch", epoch);
    }
    if (!e) {
        e = self_set_i64(node, NODE_SELF_PUT_BACK, 1);
    }
    if (!e) {
        e = stmt_run(db_stmt(node->db, SERVERS_FORGET_RELAY));
    }
    if (!e) {
        e = notice_add(node, why, node->identity.id);
    }
    if (!e) {
        node->identity.epoch = (uint64_t)epoch;
    }
    return e;
}

enum err node_begin_epoch(struct node *node, const char *why)
{
    enum err e = node_begin(node);
    if (!e) {
        e = log_reorigin(node);
        if (!e && node->identity.role >= ROLE_HUB) {
            e = write_epoch(node, why);
        }
        node->wrote_own = true; /* the anchor says so from now on */
        e = node_end(node, e);
    }
    return e;
}

void node_anchor_feeds(struct node *node)
{
    int64_t n = 0;
    if (node->identity.role >= ROLE_HUB && node->depth == 0 && !self_i64(node, "n", 0, &n) &&
        n != node->anchored_n) {
        node_write_anchor(node);
        node->anchored_n = n;
    }
}

enum err node_check_anchor(struct node *node)
{
    bool restored = false;
    enum err e = is_restored(node, &restored);
    if (!e && restored) {
        node->put_back = true;
        e = node_begin_epoch(node, NOTICE_NOTICED);
    }
    return e;
}

bool node_was_put_back(const struct node *node)
{
    return node->put_back;
}
