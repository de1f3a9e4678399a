/*
 * test_rules.c - what two people changed apart may break a rule of their form together: it is told
 * on every node alike, to who may read it, until somebody makes the values fit.
 */
#define _XOPEN_SOURCE 700

#include "form_text.h"
#include "node_internal.h"
#include "test_form_town.h"

static const char SURVEY[] =
    "type|name|label|save_to|relevant|constraint|constraint_message::English "
    "(en)|constraint_message::العربية (ar)|required|choice_filter|calculation\n"
    "text|head|Head|head_name_ar\n"
    "select_one housing|housing|Housing|housing\n"
    "integer|rooms|Rooms|rooms|${housing} != 'none'|. <= ${members}|More rooms than people|غرف "
    "أكثر من الناس|yes\n"
    "select_one light|electricity|Light|electricity||||||housing = ${housing}\n"
    "begin repeat|member|Member\n"
    "text|name_ar|Name|name_ar\n"
    "select_one sex|sex|Sex|sex\n"
    "date|born|Born|birth_date\n"
    "calculate|age|||||||||int((today() - ${born}) div 365.25)\n"
    "text|occupation|Work|occupation||${age} >= 15|A child that works\n"
    "end repeat|\n"
    "integer|members|Members|members||. >= count(${member})|%s|أقل من المسجلين\n";

static const char CHOICES[] = "list_name|name|label|housing\n"
                              "housing|solid|Solid|\nhousing|tent|Tent|\nhousing|none|None|\n"
                              "light|grid|Grid|solid\nlight|solar|Solar|solid\nlight|none|No|tent\n"
                              "sex|f|F|\nsex|m|M|\n";

static void publish(struct town *town, int64_t version, const char *message)
{
    char survey[4096];
    (void)snprintf(survey, sizeof survey, SURVEY, message);
    publish_as(town, "census", version, survey, CHOICES,
               "list_name|label|repeat\nhousehold|${head}|\nperson|${name_ar}|${member}\n");
}

static int open_town(void **state)
{
    int failed = town_setup(state);
    struct town *town = *state;
    publish(town, 1, "Fewer than are listed");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
    return failed;
}

/* ---- reading: "kind property=value@title ...; ..." */

static bool add_row(void *ctx, const struct record_row *row)
{
    size_t *disputes = ctx;
    *disputes += row->dispute_count;
    return true;
}

static void read_rules(struct town *town, struct node *node, const struct id *viewer,
                       struct id entity, char ret[1024])
{
    struct arena arena;
    struct record record;
    struct diag diag = {0};
    size_t size = 0;
    arena_init(&arena, &town->nodes.host.mem, 64u << 20);
    assert_int_equal(record_read(node, viewer, entity, &arena, &record, &diag), OK);
    ret[0] = '\0';
    for (size_t i = 0; i < record.broken_count; i++) {
        const struct broken_rule *rule = &record.broken[i];
        size += (size_t)snprintf(ret + size, 1024 - size, "%s%s: %s:", i > 0 ? "; " : "",
                                 rule->kind, labels_pick(&rule->message, LANGUAGE_EN, "-"));
        for (size_t k = 0; k < rule->value_count; k++) {
            const struct broken_value *value = &rule->values[k];
            size += (size_t)snprintf(ret + size, 1024 - size, " %s=%.*s",
                                     value->property ? value->property->id : value->title,
                                     (int)value->json.size, (const char *)value->json.data);
        }
    }
    arena_release(&arena);
}

static void assert_rules(struct town *town, struct node *node, struct id entity, const char *said)
{
    char text[1024];
    read_rules(town, node, NULL, entity, text);
    assert_string_equal(text, said);
}

static size_t disputes(struct node *node, const struct id *viewer)
{
    struct record_filter filter = {.disputed_only = true};
    struct diag diag = {0};
    size_t count = 0;
    assert_int_equal(record_list(node, viewer, &filter, add_row, &count, &diag), OK);
    return count;
}

static void assert_everywhere(struct town *town, struct id entity, size_t count, const char *said)
{
    struct node *const nodes[] = {town->a, town->b, town->hub, town->region};
    town_sync_all(town);
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        struct node_status status;
        assert_rules(town, nodes[i], entity, said);
        assert_int_equal(disputes(nodes[i], NULL), count);
        assert_int_equal(node_status(nodes[i], &status), OK);
        assert_int_equal(status.disputed, count > 0);
        town_assert_clean(town, nodes[i]);
    }
}

/* ---- cases */

static void a_rule_broken_by_two_who_kept_to_it_is_told_everywhere(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"housing\":\"solid\",\"rooms\":2,"
                                      "\"members\":4}");
    assert_everywhere(town, house, 0, "");
    change(town, town->a, town->amina, house, "{\"rooms\":4}");
    change(town, town->b, town->brahim, house, "{\"members\":2}");
    assert_rules(town, town->a, house, "");
    assert_rules(town, town->b, house, "");
    assert_everywhere(town, house, 1,
                      "constraint: More rooms than people: rooms=4 housing=\"solid\" members=2");
    town_edit(town, town->b, town->brahim, house, "members", "5");
    assert_rules(town, town->b, house, "");
    assert_everywhere(town, house, 0, "");
}

static void members_added_apart_are_counted_together(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"members\":1}");
    (void)new_member(town, town->a, town->amina, house, "{\"name_ar\":\"Aicha\",\"sex\":\"f\"}");
    assert_everywhere(town, house, 0, "");
    (void)new_member(town, town->a, town->amina, house, "{\"name_ar\":\"Hasan\",\"sex\":\"m\"}");
    change(town, town->a, town->amina, house, "{\"members\":2}");
    struct id born =
        new_member(town, town->b, town->brahim, house, "{\"name_ar\":\"Idris\",\"sex\":\"m\"}");
    change(town, town->b, town->brahim, house, "{\"members\":2}");
    assert_rules(town, town->a, house, "");
    assert_rules(town, town->b, house, "");
    town_sync_all(town);
    char here[1024], there[1024];
    read_rules(town, town->a, NULL, house, here);
    assert_non_null(strstr(here, "constraint: Fewer than are listed: members=2"));
    assert_non_null(strstr(here, "Idris"));
    read_rules(town, town->region, NULL, house, there);
    assert_string_equal(here, there);
    assert_everywhere(town, house, 1, here);
    /* It was one child too many. */
    struct diag diag = {0};
    assert_int_equal(node_delete(town->b, town->brahim, born, "counted twice", &diag), OK);
    assert_everywhere(town, house, 0, "");
}

/* A rule within an occurrence, over what is computed: the member's record is named. */
static void a_rule_of_a_member_stands_at_the_household(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"members\":3}");
    struct id member = new_member(town, town->a, town->amina, house,
                                  "{\"name_ar\":\"Hasan\",\"sex\":\"m\",\"birth_date\":"
                                  "\"1990-01-01\"}");
    (void)new_member(town, town->a, town->amina, house,
                     "{\"name_ar\":\"Sara\",\"sex\":\"f\",\"birth_date\":\"2020-01-01\"}");
    assert_everywhere(town, house, 0, "");
    change(town, town->a, town->amina, member, "{\"birth_date\":\"2019-01-01\"}");
    change(town, town->b, town->brahim, member, "{\"occupation\":\"herder\"}");
    assert_everywhere(town, house, 1,
                      "constraint: A child that works: occupation=\"herder\" "
                      "birth_date=\"2019-01-01\"");
    change(town, town->b, town->brahim, member, "{\"occupation\":null}");
    assert_everywhere(town, house, 0, "");
}

static void what_one_save_holds_is_its_authors_affair(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"housing\":\"solid\",\"rooms\":9,"
                                      "\"members\":1}");
    assert_everywhere(town, house, 0, "");
    change(town, town->b, town->brahim, house, "{\"head_name_ar\":\"B\"}");
    assert_everywhere(town, house, 0, "");
}

static void an_answer_that_one_cleared_and_the_other_needs_is_missing(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"housing\":\"solid\",\"rooms\":2,"
                                      "\"members\":4}");
    town_sync_all(town);
    change(town, town->b, town->brahim, house, "{\"housing\":\"none\",\"rooms\":null}");
    change(town, town->a, town->amina, house, "{\"housing\":\"tent\"}");
    assert_everywhere(town, house, 2, "required: -: rooms=null housing=\"tent\" members=4");
    change(town, town->a, town->amina, house, "{\"rooms\":1}");
    assert_everywhere(town, house, 1, ""); /* which house it is isn't settled by that */
}

static void a_choice_that_the_other_ones_answer_takes_away_is_told(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"housing\":\"solid\",\"rooms\":1,"
                                      "\"electricity\":\"grid\",\"members\":4}");
    town_sync_all(town);
    change(town, town->a, town->amina, house, "{\"housing\":\"tent\"}");
    change(town, town->b, town->brahim, house, "{\"electricity\":\"solar\"}");
    assert_everywhere(town, house, 1, "choice: -: electricity=\"solar\" housing=\"tent\"");
    change(town, town->b, town->brahim, house, "{\"electricity\":\"none\"}");
    assert_everywhere(town, house, 0, "");
}

/* The newest version that wrote something of it, and no other. */
static void a_record_keeps_to_the_newest_version_that_wrote_it(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"members\":4}");
    publish(town, 2, "Too few");
    (void)new_member(town, town->a, town->amina, house, "{\"name_ar\":\"C\",\"sex\":\"f\"}");
    (void)new_member(town, town->a, town->amina, house, "{\"name_ar\":\"D\",\"sex\":\"f\"}");
    change(town, town->a, town->amina, house, "{\"members\":1}");
    town_sync_all(town);
    char said[1024];
    read_rules(town, town->region, NULL, house, said);
    assert_non_null(strstr(said, "Fewer than are listed"));
    town->nodes.now_ms += 1000;
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
    (void)write_as(town, town->b,
                   (struct save){.person = town->brahim, .entity = house, .form_version = 2},
                   "{\"head_name_ar\":\"B\"}");
    town_sync_all(town);
    read_rules(town, town->region, NULL, house, said);
    assert_non_null(strstr(said, "Too few"));
    assert_null(strstr(said, "Fewer than are listed"));
}

/* Ops may come before the form that wrote them: it is asked when it is known. */
static void a_form_that_comes_late_is_asked_then(void **state)
{
    struct town *town = *state;
    publish(town, 2, "Too few");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    (void)nodes_sync(&town->nodes, town->a, town->hub);
    struct save v2 = {.person = town->amina,
                      .type = "household",
                      .is_new = true,
                      .place = span_of(TOWN_COMMUNE),
                      .form_version = 2};
    struct id house = write_as(town, town->a, v2,
                               "{\"head_name_ar\":\"A\",\"housing\":\"solid\","
                               "\"rooms\":2,\"members\":4}");
    v2 = (struct save){.person = town->amina, .entity = house, .form_version = 2};
    (void)write_as(town, town->a, v2, "{\"rooms\":4}");
    (void)write_as(town, town->a, v2, "{\"members\":3}");
    struct arena arena;
    struct entity_row row;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(entity_find(town->a, house, &row), OK);
    struct stmt *s = db_stmt(town->a->db, ENTITY_OPS);
    stmt_bind_i64(s, 1, row.id);
    assert_int_equal(node_begin(town->b), OK);
    while (stmt_row(s)) {
        struct logged logged;
        enum applied applied;
        int64_t ignored = 0;
        assert_int_equal(log_read(town->a, stmt_i64(s, 0), &arena, &logged), OK);
        struct arriving in = {.op = &logged.op, .way = WAY_ABOVE, .receipt_ms = STAMP_NO_RECEIPT};
        assert_int_equal(log_apply(town->b, &in, &applied, &ignored), OK);
    }
    assert_int_equal(stmt_end(s), OK);
    assert_int_equal(node_end(town->b, OK), OK);
    arena_release(&arena);
    assert_rules(town, town->b, house, "");
    assert_everywhere(town, house, 1,
                      "constraint: More rooms than people: rooms=4 housing=\"solid\" members=3");
}

static const char CARE[] =
    "type|name|label|save_to|constraint\n"
    "select_one walk|walking|Walking|wg_walking|. != 'cannot' or ${work} != 'herder'\n"
    "text|work|Work|occupation\n";
static const char CARE_CHOICES[] = "list_name|name|label\nwalk|none|No\nwalk|cannot|Cannot\n";

static struct id base_reader(struct town *town)
{
    struct id person = {{7}};
    char id[ID_TEXT_SIZE], definition[512];
    id_write(person, id);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"name\":\"Base\",\"role\":\"worker\"}", id);
    nodes_publish(town->region, "_person", id, definition);
    (void)snprintf(definition, sizeof definition,
                   "{\"id\":\"%s\",\"person\":\"%s\",\"scope\":\"05\",\"compartments\":[\"base\"],"
                   "\"verbs\":[\"read\",\"write\",\"review\"]}",
                   id, id);
    nodes_publish(town->region, "_grant", id, definition);
    return person;
}

/* A rule that reads what isn't for everybody is told to those whom all of it is for. */
static void who_may_not_read_all_that_a_rule_reads_is_not_told_of_it(void **state)
{
    struct town *town = *state;
    publish_as(town, "care", 1, CARE, CARE_CHOICES, "list_name|label\nperson|${work}\n");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"members\":4}");
    struct id member =
        new_member(town, town->a, town->amina, house, "{\"name_ar\":\"Hasan\",\"sex\":\"m\"}");
    town_sync_all(town);
    (void)write_as(town, town->a,
                   (struct save){.person = town->amina, .entity = member, .form = "care"},
                   "{\"wg_walking\":\"cannot\"}");
    (void)write_as(town, town->b,
                   (struct save){.person = town->brahim, .entity = member, .form = "care"},
                   "{\"occupation\":\"herder\"}");
    town_sync_all(town);
    static const char said[] = "constraint: -: wg_walking=\"cannot\" occupation=\"herder\"";
    assert_rules(town, town->a, member, said);
    assert_rules(town, town->region, member, said);
    assert_rules(town, town->b, member, "");
    assert_int_equal(disputes(town->b, NULL), 0);
    struct id base_only = base_reader(town);
    char text[1024];
    read_rules(town, town->region, &base_only, member, text);
    assert_string_equal(text, "");
    assert_int_equal(disputes(town->region, &base_only), 0);
    assert_int_equal(disputes(town->region, NULL), 1);
}

/* ---- the rules alone, over records made by hand */

#define HAND_MAX 8

struct hand {
    struct test_mem memory;
    struct made made;
    struct arena arena;
    struct form_rules *rules;
    struct held_record records[HAND_MAX];
    size_t count;
};

static void open_hand(struct hand *hand, const char *survey)
{
    struct diag diag = {0};
    memset(hand, 0, sizeof *hand);
    const struct mem *mem = test_mem_init(&hand->memory, 0);
    arena_init(&hand->arena, mem, 16u << 20);
    make_form(mem, "visit", survey, CHOICES, NULL, &hand->made);
    if (form_rules_new(mem, buf_span(&hand->made.text), &hand->rules, &diag)) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
}

static void close_hand(struct hand *hand)
{
    form_rules_free(hand->rules);
    release_form(&hand->made);
    arena_release(&hand->arena);
    assert_int_equal(hand->memory.live_count, 0);
}

static size_t add_held(struct hand *hand, const char *type, size_t parent)
{
    const struct form_map *map = form_rules_map(hand->rules);
    size_t of = 0;
    while (strcmp(map->records[of].type, type) != 0) {
        of++;
        assert_true(of < map->record_count);
    }
    struct held_record *record = &hand->records[hand->count];
    *record = (struct held_record){.of = of, .parent = parent, .id = {(uint8_t)(hand->count + 1)}};
    record->values =
        arena_array(&hand->arena, map->records[of].field_count, sizeof *record->values);
    assert_non_null(record->values);
    for (size_t i = 0; i < map->records[of].field_count; i++) {
        record->values[i].json = span_of("null");
    }
    return hand->count++;
}

static void hold(struct hand *hand, size_t record, const char *property, const char *json,
                 const uint64_t *save)
{
    const struct map_record *of = &form_rules_map(hand->rules)->records[hand->records[record].of];
    for (size_t i = 0; i < of->field_count; i++) {
        if (strcmp(of->fields[i].property, property) == 0) {
            hand->records[record].values[i] = (struct held_value){
                .type = of->fields[i].type, .json = span_of(json), .saves = save, .save_count = 1};
            return;
        }
    }
    fail_msg("no property %s", property);
}

static size_t ask(struct hand *hand, struct broken_hold **ret)
{
    const struct held_set set = {
        .records = hand->records, .count = hand->count, .now_ms = 1795400000000};
    struct held_answers answers;
    assert_int_equal(form_rules_ask(hand->rules, &set, &hand->arena, &answers), OK);
    *ret = answers.broken;
    return answers.broken_count;
}

static const uint64_t FIRST = 1, SECOND = 2;

static void each_occurrence_answers_for_what_lies_in_it(void **state)
{
    (void)state;
    struct hand hand;
    struct broken_hold *found = NULL;
    open_hand(&hand, "type|name|label|constraint\n"
                     "text|village|Village|\n"
                     "begin repeat|house|House|\n"
                     "begin repeat|child|Child|\n"
                     "text|called|Name|\n"
                     "end repeat|||\n"
                     "integer|children|Children|. >= count(${child})\n"
                     "end repeat|||\n");
    size_t root = add_held(&hand, "visit", MAPPING_NONE);
    hold(&hand, root, "village", "\"Ait\"", &FIRST);
    size_t one = add_held(&hand, "visit_house", root), two = add_held(&hand, "visit_house", root);
    hold(&hand, one, "children", "1", &FIRST);
    hold(&hand, two, "children", "1", &SECOND);
    static const char *const names[] = {"\"a\"", "\"b\"", "\"c\""};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        hold(&hand, add_held(&hand, "visit_child", i < 2 ? one : two), "called", names[i], &SECOND);
    }
    assert_int_equal(ask(&hand, &found), 1);
    assert_int_equal(found[0].places[0].record, one);
    assert_int_equal(found[0].place_count, 3); /* and its two children, not the third */
    hold(&hand, one, "children", "2", &FIRST);
    assert_int_equal(ask(&hand, &found), 0);
    close_hand(&hand);
}

/* Each node holds other records: what a list beside the form says isn't the same everywhere. */
static void a_rule_over_a_list_beside_the_form_is_not_asked(void **state)
{
    (void)state;
    struct hand hand;
    struct broken_hold *found = NULL;
    open_hand(&hand, "type|name|label|constraint|calculation|required\n"
                     "select_one_from_file place.csv|where|Where|||yes\n"
                     "integer|far|How far?|. < ${near}||\n"
                     "calculate|near|||count(instance('place')/root/item)|\n"
                     "integer|rooms|Rooms|. < ${people}||\n"
                     "integer|people|People|||\n");
    size_t root = add_held(&hand, "visit", MAPPING_NONE);
    hold(&hand, root, "where", "\"x\"", &FIRST);
    hold(&hand, root, "far", "3", &SECOND);
    hold(&hand, root, "people", "4", &FIRST);
    hold(&hand, root, "rooms", "3", &SECOND);
    assert_int_equal(ask(&hand, &found), 0);
    hold(&hand, root, "rooms", "5", &SECOND); /* the others are asked all the same */
    assert_int_equal(ask(&hand, &found), 1);
    assert_string_equal(found[0].places[0].field->property, "rooms");
    hold(&hand, root, "rooms", "5", &FIRST); /* one save: its author's own affair */
    assert_int_equal(ask(&hand, &found), 0);
    close_hand(&hand);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(a_rule_broken_by_two_who_kept_to_it_is_told_everywhere),
        CASE(members_added_apart_are_counted_together),
        CASE(a_rule_of_a_member_stands_at_the_household),
        CASE(what_one_save_holds_is_its_authors_affair),
        CASE(an_answer_that_one_cleared_and_the_other_needs_is_missing),
        CASE(a_choice_that_the_other_ones_answer_takes_away_is_told),
        CASE(a_record_keeps_to_the_newest_version_that_wrote_it),
        CASE(a_form_that_comes_late_is_asked_then),
        CASE(who_may_not_read_all_that_a_rule_reads_is_not_told_of_it),
        cmocka_unit_test(each_occurrence_answers_for_what_lies_in_it),
        cmocka_unit_test(a_rule_over_a_list_beside_the_form_is_not_asked),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
