/*
 * test_home.h - a folder of its own, a host over it with counted memory, and paths of two
 * databases in it; released, it insists that nothing is left in memory or in the folder.
 *
 * The file that includes it defines _XOPEN_SOURCE 700 first (mkdtemp).
 */
#ifndef TEST_HOME_H
#define TEST_HOME_H

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "test.h"
#include "test_mem.h"

#define PATH_SIZE 512

struct test_home {
    struct test_mem memory;
    struct host host;
    char folder[PATH_SIZE];
    char path[PATH_SIZE + 8];
    char copy_path[PATH_SIZE + 8];
};

static inline enum err test_home_remove(void *ctx, const char *path)
{
    (void)ctx;
    return remove(path) == 0 || errno == ENOENT ? OK : ERR_FILE;
}

static inline enum err test_home_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return rename(from, to) == 0 ? OK : ERR_FILE;
}

static inline bool test_home_exists(void *ctx, const char *path)
{
    struct stat found;
    (void)ctx;
    return stat(path, &found) == 0;
}

static const struct host_files test_home_files = {
    .remove = test_home_remove, .rename = test_home_rename, .exists = test_home_exists};

static inline void test_home_sleep(void *ctx, int64_t ms)
{
    (void)ctx;
    (void)ms; /* Waiting is pointless: who holds the lock is this very thread. */
}

static inline void test_home_init(struct test_home *home)
{
    *home = (struct test_home){0};
    (void)test_mem_init(&home->memory, 0);
    home->host = (struct host){.ctx = home,
                               .mem = home->memory.mem,
                               .sleep_ms = test_home_sleep,
                               .files = &test_home_files};
    const char *base = getenv("TMPDIR");
    if (base == NULL) {
        /* Faults are injected, so no disk is needed; waiting for one took nine tenths of the time.
         */
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    }
    (void)snprintf(home->folder, sizeof home->folder, "%s/douar-db-XXXXXX", base);
    assert_non_null(mkdtemp(home->folder));
    (void)snprintf(home->path, sizeof home->path, "%s/a.db", home->folder);
    (void)snprintf(home->copy_path, sizeof home->copy_path, "%s/b.db", home->folder);
}

static inline void test_home_remove_database(const char *path)
{
    static const char *const suffixes[] = {"",     "-wal",     "-shm",     "-journal",
                                           ".tmp", ".tmp-wal", ".tmp-shm", ".tmp-journal"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char name[2 * PATH_SIZE];
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)remove(name);
    }
}

static inline bool test_home_has(const char *path, const char *suffix)
{
    char name[2 * PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

static inline void test_home_release(struct test_home *home)
{
    test_home_remove_database(home->path);
    test_home_remove_database(home->copy_path);
    assert_int_equal(rmdir(home->folder), 0); /* nothing else may be left behind */
    assert_int_equal(home->memory.live_count, 0);
    assert_int_equal(sqlite3_memory_used(), 0);
}

#endif
