/*
 * csv_table.h - a CSV file as a table (expr.h): its rows are found and made without reading it
 * whole.
 *
 * A first pass notes where each 16th row begins. A column that is filtered by gets an index when it
 * first is: the numbers of the rows by a hash of their cell, 4 bytes a row. The cells stay in the
 * file, so nothing of what people wrote is copied anywhere: a database of its own would be a second
 * copy, and would have to be sealed. A million rows take 0.5 MiB, 4.5 for each indexed column, and
 * 4 more while one is made. The file must not change meanwhile; what a row then says is wrong, or
 * ERR_FORMAT.
 */
#ifndef CSV_TABLE_H
#define CSV_TABLE_H

#include "expr.h"

#define CSV_TABLE_ROWS    16000000
#define CSV_TABLE_INDEXES 4
#define CSV_TABLE_ALIKE   2          /* columns of one name: more of them aren't indexed */
#define CSV_TABLE_FEW     2000       /* rows that are looked at rather than indexed further */
#define CSV_ROW_MAX       (1u << 20) /* bytes of one row */

struct csv_table;

struct csv_source {
    void *ctx;
    /* Appends at most `size` bytes from `offset`, fewer at the end. */
    enum err (*read_at)(void *ctx, uint64_t offset, size_t size, struct buf *ret);
};

/* `name`: of the file, for words. ERR_FORMAT; ERR_TOO_LARGE beyond the rows. */
MUST_CHECK enum err csv_table_new(const struct mem *mem, const struct csv_source *source,
                                  const char *name, struct csv_table **ret, struct diag *diag);
void csv_table_free(struct csv_table *table); /* NULL is fine */
size_t csv_table_count(const struct csv_table *table);

/* As find() and row() of struct expr_host. */
MUST_CHECK enum err csv_table_find(struct csv_table *table, const struct expr_equal *equals,
                                   size_t count, int64_t after, int64_t *rows, size_t room,
                                   size_t *ret_count, struct diag *diag);
MUST_CHECK enum err csv_table_row(struct csv_table *table, int64_t row, struct tree_names *names,
                                  struct arena *arena, struct tree_node **ret, struct diag *diag);

#endif
