/*
 * lease.c - the right to what this device holds: renewed by contact, ended by revocation.
 */
#include "lease.h"

#include "node_state.h"

#define KEY_REVOKED "revoked_ms"
#define KEY_HANDED  "revoked_handed"
#define KEY_KEPT    "revoked_kept"

enum err lease_read(struct node *node, struct lease *ret)
{
    struct lease lease = {.lock = LEASE_OPEN};
    int64_t handed = 0;
    enum err e = self_i64(node, KEY_REVOKED, 0, &lease.revoked_ms);
    if (!e) {
        e = self_i64(node, KEY_HANDED, 0, &handed);
    }
    if (!e) {
        e = self_i64(node, KEY_KEPT, 0, &lease.kept);
    }
    if (!e) {
        lease.lock = lease.revoked_ms != 0 ? LEASE_REVOKED : LEASE_OPEN;
        lease.handed_over = handed != 0;
        *ret = lease;
    }
    return e;
}

enum err lease_renew(struct node *node)
{
    int64_t revoked_ms = 0;
    enum err e = self_i64(node, KEY_REVOKED, 0, &revoked_ms);
    if (e || revoked_ms == 0) {
        return e;
    }
    return self_set_i64(node, KEY_REVOKED, 0); /* whoever answers it doesn't hold it for revoked */
}

enum err lease_end(struct node *node, int64_t kept, bool handed_over)
{
    struct lease lease;
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = lease_read(node, &lease);
    if (!e && lease.revoked_ms == 0) {
        int64_t now_ms = node->host->now_ms(node->host->ctx);
        e = self_set_i64(node, KEY_REVOKED, now_ms != 0 ? now_ms : 1);
    }
    if (!e && lease.handed_over != handed_over) {
        e = self_set_i64(node, KEY_HANDED, handed_over);
    }
    if (!e && lease.kept != kept) {
        e = self_set_i64(node, KEY_KEPT, kept);
    }
    return node_end(node, e);
}
