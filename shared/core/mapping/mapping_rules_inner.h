/*
 * mapping_rules_inner.h - between the files that ask a form's rules of records: mapping_rules.c
 * (which there are), mapping_layout.c (records as answers), mapping_ask.c (what comes of it).
 */
#ifndef MAPPING_RULES_INNER_H
#define MAPPING_RULES_INNER_H

#include "mapping_rules.h"

#define OCCURRENCE_BYTES 16

/* By number of the node. */
struct kept {
    const struct map_field *field; /* NULL: it isn't kept */
    size_t record;
};

/* A field whose answer has rules or is calculated, and what they read. */
struct field_rule {
    size_t record;
    const struct map_field *field;
    const struct xform_node **reads; /* by number of the node, as struct play_reading has it */
};

struct form_rules {
    const struct mem *mem;
    struct arena arena; /* form, map, rules */
    struct xform form;
    struct form_map map;
    struct play_host host;
    struct play *play;
    struct kept *kept;
    struct field_rule *rules, *calculations;
    size_t rule_count, calculation_count;
    size_t about;
    bool wide;
    int64_t now_ms;
    int zone_minutes;
};

/* ---- mapping_layout.c */
struct layout {
    struct form_rules *rules;
    const struct held_set *set;
    struct arena *arena;
    /* Of each record: which of the set stands for its occurrence (MAPPING_NONE: it stands at the
       root), and of such a one its number among its siblings, from 1. */
    size_t *occurrence, *number;
    struct span **texts; /* of each record's fields, as answers */
    struct broken_hold *found;
    size_t found_count, capacity;
    struct held_computed *computed;
    size_t computed_count, computed_capacity;
    const bool *hidden; /* by number of the node: some answer to it may not be read */
    size_t language;
    struct diag diag;
};

/* Records of the set into answers of the play, which computes them. */
MUST_CHECK enum err layout_make(struct layout *l);
/* The record of the map that one of the set is. */
const struct map_record *layout_of(const struct layout *l, size_t record);
/* The record that stands for the occurrence around that of `record`; MAPPING_NONE. */
size_t layout_around(const struct layout *l, size_t record);

#endif
