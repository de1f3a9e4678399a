/*
 * node_status.c - how much this node holds, and where its own work has got to.
 */
#include "record_custody.h"
#include "record_view.h"

static enum err count_of(struct node *node, enum node_stmt which, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, which);
    int64_t count = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (!e) {
        *ret = count;
    }
    return e;
}

static enum err count_records(struct node *node, struct node_status *status)
{
    struct stmt *s = db_stmt(node->db, STATUS_RECORDS);
    if (stmt_row(s)) {
        status->records = stmt_i64(s, 0);
        status->disputed = stmt_i64(s, 1);
    }
    return stmt_end(s);
}

static int64_t between(int64_t from, int64_t to)
{
    return to > from ? to - from : 0;
}

/*
 * Numbers in an origin are dense, so counting is subtracting. An origin given up (after a
 * restore) counts for what the region has of it: the rest was issued again under the current one.
 */
static enum err count_ops(struct node *node, const struct told *told, struct node_status *status,
                          int64_t *ret_acked, int64_t *ret_stable)
{
    struct stmt *s = db_stmt(node->db, STATUS_ORIGINS);
    stmt_bind_blob(s, 1, node->identity.id.bytes, ID_SIZE);
    while (stmt_row(s)) {
        int64_t base = stmt_i64(s, 1);
        int64_t seq = stmt_i64(s, 2);
        int64_t stable = stmt_i64(s, 3) < seq ? stmt_i64(s, 3) : seq;
        status->ops_region += between(base, stable);
        if (stmt_i64(s, 0) == node->own_origin) {
            int64_t acked = node->identity.role >= ROLE_HUB ? seq : told->acked;
            acked = acked < stable ? stable : acked;
            status->ops_province = between(stable, acked);
            status->ops_here = between(acked, seq);
            *ret_acked = acked;
            *ret_stable = stable;
        }
    }
    return stmt_end(s);
}

static enum err count_own_records(struct node *node, int64_t acked, int64_t stable,
                                  struct node_status *status)
{
    int64_t *const stages[] = {&status->records_region, &status->records_province,
                               &status->records_here};
    struct stmt *s = db_stmt(node->db, STATUS_OWN);
    stmt_bind_i64(s, 1, node->own_origin);
    stmt_bind_i64(s, 2, stable);
    stmt_bind_i64(s, 3, acked);
    while (stmt_row(s)) {
        *stages[stmt_i64(s, 0)] = stmt_i64(s, 1);
    }
    return stmt_end(s);
}

static enum err read_status(struct node *node, struct node_status *ret)
{
    struct node_status status = {0};
    struct told told;
    int64_t acked = 0;
    int64_t stable = 0;
    enum err e = count_records(node, &status);
    if (!e) {
        e = custody_told(node, &told);
    }
    if (!e) {
        status.synced_ms = told.synced_ms;
        e = count_ops(node, &told, &status, &acked, &stable);
    }
    if (!e) {
        e = count_own_records(node, acked, stable, &status);
    }
    if (!e) {
        e = count_of(node, STATUS_FLAGS, &status.late);
    }
    if (!e) {
        e = count_of(node, STATUS_QUARANTINE, &status.quarantined);
    }
    if (!e) {
        *ret = status;
    }
    return e;
}

enum err record_count_disputed(struct node *node, int64_t *ret)
{
    bool more = false;
    enum err e = node_project(node, 0, &more);
    return e ? e : count_of(node, DISPUTED_COUNT, ret);
}

enum err node_status(struct node *node, struct node_status *ret)
{
    bool more = false;
    enum err e = node_project(node, 0, &more);
    if (!e) {
        e = db_read_begin(node->db);
    }
    if (!e) {
        e = read_status(node, ret);
        db_read_end(node->db);
    }
    return e;
}
