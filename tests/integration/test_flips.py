"""Bits that flip in files at rest: found and told, never believed, and mended from what is whole."""

import contextlib
import json
import os
import random
import shutil
import subprocess
import unittest

from office import SERVE_TIMEOUT_S, Device, end_with_parent
from office_case import TABANT, OfficeCase
from picture import photograph

FLIPS = int(os.environ.get("DOUAR_FLIPS", "3"))  # in each kind of file


class Flips(OfficeCase):
    def setUp(self):
        seed = int(os.environ.get("DOUAR_SEED", "0")) or random.randrange(1, 1 << 32)
        print(f"DOUAR_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        super().setUp()
        self.begin_with_one_device()
        self.case = self.household("عائشة")
        picture = self.office.folder / "photograph.jpg"
        picture.write_bytes(photograph(320, 240))
        self.amina.call("attach", self.case, "house_photo", picture)
        for _ in range(2):
            self.amina.sync()
        self.hub.uplink()

    def household(self, name):
        return self.amina.new("register_household", place=TABANT, head_name_ar=name)["case"]

    @contextlib.contextmanager
    def flipped(self, *files):
        """One bit of each is another one; afterwards the whole folder is as it was."""
        home = files[0].parent
        while home.parent != self.office.folder:
            home = home.parent
        whole = self.office.folder / "whole"
        shutil.copytree(home, whole)
        where = []
        for file in files:
            content = bytearray(file.read_bytes())
            at = self.random.randrange(len(content))
            content[at] ^= 1 << self.random.randrange(8)
            file.write_bytes(content)
            where.append(f"{file.relative_to(self.office.folder)} byte {at}")
        try:
            with self.subTest(flipped=" and ".join(where)):
                yield
        finally:
            shutil.rmtree(home)
            whole.rename(home)

    def tells(self, node, *words):
        """Fails with a word for it: not by a signal, not with a fault of the program itself."""
        done = node.run("--json", *words)
        self.assertIn('"error"', done.out + done.err, done)
        self.assertNotIn('"error":"internal"', done.out + done.err)
        self.assertGreater(done.status, 0, done)

    def same_or_told(self, node, *words):
        before = self.answers[words]
        done = node.run("--json", *words)
        if done.status == 0:
            self.assertEqual(done.out, before, words)
        else:
            self.assertGreater(done.status, 0, done)
            self.assertIn('"error"', done.out + done.err, done)
        return done.status == 0

    def remember(self, node, *questions):
        self.answers = {words: node.text("--json", *words) for words in questions}

    def blobs(self, node):
        return sorted(file for file in (node.home / "douar.db.blobs").rglob("*") if file.is_file())

    # ---- a device

    def test_a_flipped_bit_of_the_database_is_found_by_check_and_shows_nothing_else(self):
        questions = (("show", self.case), ("digest",), ("list",))
        self.remember(self.amina, *questions)
        for _ in range(4 * FLIPS):
            with self.flipped(self.amina.home / "douar.db"):
                self.tells(self.amina, "check")
                for words in questions:
                    self.same_or_told(self.amina, *words)
        self.amina.call("check")

    def test_a_flipped_bit_of_the_anchor_loses_nothing(self):
        for index in range(FLIPS):
            with self.flipped(self.amina.home / "douar.db.anchor"):
                kept = self.household(f"after {index}")
                self.amina.sync()
                self.assertEqual(self.hub.call("show", kept)["case"], kept)
                self.amina.call("check")

    def test_a_flipped_bit_of_the_keys_is_mended_by_their_copy(self):
        opens = ("--passphrase-file", self.office.folder / "words.txt")
        opens[1].write_text("words that open\n")
        tablet = Device(self.office, "tablet")
        tablet.call("init", *opens)
        for _ in range(FLIPS):
            for name in ("douar.keys", "douar.keys2"):
                with self.flipped(tablet.home / name):
                    tablet.call("lock")
                    tablet.call("unlock", *opens)
                    tablet.call("check")
            tablet.call("lock")
            with self.flipped(tablet.home / "douar.keys", tablet.home / "douar.keys2"):
                if tablet.run("unlock", *opens).status:
                    self.tells(tablet, "unlock", *opens)
                else:
                    tablet.call("check")
            tablet.run("lock")

    def test_a_flipped_bit_of_a_photograph_gives_no_wrong_picture_and_it_comes_again(self):
        out = self.office.folder / "got.jpg"
        self.amina.call("attachment", "get", self.case, "house_photo", "-o", out)
        whole = out.read_bytes()
        for file in self.blobs(self.amina):
            for _ in range(FLIPS):
                out.unlink(missing_ok=True)
                with self.flipped(file):
                    done = self.amina.run("--json", "attachment", "get", self.case, "house_photo",
                                          "-o", out)
                    self.assertGreaterEqual(done.status, 0)
                    if out.exists():
                        self.assertEqual(out.read_bytes(), whole)
                        continue
                    self.amina.sync()
                    self.amina.call("attachment", "get", self.case, "house_photo", "-o", out)
                    self.assertEqual(out.read_bytes(), whole)

    # ---- an office

    def test_a_flipped_bit_of_an_office_s_database_is_found_by_check(self):
        self.hub.stop()
        self.remember(self.hub, ("show", self.case), ("digest",))
        for _ in range(2 * FLIPS):
            with self.flipped(self.hub.home / "douar.db"):
                self.tells(self.hub, "check")
                for words in self.answers:
                    self.same_or_told(self.hub, *words)
        self.hub.call("check")

    def test_a_flipped_bit_of_the_log_of_a_killed_office_loses_nothing(self):
        """It refuses to open, or notices that it lost its end, and gets it from its neighbours."""
        later = self.household("later")
        self.amina.sync()
        self.hub.kill()
        log = self.hub.home / "douar.db-wal"
        self.assertGreater(log.stat().st_size, 0)
        for _ in range(2 * FLIPS):
            with self.flipped(log):
                done = self.hub.run("--json", "check")
                self.assertGreaterEqual(done.status, 0)
                if done.status:
                    self.assertIn('"error"', done.out + done.err)
                    continue
                self.hub.start()
                try:
                    self.hub.uplink()
                    self.amina.sync()
                    self.amina.sync()
                    self.assertEqual(self.hub.call("show", later)["case"], later)
                    self.assertEqual(self.amina.digest()[(TABANT, "base")],
                                     self.hub.digest()[(TABANT, "base")])
                finally:
                    self.hub.stop()

    def test_a_flipped_bit_of_a_backup_is_told_and_restores_nothing(self):
        self.hub.call("backup")
        copies = self.hub.home / "backup"
        self.hub.stop()
        before = self.hub.digest()
        for name in ("douar-1.db", "douar-1.db.keys", "douar-1.db.office"):
            for _ in range(FLIPS):
                with self.flipped(copies / name):
                    self.same_or_refused_restore(before)

    def same_or_refused_restore(self, before):
        done = self.hub.run("--json", "restore", "backup/douar-1.db")
        self.assertGreaterEqual(done.status, 0)
        if done.status:
            self.assertIn('"error"', done.out + done.err)
        self.assertEqual(self.hub.digest(), before)
        self.hub.call("check")

    def test_flipped_bits_of_an_office_s_own_files_end_no_program_by_a_signal(self):
        self.hub.stop()
        for name in ("douard.conf", "tls/ca.pem", "tls/server.pem", "tls/ca.key",
                     "tls/server.key", "tls/backup.key", "tls/pins"):
            for _ in range(FLIPS):
                with self.flipped(self.hub.home / name):
                    self.serves_or_says_why_not()

    def serves_or_says_why_not(self):
        with subprocess.Popen(self.hub.line("--json", "serve"), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                              cwd=self.office.folder, env=self.hub.environment(),
                              preexec_fn=end_with_parent) as process:
            said = json.loads(process.stdout.readline())
            if "error" not in said:
                process.terminate()
            status = process.wait(SERVE_TIMEOUT_S)
        self.assertEqual(status > 0, "error" in said, said)
        self.assertGreaterEqual(status, 0, said)
        if status:
            self.assertNotIn(said["error"], ("internal", "bug"), said)
        return status == 0


if __name__ == "__main__":
    unittest.main()
