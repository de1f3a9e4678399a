/*
 * node_alias.c - which records stand for one.
 *
 * Each duplicate names one other, so following the names from any record ends at a record that
 * names none, or goes round; in a ring the least id stands for all.
 */
#include <string.h>

#include "json.h"
#include "node_alias.h"
#include "node_internal.h"
#include "node_member.h"
#include "register.h"

#define ALIAS_ARENA_MAX (16u * 1024 * 1024)

/* ---- the pairs */

static enum err named_by(struct node *node, const struct live_op *live, size_t count,
                         struct arena *arena, struct id *ret, bool *ret_found)
{
    struct stamp_rank best = {0};
    enum err e = OK;
    *ret_found = false;
    bool any = false;
    for (size_t i = 0; !e && i < count; i++) {
        struct logged logged;
        struct json *values = NULL;
        e = log_read(node, live[i].op, arena, &logged);
        if (!e && !logged.op.redacted) {
            e = json_parse(logged.op.values, &values, NULL);
        }
        if (e) {
            return e;
        }
        struct stamp_rank rank = {logged.effective_ms, logged.op.stamp.counter, logged.op.uid};
        if (!any || stamp_rank_compare(&rank, &best) > 0) {
            best = rank;
            any = true;
            *ret_found = id_read(span_of(json_get_text(values, REGISTER_ALIAS, "")), ret);
        }
        json_free(values);
    }
    return e;
}

static enum err set_target(struct node *node, int64_t entity, struct id target)
{
    struct entity_row row;
    enum err e = entity_find(node, target, &row);
    if (!e && row.id == 0) {
        e = entity_add(node, target, (struct span){0}, INT64_MAX, &row);
    }
    if (e || row.id == entity) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, ALIAS_SET);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, row.id);
    return stmt_run(s);
}

static enum err get(struct node *node, int64_t entity, int64_t *ret_target, int64_t *ret_head)
{
    struct stmt *s = db_stmt(node->db, ALIAS_GET);
    stmt_bind_i64(s, 1, entity);
    *ret_target = *ret_head = 0;
    if (stmt_row(s)) {
        *ret_target = stmt_i64(s, 0);
        *ret_head = stmt_i64(s, 1);
    }
    return stmt_end(s);
}

enum err alias_refresh(struct node *node, int64_t entity)
{
    struct arena arena;
    struct live_op *live = NULL;
    struct id target = {{0}};
    size_t count = 0;
    int64_t reg = 0;
    int64_t before = 0;
    int64_t noted = 0;
    int64_t head = 0;
    bool found = false;
    arena_init(&arena, &node->host->mem, ALIAS_ARENA_MAX);
    enum err e = symbol_id(node, span_of(REGISTER_ALIAS), &reg);
    if (!e) {
        e = log_live(node, entity, reg, &arena, &live, &count);
    }
    if (!e) {
        e = named_by(node, live, count, &arena, &target, &found);
    }
    if (!e) {
        e = get(node, entity, &before, &noted);
    }
    if (!e) {
        e = alias_head(node, entity, &head);
    }
    /* They may have to do without this one: who stood for it when that was noted, and who does now;
       a save may have been shown since. */
    if (!e && noted != 0) {
        e = log_mark_dirty(node, noted);
    }
    if (!e && head != entity) {
        e = log_mark_dirty(node, head);
    }
    if (!e && found) {
        e = set_target(node, entity, target);
    } else if (!e) {
        struct stmt *s = db_stmt(node->db, ALIAS_DROP);
        stmt_bind_i64(s, 1, entity);
        e = stmt_run(s);
    }
    arena_release(&arena);
    return e ? e : log_mark_dirty(node, entity);
}

/* ---- following them */

static enum err is_seen(struct node *node, int64_t entity, bool *ret)
{
    struct entity_row row;
    enum err e = entity_get(node, entity, &row);
    return e ? e : root_in_sight(node, row.root, ret);
}

/* Only to a record of the same type that this node holds and shows. */
static enum err may_follow(struct node *node, int64_t from, int64_t to, bool *ret)
{
    struct stmt *s = db_stmt(node->db, ALIAS_SAME_TYPE);
    stmt_bind_i64(s, 1, from);
    stmt_bind_i64(s, 2, to);
    *ret = stmt_row(s);
    enum err e = stmt_end(s);
    return e || !*ret ? e : is_seen(node, to, ret);
}

static enum err next_of(struct node *node, int64_t entity, int64_t *ret)
{
    int64_t target = 0;
    int64_t head = 0;
    bool may = false;
    enum err e = get(node, entity, &target, &head);
    if (!e && target != 0) {
        e = may_follow(node, entity, target, &may);
    }
    *ret = may ? target : 0;
    return e;
}

static enum err least_of(struct node *node, const int64_t *list, size_t begin, size_t end,
                         int64_t *ret)
{
    struct id least = {{0}};
    enum err e = OK;
    for (size_t i = begin; !e && i < end; i++) {
        struct entity_row row;
        e = entity_get(node, list[i], &row);
        if (!e && (i == begin || memcmp(row.name.bytes, least.bytes, ID_SIZE) < 0)) {
            least = row.name;
            *ret = list[i];
        }
    }
    return e;
}

enum err alias_head(struct node *node, int64_t entity, int64_t *ret)
{
    int64_t way[ALIAS_MEMBERS_MAX];
    size_t count = 0;
    int64_t at = entity;
    enum err e = OK;
    while (!e && at != 0 && count < ALIAS_MEMBERS_MAX) {
        for (size_t i = 0; i < count; i++) {
            if (way[i] == at) {
                return least_of(node, way, i, count, ret);
            }
        }
        way[count++] = at;
        e = next_of(node, at, &at);
    }
    if (!e) {
        *ret = at == 0 ? way[count - 1] : entity; /* too long a way: stands for itself */
    }
    return e;
}

struct follower {
    int64_t entity, head;
};

static enum err followers(struct node *node, int64_t entity, struct follower *ret, size_t max,
                          size_t *ret_count)
{
    size_t count = 0;
    struct stmt *s = db_stmt(node->db, ALIAS_FOLLOWERS);
    stmt_bind_i64(s, 1, entity);
    while (count < max && stmt_row(s)) {
        ret[count++] = (struct follower){stmt_i64(s, 0), stmt_i64(s, 1)};
    }
    *ret_count = count;
    return stmt_end(s);
}

static bool lists(const struct alias_members *members, int64_t entity)
{
    for (size_t i = 0; i < members->count; i++) {
        if (members->entities[i] == entity) {
            return true;
        }
    }
    return false;
}

enum err alias_members(struct node *node, int64_t head, struct alias_members *ret)
{
    struct follower list[ALIAS_MEMBERS_MAX];
    size_t count = 0;
    int64_t own_head = 0;
    *ret = (struct alias_members){.entities = {head}, .count = 1};
    enum err e = followers(node, head, list, ALIAS_MEMBERS_MAX, &count);
    if (e || count == 0) { /* nearly always */
        return e;
    }
    e = alias_head(node, head, &own_head);
    if (e || own_head != head) {
        return e;
    }
    for (size_t i = 0; !e && i < ret->count; i++) {
        e = followers(node, ret->entities[i], list, ALIAS_MEMBERS_MAX, &count);
        for (size_t k = 0; !e && k < count; k++) {
            bool may = false;
            if (lists(ret, list[k].entity) || ret->count == ALIAS_MEMBERS_MAX) {
                continue;
            }
            e = may_follow(node, list[k].entity, ret->entities[i], &may);
            if (!e && may) { /* of one that left, nobody tells what became of it */
                e = is_seen(node, list[k].entity, &may);
            }
            if (!e && may) {
                ret->entities[ret->count++] = list[k].entity;
            }
        }
    }
    return e;
}

enum err alias_head_name(struct node *node, struct id entity, struct id *ret)
{
    struct entity_row row;
    int64_t head = 0;
    *ret = entity;
    enum err e = entity_find(node, entity, &row);
    if (e || row.id == 0) {
        return e;
    }
    e = alias_head(node, row.id, &head);
    if (!e && head != row.id) {
        e = entity_get(node, head, &row);
        *ret = e ? entity : row.name;
    }
    return e;
}

/* ---- showing */

enum err alias_before_show(struct node *node, int64_t entity, int64_t *ret_head)
{
    struct follower list[ALIAS_MEMBERS_MAX];
    size_t count = 0;
    int64_t target = 0;
    int64_t before = 0;
    int64_t head = entity;
    enum err e = alias_head(node, entity, &head);
    if (!e) {
        e = get(node, entity, &target, &before);
    }
    if (!e && before != 0 && before != head) {
        e = log_mark_dirty(node, before);
    }
    if (!e && head != entity) {
        e = log_mark_dirty(node, head);
    }
    if (!e) {
        e = followers(node, entity, list, ALIAS_MEMBERS_MAX, &count);
    }
    for (size_t i = 0; !e && i < count; i++) {
        int64_t now = 0;
        e = alias_head(node, list[i].entity, &now);
        if (!e && now != list[i].head) {
            e = log_mark_dirty(node, list[i].entity);
        }
    }
    *ret_head = head;
    return e;
}

enum err alias_note_shown(struct node *node, int64_t entity, int64_t head, const char *case_number)
{
    struct stmt *s = db_stmt(node->db, ALIAS_SHOWN);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, head);
    stmt_bind_text(s, 3, span_of(case_number));
    return stmt_run(s);
}
