/*
 * xform_read.h - what the files that read an XForm share. Inside of formio.
 */
#ifndef XFORM_READ_H
#define XFORM_READ_H

#include "xform_xml.h"
#include "xml_tree.h"

struct reader {
    struct xform *form;
    struct arena *arena;
    struct buf *warnings;
    struct diag *diag;
    const xmlNode *model, *body;
    struct read_bind_id *bind_ids; /* sorted */
    size_t bind_id_count;
    const char **repeats; /* absolute paths */
    size_t repeat_count, repeat_capacity;
    struct xform_action **last_action;
    size_t default_language;
};

MUST_CHECK enum err read_fault(struct reader *reader, const xmlNode *node, const char *where,
                               const char *what);
void read_warning(struct reader *reader, const xmlNode *node, const char *what, const char *name);
/* A setting of the form; the first of a name counts. NULL for a value: memory is out. */
MUST_CHECK enum err read_setting(struct reader *reader, const char *name, const char *value);
/* The attributes that aren't in `known` (ends with NULL), one a name; NULL when there are none. */
MUST_CHECK enum err read_extras(struct reader *reader, const xmlNode *element,
                                const char *const *known, const struct xform_pair **ret);
bool is_name_again(const xmlNode *element, const xmlAttr *attribute);
#define READ_TEXT(reader, node, name) xml_attribute(node, name, (reader)->arena)
/* Without the blanks around it. */
struct span read_trimmed(struct span text);
/* An expression: an attribute that holds nothing says nothing. */
const char *read_expression(const struct reader *reader, const xmlNode *node, const char *name);

/* ---- xform_read_text.c: itext, labels */
MUST_CHECK enum err read_itext(struct reader *reader);
/* A label or hint element; `form` says which of the text's forms it is. NULL node: no text. */
MUST_CHECK enum err read_label(struct reader *reader, const xmlNode *node,
                               const struct xform_text **ret);
/* jr:constraintMsg and the like: a literal, or jr:itext('id'). */
MUST_CHECK enum err read_message(struct reader *reader, const char *text,
                                 const struct xform_text **ret);
const struct xform_text *itext_named(const struct reader *reader, struct span id);

/* ---- xform_read_path.c: which node an element is about */
MUST_CHECK enum err read_bind_ids(struct reader *reader);
/* The path in `bind` (by the id of a bind), `ref` or `nodeset`; NULL when it has none of them. */
const char *read_reference(const struct reader *reader, const xmlNode *element);
/* The node a path means that is read from `context` (NULL: the root). NULL: there is none. */
struct xform_node *read_path(const struct reader *reader, const char *path,
                             struct xform_node *context);
/* Collects what repeats, by the body alone. */
MUST_CHECK enum err read_repeats(struct reader *reader);
bool read_is_repeat(const struct reader *reader, struct span path);

/* ---- xform_read_model.c */
MUST_CHECK enum err read_model(struct reader *reader);
MUST_CHECK enum err read_action(struct reader *reader, const xmlNode *element,
                                struct xform_node *trigger, struct xform_node *context,
                                bool *ret_is_action);

/* ---- xform_read_search.c: what a select that has been read asks of a file, if it does */
MUST_CHECK enum err read_search(struct reader *reader, const xmlNode *element,
                                struct xform_control *control);

/* ---- xform_read_body.c */
MUST_CHECK enum err read_body(struct reader *reader);

#endif
