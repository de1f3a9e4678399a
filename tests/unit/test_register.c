/* register: what several live values show, whatever order they came in. */
#include "test.h"

#include <string.h>

#include "register.h"
#include "test_mem.h"
#include "test_random.h"

#define ARENA_MAX  (1024 * 1024)
#define VALUES_MAX 8

/* A live value: what, when (ms), by whom (0 worker, 1 supervisor). */
struct live {
    const char *json;
    int64_t time_ms;
    int64_t author_rank;
};

struct show_row {
    const char *name;
    enum policy policy;
    enum value_type type;
    struct live live[VALUES_MAX];
    const char *shown;
    bool disputed;
    size_t distinct_count;
};

static const struct show_row rows[] = {
    {"nothing live", POLICY_REVIEW, VALUE_TEXT, {{0}}, "null", false, 0},
    {"one value", POLICY_REVIEW, VALUE_TEXT, {{"\"a\"", 1, 0}}, "\"a\"", false, 1},
    {"the latest of two",
     POLICY_REVIEW,
     VALUE_TEXT,
     {{"\"a\"", 2, 0}, {"\"b\"", 1, 0}},
     "\"a\"",
     true,
     2},
    {"equal values collapse",
     POLICY_REVIEW,
     VALUE_TEXT,
     {{"\"a\"", 2, 0}, {"\"a\"", 1, 1}},
     "\"a\"",
     false,
     1},
    {"cleared against kept",
     POLICY_REVIEW,
     VALUE_TEXT,
     {{"null", 2, 0}, {"\"a\"", 1, 0}},
     "null",
     true,
     2},
    {"three, two alike",
     POLICY_REVIEW,
     VALUE_TEXT,
     {{"\"a\"", 2, 0}, {"\"b\"", 3, 0}, {"\"a\"", 1, 0}},
     "\"b\"",
     true,
     2},
    {"a group by bytes",
     POLICY_REVIEW,
     VALUE_TEXT,
     {{"{\"a\":1}", 2, 0}, {"{\"a\":2}", 3, 0}},
     "{\"a\":2}",
     true,
     2},

    {"last hides the others",
     POLICY_LAST,
     VALUE_TEXT,
     {{"\"a\"", 2, 0}, {"\"b\"", 3, 0}},
     "\"b\"",
     false,
     2},
    {"derived is never disputed",
     POLICY_DERIVED,
     VALUE_INTEGER,
     {{"1", 2, 0}, {"2", 1, 0}},
     "1",
     false,
     2},

    {"supervisor over a later worker",
     POLICY_RANK,
     VALUE_TEXT,
     {{"\"s\"", 1, 1}, {"\"w\"", 9, 0}},
     "\"s\"",
     false,
     2},
    {"two supervisors",
     POLICY_RANK,
     VALUE_TEXT,
     {{"\"s\"", 1, 1}, {"\"t\"", 2, 1}, {"\"w\"", 9, 0}},
     "\"t\"",
     true,
     3},
    {"two supervisors agree",
     POLICY_RANK,
     VALUE_TEXT,
     {{"\"s\"", 1, 1}, {"\"s\"", 2, 1}, {"\"w\"", 9, 0}},
     "\"s\"",
     false,
     2},
    {"two workers", POLICY_RANK, VALUE_TEXT, {{"\"v\"", 1, 0}, {"\"w\"", 9, 0}}, "\"w\"", true, 2},

    {"greatest number",
     POLICY_MAX,
     VALUE_INTEGER,
     {{"9", 3, 0}, {"10", 1, 0}, {"null", 4, 0}},
     "10",
     false,
     3},
    {"least number",
     POLICY_MIN,
     VALUE_INTEGER,
     {{"9", 3, 0}, {"10", 1, 0}, {"null", 4, 0}},
     "9",
     false,
     3},
    {"least date is the partial one",
     POLICY_MIN,
     VALUE_DATE,
     {{"\"1948-05\"", 1, 0}, {"\"1948\"", 2, 0}},
     "\"1948\"",
     false,
     2},
    {"greatest of nothing",
     POLICY_MAX,
     VALUE_DATE,
     {{"null", 1, 0}, {"null", 2, 0}},
     "null",
     false,
     1},

    {"element set by one",
     POLICY_SET,
     VALUE_BOOLEAN,
     {{"true", 1, 0}, {"null", 2, 0}},
     "true",
     false,
     2},
    {"element cleared", POLICY_SET, VALUE_BOOLEAN, {{"null", 2, 0}}, "null", false, 1},
    {"element false",
     POLICY_SET,
     VALUE_BOOLEAN,
     {{"null", 2, 0}, {"false", 1, 0}},
     "false",
     false,
     2},

    {"sum",
     POLICY_COUNTER,
     VALUE_INTEGER,
     {{"1", 1, 0}, {"-3", 2, 0}, {"1", 3, 0}, {"null", 4, 0}},
     "-1",
     false,
     3},
    {"sum of nothing", POLICY_COUNTER, VALUE_INTEGER, {{"null", 4, 0}}, "null", false, 1},
    {"sum beyond doubles",
     POLICY_COUNTER,
     VALUE_INTEGER,
     {{"9007199254740991", 1, 0}, {"2", 2, 0}},
     "\"9007199254740993\"",
     false,
     2},
    {"sum beyond 64 bits",
     POLICY_COUNTER,
     VALUE_INTEGER,
     {{"\"9223372036854775807\"", 1, 0}, {"\"9223372036854775807\"", 2, 0}},
     "\"9223372036854775807\"",
     false,
     1},
    {"sum that comes back",
     POLICY_COUNTER,
     VALUE_INTEGER,
     {{"\"9223372036854775807\"", 1, 0},
      {"\"9223372036854775807\"", 2, 0},
      {"\"-9223372036854775808\"", 3, 0},
      {"\"-9223372036854775808\"", 4, 0}},
     "-2",
     false,
     2},
    {"sum below 64 bits",
     POLICY_COUNTER,
     VALUE_INTEGER,
     {{"\"-9223372036854775808\"", 1, 0}, {"-1", 2, 0}},
     "\"-9223372036854775808\"",
     false,
     2},
    {"exact decimals",
     POLICY_COUNTER,
     VALUE_DECIMAL,
     {{"\"0.1\"", 1, 0}, {"\"0.2\"", 2, 0}},
     "\"0.3\"",
     false,
     2},
    {"decimals to zero",
     POLICY_COUNTER,
     VALUE_DECIMAL,
     {{"\"-0.5\"", 1, 0}, {"\"0.5\"", 2, 0}},
     "\"0\"",
     false,
     2},
    {"decimals below zero",
     POLICY_COUNTER,
     VALUE_DECIMAL,
     {{"\"-0.55\"", 1, 0}, {"\"0.5\"", 2, 0}},
     "\"-0.05\"",
     false,
     2},
    {"decimals far apart",
     POLICY_COUNTER,
     VALUE_DECIMAL,
     {{"\"100000000000000000\"", 1, 0}, {"\"0.00000000000000001\"", 2, 0}},
     "\"100000000000000000.00000000000000001\"",
     false,
     2},
    {"what is no number",
     POLICY_COUNTER,
     VALUE_INTEGER,
     {{"\"x\"", 1, 0}, {"5", 2, 0}},
     "5",
     false,
     2},

    {"oldest first",
     POLICY_APPEND,
     VALUE_TEXT,
     {{"\"b\"", 2, 0}, {"\"a\"", 1, 0}, {"null", 3, 0}, {"\"a\"", 4, 0}},
     "[\"a\",\"b\",\"a\"]",
     false,
     3},
    {"nothing to append", POLICY_APPEND, VALUE_TEXT, {{"null", 3, 0}}, "null", false, 1},
};

static size_t make_values(const struct show_row *row, struct register_value *values)
{
    size_t count = 0;
    while (count < VALUES_MAX && row->live[count].json) {
        values[count] = (struct register_value){
            .json = span_of(row->live[count].json),
            .rank = {.effective_ms = row->live[count].time_ms},
            .author_rank = row->live[count].author_rank,
            .op_index = count,
        };
        count++;
    }
    return count;
}

static void each_policy_shows_its_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct show_row *row = &rows[i];
        struct register_value values[VALUES_MAX];
        struct register_shown shown;
        struct test_mem memory;
        struct arena arena;
        arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
        size_t count = make_values(row, values);
        assert_int_equal(register_show(row->policy, row->type, values, count, &arena, &shown), OK);
        if (!span_is(shown.json, row->shown) || shown.disputed != row->disputed ||
            shown.distinct_count != row->distinct_count) {
            fail_msg("%s: %.*s, disputed %d, distinct %zu", row->name, (int)shown.json.size,
                     (const char *)shown.json.data, shown.disputed, shown.distinct_count);
        }
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
    }
}

static void swap(struct register_value *a, struct register_value *b)
{
    struct register_value kept = *a;
    *a = *b;
    *b = kept;
}

static void assert_shows_the_same(enum policy policy, enum value_type type,
                                  const struct register_value *values, size_t count,
                                  const struct register_shown *expected, size_t first_op)
{
    struct register_value copy[VALUES_MAX];
    struct register_shown shown;
    struct test_mem memory;
    struct arena arena;
    arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
    memcpy(copy, values, count * sizeof(*values));
    assert_int_equal(register_show(policy, type, copy, count, &arena, &shown), OK);
    assert_true(span_equal(shown.json, expected->json));
    assert_int_equal(shown.disputed, expected->disputed);
    assert_int_equal(shown.distinct_count, expected->distinct_count);
    assert_int_equal(copy[shown.first_index].op_index, first_op);
    arena_release(&arena);
}

/* Heap's algorithm. */
static void every_permutation(enum policy policy, enum value_type type,
                              struct register_value *values, size_t count, size_t size,
                              const struct register_shown *expected, size_t first_op)
{
    if (size <= 1) {
        assert_shows_the_same(policy, type, values, count, expected, first_op);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        every_permutation(policy, type, values, count, size - 1, expected, first_op);
        swap(&values[size % 2 ? 0 : i], &values[size - 1]);
    }
}

static struct register_value any_value(struct test_random *random, size_t index)
{
    static const char *const pool[] = {
        "null",     "1",           "2",        "-3",      "\"9007199254740993\"",
        "\"1.5\"",  "\"0.05\"",    "\"-7\"",   "true",    "false",
        "\"1948\"", "\"1948-05\"", "\"text\"", "[\"a\"]", "{\"a\":1}",
    };
    struct register_value value = {
        .json = span_of(pool[test_random_below(random, COUNT_OF(pool))]),
        .rank = {.effective_ms = (int64_t)test_random_below(random, 3),
                 .counter = (int64_t)test_random_below(random, 2)},
        .author_rank = (int64_t)test_random_below(random, 2),
        .op_index = index,
    };
    value.rank.uid.bytes[0] = (uint8_t)test_random_below(random, 2);
    value.rank.uid.bytes[15] = (uint8_t)index; /* Two ops never share a uid. */
    return value;
}

static void the_order_of_arrival_changes_nothing(void **state)
{
    (void)state;
    struct test_random random = test_random_begin("permutations");
    for (size_t round = 0; round < 300; round++) {
        enum policy policy = (enum policy)(round % POLICY_COUNT);
        enum value_type type = (enum value_type)test_random_below(&random, VALUE_TYPE_COUNT);
        struct register_value values[VALUES_MAX];
        struct register_value sorted[VALUES_MAX];
        struct register_shown expected;
        struct test_mem memory;
        struct arena arena;
        size_t count = 2 + test_random_below(&random, 4);
        for (size_t i = 0; i < count; i++) {
            values[i] = any_value(&random, i);
        }
        arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
        memcpy(sorted, values, sizeof(sorted));
        assert_int_equal(register_show(policy, type, sorted, count, &arena, &expected), OK);
        every_permutation(policy, type, values, count, count, &expected,
                          sorted[expected.first_index].op_index);
        arena_release(&arena);
    }
}

/* A second way to the same sum, in thousandths, which 64 bits hold. */
static void decimal_sums_are_exact(void **state)
{
    (void)state;
    struct test_random random = test_random_begin("sums");
    for (size_t round = 0; round < 2000; round++) {
        struct register_value values[VALUES_MAX];
        char texts[VALUES_MAX][32];
        char expected[32];
        struct register_shown shown;
        struct test_mem memory;
        struct arena arena;
        int64_t sum = 0;
        for (size_t i = 0; i < VALUES_MAX; i++) {
            int64_t thousandths = (int64_t)test_random_below(&random, 4000000) - 2000000;
            thousandths = thousandths / 100 * 100 + (thousandths % 7 ? 5 : 0);
            sum += thousandths;
            int64_t size = thousandths < 0 ? -thousandths : thousandths;
            (void)snprintf(texts[i], sizeof(texts[i]), "\"%s%lld.%03lld\"",
                           thousandths < 0 ? "-" : "", (long long)(size / 1000),
                           (long long)(size % 1000));
            values[i] =
                (struct register_value){.json = span_of(texts[i]), .rank = {.counter = (int64_t)i}};
        }
        int64_t size = sum < 0 ? -sum : sum;
        int length = snprintf(expected, sizeof(expected), "\"%s%lld.%03lld", sum < 0 ? "-" : "",
                              (long long)(size / 1000), (long long)(size % 1000));
        while (expected[length - 1] == '0') {
            length--;
        }
        length -= expected[length - 1] == '.';
        (void)snprintf(expected + length, 2, "\"");
        arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
        assert_int_equal(
            register_show(POLICY_COUNTER, VALUE_DECIMAL, values, VALUES_MAX, &arena, &shown), OK);
        if (!span_is(shown.json, expected)) {
            fail_msg("%.*s for %s", (int)shown.json.size, (const char *)shown.json.data, expected);
        }
        arena_release(&arena);
    }
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t nth = 1;; nth++) {
            struct register_value values[VALUES_MAX];
            struct register_shown shown;
            struct test_mem memory;
            struct arena arena;
            arena_init(&arena, test_mem_init(&memory, nth), ARENA_MAX);
            size_t count = make_values(&rows[i], values);
            enum err e = register_show(rows[i].policy, rows[i].type, values, count, &arena, &shown);
            arena_release(&arena);
            assert_int_equal(e, memory.failed ? ERR_NOMEM : OK);
            if (!memory.failed) {
                break;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_policy_shows_its_value),
        cmocka_unit_test(the_order_of_arrival_changes_nothing),
        cmocka_unit_test(decimal_sums_are_exact),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("register", tests, NULL, NULL);
}
