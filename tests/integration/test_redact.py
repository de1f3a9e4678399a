"""A person erased everywhere, with receipts: two hubs, a region, devices in and out of contact."""

import unittest

from office import Device, Refused, unsealed_bytes
from office_case import OfficeCase

TABANT = "05.081.03.09"
AWAY = "05.091.01.01"
NAME = "Zerhouni"          # of the person to be erased; the index holds it folded
NATIONAL_ID = "QK771402"
PHONE = "0677889911"
REASON = "asked by the person at the counter"


def holds(folder, *words):
    """Where one of the words stands, in whatever case: in the database once it is opened, or as it
    is in a file under the home (backups aside)."""
    data = unsealed_bytes(folder).lower()
    found = ["the database" for word in words if word.lower().encode() in data]
    for path in folder.rglob("*"):
        if path.is_file() and "backup" not in path.relative_to(folder).parts[0]:
            data = path.read_bytes().lower()
            found += [path.name for word in words if word.lower().encode() in data]
    return found


class Redact(OfficeCase):
    def setUp(self):
        super().setUp()
        self.azilal = self.office.hub("azilal", "05.081")
        self.beni = self.office.hub("beni", "05.091")
        self.region = self.office.region
        everything = ["read", "write", "review", "redact"]
        self.office.person("Said", "supervisor", ["05"], verbs=everything)
        self.office.person("Amina", "worker", [TABANT])
        self.office.person("Brahim", "worker", [TABANT])
        self.office.person("Hassan", "worker", [AWAY])
        self.uplinks()
        self.amina = self.office.device("amina", self.azilal, [TABANT], person="Amina")
        self.brahim = self.office.device("brahim", self.azilal, [TABANT], person="Brahim")
        self.hassan = self.office.device("hassan", self.beni, [AWAY], person="Hassan")
        self.said = self.office.device("said", self.azilal, ["05.081"], person="Said",
                                       role="supervisor")
        self.devices = [self.amina, self.brahim, self.hassan, self.said]

    def uplinks(self):
        for hub in (self.azilal, self.beni):
            hub.uplink()

    def sync(self, *devices, rounds=2):
        for _ in range(rounds):
            for device in devices:
                device.sync()
            self.uplinks()

    def family(self):
        home = self.amina.new("register_household", place=TABANT, head_name_ar="عائشة",
                              phone="0661234567")["case"]
        person = self.amina.new("register_person", parent=home, name_ar="فلان", name_fr=NAME,
                                national_id=NATIONAL_ID, sex="f", phone=PHONE)["case"]
        return home, person

    def nodes(self):
        return [self.region, self.azilal, self.beni, *self.devices]

    def assert_gone(self, *nodes):
        for node in nodes:
            self.assertEqual(holds(node.home, NAME, NATIONAL_ID, PHONE), [], node.name)

    def unconfirmed(self):
        rows = self.region.call("redact", "status", "--nodes")["list"]
        return sorted({row["name"] for row in rows if not row["confirmed"]})

    def assert_equal_digests(self):
        for key in ((TABANT, "base"), ("org", "redact")):
            for node in (self.azilal, self.amina, self.brahim, self.said):
                self.assertEqual(node.digest()[key], self.region.digest()[key], node.name)

    def test_a_person_erased_everywhere_with_receipts(self):
        home, person = self.family()
        self.sync(*self.devices)
        self.region.call("backup")
        for node in (self.region, self.azilal, self.amina, self.brahim, self.said):
            self.assertNotEqual(holds(node.home, NAME), [], node.name)
        self.brahim.edit(person, phone="0677889911")  # Brahim is away when it is decided
        self.brahim.edit(person, name_fr=NAME + " B")
        with self.assertRaises(Refused) as refused:
            self.region.call("redact", person, "--all", "--person", "Said", "--reason", REASON)
        self.assertEqual(refused.exception.error, "missing_argument")
        self.region.call("redact", person, "--all", "--person", "Said", "--reason", REASON, "--yes")
        self.assert_gone(self.region)
        self.assertEqual(self.unconfirmed(),
                         ["amina", "azilal", "beni", "brahim", "hassan", "said"])
        self.sync(self.amina, self.hassan, self.said)
        self.uplinks()
        self.assertEqual(self.unconfirmed(), ["brahim"])
        seen = {row["name"]: row["seen"] for row in
                self.region.call("redact", "status", "--nodes")["list"]}
        self.assertGreater(seen["azilal"], 0)
        copies = self.region.call("redact", "status", "--copies")["list"]
        self.assertEqual(len(copies), 1)
        self.assertIn(NAME.encode(), unsealed_bytes(self.region.home, self.office.folder / copies[0]["file"]))
        self.sync(*self.devices)
        self.sync(*self.devices)
        self.uplinks()
        self.assertEqual(self.unconfirmed(), [])
        self.assert_gone(*self.nodes())
        self.assert_equal_digests()
        for node in (self.region, self.azilal):
            shown = node.call("show", person)
            self.assertTrue(shown["erased"])
        self.assertEqual(self.amina.value(home, "phone"), "0661234567")
        with self.assertRaises(Refused) as refused:
            self.amina.edit(person, phone="0611111111")
        self.assertEqual(refused.exception.error, "erased")
        for node in self.nodes():
            node.call("check")

    def test_one_value_goes_and_what_was_written_with_it_stays(self):
        _, person = self.family()
        self.sync(*self.devices)
        self.azilal.call("redact", person, "national_id", "--person", "Said", "--reason", REASON,
                         "--yes")
        self.assertEqual(self.azilal.call("redact", "status")["list"][0]["mark"], "waits")
        self.sync(*self.devices)
        self.sync(*self.devices)
        for node in self.nodes():
            self.assertEqual(holds(node.home, NATIONAL_ID), [], node.name)
        for device in (self.amina, self.brahim, self.said):
            self.assertEqual(device.value(person, "name_fr"), NAME)
            self.assertEqual(device.value(person, "phone"), PHONE)
        self.assert_equal_digests()
        for node in self.nodes():
            node.call("check")

    def test_devices_ask_and_a_supervisors_word_is_enough(self):
        home, person = self.family()
        self.sync(*self.devices)
        # A worker passes on what somebody wishes, and hears before that it is only a request.
        warned = self.amina.run("redact", person, "--all", "--reason", REASON)
        self.assertNotEqual(warned.status, 0)
        self.assertIn("only a request", warned.err)
        asked = self.amina.call("redact", person, "--all", "--reason", REASON, "--yes")
        self.assertEqual(asked["decides"], "person")
        self.sync(*self.devices)
        flags = self.region.call("review", "list", "--flags")["list"]
        self.assertEqual([row["case"] for row in flags], [person])
        self.assertEqual(self.brahim.value(person, "national_id"), NATIONAL_ID)
        # From a supervisor's own device it is done.
        warned = self.said.run("redact", person, "--all", "--reason", REASON)
        self.assertIn("gone for ever", warned.err)
        asked = self.said.call("redact", person, "--all", "--reason", REASON, "--yes")
        self.assertEqual(asked["decides"], "region")
        self.sync(*self.devices)
        self.sync(*self.devices)
        self.assert_gone(self.region, self.azilal, self.amina, self.brahim, self.said)
        states = [row["state"] for row in self.amina.call("redact", "--status")["redactions"]
                  if row["id"] == asked["id"]]
        self.assertIn("done", states)
        self.assertEqual(self.amina.value(home, "phone"), "0661234567")

    def test_a_supervisor_tells_duplicates_at_a_device(self):
        first, _ = self.family()
        second = self.brahim.new("register_household", place=TABANT, head_name_ar="عائشة")["case"]
        self.sync(*self.devices)
        with self.assertRaises(Refused) as refused:
            self.amina.call("alias", first, second, "--reason", "one family")
        self.assertEqual(refused.exception.error, "not_allowed")
        self.said.call("alias", first, second, "--reason", "one family")
        self.sync(*self.devices)
        self.assertEqual(self.brahim.show(second)["case"], first)
        self.said.call("alias", second, "--undo", "--reason", "two after all")
        self.sync(*self.devices)
        self.assertEqual(self.brahim.show(second)["case"], second)

    def test_two_records_of_one_person_are_shown_as_one_and_part_again(self):
        home, first = self.family()
        second = self.brahim.new("register_person",
                                 parent=self.brahim.new("register_household", place=TABANT,
                                                        head_name_ar="عائشة")["case"],
                                 name_ar="فلان", name_fr="Other", national_id=NATIONAL_ID,
                                 sex="f")["case"]
        self.sync(*self.devices)
        doubles = self.region.call("review", "doubles")["list"]
        self.assertEqual({row["case"] for row in doubles}, {first, second})
        self.azilal.call("alias", first, second, "--person", "Said", "--reason", "one person")
        self.sync(*self.devices)
        self.sync(*self.devices)
        for node in (self.region, self.azilal):
            self.assertEqual(len(node.call("list", "person")["list"]), 1)
            self.assertEqual(node.call("show", second)["case"], first)
            self.assertEqual(len(node.call("review", "list")["list"]), 1)  # the name
        self.assertEqual(self.region.call("review", "doubles")["list"], [])
        for device in (self.amina, self.brahim):
            self.assertEqual(device.show(second)["case"], first)
        self.azilal.call("alias", second, "--undo", "--person", "Said", "--reason", "two after all")
        self.sync(*self.devices)
        self.sync(*self.devices)
        self.assertEqual(len(self.region.call("list", "person")["list"]), 2)
        self.assertEqual(self.amina.value(second, "name_fr"), "Other")
        for node in self.nodes():
            node.call("check")


if __name__ == "__main__":
    unittest.main()
