/* sync_row: the rows of a reply, op rows above all. */
#include "test.h"

#include <string.h>

#include "sync_message.h"
#include "test_golden.h"
#include "test_reader.h"
#include "test_wire.h"

#define ID22 "EBESExQVFhcYGRobHB0eHw"
#define U11  "AQIDBAUGBwg"
#define SIG86                                                                                      \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct bench {
    struct test_mem memory;
    struct arena arena;
    struct buf line;
};

static void bench_init(struct bench *bench)
{
    const struct mem *mem = test_mem_init(&bench->memory, 0);
    arena_init(&bench->arena, mem, READER_ARENA_MAX);
    buf_init(&bench->line, mem, WIRE_LINE_MAX);
}

static void bench_release(struct bench *bench)
{
    arena_release(&bench->arena);
    buf_release(&bench->line);
    assert_int_equal(bench->memory.live_count, 0);
}

/* Writes, checks the golden line, reads back. */
static struct sync_row there_and_back(struct bench *bench, const struct sync_row *row,
                                      const char *golden)
{
    struct sync_row read;
    buf_clear(&bench->line);
    sync_row_write(row, &bench->line);
    assert_int_equal(buf_error(&bench->line), OK);
    struct span text = span_cut(buf_span(&bench->line), 0, bench->line.size - 1);
    assert_int_equal(bench->line.data[bench->line.size - 1], '\n');
    assert_golden(golden, text, true);
    assert_int_equal(sync_row_read(text, &bench->arena, &read, NULL), OK);
    assert_int_equal(read.kind, row->kind);
    return read;
}

static void op_rows_come_back(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct sync_row row = {.kind = ROW_OP,
                           .origin_index = 3,
                           .seq = 9007199254740991,
                           .receipt_ms = 1795424400000,
                           .body = span_of("[1,\"a\"]")};
    struct sync_row read = there_and_back(&bench, &row, "row-op");
    assert_int_equal(read.origin_index, 3);
    assert_int_equal(read.seq, 9007199254740991);
    assert_int_equal(read.receipt_ms, 1795424400000);
    assert_true(span_is(read.body, "[1,\"a\"]"));
    assert_false(read.has_signature);
    row = (struct sync_row){.kind = ROW_OP, .origin_index = -1, .body = span_of("[2]")};
    row.has_signature = true;
    memset(row.signature.bytes, 0x5A, SIGNATURE_SIZE);
    read = there_and_back(&bench, &row, "row-op-bare");
    assert_int_equal(read.origin_index, -1);
    assert_int_equal(read.seq, 0);
    assert_int_equal(read.receipt_ms, 0);
    assert_true(span_is(read.body, "[2]"));
    assert_true(read.has_signature);
    assert_memory_equal(read.signature.bytes, row.signature.bytes, SIGNATURE_SIZE);
    bench_release(&bench);
}

static void trees_that_come_and_go_come_back(void **state)
{
    (void)state;
    uint64_t preds[] = {1, UINT64_MAX};
    struct dead_register dead[] = {{test_id(1), span_of("phone"), preds, 2},
                                   {test_id(2), span_of("needs/food"), NULL, 0}};
    struct bench bench;
    bench_init(&bench);
    struct sync_row row = {.kind = ROW_ENTER,
                           .id = test_id(5),
                           .compartment = span_of("health"),
                           .op_count = 65536,
                           .dead = dead,
                           .dead_count = 2};
    struct sync_row part = {
        .kind = ROW_ENTER, .id = test_id(5), .compartment = span_of("base"), .next = 4711};
    assert_int_equal(there_and_back(&bench, &part, "row-enter-part").next, 4711);
    struct sync_row read = there_and_back(&bench, &row, "row-enter");
    assert_true(id_equal(read.id, row.id));
    assert_true(span_is(read.compartment, "health"));
    assert_int_equal(read.op_count, 65536);
    assert_int_equal(read.dead_count, 2);
    assert_true(id_equal(read.dead[0].entity, test_id(1)));
    assert_true(span_is(read.dead[0].reg, "phone"));
    assert_int_equal(read.dead[0].pred_count, 2);
    assert_true(read.dead[0].preds[1] == UINT64_MAX);
    assert_true(span_is(read.dead[1].reg, "needs/food"));
    assert_int_equal(read.dead[1].pred_count, 0);
    row = (struct sync_row){.kind = ROW_LEAVE, .id = test_id(6), .op_count = 1};
    read = there_and_back(&bench, &row, "row-leave");
    assert_true(id_equal(read.id, row.id));
    assert_int_equal(read.op_count, 1);
    assert_int_equal(read.dead_count, 0);
    row = (struct sync_row){.kind = ROW_DEAD, .dead = dead, .dead_count = 1};
    read = there_and_back(&bench, &row, "row-dead");
    assert_int_equal(read.dead_count, 1);
    bench_release(&bench);
}

static void small_facts_come_back(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct sync_row row = {.kind = ROW_LOW, .id = test_id(7), .receipt_ms = 1795424400000};
    struct sync_row read = there_and_back(&bench, &row, "row-low");
    assert_true(id_equal(read.id, row.id));
    assert_int_equal(read.receipt_ms, 1795424400000);
    row = (struct sync_row){.kind = ROW_AGREE, .id = test_id(8)};
    read = there_and_back(&bench, &row, "row-agree");
    assert_true(id_equal(read.id, row.id));
    bench_release(&bench);
}

static enum err read_row(struct span text, struct arena *arena, struct diag *diag)
{
    struct sync_row row;
    return sync_row_read(text, arena, &row, diag);
}

static void what_is_no_op_row_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {"[0,1,0]\t[]", OK},
        {"[-1,0,5]\t[]", OK},
        {"[16383,1,0]\t[]\t" SIG86, OK},
        {"[16384,1,0]\t[]", ERR_FORMAT},
        {"[-1,1,0]\t[]", ERR_FORMAT},
        {"[-2,0,0]\t[]", ERR_FORMAT},
        {"[0,0,0]\t[]", ERR_FORMAT},
        {"[0,-1,0]\t[]", ERR_FORMAT},
        {"[0,1,-1]\t[]", ERR_FORMAT},
        {"[0,01,0]\t[]", ERR_FORMAT},
        {"[0,+1,0]\t[]", ERR_FORMAT},
        {"[0,1.0,0]\t[]", ERR_FORMAT},
        {"[0, 1,0]\t[]", ERR_FORMAT},
        {"[0,1,0 ]\t[]", ERR_FORMAT},
        {"[0,9007199254740992,0]\t[]", ERR_FORMAT},
        {"[0,99999999999999999999,0]\t[]", ERR_FORMAT},
        {"[0,1,0,0]\t[]", ERR_FORMAT},
        {"[0,1]\t[]", ERR_FORMAT},
        {"[0,1,0]", ERR_FORMAT},
        {"[0,1,0][]", ERR_FORMAT},
        {"[0,1,0] []", ERR_FORMAT},
        {"[0,1,0]\t", ERR_FORMAT},
        {"[0,1,0]\t{}", ERR_FORMAT},
        {"[0,1,0]\t[]\tx", ERR_FORMAT},
        {"[", ERR_FORMAT},
        {"[]", ERR_FORMAT},
    };
    assert_refused(read_row, refusals, COUNT_OF(refusals));
}

static void what_is_no_row_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {"{\"agree\":\"" ID22 "\",\"later\":1}", OK},
        {"{\"dead\":[]}", OK},
        {"{\"leave\":\"" ID22 "\",\"ops\":0}", OK},
        {"", ERR_JSON},
        {"{}", ERR_UNKNOWN_FORMAT},
        {"{\"split\":\"" ID22 "\"}", ERR_UNKNOWN_FORMAT},
        {"{\"agree\":\"short\"}", ERR_FORMAT},
        {"{\"agree\":null}", ERR_UNKNOWN_FORMAT},
        {"{\"enter\":\"" ID22 "\",\"ops\":1}", ERR_FORMAT},
        {"{\"enter\":\"" ID22 "\",\"comp\":\"base\"}", ERR_FORMAT},
        {"{\"enter\":\"" ID22 "\",\"ops\":65537,\"comp\":\"base\"}", ERR_FORMAT},
        {"{\"enter\":\"" ID22 "\",\"ops\":-1,\"comp\":\"base\"}", ERR_FORMAT},
        {"{\"low\":\"" ID22 "\"}", ERR_FORMAT},
        {"{\"low\":\"" ID22 "\",\"receipt\":0}", ERR_FORMAT},
        {"{\"dead\":{}}", ERR_FORMAT},
        {"{\"dead\":[[\"" ID22 "\",\"phone\"]]}", ERR_FORMAT},
        {"{\"dead\":[[\"" ID22 "\",\"phone\",null]]}", ERR_FORMAT},
        {"{\"dead\":[[\"" ID22 "\",\"phone\",[1]]]}", ERR_FORMAT},
        {"{\"dead\":[[\"" ID22 "\",\"\",[\"" U11 "\"]]]}", ERR_FORMAT},
        {"{\"dead\":[[\"" ID22 "\",7,[]]]}", ERR_FORMAT},
        {"\"row\"", ERR_FORMAT},
    };
    assert_refused(read_row, refusals, COUNT_OF(refusals));
}

static void broken_rows_are_survived(void **state)
{
    (void)state;
    static const char op[] = "[12,345,1795424400000]\t[1,\"AQIDBAUGBwg\",null]\t" SIG86;
    static const char enter[] =
        "{\"enter\":\"" ID22 "\",\"ops\":2,\"dead\":[[\"" ID22 "\",\"phone\",[\"" U11 "\",\"" U11
        "\"]],[\"" ID22 "\",\"_scope\",[]]],\"comp\":\"base\"}";
    static const char low[] = "{\"low\":\"" ID22 "\",\"receipt\":1795424400000}";
    const struct span seeds[] = {span_of(op), span_of(enter), span_of(low)};
    assert_no_beginning_is_read(read_row, seeds[1]);
    assert_no_beginning_is_read(read_row, seeds[2]);
    assert_memory_may_run_out(read_row, seeds[1]);
    assert_mutations_are_survived(read_row, seeds, 1, "op row");
    assert_mutations_are_survived(read_row, seeds + 1, 2, "sync row");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(op_rows_come_back),
        cmocka_unit_test(trees_that_come_and_go_come_back),
        cmocka_unit_test(small_facts_come_back),
        cmocka_unit_test(what_is_no_op_row_is_refused),
        cmocka_unit_test(what_is_no_row_is_refused),
        cmocka_unit_test(broken_rows_are_survived),
    };
    return cmocka_run_group_tests_name("sync_row", tests, NULL, NULL);
}
