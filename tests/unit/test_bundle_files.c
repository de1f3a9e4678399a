/* bundle_files: photographs on sticks: after the records, in parts, only to who may have them. */
#define _XOPEN_SOURCE 700

#include "test_stick.h"

#include "bundle_parts.h"
#include "test_blob.h"

static struct blob_name attach_here(struct town *town, struct node *node, struct id entity,
                                    struct span file)
{
    struct attached attached;
    assert_int_equal(attach(town, node, town->amina, entity, "house_photo", file, &attached), OK);
    return attached.file.whole;
}

static struct blob_state state_of(struct node *node, const struct blob_name *name)
{
    struct blob_state state;
    assert_int_equal(blob_state(node, name, &state), OK);
    return state;
}

static void backup(struct town *town, const char *name)
{
    char path[PATH_SIZE];
    int64_t missing = 0;
    struct diag diag = {0};
    path_of(town, name, path);
    assert_int_equal(blob_backup(town->region, path, &missing, &diag), OK);
}

static void a_photograph_goes_up_to_the_backup_and_word_of_it_comes_back(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 31);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, file);
    struct bundle_report out = export_to(town, town->a, NULL, "up");
    assert_int_equal(out.files, 1);
    assert_int_equal(out.file_bytes, FILE_SIZE);
    assert_false(state_of(town->a, &name).above); /* nothing is believed to have arrived */
    struct bundle_report in = import(town, town->hub, "up");
    assert_int_equal(in.files, 1);
    assert_int_equal(in.file_bytes, FILE_SIZE);
    assert_true(holds(town, town->hub, &name, file));
    (void)export_to(town, town->hub, town->a, "down");
    (void)import(town, town->a, "down");
    assert_true(state_of(town->a, &name).above);
    assert_false(state_of(town->a, &name).stable);
    round_trip(town, town->hub, town->region, "h1");
    assert_true(holds(town, town->region, &name, file));
    backup(town, "backup.db");
    round_trip(town, town->hub, town->region, "h2");
    round_trip(town, town->a, town->hub, "a2");
    assert_true(state_of(town->hub, &name).stable);
    assert_true(state_of(town->a, &name).stable);
    /* What was acknowledged isn't carried again. */
    assert_int_equal(export_to(town, town->a, NULL, "more").file_bytes, 0);
}

static void what_a_person_wants_comes_down_over_two_hops(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 32);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, file);
    round_trip(town, town->a, town->hub, "a1");
    round_trip(town, town->hub, town->region, "h1");
    round_trip(town, town->b, town->hub, "b1");
    assert_false(state_of(town->b, &name).here); /* a whole file comes when somebody asks for it */
    /* The hub has lost its copy meanwhile: it asks above for what is wanted below. */
    flip_a_byte(town, "hub");
    struct buf got;
    buf_init(&got, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(blob_read(town->hub, &name, &got), ERR_NOT_FOUND);
    buf_release(&got);
    assert_int_equal(blob_want(town->b, &name), OK);
    round_trip(town, town->b, town->hub, "b2");
    assert_false(state_of(town->b, &name).here);
    round_trip(town, town->hub, town->region, "h2");
    assert_true(holds(town, town->hub, &name, file));
    round_trip(town, town->b, town->hub, "b3");
    assert_true(holds(town, town->b, &name, file));
    assert_true(state_of(town->b, &name).above);
}

/* A stick with room for less than one file: each bundle goes on where the answer said. */
static void a_file_is_spread_over_bundles_in_both_directions(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 33);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, file);
    char trip[16];
    int trips = 0;
    town->stick_room = 40000;
    for (; !state_of(town->a, &name).above && trips < 10; trips++) {
        (void)snprintf(trip, sizeof trip, "a%d", trips);
        round_trip(town, town->a, town->hub, trip);
    }
    assert_int_equal(trips, 4);
    assert_true(holds(town, town->hub, &name, file));
    round_trip(town, town->b, town->hub, "b");
    assert_int_equal(blob_want(town->b, &name), OK);
    for (trips = 0; !state_of(town->b, &name).here && trips < 10; trips++) {
        (void)snprintf(trip, sizeof trip, "b%d", trips);
        round_trip(town, town->b, town->hub, trip);
    }
    assert_int_equal(trips, 4);
    assert_true(holds(town, town->b, &name, file));
}

static void room_bounds_files_and_never_records(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, make_file(bytes, sizeof bytes, 34));
    town->stick_room = 1;
    struct bundle_report out = export_to(town, town->a, NULL, "up");
    assert_true(out.files_left && out.files == 0 && out.file_bytes == 0);
    assert_true(out.ops > 0);
    (void)import(town, town->hub, "up");
    assert_true(town_shows(town, town->hub, house, "head_name_ar", "\"x\""));
    assert_false(state_of(town->hub, &name).here);
}

static void lost_late_and_double_sticks_lose_no_piece(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 35);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, file);
    town->stick_room = 100000;
    (void)export_to(town, town->a, NULL, "late");
    (void)export_to(town, town->a, NULL, "lost");
    round_trip(town, town->a, town->hub, "one"); /* begins where those began */
    (void)export_to(town, town->a, NULL, "two");
    assert_int_equal(import(town, town->hub, "late").file_bytes, 0);
    assert_int_equal(import(town, town->hub, "two").files, 1);
    assert_int_equal(import(town, town->hub, "two").files, 0);
    assert_int_equal(import(town, town->hub, "one-ask").file_bytes, 0);
    assert_true(holds(town, town->hub, &name, file));
    (void)import(town, town->a, "one-answer"); /* late: says that half of it is there */
    round_trip(town, town->a, town->hub, "three");
    assert_true(state_of(town->a, &name).above);
    /* A late answer takes nothing back, since it isn't news. */
    assert_false(import(town, town->a, "one-answer").news);
    assert_true(state_of(town->a, &name).above);
}

/* Told by a network meanwhile, bundle and lane go on from each other. */
static void a_file_begun_by_stick_is_ended_by_network(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 36);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, file);
    town->stick_room = 100000;
    (void)export_to(town, town->a, NULL, "one");
    (void)import(town, town->hub, "one");
    struct sync_result result = nodes_sync(&town->nodes, town->a, town->hub);
    assert_int_equal(result.blobs_sent, 1);
    assert_true(result.blob_bytes < 100000);
    assert_true(holds(town, town->hub, &name, file));
}

static void a_file_damaged_at_home_is_not_carried(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, make_file(bytes, sizeof bytes, 37));
    flip_a_byte(town, "a");
    assert_int_equal(export_to(town, town->a, NULL, "up").file_bytes, 0);
    assert_false(state_of(town->a, &name).here); /* noted as lost, and wanted */
    assert_true(state_of(town->a, &name).wanted);
}

/* Half of it is damaged on the hub's disk: with the last byte the hash tells, and the answer says
   that nothing is there. */
static void a_file_damaged_at_the_hub_begins_anew(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 38);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, file);
    town->stick_room = 100000;
    round_trip(town, town->a, town->hub, "one");
    flip_a_byte(town, "hub");
    round_trip(town, town->a, town->hub, "two");
    assert_false(state_of(town->hub, &name).here);
    assert_int_equal(file_count(town, "hub"), 0);
    assert_true(state_of(town->a, &name).here);
    round_trip(town, town->a, town->hub, "three");
    round_trip(town, town->a, town->hub, "four");
    assert_true(holds(town, town->hub, &name, file));
}

static void what_is_not_granted_is_neither_told_nor_put(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct id house = town_household(town, town->a, town->amina, TOWN_BESIDE, "x");
    struct blob_name name = attach_here(town, town->a, house, make_file(bytes, sizeof bytes, 39));
    round_trip(town, town->a, town->hub, "a");
    round_trip(town, town->b, town->hub, "b1");
    struct id b = id_of(town->b); /* which read the hash somewhere, and names it */
    assert_int_equal(node_begin(town->hub), OK);
    assert_int_equal(bundle_file_set(town->hub, b, FILE_WANTED, &name, 0), OK);
    assert_int_equal(bundle_file_set(town->hub, b, FILE_ASKED, &name, 0), OK);
    assert_int_equal(node_end(town->hub, OK), OK);
    assert_int_equal(export_to(town, town->hub, town->b, "down").file_bytes, 0);
    assert_int_equal(import(town, town->b, "down").files, 0);
    assert_false(state_of(town->b, &name).known);
}

static void what_was_named_before_is_over_with_the_next_bundle(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 40);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_here(town, town->a, house, file);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_int_equal(blob_want(town->b, &name), OK);
    round_trip(town, town->b, town->hub, "b1");
    assert_true(holds(town, town->b, &name, file));
    assert_int_equal(export_to(town, town->hub, town->b, "again").files, 1); /* it may be lost */
    (void)export_to(town, town->b, NULL, "b2");
    (void)import(town, town->hub, "b2");
    assert_int_equal(export_to(town, town->hub, town->b, "over").file_bytes, 0);
}

static void a_bundle_names_so_many_files_and_no_more(void **state)
{
    struct town *town = *state;
    struct blob_name names[WIRE_BLOB_NAMES] = {{.size = 5}};
    struct bundle_files files = {.ask = names, .ask_count = WIRE_BLOB_NAMES};
    struct bundle_named named = {.began = false};
    struct bundle_report report = {.files = 0};
    struct diag diag = {0};
    struct buf body;
    for (size_t i = 0; i < WIRE_BLOB_NAMES; i++) {
        names[i].size = 5 + (int64_t)i;
    }
    buf_init(&body, &town->nodes.host.mem, WIRE_BLOB_LINE);
    bundle_files_write(&files, &body);
    for (size_t i = 0; i < WIRE_STICK_NAMES / WIRE_BLOB_NAMES; i++) {
        assert_int_equal(
            serve_bundle_files(town->hub, id_of(town->a), &named, buf_span(&body), &report, &diag),
            OK);
    }
    assert_int_equal(
        serve_bundle_files(town->hub, id_of(town->a), &named, buf_span(&body), &report, &diag),
        ERR_TOO_LARGE);
    assert_string_equal(diag.args[1], "4096");
    buf_release(&body);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_photograph_goes_up_to_the_backup_and_word_of_it_comes_back),
        CASE(what_a_person_wants_comes_down_over_two_hops),
        CASE(a_file_is_spread_over_bundles_in_both_directions),
        CASE(room_bounds_files_and_never_records),
        CASE(lost_late_and_double_sticks_lose_no_piece),
        CASE(a_file_begun_by_stick_is_ended_by_network),
        CASE(a_file_damaged_at_home_is_not_carried),
        CASE(a_file_damaged_at_the_hub_begins_anew),
        CASE(what_is_not_granted_is_neither_told_nor_put),
        CASE(what_was_named_before_is_over_with_the_next_bundle),
        CASE(a_bundle_names_so_many_files_and_no_more),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
