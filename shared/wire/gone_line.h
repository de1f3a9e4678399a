/*
 * gone_line.h - what a relayed batch holds in the place of an op whose body was let go of.
 *
 * schema/protocol.md, "Collection". Of the op are set: hash, uid, entity, compartment, stamp and
 * its registers, without predecessors; known_format is false, so nobody takes it for a whole one.
 */
#ifndef GONE_LINE_H
#define GONE_LINE_H

#include "arena.h"
#include "op.h"

bool gone_line_is(struct span line);
void gone_line_write(const struct op *op, struct buf *ret); /* with its LF */
MUST_CHECK enum err gone_line_read(struct span line, struct arena *arena, struct op *ret,
                                   struct diag *diag);

#endif
