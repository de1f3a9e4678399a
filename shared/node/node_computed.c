#include "node_computed.h"

#include <string.h>

#include "rules_set.h"

static enum err count_rows(struct node *node, int64_t entity, size_t *ret)
{
    struct stmt *s = db_stmt(node->db, COMPUTED_READ);
    stmt_bind_i64(s, 1, entity);
    while (stmt_row(s)) {
        (*ret)++;
    }
    return stmt_end(s);
}

enum err computed_read(struct node *node, int64_t entity, struct arena *arena, struct shown *shown)
{
    size_t count = 0;
    enum err e = count_rows(node, entity, &count);
    if (e || count == 0) {
        return e;
    }
    struct shown_computed *list = arena_array(arena, count, sizeof *list);
    if (!list) {
        return ERR_NOMEM;
    }
    struct stmt *s = db_stmt(node->db, COMPUTED_READ);
    stmt_bind_i64(s, 1, entity);
    while (!e && shown->computed_count < count && stmt_row(s)) {
        struct shown_computed *one = &list[shown->computed_count++];
        one->property = arena_span_text(arena, stmt_span(s, 0));
        e = one->property ? arena_copy(arena, stmt_span(s, 1), &one->json) : ERR_NOMEM;
    }
    enum err end = stmt_end(s);
    shown->computed = list;
    return e ? e : end;
}

enum err computed_clear(struct node *node, int64_t entity)
{
    struct stmt *s = db_stmt(node->db, COMPUTED_CLEAR);
    stmt_bind_i64(s, 1, entity);
    return stmt_run(s);
}

/* ---- what a form gives */

static const struct shown_computed *standing(const struct shown *shown, const char *property)
{
    for (size_t i = 0; i < shown->computed_count; i++) {
        if (strcmp(shown->computed[i].property, property) == 0) {
            return &shown->computed[i];
        }
    }
    return NULL;
}

/* Of all forms that wrote something of it and calculate the one whose id comes first. */
static bool is_first_form(const struct org *org, const struct shown *shown, const char *id)
{
    bool first = true;
    for (size_t i = 0; i < shown->op_count && first; i++) {
        struct span name = shown->ops[i].logged.op.form;
        const struct form *form = name.size == 0 ? NULL : org_form(org, name);
        bool calculates = name.size != 0 && (!form || form->hash); /* a list of questions doesn't */
        first = !calculates || span_compare(span_of(id), name) <= 0;
    }
    return first;
}

/* Only the form that wrote it calculates it; one that nobody wrote yet, one form alone. What was
   erased stays so. */
static bool may_settle(const struct org *org, const struct shown *shown,
                       const struct property *property, const char *id)
{
    if (property->policy != POLICY_DERIVED || property->group) {
        return false;
    }
    const struct shown_op *author = rules_author(shown, property);
    return author ? author->member_count > 0 && span_is(author->logged.op.form, id)
                  : is_first_form(org, shown, id);
}

static enum err put(struct node *node, int64_t entity, const char *property, struct span json)
{
    struct stmt *s = db_stmt(node->db, json.data ? COMPUTED_PUT : COMPUTED_DROP);
    stmt_bind_i64(s, 1, entity);
    stmt_bind_text(s, 2, span_of(property));
    if (json.data) {
        stmt_bind_text(s, 3, json);
    }
    return stmt_run(s);
}

enum err computed_settle(struct node *node, const char *id, const struct map_record *of,
                         const struct shown *shown, const struct span *json, bool *ret_changed)
{
    const struct org *org = NULL;
    enum err e = node_org(node, &org);
    *ret_changed = false;
    for (size_t i = 0; !e && i < of->field_count; i++) {
        const struct map_field *field = &of->fields[i];
        const struct property *property = type_property(shown->type, field->property);
        if (!field->node->calculate || !property || !may_settle(org, shown, property, id)) {
            continue;
        }
        const struct shown_computed *before = standing(shown, field->property);
        bool same = before ? json[i].data && span_equal(before->json, json[i]) : !json[i].data;
        if (!same) {
            e = put(node, shown->entity.id, field->property, json[i]);
            *ret_changed = true;
        }
    }
    return e;
}
