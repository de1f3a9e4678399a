/*
 * sync_take.c - taking a reply: what the server has (sync_heard.c), rows, positions; one
 * transaction.
 */
#include <string.h>

#include "blob_internal.h"
#include "lease.h"
#include "node_clock.h"
#include "node_log.h"
#include "node_redact.h"
#include "reopen.h"
#include "sync_forget.h"
#include "sync_take.h"

/* ---- rows */

static enum err origin_of_row(struct take *t, int64_t index, int64_t *ret)
{
    if (index < 0 || (size_t)index >= t->reply.origin_count) {
        *ret = 0;
        return OK;
    }
    if (t->origins[index] == 0) {
        enum err e = take_origin(t->sync->node, t->reply.origins[index], &t->origins[index]);
        if (e) {
            return e;
        }
    }
    *ret = t->origins[index];
    return OK;
}

static enum err agree(struct take *t, int64_t root)
{
    struct stmt *s = db_stmt(t->sync->node->db, AGREED_SET);
    if (t->sync->node->identity.role >= ROLE_HUB || root == 0) {
        return stmt_end(s);
    }
    stmt_bind_i64(s, 1, root);
    stmt_bind_i64(s, 2, t->sync->server.id);
    stmt_bind_u64(s, 3, t->sync->server.epoch);
    return stmt_run(s);
}

/* A neighbour brought it ahead of its batch; the region has it under an envelope not of ours. */
static enum err settle_doubt(struct node *node, int64_t row)
{
    if (node->identity.role < ROLE_HUB) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, FLAG_PROVEN);
    stmt_bind_i64(s, 1, row);
    return stmt_run(s);
}

/*
 * Its feed won't tell it again. When the root comes back into sight its base comes, by that feed or
 * a snapshot, and nobody says that this compartment was told before: it is asked for by itself.
 */
static enum err note_skipped(struct take *t, const struct op *op)
{
    const struct server_row *server = &t->sync->server;
    struct entity_part part = {op->compartment, 0, server->epoch};
    struct entity_row entity = {.id = 0};
    bool base = span_is(op->compartment, "base");
    enum err e = base ? OK : entity_find(t->sync->node, op->entity, &entity);
    return e || entity.root == 0
               ? e
               : entity_read_part(t->sync->node, entity.root, server->name, &part);
}

static enum err take_op(struct take *t, const struct sync_row *row, bool confirms,
                        struct diag *diag)
{
    struct sync *sync = t->sync;
    struct op op;
    enum applied applied;
    int64_t op_row = 0;
    int64_t origin = 0;
    enum err e = op_read(row->body, t->arena, &op, diag);
    if (!e) {
        e = origin_of_row(t, row->origin_index, &origin);
    }
    if (e) {
        return e;
    }
    struct arriving in = {.op = &op,
                          .way = WAY_ABOVE,
                          .receipt_ms = row->receipt_ms ? row->receipt_ms : STAMP_NO_RECEIPT,
                          .has_org_signature = row->has_signature,
                          .org_signature = row->signature,
                          .from = sync->server.name};
    /* Nobody else fills a number of the own chain: an own op is known by its uid. */
    if (origin != 0 && origin != sync->node->own_origin && row->seq > 0) {
        in.envelope = (struct envelope_of_op){.present = true, .origin = origin, .seq = row->seq};
    }
    e = log_apply(sync->node, &in, &applied, &op_row);
    sync->result.rows_received++;
    if (!e && applied == APPLIED_NEW) {
        sync->result.ops_received++;
    }
    if (!e && applied == APPLIED_KNOWN && in.envelope.present) {
        e = settle_doubt(sync->node, op_row);
    }
    if (!e && applied == APPLIED_SKIPPED) {
        t->skipped++;
        e = note_skipped(t, &op);
    }
    confirms = confirms && (!sync->answers || sync->answers->news);
    if (!e && confirms && applied != APPLIED_SKIPPED && op.known_format) {
        struct entity_row entity;
        e = entity_find(sync->node, op.entity, &entity);
        if (!e) {
            e = agree(t, entity.root);
        }
    }
    return e;
}

static enum err next_row(struct take *t, struct sync_row *ret, struct diag *diag)
{
    struct span line;
    if (!span_split(&t->rest, '\n', &line)) {
        return diag_set(diag, ERR_PEER, t->sync->server.url, "cut short", NULL);
    }
    return sync_row_read(line, t->arena, ret, diag);
}

static enum err take_dead(struct take *t, const struct sync_row *row)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < row->dead_count; i++) {
        const struct dead_register *dead = &row->dead[i];
        e = log_apply_dead(t->sync->node, dead->entity, dead->reg, dead->preds, dead->pred_count);
    }
    return e;
}

/*
 * Out of sight, content goes by unseen: ask for all when it comes back. That is so of an ENTER too,
 * when it comes before the grant that it follows from; and of its beginning, when a later op in it
 * says that the root is in sight (t->parted).
 */
static enum err note_told(struct take *t, const struct sync_row *head,
                          const struct entity_row *root, bool seen)
{
    struct node *node = t->sync->node;
    const struct server_row *server = &t->sync->server;
    bool enter = head->kind == ROW_ENTER;
    enum err e = OK;
    bool late = t->sync->answers && !t->sync->answers->news; /* newer rows may have gone by */
    if (!seen || (enter && (t->parted || (late && head->next > 0)))) {
        return entity_unread(node, root->id, server->name);
    }
    if (late) {
        return OK;
    }
    if (!enter) { /* It isn't read there any more: nothing more of it will be told. */
        return root->missing ? entity_parts_read(node, root->id, server->name) : OK;
    }
    t->sync->entered = true;
    if (root->missing && span_is(head->compartment, "base")) {
        e = entity_read(node, root->id, server->name, span_of(""));
        if (!e) {
            e = entity_parts_anew(node, root->id, server->name, server->epoch);
        }
    }
    if (!e && head->next > 0) {
        struct entity_part part = {head->compartment, head->next, server->epoch};
        t->again = true;
        e = entity_read_part(node, root->id, server->name, &part);
    } else if (!e && root->missing) {
        e = entity_read(node, root->id, server->name, head->compartment);
    }
    return e;
}

/*
 * The callee said of a root that it named whether it is granted: not asked again in this sync. One
 * that hasn't heard of a grant answers LEAVE, and would do so for ever.
 */
static void note_answered(struct take *t, int64_t root)
{
    struct sync *sync = t->sync;
    if (root > sync->roots_after && root <= sync->named_root) {
        sync->roots_after = root;
    }
}

/* ENTER: the tree, or a part of it. LEAVE: a fact about `_scope`, merged like any. */
static enum err take_tree(struct take *t, const struct sync_row *head, struct diag *diag)
{
    struct node *node = t->sync->node;
    bool enter = head->kind == ROW_ENTER;
    int64_t skipped = t->skipped;
    enum err e = OK;
    for (int64_t i = 0; !e && i < head->op_count; i++) {
        struct sync_row row;
        e = next_row(t, &row, diag);
        if (!e && row.kind != ROW_OP) {
            e = diag_set(diag, ERR_PEER, t->sync->server.url, "an op row was expected", NULL);
        }
        if (!e) {
            e = take_op(t, &row, enter, diag);
        }
    }
    if (!e) {
        e = take_dead(t, head);
    }
    struct entity_row root = {.id = 0};
    bool seen = false;
    if (!e) {
        e = entity_find(node, head->id, &root);
    }
    if (!e && root.id != 0) {
        e = root_in_sight(node, root.id, &seen);
    }
    if (!enter) {
        note_answered(t, root.id);
    }
    if (t->skipped > skipped) {
        t->parted = true;
        t->again = t->again || !t->sync->wanted; /* asked for now, once */
    }
    return e || root.id == 0 ? e : note_told(t, head, &root, seen);
}

static enum err take_row(struct take *t, const struct sync_row *row, struct diag *diag)
{
    struct node *node = t->sync->node;
    struct entity_row entity;
    struct held_op held;
    enum err e = OK;
    switch (row->kind) {
    case ROW_OP:
        return take_op(t, row, true, diag);
    case ROW_ENTER:
    case ROW_LEAVE:
        return take_tree(t, row, diag);
    case ROW_DEAD:
        return take_dead(t, row);
    case ROW_LOW:
        e = log_find(node, row->id, &held);
        if (!e && held.row != 0 && row->receipt_ms > 0) {
            e = log_lower_receipt(node, &held, row->receipt_ms);
        }
        return e;
    case ROW_SAFE:
        return sync_forget_root(t->sync, row->id);
    case ROW_AGREE:
        e = entity_find(node, row->id, &entity);
        if (!e) {
            note_answered(t, entity.id);
        }
        return e || (t->sync->answers && !t->sync->answers->news) ? e : agree(t, entity.root);
    }
    return ERR_PEER;
}

static enum err take_rows(struct take *t, struct diag *diag)
{
    enum err e = OK;
    learnt_begin(t->sync->node);
    while (!e && t->rest.size > 0) {
        struct sync_row row;
        arena_reset(t->arena);
        e = next_row(t, &row, diag);
        if (!e) {
            e = take_row(t, &row, diag);
        }
        t->moved = true;
    }
    return e ? e : learnt_end(t->sync->node, t->sync->server.id);
}

/* ---- positions */

static enum err take_positions(struct take *t)
{
    struct sync *sync = t->sync;
    struct node *node = sync->node;
    enum err e = OK;
    for (size_t i = 0; !e && i < t->reply.feed_count; i++) {
        const struct feed_position *feed = &t->reply.feeds[i];
        if (sync->answers && (t->lacks_own || !bundle_feed_moves(sync->answers, feed))) {
            continue;
        }
        struct stmt *s = db_stmt(node->db, SERVER_FEED_SET);
        stmt_bind_i64(s, 1, sync->server.id);
        stmt_bind_text(s, 2, feed->scope);
        stmt_bind_text(s, 3, feed->compartment);
        stmt_bind_i64(s, 4, feed->n);
        stmt_bind_u64(s, 5, feed->hash);
        e = stmt_run(s);
        if (!e) {
            e = snapshot_forget(sync, feed->scope, feed->compartment);
        }
        t->moved = true;
    }
    bool drops = !sync->answers || sync->answers->news;
    for (size_t i = 0; !e && drops && i < t->reply.drop_count; i++) {
        struct stmt *s = db_stmt(node->db, SERVER_FEED_DROP);
        stmt_bind_i64(s, 1, sync->server.id);
        stmt_bind_text(s, 2, t->reply.drops[i].scope);
        stmt_bind_text(s, 3, t->reply.drops[i].compartment);
        e = stmt_run(s);
        if (!e) {
            e = snapshot_forget(sync, t->reply.drops[i].scope, t->reply.drops[i].compartment);
        }
        t->moved = true;
    }
    if (e) {
        return e;
    }
    if (sync->answers) { /* The next request names each feed. */
        sync->server.cursor = -1;
        return OK;
    }
    if (t->reply.need_feeds) {
        sync->need_feeds = true;
        t->again = true;
        return OK;
    }
    bool asked_by_feeds = sync->need_feeds || sync->server.cursor < 0;
    sync->need_feeds = false;
    if (t->reply.has_cursor) {
        sync->server.cursor = t->reply.cursor;
    } else if (asked_by_feeds || t->reply.offer_count > 0) {
        sync->server.cursor = -1;
    }
    t->again = t->again || (t->reply.more && !t->sync->tight);
    return OK;
}

/* The state both ends computed must be one; else the next request names every feed. */
static enum err check_state(struct take *t)
{
    struct feed_position *feeds = NULL;
    size_t count = 0;
    uint8_t state[16];
    if (!t->reply.has_cursor || t->sync->answers) {
        return OK;
    }
    arena_reset(t->arena);
    enum err e = server_feeds(t->sync->node, &t->sync->server, t->arena, &feeds, &count);
    if (!e) {
        sync_state(t->sync->node->own_origin_name, feeds, count, state);
        if (memcmp(state, t->reply.state, sizeof state) != 0) {
            t->sync->server.cursor = -1;
        }
    }
    return e;
}

/* Clock corrections are kept when they say something new: a quiet sync needn't rewrite them. */
static enum err take_clock(struct take *t)
{
    struct node *node = t->sync->node;
    struct node_clock clock;
    int64_t now = node->host->now_ms(node->host->ctx);
    int64_t offset = now - t->reply.time_ms;
    enum err e = clock_look(node);
    if (!e) {
        e = node_clock(node, &clock);
    }
    if (!e && !t->sync->answers && /* a stick's way takes days */
        (!clock.has_offset || offset > clock.offset_ms + 2000 || offset < clock.offset_ms - 2000)) {
        e = clock_set_offset(node, offset);
    }
    if (!e && t->reply.time_ms > clock.hub_time_ms) {
        e = self_set_i64(node, "hub_time_ms", t->reply.time_ms);
    }
    return e;
}

static enum err what_is_shown_changed(struct take *t, bool saw_me_before, uint64_t scopes_before)
{
    const struct org *org = NULL;
    enum err e = node_org(t->sync->node, &org);
    if (e) {
        return e;
    }
    const struct org_node *me = org_node(org, t->sync->node->identity.id);
    uint64_t scopes = sync_scopes_mark(me);
    if ((me != NULL) != saw_me_before || scopes != scopes_before) {
        e = stmt_run(db_stmt(t->sync->node->db, DIRTY_EVERYTHING));
        /* Content that came before this grant went by unseen: now it is asked for. */
        t->again = true;
    }
    return e;
}

uint64_t sync_scopes_mark(const struct org_node *me)
{
    uint64_t mark = 1469598103934665603u;
    for (size_t i = 0; me && i < me->scope_count; i++) {
        for (const char *c = me->scopes[i]; *c; c++) {
            mark = (mark ^ (uint8_t)*c) * 1099511628211u;
        }
        mark = (mark ^ 0xff) * 1099511628211u;
    }
    return mark;
}

/* A server that answers it accepts it, by network for certain: a bundle may have been written
   before the revocation that this node was told of. */
static enum err take_contact(struct take *t)
{
    struct sync *sync = t->sync;
    struct lease lease;
    enum err e = lease_read(sync->node, &lease);
    if (e || (sync->answers && (!sync->answers->later || lease.lock == LEASE_REVOKED))) {
        return e;
    }
    sync->handing = false; /* whoever said that it is revoked was behind, or not the one asked */
    e = reopens_told(sync->node, sync->reopen_count);
    return e ? e : lease_renew(sync->node, t->reply.time_ms);
}

static enum err take_all(struct take *t, struct diag *diag)
{
    struct sync *sync = t->sync;
    struct node *node = sync->node;
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    const struct org_node *me = e ? NULL : org_node(org, node->identity.id);
    bool saw_me = me != NULL;
    uint64_t scopes = sync_scopes_mark(me);
    if (!e) {
        e = take_clock(t);
    }
    if (t->reply.has_ratchet) {
        sync->server.ratchet = t->reply.ratchet;
    }
    if (!e) {
        e = take_heard(t);
    }
    if (!e) {
        e = take_rows(t, diag);
    }
    if (!e) {
        e = take_positions(t);
    }
    if (!e) {
        e = snapshots_offered(sync, &t->reply);
    }
    if (!e) {
        e = check_state(t);
    }
    if (!e) {
        e = what_is_shown_changed(t, saw_me, scopes);
    }
    bool offered = false;
    if (!e && !sync->answers) {
        e = offer_take(sync, &t->reply, &offered);
        t->moved = t->moved || offered;
        t->again = t->again || sync->server.offer != OFFER_DONE;
    }
    if (!e && (!sync->answers || sync->answers->later)) {
        struct stmt *s = db_stmt(node->db, SERVER_SYNCED);
        stmt_bind_i64(s, 1, sync->server.id);
        stmt_bind_i64(s, 2, t->reply.time_ms);
        e = stmt_run(s);
    }
    if (!e && !sync->answers) { /* an answer still on its way is older news than this */
        struct stmt *s = db_stmt(node->db, BUNDLE_ASK_OVER);
        stmt_bind_blob(s, 1, sync->server.name.bytes, ID_SIZE);
        e = stmt_run(s);
    }
    if (!e) {
        e = take_contact(t);
    }
    return e ? e : server_save(node, &sync->server);
}

enum err sync_take_frame(struct sync *sync, struct span text, struct diag *diag)
{
    struct arena rows;
    struct span line;
    struct take t = {.sync = sync, .arena = &rows, .rest = text};
    arena_init(&rows, &sync->node->host->mem, 64u * 1024 * 1024);
    enum err e = span_split(&t.rest, '\n', &line)
                     ? sync_reply_read(line, &sync->arena, &t.reply, diag)
                     : diag_set(diag, ERR_PEER, sync->server.url, "empty frame", NULL);
    if (!e) {
        t.origins = arena_array(&sync->arena, t.reply.origin_count + 1, sizeof *t.origins);
        e = t.origins ? take_rows(&t, diag) : ERR_NOMEM;
    }
    arena_release(&rows);
    return e;
}

enum err sync_take(struct sync *sync, struct span body, bool *ret_again, bool *ret_moved,
                   struct diag *diag)
{
    struct node *node = sync->node;
    struct buf text;
    struct arena rows;
    struct span line;
    struct server_row before = sync->server;
    struct take t = {.sync = sync, .arena = &rows};
    buf_init(&text, &node->host->mem, WIRE_PLAIN_MAX);
    arena_init(&rows, &node->host->mem, 64u * 1024 * 1024);
    arena_reset(&sync->arena);
    enum err e = body.size > 0 ? OK : diag_set(diag, ERR_PEER, sync->server.url, "empty", NULL);
    if (!e) {
        e = pack_read(sync->pack, body.data[0], span_cut(body, 1, body.size - 1), &text, diag);
    }
    if (!e) {
        t.rest = buf_span(&text);
        e = span_split(&t.rest, '\n', &line) ? sync_reply_read(line, &sync->arena, &t.reply, diag)
                                             : ERR_PEER;
    }
    if (!e) {
        t.origins = arena_array(&sync->arena, t.reply.origin_count + 1, sizeof *t.origins);
        e = t.origins ? node_begin(node) : ERR_NOMEM;
        if (!e) {
            e = node_end(node, take_all(&t, diag));
        }
    }
    if (e) {
        sync->server = before;
        e = diag_keep(diag, e);
    } else {
        sync->ask_first = false;
        sync->result.late += t.reply.late_count;
        sync->result.refused += t.reply.refused_count;
        *ret_again = t.again;
        *ret_moved = t.moved;
    }
    arena_release(&rows);
    buf_release(&text);
    return e;
}
