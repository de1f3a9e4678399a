"""A test that begins with an office of its own: self.office, opened, and closed whatever comes."""

import unittest

from office import Office

TABANT = "05.081.03.09"


class OfficeCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.office = Office()
        self.addCleanup(self.office.close)
        self.office.open()

    def begin_with_one_device(self):
        """A hub for the province, and Amina's device in a commune of it."""
        self.hub = self.office.hub("azilal", "05.081")
        person = self.office.person("Amina", "worker", (TABANT,))
        self.hub.uplink()
        self.amina = self.office.device("amina", self.hub, (TABANT,), ("base",), person)
