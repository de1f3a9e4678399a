#include "seal.h"

#include <sodium.h>
#include <string.h>

_Static_assert(SEAL_KEY_SIZE == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "the library's key");
_Static_assert(SEAL_NONCE_SIZE == crypto_aead_chacha20poly1305_ietf_NPUBBYTES, "its nonce");
_Static_assert(SEAL_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES, "its tag");
_Static_assert(SEALED_KEY_SIZE == SEAL_KEY_SIZE + crypto_box_SEALBYTES, "its sealed box");
_Static_assert(SEAL_SEED_SIZE == crypto_box_SEEDBYTES, "its seed of a pair");

/* The nonce of a sealed box: crypto_box_seal() makes the one-time key itself, from randomness of
   its own; here that comes from the caller. What it opens is the same. */
static void box_nonce(const uint8_t *one_time, const uint8_t *reader,
                      uint8_t ret[crypto_box_NONCEBYTES])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, crypto_box_NONCEBYTES);
    (void)crypto_generichash_update(&state, one_time, crypto_box_PUBLICKEYBYTES);
    (void)crypto_generichash_update(&state, reader, crypto_box_PUBLICKEYBYTES);
    (void)crypto_generichash_final(&state, ret, crypto_box_NONCEBYTES);
}

bool seal_key_for(const struct seal_key *key, const struct public_key *reader,
                  const uint8_t seed[SEAL_SEED_SIZE], uint8_t ret[SEALED_KEY_SIZE])
{
    uint8_t box_key[crypto_box_PUBLICKEYBYTES];
    uint8_t one_time[crypto_box_PUBLICKEYBYTES];
    uint8_t one_time_secret[crypto_box_SECRETKEYBYTES];
    uint8_t nonce[crypto_box_NONCEBYTES];
    if (crypto_sign_ed25519_pk_to_curve25519(box_key, reader->bytes) != 0) {
        return false;
    }
    (void)crypto_box_seed_keypair(one_time, one_time_secret, seed);
    box_nonce(one_time, box_key, nonce);
    memcpy(ret, one_time, sizeof one_time);
    bool sealed = crypto_box_easy(ret + sizeof one_time, key->bytes, SEAL_KEY_SIZE, nonce, box_key,
                                  one_time_secret) == 0;
    sodium_memzero(one_time_secret, sizeof one_time_secret);
    return sealed;
}

bool seal_shared(const struct secret_key *mine, const struct public_key *theirs,
                 struct seal_key *ret)
{
    uint8_t box_key[crypto_box_PUBLICKEYBYTES];
    uint8_t box_secret[crypto_box_SECRETKEYBYTES];
    if (crypto_sign_ed25519_pk_to_curve25519(box_key, theirs->bytes) != 0) {
        return false;
    }
    (void)crypto_sign_ed25519_sk_to_curve25519(box_secret, mine->bytes);
    bool shared = crypto_scalarmult(ret->bytes, box_secret, box_key) == 0;
    sodium_memzero(box_secret, sizeof box_secret);
    return shared;
}

bool seal_key_open(const uint8_t sealed[SEALED_KEY_SIZE], const struct secret_key *reader,
                   struct seal_key *ret)
{
    uint8_t box_key[crypto_box_PUBLICKEYBYTES];
    uint8_t box_secret[crypto_box_SECRETKEYBYTES];
    struct seal_key key;
    (void)crypto_sign_ed25519_sk_to_curve25519(box_secret, reader->bytes);
    (void)crypto_scalarmult_base(box_key, box_secret);
    bool opened =
        crypto_box_seal_open(key.bytes, sealed, SEALED_KEY_SIZE, box_key, box_secret) == 0;
    sodium_memzero(box_secret, sizeof box_secret);
    if (opened) {
        *ret = key;
    }
    sodium_memzero(&key, sizeof key);
    return opened;
}

void seal_bytes(const struct seal_key *key, const uint8_t nonce[SEAL_NONCE_SIZE],
                struct span associated, struct span plain, uint8_t *ret)
{
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(ret, NULL, plain.data, plain.size,
                                                    associated.data, associated.size, NULL, nonce,
                                                    key->bytes);
}

bool seal_bytes_open(const struct seal_key *key, const uint8_t nonce[SEAL_NONCE_SIZE],
                     struct span associated, struct span sealed, uint8_t *ret)
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(ret, NULL, NULL, sealed.data, sealed.size,
                                                     associated.data, associated.size, nonce,
                                                     key->bytes) == 0;
}
