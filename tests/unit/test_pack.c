/* pack: texts come back, the dictionary is the one of the protocol, bombs and damage are refused.
 */
#include "test.h"

#include <string.h>

#include "code.h"
#include "embedded.h"
#include "hash.h"
#include "pack.h"
#include "test_golden.h"
#include "test_mem.h"
#include "test_random.h"

extern const struct embedded wire_dictionaries[];
extern const size_t wire_dictionaries_count;

#define NOTHING_NEW                                                                                \
    "{\"v\":1,\"t\":1795424400000,\"off\":-1250,\"cur\":[4711,\"EBESExQVFhcYGRobHB0eHw\"],"        \
    "\"max\":262144,\"at\":88,\"st\":87}\n"

struct bench {
    struct test_mem memory;
    struct pack *pack;
    struct buf packed;
    struct buf plain;
};

static void bench_init(struct bench *bench)
{
    const struct mem *mem = test_mem_init(&bench->memory, 0);
    bench->pack = NULL;
    assert_int_equal(pack_new(mem, &bench->pack), OK);
    buf_init(&bench->packed, mem, 2 * WIRE_PACKED_MAX);
    buf_init(&bench->plain, mem, WIRE_PLAIN_MAX);
}

static void bench_release(struct bench *bench)
{
    buf_release(&bench->packed);
    buf_release(&bench->plain);
    pack_free(bench->pack);
    assert_int_equal(bench->memory.live_count, 0);
}

static void a_text_comes_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", NOTHING_NEW};
    struct bench bench;
    bench_init(&bench);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        uint8_t dictionary = 99;
        buf_clear(&bench.packed);
        buf_clear(&bench.plain);
        assert_int_equal(pack_write(bench.pack, span_of(texts[i]), &bench.packed, &dictionary), OK);
        assert_int_equal(dictionary, PACK_DICTIONARY);
        assert_int_equal(
            pack_read(bench.pack, dictionary, buf_span(&bench.packed), &bench.plain, NULL), OK);
        assert_true(span_equal(buf_span(&bench.plain), span_of(texts[i])));
    }
    bench_release(&bench);
}

/* Any change of the dictionary would cut off every node that has the old one. */
static void the_dictionary_is_the_protocols(void **state)
{
    (void)state;
    const struct embedded *file = embedded_find(wire_dictionaries, wire_dictionaries_count, "1");
    assert_non_null(file);
    struct hash hash;
    hash_bytes(span_from(file->data, file->size), &hash);
    assert_golden("dictionary-1", span_from(hash.bytes, HASH_SIZE), false);
}

static void what_an_earlier_version_packed_is_still_read(void **state)
{
    (void)state;
    static const char packed_hex[] =
        "28b52ffd210169fd01000403343234342d313235343731312c224542455345785156466863594752"
        "6f6248423065487738382c227374223a38377d0a040ca8a12e0a9ec0d0b3310001";
    uint8_t packed[sizeof packed_hex / 2];
    assert_true(hex_read(span_from(packed_hex, sizeof packed_hex - 1), packed, sizeof packed));
    struct bench bench;
    bench_init(&bench);
    assert_int_equal(pack_read(bench.pack, 1, span_from(packed, sizeof packed), &bench.plain, NULL),
                     OK);
    assert_string_equal(buf_text(&bench.plain), NOTHING_NEW);
    bench_release(&bench);
}

static void a_request_with_nothing_new_stays_small(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    uint8_t dictionary = 0;
    assert_int_equal(pack_write(bench.pack, span_of(NOTHING_NEW), &bench.packed, &dictionary), OK);
    assert_in_range(bench.packed.size, 1, 80);
    bench_release(&bench);
}

static void an_unknown_dictionary_is_named(void **state)
{
    (void)state;
    struct bench bench;
    struct diag diag = {0};
    bench_init(&bench);
    assert_int_equal(pack_read(bench.pack, 2, span_of("any"), &bench.plain, &diag),
                     ERR_UNKNOWN_FORMAT);
    assert_string_equal(diag.args[1], "2");
    bench_release(&bench);
}

static void a_bomb_is_refused_before_it_is_unpacked(void **state)
{
    (void)state;
    /* A frame that claims 16 MiB and one byte: magic, single segment, 4 bytes of size. */
    static const uint8_t bomb[] = {0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0x01, 0x00,
                                   0x00, 0x01, 0x03, 0x00, 0x00, 0x41};
    struct bench bench;
    struct diag diag = {0};
    bench_init(&bench);
    size_t live = bench.memory.live_count;
    assert_int_equal(pack_read(bench.pack, 0, span_from(bomb, sizeof bomb), &bench.plain, &diag),
                     ERR_TOO_LARGE);
    assert_int_equal(bench.memory.live_count, live);
    bench_release(&bench);
}

static void a_text_beyond_the_maximum_is_not_packed(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    uint8_t *room = buf_room(&bench.plain, WIRE_PLAIN_MAX);
    assert_non_null(room);
    uint8_t dictionary = 99;
    struct span text =
        span_from(room, (size_t)WIRE_PLAIN_MAX + 1); /* its size alone is looked at */
    assert_int_equal(pack_write(bench.pack, text, &bench.packed, &dictionary), ERR_TOO_LARGE);
    assert_int_equal(dictionary, 99);
    bench_release(&bench);
}

static void damaged_frames_are_survived(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    uint8_t dictionary = 0;
    assert_int_equal(pack_write(bench.pack, span_of(NOTHING_NEW), &bench.packed, &dictionary), OK);
    for (size_t size = 0; size < bench.packed.size; size++) {
        buf_clear(&bench.plain);
        struct span cut = span_cut(buf_span(&bench.packed), 0, size);
        assert_int_equal(pack_read(bench.pack, 1, cut, &bench.plain, NULL), ERR_FORMAT);
    }
    struct test_random random = test_random_begin("pack");
    for (size_t i = 0; i < 50000; i++) {
        uint8_t frame[128];
        size_t size = bench.packed.size;
        memcpy(frame, bench.packed.data, size);
        for (size_t k = 0; k < 1 + i % 3; k++) {
            frame[test_random_below(&random, size)] = (uint8_t)test_random_next(&random);
        }
        buf_clear(&bench.plain);
        struct diag diag = {0};
        enum err e = pack_read(bench.pack, 1, span_from(frame, size), &bench.plain, &diag);
        assert_int_equal(diag.code, e);
        assert_true(bench.plain.size <= WIRE_PLAIN_MAX);
    }
    bench_release(&bench);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct test_mem memory;
        struct pack *pack = NULL;
        struct buf packed;
        uint8_t dictionary = 0;
        const struct mem *mem = test_mem_init(&memory, nth);
        buf_init(&packed, mem, 4096);
        enum err e = pack_new(mem, &pack);
        if (!e) {
            e = pack_write(pack, span_of(NOTHING_NEW), &packed, &dictionary);
        }
        buf_release(&packed);
        pack_free(pack);
        assert_int_equal(memory.live_count, 0);
        assert_int_equal(e, memory.failed ? ERR_NOMEM : OK);
        if (!memory.failed) {
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_comes_back),
        cmocka_unit_test(the_dictionary_is_the_protocols),
        cmocka_unit_test(what_an_earlier_version_packed_is_still_read),
        cmocka_unit_test(a_request_with_nothing_new_stays_small),
        cmocka_unit_test(an_unknown_dictionary_is_named),
        cmocka_unit_test(a_bomb_is_refused_before_it_is_unpacked),
        cmocka_unit_test(a_text_beyond_the_maximum_is_not_packed),
        cmocka_unit_test(damaged_frames_are_survived),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
