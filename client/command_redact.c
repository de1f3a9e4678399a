/*
 * command_redact.c - redact, redact status: erasing values everywhere and for ever.
 */
#include "session.h"

static enum err begin_order(struct session *session)
{
    session_begin(session, "redact");
    session_text(session, "id", session_word(session, 0));
    session_text(session, "property", session_word(session, 1));
    session_true(session, "all", session_flag(session, "all"));
    return session_need(session, "reason");
}

static bool a_person_decides(struct session *session)
{
    return span_is(span_of(json_get_text(session->reply, "decides", "")), "person");
}

/* Without --yes: what would come of it, and nothing else. */
static enum err warn_before(struct session *session)
{
    bool json = session->face.json;
    enum err e = begin_order(session);
    if (e) {
        return e;
    }
    session_true(session, "dry_run", true);
    session->face.json = false;
    e = session_send(session);
    session->face.json = json;
    if (e) {
        return e;
    }
    face_warn(&session->face,
              a_person_decides(session) ? "text.redact_only_asks" : "text.redact_forever", NULL);
    return diag_set(&session->diag, ERR_MISSING_ARGUMENT, "--yes", NULL);
}

enum err command_redact(struct session *session)
{
    if (session_flag(session, "status")) {
        return command_redact_status(session);
    }
    const char *id = session_word(session, 0);
    if (!id || session_flag(session, "all") == (session_word(session, 1) != NULL)) {
        return diag_set(&session->diag, ERR_MISSING_ARGUMENT, "ID PROPERTY | ID --all", NULL);
    }
    if (!session_flag(session, "yes")) {
        return warn_before(session);
    }
    enum err e = begin_order(session);
    if (!e) {
        session_true(session, "confirm", true);
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face,
                 a_person_decides(session) ? "text.redact_flagged" : "text.redact_asked", id, NULL);
    }
    return e;
}

static void put_row(struct session *session, struct table *table, const struct json *item)
{
    struct buf text;
    buf_init(&text, &session->program->host->mem, SESSION_LINE_MAX);
    table_text(table, json_get_text(item, "case", json_get_text(item, "id", "")));
    if (json_bool(json_get(item, "all"))) {
        face_add(&session->face, &text, "text.redact_everything", NULL);
    }
    const struct json *registers = json_get(item, "registers");
    for (const struct json *one = registers ? json_first(registers) : NULL; one;
         one = json_next(one)) {
        buf_add_format(&text, "%s%s", text.size ? ", " : "", json_text(one));
    }
    table_text(table, buf_text(&text));
    table_text(table, session_who(item, "person"));
    session_put_time(session, table, item, "time");
    session_put_member(table, item, "reason");
    buf_clear(&text);
    session_term(session, "text.redact_state_", json_get_text(item, "state", "asked"), &text);
    table_text(table, buf_text(&text));
    buf_release(&text);
}

enum err command_redact_status(struct session *session)
{
    struct table table;
    session_begin(session, "redactions");
    session_text(session, "id", session_word(session, 0));
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *rows = json_get(session->reply, "redactions");
    if (json_count(rows) == 0) {
        face_say(&session->face, "text.redact_none", NULL);
        return OK;
    }
    table_init(&table, &session->program->host->mem, 6);
    table_head(&table, &session->face, "text.case");
    table_head(&table, &session->face, "text.what");
    table_head(&table, &session->face, "text.person");
    table_head(&table, &session->face, "text.when");
    table_head(&table, &session->face, "text.reason");
    table_head(&table, &session->face, "text.state");
    for (const struct json *item = json_first(rows); item; item = json_next(item)) {
        put_row(session, &table, item);
    }
    return session_put_table(session, &table);
}
