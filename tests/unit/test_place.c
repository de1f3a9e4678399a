/* place: which codes are codes, and what lies inside what. */
#include "test.h"

#include "place.h"

static void codes_are_one_to_eight_short_segments(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool valid;
    } rows[] = {
        {"05", true},
        {"org", true},
        {"05.081.03.09", true},
        {"05.081.03.09.x7kq2m", true},
        {"123456789012", true},
        {"1.2.3.4.5.6.7.8", true},
        {"", false},
        {".", false},
        {"05.", false},
        {".05", false},
        {"05..081", false},
        {"1234567890123", false},
        {"1.2.3.4.5.6.7.8.9", false},
        {"05.A1", false},
        {"05 081", false},
        {"05.é", false},
        {"123456789012.123456789012.123456789012.123456789012.12345678901", true},
        {"123456789012.123456789012.123456789012.123456789012.123456789012.1", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (place_code_valid(span_of(rows[i].code)) != rows[i].valid) {
            fail_msg("%s", rows[i].code);
        }
    }
}

static void a_place_lies_in_its_prefixes_at_a_dot(void **state)
{
    (void)state;
    struct span douar = span_of("05.081.03.09.x7kq2m");
    assert_true(place_within(douar, douar));
    assert_true(place_within(douar, span_of("05.081.03.09")));
    assert_true(place_within(douar, span_of("05")));
    assert_false(place_within(douar, span_of("05.081.0")));
    assert_false(place_within(douar, span_of("05.081.03.09.")));
    assert_false(place_within(span_of("05.081"), span_of("05.081.03")));
    assert_false(place_within(span_of("05.0811"), span_of("05.081")));
    assert_false(place_within(douar, span_of("")));
    assert_false(place_within(douar, span_of(PLACE_ORG)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_one_to_eight_short_segments),
        cmocka_unit_test(a_place_lies_in_its_prefixes_at_a_dot),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
