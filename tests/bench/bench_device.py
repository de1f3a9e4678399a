"""bench_device.py - what a device with many records needs: time and memory of the real programs.

    bench_device.py [--persons 10000,100000] [--json FILE]

For each size: a region, a device in one commune, and that many persons of some ten fields on it. Then one command after
the other, each a process of its own: the middle time of some rounds, and the most memory that any of them held
(ru_maxrss, programs and libraries included). `version` does nothing, so it is the floor of both; ratios are to it. The
office's row is its server at rest after all that. Goals: a device with 100,000 records 32 MiB for save, list, find and
sync, find within 50 ms; an office at rest 24 MiB.

The first sync is a newcomer's, by snapshot. Everything is over loopback TLS and on databases that are sealed.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "integration"))
os.environ.setdefault("DOUAR_BIN", str(TESTS.parent / "build" / "release" / "bin"))

import office as programs  # noqa: E402
from office import Device, Office, program  # noqa: E402

TABANT = "05.081.03.09"
ROUNDS = 9
OPEN_MINUTES = 600
REST_S = 25  # more than HTTP_REST_MS


def measured(device, words, rounds=ROUNDS):
    """Median seconds and the greatest memory of a command, and what it printed last."""
    line = device.line(*words, "--json", "--quiet")
    took, most, out = [], 0, b""
    for _ in range(rounds):
        begun = time.monotonic()
        with subprocess.Popen(line, env=device.environment(),
                              cwd=device.office.folder, stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL) as process:
            out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        took.append(time.monotonic() - begun)
        most = max(most, usage.ru_maxrss)
        if process.returncode != 0:
            raise SystemExit(f"bench_device: {' '.join(map(str, line))}: {out.decode()}")
    return {"ms": statistics.median(took) * 1000, "mib": most / 1024, "out": out}


def at_rest_mib(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise SystemExit("bench_device: the server has gone")


def village(device, persons):
    tool = pathlib.Path(program("douar")).parents[1] / "tests" / "village"
    subprocess.run([tool, device.home, TABANT, str(persons)], check=True,
                   cwd=device.office.folder)


def newcomer(office, name, person):
    device = Device(office, name)
    office.devices.append(device)
    device.init()
    device.stay_open(OPEN_MINUTES)
    return device, office.region.invite("worker", [TABANT], ["base"], person)


def measure(persons):
    rows = {}
    with Office() as office:
        office.person("Amina")
        amina = office.device("amina", office.region, [TABANT], person="Amina")
        amina.stay_open(OPEN_MINUTES)
        village(amina, persons)
        rows["first push of all"] = measured(amina, ["sync"], 1)
        office.region.call("snapshot")
        late, code = newcomer(office, "late", "Amina")
        rows["first sync"] = measured(late, ["enrol", code], 1)
        rows["version"] = measured(amina, ["version"])
        rows["new"] = measured(amina, ["new", "register_household", "--place", TABANT,
                                       "--set", "head_name_ar=عائشة بنت يوسف"])
        case = json.loads(rows["new"]["out"].splitlines()[-1])["case"]
        rows["edit"] = measured(amina, ["edit", case, "--set", "phone=0661234567"], 1)
        rows["show"] = measured(amina, ["show", case])
        rows["list, all"] = measured(amina, ["list"], 3)
        rows["find, one hit"] = measured(amina, ["find", "0661234567"])
        rows["find, many hits"] = measured(amina, ["find", "فاطمة"])
        rows["sync of changes"] = measured(amina, ["sync"], 1)
        rows["sync, nothing new"] = measured(amina, ["sync"])
        rows["status"] = measured(amina, ["status"])
        rows["digest"] = measured(amina, ["digest"], 3)
        rows["check"] = measured(amina, ["check"], 1)
        rows["office after all that"] = {"ms": None, "mib": at_rest_mib(office.region)}
        time.sleep(REST_S)
        rows["office at rest"] = {"ms": None, "mib": at_rest_mib(office.region)}
        office.region.stop()
        office.region.start()
        rows["office, started again"] = {"ms": None, "mib": at_rest_mib(office.region)}
    for row in rows.values():
        row.pop("out", None)
    return rows


def print_table(persons, rows):
    floor = rows["version"]
    print(f"{persons} persons{'ms':>26}{'x version':>12}{'MiB':>10}{'x version':>12}")
    for name, row in rows.items():
        times = (f"{row['ms']:>12.0f}{row['ms'] / floor['ms']:>12.1f}" if row["ms"] is not None
                 else f"{'':>24}")
        print(f"  {name:<26}{times}{row['mib']:>10.1f}{row['mib'] / floor['mib']:>12.1f}")


def main():
    parser = argparse.ArgumentParser(prog="bench_device")
    parser.add_argument("--persons", default="10000,100000",
                        help="sizes, with commas between them")
    parser.add_argument("--json", metavar="FILE", help="the figures, for programs")
    given = parser.parse_args()
    programs.COMMAND_TIMEOUT_S = 3600
    figures = {}
    for persons in map(int, given.persons.split(",")):
        figures[persons] = measure(persons)
        print_table(persons, figures[persons])
        sys.stdout.flush()
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(figures, indent=1), encoding="ascii")


if __name__ == "__main__":
    main()
