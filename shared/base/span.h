/*
 * span.h - borrowed bytes, and the small questions asked of them.
 *
 * A span owns nothing; it lives as long as what it points into. Text in a span is UTF-8
 * without a terminator.
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *data;
    size_t size; /* bytes */
};

struct span span_of(const char *text); /* The bytes before the NUL; NULL gives an empty span. */
struct span span_from(const void *data, size_t size);
bool span_equal(struct span a, struct span b);
bool span_is(struct span span, const char *text);
int span_compare(struct span a, struct span b); /* Byte order; a prefix comes first. */
bool span_starts_with(struct span span, const char *prefix);
struct span span_cut(struct span span, size_t offset, size_t size); /* Clamped to the span. */

/* Takes the part before the first `separator` off `*rest`; false when `*rest` is exhausted. */
bool span_split(struct span *rest, uint8_t separator, struct span *ret);

/* Copies as a NUL-terminated string, cut at a character when `size` is too small. */
void span_text(struct span span, char *ret, size_t size);

#endif
