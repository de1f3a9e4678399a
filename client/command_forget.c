/*
 * command_forget.c - forget, recall.
 */
#include "num.h"
#include "session.h"

enum err command_forget(struct session *session)
{
    char numbers[3][NUM_TEXT_SIZE];
    static const char *const names[] = {"forgotten", "ready", "waiting"};
    int64_t days = 0;
    session_begin(session, "forget");
    if (session_option(session, "older-than")) {
        enum err e = args_number(&session->args, "older-than", 0, 36500, 0, &days, &session->diag);
        if (e) {
            return e;
        }
        json_name(&session->out, "days");
        json_put_int(&session->out, days);
    }
    session_true(session, "always", session_flag(session, "always"));
    session_true(session, "dry_run", session_flag(session, "dry-run"));
    enum err e = session_send(session);
    if (!e) {
        for (size_t i = 0; i < 3; i++) {
            num_write_i64(json_get_int(session->reply, names[i], 0), numbers[i]);
        }
        face_say(&session->face,
                 session_flag(session, "dry-run") ? "text.forget_look" : "text.forgot",
                 session_flag(session, "dry-run") ? numbers[1] : numbers[0], numbers[2], NULL);
    }
    return e;
}

enum err command_recall(struct session *session)
{
    session_begin(session, "recall");
    session_text(session, "id", session_word(session, 0));
    enum err e = session_send(session);
    if (!e) {
        face_say(&session->face, "text.recalled", session_word(session, 0), NULL);
    }
    return e;
}
