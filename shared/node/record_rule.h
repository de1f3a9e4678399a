/*
 * record_rule.h - a rule of a form that doesn't hold of what is held together, though whoever
 * changed it kept to it (core/mapping/mapping_rules.h). Part of record.h.
 *
 * It is counted among the disputes of the record that the form is about. Nobody decides it: who
 * makes the values fit ends it.
 */
#ifndef RECORD_RULE_H
#define RECORD_RULE_H

#include "id.h"
#include "type.h"

struct broken_value {
    struct id entity;
    const char *type_name;
    const char *case_number; /* "" */
    const char *title;
    const struct property *property; /* NULL: that the record is there at all */
    struct span json;
    struct id person; /* who wrote what is shown; zero: nobody */
    struct id device; /* zero when unknown */
    int64_t time_ms;
};

struct broken_rule {
    const char *form;
    int64_t form_version;
    struct labels form_labels;
    const char *kind;      /* "constraint", "required", "choice" */
    struct labels message; /* the form's own; empty when it gives none */
    struct broken_value *values;
    size_t value_count;
};

#endif
