/*
 * buf.h - bytes that grow up to a maximum given at birth.
 *
 * A failed append sets `failed` (ERR_NOMEM or ERR_TOO_LARGE) and later appends do nothing, so
 * that a writer checks once at the end with buf_error(). `data` is always NUL-terminated after
 * a successful append (the NUL isn't counted in `size`). What is added must not lie in the buffer
 * itself, which may move.
 */
#ifndef BUF_H
#define BUF_H

#include <stdint.h>

#include "err.h"
#include "mem.h"
#include "span.h"

struct buf {
    const struct mem *mem;
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t max_size;
    enum err failed;
};

void buf_init(struct buf *buf, const struct mem *mem, size_t max_size);
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); /* Keeps the memory; forgets the failure. */

void buf_add(struct buf *buf, const void *data, size_t size);
void buf_add_span(struct buf *buf, struct span span);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_byte(struct buf *buf, uint8_t byte);
void buf_add_format(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* Only for %d %u %s %zu %lld and the like; C locale. */

/* Room for `size` bytes at the end to write into directly; NULL on failure. Then buf_grew(). */
uint8_t *buf_room(struct buf *buf, size_t size);
void buf_grew(struct buf *buf, size_t size);
void buf_truncate(struct buf *buf, size_t size);

MUST_CHECK enum err buf_error(const struct buf *buf);
struct span buf_span(const struct buf *buf);
const char *buf_text(const struct buf *buf); /* "" when nothing was added. */

#endif
