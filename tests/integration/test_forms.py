"""A workbook becomes records: published at the region, filled in a terminal, synced back."""

import json
import os
import pty
import subprocess
import unittest

from office import COMMAND_TIMEOUT_S, Refused, end_with_parent
from office_case import OfficeCase
from xlsx import workbook

TABANT = "05.081.03.09"
SURVEY = """
type|name|label::Français (fr)|label::العربية (ar)|required|relevant|constraint|constraint_message::العربية (ar)|save_to|calculation
text|head|Nom du chef|اسم رب الأسرة|yes||||head_name_ar|
integer|members|Combien ?|كم عدد الأفراد؟|||. < 30|عدد كبير جدا|members|
select_one water|water|Eau|الماء|yes|||||
text|why|Pourquoi ?|لماذا؟||${water} = 'none'||||
begin_repeat|child|Enfant|طفل||||||
text|child_name|Nom|الاسم||||||
integer|child_age|Âge|العمر||||||
end_repeat|||||||||
"""
CHOICES = """
list_name|name|label::Français (fr)|label::العربية (ar)
water|tap|Robinet|صنبور
water|none|Rien|لا شيء
"""
SETTINGS = """
form_id|form_title|version|default_language
visit|Visite|{}|Français (fr)
"""
ENTITIES = """
list_name|label
household|${head}
"""
BEFORE_KILL = ["عائشة أيت علي", "٤٠", "٧", "2", "بعيد"]
AFTER_KILL = ["", "", "", "", "حسن", "9", "", ":s"]


class Forms(OfficeCase):
    def setUp(self):
        super().setUp()
        self.region = self.office.region
        self.publish()
        self.office.person("Fatima", "worker", [TABANT], ["base"])
        self.fatima = self.office.device("fatima", self.region, [TABANT], person="Fatima")

    def publish(self, edition="2026-11", survey=SURVEY, *options):
        path = workbook(self.office.folder / "visit.xlsx", survey=survey, choices=CHOICES,
                        settings=SETTINGS.format(edition), entities=ENTITIES)
        return self.region.call("form", "add", path, *options)

    def start(self, *words):
        """`douar fill` with pipes, as a person who types slowly."""
        return subprocess.Popen(self.fatima.line("--lang", "ar", "fill", *words),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=self.office.folder,
                                env=self.fatima.environment(), preexec_fn=end_with_parent)

    def finish(self, process, lines):
        out, err = process.communicate("".join(f"{line}\n" for line in lines).encode(),
                                       COMMAND_TIMEOUT_S)
        self.assertEqual(process.returncode, 0, err.decode())
        return out.decode()

    def type_until(self, process, lines, question):
        """Types the lines; returns once the question that follows them stands there."""
        process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        process.stdin.flush()
        said = b""
        while question.encode() not in said:
            more = process.stdout.read1(65536)
            self.assertTrue(more, said.decode())
            said += more
        return said.decode()

    def draft(self):
        return self.fatima.call("draft", "list")["drafts"]

    def fill_one(self):
        process = self.start("visit", "--place", TABANT)
        self.finish(process, ["عائشة أيت علي", "7", "1", "", "", "", ":s"])
        return self.fatima.answers("list", "household")[-1]["records"][0]

    def test_killed_in_the_middle_and_gone_on_with_in_arabic(self):
        process = self.start("visit", "--place", TABANT)
        said = self.type_until(process, BEFORE_KILL, "الاسم\n")
        process.kill()
        process.communicate()
        self.assertIn("عدد كبير جدا", said)  # 40 is too many, and kept from being gone on with
        draft, = self.draft()
        said = self.finish(self.start("--draft", draft["draft"]), AFTER_KILL)
        self.assertIn("بعيد", said)
        self.assertEqual(self.draft(), [])
        self.fatima.sync()
        titles = {}
        for kind in ("household", "visit", "visit_child"):
            record, = self.region.call("list", kind)["list"]
            shown = self.region.call("show", record["id"])
            titles[kind] = {name: one["value"] for name, one in shown["properties"].items()}
        self.assertEqual(titles["household"]["head_name_ar"], "عائشة أيت علي")
        self.assertEqual(titles["household"]["members"], 7)
        self.assertEqual(titles["visit"], {"water": "none", "why": "بعيد"})
        self.assertEqual(titles["visit_child"], {"child_name": "حسن", "child_age": 9})

    def test_what_is_filled_about_a_record_changes_that_and_nothing_else(self):
        record = self.fill_one()
        before = len(self.fatima.call("show", record["id"], "--history")["history"])
        process = self.start("visit", "--entity", record["id"])
        said = self.finish(process, ["", "8", "1", "", "", "", ":s"])
        self.assertIn("عائشة أيت علي", said)
        shown = self.fatima.call("show", record["id"], "--history")
        self.assertEqual(len(shown["history"]), before + 1)
        self.assertEqual(self.fatima.value(record["id"], "members"), 8)
        self.assertEqual(self.fatima.value(record["id"], "head_name_ar"), "عائشة أيت علي")

    def test_a_question_taken_out_is_refused_unless_it_is_declared(self):
        less = SURVEY.replace("text|why|Pourquoi ?|لماذا؟||${water} = 'none'||||\n", "")
        with self.assertRaises(Refused) as refused:
            self.publish("2026-12", less)
        self.assertEqual(refused.exception.error, "type_conflict")
        self.assertEqual(refused.exception.args_given[:2], ["visit", "why"])
        self.publish("2026-12", less, "--retire", "why")
        retyped = less.replace("integer|child_age", "text|child_age")
        with self.assertRaises(Refused) as refused:
            self.publish("2027-01", retyped)
        self.assertEqual(refused.exception.args_given[:2], ["visit_child", "child_age.type"])

    def test_a_draft_goes_on_with_the_version_it_was_begun_with(self):
        process = self.start("visit", "--place", TABANT)
        self.type_until(process, ["عائشة", "7", "2", "بعيد"], "الاسم\n")
        process.kill()
        process.communicate()
        more = SURVEY.replace("text|head|", "text|greeting|Bonjour|السلام|yes|||||\ntext|head|")
        self.publish("2026-12", more)
        self.fatima.sync()
        self.assertEqual([form["version"] for form in self.fatima.call("form", "list")["forms"]
                          if form["form"] == "visit"], [2])
        draft, = self.draft()
        self.assertEqual(draft["version"], 1)
        said = self.finish(self.start("--draft", draft["draft"]), ["", "", "", "", "", "", "", ":s"])
        self.assertNotIn("السلام", said)
        self.assertIn("السلام", self.finish(self.start("visit", "--place", TABANT), [":q"]))

    def test_every_fault_of_a_workbook_is_told_with_its_cell(self):
        wrong = SURVEY.replace("${water} = 'none'", "${watr} = 'none'").replace("integer|", "intger|")
        path = workbook(self.office.folder / "wrong.xlsx", survey=wrong, choices=CHOICES,
                        settings=SETTINGS.format("1"), entities=ENTITIES)
        done = self.region.run("form", "add", path)
        self.assertEqual(done.status, 3)
        for part in ("row 3, column A (type)", "intger", "row 5, column F (relevant)", "watr"):
            self.assertIn(part, done.err)
        self.assertEqual([form["version"] for form in self.region.call("form", "list")["list"]
                          if form["form"] == "visit"], [1])

    def test_a_workbook_is_the_same_form_as_xml_and_json(self):
        book = str(self.office.folder / "visit.xlsx")
        self.assertEqual(self.fatima.call("form", "check", book)["faults"], [])
        for way in (("visit.xml",), ("visit.json",), ("visit.xml", "again.json")):
            last = book
            for name in way:
                self.fatima.call("form", "convert", last, str(self.office.folder / name))
                last = str(self.office.folder / name)
            self.region.call("form", "add", last)
            self.assertEqual([form["version"] for form in self.region.call("form", "list")["list"]
                              if form["form"] == "visit"], [1], way)

    def test_lists_beside_a_workbook_are_published_with_it(self):
        survey = """
type|name|label|default|calculation
select_one_from_file villages.csv|village|Village||
text|again|Again|${last-saved#village}|
calculate|code|||pulldata('villages', 'code', 'name', ${village})
"""
        (self.office.folder / "villages.csv").write_text("name,label,code\ntabant,Tabant,7\nagoudi,Agoudi,8\n")
        path = workbook(self.office.folder / "far.xlsx", survey=survey, settings="form_id\nfar")
        done = self.region.run("form", "add", path)
        self.assertEqual((done.status, done.err), (0, ""))
        self.fatima.sync()
        (self.office.folder / "villages.csv").unlink()
        process = subprocess.Popen(self.fatima.line("fill", "far", "--place", TABANT), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.office.folder,
                                   env=self.fatima.environment(), preexec_fn=end_with_parent)
        self.assertIn("2) Agoudi", self.finish(process, ["2", "", ":s"]))
        record = self.fatima.answers("list", "far")[-1]["records"][0]["id"]
        self.assertEqual([self.fatima.value(record, name) for name in ("village", "code")], ["agoudi", "8"])
        done = self.fatima.run("form", "check", path)
        self.assertIn("villages.csv", done.err)  # gone from beside it: a note, not a fault
        self.assertEqual(done.status, 0)

    def test_rows_that_stand_for_several_are_published_and_filled(self):
        survey = """
type|name|label|appearance
select_one fruit|fruit|Fruit|search('fruits')
begin group|table|Table|table-list
select_one yn|eats|Eats|
select_one yn|sells|Sells|
end group|||
begin loop over yn|why|Why|
text|reason|Why %(label)s|
end loop|||
"""
        (self.office.folder / "fruits.csv").write_text("code,title\nfig,Fig\noil,Olive\n")
        path = workbook(self.office.folder / "many.xlsx", survey=survey, settings="form_id\nmany",
                        choices="list_name|name|label\nfruit|code|title\nyn|yes|Yes\nyn|no|No")
        done = self.region.run("form", "add", path)
        self.assertEqual((done.status, done.err), (0, ""))
        self.fatima.sync()
        said = self.finish(self.start("many", "--place", TABANT), ["2", "1", "2", "taste", "price", ":s"])
        self.assertIn("2) Olive", said)
        self.assertIn("Why No", said)
        self.assertNotIn("reserved_name", said)
        record = self.fatima.answers("list", "many")[-1]["records"][0]["id"]
        self.assertEqual([self.fatima.value(record, name) for name in ("fruit", "eats", "sells", "why_yes_reason")],
                         ["oil", "yes", "no", "taste"])
        said = self.finish(self.start("many", "--place", TABANT), ["", "", "", "", "", ":s"])
        self.assertIn("لم يكتب شيء", said)  # it says that there was nothing to write

    def test_a_note_may_hinder_until_another_answer_is_mended(self):
        survey = """
type|name|label|relevant|constraint|default
integer|all|All|||
integer|counted|Counted|||
note|wrong|Count again|${all} != ${counted}|${all} = ${counted}|a value, or nothing is judged
"""
        self.region.call("form", "add", workbook(self.office.folder / "sum.xlsx", survey=survey,
                                                 settings="form_id\nsum"))
        self.fatima.sync()
        said = self.finish(self.start("sum", "--place", TABANT), ["3", "2", "", ":b", "3", ":s"])
        self.assertEqual(said.count("Count again"), 2)
        record = self.fatima.answers("list", "sum")[-1]["records"][0]["id"]
        self.assertEqual(self.fatima.value(record, "counted"), 3)

    def on_terminal(self, *words, **environment):
        """What a person reads there who leaves at the first question."""
        reader, terminal = pty.openpty()
        process = subprocess.Popen(self.fatima.line("--lang", "ar", "fill", "visit", "--place", TABANT, *words),
                                   stdin=subprocess.PIPE, stdout=terminal, stderr=subprocess.DEVNULL,
                                   cwd=self.office.folder, env=self.fatima.environment() | environment,
                                   preexec_fn=end_with_parent)
        os.close(terminal)
        process.stdin.write(b'{"call":"state","lang":"ar"}\n' if "--json" in words else b":q\n")
        process.stdin.close()
        seen = b""
        try:
            while more := os.read(reader, 65536):
                seen += more
        except OSError:  # the other end is closed
            pass
        os.close(reader)
        process.wait(COMMAND_TIMEOUT_S)
        return seen.decode()

    def test_a_terminal_without_bidi_is_given_text_in_its_order(self):
        written = "اسم رب الأسرة"  # the first question, as it is written
        shown = "ﺓﺮﺳﻷﺍ ﺏﺭ ﻢﺳﺍ"  # and as such a terminal has to be given it
        for asked, words, environment in ((True, ("--bidi", "on"), {}), (True, (), {"TERM": "xterm"}),
                                          (True, ("--bidi", "on"), {"VTE_VERSION": "7006"}),
                                          (False, (), {"VTE_VERSION": "7006"}), (False, ("--bidi", "off"), {}),
                                          (False, (), {"DOUAR_BIDI": "off"}),
                                          (False, ("--bidi", "on", "--json"), {})):
            seen = self.on_terminal(*words, **environment)
            self.assertEqual((shown in seen, written in seen), (asked, not asked), (words, environment, seen))
        self.assertIn(written, self.finish(self.start("visit", "--place", TABANT, "--bidi", "on"), [":q"]))  # a pipe
        done = self.fatima.run("fill", "visit", "--place", TABANT, "--bidi", "maybe")
        self.assertEqual(done.status, 3)
        self.assertIn("auto, on, off", done.err)

    def test_requests_of_an_app_come_line_by_line(self):
        requests = [{"call": "answer", "path": "/data/head", "value": "عائشة"},
                    {"call": "answer", "path": "/data/members", "value": 3},
                    {"call": "save", "final": True},
                    {"call": "answer", "path": "/data/water", "value": "tap"},
                    {"call": "save", "final": True}]
        lines = "".join(json.dumps(request, ensure_ascii=False) + "\n" for request in requests)
        answers = self.fatima.answers("fill", "visit", "--place", TABANT, input=lines)
        self.assertEqual([answer["ok"] for answer in answers], [True, True, True, False, True, True])
        self.assertEqual(answers[3]["error"], "required")
        self.assertEqual([one["type"] for one in answers[5]["records"]], ["household", "visit"])


if __name__ == "__main__":
    unittest.main()
