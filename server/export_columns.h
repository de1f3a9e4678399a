/*
 * export_columns.h - the columns of an export and what they hold.
 */
#ifndef EXPORT_COLUMNS_H
#define EXPORT_COLUMNS_H

#include "csv.h"
#include "export.h"

enum column_kind {
    COLUMN_CASE,
    COLUMN_ID,
    COLUMN_ROOT,
    COLUMN_PLACE,
    COLUMN_PROVINCE,
    COLUMN_COMMUNE,
    COLUMN_PROPERTY,
    COLUMN_DISPUTES,
    COLUMN_UPDATED
};

struct column {
    enum column_kind kind;
    const char *name;
    const struct labels *labels;
    const struct property *property; /* COLUMN_PROPERTY */
};

struct columns {
    struct column *list;
    size_t count;
    const struct property *point; /* the first geopoint exported, or NULL */
};

/* Everything is borrowed from the type and `arena`. */
MUST_CHECK enum err columns_make(const struct type *type, bool sensitive, struct arena *arena,
                                 struct columns *ret);

/* The cell of a column as text; of a property when `value` (NULL: absent) is its JSON. */
MUST_CHECK enum err column_text(const struct column *column, const struct record_row *row,
                                const struct json *value, const struct org *org,
                                const struct export_options *options, struct buf *ret);

/* The codebook, header included. */
void columns_codebook(const struct columns *columns, const struct export_options *options,
                      struct buf *ret);

#endif
