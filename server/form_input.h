/*
 * form_input.h - a form's file read for a command of the office, its faults said.
 */
#ifndef FORM_INPUT_H
#define FORM_INPUT_H

#include "app.h"
#include "form_file.h"

/* form_file_open() with its lists, into app->arena; each fault is a line on the error stream: file,
   place, what is wrong, how to mend it. */
MUST_CHECK enum err form_input_read(struct app *app, const char *path, struct form_file *ret);

#endif
