/*
 * command_attach.c - attach a file, get one back, free the space of what is safe elsewhere.
 */
#include "num.h"
#include "session.h"

static void text_of(const struct json *reply, const char *name, char ret[NUM_TEXT_SIZE])
{
    num_write_i64(json_get_int(reply, name, 0), ret);
}

enum err command_attach(struct session *session)
{
    char size[NUM_TEXT_SIZE];
    session_begin(session, "attach");
    session_text(session, "id", session_word(session, 0));
    session_text(session, "property", session_word(session, 1));
    session_text(session, "file", session_word(session, 2));
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    text_of(session->reply, "size", size);
    face_say(&session->face,
             json_get_int(session->reply, "ops", 0) > 0 ? "text.attached" : "text.unchanged",
             json_get_text(session->reply, "case", session_word(session, 0)), size,
             json_get_text(session->reply, "mime", ""), NULL);
    if (json_bool(json_get(session->reply, "cleaned"))) {
        face_say(&session->face, "text.attach_cleaned", NULL);
    }
    return OK;
}

enum err command_attachment_get(struct session *session)
{
    char size[NUM_TEXT_SIZE];
    enum err e = OK;
    session_begin(session, "attachment");
    session_text(session, "id", session_word(session, 0));
    session_text(session, "property", session_word(session, 1));
    if (!session_option(session, "output")) {
        return diag_set(&session->diag, ERR_MISSING_ARGUMENT, "-o", NULL);
    }
    session_text(session, "file", session_option(session, "output"));
    session_true(session, "thumb", session_flag(session, "thumb"));
    e = session_send(session);
    if (!e) {
        text_of(session->reply, session_flag(session, "thumb") ? "thumb_size" : "size", size);
        face_say(&session->face, "text.attachment_written", session_option(session, "output"), size,
                 NULL);
    }
    return e;
}

enum err command_attachment_drop(struct session *session)
{
    char count[NUM_TEXT_SIZE];
    char bytes[NUM_TEXT_SIZE];
    if (!session_flag(session, "stable")) {
        return diag_set(&session->diag, ERR_MISSING_ARGUMENT, "--stable", NULL);
    }
    session_begin(session, "attachments_drop");
    enum err e = session_send(session);
    if (!e) {
        text_of(session->reply, "count", count);
        text_of(session->reply, "bytes", bytes);
        face_say(&session->face, "text.attachments_dropped", count, bytes, NULL);
    }
    return e;
}
