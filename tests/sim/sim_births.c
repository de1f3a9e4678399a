#include "sim_births.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *block)
{
    if (!block) {
        abort();
    }
    return block;
}

void births_release(struct sim_births *births)
{
    for (size_t i = 0; i < births->count; i++) {
        free(births->list[i].body);
    }
    free(births->list);
    free(births->slots);
    *births = (struct sim_births){0};
}

static size_t slot_of(const struct sim_births *births, struct id uid)
{
    size_t slot = (size_t)id_prefix8(uid) & (births->slot_count - 1);
    while (births->slots[slot] != 0 && !id_equal(births->list[births->slots[slot] - 1].uid, uid)) {
        slot = (slot + 1) & (births->slot_count - 1);
    }
    return slot;
}

struct sim_birth *births_find(const struct sim_births *births, struct id uid)
{
    if (births->slot_count == 0) {
        return NULL;
    }
    size_t index = births->slots[slot_of(births, uid)];
    return index == 0 ? NULL : &births->list[index - 1];
}

static void grow(struct sim_births *births)
{
    births->capacity = births->capacity ? 2 * births->capacity : 1024;
    births->list = must(realloc(births->list, births->capacity * sizeof *births->list));
    births->slot_count = 4 * births->capacity;
    free(births->slots);
    births->slots = must(calloc(births->slot_count, sizeof *births->slots));
    for (size_t i = 0; i < births->count; i++) {
        births->slots[slot_of(births, births->list[i].uid)] = i + 1;
    }
}

struct sim_birth *births_add(struct sim_births *births, struct id uid, size_t node,
                             struct span body)
{
    struct sim_birth *known = births_find(births, uid);
    if (known) {
        return known;
    }
    if (births->count == births->capacity) {
        grow(births);
    }
    struct sim_birth *birth = &births->list[births->count++];
    *birth = (struct sim_birth){.uid = uid, .node = node, .body_size = body.size};
    birth->body = must(malloc(body.size + 1));
    memcpy(birth->body, body.data, body.size);
    births->slots[slot_of(births, uid)] = births->count;
    return birth;
}
