#include <stdio.h>
#include <string.h>

#include "num.h"
#include "pattern.h"
#include "place.h"
#include "type.h"

/* The value as a diagnosis shows it. */
static void shown_text(const struct mem *mem, enum value_type type, struct span json,
                       char ret[DIAG_ARG_SIZE])
{
    struct buf buf;
    buf_init(&buf, mem, 64 * 1024);
    if (value_to_text(type, json, &buf) == OK) {
        span_text(buf_span(&buf), ret, DIAG_ARG_SIZE);
    } else {
        span_text(json, ret, DIAG_ARG_SIZE);
    }
    buf_release(&buf);
}

/* ---- Choices ---- */

static bool is_choice(const struct property *property, struct span name)
{
    for (size_t i = 0; i < property->choice_count; i++) {
        if (!property->choices[i].retired && span_is(name, property->choices[i].name)) {
            return true;
        }
    }
    return false;
}

/* The choices there are, as many as a diagnosis holds. */
static void list_choices(const struct property *property, char ret[DIAG_ARG_SIZE])
{
    size_t size = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < property->choice_count; i++) {
        const char *name = property->choices[i].name;
        const char *between = size > 0 ? ", " : "";
        if (property->choices[i].retired) {
            continue;
        }
        if (size + strlen(between) + strlen(name) + sizeof(", ...") > DIAG_ARG_SIZE) {
            (void)snprintf(ret + size, DIAG_ARG_SIZE - size, "%s...", between);
            return;
        }
        size += (size_t)snprintf(ret + size, DIAG_ARG_SIZE - size, "%s%s", between, name);
    }
}

static enum err refuse_choice(const struct property *property, struct span name, struct diag *diag)
{
    char shown[DIAG_ARG_SIZE];
    char choices[DIAG_ARG_SIZE];
    span_text(name, shown, sizeof(shown));
    list_choices(property, choices);
    return diag_set(diag, ERR_BAD_CHOICE, property->id, shown, choices, NULL);
}

/* Canonical names have no escapes, so each stands between two quotes. */
static bool next_name(struct span *rest, struct span *ret)
{
    struct span ignored;
    return span_split(rest, '"', &ignored) && span_split(rest, '"', ret);
}

static bool names(struct span json, struct span name)
{
    struct span one;
    while (next_name(&json, &one)) {
        if (span_equal(one, name)) {
            return true;
        }
    }
    return false;
}

/* Those that stand in `before` may stay. */
static enum err check_choices(const struct property *property, struct span before, struct span json,
                              struct diag *diag)
{
    struct span rest = json;
    struct span name;
    while (next_name(&rest, &name)) {
        if (!is_choice(property, name) && !names(before, name)) {
            return refuse_choice(property, name, diag);
        }
    }
    return OK;
}

/* ---- Range ---- */

static struct span without_quotes(struct span json)
{
    bool quoted = json.size >= 2 && json.data[0] == '"';
    return quoted ? span_cut(json, 1, json.size - 2) : json;
}

/* Whether one is a part of the other, as 1948-05 is of 1948: then no day of it is known to lie
   outside. */
static bool contains_date(struct span a, struct span b)
{
    struct span outer = a.size < b.size ? a : b;
    struct span inner = a.size < b.size ? b : a;
    return span_equal(outer, span_cut(inner, 0, outer.size)) &&
           (inner.size == outer.size || inner.data[outer.size] == '-');
}

static bool beyond(const struct property *property, struct span json, const char *limit, int sign)
{
    if (!limit) {
        return false;
    }
    struct span end = span_of(limit);
    if (property->type == VALUE_DATE && contains_date(without_quotes(json), without_quotes(end))) {
        return false;
    }
    return sign * value_compare(property->type, json, end) > 0;
}

static void limit_text(const char *limit, char ret[DIAG_ARG_SIZE])
{
    span_text(limit ? without_quotes(span_of(limit)) : span_of("-"), ret, DIAG_ARG_SIZE);
}

static enum err check_range(const struct mem *mem, const struct property *property,
                            struct span json, struct diag *diag)
{
    if (!beyond(property, json, property->min, -1) && !beyond(property, json, property->max, 1)) {
        return OK;
    }
    char shown[DIAG_ARG_SIZE];
    char min[DIAG_ARG_SIZE];
    char max[DIAG_ARG_SIZE];
    shown_text(mem, property->type, json, shown);
    limit_text(property->min, min);
    limit_text(property->max, max);
    return diag_set(diag, ERR_OUT_OF_RANGE, property->id, shown, min, max, NULL);
}

/* ---- Pattern and place ---- */

static enum err match(const struct mem *mem, const char *expression, struct span text,
                      bool *ret_matches)
{
    struct pattern *pattern = NULL;
    enum err e = pattern_new(mem, span_of(expression), true, &pattern, NULL);
    if (e) {
        return e;
    }
    e = pattern_match(pattern, text, ret_matches);
    pattern_free(pattern);
    return e;
}

static enum err check_text(const struct mem *mem, const struct property *property, struct span json,
                           struct diag *diag)
{
    struct buf text;
    char shown[DIAG_ARG_SIZE];
    bool matches = true;
    buf_init(&text, mem, 64 * 1024);
    enum err e = value_to_text(property->type, json, &text);
    if (!e && property->pattern) {
        e = match(mem, property->pattern, buf_span(&text), &matches);
    }
    if (e == ERR_NOMEM) {
        (void)diag_set(diag, e, NULL);
        goto out;
    }
    span_text(buf_span(&text), shown, sizeof(shown));
    if (e || !matches) {
        /* A pattern that can't decide within its work limit counts as not matched. */
        const char *example = property->example ? property->example : property->pattern;
        e = diag_set(diag, ERR_PATTERN, property->id, shown, example, NULL);
    } else if (property->place && !place_code_valid(buf_span(&text))) {
        e = diag_set(diag, ERR_BAD_VALUE, property->id, shown, "05.081.03.09", NULL);
    }
out:
    buf_release(&text);
    return e;
}

enum err type_check_value(const struct mem *mem, const struct property *property, struct span json,
                          struct diag *diag)
{
    return type_check_change(mem, property, (struct span){0}, json, diag);
}

enum err type_check_change(const struct mem *mem, const struct property *property,
                           struct span before, struct span json, struct diag *diag)
{
    if (value_is_null(json) || (before.size > 0 && span_equal(before, json))) {
        return OK;
    }
    if (property->choice_count > 0) {
        enum err e = check_choices(property, before, json, diag);
        if (e) {
            return e;
        }
    }
    if (property->pattern || property->place) {
        enum err e = check_text(mem, property, json, diag);
        if (e) {
            return e;
        }
    }
    return check_range(mem, property, json, diag);
}

enum err type_value_from_text(const struct property *property, struct span text,
                              struct arena *arena, struct span *ret_json, struct diag *diag)
{
    struct span json;
    bool normalise = property->type == VALUE_TEXT && property->pattern;
    if (normalise && text.size > 0 && text.size <= VALUE_TEXT_MAX &&
        !memchr(text.data, '\0', text.size)) {
        char *plain = arena_alloc(arena, text.size + 1);
        if (!plain) {
            return diag_set(diag, ERR_NOMEM, NULL);
        }
        num_normalise(text, plain, text.size + 1);
        text = span_of(plain);
    }
    enum err e = value_from_text(property->type, property->id, text, arena, &json, diag);
    if (!e) {
        e = type_check_value(arena->mem, property, json, diag);
    }
    if (!e) {
        *ret_json = json;
    }
    return e;
}
