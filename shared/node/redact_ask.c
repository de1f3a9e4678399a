/*
 * redact_ask.c - a person asks for a redaction: may they, and does the reason keep quiet.
 */
#include <string.h>

#include "fold.h"
#include "json.h"
#include "node_redact.h"
#include "redact.h"
#include "save_internal.h"

#define REQUEST_ARENA_MAX SHOWN_MEMORY_MAX
#define REQUEST_TEXT_MAX  (64u * 1024)
#define REPEATS_LEAST     3 /* characters of a value that a reason may not hold */

struct asking {
    struct node *node;
    const struct redact *redact;
    struct draft draft;
    struct json *value; /* of `_redact` */
    struct span text;
    struct redact_target target;
    struct arena *arena;
};

static enum err read_asked(struct asking *a, struct diag *diag)
{
    const struct type *type = a->draft.type;
    const char *name = a->redact->property;
    struct buf text;
    struct json_writer w;
    buf_init(&text, a->arena->mem, REQUEST_TEXT_MAX);
    json_begin(&w, &text);
    json_open(&w, '{');
    if (a->redact->all) {
        json_name(&w, "all");
        json_put_bool(&w, true);
    } else {
        const struct property *p = type ? type_property(type, name) : NULL;
        p = p || !type ? p : type_register(type, name);
        if (!p) {
            buf_release(&text);
            return diag_set(diag, ERR_UNKNOWN_PROPERTY, name, a->draft.shown.type_name,
                            type ? type_nearest_property(type, name) : "", NULL);
        }
        json_name(&w, "registers");
        json_open(&w, '[');
        json_put_text(&w, property_register(p));
        json_close(&w, ']');
    }
    json_close(&w, '}');
    enum err e = buf_error(&text);
    if (!e) {
        e = arena_copy(a->arena, buf_span(&text), &a->text);
    }
    buf_release(&text);
    if (!e) {
        e = json_parse(a->text, &a->value, diag);
    }
    return e || redact_target_read(a->value, &a->target) ? e : ERR_INTERNAL;
}

static bool holds(struct span text, struct span part)
{
    for (size_t i = 0; part.size > 0 && i + part.size <= text.size; i++) {
        if (memcmp(text.data + i, part.data, part.size) == 0) {
            return true;
        }
    }
    return false;
}

static enum err fold(struct asking *a, struct span text, struct span *ret)
{
    struct buf folded;
    buf_init(&folded, a->arena->mem, OP_BODY_MAX * 4);
    enum err e = fold_add(&folded, text);
    if (!e) {
        e = arena_copy(a->arena, buf_span(&folded), ret);
    }
    buf_release(&folded);
    return e;
}

/* The property that a key of an op's values is of, when that is to go. */
static const struct property *asked_property(const struct asking *a, const char *key)
{
    const struct property *p = a->draft.type ? type_property(a->draft.type, key) : NULL;
    return p && redact_targets(&a->target, span_of(property_register(p))) ? p : NULL;
}

static enum err check_member(struct asking *a, const struct json *member, struct span reason,
                             struct diag *diag)
{
    const struct property *p = asked_property(a, json_key(member));
    struct buf json;
    struct buf text;
    struct span value = {0};
    if (!p) {
        return OK;
    }
    buf_init(&json, a->arena->mem, OP_BODY_MAX);
    buf_init(&text, a->arena->mem, OP_BODY_MAX * 2);
    json_add_tree(&json, member);
    enum err e = buf_error(&json);
    if (!e && !value_is_null(buf_span(&json))) {
        e = value_to_text(p->type, buf_span(&json), &text);
    }
    if (!e && text.size > 0) {
        e = fold(a, buf_span(&text), &value);
    }
    buf_release(&text);
    buf_release(&json);
    if (!e && value.size >= REPEATS_LEAST && holds(reason, value)) {
        return diag_set(diag, ERR_REASON_REPEATS, p->id, NULL);
    }
    return e;
}

/* What the reason says stays for ever, everywhere: it can't be what is to go. */
static enum err check_reason(struct asking *a, struct diag *diag)
{
    struct span reason = {0};
    int64_t after = 0;
    enum err e = fold(a, span_of(a->redact->reason), &reason);
    while (!e) {
        struct logged logged;
        struct arena one;
        struct json *values = NULL;
        struct stmt *s = db_stmt(a->node->db, ENTITY_OP_AFTER);
        stmt_bind_i64(s, 1, a->draft.shown.entity.id);
        stmt_bind_i64(s, 2, after);
        bool more = stmt_row(s);
        after = more ? stmt_i64(s, 0) : 0;
        e = stmt_end(s);
        if (e || !more) {
            return e;
        }
        arena_init(&one, &a->node->host->mem, REQUEST_ARENA_MAX);
        e = log_read(a->node, after, &one, &logged);
        if (!e && !logged.op.redacted && logged.op.known_format) {
            e = json_parse(logged.op.values, &values, NULL);
        }
        for (const struct json *m = values ? json_first(values) : NULL; !e && m; m = json_next(m)) {
            e = check_member(a, m, reason, diag);
        }
        json_free(values);
        arena_release(&one);
    }
    return e;
}

/* One write for each compartment concerned, only to ask what the person may. */
static enum err check_verb(struct asking *a, enum verb verb, struct diag *diag)
{
    struct plan plan;
    const struct shown *shown = &a->draft.shown;
    plan_init(&plan, a->arena);
    enum err e = plan_add(&plan, span_of(COMPARTMENT_BASE), span_of(REDACT_TYPE), NULL, 0, a->text);
    for (size_t i = 0; !e && i < shown->register_count; i++) {
        if (redact_targets(&a->target, shown->registers[i].name)) {
            e = plan_add(&plan, shown->registers[i].compartment, shown->registers[i].name, NULL, 0,
                         a->text);
        }
    }
    if (!e && !a->target.all) {
        const struct property *p =
            type_register(a->draft.type, json_text(json_first(a->target.registers)));
        e = plan_add(&plan, span_of(p->compartment), span_of(p->id), NULL, 0, a->text);
    }
    return e ? e : check_access(a->node, &a->draft, &plan, verb, diag);
}

/* On a device also who may only write there, when asked for: somebody has to pass on what a person
   wishes. What the region will do with it is known here already. */
static enum err check_may(struct asking *a, bool *ret_flagged, struct diag *diag)
{
    const struct org_node *device = a->draft.author.device;
    bool asks = a->redact->ask_only && device && device->role < ROLE_HUB;
    struct diag refused = {0};
    enum err e = check_verb(a, VERB_REDACT, &refused);
    *ret_flagged = e || (device && !redact_node_may_ask(device, a->redact->person));
    if (e == ERR_NOT_ALLOWED && asks) {
        return check_verb(a, VERB_WRITE, diag);
    }
    if (e && diag) {
        *diag = refused;
    }
    return e;
}

static enum err extra_of(const struct asking *a, struct span *ret)
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, a->arena->mem, REQUEST_TEXT_MAX);
    json_begin(&w, &text);
    json_open(&w, '{');
    json_name(&w, "reason");
    json_put_text(&w, a->redact->reason);
    json_close(&w, '}');
    enum err e = buf_error(&text);
    if (!e) {
        e = arena_copy(a->arena, buf_span(&text), ret);
    }
    buf_release(&text);
    return e;
}

static enum err write_request(struct asking *a, struct redact_asked *ret)
{
    struct node *node = a->node;
    struct plan plan;
    struct op op = {0};
    int64_t row = 0;
    const struct op_register reg = {.name = span_of(REDACT_TYPE)};
    struct op_register registers[] = {reg};
    struct buf values;
    buf_init(&values, a->arena->mem, REQUEST_TEXT_MAX);
    buf_add_text(&values, "{\"" REDACT_TYPE "\":");
    buf_add_span(&values, a->text);
    buf_add_byte(&values, '}');
    plan_init(&plan, a->arena);
    op = (struct op){.person = a->redact->person,
                     .entity = a->draft.shown.entity.name,
                     .type = span_of(a->draft.shown.type_name),
                     .type_version = a->draft.type ? a->draft.type->version : 0,
                     .kind = OP_OTHER,
                     .kind_name = span_of(REDACT_KIND),
                     .compartment = span_of(COMPARTMENT_BASE),
                     .registers = registers,
                     .register_count = 1,
                     .values = buf_span(&values)};
    enum err e = buf_error(&values);
    if (!e) {
        e = extra_of(a, &op.extra);
    }
    if (!e) {
        e = log_stamp(node, &op.stamp);
    }
    if (!e) {
        e = log_write(node, &op, false, &row);
    }
    if (!e && node->has_org_key) {
        op.redacted = false;
        e = redact_take_request(node, &op, &ret->op_count);
        ret->done = true;
    }
    ret->request = op.uid;
    buf_release(&values);
    return e;
}

static enum err ask(struct asking *a, struct redact_asked *ret, struct diag *diag)
{
    const struct redact *redact = a->redact;
    if (!redact->reason || redact->reason[0] == '\0') {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "reason", NULL);
    }
    if (!redact->all && !redact->property) {
        return diag_set(diag, ERR_MISSING_ARGUMENT, "property", NULL);
    }
    enum err e = author_read(a->node, redact->person, &a->draft.author, diag);
    if (!e) {
        e = draft_open_record(a->node, redact->entity, true, a->arena, &a->draft, diag);
    }
    if (!e) {
        e = read_asked(a, diag);
    }
    if (!e) {
        e = check_may(a, &ret->flagged, diag);
    }
    if (!e) {
        e = check_reason(a, diag);
    }
    return e || redact->dry_run ? e : write_request(a, ret);
}

enum err node_redact(struct node *node, const struct redact *redact, struct redact_asked *ret,
                     struct diag *diag)
{
    struct arena arena;
    struct asking asking = {.node = node, .redact = redact, .arena = &arena};
    struct redact_asked asked = {.done = false};
    arena_init(&arena, &node->host->mem, REQUEST_ARENA_MAX);
    enum err e = node_begin(node);
    if (!e) {
        e = node_end(node, ask(&asking, &asked, diag));
    }
    json_free(asking.value);
    arena_release(&arena);
    if (!e) {
        *ret = asked;
    }
    return node_failed(node, e, diag);
}
