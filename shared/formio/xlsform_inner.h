/*
 * xlsform_inner.h - what the files that read an XLSForm share. Inside of formio.
 *
 * Memory that runs out is kept in `failed` and asked at the end; until then texts are "" and
 * pointers NULL, so that the reading of rows stays readable.
 */
#ifndef XLSFORM_INNER_H
#define XLSFORM_INNER_H

#include "xlsform_parts.h"

/* ---- xlsform.c: memory and words */
void *xls_alloc(struct xls *x, size_t size);
const char *xls_format(struct xls *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *xls_copy(struct xls *x, struct span text);
void xls_error(struct xls *x, struct xls_where where, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void xls_warning(struct xls *x, struct xls_where where, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- xlsform_headers.c */
void xls_read_header(struct xls *x, struct xls_sheet *sheet, struct xls_column *column);
void xls_check_headers(struct xls *x, struct xls_sheet *sheet); /* once its rows are read */

/* ---- xlsform_sheet.c */
MUST_CHECK enum err xls_load_sheet(struct xls *x, const char *name, enum xls_sheet_kind kind,
                                   struct xls_sheet *ret, struct diag *diag);
void xls_settle_languages(struct xls *x);
const char *xls_get(const struct xls_sheet *sheet, const struct xls_row *row, enum xls_key key);
const char *xls_setting(const struct xls *x, const char *name);
char xls_lower(char letter);
bool xls_same(const char *a, const char *b);          /* ASCII case aside */
bool xls_is_text(enum xls_key key);                   /* it may have a language */
size_t xls_language(struct xls *x, struct span name); /* NO_LANGUAGE: there are too many */
bool xls_is_yes(const char *text); /* "yes", "True", "true()", "1"; false for NULL */
bool xls_is_no(const char *text);
struct span xls_trim(struct span text);
bool xls_is_name(const char *text);

/* ---- xlsform_types.c */
/* False, with an error told, when nobody knows the type. */
bool xls_read_type(struct xls *x, struct xls_where where, const char *text, struct xls_asked *ret);
void xls_add_pair(struct xls *x, const struct xform_pair **pairs, const char *name,
                  const char *value);

/* Of one kind each, without a word of what is wrong: false when it is another. */
bool xls_read_group(struct xls *x, const char *text, struct xls_asked *ret);
bool xls_read_select(struct xls *x, const struct xls_row *row, const char *text,
                     struct xls_asked *ret);

/* ---- xlsform_unfold.c: rows that stand for several */
void xls_unfold(struct xls *x);

/* ---- xlsform_parameters.c */
/* Value of "name=value" among "a=1;b=2 c=3"; NULL. */
const char *xls_parameter(struct xls *x, const char *parameters, const char *name);
/* False, with errors told, when one has a value it can't have. */
bool xls_check_parameters(struct xls *x, const struct xls_item *item);
void xls_read_range(struct xls *x, struct xls_item *item);
/* As attributes of the bind and, unless it is NULL, the control. */
void xls_add_parameters(struct xls *x, const struct xls_item *item, struct xform_node *node,
                        struct xform_control *control);

/* ---- xlsform_survey.c: rows into nodes and controls */
void xls_read_survey(struct xls *x);
bool xls_is_disabled(const struct xls *x, const struct xls_row *row);
struct xform_node *xls_add_node(struct xls *x, struct xform_node *parent, const char *name);
struct xform_node *xls_add_attribute(struct xls *x, struct xform_node *parent, const char *name,
                                     const char *initial);
void xls_name_node(struct xls *x, const char *name, struct xform_node *node, struct xls_item *item);
void xls_bind(struct xform_node *node, const char *data);
size_t xls_bucket(struct span name); /* of `named`: one for all writings of a name in capitals */

/* ---- xlsform_refs.c: ${name} */
enum { XLS_CURRENT = 1 /* the text is a predicate: of a choice_filter */ };
const char *xls_resolve(struct xls *x, struct xls_where where, const char *text,
                        const struct xform_node *context, unsigned flags);
/* The same of an expression: an error is told where it can't be compiled. */
const char *xls_expression(struct xls *x, struct xls_where where, const char *text,
                           const struct xform_node *context, unsigned flags);
/* As it is read from an item of `repeat`, whose children are relative. */
const char *xls_resolve_in(struct xls *x, struct xls_where where, const char *text,
                           const struct xform_node *context, const struct xform_node *repeat);
/* The node that `name` means from `context`; NULL with an error told. */
struct xform_node *xls_find(struct xls *x, struct xls_where where, struct span name,
                            const struct xform_node *context, struct xls_item **ret_item);
/* "${name}" and nothing else: the name. */
bool xls_only_reference(struct span text, struct span *ret_name);
bool xls_next_reference(struct span *rest, struct span *ret_before, struct span *ret_name);
/* A path of a secondary instance among the words of a label. */
bool xls_next_instance(struct span *rest, struct span *ret_before, struct span *ret_expression);
/* An error where "${" isn't ended in what stands behind the last reference. */
void xls_tell_open(struct xls *x, struct xls_where where, struct span rest);
const char *xls_node_path(struct xls *x, const struct xform_node *node);
bool xls_is_dynamic(const char *text, const char *data);

/* ---- xlsform_texts.c */
const struct xform_text *xls_read_text(struct xls *x, struct xls_where where,
                                       const struct xform_node *context, const char *id);
const struct xform_text *xls_plain_text(struct xls *x, const char *text);
bool xls_has_text(const struct xls *x, struct xls_where where, bool *ret_needs_id);
bool xls_holds_value(const char *cell); /* not words alone */
void xls_finish_texts(struct xls *x);

/* ---- xlsform_choices.c */
void xls_read_lists(struct xls *x, struct xls_sheet *sheet);
void xls_finish_lists(struct xls *x); /* as secondary instances */
void xls_read_itemset(struct xls *x, struct xls_item *item);
/* An error is told at `where` when another source has the id. */
struct xform_instance *xls_add_instance(struct xls *x, struct xls_where where, const char *id,
                                        const char *source);
struct xls_list *xls_find_list(struct xls *x, const char *name, bool external);

/* ---- xlsform_search.c */
/* search() of an appearance as a path; false: there is none, or none that can be followed. */
bool xls_read_search(struct xls *x, const struct xls_item *item, struct xform_itemset *set);

/* ---- xlsform_rules.c: binds, defaults, triggers */
void xls_read_rules(struct xls *x);
struct xform_action *xls_add_action(struct xls *x, enum xform_action_kind kind, unsigned events,
                                    struct xform_node *trigger, struct xform_node *target);
void xls_note_pulldata(struct xls *x, struct xls_where where, const char *expression);

/* ---- xlsform_settings.c */
void xls_read_settings(struct xls *x);
bool xls_take_setting(struct xls *x, const char *type, const char *name);
void xls_add_meta(struct xls *x);
/* The prefix of "esri:fieldType" gets an address, a known one or what settings say. */
void xls_declare(struct xls *x, const char *attribute);
void xls_keep_types(struct xls *x);

/* ---- xlsform_entities.c */
void xls_read_entities(struct xls *x);

#endif
