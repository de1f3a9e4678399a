/*
 * sim_inside.c - the only file of the simulator that knows the node's inside.
 */
#include "node_internal.h"
#include "sim_world.h"

struct id inside_definition_of(const struct sim_node *node)
{
    char name[ID_TEXT_SIZE];
    struct id definition;
    id_write(node->id, name);
    org_entity_id("_node", name, &definition);
    return definition;
}

static enum err add_server(struct node *node, const struct node_identity *server)
{
    struct stmt *s = db_stmt(node->db, SERVER_ADD);
    stmt_bind_blob(s, 1, server->id.bytes, ID_SIZE);
    stmt_bind_text(s, 2, span_of("https://elsewhere"));
    stmt_bind_text(s, 3, span_of(""));
    stmt_bind_text(s, 4, span_of(""));
    stmt_bind_u64(s, 5, server->epoch);
    return stmt_run(s);
}

void inside_add_server(struct sim_node *node, const struct sim_node *server)
{
    struct node_identity identity;
    struct node *desk = desk_open(&node->world->nodes[server->index]);
    enum err e = desk ? node_identity(desk, &identity) : ERR_DB;
    node_close(desk);
    if (!e) {
        e = node_begin(node->node);
    }
    if (!e) {
        e = node_end(node->node, add_server(node->node, &identity));
    }
    if (e) {
        world_fail(node->world, "%s can't learn of a second server: %s", node->name, err_name(e));
    }
}
