/*
 * record_view.c - who is looking, and what of a record they may see.
 */
#include <string.h>

#include "json.h"
#include "node_project.h"
#include "node_rules.h"
#include "record_title.h"
#include "record_view.h"

#define VIEW_DOCUMENT_MAX (8u * 1024 * 1024)

enum err view_open(struct node *node, const struct id *viewer, struct view *ret)
{
    struct view view = {.node = node, .office = viewer == NULL};
    bool more = false;
    if (viewer) {
        view.viewer = *viewer;
    }
    enum err e = node_project(node, 0, &more);
    if (!e) {
        e = node_org(node, &view.org);
    }
    if (!e) {
        *ret = view;
    }
    return e;
}

bool view_may(const struct view *view, struct span compartment, enum verb verb)
{
    for (size_t i = 0; i < view->scope_count && !view->office; i++) {
        if (org_person_may(view->org, view->viewer, span_of(view->scopes[i]), compartment, verb)) {
            return true;
        }
    }
    return view->office;
}

bool view_reads(const struct view *view, const char *compartments)
{
    struct span rest = span_of(compartments);
    struct span one;
    bool may = true;
    while (may && span_split(&rest, '+', &one)) {
        may = one.size == 0 || view_may(view, one, VERB_READ);
    }
    return may;
}

static bool reads(const void *ctx, struct span compartment)
{
    return view_may(ctx, compartment, VERB_READ);
}

enum err view_restrict(const struct view *view, struct shown *shown, struct arena *arena)
{
    return view->office ? OK : shown_restrict(shown, reads, view, arena);
}

enum err view_rules(const struct view *view, const struct shown *shown, struct arena *arena,
                    struct broken_rule **ret, size_t *ret_count)
{
    return rules_read(view->node, shown, view->office ? NULL : reads, view, arena, ret, ret_count);
}

static enum err read_scopes(struct view *view, int64_t root)
{
    struct members members;
    enum err e = members_of(view->node, root, &members);
    view->scope_count = 0;
    for (size_t i = 0; !e && i < members.count; i++) {
        e = symbol_text(view->node, members.scopes[i], &view->scopes[i]);
        view->scope_count = i + 1;
    }
    return e;
}

enum err view_turn(struct view *view, int64_t root, bool *ret)
{
    enum err e = OK;
    if (root != view->root || root == 0) {
        view->root = 0;
        e = root_in_sight(view->node, root, &view->in_sight);
        if (!e) {
            e = read_scopes(view, root);
        }
        view->root = e ? 0 : root;
    }
    if (!e) {
        *ret = view->in_sight && view_may(view, span_of(COMPARTMENT_BASE), VERB_READ);
    }
    return e;
}

enum err view_stored(struct view *view, struct stmt *s, struct arena *arena, struct stored_row *ret)
{
    struct stored_row row = {.entity = stmt_i64(s, 0), .type = stmt_i64(s, 2)};
    (void)stmt_blob(s, 1, row.name.bytes, ID_SIZE);
    row.root = stmt_i64(s, 9);
    row.row.number = row.entity;
    row.row.entity = row.name;
    row.row.case_number = arena_span_text(arena, stmt_span(s, 3));
    row.row.title = arena_span_text(arena, stmt_span(s, 4));
    row.row.dispute_count = (size_t)stmt_i64(s, 6);
    row.row.deleted = stmt_i64(s, 7) != 0;
    row.row.updated_ms = stmt_i64(s, 8);
    row.elsewhere = arena_span_text(arena, stmt_span(s, 10));
    enum err e = row.row.case_number && row.row.title && row.elsewhere ? OK : ERR_NOMEM;
    if (!e) {
        e = arena_copy(arena, stmt_span(s, 5), &row.row.document);
    }
    if (!e) {
        e = symbol_text(view->node, row.type, &row.row.type_name);
    }
    if (!e) {
        const struct type *type = org_type(view->org, span_of(row.row.type_name));
        e = title_spoken(view->node, row.elsewhere[0] == '\0' ? type : NULL, row.row.document,
                         row.row.title, arena, &row.row.title);
    }
    if (!e) {
        *ret = row;
    }
    return e;
}

static bool reads_all(const struct view *view, const struct type *type)
{
    const char *last = COMPARTMENT_BASE; /* neighbours mostly share one */
    for (size_t i = 0; i < type->property_count; i++) {
        const char *compartment = type->properties[i].compartment;
        if (strcmp(compartment, last) != 0 && !view_may(view, span_of(compartment), VERB_READ)) {
            return false;
        }
        last = compartment;
    }
    return true;
}

static enum err filter_document(const struct view *view, const struct type *type,
                                struct arena *arena, struct span *document)
{
    struct json *json = NULL;
    struct json_writer w;
    struct buf kept;
    enum err e = json_parse(*document, &json, NULL);
    if (e) {
        return e;
    }
    buf_init(&kept, arena->mem, VIEW_DOCUMENT_MAX);
    json_begin(&w, &kept);
    json_open(&w, '{');
    for (const struct json *m = json_first(json); m; m = json_next(m)) {
        const struct property *p = type_property(type, json_key(m));
        if (p && view_may(view, span_of(p->compartment), VERB_READ)) {
            json_name(&w, json_key(m));
            json_put_tree(&w, m);
        }
    }
    json_close(&w, '}');
    e = buf_error(&kept);
    if (!e) {
        e = arena_copy(arena, buf_span(&kept), document);
    }
    buf_release(&kept);
    json_free(json);
    return e;
}

/* What the row was made of, for who may not read all of it. */
static enum err make_anew(const struct view *view, struct stored_row *row, bool partial,
                          struct arena *arena)
{
    struct shown shown = {0};
    struct broken_rule *broken = NULL;
    size_t count = 0;
    enum err e = shown_read(view->node, row->entity, arena, &shown);
    if (!e) {
        e = view_rules(view, &shown, arena, &broken, &count);
    }
    if (!e) {
        e = view_restrict(view, &shown, arena);
    }
    for (size_t i = 0; !e && i < shown.register_count; i++) {
        count += shown.registers[i].shown.disputed &&
                 view_may(view, shown.registers[i].compartment, VERB_READ);
    }
    if (!e && partial) {
        e = project_document(&shown, arena, &row->row.document);
    }
    if (!e) {
        row->row.dispute_count = count;
    }
    return e;
}

bool view_is_partial(const struct view *view, const struct stored_row *row)
{
    return !view->office && row->elsewhere[0] != '\0' && !view_reads(view, row->elsewhere);
}

enum err view_filter(struct view *view, struct stored_row *row, struct arena *arena)
{
    const struct type *type = org_type(view->org, span_of(row->row.type_name));
    bool partial = view_is_partial(view, row);
    bool less = !view->office && type && !reads_all(view, type);
    enum err e = OK;
    if (partial || (less && row->row.dispute_count > 0)) {
        e = make_anew(view, row, partial, arena);
    }
    return e || !less ? e : filter_document(view, type, arena, &row->row.document);
}
