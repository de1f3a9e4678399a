"""The region's forms that are workbooks: each is whole, in four languages, fits the region's record types,
holds under a random player, and most are filled in a terminal."""

import csv
import datetime
import json
import pathlib
import re
import subprocess
import unittest

from office import COMMAND_TIMEOUT_S, PROJECT, program
from office_case import TABANT, OfficeCase
from xlsx import pack

FORMS = PROJECT / "schema" / "forms"
FOLDERS = sorted(path.parent for path in FORMS.glob("*/survey.csv"))
TYPES = {path.stem: json.loads(path.read_text()) for path in (PROJECT / "schema" / "types").glob("*.json")}
SAVED = {"ar": "تم الحفظ", "fr": "Enregistré"}
LANGUAGES = ("Français (fr)", "العربية (ar)", "ⵜⴰⵎⴰⵣⵉⵖⵜ (zgh)", "English (en)")


def rows(folder, sheet):
    with open(folder / f"{sheet}.csv", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def expressions(folder):
    """Of each question, what the form says of it in XPath."""
    for row in rows(folder, "survey"):
        for column in ("required", "relevant", "constraint", "calculation", "default", "choice_filter"):
            if row.get(column):
                yield row["name"], row[column]


def choices_named(name, text):
    """Questions (`name` is the one whose rule it is) and the choices that the expression compares them with."""
    for question, choice in re.findall(r"(\$\{\w+\}|(?<![\w)/])\.) !?= '([^']+)'", text):
        yield question.strip("${}") if question != "." else name, choice
    for question, choice in re.findall(r"selected\((\$\{\w+\}|\.), '([^']+)'\)", text):
        yield question.strip("${}") if question != "." else name, choice
    for named, question in re.findall(r"selected\('([^']+)', (\$\{\w+\}|\.)\)", text):
        for choice in named.split():
            yield question.strip("${}") if question != "." else name, choice


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

    def fill(self, form, lines, *words, lang="ar"):
        done = subprocess.run(self.fatima.line("--lang", lang, "fill", form, *words),
                              input="".join(f"{line}\n" for line in lines).encode(),
                              capture_output=True, timeout=COMMAND_TIMEOUT_S, cwd=self.office.folder,
                              env=self.fatima.environment())
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn(SAVED[lang], done.stdout.decode(), done.stdout.decode())
        return done.stdout.decode()

    def values(self, record):
        return {one["property"]: one["value"] for one in self.fatima.show(record)["properties"]}

    def only(self, kind):
        record, = self.fatima.answers("list", kind)[-1]["records"]
        return record["id"]

    def household(self, **answers):
        known = {"place": TABANT, "head_name_ar": "عائشة", "members": "4", "water": "river", "electricity": "none"}
        return self.fatima.new("register_household", **(known | answers))["id"]

    def person(self, house, name, sex, age):
        born = str(datetime.date.today().year - age)
        self.fill("register_person", ["1", "", "1", name, "", "", "", "", sex, "3", born, ":s"], "--parent", house)
        return {one["title"]: one["id"] for one in self.fatima.answers("list", "person")[-1]["records"]}[name]

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
                                                       ("calculate", "hidden", "start", "end", "csv-external",
                                                        "end_group", "end_repeat"))
                        if (given or asked) and len(given) < len(LANGUAGES):
                            silent.append((folder.name, sheet, row["name"], column, given))
        self.assertEqual(silent, [])

    def test_every_constraint_says_what_is_wrong(self):
        bare = [(folder.name, row["name"]) for folder in FOLDERS for row in rows(folder, "survey")
                if row.get("constraint") and not row.get("constraint_message::العربية (ar)")]
        self.assertEqual(bare, [])

    def test_every_choice_that_a_rule_names_is_offered(self):
        """Of a misspelt one nobody would be told: the rule would never hold, or always."""
        wrong, found = [], 0
        for folder in FOLDERS:
            lists = {row["name"]: row["type"].split()[1] for row in rows(folder, "survey")
                     if row["type"].startswith(("select_one ", "select_multiple "))}
            offered = {(row["list_name"], row["name"]) for row in rows(folder, "choices")}
            for name, text in expressions(folder):
                for question, choice in choices_named(name, text):
                    found += question in lists
                    if question in lists and (lists[question], choice) not in offered:
                        wrong.append((folder.name, name, question, choice))
        self.assertEqual(wrong, [])
        self.assertGreater(found, 100)

    def test_every_property_that_a_rule_reads_of_a_list_is_of_its_type(self):
        wrong, found = [], 0
        for folder in FOLDERS:
            for name, text in expressions(folder):
                for list_name, condition, read in re.findall(r"instance\('(\w+)'\)/root/item\[([^]]*)\](?:/(\w+))?", text):
                    known = {"name", "label", "__root"} | {one["id"] for one in TYPES[list_name]["properties"]}
                    condition = re.sub(r"'[^']*'|\$\{\w+\}", "", condition)
                    asked = set(re.findall(r"[a-z_][\w-]*(?!\w|-)(?!\()", condition)) - {"and", "or", "not"} | {read}
                    found += len(asked)
                    wrong += [(folder.name, name, list_name, one) for one in asked - known - {""}]
        self.assertEqual(wrong, [])
        self.assertGreater(found, 40)

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

    def test_a_survey_asks_what_matters_here(self):
        """A household at a river with a child out of school; who has a tap at home isn't asked about fetching water."""
        self.begin()
        house = self.household(members="5")
        for name, sex, age in (("زهرة", "1", 10), ("عائشة", "1", 46)):
            self.person(house, name, sex, age)
        food = ["1", "1", "1", "2", "2", "2", "2", "1"]
        said = self.fill("household_survey", ["", "1", "1", "2", *food, "2", "1 6", "1 4", "40", "2", "60", "", "5", "3", "4",
                                              "2", "2", "1", "3", "20", "1", "1 2", "1 10", "1 2", "2", "0", "0", "4",
                                              "2000", "1", "30000", "1", "1 10", "1 3", "2", "", ":s"], "--parent", house)
        self.assertIn("خمس عشرة سنة على الأقل", said)  # of Zohra, who is ten
        self.assertIn("يوم بلا أكل دون جوع", said)  # a note, of answers that hardly go together
        self.assertIn("«لا شيء» وحدها", said)
        self.assertIn("وأقل من أفراد الأسرة", said)  # of five children where five live
        self.assertIn("ليس أكثر من الأطفال بين 6 و15", said)
        survey = self.values(self.only("household_survey"))
        self.assertEqual({name: survey[name] for name in ("consent", "food_score", "food_whole_day", "water_fetcher", "children_in_school",
                                                          "girls_out_of_school", "schooling_obstacles", "cattle",
                                                          "debt_amount", "shocks")},
                         {"consent": True, "food_score": 4, "food_whole_day": True, "water_fetcher": "girl", "children_in_school": 2,
                          "girls_out_of_school": 1, "schooling_obstacles": ["work"], "cattle": 4,
                          "debt_amount": "30000", "shocks": ["drought", "snow"]})
        self.assertEqual(self.fatima.show(self.only("household_survey"))["parent"], house)
        more = self.values(self.only("household_survey_answers"))
        self.assertEqual({name: more.get(name) for name in ("food_level", "out_of_school", "spending_each",
                                                            "debt_months", "shock_worst", "alerts")},
                         {"food_level": "moderate", "out_of_school": "1", "spending_each": "400",
                          "debt_months": "15", "shock_worst": "snow", "alerts": "4"})
        tap = self.household(water="tap_home", head_name_ar="فاضمة")
        said = self.fill("household_survey", ["", "1", "موحى", *["2"] * 8, "", "", "0", "2", "4", "900", "2", "10", "",
                                              ":s"], "--parent", tap)
        for unasked in ("المجيب(ة)\n  اتركوه", "دقائق جلب الماء", "منهم المتمدرسون", "هل تكرر ذلك", "الأرض المستغلة", "مبلغ الديون", "زهرة"):
            self.assertNotIn(unasked, said)

    def test_who_refuses_the_survey_is_asked_no_more(self):
        self.begin()
        house = self.household()
        said = self.fill("household_survey", ["", "2", "1", "", ":s"], "--parent", house)
        self.assertIn("اشكروهم وتوقفوا هنا", said)
        self.assertNotIn("هل خفتم", said)
        survey = self.values(self.only("household_survey"))
        self.assertEqual(set(survey), {"surveyed_on", "started_at", "ended_at", "consent"})
        self.assertIs(survey["consent"], False)
        self.assertEqual(self.values(self.only("household_survey_answers")), {"refusal": "no_time"})

    def enrolled(self, house, *answers):
        return self.fill("enrol_programme", [*answers, ":s"], "--parent", house, lang="fr")

    def test_an_enrolment_fits_the_person_and_the_household(self):
        self.begin()
        house = self.household(rsu_status="not_registered", rsu_number="123456", rsu_score="9.9")
        zohra = self.person(house, "زهرة", "1", 12)
        self.person(house, "عائشة", "1", 46)
        self.person(self.household(head_name_ar="موحى"), "إدريس", "2", 13)
        said = self.enrolled(house, "3", "2", "1", "", "4", "2026-11-10", "2026-12-01", "2026-10-01", "M-12", "2026-09-01",
                             "2027-01-10", "", "200")
        self.assertIn("L'âge ou le sexe ne convient pas", said)  # of Aïcha, for a programme of schools
        self.assertNotIn("إدريس", said)  # of another household
        self.assertIn("Pas après la date de cet état", said)
        self.assertNotIn("Pièces manquantes", said)  # of who receives it already
        self.assertIn("2400 DH par an", said)
        known = self.values(self.only("enrolment"))
        self.assertEqual({name: known[name] for name in ("beneficiary", "programme", "agency", "status", "requested_on",
                                                         "monthly_amount")},
                         {"beneficiary": zohra, "programme": "tayssir", "agency": "education", "status": "active",
                          "requested_on": "2026-10-01", "monthly_amount": "200"})
        again = self.fatima.run("--lang", "fr", "fill", "enrol_programme", "--parent", house, input="3\n1\n:q\n")
        self.assertIn("ou la personne y est déjà inscrite", again.out)
        said = self.enrolled(house, "1", "", "", "1", "2026-11-20", "1", "1 4", "1", "", "sans toit")
        for told in ("Le ménage n'est pas inscrit au RSU", "au-dessus du seuil", "cette pièce manque", "nécessaire"):
            self.assertIn(told, said)
        again = self.fatima.run("--lang", "fr", "fill", "enrol_programme", "--parent", house, input="1\n:q\n")
        self.assertIn("Le ménage y est déjà inscrit", again.out)

    def test_what_is_given_follows_the_enrolment_and_is_not_given_twice_unseen(self):
        self.begin()
        house = self.household()
        zohra = self.person(house, "زهرة", "1", 12)
        self.enrolled(house, "3", "1", "", "4", "2026-11-10", "2026-10-01", "", "", "", "")
        enrolment = self.only("enrolment")
        given = self.fill("give_benefit", ["1", "1", "", "", "1", "", "", "2", "400", "1", "2026-11-20", "", "1", "2", "R-1",
                                           "", "", ":s"], "--parent", house, lang="fr")
        self.assertIn("L'argent n'est pas remis à un enfant", given)
        self.assertNotIn("Couvertures", given)  # Tayssir gives money
        self.assertNotIn("Valeur d'une unité", given)
        benefit = self.values(self.only("benefit"))
        self.assertEqual({name: benefit[name] for name in ("beneficiary", "enrolment", "programme", "agency", "kind", "unit",
                                                           "amount", "payment", "given_by", "received_by")},
                         {"beneficiary": zohra, "enrolment": enrolment, "programme": "tayssir", "agency": "education",
                          "kind": "cash", "unit": "month", "amount": "400", "payment": "hand", "given_by": "Fatima",
                          "received_by": "head"})
        self.person(house, "إدريس", "2", 11)  # her brother has his own, which isn't hers again
        brother = ["2", "3", "5", "1", "", "", "2", "400", "1", "2026-11-25", "", "2", "R-2", "", "", ":s"]
        self.assertNotIn("déjà reçu", self.fill("give_benefit", brother, "--parent", house, lang="fr"))
        basket = ["", "22", "8", "1", "", "", "2.5", "2", "150", "2026-11-20", "", "3", "محند", "", "", "", ":s"]
        first = self.fill("give_benefit", basket, "--parent", house, lang="fr")
        self.assertIn("Valeur totale : 300 DH", first)
        self.assertIn("entière pour ce qui se compte", first)
        self.assertNotIn("Au titre de l'inscription", first)  # it is Zohra's, and this is for all
        for unasked in ("Montant remis", "Mode de paiement", "Le ou la bénéficiaire"):
            self.assertNotIn(unasked, first)
        basket[basket.index("2.5"):basket.index("3")] = ["1", "", "2026-11-25", "la neige", ""]
        second = self.fill("give_benefit", basket, "--parent", house, lang="fr")
        self.assertIn("déjà reçu cette aide ce mois-ci (1)", second)
        more = [self.values(one["id"]) for one in self.fatima.answers("list", "give_benefit")[-1]["records"]]
        self.assertEqual([one["why_again"] for one in more if "why_again" in one], ["la neige"])
        self.assertEqual(sorted(one.get("total_value", "") for one in more), ["", "300", "400", "400"])

    def test_a_douar_is_registered_once(self):
        self.begin()
        names = ["أيت إمي", "", "", ""]
        said = self.fill("register_place", ["", "", "", "Ait Imi", *names, "05.301.03.05.imi", "05.081.03.09.imi", "",
                                            "2026-11-20", "1", "2026-11-19", "2026-11-21", "12", "4", "1", "25", "1", "1 8",
                                            "1", "", "", ":s"], "--place", TABANT, lang="fr")
        for told in ("En lettres arabes", "Le code de la commune, un point", "Entre la reconnaissance et aujourd'hui",
                     "pas de piste carrossable", "Enclavement : 6 sur 7"):
            self.assertIn(told, said)
        self.assertNotIn("Téléphone du contact", said)
        place = self.values(self.only("place"))
        self.assertEqual((place["commune"], place["code"], place["road"], place["services"]),
                         (TABANT, "05.081.03.09.imi", "mule", ["school"]))
        twin = self.fatima.run("--lang", "fr", "fill", "register_place", "--place", TABANT,
                               input="".join(f"{line}\n" for line in ["", "", "", *names, "2", ":q"]))
        self.assertIn("Remplissez alors sa fiche", twin.out)
        self.fill("register_place", [*[""] * 10, "4", "", "partis", "", ":s"], "--entity", self.only("place"), lang="fr")
        place = self.values(self.only("place"))
        self.assertEqual((place["commune"], place["status"], place["status_reason"]), (TABANT, "abandoned", "partis"))

    def test_a_stay_ends_and_the_centre_has_room_again(self):
        self.begin()
        self.fill("register_centre", ["", "", "", "دار الطالبة", "", "", "2", "1", "", "", "", "1", "2026-09-01", "", "1",
                                      "0", "4", "1", "1", "", ":s"], "--place", TABANT)
        centre = self.only("centre")
        self.assertEqual(self.values(self.only("register_centre"))["unlicensed"], "yes")
        for name in ("زهرة", "إيطو"):
            self.fill("register_stay", ["", name, "", "12", "2026-09-05", "1", "3", "", "", "2", "2026-09-05", "", "", ":s"],
                      "--parent", centre)
        again = [*[""] * 16, ":q"]
        full = self.fatima.run("--lang", "fr", "fill", "register_centre", "--entity", centre,
                               input="".join(f"{line}\n" for line in again))
        self.assertIn("2 présents, 1 places", full.out)
        self.assertIn("Plus de résidents que de places", full.out)
        stay, = (one["id"] for one in self.fatima.answers("list", "resident_stay")[-1]["records"] if "زهرة" in one["title"])
        said = self.fill("end_stay", ["2026-09-01", "2026-11-28", "1", "نهاية السنة", "2026-11-27", "100", "3", "", ":s"],
                         "--entity", stay)
        self.assertIn("زهرة، منذ 2026-09-05", said)
        self.assertIn("بين الدخول واليوم", said)
        self.assertIn("وليس أكثر من أيام الإقامة", said)
        self.assertNotIn("أي مركز؟", said)  # she goes home
        left = self.values(stay)
        self.assertEqual({name: left[name] for name in ("exit_date", "exit_to", "status", "status_date", "status_reason",
                                                        "last_present", "absences", "entry_date")},
                         {"exit_date": "2026-11-28", "exit_to": "family", "status": "left", "status_date": "2026-11-28",
                          "status_reason": "نهاية السنة", "last_present": "2026-11-27", "absences": 3,
                          "entry_date": "2026-09-05"})
        self.assertEqual(self.values(self.only("end_stay")), {"days": "84"})
        self.assertEqual(self.fatima.call("disputes")["disputes"], [])  # its own rules and those of its beginning


if __name__ == "__main__":
    unittest.main()
