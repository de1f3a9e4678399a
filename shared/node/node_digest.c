/*
 * node_digest.c - do two nodes hold the same? A sum for each scope and compartment.
 *
 * A sum of hashes doesn't depend on the order of rows, and two nodes that hold the same live
 * registers, with the same times deciding who is shown first, have the same sums.
 */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "node_offer.h"
#include "node_shown.h"
#include "record.h"

#define DIGEST_ROWS_MAX 65536

struct sums {
    struct arena *arena;
    struct digest_row *rows;
    struct key {
        int64_t scope, compartment;
    } * keys;
    size_t count, capacity;
};

static enum err grow(struct sums *sums)
{
    size_t capacity = sums->capacity == 0 ? 32 : sums->capacity * 2;
    if (capacity > DIGEST_ROWS_MAX) {
        return ERR_TOO_LARGE;
    }
    struct digest_row *rows = arena_array(sums->arena, capacity, sizeof *rows);
    struct key *keys = arena_array(sums->arena, capacity, sizeof *keys);
    if (!rows || !keys) {
        return ERR_NOMEM;
    }
    if (sums->count > 0) {
        memcpy(rows, sums->rows, sums->count * sizeof *rows);
        memcpy(keys, sums->keys, sums->count * sizeof *keys);
    }
    sums->rows = rows;
    sums->keys = keys;
    sums->capacity = capacity;
    return OK;
}

/* The row of a scope and compartment; neighbours in the log mostly share it, so the last first. */
static enum err row_of(struct sums *sums, struct key key, size_t *ret, bool *ret_new)
{
    *ret_new = false;
    for (size_t i = sums->count; i > 0; i--) {
        if (sums->keys[i - 1].scope == key.scope &&
            sums->keys[i - 1].compartment == key.compartment) {
            *ret = i - 1;
            return OK;
        }
    }
    enum err e = sums->count == sums->capacity ? grow(sums) : OK;
    if (!e) {
        *ret = sums->count++;
        *ret_new = true;
        sums->keys[*ret] = key;
        sums->rows[*ret] = (struct digest_row){0};
    }
    return e;
}

static enum err name_row(struct node *node, struct sums *sums, size_t index)
{
    const char *scope = NULL;
    const char *compartment = NULL;
    enum err e = symbol_text(node, sums->keys[index].scope, &scope);
    if (!e) {
        e = symbol_text(node, sums->keys[index].compartment, &compartment);
    }
    if (!e) {
        sums->rows[index].scope = arena_text(sums->arena, scope);
        sums->rows[index].compartment = arena_text(sums->arena, compartment);
        e = sums->rows[index].scope && sums->rows[index].compartment ? OK : ERR_NOMEM;
    }
    return e;
}

static uint64_t digest_of(struct stmt *s)
{
    struct hash_state state;
    struct hash hash;
    uint64_t sum = 0;
    struct span entity = stmt_span(s, 2);
    hash_begin(&state, "douar-digest-1");
    hash_add(&state, entity.data, entity.size);
    hash_add_sized(&state, stmt_span(s, 3));
    struct span uid = stmt_span(s, 4);
    hash_add(&state, uid.data, uid.size);
    int64_t receipt = stmt_is_null(s, 6) ? STAMP_NO_RECEIPT : stmt_i64(s, 6);
    hash_add_u64(&state, (uint64_t)stamp_effective(stmt_i64(s, 5), receipt));
    hash_end(&state, &hash);
    for (size_t i = 0; i < 8; i++) {
        sum = sum << 8 | hash.bytes[i];
    }
    return sum;
}

static enum err add_all(struct node *node, struct sums *sums)
{
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, DIGEST_LIVE);
    while (!e && stmt_row(s)) {
        size_t index = 0;
        bool fresh = false;
        e = row_of(sums, (struct key){stmt_i64(s, 0), stmt_i64(s, 1)}, &index, &fresh);
        if (!e && fresh) {
            e = name_row(node, sums, index);
        }
        if (!e) {
            sums->rows[index].count++;
            sums->rows[index].sum += digest_of(s);
        }
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

static uint64_t digest_of_dead(struct stmt *s)
{
    struct hash_state state;
    struct hash hash;
    uint64_t sum = 0;
    struct span entity = stmt_span(s, 2);
    hash_begin(&state, "douar-dead-1");
    hash_add(&state, entity.data, entity.size);
    hash_add_sized(&state, stmt_span(s, 3));
    hash_add_u64(&state, stmt_u64(s, 4));
    hash_end(&state, &hash);
    for (size_t i = 0; i < 8; i++) {
        sum = sum << 8 | hash.bytes[i];
    }
    return sum;
}

/* What is superseded in registers that something of the compartment lives in. */
static enum err add_dead(struct node *node, struct sums *sums)
{
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, DIGEST_DEAD);
    while (!e && stmt_row(s)) {
        size_t index = 0;
        bool fresh = false;
        e = row_of(sums, (struct key){stmt_i64(s, 0), stmt_i64(s, 1)}, &index, &fresh);
        if (!e && fresh) {
            e = name_row(node, sums, index);
        }
        if (!e) {
            sums->rows[index].count++;
            sums->rows[index].sum += digest_of_dead(s);
        }
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

/* What a device still holds of scopes that it is no longer granted doesn't count. */
static void keep_in_sight(const struct node *node, const struct org *org, struct sums *sums)
{
    const struct org_node *me = org_node(org, node->identity.id);
    size_t kept = 0;
    for (size_t i = 0; i < sums->count; i++) {
        if (node->identity.role >= ROLE_HUB || strcmp(sums->rows[i].scope, PLACE_ORG) == 0 ||
            (me && org_node_covers(me, span_of(sums->rows[i].scope),
                                   span_of(sums->rows[i].compartment)))) {
            sums->rows[kept++] = sums->rows[i];
        }
    }
    sums->count = kept;
}

static int by_name(const void *a, const void *b)
{
    const struct digest_row *x = a;
    const struct digest_row *y = b;
    int order = strcmp(x->scope, y->scope);
    return order != 0 ? order : strcmp(x->compartment, y->compartment);
}

enum err node_digest(struct node *node, struct arena *arena, struct digest_row **ret,
                     size_t *ret_count)
{
    struct sums sums = {.arena = arena};
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    if (!e) {
        e = add_all(node, &sums);
    }
    if (e) {
        return e;
    }
    keep_in_sight(node, org, &sums);
    if (sums.count > 0) {
        qsort(sums.rows, sums.count, sizeof *sums.rows, by_name);
    }
    *ret = sums.rows;
    *ret_count = sums.count;
    return OK;
}

enum err node_feed_sums(struct node *node, struct arena *arena, struct feed_sum **ret,
                        size_t *ret_count)
{
    struct sums sums = {.arena = arena};
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    if (!e) {
        e = add_all(node, &sums);
    }
    if (!e) {
        e = add_dead(node, &sums);
    }
    if (e) {
        return e;
    }
    keep_in_sight(node, org, &sums);
    size_t count = sums.count < WIRE_FEEDS_MAX ? sums.count : WIRE_FEEDS_MAX;
    struct feed_sum *list = arena_array(arena, count + 1, sizeof *list);
    for (size_t i = 0; list && i < count; i++) {
        list[i] = (struct feed_sum){.scope = span_of(sums.rows[i].scope),
                                    .compartment = span_of(sums.rows[i].compartment),
                                    .count = sums.rows[i].count,
                                    .sum = sums.rows[i].sum};
    }
    *ret = list;
    *ret_count = list ? count : 0;
    return list ? OK : ERR_NOMEM;
}
