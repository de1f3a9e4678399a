#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "num.h"
#include "op.h"
#include "op_bytes.h"

static bool within(int64_t value, int64_t min, int64_t max)
{
    return value >= min && value <= max;
}

static struct span kind_text(const struct op *op)
{
    switch (op->kind) {
    case OP_SAVE:
        return span_of("save");
    case OP_RESOLVE:
        return span_of("resolve");
    case OP_DELETE:
        return span_of("delete");
    case OP_OTHER:
        break;
    }
    return op->kind_name;
}

static bool writable(const struct op *op)
{
    struct hash hash;
    return (op->tx == 0 || op_tx_valid(op->tx, op->tx_index, op->tx_count)) &&
           within(op->stamp.time_ms, -JSON_INT_MAX, JSON_INT_MAX) &&
           within(op->stamp.counter, 0, JSON_INT_MAX) &&
           within(op->zone_minutes, -OP_ZONE_MINUTES_MAX, OP_ZONE_MINUTES_MAX) &&
           (!op->has_offset || within(op->offset_ms, -JSON_INT_MAX, JSON_INT_MAX)) &&
           op_type_name_valid(op->type) && within(op->type_version, 0, JSON_INT_MAX) &&
           (op->form.size == 0 || op_name_valid(op->form)) &&
           within(op->form_version, 0, JSON_INT_MAX) && op_name_valid(kind_text(op)) &&
           op_name_valid(op->compartment) && op->register_count <= OP_REGISTERS_MAX &&
           op->extra.size >= 2 && op->extra.data[0] == '{' &&
           (op->redacted ? base64_read(op->values, hash.bytes, HASH_SIZE)
                         : op->values.size >= 2 && op->values.data[0] == '{');
}

static void add_quoted(struct buf *buf, struct span text)
{
    buf_add_byte(buf, '"');
    buf_add_span(buf, text);
    buf_add_byte(buf, '"');
}

static void add_int(struct buf *buf, int64_t value)
{
    char text[NUM_TEXT_SIZE];
    buf_add(buf, text, num_write_i64(value, text));
}

static void add_u64(struct buf *buf, uint64_t value)
{
    uint8_t bytes[8];
    char text[OP_U64_TEXT_SIZE + 1];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(value >> (8 * (7 - i)));
    }
    add_quoted(buf, span_from(text, base64_write(bytes, sizeof(bytes), text)));
}

static void add_id(struct buf *buf, struct id id)
{
    char text[ID_TEXT_SIZE];
    id_write(id, text);
    add_quoted(buf, span_of(text));
}

static void add_comma(struct buf *buf)
{
    buf_add_byte(buf, ',');
}

static enum err add_register(struct buf *buf, const struct op_register *reg)
{
    uint64_t preds[OP_PREDS_MAX];
    if (!op_register_name_valid(reg->name) || reg->pred_count > OP_PREDS_MAX) {
        return ERR_FORMAT;
    }
    if (reg->pred_count > 0) {
        memcpy(preds, reg->preds, reg->pred_count * sizeof(*preds));
    }
    if (!op_sort_preds(preds, reg->pred_count)) {
        return ERR_FORMAT;
    }
    add_quoted(buf, reg->name);
    buf_add_text(buf, ":[");
    for (size_t i = 0; i < reg->pred_count; i++) {
        if (i > 0) {
            add_comma(buf);
        }
        add_u64(buf, preds[i]);
    }
    buf_add_byte(buf, ']');
    return OK;
}

static int compare_register_names(const void *a, const void *b)
{
    const struct op_register *const *x = a;
    const struct op_register *const *y = b;
    return span_compare((*x)->name, (*y)->name);
}

static enum err add_registers(struct buf *buf, const struct op *op)
{
    const struct op_register *sorted[OP_REGISTERS_MAX];
    for (size_t i = 0; i < op->register_count; i++) {
        sorted[i] = &op->registers[i];
    }
    qsort(sorted, op->register_count, sizeof(struct op_register *), compare_register_names);
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < op->register_count; i++) {
        if (i > 0) {
            add_comma(buf);
        }
        enum err e = add_register(buf, sorted[i]);
        if (e) {
            return e;
        }
    }
    buf_add_byte(buf, '}');
    return OK;
}

static void add_head(struct buf *buf, const struct op *op)
{
    buf_add_text(buf, "[1,");
    add_u64(buf, op->salt);
    if (op->tx == 0) {
        buf_add_text(buf, ",null,");
    } else {
        buf_add_text(buf, ",[");
        add_u64(buf, op->tx);
        add_comma(buf);
        add_int(buf, op->tx_index);
        add_comma(buf);
        add_int(buf, op->tx_count);
        buf_add_text(buf, "],");
    }
    add_int(buf, op->stamp.time_ms);
    add_comma(buf);
    add_int(buf, op->stamp.counter);
    add_comma(buf);
    add_int(buf, op->zone_minutes);
    add_comma(buf);
    if (op->has_offset) {
        add_int(buf, op->offset_ms);
    } else {
        buf_add_text(buf, "null");
    }
    add_comma(buf);
    add_id(buf, op->person);
    add_comma(buf);
    add_id(buf, op->entity);
    add_comma(buf);
}

static void add_types(struct buf *buf, const struct op *op)
{
    add_quoted(buf, op->type);
    add_comma(buf);
    add_int(buf, op->type_version);
    add_comma(buf);
    add_quoted(buf, op->form);
    add_comma(buf);
    add_int(buf, op->form_version);
    add_comma(buf);
    add_quoted(buf, kind_text(op));
    add_comma(buf);
    add_quoted(buf, op->compartment);
    add_comma(buf);
}

static void add_values(struct buf *buf, const struct op *op)
{
    if (op->redacted) {
        add_quoted(buf, op->values);
    } else {
        buf_add_span(buf, op->values);
    }
    buf_add_byte(buf, ']');
}

/* The caller's own JSON (extra, values) could break the layout; nothing else here can. */
static enum err check_written(struct span body)
{
    struct op_layout layout;
    if (body.size > OP_BODY_MAX) {
        return ERR_TOO_LARGE;
    }
    enum err e = json_check(body, NULL);
    if (e) {
        return e;
    }
    e = op_layout_read(body, &layout, NULL);
    if (e) {
        return e;
    }
    return layout.count == OP_ELEMENT_COUNT ? OK : ERR_FORMAT;
}

enum err op_write(const struct op *op, struct buf *ret)
{
    size_t begin = ret->size;
    if (!writable(op)) {
        return ERR_FORMAT;
    }
    add_head(ret, op);
    add_types(ret, op);
    enum err e = add_registers(ret, op);
    if (!e) {
        add_comma(ret);
        buf_add_span(ret, op->extra);
        add_comma(ret);
        add_values(ret, op);
        e = buf_error(ret);
    }
    if (!e) {
        e = check_written(span_cut(buf_span(ret), begin, ret->size - begin));
    }
    if (e) {
        buf_truncate(ret, begin);
    }
    return e;
}

enum err op_redact(const struct op *op, struct buf *ret)
{
    size_t begin = ret->size;
    char text[OP_HASH_TEXT_SIZE + 1];
    if (op->redacted) {
        buf_add_span(ret, op->body);
    } else {
        struct hash values_hash;
        hash_bytes(op->values, &values_hash);
        buf_add_span(ret, op_skeleton(op));
        add_quoted(ret, span_from(text, base64_write(values_hash.bytes, HASH_SIZE, text)));
        buf_add_byte(ret, ']');
    }
    enum err e = buf_error(ret);
    if (e) {
        buf_truncate(ret, begin);
    }
    return e;
}
