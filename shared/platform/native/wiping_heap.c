#define _GNU_SOURCE /* explicit_bzero(), malloc_usable_size() */
/*
 * wiping_heap.c - what the programs give back to the heap is wiped first.
 *
 * Records, pages of the database, bodies of requests and keys lie in memory of SQLite, GnuTLS,
 * libcurl, cJSON and ours; a long-running office would leave them in free blocks for whoever reads
 * its memory, its swap or a hibernated machine. The C library lets a program put its own functions
 * in place of free() and realloc() ("Replacing malloc" in its manual), so every library's memory is
 * wiped, not only what passes through host->mem. Rejected: each library's own hooks (GnuTLS has
 * none any more), and sodium's guarded heap (a page or two for every text).
 *
 * Linked into the two programs alone. Not with AddressSanitizer, which has a heap of its own.
 */
#ifdef __SANITIZE_ADDRESS__
#define OWN_HEAP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define OWN_HEAP
#endif
#endif

#ifndef OWN_HEAP

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Larger blocks are mappings of their own: the kernel moves and takes them without a copy. */
#define MAPPED_FROM ((size_t)32 * 1024 * 1024)

/* The C library's own, under the names by which it lets them be called. */
void __libc_free(void *block);                  /* NOLINT(bugprone-reserved-identifier) */
void *__libc_realloc(void *block, size_t size); /* NOLINT(bugprone-reserved-identifier) */

void free(void *block)
{
    int kept = errno; /* free() never changes it */
    if (block != NULL) {
        size_t size = malloc_usable_size(block);
        if (size < MAPPED_FROM) {
            explicit_bzero(block, size);
        }
        __libc_free(block);
    }
    errno = kept;
}

/* In place where it fits; else a new block, and the old one is wiped. */
void *realloc(void *block, size_t size)
{
    size_t held = block != NULL ? malloc_usable_size(block) : 0;
    if (block == NULL || size == 0 || held >= MAPPED_FROM) {
        if (size == 0) {
            free(block);
            return NULL;
        }
        return __libc_realloc(block, size);
    }
    if (size <= held && size >= held / 2) {
        explicit_bzero((unsigned char *)block + size, held - size);
        return block;
    }
    void *moved = malloc(size);
    if (moved != NULL) {
        memcpy(moved, block, size < held ? size : held);
        free(block);
    }
    return moved;
}

#else

typedef int wiping_heap_is_left_out;

#endif
