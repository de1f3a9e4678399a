"""bench_submit.py - how many submissions an office takes: one a request, several connections, each durable.

    bench_submit.py [--connections 8] [--each 400] [--json FILE]

Devices of as many communes each save persons of seven fields and send each on its own; the requests are kept as they
were sent. Then the office's folder is put back as it was before, and all of them are sent again at once, by a client
that does nothing else. The server is the real one: sealed database, loopback TLS, signatures checked, every answer after
its commit. Beside it SQLite alone: a row of the same size in a transaction of its own, and eight in one (more can't wait
together on eight connections), both synced (synchronous=FULL). Goals: 25 times ODK Central's 256 a second, 64 MiB.
"""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "integration"))
os.environ.setdefault("DOUAR_BIN", str(TESTS.parent / "build" / "release" / "bin"))

from office import Office, program  # noqa: E402

PEER = "ODK Central 256/s at its best, 460 MB (sync study)"
COMMUNES = [f"05.081.03.{n:02d}" for n in (1, 3, 5, 7, 9, 11, 13)]
SECOND_OF_SQLITE = 1.5


def submissions(*words):
    tool = pathlib.Path(program("douar")).parents[1] / "tests" / "submissions"
    return subprocess.run([tool, *map(str, words)], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def of_process(pid):
    """Seconds of processor time and the most memory so far, in MiB."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        most = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"), most / 1024


def sqlite_rate(folder, rows_in_one, size):
    """Rows a second, stored durably, by SQLite alone."""
    with sqlite3.connect(folder / f"limit{rows_in_one}.db", isolation_level=None) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE op(id INTEGER PRIMARY KEY, body BLOB)")
        body, rows, begun = os.urandom(size), 0, time.monotonic()
        while time.monotonic() - begun < SECOND_OF_SQLITE:
            database.execute("BEGIN")
            for _ in range(rows_in_one):
                database.execute("INSERT INTO op(body) VALUES (?)", (body,))
            database.execute("COMMIT")
            rows += rows_in_one
        return rows / (time.monotonic() - begun)


def measure(connections, each):
    with Office() as office:
        region = office.region
        files, words, devices = [], [], []
        for n in range(connections):
            person = office.person(f"Amina {n}", "worker", (COMMUNES[n],))
            device = office.device(f"tablet{n}", region, [COMMUNES[n]], person=person)
            device.sync()
            devices.append(device)
        region.stop()
        before = office.folder / "before"
        shutil.copytree(office.folder / region.home, before)
        region.start()
        for n, device in enumerate(devices):
            files.append(office.folder / f"requests{n}")
            home = office.folder / device.home
            submissions("record", home, COMMUNES[n], each, files[n])
            words += [home, files[n]]
        region.stop()
        shutil.rmtree(office.folder / region.home)
        before.rename(office.folder / region.home)
        region.start()
        cpu, _ = of_process(region.process.pid)
        sent, took_ms = map(float, submissions("send", region.port, *words).split())
        after, most = of_process(region.process.pid)
        if sent != connections * (each + 1):
            raise SystemExit(f"bench_submit: {sent:.0f} of {connections * (each + 1)} were taken")
        size = sum(file.stat().st_size for file in files) / sent
        limits = [sqlite_rate(office.folder, rows, int(size)) for rows in (1, 8)]
    return {"connections": connections, "requests": int(sent), "bytes_each": size,
            "rate": sent * 1000 / took_ms, "server_ms_each": (after - cpu) * 1000 / sent,
            "server_mib": most, "sqlite_one_a_commit": limits[0], "sqlite_eight_a_commit": limits[1]}


def main():
    parser = argparse.ArgumentParser(prog="bench_submit")
    parser.add_argument("--connections", type=int, default=len(COMMUNES),
                        choices=range(1, len(COMMUNES) + 1), metavar=f"1..{len(COMMUNES)}")
    parser.add_argument("--each", type=int, default=400, help="submissions of each connection")
    parser.add_argument("--json", metavar="FILE", help="the figures, for programs")
    given = parser.parse_args()
    figures = measure(given.connections, given.each)
    rate = figures["rate"]
    print(f"{figures['requests']} submissions of {figures['bytes_each']:.0f} B, one a request, "
          f"{figures['connections']} connections: {rate:.0f}/s, the server "
          f"{figures['server_ms_each']:.2f} ms of a core each and {figures['server_mib']:.0f} MiB")
    print(f"  {PEER}: {rate / 256:.1f} times")
    for name, text in (("sqlite_one_a_commit", "one row a commit"),
                       ("sqlite_eight_a_commit", "eight rows a commit")):
        print(f"  SQLite alone, {text}: {figures[name]:.0f}/s; here {rate / figures[name]:.2f} of it")
    if given.json:
        with open(given.json, "w", encoding="ascii") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
