/*
 * csv.h - comma-separated values that a spreadsheet opens without harm.
 *
 * Quoting and line ends follow RFC 4180. A cell that a spreadsheet would run as a formula (it
 * begins with = + - @, a tab or a carriage return; OWASP, "CSV Injection") gets an apostrophe
 * before it. A plain number keeps its minus: it can't be one.
 */
#ifndef CSV_H
#define CSV_H

#include "buf.h"

struct csv {
    struct buf *buf;
    bool in_row;
};

void csv_begin(struct csv *csv, struct buf *buf);
void csv_cell(struct csv *csv, struct span text);
void csv_text(struct csv *csv, const char *text); /* NULL: an empty cell */
void csv_end_row(struct csv *csv);

#endif
