/*
 * test_alias.c - duplicates stand as one record on every node, whatever came first; taken back,
 * they are as they were.
 */
#define _XOPEN_SOURCE 700

#include "alias.h"
#include "redact.h"
#include "test_forge.h"
#include "test_town.h"

static enum err say(struct node *node, struct id person, struct id entity, struct id duplicate,
                    bool undo)
{
    struct diag diag = {0};
    struct alias alias = {.person = person,
                          .entity = entity,
                          .duplicate = duplicate,
                          .reason = "same house, seen twice",
                          .undo = undo};
    return node_alias(node, &alias, &diag);
}

static struct id house(struct town *town, const char *name, const char *phone)
{
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, name);
    if (phone) {
        town_edit(town, town->a, town->amina, entity, "phone", phone);
    }
    return entity;
}

static bool count_row(void *ctx, const struct record_row *row)
{
    size_t *count = ctx;
    (void)row;
    (*count)++;
    return true;
}

static bool keep_documents(void *ctx, const struct record_row *row)
{
    char *found = ctx;
    size_t size = strlen(found);
    (void)snprintf(found + size, 1024 - size, "%.*s\n", (int)row->document.size,
                   (const char *)row->document.data);
    return true;
}

static size_t listed_of(struct node *node, const char *type)
{
    struct record_filter filter = {.type = type};
    struct diag diag = {0};
    size_t count = 0;
    assert_int_equal(record_list(node, NULL, &filter, count_row, &count, &diag), OK);
    return count;
}

static size_t listed(struct node *node)
{
    return listed_of(node, "household");
}

/* The record that an id or case number leads to. */
static void read_as(struct town *town, struct node *node, struct id entity, struct arena *arena,
                    struct record *ret)
{
    char text[ID_TEXT_SIZE];
    struct id found;
    struct diag diag = {0};
    (void)town;
    id_write(entity, text);
    assert_int_equal(record_resolve_id(node, text, &found, &diag), OK);
    assert_int_equal(record_read(node, NULL, found, arena, ret, &diag), OK);
}

static struct id head_at(struct town *town, struct node *node, struct id entity)
{
    struct arena arena;
    struct record record;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    read_as(town, node, entity, &arena, &record);
    arena_release(&arena);
    return record.entity;
}

static size_t disputes_at(struct town *town, struct node *node, struct id entity)
{
    struct arena arena;
    struct record record;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    read_as(town, node, entity, &arena, &record);
    arena_release(&arena);
    return record.dispute_count;
}

static void assert_clean_and_same(struct town *town)
{
    struct node *nodes[] = {town->region, town->hub, town->a, town->b};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        town_assert_clean(town, nodes[i]);
        town_assert_same(town, town->region, nodes[i], TOWN_COMMUNE, "base");
    }
}

/* ---- cases */

static void a_duplicate_is_shown_as_one_record_with_its_values_in_dispute(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", "\"0661234567\"");
    struct id two = house(town, "Aicha", "\"0662345678\"");
    town_sync_all(town);
    assert_int_equal(listed(town->b), 2);
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    town_sync_all(town);
    struct node *nodes[] = {town->region, town->hub, town->a, town->b};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        assert_int_equal(listed(nodes[i]), 1);
        assert_true(id_equal(head_at(town, nodes[i], two), one));
        assert_int_equal(disputes_at(town, nodes[i], one), 1); /* the name is the same */
    }
    assert_clean_and_same(town);
}

static void a_settled_dispute_stays_settled_and_the_duplicate_comes_back_as_it_was(void **state)
{
    struct town *town = *state;
    struct arena arena;
    struct diag diag = {0};
    struct id one = house(town, "Aicha", "\"0661234567\"");
    struct id two = house(town, "Aicha", "\"0662345678\"");
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    struct resolve resolve = {.person = town->amina,
                              .entity = two, /* by the old id, too */
                              .property = "phone",
                              .take = -1,
                              .value = span_of("\"0661234567\""),
                              .reason = "called"};
    assert_int_equal(node_resolve(town->a, &resolve, &arena, &diag), OK);
    town_sync_all(town);
    assert_int_equal(disputes_at(town, town->b, one), 0);
    assert_true(town_shows(town, town->b, one, "phone", "\"0661234567\""));
    assert_int_equal(say(town->a, town->amina, one, two, true), OK);
    town_sync_all(town);
    assert_int_equal(listed(town->b), 2);
    assert_true(town_shows(town, town->b, one, "phone", "\"0661234567\""));
    assert_true(town_shows(town, town->b, two, "phone", "\"0662345678\""));
    assert_int_equal(disputes_at(town, town->region, one), 0);
    assert_clean_and_same(town);
    arena_release(&arena);
}

static void pairs_that_make_a_ring_have_one_head_everywhere(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", NULL);
    struct id two = house(town, "Yamna", NULL);
    struct id three = house(town, "Rkia", NULL);
    town_sync_all(town);
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    assert_int_equal(say(town->b, town->brahim, two, three, false), OK);
    assert_int_equal(say(town->region, town->amina, three, one, false), OK);
    town_sync_all(town);
    town_sync_all(town);
    struct id head = head_at(town, town->region, one);
    struct node *nodes[] = {town->region, town->hub, town->a, town->b};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        assert_int_equal(listed(nodes[i]), 1);
        assert_true(id_equal(head_at(town, nodes[i], one), head));
        assert_true(id_equal(head_at(town, nodes[i], two), head));
        assert_true(id_equal(head_at(town, nodes[i], three), head));
    }
    assert_clean_and_same(town);
}

/* A save is shown at once, what comes by a sync when somebody looks: in between the one who stands
   for both is another than who stood for them when that was noted last. */
static void both_ways_of_a_ring_are_taken_back_and_nothing_of_the_other_stays(void **state)
{
    struct town *town = *state;
    struct id low = house(town, "Aicha", NULL);
    struct id high = house(town, "Yamna", NULL);
    if (memcmp(low.bytes, high.bytes, ID_SIZE) > 0) {
        struct id swapped = low;
        low = high;
        high = swapped;
    }
    town_edit(town, town->a, town->amina, low, "phone", "\"0600112233\"");
    town_sync_all(town);
    assert_int_equal(say(town->a, town->amina, low, high, false), OK);
    assert_int_equal(say(town->b, town->brahim, high, low, false), OK);
    town_sync_all(town);
    assert_int_equal(listed(town->region), 1);
    assert_int_equal(say(town->b, town->brahim, high, low, true), OK);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_int_equal(say(town->region, town->amina, low, high, true), OK);
    town_sync_all(town);
    assert_int_equal(listed(town->region), 2);
    assert_true(town_shows(town, town->region, high, "phone", "null"));
    struct record_filter filter = {.type = "household"};
    char found[1024] = "";
    struct diag diag = {0};
    assert_int_equal(record_list(town->region, NULL, &filter, keep_documents, found, &diag), OK);
    char *phone = strstr(found, "0600112233");
    assert_non_null(phone);
    assert_null(strstr(phone + 1, "0600112233"));
    assert_clean_and_same(town);
}

static void taking_back_the_middle_of_a_chain_parts_it_there(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", NULL);
    struct id two = house(town, "Yamna", NULL);
    struct id three = house(town, "Rkia", NULL);
    assert_int_equal(say(town->a, town->amina, two, three, false), OK);
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    town_sync_all(town);
    assert_int_equal(listed(town->b), 1);
    assert_int_equal(say(town->a, town->amina, one, two, true), OK);
    town_sync_all(town);
    assert_int_equal(listed(town->b), 2);
    assert_true(id_equal(head_at(town, town->b, three), two));
    assert_true(town_shows(town, town->b, one, "head_name_ar", "\"Aicha\""));
    assert_clean_and_same(town);
}

static void what_is_written_in_a_duplicate_apart_is_seen_in_the_one_record(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", "\"0661234567\"");
    struct id two = house(town, "Aicha", "\"0661234567\"");
    town_sync_all(town);
    town_edit(town, town->b, town->brahim, two, "phone", "\"0669999999\"");
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    town_sync_all(town);
    assert_int_equal(disputes_at(town, town->region, one), 1);
    town_edit(town, town->b, town->brahim, two, "address", "\"Derb 3\"");
    town_sync_all(town);
    assert_true(town_shows(town, town->region, one, "address", "\"Derb 3\""));
    assert_clean_and_same(town);
}

static void an_alias_that_comes_before_its_records_counts_when_they_come(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", NULL);
    struct id two = town_household(town, town->a, town->amina, TOWN_BESIDE, "Aicha");
    assert_int_equal(say(town->a, town->amina, two, one, false), OK);
    town_sync_all(town);
    /* b reads only the commune of the duplicate: it goes on seeing that */
    assert_int_equal(listed(town->b), 1);
    assert_true(id_equal(head_at(town, town->b, one), one));
    assert_true(id_equal(head_at(town, town->hub, one), two));
    town_edit(town, town->a, town->amina, two, "place", "\"" TOWN_COMMUNE "\"");
    town_sync_all(town);
    assert_int_equal(listed(town->b), 1);
    assert_true(id_equal(head_at(town, town->b, one), two));
    town_edit(town, town->a, town->amina, two, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    assert_true(id_equal(head_at(town, town->b, one), one));
    assert_clean_and_same(town);
}

/* A duplicate has no record to lose; who lives there has, and may stand for others. */
static void a_duplicate_that_moves_takes_its_people_along(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", NULL);
    struct id two = house(town, "Aicha", NULL);
    struct id stays = town_person(town, one);
    struct id goes = town_person(town, two);
    town_sync_all(town);
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    assert_int_equal(say(town->a, town->amina, goes, stays, false), OK);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_int_equal(listed(town->b), 1);
    assert_int_equal(listed_of(town->b, "person"), 1);
    assert_true(id_equal(head_at(town, town->b, stays), goes));
    /* The region hasn't heard of it; b reads the other's commune only. */
    town_edit(town, town->region, town->brahim, two, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    assert_int_equal(listed(town->b), 1);
    assert_int_equal(listed_of(town->b, "person"), 1);
    assert_true(id_equal(head_at(town, town->b, stays), stays));
    assert_true(id_equal(head_at(town, town->hub, stays), goes));
    assert_clean_and_same(town);
}

/* Nobody tells a device what becomes of a duplicate that left, so nothing of it shows any more. */
static void a_duplicate_that_moves_takes_its_values_along(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", NULL);
    struct id two = house(town, "Aicha", NULL);
    town_edit(town, town->a, town->amina, one, "members", "5");
    town_sync_all(town);
    assert_int_equal(say(town->a, town->amina, two, one, false), OK);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    assert_true(town_shows(town, town->b, two, "members", "5"));
    town_edit(town, town->region, town->brahim, one, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    assert_false(town_shows(town, town->b, two, "members", "5"));
    assert_true(town_shows(town, town->a, two, "members", "5"));
    assert_int_equal(say(town->a, town->amina, two, one, true), OK);
    town_sync_all(town);
    assert_false(town_shows(town, town->a, two, "members", "5"));
    assert_false(town_shows(town, town->b, two, "members", "5"));
    assert_clean_and_same(town);
}

static void undo(struct town *town, struct node *node)
{
    struct id entity;
    struct diag diag = {0};
    assert_int_equal(node_undo(node, town->amina, &entity, &diag), OK);
}

static void an_undo_of_it_shows_both_again(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", "\"0661234567\"");
    struct id two = house(town, "Yamna", NULL);
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    assert_int_equal(listed(town->a), 1);
    undo(town, town->a);
    assert_int_equal(listed(town->a), 2);
    assert_true(id_equal(head_at(town, town->a, two), two));
    assert_true(town_shows(town, town->a, one, "head_name_ar", "\"Aicha\""));
    town_sync_all(town);
    assert_int_equal(listed(town->b), 2);
    assert_clean_and_same(town);
}

static void an_undo_of_the_way_back_makes_them_one_again(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", NULL);
    struct id two = house(town, "Yamna", NULL);
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    assert_int_equal(say(town->a, town->amina, one, two, true), OK);
    assert_int_equal(listed(town->a), 2);
    undo(town, town->a);
    assert_int_equal(listed(town->a), 1);
    assert_true(id_equal(head_at(town, town->a, two), one));
    town_sync_all(town);
    assert_int_equal(listed(town->b), 1);
    assert_clean_and_same(town);
}

static void what_can_not_be_one_is_refused(void **state)
{
    struct town *town = *state;
    struct id one = house(town, "Aicha", NULL);
    struct id two = house(town, "Yamna", NULL);
    struct id nobody = {{1}};
    assert_int_equal(say(town->a, town->amina, one, one, false), ERR_USAGE);
    assert_int_equal(say(town->a, town->amina, one, nobody, false), ERR_NOT_FOUND);
    assert_int_equal(say(town->a, town->amina, one, two, true), ERR_USAGE);
    assert_int_equal(say(town->a, town->amina, one, two, false), OK);
    assert_int_equal(say(town->a, town->amina, one, two, false), ERR_USAGE);
    assert_int_equal(say(town->a, town->amina, two, one, false), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_duplicate_is_shown_as_one_record_with_its_values_in_dispute, town_setup,
            town_teardown),
        cmocka_unit_test_setup_teardown(
            a_settled_dispute_stays_settled_and_the_duplicate_comes_back_as_it_was, town_setup,
            town_teardown),
        cmocka_unit_test_setup_teardown(pairs_that_make_a_ring_have_one_head_everywhere, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(
            both_ways_of_a_ring_are_taken_back_and_nothing_of_the_other_stays, town_setup,
            town_teardown),
        cmocka_unit_test_setup_teardown(taking_back_the_middle_of_a_chain_parts_it_there,
                                        town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(
            what_is_written_in_a_duplicate_apart_is_seen_in_the_one_record, town_setup,
            town_teardown),
        cmocka_unit_test_setup_teardown(
            an_alias_that_comes_before_its_records_counts_when_they_come, town_setup,
            town_teardown),
        cmocka_unit_test_setup_teardown(a_duplicate_that_moves_takes_its_people_along, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(a_duplicate_that_moves_takes_its_values_along, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(an_undo_of_it_shows_both_again, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(an_undo_of_the_way_back_makes_them_one_again, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(what_can_not_be_one_is_refused, town_setup, town_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
