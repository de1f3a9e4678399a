/* play: forms filled through the engine's one way in, line by line, as read from a form.json. */
#include "test_play_bench.h"

static const char PERSON_MODEL[] =
    "<itext><translation lang='Fran\xc3\xa7"
    "ais (fr)' default='true()'>"
    "<text id='age'><value>Quel \xc3\xa2ge ?</value></text><text id='bad'><value>Trop "
    "\xc3\xa2g\xc3\xa9</value></text></translation>"
    "<translation lang='\xd8\xa7\xd9\x84\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\xa9 (ar)'><text "
    "id='age'><value>\xd9\x83\xd9\x85 "
    "\xd8\xb9\xd9\x85\xd8\xb1\xd9\x83\xd8\x9f</value></text></translation></itext>"
    "<instance><data id='person' "
    "version='3'><name/><age/><adult/><school/><note/><meta><instanceID/></meta></data></instance>"
    "<bind nodeset='/data/name' type='string' required='true()' jr:requiredMsg='Il faut un nom'/>"
    "<bind nodeset='/data/age' type='int' constraint='. &lt; 130' "
    "jr:constraintMsg=\"jr:itext('bad')\"/>"
    "<bind nodeset='/data/adult' type='string' calculate=\"if(/data/age &gt;= 18, 'yes', 'no')\"/>"
    "<bind nodeset='/data/school' type='string' relevant=\"/data/adult = 'no' and /data/age != "
    "''\"/>"
    "<bind nodeset='/data/note' readonly='true()'/>"
    "<bind nodeset='/data/meta/instanceID' jr:preload='uid' type='string' readonly='true()'/>";
static const char PERSON_BODY[] = "<input ref='/data/name'><label>Nom</label></input>"
                                  "<input ref='/data/age'><label ref=\"jr:itext('age')\"/></input>"
                                  "<input ref='/data/school'><label>\xc3\x89"
                                  "cole de <output value=' /data/name '/></label></input>"
                                  "<input ref='/data/note'><label>Merci</label></input>";

static void only_what_is_relevant_is_asked(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b, PERSON_MODEL, PERSON_BODY);
    say(&b, "{'call':'state'}", "'error':'usage'");
    say(&b, "{'call':'load'}", "'form':'person','version':'3'");
    say(&b, "{'call':'state'}", "'at':0,'of':3,'screen':[{'path':'/data/name'");
    say(&b, "{'call':'move','to':'next'}", "{'ok':false,'error':'required','args':['name']}");
    say(&b, "{'call':'answer','path':'/data/name','value':'Ali'}", "'value':'Ali'}");
    say(&b, "{'call':'move','to':'next','lang':'ar'}", "'label':'\xd9\x83\xd9\x85");
    say(&b, "{'call':'answer','path':'/data/age','value':'\xd9\xa9'}", "'value':'9'");
    say(&b, "{'call':'state','all':true,'lang':'fr'}",
        "'label':'\xc3\x89"
        "cole de Ali'");
    say(&b, "{'call':'answer','path':'/data/school','value':'Ibn Sina'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/age','value':44}", "'ok':true");
    say(&b, "{'call':'save','final':true}",
        "<data id=\\'person\\' "
        "version=\\'3\\'><name>Ali</name><age>44</age><adult>yes</adult><note/"
        "><meta><instanceID>uuid:");
    say(&b, "{'call':'answer','path':'/data/age','value':10}", "'ok':true");
    say(&b, "{'call':'save','final':true}", "<school>Ibn Sina</school>");
    close_form(&b);
}

static void a_broken_constraint_is_kept_and_told(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b, PERSON_MODEL, PERSON_BODY);
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/age','value':'200'}",
        "'value':'200','error':'constraint','message':'Trop \xc3\xa2g\xc3\xa9'");
    say(&b, "{'call':'answer','path':'/data/age','value':'ten'}",
        "{'ok':false,'error':'bad_value','args':['age','ten'");
    say(&b, "{'call':'validate'}",
        "'error':'required','label':'Nom','message':'Il faut un "
        "nom'},{'path':'/data/age','error':'constraint'");
    say(&b, "{'call':'save','final':true}", "'error':'required'");
    say(&b, "{'call':'answer','path':'/data/note','value':'x'}", "'error':'read_only'");
    say(&b, "{'call':'answer','path':'/data/nothing','value':'x'}", "'error':'not_found'");
    say(&b, "{'call':'answer','path':'/data/meta','value':'x'}", "'error':'not_found'");
    say(&b, "{'call':'dance'}", "'error':'unknown_command'");
    say(&b, "{'call':'answer'", "'error':'bad_json'");
    close_form(&b);
}

/* Nobody could mend it: JavaRosa, too, judges only what is on a screen. */
static void what_is_asked_of_nobody_is_no_fault(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='f'><age/><sum/><kept>1</kept></data></instance>"
              "<bind nodeset='/data/age' type='int'/>"
              "<bind nodeset='/data/sum' calculate=\"''\" required='true()'/>"
              "<bind nodeset='/data/kept' constraint='. &gt; 1'/>",
              "<input ref='/data/age'><label>Age</label></input>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'validate'}", "'faults':[],'valid':true");
    say(&b, "{'call':'save','final':true}", "'ok':true");
    close_form(&b);
}

static const char HOUSE_MODEL[] =
    "<instance><data id='house'><n/><count/><member "
    "jr:template=''><name/><age>7</age><number/><running/><minor/></member>"
    "<member><name/><age>7</age><number/><running/><minor/></member><total/><oldest/></data></"
    "instance>"
    "<bind nodeset='/data/n' type='int'/>"
    "<bind nodeset='/data/member/age' type='int'/>"
    "<bind nodeset='/data/member/number' calculate='position(..)'/>"
    "<bind nodeset='/data/member/running' calculate='coalesce(indexed-repeat(/data/member/running, "
    "/data/member, position(..) - 1), 0) * (position(..) &gt; 1) + ../age'/>"
    "<bind nodeset='/data/member/minor' relevant='/data/member/age &lt; 18'/>"
    "<bind nodeset='/data/count' calculate='count(/data/member)'/>"
    "<bind nodeset='/data/total' calculate='sum(/data/member/age)'/>"
    "<bind nodeset='/data/oldest' calculate='/data/member[age = max(/data/member/age)][1]/name'/>";
static const char HOUSE_BODY[] =
    "<group ref='/data/member'><label>Member</label><repeat nodeset='/data/member'><input "
    "ref='/data/member/name'/>"
    "<input ref='/data/member/age'/><input ref='/data/member/minor'/></repeat></group><input "
    "ref='/data/n'/>";

static void repeats_are_added_removed_and_counted(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b, HOUSE_MODEL, HOUSE_BODY);
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/count'}", "'text':'1'");
    say(&b, "{'call':'add_repeat','path':'/data/member'}", "'path':'/data/member[2]'");
    say(&b, "{'call':'add_repeat','path':'/data/member'}", "'path':'/data/member[3]'");
    say(&b, "{'call':'answer','path':'/data/member[1]/name','value':'A'}", "'ok'");
    say(&b, "{'call':'answer','path':'/data/member[2]/name','value':'B'}", "'ok'");
    say(&b, "{'call':'answer','path':'/data/member[2]/age','value':40}", "'ok'");
    say(&b, "{'call':'answer','path':'/data/member[3]/name','value':'C'}", "'ok'");
    say(&b, "{'call':'eval','expr':'/data/total'}", "'text':'54'");
    say(&b, "{'call':'eval','expr':'/data/oldest'}", "'text':'B'");
    say(&b, "{'call':'eval','expr':'../running','path':'/data/member[3]/age'}", "'text':'54'");
    say(&b, "{'call':'answer','path':'/data/member[1]/age','value':10}", "'ok'");
    say(&b, "{'call':'eval','expr':'../running','path':'/data/member[3]/age'}", "'text':'57'");
    say(&b, "{'call':'state','all':true}", "'path':'/data/member[1]/minor'");
    say(&b, "{'call':'remove_repeat','path':'/data/member[1]'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'../number','path':'/data/member[2]/age'}", "'text':'2'");
    say(&b, "{'call':'eval','expr':'../running','path':'/data/member[2]/age'}", "'text':'47'");
    say(&b, "{'call':'eval','expr':'/data/count'}", "'text':'2'");
    say(&b, "{'call':'move','to':'end'}", "'of':7,'end':true");
    say(&b, "{'call':'move','to':'back'}", "'path':'/data/n'");
    say(&b, "{'call':'move','to':'back'}",
        "'path':'/data/member','kind':'repeat','label':'Member','count':2,'open':true");
    say(&b, "{'call':'remove_repeat','path':'/data/n'}", "'error':'not_found'");
    close_form(&b);
}

static void a_count_decides_how_many_occurrences_there_are(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='c'><n/><who><name/></who><names/></data></instance>"
              "<bind nodeset='/data/n' type='int'/><bind nodeset='/data/names' calculate=\"join(' "
              "', /data/who/name)\"/>",
              "<input ref='/data/n'/><repeat nodeset='/data/who' jr:count=' /data/n '><setvalue "
              "event='odk-new-repeat' ref='/data/who/name' value=\"concat('n', position(..))\"/>"
              "<input ref='/data/who/name'/></repeat>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'state'}", "'of':1");
    say(&b, "{'call':'answer','path':'/data/n','value':3}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/names'}", "'text':'n1 n2 n3'");
    say(&b, "{'call':'state'}", "'of':4");
    say(&b, "{'call':'answer','path':'/data/n','value':1}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/names'}", "'text':'n1'");
    say(&b, "{'call':'answer','path':'/data/n','value':'90000'}", "'error':'too_large'");
    say(&b, "{'call':'add_repeat','path':'/data/who'}", "'error':'read_only'");
    close_form(&b);
}

static void a_repeat_that_is_not_relevant_is_not_offered(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='o'><kids/><kid jr:template=''><name/></kid><end/></data>"
              "</instance><bind nodeset='/data/kid' relevant=\"/data/kids = 'yes'\"/>",
              "<input ref='/data/kids'/><group ref='/data/kid'><repeat nodeset='/data/kid'>"
              "<input ref='/data/kid/name'/></repeat></group><input ref='/data/end'/>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'state'}", "'of':2");
    say(&b, "{'call':'state','all':true}", "'/data/end'");
    assert_null(strstr(buf_text(&b.answer), "/data/kid\""));
    say(&b, "{'call':'answer','path':'/data/kids','value':'yes'}", "'ok':true");
    say(&b, "{'call':'state'}", "'of':3");
    say(&b, "{'call':'add_repeat','path':'/data/kid'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/kids','value':'no'}", "'ok':true");
    say(&b, "{'call':'state'}", "'of':2");
    say(&b, "{'call':'state','all':true}", "'/data/end'");
    assert_null(strstr(buf_text(&b.answer), "/data/kid\""));
    close_form(&b);
}

/* ODK's documentation, form-logic: "repeating as long as a condition is met". */
static void a_count_may_ask_the_last_occurrence_for_more(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='m'><have/><want/><who><name/><more/></who></data></instance>"
              "<bind nodeset='/data/have' type='string' calculate='count(/data/who)'/>"
              "<bind nodeset='/data/want' type='string' calculate=\"if(/data/have = 0 or "
              "/data/who[position() = /data/have]/more = 'yes', /data/have + 1, /data/have)\"/>",
              "<group ref='/data/who'><repeat nodeset='/data/who' jr:count='/data/want'>"
              "<input ref='/data/who/name'/><input ref='/data/who/more'/></repeat></group>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/have'}", "'text':'1'");
    say(&b, "{'call':'answer','path':'/data/who[1]/more','value':'yes'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/have'}", "'text':'2'");
    say(&b, "{'call':'answer','path':'/data/who[2]/more','value':'yes'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/who[3]/more','value':'no'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'count(/data/who)'}", "'text':'3'");
    close_form(&b);
}

static void a_count_that_never_stays_is_told(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b, "<instance><data id='f'><r><a/></r></data></instance>",
              "<group ref='/data/r'><repeat nodeset='/data/r' jr:count='1 - count(/data/r)'>"
              "<input ref='/data/r/a'/></repeat></group>");
    say(&b, "{'call':'load'}", "never comes to an end");
    close_form(&b);
}

static void choices_follow_their_filter_and_lose_what_is_gone(void **state)
{
    (void)state;
    struct bench b;
    open_form(
        &b,
        "<itext><translation lang='en'><text "
        "id='a1'><value>Alpha</value></text></translation></itext>"
        "<instance><data id='s'><p/><c/><label/></data></instance>"
        "<instance "
        "id='communes'><root><item><itextId>a1</itextId><name>a1</name><p>a</p></"
        "item><item><name>b1</name><p>b</p></item><item><name>b2</name><p>b</p></item></root></"
        "instance>"
        "<bind nodeset='/data/p' type='select1'/><bind nodeset='/data/c' type='select'/><bind "
        "nodeset='/data/label' calculate=\"jr:choice-name( /data/p ,' /data/p ')\"/>",
        "<select1 ref='/data/p'><item><label>Province "
        "A</label><value>a</value></item><item><label>B</label><value>b</value></item></select1>"
        "<select ref='/data/c'><itemset nodeset=\"instance('communes')/root/item[p = /data/p "
        "]\"><value ref='name'/><label ref='jr:itext(itextId)'/></itemset></select>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/p','value':'x'}",
        "'error':'bad_choice','args':['p','x','a b']");
    say(&b, "{'call':'answer','path':'/data/p','value':'a'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/label'}", "'text':'Province A'");
    say(&b, "{'call':'move','path':'/data/c'}", "'choices':[{'value':'a1','label':'Alpha'}]");
    say(&b, "{'call':'answer','path':'/data/p','value':'b'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/c','value':['b2','b1','b2']}", "'value':'b2 b1'");
    say(&b, "{'call':'answer','path':'/data/p','value':'a'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/c'}", "'text':''");
    close_form(&b);
}

static void actions_follow_what_calls_them(void **state)
{
    (void)state;
    struct bench b;
    open_form(
        &b,
        "<instance><data id='a'><first/><q/><stamp/><literal/></data></instance>"
        "<setvalue event='odk-instance-first-load' ref='/data/first' value='today() + 0'/>",
        "<input ref='/data/q'><setvalue event='xforms-value-changed' ref='/data/stamp' "
        "value=\"concat(/data/q, '!')\"/>"
        "<setvalue event='xforms-value-changed' ref='/data/literal'>changed</setvalue></input>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/first'}", "'text':'20783'");
    say(&b, "{'call':'eval','expr':'/data/stamp'}", "'text':''");
    say(&b, "{'call':'answer','path':'/data/q','value':'x'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'concat(/data/stamp, /data/literal)'}", "'text':'x!changed'");
    close_form(&b);
}

/* What pyxform writes for a dynamic default inside of a repeat, and what is written in a group. */
static void actions_of_opening_stand_anywhere_and_mean_every_occurrence(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='a'><g><q/></g><r><id/><n/></r><r><id/><n/></r><loads>0</loads>"
              "</data></instance><bind nodeset='/data/loads' type='int'/>"
              "<setvalue event='odk-instance-load' ref='/data/loads' value='. + 1'/>",
              "<group ref='/data/g'><setvalue event='odk-instance-first-load' ref='/data/g/q' "
              "value='2 + 2'/><input ref='/data/g/q'/></group><group ref='/data/r'><repeat "
              "nodeset='/data/r'><setvalue event='odk-instance-first-load odk-new-repeat' "
              "ref='/data/r/id' value=\"concat('id', position(..))\"/><input ref='/data/r/n'>"
              "<setvalue event='odk-instance-first-load xforms-value-changed' ref='/data/r/n' "
              "value='5'/></input></repeat></group>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/g/q'}", "'text':'4'");
    say(&b, "{'call':'eval','expr':'/data/r[1]/id'}", "'text':'id1'");
    say(&b, "{'call':'eval','expr':'/data/r[2]/id'}", "'text':'id2'");
    say(&b, "{'call':'eval','expr':'sum(/data/r/n)'}", "'text':'10'");
    say(&b, "{'call':'add_repeat','path':'/data/r'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'concat(/data/r[3]/id, /data/r[3]/n)'}", "'text':'id3'");
    say(&b, "{'call':'eval','expr':'/data/loads'}", "'text':'1'");
    say(&b, "{'call':'load','draft':{'repeats':[],'values':[['/data/loads','7']]}}", "'ok':true");
    say(&b, "{'call':'eval','expr':'concat(/data/loads, /data/g/q)'}", "'text':'8'");
    close_form(&b);
}

static void an_occurrence_that_comes_with_another_is_new_too(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b, "<instance><data id='n'><o><a/><i><q/></i></o></data></instance>",
              "<group ref='/data/o'><repeat nodeset='/data/o'><input ref='/data/o/a'/>"
              "<group ref='/data/o/i'><repeat nodeset='/data/o/i'>"
              "<setvalue event='odk-instance-first-load odk-new-repeat' ref='/data/o/i/q' "
              "value=\"concat(position(../..), '-', position(..))\"/><input ref='/data/o/i/q'/>"
              "</repeat></group></repeat></group>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'add_repeat','path':'/data/o'}", "'ok':true");
    say(&b, "{'call':'add_repeat','path':'/data/o[2]/i'}", "'ok':true");
    say(&b, "{'call':'save'}",
        "[['/data/o[1]/i[1]/q','1-1'],['/data/o[2]/i[1]/q','2-1'],['/data/o[2]/i[2]/q','2-2']]");
    close_form(&b);
}

static void preloads_win_over_defaults_and_fill_each_occurrence(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='p'><by>nobody</by><on>2001-01-01</on><phone>none</phone><r "
              "jr:template=''><on/></r></data></instance><bind nodeset='/data/by' "
              "jr:preload='property' jr:preloadParams='username'/><bind nodeset='/data/on' "
              "type='date' jr:preload='date' jr:preloadParams='today'/><bind nodeset='/data/phone' "
              "jr:preload='property' jr:preloadParams='phonenumber'/><bind nodeset='/data/r/on' "
              "type='date' jr:preload='date' jr:preloadParams='today'/>",
              "<group ref='/data/r'><repeat nodeset='/data/r'><input ref='/data/r/on'/></repeat>"
              "</group>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'add_repeat','path':'/data/r'}", "'ok':true");
    say(&b, "{'call':'save'}",
        "[['/data/by','fatima'],['/data/on','2026-11-26'],['/data/phone','none'],"
        "['/data/r[1]/on','2026-11-26']]");
    close_form(&b);
}

/* A calculate of XLSForm is a string to its bind, whatever it gives. */
static void what_was_calculated_reads_as_what_it_is(void **state)
{
    (void)state;
    struct bench b;
    open_form(
        &b,
        "<instance><data id='c'><age/><adult/><more/><school/><same/><n/><whole/><when/>"
        "<moment/><clock/><yes/><drawn/></data></instance><bind nodeset='/data/age' "
        "type='int'/><bind nodeset='/data/adult' type='string' calculate='/data/age &gt;= "
        "18'/><bind nodeset='/data/more' type='string' calculate='/data/adult'/><bind "
        "nodeset='/data/school' relevant='not(/data/more)'/><bind nodeset='/data/same' "
        "type='string' calculate='/data/adult + /data/adult'/><bind nodeset='/data/n' "
        "type='string' calculate='/data/age - /data/age'/><bind nodeset='/data/whole' "
        "type='int' calculate='/data/age div 4'/><bind nodeset='/data/when' type='date' "
        "calculate='now()'/><bind nodeset='/data/moment' type='dateTime' calculate='today()'/>"
        "<bind nodeset='/data/clock' type='time' calculate='now()'/><bind "
        "nodeset='/data/yes' type='boolean' calculate='/data/age'/><bind "
        "nodeset='/data/drawn' type='string' calculate='once(/data/adult)'/>",
        "<input ref='/data/age'/><input ref='/data/school'/>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/age','value':9}", "'ok':true");
    say(&b, "{'call':'save'}",
        "[['/data/age','9'],['/data/adult','false'],['/data/more','false'],['/data/same','0'],"
        "['/data/n','0'],['/data/whole','2'],['/data/when','2026-11-26'],['/data/moment',"
        "'2026-11-26T00:00:00.000+01:00'],['/data/clock','09:30:15'],['/data/yes','true'],"
        "['/data/drawn','false']]");
    say(&b, "{'call':'state','all':true}", "'/data/school'");
    say(&b, "{'call':'eval','expr':'boolean(/data/n) or boolean(/data/drawn)'}", "'text':'false'");
    say(&b, "{'call':'answer','path':'/data/age','value':18}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/more = 1 and /data/more and /data/same = 2'}",
        "'text':'true'");
    say(&b, "{'call':'state','all':true}", "'path':'/data/age'");
    assert_null(strstr(buf_text(&b.answer), "/data/school"));
    close_form(&b);
}

static void answers_of_one_kind_are_compared_as_what_they_are(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='k'><whole>5</whole><part>5.0</part><third>0.3</third><sum/>"
              "<yes>1</yes><also>true</also><text>5</text><other>5.0</other></data></instance>"
              "<bind nodeset='/data/whole' type='int'/><bind nodeset='/data/part' type='decimal'/>"
              "<bind nodeset='/data/third' type='decimal'/><bind nodeset='/data/sum' type='string' "
              "calculate='0.1 + 0.2'/><bind nodeset='/data/yes' type='boolean'/><bind "
              "nodeset='/data/also' type='boolean'/>",
              "<input ref='/data/whole'/>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/whole = /data/part'}", "'text':'true'");
    say(&b, "{'call':'eval','expr':'/data/sum = /data/third'}", "'text':'true'");
    say(&b, "{'call':'eval','expr':'/data/yes = /data/also'}", "'text':'true'");
    say(&b, "{'call':'eval','expr':'/data/text = /data/other'}", "'text':'false'");
    say(&b, "{'call':'answer','path':'/data/whole','value':''}", "'ok':true");
    say(&b, "{'call':'eval','expr':'/data/whole = /data/part'}", "'text':'false'");
    close_form(&b);
}

static void a_group_hands_its_readonly_down(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b,
              "<instance><data id='r'><closed/><g><h><q/></h></g></data></instance><bind "
              "nodeset='/data/closed' type='boolean'/><bind nodeset='/data/g' "
              "readonly='/data/closed'/>",
              "<input ref='/data/closed'/><group ref='/data/g'><input ref='/data/g/h/q'/></group>");
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/g/h/q','value':'a'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/closed','value':true}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/g/h/q','value':'b'}", "'error':'read_only'");
    say(&b, "{'call':'move','path':'/data/g/h/q'}", "'readonly':true");
    close_form(&b);
}

static void a_draft_goes_on_where_it_was(void **state)
{
    (void)state;
    struct bench b;
    open_form(&b, HOUSE_MODEL, HOUSE_BODY);
    say(&b, "{'call':'load'}", "'ok':true");
    say(&b, "{'call':'add_repeat','path':'/data/member'}", "'ok':true");
    say(&b, "{'call':'answer','path':'/data/member[2]/name','value':'Zohra'}", "'ok'");
    say(&b, "{'call':'answer','path':'/data/member[2]/age','value':99}", "'ok'");
    say(&b, "{'call':'save'}", "['/data/member[2]/name','Zohra']");
    char request[4000];
    const char *draft = strstr(buf_text(&b.answer), "\"draft\":") + strlen("\"draft\":");
    (void)snprintf(request, sizeof(request), "{\"call\":\"load\",\"draft\":%.*s}",
                   (int)(strlen(draft) - 1), draft);
    char saved[4000];
    (void)snprintf(saved, sizeof(saved), "%s", buf_text(&b.answer));
    assert_int_equal(play_call(b.play, span_of(request), &b.answer), OK);
    say(&b, "{'call':'eval','expr':'/data/total'}", "'text':'106'");
    say(&b, "{'call':'save'}", "'ok':true");
    assert_string_equal(buf_text(&b.answer), saved);
    say(&b, "{'call':'load','draft':{'repeats':[],'values':[['/data/zzz','1']]}}",
        "'error':'bad_format'");
    close_form(&b);
}

static void expect_fault(const char *model, const char *body, const char *where, const char *what)
{
    struct test_mem memory;
    struct arena arena;
    struct xform form;
    struct diag diag = {0};
    struct play *play = NULL;
    const struct mem *mem = test_mem_init(&memory, 0);
    struct play_host host = {
        .mem = mem, .now_ms = now_ms, .zone_minutes = zone_minutes, .random = next_random};
    char xml[4000];
    (void)snprintf(xml, sizeof(xml), HEAD "%s</model></h:head><h:body>%s</h:body></h:html>", model,
                   body);
    arena_init(&arena, mem, ARENA_MAX);
    enum err e = xform_read_xml(span_of(xml), &arena, &form, NULL, &diag);
    e = e != OK ? e : play_new(&form, &host, &play, &diag);
    assert_int_equal(e, ERR_BAD_FORM);
    if (strstr(diag.args[0], where) == NULL || strstr(diag.args[1], what) == NULL) {
        fail_msg("says \"%s: %s\"", diag.args[0], diag.args[1]);
    }
    play_free(play);
    arena_release(&arena);
    assert_int_equal(memory.live_count, 0);
}

static void wrong_forms_say_what_and_where(void **state)
{
    (void)state;
    expect_fault("<instance><data id='x'><a/><b/></data></instance><bind nodeset='/data/a' "
                 "calculate='/data/b + 1'/><bind nodeset='/data/b' calculate='/data/a'/>",
                 "", "/data/b > /data/a > /data/b", "in a circle");
    expect_fault("<instance><data id='x'><a/></data></instance><bind nodeset='/data/a' "
                 "calculate='/data/a + 1'/>",
                 "", "/data/a > /data/a", "circle");
    expect_fault("<instance><data id='x'><a/><b/></data></instance><bind nodeset='/data/a' "
                 "calculate=\"if(/data/a = '', concat(/data/a, 'x'), .)\"/>",
                 "", "/data/a > /data/a", "circle");
    expect_fault("<instance><data id='x'><a/></data></instance><bind nodeset='/data/a' "
                 "relevant='nosuch(1)'/>",
                 "", "/data/a, relevant", "no function has this name: nosuch(1)");
    expect_fault("<instance><data id='x'><a/></data></instance>", "<input ref='/data/q'/>",
                 "/data/q", "no element");
    expect_fault("<instance><data id='x'><a/><a/></data></instance>", "<input ref='/data/a'/>",
                 "/data/a", "several times");
    expect_fault("<itext/>", "", "model", "no primary instance");
}

static void hostile_xml_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "<a>",
        ("<!DOCTYPE h:html [<!ENTITY a 'aaaa'>]><h:html xmlns:h='x'><h:head><model/></h:head>"
         "</h:html>"),
        "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
        "\xff\xfe",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct test_mem memory;
        struct arena arena;
        struct xform form;
        struct diag diag = {0};
        arena_init(&arena, test_mem_init(&memory, 0), ARENA_MAX);
        assert_int_equal(xform_read_xml(span_of(texts[i]), &arena, &form, NULL, &diag),
                         ERR_BAD_FORM);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_relevant_is_asked),
        cmocka_unit_test(a_broken_constraint_is_kept_and_told),
        cmocka_unit_test(what_is_asked_of_nobody_is_no_fault),
        cmocka_unit_test(repeats_are_added_removed_and_counted),
        cmocka_unit_test(a_count_decides_how_many_occurrences_there_are),
        cmocka_unit_test(a_repeat_that_is_not_relevant_is_not_offered),
        cmocka_unit_test(a_count_may_ask_the_last_occurrence_for_more),
        cmocka_unit_test(a_count_that_never_stays_is_told),
        cmocka_unit_test(choices_follow_their_filter_and_lose_what_is_gone),
        cmocka_unit_test(actions_follow_what_calls_them),
        cmocka_unit_test(actions_of_opening_stand_anywhere_and_mean_every_occurrence),
        cmocka_unit_test(an_occurrence_that_comes_with_another_is_new_too),
        cmocka_unit_test(preloads_win_over_defaults_and_fill_each_occurrence),
        cmocka_unit_test(what_was_calculated_reads_as_what_it_is),
        cmocka_unit_test(answers_of_one_kind_are_compared_as_what_they_are),
        cmocka_unit_test(a_group_hands_its_readonly_down),
        cmocka_unit_test(a_draft_goes_on_where_it_was),
        cmocka_unit_test(wrong_forms_say_what_and_where),
        cmocka_unit_test(hostile_xml_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
