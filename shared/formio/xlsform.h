/*
 * xlsform.h - XLSForm workbooks into forms.
 *
 * Reads the sheets survey, choices, settings, entities and external_choices with the meaning that
 * the XLSForm reference and pyxform give them: headers and types under all their names, languages,
 * ${references}, dynamic defaults, triggers, choice lists as secondary instances. The form is the
 * one that an XForm made from the same workbook would give.
 *
 * All faults are told at once, each with its cell and how to mend it. Warnings don't stop a form:
 * what isn't known is kept (`extras`, `settings`) or left out with a word.
 *
 *     struct xlsform_faults faults;
 *     if (xlsform_read(mem, bytes, "house.xlsx", &arena, &form, &faults, &diag) != OK) ...
 */
#ifndef XLSFORM_H
#define XLSFORM_H

#include "xform.h"

#define XLSFORM_FAULTS_MAX 200 /* kept; more are counted */

struct xlsform_fault {
    bool is_error;
    const char *sheet;
    size_t row;         /* as Excel shows it; 0: the sheet as a whole */
    const char *column; /* "F (relevant)"; "" when none */
    const char *what, *mend;
    struct xlsform_fault *next;
};

struct xlsform_faults {
    struct xlsform_fault *first, *last; /* in the arena */
    size_t error_count, warning_count;  /* of all, kept or not */
};

/*
 * `file` is its name, for words. ERR_BAD_FORM: `diag` has the first error, `ret_faults` all of
 * them; ERR_TOO_LARGE. The form and the faults live in `arena`; `bytes` may go afterwards.
 */
MUST_CHECK enum err xlsform_read(const struct mem *mem, struct span bytes, const char *file,
                                 struct arena *arena, struct xform *ret,
                                 struct xlsform_faults *ret_faults, struct diag *diag);

/* "survey, row 5, column F (relevant)". */
void xlsform_fault_place(const struct xlsform_fault *fault, char *ret, size_t size);

#endif
