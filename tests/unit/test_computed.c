/*
 * test_computed.c - what a form calculates follows what is held: of two people's changes it is one
 * total, on every node, that nobody has to decide.
 */
#define _XOPEN_SOURCE 700

#include "form_text.h"
#include "node_internal.h"
#include "test_form_town.h"

static const char CENSUS[] =
    "type|name|label|save_to|calculation\n"
    "text|head|Head|head_name_ar|\n"
    "integer|rooms|Rooms|rooms|\n"
    "integer|members|Members|members|\n"
    "begin repeat|member|Member||\n"
    "text|name_ar|Name|name_ar|\n"
    "end repeat||||\n"
    "calculate|score||vulnerability_score|10 * ${members} + ${rooms} + 100 * "
    "count(${member}[name_ar != ''])\n";
static const char CHOICES[] = "list_name|name|label\nyn|y|Yes\nyn|n|No\n";

static void publish(struct town *town, const char *id, const char *survey, const char *entities)
{
    publish_as(town, id, 1, survey, CHOICES, entities);
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
}

static int open_town(void **state)
{
    int failed = town_setup(state);
    publish(*state, "census", CENSUS,
            "list_name|label|repeat\nhousehold|${head}|\nperson|${name_ar}|${member}\n");
    return failed;
}

/* ---- reading */

static size_t op_count(struct town *town, struct node *node, struct id entity)
{
    struct arena arena;
    struct history_entry *list = NULL;
    struct diag diag = {0};
    size_t count = 0;
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(record_history(node, NULL, entity, &arena, &list, &count, &diag), OK);
    arena_release(&arena);
    return count;
}

static bool take_document(void *ctx, const struct record_row *row)
{
    const char *title = row->title;
    char(*found)[1024] = ctx;
    if (title[0] != '\0' && strcmp(row->type_name, "household") == 0) {
        span_text(row->document, *found, sizeof *found);
    }
    return true;
}

static void assert_score(struct town *town, struct node *node, struct id house, const char *json)
{
    struct record_filter filter = {.type = "household"};
    struct diag diag = {0};
    char document[1024] = "", wanted[64];
    if (!town_shows(town, node, house, "vulnerability_score", json)) {
        fail_msg("the score isn't %s", json);
    }
    assert_int_equal(record_list(node, NULL, &filter, take_document, &document, &diag), OK);
    (void)snprintf(wanted, sizeof wanted, "\"vulnerability_score\":%s", json);
    bool listed = strstr(document, wanted) != NULL;
    bool empty = strcmp(json, "null") == 0 && strstr(document, "vulnerability_score") == NULL;
    if (!listed && !empty) {
        fail_msg("the list says %s, not %s", document, json);
    }
    town_assert_clean(town, node);
}

static void assert_everywhere(struct town *town, struct id house, const char *json)
{
    struct node *const nodes[] = {town->a, town->b, town->hub, town->region};
    town_sync_all(town);
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        struct node_status status;
        assert_score(town, nodes[i], house, json);
        assert_int_equal(node_status(nodes[i], &status), OK);
        assert_int_equal(status.disputed, 0);
    }
}

/* ---- cases */

static void what_two_change_apart_has_one_total(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"rooms\":2,\"members\":4,"
                                      "\"vulnerability_score\":42}");
    assert_everywhere(town, house, "42");
    change(town, town->a, town->amina, house, "{\"rooms\":3,\"vulnerability_score\":43}");
    change(town, town->b, town->brahim, house, "{\"members\":5,\"vulnerability_score\":52}");
    assert_score(town, town->a, house, "43");
    assert_score(town, town->b, house, "52");
    size_t written = op_count(town, town->a, house) + op_count(town, town->b, house) -
                     op_count(town, town->region, house);
    assert_everywhere(town, house, "53");
    assert_int_equal(op_count(town, town->region, house), written); /* nobody wrote a third */
    /* An answer given without the form moves it as well. */
    town_edit(town, town->b, town->brahim, house, "rooms", "7");
    assert_score(town, town->b, house, "57");
    assert_everywhere(town, house, "57");
}

static void a_total_that_nobody_could_calculate_yet_comes_of_both(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\"}");
    assert_everywhere(town, house, "null");
    change(town, town->a, town->amina, house, "{\"rooms\":3}");
    change(town, town->b, town->brahim, house, "{\"members\":5}");
    assert_everywhere(town, house, "53");
    change(town, town->a, town->amina, house, "{\"rooms\":null}");
    assert_everywhere(town, house, "null");
}

/* A record begun by a list of questions, whose name comes before the form's. */
static void what_a_list_of_questions_began_is_calculated_too(void **state)
{
    struct town *town = *state;
    nodes_publish(town->region, "_form", "a_list/1",
                  "{\"form\":\"a_list\",\"version\":1,\"type\":\"household\",\"questions\":["
                  "{\"name\":\"place\",\"save_to\":\"place\"},"
                  "{\"name\":\"head_name_ar\",\"save_to\":\"head_name_ar\"}]}");
    (void)nodes_sync(&town->nodes, town->hub, town->region);
    town_sync_all(town);
    struct save list = {.person = town->amina,
                        .form = "a_list",
                        .form_version = 1,
                        .is_new = true,
                        .place = span_of(TOWN_COMMUNE)};
    struct id house = write_as(town, town->a, list, "{\"head_name_ar\":\"A\"}");
    town_sync_all(town);
    change(town, town->a, town->amina, house, "{\"rooms\":3}");
    change(town, town->b, town->brahim, house, "{\"members\":5}");
    assert_everywhere(town, house, "53");
}

static void who_was_added_apart_counts(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"rooms\":2,\"members\":4,"
                                      "\"vulnerability_score\":42}");
    town_sync_all(town);
    struct id one =
        new_member(town, town->a, town->amina, house, "{\"name_ar\":\"Aicha\",\"sex\":\"f\"}");
    assert_score(town, town->a, house, "142");
    (void)new_member(town, town->b, town->brahim, house, "{\"name_ar\":\"Idris\",\"sex\":\"m\"}");
    assert_everywhere(town, house, "242");
    struct diag diag = {0};
    assert_int_equal(node_delete(town->b, town->brahim, one, "counted twice", &diag), OK);
    assert_everywhere(town, house, "142");
}

/* Two forms may know a property; what one calculated the other's answers don't move. */
static void only_the_form_that_calculated_it_does_so_again(void **state)
{
    struct town *town = *state;
    publish(town, "visit",
            "type|name|label|save_to|calculation\n"
            "integer|rooms|Rooms|rooms|\n"
            "integer|members|Members|members|\n"
            "calculate|score||vulnerability_score|90 + ${rooms}\n",
            "list_name|label\nhousehold|${rooms}\n");
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"rooms\":2,\"members\":4,"
                                      "\"vulnerability_score\":42}");
    town_sync_all(town);
    struct save visit = {.person = town->brahim, .entity = house, .form = "visit"};
    (void)write_as(town, town->b, visit, "{\"rooms\":5}");
    assert_everywhere(town, house, "45");
    (void)write_as(town, town->b, visit, "{\"rooms\":6,\"vulnerability_score\":96}");
    assert_everywhere(town, house, "96");
    change(town, town->a, town->amina, house, "{\"members\":1}");
    assert_everywhere(town, house, "96");
    change(town, town->a, town->amina, house, "{\"rooms\":7}");
    assert_everywhere(town, house, "97");
}

/* Who can't read all that it is made from shows what was written by who could. */
static void who_may_not_read_what_it_is_made_from_shows_what_was_written(void **state)
{
    struct town *town = *state;
    nodes_publish(town->region, "_type", "mood",
                  "{\"type\":\"mood\",\"version\":1,\"parent\":\"household\",\"properties\":["
                  "{\"id\":\"ill\",\"type\":\"integer\",\"compartment\":\"health\"},"
                  "{\"id\":\"tired\",\"type\":\"integer\"},"
                  "{\"id\":\"sum\",\"type\":\"integer\",\"policy\":\"derived\"}],"
                  "\"title\":[\"tired\"]}");
    publish(town, "care",
            "type|name|label|save_to|calculation\n"
            "integer|ill|Ill|ill|\ninteger|tired|Tired|tired|\n"
            "calculate|sum||sum|${ill} + ${tired}\n",
            "list_name|label\nmood|${tired}\n");
    struct id house = new_house(town, "{\"head_name_ar\":\"A\"}");
    struct save care = {.person = town->amina,
                        .type = "mood",
                        .form = "care",
                        .is_new = true,
                        .has_parent = true,
                        .parent = house};
    struct id mood = write_as(town, town->a, care, "{\"ill\":1,\"tired\":2,\"sum\":3}");
    town_sync_all(town);
    care = (struct save){.person = town->amina, .entity = mood, .form = "care"};
    (void)write_as(town, town->a, care, "{\"ill\":5,\"sum\":7}");
    care.person = town->brahim;
    (void)write_as(town, town->b, care, "{\"tired\":4}");
    town_sync_all(town);
    assert_true(town_shows(town, town->a, mood, "sum", "9"));
    assert_true(town_shows(town, town->region, mood, "sum", "9"));
    assert_true(town_shows(town, town->b, mood, "tired", "4"));
    assert_true(town_shows(town, town->b, mood, "sum", "7"));
}

static void a_calculation_by_itself_is_no_change(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\",\"rooms\":2,\"members\":4,"
                                      "\"vulnerability_score\":42}");
    size_t before = op_count(town, town->a, house);
    change(town, town->a, town->amina, house, "{\"rooms\":2,\"vulnerability_score\":77}");
    assert_int_equal(op_count(town, town->a, house), before);
    assert_score(town, town->a, house, "42");
}

static void nobody_gives_a_calculated_value_by_hand(void **state)
{
    struct town *town = *state;
    struct id house = new_house(town, "{\"head_name_ar\":\"A\"}");
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    struct change changes[] = {{"vulnerability_score", span_of("5")}};
    struct save save = {
        .person = town->amina, .entity = house, .changes = changes, .change_count = 1};
    arena_init(&arena, &town->nodes.host.mem, 8u << 20);
    assert_int_equal(node_save(town->a, &save, &arena, &saved, &diag), ERR_READ_ONLY);
    arena_release(&arena);
}

/* ---- which calculations follow from what is held */

struct derivation {
    const char *row; /* of the calculation, after "calculate|it||" */
    bool derived;
};

static void only_what_follows_from_the_answers_is_derived(void **state)
{
    (void)state;
    static const struct derivation table[] = {
        {"${a} + 1", true},
        {"if(${a} > 1, 'x', 'y')", true},
        {"int((today() - ${born}) div 365.25)", true},
        {"count(${m})", true},
        {"sum(${b})", true},
        {"once(${a})", true},
        {"${made} * 2", true},
        {"${a} + random()", false},
        {"${chance} + ${a}", false},
        {"uuid()", false},
        {"now() - ${born}", false},
        {"concat(property('deviceid'), ${a})", false},
        {"jr:choice-name(${c}, '${c}')", false},
        {"pulldata('f', 'x', 'y', ${a})", false},
        {"count(instance('place')/root/item)", false},
        {"concat(${a}, ${photo})", false},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct test_mem memory;
        struct made made;
        struct form_rules *rules = NULL;
        struct diag diag = {0};
        char survey[1024];
        const struct mem *mem = test_mem_init(&memory, 0);
        (void)snprintf(survey, sizeof survey,
                       "type|name|label|calculation\n"
                       "integer|a|A|\ndate|born|Born|\nselect_one yn|c|C|\nimage|photo|Photo|\n"
                       "select_one_from_file place.csv|where|Where|\n"
                       "begin repeat|m|M|\ninteger|b|B|\nend repeat|||\n"
                       "calculate|made||${a} + 1\ncalculate|chance||random()\n"
                       "calculate|it||%s\n",
                       table[i].row);
        make_form(mem, "visit", survey, CHOICES, NULL, &made);
        if (form_rules_new(mem, buf_span(&made.text), &rules, &diag)) {
            fail_msg("%s: %s", diag.args[0], diag.args[1]);
        }
        if (form_rules_derive(rules, 0, "it") != table[i].derived) {
            fail_msg("%s: derived isn't %d", table[i].row, table[i].derived);
        }
        form_rules_free(rules);
        release_form(&made);
        assert_int_equal(memory.live_count, 0);
    }
}

/* An older visit saw an older household: what it says of it is of its day. */
static void a_survey_follows_from_its_own_answers_alone(void **state)
{
    (void)state;
    struct test_mem memory;
    struct made made;
    struct form_rules *rules = NULL;
    struct diag diag = {0};
    const struct mem *mem = test_mem_init(&memory, 0);
    make_form(mem, "visit",
              "type|name|label|save_to|calculation\n"
              "integer|rooms|Rooms|rooms|\n"
              "integer|beds|Beds||\n"
              "calculate|free|||${beds} - ${rooms}\n"
              "calculate|twice|||${beds} * 2\n"
              "calculate|score||vulnerability_score|${beds} + ${rooms}\n",
              CHOICES, "list_name|label\nhousehold|${rooms}\n", &made);
    assert_int_equal(form_rules_new(mem, buf_span(&made.text), &rules, &diag), OK);
    assert_true(form_rules_derive(rules, 0, "vulnerability_score"));
    assert_false(form_rules_derive(rules, 1, "free"));
    assert_true(form_rules_derive(rules, 1, "twice"));
    form_rules_free(rules);
    release_form(&made);
    assert_int_equal(memory.live_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(what_two_change_apart_has_one_total),
        CASE(a_total_that_nobody_could_calculate_yet_comes_of_both),
        CASE(what_a_list_of_questions_began_is_calculated_too),
        CASE(who_was_added_apart_counts),
        CASE(only_the_form_that_calculated_it_does_so_again),
        CASE(who_may_not_read_what_it_is_made_from_shows_what_was_written),
        CASE(a_calculation_by_itself_is_no_change),
        CASE(nobody_gives_a_calculated_value_by_hand),
        cmocka_unit_test(only_what_follows_from_the_answers_is_derived),
        cmocka_unit_test(a_survey_follows_from_its_own_answers_alone),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
