/*
 * xform_json_reader.h - what the files that read a form.json share. Inside of xform_json*.c.
 */
#ifndef XFORM_JSON_READER_H
#define XFORM_JSON_READER_H

#include "xform_json.h"
#include "xform_json_members.h"

#define NAME_SIZE 160

struct form_reader {
    struct xform *form;
    struct arena *arena;
    struct diag *diag;
    struct xform_node **nodes; /* by number */
    struct xform_text **texts;
    size_t text_count;
    const char *list; /* what is being read, for words: "body", */
    size_t index;     /* its number */
};

/* ERR_BAD_FORM at "body[3].member"; "" for the item as a whole. */
enum err json_refuse(struct form_reader *r, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
MUST_CHECK enum err json_no_memory(struct form_reader *r);

/* An array member of the form; NULL where it is absent, which is as good as empty. */
MUST_CHECK enum err json_list(struct form_reader *r, const struct json *object, const char *member,
                              const struct json **ret);

/* A text member, copied; absent it leaves *ret. Longer than `max` is refused. */
MUST_CHECK enum err json_member(struct form_reader *r, const struct json *object,
                                const char *member, size_t max, const char **ret);
MUST_CHECK enum err json_need(struct form_reader *r, const char *member, const char *text);
MUST_CHECK enum err json_flag(struct form_reader *r, const struct json *object, const char *member,
                              bool *ret);
/* A whole number below `limit`; absent it leaves *ret. */
MUST_CHECK enum err json_number(struct form_reader *r, const struct json *object,
                                const char *member, size_t limit, size_t *ret);
MUST_CHECK enum err json_node(struct form_reader *r, const struct json *object, const char *member,
                              struct xform_node **ret);
MUST_CHECK enum err json_text_of(struct form_reader *r, const struct json *object,
                                 const char *member, const struct xform_text **ret);
/* Names and values of what is kept without being understood. */
MUST_CHECK enum err json_pairs(struct form_reader *r, const struct json *object, const char *member,
                               struct xform_pair **ret);
/* Fit for an XML file: letters, digits, and what may stand in a name. A prefix if `prefixed`. */
bool json_is_xml_name(const char *name, bool prefixed);

/* ---- xform_json_model.c */
MUST_CHECK enum err json_read_model(struct form_reader *r, const struct json *whole);
MUST_CHECK enum err json_read_instances(struct form_reader *r, const struct json *whole);
/* ---- xform_json_body.c */
MUST_CHECK enum err json_read_texts(struct form_reader *r, const struct json *whole);
MUST_CHECK enum err json_read_body(struct form_reader *r, const struct json *whole);

#endif
