#include "search_call.h"

#include <string.h>

#include "xlsform_inner.h"

/* ---- the call */

/* The arguments between the brackets that open at `*at`; false when they never close. */
static bool split_arguments(struct search_call *call, const char **at)
{
    const char *start = *at + 1, *here = start;
    size_t depth = 1;
    char quote = 0;
    for (; depth > 0; here++) {
        if (*here == '\0') {
            return false;
        }
        bool opens = *here == '(' || *here == '[', closes = *here == ')' || *here == ']';
        if (quote != 0 || *here == '\'' || *here == '"') {
            quote = quote == 0 ? *here : *here == quote ? 0 : quote;
            continue;
        }
        depth += opens ? 1 : 0;
        depth -= closes ? 1 : 0;
        if (depth == 0 || (depth == 1 && *here == ',')) {
            if (call->count == SEARCH_ARGUMENTS_MAX) {
                return false;
            }
            call->arguments[call->count++] = xls_trim(span_from(start, (size_t)(here - start)));
            start = here + 1;
        }
    }
    *at = here;
    return true;
}

/* Its bracket, where `call` begins a call; NULL: another word, as the appearance search. */
static const char *bracket_of(const char *appearance, const char *call)
{
    const char *at = call + strlen("search");
    at += strspn(at, " ");
    return *at == '(' && (call == appearance || call[-1] == ' ') ? at : NULL;
}

bool search_call_find(const char *appearance, struct search_call *ret)
{
    *ret = (struct search_call){0};
    const char *call = appearance == NULL ? NULL : strstr(appearance, "search");
    while (call != NULL && bracket_of(appearance, call) == NULL) {
        call = strstr(call + 1, "search");
    }
    const char *at = call == NULL ? NULL : bracket_of(appearance, call);
    if (at == NULL || !split_arguments(ret, &at)) {
        return false;
    }
    ret->before = xls_trim(span_from(appearance, (size_t)(call - appearance)));
    ret->after = xls_trim(span_of(at));
    return true;
}

/* ---- as a path */

/* What is between the quotes; empty for another expression. */
static struct span text_of(struct span argument)
{
    bool quoted = argument.size >= 2 && strchr("'\"", argument.data[0]) != NULL &&
                  argument.data[argument.size - 1] == argument.data[0];
    return quoted ? xls_trim(span_cut(argument, 1, argument.size - 2)) : span_of("");
}

struct span search_call_file(const struct search_call *call)
{
    struct span file = text_of(call->arguments[0]);
    char end[5];
    span_text(file.size > 4 ? span_cut(file, file.size - 4, 4) : span_of(""), end, sizeof(end));
    file.size -= xls_same(end, ".csv") ? 4 : 0;
    return memchr(file.data, '\'', file.size) != NULL ? span_of("") : file;
}

struct span search_call_value(const struct search_call *call, size_t number)
{
    size_t at = number * 2 + 3;
    return at < call->count ? call->arguments[at] : span_of("");
}

static bool add_condition(struct span how, struct span column, const char *value, struct buf *ret)
{
    static const struct {
        const char *how, *before, *between, *after;
    } ways[] = {{"matches", "", " = ", ""},
                {"contains", "contains(", ", ", ")"},
                {"startswith", "starts-with(", ", ", ")"},
                {"endswith", "ends-with(", ", ", ")"}};
    char name[XFORM_NAME_MAX], way[16];
    span_text(text_of(column), name, sizeof(name));
    span_text(how, way, sizeof(way));
    for (size_t i = 0; xls_is_name(name) && i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (xls_same(ways[i].how, way)) {
            buf_add_format(ret, "%s%s%s%s%s", ways[i].before, name, ways[i].between, value,
                           ways[i].after);
            return true;
        }
    }
    return false;
}

bool search_call_path(const struct search_call *call, struct span id, const char *const *values,
                      struct buf *ret)
{
    const struct span *arguments = call->arguments;
    if (id.size == 0 || (call->count != 1 && call->count != 4 && call->count != 6)) {
        return false;
    }
    buf_add_text(ret, "instance('");
    buf_add_span(ret, id);
    buf_add_text(ret, "')/root/item");
    if (call->count == 1) {
        return true;
    }
    buf_add_text(ret, "[");
    bool known = add_condition(text_of(arguments[1]), arguments[2], values[0], ret);
    if (call->count == SEARCH_ARGUMENTS_MAX) {
        buf_add_text(ret, " and ");
        known = add_condition(span_of("matches"), arguments[4], values[1], ret) && known;
    }
    buf_add_text(ret, "]");
    return known;
}

bool search_is_choice(const char *name)
{
    return name[strspn(name, "0123456789")] == '\0';
}
