/*
 * xform_text.h - what a form says to people: wordings by language, with values put into them.
 *
 * A text has a wording for each language of the form that has one. A wording is pieces in order:
 * literal text, and outputs, expressions whose value is shown there. A text may also name media
 * and have a short form. A language without a wording falls back to the form's default language,
 * then to the first one that has it (xform_text_pick).
 */
#ifndef XFORM_TEXT_H
#define XFORM_TEXT_H

#include "arena.h"

/* The forms of a text, in XForms' words. */
enum xform_text_form {
    XFORM_LONG, /* the ordinary one */
    XFORM_SHORT,
    XFORM_GUIDANCE,
    XFORM_IMAGE, /* jr://images/... and the like, or a bare file name */
    XFORM_BIG_IMAGE,
    XFORM_AUDIO,
    XFORM_VIDEO,
    XFORM_TEXT_FORM_COUNT
};

struct xform_piece {
    const char *text;   /* literal; or NULL, */
    const char *output; /* an expression */
    struct xform_piece *next;
};

struct xform_text {
    /* [language * XFORM_TEXT_FORM_COUNT + form]; NULL where there is none */
    const struct xform_piece **wordings;
    size_t language_count;
};

/* A text that expressions ask for by name: jr:itext('id'). Sorted by id. */
struct xform_wording_id {
    const char *id;
    const struct xform_text *text;
};

/* Name and value of what is kept without being understood. Ends with a NULL name. */
struct xform_pair {
    const char *name;
    const char *value;
};

/* The wording to show; NULL when no language has one in this form. */
const struct xform_piece *xform_text_pick(const struct xform_text *text, size_t language,
                                          size_t default_language, enum xform_text_form form);

/*
 * The form's language that best answers what a person asked for ("fr", "ar", or a name as the form
 * writes it): the code in brackets of "Français (fr)", the name itself, a name that is known for
 * the code ("French", "العربية"); else the form's default.
 */
struct xform;
size_t xform_language(const struct xform *form, const char *wanted);
/* The same without the default: false when the form has no such language. */
bool xform_has_language(const struct xform *form, const char *wanted, size_t *ret);

#endif
