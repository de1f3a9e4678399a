/* batch: its line, its signatures, receipts, and the op lines under it. */
#include "test.h"

#include <string.h>

#include "batch.h"
#include "gone_line.h"
#include "test_golden.h"
#include "test_reader.h"
#include "test_wire.h"

#define ID22 "EBESExQVFhcYGRobHB0eHw"
#define LINK "ISEhISEhISEhISEhISEhIQ"
#define SIG86                                                                                      \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct batch small(void)
{
    struct batch batch = {.origin = test_id(0x10), .from = 7, .count = 3, .link = test_link(0x21)};
    struct test_key key = test_key(1);
    batch_sign(&batch, &key.secret);
    return batch;
}

static struct batch relayed(void)
{
    struct batch batch = small();
    struct test_key author = test_key(1);
    struct test_key hub = test_key(2);
    batch.has_prev = true;
    batch.prev = test_link(0x20);
    batch.has_open = true;
    batch.has_node = true;
    batch.node = test_id(0x30);
    batch_sign_open(batch.origin, batch.node, &author.secret, &batch.open);
    batch.receipt_count = 2;
    batch.receipts[0] = (struct receipt){.hub = test_id(0x40), .time_ms = 1795424400000};
    batch.receipts[1] = (struct receipt){.hub = test_id(0x50), .time_ms = 1795424400001};
    receipt_sign(&batch.receipts[0], &batch, &hub.secret);
    receipt_sign(&batch.receipts[1], &batch, &hub.secret);
    return batch;
}

static struct span written(const struct batch *batch, struct buf *line)
{
    batch_write_line(batch, line);
    assert_int_equal(buf_error(line), OK);
    assert_int_equal(line->data[line->size - 1], '\n');
    return span_cut(buf_span(line), 0, line->size - 1);
}

static void assert_same(const struct batch *a, const struct batch *b)
{
    assert_true(id_equal(a->origin, b->origin));
    assert_int_equal(a->from, b->from);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->has_prev, b->has_prev);
    assert_true(link_equal(a->prev, b->prev));
    assert_true(link_equal(a->link, b->link));
    assert_memory_equal(a->signature.bytes, b->signature.bytes, SIGNATURE_SIZE);
    assert_int_equal(a->has_open, b->has_open);
    assert_memory_equal(a->open.bytes, b->open.bytes, SIGNATURE_SIZE);
    assert_int_equal(a->has_node, b->has_node);
    assert_true(id_equal(a->node, b->node));
    assert_int_equal(a->receipt_count, b->receipt_count);
    for (size_t i = 0; i < a->receipt_count; i++) {
        assert_true(id_equal(a->receipts[i].hub, b->receipts[i].hub));
        assert_int_equal(a->receipts[i].time_ms, b->receipts[i].time_ms);
        assert_memory_equal(a->receipts[i].signature.bytes, b->receipts[i].signature.bytes,
                            SIGNATURE_SIZE);
    }
}

static void a_line_comes_back_as_it_was(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf line;
    struct batch read;
    buf_init(&line, test_mem_init(&memory, 0), 4096);
    struct batch given = small();
    assert_int_equal(batch_read_line(written(&given, &line), &read, NULL), OK);
    assert_same(&given, &read);
    assert_golden("batch", buf_span(&line), true);
    buf_clear(&line);
    given = relayed();
    assert_int_equal(batch_read_line(written(&given, &line), &read, NULL), OK);
    assert_same(&given, &read);
    assert_golden("batch-relayed", buf_span(&line), true);
    buf_release(&line);
    assert_int_equal(memory.live_count, 0);
}

static void a_signature_covers_origin_numbers_and_link(void **state)
{
    (void)state;
    struct test_key key = test_key(1);
    struct test_key other = test_key(2);
    struct batch batch = small();
    assert_true(batch_verify(&batch, &key.open));
    assert_false(batch_verify(&batch, &other.open));
    batch.origin.bytes[0] ^= 1;
    assert_false(batch_verify(&batch, &key.open));
    batch = small();
    batch.from--;
    assert_false(batch_verify(&batch, &key.open));
    batch = small();
    batch.count++;
    assert_false(batch_verify(&batch, &key.open));
    batch = small();
    batch.link.bytes[15] ^= 1;
    assert_false(batch_verify(&batch, &key.open));
}

static void an_opening_binds_origin_to_node(void **state)
{
    (void)state;
    struct test_key key = test_key(1);
    struct signature open;
    batch_sign_open(test_id(1), test_id(2), &key.secret, &open);
    assert_true(batch_verify_open(test_id(1), test_id(2), &key.open, &open));
    assert_false(batch_verify_open(test_id(2), test_id(1), &key.open, &open));
}

static void a_receipt_binds_hub_time_and_the_last_op(void **state)
{
    (void)state;
    struct test_key hub = test_key(2);
    struct batch batch = relayed();
    struct receipt receipt = batch.receipts[0];
    assert_true(receipt_verify(&receipt, &batch, &hub.open));
    receipt.time_ms--;
    assert_false(receipt_verify(&receipt, &batch, &hub.open));
    receipt.time_ms++;
    receipt.hub.bytes[3] ^= 1;
    assert_false(receipt_verify(&receipt, &batch, &hub.open));
    batch.count--;
    assert_false(receipt_verify(&batch.receipts[0], &batch, &hub.open));
}

static void the_organisations_signature_is_for_one_op(void **state)
{
    (void)state;
    struct test_key key = test_key(3);
    struct hash hash;
    struct signature signature;
    hash_bytes(span_of("op"), &hash);
    org_sign(&hash, &key.secret, &signature);
    assert_true(org_verify(&hash, &key.open, &signature));
    assert_golden("org-signature", span_from(signature.bytes, SIGNATURE_SIZE), false);
    hash.bytes[31] ^= 1;
    assert_false(org_verify(&hash, &key.open, &signature));
}

static enum err read_batch(struct span text, struct arena *arena, struct diag *diag)
{
    (void)arena;
    struct batch batch;
    return batch_read_line(text, &batch, diag);
}

static void what_is_no_batch_is_refused(void **state)
{
    (void)state;
    static const char start[] = "{\"o\":\"" ID22 "\",";
    static const char end[] = "\"link\":\"" LINK "\",\"sig\":\"" SIG86 "\"";
    static const struct {
        const char *middle, *tail;
        enum err expected;
    } cases[] = {
        {"\"from\":1,\"n\":1,", "}", OK},
        {"\"from\":1,\"n\":1,", ",\"later\":[1]}", OK},
        {"\"from\":1,\"n\":4096,", "}", OK},
        {"\"from\":1,\"n\":4097,", "}", ERR_TOO_LARGE},
        {"\"from\":1,\"n\":0,", "}", ERR_FORMAT},
        {"\"from\":0,\"n\":1,", "}", ERR_FORMAT},
        {"\"from\":-1,\"n\":1,", "}", ERR_FORMAT},
        {"\"from\":9007199254740991,\"n\":2,", "}", ERR_FORMAT},
        {"\"from\":\"1\",\"n\":1,", "}", ERR_FORMAT},
        {"\"n\":1,", "}", ERR_FORMAT},
        {"\"from\":1.0,\"n\":1,", "}", ERR_JSON},
        {"\"from\":1,\"from\":1,\"n\":1,", "}", ERR_JSON},
        {"\"from\":1,\"n\":1,", "", ERR_JSON},
        {"\"from\":1,\"n\":1,\"prev\":\"" LINK "\",", "}", ERR_FORMAT},
        {"\"from\":2,\"n\":1,\"prev\":\"" LINK "\",", "}", OK},
        {"\"from\":2,\"n\":1,\"prev\":\"short\",", "}", ERR_FORMAT},
        {"\"from\":1,\"n\":1,", ",\"open\":\"" LINK "\"}", ERR_FORMAT},
        {"\"from\":1,\"n\":1,", ",\"node\":[]}", ERR_FORMAT},
        {"\"from\":1,\"n\":1,", ",\"r\":{}}", ERR_FORMAT},
        {"\"from\":1,\"n\":1,", ",\"r\":[[\"" ID22 "\",1]]}", ERR_FORMAT},
        {"\"from\":1,\"n\":1,", ",\"r\":[[\"" ID22 "\",0,\"" SIG86 "\"]]}", ERR_FORMAT},
        {"\"from\":1,\"n\":1,", ",\"r\":[[\"" ID22 "\",1,\"" SIG86 "\"]]}", OK},
        {"\"from\":1,\"n\":1,", ",\"r\":[[],[],[],[],[]]}", ERR_TOO_LARGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[2048];
        (void)snprintf(text, sizeof text, "%s%s%s%s", start, cases[i].middle, end, cases[i].tail);
        struct test_refusal refusal = {.text = text, .expected = cases[i].expected};
        assert_refused(read_batch, &refusal, 1);
    }
    static const struct test_refusal others[] = {
        {"", ERR_JSON}, {"[]", ERR_FORMAT}, {"{}", ERR_FORMAT}, {"null", ERR_FORMAT}};
    assert_refused(read_batch, others, COUNT_OF(others));
}

static void broken_lines_are_survived(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf lines[2];
    const struct mem *mem = test_mem_init(&memory, 0);
    struct batch batches[2] = {small(), relayed()};
    struct span seeds[2];
    for (size_t i = 0; i < 2; i++) {
        buf_init(&lines[i], mem, 4096);
        seeds[i] = written(&batches[i], &lines[i]);
        assert_no_beginning_is_read(read_batch, seeds[i]);
    }
    assert_mutations_are_survived(read_batch, seeds, 2, "batch line");
    buf_release(&lines[0]);
    buf_release(&lines[1]);
}

static void an_op_line_gives_body_and_signature(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf line;
    struct signature signature;
    struct signature read;
    struct span body;
    bool signed_by_org = true;
    memset(signature.bytes, 0x5A, sizeof signature.bytes);
    buf_init(&line, test_mem_init(&memory, 0), 4096);
    op_line_write(span_of("[1,\"a\"]"), NULL, &line);
    assert_string_equal(buf_text(&line), "[1,\"a\"]\n");
    struct span text = span_cut(buf_span(&line), 0, line.size - 1);
    assert_int_equal(op_line_read(text, &body, &signed_by_org, &read, NULL), OK);
    assert_true(span_is(body, "[1,\"a\"]"));
    assert_false(signed_by_org);
    buf_clear(&line);
    op_line_write(span_of("[2]"), &signature, &line);
    text = span_cut(buf_span(&line), 0, line.size - 1);
    assert_int_equal(op_line_read(text, &body, &signed_by_org, &read, NULL), OK);
    assert_true(span_is(body, "[2]"));
    assert_true(signed_by_org);
    assert_memory_equal(read.bytes, signature.bytes, SIGNATURE_SIZE);
    buf_release(&line);
}

static enum err read_op_line(struct span text, struct arena *arena, struct diag *diag)
{
    (void)arena;
    struct span body;
    bool has_signature;
    struct signature signature;
    return op_line_read(text, &body, &has_signature, &signature, diag);
}

static void what_is_no_op_line_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {"", ERR_FORMAT},
        {"\t", ERR_FORMAT},
        {"{}", ERR_FORMAT},
        {" []", ERR_FORMAT},
        {"[]\t", ERR_FORMAT},
        {"[]\tshort", ERR_FORMAT},
        {"[]\t" SIG86 "A", ERR_FORMAT},
        {"[]\t" SIG86 "\t", ERR_FORMAT},
        {"[]\t" SIG86, OK},
    };
    assert_refused(read_op_line, refusals, COUNT_OF(refusals));
    static char large[OP_BODY_MAX + 2];
    memset(large, '[', sizeof large - 1);
    const struct test_refusal too_large = {large, ERR_TOO_LARGE};
    assert_refused(read_op_line, &too_large, 1);
    large[OP_BODY_MAX] = '\0';
    const struct test_refusal largest = {large, OK};
    assert_refused(read_op_line, &largest, 1);
}

/* ---- in the place of an op that was collected */

static void a_collected_op_keeps_hash_place_and_registers(void **state)
{
    (void)state;
    struct op_register registers[] = {{.name = span_of("phone")}, {.name = span_of("needs/food")}};
    struct op op = {.entity = test_id(0x20),
                    .compartment = span_of("base"),
                    .registers = registers,
                    .register_count = 2,
                    .stamp = {-5, 7}};
    struct op read;
    struct arena arena;
    struct buf line;
    struct test_mem memory;
    memset(op.hash.bytes, 0x31, HASH_SIZE);
    arena_init(&arena, test_mem_init(&memory, 0), 1u << 20);
    buf_init(&line, arena.mem, 4096);
    gone_line_write(&op, &line);
    assert_int_equal(buf_error(&line), OK);
    struct span text = span_cut(buf_span(&line), 0, line.size - 1);
    assert_true(gone_line_is(text));
    assert_int_equal(gone_line_read(text, &arena, &read, NULL), OK);
    assert_memory_equal(read.hash.bytes, op.hash.bytes, HASH_SIZE);
    assert_memory_equal(read.uid.bytes, op.hash.bytes, ID_SIZE);
    assert_true(id_equal(read.entity, op.entity));
    assert_true(span_is(read.compartment, "base"));
    assert_int_equal(read.register_count, 2);
    assert_true(span_is(read.registers[1].name, "needs/food"));
    assert_int_equal(read.registers[1].pred_count, 0);
    assert_int_equal(read.stamp.time_ms, -5);
    assert_int_equal(read.stamp.counter, 7);
    assert_false(read.known_format);
    assert_int_equal(read.body.size, 0);
    buf_release(&line);
    arena_release(&arena);
}

#define HASH43 "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE"
#define GONE(regs, time)                                                                           \
    "{\"gone\":\"" HASH43 "\",\"entity\":\"" ID22 "\",\"comp\":\"base\",\"regs\":" regs            \
    ",\"t\":" time ",\"c\":0}"

static enum err read_gone_line(struct span text, struct arena *arena, struct diag *diag)
{
    struct op op;
    return gone_line_read(text, arena, &op, diag);
}

static void what_is_no_collected_op_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {"", ERR_JSON},
        {"[]", ERR_FORMAT},
        {"{}", ERR_FORMAT},
        {GONE("[]", "1"), ERR_FORMAT},
        {GONE("null", "1"), ERR_FORMAT},
        {GONE("{}", "1"), ERR_FORMAT},
        {GONE("[1]", "1"), ERR_FORMAT},
        {GONE("[\"Phone\"]", "1"), ERR_FORMAT},
        {GONE("[\"phone\"]", "\"1\""), ERR_FORMAT},
        {GONE("[\"phone\"]", "1.5"), ERR_JSON},
        {"{\"gone\":\"x\",\"entity\":\"" ID22
         "\",\"comp\":\"base\",\"regs\":[\"a\"],\"t\":1,\"c\":0}",
         ERR_FORMAT},
        {"{\"gone\":\"" HASH43 "\",\"entity\":\"" ID22
         "\",\"comp\":\"Base\",\"regs\":[\"a\"],\"t\":1,\"c\":0}",
         ERR_FORMAT},
        {"{\"gone\":\"" HASH43 "\",\"entity\":\"" ID22
         "\",\"comp\":\"base\",\"regs\":[\"a\"],\"t\":1,\"c\":-1}",
         ERR_FORMAT},
    };
    assert_refused(read_gone_line, refusals, COUNT_OF(refusals));
    const struct span good = span_of(GONE("[\"phone\",\"needs/food\"]", "1795424400000"));
    assert_no_beginning_is_read(read_gone_line, good);
    assert_mutations_are_survived(read_gone_line, &good, 1, "collected op");
    assert_memory_may_run_out(read_gone_line, good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_comes_back_as_it_was),
        cmocka_unit_test(a_signature_covers_origin_numbers_and_link),
        cmocka_unit_test(an_opening_binds_origin_to_node),
        cmocka_unit_test(a_receipt_binds_hub_time_and_the_last_op),
        cmocka_unit_test(the_organisations_signature_is_for_one_op),
        cmocka_unit_test(what_is_no_batch_is_refused),
        cmocka_unit_test(broken_lines_are_survived),
        cmocka_unit_test(an_op_line_gives_body_and_signature),
        cmocka_unit_test(what_is_no_op_line_is_refused),
        cmocka_unit_test(a_collected_op_keeps_hash_place_and_registers),
        cmocka_unit_test(what_is_no_collected_op_is_refused),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
