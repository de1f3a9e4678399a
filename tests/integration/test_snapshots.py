"""First syncs by snapshots over a network that cuts: real programs, loopback TLS.

    DOUAR_BIN=build/release/bin python3 -B tests/integration/test_snapshots.py
"""

import pathlib
import subprocess
import sys
import unittest

from cutting import Cutting
from office import Device, Office, Refused, program, unsealed_bytes

TABANT = "05.081.03.09"
BATCH = 256 * 1024  # the most that one reply brings


def village(device, place, persons):
    path = pathlib.Path(program("douar")).parents[1] / "tests" / "village"
    subprocess.run([path, device.home, place, str(persons)], check=True,
                   cwd=device.office.folder)


def newcomer(office, name):
    device = Device(office, name)
    office.devices.append(device)
    device.init()
    return device, office.region.invite("worker", [TABANT], ["base"], "Amina")


def enrol_until_done(device, code):
    """Whoever waits for a bar of signal tries again. What all the tries came to."""
    total = dict.fromkeys(("received", "bytes_received", "requests", "frames"), 0)
    enrolled = False
    for _ in range(200):
        try:
            answer = device.sync() if enrolled else device.call("enrol", code)
            answer = answer if enrolled else answer["sync"] | {"error": answer.get("sync_error")}
            enrolled = True
        except Refused as refused:
            answer = refused.answer
        for name in total:
            total[name] += answer.get(name, 0)
        if enrolled and not answer.get("error"):
            return total
    raise AssertionError("never done")


def first_sync(test, persons, cuts, most):
    with Office() as office:
        region = office.region
        office.person("Amina")
        amina = office.device("amina", region, [TABANT], person="Amina")
        amina.stay_open(600)
        village(amina, TABANT, persons)
        amina.sync()
        test.assertEqual(region.call("snapshot")["snapshots"], 1)
        whole, code = newcomer(office, "whole")
        whole.stay_open(600)
        plain = enrol_until_done(whole, code)
        test.assertGreater(plain["frames"], 0)
        test.assertEqual(whole.digest()[(TABANT, "base")], amina.digest()[(TABANT, "base")])
        size = plain["bytes_received"]
        region.stop()
        with Cutting(region.port, seed=persons, most=most) as network:
            region.configure(url=f"https://127.0.0.1:{network.port}")
            region.start()
            late, code = newcomer(office, "late")
            late.stay_open(600)
            network.cuts_left = cuts
            total = enrol_until_done(late, code)
            print(f"{persons} persons: {size} bytes in {plain['requests']} requests, "
                  f"{plain['frames']} frames; with {network.cuts} cuts "
                  f"{total['bytes_received']} bytes in {total['requests']} requests",
                  file=sys.stderr)
            # A small one may be over before all have struck.
            test.assertGreaterEqual(network.cuts, cuts if persons > 10_000 else cuts // 2)
            test.assertEqual(total["frames"], plain["frames"])  # each applied once
            test.assertLessEqual(total["bytes_received"], size + network.cuts * BATCH)
            test.assertLessEqual(network.bytes_down,
                                 2 * size + network.cuts * (BATCH + 16384) + 65536)
        digests = [node.digest()[(TABANT, "base")] for node in (late, amina, region)]
        test.assertEqual(digests[0], digests[1])
        test.assertEqual(digests[0], digests[2])
        late.call("check")
        region.call("check")


class Snapshots(unittest.TestCase):
    def test_a_first_sync_cut_at_random_bytes_ends_right(self):
        first_sync(self, 400, 12, 40_000)

    def test_what_changed_after_the_snapshot_comes_with_the_tail(self):
        with Office() as office:
            region = office.region
            office.person("Amina")
            amina = office.device("amina", region, [TABANT, "05.081.03.11"], person="Amina")
            case = amina.new("register_household", place=TABANT, head_name_ar="عائشة")["case"]
            moved = amina.new("register_household", place=TABANT, head_name_ar="يوسف الراحل")["case"]
            village(amina, TABANT, 20)
            amina.sync()
            region.call("snapshot")
            amina.edit(case, phone="0661234567")
            amina.edit(moved, place="05.081.03.11")
            amina.sync()
            late, code = newcomer(office, "late")
            self.assertEqual(enrol_until_done(late, code)["frames"], 1)
            self.assertEqual(late.value(case, "phone"), "0661234567")
            with self.assertRaises(Refused):
                late.show(moved)
            self.assertFalse("يوسف الراحل".encode() in unsealed_bytes(late.home))
            self.assertEqual(late.digest()[(TABANT, "base")], region.digest()[(TABANT, "base")])


if __name__ == "__main__":
    unittest.main()
