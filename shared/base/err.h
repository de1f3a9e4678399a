/*
 * err.h - every way a call can fail, and the arguments a person needs to mend it.
 *
 * One list for the whole product. Each code has a stable name (used by --json answers, HTTP
 * replies and the message catalogues), an exit status for commands and an HTTP status. Texts
 * are not here: the catalogues of schema/messages (message.h) turn a code with arguments into a
 * sentence of the person's language. A dispute or "nothing to pull" is a value, not an error.
 */
#ifndef ERR_H
#define ERR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/*
 * X(code, name, exit status, HTTP status)
 * Exit statuses: 1 refused or failed, 2 wrong usage, 3 wrong input, 4 not found, 5 not allowed,
 * 6 network or peer, 7 damaged or full storage.
 */
#define ERR_LIST(X)                                                                                \
    X(OK, "ok", 0, 200)                                                                            \
    X(ERR_NOMEM, "no_memory", 7, 503)                         /* - */                              \
    X(ERR_INTERNAL, "internal", 1, 500)                       /* where */                          \
    X(ERR_USAGE, "usage", 2, 400)                             /* what, how to mend */              \
    X(ERR_UNKNOWN_COMMAND, "unknown_command", 2, 404)         /* command */                        \
    X(ERR_MISSING_ARGUMENT, "missing_argument", 2, 400)       /* argument */                       \
    X(ERR_UNKNOWN_OPTION, "unknown_option", 2, 400)           /* option */                         \
    X(ERR_TOO_LARGE, "too_large", 3, 413)                     /* what, limit */                    \
    X(ERR_JSON, "bad_json", 3, 400)                           /* what is wrong, offset */          \
    X(ERR_UTF8, "bad_utf8", 3, 400)                           /* offset */                         \
    X(ERR_FORMAT, "bad_format", 3, 400)                       /* what, where */                    \
    X(ERR_UNKNOWN_FORMAT, "unknown_format", 3, 400)           /* what, version */                  \
    X(ERR_UNKNOWN_TYPE, "unknown_type", 3, 404)               /* type */                           \
    X(ERR_UNKNOWN_FORM, "unknown_form", 3, 404)               /* form */                           \
    X(ERR_PLAIN_FORM, "plain_form", 3, 400)                   /* form */                           \
    X(ERR_UNKNOWN_PROPERTY, "unknown_property", 3, 400)       /* property, type, nearest */        \
    X(ERR_UNKNOWN_PLACE, "unknown_place", 3, 404)             /* code */                           \
    X(ERR_UNKNOWN_PERSON, "unknown_person", 3, 404)           /* person */                         \
    X(ERR_UNKNOWN_NODE, "unknown_node", 3, 404)               /* node */                           \
    X(ERR_UNKNOWN_COMPARTMENT, "unknown_compartment", 3, 400) /* compartment */                    \
    X(ERR_BAD_VALUE, "bad_value", 3, 400)                     /* property, value, expected */      \
    X(ERR_BAD_CHOICE, "bad_choice", 3, 400)                   /* property, value, choices */       \
    X(ERR_OUT_OF_RANGE, "out_of_range", 3, 400)               /* property, value, min, max */      \
    X(ERR_PATTERN, "pattern", 3, 400)                         /* property, value, example */       \
    X(ERR_REQUIRED, "required", 3, 400)                       /* property */                       \
    X(ERR_GROUP_INCOMPLETE, "group_incomplete", 3, 400)       /* group, property */                \
    X(ERR_CONSTRAINT, "constraint", 3, 400)                   /* question, message */              \
    X(ERR_READ_ONLY, "read_only", 3, 400)                     /* property */                       \
    X(ERR_RETIRED, "retired", 3, 400)                         /* property, type */                 \
    X(ERR_BAD_TYPE, "bad_type_definition", 3, 400)            /* where, what */                    \
    X(ERR_BAD_FORM, "bad_form_definition", 3, 400)            /* where, what */                    \
    X(ERR_TYPE_CONFLICT, "type_conflict", 3, 409)             /* type, what, how to mend it */     \
    X(ERR_NOT_FOUND, "not_found", 4, 404)                     /* what, id */                       \
    X(ERR_NO_LIST, "no_list", 4, 404)                         /* list */                           \
    X(ERR_AMBIGUOUS, "ambiguous_id", 4, 409)                  /* prefix, count */                  \
    X(ERR_NOTHING_TO_UNDO, "nothing_to_undo", 4, 409)         /* - */                              \
    X(ERR_NOT_DISPUTED, "not_disputed", 4, 409)               /* property */                       \
    X(ERR_DELETED, "deleted", 4, 409)                         /* id */                             \
    X(ERR_ERASED, "erased", 4, 409)                           /* id */                             \
    X(ERR_REASON_REPEATS, "reason_repeats", 3, 400)           /* property */                       \
    X(ERR_FORGOTTEN, "forgotten", 4, 409)                     /* case number or id */              \
    X(ERR_EXISTS, "exists", 3, 409)                           /* what, id */                       \
    X(ERR_IN_USE, "in_use", 4, 409)                           /* folder */                         \
    X(ERR_NO_HOME, "no_home", 4, 500)                         /* folder */                         \
    X(ERR_NOT_ENROLLED, "not_enrolled", 5, 403)               /* - */                              \
    X(ERR_ALREADY_ENROLLED, "already_enrolled", 3, 409)       /* hub */                            \
    X(ERR_BAD_CODE, "bad_code", 3, 403)                       /* why */                            \
    X(ERR_CODE_USED, "code_used", 5, 403)                     /* - */                              \
    X(ERR_CODE_EXPIRED, "code_expired", 5, 403)               /* - */                              \
    X(ERR_NOT_ALLOWED, "not_allowed", 5, 403)                 /* what, who */                      \
    X(ERR_OUT_OF_SCOPE, "out_of_scope", 5, 403)               /* place, who */                     \
    X(ERR_REVOKED, "revoked", 5, 403)                         /* node or person, number kept */    \
    X(ERR_LEASE_OVER, "lease_over", 5, 403)                   /* days without contact, device */   \
    X(ERR_WRONG_REOPEN, "wrong_reopen", 5, 403)               /* tries left */                     \
    X(ERR_REOPEN_SPENT, "reopen_spent", 5, 403)               /* - */                              \
    X(ERR_UNAUTHENTICATED, "unauthenticated", 5, 401)         /* why */                            \
    X(ERR_RATCHET, "stale_request", 6, 409)           /* - ; the reply carries a fresh nonce */    \
    X(ERR_SIGNATURE, "bad_signature", 6, 403)         /* what */                                   \
    X(ERR_GAP, "gap", 6, 409)                         /* origin, seq */                            \
    X(ERR_FORK, "fork", 6, 409)                       /* origin, seq */                            \
    X(ERR_EPOCH, "epoch", 6, 410)                     /* epoch */                                  \
    X(ERR_ROUTE, "no_such_route", 6, 404)             /* path */                                   \
    X(ERR_METHOD, "wrong_method", 6, 405)             /* method */                                 \
    X(ERR_MEDIA, "wrong_content_type", 6, 415)        /* content type */                           \
    X(ERR_LENGTH_REQUIRED, "length_required", 6, 411) /* - */                                      \
    X(ERR_BUSY, "busy", 6, 503)                       /* seconds */                                \
    X(ERR_TOO_MANY_TRIES, "too_many_tries", 5, 429)   /* seconds */                                \
    X(ERR_NETWORK, "network", 6, 502)                 /* url, why */                               \
    X(ERR_PORT, "port_unusable", 6, 503)              /* port, why */                              \
    X(ERR_PIN, "wrong_pin", 6, 502)                   /* url */                                    \
    X(ERR_PEER, "bad_reply", 6, 502)                  /* url, why */                               \
    X(ERR_PEER_FULL, "office_full", 6, 502)           /* url */                                    \
    X(ERR_DAMAGED, "bundle_damaged", 6, 400)          /* file */                                   \
    X(ERR_ELSEWHERE, "bundle_elsewhere", 5, 403)      /* file, receiver */                         \
    X(ERR_CANCELLED, "cancelled", 1, 499)             /* - */                                      \
    X(ERR_DB, "database", 7, 503)                     /* what */                                   \
    X(ERR_DB_FULL, "storage_full", 7, 507)            /* file */                                   \
    X(ERR_DB_CORRUPT, "database_damaged", 7, 500)     /* file, what */                             \
    X(ERR_DB_NEWER, "database_newer", 7, 500)         /* file, version, known version */           \
    X(ERR_FILE, "file", 7, 500)                       /* file, why */                              \
    X(ERR_FILE_KIND, "file_kind", 3, 415)             /* file, kinds that are taken */             \
    X(ERR_FILE_DAMAGED, "file_damaged", 3, 400)       /* file, what is wrong */                    \
    X(ERR_NOT_HERE, "not_here", 4, 409)               /* file */                                   \
    X(ERR_CONFIG, "bad_configuration", 3, 500)        /* file, line, what */                       \
    X(ERR_LOCKED, "locked", 5, 403)                   /* - */                                      \
    X(ERR_SECRET, "wrong_secret", 5, 403)             /* - */                                      \
    X(ERR_WEAK_SECRET, "weak_passphrase", 3, 400)     /* fewest characters */                      \
    X(ERR_CHECK_FAILED, "check_failed", 7, 500)       /* findings */

enum err {
#define ERR_ENUM(code, name, exit_status, http_status) code,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

#define DIAG_ARGS     4
#define DIAG_ARG_SIZE 160

/* A failure as a person needs it: the code and what it is about. Owned by the caller. */
struct diag {
    enum err code;
    size_t arg_count;
    char args[DIAG_ARGS][DIAG_ARG_SIZE]; /* NUL-terminated; cut at a character, never inside one. */
};

/*
 * Fills `diag` (NULL is allowed) and returns `code`, so that a failing path reads
 * `return diag_set(diag, ERR_BAD_VALUE, property, text, "a date", NULL);`.
 * The arguments are NUL-terminated strings; the list ends with NULL. A byte that isn't UTF-8
 * becomes "?".
 */
enum err diag_set(struct diag *diag, enum err code, ...) __attribute__((sentinel));

/* Keeps the first failure: fills `diag` only when it holds none yet. */
enum err diag_keep(struct diag *diag, enum err code);

const char *err_name(enum err code);      /* "unknown_property" */
int err_exit_status(enum err code);       /* What a command ends with. */
int err_http_status(enum err code);       /* What a server answers with. */
enum err err_from_name(const char *name); /* ERR_INTERNAL for an unknown name. */

#endif
