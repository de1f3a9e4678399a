/* sync_message: the first lines of requests and replies, and the state over feeds. */
#include "test.h"

#include <string.h>

#include "sync_message.h"
#include "test_golden.h"
#include "test_reader.h"
#include "test_wire.h"

#define ID22 "EBESExQVFhcYGRobHB0eHw"
#define U11  "AQIDBAUGBwg"
#define CUR  "\"cur\":[5,\"" ID22 "\"]"

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

static struct span without_end(const struct buf *line)
{
    assert_int_equal(buf_error(line), OK);
    assert_int_equal(line->data[line->size - 1], '\n');
    return span_cut(buf_span(line), 0, line->size - 1);
}

static const struct feed_position some_feeds[] = {
    {{(const uint8_t *)"05.081.03.01", 12}, {(const uint8_t *)"base", 4}, 1200, 0x0102030405060708},
    {{(const uint8_t *)"org", 3}, {(const uint8_t *)"base", 4}, 0, UINT64_MAX},
};

static struct sync_request device_request(void)
{
    struct sync_request request = {.clock_ms = 1795424400000,
                                   .has_offset = true,
                                   .offset_ms = -1250,
                                   .has_cursor = true,
                                   .cursor = 4711,
                                   .max_size = 262144,
                                   .acked_seq = 88,
                                   .stable_seq = 87};
    memset(request.state, 0xC3, sizeof request.state);
    return request;
}

/* Everything that can stand in one; `ids` has room for three. */
static struct sync_request full_request(struct feed_position *feeds, struct id *ids,
                                        struct request_proof *visit, struct tree_rest *rest)
{
    *visit = (struct request_proof){.node = test_id(2),
                                    .epoch = 0x0102030405060708,
                                    .ratchet = 0xF1F2F3F4F5F6F7F8,
                                    .packed_hash = {{1, 2, 3}},
                                    .signature = {{4, 5, 6}}};
    memcpy(feeds, some_feeds, sizeof some_feeds);
    ids[0] = test_id(1);
    ids[1] = test_id(2);
    ids[2] = test_id(3);
    *rest = (struct tree_rest){.root = ids[1], .compartment = span_of("health"), .next = 77};
    return (struct sync_request){.clock_ms = -5,
                                 .feeds = feeds,
                                 .feed_count = 2,
                                 .max_size = 8192,
                                 .roots = ids,
                                 .root_count = 2,
                                 .want = ids + 2,
                                 .want_count = 1,
                                 .rest = rest,
                                 .rest_count = 1,
                                 .has_relay = true,
                                 .relay_from = 3,
                                 .relay_to = 9,
                                 .relay_epoch = 0xFF00FF00FF00FF00,
                                 .losses = 1764354000,
                                 .visits = visit,
                                 .visit_count = 1,
                                 .has_stables = true,
                                 .stables = 12};
}

static void assert_feeds(const struct feed_position *a, const struct feed_position *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(span_equal(a[i].scope, b[i].scope));
        assert_true(span_equal(a[i].compartment, b[i].compartment));
        assert_int_equal(a[i].n, b[i].n);
        assert_true(a[i].hash == b[i].hash);
    }
}

static void a_request_with_a_cursor_comes_back(void **state)
{
    (void)state;
    struct bench bench;
    struct sync_request read;
    bench_init(&bench);
    struct sync_request given = device_request();
    sync_request_write(&given, &bench.line);
    struct span text = without_end(&bench.line);
    assert_int_equal(sync_request_read(text, &bench.arena, &read, NULL), OK);
    assert_int_equal(read.clock_ms, given.clock_ms);
    assert_true(read.has_offset);
    assert_int_equal(read.offset_ms, -1250);
    assert_true(read.has_cursor);
    assert_int_equal(read.cursor, 4711);
    assert_memory_equal(read.state, given.state, SYNC_STATE_SIZE);
    assert_int_equal(read.max_size, 262144);
    assert_int_equal(read.acked_seq, 88);
    assert_int_equal(read.stable_seq, 87);
    assert_int_equal(read.feed_count + read.root_count + read.want_count + read.visit_count, 0);
    assert_false(read.has_relay || read.has_stables);
    assert_golden("sync-request", text, true);
    bench_release(&bench);
}

static void a_request_names_the_origin_it_speaks_of(void **state)
{
    (void)state;
    struct bench bench;
    struct sync_request read;
    bench_init(&bench);
    struct sync_request given = device_request();
    given.has_origin = true;
    given.origin = test_id(9);
    sync_request_write(&given, &bench.line);
    struct span text = without_end(&bench.line);
    assert_int_equal(sync_request_read(text, &bench.arena, &read, NULL), OK);
    assert_true(read.has_origin);
    assert_true(id_equal(read.origin, given.origin));
    assert_int_equal(read.acked_seq, 88);
    assert_golden("sync-request-origin", text, true);
    bench_release(&bench);
}

static void a_request_with_everything_comes_back(void **state)
{
    (void)state;
    struct bench bench;
    struct sync_request read;
    struct feed_position feeds[2];
    struct id ids[3];
    struct request_proof visit;
    bench_init(&bench);
    struct tree_rest rest;
    struct sync_request given = full_request(feeds, ids, &visit, &rest);
    sync_request_write(&given, &bench.line);
    struct span text = without_end(&bench.line);
    assert_int_equal(sync_request_read(text, &bench.arena, &read, NULL), OK);
    assert_int_equal(read.losses, 1764354000);
    assert_int_equal(read.clock_ms, -5);
    assert_false(read.has_offset || read.has_cursor);
    assert_int_equal(read.feed_count, 2);
    assert_feeds(read.feeds, feeds, 2);
    assert_int_equal(read.root_count, 2);
    assert_true(id_equal(read.roots[1], ids[1]));
    assert_int_equal(read.want_count, 1);
    assert_true(id_equal(read.want[0], ids[2]));
    assert_int_equal(read.rest_count, 1);
    assert_true(id_equal(read.rest[0].root, ids[1]));
    assert_true(span_is(read.rest[0].compartment, "health"));
    assert_int_equal(read.rest[0].next, 77);
    assert_true(read.has_relay && read.has_stables);
    assert_int_equal(read.relay_from, 3);
    assert_int_equal(read.relay_to, 9);
    assert_true(read.relay_epoch == given.relay_epoch);
    assert_int_equal(read.visit_count, 1);
    assert_true(id_equal(read.visits[0].node, visit.node));
    assert_true(read.visits[0].epoch == visit.epoch);
    assert_true(read.visits[0].ratchet == visit.ratchet);
    assert_memory_equal(read.visits[0].packed_hash.bytes, visit.packed_hash.bytes, HASH_SIZE);
    assert_memory_equal(read.visits[0].signature.bytes, visit.signature.bytes, SIGNATURE_SIZE);
    assert_int_equal(read.stables, 12);
    assert_int_equal(read.acked_seq + read.stable_seq, 0);
    assert_golden("sync-request-full", text, true);
    bench_release(&bench);
}

static struct sync_reply full_reply(struct feed_position *feeds, struct origin_point *points,
                                    struct id *ids)
{
    memcpy(feeds, some_feeds, sizeof some_feeds);
    points[0] = (struct origin_point){test_id(9), 77, test_link(0x55)};
    ids[0] = test_id(4);
    struct sync_reply reply = {.time_ms = 1795424400001,
                               .has_ratchet = true,
                               .ratchet = 0x8877665544332211,
                               .has_ack = true,
                               .ack = {test_id(8), 21, test_link(0x66)},
                               .has_stable = true,
                               .stable = {test_id(8), 20, test_link(0x67)},
                               .need_feeds = true,
                               .has_cursor = true,
                               .cursor = 99,
                               .more = true,
                               .has_got = true,
                               .got = 5,
                               .has_stables = true,
                               .stables = 2,
                               .stable_points = points,
                               .stable_point_count = 1,
                               .feeds = feeds,
                               .feed_count = 2,
                               .drops = feeds,
                               .drop_count = 1,
                               .origins = ids,
                               .origin_count = 1,
                               .late_count = 3,
                               .losses = 1764354000,
                               .refused_count = 4};
    memset(reply.state, 0x3C, sizeof reply.state);
    return reply;
}

static void assert_point(const struct origin_point *a, const struct origin_point *b)
{
    assert_true(id_equal(a->origin, b->origin));
    assert_int_equal(a->seq, b->seq);
    assert_true(link_equal(a->link, b->link));
}

static void a_reply_with_everything_comes_back(void **state)
{
    (void)state;
    struct bench bench;
    struct sync_reply read;
    struct feed_position feeds[2];
    struct origin_point point;
    struct id id;
    bench_init(&bench);
    struct sync_reply given = full_reply(feeds, &point, &id);
    sync_reply_write(&given, &bench.line);
    struct span text = without_end(&bench.line);
    assert_int_equal(sync_reply_read(text, &bench.arena, &read, NULL), OK);
    assert_int_equal(read.time_ms, given.time_ms);
    assert_true(read.has_ratchet && read.has_ack && read.has_stable && read.need_feeds);
    assert_true(read.has_cursor && read.more && read.has_got && read.has_stables);
    assert_true(read.ratchet == given.ratchet);
    assert_point(&read.ack, &given.ack);
    assert_point(&read.stable, &given.stable);
    assert_int_equal(read.cursor, 99);
    assert_memory_equal(read.state, given.state, SYNC_STATE_SIZE);
    assert_int_equal(read.got, 5);
    assert_int_equal(read.stables, 2);
    assert_int_equal(read.stable_point_count, 1);
    assert_point(&read.stable_points[0], &point);
    assert_int_equal(read.feed_count, 2);
    assert_feeds(read.feeds, feeds, 2);
    assert_int_equal(read.drop_count, 1);
    assert_true(span_is(read.drops[0].scope, "05.081.03.01"));
    assert_int_equal(read.origin_count, 1);
    assert_true(id_equal(read.origins[0], id));
    assert_int_equal(read.late_count, 3);
    assert_int_equal(read.losses, 1764354000);
    assert_int_equal(read.refused_count, 4);
    assert_golden("sync-reply-full", text, true);
    bench_release(&bench);
}

static void a_reply_says_only_what_there_is_to_say(void **state)
{
    (void)state;
    struct bench bench;
    struct sync_reply read;
    bench_init(&bench);
    struct sync_reply given = {.time_ms = 1};
    sync_reply_write(&given, &bench.line);
    assert_string_equal(buf_text(&bench.line), "{\"v\":1,\"t\":1}\n");
    assert_int_equal(sync_reply_read(without_end(&bench.line), &bench.arena, &read, NULL), OK);
    assert_false(read.has_ratchet || read.has_ack || read.has_stable || read.need_feeds ||
                 read.has_cursor || read.more || read.has_got || read.has_stables);
    assert_int_equal(read.feed_count + read.drop_count + read.origin_count, 0);
    bench_release(&bench);
}

static enum err read_request(struct span text, struct arena *arena, struct diag *diag)
{
    struct sync_request request;
    return sync_request_read(text, arena, &request, diag);
}

static enum err read_reply(struct span text, struct arena *arena, struct diag *diag)
{
    struct sync_reply reply;
    return sync_reply_read(text, arena, &reply, diag);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192}", OK},
        {"{\"v\":1,\"t\":0,\"off\":null," CUR ",\"max\":4194304,\"later\":{}}", OK},
        {"{\"v\":1,\"t\":0,\"feeds\":[],\"max\":8192}", OK},
        {"{\"v\":1,\"t\":0,\"feeds\":[[\"org\",\"base\",0,\"" U11 "\"]],\"max\":8192}", OK},
        {"{\"v\":2,\"t\":0," CUR ",\"max\":8192}", ERR_UNKNOWN_FORMAT},
        {"{\"t\":0," CUR ",\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1," CUR ",\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"feeds\":[],\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR "}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8191}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":4194305}", ERR_FORMAT},
        {"{\"v\":1,\"t\":\"0\"," CUR ",\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"off\":true," CUR ",\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"cur\":[-1,\"" ID22 "\"],\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"cur\":[1],\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"cur\":[1,\"x\"],\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"feeds\":{},\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"feeds\":[[\"org\",\"base\",-1]],\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"feeds\":[[\"\",\"base\",0,\"" U11 "\"]],\"max\":8192}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"feeds\":[[\"a\\tb\",\"base\",0,\"" U11 "\"]],\"max\":8192}",
         ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"feeds\":[[\"o\",\"b234567890123456789012345678901234567890x\",0,"
         "\"" U11 "\"]],\"max\":8192}",
         ERR_TOO_LARGE},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"at\":-1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"st\":\"1\"}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"losses\":-1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"roots\":[1]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"want\":\"" ID22 "\"}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"rest\":[\"" ID22 "\"]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"rest\":[[\"" ID22 "\",\"base\",-1]]}",
         ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"relay\":7}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"relay\":[9,3,\"" U11 "\"]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"stables\":[]}", ERR_FORMAT},
        {"[1]", ERR_FORMAT},
        {"", ERR_JSON},
        {"{\"v\":1,\"t\":1e3," CUR ",\"max\":8192}", ERR_JSON},
        {"{\"v\":1,\"t\":0," CUR ",\"max\":8192,\"x\":\"\xFF\"}", ERR_JSON},
    };
    assert_refused(read_request, refusals, COUNT_OF(refusals));
}

static void what_is_no_reply_is_refused(void **state)
{
    (void)state;
    static const struct test_refusal refusals[] = {
        {"{\"v\":1,\"t\":0}", OK},
        {"{\"v\":1,\"t\":0,\"stable\":[1,\"" ID22 "\"]}", OK},
        {"{\"v\":3,\"t\":0}", ERR_UNKNOWN_FORMAT},
        {"{\"v\":1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"ratchet\":1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"ack\":[1,\"" ID22 "\"]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"ack\":[\"" ID22 "\",-1,\"" ID22 "\"]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"stable\":[\"" ID22 "\",1,\"" ID22 "\"]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"more\":1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"need\":\"patience\"}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"need\":1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"got\":-1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"drop\":[[\"org\"]]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"drop\":[[\"org\",\"base\",1,\"" U11 "\"]]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"origins\":[null]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"stables\":[1]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"stables\":[1,{}]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"stables\":[1,[[]]]}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"late\":-1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"losses\":-1}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0,\"losses\":\"1\"}", ERR_FORMAT},
        {"{\"v\":1,\"t\":0} {}", ERR_JSON},
    };
    assert_refused(read_reply, refusals, COUNT_OF(refusals));
}

/* One more than the limit, for each list of ids or feeds. */
static void every_list_has_its_limit(void **state)
{
    (void)state;
    static const struct {
        const char *start, *item, *end;
        size_t limit;
        test_reader read;
    } lists[] = {
        {"{\"v\":1,\"t\":0,\"max\":8192," CUR ",\"roots\":[", "\"" ID22 "\"", "]}", WIRE_ROOTS_MAX,
         read_request},
        {"{\"v\":1,\"t\":0,\"max\":8192," CUR ",\"want\":[", "\"" ID22 "\"", "]}", WIRE_ROOTS_MAX,
         read_request},
        {"{\"v\":1,\"t\":0,\"max\":8192," CUR ",\"visits\":[",
         "[\"" ID22 "\",\"" U11 "\",\"" U11 "\",\"" ID22 U11 "AAAAAAAAAA\",\"" ID22 ID22 ID22
         "AAAAAAAAAAAAAAAAAAAA\"]",
         "]}", WIRE_VISITS_MAX, read_request},
        {"{\"v\":1,\"t\":0,\"max\":8192,\"feeds\":[", "[\"org\",\"base\",0,\"" U11 "\"]", "]}",
         WIRE_FEEDS_MAX, read_request},
        {"{\"v\":1,\"t\":0,\"drop\":[", "[\"org\",\"base\"]", "]}", WIRE_FEEDS_MAX, read_reply},
        {"{\"v\":1,\"t\":0,\"origins\":[", "\"" ID22 "\"", "]}", WIRE_ORIGINS_MAX, read_reply},
        {"{\"v\":1,\"t\":0,\"stables\":[1,[", "[\"" ID22 "\",1,\"" ID22 "\"]", "]]}",
         WIRE_ORIGINS_MAX, read_reply},
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct test_mem memory;
        struct buf text;
        const struct mem *mem = test_mem_init(&memory, 0);
        for (size_t count = lists[i].limit; count <= lists[i].limit + 1; count++) {
            buf_init(&text, mem, WIRE_LINE_MAX);
            buf_add_text(&text, lists[i].start);
            for (size_t k = 0; k < count; k++) {
                buf_add_text(&text, k == 0 ? "" : ",");
                buf_add_text(&text, lists[i].item);
            }
            buf_add_text(&text, lists[i].end);
            assert_int_equal(buf_error(&text), OK);
            assert_int_equal(test_read_exact(lists[i].read, buf_span(&text), mem),
                             count > lists[i].limit ? ERR_TOO_LARGE : OK);
            buf_release(&text);
        }
    }
}

static void a_line_beyond_the_maximum_is_refused(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf text;
    const struct mem *mem = test_mem_init(&memory, 0);
    buf_init(&text, mem, 2 * WIRE_LINE_MAX);
    buf_add_text(&text, "{\"v\":1,\"t\":0}");
    while (text.size <= WIRE_LINE_MAX) {
        buf_add_byte(&text, ' ');
    }
    assert_int_equal(test_read_exact(read_reply, buf_span(&text), mem), ERR_TOO_LARGE);
    buf_truncate(&text, WIRE_LINE_MAX);
    assert_int_equal(test_read_exact(read_reply, buf_span(&text), mem), OK);
    buf_release(&text);
}

static void broken_lines_are_survived(void **state)
{
    (void)state;
    struct bench bench;
    struct feed_position feeds[2];
    struct origin_point point;
    struct id ids[3];
    struct request_proof visit;
    bench_init(&bench);
    struct tree_rest rest;
    struct sync_request request = full_request(feeds, ids, &visit, &rest);
    sync_request_write(&request, &bench.line);
    struct span seed = without_end(&bench.line);
    assert_no_beginning_is_read(read_request, seed);
    assert_memory_may_run_out(read_request, seed);
    assert_mutations_are_survived(read_request, &seed, 1, "sync request");
    buf_clear(&bench.line);
    struct sync_reply reply = full_reply(feeds, &point, ids);
    sync_reply_write(&reply, &bench.line);
    seed = without_end(&bench.line);
    assert_no_beginning_is_read(read_reply, seed);
    assert_memory_may_run_out(read_reply, seed);
    assert_mutations_are_survived(read_reply, &seed, 1, "sync reply");
    bench_release(&bench);
}

static void a_state_does_not_depend_on_the_order(void **state)
{
    (void)state;
    struct feed_position feeds[3] = {some_feeds[1], some_feeds[0], some_feeds[0]};
    feeds[2].compartment = span_of("aid");
    struct feed_position turned[3] = {feeds[2], feeds[0], feeds[1]};
    uint8_t one[SYNC_STATE_SIZE];
    uint8_t other[SYNC_STATE_SIZE];
    sync_state(test_id(1), feeds, 3, one);
    sync_state(test_id(1), turned, 3, other);
    assert_memory_equal(one, other, SYNC_STATE_SIZE);
    assert_true(span_is(feeds[0].compartment, "aid"));
    assert_true(span_is(feeds[2].scope, "org"));
    assert_golden("sync-state", span_from(one, sizeof one), false);
    feeds[1].n++;
    sync_state(test_id(1), feeds, 3, other);
    assert_memory_not_equal(one, other, SYNC_STATE_SIZE);
    feeds[1].n--;
    feeds[1].hash ^= 1;
    sync_state(test_id(1), feeds, 3, other);
    assert_memory_not_equal(one, other, SYNC_STATE_SIZE);
    feeds[1].hash ^= 1;
    sync_state(test_id(2), feeds, 3, other); /* a copy of the device, in an origin of its own */
    assert_memory_not_equal(one, other, SYNC_STATE_SIZE);
    sync_state(test_id(1), NULL, 0, one);
    assert_golden("sync-state-empty", span_from(one, sizeof one), false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_with_a_cursor_comes_back),
        cmocka_unit_test(a_request_names_the_origin_it_speaks_of),
        cmocka_unit_test(a_request_with_everything_comes_back),
        cmocka_unit_test(a_reply_with_everything_comes_back),
        cmocka_unit_test(a_reply_says_only_what_there_is_to_say),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(what_is_no_reply_is_refused),
        cmocka_unit_test(every_list_has_its_limit),
        cmocka_unit_test(a_line_beyond_the_maximum_is_refused),
        cmocka_unit_test(broken_lines_are_survived),
        cmocka_unit_test(a_state_does_not_depend_on_the_order),
    };
    return cmocka_run_group_tests_name("sync_message", tests, NULL, NULL);
}
