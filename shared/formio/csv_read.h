/*
 * csv_read.h - a row of a CSV file (RFC 4180), borrowed from the file's text where it can be.
 */
#ifndef CSV_READ_H
#define CSV_READ_H

#include "arena.h"

#define CSV_CELLS_MAX 64

struct csv_row {
    struct span cells[CSV_CELLS_MAX];
    size_t count;
};

/*
 * Takes the next row that isn't empty off `*rest`; false at the end. A quoted cell that holds
 * quotes is copied to `arena`. ERR_FORMAT for a quote that is never closed, text after one, or
 * more than CSV_CELLS_MAX cells; ERR_NOMEM.
 */
MUST_CHECK enum err csv_read_row(struct span *rest, struct arena *arena, struct csv_row *ret,
                                 bool *ret_found);

/* The same of a file whose cells have `separator` between them. */
MUST_CHECK enum err csv_read_row_with(uint8_t separator, struct span *rest, struct arena *arena,
                                      struct csv_row *ret, bool *ret_found);
/* ',' or ';', whichever stands first in the head, outside of quotes: spreadsheets of countries
   with a decimal comma write ';', and ODK's clients take both. */
uint8_t csv_separator_of(struct span text);

/* Are its cells fit to be names? Not with a NUL, after which a name would go on unseen. */
bool csv_is_head(const struct csv_row *row);

/* The cell under a head; empty when either lacks it. */
struct span csv_cell_of(const struct csv_row *head, const struct csv_row *row, const char *name);

#endif
