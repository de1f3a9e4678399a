/*
 * test_serve_attacks.c - what a hostile node can't do to the others: crafted requests, signed with
 * the key of an enrolled one, against a real server.
 */
#define _XOPEN_SOURCE 700

#include "test_forge.h"
#include "test_town.h"

static int64_t quarantined(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    return status.quarantined;
}

static bool has_type(struct node *node, const char *type)
{
    const struct org *org = NULL;
    assert_int_equal(node_org(node, &org), OK);
    return org_type(org, span_of(type)) != NULL;
}

/* ---- definitions */

static void an_op_on_a_definition_goes_to_quarantine_and_the_type_stays(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct id type;
    org_entity_id("_type", "household", &type);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    uint64_t live = forge_live(&forge, town->hub, type, "def");
    assert_true(live != 0);
    struct op_register def = {span_of("def"), &live, 1};
    (void)forge_op(&forge, &(struct forged){.type = "household",
                                            .entity = type,
                                            .compartment = "base",
                                            .registers = &def,
                                            .register_count = 1,
                                            .values = "{\"def\":null}"});
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    assert_true(forge_says(&forge, "\"refused\":1"));
    assert_int_equal(quarantined(town->hub), 1);
    assert_true(forge_live(&forge, town->hub, type, "def") == live);
    assert_true(has_type(town->hub, "household"));
    town_sync_all(town);
    assert_true(has_type(town->a, "household"));
    town_assert_clean(town, town->hub);
    forge_release(&forge);
}

static void an_op_that_came_before_its_definition_is_undone_by_it(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct id type;
    org_entity_id("_type", "later", &type);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    struct op_register regs[] = {{span_of("_scope"), NULL, 0}, {span_of("def"), NULL, 0}};
    (void)forge_op(&forge,
                   &(struct forged){.type = "household",
                                    .entity = type,
                                    .compartment = "base",
                                    .registers = regs,
                                    .register_count = 2,
                                    .values = "{\"_scope\":\"05.081.03.09\",\"def\":null}"});
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    nodes_publish(town->region, "_type", "later",
                  "{\"type\":\"later\",\"version\":1,\"labels\":{\"fr\":\"l\"},\"title\":[\"x\"],"
                  "\"properties\":[{\"id\":\"x\",\"type\":\"text\",\"labels\":{\"fr\":\"x\"}}]}");
    assert_true(has_type(town->region, "later"));
    town_sync_all(town);
    town_sync_all(town);
    assert_true(has_type(town->hub, "later"));
    assert_true(has_type(town->a, "later"));
    assert_true(has_type(town->b, "later"));
    assert_true(has_type(town->region, "later"));
    town_assert_same(town, town->a, town->region, "org", "base");
    town_assert_clean(town, town->hub);
    town_assert_clean(town, town->region);
    forge_release(&forge);
}

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(an_op_on_a_definition_goes_to_quarantine_and_the_type_stays),
        TOWN_TEST(an_op_that_came_before_its_definition_is_undone_by_it),
    };
    return cmocka_run_group_tests_name("serve_attacks", tests, NULL, NULL);
}
