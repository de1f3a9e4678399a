"""A type moves on while a device is out of contact: the real programs, over loopback TLS."""

import json
import unittest

from office import SCHEMA, Refused
from office_case import OfficeCase

TABANT = "05.081.03.09"


class Types(OfficeCase):
    def setUp(self):
        super().setUp()
        self.hub = self.office.hub("azilal", "05.081")
        self.region = self.office.region
        both = ["base", "health"]
        self.office.person("Amina", "worker", [TABANT], both)
        self.office.person("Brahim", "worker", [TABANT], ["base"])
        self.hub.uplink()
        self.amina = self.office.device("amina", self.hub, [TABANT], both, person="Amina")
        self.brahim = self.office.device("brahim", self.hub, [TABANT], person="Brahim")

    def changed(self, **changes):
        """household.json with another version; each change is given the property, by its id."""
        household = json.loads((SCHEMA / "types" / "household.json").read_text())
        household["version"] = 2
        for name, change in changes.items():
            found = [p for p in household["properties"] if p["id"] == name]
            if not found:
                found = [{"id": name}]
                household["properties"] += found
            found[0].update(change)
        path = self.office.folder / "household.json"
        path.write_text(json.dumps(household))
        return str(path)

    def meet(self):
        for _ in range(2):
            for device in (self.amina, self.brahim):
                device.sync()
            self.hub.uplink()

    def test_edits_under_two_versions_both_hold(self):
        record = self.amina.new("register_household", place=TABANT, head_name_ar="عائشة",
                                phone="0661234567", address="douar")["case"]
        self.meet()
        path = self.changed(roof={"type": "text"}, address={"retired": True},
                            phone={"compartment": "health", "moved_from": ["base"]})
        rows = self.region.call("type", "add", path, "--dry-run")["list"]
        self.assertEqual(sorted((r["property"], r["what"], r["records"]) for r in rows),
                         [("address", "retired", 1), ("phone", "compartment", 1),
                          ("roof", "added", 0)])
        known = {t["type"]: t["version"] for t in self.region.call("type", "list")["list"]}
        self.assertEqual(known["household"], 1)
        self.region.call("type", "add", path)
        self.hub.uplink()
        self.amina.sync()                      # Brahim hasn't heard
        self.amina.edit(record, roof="terre", phone="0662222222")
        with self.assertRaises(Refused) as refused:
            self.amina.edit(record, address="elsewhere")
        self.assertEqual(refused.exception.error, "retired")
        self.brahim.edit(record, phone="0663333333", address="by the well", members="4")
        self.meet()
        self.assertEqual(self.region.digest(), self.hub.digest())
        self.assertEqual(self.amina.value(record, "roof"), "terre")
        self.assertEqual(self.amina.value(record, "address"), "by the well")
        self.assertEqual(self.amina.value(record, "members"), 4)
        self.assertEqual(self.brahim.value(record, "roof"), "terre")
        shown = {p["property"]: p for p in self.amina.show(record)["properties"]}
        self.assertTrue(shown["phone"]["disputed"])
        self.assertEqual({a["text"] for a in shown["phone"]["alternatives"]},
                         {"0662222222", "0663333333"})
        self.assertNotIn("phone", {p["property"] for p in self.brahim.show(record)["properties"]})
        for file in self.brahim.home.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"0662222222", file.read_bytes())
        # The form on the tablet still works, without what was retired.
        questions = self.brahim.call("form", "show", "register_household")["questions"]
        self.assertNotIn("address", {q["property"] for q in questions})
        out = self.office.folder / "out.csv"
        self.region.call("export", "household", "--format", "csv", "--output", str(out))
        self.assertIn("by the well", out.read_text())

    def test_what_contradicts_is_refused_and_nothing_is_published(self):
        rows = [
            ({"landmark": {"type": "integer"}}, "type_conflict", "landmark.type"),
            ({"phone": {"compartment": "health"}}, "type_conflict", "phone.compartment (base)"),
            ({"more": {"type": "text", "group": "status"}}, "type_conflict", "more.group"),
        ]
        for change, error, where in rows:
            for words in (["--dry-run"], []):
                with self.assertRaises(Refused) as refused:
                    self.region.call("type", "add", self.changed(**change), *words)
                self.assertEqual(refused.exception.error, error)
                self.assertEqual(refused.exception.args_given[1], where)
        self.region.call("type", "add", self.changed(address={"retired": True}))
        form = json.loads((SCHEMA / "forms" / "register_household.json").read_text())
        form["version"] += 1
        path = self.office.folder / "form.json"
        path.write_text(json.dumps(form))
        with self.assertRaises(Refused) as refused:
            self.region.call("form", "add", str(path))
        self.assertEqual(refused.exception.error, "bad_form_definition")
        self.assertIn("address", refused.exception.args_given[1])


if __name__ == "__main__":
    unittest.main()
