/* envelope: the bytes of a request's head, and that its signature binds what it must. */
#include "test.h"

#include <string.h>

#include "envelope.h"
#include "test_golden.h"
#include "test_reader.h"
#include "test_wire.h"
#include "wire_limits.h"

#define PATH "/v1/sync"

static struct envelope example(void)
{
    return (struct envelope){
        .dictionary = 1,
        .node = test_id(0x10),
        .epoch = 0x0102030405060708,
        .ratchet = 0xFFFEFDFCFBFAF9F8,
        .packed = span_of("packed text"),
    };
}

/* The example as bytes, signed by key 7 for the hub 0x40. */
static void write_example(struct buf *ret)
{
    struct envelope envelope = example();
    struct test_key key = test_key(7);
    assert_int_equal(envelope_write(&envelope, PATH, test_id(0x40), &key.secret, ret), OK);
}

static void what_is_written_is_read_and_verified(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf body;
    buf_init(&body, test_mem_init(&memory, 0), 1024);
    write_example(&body);
    assert_int_equal(body.size, ENVELOPE_HEAD_SIZE + 11);
    struct envelope read;
    struct envelope given = example();
    assert_int_equal(envelope_read(buf_span(&body), &read, NULL), OK);
    assert_int_equal(read.dictionary, 1);
    assert_true(id_equal(read.node, given.node));
    assert_true(read.epoch == given.epoch);
    assert_true(read.ratchet == given.ratchet);
    assert_true(span_is(read.packed, "packed text"));
    struct test_key key = test_key(7);
    assert_true(envelope_verify(&read, PATH, test_id(0x40), &key.open));
    assert_golden("envelope", buf_span(&body), false);
    buf_release(&body);
    assert_int_equal(memory.live_count, 0);
}

static void a_request_is_for_one_hub_path_and_key(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf body;
    buf_init(&body, test_mem_init(&memory, 0), 1024);
    write_example(&body);
    struct envelope read;
    assert_int_equal(envelope_read(buf_span(&body), &read, NULL), OK);
    struct test_key key = test_key(7);
    struct test_key other = test_key(8);
    assert_false(envelope_verify(&read, PATH, test_id(0x41), &key.open));
    assert_false(envelope_verify(&read, "/v1/blob", test_id(0x40), &key.open));
    assert_false(envelope_verify(&read, PATH, test_id(0x40), &other.open));
    buf_release(&body);
}

/* Version and dictionary say how to read; the node id says whose key to try. */
static void every_changed_bit_after_the_callers_name_breaks_the_proof(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf body;
    buf_init(&body, test_mem_init(&memory, 0), 1024);
    write_example(&body);
    struct test_key key = test_key(7);
    for (size_t bit = 8 * (2 + ID_SIZE); bit < 8 * body.size; bit++) {
        struct envelope read;
        body.data[bit / 8] = (uint8_t)(body.data[bit / 8] ^ 1u << bit % 8);
        assert_int_equal(envelope_read(buf_span(&body), &read, NULL), OK);
        assert_false(envelope_verify(&read, PATH, test_id(0x40), &key.open));
        body.data[bit / 8] = (uint8_t)(body.data[bit / 8] ^ 1u << bit % 8);
    }
    buf_release(&body);
}

static enum err read_envelope(struct span text, struct arena *arena, struct diag *diag)
{
    (void)arena;
    struct envelope envelope;
    enum err e = envelope_read(text, &envelope, diag);
    if (!e) {
        struct test_key key = test_key(7);
        (void)envelope_verify(&envelope, PATH, test_id(0x40), &key.open);
    }
    return e;
}

static void a_head_cut_short_is_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf body;
    const struct mem *mem = test_mem_init(&memory, 0);
    buf_init(&body, mem, 1024);
    write_example(&body);
    for (size_t size = 0; size <= body.size; size++) {
        enum err e = test_read_exact(read_envelope, span_cut(buf_span(&body), 0, size), mem);
        assert_int_equal(e, size < ENVELOPE_HEAD_SIZE ? ERR_FORMAT : OK);
    }
    buf_release(&body);
}

static void a_later_version_is_told_as_one(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf body;
    struct envelope read;
    struct diag diag = {0};
    buf_init(&body, test_mem_init(&memory, 0), 1024);
    write_example(&body);
    body.data[0] = 2;
    assert_int_equal(envelope_read(buf_span(&body), &read, &diag), ERR_UNKNOWN_FORMAT);
    assert_string_equal(diag.args[1], "2");
    buf_release(&body);
}

static void a_text_beyond_the_maximum_is_refused_both_ways(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf body;
    buf_init(&body, test_mem_init(&memory, 0), 2u * WIRE_PACKED_MAX);
    size_t size = ENVELOPE_HEAD_SIZE + WIRE_PACKED_MAX + 1;
    uint8_t *room = buf_room(&body, size);
    assert_non_null(room);
    memset(room, 1, size);
    buf_grew(&body, size);
    struct envelope read;
    assert_int_equal(envelope_read(buf_span(&body), &read, NULL), ERR_TOO_LARGE);
    assert_int_equal(envelope_read(span_cut(buf_span(&body), 0, size - 1), &read, NULL), OK);
    struct envelope envelope = example();
    struct test_key key = test_key(7);
    envelope.packed = span_cut(buf_span(&body), 0, WIRE_PACKED_MAX + 1);
    struct buf out;
    buf_init(&out, &memory.mem, 2u * WIRE_PACKED_MAX);
    assert_int_equal(envelope_write(&envelope, PATH, test_id(0x40), &key.secret, &out),
                     ERR_TOO_LARGE);
    assert_int_equal(out.size, 0);
    buf_release(&out);
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_and_verified),
        cmocka_unit_test(a_request_is_for_one_hub_path_and_key),
        cmocka_unit_test(every_changed_bit_after_the_callers_name_breaks_the_proof),
        cmocka_unit_test(a_head_cut_short_is_refused),
        cmocka_unit_test(a_later_version_is_told_as_one),
        cmocka_unit_test(a_text_beyond_the_maximum_is_refused_both_ways),
    };
    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
