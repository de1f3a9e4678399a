/*
 * form_desk.h - forms as files, for people who make them: shared by command_form_file.c and
 * command_play.c. Nothing of it needs a home.
 */
#ifndef FORM_DESK_H
#define FORM_DESK_H

#include "form_file.h"
#include "session.h"

#define FORM_DESK_ARENA_MAX (512u << 20)

/* The form of a file, which has to be one that is played. What is wrong, and notes, are lines on
   the error stream: file, place, what, how to mend it. ERR_FILE names the file itself. */
MUST_CHECK enum err form_desk_need(struct session *session, const char *path, struct arena *arena,
                                   struct form_file *ret);

#endif
