/*
 * filling.h - forms being filled: what a person has answered so far, kept at every answer.
 *
 * A row of the database and not a file beside it: a commit is atomic and durable as a save is, the
 * page is sealed as a record is, and drafts can be listed. They belong to this device alone: no op,
 * no feed, no digest knows them. Whose they are may see them.
 */
#ifndef FILLING_H
#define FILLING_H

#include "node.h"

#define FILLING_ANSWERS_MAX (16u * 1024 * 1024) /* bytes of the answers of one */
#define FILLINGS_MAX        1000                /* drafts of a device */

struct filling {
    struct id id; /* of the draft */
    struct id person;
    const char *form;
    int64_t form_version;
    bool has_entity, has_parent;
    struct id entity;  /* the record that is filled about */
    struct id parent;  /* what a new record will belong to */
    const char *place; /* of a new root; NULL */
    int64_t changed_ms;
    int64_t seen;        /* node_seen() when it was begun */
    struct span answers; /* JSON, as play_write_draft() gives it */
    struct span begun;   /* the same, with what the record held when it was begun; empty: none */
};

/* Adds or replaces, durably; `begun` stays as it was first put. ERR_TOO_LARGE (what, limit). */
MUST_CHECK enum err filling_put(struct node *node, const struct filling *filling,
                                struct diag *diag);
/* ERR_NOT_FOUND ("draft", id) when it isn't there or somebody else's. */
MUST_CHECK enum err filling_read(struct node *node, struct id person, struct id id,
                                 struct arena *arena, struct filling *ret, struct diag *diag);
/* The person's own, the latest first, without their answers. */
MUST_CHECK enum err filling_list(struct node *node, struct id person, struct arena *arena,
                                 struct filling **ret, size_t *ret_count);
MUST_CHECK enum err filling_drop(struct node *node, struct id id); /* OK when absent */

#endif
