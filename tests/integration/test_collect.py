"""Servers let go of superseded bodies, and nobody notices: real programs, loopback TLS.

    DOUAR_BIN=build/release/bin python3 -B tests/integration/test_collect.py
"""

import unittest

from office import Office

TABANT = "05.081.03.09"
PHONES = ["0611111111", "0622222222", "0633333333"]


class Collect(unittest.TestCase):
    def test_what_is_superseded_goes_and_nobody_notices(self):
        with Office() as office:
            office.person("Amina")
            hub = office.hub("azilal", "05.081")
            amina = office.device("amina", hub, [TABANT], person="Amina")
            away = office.device("away", hub, [TABANT], person="Amina")
            case = amina.new("register_household", place=TABANT, head_name_ar="عائشة")["case"]
            amina.sync()
            away.sync()
            for phone in PHONES:
                amina.edit(case, phone=phone)
                amina.sync()
            hub.uplink()
            # Not in the region's backup yet: nothing goes, and that is said.
            early = hub.call("collect", "--days", "0")
            self.assertEqual((early["ops"], early["waiting"]), (0, 2))
            office.region.call("backup")
            hub.uplink()
            before = hub.digest()
            dry = hub.call("collect", "--days", "0", "--dry-run")
            self.assertEqual((dry["ops"], dry["waiting"]), (2, 0))
            for server in (hub, office.region):
                done = server.call("collect", "--days", "0")
                self.assertEqual((done["ops"], done["freed"]), (2, dry["freed"]))
                self.assertLess(done["kept"], 40)
                self.assertEqual(server.call("collect", "--days", "0")["ops"], 0)
                server.call("check")
                history = server.call("show", case, "--history")["list"]
                self.assertEqual([row["kind"] for row in history].count("gone"), 2)
            self.assertEqual(hub.call("collect")["ops"], 0)  # collect_days
            self.assertEqual(hub.digest(), before)
            # Who held nothing of it learns all that counts.
            away.sync()
            self.assertEqual(away.value(case, "phone"), PHONES[-1])
            self.assertEqual(away.digest()[(TABANT, "base")], before[(TABANT, "base")])
            hub.call("check", "--rebuild")
            self.assertEqual(hub.digest(), before)


if __name__ == "__main__":
    unittest.main()
