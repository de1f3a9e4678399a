"""What a thief of a switched-off or locked machine finds: nothing of anybody, and no key.

A device and an office are filled with words that stand nowhere else (canaries): one in every text
that can be entered, in names of people and files, in what was searched for, exported and broken
off. Then everything they left is read byte by byte: homes, the temporary folder, logs, /dev/shm,
and the memory of an office that is locked while `serve` runs.

Run by ctest; by hand: DOUAR_BIN=build/release/bin python3 tests/stolen/test_stolen.py
"""

import base64
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import picture  # noqa: E402
from office import SCHEMA, SERVE_TIMEOUT_S, Device, Office, Refused, program, wait_until  # noqa: E402

TABANT = "05.081.03.09"
TYPED = "an old song about rain"
PEM_KEY = b"PRIVATE KEY-----"
SAYS_LOCKED = "This office is locked"
UNTIL_LOCKED_S = 30


class Canaries:
    """Words that stand nowhere else, each of another place."""

    def __init__(self):
        self.words = {}

    def word(self, place):
        # Not of letters that any dictionary or key has by chance: 16 of them, from the place.
        tail = base64.b32encode(zlib.crc32(place.encode()).to_bytes(4, "big") * 2).decode()
        self.words[place] = f"Zqx{tail[:12].lower()}"
        return self.words[place]

    def number(self, place, pattern):
        """One that a pattern of our types takes, such as ^0[5-7][0-9]{8}$."""
        digits = str(zlib.crc32(place.encode())).zfill(10)
        written = re.sub(r"\[0-9\]\{(?:\d+,)?(\d+)\}", lambda m: (digits * 2)[:int(m[1])], pattern)
        written = written.replace("[5-7]", "7").replace("[A-Z]{1,2}", "ZX").replace("[A-Z]", "Z")
        self.words[place] = written.strip("^$")
        return self.words[place]

    def found_in(self, data):
        """Places whose word stands in the bytes: as UTF-8, UTF-16, base64 or hexadecimal."""
        for begin, written in ((b"Zqx", str.encode), ("Zqx".encode("utf-16-le"), as_utf16),
                               (b"WnF4", as_base64), (b"5a7178", as_hex)):
            if begin in data:  # few have it, and looking for each word takes long
                yield from (place for place, word in self.words.items()
                            if word.startswith("Zqx") and written(word) in data)
        yield from (place for place, word in self.words.items()
                    if not word.startswith("Zqx") and word.encode() in data)


def as_utf16(word):
    return word.encode("utf-16-le")


def as_base64(word):
    return base64.b64encode(word.encode())[:-4]


def as_hex(word):
    return word.encode().hex().encode()


def key_of(home):
    tool = pathlib.Path(program("douar")).parents[1] / "tests" / "unseal"
    done = subprocess.run([tool, home, "-"], check=True, capture_output=True, text=True)
    return bytes.fromhex(done.stdout.strip())


def maps_of(pid):
    """Every readable range of a process: (first, end, what)."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        words = line.split(maxsplit=5)
        first, end = (int(part, 16) for part in words[0].split("-"))
        if words[1].startswith("r") and (len(words) < 6 or words[5] not in ("[vvar]", "[vsyscall]")):
            yield first, end, words[5] if len(words) > 5 else "anonymous"


def has_sanitizer(pid):
    return "asan" in pathlib.Path(f"/proc/{pid}/maps").read_text()


def memory_of(pid):
    """[(what, bytes)] of a process, or None when it can't be read, as by anybody but root, or is a
    sanitizer's, whose shadow is larger than any machine."""
    found = []
    if has_sanitizer(pid):
        return None
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for first, end, what in maps_of(pid):
                memory.seek(first)
                try:
                    found.append((what, memory.read(end - first)))
                except OSError:
                    continue  # a guard page
    except PermissionError:
        return None
    return found


class Stolen(unittest.TestCase):
    def setUp(self):
        self.canaries = Canaries()
        self.temporary = tempfile.TemporaryDirectory(prefix="douar-tmp-")
        self.addCleanup(self.temporary.cleanup)
        self.office = Office()
        self.addCleanup(self.office.close)
        self.office.open()
        self.region = self.office.region
        self.keys = {}

    # ---- filling

    def fields(self, form, prefix, **rest):
        """A canary in every text and number of people that a form asks for, and `rest`."""
        asked = json.loads((SCHEMA / "forms" / f"{form}.json").read_text())
        properties = json.loads((SCHEMA / "types" / f"{asked['type']}.json").read_text())
        names = {one.get("save_to") for one in asked["questions"]} - {"place"}
        written = dict(rest)
        for one in properties["properties"]:
            if one["type"] == "text" and one["id"] in names:
                place = f"{prefix}.{one['id']}"
                written[one["id"]] = self.canaries.number(place, one["pattern"]) \
                    if "pattern" in one else self.canaries.word(place)
        return written

    def outside(self, work):
        """Runs with what a person keeps elsewhere (papers, a stick), which isn't stolen with it."""
        with tempfile.TemporaryDirectory(prefix="douar-elsewhere-") as folder:
            return work(pathlib.Path(folder))

    def fill(self):
        person = self.canaries.word("person")
        self.office.person(person, scopes=[TABANT], compartments=["base", "health"])
        device = Device(self.office, "device")
        self.office.devices.append(device)
        self.outside(lambda folder: self.fill_device(device, person, folder))
        self.keys["device"] = key_of(device.home)
        self.keys["office"] = key_of(self.region.home)
        return device

    def fill_device(self, device, person, folder):
        typed = folder / "typed"
        typed.write_text(TYPED + "\n")
        device.call("init", "--passphrase-file", typed)
        device.call("enrol", self.region.invite("worker", [TABANT], ["base", "health"], person),
                    "--name", self.canaries.word("device name"))
        case = device.new("register_household", place=TABANT, **self.fields(
            "register_household", "household", status="active", status_date="2026-01-05", rsu_status="registered",
            rsu_score="9"))["case"]
        someone = device.new("register_person", parent=case, **self.fields(
            "register_person", "person", sex="f", life_status="present", life_date="2026-01-05"))["case"]
        device.edit(someone, health_note=self.canaries.word("health"))
        photograph = folder / (self.canaries.word("file name") + ".jpg")
        photograph.write_bytes(picture.jpeg(320, 240))
        device.call("attach", case, "house_photo", photograph)
        kept = folder / "kept.jpg"
        device.sync()
        device.call("attachment", "get", case, "house_photo", "-o", kept)
        self.photograph = kept.read_bytes()[1000:1064]
        device.edit(case, landmark=self.canaries.word("edited"))
        device.run("edit", case, "--set", f"no_such={self.canaries.word('refused')}")
        device.call("find", self.canaries.word("searched"))
        device.sync()
        self.region.call("find", self.canaries.word("searched at the office"))
        self.region.call("list", "household")
        self.region.call("backup")
        self.region.call("snapshot")

    def break_off(self, device):
        """A save killed at its start, its middle and its end; an export likewise."""
        out = self.office.folder / "export.csv"
        for number, wait in enumerate((0.0, 0.01, 0.03)):
            line = device.line("new", "register_household", "--place", TABANT, "--set",
                               f"head_name_ar={self.canaries.word(f'killed {number}')}")
            self.kill_after(line, wait, device)
            self.kill_after(self.region.line("export", "household", "--format", "csv", "-o", out),
                            wait, self.region)
            for taken in self.office.folder.glob(f"{out.name}*"):
                taken.unlink()  # whole or not: a file that somebody took out

    def kill_after(self, line, wait, who):
        process = subprocess.Popen(line, cwd=self.office.folder, env=self.environment(who),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.kill()
        process.wait()

    def environment(self, who):
        return {**who.environment(), "TMPDIR": self.temporary.name}

    # ---- looking

    def secrets(self):
        yield "the passphrase", TYPED.encode()
        yield "the photograph", self.photograph
        yield "a private key", PEM_KEY
        for whose, key in self.keys.items():
            yield f"the key of the {whose}", key
            yield f"the key of the {whose} (hex)", key.hex().encode()
            yield f"the key of the {whose} (base64)", base64.urlsafe_b64encode(key)[:-2]

    def found_in(self, data):
        yield from self.canaries.found_in(data)
        yield from (what for what, secret in self.secrets() if secret in data)

    def found_in_files(self):
        places = [self.office.folder, pathlib.Path(self.temporary.name)]
        places += [place for place in pathlib.Path("/dev/shm").glob("douar*")
                   if not place.name.startswith("douar-tests-")]  # where ./dev lays all tests' homes
        found = set()
        for place in places:
            for path in place.rglob("*"):
                name = str(path).encode()
                data = path.read_bytes() if path.is_file() else b""
                for what in self.found_in(data):
                    found.add((str(path), what))
                for what in self.found_in(name):
                    found.add((str(path), f"{what}, in its name"))
        return found

    def found_in_memory(self, pid):
        ranges = memory_of(pid)
        if ranges is None:
            return set()
        self.assertTrue(ranges)
        # Libraries know what a private key's file begins with.
        return {(where, what) for where, data in ranges for what in self.found_in(data)
                if what != "a private key" or not where.startswith("/")}

    def lock_office(self):
        """Locks it while it serves, and waits until it has let go."""
        said = self.region.log.read_text().count(SAYS_LOCKED)
        self.region.call("lock")
        wait_until(lambda: self.region.log.read_text().count(SAYS_LOCKED) > said, UNTIL_LOCKED_S,
                   "serve goes on with the key in its memory")

    def unlock_office(self, folder):
        words = folder / "words"
        words.write_text(self.region.passphrase + "\n")
        self.region.call("unlock", "--passphrase-file", words)

    # ---- what holds

    def test_nothing_is_on_the_disks(self):
        device = self.fill()
        self.break_off(device)
        self.assertEqual(self.found_in_files(), set())  # while it serves
        device.call("lock")
        self.region.process.send_signal(signal.SIGKILL)
        self.region.process.wait()
        self.region.process = None
        self.assertEqual(self.found_in_files(), set())
        # That the search would find them: what may be taken out is taken out.
        out = self.office.folder / "out.csv"
        self.region.call("export", "household", "--format", "csv", "-o", out)
        found = {what for path, what in self.found_in_files() if path == str(out)}
        out.unlink()
        self.assertIn("household.head_name_fr", found)
        self.assertIn("edited", found)

    def test_a_locked_office_forgets_waits_and_serves_again(self):
        device = self.fill()
        pid = self.region.process.pid
        if memory_of(pid) is not None:  # that the search would find them
            self.assertIn("the key of the office", {what for _, what in self.found_in_memory(pid)})
        self.lock_office()
        self.assertEqual(self.region.process.pid, pid)
        self.assertEqual(self.found_in_memory(pid), set())
        with self.assertRaises(Refused) as caught:
            device.sync()
        self.assertEqual(caught.exception.error, "network")  # nobody is answered
        self.outside(self.unlock_office)
        wait_until(lambda: device.run("sync").status == 0, SERVE_TIMEOUT_S, "it serves again")
        self.assert_not_dumped(pid)
        self.lock_office()
        self.assertEqual(self.found_in_memory(pid), set())
        self.assertEqual(self.region.stop(), 0)  # told to stop while it waits

    def assert_not_dumped(self, pid):
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])
        # The kernel gives the files of a process that may not be dumped or traced to root. A build
        # with a sanitizer is left open: it looks into itself as a debugger does.
        if not has_sanitizer(pid):
            self.assertEqual(pathlib.Path(f"/proc/{pid}/mem").stat().st_uid, 0)


if __name__ == "__main__":
    unittest.main()
