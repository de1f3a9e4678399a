/*
 * node_member.c - how an op changes where an entity belongs, and what the feeds are told of it.
 *
 * A root belongs to the live values of its `_scope` register; two concurrent moves make it a
 * member of both until someone decides (the superset is the safe side). A child follows its root.
 */
#include <string.h>

#include "json.h"
#include "node_internal.h"
#include "node_member.h"
#include "place.h"
#include "snapshot_internal.h"

static bool members_hold(const struct members *members, int64_t scope)
{
    for (size_t i = 0; i < members->count; i++) {
        if (members->scopes[i] == scope) {
            return true;
        }
    }
    return false;
}

static struct members members_union(const struct members *a, const struct members *b)
{
    struct members both = *a;
    for (size_t i = 0; i < b->count && both.count < MEMBER_MAX; i++) {
        if (!members_hold(&both, b->scopes[i])) {
            both.scopes[both.count++] = b->scopes[i];
        }
    }
    return both;
}

static struct members members_minus(const struct members *a, const struct members *b)
{
    struct members rest = {.count = 0};
    for (size_t i = 0; i < a->count; i++) {
        if (!members_hold(b, a->scopes[i])) {
            rest.scopes[rest.count++] = a->scopes[i];
        }
    }
    return rest;
}

/* The text under `key` in an op's values, into `ret` ("" when there is none). */
static enum err value_text(const struct op *op, const char *key, char *ret, size_t size)
{
    struct json *value = NULL;
    struct span json;
    ret[0] = '\0';
    if (op->redacted || !json_find_member(op->values, key, &json)) {
        return OK;
    }
    enum err e = json_parse(json, &value, NULL);
    if (!e) {
        const char *text = json_text(value);
        if (text && strlen(text) < size) {
            memcpy(ret, text, strlen(text) + 1);
        }
        json_free(value);
    }
    return e;
}

static enum err add_member(struct node *node, int64_t root, int64_t live_row, struct arena *arena)
{
    char code[PLACE_CODE_MAX + 1];
    int64_t scope = 0;
    struct logged logged;
    enum err e = log_read(node, live_row, arena, &logged);
    if (!e) {
        e = value_text(&logged.op, "_scope", code, sizeof code);
    }
    if (e || !place_code_valid(span_of(code)) || strcmp(code, PLACE_ORG) == 0) {
        return e;
    }
    e = symbol_id(node, span_of(code), &scope);
    if (!e) {
        struct stmt *s = db_stmt(node->db, MEMBER_ADD);
        stmt_bind_i64(s, 1, root);
        stmt_bind_i64(s, 2, scope);
        e = stmt_run(s);
    }
    return e;
}

enum err member_refresh(struct node *node, int64_t root)
{
    struct arena arena;
    struct live_op *live = NULL;
    size_t count = 0;
    int64_t reg = 0;
    arena_init(&arena, &node->host->mem, 16u * 1024 * 1024);
    enum err e = symbol_id(node, span_of("_scope"), &reg);
    if (!e) {
        e = log_live(node, root, reg, &arena, &live, &count);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, MEMBER_CLEAR);
        stmt_bind_i64(s, 1, root);
        e = stmt_run(s);
    }
    for (size_t i = 0; !e && i < count && i < MEMBER_MAX; i++) {
        e = add_member(node, root, live[i].op, &arena);
    }
    arena_release(&arena);
    return e;
}

/* The entity a child follows, made when it isn't known yet (its own ops may come later). */
static enum err root_named(struct node *node, const struct op *op, int64_t *ret)
{
    char text[ID_TEXT_SIZE + 1];
    struct id name;
    struct entity_row row;
    enum err e = value_text(op, "_root", text, sizeof text);
    if (e || !id_read(span_of(text), &name) || id_equal(name, op->entity)) {
        *ret = 0;
        return e;
    }
    e = entity_find(node, name, &row);
    if (!e && row.id == 0) {
        e = entity_add(node, name, (struct span){0}, INT64_MAX, &row);
    }
    if (!e) {
        *ret = row.id;
    }
    return e;
}

enum err entity_add(struct node *node, struct id name, struct span type, int64_t type_op,
                    struct entity_row *ret)
{
    struct entity_row row = {.name = name};
    enum err e = symbol_id(node, type, &row.type);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, ENTITY_ADD);
    stmt_bind_blob(s, 1, name.bytes, ID_SIZE);
    stmt_bind_i64(s, 2, row.type);
    stmt_bind_i64(s, 3, type_op);
    stmt_bind_null(s, 4);
    e = stmt_run(s);
    row.id = db_last_id(node->db);
    if (!e) {
        *ret = row;
    }
    return e;
}

static enum err set_root(struct node *node, struct entity_row *entity, int64_t root)
{
    struct stmt *s = db_stmt(node->db, ENTITY_SET_ROOT);
    stmt_bind_i64(s, 1, entity->id);
    stmt_bind_i64(s, 2, root);
    enum err e = stmt_run(s);
    if (!e) {
        entity->root = root;
    }
    return e;
}

static enum err settle_org(struct node *node, struct entity_row *entity)
{
    int64_t scope = 0;
    if (entity->root != 0) {
        return OK;
    }
    enum err e = symbol_id(node, span_of(PLACE_ORG), &scope);
    if (!e) {
        e = set_root(node, entity, entity->id);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, MEMBER_ADD);
        stmt_bind_i64(s, 1, entity->id);
        stmt_bind_i64(s, 2, scope);
        e = stmt_run(s);
    }
    return e;
}

enum err member_settle(struct node *node, struct entity_row *entity, const struct op *op,
                       const struct op_effect *effect)
{
    enum err e = OK;
    if (effect->org) {
        return settle_org(node, entity);
    }
    if (effect->writes_scope) {
        if (entity->root != entity->id) {
            e = set_root(node, entity, entity->id);
        }
        if (!e) {
            e = member_refresh(node, entity->id);
        }
    } else if (effect->writes_root && entity->root == 0) {
        int64_t root = 0;
        e = root_named(node, op, &root);
        if (!e && root != 0) {
            e = set_root(node, entity, root);
        }
    }
    return e;
}

/* Does the tree hold more than the one op that just came? */
static enum err tree_is_older(struct node *node, const struct entity_row *root, bool *ret)
{
    bool older = false;
    struct stmt *s = db_stmt(node->db, ENTITY_TREE);
    stmt_bind_i64(s, 1, root->id);
    while (!older && stmt_row(s)) {
        older = stmt_i64(s, 0) != root->id;
    }
    enum err e = stmt_end(s);
    if (!e && !older) {
        s = db_stmt(node->db, ENTITY_OP_COUNT);
        stmt_bind_i64(s, 1, root->id);
        older = stmt_row(s) && stmt_i64(s, 0) > 1;
        e = stmt_end(s);
    }
    if (!e) {
        *ret = older;
    }
    return e;
}

enum err member_tell_feeds(struct node *node, const struct entity_row *entity,
                           const struct members *before, int64_t root_before,
                           const struct feed_event *event, int64_t compartment)
{
    struct members after;
    struct entity_row root;
    bool older = false;
    if (node->identity.role < ROLE_HUB) {
        return OK;
    }
    enum err e = members_of(node, entity->root, &after);
    if (e) {
        return e;
    }
    struct members told = members_union(before, &after);
    struct members entered = members_minus(&after, before);
    struct members left = members_minus(before, &after);
    if (event) { /* A move goes to the scopes it left, too. */
        e = feed_add(node, &told, compartment, event);
    }
    if (!e && left.count > 0) {
        e = snapshot_note_left(node, entity->root, &left);
    }
    if (e || entered.count == 0) {
        return e;
    }
    e = entity_get(node, entity->root, &root);
    if (!e && event && root.id == entity->id) {
        e = tree_is_older(node, &root, &older);
    } else if (!e) {
        /* A child that found its root: told whole when it had ops before. */
        struct stmt *s = db_stmt(node->db, ENTITY_OP_COUNT);
        stmt_bind_i64(s, 1, entity->id);
        older = root_before == 0 && stmt_row(s) && stmt_i64(s, 0) > 1;
        e = stmt_end(s);
        older = older || !event;
    }
    if (!e && older) {
        e = feed_enter(node, &root, &entered);
    }
    return e;
}
