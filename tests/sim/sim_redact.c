/*
 * sim_redact.c - what was redacted is held by nobody.
 */
#include "op.h"
#include "sim_check.h"

#define ARENA_MAX (4u * 1024 * 1024)

static bool holds(struct sim_node *node, const char *sql, struct id name)
{
    sqlite3_stmt *s = eye_ask(node, sql);
    if (!s) {
        return false;
    }
    (void)sqlite3_bind_blob(s, 1, name.bytes, ID_SIZE, SQLITE_STATIC);
    bool held = sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_finalize(s);
    return held;
}

/* Not as a redaction before did, which took the value away. */
static bool writes(const struct op *op, struct id entity, struct span reg)
{
    bool may = id_equal(op->entity, entity) && !span_is(op->kind_name, "redact");
    for (size_t i = 0; may && i < op->register_count; i++) {
        if (span_equal(op->registers[i].name, reg)) {
            return true;
        }
    }
    return false;
}

void redact_asked(struct sim_node *node, size_t births, struct id request, struct id entity,
                  struct span reg)
{
    struct sim_world *world = node->world;
    struct arena arena;
    arena_init(&arena, &world->mem, ARENA_MAX);
    for (size_t i = 0; i < births && world->to_erase_count < SIM_TO_ERASE_MAX; i++) {
        const struct sim_birth *birth = &world->births.list[i];
        struct op op;
        arena_reset(&arena);
        if (!birth->undone &&
            op_read(span_from(birth->body, birth->body_size), &arena, &op, NULL) == OK &&
            writes(&op, entity, reg) &&
            holds(node, "SELECT 1 FROM op WHERE uid = ?1", birth->uid)) {
            world->to_erase[world->to_erase_count++] =
                (struct sim_to_erase){.request = request, .uid = birth->uid};
        }
    }
    arena_release(&arena);
}

/* What the region did as it was asked: an op that it holds and the asker held is named. */
static void check_as_asked(struct sim_world *world)
{
    struct sim_node *region = &world->nodes[SIM_REGION];
    for (size_t i = 0; i < world->to_erase_count; i++) {
        const struct sim_to_erase *asked = &world->to_erase[i];
        if (holds(region, "SELECT 1 FROM redaction WHERE request = ?1", asked->request) &&
            holds(region, "SELECT 1 FROM op WHERE uid = ?1", asked->uid) &&
            !holds(region, "SELECT 1 FROM redacted WHERE uid = ?1", asked->uid)) {
            char uid[ID_TEXT_SIZE];
            id_write(asked->uid, uid);
            world_fail(world, "a redaction that was asked for left %s, which its asker held", uid);
        }
        world->counters.redacted_as_asked +=
            holds(region, "SELECT 1 FROM redacted WHERE uid = ?1", asked->uid);
    }
}

/* Every node knows every mark; none holds the values of an op that a mark names; all of it done. */
void check_redacted(struct sim_world *world)
{
    static const char marked[] = "SELECT uid FROM redacted ORDER BY uid";
    uint64_t at_region = eye_sum(&world->nodes[SIM_REGION], marked);
    check_as_asked(world);
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
