"""Text with separators, and OpenDocument: what the file says, cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableColumn, TableRow
from odf.text import P, S

from pipeline.ingest import start
from pipeline.workbook import Sheet
from tests import bad_files

Encode = Callable[[str], bytes]


def columns(path: Path, content: str | bytes, encoding: str = "utf-8") -> list[list[object]]:
    """The columns of the one sheet of a text file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    workbook = start(path).workbook()
    assert [finding.code for finding in workbook.findings] == []
    (sheet,) = workbook.sheets
    assert (workbook.kind, sheet.name, sheet.formats_known, sheet.first_row) == ("csv", path.stem, False, 1)
    return list(sheet.columns)  # type: ignore[arg-type]


def why(path: Path, content: bytes) -> tuple[str, object]:
    """Code and reason of the one finding of a text file that cannot be read."""
    path.write_bytes(content)
    workbook = start(path).workbook()
    (finding,) = workbook.findings
    facts = dict(finding.facts)
    return finding.code, facts.get("why", facts.get("found"))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_and_separators(tmp_path: Path, separator: str, encoding: str) -> None:
    """Each encoding and each separator is told by the content."""
    text = "\r\n".join(separator.join(row) for row in (["código", "nombre", "tasa"], ["00123", "Crédito ágil", "NA"]))
    expected = [["código", "00123"], ["nombre", "Crédito ágil"], ["tasa", "NA"]]
    assert columns(tmp_path / "a.csv", text, encoding) == expected


def test_every_cell_is_text(tmp_path: Path) -> None:
    """Nothing is converted or trimmed; an empty cell is nothing, a blank one is blank."""
    rows = 'id,valor,x\n00123,1E5,\nTRUE,NaN," "\n-1,"=1+1", a \n'
    expected = [["id", "00123", "TRUE", "-1"], ["valor", "1E5", "NaN", "=1+1"], ["x", None, " ", " a "]]
    assert columns(tmp_path / "a.csv", rows) == expected


def test_quoted_line_breaks_and_blank_lines(tmp_path: Path) -> None:
    """Rows are records, as the spreadsheet numbers them: a quoted break is not a row, a blank line is one."""
    text = 'nombre;nota\r\n\r\n"uno\r\ndos";"dijo ""sí"""\r\ntres\r\n'
    expected = [["nombre", None, "uno\r\ndos", "tres"], ["nota", None, 'dijo "sí"', None]]
    assert columns(tmp_path / "a.csv", text) == expected


@pytest.mark.parametrize("line", ["sep=;\r\n", "SEP=;\n", "sep=|\n"])
def test_a_first_line_that_names_the_separator(tmp_path: Path, line: str) -> None:
    """`sep=;` is obeyed and is not a row."""
    cut = line.strip()[-1]
    assert columns(tmp_path / "a.csv", f"{line}a,b{cut}c\n1,2{cut}3\n") == [["a,b", "1,2"], ["c", "3"]]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("nombre;tasa\n" + "Crédito;24,9\n" * 30, 2),
        ("nombre;monto\n" + "Crédito;1,000,000\n" * 30, 2),
        ("Tarifas 2026\n\nnombre;tasa;plazo\n" + "Crédito;24,9;12\n" * 5, 3),
        ("a,b\n1,2\n3,4\n", 2),
        ('nombre,descripción\nA,"uno; dos; tres; cuatro"\nB,"cinco; seis"\n', 2),
        ("nombre\nuno\ndos\n", 1),
        ("nombre|tasa, en %\nA|1\n", 2),
    ],
)
def test_the_separator_is_not_the_decimal_comma(tmp_path: Path, text: str, width: int) -> None:
    """The separator is the one that cuts the rows evenly; commas inside numbers do not speak for themselves."""
    assert len(columns(tmp_path / "a.csv", text)) == width


def test_old_line_ends_and_end_marks(tmp_path: Path) -> None:
    """Lone carriage returns end rows, a last line needs no end, and the DOS end mark is not a cell."""
    assert columns(tmp_path / "a.csv", "a;b\r1;2\r3;4") == [["a", "1", "3"], ["b", "2", "4"]]
    assert columns(tmp_path / "b.csv", "a;b\r\n1;2\r\n\x1a") == [["a", "1"], ["b", "2"]]


def test_many_rows_and_ragged_ones(tmp_path: Path) -> None:
    """Blocks join without a seam, and a row that is longer than those before it widens the sheet."""
    text = "".join(f"{i};x\n" for i in range(2500)) + "último;y;z\n"
    first, _, third = columns(tmp_path / "a.csv", text)
    assert first == [*(str(i) for i in range(2500)), "último"]
    assert third == [None] * 2500 + ["z"]


def test_torn_text(tmp_path: Path) -> None:
    """A quote left open would swallow the rows after it: the file is refused, and so is one with binary inside."""
    assert why(tmp_path / "a.csv", b'a;b\n1;"2\n3;4\n') == ("file.unreadable", "quotes")
    assert why(tmp_path / "b.csv", b'a;b\n1;"2\n' + b"3;4\n" * 50_000) == ("file.unreadable", "quotes")
    assert why(tmp_path / "c.csv", b"a;b\n1;\x00\x01\n") == ("file.not_a_spreadsheet", "binary")
    assert why(tmp_path / "d.csv", b"a;b\n1;\x81\x8d\n") == ("file.unreadable", "encoding")
    assert why(tmp_path / "e.csv", b"a" * 2_000_000)[0] == "file.too_large"
    assert why(tmp_path / "f.csv", b"sep=;\n") == ("file.empty", None)


def _cell(text: str | None = None, **attributes: object) -> TableCell:
    cell = TableCell(**attributes)
    for line in [] if text is None else text.split("\n"):
        cell.addElement(P(text=line))
    return cell


def _ods(path: Path, rows: list[tuple[list[object], dict[str, object]]]) -> Path:
    """An .ods with a hidden third column, a hidden second sheet, and these rows of cells."""
    book = OpenDocumentSpreadsheet()
    style = Style(name="ta2", family="table")
    style.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(style)
    table = Table(name="Uno")
    table.addElement(TableColumn(numbercolumnsrepeated=2))
    table.addElement(TableColumn(visibility="collapse"))
    for cells, attributes in rows:
        row = TableRow(**attributes)
        for cell in cells:
            row.addElement(cell)
        table.addElement(row)
    book.spreadsheet.addElement(table)
    book.spreadsheet.addElement(Table(name="Dos", stylename="ta2"))
    book.save(str(path))
    return path


def _first_sheet(path: Path) -> Sheet:
    workbook = start(path).workbook()
    assert (workbook.kind, workbook.findings) == ("ods", ())
    first, second = workbook.sheets
    assert (first.name, first.hidden, second.hidden, second.columns) == ("Uno", False, True, ())
    return first


def test_ods_values(tmp_path: Path) -> None:
    """Texts, numbers, percentages, dates, times and truth values are what the file says they are."""
    spaced = TableCell(valuetype="string")
    spaced.addElement(P(text="a"))
    spaced.firstChild.addElement(S(c=2))
    spaced.addElement(Annotation())
    cells = [
        _cell("00123", valuetype="string"),
        _cell("uno\ndos", valuetype="string"),
        _cell("24,9 %", valuetype="percentage", value="0.249"),
        _cell("2/1/26", valuetype="date", datevalue="2026-01-02"),
        _cell("36:30", valuetype="time", timevalue="PT36H30M00S"),
        _cell("VERDADERO", valuetype="boolean", booleanvalue="true"),
        _cell("5", valuetype="float", value="5"),
        spaced,
    ]
    sheet = _first_sheet(_ods(tmp_path / "a.ods", [(cells, {})]))
    values = [column[0] for column in sheet.columns]
    span = timedelta(hours=36, minutes=30)
    assert values == ["00123", "uno\ndos", 0.249, date(2026, 1, 2), span, True, 5.0, "a  "]
    assert (sheet.formats_known, sheet.formats, sheet.hidden_columns) == (True, {2: {1: "0%"}}, {2})


def test_ods_repeats_formulas_and_hidden_rows(tmp_path: Path) -> None:
    """Cells and rows written once for many are many; a million empty ones at the end are none."""
    rows: list[tuple[list[object], dict[str, object]]] = [
        ([_cell("x", valuetype="string", numbercolumnsrepeated=2)], {"numberrowsrepeated": 3}),
        ([_cell("2 %", valuetype="percentage", value="0.02", formula="of:=2%")], {"numberrowsrepeated": 4}),
        ([_cell("#N/A", valuetype="string", formula="of:=NA()"), _cell(formula="of:=1")], {"visibility": "filter"}),
        ([_cell("m", valuetype="string", numbercolumnsspanned=2, numberrowsspanned=1), CoveredTableCell()], {}),
        ([_cell(numbercolumnsrepeated=1024)], {"numberrowsrepeated": 1_048_567}),
    ]
    sheet = _first_sheet(_ods(tmp_path / "a.ods", rows))
    assert sheet.columns == (["x"] * 3 + [0.02] * 4 + [None, "m"], ["x"] * 3 + [None] * 6)
    assert sheet.faults == {(8, 0): "#N/A", (8, 1): "no_cached_value"}
    assert (sheet.hidden_rows, sheet.merged) == ({8}, ((9, 0, 9, 1),))
    assert sheet.formulas == {(4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (8, 1)}
    assert sheet.formats == {0: dict.fromkeys((4, 5, 6, 7), "0%")}


def test_ods_that_grows_when_read(tmp_path: Path) -> None:
    """A row of content repeated a million times is refused; so is a locked document, and a letter."""
    rows: list[tuple[list[object], dict[str, object]]] = [
        ([_cell("x", valuetype="string", numbercolumnsrepeated=900)], {"numberrowsrepeated": 1_000_000})
    ]
    path = _ods(tmp_path / "a.ods", rows)
    assert start(path).workbook().findings[0].code == "file.too_large"
    spreadsheet, letter = (f"application/vnd.oasis.opendocument.{kind}" for kind in ("spreadsheet", "text"))
    locked = {"META-INF/manifest.xml": "<m:x xmlns:m='u'><m:encryption-data/></m:x>", "content.xml": b"\x01\x02"}
    bad_files.package(tmp_path / "b.ods", {"mimetype": spreadsheet, **locked})
    bad_files.package(tmp_path / "c.ods", {"mimetype": letter, "content.xml": "<a/>"})
    assert start(tmp_path / "b.ods").workbook().findings[0].code == "file.encrypted"
    assert start(tmp_path / "c.ods").workbook().findings[0].code == "file.not_a_spreadsheet"
