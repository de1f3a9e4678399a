#include "buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY_FIRST ((size_t)64)

void buf_init(struct buf *buf, const struct mem *mem, size_t max_size)
{
    /* One byte more than the maximum is taken for the NUL. */
    size_t max = max_size < SIZE_MAX ? max_size : SIZE_MAX - 1;
    *buf = (struct buf){.mem = mem, .max_size = max};
}

void buf_release(struct buf *buf)
{
    if (buf == NULL) {
        return;
    }
    if (buf->data != NULL) {
        (void)buf->mem->resize(buf->mem->ctx, buf->data, 0);
    }
    buf->data = NULL;
    buf->size = 0;
    buf->capacity = 0;
    buf->failed = OK;
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->failed = OK;
    if (buf->data != NULL) {
        buf->data[0] = '\0';
    }
}

static bool grow(struct buf *buf, size_t needed)
{
    size_t capacity = buf->capacity == 0 ? CAPACITY_FIRST : buf->capacity;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    capacity = capacity < buf->max_size + 1 ? capacity : buf->max_size + 1;
    uint8_t *data = buf->mem->resize(buf->mem->ctx, buf->data, capacity);
    if (data == NULL) {
        buf->failed = ERR_NOMEM;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

uint8_t *buf_room(struct buf *buf, size_t size)
{
    if (buf->failed != OK) {
        return NULL;
    }
    if (size > buf->max_size - buf->size) {
        buf->failed = ERR_TOO_LARGE;
        return NULL;
    }
    size_t needed = buf->size + size + 1;
    if (needed > buf->capacity && !grow(buf, needed)) {
        return NULL;
    }
    return buf->data + buf->size;
}

void buf_grew(struct buf *buf, size_t size)
{
    assert(buf->capacity > buf->size && size < buf->capacity - buf->size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void buf_add(struct buf *buf, const void *data, size_t size)
{
    uint8_t *room = buf_room(buf, size);
    if (room == NULL) {
        return;
    }
    if (size > 0) {
        memcpy(room, data, size);
    }
    buf_grew(buf, size);
}

void buf_add_span(struct buf *buf, struct span span)
{
    buf_add(buf, span.data, span.size);
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add_span(buf, span_of(text));
}

void buf_add_byte(struct buf *buf, uint8_t byte)
{
    buf_add(buf, &byte, 1);
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    uint8_t *room = size < 0 ? NULL : buf_room(buf, (size_t)size);
    if (room == NULL) {
        buf->failed = buf->failed == OK ? ERR_INTERNAL : buf->failed;
        return;
    }
    va_start(list, format);
    (void)vsnprintf((char *)room, (size_t)size + 1, format, list);
    va_end(list);
    buf_grew(buf, (size_t)size);
}

void buf_truncate(struct buf *buf, size_t size)
{
    if (size < buf->size) {
        buf->size = size;
        buf->data[size] = '\0';
    }
}

enum err buf_error(const struct buf *buf)
{
    return buf->failed;
}

struct span buf_span(const struct buf *buf)
{
    return span_from(buf->data, buf->size);
}

const char *buf_text(const struct buf *buf)
{
    return buf->data == NULL ? "" : (const char *)buf->data;
}
