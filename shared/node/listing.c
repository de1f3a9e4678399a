/*
 * listing.c - records of a type as the rows of a list that forms choose from.
 */
#include "listing.h"

#include <string.h>

#include "json.h"
#include "listing_index.h"
#include "mapping.h"
#include "record_title.h"
#include "record_view.h"

#define CHILD_MAX   (8u * 1024 * 1024) /* bytes of one property */
#define MANY        50000              /* rows: more are as bad */
#define CHILD_NAME  "name"
#define CHILD_LABEL "label"
#define CHILD_ROOT  "__root" /* no property can be called so */

/* ---- items */

static enum err add_property(const struct property *property, const struct json *value,
                             struct buf *json, struct buf *text, listing_child each, void *ctx)
{
    buf_clear(json);
    buf_clear(text);
    json_add_tree(json, value);
    enum err e = buf_error(json);
    if (!e) {
        e = mapping_text(property->type, buf_span(json), text);
        if (e && e != ERR_NOMEM) {
            return OK; /* a document of items, which no expression reads */
        }
    }
    return e ? e : each(ctx, property->id, buf_span(text));
}

static bool is_asked(const char *only, const char *name)
{
    return only == NULL || strcmp(only, name) == 0;
}

enum err listing_children(const struct type *type, const struct listing_source *source,
                          const char *only, const struct mem *mem, listing_child each, void *ctx)
{
    struct json *document = NULL;
    struct buf json, text;
    char id[ID_TEXT_SIZE], root[ID_TEXT_SIZE];
    id_write(source->entity, id);
    id_write(source->root, root);
    enum err e = is_asked(only, CHILD_NAME) ? each(ctx, CHILD_NAME, span_of(id)) : OK;
    e = e || !is_asked(only, CHILD_LABEL) ? e : each(ctx, CHILD_LABEL, source->title);
    e = e || !is_asked(only, CHILD_ROOT) ? e : each(ctx, CHILD_ROOT, span_of(root));
    e = e ? e : json_parse(source->document, &document, NULL);
    buf_init(&json, mem, CHILD_MAX);
    buf_init(&text, mem, CHILD_MAX);
    for (const struct json *at = e ? NULL : json_first(document); at && !e; at = json_next(at)) {
        const struct property *property =
            is_asked(only, json_key(at)) ? type_property(type, json_key(at)) : NULL;
        if (property) {
            e = add_property(property, at, &json, &text, each, ctx);
        }
    }
    buf_release(&json);
    buf_release(&text);
    json_free(document);
    return e;
}

struct one {
    struct node *node;
    const struct type *type;
    listing_child each;
    void *ctx;
    enum err failed;
};

static bool take_record(void *ctx, const struct record_row *row)
{
    struct one *one = ctx;
    if (!row->deleted && strcmp(row->type_name, one->type->id) == 0) {
        const struct listing_source source = {row->entity, row->root, span_of(row->title),
                                              row->document};
        one->failed =
            listing_children(one->type, &source, NULL, &one->node->host->mem, one->each, one->ctx);
    }
    return true;
}

static enum err type_named(struct node *node, const char *name, const struct type **ret,
                           int64_t *ret_symbol, struct diag *diag)
{
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    *ret = e ? NULL : org_type(org, span_of(name));
    if (!e && *ret == NULL) {
        return diag_set(diag, ERR_UNKNOWN_TYPE, name, NULL);
    }
    return e ? e : symbol_find(node, span_of(name), ret_symbol);
}

enum err listing_row(struct node *node, const struct id *viewer, const char *type, int64_t row,
                     listing_child each, void *ctx, struct diag *diag)
{
    struct one one = {.node = node, .each = each, .ctx = ctx};
    int64_t symbol = 0;
    enum err e = type_named(node, type, &one.type, &symbol, diag);
    e = e ? e : record_row_read(node, viewer, row, take_record, &one, diag);
    return e ? e : one.failed;
}

enum err listing_size(struct node *node, const char *type, size_t most, size_t *ret)
{
    int64_t symbol = 0;
    bool more = false;
    enum err e = node_project(node, 0, &more);
    e = e ? e : symbol_find(node, span_of(type), &symbol);
    struct stmt *s = db_stmt(node->db, LISTING_COUNT);
    stmt_bind_i64(s, 1, symbol);
    stmt_bind_i64(s, 2, (int64_t)most);
    *ret = !e && stmt_row(s) ? (size_t)stmt_i64(s, 0) : 0;
    enum err end = stmt_end(s);
    return e ? e : end;
}

/* ---- rows by what they hold */

struct search {
    struct node *node;
    const struct id *viewer;
    const struct type *type;
    int64_t symbol;
    int64_t after;
    int64_t *rows;
    size_t room, count;
};

static enum err take_rows(struct search *search, struct stmt *s)
{
    while (search->count < search->room && stmt_row(s)) {
        search->rows[search->count++] = stmt_i64(s, 0);
    }
    return stmt_end(s);
}

static enum err find_all(struct search *search)
{
    struct stmt *s = db_stmt(search->node->db, LISTING_ALL);
    stmt_bind_i64(s, 1, search->symbol);
    stmt_bind_i64(s, 2, search->after);
    stmt_bind_i64(s, 3, (int64_t)search->room);
    return take_rows(search, s);
}

static enum err find_by_key(struct search *search, int64_t key, const struct expr_equal *equal)
{
    struct listing_value value = listing_value_of(equal);
    struct stmt *s = db_stmt(search->node->db, LISTING_MATCH);
    stmt_bind_i64(s, 1, key);
    stmt_bind_i64(s, 2, value.hash);
    stmt_bind_i64(s, 3, value.other);
    stmt_bind_i64(s, 4, search->after);
    stmt_bind_i64(s, 5, search->symbol);
    stmt_bind_i64(s, 6, (int64_t)search->room);
    return take_rows(search, s);
}

static enum err count_by_key(struct search *search, int64_t key, const struct expr_equal *equal,
                             size_t most, size_t *ret)
{
    struct listing_value value = listing_value_of(equal);
    struct stmt *s = db_stmt(search->node->db, LISTING_MATCHES);
    stmt_bind_i64(s, 1, key);
    stmt_bind_i64(s, 2, value.hash);
    stmt_bind_i64(s, 3, value.other);
    stmt_bind_i64(s, 4, (int64_t)most);
    *ret = stmt_row(s) ? (size_t)stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

/* A record by its id: no index of ours is needed, unless a property is called name too. */
static bool is_id(const struct search *search, const struct expr_equal *equal)
{
    return strcmp(equal->child, CHILD_NAME) == 0 && !equal->is_number &&
           type_property(search->type, CHILD_NAME) == NULL;
}

static enum err find_by_id(struct search *search, struct span text)
{
    struct id id;
    struct entity_row entity = {.id = 0};
    enum err e = id_read(text, &id) ? entity_find(search->node, id, &entity) : OK;
    if (!e && entity.id > search->after && search->room > 0) {
        search->rows[search->count++] = entity.id;
    }
    return e;
}

/* The records of one tree, which the log knows without an index of ours. */
static bool is_root(const struct expr_equal *equal)
{
    return strcmp(equal->child, CHILD_ROOT) == 0 && !equal->is_number;
}

static enum err find_by_root(struct search *search, struct span text)
{
    struct id id;
    struct entity_row root = {.id = 0};
    enum err e = id_read(text, &id) ? entity_find(search->node, id, &root) : OK;
    if (e || root.id == 0) {
        return e;
    }
    struct stmt *s = db_stmt(search->node->db, LISTING_TREE);
    stmt_bind_i64(s, 1, root.id);
    stmt_bind_i64(s, 2, search->symbol);
    stmt_bind_i64(s, 3, search->after);
    stmt_bind_i64(s, 4, (int64_t)search->room);
    return take_rows(search, s);
}

/* Children of these names stand in some item of the list, and to who may not read a property it
   is the same as empty: only base is readable wherever the record is. A label that reads otherwise
   in each language isn't indexed. */
static bool can_index(const struct search *search, const struct expr_equal *equal)
{
    const struct property *property = type_property(search->type, equal->child);
    bool everywhere =
        property ? strcmp(property->compartment, COMPARTMENT_BASE) == 0
                 : strcmp(equal->child, CHILD_NAME) == 0 ||
                       (strcmp(equal->child, CHILD_LABEL) == 0 && !title_has_choices(search->type));
    return everywhere || (property && (equal->is_number || equal->text.size != 0));
}

/* The condition that leaves the fewest rows, of those that are tried: cascades put the narrowest
   last, and as soon as one leaves few no other is indexed. */
static enum err choose(struct search *search, const struct expr_equal *equals, size_t count,
                       const struct expr_equal **ret, int64_t *ret_key)
{
    size_t fewest = SIZE_MAX;
    enum err e = OK;
    *ret = NULL;
    for (size_t i = count; !e && i > 0 && fewest >= LISTING_FEW; i--) {
        const struct expr_equal *equal = &equals[i - 1];
        size_t matches = 0, most = fewest > MANY ? MANY : fewest;
        int64_t key = 0;
        if (!can_index(search, equal)) {
            continue;
        }
        e = listing_index_key(search->node, search->symbol, search->type, equal->child,
                              equal->is_number, &key);
        if (e == ERR_DB_FULL) {
            e = OK; /* then it is looked for row by row */
            continue;
        }
        e = e || count == 1 ? e : count_by_key(search, key, equal, most, &matches);
        if (!e && (matches < fewest || *ret == NULL)) {
            fewest = matches;
            *ret = equal;
            *ret_key = key;
        }
    }
    return e;
}

static enum err find(struct search *search, const struct expr_equal *equals, size_t count)
{
    const struct expr_equal *chosen = NULL;
    int64_t key = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_id(search, &equals[i])) {
            return find_by_id(search, equals[i].text);
        }
        if (is_root(&equals[i])) {
            return find_by_root(search, equals[i].text);
        }
    }
    enum err e = choose(search, equals, count, &chosen, &key);
    if (e) {
        return e;
    }
    return chosen ? find_by_key(search, key, chosen) : find_all(search);
}

enum err listing_find(struct node *node, const struct id *viewer, const char *type,
                      const struct expr_equal *equals, size_t count, int64_t after, int64_t *rows,
                      size_t room, size_t *ret_count, struct diag *diag)
{
    struct search search = {
        .node = node, .viewer = viewer, .after = after, .rows = rows, .room = room};
    bool more = false;
    enum err e = node_project(node, 0, &more);
    e = e ? e : type_named(node, type, &search.type, &search.symbol, diag);
    e = e || room == 0 ? e : find(&search, equals, count);
    *ret_count = search.count;
    return node_failed(node, e, diag);
}
