/*
 * columns.h - text of JSON lines arranged in columns, so that like stands beside like.
 *
 * schema/protocol.md, "Snapshots". Rows of ops differ in a dozen values and are alike in all else:
 * in columns they pack to two thirds of what the text packs to. The way back gives the very bytes:
 * a uid is a hash of them.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "arena.h"
#include "buf.h"

/*
 * Appends `text` (lines, each ended by LF) in columns. ERR_FORMAT for a text that has no columns: a
 * control character but LF and TAB, a last line without LF, more than WIRE_FRAME_LINES lines. Takes
 * some ten times the text's size from the arena.
 */
MUST_CHECK enum err columns_write(struct span text, struct arena *arena, struct buf *ret);

/*
 * Appends the text. Hostile bytes give ERR_FORMAT, or ERR_TOO_LARGE when the text would exceed
 * `ret`'s maximum; the arena holds no more than some fifty times `columns`, and a few times what an
 * honest writer made.
 */
MUST_CHECK enum err columns_read(struct span columns, struct arena *arena, struct buf *ret,
                                 struct diag *diag);

#endif
