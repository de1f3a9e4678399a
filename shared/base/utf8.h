/*
 * utf8.h - checking and walking UTF-8 (RFC 3629: no overlong forms, surrogates, > U+10FFFF).
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdint.h>

#include "err.h"
#include "span.h"

bool utf8_valid(struct span text, size_t *ret_bad_offset); /* ret_bad_offset may be NULL */

/* Decodes the character at the start of valid text and moves on; 0 at the end. */
uint32_t utf8_next(struct span *text);

size_t utf8_count(struct span valid_text);

/* The longest prefix of at most `max_size` bytes that ends at a character. */
size_t utf8_cut(struct span valid_text, size_t max_size);

/* True when the text holds a control character other than newline and tab, or a bidirectional
   override (U+202A-202E, U+2066-2069), which could disguise a name on a screen. */
bool utf8_has_control(struct span valid_text);

/* Appends one character; `ret` has room for 4 bytes; returns how many were written. */
size_t utf8_put(uint32_t character, uint8_t *ret);

#endif
