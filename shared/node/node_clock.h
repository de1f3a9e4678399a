/*
 * node_clock.h - what a node makes of its machine's clocks (part of the node's inside).
 *
 * A look notes both clocks and which run of the machine it is. While that run lasts, the wall clock
 * must go on as the monotonic one does: where it doesn't, somebody set it, and the correction that
 * a server's time gave is wrong by as much. A clock set while the machine was off shows in nothing.
 */
#ifndef NODE_CLOCK_H
#define NODE_CLOCK_H

#include "node_state.h"

/* Notes the clocks when that says something new: another run, a wall clock that was set, or an
   hour later. Not to be able to is no failure of what is asked next. */
MUST_CHECK enum err clock_look(struct node *node);
/* The wall clock minus the server's, as just measured. Inside a transaction. */
MUST_CHECK enum err clock_set_offset(struct node *node, int64_t offset_ms);
/* How long there has been no contact, counted on from the last look. */
MUST_CHECK enum err clock_away(struct node *node, int64_t *ret_ms);
/* Contact, at `server_ms` by the server's clock. Inside a transaction. */
MUST_CHECK enum err clock_contact(struct node *node, int64_t server_ms);

#define KEY_CONTACT "contact_ms"

#endif
