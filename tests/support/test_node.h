/*
 * test_node.h - nodes over real databases in a folder of their own, with a clock that a test
 * sets and randomness that follows from a seed; test_org.h makes an organisation of them.
 *
 * What one writes reaches another with test_carry(), as a hub would bring it. The file that
 * includes this defines _XOPEN_SOURCE 700 first (mkdtemp).
 */
#ifndef TEST_NODE_H
#define TEST_NODE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "test_mem.h"

#include "node_build.h"
#include "node_internal.h"

#define TEST_COMMUNE   "05.081.03.09"
#define TEST_COMMUNE2  "05.081.03.11"
#define TEST_PROVINCE  "05.081"
#define TEST_ELSEWHERE "05.091.01.01" /* a commune of another province */
#define TEST_NODES     8
#define TEST_START_MS  (NODE_BUILD_MS + 90 * 86400000LL)

struct test_org {
    struct test_mem memory;
    struct host host;
    uint64_t random;
    int64_t now_ms; /* the clock of every node; advance it as you like */
    char folder[256];
    char paths[TEST_NODES][300];
    struct node *nodes[TEST_NODES]; /* the region first */
    size_t count;
    struct node *region;
    struct arena arena;       /* of what a test reads */
    struct id fatima, brahim; /* workers in TEST_COMMUNE: base and aid */
    struct id said;           /* supervisor of the province: everything, and reviews */
};

/* ---- the host */

static inline int64_t test_org_now(void *ctx)
{
    return ((struct test_org *)ctx)->now_ms;
}

static inline void test_org_random(void *ctx, void *ret, size_t size)
{
    struct test_org *org = ctx;
    for (size_t i = 0; i < size; i++) {
        org->random = org->random * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)ret)[i] = (uint8_t)(org->random >> 56);
    }
}

static inline bool test_org_fault(void *ctx, const char *site)
{
    (void)ctx;
    (void)site;
    return false;
}

static inline bool test_org_exists(void *ctx, const char *path)
{
    (void)ctx;
    return access(path, F_OK) == 0;
}

static inline enum err test_org_read_file(void *ctx, const char *path, struct buf *ret)
{
    char text[512];
    (void)ctx;
    FILE *file = fopen(path, "rb");
    if (!file) {
        return ERR_NOT_FOUND;
    }
    buf_add(ret, text, fread(text, 1, sizeof text, file));
    (void)fclose(file);
    return buf_error(ret);
}

static inline enum err test_org_write_file(void *ctx, const char *path, struct span bytes)
{
    (void)ctx;
    FILE *file = fopen(path, "wb");
    if (!file) {
        return ERR_FILE;
    }
    bool good = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    good = fclose(file) == 0 && good;
    return good ? OK : ERR_FILE;
}

static inline enum err test_org_remove(void *ctx, const char *path)
{
    (void)ctx;
    return remove(path) == 0 || access(path, F_OK) != 0 ? OK : ERR_FILE;
}

static inline enum err test_org_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return rename(from, to) == 0 ? OK : ERR_FILE;
}

static const struct host_files test_org_files = {.exists = test_org_exists,
                                                 .read = test_org_read_file,
                                                 .write_atomic = test_org_write_file,
                                                 .remove = test_org_remove,
                                                 .rename = test_org_rename};

/* ---- nodes */

static inline struct node *test_org_node(struct test_org *org, enum role role)
{
    struct diag diag = {0};
    uint8_t seed[SECRET_SEED_SIZE];
    assert_true(org->count < TEST_NODES);
    char *path = org->paths[org->count];
    (void)snprintf(path, sizeof org->paths[0], "%s/%zu.db", org->folder, org->count);
    test_org_random(org, seed, sizeof seed);
    assert_int_equal(node_create(&org->host, path, role, role == ROLE_REGION ? seed : NULL, &diag),
                     OK);
    assert_int_equal(node_open(&org->host, path, &org->nodes[org->count], &diag), OK);
    return org->nodes[org->count++];
}

/* Applies every op that `from` holds to `to`, in its order: org ops too. */
static inline void test_carry(struct test_org *org, struct node *from, struct node *to)
{
    struct arena arena;
    size_t misses = 0;
    arena_init(&arena, &org->host.mem, 64u * 1024 * 1024);
    assert_int_equal(node_begin(to), OK);
    for (int64_t row = 1; misses < 64; row++) {
        struct logged logged;
        enum applied applied;
        int64_t ignored = 0;
        arena_reset(&arena);
        if (log_read(from, row, &arena, &logged)) {
            misses++; /* a number that an undone op left behind, or the end */
            continue;
        }
        misses = 0;
        struct arriving in = {.op = &logged.op,
                              .way = WAY_ABOVE,
                              .receipt_ms = logged.receipt_ms,
                              .has_org_signature = logged.has_org_signature,
                              .org_signature = logged.org_signature};
        assert_int_equal(log_apply(to, &in, &applied, &ignored), OK);
        assert_int_not_equal(applied, APPLIED_QUARANTINED);
    }
    assert_int_equal(node_end(to, OK), OK);
    arena_release(&arena);
}

static inline void test_carry_both(struct test_org *org, struct node *a, struct node *b)
{
    test_carry(org, a, b);
    test_carry(org, b, a);
}

#endif
