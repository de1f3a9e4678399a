/*
 * audit_internal.h - one audit under way (the audit*.c files only).
 */
#ifndef AUDIT_INTERNAL_H
#define AUDIT_INTERNAL_H

#include "audit.h"
#include "node_internal.h"

struct audit {
    struct node *node;
    struct audit_report *report;
    struct arena scratch; /* of one op or batch */
    audit_progress progress;
    void *progress_ctx;
};

/* Counts and lists one finding; the numbers are local rows. */
void audit_found(struct audit *audit, const char *what, int64_t a, int64_t b);
/* First column of a statement over (after, limit). */
MUST_CHECK enum err audit_rows(struct audit *audit, enum node_stmt stmt, int64_t after,
                               int64_t *ret, size_t max, size_t *ret_count);

/* audit_chain.c */
MUST_CHECK enum err audit_chains(struct audit *audit);
MUST_CHECK enum err audit_feeds(struct audit *audit);
MUST_CHECK enum err audit_members(struct audit *audit);

#endif
