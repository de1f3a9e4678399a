/*
 * sync_internal.h - the calling end's state (the sync*.c files only).
 */
#ifndef SYNC_INTERNAL_H
#define SYNC_INTERNAL_H

#include "blob_message.h"
#include "forget_internal.h"
#include "node_internal.h"
#include "sync.h"
#include "sync_message.h"
#include "sync_offer.h"

#define SYNC_VISITS_MAX 256 /* told in one request */

/* A row of table server, as the machine works on it. */
struct server_row {
    int64_t id;
    struct id name;
    char url[512];
    char pins[256];
    char *ca; /* owned */
    uint64_t epoch, ratchet;
    int64_t acked;   /* own origin, acknowledged here */
    int64_t got;     /* a hub's batches that the region has */
    int64_t stables; /* last backup of the region known here */
    int64_t unsure;  /* highest own number ever put in a request; a hub's: batch number */
    int64_t cursor;  /* -1: feeds stand at different numbers */
    int64_t losses;  /* the last number of files lost that it told (sync_blob.c) */
    int64_t offer;   /* up to which row of op it was offered what is held, or: */
};

/* The lane of attachments (sync_blob.c): a page of names is asked for, then pieces follow. */
enum lane_phase {
    LANE_SEND_THUMBS,
    LANE_FETCH_THUMBS,
    LANE_SEND_FILES,
    LANE_FETCH_FILES,
    LANE_STABLE, /* what the server has: has the region's backup got it? */
    LANE_END
};
enum lane_sent { LANE_ASK, LANE_PUT, LANE_GET };

struct lane_item {
    int64_t id;
    struct blob_name name;
    int64_t there; /* bytes that the server has; -1: nothing to do with it */
    int64_t here;  /* of one that is fetched: bytes we have */
    int64_t idle;  /* replies in a row that brought it no further */
};

struct lane {
    bool on;
    enum lane_phase phase;
    struct lane_item items[WIRE_BLOB_NAMES];
    size_t count, next;
    bool loaded, asked;
    int64_t after_size, after_id; /* of the last page */
    enum lane_sent sent;          /* what the request in flight is */
    int64_t spent;
};

struct sync {
    struct lane lane;
    struct node *node;
    struct pack *pack;
    struct sync_options options;
    struct server_row server;
    struct arena arena; /* of one exchange */
    struct buf body;    /* the request */
    int64_t push_size;  /* bytes, adapts */
    int64_t reply_size;
    bool tight;        /* the disk is nearly full: send, forget, and take in little */
    bool need_feeds;   /* the callee asked for them */
    bool ask_first;    /* an outcome is unknown: ask before sending again */
    bool handing;      /* told that it is revoked: the rest goes to quarantine (sync_revoked.c) */
    int64_t handed_to; /* own number, a hub's: batch number */
    bool signed_again; /* a stale ratchet was mended once in this exchange */
    int64_t failures;  /* in a row without progress */
    int64_t idle;      /* replies in a row that moved nothing */
    /* What the request in flight holds. */
    int64_t pushed_to;    /* own number; 0: nothing */
    int64_t relayed_to;   /* batch number; 0: nothing */
    int64_t pushed_count; /* ops */
    int64_t named_root;   /* the last root (row) it is unsure of; 0: none */
    bool wanted;
    struct id visits[SYNC_VISITS_MAX]; /* callers of ours that it tells of */
    size_t visit_count;
    struct erased erased[WIRE_ERASED_MAX]; /* receipts of redactions that it tells */
    size_t erased_count;
    struct reopen_told reopens[WIRE_REOPENS_MAX]; /* codes that opened this device */
    size_t reopen_count;
    bool entered;        /* the reply brought a tree whole */
    bool take_next;      /* a snapshot's next piece is what to ask for */
    bool asked_snapshot; /* ... and was */
    bool stuck;          /* what was pushed wasn't acknowledged: no reason to wait with the rest */
    bool sums;           /* the request holds the sums of a reconcile */
    int64_t roots_after; /* up to here (rows) the callee answered which roots are granted */
    int64_t below;       /* own ops are told once more after this number; -1: none */
    int64_t refused_own; /* lowest own op whose file the callee doesn't take; 0: none */
    bool told_again;     /* ... and was told again, once a sync */
    struct offer offer;
    bool offers_rest; /* what was learnt elsewhere, not all that is held */
    /* By bundle (bundle_ask.c, bundle_answer.c). */
    bool by_bundle;    /* nobody answers: no reconcile, no snapshots */
    int64_t bundled;   /* how far earlier frames of this bundle reach: own number or batch number */
    size_t visit_skip; /* visits told in earlier frames */
    const struct bundle_answers *answers; /* what the replies came in; NULL: by network */
    struct forgetting forget;
    struct sync_result result;
};

/* The bundle that replies came in. What a network's reply may do, only `news` may. */
struct bundle_answers {
    bool news;                        /* nothing later was heard of this server */
    bool same_epoch;                  /* numbers mean what ours mean */
    bool relay_mine;                  /* its `got` is of our batches as they are numbered now */
    bool later;                       /* than any reply so far */
    bool asked;                       /* they answer the last that this node asked */
    const struct feed_position *base; /* where the first reply begins */
    size_t base_count;
    const struct feed_position *mine; /* how far this node had read when it began */
    size_t mine_count;
};
/* May this feed move to `n` by what the bundle brought? bundle_answer.c */
bool bundle_feed_moves(const struct bundle_answers *answers, const struct feed_position *feed);

/* sync_ask.c: builds the next request into sync->body. */
MUST_CHECK enum err sync_ask(struct sync *sync);
/* Is there more of ours to send? */
MUST_CHECK enum err sync_left(struct sync *sync, int64_t *ret_ops, int64_t *ret_batches);

/* sync_offer.c: all is told and read; was there anything learnt elsewhere to be offered now? */
MUST_CHECK enum err offer_begin(struct sync *sync, bool *ret_offers);
/* The part of a reconcile in the next request (nothing when none is due: then
   `request->has_offer` stays false), and what the reply makes of it. */
MUST_CHECK enum err offer_ask(struct sync *sync, struct sync_request *request, struct buf *rows);
MUST_CHECK enum err offer_take(struct sync *sync, const struct sync_reply *reply, bool *ret_moved);

/* Packs, signs and seals the text of a request for `path` into sync->body. */
MUST_CHECK enum err sync_seal(struct sync *sync, const char *path, struct span text);

/* sync_blob.c: the next request of the lane, or `*ret_any` false when nothing is left to do. */
MUST_CHECK enum err lane_ask(struct sync *sync, bool *ret_any);
/* Applies a reply to it, in one transaction. */
MUST_CHECK enum err lane_take(struct sync *sync, struct span body, struct diag *diag);
/* Then: was a file refused whose op is ours? That op is told with the next request of the sync,
   once a sync, and the lane stands at its beginning. */
MUST_CHECK bool lane_tell_again(struct sync *sync);

/* sync_take.c: applies a reply of status 200 in one transaction. `*ret_again`: ask at once;
   `*ret_moved`: something came or was acknowledged. */
MUST_CHECK enum err sync_take(struct sync *sync, struct span body, bool *ret_again, bool *ret_moved,
                              struct diag *diag);

/* Applies the text of a snapshot's frame; part of the caller's transaction. */
MUST_CHECK enum err sync_take_frame(struct sync *sync, struct span text, struct diag *diag);

int64_t sync_clock_ms(struct sync *sync); /* what a request says */
/* Packs and signs `text` for `path` into sync->body. */
MUST_CHECK enum err sync_seal(struct sync *sync, const char *path, struct span text);

/* sync_snapshot.c: builds the request for the next piece; applies a piece, a cut one, too. */
MUST_CHECK enum err snapshot_ask(struct sync *sync);
MUST_CHECK enum err snapshot_take(struct sync *sync, struct span body, struct diag *diag);
MUST_CHECK enum err snapshots_left(struct sync *sync, bool *ret_any, int64_t *ret_ops);
MUST_CHECK enum err snapshots_wanted(struct sync *sync, bool reads_on, bool *ret);
MUST_CHECK enum err snapshots_offered(struct sync *sync, const struct sync_reply *reply);
/* The feed was read by rows, or isn't granted any more. */
MUST_CHECK enum err snapshot_forget(struct sync *sync, struct span scope, struct span compartment);
/* The server doesn't have it (any more). */
MUST_CHECK enum err snapshot_refused(struct sync *sync);

/* A mark of the scopes a node is granted: when it changes, what is shown is made anew. */
uint64_t sync_scopes_mark(const struct org_node *me);

/* sync_revoked.c: a server says that this node is revoked, and how much it kept. `*ret_again`:
   there is more to hand over. */
MUST_CHECK enum err sync_revoked(struct sync *sync, const struct diag *told, bool *ret_again);
/* From which number on own ops (a hub's: batches) are to be sent. */
int64_t sync_from(const struct sync *sync);

/* sync_server.c */
MUST_CHECK enum err server_load(struct node *node, const struct id *name, struct server_row *ret);
MUST_CHECK enum err server_save(struct node *node, const struct server_row *server);
void server_release(struct node *node, struct server_row *server);
MUST_CHECK enum err server_feeds(struct node *node, const struct server_row *server,
                                 struct arena *arena, struct feed_position **ret,
                                 size_t *ret_count);

#endif
