"""A thief who has a device's or an office's disk, and time: with the real programs.

Run by ctest; by hand: DOUAR_BIN=build/dev/bin python3 tests/integration/test_thief.py
"""

import pathlib
import subprocess
import unittest

import picture
from office import Device, Refused, program, wait_until
from office_case import OfficeCase

TABANT = "05.081.03.09"
NAME = "Zahra Zerhouni"
PHONE = "0677889911"
TYPED = "an old song about rain"
LATER = "another song about snow"


class Thief(OfficeCase):
    def setUp(self):
        super().setUp()
        self.region = self.office.region
        self.office.person("Amina", scopes=[TABANT])

    def write(self, name, text):
        path = self.office.folder / name
        path.write_text(text + "\n")
        return path

    def amina(self):
        """A device with a household and a photograph, opened by a passphrase of her own."""
        device = Device(self.office, "amina")
        self.office.devices.append(device)
        typed = self.write("typed", TYPED)
        self.addCleanup(lambda: typed.unlink(missing_ok=True))
        device.call("init", "--passphrase-file", typed)
        device.call("enrol", self.region.invite("worker", [TABANT], ["base"], "Amina"),
                    "--name", "amina")
        case = device.new("register_household", place=TABANT, head_name_ar="زهرة",
                          head_name_fr=NAME, phone=PHONE)["case"]
        photograph = self.office.folder / "photograph.jpg"
        photograph.write_bytes(picture.jpeg(640, 480))
        device.call("attach", case, "house_photo", photograph)
        device.sync()
        cleaned = device.call("attachment", "get", case, "house_photo", "-o",
                              self.office.folder / "got.jpg") and \
            (self.office.folder / "got.jpg").read_bytes()
        photograph.unlink()
        (self.office.folder / "got.jpg").unlink()
        return device, case, cleaned

    def key_of(self, home):
        tool = pathlib.Path(program("douar")).parents[1] / "tests" / "unseal"
        return bytes.fromhex(subprocess.run([tool, home, "-"], check=True, capture_output=True,
                                            text=True).stdout.strip())

    def found(self, secrets):
        """Files of the whole office, logs and backups too, in which one of the secrets stands."""
        found = []
        for path in self.office.folder.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                found += [(str(path), secret) for secret in secrets if secret in data]
                found += [(str(path), "in its name") for secret in secrets
                          if secret in str(path).encode()]
        return found

    def refused(self, error, device, *words):
        with self.assertRaises(Refused) as caught:
            device.call(*words)
        self.assertEqual(caught.exception.error, error, words)

    def test_nothing_of_anybody_stands_on_the_disks(self):
        device, _, photograph = self.amina()
        self.region.call("backup")
        self.region.call("snapshot")
        keys = [self.key_of(device.home), self.key_of(self.region.home)]
        secrets = [NAME.encode(), PHONE.encode(), "زهرة".encode(), TYPED.encode(),
                   b"register_household", b"SQLite format", photograph[200:264], *keys,
                   *(key.hex().encode() for key in keys)]
        (self.office.folder / "typed").unlink()
        self.assertEqual(self.found(secrets), [])  # while it is served and the logs are open
        self.region.kill()
        self.assertEqual(self.found(secrets), [])
        # That the search would find it: the same record, exported by who may.
        out = self.office.folder / "out.csv"
        self.region.call("export", "household", "--format", "csv", "-o", out)
        self.assertTrue(self.found([NAME.encode()]))
        out.unlink()

    def test_a_locked_device_shows_nothing_and_opens_again(self):
        device, case, _ = self.amina()
        device.call("lock")
        for words in (["show", case], ["list"], ["status"], ["sync"], ["whoami"]):
            self.refused("locked", device, *words)
        wrong = self.write("wrong", "a song that nobody knows")
        self.refused("wrong_secret", device, "unlock", "--passphrase-file", wrong)
        self.refused("locked", device, "show", case)
        device.call("unlock", "--passphrase-file", self.office.folder / "typed", "--minutes", 5)
        self.assertEqual(device.value(case, "phone"), PHONE)
        later = self.write("later", LATER)
        device.call("passwd", "--passphrase-file", self.office.folder / "typed",
                    "--new-passphrase-file", later)
        device.call("lock")
        self.refused("wrong_secret", device, "unlock", "--passphrase-file",
                     self.office.folder / "typed")
        device.call("unlock", "--passphrase-file", later)
        self.assertEqual(device.value(case, "phone"), PHONE)

    def test_an_office_locks_and_serves_again_by_passphrase_or_file(self):
        self.region.kill()
        self.region.call("lock")
        self.refused("locked", self.region, "stats")
        wrong = self.write("wrong", "a song that nobody knows")
        self.refused("wrong_secret", self.region, "unlock", "--passphrase-file", wrong)
        hub = self.office.folder / "hub"
        secret = self.office.folder / "secret"
        made = subprocess.run([program("douard"), "--json", "--home", hub, "init", "--hub", "--name",
                               "Azilal", "--key-file", secret], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        run = [program("douard"), "--json", "--home", hub, "stats"]
        self.assertEqual(subprocess.run(run, capture_output=True).returncode, 0)
        # As systemd hands it over: the file is in the unit's own folder and nowhere else.
        credentials = self.office.folder / "credentials"
        credentials.mkdir()
        secret.rename(credentials / "douar.key")
        self.assertNotEqual(subprocess.run(run, capture_output=True).returncode, 0)
        self.assertEqual(subprocess.run(run, capture_output=True, env={
            "CREDENTIALS_DIRECTORY": str(credentials)}).returncode, 0)

    def test_lost_passphrase_is_recovered_without_the_server(self):
        device, case, _ = self.amina()
        self.refused("wrong_secret", device, "passwd", "--passphrase-file",
                     self.write("wrong", "a song that nobody knows"))
        device.call("lock")
        request = device.call("recover")["request"]
        self.region.kill()  # no server has a part in it
        recovery = self.region.home / "recovery.key"
        words = self.write("words", self.region.recovery_passphrase)
        self.refused("wrong_secret", self.region, "recover", request, "--key", recovery,
                     "--passphrase-file", self.office.folder / "wrong")
        self.refused("bad_format", device, "recover", "DOUAR-ANSWER-1-x")
        answer = self.region.call("recover", request, "--key", recovery,
                                  "--passphrase-file", words)["answer"]
        done = device.call("recover", answer)
        self.assertEqual(device.value(case, "phone"), PHONE)
        device.call("lock")
        device.call("unlock", "--passphrase-file", self.write("new", done["passphrase"]))
        self.refused("not_found", device, "recover", answer)

    def test_two_share_a_device_and_who_guesses_waits(self):
        device, case, _ = self.amina()
        typed = self.office.folder / "typed"
        said = self.write("said", LATER)
        device.call("passwd", "add", "Said", "--passphrase-file", typed,
                    "--new-passphrase-file", said)
        self.assertEqual([one.get("name") for one in device.call("passwd", "list")["passphrases"]],
                         [None, "Said"])
        self.assertFalse([path for path in device.home.rglob("*")
                          if path.is_file() and b"Said" in path.read_bytes()])
        for who in (said, typed):
            device.call("lock")
            device.call("unlock", "--passphrase-file", who)
            self.assertEqual(device.value(case, "phone"), PHONE)
        device.call("lock")
        wrong = self.write("wrong", "a song that nobody knows")
        for _ in range(3):
            self.refused("wrong_secret", device, "unlock", "--passphrase-file", wrong)
        try:  # each a process of its own; the clock goes on, so the wait may be over on a slow machine
            device.call("unlock", "--passphrase-file", typed)
        except Refused as refused:
            self.assertEqual((refused.error, refused.args_given), ("too_many_tries", ["1"]))
            wait_until(lambda: device.run("unlock", "--passphrase-file", typed).status == 0)
        device.call("passwd", "remove", "Said", "--passphrase-file", typed)
        device.call("lock")
        self.refused("wrong_secret", device, "unlock", "--passphrase-file", said)
        device.call("unlock", "--passphrase-file", typed)

    def test_two_keep_an_office(self):
        old = self.write("old", self.region.passphrase)
        typed = self.write("typed", TYPED)
        self.region.call("passwd", "add", "Said", "--passphrase-file", old,
                         "--new-passphrase-file", typed)
        self.region.call("lock")
        self.region.call("unlock", "--passphrase-file", typed)
        self.assertEqual([one["name"] for one in self.region.call("passwd", "list")["list"]],
                         ["", "Said"])
        self.region.call("passwd", "remove", "Said", "--passphrase-file", typed)
        self.region.call("lock")
        self.refused("wrong_secret", self.region, "unlock", "--passphrase-file", typed)
        self.region.call("unlock", "--passphrase-file", old)

    def test_programs_leave_no_core_file(self):
        limits = pathlib.Path(f"/proc/{self.region.process.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])


if __name__ == "__main__":
    unittest.main()
