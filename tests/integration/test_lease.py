"""Access that is withdrawn, devices that lock, and types that move on: with the real programs.

Run by ctest; by hand: DOUAR_BIN=build/dev/bin python3 tests/integration/test_lease.py
"""

import unittest

from office import Refused
from office_case import OfficeCase

TABANT = "05.081.03.09"
DAY_MS = 86_400_000
LANGUAGES = ("ar", "fr", "zgh", "en")


class Lease(OfficeCase):
    def setUp(self):
        super().setUp()
        for name in ("Amina", "Brahim"):
            self.office.person(name, scopes=[TABANT])
        self.office.person("Khadija", "supervisor", ["05.081"], verbs=("read", "write", "review"))
        self.hub = self.office.hub("azilal", "05.081")
        self.amina = self.office.device("amina", self.hub, [TABANT], person="Amina")
        self.brahim = self.office.device("brahim", self.hub, [TABANT], person="Brahim")

    def refused(self, error, program, *words):
        with self.assertRaises(Refused) as caught:
            program.call(*words)
        self.assertEqual(caught.exception.error, error, words)
        return caught.exception

    def household(self, device, **answers):
        answers = {"head_name_ar": "عائشة أيت علي"} | answers
        return device.new("register_household", place=TABANT, **answers)["case"]

    def sync_all(self, *devices):
        for _ in range(2):
            for device in devices:
                device.sync()
            self.hub.uplink()

    def assert_same(self, *nodes):
        region = self.office.region.digest()[(TABANT, "base")]
        for node in nodes:
            self.assertEqual(node.digest()[(TABANT, "base")], region, node.name)

    # ---- withdrawn

    def test_stolen_device_is_heard_refused_and_locked(self):
        case = self.household(self.amina)
        self.sync_all(self.amina, self.brahim)
        self.brahim.edit(case, phone="0671000001")
        late = self.household(self.brahim)
        self.hub.call("node", "revoke", self.brahim.call("whoami")["short"])
        self.refused("revoked", self.brahim, "sync")
        for words in (["show", case], ["list"], ["find", "عائشة"], ["status", "--records"],
                      ["edit", case, "--set", "members=3"]):
            self.refused("revoked", self.brahim, *words)
        self.assertTrue(self.brahim.call("status")["enrolled"])
        said = {self.brahim.run("--lang", lang, "show", case).err for lang in LANGUAGES}
        self.assertEqual(len(said), 4)
        self.sync_all(self.amina)
        self.assertEqual(self.amina.value(case, "phone"), None)

        waiting = self.hub.call("quarantine", "list")["list"]
        self.assertEqual([(row["why"], row["verdict"], row["before"]) for row in waiting],
                         [("revoked", "waiting", waiting[0]["changes"])])
        shown = self.hub.call("quarantine", "show", waiting[0]["number"])["list"]
        self.assertIn(case, [row["case"] for row in shown])
        done = self.hub.call("quarantine", "accept", waiting[0]["number"], "--reason",
                             "Brahim was asked", "--person", "Khadija")
        self.assertEqual(done["changes"], waiting[0]["changes"])
        self.sync_all(self.amina)
        self.assertEqual(self.amina.value(case, "phone"), "0671000001")
        self.assertEqual(self.amina.show(late)["case"], late)
        self.assert_same(self.hub, self.amina)
        self.assertEqual(self.hub.call("quarantine", "list")["list"], [])
        settled = self.hub.call("quarantine", "list", "--all")["list"]
        self.assertEqual([(row["verdict"], row["person"]) for row in settled],
                         [("accepted", "Khadija")])

    def test_person_withdrawn_on_a_shared_device(self):
        self.sync_all(self.amina, self.brahim)
        shared = self.brahim
        theirs = self.household(shared)
        self.office.region.call("person", "revoke", "Brahim")
        self.hub.uplink()
        shared.sync()
        self.refused("revoked", shared, "show", theirs)
        shared.person = "Amina"
        others = self.household(shared)
        self.sync_all(shared, self.amina)
        self.assertEqual(self.amina.show(others)["case"], others)
        self.refused("not_found", self.amina, "show", theirs)
        for server in (self.hub, self.office.region):
            rows = server.call("quarantine", "list")["list"]
            self.assertEqual({row["why"] for row in rows}, {"person_revoked"})
        rows = self.office.region.call("quarantine", "list")["list"]
        self.office.region.call("quarantine", "accept", *(row["number"] for row in rows),
                                "--reason", "honest work", "--person", "Khadija")
        self.sync_all(shared, self.amina)
        self.assertEqual(self.amina.show(theirs)["case"], theirs)
        self.assert_same(self.hub, self.amina, shared)

    def test_work_taken_by_a_hub_that_had_not_heard_is_set_back(self):
        case = self.household(self.amina, phone="0661234567")
        self.sync_all(self.amina, self.brahim)
        self.office.region.call("node", "revoke", self.brahim.call("whoami")["short"])
        self.brahim.edit(case, phone="0671000001")
        self.brahim.sync()
        self.amina.sync()
        self.assertEqual(self.amina.value(case, "phone"), "0671000001")
        self.sync_all(self.amina)
        self.assertEqual(self.amina.value(case, "phone"), "0661234567")
        self.assert_same(self.hub, self.amina)
        self.refused("revoked", self.brahim, "sync")
        waiting = self.office.region.call("quarantine", "list")["list"]
        self.assertEqual([row["why"] for row in waiting], ["after_revocation"])


    # ---- leases

    def test_device_without_contact_locks_and_a_code_opens_it(self):
        khadija = self.office.device("khadija", self.hub, ["05.081"], person="Khadija",
                                     role="supervisor")
        case = self.household(self.amina)
        self.sync_all(self.amina, khadija)
        self.amina.clock_offset_ms = 25 * DAY_MS
        self.assertEqual(self.amina.call("status")["lease"]["left"], 5)
        warned = {self.amina.run("--lang", lang, "status").err for lang in LANGUAGES}
        self.assertEqual(len(warned), 4)
        self.amina.show(case)
        self.amina.clock_offset_ms = 31 * DAY_MS
        for words in (["show", case], ["list"], ["find", "عائشة"], ["status", "--records"],
                      ["edit", case, "--set", "members=3"], ["undo"], ["reopen-code", "x"]):
            self.refused("lease_over", self.amina, *words)
        said = {self.amina.run("--lang", lang, "show", case).err for lang in LANGUAGES}
        self.assertEqual(len(said), 4)
        self.assertEqual(self.amina.call("status")["lease"]["lock"], "expired")
        # Who stands at a door saves what was said there; of others nothing shows.
        saved = self.amina.new("register_household", place=TABANT, head_name_ar="زهرة",
                               phone="0661234567")
        self.assertEqual(saved["warnings"], [])

        asked = self.amina.call("reopen")["challenge"]
        self.refused("bad_value", self.amina, "reopen", asked)
        self.refused("bad_value", khadija, "reopen-code", asked + "A")
        self.refused("out_of_range", khadija, "reopen-code", asked, "--days", "31")
        khadija.person = "Amina"
        self.refused("not_allowed", khadija, "reopen-code", asked)
        khadija.person = None
        code = khadija.call("reopen-code", asked, "--days", "2")["code"]
        other = self.hub.call("node", "reopen", self.brahim.call("reopen")["challenge"])["code"]
        self.assertEqual(self.refused("wrong_reopen", self.amina, "reopen", other).args_given,
                         ["9"])
        self.assertEqual(self.amina.call("reopen", code.lower())["days"], 2)
        self.amina.show(case)
        self.amina.clock_offset_ms = 34 * DAY_MS
        self.refused("lease_over", self.amina, "show", case)
        self.amina.sync()
        self.amina.show(case)
        noticed = {(row["what"], row["name"]) for row in self.hub.call("notice", "list")["list"]}
        self.assertIn(("reopened", "amina"), noticed)
        self.assertIn(("gave_code", "khadija"), noticed)
        self.sync_all(self.amina, khadija)
        self.assertEqual(khadija.show(saved["case"])["case"], saved["case"])

    def test_the_region_says_how_long(self):
        self.refused("out_of_range", self.office.region, "lease", "--days", "-1")
        self.refused("not_allowed", self.hub, "lease", "--days", "3")
        self.office.region.call("lease", "--days", "3")
        self.sync_all(self.amina)
        self.assertEqual(self.hub.call("lease")["days"], 3)
        self.assertEqual(self.amina.call("status")["lease"]["days"], 3)
        self.amina.clock_offset_ms = 4 * DAY_MS
        self.refused("lease_over", self.amina, "list")
        self.office.region.call("lease", "--days", "0")
        self.sync_all(self.amina)
        self.amina.clock_offset_ms = 400 * DAY_MS
        self.amina.call("list")


if __name__ == "__main__":
    unittest.main(verbosity=2)
