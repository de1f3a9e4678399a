#include "face.h"

#include <assert.h>
#include <utf8proc.h>

#include "num.h"
#include "utf8.h"

#define TABLE_SIZE_MAX (64u * 1024 * 1024)
#define GAP            2    /* spaces between columns */
#define CELL_END       0x1f /* never within a cell: control characters are replaced */

size_t text_width(struct span text)
{
    size_t width = 0;
    uint32_t character = utf8_next(&text);
    while (character != 0) {
        int cells = utf8proc_charwidth((utf8proc_int32_t)character);
        width += cells > 0 ? (size_t)cells : 0;
        character = utf8_next(&text);
    }
    return width;
}

void table_init(struct table *table, const struct mem *mem, size_t column_count)
{
    assert(column_count > 0 && column_count <= TABLE_COLUMNS_MAX);
    *table = (struct table){.column_count = column_count};
    buf_init(&table->cells, mem, TABLE_SIZE_MAX);
}

void table_release(struct table *table)
{
    buf_release(&table->cells);
}

void table_cell(struct table *table, struct span text)
{
    size_t start = table->cells.size;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool space = byte == '\n' || byte == '\t'; /* a text of several lines, on one */
        bool control = byte < 0x20 || byte == 0x7f;
        buf_add_byte(&table->cells, space ? ' ' : control ? '?' : byte);
    }
    if (!table->cells.failed) {
        struct span cell = span_from(table->cells.data + start, table->cells.size - start);
        size_t width = utf8_valid(cell, NULL) ? text_width(cell) : cell.size;
        if (width > table->widths[table->column]) {
            table->widths[table->column] = width;
        }
    }
    buf_add_byte(&table->cells, CELL_END);
    table->column = (table->column + 1) % table->column_count;
}

void table_text(struct table *table, const char *text)
{
    table_cell(table, span_of(text));
}

void table_int(struct table *table, int64_t number)
{
    char text[NUM_TEXT_SIZE];
    num_write_i64(number, text);
    table_text(table, text);
}

void table_head(struct table *table, const struct face *face, const char *key)
{
    struct buf sentence;
    buf_init(&sentence, face->mem, 1024);
    face_add(face, &sentence, key, NULL);
    table_cell(table, buf_span(&sentence));
    buf_release(&sentence);
}

enum err table_put(struct table *table, const struct face *face)
{
    struct span rest = buf_span(&table->cells), cell;
    struct buf line;
    size_t column = 0;
    enum err e = buf_error(&table->cells);
    buf_init(&line, face->mem, TABLE_SIZE_MAX);
    while (!e && span_split(&rest, CELL_END, &cell)) {
        buf_add_span(&line, cell);
        size_t width = utf8_valid(cell, NULL) ? text_width(cell) : cell.size;
        bool is_last = ++column == table->column_count;
        for (size_t i = width; !is_last && i < table->widths[column - 1] + GAP; i++) {
            buf_add_byte(&line, ' ');
        }
        if (is_last) {
            e = buf_error(&line);
            if (!e) {
                face_put_line(face, buf_span(&line));
            }
            buf_clear(&line);
            column = 0;
        }
    }
    buf_release(&line);
    return e;
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-
   Compatible Low-Level Date Algorithms", civil_from_days). */
static void date_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static char *put_digits(char *at, int64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

void when_write(int64_t time_ms, int64_t zone_minutes, char ret[WHEN_SIZE])
{
    const int64_t day_ms = 86400000;
    const int64_t last_ms = 253402300799999; /* the end of 9999 */
    if (time_ms <= 0 || time_ms > last_ms - day_ms) {
        span_text(span_of("-"), ret, WHEN_SIZE);
        return;
    }
    int64_t local_ms = time_ms + zone_minutes * 60000;
    int64_t days = local_ms / day_ms;
    int64_t minutes = local_ms % day_ms / 60000;
    int64_t year;
    int month, day;
    if (local_ms < 0) {
        days = minutes = 0;
    }
    date_of_days(days, &year, &month, &day);
    char *at = put_digits(ret, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = ' ';
    at = put_digits(at, minutes / 60, 2);
    *at++ = ':';
    at = put_digits(at, minutes % 60, 2);
    *at = '\0';
}
