#include "csv.h"

#include <string.h>

#include "num.h"

void csv_begin(struct csv *csv, struct buf *buf)
{
    *csv = (struct csv){.buf = buf};
}

static bool looks_like_formula(struct span text)
{
    char number[NUM_TEXT_SIZE];
    if (text.size == 0 || memchr("=+-@\t\r", text.data[0], 6) == NULL) {
        return false;
    }
    return !num_canonical_decimal(text, number) || !span_is(text, number);
}

static bool needs_quotes(struct span text)
{
    if (text.size > 0 && (text.data[0] == ' ' || text.data[text.size - 1] == ' ')) {
        return true;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (memchr(",\"\r\n", text.data[i], 4) != NULL) {
            return true;
        }
    }
    return false;
}

void csv_cell(struct csv *csv, struct span text)
{
    bool quoted = needs_quotes(text);
    if (csv->in_row) {
        buf_add_byte(csv->buf, ',');
    }
    csv->in_row = true;
    if (quoted) {
        buf_add_byte(csv->buf, '"');
    }
    if (looks_like_formula(text)) {
        buf_add_byte(csv->buf, '\'');
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') {
            buf_add_byte(csv->buf, '"');
        }
        buf_add_byte(csv->buf, text.data[i]);
    }
    if (quoted) {
        buf_add_byte(csv->buf, '"');
    }
}

void csv_text(struct csv *csv, const char *text)
{
    csv_cell(csv, span_of(text));
}

void csv_end_row(struct csv *csv)
{
    buf_add_text(csv->buf, "\r\n");
    csv->in_row = false;
}
