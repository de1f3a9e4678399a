/*
 * value.h - typed answers and their one canonical JSON form.
 *
 * Equal values have equal bytes on every node, so that a merge can collapse them. The table of
 * forms is in schema/protocol.md, "Values". `null` means: cleared by a person.
 */
#ifndef VALUE_H
#define VALUE_H

#include "arena.h"
#include "json.h"

enum value_type {
    VALUE_TEXT,
    VALUE_INTEGER,
    VALUE_DECIMAL,
    VALUE_BOOLEAN,
    VALUE_DATE, /* partial dates "1948", "1948-05" as civil registers give them */
    VALUE_TIME,
    VALUE_DATETIME,
    VALUE_SELECT_ONE,
    VALUE_SELECT_MULTIPLE, /* sorted, unique choice names */
    VALUE_GEOPOINT,        /* "lat lon altitude accuracy", canonical decimals */
    VALUE_REF,             /* id of another entity */
    VALUE_FILE,            /* {"hash","size","mime"}, and "thumb" */
    VALUE_JSON,            /* a whole document; only the organisation's own types use it */
    VALUE_TYPE_COUNT
};

#define VALUE_TEXT_MAX 4000 /* bytes of one text answer */

const char *value_type_name(enum value_type type); /* "select_one" */
bool value_type_from_name(const char *name, enum value_type *ret);

/*
 * From what a person typed ("12,5" in Arabic digits, "oui", "a, b") to canonical JSON in
 * `arena`. Empty text gives `null`. Fails with ERR_BAD_VALUE (args: property, text, what is
 * expected) or ERR_TOO_LARGE. Choices and ranges are the type's business (type_check_value).
 */
MUST_CHECK enum err value_from_text(enum value_type type, const char *property, struct span text,
                                    struct arena *arena, struct span *ret_json, struct diag *diag);

/* From a JSON value (parsed, checked) to canonical JSON. Accepts only the forms of the table. */
MUST_CHECK enum err value_from_json(enum value_type type, const char *property,
                                    const struct json *json, struct arena *arena,
                                    struct span *ret_json, struct diag *diag);

/* Order of two canonical values of one type: numbers and dates by size (a partial date comes
   before what it contains), text and the rest by bytes; null first. */
int value_compare(enum value_type type, struct span a, struct span b);

/* As a person reads it, without quotes; choices stay names. */
MUST_CHECK enum err value_to_text(enum value_type type, struct span json, struct buf *ret);

bool value_is_null(struct span json);

#endif
