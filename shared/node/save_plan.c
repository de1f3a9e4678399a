/*
 * save_plan.c - which registers a draft changes, and what each supersedes.
 *
 * Compared with what is shown: only what differs is written, so a form opened and saved without
 * a change writes nothing. Where a person decides about disputes (review, rank), an edit
 * supersedes the values equal to the one its author saw first, never the other side; where a rule
 * decides, it supersedes all; counters and lists supersede nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "save_internal.h"

#define PLAN_VALUE_MAX (256u * 1024)

void plan_init(struct plan *plan, struct arena *arena)
{
    *plan = (struct plan){.arena = arena};
}

/* ---- one register */

static enum err push(struct plan *plan, const struct write *write)
{
    if (plan->count == plan->capacity) {
        size_t capacity = plan->capacity == 0 ? 16 : 2 * plan->capacity;
        struct write *writes = arena_array(plan->arena, capacity, sizeof *writes);
        if (!writes) {
            return ERR_NOMEM;
        }
        if (plan->count > 0) {
            memcpy(writes, plan->writes, plan->count * sizeof *writes);
        }
        plan->writes = writes;
        plan->capacity = capacity;
    }
    plan->writes[plan->count++] = *write;
    return OK;
}

enum err plan_add(struct plan *plan, struct span compartment, struct span reg,
                  const uint64_t *preds, size_t pred_count, struct span json)
{
    struct write write = {
        .compartment = compartment, .reg = reg, .preds = preds, .pred_count = pred_count};
    struct buf members;
    buf_init(&members, plan->arena->mem, PLAN_VALUE_MAX);
    json_add_text(&members, reg);
    buf_add_byte(&members, ':');
    buf_add_span(&members, json);
    enum err e = buf_error(&members);
    if (!e) {
        e = arena_copy(plan->arena, buf_span(&members), &write.members);
    }
    buf_release(&members);
    return e ? e : push(plan, &write);
}

enum err plan_add_members(struct plan *plan, struct span compartment, struct span reg,
                          const uint64_t *preds, size_t pred_count, struct span members, bool apart)
{
    struct write write = {.compartment = compartment,
                          .reg = reg,
                          .preds = preds,
                          .pred_count = pred_count,
                          .members = members,
                          .apart = apart};
    return push(plan, &write);
}

enum err plan_add_value(struct plan *plan, const struct property *property, const uint64_t *preds,
                        size_t pred_count, struct span json)
{
    struct span compartment = span_of(property->compartment);
    if (!property->group) {
        return plan_add(plan, compartment, span_of(property->id), preds, pred_count, json);
    }
    struct write write = {.compartment = compartment,
                          .reg = span_of(property->group),
                          .preds = preds,
                          .pred_count = pred_count,
                          .members = span_cut(json, 1, json.size - 2)};
    return push(plan, &write);
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_seen(const struct shown *shown, const struct register_value *value)
{
    const struct logged *op = &shown->ops[value->op_index].logged;
    bool own = op->way == WAY_OWN && id_equal(op->op.person, shown->seen_by);
    return shown->seen == 0 || op->row <= shown->seen || own;
}

enum err plan_preds(const struct plan *plan, const struct shown *shown,
                    const struct shown_register *reg, bool all, const uint64_t **ret,
                    size_t *ret_count)
{
    size_t count = 0;
    size_t live = reg ? reg->value_count : 0;
    const struct register_value *saw = NULL;
    uint64_t *preds = arena_array(plan->arena, live, sizeof *preds);
    if (!preds) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < live && count < OP_PREDS_MAX; i++) {
        const struct register_value *value = &reg->values[i];
        if (!is_seen(shown, value)) {
            continue;
        }
        saw = saw ? saw : value;
        if (all || span_equal(value->json, saw->json)) {
            preds[count++] = id_prefix8(shown->ops[value->op_index].logged.op.uid);
        }
    }
    if (count > 1) {
        qsort(preds, count, sizeof *preds, ascending);
    }
    *ret = preds;
    *ret_count = count;
    return OK;
}

static bool decides_alone(enum policy policy)
{
    return policy != POLICY_REVIEW && policy != POLICY_RANK;
}

/* ---- kinds of registers */

/* Counter and append: one more delta or item, superseding nothing. */
static enum err plan_addition(struct plan *plan, const struct draft_value *value)
{
    if (value_is_null(value->json) || span_is(value->json, "0") || span_is(value->json, "\"0\"")) {
        return OK;
    }
    return plan_add_value(plan, value->property, NULL, 0, value->json);
}

static bool array_holds(const struct json *array, const char *text)
{
    for (const struct json *item = json_first(array); item; item = json_next(item)) {
        const char *one = json_text(item);
        if (one && strcmp(one, text) == 0) {
            return true;
        }
    }
    return false;
}

static enum err plan_element(struct plan *plan, const struct shown *shown,
                             const struct property *property, const char *element, bool present)
{
    const uint64_t *preds = NULL;
    size_t count = 0;
    struct buf name;
    struct span reg = {0};
    buf_init(&name, plan->arena->mem, 4 * TYPE_NAME_MAX);
    buf_add_text(&name, property->id);
    buf_add_byte(&name, '/');
    buf_add_text(&name, element);
    enum err e = buf_error(&name);
    if (!e) {
        e = arena_copy(plan->arena, buf_span(&name), &reg);
    }
    buf_release(&name);
    if (!e) {
        e = plan_preds(plan, shown, shown_register(shown, reg), true, &preds, &count);
    }
    if (!e) {
        e = plan_add(plan, span_of(property->compartment), reg, preds, count,
                     span_of(present ? "true" : "null"));
    }
    return e;
}

static enum err plan_difference(struct plan *plan, const struct shown *shown,
                                const struct property *property, const struct json *from,
                                const struct json *without, bool present)
{
    enum err e = OK;
    for (const struct json *item = json_first(from); !e && item; item = json_next(item)) {
        const char *element = json_text(item);
        if (element && !array_holds(without, element)) {
            e = plan_element(plan, shown, property, element, present);
        }
    }
    return e;
}

static enum err plan_set(struct plan *plan, const struct shown *shown,
                         const struct draft_value *value)
{
    struct json *before = NULL;
    struct json *after = NULL;
    struct span json = {0};
    enum err e = shown_property_value(shown, value->property, plan->arena, &json);
    if (!e) {
        e = json_parse(json, &before, NULL);
    }
    if (!e) {
        e = json_parse(value->json, &after, NULL);
    }
    if (!e) {
        e = plan_difference(plan, shown, value->property, after, before, true);
    }
    if (!e) {
        e = plan_difference(plan, shown, value->property, before, after, false);
    }
    json_free(before);
    json_free(after);
    return e;
}

static enum err group_object(const struct draft *draft, const char *group, struct arena *arena,
                             struct span *ret, bool *ret_changed)
{
    struct buf object;
    struct json_writer w;
    enum err e = OK;
    bool changed = false;
    buf_init(&object, arena->mem, PLAN_VALUE_MAX);
    json_begin(&w, &object);
    json_open(&w, '{');
    for (size_t i = 0; !e && i < draft->type->property_count; i++) {
        const struct property *p = &draft->type->properties[i];
        struct span json = {0};
        if (!p->group || strcmp(p->group, group) != 0) {
            continue;
        }
        e = shown_property_value(&draft->shown, p, arena, &json);
        const struct draft_value *value = draft_value(draft, p->id);
        if (!e && value && !span_equal(value->json, json)) {
            json = value->json;
            changed = true;
        }
        json_name(&w, p->id);
        json_put_raw(&w, json);
    }
    json_close(&w, '}');
    e = e ? e : buf_error(&object);
    if (!e) {
        e = arena_copy(arena, buf_span(&object), ret);
        *ret_changed = changed;
    }
    buf_release(&object);
    return e;
}

static enum err plan_plain(struct plan *plan, const struct draft *draft,
                           const struct draft_value *value)
{
    const struct property *p = value->property;
    const struct shown_register *reg = shown_register(&draft->shown, span_of(property_register(p)));
    const uint64_t *preds = NULL;
    size_t count = 0;
    bool changed = false;
    struct span json = {0};
    enum err e = OK;
    if (p->group) {
        e = group_object(draft, p->group, plan->arena, &json, &changed);
    } else {
        e = shown_property_value(&draft->shown, p, plan->arena, &json);
        changed = !span_equal(json, value->json);
        json = value->json;
    }
    if (e || !changed) {
        return e;
    }
    e = plan_preds(plan, &draft->shown, reg, decides_alone(p->policy), &preds, &count);
    if (!e) {
        e = plan_add_value(plan, p, preds, count, json);
    }
    if (!e && !draft->is_new) {
        e = plan_move(plan, &draft->shown, p, value->json, false);
    }
    return e;
}

/* A group is written once, for the first of its properties that the draft names. */
static bool group_done(const struct draft *draft, size_t index)
{
    const char *group = draft->values[index].property->group;
    for (size_t i = 0; group && i < index; i++) {
        const char *other = draft->values[i].property->group;
        if (other && strcmp(other, group) == 0) {
            return true;
        }
    }
    return false;
}

static enum err plan_value(struct plan *plan, const struct draft *draft, size_t index)
{
    const struct draft_value *value = &draft->values[index];
    if (value->property->policy == POLICY_SET) {
        return plan_set(plan, &draft->shown, value);
    }
    if (policy_keeps_all(value->property->policy)) {
        return plan_addition(plan, value);
    }
    return group_done(draft, index) ? OK : plan_plain(plan, draft, value);
}

/* ---- where it belongs */

const struct property *plan_place_property(const struct type *type)
{
    for (size_t i = 0; i < type->property_count; i++) {
        if (type->properties[i].place) {
            return &type->properties[i];
        }
    }
    return NULL;
}

static enum err plan_scope(struct plan *plan, const uint64_t *preds, size_t count, struct span json)
{
    enum err e =
        plan_add(plan, span_of(COMPARTMENT_BASE), span_of(REGISTER_SCOPE), preds, count, json);
    if (!e) {
        plan->writes[plan->count - 1].apart = true;
    }
    return e;
}

enum err plan_move(struct plan *plan, const struct shown *shown, const struct property *property,
                   struct span json, bool all)
{
    const struct shown_register *reg = shown_register(shown, span_of(REGISTER_SCOPE));
    const uint64_t *preds = NULL;
    size_t count = 0;
    if (!reg || !shown->type || property != plan_place_property(shown->type) ||
        value_is_null(json) || span_equal(reg->shown.json, json)) {
        return OK;
    }
    enum err e = plan_preds(plan, shown, reg, all, &preds, &count);
    return e ? e : plan_scope(plan, preds, count, json);
}

static enum err plan_id(struct plan *plan, const char *reg, struct id id)
{
    char text[ID_TEXT_SIZE];
    struct span json = {0};
    id_write(id, text);
    enum err e = draft_quote(span_of(text), plan->arena, &json);
    return e ? e : plan_add(plan, span_of(COMPARTMENT_BASE), span_of(reg), NULL, 0, json);
}

static enum err plan_birth(struct plan *plan, const struct draft *draft)
{
    struct span json = {0};
    if (draft->has_parent) {
        enum err e = plan_id(plan, REGISTER_ROOT, draft->root);
        return e || id_equal(draft->root, draft->parent)
                   ? e
                   : plan_id(plan, REGISTER_PARENT, draft->parent);
    }
    enum err e = draft_quote(draft->place, plan->arena, &json);
    return e ? e : plan_scope(plan, NULL, 0, json);
}

static enum err plan_values(struct plan *plan, const struct draft *draft, bool derived)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < draft->value_count; i++) {
        if ((draft->values[i].property->policy == POLICY_DERIVED) == derived) {
            e = plan_value(plan, draft, i);
        }
    }
    return e;
}

/* What is calculated comes along with a person's change, and is none by itself. */
enum err plan_draft(struct plan *plan, const struct draft *draft)
{
    enum err e = draft->is_new ? plan_birth(plan, draft) : OK;
    e = e ? e : plan_values(plan, draft, false);
    return e || plan->count == 0 ? e : plan_values(plan, draft, true);
}
