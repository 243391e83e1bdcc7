"""Workbooks as people have them, for the tests of the annotated copy: each holds the same faulty products.

`BOOKS` maps a name to a function that writes the workbook; parts nobody's library writes are patched in by hand.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from tests.checking import LOAN

HEADERS = list(LOAN)
ROWS: list[list[Any]] = [
    list(LOAN.values()),
    list({**LOAN, "Código": "LIB-002", "Nombre": None}.values()),
    list({**LOAN, "Código": "LIB-003", "Monto": "nada", "Tasa": "24,5%"}.values()),
    list({**LOAN, "Código": "LIB-004", "Nombre": "=1+1 <&> \"'", "Plazo": "12 a 6 meses"}.values()),
]
"""Three faulty rows: B3 is missing, E4 and F4 and G5 hold faults."""
NOTE = "Revisado por Ana Ejemplo"
Write = Callable[[Path], None]
Patch = Callable[[str], str]


def fill(book: Any, name: str = "Productos", head: Any = None) -> Any:
    """The product sheet in an xlsxwriter workbook."""
    page = book.add_worksheet(name)
    page.write_row(0, 0, HEADERS, head)
    for at, row in enumerate(ROWS, 1):
        for column, value in enumerate(row):
            if value is not None:
                page.write_string(at, column, value)
    return page


def with_xlsxwriter(decorate: Callable[[Any, Any], None]) -> Write:
    """A workbook made by xlsxwriter with something more on it."""

    def write(path: Path) -> None:
        options = {"strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), options) as book:
            decorate(book, fill(book))

    return write


def patched(write: Write, parts: Mapping[str, Patch | bytes]) -> Write:
    """The same workbook with some parts rewritten, or added."""

    def again(path: Path) -> None:
        write(path)
        with ZipFile(path) as archive:
            held = {info.filename: archive.read(info) for info in archive.infolist()}
        for name, change in parts.items():
            for part in [part for part in held if re.fullmatch(name, part)] or [name]:
                held[part] = change if isinstance(change, bytes) else change(held[part].decode()).encode()
        with ZipFile(path, "w", 8) as archive:
            for part, body in held.items():
                archive.writestr(part, body)

    return again


def pixel() -> BytesIO:
    """A PNG of one pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
    return BytesIO(b"\x89PNG\r\n\x1a\n" + body)


def _plain(_book: Any, _page: Any) -> None:
    return


def _chart(book: Any, page: Any) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Productos!$A$2:$A$5"})
    page.insert_chart("J2", chart)


def _image(_book: Any, page: Any) -> None:
    page.insert_image("J2", "pixel.png", {"image_data": pixel()})


def _header_image(_book: Any, page: Any) -> None:
    page.set_header("&L&G", {"image_left": "pixel.png", "image_data_left": pixel()})


def _macros(book: Any, _page: Any) -> None:
    book.add_vba_project(BytesIO(b"\xd0\xcf\x11\xe0 not a real project"), is_stream=True)


def _validations(_book: Any, page: Any) -> None:
    page.data_validation("D2:D99", {"validate": "list", "source": ["INDIVIDUAL", "BUSINESS", "INSURANCE"]})


def _comments(_book: Any, page: Any) -> None:
    page.write_comment("B3", NOTE, {"author": "Ana"})
    page.write_comment("A2", NOTE, {"author": "Ana", "visible": True})


def _frozen(_book: Any, page: Any) -> None:
    page.freeze_panes(1, 2)
    page.autofilter("A1:G5")
    page.set_landscape()
    page.repeat_rows(0)
    page.set_h_pagebreaks([3])


def _several(book: Any, page: Any) -> None:
    for name in ("Notas", "Otra hoja"):
        book.add_worksheet(name).write_string("A1", "Nada que leer")
    book.add_worksheet("Oculta").hide()
    sheet = book.add_chartsheet("Gráfico")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Productos!$A$2:$A$5"})
    sheet.set_chart(chart)
    page.set_first_sheet()
    book.get_worksheet_by_name("Notas").activate()


def _table(_book: Any, page: Any) -> None:
    page.add_table("A1:G5", {"columns": [{"header": text} for text in HEADERS], "name": "Tabla"})


def _conditional(book: Any, page: Any) -> None:
    red = book.add_format({"bg_color": "#FFC7CE"})
    page.conditional_format("A2:G9", {"type": "blanks", "format": red})
    page.conditional_format("H2:H9", {"type": "data_bar"})


def _names(book: Any, page: Any) -> None:
    book.define_name("Precios", "=Productos!$A$1:$G$5")
    book.define_name("Productos!Local", "=Productos!$A$1")
    page.print_area("A1:G5")


def _protected(_book: Any, page: Any) -> None:
    page.protect("secreto")


def _styled(book: Any, page: Any) -> None:
    head = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3864", "border": 1})
    page.write_row(0, 0, HEADERS, head)
    page.write_string(0, 7, "Columna rara", head)
    page.write_string(1, 7, "algo")
    yellow = book.add_format({"bg_color": "#FFFF00", "num_format": "@", "italic": True, "align": "right"})
    page.write_string(3, 4, "nada", yellow)
    page.write_blank(2, 1, None, book.add_format({"bottom": 2, "num_format": "0.00"}))
    page.set_column(6, 6, 40, book.add_format({"font_name": "Arial", "bg_color": "#DDEBF7"}))


def _formulas(_book: Any, page: Any) -> None:
    page.write_string(0, 7, "Cuota mensual")
    for row in range(1, 5):
        page.write_formula(row, 7, f"=LEN(A{row + 1})*0", None, 190000)
    page.write_array_formula("J2:J4", "{=ROW(A1:A3)}", None, 1)


def _merged(_book: Any, page: Any) -> None:
    page.merge_range("G4:G5", "12 a 6 meses")


def _button(_book: Any, page: Any) -> None:
    page.insert_button("J2", {"caption": "Pulse"})


def _links(book: Any, page: Any) -> None:
    page.write_url("J2", "https://www.prestamista.example/a?b=1&c=2")
    page.write_rich_string("J3", "uno ", book.add_format({"bold": True}), "dos")


def _own_findings(book: Any, _page: Any) -> None:
    book.add_worksheet("Hallazgos").write_string("A1", "Los míos")


def _backdrop(_book: Any, page: Any) -> None:
    page.set_background(pixel())
    page.ignore_errors({"number_stored_as_text": "A1:G5"})


def by_openpyxl(path: Path) -> None:
    """As openpyxl writes it, with a comment on a faulty cell and a coloured row."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Productos"
    for row in (HEADERS, *ROWS):
        page.append([None] * len(row))
        for column, value in enumerate(row, 1):
            cell = page.cell(page.max_row, column, value)
            cell.data_type = "s" if isinstance(value, str) else cell.data_type
    page["E4"].comment = Comment(NOTE, "Ana")
    page["E4"].fill = PatternFill("solid", fgColor="FFFFFF00")
    page["F4"].font = Font(color="FFFFFFFF", name="Arial")
    page.row_dimensions[3].height = 40
    book.save(path)


def _prefix(xml: str) -> str:
    xml = re.sub(r"<(/?)(?=[A-Za-z])(?!r:|mc:|x14ac:)", r"<\1x:", xml)
    return xml.replace("xmlns=", "xmlns:x=")


def _without_addresses(xml: str) -> str:
    """As some exporters write: neither rows nor cells say where they are. Empty cells are there as cells."""
    xml = xml.replace('<c r="C3"', '<c r="B3"/><c r="C3"')
    return re.sub(r' spans="[^"]*"', "", re.sub(r'(<(?:row|c)) r="[A-Z]*[0-9]+"', r"\1", xml))


def _strict(xml: str) -> str:
    return xml.replace(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
    ).replace(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    )  # fmt: skip


def _single_quotes(xml: str) -> str:
    head, _, rest = xml.partition("<sheetData>")
    rows, _, tail = rest.partition("</sheetData>")
    return f"{head}<sheetData>{rows.replace(chr(34), chr(39))}</sheetData>{tail}"


def _commented(xml: str) -> str:
    return xml.replace("<sheetData>", "<sheetData><!-- <row r='9'> -->")


def _inline(xml: str) -> str:
    """Cells as inline strings, whatever they said, beside an odd row at the end without any cell."""
    return xml.replace("</sheetData>", '<row r="6"/><row r="9" ht="30" customHeight="1"/></sheetData>')


def _absolute(xml: str) -> str:
    return xml.replace('Target="worksheets/', 'Target="/xl/worksheets/').replace('Target="styles', 'Target="/xl/styles')


def _thread(write: Write) -> Write:
    """A modern comment on B3: the thread, its person, and the note older programs show."""
    kind = "http://schemas.microsoft.com/office/2017/10/relationships"
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    one = "{11111111-2222-3333-4444-555555555555}"
    who = "{66666666-7777-8888-9999-000000000000}"
    thread = (
        f'<?xml version="1.0" encoding="UTF-8"?><ThreadedComments xmlns="{space}">'
        f'<threadedComment ref="B3" dT="2026-01-01T00:00:00.00" personId="{who}" id="{one}">'
        f"<text>{NOTE}</text></threadedComment></ThreadedComments>"
    )
    person = (
        f'<?xml version="1.0" encoding="UTF-8"?><personList xmlns="{space}">'
        f'<person displayName="Ana" id="{who}" userId="ana" providerId="None"/></personList>'
    )

    def types(xml: str) -> str:
        kinds = (("threadedComments/threadedComment1", "threadedcomments"), ("persons/person", "person"))
        more = "".join(
            f'<Override PartName="/xl/{part}.xml" ContentType="application/vnd.ms-excel.{kind}+xml"/>'
            for part, kind in kinds
        )
        return xml.replace("</Types>", more + "</Types>")

    def link(target: str, word: str) -> Patch:
        return lambda xml: xml.replace(
            "</Relationships>", f'<Relationship Id="rId99" Type="{kind}/{word}" Target="{target}"/></Relationships>'
        )

    return patched(
        write,
        {
            r"\[Content_Types\].xml": types,
            "xl/worksheets/_rels/sheet1.xml.rels": link("../threadedComments/threadedComment1.xml", "threadedComment"),
            "xl/_rels/workbook.xml.rels": link("persons/person.xml", "person"),
            "xl/comments1.xml": lambda xml: xml.replace("<author>Ana</author>", f"<author>tc={one}</author>"),
            "xl/threadedComments/threadedComment1.xml": thread.encode(),
            "xl/persons/person.xml": person.encode(),
        },
    )


_BARE = with_xlsxwriter(_plain)
_SHEET = "xl/worksheets/sheet1.xml"
BOOKS: dict[str, Write] = {
    "plain.xlsx": _BARE,
    "chart.xlsx": with_xlsxwriter(_chart),
    "image.xlsx": with_xlsxwriter(_image),
    "header_image.xlsx": with_xlsxwriter(_header_image),
    "macros.xlsm": with_xlsxwriter(_macros),
    "validations.xlsx": with_xlsxwriter(_validations),
    "comments.xlsx": with_xlsxwriter(_comments),
    "threaded.xlsx": _thread(with_xlsxwriter(_comments)),
    "frozen.xlsx": with_xlsxwriter(_frozen),
    "several.xlsx": with_xlsxwriter(_several),
    "table.xlsx": with_xlsxwriter(_table),
    "conditional.xlsx": with_xlsxwriter(_conditional),
    "names.xlsx": with_xlsxwriter(_names),
    "protected.xlsx": with_xlsxwriter(_protected),
    "styled.xlsx": with_xlsxwriter(_styled),
    "formulas.xlsx": with_xlsxwriter(_formulas),
    "merged.xlsx": with_xlsxwriter(_merged),
    "button.xlsx": with_xlsxwriter(_button),
    "links.xlsx": with_xlsxwriter(_links),
    "own_findings.xlsx": with_xlsxwriter(_own_findings),
    "backdrop.xlsx": with_xlsxwriter(_backdrop),
    "openpyxl.xlsx": by_openpyxl,
    "prefixed.xlsx": patched(_BARE, {_SHEET: _prefix, "xl/styles.xml": _prefix, "xl/workbook.xml": _prefix}),
    "no_addresses.xlsx": patched(_BARE, {_SHEET: _without_addresses}),
    "single_quotes.xlsx": patched(_BARE, {_SHEET: _single_quotes}),
    "commented.xlsx": patched(_BARE, {_SHEET: _commented}),
    "empty_rows.xlsx": patched(_BARE, {_SHEET: _inline}),
    "absolute.xlsx": patched(_BARE, {"xl/_rels/workbook.xml.rels": _absolute}),
    "strict.xlsx": patched(_BARE, {r"(xl/.*|_rels)/?.*\.(xml|rels)": _strict}),
    "no_views.xlsx": patched(_BARE, {"xl/workbook.xml": lambda xml: re.sub("<bookViews>.*</bookViews>", "", xml)}),
}
