/*
 * serve_push.c - taking what a caller pushed: batches of its own, or those that a hub relays.
 *
 * A batch is taken whole or not at all: its chain is computed from the link before it, and its
 * signature, by the author's key, covers the link at its end. What can't be trusted goes to
 * quarantine and is counted, so that one bad batch doesn't stop a relay for ever.
 */
#include <string.h>

#include "gone_line.h"
#include "node_aside.h"
#include "node_log.h"
#include "node_offer.h"
#include "node_redact.h"
#include "node_set_back.h"
#include "notice.h"
#include "num.h"
#include "serve_internal.h"

struct origin_row {
    int64_t id; /* 0: not known here */
    bool has_owner;
    struct id owner;
    int64_t base_seq, seq;
    struct link link;
    int64_t stable_seq; /* 0: not known */
    struct link stable_link;
};

/* One batch as it is taken. */
struct taking {
    struct serve *serve;
    struct batch batch;
    const struct org_node *author;
    struct id author_id, caller_id;
    struct span whole; /* with its head line, for quarantine */
    struct origin_row origin;
    struct op *ops;
    struct link *links; /* after each op */
    struct signature *signatures;
    bool *signed_for_org;
    int64_t receipt_ms;
    bool bare; /* its chain isn't the one known here: the ops are taken without envelopes */
};

static enum err find_origin(struct node *node, struct id name, struct origin_row *ret)
{
    struct origin_row row = {0};
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_NAME);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    if (stmt_row(s)) {
        row.id = stmt_i64(s, 0);
        row.has_owner = stmt_blob(s, 1, row.owner.bytes, ID_SIZE);
        row.base_seq = stmt_i64(s, 2);
        row.seq = stmt_i64(s, 3);
        if (!stmt_blob(s, 4, row.link.bytes, LINK_SIZE)) {
            row.link = link_first(name);
        }
        row.stable_seq = stmt_blob(s, 6, row.stable_link.bytes, LINK_SIZE) ? stmt_i64(s, 5) : 0;
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = row;
    }
    return e;
}

/* Kept as it came. When the caller has filled its room there, one that wrote the batch itself is
   refused with it (it still has it); a relay goes on, since it keeps what it relays. */
static enum err quarantine(struct taking *t, const char *why, struct diag *diag)
{
    bool kept = false;
    struct serve *serve = t->serve;
    enum err e = log_quarantine(serve->node, why, serve->caller->id, t->whole, &kept);
    if (!e && !kept && !serve->request.has_relay) {
        e = diag_set(diag, ERR_NOT_ALLOWED, "quarantine", serve->caller->name, NULL);
    }
    serve->reply.refused_count++;
    serve->wrote = true;
    return e;
}

/* ---- reading the lines of one batch */

/* Only a hub may have let go of what its batch held: an author that has no body wrote nothing. */
static enum err read_line(struct taking *t, size_t i, struct span line, struct diag *diag)
{
    struct arena *arena = t->serve->arena;
    struct span body = {0};
    if (gone_line_is(line) && t->serve->request.has_relay) {
        return gone_line_read(line, arena, &t->ops[i], diag);
    }
    enum err e = op_line_read(line, &body, &t->signed_for_org[i], &t->signatures[i], diag);
    return e ? e : op_read(body, arena, &t->ops[i], diag);
}

static bool is_gone(const struct taking *t, int64_t i)
{
    return t->ops[i].body.size == 0;
}

static enum err read_ops(struct taking *t, struct span *rest, struct diag *diag)
{
    size_t count = (size_t)t->batch.count;
    struct arena *arena = t->serve->arena;
    t->ops = arena_array(arena, count, sizeof *t->ops);
    t->links = arena_array(arena, count, sizeof *t->links);
    t->signatures = arena_array(arena, count, sizeof *t->signatures);
    t->signed_for_org = arena_array(arena, count, sizeof *t->signed_for_org);
    if (!t->ops || !t->links || !t->signatures || !t->signed_for_org) {
        return ERR_NOMEM;
    }
    size_t bodies = 0;
    for (size_t i = 0; i < count; i++) {
        struct span line;
        if (!span_split(rest, '\n', &line)) {
            return diag_set(diag, ERR_FORMAT, "batch", "cut short", NULL);
        }
        enum err e = read_line(t, i, line, diag);
        if (e) {
            return e;
        }
        bodies += t->ops[i].body.size;
        if (bodies > WIRE_BATCH_MAX) {
            return diag_set(diag, ERR_TOO_LARGE, "batch", "1048576", NULL);
        }
    }
    return OK;
}

/* ---- is it who it says, and does it fit what is known? */

static enum err link_before(struct taking *t, bool *ret_known, struct link *ret, struct diag *diag)
{
    const struct batch *batch = &t->batch;
    char origin[ID_TEXT_SIZE];
    char seq[NUM_TEXT_SIZE];
    struct link known = {{0}};
    bool found = false;
    id_write(batch->origin, origin);
    if (batch->from == 1) {
        known = link_first(batch->origin);
        found = true;
    } else if (t->origin.id != 0) {
        enum err e = log_link_at(t->serve->node, t->origin.id, batch->from - 1, &found, &known);
        if (e) {
            return e;
        }
    }
    if (found && batch->has_prev && !link_equal(known, batch->prev)) {
        return diag_set(diag, ERR_FORK, origin, NULL);
    }
    /* The region holds every origin from 1: a log that jumps there could be called stable with a
       hole in it. Elsewhere a jump is the author's duty (only from its own verified stable). */
    bool whole = t->serve->node->identity.role == ROLE_REGION && !t->serve->request.has_relay;
    if ((!found && !batch->has_prev) || (whole && batch->from > t->origin.seq + 1)) {
        num_write_i64(t->origin.seq, seq);
        return diag_set(diag, ERR_GAP, origin, seq, NULL);
    }
    *ret_known = found;
    *ret = found ? known : batch->prev;
    return OK;
}

static void chain(struct taking *t, struct link before)
{
    for (int64_t i = 0; i < t->batch.count; i++) {
        before = link_next(before, &t->ops[i].hash);
        t->links[i] = before;
    }
}

/* Does each number that is taken hold the very op that comes under it now? */
static enum err slots_agree(struct taking *t, enum node_stmt slots, bool *ret)
{
    const struct batch *batch = &t->batch;
    struct stmt *s = db_stmt(t->serve->node->db, slots);
    stmt_bind_i64(s, 1, t->origin.id);
    stmt_bind_i64(s, 2, batch->from);
    stmt_bind_i64(s, 3, batch->from + batch->count - 1);
    while (*ret && stmt_row(s)) {
        struct id uid = {{0}};
        *ret = stmt_blob(s, 1, uid.bytes, ID_SIZE) &&
               id_equal(uid, t->ops[stmt_i64(s, 0) - batch->from].uid);
    }
    return stmt_end(s);
}

/* Does the region's backup hold the same chain, as far as it is known here? */
static bool fits_stable(const struct taking *t)
{
    int64_t at = t->origin.stable_seq - t->batch.from;
    return at < 0 || at >= t->batch.count || link_equal(t->links[at], t->origin.stable_link);
}

/* Does the chain agree with what is known of this origin here, from below or from above? */
static enum err fits_known(struct taking *t, bool *ret)
{
    struct link known;
    bool found = false;
    int64_t last = t->batch.from + t->batch.count - 1;
    int64_t meet = last < t->origin.seq ? last : t->origin.seq;
    enum err e = OK;
    *ret = true;
    if (t->origin.id == 0) {
        return OK;
    }
    if (meet >= t->batch.from) {
        e = log_link_at(t->serve->node, t->origin.id, meet, &found, &known);
        *ret = e || !found || link_equal(known, t->links[meet - t->batch.from]);
    }
    *ret = *ret && fits_stable(t);
    if (!e) {
        e = slots_agree(t, SLOTS_BETWEEN, ret);
    }
    return e ? e : slots_agree(t, ENVELOPES_BETWEEN, ret);
}

static enum err make_origin(struct taking *t)
{
    struct node *node = t->serve->node;
    const struct batch *batch = &t->batch;
    struct stmt *s = NULL;
    if (t->origin.id != 0) {
        if (t->origin.has_owner) {
            return OK;
        }
        s = db_stmt(node->db, ORIGIN_OWNER);
        stmt_bind_i64(s, 1, t->origin.id);
        stmt_bind_blob(s, 2, t->author->id.bytes, ID_SIZE);
        stmt_bind_blob(s, 3, batch->open.bytes, SIGNATURE_SIZE);
        return stmt_run(s);
    }
    struct link first = link_first(batch->origin);
    s = db_stmt(node->db, ORIGIN_ADD);
    stmt_bind_blob(s, 1, batch->origin.bytes, ID_SIZE);
    stmt_bind_blob(s, 2, t->author->id.bytes, ID_SIZE);
    stmt_bind_i64(s, 3, 0);
    stmt_bind_blob(s, 4, first.bytes, LINK_SIZE);
    stmt_bind_blob(s, 5, batch->open.bytes, SIGNATURE_SIZE);
    enum err e = stmt_run(s);
    t->origin.id = db_last_id(node->db);
    t->origin.link = first;
    return e;
}

/* ---- applying */

/* The earliest that a hub states and signs with this batch; STAMP_NO_RECEIPT: none does. */
static int64_t stated_receipt(const struct taking *t)
{
    int64_t earliest = STAMP_NO_RECEIPT;
    for (size_t i = 0; i < t->batch.receipt_count; i++) {
        const struct receipt *receipt = &t->batch.receipts[i];
        const struct org_node *hub = org_node(t->serve->org, receipt->hub);
        if (hub && hub->role >= ROLE_HUB && receipt->time_ms < earliest &&
            receipt_verify(receipt, &t->batch, &hub->key)) {
            earliest = receipt->time_ms;
        }
    }
    return earliest;
}

/* What a hub took before it heard of the revocation, and after that was made. Down there it is in
   the registers; the region sets it back for all (node_set_back.h). */
static bool came_too_late(const struct taking *t, int64_t index)
{
    const struct org_person *person = org_person(t->serve->org, t->ops[index].person);
    int64_t receipt_ms = stated_receipt(t);
    return t->serve->node->identity.role == ROLE_REGION && t->author->role < ROLE_HUB &&
           ((t->author->revoked && receipt_ms >= t->author->revoked_ms) ||
            (person && person->revoked && receipt_ms >= person->revoked_ms));
}

/* The same of one op, when its person is revoked and its device isn't. What a relay took in good
   faith is in its registers already: taken here too, so that both go on holding the same. */
static bool is_barred(const struct taking *t, int64_t index)
{
    bool relayed = t->serve->request.has_relay && t->batch.has_node;
    const struct org_person *person = org_person(t->serve->org, t->ops[index].person);
    if (t->author->role >= ROLE_HUB || !person || !person->revoked) {
        return false; /* A hub vouches for what it adopted. */
    }
    return !relayed || batch_is_aside(&t->batch, index);
}

/*
 * Its own receipt joins in: a hub whose clock runs ahead mustn't lift the cap on a wrong time. Not
 * with what is here already: that went on without it, when the clock was insane, and an hour that
 * this server alone knows would part it from all others.
 */
static void choose_receipt(struct taking *t, bool known)
{
    const struct serve *serve = t->serve;
    t->receipt_ms = stated_receipt(t);
    if (!known && serve->clock_sane && serve->now_ms < t->receipt_ms) {
        t->receipt_ms = serve->now_ms;
    }
}

/* Definitions are borrowed from the node and read anew when one came: look them up again. */
static enum err look_up_author(struct taking *t)
{
    struct serve *serve = t->serve;
    enum err e = node_org_keep(serve->node, &serve->org);
    if (!e) {
        t->author = org_node(serve->org, t->author_id);
        serve->caller = org_node(serve->org, t->caller_id);
        e = t->author && serve->caller ? OK : ERR_INTERNAL;
    }
    return e;
}

/* Known already, and perhaps only by somebody's word: its author's signature covers it now. Without
   an envelope of its author's it gets one of this server's, or it would never be stable. */
static enum err settle_copy(struct taking *t, enum applied applied, int64_t row)
{
    struct node *node = t->serve->node;
    if (t->bare) {
        return applied == APPLIED_NEW ? log_adopt(node, row) : OK;
    }
    if (applied != APPLIED_KNOWN) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, FLAG_PROVEN);
    stmt_bind_i64(s, 1, row);
    return stmt_run(s);
}

static enum err apply_ops(struct taking *t)
{
    struct node *node = t->serve->node;
    enum err e = OK;
    for (int64_t i = 0; !e && i < t->batch.count; i++) {
        enum applied applied = APPLIED_KNOWN;
        int64_t row = 0;
        struct arriving in = {
            .op = &t->ops[i],
            .way = WAY_BELOW,
            .receipt_ms = t->receipt_ms,
            .envelope = {!t->bare, t->origin.id, t->batch.from + i, true, t->links[i]},
            .has_org_signature = t->signed_for_org[i],
            .org_signature = t->signatures[i],
            .from = t->serve->caller->id,
            .barred = is_barred(t, i),
            .gone = is_gone(t, i)};
        struct members before = {.count = 0};
        e = late_scopes_of(node, &t->ops[i], &before);
        if (!e) {
            e = log_apply(node, &in, &applied, &row);
        }
        if (!e && t->signed_for_org[i]) {
            e = look_up_author(t);
        }
        if (!e && t->signed_for_org[i] && applied == APPLIED_NEW) {
            e = serve_hear_revocation(t->serve, &t->ops[i]);
        }
        if (!e && applied == APPLIED_NEW && t->ops[i].known_format) {
            e = late_flag(t->serve, t->author, &t->ops[i], &before, row);
        }
        if (!e && applied == APPLIED_NEW && t->ops[i].known_format) {
            e = redact_judge(node, t->author, &t->ops[i], row);
        }
        t->serve->new_ops += !e && applied == APPLIED_NEW;
        if (!e && applied == APPLIED_NEW && t->ops[i].known_format && came_too_late(t, i)) {
            e = serve_note_too_late(t->serve, t->author_id, t->ops[i].body, row);
        }
        if (!e && applied == APPLIED_QUARANTINED) {
            t->serve->reply.refused_count++;
        } else if (!e) {
            e = serve_note_brought(t->serve, &t->ops[i]);
        }
        if (!e) {
            e = settle_copy(t, applied, row);
        }
    }
    return e;
}

/* Moves the origin's contiguous end on, over batches that came earlier too. */
static enum err advance(struct taking *t)
{
    struct node *node = t->serve->node;
    int64_t seq = t->origin.seq;
    struct link link = t->origin.link;
    bool moved = false;
    for (;;) {
        struct stmt *s = db_stmt(node->db, ORIGIN_FILL);
        stmt_bind_i64(s, 1, t->origin.id);
        stmt_bind_i64(s, 2, seq);
        stmt_bind_blob(s, 3, link.bytes, LINK_SIZE);
        stmt_bind_i64(s, 4, WIRE_BATCH_OPS);
        bool more = stmt_row(s);
        if (more) {
            seq = stmt_i64(s, 0);
            more = stmt_blob(s, 1, link.bytes, LINK_SIZE);
            moved = true;
        }
        enum err e = stmt_end(s);
        if (e) {
            return e;
        }
        if (!more) {
            break;
        }
    }
    if (!moved) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, ORIGIN_ADVANCE);
    stmt_bind_i64(s, 1, t->origin.id);
    stmt_bind_i64(s, 2, seq);
    stmt_bind_blob(s, 3, link.bytes, LINK_SIZE);
    return stmt_run(s);
}

/* A log that starts or jumps here: only from the author's own stable point, shown by `prev`. */
static enum err rebase(struct taking *t, struct link before)
{
    struct stmt *s = db_stmt(t->serve->node->db, ORIGIN_REBASE);
    stmt_bind_i64(s, 1, t->origin.id);
    stmt_bind_i64(s, 2, t->batch.from - 1);
    stmt_bind_blob(s, 3, before.bytes, LINK_SIZE);
    t->origin.seq = t->batch.from - 1;
    t->origin.link = before;
    return stmt_run(s);
}

static enum err is_there(struct taking *t, enum node_stmt which, bool *ret)
{
    struct stmt *s = db_stmt(t->serve->node->db, which);
    stmt_bind_blob(s, 1, t->author->id.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, t->origin.id);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/*
 * A writer begins another origin when it was put back from a copy, or is one. One that goes on in
 * an origin after it began a younger one is two. What a relay brings may be of different days, so
 * only the author's own call tells that.
 */
static enum err notice_copies(struct taking *t, bool relayed)
{
    bool other = false;
    bool first = t->origin.seq == 0;
    enum err e = OK;
    if (first) {
        e = is_there(t, ORIGIN_OLDER, &other);
    } else if (!relayed && t->batch.from + t->batch.count - 1 > t->origin.seq) {
        e = is_there(t, ORIGIN_YOUNGER, &other);
    }
    if (!e && other) {
        e = notice_add(t->serve->node, first ? NOTICE_PUT_BACK : NOTICE_TWICE, t->author->id);
    }
    return e;
}

static enum err store(struct taking *t, struct link before, bool relayed)
{
    struct serve *serve = t->serve;
    t->author_id = t->author->id;
    t->caller_id = serve->caller->id;
    struct receipt receipt = {.hub = serve->node->identity.id, .time_ms = serve->now_ms};
    const struct receipt *stated = NULL;
    bool known = t->batch.from + t->batch.count - 1 <= t->origin.seq;
    enum err e = make_origin(t);
    if (!e) {
        e = notice_copies(t, relayed);
    }
    if (!e && !relayed && t->batch.from > t->origin.seq + 1) {
        e = rebase(t, before);
    }
    choose_receipt(t, known);
    t->batch.prev = before;
    if (relayed && t->batch.receipt_count > 0) {
        stated = &t->batch.receipts[0];
    } else if (serve->clock_sane) {
        receipt_sign(&receipt, &t->batch, &serve->node->key);
        stated = &receipt;
    }
    if (!e) {
        e = log_add_batch(serve->node, t->origin.id, &t->batch, WAY_BELOW, stated);
    }
    if (!e) {
        e = apply_ops(t);
    }
    if (!e) {
        e = advance(t);
    }
    if (id_equal(t->author_id, t->caller_id)) {
        serve->caller_has = t->batch.from + t->batch.count - 1;
        serve->caller_origin_name = t->batch.origin;
    }
    serve->wrote = true;
    return e;
}

/*
 * A chain that isn't the one known under this name: a copied device, or two that claim one origin.
 * The first keeps the numbers; the ops of the other are as good, and come in without envelopes, so
 * that nothing is lost and nothing of them is called stable.
 */
static enum err take_bare(struct taking *t, struct diag *diag)
{
    const struct batch *batch = &t->batch;
    if (batch->from > 1 && !batch->has_prev) {
        return quarantine(t, "fork", diag);
    }
    chain(t, batch->from > 1 ? batch->prev : link_first(batch->origin));
    if (!link_equal(t->links[batch->count - 1], batch->link) ||
        !batch_verify(batch, &t->author->key)) {
        return quarantine(t, "batch_signature", diag);
    }
    t->bare = true;
    t->author_id = t->author->id;
    t->caller_id = t->serve->caller->id;
    t->serve->wrote = true;
    choose_receipt(t, false);
    return apply_ops(t);
}

/* Whose is this origin? `*ret_bare`: another's, or a relay brings it under another's name. */
static enum err judge_owner(struct taking *t, bool relayed, bool *ret_refused, bool *ret_bare,
                            struct diag *diag)
{
    char origin[ID_TEXT_SIZE];
    bool opened = t->batch.has_open && batch_verify_open(t->batch.origin, t->author->id,
                                                         &t->author->key, &t->batch.open);
    bool owned = t->origin.has_owner && id_equal(t->origin.owner, t->author->id);
    id_write(t->batch.origin, origin);
    *ret_refused = *ret_bare = false;
    if (owned || (opened && !t->origin.has_owner)) {
        return OK;
    }
    if (!relayed && t->origin.has_owner) { /* Another opened it first: the caller begins anew. */
        return diag_set(diag, ERR_FORK, origin, NULL);
    }
    if (!relayed && !t->batch.has_open) { /* Not known here (any more): the opening is needed. */
        return diag_set(diag, ERR_GAP, origin, "0", NULL);
    }
    *ret_bare = opened;
    *ret_refused = !opened;
    return OK;
}

/*
 * Nobody signed what an op without a body wrote: a relay could say so of any op that it was given,
 * and the registers it names would be dead for good. An honest one says it of ops that were stable
 * here; this server lacks one of those only when it was put back since.
 */
static enum err lacks_gone(struct taking *t, bool *ret)
{
    struct node *node = t->serve->node;
    int64_t put_back = 0;
    enum err e = self_i64(node, NODE_SELF_PUT_BACK, 0, &put_back);
    *ret = false;
    for (int64_t i = 0; !e && !*ret && put_back == 0 && i < t->batch.count; i++) {
        struct held_op held = {.row = 1};
        e = is_gone(t, i) ? log_find(node, t->ops[i].uid, &held) : OK;
        *ret = !e && held.row == 0;
    }
    return e;
}

static enum err take(struct taking *t, bool relayed, struct diag *diag)
{
    bool lacks = false;
    struct link before;
    bool known = false;
    bool fits = false;
    bool refused = false;
    bool bare = false;
    char origin[ID_TEXT_SIZE];
    id_write(t->batch.origin, origin);
    enum err e = lacks_gone(t, &lacks);
    if (e || lacks) {
        return e ? e : quarantine(t, "never_here", diag);
    }
    e = find_origin(t->serve->node, t->batch.origin, &t->origin);
    if (!e) {
        e = judge_owner(t, relayed, &refused, &bare, diag);
    }
    if (e) {
        return e;
    }
    if (refused) {
        return quarantine(t, "origin_owner", diag);
    }
    if (bare) {
        return take_bare(t, diag);
    }
    e = link_before(t, &known, &before, diag);
    if (!e) {
        chain(t, before);
        e = fits_known(t, &fits);
    }
    if (!e && !fits) {
        e = diag_set(diag, ERR_FORK, origin, NULL);
    }
    if (e == ERR_FORK && relayed) { /* The relay can't begin another origin for its author. */
        return take_bare(t, diag);
    }
    if (e) {
        return e;
    }
    if (!link_equal(t->links[t->batch.count - 1], t->batch.link) ||
        !batch_verify(&t->batch, &t->author->key)) {
        return quarantine(t, "batch_signature", diag);
    }
    return store(t, before, relayed);
}

static enum err next_batch(struct serve *serve, struct diag *diag)
{
    struct taking t = {.serve = serve};
    struct span start = serve->rest;
    struct span line;
    bool relayed = serve->request.has_relay;
    if (!span_split(&serve->rest, '\n', &line)) {
        return diag_set(diag, ERR_FORMAT, "batch", "no line", NULL);
    }
    enum err e = batch_read_line(line, &t.batch, diag);
    if (!e) {
        e = read_ops(&t, &serve->rest, diag);
    }
    if (e) {
        return e;
    }
    t.whole = (struct span){start.data, start.size - serve->rest.size};
    t.author = serve->caller;
    if (relayed && t.batch.has_node) {
        struct id caller = serve->caller->id;
        e = node_org_keep(serve->node, &serve->org); /* its definition may have come just before */
        serve->caller = e ? serve->caller : org_node(serve->org, caller);
        t.author = e ? NULL : org_node(serve->org, t.batch.node);
    }
    if (!e && !serve->caller) {
        return diag_set(diag, ERR_UNAUTHENTICATED, "caller", NULL);
    }
    if (!e && !t.author) {
        return quarantine(&t, "unknown_author", diag);
    }
    return e ? e : take(&t, relayed, diag);
}

struct relay_point {
    uint64_t epoch;
    int64_t got;
};

static enum err relay_point(struct serve *serve, struct relay_point *ret)
{
    struct relay_point point = {0};
    struct stmt *s = db_stmt(serve->node->db, CALLER_GET);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    if (stmt_row(s)) {
        point = (struct relay_point){stmt_u64(s, 2), stmt_i64(s, 3)};
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = point.epoch == serve->request.relay_epoch ? point : (struct relay_point){0};
    }
    return e;
}

static enum err keep_relay_point(struct serve *serve)
{
    struct node *node = serve->node;
    struct stmt *s = db_stmt(node->db, CALLER_ADD);
    stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
    enum err e = stmt_run(s);
    if (!e) {
        s = db_stmt(node->db, CALLER_RELAY);
        stmt_bind_blob(s, 1, serve->caller->id.bytes, ID_SIZE);
        stmt_bind_u64(s, 2, serve->request.relay_epoch);
        stmt_bind_i64(s, 3, serve->request.relay_to);
        e = stmt_run(s);
    }
    return e;
}

enum err serve_relay_got(struct serve *serve, int64_t *ret)
{
    struct relay_point point = {0};
    enum err e = relay_point(serve, &point);
    if (!e) {
        *ret = point.got;
    }
    return e;
}

/* By network both ends stand at one number. A bundle may begin before it, and may end before it:
   what is here already does no harm, and its number doesn't go back. */
static bool relay_follows(struct serve *serve, int64_t got)
{
    struct sync_request *request = &serve->request;
    if (!serve->by_bundle || request->relay_from > got) {
        return request->relay_from == got;
    }
    request->relay_to = request->relay_to > got ? request->relay_to : got;
    return true;
}

enum err serve_push(struct serve *serve, struct diag *diag)
{
    struct relay_point point = {0};
    enum err e = serve_handed(serve, diag);
    if (e) {
        return e;
    }
    if (serve->request.has_relay) {
        e = relay_point(serve, &point);
        if (e) {
            return e;
        }
        serve->reply.has_got = true;
        serve->reply.got = point.got;
        if (!relay_follows(serve, point.got)) {
            return OK; /* It starts elsewhere: told where, it sends again. */
        }
        serve->reply.got = serve->request.relay_to;
        serve->reply.has_got = serve->request.relay_to != serve->request.relay_from;
    }
    while (!e && serve->rest.size > 0) {
        e = next_batch(serve, diag);
    }
    if (!e) {
        e = serve_set_back(serve);
    }
    if (!e && serve->request.has_relay && serve->request.relay_to != point.got) {
        e = keep_relay_point(serve);
        serve->wrote = true;
    }
    return e;
}
