/*
 * command_save.c - new, edit, undo, delete, resolve; answers from --set or from the input.
 */
#include <string.h>

#include "num.h"
#include "session.h"

#define INPUT_MAX (64u * 1024 * 1024)

void say_warnings(struct session *session)
{
    const struct json *warnings = json_get(session->reply, "warnings");
    for (const struct json *item = warnings ? json_first(warnings) : NULL;
         item && !session->face.json; item = json_next(item)) {
        struct buf value;
        buf_init(&value, &session->program->host->mem, SESSION_LINE_MAX);
        json_add_tree(&value, json_get(item, "value"));
        face_warn(&session->face, "text.double", json_get_text(item, "property", ""),
                  buf_text(&value), json_get_text(item, "title", ""),
                  json_get_text(item, "case", json_get_text(item, "id", "")), NULL);
        buf_release(&value);
    }
}

/* What a save did, by its case number where it has one. */
static void say_saved(struct session *session)
{
    const struct json *reply = session->reply;
    const char *id = json_get_text(reply, "id", "");
    const char *number = json_get_text(reply, "case", id);
    if (json_bool(json_get(reply, "dry_run"))) {
        face_say(&session->face, "text.would_save", NULL);
    } else if (json_get_int(reply, "ops", 0) == 0) {
        face_say(&session->face, "text.unchanged", number, NULL);
    } else {
        face_say(&session->face, "text.saved", number, id, NULL);
    }
    say_warnings(session);
}

/* ---- answers from the input */

static enum err read_input(struct session *session, struct json **ret)
{
    const struct terminal *terminal = &session->program->terminal;
    struct buf input;
    buf_init(&input, &session->program->host->mem, INPUT_MAX);
    enum err e = terminal->read_input(terminal->ctx, &input);
    if (e == ERR_TOO_LARGE) {
        e = diag_set(&session->diag, e, "-", "64 MiB", NULL);
    }
    if (!e) {
        e = json_parse(buf_span(&input), ret, &session->diag);
    }
    buf_release(&input);
    return e;
}

/* "-" as the second word; then --set has no place. */
static enum err wants_input(struct session *session, bool *ret)
{
    const char *word = session_word(session, 1);
    if (!word) {
        *ret = false;
        return OK;
    }
    if (strcmp(word, "-") != 0) {
        return diag_set(&session->diag, ERR_BAD_VALUE, session->command->name, word,
                        session->command->words, NULL);
    }
    if (session_option(session, "set")) {
        return diag_set(&session->diag, ERR_BAD_VALUE, "--set", session_option(session, "set"), "-",
                        NULL);
    }
    *ret = true;
    return OK;
}

/* Sends the request begun, with the answers of `item` or of --set. */
static enum err send_answers(struct session *session, const struct json *item)
{
    enum err e = OK;
    if (item) {
        json_name(&session->out, "answers");
        json_put_tree(&session->out, item);
    } else {
        e = session_answers(session);
    }
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        say_saved(session);
    }
    return e;
}

static enum err send_new(struct session *session, const struct json *item)
{
    session_begin(session, "new");
    session_text(session, "form", session_word(session, 0));
    session_text(session, "place", session_option(session, "place"));
    session_text(session, "parent", session_option(session, "parent"));
    session_true(session, "dry_run", session_flag(session, "dry-run"));
    return send_answers(session, item);
}

/* Each of a list is a save of its own: one that is refused is told by its number, and the others
   are saved all the same. The first failure decides the exit status. */
static enum err send_list(struct session *session, const struct json *list)
{
    enum err first = OK;
    int64_t number = 0;
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        enum err e = send_new(session, item);
        number++;
        if (e && !session->said) {
            return e;
        }
        if (e && !session->face.json) {
            char text[NUM_TEXT_SIZE];
            num_write_i64(number, text);
            face_warn(&session->face, "text.item_refused", text, NULL);
        }
        first = first ? first : e;
    }
    return first;
}

enum err command_new(struct session *session)
{
    bool from_input = false;
    struct json *input = NULL;
    enum err e = wants_input(session, &from_input);
    if (!e && from_input) {
        e = read_input(session, &input);
    }
    if (e) {
        return e;
    }
    e = input && json_is(input, JSON_ARRAY) ? send_list(session, input) : send_new(session, input);
    json_free(input);
    return e;
}

enum err command_edit(struct session *session)
{
    bool from_input = false;
    struct json *input = NULL;
    enum err e = wants_input(session, &from_input);
    if (!e && from_input) {
        e = read_input(session, &input);
    }
    if (e) {
        return e;
    }
    session_begin(session, "edit");
    session_text(session, "id", session_word(session, 0));
    session_text(session, "form", session_option(session, "form"));
    session_true(session, "dry_run", session_flag(session, "dry-run"));
    e = send_answers(session, input);
    json_free(input);
    return e;
}

/* ---- undo, delete, resolve */

enum err command_undo(struct session *session)
{
    session_begin(session, "undo");
    enum err e = session_send(session);
    if (!e) {
        face_say(&session->face, "text.undone", json_get_text(session->reply, "id", ""), NULL);
    }
    return e;
}

/* What belonged to a deleted record isn't deleted with it. */
static void say_left(struct session *session)
{
    char count[NUM_TEXT_SIZE];
    int64_t left = json_get_int(session->reply, "left", 0);
    num_write_i64(left, count);
    if (left > 0) {
        face_say(&session->face, "text.deleted_left", count, session_word(session, 0), NULL);
    }
}

enum err command_delete(struct session *session)
{
    session_begin(session, "delete");
    session_text(session, "id", session_word(session, 0));
    enum err e = session_need(session, "reason");
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, "text.deleted", session_word(session, 0), NULL);
        say_left(session);
    }
    return e;
}

/* --take: a number, or an alternative's uid. */
static void put_take(struct session *session, const char *take)
{
    int64_t number = 0;
    if (num_read_i64(span_of(take), &number)) {
        json_name(&session->out, "take");
        json_put_int(&session->out, number);
    } else {
        session_text(session, "take", take);
    }
}

enum err command_resolve(struct session *session)
{
    const char *take = session_option(session, "take");
    session_begin(session, "resolve");
    session_text(session, "id", session_word(session, 0));
    session_text(session, "property", session_word(session, 1));
    if (take) {
        put_take(session, take);
    }
    session_text(session, "value", session_option(session, "value"));
    enum err e = session_need(session, "reason");
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, "text.resolved", session_word(session, 1),
                 session_word(session, 0), NULL);
    }
    return e;
}
