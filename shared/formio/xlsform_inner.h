/*
 * xlsform_inner.h - what the files that read an XLSForm share. Inside of formio.
 *
 * Memory that runs out is kept in `failed` and asked at the end; until then texts are "" and
 * pointers NULL, so that the reading of rows stays readable.
 */
#ifndef XLSFORM_INNER_H
#define XLSFORM_INNER_H

#include "workbook.h"
#include "xlsform.h"

#define NO_LANGUAGE SIZE_MAX

/* What a column is for. Those with a language are texts. */
enum xls_key {
    XLS_UNKNOWN,
    XLS_TYPE,
    XLS_NAME,
    XLS_LIST_NAME,
    XLS_LABEL,
    XLS_HINT,
    XLS_GUIDANCE,
    XLS_CONSTRAINT_MESSAGE,
    XLS_REQUIRED_MESSAGE,
    XLS_IMAGE,
    XLS_BIG_IMAGE,
    XLS_AUDIO,
    XLS_VIDEO,
    XLS_RELEVANT,
    XLS_CONSTRAINT,
    XLS_CALCULATION,
    XLS_REQUIRED,
    XLS_READONLY,
    XLS_DEFAULT,
    XLS_TRIGGER,
    XLS_CHOICE_FILTER,
    XLS_REPEAT_COUNT,
    XLS_APPEARANCE,
    XLS_PARAMETERS,
    XLS_SAVE_TO,
    XLS_DISABLED,
    XLS_BIND,     /* an attribute of the bind: `tail` */
    XLS_BODY,     /* an attribute of the control */
    XLS_INSTANCE, /* an attribute of the instance's element */
    XLS_VALUE     /* choices: any further column; settings: by header */
};

struct xls_column {
    const char *header; /* as it was written */
    const char *tail;   /* "orx:max-pixels" of "bind::orx:max-pixels"; lower case for settings */
    enum xls_key key;
    size_t language;
};

struct xls_row {
    size_t number;
    const char **cells; /* one a column of the sheet; NULL: empty */
    struct xls_row *next;
};

enum xls_sheet_kind {
    XLS_SURVEY,
    XLS_CHOICES,
    XLS_SETTINGS,
    XLS_ENTITIES,
    XLS_EXTERNAL,
    XLS_TYPES
};

struct xls_sheet {
    const char *name;
    enum xls_sheet_kind kind;
    bool present;
    struct xls_column *columns;
    size_t column_count;
    struct xls_row *first, *last;
    size_t row_count;
};

enum xls_special {
    XLS_PLAIN,
    XLS_NOTE,
    XLS_CALCULATE,
    XLS_HIDDEN,
    XLS_AUDIT,
    XLS_START_GEOPOINT,
    XLS_BACKGROUND_AUDIO,
    XLS_BACKGROUND_GEOPOINT,
    XLS_EXTERNAL_FILE,
    XLS_RANGE,
    XLS_META
};

/* A question type as the table of xlsform_types.c has it. */
struct xls_type {
    const char *name;
    const char *data;
    enum xform_control_kind control;
    bool shown;
    enum xls_special special;
    const char *detail; /* media type of an upload; of metadata "preload params" */
};

/* What a type cell says. */
struct xls_asked {
    enum { XLS_QUESTION, XLS_SELECT, XLS_BEGIN, XLS_END } what;
    const struct xls_type *type;
    enum xform_control_kind control; /* of a select */
    bool repeat;                     /* of begin and end */
    bool from_file, external, or_other;
    const char *list;
};

struct xls_list {
    const char *name;
    struct xls_sheet *sheet;
    struct xls_row **rows;
    size_t count, capacity;
    bool has_itext, multiple, with_other, used;
    struct xls_list *next;
};

/* One row of the survey that became something. */
struct xls_item {
    struct xls_row *row;
    struct xls_asked asked;
    struct xform_node *node;
    struct xform_control *control; /* of a repeat: its group */
    struct xform_control *repeat;  /* the repeat inside of that group */
    struct xform_node *count_node;
    struct xls_item *next;
};

struct xls_named {
    const char *name;
    struct xform_node *node;
    struct xls_item *item; /* NULL: made by the reader */
    struct xls_named *next;
};

struct xls_text_id {
    const char *id;
    const struct xform_text *text;
    struct xls_text_id *next;
};

#define XLS_BUCKETS 4096

struct xls {
    struct xform *form;
    struct arena *arena;
    const struct mem *mem;
    struct workbook *workbook;
    struct xlsform_faults *faults;
    enum err failed;
    struct xls_sheet survey, choices, settings, entities, external, types;
    bool mixed_languages; /* label beside label::Français */
    struct xls_list *lists, *last_list;
    struct xls_item *items, *last_item;
    struct xls_named *named[XLS_BUCKETS];
    struct xls_text_id *texts;
    size_t text_count;
    struct xform_action **last_action;
    struct xform_instance **last_instance;
    struct xform_node *meta;
};

/* A cell to speak of. */
struct xls_where {
    struct xls_sheet *sheet;
    struct xls_row *row; /* NULL: the sheet */
    enum xls_key key;    /* XLS_UNKNOWN: the row */
};

/* ---- xlsform.c: memory and words */
void *xls_alloc(struct xls *x, size_t size);
const char *xls_format(struct xls *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *xls_copy(struct xls *x, struct span text);
void xls_error(struct xls *x, struct xls_where where, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void xls_warning(struct xls *x, struct xls_where where, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- xlsform_sheet.c */
MUST_CHECK enum err xls_load_sheet(struct xls *x, const char *name, enum xls_sheet_kind kind,
                                   struct xls_sheet *ret, struct diag *diag);
void xls_settle_languages(struct xls *x);
const char *xls_get(const struct xls_sheet *sheet, const struct xls_row *row, enum xls_key key);
const char *xls_setting(const struct xls *x, const char *name);
bool xls_same(const char *a, const char *b); /* ASCII case aside */
struct span xls_trim(struct span text);
bool xls_is_name(const char *text);

/* ---- xlsform_types.c */
/* False, with an error told, when nobody knows the type. */
bool xls_read_type(struct xls *x, struct xls_where where, const char *text, struct xls_asked *ret);
/* Value of "name=value" among "a=1;b=2 c=3"; NULL. */
const char *xls_parameter(struct xls *x, const char *parameters, const char *name);
void xls_add_pair(struct xls *x, const struct xform_pair **pairs, const char *name,
                  const char *value);

/* ---- xlsform_survey.c: rows into nodes and controls */
void xls_read_survey(struct xls *x);
struct xform_node *xls_add_node(struct xls *x, struct xform_node *parent, const char *name);
struct xform_node *xls_add_attribute(struct xls *x, struct xform_node *parent, const char *name,
                                     const char *initial);
void xls_name_node(struct xls *x, const char *name, struct xform_node *node, struct xls_item *item);
void xls_bind(struct xform_node *node, const char *data);

/* ---- xlsform_refs.c: ${name} */
enum { XLS_CURRENT = 1 /* the text is a predicate: of a choice_filter */ };
const char *xls_resolve(struct xls *x, struct xls_where where, const char *text,
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
const char *xls_node_path(struct xls *x, const struct xform_node *node);
bool xls_is_dynamic(const char *text, const char *data);

/* ---- xlsform_texts.c */
const struct xform_text *xls_read_text(struct xls *x, struct xls_where where,
                                       const struct xform_node *context, const char *id);
const struct xform_text *xls_plain_text(struct xls *x, const char *text);
bool xls_has_text(const struct xls *x, struct xls_where where, bool *ret_needs_id);
void xls_finish_texts(struct xls *x);

/* ---- xlsform_choices.c */
void xls_read_lists(struct xls *x, struct xls_sheet *sheet);
void xls_finish_lists(struct xls *x); /* as secondary instances */
void xls_read_itemset(struct xls *x, struct xls_item *item);
struct xform_instance *xls_add_instance(struct xls *x, const char *id, const char *source);
struct xls_list *xls_find_list(struct xls *x, const char *name, bool external);

/* ---- xlsform_rules.c: binds, defaults, triggers */
void xls_read_rules(struct xls *x);
struct xform_action *xls_add_action(struct xls *x, enum xform_action_kind kind, unsigned events,
                                    struct xform_node *trigger, struct xform_node *target);
void xls_note_pulldata(struct xls *x, const char *expression);

/* ---- xlsform_settings.c */
void xls_read_settings(struct xls *x);
void xls_add_meta(struct xls *x);
void xls_read_entities(struct xls *x);
void xls_keep_types(struct xls *x);

#endif
