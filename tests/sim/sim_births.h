/*
 * sim_births.h - every op that any node ever wrote, kept outside of all nodes.
 */
#ifndef SIM_BIRTHS_H
#define SIM_BIRTHS_H

#include "id.h"
#include "span.h"

struct sim_birth {
    struct id uid;
    size_t node;   /* who wrote it */
    bool sent;     /* it has stood in a request */
    bool undone;   /* taken back, or lost with a disk before it was ever sent: nobody may have it */
    bool gone;     /* lost with its author's disk after it was sent: others may still have it */
    bool maybe;    /* ... and at some moment after that nobody had it */
    bool kept;     /* it is in a quarantine, as found at the end */
    bool accepted; /* ... and somebody said yes */
    bool set_back; /* ... since a hub took it before it heard */
    bool aside;    /* nobody believes it: in no register but its author's */
    uint8_t *body;
    size_t body_size;
};

struct sim_births {
    struct sim_birth *list;
    size_t count, capacity;
    size_t *slots; /* index + 1 into list by uid; 0: free */
    size_t slot_count;
};

void births_release(struct sim_births *births);
/* NULL when it is none. */
struct sim_birth *births_find(const struct sim_births *births, struct id uid);
/* A new one, its body copied; the existing one when the uid is known. */
struct sim_birth *births_add(struct sim_births *births, struct id uid, size_t node,
                             struct span body);

#endif
