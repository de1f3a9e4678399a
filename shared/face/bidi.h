/*
 * bidi.h - text in the order in which a terminal has to be given it that knows nothing of right
 * and left: mixed Arabic and Latin as Unicode orders it (UAX 9), Arabic letters in joined forms.
 *
 * Only what a person reads on a terminal goes through here, never an answer of --json, a pipe or
 * a file: those hold text as it is written and read.
 */
#ifndef BIDI_H
#define BIDI_H

#include "buf.h"

/* What tells of the terminal; each text NULL when the variable isn't set. */
struct bidi_terminal {
    bool is_shown;       /* the output is a terminal */
    const char *setting; /* DOUAR_BIDI: "on", "off"; all else is "auto" */
    const char *term, *term_program, *vte_version, *konsole_version;
};

/* With `wanted` ("auto", "on", "off"; NULL: as the setting says). On "auto" a terminal that is
   known to order text itself is left to it: VTE from 0.58 on, Konsole, Apple's, mlterm. */
bool bidi_is_needed(const struct bidi_terminal *terminal, const char *wanted);

/* Appends it line by line; what is no UTF-8, or no memory is left for, as it is. */
void bidi_add(struct buf *ret, struct span text);

#endif
