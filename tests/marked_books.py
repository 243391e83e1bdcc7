"""Workbooks as people have them, for the tests of the annotated copy: each holds the same faulty products.

`BOOKS` maps a name to a function that writes the workbook; parts nobody's library writes are patched in by hand.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO, RawIOBase
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
    book.get_worksheet_by_name("Notas").select()
    sheet.activate()


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


def _chip(book: Any, page: Any) -> None:
    """A yellow that is one of our hues, on a sound cell and on a faulty one."""
    page.write_string(1, 2, ROWS[0][2], book.add_format({"bg_color": "#FFE5A0"}))
    page.write_string(3, 4, "nada", book.add_format({"bg_color": "#FFE5A0", "bold": True}))


def _hidden(book: Any, _page: Any) -> None:
    book.add_worksheet("Secreta").very_hidden()
    book.add_worksheet("hallazgos").very_hidden()


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


def _rewritten(write: Write, change: Callable[[dict[str, bytes]], dict[str, bytes]], method: int = 8) -> Write:
    """The same workbook with parts taken away, added or renamed."""

    def again(path: Path) -> None:
        write(path)
        with ZipFile(path) as archive:
            held = {info.filename: archive.read(info) for info in archive.infolist()}
        with ZipFile(path, "w", method) as archive:
            for part, body in change(held).items():
                archive.writestr(part, body)

    return again


def _without(kind: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """No part of this kind, and nothing that speaks of it."""

    def change(held: dict[str, bytes]) -> dict[str, bytes]:
        named = re.compile(rb"<(?:Override|Relationship) [^<>]*%s[^<>]*/>" % kind.encode())
        return {part: named.sub(b"", body) for part, body in held.items() if kind not in part}

    return change


def _inline_strings(held: dict[str, bytes]) -> dict[str, bytes]:
    """Texts in their cells, as exporters write them that know no shared ones."""
    texts = re.findall(rb"<si><t[^>]*>(.*?)</t></si>", held["xl/sharedStrings.xml"])
    shared = re.compile(rb'<c r="(\w+)" t="s"><v>(\d+)</v></c>')
    made = shared.sub(
        lambda cell: b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (cell[1], texts[int(cell[2])]), held[_SHEET]
    )
    return _without("sharedStrings")({**held, _SHEET: made})


def _unboxed(held: dict[str, bytes]) -> dict[str, bytes]:
    """Comments without their boxes."""
    return _without("vmlDrawing")({**held, _SHEET: re.sub(rb"<legacyDrawing[^>]*/>", b"", held[_SHEET])})


def _streamed(write: Write) -> Write:
    """As written to a pipe: the sizes of each part follow it."""

    class Pipe(RawIOBase):
        def __init__(self) -> None:
            self.body = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.body += bytes(data)
            return len(data)

    def again(path: Path) -> None:
        write(path)
        pipe = Pipe()
        with ZipFile(path) as archive, ZipFile(pipe, "w", 8) as streamed:
            for part in archive.namelist():
                streamed.writestr(part, archive.read(part))
        path.write_bytes(pipe.body)

    return again


def _pivot(held: dict[str, bytes]) -> dict[str, bytes]:
    """A pivot cache over the product sheet."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    source = '<cacheSource type="worksheet"><worksheetSource ref="A1:A5" sheet="Productos"/></cacheSource>'
    fields = '<cacheFields count="1"><cacheField name="Código"><sharedItems/></cacheField></cacheFields>'
    cache = (
        f'<pivotCacheDefinition xmlns="{space}" refreshOnLoad="1" saveData="0">{source}{fields}</pivotCacheDefinition>'
    )
    part = "xl/pivotCache/pivotCacheDefinition1.xml"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml"
    more = {
        "[Content_Types].xml": ("</Types>", f'<Override PartName="/{part}" ContentType="{types}"/>'),
        "xl/_rels/workbook.xml.rels": (
            "</Relationships>",
            f'<Relationship Id="rId9" Type="{kind}/pivotCacheDefinition" Target="{part.removeprefix("xl/")}"/>',
        ),
        "xl/workbook.xml": ("</workbook>", '<pivotCaches><pivotCache cacheId="1" r:id="rId9"/></pivotCaches>'),
    }
    linked = {name: held[name].replace(end.encode(), (new + end).encode()) for name, (end, new) in more.items()}
    return {**held, **linked, part: cache.encode()}


def _prefixed_all(held: dict[str, bytes]) -> dict[str, bytes]:
    ours = (part for part in held if re.fullmatch(r"xl/(\w+|worksheets/\w+)\.xml", part))
    return {**held, **{part: _prefix(held[part].decode()).encode() for part in ours}}


def full_of_styles(path: Path) -> None:
    """A workbook with as many cell formats as Excel keeps."""

    def change(xml: str) -> str:
        more = "".join(f'<xf numFmtId="{n % 40}" fontId="0" fillId="0" borderId="0" xfId="0"/>' for n in range(63_999))
        return re.sub(r'<cellXfs count="1">(.*?)</cellXfs>', rf'<cellXfs count="64000">\1{more}</cellXfs>', xml)

    patched(_BARE, {"xl/styles.xml": change})(path)


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
    "chip.xlsx": with_xlsxwriter(_chip),
    "very_hidden.xlsx": with_xlsxwriter(_hidden),
    "inline.xlsx": _rewritten(_BARE, _inline_strings),
    "no_styles.xlsx": _rewritten(_BARE, _without("styles")),
    "unboxed.xlsx": _rewritten(with_xlsxwriter(_comments), _unboxed),
    "streamed.xlsx": _streamed(with_xlsxwriter(_comments)),
    "stored.xlsx": _rewritten(with_xlsxwriter(_image), dict, 0),
    "pivot.xlsx": _rewritten(_BARE, _pivot),
    "prefixed_all.xlsx": _rewritten(with_xlsxwriter(_comments), _prefixed_all),
    "no_views.xlsx": patched(_BARE, {"xl/workbook.xml": lambda xml: re.sub("<bookViews>.*</bookViews>", "", xml)}),
}
