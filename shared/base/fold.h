/*
 * fold.h - text as it is searched: what people write differently and mean alike becomes equal.
 *
 * Unicode compatibility decomposition, case folding and removal of marks through utf8proc, then
 * Arabic (hamza forms of alef to bare alef, teh marbuta to heh, alef maksura to yeh, waw and yeh
 * with hamza to their bare letters, tatweel and harakat removed, Persian/Amazigh-Arabic letters
 * keheh and gaf variants to kaf), Tifinagh labialisation mark removed, Arabic-Indic digits to
 * ASCII, every run of other characters to one space. Only for searching; never stored as a value.
 */
#ifndef FOLD_H
#define FOLD_H

#include "buf.h"

/* Appends the folded form of valid UTF-8; no leading or trailing space. */
MUST_CHECK enum err fold_add(struct buf *buf, struct span text);

#endif
