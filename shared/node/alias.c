/*
 * alias.c - a person says that two records are one, or takes it back.
 */
#include "alias.h"

#include "json.h"
#include "node_alias.h"
#include "record.h"
#include "save_internal.h"

#define ALIAS_MEMORY_MAX SHOWN_MEMORY_MAX
#define ALIAS_EXTRA_MAX  (60u * 1024)

struct aliasing {
    struct node *node;
    const struct alias *alias;
    struct arena *arena;
    struct draft draft; /* of the duplicate itself */
    struct span value;  /* of `_alias` */
};

/* The duplicate as it stands by itself, also while another stands for it. */
static enum err open_duplicate(struct aliasing *a, struct diag *diag)
{
    struct entity_row row;
    char text[ID_TEXT_SIZE];
    bool seen = false;
    id_write(a->alias->duplicate, text);
    enum err e = author_read(a->node, a->alias->person, &a->draft.author, diag);
    if (!e) {
        e = entity_find(a->node, a->alias->duplicate, &row);
    }
    if (!e && row.id != 0) {
        e = shown_read(a->node, row.id, a->arena, &a->draft.shown);
    }
    if (!e && row.id != 0) {
        e = root_in_sight(a->node, row.root, &seen);
    }
    if (!e && (row.id == 0 || !seen || a->draft.shown.register_count == 0 ||
               a->draft.shown.type_name[0] == '_')) {
        return diag_set(diag, ERR_NOT_FOUND, "record", text, NULL);
    }
    a->draft.type = a->draft.shown.type;
    a->draft.root_row = row.root;
    return e;
}

static enum err check_pair(struct aliasing *a, struct diag *diag)
{
    struct draft other = {.author = a->draft.author};
    struct plan plan;
    char text[ID_TEXT_SIZE];
    int64_t head = 0;
    plan_init(&plan, a->arena);
    enum err e = draft_open_record(a->node, a->alias->entity, false, a->arena, &other, diag);
    if (!e) {
        e = alias_head(a->node, a->draft.shown.entity.id, &head);
    }
    if (e) {
        return e;
    }
    if (head == other.shown.entity.id || other.shown.entity.type != a->draft.shown.entity.type) {
        return diag_set(diag, ERR_USAGE, "alias", "two records of one type that are shown apart",
                        NULL);
    }
    if (shown_deleted(&a->draft.shown) || shown_erased(&a->draft.shown)) {
        id_write(a->alias->duplicate, text);
        return diag_set(diag, shown_erased(&a->draft.shown) ? ERR_ERASED : ERR_DELETED, text, NULL);
    }
    id_write(other.shown.entity.name, text);
    e = draft_quote(span_of(text), a->arena, &a->value);
    if (!e) {
        e = plan_add(&plan, span_of(COMPARTMENT_BASE), span_of(REGISTER_ALIAS), NULL, 0, a->value);
    }
    return e ? e : check_access(a->node, &other, &plan, VERB_REVIEW, diag);
}

static enum err check_undo(struct aliasing *a, struct diag *diag)
{
    const char *text = "";
    struct id named;
    enum err e = shown_own_text(&a->draft.shown, REGISTER_ALIAS, a->arena, &text);
    a->value = span_of("null");
    if (!e && !id_read(span_of(text), &named)) {
        e = diag_set(diag, ERR_USAGE, "alias --undo", "a record that was told to be a duplicate",
                     NULL);
    }
    return e;
}

static enum err extra_of(const struct aliasing *a, struct span *ret)
{
    struct buf extra;
    struct json_writer w;
    buf_init(&extra, a->arena->mem, ALIAS_EXTRA_MAX);
    json_begin(&w, &extra);
    json_open(&w, '{');
    json_name(&w, "reason");
    json_put_text(&w, a->alias->reason);
    json_close(&w, '}');
    enum err e = buf_error(&extra);
    if (!e) {
        e = arena_copy(a->arena, buf_span(&extra), ret);
    }
    buf_release(&extra);
    return e;
}

static enum err write_alias(struct aliasing *a, struct diag *diag)
{
    struct plan plan;
    const uint64_t *preds = NULL;
    size_t count = 0;
    const struct shown *shown = &a->draft.shown;
    struct outline outline = {.kind = OP_OTHER,
                              .kind_name = "alias",
                              .person = a->alias->person,
                              .entity = a->alias->duplicate,
                              .type = shown->type_name,
                              .type_version = shown->type ? shown->type->version : 0,
                              .form = ""};
    plan_init(&plan, a->arena);
    enum err e = plan_preds(&plan, shown, shown_register(shown, span_of(REGISTER_ALIAS)), true,
                            &preds, &count);
    if (!e) {
        e = plan_add(&plan, span_of(COMPARTMENT_BASE), span_of(REGISTER_ALIAS), preds, count,
                     a->value);
    }
    if (!e) {
        e = check_access(a->node, &a->draft, &plan, VERB_REVIEW, diag);
    }
    if (!e) {
        e = extra_of(a, &outline.extra);
    }
    return e ? e : plan_write(a->node, &plan, &outline, &count);
}

enum err node_alias(struct node *node, const struct alias *alias, struct diag *diag)
{
    struct arena arena;
    struct aliasing a = {.node = node, .alias = alias, .arena = &arena};
    if (!alias->reason || alias->reason[0] == '\0') {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "reason", NULL);
    }
    arena_init(&arena, &node->host->mem, ALIAS_MEMORY_MAX);
    enum err e = node_begin(node);
    if (!e) {
        e = open_duplicate(&a, diag);
        if (!e) {
            e = alias->undo ? check_undo(&a, diag) : check_pair(&a, diag);
        }
        if (!e) {
            e = write_alias(&a, diag);
        }
        e = node_end(node, e);
    }
    arena_release(&arena);
    return node_failed(node, e, diag);
}

enum err alias_doubles(struct node *node, size_t limit, struct arena *arena,
                       struct alias_double **ret, size_t *ret_count)
{
    size_t count = 0;
    bool more = false;
    struct alias_double *list = arena_array(arena, limit, sizeof *list);
    int64_t *properties = arena_array(arena, limit, sizeof *properties);
    enum err e = list && properties ? node_project(node, 0, &more) : ERR_NOMEM;
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, UNIQUE_DOUBLES);
    stmt_bind_i64(s, 1, (int64_t)limit);
    while (count < limit && stmt_row(s)) {
        properties[count] = stmt_i64(s, 0);
        count += stmt_blob(s, 1, list[count].entity.bytes, ID_SIZE);
    }
    e = stmt_end(s);
    for (size_t i = 0; !e && i < count; i++) {
        const char *name = NULL;
        e = symbol_text(node, properties[i], &name);
        list[i].property = e ? NULL : arena_text(arena, name);
        e = e || list[i].property ? e : ERR_NOMEM;
    }
    if (!e) {
        *ret = list;
        *ret_count = count;
    }
    return e;
}
