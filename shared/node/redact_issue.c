/*
 * redact_issue.c - what the region writes for a redaction: restates, clears, marks.
 *
 * Only the region decides, so that a mark has one judge and one key that every node has pinned
 * since its enrolment: no order of configuration and marks can make two nodes differ.
 */
#include <string.h>

#include "code.h"
#include "node_internal.h"
#include "node_member.h"
#include "node_redact.h"
#include "node_shown.h"

#define ISSUE_ARENA_MAX (64u * 1024 * 1024)
#define ISSUE_VALUES    OP_BODY_MAX
#define ISSUE_UIDS      4000 /* of one mark: about 100 KiB */

struct issue {
    struct node *node;
    const struct redact_order *order;
    const struct type *type; /* NULL: not known here */
    int64_t entity;          /* row; 0: nothing of it is here (yet) */
    struct arena arena;      /* of the whole */
    struct arena one;        /* of one op */
    int64_t late_op;         /* row of the one op that is meant; 0: all of the entity */
    struct id *uids;
    size_t count, capacity;
};

static enum err add_uid(struct issue *issue, struct id uid)
{
    if (issue->count == issue->capacity) {
        size_t wanted = issue->capacity ? issue->capacity * 2 : 64;
        struct id *uids = arena_array(&issue->arena, wanted, sizeof *uids);
        if (!uids) {
            return ERR_NOMEM;
        }
        if (issue->count) {
            memcpy(uids, issue->uids, issue->count * sizeof *uids);
        }
        issue->uids = uids;
        issue->capacity = wanted;
    }
    issue->uids[issue->count++] = uid;
    return OK;
}

static bool op_is_hit(const struct redact_target *target, const struct op *op)
{
    for (size_t i = 0; i < op->register_count; i++) {
        if (redact_targets(target, op->registers[i].name)) {
            return true;
        }
    }
    return false;
}

/* ---- restating */

/* The register that a key of `values` belongs to. */
static struct span register_of(const struct type *type, const char *key)
{
    const struct property *p = type && key[0] != '_' ? type_property(type, key) : NULL;
    return span_of(p ? property_register(p) : key);
}

static bool lists_register(const struct op_register *registers, size_t count, struct span name)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(registers[i].name, name)) {
            return true;
        }
    }
    return false;
}

static enum err kept_values(struct issue *issue, const struct op *from,
                            const struct op_register *registers, size_t count, struct span *ret)
{
    struct json *values = NULL;
    struct buf text;
    struct json_writer w;
    buf_init(&text, &issue->node->host->mem, ISSUE_VALUES);
    enum err e = json_parse(from->values, &values, NULL);
    json_begin(&w, &text);
    json_open(&w, '{');
    for (const struct json *m = e ? NULL : json_first(values); m; m = json_next(m)) {
        if (lists_register(registers, count, register_of(issue->type, json_key(m)))) {
            json_name(&w, json_key(m));
            json_put_tree(&w, m);
        }
    }
    json_close(&w, '}');
    e = e ? e : buf_error(&text);
    if (!e) {
        e = arena_copy(&issue->one, buf_span(&text), ret);
    }
    json_free(values);
    buf_release(&text);
    return e;
}

static enum err write_again(struct issue *issue, const struct logged *from,
                            struct op_register *registers, size_t count, struct span values)
{
    char uid[ID_TEXT_SIZE];
    char extra[64];
    struct buf text;
    struct op op = from->op;
    int64_t row = 0;
    id_write(from->op.uid, uid);
    buf_init(&text, &issue->node->host->mem, sizeof extra);
    buf_add_format(&text, "{\"restates\":\"%s\"}", uid);
    op.tx = 0;
    op.tx_index = op.tx_count = 0;
    op.stamp.time_ms = from->effective_ms; /* it keeps its place among its rivals */
    op.registers = registers;
    op.register_count = count;
    op.redacted = false;
    op.values = values;
    enum err e = buf_error(&text);
    op.extra = buf_span(&text);
    if (!e) {
        e = log_write(issue->node, &op, false, &row);
    }
    buf_release(&text);
    return e;
}

static enum err write_restated(struct issue *issue, const struct logged *from,
                               struct op_register *registers, size_t count)
{
    struct span values = {0};
    enum err e = kept_values(issue, &from->op, registers, count, &values);
    return e ? e : write_again(issue, from, registers, count, values);
}

static enum err is_live(struct issue *issue, struct span reg, uint64_t uid8, bool *ret)
{
    int64_t symbol = 0;
    enum err e = symbol_find(issue->node, reg, &symbol);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(issue->node->db, LIVE_HAS);
    stmt_bind_i64(s, 1, issue->entity);
    stmt_bind_i64(s, 2, symbol);
    stmt_bind_u64(s, 3, uid8);
    *ret = stmt_row(s);
    return stmt_end(s);
}

/* What the op says besides, where it is still live, is said again before it loses its values. */
static enum err restate(struct issue *issue, const struct logged *from)
{
    const struct op *op = &from->op;
    uint64_t *uid8 = arena_alloc(&issue->one, sizeof *uid8);
    struct op_register *kept = arena_array(&issue->one, op->register_count, sizeof *kept);
    struct op_register scope = {.name = {0}};
    size_t count = 0;
    enum err e = uid8 && kept ? OK : ERR_NOMEM;
    if (!e) {
        *uid8 = id_prefix8(op->uid);
    }
    for (size_t i = 0; !e && i < op->register_count; i++) {
        struct op_register again = {op->registers[i].name, uid8, 1};
        bool live = false;
        if (redact_targets(&issue->order->target, again.name)) {
            continue;
        }
        e = is_live(issue, again.name, *uid8, &live);
        if (!e && live && span_is(again.name, "_scope")) {
            scope = again;
        } else if (!e && live) {
            kept[count++] = again;
        }
    }
    if (!e && scope.name.size > 0) {
        e = write_restated(issue, from, &scope, 1);
    }
    return e || count == 0 ? e : write_restated(issue, from, kept, count);
}

/* ---- of a record whose ops were marked before */

/* Where the record is, as this node knows it though no op says so any more. */
static enum err known_place(struct issue *issue, const char *reg, struct span *ret)
{
    struct entity_row row, root;
    struct members members;
    struct buf text;
    char id[ID_TEXT_SIZE];
    const char *place = NULL;
    bool is_root = strcmp(reg, REGISTER_SCOPE) == 0;
    *ret = (struct span){0};
    enum err e = entity_get(issue->node, issue->entity, &row);
    if (e || row.root == 0 || (row.root == row.id) != is_root) {
        return e;
    }
    e = is_root ? members_of(issue->node, row.root, &members)
                : entity_get(issue->node, row.root, &root);
    if (e || (is_root && members.count != 1)) {
        return e;
    }
    e = is_root ? symbol_text(issue->node, members.scopes[0], &place) : OK;
    if (e) {
        return e;
    }
    if (!is_root) {
        id_write(root.name, id);
        place = id;
    }
    buf_init(&text, &issue->node->host->mem, ISSUE_VALUES);
    buf_add_format(&text, "{\"%s\":\"%s\"}", reg, place);
    e = buf_error(&text);
    e = e ? e : arena_copy(&issue->arena, buf_span(&text), ret);
    buf_release(&text);
    return e;
}

static enum err restate_known(struct issue *issue, const char *reg)
{
    struct live_op *live = NULL;
    struct logged logged;
    struct span values = {0};
    size_t count = 0;
    int64_t symbol = 0;
    arena_reset(&issue->one);
    enum err e = symbol_find(issue->node, span_of(reg), &symbol);
    if (!e) {
        e = log_live(issue->node, issue->entity, symbol, &issue->one, &live, &count);
    }
    if (e || count != 1) {
        return e;
    }
    e = log_read(issue->node, live[0].op, &issue->one, &logged);
    if (!e && logged.op.redacted) {
        e = known_place(issue, reg, &values);
    }
    if (e || !values.data) {
        return e;
    }
    struct op_register again = {span_of(reg), &live[0].uid8, 1};
    return write_again(issue, &logged, &again, 1, values);
}

/*
 * A region that is put back may have its mark from others, and not what it wrote with it: then the
 * op that says where the record belongs was scrubbed and nothing says it instead. Who gets that op
 * from now on would not know.
 */
static enum err restate_place(struct issue *issue)
{
    enum err e = restate_known(issue, REGISTER_ROOT);
    return e ? e : restate_known(issue, REGISTER_SCOPE);
}

/* One that was collected: nothing of it is live, but others may hold its body still. */
static enum err take_gone(struct issue *issue, const struct op *op)
{
    bool marked = false;
    enum err e = redact_marked(issue->node, op->uid, &marked);
    return e || marked || !op_is_hit(&issue->order->target, op) ? e : add_uid(issue, op->uid);
}

static enum err take_op(struct issue *issue, int64_t row)
{
    struct logged logged;
    arena_reset(&issue->one);
    enum err e = log_read(issue->node, row, &issue->one, &logged);
    if (!e && logged.gone) {
        return take_gone(issue, &logged.op);
    }
    if (e || !logged.op.known_format || logged.op.redacted ||
        span_is(logged.op.kind_name, REDACT_KIND) ||
        !op_is_hit(&issue->order->target, &logged.op)) {
        return e;
    }
    e = restate(issue, &logged);
    return e ? e : add_uid(issue, logged.op.uid);
}

static enum err take_ops(struct issue *issue)
{
    int64_t *rows = NULL;
    size_t count = 0;
    size_t capacity = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(issue->node->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, issue->entity);
    while (!e && stmt_row(s)) {
        if (count == capacity) {
            size_t wanted = capacity ? capacity * 2 : 64;
            int64_t *more = arena_array(&issue->arena, wanted, sizeof *more);
            if (!more) {
                e = ERR_NOMEM;
                break;
            }
            if (count) {
                memcpy(more, rows, count * sizeof *rows);
            }
            rows = more;
            capacity = wanted;
        }
        rows[count++] = stmt_i64(s, 0);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    for (size_t i = 0; !e && i < count; i++) {
        e = take_op(issue, rows[i]);
    }
    return e;
}

/* ---- clearing */

struct clearing {
    struct span compartment;
    struct op_register registers[OP_REGISTERS_MAX];
    size_t count;
    bool erases;
};

static enum err write_clearing(struct issue *issue, struct clearing *clearing)
{
    const char *kind = NULL;
    struct entity_row row;
    int64_t ignored = 0;
    struct op op = {.person = issue->order->person,
                    .entity = issue->order->entity,
                    .type_version = issue->type ? issue->type->version : 0,
                    .kind = OP_OTHER,
                    .kind_name = span_of(REDACT_KIND),
                    .compartment = clearing->compartment,
                    .registers = clearing->registers,
                    .register_count = clearing->count,
                    .extra = span_of("{}"),
                    .values = span_of(clearing->erases ? "{\"" REGISTER_ERASED "\":true}" : "{}")};
    enum err e = entity_get(issue->node, issue->entity, &row);
    if (!e) {
        e = symbol_text(issue->node, row.type, &kind);
    }
    if (!e) {
        op.type = span_of(kind);
        e = log_stamp(issue->node, &op.stamp);
    }
    if (!e && clearing->count > 0) {
        e = log_write(issue->node, &op, false, &ignored);
    }
    clearing->count = 0;
    clearing->erases = false;
    return e;
}

struct live_pred {
    struct span compartment, reg;
    uint64_t uid8;
    int64_t op;
};

static enum err list_live(struct issue *issue, struct live_pred **ret, size_t *ret_count)
{
    struct live_pred *list = NULL;
    size_t count = 0;
    size_t capacity = 0;
    enum err e = OK;
    struct stmt *s = db_stmt(issue->node->db, LIVE_BY_COMPARTMENT);
    stmt_bind_i64(s, 1, issue->entity);
    while (!e && stmt_row(s)) {
        if (!redact_targets(&issue->order->target, stmt_span(s, 1))) {
            continue;
        }
        if (count == capacity) {
            size_t wanted = capacity ? capacity * 2 : 64;
            struct live_pred *more = arena_array(&issue->arena, wanted, sizeof *more);
            if (!more) {
                e = ERR_NOMEM;
                break;
            }
            if (count) {
                memcpy(more, list, count * sizeof *list);
            }
            list = more;
            capacity = wanted;
        }
        list[count].uid8 = stmt_u64(s, 2);
        list[count].op = stmt_i64(s, 3);
        e = arena_copy(&issue->arena, stmt_span(s, 0), &list[count].compartment);
        if (!e) {
            e = arena_copy(&issue->arena, stmt_span(s, 1), &list[count].reg);
        }
        count++;
    }
    enum err end = stmt_end(s);
    *ret = list;
    *ret_count = count;
    return e ? e : end;
}

/* One register: those of `list` from `begin` that are of it. */
static enum err add_register(struct issue *issue, struct clearing *clearing,
                             const struct live_pred *list, size_t begin, size_t end)
{
    size_t count = end - begin < OP_PREDS_MAX ? end - begin : OP_PREDS_MAX;
    uint64_t *preds = arena_array(&issue->arena, count, sizeof *preds);
    enum err e = preds ? OK : ERR_NOMEM;
    bool other = !span_equal(clearing->compartment, list[begin].compartment);
    if (!e && clearing->count > 0 && (other || clearing->count == OP_REGISTERS_MAX - 1)) {
        e = write_clearing(issue, clearing);
    }
    for (size_t i = 0; !e && i < count; i++) {
        preds[i] = list[begin + i].uid8;
    }
    if (!e) {
        clearing->compartment = list[begin].compartment;
        clearing->registers[clearing->count++] =
            (struct op_register){list[begin].reg, preds, count};
    }
    return e;
}

/* A late op is cleared away unless somebody who knew of the redaction has written since: that value
   stands, and a person sees that another was taken out. */
static enum err may_clear(struct issue *issue, const struct live_pred *list, size_t begin,
                          size_t end, bool *ret)
{
    bool late_is_live = issue->late_op == 0;
    enum err e = OK;
    *ret = true;
    for (size_t i = begin; !e && issue->late_op && i < end; i++) {
        struct logged logged;
        late_is_live = late_is_live || list[i].op == issue->late_op;
        if (list[i].op != issue->late_op) {
            arena_reset(&issue->one);
            e = log_read(issue->node, list[i].op, &issue->one, &logged);
            *ret = *ret && !e && span_is(logged.op.kind_name, REDACT_KIND);
        }
    }
    *ret = *ret && late_is_live;
    return e;
}

static enum err clear(struct issue *issue)
{
    struct live_pred *list = NULL;
    size_t count = 0;
    struct clearing *clearing = arena_alloc(&issue->arena, sizeof *clearing);
    enum err e = clearing ? list_live(issue, &list, &count) : ERR_NOMEM;
    if (e) {
        return e;
    }
    clearing->count = 0;
    clearing->erases = false;
    for (size_t i = 0, next = 0; !e && i < count; i = next) {
        next = i + 1;
        while (next < count && span_equal(list[next].reg, list[i].reg) &&
               span_equal(list[next].compartment, list[i].compartment)) {
            next++;
        }
        bool may = false;
        e = may_clear(issue, list, i, next, &may);
        if (!e && may) {
            e = add_register(issue, clearing, list, i, next);
        }
    }
    if (!e && clearing->count > 0) {
        e = write_clearing(issue, clearing);
    }
    if (!e && issue->order->target.all && issue->late_op == 0) {
        clearing->compartment = span_of("base");
        clearing->registers[clearing->count++] =
            (struct op_register){span_of(REGISTER_ERASED), NULL, 0};
        clearing->erases = true;
        e = write_clearing(issue, clearing);
    }
    return e;
}

/* ---- marking */

static void put_id(struct json_writer *w, const char *name, struct id id)
{
    char text[ID_TEXT_SIZE];
    id_write(id, text);
    json_name(w, name);
    json_put_text(w, text);
}

static void put_def(const struct issue *issue, struct json_writer *w, struct id name, size_t first)
{
    const struct redact_order *order = issue->order;
    json_open(w, '{');
    put_id(w, "id", name);
    put_id(w, "entity", order->entity);
    put_id(w, "person", order->person);
    json_name(w, "at");
    json_put_int(w, node_now_ms(issue->node));
    json_name(w, "reason");
    json_put_span(w, order->reason);
    put_id(w, "request", order->request);
    json_name(w, order->target.all ? "all" : "registers");
    if (order->target.all) {
        json_put_bool(w, true);
    } else {
        json_put_tree(w, order->target.registers);
    }
    json_name(w, "ops");
    json_open(w, '[');
    for (size_t i = first; i < issue->count && i < first + ISSUE_UIDS; i++) {
        char text[ID_TEXT_SIZE];
        id_write(issue->uids[i], text);
        json_put_text(w, text);
    }
    json_close(w, ']');
    json_close(w, '}');
}

static enum err write_mark(struct issue *issue, size_t first)
{
    struct buf values;
    struct json_writer w;
    struct id name;
    char text[ID_TEXT_SIZE];
    int64_t row = 0;
    struct op_register reg = {.name = span_of("def")};
    struct op op = {.known_format = true,
                    .type = span_of(REDACT_TYPE),
                    .type_version = 1,
                    .kind = OP_OTHER,
                    .kind_name = span_of(REDACT_KIND),
                    .compartment = span_of(REDACT_COMPARTMENT),
                    .registers = &reg,
                    .register_count = 1,
                    .extra = span_of("{}")};
    issue->node->host->random(issue->node->host->ctx, name.bytes, ID_SIZE);
    id_write(name, text);
    org_entity_id(REDACT_TYPE, text, &op.entity);
    buf_init(&values, &issue->node->host->mem, ISSUE_VALUES);
    json_begin(&w, &values);
    json_open(&w, '{');
    json_name(&w, "def");
    put_def(issue, &w, name, first);
    json_close(&w, '}');
    enum err e = buf_error(&values);
    op.values = buf_span(&values);
    if (!e) {
        e = log_stamp(issue->node, &op.stamp);
    }
    if (!e) {
        e = log_write(issue->node, &op, true, &row);
    }
    buf_release(&values);
    return e;
}

static enum err open_issue(struct issue *issue)
{
    const struct org *org = NULL;
    struct entity_row row = {.id = 0};
    const char *kind = NULL;
    enum err e = node_org(issue->node, &org);
    if (!e) {
        e = entity_find(issue->node, issue->order->entity, &row);
    }
    if (!e && row.id != 0) {
        e = symbol_text(issue->node, row.type, &kind);
    }
    if (!e && kind) {
        issue->type = org_type(org, span_of(kind));
        issue->entity = kind[0] == '_' ? 0 : row.id; /* Definitions aren't redacted. */
    }
    return e;
}

enum err redact_issue(struct node *node, const struct redact_order *order, int64_t late_op,
                      size_t *ret_count)
{
    struct issue issue = {.node = node, .order = order, .late_op = late_op};
    arena_init(&issue.arena, &node->host->mem, ISSUE_ARENA_MAX);
    arena_init(&issue.one, &node->host->mem, ISSUE_ARENA_MAX);
    enum err e = open_issue(&issue);
    if (!e && issue.entity != 0) {
        e = late_op ? take_op(&issue, late_op) : take_ops(&issue);
    }
    if (!e && issue.entity != 0 && !late_op) {
        e = restate_place(&issue);
    }
    if (!e && issue.entity != 0) {
        e = clear(&issue);
    }
    size_t first = 0;
    do {
        if (!e && (issue.count > 0 || !late_op)) {
            e = write_mark(&issue, first);
        }
        first += ISSUE_UIDS;
    } while (!e && first < issue.count);
    if (!e) {
        *ret_count = issue.count;
    }
    arena_release(&issue.one);
    arena_release(&issue.arena);
    return e;
}
