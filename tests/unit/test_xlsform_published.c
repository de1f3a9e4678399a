/* xlsform: what published workbooks do beyond the plain, and what of it is a fault. */
#include "test_xlsform.h"

/* A row of the survey under `header`, and what the form then holds. */
struct row {
    const char *row, *parts[5];
};

static void rows_give(const char *header, const char *choices, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char survey[800];
        (void)snprintf(survey, sizeof(survey), "%s\n%s\n", header, rows[i].row);
        gives(&(struct book){.survey = survey, .choices = choices}, rows[i].parts);
    }
}

struct fault {
    const char *rows, *place, *what;
};

static void rows_tell(const char *header, const char *choices, const struct fault *faults,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char survey[800];
        (void)snprintf(survey, sizeof(survey), "%s\n%s\n", header, faults[i].rows);
        tells(&(struct book){.survey = survey, .choices = choices}, faults[i].place,
              faults[i].what);
    }
}

/* The XForm doesn't hold `part`. */
static void lacks(const struct book *book, const char *part)
{
    struct desk desk;
    open_desk(&desk, book);
    assert_int_equal(desk.result, OK);
    xform_write_xml(&desk.form, &desk.xml);
    if (strstr(buf_text(&desk.xml), part) != NULL) {
        fail_msg("with  %s\n%s", part, buf_text(&desk.xml));
    }
    close_desk(&desk);
}

/* ---- questions */

static void a_value_computed_without_words_is_asked_of_nobody(void **state)
{
    (void)state;
    static const char header[] = "type|name|label|calculation|trigger|hint";
    static const struct row rows[] = {
        {"integer|a|A\ninteger|b|||${a}",
         {"<bind nodeset=`/data/b` type=`int`/>",
          "<label>A</label><setvalue event=`xforms-value-changed` ref=`/data/b`/>"}},
        {"decimal|b||1 + 1", {"<bind nodeset=`/data/b` type=`decimal` calculate=`1 + 1`/>"}},
        {"decimal|b|Sum|1 + 1", {"<input ref=`/data/b`>"}},
        {"decimal|b||1 + 1||Computed", {"<input ref=`/data/b`>"}},
    };
    rows_give(header, NULL, rows, COUNT_OF(rows));
    lacks(&(struct book){.survey = "type|name|label|calculation\ndecimal|b||1 + 1\n"}, "<input");
    lacks(&(struct book){.survey = "type|name|label|trigger\ntext|a|A\ntext|b||${a}\n"},
          "<input ref=\"/data/b\"");
    static const struct fault faults[] = {
        {"integer|two||1 + 1\ninteger|t|T||${two}", "survey, row 3, column E (trigger)",
         "asked of nobody"},
    };
    rows_tell(header, NULL, faults, COUNT_OF(faults));
}

static void types_of_older_tools_keep_their_checks(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"percentage|a|A",
         {"<bind nodeset=`/data/a` type=`int` constraint=`0 &lt;= . and . &lt;= 100`/>",
          "<input ref=`/data/a`>"}},
        {"percentage|a|A|. < 50", {"type=`int` constraint=`. &lt; 50`/>"}},
        {"phone number|a|A", {"constraint=`regex(., '^\\d*$')`", "<input ref=`/data/a`>"}},
        {"get phone number|a", {"jr:preload=`property` jr:preloadParams=`phonenumber`"}},
        {"uri:deviceid|a", {"jr:preload=`property` jr:preloadParams=`uri:deviceid`"}},
        {"BEGIN GROUP|g|G\ntext|a|A\nEnd_Group", {"<group ref=`/data/g`>"}},
    };
    rows_give("type|name|label|constraint", NULL, rows, COUNT_OF(rows));
}

static void names_that_others_cannot_keep_are_told(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"text|meta|A", "survey, row 2, column B (name)", "\"meta\" is where"},
        {"begin group|g|G\ntext|meta|A\nend group", "survey, row 3, column B (name)",
         "\"meta\" is where"},
        {"begin repeat|data|R\ntext|a|A\nend repeat", "survey, row 2, column B (name)",
         "as the form's root is"},
        {"begin group|g|G\nbegin repeat|r|R\ntext|a|A\nend repeat\nend group\n"
         "begin repeat|r|R\ntext|a|A\nend repeat",
         "survey, row 7, column B (name)", "two repeats are called \"r\""},
        {"text|age|A\ntext|Age|A", "survey, row 3, column B (name)",
         "\"Age\" and \"age\" differ in capitals only"},
        {"begin group|g|G|yes\ntext|a|A\nend group", "survey, row 2, column D (required)",
         "a group can't be required"},
    };
    rows_tell("type|name|label|required", NULL, faults, COUNT_OF(faults));
    static const struct row fine[] = {
        {"begin group|data|G\ntext|a|A\nend group", {"<group ref=`/data/data`>"}},
        {"text|META|A", {"<META/>"}},
        {"begin group|g|G|yes\ntext|a|A\nend group", {"<group ref=`/data/g`>\n<label>G</label>"}},
    };
    rows_give("type|name|label|required", NULL, fine, COUNT_OF(fine));
    lacks(&(struct book){.survey = "type|name|label|required\nbegin group|g|G|yes\ntext|a|A\n"
                                   "end group\n"},
          "required=");
}

/* ---- parameters */

static void parameters_say_how_a_question_is_asked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"range|a|A|Start=3 END=15 step = 2", {"start=`3` end=`15` step=`2`", "type=`int`"}},
        {"range|a|A|start=1;end=5,step=0.5", {"start=`1` end=`5` step=`0.5`", "type=`decimal`"}},
        {"range|a|A|start=10 end=0 step=2.0", {"start=`10` end=`0` step=`2.0`", "type=`int`"}},
        {"range|a|A|end=5 end=7", {"end=`7`"}},
        {"range|a|A|end=10 tick_interval=5 placeholder=4",
         {"odk:tick-interval=`5` odk:placeholder=`4`"}},
        {"geoshape|a|A|incremental=yes allow-mock-accuracy=true",
         {"<input ref=`/data/a` incremental=`true`>", "odk:allow-mock-accuracy=`true`"}},
        {"location|a|A|capture-accuracy=2.5 warning-accuracy=10",
         {"accuracyThreshold=`2.5` unacceptableAccuracyThreshold=`10`"}},
        {"photo|a|A|max-pixels=640 app=org.x.y", {"intent=`org.x.y`", "orx:max-pixels=`640`"}},
        {"audio|a|A|quality=external", {"odk:quality=`external`"}},
        {"note|a|A|incremental=true", {"<input ref=`/data/a`>"}},
        {"audit||| location-priority=low-power location-min-interval=1 location-max-age=2 "
         "track-changes=true identify-user=false track-changes-reasons=on-form-edit",
         {"odk:location-priority=`low-power` odk:location-min-interval=`1` "
          "odk:location-max-age=`2` odk:track-changes=`true` odk:identify-user=`false` "
          "odk:track-changes-reasons=`on-form-edit`"}},
    };
    rows_give("type|name|label|parameters", NULL, rows, COUNT_OF(rows));
    static const char cell[] = "survey, row 2, column D (parameters)";
    static const struct fault faults[] = {
        {"range|a|A|step=0", cell, "can't be 0"},
        {"range|a|A|step=20", cell, "larger than the range from 1 to 10"},
        {"range|a|A|increment=2", cell, "\"increment\" has no effect"},
        {"range|a|A|start", cell, "\"start\" says nothing"},
        {"text|a|A|rows=many", cell, "rows can't be \"many\""},
        {"image|a|A|max-pixels=1.5", cell, "max-pixels can't be \"1.5\""},
        {"audio|a|A|quality=best", cell, "quality can't be \"best\""},
        {"background-audio|a||quality=external", cell, "quality can't be"},
        {"geopoint|a|A|incremental=true", cell, "has no effect"},
        {"geotrace|a|A|incremental=false", cell, "incremental can't be"},
        {"geopoint|a|A|allow-mock-accuracy=maybe", cell, "can't be \"maybe\""},
        {"geopoint|a|A|capture-accuracy=near", cell, "are numbers"},
        {"select_one ab|a|A|randomize=maybe", cell, "randomize can't be"},
        {"select_one ab|a|A|randomize=true seed=${", cell, "seed can't be"},
        {"select_one ab|a|A|value=x", cell, "\"value\" has no effect"},
        {"select_one_from_file a.csv|a|A|value=7", cell, "value can't be"},
        {"audit||| track-changes=maybe", cell, "track-changes can't be"},
        {"audit||| location-priority=balanced", cell, "all three parameters"},
        {"audit||| location-priority=balanced location-min-interval=9 location-max-age=2", cell,
         "smaller than location-min-interval"},
    };
    rows_tell("type|name|label|parameters", "list_name|name|label\nab|a|A\n", faults,
              COUNT_OF(faults));
}

/* ---- columns and sheets */

static void an_application_makes_pictures_and_signs_none(void **state)
{
    (void)state;
    static const char header[] = "type|name|label|appearance|parameters|big-image";
    static const struct row rows[] = {
        {"image|a|A|annotate|app=org.x.y",
         {"appearance=`annotate` mediatype=`image/*` "
          "intent=`org.x.y`"}},
        {"image|a|A|signature|app=any", {"appearance=`signature` mediatype=`image/*`>"}},
    };
    static const struct fault faults[] = {
        {"image|a|A|signature|app=org.x.y", "survey, row 2, column E (parameters)",
         "no effect beside this appearance"},
        {"image|a|A||app=camera", "survey, row 2, column E (parameters)", "app can't be"},
        {"text|a|A|||x.png", "survey, row 2, column F (big-image)", "but no image"},
    };
    rows_give(header, NULL, rows, COUNT_OF(rows));
    rows_tell(header, NULL, faults, COUNT_OF(faults));
}

static void columns_are_known_by_every_name_they_had(void **state)
{
    (void)state;
    static const char *const old[] = {
        "jr:constraintMsg=`jr:itext('/data/a:jr:constraintMsg')`",
        "<text id=`/data/a:jr:constraintMsg`><value>too little</value></text>",
        "<text id=`/data/a:label`><value>B</value><value form=`image`>jr://images/x.png</value>",
        NULL};
    gives(&(struct book){.survey = "type|name|label:en|label:fr|bind:jr:constraintMsg:en|"
                                   "constraint|media:image:fr\n"
                                   "text|a|A|B|too little|. > 1|x.png\n"},
          old);
    static const char *const kept[] = {
        "<bind nodeset=`/data/a` type=`int` jr:preload=`uid` jr:preloadParams=`p` "
        "esri:fieldType=`esriText`/>",
        "xmlns:esri=`http://esri.com/xforms`",
        "<group ref=`/data/g` intent=`ex:org.x(a= /data/a )`>", NULL};
    gives(&(struct book){.survey = "bind::type|type|name|label|bind::jr:preload|"
                                   "bind::jr:preloadParams|bind::esri:fieldType|intent\n"
                                   "int|text|a|A|uid|p|esriText\n"
                                   "|begin group|g|G||||ex:org.x(a=${a})\n|text|b|B\n"
                                   "|end group\n"},
          kept);
    static const char *const declared[] = {"xmlns:foo=`http://foo.org/x`", "foo:bar=`1`", NULL};
    gives(&(struct book){.survey = "type|name|label|body::foo:bar\ntext|a|A|1\n",
                         .settings = "form_id|namespaces\n"
                                     "f|foo=\"http://foo.org/x\" jr='http://other'\n"},
          declared);
}

static void what_columns_cannot_mean_is_told(void **state)
{
    (void)state;
    static const char one[] = "type|name|label\ntext|a|A\n";
    tells(&(struct book){.survey = "name|label\na|A\n"}, "survey", "no column type");
    tells(&(struct book){.survey = one, .choices = "list|name\na|b\n"}, "choices",
          "no column list_name");
    tells(&(struct book){.survey = one, .choices = "list_name|label\na|b\n"}, "choices",
          "no column name");
    tells(&(struct book){.survey = "type|name|label|relevant|relevance\ntext|a|A|1|2\n"}, "survey",
          "\"relevant\" and \"relevance\" mean the same");
    tells(&(struct book){.survey = "type|name|label|instance::x:y\ntext|a|A|z\n"},
          "survey, row 2, column D (instance::x:y)", "\"z\" is left out");
    tells(&(struct book){.survey = "type|name|label|bind::a b\ntext|a|A|z\n"},
          "survey, row 2, column D (bind::a b)", "can't be called \"a b\"");
    tells(&(struct book){.survey = "type|name|label|bind::foo:bar\ntext|a|A|z\n"}, "settings",
          "prefix of \"foo:bar\"");
    tells(&(struct book){.survey = one, .settings = "form_id|namespaces\nf|esri\n"},
          "settings, row 2", "namespaces can't be read");
    tells(&(struct book){.survey = "type|name|label::French\ntext|a|A\n"}, "survey",
          "\"French\" has no code");
}

static void sheets_that_are_misspelt_are_told(void **state)
{
    (void)state;
    static const char one[] = "type|name|label\ntext|a|A\n";
    tells(&(struct book){.survey = one, .other = {"choises", "list_name|name\na|b\n"}}, "choices",
          "one called \"choises\"");
    tells(&(struct book){.survey = one, .other = {"Setting", "form_id\nf\n"}}, "settings",
          "one called \"Setting\"");
    struct desk desk;
    open_desk(&desk, &(struct book){.settings = "form_id\nf\n", .other = {"surveys", one}});
    assert_int_equal(desk.result, ERR_BAD_FORM);
    assert_non_null(strstr(desk.diag.args[1], "one called \"surveys\""));
    close_desk(&desk);
    open_desk(&desk, &(struct book){.survey = one,
                                    .choices = "list_name|name\na|b\n",
                                    .settings = "form_id\nf\n",
                                    .other = {"_setting", one}});
    assert_int_equal(desk.faults.warning_count, 1); /* the choice has no label */
    close_desk(&desk);
}

static void the_only_sheet_is_the_survey_whatever_its_name(void **state)
{
    (void)state;
    static const char *const parts[] = {"<input ref=`/data/a`>", NULL};
    gives(&(struct book){.other = {"Feuil1", "type|name|label\ntext|a|A\n"}}, parts);
}

/* ---- references and values in words */

static void a_value_of_a_list_stands_among_words(void **state)
{
    (void)state;
    static const char choices[] = "list_name|name|label\nab|a|Alpha\n";
    static const struct row rows[] = {
        {"note|n|Is instance('ab')/root/item[name = ${q}]/label here?",
         {"<label>Is <output value=`instance('ab')/root/item[name =  /data/q ]/label`/> here?"}},
        {"note|n|instance(\"ab\")/root/item[contains(name, ${q})]/label.",
         {"<label><output value=`instance(&quot;ab&quot;)/root/item[contains(name,  /data/q )]/"
          "label`/>.</label>"}},
        {"note|n|Of ${q}: instance('ab')/root/item[name = instance('ab')/root/item[1]/name]/label",
         {"Of <output value=`/data/q`/>: <output value=`instance('ab')/root/item[name = "
          "instance('ab')/root/item[1]/name]/label`/></label>"}},
        {"note|n|For instance (one) and myinstance('x')/y",
         {"<label>For instance (one) and myinstance('x')/y</label>"}},
        {"begin repeat|r|R\ntext|b|B\nnote|n|instance('ab')/root/item[name=${b}]/label\n"
         "end repeat",
         {"<output value=`instance('ab')/root/item[name= current()/../b ]/label`/>"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char survey[800];
        (void)snprintf(survey, sizeof(survey), "type|name|label\ntext|q|Q\n%s\n", rows[i].row);
        gives(&(struct book){.survey = survey, .choices = choices}, rows[i].parts);
    }
}

static void references_that_never_end_are_told(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"text|a|A\ntext|b|B of ${a", "survey, row 3, column C (label)", "never ends"},
        {"text|a|A\ntext|b|B|${a} = 1 or ${a = 2", "survey, row 3, column D (relevant)",
         "never ends"},
        {"text|a|A\ntext|b|B of ${}", "survey, row 3, column C (label)", "names nothing"},
        {"integer|t|T\nbackground-geopoint|g", "survey, row 3, column E (trigger)",
         "but names none"},
        {"integer|t|T\nbackground-geopoint|g|||${t}|1 + 1", "survey, row 3, column F (calculation)",
         "can't be computed too"},
    };
    rows_tell("type|name|label|relevant|trigger|calculation", NULL, faults, COUNT_OF(faults));
}

static void every_expression_that_cannot_be_read_names_its_cell(void **state)
{
    (void)state;
    static const char header[] =
        "type|name|label|relevant|constraint|calculation|default|choice_filter|repeat_count";
    static const struct fault faults[] = {
        {"text|a|A|1 = ", "survey, row 2, column D (relevant)", "a value is missing"},
        {"text|a|A|fly(1)", "survey, row 2, column D (relevant)", "no function has this name"},
        {"text|a|A||regex(., 'x'", "survey, row 2, column E (constraint)", "a ) is missing"},
        {"calculate|a||||if(1, 2)", "survey, row 2, column F (calculation)", "more arguments"},
        {"text|a|A||||1 + ", "survey, row 2, column G (default)", "a value is missing"},
        {"select_one ab|a|A|||||name ==", "survey, row 2, column H (choice_filter)",
         "a value is missing"},
        {"begin repeat|r|R||||||2 +\ntext|a|A\nend repeat",
         "survey, row 2, column I (repeat_count)", "a value is missing"},
        {"note|n|Of instance('ab')/root/item[name=]/label", "survey, row 2, column C (label)",
         "a value is missing"},
    };
    rows_tell(header, "list_name|name|label\nab|a|A\n", faults, COUNT_OF(faults));
    static const char one[] = "type|name|label\ntext|a|A\n";
    tells(&(struct book){.survey = one, .settings = "form_id|instance_name\nf|concat(${a}\n"},
          "settings, row 2", "a ) is missing");
    tells(&(struct book){.survey = one, .entities = "list_name|label\nt|concat(${a}\n"},
          "entities, row 2", "a ) is missing");
    struct desk desk;
    open_desk(&desk, &(struct book){.survey = "type|name|label|relevant|constraint\n"
                                              "text|a|A|1 =|. >\ntext|b|B|fly()\n"});
    assert_int_equal(desk.faults.error_count, 3);
    close_desk(&desk);
}

/* ---- rows that stand for several */

static void a_loop_asks_its_questions_for_each_choice(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<crops>\n<maize>\n<has/>\n<size/>\n</maize>\n<beans>\n<has/>\n<size/>\n</beans>\n</crops>",
        "<group ref=`/data/crops/maize`>\n<label>Maize</label><input ref=`/data/crops/maize/has`>\n"
        "<label>Have you Maize (maize)?</label>",
        "<bind nodeset=`/data/crops/beans/size` type=`int` constraint=`. &gt; 0`/>", NULL};
    gives(&(struct book){.survey = "type|name|label|constraint\nbegin loop over crop|crops|Crops\n"
                                   "text|has|Have you %(label)s (%(name)s)?\n"
                                   "integer|size|Size|. > 0\nend loop\ntext|z|Z\n",
                         .choices = "list_name|name|label\ncrop|maize|Maize\ncrop|beans|Beans\n"},
          parts);
    static const char *const nested[] = {"<bind nodeset=`/data/l/a/m/c/q` type=`string`/>",
                                         "<value>Cet of M</value>", NULL};
    gives(&(struct book){.survey = "type|name|label::French (fr)|label::English (en)\n"
                                   "begin_loop over ab|l|L\nbegin_loop over cd|m|M\n"
                                   "text|q|%(label)s of M\nend_loop\nend_loop\n",
                         .choices = "list_name|name|label::English (en)|label::French (fr)\n"
                                    "ab|a|One|Un\ncd|c|Cee|Cet\n"},
          nested);
}

static void a_table_of_selects_shows_its_choices_once(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<group ref=`/data/g` appearance=`field-list minimal`>\n"
        "<input ref=`/data/g/generated_table_list_label_2`>\n<label>Table</label><hint>H</hint>",
        "<select1 ref=`/data/g/reserved_name_for_field_list_labels_3` "
        "appearance=`label`>\n<itemset",
        "<select1 ref=`/data/g/a` appearance=`list-nolabel`>\n<label>A</label>",
        "<select1 ref=`/data/g/b` appearance=`list-nolabel`>",
        "<bind nodeset=`/data/g/reserved_name_for_field_list_labels_3` type=`string` "
        "readonly=`true()`/>",
        "<select1 ref=`/data/c`>",
        NULL};
    gives(&(struct book){.survey = "type|name|label|hint|appearance\n"
                                   "begin group|g|Table|H|table-list minimal\n"
                                   "select_one ab|a|A|\nselect_one ab|b|B||minimal\nend group\n"
                                   "select_one ab|c|C\n",
                         .choices = "list_name|name|label\nab|a|Alpha\n"},
          parts);
}

static void what_cannot_be_unfolded_is_told(void **state)
{
    (void)state;
    static const char choices[] = "list_name|name|label\nab|a|A\nab|b|B\ncd|c|C\n";
    static const struct fault faults[] = {
        {"begin loop over xy|l|L\ntext|a|A\nend loop", "survey, row 2, column A (type)",
         "no list \"xy\""},
        {"begin loop over ab|l|L\ntext|a|A", "survey, row 2, column A (type)", "is never ended"},
        {"begin loop over ab|l|L\ntext|q|Q\nnote|n|Of ${q}\nend loop",
         "survey, row 4, column C (label)", "could be several"},
        {"begin group|g|G|table-list\nselect_one ab|a|A\nselect_one cd|b|B\nend group",
         "survey, row 4, column A (type)", "choices of \"ab\", not of \"cd\""},
        {"begin group|g|G|table-list\nselect_one ab|a|A||name != 'a'\nend group",
         "survey, row 3, column E (choice_filter)", "can't stand in a table-list"},
    };
    rows_tell("type|name|label|appearance|choice_filter", choices, faults, COUNT_OF(faults));
    struct buf survey, list;
    struct test_mem memory;
    const struct mem *mem = test_mem_init(&memory, 0);
    buf_init(&survey, mem, 1 << 20);
    buf_init(&list, mem, 1 << 20);
    buf_add_text(&survey, "type|name|label\n");
    buf_add_text(&list, "list_name|name|label\n");
    for (size_t i = 0; i < 30; i++) {
        buf_add_format(&survey, "begin loop over ab|l%zu|L\n", i);
        buf_add_format(&list, "ab|c%zu|C\n", i);
    }
    buf_add_text(&survey, "text|a|A\n");
    for (size_t i = 0; i < 30; i++) {
        buf_add_text(&survey, "end loop\n");
    }
    tells(&(struct book){.survey = buf_text(&survey), .choices = buf_text(&list)}, "survey",
          "more than 20,000");
    buf_release(&survey);
    buf_release(&list);
}

/* ---- languages, settings, lists */

static void lists_beside_and_inside_may_have_one_name(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<instance id=`city`><root><item><name>in</name>",
        "<instance id=`city-external`><root><item><name>out</name>",
        "<itemset nodeset=`instance('city-external')/root/item[s = 'x']`>",
        "<itemset nodeset=`instance('city')/root/item`>", NULL};
    gives(&(struct book){.survey = "type|name|label|choice_filter\nselect_one city|a|A\n"
                                   "select_one_external city|b|B|s = 'x'\n",
                         .choices = "list_name|name|label\ncity|in|In\n",
                         .external = "list_name|name|label|s\ncity|out|Out|x\n"},
          parts);
}

static void a_column_with_its_language_speaks_before_one_without(void **state)
{
    (void)state;
    static const char *const parts[] = {"<text id=`/data/a:label`><value>Hello</value></text>",
                                        "<label ref=`jr:itext('/data/a:label')`/>",
                                        "<label>Only plain</label>", NULL};
    gives(&(struct book){.survey = "type|name|label|label::English (en)\ntext|a|Plain|Hello\n"
                                   "text|b|Only plain\n",
                         .settings = "form_id|default_language\nf|English (en)\n"},
          parts);
    static const char *const filled[] = {
        "<translation lang=`English (en)` default=`true()`>\n"
        "<text id=`/data/a:label`><value>Bonjour</value><value form=`image`>jr://images/a.png",
        NULL};
    gives(&(struct book){.survey = "type|name|label::English (en)|label::French (fr)|"
                                   "image::French (fr)\ntext|a||Bonjour|a.png\n",
                         .settings = "form_id\nf\n"},
          filled);
}

static void the_default_language_is_known_by_its_name_alone(void **state)
{
    (void)state;
    static const char *const parts[] = {"<translation lang=`French (fr)` default=`true()`>", NULL};
    static const char survey[] = "type|name|label::English (en)|label::French (fr)\ntext|a|A|B\n";
    gives(&(struct book){.survey = survey, .settings = "form_id|default_language\nf|French\n"},
          parts);
    gives(&(struct book){.survey = survey, .settings = "form_id|default_language\nf|fr\n"}, parts);
}

static void columns_that_lack_a_language_are_told(void **state)
{
    (void)state;
    static const char survey[] = "type|name|label::English (en)|label::French (fr)|"
                                 "hint::English (en)|media::image\ntext|a|A|B|H|x.png\n";
    static const char choices[] = "list_name|name|label::French (fr)\nab|a|A\n";
    tells(&(struct book){.survey = survey}, "survey",
          "\"hint::English (en)\" speaks its language only, not French (fr)");
    tells(&(struct book){.survey = survey, .choices = choices}, "choices",
          "\"label::French (fr)\" speaks its language only, not English (en)");
    struct desk desk;
    open_desk(&desk, &(struct book){.survey = "type|name|label|label::French (fr)|hint\n"
                                              "text|a|A|B|H\n",
                                    .settings = "form_id\nf\n"});
    assert_int_equal(desk.faults.warning_count, 0);
    close_desk(&desk);
}

static void a_search_of_a_file_is_a_filtered_list(void **state)
{
    (void)state;
    static const char choices[] = "list_name|name|label\nfruits|code|title\nsp|key|lab, other\n"
                                  "mixed|1|None\nmixed|code|title\nab|a|A\n";
    static const struct row rows[] = {
        {"select_one fruits|a|A|minimal search('fruits') quick",
         {"<select1 ref=`/data/a` appearance=`minimal quick`>",
          "<itemset nodeset=`instance('fruits')/root/item`><value ref=`code`/><label ref=`title`/>",
          "<instance id=`fruits` src=`jr://file-csv/fruits.csv`/>"}},
        {"select_multiple sp|a|A|search(`all.csv`, 'contains', 'lab', ${q})",
         {"<select ref=`/data/a`>",
          "<itemset nodeset=`instance('all')/root/item[contains(lab, /data/q)]`><value ref=`key`/>"
          "<label ref=`lab`/>"}},
        {"select_one sp|a|A|search('all', 'matches', 'kind', concat(${q}, ','), 'zone', 'x')",
         {"nodeset=`instance('all')/root/item[kind = concat( /data/q , ',') and zone = 'x']`"}},
        {"begin repeat|r|R\ntext|b|B\nselect_one sp|a|A|search('all','startswith','kind',${b})\n"
         "end repeat",
         {"nodeset=`instance('all')/root/item[starts-with(kind, current()/../b)]`"}},
        {"select_one ab|a|A|research('x')", {"<itemset nodeset=`instance('ab')/root/item`>"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char survey[800];
        (void)snprintf(survey, sizeof(survey), "type|name|label|appearance\ntext|q|Q\n%s\n",
                       rows[i].row);
        for (char *at = survey; *at != '\0'; at++) {
            *at = *at == '`' ? '"' : *at;
        }
        gives(&(struct book){.survey = survey, .choices = choices}, rows[i].parts);
    }
    static const struct fault faults[] = {
        {"select_one ab|a|A|search('x', 'near', 'kind', 'y')",
         "survey, row 2, column D (appearance)", "can't be followed"},
        {"select_one ab|a|A|search('x', 'matches')", "survey, row 2, column D (appearance)",
         "can't be followed"},
        {"select_one mixed|a|A|search('x')", "choices, row 4, column B (name)",
         "the choice \"1\" isn't shown"},
    };
    rows_tell("type|name|label|appearance", choices, faults, COUNT_OF(faults));
}

static void settings_decide_what_a_record_says_of_itself(void **state)
{
    (void)state;
    static const char one[] = "type|name|label\ntext|a|A\n";
    static const char *const kept[] = {"<instanceID/>", NULL};
    gives(&(struct book){.survey = one, .settings = "form_id|omit_instanceID\nf|no\n"}, kept);
    lacks(&(struct book){.survey = one, .settings = "form_id|omit_instanceID\nf|yes\n"}, "<meta");
    tells(&(struct book){.survey = one,
                         .settings = "form_id|omit_instanceID|public_key\nf|yes|KEY\n"},
          "settings, row 2", "needs its instanceID");
    static const char *const attributes[] = {"<data id=`f` version=`2` xyz=`1` Abc=`2`>", NULL};
    gives(&(struct book){.survey = one,
                         .settings = "form_id|version|attribute::xyz|attribute::Abc|attribute::id\n"
                                     "f|2|1|2|3\n"},
          attributes);
    static const char *const named[] = {"<h:title>f</h:title>", "<data id=`f`>", NULL};
    gives(&(struct book){.survey = one}, named); /* of "f.xlsx" */
    static const char *const old[] = {"<h:title>My form</h:title>", "<data id=`my`>", NULL};
    gives(&(struct book){.survey = "type|name|label\nset form title|My form\nset form id|my\n"
                                   "text|a|A\n"},
          old);
}

static void two_lists_of_one_name_are_told(void **state)
{
    (void)state;
    static const char choices[] = "list_name|name|label\nab|a|A\n";
    tells(&(struct book){.survey = "type|name|label\ncsv-external|ab\nselect_one ab|a|A\n",
                         .choices = choices},
          "choices, row 2, column A (list_name)", "two lists are called \"ab\"");
    tells(&(struct book){.survey = "type|name|label\nselect_one_from_file ab.csv|a|A\n"
                                   "begin group|g|G\nxml-external|ab\ntext|b|B\nend group\n"},
          "survey, row 2, column A (type)", "two lists are called \"ab\"");
    static const char *const once[] = {"<instance id=`ab` src=`jr://file-csv/ab.csv`/>", NULL};
    gives(&(struct book){.survey = "type|name|label|calculation\ncsv-external|ab\n"
                                   "select_one_from_file ab.csv|a|A\n"
                                   "calculate|c||pulldata('ab', 'x', 'y', 'z')\n"},
          once);
}

static void who_lies_in_a_repeat_chooses_among_all_its_occurrences(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<itemset nodeset=`../../pet[./kind != '']`><value ref=`kind`/><label ref=`kind`/>",
        "<itemset nodeset=`../../../pet[position() != current()/../../pos and  ./kind  != '']`>",
        NULL};
    gives(&(struct book){.survey = "type|name|label|choice_filter|calculation\n"
                                   "begin repeat|pet|Pet\ncalculate|pos|||position(..)\n"
                                   "text|kind|Kind\nselect_one ${kind}|s|S\nbegin group|g|G\n"
                                   "select_one ${kind}|t|T|position() != current()/../../pos and "
                                   "${kind} != ''\nend group\n"
                                   "end repeat\n"},
          parts);
}

static void a_default_that_is_no_arithmetic_stays_a_text(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"time|a|A|01:02:55+10:00", {"<a>01:02:55+10:00</a>"}},
        {"dateTime|a|A|2022-03-14T01:02:55+00:00", {"<a>2022-03-14T01:02:55+00:00</a>"}},
        {"decimal|a|A|-.5", {"<a>-.5</a>"}},
        {"text|a|A|10-15 min", {"<a>10-15 min</a>"}},
        {"text|a|A|Yes (maybe)", {"<a>Yes (maybe)</a>"}},
        {"integer|a|A|7 - 4", {"value=`7 - 4`"}},
        {"text|a|A|ends-with('ab', \"b\")", {"value=`ends-with('ab', &quot;b&quot;)`"}},
        {"calculate|a|A|once(uuid())", {"value=`once(uuid())`"}},
    };
    rows_give("type|name|label|default", NULL, rows, COUNT_OF(rows));
}

/* ---- entities */

static void an_entity_stands_where_its_questions_do(void **state)
{
    (void)state;
    static const struct {
        const char *survey, *entities, *parts[5];
    } forms[] = {
        /* one of the whole form, whatever groups its questions lie in */
        {"begin group|g|G\ntext|a|A|p\nend group",
         "tree|${a}",
         {"<meta>\n<instanceID/>\n<entity dataset=`tree` id=`` create=`1`>", "`2024.1.0`",
          "<bind nodeset=`/data/g/a` type=`string` entities:saveto=`p`/>"}},
        /* one an occurrence, which nobody names: what is saved lies in the repeat */
        {"begin repeat|r|R\nbegin group|g|G\ntext|a|A|p\nend group\nend repeat",
         "tree|${a}",
         {"<meta>\n<entity dataset=`tree` id=`` create=`1`>\n<label/>\n</entity>\n</meta>\n</r>",
          "`2025.1.0`",
          "event=`odk-instance-first-load odk-new-repeat` "
          "ref=`/data/r/meta/entity/@id` value=`uuid()`",
          "<bind nodeset=`/data/r/meta/entity/label` type=`string` readonly=`true()` "
          "calculate=`../../../g/a`/>"}},
        /* what is only read has a say too */
        {"begin repeat|r|R\ntext|a|A\nend repeat",
         "tree|${a}",
         {"<bind nodeset=`/data/r/meta/entity/label`"}},
        /* two: each in the group of its questions, or further out where that is taken */
        {"begin group|g|G\ntext|a|A|tree#p\nend group\ntext|b|B|field#p",
         "tree|${a}\nfield|${b}",
         {"<bind nodeset=`/data/g/meta/entity/label` type=`string` readonly=`true()` "
          "calculate=`/data/g/a`/>",
          "<bind nodeset=`/data/meta/entity/label`", "`2025.1.0`",
          "ref=`/data/g/meta/entity/@id`"}},
        {"begin group|g|G\ntext|a|A\nend group",
         "tree|${a}\nfield|${a}",
         {"<bind nodeset=`/data/g/meta/entity/label`", "<bind nodeset=`/data/meta/entity/label`"}},
        {"text|a|A|tree#p\nbegin repeat|r|R\ntext|b|B|field#p\nend repeat",
         "tree|${a}\nfield|concat(${a}, ${b})",
         {"<bind nodeset=`/data/meta/entity/label`",
          "<bind nodeset=`/data/r/meta/entity/label` type=`string` readonly=`true()` "
          "calculate=`concat( /data/a ,  ../../../b )`/>"}},
        /* without questions of its own it is of the form */
        {"text|a|A", "tree|'x'", {"<bind nodeset=`/data/meta/entity/label`"}},
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char survey[800], entities[400];
        (void)snprintf(survey, sizeof(survey), "type|name|label|save_to\n%s\n", forms[i].survey);
        (void)snprintf(entities, sizeof(entities), "list_name|label\n%s\n", forms[i].entities);
        gives(&(struct book){.survey = survey, .entities = entities}, forms[i].parts);
    }
    /* a changed one has its id from who asked: none is made up for it */
    struct book changed = {
        .survey = "type|name|label\nselect_one_from_file tree.csv|t|T\n",
        .entities = "list_name|label|entity_id|create_if|update_if\ntree|'x'|${t}|1 = 2|1 = 1\n"};
    static const char *const parts[] = {"create=`1` update=`1` baseVersion=``",
                                        "<bind nodeset=`/data/meta/entity/@update`", NULL};
    gives(&changed, parts);
    lacks(&changed, "uuid()");
}

static void what_an_entity_cannot_be_made_of_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *survey, *entities, *place, *what;
    } faults[] = {
        {"text|a|A|p", "tree|${a}\nfield|${a}", "survey, row 2, column D (save_to)",
         "doesn't say whose property"},
        {"text|a|A|wood#p", "tree|${a}", "survey, row 2, column D (save_to)",
         "no entity belongs to \"wood\""},
        {"text|a|A|tree#p#q", "tree|${a}", "survey, row 2, column D (save_to)",
         "\"p#q\" can't be a property"},
        {"text|a|A|__p", "tree|${a}", "survey, row 2, column D (save_to)", "can't be a property"},
        {"text|a|A|Name", "tree|${a}", "survey, row 2, column D (save_to)", "word of its own"},
        {"text|a|A|p\ntext|b|B|p", "tree|${a}", "survey, row 3, column D (save_to)",
         "saved from row 2 already"},
        {"begin group|g|G|p\ntext|a|A\nend group", "tree|'x'", "survey, row 2, column D (save_to)",
         "a group or repeat"},
        {"text|a|A\nbegin repeat|r|R\ntext|b|B|q\nend repeat\nbegin repeat|s|S\ntext|c|C|p\n"
         "end repeat",
         "tree|${a}", "survey, row 7, column D (save_to)", "lies in another repeat"},
        {"begin repeat|r|R\ntext|b|B\nend repeat\nbegin repeat|s|S\ntext|c|C\nend repeat",
         "tree|concat(${b}, ${c})", "entities, row 2", "lies in another repeat"},
        {"text|a|A", "tree|${a}\ntree|${a}", "entities, row 3", "has two rows"},
        {"text|a|A", "tr.ee|${a}", "entities, row 2", "can't be a list's name"},
        {"text|a|A|tree#p\ntext|b|B|field#q", "tree|${a}\nfield|${b}", "entities, row 3",
         "the entity \"tree\" of row 2 stands where \"field\" would"},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char survey[800], entities[400];
        (void)snprintf(survey, sizeof(survey), "type|name|label|save_to\n%s\n", faults[i].survey);
        (void)snprintf(entities, sizeof(entities), "list_name|label\n%s\n", faults[i].entities);
        tells(&(struct book){.survey = survey, .entities = entities}, faults[i].place,
              faults[i].what);
    }
    static const char repeated[] = "type|name|label\nbegin group|g|G\ntext|a|A\nend group\n";
    tells(&(struct book){.survey = repeated, .entities = "list_name|label|repeat\nt|x|${g}\n"},
          "entities, row 2", "\"g\" is no repeat");
    tells(&(struct book){.survey = repeated, .entities = "list_name|label|repeat\nt|x|g\n"},
          "entities, row 2", "names no repeat");
    tells(&(struct book){.survey = repeated, .entities = "list_name|label|what\nt|x|!\n"},
          "entities", "nobody knows the column \"what\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_computed_without_words_is_asked_of_nobody),
        cmocka_unit_test(types_of_older_tools_keep_their_checks),
        cmocka_unit_test(names_that_others_cannot_keep_are_told),
        cmocka_unit_test(parameters_say_how_a_question_is_asked),
        cmocka_unit_test(an_application_makes_pictures_and_signs_none),
        cmocka_unit_test(columns_are_known_by_every_name_they_had),
        cmocka_unit_test(what_columns_cannot_mean_is_told),
        cmocka_unit_test(sheets_that_are_misspelt_are_told),
        cmocka_unit_test(the_only_sheet_is_the_survey_whatever_its_name),
        cmocka_unit_test(a_value_of_a_list_stands_among_words),
        cmocka_unit_test(references_that_never_end_are_told),
        cmocka_unit_test(every_expression_that_cannot_be_read_names_its_cell),
        cmocka_unit_test(a_loop_asks_its_questions_for_each_choice),
        cmocka_unit_test(a_table_of_selects_shows_its_choices_once),
        cmocka_unit_test(what_cannot_be_unfolded_is_told),
        cmocka_unit_test(lists_beside_and_inside_may_have_one_name),
        cmocka_unit_test(a_column_with_its_language_speaks_before_one_without),
        cmocka_unit_test(the_default_language_is_known_by_its_name_alone),
        cmocka_unit_test(columns_that_lack_a_language_are_told),
        cmocka_unit_test(a_search_of_a_file_is_a_filtered_list),
        cmocka_unit_test(settings_decide_what_a_record_says_of_itself),
        cmocka_unit_test(two_lists_of_one_name_are_told),
        cmocka_unit_test(who_lies_in_a_repeat_chooses_among_all_its_occurrences),
        cmocka_unit_test(a_default_that_is_no_arithmetic_stays_a_text),
        cmocka_unit_test(an_entity_stands_where_its_questions_do),
        cmocka_unit_test(what_an_entity_cannot_be_made_of_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
