/*
 * command_status.c - status, digest, check.
 */
#include <string.h>

#include "num.h"
#include "session.h"

static const char *number(const struct json *object, const char *name, char ret[NUM_TEXT_SIZE])
{
    num_write_i64(json_get_int(object, name, 0), ret);
    return ret;
}

static void say_sums(struct session *session)
{
    const struct json *records = json_get(session->reply, "records");
    const struct json *ops = json_get(session->reply, "ops");
    char a[NUM_TEXT_SIZE];
    char b[NUM_TEXT_SIZE];
    char c[NUM_TEXT_SIZE];
    char d[NUM_TEXT_SIZE];
    face_say(&session->face, "text.status_records", number(records, "total", a),
             number(records, "here", b), number(records, "province", c),
             number(records, "region", d), NULL);
    face_say(&session->face, "text.status_ops", number(ops, "here", a), number(ops, "province", b),
             number(ops, "region", c), NULL);
    if (json_get_int(records, "disputed", 0) > 0) {
        face_say(&session->face, "text.status_disputed", number(records, "disputed", a), NULL);
    }
    if (json_get_int(session->reply, "late", 0) > 0) {
        face_say(&session->face, "text.sync_late", number(session->reply, "late", a), NULL);
    }
    if (json_get_int(session->reply, "quarantined", 0) > 0) {
        face_say(&session->face, "text.status_quarantined",
                 number(session->reply, "quarantined", a), NULL);
    }
}

/* An offset as a person says it: seconds below two minutes, then minutes, hours, days. */
static void say_offset(struct session *session, int64_t offset_ms)
{
    static const struct {
        int64_t ms;
        const char *key;
    } units[] = {{86400000, "text.days"}, {3600000, "text.hours"}, {60000, "text.minutes"}};
    int64_t size_ms = offset_ms < 0 ? -offset_ms : offset_ms;
    int64_t unit_ms = 1000;
    const char *unit = "text.seconds";
    struct buf shown;
    char count[NUM_TEXT_SIZE];
    if (size_ms < 2 * unit_ms) {
        face_say(&session->face, "text.clock_agrees", NULL);
        return;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (size_ms >= 2 * units[i].ms) {
            unit_ms = units[i].ms;
            unit = units[i].key;
            break;
        }
    }
    buf_init(&shown, &session->program->host->mem, SESSION_WORD_MAX);
    num_write_i64(size_ms / unit_ms, count);
    face_add(&session->face, &shown, unit, count, NULL);
    face_say(&session->face, offset_ms < 0 ? "text.clock_behind" : "text.clock_ahead",
             buf_text(&shown), NULL);
    buf_release(&shown);
}

static void say_clock(struct session *session)
{
    const struct json *clock = json_get(session->reply, "clock");
    if (json_get(clock, "offset")) {
        say_offset(session, json_get_int(clock, "offset", 0));
    }
    if (session->face.json) {
        return;
    }
    if (json_bool(json_get(clock, "insane"))) {
        face_warn(&session->face, "text.clock_insane", NULL);
    } else if (json_bool(json_get(clock, "warn"))) {
        face_warn(&session->face, "text.clock_warn", NULL);
    }
}

/* Days before it locks, while something can still be done about it; and when it has. */
static void say_lease(struct session *session)
{
    const struct json *lease = json_get(session->reply, "lease");
    char left[NUM_TEXT_SIZE];
    char away[NUM_TEXT_SIZE];
    num_write_i64(json_get_int(lease, "left", 0), left);
    num_write_i64(json_get_int(lease, "away", 0), away);
    if (session->face.json) {
        return;
    }
    if (strcmp(json_get_text(lease, "lock", "open"), "expired") == 0) {
        face_warn(&session->face, "text.lease_expired", away, NULL);
    } else if (strcmp(json_get_text(lease, "lock", "open"), "revoked") == 0) {
        face_warn(&session->face, "text.lease_revoked", NULL);
    } else if (json_bool(json_get(lease, "warn"))) {
        face_warn(&session->face, "text.lease_warn", away, left, NULL);
    }
}

static void custody_row(struct session *session, struct table *table, const struct json *record)
{
    struct buf custody;
    int64_t disputes = json_get_int(record, "disputes", 0);
    buf_init(&custody, &session->program->host->mem, SESSION_WORD_MAX);
    session_term(session, "text.custody_", json_get_text(record, "custody", "here"), &custody);
    table_text(table, json_get_text(record, "case", json_get_text(record, "id", "")));
    session_put_member(table, record, "label");
    session_put_member(table, record, "title");
    table_text(table, buf_text(&custody));
    if (disputes > 0) {
        table_int(table, disputes);
    } else {
        table_text(table, "");
    }
    session_put_time(session, table, record, "updated");
    buf_release(&custody);
}

static enum err put_custodies(struct session *session)
{
    const struct json *record = json_get(session->reply, "record");
    const struct json *list = json_get(session->reply, "list");
    struct table table;
    if (!record && !list) {
        return OK;
    }
    table_init(&table, &session->program->host->mem, 6);
    table_head(&table, &session->face, "text.case");
    table_head(&table, &session->face, "text.type");
    table_head(&table, &session->face, "text.title");
    table_head(&table, &session->face, "text.custody");
    table_head(&table, &session->face, "text.disputes");
    table_head(&table, &session->face, "text.updated");
    if (record) {
        custody_row(session, &table, record);
    }
    for (const struct json *item = list ? json_first(list) : NULL; item; item = json_next(item)) {
        custody_row(session, &table, item);
    }
    return session_put_table(session, &table);
}

/* What waits of attached files, when anything does. */
static void say_files(struct session *session)
{
    static const char *const names[] = {"send", "fetch", "safe"};
    static const char *const keys[] = {"text.status_files_send", "text.status_files_fetch",
                                       "text.status_files_safe"};
    const struct json *files = json_get(session->reply, "files");
    for (size_t i = 0; i < 3; i++) {
        char count[NUM_TEXT_SIZE];
        char bytes[NUM_TEXT_SIZE];
        const struct json *sum = json_get(files, names[i]);
        num_write_i64(json_get_int(sum, "count", 0), count);
        num_write_i64(json_get_int(sum, "bytes", 0), bytes);
        if (json_get_int(sum, "count", 0) > 0) {
            face_say(&session->face, keys[i], count, bytes, NULL);
        }
    }
}

enum err command_status(struct session *session)
{
    session_begin(session, "status");
    session_text(session, "id", session_word(session, 0));
    session_true(session, "records", session_flag(session, "records"));
    enum err e = session_number(session, "limit");
    if (!e) {
        e = session_number(session, "after");
    }
    if (!e) {
        e = session_send(session);
    }
    if (e) {
        return e;
    }
    char when[WHEN_SIZE];
    char after[NUM_TEXT_SIZE];
    const struct json *reply = session->reply;
    if (!json_get(reply, "record")) {
        say_sums(session);
        when_write(json_get_int(reply, "synced", 0), session->face.zone_minutes, when);
        face_say(&session->face, json_get(reply, "synced") ? "text.last_sync" : "text.never_synced",
                 when, NULL);
        say_files(session);
        say_clock(session);
        say_lease(session);
    }
    e = put_custodies(session);
    if (json_get(reply, "after")) {
        face_say(&session->face, "text.more", number(reply, "after", after), NULL);
    }
    return e;
}

enum err command_digest(struct session *session)
{
    struct table table;
    session_begin(session, "digest");
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *rows = json_get(session->reply, "digest");
    table_init(&table, &session->program->host->mem, 4);
    table_head(&table, &session->face, "text.scope");
    table_head(&table, &session->face, "text.compartment");
    table_head(&table, &session->face, "text.count");
    table_head(&table, &session->face, "text.sum");
    for (const struct json *item = json_first(rows); item; item = json_next(item)) {
        session_put_member(&table, item, "scope");
        session_put_member(&table, item, "compartment");
        session_put_member(&table, item, "count");
        session_put_member(&table, item, "sum");
    }
    return session_put_table(session, &table);
}

enum err command_check(struct session *session)
{
    char a[NUM_TEXT_SIZE];
    char b[NUM_TEXT_SIZE];
    char c[NUM_TEXT_SIZE];
    session_begin(session, "check");
    session_true(session, "rebuild", session_flag(session, "rebuild"));
    enum err e = session_send(session);
    const struct json *findings = session->reply ? json_get(session->reply, "findings") : NULL;
    for (const struct json *item = findings ? json_first(findings) : NULL;
         item && !session->face.json; item = json_next(item)) {
        face_put_line(&session->face, json_span(item));
    }
    if (!e) {
        face_say(&session->face, "text.check_good", number(session->reply, "ops", a),
                 number(session->reply, "batches", b), number(session->reply, "registers", c),
                 NULL);
    }
    return e;
}
