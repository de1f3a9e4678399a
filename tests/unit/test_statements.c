/*
 * Every statement of the node against the migrated schema: it prepares, and it reads no table from
 * end to end unless it is named below with a reason. A plan is decided by the schema alone here,
 * since no database of ours holds ANALYZE's statistics.
 */
#define _XOPEN_SOURCE 700

#include <string.h>

#include "test_home.h"

#include "db.h"
#include "embedded.h"
#include "node_sql.h"

/* What the node part carries: schema/sql, embedded by its build. */
extern const struct embedded schema_migrations[];
extern const size_t schema_migrations_count;

/* Statements that may read a whole table or index. */
static const size_t whole_reads[] = {
    /* Tables of a few rows: servers known, devices that call. */
    SERVERS_START_OVER,
    SERVERS_ELSEWHERE,
    SERVER_FIRST,
    SERVER_TOLD,
    SERVERS_LIST,
    UNREAD_ANYWHERE,
    CALLER_LIST,
    VISITS_UNTOLD,
    VISITS_FORGOTTEN,
    BLOB_COPY_GONE_ADD, /* folders of files beside backups: one, or a few */
    FEED_LIST,
    ORIGIN_HEADS,
    STATUS_FLAGS,
    NOTICE_COUNT,
    NOTICE_LIST,
    FLAG_LIST,
    DIRTY_SOME,
    DIRTY_COUNT,
    UNRULED_SOME,
    FORMLESS_ASK, /* records whose form isn't known here yet */
    /* What was forgotten, when a person searches; envelopes, of which a device has few. */
    FORGOTTEN_LIST,
    FORGET_ROOTS,
    FORGOTTEN_COUNT,
    FORGET_ENVELOPES,
    COLLECT_ENTITIES, /* now and then, in steps by its number */
    SNAPSHOT_UNDONE,
    SNAPSHOT_ALL,
    MEMBER_ELSEWHERE,
    /* A type, or the whole organisation, changed: every record is shown anew. */
    PROJECT_ALL,
    DIRTY_EVERYTHING,
    /* A person asked about all of it. */
    DIGEST_LIVE,
    DIGEST_DEAD,
    SERVERS_FORGET_RELAY,
    /* Once per server and epoch, or by hand. */
    AUDIT_OP_COUNT,
    AUDIT_LIVE_STRAYS,
    AUDIT_BOTH,
    AUDIT_CLEAR_MEMBER,
    AUDIT_ROOTS,
    /* A server has a new epoch. */
    BLOB_DOUBT,
    /* Attachments: of indexes that hold only what waits, and sums a person asked for. */
    BLOB_GONE_SOME,
    BLOB_UNSTABLE,
    BLOB_SAFE,
    BLOB_SUM_KEPT,
    BLOB_SUM_SEND,
    BLOB_SUM_SAFE,
    /* Once per sync, over the device's roots. */
    ROOTS_MISSING,
    TREES_IN_PART,
    /* Of an index that holds only what is to be done. */
    REDACTION_UNDONE,
    REDACTION_DONE,
    RECEIPT_OWN,
    RECEIPT_UNTOLD,
    RECEIPT_ANY,
    /* Redactions are few: each is a person's decision. */
    REDACTION_LIST,
    /* Codes that opened a device since its last contact: a handful. */
    REOPEN_LIST,
    REOPEN_TOLD,
    UNIQUE_DOUBLES,
    TAKING_PARTS_DROP,
    REDACTION_WAITING,
    RECEIPT_TELL_AGAIN,
    /* Of one device: at most FILLINGS_MAX. */
    FILLING_COUNT,
    /* At most LISTING_KEYS_MAX. */
    LISTING_KEY_SPARE,
};

static const char *const names[] = {
#define NAME_OF(name, sql) [name] = #name,
    LOG_SQL(NAME_OF) RECORD_SQL(NAME_OF) SYNC_SQL(NAME_OF) AUDIT_SQL(NAME_OF) BACK_SQL(NAME_OF)
        BLOB_SQL(NAME_OF) BUNDLE_SQL(NAME_OF) SPACE_SQL(NAME_OF) REDACT_SQL(NAME_OF)
            ALIAS_SQL(NAME_OF) QUARANTINE_SQL(NAME_OF) FILLING_SQL(NAME_OF) RULES_SQL(NAME_OF)
                LISTING_SQL(NAME_OF)
#undef NAME_OF
};

static bool may_read_whole(size_t statement)
{
    for (size_t i = 0; i < COUNT_OF(whole_reads); i++) {
        if (whole_reads[i] == statement) {
            return true;
        }
    }
    return false;
}

static void open_migrated(struct test_home *home, struct db **ret)
{
    const struct db_options options = {
        .path = home->path, .create = true, .sql = node_sql, .sql_count = NODE_STMT_COUNT};
    struct diag diag = {0};
    assert_int_equal(db_open(&home->host, &options, ret, &diag), OK);
    assert_int_equal(db_migrate(*ret, schema_migrations, schema_migrations_count, &diag), OK);
}

/* A line of EXPLAIN QUERY PLAN that walks a real table. */
static bool is_whole_read(const char *line)
{
    return strncmp(line, "SCAN ", 5) == 0 && strncmp(line + 5, "(subquery", 9) != 0 &&
           strcmp(line + 5, "CONSTANT ROW") != 0 && strstr(line, "VIRTUAL TABLE") == NULL;
}

static bool reads_whole_table(sqlite3 *db, const char *sql)
{
    char text[8192];
    sqlite3_stmt *plan = NULL;
    bool found = false;
    int size = snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
    assert_true(size > 0 && (size_t)size < sizeof text);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        found = found || is_whole_read((const char *)sqlite3_column_text(plan, 3));
    }
    assert_int_equal(sqlite3_finalize(plan), SQLITE_OK);
    return found;
}

static void every_statement_prepares_against_the_schema(void **state)
{
    (void)state;
    struct test_home home;
    struct db *db = NULL;
    struct diag diag = {0};
    test_home_init(&home);
    open_migrated(&home, &db);
    if (db_prepare_all(db, &diag)) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
    db_close(db);
    test_home_release(&home);
}

static void whole_tables_are_read_only_by_those_that_say_why(void **state)
{
    (void)state;
    struct test_home home;
    struct db *db = NULL;
    sqlite3 *raw = NULL;
    size_t strays = 0;
    test_home_init(&home);
    open_migrated(&home, &db);
    assert_int_equal(sqlite3_open(home.path, &raw), SQLITE_OK);
    for (size_t i = 0; i < NODE_STMT_COUNT; i++) {
        if (reads_whole_table(raw, node_sql[i]) != may_read_whole(i)) {
            print_message("%s %s\n", names[i],
                          may_read_whole(i) ? "is listed and uses an index"
                                            : "reads a whole table");
            strays++;
        }
    }
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
    db_close(db);
    assert_int_equal(strays, 0);
    test_home_release(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_prepares_against_the_schema),
        cmocka_unit_test(whole_tables_are_read_only_by_those_that_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
