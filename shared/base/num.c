#include "num.h"

#include <string.h>

#define SIGNIFICANT_MAX 18

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

bool num_read_u64(struct span text, uint64_t *ret)
{
    if (text.size == 0 || (text.size > 1 && text.data[0] == '0')) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        unsigned digit = (unsigned)(text.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

bool num_read_i64(struct span text, int64_t *ret)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t size_of_it;
    if (!num_read_u64(span_cut(text, negative, SIZE_MAX), &size_of_it)) {
        return false;
    }
    if (negative) {
        if (size_of_it == 0 || size_of_it > (uint64_t)INT64_MAX + 1) {
            return false;
        }
        *ret = -1 - (int64_t)(size_of_it - 1);
        return true;
    }
    if (size_of_it > INT64_MAX) {
        return false;
    }
    *ret = (int64_t)size_of_it;
    return true;
}

static size_t digits_at(struct span text, size_t at)
{
    size_t count = 0;
    while (at + count < text.size && is_digit(text.data[at + count])) {
        count++;
    }
    return count;
}

static struct span without_leading_zeros(struct span digits)
{
    while (digits.size > 0 && digits.data[0] == '0') {
        digits = span_cut(digits, 1, SIZE_MAX);
    }
    return digits;
}

static struct span without_trailing_zeros(struct span digits)
{
    while (digits.size > 0 && digits.data[digits.size - 1] == '0') {
        digits.size--;
    }
    return digits;
}

/* Splits "-0012.50" into its sign and the digits that count: "12" and "5". */
static bool decimal_parts(struct span text, bool *ret_negative, struct span *ret_whole,
                          struct span *ret_fraction)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    size_t at = negative;
    size_t whole_size = digits_at(text, at);
    struct span whole = span_cut(text, at, whole_size);
    struct span fraction = {0};
    at += whole_size;
    if (at < text.size && text.data[at] == '.') {
        size_t fraction_size = digits_at(text, at + 1);
        if (fraction_size == 0) {
            return false;
        }
        fraction = span_cut(text, at + 1, fraction_size);
        at += 1 + fraction_size;
    }
    if (whole_size == 0 || at != text.size) {
        return false;
    }
    *ret_negative = negative;
    *ret_whole = without_leading_zeros(whole);
    *ret_fraction = without_trailing_zeros(fraction);
    return true;
}

bool num_canonical_decimal(struct span text, char ret[NUM_TEXT_SIZE])
{
    bool negative;
    struct span whole;
    struct span fraction;
    if (!decimal_parts(text, &negative, &whole, &fraction)) {
        return false;
    }
    size_t significant =
        whole.size > 0 ? whole.size + fraction.size : without_leading_zeros(fraction).size;
    if (significant > SIGNIFICANT_MAX || fraction.size > NUM_TEXT_SIZE - 4) {
        return false;
    }
    size_t at = 0;
    if (negative && significant > 0) {
        ret[at++] = '-';
    }
    if (whole.size == 0) {
        ret[at++] = '0';
    } else {
        memcpy(ret + at, whole.data, whole.size);
        at += whole.size;
    }
    if (fraction.size > 0) {
        ret[at++] = '.';
        memcpy(ret + at, fraction.data, fraction.size);
        at += fraction.size;
    }
    ret[at] = '\0';
    return true;
}

/* Of two canonical decimals without a sign. */
static int compare_sizes(const char *a, const char *b)
{
    size_t whole_a = strcspn(a, ".");
    size_t whole_b = strcspn(b, ".");
    if (whole_a != whole_b) {
        return whole_a < whole_b ? -1 : 1;
    }
    /* With as many digits before the point, the order of the text is that of the numbers: a
       shorter fraction ends in a NUL, which is below any digit. */
    int order = strcmp(a, b);
    return (order > 0) - (order < 0);
}

int num_compare_decimal(const char *a, const char *b)
{
    bool negative_a = a[0] == '-';
    bool negative_b = b[0] == '-';
    if (negative_a != negative_b) {
        return negative_a ? -1 : 1;
    }
    return negative_a ? compare_sizes(b + 1, a + 1) : compare_sizes(a, b);
}

/* The ASCII sign for the character at the start of `text`, or 0. Both digit rows and the decimal
   mark are characters of two bytes. */
static char ascii_for(const uint8_t *text, size_t size)
{
    if (size < 2) {
        return 0;
    }
    if (text[0] == 0xD9 && text[1] >= 0xA0 && text[1] <= 0xA9) { /* U+0660-0669 */
        return (char)('0' + (text[1] - 0xA0));
    }
    if (text[0] == 0xDB && text[1] >= 0xB0 && text[1] <= 0xB9) { /* U+06F0-06F9 */
        return (char)('0' + (text[1] - 0xB0));
    }
    return text[0] == 0xD9 && text[1] == 0xAB ? '.' : 0; /* U+066B */
}

void num_normalise(struct span text, char *ret, size_t size)
{
    if (size == 0) {
        return;
    }
    size_t at = 0;
    size_t used = 0;
    while (at < text.size) {
        char ascii = ascii_for(text.data + at, text.size - at);
        size_t length = 1;
        while (at + length < text.size && (text.data[at + length] & 0xC0) == 0x80) {
            length++;
        }
        size_t written = ascii != 0 ? 1 : length;
        if (written > size - 1 - used) {
            break;
        }
        memcpy(ret + used, ascii != 0 ? (const void *)&ascii : text.data + at, written);
        used += written;
        at += length;
    }
    ret[used] = '\0';
}

size_t num_write_i64(int64_t value, char ret[NUM_TEXT_SIZE])
{
    char reversed[NUM_TEXT_SIZE];
    size_t count = 0;
    size_t at = 0;
    /* Negating INT64_MIN overflows; its unsigned twin does not. */
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        reversed[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        ret[at++] = '-';
    }
    while (count > 0) {
        ret[at++] = reversed[--count];
    }
    ret[at] = '\0';
    return at;
}
