/*
 * xform_json.h - form.json: the form as nodes exchange, sign and store it.
 *
 * schema/forms.md describes it ("form.json"). Writing is canonical: the same form gives the same
 * bytes, so that a form's id is the hash of them. What was read and written again is the same
 * bytes, if it was written here. Trees are flat: lists in document order, each with its depth, so
 * that nothing that is read nests deeper than JSON may; texts stand in one list, others name them
 * by number.
 *
 * Reading expects anything: every number is checked, nothing is taken on trust. Expressions stay
 * text; who plays the form compiles them (play_new).
 */
#ifndef XFORM_JSON_H
#define XFORM_JSON_H

#include "json.h"
#include "xform.h"

#define XFORM_JSON_FORMAT 1
#define XFORM_JSON_MAX    (8u << 20) /* bytes of a form.json */
#define XFORM_JSON_VALUES 1000000    /* in it: what parsing may take memory for */

/* False for what is something else: a form of questions over a type, say. */
bool xform_is_json(struct span text);

void xform_write_json(const struct xform *form, struct buf *ret);

/* ERR_BAD_FORM names the place ("body[3].itemset"), what is wrong and how to mend it; ERR_JSON,
   ERR_UNKNOWN_FORMAT, ERR_TOO_LARGE. Everything lives in `arena`. */
MUST_CHECK enum err xform_read_json(struct span text, struct arena *arena, struct xform *ret,
                                    struct diag *diag);

#endif
