"""Strings made to be taken for something else, in every text and every name: kept as they are, or
refused with a word for it, and harmless wherever they come out."""

import csv
import json
import unittest

from office import answers_of
from office_case import TABANT, OfficeCase

FORMULAS = ("=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2+3", "@SUM(A1:A9)", "\t=1+1", "=1+1\r\n=2")
STRINGS = (
    *FORMULAS,
    "'; DROP TABLE op; --", "\" OR 1=1 --", "%s%n%x", "../../../etc/passwd", "$(id) `id` ${HOME}",
    "<script>alert(1)</script>", "</text><text>", "a\r\nSet-Cookie: b=c", "a\nb", "{\"a\":[1]}",
    "null", "[]", "\\u0000", "1e309", "0x10", "--help", "-",
    "إبراهيم", "ⴰⵎⵉⵏⴰ", "عائشة Amina ⴰⵎⵉⵏⴰ", "e\u0301", "\ufeffbom", "\u202eevil\u202c", "\u2066a\u2069",
    "\u200f\u200e", "\x1b[31mred", "\x07", "\x7f", "\u0085", "\u2028", "\U0001f600", "\U0010ffff",
    "\u0000zero", "x" * 5000,
)
# Not UTF-8: overlong, a surrogate half, beyond the last character, cut short, never a byte of it.
BYTES = (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\xff")
TERMINAL = ("\x1b", "\x07", "\x7f", "\u202e", "\u2066", "\u0085", "\r")  # what a screen would obey


def normal(string):
    """As a text is kept (shared/core/value_read.c): LF, no tab, nothing unseen around it."""
    lines = string.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return lines.strip(" \n\u00a0\ufeff\u200e\u200f")


class Injection(OfficeCase):
    def setUp(self):
        super().setUp()
        self.begin_with_one_device()

    def kept_or_refused(self, node, *words, input=None):
        """The answer; None when it was refused with a stable name for it."""
        done = node.run("--json", *words, input=input)
        self.assertGreaterEqual(done.status, 0, words)
        answers = answers_of(done.out) + answers_of(done.err)
        if done.status == 0:
            return answers[-1]
        self.assertTrue(any("error" in one for one in answers), done)
        self.assertFalse(any(one.get("error") in ("internal", "db") for one in answers), done)
        return None

    def assert_screen_is_safe(self, text):
        for mark in TERMINAL:
            self.assertNotIn(mark, text, text.encode("unicode_escape")[:2000])

    def test_every_text_comes_back_as_it_was_on_every_node_and_in_every_export(self):
        form = "register_household"
        required, others = ("head_name_ar",), ("head_name_fr", "douar", "landmark")
        kept = {}
        for string in STRINGS:
            for names in (required, others):
                record = {"place": TABANT, "head_name_ar": "x", **dict.fromkeys(names, string)}
                answer = self.kept_or_refused(self.amina, "new", form, "-", input=[record])
                for name in names if answer else ():
                    kept.setdefault(answer["case"], {})[name] = normal(string)
        self.assertGreater(len(kept), len(STRINGS))
        for raw in BYTES:
            line = b'[{"place":"%s","head_name_ar":"%s"}]' % (TABANT.encode(), raw)
            self.assertIsNone(self.kept_or_refused(self.amina, "new", form, "-", input=line))
        self.amina.sync()
        self.hub.uplink()
        self.assertEqual(self.amina.digest()[(TABANT, "base")],
                         self.office.region.digest()[(TABANT, "base")])
        self.assert_device_shows(kept)
        self.assert_exports_hold(kept)
        for node in (self.amina, self.hub, self.office.region):
            node.call("check")

    def assert_device_shows(self, kept):
        for case, values in kept.items():
            shown = {one["property"]: one["value"] for one in self.amina.show(case)["properties"]}
            self.assert_screen_is_safe(self.amina.text("show", case))
            for name, string in values.items():
                with self.subTest(property=name, string=string[:40]):
                    self.assertEqual(shown.get(name) or "", string)
        self.assert_screen_is_safe(self.amina.text("list"))
        for string in STRINGS[:30]:
            if string.strip() and "\0" not in string:
                self.kept_or_refused(self.amina, "find", "--", string)

    def assert_exports_hold(self, kept):
        region = self.office.region
        for kind in ("csv", "json"):
            region.call("export", "household", "--format", kind, "-o", f"all.{kind}")
        with open(self.office.folder / "all.csv", encoding="utf-8-sig", newline="") as file:
            rows = {row["_case"]: row for row in csv.DictReader(file)}
        self.assertEqual(set(rows), set(kept))
        text = (self.office.folder / "all.json").read_text(encoding="utf-8")
        for case, values in kept.items():
            for name, string in values.items():
                cell = rows[case][name].replace("\r\n", "\n")
                self.assertIn(cell, (string, "'" + string))
                self.assertNotIn(cell[:1], ("=", "+", "-", "@", "\t", "\r"))
                self.assertIn(json.dumps(string, ensure_ascii=False)[1:-1].split("\\")[0], text)

    def test_every_name_is_kept_or_refused_and_safe_on_a_screen(self):
        region = self.office.region
        for string in STRINGS:
            if "\0" in string:  # no program can be given such a word
                continue
            with self.subTest(string=string[:40]):
                for node, words in (
                        (region, ("person", "add", "--role", "worker", "--", string)),
                        (self.hub, ("node", "invite", "--role", "worker", "--scope", TABANT,
                                    "--name", string)),
                        (self.amina, ("place", "add", TABANT, "--", string))):
                    self.kept_or_refused(node, *words)
                case = self.amina.new("register_household", place=TABANT, head_name_ar="x")["case"]
                self.kept_or_refused(self.amina, "delete", case, "--reason", string)
                self.kept_or_refused(self.amina, "--as", string, "list")
                self.kept_or_refused(self.amina, "show", "--", string)
                self.kept_or_refused(self.amina, "list", "household", "--where", f"douar={string}")
        self.amina.sync()
        self.hub.uplink()
        for node, words in ((region, ("person", "list")), (region, ("node", "list")),
                            (self.hub, ("person", "list")), (self.amina, ("persons",)),
                            (self.amina, ("place", "list"))):
            self.assert_screen_is_safe(node.text(*words))
            self.assertTrue(node.answers(*words))


if __name__ == "__main__":
    unittest.main()
