#include "sign.h"

#include <sodium.h>

_Static_assert(PUBLIC_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "the library's public key");
_Static_assert(SECRET_SEED_SIZE == crypto_sign_SEEDBYTES, "the library's seed");
_Static_assert(SIGNATURE_SIZE == crypto_sign_BYTES, "the library's signature");
_Static_assert(sizeof(struct secret_key) == crypto_sign_SECRETKEYBYTES, "the library's secret key");

void sign_key_from_seed(const uint8_t seed[SECRET_SEED_SIZE], struct public_key *ret_public,
                        struct secret_key *ret_secret)
{
    (void)crypto_sign_seed_keypair(ret_public->bytes, ret_secret->bytes, seed);
}

void sign_message(const struct secret_key *key, struct span message, struct signature *ret)
{
    (void)crypto_sign_detached(ret->bytes, NULL, message.data, message.size, key->bytes);
}

bool sign_verify(const struct public_key *key, struct span message, const struct signature *sig)
{
    return crypto_sign_verify_detached(sig->bytes, message.data, message.size, key->bytes) == 0;
}

void sign_wipe(void *secret, size_t size)
{
    sodium_memzero(secret, size);
}

bool bytes_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}
