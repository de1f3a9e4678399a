/*
 * Batches at a real hub, mutated by their structure (batch_mutator.h) and then by what libFuzzer
 * sees. What must hold is in push_world.h.
 */
#include <string.h>

#include "fuzz.h"
#include "push_world.h"

#define TEXT_MAX (1u << 20)

int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static void close_world(void);

static struct push_world *world(void)
{
    static struct push_world *made;
    if (made == NULL) {
        made = push_world_open();
        (void)atexit(close_world);
    }
    return made;
}

static void close_world(void)
{
    push_world_close(world());
}

/* Before the first input, which would take too long otherwise. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    (void)world();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    struct buf out;
    /* What was never a batch begins as one. */
    struct span from = size > 64 ? span_from(data, size) : push_world_honest(world());
    buf_init(&out, fuzz_mem(), TEXT_MAX);
    batch_mutate(push_world_facts(world()), seed, from, &out);
    if (buf_error(&out) == OK && out.size > 0 && out.size <= max_size) {
        memcpy(data, out.data, out.size);
        size = out.size;
    }
    buf_release(&out);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct push_outcome outcome;
    push_world_begin(world());
    push_try(world(), span_from(data, size), &outcome);
    push_world_end(world(), false);
    return 0;
}
