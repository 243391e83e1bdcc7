"""Files come out as they are: every value, kind, address, number format and hidden thing, in every format we read."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from pipeline.ingest import start
from pipeline.ingest.process import spawn
from pipeline.workbook import Sheet, Workbook
from tests import bad_files
from tests.workbooks import build

NOON = datetime(2026, 7, 1, 12, 0)  # noqa: DTZ001 - cells know no time zone


def read(path: Path, **options: str) -> Workbook:
    return start(path, **options).workbook()


def only_sheet(path: Path) -> Sheet:
    workbook = read(path)
    assert workbook.findings == ()
    (sheet,) = workbook.sheets
    return sheet


def test_text_ids_stay_text(tmp_path: Path) -> None:
    """A text cell is text whatever it looks like; nothing is trimmed, and blanks are not nothing."""
    ids = ["00123", "1E5", "NA", "NaN", "TRUE", "  x ", "   ", "=1+1", "a\nb", "a\rb", "_x0041_", "é€😀", "1,5%"]
    sheet = only_sheet(build(tmp_path / "a.xlsx", {"Productos": [[text] for text in ids]}))
    assert sheet.columns == (ids,)
    assert sheet.formats == {}


def test_numbers_keep_their_formats(tmp_path: Path) -> None:
    """A number keeps the format code as written; General and merely rounding formats are left out."""
    codes = {
        "A1": "0.0%",
        "B1": '0.0"%"',
        "C1": "[$COP] #,##0",
        "D1": "#,##0.00",
        "E1": "0",
        "F1": "#,##0,",
        "A2": "0%",
    }
    rows = [[0.249, 24.9, 1e6, 1.5, 5, 1500, 7], ["texto"]]
    sheet = only_sheet(build(tmp_path / "a.xlsx", {"Productos": rows}, formats=codes))
    assert sheet.formats_known
    assert sheet.formats == {0: {1: "0.0%"}, 1: {1: '0.0"%"'}, 2: {1: "[$COP] #,##0"}, 5: {1: "#,##0,"}}
    assert [column[0] for column in sheet.columns] == [0.249, 24.9, 1e6, 1.5, 5.0, 1500.0, 7.0]


def test_dates_and_times_are_recognisable(tmp_path: Path) -> None:
    """Date-formatted numbers come as dates, times and durations, with their format."""
    row = [date(2026, 7, 1), NOON, time(6, 15), 1.5, True]
    codes = {"A1": "dd/mm/yyyy", "B1": "dd/mm/yyyy hh:mm", "C1": "hh:mm", "D1": "[h]:mm"}
    sheet = only_sheet(build(tmp_path / "a.xlsx", {"Productos": [row]}, formats=codes))
    values = [column[0] for column in sheet.columns]
    assert values == [date(2026, 7, 1), NOON, time(6, 15), timedelta(hours=36), True]
    assert [sheet.formats[column][1] for column in range(4)] == list(codes.values())


def test_dates_of_1904(tmp_path: Path) -> None:
    """A workbook that counts its days from 1904 gives the same dates."""
    rows = [[date(2026, 7, 1)]]
    sheet = only_sheet(build(tmp_path / "a.xlsx", {"P": rows}, formats={"A1": "dd/mm/yyyy"}, date_1904=True))
    assert sheet.columns == ([date(2026, 7, 1)],)


def test_negative_numbers_in_a_date_format_stay_numbers(tmp_path: Path) -> None:
    """No date is below zero: the number stays itself, with the format that tells what happened."""
    sheet = only_sheet(build(tmp_path / "a.xlsx", {"P": [[-5, 3]]}, formats={"A1": "dd/mm/yyyy"}))
    assert (sheet.columns, sheet.formats) == (([-5.0], [3.0]), {0: {1: "dd/mm/yyyy"}})


def test_formulas_and_errors_are_evidence(tmp_path: Path) -> None:
    """A formula keeps its cached value; one without, and an error cell, are faults and never silently blank."""
    formulas = {"A2": ("=1+1", 2), "B2": ("=A2", ""), "C2": ("=NA()", "#N/A"), "D2": ('="x"', "x"), "A5": ("=A2", "")}
    sheet = only_sheet(build(tmp_path / "a.xlsx", {"P": [["a", "b", "c", "d"]]}, formulas=formulas))
    assert sheet.columns == (
        ["a", 2.0, None, None, None],
        ["b", *[None] * 4],
        ["c", *[None] * 4],
        ["d", "x", *[None] * 3],
    )
    assert sheet.formulas == {(2, 0), (2, 1), (2, 2), (2, 3), (5, 0)}
    assert sheet.faults == {(2, 1): "no_cached_value", (2, 2): "#N/A", (5, 0): "no_cached_value"}


def test_formulas_of_all_shapes(tmp_path: Path) -> None:
    """Shared formulas, empty text results, values with kept blanks and error constants are told apart."""
    cells = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>7</v></c><c r="B1" t="str"><f>""</f><v></v></c>'
        '<c r="C1" t="e"><v>#REF!</v></c><c r="D1" t="str"><f>B1</f></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v/></c><c r="B2" t="str"><f>a</f><v xml:space="preserve"> </v></c>'
        '<c r="C2" t="e"><f ca="1">b</f><v>#DIV/0!</v></c><c r="D2"><f/><v>3</v></c></row>'
    )
    sheet = only_sheet(bad_files.xlsx(tmp_path / "a.xlsx", bad_files.sheet(cells)))
    no_value = "no_cached_value"
    assert sheet.faults == {(1, 2): "#REF!", (1, 3): no_value, (2, 0): no_value, (2, 2): "#DIV/0!"}
    assert sheet.columns == ([7.0, None], [None, " "], [None, None], [None, 3.0])


def test_hidden_and_merged_are_evidence(tmp_path: Path) -> None:
    """Hidden rows, columns and sheets and merged ranges are kept, and the hidden cells still have their values."""
    path = build(
        tmp_path / "a.xlsx",
        {"P": [["a", "b", "c"], [1, 2, 3]], "Oculta": [["x"]]},
        hidden_rows=[2],
        hidden_columns=["B", "D"],
        hidden_sheets=["Oculta"],
        merged={"A4:C5": "nota"},
    )
    visible, hidden = read(path).sheets
    assert (visible.hidden_rows, visible.hidden_columns) == ({2}, {1, 3})
    assert visible.merged == ((4, 0, 5, 2),)
    assert visible.columns[1][:2] == ["b", 2.0]
    assert (visible.hidden, hidden.hidden, hidden.columns) == (False, True, (["x"],))


def test_rows_of_no_height_and_columns_of_no_width_are_hidden(tmp_path: Path) -> None:
    """What is squeezed to nothing is not seen either."""
    rows = '<row r="1" ht="0" customHeight="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="true"/>'
    xml = bad_files.sheet(rows, before='<cols><col min="2" max="3" width="0"/><col min="5" max="5" width="9"/></cols>')
    sheet = only_sheet(bad_files.xlsx(tmp_path / "a.xlsx", xml))
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({1, 2}, {1, 2})


def test_addresses_are_those_of_the_sheet(tmp_path: Path) -> None:
    """Empty rows above and columns to the left are counted; empty ones at the end are not held."""
    rows = [[], [], [None, None, "x", None], [None, None, "y"], [None, None, None, None]]
    sheet = only_sheet(build(tmp_path / "a.xlsx", {"P": rows}, formats={"AZ90": "0%"}))
    assert (sheet.first_row, sheet.height) == (1, 4)
    assert sheet.columns == ([None] * 4, [None] * 4, [None, None, "x", "y"])


def test_a_dimension_that_lies_is_not_believed(tmp_path: Path) -> None:
    """The cells say how large the sheet is."""
    xml = bad_files.sheet(bad_files.text_row(1, "a", "b") + bad_files.text_row(3, "c"), before='<dimension ref="A1"/>')
    assert only_sheet(bad_files.xlsx(tmp_path / "a.xlsx", xml)).columns == (["a", None, "c"], ["b", None, None])


def test_sheet_names_with_signs(tmp_path: Path) -> None:
    """Sheets are found by their names, whatever these hold."""
    names = ["Crédito & Más", "<2026>", "«x»", "it's"]
    workbook = read(build(tmp_path / "a.xlsx", {name: [[name]] for name in names}))
    assert [(sheet.name, sheet.columns) for sheet in workbook.sheets] == [(name, ([name],)) for name in names]


def test_only_one_sheet_is_read_when_one_is_named(tmp_path: Path) -> None:
    """The others are named, without cells."""
    path = build(tmp_path / "a.xlsx", {"Uno": [["a"]], "Dos": [["b"]]})
    assert [(s.name, s.columns) for s in read(path, only_sheet="Dos").sheets] == [("Uno", ()), ("Dos", (["b"],))]


def test_the_file_is_named_and_digested(tmp_path: Path) -> None:
    """A workbook knows its file's name, kind and SHA-256, which are the same every time."""
    path = build(tmp_path / "productos.xlsx", {"P": [["a"]]})
    workbook = read(path)
    assert (workbook.file, workbook.kind) == ("productos.xlsx", "xlsx")
    assert workbook.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read(path) == workbook


def test_macros_are_ignored_and_said_so(tmp_path: Path) -> None:
    """A .xlsm is read like any workbook, with one info finding about its macros."""
    workbook = read(bad_files.macro_workbook(tmp_path / "a.xlsm"))
    (finding,) = workbook.findings
    assert (workbook.kind, workbook.has_macros, workbook.sheets[0].columns) == ("xlsm", True, (["nombre"],))
    assert (finding.code, finding.severity, finding.effect) == ("file.macros_ignored", "info", "none")


@pytest.mark.parametrize("rows", [0, 1, 999, 1000, 1001, 2500])
def test_blocks_of_rows_join_without_a_seam(tmp_path: Path, rows: int) -> None:
    """Any number of rows arrives whole and in order, and a correction lands in its row."""
    values = [[-i, str(i)] for i in range(1, rows + 1)]
    sheet = only_sheet(
        build(tmp_path / "a.xlsx", {"P": values}, formats={f"A{i}": "hh:mm" for i in range(1, rows + 1)})
    )
    assert [list(row) for row in zip(*sheet.columns, strict=True)] == [[float(-i), str(i)] for i in range(1, rows + 1)]


def test_xls_with_its_evidence(tmp_path: Path) -> None:
    """An .xls tells formats, hidden rows, columns and sheets, merged ranges, formulas."""
    import xlwt

    book = xlwt.Workbook()
    page, other = book.add_sheet("Uno"), book.add_sheet("Dos")
    page.write(1, 1, "00123")
    page.write(1, 2, 0.249, xlwt.easyxf(num_format_str="0.0%"))
    page.write(1, 3, date(2026, 1, 2), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    page.write(1, 4, xlwt.Formula("1+1"))
    page.write(2, 4, 5)
    page.write_merge(3, 4, 0, 2, "nota")
    page.row(2).hidden = True
    page.col(3).hidden = True
    other.visibility = 1
    book.save(str(tmp_path / "a.xls"))
    workbook = read(tmp_path / "a.xls")
    sheet, hidden = workbook.sheets
    assert (workbook.kind, sheet.formats_known, hidden.hidden) == ("xls", True, True)
    assert [column[1] for column in sheet.columns[:4]] == [None, "00123", 0.249, date(2026, 1, 2)]
    assert sheet.formats == {2: {2: "0.0%"}, 3: {2: "dd/mm/yyyy"}}
    assert (sheet.hidden_rows, sheet.hidden_columns, sheet.merged) == ({3}, {3}, ((4, 0, 5, 2),))
    assert (sheet.formulas, sheet.columns[4][2]) == ({(2, 4)}, 5)


def test_xlsb_with_its_evidence(tmp_path: Path) -> None:
    """An .xlsb tells values, formats, errors, hidden rows and columns."""
    rows: list[list[object]] = [["Código", "Tasa", "x"], ["00123", 0.249, True], ["b", "#N/A", 2.5]]
    workbook = read(bad_files.xlsb(tmp_path / "a.xlsb", rows, percent=(1, 1)))
    (sheet,) = workbook.sheets
    assert (workbook.kind, workbook.findings, sheet.name) == ("xlsb", (), "Productos")
    assert sheet.columns == (["Código", "00123", "b"], ["Tasa", 0.249, None], ["x", True, 2.5])
    assert (sheet.formats, sheet.faults) == ({1: {2: "0.00%"}}, {(3, 1): "#N/A"})
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({3}, {2})


def test_the_child_imports_nothing_heavy() -> None:
    """The reading child starts without the libraries the parent is importing meanwhile."""
    code = (
        "import sys; sys.path.insert(0, '.'); import pipeline.ingest.child, pipeline.ingest.zipped, pipeline.ingest.xls"
    )
    heavy = "{'pandas', 'pandera', 'numpy', 'openpyxl', 'pydantic', 'click'}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{code}\nprint({heavy} & sys.modules.keys())"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.strip() == "set()"


def test_the_parent_never_imports_a_parser(tmp_path: Path) -> None:
    """Reading in the parent touches no spreadsheet library and no unpickled code."""
    path = build(tmp_path / "a.xlsx", {"P": [["a"]]})
    code = (
        "import sys; sys.path.insert(0, '.'); from pathlib import Path; from pipeline.ingest import start; "
        f"assert start(Path({str(path)!r})).workbook().sheets; "
        "print({'python_calamine', 'openpyxl', 'zipfile', 'pandas'} & sys.modules.keys())"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "set()"


def test_a_child_that_reads_something_else_is_not_listened_to(tmp_path: Path) -> None:
    """A child started ahead answers for its own file and sheet only."""
    one, other = build(tmp_path / "a.xlsx", {"Productos": [["x"]]}), tmp_path / "b.csv"
    other.write_text("x\n" + f"{'y' * 100}\n" * 50_000, encoding="utf-8")  # more than waits in a pipe: it cannot end
    same, wrong = spawn(f"{tmp_path}/./a.xlsx"), spawn(str(other))
    assert start(one, ahead=same).workbook().sheets
    assert same.wait() == 0  # it was listened to, however its path was written
    assert start(one, ahead=wrong).workbook().file == "a.xlsx"
    assert wrong.wait() == -9
    os.close(wrong.pipe)
