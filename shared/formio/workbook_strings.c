#include <string.h>

#include "workbook_inner.h"

static int hex_digit(char letter)
{
    if (letter >= '0' && letter <= '9') {
        return letter - '0';
    }
    letter = (char)(letter | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* "_x000D_": the code, or -1. */
static int escaped_code(const char *at)
{
    if (at[0] != '_' || at[1] != 'x') {
        return -1;
    }
    int code = 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        code = code * 16 + digit;
    }
    return at[6] == '_' ? code : -1;
}

void workbook_unescape(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        int code = escaped_code(at);
        if (code >= 0 && code < 0x80) {
            at += 7;
            if (code == '\n' || code == '\t' || code >= ' ') {
                *to++ = (char)code;
            }
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
}

static enum err keep_string(struct workbook *workbook, const struct buf *text)
{
    if (workbook->string_count == workbook->string_capacity) {
        size_t capacity = workbook->string_capacity == 0 ? 256 : workbook->string_capacity * 2;
        const char **grown = arena_array(&workbook->arena, capacity, sizeof(*grown));
        if (grown == NULL) {
            return ERR_TOO_LARGE;
        }
        if (workbook->string_count != 0) {
            memcpy(grown, workbook->strings, workbook->string_count * sizeof(*grown));
        }
        workbook->strings = grown;
        workbook->string_capacity = capacity;
    }
    char *copy = arena_span_text(&workbook->arena, buf_span(text));
    if (copy == NULL) {
        return ERR_TOO_LARGE;
    }
    workbook_unescape(copy);
    workbook->strings[workbook->string_count++] = copy;
    return OK;
}

/* <si><t>a</t></si>, or rich text in runs <si><r><t/></r>..</si>; <rPh> says how to pronounce it.
 */
static enum err take_node(struct workbook *workbook, struct part *part, struct buf *text,
                          bool *in_text, bool *in_phonetic)
{
    if (part_starts(part, "si")) {
        buf_clear(text);
    }
    if (part_starts(part, "rPh")) {
        *in_phonetic = true;
    }
    if (part_ends(part, "rPh")) {
        *in_phonetic = false;
    }
    if (part_starts(part, "t")) {
        *in_text = !*in_phonetic;
    }
    if (part_ends(part, "t")) {
        *in_text = false;
    }
    const char *piece = *in_text ? part_text(part) : NULL;
    if (piece != NULL) {
        buf_add_text(text, piece);
    }
    return part_ends(part, "si") ? keep_string(workbook, text) : buf_error(text);
}

enum err workbook_read_strings(struct workbook *workbook, struct diag *diag)
{
    struct part part;
    struct buf text;
    bool more = true, in_text = false, in_phonetic = false;
    buf_init(&text, workbook->mem, WORKBOOK_CELL_MAX);
    enum err e = part_open(workbook, workbook->strings_part, &part, diag);
    while (e == OK && more) {
        e = part_next(&part, &more, diag);
        e = e != OK || !more ? e : take_node(workbook, &part, &text, &in_text, &in_phonetic);
    }
    if (e == ERR_TOO_LARGE) {
        e = diag_set(diag, e, workbook->file, "64 KiB a cell, 64 MiB of texts", NULL);
    }
    part_close(&part);
    buf_release(&text);
    return e;
}

/* ---- which styles show a number as a date */

struct formats {
    unsigned *ids;
    size_t count, capacity;
};

static unsigned read_number(const char *text)
{
    unsigned number = 0;
    for (; text != NULL && *text >= '0' && *text <= '9' && number < 1000000; text++) {
        number = number * 10 + (unsigned)(*text - '0');
    }
    return number;
}

/* What is built in: dates and times of ECMA-376 part 1, 18.8.30, those of East Asia among them. */
static bool is_built_in_date(unsigned id)
{
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
           (id >= 50 && id <= 58);
}

/* A format with a letter of dates outside of "text", [Red] and escapes. */
static bool is_date_format(const char *code)
{
    bool quoted = false, bracketed = false;
    for (const char *at = code; *at != '\0'; at++) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (*at == '\\' || *at == '_' || *at == '*') {
            at += at[1] != '\0' ? 1 : 0;
        } else if (*at == '[' || *at == ']') {
            bracketed = *at == '[';
        } else if (!bracketed && strchr("ymdhsYMDHS", *at) != NULL) {
            return true;
        } else if (*at == ';') {
            return false;
        }
    }
    return false;
}

static bool is_listed(const struct formats *formats, unsigned id)
{
    for (size_t i = 0; i < formats->count; i++) {
        if (formats->ids[i] == id) {
            return true;
        }
    }
    return false;
}

#define FORMATS_MAX 1000
#define STYLES_MAX  70000 /* Excel's own bound is 65,490 */

static enum err take_style(struct workbook *workbook, struct part *part, struct formats *formats,
                           bool *in_cells)
{
    if (part_starts(part, "numFmt") && formats->count < FORMATS_MAX) {
        const char *code = part_attribute(part, "formatCode", &workbook->arena);
        if (code != NULL && is_date_format(code)) {
            formats->ids[formats->count++] =
                read_number(part_attribute(part, "numFmtId", &workbook->arena));
        }
    }
    if (part_starts(part, "cellXfs")) {
        *in_cells = true;
    }
    if (part_ends(part, "cellXfs")) {
        *in_cells = false;
    }
    if (*in_cells && part_starts(part, "xf") && workbook->style_count < STYLES_MAX) {
        unsigned id = read_number(part_attribute(part, "numFmtId", &workbook->arena));
        workbook->date_styles[workbook->style_count++] =
            is_built_in_date(id) || is_listed(formats, id);
    }
    return OK;
}

enum err workbook_read_styles(struct workbook *workbook, struct diag *diag)
{
    struct part part;
    struct formats formats = {.ids = arena_array(&workbook->arena, FORMATS_MAX, sizeof(unsigned))};
    bool more = true, in_cells = false;
    workbook->date_styles = arena_array(&workbook->arena, STYLES_MAX, sizeof(bool));
    if (formats.ids == NULL || workbook->date_styles == NULL) {
        return ERR_NOMEM;
    }
    enum err e = part_open(workbook, workbook->styles_part, &part, diag);
    while (e == OK && more) {
        e = part_next(&part, &more, diag);
        e = e != OK || !more ? e : take_style(workbook, &part, &formats, &in_cells);
    }
    part_close(&part);
    return e;
}
