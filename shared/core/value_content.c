#include "value_content.h"

#include <string.h>

#include "id.h"
#include "num.h"
#include "value_time.h"

#define CHOICE_NAME_MAX 40
#define GEOPOINT_PARTS  4

_Static_assert(VALUE_CONTENT_SIZE >= GEOPOINT_PARTS * NUM_TEXT_SIZE, "four decimals and spaces");

/* A decimal with a point or, typed, a comma; "+5" and "007" too. */
static bool decimal_content(struct span text, bool typed, char ret[NUM_TEXT_SIZE])
{
    char plain[NUM_TEXT_SIZE];
    if (typed && text.size > 1 && text.data[0] == '+' && text.data[1] != '-') {
        text = span_cut(text, 1, text.size);
    }
    if (text.size >= sizeof(plain)) {
        return false;
    }
    span_text(text, plain, sizeof(plain));
    char *comma = typed ? strchr(plain, ',') : NULL;
    if (comma && !strchr(plain, '.')) {
        *comma = '.';
    }
    return num_canonical_decimal(span_of(plain), ret);
}

static bool integer_content(struct span text, bool typed, char ret[VALUE_CONTENT_SIZE])
{
    char canonical[NUM_TEXT_SIZE];
    int64_t number = 0;
    struct span sign = {0};
    if (typed && text.size > 1 && (text.data[0] == '+' || text.data[0] == '-')) {
        sign = span_cut(text, 0, text.data[0] == '-');
        text = span_cut(text, 1, text.size);
        if (text.data[0] < '0' || text.data[0] > '9') {
            return false;
        }
    }
    while (typed && text.size > 1 && text.data[0] == '0') {
        text = span_cut(text, 1, text.size);
    }
    bool zero = span_is(text, "0");
    if (text.size + sign.size >= sizeof(canonical)) {
        return false;
    }
    span_text(sign, canonical, sizeof(canonical));
    span_text(text, canonical + (zero ? 0 : sign.size), sizeof(canonical) - sign.size);
    if (!num_read_i64(span_of(canonical), &number)) {
        return false;
    }
    num_write_i64(number, ret);
    return true;
}

bool choice_name_valid(struct span name)
{
    if (name.size < 1 || name.size > CHOICE_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '_' && (i == 0 || (c != '-' && c != '.'))) {
            return false;
        }
    }
    return true;
}

bool value_next_part(struct span *rest, const char *separators, struct span *ret)
{
    size_t begin = 0;
    while (begin < rest->size && strchr(separators, rest->data[begin])) {
        begin++;
    }
    size_t end = begin;
    while (end < rest->size && !strchr(separators, rest->data[end])) {
        end++;
    }
    *ret = span_cut(*rest, begin, end - begin);
    *rest = span_cut(*rest, end, rest->size);
    return ret->size > 0;
}

/* Is |number| at most `limit`? */
static bool within(const char *decimal, const char *limit)
{
    const char *size_of_it = decimal[0] == '-' ? decimal + 1 : decimal;
    return num_compare_decimal(size_of_it, limit) <= 0;
}

static bool geopoint_part_valid(size_t index, const char *decimal)
{
    switch (index) {
    case 0:
        return within(decimal, "90");
    case 1:
        return within(decimal, "180");
    case 2:
        return true;
    default:
        return decimal[0] != '-'; /* An accuracy. */
    }
}

/* "31.93,-4.42", as maps give it, is two numbers; where there is no point the comma is decimal,
   and "31,93,-4,42" could be read in several ways, so it is refused. */
static const char *geopoint_separators(struct span text, bool typed)
{
    if (!typed) {
        return " ";
    }
    bool spaced = memchr(text.data, ' ', text.size) || memchr(text.data, ';', text.size);
    return spaced || !memchr(text.data, '.', text.size) ? " ;" : ",";
}

static bool geopoint_content(struct span text, bool typed, char ret[VALUE_CONTENT_SIZE])
{
    const char *separators = geopoint_separators(text, typed);
    char built[VALUE_CONTENT_SIZE];
    size_t size = 0;
    size_t count = 0;
    struct span part;
    while (value_next_part(&text, separators, &part)) {
        char decimal[NUM_TEXT_SIZE];
        if (typed && part.size > 1 && part.data[part.size - 1] == ',') {
            part.size--; /* "31.93, -4.42" */
        }
        if (count == GEOPOINT_PARTS || !decimal_content(part, typed, decimal) ||
            !geopoint_part_valid(count, decimal)) {
            return false;
        }
        if (count > 0) {
            built[size++] = ' ';
        }
        size_t decimal_size = strlen(decimal);
        memcpy(built + size, decimal, decimal_size + 1);
        size += decimal_size;
        count++;
    }
    if (count < 2) {
        return false;
    }
    memcpy(ret, built, size + 1);
    return true;
}

static bool ref_content(struct span text, char ret[VALUE_CONTENT_SIZE])
{
    struct id id;
    if (!id_read(text, &id)) {
        return false;
    }
    id_write(id, ret);
    return true;
}

static bool choice_content(struct span text, char ret[VALUE_CONTENT_SIZE])
{
    if (!choice_name_valid(text)) {
        return false;
    }
    span_text(text, ret, VALUE_CONTENT_SIZE);
    return true;
}

bool value_content(enum value_type type, struct span text, bool typed, char ret[VALUE_CONTENT_SIZE])
{
    switch (type) {
    case VALUE_INTEGER:
        return integer_content(text, typed, ret);
    case VALUE_DECIMAL:
        return decimal_content(text, typed, ret);
    case VALUE_DATE:
        return date_canonical(text, typed, ret);
    case VALUE_TIME:
        return time_canonical(text, typed, ret);
    case VALUE_DATETIME:
        return datetime_canonical(text, typed, ret);
    case VALUE_SELECT_ONE:
        return choice_content(text, ret);
    case VALUE_GEOPOINT:
        return geopoint_content(text, typed, ret);
    case VALUE_REF:
        return ref_content(text, ret);
    case VALUE_TEXT:
    case VALUE_BOOLEAN:
    case VALUE_SELECT_MULTIPLE:
    case VALUE_FILE:
    case VALUE_JSON:
    case VALUE_TYPE_COUNT:
        break;
    }
    return false;
}
