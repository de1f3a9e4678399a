/*
 * record_read.c - one record as a person sees it, with both sides of what is disputed.
 */
#include <string.h>

#include "node_alias.h"
#include "record_custody.h"
#include "record_title.h"
#include "record_view.h"

/* ---- alternatives */

static enum err read_alternatives(struct node *node, const struct shown *shown,
                                  const struct shown_register *reg, struct arena *arena,
                                  struct shown_property *ret)
{
    struct alternative *list = arena_array(arena, reg->value_count, sizeof *list);
    enum err e = list ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < reg->value_count; i++) {
        const struct logged *logged = &shown->ops[reg->values[i].op_index].logged;
        list[i] = (struct alternative){.person = logged->op.person,
                                       .time_ms = logged->effective_ms,
                                       .uid = logged->op.uid,
                                       .shown = i == 0};
        e = shown_part(ret->property, reg->values[i].json, arena, &list[i].json);
        if (!e) {
            e = shown_device(node, logged->origin, &list[i].device);
        }
    }
    if (!e) {
        ret->alternatives = list;
        ret->alternative_count = reg->value_count;
    }
    return e;
}

/* ---- properties */

static enum err read_property(struct node *node, const struct shown *shown,
                              const struct property *property, struct arena *arena,
                              struct shown_property *ret)
{
    struct shown_property one = {.property = property};
    const struct shown_register *reg = shown_register(shown, span_of(property_register(property)));
    enum err e = shown_property_value(shown, property, arena, &one.json);
    if (!e && reg && reg->shown.disputed) {
        one.disputed = true;
        e = read_alternatives(node, shown, reg, arena, &one);
    }
    if (!e) {
        *ret = one;
    }
    return e;
}

static enum err read_properties(const struct view *view, const struct shown *shown,
                                struct arena *arena, struct record *record)
{
    const struct type *type = shown->type;
    record->properties = arena_array(arena, type->property_count, sizeof *record->properties);
    enum err e = record->properties ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < type->property_count; i++) {
        const struct property *p = &type->properties[i];
        if (view_may(view, span_of(p->compartment), VERB_READ)) {
            e = read_property(view->node, shown, p, arena,
                              &record->properties[record->property_count]);
            record->property_count++;
        }
    }
    return e;
}

/* Without its type a record still shows what it holds: a made-up property for each register. */
static enum err read_registers(const struct view *view, const struct shown *shown,
                               struct arena *arena, struct record *record)
{
    record->properties = arena_array(arena, shown->register_count, sizeof *record->properties);
    enum err e = record->properties ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < shown->register_count; i++) {
        const struct shown_register *reg = &shown->registers[i];
        if (reg->name.data[0] == '_' || !view_may(view, reg->compartment, VERB_READ)) {
            continue;
        }
        struct property *p = arena_alloc(arena, sizeof *p);
        if (!p) {
            return ERR_NOMEM;
        }
        p->id = arena_span_text(arena, reg->name);
        p->compartment = arena_span_text(arena, reg->compartment);
        p->type = VALUE_JSON;
        e = p->id && p->compartment ? OK : ERR_NOMEM;
        if (!e) {
            e = read_property(view->node, shown, p, arena,
                              &record->properties[record->property_count]);
            record->property_count++;
        }
    }
    return e;
}

/* ---- what stands around them */

static enum err read_scopes(const struct view *view, struct arena *arena, struct record *record)
{
    const char **scopes = arena_array(arena, view->scope_count, sizeof *scopes);
    if (!scopes) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < view->scope_count; i++) {
        scopes[i] = arena_text(arena, view->scopes[i]);
        if (!scopes[i]) {
            return ERR_NOMEM;
        }
    }
    record->scopes = scopes;
    record->scope_count = view->scope_count;
    return OK;
}

static enum err read_family(struct node *node, const struct shown *shown, struct arena *arena,
                            struct record *record)
{
    struct entity_row root;
    const char *parent = "";
    enum err e = entity_get(node, shown->entity.root, &root);
    if (!e) {
        e = shown_own_text(shown, REGISTER_PARENT, arena, &parent);
    }
    if (!e) {
        record->root = root.name;
        record->has_parent = root.id != shown->entity.id;
        if (!id_read(span_of(parent), &record->parent)) {
            record->parent = root.name;
        }
    }
    return e;
}

static void count_disputes(const struct view *view, const struct shown *shown,
                           struct record *record)
{
    for (size_t i = 0; i < shown->register_count; i++) {
        record->dispute_count += shown->registers[i].shown.disputed &&
                                 view_may(view, shown->registers[i].compartment, VERB_READ);
    }
    record->dispute_count += record->broken_count;
}

static enum err read_row(struct node *node, int64_t entity, const struct type *type,
                         struct arena *arena, struct record *record, bool *ret_broken)
{
    struct span document = span_of("{}");
    enum err copied = OK;
    bool alone = false; /* nothing of it stands in another compartment than its own */
    struct stmt *s = db_stmt(node->db, RECORD_ROW);
    stmt_bind_i64(s, 1, entity);
    if (stmt_row(s)) {
        record->case_number = arena_span_text(arena, stmt_span(s, 3));
        record->title = arena_span_text(arena, stmt_span(s, 4));
        record->deleted = stmt_i64(s, 7) != 0;
        record->updated_ms = stmt_i64(s, 8);
        *ret_broken = stmt_i64(s, 11) > 0;
        copied = arena_copy(arena, stmt_span(s, 5), &document);
        alone = stmt_span(s, 10).size == 0;
    }
    enum err e = stmt_end(s);
    e = e ? e : copied;
    if (!e && (!record->case_number || !record->title)) {
        e = ERR_NOT_FOUND;
    }
    return e ? e
             : title_spoken(node, alone ? type : NULL, document, record->title, arena,
                            &record->title);
}

static enum err read_record(struct view *view, int64_t entity, struct arena *arena,
                            struct record *ret)
{
    struct shown shown = {0};
    int64_t ignored = 0;
    bool broken = false;
    enum err e = shown_read(view->node, entity, arena, &shown);
    if (e) {
        return e;
    }
    struct record record = {
        .entity = shown.entity.name, .type = shown.type, .type_name = shown.type_name};
    e = read_row(view->node, entity, shown.type, arena, &record, &broken);
    if (!e && broken) { /* asked of all that is held, told to who may read all of it */
        e = view_rules(view, &shown, arena, &record.broken, &record.broken_count);
    }
    if (!e) {
        e = view_restrict(view, &shown, arena);
        record.erased = shown_erased(&shown);
    }
    if (!e) {
        e = shown.type ? read_properties(view, &shown, arena, &record)
                       : read_registers(view, &shown, arena, &record);
    }
    if (!e) {
        e = read_scopes(view, arena, &record);
    }
    if (!e) {
        e = read_family(view->node, &shown, arena, &record);
    }
    if (!e) {
        e = shown_edited_after_delete(&shown, &record.edited_after_delete, &ignored);
    }
    if (!e) {
        e = custody_of_entity(view->node, entity, &record.custody);
    }
    if (!e) {
        count_disputes(view, &shown, &record);
        *ret = record;
    }
    return e;
}

static enum err person_name(const struct view *view, struct arena *arena, const char **ret)
{
    char text[ID_TEXT_SIZE];
    const struct org_person *person = org_person(view->org, view->viewer);
    id_write(view->viewer, text);
    *ret = arena_text(arena, person ? person->name : text);
    return *ret ? OK : ERR_NOMEM;
}

static enum err out_of_sight(const struct view *view, struct arena *arena, struct diag *diag)
{
    const char *who = NULL;
    enum err e = person_name(view, arena, &who);
    return e ? e
             : diag_set(diag, ERR_OUT_OF_SCOPE, view->scope_count > 0 ? view->scopes[0] : "", who,
                        NULL);
}

enum err record_read(struct node *node, const struct id *viewer, struct id entity,
                     struct arena *arena, struct record *ret, struct diag *diag)
{
    struct view view;
    struct entity_row row = {0};
    bool seen = false;
    char text[ID_TEXT_SIZE];
    id_write(entity, text);
    enum err e = view_open(node, viewer, &view);
    if (!e) {
        e = alias_head_name(node, entity, &entity);
    }
    if (!e) {
        e = entity_find(node, entity, &row);
    }
    if (!e && row.id == 0) {
        return diag_set(diag, ERR_NOT_FOUND, "record", text, NULL);
    }
    if (!e) {
        e = view_turn(&view, row.root, &seen);
    }
    if (!e && !seen) {
        e = out_of_sight(&view, arena, diag);
    }
    if (!e) {
        e = read_record(&view, row.id, arena, ret);
    }
    if (e == ERR_NOT_FOUND) {
        return diag_set(diag, e, "record", text, NULL);
    }
    return node_failed(node, e, diag);
}
