#define PCRE2_CODE_UNIT_WIDTH 8
#include "pattern.h"

#include <assert.h>
#include <pcre2.h>
#include <string.h>

#include "num.h"

/*
 * An honest pattern over a field's text needs a few hundred steps; a pattern with nested
 * repetition meets the limit within about 10 ms on a slow laptop.
 */
#define EXPRESSION_SIZE_MAX 1000
#define NESTING_MAX         50
#define MATCH_LIMIT         200000
#define DEPTH_LIMIT         2000
#define HEAP_LIMIT_KIB      2048

struct pattern {
    const struct mem *mem;
    pcre2_general_context *general;
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *data;
};

static void *take(size_t size, void *ctx)
{
    const struct mem *mem = ctx;
    return mem->resize(mem->ctx, NULL, size == 0 ? 1 : size);
}

static void give(void *block, void *ctx)
{
    const struct mem *mem = ctx;
    if (block != NULL) {
        (void)mem->resize(mem->ctx, block, 0);
    }
}

/* ---- escapes that Java has and PCRE2 hasn't */

/* Every escape is shorter than twice as it stands in Java. (The caller's memory may not grow.) */
struct translated {
    uint8_t data[EXPRESSION_SIZE_MAX * 2];
    size_t size;
};

static void add(struct translated *ret, struct span text)
{
    assert(text.size <= sizeof ret->data - ret->size);
    if (text.size != 0) {
        memcpy(ret->data + ret->size, text.data, text.size);
        ret->size += text.size;
    }
}

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

/* Of "u0622..." 5 bytes; 0 for what is none. */
static size_t add_code(struct span rest, struct translated *ret)
{
    if (rest.size < 5 || rest.data[0] != 'u') {
        return 0;
    }
    for (size_t i = 1; i < 5; i++) {
        if (!is_hex(rest.data[i])) {
            return 0;
        }
    }
    add(ret, span_of("\\x{"));
    add(ret, span_cut(rest, 1, 4));
    add(ret, span_of("}"));
    return 5;
}

/* Of "p{IsArabic}..." all of it; 0 for what is none. */
static size_t add_property(struct span rest, struct translated *ret)
{
    static const struct {
        const char *java, *pcre;
    } names[] = {{"Alpha", "L"},  {"Alphabetic", "L"}, {"Alnum", "Xan"}, {"Upper", "Lu"},
                 {"Lower", "Ll"}, {"Uppercase", "Lu"}, {"Digit", "Nd"},  {"Lowercase", "Ll"},
                 {"Punct", "P"},  {"Space", "Xsp"}};
    size_t end = 0;
    while (end < rest.size && rest.data[end] != '}') {
        end++;
    }
    if (end == rest.size || end < 3 || (rest.data[0] | 0x20) != 'p' || rest.data[1] != '{') {
        return 0;
    }
    struct span name = span_cut(rest, 2, end - 2);
    bool prefixed = span_starts_with(name, "Is") || span_starts_with(name, "In");
    name = prefixed ? span_cut(name, 2, name.size) : name;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        name = span_is(name, names[i].java) ? span_of(names[i].pcre) : name;
    }
    add(ret, span_of(rest.data[0] == 'p' ? "\\p{" : "\\P{"));
    add(ret, name);
    add(ret, span_of("}"));
    return end + 1;
}

static void add_translated(struct span expression, struct translated *ret)
{
    for (size_t i = 0; i < expression.size; i++) {
        struct span rest = span_cut(expression, i + 1, expression.size);
        if (expression.data[i] != '\\' || rest.size == 0) {
            add(ret, span_cut(expression, i, 1));
            continue;
        }
        size_t taken = add_code(rest, ret);
        taken = taken != 0 ? taken : add_property(rest, ret);
        if (taken == 0) {
            add(ret, span_cut(expression, i, 2));
            taken = 1;
        }
        i += taken;
    }
}

/* ---- compiling */

static enum err compile(struct pattern *pattern, struct span expression, bool whole,
                        struct diag *diag)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    options |= whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0;
    pcre2_compile_context *context = pcre2_compile_context_create(pattern->general);
    if (context == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    (void)pcre2_set_parens_nest_limit(context, NESTING_MAX);
    int code = 0;
    PCRE2_SIZE offset = 0;
    /* The library takes no null pointer, not even for nothing. */
    pattern->code = pcre2_compile(expression.size == 0 ? (PCRE2_SPTR) "" : expression.data,
                                  expression.size, options, &code, &offset, context);
    pcre2_compile_context_free(context);
    if (pattern->code != NULL) {
        return OK;
    }
    if (code == PCRE2_ERROR_HEAP_FAILED) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    char where[NUM_TEXT_SIZE];
    PCRE2_UCHAR what[DIAG_ARG_SIZE];
    (void)pcre2_get_error_message(code, what, sizeof what);
    num_write_i64((int64_t)offset, where);
    return diag_set(diag, ERR_FORMAT, (const char *)what, where, NULL);
}

static enum err make_match_contexts(struct pattern *pattern)
{
    pattern->limits = pcre2_match_context_create(pattern->general);
    /* One pair: only whether it matched is asked. */
    pattern->data = pcre2_match_data_create(1, pattern->general);
    if (pattern->limits == NULL || pattern->data == NULL) {
        return ERR_NOMEM;
    }
    (void)pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(pattern->limits, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT_KIB);
    return OK;
}

enum err pattern_new(const struct mem *mem, struct span expression, bool whole,
                     struct pattern **ret, struct diag *diag)
{
    if (expression.size > EXPRESSION_SIZE_MAX) {
        return diag_set(diag, ERR_FORMAT, "longer than 1000 bytes", "1000", NULL);
    }
    struct pattern *pattern = mem->resize(mem->ctx, NULL, sizeof *pattern);
    if (pattern == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    enum err err = ERR_NOMEM;
    *pattern = (struct pattern){.mem = mem};
    pattern->general = pcre2_general_context_create(take, give, (void *)mem);
    if (pattern->general == NULL) {
        goto out;
    }
    struct translated translated = {.size = 0};
    add_translated(expression, &translated);
    err = compile(pattern, span_from(translated.data, translated.size), whole, diag);
    if (err != OK) {
        goto out;
    }
    err = make_match_contexts(pattern);
out:
    if (err != OK) {
        pattern_free(pattern);
        return diag_keep(diag, err);
    }
    *ret = pattern;
    return OK;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern == NULL) {
        return;
    }
    pcre2_match_data_free(pattern->data);
    pcre2_match_context_free(pattern->limits);
    pcre2_code_free(pattern->code);
    pcre2_general_context_free(pattern->general);
    (void)pattern->mem->resize(pattern->mem->ctx, pattern, 0);
}

enum err pattern_match(const struct pattern *pattern, struct span text, bool *ret)
{
    const uint8_t *data = text.size == 0 ? (const uint8_t *)"" : text.data;
    int result = pcre2_match(pattern->code, data, text.size, 0, 0, pattern->data, pattern->limits);
    /* 0 is a match with more groups than the one pair holds. */
    if (result >= 0 || result == PCRE2_ERROR_NOMATCH) {
        *ret = result >= 0;
        return OK;
    }
    switch (result) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return ERR_TOO_LARGE;
    case PCRE2_ERROR_NOMEMORY:
        return ERR_NOMEM;
    default:
        break;
    }
    /* The library's UTF-8 errors are a range of its negative codes. */
    bool utf8 = result <= PCRE2_ERROR_UTF8_ERR1 && result >= PCRE2_ERROR_UTF8_ERR21;
    return utf8 ? ERR_UTF8 : ERR_INTERNAL;
}
