/*
 * test_lease.c - devices that lock without contact, whatever is done to their clocks, and the codes
 * that open them.
 */
#include "test.h"

#include "lease.h"
#include "notice.h"
#include "reopen.h"
#include "test_town.h"

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, lease_setup, town_teardown)
#define DAY_MS          LEASE_DAY_MS
#define YEAR_MS         (365 * DAY_MS)
#define SUPERVISOR_IN(scope)                                                                       \
    "{\"role\":\"supervisor\",\"scopes\":[\"" scope "\"],\"compartments\":[\"base\"]}"

static int lease_setup(void **state)
{
    int failed = town_setup(state);
    struct town *town = *state;
    town->nodes.boot = 1;
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    return failed;
}

/* ---- clocks: of all nodes at once, since one machine plays them */

static void pass(struct town *town, int64_t ms)
{
    town->nodes.now_ms += ms;
}

/* The wall clock alone; the machine goes on. */
static void set_clock(struct town *town, int64_t ms)
{
    town->nodes.now_ms += ms;
    town->nodes.since_ms += ms;
}

/* Off for so long, by a clock that goes on from `skew` beside the truth. */
static void off(struct town *town, int64_t ms, int64_t skew)
{
    town->nodes.now_ms += ms + skew;
    town->nodes.since_ms = town->nodes.now_ms;
    town->nodes.boot++;
}

static struct lease look(struct node *node)
{
    struct lease lease;
    assert_int_equal(node_look_at_clock(node), OK);
    assert_int_equal(lease_read(node, &lease), OK);
    return lease;
}

static void locked(struct node *node)
{
    assert_int_equal(look(node).lock, LEASE_EXPIRED);
}

static void open(struct node *node)
{
    assert_int_equal(look(node).lock, LEASE_OPEN);
}

static void a_device_without_contact_warns_then_locks_until_contact(void **state)
{
    struct town *town = *state;
    open(town->a);
    assert_false(look(town->a).warn);
    pass(town, 22 * DAY_MS);
    assert_false(look(town->a).warn);
    pass(town, 2 * DAY_MS);
    assert_true(look(town->a).warn);
    open(town->a);
    pass(town, 6 * DAY_MS - 1000);
    open(town->a);
    pass(town, 2000);
    locked(town->a);
    assert_int_equal(look(town->a).away_ms / DAY_MS, 30);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    open(town->a);
    assert_false(look(town->a).warn);
    assert_int_equal(look(town->a).away_ms / DAY_MS, 0);
}

static void a_server_never_locks(void **state)
{
    struct town *town = *state;
    pass(town, 4 * YEAR_MS);
    open(town->hub);
    open(town->region);
}

static void the_organisation_says_how_many_days(void **state)
{
    struct town *town = *state;
    nodes_publish(town->region, "_setting", SETTING_LEASE, "{\"days\":9,\"id\":\"lease\"}");
    town_sync_all(town);
    assert_int_equal(look(town->a).days, 9);
    pass(town, 6 * DAY_MS);
    assert_true(look(town->a).warn); /* the last third */
    pass(town, 4 * DAY_MS);
    locked(town->a);
    nodes_publish(town->region, "_setting", SETTING_LEASE, "{\"days\":0,\"id\":\"lease\"}");
    town_sync_all(town);
    pass(town, YEAR_MS);
    open(town->a);
    nodes_publish(town->region, "_setting", SETTING_LEASE, "{\"days\":-4,\"id\":\"lease\"}");
    town_sync_all(town);
    assert_int_equal(look(town->a).days, LEASE_DAYS_DEFAULT);
}

static void a_hub_sets_no_days(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    assert_int_equal(org_publish(town->hub, "_setting", SETTING_LEASE,
                                 span_of("{\"days\":3000,\"id\":\"lease\"}"), &diag),
                     ERR_NOT_ALLOWED);
}

static void a_clock_put_back_opens_nothing(void **state)
{
    struct town *town = *state;
    pass(town, 31 * DAY_MS);
    locked(town->a);
    set_clock(town, -31 * DAY_MS);
    locked(town->a);
    off(town, 1000, -20 * DAY_MS);
    locked(town->a);
    pass(town, DAY_MS);
    assert_true(look(town->a).away_ms >= 32 * DAY_MS);
}

static void a_clock_that_is_put_back_each_day_still_runs_out(void **state)
{
    struct town *town = *state;
    for (int i = 0; i < 31; i++) {
        (void)look(town->a);
        pass(town, DAY_MS);
        (void)look(town->a);
        off(town, 1000, -DAY_MS - 1000);
    }
    locked(town->a);
}

static void a_clock_set_ten_years_ahead_while_it_runs_locks_nothing(void **state)
{
    struct town *town = *state;
    set_clock(town, 10 * YEAR_MS);
    open(town->a);
    off(town, 3600000, 0); /* nobody noticed */
    open(town->a);
    pass(town, DAY_MS);
    set_clock(town, -10 * YEAR_MS);
    open(town->a);
    pass(town, 30 * DAY_MS);
    locked(town->a);
}

static void a_clock_that_jumped_while_it_was_off_locks_loudly_and_not_for_ever(void **state)
{
    struct town *town = *state;
    off(town, 3600000, 10 * YEAR_MS);
    locked(town->a);
    assert_true(look(town->a).away_ms > 9 * YEAR_MS); /* which status and the refusal tell */
    set_clock(town, -10 * YEAR_MS);
    locked(town->a);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    open(town->a);
    off(town, DAY_MS, 0);
    open(town->a);
    assert_true(look(town->a).away_ms < 2 * DAY_MS);
}

static void a_clock_that_begins_in_1970_once_locks_nothing(void **state)
{
    struct town *town = *state;
    int64_t now_ms = town->nodes.now_ms;
    off(town, 0, -now_ms);
    open(town->a);
    pass(town, 3600000);
    open(town->a);
    off(town, DAY_MS, now_ms);
    open(town->a);
    assert_true(look(town->a).away_ms < 2 * DAY_MS);
}

static void away_time_counts_while_switched_off(void **state)
{
    struct town *town = *state;
    off(town, 31 * DAY_MS, 0);
    locked(town->a);
}

/* The correction that a contact gave was of the clock as it stood then. */
static void a_clock_set_right_by_hand_is_not_corrected_twice(void **state)
{
    struct town *town = *state;
    set_clock(town, -3 * 3600000);
    struct node_clock clock;
    assert_int_equal(node_clock(town->a, &clock), OK);
    assert_int_equal(clock.offset_ms, -3 * 3600000);
    pass(town, 60000);
    int64_t truth_ms = town->nodes.now_ms + 3 * 3600000;
    assert_in_range(node_now_ms(town->a) - truth_ms + 2000, 0, 4000);
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha"); /* notes it */
    off(town, 1000, 0); /* what was noted holds for the next run */
    assert_in_range(node_now_ms(town->a) - truth_ms, 0, 4000);
    (void)look(town->a);
    set_clock(town, 3 * 3600000);
    assert_in_range(node_now_ms(town->a) - truth_ms, 0, 4000);
}

/* ---- codes */

static void challenge(struct node *node, char ret[REOPEN_TEXT_SIZE])
{
    struct reopen_challenge asked;
    struct diag diag = {0};
    assert_int_equal(reopen_challenge(node, &asked, &diag), OK);
    memcpy(ret, asked.text, REOPEN_TEXT_SIZE);
}

static enum err answer(struct node *node, const char *asked, int64_t days, char *ret)
{
    struct id device;
    struct diag diag = {0};
    return reopen_answer(node, span_of(asked), days, ret, &device, &diag);
}

static enum err try_code(struct node *node, const char *code)
{
    struct reopened reopened;
    struct diag diag = {0};
    return reopen_open(node, span_of(code), &reopened, &diag);
}

static struct node *supervisor(struct town *town, const char *name, const char *definition)
{
    struct node *node = town_more(town, name, ROLE_SUPERVISOR, town->hub, definition);
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, node, town->hub);
    return node;
}

static void a_supervisors_code_opens_for_the_days_it_says(void **state)
{
    struct town *town = *state;
    char asked[REOPEN_TEXT_SIZE], again[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE];
    struct node *s = supervisor(town, "s", SUPERVISOR_IN(TOWN_PROVINCE));
    pass(town, 31 * DAY_MS);
    locked(town->a);
    challenge(town->a, asked);
    challenge(town->a, again);
    assert_string_equal(asked, again);
    assert_int_equal(answer(s, asked, 3, code), OK);
    assert_int_equal(try_code(town->a, code), OK);
    open(town->a);
    pass(town, 2 * DAY_MS);
    open(town->a);
    assert_true(look(town->a).warn);
    pass(town, DAY_MS + 1000);
    locked(town->a);
    assert_int_equal(try_code(town->a, code), ERR_WRONG_REOPEN); /* once only */
    challenge(town->a, again);
    assert_string_not_equal(asked, again);
    assert_int_equal(try_code(town->a, code), ERR_WRONG_REOPEN);
}

static void a_code_is_read_as_people_write(void **state)
{
    struct town *town = *state;
    char asked[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE], typed[3 * REOPEN_TEXT_SIZE];
    size_t size = 0;
    challenge(town->a, asked);
    assert_int_equal(answer(town->hub, asked, 7, code), OK);
    for (size_t i = 0; code[i]; i++) {
        if (code[i] != '-') {
            typed[size++] = code[i] >= 'A' && code[i] <= 'Z' ? (char)(code[i] + 32) : code[i];
            typed[size++] = i % 3 ? ' ' : '-';
        }
    }
    typed[size] = '\0';
    assert_int_equal(try_code(town->a, typed), OK);
}

static void what_is_mistyped_is_told_from_what_is_wrong(void **state)
{
    struct town *town = *state;
    char asked[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE], other[REOPEN_TEXT_SIZE];
    struct reopen_challenge left;
    struct diag diag = {0};
    challenge(town->a, asked);
    assert_int_equal(answer(town->hub, asked, 7, code), OK);
    for (size_t i = 0; code[i]; i++) {
        memcpy(other, code, sizeof other);
        if (code[i] == '-') {
            continue;
        }
        other[i] = other[i] == 'C' ? 'D' : 'C';
        assert_int_equal(try_code(town->a, other), ERR_BAD_VALUE);
        memcpy(other, asked, sizeof other);
    }
    asked[strlen(asked) - 1] = asked[strlen(asked) - 1] == 'C' ? 'D' : 'C';
    assert_int_equal(answer(town->hub, asked, 7, code), ERR_BAD_VALUE);
    static const char *const never[] = {
        "",
        "A",
        "A01",
        "A01-XXXXX-XXXXX",
        "????",
        "A01-!",
        "A01-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < COUNT_OF(never); i++) {
        assert_int_equal(try_code(town->a, never[i]), ERR_BAD_VALUE);
    }
    assert_int_equal(reopen_challenge(town->a, &left, &diag), OK);
    assert_int_equal(left.tries_left, REOPEN_TRIES);
}

static void a_code_is_for_one_device_one_challenge_one_giver(void **state)
{
    struct town *town = *state;
    char of_a[REOPEN_TEXT_SIZE], of_b[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE];
    challenge(town->a, of_a);
    challenge(town->b, of_b);
    assert_int_equal(answer(town->hub, of_b, 7, code), OK);
    assert_int_equal(try_code(town->a, code), ERR_WRONG_REOPEN);
    assert_int_equal(try_code(town->b, code), OK);
}

static void after_ten_wrong_codes_only_contact_opens(void **state)
{
    struct town *town = *state;
    char asked[REOPEN_TEXT_SIZE], wrong[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE];
    struct reopen_challenge none;
    struct diag diag = {0};
    challenge(town->b, asked);
    assert_int_equal(answer(town->hub, asked, 7, wrong), OK);
    pass(town, 31 * DAY_MS);
    challenge(town->a, asked);
    assert_int_equal(answer(town->hub, asked, 7, code), OK);
    for (int i = 0; i < REOPEN_TRIES; i++) {
        if (i == 5) { /* the count is on the disk */
            node_close(town->a);
            town->a = town_open_again(town, "a");
        }
        assert_int_equal(try_code(town->a, wrong), ERR_WRONG_REOPEN);
    }
    assert_int_equal(try_code(town->a, code), ERR_REOPEN_SPENT);
    assert_int_equal(reopen_challenge(town->a, &none, &diag), ERR_REOPEN_SPENT);
    locked(town->a);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    open(town->a);
    challenge(town->a, asked);
    assert_int_equal(answer(town->hub, asked, 7, code), OK);
    assert_int_equal(try_code(town->a, code), OK);
}

static void codes_alone_keep_no_device_open_for_ever(void **state)
{
    struct town *town = *state;
    char asked[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE];
    assert_int_equal(REOPEN_DAYS_TOTAL % REOPEN_DAYS_MAX, 0);
    pass(town, 31 * DAY_MS);
    for (int i = 0; i < REOPEN_DAYS_TOTAL / REOPEN_DAYS_MAX; i++) {
        locked(town->a);
        challenge(town->a, asked);
        assert_int_equal(answer(town->hub, asked, REOPEN_DAYS_MAX, code), OK);
        assert_int_equal(try_code(town->a, code), OK);
        open(town->a);
        pass(town, REOPEN_DAYS_MAX * DAY_MS + 1000);
    }
    locked(town->a);
    assert_int_equal(try_code(town->a, code), ERR_REOPEN_SPENT);
    assert_int_equal(answer(town->hub, asked, REOPEN_DAYS_MAX + 1, code), ERR_OUT_OF_RANGE);
    assert_int_equal(answer(town->hub, asked, 0, code), ERR_OUT_OF_RANGE);
}

static void only_those_set_over_a_device_open_it(void **state)
{
    struct town *town = *state;
    char of_a[REOPEN_TEXT_SIZE], of_b[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE];
    struct node *commune = supervisor(town, "commune", SUPERVISOR_IN(TOWN_COMMUNE));
    challenge(town->a, of_a);
    challenge(town->b, of_b);
    assert_int_equal(answer(commune, of_a, 7, code), ERR_NOT_ALLOWED); /* a reads the province */
    assert_int_equal(answer(town->b, of_a, 7, code), ERR_NOT_ALLOWED);
    assert_int_equal(answer(town->a, of_b, 7, code), ERR_NOT_ALLOWED);
    assert_int_equal(answer(town->a, of_a, 7, code), ERR_NOT_ALLOWED);
    assert_int_equal(answer(commune, "Z99-AAAAAAAA-0", 7, code), ERR_BAD_VALUE);
    assert_int_equal(answer(commune, of_b, 7, code), OK);
    assert_int_equal(try_code(town->b, code), OK);
    challenge(town->b, of_b);
    assert_int_equal(answer(town->region, of_b, 7, code), OK);
    assert_int_equal(try_code(town->b, code), OK);
}

static void the_revoked_open_nothing_and_are_not_opened(void **state)
{
    struct town *town = *state;
    char asked[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE], id[ID_TEXT_SIZE];
    struct node_identity me;
    struct diag diag = {0};
    struct node *s = supervisor(town, "s", SUPERVISOR_IN(TOWN_PROVINCE));
    challenge(town->a, asked);
    assert_int_equal(answer(s, asked, 7, code), OK);
    assert_int_equal(node_identity(s, &me), OK);
    id_write(me.id, id);
    assert_int_equal(org_revoke(town->hub, "_node", id, &diag), OK);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    challenge(town->a, asked);
    assert_int_equal(answer(s, asked, 7, code), OK); /* it hasn't heard; the device has */
    assert_int_equal(try_code(town->a, code), ERR_REVOKED);
    assert_int_equal(node_identity(town->a, &me), OK);
    id_write(me.id, id);
    assert_int_equal(org_revoke(town->hub, "_node", id, &diag), OK);
    assert_int_equal(answer(town->hub, asked, 7, code), ERR_REVOKED);
}

static int64_t noticed(struct town *town, struct node *node, const char *what, struct node *of)
{
    struct arena arena;
    struct notice *list = NULL;
    struct node_identity about;
    size_t count = 0;
    int64_t found = 0;
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(node_identity(of, &about), OK);
    assert_int_equal(notice_list(node, &arena, &list, &count), OK);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].what, what) == 0 && id_equal(list[i].node, about.id)) {
            found += list[i].count;
        }
    }
    arena_release(&arena);
    return found;
}

static void the_office_is_told_once_who_opened_what(void **state)
{
    struct town *town = *state;
    char asked[REOPEN_TEXT_SIZE], code[REOPEN_TEXT_SIZE];
    struct node *s = supervisor(town, "s", SUPERVISOR_IN(TOWN_PROVINCE));
    challenge(town->a, asked);
    assert_int_equal(answer(s, asked, 3, code), OK);
    assert_int_equal(try_code(town->a, code), OK);
    for (int i = 0; i < 2; i++) {
        (void)nodes_sync(&town->nodes, town->a, town->hub);
        assert_int_equal(noticed(town, town->hub, NOTICE_REOPENED, town->a), 1);
        assert_int_equal(noticed(town, town->hub, NOTICE_GAVE, s), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(a_device_without_contact_warns_then_locks_until_contact),
        TOWN_TEST(a_server_never_locks),
        TOWN_TEST(the_organisation_says_how_many_days),
        TOWN_TEST(a_hub_sets_no_days),
        TOWN_TEST(a_clock_put_back_opens_nothing),
        TOWN_TEST(a_clock_that_is_put_back_each_day_still_runs_out),
        TOWN_TEST(a_clock_set_ten_years_ahead_while_it_runs_locks_nothing),
        TOWN_TEST(a_clock_that_jumped_while_it_was_off_locks_loudly_and_not_for_ever),
        TOWN_TEST(a_clock_that_begins_in_1970_once_locks_nothing),
        TOWN_TEST(away_time_counts_while_switched_off),
        TOWN_TEST(a_clock_set_right_by_hand_is_not_corrected_twice),
        TOWN_TEST(a_supervisors_code_opens_for_the_days_it_says),
        TOWN_TEST(a_code_is_read_as_people_write),
        TOWN_TEST(what_is_mistyped_is_told_from_what_is_wrong),
        TOWN_TEST(a_code_is_for_one_device_one_challenge_one_giver),
        TOWN_TEST(after_ten_wrong_codes_only_contact_opens),
        TOWN_TEST(codes_alone_keep_no_device_open_for_ever),
        TOWN_TEST(only_those_set_over_a_device_open_it),
        TOWN_TEST(the_revoked_open_nothing_and_are_not_opened),
        TOWN_TEST(the_office_is_told_once_who_opened_what),
    };
    return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
