/*
 * record_text.h - a value as a person reads it: choices and places by their names.
 *
 *     ["flour","cash"] of choices        "Flour, Money"
 *     "05.081.03.09" of a place          "Tabant (05.081.03.09)"
 */
#ifndef RECORD_TEXT_H
#define RECORD_TEXT_H

#include "org.h"

struct speech {
    const struct org *org; /* for the names of places */
    enum language language;
    const char *yes, *no;
};

/* Appends the text of one canonical value; nothing for null. Items of a list stand side by side,
   a group as a whole is the JSON it is. */
MUST_CHECK enum err record_value_text(const struct speech *speech, const struct property *property,
                                      struct span json, struct buf *ret);

#endif
