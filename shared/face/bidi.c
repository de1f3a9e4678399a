#include "bidi.h"

#include <string.h>

#include <fribidi.h>

#include "utf8.h"

#define LINE_MAX_CHARACTERS 4096 /* longer ones are no words to a person */
#define VTE_ORDERS          5800

/* ---- is it needed? */

static int number_of(const char *text)
{
    int number = 0;
    for (; *text >= '0' && *text <= '9' && number < 1000000; text++) {
        number = number * 10 + (*text - '0');
    }
    return number;
}

static bool orders_itself(const struct bidi_terminal *terminal)
{
    bool vte = terminal->vte_version != NULL && number_of(terminal->vte_version) >= VTE_ORDERS;
    bool apple =
        terminal->term_program != NULL && strcmp(terminal->term_program, "Apple_Terminal") == 0;
    bool mlterm = terminal->term != NULL && strncmp(terminal->term, "mlterm", 6) == 0;
    return vte || apple || mlterm || terminal->konsole_version != NULL;
}

bool bidi_is_needed(const struct bidi_terminal *terminal, const char *wanted)
{
    const char *says = wanted != NULL ? wanted : terminal->setting;
    if (!terminal->is_shown || (says != NULL && strcmp(says, "off") == 0)) {
        return false;
    }
    return (says != NULL && strcmp(says, "on") == 0) || !orders_itself(terminal);
}

/* ---- a line */

/* Hebrew, Arabic and what else is written from the right lies from U+0590 on: in UTF-8 nothing
   below the byte 0xd6 begins it, and Tifinagh isn't. */
static bool may_be_mixed(struct span line)
{
    for (size_t i = 0; i < line.size; i++) {
        uint8_t byte = line.data[i];
        if (byte >= 0xd6 && byte <= 0xe0) {
            return true;
        }
        if (byte == 0xef || byte == 0xf0) {
            return true;
        }
    }
    return false;
}

/* What only steers the order, and what a ligature leaves behind. */
static bool shows_nothing(uint32_t character)
{
    return character == 0xfeff || character == 0x200e || character == 0x200f ||
           (character >= 0x202a && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

static void add_visual(struct buf *ret, FriBidiChar *logical, FriBidiChar *visual,
                       FriBidiStrIndex count)
{
    FriBidiParType direction = FRIBIDI_PAR_ON; /* as its first letter says */
    uint8_t bytes[4];
    if (fribidi_log2vis(logical, count, &direction, visual, NULL, NULL, NULL) == 0) {
        visual = logical;
    }
    for (FriBidiStrIndex i = 0; i < count; i++) {
        if (!shows_nothing(visual[i])) {
            buf_add(ret, bytes, utf8_put(visual[i], bytes));
        }
    }
}

static void add_line(struct buf *ret, struct span line)
{
    size_t count = 0;
    struct span rest = line;
    if (!may_be_mixed(line) || !utf8_valid(line, NULL) || utf8_count(line) > LINE_MAX_CHARACTERS) {
        buf_add_span(ret, line);
        return;
    }
    size_t most = utf8_count(line);
    FriBidiChar *logical = ret->mem->resize(ret->mem->ctx, NULL, 2 * most * sizeof *logical);
    if (logical == NULL) {
        buf_add_span(ret, line);
        return;
    }
    while (rest.size > 0) {
        logical[count++] = utf8_next(&rest);
    }
    add_visual(ret, logical, logical + most, (FriBidiStrIndex)count);
    (void)ret->mem->resize(ret->mem->ctx, logical, 0);
}

void bidi_add(struct buf *ret, struct span text)
{
    while (text.size > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end == NULL ? text.size : (size_t)(end - text.data);
        add_line(ret, span_cut(text, 0, size));
        buf_add_text(ret, end == NULL ? "" : "\n");
        text = span_cut(text, size + (end != NULL), text.size);
    }
}
