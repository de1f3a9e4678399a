/*
 * bench_rest.c - what encryption at rest costs: the same work on an ordinary database and on a
 * sealed one, side by side, and what one try of a passphrase costs.
 *
 *     bench_rest [--json FILE]
 */
#define _XOPEN_SOURCE 700
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "host_real.h"
#include "passphrase.h"
#include "process.h"

#define SAVES  400   /* each a transaction of its own, synced */
#define ROWS   60000 /* in one transaction */
#define BODY   300
#define POINTS 60000
#define ROUNDS 3

enum statement { PUT, GET, SCAN, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [PUT] = "INSERT OR REPLACE INTO thing(id, body) VALUES (?1, ?2)",
    [GET] = "SELECT body FROM thing WHERE id = ?1",
    [SCAN] = "SELECT sum(length(body)) FROM thing WHERE body > x'00'",
};
static const unsigned char creation[] = "CREATE TABLE thing(id INTEGER PRIMARY KEY, body BLOB);";
static const struct embedded migrations[] = {
    {.name = "0001_thing.sql", .data = creation, .size = sizeof creation - 1}};

struct times {
    int64_t save_ns, fill_ns, scan_ns, point_ns;
};

static void must(enum err e, const char *what)
{
    if (e) {
        (void)fprintf(stderr, "bench_rest: %s: %s\n", what, err_name(e));
        exit(1);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void put(struct db *db, int64_t id)
{
    uint8_t body[BODY];
    memset(body, (int)(id % 251) + 1, sizeof body);
    struct stmt *s = db_stmt(db, PUT);
    stmt_bind_i64(s, 1, id);
    stmt_bind_blob(s, 2, body, sizeof body);
    must(stmt_run(s), "put");
}

static struct db *open_db(const struct host *host, const char *path)
{
    struct db_options options = {.path = path, .create = true, .sql = sql, .sql_count = STATEMENTS};
    struct db *db = NULL;
    must(db_open(host, &options, &db, NULL), "open");
    must(db_migrate(db, migrations, 1, NULL), "migrate");
    return db;
}

static void measure_writes(struct db *db, struct times *ret)
{
    int64_t start = now_ns();
    for (int64_t id = 0; id < SAVES; id++) {
        must(db_begin(db), "begin");
        put(db, id);
        must(db_end(db, OK), "end");
    }
    ret->save_ns = (now_ns() - start) / SAVES;
    start = now_ns();
    must(db_begin(db), "begin");
    for (int64_t id = 0; id < ROWS; id++) {
        put(db, id);
    }
    must(db_end(db, OK), "end");
    must(db_checkpoint(db), "checkpoint");
    ret->fill_ns = (now_ns() - start) / ROWS;
}

/* With a connection of its own, whose cache is empty. */
static void measure_reads(struct db *db, struct times *ret)
{
    uint64_t random = 42;
    int64_t start = now_ns();
    struct stmt *s = db_stmt(db, SCAN);
    if (!stmt_row(s) || stmt_i64(s, 0) != (int64_t)ROWS * BODY) {
        must(ERR_CHECK_FAILED, "scan");
    }
    must(stmt_end(s), "scan");
    ret->scan_ns = now_ns() - start;
    start = now_ns();
    for (int i = 0; i < POINTS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        s = db_stmt(db, GET);
        stmt_bind_i64(s, 1, (int64_t)((random >> 33) % ROWS));
        must(stmt_row(s) ? OK : ERR_CHECK_FAILED, "point");
        must(stmt_end(s), "point");
    }
    ret->point_ns = (now_ns() - start) / POINTS;
}

static void remove_database(const struct host *host, const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[256];
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        must(host->files->remove(NULL, name), "remove");
    }
}

static struct times measure(const struct host *host, const char *path)
{
    struct times times;
    remove_database(host, path);
    struct db *db = open_db(host, path);
    measure_writes(db, &times);
    db_close(db);
    db = open_db(host, path);
    measure_reads(db, &times);
    db_close(db);
    remove_database(host, path);
    return times;
}

static int64_t least(int64_t a, int64_t b)
{
    return a == 0 || b < a ? b : a;
}

/* The best of some rounds, in turn, so that what else runs here troubles both alike. */
static void keep_best(struct times *best, struct times now)
{
    best->save_ns = least(best->save_ns, now.save_ns);
    best->fill_ns = least(best->fill_ns, now.fill_ns);
    best->scan_ns = least(best->scan_ns, now.scan_ns);
    best->point_ns = least(best->point_ns, now.point_ns);
}

static FILE *json; /* NULL: not asked for */

static void print_row(const char *what, const char *name, int64_t plain_ns, int64_t sealed_ns,
                      double scale, const char *unit)
{
    if (json) {
        (void)fprintf(json, " \"%s\":{\"ordinary_ns\":%" PRId64 ",\"sealed_ns\":%" PRId64 "},\n",
                      name, plain_ns, sealed_ns);
    }
    (void)printf("%-34s %10.1f %10.1f %-3s %8.2f\n", what, (double)plain_ns / scale,
                 (double)sealed_ns / scale, unit, (double)sealed_ns / (double)plain_ns);
}

static void print_passphrase(const char *separator, const char *what, struct passphrase_cost cost)
{
    const uint8_t salt[PASSPHRASE_SALT_SIZE] = {1};
    struct seal_key key;
    int64_t best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = now_ns();
        must(passphrase_key(span_of("correct horse battery"), salt, cost, &key) ? OK : ERR_NOMEM,
             "passphrase");
        best = least(best, now_ns() - start);
    }
    if (json) {
        (void)fprintf(json, "%s\"%s\":%" PRId64, separator, what, best);
    }
    (void)printf("a try, %-27s %21.1f ms\n", what, (double)best / 1e6);
}

int main(int argc, char **argv)
{
    static const uint8_t key[32] = {1};
    struct host_real real;
    struct host bare;
    struct times plain = {0}, sealed = {0};
    char path[64];
    if (argc == 3 && strcmp(argv[1], "--json") == 0) {
        json = fopen(argv[2], "w");
        must(json ? OK : ERR_FILE, argv[2]);
    }
    must(process_init(), "process");
    host_real_init(&real, &bare);
    struct host keyed = bare;
    keyed.db_key = span_from(key, sizeof key);
    (void)snprintf(path, sizeof path, "/tmp/douar-bench-rest-%ld.db", (long)getpid());
    for (int i = 0; i < ROUNDS; i++) {
        keep_best(&plain, measure(&bare, path));
        keep_best(&sealed, measure(&keyed, path));
    }
    (void)printf("%-34s %10s %10s     %8s\n", "the least of 3 rounds", "ordinary", "sealed",
                 "ratio");
    if (json) {
        (void)fprintf(json, "{\n");
    }
    print_row("a save, synced", "save", plain.save_ns, sealed.save_ns, 1e3, "us");
    print_row("a row of 60,000 in one transaction", "row", plain.fill_ns, sealed.fill_ns, 1e3,
              "us");
    print_row("reading all, cache empty", "scan", plain.scan_ns, sealed.scan_ns, 1e6, "ms");
    print_row("a row by its number", "point", plain.point_ns, sealed.point_ns, 1e3, "us");
    print_passphrase(" \"passphrase_ns\":{", "128 MiB and 3 passes", PASSPHRASE_COST_MOST);
    print_passphrase(",", "64 MiB and 3 passes", PASSPHRASE_COST);
    print_passphrase(",", "19 MiB and 2 passes", PASSPHRASE_COST_LEAST);
    if (json) {
        (void)fprintf(json, "}}\n");
        (void)fclose(json);
    }
    host_real_release(&real);
    return 0;
}
