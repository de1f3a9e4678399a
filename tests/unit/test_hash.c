/* hash: BLAKE2b-256, and labels that keep its uses apart. */
#include "test.h"

#include <string.h>

#include "code.h"
#include "hash.h"

static void assert_hash(const struct hash *hash, const char *expected)
{
    char text[2 * HASH_SIZE + 1];
    hex_write(hash->bytes, HASH_SIZE, text);
    assert_string_equal(text, expected);
}

/* The expected values come from another implementation (Python's hashlib). */
static void bytes_alone_hash_as_the_rfc_says(void **state)
{
    (void)state;
    struct hash hash;
    hash_bytes((struct span){0}, &hash);
    assert_hash(&hash, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    hash_bytes(span_of("abc"), &hash);
    assert_hash(&hash, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void a_label_and_its_nul_come_first(void **state)
{
    (void)state;
    struct hash_state hashing;
    struct hash hash;
    hash_begin(&hashing, "douar-op-1");
    hash_add(&hashing, "ab", 2);
    hash_add(&hashing, "c", 1);
    hash_add(&hashing, NULL, 0);
    hash_add_u64(&hashing, 5);
    hash_add_sized(&hashing, span_of("xyz"));
    hash_end(&hashing, &hash);
    assert_hash(&hash, "829051f7f04f05fa169f10fc44b1e6b3cb12fabb1fd0435d311a8ea3f3bc3f03");
}

static void a_label_does_not_run_over_into_what_follows(void **state)
{
    (void)state;
    static const char *const parts[][2] = {{"", "abb"}, {"a", "bb"}, {"ab", "b"}, {"abb", ""}};
    struct hash hashes[COUNT_OF(parts)];
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct hash_state hashing;
        hash_begin(&hashing, parts[i][0]);
        hash_add(&hashing, parts[i][1], strlen(parts[i][1]));
        hash_end(&hashing, &hashes[i]);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(hashes[i].bytes, hashes[j].bytes, HASH_SIZE);
        }
    }
}

static void sized_parts_do_not_run_together(void **state)
{
    (void)state;
    struct hash_state hashing;
    struct hash first;
    struct hash second;
    hash_begin(&hashing, "t");
    hash_add_sized(&hashing, span_of("ab"));
    hash_add_sized(&hashing, span_of("c"));
    hash_end(&hashing, &first);
    hash_begin(&hashing, "t");
    hash_add_sized(&hashing, span_of("a"));
    hash_add_sized(&hashing, span_of("bc"));
    hash_end(&hashing, &second);
    assert_memory_not_equal(first.bytes, second.bytes, HASH_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_alone_hash_as_the_rfc_says),
        cmocka_unit_test(a_label_and_its_nul_come_first),
        cmocka_unit_test(a_label_does_not_run_over_into_what_follows),
        cmocka_unit_test(sized_parts_do_not_run_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
