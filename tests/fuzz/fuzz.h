/*
 * fuzz.h - what the fuzz targets share: libFuzzer's entry and a bounded memory.
 *
 * A target is one function over bytes. Built with DOUAR_FUZZ it is a libFuzzer program; always it
 * is also a plain one that replays the files of a folder (replay.c), which ctest runs over
 * corpus/<target>. A crash that a fuzzer finds becomes a file there.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "mem.h"

#define FUZZ_ARENA_MAX (8u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void *fuzz_resize(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

static inline const struct mem *fuzz_mem(void)
{
    static const struct mem mem = {.resize = fuzz_resize};
    return &mem;
}

/* What must hold whatever the input is; a fuzzer sees it as a crash. */
static inline void fuzz_insist(int holds)
{
    if (!holds) {
        abort();
    }
}

#endif
