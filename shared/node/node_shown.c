/*
 * node_shown.c - live ops into registers, registers into what is shown.
 *
 * A register's value is put together from the op's members by the type as it is known here: a
 * group becomes an object with its properties in the type's order, so that equal values have
 * equal bytes on every node that knows the type.
 */
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "json.h"
#include "node_alias.h"
#include "node_computed.h"

#define SHOWN_VALUE_MAX (1024u * 1024) /* bytes of one value put together */

static const char null_json[] = "null";

enum policy shown_policy(const struct shown_register *reg)
{
    if (!reg->property) {
        return reg->name.size > 0 && reg->name.data[0] == '_' ? POLICY_LAST : POLICY_REVIEW;
    }
    return reg->property->policy == POLICY_DERIVED ? POLICY_LAST : reg->property->policy;
}

struct span shown_member(const struct shown_op *op, struct span key)
{
    for (size_t i = 0; i < op->member_count; i++) {
        if (span_equal(op->members[i].key, key)) {
            return op->members[i].json;
        }
    }
    return span_of(null_json);
}

/* ---- ops */

static enum err copy_json(const struct json *json, struct buf *scratch, struct arena *arena,
                          struct span *ret)
{
    buf_clear(scratch);
    json_add_tree(scratch, json);
    enum err e = buf_error(scratch);
    return e ? e : arena_copy(arena, buf_span(scratch), ret);
}

static enum err take_members(const struct json *values, struct buf *scratch, struct arena *arena,
                             struct shown_op *op)
{
    size_t count = json_count(values);
    op->members = arena_array(arena, count, sizeof *op->members);
    if (!op->members) {
        return ERR_NOMEM;
    }
    enum err e = OK;
    for (const struct json *m = json_first(values); !e && m; m = json_next(m)) {
        struct shown_member *member = &op->members[op->member_count];
        e = arena_copy(arena, span_of(json_key(m)), &member->key);
        if (!e) {
            e = copy_json(m, scratch, arena, &member->json);
            op->member_count++;
        }
    }
    return e;
}

static int64_t rank_of(const struct org *org, struct id person)
{
    const struct org_person *found = org_person(org, person);
    return found && strcmp(found->role, "worker") != 0;
}

static enum err read_op(struct node *node, const struct org *org, int64_t row, struct buf *scratch,
                        struct arena *arena, struct shown_op *ret)
{
    struct json *values = NULL;
    struct shown_op op = {0};
    enum err e = log_read(node, row, arena, &op.logged);
    if (e) {
        return e;
    }
    op.author_rank = rank_of(org, op.logged.op.person);
    if (!op.logged.op.redacted) {
        e = json_parse(op.logged.op.values, &values, NULL);
        if (!e) {
            e = take_members(values, scratch, arena, &op);
        }
        json_free(values);
    }
    if (!e) {
        *ret = op;
    }
    return e;
}

/* ---- live rows */

struct live_row {
    struct span name;
    int64_t op, reg, entity;
    uint64_t uid8;
};

static enum err live_count(struct node *node, int64_t entity, size_t *ret)
{
    struct stmt *s = db_stmt(node->db, SHOWN_LIVE_COUNT);
    stmt_bind_i64(s, 1, entity);
    *ret = stmt_row(s) ? (size_t)stmt_i64(s, 0) : 0;
    return stmt_end(s);
}

/* Of a duplicate only what its type holds: its place, number and family stay its own. */
static enum err add_live_rows(struct node *node, int64_t entity, bool duplicate,
                              struct arena *arena, struct live_row *rows, size_t capacity,
                              size_t *count)
{
    enum err e = OK;
    struct stmt *s = db_stmt(node->db, SHOWN_LIVE);
    stmt_bind_i64(s, 1, entity);
    while (!e && *count < capacity && stmt_row(s)) {
        struct span name = stmt_span(s, 0);
        if (duplicate && name.size > 0 && name.data[0] == '_') {
            continue;
        }
        struct live_row *row = &rows[*count];
        *row = (struct live_row){
            .op = stmt_i64(s, 1), .reg = stmt_i64(s, 2), .uid8 = stmt_u64(s, 3), .entity = entity};
        e = arena_copy(arena, name, &row->name);
        (*count)++;
    }
    enum err end = stmt_end(s);
    return e ? e : end;
}

static int by_name(const void *a, const void *b)
{
    const struct live_row *x = a;
    const struct live_row *y = b;
    int order = span_compare(x->name, y->name);
    return order != 0 ? order : (x->uid8 > y->uid8) - (x->uid8 < y->uid8);
}

/* What somebody decided about the one record names ops of any of those it stands for. */
static enum err keep_undecided(struct node *node, const struct alias_members *members,
                               struct live_row *rows, size_t *count)
{
    size_t kept = 0;
    enum err e = OK;
    for (size_t i = 0; !e && i < *count; i++) {
        bool dead = false;
        for (size_t k = 0; !e && !dead && k < members->count; k++) {
            struct stmt *s = db_stmt(node->db, DEAD_HAS);
            stmt_bind_i64(s, 1, members->entities[k]);
            stmt_bind_i64(s, 2, rows[i].reg);
            stmt_bind_u64(s, 3, rows[i].uid8);
            dead = stmt_row(s) && members->entities[k] != rows[i].entity;
            e = stmt_end(s);
        }
        if (!dead) {
            rows[kept++] = rows[i];
        }
    }
    *count = kept;
    return e;
}

static enum err live_rows(struct node *node, int64_t entity, struct arena *arena,
                          struct live_row **ret, size_t *ret_count)
{
    struct alias_members members;
    size_t capacity = 0;
    size_t count = 0;
    enum err e = alias_members(node, entity, &members);
    for (size_t i = 0; !e && i < members.count; i++) {
        size_t more = 0;
        e = live_count(node, members.entities[i], &more);
        capacity += more;
    }
    struct live_row *rows = e ? NULL : arena_array(arena, capacity, sizeof *rows);
    if (!rows) {
        return e ? e : ERR_NOMEM;
    }
    for (size_t i = 0; !e && i < members.count; i++) {
        e = add_live_rows(node, members.entities[i], i > 0, arena, rows, capacity, &count);
    }
    if (!e && members.count > 1) {
        qsort(rows, count, sizeof *rows, by_name);
        e = keep_undecided(node, &members, rows, &count);
    }
    if (!e) {
        *ret = rows;
        *ret_count = count;
    }
    return e;
}

static bool op_index(const struct shown *shown, int64_t row, size_t *ret)
{
    for (size_t i = 0; i < shown->op_count; i++) {
        if (shown->ops[i].logged.row == row) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* ---- registers */

static enum err group_value(const struct type *type, const char *group, const struct shown_op *op,
                            struct buf *scratch, struct arena *arena, struct span *ret)
{
    struct json_writer w;
    buf_clear(scratch);
    json_begin(&w, scratch);
    json_open(&w, '{');
    for (size_t i = 0; i < type->property_count; i++) {
        const struct property *p = &type->properties[i];
        if (p->group && strcmp(p->group, group) == 0) {
            json_name(&w, p->id);
            json_put_raw(&w, shown_member(op, span_of(p->id)));
        }
    }
    json_close(&w, '}');
    enum err e = buf_error(scratch);
    return e ? e : arena_copy(arena, buf_span(scratch), ret);
}

static enum err register_value(const struct shown *shown, const struct shown_register *reg,
                               size_t index, struct buf *scratch, struct arena *arena,
                               struct register_value *ret)
{
    const struct shown_op *op = &shown->ops[index];
    *ret = (struct register_value){
        .rank = {op->logged.effective_ms, op->logged.op.stamp.counter, op->logged.op.uid},
        .author_rank = op->author_rank,
        .op_index = index};
    if (reg->property && reg->property->group) {
        return group_value(shown->type, reg->property->group, op, scratch, arena, &ret->json);
    }
    ret->json = shown_member(op, reg->name);
    return OK;
}

static enum err show_register(const struct shown *shown, const struct live_row *rows, size_t count,
                              struct buf *scratch, struct arena *arena, struct shown_register *ret)
{
    struct shown_register reg = {.name = rows[0].name, .value_count = count};
    char name[2 * TYPE_NAME_MAX + 2];
    span_text(reg.name, name, sizeof name);
    reg.property = shown->type && name[0] != '_' ? type_register(shown->type, name) : NULL;
    reg.values = arena_array(arena, count, sizeof *reg.values);
    enum err e = reg.values ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < count; i++) {
        size_t index = 0;
        if (!op_index(shown, rows[i].op, &index)) {
            return ERR_INTERNAL;
        }
        e = register_value(shown, &reg, index, scratch, arena, &reg.values[i]);
        /* Without a property its ops say: one that isn't base, when they differ. */
        if (i == 0 || span_is(reg.compartment, COMPARTMENT_BASE)) {
            reg.compartment = shown->ops[index].logged.op.compartment;
        }
    }
    if (!e && reg.property) {
        reg.compartment = span_of(reg.property->compartment);
    }
    if (!e) {
        enum value_type type =
            reg.property && !reg.property->group ? reg.property->type : VALUE_TEXT;
        e = register_show(shown_policy(&reg), type, reg.values, count, arena, &reg.shown);
    }
    if (!e) {
        *ret = reg;
    }
    return e;
}

static enum err show_registers(struct shown *shown, const struct live_row *rows, size_t count,
                               struct buf *scratch, struct arena *arena)
{
    shown->registers = arena_array(arena, count, sizeof *shown->registers);
    enum err e = shown->registers ? OK : ERR_NOMEM;
    for (size_t i = 0, next = 0; !e && i < count; i = next) {
        next = i + 1;
        while (next < count && span_equal(rows[i].name, rows[next].name)) {
            next++;
        }
        e = show_register(shown, rows + i, next - i, scratch, arena,
                          &shown->registers[shown->register_count]);
        shown->register_count++;
    }
    return e;
}

static enum err read_ops(struct node *node, const struct org *org, const struct live_row *rows,
                         size_t count, struct buf *scratch, struct arena *arena,
                         struct shown *shown)
{
    size_t ignored = 0;
    shown->ops = arena_array(arena, count, sizeof *shown->ops);
    enum err e = shown->ops ? OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < count; i++) {
        if (!op_index(shown, rows[i].op, &ignored)) {
            e = read_op(node, org, rows[i].op, scratch, arena, &shown->ops[shown->op_count]);
            shown->op_count++;
        }
    }
    return e;
}

static enum err read_type(struct node *node, const struct org *org, struct arena *arena,
                          struct shown *shown)
{
    const char *name = NULL;
    enum err e = symbol_text(node, shown->entity.type, &name);
    if (!e) {
        shown->type_name = arena_text(arena, name);
        shown->type = org_type(org, span_of(name));
        e = shown->type_name ? OK : ERR_NOMEM;
    }
    return e;
}

enum err shown_read(struct node *node, int64_t entity, struct arena *arena, struct shown *ret)
{
    struct shown shown = {0};
    const struct org *org = NULL;
    struct live_row *rows = NULL;
    size_t count = 0;
    struct buf scratch;
    buf_init(&scratch, &node->host->mem, SHOWN_VALUE_MAX);
    enum err e = node_org(node, &org);
    if (!e) {
        e = entity_get(node, entity, &shown.entity);
    }
    if (!e) {
        e = read_type(node, org, arena, &shown);
    }
    if (!e) {
        e = live_rows(node, entity, arena, &rows, &count);
    }
    if (!e) {
        e = read_ops(node, org, rows, count, &scratch, arena, &shown);
    }
    if (!e) {
        e = show_registers(&shown, rows, count, &scratch, arena);
    }
    if (!e) {
        e = computed_read(node, entity, arena, &shown);
    }
    buf_release(&scratch);
    if (!e) {
        *ret = shown;
    }
    return e;
}

/* ---- questions */

const struct shown_register *shown_register(const struct shown *shown, struct span name)
{
    for (size_t i = 0; i < shown->register_count; i++) {
        if (span_equal(shown->registers[i].name, name)) {
            return &shown->registers[i];
        }
    }
    return NULL;
}

enum err shown_own_text(const struct shown *shown, const char *name, struct arena *arena,
                        const char **ret)
{
    const struct shown_register *reg = shown_register(shown, span_of(name));
    struct json *json = NULL;
    *ret = "";
    if (!reg) {
        return OK;
    }
    enum err e = json_parse(reg->shown.json, &json, NULL);
    if (e) {
        return e;
    }
    if (json_is(json, JSON_TEXT)) {
        const char *text = arena_text(arena, json_text(json));
        e = text ? OK : ERR_NOMEM;
        *ret = text ? text : "";
    }
    json_free(json);
    return e;
}

bool shown_deleted(const struct shown *shown)
{
    const struct shown_register *reg = shown_register(shown, span_of(REGISTER_DELETED));
    return reg && span_is(reg->shown.json, "true");
}

bool shown_erased(const struct shown *shown)
{
    const struct shown_register *reg = shown_register(shown, span_of(REGISTER_ERASED));
    return reg && span_is(reg->shown.json, "true");
}

enum err shown_part(const struct property *property, struct span register_json, struct arena *arena,
                    struct span *ret)
{
    if (!property->group) {
        *ret = register_json;
        return OK;
    }
    struct json *json = NULL;
    enum err e = json_parse(register_json, &json, NULL);
    if (e) {
        return e;
    }
    const struct json *member = json_get(json, property->id);
    if (!member) {
        *ret = span_of(null_json);
    } else {
        struct buf scratch;
        buf_init(&scratch, arena->mem, SHOWN_VALUE_MAX);
        e = copy_json(member, &scratch, arena, ret);
        buf_release(&scratch);
    }
    json_free(json);
    return e;
}

/* "needs/food" belongs to needs. */
static bool element_of(struct span name, const char *property, struct span *ret)
{
    size_t size = strlen(property);
    if (name.size <= size || name.data[size] != '/' || !span_starts_with(name, property)) {
        return false;
    }
    *ret = span_cut(name, size + 1, name.size);
    return true;
}

static enum err set_value(const struct shown *shown, const struct property *property,
                          struct arena *arena, struct span *ret)
{
    struct buf list;
    struct json_writer w;
    size_t count = 0;
    struct span element;
    buf_init(&list, arena->mem, SHOWN_VALUE_MAX);
    json_begin(&w, &list);
    json_open(&w, '[');
    for (size_t i = 0; i < shown->register_count; i++) {
        const struct shown_register *reg = &shown->registers[i];
        if (element_of(reg->name, property->id, &element) && span_is(reg->shown.json, "true")) {
            json_put_span(&w, element);
            count++;
        }
    }
    json_close(&w, ']');
    enum err e = buf_error(&list);
    if (!e && count == 0) {
        *ret = span_of(null_json);
    } else if (!e) {
        e = arena_copy(arena, buf_span(&list), ret);
    }
    buf_release(&list);
    return e;
}

enum err shown_written_value(const struct shown *shown, const struct property *property,
                             struct arena *arena, struct span *ret)
{
    if (property->policy == POLICY_SET) {
        return set_value(shown, property, arena, ret);
    }
    const struct shown_register *reg = shown_register(shown, span_of(property_register(property)));
    if (!reg) {
        *ret = span_of(null_json);
        return OK;
    }
    return shown_part(property, reg->shown.json, arena, ret);
}

enum err shown_property_value(const struct shown *shown, const struct property *property,
                              struct arena *arena, struct span *ret)
{
    for (size_t i = 0; i < shown->computed_count; i++) {
        if (property->policy == POLICY_DERIVED &&
            strcmp(shown->computed[i].property, property->id) == 0) {
            *ret = shown->computed[i].json;
            return OK;
        }
    }
    return shown_written_value(shown, property, arena, ret);
}

enum err shown_device(struct node *node, int64_t origin, struct id *ret)
{
    struct id device = {{0}};
    enum err e = OK;
    if (origin != 0) {
        struct stmt *s = db_stmt(node->db, ORIGIN_BY_ID);
        stmt_bind_i64(s, 1, origin);
        if (stmt_row(s)) {
            (void)stmt_blob(s, 1, device.bytes, ID_SIZE);
        }
        e = stmt_end(s);
    }
    if (!e) {
        *ret = device;
    }
    return e;
}

bool shown_disputed(const struct shown *shown, const struct property *property)
{
    const struct shown_register *reg = shown_register(shown, span_of(property_register(property)));
    return reg && reg->shown.disputed;
}

/* ---- edits that whoever deleted the record didn't know */

static bool seen_by_deletion(const struct json *seen, struct id uid)
{
    char text[BASE64_SIZE(8) + 1];
    base64_write(uid.bytes, 8, text);
    for (const struct json *item = json_first(seen); item; item = json_next(item)) {
        const char *one = json_text(item);
        if (one && strcmp(one, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool writes_register(const struct op *op, const char *name)
{
    for (size_t i = 0; i < op->register_count; i++) {
        if (span_is(op->registers[i].name, name)) {
            return true;
        }
    }
    return false;
}

enum err shown_edited_after_delete(const struct shown *shown, bool *ret, int64_t *ret_op)
{
    const struct shown_register *reg = shown_register(shown, span_of(REGISTER_DELETED));
    struct json *extra = NULL;
    *ret = false;
    *ret_op = 0;
    if (!shown_deleted(shown)) {
        return OK;
    }
    const struct op *deletion = &shown->ops[reg->values[0].op_index].logged.op;
    enum err e = json_parse(deletion->extra, &extra, NULL);
    if (e) {
        return e;
    }
    const struct json *seen = json_get(extra, "seen");
    for (size_t i = 0; i < shown->op_count && !*ret; i++) {
        const struct op *op = &shown->ops[i].logged.op;
        if (json_is(seen, JSON_ARRAY) && !writes_register(op, REGISTER_DELETED) &&
            !seen_by_deletion(seen, op->uid)) {
            *ret = true;
            *ret_op = shown->ops[i].logged.row;
        }
    }
    json_free(extra);
    return e;
}
