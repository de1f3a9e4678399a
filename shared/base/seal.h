/*
 * seal.h - sealing what only one node may read, through libsodium.
 *
 * A file's key is sealed to the Ed25519 key of its reader (libsodium's sealed box over X25519);
 * the file itself with ChaCha20-Poly1305 (RFC 8439) under that key, which is used for one file
 * alone: only so may its nonces be numbers.
 */
#ifndef SEAL_H
#define SEAL_H

#include "sign.h"

#define SEAL_KEY_SIZE   32
#define SEAL_SEED_SIZE  32 /* random bytes for the one-time key of a sealed box */
#define SEAL_NONCE_SIZE 12
#define SEAL_TAG_SIZE   16 /* what sealing adds */
#define SEALED_KEY_SIZE 80

struct seal_key {
    uint8_t bytes[SEAL_KEY_SIZE];
};

/* False when the reader's key is none that can be sealed to. The same seed gives the same bytes. */
bool seal_key_for(const struct seal_key *key, const struct public_key *reader,
                  const uint8_t seed[SEAL_SEED_SIZE], uint8_t ret[SEALED_KEY_SIZE]);
/* False when it was sealed to another. */
bool seal_key_open(const uint8_t sealed[SEALED_KEY_SIZE], const struct secret_key *reader,
                   struct seal_key *ret);

/* What the owners of two keys, and nobody else, can compute: the same from either side (X25519 of
   both as for a sealed box). To be hashed with what it is for, never used as it is. False when
   `theirs` is no usable key. */
bool seal_shared(const struct secret_key *mine, const struct public_key *theirs,
                 struct seal_key *ret);

/* Writes plain.size + SEAL_TAG_SIZE bytes. A nonce is used once with a key. */
void seal_bytes(const struct seal_key *key, const uint8_t nonce[SEAL_NONCE_SIZE],
                struct span associated, struct span plain, uint8_t *ret);
/* Writes sealed.size - SEAL_TAG_SIZE bytes; false (and nothing of worth written) when it isn't
   what was sealed under this key, nonce and associated data. */
bool seal_bytes_open(const struct seal_key *key, const uint8_t nonce[SEAL_NONCE_SIZE],
                     struct span associated, struct span sealed, uint8_t *ret);

#endif
