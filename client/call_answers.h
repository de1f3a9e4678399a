/*
 * call_answers.h - what a person answered, as the changes that a save takes.
 */
#ifndef CALL_ANSWERS_H
#define CALL_ANSWERS_H

#include "call.h"
#include "save.h"

/*
 * The argument `answers`: members named by the form's questions (`form` may be NULL) or by
 * properties of the type. A JSON text is read as a person types it, anything else exactly.
 * The changes live in the call's arena. ERR_UNKNOWN_PROPERTY (name, type, nearest), ERR_EXISTS
 * for a property answered twice, and the errors of value.h.
 */
MUST_CHECK enum err answers_read(struct call *call, const struct type *type,
                                 const struct form *form, struct change **ret, size_t *ret_count);

/* One value given for a property, by the same rule; references may be case numbers. */
MUST_CHECK enum err answer_value(struct call *call, const struct property *property,
                                 const struct json *given, struct span *ret);

/* ERR_UNKNOWN_PROPERTY with the nearest name when the type has none of that id. */
MUST_CHECK enum err answer_property(struct call *call, const struct type *type, const char *name,
                                    const struct property **ret);

/* "warnings": other records with the same value of a unique property (call_save.c). */
void call_put_warnings(struct call *call, const struct saved *saved);

#endif
