/*
 * type.h - record types: what entities of a kind hold, and how each property merges.
 *
 * Types own the data; forms only map questions to properties. A type is published by the
 * organisation as JSON (schema/type.schema.json). A register is the unit that merges: a
 * property, or the group that binds several. Names that begin with '_' are Douar's own:
 *   _scope   place code of a root entity (live values = where it belongs)
 *   _root    id of the entity whose scope a child follows
 *   _case    case number
 *   _deleted reason of a deletion
 */
#ifndef TYPE_H
#define TYPE_H

#include "value.h"

enum policy {
    POLICY_REVIEW, /* several live values: a dispute for a person */
    POLICY_LAST,   /* the latest shows, the others stay, hidden */
    POLICY_MAX,
    POLICY_MIN,
    POLICY_SET,     /* each element is a register of its own, "property/element" */
    POLICY_COUNTER, /* sum of all live deltas; nothing is superseded */
    POLICY_RANK,    /* a supervisor's value over a worker's; a dispute within a rank */
    POLICY_APPEND,  /* all live values, oldest first; nothing is superseded */
    POLICY_DERIVED, /* calculated from the record's own answers; never disputed */
    POLICY_COUNT
};

enum sensitivity { SENSITIVITY_NORMAL, SENSITIVITY_PERSONAL, SENSITIVITY_HIGH };

#define TYPE_NAME_MAX       40 /* characters of a type, property, group, choice or form id */
#define TYPE_PROPERTIES_MAX 500
#define TYPE_MOVES_MAX      8    /* compartments in which one property was before */
#define TYPE_CHOICES_MAX    2000 /* choices of one property */
#define LANGUAGE_COUNT      4

enum language { LANGUAGE_AR, LANGUAGE_FR, LANGUAGE_ZGH, LANGUAGE_EN };

struct labels {
    const char *text[LANGUAGE_COUNT]; /* NULL where absent */
};

struct choice {
    const char *name;
    struct labels labels;
    bool retired; /* stands where it was chosen; not chosen anew */
};

struct property {
    const char *id;
    struct labels labels;
    struct labels hint;
    enum value_type type;
    enum policy policy;
    const char *group;       /* NULL: the property is a register of its own */
    const char *compartment; /* "base" unless said otherwise */
    const char **moved_from; /* compartments in which it was in earlier versions */
    size_t moved_count;
    bool retired; /* nobody is asked for it any more; what it holds stays */
    enum sensitivity sensitivity;
    bool required;
    bool search;         /* `find` looks in it */
    bool unique;         /* an exact double is worth a warning */
    bool place;          /* a place code */
    bool location;       /* of a file: where a photograph was taken stays in it */
    const char *pattern; /* NULL or PCRE, the whole text must match */
    const char *example;
    const char *min, *max; /* canonical JSON, NULL: none */
    const char *ref;       /* type referred to, for VALUE_REF */
    struct choice *choices;
    size_t choice_count;
};

struct type {
    const char *id;
    int64_t version;
    struct labels labels;
    const char *parent; /* NULL for a root type */
    const char *form;   /* the form that it was made from, NULL: it stands for itself */
    const char **title; /* property ids that name a record */
    size_t title_count;
    struct property *properties;
    size_t property_count;
};

/* Everything lives in `arena`; `json` may go. Fails with ERR_BAD_TYPE naming the place
   ("properties[3].policy"), what is wrong and how to mend it. */
MUST_CHECK enum err type_read(const struct json *json, struct arena *arena, struct type *ret,
                              struct diag *diag);

const struct property *type_property(const struct type *type, const char *id); /* NULL: none */
const char *type_nearest_property(const struct type *type,
                                  const char *id); /* "" when none is near */

/* The register a property is written under: its group, or itself. */
const char *property_register(const struct property *property);

/* Do ops of this compartment hold values of it: now, or since before it moved? */
bool property_was_in(const struct property *property, struct span compartment);

/* First property of a register ("needs/food" gives needs); NULL when the type has none. */
const struct property *type_register(const struct type *type, const char *reg);

/*
 * Choices, range, pattern and (of a place property) the form of the code of one canonical value.
 * null passes (required is a form's matter). A partial date passes when any day of it could.
 * ERR_BAD_CHOICE, ERR_OUT_OF_RANGE, ERR_PATTERN or ERR_BAD_VALUE with their arguments.
 */
MUST_CHECK enum err type_check_value(const struct mem *mem, const struct property *property,
                                     struct span json, struct diag *diag);

/*
 * The same of a value that takes the place of `before` (empty: of nothing): what stands already
 * isn't judged again, though a later version of the type is stricter.
 */
MUST_CHECK enum err type_check_change(const struct mem *mem, const struct property *property,
                                      struct span before, struct span json, struct diag *diag);

/*
 * What a person typed as an answer to this property: value_from_text(), and for a text with a
 * pattern Arabic-Indic and Persian digits as ASCII before it (telephone and card numbers), then
 * type_check_value(). Fails as these do.
 */
MUST_CHECK enum err type_value_from_text(const struct property *property, struct span text,
                                         struct arena *arena, struct span *ret_json,
                                         struct diag *diag);

/*
 * May `next` replace `before`? As schema/protocol.md, "Type versions", says. ERR_TYPE_CONFLICT
 * with the first contradiction: type, where ("phone.type"), how to mend it.
 */
MUST_CHECK enum err type_may_follow(const struct type *before, const struct type *next,
                                    struct diag *diag);

const char *policy_name(enum policy policy);
const char *sensitivity_name(enum sensitivity sensitivity);
bool policy_from_name(const char *name, enum policy *ret);
bool policy_keeps_all(enum policy policy); /* counter, append: writes name no predecessors */

bool language_from_name(const char *name, enum language *ret);
const char *language_name(enum language language);
/* The label in the language, else French, Arabic, English, any; else `otherwise`. */
const char *labels_pick(const struct labels *labels, enum language language, const char *otherwise);

#endif
