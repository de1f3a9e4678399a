/*
 * test_blob_lane.c - attachments between nodes: after the records, resumed where they were cut,
 * only to who may read an op that names them.
 */
#define _XOPEN_SOURCE 700

#define DAY_MS 86400000LL

#include "test_blob_lane.h"
#include "lease.h"

static void a_file_goes_up_after_the_records_and_down_when_wanted(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 11);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    struct watched w = sync_blobs(town, town->a, town->hub);
    assert_int_equal(w.result.blobs_sent, 1);
    assert_false(w.records_after_files);
    assert_true(holds(town, town->hub, &name, file));
    (void)sync_blobs(town, town->hub, town->region);
    assert_true(holds(town, town->region, &name, file));
    /* A second sync asks for nothing more of it. */
    assert_int_equal(sync_blobs(town, town->a, town->hub).exchanges, 0);
    w = sync_blobs(town, town->b, town->hub);
    assert_int_equal(w.result.blobs_received, 0);
    assert_false(here(town->b, &name));
    assert_int_equal(blob_want(town->b, &name), OK);
    w = sync_blobs(town, town->b, town->hub);
    assert_int_equal(w.result.blobs_received, 1);
    assert_true(holds(town, town->b, &name, file));
}

/* The device dies at each exchange of the lane in turn, with the reply heard or lost: each attempt
   goes on where the last was, and sends at most one piece again. */
static void a_file_cut_anywhere_resumes_up_and_down(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    int64_t spent = 0;
    struct span file = make_file(bytes, sizeof bytes, 12);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    int tries = 0;
    for (; !here(town->hub, &name) && tries < 20; tries++) {
        spent += watch(town, town->a, town->hub, 1, tries % 2 == 0, NULL).result.blob_bytes;
    }
    assert_true(holds(town, town->hub, &name, file));
    assert_in_range(tries, 2, 6);
    /* Each attempt asks and may lose one piece. */
    assert_in_range(spent, FILE_SIZE, FILE_SIZE + (unsigned)tries * (WIRE_BLOB_CHUNK + 1024));
    (void)sync_blobs(town, town->b, town->hub);
    assert_int_equal(blob_want(town->b, &name), OK);
    for (tries = 0; !here(town->b, &name) && tries < 20; tries++) {
        (void)watch(town, town->b, town->hub, 2, tries % 2 == 0, NULL);
    }
    assert_true(holds(town, town->b, &name, file));
    assert_in_range(tries, 2, 6);
}

static void a_hub_fetches_from_above_what_its_device_wants(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 13);
    struct id house = town_household(town, town->region, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->region, house, "house_photo", file);
    (void)sync_blobs(town, town->hub, town->region);
    (void)sync_blobs(town, town->b, town->hub);
    assert_false(here(town->hub, &name));
    assert_int_equal(blob_want(town->b, &name), OK);
    assert_int_equal(sync_blobs(town, town->b, town->hub).result.blobs_received, 0);
    assert_int_equal(sync_blobs(town, town->hub, town->region).result.blobs_received, 1);
    assert_int_equal(sync_blobs(town, town->b, town->hub).result.blobs_received, 1);
    assert_true(holds(town, town->b, &name, file));
}

/* ---- who may */

static void a_hash_alone_opens_nothing(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    char value[512];
    struct file_value stolen = {.mime = "audio/ogg"};
    struct buf json;
    struct span file = make_file(bytes, sizeof bytes, 14);
    struct id house = town_household(town, town->a, town->amina, TOWN_BESIDE, "x");
    stolen.whole = attach_to(town, town->a, house, "house_photo", file);
    (void)sync_blobs(town, town->a, town->hub);
    assert_true(here(town->hub, &stolen.whole));
    /* Brahim's device may not read that commune. It learnt the hash somewhere and writes it into a
       record of its own, where it may read. */
    struct id own = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "y");
    buf_init(&json, &town->nodes.host.mem, sizeof value - 1);
    file_value_write(&stolen, &json);
    (void)snprintf(value, sizeof value, "%s", buf_text(&json));
    buf_release(&json);
    town_edit(town, town->b, town->brahim, own, "house_photo", value);
    assert_int_equal(blob_want(town->b, &stolen.whole), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sync_blobs(town, town->b, town->hub).result.blobs_received, 0);
    }
    assert_false(here(town->b, &stolen.whole));
}

/* What `b` wrote comes into the region's backup; each time its network ends before the files. */
static void bring_records_without_files(struct town *town)
{
    char copy[300];
    struct diag diag = {0};
    (void)watch(town, town->b, town->hub, 0, false, NULL);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)snprintf(copy, sizeof copy, "%s/copy.db", town->nodes.folder);
    assert_int_equal(node_backup(town->region, copy, &diag), OK);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)watch(town, town->b, town->hub, 0, false, NULL);
}

/* Its record lies where the author may look no more, and the hub knows it from the region alone:
   whose it is, it can't tell. Nobody else has the file. */
static void a_file_that_only_its_author_has_is_taken_by_a_hub_that_does_not_know_it(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct attached attached;
    struct span file = make_file(bytes, sizeof bytes, 31);
    town_grant(town, town->b, "\"" TOWN_COMMUNE "\",\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    struct id house = town_household(town, town->b, town->brahim, TOWN_BESIDE, "x");
    assert_int_equal(attach(town, town->b, town->brahim, house, "house_photo", file, &attached),
                     OK);
    bring_records_without_files(town);
    town_grant(town, town->b, "\"" TOWN_COMMUNE "\"");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)watch(town, town->b, town->hub, 0, false, NULL);
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    (void)sync_blobs(town, town->b, next);
    (void)sync_blobs(town, town->b, next);
    assert_true(here(next, &attached.file.whole));
    /* Asked again, it is told that all is there. */
    assert_int_equal(sync_blobs(town, town->b, next).result.blobs_sent, 0);
    (void)sync_blobs(town, next, town->region);
    assert_true(here(town->region, &attached.file.whole));
}

/* The hub never saw the op that names the file: it was lost, and the record is another province's
   now. The author tells it that op once more, and the file behind it. */
static void a_file_of_an_op_that_the_hub_lost_is_taken_with_the_op(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct attached attached;
    struct span file = make_file(bytes, sizeof bytes, 33);
    struct id house = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "x");
    assert_int_equal(attach(town, town->b, town->brahim, house, "house_photo", file, &attached),
                     OK);
    (void)town_household(town, town->b, town->brahim, TOWN_COMMUNE, "y");
    bring_records_without_files(town);
    town->nodes.now_ms += 400 * DAY_MS; /* of what was written behind it only the hash is left */
    const struct sync_options forget = {.forget = SYNC_FORGET_NOW, .forget_older_ms = 365 * DAY_MS};
    assert_int_equal(watch(town, town->b, town->hub, 0, false, &forget).result.forgotten, 1);
    town_edit(town, town->region, town->brahim, house, "place", "\"" TOWN_AWAY "\"");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)watch(town, town->b, town->hub, 0, false, NULL);
    struct node *next = town_more(town, "next", ROLE_HUB, town->region, HUB_OF(TOWN_PROVINCE));
    nodes_enrol(&town->nodes, next, town->b, WORKER_IN(TOWN_COMMUNE, ""));
    (void)sync_blobs(town, town->b, next);
    assert_true(here(next, &attached.file.whole));
    assert_int_equal(sync_blobs(town, town->b, next).result.blobs_sent, 0);
    (void)sync_blobs(town, next, town->region);
    assert_true(here(town->region, &attached.file.whole));
    town_assert_clean(town, next);
    town_assert_clean(town, town->b);
}

static void a_compartment_is_closed_to_who_lacks_it(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    struct span file = make_file(bytes, sizeof bytes, 15);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct change changes[] = {{"name_ar", span_of("\"x\"")}, {"sex", span_of("\"f\"")}};
    struct save save = {.person = town->amina,
                        .type = "person",
                        .is_new = true,
                        .has_parent = true,
                        .parent = house,
                        .changes = changes,
                        .change_count = 2};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    enum err e = node_save(town->a, &save, &arena, &saved, &diag);
    if (e) {
        fail_msg("%s %s", err_name(e), diag.args[0]);
    }
    struct blob_name name = attach_to(town, town->a, saved.entity, "disability_document", file);
    arena_release(&arena);
    (void)sync_blobs(town, town->a, town->hub);
    (void)sync_blobs(town, town->b, town->hub);
    assert_true(here(town->hub, &name));
    struct blob_state known;
    assert_int_equal(blob_state(town->b, &name, &known), OK);
    assert_false(known.known); /* not even the op came */
}

/* It hears of its revocation in the lane, from a hub that was behind or isn't the one: what is left
   it hands over by a sync, and whoever accepts it there opens it again. */
static void a_device_that_is_called_revoked_in_the_lane_asks_again(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct lease lease;
    struct diag diag = {0};
    struct sync *sync = NULL;
    struct sync_action action;
    struct buf reply;
    bool told = false;
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name =
        attach_to(town, town->a, house, "house_photo", make_file(bytes, sizeof bytes, 32));
    buf_init(&reply, &town->nodes.host.mem, 16u << 20);
    assert_int_equal(sync_new(town->a, town->nodes.pack, NULL, NULL, &sync, &diag), OK);
    struct sync_event event = {.kind = SYNC_BEGIN};
    for (int step = 0; step < 100; step++) {
        town->nodes.now_ms++;
        sync_step(sync, &event, &action);
        if (action.kind != SYNC_EXCHANGE) {
            break;
        }
        event = (struct sync_event){.kind = SYNC_REPLY};
        if (!told && strcmp(action.path, "/v1/blob") == 0) {
            told = true; /* what was saved meanwhile is left to hand over */
            (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "y");
            event.status = 403;
            event.body = span_of("{\"error\":\"revoked\",\"args\":[\"a\"]}");
            continue;
        }
        buf_clear(&reply);
        event.status = nodes_answer_at(&town->nodes, town->hub, action.path, action.body, &reply);
        event.body = buf_span(&reply);
    }
    assert_true(told);
    assert_int_equal(action.kind, SYNC_DONE);
    assert_int_equal(lease_read(town->a, &lease), OK);
    assert_int_equal(lease.lock, LEASE_OPEN);
    sync_free(sync);
    buf_release(&reply);
    (void)sync_blobs(town, town->a, town->hub);
    assert_true(here(town->hub, &name));
}

/* ---- wrong bytes, budgets, space */

static void a_file_damaged_at_home_is_not_passed_on(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 16);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    flip_a_byte(town, "a");
    struct watched w = sync_blobs(town, town->a, town->hub);
    assert_int_equal(w.result.blobs_wrong, 1);
    assert_int_equal(w.result.blobs_sent, 0);
    assert_false(here(town->hub, &name));
    assert_false(here(town->a, &name));
    assert_int_equal(blob_sweep(town->hub), OK);
    assert_int_equal(file_count(town, "hub"), 0);
}

static void a_file_damaged_at_the_hub_is_thrown_away_and_told(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 17);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    (void)sync_blobs(town, town->a, town->hub);
    (void)sync_blobs(town, town->b, town->hub);
    flip_a_byte(town, "hub");
    assert_int_equal(blob_want(town->b, &name), OK);
    struct watched w = sync_blobs(town, town->b, town->hub);
    assert_true(w.result.blobs_wrong > 0);
    assert_int_equal(w.result.blobs_received, 0);
    assert_false(here(town->b, &name));
}

static void a_budget_bounds_files_and_never_records(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct sync_options options = {.has_budget = true, .budget = 0};
    struct span file = make_file(bytes, sizeof bytes, 18);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    struct watched w = watch(town, town->a, town->hub, -1, false, &options);
    assert_int_equal(w.gave_up, OK);
    assert_int_equal(w.exchanges, 0);
    assert_true(w.result.blobs_left);
    assert_true(w.result.ops_pushed > 0);
    options.budget = 70000;
    int tries = 0;
    for (; !here(town->hub, &name) && tries < 10; tries++) {
        w = watch(town, town->a, town->hub, -1, false, &options);
        assert_in_range(w.result.blob_bytes, 1, 70000);
    }
    assert_int_equal(tries, 3);
    assert_true(holds(town, town->hub, &name, file));
}

static void only_what_the_backup_has_is_dropped(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    char copy[300];
    struct blob_sum sum = {0};
    int64_t missing = 0;
    struct diag diag = {0};
    struct span file = make_file(bytes, sizeof bytes, 19);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    (void)snprintf(copy, sizeof copy, "%s/copies.db", town->nodes.folder);
    (void)sync_blobs(town, town->a, town->hub);
    (void)sync_blobs(town, town->hub, town->region);
    (void)sync_blobs(town, town->hub, town->region);
    (void)sync_blobs(town, town->a, town->hub);
    assert_int_equal(blob_drop_stable(town->a, &sum, &diag), OK);
    assert_int_equal(sum.count, 0);
    assert_int_equal(blob_backup(town->region, copy, &missing, &diag), OK);
    assert_true(is_stable(town->region, &name));
    (void)sync_blobs(town, town->hub, town->region);
    assert_true(is_stable(town->hub, &name));
    (void)sync_blobs(town, town->a, town->hub);
    assert_true(is_stable(town->a, &name));
    assert_int_equal(blob_drop_stable(town->a, &sum, &diag), OK);
    assert_int_equal(sum.count, 1);
    assert_int_equal(sum.bytes, FILE_SIZE);
    assert_int_equal(file_count(town, "a"), 0);
    /* Wanted again, it comes back. */
    assert_int_equal(blob_want(town->a, &name), OK);
    assert_int_equal(sync_blobs(town, town->a, town->hub).result.blobs_received, 1);
    assert_true(holds(town, town->a, &name, file));
}

/* Who asks a server for a file asks nobody else: what stands there is not its office's to free. */
static void a_server_drops_nothing(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    char copy[300];
    struct blob_sum sum = {.count = 9};
    int64_t missing = 0;
    struct diag diag = {0};
    struct span file = make_file(bytes, sizeof bytes, 24);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    (void)snprintf(copy, sizeof copy, "%s/copies.db", town->nodes.folder);
    (void)sync_blobs(town, town->a, town->hub);
    (void)sync_blobs(town, town->hub, town->region);
    assert_int_equal(blob_backup(town->region, copy, &missing, &diag), OK);
    (void)sync_blobs(town, town->hub, town->region);
    assert_true(is_stable(town->region, &name) && is_stable(town->hub, &name));
    struct node *const servers[] = {town->region, town->hub};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(blob_drop_stable(servers[i], &sum, &diag), OK);
        assert_int_equal(sum.count, 0);
        assert_true(holds(town, servers[i], &name, file));
    }
}

/* The hub's disk lost the file after it said that it has it: what it says now is believed. */
static void what_a_hub_lost_is_sent_again(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    char command[400];
    char copy[300];
    bool right = true;
    int64_t missing = 0;
    struct diag diag = {0};
    struct blob_row row;
    struct span file = make_file(bytes, sizeof bytes, 20);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    (void)sync_blobs(town, town->a, town->hub);
    (void)snprintf(command, sizeof command, "rm -r '%s/hub.db.blobs'", town->nodes.folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(blob_find(town->hub, &name, &row), OK);
    assert_int_equal(node_begin(town->hub), OK);
    assert_int_equal(node_end(town->hub, blob_verify(town->hub, &row, &right)), OK);
    assert_false(right);
    /* The op becomes stable: now the device asks after its file, and sends it the next time. */
    (void)snprintf(copy, sizeof copy, "%s/copies.db", town->nodes.folder);
    (void)sync_blobs(town, town->hub, town->region);
    assert_int_equal(blob_backup(town->region, copy, &missing, &diag), OK);
    (void)sync_blobs(town, town->hub, town->region);
    (void)sync_blobs(town, town->a, town->hub);
    assert_int_equal(sync_blobs(town, town->a, town->hub).result.blobs_sent, 1);
    assert_true(holds(town, town->hub, &name, file));
}

/* ---- let go of */

/* Everybody has heard that the region's backup has all there is. */
static void make_safe(struct town *town)
{
    char copy[300];
    int64_t missing = 0;
    struct diag diag = {0};
    (void)snprintf(copy, sizeof copy, "%s/copies.db", town->nodes.folder);
    for (int i = 0; i < 2; i++) {
        (void)sync_blobs(town, town->a, town->hub);
        (void)sync_blobs(town, town->b, town->hub);
        (void)sync_blobs(town, town->hub, town->region);
    }
    assert_int_equal(blob_backup(town->region, copy, &missing, &diag), OK);
    for (int i = 0; i < 2; i++) {
        (void)sync_blobs(town, town->hub, town->region);
        (void)sync_blobs(town, town->a, town->hub);
        (void)sync_blobs(town, town->b, town->hub);
    }
}

/* Whose own it was makes no difference: nothing that names it is left, so a mark couldn't find it
   any more, and nobody would ever free its space. */
static void what_is_forgotten_takes_its_files_along(void **state)
{
    struct town *town = *state;
    static uint8_t mine[FILE_SIZE];
    static uint8_t hers[FILE_SIZE];
    struct sync_options options = {.forget = SYNC_FORGET_NOW};
    struct span own = make_file(mine, sizeof mine, 25);
    struct span other = make_file(hers, sizeof hers, 26);
    struct attached attached;
    struct id house = town_household(town, town->b, town->brahim, TOWN_COMMUNE, "x");
    struct id next = town_household(town, town->a, town->amina, TOWN_COMMUNE, "y");
    assert_int_equal(attach(town, town->b, town->brahim, house, "house_photo", own, &attached), OK);
    struct blob_name names[] = {attached.file.whole,
                                attach_to(town, town->a, next, "house_photo", other)};
    make_safe(town);
    assert_int_equal(blob_want(town->b, &names[1]), OK);
    (void)sync_blobs(town, town->b, town->hub);
    assert_true(holds(town, town->b, &names[0], own) && holds(town, town->b, &names[1], other));
    town_edit(town, town->a, town->amina, house, "place", "\"" TOWN_BESIDE "\"");
    town_edit(town, town->a, town->amina, next, "place", "\"" TOWN_BESIDE "\"");
    make_safe(town);
    make_safe(town);
    assert_int_equal(watch(town, town->b, town->hub, -1, false, &options).result.forgotten, 2);
    for (size_t i = 0; i < 2; i++) {
        struct blob_state known;
        assert_int_equal(blob_state(town->b, &names[i], &known), OK);
        assert_false(known.known);
    }
    assert_int_equal(blob_sweep(town->b), OK);
    assert_int_equal(file_count(town, "b"), 0);
    /* Back in the caseload, the file can be had like anybody's. */
    town_edit(town, town->a, town->amina, house, "place", "\"" TOWN_COMMUNE "\"");
    make_safe(town);
    assert_int_equal(blob_want(town->b, &names[0]), OK);
    (void)sync_blobs(town, town->b, town->hub);
    assert_true(holds(town, town->b, &names[0], own));
}

/* ---- put back from copies */

static void lose_files(const struct town *town, const char *name)
{
    char command[400];
    (void)snprintf(command, sizeof command, "rm -rf '%s/%s'", town->nodes.folder, name);
    assert_int_equal(system(command), 0);
}

static void make_folder(const struct town *town, const char *name)
{
    char command[400];
    (void)snprintf(command, sizeof command, "mkdir '%s/%s'", town->nodes.folder, name);
    assert_int_equal(system(command), 0);
}

static void back_up(struct town *town, struct node *node, const char *name)
{
    char path[300];
    int64_t missing = 0;
    struct diag diag = {0};
    (void)snprintf(path, sizeof path, "%s/%s.db", town->nodes.folder, name);
    assert_int_equal(blob_backup(node, path, &missing, &diag), OK);
}

/* Somebody looks at the file, and finds none. */
static void notice_loss(struct town *town, struct node *node, const struct blob_name *name)
{
    struct buf got;
    buf_init(&got, &town->nodes.host.mem, 32u << 20);
    assert_int_equal(blob_read(node, name, &got), ERR_NOT_FOUND);
    buf_release(&got);
}

/* Nobody else has it any more, as nobody had to: the backup does. */
static void what_the_region_lost_comes_back_from_the_backup(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct blob_sum sum = {0};
    struct diag diag = {0};
    struct span file = make_file(bytes, sizeof bytes, 27);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    make_safe(town);
    assert_int_equal(blob_drop_stable(town->a, &sum, &diag), OK);
    lose_files(town, "region.db.blobs");
    notice_loss(town, town->region, &name);
    back_up(town, town->region, "copies");
    assert_true(holds(town, town->region, &name, file));
    assert_true(is_stable(town->region, &name));
    make_safe(town);
    assert_true(holds(town, town->region, &name, file));
}

/* The office chose another folder, or somebody made a copy on a disk of its own. */
static void a_backup_in_another_folder_holds_every_file(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[2][FILE_SIZE];
    struct blob_name names[2];
    struct span files[2];
    int64_t missing = -1;
    struct diag diag = {0};
    char path[300];
    for (unsigned i = 0; i < 2; i++) {
        struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
        files[i] = make_file(bytes[i], FILE_SIZE, 30 + i);
        names[i] = attach_to(town, town->a, house, "house_photo", files[i]);
    }
    make_safe(town);
    make_folder(town, "other");
    /* Of two that are safe beside the first backup, one is lost at home. */
    assert_true(is_stable(town->region, &names[0]) && is_stable(town->region, &names[1]));
    lose_files(town, "region.db.blobs");
    notice_loss(town, town->region, &names[0]);
    back_up(town, town->region, "other/copy");
    lose_files(town, "files");
    lose_files(town, "region.db.blobs");
    (void)snprintf(path, sizeof path, "%s/other/copy.db", town->nodes.folder);
    assert_int_equal(blob_restore(town->region, path, &missing, &diag), OK);
    assert_int_equal(missing, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(holds(town, town->region, &names[i], files[i]));
    }
}

static void a_backup_says_what_it_lacks(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    int64_t missing = -1;
    struct diag diag = {0};
    char path[300];
    struct span file = make_file(bytes, sizeof bytes, 32);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    (void)snprintf(path, sizeof path, "%s/copies.db", town->nodes.folder);
    /* The record came, the photograph didn't yet. */
    (void)watch(town, town->a, town->hub, 0, false, NULL);
    (void)watch(town, town->hub, town->region, 0, false, NULL);
    assert_int_equal(blob_backup(town->region, path, &missing, &diag), OK);
    assert_true(missing > 0);
    assert_false(is_stable(town->region, &name));
    (void)sync_blobs(town, town->a, town->hub);
    (void)sync_blobs(town, town->hub, town->region);
    assert_int_equal(blob_backup(town->region, path, &missing, &diag), OK);
    assert_int_equal(missing, 0);
}

/* Neither disk nor backup has it: everybody below hears that nothing is stable, and who holds it
   gives it again, over a hub that lost it too. */
static void what_the_backup_lost_is_given_again_from_below(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    static uint8_t more[FILE_SIZE];
    struct span file = make_file(bytes, sizeof bytes, 28);
    struct span other = make_file(more, sizeof more, 29);
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct id next = town_household(town, town->a, town->amina, TOWN_COMMUNE, "y");
    struct blob_name names[] = {attach_to(town, town->a, house, "house_photo", file),
                                attach_to(town, town->a, next, "house_photo", other)};
    make_safe(town);
    lose_files(town, "region.db.blobs");
    lose_files(town, "hub.db.blobs");
    lose_files(town, "files");
    for (size_t i = 0; i < 2; i++) {
        notice_loss(town, town->region, &names[i]);
        notice_loss(town, town->hub, &names[i]);
        assert_true(is_stable(town->a, &names[i]));
    }
    back_up(town, town->region, "copies");
    assert_false(is_stable(town->region, &names[0]));
    (void)sync_blobs(town, town->hub, town->region);
    /* The device may free nothing from now on. */
    assert_int_equal(sync_blobs(town, town->a, town->hub).result.blobs_sent, 2);
    assert_int_equal(sync_blobs(town, town->hub, town->region).result.blobs_sent, 2);
    assert_true(holds(town, town->region, &names[0], file));
    assert_true(holds(town, town->region, &names[1], other));
    assert_false(is_stable(town->a, &names[0]));
    make_safe(town);
    assert_true(is_stable(town->a, &names[0]) && is_stable(town->a, &names[1]));
    /* Heard once, nothing is asked any more. */
    assert_int_equal(sync_blobs(town, town->a, town->hub).exchanges, 0);
}

/* Its backup is from before the file was stable, and its disk is lost: the hub doubts what it was
   told and gives it again. */
static void a_region_put_back_is_given_what_it_lost(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    char path[300];
    char command[700];
    struct node_identity me;
    struct diag diag = {0};
    struct span file = make_file(bytes, sizeof bytes, 21);
    back_up(town, town->region, "old");
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    (void)sync_blobs(town, town->a, town->hub);
    (void)sync_blobs(town, town->hub, town->region);
    back_up(town, town->region, "new");
    (void)sync_blobs(town, town->hub, town->region);
    assert_true(is_stable(town->hub, &name));
    assert_int_equal(node_identity(town->region, &me), OK);
    node_close(town->region);
    (void)snprintf(path, sizeof path, "%s/old.db", town->nodes.folder);
    assert_int_equal(node_restore(&town->nodes.host, path, &me, &diag), OK);
    (void)snprintf(command, sizeof command, "cd '%s' && mv old.db region.db && rm -rf region.db-*",
                   town->nodes.folder);
    assert_int_equal(system(command), 0);
    (void)snprintf(command, sizeof command,
                   "cd '%s' && rm -f region.db.anchor && mv old.db.anchor region.db.anchor",
                   town->nodes.folder);
    assert_int_equal(system(command), 0);
    lose_files(town, "region.db.blobs");
    town->region = town_open_again(town, "region");
    (void)sync_blobs(town, town->hub, town->region);
    assert_false(is_stable(town->hub, &name));
    (void)sync_blobs(town, town->hub, town->region);
    assert_true(holds(town, town->region, &name, file));
}

static void files_are_taken_from_beside_the_backup(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    char path[300];
    int64_t missing = -1;
    struct diag diag = {0};
    struct span file = make_file(bytes, sizeof bytes, 22);
    struct id house = town_household(town, town->region, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->region, house, "house_photo", file);
    back_up(town, town->region, "copy");
    lose_files(town, "region.db.blobs");
    (void)snprintf(path, sizeof path, "%s/copy.db", town->nodes.folder);
    assert_int_equal(blob_restore(town->region, path, &missing, &diag), OK);
    assert_int_equal(missing, 0);
    assert_true(holds(town, town->region, &name, file));
    lose_files(town, "region.db.blobs");
    lose_files(town, "files");
    assert_int_equal(blob_restore(town->region, path, &missing, &diag), OK);
    assert_int_equal(missing, 1);
    struct blob_state known;
    assert_int_equal(blob_state(town->region, &name, &known), OK);
    assert_false(known.here || known.stable); /* else nobody would give it again */
    assert_false(holds(town, town->region, &name, file));
}

/* The database is from before the photograph, the record of it came back from the hub, and the file
   lies where it always lay. */
static void a_device_put_back_finds_its_own_files_again(void **state)
{
    struct town *town = *state;
    static uint8_t bytes[FILE_SIZE];
    struct sync_options options = {.has_budget = true, .budget = 0};
    struct span file = make_file(bytes, sizeof bytes, 23);
    node_close(town->a);
    town_copy_database(town, "a", "copy");
    town->a = town_open_again(town, "a");
    struct id house = town_household(town, town->a, town->amina, TOWN_COMMUNE, "x");
    struct blob_name name = attach_to(town, town->a, house, "house_photo", file);
    (void)watch(town, town->a, town->hub, -1, false, &options);
    assert_false(here(town->hub, &name));
    node_close(town->a);
    town_copy_database(town, "copy", "a");
    town->a = town_open_again(town, "a");
    for (int i = 0; i < 3; i++) {
        (void)sync_blobs(town, town->a, town->hub);
    }
    assert_true(holds(town, town->a, &name, file));
    assert_true(holds(town, town->hub, &name, file));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_file_goes_up_after_the_records_and_down_when_wanted),
        CASE(a_file_cut_anywhere_resumes_up_and_down),
        CASE(a_hub_fetches_from_above_what_its_device_wants),
        CASE(a_hash_alone_opens_nothing),
        CASE(a_file_that_only_its_author_has_is_taken_by_a_hub_that_does_not_know_it),
        CASE(a_file_of_an_op_that_the_hub_lost_is_taken_with_the_op),
        CASE(a_compartment_is_closed_to_who_lacks_it),
        CASE(a_device_that_is_called_revoked_in_the_lane_asks_again),
        CASE(a_file_damaged_at_home_is_not_passed_on),
        CASE(a_file_damaged_at_the_hub_is_thrown_away_and_told),
        CASE(a_budget_bounds_files_and_never_records),
        CASE(only_what_the_backup_has_is_dropped),
        CASE(a_server_drops_nothing),
        CASE(what_a_hub_lost_is_sent_again),
        CASE(what_is_forgotten_takes_its_files_along),
        CASE(what_the_region_lost_comes_back_from_the_backup),
        CASE(a_backup_in_another_folder_holds_every_file),
        CASE(a_backup_says_what_it_lacks),
        CASE(what_the_backup_lost_is_given_again_from_below),
        CASE(a_region_put_back_is_given_what_it_lost),
        CASE(files_are_taken_from_beside_the_backup),
        CASE(a_device_put_back_finds_its_own_files_again),
    };
#undef CASE
    return cmocka_run_group_tests_name("blob_lane", tests, NULL, NULL);
}
