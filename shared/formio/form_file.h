/*
 * form_file.h - a form as people bring it: a workbook, an XForm, a form.json, or a plain list of
 * questions over a type (schema/form.schema.json). Which of them, its bytes say.
 */
#ifndef FORM_FILE_H
#define FORM_FILE_H

#include "host.h"
#include "xform.h"
#include "xlsform.h"

#define FORM_FILE_MAX (32u << 20) /* bytes of any kind */

enum form_kind { FORM_KIND_XLSX, FORM_KIND_XML, FORM_KIND_JSON, FORM_KIND_LIST };

struct form_file {
    enum form_kind kind;
    struct xform form;            /* of all but a list */
    struct span text;             /* its form.json, canonical */
    struct span bytes;            /* of a list: JSON as it is */
    struct xlsform_faults faults; /* errors and warnings, each with its cell */
};

/* The files that lie beside a form, by name. ERR_NOT_FOUND: there is none. */
struct form_beside {
    void *ctx;
    enum err (*read)(void *ctx, const char *file, struct buf *ret);
};

/*
 * Finds every fault that can be found without a node: those of the file, all at once, then
 * expressions and cycles (play_new). `ret->faults` is filled even when it fails. `name` is the
 * file's, for words. With `beside` (or NULL) the lists that lie there become part of the form, and
 * a list that doesn't is a warning. Everything lives in `arena`; `bytes` may go afterwards.
 */
MUST_CHECK enum err form_file_read(const struct mem *mem, struct span bytes, const char *name,
                                   const struct form_beside *beside, struct arena *arena,
                                   struct form_file *ret, struct diag *diag);

/* The same of a path; with `with_lists` what lies beside it becomes part of it, as it has to be
   where it is published. ERR_FILE (path, why) when it, or a list there, can't be read. */
MUST_CHECK enum err form_file_open(const struct host *host, const char *path, bool with_lists,
                                   struct arena *arena, struct form_file *ret, struct diag *diag);

/* What else can be found without a node: the shape of a list, the mapping of the others. */
MUST_CHECK enum err form_file_check(const struct form_file *file, struct arena *arena,
                                    struct diag *diag);
/* A list is no form that is played or converted: ERR_BAD_FORM, or what is wrong with its JSON. */
MUST_CHECK enum err form_file_is_played(const struct form_file *file, const char *name,
                                        struct diag *diag);
/* Can a form be written under this name (".xml", ".json")? ERR_BAD_CHOICE ("file", path). */
MUST_CHECK enum err form_file_can_write(const char *path, struct diag *diag);
/* Its bytes as a file of that name; `ret` holds at least XFORM_XML_MAX. */
MUST_CHECK enum err form_file_write(const struct form_file *file, const char *path, struct buf *ret,
                                    struct diag *diag);

/* "survey, row 5, column F (relevant)", or what else names the place. */
void form_file_place(const struct xlsform_fault *fault, char *ret, size_t size);
/* What is wrong and, where it is known, how to mend it: "nobody knows it - check its spelling". */
void form_file_words(const struct xlsform_fault *fault, char *ret, size_t size);
#define FORM_FILE_WORDS_MAX 2048

#endif
