"""The region's census of a household: a workbook of CSV sheets, filled in Arabic in a terminal, and
the same household visited by two people apart."""

import csv
import json
import pathlib
import subprocess
import unittest

from office import COMMAND_TIMEOUT_S, PROJECT, program
from office_case import OfficeCase
from xlsx import pack

SHEETS = PROJECT / "schema" / "forms" / "household_census"
TABANT = "05.081.03.09"
HEAD = ["عائشة أيت علي", "", "0661234567"]
HOME = ["4", "1", "6", "4"]  # tent, a room, river, no electricity
KNOWN = [""] * 5 + [""] * 5  # the two of the first visit stand there as they are


class Census(OfficeCase):
    def setUp(self):
        super().setUp()
        self.region = self.office.region
        self.book = pack(SHEETS, self.office.folder / "census.xlsx")
        self.region.call("form", "add", self.book)
        for name in ("Fatima", "Brahim"):
            self.office.person(name, "worker", [TABANT], ["base"])
        self.fatima = self.office.device("fatima", self.region, [TABANT], person="Fatima")
        self.brahim = self.office.device("brahim", self.region, [TABANT], person="Brahim")

    def fill(self, device, lines, *words):
        done = subprocess.run(device.line("--lang", "ar", "fill", "household_census", *words),
                              input="".join(f"{line}\n" for line in lines).encode(),
                              capture_output=True, timeout=COMMAND_TIMEOUT_S, cwd=self.office.folder,
                              env=device.environment())
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn("تم الحفظ", done.stdout.decode())
        return done.stdout.decode()

    def shown(self, server, kind):
        found = []
        for record in server.call("list", kind)["list"]:
            shown = server.call("show", record["id"])
            found.append({name: one["value"] for name, one in shown["properties"].items()})
        return found

    def commune(self):
        """The number of Tabant among the communes of Azilal, as the filler shows them."""
        with open(SHEETS / "choices.csv", encoding="utf-8", newline="") as sheet:
            rows = [row for row in csv.DictReader(sheet) if row["list_name"] == "commune"]
        codes = [row["name"] for row in rows if row["province"] == TABANT[:6]]
        return str(codes.index(TABANT) + 1)

    def first_visit(self):
        member = ["عائشة", "1", "1", "1984-05-17", "IB123456"]
        child = ["حسن", "2", "3", "2016-03-09", "2"]  # ten years old, not at school
        return self.fill(self.fatima, ["1", self.commune(), "", "أيت بوولي", *HEAD[:2], "12", HEAD[2], *HOME,
                                       *member, "+", *child, "", "1", "2", ":s"], "--place", TABANT)

    def test_filled_in_arabic_it_becomes_a_household_and_its_persons(self):
        said = self.first_visit()
        self.assertIn("عشرة أرقام تبدأ", said)  # of the telephone number with two digits
        self.assertIn("ليس أقل من الأفراد", said)  # of one person, where two are listed
        self.assertIn("العمر: 42", said)
        self.assertIn("الأفراد: 2 منهم 1 قاصرون", said)
        self.fatima.sync()
        household, = self.shown(self.region, "household")
        self.assertEqual({name: household[name] for name in ("head_name_ar", "phone", "housing", "water", "members")},
                         {"head_name_ar": "عائشة أيت علي", "phone": "0661234567", "housing": "tent", "water": "river",
                          "members": 2})
        persons = sorted(self.shown(self.region, "person"), key=lambda one: one["birth_date"])
        self.assertEqual([(one["name_ar"], one["sex"], one["birth_date"], one.get("national_id")) for one in persons],
                         [("عائشة", "f", "1984-05-17", "IB123456"), ("حسن", "m", "2016-03-09", None)])
        survey, = self.shown(self.region, "household_census")
        self.assertEqual((household["vulnerability_score"], survey["vulnerability"], survey["commune"]),
                         (75, "high", TABANT))

    def test_the_score_follows_what_two_change_apart(self):
        """It is nobody's answer: of the water that one corrects and the light that the other does comes one score."""
        self.first_visit()
        self.fatima.sync()
        self.brahim.sync()
        house = self.fatima.answers("list", "household")[-1]["records"][0]["id"]
        self.fatima.edit(house, water="tap_home")
        self.assertEqual(self.fatima.value(house, "vulnerability_score"), 55)
        self.brahim.edit(house, electricity="grid")
        self.assertEqual(self.brahim.value(house, "vulnerability_score"), 60)
        for device in (self.fatima, self.brahim, self.fatima):
            device.sync()
        for device in (self.fatima, self.brahim):
            self.assertEqual(device.value(house, "vulnerability_score"), 40)
            self.assertEqual(self.disputes(device), [])
        household, = self.shown(self.region, "household")
        self.assertEqual(household["vulnerability_score"], 40)
        history = self.fatima.call("show", house, "--history")["history"]
        self.assertEqual([one["values"]["vulnerability_score"] for one in history
                          if "vulnerability_score" in one.get("values", {})], [75])

    def test_a_douar_that_is_registered_is_chosen_under_its_commune(self):
        """Douars are records of type place, found on the way: a list that is live on the device."""
        self.fatima.call("place", "add", TABANT, "--set", "name_ar=أيت إمي")
        said = self.fill(self.fatima, ["1", self.commune(), "1", "", *HEAD[:2], HEAD[2], *HOME, "عائشة", "1", "1",
                                       "1984-05-17", "IB123456", "", "1", ":s"], "--place", TABANT)
        self.assertIn("أيت إمي", said)
        self.fatima.sync()
        household, = self.shown(self.region, "household")
        self.assertEqual(household["douar"], "أيت إمي")

    def test_who_has_moved_away_is_not_counted_any_more(self):
        self.first_visit()
        self.fatima.sync()
        house = self.fatima.answers("list", "household")[-1]["records"][0]["id"]
        son, = (one["id"] for one in self.fatima.answers("list", "person")[-1]["records"] if one["title"] == "حسن")
        self.fatima.edit(house, members=1)
        self.assertEqual([rule["kind"] for one in self.disputes(self.fatima) for rule in one["rules"]], ["constraint"])
        self.fatima.edit(son, life_status="moved", life_date="2026-11-01", life_reason="الداخلية")
        self.assertEqual(self.disputes(self.fatima), [])

    def both_add_a_member(self, says, says_too):
        """Each on a device of their own, and how many live there now. The household's id."""
        self.first_visit()
        self.fatima.sync()
        self.brahim.sync()
        house = self.fatima.answers("list", "household")[-1]["records"][0]["id"]
        again = ["1", self.commune(), "", "أيت بوولي", *[""] * 7, *KNOWN, "+"]
        self.fill(self.fatima, [*again, "فاطمة", "1", "3", "2022-01-01", "", says, ":s"], "--entity", house)
        self.fill(self.brahim, [*again, "إدريس", "2", "3", "2021-01-01", "", says_too, ":s"], "--entity", house)
        return house

    def test_a_second_visit_begins_with_who_is_known(self):
        """One answer about one of them is corrected; nobody else is touched, and the rule counts all."""
        self.first_visit()
        self.fatima.sync()
        self.brahim.sync()
        house = self.fatima.answers("list", "household")[-1]["records"][0]["id"]
        mother, son = sorted(self.brahim.answers("list", "person")[-1]["records"], key=lambda one: one["title"] == "حسن")
        visit = ["1", self.commune(), "", "أيت بوولي", *[""] * 7]
        said = self.fill(self.brahim, [*visit, *[""] * 5, "حسان", *[""] * 4, "", "1", "2", ":s"], "--entity", house)
        self.assertIn("ليس أقل من الأفراد", said)  # of one person, where two are known
        self.assertEqual(self.brahim.value(son["id"], "name_ar"), "حسان")
        history = {one["id"]: self.brahim.call("show", one["id"], "--history")["history"] for one in (mother, son)}
        self.assertEqual([len(one) for one in history.values()], [1, 2])
        self.assertEqual(list(history[son["id"]][1]["values"]), ["name_ar"])
        self.brahim.edit(son["id"], life_status="moved", life_date="2026-11-01", life_reason="الداخلية")
        said = self.fill(self.brahim, [*visit, *[""] * 10, "2-", "", "1", ":s"], "--entity", house)
        self.assertIn(f"douar delete {son['id']}", said)  # taken out of the form, he stays a record
        self.brahim.sync()
        self.assertEqual(len(self.shown(self.region, "person")), 2)
        self.assertEqual(self.shown(self.region, "household")[0]["members"], 1)

    def test_a_draft_of_a_second_visit_still_knows_who_is_who(self):
        self.first_visit()
        house = self.fatima.answers("list", "household")[-1]["records"][0]["id"]
        lines = ["1", self.commune(), "", "أيت بوولي", *[""] * 7, *[""] * 5, "حسان", ":q"]
        subprocess.run(self.fatima.line("fill", "household_census", "--entity", house), check=True, capture_output=True,
                       input="".join(f"{line}\n" for line in lines).encode(), env=self.fatima.environment(),
                       cwd=self.office.folder)
        draft, = self.fatima.answers("draft", "list")[-1]["drafts"]
        done = subprocess.run(self.fatima.line("--lang", "ar", "fill", "--draft", draft["draft"]), check=True,
                              capture_output=True, input=("\n" * 30 + ":s\n").encode(), env=self.fatima.environment(),
                              cwd=self.office.folder)
        self.assertIn("تم الحفظ", done.stdout.decode())
        self.assertEqual(sorted(one["title"] for one in self.fatima.answers("list", "person")[-1]["records"]),
                         ["حسان", "عائشة"])

    def test_members_added_on_two_devices_apart_are_all_there(self):
        house = self.both_add_a_member("3", "4")
        for device in (self.fatima, self.brahim, self.fatima):
            device.sync()
        self.assertEqual(len(self.region.call("list", "household")["list"]), 1)
        self.assertEqual(sorted(one["name_ar"] for one in self.shown(self.region, "person")),
                         sorted(["عائشة", "حسن", "فاطمة", "إدريس"]))
        parents = {self.region.call("show", one["id"])["parent"] for one in self.region.call("list", "person")["list"]}
        self.assertEqual(parents, {house})
        self.assertEqual(self.fatima.call("digest"), self.brahim.call("digest"))
        self.assertIn(self.fatima.value(house, "members"), (3, 4))  # the later of two honest answers

    def test_a_rule_that_both_kept_to_and_that_breaks_together_waits_in_review(self):
        """Each adds a member and says that three live there: four are listed."""
        house = self.both_add_a_member("3", "3")
        self.assertEqual(self.disputes(self.fatima), [])
        for device in (self.fatima, self.brahim, self.fatima):
            device.sync()
        rule, = self.disputes(self.fatima)[0]["rules"]
        self.assertEqual((rule["form"], rule["kind"]), ("household_census", "constraint"))
        self.assertEqual(rule["message"], "ليس أقل من الأفراد المسجلين")
        first, *members = rule["values"]
        self.assertEqual((first["id"], first["property"], first["value"]), (house, "members", 3))
        self.assertEqual(sorted(one["title"] for one in members), sorted(["عائشة", "حسن", "فاطمة", "إدريس"]))
        self.assertEqual(self.disputes(self.brahim), self.disputes(self.fatima))
        self.assertEqual([one["id"] for one in self.region.call("review", "list")["list"]], [house])
        there, = self.region.call("review", "show", house)["rules"]
        self.assertEqual([(one["id"], one.get("value")) for one in there["values"]],
                         [(one["id"], one.get("value")) for one in rule["values"]])
        self.assertIn("ليس أقل من الأفراد المسجلين", self.brahim.text("--lang", "ar", "disputes"))
        said = self.region.text("--lang", "fr", "review", "show", house)
        self.assertIn("Pas moins que les membres inscrits", said)
        self.assertNotIn("admin.", said)  # a text that no catalogue has
        self.brahim.edit(house, members=4)
        for device in (self.brahim, self.fatima):
            device.sync()
            self.assertEqual(self.disputes(device), [])
        self.assertEqual(self.region.call("review", "list")["list"], [])

    def disputes(self, device):
        """As the device tells them, but for the other one's name, which not every node knows."""
        found = device.answers("--lang", "ar", "disputes")[-1]["disputes"]
        for value in (value for one in found for rule in one["rules"] for value in rule["values"]):
            value.pop("device", None)
        return found

    def test_a_random_player_finds_nothing(self):
        """50 plays: after each, all that stands is what computing it anew gives; XML and form.json the same form."""
        player = pathlib.Path(program("douar")).parents[1] / "tests" / "form_player"
        done = subprocess.run([player, "--plays", "50", self.book], capture_output=True, timeout=COMMAND_TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        self.assertIn("50 plays", done.stdout.decode())
        self.assertIn(", 0 findings", done.stdout.decode())

    def test_the_same_sheets_give_the_same_workbook(self):
        again = pack(SHEETS, self.office.folder / "again.xlsx")
        self.assertEqual(*(pathlib.Path(path).read_bytes() for path in (self.book, again)))
        done = subprocess.run([program("douar"), "form", "check", again, "--json"], capture_output=True)
        said = json.loads(done.stdout)
        self.assertEqual((said["ok"], [one["sheet"] for one in said["faults"]]), (True, ["place.csv"]))


if __name__ == "__main__":
    unittest.main()
