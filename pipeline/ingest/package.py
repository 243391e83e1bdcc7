"""What an OOXML package says of itself: its kind, its sheets in order, and the number formats of its styles."""

from __future__ import annotations

import posixpath
import re
from xml.parsers import expat

from pipeline.ingest.archive import Archive
from pipeline.ingest.limits import MAX_SHEETS, BadFile, too_large, unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:  # the child starts without `typing` and `dataclasses`: parts of it that nothing here needs
    from collections.abc import Callable

Attributes = dict[str, str]

_KINDS = {
    "spreadsheetml.sheet.main+xml": "xlsx",
    "spreadsheetml.template.main+xml": "xlsx",
    "ms-excel.sheet.macroEnabled.main+xml": "xlsm",
    "ms-excel.template.macroEnabled.main+xml": "xlsm",
    "ms-excel.addin.macroEnabled.main+xml": "xlsm",
    "ms-excel.sheet.binary.macroEnabled.main": "xlsb",
}

# ECMA-376 part 1, 18.8.30: formats every reader knows by number. 5-8 and 37-44 differ by country; none is a percent.
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_PLAIN = re.compile(r"(?:General|(?:#,##)?[0#](?:\.[0#]+)?)\Z", re.IGNORECASE)


class SheetPart:
    """A worksheet: what it is called, whether it is hidden, and the part that holds its cells."""

    __slots__ = ("hidden", "name", "part")

    def __init__(self, name: str, hidden: bool, part: str) -> None:
        self.name = name
        self.hidden = hidden
        self.part = part


class Package:
    """An OOXML workbook before its cells are read. formats: style number -> format code, plain ones left out."""

    __slots__ = ("formats", "has_macros", "kind", "main", "sheets", "styles")

    def __init__(
        self,
        *,
        kind: str,
        main: str,
        sheets: tuple[SheetPart, ...],
        formats: dict[int, str],
        has_macros: bool,
        styles: str,
    ) -> None:
        self.kind = kind
        self.main = main
        self.sheets = sheets
        self.formats = formats
        self.has_macros = has_macros
        self.styles = styles


def is_plain(code: str) -> bool:
    """A format that only rounds or groups: it says nothing about what the number means."""
    return _PLAIN.match(code) is not None


def walk(xml: bytes, on_start: Callable[[str, Attributes], None]) -> None:
    """Calls `on_start` with the local name and the attributes of each element. Raises BadFile on XML that is not."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: on_start(_local(name), attributes)
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        raise unreadable("damaged") from None


def open_package(archive: Archive) -> Package:
    """Reads the small parts. Raises BadFile (not_a_spreadsheet) for a ZIP that is something else."""
    main = _main_part(archive)
    kind = _kind(archive, main)
    related = relations(archive, main)
    styles = next((part for type_, part in related.values() if type_ == "styles"), "")
    return Package(
        kind=kind,
        main=main,
        sheets=() if kind == "xlsb" else _sheets(archive, main, related),
        formats=_formats(archive.small_xml(styles)) if styles in archive and kind != "xlsb" else {},
        has_macros=any(name.lower().endswith("vbaproject.bin") for name in archive.names),
        styles=styles,
    )


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _main_part(archive: Archive) -> str:
    if "_rels/.rels" not in archive:
        raise BadFile("file.not_a_spreadsheet", found="ZIP")
    found = [part for type_, part in relations(archive, "").values() if type_ == "officeDocument"]
    if not found or found[0] not in archive:
        raise unreadable("damaged")
    return found[0]


def _kind(archive: Archive, main: str) -> str:
    types: list[str] = []

    def on_start(name: str, attributes: Attributes) -> None:
        if name == "Override" and attributes.get("PartName", "").lstrip("/").lower() == main.lower():
            types.append(attributes.get("ContentType", ""))

    if "[Content_Types].xml" in archive:
        walk(archive.small_xml("[Content_Types].xml"), on_start)
    for ending, kind in _KINDS.items():
        if types and types[0].endswith(ending):
            return kind
    if main.startswith("xl/"):
        return "xlsb" if main.endswith(".bin") else "xlsx"
    raise BadFile("file.not_a_spreadsheet", found=posixpath.dirname(main) or "ZIP")


def relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Relation id -> (last word of its type, part it leads to), for relations inside the package."""
    folder, base = posixpath.split(part)
    name = posixpath.join(folder, "_rels", f"{base}.rels")
    found: dict[str, tuple[str, str]] = {}

    def on_start(element: str, attributes: Attributes) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target)

    if name in archive:
        walk(archive.small_xml(name), on_start)
    return found


def _sheets(archive: Archive, main: str, related: dict[str, tuple[str, str]]) -> tuple[SheetPart, ...]:
    sheets: list[SheetPart] = []

    def on_start(name: str, attributes: Attributes) -> None:
        if name != "sheet":
            return
        relation = next((value for key, value in attributes.items() if _local(key) == "id" and key != "id"), "")
        type_, part = related.get(relation, ("", ""))
        if type_ == "worksheet":
            hidden = attributes.get("state", "visible") != "visible"
            sheets.append(SheetPart(attributes.get("name", ""), hidden, part))

    walk(archive.small_xml(main), on_start)
    if len(sheets) > MAX_SHEETS:
        raise too_large("sheets", MAX_SHEETS, len(sheets))
    if any(sheet.part not in archive for sheet in sheets) or len({sheet.name for sheet in sheets}) != len(sheets):
        raise unreadable("damaged")
    return tuple(sheets)


def _formats(xml: bytes) -> dict[int, str]:
    codes = dict(BUILT_IN)
    used: list[int] = []
    inside = ""

    def on_start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name in ("cellXfs", "cellStyleXfs", "dxfs", "numFmts"):
            inside = name
        elif name == "numFmt" and inside == "numFmts":
            codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "xf" and inside == "cellXfs":
            used.append(_number(attributes.get("numFmtId")))

    walk(xml, on_start)
    named = {style: codes.get(number, "General") for style, number in enumerate(used)}
    return {style: code for style, code in named.items() if not is_plain(code)}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0
