/*
 * call.h - one call of the device while it runs; shared by device.c and the call_*.c files.
 *
 * A call is a function in a table, with the arguments it takes and what it needs. Before it runs,
 * the door has checked its arguments' names and kinds, opened the home and found the person. It
 * writes the members of its answer to `out` and returns OK, or fails with `diag` filled.
 */
#ifndef CALL_H
#define CALL_H

#include "arena.h"
#include "device.h"
#include "json.h"
#include "node.h"
#include "org.h"
#include "vault.h"

enum call_need { NEED_NOTHING, NEED_HOME, NEED_ENROLLED, NEED_PERSON };

/* What a call does when the disk is full (reserve.h). */
enum call_space {
    SPACE_READS, /* fails */
    SPACE_TAKES, /* fails, and says when little is left */
    SPACE_MAKES, /* frees all of the reserve but what saves need: it makes space itself */
    SPACE_SAVES  /* frees the reserve to its last piece */
};

enum arg_kind { ARG_TEXT, ARG_BOOL, ARG_INT, ARG_OBJECT, ARG_ANY };

struct arg {
    const char *name;
    enum arg_kind kind;
    bool required;
    int64_t min, max; /* ARG_INT */
};

#define CALL_ARGS_MAX 8
#define CALL_ARG_LIMIT                                                                             \
    {                                                                                              \
        "limit", ARG_INT, false, 1, DEVICE_PAGE_MAX                                                \
    }
#define CALL_ARG_AFTER                                                                             \
    {                                                                                              \
        "after", ARG_INT, false, 0, JSON_INT_MAX                                                   \
    }
#define CALL_DATABASE    "douar.db" /* under the home */
#define CALL_ARENA_MAX   (64u * 1024 * 1024)
#define CALL_MINUTES     15 /* without a command, until the device locks */
#define CALL_MINUTES_MAX 10080
#define CALL_CLOCK_WARN  300000 /* ms of clock offset that status warns of (sync.md) */

struct call;

struct call_kind {
    const char *name;
    enum call_need need;
    enum err (*run)(struct call *call);
    struct arg args[CALL_ARGS_MAX]; /* ended by a NULL name */
    enum call_space space;
};

/* What opens the database; the device's, as long as it isn't locked. */
struct open_key {
    struct host host;     /* the host with the key in it: what the node works with */
    struct seal_key *key; /* NULL: locked, or a database that isn't sealed */
};

struct call {
    struct device *device;
    struct open_key *open;
    const struct host *host;
    const char *home;
    struct node *node;         /* NULL with NEED_NOTHING */
    struct node_identity self; /* from NEED_HOME on */
    bool has_person;
    struct id person; /* with NEED_PERSON; else when one was named or the device has one */
    enum language language;
    const struct catalogues *catalogues;
    const struct json *args; /* NULL when none were given */
    struct arena *arena;     /* for the time of the call */
    struct json_writer *out; /* inside the answer's object */
    struct diag *diag;
    const struct device_listener *listener; /* may be NULL */
    bool holds_org;                         /* node_org_hold() */
    enum call_space space;
    bool reserve_used;    /* a piece of the reserve was freed for it */
    bool waits_for_space; /* a sync that took in no more than it had to */
    bool locked;          /* nothing that it holds may be shown */
    bool keep_members;    /* a failing call's members stand beside the error */
};

/* ---- device.c */

/* Opens the database, once, and reads who this is into `call`. */
MUST_CHECK enum err call_open_node(struct call *call);
MUST_CHECK enum err call_path(struct call *call, const char *name, const char **ret);

/* A piece of the reserve was freed: it is to be made again. */
void call_reserve_used(struct call *call);

/* ---- call_sync.c */

/* Records in dispute; what came in is made ready first, untold. 0 when that fails. */
int64_t call_count_disputed(struct call *call);

/* ---- call_space.c */

/* Runs a step that changes nothing when it fails; where the disk is full, again with what of the
   reserve this call may free. */
MUST_CHECK enum err call_with_reserve(struct call *call, enum err (*step)(struct call *call));
/* The member `space`, when there is something to say of it. */
void call_put_space(struct call *call, bool always);

/* Closes the database and wipes its key. */
void call_close_node(struct call *call);

/* ---- call_key.c */

/* The key from where the session keeps it. OK without one when the database isn't sealed; else
   ERR_LOCKED. */
MUST_CHECK enum err key_load(struct call *call);
/* For a new home: a key, opened by what those arguments say; a passphrase that nobody gave is made
   and stands in the answer. */
MUST_CHECK enum err key_make(struct call *call, const char *passphrase_arg, const char *file_arg);
/* Wipes the key from the device, not from the session. */
void key_forget(struct open_key *open);
/* After a sync: the organisation's recovery key gets its slot. */
MUST_CHECK enum err key_note_recovery(struct call *call);

/* ---- call_args.c */

/* Names, kinds, ranges and presence. */
MUST_CHECK enum err call_check_args(const struct call_kind *kind, const struct json *args,
                                    struct diag *diag);
const char *call_arg_text(const struct call *call, const char *name); /* NULL when absent */
bool call_arg_bool(const struct call *call, const char *name, bool otherwise);
int64_t call_arg_int(const struct call *call, const char *name, int64_t otherwise);
/* "bad_value" with the value as it was given. */
enum err call_bad_value(struct diag *diag, const char *name, const struct json *value,
                        const char *expected);

/* ---- the calls, by file */

enum err call_version(struct call *call); /* call_home.c */
enum err call_init(struct call *call);
enum err call_whoami(struct call *call);
enum err call_persons(struct call *call);
enum err call_unlock(struct call *call); /* call_key.c */
enum err call_lock(struct call *call);
enum err call_passphrase(struct call *call);
enum err call_passphrase_add(struct call *call);
enum err call_passphrase_remove(struct call *call);
enum err call_passphrases(struct call *call);
enum err call_recover(struct call *call);
enum err call_enrol(struct call *call);         /* call_enrol.c */
enum err call_sync(struct call *call);          /* call_sync.c */
enum err call_bundle_export(struct call *call); /* call_bundle.c */
enum err call_bundle_import(struct call *call);
enum err call_forget(struct call *call); /* call_forget.c */
enum err call_recall(struct call *call);
enum err call_reopen(struct call *call); /* call_reopen.c */
enum err call_reopen_code(struct call *call);
enum err call_status(struct call *call); /* call_status.c */
enum err call_digest(struct call *call);
enum err call_check(struct call *call);
enum err call_forms(struct call *call); /* call_form.c */
enum err call_form(struct call *call);
enum err call_types(struct call *call);
enum err call_type(struct call *call);
enum err call_places(struct call *call); /* call_place.c */
enum err call_place_add(struct call *call);
enum err call_new(struct call *call); /* call_save.c */
enum err call_edit(struct call *call);
enum err call_undo(struct call *call);
enum err call_delete(struct call *call);
enum err call_fill(struct call *call); /* call_fill.c */
enum err call_fill_say(struct call *call);
enum err call_fill_save(struct call *call);
enum err call_drafts(struct call *call);
enum err call_draft_drop(struct call *call);
enum err call_show(struct call *call); /* call_read.c */
enum err call_list(struct call *call);
enum err call_find(struct call *call);
enum err call_attach(struct call *call); /* call_attach.c */
enum err call_attachment(struct call *call);
enum err call_attachments_drop(struct call *call);
enum err call_disputes(struct call *call); /* call_review.c */
enum err call_resolve(struct call *call);

enum err call_alias(struct call *call);  /* call_alias.c */
enum err call_redact(struct call *call); /* call_redact.c */
enum err call_redactions(struct call *call);

/* Runs a whole sync and writes the members of its answer; call_enrol() begins with one too. */
enum err call_sync_run(struct call *call);

#endif
