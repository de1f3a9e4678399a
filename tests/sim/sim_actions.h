/*
 * sim_actions.h - what people, offices and the weather do, drawn by chance.
 */
#ifndef SIM_ACTIONS_H
#define SIM_ACTIONS_H

#include "sim_check.h"
#include "sim_values.h"

/* One action of someone, somewhere. */
void action_random(struct sim_world *world);

/* ---- sim_people.c: at a node, by who works there. `node` is the handle they use. */
struct sim_desk {
    struct sim_node *at;
    struct node *node;
    struct arena arena;
    struct sim_shown shown;
};
/* Someone sits down at a node and does that: at a device, or at an office's own desk beside its
   server. Power may fail meanwhile. */
void person_does(struct sim_node *node, void (*what)(struct sim_desk *desk));
/* Two records of one type, picked by chance. False: there are none. */
bool pick_two(struct sim_desk *desk, struct id *ret_first, struct id *ret_second);
/* A refused save wrote nothing, a saved one `op_count` ops (-1: any number but none). */
void people_settle(struct sim_desk *desk, enum err e, const struct diag *diag, int64_t op_count,
                   const char *what);
void people_alias(struct sim_desk *desk); /* sim_alias.c */
void people_save_new(struct sim_desk *desk);
void people_save_child(struct sim_desk *desk);
void people_edit(struct sim_desk *desk, bool move);
void people_save_same(struct sim_desk *desk);
void people_resolve(struct sim_desk *desk);
void people_attach(struct sim_desk *desk);
void people_delete(struct sim_desk *desk);
void people_redact(struct sim_desk *desk);
void people_undo(struct sim_desk *desk);
void people_place(struct sim_desk *desk);

/* ---- sim_weather.c: what happens to machines */
void action_backup(struct sim_world *world);
void action_clock(struct sim_world *world);
void action_power(struct sim_world *world);
void action_copy(
    struct sim_world *world); /* a device's database is copied, or put back from a copy */
void action_away(struct sim_world *world);
void action_bundle(struct sim_world *world); /* sim_bundle.c: a stick is written, or taken in */
/* sim_enrol.c: now and then, in some runs, a new tablet is enrolled by stick. */
void action_enrol(struct sim_world *world);
void action_grant(struct sim_world *world);

/* ---- sim_space.c: snapshots, collection */
void action_snapshot(struct sim_world *world);
/* Each step: now and then a server lets go of superseded bodies. */
void action_collect(struct sim_world *world);

/* ---- sim_types.c: the region publishes another version of a type */
void action_type(struct sim_world *world);
/* A property of the type that moved, or did in a newer version; else the one given. */
const struct property *types_moved(struct sim_world *world, const struct type *type,
                                   const struct property *otherwise);

/* ---- sim_replace.c: each step, seldom: a hub is lost and another takes its place */
void action_replace(struct sim_world *world);

/* ---- sim_back.c: copies of devices at work, servers put back */
void action_back(struct sim_world *world);
/* What the node is granted now, its copies are as well. */
void back_grant(const struct sim_node *node);

#endif
