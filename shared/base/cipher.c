#include "cipher.h"

#include <sodium.h>
#include <string.h>

#include "hash.h"

#define PLACE_SIZE  16
#define MASK_ROUNDS 4
#define MASK_HALF   4

_Static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the library's key");
_Static_assert(CIPHER_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "its nonce");
_Static_assert(CIPHER_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "its tag");
_Static_assert(CIPHER_MASK_KEY_SIZE == crypto_shorthash_KEYBYTES, "SipHash's key");
_Static_assert(SEAL_KEY_SIZE == HASH_SIZE, "a derived key is a hash");

static void place_write(struct cipher_place place, uint8_t ret[PLACE_SIZE])
{
    memset(ret, 0, PLACE_SIZE);
    ret[0] = (uint8_t)place.kind;
    for (size_t i = 0; i < 8; i++) {
        ret[PLACE_SIZE - 1 - i] = (uint8_t)(place.number >> (8 * i));
    }
}

void cipher_seal(const struct seal_key *key, const uint8_t nonce[CIPHER_NONCE_SIZE],
                 struct cipher_place place, struct span plain, uint8_t *ret,
                 uint8_t ret_tag[CIPHER_TAG_SIZE])
{
    uint8_t associated[PLACE_SIZE];
    place_write(place, associated);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(ret, ret_tag, NULL, plain.data,
                                                              plain.size, associated, PLACE_SIZE,
                                                              NULL, nonce, key->bytes);
}

bool cipher_open(const struct seal_key *key, const uint8_t nonce[CIPHER_NONCE_SIZE],
                 struct cipher_place place, struct span sealed, const uint8_t tag[CIPHER_TAG_SIZE],
                 uint8_t *ret)
{
    uint8_t associated[PLACE_SIZE];
    place_write(place, associated);
    return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(ret, NULL, sealed.data, sealed.size,
                                                               tag, associated, PLACE_SIZE, nonce,
                                                               key->bytes) == 0;
}

void cipher_derive(const struct seal_key *master, const char *purpose, struct span name,
                   struct seal_key *ret)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, master->bytes, SEAL_KEY_SIZE, SEAL_KEY_SIZE);
    (void)crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    (void)crypto_generichash_update(&state, name.data, name.size);
    (void)crypto_generichash_final(&state, ret->bytes, SEAL_KEY_SIZE);
    sodium_memzero(&state, sizeof state);
}

/* What one round mixes into a half: it depends on the key, the place, the round and the other. */
static void mix(const uint8_t key[CIPHER_MASK_KEY_SIZE], const uint8_t tweak[CIPHER_TWEAK_SIZE],
                uint8_t round, const uint8_t from[MASK_HALF], uint8_t into[MASK_HALF])
{
    uint8_t text[CIPHER_TWEAK_SIZE + 1 + MASK_HALF];
    uint8_t hash[crypto_shorthash_BYTES];
    memcpy(text, tweak, CIPHER_TWEAK_SIZE);
    text[CIPHER_TWEAK_SIZE] = round;
    memcpy(text + CIPHER_TWEAK_SIZE + 1, from, MASK_HALF);
    (void)crypto_shorthash(hash, text, sizeof text, key);
    for (size_t i = 0; i < MASK_HALF; i++) {
        into[i] ^= hash[i];
    }
}

void cipher_mask(const uint8_t key[CIPHER_MASK_KEY_SIZE], const uint8_t tweak[CIPHER_TWEAK_SIZE],
                 uint8_t value[8])
{
    for (uint8_t round = 0; round < MASK_ROUNDS; round++) {
        bool odd = round % 2 != 0;
        mix(key, tweak, round, odd ? value : value + MASK_HALF, odd ? value + MASK_HALF : value);
    }
}

void cipher_unmask(const uint8_t key[CIPHER_MASK_KEY_SIZE], const uint8_t tweak[CIPHER_TWEAK_SIZE],
                   uint8_t value[8])
{
    for (uint8_t round = MASK_ROUNDS; round-- > 0;) {
        bool odd = round % 2 != 0;
        mix(key, tweak, round, odd ? value : value + MASK_HALF, odd ? value + MASK_HALF : value);
    }
}

void *secret_new(size_t size)
{
    /* Once more does nothing; before the first time this kind of memory would end the program. */
    return sodium_init() < 0 ? NULL : sodium_malloc(size);
}

void secret_free(void *secret)
{
    sodium_free(secret);
}
