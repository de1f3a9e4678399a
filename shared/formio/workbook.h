/*
 * workbook.h - the sheets of an .xlsx file, a row at a time.
 *
 * What forms need of a workbook and no more: texts, numbers, dates and truth values of cells, the
 * cached values of formulas, shared and rich strings. Read through libzip and libxml2's streaming
 * reader, so that a list of a million rows costs the memory of one. Every size is bounded before
 * memory is taken: the file is a stranger's.
 */
#ifndef WORKBOOK_H
#define WORKBOOK_H

#include "arena.h"

#define WORKBOOK_MAX         (64u << 20)  /* bytes of the file */
#define WORKBOOK_PART_MAX    (512u << 20) /* bytes of one part, unpacked */
#define WORKBOOK_STRINGS_MAX (64u << 20)  /* bytes of all shared strings */
#define WORKBOOK_SHEETS_MAX  100
#define WORKBOOK_COLUMNS_MAX 1000
#define WORKBOOK_ROWS_MAX    1100000
#define WORKBOOK_CELL_MAX    65536 /* bytes of one cell */

struct workbook;

/*
 * `bytes` is borrowed and must outlive the workbook. ERR_BAD_FORM (the file, what it is instead and
 * how to mend it: an old .xls or one with a password, a damaged file) or ERR_TOO_LARGE.
 */
MUST_CHECK enum err workbook_open(const struct mem *mem, struct span bytes, const char *file,
                                  struct workbook **ret, struct diag *diag);
void workbook_close(struct workbook *workbook);

size_t workbook_sheet_count(const struct workbook *workbook);
const char *workbook_sheet_name(const struct workbook *workbook, size_t sheet);
/* By name, in any case and without surrounding spaces; SIZE_MAX: there is none. */
size_t workbook_find_sheet(const struct workbook *workbook, const char *name);

/* One row: cells[i] is the text of column i (0 = A), NULL where it is empty. Valid during the call.
 */
struct workbook_row {
    size_t number; /* as Excel shows it, from 1 */
    const char *const *cells;
    size_t cell_count;
};
typedef enum err workbook_row_fn(void *ctx, const struct workbook_row *row);

/* Calls `visit` for each row that has a cell, in order; what it returns other than OK ends it. */
MUST_CHECK enum err workbook_each_row(struct workbook *workbook, size_t sheet,
                                      workbook_row_fn *visit, void *ctx, struct diag *diag);

/* "A", "AB": how Excel names column `column` (from 0). */
void workbook_column_name(size_t column, char ret[8]);

#endif
