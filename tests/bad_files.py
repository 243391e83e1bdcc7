"""Builders of files that hurt readers: bombs, liars, impostors, the broken and the locked. Each returns its path."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def parts(sheet_xml: str, *, styles: str = "", name: str = "Productos") -> dict[str, str]:
    """The parts of the smallest .xlsx there is, around the sheet XML given."""
    return {
        "[Content_Types].xml": f'{XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/></Types>',
        "_rels/.rels": f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": styles or STYLES,
        "xl/worksheets/sheet1.xml": sheet_xml,
    }


STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>'
    "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def sheet(rows: str, *, before: str = "", after: str = "") -> str:
    """Sheet XML in the usual shape around the rows given."""
    return f'{XML}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def text_row(row: int, *texts: str) -> str:
    """A row of inline texts, from column A on."""
    cells = "".join(
        f'<c r="{chr(65 + j)}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for j, text in enumerate(texts)
    )
    return f'<row r="{row}">{cells}</row>'


def package(path: Path, contents: Mapping[str, str | bytes]) -> Path:
    """A ZIP of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def xlsx(path: Path, sheet_xml: str, **more: str | bytes) -> Path:
    """A one-sheet .xlsx; `more` adds or replaces parts (`xl__styles` is `xl/styles.xml`)."""
    contents: dict[str, str | bytes] = dict(parts(sheet_xml))
    contents.update({f"{name.replace('__', '/')}.xml": content for name, content in more.items()})
    return package(path, contents)


def far_cell(path: Path, address: str = "XFD1048576") -> Path:
    """Two cells: A1 and one at the other end of the world."""
    row = "".join(letter for letter in address if letter.isdigit())
    return xlsx(path, sheet(text_row(1, "nombre") + f'<row r="{row}"><c r="{address}"><v>1</v></c></row>'))


def bomb(path: Path, part: str = "xl/worksheets/sheet1.xml", mebibytes: int = 1024) -> Path:
    """Spaces inside a part: a megabyte on disk, a gibibyte inflated; its headers say 100 bytes."""
    contents = parts(sheet(text_row(1, "nombre")))
    head, tail = contents.get(part, "<sst></sst>").encode().rsplit(b"</", 1)
    body = b"".join([_flushed(head), _flushed(b" " * (1 << 20)) * mebibytes, _flushed(b"</" + tail, end=True)])
    entries = [entry for entry in _stored(contents) if entry[0] != part]
    return raw_zip(path, [*entries, (part, 8, body, 100)])


def _flushed(data: bytes, *, end: bool = False) -> bytes:
    """Deflated so that it may be repeated and joined."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(data) + deflater.flush(zlib.Z_FINISH if end else zlib.Z_FULL_FLUSH)


def _stored(contents: Mapping[str, str]) -> list[tuple[str, int, bytes, int]]:
    return [(name, 0, content.encode(), len(content.encode())) for name, content in contents.items()]


def raw_zip(path: Path, entries: list[tuple[str, int, bytes, int]], *, flags: int = 0) -> Path:
    """A ZIP written by hand, free to lie: (name, method, compressed bytes, size claimed)."""
    out, directory = bytearray(), bytearray()
    for name, method, body, claimed in entries:
        encoded = name.encode()
        common = struct.pack("<HHHHIII", flags, method, 0, 0x21, 0, len(body), claimed)
        directory += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + common
        directory += struct.pack("<HHHHHII", len(encoded), 0, 0, 0, 0, 0, len(out)) + encoded
        out += b"PK\x03\x04" + struct.pack("<H", 20) + common + struct.pack("<HH", len(encoded), 0) + encoded + body
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(out), 0)
    path.write_bytes(bytes(out) + bytes(directory) + end)
    return path


def with_extra_names(path: Path, *names: str) -> Path:
    """A good workbook with more parts under these names, twice when given twice."""
    entries = _stored(parts(sheet(text_row(1, "nombre"))))
    return raw_zip(path, entries + [(name, 0, b"<a/>", 4) for name in names])


def encrypted_zip(path: Path) -> Path:
    """A ZIP whose parts carry the password flag."""
    return raw_zip(path, _stored(parts("")), flags=1)


def protected_xlsx(path: Path, plain: Path) -> Path:
    """`plain` locked with a password, as Excel does."""
    from msoffcrypto.format.ooxml import OOXMLFile

    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt("secreto", target)
    return path


def macro_workbook(path: Path) -> Path:
    """A .xlsm: the content type and a part with macros, which are nobody's business here."""
    contents: dict[str, str | bytes] = dict(parts(sheet(text_row(1, "nombre"))))
    types = contents["[Content_Types].xml"]
    assert isinstance(types, str)
    usual = f"{_SHEET_TYPE}.sheet.main+xml"
    contents["[Content_Types].xml"] = types.replace(usual, "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    return package(path, contents | {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def with_doctype(path: Path, part: str) -> Path:
    """Entities that grow when read, declared in the part named."""
    laughs = '<!DOCTYPE x [<!ENTITY a "ja"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    contents = parts(sheet(text_row(1, "nombre")))
    contents[part] = contents[part].replace(XML, XML + laughs)
    return package(path, contents)


def xlsb(path: Path, rows: list[list[object]], *, percent: tuple[int, int] | None = None) -> Path:
    """A .xlsb by hand: texts, numbers, True/False, `#N/A`; row 3 and column C hidden; `percent` is formatted 0.00%."""
    types = (
        f'{XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="bin" '
        'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
        '<Override PartName="/xl/workbook.bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
        "</Types>"
    )
    relations = parts("")
    styles = _record(617, struct.pack("<I", 2)) + _xf(0) + _xf(10) + _record(618)
    main = _record(131) + _record(143) + _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Productos"))
    return package(
        path,
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relations["_rels/.rels"].replace("workbook.xml", "workbook.bin"),
            "xl/workbook.bin": main + _record(144) + _record(132),
            "xl/_rels/workbook.bin.rels": relations["xl/_rels/workbook.xml.rels"].replace(".xml", ".bin"),
            "xl/styles.bin": styles,
            "xl/worksheets/sheet1.bin": _xlsb_sheet(rows, percent),
        },
    )


def _xlsb_sheet(rows: list[list[object]], percent: tuple[int, int] | None) -> bytes:
    width = max(map(len, rows))
    out = _record(129) + _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1))
    out += _record(390) + _record(60, struct.pack("<4IH", 2, 2, 2560, 0, 1)) + _record(391) + _record(145)
    for i, row in enumerate(rows):
        out += _record(0, struct.pack("<IIHBBBI", i, 0, 300, 0, 0x10 if i == 2 else 0, 0, 0))
        for j, value in enumerate(row):
            style = 1 if (i, j) == percent else 0
            out += _xlsb_cell(struct.pack("<II", j, style), value)
    return out + _record(146) + _record(130)


def _xlsb_cell(where: bytes, value: object) -> bytes:
    if value is None:
        return b""
    if value == "#N/A":
        return _record(3, where + b"\x2a")
    if isinstance(value, bool):
        return _record(4, where + bytes([value]))
    if isinstance(value, float):
        return _record(5, where + struct.pack("<d", value))
    return _record(6, where + _wide(str(value)))


def _xf(number_format: int) -> bytes:
    return _record(47, struct.pack("<HHHHHIH", 0, number_format, 0, 0, 0, 0, 0))


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(number: int, body: bytes = b"") -> bytes:
    head = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    length, size = b"", len(body)
    while size > 127:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + length + bytes([size]) + body


Builder = Callable[[Path], Path]
