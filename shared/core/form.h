/*
 * form.h - what a person fills: questions that map to properties of one record type.
 *
 * As published JSON (schema/form.schema.json, schema/forms.md). One that was made from a workbook
 * or an XForm has a `hash`: its definition carries the form.json too, which is played to fill it,
 * and its questions are those that its first record keeps.
 */
#ifndef FORM_H
#define FORM_H

#include "type.h"

#define FORM_QUESTIONS_MAX 1000

struct question {
    const char *name;
    const char *save_to;  /* property id */
    struct labels labels; /* empty: the property's */
    struct labels hint;
    bool required;
};

struct form {
    const char *id;
    int64_t version;
    struct labels labels;
    const char *type;
    struct question *questions;
    size_t question_count;
    const char *hash;    /* of its form.json; NULL: a plain list, answered by `new` */
    const char *edition; /* what its makers call this version; NULL */
};

/* Everything lives in `arena`. `type` may be NULL (not checked against it). ERR_BAD_FORM names
   the place, what is wrong and how to mend it. */
MUST_CHECK enum err form_read(const struct json *json, const struct type *type, struct arena *arena,
                              struct form *ret, struct diag *diag);

const struct question *form_question(const struct form *form, const char *name_or_property);

/* One answer of a form being filled: property and canonical value. */
struct answer {
    const struct property *property;
    struct span json;
    struct span before; /* what stands; empty: nothing. It isn't judged again */
};

/*
 * Checks answers as a whole: required questions answered (for a new record, or cleared in an
 * edit), groups complete where their first property is given, each value by type_check_change().
 * What the type has retired isn't required, whatever the form says.
 * `is_new`: absent answers count as missing.
 */
MUST_CHECK enum err form_check(const struct mem *mem, const struct form *form,
                               const struct type *type, const struct answer *answers, size_t count,
                               bool is_new, struct diag *diag);

#endif
