/*
 * sign.h - Ed25519 signatures (RFC 8032) and constant-time comparison through libsodium, whose
 * sodium_init() main has called.
 */
#ifndef SIGN_H
#define SIGN_H

#include <stdint.h>

#include "span.h"

#define PUBLIC_KEY_SIZE  32
#define SECRET_SEED_SIZE 32
#define SIGNATURE_SIZE   64

struct public_key {
    uint8_t bytes[PUBLIC_KEY_SIZE];
};
struct secret_key {
    uint8_t bytes[64]; /* seed and public key, as libsodium keeps it */
};
struct signature {
    uint8_t bytes[SIGNATURE_SIZE];
};

/* The pair that follows from 32 random bytes. */
void sign_key_from_seed(const uint8_t seed[SECRET_SEED_SIZE], struct public_key *ret_public,
                        struct secret_key *ret_secret);
void sign_message(const struct secret_key *key, struct span message, struct signature *ret);
bool sign_verify(const struct public_key *key, struct span message, const struct signature *sig);

void sign_wipe(void *secret, size_t size);                   /* Not optimised away. */
bool bytes_equal(const void *a, const void *b, size_t size); /* Constant time. */

#endif
