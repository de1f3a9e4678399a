/*
 * redact.h - taking values out of every log for ever, and who has done it.
 *
 * A person asks (node_redact()), at any node; the region decides and marks, and every node scrubs
 * what the mark names (schema/protocol.md, "Redaction"). It can't be undone.
 */
#ifndef REDACT_H
#define REDACT_H

#include "node.h"
#include "org.h"

struct redact {
    struct id person;
    struct id entity;
    const char *property; /* property or group; NULL with `all` */
    bool all;             /* the whole record, and what is sensitive in those that belong to it */
    const char *reason;   /* kept for ever and read by all: must not repeat a value */
    bool ask_only; /* on a device: also when the region can but flag it, for a person to decide */
    bool dry_run;  /* only says what would come of it */
};

struct redact_asked {
    struct id request;
    bool done;       /* marked already: this is the region */
    size_t op_count; /* ops that lost their values; 0 unless done */
    bool flagged;    /* the region erases nothing, but lists it for a person there to decide */
};

/*
 * ERR_MISSING_ARGUMENT without a reason, ERR_REASON_REPEATS (property) when the reason holds a
 * value that is to go, ERR_UNKNOWN_PROPERTY, ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_NOT_ALLOWED
 * (compartment, person: verb redact), ERR_ERASED.
 */
MUST_CHECK enum err node_redact(struct node *node, const struct redact *redact,
                                struct redact_asked *ret, struct diag *diag);

/* One mark, or a request that the region hasn't answered here. */
struct redaction_row {
    struct id mark; /* zero: waits for the region */
    struct id request;
    struct id entity;
    struct id person;
    int64_t at_ms;
    const char *reason;
    bool all;
    const char **registers;
    size_t register_count;
    int64_t op_count; /* named by the mark */
    int64_t done_ms;  /* here; 0: its pages aren't clean yet */
    size_t confirmed_count, node_count;
};

/* Who has and who hasn't; nodes that are enrolled and not revoked, and any that confirmed. */
struct redaction_node {
    struct id node;
    const char *name;
    enum role role;
    bool revoked;
    bool confirmed;
    int64_t held;    /* ops that it scrubbed */
    int64_t at_ms;   /* 0: not confirmed */
    int64_t seen_ms; /* last contact that is known here; 0: none */
};

/* All of an entity, or of all (NULL), oldest first. */
MUST_CHECK enum err redaction_list(struct node *node, const struct id *entity, struct arena *arena,
                                   struct redaction_row **ret, size_t *ret_count);
MUST_CHECK enum err redaction_nodes(struct node *node, struct id mark, struct arena *arena,
                                    struct redaction_node **ret, size_t *ret_count);

/* When the newest mark was finished here, and whether one still waits for its pages; 0: none. */
MUST_CHECK enum err redaction_done(struct node *node, int64_t *ret_last_ms, bool *ret_waiting);

/* Tries again to clean pages that a reader was in the way of (a server calls it now and then). */
MUST_CHECK enum err node_scour(struct node *node);

#endif
