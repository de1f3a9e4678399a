/* zip: frames that come back, and frames that must not be let in. */
#define ZSTD_STATIC_LINKING_ONLY
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <zdict.h>
#include <zstd.h>

#include "test_mem.h"
#include "zip.h"

#define MIB           ((size_t)1 << 20)
#define SAMPLE_COUNT  2000
#define SAMPLE_SIZE   160
#define DICT_MAX_SIZE 4096

struct fixture {
    struct test_mem memory;
    uint8_t dictionary[DICT_MAX_SIZE];
    struct span dict;
    unsigned dict_id;
};

static size_t write_sample(char *ret, unsigned number)
{
    int size =
        snprintf(ret, SAMPLE_SIZE,
                 "{\"t\":\"person\",\"v\":%u,\"o\":{\"name\":\"Fatima %u\",\"born\":\"19%02u\","
                 "\"village\":\"%u.%u\",\"needs\":[\"winter\",\"school\"]}}",
                 number % 7, number * 7919, number % 100, number % 53, number % 11);
    return (size_t)size;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char *samples = malloc((size_t)SAMPLE_COUNT * SAMPLE_SIZE);
    size_t *sizes = malloc(SAMPLE_COUNT * sizeof *sizes);
    if (fixture == NULL || samples == NULL || sizes == NULL) {
        return -1;
    }
    size_t used = 0;
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        sizes[i] = write_sample(samples + used, i);
        used += sizes[i];
    }
    size_t size =
        ZDICT_trainFromBuffer(fixture->dictionary, DICT_MAX_SIZE, samples, sizes, SAMPLE_COUNT);
    free(samples);
    free(sizes);
    if (ZDICT_isError(size)) {
        return -1;
    }
    fixture->dict = span_from(fixture->dictionary, size);
    fixture->dict_id = ZDICT_getDictID(fixture->dictionary, size);
    (void)test_mem_init(&fixture->memory, 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    int leaked = fixture->memory.live_count != 0;
    free(fixture);
    return leaked;
}

static struct zip *new_zip(struct fixture *fixture, struct span dictionary, int level)
{
    struct zip *zip = NULL;
    assert_int_equal(zip_new(&fixture->memory.mem, dictionary, level, &zip), OK);
    return zip;
}

static void a_small_body_comes_back_and_names_its_dictionary(void **state)
{
    struct fixture *fixture = *state;
    struct zip *zip = new_zip(fixture, fixture->dict, 3);
    struct buf packed;
    struct buf plain;
    buf_init(&packed, &fixture->memory.mem, 4096);
    buf_init(&plain, &fixture->memory.mem, 4096);
    char body[SAMPLE_SIZE];
    /* Twice with one zip: contexts are used again. */
    for (unsigned i = 0; i < 2; i++) {
        struct span text = span_from(body, write_sample(body, 123456 + i));
        buf_clear(&packed);
        buf_clear(&plain);
        assert_int_equal(zip_add_packed(zip, text, &packed), OK);
        assert_true(packed.size < text.size / 2);
        assert_int_equal(ZSTD_getDictID_fromFrame(packed.data, packed.size), fixture->dict_id);
        assert_int_equal(ZSTD_getFrameContentSize(packed.data, packed.size), text.size);
        assert_int_equal(zip_add_unpacked(zip, buf_span(&packed), SAMPLE_SIZE, &plain, NULL), OK);
        assert_true(span_equal(buf_span(&plain), text));
    }
    buf_release(&packed);
    buf_release(&plain);
    zip_free(zip);
}

static void nothing_packs_and_comes_back_as_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct zip *zip = new_zip(fixture, (struct span){0}, 3);
    struct buf packed;
    struct buf plain;
    buf_init(&packed, &fixture->memory.mem, 64);
    buf_init(&plain, &fixture->memory.mem, 64);
    assert_int_equal(zip_add_packed(zip, (struct span){0}, &packed), OK);
    assert_int_equal(zip_add_unpacked(zip, buf_span(&packed), 0, &plain, NULL), OK);
    assert_int_equal(plain.size, 0);
    buf_release(&packed);
    buf_release(&plain);
    zip_free(zip);
}

/* A body with repeats at every distance, so that a wide window would be worth having. */
static void fill(uint8_t *data, size_t size)
{
    uint32_t seed = 12345;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = i > 2 * MIB ? data[i - 2 * MIB] : (uint8_t)(seed >> 24);
    }
}

static void no_frame_written_needs_a_window_above_one_mib(void **state)
{
    struct fixture *fixture = *state;
    static const size_t sizes[] = {1, 1000, 64 * 1024, MIB - 1, MIB, MIB + 1, 5 * MIB};
    static const int levels[] = {1, 3, 12, 19};
    uint8_t *data = malloc(5 * MIB);
    assert_non_null(data);
    fill(data, 5 * MIB);
    for (size_t i = 0; i < COUNT_OF(levels) * 2; i++) {
        struct span dictionary = i % 2 == 0 ? fixture->dict : (struct span){0};
        struct zip *zip = new_zip(fixture, dictionary, levels[i / 2]);
        for (size_t j = 0; j < COUNT_OF(sizes); j++) {
            struct buf packed;
            struct buf plain;
            ZSTD_frameHeader header;
            buf_init(&packed, &fixture->memory.mem, 6 * MIB);
            buf_init(&plain, &fixture->memory.mem, 6 * MIB);
            assert_int_equal(zip_add_packed(zip, span_from(data, sizes[j]), &packed), OK);
            assert_int_equal(ZSTD_getFrameHeader(&header, packed.data, packed.size), 0);
            assert_true(header.windowSize <= MIB);
            assert_int_equal(header.checksumFlag, 0);
            assert_int_equal(zip_add_unpacked(zip, buf_span(&packed), sizes[j], &plain, NULL), OK);
            assert_true(span_equal(buf_span(&plain), span_from(data, sizes[j])));
            buf_release(&packed);
            buf_release(&plain);
        }
        zip_free(zip);
    }
    free(data);
}

/* Makes a frame as another program might, with the library's own interface. */
static struct span foreign_frame(struct fixture *fixture, struct buf *ret,
                                 ZSTD_cParameter parameter, int value, size_t size)
{
    ZSTD_CCtx *packer = ZSTD_createCCtx();
    uint8_t *data = calloc(1, size);
    assert_non_null(data);
    buf_init(ret, &fixture->memory.mem, ZSTD_compressBound(size));
    uint8_t *room = buf_room(ret, ZSTD_compressBound(size));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(packer, parameter, value)));
    size_t packed_size = ZSTD_compress2(packer, room, ZSTD_compressBound(size), data, size);
    assert_false(ZSTD_isError(packed_size));
    buf_grew(ret, packed_size);
    free(data);
    ZSTD_freeCCtx(packer);
    return buf_span(ret);
}

static enum err unpack(struct fixture *fixture, struct span packed, size_t max_size,
                       struct diag *diag)
{
    struct zip *zip = new_zip(fixture, fixture->dict, 3);
    struct buf plain;
    buf_init(&plain, &fixture->memory.mem, 16 * MIB);
    buf_add_text(&plain, "before");
    enum err err = zip_add_unpacked(zip, packed, max_size, &plain, diag);
    if (err != OK) {
        assert_string_equal(buf_text(&plain), "before");
    }
    buf_release(&plain);
    zip_free(zip);
    return err;
}

static void a_frame_larger_than_allowed_is_refused_before_room_is_taken(void **state)
{
    struct fixture *fixture = *state;
    struct buf frame;
    struct diag diag = {0};
    struct span packed = foreign_frame(fixture, &frame, ZSTD_c_contentSizeFlag, 1, MIB);
    assert_true(packed.size < 1000);
    assert_int_equal(unpack(fixture, packed, MIB - 1, &diag), ERR_TOO_LARGE);
    assert_string_equal(diag.args[1], "1048575");
    assert_int_equal(unpack(fixture, packed, MIB, NULL), OK);
    buf_release(&frame);
}

static void a_frame_without_content_size_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct buf frame;
    struct diag diag = {0};
    struct span packed = foreign_frame(fixture, &frame, ZSTD_c_contentSizeFlag, 0, 1000);
    assert_int_equal(unpack(fixture, packed, MIB, &diag), ERR_FORMAT);
    assert_string_equal(diag.args[0], "no content size");
    buf_release(&frame);
}

static void a_frame_with_a_wide_window_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct buf frame;
    struct diag diag = {0};
    struct span packed = foreign_frame(fixture, &frame, ZSTD_c_windowLog, 22, 4 * MIB);
    assert_int_equal(unpack(fixture, packed, 8 * MIB, &diag), ERR_FORMAT);
    assert_string_equal(diag.args[0], "window above 1 MiB");
    buf_release(&frame);
}

static void a_frame_followed_by_bytes_or_cut_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct buf frame;
    (void)foreign_frame(fixture, &frame, ZSTD_c_checksumFlag, 1, 3000);
    size_t whole = frame.size;
    for (size_t size = 0; size < whole; size++) {
        /* An exact copy, so that reading past the end is seen. */
        uint8_t *exact = malloc(size + (size == 0));
        memcpy(exact, frame.data, size);
        assert_int_equal(unpack(fixture, span_from(exact, size), MIB, NULL), ERR_FORMAT);
        free(exact);
    }
    assert_int_equal(unpack(fixture, buf_span(&frame), MIB, NULL), OK);
    uint8_t *twice = malloc(2 * whole);
    memcpy(twice, frame.data, whole);
    memcpy(twice + whole, frame.data, whole);
    assert_int_equal(unpack(fixture, span_from(twice, 2 * whole), MIB, NULL), ERR_FORMAT);
    assert_int_equal(unpack(fixture, span_from(twice, whole + 1), MIB, NULL), ERR_FORMAT);
    free(twice);
    buf_release(&frame);
}

static void a_skippable_frame_and_noise_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t skippable[] = {0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
    assert_int_equal(unpack(fixture, span_from(skippable, sizeof skippable), MIB, NULL),
                     ERR_FORMAT);
    assert_int_equal(unpack(fixture, span_of("{\"not\":\"zstd\"}"), MIB, NULL), ERR_FORMAT);
}

static void a_damaged_frame_never_comes_back_as_something_longer(void **state)
{
    struct fixture *fixture = *state;
    struct zip *zip = new_zip(fixture, fixture->dict, 3);
    char body[SAMPLE_SIZE];
    struct span text = span_from(body, write_sample(body, 99));
    struct buf packed;
    struct buf plain;
    size_t refused = 0;
    buf_init(&packed, &fixture->memory.mem, 4096);
    buf_init(&plain, &fixture->memory.mem, 4096);
    assert_int_equal(zip_add_packed(zip, text, &packed), OK);
    for (size_t bit = 0; bit < packed.size * 8; bit++) {
        packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        buf_clear(&plain);
        enum err err = zip_add_unpacked(zip, buf_span(&packed), SAMPLE_SIZE, &plain, NULL);
        assert_true(plain.size <= SAMPLE_SIZE);
        assert_true(err == OK || plain.size == 0);
        refused += err != OK;
        packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(refused > 0);
    buf_release(&packed);
    buf_release(&plain);
    zip_free(zip);
}

static void an_unknown_dictionary_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct zip *with = new_zip(fixture, fixture->dict, 3);
    struct zip *without = new_zip(fixture, (struct span){0}, 3);
    struct buf packed;
    struct buf plain;
    struct diag diag = {0};
    char id[24];
    buf_init(&packed, &fixture->memory.mem, 4096);
    buf_init(&plain, &fixture->memory.mem, 4096);
    assert_int_equal(zip_add_packed(with, span_of("some text"), &packed), OK);
    assert_int_equal(zip_add_unpacked(without, buf_span(&packed), 100, &plain, &diag),
                     ERR_UNKNOWN_FORMAT);
    snprintf(id, sizeof id, "%u", fixture->dict_id);
    assert_string_equal(diag.args[0], "dictionary");
    assert_string_equal(diag.args[1], id);
    buf_release(&packed);
    buf_release(&plain);
    zip_free(with);
    zip_free(without);
}

static void a_frame_without_dictionary_is_read_by_who_has_one(void **state)
{
    struct fixture *fixture = *state;
    struct zip *with = new_zip(fixture, fixture->dict, 3);
    struct zip *without = new_zip(fixture, (struct span){0}, 3);
    struct buf packed;
    struct buf plain;
    buf_init(&packed, &fixture->memory.mem, 4096);
    buf_init(&plain, &fixture->memory.mem, 4096);
    struct span text = span_of("abcdabcdabcd abcdabcd abcabcabcabc xyxyxyxyxyxyxyxyxyxyxyx");
    assert_int_equal(zip_add_packed(without, text, &packed), OK);
    assert_int_equal(zip_add_unpacked(with, buf_span(&packed), 100, &plain, NULL), OK);
    assert_true(span_equal(buf_span(&plain), text));
    buf_release(&packed);
    buf_release(&plain);
    zip_free(with);
    zip_free(without);
}

static void bytes_that_are_no_trained_dictionary_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct zip *zip = NULL;
    struct span raw = span_of("just some text that is often seen");
    assert_int_equal(zip_new(&fixture->memory.mem, raw, 3, &zip), ERR_FORMAT);
    /* The magic number and an id, then nothing that makes sense. */
    uint8_t broken[64] = {0x37, 0xA4, 0x30, 0xEC, 1, 2, 3, 4};
    assert_int_not_equal(zip_new(&fixture->memory.mem, span_from(broken, sizeof broken), 3, &zip),
                         OK);
    assert_null(zip);
}

static void a_buffer_too_small_for_the_frame_is_too_large(void **state)
{
    struct fixture *fixture = *state;
    struct zip *zip = new_zip(fixture, (struct span){0}, 3);
    uint8_t noise[2000];
    struct buf packed;
    fill(noise, sizeof noise);
    buf_init(&packed, &fixture->memory.mem, 1000);
    assert_int_equal(zip_add_packed(zip, span_from(noise, sizeof noise), &packed), ERR_TOO_LARGE);
    assert_int_equal(packed.size, 0);
    /* What packs well fits, though the worst case would not. */
    memset(noise, 'a', sizeof noise);
    assert_int_equal(zip_add_packed(zip, span_from(noise, sizeof noise), &packed), OK);
    buf_release(&packed);
    zip_free(zip);
}

static enum err pack_and_unpack(const struct mem *mem, struct span dictionary, struct span text)
{
    struct zip *zip = NULL;
    struct buf packed;
    struct buf plain;
    buf_init(&packed, mem, 4096);
    buf_init(&plain, mem, 4096);
    enum err err = zip_new(mem, dictionary, 3, &zip);
    if (err == OK) {
        err = zip_add_packed(zip, text, &packed);
    }
    if (err == OK) {
        err = zip_add_unpacked(zip, buf_span(&packed), 1000, &plain, NULL);
    }
    if (err == OK) {
        assert_true(span_equal(buf_span(&plain), text));
    }
    buf_release(&packed);
    buf_release(&plain);
    zip_free(zip);
    return err;
}

static void every_failing_allocation_is_no_memory_and_leaks_nothing(void **state)
{
    struct fixture *fixture = *state;
    char body[SAMPLE_SIZE];
    struct span text = span_from(body, write_sample(body, 5));
    size_t nth = 1;
    for (;; nth++) {
        struct test_mem memory;
        const struct mem *mem = test_mem_init(&memory, nth);
        enum err err = pack_and_unpack(mem, fixture->dict, text);
        assert_int_equal(err, memory.failed ? ERR_NOMEM : OK);
        assert_int_equal(memory.live_count, 0);
        if (!memory.failed) {
            break;
        }
    }
    assert_true(nth > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_body_comes_back_and_names_its_dictionary),
        cmocka_unit_test(nothing_packs_and_comes_back_as_nothing),
        cmocka_unit_test(no_frame_written_needs_a_window_above_one_mib),
        cmocka_unit_test(a_frame_larger_than_allowed_is_refused_before_room_is_taken),
        cmocka_unit_test(a_frame_without_content_size_is_refused),
        cmocka_unit_test(a_frame_with_a_wide_window_is_refused),
        cmocka_unit_test(a_frame_followed_by_bytes_or_cut_is_refused),
        cmocka_unit_test(a_skippable_frame_and_noise_are_refused),
        cmocka_unit_test(a_damaged_frame_never_comes_back_as_something_longer),
        cmocka_unit_test(an_unknown_dictionary_is_named),
        cmocka_unit_test(a_frame_without_dictionary_is_read_by_who_has_one),
        cmocka_unit_test(bytes_that_are_no_trained_dictionary_are_refused),
        cmocka_unit_test(a_buffer_too_small_for_the_frame_is_too_large),
        cmocka_unit_test(every_failing_allocation_is_no_memory_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
