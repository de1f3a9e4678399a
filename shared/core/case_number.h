/*
 * case_number.h - the number a person can read out: "A07-00042-6".
 *
 * The device's short code (given at enrolment, unique in the organisation), a counter of that
 * device, and a check character (ISO 7064 MOD 37,36 over the rest without dashes), so it is
 * unique without contact and a mistyped one is noticed.
 */
#ifndef CASE_NUMBER_H
#define CASE_NUMBER_H

#include "err.h"
#include "span.h"

#define CASE_NUMBER_SIZE 32
#define SHORT_CODE_MAX   8 /* A-Z, 0-9 */

/* `short_code` of A-Z and 0-9 (else ERR_FORMAT); `counter` from 1 (else ERR_OUT_OF_RANGE). */
MUST_CHECK enum err case_number_write(const char *short_code, int64_t counter,
                                      char ret[CASE_NUMBER_SIZE]);

/* ISO 7064 MOD 37,36 of both texts, of A-Z and 0-9, one after the other. */
char case_check_character(const char *first, const char *rest);

/*
 * Reads what a person typed: any case, dashes or spaces or neither, Arabic-Indic digits. Writes
 * the standard form; false when the check character is wrong. Without a dash the counter is the
 * last five digits, so a number beyond 99,999 needs its first dash.
 */
bool case_number_read(struct span text, char ret[CASE_NUMBER_SIZE]);

#endif
