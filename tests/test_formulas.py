"""What people write never becomes a formula in a file of ours: one promise, one test a producer.

The published catalogue's CSV and the reconciliation of leads have theirs in test_release and test_lead_cli.
"""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from pipeline.report.annotated import annotated_copy
from pipeline.report.template import template_workbook
from pipeline.run.fixing import fix_file
from schemas.requirements import load
from schemas.settings import load_settings
from tests.checking import DAY, LOAN
from tests.test_annotated import check
from tests.workbooks import build

SIGNS = ["=1+1", "+57", "-x", "@SUM(A1)", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "\t=1"]
ROW = {**LOAN, "Código": SIGNS[4], "Descripción": SIGNS[3], "Monto": SIGNS[5], "Tasa": SIGNS[2], "Plazo": SIGNS[1]}
ROWS = [list(LOAN), list({**ROW, "Nombre": SIGNS[0]}.values()), list({**LOAN, "Categoría": "pyme"}.values())]


def xlsx(path: Path) -> Path:
    return build(path, {"Productos": ROWS})


def text(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(ROWS)
    return path


def xls(path: Path) -> Path:
    book = xlwt.Workbook()
    page = book.add_sheet("Productos")
    for i, row in enumerate(ROWS):
        for j, value in enumerate(row):
            page.write(i, j, value)
    book.save(str(path))
    return path


def ods(path: Path) -> Path:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Productos")
    for row in ROWS:
        line = TableRow()
        for value in row:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=value))
            line.addElement(cell)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    book.save(str(path))
    return path


KINDS = {"xlsx": xlsx, "csv": text, "xls": xls, "ods": ods}


def formulas(body: bytes) -> list[str]:
    """Every formula of a workbook, by the elements of its sheets and as openpyxl takes its cells."""
    with ZipFile(BytesIO(body)) as archive:
        sheets = [archive.read(part) for part in archive.namelist() if part.startswith("xl/worksheets/sheet")]
    found = ["<f" for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]
    cells = (cell for page in openpyxl.load_workbook(BytesIO(body)) for row in page.iter_rows() for cell in row)
    return found + [f"{cell.coordinate} {cell.value}" for cell in cells if cell.data_type == "f"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_marked_copy_holds_none(tmp_path: Path, kind: str) -> None:
    """Neither in the cells it was made of, nor in the list of findings, nor in a comment."""
    path = KINDS[kind](tmp_path / f"p.{kind}")
    body, _ = annotated_copy(check(path), path, "es")
    page = openpyxl.load_workbook(BytesIO(body)).worksheets[0]
    said = {cell.value for row in page.iter_rows() for cell in row}
    assert {SIGNS[0], SIGNS[4]} <= said
    assert formulas(body) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_mended_copy_holds_none(tmp_path: Path, kind: str) -> None:
    """Also where a sheet is written anew around the one cell that was mended."""
    path = KINDS[kind](tmp_path / f"p.{kind}")
    out = tmp_path / "c.xlsx"
    settings = load_settings(environ={}, home=tmp_path / "home", folder=tmp_path)
    assert [fix.before for fix in fix_file(path, out, settings, as_of=DAY).fixes] == ["pyme"]
    assert formulas(out.read_bytes()) == []


def test_mending_makes_none_in_a_text_file(tmp_path: Path) -> None:
    """A name that would begin with a sign once a hidden character is gone stays as it is; another one is mended."""
    rows = [list(LOAN), *(list({**LOAN, "Código": n, "Nombre": f"\u200b{n}{n}"}.values()) for n in "=+-@A")]
    path = tmp_path / "p.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    settings = load_settings(environ={}, home=tmp_path / "home", folder=tmp_path)
    done = fix_file(path, tmp_path / "c.csv", settings, as_of=DAY)
    assert [fix.new.value for fix in done.fixes] == ["AA"]


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_template_holds_none(lang: str) -> None:
    """Examples, lists and the guide are text, numbers and days."""
    assert formulas(template_workbook(load(), lang=lang, market="CO")) == []
