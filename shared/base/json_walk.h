/*
 * json_walk.h - what json_check() needs of text that it has already found to be right, and the
 * bytes' kinds that the writer shares.
 *
 * Inside of json.h: nothing else includes it. Positions are pointers into one text that ends at
 * `end`; what lies between has been validated, so these don't look for errors again.
 */
#ifndef JSON_WALK_H
#define JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool json_is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* A byte of a text that stands for itself: no quote, backslash or control character. */
static inline bool json_is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* The value of four hexadecimal digits, or -1. The only one that expects nothing of the text. */
int32_t json_hex_quad(const uint8_t *at, const uint8_t *end);

/* Orders two keys by their characters, escapes resolved. Each points after its opening quote. */
int json_compare_keys(const uint8_t *a, const uint8_t *b, const uint8_t *end);

/*
 * Looks for a key written twice among the `count` (at most JSON_KEYS_MAX) keys of the object
 * whose inside starts at `object`. Keys are sorted by content rather than by a hash, so that no
 * choice of keys is slow. Returns the opening quote of the second, or NULL. Uses 16 KiB of stack.
 */
const uint8_t *json_find_duplicate(const uint8_t *object, const uint8_t *end, size_t count);

#endif
