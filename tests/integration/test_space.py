"""A disk that is full, on the real programs and a real file system that is small."""

import os
import subprocess
import unittest

import picture
from office import Refused
from office_case import OfficeCase

TABANT = "05.081.03.09"
MIB = 1024 * 1024
DISK = 40 * MIB


class Disk:
    """A file system of its own, mounted where a home will be."""

    def __init__(self, folder):
        self.folder = folder
        self.ballast = folder / "ballast"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", folder],
                       check=True, capture_output=True)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    def free(self):
        about = os.statvfs(self.folder)
        return about.f_bavail * about.f_frsize

    def fill(self, leave=0):
        """Somebody else's file takes all but `leave` bytes."""
        size = self.free() - leave
        if size > 0:
            with open(self.ballast, "ab") as file:
                os.posix_fallocate(file.fileno(), file.tell(), size)

    def empty(self):
        self.ballast.unlink()


class Space(OfficeCase):
    def disk(self, name):
        try:
            disk = Disk(self.office.folder / name)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            self.skipTest(f"a small disk can't be mounted here (it takes root): {error}")
        self.addCleanup(disk.unmount)
        return disk

    def device(self, name, server):
        person = self.office.person(name.title(), "worker", [TABANT], ["base"], ("read", "write"))
        if server is not self.office.region:
            server.uplink()
        return self.office.device(name, server, [TABANT], ["base"], person)

    def refused(self, error, node, *words):
        with self.assertRaises(Refused) as caught:
            node.call(*words)
        self.assertEqual(caught.exception.error, error, caught.exception)
        return caught.exception

    def household(self, device):
        return device.new("register_household", place=TABANT, head_name_ar="عائشة أيت علي")

    def test_saves_hold_on_a_full_disk_and_say_so(self):
        disk = self.disk("amina")
        amina = self.device("amina", self.office.region)
        self.assertEqual(amina.call("status")["space"]["reserve"], 4)
        disk.fill()
        self.assertEqual(disk.free(), 0)
        saved = self.household(amina)
        self.assertIn("disk is full", saved["space"]["message"])
        self.assertLess(saved["space"]["reserve"], 4)
        self.assertEqual(amina.value(saved["case"], "head_name_ar"), "عائشة أيت علي")
        said = amina.run("edit", saved["case"], "--set", "phone=0661234567")
        self.assertEqual(said.status, 0)
        self.assertIn("MiB are left on the disk", said.err)
        # What was saved can be sent, and once there is space the reserve is whole again.
        amina.sync()
        self.assertEqual(self.office.region.call("show", saved["id"])["case"], saved["case"])
        disk.empty()
        self.assertEqual(amina.call("status")["space"]["reserve"], 4)

    def test_whoever_takes_what_was_freed_finds_more_in_reserve(self):
        disk = self.disk("amina")
        amina = self.device("amina", self.office.region)
        cases = []
        disk.fill()
        with self.assertRaises(Refused) as caught:
            for _ in range(40):
                cases.append(self.household(amina)["case"])
                disk.fill()
        self.assertEqual(caught.exception.error, "storage_full")
        self.assertGreaterEqual(len(cases), 4)
        disk.empty()
        listed = [row["case"] for row in amina.call("list", "household")["records"]]
        self.assertEqual(sorted(listed), sorted(cases))
        self.assertEqual(amina.call("check")["findings"], [])
        self.household(amina)
        self.assertEqual(amina.call("status")["space"]["reserve"], 4)

    def test_photographs_and_what_others_did_wait_for_space(self):
        disk = self.disk("amina")
        amina = self.device("amina", self.office.region)
        brahim = self.device("brahim", self.office.region)
        case = self.household(amina)["case"]
        (self.office.folder / "photo.jpg").write_bytes(picture.photograph(1600, 1200, 1))
        other = self.household(brahim)["case"]
        brahim.call("attach", other, "house_photo", "photo.jpg")
        brahim.sync()
        disk.fill(leave=8 * MIB)
        self.refused("storage_full", amina, "attach", case, "house_photo", "photo.jpg")
        synced = amina.sync()
        self.assertIn("your work was sent", synced["space"]["message"])
        self.assertEqual(synced["files_received"], 0)
        self.assertEqual(amina.call("status")["space"]["reserve"], 4)
        self.assertEqual(amina.call("status")["ops"]["here"], 0)
        disk.empty()
        amina.sync()
        self.assertEqual(amina.show(other)["case"], other)
        amina.call("attach", case, "house_photo", "photo.jpg")

    def test_a_full_hub_refuses_devices_and_still_decides(self):
        disk = self.disk("azilal")
        hub = self.office.hub("azilal", "05.081")
        amina = self.device("amina", hub)
        said = self.office.person("Said", "supervisor", ["05.081"], ["base"],
                                  ("read", "write", "review"))
        hub.uplink()
        first, second = self.household(amina), self.household(amina)
        amina.sync()
        third = self.household(amina)
        disk.fill()
        refused = self.refused("office_full", amina, "sync")
        self.assertIn("saved here", refused.message)
        decided = hub.run("alias", first["case"], second["case"], "--reason", "same", "--person",
                          said)
        self.assertEqual(decided.status, 0, decided.err)
        self.assertIn("MiB are left", decided.err)
        disk.empty()
        amina.sync()
        self.assertEqual(hub.call("show", third["id"])["case"], third["case"])
        self.assertEqual(amina.show(second["case"])["id"], first["id"])
        self.assertEqual(hub.log.read_text().count("no room left"), 1, hub.log.read_text())


if __name__ == "__main__":
    unittest.main()
