/*
 * xform_write.h - what the files that write an XForm share. Inside of formio.
 */
#ifndef XFORM_WRITE_H
#define XFORM_WRITE_H

#include "xform_xml.h"

struct writer {
    const struct xform *form;
    struct buf *out;
    struct buf place; /* of the element of the instance being written: "/data/person[2]/name" */
    /* Texts that have an id: those of form->itext, and those that only itext can hold. */
    struct xform_wording_id *texts;
    size_t text_count, text_capacity;
    size_t sorted_count;                   /* of the texts, by pointer: the rest was added since */
    const struct xform_initial **initials; /* sorted by path */
    size_t initial_count;
    enum err failed;
};

void write_escaped_span(struct buf *out, struct span text, bool attribute);
void write_escaped(struct buf *out, const char *text, bool attribute);
/* ` name="value"`; nothing for a NULL value. */
void write_attribute(struct buf *out, const char *name, const char *value);

/* ---- xform_write_text.c */
/* Gives an id to each text that needs one: called for all texts before anything is written. */
void collect_texts(struct writer *writer);
const char *text_id(const struct writer *writer, const struct xform_text *text); /* NULL: none */
void write_itext(struct writer *writer);
/* <label ref="jr:itext('id')"/> or <label>text</label>; nothing for NULL. */
void write_text(struct writer *writer, const char *element, const struct xform_text *text);
/* jr:constraintMsg="text" or ="jr:itext('id')". */
void write_message(struct writer *writer, const char *attribute, const struct xform_text *text);

/* ---- xform_write_model.c */
void write_model(struct writer *writer);
void write_action(struct writer *writer, const struct xform_action *action);

/* ---- xform_write_body.c */
void write_body(struct writer *writer);

#endif
