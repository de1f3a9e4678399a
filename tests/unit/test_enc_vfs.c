/* enc_vfs: a sealed database behaves like any other, shows nothing and takes nothing changed. */
#define _XOPEN_SOURCE 700
#include "test.h"

#include <sys/wait.h>

#include "cipher.h"
#include "db.h"
#include "sim_vfs.h"
#include "test_home.h"
#include "test_random.h"

enum statement { PUT, GET, COUNT_ROWS, TAKE, WIPE, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [PUT] = "INSERT OR REPLACE INTO thing(id, name) VALUES (?1, ?2)",
    [GET] = "SELECT name FROM thing WHERE id = ?1",
    [COUNT_ROWS] = "SELECT count(*) FROM thing",
    [TAKE] = "DELETE FROM thing WHERE id = ?1",
    [WIPE] = "DELETE FROM thing",
};

static const unsigned char creation[] = "CREATE TABLE thing(id INTEGER PRIMARY KEY, name BLOB);"
                                        "CREATE INDEX thing_name ON thing(name);";
static const struct embedded migrations[] = {
    {.name = "0001_thing.sql", .data = creation, .size = sizeof creation - 1},
};

#define CANARY     "Fatima-Ait-Ali-of-Tabant"
#define FLIPS      3000
#define PAGE       4096
#define FILE_MAX   (64u * 1024 * 1024)
#define FRAME      (24 + PAGE)
#define WAL_HEADER 32
#define ROWS       60
#define ROW_SIZE   600

static const uint8_t key[32] = {7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* Nonces must differ, nothing more. */
static void count_up(void *ctx, void *ret, size_t size)
{
    static uint64_t state = 88172645463325252ULL;
    uint8_t *out = ret;
    (void)ctx;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out[i] = (uint8_t)state;
    }
}

static enum err read_at(void *ctx, const char *path, uint64_t offset, size_t size, struct buf *ret)
{
    FILE *file = fopen(path, "rb");
    (void)ctx;
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    (void)fseek(file, (long)offset, SEEK_SET);
    uint8_t *room = buf_room(ret, size);
    size_t got = room == NULL ? 0 : fread(room, 1, size, file);
    buf_grew(ret, got);
    (void)fclose(file);
    return OK;
}

static void home_init(struct test_home *home, struct host_files *files)
{
    test_home_init(home);
    *files = test_home_files;
    files->read_at = read_at;
    home->host.files = files;
    home->host.random = count_up;
    home->host.db_key = span_from(key, sizeof key);
}

static struct db *open_db(const struct host *host, const char *path, bool create)
{
    struct db_options options = {
        .path = path, .create = create, .sql = sql, .sql_count = STATEMENTS};
    struct db *db = NULL;
    struct diag diag = {0};
    if (db_open(host, &options, &db, &diag) != OK) {
        fail_msg("%s: %s %s", err_name(diag.code), diag.args[0], diag.args[1]);
    }
    if (create) {
        assert_int_equal(db_migrate(db, migrations, COUNT_OF(migrations), NULL), OK);
    }
    return db;
}

static enum err put(struct db *db, int64_t id, struct span name)
{
    struct stmt *stmt = db_stmt(db, PUT);
    stmt_bind_i64(stmt, 1, id);
    stmt_bind_blob(stmt, 2, name.data, name.size);
    return stmt_run(stmt);
}

static enum err save(struct db *db, int64_t id, struct span name)
{
    enum err e = db_begin(db);
    return e ? e : db_end(db, put(db, id, name));
}

static int64_t rows(struct db *db)
{
    struct stmt *stmt = db_stmt(db, COUNT_ROWS);
    int64_t count = stmt_row(stmt) ? stmt_i64(stmt, 0) : -1;
    return stmt_end(stmt) == OK ? count : -1;
}

static void assert_sound(struct db *db)
{
    struct test_mem memory;
    struct buf findings;
    buf_init(&findings, test_mem_init(&memory, 0), 65536);
    assert_int_equal(db_check(db, &findings), OK);
    assert_string_equal(buf_text(&findings), "");
    buf_release(&findings);
}

static uint8_t *slurp(const char *path, size_t *ret_size)
{
    uint8_t *bytes = malloc(FILE_MAX);
    FILE *file = fopen(path, "rb");
    assert_non_null(bytes);
    *ret_size = file == NULL ? 0 : fread(bytes, 1, FILE_MAX, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return bytes;
}

static bool file_holds(const char *path, const char *suffix, const void *text, size_t text_size)
{
    char name[2 * PATH_SIZE];
    size_t size = 0;
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    uint8_t *bytes = slurp(name, &size);
    bool holds = false;
    for (size_t at = 0; !holds && at + text_size <= size; at++) {
        holds = memcmp(bytes + at, text, text_size) == 0;
    }
    free(bytes);
    return holds;
}

static void assert_hidden(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        assert_false(file_holds(path, suffixes[i], CANARY, strlen(CANARY)));
        assert_false(file_holds(path, suffixes[i], "SQLite format", strlen("SQLite format")));
        assert_false(file_holds(path, suffixes[i], "thing_name", strlen("thing_name")));
        assert_false(file_holds(path, suffixes[i], key, sizeof key));
    }
}

/* ---- behaviour */

static void what_was_saved_is_in_no_file(void **state)
{
    struct test_home home;
    struct host_files files;
    (void)state;
    home_init(&home, &files);
    struct db *db = open_db(&home.host, home.path, true);
    for (int64_t id = 1; id <= 200; id++) {
        assert_int_equal(save(db, id, span_of(CANARY)), OK);
    }
    assert_true(test_home_has(home.path, "-wal"));
    assert_hidden(home.path);
    assert_int_equal(db_backup(db, home.copy_path, NULL, NULL, NULL), OK);
    assert_int_equal(db_checkpoint(db), OK);
    assert_hidden(home.path);
    assert_hidden(home.copy_path);
    db_close(db);
    assert_hidden(home.path);
    test_home_release(&home);
}

static void savepoints_spills_and_vacuum_work_as_ever(void **state)
{
    struct test_home home;
    struct host_files files;
    static uint8_t large[3000];
    (void)state;
    home_init(&home, &files);
    struct db_options options = {
        .path = home.path, .create = true, .cache_kib = 64, .sql = sql, .sql_count = STATEMENTS};
    struct db *db = NULL;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    assert_int_equal(db_migrate(db, migrations, COUNT_OF(migrations), NULL), OK);
    memset(large, 'x', sizeof large);
    assert_int_equal(db_begin(db), OK);
    for (int64_t id = 1; id <= 600; id++) {
        assert_int_equal(put(db, id, span_from(large, sizeof large)), OK);
    }
    /* The savepoint's journal grows beyond what SQLite keeps in memory by itself. */
    assert_int_equal(db_save_begin(db), OK);
    memset(large, 'y', sizeof large);
    for (int64_t id = 1; id <= 600; id++) {
        assert_int_equal(put(db, id, span_from(large, sizeof large)), OK);
    }
    assert_int_equal(db_save_end(db, ERR_CANCELLED), ERR_CANCELLED);
    assert_int_equal(db_end(db, OK), OK);
    struct stmt *stmt = db_stmt(db, GET);
    stmt_bind_i64(stmt, 1, 300);
    assert_true(stmt_row(stmt));
    assert_int_equal(stmt_span(stmt, 0).data[0], 'x');
    assert_int_equal(stmt_end(stmt), OK);
    assert_int_equal(rows(db), 600);
    for (int64_t id = 1; id <= 600; id += 2) {
        stmt = db_stmt(db, TAKE);
        stmt_bind_i64(stmt, 1, id);
        assert_int_equal(stmt_run(stmt), OK);
    }
    assert_int_equal(db_shrink(db), OK);
    assert_int_equal(db_scour(db), OK);
    assert_sound(db);
    assert_int_equal(rows(db), 300);
    assert_int_equal(db_alone(db), OK);
    db_close(db);
    assert_false(test_home_has(home.path, "-wal"));
    db = open_db(&home.host, home.path, false);
    assert_int_equal(rows(db), 300);
    db_close(db);
    test_home_release(&home);
}

static void write_a_lot(const struct test_home *home, int64_t first)
{
    struct db_options options = {
        .path = home->path, .busy_timeout_ms = 60000, .sql = sql, .sql_count = STATEMENTS};
    struct db *db = NULL;
    int failed = db_open(&home->host, &options, &db, NULL) != OK;
    for (int64_t id = first; id < first + 150 && !failed; id++) {
        failed = save(db, id, span_of(CANARY)) != OK;
    }
    db_close(db);
    _exit(failed);
}

static void processes_write_side_by_side(void **state)
{
    struct test_home home;
    struct host_files files;
    (void)state;
    home_init(&home, &files);
    db_close(open_db(&home.host, home.path, true));
    for (int64_t i = 0; i < 3; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            write_a_lot(&home, 1000 * (i + 1));
        }
    }
    for (int i = 0; i < 3; i++) {
        int status = 0;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct db *db = open_db(&home.host, home.path, false);
    assert_int_equal(rows(db), 450);
    assert_sound(db);
    db_close(db);
    assert_hidden(home.path);
    test_home_release(&home);
}

/* SQLite never uses the page at 1 GiB; moved to 256 KiB, a small file has one. */
static void the_page_of_the_lock_is_left_out(void **state)
{
    struct test_home home;
    struct host_files files;
    uint8_t large[3000] = {1};
    (void)state;
    home_init(&home, &files);
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0x40000);
    struct db *db = open_db(&home.host, home.path, true);
    for (int64_t id = 1; id <= 300; id++) {
        assert_int_equal(save(db, id, span_from(large, sizeof large)), OK);
    }
    assert_int_equal(db_backup(db, home.copy_path, NULL, NULL, NULL), OK);
    assert_int_equal(db_scour(db), OK);
    db_close(db);
    db = open_db(&home.host, home.copy_path, false);
    assert_sound(db);
    assert_int_equal(rows(db), 300);
    db_close(db);
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0x40000000);
    test_home_release(&home);
}

static void another_key_opens_nothing(void **state)
{
    struct test_home home;
    struct host_files files;
    uint8_t other[sizeof key];
    (void)state;
    home_init(&home, &files);
    db_close(open_db(&home.host, home.path, true));
    memcpy(other, key, sizeof key);
    other[31] ^= 1;
    struct host host = home.host;
    struct db_options options = {.path = home.path, .sql = sql, .sql_count = STATEMENTS};
    struct db *db = NULL;
    host.db_key = span_from(other, sizeof other);
    assert_int_equal(db_open(&host, &options, &db, NULL), ERR_DB_CORRUPT);
    host.db_key = (struct span){0};
    assert_int_equal(db_open(&host, &options, &db, NULL), ERR_DB_CORRUPT);
    host.db_key = span_from(other, 16);
    assert_int_equal(db_open(&host, &options, &db, NULL), ERR_INTERNAL);
    test_home_release(&home);
}

static bool is_plain(const struct test_home *home)
{
    bool plain = false;
    assert_int_equal(db_is_plain(&home->host, home->path, &plain), OK);
    return plain;
}

static void an_ordinary_database_is_sealed_in_its_place(void **state)
{
    struct test_home home;
    struct host_files files;
    (void)state;
    home_init(&home, &files);
    struct host bare = home.host;
    bare.db_key = (struct span){0};
    assert_false(is_plain(&home));
    struct db *db = open_db(&bare, home.path, true);
    for (int64_t id = 1; id <= 100; id++) {
        assert_int_equal(save(db, id, span_of(CANARY)), OK);
    }
    assert_int_equal(db_encrypt(&home.host, home.path, NULL), ERR_IN_USE);
    db_close(db);
    assert_true(is_plain(&home));
    assert_int_equal(db_encrypt(&home.host, home.path, NULL), OK);
    assert_false(is_plain(&home));
    assert_hidden(home.path);
    db = open_db(&home.host, home.path, false);
    assert_int_equal(rows(db), 100);
    assert_sound(db);
    db_close(db);
    test_home_release(&home);
}

/* ---- tampering */

static void fill(int64_t id, uint8_t ret[ROW_SIZE])
{
    memset(ret, (int)(id % 251), ROW_SIZE);
}

static void fill_rows(const struct test_home *home)
{
    struct db *db = open_db(&home->host, home->path, true);
    for (int64_t id = 1; id <= ROWS; id++) {
        uint8_t name[ROW_SIZE];
        fill(id, name);
        assert_int_equal(save(db, id, span_from(name, ROW_SIZE)), OK);
    }
    db_close(db);
}

/* Reads every row, then every page. Wrong data without a failure is what must not be. */
static enum err read_all(const struct test_home *home)
{
    struct db_options options = {.path = home->path, .sql = sql, .sql_count = STATEMENTS};
    struct db *db = NULL;
    enum err e = db_open(&home->host, &options, &db, NULL);
    for (int64_t id = 1; !e && id <= ROWS; id++) {
        uint8_t wanted[ROW_SIZE];
        fill(id, wanted);
        struct stmt *stmt = db_stmt(db, GET);
        stmt_bind_i64(stmt, 1, id);
        bool right = stmt_row(stmt) && span_equal(stmt_span(stmt, 0), span_from(wanted, ROW_SIZE));
        e = stmt_end(stmt);
        assert_true(e || right);
    }
    if (!e) {
        e = db_backup(db, home->copy_path, NULL, NULL, NULL);
    }
    db_close(db);
    return e;
}

static void flip(const char *path, long at, int bit)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ (1 << bit), file), byte ^ (1 << bit));
    assert_int_equal(fclose(file), 0);
}

static void each_of_3000_flipped_bits_is_noticed(void **state)
{
    struct test_home home;
    struct host_files files;
    struct test_random random = test_random_begin("flipped bits");
    size_t size = 0;
    (void)state;
    home_init(&home, &files);
    fill_rows(&home);
    free(slurp(home.path, &size));
    assert_true(size > (size_t)10 * PAGE && size % PAGE == 0);
    assert_int_equal(read_all(&home), OK);
    for (int i = 0; i < FLIPS; i++) {
        long at = (long)test_random_below(&random, size);
        int bit = (int)test_random_below(&random, 8);
        flip(home.path, at, bit);
        assert_int_equal(read_all(&home), ERR_DB_CORRUPT);
        flip(home.path, at, bit);
    }
    assert_int_equal(read_all(&home), OK);
    test_home_release(&home);
}

/* Two pages that changed places, both sealed by us. */
static void a_page_in_another_s_place_is_noticed(void **state)
{
    struct test_home home;
    struct host_files files;
    uint8_t pages[2][PAGE];
    (void)state;
    home_init(&home, &files);
    fill_rows(&home);
    FILE *file = fopen(home.path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4L * PAGE, SEEK_SET), 0);
    assert_int_equal(fread(pages, PAGE, 2, file), 2);
    assert_int_equal(fseek(file, 4L * PAGE, SEEK_SET), 0);
    assert_int_equal(fwrite(pages[1], PAGE, 1, file), 1);
    assert_int_equal(fwrite(pages[0], PAGE, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(read_all(&home), ERR_DB_CORRUPT);
    test_home_release(&home);
}

static uint32_t number_at(const uint8_t *at, bool big)
{
    uint32_t number = 0;
    for (size_t i = 0; i < 4; i++) {
        number = number << 8 | at[big ? i : 3 - i];
    }
    return number;
}

/* SQLite's walChecksumBytes(), as its file format describes it. */
static void add_checksum(const uint8_t *data, size_t size, bool big, uint32_t sums[2])
{
    for (size_t i = 0; i < size; i += 8) {
        sums[0] += number_at(data + i, big) + sums[1];
        sums[1] += number_at(data + i + 4, big) + sums[0];
    }
}

/* SQLite's checksum of a page that somebody guesses must not stand in the log. */
static void the_log_s_checksums_are_masked(void **state)
{
    struct test_home home;
    struct host_files files;
    struct seal_key master, page_key, mask_key;
    char name[2 * PATH_SIZE];
    size_t size = 0;
    (void)state;
    home_init(&home, &files);
    struct db *db = open_db(&home.host, home.path, true);
    assert_int_equal(db_checkpoint(db), OK);
    assert_int_equal(save(db, 1, span_of(CANARY)), OK);
    (void)snprintf(name, sizeof name, "%s-wal", home.path);
    uint8_t *log = slurp(name, &size);
    assert_true(size >= WAL_HEADER + FRAME);
    memcpy(master.bytes, key, sizeof key);
    cipher_derive(&master, "douar-page-1", (struct span){0}, &page_key);
    cipher_derive(&master, "douar-wal-mask-1", (struct span){0}, &mask_key);
    uint8_t *header = log + WAL_HEADER;
    uint8_t *page = header + 24;
    const struct cipher_place place = {CIPHER_WAL_FRAME, 0};
    assert_true(
        cipher_open(&page_key, page + 4056, place, span_from(page, 4056), page + 4080, page));
    memset(page + 4056, 0, 40);
    bool big = (log[3] & 1) != 0;
    uint32_t sums[2] = {number_at(log + 24, true), number_at(log + 28, true)};
    add_checksum(header, 8, big, sums);
    add_checksum(page, PAGE, big, sums);
    assert_false(number_at(header + 16, true) == sums[0] &&
                 number_at(header + 20, true) == sums[1]);
    uint8_t tweak[CIPHER_TWEAK_SIZE] = {0};
    memcpy(tweak, header + 8, 8);
    cipher_unmask(mask_key.bytes, tweak, header + 16);
    assert_int_equal(number_at(header + 16, true), sums[0]);
    assert_int_equal(number_at(header + 20, true), sums[1]);
    free(log);
    db_close(db);
    test_home_release(&home);
}

/* A frame changed after the log was read: an error, never the page as it was before. */
static void a_changed_frame_is_an_error_while_reading(void **state)
{
    struct test_home home;
    struct host_files files;
    char wal[2 * PATH_SIZE];
    size_t size = 0;
    (void)state;
    home_init(&home, &files);
    struct db *db = open_db(&home.host, home.path, true);
    assert_int_equal(db_checkpoint(db), OK);
    assert_int_equal(save(db, 1, span_of(CANARY)), OK);
    (void)snprintf(wal, sizeof wal, "%s-wal", home.path);
    free(slurp(wal, &size));
    assert_true(size >= WAL_HEADER + FRAME);
    for (size_t at = WAL_HEADER + 100; at < size; at += FRAME) {
        flip(wal, (long)at, 3);
    }
    struct db *other = open_db(&home.host, home.path, false);
    assert_int_equal(rows(other), -1);
    db_close(other);
    for (size_t at = WAL_HEADER + 100; at < size; at += FRAME) {
        flip(wal, (long)at, 3);
    }
    assert_int_equal(rows(db), 1);
    db_close(db);
    test_home_release(&home);
}

/* ---- power */

struct sim {
    struct test_mem memory;
    struct sim_disk *disk;
    struct host host;
    struct host_files files;
};

static enum err sim_remove(void *ctx, const char *path)
{
    return sim_disk_remove(((struct sim *)ctx)->disk, path);
}

static enum err sim_rename(void *ctx, const char *from, const char *to)
{
    return sim_disk_rename(((struct sim *)ctx)->disk, from, to);
}

static bool sim_exists(void *ctx, const char *path)
{
    return sim_disk_exists(((struct sim *)ctx)->disk, path);
}

static void sim_init(struct sim *sim, uint64_t seed)
{
    *sim = (struct sim){.disk = sim_disk_new("sim-enc", seed)};
    (void)test_mem_init(&sim->memory, 0);
    sim->files =
        (struct host_files){.remove = sim_remove, .rename = sim_rename, .exists = sim_exists};
    sim->host = (struct host){.ctx = sim,
                              .mem = sim->memory.mem,
                              .random = count_up,
                              .sleep_ms = test_home_sleep,
                              .vfs = sim_disk_vfs(sim->disk),
                              .db_key = {key, sizeof key},
                              .files = &sim->files};
    db_close(open_db(&sim->host, "a.db", true));
}

static void sim_release(struct sim *sim)
{
    sim_disk_free(sim->disk);
    assert_int_equal(sim->memory.live_count, 0);
}

/* Saves with a checkpoint and a copy in the middle; how many were promised before it ended. */
static int64_t live_a_day(struct sim *sim)
{
    struct db_options options = {.path = "a.db", .sql = sql, .sql_count = STATEMENTS};
    struct db *db = NULL;
    int64_t promised = 0;
    uint8_t name[900] = {1};
    enum err e = db_open(&sim->host, &options, &db, NULL);
    for (int64_t id = 1; !e && id <= 12; id++) {
        e = save(db, id, span_from(name, sizeof name));
        promised += e == OK;
        if (!e && id % 4 == 0) {
            e = db_checkpoint(db);
        }
        if (!e && id == 7) {
            e = db_backup(db, "b.db", NULL, NULL, NULL);
        }
    }
    db_close(db);
    return promised;
}

static void assert_survived(struct sim *sim, int64_t promised)
{
    struct db *db = open_db(&sim->host, "a.db", false);
    int64_t there = rows(db);
    assert_true(there >= promised && there <= promised + 1);
    assert_sound(db);
    assert_int_equal(save(db, 1000, span_of("on we go")), OK);
    db_close(db);
}

static void power_cut_at_every_operation_keeps_what_was_promised(void **state)
{
    (void)state;
    uint64_t operations = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        bool finished = false;
        for (uint64_t nth = 1; !finished; nth++) {
            struct sim sim;
            sim_init(&sim, seed * 1000 + nth);
            sim_disk_cut_after(sim.disk, nth);
            int64_t promised = live_a_day(&sim);
            finished = !sim_disk_is_dead(sim.disk);
            sim_disk_cut_after(sim.disk, 0);
            if (!finished) {
                sim_disk_power_cut(sim.disk);
            }
            assert_survived(&sim, promised);
            sim_release(&sim);
            operations = nth > operations ? nth : operations;
        }
    }
    assert_true(operations > 80);
}

/* The power comes back and goes again while the log is being read. */
static void a_second_cut_during_recovery_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t first = 5; first < 90; first += 7) {
        for (uint64_t second = 1; second <= 4; second++) {
            struct sim sim;
            sim_init(&sim, first * 10 + second);
            sim_disk_cut_after(sim.disk, first);
            int64_t promised = live_a_day(&sim);
            sim_disk_power_cut(sim.disk);
            sim_disk_cut_after(sim.disk, second);
            struct db_options options = {.path = "a.db", .sql = sql, .sql_count = STATEMENTS};
            struct db *db = NULL;
            if (db_open(&sim.host, &options, &db, NULL) == OK) {
                (void)rows(db);
                enum err ignored = db_checkpoint(db);
                (void)ignored;
            }
            sim_disk_kill(sim.disk);
            db_close(db);
            sim_disk_power_cut(sim.disk);
            sim_disk_cut_after(sim.disk, 0);
            assert_survived(&sim, promised);
            sim_release(&sim);
        }
    }
}

/* ---- disks that can't be read */

/* How often a copy failed, by which reading failed; it is never the data that are at fault. */
static size_t copy_with_failing_reads(bool stays)
{
    size_t refused = 0;
    for (uint64_t nth = 1; nth < 10000; nth++) {
        struct sim sim;
        struct diag diag = {0};
        sim_init(&sim, nth);
        struct db *db = open_db(&sim.host, "a.db", false);
        assert_int_equal(save(db, 1, span_of(CANARY)), OK);
        uint64_t before = sim_disk_counts(sim.disk).failed;
        sim_disk_fail_after(sim.disk, SIM_READ, nth, stays);
        enum err e = db_backup(db, "b.db", NULL, NULL, &diag);
        sim_disk_fail_after(sim.disk, SIM_READ, 0, false);
        bool failed = sim_disk_counts(sim.disk).failed > before;
        assert_string_equal(err_name(e), err_name(e ? ERR_DB : OK));
        refused += e != OK;
        db_close(db);
        sim_release(&sim);
        if (!failed) {
            break;
        }
    }
    return refused;
}

static void a_reading_that_fails_is_not_told_as_damage(void **state)
{
    (void)state;
    assert_true(copy_with_failing_reads(false) > 5);
    assert_true(copy_with_failing_reads(true) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_is_in_no_file),
        cmocka_unit_test(savepoints_spills_and_vacuum_work_as_ever),
        cmocka_unit_test(processes_write_side_by_side),
        cmocka_unit_test(the_page_of_the_lock_is_left_out),
        cmocka_unit_test(another_key_opens_nothing),
        cmocka_unit_test(an_ordinary_database_is_sealed_in_its_place),
        cmocka_unit_test(each_of_3000_flipped_bits_is_noticed),
        cmocka_unit_test(a_page_in_another_s_place_is_noticed),
        cmocka_unit_test(the_log_s_checksums_are_masked),
        cmocka_unit_test(a_changed_frame_is_an_error_while_reading),
        cmocka_unit_test(power_cut_at_every_operation_keeps_what_was_promised),
        cmocka_unit_test(a_reading_that_fails_is_not_told_as_damage),
        cmocka_unit_test(a_second_cut_during_recovery_changes_nothing),
    };
    return cmocka_run_group_tests_name("enc_vfs", tests, NULL, NULL);
}
