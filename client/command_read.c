/*
 * command_read.c - show, list, find, disputes.
 */
#include <string.h>

#include "num.h"
#include "session.h"

#define CHILD_DEPTH_MAX 8 /* a tree is two or three deep; a damaged one must end */

/* ---- show */

static void alternative_row(struct session *session, struct table *table, const struct json *other)
{
    struct buf value;
    char when[WHEN_SIZE];
    char number[NUM_TEXT_SIZE];
    buf_init(&value, &session->program->host->mem, SESSION_LINE_MAX);
    num_write_i64(json_get_int(other, "take", 0), number);
    when_write(json_get_int(other, "time", 0), session->face.zone_minutes, when);
    face_add(&session->face, &value, "text.alternative", number, json_get_text(other, "text", ""),
             session_who(other, "person"), when, NULL);
    table_text(table, "");
    table_cell(table, buf_span(&value));
    buf_release(&value);
}

static void property_rows(struct session *session, struct table *table,
                          const struct json *properties)
{
    for (const struct json *item = json_first(properties); item; item = json_next(item)) {
        const struct json *others = json_get(item, "alternatives");
        struct buf label;
        buf_init(&label, &session->program->host->mem, SESSION_LINE_MAX);
        buf_add_text(&label, json_bool(json_get(item, "disputed")) ? "! " : "  ");
        buf_add_text(&label, json_get_text(item, "label", ""));
        buf_add_format(&label, " (%s)", json_get_text(item, "property", ""));
        table_cell(table, buf_span(&label));
        session_put_member(table, item, "text");
        buf_release(&label);
        for (const struct json *other = others ? json_first(others) : NULL; other;
             other = json_next(other)) {
            alternative_row(session, table, other);
        }
    }
}

/* What was wrong, then whose values it is about, each with the record it stands in. */
static enum err rule_rows(struct session *session, const struct json *rule)
{
    struct table table;
    face_say(&session->face, "text.rule_broken", json_get_text(rule, "label", ""),
             json_get_text(rule, "message", ""), NULL);
    table_init(&table, &session->program->host->mem, 3);
    const struct json *values = json_get(rule, "values");
    for (const struct json *item = json_first(values); item; item = json_next(item)) {
        struct buf label, value;
        char when[WHEN_SIZE];
        buf_init(&label, &session->program->host->mem, SESSION_LINE_MAX);
        buf_init(&value, &session->program->host->mem, SESSION_LINE_MAX);
        buf_add_format(&label, "  %s",
                       json_get_text(item, "property_label", json_get_text(item, "label", "")));
        if (json_get(item, "person")) {
            when_write(json_get_int(item, "time", 0), session->face.zone_minutes, when);
            face_add(&session->face, &value, "text.rule_value", json_get_text(item, "text", ""),
                     session_who(item, "person"), when, NULL);
        }
        table_cell(&table, buf_span(&label));
        table_cell(&table, buf_span(&value));
        session_put_member(&table, item, "title");
        buf_release(&label);
        buf_release(&value);
    }
    return session_put_table(session, &table);
}

static enum err put_rules(struct session *session, const struct json *rules)
{
    enum err e = OK;
    for (const struct json *item = json_first(rules); item && !e; item = json_next(item)) {
        e = rule_rows(session, item);
    }
    return e;
}

static void show_head(struct session *session)
{
    const struct json *reply = session->reply;
    struct buf custody;
    char when[WHEN_SIZE];
    buf_init(&custody, &session->program->host->mem, SESSION_WORD_MAX);
    session_term(session, "text.custody_", json_get_text(reply, "custody", "here"), &custody);
    when_write(json_get_int(reply, "updated", 0), session->face.zone_minutes, when);
    face_say(&session->face, "text.record_head", json_get_text(reply, "label", ""),
             json_get_text(reply, "case", ""), json_get_text(reply, "title", ""), NULL);
    face_say(&session->face, "text.record_state", buf_text(&custody), when,
             json_get_text(reply, "id", ""), NULL);
    if (json_bool(json_get(reply, "deleted"))) {
        face_say(&session->face, "text.record_deleted", NULL);
    }
    if (json_bool(json_get(reply, "edited_after_delete"))) {
        face_say(&session->face, "text.record_edited_after_delete", NULL);
    }
    buf_release(&custody);
}

/* "Telephone: 0661234567; Number of members: 7" */
static void add_changes(struct buf *ret, const struct json *changes)
{
    for (const struct json *item = json_first(changes); item; item = json_next(item)) {
        buf_add_format(ret, "%s%s: %s", item == json_first(changes) ? "" : "; ",
                       json_get_text(item, "label", ""), json_get_text(item, "text", ""));
    }
}

/* What belongs to it; what belongs to one of these stands under it. */
/* NOLINTNEXTLINE(misc-no-recursion): at most CHILD_DEPTH_MAX deep */
static void child_rows(struct session *session, struct table *table, const struct json *children,
                       const char *parent, size_t depth)
{
    for (const struct json *item = json_first(children); item; item = json_next(item)) {
        if (strcmp(json_get_text(item, "parent", ""), parent) != 0) {
            continue;
        }
        struct buf number;
        buf_init(&number, &session->program->host->mem, SESSION_LINE_MAX);
        for (size_t i = 0; i < depth; i++) {
            buf_add_text(&number, "  ");
        }
        buf_add_text(&number, json_get_text(item, "case", json_get_text(item, "id", "")));
        table_text(table, buf_text(&number));
        session_put_member(table, item, "label");
        session_put_member(table, item, "title");
        table_text(table, json_get_int(item, "disputes", 0) > 0 ? "!" : "");
        session_put_time(session, table, item, "updated");
        buf_release(&number);
        if (depth < CHILD_DEPTH_MAX) {
            child_rows(session, table, children, json_get_text(item, "id", ""), depth + 1);
        }
    }
}

static enum err show_children(struct session *session, const struct json *children)
{
    struct table table;
    table_init(&table, &session->program->host->mem, 5);
    face_say(&session->face, "text.children", NULL);
    child_rows(session, &table, children, "", 1);
    enum err e = session_put_table(session, &table);
    if (!e && json_get(session->reply, "more_children")) {
        face_say(&session->face, "text.children_more", NULL);
    }
    return e;
}

static enum err show_history(struct session *session, const struct json *history)
{
    struct table table;
    table_init(&table, &session->program->host->mem, 4);
    for (const struct json *item = json_first(history); item; item = json_next(item)) {
        struct buf kind;
        struct buf values;
        buf_init(&kind, &session->program->host->mem, SESSION_WORD_MAX);
        buf_init(&values, &session->program->host->mem, DEVICE_ANSWER_MAX);
        session_term(session, "text.kind_", json_get_text(item, "kind", ""), &kind);
        add_changes(&values, json_get(item, "changes"));
        if (json_get(item, "reason")) {
            buf_add_format(&values, "%s%s", values.size ? " — " : "",
                           json_get_text(item, "reason", ""));
        }
        session_put_time(session, &table, item, "time");
        table_text(&table, session_who(item, "person"));
        table_text(&table, buf_text(&kind));
        table_cell(&table, buf_span(&values));
        buf_release(&kind);
        buf_release(&values);
    }
    face_say(&session->face, "text.history", NULL);
    return session_put_table(session, &table);
}

enum err command_show(struct session *session)
{
    struct table table;
    session_begin(session, "show");
    session_text(session, "id", session_word(session, 0));
    session_true(session, "history", session_flag(session, "history"));
    enum err e = session_send(session);
    if (e || session->face.json) {
        return e;
    }
    show_head(session);
    table_init(&table, &session->program->host->mem, 2);
    property_rows(session, &table, json_get(session->reply, "properties"));
    e = session_put_table(session, &table);
    e = e ? e : put_rules(session, json_get(session->reply, "rules"));
    const struct json *children = json_get(session->reply, "children");
    if (!e && children) {
        e = show_children(session, children);
    }
    const struct json *history = json_get(session->reply, "history");
    return !e && history ? show_history(session, history) : e;
}

/* ---- list, find */

static void list_head(struct session *session, struct table *table)
{
    table_init(table, &session->program->host->mem, 5);
    table_head(table, &session->face, "text.case");
    table_head(table, &session->face, "text.type");
    table_head(table, &session->face, "text.title");
    table_head(table, &session->face, "text.disputes");
    table_head(table, &session->face, "text.updated");
}

static void list_rows(struct session *session, struct table *table)
{
    const struct json *records = json_get(session->reply, "records");
    for (const struct json *item = json_first(records); item; item = json_next(item)) {
        int64_t disputes = json_get_int(item, "disputes", 0);
        table_text(table, json_get_text(item, "case", json_get_text(item, "id", "")));
        session_put_member(table, item, "label");
        session_put_member(table, item, "title");
        if (disputes > 0) {
            table_int(table, disputes);
        } else {
            table_text(table, json_bool(json_get(item, "deleted")) ? "x" : "");
        }
        session_put_time(session, table, item, "updated");
    }
}

/* Says how to go on when there is more. */
static void say_more(struct session *session)
{
    char after[NUM_TEXT_SIZE];
    if (json_get(session->reply, "after")) {
        num_write_i64(json_get_int(session->reply, "after", 0), after);
        face_say(&session->face, "text.more", after, NULL);
    }
}

static enum err put_where(struct session *session)
{
    const char *where = session_option(session, "where");
    if (!where) {
        return OK;
    }
    const char *equals = strchr(where, '=');
    char name[SESSION_WORD_MAX];
    if (!equals || equals == where) {
        return diag_set(&session->diag, ERR_BAD_VALUE, "--where", where, "PROPERTY=VALUE", NULL);
    }
    span_text(span_from(where, (size_t)(equals - where)), name, sizeof name);
    json_name(&session->out, "where");
    json_open(&session->out, '{');
    session_text(session, "property", name);
    session_text(session, "value", equals + 1);
    json_close(&session->out, '}');
    return OK;
}

static enum err put_page(struct session *session)
{
    enum err e = session_number(session, "limit");
    return e ? e : session_number(session, "after");
}

enum err command_list(struct session *session)
{
    struct table table;
    session_begin(session, "list");
    session_text(session, "type", session_word(session, 0));
    session_true(session, "disputed", session_flag(session, "disputed"));
    session_true(session, "deleted", session_flag(session, "deleted"));
    enum err e = put_where(session);
    if (!e) {
        e = put_page(session);
    }
    if (!e) {
        e = session_send(session);
    }
    if (e) {
        return e;
    }
    if (json_count(json_get(session->reply, "records")) == 0) {
        face_say(&session->face, "text.no_records", NULL);
        return OK;
    }
    list_head(session, &table);
    list_rows(session, &table);
    e = session_put_table(session, &table);
    say_more(session);
    return e;
}

enum err command_find(struct session *session)
{
    struct table table;
    struct buf text;
    buf_init(&text, &session->program->host->mem, SESSION_LINE_MAX);
    for (size_t i = 0; session_word(session, i); i++) {
        buf_add_text(&text, i > 0 ? " " : "");
        buf_add_text(&text, session_word(session, i));
    }
    session_begin(session, "find");
    session_text(session, "text", buf_text(&text));
    enum err e = buf_error(&text);
    if (e) {
        buf_release(&text);
        return diag_set(&session->diag, e, "TEXT", "16384", NULL);
    }
    if (!e) {
        e = session_number(session, "limit");
    }
    if (!e) {
        e = session_send(session);
    }
    if (!e && json_count(json_get(session->reply, "records")) == 0) {
        face_say(&session->face, "text.nothing_found", buf_text(&text), NULL);
    } else if (!e) {
        list_head(session, &table);
        list_rows(session, &table);
        e = session_put_table(session, &table);
    }
    const struct json *gone = e ? NULL : json_get(session->reply, "forgotten");
    for (gone = json_first(gone); gone; gone = json_next(gone)) {
        face_say(&session->face, "text.find_forgotten", json_get_text(gone, "title", ""),
                 json_get_text(gone, "case", ""), NULL);
    }
    buf_release(&text);
    return e;
}

/* ---- disputes */

enum err command_disputes(struct session *session)
{
    bool any_value = false, any_rule = false;
    session_begin(session, "disputes");
    enum err e = put_page(session);
    if (!e) {
        e = session_send(session);
    }
    if (e || session->face.json) {
        return e;
    }
    const struct json *disputes = json_get(session->reply, "disputes");
    for (const struct json *item = json_first(disputes); item && !e; item = json_next(item)) {
        struct table table;
        face_say(&session->face, "text.record_head", json_get_text(item, "label", ""),
                 json_get_text(item, "case", json_get_text(item, "id", "")),
                 json_get_text(item, "title", ""), NULL);
        table_init(&table, &session->program->host->mem, 2);
        property_rows(session, &table, json_get(item, "properties"));
        e = session_put_table(session, &table);
        e = e ? e : put_rules(session, json_get(item, "rules"));
        any_rule = any_rule || json_get(item, "rules");
        any_value = any_value || json_count(json_get(item, "properties")) > 0;
    }
    if (json_count(disputes) == 0) {
        face_say(&session->face, "text.no_disputes", NULL);
    }
    if (any_value) {
        face_say(&session->face, "text.how_to_resolve", NULL);
    }
    if (any_rule) {
        face_say(&session->face, "text.how_to_mend_rule", NULL);
    }
    say_more(session);
    return e;
}
