/*
 * Text. Lengths and positions count characters, never bytes.
 */
#include <math.h>
#include <string.h>

#include "expr_inner.h"
#include "utf8.h"

#define TEXT_MAX (1u << 20) /* bytes of one text that an expression makes */

static enum err call_string(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    enum err e = call->arg_count == 0 ? node_text(run->arena, focus->node, &text)
                                      : evaluate_text(run, call->args[0], focus, &text);
    if (e == OK) {
        value_set_text(ret, text);
    }
    return e;
}

/* ---- joining: node sets give all their texts */

static enum err add_value(struct evaluation *run, const struct expr_value *value,
                          struct span separator, bool *any, struct buf *ret)
{
    for (size_t i = 0; i < value_count(value); i++) {
        struct expr_value one = value_at(value, i);
        struct span text;
        enum err e = expr_to_text(&one, run->host, run->arena, &text);
        if (e != OK) {
            return e;
        }
        if (*any) {
            buf_add_span(ret, separator);
        }
        buf_add_span(ret, text);
        *any = true;
    }
    return OK;
}

static enum err join(struct evaluation *run, const struct expr *call, const struct focus *focus,
                     size_t first, struct span separator, struct expr_value *ret)
{
    struct buf buf;
    buf_init(&buf, run->arena->mem, TEXT_MAX);
    bool any = false;
    enum err e = OK;
    for (size_t i = first; e == OK && i < call->arg_count; i++) {
        struct expr_value value;
        e = evaluate(run, call->args[i], focus, &value);
        e = e != OK ? e : add_value(run, &value, separator, &any, &buf);
    }
    if (e != OK) {
        buf_release(&buf);
        return e;
    }
    return text_of_buf(run->arena, &buf, ret);
}

static enum err call_concat(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    return join(run, call, focus, 0, span_of(""), ret);
}

static enum err call_join(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct expr_value *ret)
{
    struct span separator;
    enum err e = evaluate_text(run, call->args[0], focus, &separator);
    return e != OK ? e : join(run, call, focus, 1, separator, ret);
}

/* ---- looking into it */

static enum err two_texts(struct evaluation *run, const struct expr *call,
                          const struct focus *focus, struct span *ret_a, struct span *ret_b)
{
    enum err e = evaluate_text(run, call->args[0], focus, ret_a);
    return e != OK ? e : evaluate_text(run, call->args[1], focus, ret_b);
}

/* Where `part` begins in `text`; SIZE_MAX: nowhere. */
static size_t find_part(struct span text, struct span part)
{
    for (size_t at = 0; at + part.size <= text.size; at++) {
        if (part.size == 0 || memcmp(text.data + at, part.data, part.size) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

static enum err call_contains(struct evaluation *run, const struct expr *call,
                              const struct focus *focus, struct expr_value *ret)
{
    struct span text, part;
    enum err e = two_texts(run, call, focus, &text, &part);
    if (e == OK) {
        value_set_boolean(ret, find_part(text, part) != SIZE_MAX);
    }
    return e;
}

static enum err call_starts_with(struct evaluation *run, const struct expr *call,
                                 const struct focus *focus, struct expr_value *ret)
{
    struct span text, part;
    enum err e = two_texts(run, call, focus, &text, &part);
    if (e == OK) {
        value_set_boolean(ret,
                          part.size <= text.size && span_equal(span_cut(text, 0, part.size), part));
    }
    return e;
}

static enum err call_ends_with(struct evaluation *run, const struct expr *call,
                               const struct focus *focus, struct expr_value *ret)
{
    struct span text, part;
    enum err e = two_texts(run, call, focus, &text, &part);
    if (e == OK) {
        value_set_boolean(ret,
                          part.size <= text.size &&
                              span_equal(span_cut(text, text.size - part.size, part.size), part));
    }
    return e;
}

static enum err call_substring_before(struct evaluation *run, const struct expr *call,
                                      const struct focus *focus, struct expr_value *ret)
{
    struct span text, part;
    enum err e = two_texts(run, call, focus, &text, &part);
    if (e == OK) {
        size_t at = find_part(text, part);
        value_set_text(ret, at == SIZE_MAX ? span_of("") : span_cut(text, 0, at));
    }
    return e;
}

static enum err call_substring_after(struct evaluation *run, const struct expr *call,
                                     const struct focus *focus, struct expr_value *ret)
{
    struct span text, part;
    enum err e = two_texts(run, call, focus, &text, &part);
    if (e == OK) {
        size_t at = find_part(text, part);
        value_set_text(ret,
                       at == SIZE_MAX ? span_of("") : span_cut(text, at + part.size, text.size));
    }
    return e;
}

static enum err call_string_length(struct evaluation *run, const struct expr *call,
                                   const struct focus *focus, struct expr_value *ret)
{
    struct expr_value text;
    enum err e = call_string(run, call, focus, &text);
    if (e == OK) {
        value_set_number(ret, (double)utf8_count(text.text));
    }
    return e;
}

/* ---- parts of it */

/* Characters `from` to before `to`. */
static struct span characters(struct span text, double from, double to)
{
    struct span rest = text;
    size_t start = text.size, end = text.size;
    for (double at = 0; rest.size != 0; at++) {
        size_t offset = text.size - rest.size;
        if (at >= from && start == text.size) {
            start = offset;
        }
        if (at >= to) {
            end = offset;
            break;
        }
        (void)utf8_next(&rest);
    }
    return start < end ? span_cut(text, start, end - start) : span_of("");
}

/* substr(text, start, end): from 0; below 0 from the end (ODK XForms). */
static enum err call_substr(struct evaluation *run, const struct expr *call,
                            const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    double start, end = INFINITY;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    e = e != OK ? e : evaluate_number(run, call->args[1], focus, &start);
    e = e != OK || call->arg_count == 2 ? e : evaluate_number(run, call->args[2], focus, &end);
    if (e != OK) {
        return e;
    }
    double length = (double)utf8_count(text);
    start = trunc(start) < 0 ? fmax(length + trunc(start), 0) : trunc(start);
    end = trunc(end) < 0 ? length + trunc(end) : trunc(end);
    value_set_text(ret, isnan(start) || isnan(end) ? span_of("") : characters(text, start, end));
    return OK;
}

/* substring(text, start, length): from 1, rounded (XPath 1.0, 4.2). */
static enum err call_substring(struct evaluation *run, const struct expr *call,
                               const struct focus *focus, struct expr_value *ret)
{
    struct span text;
    double start, length = INFINITY;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    e = e != OK ? e : evaluate_number(run, call->args[1], focus, &start);
    e = e != OK || call->arg_count == 2 ? e : evaluate_number(run, call->args[2], focus, &length);
    if (e != OK) {
        return e;
    }
    double from = floor(start + 0.5), to = from + floor(length + 0.5);
    value_set_text(ret,
                   isnan(from) || isnan(to) ? span_of("") : characters(text, from - 1, to - 1));
    return OK;
}

static enum err call_normalize_space(struct evaluation *run, const struct expr *call,
                                     const struct focus *focus, struct expr_value *ret)
{
    struct expr_value text;
    enum err e = call_string(run, call, focus, &text);
    if (e != OK) {
        return e;
    }
    struct buf buf;
    buf_init(&buf, run->arena->mem, TEXT_MAX);
    bool gap = false;
    for (size_t i = 0; i < text.text.size; i++) {
        uint8_t byte = text.text.data[i];
        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
            gap = buf.size != 0;
            continue;
        }
        if (gap) {
            buf_add_byte(&buf, ' ');
            gap = false;
        }
        buf_add_byte(&buf, byte);
    }
    return text_of_buf(run->arena, &buf, ret);
}

/* The character at `index`, as bytes; empty when there is none. */
static struct span character_at(struct span text, size_t index)
{
    struct span rest = text;
    for (; rest.size != 0; index--) {
        size_t offset = text.size - rest.size;
        (void)utf8_next(&rest);
        if (index == 0) {
            return span_cut(text, offset, text.size - rest.size - offset);
        }
    }
    return span_of("");
}

/* Number of the character in `from`; SIZE_MAX: it isn't there. */
static size_t character_index(struct span from, uint32_t character)
{
    for (size_t index = 0; from.size != 0; index++) {
        if (utf8_next(&from) == character) {
            return index;
        }
    }
    return SIZE_MAX;
}

static enum err call_translate(struct evaluation *run, const struct expr *call,
                               const struct focus *focus, struct expr_value *ret)
{
    struct span text, from, to;
    enum err e = two_texts(run, call, focus, &text, &from);
    e = e != OK ? e : evaluate_text(run, call->args[2], focus, &to);
    if (e != OK) {
        return e;
    }
    struct buf buf;
    buf_init(&buf, run->arena->mem, TEXT_MAX);
    for (struct span rest = text; rest.size != 0;) {
        struct span before = rest;
        size_t index = character_index(from, utf8_next(&rest));
        buf_add_span(&buf, index == SIZE_MAX ? span_cut(before, 0, before.size - rest.size)
                                             : character_at(to, index));
    }
    return text_of_buf(run->arena, &buf, ret);
}

/* ---- regular expressions: the whole text must match (docs.getodk.org, regex) */

static enum err call_regex(struct evaluation *run, const struct expr *call,
                           const struct focus *focus, struct expr_value *ret)
{
    struct span text, expression;
    enum err e = evaluate_text(run, call->args[0], focus, &text);
    bool matches = false;
    if (e == OK && call->pattern != NULL) {
        e = pattern_match(call->pattern, text, &matches);
    } else if (e == OK) {
        struct pattern *pattern = NULL;
        e = evaluate_text(run, call->args[1], focus, &expression);
        e = e != OK ? e : pattern_new(run->arena->mem, expression, true, &pattern, run->diag);
        e = e != OK ? e : pattern_match(pattern, text, &matches);
        pattern_free(pattern);
    }
    if (e == OK) {
        value_set_boolean(ret, matches);
    }
    return e == ERR_TOO_LARGE ? diag_set(run->diag, e, "regular expression",
                                         "this text takes too long to compare", NULL)
                              : e;
}

const struct expr_function functions_of_text[] = {
    {"concat", 1, -1, call_concat, false, NULL},
    {"contains", 2, 2, call_contains, false, NULL},
    {"ends-with", 2, 2, call_ends_with, false, NULL},
    {"join", 1, -1, call_join, false, NULL},
    {"normalize-space", 0, 1, call_normalize_space, false, NULL},
    {"regex", 2, 2, call_regex, false, NULL},
    {"starts-with", 2, 2, call_starts_with, false, NULL},
    {"string", 0, 1, call_string, false, NULL},
    {"string-length", 0, 1, call_string_length, false, NULL},
    {"substr", 2, 3, call_substr, false, NULL},
    {"substring", 2, 3, call_substring, false, NULL},
    {"substring-after", 2, 2, call_substring_after, false, NULL},
    {"substring-before", 2, 2, call_substring_before, false, NULL},
    {"translate", 3, 3, call_translate, false, NULL},
    {NULL, 0, 0, NULL, false, NULL},
};
