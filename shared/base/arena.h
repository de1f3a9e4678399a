/*
 * arena.h - memory for one unit of work (a request, a save, a command), freed at once.
 *
 * Name an arena for its lifetime: `request_arena`, `save_arena`. Allocations are aligned for
 * any type, zeroed, and never moved. `max_size` bounds the whole arena: reaching it is
 * reported as "no memory", so a hostile input can't grow it.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

#include "err.h"
#include "mem.h"
#include "span.h"

struct arena_block;

struct arena {
    const struct mem *mem;
    struct arena_block *blocks;
    size_t used_size; /* bytes handed out since the last reset */
    size_t max_size;
};

void arena_init(struct arena *arena, const struct mem *mem, size_t max_size);
void arena_release(struct arena *arena); /* NULL and half-built arenas are fine. */
void arena_reset(struct arena *arena);   /* Forgets everything, keeps one block for reuse. */

/* Forgets what was handed out since the mark: a step of a long walk that came to nothing. */
struct arena_mark {
    struct arena_block *block;
    size_t block_used, used_size;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* NULL when memory or the maximum is exhausted. `size` 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t item_size); /* Checks the product. */

/* NUL-terminated copies. */
char *arena_text(struct arena *arena, const char *text);
char *arena_span_text(struct arena *arena, struct span span);
MUST_CHECK enum err arena_copy(struct arena *arena, struct span span, struct span *ret);

#endif
