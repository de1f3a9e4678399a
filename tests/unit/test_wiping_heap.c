/*
 * test_wiping_heap.c - nothing stays in memory that was given back, whoever gave it back.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cipher.h"
#include "db_internal.h"
#include "files_posix.h"
#include "host_real.h"
#include "test.h"

#define WORD_SIZE 24

/* Made while it runs: as a constant it would be found in the program itself. */
static void make_word(char ret[WORD_SIZE + 1])
{
    for (size_t i = 0; i < WORD_SIZE; i++) {
        ret[i] = (char)('a' + (i * 7 + 3) % 26);
    }
    ret[WORD_SIZE] = '\0';
}

/* How often the word stands in the heap. Its own copy, on the stack, isn't there. */
static size_t count_in_heap(const char *word)
{
    char line[512];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        void *first = NULL, *end = NULL;
        char *rest = line;
        if (!strstr(line, "[heap]")) {
            continue;
        }
        first = (void *)(uintptr_t)strtoull(rest, &rest, 16);
        end = (void *)(uintptr_t)strtoull(rest + 1, &rest, 16);
        const char *at = first, *last = (const char *)end - WORD_SIZE;
        while ((at = memchr(at, word[0], (size_t)(last - at)))) {
            count += memcmp(at, word, WORD_SIZE) == 0;
            at++;
        }
    }
    (void)fclose(maps);
    return count;
}

static bool is_wiping(void)
{
#ifdef __SANITIZE_ADDRESS__
    return false; /* it brings a heap of its own, and marks what is free */
#else
    return true;
#endif
}

static void what_is_freed_is_wiped(void **state)
{
    char word[WORD_SIZE + 1];
    (void)state;
    if (!is_wiping()) {
        skip();
    }
    make_word(word);
    for (size_t size = 64; size <= 64 * 1024; size *= 2) {
        char *block = malloc(size);
        assert_non_null(block);
        for (size_t at = 0; at + WORD_SIZE <= size; at += WORD_SIZE) {
            memcpy(block + at, word, WORD_SIZE);
        }
        assert_true(count_in_heap(word) >= 1);
        free(block);
        assert_int_equal(count_in_heap(word), 0);
    }
}

static void what_moves_or_shrinks_leaves_nothing_behind(void **state)
{
    char word[WORD_SIZE + 1];
    (void)state;
    if (!is_wiping()) {
        skip();
    }
    make_word(word);
    for (size_t size = 100; size < 40000; size = size * 3 / 2) {
        char *block = malloc(size);
        assert_non_null(block);
        void *wall = malloc(40); /* so that it can't grow where it is */
        memcpy(block, word, WORD_SIZE);
        memcpy(block + size - WORD_SIZE, word, WORD_SIZE);
        block = realloc(block, size * 3);
        assert_non_null(block);
        assert_memory_equal(block, word, WORD_SIZE);
        assert_memory_equal(block + size - WORD_SIZE, word, WORD_SIZE);
        assert_int_equal(count_in_heap(word), 2);
        block = realloc(block, size - 10);
        assert_non_null(block);
        assert_memory_equal(block, word, WORD_SIZE);
        assert_int_equal(count_in_heap(word), 1);
        free(block);
        free(wall);
    }
    assert_int_equal(count_in_heap(word), 0);
}

static void a_closed_database_leaves_no_page_behind(void **state)
{
    static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3};
    char word[WORD_SIZE + 1], folder[] = "/tmp/douar-heap-XXXXXX", path[64];
    struct host_real real;
    struct host host;
    struct db *db = NULL;
    (void)state;
    if (!is_wiping()) {
        skip();
    }
    make_word(word);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a.db", folder);
    host_real_init(&real, &host);
    host.db_key = span_from(key, sizeof key);
    struct db_options options = {.path = path, .create = true};
    assert_int_equal(db_open(&host, &options, &db, NULL), OK);
    char *sql = sqlite3_mprintf("CREATE TABLE t(a); INSERT INTO t VALUES(%Q); "
                                "SELECT upper(a), lower(a) FROM t ORDER BY a",
                                word);
    assert_int_equal(sqlite3_exec(db->handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
    assert_true(count_in_heap(word) >= 1); /* its page is in the cache */
    db_close(db);
    assert_int_equal(count_in_heap(word), 0);
    static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_freed_is_wiped),
        cmocka_unit_test(what_moves_or_shrinks_leaves_nothing_behind),
        cmocka_unit_test(a_closed_database_leaves_no_page_behind),
    };
    return cmocka_run_group_tests_name("wiping_heap", tests, NULL, NULL);
}
