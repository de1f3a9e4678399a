"""`douar form play`, `show`, `diff`, `check` and `convert`: forms as files, without a home.

The examples of schema/play.md are played as they stand there.
"""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from office import COMMAND_TIMEOUT_S, PROJECT, program
from xlsx import workbook

PLAY = (PROJECT / "schema" / "play.md").read_text(encoding="utf-8")
CLOCK = ("--now", "1795681815250", "--seed", "1")
SURVEY = """
type|name|label::Français (fr)|label::العربية (ar)|relevant|constraint
text|head|Nom du chef|اسم رب الأسرة||
integer|members|Combien ?|كم؟||. < 30
select_one water|water|Eau|الماء|${members} > 1|
note|thanks|Merci|شكرا||
"""
CHOICES = """
list_name|name|label::Français (fr)|label::العربية (ar)
water|tap|Robinet|صنبور
water|none|Rien|لا شيء
"""
SETTINGS = """
form_id|version|default_language
visit|1|Français (fr)
"""
LISTS = """
type|name|label
select_one_from_file villages.csv|village|V
select_one_from_file wells.geojson|well|W
select_one_from_file items.xml|item|I
"""
FILES = {
    "villages.csv": '\ufeffname,label,"the, code"\r\ntabant,"Ait ""B"" Tabant",7\r\nagoudi,Agoudi,8\r\n',
    "wells.geojson": '{"type":"FeatureCollection","features":[{"type":"Feature","id":"w1","geometry":{"type":"Point",'
                     '"coordinates":[-6.42,31.66]},"properties":{"title":"Puits \\"1\\"","depth":12.5,"dry":false}}]}',
    "items.xml": '<root><item kind="a"><name>one</name><label>One</label></item></root>',
}


def blocks(kind):
    """[(name, text)] of the fenced blocks of a kind."""
    return re.findall(rf"^```{kind} ?([^\n]*)\n(.*?)\n```$", PLAY, re.M | re.S)


class Play(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="douar-play-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def douar(self, *words, said=""):
        return subprocess.run([program("douar"), *map(str, words)], input=said.encode(), cwd=self.folder,
                              capture_output=True, timeout=COMMAND_TIMEOUT_S,
                              env={"DOUAR_HOME": str(self.folder / "none"), "DOUAR_LANG": "en"})

    def book(self, name="visit.xlsx", survey=SURVEY, choices=CHOICES, settings=SETTINGS):
        return workbook(self.folder / name, survey=survey, choices=choices, settings=settings)

    def play(self, path, *requests):
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in requests)
        done = self.douar("form", "play", path, *CLOCK, said=lines)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def test_the_examples_of_the_manual_are_what_is_answered(self):
        sheets = dict(blocks("sheet"))
        workbook(self.folder / "visit.xlsx", **sheets)
        for name, text in blocks("file"):
            (self.folder / name).write_text(text + "\n", encoding="utf-8")
        talk = "\n".join(text for _, text in blocks("talk")).split("\n")
        said, expected = talk[0::2], talk[1::2]
        self.assertGreater(len(said), 30)
        self.assertTrue(all(line.startswith("> ") for line in said))
        done = self.douar("form", "play", "visit.xlsx", *CLOCK,
                          said="".join(line[2:] + "\n" for line in said))
        self.assertEqual(done.stdout.decode().splitlines(), [line[2:] for line in expected])
        calls = set(re.findall(r"^\| `(\w+)` \|", PLAY, re.M))
        self.assertEqual(calls - {json.loads(line[2:])["call"] for line in said[:-1]}, set())

    def test_lists_lie_beside_the_form(self):
        path = self.book(survey=LISTS, choices="list_name|name|label")
        for name, text in FILES.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        asked = ("instance('villages')/root/item[label='Ait \"B\" Tabant']/name", "count(instance('villages')/root/item)",
                 "instance('wells')/root/item/geometry", "instance('wells')/root/item/title",
                 "instance('wells')/root/item[depth > 12]/id", "instance('wells')/root/item/dry",
                 "instance('items')/root/item[@kind='a']/label")
        answers = self.play(path, {"call": "load"}, *({"call": "eval", "expr": one} for one in asked))
        self.assertEqual([one["text"] for one in answers[1:]],
                         ["tabant", "2", "31.66 -6.42 0 0", 'Puits "1"', "w1", "false", "One"])
        answer, = self.play(path, {"call": "load"})
        self.assertTrue(answer["ok"])

    def test_a_file_that_is_missing_or_broken_is_named_and_the_talk_goes_on(self):
        path = self.book(survey=LISTS, choices="list_name|name|label")
        for name in FILES:
            (self.folder / name).write_text('"never closed', encoding="utf-8")
        (self.folder / "items.xml").unlink()
        answers = self.play(path, {"call": "load"}, *(
            {"call": "eval", "expr": f"count(instance('{one}')/root/item)"}
            for one in ("villages", "wells", "items")), {"call": "eval", "expr": "1 + 1"})
        self.assertEqual([one.get("error") for one in answers[-4:]], ["bad_format", "bad_format", "file", None])
        self.assertIn("items.xml", answers[-2]["args"][0])
        self.assertEqual(answers[-1]["text"], "2")

    def test_a_large_list_beside_the_form_is_searched_in_little_memory(self):
        path = self.book(survey=LISTS, choices="list_name|name|label")
        for name, text in FILES.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        with open(self.folder / "villages.csv", "w", encoding="utf-8") as file:
            file.write("name,label,commune\n")
            for i in range(200000):
                file.write(f'v{i},"Village ""{i}"" of those",{i % 5000}\n')
        asked = ("count(instance('villages')/root/item)",
                 "join(' ', instance('villages')/root/item[commune = '4321' and name != 'v4321']/name)",
                 "pulldata('villages', 'label', 'name', 'v199999')",
                 "count(instance('villages')/root/item[commune = 7])",
                 "instance('villages')/root/item")
        answers = self.play(path, {"call": "load"}, *({"call": "eval", "expr": one} for one in asked))
        names = " ".join(f"v{i}" for i in range(9321, 200000, 5000))
        self.assertEqual([one.get("text") for one in answers[1:5]], ["200000", names, 'Village "199999" of those', "40"])
        self.assertEqual((answers[5]["error"], answers[5]["args"][1]), ("too_large", "20000"))
        checked = self.douar("form", "check", path)  # as a part of the form it is too large
        self.assertEqual(checked.returncode, 3, checked.stderr.decode())
        self.assertIn("villages", checked.stderr.decode())
        self.assertIn("leave the file out", checked.stderr.decode())

    def test_the_same_seed_gives_the_same_run(self):
        path = self.book()
        asked = [{"call": "load"}, {"call": "eval", "expr": "random()"}, {"call": "eval", "expr": "now()"}]
        self.assertEqual(self.play(path, *asked), self.play(path, *asked))
        other = self.douar("form", "play", path, "--seed", "2", said='{"call":"load"}\n{"call":"eval","expr":"random()"}\n')
        self.assertNotEqual(json.loads(other.stdout.splitlines()[1])["text"], self.play(path, *asked)[1]["text"])

    def test_workbook_xml_and_json_are_played_alike(self):
        path = self.book()
        asked = [{"call": "load"}, {"call": "answer", "path": "/data/members", "value": "٧"},
                 {"call": "state", "all": True}, {"call": "save", "final": True}]
        expected = self.play(path, *asked)
        for name in ("visit.xml", "visit.json"):
            self.assertEqual(self.douar("form", "convert", path, name).returncode, 0)
            self.assertEqual(self.play(name, *asked), expected, name)

    def test_faults_are_told_before_anything_is_played(self):
        path = self.book(survey=SURVEY.replace("${members} > 1", "${membres} > 1").replace("integer|", "intger|"))
        done = self.douar("form", "play", path, said='{"call":"load"}\n')
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        self.assertIn("row 3, column A (type)", done.stderr.decode())
        self.assertIn("row 4, column E (relevant)", done.stderr.decode())

    def test_each_expression_of_an_xform_that_cannot_be_read_is_told(self):
        path = self.folder / "wrong.xml"
        path.write_text("""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
            <h:title>t</h:title><model><instance><data id="x"><a/><b/></data></instance>
            <bind nodeset="/data/a" relevant="nosuch(1)" constraint=". &lt;"/><bind nodeset="/data/b" calculate="1 +"/>
            </model></h:head><h:body><input ref="/data/a"/></h:body></h:html>""")
        answer = json.loads(self.douar("form", "check", path, "--json").stdout)
        self.assertEqual([(one["sheet"], one["what"].split(":")[0]) for one in answer["faults"]],
                         [("/data/a, relevant", "no function has this name"), ("/data/a, constraint", "a value is missing"),
                          ("/data/b, calculate", "a value is missing")])

    def test_a_form_of_which_none_can_be_begun_is_told(self):
        head, *rows = SURVEY.strip().splitlines()
        for count, told in (("1 - count(${person})", "never comes to an end"), ("20000", "too large")):
            sheet = [head + "|repeat_count", *(row + "|" for row in rows), f"begin_repeat|person|Qui ?|من؟|||{count}",
                     "text|name|Nom|اسم|||", "end_repeat||||||"]
            done = self.douar("form", "check", self.book(survey="\n".join(sheet) + "\n"), "--json")
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertIn(told, done.stdout.decode())

    def test_check_names_every_fault_for_machines_too(self):
        path = self.book(survey=SURVEY + "text|x|X|X|||\n".replace("|x|", "|head|"))
        done = self.douar("form", "check", path, "--json")
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["error"]), (3, "bad_form_definition"))
        good = json.loads(self.douar("form", "check", self.book(), "--json").stdout)
        self.assertEqual((good["ok"], good["checked"]), (True, 1))

    def test_an_outline_shows_questions_and_their_rules(self):
        said = self.douar("form", "show", self.book(), "--lang", "ar").stdout.decode()
        for line in ('visit', 'integer members  "كم؟"', "constraint: . < 30", 'select_one water  "الماء"',
                     "relevant:", 'note thanks  "شكرا"', "list water: 2"):
            self.assertIn(line, said)

    def test_a_diff_parts_what_data_and_what_workers_see(self):
        old = self.book("old.xlsx")
        new = self.book("new.xlsx", survey=SURVEY.replace("integer|members|Combien ?", "text|members|Combien de personnes ?")
                        .replace("text|head|Nom du chef|اسم رب الأسرة||\n", "")
                        .replace("note|", "date|born|Né le|||\nnote|").replace("${members} > 1", "${members} > 2"),
                        choices=CHOICES.replace("water|none|Rien|لا شيء", "water|well|Puits|بئر"))
        answer = json.loads(self.douar("form", "diff", old, new, "--json", "--lang", "fr").stdout)
        data = {(one["place"], one["what"], one.get("old"), one.get("new")) for one in answer["data"]}
        self.assertEqual(data, {("/data/head", "question", "text", None), ("/data/born", "question", None, "date"),
                                ("/data/members", "type", "integer", "text"), ("water", "choice", "none", None),
                                ("water", "choice", None, "well")})
        workers = {(one["place"], one["what"]) for one in answer["workers"]}
        self.assertEqual(workers, {("/data/members", "label"), ("/data/water", "relevant")})
        said = self.douar("form", "diff", old, new).stdout.decode()
        self.assertIn("/data/members: type: integer -> text", said)
        self.assertIn("the same form", self.douar("form", "diff", old, old).stdout.decode())

    def test_the_table_of_what_odk_has_is_whole_and_names_tests_that_exist(self):
        text = (PROJECT / "schema" / "forms.md").read_text(encoding="utf-8")
        table = text[text.index("## What ODK has"):text.index("## form.json")]
        named = set(re.findall(r"`([a-z0-9:-]+)`", table))
        functions = set()
        for path in (PROJECT / "shared" / "core" / "expr").glob("functions_of_*.c"):
            functions |= set(re.findall(r'^    \{"([a-z0-9:-]+)", \d', path.read_text(encoding="utf-8"), re.M))
        self.assertGreater(len(functions), 70)
        self.assertEqual(functions - named, set())
        files = "".join(path.read_text(encoding="utf-8") for folder in ("unit", "integration")
                        for path in (PROJECT / "tests" / folder).glob("test_*"))
        shown = "".join(line.rsplit(" | ", 1)[-1] for line in table.splitlines() if line.startswith("| "))
        tests = {name for name in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", shown) if name.count("_") > 2}
        self.assertGreater(len(tests), 30)
        self.assertEqual({name for name in tests if not re.search(rf"\b(test_)?{name}\(", files)}, set())


if __name__ == "__main__":
    unittest.main()
