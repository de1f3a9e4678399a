"""A first sync of 100,000 persons, cut 50 times: minutes, more on a busy machine.

    DOUAR_BIN=build/release/bin python3 -B tests/integration/test_snapshots_long.py
"""

import unittest

import office as programs
from test_snapshots import first_sync


class Long(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        programs.COMMAND_TIMEOUT_S = 3600

    def test_a_first_sync_of_100000_persons_cut_50_times_ends_right(self):
        first_sync(self, 100_000, 50, 100_000)


if __name__ == "__main__":
    unittest.main()
