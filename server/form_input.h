/*
 * form_input.h - a form's file read for a command of the office, its faults said.
 */
#ifndef FORM_INPUT_H
#define FORM_INPUT_H

#include "app.h"
#include "form_file.h"

/* form_file_read() of a path; each fault is a line on the error stream: file, place, what is
   wrong, how to mend it. `with_lists`: what lies beside the file becomes part of the form, as it
   has to be where it is published. Everything lives in app->arena. ERR_FILE names the file itself.
 */
MUST_CHECK enum err form_input_read(struct app *app, const char *path, bool with_lists,
                                    struct form_file *ret);

#endif
