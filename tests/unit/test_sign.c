/* sign: Ed25519 as RFC 8032 has it. */
#include "test.h"

#include <string.h>

#include "code.h"
#include "sign.h"

struct vector {
    const char *seed;
    const char *public_key;
    const char *message;
    const char *signature;
};

/* RFC 8032, section 7.1, tests 1 and 2. */
static const struct vector vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
};

static void make_key(const struct vector *vector, struct public_key *ret_public,
                     struct secret_key *ret_secret)
{
    uint8_t seed[SECRET_SEED_SIZE];
    assert_true(hex_read(span_of(vector->seed), seed, sizeof seed));
    sign_key_from_seed(seed, ret_public, ret_secret);
}

static void keys_and_signatures_are_those_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct public_key public_key;
        struct secret_key secret_key;
        struct signature signature;
        char text[2 * SIGNATURE_SIZE + 1];
        make_key(&vectors[i], &public_key, &secret_key);
        hex_write(public_key.bytes, PUBLIC_KEY_SIZE, text);
        assert_string_equal(text, vectors[i].public_key);
        sign_message(&secret_key, span_of(vectors[i].message), &signature);
        hex_write(signature.bytes, SIGNATURE_SIZE, text);
        assert_string_equal(text, vectors[i].signature);
        assert_true(sign_verify(&public_key, span_of(vectors[i].message), &signature));
    }
}

static void any_changed_bit_is_noticed(void **state)
{
    (void)state;
    struct public_key key;
    struct public_key other;
    struct secret_key secret;
    struct signature signature;
    uint8_t message[] = "twenty bytes of text";
    make_key(&vectors[1], &other, &secret);
    make_key(&vectors[0], &key, &secret);
    struct span text = span_from(message, sizeof message);
    sign_message(&secret, text, &signature);
    assert_true(sign_verify(&key, text, &signature));
    assert_false(sign_verify(&other, text, &signature));
    assert_false(sign_verify(&key, span_cut(text, 0, text.size - 1), &signature));
    for (size_t bit = 0; bit < sizeof message * 8; bit++) {
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(sign_verify(&key, text, &signature));
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < SIGNATURE_SIZE * 8; bit++) {
        signature.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(sign_verify(&key, text, &signature));
        signature.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_key_of_small_order_proves_nothing(void **state)
{
    (void)state;
    struct public_key key = {{1}};
    struct signature signature = {{1}};
    assert_false(sign_verify(&key, span_of("anything"), &signature));
    assert_false(sign_verify(&key, (struct span){0}, &signature));
}

static void a_wiped_secret_is_gone(void **state)
{
    (void)state;
    uint8_t secret[8] = "secret!";
    static const uint8_t zero[8] = {0};
    sign_wipe(secret, sizeof secret);
    assert_memory_equal(secret, zero, sizeof secret);
}

static void bytes_are_compared_whole(void **state)
{
    (void)state;
    assert_true(bytes_equal("abc", "abd", 2));
    assert_false(bytes_equal("abc", "abd", 3));
    assert_false(bytes_equal("abc", "xbc", 3));
    assert_true(bytes_equal("a", "b", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_signatures_are_those_of_the_rfc),
        cmocka_unit_test(any_changed_bit_is_noticed),
        cmocka_unit_test(a_key_of_small_order_proves_nothing),
        cmocka_unit_test(a_wiped_secret_is_gone),
        cmocka_unit_test(bytes_are_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
