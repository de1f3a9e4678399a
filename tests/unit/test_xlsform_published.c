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
        {"audit||| track-changes=maybe", cell, "track-changes can't be"},
        {"audit||| location-priority=balanced", cell, "all three parameters"},
        {"audit||| location-priority=balanced location-min-interval=9 location-max-age=2", cell,
         "smaller than location-min-interval"},
    };
    rows_tell("type|name|label|parameters", "list_name|name|label\nab|a|A\n", faults,
              COUNT_OF(faults));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_computed_without_words_is_asked_of_nobody),
        cmocka_unit_test(types_of_older_tools_keep_their_checks),
        cmocka_unit_test(names_that_others_cannot_keep_are_told),
        cmocka_unit_test(parameters_say_how_a_question_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
