/*
 * node_entity.c - entities by name, the root each follows, and the scopes a root belongs to.
 */
#include <string.h>

#include "node_internal.h"

enum err entity_find(struct node *node, struct id name, struct entity_row *ret)
{
    struct entity_row row = {.name = name};
    struct stmt *s = db_stmt(node->db, ENTITY_BY_NAME);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    if (stmt_row(s)) {
        row.id = stmt_i64(s, 0);
        row.type = stmt_i64(s, 1);
        row.root = stmt_i64(s, 2);
        row.missing = stmt_i64(s, 3) != 0;
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = row;
    }
    return e;
}

enum err entity_get(struct node *node, int64_t id, struct entity_row *ret)
{
    struct entity_row row = {0};
    struct stmt *s = db_stmt(node->db, ENTITY_BY_ID);
    stmt_bind_i64(s, 1, id);
    if (stmt_row(s)) {
        row.id = id;
        (void)stmt_blob(s, 0, row.name.bytes, ID_SIZE);
        row.type = stmt_i64(s, 1);
        row.root = stmt_i64(s, 2);
        row.missing = stmt_i64(s, 3) != 0;
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret = row;
    }
    return e;
}

enum err members_of(struct node *node, int64_t root, struct members *ret)
{
    struct members members = {.count = 0};
    if (root != 0) {
        struct stmt *s = db_stmt(node->db, MEMBER_OF);
        stmt_bind_i64(s, 1, root);
        while (members.count < MEMBER_MAX && stmt_row(s)) {
            members.scopes[members.count++] = stmt_i64(s, 0);
        }
        enum err e = stmt_end(s);
        if (e) {
            return e;
        }
    }
    *ret = members;
    return OK;
}

enum err root_in_sight(struct node *node, int64_t root, bool *ret)
{
    if (node->identity.role >= ROLE_HUB) {
        *ret = root != 0;
        return OK;
    }
    const struct org *org = NULL;
    struct members members;
    enum err e = node_org(node, &org);
    if (!e) {
        e = members_of(node, root, &members);
    }
    if (e) {
        return e;
    }
    const struct org_node *me = org_node(org, node->identity.id);
    bool seen = false;
    for (size_t i = 0; i < members.count && me && !seen; i++) {
        const char *scope = NULL;
        e = symbol_text(node, members.scopes[i], &scope);
        if (e) {
            return e;
        }
        seen = org_node_covers(me, span_of(scope), (struct span){0});
    }
    *ret = seen;
    return OK;
}

static enum err set_missing(struct node *node, int64_t root)
{
    struct stmt *s = db_stmt(node->db, ENTITY_SET_MISSING);
    stmt_bind_i64(s, 1, root);
    return stmt_run(s);
}

static enum err of_parts(struct node *node, enum node_stmt which, int64_t root, struct id server)
{
    struct stmt *s = db_stmt(node->db, which);
    stmt_bind_i64(s, 1, root);
    stmt_bind_blob(s, 2, server.bytes, ID_SIZE);
    return stmt_run(s);
}

enum err entity_unread(struct node *node, int64_t root, struct id server)
{
    enum err e = of_parts(node, UNREAD_PARTS_ANEW, root, server);
    if (!e) {
        e = of_parts(node, UNREAD_ADD, root, server);
    }
    return e ? e : set_missing(node, root);
}

enum err entity_unread_anywhere(struct node *node, int64_t root)
{
    struct stmt *s = db_stmt(node->db, UNREAD_ANEW);
    stmt_bind_i64(s, 1, root);
    enum err e = stmt_run(s);
    if (!e) {
        s = db_stmt(node->db, UNREAD_ANYWHERE);
        stmt_bind_i64(s, 1, root);
        e = stmt_run(s);
    }
    return e ? e : set_missing(node, root);
}

enum err entity_read(struct node *node, int64_t root, struct id server, struct span compartment)
{
    struct stmt *s = db_stmt(node->db, UNREAD_DONE);
    stmt_bind_i64(s, 1, root);
    stmt_bind_blob(s, 2, server.bytes, ID_SIZE);
    stmt_bind_text(s, 3, compartment);
    enum err e = stmt_run(s);
    return e ? e : set_missing(node, root);
}

enum err entity_read_part(struct node *node, int64_t root, struct id server,
                          const struct entity_part *part)
{
    struct stmt *s = db_stmt(node->db, UNREAD_PART);
    stmt_bind_i64(s, 1, root);
    stmt_bind_blob(s, 2, server.bytes, ID_SIZE);
    stmt_bind_text(s, 3, part->compartment);
    stmt_bind_i64(s, 4, part->next);
    stmt_bind_u64(s, 5, part->epoch);
    enum err e = stmt_run(s);
    return e ? e : set_missing(node, root);
}

enum err entity_parts_anew(struct node *node, int64_t root, struct id server, uint64_t epoch)
{
    struct stmt *s = db_stmt(node->db, UNREAD_PARTS_EPOCH);
    stmt_bind_i64(s, 1, root);
    stmt_bind_blob(s, 2, server.bytes, ID_SIZE);
    stmt_bind_u64(s, 3, epoch);
    return stmt_run(s);
}

enum err entity_parts_read(struct node *node, int64_t root, struct id server)
{
    enum err e = of_parts(node, UNREAD_PARTS_DONE, root, server);
    return e ? e : set_missing(node, root);
}
