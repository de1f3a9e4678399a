/*
 * The validator of json.h: one walk over the bytes with an explicit stack, no memory taken.
 *
 * Duplicate keys: while an object is small its keys are compared pairwise, and only those that
 * share a mark of one byte. A larger object is walked again when it closes (json_walk.h).
 */
#include <string.h>

#include "json.h"
#include "json_walk.h"
#include "num.h"
#include "utf8.h"

#define SMALL_KEYS    32
#define TEXT_SIZE_MAX ((size_t)1 << 30) /* offsets are 32 bits wide */

struct frame {
    bool object;
    uint32_t start; /* offset of the first byte after the bracket */
    uint32_t key_count;
    bool escaped;              /* one of the first keys has an escape */
    uint8_t marks[SMALL_KEYS]; /* of the first keys */
    uint32_t keys[SMALL_KEYS]; /* their offsets after the opening quote */
};

struct checker {
    const uint8_t *text;
    const uint8_t *at;
    const uint8_t *end;
    const char *wrong;
    size_t depth;
    size_t depth_max;
    struct frame frames[JSON_DEPTH_DEEP];
};

enum expect { EXPECT_VALUE, EXPECT_ITEM_OR_END, EXPECT_KEY, EXPECT_KEY_OR_END, EXPECT_AFTER };

static bool fail(struct checker *c, const char *wrong)
{
    c->wrong = wrong;
    return false;
}

static void skip_space(struct checker *c)
{
    while (c->at < c->end && json_is_space(*c->at)) {
        c->at++;
    }
}

/* After "\u". */
static bool take_unicode_escape(struct checker *c)
{
    int32_t unit = json_hex_quad(c->at, c->end);
    if (unit < 0) {
        return fail(c, "\\u needs four hexadecimal digits");
    }
    if (unit == 0) {
        return fail(c, "the character U+0000");
    }
    c->at += 4;
    if (unit < 0xD800 || unit > 0xDFFF) {
        return true;
    }
    bool paired = unit < 0xDC00 && c->end - c->at >= 6 && c->at[0] == '\\' && c->at[1] == 'u';
    int32_t low = paired ? json_hex_quad(c->at + 2, c->end) : -1;
    if (low < 0xDC00 || low > 0xDFFF) {
        return fail(c, "a surrogate without its pair");
    }
    c->at += 6;
    return true;
}

/* After a backslash. */
static bool take_escape(struct checker *c)
{
    if (c->at == c->end) {
        return fail(c, "it ends inside a text");
    }
    uint8_t kind = *c->at++;
    if (kind == 'u') {
        return take_unicode_escape(c);
    }
    if (kind == '\0' || strchr("\"\\/bfnrt", kind) == NULL) {
        c->at--;
        return fail(c, "an unknown escape");
    }
    return true;
}

/* Eight bytes at once: nonzero when one of them is not plain. A byte above 0x7F is plain; each of
   the three tests sets the top bit of a byte only where that bit was clear before. */
static uint64_t any_not_plain(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    uint64_t quote = eight ^ ones * '"';
    uint64_t backslash = eight ^ ones * '\\';
    uint64_t control = (eight - ones * 0x20) & ~eight;
    return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | control) & tops;
}

/* Moves over plain bytes; returns their bits together, so that the caller sees a byte >= 0x80. */
static uint64_t take_plain(struct checker *c)
{
    uint64_t any = 0;
    uint64_t eight;
    while (c->end - c->at >= 8) {
        memcpy(&eight, c->at, sizeof eight);
        if (any_not_plain(eight) != 0) {
            break;
        }
        any |= eight;
        c->at += 8;
    }
    while (c->at < c->end && json_is_plain(*c->at)) {
        any |= *c->at++;
    }
    return any & UINT64_C(0x8080808080808080);
}

/* At an opening quote. */
static bool take_text(struct checker *c)
{
    const uint8_t *start = ++c->at;
    uint64_t beyond_ascii = 0;
    for (;;) {
        beyond_ascii |= take_plain(c);
        if (c->at == c->end) {
            return fail(c, "it ends inside a text");
        }
        if (*c->at == '"') {
            break;
        }
        if (*c->at != '\\') {
            return fail(c, "a control character in a text");
        }
        c->at++;
        if (!take_escape(c)) {
            return false;
        }
    }
    size_t bad_offset;
    if (beyond_ascii != 0 && !utf8_valid(span_from(start, (size_t)(c->at - start)), &bad_offset)) {
        c->at = start + bad_offset;
        return fail(c, "invalid UTF-8");
    }
    c->at++;
    return true;
}

static bool take_number(struct checker *c)
{
    const uint8_t *start = c->at;
    bool negative = *c->at == '-';
    c->at += negative;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        c->at++;
    }
    if (c->at < c->end && (*c->at == '.' || (*c->at | 0x20) == 'e')) {
        return fail(c, "a number with a fraction or an exponent (write decimals as text)");
    }
    int64_t value;
    if (!num_read_i64(span_from(start, (size_t)(c->at - start)), &value)) {
        c->at = start;
        return fail(c, "a badly written or too large number");
    }
    if (value > JSON_INT_MAX || value < -JSON_INT_MAX) {
        c->at = start;
        return fail(c, "a number beyond 2^53 - 1 (write it as text)");
    }
    return true;
}

static bool take_literal(struct checker *c, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0) {
        return fail(c, "a value is expected");
    }
    c->at += size;
    return true;
}

static bool open_frame(struct checker *c, bool object)
{
    if (c->depth == c->depth_max) {
        return fail(c, "nested too deep");
    }
    c->at++;
    struct frame *frame = &c->frames[c->depth++];
    frame->object = object;
    frame->start = (uint32_t)(c->at - c->text);
    frame->key_count = 0;
    frame->escaped = false;
    return true;
}

static bool take_value(struct checker *c, enum expect *next)
{
    *next = EXPECT_AFTER;
    switch (*c->at) {
    case '{':
        *next = EXPECT_KEY_OR_END;
        return open_frame(c, true);
    case '[':
        *next = EXPECT_ITEM_OR_END;
        return open_frame(c, false);
    case '"':
        return take_text(c);
    case 't':
        return take_literal(c, "true");
    case 'f':
        return take_literal(c, "false");
    case 'n':
        return take_literal(c, "null");
    default:
        if (*c->at == '-' || (*c->at >= '0' && *c->at <= '9')) {
            return take_number(c);
        }
        return fail(c, "a value is expected");
    }
}

/* A byte that equal keys share and that most others don't, from a few places of the key. */
static uint8_t mark_of(const uint8_t *key, size_t size)
{
    if (size == 0) {
        return 0;
    }
    size_t last = size - 1;
    return (uint8_t)(size + key[0] * 3u + key[last / 2] * 7u + key[last] * 5u +
                     key[last > 0 ? last - 1 : 0] * 11u);
}

static bool is_in_frame(const struct checker *c, const struct frame *frame, uint32_t start,
                        uint8_t mark)
{
    for (size_t i = 0; i < frame->key_count; i++) {
        /* An escaped key has another mark than the same key written plainly. */
        bool alike = frame->marks[i] == mark || frame->escaped;
        if (alike && json_compare_keys(c->text + frame->keys[i], c->text + start, c->end) == 0) {
            return true;
        }
    }
    return false;
}

/* The key's text has just been taken; `start` is the offset after its opening quote. */
static bool remember_key(struct checker *c, uint32_t start)
{
    struct frame *frame = &c->frames[c->depth - 1];
    if (frame->key_count == JSON_KEYS_MAX) {
        return fail(c, "too many keys in one object");
    }
    if (frame->key_count < SMALL_KEYS) {
        const uint8_t *key = c->text + start;
        size_t size = (size_t)(c->at - 1 - key);
        uint8_t mark = mark_of(key, size);
        frame->escaped = frame->escaped || memchr(key, '\\', size) != NULL;
        if (is_in_frame(c, frame, start, mark)) {
            c->at = key - 1;
            return fail(c, "a key written twice in one object");
        }
        frame->keys[frame->key_count] = start;
        frame->marks[frame->key_count] = mark;
    }
    frame->key_count++;
    return true;
}

static bool take_key(struct checker *c, enum expect *next)
{
    if (*c->at != '"') {
        return fail(c, "a key in quotes is expected");
    }
    uint32_t start = (uint32_t)(c->at + 1 - c->text);
    if (!take_text(c) || !remember_key(c, start)) {
        return false;
    }
    skip_space(c);
    if (c->at == c->end || *c->at != ':') {
        return fail(c, "a colon is expected");
    }
    c->at++;
    *next = EXPECT_VALUE;
    return true;
}

static bool take_close(struct checker *c, enum expect *next)
{
    struct frame *frame = &c->frames[c->depth - 1];
    if (frame->key_count > SMALL_KEYS) {
        const uint8_t *twice =
            json_find_duplicate(c->text + frame->start, c->end, frame->key_count);
        if (twice != NULL) {
            c->at = twice;
            return fail(c, "a key written twice in one object");
        }
    }
    c->at++;
    c->depth--;
    *next = EXPECT_AFTER;
    return true;
}

static bool take_after(struct checker *c, enum expect *next)
{
    if (c->depth == 0) {
        return fail(c, "something follows the value");
    }
    bool object = c->frames[c->depth - 1].object;
    if (*c->at == ',') {
        c->at++;
        *next = object ? EXPECT_KEY : EXPECT_VALUE;
        return true;
    }
    if (*c->at == (object ? '}' : ']')) {
        return take_close(c, next);
    }
    return fail(c, object ? "a comma or } is expected" : "a comma or ] is expected");
}

static bool take_token(struct checker *c, enum expect *expect)
{
    switch (*expect) {
    case EXPECT_ITEM_OR_END:
        return *c->at == ']' ? take_close(c, expect) : take_value(c, expect);
    case EXPECT_VALUE:
        return take_value(c, expect);
    case EXPECT_KEY_OR_END:
        return *c->at == '}' ? take_close(c, expect) : take_key(c, expect);
    case EXPECT_KEY:
        return take_key(c, expect);
    case EXPECT_AFTER:
        break;
    }
    return take_after(c, expect);
}

static bool check_text(struct checker *c)
{
    enum expect expect = EXPECT_VALUE;
    for (;;) {
        skip_space(c);
        if (c->at == c->end) {
            break;
        }
        if (!take_token(c, &expect)) {
            return false;
        }
    }
    return (expect == EXPECT_AFTER && c->depth == 0) || fail(c, "it ends too early");
}

static enum err check(struct span text, size_t depth_max, struct diag *diag)
{
    if (text.size > TEXT_SIZE_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, "JSON", "1 GiB", NULL);
    }
    struct checker checker;
    checker.text = text.data;
    checker.at = text.data;
    checker.end = text.size == 0 ? text.data : text.data + text.size;
    checker.wrong = "";
    checker.depth = 0;
    checker.depth_max = depth_max;
    if (check_text(&checker)) {
        return OK;
    }
    char offset[NUM_TEXT_SIZE];
    num_write_i64(checker.at - checker.text, offset);
    return diag_set(diag, ERR_JSON, checker.wrong, offset, NULL);
}

enum err json_check(struct span text, struct diag *diag)
{
    return check(text, JSON_DEPTH_MAX, diag);
}

enum err json_check_deep(struct span text, struct diag *diag)
{
    return check(text, JSON_DEPTH_DEEP, diag);
}
