"""The annotated copy: marks and comments where the faults are, everything else as it was, however the file was made."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile, ZipInfo

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from catalog.ledger import Waiver
from pipeline.report.annotated import annotated_copy
from pipeline.report.annotated.colours import shade_number
from pipeline.report.annotated.comments import OPENING
from pipeline.run import checking
from pipeline.run.checking import Checked
from schemas.settings import load_settings
from tests.checking import DAY
from tests.marked_books import BOOKS, NOTE, full_of_styles

NAMES = sorted(BOOKS)
TRANSITIONAL = [name for name in NAMES if name not in ("strict.xlsx", "no_styles.xlsx")]
"""What openpyxl reads without complaint: it knows no strict workbooks, and warns of one without styles."""
MAY_DIFFER = "|".join(
    (
        r"\[Content_Types\]\.xml",
        r"xl/(workbook|styles)\.xml",
        r"xl/_rels/workbook\.xml\.rels",
        r"xl/(work|chart)sheets/(_rels/)?sheet[12]\.xml(\.rels)?",
        r"xl/comments(\d|/comment\d)\.xml",
        r"xl/drawings/(vmlDrawing|commentsDrawing)\d\.vml",
    )
)


def check(path: Path) -> Checked:
    settings = load_settings(environ={"VITRINA_MARKET": "CO"}, home=path.parent / "home", folder=path.parent)
    return checking.check(path, settings, as_of=DAY)


@cache
def made(name: str) -> tuple[Path, Path, Checked]:
    """A workbook, its annotated copy and its check; made once."""
    folder = Path(_FOLDER.name) / Path(name).stem
    (folder / "copia").mkdir(parents=True)
    path, out = folder / name, folder / "copia" / name
    BOOKS[name](path)
    checked = check(path)
    body, notes = annotated_copy(checked, path, "es")
    assert notes == ()
    out.write_bytes(body)
    return path, out, checked


_FOLDER = TemporaryDirectory()


def faults(checked: Checked) -> list[tuple[str, str | None, str | None]]:
    return [(f.code, f.sheet, f.cell) for f in checked.findings]


def look(cell: Any) -> list[str]:
    """All that a cell says and how, but for its fill and comment."""
    formats = (cell.font, cell.border, cell.alignment, cell.protection)
    return [repr(getattr(cell.value, "text", cell.value)), cell.number_format, *map(repr, formats)]


def members(path: Path) -> dict[str, tuple[ZipInfo, bytes]]:
    """Every part with its compressed bytes."""
    data = path.read_bytes()
    found = {}
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            head = info.header_offset
            begin = head + 30 + sum(int.from_bytes(data[head + at : head + at + 2], "little") for at in (26, 28))
            found[info.filename] = (info, data[begin : begin + info.compress_size])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_only_the_parts_that_must_change_differ(name: str) -> None:
    """Every other part keeps its compressed bytes, its place and its moment."""
    path, out, _ = made(name)
    before, after = members(path), members(out)
    assert list(after)[: len(before)] == list(before)
    assert all(after[part][0].date_time == info.date_time for part, (info, _) in before.items())
    changed = {part for part, (_, body) in before.items() if after[part][1] != body}
    added = set(after) - set(before)
    assert all(re.fullmatch(MAY_DIFFER, part) for part in changed), changed
    assert all(re.fullmatch(MAY_DIFFER.replace("[12]", r"\d"), part) for part in added), added


@pytest.mark.parametrize("name", TRANSITIONAL)
def test_values_formulas_and_formats_stay(name: str) -> None:
    """openpyxl sees each cell as it was but for fill and comment, with formulas and with their cached values."""
    path, out, _ = made(name)
    for cached in (False, True):
        before, after = openpyxl.load_workbook(path, data_only=cached), openpyxl.load_workbook(out, data_only=cached)
        assert after.sheetnames[:-1] == before.sheetnames
        assert after.active is not None
        assert after.active.title == after.sheetnames[-1]
        for page in before.worksheets:
            for row in page.iter_rows():
                for cell in row:
                    other = after[page.title][cell.coordinate]
                    assert look(cell) == look(other)


@pytest.mark.parametrize("name", NAMES)
def test_the_fast_reader_sees_the_same_values(name: str) -> None:
    """calamine: every sheet but ours cell for cell."""
    path, out, _ = made(name)
    before, after = CalamineWorkbook.from_path(path), CalamineWorkbook.from_path(out)
    for sheet in before.sheet_names:
        if sheet != "Gráfico":
            assert before.get_sheet_by_name(sheet).to_python() == after.get_sheet_by_name(sheet).to_python()


@pytest.mark.parametrize("name", TRANSITIONAL)
def test_each_fault_has_a_mark_and_a_comment(name: str) -> None:
    """A fill of ours and the words of the finding, in the cell the finding names (or its merged range's first)."""
    _, out, checked = made(name)
    page = openpyxl.load_workbook(out)["Productos"]
    cells = {finding.cell for finding in checked.findings if finding.sheet and finding.cell}
    assert {"B3", "E4", "F4"} <= cells
    marked = {c.coordinate for row in page.iter_rows() for c in row if c.comment and OPENING in c.comment.text}
    assert marked == {"G4" if name == "merged.xlsx" and cell == "G5" else cell for cell in cells}
    assert all(shade_number(str(page[cell].fill.fgColor.rgb)) is not None for cell in marked)
    assert "Falta el nombre" in page["B3"].comment.text


@pytest.mark.parametrize("name", NAMES)
def test_the_copy_checks_as_the_original(name: str) -> None:
    """Uploaded as it is: the same findings at the same cells, and annotated again the same bytes."""
    _, out, checked = made(name)
    again = check(out)
    assert faults(again) == faults(checked)
    assert annotated_copy(again, out, "es")[0] == out.read_bytes()


@pytest.mark.parametrize("name", ["comments.xlsx", "threaded.xlsx"])
def test_what_people_wrote_stands_before_ours(name: str) -> None:
    """Their comment keeps its words and its author; ours follows in the same box."""
    _, out, _ = made(name)
    page = openpyxl.load_workbook(out)["Productos"]
    assert page["B3"].comment.text.startswith(f"{NOTE}\n\n{OPENING}")
    assert page["A2"].comment.text == NOTE
    with ZipFile(out) as archive:
        boxes = archive.read("xl/drawings/vmlDrawing1.vml").decode()
    assert boxes.count("<x:Row>2</x:Row>") == 1
    assert boxes.count("<v:shape ") == boxes.count('ObjectType="Note"')


def test_a_white_header_stays_readable() -> None:
    """Behind light text the mark is dark; each cell's own fill is known again after the mending."""
    path, out, checked = made("styled.xlsx")
    page = openpyxl.load_workbook(out)["Productos"]
    red, green, blue = (int(str(page["H1"].fill.fgColor.rgb)[at : at + 2], 16) for at in (2, 4, 6))
    assert (red + green + blue) / 3 < 110
    mended = Checked(checked.file, check(out).sha256, checked.requirements, "Productos", 4, (), (), {}, "CO")
    clean = path.with_name("limpia.xlsx")
    clean.write_bytes(annotated_copy(mended, out, "es")[0])
    before, after = openpyxl.load_workbook(path)["Productos"], openpyxl.load_workbook(clean)["Productos"]
    for row in before.iter_rows():
        for cell in row:
            assert repr(cell.fill) == repr(after[cell.coordinate].fill), cell.coordinate
            assert after[cell.coordinate].comment is None


def test_what_is_waived_is_marked_as_such() -> None:
    """In a colour of its own, after everything else on the list, with who accepted it, until when and why."""
    path, _, checked = made("plain.xlsx")
    item = next(item for item in checked.known if item.finding.cell == "F4")
    moment = datetime(2026, 3, 15, tzinfo=UTC)
    waiver = Waiver(finding=item.id, by="Luis", at=moment, reason="Promoción", until=date(2026, 4, 14))
    out = path.with_name("exonerada.xlsx")
    out.write_bytes(annotated_copy(replace(checked, waived={item.id: waiver}), path, "es")[0])
    book = openpyxl.load_workbook(out)
    assert "○ Exonerado" in book["Productos"]["F4"].comment.text
    assert book["Productos"]["F4"].fill.fgColor.rgb != book["Productos"]["B4"].fill.fgColor.rgb
    last = [cell.value for cell in list(book["Hallazgos"].iter_rows())[-1]]
    assert (last[0], last[1]) == ("○ Exonerado", "Productos!F4")
    assert last[4] == "Lo aceptó Luis hasta el 14 de abril de 2026: Promoción."


def test_a_colour_of_ones_own_is_no_mark() -> None:
    """A fill in one of our hues, before any copy and beside our marks, is still there after the mending."""
    path, out, checked = made("chip.xlsx")
    mended = Checked(checked.file, check(out).sha256, checked.requirements, "Productos", 4, (), (), {}, "CO")
    clean = path.with_name("limpia.xlsx")
    clean.write_bytes(annotated_copy(mended, out, "es")[0])
    before, copy, after = (openpyxl.load_workbook(one)["Productos"] for one in (path, out, clean))
    assert before["C2"].fill.fgColor.rgb == copy["C2"].fill.fgColor.rgb == after["C2"].fill.fgColor.rgb == "FFFFE5A0"
    assert before["E4"].fill.fgColor.rgb == after["E4"].fill.fgColor.rgb == "FFFFE5A0"


def test_a_workbook_full_of_styles_keeps_its_parts(tmp_path: Path) -> None:
    """Excel keeps 64,000 cell formats: at the limit cells get their comment and no colour, and no format is added."""
    path = tmp_path / "full.xlsx"
    full_of_styles(path)
    checked = check(path)
    body, notes = annotated_copy(checked, path, "es")
    with ZipFile(BytesIO(body)) as archive:
        styles, sheet = archive.read("xl/styles.xml"), archive.read("xl/worksheets/sheet1.xml")
    assert notes == ()
    assert styles.count(b"<xf ") <= 64_001
    assert b"<legacyDrawing" in sheet
    path.with_name("copia.xlsx").write_bytes(body)
    assert faults(check(path.with_name("copia.xlsx"))) == faults(checked)


def test_the_list_links_to_each_cell() -> None:
    """One row a finding: how grave, where (a link), what, what to do, how often; no text is ever a formula."""
    _, out, checked = made("plain.xlsx")
    page = openpyxl.load_workbook(out)["Hallazgos"]
    assert [cell.value for cell in page[4]][:6] == [
        "Gravedad",
        "Celda",
        "Producto",
        "Qué se encontró",
        "Qué hacer",
        "Veces",
    ]
    assert page.max_row == 4 + len(checked.findings)
    rows = list(page.iter_rows(min_row=5))
    assert {c.hyperlink.location for row in rows for c in row if c.hyperlink} >= {"'Productos'!B3", "'Productos'!E4"}
    assert all(cell.data_type in "sn" for row in rows for cell in row)
    assert rows[0][0].value == "✖ Por corregir"


def test_only_one_tab_is_chosen() -> None:
    """Two chosen tabs are a group: what is typed in one would go into both. A chart with its own tab counts."""
    path, out, _ = made("several.xlsx")
    chosen = []
    for file in (path, out):
        with ZipFile(file) as archive:
            sheets = [archive.read(part) for part in archive.namelist() if re.search(r"sheets/sheet\d+\.xml$", part)]
        chosen.append(sum(b'tabSelected="1"' in sheet for sheet in sheets))
    assert chosen == [2, 1]


def test_the_sheet_of_findings_is_known_by_its_mark() -> None:
    """A person's own sheet of that name stays theirs; ours is found again whatever it is called."""
    _, out, _ = made("own_findings.xlsx")
    assert openpyxl.load_workbook(out).sheetnames == ["Productos", "Hallazgos", "Hallazgos (2)"]
    book = openpyxl.load_workbook(out)
    book["Hallazgos (2)"].title = "Para Juan"
    renamed = out.with_name("renombrada.xlsx")
    book.save(renamed)
    assert faults(check(renamed)) == faults(check(out))
    renamed.write_bytes(annotated_copy(check(renamed), renamed, "en")[0])
    assert openpyxl.load_workbook(renamed).sheetnames == ["Productos", "Hallazgos", "Para Juan"]


def test_a_copy_worked_on_elsewhere_is_cleaned() -> None:
    """Saved by another program, with a row inserted and one fault mended: one mark a fault, the old ones gone."""
    _, out, _ = made("styled.xlsx")
    book = openpyxl.load_workbook(out)
    page = book["Productos"]
    page["B3"] = "Libre Inversión Plus"
    page["F4"] = "24,5% E.A."
    worked = out.with_name("trabajada.xlsx")
    book.save(worked)
    again = check(worked)
    worked.write_bytes(annotated_copy(again, worked, "es")[0])
    page = openpyxl.load_workbook(worked)["Productos"]
    assert page["B3"].comment is None
    assert page["B3"].fill.fill_type is None
    assert page["F4"].comment is None
    assert page["E4"].comment.text.count(OPENING) == 1
    assert str(page["E4"].fill.fgColor.rgb).startswith("FFF")
    commented = {cell.coordinate for row in page.iter_rows() for cell in row if cell.comment}
    assert commented == {finding.cell for finding in again.findings if finding.cell}


@pytest.mark.full
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_every_copy(tmp_path: Path) -> None:
    """All of them, in one go, converted to PDF."""
    copies = []
    for name in NAMES:
        _, out, _ = made(name)
        copies.append(shutil.copy(out, tmp_path / name))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path / "pdf"), *copies]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert {pdf.stem for pdf in (tmp_path / "pdf").iterdir()} == {Path(name).stem for name in NAMES}
