/*
 * save_write.c - a plan becomes ops: one a compartment, bound by a tx when there are several.
 */
#include <string.h>

#include "save_internal.h"

/* Of registers and values in one op; leaves ample room in OP_BODY_MAX for what stands before. */
#define OP_ROOM       (48u * 1024)
#define PRED_SIZE     14 /* "AAAAAAAAAAA", and its comma */
#define REGISTER_MORE 8  /* quotes, colon, brackets, comma */

static size_t write_size(const struct write *write)
{
    return write->members.size + write->reg.size + REGISTER_MORE + PRED_SIZE * write->pred_count;
}

/* The writes of one op: from `first`, those of its compartment that fit. */
struct op_draft {
    const struct write *writes[OP_REGISTERS_MAX];
    size_t count;
};

static void gather(const struct plan *plan, bool *done, size_t first, struct op_draft *ret)
{
    size_t size = 0;
    ret->count = 0;
    for (size_t i = first; i < plan->count && ret->count < OP_REGISTERS_MAX; i++) {
        const struct write *write = &plan->writes[i];
        bool fits = i == first || size + write_size(write) <= OP_ROOM;
        bool belongs =
            i == first || (!write->apart && !plan->writes[first].apart &&
                           span_equal(write->compartment, plan->writes[first].compartment));
        if (!done[i] && fits && belongs) {
            size += write_size(write);
            done[i] = true;
            ret->writes[ret->count++] = write;
        }
    }
}

enum err plan_op_count(const struct plan *plan, size_t *ret)
{
    bool *done = arena_array(plan->arena, plan->count, sizeof *done);
    struct op_draft *one = arena_alloc(plan->arena, sizeof *one);
    size_t count = 0;
    if (!done || !one) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (!done[i]) {
            gather(plan, done, i, one);
            count++;
        }
    }
    *ret = count;
    return OK;
}

static enum err values_of(const struct op_draft *draft, struct arena *arena, struct span *ret)
{
    struct buf values;
    buf_init(&values, arena->mem, 2 * OP_BODY_MAX);
    for (size_t i = 0; i < draft->count; i++) {
        buf_add_byte(&values, i == 0 ? '{' : ',');
        buf_add_span(&values, draft->writes[i]->members);
    }
    buf_add_byte(&values, '}');
    enum err e = buf_error(&values);
    if (!e) {
        e = arena_copy(arena, buf_span(&values), ret);
    }
    buf_release(&values);
    return e;
}

static enum err write_one(struct node *node, const struct op_draft *draft, struct arena *arena,
                          struct op *op)
{
    int64_t row = 0;
    struct op_register *registers = arena_array(arena, draft->count, sizeof *registers);
    if (!registers) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < draft->count; i++) {
        const struct write *write = draft->writes[i];
        registers[i] = (struct op_register){write->reg, write->preds, write->pred_count};
    }
    op->compartment = draft->writes[0]->compartment;
    op->registers = registers;
    op->register_count = draft->count;
    enum err e = values_of(draft, arena, &op->values);
    return e ? e : log_write(node, op, false, &row);
}

static enum err begin_op(struct node *node, const struct outline *outline, size_t op_count,
                         struct op *ret)
{
    struct op op = {.person = outline->person,
                    .entity = outline->entity,
                    .type = span_of(outline->type),
                    .type_version = outline->type_version,
                    .form = span_of(outline->form),
                    .form_version = outline->form_version,
                    .kind = outline->kind,
                    .kind_name = span_of(outline->kind_name ? outline->kind_name : ""),
                    .extra = outline->extra};
    if (op_count > OP_TX_MAX) {
        return ERR_TOO_LARGE;
    }
    while (op_count > 1 && op.tx == 0) { /* 0 stands for "none" */
        node->host->random(node->host->ctx, &op.tx, sizeof op.tx);
    }
    op.tx_count = op_count > 1 ? (int64_t)op_count : 0;
    enum err e = OK;
    if (outline->stamp) {
        op.stamp = *outline->stamp;
    } else {
        e = log_stamp(node, &op.stamp);
    }
    if (!e) {
        *ret = op;
    }
    return e;
}

static enum err project_now(struct node *node, struct id entity)
{
    struct entity_row row;
    enum err e = entity_find(node, entity, &row);
    if (e) {
        return e;
    }
    struct stmt *s = db_stmt(node->db, DIRTY_DONE);
    stmt_bind_i64(s, 1, row.id);
    e = stmt_run(s);
    return e ? e : project_entity(node, row.id);
}

enum err plan_write(struct node *node, const struct plan *plan, const struct outline *outline,
                    size_t *ret_op_count)
{
    struct op op = {0};
    size_t op_count = 0;
    bool *done = arena_array(plan->arena, plan->count, sizeof *done);
    struct op_draft *draft = arena_alloc(plan->arena, sizeof *draft);
    if (!done || !draft) {
        return ERR_NOMEM;
    }
    enum err e = plan_op_count(plan, &op_count);
    if (!e) {
        e = begin_op(node, outline, op_count, &op);
    }
    for (size_t i = 0; !e && i < plan->count; i++) {
        if (!done[i]) {
            gather(plan, done, i, draft);
            e = write_one(node, draft, plan->arena, &op);
            op.tx_index++;
        }
    }
    if (!e) {
        e = project_now(node, outline->entity);
    }
    if (!e) {
        *ret_op_count = op_count;
    }
    return e;
}
