/*
 * save.h - a person writes: new records, edits, deletions, resolutions, undo.
 *
 * Each call is one save: one or more ops bound by a tx, durable (synchronous=FULL) before it
 * returns. Only what differs from what is shown is written; a save without a change writes
 * nothing, nor does one in which only what a form calculates (policy `derived`) differs. Access is
 * checked here for the person and the device.
 */
#ifndef SAVE_H
#define SAVE_H

#include "form.h"
#include "node.h"

/* One property to write. For policy set: `json` is the whole new set; for counter and append:
   one more delta or item (0 and null add nothing). */
struct change {
    const char *property; /* its id, or the name of a question of the form */
    struct span json;     /* a value as value_from_json() takes it, or null to clear */
};

struct save {
    struct id person;     /* who writes */
    const char *form;     /* form's id; NULL: none */
    int64_t form_version; /* of a form that is played: the version that was filled; else 0 */
    const char *type; /* for a new record without a form, or another one that a played form makes */
    bool is_new;
    struct id entity;  /* edited entity; ignored when is_new */
    struct span place; /* new root: its place code; empty: from the answers */
    bool has_parent;   /* new child: its parent */
    struct id parent;
    const struct change *changes;
    size_t change_count;
    int64_t seen; /* what the person was shown was read then: node_seen(); 0: now */
};

/*
 * A mark of what this node holds. A save that carries it supersedes nothing that others wrote and
 * that came later: a form may lie half filled for days, and what its author wasn't shown is then
 * beside what they wrote, a dispute where a person decides about those.
 */
MUST_CHECK enum err node_seen(struct node *node, int64_t *ret);

/* An exact double of a value marked unique, in another record this person may see. */
struct save_warning {
    const char *property;
    struct span value;
    struct id entity;
};

struct saved {
    struct id entity;
    char case_number[32];
    size_t op_count; /* 0: nothing had changed */
    struct save_warning *warnings;
    size_t warning_count;
};

/*
 * Fails with the input errors of core (property and value named) or, with the arguments that
 * err.h lists: ERR_NOT_ENROLLED, ERR_REVOKED, ERR_UNKNOWN_PERSON, ERR_UNKNOWN_TYPE,
 * ERR_UNKNOWN_FORM, ERR_UNKNOWN_PLACE, ERR_NOT_FOUND, ERR_DELETED, ERR_OUT_OF_SCOPE (the record or
 * the new place lies outside what the person or the device is granted), ERR_NOT_ALLOWED (the
 * compartment). A failed save leaves nothing. Changing the property that says where a root is
 * (`place` in its type) moves it, with its tree, to that scope.
 */
MUST_CHECK enum err node_save(struct node *node, const struct save *save, struct arena *arena,
                              struct saved *ret, struct diag *diag);

/* The same checks without writing: what node_save() would say (warnings included). */
MUST_CHECK enum err node_save_check(struct node *node, const struct save *save, struct arena *arena,
                                    struct saved *ret, struct diag *diag);

/* Hides the record everywhere; an edit made apart from it stays visible in review. Names the
   ops that the person was shown. `reason` may be NULL. ERR_DELETED when it is already. */
MUST_CHECK enum err node_delete(struct node *node, struct id person, struct id entity,
                                const char *reason, struct diag *diag);

/* Takes back the newest save of this device, if it is the person's and no server can have been
   told of it: its ops leave the log and their numbers are used again. Returns the entity, which
   is gone when the save made it. ERR_NOTHING_TO_UNDO; always so at a hub or region. */
MUST_CHECK enum err node_undo(struct node *node, struct id person, struct id *ret_entity,
                              struct diag *diag);

/* Decides a dispute (verb review): `take` is an index into the alternatives that record.h lists,
   or -1 and `value`. Supersedes exactly the alternatives that are listed now. ERR_NOT_DISPUTED,
   ERR_MISSING_ARGUMENT without a reason. */
struct resolve {
    struct id person;
    struct id entity;
    const char *property; /* property or group */
    int64_t take;
    struct span value; /* of a group: an object with its properties, or the named property alone */
    const char *reason;
};
MUST_CHECK enum err node_resolve(struct node *node, const struct resolve *resolve,
                                 struct arena *arena, struct diag *diag);

/* A place found on the way: a record of type `place` in the scope of its parent; returns the new
   code (the parent's and a short random part). */
MUST_CHECK enum err node_place_add(struct node *node, struct id person, const char *parent,
                                   const struct change *changes, size_t change_count,
                                   struct arena *arena, struct saved *ret, struct span *ret_code,
                                   struct diag *diag);

#endif
