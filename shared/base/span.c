#include "span.h"

#include <string.h>

#include "utf8.h"

struct span span_of(const char *text)
{
    return text == NULL ? (struct span){0} : span_from(text, strlen(text));
}

struct span span_from(const void *data, size_t size)
{
    return (struct span){.data = data, .size = size};
}

bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool span_is(struct span span, const char *text)
{
    return span_equal(span, span_of(text));
}

int span_compare(struct span a, struct span b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    if (order != 0) {
        return order < 0 ? -1 : 1;
    }
    return (a.size > b.size) - (a.size < b.size);
}

bool span_starts_with(struct span span, const char *prefix)
{
    struct span start = span_of(prefix);
    return span.size >= start.size && span_equal(span_cut(span, 0, start.size), start);
}

struct span span_cut(struct span span, size_t offset, size_t size)
{
    if (offset >= span.size) {
        /* Adding 0 to a null pointer is not defined in C17. */
        return span_from(span.size == 0 ? span.data : span.data + span.size, 0);
    }
    size_t rest = span.size - offset;
    return span_from(span.data + offset, size < rest ? size : rest);
}

bool span_split(struct span *rest, uint8_t separator, struct span *ret)
{
    if (rest->size == 0) {
        return false;
    }
    const uint8_t *found = memchr(rest->data, separator, rest->size);
    size_t size = found == NULL ? rest->size : (size_t)(found - rest->data);
    *ret = span_cut(*rest, 0, size);
    *rest = span_cut(*rest, found == NULL ? size : size + 1, SIZE_MAX);
    return true;
}

void span_text(struct span span, char *ret, size_t size)
{
    if (size == 0) {
        return;
    }
    size_t fits = utf8_cut(span, size - 1);
    if (fits > 0) {
        memcpy(ret, span.data, fits);
    }
    ret[fits] = '\0';
}
