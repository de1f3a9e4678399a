#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* The first block serves a small request whole; later ones double, so that a large unit of work
   costs few calls to the allocator. */
#define BLOCK_FIRST_SIZE ((size_t)4096)
#define BLOCK_MAX_SIZE   ((size_t)256 * 1024)
#define UNIT             alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t capacity; /* bytes of data */
    size_t used;
    alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, const struct mem *mem, size_t max_size)
{
    *arena = (struct arena){.mem = mem, .max_size = max_size};
}

static void free_blocks(struct arena *arena, struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        (void)arena->mem->resize(arena->mem->ctx, block, 0);
        block = next;
    }
}

void arena_release(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    free_blocks(arena, arena->blocks);
    arena->blocks = NULL;
    arena->used_size = 0;
}

static void empty_block(struct arena_block *block, size_t used)
{
#ifdef __SANITIZE_ADDRESS__
    memset(block->data + used, 0xa5, block->used - used); /* who still borrows shall notice */
#endif
    block->used = used;
}

void arena_reset(struct arena *arena)
{
    /* The newest block is the largest but for single large allocations. */
    struct arena_block *kept = arena->blocks;
    if (kept != NULL) {
        free_blocks(arena, kept->next);
        kept->next = NULL;
        empty_block(kept, 0);
    }
    arena->used_size = 0;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){.block = arena->blocks,
                               .block_used = arena->blocks == NULL ? 0 : arena->blocks->used,
                               .used_size = arena->used_size};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->blocks != mark.block) { /* newest first; the mark's is among them */
        struct arena_block *gone = arena->blocks;
        arena->blocks = gone->next;
        (void)arena->mem->resize(arena->mem->ctx, gone, 0);
    }
    if (mark.block != NULL) {
        empty_block(mark.block, mark.block_used);
    }
    arena->used_size = mark.used_size;
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    size_t capacity = arena->blocks == NULL ? BLOCK_FIRST_SIZE : arena->blocks->capacity * 2;
    capacity = capacity < BLOCK_MAX_SIZE ? capacity : BLOCK_MAX_SIZE;
    /* No block larger than what may still be handed out. */
    size_t allowed = arena->max_size - arena->used_size;
    capacity = capacity < allowed ? capacity : allowed;
    capacity = capacity > size ? capacity : size;
    if (capacity > SIZE_MAX - sizeof(struct arena_block)) {
        return NULL;
    }
    struct arena_block *block =
        arena->mem->resize(arena->mem->ctx, NULL, sizeof(struct arena_block) + capacity);
    if (block == NULL) {
        return NULL;
    }
    block->next = arena->blocks;
    block->capacity = capacity;
    block->used = 0;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - UNIT) {
        return NULL;
    }
    size_t whole = size == 0 ? UNIT : (size + UNIT - 1) / UNIT * UNIT;
    if (whole > arena->max_size - arena->used_size) {
        return NULL;
    }
    struct arena_block *block = arena->blocks;
    if (block == NULL || whole > block->capacity - block->used) {
        block = add_block(arena, whole);
    }
    if (block == NULL) {
        return NULL;
    }
    uint8_t *data = block->data + block->used;
    block->used += whole;
    arena->used_size += whole;
    memset(data, 0, whole);
    return data;
}

void *arena_array(struct arena *arena, size_t count, size_t item_size)
{
    if (item_size != 0 && count > SIZE_MAX / item_size) {
        return NULL;
    }
    return arena_alloc(arena, count * item_size);
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_span_text(arena, span_of(text));
}

char *arena_span_text(struct arena *arena, struct span span)
{
    if (span.size == SIZE_MAX) {
        return NULL;
    }
    char *copy = arena_alloc(arena, span.size + 1);
    if (copy != NULL && span.size > 0) {
        memcpy(copy, span.data, span.size);
    }
    return copy;
}

enum err arena_copy(struct arena *arena, struct span span, struct span *ret)
{
    const char *copy = arena_span_text(arena, span);
    if (copy == NULL) {
        return ERR_NOMEM;
    }
    *ret = span_from(copy, span.size);
    return OK;
}
