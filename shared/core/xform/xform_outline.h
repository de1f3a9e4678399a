/*
 * xform_outline.h - a form as a person reads it on one page, in the words of XLSForm's columns.
 *
 *     visit  "Visite"  version 2026-11
 *     text head  "Nom du chef"
 *         required: true()
 *     repeat child  "Enfant"
 *       integer child_age  "Âge"
 *     calculate /data/total: count(/data/child)
 */
#ifndef XFORM_OUTLINE_H
#define XFORM_OUTLINE_H

#include "xform.h"

void xform_outline(const struct xform *form, size_t language, struct buf *ret);

/* XLSForm's word for what a control asks: "integer", "select_one", "note". */
const char *xform_question_word(const struct xform_control *control);
/* A wording as one line, "${/data/name}" where a value is put; nothing where there is none. */
void xform_text_line(const struct xform *form, const struct xform_text *text, size_t language,
                     struct buf *ret);

#endif
