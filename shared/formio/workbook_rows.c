#include <string.h>

#include "workbook_inner.h"

#define NOWHERE SIZE_MAX

/* One row as it is read: texts one behind the other in `bytes`, found by offset until it is whole,
   since the buffer moves while it grows. */
struct rows {
    struct workbook *workbook;
    struct part part;
    struct arena scratch; /* attributes of one row */
    struct buf bytes;     /* of the row */
    struct buf value;     /* of the cell */
    size_t offsets[WORKBOOK_COLUMNS_MAX];
    const char *cells[WORKBOOK_COLUMNS_MAX];
    size_t cell_count; /* beyond the last cell that holds something */
    size_t row, column;
    const char *type; /* of the cell: "s", "b", ... */
    size_t style;
    bool in_cell, in_value, in_phonetic;
};

static size_t read_index(const char *text, size_t otherwise)
{
    size_t number = 0;
    if (text == NULL || *text < '0' || *text > '9') {
        return otherwise;
    }
    for (; *text >= '0' && *text <= '9' && number < 100000000; text++) {
        number = number * 10 + (size_t)(*text - '0');
    }
    return number;
}

/* "AB12" -> 27; `otherwise` where there is no such name. */
static size_t read_column(const char *name, size_t otherwise)
{
    size_t column = 0;
    if (name == NULL || *name < 'A' || *name > 'Z') {
        return otherwise;
    }
    for (; *name >= 'A' && *name <= 'Z' && column < 100000; name++) {
        column = column * 26 + (size_t)(*name - 'A') + 1;
    }
    return column - 1;
}

static void begin_row(struct rows *rows)
{
    arena_reset(&rows->scratch);
    rows->row = read_index(part_attribute(&rows->part, "r", &rows->scratch), rows->row + 1);
    rows->column = NOWHERE; /* the next is the first */
    rows->cell_count = 0;
    buf_clear(&rows->bytes);
    for (size_t i = 0; i < WORKBOOK_COLUMNS_MAX; i++) {
        rows->offsets[i] = NOWHERE;
    }
}

static void begin_cell(struct rows *rows)
{
    const char *name = part_attribute(&rows->part, "r", &rows->scratch);
    rows->column = read_column(name, rows->column + 1);
    rows->type = part_attribute(&rows->part, "t", &rows->scratch);
    rows->style = read_index(part_attribute(&rows->part, "s", &rows->scratch), 0);
    rows->in_cell = true;
    buf_clear(&rows->value);
}

static void add_shared(struct rows *rows, struct buf *ret)
{
    size_t index = read_index(buf_text(&rows->value), SIZE_MAX);
    if (index < rows->workbook->string_count) {
        buf_add_text(ret, rows->workbook->strings[index]);
    }
}

static void add_text(struct rows *rows, struct buf *ret)
{
    char *copy = arena_span_text(&rows->scratch, buf_span(&rows->value));
    rows->part.no_memory = rows->part.no_memory || copy == NULL;
    if (copy != NULL) {
        workbook_unescape(copy);
        buf_add_text(ret, copy);
    }
}

static void add_value(struct rows *rows, struct buf *ret)
{
    const char *type = rows->type == NULL ? "n" : rows->type;
    bool is_date =
        rows->style < rows->workbook->style_count && rows->workbook->date_styles[rows->style];
    if (strcmp(type, "s") == 0) {
        add_shared(rows, ret);
    } else if (strcmp(type, "b") == 0) {
        buf_add_text(ret, buf_text(&rows->value)[0] == '1' ? "TRUE" : "FALSE");
    } else if (strcmp(type, "n") != 0) {
        add_text(rows, ret);
    } else if (is_date) {
        workbook_add_date(ret, buf_text(&rows->value), rows->workbook->from_1904);
    } else {
        workbook_add_number(ret, buf_text(&rows->value));
    }
}

static void end_cell(struct rows *rows)
{
    rows->in_cell = rows->in_value = false;
    if (rows->value.size == 0 || rows->column >= WORKBOOK_COLUMNS_MAX) {
        return;
    }
    size_t offset = rows->bytes.size;
    add_value(rows, &rows->bytes);
    if (rows->bytes.size != offset) {
        buf_add_byte(&rows->bytes, 0);
        rows->offsets[rows->column] = offset;
        rows->cell_count =
            rows->column + 1 > rows->cell_count ? rows->column + 1 : rows->cell_count;
    }
}

static enum err end_row(struct rows *rows, workbook_row_fn *visit, void *ctx)
{
    enum err e = buf_error(&rows->bytes);
    if (e != OK || rows->cell_count == 0) {
        return e;
    }
    for (size_t i = 0; i < rows->cell_count; i++) {
        rows->cells[i] =
            rows->offsets[i] == NOWHERE ? NULL : (const char *)rows->bytes.data + rows->offsets[i];
    }
    struct workbook_row row = {
        .number = rows->row, .cells = rows->cells, .cell_count = rows->cell_count};
    return visit(ctx, &row);
}

/* <v> holds the value, also of a formula; <is><t> a text written in place. */
static void take_value(struct rows *rows)
{
    const struct part *part = &rows->part;
    rows->in_phonetic = (rows->in_phonetic || part_starts(part, "rPh")) && !part_ends(part, "rPh");
    if (part_starts(part, "v") || part_starts(part, "t")) {
        rows->in_value = !rows->in_phonetic;
    }
    if (part_ends(part, "v") || part_ends(part, "t")) {
        rows->in_value = false;
    }
    const char *text = rows->in_value ? part_text(part) : NULL;
    if (text != NULL) {
        buf_add_text(&rows->value, text);
    }
}

static enum err take_node(struct rows *rows, workbook_row_fn *visit, void *ctx)
{
    const struct part *part = &rows->part;
    if (part_starts(part, "row")) {
        begin_row(rows);
        return rows->row > WORKBOOK_ROWS_MAX ? ERR_TOO_LARGE : OK;
    }
    if (rows->row == 0) {
        return OK;
    }
    if (part_starts(part, "c")) {
        begin_cell(rows);
    }
    if (rows->in_cell) {
        take_value(rows);
    }
    if (part_ends(part, "c")) {
        end_cell(rows);
    }
    enum err e = buf_error(&rows->value);
    return e == OK && part_ends(part, "row") ? end_row(rows, visit, ctx) : e;
}

static enum err read_rows(struct rows *rows, size_t sheet, workbook_row_fn *visit, void *ctx,
                          struct diag *diag)
{
    bool more = true;
    enum err e = part_open(rows->workbook, rows->workbook->sheets[sheet].part, &rows->part, diag);
    while (e == OK && more) {
        e = part_next(&rows->part, &more, diag);
        e = e != OK || !more ? e : take_node(rows, visit, ctx);
    }
    part_close(&rows->part);
    if (e == ERR_TOO_LARGE && (diag == NULL || diag->code == OK)) {
        return diag_set(diag, e, rows->workbook->sheets[sheet].name,
                        "64 KiB a cell, 1,100,000 rows", NULL);
    }
    return e;
}

enum err workbook_each_row(struct workbook *workbook, size_t sheet, workbook_row_fn *visit,
                           void *ctx, struct diag *diag)
{
    struct rows *rows = workbook->mem->resize(workbook->mem->ctx, NULL, sizeof(*rows));
    if (rows == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    memset(rows, 0, sizeof(*rows));
    rows->workbook = workbook;
    arena_init(&rows->scratch, workbook->mem, WORKBOOK_STRINGS_MAX);
    buf_init(&rows->bytes, workbook->mem, WORKBOOK_STRINGS_MAX);
    buf_init(&rows->value, workbook->mem, WORKBOOK_CELL_MAX);
    enum err e = read_rows(rows, sheet, visit, ctx, diag);
    buf_release(&rows->value);
    buf_release(&rows->bytes);
    arena_release(&rows->scratch);
    (void)workbook->mem->resize(workbook->mem->ctx, rows, 0);
    return diag_keep(diag, e);
}
