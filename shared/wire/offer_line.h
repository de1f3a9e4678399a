/*
 * offer_line.h - the members of a request that say what the caller holds: runs, sums.
 *
 * Private to the wire. schema/protocol.md, "Reconcile".
 */
#ifndef OFFER_LINE_H
#define OFFER_LINE_H

#include "line.h"
#include "sync_message.h"

void offer_put(struct json_writer *writer, const struct sync_request *request);
void offer_read(struct line *line, struct arena *arena, struct sync_request *ret);

/* Nothing when there are none. */
void offer_put_sums(struct json_writer *writer, const struct sync_request *request);
void offer_read_sums(struct line *line, struct arena *arena, struct sync_request *ret);

#endif
