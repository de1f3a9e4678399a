#include "csv_read.h"

#include <string.h>

/* How much stands before the closing quote; `*doubled`: quotes in it. */
static bool quoted_size(struct span text, size_t *ret, size_t *ret_doubled)
{
    size_t size = 0, doubled = 0;
    while (size < text.size) {
        const uint8_t *quote = memchr(text.data + size, '"', text.size - size);
        if (quote == NULL) {
            return false;
        }
        size = (size_t)(quote - text.data);
        if (size + 1 < text.size && text.data[size + 1] == '"') {
            doubled++;
            size += 2;
            continue;
        }
        *ret = size;
        *ret_doubled = doubled;
        return true;
    }
    return false;
}

/* From after the opening quote to after the closing one. Only what holds quotes is copied. */
static enum err read_quoted(struct span *rest, struct arena *arena, struct span *ret)
{
    size_t size, doubled, kept = 0;
    if (!quoted_size(*rest, &size, &doubled)) {
        return ERR_FORMAT;
    }
    struct span inside = span_cut(*rest, 0, size);
    *rest = span_cut(*rest, size + 1, rest->size);
    if (doubled == 0) {
        *ret = inside;
        return OK;
    }
    char *cell = arena_alloc(arena, size - doubled);
    if (cell == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < size; i++) {
        cell[kept++] = (char)inside.data[i];
        i += inside.data[i] == '"' ? 1 : 0; /* the second of the two */
    }
    *ret = span_from(cell, kept);
    return OK;
}

static bool ends_cell(uint8_t byte, uint8_t separator)
{
    return byte == separator || byte == '\n' || byte == '\r';
}

static enum err read_cell(uint8_t separator, struct span *rest, struct arena *arena,
                          struct span *ret)
{
    if (rest->size > 0 && rest->data[0] == '"') {
        *rest = span_cut(*rest, 1, rest->size);
        enum err e = read_quoted(rest, arena, ret);
        return !e && rest->size > 0 && !ends_cell(rest->data[0], separator) ? ERR_FORMAT : e;
    }
    size_t size = 0;
    while (size < rest->size && !ends_cell(rest->data[size], separator)) {
        size++;
    }
    *ret = span_cut(*rest, 0, size);
    *rest = span_cut(*rest, size, rest->size);
    return OK;
}

enum err csv_read_row_with(uint8_t separator, struct span *rest, struct arena *arena,
                           struct csv_row *ret, bool *ret_found)
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
        enum err e = read_cell(separator, rest, arena, &ret->cells[ret->count]);
        if (e) {
            return e;
        }
        ret->count++;
        if (rest->size == 0 || rest->data[0] != separator) {
            break;
        }
        *rest = span_cut(*rest, 1, rest->size);
        /* A separator that ends the file has an empty cell after it. */
        if (rest->size == 0 && ret->count < CSV_CELLS_MAX) {
            ret->cells[ret->count++] = (struct span){0};
        }
    }
    return OK;
}

enum err csv_read_row(struct span *rest, struct arena *arena, struct csv_row *ret, bool *ret_found)
{
    return csv_read_row_with(',', rest, arena, ret, ret_found);
}

uint8_t csv_separator_of(struct span text)
{
    size_t at = 0, doubled;
    if (text.size > 0 && text.data[0] == '"') {
        struct span inside = span_cut(text, 1, text.size);
        at = quoted_size(inside, &at, &doubled) ? at + 2 : text.size;
    }
    while (at < text.size && text.data[at] != '\n') {
        if (text.data[at] == ',' || text.data[at] == ';') {
            return text.data[at];
        }
        at++;
    }
    return ',';
}

bool csv_is_head(const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        if (row->cells[i].size > 0 &&
            memchr(row->cells[i].data, '\0', row->cells[i].size) != NULL) {
            return false;
        }
    }
    return true;
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
