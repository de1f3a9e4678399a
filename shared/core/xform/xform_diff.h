/*
 * xform_diff.h - what a form's new version changes: for the data that was entered with the old one,
 * and for those who fill it.
 */
#ifndef XFORM_DIFF_H
#define XFORM_DIFF_H

#include "xform.h"

struct xform_change {
    bool of_data;          /* else of what people see, or of when they see it */
    const char *place;     /* "/data/child/age", or the name of a list */
    const char *what;      /* a column of XLSForm, or "question", "choice", "order" */
    const char *old, *now; /* "" for what wasn't there, or isn't any more */
    struct xform_change *next;
};

/* In the order of the new form, what is gone first. NULL in *ret: they are the same. `language` as
   xform_language() takes it; choices and wordings are compared in that one. */
MUST_CHECK enum err xform_diff(const struct xform *old, const struct xform *now,
                               const char *language, struct arena *arena,
                               struct xform_change **ret);

#endif
