/*
 * save_internal.h - between the files that write what people save (part of the node's inside).
 *
 * A save goes one way: the change as given -> a draft (properties, canonical values, where it
 * belongs) -> checks -> a plan (registers to write, with predecessors) -> ops. Nothing is
 * written before the plan stands. All of it lives in one arena of the save.
 */
#ifndef SAVE_INTERNAL_H
#define SAVE_INTERNAL_H

#include "node_shown.h"
#include "save.h"

#define SAVE_PLACE_TYPE "place" /* the type whose records are places found on the way */
#define SAVE_PLACE_CODE "code"  /* its property that holds the code */

/* Who writes, and with what. */
struct author {
    const struct org *org;
    const struct org_person *person;
    const struct org_node *device; /* NULL: the region, which covers all */
};
/* ERR_NOT_ENROLLED, ERR_UNKNOWN_PERSON, ERR_REVOKED. */
MUST_CHECK enum err author_read(struct node *node, struct id person, struct author *ret,
                                struct diag *diag);

struct draft_value {
    const struct property *property;
    struct span json; /* canonical */
};

struct draft {
    struct author author;
    const struct type *type;
    const struct form *form;   /* NULL: none */
    const struct form *played; /* as it was filled: its own rules were kept there. NULL: none */
    bool is_new;
    struct shown shown; /* of an edited record; empty for a new one but for the type */
    struct draft_value *values;
    size_t value_count;
    struct span place;      /* new root */
    bool has_parent;        /* new child */
    struct id root, parent; /* its root, its direct parent */
    int64_t root_row;       /* of what is edited or of the new child's root; 0 for a new root */
};

/* ---- save_draft.c */
MUST_CHECK enum err draft_read(struct node *node, const struct save *save, struct arena *arena,
                               struct draft *ret, struct diag *diag);
/* The record to edit, delete or decide about: known, in sight, not deleted unless `deleted_too`. */
MUST_CHECK enum err draft_open_record(struct node *node, struct id entity, bool deleted_too,
                                      struct arena *arena, struct draft *draft, struct diag *diag);
/* A value as it was given, in its one canonical form. */
MUST_CHECK enum err draft_canonical(const struct property *property, struct span json,
                                    struct arena *arena, struct span *ret, struct diag *diag);
/* Plain text as a JSON text. */
MUST_CHECK enum err draft_quote(struct span text, struct arena *arena, struct span *ret_json);
const struct draft_value *draft_value(const struct draft *draft, const char *property);
/* A code of the organisation's or of a place record held here. */
MUST_CHECK enum err place_is_known(struct node *node, const struct org *org, struct span code,
                                   struct arena *arena, bool *ret);

/* ---- save_plan.c */
struct write {
    struct span compartment;
    struct span reg;
    const uint64_t *preds;
    size_t pred_count;
    struct span members; /* of the values' object, without braces: "lat":..,"lon":.. */
    bool apart;          /* an op of its own */
};
struct plan {
    struct arena *arena;
    struct write *writes;
    size_t count, capacity;
};
void plan_init(struct plan *plan, struct arena *arena);
/* Registers that the draft changes. */
MUST_CHECK enum err plan_draft(struct plan *plan, const struct draft *draft);
/* One register with one member of its own name. */
MUST_CHECK enum err plan_add(struct plan *plan, struct span compartment, struct span reg,
                             const uint64_t *preds, size_t pred_count, struct span json);
/* One register with these members ("lat":..,"lon":..); `apart`: in an op of its own. */
MUST_CHECK enum err plan_add_members(struct plan *plan, struct span compartment, struct span reg,
                                     const uint64_t *preds, size_t pred_count, struct span members,
                                     bool apart);
/* A group's whole object, or a plain property. */
MUST_CHECK enum err plan_add_value(struct plan *plan, const struct property *property,
                                   const uint64_t *preds, size_t pred_count, struct span json);
/* The live ops of a register: all, or those that hold what is shown first. */
MUST_CHECK enum err plan_preds(const struct plan *plan, const struct shown *shown,
                               const struct shown_register *reg, bool all, const uint64_t **ret,
                               size_t *ret_count);
/* A root follows the property that says where it is: writes `_scope` when that one changes. */
MUST_CHECK enum err plan_move(struct plan *plan, const struct shown *shown,
                              const struct property *property, struct span json, bool all);
/* The property that says where records of a root type are; NULL: none. */
const struct property *plan_place_property(const struct type *type);

/* ---- save_check.c */
MUST_CHECK enum err check_rules(struct node *node, const struct draft *draft, struct arena *arena,
                                struct diag *diag);
/* May the author write every compartment of the plan there, with `verb`? */
MUST_CHECK enum err check_access(struct node *node, const struct draft *draft,
                                 const struct plan *plan, enum verb verb, struct diag *diag);
MUST_CHECK enum err check_doubles(struct node *node, const struct draft *draft, struct id entity,
                                  struct arena *arena, struct saved *saved);

/* ---- save_write.c */
struct outline {
    enum op_kind kind;
    const char *kind_name; /* of OP_OTHER; else NULL */
    struct id person;
    struct id entity;
    const char *type; /* with its version */
    int64_t type_version;
    const char *form; /* "" */
    int64_t form_version;
    struct span extra;
    const struct stamp *stamp; /* NULL: now */
};
/* Writes the plan's ops, bound by a tx when there are several, and projects the entity. */
MUST_CHECK enum err plan_write(struct node *node, const struct plan *plan,
                               const struct outline *outline, size_t *ret_op_count);
/* How many ops that would be. */
MUST_CHECK enum err plan_op_count(const struct plan *plan, size_t *ret);

#endif
