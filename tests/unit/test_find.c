#define _XOPEN_SOURCE 700

#include "test_record.h"

struct fixture {
    struct test_org org;
    struct node *a;
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    test_org_open(&f->org);
    f->a = test_org_device(&f->org, "A01", f->org.fatima, TEST_COMMUNE);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    test_org_release(&f->org);
    free(f);
    return 0;
}

static struct id household(struct fixture *f, const char *answers)
{
    return test_save(&f->org, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE), answers)
        .entity;
}

static void expect_found(struct fixture *f, const char *text, size_t count)
{
    struct test_found found = test_find(f->a, NULL, text);
    if (found.count != count) {
        fail_msg("\"%s\" finds %zu, not %zu", text, found.count, count);
    }
}

static void arabic_is_found_however_it_is_written(void **state)
{
    struct fixture *f = *state;
    (void)household(f, "{\"head_name_ar\":\"فاطمة الزّهراء أيت إحيا\"}");
    expect_found(f, "فاطمة", 1);
    expect_found(f, "فاطمه", 1);    /* heh for teh marbuta */
    expect_found(f, "ايت احيا", 1); /* bare alef */
    expect_found(f, "الزهراء", 1);  /* without shadda */
    expect_found(f, "فـاطـمـة", 1); /* with tatweel */
    expect_found(f, "الزهر", 1);    /* the beginning of a word */
    expect_found(f, "زهراء", 0);    /* the end of one */
    expect_found(f, "خديجة", 0);
}

static void latin_is_found_without_accents_or_case(void **state)
{
    struct fixture *f = *state;
    (void)household(f, "{\"head_name_ar\":\"x\",\"head_name_fr\":\"Aïcha Aït-Ouâziz\"}");
    expect_found(f, "aicha", 1);
    expect_found(f, "AÏCHA AIT", 1);
    expect_found(f, "ouaziz aicha", 1); /* in any order */
    expect_found(f, "ouaz", 1);
    expect_found(f, "ait-ouaziz", 1);
    expect_found(f, "aicha benali", 0); /* all words must occur */
}

static void tifinagh_is_found(void **state)
{
    struct fixture *f = *state;
    struct id root = household(f, "{\"head_name_ar\":\"x\"}");
    (void)test_save(&f->org, f->a, test_child(f->org.fatima, "person", root),
                    "{\"name_ar\":\"y\",\"sex\":\"f\",\"name_zgh\":\"ⵜⵉⵍⵍⵉ ⵏ ⵓⵙⴰⵏ\"}");
    expect_found(f, "ⵜⵉⵍⵍⵉ", 1);
    expect_found(f, "ⵜⵉⵍ", 1);
    expect_found(f, "ⵓⵙⴰⵏ ⵜⵉⵍⵍⵉ", 1);
    expect_found(f, "ⵍⵍⵉ", 0);
}

static void digits_and_case_numbers_are_found(void **state)
{
    struct fixture *f = *state;
    struct saved saved =
        test_save(&f->org, f->a, test_new(f->org.fatima, "household", TEST_COMMUNE),
                  "{\"head_name_ar\":\"x\",\"phone\":\"0661234567\"}");
    expect_found(f, "0661234567", 1);
    expect_found(f, "٠٦٦١٢٣٤٥٦٧", 1);
    expect_found(f, "06612", 1);
    expect_found(f, saved.case_number, 1);
    expect_found(f, "a01 00001", 1);
}

static void nothing_in_a_query_is_an_operator(void **state)
{
    struct fixture *f = *state;
    (void)household(f, "{\"head_name_ar\":\"x\",\"head_name_fr\":\"Or Near Not\"}");
    expect_found(f, "or", 1);
    expect_found(f, "near not", 1);
    expect_found(f, "\"or", 1);
    expect_found(f, "or* AND (near", 0); /* "and" is a word that doesn't occur */
    expect_found(f, "text:or", 0);
    expect_found(f, "^or", 1);
    expect_found(f, "", 0);
    expect_found(f, "\" * ( ) : ^ -", 0);
}

static void both_sides_of_a_dispute_are_found(void **state)
{
    struct fixture *f = *state;
    struct node *b = test_org_device(&f->org, "B02", f->org.brahim, TEST_COMMUNE);
    struct id entity = household(f, "{\"head_name_ar\":\"x\"}");
    test_carry(&f->org, f->a, b);
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"phone\":\"0661111111\"}");
    (void)test_save(&f->org, b, test_edit(f->org.brahim, entity), "{\"phone\":\"0662222222\"}");
    test_carry(&f->org, b, f->a);
    expect_found(f, "0661111111", 1);
    expect_found(f, "0662222222", 1);
}

static void an_old_value_is_no_longer_found(void **state)
{
    struct fixture *f = *state;
    struct id entity = household(f, "{\"head_name_ar\":\"x\",\"phone\":\"0661111111\"}");
    expect_found(f, "0661111111", 1);
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, entity), "{\"phone\":\"0662222222\"}");
    expect_found(f, "0661111111", 0);
    expect_found(f, "0662222222", 1);
}

static void what_changed_last_comes_first(void **state)
{
    struct fixture *f = *state;
    struct id first = household(f, "{\"head_name_ar\":\"x\",\"head_name_fr\":\"Aicha\"}");
    struct id second = household(f, "{\"head_name_ar\":\"x\",\"head_name_fr\":\"Aicha\"}");
    assert_true(id_equal(test_find(f->a, NULL, "aicha").first, second));
    f->org.now_ms += 1000;
    (void)test_save(&f->org, f->a, test_edit(f->org.fatima, first), "{\"members\":4}");
    assert_true(id_equal(test_find(f->a, NULL, "aicha").first, first));
}

static bool stop_at_once(void *ctx, const struct record_row *row)
{
    (void)row;
    ++*(size_t *)ctx;
    return false;
}

static void a_search_stops_when_told(void **state)
{
    struct fixture *f = *state;
    struct test_found found = {.count = 0};
    size_t calls = 0;
    for (size_t i = 0; i < 5; i++) {
        (void)household(f, "{\"head_name_ar\":\"x\",\"head_name_fr\":\"Aicha\"}");
    }
    assert_int_equal(record_find(f->a, NULL, "aicha", 0, stop_at_once, &calls, NULL), OK);
    assert_int_equal(calls, 1);
    assert_int_equal(record_find(f->a, NULL, "aicha", 3, test_found_each, &found, NULL), OK);
    assert_int_equal(found.count, 3);
}

/* Searchable health data must not answer who may not read it. */
static void other_compartments_don_t_answer(void **state)
{
    struct fixture *f = *state;
    struct node *s = test_org_device(&f->org, "S01", f->org.said, TEST_PROVINCE);
    struct id root = test_save(&f->org, s, test_new(f->org.said, "household", TEST_COMMUNE),
                               "{\"head_name_ar\":\"x\"}")
                         .entity;
    test_publish(&f->org, "_type", "clinic_visit",
                 "{\"type\":\"clinic_visit\",\"version\":1,\"parent\":\"household\","
                 "\"labels\":{\"ar\":\"v\",\"fr\":\"v\",\"zgh\":\"v\",\"en\":\"v\"},"
                 "\"title\":[\"ward\"],\"properties\":["
                 "{\"id\":\"ward\",\"type\":\"text\",\"search\":true,"
                 "\"labels\":{\"ar\":\"v\",\"fr\":\"v\",\"zgh\":\"v\",\"en\":\"v\"}},"
                 "{\"id\":\"finding\",\"type\":\"text\",\"search\":true,\"compartment\":\"health\","
                 "\"labels\":{\"ar\":\"v\",\"fr\":\"v\",\"zgh\":\"v\",\"en\":\"v\"}}]}");
    test_carry(&f->org, f->org.region, s);
    (void)test_save(&f->org, s, test_child(f->org.said, "clinic_visit", root),
                    "{\"ward\":\"north\",\"finding\":\"asthma\"}");
    assert_int_equal(test_find(s, &f->org.said, "asthma").count, 1);
    assert_int_equal(test_find(s, &f->org.fatima, "asthma").count, 0);
    assert_int_equal(test_find(s, &f->org.fatima, "north").count, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest cases[] = {
        CASE(arabic_is_found_however_it_is_written),
        CASE(latin_is_found_without_accents_or_case),
        CASE(tifinagh_is_found),
        CASE(digits_and_case_numbers_are_found),
        CASE(nothing_in_a_query_is_an_operator),
        CASE(both_sides_of_a_dispute_are_found),
        CASE(an_old_value_is_no_longer_found),
        CASE(what_changed_last_comes_first),
        CASE(a_search_stops_when_told),
        CASE(other_compartments_don_t_answer),
    };
#undef CASE
    return cmocka_run_group_tests(cases, NULL, NULL);
}
