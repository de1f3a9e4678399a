/*
 * node_shown.h - what the registers of one entity hold and show, worked out from its live ops.
 *
 * Read by everything above the log: the projection, records, edits, resolutions. Everything
 * lives in the caller's arena; spans and names stay valid as long as it does.
 */
#ifndef NODE_SHOWN_H
#define NODE_SHOWN_H

#include "node_internal.h"
#include "register.h"

#define SHOWN_MEMORY_MAX (64u * 1024 * 1024) /* of one entity with all its live ops */

/* Douar's own registers, beside those of the type. */
#define REGISTER_SCOPE   "_scope"
#define REGISTER_ROOT    "_root"
#define REGISTER_PARENT  "_parent" /* the direct parent, when it isn't the root */
#define REGISTER_CASE    "_case"
#define REGISTER_DELETED "_deleted"
#define REGISTER_ERASED  "_erased"
#define COMPARTMENT_BASE "base"

struct shown_member {
    struct span key;
    struct span json;
};

/* An op with its values taken apart. */
struct shown_op {
    struct logged logged;
    struct shown_member *members; /* none when redacted */
    size_t member_count;
    int64_t author_rank; /* 0 worker, 1 supervisor or manager */
};

struct shown_register {
    struct span name;                /* "phone", a group, "needs/food", "_case" */
    const struct property *property; /* the first of the register; NULL: not of the type */
    struct span compartment;
    struct register_value *values; /* live, shown first at 0; op_index into shown.ops */
    size_t value_count;
    struct register_shown shown;
};

/* What the calculation of a form gives for a derived property (node_computed.h). */
struct shown_computed {
    const char *property;
    struct span json;
};

struct shown {
    struct entity_row entity;
    const char *type_name;
    const struct type *type; /* NULL: not known here */
    struct shown_op *ops;    /* each op that is live in some register, once */
    size_t op_count;
    struct shown_register *registers; /* by name, in byte order */
    size_t register_count;
    const struct shown_computed *computed;
    size_t computed_count;
    /* What its author was shown, when that isn't all of this: what was held here then (row), and
       what the author wrote here since. 0: all. */
    int64_t seen;
    struct id seen_by;
};

/* The policy a register merges by; `derived` still merges as `last`. */
enum policy shown_policy(const struct shown_register *reg);

MUST_CHECK enum err shown_read(struct node *node, int64_t entity, struct arena *arena,
                               struct shown *ret);

/*
 * Of a property that moved, what was written in another compartment than it is in now is shown to
 * who may read that one too. Takes out values of which `may` says no; values in the property's own
 * compartment stand, whoever looks.
 */
typedef bool (*shown_may)(const void *ctx, struct span compartment);
MUST_CHECK enum err shown_restrict(struct shown *shown, shown_may may, const void *ctx,
                                   struct arena *arena);

/*
 * Lists of compartments, base apart, in byte order: "health", "aid+health". What somebody must be
 * able to read to be shown all of a property ("base" when that is enough); and those in which
 * values of the record stand that aren't their property's own ("": none).
 */
MUST_CHECK enum err shown_needs(const struct shown *shown, const struct property *property,
                                struct arena *arena, const char **ret);
MUST_CHECK enum err shown_elsewhere(const struct shown *shown, struct arena *arena,
                                    const char **ret);

/* The device whose origin an op came with; zero when unknown. */
MUST_CHECK enum err shown_device(struct node *node, int64_t origin, struct id *ret);

/* NULL when nothing is live in it. */
const struct shown_register *shown_register(const struct shown *shown, struct span name);

/* Text of one of Douar's own registers ("" when absent), without quotes. */
MUST_CHECK enum err shown_own_text(const struct shown *shown, const char *reg, struct arena *arena,
                                   const char **ret);
bool shown_deleted(const struct shown *shown);
bool shown_erased(const struct shown *shown); /* redacted as a whole: a shell is left */
/* Some live op wasn't known to who deleted the record. `ret_op`: the first such, or 0. */
MUST_CHECK enum err shown_edited_after_delete(const struct shown *shown, bool *ret,
                                              int64_t *ret_op);

/* What a person sees of one property; "null" when there is nothing. */
MUST_CHECK enum err shown_property_value(const struct shown *shown, const struct property *property,
                                         struct arena *arena, struct span *ret);
/* The same as it was written, whatever a calculation gives by now. */
MUST_CHECK enum err shown_written_value(const struct shown *shown, const struct property *property,
                                        struct arena *arena, struct span *ret);
/* One property's part of a register's value (a member of a group's object, or all of it). */
MUST_CHECK enum err shown_part(const struct property *property, struct span register_json,
                               struct arena *arena, struct span *ret);
/* Is the property, or an element of it, disputed? */
bool shown_disputed(const struct shown *shown, const struct property *property);

struct span shown_member(const struct shown_op *op, struct span key); /* "null" when absent */

#endif
