/*
 * carry.h - performs a sync's actions and an enrolment over host->exchange, for devices and hubs.
 *
 * It blocks for as long as the network takes: a hub calls it from a thread with a node handle of
 * its own. No transaction is open while an exchange is under way.
 */
#ifndef CARRY_H
#define CARRY_H

#include "sync.h"

#define CARRY_TIMEOUT_MS 90000 /* without a byte moving; a 2G network pauses for a minute */

/* Told before every action. Return false to stop: the sync ends with ERR_CANCELLED. */
typedef bool (*carry_progress)(void *ctx, const struct sync_action *action);

/*
 * A whole sync with `server` (NULL: the only one). `*ret` is filled on failure too: bytes spent
 * are spent. Fails as sync_new() does, or with what the machine gave up for. `progress` may be
 * NULL.
 */
MUST_CHECK enum err carry_sync(const struct host *host, struct node *node, const struct id *server,
                               const struct sync_options *options, carry_progress progress,
                               void *ctx, struct sync_result *ret, struct diag *diag);

/*
 * Enrols the node with the hub of a code (wire/enrol_message.h): one exchange, then node_enrol().
 * `name` is what the office will call this node. A node of another organisation is refused with
 * ERR_ALREADY_ENROLLED before anything is sent; otherwise ERR_BAD_CODE, ERR_NETWORK, ERR_PIN,
 * ERR_PEER, ERR_SIGNATURE and what the hub answers.
 */
MUST_CHECK enum err carry_enrol(const struct host *host, struct node *node, const char *code,
                                const char *name, struct diag *diag);

#endif
