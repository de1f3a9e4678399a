/* columns: the very text comes back; damage is refused and never read beyond. */
#include "columns.h"

#include <string.h>

#include "snapshot_message.h"
#include "test.h"
#include "test_mem.h"
#include "test_random.h"
#include "wire_limits.h"

#define ARENA_MAX (64u << 20)
#define TEXT_MAX  (1u << 20)

static const char *const lines[] = {
    "{\"enter\":\"9vLtK1-AJKk9bapxVbQsog\",\"ops\":3,\"comp\":\"base\"}\n",
    "[1,1,1795455743369]\t[1,\"2oZLp4WCk0c\",[\"0yK-_iobo7I\",0,2],1795455739012,0,60,22,"
    "\"s2t0q0NwXg8KTJJgPrb5Rg\",\"9vLtK1-AJKk9bapxVbQsog\",\"household\",1,\"\",0,\"save\","
    "\"base\",{\"_scope\":[]},{},{\"_scope\":\"05.081.03.09\"}]\n",
    "[1,2,1795455743369]\t[1,\"9jD4IYQNyPw\",[\"0yK-_iobo7I\",1,2],1795455739012,0,60,22,"
    "\"s2t0q0NwXg8KTJJgPrb5Rg\",\"9vLtK1-AJKk9bapxVbQsog\",\"household\",1,\"\",0,\"save\","
    "\"base\",{\"_case\":[],\"place\":[]},{},{\"place\":\"05.081\",\"_case\":\"R01-00001-F\"}]\n",
    "[-1,0,0]\t[1,\"hOIKNxlfr90\",null,-5,1,60,22,\"\\\"a\\\\\",\"\"]\tsQqqhQ2LO06rLhPsGh_CCg\n",
    "\n",
    "\"unclosed\n",
    "{\"a\\\"b\":\"c\",\"d\":\"e\",}\t-0 007 1.50 9999999999999999 -12 true\n",
    ("{\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"not\":\"AAAAAAAAAAAAAAAAAAAAAB\",\"m\":\"AAAAAAAAAAA\"}"
     "\n")};

static enum err there_and_back(struct test_mem *memory, struct span text, struct buf *ret)
{
    struct arena arena;
    struct buf columns;
    arena_init(&arena, &memory->mem, ARENA_MAX);
    buf_init(&columns, &memory->mem, 2 * TEXT_MAX);
    enum err e = columns_write(text, &arena, &columns);
    if (!e) {
        e = columns_read(buf_span(&columns), &arena, ret, NULL);
    }
    buf_release(&columns);
    arena_release(&arena);
    return e;
}

static void assert_comes_back(struct span text)
{
    struct test_mem memory;
    struct buf back;
    buf_init(&back, test_mem_init(&memory, 0), TEXT_MAX);
    assert_int_equal(there_and_back(&memory, text, &back), OK);
    assert_true(span_equal(buf_span(&back), text));
    buf_release(&back);
    assert_int_equal(memory.live_count, 0);
}

static void any_text_comes_back(void **state)
{
    struct test_random random = test_random_begin("columns");
    static char text[TEXT_MAX];
    (void)state;
    assert_comes_back((struct span){0});
    for (int round = 0; round < 200; round++) {
        size_t size = 0;
        for (size_t i = test_random_below(&random, 60); i > 0; i--) {
            const char *line = lines[test_random_below(&random, COUNT_OF(lines))];
            size_t length = strlen(line);
            memcpy(text + size, line, length);
            /* Another letter, digit or sign somewhere in it. */
            size_t at = test_random_below(&random, length);
            if (text[size + at] != '\n' && test_random_below(&random, 2)) {
                text[size + at] =
                    "\"\\:,[]{}-_0123456789azAZ\t\xd8"[test_random_below(&random, 26)];
            }
            size += length;
        }
        assert_comes_back(span_from(text, size));
    }
}

static void what_has_no_columns_is_refused(void **state)
{
    static const char *const texts[] = {"no end of line", "a\x01\n",         "\x1f\n",
                                        "a\nb",           "\"key\x01\":1\n", "\"text\x02\"\n"};
    struct test_mem memory;
    struct buf back;
    (void)state;
    buf_init(&back, test_mem_init(&memory, 0), TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(there_and_back(&memory, span_of(texts[i]), &back), ERR_FORMAT);
    }
    buf_release(&back);
}

static void make_columns(struct test_mem *memory, struct buf *ret)
{
    struct arena arena;
    struct buf text;
    arena_init(&arena, &memory->mem, ARENA_MAX);
    buf_init(&text, &memory->mem, TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        buf_add_text(&text, lines[i]);
    }
    assert_int_equal(columns_write(buf_span(&text), &arena, ret), OK);
    buf_release(&text);
    arena_release(&arena);
}

static void damage_is_refused_or_harmless(void **state)
{
    struct test_random random = test_random_begin("damage");
    struct test_mem memory;
    struct buf columns;
    const struct mem *mem = test_mem_init(&memory, 0);
    size_t refused = 0;
    (void)state;
    buf_init(&columns, mem, TEXT_MAX);
    make_columns(&memory, &columns);
    for (size_t i = 0; i < 3000; i++) {
        uint8_t *copy = malloc(columns.size);
        size_t size = i < columns.size ? i : columns.size;
        struct arena arena;
        struct buf back;
        assert_non_null(copy);
        memcpy(copy, columns.data, size);
        if (i >= columns.size) {
            copy[test_random_below(&random, size)] = (uint8_t)test_random_next(&random);
        }
        arena_init(&arena, mem, ARENA_MAX);
        buf_init(&back, mem, TEXT_MAX);
        enum err e = columns_read(span_from(copy, size), &arena, &back, NULL);
        assert_true(e == OK || e == ERR_FORMAT || e == ERR_TOO_LARGE);
        assert_true(i >= columns.size || e == ERR_FORMAT);
        refused += e != OK;
        buf_release(&back);
        arena_release(&arena);
        free(copy);
    }
    assert_true(refused > columns.size);
    buf_release(&columns);
}

static void no_memory_leaves_nothing_behind(void **state)
{
    struct test_mem memory;
    struct buf back;
    (void)state;
    for (size_t nth = 1;; nth++) {
        buf_init(&back, test_mem_init(&memory, nth), TEXT_MAX);
        enum err e = there_and_back(&memory, span_of(lines[1]), &back);
        buf_release(&back);
        assert_int_equal(memory.live_count, 0);
        if (!memory.failed) {
            assert_int_equal(e, OK);
            break;
        }
        assert_int_equal(e, ERR_NOMEM);
    }
}

/* ---- the messages around them */

static void a_request_comes_back(void **state)
{
    struct snapshot_request request = {
        .clock_ms = 1795455743369, .frame = 7, .from = 4096, .max_size = WIRE_REPLY_MIN};
    struct snapshot_request back;
    struct test_mem memory;
    struct arena arena;
    struct buf line;
    const struct mem *mem = test_mem_init(&memory, 0);
    (void)state;
    memset(request.snapshot.bytes, 0x5a, ID_SIZE);
    arena_init(&arena, mem, ARENA_MAX);
    buf_init(&line, mem, TEXT_MAX);
    snapshot_request_write(&request, &line);
    assert_string_equal(buf_text(&line),
                        "{\"v\":1,\"t\":1795455743369,\"snap\":\"WlpaWlpaWlpaWlpaWlpaWg"
                        "\",\"frame\":7,\"from\":4096,\"max\":8192}\n");
    assert_int_equal(
        snapshot_request_read(span_from(line.data, line.size - 1), &arena, &back, NULL), OK);
    assert_memory_equal(&back, &request, sizeof back);
    static const char *const wrong[] = {"{}", "{\"v\":2}", "[]", "{\"v\":1,\"t\":0,\"snap\":\"\"}",
                                        ("{\"v\":1,\"t\":0,\"snap\":\"WlpaWlpaWlpaWlpaWlpaWg\","
                                         "\"frame\":-1,\"from\":0,\"max\":8192}")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_not_equal(snapshot_request_read(span_of(wrong[i]), &arena, &back, NULL), OK);
    }
    buf_release(&line);
    arena_release(&arena);
}

static void a_piece_comes_back_and_a_cut_one_is_shorter(void **state)
{
    struct snapshot_piece piece = {
        .ratchet = 0x0102030405060708, .frame_size = 5, .bytes = span_of("hello")};
    struct snapshot_piece back;
    struct test_mem memory;
    struct buf body;
    (void)state;
    buf_init(&body, test_mem_init(&memory, 0), TEXT_MAX);
    snapshot_piece_write(&piece, &body);
    assert_int_equal(body.size, SNAPSHOT_HEAD_SIZE + 5);
    assert_int_equal(snapshot_piece_read(buf_span(&body), &back, NULL), OK);
    assert_int_equal(back.ratchet, piece.ratchet);
    assert_int_equal(back.frame_size, 5);
    assert_true(span_is(back.bytes, "hello"));
    for (size_t size = 0; size < body.size; size++) {
        enum err e = snapshot_piece_read(span_from(body.data, size), &back, NULL);
        assert_int_equal(e, size < SNAPSHOT_HEAD_SIZE ? ERR_FORMAT : OK);
        assert_true(e || back.bytes.size == size - SNAPSHOT_HEAD_SIZE);
    }
    body.data[0] = 2;
    assert_int_equal(snapshot_piece_read(buf_span(&body), &back, NULL), ERR_UNKNOWN_FORMAT);
    buf_release(&body);
}

static void a_frame_comes_back_whatever_its_text(void **state)
{
    static const char *const texts[] = {"[1,\"a\"]\n[2,\"b\"]\n", "not \x01 columns", ""};
    struct test_mem memory;
    struct zip *zip = NULL;
    struct pack *pack = NULL;
    const struct mem *mem = test_mem_init(&memory, 0);
    (void)state;
    assert_int_equal(zip_new(mem, (struct span){0}, 19, &zip), OK);
    assert_int_equal(pack_new(mem, &pack), OK);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct arena arena;
        struct buf frame;
        struct buf text;
        arena_init(&arena, mem, ARENA_MAX);
        buf_init(&frame, mem, TEXT_MAX);
        buf_init(&text, mem, TEXT_MAX);
        assert_int_equal(snapshot_frame_write(zip, span_of(texts[i]), &arena, &frame), OK);
        assert_int_equal(snapshot_frame_read(pack, buf_span(&frame), &arena, &text, NULL), OK);
        assert_string_equal(buf_text(&text), texts[i]);
        assert_int_not_equal(
            snapshot_frame_read(pack, span_from(frame.data, frame.size - 1), &arena, &text, NULL),
            OK);
        buf_release(&frame);
        buf_release(&text);
        arena_release(&arena);
    }
    zip_free(zip);
    pack_free(pack);
    assert_int_equal(memory.live_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_comes_back),
        cmocka_unit_test(what_has_no_columns_is_refused),
        cmocka_unit_test(damage_is_refused_or_harmless),
        cmocka_unit_test(no_memory_leaves_nothing_behind),
        cmocka_unit_test(a_request_comes_back),
        cmocka_unit_test(a_piece_comes_back_and_a_cut_one_is_shorter),
        cmocka_unit_test(a_frame_comes_back_whatever_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
