/*
 * node_feed.c - a server's feeds: for each (scope, compartment) a numbered list of changes.
 *
 * Written when a change comes in, so that serving a reader is one index range for each of its
 * feeds and nothing is kept for each device. One counter numbers the events of the whole node;
 * an event of several feeds has the same number in each. Every row carries the rolling hash up
 * to it: a reader's cursor (n, hash) proves which history it read, also across a restore.
 */
#include "node_feed.h"
#include "hash.h"

struct feed_head {
    int64_t id;
    int64_t n;
    uint64_t hash;
};

enum err feed_flush(struct node *node)
{
    if (!node->n_changed) {
        return OK;
    }
    enum err e = self_set_i64(node, "n", node->n);
    if (!e) {
        node->n_changed = false;
    }
    return e;
}

static enum err next_number(struct node *node, int64_t *ret)
{
    if (!node->n_loaded) {
        enum err e = self_i64(node, "n", 0, &node->n);
        if (e) {
            return e;
        }
        node->n_loaded = true;
    }
    node->n++;
    node->n_changed = true;
    *ret = node->n;
    return OK;
}

static enum err head_of(struct node *node, int64_t scope, int64_t compartment,
                        struct feed_head *ret)
{
    struct stmt *s = db_stmt(node->db, FEED_GET);
    stmt_bind_i64(s, 1, scope);
    stmt_bind_i64(s, 2, compartment);
    struct feed_head head = {0};
    if (stmt_row(s)) {
        head = (struct feed_head){stmt_i64(s, 0), stmt_i64(s, 1), stmt_u64(s, 2)};
    }
    enum err e = stmt_end(s);
    if (!e && head.id == 0) {
        s = db_stmt(node->db, FEED_CREATE);
        stmt_bind_i64(s, 1, scope);
        stmt_bind_i64(s, 2, compartment);
        e = stmt_run(s);
        head.id = db_last_id(node->db);
    }
    if (!e) {
        *ret = head;
    }
    return e;
}

uint64_t feed_roll(uint64_t before, int64_t n, const struct feed_event *event)
{
    struct hash_state state;
    struct hash hash;
    struct id first = {{0}};
    hash_begin(&state, "douar-feed-1");
    hash_add_u64(&state, before);
    hash_add_u64(&state, (uint64_t)n);
    hash_add_u64(&state, (uint64_t)event->what);
    hash_add_u64(&state, event->mark);
    hash_end(&state, &hash);
    for (size_t i = 0; i < ID_SIZE; i++) {
        first.bytes[i] = hash.bytes[i];
    }
    return id_prefix8(first);
}

static enum err add_row(struct node *node, int64_t scope, int64_t compartment, int64_t n,
                        const struct feed_event *event)
{
    struct feed_head head;
    enum err e = head_of(node, scope, compartment, &head);
    if (e) {
        return e;
    }
    uint64_t hash = feed_roll(head.hash, n, event);
    struct stmt *s = db_stmt(node->db, FEED_ROW_ADD);
    stmt_bind_i64(s, 1, head.id);
    stmt_bind_i64(s, 2, n);
    stmt_bind_i64(s, 3, event->what);
    stmt_bind_i64(s, 4, event->ref);
    stmt_bind_u64(s, 5, hash);
    e = stmt_run(s);
    if (!e) {
        s = db_stmt(node->db, FEED_ADVANCE);
        stmt_bind_i64(s, 1, head.id);
        stmt_bind_i64(s, 2, n);
        stmt_bind_u64(s, 3, hash);
        e = stmt_run(s);
    }
    return e;
}

enum err feed_add(struct node *node, const struct members *scopes, int64_t compartment,
                  const struct feed_event *event)
{
    if (node->identity.role < ROLE_HUB || scopes->count == 0) {
        return OK; /* Devices serve nobody. */
    }
    int64_t n = 0;
    enum err e = next_number(node, &n);
    for (size_t i = 0; !e && i < scopes->count; i++) {
        e = add_row(node, scopes->scopes[i], compartment, n, event);
    }
    return e;
}

/* One event of its own for each compartment that the statement lists for `ref`. */
static enum err add_in_each(struct node *node, enum node_stmt compartments,
                            const struct members *scopes, const struct feed_event *event)
{
    enum { EACH_MAX = 64 };
    int64_t found[EACH_MAX];
    size_t count = 0;
    struct stmt *s = db_stmt(node->db, compartments);
    stmt_bind_i64(s, 1, event->ref);
    while (count < EACH_MAX && stmt_row(s)) {
        found[count++] = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    for (size_t i = 0; !e && i < count; i++) {
        e = feed_add(node, scopes, found[i], event);
    }
    return e;
}

enum err feed_enter(struct node *node, const struct entity_row *root, const struct members *scopes)
{
    struct feed_event event = {FEED_ENTER, root->id, id_prefix8(root->name)};
    if (node->identity.role < ROLE_HUB || scopes->count == 0) {
        return OK;
    }
    return add_in_each(node, TREE_COMPARTMENTS, scopes, &event);
}

enum err feed_dead(struct node *node, const struct entity_row *entity, const struct members *scopes)
{
    struct feed_event event = {FEED_DEAD, entity->id, id_prefix8(entity->name)};
    if (node->identity.role < ROLE_HUB || scopes->count == 0) {
        return OK;
    }
    return add_in_each(node, ENTITY_COMPARTMENTS, scopes, &event);
}
