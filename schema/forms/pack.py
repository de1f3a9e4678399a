#!/usr/bin/env python3
"""pack.py FOLDER FILE.xlsx: the CSV sheets of a form (survey.csv, choices.csv, ...) as an XLSForm workbook.

Sheets in CSV can be read, compared and merged by people; a workbook is what other tools open. The
same sheets give the same bytes.
"""

import csv
import pathlib
import sys
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
ORDER = ["survey", "choices", "settings", "entities", "external_choices", "types"]
WHEN = (2026, 1, 1, 0, 0, 0)  # of every part: a workbook says nothing of when it was packed


def column_name(index):
    name = ""
    while index >= 0:
        name, index = chr(65 + index % 26) + name, index // 26 - 1
    return name


def sheet(rows):
    """A worksheet of rows of texts; empty cells are left out."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(f'<c r="{column_name(at)}{number}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}'
                        "</t></is></c>" for at, text in enumerate(row) if text)
        lines.append(f'<row r="{number}">{cells}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def write_workbook(path, sheets):
    """`sheets`: a dictionary of names and rows of texts."""
    names = list(sheets)
    numbers = range(1, len(names) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>' + "".join(
            f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.worksheet+xml"/>' for at in numbers) + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}relationships"><Relationship Id="r1" '
        f'Type="{LINK}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINK}"><sheets>' + "".join(
            f'<sheet name="{name}" sheetId="{at}" r:id="s{at}"/>' for at, name in zip(numbers, names))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}relationships">' + "".join(
            f'<Relationship Id="s{at}" Type="{LINK}/worksheet" Target="worksheets/sheet{at}.xml"/>'
            for at in numbers) + "</Relationships>",
    }
    parts |= {f"xl/worksheets/sheet{at}.xml": sheet(sheets[name]) for at, name in zip(numbers, names)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return str(path)


def pack(folder, path):
    sheets = {}
    for name in ORDER:
        file = pathlib.Path(folder) / f"{name}.csv"
        if file.exists():
            with open(file, encoding="utf-8", newline="") as text:
                sheets[name] = list(csv.reader(text))
    if "survey" not in sheets:
        raise SystemExit(f"{folder} has no survey.csv")
    return write_workbook(path, sheets)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    pack(*sys.argv[1:])
