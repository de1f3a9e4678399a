/*
 * test_region.h - a region in a folder of its own, made by the commands that a person would type,
 * over the real machine but for memory (counted) and the network (none).
 *
 *     struct test_region region;
 *     region_open(&region);
 *     assert_int_equal(region_run(&region, "person", "list", NULL), 0);
 *     ... region_text(&region) is what it printed
 *     region_release(&region);
 *
 * The file that includes it defines _XOPEN_SOURCE 700 first (mkdtemp, nftw), and is given
 * DOUAR_SCHEMA, the folder schema/.
 */
#ifndef TEST_REGION_H
#define TEST_REGION_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "test_mem.h"

#include "commands.h"
#include "home_key.h"
#include "host_real.h"
#include "process.h"

#define REGION_WORDS_MAX 32

struct test_region {
    struct test_mem memory;
    struct host_real real;
    struct buf key; /* of the home */
    struct host host;
    char folder[256];
    char home[300];
    struct buf out; /* of the last command, both streams */
};

static inline const char *region_environment(const char *name)
{
    return strcmp(name, "DOUAR_LANG") == 0 ? "en" : NULL;
}

static inline void region_write(void *ctx, enum face_stream stream, struct span text)
{
    struct test_region *region = ctx;
    (void)stream;
    buf_add_span(&region->out, text);
}

static inline int region_run_words(struct test_region *region, const char *const *words,
                                   size_t count)
{
    const char *argv[REGION_WORDS_MAX + 2] = {"--home", region->home};
    assert_true(count <= REGION_WORDS_MAX);
    memcpy(argv + 2, words, count * sizeof *words);
    struct command_line line = {
        .host = &region->host,
        .argc = count + 2,
        .argv = argv,
        .environment = region_environment,
        .write = region_write,
        .write_ctx = region,
    };
    buf_clear(&region->out);
    return commands_run(&line);
}

/* The words of a command, then NULL; its exit status. */
__attribute__((sentinel)) static inline int region_run(struct test_region *region, ...)
{
    const char *words[REGION_WORDS_MAX];
    size_t count = 0;
    va_list list;
    va_start(list, region);
    const char *word = va_arg(list, const char *);
    while (word != NULL && count < REGION_WORDS_MAX) {
        words[count++] = word;
        word = va_arg(list, const char *);
    }
    va_end(list);
    return region_run_words(region, words, count);
}

static inline const char *region_text(const struct test_region *region)
{
    return buf_text(&region->out);
}

/* A command that a test needs done. */
#define REGION_DO(region, ...)                                                                     \
    do {                                                                                           \
        if (region_run(region, __VA_ARGS__, NULL) != 0) {                                          \
            fail_msg("%s", region_text(region));                                                   \
        }                                                                                          \
    } while (0)

/* A folder without a node. */
static inline void region_open_empty(struct test_region *region)
{
    const char *base = getenv("TMPDIR");
    memset(region, 0, sizeof *region);
    assert_int_equal(process_init(), OK);
    (void)test_mem_init(&region->memory, 0);
    host_real_init(&region->real, &region->host);
    region->host.mem = region->memory.mem;
    region->host.memory_kib = 1; /* a try of a passphrase costs the least that it may */
    buf_init(&region->out, &region->host.mem, 16u << 20);
    buf_init(&region->key, &region->host.mem, 4096);
    (void)snprintf(region->folder, sizeof region->folder, "%s/douard-XXXXXX",
                   base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(region->folder));
    (void)snprintf(region->home, sizeof region->home, "%s/home", region->folder);
}

/* With types, forms and places of schema/, and Fatima, who works in the province of Azilal. */
static inline void region_open(struct test_region *region)
{
    region_open_empty(region);
    REGION_DO(region, "init", "--region", "--name", "Test", "--port", "0", "--url",
              "https://localhost:1");
    REGION_DO(region, "type", "add", DOUAR_SCHEMA "/types/household.json",
              DOUAR_SCHEMA "/types/person.json", DOUAR_SCHEMA "/types/project.json");
    REGION_DO(region, "form", "add", DOUAR_SCHEMA "/forms/register_household.json");
    REGION_DO(region, "geo", "import", DOUAR_SCHEMA "/geo/beni-mellal-khenifra.csv");
    REGION_DO(region, "person", "add", "Fatima", "--role", "worker");
    REGION_DO(region, "person", "grant", "Fatima", "--scope", "05.081", "--compartment",
              "base,health,aid", "--verbs", "read,write");
    /* For tests that open the home themselves. */
    assert_true(home_key_take(&region->host, region->home, &region->key));
}

static inline int region_remove_one(const char *path, const struct stat *about, int kind,
                                    struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Insists that nothing is left in memory. */
static inline void region_release(struct test_region *region)
{
    (void)nftw(region->folder, region_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    buf_release(&region->out);
    buf_release(&region->key);
    host_real_release(&region->real);
    assert_int_equal(region->memory.live_count, 0);
}

#endif
