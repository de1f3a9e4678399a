/*
 * listing_index.c - table list_row: which records have which value.
 *
 * A value stands there as eight bytes of its hash: the index stays small, and whoever finds a row
 * by it looks at the record itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "json.h"
#include "listing.h"
#include "listing_index.h"

#define STEP        16384 /* records of one transaction; sorted, so that pages fill one by one */
#define OF_THE_ZONE INT64_MIN /* texts that may be dates: their number depends on the zone */

struct entry {
    int64_t hash, entity;
};

struct entries {
    const struct mem *mem;
    int64_t key;
    const char *child;
    bool number;
    int64_t entity;
    bool any;           /* has the item such a child? */
    struct entry *list; /* NULL: written at once, */
    size_t count, capacity;
    struct node *node;
};

/* ---- values */

static int64_t hash_of_text(struct span text)
{
    struct hash_state state;
    struct hash hash;
    int64_t first;
    hash_begin(&state, "douar-list-1");
    hash_add(&state, text.data, text.size);
    hash_end(&state, &hash);
    memcpy(&first, hash.bytes, sizeof first);
    return first;
}

static int64_t hash_of_number(double number)
{
    double plain = number == 0 ? 0 : number; /* -0 equals 0 */
    int64_t bits;
    memcpy(&bits, &plain, sizeof bits);
    return bits;
}

struct listing_value listing_value_of(const struct expr_equal *equal)
{
    int64_t hash = equal->is_number ? hash_of_number(equal->number) : hash_of_text(equal->text);
    return (struct listing_value){hash, equal->is_number ? OF_THE_ZONE : hash};
}

/* ---- entries of one item */

static enum err put_entry(struct node *node, int64_t key, const struct entry *entry)
{
    struct stmt *s = db_stmt(node->db, LISTING_ADD);
    stmt_bind_i64(s, 1, key);
    stmt_bind_i64(s, 2, entry->hash);
    stmt_bind_i64(s, 3, entry->entity);
    return stmt_run(s);
}

static enum err add_entry(struct entries *entries, int64_t hash)
{
    struct entry entry = {hash, entries->entity};
    if (entries->capacity == 0) {
        return put_entry(entries->node, entries->key, &entry);
    }
    if (entries->count == entries->capacity) {
        size_t capacity = entries->capacity * 2;
        struct entry *list =
            entries->mem->resize(entries->mem->ctx, entries->list, capacity * sizeof *list);
        if (list == NULL) {
            return ERR_NOMEM;
        }
        entries->list = list;
        entries->capacity = capacity;
    }
    entries->list[entries->count++] = entry;
    return OK;
}

static enum err add_value(struct entries *entries, struct span text)
{
    double number;
    if (!entries->number) {
        return add_entry(entries, hash_of_text(text));
    }
    if (!expr_text_number(text, &number)) {
        return add_entry(entries, OF_THE_ZONE);
    }
    return isnan(number) ? OK : add_entry(entries, hash_of_number(number));
}

static enum err take_child(void *ctx, const char *name, struct span text)
{
    struct entries *entries = ctx;
    (void)name; /* no other is asked for */
    entries->any = true;
    return add_value(entries, text);
}

/* An item without the child compares as if it were empty. */
static enum err add_item(struct entries *entries, const struct type *type,
                         const struct listing_source *source)
{
    entries->any = false;
    enum err e = listing_children(type, source, entries->child, entries->mem, take_child, entries);
    return e || entries->any ? e : add_value(entries, (struct span){0});
}

/* ---- keeping it up */

static enum err keys_of(struct node *node, int64_t symbol, struct entries *ret, char *names,
                        size_t name_size, size_t *ret_count)
{
    size_t count = 0;
    struct stmt *s = db_stmt(node->db, LISTING_KEYS);
    stmt_bind_i64(s, 1, symbol);
    while (count < LISTING_KEYS_MAX && stmt_row(s)) {
        char *name = names + count * name_size;
        span_text(stmt_span(s, 1), name, name_size);
        ret[count++] = (struct entries){.mem = &node->host->mem,
                                        .key = stmt_i64(s, 0),
                                        .child = name,
                                        .number = stmt_i64(s, 2) != 0,
                                        .node = node};
    }
    *ret_count = count;
    return stmt_end(s);
}

enum err listing_index_put(struct node *node, int64_t entity, int64_t symbol,
                           const struct type *type, const char *title, struct span document)
{
    struct entries keys[LISTING_KEYS_MAX];
    char names[LISTING_KEYS_MAX][TYPE_NAME_MAX + 1];
    size_t count = 0;
    struct listing_source source = {.title = span_of(title), .document = document};
    struct entity_row named;
    struct stmt *s = db_stmt(node->db, LISTING_CLEAR);
    stmt_bind_i64(s, 1, entity);
    enum err e = stmt_run(s);
    if (!e && type) {
        e = keys_of(node, symbol, keys, names[0], sizeof names[0], &count);
    }
    if (!e && count > 0) {
        e = entity_get(node, entity, &named);
        source.entity = e ? source.entity : named.name;
    }
    for (size_t i = 0; !e && i < count; i++) {
        keys[i].entity = entity;
        e = add_item(&keys[i], type, &source);
    }
    return e;
}

/* ---- making it */

static int by_hash(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    if (one->hash != other->hash) {
        return one->hash < other->hash ? -1 : 1;
    }
    return (one->entity > other->entity) - (one->entity < other->entity);
}

/* `*after` is the last one read; unchanged at the end. */
static enum err read_step(struct entries *entries, int64_t symbol, const struct type *type,
                          int64_t *after)
{
    struct stmt *s = db_stmt(entries->node->db, LISTING_SOURCE);
    stmt_bind_i64(s, 1, symbol);
    stmt_bind_i64(s, 2, *after);
    stmt_bind_i64(s, 3, STEP);
    enum err e = OK;
    while (!e && stmt_row(s)) {
        struct listing_source source = {.title = stmt_span(s, 1), .document = stmt_span(s, 2)};
        (void)stmt_blob(s, 3, source.entity.bytes, ID_SIZE);
        entries->entity = *after = stmt_i64(s, 0);
        e = add_item(entries, type, &source);
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

static enum err write_step(struct entries *entries, int64_t built)
{
    enum err e = node_begin(entries->node);
    if (e) {
        return e;
    }
    for (size_t i = 0; !e && i < entries->count; i++) {
        e = put_entry(entries->node, entries->key, &entries->list[i]);
    }
    if (!e) {
        struct stmt *s = db_stmt(entries->node->db, LISTING_KEY_BUILT);
        stmt_bind_i64(s, 1, entries->key);
        stmt_bind_i64(s, 2, built);
        e = stmt_run(s);
    }
    return node_end(entries->node, e);
}

static enum err build(struct node *node, int64_t key, int64_t built, int64_t symbol,
                      const struct type *type, const char *child, bool number)
{
    struct entries entries = {.mem = &node->host->mem,
                              .key = key,
                              .child = child,
                              .number = number,
                              .capacity = STEP,
                              .node = node};
    entries.list = entries.mem->resize(entries.mem->ctx, NULL, STEP * sizeof *entries.list);
    enum err e = entries.list ? OK : ERR_NOMEM;
    int64_t before = -1;
    while (!e && built != before) {
        before = built;
        entries.count = 0;
        e = read_step(&entries, symbol, type, &built);
        if (!e && built == before) {
            built = INT64_MAX;
            before = INT64_MAX;
        }
        if (!e && entries.count > 0) {
            qsort(entries.list, entries.count, sizeof *entries.list, by_hash);
        }
        e = e ? e : write_step(&entries, built);
    }
    (void)entries.mem->resize(entries.mem->ctx, entries.list, 0);
    return e;
}

static enum err drop_oldest(struct node *node)
{
    struct stmt *s = db_stmt(node->db, LISTING_KEY_SPARE);
    stmt_bind_i64(s, 1, LISTING_KEYS_MAX);
    int64_t oldest = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    for (enum node_stmt which = LISTING_KEY_DROP; !e && oldest != 0 && which <= LISTING_KEY_EMPTY;
         which++) {
        s = db_stmt(node->db, which);
        stmt_bind_i64(s, 1, oldest);
        e = stmt_run(s);
    }
    return e;
}

static enum err add_key(struct node *node, int64_t symbol, const char *child, bool number,
                        int64_t *ret)
{
    enum err e = node_begin(node);
    if (e) {
        return e;
    }
    e = drop_oldest(node);
    if (!e) {
        struct stmt *s = db_stmt(node->db, LISTING_KEY_ADD);
        stmt_bind_i64(s, 1, symbol);
        stmt_bind_text(s, 2, span_of(child));
        stmt_bind_i64(s, 3, number);
        e = stmt_run(s);
    }
    *ret = db_last_id(node->db);
    return node_end(node, e);
}

enum err listing_index_key(struct node *node, int64_t symbol, const struct type *type,
                           const char *child, bool number, int64_t *ret_key)
{
    struct stmt *s = db_stmt(node->db, LISTING_KEY);
    stmt_bind_i64(s, 1, symbol);
    stmt_bind_text(s, 2, span_of(child));
    stmt_bind_i64(s, 3, number);
    bool known = stmt_row(s);
    int64_t key = known ? stmt_i64(s, 0) : 0;
    int64_t built = known ? stmt_i64(s, 1) : 0;
    enum err e = stmt_end(s);
    if (!e && !known) {
        e = add_key(node, symbol, child, number, &key);
    }
    if (!e && built != INT64_MAX) {
        e = build(node, key, built, symbol, type, child, number);
    }
    if (!e) {
        *ret_key = key;
    }
    return e;
}
