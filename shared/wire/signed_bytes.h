/*
 * signed_bytes.h - the bytes that a signature of the protocol is over: a label and its NUL, then
 * parts of fixed size.
 *
 * Private to the wire. Parts come from fields of known sizes, so running over is a broken
 * invariant and not an error.
 */
#ifndef SIGNED_BYTES_H
#define SIGNED_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define SIGNED_BYTES_MAX 256
#define U64_SIZE         8

struct signed_bytes {
    uint8_t data[SIGNED_BYTES_MAX];
    size_t size;
};

void signed_begin(struct signed_bytes *bytes, const char *label);
void signed_put(struct signed_bytes *bytes, const void *data, size_t size);
void signed_put_u64(struct signed_bytes *bytes, uint64_t value); /* big-endian */
struct span signed_span(const struct signed_bytes *bytes);

/* 8 bytes, big-endian: the protocol's only way to write a number outside JSON. */
void u64_write(uint64_t value, uint8_t ret[U64_SIZE]);
uint64_t u64_read(const uint8_t bytes[U64_SIZE]);

#endif
