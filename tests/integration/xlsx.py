"""Workbooks made in a test, from rows written as lines with | between cells."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "schema" / "forms"))
from pack import pack, write_workbook  # noqa: E402, F401


def workbook(path, **sheets):
    return write_workbook(path, {name: [line.split("|") for line in rows.strip("\n").split("\n")]
                                 for name, rows in sheets.items()})
