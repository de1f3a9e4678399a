/*
 * record_list.c - lists of records, a page at a time, and search.
 */
#include <string.h>

#include "fold.h"
#include "json.h"
#include "record_view.h"

#define LIST_LIMIT      100
#define LIST_ROW_MEMORY SHOWN_MEMORY_MAX
#define FIND_WORDS_MAX  8
#define FIND_QUERY_MAX  1024

/* ---- what both do with a row: judge it, take out what may not be seen, hand it on */

struct page {
    struct view view;
    record_each each;
    void *ctx;
    size_t left;
    bool stopped;
    const char *needs; /* compartments that must be readable: of the property filtered by */
    const char *key;   /* that property, and the value it must have; NULL: any */
    struct span value;
    struct arena arena; /* of one row */
};

/* A row was found by a value that the viewer may not be shown. */
static enum err still_equal(const struct page *page, struct span document, bool *ret)
{
    struct json *json = NULL;
    struct buf text;
    buf_init(&text, page->arena.mem, LIST_ROW_MEMORY);
    enum err e = json_parse(document, &json, NULL);
    const struct json *value = e ? NULL : json_get(json, page->key);
    if (value) {
        json_add_tree(&text, value);
    }
    e = e ? e : buf_error(&text);
    if (!e) {
        *ret = value ? span_equal(buf_span(&text), page->value) : value_is_null(page->value);
    }
    buf_release(&text);
    json_free(json);
    return e;
}

static enum err hand_on(struct page *page, struct stmt *s)
{
    struct stored_row row;
    struct entity_row root;
    bool seen = false;
    arena_reset(&page->arena);
    enum err e = view_turn(&page->view, stmt_i64(s, 9), &seen);
    if (e || !seen || (page->needs && !view_reads(&page->view, page->needs))) {
        return e;
    }
    e = view_stored(&page->view, s, &page->arena, &row);
    if (!e) {
        e = view_filter(&page->view, &row, &page->arena);
    }
    if (!e && page->key && view_is_partial(&page->view, &row)) {
        e = still_equal(page, row.row.document, &seen);
    }
    if (!e && seen) {
        e = entity_get(page->view.node, row.root, &root);
    }
    if (!e && seen) {
        row.row.root = root.name;
        row.row.scopes = page->view.scopes;
        row.row.scope_count = page->view.scope_count;
        page->left--;
        page->stopped = !page->each(page->ctx, &row.row);
    }
    return e;
}

static enum err page_open(struct page *page, struct node *node, const struct id *viewer,
                          size_t limit, record_each each, void *ctx)
{
    *page = (struct page){.each = each, .ctx = ctx, .left = limit == 0 ? LIST_LIMIT : limit};
    arena_init(&page->arena, &node->host->mem, LIST_ROW_MEMORY);
    return view_open(node, viewer, &page->view);
}

/* ---- lists */

struct condition {
    int64_t type; /* 0: any */
    bool by_value;
    char path[TYPE_NAME_MAX + 3]; /* "$.name" */
    struct span value;
};

static enum err read_condition(struct page *page, const struct record_filter *filter,
                               struct condition *ret, struct diag *diag)
{
    struct condition condition = {.value = filter->value};
    const struct type *type = NULL;
    if (filter->type) {
        type = org_type(page->view.org, span_of(filter->type));
        enum err e = symbol_find(page->view.node, span_of(filter->type), &condition.type);
        if (e) {
            return e;
        }
        if (!type && condition.type == 0) {
            return diag_set(diag, ERR_UNKNOWN_TYPE, filter->type, NULL);
        }
        condition.type = condition.type == 0 ? -1 : condition.type; /* known, and no record yet */
    }
    if (filter->property) {
        if (!type) {
            return diag_set(diag, ERR_USAGE, "property", "name the type too", NULL);
        }
        const struct property *p = type_property(type, filter->property);
        if (!p) {
            return diag_set(diag, ERR_UNKNOWN_PROPERTY, filter->property, type->id,
                            type_nearest_property(type, filter->property), NULL);
        }
        page->needs = p->compartment;
        page->key = p->id;
        page->value = filter->value;
        condition.by_value = true;
        condition.path[0] = '$';
        condition.path[1] = '.';
        span_text(span_of(p->id), condition.path + 2, sizeof condition.path - 2);
    }
    *ret = condition;
    return OK;
}

static struct stmt *list_stmt(struct node *node, const struct record_filter *filter,
                              const struct condition *condition)
{
    enum node_stmt which = RECORD_ALL;
    if (condition->by_value) {
        which = RECORD_EQUAL;
    } else if (filter->disputed_only) {
        which = RECORD_DISPUTED;
    } else if (condition->type != 0) {
        which = RECORD_OF_TYPE;
    }
    struct stmt *s = db_stmt(node->db, which);
    stmt_bind_i64(s, 1, filter->after);
    stmt_bind_i64(s, 2, filter->with_deleted);
    if (which == RECORD_OF_TYPE || which == RECORD_EQUAL) {
        stmt_bind_i64(s, 3, condition->type);
    }
    if (which == RECORD_EQUAL) {
        stmt_bind_text(s, 4, span_of(condition->path));
        if (value_is_null(condition->value)) {
            stmt_bind_null(s, 5);
        } else {
            stmt_bind_text(s, 5, condition->value);
        }
    }
    return s;
}

static bool wanted(struct stmt *s, const struct record_filter *filter,
                   const struct condition *condition)
{
    return (condition->type == 0 || stmt_i64(s, 2) == condition->type) &&
           (!filter->disputed_only || stmt_i64(s, 6) > 0);
}

enum err record_list(struct node *node, const struct id *viewer, const struct record_filter *filter,
                     record_each each, void *ctx, struct diag *diag)
{
    struct page page;
    struct condition condition = {0};
    enum err e = page_open(&page, node, viewer, filter->limit, each, ctx);
    if (!e) {
        e = read_condition(&page, filter, &condition, diag);
    }
    if (!e) {
        struct stmt *s = list_stmt(node, filter, &condition);
        while (!e && !page.stopped && page.left > 0 && stmt_row(s)) {
            if (wanted(s, filter, &condition)) {
                e = hand_on(&page, s);
            }
        }
        enum err end = stmt_end(s);
        e = e ? e : end;
    }
    arena_release(&page.arena);
    return node_failed(node, e, diag);
}

enum err record_count_holding(struct node *node, const char *type, const struct property *property,
                              const char *compartment, int64_t *ret)
{
    int64_t symbols[2] = {0, 0};
    enum err e = symbol_find(node, span_of(type), &symbols[0]);
    if (!e && compartment) {
        e = symbol_find(node, span_of(compartment), &symbols[1]);
    }
    *ret = 0;
    if (e || symbols[0] == 0 || (compartment && symbols[1] == 0)) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, HOLDING_COUNT);
    stmt_bind_i64(s, 1, symbols[0]);
    stmt_bind_text(s, 2, span_of(property_register(property)));
    stmt_bind_i64(s, 3, symbols[1]);
    *ret = stmt_row(s) ? stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

/* ---- find */

/*
 * Each folded word as a quoted token with a star: "moha"* "ait"*. Folding leaves letters, digits
 * and spaces, so nothing in it can end the quotes; words stand side by side, which means AND.
 */
static enum err match_of(const char *text, const struct mem *mem, struct buf *ret)
{
    struct buf folded;
    struct span word;
    size_t count = 0;
    buf_init(&folded, mem, FIND_QUERY_MAX);
    enum err e = fold_add(&folded, span_of(text));
    struct span rest = buf_span(&folded);
    while (!e && count < FIND_WORDS_MAX && span_split(&rest, ' ', &word)) {
        if (word.size == 0) {
            continue;
        }
        buf_add_text(ret, count > 0 ? " \"" : "\"");
        buf_add_span(ret, word);
        buf_add_text(ret, "\"*");
        count++;
    }
    buf_release(&folded);
    return e ? e : buf_error(ret);
}

static enum err hand_on_entity(struct page *page, int64_t entity)
{
    struct stmt *s = db_stmt(page->view.node->db, RECORD_ROW);
    stmt_bind_i64(s, 1, entity);
    enum err e = OK;
    if (stmt_row(s)) {
        e = hand_on(page, s);
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

enum err record_row_read(struct node *node, const struct id *viewer, int64_t number,
                         record_each each, void *ctx, struct diag *diag)
{
    struct page page;
    enum err e = page_open(&page, node, viewer, 1, each, ctx);
    e = e ? e : hand_on_entity(&page, number);
    arena_release(&page.arena);
    return node_failed(node, e, diag);
}

struct found {
    int64_t *entities; /* handed on already: a record may match in two compartments */
    size_t count, max;
};

static bool found_before(const struct found *found, int64_t entity)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->entities[i] == entity) {
            return true;
        }
    }
    return false;
}

/* One match: a text of an entity in one compartment, which the viewer must be able to read. */
static enum err take_match(struct page *page, struct found *found, int64_t entity,
                           int64_t compartment)
{
    const char *name = NULL;
    size_t before = page->left;
    if (found_before(found, entity)) {
        return OK;
    }
    enum err e = symbol_text(page->view.node, compartment, &name);
    if (!e) {
        page->needs = name;
        e = hand_on_entity(page, entity);
    }
    if (!e && page->left < before) {
        found->entities[found->count++] = entity;
    }
    return e;
}

static enum err find_all(struct page *page, struct span match, struct arena *arena)
{
    struct found found = {.max = page->left};
    found.entities = arena_array(arena, found.max, sizeof *found.entities);
    if (!found.entities) {
        return ERR_NOMEM;
    }
    enum err e = OK;
    struct stmt *s = db_stmt(page->view.node->db, FIND_MATCH);
    stmt_bind_text(s, 1, match);
    while (!e && !page->stopped && page->left > 0 && stmt_row(s)) {
        e = take_match(page, &found, stmt_i64(s, 0), stmt_i64(s, 1));
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

enum err record_find(struct node *node, const struct id *viewer, const char *text, size_t limit,
                     record_each each, void *ctx, struct diag *diag)
{
    struct page page;
    struct buf match;
    struct arena find_arena;
    buf_init(&match, &node->host->mem, 2 * FIND_QUERY_MAX);
    arena_init(&find_arena, &node->host->mem, LIST_ROW_MEMORY);
    enum err e = page_open(&page, node, viewer, limit, each, ctx);
    if (!e) {
        e = match_of(text, &node->host->mem, &match);
    }
    if (!e && match.size > 0) {
        e = find_all(&page, buf_span(&match), &find_arena);
    }
    arena_release(&page.arena);
    arena_release(&find_arena);
    buf_release(&match);
    return node_failed(node, e, diag);
}
