/* xlsform: small workbooks, the XForm they become, every fault by its cell, and how they play. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "test_xlsform.h"

/* In the parts below ` stands for the quotes around attributes. */
static void questions_become_controls_and_binds(void **state)
{
    (void)state;
    static const struct {
        const char *row, *parts[4];
    } rows[] = {
        {"text|a|A", {"<bind nodeset=`/data/a` type=`string`/>", "<input ref=`/data/a`>"}},
        {"integer|a|A", {"type=`int`"}},
        {"add integer prompt|a|A", {"type=`int`"}},
        {"decimal|a|A", {"type=`decimal`"}},
        {"dateTime|a|A", {"type=`dateTime`"}},
        {"geoshape|a|A", {"type=`geoshape`"}},
        {"note|a|A", {"<bind nodeset=`/data/a` type=`string` readonly=`true()`/>"}},
        {"note||A", {"<input ref=`/data/generated_note_name_2`>"}},
        {"acknowledge|a|A", {"<trigger ref=`/data/a`>"}},
        {"photo|a|A", {"<upload ref=`/data/a` mediatype=`image/*`>", "type=`binary`"}},
        {"file|a|A", {"mediatype=`application/*`"}},
        {"range|a|A||start=0 end=1 step=0.5",
         {"type=`decimal`", "<range ref=`/data/a` start=`0` end=`1` step=`0.5`>"}},
        {"range|a|A", {"type=`int`", "start=`1` end=`10` step=`1`"}},
        {"start|a", {"type=`dateTime` jr:preload=`timestamp` jr:preloadParams=`start`/>"}},
        {"today|a", {"type=`date` jr:preload=`date` jr:preloadParams=`today`"}},
        {"username|a", {"jr:preload=`property` jr:preloadParams=`username`"}},
        {"imei|a", {"jr:preload=`property` jr:preloadParams=`deviceid`"}},
        {"audit|audit|||location-priority=balanced location-min-interval=60",
         {"<meta>\n<audit/>\n<instanceID/>",
          "<bind nodeset=`/data/meta/audit` type=`binary` odk:location-priority=`balanced` "
          "odk:location-min-interval=`60`/>"}},
        {"start-geopoint|a", {"<odk:setgeopoint event=`odk-instance-first-load` ref=`/data/a`/>"}},
        {"background-audio|a|||quality=low",
         {"<odk:recordaudio event=`odk-instance-load` ref=`/data/a`/>", "odk:quality=`low`"}},
        {"csv-external|villages", {"<instance id=`villages` src=`jr://file-csv/villages.csv`/>"}},
        {"xml-external|v", {"<instance id=`v` src=`jr://file/v.xml`/>"}},
        {"image|a|A||max-pixels=640", {"orx:max-pixels=`640`"}},
        {"hidden|a", {"<bind nodeset=`/data/a` type=`string`/>"}},
        {"text|a|A|multiline|rows=5", {"<input ref=`/data/a` appearance=`multiline` rows=`5`>"}},
        {"select_one_from_file villages.csv|a|A||value=code label=nom",
         {"<itemset nodeset=`instance('villages')/root/item`><value ref=`code`/><label "
          "ref=`nom`/>",
          "src=`jr://file-csv/villages.csv`"}},
        {"select_multiple_from_file v.geojson|a|A",
         {"<select ref=`/data/a`>", "<value ref=`id`/><label ref=`title`/>",
          "src=`jr://file/v.geojson`"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char survey[400];
        (void)snprintf(survey, sizeof(survey), "type|name|label|appearance|parameters\n%s\n",
                       rows[i].row);
        gives(&(struct book){.survey = survey}, rows[i].parts);
    }
}

static const char LISTS[] = "list_name|name|label|p\nab|a|Alpha|x\nab|b|Beta|y\n";

static void selects_ask_from_secondary_instances(void **state)
{
    (void)state;
    static const struct {
        const char *row, *parts[5];
    } rows[] = {
        {"select_one ab|a|A|||",
         {"<instance id=`ab`><root><item><name>a</name><label>Alpha</label><p>x</p></item>",
          "<select1 ref=`/data/a`>",
          "<itemset nodeset=`instance('ab')/root/item`><value ref=`name`/><label ref=`label`/>"}},
        {"select one from ab|a|A|||", {"<select1 ref=`/data/a`>"}},
        {"add select multiple prompt using ab|a|A|||", {"<select ref=`/data/a`>"}},
        {"rank ab|a|A|||", {"<odk:rank ref=`/data/a`>", "type=`odk:rank`"}},
        {"select_one ab|a|A|p = ${z}||", {"instance('ab')/root/item[p =  /data/z]"}},
        {"select_one ab|a|A||randomize=true seed=42|",
         {"nodeset=`randomize(instance('ab')/root/item,42)`"}},
        {"select_one ab or_other|a|A|||",
         {"<item><name>other</name><label>Other</label></item>",
          "<bind nodeset=`/data/a_other` type=`string` relevant=`selected(../a, 'other')`/>",
          "<input ref=`/data/a_other`>\n<label>Specify other.</label>"}},
        {"select_one ab|a|A|||minimal", {"<select1 ref=`/data/a` appearance=`minimal`>"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char survey[400];
        (void)snprintf(survey, sizeof(survey),
                       "command|name|caption|choice_filter|parameters|appearance\n%s\n"
                       "text|z|Z\n",
                       rows[i].row);
        gives(&(struct book){.survey = survey, .choices = LISTS}, rows[i].parts);
    }
}

static void references_are_relative_inside_of_a_repeat(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "nodeset=`/data/n` type=`int` relevant=`/data/top  &gt; 1`",
        "nodeset=`/data/r/b` type=`string` relevant=`../a  = 1 and  /data/top  = 2`",
        "nodeset=`/data/r/g/c` type=`string` calculate=`../../a  +  ../d`",
        "calculate=`sum( /data/r/a )`",
        "calculate=`indexed-repeat( /data/r/a ,  /data/r ,  ../n2 )`",
        "item[p =  current()/../../a]",
        "calculate=`instance('ab')/root/item[name =  current()/../../a ]/label`",
        "calculate=`count( /data/r )`",
        "calculate=`count( ../../in )`",
        "<output value=`../a`/>",
        "calculate=`instance('__last-saved')/data/top`",
        "<instance id=`__last-saved` src=`jr://instance/last-saved`/>",
        "<r jr:template=``>",
        "<group ref=`/data/r`>\n<label>R</label><repeat nodeset=`/data/r`>",
        NULL};
    gives(&(struct book){.survey = "type|name|label|relevant|calculation|choice_filter\n"
                                   "integer|top|Top\n"
                                   "integer|n|N|${top} > 1\n"
                                   "begin repeat|r|R\n"
                                   "integer|a|A\n"
                                   "integer|n2|N\n"
                                   "text|b|B for ${a}|${a} = 1 and ${top} = 2\n"
                                   "begin group|g|G\n"
                                   "calculate|c|||${a} + ${d}\n"
                                   "text|d|D\n"
                                   "select_one ab|s|S|||p = ${a}\n"
                                   "calculate|i|||instance('ab')/root/item[name = ${a}]/label\n"
                                   "begin repeat|in|In\n"
                                   "text|deep|Deep\n"
                                   "calculate|count_in|||count(${in})\n"
                                   "end repeat\n"
                                   "end group\n"
                                   "calculate|x|||indexed-repeat(${a}, ${r}, ${n2})\n"
                                   "calculate|y|||count(${r})\n"
                                   "end repeat\n"
                                   "calculate|s2|||sum(${a})\n"
                                   "calculate|l|||${last-saved#top}\n",
                         .choices = LISTS},
          parts);
}

static void a_count_that_is_computed_gets_a_node_of_its_own(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<r_count/>\n<r jr:template=``>",
        "<bind nodeset=`/data/r_count` type=`string` readonly=`true()` calculate=`/data/n  + 1`/>",
        "<repeat nodeset=`/data/r` jr:count=`/data/r_count`>",
        "<repeat nodeset=`/data/q` jr:count=`/data/n`>", NULL};
    gives(&(struct book){.survey = "type|name|label|repeat_count\ninteger|n|N\n"
                                   "begin_repeat|r|R|${n} + 1\ntext|a|A\nend_repeat\n"
                                   "begin_repeat|q|Q|${n}\ntext|a|A\nend_repeat\n"},
          parts);
}

static void defaults_are_texts_or_computed_once(void **state)
{
    (void)state;
    static const struct {
        const char *row, *parts[3];
    } rows[] = {
        {"text|a|A|hello world", {"<a>hello world</a>"}},
        {"text|a|A|http://getodk.org/", {"<a>http://getodk.org/</a>"}},
        {"date|a|A|2024-05-15", {"<a>2024-05-15</a>"}},
        {"image|a|A|x.png", {"<a>jr://images/x.png</a>"}},
        {"integer|a|A|-3", {"<a>-3</a>"}},
        {"date|a|A|today()",
         {"<setvalue event=`odk-instance-first-load` ref=`/data/a` value=`today()`/>", "<a/>"}},
        {"text|a|A|${b}", {"value=`/data/b`"}},
        {"integer|a|A|1 + 1", {"value=`1 + 1`"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char survey[400];
        (void)snprintf(survey, sizeof(survey), "type|name|label|default\n%s\ntext|b|B\n",
                       rows[i].row);
        gives(&(struct book){.survey = survey}, rows[i].parts);
    }
    static const char *const repeated[] = {
        "<repeat nodeset=`/data/r`>\n<setvalue event=`odk-instance-first-load odk-new-repeat` "
        "ref=`/data/r/a` value=`now()`/>",
        NULL};
    gives(&(struct book){.survey = "type|name|label|default\nbegin repeat|r|R\n"
                                   "dateTime|a|A|now()\nend repeat\n"},
          repeated);
}

static void a_trigger_sets_the_value_when_the_other_changes(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<input ref=`/data/a`>\n<label>A</label><setvalue event=`xforms-value-changed` "
        "ref=`/data/t` value=`now()`/>\n<setvalue event=`xforms-value-changed` ref=`/data/e`/>",
        "<bind nodeset=`/data/t` type=`string`/>",
        "<odk:setgeopoint event=`xforms-value-changed` ref=`/data/g`/>", NULL};
    gives(&(struct book){.survey = "type|name|label|trigger|calculation\ntext|a|A\n"
                                   "text|b|B\ncalculate|t||${a}|now()\n"
                                   "text|e|E|${a}, ${b}\nbackground-geopoint|g||${b}\n"},
          parts);
}

static void languages_become_itext(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<translation lang=`Fran\xc3\xa7"
        "ais (fr)` default=`true()`>",
        "<text id=`/data/a:label`><value>\xc3\x82ge ?</value><value "
        "form=`image`>jr://images/a.png</value></text>",
        "<text id=`/data/a:label`><value>\xd8\xb9\xd9\x85\xd8\xb1</value></text>",
        "<label ref=`jr:itext('/data/a:label')`/><hint>One for all</hint>",
        "jr:constraintMsg=`jr:itext('/data/a:jr:constraintMsg')`",
        "<text id=`/data/b:hint`><value>H</value><value form=`guidance`>G</value></text>",
        "<item><itextId>ab-0</itextId><name>a</name></item>",
        "<text id=`ab-0`><value>Alpha</value></text>",
        "<label ref=`jr:itext(itextId)`/>",
        NULL};
    gives(
        &(struct book){
            .survey = "type|name|label::Fran\xc3\xa7"
                      "ais (fr)|label:\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a (ar)|hint|guidance_hint|"
                      "constraint|constraint message::Fran\xc3\xa7"
                      "ais (fr)|media::image\n"
                      "integer|a|\xc3\x82ge ?|\xd8\xb9\xd9\x85\xd8\xb1|One for all||. > 0|Trop "
                      "petit|a.png\ntext|b|B||H|G\nselect_one ab|c|C\n",
            .choices = "list name|name|label::Fran\xc3\xa7"
                       "ais (fr)\nab|a|Alpha\n",
            .settings = "form_id|default_language\nf|fr\n"},
        parts);
}

static void settings_say_what_the_form_is(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<h:title>House</h:title>",
        "<house id=`h1` version=`7`>",
        "<h:body class=`pages`>",
        "<submission method=`post` action=`https://x.org/s` base64RsaPublicKey=`KEY`/>",
        "<instanceName/>",
        "<bind nodeset=`/house/meta/instanceName` type=`string` calculate=`concat( /house/a , "
        "'-')`/>",
        NULL};
    gives(&(struct book){.survey = "type|name|label\ntext|a|A\n",
                         .settings = "form title|Form_ID|version|style|submission_url|public_key|"
                                     "instance_name|name\n"
                                     "House|h1|7|pages|https://x.org/s|KEY|concat(${a}, '-')|"
                                     "house\n"},
          parts);
}

static void further_columns_are_kept(void **state)
{
    (void)state;
    static const char *const parts[] = {"required=`true()`",
                                        "odk:length=`20`",
                                        "douar:merge=`last`",
                                        "<a hxl=`#adm1`/>",
                                        "<input ref=`/data/a` accept=`.pdf`>",
                                        "readonly=`false()`",
                                        NULL};
    gives(&(struct book){.survey = "type|name|label|required|bind::odk:length|bind::douar:merge|"
                                   "instance::hxl|body::accept|read only|disabled\n"
                                   "text|a|A|Yes|20|last|#adm1|.pdf|no\n"
                                   "nonsense|gone|G|||||||yes\n"},
          parts);
}

static void entities_are_made_and_changed(void **state)
{
    (void)state;
    static const char *const made[] = {
        "<entity dataset=`trees` id=`` create=`1`>\n<label/>",
        "<setvalue event=`odk-instance-first-load` ref=`/data/meta/entity/@id` value=`uuid()`/>",
        "<bind nodeset=`/data/meta/entity/@id` type=`string` readonly=`true()`/>",
        "<bind nodeset=`/data/meta/entity/@create` type=`string` readonly=`true()` "
        "calculate=`/data/a  != ''`/>",
        "<bind nodeset=`/data/meta/entity/label` type=`string` readonly=`true()` "
        "calculate=`/data/a`/>",
        "<bind nodeset=`/data/a` type=`string` entities:saveto=`species`/>",
        "entities:entities-version=`2024.1.0`",
        NULL};
    gives(&(struct book){.survey = "type|name|label|save_to\ntext|a|A|species\n",
                         .entities = "list_name|label|create_if\ntrees|${a}|${a} != ''\n"},
          made);
    static const char *const changed[] = {
        "<entity dataset=`trees` id=`` update=`1` baseVersion=`` trunkVersion=`` branchId=``/>",
        "<bind nodeset=`/data/meta/entity/@id` type=`string` readonly=`true()` "
        "calculate=`/data/t`/>",
        "calculate=`instance('trees')/root/item[name= /data/t ]/__version`", NULL};
    gives(&(struct book){.survey = "type|name|label\nselect_one_from_file trees.csv|t|T\n",
                         .entities = "list_name|entity_id\ntrees|${t}\n"},
          changed);
    static const char *const repeated[] = {
        "<bind nodeset=`/data/r/meta/entity/label` type=`string` readonly=`true()` "
        "calculate=`../../../a`/>",
        "<setvalue event=`odk-instance-first-load odk-new-repeat` ref=`/data/r/meta/entity/@id` "
        "value=`uuid()`/>",
        NULL};
    gives(&(struct book){.survey = "type|name|label\nbegin repeat|r|R\ntext|a|A\nend repeat\n",
                         .entities = "list_name|label|repeat\npeople|${a}|${r}\n"},
          repeated);
}

static void external_choices_are_a_list_as_others(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<instance id=`v`><root><item><name>a</name><label>A</label><p>x</p></item>",
        "<select1 ref=`/data/a`>\n<label>A</label><itemset nodeset=`instance('v')/root/item[p =  "
        "/data/z]`>",
        NULL};
    gives(&(struct book){.survey = "type|name|label|choice_filter\ntext|z|Z\n"
                                   "select_one_external v|a|A|p = ${z}\n",
                         .external = "list_name|name|label|p\nv|a|A|x\n"},
          parts);
}

static void pulldata_brings_the_file_it_reads(void **state)
{
    (void)state;
    static const char *const parts[] = {"<instance id=`prices` src=`jr://file-csv/prices.csv`/>",
                                        NULL};
    gives(&(struct book){.survey = "type|name|calculation\n"
                                   "calculate|a|pulldata('prices', 'p', 'k', 'x')\n"},
          parts);
}

static void choices_come_from_the_answers_of_a_repeat(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "nodeset=`/data/r[./name != '']`><value ref=`name`/><label ref=`name`/>",
        "nodeset=`/data/r[./age  &gt; 18]`", NULL};
    gives(&(struct book){.survey = "type|name|label|choice_filter\nbegin repeat|r|R\n"
                                   "text|name|N\ninteger|age|A\nend repeat\n"
                                   "select_one ${name}|head|H\n"
                                   "select_one ${name}|adult|H|${age} > 18\n"},
          parts);
}

/* ---- faults */

static void every_fault_names_its_cell_and_its_mend(void **state)
{
    (void)state;
    static const struct {
        const char *rows, *place, *what;
    } faults[] = {
        {"texxt|a|A", "survey, row 2, column A (type)", "nobody knows the type \"texxt\""},
        {"text||A", "survey, row 2, column B (name)", "has no name"},
        {"|a|A", "survey, row 2, column A (type)", "has no type"},
        {"||A", "survey, row 2, column A (type)", "is left out"},
        {"text|1a|A", "survey, row 2, column B (name)", "can't be a name"},
        {"text|a b|A", "survey, row 2, column B (name)", "can't be a name"},
        {"text|a|A\ntext|a|B", "survey, row 3, column B (name)", "two questions"},
        {"text|a|", "survey, row 2, column C (label)", "has no label"},
        {"begin group|g|G\ntext|a|A", "survey, row 2, column A (type)", "is never ended"},
        {"text|a|A\nend group", "survey, row 3, column A (type)", "ends nothing"},
        {"begin group|g|G\ntext|a|A\nend repeat", "survey, row 4, column A (type)",
         "the group \"g\" of row 2 is open"},
        {"select_one|a|A", "survey, row 2, column A (type)", "names no list"},
        {"select_one nolist|a|A", "survey, row 2, column A (type)", "has no list \"nolist\""},
        {"select_one_from_file list.pdf|a|A", "survey, row 2, column A (type)", "no file"},
        {"select_one ${a}|b|B\ntext|a|A", "survey, row 2, column A (type)", "lies in no repeat"},
        {"text|a|A|${nobody} = 1", "survey, row 2, column D (relevant)", "${nobody} names nothing"},
        {"text|a|A|${B} = 1\ntext|b|B", "survey, row 2, column D (relevant)", "there is \"b\""},
        {"text|a|A ${nobody}", "survey, row 2, column C (label)", "${nobody} names nothing"},
        {"begin group|g|G\ntext|x|X\nend group\nbegin group|h|H\ntext|x|X\nend group\n"
         "text|a|A|${x} = 1",
         "survey, row 8, column D (relevant)", "could be several"},
        {"calculate|a", "survey, row 2, column E (calculation)", "is empty"},
        {"text|a|A||||soon", "survey, row 2, column G (trigger)", "names no question"},
        {"calculate|b|||1\ntext|a|A||||${b}", "survey, row 3, column G (trigger)",
         "asked of nobody"},
        {"text|a|A|||||x", "survey, row 2, column H (constraint_message)", "no constraint"},
        {"text|a|A||||||species", "survey, row 2, column I (save_to)", "makes none"},
        {"range|a|A|||start=one", "survey, row 2, column F (parameters)", "are numbers"},
        {"select_one ab|a|A|||seed=1", "survey, row 2, column F (parameters)", "no effect"},
        {"text|r_count|A\nbegin repeat|r|R||||||||1 + 1\ntext|a|A\nend repeat",
         "survey, row 3, column B (name)", "needs the name \"r_count\""},
        {"select_one ab or_other|a|A|||||||p = 1", "survey, row 2, column J (choice_filter)",
         "or_other"},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char survey[800];
        (void)snprintf(survey, sizeof(survey),
                       "type|name|label|relevant|calculation|parameters|trigger|"
                       "constraint_message|save_to|choice_filter|repeat_count\n%s\n",
                       faults[i].rows);
        tells(&(struct book){.survey = survey, .choices = LISTS}, faults[i].place, faults[i].what);
    }
}

static void faults_of_other_sheets_are_told_too(void **state)
{
    (void)state;
    static const char one[] = "type|name|label\ntext|a|A\n";
    tells(&(struct book){.survey = one, .choices = "list_name|name|label\nab|a|A\nab|a|B\n"},
          "choices, row 3, column B (name)", "twice");
    tells(&(struct book){.survey = one, .choices = "list_name|name|label\nab||A\n"},
          "choices, row 2, column B (name)", "has no name");
    tells(&(struct book){.survey = one, .choices = "list_name|name|label\n|a|A\n"},
          "choices, row 2, column A (list_name)", "belongs to no list");
    tells(&(struct book){.survey = one, .choices = "list_name|name|label\nab|a|\n"},
          "choices, row 2, column C (label)", "has no label");
    tells(&(struct book){.survey = "type|name|label\nselect_multiple ab|a|A\n",
                         .choices = "list_name|name|label\nab|a b|A\n"},
          "choices, row 2, column B (name)", "has a space");
    tells(&(struct book){.survey = one}, "settings", "no form_id");
    tells(&(struct book){.survey = one, .settings = "form_id|name\nf|1x\n"}, "settings, row 2",
          "root");
    tells(&(struct book){.survey = "type|name|label|colour\ntext|a|A|red\n"}, "survey",
          "nobody knows the column \"colour\"");
    tells(&(struct book){.survey = "type|name|label\n"}, "survey", "no questions");
    tells(&(struct book){.survey = one, .entities = "list_name|label|update_if\nt|x|true()\n"},
          "entities, row 2", "entity_id is empty");
    tells(&(struct book){.survey = one,
                         .entities = "list_name|label|create_if|entity_id\n"
                                     "t|x|true()|'a'\n"},
          "entities, row 2", "only made");
    tells(&(struct book){.survey = one, .entities = "list_name|label\nt|\n"}, "entities, row 2",
          "needs a label");
    tells(&(struct book){.survey = one, .entities = "list_name|label\n__t|x\n"}, "entities, row 2",
          "can't be a list's name");
    tells(&(struct book){.survey = one, .entities = "list_name|label\n|x\n"}, "entities, row 2",
          "belongs to no list");
}

static const char *kept(const struct desk *desk, const char *name)
{
    for (const struct xform_pair *at = desk->form.settings; at != NULL && at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0) {
            return at->value;
        }
    }
    return "";
}

static void what_nobody_knows_is_kept(void **state)
{
    (void)state;
    struct desk desk;
    struct test_mem memory;
    struct buf rows;
    buf_init(&rows, test_mem_init(&memory, 0), 1 << 20);
    buf_add_text(&rows, "type|name|label|Colour\n");
    for (size_t i = 0; i < 100; i++) {
        buf_add_format(&rows, "text|q%zu|Q|c%zu\n", i, i);
    }
    open_desk(&desk, &(struct book){.survey = buf_text(&rows),
                                    .settings = "form_id|sms_keyword\nf|k\n",
                                    .types = "list_name|property|merge\np|name|last\n"});
    assert_int_equal(desk.result, OK);
    assert_string_equal(kept(&desk, "sms_keyword"), "k");
    assert_string_equal(kept(&desk, "types/2/merge"), "last");
    assert_string_equal(kept(&desk, "survey/2/Colour"), "c0");
    assert_string_equal(kept(&desk, "survey/101/Colour"), "c99");
    close_desk(&desk);
    buf_release(&rows);
}

static void all_faults_are_told_at_once(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, &(struct book){.survey = "type|name|label|relevant\ntexxt|a|A\n"
                                              "text|b|B|${x}\nselect_one no|c|C\n",
                                    .settings = "form_id\nf\n"});
    assert_int_equal(desk.result, ERR_BAD_FORM);
    assert_int_equal(desk.faults.error_count, 3);
    assert_string_equal(desk.diag.args[0], "survey, row 2, column A (type)");
    assert_non_null(strstr(desk.diag.args[1], "nobody knows the type \"texxt\": use a type"));
    close_desk(&desk);
}

static void duplicates_of_choices_are_allowed_when_settings_say_so(void **state)
{
    (void)state;
    static const char *const parts[] = {"<item><name>a</name><label>B</label></item>", NULL};
    gives(&(struct book){.survey = "type|name|label\nselect_one ab|a|A\n",
                         .choices = "list_name|name|label\nab|a|A\nab|a|B\n",
                         .settings = "form_id|allow_choice_duplicates\nf|yes\n"},
          parts);
}

static void a_workbook_without_survey_is_refused(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, &(struct book){.settings = "form_id\nf\n"});
    assert_int_equal(desk.result, ERR_BAD_FORM);
    assert_non_null(strstr(desk.diag.args[1], "no sheet named survey"));
    close_desk(&desk);
}

static void memory_that_runs_out_anywhere_is_told(void **state)
{
    (void)state;
    struct desk desk;
    bool failed = true;
    open_desk(&desk, &(struct book){.survey = "type|name|label::fr|relevant\nselect_one ab|a|A\n"
                                              "text|b|B ${a}|${a} = 1\n",
                                    .choices = LISTS});
    for (size_t nth = 1; failed; nth++) {
        struct test_mem memory;
        struct arena arena;
        struct xform form;
        struct xlsform_faults faults;
        const struct mem *mem = test_mem_init(&memory, nth);
        arena_init(&arena, mem, ARENA_MAX);
        enum err e = xlsform_read(mem, buf_span(&desk.bytes), "f", &arena, &form, &faults, NULL);
        failed = memory.failed;
        assert_int_equal(e != OK, failed);
        arena_release(&arena);
        assert_int_equal(memory.live_count, 0);
    }
    close_desk(&desk);
}

/* ---- the same form played from the workbook, and from its XML */

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return 1795681815250;
}

static int zone_minutes(void *ctx)
{
    (void)ctx;
    return 60;
}

static void no_random(void *ctx, void *bytes, size_t size)
{
    (void)ctx;
    memset(bytes, 7, size);
}

static void say(struct desk *desk, struct play *play, const char *request, struct buf *answers)
{
    char line[500];
    struct buf answer;
    struct diag diag = {0};
    (void)snprintf(line, sizeof(line), "%s", request);
    for (char *at = line; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    buf_init(&answer, &desk->memory.mem, 1 << 20);
    assert_int_equal(play_call(play, span_of(line), &answer), OK);
    buf_add_span(answers, buf_span(&answer));
    buf_add_text(answers, "\n");
    buf_release(&answer);
    if (strstr(line, "load") == NULL && play_audit(play, &diag) != OK) {
        fail_msg("%s leaves %s of %s wrong", line, diag.args[1], diag.args[0]);
    }
}

static void play_house(struct desk *desk, const struct xform *form, struct buf *ret)
{
    static const char *const lines[] = {
        "{'call':'load','lang':'fr'}",
        "{'call':'answer','path':'/data/n','value':2}",
        "{'call':'answer','path':'/data/r[1]/name','value':'Ali'}",
        "{'call':'answer','path':'/data/r[2]/name','value':'Aicha'}",
        "{'call':'answer','path':'/data/r[2]/p','value':'y'}",
        "{'call':'answer','path':'/data/r[2]/c','value':'b'}",
        "{'call':'answer','path':'/data/head','value':'Aicha'}",
        "{'call':'state','all':true}",
        "{'call':'state','all':true,'lang':'ar'}",
        "{'call':'validate'}",
        "{'call':'save','final':true,'force':true}"};
    struct play *play;
    struct diag diag = {0};
    const struct play_host host = {.mem = &desk->memory.mem,
                                   .now_ms = now_ms,
                                   .zone_minutes = zone_minutes,
                                   .random = no_random};
    if (play_new(form, &host, &play, &diag) != OK) {
        fail_msg("%s: %s", diag.args[0], diag.args[1]);
    }
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        say(desk, play, lines[i], ret);
    }
    play_free(play);
}

static void a_workbook_plays_as_its_xml_does(void **state)
{
    (void)state;
    struct desk desk;
    struct buf one, two;
    struct xform again;
    open_desk(&desk,
              &(struct book){.survey =
                                 "type|name|label::fr|label::ar|relevant|calculation|choice_filter|"
                                 "repeat_count|default\n"
                                 "integer|n|Combien ?|\xd9\x83\xd9\x85\n"
                                 "begin repeat|r|Personne|\xd8\xb4\xd8\xae\xd8\xb5||||${n} + 0\n"
                                 "text|name|Nom\n"
                                 "text|p|De ${name}|||||| x\n"
                                 "select_one ab|c|Choix||||p = ${p}\n"
                                 "calculate|says||||concat(${name}, '-', ${c})\n"
                                 "dateTime|at|Quand||||||now()\n"
                                 "end repeat\n"
                                 "select_one ${name}|head|Chef\n"
                                 "calculate|all||||join(' ', ${says})\n"
                                 "note|bye|Merci ${all}||${n} > 1\n",
                             .choices = "list_name|name|label::fr|p\nab|a|Alpha|x\nab|b|Beta|y\n",
                             .settings = "form_id|version\nhouse|1\n"});
    assert_int_equal(desk.result, OK);
    buf_init(&one, &desk.memory.mem, 1 << 20);
    buf_init(&two, &desk.memory.mem, 1 << 20);
    play_house(&desk, &desk.form, &one);
    xform_write_xml(&desk.form, &desk.xml);
    assert_int_equal(xform_read_xml(buf_span(&desk.xml), &desk.arena, &again, NULL, &desk.diag),
                     OK);
    play_house(&desk, &again, &two);
    assert_string_equal(buf_text(&one), buf_text(&two));
    assert_non_null(strstr(buf_text(&one), "<all>Ali- Aicha-b</all>"));
    assert_non_null(strstr(buf_text(&one), "Merci Ali- Aicha-b"));
    assert_non_null(strstr(buf_text(&one), "<head>Aicha</head>"));
    buf_release(&one);
    buf_release(&two);
    close_desk(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_become_controls_and_binds),
        cmocka_unit_test(selects_ask_from_secondary_instances),
        cmocka_unit_test(references_are_relative_inside_of_a_repeat),
        cmocka_unit_test(a_count_that_is_computed_gets_a_node_of_its_own),
        cmocka_unit_test(defaults_are_texts_or_computed_once),
        cmocka_unit_test(a_trigger_sets_the_value_when_the_other_changes),
        cmocka_unit_test(languages_become_itext),
        cmocka_unit_test(settings_say_what_the_form_is),
        cmocka_unit_test(further_columns_are_kept),
        cmocka_unit_test(entities_are_made_and_changed),
        cmocka_unit_test(external_choices_are_a_list_as_others),
        cmocka_unit_test(pulldata_brings_the_file_it_reads),
        cmocka_unit_test(choices_come_from_the_answers_of_a_repeat),
        cmocka_unit_test(every_fault_names_its_cell_and_its_mend),
        cmocka_unit_test(faults_of_other_sheets_are_told_too),
        cmocka_unit_test(what_nobody_knows_is_kept),
        cmocka_unit_test(all_faults_are_told_at_once),
        cmocka_unit_test(duplicates_of_choices_are_allowed_when_settings_say_so),
        cmocka_unit_test(a_workbook_without_survey_is_refused),
        cmocka_unit_test(memory_that_runs_out_anywhere_is_told),
        cmocka_unit_test(a_workbook_plays_as_its_xml_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
