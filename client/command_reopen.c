/*
 * command_reopen.c - reopen, reopen-code.
 */
#include "num.h"
#include "session.h"

enum err command_reopen(struct session *session)
{
    char number[NUM_TEXT_SIZE];
    session_begin(session, "reopen");
    session_text(session, "code", session_word(session, 0));
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *reply = session->reply;
    num_write_i64(json_get_int(reply, "days", 0), number);
    if (json_get(reply, "challenge")) {
        face_say(&session->face, "text.reopen_challenge", json_get_text(reply, "challenge", ""),
                 NULL);
    } else {
        face_say(&session->face, "text.reopened", number, session_who(reply, "by"), NULL);
    }
    return OK;
}

enum err command_reopen_code(struct session *session)
{
    char number[NUM_TEXT_SIZE];
    session_begin(session, "reopen_code");
    session_text(session, "challenge", session_word(session, 0));
    enum err e = session_number(session, "days");
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        num_write_i64(json_get_int(session->reply, "days", 0), number);
        face_say(&session->face, "text.reopen_code", json_get_text(session->reply, "code", ""),
                 session_who(session->reply, "device"), number, NULL);
    }
    return e;
}
