/*
 * place.h - place codes and what lies inside what.
 *
 * Codes are segments joined by dots ("05.081.03.09", a commune; "05.081.03.09.x7kq2m", a douar
 * found on the way): a place lies in every place whose code is a prefix at a dot. A scope is a
 * place code; a grant on a place covers what lies in it. "org" is the organisation's own scope.
 */
#ifndef PLACE_H
#define PLACE_H

#include "span.h"

#define PLACE_CODE_MAX 64
#define PLACE_ORG      "org"

bool place_code_valid(struct span code); /* segments of [0-9a-z]{1,12}, 1 to 8 of them */
bool place_within(struct span code, struct span outer); /* equal, or below */

#endif
