"""bench_link.py - the real programs over a 2G link: 20 kbit/s, 800 ms there and back, 5 % of packets lost.

    bench_link.py [--persons 200] [--newcomer 1000] [--bits 20000] [--round-trip 0.8] [--loss 0.05] [--seed 1]
                  [--json FILE]

A device with a month of work meets its office through such a link (radio.py: the kernel's own TCP over a TUN device),
TLS and all. For each thing it does: how long it took, what crossed the air in both directions (packets with their
heads, handshakes, what was sent again), and what it is beside the floor: its bytes (HTTP bodies) at the link's rate and
a round trip for each request and each step of TCP's and TLS's greeting. A link that loses packets can't be as fast as
its floor.
Needs root and /dev/net/tun; where they are missing it says so.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "integration"))
os.environ.setdefault("DOUAR_BIN", str(TESTS.parent / "build" / "release" / "bin"))

import picture  # noqa: E402
from office import Device, Office, Refused, program  # noqa: E402
from radio import Radio, Unusable  # noqa: E402

TABANT, AFAR = "05.081.03.09", "05.081.03.11"

GREETING = 2  # round trips before the first request: TCP's, TLS's
OPEN_MINUTES = 600


def village(device, commune, persons):
    tool = pathlib.Path(program("douar")).parents[1] / "tests" / "village"
    subprocess.run([tool, device.home, commune, str(persons)], check=True, cwd=device.office.folder)


def until_done(work):
    """Whoever waits for a bar of signal tries again; what all of the tries came to."""
    total = {"requests": 0, "bytes_sent": 0, "bytes_received": 0, "tries": 0}
    for _ in range(50):
        total["tries"] += 1
        try:
            answer = work()
            error = answer.get("sync_error")
            answer = answer.get("sync") or answer
        except Refused as refused:
            answer = refused.answer
            error = answer.get("error")
        for name in ("requests", "bytes_sent", "bytes_received"):
            total[name] += answer.get(name, 0)
        if not error:
            return total
    raise SystemExit("bench_link: it never got through")


def measured(radio, work):
    sent, received, lost, begun = radio.sent, radio.received, radio.lost, time.monotonic()
    total = until_done(work)
    total["s"] = time.monotonic() - begun
    total["air_sent"], total["air_received"] = radio.sent - sent, radio.received - received
    total["lost"] = radio.lost - lost
    crossed = total["bytes_sent"] + total["bytes_received"]
    total["floor_s"] = (crossed * 8 / radio.bits_per_s +
                        (total["requests"] + GREETING * total["tries"]) * radio.round_trip_s)
    return total


def enrolled(radio, office, name, commune):
    """A device that meets its office for the first time, on the air."""
    device = Device(office, name)
    office.devices.append(device)
    device.init()
    device.stay_open(OPEN_MINUTES)
    code = office.region.invite("worker", [commune], ["base"], "Amina")
    known = []

    def meet():
        if known:
            return device.sync()
        answer = device.call("enrol", code)
        known.append(answer)
        return answer

    return device, measured(radio, meet)


def fill_office(office, persons):
    """What others have brought before, on better roads."""
    desk = office.device("desk", office.region, [AFAR], person="Amina")
    desk.stay_open(OPEN_MINUTES)
    village(desk, AFAR, persons)
    desk.sync()
    office.region.call("snapshot")


def work_of_a_month(radio, device, persons, rows):
    cases = [device.new("register_household", place=TABANT, head_name_ar=f"عائشة {number}")["case"]
             for number in range(20)]
    rows["20 new households"] = measured(radio, device.sync)
    rows["nothing new"] = measured(radio, device.sync)
    for case in cases:
        device.edit(case, phone="0661234567")
    rows["20 edits"] = measured(radio, device.sync)
    village(device, TABANT, persons)
    rows[f"{persons} persons up"] = measured(radio, device.sync)
    photograph = device.office.folder / "photo.jpg"
    photograph.write_bytes(picture.photograph(320, 240, 1))
    device.call("attach", cases[0], "house_photo", photograph)
    rows["a photograph up"] = measured(radio, device.sync)


def measure(given):
    rows = {}
    with Office() as office:
        region = office.region
        office.person("Amina")
        fill_office(office, given.newcomer)
        region.stop()
        with Radio(region.port, given.bits, given.round_trip, given.loss, given.seed) as radio:
            region.configure(url=f"https://127.0.0.1:{radio.port}")
            region.start()
            amina, rows["enrolment"] = enrolled(radio, office, "amina", TABANT)
            work_of_a_month(radio, amina, given.persons, rows)
            late, rows[f"enrolment, {given.newcomer} persons down"] = enrolled(radio, office, "late", AFAR)
            region.call("check")
            late.call("check")
    return rows


def print_table(rows):
    print(f"{'':<24}{'s':>8}{'x floor':>9}{'requests':>10}{'body B':>10}{'air B up':>10}{'down':>10}{'lost':>6}")
    for name, row in rows.items():
        print(f"  {name:<22}{row['s']:>8.1f}{row['s'] / row['floor_s']:>9.1f}{row['requests']:>10}"
              f"{row['bytes_sent'] + row['bytes_received']:>10}{row['air_sent']:>10}{row['air_received']:>10}"
              f"{row['lost']:>6}")


def main():
    parser = argparse.ArgumentParser(prog="bench_link")
    parser.add_argument("--persons", type=int, default=200, help="that go up")
    parser.add_argument("--newcomer", type=int, default=1000, help="that a newcomer is sent")
    parser.add_argument("--bits", type=int, default=20_000, help="a second")
    parser.add_argument("--round-trip", type=float, default=0.8, help="seconds")
    parser.add_argument("--loss", type=float, default=0.05, help="of the packets, in each direction")
    parser.add_argument("--seed", type=int, default=1, help="of the losses")
    parser.add_argument("--json", metavar="FILE", help="the figures, for programs")
    given = parser.parse_args()
    try:
        rows = measure(given)
    except Unusable as why:
        print(f"bench_link: left out: {why}")
        return
    print_table(rows)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(rows, indent=1), encoding="ascii")


if __name__ == "__main__":
    main()
