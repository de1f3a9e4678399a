/*
 * definition.h - reading the parts that published types and forms have in common, with a located
 * diagnosis: "properties[3].policy", what is wrong, how to mend it.
 *
 * Only type_read.c and form_read.c include this. Keys that aren't asked for are ignored: a later
 * version may add some.
 */
#ifndef DEFINITION_H
#define DEFINITION_H

#include "type.h"

#define WHERE_SIZE 96

struct definition {
    enum err code; /* ERR_BAD_TYPE or ERR_BAD_FORM */
    struct arena *arena;
    struct diag *diag;
};

/* An object of the definition: "" for the whole, else as in "properties[3]". */
struct part {
    const struct json *json;
    char where[WHERE_SIZE];
};

enum presence { OPTIONAL, REQUIRED };
enum name_rule {
    NAME_PLAIN, /* [a-z][a-z0-9_]{0,39} */
    NAME_OWN,   /* the same or '_' and 39 of it: types of the organisation itself */
    NAME_CHOICE /* also upper case, a digit first, '-' and '.' later: an element of a set */
};

/* Fails with the definition's code: where (`key` "" for the part itself), what. */
enum err definition_refuse(const struct definition *definition, const struct part *part,
                           const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
MUST_CHECK enum err definition_no_memory(const struct definition *definition);

/* The item `index` of the array `key`; fails unless it is an object. */
MUST_CHECK enum err definition_item(const struct definition *definition, const struct part *part,
                                    const char *key, size_t index, const struct json *item,
                                    struct part *ret);

/* The array `key` with 1 to `count_max` items; NULL when optional and absent. */
MUST_CHECK enum err definition_array(const struct definition *definition, const struct part *part,
                                     const char *key, enum presence presence, size_t count_max,
                                     const struct json **ret);

/* Members; an absent optional one leaves `*ret` as it is. Texts are copied into the arena. */
MUST_CHECK enum err definition_text(const struct definition *definition, const struct part *part,
                                    const char *key, enum presence presence, const char **ret);
MUST_CHECK enum err definition_name(const struct definition *definition, const struct part *part,
                                    const char *key, enum presence presence, enum name_rule rule,
                                    const char **ret);
bool definition_is_name(const char *name); /* by NAME_PLAIN */
MUST_CHECK enum err definition_bool(const struct definition *definition, const struct part *part,
                                    const char *key, bool *ret);
MUST_CHECK enum err definition_version(const struct definition *definition, const struct part *part,
                                       int64_t *ret);
MUST_CHECK enum err definition_labels(const struct definition *definition, const struct part *part,
                                      const char *key, struct labels *ret);

#endif
