/* blob_message: the line before the bytes, there and back; every wrong one refused. */
#include "test.h"

#include <string.h>

#include "blob_message.h"
#include "test_mem.h"

#define HASH_TEXT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct test_mem memory;
    struct arena arena;
    struct buf text;
    struct blob_name names[2] = {{.size = 7}, {.hash = {{3}}, .size = 100000}};
    int64_t numbers[2] = {-1, 65536};
    int64_t stable[1] = {1};
    struct blob_request in = {.clock_ms = 5,
                              .ask = names,
                              .ask_count = 2,
                              .want = names,
                              .want_count = 1,
                              .has_put = true,
                              .put = {names[1], 65536, 3},
                              .has_get = true,
                              .get = {names[1], 0, 65536}};
    struct blob_request out;
    struct blob_reply reply = {.time_ms = 9,
                               .has_ratchet = true,
                               .ratchet = 77,
                               .ask = numbers,
                               .ask_count = 2,
                               .stable = stable,
                               .stable_count = 1,
                               .has_put = true,
                               .put_wrong = true,
                               .has_get = true,
                               .get = 2};
    struct blob_reply back;
    struct span bytes;
    test_mem_init(&memory, 0);
    arena_init(&arena, &memory.mem, 1u << 20);
    buf_init(&text, &memory.mem, 1u << 20);
    blob_request_write(&in, &text);
    buf_add_text(&text, "xyz");
    assert_int_equal(blob_request_read(buf_span(&text), &arena, &out, &bytes, NULL), OK);
    assert_true(span_is(bytes, "xyz"));
    assert_int_equal(out.ask_count, 2);
    assert_true(blob_name_equal(&out.ask[1], &names[1]));
    assert_true(blob_name_equal(&out.get.name, &names[1]));
    assert_int_equal(out.put.offset, 65536);
    buf_clear(&text);
    blob_reply_write(&reply, &text);
    buf_add_text(&text, "\n\n");
    assert_int_equal(blob_reply_read(buf_span(&text), &arena, &back, &bytes, NULL), OK);
    assert_int_equal(bytes.size, 2);
    assert_true(back.put_wrong && back.has_put && back.has_ratchet);
    assert_int_equal(back.ask[0], -1);
    assert_int_equal(back.stable[0], 1);
    assert_true(back.ratchet == 77);
    buf_release(&text);
    arena_release(&arena);
    assert_int_equal(memory.live_count, 0);
}

static void wrong_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err e;
    } rows[] = {
        {"", ERR_JSON},
        {"{\"v\":1,\"t\":1}", OK},
        {"{\"v\":1,\"t\":1}\n", OK},
        {"{\"v\":2,\"t\":1}\n", ERR_UNKNOWN_FORMAT},
        {"{\"v\":1}\n", ERR_FORMAT},
        {"[]\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":1}\nx", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"ask\":[[\"" HASH_TEXT "\",1]]}\n", OK},
        {"{\"v\":1,\"t\":1,\"ask\":[[\"" HASH_TEXT "\",0]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"ask\":[[\"AAAA\",1]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"ask\":[[\"" HASH_TEXT "\"]]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"ask\":{}}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"put\":[\"" HASH_TEXT "\",3,0,3]}\nabc", OK},
        {"{\"v\":1,\"t\":1,\"put\":[\"" HASH_TEXT "\",3,0,3]}\nab", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"put\":[\"" HASH_TEXT "\",3,1,3]}\nabc", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"put\":[\"" HASH_TEXT "\",3,-1,3]}\nabc", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"put\":[\"" HASH_TEXT "\",99999999,99999990,3]}\nabc", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"get\":[\"" HASH_TEXT "\",99999,0,65537]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"get\":[\"" HASH_TEXT "\",99999,0,0]}\n", ERR_FORMAT},
        {"{\"v\":1,\"t\":1,\"get\":7}\n", ERR_FORMAT},
    };
    struct test_mem memory;
    struct arena arena;
    test_mem_init(&memory, 0);
    arena_init(&arena, &memory.mem, 1u << 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct blob_request out;
        struct span bytes;
        enum err e = blob_request_read(span_of(rows[i].text), &arena, &out, &bytes, NULL);
        if (e != rows[i].e) {
            fail_msg("%s: %s", rows[i].text, err_name(e));
        }
    }
    arena_release(&arena);
}

static void wrong_replies_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"v\":1}\n",
        "{\"v\":1,\"t\":1,\"put\":\"right\"}\n",
        "{\"v\":1,\"t\":1,\"get\":2}\nx",
        "{\"v\":1,\"t\":1,\"get\":-1}\nx",
        "{\"v\":1,\"t\":1,\"get\":65537}\n",
        "{\"v\":1,\"t\":1,\"ask\":[-2]}\n",
        "{\"v\":1,\"t\":1,\"stable\":[256]}\n",
        "{\"v\":1,\"t\":1,\"ratchet\":\"AA\"}\n",
    };
    struct test_mem memory;
    struct arena arena;
    test_mem_init(&memory, 0);
    arena_init(&arena, &memory.mem, 1u << 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct blob_reply out;
        struct span bytes;
        if (blob_reply_read(span_of(rows[i]), &arena, &out, &bytes, NULL) != ERR_FORMAT) {
            fail_msg("taken: %s", rows[i]);
        }
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(wrong_requests_are_refused),
        cmocka_unit_test(wrong_replies_are_refused),
    };
    return cmocka_run_group_tests_name("blob_message", tests, NULL, NULL);
}
