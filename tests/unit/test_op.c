/* op: the bytes of a body, what is refused, its identity, the chain. */
#include "test.h"

#include <string.h>

#include "code.h"
#include "op.h"
#include "test_mem.h"
#include "test_random.h"

#define ARENA_MAX (1024 * 1024)

static const char good[] =
    "[1,\"AQIDBAUGBwg\",[\"EBAQEBAQEBA\",1,2],1795424400000,3,60,-1250,"
    "\"AAECAwQFBgcICQoLDA0ODw\",\"ICEiIyQlJicoKSorLC0uLw\",\"household\",4,\"visit\",2,\"save\","
    "\"base\",{\"name\":[],\"phone\":[\"AAAAAAAAAAk\",\"__________8\"]},{\"note\":\"a b\"},"
    "{\"name\":\"Fatma\",\"phone\":null}]";

struct bench {
    struct test_mem memory;
    const struct mem *mem;
    struct arena arena;
};

static void bench_init(struct bench *bench)
{
    bench->mem = test_mem_init(&bench->memory, 0);
    arena_init(&bench->arena, bench->mem, ARENA_MAX);
}

static void bench_release(struct bench *bench)
{
    arena_release(&bench->arena);
    assert_int_equal(bench->memory.live_count, 0);
}

static void every_field_of_a_body_is_read(void **state)
{
    (void)state;
    struct bench bench;
    struct op op;
    struct diag diag = {0};
    bench_init(&bench);
    assert_int_equal(op_read(span_of(good), &bench.arena, &op, &diag), OK);
    assert_true(op.known_format);
    assert_int_equal(op.salt, 0x0102030405060708);
    assert_int_equal(op.tx, 0x1010101010101010);
    assert_int_equal(op.tx_index, 1);
    assert_int_equal(op.tx_count, 2);
    assert_int_equal(op.stamp.time_ms, 1795424400000);
    assert_int_equal(op.stamp.counter, 3);
    assert_int_equal(op.zone_minutes, 60);
    assert_true(op.has_offset);
    assert_int_equal(op.offset_ms, -1250);
    assert_int_equal(op.person.bytes[15], 15);
    assert_int_equal(op.entity.bytes[0], 0x20);
    assert_true(span_is(op.type, "household"));
    assert_int_equal(op.type_version, 4);
    assert_true(span_is(op.form, "visit"));
    assert_int_equal(op.form_version, 2);
    assert_int_equal(op.kind, OP_SAVE);
    assert_true(span_is(op.kind_name, "save"));
    assert_true(span_is(op.compartment, "base"));
    assert_int_equal(op.register_count, 2);
    assert_true(span_is(op.registers[0].name, "name"));
    assert_int_equal(op.registers[0].pred_count, 0);
    assert_true(span_is(op.registers[1].name, "phone"));
    assert_int_equal(op.registers[1].pred_count, 2);
    assert_int_equal(op.registers[1].preds[0], 9);
    assert_true(op.registers[1].preds[1] == UINT64_MAX);
    assert_true(span_is(op.extra, "{\"note\":\"a b\"}"));
    assert_true(span_is(op.values, "{\"name\":\"Fatma\",\"phone\":null}"));
    assert_false(op.redacted);
    bench_release(&bench);
}

/* `good` with the first `from` replaced. */
static struct span changed(const char *from, const char *to, char *ret, size_t size)
{
    const char *at = strstr(good, from);
    assert_non_null(at);
    int written = snprintf(ret, size, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    assert_true(written > 0 && (size_t)written < size);
    return span_from(ret, (size_t)written);
}

struct change_row {
    const char *name;
    const char *from;
    const char *to;
    enum err err;
    const char *where; /* NULL: not looked at */
};

static const struct change_row changes[] = {
    {"nothing changed", "Fatma", "Fatma", OK, NULL},
    {"no tx", "[\"EBAQEBAQEBA\",1,2]", "null", OK, NULL},
    {"last of a tx of 256", ",1,2]", ",255,256]", OK, NULL},
    {"clock before 1970", "1795424400000", "-5", OK, NULL},
    {"no offset", "-1250", "null", OK, NULL},
    {"no form", "\"visit\",2", "\"\",0", OK, NULL},
    {"a type of the organisation", "household", "_person", OK, NULL},
    {"a kind of a later version", "\"save\"", "\"alias\"", OK, NULL},
    {"no registers", "{\"name\":[],\"phone\":[\"AAAAAAAAAAk\",\"__________8\"]}", "{}", OK, NULL},
    {"an element", "\"name\":[", "\"needs/Food-2.a_b\":[", OK, NULL},
    {"preds in falling order", "\"AAAAAAAAAAk\",\"__________8\"", "\"__________8\",\"AAAAAAAAAAk\"",
     OK, NULL},
    {"space in a string after an escape", "Fatma", "\\\" a\\\\", OK, NULL},
    {"no values", "{\"name\":\"Fatma\",\"phone\":null}", "{}", OK, NULL},

    {"not JSON", "null}]", "null}", ERR_JSON, NULL},
    {"not UTF-8", "Fatma", "\xff", ERR_JSON, NULL},
    {"a value twice", "\"phone\":null", "\"name\":null", ERR_JSON, NULL},
    {"a register twice", "\"phone\":[", "\"name\":[", ERR_JSON, NULL},
    {"space before", "[1,", " [1,", ERR_FORMAT, "op"},
    {"space after", "null}]", "null}] ", ERR_FORMAT, "op"},
    {"space between", "\"save\",", "\"save\", ", ERR_FORMAT, "op"},
    {"tab in the values", "\"Fatma\",", "\"Fatma\",\t", ERR_FORMAT, "op"},
    {"return in the extra", "{\"note\":", "{\r\"note\":", ERR_FORMAT, "op"},
    {"newline in the values", "\"Fatma\",", "\"Fatma\",\n", ERR_FORMAT, "op"},
    {"format as text", "[1,", "[\"1\",", ERR_FORMAT, "format"},
    {"a missing element", "3,60,", "60,", ERR_FORMAT, "op"},
    {"an element too many", "3,60,", "3,3,60,", ERR_FORMAT, "op"},
    {"short salt", "AQIDBAUGBwg", "AQIDBAUGBw", ERR_FORMAT, "salt"},
    {"salt with unused bits set", "AQIDBAUGBwg", "AQIDBAUGBwh", ERR_FORMAT, "salt"},
    {"salt with an escape", "AQIDBAUGBwg", "\\u0041QIDBAUGBwg", ERR_FORMAT, "salt"},
    {"tx of none", "EBAQEBAQEBA", "AAAAAAAAAAA", ERR_FORMAT, "tx"},
    {"tx of one", ",1,2]", ",0,1]", ERR_FORMAT, "tx"},
    {"tx of 257", ",1,2]", ",1,257]", ERR_FORMAT, "tx"},
    {"tx beyond its end", ",1,2]", ",2,2]", ERR_FORMAT, "tx"},
    {"tx below its start", ",1,2]", ",-1,2]", ERR_FORMAT, "tx"},
    {"tx with a fourth", ",1,2]", ",1,2,3]", ERR_FORMAT, "tx"},
    {"time as text", "1795424400000", "\"1795424400000\"", ERR_FORMAT, "time_ms"},
    {"counter below 0", ",3,60,", ",-3,60,", ERR_FORMAT, "counter"},
    {"zone of two days", ",60,", ",1441,", ERR_FORMAT, "zone_minutes"},
    {"offset true", "-1250", "true", ERR_FORMAT, "offset_ms"},
    {"short person", "\"AAECAwQFBgcICQoLDA0ODw\"", "\"AAECAwQFBgcICQoLDA0OD\"", ERR_FORMAT,
     "person"},
    {"entity null", "\"ICEiIyQlJicoKSorLC0uLw\"", "null", ERR_FORMAT, "entity"},
    {"type in capitals", "household", "Household", ERR_FORMAT, "type"},
    {"type of 41", "household", "abcdefghijabcdefghijabcdefghijabcdefghija", ERR_FORMAT, "type"},
    {"type of two underscores", "household", "__person", ERR_FORMAT, "type"},
    {"empty type", "household", "", ERR_FORMAT, "type"},
    {"type_version below 0", ",4,", ",-4,", ERR_FORMAT, "type_version"},
    {"form with a dash", "visit", "vi-sit", ERR_FORMAT, "form"},
    {"form_version null", "\"visit\",2", "\"visit\",null", ERR_FORMAT, "form_version"},
    {"kind empty", "\"save\"", "\"\"", ERR_FORMAT, "kind"},
    {"compartment with a dot", "\"base\"", "\"ba.se\"", ERR_FORMAT, "compartment"},
    {"registers an array", "{\"name\":[],\"phone\":[\"AAAAAAAAAAk\",\"__________8\"]}", "[]",
     ERR_FORMAT, "registers"},
    {"register without a list", "\"name\":[]", "\"name\":1", ERR_FORMAT, "registers"},
    {"register with a list in a list", "\"name\":[]", "\"name\":[[]]", ERR_FORMAT, "registers"},
    {"register in capitals", "\"name\":[", "\"Name\":[", ERR_FORMAT, "registers"},
    {"register that is a path", "\"name\":[", "\"/name\":[", ERR_FORMAT, "registers"},
    {"register without a name", "\"name\":[", "\"\":[", ERR_FORMAT, "registers"},
    {"register with an escape", "\"name\":[", "\"n\\u0061me\":[", ERR_FORMAT, "registers"},
    {"pred twice", "__________8", "AAAAAAAAAAk", ERR_FORMAT, "registers"},
    {"pred as a number", "\"__________8\"", "9", ERR_FORMAT, "registers"},
    {"extra an array", "{\"note\":\"a b\"}", "[]", ERR_FORMAT, "extra"},
    {"values an array", "{\"name\":\"Fatma\",\"phone\":null}", "[]", ERR_FORMAT, "values"},
    {"values a short hash", "{\"name\":\"Fatma\",\"phone\":null}", "\"abc\"", ERR_FORMAT, "values"},
};

static void changed_bodies_are_taken_or_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const struct change_row *row = &changes[i];
        char text[2 * sizeof(good)];
        struct bench bench;
        struct op op = {.tx_count = 77};
        struct diag diag = {0};
        bench_init(&bench);
        struct span body = changed(row->from, row->to, text, sizeof(text));
        enum err e = op_read(body, &bench.arena, &op, &diag);
        if (e != row->err || (row->where && strcmp(diag.args[1], row->where) != 0)) {
            fail_msg("%s: %s %s %s", row->name, err_name(e), diag.args[0], diag.args[1]);
        }
        if (e) {
            assert_int_equal(op.tx_count, 77); /* Untouched. */
        }
        bench_release(&bench);
    }
}

static void what_is_no_array_is_no_op(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    "{}",        "1",       "\"a\"", "[]",
                                        "[1]", "[null,{}]", "[[],{}]", "[2]",   "[2,\"abc\"]"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct bench bench;
        struct op op;
        bench_init(&bench);
        assert_int_not_equal(op_read(span_of(texts[i]), &bench.arena, &op, NULL), OK);
        bench_release(&bench);
    }
}

static void a_later_format_is_kept_and_identified(void **state)
{
    (void)state;
    struct bench bench;
    struct op op;
    struct op redacted;
    struct buf buf;
    bench_init(&bench);
    buf_init(&buf, bench.mem, OP_BODY_MAX);
    struct span body = span_of("[7,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,[\"v\"]]");
    assert_int_equal(op_read(body, &bench.arena, &op, NULL), OK);
    assert_false(op.known_format);
    assert_true(span_is(op.values, "[\"v\"]"));
    assert_int_equal(op_redact(&op, &buf), OK);
    assert_int_equal(op_read(buf_span(&buf), &bench.arena, &redacted, NULL), OK);
    assert_true(redacted.redacted);
    assert_true(id_equal(op.uid, redacted.uid));
    buf_release(&buf);
    bench_release(&bench);
}

/* Lines of golden/ops.txt: a uid in hex, then its body, made by a program of another language
   from the text of schema/protocol.md. A change here means that the format drifted. */
static void golden_bodies_keep_their_identity(void **state)
{
    (void)state;
    FILE *file = fopen(GOLDEN_DIR "/ops.txt", "rb");
    char uid_line[64];
    char body_line[4096];
    size_t count = 0;
    assert_non_null(file);
    while (fgets(uid_line, sizeof(uid_line), file) && fgets(body_line, sizeof(body_line), file)) {
        struct bench bench;
        struct op op;
        struct buf buf;
        struct id uid;
        bench_init(&bench);
        buf_init(&buf, bench.mem, OP_BODY_MAX);
        struct span body = span_from(body_line, strcspn(body_line, "\n"));
        assert_true(hex_read(span_from(uid_line, strcspn(uid_line, "\n")), uid.bytes, ID_SIZE));
        assert_int_equal(op_read(body, &bench.arena, &op, NULL), OK);
        assert_true(id_equal(op.uid, uid));
        assert_memory_equal(op.hash.bytes, uid.bytes, ID_SIZE);
        if (op.known_format) {
            assert_int_equal(op_write(&op, &buf), OK);
            assert_true(span_equal(buf_span(&buf), body));
        }
        buf_release(&buf);
        bench_release(&bench);
        count++;
    }
    (void)fclose(file);
    assert_int_equal(count, 4);
}

static void the_chain_follows_from_origin_and_hash(void **state)
{
    (void)state;
    struct bench bench;
    struct op op;
    struct id origin;
    char hex[2 * LINK_SIZE + 1];
    for (size_t i = 0; i < ID_SIZE; i++) {
        origin.bytes[i] = (uint8_t)i;
    }
    bench_init(&bench);
    assert_int_equal(op_read(span_of(good), &bench.arena, &op, NULL), OK);
    struct link first = link_first(origin);
    hex_write(first.bytes, LINK_SIZE, hex);
    assert_string_equal(hex, "ce52f7a71b9f50b9c502a8c40b8f5b0b");
    struct link next = link_next(first, &op.hash);
    assert_false(link_equal(first, next));
    assert_true(link_equal(next, link_next(first, &op.hash)));
    op.hash.bytes[31] ^= 1;
    assert_false(link_equal(next, link_next(first, &op.hash)));
    bench_release(&bench);
}

static void redaction_keeps_the_identity_and_drops_the_values(void **state)
{
    (void)state;
    struct bench bench;
    struct op op;
    struct op redacted;
    struct buf once;
    struct buf twice;
    bench_init(&bench);
    buf_init(&once, bench.mem, OP_BODY_MAX);
    buf_init(&twice, bench.mem, OP_BODY_MAX);
    assert_int_equal(op_read(span_of(good), &bench.arena, &op, NULL), OK);
    assert_int_equal(op_redact(&op, &once), OK);
    assert_null(strstr(buf_text(&once), "Fatma"));
    assert_int_equal(op_read(buf_span(&once), &bench.arena, &redacted, NULL), OK);
    assert_true(redacted.redacted);
    assert_int_equal(redacted.values.size, 43);
    assert_memory_equal(redacted.hash.bytes, op.hash.bytes, HASH_SIZE);
    assert_int_equal(op_redact(&redacted, &twice), OK);
    assert_true(span_equal(buf_span(&once), buf_span(&twice)));
    buf_release(&once);
    buf_release(&twice);
    bench_release(&bench);
}

/* ---- Generated ops ---- */

static struct span any_name(struct test_random *random, struct arena *arena, size_t number)
{
    char text[48];
    (void)snprintf(text, sizeof(text), "p%zu_%zu%s", number, test_random_below(random, 1000),
                   test_random_below(random, 4) ? "" : "/El.2");
    return span_of(arena_text(arena, text));
}

static struct id any_id(struct test_random *random)
{
    struct id id;
    for (size_t i = 0; i < ID_SIZE; i++) {
        id.bytes[i] = (uint8_t)test_random_next(random);
    }
    return id;
}

static struct op_register any_register(struct test_random *random, struct arena *arena,
                                       size_t number)
{
    size_t count = test_random_below(random, 6);
    uint64_t *preds = arena_array(arena, count, sizeof(*preds));
    for (size_t i = 0; i < count; i++) {
        preds[i] = test_random_next(random);
    }
    return (struct op_register){
        .name = any_name(random, arena, number), .preds = preds, .pred_count = count};
}

static struct op any_op(struct test_random *random, struct arena *arena)
{
    static const char *const extras[] = {"{}", "{\"reason\":\"seen twice\"}", "{\"x\":[1,{}]}"};
    static const char *const values[] = {"{}", "{\"a\":\"\\\" \\\\\"}", "{\"a\":[\"b\"],\"c\":1}"};
    size_t count = test_random_below(random, 20);
    struct op_register *registers = arena_array(arena, count, sizeof(*registers));
    for (size_t i = 0; i < count; i++) {
        registers[i] = any_register(random, arena, i);
    }
    int64_t tx_count = 2 + (int64_t)test_random_below(random, OP_TX_MAX - 1);
    return (struct op){
        .salt = test_random_next(random),
        .tx = test_random_below(random, 2) ? test_random_next(random) | 1 : 0,
        .tx_index = (int64_t)test_random_below(random, (size_t)tx_count),
        .tx_count = tx_count,
        .stamp = {.time_ms = (int64_t)(test_random_next(random) >> 12),
                  .counter = (int64_t)test_random_below(random, 3)},
        .zone_minutes = (int64_t)test_random_below(random, 2881) - 1440,
        .has_offset = test_random_below(random, 2) == 0,
        .offset_ms = (int64_t)test_random_below(random, 100000) - 50000,
        .person = any_id(random),
        .entity = any_id(random),
        .type = span_of("household"),
        .type_version = (int64_t)test_random_below(random, 9),
        .form = span_of(test_random_below(random, 2) ? "visit" : ""),
        .kind = (enum op_kind)test_random_below(random, 4),
        .kind_name = span_of("alias"),
        .compartment = span_of("base"),
        .registers = registers,
        .register_count = count,
        .extra = span_of(extras[test_random_below(random, COUNT_OF(extras))]),
        .values = span_of(values[test_random_below(random, COUNT_OF(values))]),
    };
}

static size_t find_register(const struct op *op, struct span name)
{
    size_t i = 0;
    while (i < op->register_count && !span_equal(op->registers[i].name, name)) {
        i++;
    }
    assert_true(i < op->register_count);
    return i;
}

static bool holds_pred(const struct op_register *reg, uint64_t pred)
{
    for (size_t i = 0; i < reg->pred_count; i++) {
        if (reg->preds[i] == pred) {
            return true;
        }
    }
    return false;
}

static void assert_same(const struct op *a, const struct op *b)
{
    assert_true(a->salt == b->salt && a->tx == b->tx && a->kind == b->kind);
    assert_true(a->tx == 0 || (a->tx_index == b->tx_index && a->tx_count == b->tx_count));
    assert_int_equal(a->stamp.time_ms, b->stamp.time_ms);
    assert_int_equal(a->stamp.counter, b->stamp.counter);
    assert_int_equal(a->zone_minutes, b->zone_minutes);
    assert_int_equal(a->has_offset, b->has_offset);
    assert_true(!a->has_offset || a->offset_ms == b->offset_ms);
    assert_true(id_equal(a->person, b->person) && id_equal(a->entity, b->entity));
    assert_true(span_equal(a->type, b->type) && a->type_version == b->type_version);
    assert_true(span_equal(a->form, b->form) && a->form_version == b->form_version);
    assert_true(span_equal(a->compartment, b->compartment));
    assert_true(span_equal(a->extra, b->extra) && span_equal(a->values, b->values));
    assert_int_equal(a->register_count, b->register_count);
    for (size_t i = 0; i < a->register_count; i++) {
        const struct op_register *x = &a->registers[i];
        const struct op_register *y = &b->registers[find_register(b, x->name)];
        assert_int_equal(x->pred_count, y->pred_count);
        for (size_t k = 0; k < x->pred_count; k++) {
            assert_true(holds_pred(y, x->preds[k]));
        }
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct test_random random = test_random_begin("round trip");
    for (size_t i = 0; i < 5000; i++) {
        struct bench bench;
        struct op back;
        struct op again;
        struct buf buf;
        bench_init(&bench);
        buf_init(&buf, bench.mem, 2 * OP_BODY_MAX);
        struct op op = any_op(&random, &bench.arena);
        assert_int_equal(op_write(&op, &buf), OK);
        size_t size = buf.size;
        assert_int_equal(op_read(buf_span(&buf), &bench.arena, &back, NULL), OK);
        assert_same(&op, &back);
        uint8_t *copy = arena_alloc(&bench.arena, size);
        memcpy(copy, buf.data, size);
        back.body = span_from(copy, size);
        assert_int_equal(op_read(back.body, &bench.arena, &again, NULL), OK);
        buf_clear(&buf);
        assert_int_equal(op_write(&again, &buf), OK); /* The one order: the same bytes. */
        assert_true(span_equal(buf_span(&buf), back.body));
        assert_true(id_equal(again.uid, back.uid));
        buf_release(&buf);
        bench_release(&bench);
    }
}

static void mutated_bodies_are_read_or_refused(void **state)
{
    (void)state;
    struct test_random random = test_random_begin("mutations");
    static const char spice[] = "\"\\[]{},:0-n \xd9";
    struct bench bench;
    size_t taken = 0;
    bench_init(&bench);
    for (size_t i = 0; i < 100000; i++) {
        uint8_t *body = arena_alloc(&bench.arena, sizeof(good));
        size_t size = sizeof(good) - 1;
        memcpy(body, good, size);
        for (size_t k = 1 + test_random_below(&random, 3); k > 0; k--) {
            uint8_t byte = test_random_below(&random, 2)
                               ? (uint8_t)spice[test_random_below(&random, sizeof(spice) - 1)]
                               : (uint8_t)test_random_next(&random);
            body[test_random_below(&random, size)] = byte;
        }
        size -= test_random_below(&random, 4) ? 0 : test_random_below(&random, size);
        struct op op;
        struct diag diag = {0};
        enum err e = op_read(span_from(body, size), &bench.arena, &op, &diag);
        taken += e == OK;
        assert_true(e == OK || diag.code == e);
        arena_reset(&bench.arena);
    }
    assert_true(taken > 0 && taken < 100000);
    bench_release(&bench);
}

struct unwritable_row {
    const char *name;
    void (*spoil)(struct op *op);
};

static void no_type(struct op *op)
{
    op->type = span_of("");
}
static void quote_in_compartment(struct op *op)
{
    op->compartment = span_of("a\"b");
}
static void spaced_values(struct op *op)
{
    op->values = span_of("{\"a\": 1}");
}
static void values_with_a_tail(struct op *op)
{
    op->values = span_of("{},{}");
}
static void broken_extra(struct op *op)
{
    op->extra = span_of("{\"a\":}");
}
static void time_beyond_json(struct op *op)
{
    op->stamp.time_ms = JSON_INT_MAX + 1;
}
static void tx_of_one(struct op *op)
{
    op->tx = 5;
    op->tx_index = 0;
    op->tx_count = 1;
}
static void too_many_registers(struct op *op)
{
    op->register_count = OP_REGISTERS_MAX + 1;
}
static const struct op_register twins[2] = {{.name = {(const uint8_t *)"a", 1}},
                                            {.name = {(const uint8_t *)"a", 1}}};
static void register_twice(struct op *op)
{
    op->registers = (struct op_register *)(uintptr_t)twins;
    op->register_count = 2;
}
static const uint64_t same_preds[2] = {4, 4};
static const struct op_register doubled = {
    .name = {(const uint8_t *)"a", 1}, .preds = same_preds, .pred_count = 2};
static void pred_twice(struct op *op)
{
    op->registers = (struct op_register *)(uintptr_t)&doubled;
    op->register_count = 1;
}
static void plain_hash(struct op *op)
{
    op->redacted = true;
    op->values = span_of("not a hash");
}

static const struct unwritable_row unwritable[] = {
    {"no type", no_type},
    {"quote in compartment", quote_in_compartment},
    {"spaced values", spaced_values},
    {"values with a tail", values_with_a_tail},
    {"broken extra", broken_extra},
    {"time beyond JSON", time_beyond_json},
    {"tx of one", tx_of_one},
    {"too many registers", too_many_registers},
    {"register twice", register_twice},
    {"pred twice", pred_twice},
    {"no hash", plain_hash},
};

static void what_would_be_refused_is_not_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unwritable); i++) {
        struct bench bench;
        struct op op;
        struct buf buf;
        bench_init(&bench);
        buf_init(&buf, bench.mem, OP_BODY_MAX);
        buf_add_text(&buf, "before");
        assert_int_equal(op_read(span_of(good), &bench.arena, &op, NULL), OK);
        unwritable[i].spoil(&op);
        if (op_write(&op, &buf) == OK) {
            fail_msg("%s was written", unwritable[i].name);
        }
        assert_string_equal(buf_text(&buf), "before");
        buf_release(&buf);
        bench_release(&bench);
    }
}

static void a_body_beyond_the_maximum_is_refused_both_ways(void **state)
{
    (void)state;
    struct bench bench;
    struct op op;
    struct buf buf;
    bench_init(&bench);
    buf_init(&buf, bench.mem, 2 * OP_BODY_MAX);
    assert_int_equal(op_read(span_of(good), &bench.arena, &op, NULL), OK);
    char *values = arena_alloc(&bench.arena, OP_BODY_MAX + 1);
    memset(values, 'x', OP_BODY_MAX);
    memcpy(values, "{\"a\":\"", 6);
    memcpy(values + OP_BODY_MAX - 2, "\"}", 3);
    op.values = span_of(values);
    assert_int_equal(op_write(&op, &buf), ERR_TOO_LARGE);
    assert_int_equal(op_read(span_from(values, OP_BODY_MAX + 1), &bench.arena, &op, NULL),
                     ERR_TOO_LARGE);
    buf_release(&buf);
    bench_release(&bench);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        struct arena arena;
        struct op op;
        arena_init(&arena, test_mem_init(&memory, nth), ARENA_MAX);
        enum err e = op_read(span_of(good), &arena, &op, NULL);
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
        if (!memory.failed) {
            assert_int_equal(e, OK);
            break;
        }
        assert_int_equal(e, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_body_is_read),
        cmocka_unit_test(changed_bodies_are_taken_or_refused_by_name),
        cmocka_unit_test(what_is_no_array_is_no_op),
        cmocka_unit_test(a_later_format_is_kept_and_identified),
        cmocka_unit_test(golden_bodies_keep_their_identity),
        cmocka_unit_test(the_chain_follows_from_origin_and_hash),
        cmocka_unit_test(redaction_keeps_the_identity_and_drops_the_values),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(mutated_bodies_are_read_or_refused),
        cmocka_unit_test(what_would_be_refused_is_not_written),
        cmocka_unit_test(a_body_beyond_the_maximum_is_refused_both_ways),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}
