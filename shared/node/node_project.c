/*
 * node_project.c - table record: what is shown of each entity, made anew when it changed, and
 * after it whether the rules of its forms hold (node_rules.h).
 *
 * Writers only mark an entity dirty; readers (and an idle server) bring the table up to date.
 * So a sync of many ops costs one projection an entity, whatever the number of ops.
 */
#include <string.h>

#include "forget_internal.h"
#include "json.h"
#include "listing_index.h"
#include "node_alias.h"
#include "node_computed.h"
#include "node_project.h"
#include "node_rules.h"
#include "node_shown.h"
#include "record.h"

#define PROJECT_STEP 256 /* entities of one transaction: a cut costs at most that much work */

/* ---- the row */

struct row {
    const char *case_number;
    const char *title;
    struct span document;
    int64_t disputes;
    bool deleted;
    int64_t updated_ms;
    const char *elsewhere;
};

static enum err add_properties(const struct shown *shown, struct json_writer *w,
                               struct arena *arena)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < shown->type->property_count; i++) {
        const struct property *p = &shown->type->properties[i];
        struct span json = {0};
        e = shown_property_value(shown, p, arena, &json);
        if (!e && !value_is_null(json)) {
            json_name(w, p->id);
            json_put_raw(w, json);
        }
    }
    return e;
}

/* A type that isn't known here tells no compartments: only what came as base is shown. */
static void add_raw_registers(const struct shown *shown, struct json_writer *w)
{
    for (size_t i = 0; i < shown->register_count; i++) {
        const struct shown_register *reg = &shown->registers[i];
        char name[2 * TYPE_NAME_MAX + 2];
        span_text(reg->name, name, sizeof name);
        if (name[0] != '_' && span_is(reg->compartment, COMPARTMENT_BASE) &&
            !value_is_null(reg->shown.json)) {
            json_name(w, name);
            json_put_raw(w, reg->shown.json);
        }
    }
}

enum err project_document(const struct shown *shown, struct arena *arena, struct span *ret)
{
    struct buf document;
    struct json_writer w;
    enum err e = OK;
    buf_init(&document, arena->mem, PROJECT_TEXT_MAX);
    json_begin(&w, &document);
    json_open(&w, '{');
    if (shown->type) {
        e = add_properties(shown, &w, arena);
    } else {
        add_raw_registers(shown, &w);
    }
    json_close(&w, '}');
    e = e ? e : buf_error(&document);
    if (!e) {
        e = arena_copy(arena, buf_span(&document), ret);
    }
    buf_release(&document);
    return e;
}

/* Titles stand in lists that everybody of the scope sees, so only base goes in. */
static enum err add_title(const struct shown *shown, struct arena *arena, struct buf *title)
{
    enum err e = OK;
    for (size_t i = 0; !e && shown->type && i < shown->type->title_count; i++) {
        const struct property *p = type_property(shown->type, shown->type->title[i]);
        struct span json = span_of("null");
        const char *needs = NULL;
        if (!p || strcmp(p->compartment, COMPARTMENT_BASE) != 0) {
            continue;
        }
        e = shown_needs(shown, p, arena, &needs);
        if (!e && strcmp(needs, COMPARTMENT_BASE) == 0) {
            e = shown_property_value(shown, p, arena, &json);
        }
        if (!e && !value_is_null(json)) {
            buf_add_text(title, title->size > 0 ? " · " : "");
            e = value_to_text(p->type, json, title);
        }
    }
    return e ? e : buf_error(title);
}

static enum err make_title(const struct shown *shown, const char *case_number, struct arena *arena,
                           const char **ret)
{
    struct buf title;
    char id_text[ID_TEXT_SIZE];
    buf_init(&title, arena->mem, PROJECT_TEXT_MAX);
    enum err e = add_title(shown, arena, &title);
    if (!e && title.size == 0) {
        id_write(shown->entity.name, id_text);
        buf_add_text(&title, case_number[0] != '\0' ? case_number : id_text);
    }
    if (!e) {
        *ret = arena_text(arena, buf_text(&title));
        e = *ret ? OK : ERR_NOMEM;
    }
    buf_release(&title);
    return e;
}

static enum err make_row(const struct shown *shown, struct arena *arena, struct row *ret)
{
    struct row row = {.deleted = shown_deleted(shown), .updated_ms = INT64_MIN};
    for (size_t i = 0; i < shown->register_count; i++) {
        row.disputes += shown->registers[i].shown.disputed;
    }
    for (size_t i = 0; i < shown->op_count; i++) {
        int64_t ms = shown->ops[i].logged.effective_ms;
        row.updated_ms = ms > row.updated_ms ? ms : row.updated_ms;
    }
    enum err e = shown_own_text(shown, REGISTER_CASE, arena, &row.case_number);
    if (!e) {
        e = make_title(shown, row.case_number, arena, &row.title);
    }
    if (!e) {
        e = project_document(shown, arena, &row.document);
    }
    if (!e) {
        e = shown_elsewhere(shown, arena, &row.elsewhere);
    }
    if (!e) {
        *ret = row;
    }
    return e;
}

static enum err put_row(struct node *node, const struct shown *shown, const struct row *row)
{
    struct stmt *s = db_stmt(node->db, RECORD_PUT);
    stmt_bind_i64(s, 1, shown->entity.id);
    stmt_bind_i64(s, 2, shown->entity.type);
    stmt_bind_text(s, 3, span_of(row->case_number));
    stmt_bind_text(s, 4, span_of(row->title));
    stmt_bind_text(s, 5, row->document);
    stmt_bind_i64(s, 6, row->disputes);
    stmt_bind_i64(s, 7, row->deleted);
    stmt_bind_i64(s, 8, row->updated_ms);
    stmt_bind_text(s, 9, span_of(row->elsewhere));
    enum err e = stmt_run(s);
    return e ? e
             : listing_index_put(node, shown->entity.id, shown->entity.type,
                                 row->deleted ? NULL : shown->type, row->title, row->document);
}

/* ---- one entity */

static enum err had_record(struct node *node, int64_t entity, bool *ret)
{
    struct stmt *s = db_stmt(node->db, RECORD_HAS);
    stmt_bind_i64(s, 1, entity);
    *ret = stmt_row(s);
    return stmt_end(s);
}

static enum err drop_record(struct node *node, int64_t entity, struct arena *arena)
{
    struct stmt *s = db_stmt(node->db, RECORD_DROP);
    stmt_bind_i64(s, 1, entity);
    enum err e = stmt_run(s);
    e = e ? e : listing_index_put(node, entity, 0, NULL, "", (struct span){0});
    return e ? e : project_search(node, entity, NULL, "", arena);
}

static enum err show_record(struct node *node, const struct shown *shown, struct arena *arena)
{
    struct row row = {0};
    enum err e = make_row(shown, arena, &row);
    if (!e) {
        e = put_row(node, shown, &row);
    }
    return e ? e
             : project_search(node, shown->entity.id, row.deleted ? NULL : shown, row.case_number,
                              arena);
}

static enum err put_record(struct node *node, const struct shown *shown, struct arena *arena)
{
    bool edited = false;
    int64_t edit = 0;
    enum err e = show_record(node, shown, arena);
    if (!e) {
        e = shown_edited_after_delete(shown, &edited, &edit);
    }
    if (!e && edited) {
        e = log_flag(node, edit, "edited_after_delete");
    }
    return e ? e : rules_note(node, shown);
}

/* A root that came into sight or left it takes its tree along. Whether a duplicate did, no record
   of its own tells: its tree is looked at whenever it changes. */
static enum err mark_children(struct node *node, int64_t root)
{
    struct stmt *s = db_stmt(node->db, PROJECT_CHILDREN);
    stmt_bind_i64(s, 1, root);
    return stmt_run(s);
}

static enum err project_shown(struct node *node, int64_t entity, struct arena *arena)
{
    struct shown shown = {0};
    bool seen = false;
    bool had = false;
    int64_t head = entity;
    const char *number = "";
    enum err e = alias_before_show(node, entity, &head);
    if (!e) { /* it is calculated anew of what the record holds now */
        e = computed_clear(node, entity);
    }
    if (!e) {
        e = shown_read(node, entity, arena, &shown);
    }
    if (!e && head != entity) {
        e = shown_own_text(&shown, REGISTER_CASE, arena, &number);
    }
    if (!e) {
        e = alias_note_shown(node, entity, head, number);
    }
    if (!e && head == entity && shown.register_count > 0 && shown.type_name[0] != '_') {
        e = root_in_sight(node, shown.entity.root, &seen);
    }
    if (!e && seen) {
        bool forgotten = false;
        e = root_forgotten(node, shown.entity.root, &forgotten);
        seen = !forgotten;
    }
    if (!e) {
        e = had_record(node, entity, &had);
    }
    if (!e && seen) {
        e = put_record(node, &shown, arena);
    } else if (!e && had) {
        e = drop_record(node, entity, arena);
    }
    if (!e && (seen != had || head != entity) && shown.entity.root == entity) {
        e = mark_children(node, entity);
    }
    return e;
}

/* A row that says nothing but that the record exists. */
static enum err put_bare_row(struct node *node, int64_t entity, struct arena *arena)
{
    struct shown shown = {0};
    struct row row = {.case_number = "", .document = span_of("{}"), .elsewhere = ""};
    char title[ID_TEXT_SIZE];
    bool seen = false;
    enum err e = entity_get(node, entity, &shown.entity);
    if (!e) {
        e = root_in_sight(node, shown.entity.root, &seen);
    }
    if (!e) {
        e = drop_record(node, entity, arena);
    }
    if (!e && seen) {
        id_write(shown.entity.name, title);
        row.title = title;
        e = put_row(node, &shown, &row);
    }
    return e;
}

/*
 * Somebody may have written more into one record than can be shown. That must not stop all
 * others from being shown: such a record keeps its ops and gets a bare row.
 */
enum err project_entity(struct node *node, int64_t entity)
{
    struct arena arena;
    arena_init(&arena, &node->host->mem, SHOWN_MEMORY_MAX);
    enum err e = project_shown(node, entity, &arena);
    if (e == ERR_NOMEM && arena.used_size > SHOWN_MEMORY_MAX / 2) {
        e = ERR_TOO_LARGE;
    }
    if (e == ERR_TOO_LARGE) {
        arena_reset(&arena);
        e = put_bare_row(node, entity, &arena);
    }
    arena_release(&arena);
    return e;
}

enum err project_again(struct node *node, int64_t entity)
{
    struct arena arena;
    struct shown shown = {0};
    bool had = false;
    arena_init(&arena, &node->host->mem, SHOWN_MEMORY_MAX);
    enum err e = had_record(node, entity, &had);
    if (!e && had) {
        e = shown_read(node, entity, &arena, &shown);
    }
    if (!e && had) {
        e = show_record(node, &shown, &arena);
    }
    arena_release(&arena);
    return e;
}

/* ---- all that changed */

static enum err some_dirty(struct node *node, int64_t *ret, size_t max, size_t *ret_count)
{
    size_t count = 0;
    struct stmt *s = db_stmt(node->db, DIRTY_SOME);
    stmt_bind_i64(s, 1, (int64_t)max);
    while (count < max && stmt_row(s)) {
        ret[count++] = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (!e) {
        *ret_count = count;
    }
    return e;
}

static enum err project_some(struct node *node, size_t max, size_t *ret_count)
{
    int64_t entities[PROJECT_STEP];
    size_t count = 0;
    enum err e = some_dirty(node, entities, max < PROJECT_STEP ? max : PROJECT_STEP, &count);
    for (size_t i = 0; !e && i < count; i++) {
        struct stmt *s = db_stmt(node->db, DIRTY_DONE);
        stmt_bind_i64(s, 1, entities[i]);
        e = stmt_run(s);
        if (!e) {
            e = project_entity(node, entities[i]);
        }
    }
    if (!e) {
        *ret_count = count;
    }
    return e;
}

static enum err anything_to_do(struct node *node, bool *ret)
{
    int64_t one = 0;
    size_t count = 0;
    bool more = false;
    enum err e = some_dirty(node, &one, 1, &count);
    if (!e && count == 0) {
        e = rules_to_ask(node, &more);
    }
    if (!e && count == 0 && !more) {
        return project_org_changed(node, ret);
    }
    *ret = true;
    return e;
}

enum err node_project(struct node *node, size_t limit, bool *ret_more)
{
    size_t left = limit == 0 ? SIZE_MAX : limit;
    bool more = true;
    enum err e = anything_to_do(node, &more);
    while (!e && more && left > 0) {
        size_t count = 0;
        e = node_begin(node);
        if (e) {
            return e;
        }
        e = project_org_changes(node);
        if (!e) {
            e = project_some(node, left, &count);
        }
        if (!e && count == 0) { /* all stands as it will be asked about */
            e = rules_ask_some(node, left, &count);
        }
        e = node_end(node, e);
        left -= count;
        more = count > 0;
    }
    if (!e && more) {
        e = anything_to_do(node, &more);
    }
    if (!e) {
        *ret_more = more;
    }
    return e;
}

enum err node_project_left(struct node *node, int64_t *ret)
{
    struct stmt *s = db_stmt(node->db, DIRTY_COUNT);
    int64_t count = stmt_row(s) ? stmt_i64(s, 0) : 0;
    enum err e = stmt_end(s);
    if (!e) {
        *ret = count;
    }
    return e;
}
