/*
 * workbook_inner.h - what the files that read a workbook share. Inside of formio.
 */
#ifndef WORKBOOK_INNER_H
#define WORKBOOK_INNER_H

#include <libxml/xmlreader.h>

#include "buf.h"
#include "workbook.h"

struct zip; /* libzip's; only workbook.c sees inside */
struct zip_file;

struct workbook_sheet {
    const char *name;
    const char *part; /* "xl/worksheets/sheet1.xml" */
};

struct workbook {
    const struct mem *mem;
    struct arena arena; /* names, shared strings, styles */
    const char *file;
    struct zip *zip;
    struct workbook_sheet sheets[WORKBOOK_SHEETS_MAX];
    size_t sheet_count;
    const char *strings_part, *styles_part; /* NULL: the workbook has none */
    const char **strings;
    size_t string_count, string_capacity;
    bool *date_styles; /* by index of a cell's style */
    size_t style_count;
    bool from_1904;
};

/* One part of the package, streamed: never more of it in memory than a node. */
struct part {
    struct workbook *workbook;
    const char *name;
    struct zip_file *file;
    uint64_t read_size;
    bool too_large;
    bool no_memory; /* for an attribute: told by part_next() */
    xmlTextReader *reader;
};

bool workbook_has_part(const struct workbook *workbook, const char *name);
MUST_CHECK enum err part_open(struct workbook *workbook, const char *name, struct part *ret,
                              struct diag *diag);
void part_close(struct part *part);
/* The next node; *ret_more is false at the end. Refuses a DOCTYPE and what isn't XML. */
MUST_CHECK enum err part_next(struct part *part, bool *ret_more, struct diag *diag);
bool part_starts(const struct part *part, const char *local_name); /* an element begins here */
bool part_ends(const struct part *part, const char *local_name);   /* or is empty */
/* Value of an attribute by local name (one with another prefix too), in `arena`; NULL. */
const char *part_attribute(struct part *part, const char *local_name, struct arena *arena);
/* Text of this node when it is text; NULL otherwise. */
const char *part_text(const struct part *part);
MUST_CHECK enum err workbook_fault(const struct workbook *workbook, struct diag *diag,
                                   const char *what);

/* ---- workbook_strings.c */
MUST_CHECK enum err workbook_read_strings(struct workbook *workbook, struct diag *diag);
MUST_CHECK enum err workbook_read_styles(struct workbook *workbook, struct diag *diag);
/* Excel writes a character that XML can't hold as _x000D_. Undone in place. */
void workbook_unescape(char *text);

/* ---- workbook_cell.c */
/* "1.0" -> "1", "1E-3" -> "0.001": as a person sees a number without a format. */
void workbook_add_number(struct buf *ret, const char *text);
/* A day number as "2024-05-15", "2024-05-15T10:30:00" or "10:30:00". */
void workbook_add_date(struct buf *ret, const char *text, bool from_1904);

#endif
