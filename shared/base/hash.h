/*
 * hash.h - BLAKE2b-256 (RFC 7693) through libsodium.
 *
 * Every use begins with a label of its own ("douar-op-1"), so that bytes hashed for one purpose
 * can't be passed off for another. The label's bytes and one NUL byte are hashed first, so that a
 * label can't run over into what follows it; what follows is kept apart by hash_add_sized() or by
 * parts of a fixed size.
 */
#ifndef HASH_H
#define HASH_H

#include <stdint.h>

#include "span.h"

#define HASH_SIZE 32

struct hash {
    uint8_t bytes[HASH_SIZE];
};

struct hash_state {
    _Alignas(64) uint8_t opaque[384];
};

void hash_begin(struct hash_state *state, const char *label); /* The label's bytes and a NUL. */
void hash_add(struct hash_state *state, const void *data, size_t size);
void hash_add_u64(struct hash_state *state, uint64_t value);     /* big-endian */
void hash_add_sized(struct hash_state *state, struct span data); /* length as u64, then bytes */
void hash_end(struct hash_state *state, struct hash *ret);

/* BLAKE2b-256 of the bytes alone, without a label; the same of bytes that come in pieces. */
void hash_begin_bytes(struct hash_state *state);
void hash_bytes(struct span data, struct hash *ret);

#endif
