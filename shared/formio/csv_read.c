#include "csv_read.h"

/* From after the opening quote to after the closing one. */
static enum err read_quoted(struct span *rest, struct arena *arena, struct span *ret)
{
    char *cell = arena_alloc(arena, rest->size + 1);
    size_t size = 0;
    if (cell == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < rest->size; i++) {
        if (rest->data[i] != '"') {
            cell[size++] = (char)rest->data[i];
        } else if (i + 1 < rest->size && rest->data[i + 1] == '"') {
            cell[size++] = '"';
            i++;
        } else {
            *rest = span_cut(*rest, i + 1, rest->size);
            *ret = span_from(cell, size);
            return OK;
        }
    }
    return ERR_FORMAT;
}

static bool ends_cell(uint8_t byte)
{
    return byte == ',' || byte == '\n' || byte == '\r';
}

static enum err read_cell(struct span *rest, struct arena *arena, struct span *ret)
{
    if (rest->size > 0 && rest->data[0] == '"') {
        *rest = span_cut(*rest, 1, rest->size);
        enum err e = read_quoted(rest, arena, ret);
        return !e && rest->size > 0 && !ends_cell(rest->data[0]) ? ERR_FORMAT : e;
    }
    size_t size = 0;
    while (size < rest->size && !ends_cell(rest->data[size])) {
        size++;
    }
    *ret = span_cut(*rest, 0, size);
    *rest = span_cut(*rest, size, rest->size);
    return OK;
}

enum err csv_read_row(struct span *rest, struct arena *arena, struct csv_row *ret, bool *ret_found)
{
    ret->count = 0;
    while (rest->size > 0 && (rest->data[0] == '\n' || rest->data[0] == '\r')) {
        *rest = span_cut(*rest, 1, rest->size);
    }
    *ret_found = rest->size > 0;
    while (rest->size > 0) {
        if (ret->count == CSV_CELLS_MAX) {
            return ERR_FORMAT;
        }
        enum err e = read_cell(rest, arena, &ret->cells[ret->count]);
        if (e) {
            return e;
        }
        ret->count++;
        if (rest->size == 0 || rest->data[0] != ',') {
            break;
        }
        *rest = span_cut(*rest, 1, rest->size);
        /* A comma that ends the file has an empty cell after it. */
        if (rest->size == 0 && ret->count < CSV_CELLS_MAX) {
            ret->cells[ret->count++] = (struct span){0};
        }
    }
    return OK;
}

struct span csv_cell_of(const struct csv_row *head, const struct csv_row *row, const char *name)
{
    for (size_t i = 0; i < head->count && i < row->count; i++) {
        if (span_is(head->cells[i], name)) {
            return row->cells[i];
        }
    }
    return (struct span){0};
}
