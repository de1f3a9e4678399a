#include "hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* The header names the size so that its users need not see the library's. */
_Static_assert(sizeof(struct hash_state) >= sizeof(crypto_generichash_blake2b_state),
               "room for the library's state");
_Static_assert(_Alignof(struct hash_state) >= _Alignof(crypto_generichash_blake2b_state),
               "aligned as the library wants");

static crypto_generichash_blake2b_state *inner(struct hash_state *state)
{
    return (void *)state->opaque;
}

void hash_begin_bytes(struct hash_state *state)
{
    /* Fails only for a length out of range. */
    int failed = crypto_generichash_blake2b_init(inner(state), NULL, 0, HASH_SIZE);
    assert(failed == 0);
    (void)failed;
}

void hash_begin(struct hash_state *state, const char *label)
{
    hash_begin_bytes(state);
    hash_add(state, label, strlen(label) + 1);
}

void hash_add(struct hash_state *state, const void *data, size_t size)
{
    if (size > 0) {
        (void)crypto_generichash_blake2b_update(inner(state), data, size);
    }
}

void hash_add_u64(struct hash_state *state, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    }
    hash_add(state, bytes, sizeof bytes);
}

void hash_add_sized(struct hash_state *state, struct span data)
{
    hash_add_u64(state, data.size);
    hash_add(state, data.data, data.size);
}

void hash_end(struct hash_state *state, struct hash *ret)
{
    (void)crypto_generichash_blake2b_final(inner(state), ret->bytes, HASH_SIZE);
}

void hash_bytes(struct span data, struct hash *ret)
{
    struct hash_state state;
    hash_begin_bytes(&state);
    hash_add(&state, data.data, data.size);
    hash_end(&state, ret);
}
