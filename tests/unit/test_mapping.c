/* mapping: which records a form's answers become, under which names, and what is refused. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "form.h"
#include "form_text.h"
#include "mapping_rules.h"
#include "test_mem.h"
#include "test_workbook.h"
#include "xform_json.h"
#include "xform_xml.h"
#include "xlsform.h"

#define ARENA_MAX (64u << 20)

struct desk {
    struct test_mem memory;
    struct arena arena;
    struct xform form;
    struct form_map map;
    struct diag diag;
    struct buf text;
};

static enum err make_map(struct desk *desk, const char *survey, const char *entities)
{
    const struct test_sheet sheets[] = {
        {"survey", survey},
        {"choices", "list_name|name|label\nyn|yes|Yes\nyn|no|No\n"},
        {"settings", "form_id|form_title|version\nHousehold Visit|Visit|1\n"},
        {"entities", entities}};
    struct xlsform_faults faults;
    struct buf bytes;
    memset(desk, 0, sizeof(*desk));
    const struct mem *mem = test_mem_init(&desk->memory, 0);
    arena_init(&desk->arena, mem, ARENA_MAX);
    buf_init(&desk->text, mem, 1u << 20);
    buf_init(&bytes, mem, 1u << 20);
    test_workbook_make(sheets, entities == NULL ? 3 : 4, &bytes);
    if (xlsform_read(mem, buf_span(&bytes), "f.xlsx", &desk->arena, &desk->form, &faults,
                     &desk->diag) != OK) {
        fail_msg("%s: %s", desk->diag.args[0], desk->diag.args[1]);
    }
    buf_release(&bytes);
    return mapping_make(&desk->form, &desk->arena, &desk->map, &desk->diag);
}

static void close_desk(struct desk *desk)
{
    buf_release(&desk->text);
    arena_release(&desk->arena);
    assert_int_equal(desk->memory.live_count, 0);
}

/* "type<parent: name kind, ..." a record. */
static const char *shown(struct desk *desk)
{
    buf_clear(&desk->text);
    for (size_t i = 0; i < desk->map.record_count; i++) {
        const struct map_record *record = &desk->map.records[i];
        buf_add_format(&desk->text, "%s", record->type);
        if (record->parent != MAPPING_NONE) {
            buf_add_format(&desk->text, "<%s", desk->map.records[record->parent].type);
        }
        buf_add_text(&desk->text, ":");
        for (size_t j = 0; j < record->field_count; j++) {
            buf_add_format(&desk->text, " %s %s,", record->fields[j].property,
                           value_type_name(record->fields[j].type));
        }
        buf_add_text(&desk->text, "\n");
    }
    return buf_text(&desk->text);
}

static const char SURVEY[] = "type|name|label|save_to|calculation|repeat_count\n"
                             "start|start||||\n"
                             "note|hello|Hello|||\n"
                             "text|Head-Name|Head|head|||\n"
                             "begin group|income|Income|||\n"
                             "integer|total|Total|||\n"
                             "end group|||||\n"
                             "begin group|spent|Spent|||\n"
                             "decimal|total|Total|||\n"
                             "end group|||||\n"
                             "select_one yn|ok|OK?|||\n"
                             "calculate|twice|||${ok} = 'yes'|\n"
                             "begin repeat|member|Member|||2\n"
                             "date|born|Born|||\n"
                             "geopoint|where|Where|||\n"
                             "end repeat|||||\n";

static void answers_become_an_entity_a_survey_and_a_record_an_occurrence(void **state)
{
    (void)state;
    struct desk desk;
    assert_int_equal(make_map(&desk, SURVEY, "list_name|label\nhousehold|${Head-Name}\n"), OK);
    assert_string_equal(shown(&desk),
                        "household: head text,\n"
                        "household_visit<household: start datetime, income_total integer, "
                        "spent_total decimal, ok select_one, twice text,\n"
                        "household_visit_member<household_visit: born date, where geopoint,\n");
    close_desk(&desk);
}

static void an_entity_of_a_group_keeps_nothing_of_its_own(void **state)
{
    (void)state;
    struct desk desk;
    static const char survey[] = "type|name|label|save_to\ntext|a|A|tree#p\n"
                                 "begin repeat|r|R\nbegin group|g|G\ntext|b|B|field#q\n"
                                 "end group\nend repeat\n";
    assert_int_equal(make_map(&desk, survey, "list_name|label\ntree|${a}\nfield|${b}\n"), OK);
    assert_string_equal(shown(&desk), "tree: p text,\nfield<tree: q text,\n");
    close_desk(&desk);
}

static void labels_above_a_table_are_kept_nowhere(void **state)
{
    (void)state;
    struct desk desk;
    static const char survey[] = "type|name|label|appearance\nbegin group|g|G|table-list\n"
                                 "select_one yn|a|A\nselect_one yn|b|B\nend group\n";
    assert_int_equal(make_map(&desk, survey, NULL), OK);
    assert_string_equal(shown(&desk), "household_visit: a select_one, b select_one,\n");
    close_desk(&desk);
}

static void read_type(struct desk *desk, const char *text, struct type *ret)
{
    struct json *json = NULL;
    assert_int_equal(json_parse(span_of(text), &json, &desk->diag), OK);
    if (type_read(json, &desk->arena, ret, &desk->diag) != OK) {
        fail_msg("%s: %s in %s", desk->diag.args[0], desk->diag.args[1], text);
    }
    json_free(json);
}

/* An XForm's own way to hold a list for choices; a workbook can't. */
static void a_list_in_the_instance_is_no_answer(void **state)
{
    (void)state;
    static const char xml[] =
        "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'>"
        "<h:head><h:title>T</h:title><model><instance><data id='visit'><town><name>a</name></town>"
        "<town><name>b</name></town><member><name>Ali</name></member><pick/></data></instance>"
        "</model></h:head><h:body><select1 ref='/data/pick'><itemset nodeset='/data/town'><value "
        "ref='name'/></itemset></select1><repeat nodeset='/data/member'><group/></repeat></h:body>"
        "</h:html>";
    struct desk desk;
    memset(&desk, 0, sizeof(desk));
    const struct mem *mem = test_mem_init(&desk.memory, 0);
    arena_init(&desk.arena, mem, ARENA_MAX);
    buf_init(&desk.text, mem, 1u << 20);
    assert_int_equal(xform_read_xml(span_of(xml), &desk.arena, &desk.form, NULL, &desk.diag), OK);
    assert_int_equal(mapping_make(&desk.form, &desk.arena, &desk.map, &desk.diag), OK);
    assert_string_equal(shown(&desk), "visit_member<visit: name text,\nvisit: pick select_one,\n");
    close_desk(&desk);
}

/* A cascade as JavaRosa's and Enketo's examples have it: each list lies in the one before. */
static void choices_are_those_that_the_path_finds(void **state)
{
    (void)state;
    static const char xml[] =
        "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'>"
        "<h:head><h:title>T</h:title><model><instance><data id='visit'><s/><c/><n/></data>"
        "</instance><instance id='all'><states><state><value>wa</value><county k='1'><value>king"
        "</value></county><county k='2'><value>sky</value></county></state><state><value>il"
        "</value><county k='3'><value>cook</value></county></state></states></instance>"
        "</model></h:head><h:body><select1 ref='/data/s'><itemset nodeset=\"instance('all')/states/"
        "state\"><value ref='value'/></itemset></select1><select1 ref='/data/c'><itemset nodeset="
        "\"instance('all')/states/state[value = /data/s and '[' != '']/county\"><value "
        "ref='value'/>"
        "</itemset></select1><select1 ref='/data/n'><itemset nodeset=\"instance('all')/states/state"
        "/county\"><value ref='@k'/></itemset></select1></h:body></h:html>";
    struct desk desk;
    memset(&desk, 0, sizeof(desk));
    const struct mem *mem = test_mem_init(&desk.memory, 0);
    arena_init(&desk.arena, mem, ARENA_MAX);
    buf_init(&desk.text, mem, 1u << 20);
    assert_int_equal(xform_read_xml(span_of(xml), &desk.arena, &desk.form, NULL, &desk.diag), OK);
    assert_int_equal(mapping_make(&desk.form, &desk.arena, &desk.map, &desk.diag), OK);
    struct mapping_typing typing = {.form = &desk.form, .map = &desk.map, .version = 1};
    struct type made;
    assert_int_equal(mapping_type(&typing, &desk.arena, &desk.text, &desk.diag), OK);
    read_type(&desk, buf_text(&desk.text), &made);
    assert_int_equal(type_property(&made, "s")->choice_count, 2);
    assert_int_equal(type_property(&made, "c")->choice_count, 3);
    assert_string_equal(type_property(&made, "c")->choices[2].name, "cook");
    assert_int_equal(type_property(&made, "n")->type, VALUE_TEXT); /* its names aren't known here */
    close_desk(&desk);
}

static void names_are_made_fit_and_stay_apart(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"Age", "age"},
                                           {"First-Name.2", "first_name_2"},
                                           {"1st", "q1st"},
                                           {"_x", "q_x"},
                                           {"\xd8\xa7\xd8\xb3\xd9\x85", "q____MARK"},
                                           {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
                                            "abcdefghijklmnopqrstuvwxyzabcde_MARK"}};
    struct test_mem memory;
    struct arena arena;
    arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *name = mapping_name(names[i][0], &arena);
        const char *mark = strstr(names[i][1], "MARK");
        if (mark == NULL) {
            assert_string_equal(name, names[i][1]);
        } else { /* eight digits in its place */
            size_t size = (size_t)(mark - names[i][1]);
            assert_memory_equal(name, names[i][1], size);
            assert_int_equal(strlen(name), size + 8);
            assert_int_equal(strspn(name + size, "0123456789abcdef"), 8);
        }
    }
    arena_release(&arena);
    struct desk desk;
    assert_int_equal(make_map(&desk,
                              "type|name|label\ntext|A-b|A\ntext|a.b|B\n"
                              "text|abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz1|1\n"
                              "text|abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz2|2\n",
                              NULL),
                     OK);
    const struct map_field *fields = desk.map.records[0].fields;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(fields[i].property, fields[j].property);
        }
    }
    close_desk(&desk);
    assert_int_equal(make_map(&desk, "type|name|label|save_to\ntext|a|A|x\ntext|b|B|x\n",
                              "list_name|label\nhousehold|x\n"),
                     ERR_BAD_FORM);
    assert_non_null(strstr(desk.diag.args[1], "rename one"));
    close_desk(&desk);
}

/* Each is a form that ODK takes. */
static void records_of_one_name_stay_apart(void **state)
{
    (void)state;
    static const char twins[] =
        "type|name|label\n"
        "begin group|a|A\nbegin repeat|one|One\ntext|x|X\nend repeat||\nend group||\n"
        "begin group|b|B\nbegin repeat|one|One\ntext|x|X\nend repeat||\nend group||\n";
    struct desk desk;
    assert_int_equal(make_map(&desk, twins, NULL), OK);
    assert_int_equal(desk.map.record_count, 2);
    assert_string_equal(desk.map.records[0].type, "household_visit_one");
    assert_string_not_equal(desk.map.records[1].type, "household_visit_one");
    close_desk(&desk);
    assert_int_equal(make_map(&desk, "type|name|label|save_to\ntext|a|A|a\ntext|b|B|\n",
                              "list_name|label\nhousehold_visit|x\n"),
                     OK);
    assert_string_equal(shown(&desk), "household_visit: a text,\n"
                                      "household_visit_answers<household_visit: b text,\n");
    close_desk(&desk);
}

static void an_entity_that_its_type_cannot_take_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *property, *what;
    } cases[] = {
        {"{\"id\":\"heads\",\"type\":\"text\"}", "near: heads"},
        {"{\"id\":\"head\",\"type\":\"text\",\"retired\":true}", "is retired"},
        {"{\"id\":\"head\",\"type\":\"text\",\"policy\":\"derived\"}", "calculated"},
        {"{\"id\":\"head\",\"type\":\"text\"}", NULL},
        {"{\"id\":\"head\",\"type\":\"date\"}", NULL},         /* typed: judged when it is saved */
        {"{\"id\":\"head\",\"type\":\"file\"}", "holds file"}, /* words are none */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct desk desk;
        struct type type;
        char text[400];
        assert_int_equal(make_map(&desk, SURVEY, "list_name|label\nhousehold|x\n"), OK);
        (void)snprintf(text, sizeof(text),
                       "{\"type\":\"household\",\"version\":1,\"properties\":[%s]}",
                       cases[i].property);
        read_type(&desk, text, &type);
        enum err e = mapping_check(&desk.map, NULL, 0, &type, &desk.diag);
        assert_int_equal(e, cases[i].what == NULL ? OK : ERR_BAD_FORM);
        assert_true(cases[i].what == NULL || strstr(desk.diag.args[1], cases[i].what) != NULL);
        close_desk(&desk);
    }
}

static void a_made_type_keeps_what_is_declared_gone_and_refuses_the_rest(void **state)
{
    (void)state;
    struct desk desk;
    struct type before, made;
    assert_int_equal(make_map(&desk, "type|name|label\nselect_one yn|ok|OK?\ntext|a|A\n", NULL),
                     OK);
    read_type(&desk,
              "{\"type\":\"household_visit\",\"version\":1,\"form\":\"household_visit\","
              "\"properties\":[{\"id\":\"ok\",\"type\":\"select_one\",\"choices\":[{\"name\":"
              "\"yes\"},{\"name\":\"maybe\"}]},{\"id\":\"gone\",\"type\":\"integer\"}]}",
              &before);
    struct mapping_typing typing = {
        .form = &desk.form, .map = &desk.map, .before = &before, .version = 2};
    assert_int_equal(mapping_type(&typing, &desk.arena, &desk.text, &desk.diag), ERR_TYPE_CONFLICT);
    assert_string_equal(desk.diag.args[1], "gone");
    typing.retire = "other,gone";
    buf_clear(&desk.text);
    assert_int_equal(mapping_type(&typing, &desk.arena, &desk.text, &desk.diag), OK);
    read_type(&desk, buf_text(&desk.text), &made);
    assert_int_equal(type_may_follow(&before, &made, &desk.diag), OK);
    assert_true(type_property(&made, "gone")->retired);
    assert_int_equal(type_property(&made, "ok")->choice_count, 3);
    assert_string_equal(made.form, "household_visit");
    close_desk(&desk);
}

static void what_answers_alone_decide_is_derived(void **state)
{
    (void)state;
    struct desk desk;
    struct type made;
    struct buf text;
    struct form_rules *rules = NULL;
    assert_int_equal(make_map(&desk,
                              "type|name|label|calculation|bind::douar:merge\n"
                              "integer|a|A||\n"
                              "calculate|twice||2 * ${a}|\n"
                              "calculate|chance||random()|\n"
                              "calculate|told||2 * ${a}|rank\n",
                              NULL),
                     OK);
    buf_init(&text, desk.arena.mem, 1u << 20);
    xform_write_json(&desk.form, &text);
    assert_int_equal(form_rules_new(desk.arena.mem, buf_span(&text), &rules, &desk.diag), OK);
    struct mapping_typing typing = {
        .form = &desk.form, .map = &desk.map, .rules = rules, .version = 1};
    assert_int_equal(mapping_type(&typing, &desk.arena, &desk.text, &desk.diag), OK);
    read_type(&desk, buf_text(&desk.text), &made);
    assert_int_equal(type_property(&made, "a")->policy, POLICY_REVIEW);
    assert_int_equal(type_property(&made, "twice")->policy, POLICY_DERIVED);
    assert_int_equal(type_property(&made, "chance")->policy, POLICY_LAST);
    assert_int_equal(type_property(&made, "told")->policy, POLICY_RANK);
    form_rules_free(rules);
    buf_release(&text);
    close_desk(&desk);
}

/* The head of a household and its members are persons: one type holds what both are asked. */
static void next_random(void *ctx, void *bytes, size_t size)
{
    uint8_t *next = ctx;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = (*next)++;
    }
}

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return 0;
}

static int zone_minutes(void *ctx)
{
    (void)ctx;
    return 0;
}

/* The records of a form that is begun, "type<number of its parent" each, and what was computed. */
static const char *begun(struct desk *desk)
{
    struct type types[4];
    const struct type *list[4];
    struct map_answers *answers = NULL;
    struct play *play = NULL;
    size_t count = 0;
    uint8_t next = 1;
    struct play_host host = {.mem = desk->arena.mem,
                             .ctx = &next,
                             .now_ms = now_ms,
                             .zone_minutes = zone_minutes,
                             .random = next_random};
    struct diag *diag = &desk->diag;
    for (size_t i = 0; i < desk->map.record_count; i++) {
        struct mapping_typing typing = {
            .form = &desk->form, .map = &desk->map, .record = i, .version = 1};
        buf_clear(&desk->text);
        assert_int_equal(mapping_type(&typing, &desk->arena, &desk->text, diag), OK);
        read_type(desk, buf_text(&desk->text), &types[i]);
        list[i] = &types[i];
    }
    assert_int_equal(play_new(&desk->form, &host, &play, diag), OK);
    buf_clear(&desk->text);
    assert_int_equal(play_call(play, span_of("{\"call\":\"load\"}"), &desk->text), OK);
    assert_int_equal(mapping_answers(&desk->map, play, list, &desk->arena, &answers, &count, diag),
                     OK);
    buf_clear(&desk->text);
    for (size_t i = 0; i < count; i++) {
        buf_add_format(&desk->text, "%s", answers[i].of->type);
        if (answers[i].parent != MAPPING_NONE) {
            buf_add_format(&desk->text, "<%zu", answers[i].parent);
        }
        for (size_t j = 0; j < answers[i].value_count; j++) {
            if (answers[i].values[j].field->node->calculate != NULL) {
                buf_add_text(&desk->text, " ");
                buf_add_span(&desk->text, answers[i].values[j].json);
            }
        }
        buf_add_text(&desk->text, "\n");
    }
    play_free(play);
    return buf_text(&desk->text);
}

/* Persons are asked for before what is said of the house, and of its yard nothing is. */
static void a_record_finds_the_one_around_it_wherever_that_is_asked(void **state)
{
    (void)state;
    struct desk desk;
    assert_int_equal(make_map(&desk,
                              "type|name|label\n"
                              "begin repeat|house|H\n"
                              "begin repeat|yard|Y\n"
                              "begin repeat|tree|T\ntext|kind|K\nend repeat||\n"
                              "end repeat||\n"
                              "begin repeat|person|P\ntext|who|W\nend repeat||\n"
                              "text|remark|R\n"
                              "end repeat||\n",
                              NULL),
                     OK);
    assert_string_equal(begun(&desk), "household_visit_house\nhousehold_visit_tree<0\n"
                                      "household_visit_person<0\n");
    close_desk(&desk);
}

static void what_was_computed_and_fits_nowhere_is_no_answer(void **state)
{
    (void)state;
    struct desk desk;
    assert_int_equal(make_map(&desk,
                              "type|name|label|calculation|bind::type\n"
                              "integer|a|A||\n"
                              "calculate|word||concat('x', 1)|int\n"
                              "calculate|day||'soon'|date\n"
                              "calculate|sum||1 + 1|int\n",
                              NULL),
                     OK);
    assert_string_equal(begun(&desk), "household_visit null null 2\n");
    close_desk(&desk);
}

static void a_made_type_holds_what_all_records_of_it_ask(void **state)
{
    (void)state;
    struct desk desk;
    struct type made;
    static const char survey[] =
        "type|name|label|save_to\n"
        "begin group|head|Head|\ntext|n1|Name|name\ntext|t|Phone|phone\nend group|||\n"
        "begin repeat|m|M|\ntext|n2|Name|name\ninteger|a|Age|age\nend repeat|||\n";
    enum err e = make_map(&desk, survey, "list_name|label|repeat\nman|${n1}|\nman|${n2}|${m}\n");
    assert_int_equal(e, OK);
    assert_int_equal(desk.map.record_count, 2);
    struct mapping_typing typing = {.form = &desk.form, .map = &desk.map, .version = 1};
    assert_int_equal(mapping_type(&typing, &desk.arena, &desk.text, &desk.diag), OK);
    read_type(&desk, buf_text(&desk.text), &made);
    assert_int_equal(made.property_count, 3);
    assert_false(type_property(&made, "age")->retired);
    assert_int_equal(mapping_check(&desk.map, NULL, 1, &made, &desk.diag), OK);
    close_desk(&desk);
}

static void a_definition_carries_the_form_whole(void **state)
{
    (void)state;
    struct desk desk;
    struct json *json = NULL;
    struct form form;
    struct buf unpacked;
    char hash[FORM_HASH_SIZE];
    static const char text[] = "{\"douar_form\":1}";
    assert_int_equal(make_map(&desk, "type|name|label\ntext|a|A\n", NULL), OK);
    assert_int_equal(
        mapping_definition(&desk.form, &desk.map, 3, span_of(text), &desk.arena, &desk.text), OK);
    assert_int_equal(json_parse(buf_span(&desk.text), &json, &desk.diag), OK);
    assert_int_equal(form_read(json, NULL, &desk.arena, &form, &desk.diag), OK);
    form_hash(span_of(text), hash);
    assert_string_equal(form.hash, hash);
    assert_string_equal(form.edition, "1");
    assert_int_equal(form.version, 3);
    buf_init(&unpacked, &desk.memory.mem, FORM_TEXT_MAX);
    assert_int_equal(form_unpack(&desk.memory.mem, json_span(json_get(json, "xform")), &unpacked),
                     OK);
    assert_string_equal(buf_text(&unpacked), text);
    assert_int_not_equal(form_unpack(&desk.memory.mem, span_of("AAAA"), &unpacked), OK);
    buf_release(&unpacked);
    json_free(json);
    close_desk(&desk);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_become_an_entity_a_survey_and_a_record_an_occurrence),
        cmocka_unit_test(an_entity_of_a_group_keeps_nothing_of_its_own),
        cmocka_unit_test(labels_above_a_table_are_kept_nowhere),
        cmocka_unit_test(a_list_in_the_instance_is_no_answer),
        cmocka_unit_test(choices_are_those_that_the_path_finds),
        cmocka_unit_test(names_are_made_fit_and_stay_apart),
        cmocka_unit_test(records_of_one_name_stay_apart),
        cmocka_unit_test(an_entity_that_its_type_cannot_take_is_refused),
        cmocka_unit_test(a_made_type_keeps_what_is_declared_gone_and_refuses_the_rest),
        cmocka_unit_test(what_answers_alone_decide_is_derived),
        cmocka_unit_test(a_record_finds_the_one_around_it_wherever_that_is_asked),
        cmocka_unit_test(what_was_computed_and_fits_nowhere_is_no_answer),
        cmocka_unit_test(a_made_type_holds_what_all_records_of_it_ask),
        cmocka_unit_test(a_definition_carries_the_form_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
