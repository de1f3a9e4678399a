#!/usr/bin/env python3
"""kill -9 at random moments of a busy office: what was acknowledged must be there afterwards.

    DOUAR_BIN=build/release/bin tests/crash/kill.py --rounds 40 [--seed N]
    DOUAR_BIN=build/release/bin tests/crash/kill.py --rounds 0 --kinds sync,hub,region --caught 2000 --jobs 2

Each round two devices save, then one process is killed somewhere in its work: a save, a device's
sync, a hub that serves two of them, the region, a hub's uplink, a backup. Now and then:
  - what a device believes to be at the province is at the hub, value for value;
and at the end:
  - every save whose command returned success is at the region;
  - `check` is clean on every node, digests are equal, and every database is sealed.
The moments are drawn from how long such a process takes; a run in which one kind of process was
never caught in the middle proves too little, and fails.
"""

import argparse
import collections
import concurrent.futures
import csv
import os
import pathlib
import random
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from office import Office, Refused, answers_of, end_with_parent  # noqa: E402

PLACE = "05.081.03.09"
KINDS = ("save", "sync", "hub", "region", "uplink", "backup")
PATIENCE_S = 300
LOOK_EVERY = 10  # rounds, at least: looking reads all there is, and what is lost stays lost
LOOK_SHARE = 20  # ... and a part of the rounds so far, so that looking never becomes most of a run
AT_ONCE = 500  # of each kind on one office; more on another one: looking after all saves grows with their square
TELL_EVERY = 100  # rounds: how far it has got
MORE_ROUNDS = 10  # for each time that a kind must be caught at work and wasn't yet


class Lost(Exception):
    """Something acknowledged isn't there, or a node is damaged."""


class Crash:
    def __init__(self, office, seed):
        self.office = office
        self.seed = seed
        self.random = random.Random(seed)
        self.number = 0
        self.rounds = 0
        self.next_look = LOOK_EVERY
        self.saved = {}  # case -> landmarks whose save was acknowledged
        self.took_s = collections.defaultdict(lambda: 0.1)  # how long an undisturbed one takes
        self.caught = collections.Counter()
        self.missed = collections.Counter()
        self.hub = office.hub("azilal", "05.081")
        self.devices = []
        for name in ("amina", "brahim"):
            person = office.person(name.title(), "worker", [PLACE])
            self.hub.uplink()
            self.devices.append(office.device(name, self.hub, [PLACE], person=person))
        self.shared = self.devices[0].new("register_household", place=PLACE,
                                          head_name_ar="عائشة")["case"]
        self.saved[self.shared] = set()
        for device in self.devices:
            device.sync()

    # ---- work

    def landmark(self):
        self.number += 1
        return f"landmark {self.number:06d}"  # none is the beginning of another

    def save(self, device, count):
        marks = [self.landmark() for _ in range(count)]
        answers = device.answers("new", "register_household", "-", input=[
            {"place": PLACE, "head_name_ar": "إبراهيم", "landmark": mark} for mark in marks])
        for mark, answer in zip(marks, answers, strict=True):
            self.saved[answer["case"]] = {mark}

    def edit(self, device, case):
        mark = self.landmark()
        device.edit(case, landmark=mark)
        self.saved[case].add(mark)

    def begin(self, node, *words):
        return subprocess.Popen(node.line("--json", *words), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                cwd=self.office.folder, env=node.environment(),
                                preexec_fn=end_with_parent)

    # ---- killing

    def moment_s(self, kind):
        return self.random.uniform(0, 1.2 * self.took_s[kind])

    def count(self, kind, caught):
        (self.caught if caught else self.missed)[kind] += 1

    def kill_client(self, kind, node, *words):
        """Kills a command somewhere in its work; gives its answers when it got to an end."""
        start = time.monotonic()
        process = self.begin(node, *words)
        try:
            out, err = process.communicate(timeout=self.moment_s(kind))
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        self.count(kind, process.returncode < 0)
        if process.returncode < 0:
            return []
        self.took_s[kind] = time.monotonic() - start
        if process.returncode:
            raise Lost(f"{node.name} {' '.join(map(str, words))}: {(out + err).decode()}")
        return answers_of(out.decode())

    def kill_server(self, kind, server, clients):
        """Kills a server while the clients speak with it; they go on once it is back, or die too."""
        start = time.monotonic()
        processes = [self.begin(node, *words) for node, words in clients]
        time.sleep(self.moment_s(kind))
        busy = any(process.poll() is None for process in processes)
        server.kill()
        self.count(kind, busy)
        if not busy:
            self.took_s[kind] = time.monotonic() - start
        if self.random.random() < 0.5:
            for process in processes:
                process.kill()
        server.start()
        for process in processes:
            out, err = process.communicate(timeout=PATIENCE_S)
            if process.returncode > 0:
                raise Lost(f"{process.args}: {(out + err).decode()}")

    # ---- a round

    def work(self):
        for device in self.devices:
            self.save(device, self.random.randint(1, 12))
            if self.random.random() < 0.5:
                self.edit(device, self.shared)

    def strike(self, kind):
        device = self.random.choice(self.devices)
        if kind == "save":
            self.strike_save(device)
        elif kind == "sync":
            self.kill_client(kind, device, "sync")
        elif kind == "hub":
            self.kill_server(kind, self.hub, [(one, ("sync",)) for one in self.devices])
        elif kind == "region":
            self.kill_server(kind, self.office.region, [(self.hub, ("uplink", "sync"))])
        elif kind == "uplink":
            self.kill_client(kind, self.hub, "uplink", "sync")
        else:
            self.kill_client(kind, self.office.region, "backup")

    def strike_save(self, device):
        mark = self.landmark()
        answers = self.kill_client("save", device, "new", "register_household", "--place", PLACE,
                                   "--set", "head_name_ar=يوسف", "--set", f"landmark={mark}")
        for answer in answers:
            self.saved[answer["case"]] = {mark}

    def believed_is_there(self):
        """What a device calls delivered must be at the hub, which may just have been killed."""
        held = {}
        for row in self.hub.call("list", "household", "--limit", 100000)["list"]:
            held[row["case"]] = row
        for device in self.devices:
            after = 0
            while after is not None:
                page = device.call("status", "--records", "--limit", 1000, "--after", after)
                for row in page["list"]:
                    if row["custody"] != "here" and row["case"] not in held:
                        raise Lost(f"{device.name} believes {row['case']} delivered; it isn't")
                after = page.get("after")
        if self.devices[0].show(self.shared)["custody"] != "here":
            mine = self.devices[0].call("show", self.shared, "--history")["history"]
            there = self.hub.call("show", self.shared, "--history")["list"]
            if len(there) < len(mine):
                raise Lost(f"{self.shared}: the hub lacks changes that are said to be there")

    def round(self, kind):
        self.rounds += 1
        self.work()
        self.strike(kind)
        if self.rounds >= self.next_look:
            self.believed_is_there()
            self.next_look = self.rounds + max(LOOK_EVERY, self.rounds // LOOK_SHARE)
        if self.rounds % TELL_EVERY == 0:
            print(f"  {self.seed}: {self.rounds} rounds, killed in the middle: {dict(self.caught)}", flush=True)

    # ---- the end

    def settle(self):
        for _ in range(3):
            for device in self.devices:
                device.sync()
            self.hub.uplink()

    @staticmethod
    def is_sealed(node):
        files = sorted(node.home.glob("*.db*"))
        plain = [file.name for file in files if file.read_bytes()[:15] == b"SQLite format 3"]
        if not files or plain:
            raise Lost(f"{node.name}: a database that isn't sealed: {plain}")

    def judge(self):
        self.believed_is_there()
        nodes = [self.office.region, self.hub, *self.devices]
        for node in nodes:
            self.is_sealed(node)
        for node in nodes:
            node.call("check")
        digests = [node.digest() for node in nodes]
        for digest in digests:
            if digest != digests[0]:
                raise Lost(f"digests differ: {digests}")
        self.find_all_saved()
        return sum(len(marks) for marks in self.saved.values())

    def find_all_saved(self):
        """In the region's export; of what was changed again, in the history."""
        table = self.office.folder / "all.csv"
        self.office.region.call("export", "household", "--format", "csv", "-o", table)
        with open(table, encoding="utf-8", newline="") as file:
            shown = {row["_case"]: row["landmark"] for row in csv.DictReader(file)}
        for case, marks in self.saved.items():
            known = shown.get(case, "")
            if case == self.shared:
                known = str(self.office.region.call("show", case, "--history")["list"])
            lost = [mark for mark in marks if mark not in known]
            if lost:
                raise Lost(f"{case}: saved and acknowledged, but gone: {lost}")


def play(crash, kinds):
    for index, kind in enumerate(kinds):
        try:
            crash.round(kind)
        except (Lost, Refused, AssertionError, subprocess.TimeoutExpired) as wrong:
            raise Lost(f"round {index + 1} ({kind}): {wrong}") from wrong


def run(crash, kinds, rounds, caught):
    order = [kinds[index % len(kinds)] for index in range(rounds)]
    crash.random.shuffle(order)
    play(crash, order)
    for _ in range(MORE_ROUNDS * caught):
        play(crash, [kind for kind in kinds if crash.caught[kind] < caught])
    crash.settle()
    saves = crash.judge()
    for kind in kinds:
        print(f"  {kind:8} killed in the middle {crash.caught[kind]:4}, "
              f"came too late {crash.missed[kind]:4}")
    print(f"{saves} acknowledged saves, all there; check clean and digests equal on "
          f"{len(crash.devices) + 2} nodes")
    weak = [kind for kind in kinds if crash.caught[kind] < caught]
    if weak:
        raise Lost(f"caught in the middle less than {caught} times, so too little is proved: {weak}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--kinds", default=",".join(KINDS), help="who is killed")
    parser.add_argument("--caught", type=int, default=1,
                        help="how often each must have been killed in the middle of its work")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=1, help=f"offices at once; each stands for {AT_ONCE} of each kind")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    if not set(kinds) <= set(KINDS):
        parser.error(f"--kinds: some of {','.join(KINDS)}")
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"kill.py --rounds {options.rounds} --kinds {options.kinds} --caught {options.caught} "
          f"--seed {seed}", flush=True)
    parts = [min(AT_ONCE, options.caught - begun) for begun in range(0, options.caught, AT_ONCE)]
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as offices:
        begun = [offices.submit(one_office, kinds, seed + index, options.rounds, part)
                 for index, part in enumerate(parts)]
        return max((office.result() for office in begun), default=0)


def one_office(kinds, seed, rounds, caught):
    with Office() as office:
        try:
            run(Crash(office, seed), kinds, rounds, caught)
        except Lost as lost:
            print(f"FAILED (--seed {seed}): {lost}")
            for server in office.servers:
                print(f"{server.name} said: {server.log.read_text()[-1000:]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
