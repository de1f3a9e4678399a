/*
 * sync.h - the calling end of a sync as a state machine without sockets.
 *
 * sync_step(machine, event) -> action. libcurl, the simulator's network and (later) a file on a
 * stick only perform actions and report events. The machine writes to the node's database
 * itself: before it returns an action, what the last reply brought is durable.
 *
 *   action = sync_start(...)
 * Records go first; when there is nothing more of them to do, attachments follow in the same way.
 *
 *   SYNC_EXCHANGE: post `body` to `path`, report SYNC_REPLY or SYNC_FAILED
 *   SYNC_WAIT:     wait `wait_ms` (back-off with jitter, or Retry-After), report SYNC_WAITED
 *   SYNC_DONE / SYNC_GAVE_UP: `result` and `diag` say how it went
 */
#ifndef SYNC_H
#define SYNC_H

#include "node.h"
#include "pack.h"

struct sync;

enum sync_event_kind { SYNC_BEGIN, SYNC_REPLY, SYNC_FAILED, SYNC_WAITED };

struct sync_event {
    enum sync_event_kind kind;
    int status;              /* SYNC_REPLY: HTTP status; SYNC_FAILED: what came of it, or 0 */
    struct span body;        /* borrowed for the call; SYNC_FAILED: what came before it broke */
    int64_t retry_after_s;   /* SYNC_REPLY */
    const struct diag *diag; /* SYNC_FAILED: why */
};

enum sync_action_kind { SYNC_EXCHANGE, SYNC_WAIT, SYNC_DONE, SYNC_GAVE_UP };

struct sync_result {
    int64_t requests, retries;
    int64_t ops_pushed, ops_received, rows_received;
    int64_t bytes_sent, bytes_received; /* bodies */
    int64_t late, refused;
    int64_t disputed;                        /* records that became disputed by this sync */
    int64_t forgotten;                       /* records' trees let go of */
    int64_t frames_received, frames_damaged; /* of snapshots; the latter are asked for again */
    /* The lane of attachments, after the records: */
    int64_t blobs_sent, blobs_received; /* whole ones */
    int64_t blobs_wrong;                /* whose bytes were not what their name says */
    int64_t blob_bytes;                 /* bodies of the lane, both ways; also counted above */
    bool blobs_left;                    /* the budget, or a full disk, ended the lane */
    bool tight; /* the disk is nearly full: own work was sent, what others did waits (reserve.h) */
};

struct sync_action {
    enum sync_action_kind kind;
    const char *path;
    struct span body; /* owned by the machine until the next step */
    int64_t wait_ms;
    /* for progress: */
    int64_t push_left, pull_known_left; /* ops; -1: unknown */
    struct sync_result result;
    struct diag diag; /* SYNC_GAVE_UP */
};

/* Whether a sync ends with letting go of records (forget.h). */
enum sync_forget {
    SYNC_FORGET_DUE, /* once in FORGET_HOURS, by the node's own setting */
    SYNC_FORGET_NOW, /* by forget_older_ms */
    SYNC_FORGET_NEVER
};

struct sync_options {
    enum sync_forget forget;
    int64_t forget_older_ms; /* 0: only what left the caseload */
    int64_t tries;           /* attempts in a row without progress before it gives up; 0: 5 */
    int64_t reply_size;      /* most bytes of one reply; 0: 256 KiB, adapts */
    bool has_budget; /* attachments cost at most `budget` bytes of bodies, both ways together */
    int64_t budget;
};

/* The server to call: the one enrolled with last, unless another is named (`server` by id). Keeps
   node and pack by reference. ERR_NOT_ENROLLED. */
MUST_CHECK enum err sync_new(struct node *node, struct pack *pack, const struct id *server,
                             const struct sync_options *options, struct sync **ret,
                             struct diag *diag);
void sync_free(struct sync *sync);

/* A database failure ends the sync with SYNC_GAVE_UP. */
void sync_step(struct sync *sync, const struct sync_event *event, struct sync_action *ret);

/* The servers that this node knows, in the order it came to know them. */
struct known_server {
    struct id id;
    const char *url;
    int64_t synced_ms; /* 0: never */
    bool chosen;       /* called when none is named */
};
MUST_CHECK enum err sync_servers(struct node *node, struct arena *arena, struct known_server **ret,
                                 size_t *ret_count);

/* Where the machine talks to: url, pins, CA; whether certificate dates can be judged. Borrowed. */
struct sync_server {
    struct id id;
    const char *url;
    const char *pins; /* "base64;base64" */
    const char *ca_pem;
    bool skip_dates;
};
MUST_CHECK enum err sync_server(struct sync *sync, struct sync_server *ret);

#endif
