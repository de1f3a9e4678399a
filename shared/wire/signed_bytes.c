#include "signed_bytes.h"

#include <assert.h>
#include <string.h>

void u64_write(uint64_t value, uint8_t ret[U64_SIZE])
{
    for (size_t i = 0; i < U64_SIZE; i++) {
        ret[i] = (uint8_t)(value >> (8 * (U64_SIZE - 1 - i)));
    }
}

uint64_t u64_read(const uint8_t bytes[U64_SIZE])
{
    uint64_t value = 0;
    for (size_t i = 0; i < U64_SIZE; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

void signed_begin(struct signed_bytes *bytes, const char *label)
{
    bytes->size = 0;
    signed_put(bytes, label, strlen(label) + 1);
}

void signed_put(struct signed_bytes *bytes, const void *data, size_t size)
{
    assert(size <= SIGNED_BYTES_MAX - bytes->size);
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

void signed_put_u64(struct signed_bytes *bytes, uint64_t value)
{
    uint8_t big_endian[U64_SIZE];
    u64_write(value, big_endian);
    signed_put(bytes, big_endian, sizeof big_endian);
}

struct span signed_span(const struct signed_bytes *bytes)
{
    return span_from(bytes->data, bytes->size);
}
