#include "case_number.h"

#include <string.h>

#include "num.h"

#define COUNTER_DIGITS_MIN 5
#define COUNTER_DIGITS_MAX 19 /* of an int64_t */
#define ALPHABET_SIZE      36

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static int character_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ISO 7064, hybrid system MOD 37,36: doubling modulo 37 notices any single wrong character and
   nearly every transposition, and the check character stays in the same alphabet. */
static int product_add(int product, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        int sum = (product + character_value(text[i])) % ALPHABET_SIZE;
        product = (sum == 0 ? ALPHABET_SIZE : sum) * 2 % (ALPHABET_SIZE + 1);
    }
    return product;
}

char case_check_character(const char *first, const char *rest)
{
    int product = product_add(product_add(ALPHABET_SIZE, first), rest);
    return alphabet[(ALPHABET_SIZE + 1 - product) % ALPHABET_SIZE];
}

static bool short_code_valid(const char *short_code)
{
    size_t size = strlen(short_code);
    if (size < 1 || size > SHORT_CODE_MAX) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (character_value(short_code[i]) < 0) {
            return false;
        }
    }
    return true;
}

/* "42" as "00042"; false when it isn't a counter that fits. */
static bool pad_counter(const char *digits, char ret[COUNTER_DIGITS_MAX + 1])
{
    size_t size = strlen(digits);
    size_t zeros = size < COUNTER_DIGITS_MIN ? COUNTER_DIGITS_MIN - size : 0;
    if (size < 1 || size > COUNTER_DIGITS_MAX || (size > COUNTER_DIGITS_MIN && digits[0] == '0')) {
        return false;
    }
    memset(ret, '0', zeros);
    memcpy(ret + zeros, digits, size + 1);
    for (size_t i = 0; ret[i] != '\0'; i++) {
        if (!is_digit(ret[i])) {
            return false;
        }
    }
    const char *significant = ret + strspn(ret, "0");
    int64_t counter = 0;
    return num_read_i64(span_of(significant), &counter) && counter >= 1;
}

static void join(const char *short_code, const char *digits, char check, char *ret)
{
    size_t at = strlen(short_code);
    size_t digit_count = strlen(digits);
    memcpy(ret, short_code, at);
    ret[at++] = '-';
    memcpy(ret + at, digits, digit_count);
    at += digit_count;
    ret[at++] = '-';
    ret[at++] = check;
    ret[at] = '\0';
}

enum err case_number_write(const char *short_code, int64_t counter, char ret[CASE_NUMBER_SIZE])
{
    char digits[NUM_TEXT_SIZE];
    char padded[COUNTER_DIGITS_MAX + 1];
    if (!short_code_valid(short_code)) {
        return ERR_FORMAT;
    }
    num_write_i64(counter, digits);
    if (counter < 1 || !pad_counter(digits, padded)) {
        return ERR_OUT_OF_RANGE;
    }
    join(short_code, padded, case_check_character(short_code, padded), ret);
    return OK;
}

/* Upper case, without dashes and spaces; `ret_code_size` is what stood before the first dash,
   0 when nothing says where the short code ends. */
static bool strip(const char *text, char ret[CASE_NUMBER_SIZE], size_t *ret_code_size)
{
    size_t size = 0;
    size_t code_size = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        char c = text[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        if (c == '-' || c == ' ') {
            code_size = code_size == 0 ? size : code_size;
            continue;
        }
        if (character_value(c) < 0 || size + 1 >= CASE_NUMBER_SIZE) {
            return false;
        }
        ret[size++] = c;
    }
    ret[size] = '\0';
    *ret_code_size = code_size < size - (size > 0) ? code_size : 0;
    return size > 0;
}

bool case_number_read(struct span text, char ret[CASE_NUMBER_SIZE])
{
    char typed[3 * CASE_NUMBER_SIZE]; /* Arabic-Indic digits take two bytes, dashes are many. */
    char plain[CASE_NUMBER_SIZE];
    size_t code_size = 0;
    if (text.size >= sizeof(typed)) {
        return false;
    }
    num_normalise(text, typed, sizeof(typed));
    if (!strip(typed, plain, &code_size)) {
        return false;
    }
    size_t size = strlen(plain);
    if (code_size == 0) {
        if (size < 1 + COUNTER_DIGITS_MIN + 1) {
            return false;
        }
        code_size = size - COUNTER_DIGITS_MIN - 1;
    }
    if (code_size > SHORT_CODE_MAX) {
        return false;
    }
    char short_code[SHORT_CODE_MAX + 1];
    char padded[COUNTER_DIGITS_MAX + 1];
    char check = plain[size - 1];
    memcpy(short_code, plain, code_size);
    short_code[code_size] = '\0';
    plain[size - 1] = '\0';
    if (!pad_counter(plain + code_size, padded) ||
        case_check_character(short_code, padded) != check) {
        return false;
    }
    join(short_code, padded, check, ret);
    return true;
}
