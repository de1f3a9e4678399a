#include "utf8.h"

#include <string.h>

/*
 * The size of the well-formed character at the start of `text` (Unicode 15, table 3-7), or 0.
 * Only the second byte's range depends on the first: that is what excludes overlong forms,
 * surrogates and what lies above U+10FFFF.
 */
static size_t character_size(const uint8_t *text, size_t size)
{
    uint8_t lead = text[0];
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    size_t length;
    if (lead < 0x80) {
        return 1;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        low = lead == 0xE0 ? 0xA0 : low;
        high = lead == 0xED ? 0x9F : high;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        low = lead == 0xF0 ? 0x90 : low;
        high = lead == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (size < length || text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static bool eight_are_ascii(const uint8_t *text)
{
    uint64_t eight;
    memcpy(&eight, text, sizeof eight);
    return (eight & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_valid(struct span text, size_t *ret_bad_offset)
{
    size_t at = 0;
    while (at < text.size) {
        if (text.size - at >= 8 && eight_are_ascii(text.data + at)) {
            at += 8;
            continue;
        }
        size_t length = character_size(text.data + at, text.size - at);
        if (length == 0) {
            if (ret_bad_offset != NULL) {
                *ret_bad_offset = at;
            }
            return false;
        }
        at += length;
    }
    return true;
}

uint32_t utf8_next(struct span *text)
{
    static const uint8_t lead_bits[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    if (text->size == 0) {
        return 0;
    }
    size_t length = character_size(text->data, text->size);
    if (length == 0) {
        /* The caller promised valid text; a stray byte still moves on, so that walks end. */
        *text = span_cut(*text, 1, SIZE_MAX);
        return 0xFFFD;
    }
    uint32_t character = text->data[0] & lead_bits[length];
    for (size_t i = 1; i < length; i++) {
        character = character << 6 | (text->data[i] & 0x3F);
    }
    *text = span_cut(*text, length, SIZE_MAX);
    return character;
}

size_t utf8_count(struct span valid_text)
{
    size_t count = 0;
    for (size_t i = 0; i < valid_text.size; i++) {
        count += (valid_text.data[i] & 0xC0) != 0x80;
    }
    return count;
}

size_t utf8_cut(struct span valid_text, size_t max_size)
{
    if (valid_text.size <= max_size) {
        return valid_text.size;
    }
    size_t size = max_size;
    while (size > 0 && (valid_text.data[size] & 0xC0) == 0x80) {
        size--;
    }
    return size;
}

bool utf8_has_control(struct span valid_text)
{
    while (valid_text.size > 0) {
        uint32_t c = utf8_next(&valid_text);
        bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F);
        bool override = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
        if (control || override) {
            return true;
        }
    }
    return false;
}

size_t utf8_put(uint32_t character, uint8_t *ret)
{
    if (character < 0x80) {
        ret[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        ret[0] = (uint8_t)(0xC0 | character >> 6);
        ret[1] = (uint8_t)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        ret[0] = (uint8_t)(0xE0 | character >> 12);
        ret[1] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
        ret[2] = (uint8_t)(0x80 | (character & 0x3F));
        return 3;
    }
    ret[0] = (uint8_t)(0xF0 | (character >> 18 & 0x07));
    ret[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
    ret[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    ret[3] = (uint8_t)(0x80 | (character & 0x3F));
    return 4;
}
