"""Every way back, on the real programs: devices copied and put back, hubs and regions lost."""

import shutil
import unittest

from office import Device, Office

TABANT = "05.081.03.09"


class Back(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.office = Office()
        self.addCleanup(self.office.close)
        self.office.open()
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
