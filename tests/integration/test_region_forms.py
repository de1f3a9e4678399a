"""The region's forms that are workbooks: each is whole, in three languages, fits the region's record types,
holds under a random player, and some are filled in a terminal."""

import csv
import json
import pathlib
import subprocess
import unittest

from office import COMMAND_TIMEOUT_S, PROJECT, program
from office_case import TABANT, OfficeCase
from xlsx import pack

FORMS = PROJECT / "schema" / "forms"
FOLDERS = sorted(path.parent for path in FORMS.glob("*/survey.csv"))
LANGUAGES = ("Français (fr)", "العربية (ar)", "ⵜⴰⵎⴰⵣⵉⵖⵜ (zgh)", "English (en)")


def rows(folder, sheet):
    with open(folder / f"{sheet}.csv", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


class RegionForms(OfficeCase):
    def setUp(self):
        super().setUp()
        self.books = [pack(folder, self.office.folder / f"{folder.name}.xlsx") for folder in FOLDERS]
        self.region = self.office.region

    def begin(self):
        self.region.call("form", "add", *self.books)
        self.office.person("Fatima", "worker", [TABANT], ["base", "health", "protection", "aid"])
        self.fatima = self.office.device("fatima", self.region, [TABANT],
                                         ("base", "health", "protection", "aid"), person="Fatima")

    def fill(self, form, lines, *words):
        done = subprocess.run(self.fatima.line("--lang", "ar", "fill", form, *words),
                              input="".join(f"{line}\n" for line in lines).encode(),
                              capture_output=True, timeout=COMMAND_TIMEOUT_S, cwd=self.office.folder,
                              env=self.fatima.environment())
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn("تم الحفظ", done.stdout.decode(), done.stdout.decode())
        return done.stdout.decode()

    def values(self, record):
        return {one["property"]: one["value"] for one in self.fatima.show(record)["properties"]}

    def only(self, kind):
        record, = self.fatima.answers("list", kind)[-1]["records"]
        return record["id"]

    def household(self):
        return self.fatima.new("register_household", place=TABANT, head_name_ar="عائشة", members="4",
                               water="river", electricity="none")["id"]

    def test_every_question_and_choice_speaks_all_languages(self):
        silent = []
        for folder in FOLDERS:
            for sheet in ("survey", "choices"):
                for row in rows(folder, sheet):
                    if row.get("list_name") in ("province", "commune"):
                        continue  # as the geography has them, which knows some in Arabic and French alone
                    for column in ("label", "hint", "constraint_message"):
                        given = [name for name in LANGUAGES if row.get(f"{column}::{name}")]
                        asked = column == "label" and (sheet == "choices" or row["type"].split()[0] not in
                                                       ("calculate", "hidden", "start", "end", "end_group", "end_repeat"))
                        if (given or asked) and len(given) < len(LANGUAGES):
                            silent.append((folder.name, sheet, row["name"], column, given))
        self.assertEqual(silent, [])

    def test_every_constraint_says_what_is_wrong(self):
        bare = [(folder.name, row["name"]) for folder in FOLDERS for row in rows(folder, "survey")
                if row.get("constraint") and not row.get("constraint_message::العربية (ar)")]
        self.assertEqual(bare, [])

    def test_each_is_without_fault_and_published_as_it_is(self):
        for book in self.books:
            done = subprocess.run([program("douar"), "form", "check", book, "--json"], capture_output=True)
            said = json.loads(done.stdout)
            self.assertTrue(said["ok"], said)
            lists = [one for one in said["faults"] if not one["sheet"].endswith(".csv")]
            self.assertEqual(lists, [], "more than a list that devices bring")
        self.region.call("form", "add", *self.books)
        listed = {row["form"]: row["version"] for row in self.region.call("form", "list")["list"]}
        self.assertLessEqual({folder.name for folder in FOLDERS}, set(listed))
        again = self.region.call("form", "add", *self.books)
        self.assertEqual({row["form"]: row["version"] for row in self.region.call("form", "list")["list"]}, listed, again)

    def test_a_random_player_finds_nothing(self):
        player = pathlib.Path(program("douar")).parents[1] / "tests" / "form_player"
        for book in self.books:
            done = subprocess.run([player, "--plays", "20", book], capture_output=True, timeout=COMMAND_TIMEOUT_S)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            self.assertIn(", 0 findings", done.stdout.decode())

    def test_a_person_is_registered_by_what_is_known_of_the_birth(self):
        self.begin()
        house = self.household()
        said = self.fill("register_person", ["1", "", "1", "زهرة", "", "", "", "", "1", "3", "2016-03-09", "2016", ":s"],
                         "--parent", house)
        self.assertIn("تاريخ مضى، بالدقة المذكورة", said)
        child = self.values(self.only("person"))
        self.assertEqual((child["name_ar"], child["birth_date"], child["birth_precision"], child["age_at_registration"]),
                         ("زهرة", "2016", "year", 10))

    def test_a_visit_weighs_what_it_finds(self):
        self.begin()
        house = self.household()
        self.fill("household_visit", ["2026-11-20", "1", "1", "2026-11-21", "2026-11-20", "", "4", "3", "", "", "", "1",
                                      "1 2", "", "الشتاء قاس", ":s"], "--entity", house)
        found = self.values(house)
        self.assertEqual((found["last_visit"], found["visits"], found["status"], found["children"], found["needs"]),
                         ("2026-11-20", 1, "active", 3, ["food", "heating"]))
        visit = self.values(self.only("household_visit"))
        self.assertEqual((visit["score"], visit["vulnerability"]), ("75", "high"))


if __name__ == "__main__":
    unittest.main()
