#include "gone_line.h"

#include <string.h>

#include "line.h"
#include "op_bytes.h"
#include "type.h"

bool gone_line_is(struct span line)
{
    return span_starts_with(line, "{");
}

void gone_line_write(const struct op *op, struct buf *ret)
{
    struct json_writer writer;
    json_begin(&writer, ret);
    json_open(&writer, '{');
    json_name(&writer, "gone");
    line_put_bytes(&writer, op->hash.bytes, HASH_SIZE);
    json_name(&writer, "entity");
    line_put_id(&writer, op->entity);
    json_name(&writer, "comp");
    json_put_span(&writer, op->compartment);
    json_name(&writer, "regs");
    json_open(&writer, '[');
    for (size_t i = 0; i < op->register_count; i++) {
        json_put_span(&writer, op->registers[i].name);
    }
    json_close(&writer, ']');
    json_name(&writer, "t");
    json_put_int(&writer, op->stamp.time_ms);
    json_name(&writer, "c");
    json_put_int(&writer, op->stamp.counter);
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

static void read_registers(struct line *line, struct arena *arena, struct op *ret)
{
    const struct json *array = line_get(line, "regs");
    ret->registers = line_array(line, array, "regs", OP_REGISTERS_MAX, sizeof *ret->registers,
                                arena, &ret->register_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->register_count && line->failed == OK; i++) {
        struct span name = line_text(line, item, "regs", 2 * TYPE_NAME_MAX + 1, arena);
        if (line->failed == OK && !op_register_name_valid(name)) {
            line_refuse(line, "not a register", "regs");
        }
        ret->registers[i].name = name;
        item = json_next(item);
    }
    if (line->failed == OK && ret->register_count == 0) {
        line_refuse(line, "not an array of names", "regs");
    }
}

enum err gone_line_read(struct span text, struct arena *arena, struct op *ret, struct diag *diag)
{
    struct line line;
    struct op op = {
        .kind = OP_OTHER, .extra = span_of("{}"), .values = span_of("{}"), .known_format = false};
    line_open(&line, text, WIRE_LINE_MAX, "collected op", diag);
    line_bytes(&line, line_get(&line, "gone"), "gone", op.hash.bytes, HASH_SIZE);
    op.entity = line_id(&line, line_get(&line, "entity"), "entity");
    op.compartment = line_text(&line, line_get(&line, "comp"), "comp", TYPE_NAME_MAX, arena);
    if (line.failed == OK && !op_name_valid(op.compartment)) {
        line_refuse(&line, "not a compartment", "comp");
    }
    read_registers(&line, arena, &op);
    op.stamp.time_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    op.stamp.counter = line_int(&line, line_get(&line, "c"), "c", 0, JSON_INT_MAX);
    enum err e = line_close(&line);
    if (!e) {
        memcpy(op.uid.bytes, op.hash.bytes, ID_SIZE);
        *ret = op;
    }
    return e;
}
