/*
 * lease.c - the right to what this device holds: renewed by contact, run out without it, ended by
 * revocation.
 */
#include "lease.h"

#include "lease_keys.h"
#include "node_clock.h"

#define KEY_REVOKED "revoked_ms"
#define KEY_HANDED  "revoked_handed"

/* How many of `days` are left, and whether a code gave more. */
static enum err read_time(struct node *node, struct lease *lease)
{
    const struct org *org = NULL;
    int64_t open_ms = 0;
    enum err e = node_org(node, &org);
    if (!e) {
        e = self_i64(node, KEY_CONTACT, 0, &lease->contact_ms);
    }
    if (!e) {
        e = self_i64(node, KEY_OPEN, 0, &open_ms);
    }
    if (!e) {
        e = clock_away(node, &lease->away_ms);
    }
    if (e || lease->contact_ms == 0 || org->lease_days == 0) {
        return e;
    }
    int64_t end_ms = org->lease_days * LEASE_DAY_MS;
    int64_t third_ms = end_ms / 3;
    int64_t warn_ms = LEASE_WARN_DAYS * LEASE_DAY_MS;
    end_ms = open_ms > end_ms ? open_ms : end_ms;
    lease->days = org->lease_days;
    lease->left_ms = end_ms > lease->away_ms ? end_ms - lease->away_ms : 0;
    lease->warn = lease->left_ms <= (third_ms < warn_ms ? third_ms : warn_ms);
    lease->lock = lease->left_ms == 0 ? LEASE_EXPIRED : LEASE_OPEN;
    return OK;
}

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
    if (!e && node->identity.enrolled && node->identity.role < ROLE_HUB) {
        e = read_time(node, &lease);
    }
    if (!e) {
        lease.lock = lease.revoked_ms != 0 ? LEASE_REVOKED : lease.lock;
        lease.handed_over = handed != 0;
        *ret = lease;
    }
    return e;
}

/* Written only where it changes: most syncs of a device find all of it as it is. */
static enum err clear(struct node *node, const char *key)
{
    int64_t value = 0;
    enum err e = self_i64(node, key, 0, &value);
    return e || value == 0 ? e : self_set_i64(node, key, 0);
}

enum err lease_renew(struct node *node, int64_t server_ms)
{
    /* Whoever answers it doesn't hold it for revoked. */
    static const char *const keys[] = {KEY_REVOKED, KEY_OPEN, KEY_GIVEN, KEY_TRIES, KEY_NONCE};
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof keys / sizeof keys[0]; i++) {
        e = clear(node, keys[i]);
    }
    return e || node->identity.role >= ROLE_HUB ? e : clock_contact(node, server_ms);
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
