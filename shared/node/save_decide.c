/*
 * save_decide.c - deletions and decisions about disputes, each with its reason.
 */
#include <assert.h>
#include <string.h>

#include "code.h"
#include "json.h"
#include "save_internal.h"

#define DECIDE_MEMORY_MAX SHOWN_MEMORY_MAX
#define EXTRA_MAX         (60u * 1024)
#define DELETE_SEEN_MAX   3000 /* live ops that a deletion can name within one op */

/* {"reason":..} without a reason; for a deletion also the live ops its author was shown. */
static enum err extra_of(const char *reason, const struct shown *seen, struct arena *arena,
                         struct span *ret)
{
    struct buf extra;
    struct json_writer w;
    buf_init(&extra, arena->mem, EXTRA_MAX);
    json_begin(&w, &extra);
    json_open(&w, '{');
    if (reason && reason[0] != '\0') {
        json_name(&w, "reason");
        json_put_text(&w, reason);
    }
    if (seen) {
        json_name(&w, "seen");
        json_open(&w, '[');
        for (size_t i = 0; i < seen->op_count; i++) {
            char uid8[BASE64_SIZE(8) + 1];
            base64_write(seen->ops[i].logged.op.uid.bytes, 8, uid8);
            json_put_text(&w, uid8);
        }
        json_close(&w, ']');
    }
    json_close(&w, '}');
    enum err e = buf_error(&extra);
    if (!e) {
        e = arena_copy(arena, buf_span(&extra), ret);
    }
    buf_release(&extra);
    return e;
}

/* The transaction, memory and author that both verbs share. */
struct decision {
    struct node *node;
    struct draft draft;
    struct plan plan;
    struct outline outline;
};

static enum err open_decision(struct node *node, struct id person, struct id entity,
                              bool deleted_too, struct arena *arena, struct decision *ret,
                              struct diag *diag)
{
    *ret = (struct decision){.node = node};
    plan_init(&ret->plan, arena);
    enum err e = author_read(node, person, &ret->draft.author, diag);
    if (!e) {
        e = draft_open_record(node, entity, deleted_too, arena, &ret->draft, diag);
    }
    if (!e) {
        ret->outline = (struct outline){
            .person = person,
            .entity = ret->draft.shown.entity.name, /* the head, when it was told a duplicate */
            .type = ret->draft.shown.type_name,
            .form = ""};
        ret->outline.type_version = ret->draft.type ? ret->draft.type->version : 0;
    }
    return e;
}

/* ---- deletion */

static enum err delete_now(struct node *node, struct id person, struct id entity,
                           const char *reason, struct arena *arena, struct diag *diag)
{
    struct decision d;
    const uint64_t *preds = NULL;
    size_t count = 0;
    enum err e = open_decision(node, person, entity, false, arena, &d, diag);
    if (!e && d.draft.shown.op_count > DELETE_SEEN_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "record", "3000", NULL);
    }
    if (!e) {
        e = plan_preds(&d.plan, &d.draft.shown,
                       shown_register(&d.draft.shown, span_of(REGISTER_DELETED)), true, &preds,
                       &count);
    }
    if (!e) {
        e = plan_add(&d.plan, span_of(COMPARTMENT_BASE), span_of(REGISTER_DELETED), preds, count,
                     span_of("true"));
    }
    if (!e) {
        e = check_access(node, &d.draft, &d.plan, VERB_WRITE, diag);
    }
    if (!e) {
        d.outline.kind = OP_DELETE;
        e = extra_of(reason, &d.draft.shown, arena, &d.outline.extra);
    }
    return e ? e : plan_write(node, &d.plan, &d.outline, &count);
}

enum err node_delete(struct node *node, struct id person, struct id entity, const char *reason,
                     struct diag *diag)
{
    struct arena arena;
    arena_init(&arena, &node->host->mem, DECIDE_MEMORY_MAX);
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, delete_now(node, person, entity, reason, &arena, diag));
    }
    arena_release(&arena);
    return node_failed(node, e, diag);
}

/* ---- decisions */

/* A group whose properties the person gave as an object, or one property within the shown group. */
static enum err group_choice(const struct decision *d, const struct property *property,
                             const struct json *given, struct arena *arena, struct span *ret,
                             struct diag *diag)
{
    struct buf object;
    struct json_writer w;
    const struct type *type = d->draft.type;
    enum err e = OK;
    buf_init(&object, arena->mem, EXTRA_MAX);
    json_begin(&w, &object);
    json_open(&w, '{');
    for (size_t i = 0; !e && i < type->property_count; i++) {
        const struct property *p = &type->properties[i];
        const struct json *one = json_is(given, JSON_OBJECT) ? json_get(given, p->id)
                                 : p == property             ? given
                                                             : NULL;
        struct span json = {0};
        struct span before = {0};
        if (!p->group || strcmp(p->group, property->group) != 0) {
            continue;
        }
        e = shown_property_value(&d->draft.shown, p, arena, &before);
        json = before;
        if (!e && one) {
            e = value_from_json(p->type, p->id, one, arena, &json, diag);
        }
        if (!e) {
            e = type_check_change(&d->node->host->mem, p, before, json, diag);
        }
        json_name(&w, p->id);
        json_put_raw(&w, json);
    }
    json_close(&w, '}');
    e = e ? e : buf_error(&object);
    if (!e) {
        e = arena_copy(arena, buf_span(&object), ret);
    }
    buf_release(&object);
    return e;
}

static enum err given_value(const struct decision *d, const struct resolve *resolve,
                            const struct property *property, struct arena *arena, struct span *ret,
                            struct diag *diag)
{
    struct json *given = NULL;
    enum err e = json_parse(resolve->value, &given, diag);
    if (!e && property->group) {
        e = group_choice(d, property, given, arena, ret, diag);
    } else if (!e) {
        e = value_from_json(property->type, property->id, given, arena, ret, diag);
        if (!e) {
            e = type_check_value(&d->node->host->mem, property, *ret, diag);
        }
    }
    json_free(given);
    return e;
}

/* The property or the first of the group that `resolve` names, and the register it is written in.
 */
static enum err disputed_register(const struct decision *d, const char *name,
                                  const struct property **ret_property,
                                  const struct shown_register **ret, struct diag *diag)
{
    const struct type *type = d->draft.type;
    const struct property *p = type ? type_property(type, name) : NULL;
    p = p || !type ? p : type_register(type, name);
    if (!type) {
        return diag_set(diag, ERR_UNKNOWN_TYPE, d->draft.shown.type_name, NULL);
    }
    if (!p) {
        return diag_set(diag, ERR_UNKNOWN_PROPERTY, name, type->id,
                        type_nearest_property(type, name), NULL);
    }
    const struct shown_register *reg =
        shown_register(&d->draft.shown, span_of(property_register(p)));
    if (!reg || !reg->shown.disputed) {
        return diag_set(diag, ERR_NOT_DISPUTED, name, NULL);
    }
    *ret_property = p;
    *ret = reg;
    return OK;
}

static enum err choose(const struct decision *d, const struct resolve *resolve,
                       const struct property *property, const struct shown_register *reg,
                       struct arena *arena, struct span *ret, struct diag *diag)
{
    if (resolve->take < 0) {
        return given_value(d, resolve, property, arena, ret, diag);
    }
    if ((uint64_t)resolve->take >= reg->value_count) {
        return diag_set(diag, ERR_USAGE, "take", "one of the values listed", NULL);
    }
    *ret = reg->values[resolve->take].json;
    return OK;
}

static enum err plan_choice(struct decision *d, const struct property *property,
                            const struct shown_register *reg, struct span json, struct arena *arena)
{
    const uint64_t *preds = NULL;
    size_t count = 0;
    struct span part = {0};
    enum err e = plan_preds(&d->plan, &d->draft.shown, reg, true, &preds, &count);
    if (!e) {
        e = plan_add_value(&d->plan, property, preds, count, json);
    }
    if (!e) {
        e = shown_part(property, json, arena, &part);
    }
    return e ? e : plan_move(&d->plan, &d->draft.shown, property, part, true);
}

static enum err resolve_now(struct node *node, const struct resolve *resolve, struct arena *arena,
                            struct diag *diag)
{
    struct decision d;
    const struct property *property = NULL;
    const struct shown_register *reg = NULL;
    struct span json = {0};
    size_t count = 0;
    if (!resolve->reason || resolve->reason[0] == '\0') {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "reason", NULL);
    }
    enum err e = open_decision(node, resolve->person, resolve->entity, false, arena, &d, diag);
    if (!e) {
        e = disputed_register(&d, resolve->property, &property, &reg, diag);
    }
    assert(e || (property && reg));
    if (!e) {
        e = choose(&d, resolve, property, reg, arena, &json, diag);
    }
    if (!e) {
        e = plan_choice(&d, property, reg, json, arena);
    }
    if (!e) {
        e = check_access(node, &d.draft, &d.plan, VERB_REVIEW, diag);
    }
    if (!e) {
        d.outline.kind = OP_RESOLVE;
        e = extra_of(resolve->reason, NULL, arena, &d.outline.extra);
    }
    return e ? e : plan_write(node, &d.plan, &d.outline, &count);
}

enum err node_resolve(struct node *node, const struct resolve *resolve, struct arena *arena,
                      struct diag *diag)
{
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, resolve_now(node, resolve, arena, diag));
    }
    return node_failed(node, e, diag);
}
