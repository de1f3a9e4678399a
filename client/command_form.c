/*
 * command_form.c - forms and places: what can be filled, and where.
 */
#include "session.h"

#define PLACE_PAGE 1000

enum err command_form_list(struct session *session)
{
    struct table table;
    session_begin(session, "forms");
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *forms = json_get(session->reply, "forms");
    table_init(&table, &session->program->host->mem, 4);
    table_head(&table, &session->face, "text.form");
    table_head(&table, &session->face, "text.label");
    table_head(&table, &session->face, "text.type");
    table_head(&table, &session->face, "text.questions");
    for (const struct json *item = json_first(forms); item; item = json_next(item)) {
        session_put_member(&table, item, "form");
        session_put_member(&table, item, "label");
        session_put_member(&table, item, "type");
        session_put_member(&table, item, "questions");
    }
    return session_put_table(session, &table);
}

/* A canonical value as a person types it: "1900-01-01" without its quotes. */
static void add_limit(struct buf *ret, const char *limit)
{
    struct span text = span_of(limit);
    bool quoted = text.size >= 2 && text.data[0] == '"';
    buf_add_span(ret, quoted ? span_cut(text, 1, text.size - 2) : text);
}

/* What may be answered: the choices with their meaning, else an example, else the range. */
static void add_expected(const struct json *question, struct buf *ret)
{
    const struct json *choices = json_get(question, "choices");
    const char *min = json_get_text(question, "min", NULL);
    const char *max = json_get_text(question, "max", NULL);
    for (const struct json *item = json_first(choices); choices && item; item = json_next(item)) {
        buf_add_format(ret, "%s%s (%s)", item == json_first(choices) ? "" : ", ",
                       json_get_text(item, "name", ""), json_get_text(item, "label", ""));
    }
    if (!choices && json_get(question, "example")) {
        buf_add_text(ret, json_get_text(question, "example", ""));
    } else if (!choices && (min || max)) {
        add_limit(ret, min);
        buf_add_text(ret, "..");
        add_limit(ret, max);
    }
}

static void question_row(struct session *session, struct table *table, const struct json *question)
{
    struct buf expected;
    struct buf kind;
    buf_init(&kind, &session->program->host->mem, SESSION_WORD_MAX);
    buf_init(&expected, &session->program->host->mem, SESSION_LINE_MAX);
    add_expected(question, &expected);
    table_text(table, json_bool(json_get(question, "required")) ? "*" : "");
    session_put_member(table, question, "property");
    session_put_member(table, question, "label");
    session_term(session, "text.value_", json_get_text(question, "type", "text"), &kind);
    table_text(table, buf_text(&kind));
    table_text(table, buf_text(&expected));
    buf_release(&kind);
    buf_release(&expected);
}

enum err command_form_show(struct session *session)
{
    const struct host *host = session->program->host;
    struct table table;
    if (host->files->exists(host->ctx, session_word(session, 0))) {
        return form_show_file(session);
    }
    session_begin(session, "form");
    session_text(session, "form", session_word(session, 0));
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *questions = json_get(session->reply, "questions");
    face_say(&session->face, "text.form_head", json_get_text(session->reply, "label", ""),
             json_get_text(session->reply, "type", ""), NULL);
    table_init(&table, &session->program->host->mem, 5);
    for (const struct json *item = json_first(questions); item; item = json_next(item)) {
        question_row(session, &table, item);
    }
    e = session_put_table(session, &table);
    face_say(&session->face, "text.form_required", NULL);
    return e;
}

/* ---- places */

static void place_row(struct session *session, struct table *table, const struct json *place)
{
    struct buf level;
    buf_init(&level, &session->program->host->mem, SESSION_WORD_MAX);
    session_term(session, "text.level_", json_get_text(place, "level", "douar"), &level);
    session_put_member(table, place, "place");
    table_text(table, buf_text(&level));
    session_put_member(table, place, "label");
    buf_release(&level);
}

static enum err place_page(struct session *session, const char *after)
{
    session_begin(session, "places");
    session_text(session, "under", session_word(session, 0));
    session_text(session, "after", after);
    if (session_option(session, "limit")) {
        enum err e = session_number(session, "limit");
        if (e) {
            return e;
        }
    } else {
        json_name(&session->out, "limit");
        json_put_int(&session->out, PLACE_PAGE);
    }
    return session_send(session);
}

enum err command_place_list(struct session *session)
{
    struct table table;
    char after[SESSION_WORD_MAX] = "";
    const char *given = session_option(session, "after");
    span_text(span_of(given), after, sizeof after);
    table_init(&table, &session->program->host->mem, 3);
    enum err e = OK;
    bool more = true;
    while (more && !e) {
        e = place_page(session, after[0] ? after : NULL);
        if (e) {
            break;
        }
        const struct json *places = json_get(session->reply, "places");
        for (const struct json *item = json_first(places); item; item = json_next(item)) {
            place_row(session, &table, item);
        }
        const char *next = json_get_text(session->reply, "after", NULL);
        more = next && !session->face.json && !session_option(session, "limit");
        span_text(span_of(next), after, sizeof after);
    }
    if (e) {
        table_release(&table);
        return e;
    }
    return session_put_table(session, &table);
}

enum err command_place_add(struct session *session)
{
    session_begin(session, "place_add");
    session_text(session, "parent", session_word(session, 0));
    enum err e = session_answers(session);
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, "text.place_added", json_get_text(session->reply, "place", ""),
                 json_get_text(session->reply, "case", ""), NULL);
        say_warnings(session);
    }
    return e;
}
