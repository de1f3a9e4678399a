#include "total.h"

#include <assert.h>
#include <string.h>

void total_add(struct total *total, const char *decimal)
{
    int64_t sign = decimal[0] == '-' ? -1 : 1;
    const char *digits = decimal[0] == '-' ? decimal + 1 : decimal;
    size_t whole_count = strcspn(digits, ".");
    size_t place = TOTAL_FRACTION_DIGITS + whole_count;
    assert(place <= TOTAL_DIGITS && strlen(digits + whole_count) <= 1 + TOTAL_FRACTION_DIGITS);
    for (const char *at = digits; *at != '\0'; at++) {
        if (*at != '.') {
            place--;
            total->places[place] += sign * (*at - '0');
        }
    }
}

/* Carries so that each place holds 0 to 9; false when the sum times `sign` is below zero. */
static bool carry(const struct total *total, int64_t sign, char ret_digits[TOTAL_DIGITS])
{
    int64_t over = 0;
    for (size_t i = 0; i < TOTAL_DIGITS; i++) {
        int64_t sum = sign * total->places[i] + over;
        int64_t digit = ((sum % 10) + 10) % 10;
        ret_digits[i] = (char)('0' + digit);
        over = (sum - digit) / 10;
    }
    return over == 0;
}

void total_write(const struct total *total, char ret[TOTAL_TEXT_SIZE])
{
    char digits[TOTAL_DIGITS];
    size_t size = 0;
    if (!carry(total, 1, digits)) {
        bool representable = carry(total, -1, digits);
        assert(representable);
        ret[size++] = '-';
    }
    size_t top = TOTAL_DIGITS - 1;
    while (top > TOTAL_FRACTION_DIGITS && digits[top] == '0') {
        top--;
    }
    size_t bottom = 0;
    while (bottom < TOTAL_FRACTION_DIGITS && digits[bottom] == '0') {
        bottom++;
    }
    for (size_t i = top + 1; i > bottom; i--) {
        if (i == TOTAL_FRACTION_DIGITS) {
            ret[size++] = '.';
        }
        ret[size++] = digits[i - 1];
    }
    ret[size] = '\0';
}
