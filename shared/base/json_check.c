/*
 * The validator of json.h: one walk over the bytes with an explicit stack, no memory taken.
 *
 * Duplicate keys: while an object is small its keys are compared pairwise, and only when a mask
 * of 64 bits says that a like key was seen. A larger object is walked again when it closes and
 * its keys are sorted, by content rather than by a hash, so that no choice of keys is slow.
 */
#include <string.h>

#include "json.h"
#include "num.h"
#include "utf8.h"

#define SMALL_KEYS    32
#define TEXT_SIZE_MAX ((size_t)1 << 30) /* offsets are 32 bits wide */

struct frame {
    bool object;
    uint32_t start; /* offset of the first byte after the bracket */
    uint32_t key_count;
    uint64_t seen;             /* mask of the keys so far */
    uint32_t keys[SMALL_KEYS]; /* offsets after the opening quote */
};

struct checker {
    const uint8_t *text;
    const uint8_t *at;
    const uint8_t *end;
    const char *wrong;
    size_t depth;
    struct frame frames[JSON_DEPTH_MAX];
};

enum expect { EXPECT_VALUE, EXPECT_ITEM_OR_END, EXPECT_KEY, EXPECT_KEY_OR_END, EXPECT_AFTER };

static bool fail(struct checker *c, const char *wrong)
{
    c->wrong = wrong;
    return false;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static void skip_space(struct checker *c)
{
    while (c->at < c->end && is_space(*c->at)) {
        c->at++;
    }
}

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t hex_quad(const uint8_t *at, const uint8_t *end)
{
    int32_t value = 0;
    if (end - at < 4) {
        return -1;
    }
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* After "\u". */
static bool take_unicode_escape(struct checker *c)
{
    int32_t unit = hex_quad(c->at, c->end);
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
    int32_t low = paired ? hex_quad(c->at + 2, c->end) : -1;
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

/* Bytes of a text that need no look: not a quote, a backslash or a control character. */
static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
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
    while (c->at < c->end && is_plain(*c->at)) {
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
    if (c->depth == JSON_DEPTH_MAX) {
        return fail(c, "nested too deep");
    }
    c->at++;
    struct frame *frame = &c->frames[c->depth++];
    frame->object = object;
    frame->start = (uint32_t)(c->at - c->text);
    frame->key_count = 0;
    frame->seen = 0;
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

/* From here to json_check(), keys and values have been validated already. */

static uint32_t escaped_character(const uint8_t **at, const uint8_t *end)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    uint8_t kind = *(*at)++;
    if (kind != 'u') {
        const char *found = strchr(letters, kind);
        return found == NULL ? kind : (uint32_t)meanings[found - letters];
    }
    uint32_t unit = (uint32_t)hex_quad(*at, end);
    *at += 4;
    if (unit < 0xD800 || unit > 0xDFFF) {
        return unit;
    }
    uint32_t low = (uint32_t)hex_quad(*at + 2, end);
    *at += 6;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

/* The next character of a key as it is meant, or -1 at the closing quote. */
static int32_t key_character(const uint8_t **at, const uint8_t *end)
{
    if (**at == '"') {
        return -1;
    }
    if (**at == '\\') {
        ++*at;
        return (int32_t)escaped_character(at, end);
    }
    struct span rest = span_from(*at, (size_t)(end - *at));
    uint32_t character = utf8_next(&rest);
    *at = rest.data;
    return (int32_t)character;
}

/* Orders two keys by their characters, escapes resolved. */
static int compare_keys(const struct checker *c, uint32_t key_a, uint32_t key_b)
{
    const uint8_t *a = c->text + key_a;
    const uint8_t *b = c->text + key_b;
    for (;;) {
        while (*a == *b && is_plain(*a)) {
            a++;
            b++;
        }
        /* Both stand at the same place of a character: neither can be inside one while the
           other is at an escape. Bytes order as characters do (UTF-8), a quote ends a key. */
        if (*a != '\\' && *b != '\\') {
            int at_a = *a == '"' ? -1 : *a;
            int at_b = *b == '"' ? -1 : *b;
            return (at_a > at_b) - (at_a < at_b);
        }
        int32_t next_a = key_character(&a, c->end);
        int32_t next_b = key_character(&b, c->end);
        if (next_a != next_b) {
            return next_a < next_b ? -1 : 1;
        }
    }
}

static const uint8_t *after_text(const uint8_t *at)
{
    at++;
    while (*at != '"') {
        at += *at == '\\' ? 2 : 1;
    }
    return at + 1;
}

static const uint8_t *after_space(const uint8_t *at, const uint8_t *end)
{
    while (at < end && is_space(*at)) {
        at++;
    }
    return at;
}

/* At the start of a value. */
static const uint8_t *after_value(const uint8_t *at, const uint8_t *end)
{
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = after_text(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (depth > 0) {
            at++;
        } else {
            while (at < end && strchr(",]} \n\r\t", *at) == NULL) {
                at++;
            }
        }
    } while (depth > 0);
    return at;
}

static void sift_down(const struct checker *c, uint32_t *keys, size_t from, size_t count)
{
    uint32_t moved = keys[from];
    for (;;) {
        size_t child = 2 * from + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && compare_keys(c, keys[child], keys[child + 1]) < 0) {
            child++;
        }
        if (compare_keys(c, moved, keys[child]) >= 0) {
            break;
        }
        keys[from] = keys[child];
        from = child;
    }
    keys[from] = moved;
}

/* Heap sort: no memory, no recursion, no worst case; qsort() promises none of the three. */
static void sort_keys(const struct checker *c, uint32_t *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) {
        sift_down(c, keys, i, count);
    }
    for (size_t last = count; last-- > 1;) {
        uint32_t largest = keys[0];
        keys[0] = keys[last];
        keys[last] = largest;
        sift_down(c, keys, 0, last);
    }
}

/* At the closing bracket of an object with too many keys for the frame. */
static bool check_large_object(struct checker *c, const struct frame *frame)
{
    uint32_t keys[JSON_KEYS_MAX];
    const uint8_t *at = c->text + frame->start;
    for (size_t i = 0; i < frame->key_count; i++) {
        at = after_space(at, c->end);
        keys[i] = (uint32_t)(at + 1 - c->text);
        at = after_space(after_text(at), c->end) + 1; /* past the colon */
        at = after_value(after_space(at, c->end), c->end);
        at = after_space(at, c->end) + 1; /* past the comma or the bracket */
    }
    sort_keys(c, keys, frame->key_count);
    for (size_t i = 1; i < frame->key_count; i++) {
        if (compare_keys(c, keys[i - 1], keys[i]) == 0) {
            c->at = c->text + (keys[i - 1] > keys[i] ? keys[i - 1] : keys[i]) - 1;
            return fail(c, "a key written twice in one object");
        }
    }
    return true;
}

/* A bit for the key. Equal keys must give equal bits, however they are escaped: a key with any
   escape, which the length in bytes would tell apart, uses bit 0, and so it meets every other. */
static bool may_be_seen(struct frame *frame, const uint8_t *key, size_t size)
{
    bool escaped = memchr(key, '\\', size) != NULL;
    size_t last = size > 0 ? size - 1 : 0;
    unsigned mixed = (unsigned)(key[0] * 5u + key[last] * 3u + size);
    uint64_t bit = UINT64_C(1) << (1 + mixed % 63);
    bool seen = escaped || (frame->seen & (bit | 1)) != 0;
    frame->seen |= escaped ? 1 : bit;
    return seen;
}

/* Key's text has just been taken; `start` is the offset after its opening quote. */
static bool remember_key(struct checker *c, uint32_t start)
{
    struct frame *frame = &c->frames[c->depth - 1];
    if (frame->key_count == JSON_KEYS_MAX) {
        return fail(c, "too many keys in one object");
    }
    if (frame->key_count < SMALL_KEYS) {
        const uint8_t *key = c->text + start;
        bool seen = may_be_seen(frame, key, (size_t)(c->at - 1 - key));
        for (size_t i = 0; seen && i < frame->key_count; i++) {
            if (compare_keys(c, frame->keys[i], start) == 0) {
                c->at = key - 1;
                return fail(c, "a key written twice in one object");
            }
        }
        frame->keys[frame->key_count] = start;
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
    if (frame->key_count > SMALL_KEYS && !check_large_object(c, frame)) {
        return false;
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

enum err json_check(struct span text, struct diag *diag)
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
    if (check_text(&checker)) {
        return OK;
    }
    char offset[NUM_TEXT_SIZE];
    num_write_i64(checker.at - checker.text, offset);
    return diag_set(diag, ERR_JSON, checker.wrong, offset, NULL);
}

enum err json_elements(struct span text, struct span *ret, size_t max, size_t *ret_count)
{
    const uint8_t *end = text.data + text.size;
    const uint8_t *at = after_space(text.data, end);
    size_t count = 0;
    if (*at != '[') {
        return ERR_FORMAT;
    }
    at = after_space(at + 1, end);
    while (*at != ']') {
        if (count == max) {
            return ERR_TOO_LARGE;
        }
        const uint8_t *start = at;
        at = after_value(at, end);
        ret[count] = span_from(start, (size_t)(at - start));
        count++;
        at = after_space(at, end);
        if (*at == ',') {
            at = after_space(at + 1, end);
        }
    }
    *ret_count = count;
    return OK;
}
