/* cipher: what is sealed for a place on a disk, and values masked there. */
#include "test.h"

#include <string.h>

#include "cipher.h"
#include "code.h"
#include "test_random.h"

#define PLAIN "Ladies and Gentlemen of the class of '99: If I could offer you only one tip"

static const struct seal_key key = {{1, 2, 3}};
static const uint8_t nonce[CIPHER_NONCE_SIZE] = {4, 5, 6};

static void what_was_sealed_opens_in_its_place_alone(void **state)
{
    const struct cipher_place place = {CIPHER_DB_PAGE, 7};
    const struct cipher_place others[] = {{CIPHER_DB_PAGE, 8},
                                          {CIPHER_WAL_FRAME, 7},
                                          {CIPHER_DB_PAGE, 7ULL << 32},
                                          {CIPHER_FILE_PIECE, 7}};
    uint8_t text[sizeof PLAIN], opened[sizeof PLAIN], tag[CIPHER_TAG_SIZE];
    (void)state;
    cipher_seal(&key, nonce, place, span_from(PLAIN, sizeof PLAIN), text, tag);
    assert_memory_not_equal(text, PLAIN, sizeof PLAIN);
    assert_true(cipher_open(&key, nonce, place, span_from(text, sizeof text), tag, opened));
    assert_string_equal(opened, PLAIN);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_false(
            cipher_open(&key, nonce, others[i], span_from(text, sizeof text), tag, opened));
    }
}

static void a_changed_bit_does_not_open(void **state)
{
    const struct cipher_place place = {CIPHER_FILE_PIECE, 0};
    uint8_t sealed[sizeof PLAIN + CIPHER_EXTRA], opened[sizeof PLAIN];
    uint8_t *tag = sealed + sizeof PLAIN, *own_nonce = tag + CIPHER_TAG_SIZE;
    (void)state;
    memcpy(own_nonce, nonce, sizeof nonce);
    cipher_seal(&key, own_nonce, place, span_from(PLAIN, sizeof PLAIN), sealed, tag);
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(
            cipher_open(&key, own_nonce, place, span_from(sealed, sizeof PLAIN), tag, opened));
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(cipher_open(&key, own_nonce, place, span_from(sealed, sizeof PLAIN), tag, opened));
}

static void a_key_is_for_one_purpose_and_name(void **state)
{
    struct seal_key page, mask, file, other;
    (void)state;
    cipher_derive(&key, "page", (struct span){0}, &page);
    cipher_derive(&key, "mask", (struct span){0}, &mask);
    cipher_derive(&key, "page", span_of("file"), &file);
    cipher_derive(&key, "pagef", span_of("ile"), &other);
    assert_memory_not_equal(&page, &mask, sizeof page);
    assert_memory_not_equal(&page, &file, sizeof page);
    assert_memory_not_equal(&file, &other, sizeof page);
    assert_memory_not_equal(&page, &key, sizeof page);
}

static void a_masked_value_comes_back_and_depends_on_its_place(void **state)
{
    struct test_random random = test_random_begin("masks");
    uint8_t mask_key[CIPHER_MASK_KEY_SIZE] = {9};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t words[2] = {test_random_next(&random), test_random_next(&random)};
        uint64_t value = test_random_next(&random), here = value, there = value, near = value ^ 1;
        uint8_t tweak[CIPHER_TWEAK_SIZE];
        memcpy(tweak, words, sizeof tweak);
        cipher_mask(mask_key, tweak, (uint8_t *)&here);
        cipher_mask(mask_key, tweak, (uint8_t *)&near);
        tweak[i % CIPHER_TWEAK_SIZE] ^= 1;
        cipher_mask(mask_key, tweak, (uint8_t *)&there);
        tweak[i % CIPHER_TWEAK_SIZE] ^= 1;
        assert_true(here != value && here != there);
        /* Both halves change with one bit. */
        assert_true((uint32_t)here != (uint32_t)near && here >> 32 != near >> 32);
        cipher_unmask(mask_key, tweak, (uint8_t *)&here);
        assert_true(here == value);
    }
}

static void secret_memory_is_of_use(void **state)
{
    (void)state;
    struct seal_key *secret = secret_new(sizeof *secret);
    assert_non_null(secret);
    *secret = key;
    assert_memory_equal(secret, &key, sizeof key);
    secret_free(secret);
    secret_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens_in_its_place_alone),
        cmocka_unit_test(a_changed_bit_does_not_open),
        cmocka_unit_test(a_key_is_for_one_purpose_and_name),
        cmocka_unit_test(a_masked_value_comes_back_and_depends_on_its_place),
        cmocka_unit_test(secret_memory_is_of_use),
    };
    return cmocka_run_group_tests_name("cipher", tests, NULL, NULL);
}
