"""Our cells against those of openpyxl, the reference reader, and the shapes of XML the fast way declines."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from pipeline.ingest import start
from pipeline.ingest.evidence import Declined, Evidence, light_pass
from pipeline.workbook import Sheet
from tests import bad_files
from tests.bad_files import MAIN, XML, sheet, text_row, xlsx
from tests.workbooks import build

LOCAL = datetime(2026, 7, 1, 8, 30)  # noqa: DTZ001 - cells know no time zone
Maker = Callable[[Path], Path]


def by_xlsxwriter(path: Path) -> Path:
    """Dates, percents, booleans, errors, formulas with and without values, hidden and merged, odd texts."""
    rows = [
        ["Código", "Tasa", "Desde", "Activo", "Nota", "Hora"],
        ["00123", 0.249, date(2026, 7, 1), True, "a_x000D_b", time(6, 15)],
        [" NA ", -0.5, LOCAL, False, "<&>\"'\n", time(23, 59, 59)],
    ]
    formats = {"B2": "0.0%", "C2": "dd/mm/yyyy", "C3": "dd/mm/yyyy hh:mm", "F2": "hh:mm", "F3": "hh:mm:ss", "A9": "0%"}
    formulas = {"G2": ("=B2*2", 0.498), "G3": ("=NA()", "#N/A"), "G4": ("=B2", ""), "G5": ('="x"', "x")}
    merged = {"A6:C7": "nota"}
    return build(path, {"P": rows, "Q": [["x"]]}, formats=formats, formulas=formulas, hidden_rows=[3],
                 hidden_columns=["B"], hidden_sheets=["Q"], merged=merged)  # fmt: skip


def by_xlsxwriter_in_line(path: Path) -> Path:
    """Inline strings, as xlsxwriter writes in its constant-memory way, and rich text."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet("P")
        bold = book.add_format({"bold": True, "color": "red"})
        page.write_row(0, 0, ["Código", "  con blancos  ", 1.5])
        page.write_rich_string(1, 0, "uno ", bold, "dos", " tres")
        page.write_string(1, 1, "\t<&>")  # openpyxl leaves escapes in inline text as they are; we do not
    return path


def by_openpyxl(path: Path) -> Path:
    """What openpyxl writes: formulas without values, styles, rich text, hidden things, a sheet with a filter."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(["Código", "Tasa", "Fecha", "Fórmula"])
    page.append(["00123", 0.249, date(2026, 7, 1), "=B2*2"])
    page.append(["TRUE", 12, LOCAL, "#DIV/0!"])
    page["B2"].number_format = "0.00%"
    page["A4"] = CellRichText("uno ", TextBlock(InlineFont(b=True), "dos"))
    page["B9"].number_format = "0%"
    page.row_dimensions[3].hidden = True
    page.column_dimensions["C"].hidden = True
    page.merge_cells("A6:B7")
    page.auto_filter.ref = "A1:D3"
    book.save(path)
    return path


def phonetic(path: Path) -> Path:
    """A shared string with a phonetic run, which is not part of its text."""
    contents: dict[str, str | bytes] = dict(bad_files.parts(sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')))
    shared = f'{XML}<sst xmlns="{MAIN}"><si><t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh></si></sst>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    type_ = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    for part, end, more in (
        (
            "xl/_rels/workbook.xml.rels",
            "</Rel",
            f'<Relationship Id="rId3" Type="{kind}" Target="sharedStrings.xml"/></Rel',
        ),
        (
            "[Content_Types].xml",
            "</Types",
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{type_}"/></Types',
        ),
    ):
        contents[part] = str(contents[part]).replace(end, more)
    return bad_files.package(path, contents | {"xl/sharedStrings.xml": shared})


def cells_of(sheet: Sheet) -> dict[tuple[int, int], object]:
    return {
        (row, column): sheet.faults.get((row, column), value)
        for column, values in enumerate(sheet.columns)
        for row, value in enumerate(values, sheet.first_row)
        if value is not None or (row, column) in sheet.faults
    }


def cells_by_openpyxl(path: Path, name: str) -> dict[tuple[int, int], object]:
    """The same of the reference reader; its midnight datetimes are dates, its formulas without values are faults."""
    values = openpyxl.load_workbook(path, data_only=True)[name]
    cells: dict[tuple[int, int], object] = {}
    for row in openpyxl.load_workbook(path)[name].iter_rows():
        for cell in row:
            value = values[cell.coordinate].value
            if value is None and cell.data_type == "f":
                value = "no_cached_value"
            if isinstance(value, datetime) and value.time() == time(0):
                value = value.date()
            if value is not None:
                cells[cell.row, cell.column - 1] = value
    return cells


@pytest.mark.parametrize("make", [by_xlsxwriter, by_xlsxwriter_in_line, by_openpyxl, phonetic])
def test_cells_agree_with_the_reference_reader(tmp_path: Path, make: Maker) -> None:
    """Every cell has the value the reference reader gives it, and no cell more or less."""
    path = make(tmp_path / "a.xlsx")
    for sheet_ in start(path).workbook().sheets:
        assert cells_of(sheet_) == cells_by_openpyxl(path, sheet_.name)


@pytest.mark.parametrize("make", [by_xlsxwriter, by_openpyxl])
def test_evidence_agrees_with_the_reference_reader(tmp_path: Path, make: Maker) -> None:
    """Formats, hidden rows and columns, and merged ranges are those the reference reader sees."""
    path = make(tmp_path / "a.xlsx")
    ours = start(path).workbook().sheets[0]
    page = openpyxl.load_workbook(path).worksheets[0]
    formats = {(row, column): code for column, rows in ours.formats.items() for row, code in rows.items()}
    assert formats
    assert all(page.cell(row, column + 1).number_format == code for (row, column), code in formats.items())
    assert ours.hidden_rows == {row for row, dimension in page.row_dimensions.items() if dimension.hidden}
    assert ours.merged == tuple((r.min_row, r.min_col - 1, r.max_row, r.max_col - 1) for r in page.merged_cells.ranges)
    assert {chr(65 + column) for column in ours.hidden_columns} == {
        letter for letter, dimension in page.column_dimensions.items() if dimension.hidden
    }


_ROWS = '<row r="1" hidden="1"><c r="A1" s="1"><v>0.249</v></c><c r="B1" t="e"><v>#N/A</v></c></row>'
_FORMULAS = '<row r="2"><c r="A2"><f>A1</f></c><c r="B2" t="str"><f>"x"</f><v>x</v></c></row>'
USUAL = sheet(_ROWS + _FORMULAS + text_row(3, "00123"), after='<mergeCells><mergeCell ref="A5:B6"/></mergeCells>')
SHAPES = {
    "prefixed": USUAL.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x="),
    "single quotes": USUAL.replace('"', "'"),
    "comment": USUAL.replace('<row r="2">', '<!-- <c r="Z9"><v>1</v></c> --><row r="2">'),
    "cdata": USUAL.replace("00123", "<![CDATA[00123]]>"),
    "no addresses": USUAL.replace('<c r="A1"', "<c").replace('<c r="B1"', "<c"),
    "pretty": USUAL.replace("<v>", "\n  <v>").replace("<f>", "\n  <f>"),
    "attributes in another order": USUAL.replace('<c r="A1" s="1">', '<c s="1" r="A1">'),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_unusual_xml_is_read_the_slow_way(tmp_path: Path, shape: str) -> None:
    """Sheet XML of another shape, which the light pass declines, gives the same cells and evidence."""
    with pytest.raises(Declined):
        light_pass([SHAPES[shape].encode()], {1: "0.0%"})
    usual = start(xlsx(tmp_path / "a.xlsx", USUAL)).workbook()
    unusual = start(xlsx(tmp_path / "b.xlsx", SHAPES[shape])).workbook()
    assert usual.sheets
    assert unusual.findings == ()
    assert unusual.sheets == usual.sheets


_MORE = (
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" mc:Ignorable="x14ac xr"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
    ' xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
    ' xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" xr:uid="{0}"'
)
WRITERS = {
    "Excel": USUAL.replace(f'"{MAIN}"', f'"{MAIN}"{_MORE}')
    .replace('<row r="2"', '<row r="2" spans="1:2" x14ac:dyDescent="0.25"')
    .replace('<c r="B2" t="str">', '<c r="B2" t="str" cm="1">'),
    "LibreOffice": USUAL.replace(
        '<row r="2"', '<row r="2" customFormat="false" ht="12.8" hidden="false" collapsed="false"'
    )
    .replace("<f>", '<f aca="false">')
    .replace('<c r="A1" s="1">', '<c r="A1" s="1" t="n">'),
    "POI": USUAL.replace('<c r="B2" t="str">', '<c r="B2" t="str" s="1">').replace(
        '<c r="A1" s="1">', '<c r="A1" t="n" s="1">'
    ),
    "strict": USUAL.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_the_ways_of_known_writers_are_read_the_fast_way(tmp_path: Path, writer: str) -> None:
    """What Excel, LibreOffice and POI add to the usual shape does not make the light pass decline."""
    xml = WRITERS[writer]
    assert xml != USUAL
    evidence = light_pass([xml.encode()], {1: "0.0%"})
    assert told(evidence) == told(light_pass([USUAL.encode()], {1: "0.0%"}))
    assert evidence.formats == {"0.0%": {0: [1]}}
    usual, other = (start(xlsx(tmp_path / name, text)).workbook() for name, text in (("a", USUAL), ("b", xml)))
    assert usual.sheets == other.sheets != ()


def test_the_light_pass_does_not_mind_where_the_pieces_end(tmp_path: Path) -> None:
    """Cut anywhere, the XML tells the same."""
    path = by_xlsxwriter(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    whole = light_pass([xml], {1: "0.0%"})
    assert whole.formulas
    for size in (1, 7, 64, 1000):
        pieces = [xml[at : at + size] for at in range(0, len(xml), size)]
        assert told(light_pass(pieces, {1: "0.0%"})) == told(whole)


def test_cells_with_nothing_to_note_are_looked_at_alike_near_and_far(tmp_path: Path) -> None:
    """Plain values in the first columns and rows take a quick look, others the whole one: the same cells come of it."""
    near, far = (sheet(f'<row r="{row}"><c r="{cell}"><v>7</v></c></row>') for row, cell in ((9, "AZ9"), (9, "BA9")))
    for xml, width in ((near, 52), (far, 53)):
        found = light_pass([xml.encode()], {})
        assert found.last_row >= 9
        assert found.last_column >= width - 1
        (read,) = start(xlsx(tmp_path / "a.xlsx", xml)).workbook().sheets
        assert [[column[-1] for column in read.columns][-1], len(read.columns)] == [7.0, width]


def test_plain_cells_near_by_do_not_make_a_sheet_too_large(tmp_path: Path) -> None:
    """How far they lie is measured as soon as it matters: one wide row after a mebibyte of plain cells is read."""
    plain = "".join(text_row(row, "x" * 2_000) for row in range(1, 600))
    wide = '<row r="700"><c r="AAA700"><v>7</v></c></row>'
    (read,) = start(xlsx(tmp_path / "a.xlsx", sheet(plain + wide))).workbook().sheets
    assert (len(read.columns), len(read.columns[0]), read.columns[-1][-1]) == (703, 700, 7.0)
    far = start(xlsx(tmp_path / "b.xlsx", sheet(plain + wide.replace("700", "12000")))).workbook()
    assert [(found.code, dict(found.facts)["found"]) for found in far.findings] == [("file.too_large", "AAA12000")]


@pytest.mark.parametrize("tag", ['<row\tr="9" hidden="1">', '<row ht ="0" r="9">', "<row\n r='9'\tht='0'>"])
def test_a_hidden_row_of_plain_cells_is_seen_however_it_is_written(tmp_path: Path, tag: str) -> None:
    """Other blanks and quotes, the height first: the quick look leaves such rows to those who understand them."""
    xml = sheet(f'{tag}<c r="A9"><v>7</v></c></row>')
    (read,) = start(xlsx(tmp_path / "a.xlsx", xml)).workbook().sheets
    assert (read.hidden_rows, read.columns[0][-1]) == ({9}, 7.0)


def test_one_thing_to_note_among_plain_cells_is_noted() -> None:
    """A formula, an error or a percent after rows of plain values is not overlooked, whatever piece it lies in."""
    plain = "".join(f'<row r="{row}"><c r="A{row}"><v>7</v></c></row>' for row in range(1, 50))
    noted = '<row r="50"><c r="A50" s="1"><v>0.2</v></c><c r="B50" t="e"><v>#N/A</v></c><c r="C50"><f>A1</f></c></row>'
    xml = sheet(plain + noted + plain.replace('r="', 'r="1').replace('r="1A', 'r="A1')).encode()
    whole = light_pass([xml], {1: "0.0%"})
    assert (whole.formats, whole.formulas) == ({"0.0%": {0: [50]}}, [(50, 2)])
    assert whole.faults == {(50, 1): "#N/A", (50, 2): "no_cached_value"}
    pieces = [xml[at : at + 100] for at in range(0, len(xml), 100)]
    assert told(light_pass(pieces, {1: "0.0%"})) == told(whole)


def told(evidence: Evidence) -> dict[str, object]:
    """What a light pass tells of a sheet."""
    return {**evidence.sent(), "negatives": evidence.negatives}
