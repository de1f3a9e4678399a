/*
 * What people type and what stands in small texts: numbers, codes, values of every type, patterns,
 * catalogues. What has one form keeps it: read, written, read again it is the same.
 */
#include <string.h>

#include "case_number.h"
#include "code.h"
#include "fold.h"
#include "fuzz.h"
#include "message.h"
#include "num.h"
#include "pattern.h"
#include "place.h"
#include "utf8.h"
#include "value.h"

enum target { CODES, NUMBERS, FOLDED, CASES, TYPED, STATED, PATTERN, CATALOGUE, TARGETS };

#define OUT_MAX   (1u << 20)
#define BYTES_MAX 64

static void try_codes(struct span text, struct buf *out)
{
    uint8_t bytes[BYTES_MAX];
    char again[BASE64_SIZE(BYTES_MAX) + 1];
    for (size_t size = 1; size <= BYTES_MAX; size++) {
        if (base64_read(text, bytes, size)) {
            fuzz_insist(base64_write(bytes, size, again) == text.size);
            fuzz_insist(memcmp(again, text.data, text.size) == 0);
        }
        (void)hex_read(text, bytes, size);
    }
    if (base32_add_decoded(out, text) == OK) {
        struct buf written, back;
        buf_init(&written, fuzz_mem(), OUT_MAX);
        buf_init(&back, fuzz_mem(), OUT_MAX);
        base32_add(&written, buf_span(out));
        fuzz_insist(base32_add_decoded(&back, buf_span(&written)) == OK);
        fuzz_insist(span_equal(buf_span(&back), buf_span(out)));
        buf_release(&written);
        buf_release(&back);
    }
}

static void try_numbers(struct span text)
{
    char decimal[NUM_TEXT_SIZE], same[NUM_TEXT_SIZE], typed[BYTES_MAX];
    int64_t number;
    if (num_read_i64(text, &number)) {
        fuzz_insist(num_write_i64(number, same) == text.size);
        fuzz_insist(memcmp(same, text.data, text.size) == 0);
    }
    if (num_canonical_decimal(text, decimal)) {
        fuzz_insist(num_canonical_decimal(span_of(decimal), same));
        fuzz_insist(strcmp(decimal, same) == 0 && num_compare_decimal(decimal, same) == 0);
    }
    num_normalise(text, typed, sizeof typed);
    fuzz_insist(strlen(typed) < sizeof typed);
}

static void try_folded(struct span text, struct buf *out)
{
    struct buf twice;
    size_t bad = 0;
    bool valid = utf8_valid(text, &bad);
    fuzz_insist(valid || bad < text.size);
    buf_init(&twice, fuzz_mem(), OUT_MAX);
    if (fold_add(out, text) == OK) {
        fuzz_insist(valid && utf8_valid(buf_span(out), NULL));
        fuzz_insist(fold_add(&twice, buf_span(out)) == OK);
    }
    if (valid) {
        size_t cut = utf8_cut(text, text.size / 2);
        fuzz_insist(cut <= text.size / 2 && utf8_valid(span_cut(text, 0, cut), NULL));
        fuzz_insist(utf8_count(text) <= text.size);
    }
    buf_release(&twice);
}

static void try_cases(struct span text)
{
    char number[CASE_NUMBER_SIZE], same[CASE_NUMBER_SIZE];
    if (case_number_read(text, number)) {
        fuzz_insist(case_number_read(span_of(number), same) && strcmp(number, same) == 0);
    }
    if (place_code_valid(text)) {
        fuzz_insist(place_within(text, text));
    }
}

/* What became a value is one: read as JSON it is the same bytes, and compares equal. */
static void insist_canonical(enum value_type type, struct span json, struct arena *arena,
                             struct buf *out)
{
    struct json *tree = NULL;
    struct span again;
    fuzz_insist(json_parse(json, &tree, NULL) == OK);
    fuzz_insist(value_from_json(type, "p", tree, arena, &again, NULL) == OK);
    fuzz_insist(span_equal(json, again) && value_compare(type, json, again) == 0);
    fuzz_insist(value_to_text(type, json, out) == OK);
    json_free(tree);
}

static void try_typed(enum value_type type, struct span text, struct arena *arena, struct buf *out)
{
    struct span json;
    if (utf8_valid(text, NULL) && value_from_text(type, "p", text, arena, &json, NULL) == OK) {
        insist_canonical(type, json, arena, out);
    }
}

static void try_stated(enum value_type type, struct span text, struct arena *arena, struct buf *out)
{
    struct json *tree = NULL;
    struct span json;
    if (json_parse(text, &tree, NULL) == OK &&
        value_from_json(type, "p", tree, arena, &json, NULL) == OK) {
        insist_canonical(type, json, arena, out);
    }
    json_free(tree);
}

/* An expression, LF, what it shall match. */
static void try_pattern(struct span text)
{
    struct span rest = text, expression = {0};
    struct pattern *pattern = NULL;
    bool matches = false;
    if (!span_split(&rest, '\n', &expression) ||
        pattern_new(fuzz_mem(), expression, true, &pattern, NULL) != OK) {
        return;
    }
    enum err e = pattern_match(pattern, rest, &matches);
    fuzz_insist(e == OK || e == ERR_TOO_LARGE || e == ERR_UTF8 || e == ERR_NOMEM);
    pattern_free(pattern);
}

static void try_catalogue(struct span text, struct buf *out)
{
    static const char *const args[] = {"one\ntwo", "{0}{1}"};
    struct catalogue catalogue;
    if (catalogue_load(fuzz_mem(), text, &catalogue, NULL) == OK) {
        for (size_t i = 0; i < catalogue.count; i++) {
            char key[MESSAGE_KEY_SIZE + 1];
            span_text(catalogue.lines[i].key, key, sizeof key);
            message_format(&catalogue, NULL, key, args, 2, out);
            buf_clear(out);
        }
        catalogue_release(&catalogue);
    }
}

static void try_target(enum target target, enum value_type type, struct span text,
                       struct arena *arena, struct buf *out)
{
    switch (target) {
    case CODES:
        try_codes(text, out);
        break;
    case NUMBERS:
        try_numbers(text);
        break;
    case FOLDED:
        try_folded(text, out);
        break;
    case CASES:
        try_cases(text);
        break;
    case TYPED:
        try_typed(type, text, arena, out);
        break;
    case STATED:
        try_stated(type, text, arena, out);
        break;
    case PATTERN:
        try_pattern(text);
        break;
    case CATALOGUE:
    case TARGETS:
        try_catalogue(text, out);
        break;
    }
}

/* The first byte chooses the reader, the second a type of values. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buf out;
    if (size < 2) {
        return 0;
    }
    arena_init(&arena, fuzz_mem(), FUZZ_ARENA_MAX);
    buf_init(&out, fuzz_mem(), OUT_MAX);
    try_target((enum target)(data[0] % TARGETS), (enum value_type)(data[1] % (VALUE_JSON + 1)),
               span_from(data + 2, size - 2), &arena, &out);
    buf_release(&out);
    arena_release(&arena);
    return 0;
}
