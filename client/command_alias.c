/*
 * command_alias.c - alias: two records that are one.
 */
#include "session.h"

enum err command_alias(struct session *session)
{
    bool undo = session_flag(session, "undo");
    const char *first = session_word(session, 0);
    const char *second = session_word(session, 1);
    if (undo == (second != NULL)) {
        return diag_set(&session->diag, ERR_MISSING_ARGUMENT, "ID DUPLICATE | DUPLICATE --undo",
                        NULL);
    }
    session_begin(session, "alias");
    session_text(session, "id", undo ? NULL : first);
    session_text(session, "duplicate", undo ? first : second);
    session_true(session, "undo", undo);
    enum err e = session_need(session, "reason");
    if (!e) {
        e = session_send(session);
    }
    if (!e) {
        face_say(&session->face, undo ? "text.alias_undone" : "text.alias_said",
                 undo ? first : second, first, NULL);
    }
    return e;
}
