/* sealed_file: files beside a database, read and gone on with at an offset. */
#define _XOPEN_SOURCE 700
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files_posix.h"
#include "sealed_file.h"
#include "test_mem.h"
#include "test_random.h"

#define CANARY   "Fatima-Ait-Ali-of-Tabant"
#define FILE_MAX (1024u * 1024)
#define PIECE    ((size_t)SEALED_PIECE)

static const uint8_t key[32] = {1, 2, 3};

struct fixture {
    struct test_mem memory;
    struct host host;
    struct buf content; /* of the last reading */
    char folder[64], path[80];
    uint64_t random;
};

static void count_up(void *ctx, void *ret, size_t size)
{
    struct fixture *f = ctx;
    for (size_t i = 0; i < size; i++) {
        f->random = f->random * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)ret)[i] = (uint8_t)(f->random >> 56);
    }
}

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.random = 7, .folder = "/tmp/douar-sealed-XXXXXX"};
    (void)test_mem_init(&f->memory, 0);
    f->host = (struct host){.ctx = f,
                            .mem = f->memory.mem,
                            .random = count_up,
                            .db_key = {key, sizeof key},
                            .files = files_posix()};
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/file", f->folder);
    buf_init(&f->content, &f->memory.mem, FILE_MAX);
}

static void fixture_release(struct fixture *f)
{
    buf_release(&f->content);
    (void)remove(f->path);
    assert_int_equal(rmdir(f->folder), 0);
    assert_int_equal(f->memory.live_count, 0);
}

static enum err read_at(struct fixture *f, uint64_t offset, size_t size)
{
    buf_clear(&f->content);
    return sealed_read_at(&f->host, span_of("a"), f->path, offset, size, &f->content);
}

static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    memcpy(bytes, CANARY, sizeof CANARY);
}

static bool disk_holds(struct fixture *f, struct span text)
{
    struct buf raw;
    bool holds = false;
    buf_init(&raw, &f->memory.mem, FILE_MAX);
    assert_int_equal(files_posix()->read(NULL, f->path, &raw), OK);
    for (size_t at = 0; !holds && at + text.size <= raw.size; at++) {
        holds = memcmp(raw.data + at, text.data, text.size) == 0;
    }
    buf_release(&raw);
    return holds;
}

static void what_was_written_in_parts_is_read_at_any_offset(void **state)
{
    static uint8_t bytes[3 * SEALED_PIECE + 1234];
    struct test_random random = test_random_begin("offsets");
    struct fixture f;
    (void)state;
    fixture_init(&f);
    fill(bytes, sizeof bytes);
    for (size_t at = 0; at < sizeof bytes;) {
        size_t part = 1 + test_random_below(&random, 2 * PIECE);
        part = part < sizeof bytes - at ? part : sizeof bytes - at;
        assert_int_equal(
            sealed_write_at(&f.host, span_of("a"), f.path, at, span_from(bytes + at, part)), OK);
        at += part;
    }
    for (int i = 0; i < 200; i++) {
        size_t at = test_random_below(&random, sizeof bytes);
        size_t size = test_random_below(&random, sizeof bytes);
        size_t there = size < sizeof bytes - at ? size : sizeof bytes - at;
        assert_int_equal(read_at(&f, at, size), OK);
        assert_int_equal(f.content.size, there);
        assert_memory_equal(f.content.data, bytes + at, there);
    }
    assert_int_equal(read_at(&f, sizeof bytes, 10), OK);
    assert_int_equal(f.content.size, 0);
    assert_int_equal(read_at(&f, 10 * PIECE, 10), OK);
    assert_int_equal(f.content.size, 0);
    assert_false(disk_holds(&f, span_of(CANARY)));
    fixture_release(&f);
}

static void a_file_begun_anew_is_the_new_one(void **state)
{
    static uint8_t bytes[2 * SEALED_PIECE];
    struct fixture f;
    (void)state;
    fixture_init(&f);
    fill(bytes, sizeof bytes);
    assert_int_equal(
        sealed_write_at(&f.host, span_of("a"), f.path, 0, span_from(bytes, sizeof bytes)), OK);
    assert_int_equal(sealed_write_at(&f.host, span_of("a"), f.path, 0, span_of("short")), OK);
    assert_int_equal(read_at(&f, 0, PIECE), OK);
    assert_string_equal(buf_text(&f.content), "short");
    fixture_release(&f);
}

static void a_changed_bit_and_another_file_are_noticed(void **state)
{
    struct fixture f;
    struct buf raw;
    (void)state;
    fixture_init(&f);
    buf_init(&raw, &f.memory.mem, FILE_MAX);
    assert_int_equal(sealed_write_at(&f.host, span_of("a"), f.path, 0, span_of(CANARY)), OK);
    assert_int_equal(sealed_read_at(&f.host, span_of("b"), f.path, 0, 10, &f.content),
                     ERR_FILE_DAMAGED);
    assert_int_equal(files_posix()->read(NULL, f.path, &raw), OK);
    for (size_t bit = 0; bit < 8 * raw.size; bit++) {
        raw.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(files_posix()->write_at(NULL, f.path, 0, buf_span(&raw)), OK);
        assert_int_equal(read_at(&f, 0, 100), ERR_FILE_DAMAGED);
        buf_clear(&f.content);
        assert_int_equal(sealed_read(&f.host, span_of("a"), f.path, &f.content), ERR_FILE_DAMAGED);
        assert_int_equal(f.content.size, 0);
        raw.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buf_release(&raw);
    fixture_release(&f);
}

static void what_is_not_there_cannot_be_gone_on_with(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    assert_int_equal(read_at(&f, 0, 10), ERR_NOT_FOUND);
    assert_int_equal(sealed_write_at(&f.host, span_of("a"), f.path, 10, span_of("x")),
                     ERR_NOT_FOUND);
    assert_int_equal(sealed_write_at(&f.host, span_of("a"), f.path, 0, span_of("12345")), OK);
    assert_int_equal(sealed_write_at(&f.host, span_of("a"), f.path, 10, span_of("x")),
                     ERR_FILE_DAMAGED);
    assert_int_equal(sealed_write_at(&f.host, span_of("a"), f.path, 5, span_of("67")), OK);
    assert_int_equal(read_at(&f, 2, 10), OK);
    assert_string_equal(buf_text(&f.content), "34567");
    fixture_release(&f);
}

static void whole_files_come_back_whole(void **state)
{
    static uint8_t bytes[2 * SEALED_PIECE + 1];
    const size_t sizes[] = {0, 1, SEALED_PIECE, SEALED_PIECE + 1, 2 * SEALED_PIECE, sizeof bytes};
    struct fixture f;
    (void)state;
    fixture_init(&f);
    fill(bytes, sizeof bytes);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct span whole = span_from(bytes, sizes[i]);
        assert_int_equal(sealed_write_atomic(&f.host, span_of("a"), f.path, whole), OK);
        buf_clear(&f.content);
        assert_int_equal(sealed_read(&f.host, span_of("a"), f.path, &f.content), OK);
        assert_true(span_equal(buf_span(&f.content), whole));
    }
    fixture_release(&f);
}

static void names_tell_nothing_and_differ(void **state)
{
    struct fixture f;
    char one[SEALED_NAME_SIZE], again[SEALED_NAME_SIZE], other[SEALED_NAME_SIZE];
    (void)state;
    fixture_init(&f);
    assert_true(sealed_name(&f.host, span_of("a"), one));
    assert_true(sealed_name(&f.host, span_of("a"), again));
    assert_true(sealed_name(&f.host, span_of("b"), other));
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), SEALED_NAME_SIZE - 1);
    fixture_release(&f);
}

static void without_a_key_a_file_is_as_it_is(void **state)
{
    struct fixture f;
    char name[SEALED_NAME_SIZE];
    (void)state;
    fixture_init(&f);
    f.host.db_key = (struct span){0};
    assert_int_equal(sealed_write_at(&f.host, span_of("a"), f.path, 0, span_of(CANARY)), OK);
    assert_true(disk_holds(&f, span_of(CANARY)));
    assert_int_equal(read_at(&f, 7, 3), OK);
    assert_string_equal(buf_text(&f.content), "Ait");
    assert_false(sealed_name(&f.host, span_of("a"), name));
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_in_parts_is_read_at_any_offset),
        cmocka_unit_test(a_file_begun_anew_is_the_new_one),
        cmocka_unit_test(a_changed_bit_and_another_file_are_noticed),
        cmocka_unit_test(what_is_not_there_cannot_be_gone_on_with),
        cmocka_unit_test(whole_files_come_back_whole),
        cmocka_unit_test(names_tell_nothing_and_differ),
        cmocka_unit_test(without_a_key_a_file_is_as_it_is),
    };
    return cmocka_run_group_tests_name("sealed_file", tests, NULL, NULL);
}
