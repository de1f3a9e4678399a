/*
 * sync_forget.c - the end of a sync: asking which records may go, letting go of them.
 */
#include <string.h>

#include "record.h"
#include "sync_forget.h"
#include "sync_internal.h"

#define DAY_MS    86400000LL
#define SELF_LAST "forget_ms" /* the last round */

static enum err note_round(struct node *node, int64_t now_ms)
{
    enum err e = node_begin(node);
    return e ? e : node_end(node, self_set_i64(node, SELF_LAST, now_ms));
}

static enum err begin_round(struct sync *sync, bool *ret)
{
    struct node *node = sync->node;
    int64_t last_ms = 0;
    int64_t days = 0;
    int64_t now_ms = node->host->now_ms(node->host->ctx);
    bool now = sync->options.forget == SYNC_FORGET_NOW;
    *ret = false;
    if (node->identity.role >= ROLE_HUB || sync->options.forget == SYNC_FORGET_NEVER) {
        return OK;
    }
    enum err e = self_i64(node, SELF_LAST, 0, &last_ms);
    int64_t since_ms = now_ms - last_ms;
    if (e || (!now && since_ms >= 0 && since_ms < FORGET_HOURS * DAY_MS / 24)) {
        return e;
    }
    e = forget_days(node, &days);
    if (!e && !now && last_ms == 0 && days == 0) { /* after a first sync nothing has left yet */
        return note_round(node, now_ms);
    }
    sync->forget.older_ms = now ? sync->options.forget_older_ms : days * DAY_MS;
    if (!e) {
        bool more = false;
        e = node_project(node, 0, &more); /* how old a record is, it says itself */
    }
    if (!e) {
        e = note_round(node, now_ms);
    }
    *ret = !e;
    return e;
}

enum err sync_forget_next(struct sync *sync, bool *ret_any)
{
    bool goes = sync->forget.on;
    enum err e = OK;
    *ret_any = false;
    sync->forget.asked_count = 0;
    if (sync->forget.done) {
        return OK;
    }
    if (!goes) {
        e = begin_round(sync, &goes);
    }
    if (!e && goes && sync->forget.after < INT64_MAX) {
        arena_reset(&sync->forget.arena);
        e = forget_gather(sync->node, sync->forget.older_ms, &sync->forget.after,
                          &sync->forget.arena, sync->forget.asked, sync->forget.safe,
                          WIRE_SAFE_ROOTS, &sync->forget.asked_count);
    }
    *ret_any = sync->forget.asked_count > 0;
    sync->forget.done = !*ret_any;
    return e;
}

enum err sync_forget_root(struct sync *sync, struct id root)
{
    bool gone = false;
    enum err e = OK;
    for (size_t i = 0; i < sync->forget.asked_count; i++) {
        if (id_equal(sync->forget.asked[i].name, root)) {
            e = forget_evict(sync->node, &sync->forget.asked[i], &gone);
            sync->forget.asked[i].ops = -1; /* once is enough */
            break;
        }
    }
    sync->result.forgotten += gone;
    return e;
}

enum err sync_forget_end(struct sync *sync)
{
    bool more = false;
    enum err e = node_project(sync->node, 0, &more); /* what was shown of them goes as well */
    return e || sync->result.forgotten == 0 ? e : db_shrink(sync->node->db);
}
