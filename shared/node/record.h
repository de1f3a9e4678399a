/*
 * record.h - what people see: records, their history, lists, search, disputes.
 *
 * Answers are filtered by what the person may read (`viewer`; NULL: the office itself, which sees
 * all that the node holds in sight). A record is seen by who may read base in a scope of its root;
 * properties, history and search beyond that by their compartment. Lists and searches call back
 * a row at a time, so memory doesn't grow with the answer; a callback may read records, but not
 * list or search. Reads bring what is shown up to date first (node_project()).
 */
#ifndef RECORD_H
#define RECORD_H

#include "node.h"
#include "org.h"
#include "record_rule.h"

/*
 * How far a record has got: only on this device, at a hub, in the region's backup. The least of
 * this node's own ops in it, so that no own work is shown as further than it is; of a record
 * without any, the least of all. What others wrote has come through the province.
 */
enum custody { CUSTODY_HERE, CUSTODY_PROVINCE, CUSTODY_REGION };

struct alternative {
    struct span json;
    struct id person;
    struct id device; /* zero when unknown */
    int64_t time_ms;  /* effective */
    struct id uid;
    bool shown; /* the one shown first */
};

struct shown_property {
    const struct property *property;
    struct span json;
    bool disputed;
    const struct alternative *alternatives; /* of a dispute; shown first at 0 */
    size_t alternative_count;
};

struct record {
    struct id entity;
    const struct type *type; /* NULL: the type isn't known here (yet) */
    const char *type_name;
    const char *case_number; /* "" */
    const char *title;
    struct id root;
    bool has_parent;
    struct id parent;
    const char *const *scopes;
    size_t scope_count;
    bool deleted;
    bool erased; /* redacted as a whole: nothing but the shell is left */
    bool edited_after_delete;
    struct shown_property *properties; /* in the type's order; absent ones are null */
    size_t property_count;
    struct broken_rule *broken; /* by what the viewer may read; of a form about this record */
    size_t broken_count;
    size_t dispute_count; /* of registers and of rules */
    enum custody custody;
    int64_t updated_ms;
};

/* `text`: case number as a person types it, id, or the beginning of an id (4 or more characters).
   ERR_NOT_FOUND ("record", text), ERR_AMBIGUOUS (text, how many). */
MUST_CHECK enum err record_resolve_id(struct node *node, const char *text, struct id *ret,
                                      struct diag *diag);
/* The same without following aliases: a duplicate itself. */
MUST_CHECK enum err record_resolve_own(struct node *node, const char *text, struct id *ret,
                                       struct diag *diag);
/* Everything lives in `arena`, but for the types and properties, which are borrowed from the
   organisation's configuration (org.h). ERR_NOT_FOUND, ERR_OUT_OF_SCOPE. */
MUST_CHECK enum err record_read(struct node *node, const struct id *viewer, struct id entity,
                                struct arena *arena, struct record *ret, struct diag *diag);

/*
 * What belongs to a record, oldest first, without what was deleted: of a root (a household) its
 * whole tree, persons, their enrolments and what was given, so that who receives what is one
 * picture; of another record, those that name it as their parent. At most `limit` (ask for one
 * more to learn of more). None of a record that the viewer may not see.
 */
struct record_child {
    struct id entity;
    struct id parent; /* the root, or a record between */
    const char *type_name;
    const char *case_number; /* "" */
    const char *title;
    size_t dispute_count;
    int64_t updated_ms;
};
MUST_CHECK enum err record_children(struct node *node, const struct id *viewer, struct id entity,
                                    size_t limit, struct arena *arena, struct record_child **ret,
                                    size_t *ret_count, struct diag *diag);

/* One act in a record's life, oldest first. */
struct history_entry {
    struct id uid;
    struct id person;
    struct id device;
    int64_t time_ms, receipt_ms;
    const char *kind;
    const char *reason; /* NULL */
    struct span values; /* JSON object */
    bool superseded;    /* none of its registers is live any more */
    bool gone;          /* collected: who wrote what isn't known any more; kind is "gone" */
    bool late;
};
MUST_CHECK enum err record_history(struct node *node, const struct id *viewer, struct id entity,
                                   struct arena *arena, struct history_entry **ret,
                                   size_t *ret_count, struct diag *diag);

/* A row of a list: borrowed for the time of the call. Return false to stop. */
struct record_row {
    int64_t number; /* for `after` */
    struct id entity;
    const char *type_name;
    const char *case_number;
    const char *title;
    struct span document; /* JSON object {property: shown value}, filtered for the viewer */
    struct id root;       /* of its tree; the entity itself for a root */
    const char *const *scopes;
    size_t scope_count;
    size_t dispute_count;
    bool deleted;
    int64_t updated_ms;
};
typedef bool (*record_each)(void *ctx, const struct record_row *row);

struct record_filter {
    const char *type;     /* NULL: all */
    const char *property; /* NULL: no condition; otherwise `type` must be given */
    struct span value;    /* canonical JSON, equal; null: has none */
    bool disputed_only;
    bool with_deleted;
    int64_t after; /* 0: from the start */
    size_t limit;  /* 0: 100 */
};
MUST_CHECK enum err record_list(struct node *node, const struct id *viewer,
                                const struct record_filter *filter, record_each each, void *ctx,
                                struct diag *diag);

/* One row by its number; not called for what isn't there or may not be seen. */
MUST_CHECK enum err record_row_read(struct node *node, const struct id *viewer, int64_t number,
                                    record_each each, void *ctx, struct diag *diag);

/* How many records of the type hold something in the property, written in that compartment (NULL:
   in any). */
MUST_CHECK enum err record_count_holding(struct node *node, const char *type,
                                         const struct property *property, const char *compartment,
                                         int64_t *ret);

/* All words (folded, each may be a beginning) must occur in what one compartment holds of a
   record. What changed here last comes first; deleted records are left out. */
MUST_CHECK enum err record_find(struct node *node, const struct id *viewer, const char *text,
                                size_t limit, record_each each, void *ctx, struct diag *diag);

/* How much this node holds, how far its own work has got, and what waits for a person. */
struct node_status {
    int64_t records, disputed;                              /* deleted ones aside */
    int64_t ops_here, ops_province, ops_region;             /* own ops by custody */
    int64_t records_here, records_province, records_region; /* records with own ops */
    int64_t late;        /* flags not settled, see record_flags() */
    int64_t quarantined; /* ops held aside */
    int64_t synced_ms;   /* last successful sync; 0: never */
};
MUST_CHECK enum err node_status(struct node *node, struct node_status *ret);
/* node_status.disputed alone, whose cost doesn't grow with what is held. */
MUST_CHECK enum err record_count_disputed(struct node *node, int64_t *ret);

/* What wants a person's eye besides disputes, oldest first: `why` is "late" or another word of
   the server's, or "edited_after_delete". Settling one ends it here only. */
struct flag_row {
    struct id uid;
    struct id entity;
    struct id person;
    const char *why;
    int64_t at_ms;
};
MUST_CHECK enum err record_flags(struct node *node, struct arena *arena, struct flag_row **ret,
                                 size_t *ret_count);
MUST_CHECK enum err record_flag_settle(struct node *node, struct id uid, const char *why,
                                       struct diag *diag);

/* Refreshes what is shown of up to `limit` entities that changed (0: all), in transactions of a
   few hundred. Reads do it themselves; a server calls it when idle. `left`: how many wait. */
MUST_CHECK enum err node_project(struct node *node, size_t limit, bool *ret_more);
MUST_CHECK enum err node_project_left(struct node *node, int64_t *ret);

/* Per (scope, compartment): count and sum over live registers with what decides who is shown
   first; equal on all nodes that hold the same. */
struct digest_row {
    const char *scope;
    const char *compartment;
    int64_t count;
    uint64_t sum;
};
MUST_CHECK enum err node_digest(struct node *node, struct arena *arena, struct digest_row **ret,
                                size_t *ret_count);

#endif
