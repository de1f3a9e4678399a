/*
 * snapshot_line.h - the offers of snapshots in a sync reply. Private to the wire.
 */
#ifndef SNAPSHOT_LINE_H
#define SNAPSHOT_LINE_H

#include "line.h"
#include "sync_message.h"

void snapshot_put_offers(struct json_writer *writer, const struct snapshot_offer *offers,
                         size_t count);
struct snapshot_offer *snapshot_read_offers(struct line *line, struct arena *arena,
                                            size_t *ret_count);

#endif
