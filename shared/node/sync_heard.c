/*
 * sync_heard.c - what a reply says of what its server has: ours and others', here and in its
 * backup.
 */
#include "blob_internal.h"
#include "node_log.h"
#include "node_redact.h"
#include "sync_take.h"

/* ---- acknowledgements: believed only if the own chain has that link there */

static enum err own_chain_has(struct take *t, const struct origin_point *point, bool *ret)
{
    struct link link;
    bool found = false;
    enum err e = log_link_at(t->sync->node, t->sync->node->own_origin, point->seq, &found, &link);
    if (!e) {
        *ret = found && link_equal(link, point->link);
    }
    return e;
}

/* Other ops are known under our numbers: we were restored or copied. */
static enum err begin_another_origin(struct take *t)
{
    t->again = true;
    t->moved = true;
    enum err e = log_reorigin(t->sync->node);
    t->sync->server.acked = 0;
    t->sync->server.unsure = 0;
    return e;
}

/*
 * What this node had written and brought when it asked is left out of a bundle. By network it says
 * so itself; a bundle may have been asked for by a life of it that is lost. The server tells what
 * it had then: who doesn't hold all of it, or not under this origin, has read a list with holes.
 */
static enum err look_for_own(struct take *t)
{
    const struct origin_point *had = &t->reply.ack;
    bool held = false;
    enum err e = OK;
    if (!t->sync->answers || id_is_zero(had->origin)) {
        return OK;
    }
    if (id_equal(had->origin, t->sync->node->own_origin_name)) {
        e = own_chain_has(t, had, &held);
    }
    t->lacks_own = !held;
    return e;
}

static enum err take_ack(struct take *t)
{
    struct sync *sync = t->sync;
    struct node *node = sync->node;
    bool ours = false;
    if (sync->answers && !sync->answers->news) {
        return OK; /* Later word of it was heard. */
    }
    if (!t->reply.has_ack) {
        /* Asked after an unknown outcome and told nothing else: it stands where we thought. */
        return OK;
    }
    if (!id_equal(t->reply.ack.origin, node->own_origin_name)) {
        return OK; /* An earlier origin of ours: nothing of the current one is there. */
    }
    enum err e = own_chain_has(t, &t->reply.ack, &ours);
    if (e) {
        return e;
    }
    if (!ours) {
        return begin_another_origin(t);
    }
    if (t->reply.ack.seq != sync->server.acked) {
        t->moved = true;
        sync->result.ops_pushed +=
            t->reply.ack.seq > sync->server.acked ? t->reply.ack.seq - sync->server.acked : 0;
    }
    int64_t before = sync->server.acked;
    if (t->reply.ack.seq < before) { /* it was put back, and has forgotten receipts, too */
        e = receipts_tell_again(node);
        if (e) {
            return e;
        }
    }
    sync->server.acked = t->reply.ack.seq;
    sync->below = sync->below >= 0 ? sync->server.acked : sync->below;
    int64_t scope = 0;
    e = symbol_find(node, span_of("_scope"), &scope);
    if (!e && scope != 0) { /* It has our word on where these roots belong. */
        struct stmt *s = db_stmt(node->db, AGREED_OWN);
        stmt_bind_i64(s, 1, sync->server.id);
        stmt_bind_u64(s, 2, sync->server.epoch);
        stmt_bind_i64(s, 3, node->own_origin);
        stmt_bind_i64(s, 4, before);
        stmt_bind_i64(s, 5, sync->server.acked);
        stmt_bind_i64(s, 6, scope);
        e = stmt_run(s);
    }
    return e;
}

static enum err set_stable(struct node *node, int64_t origin, const struct origin_point *point,
                           int64_t backup)
{
    struct stmt *s = db_stmt(node->db, STABLE_SET);
    stmt_bind_i64(s, 1, origin);
    stmt_bind_i64(s, 2, point->seq);
    stmt_bind_blob(s, 3, point->link.bytes, LINK_SIZE);
    stmt_bind_i64(s, 4, backup);
    return stmt_run(s);
}

static enum err take_stable(struct take *t)
{
    struct node *node = t->sync->node;
    bool ours = false;
    if (t->sync->answers && !t->sync->answers->news) {
        return OK;
    }
    if (!t->reply.has_stable || !id_equal(t->reply.stable.origin, node->own_origin_name)) {
        return OK;
    }
    enum err e = own_chain_has(t, &t->reply.stable, &ours);
    if (!e && !ours) { /* A copy of ours reached the region through another hub. */
        return begin_another_origin(t);
    }
    if (!e) {
        t->moved = true;
        e = set_stable(node, node->own_origin, &t->reply.stable, 0);
    }
    return e;
}

/*
 * The region's backup has this origin up to `point`. When that is another chain than the one held
 * here, nothing of this one counts as stable by it: its author is told, and begins anew. What lies
 * beyond the chain held here belongs to the rival once there is one.
 */
static enum err take_point(struct node *node, int64_t origin, const struct origin_point *point,
                           int64_t backup)
{
    struct link known;
    bool found = false;
    enum err e = log_link_at(node, origin, point->seq, &found, &known);
    if (e || (found && link_equal(known, point->link))) {
        return e ? e : set_stable(node, origin, point, backup);
    }
    struct stmt *s = db_stmt(node->db, RIVAL_SET);
    stmt_bind_i64(s, 1, origin);
    stmt_bind_i64(s, 2, point->seq);
    stmt_bind_blob(s, 3, point->link.bytes, LINK_SIZE);
    stmt_bind_i64(s, 4, found);
    e = stmt_run(s);
    return e || db_changed(node->db) > 0 ? e : set_stable(node, origin, point, backup);
}

enum err take_origin(struct node *node, struct id name, int64_t *ret)
{
    int64_t row = 0;
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_NAME);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    if (stmt_row(s)) {
        row = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (!e && row == 0) {
        struct link first = link_first(name);
        s = db_stmt(node->db, ORIGIN_ADD);
        stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
        stmt_bind_null(s, 2);
        stmt_bind_i64(s, 3, 0);
        stmt_bind_blob(s, 4, first.bytes, LINK_SIZE);
        stmt_bind_null(s, 5);
        e = stmt_run(s);
        row = db_last_id(node->db);
    }
    if (!e) {
        *ret = row;
    }
    return e;
}

/*
 * The points hold whatever they come in. The number says that none before it is missing, which an
 * answer by stick proves only if it begins where this node asked from, and its numbers are those of
 * the region as it is now: after a restore they begin again. Else the points are told once more.
 */
static void take_stables_number(struct take *t)
{
    const struct bundle_answers *answers = t->sync->answers;
    struct server_row *server = &t->sync->server;
    if (!answers) {
        server->stables = t->reply.stables;
    } else if (answers->asked && answers->same_epoch && t->reply.stables > server->stables) {
        server->stables = t->reply.stables;
    }
}

/* A hub learns which origins are in the region's backup, and numbers that for its own readers. */
static enum err take_stables(struct take *t)
{
    struct node *node = t->sync->node;
    int64_t backup = 0;
    if (!t->reply.has_stables) {
        return OK;
    }
    enum err e = self_i64(node, "backup", 0, &backup);
    if (!e) {
        e = self_set_i64(node, "backup", backup + 1);
    }
    for (size_t i = 0; !e && i < t->reply.stable_point_count; i++) {
        int64_t row = 0;
        const struct origin_point *point = &t->reply.stable_points[i];
        e = take_origin(node, point->origin, &row);
        if (!e) {
            e = take_point(node, row, point, backup + 1);
        }
    }
    take_stables_number(t);
    t->moved = true;
    return e;
}

/* Files that it called stable are lost: it may have any of them or none. By stick too, however old:
   the number only grows, and doubt costs a question. */
static enum err take_losses(struct take *t)
{
    if (t->reply.losses <= t->sync->server.losses) {
        return OK;
    }
    t->sync->server.losses = t->reply.losses;
    return blob_doubt(t->sync->node);
}

/* ---- what was brought for others */

/*
 * What the region has of our batches. Less than we thought: it was put back, and has forgotten the
 * visits, too. More than we ever sent: we were, and our numbers stand for other batches now; they
 * start again, under a relay epoch of their own.
 */
static enum err take_got(struct take *t)
{
    struct sync *sync = t->sync;
    struct node *node = sync->node;
    int64_t got = t->reply.got;
    enum err e = OK;
    if (sync->answers && !(sync->answers->news && sync->answers->relay_mine)) {
        return OK;
    }
    if (got > sync->server.got && got > sync->server.unsure) {
        int64_t epoch = 0;
        node->host->random(node->host->ctx, &epoch, sizeof epoch);
        sync->server.got = sync->server.unsure = 0;
        t->again = true;
        return self_set_i64(node, "relay_epoch", epoch);
    }
    if (got < sync->server.got) {
        e = stmt_run(db_stmt(node->db, VISITS_FORGOTTEN));
        e = e ? e : receipts_tell_again(node);
    }
    sync->server.got = got;
    sync->result.ops_pushed += got == sync->relayed_to ? sync->pushed_count : 0;
    return e;
}

/* Only those that the request named: others may have called meanwhile. */
static enum err take_told(struct take *t)
{
    struct sync *sync = t->sync;
    enum err e = OK;
    for (size_t i = 0; !e && i < sync->visit_count; i++) {
        struct stmt *s = db_stmt(sync->node->db, VISIT_TOLD);
        stmt_bind_blob(s, 1, sync->visits[i].bytes, ID_SIZE);
        e = stmt_run(s);
    }
    t->again = t->again || sync->visit_count == SYNC_VISITS_MAX;
    return e ? e : receipts_told(sync->node, sync->erased, sync->erased_count);
}

enum err take_heard(struct take *t)
{
    enum err e = look_for_own(t);
    if (!e) {
        e = take_ack(t);
    }
    if (!e) {
        e = take_stable(t);
    }
    if (!e && t->reply.has_got) {
        t->moved = t->moved || t->sync->server.got != t->reply.got;
        e = take_got(t);
    }
    if (!e) {
        e = take_told(t);
    }
    if (!e) {
        e = take_stables(t);
    }
    return e ? e : take_losses(t);
}
