/*
 * sim_revoke.h - devices revoked, people withdrawn, leases that run out; seeds that end in 3 or 7.
 *
 * A revoked device goes on: a stolen one works with the thief's hands and calls when it likes, an
 * honest one stops when it is told, and its late work is on it. The region knows of a person's
 * withdrawal at once, the device they shared when it next comes by; another works on it too.
 * What came too late lies in quarantine until an office accepts it, refuses it or never looks.
 */
#ifndef SIM_REVOKE_H
#define SIM_REVOKE_H

#include "quarantine.h"
#include "sim_check.h"

/* ---- sim_revoke.c */
/* Each step, by chance of its own. */
void action_revoke(struct sim_world *world);
/* Does whoever has the device stop working with it? */
bool revoke_stops(struct sim_node *node);
/* Another of those who share the device sits down at it, and the first again. */
void revoke_take_turns(struct sim_node *node);
/* The server holds the revocation of the node by what is committed. */
/* Put aside because its device or person was revoked, so a person decides. */
bool revoke_is_why(const struct quarantine_row *row);
bool revoke_is_known(struct sim_node *server, const struct sim_node *node);

/* ---- sim_lease.c */
/* A device is looked at: locked when it must be; perhaps a code opens it. */
void action_lease(struct sim_world *world);
/* It heard from a server that accepts it: open, whatever was before. */
void lease_contact(struct sim_node *node);

/* ---- sim_revoke_check.c, at rest */
/* Tells what nobody believed from what is lost: sets `aside` of births. */
void check_aside(struct sim_world *world);
/* It is held by who wrote it alone, what was set back is live nowhere, refused is kept. */
void check_revoked(struct sim_world *world);
/* Holds work of its own that nobody believes: what it shows is its own affair. */
bool revoke_differs(struct sim_node *node);

#endif
