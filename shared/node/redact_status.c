/*
 * redact_status.c - what was redacted, who has done it, who hasn't.
 */
#include <string.h>

#include "json.h"
#include "node_internal.h"
#include "node_redact.h"
#include "redact.h"

#define STATUS_ROWS_MAX 10000

enum err node_scour(struct node *node)
{
    return redact_finish(node);
}

/* ---- rows */

struct listing {
    struct node *node;
    const struct org *org;
    struct arena *arena;
    const struct id *entity;
    struct redaction_row *rows;
    size_t count, capacity;
};

static enum err one_more(struct listing *l, struct redaction_row **ret)
{
    if (l->count == l->capacity) {
        size_t wanted = l->capacity ? l->capacity * 2 : 32;
        struct redaction_row *rows = arena_array(l->arena, wanted, sizeof *rows);
        if (!rows) {
            return ERR_NOMEM;
        }
        if (l->count) {
            memcpy(rows, l->rows, l->count * sizeof *rows);
        }
        l->rows = rows;
        l->capacity = wanted;
    }
    *ret = &l->rows[l->count++];
    **ret = (struct redaction_row){.done_ms = 0};
    return OK;
}

static enum err read_registers(struct listing *l, const struct json *from,
                               struct redaction_row *row)
{
    const struct json *registers = json_get(from, "registers");
    size_t count = json_is(registers, JSON_ARRAY) ? json_count(registers) : 0;
    row->all = json_bool(json_get(from, "all"));
    row->registers = arena_array(l->arena, count, sizeof *row->registers);
    if (!row->registers) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        row->registers[i] = arena_span_text(l->arena, json_span(json_at(registers, i)));
        if (!row->registers[i]) {
            return ERR_NOMEM;
        }
    }
    row->register_count = count;
    return OK;
}

static enum err count_confirmed(struct listing *l, struct redaction_row *row)
{
    struct redaction_node *nodes = NULL;
    size_t count = 0;
    enum err e = redaction_nodes(l->node, row->mark, l->arena, &nodes, &count);
    for (size_t i = 0; !e && i < count; i++) {
        row->confirmed_count += nodes[i].confirmed;
        row->node_count += nodes[i].confirmed || !nodes[i].revoked;
    }
    return e;
}

/* A mark's `def`, or a request's value of `_redact` with its own envelope of facts. */
static enum err read_mark(struct listing *l, int64_t op, int64_t done_ms)
{
    struct logged logged;
    struct json *values = NULL;
    struct redaction_row row = {.done_ms = done_ms};
    enum err e = log_read(l->node, op, l->arena, &logged);
    if (!e) {
        e = json_parse(logged.op.values, &values, NULL);
    }
    const struct json *def = e ? NULL : json_get(values, "def");
    if (!e && id_read(span_of(json_get_text(def, "entity", "")), &row.entity) &&
        (!l->entity || id_equal(*l->entity, row.entity))) {
        struct redaction_row *place = NULL;
        row.mark = logged.op.uid;
        (void)id_read(span_of(json_get_text(def, "request", "")), &row.request);
        (void)id_read(span_of(json_get_text(def, "person", "")), &row.person);
        row.at_ms = json_get_int(def, "at", 0);
        row.reason = arena_text(l->arena, json_get_text(def, "reason", ""));
        row.op_count = (int64_t)json_count(json_get(def, "ops"));
        e = row.reason ? read_registers(l, def, &row) : ERR_NOMEM;
        e = e ? e : count_confirmed(l, &row);
        e = e ? e : one_more(l, &place);
        if (!e) {
            *place = row;
        }
    }
    json_free(values);
    return e;
}

static enum err read_request(struct listing *l, int64_t op)
{
    struct logged logged;
    struct json *values = NULL;
    struct json *extra = NULL;
    struct redaction_row *row = NULL;
    enum err e = log_read(l->node, op, l->arena, &logged);
    if (e || logged.op.redacted || (l->entity && !id_equal(*l->entity, logged.op.entity))) {
        return e;
    }
    e = json_parse(logged.op.values, &values, NULL);
    if (!e) {
        e = json_parse(logged.op.extra, &extra, NULL);
    }
    if (!e) {
        e = one_more(l, &row);
    }
    if (!e) {
        row->request = logged.op.uid;
        row->entity = logged.op.entity;
        row->person = logged.op.person;
        row->at_ms = logged.op.stamp.time_ms;
        row->reason = arena_text(l->arena, json_get_text(extra, "reason", ""));
        e = row->reason ? read_registers(l, json_get(values, REDACT_TYPE), row) : ERR_NOMEM;
    }
    json_free(extra);
    json_free(values);
    return e;
}

struct op_list {
    int64_t ops[STATUS_ROWS_MAX];
    int64_t done_ms[STATUS_ROWS_MAX];
    size_t count;
};

static enum err gather(struct stmt *s, bool marks, struct op_list *list)
{
    list->count = 0;
    while (list->count < STATUS_ROWS_MAX && stmt_row(s)) {
        list->ops[list->count] = stmt_i64(s, 0);
        list->done_ms[list->count] = marks ? stmt_i64(s, 1) : 0;
        list->count++;
    }
    return stmt_end(s);
}

enum err redaction_list(struct node *node, const struct id *entity, struct arena *arena,
                        struct redaction_row **ret, size_t *ret_count)
{
    struct listing l = {.node = node, .arena = arena, .entity = entity};
    struct op_list *list = arena_alloc(arena, sizeof *list);
    int64_t symbol = 0;
    enum err e = list ? gather(db_stmt(node->db, REDACTION_LIST), true, list) : ERR_NOMEM;
    for (size_t i = 0; !e && i < list->count; i++) {
        e = read_mark(&l, list->ops[i], list->done_ms[i]);
    }
    if (!e) {
        e = symbol_find(node, span_of(REDACT_TYPE), &symbol);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, REDACTION_WAITING);
        stmt_bind_i64(s, 1, symbol);
        e = gather(s, false, list);
    }
    for (size_t i = 0; !e && i < list->count; i++) {
        e = read_request(&l, list->ops[i]);
    }
    if (!e) {
        *ret = l.rows;
        *ret_count = l.count;
    }
    return e;
}

/* ---- nodes */

static enum err take_receipts(struct node *node, struct id mark, struct redaction_node *nodes,
                              size_t *count, size_t max)
{
    struct stmt *s = db_stmt(node->db, RECEIPTS_OF);
    stmt_bind_blob(s, 1, mark.bytes, ID_SIZE);
    while (stmt_row(s)) {
        struct id id;
        size_t i = 0;
        if (!stmt_blob(s, 0, id.bytes, ID_SIZE)) {
            continue;
        }
        while (i < *count && !id_equal(nodes[i].node, id)) {
            i++;
        }
        if (i == *count && *count < max) { /* its definition isn't known here */
            nodes[(*count)++] = (struct redaction_node){.node = id, .name = ""};
        }
        if (i < *count) {
            nodes[i].confirmed = true;
            nodes[i].held = stmt_i64(s, 1);
            nodes[i].at_ms = stmt_i64(s, 2);
        }
    }
    return stmt_end(s);
}

static enum err last_contact(struct node *node, struct redaction_node *ret)
{
    struct stmt *s = db_stmt(node->db, CALLER_LAST);
    stmt_bind_blob(s, 1, ret->node.bytes, ID_SIZE);
    ret->seen_ms = stmt_row(s) ? stmt_i64(s, 0) : 0;
    for (size_t i = 0; i < node->seen_count; i++) {
        if (id_equal(node->seen[i].node, ret->node) && node->seen[i].seen_ms > ret->seen_ms) {
            ret->seen_ms = node->seen[i].seen_ms;
        }
    }
    return stmt_end(s);
}

enum err redaction_nodes(struct node *node, struct id mark, struct arena *arena,
                         struct redaction_node **ret, size_t *ret_count)
{
    enum { UNKNOWN_MAX = 64 };
    const struct org *org = NULL;
    size_t count = 0;
    bool me = false;
    enum err e = node_org(node, &org);
    if (e) {
        return e;
    }
    size_t max = org->node_count + 1 + UNKNOWN_MAX;
    struct redaction_node *nodes = arena_array(arena, max, sizeof *nodes);
    if (!nodes) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < org->node_count; i++) {
        const struct org_node *known = &org->nodes[i];
        const char *name = arena_text(arena, known->name ? known->name : "");
        nodes[count++] = (struct redaction_node){.node = known->id,
                                                 .name = name ? name : "",
                                                 .role = known->role,
                                                 .revoked = known->revoked};
        me = me || id_equal(known->id, node->identity.id);
    }
    if (!me) { /* the region is nobody's definition */
        nodes[count++] = (struct redaction_node){.node = node->identity.id,
                                                 .name = role_name(node->identity.role),
                                                 .role = node->identity.role};
    }
    e = take_receipts(node, mark, nodes, &count, max);
    for (size_t i = 0; !e && i < count; i++) {
        e = last_contact(node, &nodes[i]);
    }
    if (!e) {
        *ret = nodes;
        *ret_count = count;
    }
    return e;
}

enum err redaction_done(struct node *node, int64_t *ret_last_ms, bool *ret_waiting)
{
    struct stmt *s = db_stmt(node->db, REDACTION_LIST);
    *ret_last_ms = 0;
    *ret_waiting = false;
    while (stmt_row(s)) {
        int64_t done_ms = stmt_i64(s, 1);
        *ret_waiting = *ret_waiting || done_ms == 0;
        *ret_last_ms = done_ms > *ret_last_ms ? done_ms : *ret_last_ms;
    }
    return stmt_end(s);
}
