/*
 * total.h - an exact sum of decimals, the same in whatever order they are added.
 *
 * Doubles aren't: 0.1 + 0.2 depends on the order, and nodes must show the same bytes. Only
 * register.c includes this.
 */
#ifndef TOTAL_H
#define TOTAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOTAL_FRACTION_DIGITS 44 /* what a canonical decimal may have (num.h) */
#define TOTAL_WHOLE_DIGITS    40 /* 2^63 numbers of 19 digits fit */
#define TOTAL_DIGITS          (TOTAL_FRACTION_DIGITS + TOTAL_WHOLE_DIGITS)
#define TOTAL_TEXT_SIZE       (TOTAL_DIGITS + 3) /* sign, point, NUL */

/* Each place sums its own digits with their signs; carrying waits until the end. Starts as {0}. */
struct total {
    int64_t places[TOTAL_DIGITS]; /* least first */
};

void total_add(struct total *total, const char *decimal);               /* a canonical decimal */
void total_write(const struct total *total, char ret[TOTAL_TEXT_SIZE]); /* a decimal, "-12.5" */

#endif
