/*
 * redact_request.c - the region's answer to who asked for a redaction, and to who came late.
 */
#include <string.h>

#include "code.h"
#include "json.h"
#include "node_alias.h"
#include "node_member.h"
#include "node_redact.h"
#include "redact.h"
#include "save_internal.h"

#define REQUEST_ARENA_MAX SHOWN_MEMORY_MAX
#define REQUEST_TEXT_MAX  (64u * 1024)

/* ---- the region's answer to a request */

static enum err order_of(const struct op *op, struct json **ret_values, struct json **ret_extra,
                         struct redact_order *ret, bool *ret_clear)
{
    enum err e = op->redacted ? ERR_FORMAT : json_parse(op->values, ret_values, NULL);
    if (!e) {
        e = json_parse(op->extra, ret_extra, NULL);
    }
    *ret = (struct redact_order){.entity = op->entity, .person = op->person, .request = op->uid};
    if (!e) {
        ret->reason = span_of(json_get_text(*ret_extra, "reason", ""));
        *ret_clear = redact_target_read(json_get(*ret_values, REDACT_TYPE), &ret->target);
    }
    return e;
}

static enum err issue_sensitive(struct node *node, const struct redact_order *order,
                                struct id child, const struct type *type)
{
    struct buf text;
    struct json_writer w;
    struct json *json = NULL;
    struct redact_order own = *order;
    size_t count = 0;
    buf_init(&text, &node->host->mem, REQUEST_TEXT_MAX);
    json_begin(&w, &text);
    json_open(&w, '{');
    json_name(&w, "registers");
    json_open(&w, '[');
    for (size_t i = 0; type && i < type->property_count; i++) {
        if (type->properties[i].sensitivity != SENSITIVITY_NORMAL) {
            json_put_text(&w, property_register(&type->properties[i]));
            count++;
        }
    }
    json_close(&w, ']');
    json_close(&w, '}');
    enum err e = buf_error(&text);
    if (!e && count > 0) {
        e = json_parse(buf_span(&text), &json, NULL);
    }
    if (!e && count > 0 && redact_target_read(json, &own.target)) {
        own.entity = child;
        e = redact_issue(node, &own, 0, &count);
    }
    json_free(json);
    buf_release(&text);
    return e;
}

struct kin {
    struct id name, parent;
    const struct type *type;
    bool belongs;
};

static enum err read_kin(struct node *node, int64_t entity, struct id root, struct kin *ret)
{
    struct arena arena;
    struct shown shown = {0};
    const char *parent = "";
    arena_init(&arena, &node->host->mem, REQUEST_ARENA_MAX);
    enum err e = shown_read(node, entity, &arena, &shown);
    if (!e) {
        e = shown_own_text(&shown, REGISTER_PARENT, &arena, &parent);
    }
    *ret = (struct kin){.name = shown.entity.name, .parent = root, .type = shown.type};
    if (!e) {
        (void)id_read(span_of(parent), &ret->parent);
    }
    arena_release(&arena);
    return e;
}

/* Those that belong to `entity`, and those that belong to them. */
static void find_belonging(struct kin *kin, size_t count, struct id entity)
{
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            bool of = id_equal(kin[i].parent, entity);
            for (size_t k = 0; k < count && !of; k++) {
                of = kin[k].belongs && id_equal(kin[i].parent, kin[k].name);
            }
            moved = moved || (of && !kin[i].belongs);
            kin[i].belongs = of;
        }
    }
}

static enum err issue_children(struct node *node, const struct redact_order *order,
                               struct arena *arena)
{
    struct entity_row entity;
    struct entity_row root = {.id = 0};
    size_t count = 0;
    enum err e = entity_find(node, order->entity, &entity);
    if (e || entity.root == 0) {
        return e;
    }
    e = entity_get(node, entity.root, &root);
    enum { KIN_MAX = 4096 };
    int64_t *rows = arena_array(arena, KIN_MAX, sizeof *rows);
    struct kin *kin = arena_array(arena, KIN_MAX, sizeof *kin);
    if (e || !rows || !kin) {
        return e ? e : ERR_NOMEM;
    }
    struct stmt *s = db_stmt(node->db, ENTITY_TREE);
    stmt_bind_i64(s, 1, root.id);
    while (count < KIN_MAX && stmt_row(s)) {
        rows[count] = stmt_i64(s, 0);
        count += rows[count] != entity.id && rows[count] != root.id;
    }
    e = stmt_end(s);
    for (size_t i = 0; !e && i < count; i++) {
        e = read_kin(node, rows[i], root.name, &kin[i]);
    }
    find_belonging(kin, e ? 0 : count, order->entity);
    for (size_t i = 0; !e && i < count; i++) {
        e = kin[i].belongs ? issue_sensitive(node, order, kin[i].name, kin[i].type) : OK;
    }
    return e;
}

/* The values of a duplicate are values of the record that stands for it. */
static enum err issue_each(struct node *node, const struct redact_order *order, struct arena *arena,
                           size_t *ret_count)
{
    struct alias_members members = {.count = 0};
    struct entity_row row;
    enum err e = entity_find(node, order->entity, &row);
    if (!e && row.id != 0) {
        e = alias_members(node, row.id, &members);
    }
    if (!e && members.count == 0) { /* nothing of it is here yet: the mark stands for what comes */
        return redact_issue(node, order, 0, ret_count);
    }
    for (size_t i = 0; !e && i < members.count; i++) {
        struct redact_order one = *order;
        size_t count = 0;
        e = entity_get(node, members.entities[i], &row);
        one.entity = row.name;
        if (!e) {
            e = redact_issue(node, &one, 0, &count);
        }
        if (!e && one.target.all) {
            e = issue_children(node, &one, arena);
        }
        *ret_count += count;
    }
    return e;
}

enum err redact_take_request(struct node *node, const struct op *op, size_t *ret_count)
{
    struct json *values = NULL;
    struct json *extra = NULL;
    struct redact_order order;
    struct arena arena;
    bool clear = false;
    arena_init(&arena, &node->host->mem, REQUEST_ARENA_MAX);
    enum err e = order_of(op, &values, &extra, &order, &clear);
    if (!e && clear) {
        e = issue_each(node, &order, &arena, ret_count);
    }
    json_free(extra);
    json_free(values);
    arena_release(&arena);
    return e;
}

/* ---- may they? */

/* The compartments of what is asked; those that the record's ops are in, when it is all of it. */
static enum err may_in_each(struct node *node, const struct org *org, const struct org_node *author,
                            const struct op *op, const struct redact_target *target,
                            const char *scope, bool *ret)
{
    struct entity_row entity;
    const struct type *type = org_type(org, op->type);
    bool may =
        author->role == ROLE_REGION || org_node_covers(author, span_of(scope), (struct span){0});
    enum err e = entity_find(node, op->entity, &entity);
    struct stmt *s = db_stmt(node->db, ENTITY_COMPARTMENTS);
    stmt_bind_i64(s, 1, entity.id);
    int64_t list[64];
    size_t count = 0;
    while (!e && target->all && count < 64 && stmt_row(s)) {
        list[count++] = stmt_i64(s, 0);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    for (size_t i = 0; !e && may && i < count; i++) {
        const char *name = NULL;
        e = symbol_text(node, list[i], &name);
        may = !e && org_person_may(org, op->person, span_of(scope), span_of(name), VERB_REDACT);
    }
    for (const struct json *item = target->all ? NULL : json_first(target->registers); may && item;
         item = json_next(item)) {
        const char *name = json_text(item);
        const struct property *p = type && name ? type_register(type, name) : NULL;
        may = p &&
              org_person_may(org, op->person, span_of(scope), span_of(p->compartment), VERB_REDACT);
    }
    *ret = may &&
           org_person_may(org, op->person, span_of(scope), span_of(COMPARTMENT_BASE), VERB_REDACT);
    return e;
}

/* A worker's device may be anybody's by now; a supervisor's speaks for its own person alone. */
bool redact_node_may_ask(const struct org_node *author, struct id person)
{
    bool own = !author->has_person || id_equal(author->person, person);
    return !author->revoked &&
           (author->role >= ROLE_HUB || (author->role == ROLE_SUPERVISOR && own));
}

static enum err may_redact(struct node *node, const struct org_node *author, const struct op *op,
                           bool *ret)
{
    struct json *values = NULL;
    struct json *extra = NULL;
    struct redact_order order;
    struct entity_row entity;
    struct members members = {.count = 0};
    const struct org *org = NULL;
    bool clear = false;
    *ret = false;
    enum err e = node_org(node, &org);
    if (!e && op->redacted) {
        return OK;
    }
    if (!e) {
        e = order_of(op, &values, &extra, &order, &clear);
    }
    if (!e) {
        e = entity_find(node, op->entity, &entity);
    }
    if (!e) {
        e = members_of(node, entity.root, &members);
    }
    clear = clear && redact_node_may_ask(author, op->person);
    for (size_t i = 0; !e && clear && !*ret && i < members.count; i++) {
        const char *scope = NULL;
        e = symbol_text(node, members.scopes[i], &scope);
        if (!e) {
            e = may_in_each(node, org, author, op, &order.target, scope, ret);
        }
    }
    json_free(extra);
    json_free(values);
    return e;
}

enum err redact_judge(struct node *node, const struct org_node *author, const struct op *op,
                      int64_t row)
{
    bool may = false;
    if (!node->has_org_key || !redact_is_request(op)) {
        return OK;
    }
    enum err e = may_redact(node, author, op, &may);
    if (!e && !may) {
        return log_flag(node, row, "redaction_refused");
    }
    size_t ignored = 0;
    return e ? e : redact_take_request(node, op, &ignored);
}

/* ---- late ops */

/* Did its author know? Only who has seen what the redaction left can name it, or what follows it.
 */
static enum err is_unaware(struct node *node, const struct op *op, const struct op_register *reg,
                           const struct property *p, int64_t effective_ms, int64_t at_ms, bool *ret)
{
    struct entity_row entity;
    *ret = true;
    if (p && policy_keeps_all(p->policy)) {
        *ret = effective_ms <= at_ms;
        return OK;
    }
    enum err e = entity_find(node, op->entity, &entity);
    for (size_t i = 0; !e && *ret && i < reg->pred_count; i++) {
        struct stmt *s = db_stmt(node->db, REDACTED_PREFIX);
        struct id least = {{0}};
        struct id most;
        for (size_t k = 0; k < 8; k++) {
            least.bytes[k] = (uint8_t)(reg->preds[i] >> (56 - 8 * k));
        }
        most = least;
        memset(most.bytes + 8, 0xff, ID_SIZE - 8);
        stmt_bind_blob(s, 1, least.bytes, ID_SIZE);
        stmt_bind_blob(s, 2, most.bytes, ID_SIZE);
        *ret = stmt_row(s);
        e = stmt_end(s);
    }
    return e;
}

static enum err judge_late(struct node *node, const struct op *op, int64_t row,
                           const struct logged *mark)
{
    struct json *values = NULL;
    struct redact_order order = {.entity = op->entity};
    struct logged late;
    struct arena arena;
    const struct org *org = NULL;
    bool hit = false;
    size_t ignored = 0;
    arena_init(&arena, &node->host->mem, REQUEST_ARENA_MAX);
    enum err e = json_parse(mark->op.values, &values, NULL);
    const struct json *def = e ? NULL : json_get(values, "def");
    bool clear = !e && redact_target_read(def, &order.target);
    if (!e) {
        e = node_org(node, &org);
    }
    if (!e) {
        e = log_read(node, row, &arena, &late);
    }
    const struct type *type = e ? NULL : org_type(org, op->type);
    for (size_t i = 0; !e && clear && !hit && !late.op.redacted && i < op->register_count; i++) {
        char name[2 * TYPE_NAME_MAX + 2];
        const struct op_register *reg = &op->registers[i];
        span_text(reg->name, name, sizeof name);
        if (redact_targets(&order.target, reg->name)) {
            hit = order.target.all;
            e = hit ? OK
                    : is_unaware(node, op, reg, type ? type_register(type, name) : NULL,
                                 late.effective_ms, json_get_int(def, "at", 0), &hit);
        }
    }
    if (!e && hit) {
        order.reason = span_of(json_get_text(def, "reason", ""));
        (void)id_read(span_of(json_get_text(def, "person", "")), &order.person);
        (void)id_read(span_of(json_get_text(def, "request", "")), &order.request);
        e = redact_issue(node, &order, row, &ignored);
    }
    json_free(values);
    arena_release(&arena);
    return e;
}

enum err redact_late(struct node *node, const struct op *op, int64_t row)
{
    enum { MARKS_MAX = 256 };
    int64_t marks[MARKS_MAX];
    size_t count = 0;
    struct arena arena;
    if (op->redacted || span_is(op->kind_name, REDACT_KIND)) {
        return OK;
    }
    struct stmt *s = db_stmt(node->db, REDACTION_OPS_OF);
    stmt_bind_blob(s, 1, op->entity.bytes, ID_SIZE);
    while (count < MARKS_MAX && stmt_row(s)) {
        marks[count++] = stmt_i64(s, 0);
    }
    enum err e = stmt_end(s);
    if (count == 0) {
        return e;
    }
    arena_init(&arena, &node->host->mem, REQUEST_ARENA_MAX);
    for (size_t i = 0; !e && i < count; i++) {
        struct logged mark;
        bool marked = false;
        e = redact_marked(node, op->uid, &marked);
        if (!e && marked) {
            break;
        }
        arena_reset(&arena);
        e = e ? e : log_read(node, marks[i], &arena, &mark);
        e = e ? e : judge_late(node, op, row, &mark);
    }
    arena_release(&arena);
    return e;
}
