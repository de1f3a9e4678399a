#include "json_walk.h"

#include <assert.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

int32_t json_hex_quad(const uint8_t *at, const uint8_t *end)
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

static uint32_t escaped_character(const uint8_t **at, const uint8_t *end)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    uint8_t kind = *(*at)++;
    if (kind != 'u') {
        const char *found = strchr(letters, kind);
        return found == NULL ? kind : (uint32_t)meanings[found - letters];
    }
    uint32_t unit = (uint32_t)json_hex_quad(*at, end);
    *at += 4;
    if (unit < 0xD800 || unit > 0xDFFF) {
        return unit;
    }
    uint32_t low = (uint32_t)json_hex_quad(*at + 2, end);
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

int json_compare_keys(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
    for (;;) {
        while (*a == *b && json_is_plain(*a)) {
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
        int32_t next_a = key_character(&a, end);
        int32_t next_b = key_character(&b, end);
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
    while (at < end && json_is_space(*at)) {
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

struct key_list {
    const uint8_t *start; /* of the object */
    const uint8_t *end;
    uint32_t offsets[JSON_KEYS_MAX]; /* from the start to after the opening quotes */
};

static int compare_listed(const struct key_list *list, uint32_t a, uint32_t b)
{
    return json_compare_keys(list->start + a, list->start + b, list->end);
}

static void sift_down(struct key_list *list, size_t from, size_t count)
{
    uint32_t *keys = list->offsets;
    uint32_t moved = keys[from];
    for (;;) {
        size_t child = 2 * from + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && compare_listed(list, keys[child], keys[child + 1]) < 0) {
            child++;
        }
        if (compare_listed(list, moved, keys[child]) >= 0) {
            break;
        }
        keys[from] = keys[child];
        from = child;
    }
    keys[from] = moved;
}

/* Heap sort: no memory, no recursion, no worst case; qsort() promises none of the three. */
static void sort_keys(struct key_list *list, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) {
        sift_down(list, i, count);
    }
    for (size_t last = count; last-- > 1;) {
        uint32_t largest = list->offsets[0];
        list->offsets[0] = list->offsets[last];
        list->offsets[last] = largest;
        sift_down(list, 0, last);
    }
}

static void list_keys(struct key_list *list, size_t count)
{
    const uint8_t *at = list->start;
    for (size_t i = 0; i < count; i++) {
        at = after_space(at, list->end);
        list->offsets[i] = (uint32_t)(at + 1 - list->start);
        at = after_space(after_text(at), list->end) + 1; /* past the colon */
        at = after_value(after_space(at, list->end), list->end);
        at = after_space(at, list->end) + 1; /* past the comma or the bracket */
    }
}

const uint8_t *json_find_duplicate(const uint8_t *object, const uint8_t *end, size_t count)
{
    struct key_list list;
    assert(count <= JSON_KEYS_MAX);
    list.start = object;
    list.end = end;
    list_keys(&list, count);
    sort_keys(&list, count);
    for (size_t i = 1; i < count; i++) {
        uint32_t a = list.offsets[i - 1];
        uint32_t b = list.offsets[i];
        if (compare_listed(&list, a, b) == 0) {
            return object + (a > b ? a : b) - 1;
        }
    }
    return NULL;
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

/* `at` stands after the opening quote. */
static bool key_is(const uint8_t *at, const uint8_t *end, const char *key)
{
    for (; *key != '\0'; key++) {
        if (key_character(&at, end) != (uint8_t)*key) {
            return false;
        }
    }
    return *at == '"';
}

bool json_find_member(struct span object, const char *key, struct span *ret)
{
    const uint8_t *end = object.data + object.size;
    const uint8_t *at = after_space(object.data, end);
    if (*at != '{') {
        return false;
    }
    at = after_space(at + 1, end);
    while (*at != '}') {
        bool found = key_is(at + 1, end, key);
        at = after_space(after_text(at), end) + 1; /* past the colon */
        const uint8_t *value = after_space(at, end);
        at = after_value(value, end);
        if (found) {
            *ret = span_from(value, (size_t)(at - value));
            return true;
        }
        at = after_space(at, end);
        if (*at == ',') {
            at = after_space(at + 1, end);
        }
    }
    return false;
}
