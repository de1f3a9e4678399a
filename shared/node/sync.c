/*
 * sync.c - the calling end of a sync: which action comes next.
 */
#include <string.h>

#include "blob_internal.h"
#include "code.h"
#include "envelope.h"
#include "json.h"
#include "lease.h"
#include "node_redact.h"
#include "notice.h"
#include "num.h"
#include "snapshot_message.h"
#include "sync_forget.h"
#include "sync_internal.h"

#define SYNC_TRIES           5
#define SYNC_ARENA_MAX       (64u * 1024 * 1024)
#define SYNC_REPLY_SIZE      (256 * 1024)
#define SYNC_BACKOFF_MS      2000 /* first wait; doubles */
#define SYNC_BACKOFF_MOST_MS 60000
#define SYNC_IDLE_MOST       4 /* replies in a row that moved nothing while more was promised */

enum err sync_new(struct node *node, struct pack *pack, const struct id *server,
                  const struct sync_options *options, struct sync **ret, struct diag *diag)
{
    const struct mem mem = node->host->mem;
    struct sync *sync = mem.resize(mem.ctx, NULL, sizeof *sync);
    if (!sync) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    memset(sync, 0, sizeof *sync);
    sync->node = node;
    sync->pack = pack;
    sync->options = options ? *options : (struct sync_options){0};
    sync->options.tries = sync->options.tries > 0 ? sync->options.tries : SYNC_TRIES;
    sync->reply_size = sync->options.reply_size > 0 ? sync->options.reply_size : SYNC_REPLY_SIZE;
    sync->push_size = WIRE_PUSH_START;
    sync->below = -1;
    arena_init(&sync->offer.arena, &node->host->mem, SYNC_ARENA_MAX);
    arena_init(&sync->forget.arena, &node->host->mem, SYNC_ARENA_MAX);
    arena_init(&sync->arena, &node->host->mem, SYNC_ARENA_MAX);
    buf_init(&sync->body, &node->host->mem, WIRE_PACKED_MAX + ENVELOPE_HEAD_SIZE);
    struct lease lease = {0};
    enum err e =
        node->identity.enrolled ? server_load(node, server, &sync->server) : ERR_NOT_ENROLLED;
    if (!e) {
        e = lease_read(node, &lease);
    }
    if (e) {
        sync_free(sync);
        return e == ERR_NOT_ENROLLED ? diag_set(diag, e, NULL) : node_failed(node, e, diag);
    }
    /* One that was told it is revoked hears again whether it is, before it sends more. */
    sync->ask_first = sync->server.unsure > sync->server.acked || lease.lock == LEASE_REVOKED;
    *ret = sync;
    return OK;
}

void sync_free(struct sync *sync)
{
    if (!sync) {
        return;
    }
    const struct mem mem = sync->node->host->mem;
    server_release(sync->node, &sync->server);
    buf_release(&sync->body);
    arena_release(&sync->offer.arena);
    arena_release(&sync->arena);
    arena_release(&sync->forget.arena);
    mem.resize(mem.ctx, sync, 0);
}

enum err sync_server(struct sync *sync, struct sync_server *ret)
{
    struct node_clock clock;
    enum err e = node_clock(sync->node, &clock);
    if (!e) {
        *ret = (struct sync_server){.id = sync->server.name,
                                    .url = sync->server.url,
                                    .pins = sync->server.pins,
                                    .ca_pem = sync->server.ca,
                                    .skip_dates = clock.insane};
    }
    return e;
}

/* ---- actions */

static void give_up(struct sync *sync, const struct diag *why, enum err e, struct sync_action *ret)
{
    ret->kind = SYNC_GAVE_UP;
    if (why && why->code) {
        ret->diag = *why;
    } else {
        diag_set(&ret->diag, e, sync->server.url, NULL);
    }
}

/* The next request of the attachments' lane; without one the sync is done. */
static void exchange_blobs(struct sync *sync, struct sync_action *ret)
{
    struct diag diag = {0};
    bool any = false;
    enum err e = lane_ask(sync, &any);
    if (e) {
        give_up(sync, &diag, node_failed(sync->node, e, &diag), ret);
        return;
    }
    if (!any) {
        ret->kind = SYNC_DONE;
        return;
    }
    sync->result.requests++;
    sync->result.bytes_sent += (int64_t)sync->body.size;
    ret->kind = SYNC_EXCHANGE;
    ret->path = "/v1/blob";
    ret->body = buf_span(&sync->body);
}

/* A disk that fills while a sync runs must find it stopping, well before saves need the reserve. */
static void look_at_space(struct sync *sync)
{
    sync->tight = sync->tight || node_space(sync->node).stop;
    sync->result.tight = sync->tight;
    if (sync->tight) {
        sync->reply_size = WIRE_REPLY_MIN;
        sync->take_next = false;
    }
}

static void exchange(struct sync *sync, struct sync_action *ret)
{
    struct diag diag = {0};
    int64_t batches = 0;
    int64_t coming = 0;
    bool any = false;
    look_at_space(sync);
    if (sync->lane.on) {
        exchange_blobs(sync, ret);
        return;
    }
    sync->asked_snapshot = sync->take_next;
    enum err e = sync->asked_snapshot ? snapshot_ask(sync) : sync_ask(sync);
    if (!e) {
        e = sync_left(sync, &ret->push_left, &batches);
    }
    if (!e) {
        e = snapshots_left(sync, &any, &coming);
    }
    if (e) {
        give_up(sync, &diag, node_failed(sync->node, e, &diag), ret);
        return;
    }
    sync->result.requests++;
    sync->result.bytes_sent += (int64_t)sync->body.size;
    ret->kind = SYNC_EXCHANGE;
    ret->path = sync->asked_snapshot ? "/v1/snapshot" : "/v1/sync";
    ret->body = buf_span(&sync->body);
    ret->pull_known_left = any ? coming : -1;
}

/* Waits longer after each failure in a row; jitter keeps a village of devices from calling
   together when the network comes back. */
static void wait_a_while(struct sync *sync, int64_t retry_after_s, const struct diag *why,
                         struct sync_action *ret)
{
    uint32_t random = 0;
    int64_t wait = SYNC_BACKOFF_MS;
    sync->failures++;
    sync->result.retries++;
    sync->signed_again = false; /* what was lost may have been the answer to that */
    sync->push_size = sync->push_size / 2 > (int64_t)WIRE_PUSH_LEAST ? sync->push_size / 2
                                                                     : (int64_t)WIRE_PUSH_LEAST;
    sync->reply_size = sync->reply_size / 2 > (int64_t)WIRE_REPLY_MIN ? sync->reply_size / 2
                                                                      : (int64_t)WIRE_REPLY_MIN;
    if (sync->failures >= sync->options.tries) {
        give_up(sync, why, ERR_NETWORK, ret);
        return;
    }
    for (int64_t i = 1; i < sync->failures && wait < SYNC_BACKOFF_MOST_MS; i++) {
        wait *= 2;
    }
    wait = wait > SYNC_BACKOFF_MOST_MS ? SYNC_BACKOFF_MOST_MS : wait;
    sync->node->host->random(sync->node->host->ctx, &random, sizeof random);
    wait = wait / 2 + (int64_t)(random % (uint32_t)(wait / 2 + 1));
    wait = retry_after_s * 1000 > wait ? retry_after_s * 1000 : wait;
    ret->kind = SYNC_WAIT;
    ret->wait_ms = wait;
    /* Whether the callee took the last batch isn't known: ask before sending it again. */
    sync->ask_first = sync->ask_first || sync->pushed_to > sync->server.acked;
}

static void grow_sizes(struct sync *sync)
{
    int64_t most = sync->options.reply_size > 0 ? sync->options.reply_size : SYNC_REPLY_SIZE;
    sync->push_size =
        sync->push_size * 2 < (int64_t)WIRE_PUSH_MOST ? sync->push_size * 2 : WIRE_PUSH_MOST;
    sync->reply_size = sync->reply_size * 2 < most ? sync->reply_size * 2 : most;
    sync->reply_size = sync->tight ? (int64_t)WIRE_REPLY_MIN : sync->reply_size;
}

static bool is_garbled(enum err e)
{
    return e == ERR_PEER || e == ERR_FORMAT || e == ERR_JSON || e == ERR_UNKNOWN_FORMAT;
}

static void on_blobs(struct sync *sync, const struct sync_event *event, struct sync_action *ret)
{
    struct diag diag = {0};
    enum err e = lane_take(sync, event->body, &diag);
    if (is_garbled(e)) {
        wait_a_while(sync, 0, &diag, ret);
    } else if (e) {
        give_up(sync, &diag, e, ret);
    } else {
        sync->failures = 0;
        sync->signed_again = false;
        if (lane_tell_again(sync)) {
            exchange(sync, ret);
        } else {
            exchange_blobs(sync, ret);
        }
    }
}

/* A piece of a snapshot came, whole or (when the connection broke) in part. */
static enum err on_piece(struct sync *sync, struct span body, struct diag *diag)
{
    int64_t coming = 0;
    int64_t damaged = sync->result.frames_damaged;
    enum err e = snapshot_take(sync, body, diag);
    if (!e) {
        e = snapshots_left(sync, &sync->take_next, &coming);
    }
    if (!e && sync->result.frames_damaged > damaged) {
        e = diag_set(diag, ERR_PEER, sync->server.url, "damaged", NULL);
    }
    return e;
}

static void on_snapshot(struct sync *sync, const struct sync_event *event, struct sync_action *ret)
{
    struct diag diag = {0};
    enum err e = on_piece(sync, event->body, &diag);
    if (is_garbled(e)) {
        wait_a_while(sync, 0, &diag, ret);
        return;
    }
    if (e) {
        give_up(sync, &diag, e, ret);
        return;
    }
    sync->failures = 0;
    sync->idle = 0;
    sync->signed_again = false;
    grow_sizes(sync);
    exchange(sync, ret);
}

/* All is told and taken. Before it ends, room is made where that is due. */
static void end_or_forget(struct sync *sync, struct sync_action *ret)
{
    struct diag diag = {0};
    bool began = sync->forget.on;
    bool offers = false;
    enum err e = offer_begin(sync, &offers);
    if (!e && !offers) {
        e = sync_forget_next(sync, &sync->forget.on);
    }
    if (!e && (offers || sync->forget.on)) {
        exchange(sync, ret);
        return;
    }
    if (!e && began) {
        e = sync_forget_end(sync);
    }
    if (e) {
        give_up(sync, &diag, node_failed(sync->node, e, &diag), ret);
        return;
    }
    sync->lane.on = true;
    exchange_blobs(sync, ret);
}

static void on_success(struct sync *sync, const struct sync_event *event, struct sync_action *ret)
{
    struct diag diag = {0};
    bool again = false;
    bool moved = false;
    bool asked = sync->ask_first;
    bool receipts = false;
    int64_t ops = 0;
    int64_t batches = 0;
    if (sync->lane.on) {
        on_blobs(sync, event, ret);
        return;
    }
    enum err e = sync_take(sync, event->body, &again, &moved, &diag);
    if (is_garbled(e)) {
        wait_a_while(sync, 0, &diag, ret); /* a portal's page, a cut body: nothing was applied */
        return;
    }
    if (!e) {
        e = sync_left(sync, &ops, &batches);
    }
    if (!e) { /* What the reply erased is confirmed at once: the next contact may be weeks away. */
        e = receipts_left(sync->node, &receipts);
    }
    if (e) {
        give_up(sync, &diag, e, ret);
        return;
    }
    if (sync->tight) { /* the log gives its space back, so that letting go needs none */
        enum err busy = db_checkpoint(sync->node->db);
        (void)busy;
    }
    sync->failures = 0;
    sync->signed_again = false;
    grow_sizes(sync);
    sync->idle = moved || asked ? 0 : sync->idle + 1;
    bool refused = sync->pushed_to > sync->server.acked && !moved;
    sync->stuck = sync->pushed_count > 0 && !moved;
    /* First everything that comes in rows, and what we have to send. */
    int64_t coming = 0;
    sync->take_next = false;
    if (!again && !sync->tight && (ops == 0 || refused)) {
        e = snapshots_left(sync, &sync->take_next, &coming);
    }
    if (e) {
        give_up(sync, &diag, e, ret);
        return;
    }
    /* What was wanted may not be granted here (yet): asking again only helps after some came. */
    bool more_wanted = sync->wanted && sync->entered && !sync->tight;
    if (sync->take_next) {
        exchange(sync, ret);
        return;
    }
    if ((again || receipts || ((ops > 0 || batches > 0) && !refused) || more_wanted) &&
        sync->idle < SYNC_IDLE_MOST) {
        exchange(sync, ret);
        return;
    }
    end_or_forget(sync, ret);
}

/* What the callee says is good to try with. */
struct hints {
    bool has_ratchet, has_epoch;
    uint64_t ratchet, epoch;
};

static bool read_hint(const struct json *json, const char *key, uint64_t *ret)
{
    struct id head = {{0}};
    if (!base64_read(json_span(json_get(json, key)), head.bytes, sizeof *ret)) {
        return false;
    }
    *ret = id_prefix8(head);
    return true;
}

/* {"error":name,"args":[...],"ratchet":..,"epoch":..} */
static void read_error(const struct sync_event *event, struct diag *diag, struct hints *ret)
{
    struct json *json = NULL;
    *ret = (struct hints){.ratchet = 0};
    diag->code = ERR_PEER;
    if (json_parse(event->body, &json, NULL)) {
        return;
    }
    diag->code = err_from_name(json_get_text(json, "error", "bad_reply"));
    for (const struct json *arg = json_first(json_get(json, "args"));
         arg && diag->arg_count < DIAG_ARGS; arg = json_next(arg)) {
        span_text(json_span(arg), diag->args[diag->arg_count++], DIAG_ARG_SIZE);
    }
    ret->has_ratchet = read_hint(json, "ratchet", &ret->ratchet);
    ret->has_epoch = read_hint(json, "epoch", &ret->epoch);
    json_free(json);
}

static enum err keep_server(struct sync *sync)
{
    enum err e = node_begin(sync->node);
    return e ? e : node_end(sync->node, server_save(sync->node, &sync->server));
}

static enum err start_over(struct sync *sync)
{
    enum err e = node_begin(sync->node);
    if (!e) {
        e = log_reorigin(sync->node);
        sync->server.acked = 0;
        sync->server.unsure = 0;
        if (!e) {
            e = server_save(sync->node, &sync->server);
        }
        e = node_end(sync->node, e);
    }
    return e;
}

/* The server was put back: it has less than it said, of us and of others. All that is held here is
   offered to it, and nothing that it acknowledged is believed any more. */
static enum err meet_epoch(struct sync *sync, uint64_t epoch)
{
    struct server_row *server = &sync->server;
    server->epoch = epoch;
    server->ratchet = 0;
    server->acked = server->stables = server->offer = server->losses = 0;
    server->cursor = -1;
    sync->offers_rest = false;
    sync->roots_after = 0;
    sync->ask_first = true;
    sync->stuck = false;
    sync->lane = (struct lane){.spent = sync->lane.spent}; /* records first, again */
    enum err e = node_begin(sync->node);
    if (!e) {
        e = server_save(sync->node, server);
        if (!e) { /* its backup may be an older one: what is still there is told again */
            e = blob_doubt(sync->node);
        }
        if (!e) {
            e = notice_add(sync->node, NOTICE_SERVER, server->name);
        }
        e = node_end(sync->node, e);
    }
    return e;
}

/* It has the own origin up to `seq`. Less than is stable only the region itself may lose, by an old
   backup; a hub that wants the opening says 0, and has it with the next. */
static enum err meet_gap(struct sync *sync, const struct diag *diag)
{
    int64_t seq = 0;
    enum err e = num_read_i64(span_of(diag->args[1]), &seq) && seq >= 0 ? OK : ERR_PEER;
    if (!e && (seq > 0 || sync->server.acked == 0)) {
        sync->below = seq;
    }
    /* It may say that it has less; that it has more only `ack` proves, with the link there. */
    sync->ask_first = seq >= sync->server.acked;
    sync->server.acked = !e && seq < sync->server.acked ? seq : sync->server.acked;
    return e;
}

/* Heard before it is refused: what it still had is in quarantine then, for a person to look at. */
static enum err hand_over(struct sync *sync, const struct diag *told, bool *ret_done)
{
    bool again = false;
    enum err e = sync_revoked(sync, told, &again);
    *ret_done = !e && !again;
    return e;
}

static void on_refusal(struct sync *sync, const struct sync_event *event, struct sync_action *ret)
{
    struct diag diag = {0};
    struct hints hints;
    bool done = false;
    enum err e = OK;
    read_error(event, &diag, &hints);
    if (diag.code == ERR_RATCHET && hints.has_ratchet && !sync->signed_again) {
        sync->signed_again = true;
        sync->server.ratchet = hints.ratchet;
        e = keep_server(sync);
    } else if (sync->asked_snapshot && diag.code == ERR_NOT_FOUND) {
        sync->take_next = false; /* the next reply offers another one, or brings rows */
        e = snapshot_refused(sync);
    } else if (diag.code == ERR_EPOCH && hints.has_epoch && sync->idle < SYNC_IDLE_MOST) {
        sync->idle++;
        e = meet_epoch(sync, hints.epoch);
    } else if (diag.code == ERR_GAP && sync->idle < SYNC_IDLE_MOST) {
        sync->idle++;
        e = meet_gap(sync, &diag);
    } else if (diag.code == ERR_FORK && sync->idle < SYNC_IDLE_MOST) {
        sync->idle++;
        e = start_over(sync);
    } else if (diag.code == ERR_REVOKED) {
        e = hand_over(sync, &diag, &done);
    } else if (event->status == 507) { /* its disk is full: no matter of trying once more */
        give_up(sync, NULL, ERR_PEER_FULL, ret);
        return;
    } else if (event->status == 503 || event->status == 429 || event->status >= 500) {
        wait_a_while(sync, event->retry_after_s, &diag, ret);
        return;
    } else {
        give_up(sync, &diag, diag.code, ret);
        return;
    }
    if (e || done) {
        give_up(sync, &diag, e, ret);
        return;
    }
    exchange(sync, ret);
}

/* Of a snapshot every byte counts, also those before the connection broke. */
static void keep_what_came(struct sync *sync, const struct sync_event *event)
{
    struct diag ignored = {0};
    struct span piece;
    if (sync->asked_snapshot && event->status == 200 &&
        reply_answers(event->body, buf_span(&sync->body), &piece) &&
        piece.size > SNAPSHOT_HEAD_SIZE) {
        sync->result.bytes_received += (int64_t)event->body.size;
        enum err e = on_piece(sync, piece, &ignored);
        (void)e; /* what couldn't be kept is asked for once more */
        sync->failures = e ? sync->failures : 0;
    }
}

/* An answer to another request, that something on the way had kept, is worth nothing. */
static void on_answer(struct sync *sync, const struct sync_event *event, struct sync_action *ret)
{
    struct diag diag = {0};
    struct sync_event answer = *event;
    sync->result.bytes_received += (int64_t)event->body.size;
    if (!reply_answers(event->body, buf_span(&sync->body), &answer.body)) {
        (void)diag_set(&diag, ERR_PEER, sync->server.url, "another request", NULL);
        wait_a_while(sync, 0, &diag, ret);
    } else if (sync->asked_snapshot) {
        on_snapshot(sync, &answer, ret);
    } else {
        on_success(sync, &answer, ret);
    }
}

void sync_step(struct sync *sync, const struct sync_event *event, struct sync_action *ret)
{
    struct sync_action action = {.push_left = -1, .pull_known_left = -1};
    switch (event->kind) {
    case SYNC_BEGIN:
    case SYNC_WAITED:
        exchange(sync, &action);
        break;
    case SYNC_REPLY:
        if (event->status == 200) {
            on_answer(sync, event, &action);
        } else {
            on_refusal(sync, event, &action);
        }
        break;
    case SYNC_FAILED:
        if (event->diag && event->diag->code == ERR_PIN) {
            give_up(sync, event->diag, ERR_PIN, &action); /* no retry makes it the right server */
        } else {
            keep_what_came(sync, event);
            wait_a_while(sync, 0, event->diag, &action);
        }
        break;
    }
    action.result = sync->result;
    *ret = action;
}
