#include "register.h"

#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "total.h"

/* ---- Orders ---- */

/* Later first. Equal ranks can't be of two ops; bytes decide so that the order is still total. */
static int compare_latest(const void *a, const void *b)
{
    const struct register_value *x = a;
    const struct register_value *y = b;
    int order = stamp_rank_compare(&y->rank, &x->rank);
    return order != 0 ? order : span_compare(x->json, y->json);
}

static int compare_oldest(const void *a, const void *b)
{
    return compare_latest(b, a);
}

static int compare_authors(const void *a, const void *b)
{
    const struct register_value *x = a;
    const struct register_value *y = b;
    if (x->author_rank != y->author_rank) {
        return x->author_rank > y->author_rank ? -1 : 1;
    }
    return compare_latest(a, b);
}

static int compare_json(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static void sort_values(enum policy policy, struct register_value *values, size_t count)
{
    int (*compare)(const void *, const void *) = compare_latest;
    if (policy == POLICY_APPEND) {
        compare = compare_oldest;
    } else if (policy == POLICY_RANK) {
        compare = compare_authors;
    }
    qsort(values, count, sizeof(*values), compare);
}

/* ---- Policies ---- */

static enum err count_distinct(const struct register_value *values, size_t count,
                               struct arena *arena, size_t *ret)
{
    if (count < 2) {
        *ret = count;
        return OK;
    }
    struct span *sorted = arena_array(arena, count, sizeof(*sorted));
    if (!sorted) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = values[i].json;
    }
    qsort(sorted, count, sizeof(*sorted), compare_json);
    size_t distinct_count = 1;
    for (size_t i = 1; i < count; i++) {
        distinct_count += !span_equal(sorted[i - 1], sorted[i]);
    }
    *ret = distinct_count;
    return OK;
}

/* Whether those of the highest author rank, which are sorted to the front, say different things. */
static bool highest_differ(const struct register_value *values, size_t count)
{
    for (size_t i = 1; i < count && values[i].author_rank == values[0].author_rank; i++) {
        if (!span_equal(values[i].json, values[0].json)) {
            return true;
        }
    }
    return false;
}

/* Brings the greatest (`sign` 1) or least (-1) value to the front; the others keep their order. */
static void bring_extreme(enum value_type type, int sign, struct register_value *values,
                          size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        bool first_value = value_is_null(values[best].json) && !value_is_null(values[i].json);
        int order = sign * value_compare(type, values[i].json, values[best].json);
        if (first_value || (!value_is_null(values[i].json) && order > 0)) {
            best = i;
        }
    }
    struct register_value shown = values[best];
    memmove(values + 1, values, best * sizeof(*values));
    values[0] = shown;
}

/* The canonical decimal of an integer or decimal value. */
static bool number_text(enum value_type type, struct span json, char ret[NUM_TEXT_SIZE])
{
    bool quoted = json.size >= 2 && json.data[0] == '"';
    struct span text = quoted ? span_cut(json, 1, json.size - 2) : json;
    int64_t number = 0;
    if (type == VALUE_DECIMAL) {
        return num_canonical_decimal(text, ret);
    }
    if (type != VALUE_INTEGER || !num_read_i64(text, &number)) {
        return false;
    }
    num_write_i64(number, ret);
    return true;
}

/* As the canonical JSON of the type. An integer that no int64_t holds stays at the nearest end. */
static enum err write_total(enum value_type type, const struct total *total, struct arena *arena,
                            struct span *ret_json)
{
    char text[TOTAL_TEXT_SIZE];
    char json[TOTAL_TEXT_SIZE + 2];
    char digits[NUM_TEXT_SIZE];
    size_t size = 0;
    int64_t number = 0;
    total_write(total, text);
    struct span shown = span_of(text);
    if (type == VALUE_INTEGER) {
        if (!num_read_i64(shown, &number)) {
            number = text[0] == '-' ? INT64_MIN : INT64_MAX;
        }
        shown = span_from(digits, num_write_i64(number, digits));
    }
    bool quoted = type != VALUE_INTEGER || number > JSON_INT_MAX || number < -JSON_INT_MAX;
    if (quoted) {
        json[size++] = '"';
    }
    memcpy(json + size, shown.data, shown.size);
    size += shown.size;
    if (quoted) {
        json[size++] = '"';
    }
    return arena_copy(arena, span_from(json, size), ret_json);
}

static enum err show_sum(enum value_type type, const struct register_value *values, size_t count,
                         struct arena *arena, struct span *ret_json)
{
    struct total total = {{0}};
    size_t added_count = 0;
    for (size_t i = 0; i < count; i++) {
        char decimal[NUM_TEXT_SIZE];
        if (number_text(type, values[i].json, decimal)) {
            total_add(&total, decimal);
            added_count++;
        }
    }
    return added_count > 0 ? write_total(type, &total, arena, ret_json) : OK;
}

static enum err show_list(const struct register_value *values, size_t count, struct arena *arena,
                          struct span *ret_json)
{
    size_t size = 2;
    size_t listed_count = 0;
    for (size_t i = 0; i < count; i++) {
        size += values[i].json.size + 1;
    }
    uint8_t *list = arena_alloc(arena, size);
    if (!list) {
        return ERR_NOMEM;
    }
    size = 0;
    for (size_t i = 0; i < count; i++) {
        if (!value_is_null(values[i].json)) {
            list[size++] = listed_count == 0 ? '[' : ',';
            memcpy(list + size, values[i].json.data, values[i].json.size);
            size += values[i].json.size;
            listed_count++;
        }
    }
    if (listed_count > 0) {
        list[size++] = ']';
        *ret_json = span_from(list, size);
    }
    return OK;
}

static struct span show_element(const struct register_value *values, size_t count)
{
    const char *shown = "null";
    for (size_t i = 0; i < count; i++) {
        if (span_is(values[i].json, "true")) {
            return span_of("true");
        }
        if (span_is(values[i].json, "false")) {
            shown = "false";
        }
    }
    return span_of(shown);
}

static enum err apply(enum policy policy, enum value_type type, struct register_value *values,
                      size_t count, struct arena *arena, struct register_shown *shown)
{
    switch (policy) {
    case POLICY_REVIEW:
        shown->json = values[0].json;
        shown->disputed = shown->distinct_count > 1;
        return OK;
    case POLICY_RANK:
        shown->json = values[0].json;
        shown->disputed = highest_differ(values, count);
        return OK;
    case POLICY_LAST:
    case POLICY_DERIVED:
        shown->json = values[0].json;
        return OK;
    case POLICY_MAX:
    case POLICY_MIN:
        bring_extreme(type, policy == POLICY_MAX ? 1 : -1, values, count);
        shown->json = values[0].json;
        return OK;
    case POLICY_SET:
        shown->json = show_element(values, count);
        return OK;
    case POLICY_COUNTER:
        return show_sum(type, values, count, arena, &shown->json);
    case POLICY_APPEND:
        return show_list(values, count, arena, &shown->json);
    case POLICY_COUNT:
        break;
    }
    return ERR_INTERNAL;
}

enum err register_show(enum policy policy, enum value_type type, struct register_value *values,
                       size_t count, struct arena *arena, struct register_shown *ret)
{
    struct register_shown shown = {.json = span_of("null")};
    if (count == 0) {
        *ret = shown;
        return OK;
    }
    sort_values(policy, values, count);
    enum err e = count_distinct(values, count, arena, &shown.distinct_count);
    if (!e) {
        e = apply(policy, type, values, count, arena, &shown);
    }
    if (!e) {
        *ret = shown;
    }
    return e;
}
