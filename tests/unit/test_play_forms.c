/* play: forms as other people's tools write them. */
#include "test_play_bench.h"

/* As the inputs of a task are in CHT's forms; ODK refuses to load it. */
static void a_group_may_depend_on_what_is_in_it(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><task><source>user</source><who/></task><n/></data>"
              "</instance><bind nodeset='/data/task' relevant=\"./source = 'user'\"/>"
              "<bind nodeset='/data/n' type='string' calculate='/data/task/who'/>",
              "<group ref='/data/task'><input ref='/data/task/source'/>"
              "<input ref='/data/task/who'/></group><input ref='/data/n'/>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/task/who','value':'Amina'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':'Amina'");
    say(&bench, "{'call':'answer','path':'/data/task/source','value':'desk'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':''");
    close_form(&bench);
}

static void the_list_of_screens_follows_what_is_answered(void **state)
{
    struct bench bench;
    (void)state;
    open_form(
        &bench,
        "<instance><data id='x'><a/><b/><g><c/></g><m jr:template=''><n/></m></data></instance>"
        "<bind nodeset='/data/b' relevant=\"/data/a = 'x'\"/>"
        "<bind nodeset='/data/g' relevant=\"/data/a != ''\"/>"
        "<bind nodeset='/data/m' relevant=\"/data/a = 'many'\"/>",
        "<input ref='/data/a'/><input ref='/data/b'/><group ref='/data/g'><input "
        "ref='/data/g/c'/></group><group ref='/data/m'><repeat nodeset='/data/m'><input "
        "ref='/data/m/n'/></repeat></group>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'state'}", "'at':0,'of':1");
    say(&bench, "{'call':'answer','path':'/data/a','value':'x'}", "'ok':true");
    say(&bench, "{'call':'state'}", "'at':0,'of':3");
    say(&bench, "{'call':'answer','path':'/data/a','value':'many'}", "'ok':true");
    say(&bench, "{'call':'state'}", "'at':0,'of':3"); /* a, c, the offer of an m */
    say(&bench, "{'call':'add_repeat','path':'/data/m'}", "'ok':true");
    say(&bench, "{'call':'add_repeat','path':'/data/m'}", "'ok':true");
    say(&bench, "{'call':'state'}", "'at':0,'of':5");
    say(&bench, "{'call':'remove_repeat','path':'/data/m[1]'}", "'ok':true");
    say(&bench, "{'call':'state'}", "'at':0,'of':4");
    say(&bench, "{'call':'answer','path':'/data/a','value':''}", "'ok':true");
    say(&bench, "{'call':'state'}", "'at':0,'of':1");
    close_form(&bench);
}

static void a_calculation_may_hand_on_what_stands_there(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><id/><scan/><doc>me</doc></data></instance>"
              "<bind nodeset='/data/id' calculate=\"if(/data/scan != '', /data/scan, .)\"/>"
              "<bind nodeset='/data/doc' calculate='.'/>",
              "<input ref='/data/id'/><input ref='/data/scan'/>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/id','value':'AB1'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/id'}", "'text':'AB1'");
    say(&bench, "{'call':'answer','path':'/data/scan','value':'CD2'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/id'}", "'text':'CD2'");
    say(&bench, "{'call':'answer','path':'/data/scan','value':''}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/id'}", "'text':'CD2'");
    say(&bench, "{'call':'eval','expr':'/data/doc'}", "'text':'me'");
    close_form(&bench);
}

/* An attribute in the instance, as XLSForm's columns instance::... give them. */
static void a_question_may_have_attributes(void **state)
{
    (void)state;
    struct bench bench;
    open_form(
        &bench,
        "<instance><data id='x'><age tag='a'>4</age><open tag='b'/><n/><both/><g><h/></g>"
        "</data></instance><bind nodeset='/data/age' type='int'/>"
        "<bind nodeset='/data/open' type='boolean' relevant='/data/age'/>"
        "<bind nodeset='/data/n' type='int' calculate='/data/age * 2'/>"
        "<bind nodeset='/data/both' type='string' calculate=\"concat(/data/age, /data/age/@tag"
        ", /data/g)\"/>",
        "<input ref='/data/age'/><input ref='/data/open'/><input ref='/data/g/h'/>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':'8'");
    say(&bench, "{'call':'answer','path':'/data/g/h','value':'in a group'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/age','value':'5'}", "'value':'5'");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':'10'");
    say(&bench, "{'call':'eval','expr':'/data/both'}", "'text':'5a'");
    say(&bench, "{'call':'save','final':true,'force':true}", "<age tag=\\'a\\'>5</age>");
    close_form(&bench);
}

static void the_name_of_a_choice_follows_what_it_is_made_of(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><place/><q>b</q><who/><m jr:template=''><name/></m>"
              "<m><name>Ali</name></m><head/><shown/></data></instance>"
              "<bind nodeset='/data/shown' calculate=\"jr:choice-name(/data/q, '/data/q')\"/>"
              "<bind nodeset='/data/head' calculate=\"jr:choice-name(/data/who, '/data/who')\"/>",
              "<input ref='/data/place'/><select1 ref='/data/q'><item><label>Clinic of <output "
              "value='/data/place'/></label><value>b</value></item></select1>"
              "<group ref='/data/m'><repeat nodeset='/data/m'><input ref='/data/m/name'/></repeat>"
              "</group><select1 ref='/data/who'><itemset nodeset='/data/m'><value "
              "ref='position(.)'/><label ref='name'/></itemset></select1>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/place','value':'Azilal'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/shown'}", "'text':'Clinic of Azilal'");
    say(&bench, "{'call':'answer','path':'/data/who','value':'1'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/head'}", "'text':'Ali'");
    say(&bench, "{'call':'answer','path':'/data/m[1]/name','value':'Aliya'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/head'}", "'text':'Aliya'");
    close_form(&bench);
}

static void a_list_that_is_declared_with_nothing_in_it_is_empty(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><n/><m/></data></instance><instance id='summary'/>"
              "<instance id='missing' src='jr://file-csv/missing.csv'/>"
              "<bind nodeset='/data/n' calculate=\"count(instance('summary')/context/*)\"/>",
              "<input ref='/data/n'/>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':'0'");
    say(&bench, "{'call':'eval','expr':'instance(\\u0027missing\\u0027)/root/item'}",
        "'error':'no_list','args':['missing']");
    close_form(&bench);
}

/* Each household has its own number of members from the start; one of them without an answer. */
static void occurrences_differ_from_one_repeat_to_the_next(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><h jr:template=''><m jr:template=''><n/></m></h>"
              "<h><m><n>Ali</n></m></h><h/><h><m><n>Aicha</n></m><m><n/></m></h><c/></data>"
              "</instance><bind nodeset='/data/c' calculate=\"concat(count(/data/h), '/', "
              "count(/data/h/m), /data/h[3]/m[1]/n)\"/>",
              "<group ref='/data/h'><repeat nodeset='/data/h'><group ref='/data/h/m'>"
              "<repeat nodeset='/data/h/m'><input ref='/data/h/m/n'/></repeat></group></repeat>"
              "</group>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/c'}", "'text':'3/3Aicha'");
    close_form(&bench);
}

static void choices_without_labels_are_shown_by_their_values(void **state)
{
    (void)state;
    struct bench bench;
    open_form(
        &bench,
        "<instance><data id='x'><a/></data></instance><instance id='l'><root><item><name>x"
        "</name></item></root></instance><bind nodeset='/data/a' type='string'/>",
        "<select1 ref='/data/a'><itemset nodeset=\"instance('l')/root/item\"><value ref='name'"
        "/></itemset></select1>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'state'}", "'choices':[{'value':'x','label':'x'}]");
    close_form(&bench);
}

/* Each computing makes it longer, until nothing changes. */
static void a_label_that_shows_what_is_made_of_it_ends(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><q>b</q><shown/><copy/></data></instance>"
              "<bind nodeset='/data/copy' calculate='/data/shown'/>"
              "<bind nodeset='/data/shown' calculate=\"substr(jr:choice-name(/data/q, '/data/q'), "
              "0, 9)\"/>",
              "<select1 ref='/data/q'><item><label>x<output value='/data/copy'/></label>"
              "<value> b\n</value></item></select1>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/shown'}", "'text':'xxxxxxxxx'");
    close_form(&bench);
}

static void what_is_left_behind_has_no_effect(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><a/><b/></data></instance>"
              "<bind nodeset='/data/gone' type='int'/>"
              "<bind nodeset='/data/a' required='' relevant=' ' constraint='' calculate=''/>",
              "<input ref='/data/a'><setvalue ref='/data/b' event='xforms-value-changed' "
              "value=''>set</setvalue></input>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/a','value':'1'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/b'}", "'text':'set'");
    close_form(&bench);
}

/* As JavaRosa's own demonstrations and forms of OpenMRS and CommCare are written. */
static void forms_older_than_xlsform_open(void **state)
{
    (void)state;
    struct bench bench;
    open_form(
        &bench,
        "<instance><data xmlns='http://dtree.org/e-imci'><age/><kid jr:template=''><age/>"
        "<toy><name/></toy></kid><half/><sum/></data></instance>"
        "<bind id='kid' nodeset='kid'/><bind id='kids_age' nodeset='kid/age' type='xsd:integer'/>"
        "<bind id='a' nodeset='age' type='integer'/>"
        "<bind id='half' nodeset='/data/half' type='double' calculate='/data/age div 2'/>"
        "<bind id='sum' nodeset='sum' calculate='sum(/data/kid/age)'/>"
        "<setvalue event='xforms-ready' bind='a'>7</setvalue>",
        "<group><input bind='a'/></group><group><repeat bind='kid'><input bind='kids_age'/>"
        "<group><repeat nodeset='toy'><input ref='name'/></repeat></group></repeat></group>");
    assert_string_equal(bench.form.id, "http://dtree.org/e-imci");
    assert_int_equal(xform_find(&bench.form, span_of("/data/half"))->data, XFORM_DECIMAL);
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/age','value':'x'}", "'error':'bad_value'");
    say(&bench, "{'call':'eval','expr':'/data/half'}", "'text':'3.5'");
    say(&bench, "{'call':'add_repeat','path':'/data/kid'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/kid[1]/age','value':'4'}", "'ok':true");
    say(&bench, "{'call':'add_repeat','path':'/data/kid[1]/toy'}", "'ok':true");
    say(&bench, "{'call':'answer','path':'/data/kid[1]/toy[2]/name','value':'ball'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/sum'}", "'text':'4'");
    close_form(&bench);
}

static void a_form_without_id_or_namespace_is_called_as_its_root(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench, "<instance><patient><a/></patient></instance>", "<input ref='a'/>");
    assert_string_equal(bench.form.id, "patient");
    close_form(&bench);
}

/* JavaRosa's demonstration of itemsets has its clinics so. */
static void a_list_may_stand_in_the_instance_itself(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><clinics><clinic><name>b</name><size>77</size></clinic>"
              "<clinic><name>c</name><size>2</size></clinic><clinic><name>d</name><size/></clinic>"
              "</clinics><pick/><n/></data></instance>"
              "<bind nodeset='/data/n' calculate='sum(/data/clinics/clinic/size)'/>",
              "<select1 ref='/data/pick'><itemset nodeset='/data/clinics/clinic[size &gt; 5]'>"
              "<value ref='name'/><label ref='size'/></itemset></select1>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'state'}", "'choices':[{'value':'b','label':'77'}]");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':'79'");
    say(&bench, "{'call':'answer','path':'/data/pick','value':'c'}", "'error':'bad_choice'");
    say(&bench, "{'call':'add_repeat','path':'/data/clinics/clinic'}", "'error':'read_only'");
    say(&bench, "{'call':'remove_repeat','path':'/data/clinics/clinic[1]'}", "'error':'read_only'");
    say(&bench, "{'call':'answer','path':'/data/pick','value':'b'}", "'ok':true");
    say(&bench, "{'call':'save','final':true}", "<clinic><name>c</name><size>2</size></clinic>");
    close_form(&bench);
}

/* CommCare notes so when a form was done; JavaRosa calls both. */
static void actions_of_older_names_are_called(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><end/><ends/><kid jr:template=''><at/></kid></data>"
              "</instance><bind nodeset='/data/ends' calculate=\"concat(/data/end, '!')\"/>"
              "<setvalue event='xforms-revalidate' ref='/data/end' value='today()'/>",
              "<group><repeat nodeset='/data/kid'><setvalue event='jr-insert' ref='at' "
              "value='position(..)'/><input ref='at'/></repeat></group>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'add_repeat','path':'/data/kid'}", "'ok':true");
    say(&bench, "{'call':'add_repeat','path':'/data/kid'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/ends'}", "'text':'!'");
    say(&bench, "{'call':'save','final':true}",
        "<end>2026-11-26</end><ends>2026-11-26!</ends><kid><at>1</at></kid><kid><at>2</at></kid>");
    close_form(&bench);
}

/* Indented for the eye, as in JavaRosa's form for text messages. */
static void a_first_value_has_no_blanks_around_it(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><who>\n  John Doe\n</who><born>\n 2015-08-05\n</born><n/>"
              "</data></instance><bind nodeset='/data/born' type='date'/>"
              "<bind nodeset='/data/n' calculate='string-length(/data/who)'/>",
              "<input ref='/data/who'/><input ref='/data/born'/>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':'8'");
    say(&bench, "{'call':'eval','expr':'format-date(/data/born, \\u0027%d/%m/%Y\\u0027)'}",
        "'text':'05/08/2015'");
    close_form(&bench);
}

static const struct xform_control *asked(const struct bench *bench, size_t number)
{
    const struct xform_control *at = bench->form.body->first;
    for (; number > 0; number--) {
        at = xform_next_control(at);
    }
    return at;
}

/* As pyxform writes the forms of before select_one_from_file, and Collect's tests have them. */
static void a_search_in_an_xform_is_a_filtered_list(void **state)
{
    (void)state;
    struct bench bench;
#define NAMES "<item><label>label, code</label><value>name_key</value></item>"
    open_form(
        &bench,
        "<instance><data id='x'><a/><b/><c/><r><q/><d/></r><e/></data></instance>"
        "<instance id='kinds'><root><item><name>1</name></item></root></instance>",
        "<select1 ref='/data/a' appearance=\"search search('fruits.csv')  quick\">" NAMES
        "<item><label>Other</label><value>99</value></item></select1>"
        "<select ref='/data/b' appearance=\"search('fruits', 'contains', 'lab', /data/a )\">" NAMES
        "</select>"
        "<select1 ref='/data/c' appearance=\"search('kinds', 'matches', 'k', 'x', 'z', "
        "concat(/data/a, ','))\">" NAMES "</select1>"
        "<repeat nodeset='/data/r'><input ref='/data/r/q'/><select1 ref='/data/r/d' "
        "appearance=\"minimal search('fruits', 'startswith', 'lab', ../q)\">" NAMES "</select1>"
        "</repeat>"
        "<select1 ref='/data/e' appearance=\"search('fruits', 'matches', 'k', concat(../a, 'x'))"
        "\">" NAMES "</select1>");
    assert_string_equal(asked(&bench, 0)->itemset->nodes, "instance('fruits')/root/item");
    assert_string_equal(asked(&bench, 0)->itemset->value, "name_key");
    assert_string_equal(asked(&bench, 0)->itemset->label, "label");
    assert_string_equal(asked(&bench, 0)->appearance, "search quick");
    assert_null(asked(&bench, 0)->items);
    assert_string_equal(asked(&bench, 1)->itemset->nodes,
                        "instance('fruits')/root/item[contains(lab, /data/a)]");
    assert_string_equal(asked(&bench, 2)->itemset->nodes,
                        "instance('kinds-csv')/root/item[k = 'x' and z = concat(/data/a, ',')]");
    assert_string_equal(asked(&bench, 5)->itemset->nodes,
                        "instance('fruits')/root/item[starts-with(lab, current()/../q)]");
    assert_string_equal(asked(&bench, 5)->appearance, "minimal");
    assert_null(asked(&bench, 6)->itemset); /* what .. means in the rows isn't what was meant */
    assert_string_equal(bench.form.instances->next->source, "jr://file-csv/fruits.csv");
    assert_string_equal(bench.form.instances->next->next->source, "jr://file-csv/kinds.csv");
    close_form(&bench);
}

/* Web clients make a date of it; JavaRosa leaves the number there, which is none. */
static void days_that_were_added_up_are_a_date(void **state)
{
    (void)state;
    struct bench bench;
    open_form(&bench,
              "<instance><data id='x'><a/><due/><at/><n/><none/></data></instance>"
              "<bind nodeset='/data/due' type='date' calculate='today() + 7'/>"
              "<bind nodeset='/data/at' type='dateTime' calculate=\"date('2026-11-26') + 0.5\"/>"
              "<bind nodeset='/data/n' type='int' calculate=\"/data/due - date('2026-12-01')\"/>"
              "<bind nodeset='/data/none' type='date' calculate='/data/a + 7'/>",
              "<input ref='/data/a'/>");
    say(&bench, "{'call':'load'}", "'ok':true");
    say(&bench, "{'call':'eval','expr':'/data/due'}", "'text':'2026-12-03'");
    say(&bench, "{'call':'eval','expr':'/data/at'}", "'text':'2026-11-26T12:00:00.000+01:00'");
    say(&bench, "{'call':'eval','expr':'/data/n'}", "'text':'2'");
    say(&bench, "{'call':'eval','expr':'/data/none'}", "'text':''");
    close_form(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_may_depend_on_what_is_in_it),
        cmocka_unit_test(the_list_of_screens_follows_what_is_answered),
        cmocka_unit_test(a_calculation_may_hand_on_what_stands_there),
        cmocka_unit_test(a_question_may_have_attributes),
        cmocka_unit_test(the_name_of_a_choice_follows_what_it_is_made_of),
        cmocka_unit_test(a_list_that_is_declared_with_nothing_in_it_is_empty),
        cmocka_unit_test(occurrences_differ_from_one_repeat_to_the_next),
        cmocka_unit_test(choices_without_labels_are_shown_by_their_values),
        cmocka_unit_test(a_label_that_shows_what_is_made_of_it_ends),
        cmocka_unit_test(what_is_left_behind_has_no_effect),
        cmocka_unit_test(forms_older_than_xlsform_open),
        cmocka_unit_test(actions_of_older_names_are_called),
        cmocka_unit_test(a_first_value_has_no_blanks_around_it),
        cmocka_unit_test(a_search_in_an_xform_is_a_filtered_list),
        cmocka_unit_test(days_that_were_added_up_are_a_date),
        cmocka_unit_test(a_list_may_stand_in_the_instance_itself),
        cmocka_unit_test(a_form_without_id_or_namespace_is_called_as_its_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
