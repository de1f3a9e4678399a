/*
 * code.h - bytes as text: base64url without padding (RFC 4648, ids, keys, signatures), base32
 * (RFC 4648 without padding, what people type) and hex.
 *
 * Decoders are strict: exact alphabet, no padding, unused bits zero, so that one value has one
 * text. base32 alone accepts lower case and ignores '-' and spaces.
 */
#ifndef CODE_H
#define CODE_H

#include <stdint.h>

#include "buf.h"

#define BASE64_SIZE(n) (((n)*4 + 2) / 3) /* characters for n bytes */

size_t base64_write(const void *data, size_t size, char *ret); /* NUL-terminated; returns length */
bool base64_read(struct span text, void *ret, size_t size);    /* exactly `size` bytes */
void base64_add(struct buf *buf, struct span data);
MUST_CHECK enum err base64_add_decoded(struct buf *buf, struct span text);

void base32_add(struct buf *buf, struct span data);
MUST_CHECK enum err base32_add_decoded(struct buf *buf, struct span text);

size_t hex_write(const void *data, size_t size, char *ret); /* lower case, NUL-terminated */
bool hex_read(struct span text, void *ret, size_t size);

#endif
