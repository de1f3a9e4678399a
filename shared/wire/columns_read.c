/*
 * columns_read.c - columns back into the very text they were made of.
 */
#include <string.h>

#include "code.h"
#include "columns_internal.h"
#include "num.h"

/* Bytes taken from the front; what isn't there sets `failed`. */
struct reader {
    struct span rest;
    bool failed;
};

struct column {
    enum column_kind kind;
    struct reader values;
    int64_t before; /* number, or place in the list, of the last value */
    size_t next;    /* place of the next new id or mark */
};

struct read_pattern {
    struct span text;
    struct column *columns;
    size_t column_count, line_count;
};

struct reading {
    struct arena *arena;
    struct reader in;
    struct read_pattern *patterns;
    size_t pattern_count;
    uint32_t *lines; /* the pattern of each */
    size_t line_count;
    struct span ids, marks; /* the lists, as bytes */
};

static uint64_t take_v(struct reader *reader)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 9 && i < reader->rest.size; i++) {
        uint8_t byte = reader->rest.data[i];
        value |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            bool canonical = i == 0 || byte != 0;
            reader->failed = reader->failed || !canonical;
            reader->rest = span_cut(reader->rest, i + 1, reader->rest.size);
            return value;
        }
    }
    reader->failed = true;
    reader->rest.size = 0;
    return 0;
}

static struct span take_bytes(struct reader *reader, uint64_t size)
{
    if (reader->failed || size > reader->rest.size) {
        reader->failed = true;
        return (struct span){0};
    }
    struct span bytes = span_cut(reader->rest, 0, (size_t)size);
    reader->rest = span_cut(reader->rest, (size_t)size, reader->rest.size);
    return bytes;
}

static struct span take_list(struct reader *reader, size_t value_size)
{
    uint64_t count = take_v(reader);
    if (count > reader->rest.size / value_size) {
        reader->failed = true;
        return (struct span){0};
    }
    return take_bytes(reader, count * value_size);
}

static enum err take_patterns(struct reading *reading)
{
    struct reader *in = &reading->in;
    uint64_t lines = take_v(in);
    uint64_t patterns = take_v(in);
    /* Each takes a byte at least. */
    if (in->failed || lines > WIRE_FRAME_LINES || lines > in->rest.size || patterns > lines) {
        return ERR_FORMAT;
    }
    reading->line_count = (size_t)lines;
    reading->pattern_count = (size_t)patterns;
    reading->patterns =
        arena_array(reading->arena, reading->pattern_count + 1, sizeof *reading->patterns);
    reading->lines = arena_array(reading->arena, reading->line_count + 1, sizeof *reading->lines);
    if (!reading->patterns || !reading->lines) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < reading->pattern_count; i++) {
        struct read_pattern *pattern = &reading->patterns[i];
        pattern->text = take_bytes(in, take_v(in));
        for (size_t k = 0; k < pattern->text.size; k++) {
            pattern->column_count += pattern->text.data[k] == COLUMN_TOKEN;
        }
    }
    for (size_t i = 0; !in->failed && i < reading->line_count; i++) {
        uint64_t pattern = take_v(in);
        if (pattern >= patterns) {
            return ERR_FORMAT;
        }
        reading->lines[i] = (uint32_t)pattern;
        reading->patterns[pattern].line_count++;
    }
    reading->ids = take_list(in, COLUMN_ID_SIZE);
    reading->marks = take_list(in, COLUMN_MARK_SIZE);
    return in->failed ? ERR_FORMAT : OK;
}

/* How many values of an id column are new: the next column's begin after them. */
static size_t count_new(struct reader values, size_t lines)
{
    size_t count = 0;
    for (size_t i = 0; i < lines && !values.failed; i++) {
        count += take_v(&values) == 0;
    }
    return count;
}

static enum err take_columns(struct reading *reading)
{
    struct reader *in = &reading->in;
    size_t next_id = 0;
    size_t next_mark = 0;
    for (size_t i = 0; i < reading->pattern_count; i++) {
        struct read_pattern *pattern = &reading->patterns[i];
        if (pattern->column_count > in->rest.size) {
            return ERR_FORMAT;
        }
        pattern->columns =
            arena_array(reading->arena, pattern->column_count + 1, sizeof *pattern->columns);
        if (!pattern->columns) {
            return ERR_NOMEM;
        }
        for (size_t k = 0; k < pattern->column_count; k++) {
            struct column *column = &pattern->columns[k];
            struct span kind = take_bytes(in, 1);
            struct span bytes = take_bytes(in, take_v(in));
            if (in->failed || kind.data[0] >= COLUMN_KINDS) {
                return ERR_FORMAT;
            }
            column->kind = (enum column_kind)kind.data[0];
            column->values.rest = bytes;
            size_t *next = column->kind == COLUMN_IDS ? &next_id : &next_mark;
            column->next = *next;
            if (column->kind >= COLUMN_IDS) {
                *next += count_new(column->values, pattern->line_count);
            }
        }
    }
    return in->failed || in->rest.size > 0 ? ERR_FORMAT : OK;
}

/* ---- values */

static void put_known(struct column *column, struct span list, size_t value_size, struct buf *ret)
{
    char text[BASE64_SIZE(COLUMN_ID_SIZE) + 1];
    uint64_t value = take_v(&column->values);
    int64_t place = value == 0 ? (int64_t)column->next++ : column->before + unzigzag(value - 1);
    if (column->values.failed || place < 0 || (size_t)place >= list.size / value_size) {
        column->values.failed = true;
        return;
    }
    column->before = place;
    (void)base64_write(list.data + (size_t)place * value_size, value_size, text);
    buf_add_text(ret, text);
}

static void put_number(struct column *column, struct buf *ret)
{
    char text[NUM_TEXT_SIZE];
    uint64_t value = take_v(&column->values);
    if (value > 4 * (uint64_t)COLUMN_NUMBER_MAX) {
        column->values.failed = true;
        return;
    }
    column->before += unzigzag(value);
    if (column->before > COLUMN_NUMBER_MAX || column->before < -COLUMN_NUMBER_MAX) {
        column->values.failed = true;
        return;
    }
    num_write_i64(column->before, text);
    buf_add_text(ret, text);
}

static bool ends_line(struct span text)
{
    return text.size > 0 && text.data[text.size - 1] == '\n';
}

static void put_value(const struct reading *reading, struct column *column, struct buf *ret)
{
    struct span value;
    switch (column->kind) {
    case COLUMN_TEXT:
        column->values.failed =
            !ends_line(column->values.rest) || !span_split(&column->values.rest, '\n', &value);
        if (!column->values.failed) {
            buf_add_span(ret, value);
        }
        return;
    case COLUMN_NUMBERS:
        put_number(column, ret);
        return;
    case COLUMN_IDS:
        put_known(column, reading->ids, COLUMN_ID_SIZE, ret);
        return;
    case COLUMN_MARKS:
        put_known(column, reading->marks, COLUMN_MARK_SIZE, ret);
        return;
    case COLUMN_KINDS:
        break;
    }
    column->values.failed = true;
}

static enum err put_line(const struct reading *reading, const struct read_pattern *pattern,
                         struct buf *ret)
{
    struct span rest = pattern->text;
    for (size_t i = 0; i < pattern->column_count; i++) {
        struct span part = {0};
        (void)span_split(&rest, COLUMN_TOKEN, &part);
        buf_add_span(ret, part);
        put_value(reading, &pattern->columns[i], ret);
        if (pattern->columns[i].values.failed) {
            return ERR_FORMAT;
        }
    }
    buf_add_span(ret, rest);
    buf_add_byte(ret, '\n');
    return buf_error(ret);
}

static enum err put_text(const struct reading *reading, struct buf *ret)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < reading->line_count; i++) {
        e = put_line(reading, &reading->patterns[reading->lines[i]], ret);
    }
    for (size_t i = 0; !e && i < reading->pattern_count; i++) {
        for (size_t k = 0; !e && k < reading->patterns[i].column_count; k++) {
            e = reading->patterns[i].columns[k].values.rest.size > 0 ? ERR_FORMAT : OK;
        }
    }
    return e;
}

enum err columns_read(struct span columns, struct arena *arena, struct buf *ret, struct diag *diag)
{
    struct reading reading = {.arena = arena, .in = {.rest = columns}};
    enum err e = take_patterns(&reading);
    if (!e) {
        e = take_columns(&reading);
    }
    if (!e) {
        e = put_text(&reading, ret);
    }
    if (e == ERR_FORMAT) {
        return diag_set(diag, e, "columns", "damaged", NULL);
    }
    return e ? diag_keep(diag, e) : OK;
}
