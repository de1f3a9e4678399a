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

/* ---- origins */

static void an_origin_opened_by_another_first_does_not_stop_its_owner(void **state)
{
    struct town *town = *state;
    struct forge thief;
    struct forge owner;
    town_sync_all(town);
    forge_open(&thief, &town->nodes, town->region, town->b);
    forge_open(&owner, &town->nodes, town->hub, town->a);
    forge_new_origin(&thief, owner.origin);
    (void)forge_household(&thief, forge_random(&thief), TOWN_COMMUNE);
    forge_batch(&thief, NULL);
    assert_int_equal(forge_send(&thief), 200);
    struct id entity = forge_random(&owner);
    (void)forge_household(&owner, entity, TOWN_COMMUNE);
    forge_batch(&owner, NULL);
    assert_int_equal(forge_send(&owner), 200);
    town_sync_all(town);
    assert_true(forge_live(&owner, town->region, entity, "head_name_ar") != 0);
    assert_int_equal(quarantined(town->region), 0);
    town_assert_clean(town, town->region);
    forge_release(&thief);
    forge_release(&owner);
}

static void who_pushes_an_origin_of_another_is_told_of_a_fork(void **state)
{
    struct town *town = *state;
    struct forge thief;
    struct forge owner;
    forge_open(&thief, &town->nodes, town->hub, town->b);
    forge_open(&owner, &town->nodes, town->hub, town->a);
    (void)forge_household(&owner, forge_random(&owner), TOWN_COMMUNE);
    forge_batch(&owner, NULL);
    assert_int_equal(forge_send(&owner), 200);
    forge_new_origin(&thief, owner.origin);
    (void)forge_household(&thief, forge_random(&thief), TOWN_COMMUNE);
    forge_batch(&thief, NULL);
    assert_int_equal(forge_send(&thief), 409);
    assert_true(forge_says(&thief, "\"fork\""));
    forge_release(&thief);
    forge_release(&owner);
}

static void no_open(struct batch *batch, const struct forge *forge)
{
    (void)forge;
    batch->has_open = false;
}

static void an_unknown_origin_without_its_opening_is_a_gap(void **state)
{
    struct town *town = *state;
    struct forge forge;
    forge_open(&forge, &town->nodes, town->hub, town->a);
    (void)forge_household(&forge, forge_random(&forge), TOWN_COMMUNE);
    forge_batch(&forge, no_open);
    assert_int_equal(forge_send(&forge), 409);
    assert_true(forge_says(&forge, "\"gap\""));
    forge_release(&forge);
}

static void a_chain_that_parts_from_the_known_one_is_not_joined_to_it(void **state)
{
    struct town *town = *state;
    struct forge hub;
    struct forge one;
    struct forge two;
    town_sync_all(town);
    forge_open(&hub, &town->nodes, town->region, town->hub);
    forge_open(&one, &town->nodes, town->hub, town->a);
    forge_open(&two, &town->nodes, town->hub, town->a);
    forge_new_origin(&two, one.origin);
    struct id entities[4];
    for (int i = 0; i < 4; i++) {
        entities[i] = forge_random(&one);
        (void)forge_household(i < 2 ? &one : &two, entities[i], TOWN_COMMUNE);
        forge_batch(i < 2 ? &one : &two, forge_authored);
        if (i == 2) { /* the copy's first op never gets to the region */
            buf_clear(&two.batches);
        }
    }
    forge_relay(&hub, &two, 0, 1);
    assert_int_equal(forge_send(&hub), 200);
    buf_clear(&one.batches);
    forge_new_origin(&one, one.origin);
    (void)forge_household(&one, entities[0], TOWN_COMMUNE);
    forge_batch(&one, forge_authored);
    forge_relay(&hub, &one, 1, 2);
    assert_int_equal(forge_send(&hub), 200);
    assert_int_equal(forge_origin_seq(town->region, one.origin), 1);
    (void)forge_household(&one, entities[1], TOWN_COMMUNE);
    forge_batch(&one, forge_authored);
    forge_relay(&hub, &one, 2, 3);
    assert_int_equal(forge_send(&hub), 200);
    assert_true(forge_live(&hub, town->region, entities[0], "head_name_ar") != 0);
    assert_true(forge_live(&hub, town->region, entities[1], "head_name_ar") != 0);
    assert_true(forge_live(&hub, town->region, entities[3], "head_name_ar") != 0);
    assert_int_equal(quarantined(town->region), 0);
    forge_release(&hub);
    forge_release(&one);
    forge_release(&two);
}

/* ---- revoked, late, receipts */

static void what_a_revoked_device_hands_to_a_hub_that_does_not_know_yet_is_set_back(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct diag diag = {0};
    char name[ID_TEXT_SIZE];
    town_sync_all(town);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    struct id before = forge_random(&forge);
    struct id after = forge_random(&forge);
    (void)forge_household(&forge, before, TOWN_COMMUNE);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    town->nodes.now_ms += 60000;
    id_write(forge.node, name);
    assert_int_equal(org_revoke(town->region, "_node", name, &diag), OK);
    town->nodes.now_ms += 60000;
    (void)forge_household(&forge, after, TOWN_COMMUNE);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_true(forge_live(&forge, town->region, before, "head_name_ar") != 0);
    assert_true(forge_live(&forge, town->region, after, "_deleted") != 0);
    assert_true(forge_live(&forge, town->hub, after, "_deleted") != 0);
    assert_int_equal(quarantined(town->region), 1);
    (void)forge_household(&forge, forge_random(&forge), TOWN_COMMUNE);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 403);
    assert_true(forge_says(&forge, "revoked"));
    forge_release(&forge);
}

static void a_register_of_a_compartment_not_granted_is_flagged(void **state)
{
    struct town *town = *state;
    struct forge forge;
    forge_open(&forge, &town->nodes, town->hub, town->b);
    struct op_register regs[] = {{span_of("_scope"), NULL, 0}, {span_of("wg_seeing"), NULL, 0}};
    (void)forge_op(&forge,
                   &(struct forged){.type = "person",
                                    .entity = forge_random(&forge),
                                    .compartment = "base",
                                    .person = town->brahim,
                                    .registers = regs,
                                    .register_count = 2,
                                    .values = "{\"_scope\":\"05.081.03.09\",\"wg_seeing\":\"x\"}"});
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    assert_true(forge_says(&forge, "\"late\":1"));
    forge_release(&forge);
}

/* The op that gives it a place is rightful, and comes behind: no way around a compartment, or
   around whom the organisation knows. */
static void what_comes_ahead_of_its_record_s_place_is_flagged_too(void **state)
{
    struct town *town = *state;
    struct forge forge;
    forge_open(&forge, &town->nodes, town->hub, town->b);
    struct id entity = forge_random(&forge);
    struct op_register sees = {span_of("wg_seeing"), NULL, 0};
    struct op_register name = {span_of("name_ar"), NULL, 0};
    struct op_register scope = {span_of("_scope"), NULL, 0};
    struct forged ops[] = {{.compartment = "health",
                            .person = town->brahim,
                            .registers = &sees,
                            .values = "{\"wg_seeing\":\"no_difficulty\"}"},
                           {.compartment = "base",
                            .person = forge_random(&forge),
                            .registers = &name,
                            .values = "{\"name_ar\":\"x\"}"},
                           {.compartment = "base",
                            .person = town->brahim,
                            .registers = &name,
                            .values = "{\"name_ar\":\"y\"}"},
                           {.compartment = "base",
                            .person = town->brahim,
                            .registers = &scope,
                            .values = "{\"_scope\":\"05.081.03.09\"}"}};
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        ops[i].type = "person";
        ops[i].entity = entity;
        ops[i].register_count = 1;
        (void)forge_op(&forge, &ops[i]);
    }
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    assert_true(forge_says(&forge, "\"late\":2"));
    forge_release(&forge);
}

/* The receipt of a hub whose clock is a year ahead. */
static void from_the_future(struct batch *batch, const struct forge *forge)
{
    struct receipt *receipt = &batch->receipts[0];
    struct node_identity hub;
    struct secret_key key;
    assert_int_equal(node_identity(forge->server, &hub), OK);
    assert_int_equal(node_secret(forge->server, &key), OK);
    *receipt = (struct receipt){.hub = hub.id, .time_ms = forge->nodes->now_ms};
    receipt_sign(receipt, batch, &key);
    batch->receipt_count = 1;
    forge_authored(batch, forge);
}

static void a_hub_ahead_of_time_does_not_lift_the_cap_on_a_wrong_clock(void **state)
{
    struct town *town = *state;
    struct forge hub;
    struct forge author;
    int64_t year_ms = 365LL * 86400000;
    town_sync_all(town);
    forge_open(&hub, &town->nodes, town->region, town->hub);
    forge_open(&author, &town->nodes, town->hub, town->a);
    struct op_register name = {span_of("head_name_ar"), NULL, 0};
    struct id uid = forge_op(&author, &(struct forged){.type = "household",
                                                       .entity = forge_random(&author),
                                                       .compartment = "base",
                                                       .registers = &name,
                                                       .register_count = 1,
                                                       .time_ms = town->nodes.now_ms + year_ms,
                                                       .values = "{\"head_name_ar\":\"x\"}"});
    town->nodes.now_ms += year_ms;
    forge_batch(&author, from_the_future);
    town->nodes.now_ms -= year_ms;
    forge_relay(&hub, &author, 0, 1);
    assert_int_equal(forge_send(&hub), 200);
    assert_int_equal(forge_held(town->region, uid).receipt_ms, town->nodes.now_ms);
    forge_release(&hub);
    forge_release(&author);
}

/* ---- what a hub may read */

static void a_hub_reads_another_province_only_for_a_device_that_called_it(void **state)
{
    struct town *town = *state;
    struct forge hub;
    struct forge guest;
    struct node *c = town_more(town, "c", ROLE_WORKER, town->region, WORKER_IN("05.301", ""));
    struct id entity = town_household(town, c, town->brahim, TOWN_AWAY, "x");
    struct request_proof visit = {.epoch = 1};
    (void)nodes_sync(&town->nodes, c, town->region);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    forge_open(&hub, &town->nodes, town->region, town->hub);
    forge_open(&guest, &town->nodes, town->hub, c);
    visit.node = guest.node;
    hub.request.visits = &visit;
    hub.request.visit_count = 1;
    assert_int_equal(forge_send(&hub), 200);
    assert_false(forge_names(&hub, entity));
    assert_false(forge_says(&hub, "05.301.03.01\",\"base"));
    /* With its own call in hand, the hub is believed. */
    assert_int_equal(forge_send(&guest), 200);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    assert_true(forge_live(&hub, town->hub, entity, "head_name_ar") != 0);
    forge_release(&hub);
    forge_release(&guest);
}

/* ---- what a device may read */

/* Writes one register of `entity` in a compartment, over `pred` (0: over nothing). */
static uint64_t forge_write(struct forge *forge, struct id entity, const char *compartment,
                            const char *reg, const char *value, uint64_t pred)
{
    char values[200];
    struct op_register one = {span_of(reg), &pred, pred ? 1 : 0};
    (void)snprintf(values, sizeof values, "{\"%s\":\"%s\"}", reg, value);
    return id_prefix8(forge_op(forge, &(struct forged){.type = "person",
                                                       .entity = entity,
                                                       .compartment = compartment,
                                                       .registers = &one,
                                                       .register_count = 1,
                                                       .values = values}));
}

static void names_of_registers_stay_in_their_compartment(void **state)
{
    struct town *town = *state;
    struct forge a;
    struct forge b;
    forge_open(&a, &town->nodes, town->hub, town->a);
    forge_open(&b, &town->nodes, town->hub, town->b);
    struct id entity = forge_random(&a);
    uint64_t scope = forge_write(&a, entity, "base", "_scope", TOWN_BESIDE, 0);
    uint64_t name = forge_write(&a, entity, "base", "name_ar", "x", 0);
    (void)forge_write(&a, entity, "base", "name_ar", "y", name);
    uint64_t sees = forge_write(&a, entity, "health", "wg_seeing", "some_difficulty", 0);
    (void)forge_write(&a, entity, "health", "wg_seeing", "no_difficulty", sees);
    uint64_t other = forge_write(&a, entity, "health", "never_typed", "x", 0);
    (void)forge_write(&a, entity, "health", "never_typed", "y", other);
    (void)forge_write(&a, entity, "base", "_scope", TOWN_COMMUNE, scope);
    forge_batch(&a, NULL);
    assert_int_equal(forge_send(&a), 200);
    b.request.want = &entity;
    b.request.want_count = 1;
    for (int i = 0; i < 2; i++) { /* by its feed, and by asking */
        assert_int_equal(forge_send(&b), 200);
        assert_true(forge_tells(&b, "\"enter\""));
        assert_true(forge_tells(&b, "name_ar"));
        assert_false(forge_tells(&b, "wg_seeing"));
        assert_false(forge_tells(&b, "never_typed"));
    }
    /* What is learnt to be dead later stays there, too. */
    uint64_t dead = 77;
    assert_int_equal(node_begin(town->hub), OK);
    assert_int_equal(
        node_end(town->hub, log_apply_dead(town->hub, entity, span_of("wg_seeing"), &dead, 1)), OK);
    b.request.want_count = 0;
    assert_int_equal(forge_send(&b), 200);
    assert_false(forge_tells(&b, "wg_seeing"));
    assert_int_equal(forge_send(&a), 200);
    assert_true(forge_tells(&a, "wg_seeing"));
    forge_release(&a);
    forge_release(&b);
}

static void asking_for_what_is_not_granted_brings_no_content(void **state)
{
    struct town *town = *state;
    struct forge a;
    struct forge b;
    forge_open(&a, &town->nodes, town->hub, town->a);
    forge_open(&b, &town->nodes, town->hub, town->b);
    struct id ids[] = {forge_random(&a), forge_random(&a), forge_random(&a)};
    (void)forge_household(&a, ids[0], TOWN_BESIDE);
    char values[80];
    char root[ID_TEXT_SIZE];
    struct op_register regs[] = {{span_of("_root"), NULL, 0}, {span_of("name_ar"), NULL, 0}};
    id_write(ids[0], root);
    (void)snprintf(values, sizeof values, "{\"_root\":\"%s\",\"name_ar\":\"secret\"}", root);
    (void)forge_op(&a, &(struct forged){.type = "person",
                                        .entity = ids[1],
                                        .compartment = "base",
                                        .registers = regs,
                                        .register_count = 2,
                                        .values = values});
    forge_batch(&a, NULL);
    assert_int_equal(forge_send(&a), 200);
    b.request.want = b.request.roots = ids;
    b.request.want_count = b.request.root_count = 3;
    assert_int_equal(forge_send(&b), 200);
    assert_false(forge_says(&b, "\"head_name_ar\":\"x\""));
    assert_false(forge_says(&b, "secret"));
    assert_false(forge_names(&b, ids[1]));
    assert_false(forge_names(&b, ids[2]));
    b.request.want = b.request.roots = ids + 1; /* a child's id doesn't even lead to its root */
    b.request.want_count = b.request.root_count = 1;
    assert_int_equal(forge_send(&b), 200);
    assert_false(forge_names(&b, ids[0]));
    forge_release(&a);
    forge_release(&b);
}

static void a_device_learns_nothing_of_others_logs(void **state)
{
    struct town *town = *state;
    struct forge b;
    struct diag diag = {0};
    char path[300];
    town_sync_all(town);
    (void)snprintf(path, sizeof path, "%s/backup", town->nodes.folder);
    assert_int_equal(node_backup(town->region, path, &diag), OK);
    forge_open(&b, &town->nodes, town->region, town->b);
    b.request.has_stables = true;
    assert_int_equal(forge_send(&b), 200);
    assert_false(forge_says(&b, "\"stables\""));
    b.request.has_relay = true;
    assert_int_equal(forge_send(&b), 403);
    forge_release(&b);
}

static void what_was_superseded_before_it_came_is_dead_for_readers_too(void **state)
{
    struct town *town = *state;
    struct forge a;
    forge_open(&a, &town->nodes, town->hub, town->a);
    struct id entity = forge_random(&a);
    (void)forge_write(&a, entity, "base", "_scope", TOWN_COMMUNE, 0);
    uint64_t phone = forge_write(&a, entity, "base", "phone", "0600000000", 0);
    assert_int_equal(node_begin(town->hub), OK);
    assert_int_equal(
        node_end(town->hub, log_apply_dead(town->hub, entity, span_of("phone"), &phone, 1)), OK);
    forge_batch(&a, NULL);
    assert_int_equal(forge_send(&a), 200);
    town_sync_all(town);
    assert_true(forge_live(&a, town->hub, entity, "phone") == 0);
    assert_true(forge_live(&a, town->b, entity, "phone") == 0);
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    forge_release(&a);
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
        TOWN_TEST(an_origin_opened_by_another_first_does_not_stop_its_owner),
        TOWN_TEST(who_pushes_an_origin_of_another_is_told_of_a_fork),
        TOWN_TEST(an_unknown_origin_without_its_opening_is_a_gap),
        TOWN_TEST(a_chain_that_parts_from_the_known_one_is_not_joined_to_it),
        TOWN_TEST(what_a_revoked_device_hands_to_a_hub_that_does_not_know_yet_is_set_back),
        TOWN_TEST(a_register_of_a_compartment_not_granted_is_flagged),
        TOWN_TEST(what_comes_ahead_of_its_record_s_place_is_flagged_too),
        TOWN_TEST(a_hub_ahead_of_time_does_not_lift_the_cap_on_a_wrong_clock),
        TOWN_TEST(a_hub_reads_another_province_only_for_a_device_that_called_it),
        TOWN_TEST(names_of_registers_stay_in_their_compartment),
        TOWN_TEST(asking_for_what_is_not_granted_brings_no_content),
        TOWN_TEST(a_device_learns_nothing_of_others_logs),
        TOWN_TEST(what_was_superseded_before_it_came_is_dead_for_readers_too),
    };
    return cmocka_run_group_tests_name("serve_attacks", tests, NULL, NULL);
}
