/*
 * command_sync.c - enrolment and sync.
 */
#include "num.h"
#include "session.h"

#define NUMBERS 5

static void say_files(struct session *session, const struct json *result)
{
    char sent[NUM_TEXT_SIZE];
    char received[NUM_TEXT_SIZE];
    char wrong[NUM_TEXT_SIZE];
    num_write_i64(json_get_int(result, "files_sent", 0), sent);
    num_write_i64(json_get_int(result, "files_received", 0), received);
    num_write_i64(json_get_int(result, "files_wrong", 0), wrong);
    if (json_get_int(result, "files_sent", 0) + json_get_int(result, "files_received", 0) > 0) {
        face_say(&session->face, "text.sync_files", sent, received, NULL);
    }
    if (json_get_int(result, "files_wrong", 0) > 0) {
        face_say(&session->face, "text.sync_files_wrong", wrong, NULL);
    }
    if (json_bool(json_get(result, "files_left"))) {
        face_say(&session->face, "text.sync_files_left", NULL);
    }
}

/* The result of a sync, of the reply itself or of a member of it. */
static void say_result(struct session *session, const struct json *result)
{
    static const char *const names[NUMBERS] = {"sent", "received", "bytes_sent", "bytes_received",
                                               "requests"};
    char numbers[NUMBERS][NUM_TEXT_SIZE];
    char count[NUM_TEXT_SIZE];
    for (size_t i = 0; i < NUMBERS; i++) {
        num_write_i64(json_get_int(result, names[i], 0), numbers[i]);
    }
    face_say(&session->face, "text.synced", numbers[0], numbers[1], numbers[2], numbers[3],
             numbers[4], NULL);
    if (json_get_int(result, "late", 0) > 0) {
        num_write_i64(json_get_int(result, "late", 0), count);
        face_say(&session->face, "text.sync_late", count, NULL);
    }
    if (json_get_int(result, "refused", 0) > 0) {
        num_write_i64(json_get_int(result, "refused", 0), count);
        face_say(&session->face, "text.sync_refused", count, NULL);
    }
    if (json_get_int(result, "disputed", 0) > 0) {
        num_write_i64(json_get_int(result, "disputed", 0), count);
        face_say(&session->face, "text.sync_disputed", count, NULL);
    }
    say_files(session, result);
}

enum err command_put_budget(struct session *session)
{
    const char *text = session_option(session, "max-data");
    int64_t size = 0;
    if (!text) {
        return OK;
    }
    if (!args_size(text, &size)) {
        return diag_set(&session->diag, ERR_BAD_VALUE, "--max-data", text, "500K, 2M", NULL);
    }
    json_name(&session->out, "max_data");
    json_put_int(&session->out, size);
    return OK;
}

enum err command_sync(struct session *session)
{
    session_begin(session, "sync");
    enum err e = command_put_budget(session);
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        say_result(session, session->reply);
    }
    return e;
}

enum err command_enrol(struct session *session)
{
    session_begin(session, "enrol");
    session_text(session, "code", session_word(session, 0));
    session_text(session, "name", session_option(session, "name"));
    session_text(session, "bundle", session_option(session, "bundle"));
    if (session_flag(session, "no-sync")) {
        json_name(&session->out, "sync");
        json_put_bool(&session->out, false);
    }
    enum err e = session_send(session);
    if (e) {
        return e;
    }
    const struct json *failed = json_get(session->reply, "sync_error");
    if (json_get(session->reply, "file")) {
        face_say(&session->face, "text.enrol_written", json_get_text(session->reply, "file", ""),
                 NULL);
        return OK;
    }
    face_say(&session->face, "text.enrolled", json_get_text(session->reply, "short", ""),
             session_who(session->reply, "person"), NULL);
    if (failed && !session->face.json) {
        face_warn(&session->face, "text.first_sync_failed", json_get_text(failed, "message", ""),
                  NULL);
    } else if (json_get(session->reply, "sync")) {
        say_result(session, json_get(session->reply, "sync"));
    }
    return OK;
}
