/*
 * enrol.h - the new node's side of an enrolment, whatever carries it (carry.h, node_bundle.h).
 */
#ifndef ENROL_H
#define ENROL_H

#include "enrol_message.h"
#include "node.h"

#define ENROL_PINS_SIZE 128 /* "base64;base64" */

struct enrolling {
    struct node *node;
    const char *name;
    struct arena *arena;
    struct enrol_code code;
    char pins[ENROL_PINS_SIZE];
    struct node_identity identity;
};

/* ERR_BAD_CODE; ERR_ALREADY_ENROLLED with another organisation; ERR_TOO_LARGE of the name. */
MUST_CHECK enum err enrol_begin(struct node *node, const char *code, const char *name,
                                struct arena *arena, struct enrolling *ret, struct diag *diag);
/* Holds the code's secret: to be wiped. */
MUST_CHECK enum err enrol_request(struct enrolling *enrolling, struct buf *ret);
/* Believes an answer, by the organisation's key. ERR_SIGNATURE and what node_enrol() refuses. */
MUST_CHECK enum err enrol_settle(struct enrolling *enrolling, struct span answer, bool by_file,
                                 struct diag *diag);

#endif
