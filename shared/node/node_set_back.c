/*
 * node_set_back.c - gives registers the values back that an op of a revoked node or person took.
 */
#include "node_set_back.h"

#include <string.h>

#include "json.h"
#include "node_internal.h"
#include "save_internal.h"

#define SET_BACK_KEY   "set_back" /* of extra: the uid of the op that was set back */
#define SET_BACK_EXTRA 8192
#define SET_BACK_MOST  256 /* predecessors of one register that are looked at */

struct setting_back {
    struct node *node;
    struct arena *arena;
    const struct op *op;
    int64_t entity;
    const struct type *type; /* NULL: not known here */
    struct plan plan;
    struct outline outline;
};

static enum err extra_of(const struct setting_back *s, const char *reason, bool names_op,
                         struct span *ret)
{
    struct buf extra;
    struct json_writer w;
    char uid[ID_TEXT_SIZE];
    buf_init(&extra, s->arena->mem, SET_BACK_EXTRA);
    json_begin(&w, &extra);
    json_open(&w, '{');
    json_name(&w, "reason");
    json_put_text(&w, reason);
    if (names_op) {
        id_write(s->op->uid, uid);
        json_name(&w, SET_BACK_KEY);
        json_put_text(&w, uid);
    }
    json_close(&w, '}');
    enum err e = buf_error(&extra);
    if (!e) {
        e = arena_copy(s->arena, buf_span(&extra), ret);
    }
    buf_release(&extra);
    return e;
}

static enum err begin(struct setting_back *s, struct node *node, const struct op *op,
                      struct arena *arena)
{
    const struct org *org = NULL;
    struct entity_row entity;
    *s = (struct setting_back){.node = node, .arena = arena, .op = op};
    plan_init(&s->plan, arena);
    enum err e = node_org(node, &org);
    if (!e) {
        e = entity_find(node, op->entity, &entity);
    }
    if (!e) {
        s->entity = entity.id;
        s->type = org_type(org, op->type);
        s->outline = (struct outline){.kind = OP_RESOLVE,
                                      .entity = op->entity,
                                      .type = arena_span_text(arena, op->type),
                                      .type_version = op->type_version,
                                      .form = ""};
        e = s->outline.type ? OK : ERR_NOMEM;
    }
    return e;
}

/* ---- the values that an op gave one register */

/* "lat":..,"lon":.. of `values` (NULL: all null): the properties of the register, else its name. */
static enum err members_of_register(const struct setting_back *s, struct span reg,
                                    const struct json *values, struct span *ret)
{
    struct buf object;
    struct json_writer w;
    char name[2 * TYPE_NAME_MAX + 2];
    size_t written = 0;
    span_text(reg, name, sizeof name);
    buf_init(&object, s->arena->mem, OP_BODY_MAX);
    json_begin(&w, &object);
    json_open(&w, '{');
    for (size_t i = 0; s->type && i < s->type->property_count; i++) {
        const struct property *p = &s->type->properties[i];
        const struct json *value = json_get(values, p->id);
        if (strcmp(property_register(p), name) == 0) {
            json_name(&w, p->id);
            if (value) {
                json_put_tree(&w, value);
            } else {
                json_put_null(&w);
            }
            written++;
        }
    }
    if (written == 0) {
        const struct json *value = json_get(values, name);
        json_name(&w, name);
        if (value) {
            json_put_tree(&w, value);
        } else {
            json_put_null(&w);
        }
    }
    json_close(&w, '}');
    enum err e = buf_error(&object);
    if (!e) {
        struct span all = buf_span(&object);
        e = arena_copy(s->arena, span_cut(all, 1, all.size - 2), ret);
    }
    buf_release(&object);
    return e;
}

struct held_pred {
    int64_t row; /* 0: it isn't held here, or aside */
    bool set_back;
};

static enum err held_pred(const struct setting_back *s, uint64_t uid8, struct held_pred *ret)
{
    struct id low = {{0}};
    struct id high;
    struct held_pred pred = {0};
    memset(high.bytes, 0xff, sizeof high.bytes);
    for (size_t i = 0; i < 8; i++) {
        low.bytes[i] = high.bytes[i] = (uint8_t)(uid8 >> (56 - 8 * i));
    }
    struct stmt *q = db_stmt(s->node->db, SET_BACK_PRED);
    stmt_bind_blob(q, 1, low.bytes, ID_SIZE);
    stmt_bind_blob(q, 2, high.bytes, ID_SIZE);
    stmt_bind_i64(q, 3, s->entity);
    if (stmt_row(q)) {
        pred = (struct held_pred){stmt_i64(q, 0), (stmt_i64(q, 1) & OP_FLAG_SET_BACK) != 0};
    }
    enum err e = stmt_end(q);
    if (!e) {
        *ret = pred;
    }
    return e;
}

/* One more write: the register as the op in `row` had it; 0: empty. `preds`: what it supersedes. */
static enum err give(struct setting_back *s, struct span reg, int64_t row, const uint64_t *preds,
                     size_t pred_count, bool apart)
{
    struct logged logged;
    struct json *values = NULL;
    struct span members;
    enum err e = OK;
    if (row != 0) {
        e = log_read(s->node, row, s->arena, &logged);
        if (!e && !logged.op.redacted) {
            e = json_parse(logged.op.values, &values, NULL);
        }
    }
    if (!e) {
        e = members_of_register(s, reg, values, &members);
    }
    json_free(values);
    return e ? e
             : plan_add_members(&s->plan, s->op->compartment, reg, preds, pred_count, members,
                                apart);
}

/* ---- setting back */

static enum err is_live(const struct setting_back *s, struct span reg, struct live_op **ret,
                        size_t *ret_count, bool *ret_live)
{
    int64_t symbol = 0;
    *ret_live = false;
    enum err e = symbol_id(s->node, reg, &symbol);
    if (!e) {
        e = log_live(s->node, s->entity, symbol, s->arena, ret, ret_count);
    }
    for (size_t i = 0; !e && i < *ret_count; i++) {
        *ret_live = *ret_live || (*ret)[i].uid8 == id_prefix8(s->op->uid);
    }
    return e;
}

static bool stays(struct span reg)
{
    return span_is(reg, REGISTER_SCOPE) || span_is(reg, REGISTER_ROOT) ||
           span_is(reg, REGISTER_PARENT) || span_is(reg, REGISTER_CASE);
}

/* The register as another live op has it, which that one gives way to. */
static enum err give_other(struct setting_back *s, struct span reg, const struct live_op *other,
                           uint64_t me)
{
    uint64_t *preds = arena_array(s->arena, 2, sizeof *preds);
    if (!preds) {
        return ERR_NOMEM;
    }
    preds[0] = me < other->uid8 ? me : other->uid8;
    preds[1] = me < other->uid8 ? other->uid8 : me;
    return give(s, reg, other->op, preds, 2, false);
}

static const struct op_register *register_of(const struct op *op, struct span name)
{
    for (size_t i = 0; i < op->register_count; i++) {
        if (span_equal(op->registers[i].name, name)) {
            return &op->registers[i];
        }
    }
    return NULL;
}

/* The rows that the register held before: what was superseded, and through ops that are set back
   themselves what those did. */
struct held_before {
    int64_t rows[SET_BACK_MOST];
    size_t count;
    uint64_t ahead[SET_BACK_MOST]; /* predecessors to look at */
    size_t ahead_count, looked;
};

static void look_at(struct held_before *before, const struct op_register *reg)
{
    for (size_t i = 0; reg && i < reg->pred_count && before->ahead_count < SET_BACK_MOST; i++) {
        before->ahead[before->ahead_count++] = reg->preds[i];
    }
}

static enum err find_before(const struct setting_back *s, const struct op_register *reg,
                            bool through, struct held_before *ret)
{
    enum err e = OK;
    *ret = (struct held_before){.count = 0};
    look_at(ret, reg);
    while (!e && ret->looked < ret->ahead_count) {
        struct held_pred pred = {0};
        struct logged logged;
        e = held_pred(s, ret->ahead[ret->looked++], &pred);
        if (!e && pred.row != 0 && !pred.set_back) {
            ret->rows[ret->count++] = pred.row;
        } else if (!e && pred.row != 0 && through) {
            e = log_read(s->node, pred.row, s->arena, &logged);
            if (!e) {
                look_at(ret, register_of(&logged.op, reg->name));
            }
        }
    }
    return e;
}

/*
 * The values it superseded, each in an op of its own after the first, so that a dispute comes back
 * as one. When those were set back themselves, the others that are live now say what stands; if
 * there are none, what was there before the first of them.
 */
static enum err set_register_back(struct setting_back *s, const struct op_register *reg,
                                  const uint64_t *me)
{
    struct live_op *live = NULL;
    const struct live_op *other = NULL;
    struct held_before *before = arena_alloc(s->arena, sizeof *before);
    size_t live_count = 0;
    bool mine = false;
    enum err e = before ? is_live(s, reg->name, &live, &live_count, &mine) : ERR_NOMEM;
    if (e || !mine) {
        return e;
    }
    for (size_t i = 0; i < live_count; i++) {
        other = live[i].uid8 != *me ? &live[i] : other;
    }
    e = find_before(s, reg, false, before);
    if (!e && before->count == 0 && other) {
        return give_other(s, reg->name, other, *me);
    }
    if (!e && before->count == 0) {
        e = find_before(s, reg, true, before);
    }
    for (size_t i = 0; !e && i < before->count; i++) {
        e = give(s, reg->name, before->rows[i], me, 1, i > 0);
    }
    if (!e && before->count == 0 && !stays(reg->name)) {
        e = give(s, reg->name, 0, me, 1, false);
    }
    return e;
}

/* Did the op make its record? Then that is deleted, and stays as it is otherwise. */
static bool makes_record(const struct op *op)
{
    for (size_t i = 0; i < op->register_count; i++) {
        const struct op_register *reg = &op->registers[i];
        if (reg->pred_count == 0 &&
            (span_is(reg->name, REGISTER_SCOPE) || span_is(reg->name, REGISTER_ROOT))) {
            return true;
        }
    }
    return false;
}

static enum err set_back(struct setting_back *s, int64_t row, const uint64_t *me)
{
    size_t written = 0;
    struct stmt *q = db_stmt(s->node->db, OP_SET_FLAGS);
    stmt_bind_i64(q, 1, row);
    stmt_bind_i64(q, 2, OP_FLAG_SET_BACK);
    enum err e = stmt_run(q);
    if (!e) {
        e = extra_of(s, "revoked", true, &s->outline.extra);
    }
    if (!e && makes_record(s->op)) {
        s->outline.kind = OP_DELETE;
        e = plan_add(&s->plan, s->op->compartment, span_of(REGISTER_DELETED), NULL, 0,
                     span_of("true"));
    } else {
        for (size_t i = 0; !e && i < s->op->register_count; i++) {
            e = set_register_back(s, &s->op->registers[i], me);
        }
    }
    if (!e && s->plan.count > 0) {
        e = plan_write(s->node, &s->plan, &s->outline, &written);
    }
    return e;
}

enum err log_set_back(struct node *node, int64_t row)
{
    struct arena arena;
    struct logged logged;
    struct setting_back s;
    arena_init(&arena, &node->host->mem, SHOWN_MEMORY_MAX);
    enum err e = log_read(node, row, &arena, &logged);
    if (!e) {
        e = begin(&s, node, &logged.op, &arena);
    }
    if (!e) {
        /* As old as what it undoes: what others wrote since, not knowing of this, comes first. */
        struct stamp stamp = {logged.effective_ms, logged.op.stamp.counter + 1};
        uint64_t me = id_prefix8(logged.op.uid);
        s.outline.stamp = &stamp;
        e = set_back(&s, row, &me);
    }
    arena_release(&arena);
    return e;
}

/* ---- and its undoing */

static bool sets_back(const struct op *op, struct id uid)
{
    struct json *extra = NULL;
    struct id named;
    bool does = !json_parse(op->extra, &extra, NULL) &&
                id_read(json_span(json_get(extra, SET_BACK_KEY)), &named) && id_equal(named, uid);
    json_free(extra);
    return does;
}

/* Of the live ops of a register those that set this one back, as predecessors. */
static enum err who_set_back(struct setting_back *s, struct span reg, uint64_t **ret,
                             size_t *ret_count)
{
    struct live_op *live = NULL;
    size_t live_count = 0;
    size_t count = 0;
    bool mine = false;
    enum err e = is_live(s, reg, &live, &live_count, &mine);
    uint64_t *preds = e ? NULL : arena_array(s->arena, live_count + 1, sizeof *preds);
    if (!e && !preds) {
        e = ERR_NOMEM;
    }
    for (size_t i = 0; !e && i < live_count; i++) {
        struct logged logged;
        e = log_read(s->node, live[i].op, s->arena, &logged);
        if (!e && sets_back(&logged.op, s->op->uid)) {
            preds[count++] = live[i].uid8;
        }
    }
    if (!e) {
        *ret = preds;
        *ret_count = count;
    }
    return e;
}

static enum err reinstate(struct setting_back *s, int64_t row)
{
    uint64_t *preds = NULL;
    size_t count = 0;
    size_t written = 0;
    enum err e = who_set_back(s, span_of(REGISTER_DELETED), &preds, &count);
    if (!e && count > 0) {
        e = give(s, span_of(REGISTER_DELETED), 0, preds, count, false);
    }
    for (size_t i = 0; !e && i < s->op->register_count; i++) {
        struct span reg = s->op->registers[i].name;
        e = who_set_back(s, reg, &preds, &count);
        if (!e && count > 0 && !span_is(reg, REGISTER_DELETED)) {
            e = give(s, reg, row, preds, count, false);
        }
    }
    if (!e && s->plan.count > 0) {
        e = plan_write(s->node, &s->plan, &s->outline, &written);
    }
    return e;
}

enum err log_reinstate(struct node *node, const struct op *op, struct id person, const char *reason)
{
    struct arena arena;
    struct held_op held;
    struct setting_back s;
    arena_init(&arena, &node->host->mem, SHOWN_MEMORY_MAX);
    enum err e = log_find(node, op->uid, &held);
    if (!e) {
        e = held.row == 0 ? ERR_INTERNAL : begin(&s, node, op, &arena);
    }
    if (!e) {
        s.outline.person = person;
        e = extra_of(&s, reason, false, &s.outline.extra);
    }
    if (!e) {
        e = reinstate(&s, held.row);
    }
    arena_release(&arena);
    return e;
}
