/*
 * record.h - what people see: records, their history, lists, search, disputes.
 *
 * Answers are filtered by what the person may read (`viewer`: NULL means the office itself, at a
 * hub or region). Lists and searches page by `after` (the last entity of the page before) and
 * call back a row at a time, so memory doesn't grow with the answer.
 */
#ifndef RECORD_H
#define RECORD_H

#include "node.h"
#include "org.h"

enum custody { CUSTODY_HERE, CUSTODY_PROVINCE, CUSTODY_REGION }; /* how far its newest op has got */

struct alternative {
    struct span json;
    struct id person;
    struct id device;   /* zero when unknown */
    int64_t time_ms;    /* effective */
    struct id uid;
    bool shown;         /* the one shown first */
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
    bool edited_after_delete;
    struct shown_property *properties; /* in the type's order; absent ones are null */
    size_t property_count;
    size_t dispute_count;
    enum custody custody;
    int64_t updated_ms;
};

/* `text`: id, prefix of an id (4 or more characters, unambiguous), or case number. */
MUST_CHECK enum err record_resolve_id(struct node *node, const char *text, struct id *ret,
                                      struct diag *diag);
MUST_CHECK enum err record_read(struct node *node, const struct id *viewer, struct id entity,
                                struct arena *arena, struct record *ret, struct diag *diag);

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
    const char *type;      /* NULL: all */
    const char *property;  /* NULL: no condition */
    struct span value;     /* canonical JSON, equal */
    bool disputed_only;
    bool with_deleted;
    int64_t after;         /* 0: from the start */
    size_t limit;          /* 0: 100 */
};
MUST_CHECK enum err record_list(struct node *node, const struct id *viewer,
                                const struct record_filter *filter, record_each each, void *ctx,
                                struct diag *diag);

/* All words (folded, each may be a beginning) must occur. Best and newest first. */
MUST_CHECK enum err record_find(struct node *node, const struct id *viewer, const char *text,
                                size_t limit, record_each each, void *ctx, struct diag *diag);

/* How many of this node's own ops stand where, and what waits. */
struct node_status {
    int64_t records, disputed;
    int64_t ops_here, ops_province, ops_region; /* own ops by custody */
    int64_t records_here, records_province, records_region;
    int64_t late, quarantined;
    int64_t synced_ms; /* last successful sync; 0: never */
};
MUST_CHECK enum err node_status(struct node *node, struct node_status *ret);

/* Flags for a person: late or out-of-scope work, edits after a deletion. Oldest first. */
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

/* Refreshes what is shown for up to `limit` entities that changed (0: all). Reads do it
   themselves; a server calls it when idle. */
MUST_CHECK enum err node_project(struct node *node, size_t limit, bool *ret_more);

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
