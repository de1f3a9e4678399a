/*
 * form_file.h - a form as people bring it: a workbook, an XForm, a form.json, or a plain list of
 * questions over a type (schema/form.schema.json).
 */
#ifndef FORM_FILE_H
#define FORM_FILE_H

#include "app.h"
#include "xform.h"
#include "xlsform.h"

enum form_kind { FORM_KIND_XLSX, FORM_KIND_XML, FORM_KIND_JSON, FORM_KIND_LIST };

struct form_file {
    enum form_kind kind;
    struct xform form;            /* of all but a list */
    struct span text;             /* its form.json, canonical */
    struct span bytes;            /* of a list: JSON as it is */
    struct xlsform_faults faults; /* errors and warnings, each with its cell */
};

/*
 * Reads it, and finds every fault that can be found without a node: those of the file, all at
 * once, then expressions and cycles (play_new). Nothing is said: `ret->faults` is filled even when
 * it fails. Everything lives in app->arena.
 */
MUST_CHECK enum err form_file_read(struct app *app, const char *path, struct form_file *ret);

/* Each fault as a line on the error stream: file, place, what is wrong, how to mend it. */
void form_file_say(struct app *app, const char *path, const struct form_file *file);

#endif
