"""Every way back, on the real programs: devices copied and put back, hubs and regions lost."""

import shutil
import unittest

from office import Device, Refused
from office_case import OfficeCase

TABANT = "05.081.03.09"

UNSURE = "sealed with another key, or damaged"


class Back(OfficeCase):
    def setUp(self):
        super().setUp()
        self.hub = self.office.hub("azilal", "05.081")

    def worker(self, name, role="worker"):
        person = self.office.person(name.title(), role, (TABANT,))
        self.hub.uplink()
        return self.office.device(name, self.hub, (TABANT,), ("base",), person)

    def household(self, device, **answers):
        given = {"head_name_ar": "عائشة أيت علي", "phone": "0661234567", "members": 6, **answers}
        return device.new("register_household", place=TABANT, **given)["case"]

    def copy_of(self, device, name):
        """The home folder, copied while nobody works in it."""
        shutil.copytree(device.home, self.office.folder / name)
        twin = Device(self.office, name)
        self.office.devices.append(twin)
        return twin

    def sync_all(self, *devices, rounds=3):
        for _ in range(rounds):
            for device in devices:
                device.sync()
            self.hub.uplink()

    def assert_equal_digests(self, *nodes):
        key = (TABANT, "base")
        for node in nodes:
            self.assertEqual(node.digest()[key], self.office.region.digest()[key], node.name)

    def notices(self, node):
        return {(row["what"], row["name"]) for row in node.call("notice", "list")["list"]}

    def test_device_put_back_from_an_old_copy_loses_nothing_that_it_sent(self):
        amina = self.worker("amina")
        first = self.household(amina)
        amina.sync()
        old = amina.home.with_name("amina-old")
        shutil.copytree(amina.home, old)
        second = self.household(amina, head_name_ar="يطو")
        amina.sync()
        for name in ("douar.db", "douar.db-wal", "douar.db-shm"):
            (amina.home / name).unlink(missing_ok=True)
        shutil.copy(old / "douar.db", amina.home / "douar.db")
        third = self.household(amina, head_name_ar="حادة")
        self.sync_all(amina)
        self.assertEqual(len({first, second, third}), 3)
        for case in (first, second, third):
            self.assertEqual(amina.show(case)["case"], case)
        self.assertIn(("put_back", "amina"), self.notices(self.hub))
        self.assert_equal_digests(amina, self.hub)
        for node in (amina, self.hub, self.office.region):
            node.call("check")

    def lose_after_a_backup(self, server, *devices):
        """Work that the server had and loses; its author's device is lost as well."""
        gone, stays = devices
        self.household(stays, head_name_ar="يطو")
        self.sync_all(gone, stays)
        backup = server.call("backup")["file"]
        case = self.household(gone, head_name_ar="حادة")
        own = self.household(stays, head_name_ar="رقية")
        gone.sync()
        stays.sync()
        return backup, case, own

    def test_restored_hub_gets_what_it_lost_from_devices(self):
        gone, stays = self.worker("amina"), self.worker("brahim")
        backup, case, own = self.lose_after_a_backup(self.hub, gone, stays)
        with self.assertRaises(Refused) as caught:
            self.hub.call("restore", backup)
        self.assertEqual(caught.exception.error, "in_use")
        self.hub.stop()
        answer = self.hub.call("restore", backup)
        self.assertTrue((self.office.folder / answer["aside"]).exists())
        self.hub.start()
        self.assertEqual(len(self.hub.call("list", "household")["list"]), 1)
        self.sync_all(stays)
        for node in (self.hub, self.office.region):
            cases = {row["case"] for row in node.call("list", "household")["list"]}
            self.assertLessEqual({case, own}, cases, node.name)
        self.assertLessEqual({("epoch_restored", "azilal"), ("adopted", "brahim")},
                             self.notices(self.hub))
        self.assertIn("unverified", {row["why"] for row in
                                     self.hub.call("review", "list", "--flags")["list"]})
        self.assert_equal_digests(stays, self.hub)
        self.sync_all(gone)  # it was only away
        self.assertEqual(self.hub.call("review", "list", "--flags")["list"], [])
        self.assert_equal_digests(gone, stays, self.hub)
        for node in (gone, stays, self.hub, self.office.region):
            node.call("check")

    def test_database_put_back_under_a_hub_is_noticed_and_said(self):
        gone, stays = self.worker("amina"), self.worker("brahim")
        backup, case, own = self.lose_after_a_backup(self.hub, gone, stays)
        self.hub.stop()
        for name in ("douar.db", "douar.db-wal", "douar.db-shm"):
            (self.hub.home / name).unlink(missing_ok=True)
        shutil.copy(self.office.folder / backup, self.hub.home / "douar.db")
        said = self.hub.run("notice", "list")
        self.assertIn("put back from an older copy", said.err + said.out)
        self.hub.start()
        self.sync_all(stays)
        cases = {row["case"] for row in self.office.region.call("list", "household")["list"]}
        self.assertLessEqual({case, own}, cases)
        self.assertIn(("epoch_noticed", "azilal"), self.notices(self.hub))
        self.assert_equal_digests(stays, self.hub)

    def test_region_restored_from_last_night_gets_everything_from_its_hubs(self):
        gone, stays = self.worker("amina"), self.worker("brahim")
        region = self.office.region
        backup, case, own = self.lose_after_a_backup(region, gone, stays)
        self.hub.uplink()
        self.assertEqual(len(region.call("list", "household")["list"]), 3)
        region.stop()
        region.call("restore", backup)
        region.start()
        self.assertEqual(len(region.call("list", "household")["list"]), 1)
        self.hub.uplink()
        cases = {row["case"] for row in region.call("list", "household")["list"]}
        self.assertLessEqual({case, own}, cases)
        self.assertIn(("server_anew", region.call("node", "list")["list"][0]["name"]),
                      self.notices(self.hub))
        self.assert_equal_digests(stays, self.hub)
        # The next backup makes it stable again, from its older number on.
        region.call("backup")
        self.sync_all(stays)
        self.assertEqual(stays.show(own)["custody"], "region")
        for node in (stays, self.hub, region):
            node.call("check")

    def test_hub_whose_disk_is_lost_is_replaced_and_refilled(self):
        gone, stays = self.worker("amina"), self.worker("brahim")
        first = self.household(stays)
        self.sync_all(gone, stays)
        case = self.household(gone, head_name_ar="حادة")
        own = self.household(stays, head_name_ar="رقية")
        gone.sync()
        stays.sync()
        self.hub.kill()
        shutil.rmtree(self.hub.home)
        self.office.region.call("node", "revoke", "azilal")
        self.hub = self.office.hub("azilal-2", "05.081")
        self.assertEqual(len(self.hub.call("list", "household")["list"]), 1)
        stays.call("enrol", self.hub.invite("worker", (TABANT,), ("base",), "Brahim"))
        self.sync_all(stays)
        for node in (self.hub, self.office.region):
            cases = {row["case"] for row in node.call("list", "household")["list"]}
            self.assertEqual(cases, {first, case, own}, node.name)
        self.assert_equal_digests(stays, self.hub)
        self.assertEqual([server["chosen"] for server in stays.call("status")["servers"]],
                         [False, True])
        short = stays.call("whoami")["short"]
        self.assertTrue(own.startswith(short))
        gone.call("enrol", self.hub.invite("worker", (TABANT,), ("base",), "Amina"))
        self.sync_all(gone, stays)
        self.assert_equal_digests(gone, stays, self.hub)
        for node in (gone, stays, self.hub, self.office.region):
            node.call("check")

    def test_what_is_no_backup_of_this_office_is_not_restored(self):
        region = self.office.region
        backup = self.office.folder / region.call("backup")["file"]
        self.hub.stop()
        text = self.office.folder / "notes.txt"
        text.write_text("no database")
        bare = self.office.folder / "bare.db"  # copied by hand, without its keys
        shutil.copy(backup, bare)
        own = self.office.folder / self.hub.call("backup")["file"]
        spoilt = bytearray(own.read_bytes())
        spoilt[5000] ^= 1
        for file, error, why in ((backup, "not_allowed", None), (text, "database_damaged", UNSURE),
                                 (bare, "database_damaged", UNSURE),
                                 (self.office.folder / "absent.db", "file", None),
                                 (own, "database_damaged", None)):
            if file == own:  # whose it is isn't in doubt, only whether it is whole
                own.write_bytes(spoilt)
            with self.assertRaises(Refused) as caught:
                self.hub.call("restore", file)
            self.assertEqual(caught.exception.error, error, file)
            if error == "database_damaged":
                self.assertEqual(caught.exception.args_given[1] == UNSURE, why == UNSURE, file)
        self.hub.start()
        self.hub.uplink()
        self.assertFalse((self.hub.home / "restore.db").exists())

    def test_office_is_restored_on_another_machine(self):
        """All that is left of the hub's machine is its backup, on a stick."""
        device = self.worker("amina")
        case = self.household(device)
        self.sync_all(device)
        stick = self.office.folder / "stick"
        stick.mkdir()
        self.hub.call("backup", stick / "hub.db")
        self.hub.kill()
        passphrase, pins = self.hub.passphrase, (self.hub.home / "tls" / "pins").read_bytes()
        shutil.rmtree(self.hub.home)
        words = stick / "words"
        words.write_text("somebody's guess at it\n")
        with self.assertRaises(Refused) as caught:
            self.hub.call("restore", stick / "hub.db", "--passphrase-file", words)
        self.assertEqual(caught.exception.error, "wrong_secret")
        self.assertFalse((self.hub.home / "douar.db").exists())
        words.write_text(passphrase + "\n")
        self.hub.call("restore", stick / "hub.db", "--passphrase-file", words)
        self.assertEqual((self.hub.home / "tls" / "pins").read_bytes(), pins)
        self.hub.start()  # under the same address, certificate and pins
        device.edit(case, members=8)
        self.sync_all(device)
        self.assert_equal_digests(device, self.hub)
        self.hub.call("check")

    def test_office_whose_passphrase_is_lost_too_is_restored_with_the_recovery_key(self):
        stick = self.office.folder / "stick"
        stick.mkdir()
        self.hub.call("backup", stick / "hub.db")
        self.hub.kill()
        self.hub.call("lock")
        shutil.rmtree(self.hub.home)
        recovery, words = self.office.region.home / "recovery.key", stick / "words"
        words.write_text("somebody's guess at it\n")
        restore = ("restore", stick / "hub.db", "--key", recovery, "--passphrase-file", words)
        with self.assertRaises(Refused) as caught:
            self.hub.call(*restore)
        self.assertEqual(caught.exception.error, "wrong_secret")
        words.write_text(self.office.region.recovery_passphrase + "\n")
        with self.assertRaises(Refused) as caught:
            self.hub.call("restore", self.office.folder / "absent.db", "--key", recovery)
        self.assertEqual(caught.exception.error, "file")
        made = self.hub.call(*restore)["passphrase"]
        self.hub.call("lock")
        words.write_text(self.hub.passphrase + "\n")
        with self.assertRaises(Refused):  # the lost one is of no use to who finds it
            self.hub.call("unlock", "--passphrase-file", words)
        words.write_text(made + "\n")
        self.hub.call("unlock", "--passphrase-file", words)
        self.hub.start()
        self.hub.call("check")

    def test_two_copies_of_a_device_both_go_on(self):
        amina = self.worker("amina")
        first = self.household(amina)
        amina.sync()
        amina.edit(first, members=7)
        twin = self.copy_of(amina, "twin")
        by_amina = self.household(amina, head_name_ar="يطو")
        by_twin = self.household(twin, head_name_ar="حادة")
        amina.edit(first, phone="0661111111")
        for _ in range(3):
            amina.sync()
            twin.sync()
            self.household(amina)
            self.household(twin)
        self.sync_all(amina, twin)
        self.assertEqual(len(self.office.region.call("list", "household")["list"]), 9)
        self.assert_equal_digests(amina, twin, self.hub)
        self.assertEqual(amina.value(first, "members"), 7)
        self.assertEqual(twin.value(first, "phone"), "0661111111")
        # Both gave the same number before they knew of each other; since then none twice.
        self.assertEqual(by_amina, by_twin)
        cases = [row["case"] for row in self.office.region.call("list", "household")["list"]]
        self.assertEqual(len(set(cases)), 8)
        self.assertEqual(self.notices(self.hub), {("put_back", "amina"), ("twice", "amina")})
        self.assertEqual(self.hub.call("stats")["notices"], 2)
        for node in (amina, twin, self.hub, self.office.region):
            node.call("check")


if __name__ == "__main__":
    unittest.main()
