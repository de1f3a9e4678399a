"""bench_sync.py - what a sync costs, and beside it, if asked, what PouchDB and Fossil need for the same.

    bench_sync.py [--peers] [--persons 10000] [--rounds N] [--json FILE]

One worker has so many persons of 10 fields: the first push of them all, the first sync of a new device (by snapshot, and
by rows before there is one), a sync with nothing new (the first after the push, and again), 20 edits. Real nodes and a
real server; `sync_cost` does it. Bytes are those of HTTP both ways, headers with them, without TLS; they and the requests
are the same on any machine. A time is worth what stands beside it in the same run, so it is printed as a ratio: to
SQLite alone storing rows of the same sizes, and of a peer's time to ours. A ratio above 1 is in our favour.

With --peers the same persons, without our households, go through PouchDB with express-pouchdb (of npm, in build/peers/sync;
leveldb on disk on both sides, HTTP without TLS; batches of 100 documents, which is what it does untold, and of 1,000) and
through Fossil (of Debian; a file a person). Ours goes over TLS, checks, signs and merges what it takes, and each batch is
on disk before its answer; PouchDB doesn't wait for the disk. Making what came searchable is no part of a sync, here as
there (PouchDB does it with the first query of a view), and stands in a line of its own. A time of Fossil's is that of a whole
command. Rounds go in turn, and the middle time of each counts. What a peer can't do is said and is no failure.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "integration"))
os.environ.setdefault("DOUAR_BIN", str(TESTS.parent / "build" / "release" / "bin"))

import sync_fossil  # noqa: E402
from office import program  # noqa: E402
from peers import Absent, npm, run  # noqa: E402

PACKAGES = ("pouchdb-node@9.0.0", "express-pouchdb@4.2.0", "express@4")  # express 5 breaks its feed of changes
PEERS = ("Fossil", "PouchDB", "PouchDB, 1,000 a batch")
WHAT = {"nothing_first": "nothing new, first sync after the push", "nothing": "nothing new, again", "edits": "20 edits",
        "push": "push of all, first time", "by_rows": "first sync by rows, before there is a snapshot",
        "pull": "first sync", "shown": "what came made ready to be shown and found, after it",
        "snapshot": "making the snapshot, once a day"}
GOALS = {"nothing": {"requests": 1, "bytes": 400}, "edits": {"requests": 1, "bytes": 1800}, "pull": {"bytes_each": 90}}
TIMES_POUCHDB = 5
PERSONS = 10000  # the goals are about so many
STORED = ("push", "by_rows", "pull")  # beside SQLite alone


def ours(persons, people):
    tool = pathlib.Path(program("douar")).parents[1] / "tests" / "sync_cost"
    done = subprocess.run([tool, "--persons", str(persons), "--people", people], check=True, stdout=subprocess.PIPE,
                          text=True)
    return json.loads(done.stdout)


def of_peer(name, people, folder):
    """The rows of a peer, or Absent and why."""
    folder.mkdir()
    if name == "Fossil":
        return sync_fossil.measure(people, folder)
    batch = 1000 if "1,000" in name else 100
    said = run(["node", TESTS / "bench" / "sync_pouchdb.mjs", npm("sync", PACKAGES), people, folder, batch])
    return json.loads(said)["rows"]


def middle(rounds):
    """Of the rounds of one: what was counted in the first, and the middle time."""
    return {name: {**row, "ms": statistics.median(rows[name]["ms"] for rows in rounds)}
            for name, row in rounds[0].items()}


def measure(persons, rounds, with_peers):
    taken, absent, rates = {"ours": []}, {}, []
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="douar-bench-sync-") as name:
            folder = pathlib.Path(name)
            people = folder / "people"
            found = ours(persons, people)
            taken["ours"].append(found["rows"])
            rates.append(found["sqlite_rate"])
            for place, peer in enumerate(PEERS if with_peers else ()):
                if peer in absent:
                    continue
                try:
                    taken.setdefault(peer, []).append(of_peer(peer, people, folder / str(place)))
                except Absent as why:
                    absent[peer] = str(why)
                    taken.pop(peer, None)
    found = {name: middle(rows) for name, rows in taken.items()}
    return {"persons": persons, "rounds": rounds, "sqlite_rate": statistics.median(rates), "ours": found.pop("ours"),
            "peers": found, "absent": absent}


def verdict(name, row):
    """The goal of a row, and whether it is reached. A dictionary and a signature weigh more on a few persons."""
    goal = GOALS.get(name)
    if not goal or (name == "pull" and row["items"] < PERSONS):
        return ""
    each = row["bytes"] / row["items"] if row["items"] else 0
    reached = all({**row, "bytes_each": each}[what] <= most for what, most in goal.items())
    words = {"requests": "{} request", "bytes": "<= {:,} B", "bytes_each": "<= {} B each"}
    text = ", ".join(words[what].format(most) for what, most in goal.items())
    return f"goal {text}: {reached_or_not(reached)}"


def reached_or_not(reached):
    return "reached" if reached else "NOT reached"


def beside(name, row, found):
    """What else is said of a time of ours."""
    if name in ("snapshot", "shown"):
        return f"{row['ms'] / found['ours']['pull']['ms']:.2f} of the time of a first sync"
    if name not in STORED:
        return ""
    return f"{row['items'] * 1000 / row['ms'] / found['sqlite_rate']:.2f} of SQLite alone's rate"


def against_pouchdb(found):
    """The goal that only a run with peers can judge, by the better of PouchDB's two."""
    times = [rows["pull"]["ms"] for peer, rows in found["peers"].items() if peer.startswith("PouchDB")]
    if not times:
        return ""
    ratio = min(times) / found["ours"]["pull"]["ms"]
    return f"goal {TIMES_POUCHDB} times PouchDB's rate: {ratio:.1f}, {reached_or_not(ratio >= TIMES_POUCHDB)}"


def line(name, row, ratios, more=""):
    each = f"{row['bytes'] / row['items']:,.1f}" if row["items"] and row["bytes"] else ""
    counted = f"{row['requests']:>9,}{row['bytes']:>13,}" if row["requests"] else f"{'':>22}"
    print(f"  {name:<24}{counted}{each:>10}{ratios:>20}   {more}".rstrip())


def show(found):
    print(f"{found['persons']:,} persons of 10 fields, rounds: {found['rounds']}. HTTP both ways, headers with it, no TLS."
          f"\n{'':26}{'requests':>9}{'bytes':>13}{'B each':>10}{'x bytes':>10}{'x time':>10}")
    for name, what in WHAT.items():
        row = found["ours"][name]
        print(what)
        more = (verdict(name, row), against_pouchdb(found) if name == "pull" else "", beside(name, row, found))
        line("here", row, "", "; ".join(filter(None, more)))
        for peer, rows in found["peers"].items():
            if name in rows:
                ratios = f"{rows[name]['bytes'] / row['bytes']:>10.1f}{rows[name]['ms'] / row['ms']:>10.2f}"
                line(peer, rows[name], ratios)
    for peer, why in found["absent"].items():
        print(f"{peer} is left out: {why}")


def main():
    parser = argparse.ArgumentParser(prog="bench_sync")
    parser.add_argument("--peers", action="store_true", help="run PouchDB (Node, npm) and Fossil beside it")
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--rounds", type=int, help="of which the middle time counts (3 with peers, else 1)")
    parser.add_argument("--json", metavar="FILE", help="the figures, for programs")
    given = parser.parse_args()
    found = measure(given.persons, given.rounds or (3 if given.peers else 1), given.peers)
    show(found)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
