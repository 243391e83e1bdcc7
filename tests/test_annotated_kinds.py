"""The annotated copy of other kinds of files, what it refuses, and what nobody can smuggle into it."""

from __future__ import annotations

import random
import re
import time
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import xlwt

from pipeline.copies.tags import CannotPatch
from pipeline.ingest.limits import BadFile
from pipeline.report.annotated import annotated_copy, write_annotated
from pipeline.report.annotated.comments import OPENING
from pipeline.report.annotated.patch import annotated
from pipeline.report.annotated.remarks import Remark
from schemas.errors import CannotRun, WrongUse
from tests.checking import LOAN
from tests.command import vitrina
from tests.marked_books import BOOKS, HEADERS, ROWS
from tests.test_annotated import check, faults
from tests.workbooks import build


def copy_of(path: Path, lang: str = "es") -> Path:
    body, _ = annotated_copy(check(path), path, lang)
    out = path.with_name(f"copia de {path.stem}.xlsx")
    out.write_bytes(body)
    return out


def csv(path: Path, separator: str = ";") -> Path:
    lines = [separator.join(f'"{str(v or "").replace(chr(34), chr(34) * 2)}"' for v in row) for row in (HEADERS, *ROWS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def xls(path: Path) -> Path:
    book = xlwt.Workbook()
    page = book.add_sheet("Productos")
    percent, day = xlwt.easyxf(num_format_str="0.00%"), xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for i, row in enumerate(
        [[*HEADERS, "Tasa máxima", "Vigente hasta"], *([*r, 0.3, date(2025, 1, 31)] for r in ROWS)]
    ):
        for j, value in enumerate(row):
            style = (percent if j == 7 else day) if i and j > 6 else xlwt.Style.default_style
            page.write(i, j, value, style)
    book.save(str(path))
    return path


@pytest.mark.parametrize("make", [csv, xls])
def test_other_kinds_become_a_marked_xlsx(tmp_path: Path, make: object) -> None:
    """.csv and .xls: the same findings at the same cells, numbers with their formats, text as text."""
    assert callable(make)
    path = make(tmp_path / f"productos.{getattr(make, '__name__', '')}")
    out = copy_of(path)
    before, after = faults(check(path)), faults(check(out))
    assert [(code, cell) for code, _, cell in after] == [(code, cell) for code, _, cell in before]
    page = openpyxl.load_workbook(out).worksheets[0]
    assert OPENING in page["B3"].comment.text
    assert page["B5"].data_type == "s"


def test_long_and_odd_names_become_sheet_names(tmp_path: Path) -> None:
    """A .csv may be called what no sheet may be; its marks and links still find their cells."""
    path = csv(tmp_path / "precios [final] de todos los productos del año 2026.csv")
    book = openpyxl.load_workbook(copy_of(path))
    assert len(book.sheetnames[0]) <= 31
    assert book.worksheets[0]["B3"].comment is not None
    assert book["Hallazgos"]["B5"].hyperlink.location.startswith(f"'{book.sheetnames[0]}'!")


@pytest.mark.parametrize("body", [b"", b"PK\3\4 not a zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut", b"<html>"])
def test_an_unreadable_file_gives_the_list_alone(tmp_path: Path, body: bytes) -> None:
    """Nothing of the file but its one finding, on the sheet of findings."""
    path = tmp_path / "productos.xlsx"
    path.write_bytes(body)
    book = openpyxl.load_workbook(copy_of(path))
    assert book.sheetnames == ["Hallazgos"]
    assert book["Hallazgos"]["B5"].value == "El archivo"


def test_the_copy_speaks_english_too(tmp_path: Path) -> None:
    """--lang en: the sheet is called Findings, and a Spanish copy annotated again changes its language."""
    path = tmp_path / "plain.xlsx"
    BOOKS["plain.xlsx"](path)
    out = copy_of(copy_of(path), "en")
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Productos", "Findings"]
    assert "To mend" in book["Productos"]["B3"].comment.text
    assert book["Productos"]["B3"].comment.text.count(OPENING) == 1


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    """Codes and values that begin like formulas stay text: on the list and in the comments."""
    row = {**LOAN, "Código": '=HYPERLINK("http://x")', "Monto": "@SUM(1)", "Plazo": "+1-2", "Tasa": "-"}
    path = build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), list(row.values())]})
    out = copy_of(path)
    with ZipFile(out) as archive:
        assert all(b"<f>" not in archive.read(part) for part in archive.namelist() if "worksheets/sheet" in part)
        styles = archive.read("xl/styles.xml")
    assert b'quotePrefix="1"' in styles
    cells = [cell for line in openpyxl.load_workbook(out)["Hallazgos"].iter_rows() for cell in line]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n"}


def test_characters_xml_cannot_hold_do_no_harm() -> None:
    """Control characters, lone surrogates and lookalike escapes in a value."""
    told = Remark("error", "Productos", 3, 1, "B3", "a\x00b", "\ud800 _x000D_ <&> \"'\n\x1f", "]]>", 1)
    held = BytesIO()
    openpyxl.Workbook().save(held)
    name = Remark("error", "Sheet", 3, 1, "B3", told.product, told.message, told.fix, 1)
    book = openpyxl.load_workbook(BytesIO(annotated(held.getvalue(), [name], heading="\x07", lang="es")))
    assert "_x000D_ <&> \"'\n" in book["Hallazgos"]["D5"].value.replace("_x005F_", "_")
    assert "]]>" in book["Sheet"]["B3"].comment.text


def test_the_command_writes_the_copy(tmp_path: Path) -> None:
    """`check --annotated`: exit code and JSON as without it; the copy is there; the original is never replaced."""
    BOOKS["plain.xlsx"](tmp_path / "p.xlsx")
    plain = vitrina("check", "p.xlsx", "--format", "json", folder=tmp_path)
    done = vitrina("check", "p.xlsx", "--format", "json", "--annotated", "copia.xlsx", folder=tmp_path)
    assert (done.code, done.document) == (1, plain.document)
    assert openpyxl.load_workbook(tmp_path / "copia.xlsx").sheetnames == ["Productos", "Hallazgos"]
    before = (tmp_path / "p.xlsx").read_bytes()
    refused = vitrina("check", "p.xlsx", "--annotated", "p.xlsx", folder=tmp_path)
    assert (refused.code, (tmp_path / "p.xlsx").read_bytes()) == (2, before)


def test_what_it_refuses_it_says(tmp_path: Path) -> None:
    """Never over the original; never a copy of something else than what was checked; macros need their extension."""
    path = tmp_path / "macros.xlsm"
    BOOKS["macros.xlsm"](path)
    checked = check(path)
    with pytest.raises(WrongUse, match="another name"):
        write_annotated(checked, path, path, "es")
    assert "xlsm" in write_annotated(checked, path, tmp_path / "copia.xlsx", "es")[0]
    assert write_annotated(checked, path, tmp_path / "copia.xlsm", "es") == ()
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CannotRun, match="changed"):
        write_annotated(checked, path, tmp_path / "otra.xlsm", "es")


def test_a_workbook_that_cannot_be_patched_is_made_anew(tmp_path: Path) -> None:
    """A drawing that leads nowhere: the copy has the values, and the person is told."""
    path = tmp_path / "p.xlsx"
    BOOKS["plain.xlsx"](path)
    with ZipFile(path) as archive:
        held = {part: archive.read(part) for part in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    held[sheet] = held[sheet].replace(b"</worksheet>", b'<legacyDrawing xmlns:r="urn:x" r:id="rId7"/></worksheet>')
    with ZipFile(path, "w") as archive:
        for part, body in held.items():
            archive.writestr(part, body)
    body, notes = annotated_copy(check(path), path, "en")
    assert "could not be marked in place" in notes[0]
    assert OPENING in openpyxl.load_workbook(BytesIO(body))["Productos"]["B3"].comment.text


def test_more_findings_than_links(tmp_path: Path) -> None:
    """Excel keeps 65,530 links a sheet: all findings are listed, the first 65,000 with a link."""
    held = BytesIO()
    openpyxl.Workbook().save(held)
    told = [Remark("warning", "Sheet", 2, 1, "B2", "", "m", "f", 1)] * 70_000
    with ZipFile(BytesIO(annotated(held.getvalue(), told, heading="h", lang="es"))) as archive:
        page = archive.read("xl/worksheets/sheet2.xml")
    assert (page.count(b"<hyperlink "), page.count(b"<row ")) == (65_000, 70_003)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """The workbook with one or two small accidents in its parts."""
    with ZipFile(BytesIO(data)) as archive:
        held = {part: archive.read(part) for part in archive.namelist()}
    for _ in range(chance.randint(1, 2)):
        part = chance.choice([part for part in held if part.endswith((".xml", ".rels", ".vml"))])
        body, at = bytearray(held[part]), chance.randrange(len(held[part]) or 1)
        tags = list(re.finditer(rb'<[^>]+>|"[^"]*"', body))
        if chance.random() < 0.5 and tags:
            one, other = chance.choice(tags), chance.choice(tags)
            body[one.start() : one.end()] = other[0] if chance.random() < 0.6 else b""
        else:
            body[at : at + chance.randint(0, 9)] = chance.choice([b"<", b'"', b"/", b"<a/>", b"9", b"", b"<!-- -->"])
        held[part] = bytes(body)
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for part, content in held.items():
            archive.writestr(part, content)
    return out.getvalue()


@pytest.mark.parametrize("rounds", [150, pytest.param(20_000, marks=pytest.mark.full)])
def test_damaged_workbooks_never_crash(tmp_path: Path, rounds: int) -> None:
    """Every accident ends in a whole copy or in the two refusals that lead to a copy made anew."""
    chance, sources, ended = random.Random(rounds), [], time.monotonic() + 120
    for name in ("plain.xlsx", "comments.xlsx", "styled.xlsx", "button.xlsx"):
        BOOKS[name](tmp_path / name)
        data = (tmp_path / name).read_bytes()
        told = [Remark("error", "Productos", 3, 1, "B3", "", "m", "f", 1)]
        sources += [data, annotated(data, told, heading="h", lang="es")]
    told.append(Remark("info", "Productos", 9, 8, "I9", "", "m", "f", 1))
    for _ in range(rounds):
        try:
            copy = annotated(_damaged(chance.choice(sources), chance), told, heading="h", lang="es")
        except (CannotPatch, BadFile):
            continue
        with ZipFile(BytesIO(copy)) as archive:
            assert archive.testzip() is None
        if time.monotonic() > ended:
            break


def test_thousands_of_marks_are_no_trouble() -> None:
    """A box of its own for each comment, its number within the drawing's list."""
    held = BytesIO()
    openpyxl.Workbook().save(held)
    told = [Remark("error", "Sheet", row, 1, f"B{row}", "", "m", "f", 1) for row in range(2, 3_002)]
    copy = annotated(held.getvalue(), told, heading="h", lang="es")
    with ZipFile(BytesIO(copy)) as archive:
        boxes = archive.read("xl/drawings/vmlDrawing1.vml")
        assert archive.read("xl/comments1.xml").count(b"<comment ") == 3_000
    numbers = {int(number) for number in re.findall(rb'id="_x0000_s(\d+)"', boxes)}
    assert len(numbers) == 3_000
    assert b'data="1,2,3"' in boxes


def test_a_box_grown_for_our_words_shrinks_again(tmp_path: Path) -> None:
    """A person's comment box is as large as they made it once our words are gone, also on another sheet."""
    path = tmp_path / "comments.xlsx"
    BOOKS["comments.xlsx"](path)
    told = [Remark("error", "Productos", 3, 1, "B3", "", "m", "f", 1)]
    marked = annotated(path.read_bytes(), told, heading="h", lang="es")
    cleaned = annotated(marked, [], heading="h", lang="es")
    part = "xl/drawings/vmlDrawing1.vml"
    drawn = [ZipFile(held).read(part) for held in (path, BytesIO(marked), BytesIO(cleaned))]
    assert drawn[0] != drawn[1]
    assert drawn[2] == drawn[0]
    assert b"vitrina" not in drawn[2]
