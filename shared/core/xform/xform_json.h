/*
 * xform_json.h - form.json: the form as nodes exchange, sign and store it.
 *
 * schema/form.schema.json describes it. Writing is canonical: the same form gives the same bytes,
 * so that a form's id is the hash of them. What was read and written again is the same bytes.
 */
#ifndef XFORM_JSON_H
#define XFORM_JSON_H

#include "json.h"
#include "xform.h"

#define XFORM_JSON_MAX (8u << 20) /* bytes of a form.json */

void xform_write_json(const struct xform *form, struct buf *ret);

/* ERR_BAD_FORM names the place ("body[3].itemset"), what is wrong and how to mend it. */
MUST_CHECK enum err xform_read_json(struct span text, struct arena *arena, struct xform *ret,
                                    struct diag *diag);

#endif
