"""The story that `./dev demo` tells, one step a test, on the real programs over loopback TLS."""

import csv
import json
import resource
import signal
import subprocess
import unittest

from office import COMMAND_TIMEOUT_S, Device, Refused, unsealed_bytes, unsealed_file
from office_case import OfficeCase

TABANT = "05.081.03.09"
AIT_MHAMED = "05.081.03.07"
AGOUDI = "05.081.03.01"
YEAR_MS = 365 * 86_400_000
HOUR_MS = 3_600_000
FILE_MAX = 40_000  # more than a database's shared memory


def no_large_files():
    """The kernel ends the process in the middle of what it writes, as kill -9 would."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MAX, FILE_MAX))


class Story(OfficeCase):
    # ---- what most steps begin with

    def azilal(self):
        return self.office.hub("azilal", "05.081")

    def worker(self, name, hub, scopes=(TABANT,), compartments=("base",), role="worker",
               verbs=("read", "write")):
        person = self.office.person(name.title(), role, scopes, compartments, verbs)
        hub.uplink()
        return self.office.device(name, hub, scopes, compartments, person)

    def household(self, device, place=TABANT, **answers):
        given = {"head_name_ar": "عائشة أيت علي", "head_name_fr": "Aïcha Aït Ali",
                 "phone": "0661234567", "members": 6, **answers}
        return device.new("register_household", place=place, **given)["case"]

    def two_devices_and_a_household(self):
        hub = self.azilal()
        amina = self.worker("amina", hub)
        brahim = self.worker("brahim", hub)
        case = self.household(amina)
        amina.sync()
        brahim.sync()
        return hub, amina, brahim, case

    def sync_all(self, *nodes, rounds=2):
        for _ in range(rounds):
            for node in nodes:
                node.sync() if hasattr(node, "sync") else node.uplink()

    def refused(self, error, node, *words):
        with self.assertRaises(Refused) as caught:
            node.call(*words)
        self.assertEqual(caught.exception.error, error, caught.exception)
        return caught.exception

    def shared_digests_are_equal(self, *nodes):
        """Every scope and compartment that two of the nodes hold has one sum; some must be shared."""
        seen = {}
        shared = set()
        for node in nodes:
            for key, sums in node.digest().items():
                if key in seen:
                    shared.add(key)
                    self.assertEqual(seen[key][0], sums, f"{key}: {seen[key][1]}, {node.name}")
                else:
                    seen[key] = (sums, node.name)
        self.assertTrue(shared)
        return shared

    # ---- the steps

    def test_offline_capture(self):
        hub = self.azilal()
        amina = self.worker("amina", hub)
        hub.stop()
        case = self.household(amina)
        self.assertEqual(amina.show(case)["custody"], "here")
        self.refused("network", amina, "sync")
        self.assertEqual(amina.show(case)["custody"], "here")
        hub.start()
        self.assertEqual(amina.sync()["sent"], 2)
        self.assertEqual(amina.show(case)["custody"], "province")
        self.assertEqual(hub.call("list", "household")["list"][0]["case"], case)
        hub.uplink()
        self.assertEqual(self.office.region.call("list", "household")["list"][0]["case"], case)

    def test_edits_of_different_properties_both_hold(self):
        hub, amina, brahim, case = self.two_devices_and_a_household()
        amina.edit(case, phone="0671000001")
        brahim.edit(case, water="well", needs="food heating")
        self.sync_all(amina, brahim, hub)
        for device in (amina, brahim):
            self.assertEqual(device.value(case, "phone"), "0671000001")
            self.assertEqual(device.value(case, "water"), "well")
            self.assertEqual(device.value(case, "needs"), ["food", "heating"])
            self.assertEqual(device.call("disputes")["disputes"], [])
        self.assertEqual(hub.call("review", "list")["list"], [])
        self.shared_digests_are_equal(amina, brahim, hub, self.office.region)

    def test_dispute_is_reviewed_and_the_answer_returns(self):
        hub, amina, brahim, case = self.two_devices_and_a_household()
        judge = self.office.person("Khadija", "supervisor", ["05.081"], ["base"],
                                   ["read", "write", "review"])
        hub.uplink()
        amina.edit(case, phone="0671000001")
        brahim.edit(case, phone="0672000002")
        self.sync_all(amina, brahim)
        for device in (amina, brahim):
            (phone,) = [one for one in device.show(case)["properties"]
                        if one["property"] == "phone"]
            self.assertTrue(phone["disputed"])
            self.assertEqual({one["value"] for one in phone["alternatives"]},
                             {"0671000001", "0672000002"})
        (row,) = hub.call("review", "list")["list"]
        self.assertEqual(row["case"], case)
        hub.call("review", "resolve", case, "phone", "--value", "0672000002", "--reason",
                 "appelé au 0672000002", "--person", judge)
        self.assertEqual(hub.call("review", "list")["list"], [])
        self.sync_all(amina, brahim, hub)
        for device in (amina, brahim):
            self.assertEqual(device.value(case, "phone"), "0672000002")
            self.assertEqual(device.call("disputes")["disputes"], [])
            kinds = [one["kind"] for one in device.call("show", case, "--history")["history"]]
            self.assertIn("resolve", kinds)
        self.shared_digests_are_equal(amina, brahim, hub, self.office.region)

    def test_household_is_reassigned_while_it_is_edited_offline(self):
        hub = self.azilal()
        amina = self.worker("amina", hub, [TABANT])
        brahim = self.worker("brahim", hub, [AIT_MHAMED])
        chief = self.worker("khadija", hub, ["05.081"], role="supervisor")
        case = self.household(amina)
        amina.sync()
        chief.sync()
        chief.edit(case, place=AIT_MHAMED)
        chief.sync()
        amina.edit(case, phone="0671000001")
        late = amina.sync()
        self.assertGreaterEqual(late["late"], 1)
        self.sync_all(amina, brahim, chief, hub)
        self.assertEqual(brahim.value(case, "phone"), "0671000001")
        self.assertEqual(brahim.value(case, "place"), AIT_MHAMED)
        self.assertEqual(amina.call("list", "household")["records"], [])
        flags = hub.call("review", "list", "--flags")["list"]
        self.assertTrue(flags)
        self.assertIn(case, json.dumps(flags))
        self.assertNotIn((TABANT, "base"), hub.digest())
        self.shared_digests_are_equal(brahim, chief, hub, self.office.region)

    def test_hub_works_without_its_uplink(self):
        hub, amina, brahim, case = self.two_devices_and_a_household()
        hub.uplink()
        self.office.region.stop()
        self.refused("network", hub, "uplink", "sync")
        amina.edit(case, phone="0671000001")
        second = self.household(brahim, head_name_ar="إبراهيم أوعلي")
        self.sync_all(amina, brahim)
        self.assertEqual(brahim.value(case, "phone"), "0671000001")
        self.assertEqual(amina.show(second)["custody"], "province")
        self.assertGreater(hub.call("stats")["backlog_ops"], 0)
        self.office.region.start()
        hub.uplink()
        self.assertEqual(hub.call("stats")["backlog_ops"], 0)
        self.assertEqual(len(self.office.region.call("list", "household")["list"]), 2)
        self.shared_digests_are_equal(amina, brahim, hub, self.office.region)

    def test_backup_of_the_region_makes_records_stable(self):
        hub = self.azilal()
        amina = self.worker("amina", hub)
        case = self.household(amina)
        self.sync_all(amina, hub)
        amina.sync()
        self.assertEqual(amina.show(case)["custody"], "province")
        self.office.region.call("backup")
        self.sync_all(hub, amina)
        self.assertEqual(amina.show(case)["custody"], "region")
        status = amina.call("status")
        self.assertEqual(status["records"]["region"], 1)
        self.assertEqual(status["ops"]["region"], 2)

    def test_clock_ten_years_off(self):
        hub = self.azilal()
        for name, offset_ms in (("amina", -10 * YEAR_MS), ("brahim", 10 * YEAR_MS)):
            device = self.worker(name, hub)
            device.clock_offset_ms = offset_ms
            case = self.household(device, head_name_fr=name)
            device.sync()
            status = device.call("status")
            self.assertTrue(status["clock"]["warn"])
            self.assertAlmostEqual(status["clock"]["offset"], offset_ms, delta=HOUR_MS)
            self.assertEqual(device.show(case)["custody"], "province")
        karim = self.worker("karim", hub)
        for row in karim.call("list", "household")["records"]:
            # Whoever reads it sees when it was written, not what that device's clock said.
            now_ms = karim.call("status")["clock"]["now"]
            self.assertAlmostEqual(row["updated"], now_ms, delta=HOUR_MS)
        # Nor does a clock in the future win for ever: what the office hears later is shown first.
        case = self.household(karim)
        self.sync_all(karim, *self.office.devices)
        self.office.devices[1].edit(case, water="well")
        self.sync_all(self.office.devices[1], karim)
        karim.edit(case, water="spring")
        self.sync_all(karim, *self.office.devices)
        self.assertEqual(self.office.devices[1].value(case, "water"), "spring")
        self.shared_digests_are_equal(hub, *self.office.devices)

    def test_digests_are_equal_on_all_who_share_a_scope(self):
        azilal = self.azilal()
        khenifra = self.office.hub("khenifra", "05.301")
        places = [row["code"] for row in self.office.region.call(
            "place", "list", "--scope", "05.301")["list"] if row["level"] == "commune"]
        amina = self.worker("amina", azilal, [TABANT, AIT_MHAMED])
        brahim = self.worker("brahim", azilal, [AIT_MHAMED])
        itto = self.worker("itto", khenifra, places[:1])
        for number in range(5):
            self.household(amina, TABANT, members=number + 1)
            self.household(brahim, AIT_MHAMED, members=number + 1)
            self.household(itto, places[0], members=number + 1)
        # Up, over the region, down: news of the other province takes three.
        self.sync_all(amina, brahim, itto, azilal, khenifra, rounds=3)
        shared = self.shared_digests_are_equal(amina, brahim, itto, azilal, khenifra,
                                               self.office.region)
        self.assertTrue({(TABANT, "base"), (AIT_MHAMED, "base"), (places[0], "base"),
                         ("org", "base")} <= shared)
        # A province doesn't hold the other's records.
        self.assertNotIn((places[0], "base"), azilal.digest())
        self.assertNotIn((TABANT, "base"), khenifra.digest())
        for node in (self.office.region, azilal, khenifra, amina, brahim, itto):
            node.call("check")

    def test_two_persons_on_one_device(self):
        hub = self.azilal()
        self.office.person("Fatima Aït Ali", scopes=[TABANT])
        self.office.person("Youssef Amrani", scopes=[TABANT], verbs=["read"])
        hub.uplink()
        tablet = self.office.device("tablet", hub, [TABANT])
        names = {row["name"] for row in tablet.call("persons")["persons"]}
        self.assertEqual(names, {"Fatima Aït Ali", "Youssef Amrani"})
        tablet.person = "Fatima Aït Ali"
        case = self.household(tablet)
        tablet.person = "Youssef Amrani"
        self.assertEqual(tablet.value(case, "phone"), "0661234567")
        self.refused("not_allowed", tablet, "edit", case, "--set", "phone=0671000001")
        tablet.person = "Nobody"
        self.refused("unknown_person", tablet, "show", case)
        tablet.person = "Fatima Aït Ali"
        tablet.sync()
        (first, *_) = hub.call("show", case, "--history")["list"]
        self.assertEqual(first["person"], "Fatima Aït Ali")

    def test_compartments_do_not_reach_who_lacks_them(self):
        hub = self.azilal()
        nurse = self.worker("nurse", hub, compartments=("base", "health"))
        clerk = self.worker("clerk", hub)
        house = self.household(nurse)
        person = nurse.new("register_person", parent=house, name_ar="فاطمة", sex="f")["case"]
        secret = "suivie au centre de Demnate"
        nurse.edit(person, wg_walking="a_lot", health_note=secret)
        self.sync_all(nurse, clerk)
        self.assertEqual(clerk.value(person, "name_ar"), "فاطمة")
        self.assertIsNone(clerk.value(person, "wg_walking"))
        self.assertIsNone(clerk.value(person, "health_note"))
        self.assertEqual(nurse.value(person, "wg_walking"), "a_lot")
        self.assertNotIn((TABANT, "health"), clerk.digest())
        self.assertEqual(nurse.digest()[(TABANT, "health")], hub.digest()[(TABANT, "health")])

        def stored(device):
            return unsealed_bytes(device.home)
        self.assertIn(secret.encode(), stored(nurse))
        self.assertNotIn(secret.encode(), stored(clerk))
        self.refused("not_allowed", clerk, "edit", person, "--set", "wg_walking=none")

    def test_undo_takes_back_what_no_hub_was_told(self):
        hub, amina, _, case = self.two_devices_and_a_household()
        before = amina.digest()
        amina.edit(case, phone="0671000001")
        self.assertNotEqual(amina.digest(), before)
        amina.call("undo")
        self.assertEqual(amina.value(case, "phone"), "0661234567")
        self.assertEqual(amina.digest(), before)
        self.refused("nothing_to_undo", amina, "undo")
        amina.sync()
        amina.call("check")
        self.shared_digests_are_equal(amina, hub)

    def test_find_in_three_scripts(self):
        hub = self.azilal()
        amina = self.worker("amina", hub)
        house = self.household(amina)
        person = amina.new("register_person", parent=house, name_ar="فاطمة أيت علي",
                           name_fr="Fatima Aït Ali", name_zgh="ⴼⴰⵟⵉⵎⴰ", sex="f",
                           national_id="IB123456")["case"]
        self.household(amina, head_name_ar="يوسف", head_name_fr="Youssef", phone="0672000002")
        self.sync_all(amina, hub)
        for words in ("fatima ait", "FATIMA AÏT ALI", "فاطمه ايت", "ⴼⴰⵟⵉⵎⴰ", "ib123456", "Fat"):
            for found in (amina.call("find", words)["records"], hub.call("find", words)["list"],
                          self.office.region.call("find", words)["list"]):
                self.assertEqual([row["case"] for row in found], [person], words)
        self.assertEqual([row["case"] for row in amina.call("find", "٠٦٦١٢٣٤٥٦٧")["records"]],
                         [house])
        self.assertEqual(amina.call("find", "zzzz")["records"], [])

    def test_place_added_on_the_way(self):
        hub, amina, brahim, _ = self.two_devices_and_a_household()
        added = amina.call("place", "add", TABANT, "--set", "name_ar=إمغران", "--set",
                           "name_fr=Imgharn")
        self.assertTrue(added["place"].startswith(TABANT + "."))
        case = self.household(amina, added["place"])
        self.sync_all(amina, brahim, hub)
        codes = [row["place"] for row in brahim.call("place", "list", TABANT)["places"]]
        self.assertIn(added["place"], codes)
        self.assertEqual(brahim.value(case, "place"), added["place"])
        self.refused("out_of_scope", amina, "place", "add", AGOUDI, "--set", "name_ar=تغزوت")
        self.refused("unknown_place", amina, "place", "add", "99.999", "--set", "name_ar=تغزوت")

    def test_revoked_device_is_refused(self):
        hub, amina, brahim, case = self.two_devices_and_a_household()
        short = brahim.call("whoami")["short"]
        brahim.edit(case, phone="0671000001")
        hub.call("node", "revoke", short)
        before = hub.digest()
        self.refused("revoked", brahim, "sync")
        self.assertEqual(hub.digest()[(TABANT, "base")], before[(TABANT, "base")])
        self.refused("revoked", brahim, "show", case)
        amina.sync()
        self.assertEqual(amina.value(case, "phone"), "0661234567")

    def test_codes_work_once_and_not_for_ever(self):
        hub = self.azilal()
        self.office.person("Amina", scopes=[TABANT])
        hub.uplink()
        code = hub.invite("worker", [TABANT], ["base"], "Amina")
        first = Device(self.office, "first")
        first.enrol(code)
        second = Device(self.office, "second")
        second.call("init")
        self.refused("code_used", second, "enrol", code)
        self.refused("not_enrolled", second, "sync")
        fresh = hub.invite("worker", [TABANT], ["base"], "Amina")
        spoilt = fresh[:-1] + ("A" if fresh[-1] != "A" else "B")
        self.refused("bad_code", second, "enrol", spoilt)
        hub.stop()
        hub.clock_offset_ms = 100 * HOUR_MS  # longer than a code holds
        hub.start()
        self.refused("code_expired", second, "enrol", fresh)
        self.assertFalse(second.call("whoami")["enrolled"])

    def test_a_server_with_another_key_is_refused(self):
        hub, amina, _, case = self.two_devices_and_a_household()
        amina.edit(case, phone="0671000001")
        keys = {name: (hub.home / "tls" / name).read_bytes()
                for name in ("server.pem", "server.key")}
        hub.stop()
        other = self.office.region.home
        (hub.home / "tls" / "server.pem").write_bytes((other / "tls" / "server.pem").read_bytes())
        # Put there in the clear, it is sealed as soon as the office opens.
        (hub.home / "tls" / "server.key").write_bytes(unsealed_file(other, "tls/server.key"))
        hub.start()
        self.assertNotIn(b"PRIVATE KEY", (hub.home / "tls" / "server.key").read_bytes())
        before = hub.digest()
        self.refused("wrong_pin", amina, "sync")
        self.assertEqual(hub.digest(), before)
        self.assertEqual(amina.show(case)["custody"], "here")
        hub.stop()
        for name, data in keys.items():
            (hub.home / "tls" / name).write_bytes(data)
        hub.start()
        amina.sync()
        self.assertEqual(amina.show(case)["custody"], "province")

    def test_export_and_its_codebook(self):
        hub, amina, _, case = self.two_devices_and_a_household()
        amina.edit(case, location="31.9314,-4.4248", rsu_number="1234567890",
                   rsu_status="registered", rsu_score="9,5", needs="food water")
        amina.sync()
        table = self.office.folder / "households.csv"
        self.assertEqual(hub.call("export", "household", "--format", "csv", "-o",
                                  table)["records"], 1)
        with open(table, encoding="utf-8", newline="") as file:
            (row,) = csv.DictReader(file)
        self.assertIn("عائشة أيت علي", row.values())
        self.assertIn(case, row.values())
        self.assertNotIn("1234567890", row.values())  # very sensitive: only when asked for
        books = [file for file in self.office.folder.iterdir()
                 if file.name.startswith("households") and file != table]
        self.assertTrue(books, "no dictionary beside the export")
        with open(books[0], encoding="utf-8", newline="") as file:
            self.assertIn("phone", file.read())
        sensitive = self.office.folder / "sensitive.csv"
        hub.call("export", "household", "--format", "csv", "-o", sensitive, "--sensitive")
        self.assertIn("1234567890", sensitive.read_text())
        points = self.office.folder / "households.geojson"
        hub.call("export", "household", "--format", "geojson", "-o", points)
        (feature,) = json.loads(points.read_text())["features"]
        self.assertEqual(feature["geometry"]["coordinates"][:2], [-4.4248, 31.9314])

    def test_an_export_that_is_killed_leaves_nothing(self):
        hub, amina, _, _ = self.two_devices_and_a_household()
        amina.answers("new", "register_household", "-", input=[
            {"place": TABANT, "head_name_ar": "إبراهيم", "landmark": f"mill {i}"}
            for i in range(500)])
        amina.sync()
        hub.stop()
        # What the first export writes to the database isn't what the second is ended for.
        hub.call("export", "household", "--format", "csv", "-o", "whole.csv")
        self.assertGreater((self.office.folder / "whole.csv").stat().st_size, FILE_MAX)
        folder = self.office.folder / "given"
        folder.mkdir()
        killed = subprocess.run(
            hub.line("export", "household", "--format", "csv", "-o", folder / "out.csv"),
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=hub.environment(),
            cwd=self.office.folder, preexec_fn=no_large_files, timeout=COMMAND_TIMEOUT_S, check=False)
        self.assertEqual(killed.returncode, -signal.SIGXFSZ)
        # It had begun: what its columns are is there, and nothing of the records.
        self.assertEqual([file.name for file in folder.iterdir()], ["out.csv.codebook.csv"])

    def test_stats(self):
        hub, amina, brahim, case = self.two_devices_and_a_household()
        amina.edit(case, phone="0671000001")
        brahim.edit(case, phone="0672000002")
        self.sync_all(amina, brahim)
        stats = hub.call("stats")
        self.assertEqual((stats["records"], stats["disputed"], stats["nodes"], stats["silent"]),
                         (1, 1, 2, 0))
        nodes = {row["name"]: row for row in hub.call("stats", "--nodes")["list"]}
        self.assertIn("amina", nodes)
        self.assertFalse(nodes["amina"]["silent"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
