/* db: settings of the file, statements, transactions, migration, backup, and what faults leave. */
#define _XOPEN_SOURCE 700
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "db.h"
#include "test_home.h"

enum statement {
    ADD,
    COUNT_ROWS,
    READ,
    ADD_OR_ROLLBACK,
    FILL,
    CAP_PAGES,
    MISSPELT,
    STRING_IN_DOUBLE_QUOTES,
    TWO_STATEMENTS,
    PUT,
    OVERWRITE,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [ADD] = "INSERT INTO thing(id, name, data, number) VALUES (?1, ?2, ?3, ?4)",
    [COUNT_ROWS] = "SELECT count(*) FROM thing",
    [READ] = "SELECT id, name, data, number FROM thing WHERE id = ?1",
    [ADD_OR_ROLLBACK] = "INSERT OR ROLLBACK INTO thing(id) VALUES (?1)",
    [FILL] = "INSERT INTO thing(data) VALUES (randomblob(?1))",
    [CAP_PAGES] = "PRAGMA max_page_count = 20",
    [MISSPELT] = "SELECT nme FROM thing",
    [STRING_IN_DOUBLE_QUOTES] = "SELECT id FROM thing WHERE name = \"nme\"",
    [PUT] = "INSERT INTO thing(id, name) VALUES (?1, ?2)",
    [OVERWRITE] = "UPDATE thing SET name = ?2 WHERE id = ?1",
    [TWO_STATEMENTS] = "SELECT id FROM thing; SELECT name FROM thing",
};

#define MIGRATION(file_name, text)                                                                 \
    {                                                                                              \
        .name = file_name, .data = (const unsigned char *)(text), .size = sizeof(text) - 1         \
    }

static const struct embedded migrations[] = {
    MIGRATION("0001_thing.sql", "CREATE TABLE thing(id INTEGER PRIMARY KEY, name TEXT, data BLOB);"
                                "INSERT INTO thing(id, name) VALUES (1000, 'first');"),
    MIGRATION("0002_number.sql", "ALTER TABLE thing ADD COLUMN number INTEGER;"),
};

static const struct embedded broken_migrations[] = {
    MIGRATION("0001_thing.sql",
              "CREATE TABLE thing(id INTEGER PRIMARY KEY, name TEXT, data BLOB);"),
    MIGRATION("0002_broken.sql", "CREATE TABLE other(id); INSERT INTO nowhere VALUES (1);"),
};

static struct db_options options_of(const struct test_home *home)
{
    return (struct db_options){
        .path = home->path, .create = true, .sql = sql, .sql_count = STATEMENTS};
}

static struct db *open_migrated(struct test_home *home)
{
    struct db_options options = options_of(home);
    struct db *db = NULL;
    assert_int_equal(db_open(&home->host, &options, &db, NULL), OK);
    assert_int_equal(db_migrate(db, migrations, COUNT_OF(migrations), NULL), OK);
    return db;
}

static enum err add(struct db *db, int64_t id)
{
    struct stmt *stmt = db_stmt(db, ADD);
    stmt_bind_i64(stmt, 1, id);
    stmt_bind_text(stmt, 2, span_of("name"));
    return stmt_run(stmt);
}

static int64_t count_rows(struct db *db)
{
    struct stmt *stmt = db_stmt(db, COUNT_ROWS);
    int64_t count = stmt_row(stmt) ? stmt_i64(stmt, 0) : -1;
    assert_int_equal(stmt_end(stmt), OK);
    return count;
}

static void read_bytes(const char *path, long offset, void *ret, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fread(ret, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_bytes(const char *path, const char *mode, long offset, const void *data,
                        size_t size)
{
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_house_header(const char *path)
{
    uint8_t header[100];
    read_bytes(path, 0, header, sizeof header);
    assert_int_equal(header[16] << 8 | header[17], 4096);
    assert_int_equal(header[18], 2);  /* WAL */
    assert_int_equal(header[20], 40); /* reserved bytes of each page */
    assert_memory_equal(header + 68, "DOUA", 4);
}

static void a_new_file_has_the_pages_of_the_house(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    db_close(open_migrated(&home));
    assert_house_header(home.path);
    assert_false(test_home_has(home.path, "-wal"));
    test_home_release(&home);
}

static void a_connection_has_the_settings_of_the_house(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const char *value;
    } settings[] = {
        {"PRAGMA journal_mode", "wal"},  {"PRAGMA synchronous", "2"},
        {"PRAGMA temp_store", "2"},      {"PRAGMA secure_delete", "1"},
        {"PRAGMA trusted_schema", "0"},  {"PRAGMA foreign_keys", "0"},
        {"PRAGMA busy_timeout", "1234"}, {"PRAGMA cache_size", "-4096"},
        {"PRAGMA mmap_size", "0"},       {"PRAGMA wal_autocheckpoint", "4000"},
        {"PRAGMA cell_size_check", "1"},
    };
    const char *texts[COUNT_OF(settings)];
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        texts[i] = settings[i].sql;
    }
    struct test_home home;
    test_home_init(&home);
    struct db_options options = options_of(&home);
    options.sql = texts;
    options.sql_count = COUNT_OF(texts);
    options.busy_timeout_ms = 1234;
    options.cache_kib = 4096;
    struct db *db = NULL;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        struct stmt *stmt = db_stmt(db, i);
        assert_true(stmt_row(stmt));
        assert_true(span_is(stmt_span(stmt, 0), settings[i].value));
        assert_int_equal(stmt_end(stmt), OK);
    }
    db_close(db);
    test_home_release(&home);
}

static void an_absent_file_is_named_and_not_made(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db_options options = options_of(&home);
    options.create = false;
    struct db *db = NULL;
    struct diag diag = {0};
    assert_int_equal(db_open(&home.host, &options, &db, &diag), ERR_NO_HOME);
    assert_string_equal(diag.args[0], home.path);
    assert_null(db);
    assert_false(test_home_has(home.path, ""));
    test_home_release(&home);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    char text[5000];
    memset(text, 'x', sizeof text);
    write_bytes(home.path, "wb", 0, text, sizeof text);
    struct db_options options = options_of(&home);
    struct db *db = NULL;
    struct diag diag = {0};
    assert_int_equal(db_open(&home.host, &options, &db, &diag), ERR_DB_CORRUPT);
    assert_string_equal(diag.args[0], home.path);
    options.read_only = true;
    assert_int_equal(db_open(&home.host, &options, &db, &diag), ERR_DB_CORRUPT);
    test_home_release(&home);
}

static void who_rests_keeps_no_pages_in_memory_and_reads_them_again(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    for (int i = 0; i < 50; i++) {
        struct stmt *stmt = db_stmt(db, FILL);
        stmt_bind_i64(stmt, 1, 20000);
        assert_int_equal(stmt_run(stmt), OK);
    }
    assert_int_equal(count_rows(db), 51);
    int64_t before = sqlite3_memory_used();
    db_rest(db);
    assert_true(sqlite3_memory_used() < before - 500000);
    assert_int_equal(count_rows(db), 51);
    db_close(db);
    test_home_release(&home);
}

static void a_read_only_connection_reads_and_refuses_to_write(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *writer = open_migrated(&home);
    struct db_options options = options_of(&home);
    options.read_only = true;
    struct db *db = NULL;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    assert_int_equal(count_rows(db), 1);
    assert_int_equal(add(db, 2), ERR_DB);
    assert_non_null(strstr(db_error_text(db), "readonly"));
    db_close(db);
    db_close(writer);
    test_home_release(&home);
}

static void migrations_run_once_and_in_order(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db_options options = options_of(&home);
    struct db *db = NULL;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    assert_int_equal(db_migrate(db, migrations, 1, NULL), OK);
    assert_int_equal(db_migrate(db, migrations, 2, NULL), OK);
    assert_int_equal(db_migrate(db, migrations, 2, NULL), OK);
    assert_int_equal(count_rows(db), 1); /* the row that the first one adds */
    assert_int_equal(add(db, 2), OK);    /* the column that the second one adds */
    db_close(db);
    test_home_release(&home);
}

static void a_database_of_a_later_program_is_left_alone(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    struct diag diag = {0};
    assert_int_equal(db_migrate(db, migrations, 1, &diag), ERR_DB_NEWER);
    assert_string_equal(diag.args[1], "2");
    assert_string_equal(diag.args[2], "1");
    db_close(db);
    test_home_release(&home);
}

static void another_programs_database_is_left_alone(void **state)
{
    (void)state;
    static const char *const foreign[] = {"CREATE TABLE mine(id)"};
    struct test_home home;
    test_home_init(&home);
    struct db_options options = options_of(&home);
    options.sql = foreign;
    options.sql_count = 1;
    struct db *db = NULL;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    assert_int_equal(stmt_run(db_stmt(db, 0)), OK);
    struct diag diag = {0};
    assert_int_equal(db_migrate(db, migrations, 2, &diag), ERR_DB_CORRUPT);
    assert_string_equal(diag.args[1], "not a Douar database");
    db_close(db);
    test_home_release(&home);
}

static void a_failing_migration_leaves_the_schema_before_it(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db_options options = options_of(&home);
    struct db *db = NULL;
    struct diag diag = {0};
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    assert_int_equal(db_migrate(db, broken_migrations, 2, &diag), ERR_DB);
    assert_string_equal(diag.args[1], "0002_broken.sql");
    assert_non_null(strstr(diag.args[2], "nowhere"));
    assert_int_equal(db_migrate(db, broken_migrations, 1, NULL), OK); /* still at version 1 */
    assert_int_equal(count_rows(db), 0);
    db_close(db);
    test_home_release(&home);
}

static void values_come_back_as_they_were_bound(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    struct stmt *stmt = db_stmt(db, ADD);
    stmt_bind_i64(stmt, 1, INT64_MIN + 1);
    stmt_bind_text(stmt, 2, span_of("دوار"));
    stmt_bind_blob(stmt, 3, "\0\1\2", 3);
    stmt_bind_u64(stmt, 4, UINT64_MAX - 1);
    assert_int_equal(stmt_run(stmt), OK);
    assert_int_equal(db_last_id(db), INT64_MIN + 1);
    assert_int_equal(db_changed(db), 1);

    stmt = db_stmt(db, READ);
    stmt_bind_i64(stmt, 1, INT64_MIN + 1);
    assert_true(stmt_row(stmt));
    uint8_t data[3] = {9, 9, 9};
    assert_true(span_is(stmt_span(stmt, 1), "دوار"));
    assert_false(stmt_blob(stmt, 2, data, 2));
    assert_int_equal(data[0], 9);
    assert_true(stmt_blob(stmt, 2, data, 3));
    assert_memory_equal(data, "\0\1\2", 3);
    assert_true(stmt_u64(stmt, 3) == UINT64_MAX - 1);
    assert_false(stmt_row(stmt));
    assert_int_equal(stmt_end(stmt), OK);
    db_close(db);
    test_home_release(&home);
}

static void null_and_empty_are_told_apart(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    struct stmt *stmt = db_stmt(db, ADD);
    stmt_bind_i64(stmt, 1, 1);
    stmt_bind_text(stmt, 2, (struct span){0});
    stmt_bind_blob(stmt, 3, NULL, 0);
    stmt_bind_null(stmt, 4);
    assert_int_equal(stmt_run(stmt), OK);
    stmt = db_stmt(db, READ);
    stmt_bind_i64(stmt, 1, 1);
    assert_true(stmt_row(stmt));
    assert_false(stmt_is_null(stmt, 1));
    assert_false(stmt_is_null(stmt, 2));
    assert_true(stmt_is_null(stmt, 3));
    assert_int_equal(stmt_i64(stmt, 3), 0);
    assert_int_equal(stmt_span(stmt, 3).size, 0);
    assert_int_equal(stmt_end(stmt), OK);
    db_close(db);
    test_home_release(&home);
}

static void a_failure_is_told_at_the_end_and_the_statement_serves_again(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    struct stmt *stmt = db_stmt(db, ADD);
    stmt_bind_i64(stmt, 9, 1); /* no such parameter */
    stmt_bind_i64(stmt, 1, 1);
    assert_false(stmt_row(stmt));
    assert_int_equal(stmt_end(stmt), ERR_DB);
    assert_int_equal(add(db, 1), OK);
    assert_int_equal(add(db, 1), ERR_DB);
    assert_string_equal(db_error_text(db), "UNIQUE constraint failed: thing.id");
    assert_int_equal(add(db, 2), OK);
    assert_int_equal(count_rows(db), 3);
    db_close(db);
    test_home_release(&home);
}

static void wrong_statements_fail_when_used(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    assert_int_equal(stmt_run(db_stmt(db, MISSPELT)), ERR_DB);
    assert_int_equal(stmt_run(db_stmt(db, STRING_IN_DOUBLE_QUOTES)), ERR_DB);
    assert_int_equal(stmt_run(db_stmt(db, TWO_STATEMENTS)), ERR_DB);
    struct diag diag = {0};
    assert_int_equal(db_prepare_all(db, &diag), ERR_DB);
    assert_string_equal(diag.args[1], sql[MISSPELT]);
    db_close(db);
    test_home_release(&home);
}

static void a_value_beyond_the_limit_is_too_large(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    size_t size = 8 * 1024 * 1024 + 1;
    char *data = calloc(1, size);
    assert_non_null(data);
    struct stmt *stmt = db_stmt(db, ADD);
    stmt_bind_blob(stmt, 3, data, size);
    assert_int_equal(stmt_run(stmt), ERR_TOO_LARGE);
    free(data);
    db_close(db);
    test_home_release(&home);
}

static void a_transaction_holds_whole_or_not_at_all(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    assert_int_equal(db_begin(db), OK);
    assert_true(db_in_transaction(db));
    assert_int_equal(add(db, 1), OK);
    assert_int_equal(db_end(db, ERR_GAP), ERR_GAP);
    assert_false(db_in_transaction(db));
    assert_int_equal(count_rows(db), 1);
    assert_int_equal(db_begin(db), OK);
    assert_int_equal(add(db, 1), OK);
    assert_int_equal(db_end(db, OK), OK);
    assert_int_equal(count_rows(db), 2);
    db_close(db);
    test_home_release(&home);
}

static void closing_undoes_an_open_transaction(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    assert_int_equal(db_begin(db), OK);
    assert_int_equal(add(db, 1), OK);
    db_close(db);
    db = open_migrated(&home);
    assert_int_equal(count_rows(db), 1);
    db_close(db);
    test_home_release(&home);
}

static void a_unit_inside_is_undone_alone(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    assert_int_equal(db_begin(db), OK);
    assert_int_equal(add(db, 1), OK);
    assert_int_equal(db_save_begin(db), OK);
    assert_int_equal(add(db, 2), OK);
    assert_int_equal(db_save_begin(db), OK);
    assert_int_equal(add(db, 3), OK);
    assert_int_equal(db_save_end(db, OK), OK);
    assert_int_equal(db_save_end(db, ERR_FORMAT), ERR_FORMAT);
    assert_int_equal(count_rows(db), 2);
    assert_int_equal(db_end(db, OK), OK);
    assert_int_equal(count_rows(db), 2);
    db_close(db);
    test_home_release(&home);
}

static void after_an_undone_transaction_nothing_runs_and_the_end_fails(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    assert_int_equal(db_begin(db), OK);
    assert_int_equal(add(db, 1), OK);
    assert_int_equal(db_save_begin(db), OK);
    struct stmt *stmt = db_stmt(db, ADD_OR_ROLLBACK);
    stmt_bind_i64(stmt, 1, 1); /* taken: SQLite undoes the whole transaction */
    assert_int_equal(stmt_run(stmt), ERR_DB);
    assert_int_equal(add(db, 2), ERR_DB);
    assert_int_equal(db_save_end(db, OK), ERR_DB);
    assert_int_equal(db_end(db, OK), ERR_DB);
    assert_int_equal(count_rows(db), 1);
    db_close(db);
    test_home_release(&home);
}

static void a_second_writer_is_told_to_wait(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *first = open_migrated(&home);
    struct db *second = open_migrated(&home);
    assert_int_equal(db_begin(first), OK);
    assert_int_equal(db_begin(second), ERR_BUSY);
    assert_false(db_in_transaction(second));
    assert_int_equal(db_end(first, OK), OK);
    assert_int_equal(db_begin(second), OK);
    assert_int_equal(db_end(second, OK), OK);
    db_close(second);
    db_close(first);
    test_home_release(&home);
}

static void a_full_store_is_told_as_full(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    assert_int_equal(stmt_run(db_stmt(db, CAP_PAGES)), OK);
    assert_int_equal(db_begin(db), OK);
    struct stmt *stmt = db_stmt(db, FILL);
    stmt_bind_i64(stmt, 1, 200000);
    enum err e = stmt_run(stmt);
    assert_int_equal(e, ERR_DB_FULL);
    assert_int_equal(db_end(db, e), ERR_DB_FULL);
    assert_int_equal(count_rows(db), 1);
    assert_int_equal(add(db, 1), OK);
    db_close(db);
    test_home_release(&home);
}

static void a_view_does_not_move_while_another_writes(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *reader = open_migrated(&home);
    struct db *writer = open_migrated(&home);
    int64_t before = db_version(reader);
    assert_int_equal(db_read_begin(reader), OK);
    assert_int_equal(add(writer, 1), OK);
    assert_int_equal(count_rows(reader), 1);
    assert_int_equal(db_read_begin(reader), OK); /* may be nested */
    assert_int_equal(count_rows(reader), 1);
    db_read_end(reader);
    assert_int_equal(count_rows(reader), 1);
    db_read_end(reader);
    assert_int_equal(count_rows(reader), 2);
    assert_int_not_equal(db_version(reader), before);
    int64_t own = db_version(writer);
    assert_int_equal(add(writer, 2), OK);
    assert_int_equal(db_version(writer), own);
    db_close(writer);
    db_close(reader);
    test_home_release(&home);
}

static void fill_rows(struct db *db, int64_t count)
{
    assert_int_equal(db_begin(db), OK);
    for (int64_t i = 0; i < count; i++) {
        struct stmt *stmt = db_stmt(db, FILL);
        stmt_bind_i64(stmt, 1, 3000);
        assert_int_equal(stmt_run(stmt), OK);
    }
    assert_int_equal(db_end(db, OK), OK);
}

struct progress {
    struct db *writer;
    int64_t calls, done, total;
};

static void write_meanwhile(void *ctx, int64_t done, int64_t total)
{
    struct progress *progress = ctx;
    progress->calls++;
    progress->done = done;
    progress->total = total;
    assert_int_equal(add(progress->writer, progress->calls), OK);
}

static void a_backup_is_one_moment_whatever_is_written_meanwhile(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    fill_rows(db, 800);
    struct progress progress = {.writer = open_migrated(&home)};
    struct diag diag = {0};
    assert_int_equal(db_backup(db, home.copy_path, write_meanwhile, &progress, &diag), OK);
    assert_true(progress.calls >= 4); /* 800 pages and more, in steps */
    assert_int_equal(progress.done, progress.total);
    assert_int_equal(count_rows(db), 801 + progress.calls);
    db_close(progress.writer);
    db_close(db);

    assert_house_header(home.copy_path);
    static const char *const leftovers[] = {"-wal", "-shm", "-journal", ".tmp", ".tmp-wal"};
    for (size_t i = 0; i < COUNT_OF(leftovers); i++) {
        assert_false(test_home_has(home.copy_path, leftovers[i]));
    }
    struct db_options options = options_of(&home);
    options.path = home.copy_path;
    options.create = false;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    assert_int_equal(db_migrate(db, migrations, COUNT_OF(migrations), NULL), OK);
    assert_int_equal(count_rows(db), 801);
    db_close(db);
    test_home_release(&home);
}

/* The tree's inner page loses its shape; the header and the schema stay readable. */
static void damage(const char *path)
{
    uint8_t noise[512];
    memset(noise, 0xA5, sizeof noise);
    write_bytes(path, "r+b", 2L * 4096, noise, sizeof noise);
    write_bytes(path, "r+b", 5L * 4096, noise, sizeof noise);
}

static void damage_is_found_and_never_becomes_a_backup(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct buf findings;
    buf_init(&findings, &home.memory.mem, 65536);
    struct db *db = open_migrated(&home);
    fill_rows(db, 50);
    assert_int_equal(db_check(db, &findings), OK);
    assert_string_equal(buf_text(&findings), "");
    assert_int_equal(db_backup(db, home.copy_path, NULL, NULL, NULL), OK);
    db_close(db);

    damage(home.path);
    db = open_migrated(&home);
    enum err e = db_check(db, &findings);
    assert_true(e == ERR_DB_CORRUPT || findings.size > 0);
    struct diag diag = {0};
    assert_int_equal(db_backup(db, home.copy_path, NULL, NULL, &diag), ERR_DB_CORRUPT);
    assert_string_equal(diag.args[0], home.copy_path);
    assert_true(strlen(diag.args[1]) > 0);
    db_close(db);

    struct db_options options = options_of(&home);
    options.path = home.copy_path;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    assert_int_equal(count_rows(db), 51); /* the older, whole backup is still there */
    db_close(db);
    buf_release(&findings);
    test_home_release(&home);
}

static void foreign_pages_are_a_finding(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    sqlite3 *plain = NULL;
    assert_int_equal(sqlite3_open(home.path, &plain), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(plain, "PRAGMA page_size=1024; CREATE TABLE thing(id)", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(plain), SQLITE_OK);
    struct db_options options = options_of(&home);
    struct db *db = NULL;
    assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
    struct buf findings;
    buf_init(&findings, &home.memory.mem, 65536);
    assert_int_equal(db_check(db, &findings), OK);
    assert_non_null(strstr(buf_text(&findings), "0 reserved bytes a page, 40 expected"));
    assert_non_null(strstr(buf_text(&findings), "pages of 1024 bytes, 4096 expected"));
    buf_release(&findings);
    db_close(db);
    test_home_release(&home);
}

static void a_checkpoint_empties_the_log(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    char wal[2 * PATH_SIZE];
    struct stat info;
    (void)snprintf(wal, sizeof wal, "%s-wal", home.path);
    assert_int_equal(stat(wal, &info), 0);
    assert_true(info.st_size > 0);
    assert_int_equal(db_checkpoint(db), OK);
    assert_int_equal(stat(wal, &info), 0);
    assert_int_equal(info.st_size, 0);
    db_close(db);
    test_home_release(&home);
}

/* Rows in no order, of many sizes, so that pages are split and joined and rows move. */
static void put_rows(struct db *db, enum statement which, const char *begin, int count)
{
    char text[512];
    assert_int_equal(db_begin(db), OK);
    for (int i = 1; i <= count; i++) {
        size_t size = strlen(begin) + (size_t)(i * 37 % 300);
        struct stmt *stmt = db_stmt(db, which);
        memset(text, 'x', sizeof text);
        memcpy(text, begin, strlen(begin));
        stmt_bind_i64(stmt, 1, i * 611 % 2003 + 2000);
        stmt_bind_text(stmt, 2, span_from(text, size));
        assert_int_equal(stmt_run(stmt), OK);
    }
    assert_int_equal(db_end(db, OK), OK);
}

static int count_in_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    size_t at = 0;
    int count = 0;
    int c = 0;
    assert_non_null(file);
    while ((c = fgetc(file)) != EOF) {
        at = c == text[at] ? at + 1 : (size_t)(c == text[0]);
        if (at == strlen(text)) {
            count++;
            at = 0;
        }
    }
    assert_int_equal(fclose(file), 0);
    return count;
}

static void what_was_overwritten_is_in_no_page_after_scouring(void **state)
{
    (void)state;
    struct test_home home;
    test_home_init(&home);
    struct db *db = open_migrated(&home);
    put_rows(db, PUT, "SECRET", 2000);
    put_rows(db, OVERWRITE, "done", 2000);
    assert_int_equal(db_checkpoint(db), OK);
    /* secure_delete alone leaves copies of rows that moved: else scouring would be for nothing. */
    assert_true(count_in_file(home.path, "SECRET") > 0);
    assert_int_equal(db_scour(db), OK);
    assert_int_equal(count_in_file(home.path, "SECRET"), 0);
    assert_int_equal(count_rows(db), 2001);
    assert_int_equal(add(db, 1), OK);
    struct buf findings;
    buf_init(&findings, &home.memory.mem, 65536);
    assert_int_equal(db_check(db, &findings), OK);
    assert_string_equal(buf_text(&findings), "");
    buf_release(&findings);
    db_close(db);
    assert_house_header(home.path);
    test_home_release(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_has_the_pages_of_the_house),
        cmocka_unit_test(a_connection_has_the_settings_of_the_house),
        cmocka_unit_test(an_absent_file_is_named_and_not_made),
        cmocka_unit_test(who_rests_keeps_no_pages_in_memory_and_reads_them_again),
        cmocka_unit_test(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_read_only_connection_reads_and_refuses_to_write),
        cmocka_unit_test(migrations_run_once_and_in_order),
        cmocka_unit_test(a_database_of_a_later_program_is_left_alone),
        cmocka_unit_test(another_programs_database_is_left_alone),
        cmocka_unit_test(a_failing_migration_leaves_the_schema_before_it),
        cmocka_unit_test(values_come_back_as_they_were_bound),
        cmocka_unit_test(null_and_empty_are_told_apart),
        cmocka_unit_test(a_failure_is_told_at_the_end_and_the_statement_serves_again),
        cmocka_unit_test(wrong_statements_fail_when_used),
        cmocka_unit_test(a_value_beyond_the_limit_is_too_large),
        cmocka_unit_test(a_transaction_holds_whole_or_not_at_all),
        cmocka_unit_test(closing_undoes_an_open_transaction),
        cmocka_unit_test(a_unit_inside_is_undone_alone),
        cmocka_unit_test(after_an_undone_transaction_nothing_runs_and_the_end_fails),
        cmocka_unit_test(a_second_writer_is_told_to_wait),
        cmocka_unit_test(a_full_store_is_told_as_full),
        cmocka_unit_test(a_view_does_not_move_while_another_writes),
        cmocka_unit_test(a_backup_is_one_moment_whatever_is_written_meanwhile),
        cmocka_unit_test(damage_is_found_and_never_becomes_a_backup),
        cmocka_unit_test(foreign_pages_are_a_finding),
        cmocka_unit_test(a_checkpoint_empties_the_log),
        cmocka_unit_test(what_was_overwritten_is_in_no_page_after_scouring),
    };
    return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
