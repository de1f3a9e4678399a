#include "code.h"

#include <string.h>

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base32_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char hex_alphabet[] = "0123456789abcdef";

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

size_t base64_write(const void *data, size_t size, char *ret)
{
    const uint8_t *in = data;
    size_t used = 0;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | in[i];
        bit_count += 8;
        while (bit_count >= 6) {
            bit_count -= 6;
            ret[used++] = base64_alphabet[bits >> bit_count & 0x3F];
        }
    }
    if (bit_count > 0) {
        ret[used++] = base64_alphabet[bits << (6 - bit_count) & 0x3F];
    }
    ret[used] = '\0';
    return used;
}

/* The whole text is proved before a byte is written: a refused text leaves its output alone. */
static bool base64_check(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (base64_value(text.data[i]) < 0) {
            return false;
        }
    }
    size_t last = text.size % 4;
    if (last == 0) {
        return true;
    }
    int unused = last == 2 ? 0x0F : 0x03;
    return last != 1 && (base64_value(text.data[text.size - 1]) & unused) == 0;
}

/* `text` has passed base64_check(). */
static void base64_decode(struct span text, uint8_t *ret)
{
    size_t used = 0;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < text.size; i++) {
        bits = bits << 6 | (uint32_t)base64_value(text.data[i]);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            ret[used++] = (uint8_t)(bits >> bit_count);
        }
    }
}

bool base64_read(struct span text, void *ret, size_t size)
{
    if (size > SIZE_MAX / 8 || text.size != BASE64_SIZE(size) || !base64_check(text)) {
        return false;
    }
    base64_decode(text, ret);
    return true;
}

void base64_add(struct buf *buf, struct span data)
{
    char *room = data.size > SIZE_MAX / 8 ? NULL : (char *)buf_room(buf, BASE64_SIZE(data.size));
    if (room == NULL) {
        buf->failed = buf->failed == OK ? ERR_TOO_LARGE : buf->failed;
        return;
    }
    buf_grew(buf, base64_write(data.data, data.size, room));
}

enum err base64_add_decoded(struct buf *buf, struct span text)
{
    size_t size = text.size / 4 * 3 + text.size % 4 * 3 / 4;
    if (!base64_check(text)) {
        return ERR_FORMAT;
    }
    uint8_t *room = buf_room(buf, size);
    if (room == NULL) {
        return buf->failed;
    }
    base64_decode(text, room);
    buf_grew(buf, size);
    return OK;
}

static int base32_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a';
    }
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

void base32_add(struct buf *buf, struct span data)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < data.size; i++) {
        bits = bits << 8 | data.data[i];
        bit_count += 8;
        while (bit_count >= 5) {
            bit_count -= 5;
            buf_add_byte(buf, (uint8_t)base32_alphabet[bits >> bit_count & 0x1F]);
        }
    }
    if (bit_count > 0) {
        buf_add_byte(buf, (uint8_t)base32_alphabet[bits << (5 - bit_count) & 0x1F]);
    }
}

enum err base32_add_decoded(struct buf *buf, struct span text)
{
    size_t start = buf->size;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = base32_value(text.data[i]);
        if (value < 0 && (text.data[i] == '-' || text.data[i] == ' ')) {
            continue;
        }
        if (value < 0) {
            buf_truncate(buf, start);
            return ERR_FORMAT;
        }
        bits = bits << 5 | (uint32_t)value;
        bit_count += 5;
        if (bit_count >= 8) {
            bit_count -= 8;
            buf_add_byte(buf, (uint8_t)(bits >> bit_count));
        }
    }
    /* 5 bits or more left over: a last character that adds nothing. */
    if (bit_count >= 5 || (bits & ((1u << bit_count) - 1)) != 0) {
        buf_truncate(buf, start);
        return ERR_FORMAT;
    }
    return buf_error(buf);
}

size_t hex_write(const void *data, size_t size, char *ret)
{
    const uint8_t *in = data;
    for (size_t i = 0; i < size; i++) {
        ret[2 * i] = hex_alphabet[in[i] >> 4];
        ret[2 * i + 1] = hex_alphabet[in[i] & 0x0F];
    }
    ret[2 * size] = '\0';
    return 2 * size;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_read(struct span text, void *ret, size_t size)
{
    if (size > SIZE_MAX / 2 || text.size != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (hex_value(text.data[i]) < 0) {
            return false;
        }
    }
    uint8_t *out = ret;
    for (size_t i = 0; i < size; i++) {
        unsigned high = (unsigned)hex_value(text.data[2 * i]);
        out[i] = (uint8_t)(high << 4 | (unsigned)hex_value(text.data[2 * i + 1]));
    }
    return true;
}
