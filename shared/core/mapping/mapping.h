/*
 * mapping.h - which records a form's answers become, and which property each answer.
 *
 * A form makes or changes entities (ODK: `entities`, `save_to`); what it asks beyond them is an
 * entity too, a survey's answers, of a type that is made from the form. Each repeat without
 * entities of its own gives one record an occurrence, a child of what it stands in.
 *
 *     /data            -> household      (the entity that it registers or changes)
 *     /data            -> visit          (answers that no property of household takes), its child
 *     /data/member[n]  -> visit_member   (a repeat), children of visit
 *
 * The map follows from the form alone, so a device makes the same as who published it. Names: a
 * question's own, in lower case with _ for what a property's name can't hold; where several of one
 * record share one, each takes the names of its groups before it. What would be cut or has letters
 * beyond ASCII ends in a mark made of the whole name, so that two stay two. What isn't kept: notes,
 * groups, the `meta` block, counters of repeats.
 */
#ifndef MAPPING_H
#define MAPPING_H

#include "play.h"
#include "type.h"

#define MAPPING_NONE        SIZE_MAX
#define MAPPING_RECORDS_MAX 64

struct map_field {
    const struct xform_node *node;
    const struct xform_control *control; /* that asks for it; NULL: calculated, metadata */
    const char *property;
    enum value_type type; /* as the question is; of an entity's field the type says */
};

struct map_record {
    const char *type;
    const struct xform_node *place;    /* the root, or the repeat */
    size_t parent;                     /* number of the record it belongs to; MAPPING_NONE */
    const struct xform_entity *entity; /* NULL: the survey's own answers */
    struct map_field *fields;
    size_t field_count;
};

struct form_map {
    const char *id; /* of the form, as nodes name it: fit for a type's name */
    struct map_record *records;
    size_t record_count; /* 0: the form keeps nothing */
};

/* ERR_BAD_FORM names the question, what is wrong and how to mend it. Lives in `arena`. */
MUST_CHECK enum err mapping_make(const struct xform *form, struct arena *arena,
                                 struct form_map *ret, struct diag *diag);

/* A name as a type or property may have it: lower case, _ for the rest, at most 40 bytes, marked
   where that loses letters. */
const char *mapping_name(const char *text, struct arena *arena); /* NULL: no memory */

/* ---- publishing (mapping_type.c) */

struct form_rules; /* mapping_rules.h: which calculations are derived; NULL: none is */

/*
 * The entity's fields against the type that stands: each property is there, not retired, and of a
 * kind that the question's answers fit; what is derived there is calculated here. ERR_BAD_FORM,
 * located.
 */
MUST_CHECK enum err mapping_check(const struct form_map *map, const struct form_rules *rules,
                                  size_t record, const struct type *type, struct diag *diag);

/*
 * The definition of the type that a record of this form needs (of a survey, or of an entity that
 * nobody has defined, with what all its records of that type ask), as JSON. `before`: the version
 * that stands, or NULL. What it has and the form no longer asks must be named in `retire` (names,
 * separated by commas; NULL: none): ERR_TYPE_CONFLICT otherwise. Choices that are gone are retired
 * by themselves.
 */
struct mapping_typing {
    const struct xform *form;
    const struct form_map *map;
    const struct form_rules *rules;
    size_t record;
    const struct type *before;
    const char *retire;
    int64_t version;
};
MUST_CHECK enum err mapping_type(const struct mapping_typing *typing, struct arena *arena,
                                 struct buf *ret, struct diag *diag);

/* The form's definition (kind _form): `text` is its form.json. */
MUST_CHECK enum err mapping_definition(const struct xform *form, const struct form_map *map,
                                       int64_t version, struct span text, struct arena *arena,
                                       struct buf *ret);

/* ---- filling (mapping_answers.c) */

struct map_value {
    const struct map_field *field;
    struct span json; /* canonical for the property; null when it has no answer */
    struct span text; /* as it stands in the play, which lends it */
    bool relevant;
};

/* One record that the answers make. */
struct map_answers {
    const struct map_record *of;
    size_t parent; /* number among these; MAPPING_NONE */
    const uint8_t *occurrence;
    struct map_value *values;
    size_t value_count;
    /* Of an entity: what its attributes say. */
    bool create, update;
    struct span entity_id;
};

/* Parents come before their children. `types`: one a record of the map, for entities' properties.
   An answer that its property can't hold is ERR_BAD_VALUE. */
MUST_CHECK enum err mapping_answers(const struct form_map *map, const struct play *play,
                                    const struct type *const *types, struct arena *arena,
                                    struct map_answers **ret, size_t *ret_count, struct diag *diag);

/* What an answer is as a value of that property: canonical JSON, null for "". ERR_BAD_VALUE for
   what it can't hold. */
MUST_CHECK enum err mapping_value(enum value_type type, const char *property, struct span text,
                                  struct arena *arena, struct span *ret, struct diag *diag);
/* What a stored value is in the instance: dates as they are, choices with spaces between. */
MUST_CHECK enum err mapping_text(enum value_type type, struct span json, struct buf *ret);

#endif
