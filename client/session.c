/*
 * session.c - requests built from a command line, answers received, and what printing shares.
 */
#include <string.h>

#include "num.h"
#include "session.h"
#include "utf8.h"

const char *session_word(const struct session *session, size_t index)
{
    size_t at = session->first_word + index;
    return at < session->args.word_count ? session->args.words[at] : NULL;
}

const char *session_option(const struct session *session, const char *name)
{
    return args_value(&session->args, name);
}

bool session_flag(const struct session *session, const char *name)
{
    return args_flag(&session->args, name);
}

/* ---- requests */

void session_begin(struct session *session, const char *call)
{
    const char *person = session_option(session, "as");
    buf_clear(&session->request);
    json_begin(&session->out, &session->request);
    json_open(&session->out, '{');
    json_name(&session->out, "call");
    json_put_text(&session->out, call);
    person = person ? person : session->program->environment.douar_person;
    if (person && person[0]) {
        json_name(&session->out, "person");
        json_put_text(&session->out, person);
    }
    json_name(&session->out, "args");
    json_open(&session->out, '{');
}

void session_text(struct session *session, const char *name, const char *text)
{
    if (text) {
        json_name(&session->out, name);
        json_put_text(&session->out, text);
    }
}

void session_true(struct session *session, const char *name, bool value)
{
    if (value) {
        json_name(&session->out, name);
        json_put_bool(&session->out, true);
    }
}

enum err session_number(struct session *session, const char *option)
{
    int64_t number = 0;
    if (!session_option(session, option)) {
        return OK;
    }
    enum err e = args_number(&session->args, option, 0, JSON_INT_MAX, 0, &number, &session->diag);
    if (!e) {
        json_name(&session->out, option);
        json_put_int(&session->out, number);
    }
    return e;
}

enum err session_need(struct session *session, const char *option)
{
    const char *value = NULL;
    enum err e = args_need(&session->args, option, &value, &session->diag);
    if (!e) {
        session_text(session, option, value);
    }
    return e;
}

/* Was the property set by an option before `index`? */
static bool set_before(const struct args *args, size_t index, struct span property)
{
    for (size_t i = 0; i < index; i++) {
        struct span rest = span_of(args->given[i].value);
        struct span name;
        if (strcmp(args->given[i].option->name, "set") == 0 && span_split(&rest, '=', &name) &&
            span_equal(name, property)) {
            return true;
        }
    }
    return false;
}

enum err session_answers(struct session *session)
{
    const struct args *args = &session->args;
    json_name(&session->out, "answers");
    json_open(&session->out, '{');
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, "set") != 0) {
            continue;
        }
        const char *text = args->given[i].value;
        const char *equals = strchr(text, '=');
        if (!equals || equals == text) {
            return diag_set(&session->diag, ERR_BAD_VALUE, "--set", text, "PROPERTY=VALUE", NULL);
        }
        char name[SESSION_WORD_MAX];
        struct span property = span_from(text, (size_t)(equals - text));
        span_text(property, name, sizeof name);
        if (set_before(args, i, property)) {
            return diag_set(&session->diag, ERR_EXISTS, "--set", name, NULL);
        }
        json_name(&session->out, name);
        json_put_text(&session->out, equals + 1);
    }
    json_close(&session->out, '}');
    return OK;
}

/* ---- progress */

static void clear_progress(struct session *session)
{
    static const char blank[] = "\r\x1b[K";
    if (session->progress_width > 0) {
        session->face.write(session->face.ctx, FACE_ERR, span_of(blank));
        session->progress_width = 0;
    }
}

static const char *number_of(const struct json *event, const char *name, char ret[NUM_TEXT_SIZE])
{
    num_write_i64(json_get_int(event, name, 0), ret);
    return ret;
}

/* The sentence of an event; empty for one that isn't worth a line. */
static void add_progress(struct session *session, const struct json *event, struct buf *ret)
{
    char a[NUM_TEXT_SIZE];
    char b[NUM_TEXT_SIZE];
    char c[NUM_TEXT_SIZE];
    const char *state = json_get_text(event, "state", "");
    if (strcmp(json_get_text(event, "event", ""), "check") == 0) {
        face_add(&session->face, ret, "text.progress_check", json_get_text(event, "step", ""),
                 number_of(event, "done", a), number_of(event, "total", b), NULL);
    } else if (strcmp(json_get_text(event, "event", ""), "bundle") == 0) {
        face_add(&session->face, ret, "text.progress_bundle", number_of(event, "bytes", a),
                 json_get(event, "total") ? number_of(event, "total", b) : "?", NULL);
    } else if (strcmp(json_get_text(event, "event", ""), "ready") == 0) {
        face_add(&session->face, ret, "text.progress_ready", number_of(event, "done", a),
                 number_of(event, "total", b), NULL);
    } else if (strcmp(state, "wait") == 0) {
        num_write_i64((json_get_int(event, "wait_ms", 0) + 999) / 1000, a);
        face_add(&session->face, ret, "text.progress_wait", a, NULL);
    } else if (json_get(event, "left")) {
        face_add(&session->face, ret, "text.progress_sync_left", number_of(event, "sent", a),
                 number_of(event, "left", b), number_of(event, "received", c), NULL);
    } else {
        face_add(&session->face, ret, "text.progress_sync", number_of(event, "sent", a),
                 number_of(event, "received", b), NULL);
    }
}

/* On a terminal one line is rewritten; elsewhere only waits are worth a line of a log. */
static bool on_event(void *ctx, struct span text)
{
    struct session *session = ctx;
    struct json *event = NULL;
    struct buf line;
    bool rewrites = session->program->terminal.rewrites_lines;
    if (json_parse(text, &event, NULL)) {
        return true;
    }
    if (rewrites || strcmp(json_get_text(event, "state", ""), "wait") == 0) {
        buf_init(&line, &session->program->host->mem, SESSION_LINE_MAX);
        clear_progress(session);
        add_progress(session, event, &line);
        session->progress_width = rewrites ? text_width(buf_span(&line)) : 0;
        buf_add_text(&line, rewrites ? "" : "\n");
        session->face.write(session->face.ctx, FACE_ERR, buf_span(&line));
        buf_release(&line);
    }
    json_free(event);
    return true;
}

/* ---- sending */

/* Whatever the command: that the disk is nearly full must not wait for somebody to ask. */
static void say_space(struct session *session)
{
    const struct json *space = json_get(session->reply, "space");
    const char *message = space ? json_get_text(space, "message", NULL) : NULL;
    if (message && !session->face.json) {
        session->face.write(session->face.ctx, FACE_ERR, span_of(message));
        session->face.write(session->face.ctx, FACE_ERR, span_of("\n"));
    }
}

/* The answer of a failed call: as it is with --json, else its sentence. */
static void say_failure(struct session *session, enum err e)
{
    struct json *reply = NULL;
    if (session->face.json) {
        face_put_line(&session->face, buf_span(&session->answer));
    } else if (json_parse(buf_span(&session->answer), &reply, NULL) == OK) {
        const char *message = json_get_text(reply, "message", err_name(e));
        session->face.write(session->face.ctx, FACE_ERR, span_of(message));
        session->face.write(session->face.ctx, FACE_ERR, span_of("\n"));
    }
    json_free(session->reply);
    session->reply = reply;
    session->said = true;
}

enum err session_send(struct session *session)
{
    const struct device_listener listener = {session, on_event};
    bool tells = !session->quiet && !session->face.json;
    json_close(&session->out, '}');
    json_close(&session->out, '}');
    buf_clear(&session->answer);
    enum err e = buf_error(&session->request);
    if (e) {
        return e == ERR_TOO_LARGE
                   ? diag_set(&session->diag, e, session->command->name, "1 MiB", NULL)
                   : diag_set(&session->diag, e, NULL);
    }
    e = device_call(session->device, buf_span(&session->request), &session->answer,
                    tells ? &listener : NULL);
    if (e == ERR_LOCKED) {
        e = unlock_for(session);
        if (e) {
            clear_progress(session);
            say_failure(session, e);
            return e;
        }
        buf_clear(&session->answer);
        e = device_call(session->device, buf_span(&session->request), &session->answer,
                        tells ? &listener : NULL);
    }
    clear_progress(session);
    if (buf_error(&session->answer)) {
        return diag_set(&session->diag, e, NULL);
    }
    if (e) {
        say_failure(session, e);
        return e;
    }
    if (session->face.json) {
        face_put_line(&session->face, buf_span(&session->answer));
    }
    json_free(session->reply);
    session->reply = NULL;
    e = json_parse_deep(buf_span(&session->answer), &session->reply, &session->diag);
    if (!e) {
        say_space(session);
    }
    return e;
}

/* ---- printing */

void session_put_time(struct session *session, struct table *table, const struct json *object,
                      const char *name)
{
    char when[WHEN_SIZE];
    when_write(json_get_int(object, name, 0), session->face.zone_minutes, when);
    table_text(table, when);
}

void session_put_member(struct table *table, const struct json *object, const char *name)
{
    const struct json *value = json_get(object, name);
    int64_t number = 0;
    if (value && json_int(value, &number)) {
        table_int(table, number);
    } else {
        table_text(table, value ? json_text(value) : NULL);
    }
}

void session_pair(struct session *session, struct table *table, const char *key, const char *value)
{
    if (value && value[0]) {
        table_head(table, &session->face, key);
        table_text(table, value);
    }
}

const char *session_who(const struct json *object, const char *name)
{
    const struct json *who = json_get(object, name);
    return who ? json_get_text(who, "name", json_get_text(who, "id", "")) : "";
}

void session_term(struct session *session, const char *prefix, const char *name, struct buf *ret)
{
    struct buf key;
    buf_init(&key, &session->program->host->mem, MESSAGE_KEY_SIZE);
    buf_add_text(&key, prefix);
    buf_add_text(&key, name);
    face_add(&session->face, ret, buf_text(&key), NULL);
    buf_release(&key);
}

enum err session_put_table(struct session *session, struct table *table)
{
    enum err e = session->face.json ? OK : table_put(table, &session->face);
    table_release(table);
    return e ? diag_set(&session->diag, e, NULL) : OK;
}
