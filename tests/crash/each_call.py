#!/usr/bin/env python3
"""kill -9 at every system call that writes: nothing acknowledged is lost, and the next try works.

    DOUAR_BIN=build/release/bin tests/crash/each_call.py                  # each call of each command
    DOUAR_BIN=build/release/bin tests/crash/each_call.py --every 12 --seed 7 --only save,sync

Where kill.py ends processes at random moments, this one has the kernel end them (strace's
injection) as they enter their first, second, third... call of each kind, until the command gets to
its end alive. After each kill `check` must be clean and what was acknowledged must be there; then
work goes on with the same home. At the end the digests of all nodes are equal.

--every K takes the first call of each kind, and of the others one in K, from one drawn by the seed.
"""

import argparse
import collections
import csv
import os
import pathlib
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from office import Office, Refused, answers_of, end_with_parent  # noqa: E402
from picture import photograph  # noqa: E402

PLACE = "05.081.03.09"
# "?": not every kernel has it under this name.
CALLS = ("write", "pwrite64", "pwritev", "writev", "fsync", "fdatasync", "ftruncate", "fallocate",
         "?rename", "renameat", "renameat2", "?link", "linkat", "?unlink", "unlinkat", "?mkdir",
         "mkdirat", "fchmod", "?chmod", "copy_file_range", "sendto", "sendmsg")
PATIENCE_S = 300
SKIPPED = 77  # as ctest is told
MORE_THAN_ANY = 100000  # calls of one kind: a command that makes more never ends


class Lost(Exception):
    """Something acknowledged isn't there, or a node is damaged."""


def killing(call, at):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:signal=KILL:when={at}"]


class Bench:
    """An office and what each command needs before it can be tried again."""

    def __init__(self, office):
        self.office = office
        self.number = 0
        self.marks = {}  # case -> the landmark last acknowledged
        self.gone = set()  # deletions acknowledged
        self.hub = office.hub("azilal", "05.081")
        self.person = office.person("Amina", "worker", [PLACE])
        self.hub.uplink()
        self.amina = office.device("amina", self.hub, [PLACE], person=self.person)
        self.brahim = office.device("brahim", self.hub, [PLACE], person=self.person)
        self.amina.sync()
        self.brahim.sync()
        self.picture = office.folder / "picture.jpg"

    def next(self):
        self.number += 1
        return f"{self.number:06d}"

    def note(self, case, mark):
        self.marks[case] = mark

    def household(self, device):
        mark = self.next()
        case = device.new("register_household", place=PLACE, head_name_ar="عائشة",
                          landmark=mark)["case"]
        self.note(case, mark)
        return case


class Trial:
    """One command: `prepare` what it works on, its `words`, `done` with its acknowledged answer,
    `check` after it, killed or not."""

    def __init__(self, bench):
        self.bench = bench
        self.node = bench.amina

    def prepare(self):
        pass

    def words(self):
        raise NotImplementedError

    def done(self, answer):
        pass

    def check(self):
        self.node.call("check")


class Save(Trial):
    def words(self):
        self.mark = self.bench.next()
        return ["new", "register_household", "--place", PLACE, "--set", "head_name_ar=يوسف",
                "--set", f"landmark={self.mark}"]

    def done(self, answer):
        self.bench.note(answer["case"], self.mark)
        if self.node.value(answer["case"], "landmark") != self.mark:
            raise Lost(f"{answer['case']}: acknowledged and not shown")


class Edit(Trial):
    def prepare(self):
        self.case = self.bench.household(self.node)

    def words(self):
        self.mark = self.bench.next()
        return ["edit", self.case, "--set", f"landmark={self.mark}"]

    def done(self, answer):
        self.bench.note(self.case, self.mark)

    def check(self):
        super().check()
        shown = self.node.value(self.case, "landmark")
        if shown not in (self.mark, self.bench.marks[self.case]):
            raise Lost(f"{self.case}: shows {shown}, neither as before nor as after")
        self.bench.note(self.case, shown)
        if self.bench.number % 7 == 0:
            self.node.sync()


class Attach(Edit):
    def words(self):
        self.mark = self.bench.marks[self.case]
        self.bench.picture.write_bytes(photograph(64, 48, seed=self.bench.number))
        return ["attach", self.case, "house_photo", self.bench.picture]


class Undo(Trial):
    def prepare(self):
        self.case = self.bench.household(self.node)
        self.was = self.bench.marks.pop(self.case)

    def words(self):
        return ["undo"]

    def check(self):
        super().check()
        try:
            shown = self.node.value(self.case, "landmark")
        except Refused as refused:
            if refused.error != "not_found":
                raise
        else:  # killed before it was done
            if shown != self.was:
                raise Lost(f"{self.case}: half undone")
            self.bench.note(self.case, shown)


class Delete(Trial):
    def prepare(self):
        self.case = self.bench.household(self.node)

    def words(self):
        return ["delete", self.case, "--reason", "entered twice"]

    def done(self, answer):
        self.bench.gone.add(self.case)
        del self.bench.marks[self.case]

    def check(self):
        super().check()
        if self.case in self.bench.marks and self.node.show(self.case).get("deleted"):
            self.done({})


class Sync(Trial):
    """With work to push and other people's to pull."""

    def prepare(self):
        for device in (self.bench.amina, self.bench.brahim):
            for _ in range(2):
                self.bench.household(device)
        self.bench.brahim.sync()

    def words(self):
        return ["sync"]


class Uplink(Sync):
    def prepare(self):
        super().prepare()
        self.node = self.bench.hub

    def words(self):
        return ["uplink", "sync"]


class Backup(Uplink):
    def prepare(self):
        super().prepare()
        self.bench.hub.uplink()
        self.node = self.bench.office.region

    def words(self):
        return ["backup"]


class Collect(Backup):
    def prepare(self):
        case = self.bench.household(self.bench.amina)
        for _ in range(3):
            mark = self.bench.next()
            self.bench.amina.edit(case, landmark=mark)
            self.bench.note(case, mark)
        self.bench.amina.sync()
        self.bench.hub.uplink()
        self.node = self.bench.office.region
        self.node.call("backup")

    def words(self):
        return ["collect"]


class Person(Trial):
    def prepare(self):
        self.node = self.bench.office.region

    def words(self):
        return ["person", "add", f"Person {self.bench.next()}", "--role", "worker"]


class Bundle(Trial):
    def prepare(self):
        self.bench.household(self.node)
        self.file = self.bench.office.folder / f"{self.bench.next()}.bundle"

    def words(self):
        return ["bundle", "export", self.file]

    def check(self):
        super().check()
        if self.file.exists():  # under its name there is a whole one or none
            self.bench.hub.call("bundle", "import", self.file)


class Take(Bundle):
    def prepare(self):
        super().prepare()
        self.node = self.bench.amina
        self.node.call("bundle", "export", self.file)
        self.node = self.bench.hub

    def words(self):
        return ["bundle", "import", self.file]


class Passphrase(Trial):
    """Cut anywhere, the old one opens or the new one does."""

    def file(self, name, text):
        path = self.bench.office.folder / name
        path.write_text(text + "\n")
        return path

    def prepare(self):
        number = self.bench.next()
        self.node = type(self.bench.amina)(self.bench.office, f"locked{number}")
        self.old = self.file("old.txt", f"the old words of {number}")
        self.new = self.file("new.txt", f"the new words of {number}")
        self.node.call("init", "--passphrase-file", self.old)

    def words(self):
        return ["passwd", "--passphrase-file", self.old, "--new-passphrase-file", self.new]

    def done(self, answer):
        self.old = self.new

    def check(self):
        self.node.call("lock")
        if self.node.run("unlock", "--passphrase-file", self.new).status:
            self.node.call("unlock", "--passphrase-file", self.old)
        super().check()
        self.node.call("lock")
        shutil.rmtree(self.node.home)


class Enrol(Trial):
    def prepare(self):
        self.node = type(self.bench.amina)(self.bench.office, f"new{self.bench.next()}")
        self.code = self.bench.hub.invite("worker", [PLACE], ["base"])
        self.node.call("init")

    def words(self):
        return ["enrol", self.code, "--name", self.node.name]

    def check(self):
        super().check()
        try:
            self.node.call("enrol", self.code, "--name", self.node.name)
        except Refused as refused:  # it had come to its end
            if refused.error not in ("already_enrolled", "enrolled"):
                raise
        self.node.sync()
        super().check()
        shutil.rmtree(self.node.home)


TRIALS = {"save": Save, "edit": Edit, "attach": Attach, "undo": Undo, "delete": Delete,
          "sync": Sync, "uplink": Uplink, "backup": Backup, "collect": Collect, "person": Person,
          "bundle": Bundle, "take": Take, "passphrase": Passphrase, "enrol": Enrol}


def kill_once(bench, trial, call, at):
    """True: it was killed there. False: it came to its end before."""
    node = trial.node
    line = killing(call, at) + node.line("--json", *trial.words())
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
                          cwd=bench.office.folder, env=node.environment(),
                          preexec_fn=end_with_parent, check=False)
    answers = [one for one in answers_of(done.stdout.decode()) if one.get("ok")]
    if answers:  # said, so done, also when it died right after it
        trial.done(answers[-1])
    if done.returncode > 0:
        raise Lost((done.stdout + done.stderr).decode())
    return done.returncode < 0


def try_command(bench, name, every, draw):
    kills = 0
    for call in CALLS:
        at = 1
        while at < MORE_THAN_ANY:
            trial = TRIALS[name](bench)
            try:
                trial.prepare()
                killed = kill_once(bench, trial, call, at)
                trial.check()
            except (Lost, Refused, AssertionError, subprocess.TimeoutExpired) as wrong:
                raise Lost(f"{name}, killed at {call} number {at}: {wrong}") from wrong
            if not killed:
                break
            kills += 1
            at += every if at > 1 else draw.randint(1, every)
    return kills


def judge(bench):
    for _ in range(2):
        for device in (bench.amina, bench.brahim):
            device.sync()
        bench.hub.uplink()
    nodes = [bench.office.region, bench.hub, bench.amina, bench.brahim]
    for node in nodes:
        node.call("check")
    digests = [node.digest() for node in nodes]
    if any(digest != digests[0] for digest in digests):
        raise Lost(f"digests differ: {digests}")
    table = bench.office.folder / "all.csv"
    bench.office.region.call("export", "household", "--format", "csv", "-o", table)
    with open(table, encoding="utf-8", newline="") as file:
        shown = {row["_case"]: row["landmark"] for row in csv.DictReader(file)}
    for case, mark in bench.marks.items():
        if shown.get(case) != mark:
            raise Lost(f"{case}: saved and acknowledged, but {shown.get(case)} instead of {mark}")
    for case in bench.gone:
        if case in shown:
            raise Lost(f"{case}: deleted and acknowledged, but there")


def run(office, names, every, draw):
    bench = Bench(office)
    kills = collections.Counter()
    for name in names:
        kills[name] = try_command(bench, name, every, draw)
        print(f"  {name:10} killed at {kills[name]:5} calls", flush=True)
    judge(bench)
    print(f"{sum(kills.values())} kills, {len(bench.marks)} acknowledged saves, all there; "
          f"check clean and digests equal")
    never = [name for name in names if kills[name] == 0]
    if never:
        raise Lost(f"never killed, so nothing is proved: {never}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="one call in so many")
    parser.add_argument("--only", default=",".join(TRIALS), help="which commands")
    parser.add_argument("--but", default="", help="which not")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name not in options.but.split(",")]
    if not set(names) <= set(TRIALS) or options.every < 1:
        parser.error(f"--only: some of {','.join(TRIALS)}; --every: 1 or more")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], check=False,
                      capture_output=True).returncode:
        print("skipped: nobody may trace a process here (a container without ptrace?)")
        return SKIPPED
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"each_call.py --every {options.every} --only {','.join(names)} --seed {seed}", flush=True)
    with Office() as office:
        try:
            run(office, names, options.every, random.Random(seed))
        except Lost as lost:
            print(f"FAILED: {lost}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
