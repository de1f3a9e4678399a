/*
 * columns_write.c - a text cut into patterns and tokens, tokens put into columns.
 */
#include <string.h>

#include "code.h"
#include "columns_internal.h"
#include "num.h"

struct pattern {
    struct span text;
    size_t first_line, last_line; /* of its lines; linked by `next` */
    size_t token_count;           /* in each */
};

struct cut_line {
    size_t pattern;
    size_t first_token;
    size_t next; /* line of the same pattern; 0: none (line 0 follows nothing) */
};

/* Values of one size, each known by its place in a list. */
struct known {
    uint8_t *values;
    size_t value_size, count;
    uint32_t *places; /* hash table of place + 1 */
    size_t mask;
};

struct cutting {
    struct arena *arena;
    struct cut_line *lines;
    size_t line_count;
    struct span *tokens;
    size_t token_count, token_capacity;
    struct pattern *patterns;
    size_t pattern_count, pattern_capacity;
    uint32_t *pattern_places;
    size_t pattern_mask;
    struct known ids, marks;
};

static uint64_t hash_of(const uint8_t *data, size_t size)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ data[i]) * 1099511628211u;
    }
    return hash ^ hash >> 29;
}

static void add_v(struct buf *ret, uint64_t value)
{
    while (value >= 128) {
        buf_add_byte(ret, (uint8_t)(value | 128));
        value >>= 7;
    }
    buf_add_byte(ret, (uint8_t)value);
}

/* ---- lines into patterns and tokens */

static bool is_bare(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '.' || c == '_';
}

static size_t bare_size(struct span line, size_t at)
{
    size_t end = at;
    while (end < line.size && is_bare(line.data[end])) {
        end++;
    }
    return end - at;
}

/* Of the string whose quote stands before `at`: bytes up to the closing one; false without one. */
static bool string_size(struct span line, size_t at, size_t *ret)
{
    for (size_t end = at; end < line.size; end++) {
        if (line.data[end] == '"') {
            *ret = end - at;
            return true;
        }
        end += line.data[end] == '\\';
    }
    return false;
}

static enum err add_token(struct cutting *cut, struct span token)
{
    if (cut->token_count == cut->token_capacity) {
        size_t wanted = cut->token_capacity ? cut->token_capacity * 2 : 1024;
        struct span *tokens = arena_array(cut->arena, wanted, sizeof *tokens);
        if (!tokens) {
            return ERR_NOMEM;
        }
        if (cut->token_count) {
            memcpy(tokens, cut->tokens, cut->token_count * sizeof *tokens);
        }
        cut->tokens = tokens;
        cut->token_capacity = wanted;
    }
    cut->tokens[cut->token_count++] = token;
    return OK;
}

/* Inside of keys too: one there would stand in the pattern, and be read as the place of a token. */
static bool has_control(struct span line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] < 0x20 && line.data[i] != '\t') {
            return true;
        }
    }
    return false;
}

/* The line's pattern goes to `pattern`, which has room for the line itself. */
static enum err cut_line(struct cutting *cut, struct span line, uint8_t *pattern, size_t *ret_size)
{
    size_t size = 0;
    enum err e = has_control(line) ? ERR_FORMAT : OK;
    for (size_t at = 0; !e && at < line.size;) {
        uint8_t c = line.data[at];
        size_t length = 0;
        if (c == '"' && string_size(line, at + 1, &length)) {
            size_t end = at + 1 + length;
            pattern[size++] = '"';
            if (end + 1 < line.size && line.data[end + 1] == ':') {
                memcpy(pattern + size, line.data + at + 1, length);
                size += length;
            } else if (length > 0) {
                e = add_token(cut, span_cut(line, at + 1, length));
                pattern[size++] = COLUMN_TOKEN;
            }
            pattern[size++] = '"';
            at = end + 1;
        } else if (is_bare(c)) {
            length = bare_size(line, at);
            e = add_token(cut, span_cut(line, at, length));
            pattern[size++] = COLUMN_TOKEN;
            at += length;
        } else {
            pattern[size++] = c;
            at++;
        }
    }
    *ret_size = size;
    return e;
}

static enum err add_pattern(struct cutting *cut, struct span text, size_t line, uint32_t *place)
{
    if (cut->pattern_count == cut->pattern_capacity) {
        size_t wanted = cut->pattern_capacity ? cut->pattern_capacity * 2 : 64;
        struct pattern *patterns = arena_array(cut->arena, wanted, sizeof *patterns);
        if (!patterns) {
            return ERR_NOMEM;
        }
        if (cut->pattern_count) {
            memcpy(patterns, cut->patterns, cut->pattern_count * sizeof *patterns);
        }
        cut->patterns = patterns;
        cut->pattern_capacity = wanted;
    }
    struct pattern *pattern = &cut->patterns[cut->pattern_count++];
    *pattern = (struct pattern){.first_line = line, .last_line = line};
    for (size_t i = 0; i < text.size; i++) {
        pattern->token_count += text.data[i] == COLUMN_TOKEN;
    }
    *place = (uint32_t)cut->pattern_count;
    return arena_copy(cut->arena, text, &pattern->text);
}

/* Puts line `line` to those of its pattern. */
static enum err file_line(struct cutting *cut, struct span text, size_t line)
{
    size_t at = hash_of(text.data, text.size) & cut->pattern_mask;
    while (cut->pattern_places[at] != 0) {
        size_t index = cut->pattern_places[at] - 1;
        struct pattern *pattern = &cut->patterns[index];
        if (span_equal(pattern->text, text)) {
            cut->lines[pattern->last_line].next = line;
            pattern->last_line = line;
            cut->lines[line].pattern = index;
            return OK;
        }
        at = (at + 1) & cut->pattern_mask;
    }
    cut->lines[line].pattern = cut->pattern_count;
    return add_pattern(cut, text, line, &cut->pattern_places[at]);
}

static size_t table_size(size_t items)
{
    size_t size = 16;
    while (size < items * 2) {
        size *= 2;
    }
    return size;
}

static enum err count_lines(struct span text, size_t *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += text.data[i] == '\n';
    }
    *ret = count;
    bool ended = text.size == 0 || text.data[text.size - 1] == '\n';
    return ended && count <= WIRE_FRAME_LINES ? OK : ERR_FORMAT;
}

static enum err cut_text(struct cutting *cut, struct span text)
{
    struct span line;
    size_t count = 0;
    enum err e = count_lines(text, &count);
    if (e) {
        return e;
    }
    size_t table = table_size(count);
    uint8_t *pattern = arena_alloc(cut->arena, text.size + 1);
    cut->lines = arena_array(cut->arena, count + 1, sizeof *cut->lines);
    cut->pattern_places = arena_array(cut->arena, table, sizeof *cut->pattern_places);
    cut->pattern_mask = table - 1;
    if (!pattern || !cut->lines || !cut->pattern_places) {
        return ERR_NOMEM;
    }
    while (!e && cut->line_count < count && span_split(&text, '\n', &line)) {
        size_t size = 0;
        cut->lines[cut->line_count].first_token = cut->token_count;
        e = cut_line(cut, line, pattern, &size);
        if (!e) {
            e = file_line(cut, span_from(pattern, size), cut->line_count);
        }
        cut->line_count++;
    }
    return e;
}

/* ---- columns */

static bool read_number(struct span token, int64_t *ret)
{
    char text[NUM_TEXT_SIZE];
    if (token.size > 16 || !num_read_i64(token, ret) || *ret > COLUMN_NUMBER_MAX ||
        *ret < -COLUMN_NUMBER_MAX) {
        return false;
    }
    num_write_i64(*ret, text);
    return span_is(token, text);
}

static bool fits(enum column_kind kind, struct span token)
{
    uint8_t bytes[COLUMN_ID_SIZE];
    int64_t number = 0;
    switch (kind) {
    case COLUMN_IDS:
        return token.size == COLUMN_ID_TEXT && base64_read(token, bytes, COLUMN_ID_SIZE);
    case COLUMN_MARKS:
        return token.size == COLUMN_MARK_TEXT && base64_read(token, bytes, COLUMN_MARK_SIZE);
    case COLUMN_NUMBERS:
        return read_number(token, &number);
    case COLUMN_TEXT:
    case COLUMN_KINDS:
        break;
    }
    return kind == COLUMN_TEXT;
}

static struct span token_of(const struct cutting *cut, size_t line, size_t slot)
{
    return cut->tokens[cut->lines[line].first_token + slot];
}

/* The narrowest kind that all values of the column fit. */
static enum column_kind choose(const struct cutting *cut, const struct pattern *pattern,
                               size_t slot)
{
    static const enum column_kind order[] = {COLUMN_IDS, COLUMN_MARKS, COLUMN_NUMBERS};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        size_t line = pattern->first_line;
        bool fit = fits(order[i], token_of(cut, line, slot));
        while (fit && line != pattern->last_line) {
            line = cut->lines[line].next;
            fit = fits(order[i], token_of(cut, line, slot));
        }
        if (fit) {
            return order[i];
        }
    }
    return COLUMN_TEXT;
}

/* The place of a value in its list, where it is put when new. */
static bool known_place(struct known *known, const uint8_t *value, size_t *ret)
{
    size_t at = hash_of(value, known->value_size) & known->mask;
    while (known->places[at] != 0) {
        size_t place = known->places[at] - 1;
        if (memcmp(known->values + place * known->value_size, value, known->value_size) == 0) {
            *ret = place;
            return true;
        }
        at = (at + 1) & known->mask;
    }
    memcpy(known->values + known->count * known->value_size, value, known->value_size);
    *ret = known->count++;
    known->places[at] = (uint32_t)known->count;
    return false;
}

static void add_known(struct known *known, struct span token, int64_t *before, struct buf *ret)
{
    uint8_t value[COLUMN_ID_SIZE];
    size_t place = 0;
    (void)base64_read(token, value, known->value_size);
    bool old = known_place(known, value, &place);
    add_v(ret, old ? 1 + zigzag((int64_t)place - *before) : 0);
    *before = (int64_t)place;
}

MUST_CHECK static enum err add_column(struct cutting *cut, const struct pattern *pattern,
                                      size_t slot, struct buf *column, struct buf *ret)
{
    enum column_kind kind = choose(cut, pattern, slot);
    int64_t before = 0;
    buf_clear(column);
    for (size_t line = pattern->first_line;; line = cut->lines[line].next) {
        struct span token = token_of(cut, line, slot);
        int64_t number = 0;
        if (kind == COLUMN_IDS || kind == COLUMN_MARKS) {
            add_known(kind == COLUMN_IDS ? &cut->ids : &cut->marks, token, &before, column);
        } else if (kind == COLUMN_NUMBERS && read_number(token, &number)) {
            add_v(column, zigzag(number - before));
            before = number;
        } else {
            buf_add_span(column, token);
            buf_add_byte(column, '\n');
        }
        if (line == pattern->last_line) {
            break;
        }
    }
    buf_add_byte(ret, (uint8_t)kind);
    add_v(ret, column->size);
    buf_add_span(ret, buf_span(column));
    return buf_error(column);
}

static enum err make_known(struct cutting *cut, struct known *known, size_t value_size)
{
    size_t table = table_size(cut->token_count);
    *known = (struct known){.value_size = value_size, .mask = table - 1};
    known->values = arena_array(cut->arena, cut->token_count + 1, value_size);
    known->places = arena_array(cut->arena, table, sizeof *known->places);
    return known->values && known->places ? OK : ERR_NOMEM;
}

static void add_known_list(const struct known *known, struct buf *ret)
{
    add_v(ret, known->count);
    buf_add(ret, known->values, known->count * known->value_size);
}

static enum err put_together(struct cutting *cut, struct buf *columns, struct buf *column,
                             struct buf *ret)
{
    enum err e = OK;
    add_v(ret, cut->line_count);
    add_v(ret, cut->pattern_count);
    for (size_t i = 0; !e && i < cut->pattern_count; i++) {
        const struct pattern *pattern = &cut->patterns[i];
        add_v(ret, pattern->text.size);
        buf_add_span(ret, pattern->text);
        for (size_t slot = 0; !e && slot < pattern->token_count; slot++) {
            e = add_column(cut, pattern, slot, column, columns);
        }
    }
    for (size_t i = 0; i < cut->line_count; i++) {
        add_v(ret, cut->lines[i].pattern);
    }
    add_known_list(&cut->ids, ret);
    add_known_list(&cut->marks, ret);
    buf_add_span(ret, buf_span(columns));
    if (!e) {
        e = buf_error(columns);
    }
    return e ? e : buf_error(ret);
}

enum err columns_write(struct span text, struct arena *arena, struct buf *ret)
{
    struct cutting cut = {.arena = arena};
    struct buf columns;
    struct buf column;
    size_t before = ret->size;
    buf_init(&columns, arena->mem, WIRE_PLAIN_MAX);
    buf_init(&column, arena->mem, WIRE_PLAIN_MAX);
    enum err e = cut_text(&cut, text);
    if (!e) {
        e = make_known(&cut, &cut.ids, COLUMN_ID_SIZE);
    }
    if (!e) {
        e = make_known(&cut, &cut.marks, COLUMN_MARK_SIZE);
    }
    if (!e) {
        e = put_together(&cut, &columns, &column, ret);
    }
    if (e) {
        buf_truncate(ret, before);
    }
    buf_release(&columns);
    buf_release(&column);
    return e;
}
