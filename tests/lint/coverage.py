#!/usr/bin/env python3
"""coverage.py BUILD [--files]: which lines the tests reached, by folder (or by file), from gcov's counters."""
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("client", "server", "shared")


def lines_of(counters):
    """{source: {line: count}} of one object's counters, for sources of ours."""
    output = subprocess.run(["gcov", "--json-format", "--stdout", str(counters)], check=True,
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            cwd=counters.parent).stdout
    for document in output.splitlines():
        for file in json.loads(document)["files"]:
            source = Path(file["file"])
            if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in PARTS:
                yield (source.relative_to(ROOT).as_posix(),
                       {line["line_number"]: line["count"] for line in file["lines"]})


def main():
    build, by_file = Path(sys.argv[1]).resolve(), "--files" in sys.argv[2:]
    hits = defaultdict(lambda: defaultdict(int))
    for counters in sorted(build.rglob("*.gcda")):
        for source, lines in lines_of(counters):
            for line, count in lines.items():
                hits[source][line] += count
    if not hits:
        print("no counters: build the preset coverage and run its tests first")
        return 1
    rows = defaultdict(lambda: [0, 0])
    for source, lines in hits.items():
        for name in (source if by_file else str(Path(source).parent), "all"):
            rows[name][0] += sum(count > 0 for count in lines.values())
            rows[name][1] += len(lines)
    width = max(len(name) for name in rows)
    print(f"{'':{width}}  reached   lines")
    for name in sorted(rows, key=lambda name: (name == "all", name)):
        reached, lines = rows[name]
        print(f"{name:{width}}  {100 * reached / lines:6.1f}%  {lines:6}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
