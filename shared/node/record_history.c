/*
 * record_history.c - every act in a record's life, and what of them wants a person's eye.
 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "node_alias.h"
#include "record_view.h"

struct act {
    int64_t op;
    bool live, late;
    struct id uid;
    struct history_entry entry;
    struct stamp_rank rank;
};

/* Adds those of one entity. */
static enum err list_acts(struct node *node, int64_t entity, struct arena *arena, struct act **ret,
                          size_t *ret_count)
{
    size_t count = *ret_count;
    size_t capacity = count;
    struct act *acts = *ret;
    struct stmt *s = db_stmt(node->db, HISTORY_OPS);
    stmt_bind_i64(s, 1, entity);
    while ((acts || capacity == 0) && stmt_row(s)) {
        if (count == capacity) {
            size_t wanted = capacity ? 2 * capacity : 16;
            struct act *more = arena_array(arena, wanted, sizeof *more);
            if (more && count > 0) {
                memcpy(more, acts, count * sizeof *more);
            }
            acts = more;
            capacity = wanted;
        }
        if (acts) {
            struct act *act = &acts[count++];
            act->op = stmt_i64(s, 0);
            act->live = stmt_i64(s, 1) != 0;
            act->late = stmt_i64(s, 2) != 0;
            (void)stmt_blob(s, 3, act->uid.bytes, ID_SIZE);
        }
    }
    enum err e = stmt_end(s);
    e = e ? e : acts || capacity == 0 ? OK : ERR_NOMEM;
    if (!e) {
        *ret = acts;
        *ret_count = count;
    }
    return e;
}

static enum err reason_of(const struct op *op, struct arena *arena, const char **ret)
{
    struct json *extra = NULL;
    *ret = NULL;
    enum err e = json_parse(op->extra, &extra, NULL);
    if (e) {
        return e;
    }
    const char *reason = json_get_text(extra, "reason", NULL);
    if (reason) {
        *ret = arena_text(arena, reason);
        e = *ret ? OK : ERR_NOMEM;
    }
    json_free(extra);
    return e;
}

static enum err device_of(struct node *node, int64_t origin, struct id *ret)
{
    struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
    stmt_bind_i64(s, 1, origin);
    if (stmt_row(s)) {
        (void)stmt_blob(s, 1, ret->bytes, ID_SIZE);
    }
    return stmt_end(s);
}

/* `ret_seen` false: of a compartment the viewer may not read, or of a format to come. */
static enum err read_act(const struct view *view, struct arena *arena, struct act *act,
                         bool *ret_seen)
{
    struct logged logged;
    enum err e = log_read(view->node, act->op, arena, &logged);
    if (e) {
        return e;
    }
    *ret_seen =
        (logged.op.known_format || logged.gone) && view_may(view, logged.op.compartment, VERB_READ);
    if (!*ret_seen) {
        return OK;
    }
    struct history_entry entry = {.uid = logged.op.uid,
                                  .person = logged.op.person,
                                  .time_ms = logged.op.stamp.time_ms,
                                  .receipt_ms =
                                      logged.receipt_ms == STAMP_NO_RECEIPT ? 0 : logged.receipt_ms,
                                  .values = logged.op.redacted ? span_of("{}") : logged.op.values,
                                  .superseded = !act->live,
                                  .gone = logged.gone,
                                  .late = act->late};
    entry.kind = logged.gone ? "gone" : arena_span_text(arena, logged.op.kind_name);
    e = entry.kind ? reason_of(&logged.op, arena, &entry.reason) : ERR_NOMEM;
    if (!e && logged.origin != 0) {
        e = device_of(view->node, logged.origin, &entry.device);
    }
    if (!e) {
        act->entry = entry;
        act->rank =
            (struct stamp_rank){logged.effective_ms, logged.op.stamp.counter, logged.op.uid};
    }
    return e;
}

static int older_first(const void *a, const void *b)
{
    return stamp_rank_compare(&((const struct act *)a)->rank, &((const struct act *)b)->rank);
}

static enum err read_history(const struct view *view, int64_t entity, struct arena *arena,
                             struct history_entry **ret, size_t *ret_count)
{
    struct act *acts = NULL;
    size_t count = 0;
    size_t kept = 0;
    struct alias_members members;
    enum err e = alias_members(view->node, entity, &members);
    for (size_t i = 0; !e && i < members.count; i++) {
        e = list_acts(view->node, members.entities[i], arena, &acts, &count);
    }
    for (size_t i = 0; !e && i < count; i++) {
        bool seen = false;
        e = read_act(view, arena, &acts[i], &seen);
        if (!e && seen) {
            acts[kept++] = acts[i];
        }
    }
    struct history_entry *entries = e ? NULL : arena_array(arena, kept, sizeof *entries);
    if (!e && !entries) {
        e = ERR_NOMEM;
    }
    if (e) {
        return e;
    }
    qsort(acts, kept, sizeof *acts, older_first);
    for (size_t i = 0; i < kept; i++) {
        entries[i] = acts[i].entry;
    }
    *ret = entries;
    *ret_count = kept;
    return OK;
}

enum err record_history(struct node *node, const struct id *viewer, struct id entity,
                        struct arena *arena, struct history_entry **ret, size_t *ret_count,
                        struct diag *diag)
{
    struct view view;
    struct entity_row row = {0};
    bool seen = false;
    char text[ID_TEXT_SIZE];
    enum err e = view_open(node, viewer, &view);
    if (!e) {
        e = alias_head_name(node, entity, &entity);
    }
    if (!e) {
        e = entity_find(node, entity, &row);
    }
    if (!e && row.id != 0) {
        e = view_turn(&view, row.root, &seen);
    }
    if (!e && !seen) {
        id_write(entity, text);
        return diag_set(diag, ERR_NOT_FOUND, "record", text, NULL);
    }
    if (!e) {
        e = read_history(&view, row.id, arena, ret, ret_count);
    }
    return node_failed(node, e, diag);
}

/* ---- flags */

static enum err read_flag(struct node *node, struct stmt *s, struct arena *arena,
                          struct flag_row *ret)
{
    struct logged logged;
    struct flag_row flag = {.at_ms = stmt_i64(s, 4)};
    (void)stmt_blob(s, 0, flag.uid.bytes, ID_SIZE);
    (void)stmt_blob(s, 1, flag.entity.bytes, ID_SIZE);
    flag.why = arena_span_text(arena, stmt_span(s, 3));
    enum err e = log_read(node, stmt_i64(s, 2), arena, &logged);
    if (!e) {
        flag.person = logged.op.person;
        e = flag.why ? OK : ERR_NOMEM;
    }
    if (!e) {
        *ret = flag;
    }
    return e;
}

enum err record_flags(struct node *node, struct arena *arena, struct flag_row **ret,
                      size_t *ret_count)
{
    bool more = false;
    int64_t capacity = 0;
    size_t count = 0;
    enum err e = node_project(node, 0, &more);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, STATUS_FLAGS);
    capacity = stmt_row(s) ? stmt_i64(s, 0) : 0;
    e = stmt_end(s);
    struct flag_row *flags = e ? NULL : arena_array(arena, (size_t)capacity, sizeof *flags);
    if (!e && !flags) {
        e = ERR_NOMEM;
    }
    if (e) {
        return e;
    }
    s = db_stmt(node->db, FLAG_LIST);
    while (!e && (int64_t)count < capacity && stmt_row(s)) {
        e = read_flag(node, s, arena, &flags[count++]);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = flags;
        *ret_count = count;
    }
    return e;
}

enum err record_flag_settle(struct node *node, struct id uid, const char *why, struct diag *diag)
{
    enum err e = node_begin(node);
    if (!e) {
        struct stmt *s = db_stmt(node->db, FLAG_SETTLE);
        stmt_bind_blob(s, 1, uid.bytes, ID_SIZE);
        stmt_bind_text(s, 2, span_of(why));
        e = stmt_run(s);
        if (!e && db_changed(node->db) == 0) {
            e = diag_set(diag, ERR_NOT_FOUND, "flag", why, NULL);
        }
        e = node_end(node, e);
    }
    return node_failed(node, e, diag);
}
