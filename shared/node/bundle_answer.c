/*
 * bundle_answer.c - taking a file of answers: each reply as sync_take.c takes one, but that it may
 * be old, come twice, or have been written for a node that was put back since.
 */
#include <string.h>

#include "blob_internal.h"
#include "bundle_parts.h"
#include "notice.h"
#include "num.h"
#include "sync_internal.h"

#define TAKING_ARENA_MAX (16u * 1024 * 1024)

struct bundle_taking {
    struct node *node;
    struct pack *pack;
    struct sync *sync;
    struct arena arena; /* positions of both sides */
    struct bundle_answers answers;
    struct bundle_report *report;
};

static const struct feed_position *find_feed(const struct feed_position *list, size_t count,
                                             const struct feed_position *feed)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(list[i].scope, feed->scope) &&
            span_equal(list[i].compartment, feed->compartment)) {
            return &list[i];
        }
    }
    return NULL;
}

/* The rows of the bundle begin at its base: who has read less would leave a hole behind. Of a feed
   that isn't read here, or was given up since, only news can tell. */
bool bundle_feed_moves(const struct bundle_answers *answers, const struct feed_position *feed)
{
    const struct feed_position *mine = find_feed(answers->mine, answers->mine_count, feed);
    const struct feed_position *base = find_feed(answers->base, answers->base_count, feed);
    int64_t read = mine ? mine->n : 0;
    return answers->same_epoch && (mine || answers->news) && (base ? base->n : 0) <= read &&
           feed->n > read;
}

static enum err read_heard(struct node *node, struct id server, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, BUNDLE_HEARD);
    stmt_bind_blob(s, 1, server.bytes, ID_SIZE);
    int64_t heard = INT64_MIN;
    if (stmt_row(s) && !stmt_is_null(s, 0)) {
        heard = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = heard;
    }
    return e;
}

/* The server was restored or replaced, and says so itself: nothing of its numbers was read yet, and
   nothing that it acknowledged is believed any more. What neighbours hold is offered to it when a
   network is there (sync_offer.c). */
static enum err take_epoch(struct bundle_taking *taking, uint64_t epoch)
{
    struct node *node = taking->node;
    struct server_row *server = &taking->sync->server;
    server->epoch = epoch;
    server->ratchet = 0;
    server->acked = server->stables = server->offer = server->losses = 0;
    server->cursor = -1;
    enum err e = server_save(node, server);
    if (!e) {
        e = blob_doubt(node);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, BUNDLE_FEEDS_FORGET);
        stmt_bind_i64(s, 1, server->id);
        e = stmt_run(s);
    }
    if (!e) { /* its backup may be an older one: what is still there is told again */
        e = stmt_run(db_stmt(node->db, BLOB_DOUBT));
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, BUNDLE_FILES_OVER);
        stmt_bind_blob(s, 1, server->name.bytes, ID_SIZE);
        stmt_bind_i64(s, 2, FILE_TOLD);
        e = stmt_run(s);
    }
    return e ? e : notice_add(node, NOTICE_SERVER, server->name);
}

static enum err judge(struct bundle_taking *taking, const struct bundle_head *head, bool again)
{
    struct node *node = taking->node;
    struct bundle_answers *answers = &taking->answers;
    struct server_row *server = &taking->sync->server;
    struct bundle_peer peer = {0};
    int64_t heard = 0;
    int64_t relay = 0;
    enum err e = bundle_peer_read(node, server->name, &taking->arena, &peer);
    if (!e) {
        e = read_heard(node, server->name, &heard);
    }
    if (!e) {
        e = self_i64(node, "relay_epoch", (int64_t)node->identity.epoch, &relay);
    }
    if (e) {
        return e;
    }
    answers->later = head->time_ms > heard;
    answers->asked = head->has_re && peer.has_asked && head->re == peer.asked;
    answers->news = answers->later || again || answers->asked;
    answers->relay_mine = head->has_relay && head->relay == (uint64_t)relay;
    if (answers->news && server->epoch != head->epoch) {
        e = take_epoch(taking, head->epoch);
    }
    answers->same_epoch = server->epoch == head->epoch;
    return e;
}

/* The head's texts live as long as the frame: the positions are needed until the last one. */
static enum err copy_base(struct bundle_taking *taking, const struct bundle_head *head)
{
    struct feed_position *list = arena_array(&taking->arena, head->feed_count + 1, sizeof *list);
    enum err e = list ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < head->feed_count; i++) {
        list[i] = head->feeds[i];
        e = arena_copy(&taking->arena, head->feeds[i].scope, &list[i].scope);
        if (!e) {
            e = arena_copy(&taking->arena, head->feeds[i].compartment, &list[i].compartment);
        }
    }
    taking->answers.base = list;
    taking->answers.base_count = head->feed_count;
    return e;
}

static enum err begin(struct bundle_taking *taking, const struct bundle_head *head, bool again)
{
    struct feed_position *mine = NULL;
    enum err e = node_begin(taking->node);
    if (e) {
        return e;
    }
    e = node_end(taking->node, judge(taking, head, again));
    if (!e) {
        e = server_feeds(taking->node, &taking->sync->server, &taking->arena, &mine,
                         &taking->answers.mine_count);
        taking->answers.mine = mine;
    }
    return e ? e : copy_base(taking, head);
}

enum err bundle_take_begin(struct bundle_in *in, const struct bundle_head *head,
                           struct bundle_taking **ret)
{
    struct node *node = in->node;
    struct bundle_taking *taking = NULL;
    if (!head->has_epoch) {
        return diag_set(in->diag, ERR_FORMAT, "an answer without an epoch", "bundle head", NULL);
    }
    taking = node->host->mem.resize(node->host->mem.ctx, NULL, sizeof *taking);
    if (!taking) {
        return diag_set(in->diag, ERR_NOMEM, NULL);
    }
    *taking = (struct bundle_taking){.node = node, .report = in->report};
    arena_init(&taking->arena, &node->host->mem, TAKING_ARENA_MAX);
    enum err e = pack_new(&node->host->mem, &taking->pack);
    if (!e) {
        e = sync_new(node, taking->pack, &in->parties.sender, NULL, &taking->sync, in->diag);
    }
    if (!e) {
        e = begin(taking, head, in->again);
    }
    if (e) {
        bundle_take_end(taking);
        return node_failed(node, e, in->diag);
    }
    taking->sync->answers = &taking->answers;
    in->report->news = taking->answers.news;
    *ret = taking;
    return OK;
}

enum err bundle_take_answer(struct bundle_taking *taking, struct span body, struct diag *diag)
{
    bool again = false;
    bool moved = false;
    enum err e = sync_take(taking->sync, body, &again, &moved, diag);
    const struct sync_result *result = &taking->sync->result;
    taking->report->ops = result->ops_received;
    taking->report->rows = result->rows_received;
    taking->report->acked = result->ops_pushed;
    taking->report->late = result->late;
    taking->report->refused = result->refused;
    return e;
}

enum err bundle_take_put(struct bundle_taking *taking, struct span body, struct diag *diag)
{
    bool news = taking->answers.news && taking->answers.same_epoch;
    return bundle_take_files(taking->node, &taking->sync->server, news, body, taking->report, diag);
}

/* An old file says nothing of today. `kept` is in numbers of those asks, and of no others. */
enum err bundle_take_revoked(struct bundle_taking *taking, int64_t kept, struct diag *diag)
{
    char number[NUM_TEXT_SIZE];
    struct diag told = {0};
    bool again = false;
    if (!taking->answers.news) {
        return OK;
    }
    num_write_i64(taking->answers.asked ? kept : 0, number);
    (void)diag_set(&told, ERR_REVOKED, taking->node->identity.short_code, number, NULL);
    enum err e = sync_revoked(taking->sync, &told, &again);
    return e ? node_failed(taking->node, e, diag)
             : diag_set(diag, ERR_REVOKED, taking->node->identity.short_code, number, NULL);
}

void bundle_take_end(struct bundle_taking *taking)
{
    if (!taking) {
        return;
    }
    const struct mem mem = taking->node->host->mem;
    sync_free(taking->sync);
    pack_free(taking->pack);
    arena_release(&taking->arena);
    mem.resize(mem.ctx, taking, 0);
}
