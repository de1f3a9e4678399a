/*
 * record_custody.c - how far ops have got: this device, the province, the region's backup.
 */
#include "record_custody.h"

enum err custody_told(struct node *node, struct told *ret)
{
    struct told told = {0};
    struct stmt *s = db_stmt(node->db, SERVER_TOLD);
    if (stmt_row(s)) {
        int64_t unsure = stmt_i64(s, 1);
        told.acked = stmt_i64(s, 0);
        told.handed = unsure > told.acked ? unsure : told.acked;
        told.synced_ms = stmt_i64(s, 2);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = told;
    }
    return e;
}

enum custody custody_of(const struct node *node, const struct told *told, enum way way,
                        int64_t origin, int64_t seq, int64_t stable_seq)
{
    if (origin != 0 && seq <= stable_seq) {
        return CUSTODY_REGION;
    }
    bool here = node->identity.role < ROLE_HUB && way == WAY_OWN &&
                (origin != node->own_origin || seq > told->acked);
    return here ? CUSTODY_HERE : CUSTODY_PROVINCE;
}

enum err custody_of_entity(struct node *node, int64_t entity, enum custody *ret)
{
    struct told told;
    enum custody own = CUSTODY_REGION;
    enum custody all = CUSTODY_REGION;
    bool has_own = false;
    enum err e = custody_told(node, &told);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, CUSTODY_OPS);
    stmt_bind_i64(s, 1, entity);
    while (stmt_row(s)) {
        enum way way = (enum way)stmt_i64(s, 0);
        enum custody one =
            custody_of(node, &told, way, stmt_i64(s, 1), stmt_i64(s, 2), stmt_i64(s, 3));
        all = one < all ? one : all;
        if (way == WAY_OWN) {
            own = one < own ? one : own;
            has_own = true;
        }
    }
    e = stmt_end(s);
    if (!e) {
        *ret = has_own ? own : all;
    }
    return e;
}
