/*
 * xform_xml.h - ODK XForms (XML) into forms and back.
 *
 * Reading accepts what ODK's clients do (ODK XForms specification): no DOCTYPE, no external
 * entities, bounded. Names are matched without their prefixes. What isn't understood is kept
 * (`extras`, `settings`) or named in `warnings`, a line each.
 */
#ifndef XFORM_XML_H
#define XFORM_XML_H

#include "xform.h"

#define XFORM_XML_MAX (32u << 20) /* bytes of a file */
/* Namespace of our own attributes (douar:merge), which other tools leave alone. */
#define XFORM_DOUAR_SPACE "urn:douar:xforms"

/* ERR_BAD_FORM (where, what is wrong and how to mend it) or ERR_TOO_LARGE. All lives in `arena`. */
MUST_CHECK enum err xform_read_xml(struct span text, struct arena *arena, struct xform *ret,
                                   struct buf *warnings, struct diag *diag);

/* As XForms that ODK Collect and Enketo open. Read again it is the same form. */
void xform_write_xml(const struct xform *form, struct buf *ret);

#endif
