"""Photographs on the real programs: taken up and down both hops, cut in the middle, within a budget,
to whom they are granted and to nobody else."""

import hashlib
import subprocess
import time
import unittest

import picture
from office import COMMAND_TIMEOUT_S, PROJECT, Refused, end_with_parent, unsealed
from office_case import OfficeCase
from xlsx import pack

TABANT = "05.081.03.09"
AIT_MHAMED = "05.081.03.07"
CHUNK = 65536
HEAD = 1024  # envelope, line and answer around a piece


def held(server):
    """Bytes that a server has of attachments: (in part, whole)."""
    with unsealed(server.home) as connection:
        (part,) = connection.execute("SELECT coalesce(sum(have), 0) FROM blob_part").fetchone()
        (whole,) = connection.execute(
            "SELECT coalesce(sum(size), 0) FROM blob WHERE giver IS NOT NULL").fetchone()
        return part, whole


class Attachments(OfficeCase):
    def setUp(self):
        super().setUp()
        self.hub = self.office.hub("azilal", "05.081")

    def worker(self, name, scopes=(TABANT,), compartments=("base",)):
        person = self.office.person(name.title(), "worker", scopes, compartments,
                                    ("read", "write"))
        self.hub.uplink()
        return self.office.device(name, self.hub, scopes, compartments, person)

    def household(self, device, place=TABANT):
        return device.new("register_household", place=place, head_name_ar="عائشة أيت علي")["case"]

    def photograph(self, name="photo.jpg", width=1600, height=1200, seed=1):
        path = self.office.folder / name
        path.write_bytes(picture.photograph(width, height, seed))
        return name

    def got(self, device, case, prop="house_photo", *more):
        device.call("attachment", "get", case, prop, "-o", "got.jpg", *more)
        return (self.office.folder / "got.jpg").read_bytes()

    def refused(self, error, node, *words):
        with self.assertRaises(Refused) as caught:
            node.call(*words)
        self.assertEqual(caught.exception.error, error, caught.exception)
        return caught.exception

    def begun(self, node, *words):
        """A command that runs beside the test."""
        return subprocess.Popen(node.line("--json", *words), stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                cwd=self.office.folder, env=node.environment(),
                                preexec_fn=end_with_parent)

    def wait_for_part(self, server, process, more_than):
        """Until the server holds more than so many bytes of an attachment, and not all."""
        end = time.monotonic() + COMMAND_TIMEOUT_S
        while time.monotonic() < end and process.poll() is None:
            part, _ = held(server)
            if part > more_than:
                return part
        return 0

    # ---- the way

    def test_a_photograph_goes_both_hops_and_comes_down_small_then_whole(self):
        amina, brahim = self.worker("amina"), self.worker("brahim")
        case = self.household(amina)
        attached = amina.call("attach", case, "house_photo", self.photograph())
        self.assertTrue(attached["cleaned"])
        self.assertEqual(amina.call("status")["files"]["send"]["count"], 2)
        result = amina.sync()
        self.assertEqual((result["sent"] > 0, result["files_sent"]), (True, 2))
        self.assertEqual(amina.call("status")["files"]["send"]["count"], 0)
        self.assertEqual(self.hub.call("uplink", "status")["files"], 2)
        self.hub.uplink()
        self.assertEqual(self.hub.call("uplink", "status")["files"], 0)
        self.assertEqual(held(self.office.region)[1], attached["size"] + attached["thumb_size"])
        # The small copy comes by itself, the whole one when it was asked for.
        self.assertEqual(brahim.sync()["files_received"], 1)
        self.assertEqual(len(self.got(brahim, case, "house_photo", "--thumb")),
                         attached["thumb_size"])
        self.refused("not_here", brahim, "attachment", "get", case, "house_photo", "-o", "x.jpg")
        self.assertEqual(brahim.call("status")["files"]["fetch"]["count"], 1)
        self.assertEqual(brahim.sync()["files_received"], 1)
        whole = self.got(brahim, case)
        self.assertEqual(whole, self.got(amina, case))
        self.assertEqual(len(whole), attached["size"])
        self.assertNotIn(b"GPSPOSITION", whole)
        # Nothing new is still one request.
        self.assertEqual(amina.sync()["requests"], 1)

    def test_a_project_keeps_where_its_photograph_was_taken(self):
        self.office.region.call("form", "add", pack(PROJECT / "schema" / "forms" / "register_project",
                                                    self.office.folder / "project.xlsx"))
        amina = self.worker("amina")
        case = self.household(amina)
        person = amina.new("register_person", parent=case, name_ar="عائشة", sex="f")["case"]
        answers = ["1", "5", "", "", "1", "2026-11-01", *[""] * 7, ":s"]  # bees, an idea yet
        amina.text("fill", "register_project", "--parent", case, input="".join(f"{one}\n" for one in answers))
        project, = (one["case"] for one in amina.call("list", "project")["records"])
        self.assertEqual(amina.value(project, "holder"), amina.show(person)["id"])
        amina.call("attach", project, "works_photo", self.photograph(width=64, height=64))
        self.assertIn(b"GPSPOSITION", self.got(amina, project, "works_photo"))

    # ---- cuts; the photographs are large, so that there is time to cut

    def test_a_device_killed_in_the_middle_goes_on_where_it_was(self):
        amina = self.worker("amina")
        case = self.household(amina)
        size = amina.call("attach", case, "house_photo", self.photograph(width=3000, height=2000))["size"]
        process = self.begun(amina, "sync")
        before = self.wait_for_part(self.hub, process, 3 * CHUNK)
        process.kill()
        process.communicate()
        self.assertGreater(before, 0, "it was through before it could be cut")
        before = held(self.hub)[0]
        result = amina.sync()
        self.assertLess(result["file_bytes"], size - before + CHUNK + HEAD * (size // CHUNK + 4))
        self.assertEqual(held(self.hub)[0], 0)
        self.assertEqual(self.copy_at(self.hub), hashlib.blake2b(self.got(amina, case), digest_size=32).digest())

    def test_a_hub_killed_in_the_middle_goes_on_where_it_was(self):
        amina = self.worker("amina")
        case = self.household(amina)
        size = amina.call("attach", case, "house_photo", self.photograph(width=3000, height=2000))["size"]
        process = self.begun(amina, "sync")
        before = self.wait_for_part(self.hub, process, 3 * CHUNK)
        self.hub.kill()
        self.assertGreater(before, 0, "it was through before it could be cut")
        before = held(self.hub)[0]
        self.hub.start()
        process.communicate()
        amina.sync()
        self.assertGreaterEqual(before, 3 * CHUNK)
        self.assertEqual(held(self.hub), (0, held(self.hub)[1]))
        self.assertGreaterEqual(held(self.hub)[1], size)
        self.assertEqual(self.copy_at(self.hub), hashlib.blake2b(self.got(amina, case), digest_size=32).digest())

    def test_the_region_killed_in_the_middle_goes_on_where_it_was(self):
        region = self.office.region
        amina = self.worker("amina")
        case = self.household(amina)
        size = amina.call("attach", case, "house_photo", self.photograph(width=3000, height=2000))["size"]
        amina.sync()
        process = self.begun(self.hub, "uplink", "sync")
        before = self.wait_for_part(region, process, 3 * CHUNK)
        region.kill()
        process.kill()
        process.communicate()
        self.assertGreater(before, 0, "it was through before it could be cut")
        before = held(region)[0]
        region.start()
        result = self.hub.uplink()
        self.assertLess(result["bytes_sent"], size - before + CHUNK + 4096
                        + HEAD * (size // CHUNK + 4))
        self.assertEqual(self.copy_at(region), hashlib.blake2b(self.got(amina, case), digest_size=32).digest())

    def copy_at(self, server):
        """The hash of the largest file that a server keeps, which it compared with the bytes."""
        with unsealed(server.home) as connection:
            (digest,) = connection.execute("SELECT hash FROM blob WHERE giver IS NOT NULL"
                                           " ORDER BY size DESC").fetchone()
            return digest

    # ---- who may, how much

    def test_nobody_reads_a_photograph_of_a_commune_that_is_not_granted(self):
        amina = self.worker("amina", (TABANT, AIT_MHAMED))
        brahim = self.worker("brahim", (AIT_MHAMED,))
        case = self.household(amina)
        amina.call("attach", case, "house_photo", self.photograph(width=320, height=240))
        value = amina.value(case, "house_photo")
        amina.sync()
        self.assertEqual(brahim.sync()["files_received"], 0)
        self.refused("not_found", brahim, "attachment", "get", case, "house_photo", "-o", "x.jpg")
        # He learns the hash and writes it into a record of his own.
        own = self.household(brahim, AIT_MHAMED)
        brahim.call("edit", own, "-", input={"house_photo": value})
        self.refused("not_here", brahim, "attachment", "get", own, "house_photo", "-o", "x.jpg")
        for _ in range(2):
            self.assertEqual(brahim.sync()["files_received"], 0)
        self.refused("not_here", brahim, "attachment", "get", own, "house_photo", "-o", "x.jpg")

    def test_a_budget_holds_for_photographs_and_never_for_records(self):
        amina = self.worker("amina")
        case = self.household(amina)
        size = amina.call("attach", case, "house_photo", self.photograph())["size"]
        result = amina.call("sync", "--max-data", "0")
        self.assertGreater(result["sent"], 0)
        self.assertEqual((result["file_bytes"], result["files_left"]), (0, True))
        syncs = 0
        while amina.call("status")["files"]["send"]["count"]:
            result = amina.call("sync", "--max-data", "512K")
            self.assertLessEqual(result["file_bytes"], 512 * 1024)
            syncs += 1
        self.assertEqual(syncs, -(-size // (512 * 1024 - 9 * HEAD)))
        self.refused("bad_value", amina, "sync", "--max-data", "2 lorries")

    def test_space_is_freed_once_the_regions_backup_has_it(self):
        amina = self.worker("amina")
        case = self.household(amina)
        size = amina.call("attach", case, "house_photo", self.photograph())["size"]
        amina.sync()
        self.hub.uplink()
        self.assertEqual(amina.call("attachment", "drop", "--stable")["count"], 0)
        self.office.region.call("backup")
        self.hub.uplink()
        for _ in range(2):
            amina.sync()
        self.assertEqual(amina.call("status")["files"]["safe"], {"count": 1, "bytes": size})
        dropped = amina.call("attachment", "drop", "--stable")
        self.assertEqual((dropped["count"], dropped["bytes"]), (1, size))
        self.refused("not_here", amina, "attachment", "get", case, "house_photo", "-o", "x.jpg")
        self.assertEqual(amina.sync()["files_received"], 1)
        self.assertEqual(len(self.got(amina, case)), size)

    def test_an_export_has_its_photographs_beside_it(self):
        amina = self.worker("amina")
        case = self.household(amina)
        amina.call("attach", case, "house_photo", self.photograph())
        amina.sync()
        answers = self.hub.answers("export", "household", "--format", "csv", "-o", "h.csv",
                                   "--attachments", "pictures")
        self.assertEqual((answers[-1]["files"], answers[-1]["missing"]), (1, 0))
        (path,) = (self.office.folder / "pictures").iterdir()
        self.assertIn(path.name, (self.office.folder / "h.csv").read_text())
        self.assertEqual(path.read_bytes(), self.got(amina, case))
        # What the region doesn't have yet is counted, not invented.
        self.hub.stop()
        self.assertEqual(self.office.region.answers(
            "export", "household", "--format", "json", "-o", "r.json", "--attachments", "none")[-1],
            {"files": 0, "missing": 0})


if __name__ == "__main__":
    unittest.main()
