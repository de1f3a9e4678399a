/*
 * command_key.c - unlock, lock, passwd, recover: what opens the data of this device.
 */
#include <string.h>

#include "num.h"
#include "session.h"
#include "sign.h"

#define FILE_MAX 4096

/* The first line of a file. */
static enum err read_line_of(struct session *session, const char *path, struct buf *ret)
{
    const struct host *host = session->program->host;
    enum err e = host->files->read(host->ctx, path, ret);
    for (size_t i = 0; !e && i < ret->size; i++) {
        if (ret->data[i] == '\n' || ret->data[i] == '\r') {
            buf_truncate(ret, i);
        }
    }
    return e ? diag_set(&session->diag, ERR_FILE, path, err_name(e), NULL) : OK;
}

/* Typed where there is a terminal; the characters aren't shown. */
static enum err ask(struct session *session, const char *key, struct buf *ret)
{
    const struct terminal *terminal = &session->program->terminal;
    struct buf question;
    if (!terminal->read_secret) {
        return ERR_NOT_FOUND;
    }
    buf_init(&question, &session->program->host->mem, SESSION_LINE_MAX);
    face_add(&session->face, &question, key, NULL);
    session->face.write(session->face.ctx, FACE_ERR, buf_span(&question));
    buf_release(&question);
    enum err e = terminal->read_secret(terminal->ctx, ret);
    session->face.write(session->face.ctx, FACE_ERR, span_of("\n"));
    return e ? ERR_NOT_FOUND : OK;
}

/* The option's file, else the environment's, else what is typed. An absent one is left out. */
static enum err put_passphrase(struct session *session, const char *name, const char *file,
                               const char *question)
{
    struct buf text;
    enum err e = ERR_NOT_FOUND;
    buf_init(&text, &session->program->host->mem, FILE_MAX);
    if (file && file[0]) {
        e = read_line_of(session, file, &text);
    } else if (question) {
        e = ask(session, question, &text);
    }
    if (!e) {
        session_text(session, name, buf_text(&text));
    }
    if (text.data) {
        sign_wipe(text.data, text.size);
    }
    buf_release(&text);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err put_current(struct session *session)
{
    const char *file = session_option(session, "passphrase-file");
    bool by_file = session_option(session, "key-file") != NULL;
    file = file ? file : session->program->environment.passphrase_file;
    session_text(session, "key_file", session_option(session, "key-file"));
    return put_passphrase(session, "passphrase", file, by_file ? NULL : "text.ask_passphrase");
}

static enum err put_new(struct session *session, const char *name, const char *file_name)
{
    session_text(session, file_name, session_option(session, "new-key-file"));
    return put_passphrase(session, name, session_option(session, "new-passphrase-file"), NULL);
}

void say_made_passphrase(struct session *session)
{
    const char *made = json_get_text(session->reply, "passphrase", NULL);
    char minutes[NUM_TEXT_SIZE];
    if (made) {
        face_say(&session->face, "text.passphrase_made", made, NULL);
    }
    if (json_get(session->reply, "minutes")) {
        num_write_i64(json_get_int(session->reply, "minutes", 0), minutes);
        face_say(&session->face, "text.unlocked", minutes, NULL);
    }
}

enum err command_unlock(struct session *session)
{
    session_begin(session, "unlock");
    enum err e = put_current(session);
    if (!e) {
        e = session_number(session, "minutes");
    }
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        say_made_passphrase(session);
    }
    return e;
}

enum err command_lock(struct session *session)
{
    session_begin(session, "lock");
    enum err e = session_send(session);
    if (!e) {
        face_say(&session->face, "text.locked", NULL);
    }
    return e;
}

/* With the call begun: who asks proves it, and the new passphrase goes to `name` (NULL: their own).
 */
static enum err give_passphrase(struct session *session, const char *said, const char *name)
{
    enum err e = put_current(session);
    if (!e) {
        e = put_new(session, "new_passphrase", "new_key_file");
    }
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, said, name, NULL);
        say_made_passphrase(session);
    }
    return e;
}

enum err command_passwd(struct session *session)
{
    session_begin(session, "passphrase");
    return give_passphrase(session, "text.passphrase_changed", NULL);
}

enum err command_passwd_add(struct session *session)
{
    session_begin(session, "passphrase_add");
    session_text(session, "name", session_word(session, 0));
    return give_passphrase(session, "text.passphrase_added", session_word(session, 0));
}

enum err command_passwd_remove(struct session *session)
{
    session_begin(session, "passphrase_remove");
    session_text(session, "name", session_word(session, 0));
    enum err e = put_current(session);
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, "text.passphrase_removed", session_word(session, 0), NULL);
    }
    return e;
}

enum err command_passwd_list(struct session *session)
{
    struct table table;
    session_begin(session, "passphrases");
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *list = json_get(session->reply, "passphrases");
    table_init(&table, &session->program->host->mem, 2);
    table_head(&table, &session->face, "text.name");
    table_head(&table, &session->face, "text.opened_by");
    for (const struct json *one = json_first(list); one; one = json_next(one)) {
        bool passphrase = json_bool(json_get(one, "passphrase"));
        bool file = json_bool(json_get(one, "key_file"));
        table_text(&table, json_get_text(one, "name", ""));
        table_head(&table, &session->face,
                   passphrase && file
                       ? "text.opened_by_both"
                       : (file ? "text.opened_by_file" : "text.opened_by_passphrase"));
    }
    return session_put_table(session, &table);
}

enum err command_recover(struct session *session)
{
    const char *answer = session_word(session, 0);
    session_begin(session, "recover");
    session_text(session, "answer", answer);
    enum err e = put_new(session, "new_passphrase", "new_key_file");
    if (!e) {
        e = session_send(session);
    }
    if (!e && answer) {
        face_say(&session->face, "text.passphrase_changed", NULL);
        say_made_passphrase(session);
    } else if (!e) {
        face_say(&session->face, "text.recover_request",
                 json_get_text(session->reply, "request", ""), NULL);
    }
    return e;
}

enum err put_init_key(struct session *session)
{
    session_text(session, "key_file", session_option(session, "key-file"));
    return put_passphrase(session, "passphrase", session_option(session, "passphrase-file"), NULL);
}

/* A locked device asks once, where somebody can answer; the request that was refused stays. */
enum err unlock_for(struct session *session)
{
    const char *file = session->program->environment.passphrase_file;
    struct buf kept = session->request;
    struct json_writer out = session->out;
    buf_init(&session->request, &session->program->host->mem, DEVICE_REQUEST_MAX);
    session_begin(session, "unlock");
    enum err e = put_passphrase(session, "passphrase", file, "text.ask_passphrase");
    json_close(&session->out, '}');
    json_close(&session->out, '}');
    if (!e) {
        e = buf_error(&session->request);
    }
    if (!e) {
        buf_clear(&session->answer);
        e = device_call(session->device, buf_span(&session->request), &session->answer, NULL);
    }
    sign_wipe(session->request.data, session->request.size);
    buf_release(&session->request);
    session->request = kept;
    session->out = out;
    return e;
}
