/*
 * node_notice.c - notices: written beside what they tell of, listed, settled.
 */
#include "node_internal.h"
#include "notice.h"
#include "num.h"

#define NOTICES_MAX 1000

enum err notice_add(struct node *node, const char *what, struct id of)
{
    struct stmt *s = db_stmt(node->db, NOTICE_ADD);
    stmt_bind_text(s, 1, span_of(what));
    stmt_bind_blob(s, 2, of.bytes, ID_SIZE);
    stmt_bind_i64(s, 3, node->host->now_ms(node->host->ctx));
    return stmt_run(s);
}

enum err notice_list(struct node *node, struct arena *arena, struct notice **ret, size_t *ret_count)
{
    struct notice *list = arena_array(arena, NOTICES_MAX, sizeof *list);
    size_t count = 0;
    enum err e = list ? OK : ERR_NOMEM;
    struct stmt *s = db_stmt(node->db, NOTICE_LIST);
    stmt_bind_i64(s, 1, NOTICES_MAX);
    while (!e && count < NOTICES_MAX && stmt_row(s)) {
        struct notice *notice = &list[count++];
        char what[64];
        span_text(stmt_span(s, 1), what, sizeof what);
        *notice = (struct notice){.id = stmt_i64(s, 0),
                                  .what = arena_text(arena, what),
                                  .first_ms = stmt_i64(s, 3),
                                  .last_ms = stmt_i64(s, 4),
                                  .count = stmt_i64(s, 5)};
        (void)stmt_blob(s, 2, notice->node.bytes, ID_SIZE);
        e = notice->what ? OK : ERR_NOMEM;
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

enum err notice_count(struct node *node, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, NOTICE_COUNT);
    int64_t count = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (!e) {
        *ret = count;
    }
    return e;
}

static enum err settle(struct node *node, int64_t id, struct diag *diag)
{
    char number[NUM_TEXT_SIZE];
    struct stmt *s = db_stmt(node->db, NOTICE_SETTLE);
    stmt_bind_i64(s, 1, id);
    enum err e = stmt_run(s);
    if (!e && db_changed(node->db) == 0) {
        num_write_i64(id, number);
        e = diag_set(diag, ERR_NOT_FOUND, "notice", number, NULL);
    }
    return e;
}

enum err notice_settle(struct node *node, int64_t id, struct diag *diag)
{
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, settle(node, id, diag));
    }
    return node_failed(node, e, diag);
}
