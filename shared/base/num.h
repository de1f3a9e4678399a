/*
 * num.h - numbers to text and back, whatever the locale.
 */
#ifndef NUM_H
#define NUM_H

#include <stdint.h>

#include "err.h"
#include "span.h"

#define NUM_TEXT_SIZE 48

/* The whole span must be the number: optional '-', digits, no leading zeros, no "-0", no spaces. */
bool num_read_i64(struct span text, int64_t *ret);
bool num_read_u64(struct span text, uint64_t *ret);

/* A decimal without exponent ("-12.50"), at most 18 significant digits; Arabic-Indic digits and
   a decimal comma are not accepted here (a face normalises them first, num_normalise). Writes
   the one canonical form: no leading or trailing zeros, "0" for zero, no "-0". A point needs
   digits on both sides. */
bool num_canonical_decimal(struct span text, char ret[NUM_TEXT_SIZE]);
int num_compare_decimal(const char *a, const char *b); /* Both canonical. */

/* Arabic-Indic and Persian digits to ASCII, Arabic decimal mark to '.'; other text untouched.
   `ret` receives at most `size` bytes with the NUL. */
void num_normalise(struct span text, char *ret, size_t size);

size_t num_write_i64(int64_t value, char ret[NUM_TEXT_SIZE]); /* NUL-terminated; returns length. */

#endif
