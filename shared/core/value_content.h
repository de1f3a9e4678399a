/*
 * value_content.h - what stands between the quotes of a number, date, point, name or id.
 *
 * Only value_read.c includes this. "Typed" is what a person wrote, with ASCII digits already; else
 * only the forms of schema/protocol.md are taken.
 */
#ifndef VALUE_CONTENT_H
#define VALUE_CONTENT_H

#include "value.h"

#define VALUE_CONTENT_SIZE 256 /* with NUL */

/* The canonical content; false when `text` isn't of the type, or when the type is one of those
   that have no small content (text, boolean, select_multiple, file, json). */
bool value_content(enum value_type type, struct span text, bool typed,
                   char ret[VALUE_CONTENT_SIZE]);

/* 1 to 40 of a-z, A-Z, 0-9, '_', and after the first also '-' and '.'. */
bool choice_name_valid(struct span name);

/* Takes the next part off `*rest`; parts are separated by any number of `separators`. */
bool value_next_part(struct span *rest, const char *separators, struct span *ret);

#endif
