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

static struct id forge_household(struct forge *forge, struct id entity, const char *place)
{
    char values[128];
    struct op_register regs[] = {{span_of("_scope"), NULL, 0}, {span_of("head_name_ar"), NULL, 0}};
    (void)snprintf(values, sizeof values, "{\"_scope\":\"%s\",\"head_name_ar\":\"x\"}", place);
    return forge_op(forge, &(struct forged){.type = "household",
                                            .entity = entity,
                                            .compartment = "base",
                                            .registers = regs,
                                            .register_count = 2,
                                            .values = values});
}

static void forge_rogue(struct forge *forge, struct id entity)
{
    struct op_register regs[] = {{span_of("_scope"), NULL, 0}, {span_of("def"), NULL, 0}};
    (void)forge_op(forge, &(struct forged){.type = "household",
                                           .entity = entity,
                                           .compartment = "base",
                                           .registers = regs,
                                           .register_count = 2,
                                           .values = "{\"_scope\":\"05.081.03.09\",\"def\":null}"});
}

static void a_refused_op_does_not_keep_the_rest_of_its_batch_from_the_region(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct id type;
    org_entity_id("_type", "household", &type);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    struct id first = forge_random(&forge);
    struct id second = forge_random(&forge);
    (void)forge_household(&forge, first, TOWN_COMMUNE);
    forge_rogue(&forge, type);
    (void)forge_household(&forge, second, TOWN_COMMUNE);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    town_sync_all(town);
    assert_true(forge_live(&forge, town->region, first, "head_name_ar") != 0);
    assert_true(forge_live(&forge, town->region, second, "head_name_ar") != 0);
    assert_true(has_type(town->region, "household"));
    assert_int_equal(quarantined(town->region), 1);
    town_assert_clean(town, town->region);
    town_assert_clean(town, town->hub);
    forge_release(&forge);
}

static void a_rebuild_leaves_refused_ops_aside(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct id type;
    struct audit_report report = {0};
    org_entity_id("_type", "household", &type);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    forge_rogue(&forge, type);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    buf_init(&report.findings, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(node_audit(town->hub, true, NULL, NULL, &report), OK);
    assert_int_equal(report.finding_count, 0);
    buf_release(&report.findings);
    assert_true(has_type(town->hub, "household"));
    forge_release(&forge);
}

static void a_hub_cannot_say_that_a_definition_is_superseded(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct id type;
    org_entity_id("_type", "household", &type);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    uint64_t live = forge_live(&forge, town->a, type, "def");
    assert_int_equal(node_begin(town->a), OK);
    assert_int_equal(node_end(town->a, log_apply_dead(town->a, type, span_of("def"), &live, 1)),
                     OK);
    assert_true(has_type(town->a, "household"));
    assert_true(forge_live(&forge, town->a, type, "def") == live);
    forge_release(&forge);
}

static void spoil(struct batch *batch, const struct forge *forge)
{
    (void)forge;
    batch->signature.bytes[0] ^= 1;
}

static void quarantine_has_room_for_so_much_of_one_caller(void **state)
{
    struct town *town = *state;
    struct forge forge;
    static char values[60000];
    int refused_after = 0;
    (void)snprintf(values, sizeof values, "{\"x\":\"%059000d\"}", 7);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    struct op_register x = {span_of("x"), NULL, 0};
    for (int i = 0; i < 60 && refused_after == 0; i++) {
        for (int k = 0; k < 16; k++) {
            (void)forge_op(&forge, &(struct forged){.type = "household",
                                                    .entity = forge_random(&forge),
                                                    .compartment = "base",
                                                    .registers = &x,
                                                    .register_count = 1,
                                                    .values = values});
        }
        arena_reset(&forge.arena);
        forge_new_origin(&forge, forge_random(&forge));
        forge.line_count = 16;
        forge_batch(&forge, spoil);
        int status = forge_send(&forge);
        assert_true(status == 200 || status == 403);
        refused_after = status == 403 ? i : 0;
    }
    assert_in_range(refused_after, 20, 50);
    /* Honest work of the same caller still goes through. */
    forge_new_origin(&forge, forge_random(&forge));
    (void)forge_household(&forge, forge_random(&forge), TOWN_COMMUNE);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    forge_release(&forge);
}

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(an_op_on_a_definition_goes_to_quarantine_and_the_type_stays),
        TOWN_TEST(an_op_that_came_before_its_definition_is_undone_by_it),
        TOWN_TEST(a_refused_op_does_not_keep_the_rest_of_its_batch_from_the_region),
        TOWN_TEST(a_rebuild_leaves_refused_ops_aside),
        TOWN_TEST(a_hub_cannot_say_that_a_definition_is_superseded),
        TOWN_TEST(quarantine_has_room_for_so_much_of_one_caller),
    };
    return cmocka_run_group_tests_name("serve_attacks", tests, NULL, NULL);
}
