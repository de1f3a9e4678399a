/*
 * fold.h - text as it is searched: what people write differently and mean alike becomes equal.
 *
 * Unicode compatibility decomposition, case folding and removal of marks through utf8proc, then
 * Arabic (hamza forms of alef to bare alef, teh marbuta to heh, alef maksura to yeh, waw and yeh
 * with hamza to their bare letters, hamza on the line, tatweel and harakat removed, Persian and
 * Amazigh-Arabic letters keheh and gaf variants to kaf), Tifinagh labialisation mark removed,
 * half rings and other spacing modifiers of transliteration removed, Arabic-Indic digits to ASCII,
 * every run of other characters to one space. Only for searching; never stored as a value.
 *
 *     "Aït M'Hamed" -> "ait m hamed"    "فَاطِمَةُ الزهراء" -> "فاطمه الزهرا"
 *
 * A change of these rules changes what is found: search indexes must then be built again.
 */
#ifndef FOLD_H
#define FOLD_H

#include "buf.h"

/* Appends the folded form of `text`; no leading or trailing space. ERR_UTF8 for invalid text. */
MUST_CHECK enum err fold_add(struct buf *buf, struct span text);

#endif
