/*
 * Op bodies: what is read is written again as an op with the same meaning, and redaction keeps
 * the identity.
 */
#include "fuzz.h"
#include "op.h"

static void write_again(const struct op *op, struct arena *arena)
{
    struct buf out;
    struct op again;
    buf_init(&out, fuzz_mem(), 2u * OP_BODY_MAX);
    enum err e = op_write(op, &out);
    /* A body that held its registers in another order, or repeated a predecessor, is refused or
       comes out in the one order. */
    if (e == OK) {
        fuzz_insist(op_read(buf_span(&out), arena, &again, NULL) == OK);
        fuzz_insist(again.register_count == op->register_count && again.kind == op->kind);
        fuzz_insist(id_equal(again.entity, op->entity) && id_equal(again.person, op->person));
    }
    buf_release(&out);
}

static void redact(const struct op *op, struct arena *arena)
{
    struct buf out;
    struct op redacted;
    buf_init(&out, fuzz_mem(), 2u * OP_BODY_MAX);
    if (op_redact(op, &out) == OK) {
        fuzz_insist(op_read(buf_span(&out), arena, &redacted, NULL) == OK);
        fuzz_insist(redacted.redacted && id_equal(redacted.uid, op->uid));
    }
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct op op;
    struct diag diag = {0};
    arena_init(&arena, fuzz_mem(), FUZZ_ARENA_MAX);
    enum err e = op_read(span_from(data, size), &arena, &op, &diag);
    fuzz_insist(diag.code == e);
    if (e == OK && op.known_format) {
        write_again(&op, &arena);
        redact(&op, &arena);
    }
    arena_release(&arena);
    return 0;
}
