"""The conversation carried by hand, on the real programs: no network between who writes and reads."""

import os
import pathlib
import pty
import select
import subprocess
import unittest

import picture
import second_client_bundle as bundle
from office import Device, Refused, Server
from office_case import OfficeCase
from second_client import Client, b64, hash256, unb64

TABANT = "05.081.03.09"


class Bundles(OfficeCase):
    def setUp(self):
        super().setUp()
        self.stick = pathlib.Path(self.office.folder) / "stick"
        self.stick.mkdir()

    def worker(self, name, hub):
        person = self.office.person(name.title(), "worker", (TABANT,), ("base",), ("read", "write"))
        hub.uplink()
        return self.office.device(name, hub, (TABANT,), ("base",), person)

    def household(self, device, name="عائشة أيت علي"):
        return device.new("register_household", place=TABANT, head_name_ar=name,
                          phone="0661234567", members=6)["case"]

    def export(self, node, to=None, *more):
        return node.call("bundle", "export", self.stick, *(("--to", to) if to else ()), *more)["file"]

    def take(self, node, *files):
        return node.answers("bundle", "import", *files)

    def refused(self, error, node, *words):
        with self.assertRaises(Refused) as caught:
            node.call(*words)
        self.assertEqual(caught.exception.error, error, caught.exception)

    def watched(self, node, *words):
        """What a person sees of it on a terminal, beside the answer."""
        reader, terminal = pty.openpty()
        done = subprocess.run(node.line("bundle", *words), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=terminal, cwd=self.office.folder,
                              env=node.environment(), check=True, timeout=60)
        seen = b""
        while select.select([reader], [], [], 0)[0]:
            seen += os.read(reader, 4096)
        os.close(terminal)
        os.close(reader)
        return done.stdout.decode(), seen.decode()

    def test_progress_is_shown_on_a_terminal(self):
        hub = self.office.hub("azilal", "05.081")
        amina = self.worker("amina", hub)
        self.household(amina)
        for writes, reads, name, to in ((amina, hub, "up", ()), (hub, amina, "down", ("--to", "A01"))):
            file = self.stick / f"{name}.douar"
            for node, words in ((writes, ("export", file, *to)), (reads, ("import", file))):
                answer, seen = self.watched(node, *words)
                self.assertRegex(seen, r"\d+ of (\d+|\?) bytes")
                self.assertTrue(seen.endswith("\r\x1b[K"), seen)  # nothing of it stays
                self.assertIn(f"{name}.douar", answer)
        # In a pipe or with --json there is none.
        written = hub.run("bundle", "export", self.stick / "piped.douar", "--to", "A01")
        self.assertEqual((written.status, written.err), (0, ""))
        answer, seen = self.watched(hub, "export", self.stick / "json.douar", "--to", "A01", "--json")
        self.assertEqual(seen, "")

    def test_a_month_by_stick(self):
        hub = self.office.hub("azilal", "05.081")
        amina, brahim = self.worker("amina", hub), self.worker("brahim", hub)
        hub.stop()
        self.office.region.stop()
        case = self.household(amina)
        photo = self.photograph(amina, case)
        ask = self.export(amina)
        self.assertRegex(pathlib.Path(ask).name, r"^A01-A-\d{8}-\d{6}\.douar$")
        self.assertGreater(amina.call("status")["ops"]["here"], 0)
        self.take(hub, ask)
        self.take(amina, self.export(hub, "A01"))
        self.assertEqual(amina.call("status")["ops"]["here"], 0)
        self.take(brahim, self.export(hub, "A02"))
        self.assertEqual(brahim.value(case, "phone"), "0661234567")
        self.assertEqual(brahim.call("status")["files"]["fetch"]["count"], 1)  # its small copy
        # Both change it, and neither has met the other.
        brahim.edit(case, phone="0662000000")
        amina.edit(case, phone="0663111111")
        with self.assertRaises(Refused):  # the whole one is wanted from now on
            self.got(brahim, case)
        self.take(hub, self.export(amina), self.export(brahim))
        self.take(amina, self.export(hub, "A01"))
        self.assertEqual(len(amina.call("disputes")["disputes"]), 1)
        # The whole province goes to the region the same way, and its backup makes it safe.
        self.take(self.office.region, self.export(hub))
        self.office.region.call("backup")
        self.take(hub, self.export(self.office.region, "A"))
        (taken,) = self.take(brahim, self.export(hub, "A02"))
        self.assertEqual(taken["files"], 2)
        self.assertEqual(len(self.got(brahim, case)), photo["size"])
        self.take(amina, self.export(hub, "A01"))
        self.assertEqual(amina.call("status")["ops"]["province"], 0)
        # A last round, and the photograph is known to be safe as well.
        self.take(self.office.region, self.export(hub))
        self.take(hub, self.export(self.office.region, "A"))
        self.take(hub, self.export(amina))
        self.take(amina, self.export(hub, "A01"))
        self.assertEqual(amina.call("attachment", "drop", "--stable")["count"], 1)
        sums = [node.digest() for node in (amina, brahim, hub, self.office.region)]
        for key in sums[0]:
            self.assertEqual({str(one[key]) for one in sums if key in one}, {str(sums[0][key])}, key)
        # By network nothing is left to say.
        hub.start()
        result = amina.sync()
        self.assertEqual((result["sent"], result["received"]), (0, 0))

    def photograph(self, device, case, width=1600):
        path = self.office.folder / "photo.jpg"
        path.write_bytes(picture.photograph(width, width * 3 // 4, 1))
        return device.call("attach", case, "house_photo", path)

    def got(self, device, case):
        path = self.office.folder / "got.jpg"
        device.call("attachment", "get", case, "house_photo", "-o", path)
        data = path.read_bytes()
        path.unlink()
        return data

    def test_a_photograph_larger_than_the_stick(self):
        hub = self.office.hub("azilal", "05.081")
        amina = self.worker("amina", hub)
        hub.stop()
        case = self.household(amina)
        size = self.photograph(amina, case, 3000)["size"]
        carried = []
        while not carried or amina.call("status")["files"]["send"]["count"] > 0:
            self.assertLess(len(carried), 12, carried)
            written = amina.call("bundle", "export", self.stick, "--max-data", "1M")
            (taken,) = self.take(hub, written["file"])
            self.assertEqual(taken["file_bytes"], written["file_bytes"])
            self.take(amina, self.export(hub, "A01", "--max-data", "1M"))
            carried.append(written["file_bytes"])
        self.assertGreater(len(carried), 2)
        self.assertGreaterEqual(sum(carried), size)
        self.assertLess(sum(carried), size + 65536)  # nothing of it went twice

    def test_late_double_and_out_of_order(self):
        hub = self.office.hub("azilal", "05.081")
        amina = self.worker("amina", hub)
        first = self.household(amina)
        one = amina.call("bundle", "export", self.stick / "one")["file"]
        second = self.household(amina, "رشيد")
        two = amina.call("bundle", "export", self.stick / "two")["file"]
        self.take(hub, two, one, two, one)
        answer = hub.call("bundle", "export", self.stick / "answer", "--to", "A01")["file"]
        self.household(amina, "فاطمة")
        amina.sync()  # by network, and it knows more
        self.assertTrue(self.take(amina, answer, answer)[-1]["old"])
        self.assertEqual(amina.call("status")["ops"]["here"], 0)
        for case in (first, second):
            self.assertEqual(hub.call("show", case)["case"], case)
        self.assertEqual(amina.digest().items() <= hub.digest().items(), True)

    def test_second_client_reads_and_writes_bundles(self):
        hub = self.office.hub("azilal", "05.081")
        amina = self.worker("amina", hub)
        person = self.office.person("Itto", "worker", (TABANT,), ("base",), ("read", "write"))
        hub.uplink()
        client = Client("Itto")
        client.enrol(hub.invite("worker", [TABANT], ["base"], person))
        client.sync()
        known = len(client.records.ops)
        case = self.household(amina)
        amina.sync()
        answer = pathlib.Path(self.export(hub, client.short)).read_bytes()
        head, rows = bundle.take_answers(client, answer)
        self.assertEqual(head["feeds"], [])  # it never wrote a bundle: all there is
        self.assertGreater(rows, known)
        (entity,) = client.records.entities("household")
        self.assertEqual(client.records.shown(entity, "_case"), case)
        self.assertEqual(client.sync(), 0)  # the network has nothing to add
        # And what it writes, the hub takes; the answer begins where it stood, and acknowledges.
        mine = client.create_household(TABANT, {"head_name_ar": "إيتو", "members": 3})
        ask = self.stick / "ask"
        ask.write_bytes(bundle.write_asks(client))
        (taken,) = self.take(hub, ask)
        self.assertEqual(taken["received"], len(client.ops))
        self.assertEqual(hub.call("show", mine)["id"], mine)
        answer = pathlib.Path(self.export(hub, client.short)).read_bytes()
        head, _ = bundle.take_answers(client, answer)
        self.assertEqual(head["re"], client.bundle_id)
        self.assertEqual(client.acked, len(client.ops))
        self.assertTrue(head["feeds"])
        # Files: it puts one, wants another, and is told.
        photo = picture.photograph(64, 48, 7)
        mine_photo = {"hash": b64(hash256(photo)), "size": len(photo), "mime": "image/jpeg"}
        client.write(mine, "household", {"house_photo": mine_photo})
        theirs = self.photograph(amina, case)
        amina.sync()
        value = amina.value(case, "house_photo")
        ask = self.stick / "files"
        ask.write_bytes(bundle.write_asks(client, [photo], [(value["hash"], value["size"], 0)]))
        (taken,) = self.take(hub, ask)
        self.assertEqual((taken["files"], taken["file_bytes"]), (1, len(photo)))
        answer = pathlib.Path(self.export(hub, client.short)).read_bytes()
        bundle.take_answers(client, answer)
        self.assertEqual(client.told[(mine_photo["hash"], len(photo))], (len(photo), 0))
        self.assertEqual(len(client.files[(value["hash"], value["size"])]), theirs["size"])
        for at in (0, 12, 20, 40, 70, 100, len(answer) // 2, len(answer) - 1):
            with self.assertRaises(Exception):
                bundle.take_answers(client, answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1:])

    # ---- first enrolment

    def test_a_tablet_is_enrolled_by_stick(self):
        hub = self.office.hub("azilal", "05.081")
        amina = self.worker("amina", hub)
        case = self.household(amina)
        amina.sync()
        person = self.office.person("Itto", "worker", (TABANT,), ("base",), ("read", "write"))
        hub.uplink()
        code = hub.invite("worker", [TABANT], ["base"], person)
        hub.stop()
        itto = Device(self.office, "itto")
        self.office.devices.append(itto)
        itto.call("init")
        written = itto.call("enrol", code, "--bundle", self.stick)
        self.assertFalse(itto.call("whoami")["enrolled"])
        self.refused("not_enrolled", itto, "bundle", "export", self.stick)
        self.refused("bundle_elsewhere", amina, "bundle", "import", written["file"])
        (taken,) = self.take(hub, written["file"])
        self.assertEqual(taken["enrolled"], "A02")
        answer = self.export(hub, "A02")
        self.refused("bundle_elsewhere", amina, "bundle", "import", answer)
        (first,) = self.take(itto, answer)
        self.assertEqual(first["short"], "A02")
        self.assertEqual(itto.value(case, "phone"), "0661234567")
        # It works, by stick and then by network; the same answer again is nothing new.
        mine = self.household(itto, "إيتو")
        self.take(itto, answer)
        self.take(hub, self.export(itto))
        self.assertEqual(hub.call("show", mine)["case"], mine)
        self.take(itto, self.export(hub, "A02"))
        self.assertEqual(itto.call("status")["ops"]["here"], 0)
        hub.start()
        result = itto.sync()
        self.assertEqual((result["sent"], result["received"]), (0, 0))
        # The code counted once.
        other = Device(self.office, "other")
        self.office.devices.append(other)
        other.call("init")
        late = other.call("enrol", code, "--bundle", self.stick / "late")["file"]
        self.refused("code_used", hub, "bundle", "import", late)

    def test_a_hub_is_enrolled_by_stick(self):
        hub = Server(self.office, "azilal")
        self.office.servers.append(hub)
        hub.init("hub", "azilal")
        code = self.office.region.invite("hub", ["05.081"])
        written = hub.call("uplink", "set", code, "--bundle", self.stick)
        (taken,) = self.take(self.office.region, written["file"])
        self.assertEqual(taken["enrolled"], "A")
        self.take(hub, self.export(self.office.region, "A"))
        hub.start()
        amina = self.worker("amina", hub)  # its uplink works by network, too
        case = self.household(amina)
        amina.sync()
        self.take(self.office.region, self.export(hub))
        self.assertEqual(self.office.region.call("show", case)["case"], case)

    def test_second_client_is_enrolled_by_stick(self):
        hub = self.office.hub("azilal", "05.081")
        amina = self.worker("amina", hub)
        case = self.household(amina)
        amina.sync()
        person = self.office.person("Itto", "worker", (TABANT,), ("base",), ("read", "write"))
        hub.uplink()
        client = Client("Itto")
        ask = self.stick / "ask"
        ask.write_bytes(bundle.write_enrolment(client, hub.invite("worker", [TABANT], ["base"],
                                                                  person)))
        (taken,) = self.take(hub, ask)
        answer = pathlib.Path(self.export(hub, taken["enrolled"])).read_bytes()
        with self.assertRaises(Exception):
            bundle.take_answers(client, answer, bytes(amina.home.name.encode().ljust(32)))
        bundle.take_answers(client, answer, unb64(client.code["k"], 32))
        (entity,) = client.records.entities("household")
        self.assertEqual(client.records.shown(entity, "_case"), case)
        client.create_household(TABANT, {"head_name_ar": "إيتو", "members": 3})
        self.assertEqual(client.sync(), 0)
        self.assertEqual(client.acked, len(client.ops))

    def test_what_is_refused(self):
        hub = self.office.hub("azilal", "05.081")
        amina, brahim = self.worker("amina", hub), self.worker("brahim", hub)
        self.household(amina)
        ask = pathlib.Path(self.export(amina))
        whole = ask.read_bytes()
        self.assertNotIn("عائشة".encode(), whole)
        self.refused("bundle_elsewhere", brahim, "bundle", "import", ask)
        self.refused("bundle_elsewhere", self.office.region, "bundle", "import", ask)
        cut = self.stick / "cut"
        for size in (0, 5, 13, 100, len(whole) - 1):
            cut.write_bytes(whole[:size])
            self.refused("bad_format" if size < 13 else "bundle_damaged", hub, "bundle", "import",
                         cut)
        for at in (13, 30, 70, 100, 200, len(whole) - 70, len(whole) - 1):
            cut.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.refused("bundle_damaged", hub, "bundle", "import", cut)
        self.refused("exists", amina, "bundle", "export", ask)
        hub.call("node", "revoke", "A01")

    def test_revoked_device_is_heard_by_stick_and_locked_by_the_answer(self):
        hub = self.office.hub("azilal", "05.081")
        amina = self.worker("amina", hub)
        case = self.household(amina)
        ask = self.export(amina)
        hub.call("node", "revoke", "A01")
        self.assertEqual(hub.call("bundle", "import", ask)["aside"], 1)
        self.assertEqual([row["why"] for row in hub.call("quarantine", "list")["list"]], ["revoked"])
        amina.show(case)
        answer = self.export(hub, "A01")
        self.refused("revoked", amina, "bundle", "import", answer)
        self.refused("revoked", amina, "show", case)
        hub.call("quarantine", "accept", "1", "--reason", "Amina brought it herself", "--person",
                 "Amina")
        self.assertEqual(hub.call("show", case)["case"], case)


if __name__ == "__main__":
    unittest.main()
