/*
 * test_sync_paths.c - the ways that ops, trees, acknowledgements and receipts can take between
 * nodes, and what must hold at the end of each.
 */
#define _XOPEN_SOURCE 700

#include "envelope.h"
#include "test_forge.h"
#include "test_town.h"

static bool has(struct town *town, struct node *node, struct id entity)
{
    int64_t symbol = 0;
    size_t count = 0;
    struct live_op *live = NULL;
    struct arena arena;
    arena_init(&arena, &town->nodes.host.mem, 1u << 20);
    assert_int_equal(symbol_find(node, span_of("head_name_ar"), &symbol), OK);
    assert_int_equal(log_live(node, forge_entity(node, entity), symbol, &arena, &live, &count), OK);
    arena_release(&arena);
    return count > 0;
}

/* ---- two processes on one database */

static void who_writes_beside_a_new_origin_writes_under_it(void **state)
{
    struct town *town = *state;
    struct node *other = town_open_again(town, "a");
    assert_int_equal(node_begin(other), OK);
    assert_int_equal(node_end(other, log_reorigin(other)), OK);
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    (void)nodes_sync(&town->nodes, other, town->hub);
    node_close(other);
    assert_true(has(town, town->hub, entity));
    town_assert_clean(town, town->a);
}

static void an_enrolment_by_another_process_is_seen(void **state)
{
    struct town *town = *state;
    struct node *c = nodes_open(&town->nodes, "c", ROLE_WORKER, true);
    struct node *other = town_open_again(town, "c");
    struct node_identity identity;
    nodes_enrol(&town->nodes, town->hub, c, WORKER_IN(TOWN_COMMUNE, ""));
    assert_int_equal(node_begin(other), OK);
    assert_int_equal(node_identity(other, &identity), OK);
    assert_int_equal(node_end(other, OK), OK);
    assert_true(identity.enrolled);
    node_close(other);
    node_close(c);
}

static void a_failed_new_origin_leaves_the_old_one_in_use(void **state)
{
    struct town *town = *state;
    assert_int_equal(node_begin(town->a), OK);
    assert_int_equal(log_reorigin(town->a), OK);
    assert_int_equal(node_end(town->a, ERR_DB_FULL), ERR_DB_FULL);
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_true(has(town, town->hub, entity));
    town_assert_clean(town, town->a);
}

/* ---- what a hub may make a device believe */

/* `text`, with its dictionary, as the answer to the request `body`. */
static void answer_to(struct span body, struct span text, struct buf *ret)
{
    struct envelope request;
    assert_int_equal(envelope_read(body, &request, NULL), OK);
    reply_tag(&request.signature, ret);
    buf_add_span(ret, text);
}

/* A sync whose first exchange is answered by the test, and the rest by the hub. */
static void sync_after(struct town *town, struct node *node, int status, struct span body)
{
    struct sync *sync = NULL;
    struct sync_action action;
    struct diag diag = {0};
    struct buf reply;
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    assert_int_equal(sync_new(node, town->nodes.pack, NULL, NULL, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    town->nodes.now_ms++;
    for (int step = 0; step < 100; step++) {
        sync_step(sync, &event, &action);
        if (action.kind != SYNC_EXCHANGE) {
            break;
        }
        event = (struct sync_event){.kind = SYNC_REPLY, .status = status, .body = body};
        buf_clear(&reply);
        if (step == 0 && status == 200) {
            answer_to(action.body, body, &reply);
            event.body = buf_span(&reply);
        } else if (step > 0) {
            event.status = nodes_answer(&town->nodes, town->hub, action.body, &reply);
            event.body = buf_span(&reply);
        }
    }
    assert_int_equal(action.kind, SYNC_DONE);
    sync_free(sync);
    buf_release(&reply);
}

static void a_gap_beyond_what_was_acknowledged_is_not_believed(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    sync_after(town, town->a, 409, span_of("{\"error\":\"gap\",\"args\":[\"x\",\"9999\"]}"));
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_true(has(town, town->hub, entity));
}

static void nobody_else_fills_a_number_of_the_own_chain(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct buf text;
    struct buf body;
    uint8_t dictionary = 0;
    struct sync_reply reply = {
        .time_ms = town->nodes.now_ms, .origins = &town->a->own_origin_name, .origin_count = 1};
    struct sync_row row = {.kind = ROW_OP, .origin_index = 0, .seq = 1};
    buf_init(&text, &town->nodes.host.mem, 1u << 20);
    buf_init(&body, &town->nodes.host.mem, 1u << 20);
    forge_open(&forge, &town->nodes, town->hub, town->b);
    (void)forge_household(&forge, forge_random(&forge), TOWN_COMMUNE);
    row.body = span_cut(buf_span(&forge.lines), 0, forge.lines.size - 1);
    sync_reply_write(&reply, &text);
    sync_row_write(&row, &text);
    buf_add_byte(&body, 0);
    assert_int_equal(pack_write(town->nodes.pack, buf_span(&text), &body, &dictionary), OK);
    body.data[0] = dictionary;
    sync_after(town, town->a, 200, buf_span(&body));
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_true(has(town, town->hub, entity));
    town_assert_clean(town, town->a);
    buf_release(&text);
    buf_release(&body);
    forge_release(&forge);
}

/* ---- databases put back */

static void a_hub_that_was_put_back_still_hands_on_what_comes(void **state)
{
    struct town *town = *state;
    (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "one");
    town_sync_all(town);
    node_close(town->hub);
    town_copy_files(town, "hub", "copy");
    town->hub = town_open_again(town, "hub");
    for (int i = 0; i < 4; i++) {
        (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "two");
        town_sync_all(town);
    }
    node_close(town->hub);
    town_copy_files(town, "copy", "hub");
    town->hub = town_open_again(town, "hub");
    struct id entity = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "three");
    town_sync_all(town);
    town_sync_all(town);
    assert_true(has(town, town->hub, entity));
    assert_true(has(town, town->region, entity));
    town_assert_same(town, town->hub, town->region, TOWN_COMMUNE, "base");
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->hub);
    town_assert_clean(town, town->region);
}

static void a_region_that_was_put_back_gets_everything_again(void **state)
{
    struct town *town = *state;
    town_sync_all(town);
    node_close(town->region);
    town_copy_files(town, "region", "copy");
    town->region = town_open_again(town, "region");
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "one");
    town_sync_all(town);
    node_close(town->region);
    town_copy_files(town, "copy", "region");
    town->region = town_open_again(town, "region");
    assert_false(has(town, town->region, entity));
    town_sync_all(town);
    assert_true(has(town, town->region, entity));
    town_assert_same(town, town->a, town->region, TOWN_COMMUNE, "base");
}

/* ---- batches */

static void a_hubs_large_write_is_cut_so_that_the_region_takes_it(void **state)
{
    struct town *town = *state;
    struct forge forge;
    static char note[120000];
    forge_open(&forge, &town->nodes, town->hub, town->b);
    (void)snprintf(note, sizeof note, "{\"note\":\"%0110000d\"}", 7);
    struct op_register reg = {span_of("note"), NULL, 0};
    struct id entity = forge_random(&forge);
    assert_int_equal(node_begin(town->hub), OK);
    for (int i = 0; i < 30; i++) {
        int64_t row = 0;
        struct op op = {.known_format = true,
                        .stamp = {.time_ms = town->nodes.now_ms, .counter = i},
                        .entity = entity,
                        .type = span_of("household"),
                        .type_version = 1,
                        .kind = OP_SAVE,
                        .kind_name = span_of("save"),
                        .compartment = span_of("base"),
                        .registers = &reg,
                        .register_count = 1,
                        .extra = span_of("{}"),
                        .values = span_of(note)};
        assert_int_equal(log_write(town->hub, &op, false, &row), OK);
    }
    assert_int_equal(node_end(town->hub, OK), OK);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    int64_t symbol = 0;
    size_t count = 0;
    struct live_op *live = NULL;
    assert_int_equal(symbol_find(town->region, span_of("note"), &symbol), OK);
    assert_int_equal(log_live(town->region, forge_entity(town->region, entity), symbol,
                              &forge.arena, &live, &count),
                     OK);
    assert_int_equal(count, 30);
    town_assert_clean(town, town->hub);
    forge_release(&forge);
}

/* ---- large things */

/* One op of one register over `pred` (0: over nothing). */
static uint64_t write_one(struct forge *forge, struct id entity, const char *reg,
                          const char *values, uint64_t pred)
{
    struct op_register one = {span_of(reg), &pred, pred ? 1 : 0};
    return id_prefix8(forge_op(forge, &(struct forged){.type = "household",
                                                       .entity = entity,
                                                       .compartment = "base",
                                                       .registers = &one,
                                                       .register_count = 1,
                                                       .values = values}));
}

static void a_register_changed_very_often_still_enters_a_scope(void **state)
{
    struct town *town = *state;
    struct forge forge;
    char values[64];
    uint64_t phone = 0;
    forge_open(&forge, &town->nodes, town->hub, town->a);
    struct id entity = forge_random(&forge);
    uint64_t scope = write_one(&forge, entity, "_scope", "{\"_scope\":\"05.081.03.11\"}", 0);
    for (int i = 0; i < 2500; i++) {
        (void)snprintf(values, sizeof values, "{\"phone\":\"%d\"}", i);
        phone = write_one(&forge, entity, "phone", values, phone);
    }
    (void)write_one(&forge, entity, "_scope", "{\"_scope\":\"05.081.03.09\"}", scope);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    town_sync_all(town);
    assert_true(forge_live(&forge, town->b, entity, "phone") == phone);
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    forge_release(&forge);
}

#define MANY 150

/* More than the memory of a reconcile holds at once: each op is looked at for itself. */
static void a_register_with_much_history_is_handed_over(void **state)
{
    static char values[OP_BODY_MAX];
    struct town *town = *state;
    struct forge forge;
    struct sync_action action;
    struct node_identity of;
    uint64_t phone = 0;
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    (void)nodes_sync(&town->nodes, next, town->region);
    forge_open(&forge, &town->nodes, town->hub, town->a);
    struct id entity = forge_random(&forge);
    (void)write_one(&forge, entity, "_scope", "{\"_scope\":\"" TOWN_COMMUNE "\"}", 0);
    memset(values, 'x', OP_BODY_MAX - 1024);
    memcpy(values, "{\"phone\":\"", 10);
    memcpy(values + OP_BODY_MAX - 1024, "\"}", 3);
    for (int i = 0; i < MANY; i++) {
        phone = write_one(&forge, entity, "phone", values, phone);
        if (i % 4 == 3 || i == MANY - 1) {
            forge_batch(&forge, NULL);
            assert_int_equal(forge_send(&forge), 200);
        }
    }
    (void)nodes_sync(&town->nodes, town->b, town->hub);
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    assert_int_equal(node_identity(next, &of), OK);
    nodes_sync_by(&town->nodes, town->b, next, &of.id, NULL, &action);
    assert_int_equal(action.kind, SYNC_DONE);
    assert_true(forge_live(&forge, next, entity, "phone") == phone);
    town_assert_same(town, town->b, next, TOWN_COMMUNE, "base");
    forge_release(&forge);
}

/*
 * A tree that came through a scope which the device was granted only later: its first words say it
 * is out of sight, so what follows is skipped, until a later one in the same tree brings it back.
 */
static void a_tree_read_before_its_grant_arrives_whole(void **state)
{
    struct town *town = *state;
    struct forge forge;
    forge_open(&forge, &town->nodes, town->hub, town->a);
    struct id entity = forge_random(&forge);
    uint64_t scope = write_one(&forge, entity, "_scope", "{\"_scope\":\"" TOWN_BESIDE "\"}", 0);
    uint64_t phone = write_one(&forge, entity, "phone", "{\"phone\":\"0661000001\"}", 0);
    scope = write_one(&forge, entity, "_scope", "{\"_scope\":\"" TOWN_THIRD "\"}", scope);
    (void)write_one(&forge, entity, "_scope", "{\"_scope\":\"" TOWN_COMMUNE "\"}", scope);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    town_grant(town, town->b, "\"" TOWN_COMMUNE "\",\"" TOWN_THIRD "\"");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    struct sync_result result = nodes_sync(&town->nodes, town->b, town->hub);
    /* Once more because of the grant, in case something came before it; not by the tree, which
       began with where it is. */
    assert_int_equal(result.requests, 2);
    assert_true(forge_live(&forge, town->b, entity, "phone") == phone);
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    forge_release(&forge);
}

/* The same from a hub that tells the ops of a tree in any order: what was skipped is asked for. */
static void a_tree_that_begins_out_of_sight_is_asked_for_again(void **state)
{
    struct town *town = *state;
    struct forge forge;
    struct buf text;
    struct buf body;
    struct sync *sync = NULL;
    struct sync_action action;
    struct entity_row root;
    uint8_t dictionary = 0;
    struct sync_reply reply = {.time_ms = town->nodes.now_ms};
    buf_init(&text, &town->nodes.host.mem, 1u << 20);
    buf_init(&body, &town->nodes.host.mem, 1u << 20);
    forge_open(&forge, &town->nodes, town->hub, town->a);
    struct id entity = forge_random(&forge);
    uint64_t scope = write_one(&forge, entity, "_scope", "{\"_scope\":\"" TOWN_THIRD "\"}", 0);
    (void)write_one(&forge, entity, "phone", "{\"phone\":\"0661000001\"}", 0);
    (void)write_one(&forge, entity, "_scope", "{\"_scope\":\"" TOWN_COMMUNE "\"}", scope);
    struct span rest = buf_span(&forge.lines);
    struct sync_row enter = {
        .kind = ROW_ENTER, .id = entity, .compartment = span_of("base"), .op_count = 3};
    struct sync_row row = {.kind = ROW_OP, .origin_index = -1};
    sync_reply_write(&reply, &text);
    sync_row_write(&enter, &text);
    while (span_split(&rest, '\n', &row.body)) {
        sync_row_write(&row, &text);
    }
    buf_add_byte(&body, 0);
    assert_int_equal(pack_write(town->nodes.pack, buf_span(&text), &body, &dictionary), OK);
    body.data[0] = dictionary;
    assert_int_equal(sync_new(town->b, town->nodes.pack, NULL, NULL, &sync, NULL), OK);
    sync_step(sync, &(struct sync_event){.kind = SYNC_BEGIN}, &action);
    buf_clear(&text);
    answer_to(action.body, buf_span(&body), &text);
    sync_step(sync,
              &(struct sync_event){.kind = SYNC_REPLY, .status = 200, .body = buf_span(&text)},
              &action);
    assert_int_equal(action.kind, SYNC_EXCHANGE);
    assert_int_equal(entity_find(town->b, entity, &root), OK);
    assert_true(root.missing);
    sync_free(sync);
    buf_release(&text);
    buf_release(&body);
    forge_release(&forge);
}

/* Something on the way kept an answer and gives it again: not a frame, row or number of it counts.
 */
static void an_answer_to_another_request_is_not_taken(void **state)
{
    struct town *town = *state;
    struct sync *sync = NULL;
    struct sync_action action;
    struct diag diag = {0};
    struct buf kept, reply;
    buf_init(&kept, &town->nodes.host.mem, 16u << 20);
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    for (int i = 0; i < 2; i++) {
        struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
        struct sync_event event = {.kind = SYNC_BEGIN};
        town->nodes.now_ms++;
        assert_int_equal(sync_new(town->a, town->nodes.pack, NULL, NULL, &sync, &diag), OK);
        sync_step(sync, &event, &action);
        assert_int_equal(action.kind, SYNC_EXCHANGE);
        if (i == 1) {
            event = (struct sync_event){.kind = SYNC_REPLY, .status = 200, .body = buf_span(&kept)};
            sync_step(sync, &event, &action);
            assert_int_equal(action.kind, SYNC_WAIT);
            event = (struct sync_event){.kind = SYNC_WAITED};
            sync_step(sync, &event, &action);
        }
        while (action.kind == SYNC_EXCHANGE) {
            buf_clear(&reply);
            event = (struct sync_event){.kind = SYNC_REPLY};
            event.status = nodes_answer(&town->nodes, town->hub, action.body, &reply);
            event.body = buf_span(&reply);
            if (kept.size == 0) {
                buf_add_span(&kept, buf_span(&reply));
            }
            sync_step(sync, &event, &action);
        }
        assert_int_equal(action.kind, SYNC_DONE);
        assert_true(has(town, town->hub, entity));
        sync_free(sync);
    }
    town_assert_clean(town, town->a);
    buf_release(&kept);
    buf_release(&reply);
}

static void a_tree_too_large_for_any_reply_comes_in_parts(void **state)
{
    struct town *town = *state;
    struct forge forge;
    static char values[220000];
    char root[ID_TEXT_SIZE];
    struct entity_row whole;
    forge_open(&forge, &town->nodes, town->hub, town->a);
    struct id entity = forge_random(&forge);
    id_write(entity, root);
    uint64_t scope = write_one(&forge, entity, "_scope", "{\"_scope\":\"05.081.03.11\"}", 0);
    forge_batch(&forge, NULL);
    for (int i = 0; i < 80; i++) {
        struct op_register regs[] = {{span_of("_root"), NULL, 0}, {span_of("note"), NULL, 0}};
        (void)snprintf(values, sizeof values, "{\"_root\":\"%s\",\"note\":\"%0200000d\"}", root, i);
        arena_reset(&forge.arena);
        (void)forge_op(&forge, &(struct forged){.type = "person",
                                                .entity = forge_random(&forge),
                                                .compartment = "base",
                                                .registers = regs,
                                                .register_count = 2,
                                                .values = values});
        if (i % 4 == 3) {
            forge_batch(&forge, NULL);
            assert_int_equal(forge_send(&forge), 200);
        }
    }
    (void)write_one(&forge, entity, "_scope", "{\"_scope\":\"05.081.03.09\"}", scope);
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    struct id other = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    struct sync_result result = nodes_sync(&town->nodes, town->b, town->hub);
    assert_true(result.requests > 20); /* 16 MB in replies of a modest size */
    assert_true(has(town, town->b, other));
    assert_int_equal(entity_find(town->b, entity, &whole), OK);
    assert_false(whole.missing);
    town_assert_same(town, town->b, town->hub, TOWN_COMMUNE, "base");
    town_assert_clean(town, town->b);
    (void)nodes_sync(&town->nodes, town->hub, town->region); /* and for a hub that reads it */
    town_assert_same(town, town->hub, town->region, TOWN_COMMUNE, "base");
    forge_release(&forge);
}

static void what_is_wanted_comes_in_replies_of_the_size_asked_for(void **state)
{
    struct town *town = *state;
    struct forge a;
    struct forge b;
    struct id ids[300];
    forge_open(&a, &town->nodes, town->hub, town->a);
    forge_open(&b, &town->nodes, town->hub, town->b);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        ids[i] = forge_random(&a);
        (void)forge_household(&a, ids[i], TOWN_COMMUNE);
    }
    forge_batch(&a, NULL);
    assert_int_equal(forge_send(&a), 200);
    b.request.want = ids;
    b.request.want_count = COUNT_OF(ids);
    b.request.max_size = WIRE_REPLY_MIN;
    b.request.has_cursor = true;
    b.request.cursor = 0;
    sync_state(town->b->own_origin_name, NULL, 0, b.request.state);
    assert_int_equal(forge_send(&b), 200);
    assert_true(forge_says(&b, "\"more\":true"));
    assert_true(b.plain.size < 4 * WIRE_REPLY_MIN);
    forge_release(&a);
    forge_release(&b);
}

/* A hub that hasn't heard of a grant answers that what the device holds by it isn't granted: heard
   once in a sync, however little a reply holds. */
static void a_hub_that_does_not_know_a_grant_is_asked_once_a_sync(void **state)
{
    struct town *town = *state;
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    struct forge forge;
    forge_open(&forge, &town->nodes, town->hub, town->a);
    for (int i = 0; i < 800; i++) {
        (void)forge_household(&forge, forge_random(&forge), TOWN_THIRD);
    }
    forge_batch(&forge, NULL);
    assert_int_equal(forge_send(&forge), 200);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_grant(town, town->b, "\"" TOWN_COMMUNE "\",\"" TOWN_THIRD "\"");
    (void)nodes_sync(&town->nodes, next, town->region);
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    (void)nodes_sync(&town->nodes, town->b, next);
    town_assert_same(town, town->b, next, TOWN_THIRD, "base");
    struct node_identity hub;
    struct sync_options options = {.reply_size = WIRE_REPLY_MIN};
    struct sync_action action;
    assert_int_equal(node_identity(town->hub, &hub), OK);
    nodes_sync_by(&town->nodes, town->b, town->hub, &hub.id, &options, &action);
    assert_int_equal(action.kind, SYNC_DONE);
    assert_true(action.result.requests > 3); /* 800 times LEAVE... */
    assert_true(action.result.requests < 12);
    town_assert_same(town, town->b, next, TOWN_THIRD, "base"); /* ... and none believed */
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    for (int i = 0; i < 2; i++) {
        nodes_sync_by(&town->nodes, town->b, town->hub, &hub.id, NULL, &action);
    }
    assert_int_equal(action.result.rows_received, 0);
    forge_release(&forge);
}

/* Its grant stands behind what it grants, in the hub's order. */
static void the_first_sync_of_a_device_brings_all_that_it_is_granted(void **state)
{
    struct town *town = *state;
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "before it came");
    town_edit(town, town->a, town->amina, entity, "members", "5");
    town_sync_all(town);
    struct node *c = town_more(town, "c", ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    assert_true(town_shows(town, c, entity, "members", "5"));
    town_assert_same(town, c, town->hub, TOWN_COMMUNE, "base");
}

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(the_first_sync_of_a_device_brings_all_that_it_is_granted),
        TOWN_TEST(who_writes_beside_a_new_origin_writes_under_it),
        TOWN_TEST(an_enrolment_by_another_process_is_seen),
        TOWN_TEST(a_failed_new_origin_leaves_the_old_one_in_use),
        TOWN_TEST(a_gap_beyond_what_was_acknowledged_is_not_believed),
        TOWN_TEST(nobody_else_fills_a_number_of_the_own_chain),
        TOWN_TEST(a_hub_that_was_put_back_still_hands_on_what_comes),
        TOWN_TEST(a_region_that_was_put_back_gets_everything_again),
        TOWN_TEST(a_hubs_large_write_is_cut_so_that_the_region_takes_it),
        TOWN_TEST(a_register_changed_very_often_still_enters_a_scope),
        TOWN_TEST(a_register_with_much_history_is_handed_over),
        TOWN_TEST(a_tree_read_before_its_grant_arrives_whole),
        TOWN_TEST(a_tree_that_begins_out_of_sight_is_asked_for_again),
        TOWN_TEST(an_answer_to_another_request_is_not_taken),
        TOWN_TEST(a_tree_too_large_for_any_reply_comes_in_parts),
        TOWN_TEST(a_hub_that_does_not_know_a_grant_is_asked_once_a_sync),
        TOWN_TEST(what_is_wanted_comes_in_replies_of_the_size_asked_for),
    };
    return cmocka_run_group_tests_name("sync_paths", tests, NULL, NULL);
}
