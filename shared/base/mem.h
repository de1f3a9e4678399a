/*
 * mem.h - where memory comes from.
 *
 * Every allocation of Douar's own code goes through a `struct mem` handed down from main, so
 * that a test can count allocations and let the Nth one fail.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

struct mem {
    void *ctx;
    /* realloc's contract: old NULL allocates, size 0 frees and returns NULL. May return NULL. */
    void *(*resize)(void *ctx, void *old, size_t size);
};

#endif
