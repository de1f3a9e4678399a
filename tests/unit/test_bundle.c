/* bundle: frames come back, and a file that is cut, changed, foreign or joined is refused whole. */
#include "test.h"

#include <string.h>

#include "bundle.h"
#include "bundle_files.h"
#include "test_golden.h"
#include "test_mem.h"
#include "test_random.h"

#define FILE_MAX (8u * 1024 * 1024)

struct bench {
    struct test_mem memory;
    const struct mem *mem;
    struct public_key sender, receiver, stranger;
    struct secret_key sender_secret, receiver_secret, stranger_secret;
    struct bundle_parties parties;
    struct buf file;
    struct bundle_writer writer;
};

static void bench_init(struct bench *bench)
{
    uint8_t seed[SECRET_SEED_SIZE] = {1};
    bench->mem = test_mem_init(&bench->memory, 0);
    sign_key_from_seed(seed, &bench->sender, &bench->sender_secret);
    seed[0] = 2;
    sign_key_from_seed(seed, &bench->receiver, &bench->receiver_secret);
    seed[0] = 3;
    sign_key_from_seed(seed, &bench->stranger, &bench->stranger_secret);
    bench->parties =
        (struct bundle_parties){.sender = {{11}}, .sender_key = bench->sender, .receiver = {{22}}};
    buf_init(&bench->file, bench->mem, FILE_MAX);
}

static void bench_release(struct bench *bench)
{
    buf_release(&bench->file);
    assert_int_equal(bench->memory.live_count, 0);
}

static void begin(struct bench *bench)
{
    uint8_t random[BUNDLE_RANDOM_SIZE] = {42};
    buf_clear(&bench->file);
    assert_int_equal(
        bundle_write_begin(&bench->writer, &bench->parties, &bench->receiver, random, &bench->file),
        OK);
}

static void end(struct bench *bench)
{
    bundle_write_end(&bench->writer, &bench->sender_secret, &bench->file);
    assert_int_equal(buf_error(&bench->file), OK);
}

static void write_small(struct bench *bench)
{
    begin(bench);
    bundle_write_frame(&bench->writer, BUNDLE_HEAD, span_of("{\"v\":1,\"t\":5}"), &bench->file);
    bundle_write_frame(&bench->writer, BUNDLE_ASK, span_of("what was saved"), &bench->file);
    end(bench);
}

static enum err check(struct span file, size_t piece, struct bundle_check *ret,
                      struct bundle_parties *parties)
{
    bundle_check_begin(ret);
    for (size_t at = 0; at < file.size; at += piece) {
        bundle_check_add(ret, span_cut(file, at, piece < file.size - at ? piece : file.size - at));
    }
    return bundle_check_end(ret, parties, NULL);
}

/* Reads all frames and joins their bodies with a dash. */
static enum err read_all(struct bench *bench, struct span file, const struct secret_key *key,
                         struct buf *ret)
{
    struct bundle_check checked;
    struct bundle_parties parties;
    struct bundle_reader reader;
    enum err e = check(file, 1000, &checked, &parties);
    if (e) {
        return e;
    }
    e = bundle_read_begin(&reader, &checked, key, bench->mem);
    while (!e && bundle_chunk_size(&reader) > 0) {
        bool found = true;
        e = bundle_read_chunk(&reader, span_cut(file, (size_t)bundle_chunk_offset(&reader),
                                                bundle_chunk_size(&reader)));
        while (!e && found) {
            enum bundle_kind kind;
            struct span body;
            e = bundle_next_frame(&reader, &found, &kind, &body, NULL);
            if (!e && found) {
                buf_add_span(ret, body);
                buf_add_byte(ret, (uint8_t)('0' + kind));
            }
        }
    }
    bundle_read_release(&reader);
    return e;
}

static void frames_come_back_in_order(void **state)
{
    (void)state;
    struct bench bench;
    struct buf out;
    struct bundle_check checked;
    struct bundle_parties parties;
    bench_init(&bench);
    write_small(&bench);
    for (size_t piece = 1; piece < 300; piece++) { /* pieces of any size are one file */
        assert_int_equal(check(buf_span(&bench.file), piece, &checked, &parties), OK);
        assert_true(id_equal(parties.sender, bench.parties.sender));
        assert_true(id_equal(parties.receiver, bench.parties.receiver));
        assert_memory_equal(parties.sender_key.bytes, bench.sender.bytes, PUBLIC_KEY_SIZE);
    }
    buf_init(&out, bench.mem, FILE_MAX);
    assert_int_equal(read_all(&bench, buf_span(&bench.file), &bench.receiver_secret, &out), OK);
    assert_string_equal(buf_text(&out), "{\"v\":1,\"t\":5}0what was saved1");
    buf_release(&out);
    bench_release(&bench);
}

/* Sizes around the bounds of chunks, where an off-by-one would show. */
static void frames_of_any_size_cross_chunks(void **state)
{
    (void)state;
    struct test_random random = test_random_begin("bundle");
    struct bench bench;
    struct buf body, out, wanted;
    bench_init(&bench);
    buf_init(&body, bench.mem, FILE_MAX);
    buf_init(&out, bench.mem, FILE_MAX);
    buf_init(&wanted, bench.mem, FILE_MAX);
    static const size_t sizes[] = {0,
                                   1,
                                   BUNDLE_CHUNK - BUNDLE_FRAME_HEAD - 1,
                                   BUNDLE_CHUNK - BUNDLE_FRAME_HEAD,
                                   BUNDLE_CHUNK - BUNDLE_FRAME_HEAD + 1,
                                   BUNDLE_CHUNK,
                                   2 * BUNDLE_CHUNK - 2 * BUNDLE_FRAME_HEAD,
                                   1000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        buf_clear(&out);
        buf_clear(&wanted);
        begin(&bench);
        for (size_t frame = 0; frame < 3; frame++) {
            buf_clear(&body);
            while (body.size < sizes[i]) {
                buf_add_byte(&body, (uint8_t)test_random_next(&random));
            }
            bundle_write_frame(&bench.writer, BUNDLE_ANSWER, buf_span(&body), &bench.file);
            buf_add_span(&wanted, buf_span(&body));
            buf_add_byte(&wanted, '2');
        }
        end(&bench);
        assert_int_equal(read_all(&bench, buf_span(&bench.file), &bench.receiver_secret, &out), OK);
        assert_true(span_equal(buf_span(&out), buf_span(&wanted)));
    }
    buf_release(&body);
    buf_release(&out);
    buf_release(&wanted);
    bench_release(&bench);
}

static void a_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    struct bundle_check checked;
    struct bundle_parties parties;
    bench_init(&bench);
    write_small(&bench);
    for (size_t size = 0; size < bench.file.size; size++) {
        struct span cut = span_cut(buf_span(&bench.file), 0, size);
        enum err e = check(cut, 50, &checked, &parties);
        assert_int_equal(e, size < 13 ? ERR_FORMAT : ERR_DAMAGED);
    }
    buf_add_byte(&bench.file, 0);
    assert_int_equal(check(buf_span(&bench.file), 50, &checked, &parties), ERR_DAMAGED);
    bench_release(&bench);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    struct bundle_check checked;
    struct bundle_parties parties;
    bench_init(&bench);
    write_small(&bench);
    for (size_t bit = 0; bit < 8 * bench.file.size; bit++) {
        bench.file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum err e = check(buf_span(&bench.file), 4096, &checked, &parties);
        enum err wanted = bit < 96 ? ERR_FORMAT : bit < 104 ? ERR_UNKNOWN_FORMAT : ERR_DAMAGED;
        assert_int_equal(e, wanted);
        bench.file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(check(buf_span(&bench.file), 4096, &checked, &parties), OK);
    bench_release(&bench);
}

static void only_its_receiver_reads_it(void **state)
{
    (void)state;
    struct bench bench;
    struct buf out;
    bench_init(&bench);
    write_small(&bench);
    buf_init(&out, bench.mem, FILE_MAX);
    assert_int_equal(read_all(&bench, buf_span(&bench.file), &bench.stranger_secret, &out),
                     ERR_SIGNATURE);
    assert_int_equal(read_all(&bench, buf_span(&bench.file), &bench.sender_secret, &out),
                     ERR_SIGNATURE);
    assert_int_equal(out.size, 0);
    /* Nothing of what it says stands in it. */
    for (size_t i = 0; i + 4 <= bench.file.size; i++) {
        assert_true(memcmp(bench.file.data + i, "what", 4) != 0);
    }
    buf_release(&out);
    bench_release(&bench);
}

/* A stranger who is a sender too puts another's sealed part behind a start of his own. */
static void what_was_sealed_does_not_open_under_another_sender(void **state)
{
    (void)state;
    struct bench bench;
    struct buf out, joined;
    struct hash_state hash;
    bench_init(&bench);
    write_small(&bench);
    buf_init(&out, bench.mem, FILE_MAX);
    buf_init(&joined, bench.mem, FILE_MAX);
    struct bundle_parties thief = bench.parties;
    thief.sender = (struct id){{33}};
    thief.sender_key = bench.stranger;
    uint8_t random[BUNDLE_RANDOM_SIZE] = {42};
    assert_int_equal(bundle_write_begin(&bench.writer, &thief, &bench.receiver, random, &joined),
                     OK);
    buf_truncate(&joined, BUNDLE_OPEN_SIZE);
    buf_add(&joined, bench.file.data + BUNDLE_OPEN_SIZE,
            bench.file.size - BUNDLE_OPEN_SIZE - SIGNATURE_SIZE);
    struct hash whole;
    struct signature signature;
    uint8_t message[sizeof "douar-bundle-1" + HASH_SIZE];
    hash_begin(&hash, "douar-bundle-1");
    hash_add(&hash, joined.data, joined.size);
    hash_end(&hash, &whole);
    memcpy(message, "douar-bundle-1", sizeof "douar-bundle-1");
    memcpy(message + sizeof "douar-bundle-1", whole.bytes, HASH_SIZE);
    sign_message(&bench.stranger_secret, span_from(message, sizeof message), &signature);
    buf_add(&joined, signature.bytes, SIGNATURE_SIZE);
    assert_int_equal(read_all(&bench, buf_span(&joined), &bench.receiver_secret, &out),
                     ERR_DAMAGED);
    buf_release(&out);
    buf_release(&joined);
    bench_release(&bench);
}

static void a_frame_that_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[8];
        size_t size;
        enum err wanted;
    } cases[] = {
        {{9, 0, 0, 0, 1, 'x'}, 6, ERR_UNKNOWN_FORMAT},
        {{1, 255, 255, 255, 255, 'x'}, 6, ERR_TOO_LARGE},
        {{1, 0, 0, 0, 2, 'x'}, 6, ERR_FORMAT},
        {{1, 0, 0}, 3, ERR_FORMAT},
        {{1, 0, 0, 0, 0}, 5, OK},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        struct buf out;
        bench_init(&bench);
        buf_init(&out, bench.mem, FILE_MAX);
        begin(&bench);
        memcpy(bench.writer.plain, cases[i].bytes, cases[i].size);
        bench.writer.held = cases[i].size;
        end(&bench);
        assert_int_equal(read_all(&bench, buf_span(&bench.file), &bench.receiver_secret, &out),
                         cases[i].wanted);
        buf_release(&out);
        bench_release(&bench);
    }
}

static void files_come_back(void **state)
{
    (void)state;
    struct bench bench;
    struct arena arena;
    struct blob_name one = {{{1}}, 70000}, two = {{{2}}, 5};
    struct file_wanted want = {one, 65536};
    struct file_told told[] = {{one, -1, false}, {two, 5, true}};
    struct bundle_files files = {.time_ms = 77,
                                 .ask = &two,
                                 .ask_count = 1,
                                 .want = &want,
                                 .want_count = 1,
                                 .told = told,
                                 .told_count = 2,
                                 .has_put = true,
                                 .put = {one, 65536, 3}};
    struct bundle_files back;
    struct span bytes;
    struct buf body;
    bench_init(&bench);
    arena_init(&arena, bench.mem, 1u << 20);
    buf_init(&body, bench.mem, WIRE_BLOB_LINE);
    bundle_files_write(&files, &body);
    buf_add_text(&body, "a\nb");
    assert_int_equal(bundle_files_read(buf_span(&body), &arena, &back, &bytes, NULL), OK);
    assert_true(span_is(bytes, "a\nb"));
    assert_true(back.ask_count == 1 && back.want_count == 1 && back.told_count == 2);
    assert_true(blob_name_equal(&back.ask[0], &two));
    assert_true(blob_name_equal(&back.want[0].name, &one) && back.want[0].from == 65536);
    assert_true(back.told[0].have == -1 && !back.told[0].stable);
    assert_true(blob_name_equal(&back.told[1].name, &two) && back.told[1].stable);
    assert_true(back.has_put && back.put.offset == 65536 && back.put.size == 3);
    buf_release(&body);
    arena_release(&arena);
    bench_release(&bench);
}

/* A file with a frame of each kind that came after the first two. */
static void frames_of_files_and_enrolments_keep_their_bytes(void **state)
{
    (void)state;
    static const enum bundle_kind kinds[] = {BUNDLE_HEAD, BUNDLE_ENROL, BUNDLE_ENROLLED,
                                             BUNDLE_FILES};
    static const char *const bodies[] = {"{\"v\":1,\"t\":5}", "a request", "an answer", NULL};
    struct bench bench;
    struct buf out, line;
    struct blob_name name = {{{1}}, 70000};
    struct bundle_files files = {
        .time_ms = 77, .ask = &name, .ask_count = 1, .has_put = true, .put = {name, 65536, 3}};
    bench_init(&bench);
    buf_init(&out, bench.mem, FILE_MAX);
    buf_init(&line, bench.mem, WIRE_BLOB_LINE);
    bundle_files_write(&files, &line);
    assert_golden("bundle-files", buf_span(&line), true);
    buf_add_text(&line, "abc");
    begin(&bench);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct span body = bodies[i] ? span_of(bodies[i]) : buf_span(&line);
        bundle_write_frame(&bench.writer, kinds[i], body, &bench.file);
    }
    end(&bench);
    assert_golden("bundle", buf_span(&bench.file), false);
    assert_int_equal(read_all(&bench, buf_span(&bench.file), &bench.receiver_secret, &out), OK);
    assert_true(span_is(span_cut(buf_span(&out), 0, 34), "{\"v\":1,\"t\":5}0a request3an answer4"));
    buf_release(&line);
    buf_release(&out);
    bench_release(&bench);
}

#define NAME "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""

static void wrong_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum err wanted;
    } cases[] = {
        {"{\"v\":1,\"t\":5}\n", OK},
        {"{\"v\":1,\"t\":5}", OK},
        {"{\"v\":1,\"t\":5}\nx", ERR_FORMAT},
        {"{\"v\":2,\"t\":5}\n", ERR_UNKNOWN_FORMAT},
        {"{\"v\":1}\n", ERR_FORMAT},
        {"", ERR_JSON},
        {"[]\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"ask\":[[" NAME ",7]]}\n", OK},
        {"{\"v\":1,\"t\":5,\"ask\":[[" NAME ",0]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"ask\":[[" NAME "]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"want\":[[" NAME ",7]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"want\":[[" NAME ",7,0]]}\n", OK},
        {"{\"v\":1,\"t\":5,\"want\":[[" NAME ",7,-1]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"told\":[[" NAME ",7,-1,0]]}\n", OK},
        {"{\"v\":1,\"t\":5,\"told\":[[" NAME ",7,-2,0]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"told\":[[" NAME ",7,7,2]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"put\":[" NAME ",7,0,3]}\nabc", OK},
        {"{\"v\":1,\"t\":5,\"put\":[" NAME ",7,0,3]}\nab", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"put\":[" NAME ",7,5,3]}\nabc", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"put\":[" NAME ",7,-1,3]}\nabc", ERR_FORMAT},
        {"{\"v\":1,\"t\":5,\"put\":[\"x\",7,0,3]}\nabc", ERR_FORMAT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        struct arena arena;
        struct bundle_files files;
        struct span bytes;
        bench_init(&bench);
        arena_init(&arena, bench.mem, 1u << 20);
        enum err e = bundle_files_read(span_of(cases[i].body), &arena, &files, &bytes, NULL);
        if (e != cases[i].wanted) {
            fail_msg("case %zu: %s", i, err_name(e));
        }
        arena_release(&arena);
        bench_release(&bench);
    }
}

static void a_head_comes_back(void **state)
{
    (void)state;
    struct bench bench;
    struct arena arena;
    struct bundle_head head = {.time_ms = 77, .has_id = true, .id = 0xfedcba9876543210u}, back;
    struct feed_position feeds[] = {{span_of("05.081"), span_of("base"), 12, 99},
                                    {span_of("org"), span_of("base"), 3, 1}};
    bench_init(&bench);
    arena_init(&arena, bench.mem, 1u << 20);
    bundle_head_write(&head, &bench.file);
    assert_int_equal(bundle_head_read(buf_span(&bench.file), &arena, &back, NULL), OK);
    assert_true(back.has_id && back.id == head.id && back.time_ms == 77 && !back.has_epoch);
    head = (struct bundle_head){.time_ms = 78,
                                .has_epoch = true,
                                .epoch = 5,
                                .has_re = true,
                                .re = 6,
                                .has_relay = true,
                                .relay = 7,
                                .feeds = feeds,
                                .feed_count = 2};
    buf_clear(&bench.file);
    bundle_head_write(&head, &bench.file);
    assert_int_equal(bundle_head_read(buf_span(&bench.file), &arena, &back, NULL), OK);
    assert_true(back.has_epoch && back.epoch == 5 && back.has_re && back.re == 6 &&
                back.has_relay && back.relay == 7 && back.feed_count == 2);
    assert_true(span_equal(back.feeds[0].scope, feeds[0].scope) && back.feeds[0].n == 12 &&
                back.feeds[0].hash == 99);
    arena_release(&arena);
    bench_release(&bench);
}

static void a_head_of_another_version_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err wanted;
    } cases[] = {
        {"{\"v\":2,\"t\":1}", ERR_UNKNOWN_FORMAT},
        {"{\"v\":1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":\"1\"}", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"id\":\"x\"}", ERR_FORMAT},
        {"[]", ERR_FORMAT},
        {"{", ERR_JSON},
        {"", ERR_JSON},
        {"{\"v\":1,\"t\":1,\"more\":[]}", OK},
    };
    struct bench bench;
    struct arena arena;
    struct bundle_head head;
    bench_init(&bench);
    arena_init(&arena, bench.mem, 1u << 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(bundle_head_read(span_of(cases[i].text), &arena, &head, NULL),
                         cases[i].wanted);
    }
    arena_release(&arena);
    bench_release(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_in_order),
        cmocka_unit_test(frames_of_any_size_cross_chunks),
        cmocka_unit_test(a_cut_anywhere_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(only_its_receiver_reads_it),
        cmocka_unit_test(what_was_sealed_does_not_open_under_another_sender),
        cmocka_unit_test(a_frame_that_is_none_is_refused),
        cmocka_unit_test(files_come_back),
        cmocka_unit_test(frames_of_files_and_enrolments_keep_their_bytes),
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(a_head_comes_back),
        cmocka_unit_test(a_head_of_another_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
