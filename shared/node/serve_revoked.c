/*
 * serve_revoked.c - a revoked node calls: what it still had goes to quarantine, then it is told.
 *
 * Most revoked devices are lost or stolen, some only left an office; what is on them may be a
 * month of honest work. So they are heard before they are refused, and a person decides.
 */
#include "node_aside.h"
#include "node_log.h"
#include "num.h"
#include "serve_internal.h"

/* Is the batch in the log already? */
static enum err has_batch(struct serve *serve, const struct batch *batch, bool *ret)
{
    int64_t origin = 0;
    bool found = false;
    struct link link;
    struct stmt *s = db_stmt(serve->node->db, ORIGIN_BY_NAME);
    stmt_bind_blob(s, 1, batch->origin.bytes, ID_SIZE);
    if (stmt_row(s)) {
        origin = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (!e && origin != 0) {
        e = log_link_at(serve->node, origin, batch->from + batch->count - 1, &found, &link);
    }
    if (!e) {
        *ret = found && link_equal(link, batch->link);
    }
    return e;
}

/* Cuts the next batch off `rest`: its head line and as many lines of ops as that says. */
static enum err next_batch(struct span *rest, struct batch *ret, struct span *ret_whole,
                           struct diag *diag)
{
    struct span start = *rest;
    struct span line;
    if (!span_split(rest, '\n', &line)) {
        return diag_set(diag, ERR_FORMAT, "batch", "no line", NULL);
    }
    enum err e = batch_read_line(line, ret, diag);
    for (int64_t i = 0; !e && i < ret->count; i++) {
        if (!span_split(rest, '\n', &line)) {
            e = diag_set(diag, ERR_FORMAT, "batch", "cut short", NULL);
        }
    }
    if (!e) {
        *ret_whole = (struct span){start.data, start.size - rest->size};
    }
    return e;
}

enum err serve_keep(struct serve *serve, int64_t *ret_kept, int64_t *ret_count, struct diag *diag)
{
    int64_t kept = 0;
    int64_t count = 0;
    bool room = true;
    enum err e = OK;
    while (!e && room && serve->rest.size > 0) {
        struct batch batch;
        struct span whole;
        bool held = false;
        e = next_batch(&serve->rest, &batch, &whole, diag);
        if (!e) {
            e = has_batch(serve, &batch, &held);
        }
        if (!e && !held) {
            e = log_quarantine(serve->node, "revoked", serve->caller->id, whole, &room);
        }
        if (!e && room) {
            kept = batch.from + batch.count - 1;
            count += held ? 0 : 1;
        }
    }
    if (!e) {
        *ret_count = count;
        *ret_kept = room && serve->request.has_relay ? serve->request.relay_to : kept;
    }
    return e;
}

enum err serve_revoked(struct serve *serve, struct diag *diag)
{
    int64_t kept = 0;
    int64_t count = 0;
    char number[NUM_TEXT_SIZE];
    enum err e = node_begin(serve->node);
    if (!e) {
        e = node_end(serve->node, serve_keep(serve, &kept, &count, diag));
    }
    if (e) {
        return e;
    }
    num_write_i64(kept, number);
    return diag_set(diag, ERR_REVOKED, serve->caller->name, number, NULL);
}
