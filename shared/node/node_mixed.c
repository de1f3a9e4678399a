/*
 * node_mixed.c - registers whose ops stand in several compartments.
 */
#include "node_mixed.h"

#include "node_feed.h"
#include "node_member.h"

static void add(struct mixed *mixed, int64_t compartment)
{
    for (size_t i = 0; i < mixed->count; i++) {
        if (mixed->compartments[i] == compartment) {
            return;
        }
    }
    if (mixed->count < MIXED_MAX) {
        mixed->compartments[mixed->count++] = compartment;
    }
}

enum err mixed_note(struct node *node, int64_t entity, int64_t reg, int64_t compartment,
                    struct mixed *mixed)
{
    if (node->identity.role < ROLE_HUB) {
        return OK; /* Devices tell nobody. */
    }
    struct stmt *s = db_stmt(node->db, LIVE_ELSEWHERE);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, reg);
    stmt_bind_i64(s, 3, compartment);
    while (stmt_row(s)) {
        add(mixed, stmt_i64(s, 0));
    }
    return stmt_end(s);
}

enum err mixed_tell(struct node *node, const struct entity_row *entity, int64_t compartment,
                    const struct mixed *mixed)
{
    struct feed_event event = {FEED_DEAD, entity->id, id_prefix8(entity->name)};
    struct members members;
    if (mixed->count == 0) {
        return OK;
    }
    enum err e = members_of(node, entity->root, &members);
    for (size_t i = 0; !e && i < mixed->count; i++) {
        e = feed_add(node, &members, mixed->compartments[i], &event);
    }
    return e ? e : feed_add(node, &members, compartment, &event);
}
