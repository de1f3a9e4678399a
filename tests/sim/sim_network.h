/*
 * sim_network.h - syncs under way, and everything that a network does to them.
 *
 * A request is delivered into the open group of its server; svc_commit() ends the group some
 * steps later, so that others join it and power can fail between the two.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "sim_world.h"

bool network_busy(const struct sim_node *node);
/* Begins a sync of the node with a server. Nothing when one is under way or the node is down. */
void network_begin(struct sim_node *node, size_t server);
/* Moves one exchange that is due on, or commits a group. False when there was nothing. */
bool network_step(struct sim_world *world);
/* When the next exchange is due; INT64_MAX when nothing is under way. */
int64_t network_next_ms(const struct sim_world *world);
/* Ends the node's own sync, whatever it waits for. */
void network_hang_up(struct sim_node *node);
void network_commit(struct sim_node *server);
/* Delivers a request that was captured (`index` counts from the oldest kept) and drops the answer.
 */
void network_replay(struct sim_node *server, size_t index);
void network_forget(struct sim_node *node);

/* host->exchange of all nodes: one exchange without faults, for enrolments. */
enum err network_exchange(void *ctx, const struct exchange_request *request,
                          struct exchange_reply *reply, struct diag *diag);

/* ---- sim_wire.c: what the simulator reads along. */
/* Notes which ops have left a node. */
void wire_note_sent(struct sim_node *node, struct span body);
/* Notes what a server has acknowledged; it must never say less later. */
void wire_note_told(struct sim_node *server, const struct sim_node *caller, struct span body);

#endif
