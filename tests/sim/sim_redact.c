/*
 * sim_redact.c - what was redacted is held by nobody.
 */
#include "sim_check.h"

/* Every node knows every mark; none holds the values of an op that a mark names; all of it done. */
void check_redacted(struct sim_world *world)
{
    static const char marked[] = "SELECT uid FROM redacted ORDER BY uid";
    uint64_t at_region = eye_sum(&world->nodes[SIM_REGION], marked);
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        if (node->revoked) {
            continue; /* it hears of nothing any more */
        }
        int64_t held = eye_number(
            node,
            "SELECT count(*) FROM op o JOIN redacted r ON r.uid = o.uid"
            " WHERE length(o.body) <> 32 AND o.flags & 4 = 0 AND substr(o.body, -2) <> x'225D'");
        int64_t undone = eye_number(node, "SELECT count(*) FROM redaction WHERE done_ms IS NULL");
        if (held > 0 || undone > 0) {
            world_fail(world, "%s holds values of %lld redacted ops, %lld marks aren't finished",
                       node->name, (long long)held, (long long)undone);
        }
        if (eye_sum(node, marked) != at_region) {
            world_fail(world, "%s doesn't know every mark of a redaction", node->name);
        }
        world->counters.redacted_held += (uint64_t)eye_number(
            node, "SELECT count(*) FROM op o JOIN redacted r ON r.uid = o.uid");
    }
}
