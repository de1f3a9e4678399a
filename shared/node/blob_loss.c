/*
 * blob_loss.c - files that were called stable, and are lost all the same.
 *
 * Who heard that a file is stable asks no more and sends it no more. So when a disk lost it and the
 * backup hasn't got it either, the one thing left is that some device holds it still: a number says
 * to everybody below that nothing told before counts. Names would say more and cost more: a lost
 * disk is many files, and most callers hold few.
 */
#include "blob_internal.h"

#define SELF_LOSSES "losses"

enum err blob_losses(struct node *node, int64_t *ret)
{
    return self_i64(node, SELF_LOSSES, 0, ret);
}

/* By the clock, so that a server put back by hand doesn't tell an old number for a new loss. */
static enum err count_loss(struct node *node)
{
    int64_t losses = 0;
    int64_t now_s = node_now_ms(node) / 1000;
    enum err e = blob_losses(node, &losses);
    return e ? e : self_set_i64(node, SELF_LOSSES, now_s > losses ? now_s : losses + 1);
}

enum err blob_lose(struct node *node, int64_t id)
{
    struct stmt *s = db_stmt(node->db, BLOB_UNSAFE);
    stmt_bind_i64(s, 1, id);
    enum err e = stmt_run(s);
    return e ? e : count_loss(node);
}

enum err blob_doubt(struct node *node)
{
    enum err e = stmt_run(db_stmt(node->db, BLOB_DOUBT));
    return e || node->identity.role < ROLE_HUB ? e : count_loss(node);
}
