/*
 * command_home.c - init, whoami, persons, version.
 */
#include "session.h"

enum err command_init(struct session *session)
{
    session_begin(session, "init");
    enum err e = put_init_key(session);
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, "text.init", json_get_text(session->reply, "home", ""), NULL);
        say_made_passphrase(session);
    }
    return e;
}

enum err command_version(struct session *session)
{
    session_begin(session, "version");
    enum err e = session_send(session);
    if (!e) {
        face_say(&session->face, "text.version", json_get_text(session->reply, "version", ""),
                 NULL);
    }
    return e;
}

/* The texts of an array, with commas. */
static void add_texts(struct buf *ret, const struct json *array)
{
    for (const struct json *item = json_first(array); item; item = json_next(item)) {
        buf_add_text(ret, item == json_first(array) ? "" : ", ");
        buf_add_text(ret, json_text(item) ? json_text(item) : "");
    }
}

static void pair_texts(struct session *session, struct table *table, const char *key,
                       const char *member)
{
    struct buf texts;
    buf_init(&texts, &session->program->host->mem, SESSION_LINE_MAX);
    add_texts(&texts, json_get(session->reply, member));
    session_pair(session, table, key, buf_text(&texts));
    buf_release(&texts);
}

enum err command_whoami(struct session *session)
{
    struct table table;
    struct buf role;
    session_begin(session, "whoami");
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *reply = session->reply;
    buf_init(&role, &session->program->host->mem, SESSION_WORD_MAX);
    table_init(&table, &session->program->host->mem, 2);
    session_pair(session, &table, "text.person", session_who(reply, "person"));
    session_pair(session, &table, "text.device", json_get_text(reply, "name", ""));
    session_pair(session, &table, "text.short", json_get_text(reply, "short", ""));
    session_term(session, "text.role_", json_get_text(reply, "role", "worker"), &role);
    session_pair(session, &table, "text.role", buf_text(&role));
    pair_texts(session, &table, "text.scopes", "scopes");
    pair_texts(session, &table, "text.compartments", "compartments");
    session_pair(session, &table, "text.node", json_get_text(reply, "node", ""));
    session_pair(session, &table, "text.home", json_get_text(reply, "home", ""));
    e = session_put_table(session, &table);
    buf_release(&role);
    if (!json_bool(json_get(reply, "enrolled"))) {
        face_say(&session->face, "text.not_enrolled", NULL);
    }
    return e;
}

static void person_row(struct session *session, struct table *table, const struct json *person)
{
    struct buf role;
    struct buf scopes;
    buf_init(&role, &session->program->host->mem, SESSION_WORD_MAX);
    buf_init(&scopes, &session->program->host->mem, SESSION_LINE_MAX);
    session_term(session, "text.role_", json_get_text(person, "role", ""), &role);
    add_texts(&scopes, json_get(person, "scopes"));
    table_text(table, json_get_text(person, "name", ""));
    table_text(table, buf_text(&role));
    table_text(table, buf_text(&scopes));
    table_text(table, json_get_text(person, "id", ""));
    buf_release(&role);
    buf_release(&scopes);
}

enum err command_persons(struct session *session)
{
    struct table table;
    session_begin(session, "persons");
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *persons = json_get(session->reply, "persons");
    table_init(&table, &session->program->host->mem, 4);
    table_head(&table, &session->face, "text.name");
    table_head(&table, &session->face, "text.role");
    table_head(&table, &session->face, "text.scopes");
    table_head(&table, &session->face, "text.id");
    for (const struct json *item = json_first(persons); item; item = json_next(item)) {
        person_row(session, &table, item);
    }
    return session_put_table(session, &table);
}
