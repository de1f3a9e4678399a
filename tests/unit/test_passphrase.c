/* passphrase: what is strong enough, what is made, what a try costs. */
#include "test.h"

#include <string.h>

#include "code.h"
#include "passphrase.h"

static void what_a_thief_could_try_is_refused(void **state)
{
    static const struct {
        const char *text;
        bool alone, beside;
    } rows[] = {
        {"", false, false},
        {"1234", false, false},
        {"123456", false, true},
        {"12345678", false, true},
        {"123456789012345678", false, true},
        {"12345678901234567890", true, true},
        {"aaaaaaaaaaaaaaaaaaaa", false, true},
        {"correct horse", false, true},
        {"correct horse battery", true, true},
        {"\xD8\xA7\xD9\x84\xD8\xA8\xD9\x8A\xD8\xAA "
         "\xD8\xA7\xD9\x84\xD9\x83\xD8\xA8\xD9\x8A\xD8\xB1 "
         "\xD9\x81\xD9\x8A \xD8\xAA\xD8\xA8\xD8\xA7\xD9\x86\xD8\xAA",
         true, true},
        {"not utf-8 at all \xFF\xFE", false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(passphrase_is_strong(span_of(rows[i].text), false), rows[i].alone);
        assert_int_equal(passphrase_is_strong(span_of(rows[i].text), true), rows[i].beside);
    }
}

/* The examples of the proposal: 127.0.0.1 is lusab-babad, 63.84.220.193 is gutih-tugad. */
static void made_ones_are_the_proposal_s(void **state)
{
    const uint8_t random[PASSPHRASE_RANDOM] = {127, 0, 0, 1, 63, 84, 220, 193, 255, 255};
    char made[PASSPHRASE_SIZE];
    (void)state;
    passphrase_make(random, made);
    assert_string_equal(made, "lusab-babad-gutih-tugad-zuzuz");
    assert_true(passphrase_is_strong(span_of(made), false));
}

static void the_key_follows_from_text_salt_and_cost(void **state)
{
    const uint8_t salt[PASSPHRASE_SALT_SIZE] = {1}, other[PASSPHRASE_SALT_SIZE] = {2};
    const struct passphrase_cost least = PASSPHRASE_COST_LEAST;
    const struct passphrase_cost more = {least.memory_kib, least.passes + 1};
    struct seal_key key, again, changed;
    (void)state;
    assert_true(passphrase_key(span_of("correct horse battery"), salt, least, &key));
    assert_true(passphrase_key(span_of("correct horse battery"), salt, least, &again));
    assert_memory_equal(&key, &again, sizeof key);
    assert_true(passphrase_key(span_of("correct horse batterz"), salt, least, &changed));
    assert_memory_not_equal(&key, &changed, sizeof key);
    assert_true(passphrase_key(span_of("correct horse battery"), other, least, &changed));
    assert_memory_not_equal(&key, &changed, sizeof key);
    assert_true(passphrase_key(span_of("correct horse battery"), salt, more, &changed));
    assert_memory_not_equal(&key, &changed, sizeof key);
}

/* Nobody lowers it by accident. */
static void a_try_costs_what_the_standards_ask(void **state)
{
    (void)state;
    const struct passphrase_cost least = PASSPHRASE_COST_LEAST, usual = PASSPHRASE_COST;
    assert_true(least.memory_kib >= 19 * 1024 && least.passes >= 2);
    assert_true(usual.memory_kib >= 64 * 1024 && usual.passes >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_thief_could_try_is_refused),
        cmocka_unit_test(made_ones_are_the_proposal_s),
        cmocka_unit_test(the_key_follows_from_text_salt_and_cost),
        cmocka_unit_test(a_try_costs_what_the_standards_ask),
    };
    return cmocka_run_group_tests_name("passphrase", tests, NULL, NULL);
}
