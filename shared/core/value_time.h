/*
 * value_time.h - dates, times and datetimes as text, and their canonical forms.
 *
 * Only value.c and value_read.c include this. "Typed" is what a person wrote ("5/3/1948",
 * "9h05"); else only the canonical form itself is accepted. Digits are ASCII here.
 */
#ifndef VALUE_TIME_H
#define VALUE_TIME_H

#include <stdint.h>

#include "span.h"

#define VALUE_TIME_SIZE 32
#define YEAR_MIN        1850
#define YEAR_MAX        2200

/* "1948", "1948-05", "1948-05-17"; typed also 17/05/1948, 05/1948, with '.' or '-' as well. */
bool date_canonical(struct span text, bool typed, char ret[VALUE_TIME_SIZE]);

/* "09:05", "09:05:59"; typed also 9:05 and 9h05, and as ODK writes it, "09:05:59.000+01:00": the
   clock that somebody read, so fraction and offset are dropped. */
bool time_canonical(struct span text, bool typed, char ret[VALUE_TIME_SIZE]);

/* "2026-11-23T14:10:00+01:00"; typed also with 'Z', a space for the 'T', without seconds, with a
   fraction (dropped). UTC is "+00:00". */
bool datetime_canonical(struct span text, bool typed, char ret[VALUE_TIME_SIZE]);

/* Unix seconds of a canonical datetime; false when it isn't one. */
bool datetime_seconds(struct span text, int64_t *ret);

#endif
