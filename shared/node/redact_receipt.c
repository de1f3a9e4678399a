/*
 * redact_receipt.c - receipts: which node has finished which mark, told from node to server and
 * from hub to region.
 */
#include "node_internal.h"
#include "node_redact.h"
#include "sync_message.h"

enum err receipts_untold(struct node *node, struct arena *arena, struct erased **ret,
                         size_t *ret_count)
{
    size_t count = 0;
    struct erased *list = NULL;
    struct stmt *s = db_stmt(node->db, RECEIPT_UNTOLD);
    stmt_bind_i64(s, 1, WIRE_ERASED_MAX);
    enum err e = OK;
    while (!e && count < WIRE_ERASED_MAX && stmt_row(s)) {
        list = list ? list : arena_array(arena, WIRE_ERASED_MAX, sizeof *list);
        if (!list) {
            e = ERR_NOMEM;
            break;
        }
        struct erased *one = &list[count];
        *one = (struct erased){.held = stmt_i64(s, 2), .at_ms = stmt_i64(s, 3)};
        count +=
            stmt_blob(s, 0, one->mark.bytes, ID_SIZE) && stmt_blob(s, 1, one->node.bytes, ID_SIZE);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}

enum err receipts_left(struct node *node, bool *ret)
{
    struct stmt *s = db_stmt(node->db, RECEIPT_ANY);
    *ret = stmt_row(s);
    return stmt_end(s);
}

enum err receipts_told(struct node *node, const struct erased *list, size_t count)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < count; i++) {
        struct stmt *s = db_stmt(node->db, RECEIPT_TOLD);
        stmt_bind_blob(s, 1, list[i].mark.bytes, ID_SIZE);
        stmt_bind_blob(s, 2, list[i].node.bytes, ID_SIZE);
        e = stmt_run(s);
    }
    return e;
}

enum err receipts_tell_again(struct node *node)
{
    return stmt_run(db_stmt(node->db, RECEIPT_TELL_AGAIN));
}

enum err receipts_take(struct node *node, const struct org_node *caller, const struct erased *list,
                       size_t count)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < count; i++) {
        if (caller->role < ROLE_HUB && !id_equal(list[i].node, caller->id)) {
            continue;
        }
        struct stmt *s = db_stmt(node->db, RECEIPT_ADD);
        stmt_bind_blob(s, 1, list[i].mark.bytes, ID_SIZE);
        stmt_bind_blob(s, 2, list[i].node.bytes, ID_SIZE);
        stmt_bind_i64(s, 3, list[i].held);
        stmt_bind_i64(s, 4, list[i].at_ms);
        e = stmt_run(s);
    }
    return e;
}
