/* seal: the AEAD of RFC 8439, and a key that only its reader opens. */
#include "test.h"

#include <string.h>

#include "code.h"
#include "seal.h"

/* RFC 8439, section 2.8.2. */
#define PLAIN                                                                                      \
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " \
    "sunscreen would be it."
#define SEALED                                                                                     \
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92" \
    "728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b" \
    "4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"

static void sealed_bytes_are_those_of_the_rfc(void **state)
{
    (void)state;
    struct seal_key key;
    uint8_t nonce[SEAL_NONCE_SIZE], associated[12];
    uint8_t sealed[sizeof PLAIN - 1 + SEAL_TAG_SIZE], opened[sizeof PLAIN - 1];
    char text[2 * sizeof sealed + 1];
    assert_true(
        hex_read(span_of("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
                 key.bytes, sizeof key));
    assert_true(hex_read(span_of("070000004041424344454647"), nonce, sizeof nonce));
    assert_true(hex_read(span_of("50515253c0c1c2c3c4c5c6c7"), associated, sizeof associated));
    struct span with = span_from(associated, sizeof associated);
    seal_bytes(&key, nonce, with, span_of(PLAIN), sealed);
    hex_write(sealed, sizeof sealed, text);
    assert_string_equal(text, SEALED);
    assert_true(seal_bytes_open(&key, nonce, with, span_from(sealed, sizeof sealed), opened));
    assert_memory_equal(opened, PLAIN, sizeof opened);
}

static void what_was_changed_does_not_open(void **state)
{
    (void)state;
    struct seal_key key = {{1, 2, 3}};
    uint8_t nonce[SEAL_NONCE_SIZE] = {9}, other[SEAL_NONCE_SIZE] = {8};
    uint8_t sealed[4 + SEAL_TAG_SIZE] = {0}, opened[4];
    struct span whole = span_from(sealed, sizeof sealed);
    seal_bytes(&key, nonce, span_of("head"), span_of("text"), sealed);
    assert_false(seal_bytes_open(&key, other, span_of("head"), whole, opened));
    assert_false(seal_bytes_open(&key, nonce, span_of("Head"), whole, opened));
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(seal_bytes_open(&key, nonce, span_of("head"), whole, opened));
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(seal_bytes_open(&key, nonce, span_of("head"), whole, opened));
}

static void only_its_reader_opens_a_sealed_key(void **state)
{
    (void)state;
    struct seal_key key = {{7, 7}}, opened = {{0}};
    struct public_key reader, stranger;
    struct secret_key reader_secret, stranger_secret;
    uint8_t seed[SECRET_SEED_SIZE] = {1}, one_time[SEAL_SEED_SIZE] = {5};
    uint8_t sealed[SEALED_KEY_SIZE], again[SEALED_KEY_SIZE];
    sign_key_from_seed(seed, &reader, &reader_secret);
    seed[0] = 2;
    sign_key_from_seed(seed, &stranger, &stranger_secret);
    assert_true(seal_key_for(&key, &reader, one_time, sealed));
    assert_true(seal_key_for(&key, &reader, one_time, again));
    assert_memory_equal(sealed, again, sizeof sealed);
    assert_false(seal_key_open(sealed, &stranger_secret, &opened));
    assert_true(seal_key_open(sealed, &reader_secret, &opened));
    assert_memory_equal(opened.bytes, key.bytes, SEAL_KEY_SIZE);
    sealed[50] ^= 1;
    assert_false(seal_key_open(sealed, &reader_secret, &opened));
}

static void a_key_that_is_no_point_is_refused(void **state)
{
    (void)state;
    const struct seal_key key = {{1}};
    const struct public_key zeros = {{0}};
    uint8_t seed[SEAL_SEED_SIZE] = {3}, sealed[SEALED_KEY_SIZE];
    assert_false(seal_key_for(&key, &zeros, seed, sealed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_bytes_are_those_of_the_rfc),
        cmocka_unit_test(what_was_changed_does_not_open),
        cmocka_unit_test(only_its_reader_opens_a_sealed_key),
        cmocka_unit_test(a_key_that_is_no_point_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
