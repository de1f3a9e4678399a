/*
 * xlsform_parts.h - what is in memory while an XLSForm is read: sheets, columns by what they are
 * for, rows that became questions, lists. Inside of formio.
 */
#ifndef XLSFORM_PARTS_H
#define XLSFORM_PARTS_H

#include "workbook.h"
#include "xlsform.h"

#define NO_LANGUAGE   SIZE_MAX
#define XLS_ATTRIBUTE "attribute::" /* of settings: an attribute of the instance's root */

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
    bool unreadable; /* a column without which its rows say nothing is missing, which was told */
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
    XLS_CHECKED,
    XLS_META
};

/* A question type as the table of xlsform_types.c has it. */
struct xls_type {
    const char *name;
    const char *data;
    enum xform_control_kind control;
    bool shown;
    enum xls_special special;
    /* Media type of an upload; of metadata "preload params"; of what is checked its constraint. */
    const char *detail;
};

/* What a type cell says. */
struct xls_asked {
    enum { XLS_QUESTION, XLS_SELECT, XLS_BEGIN, XLS_END } what;
    const struct xls_type *type;
    enum xform_control_kind control; /* of a select */
    bool repeat, loop;               /* of begin and end */
    bool from_file, external, or_other;
    const char *list;
};

struct xls_list {
    const char *name;
    struct xls_sheet *sheet;
    struct xls_row **rows;
    size_t count, capacity;
    bool has_itext, multiple, with_other, used;
    bool searched; /* its row names columns of a file that search() reads */
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
    const char *file; /* its name */
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

#endif
