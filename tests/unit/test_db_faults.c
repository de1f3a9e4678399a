/* db under faults: no failing allocation, write, sync or full disk leaks or breaks a promise. */
#define _XOPEN_SOURCE 700
#include "test.h"

#include "db.h"
#include "test_home.h"
#include "test_vfs.h"

enum statement { ADD, COUNT_ROWS, READ, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [ADD] = "INSERT INTO thing(id, name) VALUES (?1, 'more')",
    [COUNT_ROWS] = "SELECT count(*) FROM thing",
    [READ] = "SELECT name FROM thing WHERE id = ?1",
};

static const unsigned char creation[] = "CREATE TABLE thing(id INTEGER PRIMARY KEY, name TEXT);"
                                        "INSERT INTO thing(id, name) VALUES (1000, 'first');";

static const struct embedded migrations[] = {
    {.name = "0001_thing.sql", .data = creation, .size = sizeof creation - 1},
};

static struct db_options options_of(const struct test_home *home)
{
    return (struct db_options){
        .path = home->path, .create = true, .sql = sql, .sql_count = STATEMENTS};
}

static enum err add(struct db *db, int64_t id)
{
    struct stmt *stmt = db_stmt(db, ADD);
    stmt_bind_i64(stmt, 1, id);
    return stmt_run(stmt);
}

/*
 * Everything a node does to its store, once. Returns the first failure and how many rows were
 * promised, that is, committed with OK.
 */
static enum err live_a_day(struct test_home *home, int64_t *ret_promised)
{
    struct db_options options = options_of(home);
    struct db *db = NULL;
    struct diag diag = {0};
    enum err e = db_open(&home->host, &options, &db, &diag);
    if (e) {
        assert_int_equal(diag.code, e);
        return e;
    }
    e = db_migrate(db, migrations, COUNT_OF(migrations), &diag);
    *ret_promised = e ? *ret_promised : 1;
    for (int64_t id = 1; id <= 3 && !e; id++) {
        e = db_begin(db);
        if (e) {
            break;
        }
        e = db_save_begin(db);
        if (!e) {
            e = db_save_end(db, add(db, id));
        }
        e = db_end(db, e);
        *ret_promised += e ? 0 : 1;
    }
    struct stmt *stmt = db_stmt(db, READ);
    stmt_bind_i64(stmt, 1, 1000);
    bool found = stmt_row(stmt);
    bool named = found && span_is(stmt_span(stmt, 0), "first");
    enum err read_error = stmt_end(stmt);
    assert_true(e || read_error || named);
    e = e ? e : read_error;
    if (!e) {
        e = db_backup(db, home->copy_path, NULL, NULL, &diag);
    }
    if (!e) {
        e = db_checkpoint(db);
    }
    db_close(db);
    return e;
}

static void assert_promises_kept(struct test_home *home, int64_t promised)
{
    struct db_options options = options_of(home);
    struct db *db = NULL;
    assert_int_equal(db_open(&home->host, &options, &db, NULL), OK);
    assert_int_equal(db_migrate(db, migrations, COUNT_OF(migrations), NULL), OK);
    struct stmt *stmt = db_stmt(db, COUNT_ROWS);
    assert_true(stmt_row(stmt));
    assert_true(stmt_i64(stmt, 0) >= promised);
    assert_int_equal(stmt_end(stmt), OK);
    struct buf findings;
    buf_init(&findings, &home->memory.mem, 65536);
    assert_int_equal(db_check(db, &findings), OK);
    assert_string_equal(buf_text(&findings), "");
    buf_release(&findings);
    db_close(db);
}

static void no_failing_allocation_of_ours_leaks_or_lies(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        struct test_home home;
        int64_t promised = 0;
        test_home_init(&home);
        home.memory.fail_at = nth;
        enum err e = live_a_day(&home, &promised);
        bool failed = home.memory.failed;
        home.memory.fail_at = 0;
        assert_int_equal(e, failed ? ERR_NOMEM : OK);
        test_home_release(&home);
        if (!failed) {
            break;
        }
    }
}

/* SQLite's allocator, of which the Nth call fails; the process-wide hook, set in main. */
static struct {
    sqlite3_mem_methods real;
    size_t count, fail_at;
    bool failed, stays;
} hook;

static bool hook_fails(void)
{
    hook.count++;
    bool now = hook.count == hook.fail_at ||
               (hook.stays && hook.fail_at != 0 && hook.count > hook.fail_at);
    hook.failed = hook.failed || now;
    return now;
}

static void *hook_malloc(int size)
{
    return hook_fails() ? NULL : hook.real.xMalloc(size);
}

static void *hook_realloc(void *old, int size)
{
    return hook_fails() ? NULL : hook.real.xRealloc(old, size);
}

static void no_failing_allocation_of_sqlite_leaks_or_lies(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t nth = 1;; nth++) {
        struct test_home home;
        int64_t promised = 0;
        test_home_init(&home);
        hook.count = 0;
        hook.failed = false;
        hook.fail_at = nth;
        enum err e = live_a_day(&home, &promised);
        hook.fail_at = 0;
        /* Some are only for speed and SQLite does without them. */
        assert_true(e == OK || e == ERR_NOMEM);
        refused += e == ERR_NOMEM;
        if (promised > 0) {
            assert_promises_kept(&home, promised);
        }
        assert_true(e != OK || promised == 4);
        bool failed = hook.failed;
        test_home_release(&home);
        if (!failed) {
            break;
        }
    }
    assert_true(refused > 100);
}

/* In a nested unit, which is undone alone when there is memory for it. */
static enum err add_nested(struct db *db, int64_t id)
{
    enum err e = db_begin(db);
    if (e) {
        return e;
    }
    e = db_save_begin(db);
    if (!e) {
        e = add(db, id);
        if (!e) {
            e = add(db, id + 1);
        }
        e = db_save_end(db, e);
    }
    return db_end(db, e);
}

static int64_t count_rows(struct db *db)
{
    struct stmt *stmt = db_stmt(db, COUNT_ROWS);
    int64_t count = stmt_row(stmt) ? stmt_i64(stmt, 0) : -1;
    assert_int_equal(stmt_end(stmt), OK);
    return count;
}

/* What can't be undone for want of memory must not be left open: nobody could write any more. */
static void end_without_memory(bool scoured)
{
    bool failed = true;
    for (size_t nth = 1; failed; nth++) {
        struct test_home home;
        struct db *db = NULL;
        test_home_init(&home);
        struct db_options options = options_of(&home);
        options.create = true;
        assert_int_equal(db_open(&home.host, &options, &db, NULL), OK);
        assert_int_equal(db_migrate(db, migrations, COUNT_OF(migrations), NULL), OK);
        assert_int_equal(scoured ? db_scour(db) : OK, OK);
        hook.count = 0;
        hook.failed = false;
        hook.stays = true;
        hook.fail_at = nth;
        enum err e = add_nested(db, 1);
        failed = hook.failed;
        hook.fail_at = 0;
        hook.stays = false;
        assert_true(e == OK || e == ERR_NOMEM);
        assert_int_equal(count_rows(db), e == OK ? 3 : 1);
        assert_int_equal(add_nested(db, 10), OK);
        assert_int_equal(count_rows(db), e == OK ? 5 : 3);
        db_close(db);
        test_home_release(&home);
    }
}

static void a_transaction_ends_when_no_memory_is_left_at_all(void **state)
{
    (void)state;
    end_without_memory(false);
}

/* Every statement has to be prepared anew then, that which undoes as well. */
static void a_transaction_ends_without_memory_after_the_schema_was_read_anew(void **state)
{
    (void)state;
    end_without_memory(true);
}

static void fail_each_operation(int code, bool stays)
{
    size_t refused = 0;
    for (size_t nth = 1;; nth++) {
        struct test_home home;
        struct test_vfs faults;
        int64_t promised = 0;
        test_home_init(&home);
        test_vfs_init(&faults);
        faults.fail_at = nth;
        faults.stays = stays;
        faults.code = code;
        home.host.vfs = "faulty";
        enum err e = live_a_day(&home, &promised);
        home.host.vfs = NULL;
        test_vfs_release(&faults);
        refused += e != OK;
        assert_true(e != OK || promised == 4);
        /* A temporary copy may stay while nothing can be removed; nothing reads it. */
        assert_promises_kept(&home, promised);
        test_home_release(&home);
        if (!faults.failed) {
            break;
        }
    }
    assert_true(refused > 20);
}

static void no_failing_write_breaks_a_promise(void **state)
{
    (void)state;
    fail_each_operation(SQLITE_IOERR_WRITE, false);
    fail_each_operation(SQLITE_IOERR_WRITE, true);
}

static void no_full_disk_breaks_a_promise(void **state)
{
    (void)state;
    fail_each_operation(SQLITE_FULL, false);
    fail_each_operation(SQLITE_FULL, true);
}

int main(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &hook.real);
    sqlite3_mem_methods methods = hook.real;
    methods.xMalloc = hook_malloc;
    methods.xRealloc = hook_realloc;
    (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failing_allocation_of_ours_leaks_or_lies),
        cmocka_unit_test(no_failing_allocation_of_sqlite_leaks_or_lies),
        cmocka_unit_test(a_transaction_ends_when_no_memory_is_left_at_all),
        cmocka_unit_test(a_transaction_ends_without_memory_after_the_schema_was_read_anew),
        cmocka_unit_test(no_failing_write_breaks_a_promise),
        cmocka_unit_test(no_full_disk_breaks_a_promise),
    };
    return cmocka_run_group_tests_name("db_faults", tests, NULL, NULL);
}
