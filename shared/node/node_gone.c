#include "node_gone.h"

#include <string.h>

#include "node_aside.h"
#include "node_internal.h"

#define TAIL_SIZE     (HASH_SIZE - ID_SIZE)
#define STUB_SIZE_MAX (TAIL_SIZE + (size_t)OP_REGISTERS_MAX * 10)

/* ---- as bytes */

static void put_number(struct buf *ret, uint64_t number)
{
    while (number >= 0x80) {
        buf_add_byte(ret, (uint8_t)(number | 0x80));
        number >>= 7;
    }
    buf_add_byte(ret, (uint8_t)number);
}

static bool take_number(struct span *text, int64_t *ret)
{
    uint64_t number = 0;
    for (unsigned shift = 0; text->size > 0 && shift < 63; shift += 7) {
        uint8_t byte = text->data[0];
        *text = span_cut(*text, 1, text->size);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = (int64_t)number;
            return true;
        }
    }
    return false;
}

static enum err write_stub(struct node *node, const struct op *op, struct buf *ret)
{
    enum err e = OK;
    buf_add(ret, op->hash.bytes + ID_SIZE, TAIL_SIZE);
    for (size_t i = 0; !e && i < op->register_count; i++) {
        int64_t symbol = 0;
        e = symbol_id(node, op->registers[i].name, &symbol);
        put_number(ret, (uint64_t)symbol);
    }
    return e ? e : buf_error(ret);
}

/* ---- letting go */

enum err gone_make(struct node *node, const struct logged *logged, int64_t *ret_size)
{
    struct buf stub;
    buf_init(&stub, &node->host->mem, STUB_SIZE_MAX);
    enum err e = write_stub(node, &logged->op, &stub);
    if (!e) {
        struct stmt *s = db_stmt(node->db, GONE_SET);
        stmt_bind_i64(s, 1, logged->row);
        stmt_bind_blob(s, 2, stub.data, stub.size);
        stmt_bind_i64(s, 3, OP_FLAG_GONE);
        e = stmt_run(s);
    }
    *ret_size = (int64_t)stub.size;
    buf_release(&stub);
    return e;
}

/* ---- reading back */

static enum err read_registers(struct node *node, struct span rest, struct arena *arena,
                               struct op *ret)
{
    size_t most = rest.size; /* a byte each, at the least */
    ret->registers = arena_array(arena, most + 1, sizeof *ret->registers);
    enum err e = ret->registers ? OK : ERR_NOMEM;
    while (!e && rest.size > 0) {
        const char *name = NULL;
        int64_t symbol = 0;
        e = take_number(&rest, &symbol) ? symbol_text(node, symbol, &name) : ERR_DB_CORRUPT;
        if (!e) {
            struct op_register *reg = &ret->registers[ret->register_count++];
            *reg = (struct op_register){.pred_count = 0};
            e = arena_copy(arena, span_of(name), &reg->name);
        }
    }
    return e;
}

enum err gone_read(struct node *node, int64_t row, struct span stub, struct arena *arena,
                   struct op *ret)
{
    struct op op = {
        .kind = OP_OTHER, .extra = span_of("{}"), .values = span_of("{}"), .known_format = false};
    enum err e = stub.size < TAIL_SIZE ? ERR_DB_CORRUPT : OK;
    struct stmt *s = db_stmt(node->db, GONE_GET);
    stmt_bind_i64(s, 1, row);
    if (!e && stmt_row(s)) {
        (void)stmt_blob(s, 0, op.uid.bytes, ID_SIZE);
        op.stamp = (struct stamp){stmt_i64(s, 1), stmt_i64(s, 2)};
        (void)stmt_blob(s, 3, op.entity.bytes, ID_SIZE);
        e = arena_copy(arena, stmt_span(s, 4), &op.compartment);
    }
    enum err end = stmt_end(s);
    e = e ? e : end;
    if (!e) {
        memcpy(op.hash.bytes, op.uid.bytes, ID_SIZE);
        memcpy(op.hash.bytes + ID_SIZE, stub.data, TAIL_SIZE);
        e = read_registers(node, span_cut(stub, TAIL_SIZE, stub.size), arena, &op);
    }
    if (!e) {
        *ret = op;
    }
    return e;
}

/* ---- one that came so */

static enum err kill_all(struct node *node, const struct op *op)
{
    uint64_t uid8 = id_prefix8(op->uid);
    enum err e = OK;
    for (size_t i = 0; !e && i < op->register_count; i++) {
        e = log_apply_dead(node, op->entity, op->registers[i].name, &uid8, 1);
    }
    return e;
}

enum err gone_apply(struct node *node, const struct arriving *in, int64_t *ret_row)
{
    struct buf stub;
    struct op op = *in->op;
    struct arriving stored = *in;
    struct entity_row entity = {0};
    int64_t compartment = 0;
    bool org = false;
    buf_init(&stub, &node->host->mem, STUB_SIZE_MAX);
    enum err e = write_stub(node, &op, &stub);
    if (!e) { /* makes the entity when it isn't known */
        e = kill_all(node, &op);
    }
    if (!e) {
        e = entity_find(node, op.entity, &entity);
    }
    if (!e) {
        e = symbol_id(node, op.compartment, &compartment);
    }
    if (!e) {
        e = is_org_entity(node, &entity, &org);
    }
    if (!e) { /* Of a definition only signed ops say anything: it takes its slot, and no more. */
        entity.id = org ? 0 : entity.id;
        op.body = buf_span(&stub);
        stored.op = &op;
        e = log_insert(node, &stored, entity.id, compartment, ret_row);
    }
    if (!e) {
        struct stmt *s = db_stmt(node->db, OP_SET_FLAGS);
        stmt_bind_i64(s, 1, *ret_row);
        stmt_bind_i64(s, 2, OP_FLAG_GONE);
        e = stmt_run(s);
    }
    buf_release(&stub);
    return e;
}
