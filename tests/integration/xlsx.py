"""Workbooks made in a test, from rows written as lines with | between cells."""

import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/"


def sheet(rows):
    """A worksheet: each row a line, cells as inline texts."""
    lines = []
    for number, row in enumerate(rows.strip("\n").split("\n"), 1):
        cells = "".join(f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
                        for at, text in enumerate(row.split("|")) if text)
        lines.append(f'<row r="{number}">{cells}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def workbook(path, **sheets):
    names = list(sheets)
    numbers = range(1, len(names) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
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
            file.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return str(path)
