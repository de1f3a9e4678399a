/*
 * node_project_search.c - what find looks in and what is warned of when entered twice.
 *
 * One searchable text an entity and compartment (several, of what moved), so that a search never
 * tells what the person may not read. Rows are made anew each time: the highest number is what
 * changed last.
 */
#include <string.h>

#include "fold.h"
#include "node_project.h"

static enum err fold_value(enum value_type type, struct span json, struct arena *arena,
                           struct buf *ret)
{
    struct buf text;
    if (value_is_null(json)) {
        return OK;
    }
    buf_init(&text, arena->mem, PROJECT_TEXT_MAX);
    enum err e = value_to_text(type, json, &text);
    if (!e && ret->size > 0) {
        buf_add_byte(ret, ' ');
    }
    if (!e) {
        e = fold_add(ret, buf_span(&text));
    }
    buf_release(&text);
    return e;
}

enum err project_unique_key(const struct property *property, struct span json, struct arena *arena,
                            struct span *ret)
{
    struct buf folded;
    buf_init(&folded, arena->mem, PROJECT_TEXT_MAX);
    enum err e = fold_value(property->type, json, arena, &folded);
    if (!e) {
        size_t kept = 0;
        for (size_t i = 0; i < folded.size; i++) {
            if (folded.data[i] != ' ') {
                folded.data[kept++] = folded.data[i];
            }
        }
        buf_truncate(&folded, kept);
        e = arena_copy(arena, buf_span(&folded), ret);
    }
    buf_release(&folded);
    return e;
}

/* ---- every value of a property that a person can see: both sides of a dispute, all of a list */

typedef enum err (*value_each)(void *ctx, const struct property *property, struct span json);

static enum err each_value(const struct shown *shown, const struct property *property,
                           struct arena *arena, value_each each, void *ctx)
{
    const struct shown_register *reg = shown_register(shown, span_of(property_register(property)));
    struct span json = {0};
    enum err e = OK;
    if (reg && (reg->shown.disputed || property->policy == POLICY_APPEND)) {
        for (size_t i = 0; !e && i < reg->value_count; i++) {
            e = shown_part(property, reg->values[i].json, arena, &json);
            if (!e) {
                e = each(ctx, property, json);
            }
        }
        return e;
    }
    e = shown_property_value(shown, property, arena, &json);
    return e ? e : each(ctx, property, json);
}

/* ---- find */

struct text_of {
    struct arena *arena;
    struct buf *text;
};

static enum err add_text(void *ctx, const struct property *property, struct span json)
{
    struct text_of *to = ctx;
    return fold_value(property->type, json, to->arena, to->text);
}

static enum err put_text(struct node *node, int64_t entity, const char *compartment,
                         struct span text)
{
    int64_t symbol = 0;
    enum err e = symbol_id(node, span_of(compartment), &symbol);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, FIND_ROW_ADD);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_i64(s, 2, symbol);
    e = stmt_run(s);
    if (e) {
        return e;
    }
    int64_t row = db_last_id(node->db);
    s = db_stmt(node->db, FIND_TEXT_ADD);
    stmt_bind_i64(s, 1, row);
    stmt_bind_text(s, 2, text);
    return stmt_run(s);
}

/* What of the searchable properties somebody sees who may read what `needs` lists. */
static enum err index_needs(struct node *node, const struct shown *shown, const char *const *needs,
                            const char *which, const char *case_number, struct arena *arena)
{
    struct buf text;
    struct text_of to = {arena, &text};
    enum err e = OK;
    buf_init(&text, arena->mem, PROJECT_TEXT_MAX);
    if (strcmp(which, COMPARTMENT_BASE) == 0) {
        e = fold_add(&text, span_of(case_number));
    }
    for (size_t i = 0; !e && shown->type && i < shown->type->property_count; i++) {
        if (needs[i] && strcmp(needs[i], which) == 0) {
            e = each_value(shown, &shown->type->properties[i], arena, add_text, &to);
        }
    }
    e = e ? e : buf_error(&text);
    if (!e && text.size > 0) {
        e = put_text(node, shown->entity.id, which, buf_span(&text));
    }
    buf_release(&text);
    return e;
}

static bool is_first(const char *const *needs, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (needs[i] && strcmp(needs[i], needs[index]) == 0) {
            return false;
        }
    }
    return true;
}

static enum err index_entity(struct node *node, const struct shown *shown, const char *case_number,
                             struct arena *arena)
{
    size_t count = shown->type ? shown->type->property_count : 0;
    const char **needs = arena_array(arena, count, sizeof *needs); /* NULL: not searchable */
    enum err e = needs ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < count; i++) {
        if (shown->type->properties[i].search) {
            e = shown_needs(shown, &shown->type->properties[i], arena, &needs[i]);
        }
    }
    if (!e) {
        e = index_needs(node, shown, needs, COMPARTMENT_BASE, case_number, arena);
    }
    for (size_t i = 0; !e && i < count; i++) {
        if (needs[i] && strcmp(needs[i], COMPARTMENT_BASE) != 0 && is_first(needs, i)) {
            e = index_needs(node, shown, needs, needs[i], case_number, arena);
        }
    }
    return e;
}

/* ---- doubles */

struct unique_of {
    struct node *node;
    int64_t entity;
    struct arena *arena;
};

static enum err add_unique(void *ctx, const struct property *property, struct span json)
{
    struct unique_of *of = ctx;
    struct span key = {0};
    int64_t symbol = 0;
    enum err e = project_unique_key(property, json, of->arena, &key);
    if (e || key.size == 0) {
        return e;
    }
    e = symbol_id(of->node, span_of(property->id), &symbol);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(of->node->db, UNIQUE_ADD);
    stmt_bind_i64(s, 1, symbol);
    stmt_bind_text(s, 2, key);
    stmt_bind_i64(s, 3, of->entity);
    return stmt_run(s);
}

/* A statement that may delete many rows opens a savepoint, at which FTS5 writes out all that it has
   gathered: the most of a first sync's time. So row by row, and none where there is none. */
static enum err clear_texts(struct node *node, int64_t entity)
{
    for (;;) {
        struct stmt *s = db_stmt(node->db, FIND_ROW_OF);
        stmt_bind_i64(s, 1, entity);
        bool more = stmt_row(s);
        int64_t row = more ? stmt_i64(s, 0) : 0;
        enum err e = stmt_end(s);
        if (e || !more) {
            return e;
        }
        s = db_stmt(node->db, FIND_TEXT_CLEAR);
        stmt_bind_i64(s, 1, row);
        e = stmt_run(s);
        if (e) {
            return e;
        }
        s = db_stmt(node->db, FIND_ROW_CLEAR);
        stmt_bind_i64(s, 1, row);
        e = stmt_run(s);
        if (e) {
            return e;
        }
    }
}

static enum err clear(struct node *node, int64_t entity)
{
    struct stmt *s = db_stmt(node->db, UNIQUE_CLEAR);
    stmt_bind_i64(s, 1, entity);
    enum err e = stmt_run(s);
    return e ? e : clear_texts(node, entity);
}

enum err project_search(struct node *node, int64_t entity, const struct shown *shown,
                        const char *case_number, struct arena *arena)
{
    struct unique_of of = {node, entity, arena};
    enum err e = clear(node, entity);
    if (e || !shown) {
        return e;
    }
    e = index_entity(node, shown, case_number, arena);
    for (size_t i = 0; !e && shown->type && i < shown->type->property_count; i++) {
        const struct property *p = &shown->type->properties[i];
        if (p->unique) {
            e = each_value(shown, p, arena, add_unique, &of);
        }
    }
    return e;
}
