/*
 * test_type_versions.c - a type moves on while devices are out of contact: what was written keeps
 * its meaning, nothing is lost, everybody comes to show the same, and who lacked a compartment
 * never gets what was written in it.
 */
#include "node_log.h"
#include "node_project.h"
#include "node_shown.h"
#include "snapshot.h"
#include "test_town.h"

#define PHONE      "\"id\":\"phone\","
#define PHONE_AWAY PHONE "\"compartment\":\"health\",\"moved_from\":[\"base\"],"
#define NEW_ROOF   "{\"id\":\"roof\",\"type\":\"text\",\"search\":true},"
#define FIRST      "\"properties\":["

/* ---- new versions */

struct change_of {
    const char *from, *to;
};

static void replace(struct buf *text, const struct change_of *change)
{
    struct buf next;
    const char *at = strstr(buf_text(text), change->from);
    assert_non_null(at);
    buf_init(&next, text->mem, 1u << 20);
    buf_add_span(&next, span_from(buf_text(text), (size_t)(at - buf_text(text))));
    buf_add_text(&next, change->to);
    buf_add_text(&next, at + strlen(change->from));
    assert_int_equal(buf_error(&next), OK);
    buf_release(text);
    *text = next;
}

/* The region publishes the household as the schema has it, with these changes. */
static void publish_changed(struct town *town, int version, const struct change_of *changes,
                            size_t count)
{
    struct json *json = test_schema_read(DOUAR_SCHEMA "/types", "household.json");
    char number[32];
    struct buf text;
    (void)snprintf(number, sizeof number, "\"version\":%d", version);
    struct change_of raised = {"\"version\":1", number};
    buf_init(&text, &town->nodes.host.mem, 1u << 20);
    json_add_tree(&text, json);
    json_free(json);
    replace(&text, &raised);
    for (size_t i = 0; i < count; i++) {
        replace(&text, &changes[i]);
    }
    nodes_publish(town->region, "_type", "household", buf_text(&text));
    buf_release(&text);
}

static void publish_one(struct town *town, int version, const char *from, const char *to)
{
    struct change_of change = {from, to};
    publish_changed(town, version, &change, 1);
}

static int64_t version_at(struct node *node)
{
    const struct org *org = NULL;
    assert_int_equal(node_org(node, &org), OK);
    return org_type(org, span_of("household"))->version;
}

/* ---- what people are shown */

struct looked {
    bool listed, disputed;
    size_t alternatives;
    char json[200];
};

static struct looked look(struct town *town, struct node *node, const struct id *viewer,
                          struct id entity, const char *property)
{
    struct arena arena;
    struct record record;
    struct diag diag = {0};
    struct looked looked = {.json = ""};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    enum err e = record_read(node, viewer, entity, &arena, &record, &diag);
    if (e) {
        fail_msg("read: %s %s", err_name(e), diag.args[0]);
    }
    for (size_t i = 0; i < record.property_count; i++) {
        const struct shown_property *one = &record.properties[i];
        if (strcmp(one->property->id, property) == 0) {
            looked = (struct looked){
                .listed = true, .disputed = one->disputed, .alternatives = one->alternative_count};
            span_text(one->json, looked.json, sizeof looked.json);
        }
    }
    arena_release(&arena);
    return looked;
}

struct counted {
    size_t count;
    char document[20000];
};

static bool count_row(void *ctx, const struct record_row *row)
{
    struct counted *counted = ctx;
    counted->count++;
    span_text(row->document, counted->document, sizeof counted->document);
    return true;
}

static size_t found(struct node *node, const struct id *viewer, const char *words)
{
    static struct counted counted;
    counted.count = 0;
    assert_int_equal(record_find(node, viewer, words, 10, count_row, &counted, NULL), OK);
    return counted.count;
}

static size_t listed_with(struct node *node, const struct id *viewer, const char *property,
                          const char *json)
{
    static struct counted counted;
    struct record_filter filter = {
        .type = "household", .property = property, .value = span_of(json), .limit = 10};
    counted.count = 0;
    assert_int_equal(record_list(node, viewer, &filter, count_row, &counted, NULL), OK);
    return counted.count;
}

/* A person who may read and write these compartments of the province, and no others. */
static struct id person_with(struct town *town, const char *name, const char *compartments)
{
    struct id person;
    char id[ID_TEXT_SIZE];
    char text[512];
    nodes_random(&town->nodes, person.bytes, ID_SIZE);
    id_write(person, id);
    (void)snprintf(text, sizeof text, "{\"id\":\"%s\",\"name\":\"%s\",\"role\":\"worker\"}", id,
                   name);
    nodes_publish(town->region, "_person", id, text);
    (void)snprintf(text, sizeof text,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"" TOWN_PROVINCE
                   "\",\"compartments\":[%s],\"verbs\":[\"read\",\"write\",\"review\"]}",
                   id, id, compartments);
    nodes_publish(town->region, "_grant", id, text);
    return person;
}

/* ---- ops */

static size_t flag_count(struct town *town, struct node *node)
{
    struct arena arena;
    struct flag_row *flags = NULL;
    size_t count = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_flags(node, &arena, &flags, &count), OK);
    arena_release(&arena);
    return count;
}

static void assert_agreed(struct town *town)
{
    town_assert_same(town, town->region, town->hub, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, town->a, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, town->b, TOWN_COMMUNE, "base");
    assert_int_equal(town_digest(town, town->b, TOWN_COMMUNE, "health").count, -1);
}

static void assert_agreed_on_health(struct town *town)
{
    assert_agreed(town);
    town_assert_same(town, town->region, town->hub, TOWN_COMMUNE, "health");
    town_assert_same(town, town->hub, town->a, TOWN_COMMUNE, "health");
}

static int64_t number_of(struct node *node, enum node_stmt which, int64_t a)
{
    struct stmt *s = db_stmt(node->db, which);
    int64_t count = 0;
    stmt_bind_i64(s, 1, a);
    while (stmt_row(s)) {
        count++;
    }
    assert_int_equal(stmt_end(s), OK);
    return count;
}

/* All ops of an entity, as they would come from above. */
static void hand_over(struct town *town, struct node *from, struct node *to, struct id entity)
{
    struct entity_row row;
    struct arena arena;
    int64_t rows[64];
    size_t count = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(entity_find(from, entity, &row), OK);
    struct stmt *s = db_stmt(from->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    while (stmt_row(s) && count < 64) {
        rows[count++] = stmt_i64(s, 0);
    }
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(node_begin(to), OK);
    for (size_t i = 0; i < count; i++) {
        struct logged logged;
        enum applied applied;
        int64_t ignored = 0;
        assert_int_equal(log_read(from, rows[i], &arena, &logged), OK);
        struct arriving in = {.op = &logged.op, .way = WAY_ABOVE, .receipt_ms = STAMP_NO_RECEIPT};
        assert_int_equal(log_apply(to, &in, &applied, &ignored), OK);
    }
    assert_int_equal(node_end(to, OK), OK);
    arena_release(&arena);
}

static enum err try_edit(struct town *town, struct node *node, struct id person, struct id entity,
                         const char *form, const char *property, const char *json, size_t *ret_ops,
                         struct diag *diag)
{
    struct arena arena;
    struct saved saved = {.op_count = 0};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    struct change change = {property, span_of(json)};
    struct save save = {
        .person = person, .form = form, .entity = entity, .changes = &change, .change_count = 1};
    enum err e = node_save(node, &save, &arena, &saved, diag);
    *ret_ops = saved.op_count;
    arena_release(&arena);
    return e;
}

static struct id known_household(struct town *town)
{
    struct id entity = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600000001\"");
    town_sync_all(town);
    assert_true(town_shows(town, town->b, entity, "phone", "\"0600000001\""));
    return entity;
}

/* ---- a property added */

static void an_op_with_a_property_that_is_not_known_waits_whole_for_its_type(void **state)
{
    struct town *town = *state;
    struct id entity = known_household(town);
    publish_one(town, 2, FIRST, FIRST NEW_ROOF);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town_edit(town, town->a, town->amina, entity, "roof", "\"tôle\"");
    hand_over(town, town->a, town->b, entity); /* before the type came */
    assert_int_equal(version_at(town->b), 1);
    assert_false(look(town, town->b, NULL, entity, "roof").listed);
    town_edit(town, town->b, town->brahim, entity, "members", "9");
    assert_false(look(town, town->b, NULL, entity, "members").disputed);
    town_sync_all(town);
    assert_int_equal(version_at(town->b), 2);
    assert_true(town_shows(town, town->b, entity, "roof", "\"tôle\""));
    assert_true(town_shows(town, town->region, entity, "roof", "\"tôle\""));
    assert_true(town_shows(town, town->region, entity, "members", "9"));
    assert_int_equal(found(town->b, &town->brahim, "tole"), 1);
    assert_agreed(town);
}

static void only_a_change_of_what_is_shown_makes_records_anew(void **state)
{
    struct town *town = *state;
    bool more = false;
    (void)known_household(town);
    assert_int_equal(node_project(town->region, 0, &more), OK);
    publish_one(town, 2, "\"Household\"", "\"Home\"");
    assert_int_equal(node_project(town->region, 0, &more), OK);
    struct node *region = town->region;
    assert_int_equal(number_of(region, DIRTY_SOME, 10), 0);
    assert_int_equal(node_begin(region), OK);
    assert_int_equal(project_org_changes(region), OK);
    assert_int_equal(number_of(region, DIRTY_SOME, 10), 0);
    assert_int_equal(node_end(region, OK), OK);
    publish_one(town, 3, "\"id\":\"members\"", "\"id\":\"members\",\"search\":true");
    assert_int_equal(node_begin(region), OK);
    assert_int_equal(project_org_changes(region), OK);
    assert_int_equal(number_of(region, DIRTY_SOME, 10), 1);
    assert_int_equal(node_end(region, OK), OK);
}

/* ---- a property or a choice retired */

static void a_retired_property_stays_and_is_asked_no_more(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    size_t ops = 0;
    struct id entity = known_household(town);
    publish_one(town, 2, PHONE, PHONE "\"retired\":true,");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    assert_int_equal(
        try_edit(town, town->a, town->amina, entity, NULL, "phone", "\"0600000002\"", &ops, &diag),
        ERR_RETIRED);
    assert_string_equal(diag.args[0], "phone");
    assert_string_equal(diag.args[1], "household");
    /* The form that still asks for it sends what stands: no change, and no failure. */
    assert_int_equal(try_edit(town, town->a, town->amina, entity, "register_household", "phone",
                              "\"0600000001\"", &ops, &diag),
                     OK);
    assert_int_equal(ops, 0);
    /* Who hasn't heard goes on, and that counts. */
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0600000003\"");
    town_sync_all(town);
    assert_true(town_shows(town, town->region, entity, "phone", "\"0600000003\""));
    assert_true(town_shows(town, town->b, entity, "phone", "\"0600000003\""));
    assert_int_equal(flag_count(town, town->region), 0);
    assert_agreed(town);
}

static void what_stands_may_stay_when_the_type_becomes_stricter(void **state)
{
    struct town *town = *state;
    struct diag diag = {0};
    size_t ops = 0;
    struct id entity = known_household(town);
    town_edit(town, town->a, town->amina, entity, "needs", "[\"food\",\"water\"]");
    town_edit(town, town->a, town->amina, entity, "members", "30");
    static const struct change_of changes[] = {
        {"{\"name\":\"food\",", "{\"name\":\"food\",\"retired\":true,"},
        {"\"id\":\"members\",", "\"id\":\"members\",\"unique\":true,"},
    };
    publish_changed(town, 2, changes, COUNT_OF(changes));
    town_sync_all(town);
    town_sync_all(town);
    assert_int_equal(version_at(town->a), 2);
    assert_int_equal(try_edit(town, town->a, town->amina, entity, NULL, "needs",
                              "[\"food\",\"heating\"]", &ops, &diag),
                     OK);
    assert_true(town_shows(town, town->a, entity, "needs", "[\"food\",\"heating\"]"));
    town_edit(town, town->a, town->amina, entity, "needs", "[\"heating\"]");
    assert_int_equal(try_edit(town, town->a, town->amina, entity, NULL, "needs",
                              "[\"food\",\"heating\"]", &ops, &diag),
                     ERR_BAD_CHOICE);
}

/* ---- a policy changed */

static void a_changed_policy_is_applied_to_what_was_written_before(void **state)
{
    struct town *town = *state;
    struct id entity = known_household(town);
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600000002\"");
    town->nodes.now_ms += 1000; /* the later one is shown, whatever their uids */
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0600000003\"");
    town_sync_all(town);
    town_sync_all(town);
    assert_true(look(town, town->region, NULL, entity, "phone").disputed);
    int64_t ops = number_of(town->region, ENTITY_OPS, 1);
    publish_one(town, 2, PHONE, PHONE "\"policy\":\"last\",");
    town_sync_all(town);
    assert_false(look(town, town->region, NULL, entity, "phone").disputed);
    assert_false(look(town, town->b, NULL, entity, "phone").disputed);
    assert_true(town_shows(town, town->b, entity, "phone", "\"0600000003\""));
    assert_int_equal(number_of(town->region, ENTITY_OPS, 1), ops);
    assert_agreed(town);
}

/* ---- a property moved from base: who has base alone, and hasn't heard */

static void a_move_parts_what_is_new_from_what_was(void **state)
{
    struct town *town = *state;
    struct id entity = known_household(town);
    publish_one(town, 2, PHONE, PHONE_AWAY);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600000002\"");
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0600000003\"");
    town_sync_all(town);
    town_sync_all(town);
    struct looked at_region = look(town, town->region, NULL, entity, "phone");
    assert_true(at_region.disputed);
    assert_int_equal(at_region.alternatives, 2);
    assert_true(look(town, town->a, NULL, entity, "phone").disputed);
    assert_int_equal(flag_count(town, town->region), 0); /* b had not heard: that isn't late */
    assert_agreed_on_health(town);
    /* b never gets what was written in health; its person may not read the property any more. */
    assert_true(town_shows(town, town->b, entity, "phone", "\"0600000003\""));
    struct id person = person_with(town, "Base", "\"base\"");
    assert_false(look(town, town->region, &person, entity, "phone").listed);
    /* A decision names ops of both. */
    struct arena arena;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    struct resolve resolve = {.person = town->amina,
                              .entity = entity,
                              .property = "phone",
                              .take = 0,
                              .reason = "called"};
    assert_int_equal(node_resolve(town->a, &resolve, &arena, NULL), OK);
    arena_release(&arena);
    town_sync_all(town);
    town_sync_all(town);
    assert_false(look(town, town->region, NULL, entity, "phone").disputed);
    assert_true(town_shows(town, town->b, entity, "phone", "null"));
    assert_agreed_on_health(town);
}

static void who_comes_later_agrees(void **state)
{
    struct town *town = *state;
    struct id entity = known_household(town);
    publish_one(town, 2, PHONE, PHONE_AWAY);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600000002\"");
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600000004\"");
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0600000003\"");
    town_sync_all(town);
    town_sync_all(town);
    struct node *base = town_more(town, "c", ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ""));
    struct node *both =
        town_more(town, "d", ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ",\"health\""));
    (void)nodes_sync(&town->nodes, base, town->hub);
    (void)nodes_sync(&town->nodes, both, town->hub);
    town_assert_same(town, town->hub, base, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, both, TOWN_COMMUNE, "base");
    town_assert_same(town, town->hub, both, TOWN_COMMUNE, "health");
    assert_int_equal(town_digest(town, base, TOWN_COMMUNE, "health").count, -1);
    assert_agreed_on_health(town);
    /* The whole tree goes away and comes back. */
    town_edit(town, town->a, town->amina, entity, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600000005\"");
    town_edit(town, town->a, town->amina, entity, "place", "\"" TOWN_COMMUNE "\"");
    town_sync_all(town);
    town_sync_all(town);
    assert_agreed_on_health(town);
    struct node *nodes[] = {town->region, town->hub, town->a, town->b};
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        struct town_digest before = town_digest(town, nodes[i], TOWN_COMMUNE, "base");
        struct audit_report report = {0};
        buf_init(&report.findings, &town->nodes.host.mem, 1u << 20);
        assert_int_equal(node_audit(nodes[i], true, NULL, NULL, &report), OK);
        if (report.finding_count) {
            fail_msg("audit: %s", buf_text(&report.findings));
        }
        buf_release(&report.findings);
        struct town_digest after = town_digest(town, nodes[i], TOWN_COMMUNE, "base");
        assert_true(before.sum == after.sum && before.count == after.count);
    }
}

/* The op that superseded comes first, what it superseded after it. */
static void what_was_superseded_across_a_move_is_told_when_it_comes_late(void **state)
{
    struct town *town = *state;
    struct id entity = known_household(town);
    town_edit(town, town->b, town->brahim, entity, "phone", "\"0600000003\"");
    hand_over(town, town->b, town->a, entity); /* a knows it before the hub does */
    publish_one(town, 2, PHONE, PHONE_AWAY);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town_edit(town, town->a, town->amina, entity, "phone", "\"0600000004\"");
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    town_sync_all(town);
    town_sync_all(town);
    assert_true(town_shows(town, town->region, entity, "phone", "\"0600000004\""));
    assert_true(town_shows(town, town->b, entity, "phone", "null"));
    assert_agreed_on_health(town);
}

/* ---- a root in two compartments that was let go of */

static void let_go_of_what_left(struct town *town, struct node *node)
{
    struct sync_options options = {.forget = SYNC_FORGET_NOW};
    struct sync_action action;
    char path[256];
    struct diag diag = {0};
    (void)snprintf(path, sizeof path, "%s/copy.db", town->nodes.folder);
    assert_int_equal(node_backup(town->region, path, &diag), OK);
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, node, town->hub);
    nodes_sync_by(&town->nodes, node, town->hub, NULL, &options, &action);
    assert_int_equal(action.kind, SYNC_DONE);
    assert_int_equal(action.result.forgotten, 1);
}

/* Of the commune's base: its health has too few rows for one. */
static void make_a_snapshot(struct town *town)
{
    struct snapshot_options options = {.least_rows = 40, .frame_size = 4096};
    struct snapshot_builder *builder = NULL;
    bool more = true;
    for (int i = 0; i < 40; i++) {
        (void)town_household(town, town->a, town->amina, TOWN_COMMUNE, "Aicha");
    }
    town_sync_all(town);
    assert_int_equal(snapshot_builder_new(town->hub, &options, &builder), OK);
    while (more) {
        assert_int_equal(snapshot_builder_step(builder, &more), OK);
    }
    assert_int_equal(snapshot_builder_made(builder), 1);
    snapshot_builder_free(builder);
}

/* Its base comes with the frames; its health came before them, while it was out of sight. */
static void what_comes_back_comes_with_each_compartment(void **state)
{
    struct town *town = *state;
    publish_one(town, 2, PHONE, PHONE_AWAY);
    town_sync_all(town);
    struct node *node =
        town_more(town, "c", ROLE_WORKER, town->hub, WORKER_IN(TOWN_COMMUNE, ",\"health\""));
    struct id home = town_household(town, town->a, town->amina, TOWN_COMMUNE, "Itto");
    town_edit(town, town->a, town->amina, home, "phone", "\"0612345678\"");
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, node, town->hub);
    assert_true(town_shows(town, node, home, "phone", "\"0612345678\""));
    town_edit(town, town->a, town->amina, home, "place", "\"" TOWN_BESIDE "\"");
    town_sync_all(town);
    (void)nodes_sync(&town->nodes, node, town->hub);
    let_go_of_what_left(town, node);
    town_edit(town, town->a, town->amina, home, "place", "\"" TOWN_COMMUNE "\"");
    make_a_snapshot(town);
    town->nodes.now_ms += 30 * 86400000LL; /* away for long: it is offered the snapshot */
    town_sync_all(town);
    assert_true(nodes_sync(&town->nodes, node, town->hub).frames_received > 0);
    (void)nodes_sync(&town->nodes, node, town->hub);
    assert_true(town_shows(town, node, home, "phone", "\"0612345678\""));
    town_assert_same(town, node, town->hub, TOWN_COMMUNE, "base");
    town_assert_same(town, node, town->hub, TOWN_COMMUNE, "health");
    town_assert_clean(town, node);
}

/* ---- moved from one closed compartment to another: who may read one of them */

static void who_may_read_the_new_compartment_alone_is_shown_what_is_new(void **state)
{
    struct town *town = *state;
    size_t ops = 0;
    publish_one(town, 2, PHONE, PHONE "\"compartment\":\"aid\",\"unique\":true,");
    struct id entity = town_household(town, town->region, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, town->region, town->amina, entity, "phone", "\"0600000001\"");
    publish_one(town, 3, PHONE,
                PHONE "\"compartment\":\"health\",\"moved_from\":[\"aid\"],\"unique\":true,");
    struct id health = person_with(town, "Health", "\"base\",\"health\"");
    struct id aid = person_with(town, "Aid", "\"base\",\"aid\"");
    struct node *region = town->region;
    assert_string_equal(look(town, region, &town->amina, entity, "phone").json, "\"0600000001\"");
    assert_string_equal(look(town, region, &health, entity, "phone").json, "null");
    assert_false(look(town, region, &aid, entity, "phone").listed);
    assert_int_equal(found(region, &town->amina, "0600000001"), 1);
    assert_int_equal(found(region, &health, "0600000001"), 0);
    assert_int_equal(found(region, &aid, "0600000001"), 0);
    assert_int_equal(listed_with(region, &town->amina, "phone", "\"0600000001\""), 1);
    assert_int_equal(listed_with(region, &health, "phone", "\"0600000001\""), 0);
    assert_int_equal(listed_with(region, &health, "head_name_ar", "\"Aicha\""), 1);
    /* Who wasn't shown the old value doesn't supersede it: that is a dispute for who reads both. */
    assert_int_equal(
        try_edit(town, region, health, entity, NULL, "phone", "\"0600000002\"", &ops, NULL), OK);
    assert_int_equal(ops, 1);
    assert_string_equal(look(town, region, &health, entity, "phone").json, "\"0600000002\"");
    assert_false(look(town, region, &health, entity, "phone").disputed);
    assert_int_equal(look(town, region, &town->amina, entity, "phone").alternatives, 2);
    struct arena arena;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    struct resolve resolve = {
        .person = town->amina, .entity = entity, .property = "phone", .take = 1, .reason = "asked"};
    struct resolve blind = resolve;
    blind.person = health;
    assert_int_equal(node_resolve(region, &blind, &arena, NULL), ERR_NOT_DISPUTED);
    assert_int_equal(node_resolve(region, &resolve, &arena, NULL), OK);
    arena_release(&arena);
    /* Written again by who reads both, it is shown to who reads the new one. */
    assert_string_equal(look(town, region, &health, entity, "phone").json, "\"0600000001\"");
    assert_int_equal(found(region, &health, "0600000001"), 1);
    assert_int_equal(found(region, &aid, "0600000001"), 0);
}

static void an_old_value_in_a_closed_compartment_names_no_record(void **state)
{
    struct town *town = *state;
    struct node *region = town->region;
    static struct counted counted;
    static const struct change_of closed[] = {
        {"\"title\":[\"head_name_ar\"", "\"title\":[\"phone\",\"head_name_ar\""},
        {PHONE, PHONE "\"compartment\":\"aid\","}};
    static const struct change_of opened[] = {
        {"\"title\":[\"head_name_ar\"", "\"title\":[\"phone\",\"head_name_ar\""},
        {PHONE, PHONE "\"moved_from\":[\"aid\"],"}};
    publish_changed(town, 2, closed, COUNT_OF(closed));
    struct id entity = town_household(town, region, town->amina, TOWN_COMMUNE, "Aicha");
    town_edit(town, region, town->amina, entity, "phone", "\"0600000001\"");
    publish_changed(town, 3, opened, COUNT_OF(opened));
    struct id base = person_with(town, "Base", "\"base\"");
    struct arena arena;
    struct record record;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_read(region, &base, entity, &arena, &record, NULL), OK);
    assert_string_equal(record.title, "Aicha");
    arena_release(&arena);
    assert_string_equal(look(town, region, &base, entity, "phone").json, "null");
    struct record_filter filter = {.type = "household", .limit = 10};
    assert_int_equal(record_list(region, &base, &filter, count_row, &counted, NULL), OK);
    assert_null(strstr(counted.document, "0600000001"));
    assert_int_equal(record_list(region, &town->amina, &filter, count_row, &counted, NULL), OK);
    assert_non_null(strstr(counted.document, "0600000001"));
    assert_int_equal(found(region, &base, "0600000001"), 0);
    assert_int_equal(found(region, &town->amina, "0600000001"), 1);
}

#define TOWN(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN(an_op_with_a_property_that_is_not_known_waits_whole_for_its_type),
        TOWN(only_a_change_of_what_is_shown_makes_records_anew),
        TOWN(a_retired_property_stays_and_is_asked_no_more),
        TOWN(what_stands_may_stay_when_the_type_becomes_stricter),
        TOWN(a_changed_policy_is_applied_to_what_was_written_before),
        TOWN(a_move_parts_what_is_new_from_what_was),
        TOWN(who_comes_later_agrees),
        TOWN(what_was_superseded_across_a_move_is_told_when_it_comes_late),
        TOWN(what_comes_back_comes_with_each_compartment),
        TOWN(who_may_read_the_new_compartment_alone_is_shown_what_is_new),
        TOWN(an_old_value_in_a_closed_compartment_names_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
