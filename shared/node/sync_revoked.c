/*
 * sync_revoked.c - the calling end learns that it is revoked: it hands over what is left, then
 * locks.
 */
#include "lease.h"
#include "num.h"
#include "sync_internal.h"

int64_t sync_from(const struct sync *sync)
{
    bool hub = sync->node->identity.role >= ROLE_HUB;
    return sync->handing ? sync->handed_to : hub ? sync->server.got : sync->server.acked;
}

enum err sync_revoked(struct sync *sync, const struct diag *told, bool *ret_again)
{
    int64_t kept = 0;
    int64_t ops = 0;
    int64_t batches = 0;
    struct lease lease = {0};
    bool first = !sync->handing;
    if (told->arg_count < 2 || !num_read_i64(span_of(told->args[1]), &kept) || kept < 0) {
        kept = 0;
    }
    enum err e = lease_read(sync->node, &lease);
    if (e) {
        return e;
    }
    int64_t from = sync_from(sync);
    from = lease.kept > from ? lease.kept : from;
    bool moved = kept > from;
    sync->handing = true;
    sync->lane.on = false; /* work is handed over where its answer counts */
    sync->handed_to = moved ? kept : from;
    sync->ask_first = false;
    e = sync_left(sync, &ops, &batches);
    if (!e) {
        bool left = ops > 0 || batches > 0;
        *ret_again = left && (first || moved);
        e = lease_end(sync->node, sync->handed_to, !left);
    }
    return e;
}
