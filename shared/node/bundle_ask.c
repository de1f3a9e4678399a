/*
 * bundle_ask.c - what this node would ask a server of its own, as frames: the requests of
 * sync_ask.c, each beginning where the one before ended, since nobody answers in between.
 */
#include "bundle_parts.h"
#include "lease.h"
#include "sync_internal.h"

/* Before the file gets its name: an answer to it is known by this. */
static enum err remember_asked(struct node *node, struct id server, uint64_t id)
{
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, BUNDLE_ASKED);
    stmt_bind_blob(s, 1, server.bytes, ID_SIZE);
    stmt_bind_u64(s, 2, id);
    return node_end(node, stmt_run(s));
}

static enum err write_head(struct bundle_out *out, uint64_t *ret_id)
{
    struct node *node = out->node;
    struct bundle_head head = {.time_ms = node->host->now_ms(node->host->ctx), .has_id = true};
    node->host->random(node->host->ctx, &head.id, sizeof head.id);
    enum err e = bundle_out_head(out, &head);
    *ret_id = head.id;
    return e;
}

/* One frame; `*ret_more` when something of ours or of the visits is left for another. */
static enum err write_ask(struct bundle_out *out, struct sync *sync, bool *ret_more)
{
    bool hub = out->node->identity.role >= ROLE_HUB;
    sync->need_feeds = true;
    sync->ask_first = false;
    enum err e = sync_ask(sync);
    if (!e) {
        out->report->ops += sync->pushed_count;
        e = bundle_out_frame(out, BUNDLE_ASK, buf_span(&sync->body));
    }
    int64_t reached = hub ? sync->relayed_to : sync->pushed_to;
    *ret_more = reached > sync->bundled || sync->visit_count == SYNC_VISITS_MAX;
    sync->bundled = reached > sync->bundled ? reached : sync->bundled;
    sync->visit_skip += sync->visit_count;
    return e;
}

enum err bundle_write_asks(struct bundle_out *out, struct id server)
{
    struct pack *pack = NULL;
    struct sync *sync = NULL;
    struct lease lease = {.lock = LEASE_OPEN};
    uint64_t id = 0;
    bool more = true;
    enum err e = pack_new(&out->node->host->mem, &pack);
    if (e) {
        return e;
    }
    e = sync_new(out->node, pack, &server, NULL, &sync, out->diag);
    if (!e) {
        e = write_head(out, &id);
        sync->by_bundle = true;
        sync->push_size = WIRE_PUSH_MOST;
        sync->bundled = out->node->identity.role >= ROLE_HUB ? sync->server.got : 0;
    }
    if (!e) {
        e = lease_read(out->node, &lease);
    }
    if (!e && lease.lock == LEASE_REVOKED) { /* what is in quarantine needn't go again */
        sync->handing = true;
        sync->handed_to = lease.kept > sync_from(sync) ? lease.kept : sync_from(sync);
    }
    while (!e && more) {
        e = write_ask(out, sync, &more);
    }
    if (!e) {
        e = bundle_write_files(out, &sync->server);
    }
    if (!e) {
        e = remember_asked(out->node, server, id);
    }
    sync_free(sync);
    pack_free(pack);
    return node_failed(out->node, e, out->diag);
}
