/*
 * mapping_rules.h - a form's rules, asked of records as they are held: after a merge.
 *
 * While a form is filled its rules see to it that the answers fit each other. Two people who change
 * one record apart each keep to them, and what comes together may break them all the same: one says
 * that three live in a house, another has added a fourth. So the records that the form made are
 * laid out as its answers again, everything is computed anew, and what doesn't hold is told.
 *
 * A rule is an answer's constraint, that it is required, and that its choice is one of those
 * offered. It is asked only of what comes together from at least two saves: what one person saw and
 * saved as a whole is theirs to answer for (a form that has become stricter, an import, a day that
 * has passed). A rule that reads what lies outside the form and its records isn't asked at all,
 * since each node would answer for what it happens to hold; nor is one that reads what may not be
 * read. So the same records give the same answer everywhere.
 *
 * A calculation over the form's own answers is made anew as well: what two people changed apart has
 * one total. Its property must be of the policy `derived`; what it gives stands in for what was
 * written, and is nobody's change.
 */
#ifndef MAPPING_RULES_H
#define MAPPING_RULES_H

#include "mapping.h"

struct form_rules;

#define HELD_RECORDS_MAX 2000 /* of one set: beyond, its rules aren't asked */

/* `text` is a form.json. ERR_BAD_FORM for one that can't be played. */
MUST_CHECK enum err form_rules_new(const struct mem *mem, struct span text, struct form_rules **ret,
                                   struct diag *diag);
void form_rules_free(struct form_rules *rules); /* NULL is fine */

const struct form_map *form_rules_map(const struct form_rules *rules);
size_t form_rules_node_count(const struct form_rules *rules); /* of the form */
/* The record that the form is about, to which all others belong: its number in the map.
   MAPPING_NONE: there is none, or no rule and no calculation, and nothing is ever asked. */
size_t form_rules_about(const struct form_rules *rules);
/* Does some rule or calculation read more than the record that the form is about? */
bool form_rules_are_wide(const struct form_rules *rules);
/*
 * Is this property of the map's record calculated from answers that records hold, and of the same
 * ones the same wherever and whenever that is done (today() being the day of their latest change)?
 * Of a survey's answers only from themselves. Then it may be derived.
 */
bool form_rules_derive(const struct form_rules *rules, size_t record, const char *property);

/* What is held of one field: the value as written, and the saves that wrote it (empty: never
   written). */
struct held_value {
    enum value_type type;
    struct span json;
    const uint64_t *saves;
    size_t save_count;
    bool hidden;  /* it may not be read here */
    bool derived; /* what the form calculates may stand in for it */
};

/* A record of the set; what it belongs to comes before it, the one the form is about first. */
struct held_record {
    size_t of; /* number in the map */
    uint8_t id[16];
    size_t parent;             /* number among these; MAPPING_NONE for the first */
    struct held_value *values; /* one for each field of map->records[of] */
};

struct held_set {
    const struct held_record *records;
    size_t count;
    /* By number of the form's node: answers to it may not be read here, so that records with them
       may be missing. NULL: all may. */
    const bool *closed;
    int64_t now_ms; /* which day today is: that of the latest change among them */
    int zone_minutes;
};

enum rule_kind { RULE_IS_CONSTRAINT, RULE_IS_REQUIRED, RULE_IS_CHOICE };
const char *rule_kind_name(enum rule_kind kind); /* "constraint" "required" "choice" */

struct held_place {
    size_t record;                 /* number in the set */
    const struct map_field *field; /* NULL: that the record is there at all */
};

struct broken_hold {
    enum rule_kind kind;
    struct labels message;     /* the form's; empty when it gives none */
    struct held_place *places; /* the answer that is wrong first, then what its rule reads */
    size_t place_count;
};

/* What a calculation gives that isn't what is held of it. */
struct held_computed {
    size_t record; /* number in the set */
    const struct map_field *field;
    struct span json;
};

struct held_answers {
    struct broken_hold *broken; /* in the order of the form */
    size_t broken_count;
    struct held_computed *computed;
    size_t computed_count;
};

/* Lives in `arena`. */
MUST_CHECK enum err form_rules_ask(struct form_rules *rules, const struct held_set *set,
                                   struct arena *arena, struct held_answers *ret);

#endif
