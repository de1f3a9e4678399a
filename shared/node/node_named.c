#include "node_named.h"

#include <stdlib.h>
#include <string.h>

void named_begin(struct named *named, struct arena *arena)
{
    *named = (struct named){.arena = arena};
}

enum err named_add(struct named *named, const struct op_register *reg)
{
    if (reg->pred_count == 0) {
        return OK;
    }
    if (named->capacity - named->count < reg->pred_count) {
        size_t wanted = 2 * (named->count + reg->pred_count);
        uint64_t *more = arena_array(named->arena, wanted, sizeof *more);
        if (!more) {
            return ERR_NOMEM;
        }
        if (named->count > 0) {
            memcpy(more, named->uids, named->count * sizeof *more);
        }
        named->uids = more;
        named->capacity = wanted;
    }
    memcpy(named->uids + named->count, reg->preds, reg->pred_count * sizeof *reg->preds);
    named->count += reg->pred_count;
    return OK;
}

uint64_t named_in(struct span reg, uint64_t uid8)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < reg.size; i++) {
        hash = (hash ^ (uint8_t)reg.data[i]) * 1099511628211u;
    }
    return uid8 ^ hash;
}

enum err named_add_in(struct named *named, const struct op_register *reg)
{
    size_t before = named->count;
    enum err e = named_add(named, reg);
    for (size_t i = before; i < named->count; i++) {
        named->uids[i] = named_in(reg->name, named->uids[i]);
    }
    return e;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void named_sort(struct named *named)
{
    if (named->count > 0) {
        qsort(named->uids, named->count, sizeof *named->uids, by_number);
    }
}

bool named_has(const struct named *named, uint64_t uid8)
{
    return named->count > 0 &&
           bsearch(&uid8, named->uids, named->count, sizeof *named->uids, by_number) != NULL;
}
