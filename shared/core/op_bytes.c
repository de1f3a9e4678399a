#include "op_bytes.h"

#include <stdlib.h>

#define NAME_MAX_SIZE          40
#define REGISTER_NAME_MAX_SIZE 100

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

bool op_name_valid(struct span name)
{
    if (name.size < 1 || name.size > NAME_MAX_SIZE || !is_lower(name.data[0])) {
        return false;
    }
    for (size_t i = 1; i < name.size; i++) {
        uint8_t c = name.data[i];
        if (!is_lower(c) && !is_digit(c) && c != '_') {
            return false;
        }
    }
    return true;
}

/* A type of the organisation itself, such as "_person", begins with '_'. */
bool op_type_name_valid(struct span name)
{
    bool own = name.size > 1 && name.size <= NAME_MAX_SIZE && name.data[0] == '_';
    return op_name_valid(own ? span_cut(name, 1, name.size - 1) : name);
}

/* A property, a group, "property/element" or "_own"; only elements may hold upper case. */
bool op_register_name_valid(struct span name)
{
    if (name.size < 1 || name.size > REGISTER_NAME_MAX_SIZE ||
        !(is_lower(name.data[0]) || name.data[0] == '_')) {
        return false;
    }
    bool in_element = false;
    for (size_t i = 1; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool upper = in_element && c >= 'A' && c <= 'Z';
        if (!is_lower(c) && !is_digit(c) && !upper && c != '_' && c != '.' && c != '-' &&
            c != '/') {
            return false;
        }
        in_element = in_element || c == '/';
    }
    return true;
}

bool op_tx_valid(uint64_t tx, int64_t index, int64_t count)
{
    return tx != 0 && count >= 2 && count <= OP_TX_MAX && index >= 0 && index < count;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts; false when two are equal. Most bodies come sorted, which one pass finds. */
bool op_sort_preds(uint64_t *preds, size_t count)
{
    bool ascending = true;
    for (size_t i = 1; i < count; i++) {
        ascending = ascending && preds[i - 1] < preds[i];
    }
    if (ascending) {
        return true;
    }
    qsort(preds, count, sizeof(*preds), compare_u64);
    for (size_t i = 1; i < count; i++) {
        if (preds[i - 1] == preds[i]) {
            return false;
        }
    }
    return true;
}

static void layout_add(struct op_layout *layout, const uint8_t *begin, const uint8_t *end)
{
    layout->last = span_from(begin, (size_t)(end - begin));
    if (layout->count < OP_ELEMENT_COUNT) {
        layout->elements[layout->count] = layout->last;
    }
    layout->count++;
}

/* Splits checked JSON into top-level elements and refuses white space outside strings, in one
   pass: without white space skeleton and values are bytes that nobody can choose differently. */
enum err op_layout_read(struct span body, struct op_layout *ret, struct diag *diag)
{
    if (body.size < 2 || body.data[0] != '[') {
        return diag_set(diag, ERR_FORMAT, "not an array", "op", NULL);
    }
    ret->count = 0;
    const uint8_t *end = body.data + body.size;
    const uint8_t *begin = body.data + 1;
    size_t depth = 0;
    for (const uint8_t *at = body.data; at < end; at++) {
        switch (*at) {
        case '"':
            for (at++; at < end && *at != '"'; at++) {
                at += *at == '\\';
            }
            break;
        case '[':
        case '{':
            depth++;
            break;
        case ']':
        case '}':
            depth--;
            if (depth == 0) {
                layout_add(ret, begin, at);
            }
            break;
        case ',':
            if (depth == 1) {
                layout_add(ret, begin, at);
                begin = at + 1;
            }
            break;
        case ' ':
        case '\t':
        case '\n':
        case '\r':
            return diag_set(diag, ERR_FORMAT, "white space outside a string", "op", NULL);
        default:
            break;
        }
    }
    return OK;
}

struct span op_skeleton(const struct op *op)
{
    const uint8_t *values = op->values.data - (op->redacted ? 1 : 0);
    return span_from(op->body.data, (size_t)(values - op->body.data));
}
