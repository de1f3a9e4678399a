/*
 * command_bundle.c - a sync carried by hand: writes a bundle, takes bundles in.
 */
#include "num.h"
#include "session.h"

static const char *number(const struct json *reply, const char *name, char ret[NUM_TEXT_SIZE])
{
    num_write_i64(json_get_int(reply, name, 0), ret);
    return ret;
}

/* Of the attachments: whole ones, and how much in all, since a stick may hold part of one. */
static void say_files(struct session *session, const char *text)
{
    char files[NUM_TEXT_SIZE], bytes[NUM_TEXT_SIZE];
    if (json_get_int(session->reply, "file_bytes", 0) > 0) {
        face_say(&session->face, text, number(session->reply, "files", files),
                 number(session->reply, "file_bytes", bytes), NULL);
    }
    if (json_bool(json_get(session->reply, "files_left"))) {
        face_say(&session->face, "text.bundle_files_left", NULL);
    }
}

enum err command_bundle_export(struct session *session)
{
    char changes[NUM_TEXT_SIZE], bytes[NUM_TEXT_SIZE];
    session_begin(session, "bundle_export");
    session_text(session, "file", session_word(session, 0));
    session_text(session, "to", session_option(session, "to"));
    enum err e = command_put_budget(session);
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, "text.bundle_written", json_get_text(session->reply, "file", ""),
                 session_who(session->reply, "to"), number(session->reply, "changes", changes),
                 number(session->reply, "bytes", bytes), NULL);
        say_files(session, "text.bundle_files");
    }
    return e;
}

static void say_taken(struct session *session)
{
    const struct json *reply = session->reply;
    char received[NUM_TEXT_SIZE], confirmed[NUM_TEXT_SIZE], disputed[NUM_TEXT_SIZE];
    if (json_get(reply, "short")) {
        face_say(&session->face, "text.enrolled", json_get_text(reply, "short", ""),
                 session_who(reply, "person"), NULL);
    }
    face_say(&session->face, "text.bundle_taken", json_get_text(reply, "file", ""),
             session_who(reply, "from"), number(reply, "received", received),
             number(reply, "confirmed", confirmed), NULL);
    say_files(session, "text.bundle_files_taken");
    if (json_get(reply, "old")) {
        face_say(&session->face, "text.bundle_old", session_who(reply, "from"), NULL);
    }
    if (json_get_int(reply, "disputed", 0) > 0) {
        face_say(&session->face, "text.sync_disputed", number(reply, "disputed", disputed), NULL);
    }
}

/* One after the other; the first that is refused ends it, and says which it was. */
enum err command_bundle_import(struct session *session)
{
    enum err e = OK;
    for (size_t i = 0; !e && session_word(session, i); i++) {
        session_begin(session, "bundle_import");
        session_text(session, "file", session_word(session, i));
        e = session_send(session);
        if (!e) {
            say_taken(session);
        }
    }
    return e;
}
